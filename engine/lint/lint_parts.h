/*
 * lint_parts.h - what the files of the linter share: the template with its resources, types
 * and references looked up once.  Private to engine/lint.
 *
 * lint_template makes one struct lint, checks properties and references, and then asks every
 * row of the table in rules.c (rules.h).  Nothing here changes the template; what is
 * allocated lives in l->a and goes when linting ends.  Names written inside of loops
 * ("Page&{Host}") stay as they are written: such a resource is looked at once, and a reference
 * that only a loop can complete is not looked at.
 */
#ifndef ENGINE_LINT_LINT_PARTS_H
#define ENGINE_LINT_LINT_PARTS_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/map.h"
#include "base/vec.h"
#include "engine/registry.h"
#include "engine/schema_type.h"
#include "templates/node.h"
#include "templates/refs.h"
#include "templates/template.h"

enum lint_section { LINT_CONDITIONS, LINT_RULES, LINT_RESOURCES, LINT_OUTPUTS };

/* A variable of Fn::ForEach, innermost first. */
struct lint_loop {
	struct text name;
	const struct lint_loop *outer;
};

/* What is known of conditions in a branch, innermost first. */
struct assumption {
	struct text condition;
	bool holds;
	const struct assumption *outer;
};

struct lint_resource {
	struct text id;                 /* as written */
	const struct node *key, *body;  /* of the section; body is a map */
	const char *type;               /* "AWS::S3::Bucket"; NULL: no string */
	const struct node *type_node;   /* NULL with type */
	const struct node *properties;  /* a map or a function; NULL: none */
	const struct schema *schema;    /* NULL: not known, say nothing */
	bool catalogued;                /* only a catalogue knows the type */
	const struct assumption *given; /* its own Condition, or NULL */
	const struct lint_loop *loops;  /* NULL: not in a loop */
};

/* Something that a node names (refs.h), and from where. */
struct lint_ref {
	struct ref ref; /* call NULL: a name in DependsOn (REF_NAME), or the Condition of a
			   resource or output (REF_CONDITION) */
	enum lint_section section;
	const struct lint_resource *from; /* LINT_RESOURCES; NULL elsewhere */
	const struct node_entry *entry;   /* of the section */
	const char *part;                 /* as in struct lint_site */
	bool in_branch;                   /* of Fn::If */
	bool made_by_loop;                /* its name is or holds a loop's variable: says nothing */
};

struct lint {
	const struct template *t;
	const struct registry *types;
	struct diags *d;
	struct arena *a;
	struct lint_resource *resources; /* in the order of the template */
	size_t resource_count;
	struct map by_id; /* logical id as written to struct lint_resource */
	struct {
		VEC_OF(struct lint_ref)
	} refs; /* of the whole template, in its order; DependsOn and Condition too */
	struct map conditions; /* condition.c: what each implies, when it was asked for */
	size_t left; /* steps that may still be taken (LINT_STEPS_MAX): never runs on for ever */
};

/* NULL: no such resource, or one that a loop makes. */
const struct lint_resource *lint_find(const struct lint *l, struct text id);
/* By its name; NULL when there is none. */
const struct node *lint_condition(const struct lint *l, struct text name);
/* Of the map `mapping`, by literal keys; NULL: none. */
const struct node *lint_mapped(const struct lint *l, struct text mapping, struct text top,
			       struct text second);
/* True when the name is a loop's variable or holds one: "Page&{Host}". */
bool lint_made_by_loop(const struct lint_loop *loops, struct text name);
/* A key that is a function: "Fn::ForEach::Name", "Fn::Transform" beside others. */
bool lint_function_key(struct text key);
/* [Variable, Collection, Body] of an entry that is a loop; NULL: it is none. */
const struct node *lint_loop(const struct node_entry *e);
/* The type is exactly this one. */
bool lint_is(const struct lint_resource *r, const char *type);
/* False when it is sure that the condition has the other value wherever the assumptions hold:
 * what conditions are made of is followed. */
bool lint_consistent(struct lint *l, const struct assumption *given, struct text condition,
		     bool holds);

/* Where a node stands, for rules that look at every node. */
struct lint_site {
	enum lint_section section;
	const struct lint_resource *resource; /* LINT_RESOURCES; NULL in a loop's collection */
	const struct node_entry *entry;       /* of the section, as written */
	const char *part; /* of a resource or output "Properties", "Metadata", ...; or NULL */
	const struct lint_loop *loops;
	size_t branches; /* of Fn::If that the node lies in */
};

typedef void lint_node_fn(void *context, const struct lint_site *site, const struct node *n);
/* Visits every node below the entries of Conditions, Rules, Resources and Outputs, a function
 * before its operands, keys of maps not. */
void lint_walk(struct lint *l, lint_node_fn *visit, void *context);

/* condition.c: before l->a goes. */
void lint_conditions_release(struct lint *l);

/* The checks that the schemas of types imply (property.c, reference.c,
 * output.c, cycle.c). */
void lint_types(struct lint *l);
void lint_properties(struct lint *l, const struct lint_resource *r);
void lint_references(struct lint *l);
void lint_outputs(struct lint *l);
void lint_cycles(struct lint *l);

#endif
