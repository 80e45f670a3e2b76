/*
 * run_freeze.c - whether anything may be changed now.
 */
#include "engine/run_parts.h"

#include <string.h>

#include "engine/rollout/freeze.h"

void run_freeze_detail(struct diags *d, struct diag *g, const char *region, int64_t until_ms)
{
	char until[CLOCK_TEXT_LEN];

	if (until_ms == FREEZE_FOR_EVER) {
		diag_detail(d, g, "It holds for region '%s', every day and all day.", region);
	} else {
		clock_format_rfc3339(until_ms, until);
		diag_detail(d, g, "It holds for region '%s' until %s.", region, until);
	}
	diag_hint(d, g, "wait until then, or say --override-freeze REASON: the reason is recorded");
}

static bool has_work(const struct plan *p, const struct instance_plan *i)
{
	for (size_t c = i->first_change; c < i->first_change + i->change_count; c++) {
		if (p->changes[c].action != ACTION_NONE)
			return true;
	}
	return false;
}

/* Each region is looked at once; windows are few. */
static const struct freeze_window *find(const struct run *r, const char **region, int64_t *until_ms)
{
	const struct freeze_list *list = &r->e->project->manifest->freezes;
	struct clock *clock = r->e->options.clock;
	int64_t now_ms = clock->wall_ms(clock);
	const struct freeze_window *w = NULL;
	struct map seen = MAP_INIT;

	for (size_t i = 0; list->count && i < r->plan->instance_count && !w; i++) {
		const struct instance_plan *p = &r->plan->instances[i];

		*region = p->id.region;
		if (map_has(&seen, text_of(*region)) || !has_work(r->plan, p))
			continue;
		map_set(&seen, text_of(*region), (void *)p);
		w = freeze_at(list, *region, now_ms, until_ms);
	}
	map_release(&seen);
	return w;
}

int run_check_freeze(struct run *r, const struct run_request *q)
{
	const char *region = NULL;
	int64_t until_ms = 0;
	const struct freeze_window *w = find(r, &region, &until_ms);
	struct diag *g;

	if (!w)
		return 0;
	if (q->freeze_reason) {
		g = diag_note(r->d, DIAG_ROLLOUT_FREEZE, w->where,
			      "freeze window '%s' is overridden", w->name);
		diag_detail(r->d, g, "%s", q->freeze_reason);
		return 0;
	}
	g = diag_add(r->d, DIAG_ROLLOUT_FREEZE, w->where,
		     "nothing may be changed now: freeze window '%s'", w->name);
	run_freeze_detail(r->d, g, region, until_ms);
	return -1;
}
