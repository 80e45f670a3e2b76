/* poll.c - what is under way comes to its end; and act: snapshots, things that are given. */
#include <string.h>

#include "base/digest.h"
#include "providers/kit/span.h"
#include "providers/sim/deeds.h"
#include "providers/sim/visit.h"

/* --- poll -------------------------------------------------------------------------------- */

static int refuse_token(struct visit *v)
{
	fault_set(&v->fault, HD_FATAL, DIAG_SIM_NOT_FOUND, "the recorded token is none of sim's");
	v->fault.effect = HD_EFFECT_UNKNOWN;
	return -1;
}

/* The thing that the token is about: 1, 0, -1. */
static int find_pending(struct visit *v, const json_t *token, struct sim_thing *t)
{
	const char *id = json_str(token, "id", "");

	if (!json_is_object(token) || json_int(token, "v", 0) != 1)
		return refuse_token(v);
	return store_find(v->session->store, v->arena,
			  &(struct sim_search){.by = SIM_BY_ID,
					       .type = span_text(v->r->type),
					       .word = text_of(id)},
			  t, &v->fault);
}

static int finish(struct visit *v, struct sim_thing *t)
{
	bool goes = t->busy == SIM_DELETING;

	if (t->busy == SIM_READY || visit_is_busy(v, t))
		return 0;
	v->event.key = t->last_key;
	v->event.effect = HD_EFFECT_DONE;
	t->busy = SIM_READY;
	t->busy_until_ms = 0;
	return goes ? visit_record(v, SIM_DELETE, t) : store_put(v->session->store, t, &v->fault);
}

static int poll_in(struct visit *v, const json_t *token, struct sim_thing *t)
{
	int there;

	if (store_begin(v->session->store, &v->fault) < 0)
		return -1;
	there = find_pending(v, token, t);
	if (there == 0 && strcmp(json_str(token, "deed", ""), "delete") != 0) {
		fault_set(&v->fault, HD_FATAL, DIAG_SIM_NOT_FOUND,
			  "what was being made or changed is gone");
		there = -1;
	}
	return visit_settle(v, there == 1 ? finish(v, t) : there);
}

static int answer_poll(struct visit *v, const json_t *token, const struct sim_thing *t)
{
	if (visit_is_busy(v, t))
		return visit_wait(v, t);
	if (strcmp(json_str(token, "deed", ""), "delete") != 0)
		visit_show(v, t);
	v->call.host->set_effect(v->call.op, HD_EFFECT_DONE);
	return HD_OK;
}

/* A scripted fault of a poll that is final: what there is, is there. */
static int say_poll(struct visit *v, const json_t *token)
{
	struct fault ignored = FAULT_INIT;
	struct sim_thing t;
	int there;

	if (v->fault.status != HD_FATAL || !v->rule || store_begin(v->session->store, &ignored) < 0)
		return visit_say(v);
	there = find_pending(v, token, &t);
	store_rollback(v->session->store);
	if (there == 1) {
		visit_show(v, &t);
		v->fault.effect = HD_EFFECT_PARTIAL;
	}
	return visit_say(v);
}

int sim_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	     struct hd_span token)
{
	struct sim_thing t = {0};
	struct visit v;
	json_t *json;
	int status;

	visit_open(&v, s, op, r, OP_POLL);
	json = span_json(v.arena, token);
	if (deed_is_token(json))
		status = deed_poll(s, op, r, json);
	else if (visit_enter(&v) < 0)
		status = say_poll(&v, json);
	else if (poll_in(&v, json, &t) < 0)
		status = visit_say(&v);
	else
		status = answer_poll(&v, json, &t);
	json_decref(json);
	visit_close(&v);
	return status;
}

/* --- act --------------------------------------------------------------------------------- */

static const char *snapshot_id(struct visit *v, const struct sim_thing *t)
{
	struct str words = STR_INIT;
	char digest[65];

	str_printf(&words, "%s %s %s", t->type, t->id, v->event.key);
	digest_sha256(str_text(&words), digest);
	str_release(&words);
	return arena_printf(v->arena, "snap-%.17s", digest);
}

/* The same key gives the same snapshot. */
static int take_snapshot(struct visit *v, const char **id)
{
	struct sim_store *store = v->session->store;
	struct sim_thing t;
	int there = visit_find(v, &t);

	if (there < 1)
		return there == 0 ? visit_not_found(v) : -1;
	there = store_find_snapshot(store, v->arena,
				    &(struct sim_snapshot){t.serial, span_text(v->r->idem)}, id,
				    &v->fault);
	if (there)
		return there < 0 ? -1 : 0;
	*id = snapshot_id(v, &t);
	v->event.made = *id;
	v->event.effect = HD_EFFECT_DONE;
	return visit_record(v, SIM_SNAPSHOT, &t);
}

static int give_snapshot(struct visit *v)
{
	const char *id = NULL;
	int rc;

	if (visit_enter(v) < 0 || store_begin(v->session->store, &v->fault) < 0)
		return visit_say(v);
	rc = visit_settle(v, take_snapshot(v, &id));
	if (rc < 0)
		return visit_say(v);
	v->call.host->set_result(v->call.op,
				 span_of(arena_printf(v->arena, "{\"SnapshotId\": \"%s\"}", id)));
	v->call.host->set_effect(v->call.op, HD_EFFECT_DONE);
	return HD_OK;
}

/* What is recorded is there: a rehearsal starts from it. */
static int put_seed(struct visit *v)
{
	json_t *recorded = span_json(v->arena, v->r->recorded);
	struct sim_thing t = {
		.type = v->type->name,
		.id = span_cstr(v->arena, v->r->id),
		.key = v->event.key,
		.last_key = v->event.key,
		.secrets = "{}",
		.created_ms = v->now_ms,
		.changed_ms = v->now_ms,
	};
	struct sim_thing other;
	int there = visit_find(v, &other);

	t.properties = recorded ? json_text(v->arena, recorded) : "{}";
	t.name = recorded ? attributes_name(v->type, v->arena, recorded) : "";
	json_decref(recorded);
	if (there == 0 && *t.name)
		there = store_find(v->session->store, v->arena,
				   &(struct sim_search){.by = SIM_BY_NAME,
							.type = text_of(t.type),
							.word = text_of(t.name)},
				   &other, &v->fault);
	if (there)
		return there < 0 ? -1 : 0;
	return store_put(v->session->store, &t, &v->fault);
}

static int seed(struct visit *v)
{
	if (!v->type || store_begin(v->session->store, &v->fault) < 0)
		return visit_say(v);
	if (visit_settle(v, put_seed(v)) < 0)
		return visit_say(v);
	v->call.host->set_result(v->call.op, span_of("{}"));
	return HD_OK;
}

static bool has_action(const struct sim_type *t, struct text name)
{
	for (size_t i = 0; i < t->actions.count; i++) {
		if (text_is(name, t->actions.items[i]))
			return true;
	}
	return false;
}

int sim_act(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	    struct hd_span action, struct hd_span args)
{
	bool seeds = text_is(span_text(action), "seed");
	struct visit v;
	int status;

	if (!r->id.len && deed_is_known(span_text(action)))
		return deed_act(s, op, r, action, args);
	visit_open(&v, s, op, r, OP_SNAPSHOT);
	if (seeds && s->settings.rehearses) {
		status = seed(&v);
	} else if (v.type && !text_is(span_text(action), "snapshot") &&
		   has_action(v.type, span_text(action))) {
		status = deed_act_on(&v, action, args);
	} else if (v.type && (!v.type->snapshots || !text_is(span_text(action), "snapshot"))) {
		fault_set(&v.fault, HD_FATAL, DIAG_SIM_ACTION, "the type has no such action");
		fault_detail(&v.fault, "'%.*s' of %s", TEXT_ARG(span_text(action)), v.type->name);
		status = visit_say(&v);
	} else {
		status = give_snapshot(&v);
	}
	visit_close(&v);
	return status;
}
