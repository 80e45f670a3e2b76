/*
 * look.h - health checks that the ssh provider carries out: commands on a host, and what is asked
 * from a host of others.  A kind leaves `healthy` and `detail` and answers 0, or -1 with a fault:
 * it could not be carried out, and that says nothing about what was to be checked.
 */
#ifndef PROVIDERS_SSH_LOOK_H
#define PROVIDERS_SSH_LOOK_H

#include "providers/ssh/ask.h"

struct look {
	struct ask *ask; /* desired: the arguments */
	const char *type;
	int64_t timeout_ms;
	bool healthy;
	bool said_no; /* unhealthy, as an answer to what was asked */
	bool unasked; /* unhealthy, and that says nothing of what was to be asked about */
	int64_t passed_ms;
	struct str detail;
};

/* The provider's lookup(). */
int look_call(struct hd_session *s, struct hd_op *op, struct hd_span what, struct hd_span args);

/* vantage.c: HTTP and TCP, from the ask's host. */
int look_http(struct look *l);
int look_tcp(struct look *l);

/* Always 0. */
int look_say(struct look *l, bool healthy, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Fault HD5116: always -1. */
int look_refuse(struct look *l, const char *key, const char *why);

#endif
