/*
 * driver_command.c - steps Command: one command on every host of a region that is asked for, side
 * by side, or with `Run: one` on the first that can be reached.
 *
 * Memory: {"Hosts": {NAME: {"Token": text} or {"Result": {...}} or {}}}: which hosts it is about,
 * and how far each of them is.  The key of a host is made from the attempt's and its name, so
 * that a command which runs already is attached to and not begun again.
 */
#include "engine/runbook/drivers.h"

#include <string.h>

#include "base/vec.h"
#include "engine/runbook/driver_call.h"

#define PROVIDER "ssh"

struct on_host {
	struct step_act act; /* over: see result */
	const char *name, *region;
	json_t *result;     /* NULL: not yet, or it failed without one */
	const char *reason; /* why it failed; NULL */
	bool unreached;     /* nothing was sent to it */
};

struct command {
	struct step_run *s;
	struct {
		VEC_OF(struct on_host)
	} hosts;
	bool one;
	size_t at; /* one: the host whose turn it is */
	bool ended;
};

/* --- which hosts ------------------------------------------------------------------------- */

static bool has_text(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (json_is_string(item) && !strcmp(json_string_value(item), text))
			return true;
	}
	return false;
}

static bool has_role(const json_t *roles, const struct eval_host *h)
{
	for (size_t i = 0; i < h->role_count; i++) {
		if (has_text(roles, h->roles[i]))
			return true;
	}
	return !json_array_size(roles);
}

static void add_host(struct command *c, const char *name, const char *region)
{
	struct on_host *h = arena_vec_add(c->s->arena, &c->hosts);

	h->name = name;
	h->region = region;
}

static void add_of_region(struct command *c, const struct manifest_region *r)
{
	const json_t *names = json_object_get(c->s->spec->values, "Hosts");
	const json_t *roles = json_object_get(c->s->spec->values, "Roles");

	for (size_t i = 0; i < r->host_count; i++) {
		const struct eval_host *h = &r->hosts[i].host;

		if (names ? has_text(names, h->name) : has_role(roles, h))
			add_host(c, h->name, r->name);
	}
}

/* Those of an earlier process, whatever the manifest says by now. */
static void add_remembered(struct command *c)
{
	json_t *hosts = json_object_get(c->s->memory, "Hosts"), *entry;
	const char *name;

	json_object_foreach(hosts, name, entry)
	{
		struct on_host *h;

		add_host(c, name, json_str(entry, "Region", ""));
		h = &c->hosts.items[c->hosts.count - 1];
		h->act.token = json_str(entry, "Token", NULL);
		h->result = json_incref(json_object_get(entry, "Result"));
		h->reason = json_str(entry, "Reason", NULL);
		h->unreached = json_flag(entry, "Unreached", false);
		h->act.over = h->result || h->reason;
	}
}

static void choose(struct command *c)
{
	const struct manifest *m = step_manifest(c->s);
	const char *region = c->s->spec->region;

	if (json_is_object(json_object_get(c->s->memory, "Hosts"))) {
		add_remembered(c);
		return;
	}
	for (size_t i = 0; i < m->region_count; i++) {
		if (!*region || !strcmp(m->regions[i].name, region))
			add_of_region(c, &m->regions[i]);
	}
}

/* Every name that was asked for is a host. */
static const char *missing_host(const struct command *c)
{
	const json_t *names = json_object_get(c->s->spec->values, "Hosts"), *item;
	size_t i;

	json_array_foreach(names, i, item)
	{
		bool there = false;

		for (size_t k = 0; k < c->hosts.count && !there; k++)
			there = !strcmp(c->hosts.items[k].name, json_string_value(item));
		if (!there)
			return json_string_value(item);
	}
	return NULL;
}

/* --- memory ------------------------------------------------------------------------------ */

static json_t *remembered(const struct on_host *h)
{
	json_t *j = json_object();

	json_object_set_new(j, "Region", json_string(h->region));
	if (h->result)
		json_object_set(j, "Result", h->result);
	if (h->unreached)
		json_object_set_new(j, "Unreached", json_true());
	if (h->reason)
		json_object_set_new(j, "Reason", json_string(h->reason));
	else if (h->act.token && !h->result)
		json_object_set_new(j, "Token", json_string(h->act.token));
	return j;
}

static int remember(struct command *c)
{
	json_t *memory = json_object(), *hosts = json_object();
	int rc;

	for (size_t i = 0; i < c->hosts.count; i++)
		json_object_set_new(hosts, c->hosts.items[i].name, remembered(&c->hosts.items[i]));
	json_object_set_new(memory, "Hosts", hosts);
	rc = step_remember(c->s, memory);
	json_decref(memory);
	return rc;
}

/* --- the end ----------------------------------------------------------------------------- */

static void release(struct command *c)
{
	for (size_t i = 0; i < c->hosts.count; i++) {
		json_decref(c->hosts.items[i].result);
		c->hosts.items[i].result = NULL;
	}
	c->ended = true;
}

/* As a whole: the worst exit code, and what all of them wrote, bounded. */
static json_t *whole_result(const struct command *c)
{
	json_t *out = json_object(), *hosts = json_object();
	struct str all = STR_INIT;
	int64_t code = 0;

	for (size_t i = 0; i < c->hosts.count; i++) {
		const struct on_host *h = &c->hosts.items[i];
		const char *text = json_str(h->result, "Stdout", "");

		if (!h->result)
			continue;
		if (!code)
			code = json_int(h->result, "ExitCode", 0);
		if (all.len + strlen(text) <= STEP_OUTPUT_LEN)
			str_add(&all, text);
		json_object_set(hosts, h->name, h->result);
	}
	json_object_set_new(out, "ExitCode", json_integer(code));
	json_object_set_new(out, "Stdout", json_stringn(str_cstr(&all), all.len));
	json_object_set_new(out, "Hosts", hosts);
	str_release(&all);
	return out;
}

static const char *whole_reason(const struct command *c, size_t failed)
{
	const char *first = NULL;

	for (size_t i = 0; i < c->hosts.count && !first; i++)
		first = c->hosts.items[i].reason;
	if (failed == 1)
		return first;
	return arena_printf(c->s->arena, "%zu of %zu hosts failed; %s", failed, c->hosts.count,
			    first);
}

static void end(struct command *c)
{
	json_t *result = whole_result(c);
	size_t failed = 0;

	for (size_t i = 0; i < c->hosts.count; i++)
		failed += c->hosts.items[i].reason != NULL;
	release(c);
	if (c->one ? c->hosts.items[c->at].reason != NULL : failed > 0)
		step_over(c->s, STEP_ENDED_FAILED, result, whole_reason(c, failed));
	else
		step_over(c->s, STEP_ENDED_WELL_DONE, result, NULL);
}

/* --- on hosts ---------------------------------------------------------------------------- */

static const char *args_of(const struct command *c, const struct on_host *h)
{
	static const char *const keys[] = {"Command", "Environment"};
	json_t *args = step_pick(c->s->spec->values, keys, ARRAY_LEN(keys));
	const char *text;

	json_object_set_new(args, "Host", json_string(h->name));
	if (c->s->spec->timeout_ms)
		json_object_set_new(args, "Timeout", json_integer(c->s->spec->timeout_ms));
	text = json_text(c->s->arena, args);
	json_decref(args);
	return text;
}

static int prepare(struct command *c, struct on_host *h)
{
	struct step_run *s = c->s;
	const struct step_place place = {PROVIDER, h->region, ACCOUNT_NONE, h->name};

	h->act.s = s;
	h->act.action = "command";
	h->act.args = args_of(c, h);
	h->act.key = step_part_key(s, h->name);
	h->act.endpoint = h->name;
	return step_act_prepare(&h->act, &place);
}

/* Jobs first: when one cannot be had, nothing was begun anywhere. */
static void start_all(struct command *c)
{
	for (size_t i = 0; i < c->hosts.count; i++) {
		if (!c->hosts.items[i].act.over && prepare(c, &c->hosts.items[i])) {
			release(c);
			return;
		}
	}
	for (size_t i = 0; i < c->hosts.count; i++) {
		if (!c->hosts.items[i].act.over)
			step_act_begin(&c->hosts.items[i].act);
	}
}

static void start_one(struct command *c)
{
	if (prepare(c, &c->hosts.items[c->at]))
		release(c);
	else
		step_act_begin(&c->hosts.items[c->at].act);
}

static bool all_over(const struct command *c)
{
	for (size_t i = 0; i < c->hosts.count; i++) {
		if (!c->hosts.items[i].act.over)
			return false;
	}
	return true;
}

static void go_on(struct command *c, const struct on_host *last)
{
	if (!c->one) {
		if (all_over(c))
			end(c);
		return;
	}
	/* Nothing was sent there, so that another host may have it. */
	if (last->unreached && c->at + 1 < c->hosts.count) {
		c->at++;
		start_one(c);
		return;
	}
	end(c);
}

static void begin(struct step_run *s)
{
	struct command *c = ARENA_NEW(s->arena, struct command);
	const char *missing;

	s->own = c;
	c->s = s;
	c->one = !strcmp(json_str(s->spec->values, "Run", "each"), "one");
	choose(c);
	missing = missing_host(c);
	if (missing || !c->hosts.count) {
		release(c);
		if (missing)
			step_fail(s, "there is no host '%s' in %s", missing,
				  *s->spec->region ? s->spec->region : "the manifest");
		else
			step_fail(s, "no host of %s is meant", s->spec->region);
		return;
	}
	while (c->one && c->at + 1 < c->hosts.count && c->hosts.items[c->at].unreached)
		c->at++;
	if (!s->memory && remember(c)) {
		release(c);
		step_fail(s, "it could not be recorded before it was begun");
	} else if (c->one ? c->hosts.items[c->at].act.over : all_over(c)) {
		end(c);
	} else if (c->one) {
		start_one(c);
	} else {
		start_all(c);
	}
}

/* --- answers ----------------------------------------------------------------------------- */

static struct on_host *host_of(struct command *c, const struct job *j)
{
	for (size_t i = 0; i < c->hosts.count; i++) {
		if (c->hosts.items[i].act.job == j)
			return &c->hosts.items[i];
	}
	return NULL;
}

static void answered(struct command *c, struct on_host *h, bool well)
{
	struct outcome *o = &h->act.job->work.outcome;

	if (o->result)
		h->result = step_result(c->s, o);
	if (!well)
		h->reason = step_reason(c->s, h->name, o);
	h->unreached = o->status == HD_UNREACHABLE && o->effect == HD_EFFECT_NONE;
	diags_copy(step_diags(c->s), &o->diags);
	/* The last one's is in the result of the step, which follows at once. */
	if (!all_over(c))
		remember(c);
	go_on(c, h);
}

static void event(struct step_run *s, struct job *j, const struct dispatch_event *ev)
{
	struct command *c = s->own;
	struct on_host *h = host_of(c, j);

	if (!h || c->ended)
		return;
	switch (step_act_event(&h->act, ev)) {
	case ACT_GOES_ON:
		return;
	case ACT_PENDING:
		remember(c);
		return;
	case ACT_DONE:
		answered(c, h, true);
		return;
	case ACT_FAILED:
		answered(c, h, false);
		return;
	}
}

static void stop(struct step_run *s)
{
	struct command *c = s->own;

	for (size_t i = 0; i < c->hosts.count; i++) {
		if (c->hosts.items[i].act.job)
			step_act_stop(&c->hosts.items[i].act);
	}
	release(c);
}

const struct step_driver driver_command = {.begin = begin, .event = event, .stop = stop};
