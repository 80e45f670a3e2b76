/*
 * conduct_overtaken.c - an execution that a later one has overtaken is neither gone on with nor
 * undone: that would work on top of what the later one has changed.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

static int load(struct conduct *x, struct execution_story *out)
{
	struct journal_list list = {NULL, 0};

	if (journal_load_entries(x->state, &(struct journal_part){x->row.id, 0}, x->a, &list, x->d))
		return -1;
	execution_story(x->a, &x->row, &list, out);
	return 0;
}

/* To end it as it is does no harm. */
static bool does_nothing(struct conduct *x, const struct execution_story *s)
{
	struct way_back way;

	if (!x->q->abort)
		return false;
	execution_way_back(x->a, s, &way);
	return !strcmp(x->q->abort->text, "keep") || !way.undone.count;
}

/* Of a failover that went through: what leads back; NULL. */
static const char *failback_of(struct conduct *x, const struct overtaker *by)
{
	const struct manifest_failover *f = &x->e->project->manifest->failover;
	json_t *j = json_parse(text_of(by->parameters), x->a, NULL);
	const char *from = json_str(j, "From", ""), *to = json_str(j, "To", "");
	const char *text = NULL;

	if (f->runbook && !strcmp(f->runbook, by->runbook) && *from && *to)
		text = arena_printf(x->a, "`hadeploy failback --from %s --to %s` goes back", to,
				    from);
	json_decref(j);
	return text;
}

static const char *hint_of(struct conduct *x, const struct overtaker *by)
{
	const char *back = failback_of(x, by);

	if (x->q->abort && back && execution_status_is_over(by->status) &&
	    by->status != EXECUTION_FAILED)
		return arena_printf(x->a,
				    "`hadeploy runbook abort %s --keep` closes it and undoes "
				    "nothing; %s",
				    x->row.id, back);
	return overtaker_hint(x->a, x->row.id, by);
}

static void describe(struct conduct *x, const struct overtaker *by, struct diag *g)
{
	char when[CLOCK_TEXT_LEN];

	clock_format_rfc3339(by->at_ms, when);
	diag_detail(x->d, g,
		    "%s was taken up later, %s, and has changed %s. To %s the earlier one would "
		    "work on top of that: users led to the wrong region, a second primary.",
		    by->id, when, by->where, x->q->abort ? "undo" : "go on with");
}

static int refuse(struct conduct *x, const struct overtaker *by)
{
	struct diag *g =
		diag_add(x->d, DIAG_CONDUCT_OVERTAKEN, RANGE_NONE,
			 "execution %s of '%s' was overtaken by %s of '%s' (%s)", x->row.id,
			 x->row.runbook, by->id, by->runbook, execution_status_name(by->status));

	describe(x, by, g);
	diag_hint(x->d, g, "%s; all the same: --override-execution REASON", hint_of(x, by));
	x->out->refused = true;
	return -1;
}

static int override(struct conduct *x, const struct overtaker *by)
{
	struct diag *g = diag_note(x->d, DIAG_CONDUCT_OVERTAKEN, RANGE_NONE,
				   "execution %s was overtaken by %s of '%s'", x->row.id, by->id,
				   by->runbook);

	diag_detail(x->d, g, "It is overridden: %s", x->q->override_execution);
	x->overtaken = json_pack("{s:s, s:s}", "By", by->id, "Reason", x->q->override_execution);
	return 0;
}

int conduct_check_overtaken(struct conduct *x)
{
	struct execution_story story;
	struct overtaker by;
	int found;

	if (x->rehearsal)
		return 0;
	if (load(x, &story))
		return -1;
	x->ends_as_it_is = does_nothing(x, &story);
	if (x->ends_as_it_is)
		return 0;
	found = journal_find_overtaker(x->state, &story, x->a, &by, x->d);
	if (found <= 0)
		return found;
	return x->q->override_execution ? override(x, &by) : refuse(x, &by);
}
