/*
 * request.h - the keys of an HTTP request, as checks and actions have them.
 */
#ifndef PROVIDERS_PROBE_REQUEST_H
#define PROVIDERS_PROBE_REQUEST_H

#include "providers/probe/check.h"
#include "providers/kit/http_status.h"

struct request_keys {
	const char *url, *method, *body; /* body NULL: none */
	const struct http_header *headers;
	size_t header_count;
	struct status_set expected;
};

/* Url, Method, Headers, Body and Status; room for two more headers behind those that were read.
 * A Body that is a map or a list is sent as JSON, with its Content-Type.  0, or -1 with a fault. */
int request_keys_read(struct check *c, struct request_keys *out);
/* One more, unless the user's have it already. */
void request_keys_add(struct request_keys *k, const char *name, const char *value);
/* Whether doing it twice is doing it once. */
bool request_keys_repeat(const struct request_keys *k);

#endif
