/* discovery.c - see discovery.h. */
#include "engine/discovery.h"

#include <string.h>

#include "base/vec.h"
#include "engine/discovery_inputs.h"
#include "engine/executor_record.h"
#include "engine/inquiry.h"
#include "engine/secrets.h"

/* One of them between its two calls. */
struct finding {
	struct discovery *it;
	json_t *wanted; /* without what is unknown or secret */
	json_t *shown;  /* all that both calls handed over, in clear */
	struct text private_bytes;
};

struct search {
	struct engine *e;
	struct diags *d;
	struct arena *a;                     /* of the records */
	struct arena *scratch;               /* secrets in clear */
	const struct rollout_wishes *wishes; /* NULL: all at once */
	struct finding *findings;
	size_t count;
};

bool discovery_by_name(const struct change *c)
{
	const struct hd_provider *table = c->provider->table;

	return HD_KNOWS(struct hd_provider, table, find) && table->find;
}

static json_t *parse(const char *text)
{
	return text && *text ? json_parse(text_of(text), NULL, NULL) : NULL;
}

static json_t *known_wishes(const struct change *c)
{
	json_t *wanted = parse(c->desired), *unknown = parse(c->unknown_pointers);

	for (size_t i = json_array_size(unknown); i-- > 0;)
		json_drop(wanted, text_of(json_string_value(json_array_get(unknown, i))));
	secrets_drop_masked(wanted);
	json_decref(unknown);
	return wanted;
}

/* --- asking ------------------------------------------------------------------------- */

static void fill(const struct search *x, const struct finding *f, struct inquiry *q)
{
	const struct change *c = f->it->change;
	struct call *call = &q->job.call;

	q->arena = arena_new();
	q->index = (size_t)(f - x->findings);
	q->addr = &c->addr;
	q->type = c->type;
	q->entry = c->provider;
	call->schema_version = schema_version(c->schema);
	call->sensitive = c->sensitive_pointers;
	call->endpoint = c->endpoint;
	call->where = f->it->where.src ? f->it->where : c->where;
}

static void fill_first(const struct search *x, const struct finding *f, struct inquiry *q)
{
	fill(x, f, q);
	q->job.call.kind = f->it->id ? CALL_READ : CALL_FIND;
	q->job.call.id = f->it->id;
	if (f->it->id)
		q->job.call.words = json_text(q->arena, f->wanted);
	else
		q->job.call.recorded = json_text(q->arena, f->wanted);
}

/* What is wanted, as far as the world says otherwise with what that says. */
static void fill_second(const struct search *x, const struct finding *f, struct inquiry *q)
{
	json_t *recorded = json_deep_copy(f->wanted);
	const char *key;
	json_t *value;

	fill(x, f, q);
	json_object_foreach(f->shown, key, value)
	{
		if (json_object_get(recorded, key))
			json_object_set(recorded, key, value);
	}
	q->job.call.kind = CALL_READ;
	q->job.call.id = f->it->record.id;
	q->job.call.recorded = json_text(q->arena, recorded);
	q->job.call.private_bytes = f->private_bytes;
	json_decref(recorded);
}

static void complain_several(const struct search *x, const struct finding *f, size_t count)
{
	const struct change *c = f->it->change;
	struct diag *g =
		diag_add(x->d, DIAG_IMPORT_SEVERAL, f->it->where.src ? f->it->where : c->where,
			 "several things could be the one that is wanted");

	diag_detail(x->d, g, "The provider found %zu of type %s.", count, c->type);
	diag_hint(x->d, g, "name one: `hadeploy import %s ID`", address_text(x->scratch, &c->addr));
	diag_address(x->d, g, address_text(x->scratch, &c->addr));
}

static void take_private(struct search *x, struct finding *f, const struct outcome *o)
{
	if (o->has_private)
		f->private_bytes =
			(struct text){arena_text(x->a, o->private_bytes), o->private_bytes.len};
}

static void take_shown(struct search *x, struct finding *f, const struct outcome *o)
{
	const struct call_item *item = o->found.count == 1 ? &o->found.items[0] : NULL;
	const char *id = o->id && *o->id ? o->id : item ? item->id : f->it->id;
	json_t *state = parse(o->state ? o->state : item ? item->state : NULL);

	if (!id || !*id || !json_is_object(state)) {
		f->it->seen = SEEN_GONE;
		json_decref(state);
		return;
	}
	f->it->seen = SEEN_PRESENT;
	if (!f->it->record.id)
		f->it->record.id = arena_strdup(x->a, id);
	take_private(x, f, o);
	json_decref(f->shown);
	f->shown = state;
}

static enum inquiry_end end_of(const struct finding *f)
{
	return f->it->seen == SEEN_FAILED ? INQUIRY_BADLY : INQUIRY_WELL;
}

static enum inquiry_end answered_first(void *context, const struct inquiry *q, struct outcome *o)
{
	struct search *x = context;
	struct finding *f = &x->findings[q->index];

	if (o->status == HD_OK && o->found.count > 1 && !o->id) {
		f->it->seen = SEEN_FAILED;
		complain_several(x, f, o->found.count);
	} else if (o->status == HD_OK) {
		take_shown(x, f, o);
	} else if (o->status == HD_NOTFOUND) {
		f->it->seen = SEEN_GONE;
		diags_release(&o->diags);
	} else {
		f->it->seen = SEEN_FAILED;
	}
	diags_take(x->d, &o->diags);
	return end_of(f);
}

/* --- as it is to be recorded --------------------------------------------------------- */

static const char *endpoint_of(const struct search *x, const struct change *c, const json_t *inputs)
{
	const char *pointer = schema_endpoint_pointer(c->schema);
	const json_t *j = pointer ? json_at(inputs, text_of(pointer)) : NULL;

	return json_is_string(j) ? arena_strdup(x->a, json_string_value(j)) : "";
}

static const char *masked_outputs(const struct search *x, const struct change *c, const char *state)
{
	json_t *outputs = parse(state), *pointers = parse(c->sensitive_pointers);
	const char *text;

	state_mask(x->e->state, outputs, pointers);
	text = json_text(x->a, outputs);
	json_decref(outputs);
	json_decref(pointers);
	return text;
}

static void write_record(struct search *x, struct finding *f, const struct outcome *o)
{
	const struct change *c = f->it->change;
	struct discovery_inputs in = {.state = x->e->state, .change = c, .shown = f->shown};
	json_t *inputs;

	json_object_update_new(f->shown, parse(o->state));
	inputs = discovery_inputs(&in);
	take_private(x, f, o);
	f->it->unreadable = in.unreadable.len ? arena_text(x->a, str_text(&in.unreadable)) : NULL;
	f->it->record = (struct record){
		.addr = c->addr,
		.deposed = "",
		.type = c->type,
		.provider = c->provider->name,
		.schema_version = schema_version(c->schema),
		.id = f->it->record.id,
		.inputs = json_text(x->a, inputs),
		.outputs = masked_outputs(x, c, o->state),
		.private_bytes = f->private_bytes,
		.sensitive = c->sensitive_pointers,
		.depends_on = executor_depends_on(x->a, c),
		.endpoint = endpoint_of(x, c, inputs),
		.deletion_policy = executor_policy(c->resource),
		.born = BORN_BEFORE,
	};
	str_release(&in.unreadable);
	json_decref(inputs);
}

static enum inquiry_end answered_second(void *context, const struct inquiry *q, struct outcome *o)
{
	struct search *x = context;
	struct finding *f = &x->findings[q->index];

	if (o->status == HD_OK && o->state) {
		write_record(x, f, o);
	} else if (o->status == HD_NOTFOUND) {
		f->it->seen = SEEN_GONE;
		diags_release(&o->diags);
	} else {
		f->it->seen = SEEN_FAILED;
	}
	diags_take(x->d, &o->diags);
	return end_of(f);
}

/* --- both rounds --------------------------------------------------------------------- */

typedef void fill_fn(const struct search *x, const struct finding *f, struct inquiry *q);
typedef enum inquiry_end answered_fn(void *context, const struct inquiry *q, struct outcome *o);

static void tolerated(void *context, const struct inquiry *q)
{
	struct search *x = context;

	x->findings[q->index].it->left_out = true;
}

/* What failed in the first round is no question of the second, but a failure still. */
static void add_failure(struct inquiries *list, const struct search *x, const struct finding *f)
{
	list->items[list->count++] = (struct inquiry){
		.addr = &f->it->change->addr,
		.index = (size_t)(f - x->findings),
	};
}

static int ask(struct search *x, enum seen which, fill_fn *prepare, answered_fn *answered)
{
	struct inquiries list = {
		.answered = answered, .wishes = x->wishes, .tolerated = tolerated, .context = x};

	list.what = "looking for what is there";
	list.items = ARENA_ARRAY(x->scratch, x->count, struct inquiry);
	for (size_t i = 0; i < x->count; i++) {
		const struct finding *f = &x->findings[i];

		if (f->it->seen == which)
			prepare(x, f, &list.items[list.count++]);
		else if (f->it->seen == SEEN_FAILED)
			add_failure(&list, x, f);
	}
	return inquire(x->e, &list, x->d);
}

static void release(struct search *x)
{
	for (size_t i = 0; i < x->count; i++) {
		json_decref(x->findings[i].wanted);
		json_decref(x->findings[i].shown);
	}
	arena_free(x->scratch);
}

int discover(struct engine *e, const struct discoveries *list, struct arena *a, struct diags *d)
{
	struct search x = {.e = e, .d = d, .a = a, .wishes = list->wishes, .count = list->count};
	int rc;

	x.scratch = arena_new();
	x.findings = ARENA_ARRAY(x.scratch, x.count, struct finding);
	for (size_t i = 0; i < x.count; i++) {
		x.findings[i] = (struct finding){.it = &list->items[i]};
		x.findings[i].wanted = known_wishes(list->items[i].change);
	}
	rc = ask(&x, SEEN_NOT_ASKED, fill_first, answered_first);
	if (!rc)
		rc = ask(&x, SEEN_PRESENT, fill_second, answered_second);
	release(&x);
	return rc;
}
