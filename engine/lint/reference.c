/* reference.c - unknown types, and what references give. */
#include "engine/lint/lint_parts.h"

void lint_types(struct lint *l)
{
	(void)l;
}

void lint_references(struct lint *l)
{
	(void)l;
}
