/*
 * run_drift.c - what is recorded, compared with the world.
 *
 * Records are enough: what was applied is in them.  So it works when templates are broken or
 * gone, and needs none of the parameters and secrets that a plan needs.
 */
#include "engine/run_parts.h"

#include <string.h>

#include "base/vec.h"
#include "engine/drift.h"

struct comparing {
	struct run *r;
	struct arena *a;
	struct plan *plan;
	struct {
		VEC_OF(struct change)
	} changes; /* in the arena */
	struct {
		VEC_OF(struct instance_plan)
	} instances; /* likewise */
};

/* --- one record ------------------------------------------------------------------------ */

static bool is_masked_text(const char *json)
{
	return json && !strncmp(json, "{\"$secret\":", 11);
}

/* What should be there: as it was applied, or as the provider had left it. */
static const char *expected_text(struct comparing *x, const json_t *inputs,
				 const struct diff_path *d)
{
	const json_t *want = json_at(inputs, text_of(d->pointer));

	return want ? json_text(x->a, want) : d->before;
}

static void add_paths(struct comparing *x, struct change *c, const json_t *inputs,
		      const struct diff *diff)
{
	struct path_change *paths = ARENA_ARRAY(x->a, diff->count, struct path_change);

	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_path *d = &diff->paths[i];
		const char *expected = expected_text(x, inputs, d);

		if (expected && d->after && !strcmp(expected, d->after))
			continue;
		paths[c->path_count++] = (struct path_change){
			.pointer = d->pointer,
			.before = d->after,
			.after = expected,
			.recorded = d->before,
			.drift = true,
			.replaces =
				c->schema && schema_is_create_only(c->schema, text_of(d->pointer)),
			.sensitive = is_masked_text(expected) || is_masked_text(d->after),
		};
	}
	c->paths = paths;
}

static void compare(struct comparing *x, struct change *c, const char *seen)
{
	const struct record *r = c->before;
	json_t *inputs =
		r->inputs && *r->inputs ? json_parse(text_of(r->inputs), NULL, NULL) : NULL;
	struct drift_request q = {c->schema, inputs, r->outputs ? r->outputs : "", seen};
	struct diff diff;

	drift_find(x->a, &q, &diff);
	add_paths(x, c, inputs, &diff);
	c->drift = c->path_count ? DRIFT_CHANGED : DRIFT_IN_SYNC;
	diff_release(&diff);
	json_decref(inputs);
}

static void judge(struct comparing *x, struct change *c, const struct observation *seen)
{
	switch (seen->seen) {
	case SEEN_PRESENT:
		compare(x, c, seen->outputs);
		break;
	case SEEN_GONE:
		c->drift = DRIFT_DELETED;
		break;
	case SEEN_FAILED:
		c->drift = DRIFT_FAILED;
		break;
	case SEEN_NOT_ASKED:
		c->drift = DRIFT_NOT_CHECKED;
		break;
	}
	if (c->drift == DRIFT_CHANGED) {
		c->action = ACTION_UPDATE;
		c->reason = REASON_DRIFTED;
		c->cause = c->paths[0].pointer + 1;
	} else if (c->drift == DRIFT_DELETED) {
		c->action = ACTION_CREATE;
		c->reason = REASON_GONE;
	}
}

/* --- all of them ------------------------------------------------------------------------- */

static void add_record(struct comparing *x, const struct record *r, const struct observation *seen)
{
	struct change *c = arena_vec_add(x->a, &x->changes);
	struct instance_plan *in;

	*c = (struct change){
		.addr = r->addr,
		.type = r->type,
		.before = r,
		.provider = registry_entry(x->r->e->project->registry, r->provider),
		.endpoint = r->endpoint ? r->endpoint : "",
		.unknown_pointers = "[]",
		.sensitive_pointers = "[]",
		.instance = project_instance(x->r->e->project, &r->addr.instance),
	};
	if (c->provider)
		c->schema = registry_schema(x->r->e->project->registry, c->provider, r->type);
	judge(x, c, seen);
	plan_count(&x->plan->counts, c->action);
	x->plan->drifted += c->drift == DRIFT_CHANGED || c->drift == DRIFT_DELETED;
	in = x->instances.count ? &x->instances.items[x->instances.count - 1] : NULL;
	if (!in || instance_id_compare(&in->id, &r->addr.instance) != 0) {
		in = arena_vec_add(x->a, &x->instances);
		*in = (struct instance_plan){.id = r->addr.instance,
					     .instance = c->instance,
					     .first_change = x->changes.count - 1};
	}
	in->change_count++;
}

static const struct plan *make_plan(struct run *r)
{
	const struct record_list *records = &r->recorded.records;
	struct comparing x = {.r = r, .a = r->e->arena};

	x.plan = ARENA_NEW(x.a, struct plan);
	x.plan->arena = x.a;
	x.plan->project = r->e->project;
	x.plan->refreshed = true;
	for (size_t i = 0; i < records->count; i++) {
		x.plan->unread += r->observations[i].seen == SEEN_FAILED;
		/* What is left over from a replacement is about to be deleted. */
		if (!*records->items[i].deposed)
			add_record(&x, &records->items[i], &r->observations[i]);
	}
	x.plan->changes = x.changes.items;
	x.plan->change_count = x.changes.count;
	x.plan->instances = x.instances.items;
	x.plan->instance_count = x.instances.count;
	return x.plan;
}

const struct plan *engine_drift(struct engine *e, const struct rollout_wishes *wishes,
				struct diags *d)
{
	struct run r = {.e = e, .d = d};

	if (!engine_state(e, STATE_READ, d) || engine_load(e, e->arena, &r.recorded, d) ||
	    run_observe_in_order(&r, wishes))
		return NULL;
	r.plan = make_plan(&r);
	engine_tell(e, (struct event){.kind = EVENT_PLANNED, .plan = r.plan});
	return r.plan;
}
