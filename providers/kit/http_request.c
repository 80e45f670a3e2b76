/* http_request.c - a request as libcurl takes it, after looking for what must not be sent. */
#include <string.h>
#include <strings.h>

#include "providers/kit/http_private.h"

/* How long a connection may have been idle to be used again: see http.c. */
#define SAFE_IDLE_S 60
#define UNSAFE_IDLE_S 3 /* libcurl cuts seconds off: up to 3.999 */

bool http_request_repeatable(const struct http_request *r)
{
	return strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0 ||
	       strcmp(r->method, "OPTIONS") == 0;
}

static bool is_token(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++) {
		if ((unsigned char)*s <= ' ' || *s == 127 || strchr("()<>@,;:\\\"/[]?={}", *s))
			return false;
	}
	return true;
}

/* A line break would begin another header, or another request. */
static bool is_value(const char *s)
{
	for (; *s; s++) {
		if (((unsigned char)*s < ' ' && *s != '\t') || *s == 127)
			return false;
	}
	return true;
}

const char *http_request_wrong(const struct http_request *r, const char *host)
{
	if (!host)
		return "the URL is no http or https URL";
	if (!is_value(r->url) || strchr(r->url, ' '))
		return "the URL has a blank or a control character";
	if (!is_token(r->method))
		return "the method is none";
	for (size_t i = 0; i < r->header_count; i++) {
		if (!is_token(r->headers[i].name))
			return "the name of a header is none";
		if (!is_value(r->headers[i].value))
			return "a header has a line break or another control character";
	}
	return NULL;
}

static struct curl_slist *append(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);

	if (!longer)
		fail_fast("out of memory");
	return longer;
}

struct curl_slist *http_request_headers(const struct http_request *r)
{
	struct curl_slist *list = NULL;
	struct str line = STR_INIT;
	/* Not asked for: libcurl would add a form's type, and wait for 100 (Continue). */
	bool type = false;

	for (size_t i = 0; i < r->header_count; i++) {
		const struct http_header *h = &r->headers[i];

		type = type || strcasecmp(h->name, "content-type") == 0;
		str_clear(&line);
		/* An empty one ends in a semicolon for libcurl. */
		str_printf(&line, h->value[0] ? "%s: %s" : "%s;", h->name, h->value);
		list = append(list, str_cstr(&line));
	}
	str_release(&line);
	list = append(list, "Expect:");
	return type ? list : append(list, "Content-Type:");
}

/* RFC 9110: these say how long their body is, also when it is empty. */
static bool wants_body(const char *method)
{
	return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
	       strcmp(method, "PATCH") == 0;
}

int64_t http_request_timeout_ms(const struct http_request *r)
{
	return r->timeout_ms > 0 ? r->timeout_ms : HTTP_TIMEOUT_MS;
}

void http_request_set(CURL *e, const struct http_request *r, struct curl_slist *headers)
{
	curl_easy_setopt(e, CURLOPT_URL, r->url);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
	if (r->has_body || wants_body(r->method)) {
		size_t len = r->has_body ? r->body.len : 0;

		curl_easy_setopt(e, CURLOPT_POST, 1L);
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, len > 0 ? r->body.ptr : "");
	} else if (strcmp(r->method, "HEAD") == 0) {
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	} else {
		curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
	}
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)http_request_timeout_ms(r));
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, r->fresh ? 1L : 0L);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, r->fresh ? 1L : 0L);
	/* A session of TLS that goes on shows no certificate. */
	curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, r->fresh ? 0L : 1L);
	curl_easy_setopt(e, CURLOPT_CERTINFO, r->wants_expiry ? 1L : 0L);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN,
			 (long)(http_request_repeatable(r) ? SAFE_IDLE_S : UNSAFE_IDLE_S));
}
