/*
 * visit.h - one call to the simulated cloud: what was asked, by whom, and what is answered.
 *
 * visit_open, visit_enter (time passes, and scripted faults strike), then the work inside one
 * transaction, visit_answer, then visit_close.  Functions that fail return -1 and have filled
 * the fault, which visit_answer tells.
 */
#ifndef PROVIDERS_SIM_VISIT_H
#define PROVIDERS_SIM_VISIT_H

#include <pthread.h>

#include "base/json.h"
#include "base/map.h"
#include "providers/sim/attributes.h"
#include "providers/sim/fault_kinds.h"
#include "providers/sim/settings.h"
#include "providers/sim/store.h"

struct hd_session {
	const struct hd_host *host;
	struct arena *arena; /* settings */
	struct sim_settings settings;
	struct sim_place place;
	struct sim_store *store;
	pthread_mutex_t lock; /* of what follows */
	struct arena *type_arena;
	struct map types; /* name to struct sim_type; NULL: nobody knows it */
};

struct visit {
	struct hd_session *session;
	const struct hd_resource *r;
	struct kit_call call;
	enum sim_op op;
	struct text check; /* its name, and "NAME/ACCOUNT/REGION"; empty: it is none */
	const char *check_address;
	struct text about;   /* an act: the type of what it is about; empty: none */
	const char *typical; /* an act: how long such things take; NULL */
	const struct sim_type *type;
	const struct sim_rule *rule; /* the fault that strikes; NULL: none */
	struct arena *arena;
	struct fault fault;
	struct sim_event event; /* what happens, for the log */
	int64_t now_ms;         /* wall clock */
	int64_t pending_ms;     /* how long it goes on after the answer */
};

/* r may be NULL (list). */
void visit_open(struct visit *v, struct hd_session *s, struct hd_op *op,
		const struct hd_resource *r, enum sim_op what);
void visit_close(struct visit *v);
/* The round trip: 0, or -1 when it ends here. */
int visit_enter(struct visit *v);
/* What becomes of what is asked for: visit_enter may have chosen a fault. */
enum fault_deed visit_deed(const struct visit *v);

/* The type, asked for once per session; NULL: nobody knows it. */
const struct sim_type *visit_type(struct visit *v, struct text name);

/* The thing that the resource is, inside a transaction: by its id, else by its key.  What was
 * being deleted long enough is gone.  1, 0, -1. */
int visit_find(struct visit *v, struct sim_thing *out);
/* -1 with a fault when something else is under way with it. */
int visit_check_busy(struct visit *v, const struct sim_thing *t);
bool visit_is_busy(const struct visit *v, const struct sim_thing *t);
int visit_not_found(struct visit *v);
/* Ends a transaction: all of it when rc is 0, else nothing; 0 or -1. */
int visit_settle(struct visit *v, int rc);
/* What happened goes into the file and the log; 0 or -1. */
int visit_record(struct visit *v, enum sim_deed deed, struct sim_thing *t);

/* A fault that strikes once all has happened: -1 and it is filled. */
int visit_aftermath(struct visit *v);
/* Answers with the fault; the status. */
int visit_say(struct visit *v);
/* Hands over id and state. */
void visit_show(struct visit *v, const struct sim_thing *t);
/* Hands over a token for what is under way; HD_PENDING. */
int visit_wait(struct visit *v, const struct sim_thing *t);
/* Answers a change that was made, or an earlier one with the same key (NONE). */
int visit_answer(struct visit *v, const struct sim_thing *t, enum hd_effect effect);

hd_call_fn sim_read, sim_find, sim_create, sim_update, sim_remove;
int sim_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	     struct hd_span token);
int sim_list(struct hd_session *s, struct hd_op *op, struct hd_span type, struct hd_span cursor);
int sim_act(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	    struct hd_span action, struct hd_span args);
/* A health check: what = "check" of lookup. */
int sim_check(struct hd_session *s, struct hd_op *op, struct hd_span args);
int sim_lookup(struct hd_session *s, struct hd_op *op, struct hd_span what, struct hd_span args);

#endif
