/*
 * call_host.h - the table that providers hand their results to.  Private to call.c and
 * call_host.c.
 */
#ifndef ENGINE_CALL_HOST_H
#define ENGINE_CALL_HOST_H

#include "engine/call.h"

/* One call in progress. */
struct hd_op {
	const struct call *call; /* of open() too: one that says nothing */
	const struct call_context *context;
	struct outcome *out;
	bool effect_set;
	size_t messages;
	const char *broken; /* how the provider broke the contract first; NULL */
};

const struct hd_host *call_host(void);
/* NUL-terminated; NULL for NULL. */
struct hd_span call_span(const char *s);

#endif
