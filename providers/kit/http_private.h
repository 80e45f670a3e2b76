/*
 * http_private.h - a request that is out, shared by http.c, http_request.c and http_answer.c.
 */
#ifndef PROVIDERS_KIT_HTTP_PRIVATE_H
#define PROVIDERS_KIT_HTTP_PRIVATE_H

#include <curl/curl.h>

#include "base/vec.h"
#include "providers/kit/http.h"

/* One call that is out. */
struct exchange {
	const struct http_request *request;
	int64_t connect_ms; /* what connecting may take */
	long counted;       /* CURLINFO_REQUEST_SIZE when the request was about to be sent */
	bool begun;         /* there was a connection to send it on */
	bool sent;          /* by an attempt that is over */
	bool refused;       /* a second attempt */
	bool head_whole;    /* the empty line behind the headers came */
	bool stopped, too_long, cut;
	bool touches; /* nothing is to be sent */
	char address[80];
};

/* A handle with its connections, for one call at a time. */
struct slot {
	CURL *easy;
	CURLM *multi;
	struct str head, body; /* of the answer */
	char host[256];        /* that it talked to last */
	char error[CURL_ERROR_SIZE];
	struct {
		VEC_OF(curl_socket_t)
	} sockets; /* all that are open */
	struct exchange now;
};

/* Why it cannot be sent as it is; NULL: it can.  `host` as http_host_of gives it. */
const char *http_request_wrong(const struct http_request *r, const char *host);
/* RFC 9110 calls the method safe: asking twice changes nothing. */
bool http_request_repeatable(const struct http_request *r);
int64_t http_request_timeout_ms(const struct http_request *r);
/* For libcurl; freed with curl_slist_free_all. */
struct curl_slist *http_request_headers(const struct http_request *r);
void http_request_set(CURL *e, const struct http_request *r, struct curl_slist *headers);

/* True when a byte of the request left, on this attempt. */
bool http_slot_sent(const struct slot *s);
/* What came of it: fills *out, which is all zero. */
void http_answer_take(struct slot *s, CURLcode code, struct arena *a, struct http_answer *out);

#endif
