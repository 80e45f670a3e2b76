/* previous.c - the commit that was deployed before, by what is recorded. */
#include "engine/previous.h"

#include <string.h>

#include "base/vec.h"
#include "engine/engine.h"
#include "engine/version.h"
#include "vcs/vcs.h"

/* One instance that is meant. */
struct looked_at {
	struct instance_id id;
	const char *last;             /* the commit that was deployed last; NULL: not met yet */
	const struct version *before; /* found */
};
struct search {
	struct arena *a;
	struct state *state;
	const struct selection *sel;
	struct diags *d;
	struct {
		VEC_OF(struct looked_at)
	} instances;
};

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return count == 0;
}

static int collect(struct search *s)
{
	struct instance_list all = {0};

	if (state_load_instances(s->state, s->a, &all, s->d))
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		const struct instance_id *id = &all.items[i].id;

		if (!is_among(id->stack, s->sel->stacks, s->sel->stack_count) ||
		    !is_among(id->region, s->sel->regions, s->sel->region_count))
			continue;
		*arena_vec_add(s->a, &s->instances) = (struct looked_at){.id = *id};
	}
	return 0;
}

static struct looked_at *find(struct search *s, const struct instance_id *id)
{
	for (size_t i = 0; i < s->instances.count; i++) {
		if (instance_id_compare(&s->instances.items[i].id, id) == 0)
			return &s->instances.items[i];
	}
	return NULL;
}

/* Results come from the latest to the oldest. */
static void take(struct search *s, const struct instance_result *r)
{
	bool succeeded = strcmp(r->status, "SUCCEEDED") == 0;
	const struct version *v = version_parse(s->a, r->version);
	struct looked_at *at = find(s, &r->id);

	if (!at || at->before || !v || !v->commit ||
	    !(succeeded || strcmp(r->status, "FAILED") == 0))
		return;
	if (!at->last)
		at->last = v->commit;
	else if (succeeded && strcmp(v->commit, at->last) != 0)
		at->before = v;
}

static int look_back(struct search *s)
{
	struct run_list runs = {NULL, 0};
	struct result_list results;

	if (state_load_runs(s->state, 0, s->a, &runs, s->d))
		return -1;
	for (size_t i = 0; i < runs.count; i++) {
		if (state_load_results(s->state, runs.items[i].id, s->a, &results, s->d))
			return -1;
		for (size_t k = 0; k < results.count; k++)
			take(s, &results.items[k]);
	}
	return 0;
}

/* --- what is wrong with it --- */

static int say_none(struct search *s, const struct looked_at *at)
{
	struct diag *g = diag_add(s->d, DIAG_PREVIOUS_NONE, RANGE_NONE,
				  "no earlier deployment of '%s' from another commit is recorded",
				  instance_id_text(s->a, &at->id));

	diag_hint(s->d, g, "'hadeploy history %s' shows what there was; --to REV names a commit",
		  at->id.stack);
	return -1;
}

static int say_different(struct search *s)
{
	struct diag *g = diag_add(s->d, DIAG_PREVIOUS_DIFFERS, RANGE_NONE,
				  "the stack instances were at different commits before");
	const char *list = "";

	for (size_t i = 0; i < s->instances.count; i++)
		list = arena_printf(s->a, "%s%s%s: %s", list, i ? "\n" : "",
				    instance_id_text(s->a, &s->instances.items[i].id),
				    version_text(s->a, s->instances.items[i].before));
	diag_detail(s->d, g, "%s", list);
	diag_hint(s->d, g, "go back region by region with --region, or to one commit with --to");
	return -1;
}

static int choose(struct search *s, const struct version **out)
{
	if (!s->instances.count) {
		diag_hint(s->d,
			  diag_add(s->d, DIAG_PREVIOUS_NONE, RANGE_NONE,
				   "nothing is recorded of what was named"),
			  "'hadeploy status' shows what is deployed where");
		return -1;
	}
	for (size_t i = 0; i < s->instances.count; i++) {
		if (!s->instances.items[i].before)
			return say_none(s, &s->instances.items[i]);
	}
	*out = s->instances.items[0].before;
	for (size_t i = 1; i < s->instances.count; i++) {
		if (strcmp(s->instances.items[i].before->commit, (*out)->commit) != 0)
			return say_different(s);
	}
	return 0;
}

static int check_repository(const char *dir, const struct version *v, struct arena *a,
			    struct diags *d)
{
	struct vcs_repository *r = NULL;
	enum vcs_found found = vcs_open(dir, &r, d);
	bool there = found == VCS_FOUND && vcs_has_commit(r, v->commit);
	struct diag *g;

	vcs_close(r);
	if (there || found == VCS_FAILED)
		return there ? 0 : -1;
	g = diag_add(d, DIAG_PREVIOUS_GONE, RANGE_NONE,
		     "commit %s, which was deployed before, is not in this repository",
		     version_text(a, v));
	diag_hint(d, g, "git fetch %s %s", v->remote ? v->remote : "origin", v->commit);
	return -1;
}

const char *engine_previous_commit(const char *dir, struct clock *clock,
				   const struct selection *sel, struct arena *a, struct diags *d)
{
	struct search s = {.a = a, .sel = sel, .d = d};
	const struct version *before = NULL;
	int rc = -1;

	s.state = engine_state_open(dir, STATE_READ, clock, d);
	if (s.state && !collect(&s) && !look_back(&s) && !choose(&s, &before))
		rc = check_repository(dir, before, a, d);
	state_close(s.state);
	return rc ? NULL : before->commit;
}
