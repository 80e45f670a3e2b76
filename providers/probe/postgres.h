/*
 * postgres.h - questions to a PostgreSQL server, through libpq, which postgres.c alone includes.
 *
 * pg_connect, pg_ask as often as one likes, pg_close.  Nothing here waits longer than its struct
 * wait says.  What goes wrong is one line for people, fit to be shown (check_foreign), without the
 * password.
 */
#ifndef PROVIDERS_PROBE_POSTGRES_H
#define PROVIDERS_PROBE_POSTGRES_H

#include "providers/probe/net.h"

struct pg;

/* NULL: as libpq's default is. */
struct pg_target {
	const char *host, *user, *password, *database, *ssl_mode, *ca_file, *cert_file, *key_file;
	int port;
};

/* The reason when all addresses of the host refused: something is there, and nobody listens. */
#define PG_CONNECTION_REFUSED "connection refused"

struct pg_failure {
	const char *why;
	bool connected; /* something had accepted */
	bool said_no;   /* it is there and does not let us in, or we would not trust it */
};

/* On anything but NET_OK *failure is set and there is nothing to close. */
enum net_result pg_connect(struct arena *a, const struct pg_target *to, const struct wait *w,
			   struct pg **out, struct pg_failure *failure);
void pg_close(struct pg *p); /* accepts NULL */

/* Of the last statement that gave rows, the first row; texts in the arena, NULL is NULL. */
struct pg_row {
	const char **values;
	size_t count; /* 0: no row */
};

enum pg_answer {
	PG_ROW,     /* or none: all statements succeeded */
	PG_NONE,    /* the server has gone, was too slow, or somebody said stop: result says it */
	PG_REFUSED, /* the server says why not */
	PG_CONFLICT /* the same, because of recovery on a standby: ask again */
};
struct pg_reply {
	enum pg_answer answer;
	enum net_result result; /* PG_NONE */
	struct pg_row row;
	const char *why;
};
void pg_ask(struct pg *p, struct arena *a, const char *sql, const struct wait *w,
	    struct pg_reply *out);
/* Nothing is asked; ends early when the server closes. */
enum net_result pg_rest(struct pg *p, const struct wait *w);

#endif
