/*
 * reply_fixture.h - an HTTP server that answers what it is told to, one reply after the other.
 *
 * reply_fixture_start, reply_fixture_reply as often as needed, reply_fixture_log for what was
 * asked, reply_fixture_stop.  When all replies are used up it answers 599.
 */
#ifndef TESTS_UNIT_REPLY_FIXTURE_H
#define TESTS_UNIT_REPLY_FIXTURE_H

#include "base/str.h"

struct reply_fixture;

enum fixture_deed {
	REPLY_FIXTURE_ANSWER,
	REPLY_FIXTURE_LOSE, /* reads the request and closes */
	REPLY_FIXTURE_CUT   /* closes in the middle of the body */
};

struct fixture_reply {
	enum fixture_deed deed;
	int status;
	const char *body;   /* NULL: none */
	const char *header; /* "Name: value", or NULL */
};

struct reply_fixture *reply_fixture_start(void);
void reply_fixture_stop(struct reply_fixture *s);
int reply_fixture_port(const struct reply_fixture *s);
void reply_fixture_reply(struct reply_fixture *s, const struct fixture_reply *r);
/* "POST /things {...}" of each request since the last call, a line each; the caller frees. */
char *reply_fixture_log(struct reply_fixture *s);
/* How many replies nobody fetched; forgets them. */
size_t reply_fixture_left(struct reply_fixture *s);

#endif
