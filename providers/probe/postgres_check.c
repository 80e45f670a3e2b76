/* postgres_check.c - which role a PostgreSQL server has, how far behind it is, and a question of
 * the user's.
 *
 * How lag is measured: on a standby, what of the WAL that it received it has not replayed yet,
 * and how old the last replayed commit is.  The age alone would grow on a standby whose primary
 * is idle, so with a stream that is open and all replayed the lag is 0; and where the end was not
 * reached at first sight it is asked again for a moment: WAL that was received at one moment and
 * replayed at a later one is no further behind than the time between.  On a primary the same is
 * done with the standby that is furthest behind. */
#include <string.h>

#include "base/clock.h"
#include "providers/probe/check.h"
#include "providers/probe/postgres.h"

#define PORT 5432
#define CONFLICTS_MAX 3
#define REST_MS 40
#define RESTS_MS 400 /* all of them */
#define YOUNG_MS 500 /* a lag that need not be looked at twice */
#define MB_MAX ((int64_t)1 << 50)

enum fact {
	FACT_STANDBY,
	FACT_READ_ONLY,
	FACT_LSN,
	FACT_END,      /* of the WAL that is to be replayed, here or on a standby */
	FACT_REPLAYED, /* how far that is */
	FACT_BYTES,
	FACT_SECONDS,
	FACT_STREAMS, /* how many are open */
	FACT_HIDDEN,  /* how many are there and may not be looked at */
	FACT_HEARD,   /* seconds since the primary said something */
	FACT_COMMIT,
	FACT_REPLAY,
	FACT_TIMELINE,
	FACT_COUNT
};

#define RFC3339 "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'"

/* Functions that a server in the other role refuses stand in a CASE.  Reads no table. */
static const char facts[] =
	"WITH s AS MATERIALIZED (SELECT pg_catalog.pg_is_in_recovery() AS standby),"
	" here AS MATERIALIZED (SELECT standby,"
	"  CASE WHEN standby THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS lsn,"
	"  CASE WHEN standby THEN pg_last_wal_receive_lsn() END AS received FROM s),"
	" w AS MATERIALIZED (SELECT count(*) FILTER (WHERE coalesce(status, 'streaming') ="
	"   'streaming') AS streams, max(latest_end_lsn) AS last,"
	"  max(received_tli) AS timeline,"
	"  max(extract(epoch FROM clock_timestamp() - last_msg_receipt_time)) AS heard"
	"  FROM pg_catalog.pg_stat_wal_receiver),"
	" r AS MATERIALIZED (SELECT count(*) FILTER (WHERE state = 'streaming') AS streams,"
	"  count(*) FILTER (WHERE state IS NULL) AS hidden,"
	"  min(replay_lsn) FILTER (WHERE state = 'streaming') AS replayed,"
	"  max(extract(epoch FROM replay_lag)) FILTER (WHERE state = 'streaming') AS seconds"
	"  FROM pg_catalog.pg_stat_replication),"
	" f AS MATERIALIZED (SELECT standby, lsn,"
	"  CASE WHEN standby THEN greatest(received, w.last) ELSE lsn END AS last,"
	"  CASE WHEN standby THEN lsn ELSE r.replayed END AS replayed,"
	"  CASE WHEN standby THEN w.streams ELSE r.streams END AS streams,"
	"  CASE WHEN standby THEN 0 ELSE r.hidden END AS hidden,"
	"  CASE WHEN standby THEN extract(epoch FROM clock_timestamp() -"
	"   pg_last_xact_replay_timestamp()) ELSE r.seconds END AS seconds,"
	"  w.heard, w.timeline FROM here, w, r)"
	" SELECT standby, current_setting('default_transaction_read_only'), lsn, last, replayed,"
	" greatest(0, pg_wal_lsn_diff(last, replayed))::bigint, seconds, streams, hidden, heard,"
	" to_char(CASE WHEN NOT standby AND current_setting('track_commit_timestamp')::bool"
	"  THEN (SELECT timestamp FROM pg_last_committed_xact())"
	"  ELSE pg_last_xact_replay_timestamp() END AT TIME ZONE 'UTC', " RFC3339 "),"
	" to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', " RFC3339 "),"
	" CASE WHEN standby THEN coalesce(timeline, (SELECT timeline_id FROM"
	"  pg_control_checkpoint())) ELSE"
	"  ('x' || substr(pg_walfile_name(lsn), 1, 8))::bit(32)::int END"
	" FROM f";

enum role { ROLE_ANY, ROLE_PRIMARY, ROLE_STANDBY };

struct postgres {
	struct check *c;
	struct pg_target target;
	const char *place; /* "127.0.0.1:5432" */
	enum role role;
	bool asks_writable, writable;
	int64_t max_lag_ms, max_lag_bytes; /* -1: any */
	const char *query, *expect;
	struct pg *pg;
	/* what was found */
	bool is_standby, is_read_only;
	int64_t lag_ms, lag_bytes; /* -1: not known */
	int64_t streams, hidden;
	const char *said; /* by the query */
};

/* --- what is asked for -------------------------------------------------------------------- */

static int read_word(struct check *c, const char *key, const char *const *words, size_t *out)
{
	const char *text = NULL, *list = "";

	if (check_text(c, key, &text) < 0)
		return -1;
	for (size_t i = 0; words[i]; i++) {
		list = arena_printf(c->arena, "%s%s%s", list, i ? ", " : "", words[i]);
		if (text && strcmp(text, words[i]) == 0) {
			*out = i;
			return 0;
		}
	}
	return text ? check_refuse(c, key, arena_printf(c->arena, "it is one of %s", list)) : 0;
}

/* "16MB", "512kB"; a number is bytes. */
static int read_size(struct check *c, const char *key, int64_t *out)
{
	static const struct {
		const char *unit;
		int64_t bytes;
	} units[] = {{"TB", 1LL << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"kB", 1 << 10},
		     {"KB", 1 << 10},   {"B", 1},        {"", 1}};
	const char *text = NULL;
	struct text t;
	int64_t number;

	if (check_text(c, key, &text) < 0)
		return -1;
	if (!text)
		return 0;
	t = text_trim(text_of(text));
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		struct text digits = {t.ptr, t.len - strlen(units[i].unit)};

		if (!text_ends(t, units[i].unit) ||
		    !text_to_int64(text_trim(digits), 0, MB_MAX / units[i].bytes, &number))
			continue;
		*out = number * units[i].bytes;
		return 0;
	}
	return check_refuse(c, key, "it is a size such as 16MB");
}

static int read_tls(struct postgres *p)
{
	static const char *const modes[] = {"disable",   "allow",       "prefer", "require",
					    "verify-ca", "verify-full", NULL};
	const struct http_settings *own = &p->c->session->settings.http;
	size_t mode = 2;

	if (check_path(p->c, "CaFile", &p->target.ca_file) < 0)
		return -1;
	if (p->target.ca_file)
		mode = 5;
	if (read_word(p->c, "SslMode", modes, &mode) < 0)
		return -1;
	if (mode >= 4 && !p->target.ca_file)
		p->target.ca_file = own->ca_file;
	p->target.ssl_mode = modes[mode];
	p->target.cert_file = own->cert_file;
	p->target.key_file = own->key_file;
	return 0;
}

static int read_target(struct postgres *p)
{
	struct check *c = p->c;
	int64_t port = PORT;

	if (check_host(c, "Host", &p->target.host) < 0 ||
	    check_number(c, "Port", 1, 65535, &port) < 0 ||
	    check_text(c, "User", &p->target.user) < 0 ||
	    check_text(c, "Password", &p->target.password) < 0 ||
	    check_text(c, "Database", &p->target.database) < 0)
		return -1;
	if (!p->target.user)
		return check_refuse(c, "User", "it is required: whom the server knows");
	p->target.port = (int)port;
	p->place = arena_printf(c->arena,
				strchr(p->target.host, ':') && p->target.host[0] != '[' ? "[%s]:%d"
											: "%s:%d",
				p->target.host, (int)port);
	return read_tls(p);
}

static int read_wishes(struct postgres *p)
{
	static const char *const roles[] = {"any", "primary", "standby", NULL};
	struct check *c = p->c;
	size_t role = ROLE_ANY;

	p->max_lag_ms = p->max_lag_bytes = p->lag_ms = p->lag_bytes = -1;
	p->asks_writable = json_object_get(c->args, "Writable") != NULL;
	if (read_word(c, "Role", roles, &role) < 0 || check_flag(c, "Writable", &p->writable) < 0 ||
	    check_duration(c, "MaxLag", &p->max_lag_ms) < 0 ||
	    read_size(c, "MaxLagBytes", &p->max_lag_bytes) < 0 ||
	    check_text(c, "Query", &p->query) < 0 || check_text(c, "Expect", &p->expect) < 0)
		return -1;
	p->role = (enum role)role;
	if (p->expect && !p->query)
		return check_refuse(c, "Expect", "it is what a Query is to answer");
	return 0;
}

/* --- asking ------------------------------------------------------------------------------- */

/* 0: r has the row; 1: the check is answered; -1. */
static int ask(struct postgres *p, const char *sql, struct pg_reply *r)
{
	struct wait w = check_wait(p->c);
	struct check_end end;
	int tries = 0;

	do {
		pg_ask(p->pg, p->c->arena, sql, &w, r);
	} while (r->answer == PG_CONFLICT && ++tries < CONFLICTS_MAX);
	if (r->answer == PG_ROW)
		return 0;
	end = (struct check_end){.result = r->answer == PG_NONE ? r->result : NET_FAILED,
				 .why = r->why,
				 .connected = true,
				 .unasked = r->answer != PG_NONE};
	return check_say_end(p->c, p->place, &end) < 0 ? -1 : 1;
}

static int64_t number_of(const char *text, double unit)
{
	double number;

	return text && text_to_double(text_of(text), &number) && number < 1e15
		       ? (int64_t)(number * unit)
		       : -1;
}

static bool is_true(const char *text)
{
	return text && strcmp(text, "t") == 0;
}

/* Upper and lower half of "16/B374D848"; 0 when it is none. */
static uint64_t lsn_of(const char *text)
{
	uint64_t half = 0, whole = 0;

	for (; text && *text; text++) {
		const char *digits = "0123456789ABCDEF", *at = strchr(digits, *text);

		if (*text == '/') {
			whole = half << 32;
			half = 0;
		} else if (at) {
			half = (half << 4 | (uint64_t)(at - digits)) & 0xffffffff;
		} else {
			return 0;
		}
	}
	return whole | half;
}

struct rest {
	struct check *c;
	int64_t until_ms;
};

static int64_t rest_left_ms(void *context)
{
	const struct rest *r = context;
	int64_t left_ms = r->until_ms - check_passed_ms(r->c);

	return left_ms > 0 ? left_ms : 0;
}

static int rest_stop(void *context)
{
	const struct rest *r = context;

	return check_stop(r->c);
}

static void wait_a_moment(struct postgres *p)
{
	struct rest rest = {p->c, check_passed_ms(p->c) + REST_MS};
	struct wait w = {rest_left_ms, rest_stop, &rest};

	pg_rest(p->pg, &w);
}

/* Whether what was there at first has been replayed by now, and how long that took. */
static int look_again(struct postgres *p, uint64_t end)
{
	int64_t from_ms = check_passed_ms(p->c);
	struct pg_reply r;

	while (check_passed_ms(p->c) - from_ms < RESTS_MS && check_left_ms(p->c) > 2 * REST_MS) {
		int answered;

		wait_a_moment(p);
		answered = ask(p, facts, &r);
		if (answered)
			return answered;
		if (r.row.count == FACT_COUNT && lsn_of(r.row.values[FACT_REPLAYED]) >= end) {
			p->lag_ms = check_passed_ms(p->c) - from_ms;
			return 0;
		}
	}
	return 0;
}

/* Seconds: of what streams and is replayed to its end there is none. */
static int judge_lag(struct postgres *p, const char **v)
{
	uint64_t end = lsn_of(v[FACT_END]), replayed = lsn_of(v[FACT_REPLAYED]);
	int64_t age_ms = number_of(v[FACT_SECONDS], 1000);

	p->streams = number_of(v[FACT_STREAMS], 1);
	p->hidden = number_of(v[FACT_HIDDEN], 1);
	p->lag_bytes = v[FACT_END] && v[FACT_REPLAYED] ? number_of(v[FACT_BYTES], 1) : -1;
	p->lag_ms = age_ms;
	if (v[FACT_SECONDS] && v[FACT_SECONDS][0] == '-')
		p->lag_ms = 0; /* clocks differ */
	if (p->streams < 1)
		return 0;
	if (end && replayed >= end)
		p->lag_ms = 0;
	else if (end && (age_ms < 0 || age_ms > YOUNG_MS))
		return look_again(p, end);
	return 0;
}

/* --- what was measured -------------------------------------------------------------------- */

static void measure_text(struct postgres *p, const char *name, const char *value)
{
	if (value)
		check_measure(p->c, name,
			      json_string(check_foreign(p->c->arena, text_of(value),
							p->target.password)));
}

static void measure_lag(struct postgres *p, const char **v)
{
	if (p->lag_ms >= 0)
		check_measure(p->c, "LagSeconds", json_real((double)p->lag_ms / 1000));
	if (p->lag_bytes >= 0)
		check_measure(p->c, "LagBytes", json_integer(p->lag_bytes));
	if (p->is_standby)
		check_measure(p->c, "Streaming", json_boolean(p->streams > 0));
	else
		check_measure(p->c, "Standbys", json_integer(p->streams + p->hidden));
	if (number_of(v[FACT_HEARD], 1000) >= 0)
		check_measure(p->c, "HeardSeconds",
			      json_real((double)number_of(v[FACT_HEARD], 1000) / 1000));
}

static int look(struct postgres *p)
{
	struct pg_reply r;
	const char **v;
	int answered = ask(p, facts, &r);

	if (answered)
		return answered;
	if (r.row.count != FACT_COUNT) {
		check_say(p->c, false, "no answer of a PostgreSQL server (%s)", p->place);
		return 1;
	}
	v = r.row.values;
	p->is_standby = is_true(v[FACT_STANDBY]);
	p->is_read_only = v[FACT_READ_ONLY] && strcmp(v[FACT_READ_ONLY], "on") == 0;
	answered = judge_lag(p, v);
	if (answered)
		return answered;
	check_measure(p->c, "Role", json_string(p->is_standby ? "standby" : "primary"));
	check_measure(p->c, "Writable", json_boolean(!p->is_standby));
	check_measure(p->c, "ReadOnly", json_boolean(p->is_read_only));
	measure_lag(p, v);
	measure_text(p, "Lsn", v[FACT_LSN]);
	measure_text(p, "LastCommit", v[FACT_COMMIT]);
	measure_text(p, "LastReplay", v[FACT_REPLAY]);
	if (number_of(v[FACT_TIMELINE], 1) >= 0)
		check_measure(p->c, "Timeline", json_integer(number_of(v[FACT_TIMELINE], 1)));
	return 0;
}

/* A server that gives a question up sooner than it is waited for would seem to have refused it. */
#define GRACE_MS 1000

/* Whatever the user asks: nothing is changed, and nothing goes on without us for long. */
static int put_query(struct postgres *p)
{
	struct arena *a = p->c->arena;
	struct pg_reply r;
	int answered;

	if (!p->query)
		return 0;
	answered = ask(p,
		       arena_printf(a,
				    "SET default_transaction_read_only TO on;"
				    "SET statement_timeout TO %lld",
				    (long long)check_left_ms(p->c) + GRACE_MS),
		       &r);
	if (!answered)
		answered = ask(p, p->query, &r);
	if (answered)
		return answered;
	p->said = r.row.count && r.row.values[0] ? r.row.values[0] : NULL;
	measure_text(p, "Query", p->said);
	return 0;
}

/* --- what came of it ---------------------------------------------------------------------- */

/* NULL: all is as wished. */
static const char *wrong_role(const struct postgres *p)
{
	if (p->role == ROLE_PRIMARY && p->is_standby)
		return "a standby, not the primary";
	if (p->role == ROLE_STANDBY && !p->is_standby)
		return "a primary, not a standby";
	if (!p->asks_writable)
		return NULL;
	if (p->writable && p->is_standby)
		return "a standby, which takes no writes";
	if (p->writable && p->is_read_only)
		return "read only by default_transaction_read_only";
	return !p->writable && !p->is_standby ? "a primary, which takes writes" : NULL;
}

static const char *duration_text(const struct postgres *p, int64_t ms)
{
	char *text = arena_alloc(p->c->arena, CLOCK_TEXT_LEN);

	clock_format_duration(ms, text);
	return text;
}

static const char *wrong_lag(const struct postgres *p)
{
	bool asked = p->max_lag_ms >= 0 || p->max_lag_bytes >= 0;
	struct arena *a = p->c->arena;

	if (!asked)
		return NULL;
	if (!p->is_standby && p->streams < 1)
		return p->hidden > 0 ? "how far standbys are behind is hidden from this user: "
				       "GRANT pg_monitor"
				     : "no standby streams from it";
	if (p->max_lag_ms >= 0 && p->lag_ms < 0)
		return "how far behind is not known";
	if (p->max_lag_ms >= 0 && p->lag_ms > p->max_lag_ms)
		return arena_printf(a, "%s behind%s, more than %s", duration_text(p, p->lag_ms),
				    p->streams > 0 ? "" : " and not streaming",
				    duration_text(p, p->max_lag_ms));
	if (p->max_lag_bytes >= 0 && (p->lag_bytes < 0 || p->lag_bytes > p->max_lag_bytes))
		return arena_printf(a, "%lld bytes behind, more than %lld", (long long)p->lag_bytes,
				    (long long)p->max_lag_bytes);
	return NULL;
}

static const char *wrong_answer(const struct postgres *p)
{
	if (!p->query)
		return NULL;
	if (!p->said)
		return "the Query gave no value";
	if (p->expect)
		return strcmp(p->said, p->expect) == 0 ? NULL
						       : "the Query gave another value than Expect";
	return strcmp(p->said, "f") == 0 ? "the Query gave false" : NULL;
}

/* "standby in 3 ms, 0ms behind", "primary in 3 ms". */
static const char *fact_text(const struct postgres *p)
{
	const char *lag = "";
	struct arena *a = p->c->arena;

	if (p->is_standby && p->streams < 1)
		lag = ", not streaming";
	else if (p->is_standby && p->lag_ms >= 0)
		lag = arena_printf(a, ", %s behind", duration_text(p, p->lag_ms));
	return arena_printf(a, "%s in %lld ms%s", p->is_standby ? "standby" : "primary",
			    (long long)check_passed_ms(p->c), lag);
}

static int judge(struct postgres *p)
{
	const char *wrong = wrong_role(p);

	if (!wrong)
		wrong = wrong_lag(p);
	if (!wrong)
		wrong = wrong_answer(p);
	if (wrong)
		return check_say_no(p->c, "%s (%s)", wrong, fact_text(p));
	return check_say(p->c, true, "%s", fact_text(p));
}

static int connect_and_look(struct postgres *p)
{
	struct wait w = check_wait(p->c);
	struct pg_failure failure = {.why = ""};
	enum net_result r = pg_connect(p->c->arena, &p->target, &w, &p->pg, &failure);
	const struct check_end end = {.result = r,
				      .why = failure.why,
				      .connected = failure.connected,
				      .unasked = failure.said_no};
	int answered;

	if (r == NET_FAILED && strcmp(failure.why, PG_CONNECTION_REFUSED) == 0)
		check_measure(p->c, "Refused", json_true());
	if (r != NET_OK)
		return check_say_end(p->c, p->place, &end);
	answered = look(p);
	if (!answered)
		answered = put_query(p);
	if (answered)
		return answered < 0 ? -1 : 0;
	return judge(p);
}

int check_postgres(struct check *c)
{
	struct postgres p = {.c = c};
	int answer;

	if (read_target(&p) < 0 || read_wishes(&p) < 0)
		return -1;
	answer = connect_and_look(&p);
	pg_close(p.pg);
	return answer;
}
