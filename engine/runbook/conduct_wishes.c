/*
 * conduct_wishes.c - what is asked of an execution as somebody goes on with it: steps that are left
 * out, that are tried again although they were passed over, the other form of all that follows.
 *
 * What does not fit is refused before anything is written; the rest is taken as if it were asked
 * of an execution whose failed steps are held for a decision, and journalled like that.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

static struct step *step_of(struct conduct *x, const struct execution_ask *q)
{
	return *q->step ? conduct_find(x, q->step) : NULL;
}

static struct step *parent_of(const struct step *s)
{
	return s->p->parent == STEP_TOP ? NULL : &s->x->steps[s->p->parent];
}

/* --- what does not fit ------------------------------------------------------------------- */

static int refuse_unknown(struct conduct *x, const char *name)
{
	const char **names = ARENA_ARRAY(x->a, 2 * x->p->step_count + 1, const char *);
	struct diag *g =
		diag_add(x->d, DIAG_CONDUCT_WISH, RANGE_NONE,
			 "execution %s has no step '%s', or more than one", x->row.id, name);
	size_t count = 0;

	for (size_t i = 0; i < x->p->step_count; i++) {
		names[count++] = x->p->steps[i].path;
		names[count++] = x->p->steps[i].name;
	}
	diag_did_you_mean(x->d, g, text_of(name), names, count);
	if (!g->hint)
		diag_hint(x->d, g, "`hadeploy runbook status %s` shows its steps", x->row.id);
	return -1;
}

/* It failed, and the steps after it had their turn all the same. */
static bool is_passed_over(const struct step *s)
{
	return s->is_policy && s->phase == PHASE_OVER && s->status == STEP_FAILED;
}

/* A group can be gone through once more: what is over in it stays over. */
static bool can_be_opened(const struct step *s)
{
	for (const struct step *up = parent_of(s); up; up = parent_of(up))
		if (up->phase == PHASE_OVER && up->status != STEP_FAILED &&
		    (up->status != STEP_SUCCEEDED || up->p->kind == STEP_FENCE))
			return false;
	return true;
}

/* NULL: it fits. */
static const char *objection(const struct step *s, const struct execution_ask *q)
{
	enum execution_request request = q->request;

	if (s->p->role == ROLE_BY)
		return "one way to fence, which is tried in its turn";
	if (!strcmp(q->text, "fenced") && s->p->kind == STEP_FENCE && s->status == STEP_SKIPPED)
		return NULL;
	if (s->phase == PHASE_OVER && s->status != STEP_FAILED)
		return step_status_name(s->status);
	if (request == REQUEST_SKIP)
		return is_passed_over(s) ? "FAILED, and passed over already" : NULL;
	if (s->status != STEP_FAILED)
		return "not one that failed";
	return can_be_opened(s) ? NULL : "in a group that is over";
}

static int refuse_unfit(struct conduct *x, const struct step *s, const struct execution_ask *q,
			const char *why)
{
	struct diag *g =
		diag_add(x->d, DIAG_CONDUCT_WISH, RANGE_NONE, "step '%s' is %s: nothing to %s",
			 s->p->path, why, request_name(q->request));

	diag_detail(x->d, g, "Nothing more was begun.");
	diag_hint(x->d, g, "leave --%s %s out", request_name(q->request), q->step);
	return -1;
}

static int refuse_skip(struct conduct *x, const struct step *s, const char *why)
{
	diag_detail(x->d,
		    diag_add(x->d, DIAG_CONDUCT_WISH, RANGE_NONE, "step '%s' is not left out: %s",
			     s->p->path, why),
		    "Nothing more was begun.");
	return -1;
}

/* What it will not need is not looked for. */
static void give_up(struct step *s)
{
	s->given_up = true;
	for (size_t i = 0; i < s->child_count; i++)
		if (s->children[i]->p->role != ROLE_REVERSE)
			give_up(s->children[i]);
}

static int look_at(struct conduct *x, const struct execution_ask *q)
{
	struct step *s = step_of(x, q);
	const char *why;

	if (*q->step && !s)
		return refuse_unknown(x, q->step);
	if (q->request == REQUEST_UNGRACEFUL) {
		x->ungraceful = true;
		return 0;
	}
	why = objection(s, q);
	if (why)
		return refuse_unfit(x, s, q, why);
	why = q->request == REQUEST_SKIP && *q->text == '\0' ? guard_skip(s, q) : NULL;
	if (why)
		return refuse_skip(x, s, why);
	if (q->request == REQUEST_SKIP)
		give_up(s);
	return 0;
}

int wishes_check(struct conduct *x)
{
	int rc = 0;

	for (size_t i = 0; i < x->q->ask_count; i++)
		if (look_at(x, &x->q->asks[i]))
			rc = -1;
	if (rc)
		x->out->refused = true;
	return rc;
}

/* --- taken ------------------------------------------------------------------------------- */

/* As somebody at a terminal finds it. */
static void hold_failed(struct conduct *x)
{
	for (size_t i = 0; i < x->p->step_count; i++) {
		struct step *s = &x->steps[i];

		if (s->phase == PHASE_OVER && s->status == STEP_FAILED && !s->is_policy)
			s->phase = PHASE_HELD;
	}
}

static void count_again(struct step *s)
{
	if (!is_passed_over(s))
		return;
	s->is_policy = s->passed_over = false;
	s->x->exceptions -= s->spec && s->spec->on_failure == STEP_FAILURE_CONTINUE;
}

static void open_again(struct step *s)
{
	if (!is_passed_over(s))
		return;
	count_again(s);
	s->phase = PHASE_HELD;
	for (struct step *up = parent_of(s); up; up = parent_of(up)) {
		count_again(up);
		if (up->phase == PHASE_OVER)
			step_again(up, "a step of it is tried again");
	}
}

/* What an earlier process began in the other form, and did not see to its end, begins anew. */
static void begin_anew(struct conduct *x)
{
	for (size_t i = 0; i < x->p->step_count; i++) {
		struct step *s = &x->steps[i];

		if (!s->again || !s->p->ungraceful || s->grace == STEP_UNGRACEFUL)
			continue;
		step_again(s, "it goes on ungracefully");
		s->again = false;
		s->begun = true;
	}
}

void wishes_take(struct conduct *x)
{
	if (!x->q->ask_count)
		return;
	hold_failed(x);
	for (size_t i = 0; i < x->q->ask_count; i++) {
		const struct execution_ask *q = &x->q->asks[i];

		if (q->request == REQUEST_RETRY)
			open_again(step_of(x, q));
		asks_take(x, q);
		if (q->request == REQUEST_UNGRACEFUL)
			begin_anew(x);
	}
	for (size_t i = 0; i < x->p->step_count; i++)
		if (x->steps[i].phase == PHASE_HELD)
			x->steps[i].phase = PHASE_OVER;
}
