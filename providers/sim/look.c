/* look.c - read, find, list and look up: what there is. */
#include <string.h>

#include "base/digest.h"
#include "providers/kit/span.h"
#include "providers/sim/visit.h"

#define PAGE 1000
#define MADE_UP_LEN 24
#define MADE_UP_ACCOUNT "123456789012"

/* By a name that somebody gave: what is to be imported or adopted. */
static int find_named(struct visit *v, struct sim_thing *t)
{
	json_t *wanted = span_json(v->arena, v->r->desired.len ? v->r->desired : v->r->recorded);
	const char *name = wanted ? attributes_name(v->type, v->arena, wanted) : "";
	int there = 0;

	if (*name)
		there = store_find(v->session->store, v->arena,
				   &(struct sim_search){.by = SIM_BY_NAME,
							.type = span_text(v->r->type),
							.word = text_of(name)},
				   t, &v->fault);
	json_decref(wanted);
	return there;
}

static int look(struct visit *v, struct sim_thing *t)
{
	int there;

	if (visit_enter(v) < 0 || store_begin(v->session->store, &v->fault) < 0)
		return -1;
	there = visit_find(v, t);
	if (there == 0 && v->op == OP_FIND && !v->r->id.len && !v->r->idem.len)
		there = find_named(v, t);
	return visit_settle(v, there < 0 ? -1 : 0) < 0 ? -1 : there;
}

static int answer(struct visit *v, const struct sim_thing *t)
{
	if (v->op == OP_FIND && visit_is_busy(v, t))
		return visit_wait(v, t);
	visit_show(v, t);
	v->call.host->set_effect(v->call.op, HD_EFFECT_NONE);
	return HD_OK;
}

/* Searches see everything; what is read by its id may be hidden. */
static int absent(struct visit *v)
{
	if (v->op == OP_FIND)
		return HD_NOTFOUND;
	visit_not_found(v);
	return visit_say(v);
}

static int ask(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	       enum sim_op what)
{
	struct sim_thing t;
	struct visit v;
	int there, status;

	visit_open(&v, s, op, r, what);
	there = look(&v, &t);
	if (there < 0)
		status = visit_say(&v);
	else if (there)
		status = answer(&v, &t);
	else
		status = absent(&v);
	visit_close(&v);
	return status;
}

int sim_read(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return ask(s, op, r, OP_READ);
}

int sim_find(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return ask(s, op, r, OP_FIND);
}

/* --- list ------------------------------------------------------------------------------- */

/* Items; the serial of the last one.  0: there are no more; -1: a fault. */
static int64_t give_page(struct visit *v, struct hd_span type, int64_t serial)
{
	struct sim_store *store = v->session->store;

	for (size_t i = 0; i < PAGE; i++) {
		struct sim_thing t;
		int there = store_find(store, v->arena,
				       &(struct sim_search){.by = SIM_NEXT,
							    .type = span_text(type),
							    .serial = serial},
				       &t, &v->fault);

		if (there < 1)
			return there;
		serial = t.serial;
		if (t.busy != SIM_DELETING || visit_is_busy(v, &t))
			v->call.host->item(v->call.op, span_of(t.id), span_of(t.properties));
	}
	return serial;
}

int sim_list(struct hd_session *s, struct hd_op *op, struct hd_span type, struct hd_span cursor)
{
	struct visit v;
	int64_t serial = 0;
	int status = HD_OK;

	visit_open(&v, s, op, NULL, OP_LIST);
	text_to_int64(span_text(cursor), 0, INT64_MAX, &serial);
	if (visit_enter(&v) == 0 && store_begin(s->store, &v.fault) == 0) {
		serial = give_page(&v, type, serial);
		store_rollback(s->store);
	} else {
		serial = -1;
	}
	if (serial < 0)
		status = visit_say(&v);
	else if (serial)
		s->host->set_result(op,
				    span_of(arena_printf(v.arena, "\"%lld\"", (long long)serial)));
	visit_close(&v);
	return status;
}

/* --- look up ---------------------------------------------------------------------------- */

/* A value that nobody keeps: the same for the same reference.  A key in a JSON secret is in
 * the secret. */
static const char *made_up(struct arena *a, struct hd_span what, struct hd_span args)
{
	json_t *asked = span_json(a, args), *secret = json_object();
	const char *key = json_str(asked, "Key", NULL);
	struct str text = STR_INIT;
	char digest[65];
	const char *json;

	str_printf(&text, "%.*s %.*s", TEXT_ARG(span_text(what)), TEXT_ARG(span_text(args)));
	digest_sha256(str_text(&text), digest);
	digest[MADE_UP_LEN] = '\0';
	str_clear(&text);
	if (key) {
		json_object_set_new(secret, key, json_string(digest));
		json = json_text(a, secret);
	} else {
		json = digest;
	}
	json_quote(&text, text_of(json));
	json = arena_text(a, str_text(&text));
	str_release(&text);
	json_decref(secret);
	json_decref(asked);
	return json;
}

/* Facts of a place (provider.h: lookup); NULL: it is no question for one. */
static const char *made_up_fact(struct arena *a, struct hd_span what, struct hd_span args)
{
	json_t *asked;
	const char *region, *json;

	if (text_is(span_text(what), "account-id"))
		return "\"" MADE_UP_ACCOUNT "\"";
	if (!text_is(span_text(what), "availability-zones"))
		return NULL;
	asked = span_json(a, args);
	region = json_str(asked, "Region", "");
	json = arena_printf(a, "[\"%sa\",\"%sb\",\"%sc\"]", region, region, region);
	json_decref(asked);
	return json;
}

static const char *found(struct arena *a, struct hd_span what, struct hd_span args)
{
	const char *fact = made_up_fact(a, what, args);

	return fact ? fact : made_up(a, what, args);
}

int sim_lookup(struct hd_session *s, struct hd_op *op, struct hd_span what, struct hd_span args)
{
	struct visit v;
	int status = HD_OK;

	if (text_is(span_text(what), "check"))
		return sim_check(s, op, args);
	visit_open(&v, s, op, NULL, OP_LOOKUP);
	if (visit_enter(&v) < 0)
		status = visit_say(&v);
	else
		s->host->set_result(op, span_of(found(v.arena, what, args)));
	visit_close(&v);
	return status;
}
