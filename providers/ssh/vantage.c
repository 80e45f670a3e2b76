/* vantage.c - checks of type HTTP and TCP that a host asks for us, through its sshd. */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "providers/kit/http_status.h"
#include "providers/ssh/http_reply.h"
#include "providers/ssh/look.h"
#include "providers/ssh/settings.h"

#define BODY_LEN ((size_t)1 << 20)
#define HEAD_ROOM 65536
/* The host is asked for a sign of life when nobody behind it has answered. */
#define LIFE_MS 2000

struct endpoint {
	const char *address; /* without brackets */
	const char *text;    /* "10.0.0.1:80": for people */
	int port;
};

/* --- the way ---------------------------------------------------------------------------- */

/* Silence behind a host that is silent itself says nothing about the endpoint. */
static int host_lives(struct look *l)
{
	struct str script = STR_INIT;
	struct ssh_reply reply;
	int answer;

	l->ask->call.deadline_ms = kit_now_ms(&l->ask->call) + LIFE_MS;
	str_add(&script, ":");
	answer = ask_run(l->ask, SSH_READS, &script, &reply);
	str_release(&script);
	if (answer == 0)
		str_release(&reply.output);
	return answer;
}

static int say_silence(struct look *l, const struct endpoint *e, enum ssh_tunnel_end end)
{
	char limit[CLOCK_TEXT_LEN];

	if (end == TUNNEL_REFUSED)
		return look_say(l, false, "connection refused by %s, or no way to it", e->text);
	if (host_lives(l) < 0)
		return -1;
	clock_format_duration(l->timeout_ms, limit);
	return look_say(l, false, "no %s %s within %s",
			end == TUNNEL_NO_END ? "whole answer from" : "connection to", e->text,
			limit);
}

static int crowded(struct look *l)
{
	fault_set(&l->ask->fault, HD_CONFLICT, DIAG_SSH_CHECK,
		  "too many checks are asked from the host at a time");
	fault_detail(&l->ask->fault, "%d of them, from '%s'", HOST_TUNNELS_MAX, l->ask->host_name);
	return -1;
}

static int pass(struct look *l, struct ssh_tunnel *t, struct ssh_tunnel_reply *reply)
{
	struct hd_session *s = l->ask->session;
	struct host_tunnel *own = host_tunnel_take(s, l->ask->host);
	int answer;

	*reply = (struct ssh_tunnel_reply){.received = STR_INIT};
	if (!own)
		return crowded(l);
	t->call = &l->ask->call;
	t->timeout_ms = l->timeout_ms;
	answer = ssh_tunnel(own->link, t, reply, &l->ask->fault);
	host_tunnel_give_back(s, own);
	l->passed_ms = reply->passed_ms;
	return answer;
}

/* --- TCP -------------------------------------------------------------------------------- */

static const char *without_brackets(struct arena *a, const char *host)
{
	size_t len = strlen(host);

	if (len > 2 && host[0] == '[' && host[len - 1] == ']')
		return arena_strndup(a, host + 1, len - 2);
	return host;
}

static void set_endpoint(struct look *l, const char *host, int port, struct endpoint *e)
{
	struct arena *a = l->ask->arena;

	e->address = without_brackets(a, host);
	e->port = port;
	e->text = arena_printf(a, strchr(e->address, ':') ? "[%s]:%d" : "%s:%d", e->address, port);
}

static int read_endpoint(struct look *l, struct endpoint *e)
{
	const char *host = ask_text(l->ask, l->ask->desired, "Host");
	const char *port = ask_text(l->ask, l->ask->desired, "Port");
	int64_t number;

	if (!host)
		host = ask_text(l->ask, l->ask->desired, "Address");
	if (!host || !*host || strpbrk(host, " /@\n"))
		return look_refuse(l, "Address", "it is the name or the address of a host");
	if (!port || !text_to_int64(text_of(port), 1, 65535, &number))
		return look_refuse(l, "Port", "it is a number from 1 to 65535");
	set_endpoint(l, host, (int)number, e);
	return 0;
}

int look_tcp(struct look *l)
{
	struct ssh_tunnel_reply reply;
	struct endpoint e = {0};
	struct ssh_tunnel t = {0};
	int answer;

	if (read_endpoint(l, &e) < 0)
		return -1;
	t.address = e.address;
	t.port = e.port;
	answer = pass(l, &t, &reply);
	str_release(&reply.received);
	if (answer < 0)
		return -1;
	if (reply.end != TUNNEL_DONE)
		return say_silence(l, &e, reply.end);
	return look_say(l, true, "connected to %s in %lld ms", e.text, (long long)l->passed_ms);
}

/* --- HTTP: what is asked for ------------------------------------------------------------ */

struct http_look {
	struct look *l;
	struct endpoint e;
	const char *host, *path; /* of the URL; host with its port */
	const char *method, *contains;
	const char *body; /* NULL: none */
	struct status_set expected;
	struct http_reply reply;
};

static bool is_line(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	}
	return true;
}

/* "10.0.0.1", "[::1]:8080": the port behind the last colon that is not within brackets. */
static int split_host(struct http_look *h, const char *host)
{
	const char *colon = strrchr(host, ':'), *bracket = strchr(host, ']');
	int64_t port = 80;
	size_t len = strlen(host);

	if (colon && (!bracket || colon > bracket)) {
		if (!text_to_int64(text_of(colon + 1), 1, 65535, &port))
			return look_refuse(h->l, "Url", "its port is a number from 1 to 65535");
		len = (size_t)(colon - host);
	}
	set_endpoint(h->l, arena_strndup(h->l->ask->arena, host, len), (int)port, &h->e);
	return 0;
}

static int read_url(struct http_look *h)
{
	struct arena *a = h->l->ask->arena;
	const char *url = ask_text(h->l->ask, h->l->ask->desired, "Url"), *path;
	size_t len;

	if (!url || strncasecmp(url, "http://", 7) != 0)
		return look_refuse(h->l, "Url", "it begins with http://, without TLS");
	url += 7;
	len = strcspn(url, "/?#");
	if (!len || !is_line(url) || strchr(url, ' ') || memchr(url, '@', len))
		return look_refuse(h->l, "Url",
				   "it has a host without a user's name, and no blanks");
	path = arena_strndup(a, url + len, strcspn(url + len, "#"));
	h->host = arena_strndup(a, url, len);
	h->path = *path == '/' ? path : arena_printf(a, "/%s", path);
	return split_host(h, h->host);
}

static int read_more(struct http_look *h)
{
	struct ask *a = h->l->ask;
	const json_t *body = json_object_get(a->desired, "Body");
	const char *follows = ask_text(a, a->desired, "FollowRedirects");

	h->body = ask_text(a, a->desired, "Body");
	if (body && !h->body)
		h->body = json_text(a->arena, body);
	h->method = ask_text(a, a->desired, "Method");
	if (!h->method)
		h->method = h->body ? "POST" : "GET";
	h->contains = ask_text(a, a->desired, "Contains");
	if (!*h->method || !is_line(h->method) || strpbrk(h->method, " \t:/"))
		return look_refuse(h->l, "Method", "it is a word such as GET");
	if (follows && strcmp(follows, "true") == 0)
		return look_refuse(h->l, "FollowRedirects", "only the first answer is looked at");
	if (json_object_get(a->desired, "TlsDays"))
		return look_refuse(h->l, "TlsDays", "there is no TLS");
	if (status_read(a->arena, json_object_get(a->desired, "Status"), &h->expected) < 0)
		return look_refuse(h->l, "Status",
				   "it is a status such as 200, a range such as 200-399, or a "
				   "list of these");
	return 0;
}

static int add_headers(struct http_look *h, struct str *out)
{
	const json_t *map = json_object_get(h->l->ask->desired, "Headers");
	bool has_host = false;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)map, name, value)
	{
		const char *text = settings_text(h->l->ask->arena, value);

		if (!*name || !is_line(name) || strpbrk(name, " :") || !text || !is_line(text))
			return look_refuse(h->l, "Headers",
					   "names are words, and values texts of one line");
		has_host |= strcasecmp(name, "host") == 0;
		if (strcasecmp(name, "connection") != 0 && strcasecmp(name, "content-length") != 0)
			str_printf(out, "%s: %s\r\n", name, text);
	}
	if (!has_host)
		str_printf(out, "Host: %s\r\n", h->host);
	return 0;
}

static int add_request(struct http_look *h, struct str *out)
{
	str_printf(out, "%s %s HTTP/1.1\r\nConnection: close\r\nAccept: */*\r\n", h->method,
		   h->path);
	if (add_headers(h, out) < 0)
		return -1;
	if (h->body)
		str_printf(out, "Content-Length: %zu\r\n", strlen(h->body));
	str_printf(out, "\r\n%s", h->body ? h->body : "");
	return 0;
}

/* --- HTTP: what came of it -------------------------------------------------------------- */

static enum http_reply_body body_of(const struct http_look *h)
{
	return strcmp(h->method, "HEAD") == 0 ? HTTP_REPLY_NO_BODY : HTTP_REPLY_BODY;
}

static bool is_whole(void *context, struct text received)
{
	struct http_look *h = context;

	return http_reply_read(received, body_of(h), &h->reply) != HTTP_REPLY_MORE;
}

static bool has_text(const struct str *body, const char *wanted)
{
	return body->len && memmem(body->ptr, body->len, wanted, strlen(wanted)) != NULL;
}

static int judge(struct http_look *h, bool cut)
{
	const char *fact = arena_printf(h->l->ask->arena, "HTTP %d in %lld ms", h->reply.status,
					(long long)h->l->passed_ms);
	bool redirects = h->reply.status >= 300 && h->reply.status <= 399;

	h->l->unasked =
		!status_has(&h->expected, h->reply.status) &&
		(h->reply.status == 401 || h->reply.status == 403 || h->reply.status == 407);
	h->l->said_no = !h->l->unasked;
	if (!status_has(&h->expected, h->reply.status))
		return look_say(h->l, false, "%s, not %s%s", fact, h->expected.text,
				redirects ? " (redirects are not followed)" : "");
	if (h->contains && !has_text(&h->reply.body, h->contains))
		return look_say(h->l, false, "%s, without the text of Contains%s", fact,
				cut ? " in its first MB" : "");
	h->l->said_no = false;
	return look_say(h->l, true, "%s", fact);
}

static int conclude(struct http_look *h, const struct ssh_tunnel_reply *r)
{
	struct text received = str_text(&r->received);
	bool cut = received.len > BODY_LEN;
	enum http_reply_state state;

	if (r->end != TUNNEL_DONE)
		return say_silence(h->l, &h->e, r->end);
	state = http_reply_ended(received, body_of(h), &h->reply);
	if (state == HTTP_REPLY_WHOLE || (cut && state == HTTP_REPLY_MORE))
		return judge(h, cut);
	if (state == HTTP_REPLY_BAD)
		return look_say(h->l, false, "the answer is no HTTP (%s)", h->e.text);
	return look_say(h->l, false,
			received.len ? "the answer ended too early (%s)"
				     : "no answer, and the connection was closed (%s)",
			h->e.text);
}

int look_http(struct look *l)
{
	struct http_look h = {.l = l, .reply = {0, STR_INIT}};
	struct str request = STR_INIT;
	struct ssh_tunnel_reply reply = {.received = STR_INIT};
	struct ssh_tunnel t = {.whole = is_whole, .max_len = BODY_LEN + HEAD_ROOM};
	int answer = -1;

	if (read_url(&h) == 0 && read_more(&h) == 0 && add_request(&h, &request) == 0) {
		t.address = h.e.address;
		t.port = h.e.port;
		t.send = str_text(&request);
		t.context = &h;
		answer = pass(l, &t, &reply);
	}
	if (answer == 0)
		answer = conclude(&h, &reply);
	if (request.ptr)
		explicit_bzero(request.ptr, request.len);
	str_release(&request);
	str_release(&reply.received);
	str_release(&h.reply.body);
	return answer;
}
