/*
 * send.h - one request to a service and its answer, and what it means when it is no success.
 *
 * exchange_send, then exchange_refusal when exchange_failed, then exchange_release.  Texts live in
 * the arena.
 */
#ifndef PROVIDERS_REST_SEND_H
#define PROVIDERS_REST_SEND_H

#include "providers/rest/protocol.h"
#include "providers/rest/rest.h"

struct exchange {
	const struct rest_session *s;
	const struct kit_call *call;
	struct arena *a;
	struct rest_request ask;
	const char *endpoint;
	struct http_request request;
	size_t plain_headers; /* those behind them came from authentication */
	struct http_answer answer;
	json_t *body;
	const char *unread;          /* why the body could not be decoded; NULL */
	struct protocol_error error; /* exchange_meaning */
	enum error_kind kind;
	bool stranger; /* something else answers at the service's address */
};

/* 0 when an answer came; -1 with a fault. */
int exchange_send(struct exchange *x, struct fault *f);
bool exchange_failed(const struct exchange *x);
/* Of an answer that is no success: its code, message and meaning; 0, or -1 with a fault when the
 * definition's own ErrorCode fails. */
int exchange_meaning(struct exchange *x, struct fault *f);
/* A fault for it; -1. */
int exchange_refusal(const struct exchange *x, struct fault *f);
void exchange_release(struct exchange *x);

/* refusal.c, too: requests without an answer, and answers that nobody understands. */
int refusal_unsent(const struct exchange *x, struct fault *f);
int refusal_lost(const struct exchange *x, struct fault *f);
int refusal_unread(const struct exchange *x, struct fault *f);
/* Appends "POST /zones of pdns" and where: for all faults of a step. */
void refusal_place(const struct exchange *x, struct fault *f);
/* What the engine is to do; HD_FATAL when nothing better is known. */
int refusal_status(enum error_kind kind);
/* What is left of the call's time, at most the session's; 0: nothing. */
int64_t send_time_ms(const struct rest_session *s, const struct kit_call *c);

#endif
