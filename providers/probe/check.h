/*
 * check.h - one health check that is carried out: what is asked, how long it may take, and what
 * came of it.
 *
 * A kind of check (HTTP, TCP, COMMAND) is a function over struct check.  It reads its keys with
 * check_text and friends, which leave *out alone where the key is absent; asks; and answers 0
 * with `healthy` and `detail`, whatever the endpoint did, or -1 with a fault: the arguments are
 * wrong, or it was stopped, or could not be carried out at all.
 *
 * `detail` is for people and is recorded: no secrets.  Headers, bodies, paths and queries of
 * URLs are never in it.
 */
#ifndef PROVIDERS_PROBE_CHECK_H
#define PROVIDERS_PROBE_CHECK_H

#include "providers/probe/net.h"
#include "providers/probe/settings.h"

#define CHECK_TIMEOUT_MS 5000
#define CHECK_TIMEOUT_MS_MAX 60000

struct hd_session {
	const struct hd_host *host;
	struct arena *arena;
	struct probe_settings settings;
	struct http_client *client; /* as the entry says */
	struct http_client *direct; /* to the endpoint itself, for TCP */
};

struct check {
	struct kit_call call;
	const struct hd_session *session;
	struct arena *arena;
	const json_t *args;
	const char *what; /* "a check of type HTTP", "the action http": for messages */
	int64_t timeout_ms, started_ms;
	bool healthy;
	bool said_no; /* unhealthy, as an answer to what was asked */
	bool unasked; /* unhealthy, and that says nothing of what was to be asked about */
	struct str detail;
	json_t *values; /* what was measured: an object of scalars; NULL: nothing */
	struct fault fault;
};

typedef int check_fn(struct check *c);
check_fn check_http, check_tcp, check_command, check_postgres, check_dns;

/* What is left of the timeout, 0 at the end. */
int64_t check_left_ms(const struct check *c);
int64_t check_passed_ms(const struct check *c);
/* For http_request.stop: context is the struct check. */
int check_stop(void *context);
/* As long as the check may take. */
struct wait check_wait(struct check *c);
/* The answer: always 0. */
int check_say(struct check *c, bool healthy, const char *fmt, ...) PRINTF_LIKE(3, 4);
/*
 * Unhealthy because it could not be asked: no such program or name, a certificate that is not
 * trusted, credentials that are refused, a server that does not want to answer.  Users may be cut
 * off all the same; but of a database nobody may conclude that it takes no writes.
 */
int check_say_unasked(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Unhealthy, by whom was asked: not by their silence. */
int check_say_no(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Unhealthy: why this host gave no answer, or no connection. */
int check_say_silence(struct check *c, const char *host, const struct http_answer *a);
/* The same for what net.h answered, unless it was stopped: then -1.  `connected`: something had
 * been there. */
struct check_end {
	enum net_result result;
	const char *why;
	bool connected;
	bool unasked; /* somebody said no: check_say_unasked */
};
int check_say_end(struct check *c, const char *host, const struct check_end *end);
/* A COMMAND check with this on its input; NULL: an empty one. */
int check_run(struct check *c, const char *input);
/* Takes `value`. */
void check_measure(struct check *c, const char *name, json_t *value);
/* A key has a value that it cannot have: always -1. */
int check_refuse(struct check *c, const char *key, const char *why);
/* Always -1. */
int check_stopped(struct check *c);

/* That there are none but these (the list ends with NULL) and the engine's own. */
int check_keys(struct check *c, const char *const *keys);
/* 0, or -1 with a fault.  A scalar of any kind is a text. */
int check_text(struct check *c, const char *key, const char **out);
/* A number, or a text with one. */
int check_number(struct check *c, const char *key, int64_t min, int64_t max, int64_t *out);
/* true or false, or a text with one of these. */
int check_flag(struct check *c, const char *key, bool *out);
/* A file below the project's folder, or anywhere when absolute; readable. */
int check_path(struct check *c, const char *key, const char **out);
/* "10s"; a number is seconds.  In ms. */
int check_duration(struct check *c, const char *key, int64_t *out_ms);
/* Of a host: a name or an address. */
int check_host(struct check *c, const char *key, const char **out);
/* What somebody else said, fit to be shown: one line of at most 200 bytes, valid, and with `*` in
 * place of the secret (which may be NULL). */
const char *check_foreign(struct arena *a, struct text said, const char *secret);
/* A scalar as text, in the arena; NULL: it is none. */
const char *check_scalar(struct arena *a, const json_t *value);

#endif
