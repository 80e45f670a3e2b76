/*
 * driver_traffic.c - steps Traffic: the weights of routes, one percentage after the other, with
 * the step's gate behind each.
 *
 *	READING   what the weights are, so that there is a way back; remembered
 *	SETTING   all routes at once get the next percentage; remembered before
 *	GATE      the checks of the step, for its Bake
 *	BACK      a gate or a route failed, or time runs out: as they were before the step; but
 *	          never back to a region that is fenced: there the weights stay as they are
 *
 * Memory: {"Before": {ROUTE: {REGION: percent}}, "At": index of Weights, "Back": reason}.  A later
 * process reads the weights, sets those that are not as they should be, and goes on with
 * the gate.
 */
#include "engine/runbook/drivers.h"

#include <string.h>

#include "base/limits.h"
#include "engine/runbook/driver_call.h"
#include "engine/runbook/weights.h"

/* Before the step's time is up the weights go back: that takes a moment, too. */
#define RETURN_MAX_MS 15000
#define RETURN_PART 4

enum traffic_phase { READING, SETTING, GATE, BACK, OVER };

struct led {
	struct step_act act;
	const struct manifest_route *route;
	struct step_place place;
	const char *config; /* JSON */
	const struct secrets *secrets;
	json_t *before, *now; /* weights */
	const char *fault;    /* why its last act failed; NULL */
};

struct traffic {
	struct step_run *s;
	enum traffic_phase phase;
	struct led *routes;
	size_t count;
	const int64_t *weights;
	size_t weight_count, at;
	const char *to;
	const char *back; /* why it goes back; NULL */
	bool touched;     /* weights may not be as they were before */
	bool returning;   /* all routes are being set back */
	struct job *timer;
};

/* --- what is meant ----------------------------------------------------------------------- */

static const char *provider_of(const struct traffic *t, const struct manifest_route *r)
{
	const struct engine *e = step_engine(t->s);
	const struct provider_entry *entry;
	const struct schema *schema;

	if (r->provider)
		return r->provider;
	return registry_find(e->project->registry, r->type, &entry, &schema) ? entry->name : NULL;
}

static const char *output_of(void *context, const char *stack, const char *name, const char *region)
{
	return step_output(context, stack, name, region);
}

static int fill_route(struct traffic *t, struct led *l, const char *name)
{
	struct step_run *s = t->s;
	const char *provider;

	l->route = manifest_route(step_manifest(s), name);
	if (!l->route) {
		step_fail(s, "there is no route '%s'", name);
		return -1;
	}
	provider = provider_of(t, l->route);
	if (!provider) {
		step_fail(s, "route '%s': no provider serves the type '%s'", name, l->route->type);
		return -1;
	}
	l->place = (struct step_place){provider, l->route->region ? l->route->region->name : t->to,
				       ACCOUNT_NONE, ""};
	l->config = manifest_route_config(
		s->arena, &(struct route_place){step_manifest(s), l->place.region, output_of, s},
		l->route, &l->secrets, step_diags(s));
	if (!l->config)
		step_fail(s, "route '%s': its settings cannot be worked out", name);
	return l->config ? 0 : -1;
}

static int fill_routes(struct traffic *t)
{
	const json_t *names = json_object_get(t->s->spec->values, "Routes");

	t->count = json_array_size(names);
	t->routes = ARENA_ARRAY(t->s->arena, t->count, struct led);
	for (size_t i = 0; i < t->count; i++) {
		if (fill_route(t, &t->routes[i], json_string_value(json_array_get(names, i))))
			return -1;
	}
	if (!t->count)
		step_fail(t->s, "it names no route");
	return t->count ? 0 : -1;
}

static void fill_weights(struct traffic *t)
{
	const json_t *list = json_object_get(t->s->spec->values, "Weights");
	int64_t *weights;

	t->weight_count = json_array_size(list) ? json_array_size(list) : 1;
	weights = ARENA_ARRAY(t->s->arena, t->weight_count, int64_t);
	weights[0] = 100;
	for (size_t i = 0; i < json_array_size(list); i++)
		weights[i] = json_integer_value(json_array_get(list, i));
	t->weights = weights;
}

static void release(struct traffic *t)
{
	t->phase = OVER;
	for (size_t i = 0; i < t->count; i++) {
		json_decref(t->routes[i].before);
		json_decref(t->routes[i].now);
		t->routes[i].before = t->routes[i].now = NULL;
	}
	if (t->timer)
		step_withdraw(t->s, t->timer);
}

/* --- memory ------------------------------------------------------------------------------ */

static int remember(struct traffic *t)
{
	json_t *memory = json_object(), *before = json_object();
	int rc;

	for (size_t i = 0; i < t->count; i++)
		json_object_set(before, t->routes[i].route->name, t->routes[i].before);
	json_object_set_new(memory, "Before", before);
	json_object_set_new(memory, "At", json_integer((int64_t)t->at));
	if (t->back)
		json_object_set_new(memory, "Back", json_string(t->back));
	rc = step_remember(t->s, memory);
	json_decref(memory);
	return rc;
}

/* What an earlier process, or the step that is undone, knew.  False when it had not read them. */
static bool recall(struct traffic *t, const json_t *memory)
{
	const json_t *before = json_object_get(memory, "Before");

	for (size_t i = 0; i < t->count; i++) {
		json_t *weights = json_object_get(before, t->routes[i].route->name);

		if (!weights)
			return false;
		t->routes[i].before = json_incref(weights);
	}
	t->at = (size_t)json_int(memory, "At", 0);
	if (t->at >= t->weight_count)
		t->at = t->weight_count - 1;
	t->back = json_str(memory, "Back", NULL);
	return true;
}

/* --- the end ----------------------------------------------------------------------------- */

static json_t *result_json(const struct traffic *t)
{
	json_t *out = json_object(), *before = json_object(), *now = json_object();

	for (size_t i = 0; i < t->count; i++) {
		const struct led *l = &t->routes[i];

		if (l->before)
			json_object_set(before, l->route->name, l->before);
		if (l->now)
			json_object_set(now, l->route->name, l->now);
	}
	json_object_set_new(out, "Before", before);
	json_object_set_new(out, "Weights", now);
	return out;
}

static void end(struct traffic *t, enum step_ended how, const char *reason)
{
	json_t *result = result_json(t);

	release(t);
	step_over(t->s, how, result, reason);
}

static const char *first_fault(const struct traffic *t)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->routes[i].fault)
			return t->routes[i].fault;
	}
	return NULL;
}

/* --- acts -------------------------------------------------------------------------------- */

static const char *act_args(struct traffic *t, const struct led *l, const json_t *weights)
{
	json_t *args = json_object();
	const char *text;

	json_object_set_new(args, "Route", json_parse(text_of(l->config), NULL, NULL));
	if (weights)
		json_object_set(args, "Weights", (json_t *)weights);
	text = json_text(t->s->arena, args);
	json_decref(args);
	return text;
}

/* The next act of a route; its job is made once.  -1 after step_over. */
static int act(struct traffic *t, struct led *l, const json_t *weights)
{
	struct step_run *s = t->s;
	struct job *job = l->act.job;
	const char *part = arena_printf(s->arena, "%s %s %zu", l->route->name,
					!weights           ? "read"
					: t->phase == BACK ? "back"
							   : "on",
					t->at);

	l->act = (struct step_act){.s = s,
				   .action = weights ? "set-weights" : "weights",
				   .args = act_args(t, l, weights),
				   .type = l->route->type,
				   .key = step_part_key(s, part),
				   .job = job};
	l->fault = NULL;
	if (step_act_prepare(&l->act, &l->place)) {
		release(t);
		return -1;
	}
	if (l->secrets)
		l->act.job->call.secrets = l->secrets;
	step_act_begin(&l->act);
	return 0;
}

static bool all_quiet(const struct traffic *t)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->routes[i].act.job && !t->routes[i].act.over)
			return false;
	}
	return true;
}

static void next_percentage(struct traffic *t);
static void settled(struct traffic *t);

/* --- back -------------------------------------------------------------------------------- */

static void returned(struct traffic *t)
{
	const char *fault = first_fault(t);

	if (t->s->direction == STEP_BACK && !fault)
		end(t, STEP_ENDED_WELL_DONE, NULL);
	else if (t->s->direction == STEP_BACK)
		end(t, STEP_ENDED_FAILED, fault);
	else if (fault)
		end(t, STEP_ENDED_FAILED,
		    arena_printf(t->s->arena, "%s; and the weights could not be set back: %s",
				 t->back, fault));
	else
		end(t, STEP_ENDED_FAILED,
		    arena_printf(t->s->arena, "%s; the weights are as they were before", t->back));
}

static void set_back(struct traffic *t)
{
	t->phase = BACK;
	t->returning = true;
	for (size_t i = 0; i < t->count; i++) {
		if (act(t, &t->routes[i], t->routes[i].before))
			return;
	}
}

static bool waits(const struct job *j)
{
	return j->state == JOB_QUEUED || j->state == JOB_RETRYING || j->state == JOB_RESTING;
}

/* A region that was fenced since, and that would get users again; NULL: none. */
static const char *fenced_before(const struct traffic *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const char *region;
		json_t *weight;

		json_object_foreach(t->routes[i].before, region, weight)
		{
			if (json_integer_value(weight) > 0 && step_is_fenced(t->s, region))
				return arena_strdup(t->s->arena, region);
		}
	}
	return NULL;
}

static void set_back_unless_fenced(struct traffic *t)
{
	const char *region = fenced_before(t);

	if (!region)
		set_back(t);
	else
		end(t, STEP_ENDED_FAILED,
		    arena_printf(t->s->arena,
				 "the weights stay as they are: region '%s' is fenced, and would "
				 "get users again",
				 region));
}

/* Nobody serves where the old primary is cut off: a person decides, or the next try goes on. */
static bool stays(struct traffic *t, const char *why)
{
	const char *region = fenced_before(t);

	if (!region)
		return false;
	for (size_t i = 0; i < t->count; i++)
		step_act_stop(&t->routes[i].act);
	end(t, STEP_ENDED_FAILED,
	    arena_printf(t->s->arena,
			 "%s; the weights stay as they are, since region '%s' is fenced", why,
			 region));
	return true;
}

/* Nothing is set any more that would have to be undone again. */
static void go_back(struct traffic *t, const char *why)
{
	if (t->phase == BACK || t->phase == OVER)
		return;
	t->back = why;
	if (!t->touched) {
		end(t, STEP_ENDED_FAILED, why);
		return;
	}
	if (stays(t, why))
		return;
	/* That it goes back must not get lost; where it cannot be recorded it goes back anyway. */
	remember(t);
	step_progress(t->s, arena_printf(t->s->arena, "%s: the weights go back", why));
	t->phase = BACK;
	for (size_t i = 0; i < t->count; i++) {
		struct led *l = &t->routes[i];

		if (l->act.job && waits(l->act.job))
			step_act_stop(&l->act);
	}
	if (all_quiet(t))
		set_back(t);
}

/* --- on ---------------------------------------------------------------------------------- */

static void gate_over(struct step_run *s, bool healthy, const char *why)
{
	struct traffic *t = s->own;

	if (t->phase != GATE)
		return;
	if (!healthy) {
		go_back(t, arena_printf(s->arena, "at %d%% %s", (int)t->weights[t->at], why));
		return;
	}
	t->at++;
	next_percentage(t);
}

static int64_t bake_ms(const struct step_spec *spec)
{
	const json_t *bake = json_object_get(spec->values, "Bake");
	int64_t ms = 0;

	if (json_is_integer(bake))
		return json_integer_value(bake) * 1000;
	if (json_is_string(bake) && text_to_duration_ms(text_of(json_string_value(bake)), &ms))
		return ms;
	return 0;
}

static void check(struct traffic *t)
{
	const struct step_spec *spec = t->s->spec;
	int64_t bake = bake_ms(spec);

	t->phase = GATE;
	step_progress(t->s,
		      arena_printf(t->s->arena, "%d%% go to %s", (int)t->weights[t->at], t->to));
	if (spec->use_count || bake)
		step_checks(t->s, spec->uses, spec->use_count, bake, gate_over);
	else
		gate_over(t->s, true, "");
}

/* -1 after step_over. */
static int set_route(struct traffic *t, struct led *l)
{
	json_t *weights = weights_towards(l->before, t->to, t->weights[t->at]);
	int rc = 0;

	if (l->now && weights_equal(l->now, weights)) {
		json_decref(weights);
		return 0;
	}
	rc = act(t, l, weights);
	if (rc) {
		json_decref(weights);
		return -1;
	}
	json_decref(l->now);
	l->now = weights;
	return 0;
}

static void set_weights(struct traffic *t)
{
	t->phase = SETTING;
	for (size_t i = 0; i < t->count; i++) {
		if (set_route(t, &t->routes[i]))
			return;
	}
	if (all_quiet(t))
		settled(t);
}

static void next_percentage(struct traffic *t)
{
	if (t->at == t->weight_count) {
		end(t, STEP_ENDED_WELL_DONE, NULL);
		return;
	}
	if (remember(t)) {
		go_back(t, "it could not be recorded how far it is");
		return;
	}
	t->touched = true;
	set_weights(t);
}

/* Steps below what goes there already would lead traffic away. */
static void pass_over(struct traffic *t)
{
	int64_t least = 100;

	for (size_t i = 0; i < t->count; i++) {
		int64_t has = weights_of(t->routes[i].now, t->to);

		least = has < least ? has : least;
	}
	while (t->at + 1 < t->weight_count && t->weights[t->at] < least)
		t->at++;
}

/* An earlier try that left the weights where they were knows what they had been before. */
static void keep_before(struct traffic *t)
{
	const json_t *earlier = json_object_get(t->s->done, "Back") ? NULL : t->s->done;
	const json_t *before = json_object_get(earlier, "Before");

	for (size_t i = 0; i < t->count; i++) {
		struct led *l = &t->routes[i];
		json_t *weights = json_object_get(before, l->route->name);

		json_decref(l->before);
		l->before = json_incref(weights ? weights : l->now);
	}
}

static void read_all(struct traffic *t)
{
	bool known = recall(t, t->s->memory);

	t->touched = known;
	if (!known)
		keep_before(t);
	for (size_t i = 0; i < t->count; i++) {
		struct led *l = &t->routes[i];

		if (!json_object_get(l->before, t->to)) {
			end(t, STEP_ENDED_FAILED,
			    arena_printf(t->s->arena, "route '%s' does not lead to region '%s'",
					 l->route->name, t->to));
			return;
		}
	}
	if (t->back && !fenced_before(t)) {
		set_back(t);
		return;
	}
	t->back = NULL;
	if (!known)
		pass_over(t);
	next_percentage(t);
}

/* In an earlier process the step may have come further. */
static void could_not_read(struct traffic *t, const char *fault)
{
	t->touched = recall(t, t->s->memory);
	go_back(t, fault);
}

/* All acts of the phase are over. */
static void settled(struct traffic *t)
{
	const char *fault = first_fault(t);

	switch (t->phase) {
	case READING:
		if (fault)
			could_not_read(t, fault);
		else
			read_all(t);
		return;
	case SETTING:
		if (fault)
			go_back(t, fault);
		else
			check(t);
		return;
	case BACK:
		returned(t);
		return;
	case GATE:
	case OVER:
		return;
	}
}

/* --- events ------------------------------------------------------------------------------ */

/* Time for going back is kept from the step's own. */
static void set_timer(struct traffic *t)
{
	int64_t allowed_ms = t->s->spec->timeout_ms, kept_ms = allowed_ms / RETURN_PART;

	if (!allowed_ms || t->s->direction == STEP_BACK)
		return;
	if (kept_ms > RETURN_MAX_MS)
		kept_ms = RETURN_MAX_MS;
	t->timer = step_timer(t->s);
	if (t->timer)
		dispatch_rest(step_dispatch(t->s), t->timer, allowed_ms - kept_ms);
}

static void begin(struct step_run *s)
{
	struct traffic *t = ARENA_NEW(s->arena, struct traffic);

	s->own = t;
	t->s = s;
	t->to = json_str(s->spec->values, "To", "");
	fill_weights(t);
	if (fill_routes(t)) {
		release(t);
		return;
	}
	if (s->direction == STEP_BACK) {
		if (recall(t, s->done))
			set_back_unless_fenced(t);
		else
			end(t, STEP_ENDED_WELL_DONE, NULL); /* it had changed nothing */
		return;
	}
	set_timer(t);
	for (size_t i = 0; i < t->count; i++) {
		if (act(t, &t->routes[i], NULL))
			return;
	}
}

static struct led *route_of(struct traffic *t, const struct job *j)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->routes[i].act.job == j)
			return &t->routes[i];
	}
	return NULL;
}

static void take_weights(struct led *l, json_t *result)
{
	json_t *weights = json_object_get(result, "Weights");

	if (!json_is_object(weights)) {
		l->fault = "its provider did not say what the weights are";
		return;
	}
	json_decref(l->now);
	l->now = json_incref(weights);
}

static void answered(struct traffic *t, struct led *l, bool well)
{
	struct outcome *o = &l->act.job->work.outcome;
	json_t *result = step_result(t->s, o);

	diags_copy(step_diags(t->s), &o->diags);
	if (!well)
		l->fault = step_reason(t->s, l->route->name, o);
	else if (t->phase == READING)
		take_weights(l, result);
	json_decref(result);
	if (!all_quiet(t))
		return;
	/* It was asked to go back while routes were still being set. */
	if (t->phase == BACK && !t->returning)
		set_back(t);
	else
		settled(t);
}

static void event(struct step_run *s, struct job *j, const struct dispatch_event *ev)
{
	struct traffic *t = s->own;
	struct led *l;

	if (t->phase == OVER)
		return;
	if (j == t->timer) {
		go_back(t, "its time ran out");
		return;
	}
	l = route_of(t, j);
	if (!l || l->act.over)
		return;
	switch (step_act_event(&l->act, ev)) {
	case ACT_GOES_ON:
	case ACT_PENDING: /* the same weights with the same key, if there is a later process */
		return;
	case ACT_DONE:
		answered(t, l, true);
		return;
	case ACT_FAILED:
		answered(t, l, false);
		return;
	}
}

static void stop(struct step_run *s)
{
	struct traffic *t = s->own;

	for (size_t i = 0; i < t->count; i++)
		step_act_stop(&t->routes[i].act);
	release(t);
}

const struct step_driver driver_traffic = {
	.begin = begin,
	.event = event,
	.stop = stop,
	.undoes = true,
};
