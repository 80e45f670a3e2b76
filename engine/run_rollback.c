/*
 * run_rollback.c - instances go back to their last good state: after a failure in the same
 * run, or when asked for.
 */
#include "engine/run_parts.h"

#include <assert.h>
#include <string.h>

#include "base/vec.h"
#include "engine/history.h"
#include "engine/known.h"
#include "engine/outside.h"
#include "engine/rollback.h"

/* --- which instances ----------------------------------------------------------------- */

static const struct instance_record *recorded_instance(const struct run *r,
						       const struct instance_id *id)
{
	const struct instance_list *list = &r->recorded.instances;
	size_t low = 0, high = list->count; /* sorted */

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = instance_id_compare(&list->items[mid].id, id);

		if (!order)
			return &list->items[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool run_status_is_good(const char *status)
{
	return !strcmp(status, "CURRENT") || !strcmp(status, "PARTIAL") ||
	       !strcmp(status, "ROLLED_BACK");
}

/* Of those selected, the ones that are not good.  Without a row there is nothing recorded. */
static const struct instance_id *bad_instances(struct run *r, size_t *count)
{
	const struct instance_list *all = &r->recorded.instances;
	struct instance_id *ids = ARENA_ARRAY(r->e->arena, all->count, struct instance_id);

	*count = 0;
	for (size_t i = 0; i < all->count; i++) {
		if (!run_status_is_good(all->items[i].status))
			ids[(*count)++] = all->items[i].id;
	}
	return ids;
}

/* --- the plan ------------------------------------------------------------------------ */

struct backing {
	struct run *r;
	struct rollback_request q;
	struct record_list kept;
};

static int load_kept(struct backing *b)
{
	struct arena *a = b->r->e->arena;
	struct {
		VEC_OF(struct record)
	} all = {0};

	for (size_t i = 0; i < b->q.id_count; i++) {
		struct record_list some;

		if (state_load_kept(b->r->e->state, &b->q.ids[i], a, &some, b->r->d))
			return -1;
		for (size_t k = 0; k < some.count; k++)
			*(struct record *)arena_vec_add(a, &all) = some.items[k];
	}
	b->kept = (struct record_list){all.items, all.count};
	b->q.kept = &b->kept;
	return 0;
}

static void warn_unread(struct run *r, const struct diags *faults)
{
	const struct diag *first = faults->first;
	struct diag *g;

	if (!first)
		return;
	g = diag_warn(r->d, DIAG_REFRESH_INCOMPLETE, RANGE_NONE,
		      "whether something is still there could not be read");
	diag_detail(r->d, g, "%s%s%s", first->address ? first->address : "",
		    first->address ? ": " : "", first->summary);
	diag_hint(r->d, g, "it is taken to be gone");
}

/* What was retained, or was to be deleted, may be there still: then its record comes back. */
static void read_lost(struct backing *b)
{
	struct arena *a = b->r->e->arena;
	size_t count;
	const size_t *lost = rollback_lost(a, &b->q, &count);
	struct observation *all, *some;
	struct record_list list = {ARENA_ARRAY(a, count, struct record), count};
	struct diags faults = DIAGS_INIT;

	if (!count)
		return;
	assert(lost && b->kept.items);
	all = ARENA_ARRAY(a, b->kept.count, struct observation);
	some = ARENA_ARRAY(a, count, struct observation);
	for (size_t i = 0; i < count; i++)
		list.items[i] = b->kept.items[lost[i]];
	refresh_records(
		b->r->e,
		&(struct refresh_request){
			.records = &list, .extent = REFRESH_ALL, .observations = some, .arena = a},
		&faults);
	warn_unread(b->r, &faults);
	diags_release(&faults);
	for (size_t i = 0; i < count; i++)
		all[lost[i]] = some[i];
	b->q.lost = all;
}

/* What is wrong with exports and imports now matters to nobody who goes back. */
static struct outside *outside_quietly(struct run *r)
{
	struct diags ignored = DIAGS_INIT;
	int rc = outside_load(r->e->outside, r->e->state, &ignored);

	diags_release(&ignored);
	return rc ? NULL : r->e->outside;
}

static int make(struct run *r, const struct instance_id *ids, size_t count,
		const struct patterns *skip)
{
	struct backing b = {.r = r};

	b.q = (struct rollback_request){
		.project = r->e->project,
		.outside = outside_quietly(r),
		.state = r->e->state,
		.ids = ids,
		.id_count = count,
		.records = &r->recorded.records,
		.observations = r->observations,
		.instances = &r->recorded.instances,
		.skip = skip,
	};
	if (load_kept(&b))
		return -1;
	read_lost(&b);
	r->back = ARENA_NEW(r->e->arena, struct rollback);
	if (rollback_make(r->e->arena, &b.q, r->back, r->d))
		return -1;
	r->plan = r->back->plan;
	engine_tell(r->e, (struct event){.kind = EVENT_PLANNED, .plan = r->plan});
	return 0;
}

static bool matches_any(const struct plan *p, const char *pattern)
{
	for (size_t i = 0; i < p->change_count; i++) {
		if (address_match(&p->changes[i].addr, pattern))
			return true;
	}
	return false;
}

static void warn_unmatched(struct run *r, const struct patterns *skip)
{
	for (size_t i = 0; i < skip->count; i++) {
		struct diag *g;

		if (matches_any(r->plan, skip->items[i]))
			continue;
		g = diag_warn(r->d, DIAG_ROLLBACK_SKIP, RANGE_NONE, "--skip '%s' fits no resource",
			      skip->items[i]);
		diag_hint(r->d, g, "`hadeploy plan --rollback` shows the addresses");
	}
}

int run_make_rollback(struct run *r, const struct run_request *q)
{
	size_t count;
	const struct instance_id *ids = bad_instances(r, &count);

	if (make(r, ids, count, &q->wishes.skip))
		return -1;
	warn_unmatched(r, &q->wishes.skip);
	return 0;
}

/* --- before and after ---------------------------------------------------------------- */

struct writing {
	struct run *r;
	struct arena *a;
	struct {
		VEC_OF(struct state_edit)
	} edits;
};

static void add_edit(struct writing *w, struct state_edit e)
{
	*(struct state_edit *)arena_vec_add(w->a, &w->edits) = e;
}

static void put_status(struct writing *w, const struct instance_id *id, const char *status)
{
	const struct instance_record *now = recorded_instance(w->r, id);
	struct instance_record *n = ARENA_NEW(w->a, struct instance_record);

	if (now)
		*n = *now;
	n->id = *id;
	n->status = status;
	add_edit(w, (struct state_edit){.kind = EDIT_PUT_INSTANCE, .instance = n});
}

static int64_t wall_ms(const struct run *r)
{
	struct clock *clock = r->e->options.clock;

	return clock->wall_ms(clock);
}

static void put_good(struct writing *w, const struct instance_id *id)
{
	struct instance_record *n = ARENA_NEW(w->a, struct instance_record);

	n->id = *id;
	add_edit(w, (struct state_edit){.kind = EDIT_GOOD, .instance = n});
}

static int commit(struct writing *w)
{
	return w->edits.count
		       ? state_commit(w->r->e->state, w->edits.items, w->edits.count, w->r->d)
		       : 0;
}

/* --- how they fared ------------------------------------------------------------------ */

/* What was recorded of it before it went back, in this run; NULL. */
static struct instance_result *result_before(const struct run *r, const struct instance_id *id)
{
	const struct plan *p = r->failed_plan;
	size_t low = 0, high = r->results ? p->instance_count : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = instance_id_compare(&p->instances[mid].id, id);

		if (!order)
			return r->results[mid].status ? &r->results[mid] : NULL;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static struct instance_result *new_result(struct writing *w, const struct instance_plan *p)
{
	struct instance_result *n = ARENA_NEW(w->a, struct instance_result);
	const struct instance_record *good = recorded_instance(w->r, &p->id);

	*n = (struct instance_result){
		.run = history_run(w->r->e),
		.id = p->id,
		.reason = "",
		.wave = "",
		.order = (size_t)(p - w->r->plan->instances),
		.started_ms = wall_ms(w->r),
		.version = good ? good->version : "",
	};
	return n;
}

static void put_result(struct writing *w, const struct instance_plan *p, const char *status)
{
	struct instance_result *n = result_before(w->r, &p->id);

	if (!n)
		n = new_result(w, p);
	n->status = status;
	if (strcmp(status, "RUNNING") != 0)
		n->ended_ms = wall_ms(w->r);
	if (*n->run)
		add_edit(w, (struct state_edit){.kind = EDIT_PUT_RESULT, .result = n});
}

/* Records that come back without a call, in the same commit: from then on what they replaced
 * is deposed, and any later run goes on from there. */
static int mark_rolling_back(struct run *r)
{
	struct writing w = {.r = r, .a = r->e->arena};

	for (size_t i = 0; i < r->plan->instance_count; i++) {
		put_status(&w, &r->plan->instances[i].id, "ROLLING_BACK");
		if (!r->results)
			put_result(&w, &r->plan->instances[i], "RUNNING");
	}
	for (size_t i = 0; i < r->back->edit_count; i++)
		add_edit(&w, r->back->edits[i]);
	return commit(&w);
}

static bool same_text(const char *x, const char *y)
{
	return !strcmp(x ? x : "", y ? y : "");
}

/* What needed no call: beside its properties it is again what it was; what was skipped is read
 * before anything is done with it again. */
static void settle_change(struct writing *w, const struct change *c)
{
	struct record *n;

	if (c->action != ACTION_NONE || !c->before || *c->before->deposed)
		return;
	n = ARENA_NEW(w->a, struct record);
	*n = *c->before;
	if (c->left_out) {
		n->tainted = true;
	} else if (c->wanted) {
		n->depends_on = c->wanted->depends_on;
		n->deletion_policy = c->wanted->deletion_policy;
		n->sensitive = c->wanted->sensitive;
	}
	if (n->tainted != c->before->tainted || !same_text(n->depends_on, c->before->depends_on) ||
	    !same_text(n->deletion_policy, c->before->deletion_policy) ||
	    !same_text(n->sensitive, c->before->sensitive))
		add_edit(w, (struct state_edit){.kind = EDIT_PUT_RECORD, .record = n});
}

/* Its stack left the manifest and nothing is left of it. */
static bool is_over(const struct run *r, const struct instance_plan *p)
{
	for (size_t c = p->first_change; c < p->first_change + p->change_count; c++) {
		enum action a = r->plan->changes[c].action;

		if (a != ACTION_DELETE && a != ACTION_RETAIN)
			return false;
	}
	return !p->instance;
}

static void settle_back(struct writing *w, const struct instance_plan *p)
{
	const struct plan *plan = w->r->plan;

	for (size_t c = p->first_change; c < p->first_change + p->change_count; c++)
		settle_change(w, &plan->changes[c]);
	put_status(w, &p->id, "ROLLED_BACK");
	put_result(w, p, "ROLLED_BACK");
	put_good(w, &p->id);
	if (is_over(w->r, p)) {
		struct instance_record *n = ARENA_NEW(w->a, struct instance_record);

		n->id = p->id;
		add_edit(w, (struct state_edit){.kind = EDIT_DROP_INSTANCE, .instance = n});
	}
}

static int settle(struct run *r, const struct execution *x)
{
	struct writing w = {.r = r, .a = r->e->arena};

	for (size_t i = 0; i < r->plan->instance_count; i++) {
		const struct instance_plan *p = &r->plan->instances[i];
		enum run_instance_end end = run_instance_end(p, x);

		if (end == INSTANCE_CURRENT) {
			settle_back(&w, p);
			continue;
		}
		put_status(&w, &p->id, end == INSTANCE_FAILED ? "ROLLBACK_FAILED" : "INCOMPLETE");
		put_result(&w, p, "ROLLBACK_FAILED");
	}
	return commit(&w);
}

/* --- running it ---------------------------------------------------------------------- */

int run_rollback(struct run *r, struct execution *out)
{
	struct executor_observed observed = {.records = &r->back->records,
					     .items = r->back->observations};
	int rc;

	*out = (struct execution){0};
	if (state_renew_locks(r->e->state, r->d) || mark_rolling_back(r))
		return -1;
	rc = executor_run(r->e, r->plan, &observed, out, r->d);
	if (out->writable && settle(r, out))
		rc = -1;
	outside_enter(r->e->outside, OUTSIDE_CHECK, NULL);
	known_free(out->known);
	out->known = NULL;
	return rc;
}

/* Nobody knows yet what became of something: then going back must wait. */
static bool has_open(const struct instance_plan *p, const struct execution *x)
{
	for (size_t c = p->first_change; c < p->first_change + p->change_count; c++) {
		if (x->ends[c] == CHANGE_OPEN)
			return true;
	}
	return false;
}

static void note_waiting(struct run *r, const struct instance_id *id)
{
	const char *name = instance_id_text(r->e->arena, id);
	struct diag *g = diag_warn(r->d, DIAG_ROLLBACK_WAITS, RANGE_NONE,
				   "'%s' is not rolled back yet", name);

	diag_detail(r->d, g, "Something that was begun in it has no end.");
	diag_hint(r->d, g, "run `hadeploy rollback %s`: it asks first what became of that",
		  id->stack);
}

static const struct instance_id *failed_instances(struct run *r, const struct execution *x,
						  size_t *count)
{
	const struct plan *p = r->plan;
	struct instance_id *ids = ARENA_ARRAY(r->e->arena, p->instance_count, struct instance_id);

	*count = 0;
	for (size_t i = 0; i < p->instance_count; i++) {
		if (!x->halted[i])
			continue;
		if (has_open(&p->instances[i], x))
			note_waiting(r, &p->instances[i].id);
		else
			ids[(*count)++] = p->instances[i].id;
	}
	return ids;
}

static void count_back(const struct run *r, const struct execution *x, struct run_result *out)
{
	for (size_t i = 0; i < r->plan->change_count; i++) {
		if (x->ends && x->ends[i] == CHANGE_DONE)
			plan_count(&out->rolled_back, r->plan->changes[i].action);
	}
	for (size_t i = 0; i < r->plan->instance_count; i++) {
		if (x->ends && run_instance_end(&r->plan->instances[i], x) == INSTANCE_CURRENT)
			out->targets_rolled_back++;
		else
			out->targets_rollback_failed++;
	}
}

static int go_back(struct run *r, const struct instance_id *ids, size_t count,
		   struct run_result *out)
{
	const struct plan *failed = r->plan;
	struct execution x = {0};
	int rc;

	engine_tell(r->e, (struct event){.kind = EVENT_ROLLING_BACK, .total = count});
	if (run_load(r, STATE_WRITE))
		return -1;
	r->observations = NULL;
	rc = run_observe(r, REFRESH_NO) || make(r, ids, count, NULL);
	r->failed_plan = failed;
	if (!rc) {
		out->rollback = r->plan;
		rc = run_rollback(r, &x);
		count_back(r, &x, out);
	} else {
		out->targets_rollback_failed = count;
	}
	r->plan = failed;
	return rc;
}

/* Locks are held and what failed is settled. */
int run_undo_failed(struct run *r, const struct execution *x, struct run_result *out)
{
	size_t count;
	const struct instance_id *ids;
	int rc;

	if (!x->halted || !x->writable || engine_interrupts(r->e))
		return 0;
	ids = failed_instances(r, x, &count);
	if (!count)
		return 0;
	r->results = x->results;
	rc = go_back(r, ids, count, out);
	run_count_members(r, x, out);
	return rc;
}

const bool *run_halting(struct run *r, const struct run_request *q)
{
	const struct plan *p = r->plan;
	bool *halting = ARENA_ARRAY(r->e->arena, p->instance_count, bool);

	if (q->mode != RUN_APPLY)
		return NULL;
	for (size_t i = 0; i < p->instance_count; i++) {
		const struct instance *in = p->instances[i].instance;
		enum on_failure f = q->on_failure;

		if (f == ON_FAILURE_DEFAULT && in &&
		    in->stack->rollout.on_failure == ON_FAILURE_KEEP)
			f = ON_FAILURE_KEEP;
		halting[i] = f != ON_FAILURE_KEEP;
	}
	return halting;
}
