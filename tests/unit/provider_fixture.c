#include "tests/unit/provider_fixture.h"

#include "base/clock.h"
#include "providers/aws/aws_provider.h"
#include "providers/kit/span.h"

static int64_t now_ms(struct hd_op *op)
{
	(void)op;
	return clock_real()->monotonic_ms(clock_real());
}

static int not_cancelled(struct hd_op *op)
{
	return __atomic_load_n(&op->cancelled, __ATOMIC_RELAXED);
}

static void take(struct str *to, struct hd_span s)
{
	str_printf(to, "%.*s ", TEXT_ARG(span_text(s)));
}

static void keep(struct str *to, struct hd_span s)
{
	str_clear(to);
	str_add_text(to, span_text(s));
}

static void set_id(struct hd_op *op, struct hd_span id)
{
	keep(&op->id, id);
}

static void set_state(struct hd_op *op, struct hd_span json)
{
	keep(&op->state, json);
}

static void set_private(struct hd_op *op, struct hd_span bytes)
{
	keep(&op->priv, bytes);
}

static void set_pending(struct hd_op *op, struct hd_span token, int64_t wait_ms)
{
	keep(&op->token, token);
	op->wait_ms = wait_ms;
}

static void set_result(struct hd_op *op, struct hd_span json)
{
	keep(&op->result, json);
}

static void set_retry_after(struct hd_op *op, int64_t wait_ms)
{
	op->retry_after_ms = wait_ms;
}

/* As the engine asks catalogues. */
static int type_schema(struct hd_op *op, struct hd_span type, void *context,
		       void (*take_schema)(void *context, struct hd_span schema))
{
	const struct hd_provider *aws = &hadeploy_provider_aws;
	const struct hd_span nothing = {"{}", 2};
	struct hd_types *types;
	int known;

	if (aws->types_open(provider_engine(), op, nothing, &types) != HD_OK)
		return 0;
	known = aws->types_schema(types, type, context, take_schema);
	aws->types_close(types);
	return known;
}

static int64_t wall_ms(struct hd_op *op)
{
	(void)op;
	return clock_real()->wall_ms(clock_real());
}

static void set_effect(struct hd_op *op, int effect)
{
	op->effect = effect;
}

static void diagnose(struct hd_op *op, const struct hd_message *m)
{
	take(&op->code, m->code);
	take(&op->summary, m->summary);
	take(&op->detail, m->detail);
	take(&op->hint, m->hint);
	take(&op->pointer, m->pointer);
	if (m->file.len)
		str_printf(&op->place, "%.*s:%u:%u ", TEXT_ARG(span_text(m->file)), m->line,
			   m->column);
}

static void item(struct hd_op *op, struct hd_span id, struct hd_span json)
{
	take(&op->id, id);
	take(&op->state, json);
}

static void progress(struct hd_op *op, struct hd_span text)
{
	(void)op;
	(void)text;
}

static void plan_same(struct hd_op *op, struct hd_span pointer)
{
	take(&op->same, pointer);
}

static void plan_replace(struct hd_op *op, struct hd_span pointer)
{
	take(&op->replace, pointer);
}

static void plan_computed(struct hd_op *op, struct hd_span pointer, struct hd_span json)
{
	take(&op->computed, pointer);
	take(&op->computed, json);
}

static const struct hd_host engine = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_host),
	.now_ms = now_ms,
	.cancelled = not_cancelled,
	.set_id = set_id,
	.set_state = set_state,
	.set_private = set_private,
	.set_pending = set_pending,
	.item = item,
	.progress = progress,
	.set_effect = set_effect,
	.diagnose = diagnose,
	.plan_same = plan_same,
	.plan_replace = plan_replace,
	.plan_computed = plan_computed,
	.set_result = set_result,
	.set_retry_after = set_retry_after,
	.type_schema = type_schema,
	.wall_ms = wall_ms,
};

const struct hd_host *provider_engine(void)
{
	return &engine;
}

const struct hd_provider *provider_ssh(void)
{
	return builtin_providers[0];
}

void provider_op_release(struct hd_op *op)
{
	struct str *all[] = {&op->code, &op->summary, &op->detail,   &op->hint, &op->pointer,
			     &op->same, &op->replace, &op->computed, &op->id,   &op->state,
			     &op->priv, &op->token,   &op->result,   &op->place};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		str_release(all[i]);
}
