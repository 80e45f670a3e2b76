/*
 * conduct_primary.c - before the first step: where the primary is, as far as anybody can say.
 *
 * The check of the fence is asked in every region at the same time, once and shortly.  When it is
 * certain that the primary is in a third region, the one that is to be left was named by mistake:
 * to fence it would leave two.  When the latest failover has gone the same way, and it is certain
 * that it still stands so, there is nothing to move.  In doubt it is said, and nobody is held up:
 * a check that is healthy wherever a host lives tells nothing of the primary.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

/* Who does not answer by then has said nothing. */
#define WITHIN_MS 2000

enum says { SAYS_NOTHING, SAYS_NO, SAYS_YES };

struct region_word {
	const struct manifest_region *region;
	struct check_set *set;
	struct {
		VEC_OF(const struct check_probe *)
	} heard;
	bool yes, writable, over;
	size_t unasked;
};

struct whereabouts {
	struct conduct *x;
	const struct manifest_check *check;
	struct region_word *items;
	size_t count;
	const struct execution_row *same; /* the latest, which went the same way; NULL */
	struct diags ignored;
};

/* --- what is asked ----------------------------------------------------------------------- */

static bool is_real(const struct conduct *x)
{
	return !x->rehearsal &&
	       (x->q->kind == EXECUTION_REAL || x->q->kind == EXECUTION_DRILL_FULL);
}

/* Of the first fence of the region that is left; NULL: there is none. */
static const struct manifest_check *check_of(struct conduct *x)
{
	const struct manifest_check *found = NULL;
	struct diags ignored = DIAGS_INIT;

	for (size_t i = 0; i < x->p->step_count && !found; i++) {
		const struct step_spec *s;

		if (x->p->steps[i].kind != STEP_FENCE)
			continue;
		s = step_spec(x->a, x->bound, (struct step_wish){i, x->q->grace}, NULL, &ignored);
		if (s && s->applies && !s->left_out && s->region && s->use_count &&
		    !strcmp(s->region, bound_from(x->bound)))
			found = s->uses[0].check;
	}
	diags_release(&ignored);
	return found;
}

static void on_answer(struct check_set *c, const struct check_probe *p,
		      const struct check_answer *answer)
{
	struct region_word *r = c->context;
	struct whereabouts *k = container_of(c->d, struct whereabouts, ignored);
	json_t *values = *answer->values ? json_parse(text_of(answer->values), NULL, NULL) : NULL;
	bool heard = false;

	conduct_sample(k->x, p, answer);
	for (size_t i = 0; i < r->heard.count; i++)
		heard = heard || r->heard.items[i] == p;
	if (!heard) {
		*(const struct check_probe **)arena_vec_add(k->x->a, &r->heard) = p;
		r->unasked += answer->unasked;
	}
	r->yes = r->yes || answer->healthy;
	r->writable = r->writable || (answer->healthy && json_flag(values, "Writable", false));
	r->over = r->over || r->heard.count >= c->asked.count;
	json_decref(values);
}

static void on_over(struct check_set *c, enum check_set_end end)
{
	struct region_word *r = c->context;

	(void)end;
	r->over = true;
}

static const struct check_listener listener = {.over = on_over, .answered = on_answer};

static void ask(struct whereabouts *k, struct region_word *r)
{
	r->set = conduct_check_set(k->x, &listener, r);
	r->set->d = &k->ignored;
	conduct_add_check(k->x, r->set,
			  &(struct check_use){.check = k->check,
					      .region = r->region->name,
					      .within_ms = WITHIN_MS});
	check_set_begin(r->set, 0);
	/* Nobody counts on the region that is given up. */
	if (k->x->q->grace == STEP_UNGRACEFUL && !strcmp(r->region->name, bound_from(k->x->bound)))
		r->over = true;
}

static bool is_settled(const struct whereabouts *k)
{
	for (size_t i = 0; i < k->count; i++)
		if (!k->items[i].over)
			return false;
	return true;
}

static void ask_all(struct whereabouts *k)
{
	struct conduct *x = k->x;
	const struct manifest *m = x->e->project->manifest;
	struct dispatch_event ev;

	k->items = ARENA_ARRAY(x->a, m->region_count, struct region_word);
	x->dispatch = dispatch_new(x->e, x->d);
	for (size_t i = 0; i < m->region_count; i++)
		if (!m->regions[i].global && check_has_hosts(k->check, &m->regions[i]))
			k->items[k->count++].region = &m->regions[i];
	for (size_t i = 0; i < k->count; i++)
		ask(k, &k->items[i]);
	while (!is_settled(k) && !dispatch_level(x->dispatch)) {
		dispatch_next(x->dispatch, &ev);
		if (ev.job)
			check_set_event(&ev);
		else if (ev.kind == DISPATCH_QUIET)
			dispatch_wait(x->dispatch);
	}
	for (size_t i = 0; i < k->count; i++)
		check_set_stop(k->items[i].set);
	dispatch_cancel(x->dispatch);
	dispatch_free(x->dispatch);
	x->dispatch = NULL;
	conduct_release(x);
	x->sets.count = 0;
}

/* --- what was said ----------------------------------------------------------------------- */

static enum says word_of(const struct region_word *r)
{
	if (r->yes)
		return SAYS_YES;
	return r->heard.count && r->heard.count >= r->set->asked.count && !r->unasked
		       ? SAYS_NO
		       : SAYS_NOTHING;
}

static const struct region_word *word_in(const struct whereabouts *k, const char *region)
{
	for (size_t i = 0; i < k->count; i++)
		if (!strcmp(k->items[i].region->name, region))
			return &k->items[i];
	return NULL;
}

static enum says says(const struct whereabouts *k, const char *region)
{
	const struct region_word *r = word_in(k, region);

	return r ? word_of(r) : SAYS_NOTHING;
}

/* A region that is neither left nor gone to; NULL: none. */
static const char *elsewhere(const struct whereabouts *k)
{
	const struct bound_procedure *b = k->x->bound;

	for (size_t i = 0; i < k->count; i++) {
		const char *name = k->items[i].region->name;

		if (strcmp(name, bound_from(b)) != 0 && strcmp(name, bound_to(b)) != 0 &&
		    word_of(&k->items[i]) == SAYS_YES)
			return name;
	}
	return NULL;
}

/* Where it is healthy in the one that is gone to, too, it may be healthy anywhere. */
static int tell_elsewhere(struct whereabouts *k, const char *region)
{
	struct conduct *x = k->x;
	const char *from = bound_from(x->bound);
	bool certain = says(k, bound_to(x->bound)) == SAYS_NO;
	struct diag *g;

	if (certain && !x->q->reason)
		g = diag_add(x->d, DIAG_CONDUCT_ELSEWHERE, RANGE_NONE,
			     "the primary is in region '%s', not in '%s'", region, from);
	else
		g = diag_warn(x->d, DIAG_CONDUCT_ELSEWHERE, RANGE_NONE,
			      "the primary may be in region '%s', not in '%s'", region, from);
	diag_detail(x->d, g,
		    "Check '%s' of the fence is healthy in '%s', and not in '%s': to fence '%s' "
		    "and to promote '%s' would leave two primaries.",
		    k->check->name, region, from, from, bound_to(x->bound));
	if (!certain || x->q->reason)
		return 0;
	diag_hint(x->d, g, "--from %s; or say why it is right all the same: --reason TEXT", region);
	x->out->refused = true;
	return -1;
}

/* --- the same way again ------------------------------------------------------------------ */

static bool went_the_same_way(struct conduct *x, const struct execution_row *r)
{
	json_t *j = json_parse(text_of(r->parameters), x->a, NULL);
	bool same = !strcmp(json_str(j, "From", ""), bound_from(x->bound)) &&
		    !strcmp(json_str(j, "To", ""), bound_to(x->bound));

	json_decref(j);
	return same;
}

static bool is_through(const struct execution_row *r)
{
	return r->status == EXECUTION_COMPLETED || r->status == EXECUTION_COMPLETED_WITH_EXCEPTIONS;
}

/* The latest that moved something: nothing came after it. */
static int find_same(struct whereabouts *k)
{
	struct conduct *x = k->x;
	struct execution_list all = {NULL, 0};

	if (journal_load_executions(x->state, 0, x->a, &all, x->d))
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		const struct execution_row *r = &all.items[i];

		if (!conduct_is_failover(x, r->runbook) || r->status == EXECUTION_REVERSED ||
		    r->kind == EXECUTION_DRILL_SIMULATED || r->kind == EXECUTION_DRILL_ISOLATED)
			continue;
		if (is_through(r) && went_the_same_way(x, r))
			k->same = r;
		return 0;
	}
	return 0;
}

/* The one that is gone to says of itself that it accepts writes, and the other one does not. */
static bool is_certain(const struct whereabouts *k)
{
	const struct region_word *to = word_in(k, bound_to(k->x->bound));

	return k->same->status == EXECUTION_COMPLETED && to && to->writable &&
	       k->x->q->grace == STEP_GRACEFUL && !k->x->q->detected;
}

static const char *facts(const struct whereabouts *k)
{
	struct conduct *x = k->x;
	char when[CLOCK_TEXT_LEN];

	clock_format_rfc3339(k->same->ended_ms, when);
	return arena_printf(x->a, "Execution %s of '%s' ended %s: %s.%s", k->same->id,
			    k->same->runbook, when, execution_status_name(k->same->status),
			    says(k, bound_to(x->bound)) == SAYS_YES
				    ? arena_printf(x->a,
						   " Check '%s' is healthy in '%s', and not "
						   "in '%s'.",
						   k->check->name, bound_to(x->bound),
						   bound_from(x->bound))
				    : " Nothing has led back since.");
}

static int ask_person(struct whereabouts *k)
{
	struct conduct *x = k->x;
	const char *from = bound_from(x->bound), *to = bound_to(x->bound);

	if (x->q->confirm(x->q->context,
			  arena_printf(x->a,
				       "The latest failover has gone from '%s' to '%s' already. "
				       "%s\nFence '%s' and promote '%s' once more? Only 'yes' is "
				       "accepted: ",
				       from, to, facts(k), from, to)))
		return 0;
	x->out->declined = true;
	return -1;
}

static int tell_same(struct whereabouts *k)
{
	static const char already[] = "the latest failover has gone from '%s' to '%s' already";
	struct conduct *x = k->x;
	const char *from = bound_from(x->bound), *to = bound_to(x->bound);
	struct diag *g;

	if (x->q->confirm && !x->q->reason)
		return ask_person(k);
	if (x->q->reason || !is_certain(k)) {
		g = diag_warn(x->d, DIAG_CONDUCT_GONE, RANGE_NONE, already, from, to);
		diag_detail(x->d, g, "%s It is gone the same way once more.", facts(k));
		return 0;
	}
	g = diag_add(x->d, DIAG_CONDUCT_GONE, RANGE_NONE, already, from, to);
	diag_detail(x->d, g, "%s Nothing was done.", facts(k));
	diag_hint(x->d, g,
		  "to go back: --from %s --to %s; all the same, and why: --reason TEXT; without "
		  "counting on '%s': --ungraceful",
		  to, from, from);
	x->out->refused = true;
	return -1;
}

/* --- all of it --------------------------------------------------------------------------- */

static int judge(struct whereabouts *k)
{
	const char *third;

	/* As it should be, or the check tells nothing. */
	if (says(k, bound_from(k->x->bound)) == SAYS_YES)
		return 0;
	third = elsewhere(k);
	if (third)
		return tell_elsewhere(k, third);
	return k->same ? tell_same(k) : 0;
}

int conduct_check_primary(struct conduct *x)
{
	const char *from = bound_from(x->bound), *to = bound_to(x->bound);
	struct whereabouts k = {.x = x, .ignored = DIAGS_INIT};
	int rc;

	if (!is_real(x) || x->q->resume || !from || !to || !strcmp(from, to))
		return 0;
	k.check = check_of(x);
	if (!k.check || (conduct_is_failover(x, x->p->name) && find_same(&k)))
		return k.check ? -1 : 0;
	ask_all(&k);
	rc = judge(&k);
	diags_release(&k.ignored);
	return rc;
}
