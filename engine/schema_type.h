/*
 * schema_type.h - what a parsed schema consists of.  For schema*.c and lint/ alone.
 */
#ifndef ENGINE_SCHEMA_TYPE_H
#define ENGINE_SCHEMA_TYPE_H

#include "base/pattern.h"
#include "base/str.h"
#include "engine/schema.h"

/* JSON Schema's types, as a set: a property may take several. */
enum shape_kind {
	SHAPE_STRING = 1,
	SHAPE_INTEGER = 2,
	SHAPE_NUMBER = 4,
	SHAPE_BOOLEAN = 8,
	SHAPE_ARRAY = 16,
	SHAPE_OBJECT = 32
};

/* A pattern, compiled when it is first asked for: large types have hundreds.  What is compiled
 * is the only thing here that is not the arena's. */
struct shape_pattern {
	const char *text; /* as the provider wrote it */
	struct pattern *compiled;
	bool tried;
	struct shape_pattern *next;
};

/* What several members of an object have to do with each other. */
enum shape_group_kind {
	GROUP_NEEDS,    /* the first one is there: all the others must be */
	GROUP_EXCLUDES, /* the first one is there: none of the others may be */
	GROUP_ANY,      /* at least one */
	GROUP_ONE       /* exactly one */
};

struct shape_group {
	enum shape_group_kind kind;
	const char *const *names;
	size_t count;
};

/* What a value must look like.  May lead back to itself through items, rest and members. */
struct shape {
	const char *name; /* of a member; NULL otherwise */
	unsigned kinds;   /* enum shape_kind; 0: anything */
	bool read_only;
	bool open; /* members beyond those listed may appear */
	bool has_minimum, has_maximum;
	double minimum, maximum;
	size_t least, most;     /* characters, items or members; SIZE_MAX: any number */
	bool unique;            /* no item twice */
	const char *format;     /* "AWS::EC2::VPC.Id"; NULL: none */
	const struct shape *is; /* stands for this one, whose name alone it does not share; see
				   shape_of; NULL: itself */
	const struct shape_group *groups;
	size_t group_count;
	const char *const *choices; /* scalars as text */
	size_t choice_count;
	struct shape_pattern *pattern; /* NULL: none */
	const struct value *initial;   /* default; NULL: none */
	const struct shape *items;     /* NULL: anything */
	const struct shape *rest;      /* of members that are not listed; NULL: anything */
	struct shape *members;         /* sorted by name */
	size_t member_count;
	const char *const *required;
	size_t required_count;
};

struct pointer_set {
	const char **pointers; /* "/Path", "/Tags/ *" without the blank: any item */
	size_t count;
};

/* What the type has and its provider does not carry out. */
struct unserved {
	const char *path;          /* "Rules.*.Name" */
	const char *reason, *hint; /* NULL: none */
	const char **values;       /* scalars as text: these alone */
	size_t value_count;        /* 0: whatever is there */
};

/* Names in what an action answers. */
struct action_result {
	const char *action;
	const char **names;
	size_t count;
};

struct schema {
	const char *type, *description;
	uint32_t version;
	enum replacement_order order;
	int64_t timeouts_ms[TIMEOUT_DELETE + 1];
	const char *endpoint_pointer, *ref_pointer; /* NULL: none */
	struct pointer_set create_only, read_only, write_only, maybe_create_only;
	struct pointer_set files;      /* paths of local files */
	struct pointer_set shown;      /* of what is write-only */
	struct pointer_set identifier; /* primaryIdentifier */
	struct unserved *unserved;
	size_t unserved_count;
	const char **actions;
	size_t action_count;
	struct action_result *results; /* of those that say so */
	size_t result_count;
	bool open_attributes, deprecated, undeployable, published;
	struct shape given; /* an object of what only GetAtt gives; names may have dots */
	struct shape root;  /* an object */
	const char **settable;
	size_t settable_count;
	const char **attributes;
	size_t attribute_count;
	struct shape_pattern *patterns; /* all of this type, to be freed */
};

/* False when the text surely does not match; what PCRE2 cannot do is the provider's to check. */
bool shape_pattern_fits(struct shape_pattern *p, struct text t);

/* What messages say: "a string or a list", "a, b, c", "'A' needs 'B'"; path may be empty. */
void shape_add_kinds(struct str *out, unsigned kinds);
void shape_add_choices(struct str *out, const struct shape *s);
void shape_add_group(struct str *out, const struct shape_group *g, struct text path);

/* What is not served of what stands at a path ("Rules.0.Name"); NULL: nothing is wrong with it. */
const struct unserved *unserved_at(const struct schema *s, struct text path);
/* One that has no values is about every scalar. */
bool unserved_has(const struct unserved *u, struct text scalar);
/* "property 'Rules.0.Name' of T::A is not served". */
void unserved_add(struct str *out, const struct schema *s, struct text path);
/* The provider's reason and hint. */
void unserved_explain(const struct unserved *u, struct diag *g, struct diags *d);

/* The shape that counts: of a reference what it refers to. */
const struct shape *shape_of(const struct shape *s);
struct shape *shape_member(const struct shape *s, struct text name); /* or NULL */
/* What GetAtt of this name gives ("Endpoint.Address"); NULL: there is none, or it can be
 * anything. */
const struct shape *shape_of_attribute(const struct schema *s, struct text name);
/* What Ref gives; NULL: a string. */
const struct shape *shape_of_ref(const struct schema *s);

#endif
