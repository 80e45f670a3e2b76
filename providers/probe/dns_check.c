/* dns_check.c - what a DNS server answers for a name: asked over UDP, and over TCP when the answer
 * does not fit. */
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "providers/probe/check.h"
#include "providers/probe/dns.h"

#define PORT 53
#define UDP_LEN 4096
#define TCP_LEN 65535
#define TRIES 3 /* datagrams get lost */
#define RESOLVER_FILE "/etc/resolv.conf"
#define RESOLVER_LEN ((size_t)64 << 10)
#define SHOWN_LEN 120

struct dns_check {
	struct check *c;
	const char *server, *place; /* "127.0.0.1:53" */
	int port;
	struct dns_question q;
	const char *type;
	struct net_address at;
	struct dns_answer answer;
	bool tcp;
};

/* --- what is asked for -------------------------------------------------------------------- */

/* The first that the machine itself asks. */
static const char *own_server(struct arena *a)
{
	struct str text = STR_INIT;
	struct text_split lines;
	struct text line;
	const char *found = NULL;

	if (file_read(RESOLVER_FILE, RESOLVER_LEN, &text) == 0) {
		lines = text_split_start(str_text(&text));
		while (!found && text_next(&lines, '\n', &line)) {
			line = text_trim(line);
			if (text_starts(line, "nameserver "))
				found = arena_text(
					a, text_trim((struct text){line.ptr + 11, line.len - 11}));
		}
	}
	str_release(&text);
	return found;
}

static int read_server(struct dns_check *d)
{
	struct check *c = d->c;
	int64_t port = PORT;

	if (check_number(c, "Port", 1, 65535, &port) < 0)
		return -1;
	if (!json_object_get(c->args, "Server"))
		d->server = own_server(c->arena);
	else if (check_host(c, "Server", &d->server) < 0)
		return -1;
	if (!d->server)
		return check_refuse(c, "Server",
				    "it is required where " RESOLVER_FILE " names none");
	d->port = (int)port;
	d->place = arena_printf(c->arena,
				strchr(d->server, ':') && d->server[0] != '[' ? "[%s]:%d" : "%s:%d",
				d->server, d->port);
	return 0;
}

static int read_question(struct dns_check *d)
{
	struct check *c = d->c;
	unsigned char ignored[DNS_QUERY_LEN];

	d->type = "A";
	if (check_text(c, "Domain", &d->q.name) < 0 || check_text(c, "RecordType", &d->type) < 0)
		return -1;
	if (!dns_type_named(d->type, &d->q.type))
		return check_refuse(c, "RecordType",
				    "it is A, AAAA, CNAME, MX, NS, PTR, SOA, SRV or TXT");
	if (!d->q.name || !dns_write(&d->q, ignored))
		return check_refuse(c, "Domain", "it is a name such as www.shop.example.");
	return 0;
}

/* --- asking ------------------------------------------------------------------------------- */

/* A part of what is left. */
struct slice {
	struct check *c;
	int64_t until_ms;
};

static int64_t slice_left_ms(void *context)
{
	const struct slice *s = context;
	int64_t left_ms = s->until_ms - check_passed_ms(s->c);

	return left_ms > 0 ? left_ms : 0;
}

static int slice_stop(void *context)
{
	const struct slice *s = context;

	return check_stop(s->c);
}

/* Until an answer to our question comes: anything else on this port is not for us. */
static enum net_result wait_for_answer(struct dns_check *d, int fd, const struct wait *w,
				       enum dns_reading *reading)
{
	char bytes[UDP_LEN];
	size_t len;

	do {
		enum net_result r = net_receive(fd, bytes, sizeof(bytes), w, &len);

		if (r != NET_OK)
			return r;
		*reading = dns_read(d->c->arena, &d->q, (struct text){bytes, len}, &d->answer);
	} while (*reading == DNS_FOREIGN);
	return NET_OK;
}

static enum net_result ask_udp(struct dns_check *d, struct text query, enum dns_reading *reading,
			       const char **why)
{
	struct slice slice = {d->c, 0};
	struct wait w = {slice_left_ms, slice_stop, &slice};
	enum net_result r = NET_TOO_LONG;

	for (int i = 1; i <= TRIES && r == NET_TOO_LONG; i++) {
		int fd;

		slice.until_ms = d->c->timeout_ms * i / TRIES;
		r = net_connect(&d->at, SOCK_DGRAM, &w, &fd, why);
		if (r != NET_OK)
			return r;
		r = net_send(fd, query.ptr, query.len, &w);
		if (r == NET_OK)
			r = wait_for_answer(d, fd, &w, reading);
		close(fd);
	}
	/* Nobody listens there: the kernel said so in answer to the datagram. */
	if (r == NET_FAILED)
		*why = "connection refused";
	return r;
}

static enum net_result receive_all(int fd, char *bytes, size_t len, const struct wait *w)
{
	while (len) {
		size_t got = 0;
		enum net_result r = net_receive(fd, bytes, len, w, &got);

		if (r != NET_OK)
			return r;
		if (!got)
			return NET_FAILED;
		bytes += got;
		len -= got;
	}
	return NET_OK;
}

static enum net_result converse(struct dns_check *d, int fd, struct text query,
				enum dns_reading *reading)
{
	struct wait w = check_wait(d->c);
	char *bytes = arena_alloc(d->c->arena, TCP_LEN);
	unsigned char head[2] = {(unsigned char)(query.len >> 8), (unsigned char)query.len};
	size_t len;
	enum net_result r = net_send(fd, (const char *)head, sizeof(head), &w);

	if (r == NET_OK)
		r = net_send(fd, query.ptr, query.len, &w);
	if (r == NET_OK)
		r = receive_all(fd, (char *)head, sizeof(head), &w);
	len = (size_t)head[0] << 8 | head[1];
	if (r == NET_OK)
		r = receive_all(fd, bytes, len, &w);
	if (r == NET_OK)
		*reading = dns_read(d->c->arena, &d->q, (struct text){bytes, len}, &d->answer);
	return r;
}

static enum net_result ask_tcp(struct dns_check *d, struct text query, enum dns_reading *reading,
			       const char **why)
{
	struct wait w = check_wait(d->c);
	enum net_result r;
	int fd;

	d->tcp = true;
	r = net_connect(&d->at, SOCK_STREAM, &w, &fd, why);
	if (r != NET_OK)
		return r;
	r = converse(d, fd, query, reading);
	close(fd);
	if (r == NET_FAILED)
		*why = "the connection was closed before the whole answer came";
	return r;
}

/* 0: there is an answer; 1: the check is answered; -1. */
static int ask(struct dns_check *d)
{
	struct wait w = check_wait(d->c);
	struct net_addresses found;
	struct check_end end = {.why = ""};
	unsigned char bytes[DNS_QUERY_LEN];
	enum dns_reading reading = DNS_BROKEN;
	struct text query;

	clock_real()->random(clock_real(), &d->q.id, sizeof(d->q.id));
	query = (struct text){(const char *)bytes, dns_write(&d->q, bytes)};
	end.result = net_resolve(d->server, d->port, &w, &found, &end.why);
	if (end.result == NET_OK) {
		d->at = found.items[0];
		end.connected = true;
		end.result = ask_udp(d, query, &reading, &end.why);
	}
	if (end.result == NET_OK && reading == DNS_CUT)
		end.result = ask_tcp(d, query, &reading, &end.why);
	if (end.result != NET_OK)
		return check_say_end(d->c, d->place, &end) < 0 ? -1 : 1;
	if (reading == DNS_READ)
		return 0;
	check_say(d->c, false, "no valid DNS answer (%s)", d->place);
	return 1;
}

/* --- what came of it ---------------------------------------------------------------------- */

static const char *joined(struct arena *a, const char *const *texts, size_t count)
{
	struct str all = STR_INIT;
	const char *kept;

	for (size_t i = 0; i < count; i++)
		str_printf(&all, "%s%s", i ? " " : "", texts[i]);
	kept = arena_strdup(a, str_cstr(&all));
	str_release(&all);
	return kept;
}

static bool answers(const struct dns_check *d, const char *wanted)
{
	for (size_t i = 0; i < d->answer.count; i++) {
		if (strcmp(dns_normal(d->c->arena, d->q.type, d->answer.texts[i]), wanted) == 0)
			return true;
	}
	return false;
}

struct wishes {
	const char **texts; /* normal */
	size_t count;
	bool there;
};

/* A text, or a list of them. */
static int read_wishes(struct dns_check *d, const char *key, struct wishes *out)
{
	const json_t *value = json_object_get(d->c->args, key);
	size_t count = json_is_array(value) ? json_array_size(value) : 1;

	*out = (struct wishes){ARENA_ARRAY(d->c->arena, count, const char *), 0, value != NULL};
	for (size_t i = 0; value && i < count; i++) {
		const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;
		const char *text = check_scalar(d->c->arena, item);

		if (!text)
			return check_refuse(d->c, key, "it is a text, or a list of them");
		out->texts[out->count++] = dns_normal(d->c->arena, d->q.type, text);
	}
	return 0;
}

static bool is_wished(const struct wishes *w, const char *text)
{
	for (size_t i = 0; i < w->count; i++) {
		if (strcmp(w->texts[i], text) == 0)
			return true;
	}
	return false;
}

/* The first that is missing, or too much; NULL: it is as wished. */
static const char *wrong(const struct dns_check *d, const struct wishes *equals,
			 const struct wishes *contains)
{
	struct arena *a = d->c->arena;
	const struct wishes *all = equals->there ? equals : contains;

	for (size_t i = 0; i < all->count; i++) {
		if (!answers(d, all->texts[i]))
			return arena_printf(a, "without %s", all->texts[i]);
	}
	for (size_t i = 0; equals->there && i < d->answer.count; i++) {
		const char *text = dns_normal(a, d->q.type, d->answer.texts[i]);

		if (!is_wished(equals, text))
			return arena_printf(a, "%s is not in Equals", text);
	}
	return !all->there && !d->answer.count ? "no answer" : NULL;
}

/* "A 192.0.2.1 192.0.2.2 in 3 ms". */
static const char *fact(const struct dns_check *d)
{
	const char *all = joined(d->c->arena, d->answer.texts, d->answer.count);
	bool none = !d->answer.count;

	return arena_printf(d->c->arena, "%s %.*s%s in %lld ms%s", d->type, SHOWN_LEN,
			    none ? dns_code_name(d->answer.code) : all,
			    strlen(all) > SHOWN_LEN ? "..." : "", (long long)check_passed_ms(d->c),
			    d->tcp ? " over TCP" : "");
}

static void measure(struct dns_check *d)
{
	check_measure(d->c, "Answers",
		      json_string(joined(d->c->arena, d->answer.texts, d->answer.count)));
	check_measure(d->c, "Code", json_string(dns_code_name(d->answer.code)));
	if (d->answer.ttl >= 0)
		check_measure(d->c, "Ttl", json_integer(d->answer.ttl));
}

static int judge(struct dns_check *d, const struct wishes *equals, const struct wishes *contains)
{
	/* No such name is an answer, the empty one; other codes say that there is none. */
	bool failed = d->answer.code != 0 && d->answer.code != 3;
	const char *why = failed ? "the server could not answer" : wrong(d, equals, contains);

	measure(d);
	if (failed)
		return check_say_unasked(d->c, "%s (%s)", why, fact(d));
	if (why)
		return check_say_no(d->c, "%s (%s)", why, fact(d));
	return check_say(d->c, true, "%s", fact(d));
}

int check_dns(struct check *c)
{
	struct dns_check d = {.c = c};
	struct wishes equals, contains;
	int answered;

	if (read_server(&d) < 0 || read_question(&d) < 0 ||
	    read_wishes(&d, "Equals", &equals) < 0 || read_wishes(&d, "Contains", &contains) < 0)
		return -1;
	answered = ask(&d);
	if (answered)
		return answered < 0 ? -1 : 0;
	return judge(&d, &equals, &contains);
}
