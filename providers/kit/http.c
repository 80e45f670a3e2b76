/*
 * http.c - requests over libcurl: a slot (an easy handle in a multi handle with its connections)
 * per call that is out, kept in a stack when the call is over.
 *
 * What left.  libcurl asks `about_to_send` when it has a connection, TLS included, and before the
 * first byte of a request.  Was it never asked, nothing left; else what CURLINFO_REQUEST_SIZE
 * counts since then did (before, it counts what a proxy was told).  A count is what the kernel
 * took, so "sent" may be true though nothing arrived, never the other way round.
 *
 * Nothing is sent twice.  libcurl repeats a request by itself on a new connection when a kept one
 * was closed before a byte of the answer (Curl_retry_request, and HTTP/2's REFUSED_STREAM): the
 * server may have done the work.  It asks `about_to_send` for that as well, which refuses unless
 * nothing had left or the method is safe to repeat (GET, HEAD, OPTIONS); refused, the answer is
 * HTTP_LOST.  So that this stays rare, connections that a server closed while they were idle are
 * found before each request (libcurl 7.88 does not see a close over TLS), and requests that cannot
 * be repeated use none that was idle longer than UNSAFE_IDLE_S: servers commonly close after five
 * seconds.
 *
 * SIGPIPE must be ignored by the program, as main.c does: libcurl is told to leave signals alone,
 * and OpenSSL writes to sockets without asking for that.
 */
#include "providers/kit/http.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "providers/kit/http_private.h"

#define STOP_MS 100
#define HEAD_LEN ((size_t)256 << 10) /* all header lines of an answer */
#define KEPT_LEN ((size_t)1 << 20)   /* a slot keeps no larger buffer */
#define KEPT_CONNECTIONS 8L          /* of a slot: the hosts that one thread talks to in turn */

struct http_client {
	char *ca_file, *cert_file, *key_file, *proxy, *user_agent;
	int64_t connect_ms;
	pthread_mutex_t lock; /* of what follows */
	struct {
		VEC_OF(struct slot *)
	} idle;
	size_t out_count;
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* Once in a process: older libcurls are not thread-safe here. */
static void start_library(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		fail_fast("libcurl cannot be used");
}

static char *copied(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

struct http_client *http_client_new(const struct http_settings *s)
{
	struct http_client *c = xcalloc(1, sizeof(*c));

	pthread_once(&library_once, start_library);
	c->ca_file = copied(s->ca_file);
	c->cert_file = copied(s->cert_file);
	c->key_file = copied(s->key_file);
	c->proxy = copied(s->proxy);
	c->user_agent = xstrdup(s->user_agent ? s->user_agent : "hadeploy/" HADEPLOY_VERSION);
	c->connect_ms = s->connect_ms ? s->connect_ms : HTTP_CONNECT_MS;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

static void slot_free(struct slot *s)
{
	/* Closing connections looks at the easy handles they belonged to, and at `sockets`. */
	curl_multi_cleanup(s->multi);
	curl_easy_cleanup(s->easy);
	str_release(&s->head);
	str_release(&s->body);
	vec_release(&s->sockets);
	free(s);
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	assert(c->out_count == 0);
	for (size_t i = 0; i < c->idle.count; i++)
		slot_free(c->idle.items[i]);
	vec_release(&c->idle);
	pthread_mutex_destroy(&c->lock);
	free(c->ca_file);
	free(c->cert_file);
	free(c->key_file);
	free(c->proxy);
	free(c->user_agent);
	free(c);
}

/* What libcurl calls */

static int on_socket_open(void *context, curl_socket_t socket, curlsocktype purpose)
{
	struct slot *s = context;

	(void)purpose;
	*vec_add(&s->sockets) = socket;
	return CURL_SOCKOPT_OK;
}

static int on_socket_close(void *context, curl_socket_t socket)
{
	struct slot *s = context;

	for (size_t i = 0; i < s->sockets.count; i++) {
		if (s->sockets.items[i] == socket) {
			s->sockets.items[i] = s->sockets.items[--s->sockets.count];
			break;
		}
	}
	return close(socket);
}

bool http_slot_sent(const struct slot *s)
{
	long counted = 0;

	curl_easy_getinfo(s->easy, CURLINFO_REQUEST_SIZE, &counted);
	return s->now.begun && counted > s->now.counted;
}

static int about_to_send(void *context, char *address, char *own_address, int port, int own_port)
{
	struct slot *s = context;
	struct exchange *x = &s->now;
	bool six = address && strchr(address, ':');

	(void)own_address;
	(void)own_port;
	x->sent = x->sent || http_slot_sent(s);
	if (x->sent && !http_request_repeatable(x->request)) {
		x->refused = true;
		return CURL_PREREQFUNC_ABORT;
	}
	snprintf(x->address, sizeof(x->address), six ? "[%s]:%d" : "%s:%d", address ? address : "",
		 port);
	curl_easy_getinfo(s->easy, CURLINFO_REQUEST_SIZE, &x->counted);
	x->begun = true;
	return CURL_PREREQFUNC_OK;
}

/* All answers' lines come here, those of 100 (Continue) too: each status line starts anew. */
static size_t on_header(char *line, size_t size, size_t count, void *context)
{
	struct slot *s = context;
	size_t len = size * count;

	if (text_starts((struct text){line, len}, "HTTP/")) {
		str_clear(&s->head);
		s->now.head_whole = false;
	}
	s->now.head_whole = s->now.head_whole || line[0] == '\r' || line[0] == '\n';
	if (s->head.len + len > HEAD_LEN) {
		s->now.too_long = true;
		return 0;
	}
	str_add_len(&s->head, line, len);
	return len;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct slot *s = context;
	size_t len = size * count, max = s->now.request->body_max;

	if (max && s->body.len + len > max) {
		str_add_len(&s->body, bytes, max - s->body.len);
		s->now.cut = true;
		return 0;
	}
	if (s->body.len + len > HTTP_ANSWER_LEN) {
		s->now.too_long = true;
		return 0;
	}
	str_add_len(&s->body, bytes, len);
	return len;
}

/* Slots */

static void set_callbacks(struct slot *s)
{
	CURL *e = s->easy;

	curl_easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, on_socket_open);
	curl_easy_setopt(e, CURLOPT_SOCKOPTDATA, s);
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_socket_close);
	curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, s);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, about_to_send);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, s);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, s);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->error);
}

static void set_trust(const struct http_client *c, CURL *e)
{
	if (c->ca_file) {
		curl_easy_setopt(e, CURLOPT_CAINFO, c->ca_file);
		curl_easy_setopt(e, CURLOPT_PROXY_CAINFO, c->ca_file);
		/* Debian's libcurl looks into /etc/ssl/certs beside. */
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
		curl_easy_setopt(e, CURLOPT_PROXY_CAPATH, NULL);
	}
	curl_easy_setopt(e, CURLOPT_SSLCERT, c->cert_file);
	curl_easy_setopt(e, CURLOPT_SSLKEY, c->key_file);
}

/* What is the same for all requests of a client. */
static struct slot *slot_new(const struct http_client *c)
{
	struct slot *s = xcalloc(1, sizeof(*s));

	s->easy = curl_easy_init();
	s->multi = curl_multi_init();
	if (!s->easy || !s->multi)
		fail_fast("out of memory");
	curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
	set_callbacks(s);
	set_trust(c, s->easy);
	curl_easy_setopt(s->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(s->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
	/* A resolver that hangs is left behind, not waited for. */
	curl_easy_setopt(s->easy, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(s->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(s->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	/* "/a/../b" is signed as it stands. */
	curl_easy_setopt(s->easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(s->easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(s->easy, CURLOPT_USERAGENT, c->user_agent);
	curl_easy_setopt(s->easy, CURLOPT_PROXY, c->proxy);
	curl_easy_setopt(s->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_ms);
	return s;
}

/* The slot used last that talked to the host, else the one used last, else a new one. */
static struct slot *slot_take(struct http_client *c, const char *host)
{
	struct slot *s = NULL;

	pthread_mutex_lock(&c->lock);
	c->out_count++;
	if (c->idle.count > 0) {
		size_t at = c->idle.count;

		while (at > 0 && strcmp(c->idle.items[at - 1]->host, host) != 0)
			at--;
		at = at > 0 ? at - 1 : c->idle.count - 1;
		s = c->idle.items[at];
		c->idle.count--;
		memmove(&c->idle.items[at], &c->idle.items[at + 1],
			(c->idle.count - at) * sizeof(c->idle.items[0]));
	}
	pthread_mutex_unlock(&c->lock);
	if (!s)
		s = slot_new(c);
	snprintf(s->host, sizeof(s->host), "%s", host);
	return s;
}

static void empty(struct str *s)
{
	if (s->cap > KEPT_LEN)
		str_release(s);
	else
		str_clear(s);
}

static void slot_give(struct http_client *c, struct slot *s)
{
	empty(&s->head);
	empty(&s->body);
	pthread_mutex_lock(&c->lock);
	c->out_count--;
	*vec_add(&c->idle) = s;
	pthread_mutex_unlock(&c->lock);
}

/*
 * An idle connection has nothing to say but that it is over.  What is waiting there is taken away,
 * so that libcurl sees the end and makes a new connection; it would take a close of TLS for data.
 */
static void bury_closed(struct slot *s)
{
	char bytes[4096];

	for (size_t i = 0; i < s->sockets.count; i++) {
		struct pollfd p = {.fd = s->sockets.items[i], .events = POLLIN | POLLRDHUP};

		if (poll(&p, 1, 0) <= 0)
			continue;
		shutdown(p.fd, SHUT_RDWR);
		while (recv(p.fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
			continue;
	}
}

/* Until the answer is whole, nothing can come any more, or somebody wants it to stop. */
static CURLcode perform(struct slot *s)
{
	const struct http_request *r = s->now.request;
	CURLcode code = CURLE_FAILED_INIT;
	int running = 1, left;
	CURLMsg *message;

	if (curl_multi_add_handle(s->multi, s->easy) != CURLM_OK)
		return CURLE_FAILED_INIT;
	while (curl_multi_perform(s->multi, &running) == CURLM_OK && running) {
		s->now.stopped = r->stop && r->stop(r->context) != 0;
		if (s->now.stopped || curl_multi_poll(s->multi, NULL, 0, STOP_MS, NULL) != CURLM_OK)
			break;
	}
	message = curl_multi_info_read(s->multi, &left);
	if (message && message->msg == CURLMSG_DONE)
		code = message->data.result;
	curl_multi_remove_handle(s->multi, s->easy);
	return code;
}

/* NULL: what is asked for cannot be, and *out says why. */
static const char *host_to_ask(struct arena *a, const struct http_request *r,
			       struct http_answer *out)
{
	const char *host = http_host_of(a, r->url);
	const char *wrong = http_request_wrong(r, host);

	*out = (struct http_answer){.body = TEXT_LIT(""), .address = ""};
	if (!wrong)
		return host;
	out->result = HTTP_NOT_SENT;
	out->unsendable = true;
	out->why = wrong;
	return NULL;
}

void http_send(struct http_client *c, struct arena *a, const struct http_request *r,
	       struct http_answer *out)
{
	const char *host = host_to_ask(a, r, out);
	struct curl_slist *headers;
	struct slot *s;

	if (!host)
		return;
	s = slot_take(c, host);
	s->now = (struct exchange){.request = r, .connect_ms = c->connect_ms};
	headers = http_request_headers(r);
	bury_closed(s);
	http_request_set(s->easy, r, headers);
	http_answer_take(s, perform(s), a, out);
	/* libcurl keeps what it was given, and looks at it when connections close. */
	curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	slot_give(c, s);
}

/* On a slot that is never used again: nobody else is to find a connection that was not checked. */
void http_touch(struct http_client *c, struct arena *a, const struct http_request *r,
		struct http_answer *out)
{
	struct slot *s;

	if (!host_to_ask(a, r, out))
		return;
	s = slot_new(c);
	s->now = (struct exchange){.request = r, .connect_ms = c->connect_ms, .touches = true};
	http_request_set(s->easy, r, NULL);
	curl_easy_setopt(s->easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(s->easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(s->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	http_answer_take(s, perform(s), a, out);
	slot_free(s);
}
