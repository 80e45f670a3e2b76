/* property.c - the properties of resources against the schemas of their types. */
#include "engine/lint/value.h"

void lint_properties(struct lint *l, const struct lint_resource *r)
{
	(void)l;
	(void)r;
}
