/*
 * run_plan.c - from what is recorded, what was seen and what is wanted to a plan.
 */
#include "engine/run_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "engine/call.h"
#include "engine/estimate.h"
#include "engine/outside.h"
#include "engine/session.h"

/* --- which instances ---------------------------------------------------------------- */

struct ids {
	VEC_OF(struct instance_id)
};

static int compare_ids(const void *x, const void *y)
{
	return instance_id_compare(x, y);
}

static void add_id(struct arena *a, struct ids *ids, const struct instance_id *id)
{
	if (ids->count && !instance_id_compare(&ids->items[ids->count - 1], id))
		return;
	*(struct instance_id *)arena_vec_add(a, ids) = *id;
}

const struct instance_id *run_instances(const struct run *r, size_t *count)
{
	struct arena *a = r->e->arena;
	const struct project *p = r->e->project;
	struct ids ids = {0};
	size_t unique = 0;

	for (size_t i = 0; i < p->instance_count; i++)
		add_id(a, &ids, &p->instances[i].id);
	for (size_t i = 0; i < r->recorded.records.count; i++)
		add_id(a, &ids, &r->recorded.records.items[i].addr.instance);
	for (size_t i = 0; i < r->recorded.operations.count; i++)
		add_id(a, &ids, &r->recorded.operations.items[i].addr.instance);
	for (size_t i = 0; i < r->recorded.instances.count; i++)
		add_id(a, &ids, &r->recorded.instances.items[i].id);
	for (size_t i = 0; i < r->recorded.hidden_count; i++)
		add_id(a, &ids, &r->recorded.hidden[i]);
	if (ids.count)
		qsort(ids.items, ids.count, sizeof(ids.items[0]), compare_ids);
	for (size_t i = 0; i < ids.count; i++)
		if (!i || instance_id_compare(&ids.items[i], &ids.items[unique - 1]) != 0)
			ids.items[unique++] = ids.items[i];
	*count = unique;
	return ids.items;
}

/* --- what is seen ------------------------------------------------------------------- */

static bool any_tainted(const struct record_list *records)
{
	for (size_t i = 0; i < records->count; i++)
		if (records->items[i].tainted)
			return true;
	return false;
}

static void read_all(struct run *r, const struct rollout_wishes *wishes)
{
	struct refresh_request q = {
		.records = &r->recorded.records,
		.extent = REFRESH_ALL,
		.observations = r->observations,
		.wishes = wishes,
		.arena = r->e->arena,
	};

	r->unread = refresh_records(r->e, &q, r->d) != 0;
}

/* Nobody asked for it, so what cannot be read is a warning. */
static void read_tainted(struct run *r)
{
	struct refresh_request q = {
		.records = &r->recorded.records,
		.extent = REFRESH_TAINTED,
		.observations = r->observations,
		.arena = r->e->arena,
	};
	struct diags faults = DIAGS_INIT;
	struct diag *g;

	if (refresh_records(r->e, &q, &faults) && faults.first) {
		g = diag_warn(r->d, DIAG_REFRESH_INCOMPLETE, RANGE_NONE,
			      "resources whose state is doubtful could not be read");
		diag_detail(r->d, g, "%s%s%s%s%s",
			    faults.first->address ? faults.first->address : "",
			    faults.first->address ? ": " : "", faults.first->summary,
			    faults.first->detail ? "\n" : "",
			    faults.first->detail ? faults.first->detail : "");
		diag_hint(r->d, g, "the plan goes by what is recorded of them");
	}
	diags_release(&faults);
}

static void begin_observing(struct run *r)
{
	r->observations = ARENA_ARRAY(r->e->arena, r->recorded.records.count, struct observation);
}

static int end_observing(struct run *r)
{
	if (!engine_interrupts(r->e))
		return 0;
	diag_add(r->d, DIAG_RUN_STOPPED, RANGE_NONE, "stopped while reading what is recorded");
	return -1;
}

/* What could not be read counts as it is recorded.  All are asked at once: a plan wants to know
 * all it can, and asking changes nothing. */
int run_observe(struct run *r, enum run_refresh refresh)
{
	const struct record_list *records = &r->recorded.records;
	bool all = refresh == REFRESH_YES;

	if (!records->count || (!all && !any_tainted(records)))
		return 0;
	begin_observing(r);
	if (all)
		read_all(r, NULL);
	else
		read_tainted(r);
	return end_observing(r);
}

int run_observe_in_order(struct run *r, const struct rollout_wishes *wishes)
{
	if (!r->recorded.records.count)
		return 0;
	begin_observing(r);
	read_all(r, wishes);
	return end_observing(r);
}

/* --- what a provider adds ----------------------------------------------------------- */

static const struct secrets *secrets_of(struct arena *a, const struct refine_request *q)
{
	json_t *desired = json_parse(text_of(q->desired), NULL, NULL);
	json_t *pointers = json_parse(text_of(q->sensitive_pointers), NULL, NULL);
	const struct secrets *s = secrets_with_value(a, secrets_collect(a, desired, pointers),
						     q->resource->properties);

	json_decref(desired);
	json_decref(pointers);
	return s;
}

static void fill_call(struct call *c, const struct refine_request *q, struct arena *a)
{
	const struct record *r = q->before;

	c->kind = CALL_PLAN;
	c->table = q->provider->known;
	c->address = q->address;
	c->type = q->resource->type;
	c->desired = q->desired;
	c->unknown = q->unknown_pointers;
	c->sensitive = q->sensitive_pointers;
	c->secrets = secrets_of(a, q);
	c->properties = q->resource->properties;
	c->where = q->resource->where;
	if (!r)
		return;
	c->id = r->id;
	c->recorded = call_recorded_text(a, r->inputs, r->outputs);
	c->private_bytes = r->private_bytes;
	c->schema_version = r->schema_version;
}

static const char *const *copy_pointers(struct arena *a, const char *const *from, size_t count)
{
	const char **to = ARENA_ARRAY(a, count, const char *);

	for (size_t i = 0; i < count; i++)
		to[i] = arena_strdup(a, from[i]);
	return to;
}

static void take_refinement(struct arena *a, const struct outcome *o, struct refinement *out)
{
	struct computed_path *computed = ARENA_ARRAY(a, o->computed.count, struct computed_path);

	for (size_t i = 0; i < o->computed.count; i++)
		computed[i] = (struct computed_path){
			arena_strdup(a, o->computed.items[i].pointer),
			arena_strdup(a, o->computed.items[i].json),
		};
	*out = (struct refinement){
		.same = copy_pointers(a, o->same.items, o->same.count),
		.same_count = o->same.count,
		.replace = copy_pointers(a, o->replace.items, o->replace.count),
		.replace_count = o->replace.count,
		.computed = computed,
		.computed_count = o->computed.count,
	};
}

int engine_refine(void *context, const struct refine_request *q, struct arena *a,
		  struct refinement *out, struct diags *d)
{
	struct engine *e = context;
	const struct hd_provider *table = q->provider->known;
	struct call_context around = engine_call_context(e);
	struct call call = {.where = RANGE_NONE};
	struct outcome o;
	int rc;

	*out = (struct refinement){0};
	if (!HD_KNOWS(struct hd_provider, table, plan) || !table->plan)
		return 0;
	call.session = sessions_get_planner(e->sessions, q->provider, &q->instance->id, d);
	if (!call.session)
		return e->simulation ? 0 : -1;
	fill_call(&call, q, a);
	call_run(&call, &around, &o);
	rc = diags_failed(&o.diags) ? -1 : 0;
	if (!rc && o.status == HD_OK)
		take_refinement(a, &o, out);
	/* What an earlier rehearsal made up is not what the provider computes. */
	if (e->options.world == WORLD_SIMULATED_ON)
		out->computed_count = 0;
	diags_take(d, &o.diags);
	outcome_release(&o);
	return rc;
}

/* --- the plan ----------------------------------------------------------------------- */

/* Where only tainted records were read, that is no comparison with the world. */
static bool all_asked(const struct run *r)
{
	for (size_t i = 0; i < r->recorded.records.count; i++)
		if (r->observations[i].seen == SEEN_NOT_ASKED && *r->recorded.records.items[i].id)
			return false;
	return true;
}

static size_t count_unread(const struct run *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->recorded.records.count; i++)
		count += r->observations[i].seen == SEEN_FAILED;
	return count;
}

/* History that cannot be read is nobody's fault here: then nothing is foretold. */
static void foretell(const struct run *r, struct plan *p)
{
	struct arena *scratch = arena_new();
	struct duration_list list = {NULL, 0};
	struct diags ignored = DIAGS_INIT;

	if (plan_counts_changes(&p->counts) &&
	    state_load_durations(r->e->state, scratch, &list, &ignored) == 0 && list.count)
		estimate_plan(p, &(struct estimate_input){&list, r->e->options.parallelism});
	diags_release(&ignored);
	arena_free(scratch);
}

/* An import changes nothing that could fail on the way. */
static int lay_out(const struct run *r, const struct run_request *q, struct plan *p)
{
	struct rollout_wishes wishes = q->rollout;

	if (q->mode == RUN_IMPORT)
		return 0;
	wishes.on_failure = q->on_failure;
	return rollout_layout(r->e->arena, p, &wishes, &p->rollouts, r->d);
}

/* The same plan, how much of the world it has seen, how it goes over the targets, and how long it
 * will take.  NULL when it can go no way. */
static const struct plan *completed(const struct run *r, const struct run_request *q,
				    const struct plan *p)
{
	struct plan *copy = ARENA_NEW(r->e->arena, struct plan);

	*copy = *p;
	if (r->observations) {
		copy->refreshed = all_asked(r);
		copy->unread = count_unread(r);
	}
	foretell(r, copy);
	return lay_out(r, q, copy) ? NULL : copy;
}

static const struct plan *make_plan(struct run *r, const struct run_request *q)
{
	struct engine *e = r->e;
	struct planner_input in = {
		.project = e->project,
		.records = &r->recorded.records,
		.instances = &r->recorded.instances,
		.observations = r->observations,
		.state = e->state,
		.selection = &e->options.selection,
		.outside = e->outside,
		.destroy = q->mode == RUN_DESTROY,
		.wishes = &q->wishes,
		.refine = engine_refine,
		.context = e,
	};

	return planner_make(e->arena, &in, r->d);
}

int run_make_plan(struct run *r, const struct run_request *q)
{
	struct engine *e = r->e;

	if (outside_load(e->outside, e->state, r->d))
		return -1;
	r->plan = make_plan(r, q);
	if (!r->plan)
		return -1;
	if (q->mode == RUN_IMPORT ? run_import_plan(r, q)
				  : q->wishes.adopt && run_adopt_found(r, q))
		return -1;
	r->plan = completed(r, q, r->plan);
	if (!r->plan)
		return -1;
	/* An import does nothing of what is left to do. */
	r->refused =
		q->mode != RUN_IMPORT && planner_refuse(r->plan, &r->recorded.instances, r->d) > 0;
	engine_tell(e, (struct event){.kind = EVENT_PLANNED, .plan = r->plan});
	return 0;
}

/* --- records that are about to be ----------------------------------------------------- */

static const char *record_key(struct arena *a, const struct record *r)
{
	return arena_printf(a, "%s %s", address_key(a, &r->addr), r->deposed);
}

const struct plan *run_plan_with(struct run *r, const struct run_request *q,
				 const struct record *const *more, size_t count)
{
	struct arena *a = r->e->arena;
	struct record_list *list = &r->recorded.records;
	struct record_list all = {ARENA_ARRAY(a, list->count + count, struct record), 0};
	struct observation *seen =
		r->observations ? ARENA_ARRAY(a, list->count + count, struct observation) : NULL;
	struct map replaced = MAP_INIT;

	for (size_t i = 0; i < count; i++)
		map_set(&replaced, text_of(record_key(a, more[i])), (void *)more[i]);
	for (size_t i = 0; i < list->count; i++) {
		if (map_has(&replaced, text_of(record_key(a, &list->items[i]))))
			continue;
		if (seen)
			seen[all.count] = r->observations[i];
		all.items[all.count++] = list->items[i];
	}
	for (size_t i = 0; i < count; i++) {
		/* It was read just now. */
		if (seen)
			seen[all.count] = (struct observation){SEEN_PRESENT, more[i]->outputs};
		all.items[all.count++] = *more[i];
	}
	map_release(&replaced);
	*list = all;
	r->observations = seen;
	return make_plan(r, q);
}
