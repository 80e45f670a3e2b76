/*
 * node_build.h - what the readers of YAML and JSON share: limits, texts, and what happens
 * when a collection is complete (duplicate keys, merge keys, long forms that become calls).
 *
 * Private to the readers (yaml.c, json_node.c).  Zero-initialise a builder with arena,
 * texts.a, dialect and diagnostics.
 */
#ifndef TEMPLATES_NODE_BUILD_H
#define TEMPLATES_NODE_BUILD_H

#include "templates/node.h"
#include "templates/text_store.h"

struct node_builder {
	struct arena *a;
	enum node_dialect dialect;
	struct diags *d;
	size_t count;  /* nodes so far, aliases expanded */
	size_t copied; /* of them by aliases and merge keys */
	struct text_store texts;
};

/* Counts nodes before they are made; copied ones are told by node_build_copied.  False: the
 * document is too large, and reading ends here. */
bool node_build_count(struct node_builder *b, size_t added, struct range where);
bool node_build_copied(struct node_builder *b, size_t added, struct range where);
/* False: too deep, and reading ends here. */
bool node_build_depth(struct node_builder *b, size_t depth, struct range where);
/* The text is copied; what holds a NUL character is refused. */
const struct node *node_build_scalar(struct node_builder *b, struct range where,
				     enum scalar_style style, struct text text);

/* A map of these entries (copied), or the call that they are the long form of.  What merge
 * keys add is in b->copied and not yet held against the limit. */
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
