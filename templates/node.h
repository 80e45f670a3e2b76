/*
 * node.h - the syntax tree of what users write in YAML or JSON: every node knows
 * its place.
 *
 * node_parse reads a source with libyaml's events (JSON is YAML here) and gives an
 * immutable tree in the arena.  In the template dialect the short tags (!Ref,
 * !Sub) and the long forms (a map whose only key is Ref or Fn::Name; {Condition: X}
 * where a condition is expected) become the same kind, NODE_CALL, once, here; loops
 * ("Fn::ForEach::Name") stay entries of their map.  The manifest's dialect has no calls
 * and refuses tags.  Scalars stay text: nothing is typed before evaluation.
 *
 * Refused with a diagnostic: duplicate keys, keys that are no scalars, depth, size
 * and alias limits (limits.h), several documents, malformed YAML.
 */
#ifndef TEMPLATES_NODE_H
#define TEMPLATES_NODE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "base/str.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP, NODE_CALL };

/* How a scalar was written: a plain `yes`, `5`, `null` may be something else than a
 * string, a quoted or block one never is. */
enum scalar_style { SCALAR_PLAIN, SCALAR_QUOTED, SCALAR_BLOCK };

enum node_dialect { NODE_TEMPLATE, NODE_MANIFEST };

struct node_entry {
	const struct node *key; /* always a scalar */
	const struct node *value;
};

/* 56 bytes, of which a large template has hundreds of thousands. */
struct node {
	enum node_kind kind;
	uint32_t count;     /* items of a list, entries of a map; else 0 */
	struct range where; /* a call: its tag or key up to the end of its argument */
	struct text text;   /* NODE_SCALAR: the value; NODE_CALL: "Ref", "Fn::Sub", ...
				  NUL-terminated in both cases */
	union {
		enum scalar_style style;          /* NODE_SCALAR */
		const struct node *const *items;  /* NODE_LIST */
		const struct node_entry *entries; /* NODE_MAP, in the order of the file */
		const struct node *arg;           /* NODE_CALL; never NULL */
	};
};

/* NULL on failure. An empty document gives an empty map. */
const struct node *node_parse(struct arena *a, const struct source *src, enum node_dialect dialect,
			      struct diags *d);

/* Of a map: the value, or NULL. */
const struct node *node_find(const struct node *map, const char *key);
/* The entry with its key node, or NULL. */
const struct node_entry *node_find_entry(const struct node *map, struct text key);
bool node_is_call(const struct node *n, const char *name);
/* A plain scalar that YAML reads as null ("", "~", "null"). */
bool node_is_null(const struct node *n);
/* "a string", "a list", "a map", "!Ref": for messages. */
const char *node_describe(const struct node *n);
/* One line per node with its place; for tests and debugging. */
void node_dump(const struct node *n, struct str *out);

#endif
