#include "providers/probe/postgres.h"

#include <libpq-fe.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "providers/probe/check.h"

/* Of one answer: what a check asks for is short, and who sends more is no PostgreSQL. */
#define ANSWER_LEN ((uint64_t)1 << 20)
#define OPTIONS_MAX 16

struct pg {
	PGconn *c;
	const char *secret; /* the password: in nothing that is shown */
	uint64_t before;    /* bytes received when the question was put */
};

/* --- connecting ----------------------------------------------------------------------------- */

struct options {
	const char *names[OPTIONS_MAX + 1], *values[OPTIONS_MAX + 1];
	size_t count;
};

static void add(struct options *o, const char *name, const char *value)
{
	if (!value)
		return;
	o->names[o->count] = name;
	o->values[o->count++] = value;
}

/* The name is what the certificate must be for; the addresses, found in time, where to go. */
static void list_addresses(struct arena *a, struct options *o, const struct pg_target *to,
			   const struct net_addresses *found)
{
	const char *hosts = "", *numbers = "";

	for (size_t i = 0; i < found->count; i++) {
		hosts = arena_printf(a, "%s%s%s", hosts, i ? "," : "", to->host);
		numbers = arena_printf(a, "%s%s%s", numbers, i ? "," : "", found->items[i].text);
	}
	add(o, "host", hosts);
	add(o, "hostaddr", numbers);
	add(o, "port", arena_printf(a, "%d", to->port));
}

/* What the environment may not change is said here: which server is wanted, and how. */
static struct options options_of(struct arena *a, const struct pg_target *to,
				 const struct net_addresses *found)
{
	struct options o = {0};

	list_addresses(a, &o, to, found);
	add(&o, "user", to->user);
	add(&o, "password", to->password);
	add(&o, "dbname", to->database);
	add(&o, "sslmode", to->ssl_mode);
	add(&o, "sslrootcert", to->ca_file);
	add(&o, "sslcert", to->cert_file);
	add(&o, "sslkey", to->key_file);
	add(&o, "target_session_attrs", "any");
	add(&o, "gssencmode", "disable");
	add(&o, "application_name", "hadeploy");
	add(&o, "client_encoding", "UTF8");
	return o;
}

static struct text after(struct text t, const char *mark)
{
	const char *at = memmem(t.ptr, t.len, mark, strlen(mark));
	size_t skip = at ? (size_t)(at - t.ptr) + strlen(mark) : 0;

	return (struct text){t.ptr + skip, t.len - skip};
}

/* 'connection to server at "::1", port 5432 failed: FATAL:  no such role', perhaps several times:
 * what a server said wins. */
static const char *why_not(struct arena *a, const struct pg *p)
{
	struct text_split lines = text_split_start(text_of(PQerrorMessage(p->c)));
	struct text line, best = TEXT_LIT("");
	bool refused = false, else_why = false;

	while (text_next(&lines, '\n', &line)) {
		bool said = memmem(line.ptr, line.len, "FATAL:", 6) != NULL;

		if (text_is(text_trim(after(line, " failed: ")), "Connection refused"))
			refused = true;
		else if (memmem(line.ptr, line.len, " failed: ", 9))
			else_why = true;

		if (said || !best.len)
			best = text_trim(after(after(line, " failed: "), "FATAL:"));
		if (said)
			break;
	}
	/* By all of its addresses: another one may have a server that was only not reached. */
	if (refused && !else_why)
		return PG_CONNECTION_REFUSED;
	return best.len ? check_foreign(a, best, p->secret) : "the connection was closed";
}

/* What a server that is lost leaves to be seen.  All else was said: by a server that lives, or by
 * libpq, which would not go on with it. */
static bool is_silence(struct text line)
{
	static const char *const lost[] = {
		"Connection refused",   "Connection reset by peer",
		"Connection timed out", "Broken pipe",
		"No route to host",     "Network is unreachable",
		"Host is down",         "server closed the connection unexpectedly"};

	for (size_t i = 0; i < ARRAY_LEN(lost); i++)
		if (memmem(line.ptr, line.len, lost[i], strlen(lost[i])))
			return true;
	return false;
}

static bool said_no(const struct pg *p)
{
	struct text_split lines = text_split_start(text_of(PQerrorMessage(p->c)));
	struct text line;

	while (text_next(&lines, '\n', &line))
		if (memmem(line.ptr, line.len, " failed: ", 9) && !is_silence(line))
			return true;
	return false;
}

static enum net_result go_on(struct pg *p, const struct wait *w)
{
	PostgresPollingStatusType next = PGRES_POLLING_WRITING;

	while (next != PGRES_POLLING_OK) {
		enum net_result r;

		if (next == PGRES_POLLING_FAILED || PQsocket(p->c) < 0)
			return NET_FAILED;
		r = net_ready(PQsocket(p->c), next == PGRES_POLLING_READING ? POLLIN : POLLOUT, w);
		if (r != NET_OK)
			return r;
		next = PQconnectPoll(p->c);
	}
	return PQsetnonblocking(p->c, 1) == 0 ? NET_OK : NET_FAILED;
}

static void hush(void *context, const char *message)
{
	(void)context;
	(void)message;
}

enum net_result pg_connect(struct arena *a, const struct pg_target *to, const struct wait *w,
			   struct pg **out, struct pg_failure *failure)
{
	struct net_addresses found;
	enum net_result r = net_resolve(to->host, to->port, w, &found, &failure->why);
	struct pg *p;
	struct options o;

	failure->connected = failure->said_no = false;
	if (r != NET_OK)
		return r;
	o = options_of(a, to, &found);
	p = xcalloc(1, sizeof(*p));
	p->secret = to->password;
	p->c = PQconnectStartParams(o.names, o.values, 0);
	if (p->c)
		PQsetNoticeProcessor(p->c, hush, NULL);
	r = p->c && PQstatus(p->c) != CONNECTION_BAD ? go_on(p, w) : NET_FAILED;
	if (r == NET_OK) {
		*out = p;
		return r;
	}
	failure->connected = p->c && PQstatus(p->c) != CONNECTION_STARTED;
	failure->why = p->c ? why_not(a, p) : "no memory";
	failure->said_no = r == NET_FAILED && p->c && said_no(p);
	pg_close(p);
	return r;
}

void pg_close(struct pg *p)
{
	if (!p)
		return;
	PQfinish(p->c);
	free(p);
}

/* --- asking --------------------------------------------------------------------------------- */

static enum net_result flush(struct pg *p, const struct wait *w)
{
	int more;

	while ((more = PQflush(p->c)) > 0) {
		enum net_result r = net_ready(PQsocket(p->c), POLLOUT, w);

		if (r != NET_OK)
			return r;
	}
	return more < 0 ? NET_FAILED : NET_OK;
}

/* By this connection so far. */
static uint64_t received(const struct pg *p)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	getsockopt(PQsocket(p->c), IPPROTO_TCP, TCP_INFO, &info, &len);
	return info.tcpi_bytes_received;
}

static bool is_too_long(const struct pg *p)
{
	return received(p) > p->before + ANSWER_LEN;
}

/* Until a result can be taken without waiting. */
static enum net_result fill(struct pg *p, const struct wait *w)
{
	while (PQisBusy(p->c)) {
		enum net_result r = net_ready(PQsocket(p->c), POLLIN, w);

		if (r != NET_OK)
			return r;
		if (is_too_long(p) || !PQconsumeInput(p->c))
			return NET_FAILED;
	}
	/* All of it may come in one go. */
	return is_too_long(p) ? NET_FAILED : NET_OK;
}

static void take_row(struct arena *a, const PGresult *result, struct pg_row *out)
{
	if (PQntuples(result) < 1)
		return;
	*out = (struct pg_row){.count = (size_t)PQnfields(result)};
	out->values = ARENA_ARRAY(a, out->count, const char *);
	for (int i = 0; i < (int)out->count; i++) {
		if (!PQgetisnull(result, 0, i))
			out->values[i] = arena_strdup(a, PQgetvalue(result, 0, i));
	}
}

static bool is_conflict(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state && strcmp(state, "40001") == 0;
}

static void take(struct pg *p, struct arena *a, const PGresult *result, struct pg_reply *out)
{
	ExecStatusType status = PQresultStatus(result);
	const char *said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (status == PGRES_TUPLES_OK)
		take_row(a, result, &out->row);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
	    status == PGRES_EMPTY_QUERY || out->answer != PG_ROW)
		return;
	/* COPY and the like would go on for ever. */
	out->answer = is_conflict(result) ? PG_CONFLICT : PG_REFUSED;
	out->why = check_foreign(a, text_of(said ? said : "that is no question"), p->secret);
}

static bool is_copy(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

static enum net_result take_all(struct pg *p, struct arena *a, const struct wait *w,
				struct pg_reply *out)
{
	for (;;) {
		enum net_result r = fill(p, w);
		PGresult *result;
		bool over;

		if (r != NET_OK)
			return r;
		result = PQgetResult(p->c);
		if (!result)
			return NET_OK;
		take(p, a, result, out);
		over = is_copy(result);
		PQclear(result);
		if (over)
			return NET_OK;
	}
}

static void say_gone(struct pg *p, struct arena *a, enum net_result r, struct pg_reply *out)
{
	*out = (struct pg_reply){.answer = PG_NONE, .result = r, .why = why_not(a, p)};
	if (is_too_long(p))
		out->why = "more was answered than any question asks for";
}

void pg_ask(struct pg *p, struct arena *a, const char *sql, const struct wait *w,
	    struct pg_reply *out)
{
	enum net_result r = NET_FAILED;

	*out = (struct pg_reply){.answer = PG_ROW};
	p->before = received(p);
	if (PQsendQuery(p->c, sql))
		r = flush(p, w);
	if (r == NET_OK)
		r = take_all(p, a, w, out);
	if (PQstatus(p->c) == CONNECTION_BAD && out->answer == PG_CONFLICT)
		out->answer = PG_REFUSED;
	else if (r != NET_OK)
		say_gone(p, a, r, out);
}

enum net_result pg_rest(struct pg *p, const struct wait *w)
{
	return net_ready(PQsocket(p->c), POLLIN, w);
}
