#include "providers/sim/visit.h"

#include <string.h>

#include "base/clock.h"
#include "providers/kit/span.h"
#include "providers/sim/schema.h"

static int64_t wall_ms(const struct visit *v)
{
	const struct hd_host *h = v->session->host;

	if (HD_KNOWS(struct hd_host, h, wall_ms) && h->wall_ms)
		return h->wall_ms(v->call.op);
	return clock_real()->wall_ms(clock_real());
}

void visit_open(struct visit *v, struct hd_session *s, struct hd_op *op,
		const struct hd_resource *r, enum sim_op what)
{
	*v = (struct visit){
		.session = s, .r = r, .op = what, .call = {s->host, op, r ? r->deadline_ms : 0}};
	v->arena = arena_new();
	v->now_ms = wall_ms(v);
	if (!r)
		return;
	v->event.key = span_cstr(v->arena, r->idem);
	v->event.address = span_cstr(v->arena, r->address);
	v->type = visit_type(v, span_text(r->type));
	if (!v->type) {
		fault_set(&v->fault, HD_FATAL, DIAG_SIM_TYPE, "provider sim has no such type");
		fault_detail(&v->fault, "'%.*s'", TEXT_ARG(span_text(r->type)));
		fault_hint(&v->fault, "nobody in this project knows its schema");
	}
}

void visit_close(struct visit *v)
{
	fault_release(&v->fault);
	arena_free(v->arena);
}

/* --- types ---------------------------------------------------------------------------- */

struct taking {
	struct arena *a;
	const char *name;
	struct sim_type *type;
};

static void take(void *context, struct hd_span schema)
{
	struct taking *t = context;

	t->type = type_parse(t->a, t->name, span_text(schema));
}

static void take_own(struct taking *t)
{
	static const char schema[] = SIM_SCHEMA;
	json_t *all = json_parse((struct text){schema, sizeof(schema) - 1}, NULL, NULL);
	const json_t *own = json_object_get(json_object_get(all, "types"), t->name);
	struct str text = STR_INIT;

	if (own) {
		json_canonical(own, &text);
		take(t, span_of_str(&text));
	}
	str_release(&text);
	json_decref(all);
}

static const struct sim_type *learn(struct visit *v, struct text name)
{
	struct hd_session *s = v->session;
	const struct hd_host *h = s->host;
	struct taking t = {s->type_arena, arena_text(s->type_arena, name), NULL};

	take_own(&t);
	if (!t.type && HD_KNOWS(struct hd_host, h, type_schema) && h->type_schema)
		h->type_schema(v->call.op, span_of(t.name), &t, take);
	map_set(&s->types, name, t.type);
	return t.type;
}

const struct sim_type *visit_type(struct visit *v, struct text name)
{
	struct hd_session *s = v->session;
	const struct sim_type *type;

	pthread_mutex_lock(&s->lock);
	type = map_find(&s->types, name);
	if (!type && !map_has(&s->types, name))
		type = learn(v, name);
	pthread_mutex_unlock(&s->lock);
	return type;
}

/* --- things ----------------------------------------------------------------------------- */

bool visit_is_busy(const struct visit *v, const struct sim_thing *t)
{
	return t->busy != SIM_READY && t->busy_until_ms > v->now_ms;
}

int visit_record(struct visit *v, enum sim_deed deed, struct sim_thing *t)
{
	struct sim_store *store = v->session->store;
	int rc;

	v->event.deed = deed;
	v->event.at_ms = v->now_ms;
	if (deed == SIM_SNAPSHOT)
		rc = 0;
	else if (deed == SIM_DELETE)
		rc = store_drop(store, t, &v->fault);
	else
		rc = store_put(store, t, &v->fault);
	return rc < 0 ? -1 : store_log(store, t, &v->event, &v->fault);
}

/* Its deletion has come to its end, and nobody looked since. */
static int reap(struct visit *v, struct sim_thing *t)
{
	struct sim_event event = v->event;
	int rc;

	v->event.key = t->last_key;
	v->event.effect = HD_EFFECT_DONE;
	rc = visit_record(v, SIM_DELETE, t);
	v->event = event;
	return rc;
}

static bool is_hidden(const struct visit *v, const struct sim_thing *t)
{
	return v->op != OP_FIND && v->op != OP_CREATE && t->visible_ms > v->now_ms;
}

int visit_find(struct visit *v, struct sim_thing *out)
{
	struct sim_store *store = v->session->store;
	struct text type = span_text(v->r->type);
	int there = 0;

	if (v->r->id.len)
		there = store_find(store, v->arena,
				   &(struct sim_search){.by = SIM_BY_ID,
							.type = type,
							.word = span_text(v->r->id)},
				   out, &v->fault);
	else if (v->r->idem.len)
		there = store_find(store, v->arena,
				   &(struct sim_search){.by = SIM_BY_KEY,
							.type = type,
							.word = span_text(v->r->idem)},
				   out, &v->fault);
	if (there == 1 && out->busy == SIM_DELETING && !visit_is_busy(v, out))
		return reap(v, out);
	return there == 1 && is_hidden(v, out) ? 0 : there;
}

int visit_check_busy(struct visit *v, const struct sim_thing *t)
{
	if (!visit_is_busy(v, t))
		return 0;
	fault_set(&v->fault, HD_CONFLICT, DIAG_SIM_CONFLICT,
		  "another operation on the resource is in progress");
	fault_detail(&v->fault, "'%s' is busy for another %lld ms", t->id,
		     (long long)(t->busy_until_ms - v->now_ms));
	v->session->host->set_retry_after(v->call.op, t->busy_until_ms - v->now_ms);
	return -1;
}

int visit_not_found(struct visit *v)
{
	if (v->session->settings.unseen_ms)
		v->session->host->set_retry_after(v->call.op, v->session->settings.unseen_ms);
	fault_set(&v->fault, HD_NOTFOUND, DIAG_SIM_NOT_FOUND, "there is no such resource");
	fault_detail(&v->fault, "'%.*s'", TEXT_ARG(span_text(v->r->id)));
	return -1;
}

int visit_settle(struct visit *v, int rc)
{
	if (rc == 0)
		return store_commit(v->session->store, &v->fault);
	store_rollback(v->session->store);
	return -1;
}
