/*
 * view_compare.h - what differs between two commits: for people, for a pull request, as JSON.
 *
 * Stack instances that change in the same way are told once.  Pure; nothing for an empty
 * comparison, but for JSON's last line.
 */
#ifndef CLI_VIEW_COMPARE_H
#define CLI_VIEW_COMPARE_H

#include "base/json.h"
#include "base/vec.h"
#include "cli/view.h"

void view_comparison(struct str *out, const struct comparison *c, const struct style *st);
void view_comparison_markdown(struct str *out, const struct comparison *c);

/* json_compare.c; new references. */
json_t *json_compared_instance(const struct instance_comparison *i);
json_t *json_comparison_end(const struct comparison *c);
/* The same for instances that change in the same way. */
const char *comparison_signature(struct arena *a, const struct instance_comparison *i);

struct comparison_group {
	const struct instance_comparison *first;
	VEC_OF(const struct instance_id *)
};
struct comparison_groups {
	VEC_OF(struct comparison_group *) /* in the order of their first instances */
};
struct comparison_groups comparison_groups_of(struct arena *a, const struct comparison *c);
/* "web: 2 instances (east, west)"; of one alone "web/east". */
void comparison_group_name(struct str *out, const struct comparison_group *g);

struct comparison_counts {
	size_t create, update, replace, remove, moved; /* resources, of all instances */
};
struct comparison_counts comparison_count(const struct comparison *c);
/* "v1 (1a2b3c4d5e) to the files in the folder" */
void comparison_sides(struct str *out, const struct comparison *c);

#endif
