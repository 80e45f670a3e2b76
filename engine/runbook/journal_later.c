/*
 * journal_later.c - whether a later execution has changed something where an earlier one works.
 *
 * Later is who was taken up later, by the order that is recorded; without one, by id.  What counts
 * is what is done and was not undone: a rehearsal never, an isolated drill only while something of
 * it stands, one that went back (REVERSED) not.
 */
#include <string.h>

#include "base/json.h"
#include "engine/runbook/journal.h"
#include "engine/runbook/runbook.h"

/* From the taking up of a new execution to its first event; longer, and it is looked at. */
#define BEGINNING_MS 60000

struct pair {
	struct arena *a;
	const struct execution_story *earlier, *later;
};

/* --- which is the later ------------------------------------------------------------------ */

static bool is_later(const struct execution_story *s, const struct execution_story *than)
{
	if (s->order != than->order)
		return s->order > than->order;
	return strcmp(s->row.id, than->row.id) > 0;
}

/* One with a smaller id is the later only when it was gone on with. */
static bool may_be_later(const struct execution_row *r, const struct execution_row *than)
{
	int64_t waited_ms = r->started_ms - r->owner.since_ms;

	if (r->kind == EXECUTION_DRILL_SIMULATED || r->status == EXECUTION_REVERSED)
		return false;
	return strcmp(r->id, than->id) > 0 || waited_ms < 0 || waited_ms > BEGINNING_MS;
}

/* --- where they work --------------------------------------------------------------------- */

static bool is_kind(const struct step_story *s, enum step_kind k)
{
	return !strcmp(s->kind, step_kind_name(k));
}

static bool leads_users(const struct execution_story *s)
{
	for (size_t i = 0; i < s->step_count; i++)
		if (is_kind(&s->steps[i], STEP_TRAFFIC))
			return true;
	return false;
}

/* Its parameters, or its steps, name the region. */
static bool names(const struct execution_story *s, const char *region)
{
	json_t *all = json_parse(text_of(s->row.parameters), NULL, NULL), *value;
	bool found = false;
	const char *name;

	json_object_foreach(all, name, value) found =
		found || (json_is_string(value) && !strcmp(json_string_value(value), region));
	json_decref(all);
	for (size_t i = 0; i < s->step_count && !found; i++)
		found = !strcmp(s->steps[i].region, region);
	return found;
}

static bool is_same_again(const struct pair *p)
{
	return !strcmp(p->earlier->row.runbook, p->later->row.runbook) &&
	       !strcmp(p->earlier->row.parameters, p->later->row.parameters);
}

/* --- what was changed -------------------------------------------------------------------- */

/* What moves the primary or users, for certain. */
static bool is_decisive(const struct step_story *step)
{
	return step->promotes || *step->fenced || is_kind(step, STEP_TRAFFIC);
}

/* Calls and messages change nothing that the other relies on, unless they promote; nor does what is
 * left of an execution that came to nothing. */
static bool counts(const struct pair *p, const struct step_story *step)
{
	enum execution_status status = p->later->row.status;

	if (is_decisive(step))
		return true;
	return !p->later->beside && !is_kind(step, STEP_HTTP) && status != EXECUTION_FAILED &&
	       status != EXECUTION_ABORTED;
}

/* NULL: not where the earlier one works. */
static const char *common(const struct pair *p, const struct step_story *step)
{
	if (is_kind(step, STEP_TRAFFIC) && leads_users(p->earlier))
		return "the routes";
	if (*step->region && names(p->earlier, step->region))
		return arena_printf(p->a, "region '%s'", step->region);
	if (!*step->region && is_kind(step, STEP_APPLY))
		return "every region";
	return is_same_again(p) ? "the same regions" : NULL;
}

static const char *changed(const struct pair *p, const struct path_list *paths)
{
	const char *where = NULL;

	for (size_t i = 0; i < paths->count && !where; i++) {
		const struct step_story *step = story_step(p->later, paths->items[i]);

		where = counts(p, step) ? common(p, step) : NULL;
	}
	return where;
}

static bool could_not_be_undone(const struct execution_story *s)
{
	for (size_t i = 0; i < s->step_count; i++)
		if (s->steps[i].status == STEP_REVERSE_FAILED)
			return true;
	return false;
}

/* What stays of an isolated drill at its end is what has no Reverse, and leaves users alone. */
static const char *where_changed(const struct pair *p)
{
	struct way_back way;
	const char *where;

	execution_way_back(p->a, p->later, &way);
	where = changed(p, &way.undone);
	if (!where &&
	    (p->later->row.kind != EXECUTION_DRILL_ISOLATED || could_not_be_undone(p->later)))
		where = changed(p, &way.stays);
	return where;
}

/* --- all of them ------------------------------------------------------------------------- */

static void take(struct overtaker *out, const struct execution_story *s, const char *where)
{
	*out = (struct overtaker){
		.id = s->row.id,
		.runbook = s->row.runbook,
		.status = s->row.status,
		.parameters = s->row.parameters,
		.gone = s->row.gone,
		.at_ms = s->row.owner.since_ms ? s->row.owner.since_ms : s->row.started_ms,
		.where = where,
	};
}

int journal_find_overtaker(struct state *s, const struct execution_story *of, struct arena *a,
			   struct overtaker *out, struct diags *d)
{
	struct execution_list all = {NULL, 0};
	struct execution_story best = {.row = {.id = NULL}};

	if (journal_load_executions(s, 0, a, &all, d) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		const struct execution_row *r = &all.items[i];
		struct journal_list entries;
		struct execution_story story;
		const char *where;

		if (!strcmp(r->id, of->row.id) || !may_be_later(r, &of->row))
			continue;
		if (journal_load_entries(s, &(struct journal_part){r->id, 0}, a, &entries, d) != 0)
			return -1;
		execution_story(a, r, &entries, &story);
		if (!is_later(&story, of) || (best.row.id && !is_later(&story, &best)))
			continue;
		where = where_changed(&(struct pair){a, of, &story});
		if (!where)
			continue;
		best = story;
		take(out, &story, where);
	}
	return best.row.id != NULL;
}

/* The one that has overtaken it is gone on with, or waited for, or done. */
const char *overtaker_hint(struct arena *a, const char *overtaken, const struct overtaker *by)
{
	const char *keep = arena_printf(a,
					"`hadeploy runbook abort %s --keep` closes the earlier "
					"one as it is",
					overtaken);

	if (by->status == EXECUTION_FAILED || (by->gone && !execution_status_is_over(by->status)))
		return arena_printf(a,
				    "go on with the later one: `hadeploy runbook run --resume "
				    "%s`; %s",
				    by->id, keep);
	if (!execution_status_is_over(by->status))
		return arena_printf(a,
				    "`hadeploy runbook status --watch %s` follows the later "
				    "one; %s",
				    by->id, keep);
	return arena_printf(a, "begin anew what is still to be done; %s", keep);
}
