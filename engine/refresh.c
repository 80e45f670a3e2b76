#include "engine/refresh.h"

#include <string.h>

#include "engine/inquiry.h"

struct refresh {
	struct engine *e;
	struct diags *d;
	const struct refresh_request *q;
	struct inquiry *inquiries; /* index: of the record */
	size_t count, failures;
};

static bool is_wanted(const struct record *r, enum refresh_extent extent)
{
	/* One that never got an id cannot be asked for. */
	return extent == REFRESH_ALL ? *r->id || !r->tainted : r->tainted && *r->id;
}

static void complain_gone(struct refresh *x, const struct record *r, const char *address)
{
	struct diag *g = diag_add(x->d, DIAG_PROVIDER_GONE, RANGE_NONE,
				  "the provider of this resource is not configured any more");

	diag_detail(x->d, g, "It was made through the entry '%s' as %s.", r->provider, r->type);
	diag_hint(x->d, g, "put the entry back, or give the record up with `hadeploy state rm`");
	diag_address(x->d, g, address);
}

static void fill(const struct refresh *x, struct inquiry *g, const struct record *r)
{
	const struct schema *schema = registry_schema(x->e->project->registry, g->entry, r->type);
	struct call *c = &g->job.call;

	g->arena = arena_new();
	g->type = r->type;
	c->kind = CALL_READ;
	c->schema_version = r->schema_version ? r->schema_version
			    : schema          ? schema_version(schema)
					      : 0;
	c->id = r->id;
	c->recorded = call_recorded_text(g->arena, r->inputs, r->outputs);
	c->sensitive = r->sensitive;
	c->private_bytes = r->private_bytes;
	c->endpoint = r->endpoint;
	c->made_ms = r->updated_ms;
}

/* Secrets are where they were recorded as such, whatever the provider thinks of it. */
static const char *masked_state(struct refresh *x, const struct record *r, const char *state)
{
	json_t *now = json_parse(text_of(state), NULL, NULL);
	json_t *before = json_parse(text_of(r->outputs), NULL, NULL);
	json_t *listed = json_parse(text_of(r->sensitive), NULL, NULL);
	json_t *pointers = json_array();
	const char *text;

	if (before)
		secrets_masked_pointers(before, pointers);
	secrets_join_pointers(pointers, listed);
	state_mask(x->e->state, now, pointers);
	text = json_text(x->q->arena, now);
	json_decref(now);
	json_decref(before);
	json_decref(listed);
	json_decref(pointers);
	return text;
}

static enum inquiry_end answered(void *context, const struct inquiry *g, struct outcome *o)
{
	struct refresh *x = context;
	struct observation *seen = &x->q->observations[g->index];

	if (o->status == HD_OK && o->state) {
		seen->seen = SEEN_PRESENT;
		seen->outputs = masked_state(x, &x->q->records->items[g->index], o->state);
	} else if (o->status == HD_NOTFOUND) {
		seen->seen = SEEN_GONE;
		diags_release(&o->diags);
	} else {
		seen->seen = SEEN_FAILED;
		x->failures++;
	}
	diags_take(x->d, &o->diags);
	return seen->seen == SEEN_FAILED ? INQUIRY_BADLY : INQUIRY_WELL;
}

static void choose(struct refresh *x, size_t i)
{
	const struct record *r = &x->q->records->items[i];
	struct inquiry *g = &x->inquiries[x->count++];

	g->entry = registry_entry(x->e->project->registry, r->provider);
	g->index = i;
	g->addr = &r->addr;
	if (g->entry) {
		fill(x, g, r);
		return;
	}
	complain_gone(x, r, address_text(x->q->arena, &r->addr));
	x->q->observations[i].seen = SEEN_FAILED;
	x->failures++;
}

int refresh_records(struct engine *e, const struct refresh_request *q, struct diags *d)
{
	struct arena *own = arena_new();
	struct refresh x = {.e = e, .d = d, .q = q};
	struct inquiries list = {.answered = answered, .wishes = q->wishes, .context = &x};
	int rc;

	x.inquiries = ARENA_ARRAY(own, q->records->count, struct inquiry);
	for (size_t i = 0; i < q->records->count; i++) {
		if (is_wanted(&q->records->items[i], q->extent))
			choose(&x, i);
	}
	list.items = x.inquiries;
	list.count = x.count;
	list.what = "reading what is recorded";
	rc = inquire(e, &list, d);
	if (x.failures)
		rc = -1;
	arena_free(own);
	return rc;
}
