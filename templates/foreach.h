/*
 * foreach.h - unrolling Fn::ForEach.
 *
 * A map's entries 'Fn::ForEach::Name: [Variable, Collection, {Key: Value}]' stand for one
 * entry per item of the collection.  foreach_expand calls visit for every entry that the
 * map has after that, in order; whatever the visitor evaluates it must do under
 * entry->scope.  Loops nest.  Errors are added and the rest is visited still; -1 then.
 */
#ifndef TEMPLATES_FOREACH_H
#define TEMPLATES_FOREACH_H

#include "templates/eval.h"

struct loop_entry {
	struct text key; /* with the loops' variables replaced; NUL-terminated */
	const struct node *key_node, *value;
	const struct scope *scope;
};

/* -1 after an error. */
typedef int foreach_visit_fn(void *context, const struct loop_entry *entry);

bool foreach_key(struct text key);
int foreach_expand(struct eval *e, const struct node *map, foreach_visit_fn *visit, void *context);

#endif
