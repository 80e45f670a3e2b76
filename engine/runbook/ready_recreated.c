/* ready_recreated.c - regions that were lost: their stacks are elsewhere since, and what was
 * recorded of them is set aside, so that nobody knows whether it still runs. */
#include <string.h>

#include "engine/due.h"
#include "engine/runbook/readiness_parts.h"

static void look_at_place(const struct recreated_look *l, struct readiness *r,
			  const struct recreation *c)
{
	bool is_to = !strcmp(c->region, r->to);
	const char *stay;

	if (!recreation_relocates(c) || due_closed(c) != DUE_OPEN ||
	    (!is_to && strcmp(c->region, r->from) != 0))
		return;
	stay = is_to ? "it is no region to go to" : "nothing is left there to go away from";
	finding_add(r, &(struct finding){
			       .code = DIAG_RELOCATED,
			       .severity = is_to ? FINDING_BLOCKER : FINDING_WARNING,
			       .where = RANGE_NONE,
			       .what = arena_printf(
				       r->a, "stacks of region '%s' are in '%s' since %s: %s",
				       c->region, c->into,
				       readiness_age(r->a, l->now_ms - c->since_ms), stay),
			       .todo = arena_printf(r->a,
						    "name '%s' in the manifest instead of '%s', "
						    "and in the runbook",
						    c->into, c->region),
		       });
}

static size_t aside_in(const struct recreated_look *l, const char *region)
{
	size_t count = 0;

	for (size_t i = 0; i < l->aside->count; i++)
		count += !strcmp(l->aside->items[i].addr.instance.region, region);
	return count;
}

/* An old primary among them may serve again as soon as the region answers. */
static void look_at_aside(const struct recreated_look *l, struct readiness *r, const char *region)
{
	size_t count = aside_in(l, region);

	if (!count)
		return;
	finding_add(r, &(struct finding){
			       .code = DIAG_ABANDONED,
			       .severity = FINDING_WARNING,
			       .where = RANGE_NONE,
			       .what = arena_printf(r->a,
						    "%zu resource%s of region '%s' %s ABANDONED: "
						    "nobody knows whether %s still there",
						    count, count == 1 ? "" : "s", region,
						    count == 1 ? "is" : "are",
						    count == 1 ? "it is" : "they are"),
			       .todo = arena_printf(r->a,
						    "when it answers: hadeploy recreate --region "
						    "%s --reconcile",
						    region),
		       });
}

void recreated_find(const struct recreated_look *l, struct readiness *r)
{
	for (size_t i = 0; i < l->all->count; i++)
		look_at_place(l, r, &l->all->items[i]);
	look_at_aside(l, r, r->from);
	look_at_aside(l, r, r->to);
}
