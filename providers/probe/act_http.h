/*
 * act_http.h - one request for an action, and what its outcome means for the world.
 */
#ifndef PROVIDERS_PROBE_ACT_HTTP_H
#define PROVIDERS_PROBE_ACT_HTTP_H

#include "providers/probe/act.h"
#include "providers/probe/request.h"

/* What is known when a request left and no answer came. */
enum act_doubt {
	ACT_MAY_REPEAT, /* once more does no harm */
	ACT_MUST_NOT    /* it may have been done: a person decides */
};

/* Sends it, with the action's idempotency key in a header.  0 and the answer, whose status is one
 * of those expected; or -1 with a fault. */
int act_send(struct action *act, struct request_keys *k, enum act_doubt doubt,
	     struct http_answer *out);

#endif
