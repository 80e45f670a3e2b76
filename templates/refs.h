/*
 * refs.h - which names a node refers to, without evaluating it.
 *
 * refs_of_call tells the names that one call has literally: those of Ref, Fn::GetAtt and
 * the variables of Fn::Sub, conditions, mappings.  refs_walk does so for every call in a
 * tree.  Names that only evaluation can know (functions as names) are passed over.
 */
#ifndef TEMPLATES_REFS_H
#define TEMPLATES_REFS_H

#include "templates/node.h"
#include "templates/sub.h"

enum ref_kind { REF_NAME, REF_ATTRIBUTE, REF_CONDITION, REF_MAPPING };

struct ref {
	enum ref_kind kind;
	struct text name;      /* of a parameter or resource, resource, condition, mapping */
	struct text attribute; /* REF_ATTRIBUTE */
	struct range where;
	const struct node *call;
};

typedef void ref_visit_fn(void *context, const struct ref *ref);

void refs_of_call(const struct node *call, ref_visit_fn *visit, void *context);
void refs_walk(const struct node *n, ref_visit_fn *visit, void *context);

/* The two forms of Fn::Sub: the text's node, and the map of variables or NULL.  -1 with a
 * diagnostic when it has neither form; d may be NULL. */
int sub_shape(const struct node *call, const struct node **text, const struct node **own,
	      struct diags *d);
/*
 * Where the pieces of a text stand in its file, in one pass over both: every piece that
 * sub_next gives is asked for, in order.
 */
struct sub_places {
	const struct node *text;
	struct text slice; /* what the file has for the text */
	size_t start, at;  /* its offset in the file; how far it is read */
	bool usable;
};
struct sub_places sub_places_start(const struct node *text);
struct range sub_places_next(struct sub_places *p, const struct sub_piece *piece);
/* The diagnostic for SUB_BAD. */
void report_sub(struct range where, const struct sub_piece *piece, struct diags *d);

/* What evaluation and checking say in the same words (refs_report.c). */
struct name_list {
	const char *const *names; /* for "did you mean" */
	size_t count;
	const char *thing; /* "resource": template.h; NULL where none is spoken of */
};
void report_ref_unknown(struct diags *d, struct range where, struct text name,
			struct name_list known);
void report_resource_unknown(struct diags *d, struct range where, struct text name,
			     struct name_list known);
void report_dependency_unknown(struct diags *d, struct range where, struct text name,
			       struct name_list known);
void report_condition_unknown(struct diags *d, struct range where, struct text name,
			      struct name_list known);
void report_mapping_unknown(struct diags *d, struct range where, struct text name,
			    const struct node *mappings);
/* Something else than a function where a condition is expected. */
void report_no_condition(const struct node *n, struct diags *d);
void report_null(const struct node *n, struct diags *d);
/* The short form of Fn::GetAtt: true for "A.B". */
bool getatt_cut(struct text t);
void report_getatt(struct diags *d, const struct node *call, struct text t);
/* A resource where something must be known before anything is created. */
void report_early(struct diags *d, struct range where, const char *thing, struct text name);
/* path: "A -> B -> A". */
void report_condition_cycle(struct diags *d, struct range where, const char *path,
			    struct range first);
/* Of a mapping: a key that is not in the map; `of` is the top-level key, or empty. */
void report_map_key(struct diags *d, const struct node *at, struct text key, struct text of,
		    const struct node_entry *mapping);

#endif
