/*
 * executor_intent.c - what a run is about to create, told to the mirror before it begins.
 *
 * With a mirror the key of a create is made from the run, the plan within it and the address.  So
 * who rebuilds recorded state from a mirror that lacks the last seconds knows the key that each
 * create had, if it was begun at all, and looks for what it made as recovery does.
 */
#include "engine/executor_parts.h"

#include "base/digest.h"
#include "engine/mirror.h"
#include "engine/state_rows.h"

#define KEY_LEN 32 /* as a random one */

const char *executor_create_key(const struct executor *x, const struct address *addr)
{
	struct str text = STR_INIT;
	char digest[65];

	str_printf(&text, "%s\n%s\n%zu\n%s", x->lineage, history_run(x->e), x->e->mirror_plans,
		   address_key(x->arena, addr));
	digest_sha256(str_text(&text), digest);
	str_release(&text);
	return arena_strndup(x->arena, digest, KEY_LEN);
}

/* What is not known yet is left out. */
static const char *known_inputs(struct arena *a, const struct change *c)
{
	json_t *inputs = json_parse(text_of(c->desired), NULL, NULL);
	json_t *unknown = json_parse(text_of(c->unknown_pointers), NULL, NULL);
	const char *text;

	for (size_t i = json_array_size(unknown); i-- > 0;)
		json_drop(inputs, text_of(json_string_value(json_array_get(unknown, i))));
	text = json_text(a, inputs);
	json_decref(inputs);
	json_decref(unknown);
	return text;
}

static struct operation intention(struct executor *x, const struct task *t)
{
	const struct change *c = t->change;
	const char *key = executor_create_key(x, &t->addr);

	return (struct operation){
		.id = key,
		.addr = t->addr,
		.deposed = t->keeps_old ? key : "",
		.message = c->unknown_pointers ? c->unknown_pointers : "[]",
		.begun_ms = x->e->options.clock->wall_ms(x->e->options.clock),
		.intended =
			{
				.type = t->type,
				.provider = t->provider->name,
				.schema_version = schema_version(t->schema),
				.inputs = known_inputs(x->arena, c),
				.sensitive = c->sensitive_pointers ? c->sensitive_pointers : "[]",
				.depends_on = c->wanted ? c->wanted->depends_on
							: executor_depends_on(x->arena, c),
				.endpoint = c->endpoint,
				.deletion_policy = c->wanted ? c->wanted->deletion_policy
							     : executor_policy(c->resource),
			},
	};
}

static bool is_create(const struct task *t)
{
	return t->kind == TASK_CREATE && t->change && t->provider && t->schema &&
	       t->change->desired;
}

int executor_intend(struct executor *x)
{
	struct operation *list;
	size_t count = 0;

	if (!x->e->mirror)
		return 0;
	x->e->mirror_plans++;
	x->lineage = state_lineage(x->e->state, x->arena, x->d);
	list = ARENA_ARRAY(x->arena, x->task_count, struct operation);
	for (size_t i = 0; i < x->task_count; i++) {
		if (is_create(&x->tasks[i]))
			list[count++] = intention(x, &x->tasks[i]);
	}
	return mirror_intend(x->e->mirror, history_run(x->e), list, count, x->d);
}

const char *executor_found_inputs(struct task *t, const char *inputs, const char *outputs)
{
	json_t *unknown = json_parse(text_of(t->unknown), NULL, NULL);
	json_t *wanted = json_parse(text_of(inputs), NULL, NULL);
	json_t *shown = json_parse(text_of(outputs), NULL, NULL);
	const char *text;
	json_t *one;
	size_t i;

	json_array_foreach(unknown, i, one)
	{
		struct text at = text_of(json_is_string(one) ? json_string_value(one) : "");
		json_t *value = at.len ? json_at(shown, at) : NULL;

		if (value)
			json_put(wanted, at, json_incref(value));
	}
	text = json_text(t->arena, wanted);
	json_decref(unknown);
	json_decref(wanted);
	json_decref(shown);
	return text;
}
