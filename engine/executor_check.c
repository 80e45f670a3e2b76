/*
 * executor_check.c - health checks while a plan is carried out (check_set.h), and what observers
 * hear of them.
 */
#include "engine/executor_rollout.h"

static struct checking *checking_of(struct check_set *set)
{
	return container_of(set, struct checking, set);
}

static void over(struct check_set *set, enum check_set_end end)
{
	struct checking *c = checking_of(set);

	c->over(c, end == CHECK_SET_FINE ? CHECKED_HEALTHY : CHECKED_UNHEALTHY);
}

static void tell_baking(struct check_set *set, int64_t left_ms)
{
	const struct checking *c = checking_of(set);
	const struct instance_id alone = {c->s->plan->stack, "", ""};

	rollouts_tell(c->s->x, &(struct event){
				       .kind = EVENT_BAKING,
				       .instance = &alone,
				       .wave = stack_run_wave(c->s, c->at),
				       .wait_ms = left_ms,
			       });
}

static void tell_check(struct check_set *set, const struct check_probe *p,
		       const struct check_answer *answer)
{
	const struct checking *c = checking_of(set);
	struct executor *x = c->s->x;
	const struct instance_id id = {c->s->plan->stack, p->place.account, p->place.region->name};
	const char *state = answer->healthy ? "healthy" : "unhealthy";

	rollouts_tell(x, &(struct event){
				 .kind = EVENT_CHECK,
				 .instance = &id,
				 .wave = c->wave,
				 .text = arena_printf(x->arena, "%s is %s%s%s", p->endpoint, state,
						      *answer->detail ? ": " : "", answer->detail),
				 .total = answer->healthy ? c->s->plan->spec.member_count : 0,
			 });
}

static const struct check_listener listener = {
	.over = over,
	.changed = tell_check,
	.baking = tell_baking,
};

struct checking *checking_new(struct stack_run *s, size_t at,
			      void (*tell)(struct checking *c, enum checking_end end))
{
	struct executor *x = s->x;
	struct checking *c = ARENA_NEW(x->arena, struct checking);

	c->set = (struct check_set){
		.e = x->e,
		.dispatch = x->dispatch,
		.a = x->arena,
		.d = x->d,
		.stack = s->plan->stack,
		.listener = &listener,
	};
	c->s = s;
	c->at = at;
	c->over = tell;
	c->next = x->rollouts->checkings;
	x->rollouts->checkings = c;
	return c;
}

void checking_add(struct checking *c, const struct manifest_check *check,
		  const struct check_place *place)
{
	check_set_add(&c->set, &(struct check_wanted){.check = check}, place);
}

void checking_begin(struct checking *c, int64_t bake_ms)
{
	check_set_begin(&c->set, bake_ms);
}

void checking_stop(struct checking *c)
{
	check_set_stop(&c->set);
}

void checkings_release(struct rollouts *a)
{
	for (struct checking *c = a->checkings; c; c = c->next)
		check_set_release(&c->set);
}
