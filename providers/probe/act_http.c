#include "providers/probe/act_http.h"

#include <string.h>

#include "base/clock.h"

/* --- what came of it ---------------------------------------------------------------------- */

/* No byte of it left: nobody has done anything. */
static int not_sent(struct action *act, const char *host, const struct http_answer *a)
{
	int status = a->timed_out                    ? HD_UNREACHABLE
		     : a->unsendable || a->untrusted ? HD_FATAL
						     : HD_RETRY;

	fault_set(&act->c.fault, status, DIAG_PROBE_CALL, "the request could not be sent");
	fault_detail(&act->c.fault, "%s: %s", host, a->why);
	return -1;
}

static int lost(struct action *act, const char *host, const struct http_answer *a,
		enum act_doubt doubt)
{
	char limit[CLOCK_TEXT_LEN];
	struct fault *f = &act->c.fault;

	clock_format_duration(act->c.timeout_ms, limit);
	if (doubt == ACT_MAY_REPEAT)
		fault_set(f, a->timed_out ? HD_UNREACHABLE : HD_RETRY, DIAG_PROBE_CALL,
			  "the request got no whole answer");
	else
		fault_set(f, HD_FATAL, DIAG_PROBE_DOUBT,
			  "the request was sent, and whether it was carried out is not known");
	fault_detail(f, "%s: %s", host,
		     a->timed_out ? arena_printf(act->c.arena, "no whole answer within %s", limit)
				  : a->why);
	if (doubt == ACT_MAY_REPEAT)
		return -1;
	f->effect = HD_EFFECT_UNKNOWN;
	fault_hint(f,
		   "look at the other side; it got Idempotency-Key %s, and a retry sends the "
		   "same one",
		   act->key);
	return -1;
}

static int stopped(struct action *act, const struct http_answer *a, enum act_doubt doubt)
{
	check_stopped(&act->c);
	if (a->sent && doubt == ACT_MUST_NOT)
		act->c.fault.effect = HD_EFFECT_UNKNOWN;
	return -1;
}

/* Who says "later" has done nothing. */
static bool is_later(struct action *act, const struct http_answer *a, int64_t *wait_ms)
{
	const struct hd_host *host = act->c.call.host;
	int64_t wall_ms = HD_KNOWS(struct hd_host, host, wall_ms) && host->wall_ms
				  ? host->wall_ms(act->c.call.op)
				  : clock_real()->wall_ms(clock_real());

	*wait_ms = http_retry_after(a, wall_ms);
	return a->status == 429 || (a->status == 503 && http_header(a, "retry-after"));
}

static int unwanted(struct action *act, const struct request_keys *k, const char *host,
		    const struct http_answer *a)
{
	struct fault *f = &act->c.fault;
	int64_t wait_ms;
	bool later = is_later(act, a, &wait_ms);

	fault_set(f, later ? HD_THROTTLED : HD_FATAL, DIAG_PROBE_STATUS,
		  "the request was answered with HTTP %d, not %s", a->status, k->expected.text);
	fault_detail(f, "by %s in %lld ms", host, (long long)check_passed_ms(&act->c));
	if (later && wait_ms > 0)
		act->c.call.host->set_retry_after(act->c.call.op, wait_ms);
	if (!later && a->status >= 500 && !request_keys_repeat(k))
		f->effect = HD_EFFECT_UNKNOWN;
	return -1;
}

/* --- asking ------------------------------------------------------------------------------- */

static void send_it(struct action *act, struct http_client *client, const struct request_keys *k,
		    struct http_answer *out)
{
	struct http_request r = {
		.method = k->method,
		.url = k->url,
		.headers = k->headers,
		.header_count = k->header_count,
		.body = text_of(k->body),
		.has_body = k->body != NULL,
		.timeout_ms = check_left_ms(&act->c) > 0 ? check_left_ms(&act->c) : 1,
		.stop = check_stop,
		.context = &act->c,
		.fresh = true,
		.body_max = ACT_BODY_LEN,
	};

	http_send(client, act->c.arena, &r, out);
}

int act_send(struct action *act, struct request_keys *k, enum act_doubt doubt,
	     struct http_answer *out)
{
	struct http_settings own = act->c.session->settings.http;
	struct http_client *client = act->c.session->client;
	const char *host = http_host_of(act->c.arena, k->url), *ca_file = NULL;

	if (check_path(&act->c, "CaFile", &ca_file) < 0)
		return -1;
	if (*act->key)
		request_keys_add(k, "Idempotency-Key", act->key);
	if (ca_file) {
		own.ca_file = ca_file;
		client = http_client_new(&own);
	}
	send_it(act, client, k, out);
	if (ca_file)
		http_client_free(client);
	if (out->result == HTTP_STOPPED)
		return stopped(act, out, doubt);
	if (out->result == HTTP_NOT_SENT)
		return not_sent(act, host, out);
	if (out->result == HTTP_LOST)
		return lost(act, host, out, doubt);
	return status_has(&k->expected, out->status) ? 0 : unwanted(act, k, host, out);
}

/* --- http --------------------------------------------------------------------------------- */

/* A part of a character at the cut goes; what is no text at all is shown with question marks. */
static char *readable(struct arena *a, const struct http_answer *answer)
{
	char *text = arena_text(a, answer->body);
	struct text t = {text, answer->body.len};
	size_t bad;

	while (!text_utf8_valid(t, &bad)) {
		if (answer->cut && t.len - bad < 4)
			t.len = bad;
		else
			text[bad] = '?';
	}
	text[t.len] = '\0';
	return text;
}

static void give(struct action *act, const struct http_answer *a)
{
	const char *body = readable(act->c.arena, a);
	json_t *json = a->cut ? NULL : json_parse(text_of(body), NULL, NULL);

	json_object_set_new(act->result, "Status", json_integer(a->status));
	json_object_set_new(act->result, "Body", json_string(body));
	if (json)
		json_object_set_new(act->result, "Json", json);
}

static int missing_text(struct action *act, const struct http_answer *a)
{
	fault_set(&act->c.fault, HD_FATAL, DIAG_PROBE_STATUS,
		  "the answer has not the text of Contains");
	fault_detail(&act->c.fault, "HTTP %d in %lld ms%s", a->status,
		     (long long)check_passed_ms(&act->c),
		     a->cut ? "; its first 64 KiB were looked at" : "");
	act->c.fault.effect = HD_EFFECT_DONE;
	return -1;
}

int act_http(struct action *act)
{
	struct request_keys k;
	const char *contains = NULL;
	struct http_answer a;

	if (request_keys_read(&act->c, &k) < 0 || check_text(&act->c, "Contains", &contains) < 0 ||
	    act_send(act, &k, request_keys_repeat(&k) ? ACT_MAY_REPEAT : ACT_MUST_NOT, &a) < 0)
		return -1;
	if (contains && !memmem(a.body.ptr, a.body.len, contains, strlen(contains)))
		return missing_text(act, &a);
	give(act, &a);
	return 0;
}
