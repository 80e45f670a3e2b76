#include "engine/call.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "engine/call_host.h"

#define REASON_DETAIL_LEN ((size_t)160) /* bytes of a detail in a reason */

static const char *const names[CALL_KIND_COUNT] = {
	[CALL_READ] = "read",     [CALL_CREATE] = "create",  [CALL_UPDATE] = "update",
	[CALL_REMOVE] = "delete", [CALL_POLL] = "poll",      [CALL_FIND] = "find",
	[CALL_PLAN] = "plan",     [CALL_LOOKUP] = "look up", [CALL_ACT] = "act on",
	[CALL_LIST] = "list",
};

const char *call_name(enum call_kind k)
{
	return names[k];
}

enum call_nature call_nature(enum call_kind k)
{
	bool changes = k == CALL_CREATE || k == CALL_UPDATE || k == CALL_REMOVE || k == CALL_ACT;

	return changes ? CALL_CHANGES : CALL_ASKS;
}

const struct diag *outcome_error(const struct outcome *o)
{
	for (const struct diag *g = o->diags.first; g; g = g->next)
		if (g->severity == DIAG_ERROR)
			return g;
	return NULL;
}

static bool says_something(struct text line)
{
	for (size_t i = 0; i < line.len; i++)
		if (isalnum((unsigned char)line.ptr[i]))
			return true;
	return false;
}

/* Behind a line such as "its last lines:" the last of them says why. */
static struct text telling_part(struct text detail)
{
	const char *opening = strstr(detail.ptr, ":\n");
	struct text last = text_trim(detail);

	if (!opening)
		return detail;
	for (size_t i = last.len; i > 0; i--) {
		if (last.ptr[i - 1] != '\n')
			continue;
		last = (struct text){last.ptr + i, last.len - i};
		break;
	}
	return says_something(last) ? text_trim(last)
				    : (struct text){opening + 2, strlen(opening + 2)};
}

/* Cut where a character begins. */
static struct text first_line(struct text t)
{
	size_t len = 0;

	while (len < t.len && len < REASON_DETAIL_LEN && t.ptr[len] != '\n')
		len++;
	while (len && len < t.len && ((unsigned char)t.ptr[len] & 0xc0) == 0x80)
		len--;
	return (struct text){t.ptr, len};
}

const char *outcome_reason(struct arena *a, const struct outcome *o)
{
	const struct diag *g = outcome_error(o);
	struct text line;

	if (!g)
		return "it failed and did not say why";
	if (!g->detail)
		return arena_strdup(a, g->summary);
	line = first_line(telling_part(text_of(g->detail)));
	return arena_printf(a, "%s: %.*s", g->summary, (int)line.len, line.ptr);
}

void outcome_release(struct outcome *o)
{
	arena_free(o->arena);
	diags_release(&o->diags);
	*o = (struct outcome){0};
}

static struct hd_resource resource_of(const struct call *c, int64_t now_ms)
{
	int64_t deadline_ms = now_ms + CALL_DEADLINE_MS;

	if (c->deadline_ms && c->deadline_ms < deadline_ms)
		deadline_ms = c->deadline_ms;
	return (struct hd_resource){
		.size = sizeof(struct hd_resource),
		.schema_version = c->schema_version,
		.address = call_span(c->address),
		.type = call_span(c->type),
		.id = call_span(c->id),
		.desired = call_span(c->desired),
		.recorded = call_span(c->recorded),
		.changed = call_span(c->changed),
		.unknown = call_span(c->unknown),
		.priv = {c->private_bytes.ptr ? c->private_bytes.ptr : "", c->private_bytes.len},
		.sensitive = call_span(c->sensitive),
		.idem = call_span(c->idem),
		.deadline_ms = deadline_ms,
		.words = call_span(c->words),
	};
}

static hd_call_fn *function_of(const struct call *c)
{
	const struct hd_provider *t = c->table;

	switch (c->kind) {
	case CALL_READ:
		return t->read;
	case CALL_CREATE:
		return t->create;
	case CALL_UPDATE:
		return t->update;
	case CALL_REMOVE:
		return t->remove;
	case CALL_FIND:
		return HD_KNOWS(struct hd_provider, t, find) ? t->find : NULL;
	case CALL_PLAN:
		return HD_KNOWS(struct hd_provider, t, plan) ? t->plan : NULL;
	case CALL_POLL:
	case CALL_LOOKUP:
	case CALL_ACT:
	case CALL_LIST:
		break;
	}
	return NULL;
}

static int invoke(struct hd_op *op)
{
	const struct call *c = op->call;
	struct hd_resource r = resource_of(c, call_host()->now_ms(op));
	hd_call_fn *function;

	if (c->kind == CALL_POLL)
		return c->table->poll(c->session, op, &r, call_span(c->token));
	if (c->kind == CALL_LOOKUP)
		return c->table->lookup(c->session, op, call_span(c->what), call_span(c->args));
	if (c->kind == CALL_ACT)
		return c->table->act(c->session, op, &r, call_span(c->what), call_span(c->args));
	if (c->kind == CALL_LIST)
		return c->table->list(c->session, op, r.type, call_span(c->token));
	function = function_of(c);
	assert(function);
	return function(c->session, op, &r);
}

static void complain(struct outcome *o, const struct call *c, enum diag_code code, const char *how)
{
	struct diag *g;

	if (code == DIAG_PROVIDER_SILENT)
		g = diag_add(&o->diags, code, c->where,
			     "provider '%s' could not %s this and did not say why", c->table->name,
			     call_name(c->kind));
	else
		g = diag_add(&o->diags, code, c->where, "provider '%s' broke its contract",
			     c->table->name);
	if (how)
		diag_detail(&o->diags, g, "%s of %s handed over %s", call_name(c->kind),
			    c->type ? c->type : "?", how);
	diag_hint(&o->diags, g, "this is a fault of the provider (version %s): report it",
		  c->table->version ? c->table->version : "?");
	diag_address(&o->diags, g, c->address);
	if (c->endpoint && *c->endpoint)
		diag_endpoint(&o->diags, g, c->endpoint);
}

/* What an answer lacks that its status promises; NULL when it is whole. */
static const char *missing(const struct call *c, const struct outcome *o)
{
	if (o->status == HD_PENDING && !o->token)
		return "no token although it is pending";
	if (o->status != HD_OK)
		return NULL;
	if (c->kind == CALL_LOOKUP && !o->result)
		return "no result";
	if (c->kind == CALL_CREATE && (!o->id || !*o->id))
		return "no id";
	if ((c->kind == CALL_CREATE || c->kind == CALL_UPDATE || c->kind == CALL_READ) && !o->state)
		return "no state";
	return NULL;
}

/* Nobody can believe the status of an answer that is malformed, only what it carried. */
static void distrust(const struct call *c, struct outcome *o, const char *how)
{
	o->status = HD_FATAL;
	o->effect = HD_EFFECT_NONE;
	if (call_nature(c->kind) == CALL_CHANGES || c->kind == CALL_POLL)
		o->effect = o->id && *o->id ? HD_EFFECT_PARTIAL : HD_EFFECT_UNKNOWN;
	complain(o, c, DIAG_PROVIDER_CONTRACT, how);
}

static bool is_fault(enum hd_status s)
{
	return s == HD_RETRY || s == HD_THROTTLED || s == HD_CONFLICT || s == HD_CANCELLED ||
	       s == HD_FATAL || s == HD_UNREACHABLE;
}

static void check(struct hd_op *op, int status)
{
	struct outcome *o = op->out;
	const char *how = op->broken;

	if (status < 0 || status >= (int)HD_STATUS_COUNT) {
		o->status = HD_FATAL;
		distrust(op->call, o, "a status that does not exist");
		return;
	}
	o->status = (enum hd_status)status;
	if (!op->effect_set && o->status == HD_OK)
		o->effect = HD_EFFECT_DONE;
	/* A poll that fails after something was handed over leaves that behind. */
	if (!op->effect_set && op->call->kind == CALL_POLL && is_fault(o->status) && o->id)
		o->effect = HD_EFFECT_PARTIAL;
	if (!how)
		how = missing(op->call, o);
	if (how)
		distrust(op->call, o, how);
	else if (is_fault(o->status) && o->status != HD_CANCELLED && !outcome_error(o))
		complain(o, op->call, DIAG_PROVIDER_SILENT, NULL);
}

void call_run(const struct call *c, const struct call_context *x, struct outcome *out)
{
	struct hd_op op = {.call = c, .context = x, .out = out};

	*out = (struct outcome){.arena = arena_new()};
	check(&op, invoke(&op));
}

/* What was said while something was opened; that something failed must be said. */
static void end_opening(struct outcome *out, const struct hd_provider *table, const void *opened,
			struct diags *d)
{
	if (!opened && !diags_failed(&out->diags))
		diag_add(&out->diags, DIAG_PROVIDER_OPEN, RANGE_NONE,
			 "provider '%s' refused its settings and did not say why", table->name);
	diags_take(d, &out->diags);
	arena_free(out->arena);
}

struct hd_session *call_open(const struct hd_provider *table, const struct call_settings *settings,
			     const struct call_context *x, struct diags *d)
{
	struct call none = {.where = RANGE_NONE, .secrets = settings->secrets};
	struct outcome out = {.arena = arena_new()};
	struct hd_op op = {.call = &none, .context = x, .out = &out};
	struct hd_session *session = NULL;

	if (table->open(call_host(), &op, call_span(settings->json), &session) != HD_OK)
		session = NULL;
	end_opening(&out, table, session, d);
	return session;
}

struct hd_types *call_types_open(const struct hd_provider *table,
				 const struct call_settings *settings, const struct call_context *x,
				 struct diags *d)
{
	struct call none = {.where = RANGE_NONE, .secrets = settings->secrets};
	struct outcome out = {.arena = arena_new()};
	struct hd_op op = {.call = &none, .context = x, .out = &out};
	struct hd_types *types = NULL;

	if (table->types_open(call_host(), &op, call_span(settings->json), &types) != HD_OK)
		types = NULL;
	end_opening(&out, table, types, d);
	return types;
}

void outcome_copy_fault(const struct outcome *from, const struct call *c, struct outcome *out)
{
	*out = (struct outcome){.status = from->status, .arena = arena_new()};
	for (const struct diag *g = from->diags.first; g; g = g->next) {
		struct diag *copy;

		if (g->severity != DIAG_ERROR)
			continue;
		copy = diag_add(&out->diags, g->code, c->where, "%s", g->summary);
		if (g->detail)
			diag_detail(&out->diags, copy, "%s", g->detail);
		if (g->hint)
			diag_hint(&out->diags, copy, "%s", g->hint);
		if (g->foreign_code)
			diag_foreign_code(&out->diags, copy, g->foreign_code);
		if (g->endpoint)
			diag_endpoint(&out->diags, copy, g->endpoint);
		diag_address(&out->diags, copy, c->address);
	}
}

static json_t *parse_object(const char *text)
{
	json_t *j = text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;

	if (!json_is_object(j)) {
		json_decref(j);
		j = json_object();
	}
	return j;
}

const char *call_recorded_text(struct arena *a, const char *inputs, const char *outputs)
{
	json_t *all = parse_object(inputs), *state = parse_object(outputs);
	const char *text;

	json_object_update(all, state);
	secrets_drop_masked(all);
	text = json_text(a, all);
	json_decref(all);
	json_decref(state);
	return text;
}
