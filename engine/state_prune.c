/*
 * state_prune.c - the history stays bounded.
 *
 * Runs sort by the time they began, and operations of no run by their row: whoever looks for
 * what is due starts at the oldest and stops at the first that is not, so a look that finds
 * nothing costs next to nothing.
 */
#include "engine/state_history.h"

#include <assert.h>
#include <string.h>

struct pruning {
	struct state *s;
	struct arena *a;
	struct diags *d;
	int64_t before_ms; /* what began before it is due by age; INT64_MIN: nothing is */
	const char *over;  /* this run and older ones are too many; NULL */
	int64_t over_ms;   /* when that one began */
	const char *const *due;
	size_t due_count;
};

struct names_vec {
	VEC_OF(const char *)
};
struct rows_vec {
	VEC_OF(int64_t)
};

static int find_over(struct pruning *p, size_t run_count)
{
	struct row row = {state_query(p->s, QUERY_PRUNE_LATEST, p->d), 1, p->a};
	int got;

	p->over_ms = INT64_MIN;
	if (!row.stmt)
		return -1;
	if (!run_count || run_count >= INT64_MAX)
		return 0;
	row_put_int(&row, (int64_t)run_count);
	got = state_step(p->s, row.stmt, p->d);
	if (got != 1)
		return got;
	row.next = 0;
	p->over = row_text(&row);
	p->over_ms = row_int(&row);
	state_reset(row.stmt);
	return 0;
}

enum due { DUE_NO, DUE_KEEP, DUE_YES };

/* Ones that still run are passed over: only age can make them due. */
static enum due judge(const struct pruning *p, const char *run, int64_t started_ms,
		      int64_t ended_ms)
{
	if (started_ms < p->before_ms)
		return DUE_YES;
	if (!p->over || strcmp(run, p->over) > 0)
		return DUE_NO;
	return ended_ms ? DUE_YES : DUE_KEEP;
}

static int find_due(struct pruning *p)
{
	struct row row = {state_query(p->s, QUERY_PRUNE_RUNS, p->d), 1, p->a};
	struct names_vec due = {NULL, 0, 0};
	int got;

	if (!row.stmt)
		return -1;
	while ((got = state_step(p->s, row.stmt, p->d)) == 1) {
		const char *run;
		int64_t started_ms;
		enum due is;

		row.next = 0;
		run = row_text(&row);
		started_ms = row_int(&row);
		is = judge(p, run, started_ms, row_int(&row));
		if (is == DUE_NO)
			break;
		if (is == DUE_YES)
			*arena_vec_add(p->a, &due) = run;
	}
	if (got == 1)
		state_reset(row.stmt);
	p->due = due.items;
	p->due_count = due.count;
	return got < 0 ? -1 : 0;
}

/* A statement with one run as its parameter. */
static int run_on(struct pruning *p, enum state_query query, const char *run)
{
	struct row row = {state_query(p->s, query, p->d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_text(&row, run);
	return state_step(p->s, row.stmt, p->d);
}

/* What the run and its results were made from. */
static int find_versions(struct pruning *p, const char *run, struct names_vec *out)
{
	struct row row = {state_query(p->s, QUERY_VERSIONS_OF_RUN, p->d), 1, p->a};
	int got;

	if (!row.stmt)
		return -1;
	row_put_text(&row, run);
	while ((got = state_step(p->s, row.stmt, p->d)) == 1) {
		row.next = 0;
		*arena_vec_add(p->a, out) = row_text(&row);
	}
	return got;
}

static int drop_versions(struct pruning *p, const struct names_vec *versions)
{
	for (size_t i = 0; i < versions->count; i++)
		if (version_forget(p->s, versions->items[i], p->d) != 0)
			return -1;
	return 0;
}

static int drop_runs(struct pruning *p)
{
	struct names_vec versions = {NULL, 0, 0};

	for (size_t i = 0; i < p->due_count; i++)
		if (find_versions(p, p->due[i], &versions) != 0 ||
		    run_on(p, QUERY_PRUNE_OPERATIONS, p->due[i]) != 0 ||
		    run_on(p, QUERY_PRUNE_RUN, p->due[i]) != 0 ||
		    run_on(p, QUERY_PRUNE_CONTROL, p->due[i]) != 0 ||
		    run_on(p, QUERY_PRUNE_RESULTS, p->due[i]) != 0)
			return -1;
	return drop_versions(p, &versions);
}

/* Of no run: an older version wrote them. */
static int drop_strays(struct pruning *p)
{
	struct row row = {state_query(p->s, QUERY_PRUNE_STRAY, p->d), 1, NULL}, drop = row;
	int64_t before_ms = p->before_ms > p->over_ms ? p->before_ms : p->over_ms;
	struct rows_vec due = {NULL, 0, 0};
	int got;

	if (!row.stmt)
		return -1;
	while ((got = state_step(p->s, row.stmt, p->d)) == 1) {
		int64_t at;

		row.next = 0;
		at = row_int(&row);
		if (row_int(&row) >= before_ms)
			break;
		*arena_vec_add(p->a, &due) = at;
	}
	if (got == 1)
		state_reset(row.stmt);
	drop.stmt = state_query(p->s, QUERY_PRUNE_OPERATION, p->d);
	for (size_t i = 0; got >= 0 && drop.stmt && i < due.count; i++) {
		drop.next = 1;
		row_put_int(&drop, due.items[i]);
		got = state_step(p->s, drop.stmt, p->d);
	}
	return got < 0 || !drop.stmt ? -1 : 0;
}

static int drop_durations(struct pruning *p)
{
	struct row row = {state_query(p->s, QUERY_PRUNE_DURATIONS, p->d), 1, NULL};

	if (!row.stmt)
		return -1;
	row_put_int(&row, p->before_ms);
	return state_step(p->s, row.stmt, p->d);
}

/* --- executions ----------------------------------------------------------------------- */

/* The execution that is one too many, counted from the latest; NULL: there is none. */
static int find_over_execution(struct pruning *p, size_t count, const char **out)
{
	struct row row = {state_query(p->s, QUERY_PRUNE_LAST_EXECUTION, p->d), 1, p->a};
	int got;

	*out = NULL;
	if (!row.stmt)
		return -1;
	if (!count || count >= INT64_MAX)
		return 0;
	row_put_int(&row, (int64_t)count);
	got = state_step(p->s, row.stmt, p->d);
	if (got != 1)
		return got;
	row.next = 0;
	*out = row_text(&row);
	state_reset(row.stmt);
	return 0;
}

/* One without an end may be gone on with as long as it is there: age alone makes it due, and only
 * when its process is gone, which would find its journal missing. */
static bool execution_is_due(struct pruning *p, const char *id, const char *over, struct row *row)
{
	int64_t started_ms = row_int(row), ended_ms = row_int(row), pid = row_int(row);
	struct holder_mark mark;

	holder_mark_set(mark.machine, sizeof(mark.machine), row_bytes(row));
	holder_mark_set(mark.started, sizeof(mark.started), row_bytes(row));
	if (ended_ms)
		return started_ms < p->before_ms || (over && strcmp(id, over) <= 0);
	return started_ms < p->before_ms && holder_gone(pid, &mark);
}

static int find_due_executions(struct pruning *p, const char *over, struct names_vec *due)
{
	struct row row = {state_query(p->s, QUERY_PRUNE_EXECUTIONS, p->d), 0, p->a};
	int got;

	if (!row.stmt)
		return -1;
	while ((got = state_step(p->s, row.stmt, p->d)) == 1) {
		const char *id;

		row.next = 0;
		id = row_text(&row);
		if (execution_is_due(p, id, over, &row))
			*arena_vec_add(p->a, due) = id;
	}
	return got;
}

static int drop_executions(struct pruning *p, size_t count)
{
	struct names_vec due = {NULL, 0, 0};
	const char *over;

	if (find_over_execution(p, count, &over) != 0 || find_due_executions(p, over, &due) != 0)
		return -1;
	for (size_t i = 0; i < due.count; i++)
		if (run_on(p, QUERY_PRUNE_EVENTS, due.items[i]) != 0 ||
		    run_on(p, QUERY_PRUNE_REQUESTS, due.items[i]) != 0 ||
		    run_on(p, QUERY_PRUNE_EXECUTION, due.items[i]) != 0)
			return -1;
	return 0;
}

int history_prune(struct state *s, const struct history_bounds *b, struct diags *d)
{
	struct pruning p = {.s = s, .a = arena_new(), .d = d, .before_ms = INT64_MIN};
	int result = -1;

	if (b->age_ms)
		p.before_ms = s->clock->wall_ms(s->clock) - b->age_ms;
	if (find_over(&p, b->run_count) == 0 && find_due(&p) == 0 && drop_runs(&p) == 0 &&
	    drop_strays(&p) == 0 && drop_executions(&p, b->run_count) == 0)
		result = drop_durations(&p);
	arena_free(p.a);
	return result;
}

int state_prune(struct state *s, const struct history_bounds *b, struct diags *d)
{
	assert(s->mode == STATE_WRITE);
	if (state_begin(s, QUERY_BEGIN_WRITE, d) != 0)
		return -1;
	if (history_prune(s, b, d) != 0) {
		state_rollback(s);
		return -1;
	}
	return state_end(s, d);
}
