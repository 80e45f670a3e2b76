/*
 * refusal.c - what went wrong with a request, in words: what the service said, of what and where,
 * and what a person can do.  Nothing that authentication added to a request is ever repeated.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "providers/rest/send.h"

/* Shorter ones are not looked for: every "a" would vanish. */
#define SECRET_LEN_MIN 3
#define MESSAGE_LEN 2000
/* AWS takes what was signed within five minutes of its own time. */
#define SKEW_MS 300000
#define PLACE_LEN 300

/* --- what must not be said ----------------------------------------------------------------- */

static void mask(struct str *text, const char *secret)
{
	size_t len = secret ? strlen(secret) : 0;
	struct str out = STR_INIT;
	const char *at, *from = str_cstr(text);

	if (len < SECRET_LEN_MIN || !strstr(from, secret))
		return;
	while ((at = strstr(from, secret))) {
		str_add_len(&out, from, (size_t)(at - from));
		str_add(&out, "****");
		from = at + len;
	}
	str_add(&out, from);
	str_release(text);
	*text = out;
}

/* Services repeat what was signed, with the headers. */
static void mask_auth(const struct exchange *x, struct str *text)
{
	const struct auth *auth = &x->s->auth;

	for (size_t i = x->plain_headers; i < x->request.header_count; i++) {
		const struct http_header *h = &x->request.headers[i];
		const char *blank = strchr(h->value, ' ');

		if (strcasecmp(h->name, "x-amz-date") == 0 ||
		    strcasecmp(h->name, "x-amz-content-sha256") == 0)
			continue;
		mask(text, h->value);
		if (blank && strncasecmp(h->name, "authorization", 13) == 0)
			mask(text, blank + 1);
	}
	mask(text, auth->password);
	mask(text, auth->token);
	mask(text, auth->value);
}

/* --- of what, and where ----------------------------------------------------------------- */

/* The path of a URL without its query, which may hold anything. */
static struct text path_of(const char *url)
{
	const char *host = url ? strstr(url, "://") : NULL;
	const char *path = host ? strchr(host + 3, '/') : NULL;

	if (!path)
		return TEXT_LIT("/");
	return (struct text){path, strcspn(path, "?#")};
}

/* Without a user and password. */
static void add_endpoint(const struct exchange *x, struct fault *f)
{
	const char *url = x->endpoint ? x->endpoint : "?", *host = strstr(url, "://");
	const char *at = host ? memchr(host + 3, '@', strcspn(host + 3, "/?#")) : NULL;

	if (at)
		str_printf(&f->detail, "%.*s%s", (int)(host + 3 - url), url, at + 1);
	else
		str_add(&f->detail, url);
}

void refusal_place(const struct exchange *x, struct fault *f)
{
	const struct service *service = &x->ask.definition->service;
	const struct step *step = x->ask.step;
	struct text path = path_of(x->request.url);

	if (step->action)
		fault_detail(f, "%s of %s", step->action,
			     *service->name ? service->name : x->ask.definition->type);
	else
		fault_detail(f, "%s %.*s of %s", x->request.method ? x->request.method : "?",
			     TEXT_ARG(path),
			     *service->name ? service->name : x->ask.definition->type);
	str_printf(&f->detail, ", region '%s', endpoint ", x->s->aws_region);
	add_endpoint(x, f);
}

/* --- no answer ------------------------------------------------------------------------------ */

static bool may_have_changed(const struct exchange *x)
{
	return !x->ask.step->reads && !x->ask.step->effect_none;
}

static const char *why(const struct exchange *x)
{
	return x->answer.why && *x->answer.why ? x->answer.why : "libcurl gives no reason";
}

/* No Endpoint was given: a name like https://ec2.us-wets-2.amazonaws.com is made of the Region. */
static bool is_named_by_region(const struct exchange *x)
{
	const char *region = x->s->aws_region;

	return region && *region && strstr(x->endpoint, region);
}

int refusal_unsent(const struct exchange *x, struct fault *f)
{
	if (x->answer.untrusted) {
		fault_set(f, HD_FATAL, DIAG_REST_UNTRUSTED,
			  "the certificate of the service is not trusted");
		fault_hint(f, "if it is right, name the CA that signed it: CaFile in the entry of "
			      "the provider; a proxy in between may show its own");
	} else if (x->answer.unsendable) {
		fault_set(f, HD_FATAL, DIAG_REST_RESULT,
			  "the definition asks for a request that cannot be made");
		f->where = x->ask.step->where;
	} else {
		fault_set(f, HD_UNREACHABLE, DIAG_REST_UNREACHABLE,
			  "the service cannot be reached");
		fault_hint(f,
			   "check %s, name resolution, and whether a proxy is needed (Proxy, or "
			   "https_proxy of the environment)",
			   is_named_by_region(x) ? "how the Region is spelled" : "Endpoint");
	}
	fault_detail(f, "%s", why(x));
	refusal_place(x, f);
	return -1;
}

int refusal_lost(const struct exchange *x, struct fault *f)
{
	/* Effect of a step is about answers: without one nobody knows. */
	bool changing = x->answer.sent && !x->ask.step->reads;

	if (x->answer.result == HTTP_STOPPED)
		fault_set(f, HD_CANCELLED, DIAG_REST_CANCELLED,
			  "stopped while the service was asked");
	else if (x->answer.too_long)
		fault_set(f, HD_FATAL, DIAG_REST_ANSWER, "the answer of the service is too long");
	else if (x->answer.timed_out)
		fault_set(f, HD_UNREACHABLE, DIAG_REST_LOST, "the service did not answer in time");
	else
		fault_set(f, HD_RETRY, DIAG_REST_LOST, "the answer of the service was lost");
	f->effect = changing ? HD_EFFECT_UNKNOWN : HD_EFFECT_NONE;
	fault_detail(f, "%s", why(x));
	refusal_place(x, f);
	if (x->answer.timed_out)
		fault_hint(f, "Timeout in the entry of the provider says how long one request may "
			      "take");
	return -1;
}

static const char *looks_like(struct text body)
{
	struct text t = text_trim(body);

	if (t.len && t.ptr[0] == '<' && memmem(t.ptr, t.len < 512 ? t.len : 512, "html", 4))
		return "an HTML page";
	if (t.len > 5 && strncasecmp(t.ptr, "<!doc", 5) == 0)
		return "an HTML page";
	return NULL;
}

int refusal_unread(const struct exchange *x, struct fault *f)
{
	const char *form = looks_like(x->answer.body),
		   *type = http_header(&x->answer, "content-type");

	fault_set(f, HD_FATAL, DIAG_REST_ANSWER, "the answer of the service cannot be understood");
	f->effect = may_have_changed(x) ? HD_EFFECT_UNKNOWN : HD_EFFECT_NONE;
	if (form)
		fault_detail(f, "it is %s, perhaps of a proxy in between", form);
	else
		fault_detail(f, "%s", x->unread ? x->unread : "it has another form");
	refusal_place(x, f);
	fault_detail(f, "HTTP status %d, content type '%s'", x->answer.status, type ? type : "");
	fault_hint(f, "check that Endpoint is the address of the API and that nothing in between "
		      "answers in its place");
	return -1;
}

/* --- an answer that says no ------------------------------------------------------------- */

struct refusal {
	const char *codes; /* globs with blanks between */
	int http;          /* 0: any */
	enum diag_code code;
	const char *summary, *hint;
};

/* The first that fits: what is meant when it is none of the kinds that the engine acts upon. */
static const struct refusal refusals[] = {
	{"RequestTimeTooSkewed RequestExpired", 0, DIAG_REST_CLOCK,
	 "the clock of this machine is wrong",
	 "the service takes requests signed within some minutes of its own time: set the clock"},
	{"RequestExpired ExpiredToken* TokenRefreshRequired", 0, DIAG_REST_CREDENTIALS,
	 "the credentials have expired",
	 "renew them where they come from, then run the same command again"},
	{"AuthFailure InvalidClientTokenId UnrecognizedClient* InvalidAccessKeyId "
	 "MissingAuthenticationToken* IncompleteSignature* InvalidSignature* SignatureDoesNotMatch "
	 "NotAuthorized",
	 0, DIAG_REST_CREDENTIALS, "the service does not accept the credentials",
	 "check which credentials are used (Auth of the entry, profile, environment) and that they "
	 "are for this service and account"},
	{"*", 401, DIAG_REST_CREDENTIALS, "the service does not accept the credentials",
	 "check Auth in the entry of the provider: its scheme, and what its {{resolve:...}} gives"},
	{"AccessDenied* UnauthorizedOperation Forbidden*", 0, DIAG_REST_DENIED,
	 "the credentials may not do this",
	 "give them the permission that the message names, or use others"},
	{"*", 403, DIAG_REST_DENIED, "the credentials may not do this",
	 "give them the permission, or use others"},
	{"*", 407, DIAG_REST_DENIED, "the proxy wants credentials",
	 "write them into Proxy: http://USER:PASSWORD@HOST:PORT, best by {{resolve:...}}"},
};

/* EC2 says RequestExpired also of temporary keys whose time is over. */
static bool clocks_agree(const struct exchange *x)
{
	int64_t theirs_ms = http_sent_ms(&x->answer);

	return theirs_ms >= 0 && llabs(clock_real()->wall_ms(clock_real()) - theirs_ms) < SKEW_MS;
}

static bool fits(const struct refusal *r, const struct exchange *x)
{
	struct text_split split = text_split_start(text_of(r->codes));
	struct text glob;

	if (r->http)
		return r->http == x->answer.status;
	if (r->code == DIAG_REST_CLOCK && clocks_agree(x))
		return false;
	while (text_next(&split, ' ', &glob)) {
		if (text_glob(glob, text_of(x->error.code)))
			return true;
	}
	return false;
}

/* Where to, without a query, which may hold anything. */
static void add_redirect(const struct exchange *x, const char *to, struct fault *f)
{
	struct str text = STR_INIT;

	str_add_len(&text, to, strcspn(to, "?#"));
	if (text.len > PLACE_LEN)
		str_truncate(&text, PLACE_LEN);
	mask_auth(x, &text);
	fault_detail(f, "it sends to %s", str_cstr(&text));
	str_release(&text);
}

static int refused(const struct exchange *x, struct fault *f)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		const struct refusal *r = &refusals[i];

		if (!fits(r, x))
			continue;
		fault_set(f, HD_FATAL, r->code, "%s", r->summary);
		fault_hint(f, "%s", r->hint);
		return -1;
	}
	if (x->answer.status < 400) {
		const char *to = http_header(&x->answer, "location");

		fault_set(f, HD_FATAL, DIAG_REST_REFUSED, "the service says it is elsewhere");
		if (to)
			add_redirect(x, to, f);
		fault_hint(f, "Endpoint or region is another one: redirects are not followed");
		return -1;
	}
	if (*x->error.code)
		fault_set(f, HD_FATAL, DIAG_REST_REFUSED, "the service refuses this: %s",
			  x->error.code);
	else
		fault_set(f, HD_FATAL, DIAG_REST_REFUSED,
			  "the service refuses this with HTTP status %d", x->answer.status);
	return -1;
}

static const struct {
	int status; /* enum hd_status */
	enum diag_code code;
	const char *summary, *hint;
} meanings[ERROR_KIND_COUNT] = {
	[ERROR_NOT_FOUND] = {HD_NOTFOUND, DIAG_REST_NOT_FOUND, "the service has no such thing",
			     NULL},
	[ERROR_EXISTS] =
		{HD_EXISTS, DIAG_REST_EXISTS, "the service has one like this already",
		 "take it over with `hadeploy import` or `hadeploy apply --adopt`, or remove "
		 "it, or choose another name"},
	[ERROR_CONFLICT] = {HD_CONFLICT, DIAG_REST_CONFLICT,
			    "something else holds what is to be changed", NULL},
	[ERROR_THROTTLED] = {HD_THROTTLED, DIAG_REST_THROTTLED, "the service wants fewer requests",
			     NULL},
	[ERROR_RETRY] = {HD_RETRY, DIAG_REST_UNAVAILABLE, "the service is in trouble", NULL},
};

int refusal_status(enum error_kind kind)
{
	return meanings[kind].summary ? meanings[kind].status : HD_FATAL;
}

/* After these nobody knows whether it was done before it failed. */
static bool is_doubtful(const struct exchange *x)
{
	int status = x->answer.status;

	return x->kind != ERROR_THROTTLED && status >= 500 && status != 501 && status != 503 &&
	       may_have_changed(x);
}

static void add_message(const struct exchange *x, struct fault *f)
{
	struct str message = STR_INIT;
	const char *form = x->unread ? looks_like(x->answer.body) : NULL;

	str_add_text(&message, text_trim(text_of(x->error.message)));
	if (message.len > MESSAGE_LEN)
		str_truncate(&message, MESSAGE_LEN);
	mask_auth(x, &message);
	if (message.len)
		fault_detail(f, "%s", str_cstr(&message));
	if (form)
		fault_detail(f, "the answer is %s, perhaps of a proxy in between", form);
	str_release(&message);
}

static void add_numbers(const struct exchange *x, struct fault *f)
{
	fault_detail(f, "HTTP status %d", x->answer.status);
	if (*x->error.code)
		str_printf(&f->detail, ", code %s", x->error.code);
	if (*x->error.request_id)
		str_printf(&f->detail, ", request id %s", x->error.request_id);
}

/* Both clocks, so that one sees by how much. */
static void add_clocks(const struct exchange *x, struct fault *f)
{
	const char *theirs = http_header(&x->answer, "date");
	char ours[CLOCK_TEXT_LEN];

	clock_format_rfc3339(clock_real()->wall_ms(clock_real()), ours);
	fault_detail(f, "here it is %s, there %s", ours, theirs ? theirs : "another time");
}

/* A page that forbids is a proxy's, where the service's own errors have a form. */
static bool is_foreign(const struct exchange *x)
{
	int status = x->answer.status;

	return x->stranger || ((status == 401 || status == 403) && looks_like(x->answer.body) &&
			       x->ask.definition->service.protocol != PROTOCOL_JSON);
}

static void refused_by_another(const struct exchange *x, struct fault *f)
{
	fault_set(f, HD_FATAL, DIAG_REST_ANSWER,
		  "something else than the service answers, with HTTP status %d", x->answer.status);
	fault_hint(f, "check that Endpoint is the address of the API and that nothing in between "
		      "answers in its place");
}

int exchange_refusal(const struct exchange *x, struct fault *f)
{
	if (is_foreign(x))
		refused_by_another(x, f);
	else if (x->kind == ERROR_OTHER || x->kind == ERROR_DONE)
		refused(x, f);
	else
		fault_set(f, meanings[x->kind].status, meanings[x->kind].code, "%s",
			  meanings[x->kind].summary);
	if (meanings[x->kind].hint)
		fault_hint(f, "%s", meanings[x->kind].hint);
	if (is_doubtful(x))
		f->effect = HD_EFFECT_UNKNOWN;
	add_message(x, f);
	refusal_place(x, f);
	add_numbers(x, f);
	if (f->code == DIAG_REST_CLOCK)
		add_clocks(x, f);
	if ((f->code == DIAG_REST_CREDENTIALS || f->code == DIAG_REST_DENIED) &&
	    x->s->kind->refused)
		x->s->kind->refused(x->s->context, f);
	return -1;
}
