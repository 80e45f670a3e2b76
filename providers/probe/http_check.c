/* http_check.c - one request, and redirects where they are wanted. */
#include <string.h>

#include "base/clock.h"
#include "providers/probe/check.h"
#include "providers/probe/request.h"

#define BODY_LEN ((size_t)1 << 20)
#define REDIRECTS_MAX 10
#define TLS_DAYS_MAX 3650
#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

struct http_check {
	struct check *c;
	struct http_client *client;
	struct request_keys ask; /* of the request that is out */
	const char *contains;
	bool follows;
	int64_t tls_days; /* -1: any number of them */
	size_t redirects; /* that were followed */
	struct http_answer answer;
};

/* --- what is asked for -------------------------------------------------------------------- */

static bool is_https(const char *url)
{
	return strncasecmp(url, "https:", 6) == 0;
}

static bool asks_only(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static int check_together(struct http_check *h)
{
	if (h->tls_days >= 0 && !is_https(h->ask.url) && !h->follows)
		return check_refuse(h->c, "TlsDays", "the Url has no TLS");
	if (h->follows && !asks_only(h->ask.method))
		return check_refuse(h->c, "FollowRedirects", "only GET and HEAD are redirected");
	if (h->contains && strcmp(h->ask.method, "HEAD") == 0)
		return check_refuse(h->c, "Contains", "an answer to HEAD has no body");
	return 0;
}

static int read_arguments(struct http_check *h)
{
	struct check *c = h->c;

	h->tls_days = -1;
	if (request_keys_read(c, &h->ask) < 0 || check_text(c, "Contains", &h->contains) < 0 ||
	    check_flag(c, "FollowRedirects", &h->follows) < 0 ||
	    check_number(c, "TlsDays", 0, TLS_DAYS_MAX, &h->tls_days) < 0)
		return -1;
	return check_together(h);
}

/* --- asking ------------------------------------------------------------------------------- */

static struct http_request request_of(const struct http_check *h)
{
	return (struct http_request){
		.method = h->ask.method,
		.url = h->ask.url,
		.headers = h->ask.headers,
		.header_count = h->ask.header_count,
		.body = text_of(h->ask.body),
		.has_body = h->ask.body != NULL,
		.timeout_ms = check_left_ms(h->c) > 0 ? check_left_ms(h->c) : 1,
		.stop = check_stop,
		.context = h->c,
		.fresh = true,
		.wants_expiry = true,
		.body_max = BODY_LEN,
	};
}

/* What a certificate is worth that was refused because its time is over. */
static void look_at_expired(struct http_check *h)
{
	struct http_request r = request_of(h);
	struct http_answer shown;

	http_touch(h->client, h->c->arena, &r, &shown);
	h->answer.expires_ms = shown.expires_ms;
}

static bool same_place(struct arena *a, const char *x, const char *y)
{
	return is_https(x) == is_https(y) &&
	       strcasecmp(http_host_of(a, x), http_host_of(a, y)) == 0;
}

/* The URL to go on with; NULL: this is the answer.  Out of TLS nothing is followed. */
static const char *next_url(const struct http_check *h)
{
	const struct http_answer *a = &h->answer;
	const char *to;

	if (!h->follows || a->result != HTTP_ANSWERED || a->status < 300 || a->status > 399 ||
	    h->redirects == REDIRECTS_MAX)
		return NULL;
	to = http_location(h->c->arena, h->ask.url, a);
	return to && (is_https(to) || !is_https(h->ask.url)) ? to : NULL;
}

/* Headers are for the place that they were written for. */
static void ask(struct http_check *h)
{
	for (;;) {
		struct http_request r = request_of(h);
		const char *next;

		http_send(h->client, h->c->arena, &r, &h->answer);
		next = next_url(h);
		if (!next)
			break;
		if (!same_place(h->c->arena, h->ask.url, next))
			h->ask.header_count = 0;
		h->ask.url = next;
		h->redirects++;
	}
	if (h->answer.expired)
		look_at_expired(h);
}

/* --- what came of it ---------------------------------------------------------------------- */

static int64_t wall_ms(const struct http_check *h)
{
	const struct hd_host *host = h->c->call.host;

	if (HD_KNOWS(struct hd_host, host, wall_ms) && host->wall_ms)
		return host->wall_ms(h->c->call.op);
	return clock_real()->wall_ms(clock_real());
}

/* "3 days", "1 hour". */
static const char *span_of_time(struct arena *a, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *one;
	} units[] = {{DAY_MS, "day"}, {HOUR_MS, "hour"}, {MINUTE_MS, "minute"}, {1000, "second"}};
	size_t i = 0;
	int64_t count;

	while (i + 1 < ARRAY_LEN(units) && ms < units[i].ms)
		i++;
	count = ms / units[i].ms;
	return arena_printf(a, "%lld %s%s", (long long)count, units[i].one, count == 1 ? "" : "s");
}

static int say_silence(struct http_check *h)
{
	const char *host = http_host_of(h->c->arena, h->ask.url);
	int64_t over_ms = wall_ms(h) - h->answer.expires_ms;

	if (h->answer.expired && h->answer.expires_ms && over_ms > 0)
		return check_say_unasked(h->c, "TLS certificate expired %s ago (%s)",
					 span_of_time(h->c->arena, over_ms), host);
	return check_say_silence(h->c, host, &h->answer);
}

/* "HTTP 200 in 12 ms after 2 redirects". */
static const char *fact(const struct http_check *h)
{
	const char *redirected = "";
	struct arena *a = h->c->arena;

	if (h->redirects)
		redirected = arena_printf(a, " after %zu redirect%s", h->redirects,
					  h->redirects == 1 ? "" : "s");
	return arena_printf(a, "HTTP %d in %lld ms%s", h->answer.status,
			    (long long)check_passed_ms(h->c), redirected);
}

static bool has_text(struct text body, const char *wanted)
{
	return memmem(body.ptr, body.len, wanted, strlen(wanted)) != NULL;
}

/* NULL: it ends late enough, or nobody asked. */
static const char *early_end(const struct http_check *h)
{
	int64_t left_ms = h->answer.expires_ms - wall_ms(h);

	if (h->tls_days < 0)
		return NULL;
	if (!h->answer.expires_ms)
		return "no TLS certificate whose end can be read";
	if (left_ms >= h->tls_days * DAY_MS)
		return NULL;
	return arena_printf(h->c->arena, "TLS certificate expires in %s, sooner than %lld days",
			    span_of_time(h->c->arena, left_ms > 0 ? left_ms : 0),
			    (long long)h->tls_days);
}

static void measure(struct http_check *h)
{
	int64_t left_ms = h->answer.expires_ms - wall_ms(h);

	check_measure(h->c, "Status", json_integer(h->answer.status));
	if (h->answer.expires_ms)
		check_measure(h->c, "TlsDays", json_integer(left_ms > 0 ? left_ms / DAY_MS : 0));
}

/* Who asks is not let in. */
static bool is_locked_out(int status)
{
	return status == 401 || status == 403 || status == 407;
}

static int judge(struct http_check *h)
{
	const char *found = fact(h), *early = early_end(h);
	bool redirects = h->answer.status >= 300 && h->answer.status <= 399;

	measure(h);
	if (!status_has(&h->ask.expected, h->answer.status) && is_locked_out(h->answer.status))
		return check_say_unasked(h->c, "%s, not %s", found, h->ask.expected.text);
	if (!status_has(&h->ask.expected, h->answer.status))
		return check_say_no(h->c, "%s, not %s%s", found, h->ask.expected.text,
				    redirects && !h->follows ? " (redirects are not followed)"
							     : "");
	if (h->contains && !has_text(h->answer.body, h->contains))
		return check_say_no(h->c, "%s, without the text of Contains%s", found,
				    h->answer.cut ? " in its first MB" : "");
	if (early)
		return check_say_no(h->c, "%s (%s)", early, found);
	return check_say(h->c, true, "%s", found);
}

static int carry_out(struct http_check *h)
{
	ask(h);
	if (h->answer.result == HTTP_STOPPED)
		return check_stopped(h->c);
	return h->answer.result == HTTP_ANSWERED ? judge(h) : say_silence(h);
}

/* A CaFile of its own needs a client of its own. */
int check_http(struct check *c)
{
	struct http_settings own = c->session->settings.http;
	struct http_check h = {.c = c, .client = c->session->client};
	const char *ca_file = NULL;
	int answer;

	if (read_arguments(&h) < 0 || check_path(c, "CaFile", &ca_file) < 0)
		return -1;
	if (!ca_file)
		return carry_out(&h);
	own.ca_file = ca_file;
	h.client = http_client_new(&own);
	answer = carry_out(&h);
	http_client_free(h.client);
	return answer;
}
