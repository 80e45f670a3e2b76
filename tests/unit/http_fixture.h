/*
 * http_fixture.h - a server on loopback that does to connections what its paths say, and counts.
 *
 * Every request is read whole (its head, and a body of Content-Length), counted and kept before
 * anything is done, so a count of two says that something came twice.  The last piece of the path
 * decides:
 *
 *	ok          200 with "ok N", N being the number of this request on its connection
 *	echo        200 with the request as it came
 *	none        the connection is closed without an answer
 *	kept-none   the same, when the connection had a request before; else as ok
 *	reset       the same with a reset
 *	half        the head of an answer and half of its body, then closed
 *	half-head   half a head, then closed
 *	chunks      a body in chunks without its end, then closed
 *	then-close  as ok, and closed behind it though nothing says so
 *	wait        nothing, until the connection is closed
 *	endless     a body that never ends
 *	heads       header lines that never end
 *	words       no HTTP at all
 *	continue    100 and 103 before the answer
 *	NUMBER      this status
 *
 * As a proxy it answers itself, and refuses tunnels with 403.
 */
#ifndef TESTS_UNIT_HTTP_FIXTURE_H
#define TESTS_UNIT_HTTP_FIXTURE_H

#include <pthread.h>

#include "base/str.h"
#include "base/vec.h"

struct http_fixture {
	int socket, port;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	size_t request_count, connection_count;
	struct str last; /* the last request */
	struct {
		VEC_OF(int)
	} open;
	bool ended;
};

void http_fixture_start(struct http_fixture *s);
void http_fixture_end(struct http_fixture *s);
/* "http://127.0.0.1:PORT/PATH"; two at a time stay valid. */
const char *http_fixture_url(const struct http_fixture *s, const char *path);
size_t http_fixture_count(struct http_fixture *s);
/* Returns when so many connections are open. */
void http_fixture_wait_open(struct http_fixture *s, size_t count);
/* Returns when so many requests have come. */
void http_fixture_wait_count(struct http_fixture *s, size_t count);

#endif
