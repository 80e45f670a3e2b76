/*
 * recover.c - operations that an earlier run began and did not end (DESIGN section 5, rule
 * 2) become tasks that start where they were left: with a token they are polled, without
 * they are looked for.  Everything after that is the executor's.
 */
#include "engine/executor_parts.h"

#include <string.h>

static const enum task_kind kinds[] = {
	[OPERATION_CREATE] = TASK_CREATE,
	[OPERATION_UPDATE] = TASK_UPDATE,
	[OPERATION_DELETE] = TASK_DELETE,
	[OPERATION_SNAPSHOT] = TASK_SNAPSHOT,
};

static int compare_record(const struct record *r, const struct address *addr, const char *deposed)
{
	int order = address_compare(&r->addr, addr);

	return order ? order : strcmp(r->deposed, deposed);
}

/* Records are sorted by address, the live one first. */
static const struct record *find_record(const struct record_list *list, const struct address *addr,
					const char *deposed)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (address_compare(&list->items[mid].addr, addr) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < list->count && !address_compare(&list->items[low].addr, addr); low++)
		if (!compare_record(&list->items[low], addr, deposed))
			return &list->items[low];
	return NULL;
}

static void fill(struct executor *x, struct task *t, const struct operation *op,
		 const struct recorded *recorded)
{
	const char *endpoint = op->intended.endpoint ? op->intended.endpoint : "";

	t->x = x;
	t->kind = kinds[op->action];
	t->recovered = true;
	t->op = *op;
	t->addr = op->addr;
	t->type = op->intended.type;
	/* An ordinary BEGIN has a digest of all that was wanted. */
	if (t->kind == TASK_CREATE && !*op->desired_digest && op->message && *op->message == '[')
		t->unknown = op->message;
	t->before =
		find_record(&recorded->records, &op->addr,
			    t->kind == TASK_DELETE || t->kind == TASK_SNAPSHOT ? op->deposed : "");
	t->keeps_old = t->before && t->kind == TASK_CREATE && *op->deposed;
	/* Its record is gone already, or was never there: what it was meant to be must do. */
	if (!t->before && t->kind != TASK_CREATE)
		t->before = &t->op.intended;
	t->provider = registry_entry(x->e->project->registry, op->intended.provider);
	t->schema =
		t->provider ? registry_schema(x->e->project->registry, t->provider, t->type) : NULL;
	t->job.call.address = address_text(x->arena, &t->addr);
	t->job.call.type = t->type;
	t->job.call.endpoint = endpoint;
	t->job.addr = &t->addr;
	t->job.type = t->type;
	t->step = walk_add(x->walk, STEP_WORK);
	x->by_step[t->step] = t;
	t->job.lane.order = t->step;
	dispatch_enroll(x->dispatch, &t->job, &t->addr.instance, op->intended.provider, endpoint);
}

void recover_start(struct task *t)
{
	t->op.token = t->op.token ? t->op.token : "";
	t->op.message = "";
	if (!executor_can_call(t)) {
		dispatch_drop(t->x->dispatch, &t->job);
		task_leave_open(t);
		return;
	}
	if (t->kind == TASK_SNAPSHOT && !task_can_copy(t)) {
		dispatch_drop(t->x->dispatch, &t->job);
		task_abandon(t);
		return;
	}
	if (*t->op.token) {
		t->phase = PHASE_POLL;
		task_prepare(t, CALL_POLL);
	} else if (t->kind == TASK_SNAPSHOT) {
		/* With the same key it is the same copy. */
		t->phase = PHASE_CHANGE;
		task_prepare(t, CALL_ACT);
	} else {
		t->phase = task_can_find(t) ? PHASE_FIND : PHASE_READ;
		task_prepare(t, t->phase == PHASE_FIND ? CALL_FIND : CALL_READ);
	}
	executor_follow(t->x, &(struct follow){.kind = FOLLOW_SUBMIT, .task = t});
}

static void complain_stopped(struct diags *d, size_t count)
{
	struct diag *g = diag_add(d, DIAG_RUN_STOPPED, RANGE_NONE,
				  "stopped before all interrupted operations were looked after");

	diag_detail(d, g, "%zu of them %s still open.", count, count == 1 ? "is" : "are");
	diag_hint(d, g, "run the same command again");
}

int executor_recover(struct engine *e, const struct recorded *recorded, struct diags *d)
{
	struct executor x = {.e = e, .d = d, .arena = arena_new()};
	size_t count = recorded->operations.count, skipped;
	int rc;

	x.dispatch = dispatch_new(e, d);
	x.walk = walk_new();
	x.tasks = ARENA_ARRAY(x.arena, count, struct task);
	x.by_step = ARENA_ARRAY(x.arena, count, struct task *);
	x.task_count = x.changes_total = count;
	for (size_t i = 0; i < count; i++)
		fill(&x, &x.tasks[i], &recorded->operations.items[i], recorded);
	if (!walk_seal(x.walk))
		fail_fast("independent steps wait for each other");
	rc = executor_loop(&x);
	skipped = walk_count(x.walk, STEP_SKIPPED);
	if (skipped) {
		complain_stopped(d, skipped);
		rc = -1;
	}
	executor_release(&x);
	return rc;
}
