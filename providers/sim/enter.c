/* enter.c - the round trip of a call: dead regions, scripted faults, and the time it takes. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "providers/kit/span.h"
#include "providers/sim/usual.h"
#include "providers/sim/visit.h"

#define SLICE_MS 50

/* --- time ------------------------------------------------------------------------------- */

/* By the address, where there is one: keys are new in every run, and the same seed is to give
 * the same answers. */
static struct sim_dice dice_for(const struct visit *v, const char *what)
{
	const struct hd_resource *r = v->r;
	struct text key = v->check_address ? text_of(v->check_address) : (struct text){"", 0};

	if (r)
		key = span_text(r->address.len ? r->address : r->idem.len ? r->idem : r->id);
	return (struct sim_dice){v->session->settings.seed,
				 {r ? span_text(r->type) : v->about, text_of(sim_op_name(v->op)),
				  key, text_of(what)}};
}

static int64_t draw(const struct visit *v, const struct sim_duration *d, const char *what)
{
	struct sim_dice dice = dice_for(v, what);

	return (int64_t)((double)duration_draw(d, &dice) * v->session->settings.factor);
}

/* As long as a network would keep its caller waiting: the worker is blocked. */
static int pass(struct visit *v, int64_t ms)
{
	int64_t until_ms = ms > 0 ? kit_now_ms(&v->call) + ms : 0, left_ms = ms;

	if (v->session->settings.rehearses || ms <= 0)
		return 0;
	if (v->call.deadline_ms > 0 && until_ms > v->call.deadline_ms)
		until_ms = v->call.deadline_ms;
	while (left_ms > 0) {
		if (kit_cancelled(&v->call))
			return fault_set(&v->fault, HD_CANCELLED, DIAG_SIM_TIMEOUT, "stopped");
		poll(NULL, 0, (int)(left_ms < SLICE_MS ? left_ms : SLICE_MS));
		left_ms = until_ms - kit_now_ms(&v->call);
	}
	return 0;
}

/* Of a step of a runbook, whose path is the address. */
static const struct sim_sample *sample_of_step(const struct visit *v)
{
	const struct sim_settings *s = &v->session->settings;
	struct text address = v->r ? span_text(v->r->address) : text_of(v->check_address);

	for (size_t i = 0; v->typical && v->op != OP_WEIGHTS && i < s->sample_count; i++) {
		const struct sim_sample *m = &s->samples[i];

		if (strcmp(m->op, "step") == 0 && *m->address && text_is(address, m->address))
			return m;
	}
	return NULL;
}

/* What is recorded of this address, else of its type; else NULL. */
static const struct sim_sample *sample_for(const struct visit *v)
{
	const struct sim_settings *s = &v->session->settings;
	const struct sim_sample *best = NULL;

	for (size_t i = 0; i < s->sample_count; i++) {
		const struct sim_sample *m = &s->samples[i];

		if (strcmp(m->op, sim_op_name(v->op)) != 0 ||
		    !text_is(span_text(v->r->type), m->type))
			continue;
		if (*m->address && !text_is(span_text(v->r->address), m->address))
			continue;
		if (!best || *m->address)
			best = m;
	}
	return best;
}

static int64_t expected_ms(const struct visit *v)
{
	const struct sim_sample *m = sample_of_step(v);
	struct sim_dice dice = dice_for(v, "sample");
	struct sim_duration usual;

	if (!m && v->r)
		m = sample_for(v);

	if (m)
		return m->ms[(size_t)(dice_roll(&dice) * (double)m->count)];
	if (v->typical && duration_parse(text_of(v->typical), &usual))
		return duration_draw(&usual, &dice);
	if (!v->r || !usual_duration(span_text(v->r->type), v->op, &usual))
		return 0;
	return duration_draw(&usual, &dice);
}

static int take_time(struct visit *v)
{
	const struct sim_settings *s = &v->session->settings;
	struct text type = v->r ? span_text(v->r->type) : v->about;
	const struct sim_latency *l = settings_latency(s, type, v->op);
	int64_t call_ms = l ? draw(v, &l->call, "call") : 0;

	v->pending_ms = l ? draw(v, &l->pending, "pending") : 0;
	if (!l && s->rehearses)
		v->pending_ms = (int64_t)((double)expected_ms(v) * s->factor);
	if (v->rule)
		call_ms += draw(v, &v->rule->takes, "fault");
	if (s->rehearses)
		v->pending_ms += call_ms;
	if (pass(v, call_ms) < 0)
		return -1;
	v->now_ms += s->rehearses ? 0 : call_ms;
	return 0;
}

/* --- faults ------------------------------------------------------------------------------- */

static bool fits(const char *pattern, struct text t)
{
	return !pattern || text_glob(text_of(pattern), t);
}

static bool name_fits(const struct visit *v, const char *pattern)
{
	json_t *desired;
	const char *name;
	bool fit;

	if (!pattern)
		return true;
	if (v->r->id.len && fits(pattern, span_text(v->r->id)))
		return true;
	desired = span_json(v->arena, v->r->desired.len ? v->r->desired : v->r->recorded);
	name = desired && v->type ? attributes_name(v->type, v->arena, desired) : "";
	fit = *name && fits(pattern, text_of(name));
	json_decref(desired);
	return fit;
}

static bool may_strike(const struct visit *v, const struct sim_rule *rule)
{
	if (!(rule->ops & 1u << v->op) || !fits(rule->region, text_of(v->session->place.region)))
		return false;
	if (v->check_address)
		return (!rule->type || (v->about.len && fits(rule->type, v->about))) &&
		       fits(rule->name, v->check) && fits(rule->address, text_of(v->check_address));
	if (!v->r)
		return !rule->type && !rule->address && !rule->name;
	return fits(rule->type, span_text(v->r->type)) &&
	       fits(rule->address, span_text(v->r->address)) && name_fits(v, rule->name);
}

/* A call that is repeated after it struck rolls anew. */
static bool rolls(const struct visit *v, const struct sim_rule *rule, int64_t used)
{
	struct sim_dice dice;
	char what[64];

	if (rule->probability >= 1)
		return true;
	snprintf(what, sizeof(what), "%s %lld", rule->id, (long long)used);
	dice = dice_for(v, what);
	return dice_roll(&dice) < rule->probability;
}

/* Of one call when it is left to chance, so that chance does not hang on who comes first. */
static const char *counter_name(const struct visit *v, const struct sim_rule *rule)
{
	struct sim_dice d = dice_for(v, "");

	if (rule->probability >= 1 || rule->nth || rule->times)
		return rule->id;
	return arena_printf(v->arena, "%s %.*s %.*s", rule->id, TEXT_ARG(d.occasion[1]),
			    TEXT_ARG(d.occasion[2]));
}

/* 1: it strikes; 0; -1: a fault of the file. */
static int count(struct visit *v, const struct sim_rule *rule)
{
	struct sim_counter c = {.name = counter_name(v, rule)};
	struct sim_store *store = v->session->store;
	bool strikes;

	if (store_read_counter(store, &c, &v->fault) < 0)
		return -1;
	c.seen++;
	strikes = (!rule->nth || c.seen >= rule->nth) && (!rule->times || c.used < rule->times) &&
		  rolls(v, rule, c.used);
	c.used += strikes;
	if (!strikes && !rule->nth)
		return 0;
	return store_write_counter(store, &c, &v->fault) < 0 ? -1 : strikes;
}

/* The first one that strikes.  Without rules for this call the file is not touched. */
static int choose_rule(struct visit *v)
{
	const struct sim_settings *s = &v->session->settings;
	bool open = false;
	int strikes = 0;

	for (size_t i = 0; i < s->rule_count && !strikes; i++) {
		if (!may_strike(v, &s->rules[i]))
			continue;
		if (!open && store_begin(v->session->store, &v->fault) < 0)
			return -1;
		open = true;
		strikes = count(v, &s->rules[i]);
		if (strikes > 0)
			v->rule = &s->rules[i];
	}
	return open ? visit_settle(v, strikes < 0 ? -1 : 0) : 0;
}

static int fail(struct visit *v)
{
	const struct fault_kind *k = v->rule->kind;

	fault_set(&v->fault, k->status, k->code, "%s",
		  v->rule->message ? v->rule->message : k->message);
	v->fault.effect = k->effect;
	fault_detail(&v->fault, "a scripted fault of the simulation: %s", k->name);
	if (v->rule->retry_after_ms)
		v->session->host->set_retry_after(v->call.op, v->rule->retry_after_ms);
	return -1;
}

static int refuse_dead(struct visit *v)
{
	if (pass(v, draw(v, &v->session->settings.connect_timeout, "connect")) < 0)
		return -1;
	fault_set(&v->fault, HD_UNREACHABLE, DIAG_SIM_TIMEOUT, "the endpoint does not answer");
	fault_detail(&v->fault, "region '%s' is dead in the simulation", v->session->place.region);
	return -1;
}

enum fault_deed visit_deed(const struct visit *v)
{
	return v->rule ? v->rule->kind->deed : DEED_ALL;
}

int visit_enter(struct visit *v)
{
	if (v->r && !v->type)
		return -1;
	if (v->session->settings.dead)
		return refuse_dead(v);
	if (choose_rule(v) < 0 || take_time(v) < 0)
		return -1;
	if (!v->rule || v->rule->kind->deed != DEED_NOTHING)
		return 0;
	if (v->rule->kind->kills)
		kill(getpid(), SIGKILL);
	return fail(v);
}

/* --- the answer ---------------------------------------------------------------------------- */

int visit_say(struct visit *v)
{
	return fault_say(&v->call, &v->fault);
}

void visit_show(struct visit *v, const struct sim_thing *t)
{
	v->call.host->set_id(v->call.op, span_of(t->id));
	v->call.host->set_state(v->call.op, span_of(t->properties));
}

int visit_wait(struct visit *v, const struct sim_thing *t)
{
	static const char *const deeds[] = {[SIM_READY] = "create",
					    [SIM_CREATING] = "create",
					    [SIM_UPDATING] = "update",
					    [SIM_DELETING] = "delete"};
	const struct sim_settings *s = &v->session->settings;
	int64_t wait_ms = t->busy_until_ms - v->now_ms;
	json_t *token = json_object();

	json_object_set_new(token, "v", json_integer(1));
	json_object_set_new(token, "id", json_string(t->id));
	json_object_set_new(token, "serial", json_integer(t->serial));
	json_object_set_new(token, "deed", json_string(deeds[t->busy]));
	if (!s->rehearses && wait_ms > s->poll_ms)
		wait_ms = s->poll_ms;
	v->call.host->set_id(v->call.op, span_of(t->id));
	v->call.host->set_pending(v->call.op, span_of(json_text(v->arena, token)), wait_ms);
	json_decref(token);
	return HD_PENDING;
}

int visit_aftermath(struct visit *v)
{
	if (v->rule && v->rule->kind->kills && v->op != OP_READ)
		kill(getpid(), SIGKILL);
	return v->rule && v->rule->kind->status != HD_OK ? fail(v) : 0;
}

int visit_answer(struct visit *v, const struct sim_thing *t, enum hd_effect effect)
{
	if (visit_aftermath(v) < 0) {
		if (v->fault.effect == HD_EFFECT_PARTIAL)
			visit_show(v, t);
		return visit_say(v);
	}
	if (visit_is_busy(v, t))
		return visit_wait(v, t);
	if (t->properties && v->op != OP_DELETE)
		visit_show(v, t);
	v->call.host->set_effect(v->call.op, effect);
	return HD_OK;
}
