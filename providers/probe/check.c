/* check.c - what all kinds of checks share: time, answers, and reading keys. */
#include "providers/probe/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define FOREIGN_LEN ((size_t)200)

int64_t check_passed_ms(const struct check *c)
{
	int64_t passed_ms = kit_now_ms(&c->call) - c->started_ms;

	return passed_ms > 0 ? passed_ms : 0;
}

int64_t check_left_ms(const struct check *c)
{
	int64_t left_ms = c->timeout_ms - check_passed_ms(c);

	return left_ms > 0 ? left_ms : 0;
}

int check_stop(void *context)
{
	const struct check *c = context;

	return kit_cancelled(&c->call);
}

static int64_t wait_left_ms(void *context)
{
	return check_left_ms(context);
}

struct wait check_wait(struct check *c)
{
	return (struct wait){wait_left_ms, check_stop, c};
}

int check_say(struct check *c, bool healthy, const char *fmt, ...)
{
	va_list ap;

	c->healthy = healthy;
	str_clear(&c->detail);
	va_start(ap, fmt);
	str_vprintf(&c->detail, fmt, ap);
	va_end(ap);
	return 0;
}

int check_say_unasked(struct check *c, const char *fmt, ...)
{
	va_list ap;

	c->healthy = false;
	c->unasked = true;
	str_clear(&c->detail);
	va_start(ap, fmt);
	str_vprintf(&c->detail, fmt, ap);
	va_end(ap);
	return 0;
}

int check_say_no(struct check *c, const char *fmt, ...)
{
	va_list ap;

	c->healthy = false;
	c->said_no = true;
	str_clear(&c->detail);
	va_start(ap, fmt);
	str_vprintf(&c->detail, fmt, ap);
	va_end(ap);
	return 0;
}

/* By this very address: a name may stand for several, and a proxy may be who refuses. */
static bool is_refusal(const char *why, const char *host)
{
	const char *port = strrchr(host, ':');
	char whole[320];

	if (strcmp(why, "connection refused") == 0)
		return true;
	snprintf(whole, sizeof(whole), "%.*s port %s: connection refused",
		 port ? (int)(port - host) : 0, host, port ? port + 1 : "");
	return strcmp(why, whole) == 0;
}

int check_say_silence(struct check *c, const char *host, const struct http_answer *a)
{
	char limit[CLOCK_TEXT_LEN];

	clock_format_duration(c->timeout_ms, limit);
	if (a->timed_out)
		return check_say(c, false, "no %s %s within %s",
				 a->sent ? "whole answer from" : "connection to", host, limit);
	if (is_refusal(a->why, host))
		return check_say(c, false, "connection refused by %s", host);
	if (a->said_no || a->unsendable)
		return check_say_unasked(c, "%s (%s)", a->why, host);
	return check_say(c, false, "%s (%s)", a->why, host);
}

int check_say_end(struct check *c, const char *host, const struct check_end *end)
{
	char limit[CLOCK_TEXT_LEN];

	clock_format_duration(c->timeout_ms, limit);
	if (end->result == NET_STOPPED)
		return check_stopped(c);
	if (end->result == NET_TOO_LONG)
		return check_say(c, false, "no %s %s within %s",
				 end->connected ? "whole answer from" : "connection to", host,
				 limit);
	if (strcmp(end->why, "connection refused") == 0)
		return check_say(c, false, "connection refused by %s", host);
	if (end->unasked || net_is_nameless(end->why))
		return check_say_unasked(c, "%s (%s)", end->why, host);
	return check_say(c, false, "%s (%s)", end->why, host);
}

void check_measure(struct check *c, const char *name, json_t *value)
{
	if (!c->values)
		c->values = json_object();
	json_object_set_new(c->values, name, value);
}

int check_refuse(struct check *c, const char *key, const char *why)
{
	fault_set(&c->fault, HD_FATAL, DIAG_PROBE_ARGUMENT,
		  "'%s' of %s has a value that it cannot have", key, c->what);
	fault_detail(&c->fault, "%s", why);
	fault_hint(&c->fault, "docs/probe.md has all keys with examples");
	return -1;
}

int check_stopped(struct check *c)
{
	return fault_set(&c->fault, HD_CANCELLED, DIAG_PROBE_STOPPED, "the check was stopped");
}

const char *check_scalar(struct arena *a, const json_t *value)
{
	if (json_is_string(value))
		return arena_strdup(a, json_string_value(value));
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	return json_is_number(value) ? json_text(a, value) : NULL;
}

int check_text(struct check *c, const char *key, const char **out)
{
	const json_t *value = json_object_get(c->args, key);
	const char *text = check_scalar(c->arena, value);

	if (value && !text)
		return check_refuse(c, key, "it is a text");
	if (text)
		*out = text;
	return 0;
}

int check_number(struct check *c, const char *key, int64_t min, int64_t max, int64_t *out)
{
	const char *text = NULL;

	if (check_text(c, key, &text) < 0)
		return -1;
	if (!text || text_to_int64(text_of(text), min, max, out))
		return 0;
	return check_refuse(c, key,
			    arena_printf(c->arena, "it is a number from %lld to %lld, and not '%s'",
					 (long long)min, (long long)max, text));
}

int check_duration(struct check *c, const char *key, int64_t *out_ms)
{
	const char *text = NULL;

	if (check_text(c, key, &text) < 0)
		return -1;
	if (!text || (text_to_duration_ms(text_of(text), out_ms) && *out_ms >= 0))
		return 0;
	return check_refuse(c, key, "it is a duration such as 10s or 5m");
}

int check_host(struct check *c, const char *key, const char **out)
{
	if (check_text(c, key, out) < 0)
		return -1;
	return *out && net_is_host(*out)
		       ? 0
		       : check_refuse(c, key, "it is the name or the address of a host");
}

const char *check_foreign(struct arena *a, struct text said, const char *secret)
{
	char *out = arena_text(a, said);
	struct text t;
	size_t bad;

	if (secret)
		said.len = text_cover(out, said.len, secret);
	for (size_t i = 0; i < said.len; i++)
		out[i] = (unsigned char)out[i] < ' ' || out[i] == 127 ? ' ' : out[i];
	t = text_trim((struct text){out, said.len});
	out = arena_strndup(a, t.ptr, t.len < FOREIGN_LEN ? t.len : FOREIGN_LEN);
	while (!text_utf8_valid(text_of(out), &bad))
		out[bad] = '?';
	return out;
}

int check_flag(struct check *c, const char *key, bool *out)
{
	const char *text = NULL;

	if (check_text(c, key, &text) < 0)
		return -1;
	if (!text)
		return 0;
	*out = strcmp(text, "true") == 0;
	return *out || strcmp(text, "false") == 0 ? 0 : check_refuse(c, key, "it is true or false");
}

int check_path(struct check *c, const char *key, const char **out)
{
	const char *name = NULL, *path;

	if (check_text(c, key, &name) < 0)
		return -1;
	if (!name)
		return 0;
	path = path_join(c->arena, c->session->settings.project_dir,
			 path_expand_home(c->arena, name));
	if (access(path, R_OK) != 0)
		return check_refuse(c, key, arena_printf(c->arena, "'%s' cannot be read", name));
	*out = path;
	return 0;
}

/* --- which keys there are ------------------------------------------------------------------ */

/* What a check may have whatever its type: most of it is the engine's. */
static const char *const usual_keys[] = {
	"Type",     "Name", "Label",  "Timeout",          "Interval",          "Roles",
	"Provider", "From", "Quorum", "HealthyThreshold", "UnhealthyThreshold"};

static bool is_usual(const char *key)
{
	for (size_t i = 0; i < ARRAY_LEN(usual_keys); i++) {
		if (strcmp(key, usual_keys[i]) == 0)
			return true;
	}
	return false;
}

static int check_key(struct check *c, const char *const *keys, const char *key)
{
	const char *list = "", *near;
	size_t count = 0;

	for (; keys[count]; count++) {
		if (strcmp(key, keys[count]) == 0)
			return 0;
		list = arena_printf(c->arena, "%s%s%s", list, count ? ", " : "", keys[count]);
	}
	if (is_usual(key))
		return 0;
	near = text_nearest(text_of(key), keys, count);
	fault_set(&c->fault, HD_FATAL, DIAG_PROBE_ARGUMENT, "%s has no key '%s'", c->what, key);
	fault_detail(&c->fault, "its keys are %s", list);
	if (near)
		fault_hint(&c->fault, "did you mean '%s'?", near);
	return -1;
}

int check_keys(struct check *c, const char *const *keys)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)c->args, key, value)
	{
		if (check_key(c, keys, key) < 0)
			return -1;
	}
	return 0;
}
