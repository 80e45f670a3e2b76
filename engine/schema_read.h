/*
 * schema_read.h - what the files that read a provider's schema share: schema_shape.c for
 * what values look like, schema_parse.c for types.
 */
#ifndef ENGINE_SCHEMA_READ_H
#define ENGINE_SCHEMA_READ_H

#include "base/vec.h"
#include "engine/schema_type.h"

/* A shape that is referred to, and the definition that says what it is. */
struct shape_waiting {
	struct shape *shape;
	const json_t *body;
};

struct schema_reader {
	struct arena *a;
	const char *provider;
	struct schema *schema; /* NULL between types */
	struct diags *d;
	const json_t *definitions; /* of the type; NULL: none */
	struct map named;          /* names of definitions to their shapes */
	struct {
		VEC_OF(struct shape_waiting)
	} waiting; /* referred to and not read yet */
};

void schema_report(const struct schema_reader *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Scalars as CloudFormation would write them. */
const char *schema_scalar_text(struct arena *a, const json_t *j);
/* Reads the object that `j` describes, and every definition it leads to. */
void schema_read_shape(struct schema_reader *r, struct shape *s, const json_t *j);
/* Like it, for an object whose members are attributes by dotted names. */
void schema_read_given(struct schema_reader *r, struct shape *s, const json_t *attributes);
/* The shape that a pointer ("/Tags/ *" without the blank) leads to; NULL when it leads nowhere.
 * *shared: on the way there is a definition that others may use. */
struct shape *schema_shape_at(struct shape *s, const char *pointer, bool *shared);

#endif
