/* change.c - create, update and remove: each is one transaction on the cloud's file. */
#include <string.h>

#include "base/digest.h"
#include "providers/kit/span.h"
#include "providers/sim/visit.h"

#define ID_DIGITS 17

/* The same key gives the same id; one that is used anew another. */
static const char *new_id(struct visit *v, int64_t nth)
{
	struct str text = STR_INIT;
	char digest[65];

	str_add_text(&text, span_text(v->r->type));
	str_add_char(&text, ' ');
	str_add_text(&text, span_text(v->r->idem));
	str_printf(&text, " %lld", (long long)nth);
	digest_sha256(str_text(&text), digest);
	str_release(&text);
	return arena_printf(v->arena, "node-%.*s", ID_DIGITS, digest);
}

static int choose_id(struct visit *v, struct sim_thing *t)
{
	struct sim_thing other;
	int there = 1;

	for (int64_t nth = 0; there == 1; nth++) {
		t->id = new_id(v, nth);
		there = store_find_id(v->session->store, v->arena, text_of(t->type), text_of(t->id),
				      &other, &v->fault);
	}
	return there;
}

/* What is secret is in no file: a digest tells whether it changed. */
static void take_secret(struct visit *v, struct sim_thing *t, json_t *properties, json_t *secrets,
			const char *pointer)
{
	const json_t *value = json_at(properties, text_of(pointer));
	struct str text = STR_INIT;
	char digest[65];

	if (!value)
		return;
	json_canonical(value, &text);
	digest_hmac_sha256(text_of(t->key), str_text(&text), digest);
	str_release(&text);
	json_object_set_new(secrets, pointer, json_string(digest));
	json_drop(properties, text_of(pointer));
	(void)v;
}

static void take_secrets(struct visit *v, struct sim_thing *t, json_t *properties, json_t *secrets)
{
	json_t *pointers = span_json(v->arena, v->r->sensitive);
	json_t *item;
	size_t i;

	json_array_foreach(pointers, i, item)
	{
		if (json_is_string(item))
			take_secret(v, t, properties, secrets, json_string_value(item));
	}
	json_decref(pointers);
}

static int set_properties(struct visit *v, struct sim_thing *t)
{
	json_t *properties = span_json(v->arena, v->r->desired), *secrets = json_object();

	if (!json_is_object(properties)) {
		json_decref(properties);
		properties = json_object();
	}
	take_secrets(v, t, properties, secrets);
	json_object_set_new(properties, "Id", json_string(t->id));
	t->properties = json_text(v->arena, properties);
	t->secrets = json_text(v->arena, secrets);
	json_decref(properties);
	json_decref(secrets);
	return 0;
}

/* Writes what happened; 0 or -1. */
static int record(struct visit *v, enum sim_deed deed, struct sim_thing *t)
{
	struct sim_store *store = v->session->store;
	int rc;

	v->event.deed = deed;
	v->event.effect = HD_EFFECT_DONE;
	rc = deed == SIM_DELETE ? store_drop(store, t, &v->fault) : store_put(store, t, &v->fault);
	return rc < 0 ? -1 : store_log(store, t, &v->event, &v->fault);
}

/* Ends the transaction: what was done is there, or nothing is. */
static int settle(struct visit *v, int rc)
{
	if (rc == 0)
		return store_commit(v->session->store, &v->fault);
	store_rollback(v->session->store);
	return -1;
}

static int make(struct visit *v, struct sim_thing *t)
{
	*t = (struct sim_thing){
		.type = span_cstr(v->arena, v->r->type),
		.key = v->event.key,
		.last_key = v->event.key,
		.name = "",
		.created_ms = v->now_ms,
		.changed_ms = v->now_ms,
	};
	if (choose_id(v, t) < 0 || set_properties(v, t) < 0)
		return -1;
	return record(v, SIM_CREATE, t);
}

/* 1: it is there already, made with the same key. */
static int made_before(struct visit *v, struct sim_thing *t)
{
	if (v->session->keys_ignored || !v->r->idem.len)
		return 0;
	return store_find_key(v->session->store, v->arena, span_text(v->r->type),
			      span_text(v->r->idem), t, &v->fault);
}

int sim_create(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct sim_thing t;
	struct visit v;
	int before = 0, status;

	visit_open(&v, s, op, r);
	status = store_begin(s->store, &v.fault);
	if (status == 0) {
		before = made_before(&v, &t);
		status = settle(&v, before ? (before < 0 ? -1 : 0) : make(&v, &t));
	}
	status = status < 0 ? visit_say(&v)
			    : visit_done(&v, &t, before ? HD_EFFECT_NONE : HD_EFFECT_DONE);
	visit_close(&v);
	return status;
}

static int change(struct visit *v, struct sim_thing *t)
{
	const char *before = t->properties, *secrets = t->secrets;

	set_properties(v, t);
	if (strcmp(before, t->properties) == 0 && strcmp(secrets, t->secrets) == 0)
		return 0;
	t->last_key = v->event.key;
	t->changed_ms = v->now_ms;
	t->changes++;
	return record(v, SIM_UPDATE, t) < 0 ? -1 : 1;
}

static int not_found(struct visit *v)
{
	fault_set(&v->fault, HD_NOTFOUND, DIAG_SIM_NOT_FOUND, "there is no such resource");
	fault_detail(&v->fault, "'%.*s'", TEXT_ARG(span_text(v->r->id)));
	return -1;
}

int sim_update(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct sim_thing t;
	struct visit v;
	int status, changed = 0;

	visit_open(&v, s, op, r);
	status = store_begin(s->store, &v.fault);
	if (status == 0) {
		int there = visit_find(&v, &t);

		changed = there == 1 ? change(&v, &t) : there == 0 ? not_found(&v) : -1;
		status = settle(&v, changed < 0 ? -1 : 0);
	}
	status = status < 0 ? visit_say(&v)
			    : visit_done(&v, &t, changed ? HD_EFFECT_DONE : HD_EFFECT_NONE);
	visit_close(&v);
	return status;
}

int sim_remove(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct sim_thing t;
	struct visit v;
	int status;

	visit_open(&v, s, op, r);
	status = store_begin(s->store, &v.fault);
	if (status == 0) {
		int there = visit_find(&v, &t);

		status = settle(&v, there == 1   ? record(&v, SIM_DELETE, &t)
				    : there == 0 ? not_found(&v)
						 : -1);
	}
	if (status == 0)
		s->host->set_effect(op, HD_EFFECT_DONE);
	status = status < 0 ? visit_say(&v) : HD_OK;
	visit_close(&v);
	return status;
}
