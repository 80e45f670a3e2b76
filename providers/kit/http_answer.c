/* http_answer.c - what came of a request: the answer, or what is known without one. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "providers/kit/http_private.h"

static char *lower(struct arena *a, struct text t)
{
	char *s = arena_text(a, t);

	for (char *p = s; *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
	return s;
}

static void read_headers(struct arena *a, struct text head, struct http_answer *out)
{
	struct text_split lines = text_split_start(head);
	struct {
		VEC_OF(struct http_header)
	} v = {0};
	struct text line;

	while (text_next(&lines, '\n', &line)) {
		const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
		struct text name = {line.ptr, colon ? (size_t)(colon - line.ptr) : 0};

		/* The status line has none before its reason; a folded line starts with a blank. */
		if (!name.len || text_starts(line, "HTTP/") || line.ptr[0] == ' ' ||
		    line.ptr[0] == '\t')
			continue;
		*arena_vec_add(a, &v) = (struct http_header){
			lower(a, name),
			arena_text(a, text_trim((struct text){colon + 1, line.len - name.len - 1})),
		};
	}
	out->headers = v.items;
	out->header_count = v.count;
}

static void take_answer(struct slot *s, struct arena *a, struct http_answer *out)
{
	long status = 0;

	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	out->result = HTTP_ANSWERED;
	out->sent = true;
	out->status = (int)status;
	out->cut = s->now.cut;
	read_headers(a, str_text(&s->head), out);
	out->body = (struct text){arena_text(a, str_text(&s->body)), s->body.len};
}

/* Why there is none, in words of its own: libcurl's may quote what was sent. */
static const char *text_of_code(CURLcode code)
{
	static const struct {
		CURLcode code;
		const char *text;
	} texts[] = {
		/* Other URLs come no further than http_request_wrong. */
		{CURLE_UNSUPPORTED_PROTOCOL, "the answer is not HTTP"},
		{CURLE_URL_MALFORMAT, "the URL cannot be read"},
		{CURLE_LOGIN_DENIED, "the URL has a user's name in it"},
		{CURLE_COULDNT_RESOLVE_HOST, "the host's name is not known"},
		{CURLE_COULDNT_RESOLVE_PROXY, "the proxy's name is not known"},
		{CURLE_COULDNT_CONNECT, "no connection"},
		{CURLE_PROXY, "the proxy made no connection"},
		{CURLE_SSL_CONNECT_ERROR, "TLS: no agreement with the server; is it one of TLS?"},
		{CURLE_SSL_CACERT_BADFILE, "TLS: the file of trusted certificates cannot be read"},
		{CURLE_SSL_CERTPROBLEM, "TLS: our own certificate or its key cannot be used"},
		{CURLE_GOT_NOTHING, "the connection was closed before an answer"},
		{CURLE_PARTIAL_FILE, "the answer was cut off"},
		{CURLE_SEND_ERROR, "the connection broke while the request was sent"},
		{CURLE_RECV_ERROR, "the connection broke before the whole answer"},
		{CURLE_HTTP2, "HTTP/2: the connection broke before the whole answer"},
		{CURLE_HTTP2_STREAM, "HTTP/2: the answer was broken off"},
		{CURLE_WEIRD_SERVER_REPLY, "the answer is not HTTP"},
		{CURLE_HTTP_RETURNED_ERROR, "the answer is not HTTP"},
		{CURLE_BAD_CONTENT_ENCODING, "the answer's encoding cannot be read"},
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (texts[i].code == code)
			return texts[i].text;
	}
	return NULL;
}

static const char *lower_first(struct arena *a, const char *s)
{
	char *own = arena_strdup(a, s);

	if (own[0] >= 'A' && own[0] <= 'Z' && !(own[1] >= 'A' && own[1] <= 'Z'))
		own[0] = (char)(own[0] - 'A' + 'a');
	return own;
}

/* "127.0.0.1 port 3128", which may be a proxy's; NULL where libcurl does not say. */
static const char *text_of_peer(const struct slot *s, struct arena *a)
{
	static const char known[] = "Failed to connect to ";
	struct text t = text_of(s->error);
	const char *end;

	if (!text_starts(t, known))
		return NULL;
	t = (struct text){t.ptr + sizeof(known) - 1, t.len - (sizeof(known) - 1)};
	end = strstr(t.ptr, " after ");
	return end ? arena_text(a, (struct text){t.ptr, (size_t)(end - t.ptr)}) : NULL;
}

static const char *with_peer(const struct slot *s, struct arena *a, const char *text)
{
	const char *peer = text ? text_of_peer(s, a) : NULL;

	return peer ? arena_printf(a, "%s: %s", peer, text) : text;
}

/* The system's word for it says most: refused, reset, no route. */
static const char *text_of_errno(const struct slot *s, struct arena *a)
{
	long number = 0;
	char buffer[128];

	curl_easy_getinfo(s->easy, CURLINFO_OS_ERRNO, &number);
	if (number == 0)
		return NULL;
	return lower_first(a, strerror_r((int)number, buffer, sizeof(buffer)));
}

static bool breaks(CURLcode code)
{
	return code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR ||
	       code == CURLE_RECV_ERROR;
}

static const char *text_of_time(const struct slot *s, struct arena *a, bool sent)
{
	const struct exchange *x = &s->now;
	int64_t timeout_ms = http_request_timeout_ms(x->request);
	char text[CLOCK_TEXT_LEN];

	if (!x->begun && x->connect_ms < timeout_ms)
		timeout_ms = x->connect_ms;
	clock_format_duration(timeout_ms, text);
	return arena_printf(a, "no %s within %s", sent ? "whole answer" : "connection", text);
}

/* Of a certificate libcurl tells what is wrong, and of the server its name. */
static const char *text_of_trust(const struct slot *s, struct arena *a)
{
	static const char known[] = "SSL certificate problem: ";
	struct text t = text_of(s->error);
	char *own;

	if (text_starts(t, known))
		t = (struct text){t.ptr + sizeof(known) - 1, t.len - (sizeof(known) - 1)};
	else if (text_starts(t, "SSL: "))
		t = (struct text){t.ptr + 5, t.len - 5};
	own = arena_text(a, text_trim(t));
	for (char *p = own; *p; p++)
		*p = (unsigned char)*p < ' ' ? ' ' : *p;
	return arena_printf(a, "TLS: the certificate is not trusted: %s", lower_first(a, own));
}

static const char *text_of_tunnel(const struct slot *s, struct arena *a)
{
	long status = 0;

	curl_easy_getinfo(s->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	if (s->now.begun || status < 300)
		return NULL;
	return arena_printf(a, "the proxy refuses the connection with status %ld", status);
}

static const char *why(const struct slot *s, CURLcode code, struct arena *a,
		       const struct http_answer *out)
{
	const char *text = NULL;

	if (out->result == HTTP_STOPPED)
		return "stopped";
	if (out->too_long)
		return "the answer is too long";
	if (s->now.refused)
		return "the connection was closed before an answer";
	if (code == CURLE_OK)
		return "the answer was cut off";
	if (out->timed_out)
		return text_of_time(s, a, out->sent);
	if (out->untrusted)
		return text_of_trust(s, a);
	text = text_of_tunnel(s, a);
	if (!text && breaks(code))
		text = with_peer(s, a, text_of_errno(s, a));
	if (!text)
		text = text_of_code(code);
	return text ? text : lower_first(a, curl_easy_strerror(code));
}

/* OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED: its numbers are for ever. */
#define VERIFIED_EXPIRED 10

static bool has_expired(const struct slot *s, CURLcode code)
{
	long verified = 0;

	curl_easy_getinfo(s->easy, CURLINFO_SSL_VERIFYRESULT, &verified);
	return code == CURLE_PEER_FAILED_VERIFICATION && verified == VERIFIED_EXPIRED;
}

/* Of the first certificate of the chain, the server's own: "Expire date:Nov 20 08:49:37 2026 GMT".
 * libcurl's own reading of dates takes this form too. */
static int64_t expires_ms(const struct slot *s)
{
	static const char known[] = "Expire date:";
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(s->easy, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
	    info->num_of_certs < 1)
		return 0;
	for (struct curl_slist *line = info->certinfo[0]; line; line = line->next) {
		time_t at;

		if (strncmp(line->data, known, sizeof(known) - 1) != 0)
			continue;
		at = curl_getdate(line->data + sizeof(known) - 1, NULL);
		return at < 0 ? 0 : (int64_t)at * 1000;
	}
	return 0;
}

/* Silence, or the end of a connection, is what a lost server looks like; these are not. */
static bool said_no(const struct slot *s, CURLcode code, bool untrusted)
{
	long status = 0;

	curl_easy_getinfo(s->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return untrusted || (!s->now.begun && status >= 300) ||
	       code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
	       code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CERTPROBLEM ||
	       code == CURLE_SSL_CIPHER || code == CURLE_SSL_CACERT_BADFILE;
}

void http_answer_take(struct slot *s, CURLcode code, struct arena *a, struct http_answer *out)
{
	const struct exchange *x = &s->now;

	out->address = arena_strdup(a, x->address);
	if (x->request->wants_expiry)
		out->expires_ms = expires_ms(s);
	if (x->touches && code == CURLE_OK && !x->stopped) {
		out->result = HTTP_ANSWERED;
		return;
	}
	/* To libcurl 7.88 a connection that closes among the headers is the end of an answer. */
	if ((code == CURLE_OK || x->cut) && x->head_whole && !x->stopped) {
		take_answer(s, a, out);
		return;
	}
	out->sent = x->sent || http_slot_sent(s);
	out->too_long = x->too_long;
	out->timed_out = code == CURLE_OPERATION_TIMEDOUT;
	out->expired = has_expired(s, code);
	out->untrusted = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR;
	out->said_no = said_no(s, code, out->untrusted);
	if (x->stopped)
		out->result = HTTP_STOPPED;
	else
		out->result = out->sent ? HTTP_LOST : HTTP_NOT_SENT;
	out->why = why(s, code, a, out);
}
