/*
 * http.h - HTTP requests over libcurl, which http*.c alone include.
 *
 * A client belongs to a session: http_client_new, http_send from any thread and as often as one
 * likes, http_client_free when no call is out.  Connections are kept open and used again, the one
 * used last first; HTTP/2 is spoken where a TLS server offers it.  TLS is always verified.
 * Redirects are not followed (a signed request holds for one address only); they are answers like
 * others.
 *
 * Proxies: settings, else https_proxy, http_proxy and no_proxy of the environment, as curl does.
 *
 * What is known after a failure decides what the engine may do (provider.h, effect):
 *
 *	HTTP_ANSWERED   a whole answer came, whatever its status
 *	HTTP_NOT_SENT   no byte of the request left: name not found, refused, TLS not trusted
 *	HTTP_LOST       the request, or a part of it, left, and no whole answer came
 *	HTTP_STOPPED    stopped because `stop` said so; `sent` says whether something had left
 *
 * No request is sent twice but GET, HEAD and OPTIONS (once more, when a kept connection was closed
 * before a byte of the answer came); the others are HTTP_LOST then.  The program must ignore
 * SIGPIPE.
 */
#ifndef PROVIDERS_KIT_HTTP_H
#define PROVIDERS_KIT_HTTP_H

#include "base/arena.h"
#include "base/str.h"
#include "base/text.h"

/* Longer answers are HTTP_LOST with `too_long`. */
#define HTTP_ANSWER_LEN ((size_t)64 << 20)
#define HTTP_CONNECT_MS 10000
#define HTTP_TIMEOUT_MS 60000

struct http_client;

/* Texts are copied; NULL: as by default. */
struct http_settings {
	const char *ca_file;   /* PEM; instead of the system's */
	const char *cert_file; /* PEM: our own certificate, and its key */
	const char *key_file;
	const char *proxy;      /* "http://proxy:3128"; "" none, whatever the environment says */
	const char *user_agent; /* "hadeploy/0.1.0" */
	int64_t connect_ms;     /* 0: HTTP_CONNECT_MS */
};

struct http_header {
	const char *name, *value;
};

struct http_request {
	const char *method; /* "GET" */
	const char *url;    /* whole and encoded */
	const struct http_header *headers;
	size_t header_count;
	struct text body;
	bool has_body;      /* an empty one is one too */
	int64_t timeout_ms; /* of the whole; 0: HTTP_TIMEOUT_MS */
	/* Asked about ten times a second; nonzero: stop now.  May be NULL. */
	int (*stop)(void *context);
	void *context;
	bool fresh;        /* on a connection of its own, which ends with it */
	bool wants_expiry; /* asks for `expires_ms` */
	size_t body_max;   /* longer ones are `cut` there; 0: HTTP_ANSWER_LEN holds */
};

enum http_result { HTTP_ANSWERED, HTTP_NOT_SENT, HTTP_LOST, HTTP_STOPPED };

/* Lives in the arena given to http_send. */
struct http_answer {
	enum http_result result;
	int status;                        /* 200; 0 without an answer */
	const struct http_header *headers; /* names in lower case, in the order they came */
	size_t header_count;
	struct text body;    /* with a NUL behind it */
	bool sent;           /* something of the request left */
	bool timed_out;      /* the answer, or the connection, took too long */
	bool too_long;       /* more than HTTP_ANSWER_LEN */
	bool cut;            /* the body is longer than body_max */
	bool unsendable;     /* the request itself is wrong: nobody was asked */
	bool untrusted;      /* TLS: the certificate is not one we trust */
	bool expired;        /* `untrusted`, for no reason but that its time is over */
	bool said_no;        /* nobody was found to ask, or whoever was there would not be asked:
				name, TLS, proxy */
	int64_t expires_ms;  /* end of the server's certificate, since 1970; 0: not known */
	const char *why;     /* without an answer: one line, "connection refused"; never a secret */
	const char *address; /* "127.0.0.1:8081" when connected; else "" */
};

struct http_client *http_client_new(const struct http_settings *s);
void http_client_free(struct http_client *c); /* accepts NULL */
void http_send(struct http_client *c, struct arena *a, const struct http_request *r,
	       struct http_answer *out);
/*
 * Connects as for the request, and closes: nothing is sent.  HTTP_ANSWERED when the connection
 * stood, with TLS for https; what certificate is shown does not matter, `expires_ms` has its end.
 * Proxies are asked for a tunnel, so a client for this has none.
 */
void http_touch(struct http_client *c, struct arena *a, const struct http_request *r,
		struct http_answer *out);
/* The first header of the name (any case), or NULL. */
const char *http_header(const struct http_answer *a, const char *name);
/* Appends the text with all but A-Z a-z 0-9 - . _ ~ as %XX; `keep` are left alone too ("/"). */
void http_encode(struct str *out, struct text t, const char *keep);
/* "host:port" of a URL, in the arena; NULL when it is no http or https URL. */
const char *http_host_of(struct arena *a, const char *url);
/* Where an answer's Location leads, seen from the URL that was asked; NULL: nowhere. */
const char *http_location(struct arena *a, const char *url, const struct http_answer *answer);
/* When the answer was sent, by its Date, in ms since 1970; -1: it does not say. */
int64_t http_sent_ms(const struct http_answer *a);
/* Retry-After of an answer in ms (seconds, or a date against wall_ms); 0: none. */
int64_t http_retry_after(const struct http_answer *a, int64_t wall_ms);

#endif
