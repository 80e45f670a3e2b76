/*
 * sim_fixture.h - sessions of the sim provider through its table, with a file of their own.
 */
#ifndef TESTS_UNIT_SIM_FIXTURE_H
#define TESTS_UNIT_SIM_FIXTURE_H

#include "base/json.h"
#include "base/str.h"
#include "providers/sim/sim_provider.h"
#include "tests/unit/provider_fixture.h"

struct sim_fixture {
	char folder[64];
	struct hd_session *session; /* NULL: refused */
	struct hd_op op;            /* of the last call */
	int status;                 /* of it */
};

/* settings: JSON object that the manifest's entry would have. */
void sim_start(struct sim_fixture *f, const char *settings);
/* Another session on the same file. */
void sim_again(struct sim_fixture *f, const char *settings);
void sim_stop(struct sim_fixture *f);

struct sim_call {
	const char *type, *id, *key, *desired, *recorded, *sensitive, *changed, *address, *token;
	const char *action;
};
/* Each returns the status, and leaves what was handed over in f->op. */
int sim_call_create(struct sim_fixture *f, const struct sim_call *c);
int sim_call_update(struct sim_fixture *f, const struct sim_call *c);
int sim_call_remove(struct sim_fixture *f, const struct sim_call *c);
int sim_call_read(struct sim_fixture *f, const struct sim_call *c);
int sim_call_find(struct sim_fixture *f, const struct sim_call *c);
int sim_call_act(struct sim_fixture *f, const struct sim_call *c);
int sim_call_poll(struct sim_fixture *f, const struct sim_call *c);
/* One number that the file answers to this query. */
int sim_count(const struct sim_fixture *f, const char *sql);
/* The whole text of a member of the state handed over; "" when there is none. */
const char *sim_state(struct sim_fixture *f, const char *pointer);

#endif
