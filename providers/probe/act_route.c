/* act_route.c - routes of type HAProxy::Route: reads and sets the weights of regions at one or
 * several HAProxies, through the runtime API.
 *
 * Setting is asked for with whole weights, so doing it again does no harm: what is lost on the way
 * is tried again. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vec.h"
#include "providers/probe/act.h"
#include "providers/probe/haproxy.h"

#define PLACES_MAX 100
#define HOST_WORD "${Host}"
#define PLACE_MS 4000 /* one that does not answer must not take the time of the others */
#define ANSWER_LEN ((size_t)4 << 20)
#define COMMANDS_LEN ((size_t)8000) /* of one line, which HAProxy's buffer must hold */

struct route {
	struct action *act;
	const char *backend;
	const char **sockets; /* "/run/haproxy.sock", "tcp:127.0.0.1:9999" */
	size_t socket_count;
	bool some_may_fail;
	struct haproxy_regions regions;
	size_t reached; /* HAProxies */
	json_t *shares; /* of the first one; stolen by the result */
};

/* --- the entry of Routes ------------------------------------------------------------------ */

static int refuse(struct route *r, const char *why)
{
	fault_set(&r->act->c.fault, HD_FATAL, DIAG_HAPROXY_ROUTE,
		  "the route of type HAProxy::Route cannot be used");
	fault_detail(&r->act->c.fault, "%s", why);
	fault_hint(&r->act->c.fault, "docs/probe.md has all keys with examples");
	return -1;
}

static bool is_port(struct text t)
{
	int64_t port;

	return text_to_int64(t, 1, 65535, &port);
}

/* "tcp:HOST:PORT", or a path. */
static int add_socket(struct route *r, const char *text)
{
	const char *port;
	struct arena *a = r->act->c.arena;

	if (!*text || r->socket_count == PLACES_MAX)
		return refuse(r, "Socket is a path, tcp:HOST:PORT, or a list of these");
	if (strncmp(text, "tcp:", 4) == 0) {
		port = strrchr(text + 4, ':');
		if (!port || !is_port(text_of(port + 1)) ||
		    !net_is_host(arena_strndup(a, text + 4, (size_t)(port - text - 4))))
			return refuse(r, "a Socket over TCP is written tcp:HOST:PORT");
	} else {
		text = path_join(a, r->act->c.session->settings.project_dir,
				 path_expand_home(a, text));
	}
	r->sockets[r->socket_count++] = arena_strdup(a, text);
	return 0;
}

static bool has_role(const json_t *host, const json_t *roles)
{
	const json_t *own = json_object_get(host, "Roles");
	json_t *role, *one;
	size_t i, k;

	json_array_foreach(roles, i, role)
	{
		json_array_foreach(own, k, one)
		{
			if (json_equal(one, role))
				return true;
		}
	}
	return !json_is_array(roles);
}

/* One for each host of the region that has the roles. */
static int add_host_sockets(struct route *r, const char *text, const char *at)
{
	struct arena *a = r->act->c.arena;
	const json_t *roles = json_object_get(json_object_get(r->act->c.args, "Route"), "Roles");
	json_t *hosts = json_parse(text_of(r->act->c.session->settings.hosts), NULL, NULL), *host;
	size_t before = r->socket_count;
	const char *name;
	int rc = 0;

	json_object_foreach(hosts, name, host)
	{
		if (rc == 0 && has_role(host, roles))
			rc = add_socket(r, arena_printf(a, "%.*s%s%s", (int)(at - text), text,
							json_str(host, "Address", ""),
							at + strlen(HOST_WORD)));
	}
	json_decref(hosts);
	if (rc == 0 && r->socket_count == before)
		return refuse(r, "the region has no host of these Roles for ${Host} in Socket");
	return rc;
}

static int add_sockets(struct route *r, const json_t *value)
{
	const char *text = json_string_value(value), *at = text ? strstr(text, HOST_WORD) : NULL;

	if (!text)
		return refuse(r, "Socket is a path, tcp:HOST:PORT, or a list of these");
	return at ? add_host_sockets(r, text, at) : add_socket(r, text);
}

static int read_sockets(struct route *r, const json_t *value)
{
	size_t count = json_is_array(value) ? json_array_size(value) : 1;

	r->sockets = ARENA_ARRAY(r->act->c.arena, PLACES_MAX, const char *);
	for (size_t i = 0; i < count; i++) {
		if (add_sockets(r, json_is_array(value) ? json_array_get(value, i) : value) < 0)
			return -1;
	}
	return r->socket_count ? 0 : refuse(r, "Socket names no HAProxy");
}

static int read_route(struct route *r)
{
	const json_t *route = json_object_get(r->act->c.args, "Route");
	const char *unreachable = json_str(route, "Unreachable", "fail"), *wrong;

	r->backend = json_str(route, "Backend", "");
	r->some_may_fail = strcmp(unreachable, "ignore") == 0;
	if (!json_is_object(route))
		return refuse(r, "there is no Route: it is an entry of Routes in the manifest");
	if (!haproxy_is_name(r->backend))
		return refuse(r, "Backend is the name of a backend of HAProxy");
	if (!r->some_may_fail && strcmp(unreachable, "fail") != 0)
		return refuse(r, "Unreachable is fail or ignore");
	wrong = haproxy_read_regions(r->act->c.arena, json_object_get(route, "Servers"),
				     &r->regions);
	return wrong ? refuse(r, wrong) : read_sockets(r, json_object_get(route, "Socket"));
}

/* --- one HAProxy -------------------------------------------------------------------------- */

struct place {
	struct route *r;
	const char *socket;
	int64_t until_ms; /* of check_passed_ms */
	struct haproxy_servers servers;
};

static int64_t place_left_ms(void *context)
{
	const struct place *p = context;
	int64_t whole_ms = check_left_ms(&p->r->act->c);
	int64_t left_ms = p->until_ms - check_passed_ms(&p->r->act->c);

	left_ms = left_ms < whole_ms ? left_ms : whole_ms;
	return left_ms > 0 ? left_ms : 0;
}

static int place_stop(void *context)
{
	const struct place *p = context;

	return check_stop(&p->r->act->c);
}

static enum net_result connect_tcp(struct place *p, const struct wait *w, int *fd, const char **why)
{
	const char *host = p->socket + 4, *port = strrchr(host, ':');
	struct net_addresses found;
	int64_t number = 0;
	enum net_result r;

	text_to_int64(text_of(port + 1), 1, 65535, &number);
	r = net_resolve(arena_strndup(p->r->act->c.arena, host, (size_t)(port - host)), (int)number,
			w, &found, why);
	return r == NET_OK ? net_connect(&found.items[0], SOCK_STREAM, w, fd, why) : r;
}

/* One line of commands; the answer, to its end, in the arena. */
static enum net_result converse(struct place *p, int fd, const char *line, const struct wait *w,
				struct text *answer)
{
	struct str all = STR_INIT;
	enum net_result r = net_send(fd, line, strlen(line), w);
	size_t got = 1;

	while (r == NET_OK && got) {
		char *room = str_reserve(&all, 4096);

		r = net_receive(fd, room, 4096, w, &got);
		if (r == NET_OK)
			str_grown(&all, got);
		if (all.len > ANSWER_LEN)
			r = NET_FAILED;
	}
	answer->ptr = arena_text(p->r->act->c.arena, str_text(&all));
	answer->len = all.len;
	str_release(&all);
	/* Every command is answered, by an empty line at least. */
	return r == NET_OK && !answer->len ? NET_FAILED : r;
}

static int say_unreachable(struct place *p, enum net_result r, const char *why)
{
	struct fault *f = &p->r->act->c.fault;

	if (r == NET_STOPPED)
		return check_stopped(&p->r->act->c);
	fault_set(f, r == NET_TOO_LONG ? HD_UNREACHABLE : HD_RETRY, DIAG_HAPROXY_SILENT,
		  "HAProxy does not answer");
	fault_detail(f, "%s: %s", p->socket, r == NET_TOO_LONG ? "no answer in time" : why);
	return -1;
}

static int ask(struct place *p, const char *line, struct text *answer)
{
	struct wait w = {place_left_ms, place_stop, p};
	const char *why = "";
	enum net_result r;
	int fd = -1;

	if (strncmp(p->socket, "tcp:", 4) == 0)
		r = connect_tcp(p, &w, &fd, &why);
	else
		r = net_connect_path(p->socket, &w, &fd, &why);
	if (r == NET_OK) {
		why = "the connection was closed before the whole answer came";
		r = converse(p, fd, line, &w, answer);
		close(fd);
	}
	return r == NET_OK ? 0 : say_unreachable(p, r, why);
}

static int say_refusal(struct place *p, struct text said)
{
	struct arena *a = p->r->act->c.arena;
	struct fault *f = &p->r->act->c.fault;

	fault_set(f, HD_FATAL, DIAG_HAPROXY_REFUSED, "HAProxy does not do what the route asks for");
	fault_detail(f, "%s: %s", p->socket, check_foreign(a, said, NULL));
	return -1;
}

static int look(struct place *p)
{
	struct arena *a = p->r->act->c.arena;
	const char *line = arena_printf(a, "show servers state %s\n", p->r->backend), *wrong;
	struct text answer = {0};

	if (ask(p, line, &answer) < 0)
		return -1;
	if (!text_starts(answer, "1\n"))
		return say_refusal(p, text_trim(answer));
	wrong = haproxy_read_state(a, answer, &p->r->regions, &p->servers);
	if (wrong)
		return say_refusal(p, text_of(wrong));
	wrong = haproxy_missing(&p->r->regions, &p->servers);
	return wrong ? say_refusal(p, text_of(arena_printf(a, "backend '%s' has no server '%s'",
							   p->r->backend, wrong)))
		     : 0;
}

/* Commands that succeed say nothing. */
static int put_line(struct place *p, struct str *line)
{
	struct text answer;

	if (!line->len)
		return 0;
	str_add_char(line, '\n');
	if (ask(p, str_cstr(line), &answer) < 0)
		return -1;
	answer = text_trim(answer);
	return answer.len ? say_refusal(p, answer) : 0;
}

static int put(struct place *p)
{
	struct text_split commands = text_split_start(
		text_of(haproxy_commands(p->r->act->c.arena, p->r->backend, &p->servers)));
	struct str line = STR_INIT;
	struct text command;
	int rc = 0;

	while (rc == 0 && text_next(&commands, '\n', &command)) {
		if (line.len + command.len > COMMANDS_LEN) {
			rc = put_line(p, &line);
			str_clear(&line);
		}
		if (command.len)
			str_printf(&line, "%s%.*s", line.len ? "; " : "", TEXT_ARG(command));
	}
	if (rc == 0)
		rc = put_line(p, &line);
	str_release(&line);
	return rc;
}

static int verify(struct place *p)
{
	const struct haproxy_server *s;

	if (look(p) < 0)
		return -1;
	haproxy_want(&p->r->regions, &p->servers);
	s = haproxy_unlike(&p->servers);
	if (!s)
		return 0;
	return say_refusal(
		p, text_of(arena_printf(p->r->act->c.arena,
					"server '%s' has weight %lld%s, and not %lld", s->name,
					(long long)s->weight, s->drains ? " and drains" : "",
					(long long)s->wanted)));
}

static bool takes_nothing(const struct route *r, const json_t *shares, const char **region)
{
	for (size_t i = 0; i < r->regions.count; i++) {
		*region = r->regions.items[i].name;
		if (r->regions.items[i].percent && !json_int(shares, *region, 0))
			return true;
	}
	return false;
}

/* Weights do not help a server that somebody took out: asked before any is set, since the others
 * would be drained for nothing, and of what came of it. */
static int check_taken(struct place *p, json_t *shares)
{
	const char *region;
	bool nothing = takes_nothing(p->r, shares, &region);

	json_decref(shares);
	if (!nothing)
		return 0;
	return say_refusal(
		p, text_of(arena_printf(p->r->act->c.arena,
					"all servers of region '%s' are in maintenance", region)));
}

static int set_one(struct place *p)
{
	if (look(p) < 0)
		return -1;
	haproxy_want(&p->r->regions, &p->servers);
	if (check_taken(p, haproxy_promised(&p->r->regions, &p->servers)) < 0 || put(p) < 0 ||
	    verify(p) < 0)
		return -1;
	return check_taken(p, haproxy_shares(&p->r->regions, &p->servers));
}

/* --- all of them -------------------------------------------------------------------------- */

static bool is_silent(const struct fault *f)
{
	return f->code == DIAG_HAPROXY_SILENT;
}

/* Two that differ are told of: the first one's weights are given. */
static void keep_shares(struct route *r, struct place *p)
{
	json_t *shares = haproxy_shares(&r->regions, &p->servers);

	r->reached++;
	if (r->shares && !json_equal(r->shares, shares))
		kit_remark(&r->act->c.call, HD_WARNING, DIAG_HAPROXY_REFUSED,
			   "HAProxies of the route have different weights", p->socket);
	if (r->shares)
		json_decref(shares);
	else
		r->shares = shares;
}

static int pass_over(struct route *r, const struct place *p)
{
	if (!r->some_may_fail || !is_silent(&r->act->c.fault))
		return -1;
	kit_remark(&r->act->c.call, HD_WARNING, DIAG_HAPROXY_SILENT,
		   "HAProxy does not answer, and is passed over", p->socket);
	return 0;
}

static int visit(struct route *r, int (*visit_one)(struct place *p))
{
	struct fault silent = FAULT_INIT;
	int rc = 0;

	for (size_t i = 0; i < r->socket_count && rc == 0; i++) {
		struct place p = {.r = r,
				  .socket = r->sockets[i],
				  .until_ms = check_passed_ms(&r->act->c) + PLACE_MS};

		rc = visit_one(&p);
		if (rc == 0) {
			keep_shares(r, &p);
			continue;
		}
		rc = pass_over(r, &p);
		if (rc == 0)
			fault_copy(&silent, &r->act->c.fault);
	}
	if (rc == 0 && !r->reached) {
		fault_copy(&r->act->c.fault, &silent);
		rc = -1;
	}
	fault_release(&silent);
	return rc;
}

static int give(struct route *r, int rc)
{
	if (rc == 0)
		json_object_set(r->act->result, "Weights", r->shares);
	json_decref(r->shares);
	return rc;
}

int act_weights(struct action *act)
{
	struct route r = {.act = act};

	if (read_route(&r) < 0)
		return -1;
	return give(&r, visit(&r, look));
}

int act_set_weights(struct action *act)
{
	struct route r = {.act = act};
	const char *wrong;

	if (read_route(&r) < 0)
		return -1;
	wrong = haproxy_read_weights(act->c.arena, json_object_get(act->c.args, "Weights"),
				     &r.regions);
	if (wrong)
		return refuse(&r, wrong);
	return give(&r, visit(&r, set_one));
}
