/*
 * executor_rollout.c - opens the doors of instances when it is their turn.
 */
#include "engine/executor_rollout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NO_WAVE SIZE_MAX

const bool *executor_members(struct arena *a, const struct plan *p)
{
	bool *members = ARENA_ARRAY(a, p->instance_count, bool);

	for (size_t i = 0; i < p->rollouts.count; i++) {
		const struct stack_rollout *s = &p->rollouts.items[i];

		for (size_t m = 0; m < s->spec.member_count; m++)
			members[s->instances[m]] = true;
	}
	return members;
}

/* --- what observers hear ------------------------------------------------------------- */

const char *stack_run_wave(const struct stack_run *s, size_t wave)
{
	const struct rollout_preferences *p = &s->plan->preferences;

	return wave < p->wave_count ? p->waves[wave].name : NULL;
}

void rollouts_tell(struct executor *x, const struct event *ev)
{
	struct event *copy = ARENA_NEW(x->arena, struct event);
	struct instance_id *id = ARENA_NEW(x->arena, struct instance_id);

	*copy = *ev;
	*id = *ev->instance;
	copy->instance = id;
	executor_follow(x, &(struct follow){.kind = FOLLOW_EVENT, .event = copy});
}

static void tell_member(const struct member_run *m, enum event_kind kind, const char *text)
{
	struct stack_run *s = m->s;

	rollouts_tell(s->x,
		      &(struct event){
			      .kind = kind,
			      .instance = &s->x->plan->instances[m->instance].id,
			      .wave = stack_run_wave(s, s->plan->spec.members[m->member].wave),
			      .text = text,
			      .done = s->over,
			      .total = s->plan->spec.member_count,
		      });
}

static size_t members_of(const struct stack_run *s, size_t wave)
{
	size_t count = 0;

	for (size_t m = 0; m < s->plan->spec.member_count; m++)
		count += s->plan->spec.members[m].wave == wave;
	return count;
}

static void tell_wave(struct stack_run *s, const struct member_run *first)
{
	size_t wave = s->plan->spec.members[first->member].wave;

	if (s->wave == wave)
		return;
	s->wave = wave;
	rollouts_tell(s->x, &(struct event){
				    .kind = EVENT_WAVE,
				    .instance = &s->x->plan->instances[first->instance].id,
				    .wave = stack_run_wave(s, wave),
				    .total = members_of(s, wave),
			    });
}

/* --- one instance -------------------------------------------------------------------- */

void rollouts_look_at(struct rollouts *a, struct stack_run *s)
{
	if (s->waits || s->ended)
		return;
	s->waits = true;
	*vec_add(&a->queue) = s;
}

void member_over(struct member_run *m, enum member_state end)
{
	m->end = end;
	m->s->over++;
	result_over(m);
	regions_member_over(m);
	tell_member(m, EVENT_INSTANCE_ENDED, member_state_name(end));
	rollouts_look_at(m->s->x->rollouts, m->s);
}

/* All its tasks are over.  What was cut short by somebody who asked to stop has not failed. */
static void end_begun(struct member_run *m)
{
	struct stack_run *s = m->s;
	bool well = !m->failed && !m->cut;

	rollout_ended(s->r, m->member, well ? MEMBER_ENDED_WELL : MEMBER_ENDED_BADLY);
	if (well) {
		member_over(m, MEMBER_SUCCEEDED);
	} else if (!m->failed && s->x->stopping) {
		m->reason = reason_of_stop(s->x);
		member_over(m, MEMBER_CANCELLED);
	} else {
		member_over(m, MEMBER_FAILED);
	}
}

static void mark_turn(const struct member_run *m)
{
	const struct executor_observed *o = m->s->x->observed;

	if (o && o->turns && o->turns[m->instance])
		executor_edit(m->s->x, &(struct state_edit){.kind = EDIT_PUT_INSTANCE,
							    .instance = o->turns[m->instance]});
}

void member_begin(struct member_run *m)
{
	struct executor *x = m->s->x;

	m->begun = true;
	mark_turn(m);
	result_running(m);
	executor_enroll_instance(x, m->instance);
	tell_member(m, EVENT_INSTANCE_STARTED, NULL);
	walk_open(x->walk, m->door);
	if (!m->left)
		end_begun(m);
}

static void shut_door(struct member_run *m)
{
	struct walk *w = m->s->x->walk;
	enum step_state state = walk_state(w, m->door);

	if (state == STEP_BLOCKED || state == STEP_READY)
		walk_skip(w, m->door);
}

void member_refuse(struct member_run *m, enum member_state end, const char *reason)
{
	struct stack_run *s = m->s;

	m->reason = reason;
	shut_door(m);
	rollout_ended(s->r, m->member, MEMBER_ENDED_BADLY);
	member_over(m, end);
}

void rollouts_task_over(struct rollouts *a, const struct task *t, enum task_fate fate)
{
	struct member_run *m;

	if (!a)
		return;
	m = &a->members[executor_instance_of(a->x->plan, t->change_index)];
	if (!m->s)
		return;
	assert(m->left);
	m->left--;
	if (fate == TASK_FAILED) {
		m->failed = true;
		if (!m->reason)
			m->reason = reason_of_task(t);
	}
	if (fate == TASK_SKIPPED)
		m->cut = true;
	if (m->begun && !m->left)
		end_begun(m);
}

bool rollouts_held_back(const struct rollouts *a, size_t instance)
{
	return a && a->members[instance].s && !a->members[instance].begun;
}

/* --- what the scheduler says --------------------------------------------------------- */

static void cancel(struct member_run *m)
{
	shut_door(m);
	m->reason = reason_of_cancel(m->s);
	member_over(m, MEMBER_CANCELLED);
}

/* It counts as running from here on, whatever its gate says. */
static void start(struct stack_run *s, struct member_run *m)
{
	size_t wave = s->plan->spec.members[m->member].wave;

	if (s->wave != wave && freeze_begins(s, wave)) {
		member_refuse(m, MEMBER_CANCELLED, s->reason);
		return;
	}
	tell_wave(s, m);
	target_gate(m);
}

/* Nothing is going on that could change what it waits for. */
static bool is_starved(const struct stack_run *s)
{
	return rollout_starved(s->r) && !s->checked;
}

/* False: nothing until something happens. */
static bool act(struct stack_run *s)
{
	struct rollout_order o;

	/* Before the first one starts it must be known what is healthy. */
	if (s->checked && s->wave == NO_WAVE && !s->x->stopping)
		return false;
	o = rollout_next(s->r);

	switch (o.kind) {
	case ROLLOUT_START:
		start(s, s->members[o.member]);
		return true;
	case ROLLOUT_GATE:
		gate_open(s, o.wave);
		return true;
	case ROLLOUT_CANCEL:
		cancel(s->members[o.member]);
		return true;
	case ROLLOUT_WAIT:
		if (!is_starved(s))
			return false;
		regions_starved(s);
		return true;
	case ROLLOUT_OVER:
		s->ended = true;
		return false;
	}
	return false;
}

/* What it needs in another stack failed, unless it was shut from here. */
static void never_opens(struct member_run *m)
{
	if (rollout_state(m->s->r, m->member) != MEMBER_PENDING || m->s->x->stopping)
		return;
	rollout_skip(m->s->r, m->member);
	m->reason = reason_of_skip(m);
	member_over(m, MEMBER_SKIPPED);
}

static bool take_doors(struct rollouts *a)
{
	size_t door;
	bool any = false;

	while ((door = walk_door(a->x->walk)) != STEP_NONE) {
		struct member_run *m = &a->members[a->by_door[door - a->first_door]];

		any = true;
		if (walk_state(a->x->walk, door) == STEP_READY)
			rollout_ready(m->s->r, m->member);
		else
			never_opens(m);
		rollouts_look_at(a, m->s);
	}
	return any;
}

/* One stack's end may be what another waits for. */
void rollouts_turn(struct rollouts *a)
{
	if (!a)
		return;
	while (take_doors(a) || a->queue.count) {
		for (size_t i = 0; i < a->queue.count; i++) {
			struct stack_run *s = a->queue.items[i];

			s->waits = false;
			while (act(s))
				;
		}
		a->queue.count = 0;
	}
}

bool rollouts_over(const struct rollouts *a)
{
	for (size_t i = 0; a && i < a->run_count; i++) {
		if (!a->runs[i].ended)
			return false;
	}
	return true;
}

/* Those whose gate was being asked when everything was stopped. */
static void stop_waiting(struct stack_run *s)
{
	for (size_t m = 0; m < s->plan->spec.member_count; m++) {
		if (rollout_state(s->r, m) == MEMBER_RUNNING && !s->members[m]->begun)
			member_refuse(s->members[m], MEMBER_CANCELLED, reason_of_stop(s->x));
	}
}

void rollouts_stop(struct rollouts *a)
{
	if (!a)
		return;
	for (struct checking *c = a->checkings; c; c = c->next)
		checking_stop(c);
	for (size_t i = 0; i < a->run_count; i++) {
		rollout_stop(a->runs[i].r);
		stop_waiting(&a->runs[i]);
		rollouts_look_at(a, &a->runs[i]);
	}
}

/* --- from beginning to end ----------------------------------------------------------- */

static void add_run(struct rollouts *a, const struct stack_rollout *plan)
{
	struct stack_run *s = &a->runs[a->run_count++];
	struct executor *x = a->x;

	*s = (struct stack_run){.x = x, .plan = plan, .wave = NO_WAVE};
	s->r = rollout_new(&plan->spec);
	s->members = ARENA_ARRAY(x->arena, plan->spec.member_count, struct member_run *);
	for (size_t i = 0; i < plan->spec.member_count; i++) {
		struct member_run *m = &a->members[plan->instances[i]];

		m->s = s;
		m->member = i;
		m->instance = plan->instances[i];
		m->door = x->doors[m->instance];
		s->members[i] = m;
		a->by_door[m->door - a->first_door] = m->instance;
	}
	rollouts_look_at(a, s);
}

static void put_pending(struct rollouts *a)
{
	size_t order = 0;

	for (size_t i = 0; i < a->run_count; i++) {
		for (size_t m = 0; m < a->runs[i].plan->spec.member_count; m++)
			result_pending(a->runs[i].members[m], order++);
	}
}

static void begin_run(struct stack_run *s)
{
	gates_begin(s);
	regions_begin(s);
}

struct rollouts *rollouts_new(struct executor *x)
{
	const struct plan *p = x->plan;
	struct rollouts *a;

	if (!p->rollouts.count)
		return NULL;
	a = ARENA_NEW(x->arena, struct rollouts);
	a->x = x;
	a->members = ARENA_ARRAY(x->arena, p->instance_count, struct member_run);
	a->runs = ARENA_ARRAY(x->arena, p->rollouts.count, struct stack_run);
	a->first_door = walk_size(x->walk);
	for (size_t i = 0; i < p->instance_count; i++)
		if (x->doors[i] < a->first_door)
			a->first_door = x->doors[i];
	a->by_door = ARENA_ARRAY(x->arena, walk_size(x->walk) - a->first_door, size_t);
	for (size_t i = 0; i < p->rollouts.count; i++)
		add_run(a, &p->rollouts.items[i]);
	for (size_t i = 0; i < x->task_count; i++)
		a->members[executor_instance_of(p, x->tasks[i].change_index)].left++;
	x->rollouts = a;
	put_pending(a);
	for (size_t i = 0; i < a->run_count; i++)
		begin_run(&a->runs[i]);
	return a;
}

void rollouts_free(struct rollouts *a)
{
	if (!a)
		return;
	checkings_release(a);
	for (size_t i = 0; i < a->run_count; i++)
		rollout_free(a->runs[i].r);
	vec_release(&a->queue);
}

static void report_member(const struct rollouts *a, size_t i, struct execution *out)
{
	const struct member_run *m = &a->members[i];

	out->members[i] = m->s ? m->end : MEMBER_PENDING;
	out->begun[i] = !m->s || m->begun;
	if (m->s)
		out->results[i] = m->result;
}

static bool any_begun(const struct rollouts *a)
{
	for (size_t i = 0; i < a->x->plan->instance_count; i++) {
		if (a->members[i].begun)
			return true;
	}
	return false;
}

/* Who asked to stop when nothing was left to begin or to wait for stopped nothing. */
static enum rollout_fault fault_of(const struct stack_run *s)
{
	size_t last = s->plan->spec.member_count - 1;
	enum rollout_fault f = rollout_fault(s->r);

	if (s->gate_failed)
		return ROLLOUT_GATE_FAILS;
	if (f != ROLLOUT_STOPPED || gate_exists(s, s->plan->spec.members[last].wave))
		return f;
	for (size_t m = 0; m <= last; m++) {
		if (s->members[m]->end != MEMBER_SUCCEEDED)
			return f;
	}
	return ROLLOUT_WELL;
}

void rollouts_report(const struct rollouts *a, const struct plan *p, struct execution *out)
{
	out->members = ARENA_ARRAY(p->arena, p->instance_count, enum member_state);
	out->begun = ARENA_ARRAY(p->arena, p->instance_count, bool);
	out->results = ARENA_ARRAY(p->arena, p->instance_count, struct instance_result);
	for (size_t i = 0; i < p->instance_count; i++) {
		out->begun[i] = true;
		if (a)
			report_member(a, i, out);
	}
	if (!a)
		return;
	out->refused = a->refused && !any_begun(a);
	out->faults = ARENA_ARRAY(p->arena, a->run_count, enum rollout_fault);
	out->fault_at = ARENA_ARRAY(p->arena, a->run_count, size_t);
	for (size_t i = 0; i < a->run_count; i++) {
		out->faults[i] = fault_of(&a->runs[i]);
		out->fault_at[i] = a->runs[i].gate_failed
					   ? a->runs[i].plan->spec.members[0].wave - 1
					   : rollout_fault_at(a->runs[i].r);
	}
}
