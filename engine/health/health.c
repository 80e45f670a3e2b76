/*
 * health.c - checks to probes, and answers to health.
 */
#include "engine/health/health.h"

#include "base/json.h"

int check_probes(struct arena *a, const struct manifest *m, const struct manifest_check *c,
		 const struct check_place *place, const struct check_probe **out, size_t *count,
		 struct diags *d)
{
	struct check_probe *p = ARENA_NEW(a, struct check_probe);
	json_t *args = json_pack("{s:s, s:s, s:I}", "Name", c->name, "Type", c->type, "Timeout",
				 (json_int_t)c->timeout_ms);

	(void)m;
	(void)d;
	p->check = c;
	p->label = arena_printf(a, "%s (%s)", c->name, place->region->name);
	p->args = json_text(a, args);
	p->place = *place;
	json_decref(args);
	*out = p;
	*count = 1;
	return 0;
}

enum gauge_state gauge_add(struct gauge *g, const struct manifest_check *c, bool healthy)
{
	g->good = healthy ? g->good + 1 : 0;
	g->bad = healthy ? 0 : g->bad + 1;
	if (g->good >= c->healthy_threshold)
		g->state = GAUGE_HEALTHY;
	if (g->bad >= c->unhealthy_threshold)
		g->state = GAUGE_UNHEALTHY;
	return g->state;
}
