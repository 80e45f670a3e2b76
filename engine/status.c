/*
 * status.c - the matrix of stacks and regions: what the manifest wants, what is recorded,
 * who works on it, and whether a plan without a look at the world would change anything.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/engine_private.h"
#include "engine/outside.h"
#include "engine/planner.h"
#include "engine/result.h"
#include "engine/relocate.h"
#include "engine/status_error.h"

/* One row in the making. */
struct entry {
	struct status_row row;
	const struct instance_record *recorded;
	bool in_manifest;
	bool resources_change;
};

struct matrix {
	struct arena *a;
	const struct selection *selection;
	bool has_manifest;  /* else nobody knows what left it */
	struct map entries; /* instance_id_text to struct entry */
	struct record_list records;
	struct instance_list instances;
	struct operation_list operations;
	struct lock_list locks;
	struct result_list results; /* of each instance the latest */
	struct map commands;        /* of the runs that these name: id to command */
};

static bool names_it(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return count == 0;
}

/* NULL when the selection does not name it. */
static struct entry *entry_of(struct matrix *m, const struct instance_id *id)
{
	const struct selection *s = m->selection;
	struct text key = text_of(instance_id_text(m->a, id));
	struct entry *e = map_find(&m->entries, key);

	if (e || !names_it(s->stacks, s->stack_count, id->stack) ||
	    !names_it(s->regions, s->region_count, id->region))
		return e;
	e = ARENA_NEW(m->a, struct entry);
	e->row.id = instance_id_copy(m->a, id);
	map_set(&m->entries, key, e);
	return e;
}

static void add_manifest(struct matrix *m, const struct manifest *manifest)
{
	m->has_manifest = true;
	for (size_t s = 0; s < manifest->stack_count; s++) {
		const struct manifest_stack *stack = &manifest->stacks[s];

		for (size_t t = 0; t < stack->target_count; t++) {
			const struct instance_id id = {stack->name, stack->targets[t].account,
						       stack->targets[t].region->name};
			struct entry *e = entry_of(m, &id);

			if (e)
				e->in_manifest = true;
		}
	}
}

/* Few runs are the latest of many instances. */
static int load_commands(struct matrix *m, struct state *s, struct diags *d)
{
	for (size_t i = 0; i < m->results.count; i++) {
		struct text id = text_of(m->results.items[i].run);
		struct run_list run;

		if (map_has(&m->commands, id))
			continue;
		if (state_load_run(s, id.ptr, m->a, &run, d))
			return -1;
		map_set(&m->commands, id, (void *)(run.count ? run.items[0].command : ""));
	}
	return 0;
}

static int load(struct matrix *m, struct state *s, struct diags *d)
{
	if (state_load_records(s, NULL, m->a, &m->records, d) ||
	    state_load_open_operations(s, NULL, m->a, &m->operations, d) ||
	    state_load_instances(s, m->a, &m->instances, d) ||
	    state_load_locks(s, m->a, &m->locks, d) ||
	    state_load_last_results(s, m->a, &m->results, d))
		return -1;
	return load_commands(m, s, d);
}

/* What is gone, and was never in the manifest, has no row because a run once had to do with it. */
static void add_results(struct matrix *m)
{
	for (size_t i = 0; i < m->results.count; i++) {
		const struct instance_result *r = &m->results.items[i];
		struct entry *e = map_find(&m->entries, text_of(instance_id_text(m->a, &r->id)));

		if (e)
			e->row.last = r;
	}
}

static void add_recorded(struct matrix *m, int64_t now_ms)
{
	for (size_t i = 0; i < m->records.count; i++) {
		struct entry *e = entry_of(m, &m->records.items[i].addr.instance);

		if (e)
			e->row.recorded++;
	}
	for (size_t i = 0; i < m->operations.count; i++) {
		struct entry *e = entry_of(m, &m->operations.items[i].addr.instance);

		if (e)
			e->row.open_operations++;
	}
	for (size_t i = 0; i < m->instances.count; i++) {
		struct entry *e = entry_of(m, &m->instances.items[i].id);

		if (e) {
			e->recorded = &m->instances.items[i];
			e->row.applied_ms = m->instances.items[i].applied_ms;
			e->row.made_from = m->instances.items[i].version;
		}
	}
	for (size_t i = 0; i < m->locks.count; i++) {
		const struct lock_info *lock = &m->locks.items[i];
		bool holds = lock->lease_until_ms > now_ms && !lock->gone;
		struct entry *e = holds ? entry_of(m, &lock->id) : NULL;

		if (e)
			e->row.lock = lock;
	}
	add_results(m);
}

static void add_pending(struct matrix *m, const struct plan *plan)
{
	for (size_t i = 0; i < plan->instance_count; i++) {
		const struct instance_plan *p = &plan->instances[i];
		struct entry *e = entry_of(m, &p->id);

		for (size_t c = 0; e && c < p->change_count; c++)
			e->row.pending_changes +=
				plan->changes[p->first_change + c].action != ACTION_NONE;
		if (e)
			e->resources_change = e->row.pending_changes > 0;
	}
	for (size_t i = 0; i < plan->output_count; i++) {
		struct entry *e = entry_of(m, &plan->outputs[i].id);

		/* Where resources change, outputs follow: they are no work of their own. */
		if (e && !e->resources_change)
			e->row.pending_changes++;
	}
}

/* Recorded words that are shown as they are. */
static bool is_told(const char *status)
{
	static const char *const told[] = {"FAILED", "PARTIAL", "ROLLED_BACK", "ROLLBACK_FAILED",
					   "INOPERABLE"};

	for (size_t i = 0; i < ARRAY_LEN(told); i++) {
		if (!strcmp(told[i], status))
			return true;
	}
	return false;
}

/*
 * Its destroy failed: some of it is gone, and what is left may not work.  As StackSets have it;
 * recorded as FAILED by a destroy, because the next run treats it so, and as what it is by an apply
 * that took away what had left the manifest.
 */
static bool inoperable(const struct matrix *m, const struct entry *e)
{
	const char *command;

	if (e->recorded && strcmp(e->recorded->status, "INOPERABLE") == 0)
		return true;
	if (!e->row.last || strcmp(e->row.last->status, "FAILED") != 0 || !e->row.recorded)
		return false;
	command = map_find(&m->commands, text_of(e->row.last->run));
	return command && strcmp(command, "destroy") == 0;
}

/* Its run was killed when it had long ended, and others had not; what is left of it, if anything,
 * is that its outputs are not recorded yet. */
static bool ended_before(const struct entry *e)
{
	return e->recorded && strcmp(e->recorded->status, "APPLYING") == 0 && e->row.last &&
	       strcmp(e->row.last->status, "SUCCEEDED") == 0;
}

static const char *status_of(const struct matrix *m, const struct entry *e)
{
	const char *recorded = e->recorded ? e->recorded->status : NULL;

	if (e->row.lock)
		return "LOCKED";
	if (inoperable(m, e))
		return "INOPERABLE";
	if (m->has_manifest && !e->in_manifest)
		return "ORPHANED";
	if (e->row.open_operations)
		return "INCOMPLETE";
	if (!recorded && !e->row.recorded)
		return "NOT_DEPLOYED";
	if (recorded && is_told(recorded))
		return recorded;
	if (ended_before(e) && !e->row.pending_changes)
		return "CURRENT";
	if (!recorded || strcmp(recorded, "CURRENT") != 0)
		return "INCOMPLETE";
	return e->row.pending_changes ? "OUTDATED" : "CURRENT";
}

static int compare_rows(const void *x, const void *y)
{
	return instance_id_compare(&((const struct status_row *)x)->id,
				   &((const struct status_row *)y)->id);
}

static void give_rows(struct matrix *m, struct state *s, struct status_rows *out)
{
	struct status_row *rows = ARENA_ARRAY(m->a, m->entries.entry_count, struct status_row);

	for (size_t i = 0; i < m->entries.entry_count; i++) {
		struct entry *e = m->entries.entries[i].value;

		e->row.status = status_of(m, e);
		rows[i] = e->row;
	}
	if (m->entries.entry_count)
		qsort(rows, m->entries.entry_count, sizeof(*rows), compare_rows);
	status_add_errors(s, m->a, rows, m->entries.entry_count);
	*out = (struct status_rows){.rows = rows, .count = m->entries.entry_count};
}

static void note_recorded_only(const struct diags *why, struct diags *d)
{
	const struct diag *g = why->first;
	struct diag *note;

	while (g && g->severity != DIAG_ERROR)
		g = g->next;
	note = diag_note(d, DIAG_STATUS_RECORDED_ONLY, g ? g->where : RANGE_NONE,
			 "pending changes are not known");
	if (g)
		diag_detail(d, note, "%s", g->summary);
	diag_hint(d, note, "run `hadeploy validate` to see all errors");
}

/* A template that cannot be read was left out by whoever needs none (FAULTS_LEFT_OUT). */
static bool has_all_documents(const struct project *p)
{
	for (size_t i = 0; i < p->instance_count; i++) {
		if (!p->instances[i].doc)
			return false;
	}
	return true;
}

/* Errors of templates are not errors of the status: they become a note. */
static const struct plan *plan_quietly(struct engine *e, const struct matrix *m, struct diags *d)
{
	struct diags quiet = DIAGS_INIT;
	const struct planner_input in = {
		.project = e->project,
		.records = &m->records,
		.instances = &m->instances,
		.state = e->state,
		.selection = &e->options.selection,
		.outside = e->outside,
	};
	const struct plan *plan = NULL;

	if (!engine_evaluate(e, PROJECT_DEPLOY, &quiet) && has_all_documents(e->project) &&
	    !outside_load(e->outside, e->state, &quiet))
		plan = planner_make(m->a, &in, &quiet);
	if (!plan)
		note_recorded_only(&quiet, d);
	diags_release(&quiet);
	return plan;
}

int engine_status(struct engine *e, struct status_rows *out, struct diags *d)
{
	struct matrix m = {.a = e->arena, .selection = &e->options.selection};
	struct state *s = engine_state(e, STATE_READ, d);
	const struct plan *plan;

	if (!s || load(&m, s, d))
		return -1;
	add_manifest(&m, e->project->manifest);
	add_recorded(&m, e->options.clock->wall_ms(e->options.clock));
	plan = plan_quietly(e, &m, d);
	if (plan)
		add_pending(&m, plan);
	give_rows(&m, s, out);
	map_release(&m.entries);
	map_release(&m.commands);
	return 0;
}

int engine_status_recorded(const struct engine_options *o, struct arena *a, struct status_rows *out,
			   struct diags *d)
{
	struct clock *clock = o->clock ? o->clock : clock_real();
	struct matrix m = {.a = a, .selection = &o->selection};
	struct recreation_list moved = {NULL, 0};
	const struct manifest *manifest = manifest_load(a, o->dir, d);
	struct diags none = DIAGS_INIT;
	struct state *s = engine_state_open(o->dir, STATE_READ, clock, d);

	if (!s || load(&m, s, d) || recreation_load(s, a, &moved, d)) {
		state_close(s);
		return -1;
	}
	if (manifest)
		relocate_manifest(a, (struct manifest *)manifest, &moved, &none);
	if (manifest)
		add_manifest(&m, manifest);
	add_recorded(&m, clock->wall_ms(clock));
	note_recorded_only(&none, d);
	give_rows(&m, s, out);
	state_close(s);
	map_release(&m.entries);
	map_release(&m.commands);
	return 0;
}
