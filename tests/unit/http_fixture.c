#include "tests/unit/http_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESS "127.0.0.1"

/* A connection, in a thread of its own. */
struct visit {
	struct http_fixture *server;
	int socket;
	size_t number; /* of the request on this connection */
	struct str in; /* what has come and is not answered */
	struct str request;
};

static void need(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	abort();
}

static bool put(const struct visit *v, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(v->socket, bytes, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		bytes += sent;
		len -= (size_t)sent;
	}
	return true;
}

static bool say(const struct visit *v, const char *text)
{
	return put(v, text, strlen(text));
}

static bool answer(const struct visit *v, const char *status, struct text body)
{
	struct str out = STR_INIT;
	bool good;

	str_printf(&out, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nX-Two: one\r\nx-two:  two \r\n\r\n",
		   status, body.len);
	str_add_text(&out, body);
	good = put(v, str_cstr(&out), out.len);
	str_release(&out);
	return good;
}

static bool ok(const struct visit *v)
{
	char body[32];

	snprintf(body, sizeof(body), "ok %zu", v->number);
	return answer(v, "200 OK", text_of(body));
}

static bool echo(const struct visit *v)
{
	return answer(v, "200 OK", str_text(&v->request));
}

static bool none(const struct visit *v)
{
	(void)v;
	return false;
}

static bool kept_none(const struct visit *v)
{
	return v->number == 1 && ok(v);
}

static bool reset(const struct visit *v)
{
	struct linger now = {.l_onoff = 1};

	setsockopt(v->socket, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	return false;
}

static bool half(const struct visit *v)
{
	say(v, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
	return false;
}

static bool half_head(const struct visit *v)
{
	say(v, "HTTP/1.1 200 OK\r\nContent-Le");
	return false;
}

static bool chunks(const struct visit *v)
{
	say(v, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n");
	return false;
}

static bool then_close(const struct visit *v)
{
	ok(v);
	return false;
}

static bool wait_for_end(const struct visit *v)
{
	char byte;

	while (recv(v->socket, &byte, 1, 0) > 0)
		continue;
	return false;
}

static bool without_end(const struct visit *v, const char *head, const char *piece, size_t count)
{
	struct str pieces = STR_INIT;
	bool good = say(v, head);

	for (size_t i = 0; i < count; i++)
		str_add(&pieces, piece);
	while (good)
		good = put(v, str_cstr(&pieces), pieces.len);
	str_release(&pieces);
	return false;
}

static bool endless(const struct visit *v)
{
	return without_end(v, "HTTP/1.1 200 OK\r\n\r\n", "0123456789abcdef", 65536);
}

static bool heads(const struct visit *v)
{
	return without_end(v, "HTTP/1.1 200 OK\r\n", "X-More: and more\r\n", 100);
}

static bool words(const struct visit *v)
{
	say(v, "220 mail.example.com ESMTP\r\n");
	return false;
}

static bool go_on(const struct visit *v)
{
	return say(v, "HTTP/1.1 100 Continue\r\nX-First: 1\r\n\r\n"
		      "HTTP/1.1 103 Early Hints\r\nX-First: 2\r\n\r\n") &&
	       ok(v);
}

static const struct {
	const char *name;
	bool (*act)(const struct visit *v);
} acts[] = {
	{"ok", ok},
	{"echo", echo},
	{"none", none},
	{"kept-none", kept_none},
	{"reset", reset},
	{"half", half},
	{"half-head", half_head},
	{"chunks", chunks},
	{"then-close", then_close},
	{"wait", wait_for_end},
	{"endless", endless},
	{"heads", heads},
	{"words", words},
	{"continue", go_on},
};

/* The last piece of the path, without what is behind "?". */
static struct text name_of(struct text request)
{
	const char *end = memchr(request.ptr, '\r', request.len);
	struct text line = {request.ptr, (size_t)(end - request.ptr)};
	struct text_split words_of = text_split_start(line);
	struct text word = {0};
	size_t start;

	text_next(&words_of, ' ', &word);
	text_next(&words_of, ' ', &word);
	word.len = strcspn(word.ptr, "? \r");
	for (start = word.len; start > 0 && word.ptr[start - 1] != '/';)
		start--;
	return (struct text){word.ptr + start, word.len - start};
}

/* False: the connection is over. */
static bool act(const struct visit *v)
{
	struct text name = name_of(str_text(&v->request));
	char status[16];

	if (text_starts(str_text(&v->request), "CONNECT "))
		return answer(v, "403 No", TEXT_LIT(""));
	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		if (text_is(name, acts[i].name))
			return acts[i].act(v);
	}
	snprintf(status, sizeof(status), "%.*s So", (int)(name.len < 8 ? name.len : 8), name.ptr);
	return answer(v, status, TEXT_LIT("as told"));
}

static size_t body_len(const char *head)
{
	const char *at = strcasestr(head, "\r\ncontent-length:");
	int64_t len = 0;

	if (at) {
		at += strlen("\r\ncontent-length:");
		text_to_int64(text_trim((struct text){at, strcspn(at, "\r")}), 0, INT32_MAX, &len);
	}
	return (size_t)len;
}

/* Moves one whole request out of what has come. */
static bool next_request(struct visit *v)
{
	char bytes[65536];

	for (;;) {
		const char *end = strstr(str_cstr(&v->in), "\r\n\r\n");
		size_t len = end ? (size_t)(end - v->in.ptr) + 4 + body_len(v->in.ptr) : SIZE_MAX;
		ssize_t got;

		if (v->in.len >= len) {
			str_clear(&v->request);
			str_add_len(&v->request, v->in.ptr, len);
			memmove(v->in.ptr, v->in.ptr + len, v->in.len - len);
			str_truncate(&v->in, v->in.len - len);
			return true;
		}
		got = recv(v->socket, bytes, sizeof(bytes), 0);
		if (got <= 0)
			return false;
		str_add_len(&v->in, bytes, (size_t)got);
	}
}

static void count(struct visit *v)
{
	struct http_fixture *s = v->server;

	v->number++;
	pthread_mutex_lock(&s->lock);
	s->request_count++;
	str_clear(&s->last);
	str_add_text(&s->last, str_text(&v->request));
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void leave(struct visit *v)
{
	struct http_fixture *s = v->server;

	pthread_mutex_lock(&s->lock);
	/* Closed before it is told: who was waiting finds the end there. */
	close(v->socket);
	for (size_t i = 0; i < s->open.count; i++) {
		if (s->open.items[i] == v->socket)
			s->open.items[i--] = s->open.items[--s->open.count];
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	str_release(&v->in);
	str_release(&v->request);
	free(v);
}

static void *visit(void *context)
{
	struct visit *v = context;

	while (next_request(v)) {
		count(v);
		if (!act(v))
			break;
	}
	leave(v);
	return NULL;
}

static void receive(struct http_fixture *s, int socket)
{
	struct visit *v = xcalloc(1, sizeof(*v));
	pthread_t thread;

	*v = (struct visit){.server = s, .socket = socket};
	pthread_mutex_lock(&s->lock);
	s->connection_count++;
	*vec_add(&s->open) = socket;
	pthread_mutex_unlock(&s->lock);
	need(pthread_create(&thread, NULL, visit, v) == 0, "pthread_create");
	pthread_detach(thread);
}

static void *serve(void *context)
{
	struct http_fixture *s = context;

	for (;;) {
		int socket = accept(s->socket, NULL, NULL);

		if (socket < 0)
			return NULL;
		receive(s, socket);
	}
}

void http_fixture_start(struct http_fixture *s)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);

	*s = (struct http_fixture){0};
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->socket = socket(AF_INET, SOCK_STREAM, 0);
	inet_pton(AF_INET, ADDRESS, &at.sin_addr);
	need(bind(s->socket, (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
	need(listen(s->socket, 128) == 0, "listen");
	need(getsockname(s->socket, (struct sockaddr *)&at, &len) == 0, "getsockname");
	s->port = ntohs(at.sin_port);
	need(pthread_create(&s->thread, NULL, serve, s) == 0, "pthread_create");
}

void http_fixture_end(struct http_fixture *s)
{
	shutdown(s->socket, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->socket);
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->open.count; i++)
		shutdown(s->open.items[i], SHUT_RDWR);
	while (s->open.count > 0)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	vec_release(&s->open);
	str_release(&s->last);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
}

const char *http_fixture_url(const struct http_fixture *s, const char *path)
{
	static _Thread_local char url[2][160];
	static _Thread_local int turn;

	turn = !turn;
	snprintf(url[turn], sizeof(url[turn]), "http://" ADDRESS ":%d/%s", s->port, path);
	return url[turn];
}

size_t http_fixture_count(struct http_fixture *s)
{
	size_t number;

	pthread_mutex_lock(&s->lock);
	number = s->request_count;
	pthread_mutex_unlock(&s->lock);
	return number;
}

void http_fixture_wait_open(struct http_fixture *s, size_t wanted)
{
	pthread_mutex_lock(&s->lock);
	while (s->open.count != wanted)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

void http_fixture_wait_count(struct http_fixture *s, size_t wanted)
{
	pthread_mutex_lock(&s->lock);
	while (s->request_count < wanted)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
}
