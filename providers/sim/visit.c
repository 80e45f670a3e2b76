#include "providers/sim/visit.h"

#include "base/clock.h"
#include "base/limits.h"
#include "providers/kit/span.h"

void visit_open(struct visit *v, struct hd_session *s, struct hd_op *op,
		const struct hd_resource *r)
{
	*v = (struct visit){.session = s, .r = r, .call = {s->host, op, r ? r->deadline_ms : 0}};
	v->arena = arena_new();
	v->now_ms = clock_real()->wall_ms(clock_real());
	v->event.at_ms = v->now_ms;
	if (!r)
		return;
	v->event.key = span_cstr(v->arena, r->idem);
	v->event.address = span_cstr(v->arena, r->address);
}

void visit_close(struct visit *v)
{
	fault_release(&v->fault);
	arena_free(v->arena);
}

int visit_say(struct visit *v)
{
	return fault_say(&v->call, &v->fault);
}

void visit_show(struct visit *v, const struct sim_thing *t)
{
	v->call.host->set_id(v->call.op, span_of(t->id));
	v->call.host->set_state(v->call.op, span_of(t->properties));
}

int visit_done(struct visit *v, const struct sim_thing *t, enum hd_effect effect)
{
	visit_show(v, t);
	v->call.host->set_effect(v->call.op, effect);
	return HD_OK;
}

int visit_find(struct visit *v, struct sim_thing *out)
{
	struct sim_store *store = v->session->store;
	struct text type = span_text(v->r->type);

	if (v->r->id.len)
		return store_find_id(store, v->arena, type, span_text(v->r->id), out, &v->fault);
	if (v->r->idem.len)
		return store_find_key(store, v->arena, type, span_text(v->r->idem), out, &v->fault);
	return 0;
}
