/* cycle.c - resources that depend on each other in a circle, through every branch. */
#include "engine/lint/lint_parts.h"

void lint_cycles(struct lint *l)
{
	(void)l;
}
