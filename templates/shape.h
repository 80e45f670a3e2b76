/*
 * shape.h - what a section may hold: kinds of nodes, and tables of the keys that are known.
 *
 * Private to templates/.  Every function returns 0, or -1 after an error.
 */
#ifndef TEMPLATES_SHAPE_H
#define TEMPLATES_SHAPE_H

#include "templates/node.h"

struct sections;

/* "Properties is a map, and this is a list". */
int shape_expect(const struct node *n, enum node_kind kind, const char *what, struct diags *d);
/* A scalar that says something. */
int shape_expect_text(const struct node *n, const char *what, struct diags *d);

/* A row of a table of keys. */
struct attribute {
	const char *name;
	int (*check)(const struct node_entry *entry, struct diags *d); /* NULL: anything */
};

struct attribute_table {
	const struct attribute *rows;
	size_t count;      /* at most ATTRIBUTES_MAX */
	const char *owner; /* "a resource" */
	enum diag_code code;
	const char *hint; /* when no key is near; may be NULL */
	enum diag_severity severity;
};
#define ATTRIBUTES_MAX 16

/* The keys of a map. */
int shape_check_keys(const struct attribute_table *t, const struct node *body, struct diags *d);

/*
 * The parts of a template that loading does not need, in the words of template_check:
 * sections and attributes that do not exist, the format version, limits of texts, policies,
 * rules and hooks.
 */
int shape_check(const struct sections *s, struct diags *d);

/* One resource or output (resource_shape.c), whose body is a map. */
int resource_shape_check(const struct node *body, struct diags *d);
int output_shape_check(const struct node *body, struct diags *d);
/* CreationPolicy and UpdatePolicy (policy_shape.c). */
int creation_policy_check(const struct node_entry *entry, struct diags *d);
int update_policy_check(const struct node_entry *entry, struct diags *d);
/* The sections Rules and Hooks (rules_shape.c). */
int rules_shape_check(const struct node *section, struct diags *d);
int hooks_shape_check(const struct node *section, struct diags *d);

#endif
