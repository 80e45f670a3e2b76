/*
 * conduct_regions.c - Failover: {MinHealthyRegions: N}: before a step takes something away from
 * the region that is left, so many others have to be healthy.
 *
 * All are asked at the same time, and the first certain answer decides.  A region that is down
 * has nothing left that could be taken away; an ungraceful execution counts it as lost without
 * asking, and behind the fence it is.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

/* What is not certain by then counts as the worse. */
#define WITHIN_MS 10000

struct region_look {
	struct region_asking *q;
	const struct manifest_region *region;
	struct check_set *set;
	bool over, healthy;
	const char *why; /* it is not healthy */
};

struct region_asking {
	struct attempt *at;
	void (*then)(struct attempt *at, const char *refusal);
	struct region_look left; /* From: down only when all of it is */
	struct region_look *others;
	size_t count, wanted;
	bool decided;
};

/* --- which steps ------------------------------------------------------------------------- */

/* Of these kinds, nobody knows that they leave users alone. */
static bool works_there(const struct step *s, const char *from)
{
	switch (s->p->kind) {
	case STEP_APPLY:
	case STEP_ACTION:
	case STEP_COMMAND:
	case STEP_FENCE:
		return s->spec->region && !strcmp(s->spec->region, from);
	case STEP_TRAFFIC:
		return strcmp(json_str(s->spec->values, "To", from), from) != 0;
	case STEP_APPROVAL:
	case STEP_CHECK:
	case STEP_WAIT:
	case STEP_HTTP:
	case STEP_NOTIFY:
	case STEP_RUNBOOK:
	case STEP_SEQUENCE:
	case STEP_PARALLEL:
		return false;
	}
	return false;
}

static bool is_guarded(const struct step *s)
{
	const struct conduct *x = s->x;
	const char *from = bound_from(x->bound);

	return x->e->project->manifest->failover.min_healthy_regions && from && !x->fenced &&
	       s->grace == STEP_GRACEFUL && !s->was_begun && s->p->role == ROLE_STEP &&
	       !step_is_way_back(s) && works_there(s, from);
}

/* --- the answer -------------------------------------------------------------------------- */

static const char *why_not(const struct region_asking *q)
{
	struct str text = STR_INIT;
	const char *copy;

	for (size_t i = 0; i < q->count; i++) {
		const struct region_look *one = &q->others[i];

		if (one->healthy)
			continue;
		str_printf(&text, "%s%s: %s", text.len ? "; " : "", one->region->name,
			   one->why ? one->why : "it did not answer in time");
	}
	copy = arena_strdup(q->at->run.x->a, text.len ? str_cstr(&text) : "there is no other one");
	str_release(&text);
	return copy;
}

static const char *refusal(const struct region_asking *q, const char *why)
{
	struct conduct *x = q->at->run.x;
	const char *from = q->left.region->name;
	struct diag *g = diag_add(x->d, DIAG_CONDUCT_REGIONS, RANGE_NONE,
				  "too few regions would be healthy without '%s'", from);

	diag_detail(x->d, g,
		    "MinHealthyRegions: %zu other region%s must be healthy before step '%s' takes "
		    "something away there. They are not: %s.",
		    q->wanted, q->wanted == 1 ? "" : "s", q->at->s->p->path, why);
	diag_hint(x->d, g,
		  "mend them and go on, or give '%s' up as lost: `hadeploy runbook ungraceful`",
		  from);
	return arena_printf(x->a, "too few other regions are healthy: %s", why);
}

static void stop(struct region_look *one)
{
	if (one->set)
		check_set_stop(one->set);
}

void regions_stop(struct attempt *at)
{
	struct region_asking *q = at->regions;

	if (!q)
		return;
	at->regions = NULL;
	q->decided = true;
	stop(&q->left);
	for (size_t i = 0; i < q->count; i++)
		stop(&q->others[i]);
}

static void decide(struct region_asking *q)
{
	size_t healthy = 0, open = 0;
	const char *no = NULL;

	for (size_t i = 0; i < q->count; i++) {
		healthy += q->others[i].healthy;
		open += !q->others[i].over;
	}
	if (q->decided)
		return;
	if (healthy < q->wanted && !(q->left.over && !q->left.healthy)) {
		if (!q->left.over || healthy + open >= q->wanted)
			return;
		no = refusal(q, why_not(q));
	}
	regions_stop(q->at);
	q->at->run.x->turned = true;
	q->then(q->at, no);
}

/* --- asking ------------------------------------------------------------------------------ */

static void is_over(struct region_look *one, bool healthy, const char *why)
{
	if (one->over)
		return;
	one->over = true;
	one->healthy = healthy;
	one->why = why;
	stop(one);
	decide(one->q);
}

static void on_answer(struct check_set *c, const struct check_probe *p,
		      const struct check_answer *answer)
{
	const struct region_look *one = c->context;

	conduct_sample(one->q->at->run.x, p, answer);
}

static void other_changed(struct check_set *c, const struct check_probe *p,
			  const struct check_answer *answer)
{
	if (!answer->healthy)
		is_over(c->context, false,
			arena_printf(c->a, "%s: %s", p->endpoint, answer->detail));
}

static void other_over(struct check_set *c, enum check_set_end end)
{
	is_over(c->context, end == CHECK_SET_FINE, c->fault);
}

static void left_changed(struct check_set *c, const struct check_probe *p,
			 const struct check_answer *answer)
{
	(void)p;
	if (answer->healthy)
		is_over(c->context, true, NULL);
}

/* It is asked whether it is down. */
static void left_over(struct check_set *c, enum check_set_end end)
{
	is_over(c->context, end != CHECK_SET_FINE, NULL);
}

static const struct check_listener of_others = {
	.over = other_over, .changed = other_changed, .answered = on_answer};
static const struct check_listener of_left = {
	.over = left_over, .changed = left_changed, .answered = on_answer};

static void ask(struct region_look *one, const struct check_listener *listener)
{
	struct conduct *x = one->q->at->run.x;
	size_t count;
	const struct manifest_check *const *checks = conduct_region_checks(x, &count);

	one->set = conduct_check_set(x, listener, one);
	for (size_t i = 0; i < count; i++)
		conduct_add_check(x, one->set,
				  &(struct check_use){.check = checks[i],
						      .region = one->region->name,
						      .within_ms = WITHIN_MS,
						      .unhealthy = listener == &of_left});
}

static void collect(struct region_asking *q, const struct manifest_check *const *checks,
		    size_t count)
{
	const struct manifest *m = q->at->run.x->e->project->manifest;

	q->others = ARENA_ARRAY(q->at->run.x->a, m->region_count, struct region_look);
	for (size_t i = 0; i < m->region_count; i++) {
		const struct manifest_region *r = &m->regions[i];

		if (r != q->left.region && region_can_be_healthy(checks, count, r))
			q->others[q->count++] = (struct region_look){.q = q, .region = r};
	}
}

static void begin(struct region_look *one)
{
	if (!one->q->decided && !one->over)
		check_set_begin(one->set, 0);
}

static void ask_all(struct region_asking *q)
{
	ask(&q->left, &of_left);
	for (size_t i = 0; i < q->count; i++)
		ask(&q->others[i], &of_others);
	begin(&q->left);
	for (size_t i = 0; i < q->count; i++)
		begin(&q->others[i]);
}

void regions_ask(struct attempt *at, void (*then)(struct attempt *at, const char *refusal))
{
	struct conduct *x = at->run.x;
	const struct manifest *m = x->e->project->manifest;
	const struct manifest_check *const *checks;
	struct region_asking *q;
	size_t count;

	if (!is_guarded(at->s)) {
		then(at, NULL);
		return;
	}
	checks = conduct_region_checks(x, &count);
	q = ARENA_NEW(x->a, struct region_asking);
	*q = (struct region_asking){
		.at = at, .then = then, .wanted = m->failover.min_healthy_regions};
	q->left = (struct region_look){.q = q, .region = manifest_region(m, bound_from(x->bound))};
	at->regions = q;
	collect(q, checks, count);
	if (!count)
		then(at, refusal(q, "no check tells (Failover: {Healthy: [...]})"));
	else if (!region_can_be_healthy(checks, count, q->left.region))
		then(at, NULL);
	else
		ask_all(q);
}
