/*
 * run_rollout.c - what a rollout that failed means for the run: which instances go back, what is
 * said, and how each of them counts.
 */
#include "engine/run_parts.h"

#include <string.h>

static bool has_failed(enum rollout_fault f)
{
	return f == ROLLOUT_TOLERANCE || f == ROLLOUT_WAVE_FAILS || f == ROLLOUT_GATE_FAILS;
}

/* --- who goes back ------------------------------------------------------------------- */

/* A wave begins when the one before is over, so the last that began is the one that failed. */
static size_t failing_wave(const struct stack_rollout *s, const struct execution *x)
{
	size_t wave = 0;

	for (size_t m = 0; m < s->spec.member_count; m++) {
		if (x->begun[s->instances[m]])
			wave = s->spec.members[m].wave;
	}
	return wave;
}

/* One that failed itself has said why. */
static void take_instance_back(struct execution *x, size_t instance, const char *why)
{
	struct instance_result *result = x->results ? &x->results[instance] : NULL;

	if (x->halted[instance])
		return;
	x->halted[instance] = true;
	if (result && result->status && !*result->reason)
		result->reason = why;
}

static void take_back(const struct stack_rollout *s, struct execution *x)
{
	bool all = s->preferences.on_failure == ON_FAILURE_ALL;
	size_t wave = failing_wave(s, x);

	for (size_t m = 0; m < s->spec.member_count; m++) {
		if (x->begun[s->instances[m]] && (all || s->spec.members[m].wave == wave))
			take_instance_back(x, s->instances[m],
					   all ? "its rollout failed" : "its wave failed");
	}
}

/* What was made with the outputs of something that goes back must not stay without it.  True: there
 * were some, and others may need those. */
static bool take_users_back(const struct plan *p, struct execution *x)
{
	bool more = false;

	for (size_t i = 0; i < p->instance_count; i++) {
		const struct instance_plan *user = &p->instances[i];

		for (size_t k = 0; x->begun[i] && !x->halted[i] && k < user->need_count; k++) {
			const struct instance_plan *need = &p->instances[user->needs[k]];

			if (!x->halted[user->needs[k]] || !need->instance || !user->instance)
				continue;
			more = true;
			take_instance_back(x, i,
					   arena_printf(p->arena, "it needs '%s', which goes back",
							instance_id_text(p->arena, &need->id)));
		}
	}
	return more;
}

void run_take_back(const struct run *r, struct execution *x)
{
	const struct rollout_list *list = &r->plan->rollouts;
	bool some = false;

	for (size_t i = 0; x->faults && !r->plan->destroy && i < list->count; i++) {
		enum on_failure f = list->items[i].preferences.on_failure;

		if (!has_failed(x->faults[i]) || (f != ON_FAILURE_WAVE && f != ON_FAILURE_ALL))
			continue;
		take_back(&list->items[i], x);
		some = true;
	}
	while (some && take_users_back(r->plan, x))
		;
}

/* --- what is said -------------------------------------------------------------------- */

/* Of the failing region or wave. */
struct tally {
	size_t members, failed, cancelled; /* the last of the whole rollout */
};

static struct tally tally_of(const struct stack_rollout *s, const struct execution *x, size_t i)
{
	struct tally t = {0, 0, 0};

	for (size_t m = 0; m < s->spec.member_count; m++) {
		const struct rollout_member *member = &s->spec.members[m];
		size_t place = x->faults[i] == ROLLOUT_TOLERANCE ? member->region : member->wave;
		enum member_state end = x->members[s->instances[m]];

		t.cancelled += end == MEMBER_CANCELLED;
		if (place != x->fault_at[i])
			continue;
		t.members++;
		t.failed += end == MEMBER_FAILED || end == MEMBER_SKIPPED;
	}
	return t;
}

static const char *place_text(struct arena *a, const struct stack_rollout *s,
			      const struct execution *x, size_t i)
{
	const struct rollout_preferences *p = &s->preferences;
	size_t at = x->fault_at[i];

	if (x->faults[i] == ROLLOUT_TOLERANCE)
		return arena_printf(a, " in region '%s'", s->regions[at]);
	return at < p->wave_count ? arena_printf(a, " in wave '%s'", p->waves[at].name) : "";
}

/* Where nothing was cancelled the failures speak for themselves. */
static void complain(struct run *r, const struct execution *x, size_t i)
{
	const struct stack_rollout *s = &r->plan->rollouts.items[i];
	struct tally t = tally_of(s, x, i);
	struct diag *g;

	if (!t.cancelled)
		return;
	g = diag_add(r->d, DIAG_ROLLOUT_FAILED, s->preferences.where,
		     "the rollout of '%s' stopped: %zu of %zu instance%s failed%s", s->stack,
		     t.failed, t.members, t.members == 1 ? "" : "s",
		     place_text(r->e->arena, s, x, i));
	diag_detail(r->d, g, "That is more than its FailureTolerance. %zu instance%s not started.",
		    t.cancelled, t.cancelled == 1 ? " was" : "s were");
	diag_hint(r->d, g,
		  "mend the cause and run the same command again: it goes on with what is "
		  "missing");
}

void run_complain_rollouts(struct run *r, const struct execution *x)
{
	for (size_t i = 0; x->faults && i < r->plan->rollouts.count; i++) {
		if (x->faults[i] == ROLLOUT_TOLERANCE || x->faults[i] == ROLLOUT_WAVE_FAILS)
			complain(r, x, i);
	}
}

/* --- how it counts ------------------------------------------------------------------- */

static bool went_on(const struct run *r, const struct execution *x, size_t instance)
{
	const struct rollout_list *list = &r->plan->rollouts;
	const char *stack = r->plan->instances[instance].id.stack;

	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->items[i].stack, stack))
			return x->faults[i] == ROLLOUT_WELL;
	}
	return false;
}

void run_count_members(const struct run *r, const struct execution *x, struct run_result *out)
{
	size_t count = r->plan->instance_count;
	const char **statuses = ARENA_ARRAY(r->e->arena, count, const char *);

	out->targets_cancelled = out->targets_skipped = out->targets_tolerated = 0;

	for (size_t i = 0; i < count; i++) {
		statuses[i] = x->results ? x->results[i].status : NULL;
		out->targets_cancelled += x->members[i] == MEMBER_CANCELLED;
		out->targets_skipped += x->members[i] == MEMBER_SKIPPED;
		if (x->members[i] == MEMBER_FAILED || x->members[i] == MEMBER_SKIPPED)
			out->targets_tolerated += went_on(r, x, i);
	}
	out->statuses = statuses;
	out->faults = x->faults;
	out->fault_at = x->fault_at;
	out->refused = x->refused;
}

bool run_is_tolerated(const struct run_result *out)
{
	return out->targets_failed && out->targets_succeeded &&
	       out->targets_failed == out->targets_tolerated && !out->interrupted &&
	       !out->left_open && !out->targets_rollback_failed;
}
