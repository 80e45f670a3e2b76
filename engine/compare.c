/* compare.c - the stack instances of two commits side by side. */
#include "engine/compare.h"

#include <string.h>

#include "engine/compare_parts.h"
#include "engine/tree.h"

/* --- what was asked for --- */

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return count == 0;
}

static bool is_selected(const struct selection *s, const struct instance_id *id)
{
	return is_among(id->stack, s->stacks, s->stack_count) &&
	       is_among(id->region, s->regions, s->region_count);
}

static int check_stacks(const struct selection *s, const struct side *from, const struct side *to,
			struct diags *d)
{
	int rc = 0;

	for (size_t i = 0; i < s->stack_count; i++) {
		if (manifest_stack(from->project->manifest, s->stacks[i]) ||
		    manifest_stack(to->project->manifest, s->stacks[i]))
			continue;
		diag_hint(d,
			  diag_add(d, DIAG_STACK_UNKNOWN, RANGE_NONE,
				   "there is no stack '%s' on either side", s->stacks[i]),
			  "the section Stacks of " MANIFEST_NAME " names what there is");
		rc = -1;
	}
	for (size_t i = 0; i < s->region_count; i++) {
		if (manifest_region(from->project->manifest, s->regions[i]) ||
		    manifest_region(to->project->manifest, s->regions[i]))
			continue;
		diag_hint(d,
			  diag_add(d, DIAG_REGION_UNKNOWN, RANGE_NONE,
				   "there is no region '%s' on either side", s->regions[i]),
			  "the section Regions of " MANIFEST_NAME " names what there is");
		rc = -1;
	}
	return rc;
}

/* --- side by side --- */

/* Sorted lists, joined. */
static void compare_all(struct arena *a, const struct selection *s, const struct side *from,
			const struct side *to, struct comparison *out)
{
	const struct project *x = from->project, *y = to->project;
	struct instance_comparison *items =
		ARENA_ARRAY(a, x->instance_count + y->instance_count, struct instance_comparison);
	size_t i = 0, k = 0;

	while (i < x->instance_count || k < y->instance_count) {
		struct comparing c = {.a = a, .from = from, .to = to};
		int order = i == x->instance_count ? 1
			    : k == y->instance_count
				    ? -1
				    : instance_id_compare(&x->instances[i].id, &y->instances[k].id);

		const struct instance_id *id =
			order < 0 ? &x->instances[i].id : &y->instances[k].id;

		if (order <= 0)
			c.before = &x->instances[i++];
		if (order >= 0)
			c.after = &y->instances[k++];
		if (is_selected(s, id) && compare_instance(&c, &items[out->count]))
			out->count++;
	}
	out->instances = items;
}

static const char *commit_of(struct arena *a, const struct side *s)
{
	const char *id = tree_commit(s->project->manifest->files);

	return id ? arena_strdup(a, id) : NULL;
}

int engine_compare(struct arena *a, const struct compare_request *q, struct comparison *out,
		   struct diags *d)
{
	struct side from = {0}, to = {0};
	int rc = side_open(&from, q, q->from, d);

	*out = (struct comparison){.from = q->from, .to = q->to};
	if (side_open(&to, q, q->to, d))
		rc = -1;
	if (!rc)
		rc = check_stacks(&q->selection, &from, &to, d);
	if (!rc) {
		out->from_commit = commit_of(a, &from);
		out->to_commit = commit_of(a, &to);
		compare_all(a, &q->selection, &from, &to, out);
	} else {
		diags_keep_sources(d);
	}
	side_close(&from);
	side_close(&to);
	return rc;
}
