/*
 * type.h - what the simulated cloud must know of a resource type, from its schema.
 *
 * A struct sim_type is made once per session and type and never changes; it lives in the
 * arena.  No json_t is kept: threads share it.
 */
#ifndef PROVIDERS_SIM_TYPE_H
#define PROVIDERS_SIM_TYPE_H

#include "base/arena.h"
#include "base/json.h"

enum sim_kind { KIND_TEXT, KIND_INTEGER, KIND_NUMBER, KIND_BOOLEAN, KIND_LIST, KIND_OBJECT };

/* A value that the cloud makes up when nobody gave one. */
struct sim_attribute {
	const char *pointer; /* "/Endpoint/Address" */
	const char *word;    /* "Address" */
	enum sim_kind kind;
	const char *format;  /* "date-time"; "" */
	const char *initial; /* JSON: its default, or the first of its choices; NULL: none */
	int64_t minimum;
	bool has_minimum;
};

struct sim_pointers {
	const char **items; /* "/A/B"; "*" stands for any item of a list */
	size_t count;
};

struct sim_type {
	const char *name;
	struct sim_attribute *attributes; /* sorted by pointer: parents come first */
	size_t attribute_count;
	struct sim_pointers read_only, write_only, create_only;
	struct sim_pointers identifier; /* what its id consists of */
	struct sim_pointers required;
	bool named; /* somebody else chooses its name: the identifier is not read-only */
	bool snapshots;
	struct sim_pointers actions; /* their names */
};

struct sim_type *type_parse(struct arena *a, const char *name, struct text schema);
bool pointers_have(const struct sim_pointers *p, const char *pointer);

#endif
