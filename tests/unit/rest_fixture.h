/*
 * rest_fixture.h - the rest provider with a definition of a test's own, and a server that answers
 * what it is told to.
 *
 * rest_lab_start, then replies and calls, then rest_lab_stop, which is a teardown of cmocka's.
 */
#ifndef TESTS_UNIT_REST_FIXTURE_H
#define TESTS_UNIT_REST_FIXTURE_H

#include "providers/rest/rest.h"
#include "tests/unit/provider_fixture.h"
#include "tests/unit/reply_fixture.h"

struct rest_lab {
	struct reply_fixture *server;
	char folder[64], file[96];
	struct hd_session *session;
	struct hd_op op;
	/* What resources of calls have; NULL: as below. */
	const char *desired, *type, *action;
	int64_t time_ms; /* of a call; 20 s */
	int cancelled;
};

enum ask {
	ASK_CREATE,
	ASK_READ,
	ASK_UPDATE,
	ASK_REMOVE,
	ASK_POLL,
	ASK_FIND,
	ASK_FIND_NAME,
	ASK_LIST,
	ASK_ACT
};

/* Of one file with Lab::Thing; desired is {Name: one, Size: 5, Secret: hidden}. */
struct rest_lab *rest_lab_start(const char *definition);
int rest_lab_stop(void **state);
/* Another session; its Endpoint as JSON, NULL: the server. */
void rest_lab_reopen(struct rest_lab *lab, const char *endpoint);
/* The status of open() with these settings beside the usual ones: "\"Proxy\": 5". */
int rest_lab_try(struct rest_lab *lab, const char *settings);

void rest_lab_told(struct rest_lab *lab, int status, const char *body);
void rest_lab_lost(struct rest_lab *lab);
/* The status; what was handed over is in lab->op.  A poll has the token of the call before. */
int rest_lab_ask(struct rest_lab *lab, enum ask call, const char *id);
int rest_lab_poll(struct rest_lab *lab, const char *id, const char *token);
void rest_lab_expect_log(struct rest_lab *lab, const char *want);
/* One message with this code ("HD5363 "), and no secret in it. */
void rest_lab_expect_fault(struct rest_lab *lab, int effect, const char *code);

#endif
