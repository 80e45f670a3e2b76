/*
 * compare_parts.h - what the files of a comparison share.
 */
#ifndef ENGINE_COMPARE_PARTS_H
#define ENGINE_COMPARE_PARTS_H

#include "base/json.h"
#include "engine/compare.h"

/* compare_side.c: a project of one commit, evaluated. */
struct side {
	struct project *project;
	const char *ref; /* NULL: the folder */
};
int side_open(struct side *s, const struct compare_request *q, const char *ref, struct diags *d);
void side_close(struct side *s);

/* The resource's properties as they would be wished for; new reference.  What is a secret is in
 * *sensitive, an array of pointers (new reference). */
json_t *side_desired(const struct side *s, const struct doc_resource *r, json_t **sensitive);
const struct schema *side_schema(const struct side *s, const char *type);

/* compare_instance.c: two instances of the same place; NULL: there is none on that side. */
struct comparing {
	struct arena *a;
	const struct side *from, *to;
	const struct instance *before, *after;
};
/* False when nothing differs. */
bool compare_instance(const struct comparing *c, struct instance_comparison *out);

/* compare_value.c: two documents with their secrets to paths. */
struct two_values {
	json_t *before, *after;                     /* owned */
	json_t *before_sensitive, *after_sensitive; /* owned; arrays of pointers */
	const struct schema *schema;                /* NULL: unknown type, or outputs */
};
void two_values_release(struct two_values *v);
size_t compare_values(struct arena *a, const struct two_values *v, struct path_change **out);

#endif
