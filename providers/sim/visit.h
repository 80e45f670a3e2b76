/*
 * visit.h - one call to the simulated cloud: what was asked, by whom, and what is answered.
 *
 * visit_open, then the work, then visit_close.  Functions that fail return -1 and have filled the
 * fault; visit_say tells it.
 */
#ifndef PROVIDERS_SIM_VISIT_H
#define PROVIDERS_SIM_VISIT_H

#include "base/json.h"
#include "providers/sim/store.h"

struct hd_session {
	const struct hd_host *host;
	struct arena *arena; /* settings */
	struct sim_place place;
	struct sim_store *store;
	bool keys_ignored; /* IdempotencyKeys: ignored */
};

struct visit {
	struct hd_session *session;
	const struct hd_resource *r;
	struct kit_call call;
	struct arena *arena;
	struct fault fault;
	struct sim_event event; /* what happens, for the log */
	int64_t now_ms;         /* wall clock */
};

void visit_open(struct visit *v, struct hd_session *s, struct hd_op *op,
		const struct hd_resource *r);
void visit_close(struct visit *v);
/* Tells the fault; the status. */
int visit_say(struct visit *v);
/* Hands over id and state. */
void visit_show(struct visit *v, const struct sim_thing *t);
/* Ends a change that happened. */
int visit_done(struct visit *v, const struct sim_thing *t, enum hd_effect effect);
/* The thing that the resource is, inside a transaction: by its id, else by its key.  1, 0, -1. */
int visit_find(struct visit *v, struct sim_thing *out);

hd_call_fn sim_read, sim_find, sim_create, sim_update, sim_remove;
int sim_list(struct hd_session *s, struct hd_op *op, struct hd_span type, struct hd_span cursor);

#endif
