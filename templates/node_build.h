/*
 * node_build.h - what the reader does when a collection is complete: duplicate keys,
 * merge keys, and long forms that become calls.
 *
 * Private to the reader (yaml.c), which knows libyaml; this part does not.
 */
#ifndef TEMPLATES_NODE_BUILD_H
#define TEMPLATES_NODE_BUILD_H

#include "templates/node.h"

struct node_builder {
	struct arena *a;
	enum node_dialect dialect;
	struct diags *d;
	size_t copied; /* entries that merge keys added: they count as nodes */
};

/* A map of these entries (copied), or the call that they are the long form of. */
const struct node *node_build_map(struct node_builder *b, struct range where,
				  const struct node_entry *entries, size_t count);
const struct node *node_build_list(struct arena *a, struct range where,
				   const struct node *const *items, size_t count);
/* name is "Ref", "Condition" or "Fn::..."; NUL-terminated and kept. */
const struct node *node_build_call(struct arena *a, struct text name, struct range where,
				   const struct node *arg);
/*
 * {Condition: X} is a property in most places (policies have it), and a call only where
 * a condition is expected: inside Fn::And, Fn::Or, Fn::Not and as first item of Fn::If
 * (node_build_call sees to these), and as a value of the section Conditions.  This
 * rewrites that section of a finished template.
 */
const struct node *node_build_template(struct arena *a, const struct node *root);

#endif
