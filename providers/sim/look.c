/* look.c - read, find and list: what exists, without changing it. */
#include "providers/kit/span.h"
#include "providers/sim/visit.h"

#define PAGE 1000

static int look(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct sim_thing t;
	struct visit v;
	int there, status;

	visit_open(&v, s, op, r);
	there = store_begin(s->store, &v.fault);
	if (there == 0) {
		there = visit_find(&v, &t);
		store_rollback(s->store);
	}
	if (there < 0)
		status = visit_say(&v);
	else
		status = there ? visit_done(&v, &t, HD_EFFECT_NONE) : HD_NOTFOUND;
	visit_close(&v);
	return status;
}

int sim_read(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return look(s, op, r);
}

int sim_find(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return look(s, op, r);
}

/* Items; the serial of the last one.  0: there are no more; -1: a fault. */
static int64_t give_page(struct visit *v, struct hd_span type, int64_t serial)
{
	for (size_t i = 0; i < PAGE; i++) {
		struct sim_thing t;
		int there = store_find_next(v->session->store, v->arena, span_text(type), serial,
					    &t, &v->fault);

		if (there < 1)
			return there;
		serial = t.serial;
		v->call.host->item(v->call.op, span_of(t.id), span_of(t.properties));
	}
	return serial;
}

int sim_list(struct hd_session *s, struct hd_op *op, struct hd_span type, struct hd_span cursor)
{
	struct visit v;
	int64_t serial = 0;
	int status = HD_OK;

	visit_open(&v, s, op, NULL);
	text_to_int64(span_text(cursor), 0, INT64_MAX, &serial);
	if (store_begin(s->store, &v.fault) == 0) {
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
