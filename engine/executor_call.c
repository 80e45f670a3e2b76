/*
 * executor_call.c - the arguments of a call, built the same way in this run and after a
 * crash, so that a provider is asked the same question in both.
 */
#include "engine/executor_parts.h"

#include <string.h>

bool task_can_find(const struct task *t)
{
	const struct hd_provider *table = t->provider->table;

	return HD_KNOWS(struct hd_provider, table, find) && table->find;
}

/* What is known of the thing: as recorded; of one in the making, what it was to become. */
static const char *recorded_for(struct task *t, enum call_kind kind)
{
	const struct record *r = t->kind == TASK_CREATE ? NULL : t->before;

	if (kind == CALL_CREATE)
		return "";
	if (r)
		return call_recorded_text(t->arena, r->inputs,
					  t->fresh_outputs ? t->fresh_outputs : r->outputs);
	return call_recorded_text(t->arena, t->op.intended.inputs, t->state);
}

static const char *id_for(const struct task *t)
{
	if (t->id)
		return t->id;
	return t->kind != TASK_CREATE && t->before ? t->before->id : "";
}

static struct text private_for(const struct task *t)
{
	const struct text none = {"", 0};

	if (t->has_private)
		return t->private_bytes;
	return t->kind != TASK_CREATE && t->before ? t->before->private_bytes : none;
}

/* At the latest: a create may have happened just now, in whichever attempt. */
static int64_t made_ms(const struct task *t)
{
	struct clock *clock = t->x->e->options.clock;

	return t->kind == TASK_CREATE ? clock->wall_ms(clock) : t->before->updated_ms;
}

void task_prepare(struct task *t, enum call_kind kind)
{
	struct call *c = &t->job.call;
	bool wants = kind == CALL_CREATE || kind == CALL_UPDATE;

	c->kind = kind;
	c->schema_version =
		t->kind == TASK_DELETE ? t->before->schema_version : t->op.intended.schema_version;
	c->what = kind == CALL_ACT ? "snapshot" : "";
	c->args = kind == CALL_ACT ? "{}" : "";
	c->id = id_for(t);
	c->desired = wants ? t->desired : "";
	c->recorded = recorded_for(t, kind);
	c->changed = kind == CALL_UPDATE ? t->changed : "";
	c->unknown = "";
	c->sensitive = t->op.intended.sensitive;
	c->idem = t->op.id;
	c->made_ms = made_ms(t);
	c->token = kind == CALL_POLL ? t->op.token : "";
	c->private_bytes = private_for(t);
	c->secrets = t->secrets;
	c->properties = t->properties;
}
