/*
 * token.c - what an operation needs after a wait, in this process or the next one:
 *
 *	{"v": 1, "op": "create", "name": "", "step": 2, "item": 0, "id": "vpc-1", "kept": {...},
 *	 "begun": true, "since": 1760000000000, "changed": true, "properties": {},
 *	 "paths": [...]}
 *
 * Tokens are recorded, so no secret is in one.  What a create wanted comes back as recorded; of an
 * update it is in the token.
 */
#include <string.h>

#include "providers/kit/span.h"
#include "providers/rest/run.h"

#define TOKEN_VERSION 1
#define TOKEN_LEN_MAX (60u << 10)

static const char *const names[] = {
	[RUN_CREATE] = "create",
	[RUN_UPDATE] = "update",
	[RUN_DELETE] = "delete",
	[RUN_ACT] = "act",
};

static json_t *token_json(struct run *x)
{
	struct rest_call *c = x->c;
	json_t *j = json_object();

	json_object_set_new(j, "v", json_integer(TOKEN_VERSION));
	json_object_set_new(j, "op", json_string(names[x->kind]));
	json_object_set_new(j, "name", json_string(x->name));
	json_object_set_new(j, "step", json_integer((json_int_t)x->at.step));
	json_object_set_new(j, "item", json_integer((json_int_t)x->at.item));
	json_object_set_new(j, "id", json_string(run_id(x)));
	json_object_set(j, "kept", json_object_get(x->v, "kept"));
	json_object_set_new(j, "begun", json_boolean(x->begun));
	json_object_set_new(j, "since", json_integer(x->since_ms));
	json_object_set_new(j, "changed", json_boolean(x->changed));
	if (x->kind == RUN_UPDATE && c->desired) {
		json_object_set_new(j, "properties", call_without_secrets(c));
		if (c->changed)
			json_object_set(j, "paths", c->changed);
	}
	if (x->kind == RUN_ACT && c->args)
		json_object_set(j, "args", c->args);
	return j;
}

static int too_long(struct run *x)
{
	struct rest_call *c = x->c;

	fault_set(&c->fault, HD_FATAL, DIAG_REST_RESULT,
		  "there is too much to remember while the service works");
	fault_detail(&c->fault, "%s of %s keeps more than %u KiB", names[x->kind], c->t->type,
		     TOKEN_LEN_MAX >> 10);
	fault_hint(&c->fault, "let Keep of the definition take less of the answer");
	c->fault.effect = HD_EFFECT_UNKNOWN;
	return call_fail(c);
}

int token_give(struct run *x)
{
	json_t *j = token_json(x);
	const char *text = json_text(x->c->a, j);

	json_decref(j);
	if (strlen(text) > TOKEN_LEN_MAX)
		return too_long(x);
	x->c->s->host->set_pending(x->c->call.op, span_of(text), x->wait_ms);
	return HD_PENDING;
}

static int malformed(struct rest_call *c)
{
	fault_set(&c->fault, HD_FATAL, DIAG_REST_TOKEN,
		  "the recorded token is of another version of hadeploy");
	fault_hint(&c->fault, "finish with the version that began, then go on with this one");
	c->fault.effect = HD_EFFECT_UNKNOWN;
	return -1;
}

static void fill_call(struct rest_call *c, const struct token *t)
{
	const json_t *wanted = json_object_get(t->json, "properties");
	const json_t *paths = json_object_get(t->json, "paths");

	c->id = arena_strdup(c->a, json_str(t->json, "id", ""));
	json_decref(c->desired);
	c->desired = NULL;
	if (t->kind == RUN_CREATE) {
		c->desired = c->recorded;
		c->recorded = json_object();
	} else if (wanted) {
		c->desired = json_deep_copy(wanted);
	}
	if (paths && !c->changed)
		c->changed = json_deep_copy(paths);
	if (!c->args)
		c->args = json_deep_copy(json_object_get(t->json, "args"));
}

int token_read(struct rest_call *c, struct hd_span text, struct token *out)
{
	const char *op;

	*out = (struct token){.kind = RUN_CREATE, .name = "", .json = span_json(c->a, text)};
	if (!json_is_object(out->json) || json_int(out->json, "v", 0) != TOKEN_VERSION)
		return malformed(c);
	op = json_str(out->json, "op", "");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(op, names[i]) == 0) {
			out->kind = (enum run_kind)i;
			out->name = arena_strdup(c->a, json_str(out->json, "name", ""));
			fill_call(c, out);
			return 0;
		}
	}
	return malformed(c);
}

static size_t count_of(const json_t *j, const char *key)
{
	int64_t n = json_int(j, key, 0);

	return n > 0 ? (size_t)n : 0;
}

int run_resume(struct run *x, struct rest_call *c, const struct operation *op,
	       const struct token *token)
{
	const json_t *kept = json_object_get(token->json, "kept");

	if (run_open(x, c, op, token->kind) < 0)
		return -1;
	x->name = token->name;
	x->polled = true;
	x->begun = json_flag(token->json, "begun", false);
	x->at.step = count_of(token->json, "step");
	x->at.item = count_of(token->json, "item");
	if (x->at.step > op->step_count)
		x->at.step = op->step_count;
	x->token = x->at;
	x->changed = json_flag(token->json, "changed", false);
	x->since_ms = json_int(token->json, "since", 0);
	if (json_is_object(kept))
		json_object_set_new(x->v, "kept", json_deep_copy(kept));
	return 0;
}
