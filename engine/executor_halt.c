/*
 * executor_halt.c - a change of an instance failed that shall go back as a whole: nothing more
 * of it starts, what runs is finished.  A failure in the cleanup at its end is no reason to go
 * back: all that was wanted is there.
 */
#include "engine/executor_parts.h"

/* A delete is one of a copy first, where one is to be kept. */
static bool is_cleanup(const struct task *t)
{
	bool removes = t->kind == TASK_DELETE || t->kind == TASK_SNAPSHOT;

	return t->kind == TASK_FORGET ||
	       (removes && (t->creates || t->change->action == ACTION_DELETE));
}

size_t executor_instance_of(const struct plan *p, size_t change)
{
	size_t low = 0, high = p->instance_count;

	while (low + 1 < high) {
		size_t mid = low + (high - low) / 2;

		if (p->instances[mid].first_change <= change)
			low = mid;
		else
			high = mid;
	}
	return low;
}

size_t executor_first_task(const struct executor *x, size_t change)
{
	size_t low = 0, high = x->task_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (x->tasks[mid].change_index < change)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* What only is evaluated calls nobody. */
static void withhold(struct task *t)
{
	enum step_state state = walk_state(t->x->walk, t->step);

	if (t->phase != PHASE_NEW || t->kind == TASK_LEARN)
		return;
	if (state == STEP_BLOCKED || state == STEP_READY) {
		walk_skip(t->x->walk, t->step);
	} else if (state == STEP_TAKEN && t->job.state == JOB_QUEUED) {
		dispatch_withdraw(t->x->dispatch, &t->job);
		task_skip(t);
	}
}

void executor_halt(const struct task *failed)
{
	struct executor *x = failed->x;
	const struct instance_plan *p;
	size_t i, end;

	if (!x->plan || !x->observed || !x->observed->halting || is_cleanup(failed))
		return;
	i = executor_instance_of(x->plan, failed->change_index);
	if (!x->observed->halting[i] || x->halted[i])
		return;
	x->halted[i] = true;
	p = &x->plan->instances[i];
	end = executor_first_task(x, p->first_change + p->change_count);
	for (size_t n = executor_first_task(x, p->first_change); n < end; n++)
		withhold(&x->tasks[n]);
}

/* Something was wanted of it, and all of that is there. */
bool executor_only_cleanup(const struct executor *x, size_t instance)
{
	const struct instance_plan *p = &x->plan->instances[instance];
	size_t end = executor_first_task(x, p->first_change + p->change_count);
	bool some = false;

	for (size_t n = executor_first_task(x, p->first_change); n < end; n++) {
		const struct task *t = &x->tasks[n];

		if (is_cleanup(t))
			continue;
		if (walk_state(x->walk, t->step) != STEP_DONE)
			return false;
		some = some || t->kind != TASK_LEARN;
	}
	return some;
}

void executor_halt_skipped(struct executor *x)
{
	for (size_t n = 0; x->observed && x->observed->halting && n < x->task_count; n++) {
		const struct task *t = &x->tasks[n];
		size_t i = executor_instance_of(x->plan, t->change_index);

		/* Of what never began there is nothing to take back. */
		if (rollouts_held_back(x->rollouts, i))
			continue;
		if (x->observed->halting[i] && !is_cleanup(t) && t->kind != TASK_LEARN &&
		    walk_state(x->walk, t->step) == STEP_SKIPPED)
			x->halted[i] = true;
	}
}
