#include "engine/call_host.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/vec.h"
#include "engine/registry.h"
#include "templates/value.h"

#define FILE_NAME_LEN 4096

static void broken(struct hd_op *op, const char *how)
{
	if (!op->broken)
		op->broken = how;
}

struct hd_span call_span(const char *s)
{
	return (struct hd_span){s ? s : "", s ? strlen(s) : 0};
}

static struct text text_from(struct hd_span s)
{
	return (struct text){s.ptr ? s.ptr : "", s.ptr ? s.len : 0};
}

/* The part of t that fits max_len without cutting a character in two. */
static struct text capped(struct text t, size_t max_len)
{
	if (t.len <= max_len)
		return t;
	t.len = max_len;
	while (t.len && ((unsigned char)t.ptr[t.len] & 0xc0) == 0x80)
		t.len--;
	return t;
}

/* A copy of text that must be UTF-8 without NUL; NULL when it is not, or too long. */
static const char *copy_text(struct hd_op *op, struct hd_span s, size_t max_len)
{
	struct text t = text_from(s);
	size_t bad;

	if (t.len > max_len || !text_utf8_valid(t, &bad) || memchr(t.ptr, 0, t.len))
		return NULL;
	return arena_text(op->out->arena, t);
}

/* Canonical text of a JSON document; NULL when it is none. */
static const char *copy_json(struct hd_op *op, struct hd_span s)
{
	struct text t = text_from(s);
	const char *text = NULL;
	json_t *j;

	if (t.len > LIMIT_PROVIDER_DOC_LEN)
		return NULL;
	j = json_parse(t, NULL, NULL);
	if (j)
		text = json_text(op->out->arena, j);
	json_decref(j);
	return text;
}

static const char *copy_object(struct hd_op *op, struct hd_span s)
{
	const char *text = copy_json(op, s);

	return text && *text == '{' ? text : NULL;
}

/* --- the table ------------------------------------------------------------------- */

static int64_t host_now_ms(struct hd_op *op)
{
	return op->context->clock->monotonic_ms(op->context->clock);
}

static bool is_set(const int *flag)
{
	return flag && __atomic_load_n(flag, __ATOMIC_RELAXED) != 0;
}

static int host_cancelled(struct hd_op *op)
{
	const struct call_context *x = op->context;

	if (x->interrupts && __atomic_load_n(x->interrupts, __ATOMIC_RELAXED) > 1)
		return 1;
	return is_set(x->cancel) || (op->call && is_set(op->call->cancel));
}

static void host_set_id(struct hd_op *op, struct hd_span id)
{
	op->out->id = copy_text(op, id, CALL_ID_LEN);
	if (!op->out->id)
		broken(op, "an id that is too long or not UTF-8 text");
}

static void host_set_state(struct hd_op *op, struct hd_span json)
{
	op->out->state = copy_object(op, json);
	if (!op->out->state)
		broken(op, "a state that is no JSON object or too large");
}

static void host_set_private(struct hd_op *op, struct hd_span bytes)
{
	struct text t = text_from(bytes);

	if (t.len > CALL_PRIVATE_LEN) {
		broken(op, "more private bytes than 1 MiB");
		return;
	}
	op->out->has_private = true;
	op->out->private_bytes = (struct text){arena_text(op->out->arena, t), t.len};
}

static void host_set_result(struct hd_op *op, struct hd_span json)
{
	op->out->result = copy_json(op, json);
	if (!op->out->result)
		broken(op, "a result that is no JSON or too large");
}

static void host_item(struct hd_op *op, struct hd_span id, struct hd_span json)
{
	struct call_item item = {copy_text(op, id, CALL_ID_LEN), copy_object(op, json)};

	if (!item.id || !item.state)
		broken(op, "an item whose id or state is malformed");
	else if (op->out->found.count == CALL_ITEMS)
		broken(op, "too many items");
	else
		*arena_vec_add(op->out->arena, &op->out->found) = item;
}

static void host_set_effect(struct hd_op *op, int effect)
{
	if (effect < 0 || effect >= (int)HD_EFFECT_COUNT) {
		broken(op, "an effect that does not exist");
		return;
	}
	op->out->effect = (enum hd_effect)effect;
	op->effect_set = true;
}

static int64_t not_negative(int64_t ms)
{
	return ms > 0 ? ms : 0;
}

static void host_set_pending(struct hd_op *op, struct hd_span token, int64_t wait_ms)
{
	op->out->token = copy_text(op, token, CALL_TOKEN_LEN);
	op->out->wait_ms = not_negative(wait_ms);
	if (!op->out->token || !*op->out->token)
		broken(op, "a token that is empty, too long or not UTF-8 text");
}

static void host_set_retry_after(struct hd_op *op, int64_t wait_ms)
{
	op->out->retry_after_ms = not_negative(wait_ms);
}

/* Masked and capped; the caller releases it. */
static struct str shown(struct hd_op *op, struct hd_span s, size_t max_len)
{
	struct text t = capped(text_from(s), LIMIT_PROVIDER_DOC_LEN);
	struct str masked = STR_INIT;

	/* Masked before it is cut: half of a secret would not be found any more. */
	secrets_mask_text(op->call->secrets, t, &masked);
	str_truncate(&masked, capped(str_text(&masked), max_len).len);
	return masked;
}

static void host_progress(struct hd_op *op, struct hd_span text)
{
	struct str masked;

	if (!op->context->progress)
		return;
	masked = shown(op, text, CALL_PROGRESS_LEN);
	op->context->progress(op->context->sink, str_cstr(&masked));
	str_release(&masked);
}

/* As people see it from where they are. */
static const char *below_here(struct arena *a, const char *path)
{
	char here[FILE_NAME_LEN];
	size_t len = getcwd(here, sizeof(here)) ? strlen(here) : 0;

	if (len && strncmp(path, here, len) == 0 && path[len] == '/')
		path += len + 1;
	return arena_strdup(a, path);
}

/* The file as it is now; of one that cannot be read the name alone. */
static const struct source *load_file(struct hd_op *op, const char *path)
{
	struct arena *a = op->out->diags.arena;
	struct diags ignored = DIAGS_INIT;
	const char *name = below_here(a, path);
	const struct source *src = NULL;

	if (*path == '/')
		src = source_load(a, path, name, RANGE_NONE, &ignored);
	if (!src) {
		src = source_from(a, name, (struct text){"", 0}, &ignored);
		source_forget_lines(src);
	}
	diags_release(&ignored);
	return src;
}

/* A place in a file that the user wrote, up to the end of its line. */
static struct range place_in_file(struct hd_op *op, const struct hd_message *m)
{
	struct diags *d = &op->out->diags;
	struct range where = RANGE_NONE;
	const char *path;

	if (!HD_KNOWS(struct hd_message, m, column) || !m->file.len)
		return where;
	path = copy_text(op, m->file, FILE_NAME_LEN);
	if (!path)
		return where;
	if (!d->arena)
		d->arena = arena_new();
	where.src = load_file(op, path);
	where.start = (struct pos){m->line ? m->line : 1, m->column ? m->column : 1};
	where.end = (struct pos){where.start.line, where.start.column + 1};
	d->keeps_sources = true;
	return where;
}

/* Where the template says what the message is about. */
static struct range place_of(const struct hd_op *op, struct hd_span pointer)
{
	struct text t = text_from(pointer);
	struct range where = RANGE_NONE;
	bool exact;

	if (op->call->properties && t.len)
		where = value_where(value_at(op->call->properties, t, &exact));
	return where.src ? where : op->call->where;
}

static struct diag *add_message(struct hd_op *op, int severity, enum diag_code code,
				const struct hd_message *m)
{
	struct diags *d = &op->out->diags;
	struct range in_file = place_in_file(op, m);
	struct range where = in_file.src ? in_file : place_of(op, m->pointer);
	struct str summary = shown(op, m->summary, CALL_SUMMARY_LEN);
	struct diag *g;

	if (severity == HD_ERROR)
		g = diag_add(d, code, where, "%s", str_cstr(&summary));
	else if (severity == HD_WARNING)
		g = diag_warn(d, code, where, "%s", str_cstr(&summary));
	else
		g = diag_note(d, code, where, "%s", str_cstr(&summary));
	str_release(&summary);
	return g;
}

/* One of our own codes, or PROVIDER_FAILED with the provider's beside it. */
static enum diag_code code_of(struct text t, bool *ours)
{
	unsigned number;

	*ours = text_starts(t, "HD") && diag_code_parse(t, &number) && diag_info_find(number);
	return *ours ? (enum diag_code)number : DIAG_PROVIDER_FAILED;
}

static void complete_message(struct hd_op *op, struct diag *g, const struct hd_message *m)
{
	struct diags *d = &op->out->diags;
	struct str detail = shown(op, m->detail, CALL_DETAIL_LEN);
	struct str hint = shown(op, m->hint, CALL_DETAIL_LEN);

	if (detail.len)
		diag_detail(d, g, "%s", str_cstr(&detail));
	if (hint.len)
		diag_hint(d, g, "%s", str_cstr(&hint));
	if (op->call->address)
		diag_address(d, g, op->call->address);
	if (op->call->endpoint && *op->call->endpoint)
		diag_endpoint(d, g, op->call->endpoint);
	str_release(&detail);
	str_release(&hint);
}

static void host_diagnose(struct hd_op *op, const struct hd_message *m)
{
	struct text code = text_from(m->code);
	struct str foreign;
	struct diag *g;
	bool ours;

	if (!HD_KNOWS(struct hd_message, m, hint) || ++op->messages > CALL_MESSAGES)
		return;
	g = add_message(op, m->severity, code_of(code, &ours), m);
	complete_message(op, g, m);
	if (ours || !code.len)
		return;
	foreign = shown(op, m->code, CALL_SUMMARY_LEN);
	diag_foreign_code(&op->out->diags, g, str_cstr(&foreign));
	str_release(&foreign);
}

static void host_plan_same(struct hd_op *op, struct hd_span pointer)
{
	const char *p = copy_text(op, pointer, CALL_ID_LEN);

	if (p)
		*arena_vec_add(op->out->arena, &op->out->same) = p;
}

static void host_plan_replace(struct hd_op *op, struct hd_span pointer)
{
	const char *p = copy_text(op, pointer, CALL_ID_LEN);

	if (p)
		*arena_vec_add(op->out->arena, &op->out->replace) = p;
}

static void host_plan_computed(struct hd_op *op, struct hd_span pointer, struct hd_span json)
{
	struct call_computed c = {copy_text(op, pointer, CALL_ID_LEN), copy_json(op, json)};

	if (!c.pointer || !c.json)
		broken(op, "a computed value that is no JSON");
	else
		*arena_vec_add(op->out->arena, &op->out->computed) = c;
}

static int host_type_schema(struct hd_op *op, struct hd_span type, void *context,
			    void (*take)(void *context, struct hd_span schema))
{
	const struct registry *types = op->context->types;

	return types ? registry_tell_schema(types, text_from(type), context, take) : 0;
}

static int64_t host_wall_ms(struct hd_op *op)
{
	return op->context->clock->wall_ms(op->context->clock);
}

static const struct hd_host host = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_host),
	.now_ms = host_now_ms,
	.cancelled = host_cancelled,
	.set_id = host_set_id,
	.set_state = host_set_state,
	.set_private = host_set_private,
	.set_result = host_set_result,
	.item = host_item,
	.set_effect = host_set_effect,
	.set_pending = host_set_pending,
	.set_retry_after = host_set_retry_after,
	.progress = host_progress,
	.diagnose = host_diagnose,
	.plan_same = host_plan_same,
	.plan_replace = host_plan_replace,
	.plan_computed = host_plan_computed,
	.type_schema = host_type_schema,
	.wall_ms = host_wall_ms,
};

const struct hd_host *call_host(void)
{
	return &host;
}
