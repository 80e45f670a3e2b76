/* value.c - what a node can be. */
#include "engine/lint/value.h"

struct text literal_of(const struct node *n)
{
	if (n->kind == NODE_SCALAR)
		return n->text;
	return (struct text){NULL, 0};
}
