/*
 * act.h - what the provider does for a runbook: a request over HTTP, a message to somebody.
 *
 * An action reads its keys like a check (check.h) and answers 0 with a result, or -1 with a fault
 * that says what is known of the world: nothing was done; or it is not known, because the request
 * had left and no answer came.  Only what can be done twice without harm is asked to be tried
 * again.  Headers, bodies, paths and queries of URLs are in no text; the answer of an http action
 * is its result.
 */
#ifndef PROVIDERS_PROBE_ACT_H
#define PROVIDERS_PROBE_ACT_H

#include "providers/probe/check.h"

#define ACT_TIMEOUT_MS 30000
#define ACT_TIMEOUT_MS_MAX 604800000 /* as of a step */
#define ACT_BODY_LEN ((size_t)64 << 10)

struct action {
	struct check c; /* keys, time and the fault */
	const struct hd_resource *r;
	const char *key; /* idempotency key: of every attempt the same; "" */
	json_t *result;  /* an object */
};

typedef int action_fn(struct action *act);
action_fn act_http, act_notify, act_weights, act_set_weights;

#define ACT_ROUTE_TYPE "HAProxy::Route"

int probe_act(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	      struct hd_span action, struct hd_span args);

#endif
