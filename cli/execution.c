/* execution.c - see execution.h. */
#include "cli/execution.h"

#include <string.h>

#include "base/vec.h"
#include "cli/view_execution.h"

#define GOING_MAX 100 /* the latest are looked at for those that have no end */

struct rows {
	VEC_OF(struct execution_row)
};

static bool is_open(const struct execution_row *r)
{
	return !execution_status_is_over(r->status);
}

int execution_find(struct invocation *in, const char *id, struct execution_row *out)
{
	struct execution_list found = {NULL, 0}, all = {NULL, 0};
	const char **ids;
	struct diag *g;

	if (journal_load_execution(in->state, id, in->arena, &found, &in->diags) != 0)
		return -1;
	if (found.count) {
		*out = found.items[0];
		return 0;
	}
	if (journal_load_executions(in->state, 0, in->arena, &all, &in->diags) != 0)
		return -1;
	ids = ARENA_ARRAY(in->arena, all.count + 1, const char *);
	for (size_t i = 0; i < all.count; i++)
		ids[i] = all.items[i].id;
	g = diag_add(&in->diags, DIAG_EXECUTION_UNKNOWN, RANGE_NONE, "there is no execution '%s'",
		     id);
	diag_did_you_mean(&in->diags, g, text_of(id), ids, all.count);
	if (!g->hint)
		diag_hint(&in->diags, g, "'hadeploy runbook status' shows what there is");
	return -1;
}

int execution_load_going(struct invocation *in, struct execution_list *out)
{
	struct execution_list all = {NULL, 0};
	struct rows going = {0};

	if (journal_load_executions(in->state, GOING_MAX, in->arena, &all, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		if (is_open(&all.items[i]) && !all.items[i].gone)
			*arena_vec_add(in->arena, &going) = all.items[i];
	*out = (struct execution_list){going.items, going.count};
	return 0;
}

static int say_many(struct invocation *in, const struct execution_list *going)
{
	struct execution_rows rows = {going->items, going->count, in->clock->wall_ms(in->clock)};
	struct str list = STR_INIT;
	struct diag *g;

	view_executions(&list, &rows, &(struct style){false});
	g = diag_add(&in->diags, DIAG_EXECUTION_CHOICE, RANGE_NONE, "%zu executions are going on",
		     going->count);
	diag_detail(&in->diags, g, "%s", str_cstr(&list));
	diag_hint(&in->diags, g, "name one: hadeploy %s --execution %s", in->command->name,
		  going->items[0].id);
	str_release(&list);
	return -1;
}

static bool hint_overtaken(struct invocation *in, struct diag *g, const struct execution_row *r)
{
	struct execution_story story;
	struct overtaker by;

	if (execution_load(in, in->arena, r, &story, NULL) != 0 ||
	    journal_find_overtaker(in->state, &story, in->arena, &by, &in->diags) != 1)
		return false;
	diag_hint(&in->diags, g, "it was overtaken by %s: %s", by.id,
		  overtaker_hint(in->arena, r->id, &by));
	return true;
}

/* What to type instead of a request that nobody takes. */
static void hint_resume(struct invocation *in, struct diag *g, const struct execution_row *r,
			const char *wish)
{
	bool failed = r->status == EXECUTION_FAILED;

	if (hint_overtaken(in, g, r))
		return;
	if (*wish)
		diag_hint(&in->diags, g, "'hadeploy runbook run --resume %s%s' goes on with that",
			  r->id, wish);
	else if (failed)
		diag_hint(&in->diags, g,
			  "'hadeploy runbook run --resume %s' tries again from where it failed",
			  r->id);
	else
		diag_hint(&in->diags, g,
			  "'hadeploy runbook run --resume %s' goes on where it was; 'hadeploy "
			  "runbook abort %s' ends it and undoes what it did",
			  r->id, r->id);
}

/* Its process was killed, or interrupted: nobody would take a request. */
static int say_gone(struct invocation *in, const struct execution_row *r, const char *wish)
{
	struct diag *g = diag_add(&in->diags, DIAG_EXECUTION_GONE, RANGE_NONE,
				  "execution '%s' of %s is not running any more: it is %s", r->id,
				  r->runbook, execution_shown_status(r));

	diag_detail(&in->diags, g, "process %lld of %s@%s has ended", (long long)r->owner.pid,
		    r->owner.user, r->owner.host);
	hint_resume(in, g, r, wish);
	return -1;
}

static int say_over(struct invocation *in, const struct execution_row *r, const char *wish)
{
	struct diag *g = diag_add(&in->diags, DIAG_EXECUTION_IDLE, RANGE_NONE,
				  "execution '%s' of %s has ended: %s", r->id, r->runbook,
				  execution_status_name(r->status));

	if (execution_is_resumable(r))
		hint_resume(in, g, r, wish);
	return -1;
}

static int say_idle(struct invocation *in, const char *wish)
{
	struct execution_list latest = {NULL, 0};
	struct diag *g;

	if (journal_load_executions(in->state, GOING_MAX, in->arena, &latest, &in->diags) != 0)
		return -1;
	while (latest.count > 1 && execution_is_harmless(latest.items)) {
		latest.items++;
		latest.count--;
	}
	if (latest.count && is_open(&latest.items[0]))
		return say_gone(in, &latest.items[0], wish);
	g = diag_add(&in->diags, DIAG_EXECUTION_IDLE, RANGE_NONE, "no execution is going on");
	if (!latest.count)
		return -1;
	diag_detail(&in->diags, g, "the latest, '%s' of %s, is %s", latest.items[0].id,
		    latest.items[0].runbook, execution_status_name(latest.items[0].status));
	if (execution_is_resumable(&latest.items[0]))
		hint_resume(in, g, &latest.items[0], wish);
	return -1;
}

int execution_find_asked(struct invocation *in, const char *id, const char *wish,
			 struct execution_row *out)
{
	struct execution_list going = {NULL, 0};

	if (id) {
		if (execution_find(in, id, out) != 0)
			return -1;
		if (!is_open(out))
			return say_over(in, out, wish);
		return out->gone ? say_gone(in, out, wish) : 0;
	}
	if (execution_load_going(in, &going) != 0)
		return -1;
	if (going.count > 1)
		return say_many(in, &going);
	if (!going.count)
		return say_idle(in, wish);
	*out = going.items[0];
	return 0;
}

/* It is kept for its report; its world is gone. */
bool execution_is_harmless(const struct execution_row *r)
{
	return r->kind == EXECUTION_DRILL_SIMULATED;
}

bool execution_is_resumable(const struct execution_row *r)
{
	return !execution_is_harmless(r) &&
	       (r->status == EXECUTION_FAILED || (is_open(r) && r->gone));
}

static int say_not_resumable(struct invocation *in, const struct execution_row *r)
{
	struct diag *g = diag_add(&in->diags, DIAG_EXECUTION_RESUME, RANGE_NONE,
				  "execution '%s' of %s is %s: there is nothing to resume", r->id,
				  r->runbook, execution_shown_status(r));

	if (is_open(r))
		diag_hint(&in->diags, g,
			  "its process is running; 'hadeploy runbook status --watch %s' follows it",
			  r->id);
	return -1;
}

/* The latest alone: what came after an older one may have changed the same things; simulated
 * drills have not. */
int execution_find_resumable(struct invocation *in, const char *id, struct execution_row *out)
{
	struct execution_list all = {NULL, 0};
	size_t latest = 0;
	struct diag *g;

	if (id) {
		if (execution_find(in, id, out) != 0)
			return -1;
		return execution_is_resumable(out) ? 0 : say_not_resumable(in, out);
	}
	if (journal_load_executions(in->state, GOING_MAX, in->arena, &all, &in->diags) != 0)
		return -1;
	while (latest + 1 < all.count && execution_is_harmless(&all.items[latest]))
		latest++;
	if (!all.count) {
		g = diag_add(&in->diags, DIAG_EXECUTION_NONE, RANGE_NONE,
			     "no execution of a runbook is recorded");
		diag_hint(&in->diags, g, "'hadeploy runbook run NAME' begins one");
		return -1;
	}
	*out = all.items[latest];
	return execution_is_resumable(out) ? 0 : say_not_resumable(in, out);
}

int execution_find_left(struct invocation *in, struct execution_row *out)
{
	struct execution_list all = {NULL, 0};

	if (journal_load_executions(in->state, GOING_MAX, in->arena, &all, &in->diags) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		if (!is_open(&all.items[i]) || !execution_is_resumable(&all.items[i]))
			continue;
		*out = all.items[i];
		return 1;
	}
	return 0;
}

int execution_find_overtaker(struct invocation *in, struct execution_story *s)
{
	struct overtaker by;
	int found;

	if (!execution_is_resumable(&s->row))
		return 0;
	found = journal_find_overtaker(in->state, s, in->arena, &by, &in->diags);
	if (found == 1)
		s->overtaken = by.id;
	return found < 0 ? -1 : 0;
}

int execution_load(struct invocation *in, struct arena *a, const struct execution_row *row,
		   struct execution_story *out, struct journal_list *entries)
{
	struct journal_list list = {NULL, 0};

	if (journal_load_entries(in->state, &(struct journal_part){row->id, 0}, a, &list,
				 &in->diags) != 0)
		return -1;
	execution_story(a, row, &list, out);
	if (entries)
		*entries = list;
	return 0;
}

static const int exits[EXECUTION_STATUS_COUNT] = {
	[EXECUTION_RUNNING] = EXIT_ERROR,
	[EXECUTION_PAUSED] = EXIT_INTERRUPTED,
	[EXECUTION_WAITING] = EXIT_ERROR,
	[EXECUTION_MONITORING] = EXIT_ERROR,
	[EXECUTION_REVERSING] = EXIT_ERROR,
	[EXECUTION_COMPLETED] = EXIT_DONE,
	[EXECUTION_COMPLETED_WITH_EXCEPTIONS] = EXIT_PARTLY,
	[EXECUTION_REVERSED] = EXIT_ERROR,
	[EXECUTION_ABORTED] = EXIT_ERROR,
	[EXECUTION_FAILED] = EXIT_ERROR,
};

int execution_exit(const struct execution_story *s, const struct journal_list *entries)
{
	const struct journal_entry *last =
		entries && entries->count ? &entries->items[entries->count - 1] : NULL;
	int64_t code = exits[s->row.status];
	struct arena *a;
	json_t *data;

	if (!last || last->kind != ENTRY_ENDED)
		return (int)code;
	a = arena_new();
	data = json_parse(text_of(last->data), a, NULL);
	code = json_int(data, "Exit", code);
	json_decref(data);
	arena_free(a);
	return (int)code;
}
