/* send.c - one request: where to, with what headers and authentication, and what came back. */
#include "providers/rest/send.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"

int64_t send_time_ms(const struct rest_session *s, const struct kit_call *c)
{
	int64_t left_ms = s->timeout_ms;

	if (c->deadline_ms && c->deadline_ms - kit_now_ms(c) < left_ms)
		left_ms = c->deadline_ms - kit_now_ms(c);
	return left_ms > 0 ? left_ms : 0;
}

static int stop(void *context)
{
	return kit_cancelled(context);
}

static int64_t wall_ms(const struct kit_call *c)
{
	if (HD_KNOWS(struct hd_host, c->host, wall_ms) && c->host->wall_ms)
		return c->host->wall_ms(c->op);
	return clock_real()->wall_ms(clock_real());
}

/* --- where to ---------------------------------------------------------------------------- */

/* An entry's own URL may have {$region} in it, so that one entry does for all regions. */
static const char *with_region(struct arena *a, const char *url, const char *region)
{
	static const char hole[] = "{$region}";
	const char *at = strstr(url, hole);

	if (!at)
		return url;
	return arena_printf(a, "%.*s%s%s", (int)(at - url), url, region,
			    with_region(a, at + strlen(hole), region));
}

static const char *endpoint_of(const struct exchange *x)
{
	const struct rest_session *s = x->s;
	const char *own = json_str(s->endpoints, x->ask.definition->service.name, s->endpoint);

	if (own)
		return with_region(x->a, own, s->aws_region);
	return json_str(x->ask.wish, "endpoint", NULL);
}

static int no_endpoint(const struct exchange *x, struct fault *f)
{
	fault_set(f, HD_FATAL, DIAG_REST_ENDPOINT, "nothing says where the service is");
	fault_detail(f, "neither the provider's entry nor the definition of %s has an Endpoint",
		     x->ask.definition->type);
	fault_hint(f, "write Endpoint: http://... into the entry of the provider");
	return -1;
}

/* --- headers --------------------------------------------------------------------------- */

static bool has_header(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++) {
		if (strcasecmp(r->headers[i].name, name) == 0)
			return true;
	}
	return false;
}

static void add_own_headers(struct exchange *x)
{
	const json_t *own = x->s->headers;
	struct http_request *r = &x->request;
	struct http_header *all;
	const char *name;
	json_t *value;

	if (!json_object_size(own))
		return;
	all = ARENA_ARRAY(x->a, r->header_count + json_object_size(own), struct http_header);
	if (r->header_count)
		memcpy(all, r->headers, r->header_count * sizeof(*all));
	json_object_foreach((json_t *)own, name, value)
	{
		if (!has_header(r, name))
			all[r->header_count++] =
				(struct http_header){arena_strdup(x->a, name),
						     arena_strdup(x->a, json_string_value(value))};
		r->headers = all;
	}
}

static int add_auth(struct exchange *x, struct fault *f)
{
	const struct service *service = &x->ask.definition->service;
	struct auth_place place = {
		.scheme = service->auth,
		.call = x->call,
		.region = service->signing_region ? service->signing_region : x->s->aws_region,
		.service = service->signing_name ? service->signing_name : service->name,
		.time_s = wall_ms(x->call) / 1000,
	};

	place.s3 = strcmp(place.service, "s3") == 0;
	x->plain_headers = x->request.header_count;
	return auth_apply(&x->s->auth, &place, x->a, &x->request, f);
}

static int prepare(struct exchange *x, struct fault *f)
{
	struct wish wish = {x->ask.definition, x->ask.step, x->ask.wish, x->endpoint};
	const char *why = "";

	if (protocol_request(x->a, &wish, &x->request, &why) < 0) {
		fault_set(f, HD_FATAL, DIAG_REST_RESULT,
			  "the definition asks for a request that cannot be made");
		fault_detail(f, "step '%s' of %s: %s", x->ask.step->name, x->ask.definition->type,
			     why);
		f->where = x->ask.step->where;
		return -1;
	}
	x->request.timeout_ms = send_time_ms(x->s, x->call);
	x->request.stop = stop;
	x->request.context = (void *)x->call;
	add_own_headers(x);
	return add_auth(x, f);
}

/* --- the answer ------------------------------------------------------------------------ */

bool exchange_failed(const struct exchange *x)
{
	return x->answer.status < 200 || x->answer.status >= 300;
}

static int read_body(struct exchange *x, struct fault *f)
{
	x->body = protocol_body(x->a, x->ask.definition, &x->answer, &x->unread);
	if (x->body)
		return 0;
	if (!exchange_failed(x))
		return refusal_unread(x, f);
	x->body = json_null();
	return 0;
}

int exchange_send(struct exchange *x, struct fault *f)
{
	x->endpoint = endpoint_of(x);
	if (!x->endpoint)
		return no_endpoint(x, f);
	if (prepare(x, f) < 0)
		return -1;
	http_send(x->s->http, x->a, &x->request, &x->answer);
	switch (x->answer.result) {
	case HTTP_ANSWERED:
		return read_body(x, f);
	case HTTP_NOT_SENT:
		return refusal_unsent(x, f);
	case HTTP_LOST:
	case HTTP_STOPPED:
		break;
	}
	return refusal_lost(x, f);
}

void exchange_release(struct exchange *x)
{
	json_decref(x->body);
	x->body = NULL;
}

/* --- what the definition says of errors ---------------------------------------------------- */

/* Error codes may stand in headers; those that are no text are left out. */
static json_t *told_around(const struct http_answer *answer)
{
	json_t *v = json_object(), *headers = json_object();

	for (size_t i = 0; i < answer->header_count; i++) {
		const struct http_header *h = &answer->headers[i];
		size_t bad;

		if (text_utf8_valid(text_of(h->value), &bad))
			json_object_set_new(headers, h->name, json_string(h->value));
	}
	json_object_set_new(v, "headers", headers);
	json_object_set_new(v, "status", json_integer(answer->status));
	return v;
}

static int ask_definition(struct exchange *x, struct fault *f)
{
	const struct definition *t = x->ask.definition;
	struct str text = STR_INIT;
	json_t *told, *around = told_around(&x->answer);
	struct jq_answer answer;

	str_printf(&text, "{\"fn\":%u,\"in\":", t->service.error_function);
	json_canonical(x->body, &text);
	str_add(&text, ",\"v\":");
	json_canonical(around, &text);
	str_add_char(&text, '}');
	json_decref(around);
	jq_run(x->s->jq, x->a, &t->program, jq_safe_numbers(x->a, str_text(&text)), &answer);
	str_release(&text);
	if (answer.result != JQ_VALUE && answer.result != JQ_EMPTY) {
		fault_set(f, HD_FATAL, DIAG_REST_PROGRAM,
			  "an expression of the type's definition fails");
		fault_detail(f, "jq says: %.*s", TEXT_ARG(answer.text));
		fault_detail(f, "it looks for the error in an answer of HTTP status %d",
			     x->answer.status);
		f->where = t->service.error_code.where;
		return -1;
	}
	told = json_parse(answer.text, x->a, NULL);
	x->error.code = arena_strdup(x->a, json_str(told, "code", x->error.code));
	x->error.message = arena_strdup(x->a, json_str(told, "message", x->error.message));
	json_decref(told);
	return 0;
}

int exchange_meaning(struct exchange *x, struct fault *f)
{
	const struct definition *t = x->ask.definition;

	protocol_error(x->a, t, &x->answer, x->body, &x->error);
	if (t->service.error_function && !json_is_null(x->body) && ask_definition(x, f) < 0)
		return -1;
	x->kind = protocol_meaning(t, x->ask.step, x->answer.status, x->error.code);
	/* Whoever believes that things are gone drops them, or makes them again. */
	x->stranger = (x->kind == ERROR_NOT_FOUND || x->kind == ERROR_DONE) &&
		      !protocol_told(t, x->ask.step, x->answer.status, x->error.code, x->unread);
	if (x->stranger)
		x->kind = ERROR_OTHER;
	return 0;
}

/* --- for clouds ------------------------------------------------------------------------ */

json_t *rest_ask(const struct rest_session *s, const struct kit_call *c, struct arena *a,
		 const struct rest_request *r, struct fault *f)
{
	struct exchange x = {.s = s, .call = c, .a = a, .ask = *r};
	json_t *body = NULL;

	if (exchange_send(&x, f) == 0) {
		if (!exchange_failed(&x))
			body = json_incref(x.body);
		else if (exchange_meaning(&x, f) == 0)
			exchange_refusal(&x, f);
	}
	exchange_release(&x);
	return body;
}
