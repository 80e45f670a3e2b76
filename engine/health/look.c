#include "engine/health/look.h"

#include <string.h>

#include "base/vec.h"
#include "engine/check_set.h"
#include "engine/engine_private.h"
#include "engine/health/sites.h"
#include "engine/runbook/journal.h"

#define SOON_MS 1000
#define SLACK_MS 2000
/* A set of checks that nobody ends. */
#define FOREVER_MS (INT64_MAX / 4)

struct look {
	struct engine *e;
	const struct health_request *q;
	struct diags *d;
	struct dispatch *dispatch;
	struct check_set set;
	struct check_sites sites;
	struct {
		VEC_OF(struct health_row)
	} rows;
	struct {
		VEC_OF(struct check_sample)
	} samples; /* not recorded yet */
	size_t unknown;
	bool over, interrupted;
};

const char *health_state_name(enum gauge_state s)
{
	static const char *const names[] = {[GAUGE_UNKNOWN] = "UNKNOWN",
					    [GAUGE_HEALTHY] = "HEALTHY",
					    [GAUGE_UNHEALTHY] = "UNHEALTHY"};

	return names[s];
}

/* --- what is asked, and where ------------------------------------------------------------ */

static bool is_among(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return count == 0;
}

static void add_rows(void *context, const struct manifest_check *c,
		     const struct check_probe_list *probes)
{
	struct look *l = context;
	const struct check_wanted wanted = {.check = c, .within_ms = FOREVER_MS};

	check_set_add_probes(&l->set, &wanted, probes);
	for (size_t i = 0; i < probes->count; i++) {
		const struct check_probe *p = &probes->items[i];
		struct health_row *row;

		if (i > 0 && p->endpoint == probes->items[i - 1].endpoint)
			continue;
		row = arena_vec_add(l->e->arena, &l->rows);
		*row = (struct health_row){p->check,
					   p->place.region->name,
					   p->place.account,
					   p->endpoint,
					   GAUGE_UNKNOWN,
					   "",
					   "",
					   false,
					   0};
		l->unknown++;
	}
}

static int add_region(struct look *l, const struct manifest_check *c,
		      const struct manifest_region *region)
{
	const struct selection *sel = &l->e->options.selection;

	bool asked = l->q->region ? !strcmp(l->q->region, region->name)
				  : is_among(sel->regions, sel->region_count, region->name);

	return asked ? check_sites_add(&l->sites, c, region, l->d) : 0;
}

static int report_unknown(struct look *l, const char *name)
{
	const struct manifest *m = l->e->project->manifest;
	const char **names = ARENA_ARRAY(l->e->arena, m->check_count + 1, const char *);
	struct diag *g = diag_add(l->d, DIAG_HEALTH_UNKNOWN, RANGE_NONE,
				  "the manifest has no health check '%s'", name);

	for (size_t i = 0; i < m->check_count; i++)
		names[i] = m->checks[i].name;
	diag_did_you_mean(l->d, g, text_of(name), names, m->check_count);
	if (!g->hint)
		diag_hint(l->d, g,
			  m->check_count ? "its HealthChecks has all of them"
					 : "write HealthChecks: docs/manifest.md");
	return -1;
}

static int add_all(struct look *l)
{
	const struct manifest *m = l->e->project->manifest;
	int rc = 0;

	for (size_t i = 0; i < l->q->check_count; i++) {
		if (!manifest_check(m, l->q->checks[i]))
			rc = report_unknown(l, l->q->checks[i]);
	}
	for (size_t i = 0; !rc && i < m->check_count; i++) {
		if (!is_among(l->q->checks, l->q->check_count, m->checks[i].name))
			continue;
		for (size_t k = 0; k < m->region_count; k++)
			rc |= add_region(l, &m->checks[i], &m->regions[k]);
	}
	for (size_t i = 0; !rc && i < l->q->more_count; i++) {
		for (size_t k = 0; k < m->region_count; k++)
			rc |= add_region(l, &l->q->more[i], &m->regions[k]);
	}
	return rc;
}

/* --- answers ----------------------------------------------------------------------------- */

static struct health_row *row_of(struct look *l, const struct check_probe *p)
{
	for (size_t i = 0; i < l->rows.count; i++) {
		if (l->rows.items[i].endpoint == p->endpoint)
			return &l->rows.items[i];
	}
	return NULL;
}

/* Of several hosts of a region one sample: well when all are. */
static void add_sample(struct look *l, const struct health_row *said)
{
	struct check_sample *s = NULL;

	if (manifest_check(l->e->project->manifest, said->check->name) != said->check)
		return;
	for (size_t i = 0; i < l->samples.count && !s; i++) {
		if (l->samples.items[i].check == said->check->name &&
		    !strcmp(l->samples.items[i].region, said->region))
			s = &l->samples.items[i];
	}
	if (!s)
		s = arena_vec_add(l->e->arena, &l->samples);
	*s = (struct check_sample){said->check->name,
				   said->region,
				   l->e->options.clock->wall_ms(l->e->options.clock),
				   true,
				   said->detail,
				   said->values};
	for (size_t i = 0; i < l->rows.count; i++) {
		const struct health_row *row = &l->rows.items[i];

		if (row->check != said->check || strcmp(row->region, said->region) != 0 ||
		    row->state != GAUGE_UNHEALTHY)
			continue;
		s->healthy = false;
		s->detail = row->detail;
	}
}

static void answered(struct check_set *c, const struct check_probe *p,
		     const struct check_answer *answer)
{
	struct look *l = c->context;
	struct health_row *row = row_of(l, p);

	row->detail = answer->detail;
	row->values = answer->values;
	row->unasked = answer->unasked;
}

static void conclude(struct look *l, struct health_result *out)
{
	*out = (struct health_result){.rows = l->rows.items, .count = l->rows.count};
	out->interrupted = l->interrupted;
	for (size_t i = 0; i < out->count; i++)
		out->healthy += out->rows[i].state == GAUGE_HEALTHY;
}

static void changed(struct check_set *c, const struct check_probe *p,
		    const struct check_answer *answer)
{
	struct look *l = c->context;
	struct health_row *row = row_of(l, p);

	l->unknown -= row->state == GAUGE_UNKNOWN;
	row->state = answer->healthy ? GAUGE_HEALTHY : GAUGE_UNHEALTHY;
	row->detail = answer->detail;
	row->since_ms = l->e->options.clock->wall_ms(l->e->options.clock);
	add_sample(l, row);
	if (l->q->changed) {
		struct health_result all;

		conclude(l, &all);
		l->q->changed(l->q->context, row, &all);
	}
	if (l->q->mode == HEALTH_ONCE && l->unknown == 0)
		l->over = true;
}

static void over(struct check_set *c, enum check_set_end how)
{
	struct look *l = c->context;

	(void)how;
	l->over = true;
}

/* Without recorded state nobody will ask what was known last. */
static void record(struct look *l)
{
	struct diags ignored = DIAGS_INIT;
	struct state *s;

	if (l->samples.count) {
		s = engine_state(l->e, STATE_WRITE, &ignored);
		if (s)
			journal_put_samples(s, l->samples.items, l->samples.count, &ignored);
	}
	l->samples.count = 0;
	diags_release(&ignored);
}

/* --- asking ------------------------------------------------------------------------------ */

/* So long what is certain at last has become so. */
static int64_t patience_ms(const struct look *l)
{
	int64_t most_ms = 0;

	for (size_t i = 0; i < l->rows.count; i++) {
		const struct manifest_check *c = l->rows.items[i].check;
		int64_t each_ms = c->interval_ms < SOON_MS ? c->interval_ms : SOON_MS;
		int64_t ms = (each_ms + c->timeout_ms) *
			     (int64_t)(c->healthy_threshold + c->unhealthy_threshold);

		if (ms > most_ms)
			most_ms = ms;
	}
	return most_ms + SLACK_MS;
}

static void on_event(struct look *l, const struct dispatch_event *ev)
{
	switch (ev->kind) {
	case DISPATCH_START:
	case DISPATCH_ENDED:
	case DISPATCH_DUE:
		check_set_event(ev);
		return;
	case DISPATCH_INTERRUPTED:
		l->interrupted = l->over = true;
		return;
	case DISPATCH_QUIET:
		record(l);
		dispatch_wait(l->dispatch);
		return;
	case DISPATCH_SLOW:
	case DISPATCH_PROGRESS:
	case DISPATCH_LOCKS_LOST:
		return;
	}
}

static void run(struct look *l)
{
	bool once = l->q->mode == HEALTH_ONCE;
	int64_t until_ms = dispatch_now_ms(l->dispatch) + patience_ms(l);
	struct dispatch_event ev;

	check_set_begin(&l->set, FOREVER_MS);
	while (!l->over && (!once || dispatch_now_ms(l->dispatch) < until_ms)) {
		dispatch_next(l->dispatch, &ev);
		on_event(l, &ev);
	}
	check_set_stop(&l->set);
	record(l);
}

static const struct check_listener listener = {
	.over = over, .changed = changed, .answered = answered};

int engine_health(struct engine *e, const struct health_request *q, struct health_result *out,
		  struct diags *d)
{
	struct look l = {.e = e, .q = q, .d = d};
	int rc;

	l.sites = (struct check_sites){.e = e, .a = e->arena, .add = add_rows, .context = &l};
	check_sites_load(&l.sites);
	l.dispatch = dispatch_new(e, d);
	l.set = (struct check_set){.e = e,
				   .dispatch = l.dispatch,
				   .a = e->arena,
				   .d = d,
				   .stack = "",
				   .pace = q->mode == HEALTH_ONCE ? CHECK_PACE_SOON
								  : CHECK_PACE_OWN,
				   .listener = &listener,
				   .context = &l};
	rc = add_all(&l);
	if (!rc && l.rows.count)
		run(&l);
	dispatch_cancel(l.dispatch);
	dispatch_free(l.dispatch);
	check_set_release(&l.set);
	conclude(&l, out);
	return rc;
}
