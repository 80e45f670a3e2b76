/*
 * conduct_guard.c - what may not be done without a fence, and whether the one that there is still
 * holds: a machine that was switched off may have been switched on again since.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

/* One that is older, or of an earlier process, is looked at again before something is promoted. */
#define FRESH_MS 60000
/* Who is back answers soon. */
#define BACK_MS 5000

bool step_is_way_back(const struct step *s)
{
	const struct conduct *x = s->x;

	for (size_t i = s->index; i != STEP_TOP; i = x->steps[i].p->parent)
		if (x->steps[i].p->role == ROLE_REVERSE)
			return true;
	return false;
}

/* --- without one --------------------------------------------------------------------- */

/* A fence before it that was skipped, or failed and was passed over. */
static bool is_missed(const struct step *fence, const struct step *s)
{
	return fence->p->kind == STEP_FENCE && fence->index < s->index && !fence->fenced &&
	       fence->phase == PHASE_OVER &&
	       (fence->status == STEP_SKIPPED || fence->status == STEP_FAILED);
}

const char *guard_step(struct step *s, const struct step_spec *spec)
{
	struct conduct *x = s->x;

	if (!spec->promotes || x->fenced || step_is_way_back(s))
		return NULL;
	for (size_t i = 0; i < x->p->step_count; i++)
		if (is_missed(&x->steps[i], s))
			return arena_printf(
				x->a,
				"it promotes another primary, and nothing has fenced the old one: "
				"'%s' was left out, and is made up for when this is tried again",
				x->steps[i].p->path);
	return "it promotes another primary, and nothing has fenced the old one";
}

static bool may_promote(struct step *s)
{
	struct diags ignored = DIAGS_INIT;
	const struct step_spec *spec =
		step_spec(s->x->e->arena, s->x->bound, (struct step_wish){s->index, s->grace}, NULL,
			  &ignored);
	bool may = spec && spec->promotes && spec->applies && !spec->left_out;

	diags_release(&ignored);
	for (size_t i = 0; i < s->child_count && !may; i++)
		may = s->children[i]->p->role != ROLE_REVERSE &&
		      s->children[i]->phase != PHASE_OVER && may_promote(s->children[i]);
	return may;
}

/* Behind it users are led to a region in which nothing was promoted. */
const char *guard_skip(struct step *s, const struct execution_ask *q)
{
	if ((q->reason && *q->reason) || step_is_way_back(s) || !may_promote(s))
		return NULL;
	return "it promotes, and users would be led to a region where nothing was: who leaves it "
	       "out says why, as --reason 'promoted by hand'";
}

static void reopen_one(struct step *s, const char *reason)
{
	bool passed =
		s->status == STEP_FAILED && s->spec && s->spec->on_failure == STEP_FAILURE_CONTINUE;

	if (s->waived || passed)
		s->x->exceptions--;
	s->waived = s->is_policy = false;
	step_again(s, reason);
}

/* With the groups that it is in, as far as these are over. */
static void reopen(struct step *s, const char *reason)
{
	struct conduct *x = s->x;

	for (size_t i = s->p->parent; i != STEP_TOP; i = x->steps[i].p->parent)
		if (x->steps[i].phase == PHASE_OVER)
			reopen_one(&x->steps[i], reason);
	reopen_one(s, reason);
}

void guard_again(struct step *s, const char *reason)
{
	struct conduct *x = s->x;

	for (size_t i = 0; s->promotes && !x->fenced && i < x->p->step_count; i++)
		if (is_missed(&x->steps[i], s))
			reopen(&x->steps[i], "it is made up for");
	step_again(s, reason);
}

/* --- one that does not hold any more ------------------------------------------------------ */

struct fence_look {
	struct attempt *at;
	struct check_set *set;
	void (*then)(struct attempt *at);
	struct {
		VEC_OF(const struct manifest_check *)
	} healthy; /* `Expect: healthy` */
};

static bool is_stale(const struct step *fence)
{
	return fence->fenced &&
	       (!fence->fenced_ms || conduct_wall_ms(fence->x) - fence->fenced_ms > FRESH_MS);
}

static void add_gone(struct fence_look *l, const struct step *fence, const char *name)
{
	struct conduct *x = fence->x;
	const struct manifest_check *check =
		name ? manifest_check(x->e->project->manifest, name) : NULL;

	if (check)
		conduct_add_check(x, l->set,
				  &(struct check_use){.check = check,
						      .region = fence->fenced,
						      .unhealthy = true,
						      .within_ms = BACK_MS});
}

/* Its Check; what has none goes by Gone. */
static void add_fence(struct fence_look *l, struct step *fence)
{
	struct conduct *x = fence->x;
	struct diags ignored = DIAGS_INIT;
	const struct step_spec *spec =
		step_spec(x->e->arena, x->bound, (struct step_wish){fence->index, fence->grace},
			  NULL, &ignored);
	const json_t *gone = spec ? json_object_get(spec->values, "Gone") : NULL, *one;
	size_t k;

	diags_release(&ignored);
	for (size_t i = 0; spec && i < spec->use_count; i++) {
		struct check_use use = spec->uses[i];

		use.within_ms = BACK_MS;
		if (!use.unhealthy)
			*(const struct manifest_check **)arena_vec_add(x->a, &l->healthy) =
				use.check;
		if (use.check)
			conduct_add_check(x, l->set, &use);
	}
	if (!spec || spec->use_count)
		return;
	add_gone(l, fence, json_string_value(gone));
	json_array_foreach(gone, k, one) add_gone(l, fence, json_string_value(one));
}

/* The ways that went well are gone again, too. */
static void fence_again(struct step *fence)
{
	fence->fenced = NULL;
	for (size_t i = 0; i < fence->child_count; i++)
		if (fence->children[i]->p->role == ROLE_BY &&
		    fence->children[i]->phase == PHASE_OVER)
			step_again(fence->children[i], "the old primary is back");
	reopen(fence, "the old primary is back");
}

static void is_back(struct fence_look *l, const char *endpoint, const char *detail)
{
	struct step *s = l->at->s;
	struct conduct *x = s->x;
	struct diag *g = diag_warn(x->d, DIAG_CONDUCT_FENCE_BACK, RANGE_NONE,
				   "the old primary is back: %s", endpoint);

	diag_detail(x->d, g, "%s. It was fenced, and is fenced again before step '%s'.", detail,
		    s->p->path);
	attempt_close(l->at);
	x->fenced = false;
	for (size_t i = 0; i < s->index; i++)
		if (x->steps[i].fenced)
			fence_again(&x->steps[i]);
	step_again(s, arena_printf(x->a, "the old primary is back: %s", detail));
	x->turned = true;
}

static bool writes(const struct check_answer *answer)
{
	json_t *values = *answer->values ? json_parse(text_of(answer->values), NULL, NULL) : NULL;
	bool writable = json_flag(values, "Writable", false);

	json_decref(values);
	return writable;
}

/* Silence is what is expected of it. */
static void on_answer(struct check_set *c, const struct check_probe *p,
		      const struct check_answer *answer)
{
	struct fence_look *l = c->context;
	bool wants_health = false;

	conduct_sample(l->at->run.x, p, answer);
	for (size_t i = 0; i < l->healthy.count; i++)
		wants_health = wants_health || l->healthy.items[i] == p->check;
	if (wants_health ? answer->healthy || answer->unasked : !answer->healthy && !writes(answer))
		return;
	check_set_stop(c);
	l->at->checks = NULL;
	is_back(l, p->endpoint, answer->detail);
}

static void on_over(struct check_set *c, enum check_set_end end)
{
	struct fence_look *l = c->context;
	struct conduct *x = l->at->run.x;

	(void)end;
	l->at->checks = NULL;
	x->turned = true;
	for (size_t i = 0; i < x->p->step_count; i++)
		if (x->steps[i].fenced)
			x->steps[i].fenced_ms = conduct_wall_ms(x);
	l->then(l->at);
}

static const struct check_listener listener = {.over = on_over, .answered = on_answer};

static bool has_stale(const struct step *s)
{
	for (size_t i = 0; i < s->index; i++)
		if (is_stale(&s->x->steps[i]))
			return true;
	return false;
}

void guard_look(struct attempt *at, void (*then)(struct attempt *at))
{
	struct step *s = at->s;
	struct conduct *x = s->x;
	struct fence_look *l;

	if (!s->promotes || s->was_begun || x->rehearsal || step_is_way_back(s) || !has_stale(s)) {
		then(at);
		return;
	}
	l = ARENA_NEW(x->a, struct fence_look);
	*l = (struct fence_look){.at = at, .then = then};
	l->set = at->checks = conduct_check_set(x, &listener, l);
	for (size_t i = 0; i < s->index; i++)
		if (is_stale(&x->steps[i]))
			add_fence(l, &x->steps[i]);
	check_set_begin(at->checks, 0);
}
