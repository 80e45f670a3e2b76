/*
 * sigv4.h - AWS Signature Version 4 with headers: a pure function from request to headers.
 *
 * Source: AWS's documentation, "Create a signed AWS API request"; checked with the published
 * test suite (tests/unit/test_sigv4.c).
 */
#ifndef PROVIDERS_KIT_SIGV4_H
#define PROVIDERS_KIT_SIGV4_H

#include "providers/kit/http.h"

struct sigv4_key {
	const char *id, *secret;
	const char *token; /* of a session; NULL: none */
};

struct sigv4_scope {
	const char *region, *service; /* "us-east-1", "ec2" */
	int64_t time_s;               /* since 1970-01-01 UTC */
	/* S3: the path is signed as it is sent; all others normalise and encode it once more. */
	bool path_as_sent;
	bool hash_header;    /* adds X-Amz-Content-Sha256, which S3 wants */
	bool token_unsigned; /* X-Amz-Security-Token is added after signing, not signed */
};

/* What is added to the request: x-amz-date, x-amz-security-token, x-amz-content-sha256,
 * authorization. */
#define SIGV4_HEADERS 4
struct sigv4_signed {
	struct http_header headers[SIGV4_HEADERS];
	size_t count;
	const char *canonical, *to_sign; /* for tests, and for nobody else */
};

/* Signs Host (from the URL unless given), X-Amz-Date and all headers given, but for those that
 * proxies change (User-Agent, Expect, Connection, ...).  Texts in the arena; what was given is
 * borrowed.  -1: the URL is none, or the time beyond the calendar. */
int sigv4_sign(struct arena *a, const struct http_request *r, const struct sigv4_key *key,
	       const struct sigv4_scope *scope, struct sigv4_signed *out);

#endif
