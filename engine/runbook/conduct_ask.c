/*
 * conduct_ask.c - what is asked from other terminals: taken a few times a second, journalled with
 * who and why, and refused with a note when it does not fit how things stand.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

void conduct_pause(struct conduct *x, const char *reason, const struct lock_owner *by)
{
	json_t *data = json_pack("{s:s}", "Reason", reason);

	if (by)
		json_object_set_new(data, "By", conduct_by(by));
	if (!conduct_write(x, ENTRY_PAUSED, "", data))
		return;
	x->paused = true;
	x->pause_asked = !strcmp(reason, "operator");
}

static void resume(struct conduct *x, const struct lock_owner *by)
{
	if (x->paused &&
	    conduct_write(x, ENTRY_RESUMED, "", json_pack("{s:o}", "By", conduct_by(by))))
		x->paused = x->pause_asked = false;
}

/* When it is paused for held steps and none is left it goes on. */
static void resume_unheld(struct conduct *x, const struct lock_owner *by)
{
	if (x->pause_asked)
		return;
	for (size_t i = 0; i < x->p->step_count; i++)
		if (x->steps[i].phase == PHASE_HELD)
			return;
	resume(x, by);
}

void conduct_abort(struct conduct *x, const char *reason)
{
	if (x->aborting)
		return;
	x->aborting = true;
	x->why = reason;
	for (size_t i = 0; i < x->root.child_count; i++)
		step_stop(x->root.children[i], reason);
	x->turned = true;
}

/* --- each request: NULL, or why not ------------------------------------------------------ */

typedef const char *taker(struct conduct *x, struct step *s, const struct execution_ask *q);

static const char *take_pause(struct conduct *x, struct step *s, const struct execution_ask *q)
{
	(void)s;
	if (x->paused)
		return "it is paused already";
	conduct_pause(x, "operator", &q->by);
	return NULL;
}

static const char *take_resume(struct conduct *x, struct step *s, const struct execution_ask *q)
{
	(void)s;
	if (!x->paused)
		return "it is not paused";
	for (size_t i = 0; i < x->p->step_count; i++)
		if (x->steps[i].phase == PHASE_HELD)
			return arena_printf(x->a, "step '%s' failed: skip it, retry it, or abort",
					    x->steps[i].p->path);
	resume(x, &q->by);
	return NULL;
}

static const char *take_skip(struct conduct *x, struct step *s, const struct execution_ask *q)
{
	bool fenced = q->text && !strcmp(q->text, "fenced");
	const char *reason, *why;

	if (!s)
		return "it names no step";
	/* Who left a fence out may say later that the old primary is off. */
	if (s->phase == PHASE_OVER && !(fenced && s->status == STEP_SKIPPED))
		return "the step is over";
	why = fenced ? fence_by_person(s, q) : guard_skip(s, q);
	if (why || s->phase == PHASE_OVER)
		return why;
	if (s->now && s->now->driver && s->now->driver->stop && s->phase == PHASE_WORK)
		s->now->driver->stop(&s->now->run);
	reason = q->reason && *q->reason
			 ? arena_strdup(x->a, q->reason)
			 : arena_printf(x->a, "skipped by %s", conduct_by_text(x->a, &q->by));
	for (size_t i = 0; i < s->child_count; i++)
		step_stop(s->children[i], "the group that it is in was skipped");
	step_skip(s, reason, &q->by);
	resume_unheld(x, &q->by);
	return NULL;
}

static const char *take_retry(struct conduct *x, struct step *s, const struct execution_ask *q)
{
	if (!s)
		return "it names no step";
	if (s->phase != PHASE_HELD)
		return "only a failed step that is waited for can be tried again";
	guard_again(s, arena_printf(x->a, "asked for by %s", conduct_by_text(x->a, &q->by)));
	resume_unheld(x, &q->by);
	return NULL;
}

static void keep_approval(struct conduct *x, const struct step *s, const struct execution_ask *q)
{
	struct execution_ask *kept = arena_vec_add(x->a, &x->early);

	*kept = *q;
	kept->step = s->p->path;
	kept->reason = arena_strdup(x->a, q->reason ? q->reason : "");
	kept->text = arena_strdup(x->a, q->text ? q->text : "");
	kept->by.user = arena_strdup(x->a, q->by.user ? q->by.user : "");
	kept->by.host = arena_strdup(x->a, q->by.host ? q->by.host : "");
	kept->by.command = "";
}

static const char *take_approval(struct conduct *x, struct step *s, const struct execution_ask *q)
{
	if (!s || s->p->kind != STEP_APPROVAL)
		return "it names no step that asks for approval";
	if (s->phase == PHASE_OVER)
		return "the step is over";
	if (s->phase == PHASE_WORK && s->now)
		return s->now->said ? "it was answered already" : approval_answer(s, q);
	keep_approval(x, s, q);
	return NULL;
}

/* It, or a step in it. */
static bool has_ungraceful(const struct step *s)
{
	bool has = s->p->ungraceful;

	for (size_t i = 0; i < s->child_count && !has; i++)
		has = has_ungraceful(s->children[i]);
	return has;
}

/* What goes on, or is held, begins again as its Ungraceful says; of a group all that is in it. */
static void go_ungraceful(struct step *s)
{
	if (!s->p->ungraceful)
		for (size_t i = 0; i < s->child_count; i++)
			go_ungraceful(s->children[i]);
	else if (s->phase == PHASE_HELD)
		step_again(s, "it goes on ungracefully");
	else if (s->phase != PHASE_NEW)
		step_restart_ungraceful(s);
}

static const char *take_ungraceful(struct conduct *x, struct step *s, const struct execution_ask *q)
{
	if (s && s->phase == PHASE_OVER)
		return "the step is over";
	if (s && !has_ungraceful(s))
		return "it has no Ungraceful";
	if (!conduct_write(x, ENTRY_UNGRACEFUL, s ? s->p->path : "",
			   json_pack("{s:o, s:s}", "By", conduct_by(&q->by), "Reason",
				     q->reason ? q->reason : "")))
		return NULL;
	if (!s) {
		x->ungraceful = true;
		return NULL;
	}
	s->ungraceful = true;
	go_ungraceful(s);
	resume_unheld(x, &q->by);
	return NULL;
}

static const char *take_abort(struct conduct *x, struct step *s, const struct execution_ask *q)
{
	(void)s;
	if (x->aborting)
		return "it is being aborted already";
	x->keeps = q->text && !strcmp(q->text, "keep");
	if (x->stage == STAGE_BACK && !x->keeps)
		return "what was done is being undone already";
	conduct_abort(x, arena_printf(x->a, "aborted by %s%s%s", conduct_by_text(x->a, &q->by),
				      q->reason && *q->reason ? ": " : "",
				      q->reason ? q->reason : ""));
	resume(x, &q->by);
	return NULL;
}

static const char *take_data_loss(struct conduct *x, struct step *s, const struct execution_ask *q)
{
	if (!q->reason || !*q->reason)
		return "it needs a reason";
	loss_accept(x, q->reason, &q->by);
	/* Without a step: whatever the guards keep waiting. */
	for (size_t i = 0; i < x->p->step_count; i++) {
		struct step *one = &x->steps[i];

		if (one->phase == PHASE_HELD && (s ? one == s : one->refused)) {
			guard_again(one, "the loss of data was accepted");
			resume_unheld(x, &q->by);
		}
	}
	return NULL;
}

static taker *const takers[REQUEST_COUNT] = {
	[REQUEST_PAUSE] = take_pause,
	[REQUEST_RESUME] = take_resume,
	[REQUEST_SKIP] = take_skip,
	[REQUEST_RETRY] = take_retry,
	[REQUEST_APPROVE] = take_approval,
	[REQUEST_DECLINE] = take_approval,
	[REQUEST_UNGRACEFUL] = take_ungraceful,
	[REQUEST_ABORT] = take_abort,
	[REQUEST_ACCEPT_DATA_LOSS] = take_data_loss,
};

/* --- taking ------------------------------------------------------------------------------ */

static json_t *asked_data(const struct execution_ask *q)
{
	json_t *data = json_pack("{s:s, s:s, s:s, s:o}", "Request", request_name(q->request),
				 "Reason", q->reason ? q->reason : "", "Text",
				 q->text ? q->text : "", "By", conduct_by(&q->by));

	if (q->number > 0)
		json_object_set_new(data, "Number", json_integer((json_int_t)q->number));
	if (q->step && *q->step)
		json_object_set_new(data, "Step", json_string(q->step));
	return data;
}

static void refuse(struct conduct *x, const struct execution_ask *q, const char *why)
{
	struct diag *g =
		diag_note(x->d, DIAG_CONDUCT_REQUEST, RANGE_NONE, "'%s' of %s was not followed: %s",
			  request_name(q->request), conduct_by_text(x->a, &q->by), why);

	if (q->step && *q->step)
		diag_detail(x->d, g, "Step '%s'.", q->step);
	conduct_write(x, ENTRY_STEP_PROGRESS, q->step ? q->step : "",
		      json_pack("{s:s, s:s}", "Text", why, "Refused", request_name(q->request)));
}

/* On disk first; what the events say of it comes behind. */
void asks_take(struct conduct *x, const struct execution_ask *q)
{
	struct step *s = q->step && *q->step ? conduct_find(x, q->step) : NULL;
	const char *why;

	if (!conduct_write(x, ENTRY_ASKED, s ? s->p->path : "", asked_data(q)))
		return;
	if (q->number > x->asks_taken)
		x->asks_taken = q->number;
	why = q->step && *q->step && !s ? "there is no such step" : takers[q->request](x, s, q);
	if (why)
		refuse(x, q, why);
	x->turned = true;
}

/* What cannot be read now is looked for again. */
void asks_look(struct conduct *x)
{
	struct diags ignored = DIAGS_INIT;
	struct arena *a = arena_new();
	struct ask_list list = {NULL, 0};

	if (!x->broken &&
	    journal_load_asks(x->state, &(struct journal_part){x->row.id, x->asks_taken}, a, &list,
			      &ignored) == 0)
		for (size_t i = 0; i < list.count && !x->broken; i++)
			asks_take(x, &list.items[i]);
	for (size_t i = 0; i < x->p->step_count && !x->broken; i++) {
		struct step *s = &x->steps[i];

		if (s->phase == PHASE_HELD || (s->status == STEP_PENDING_APPROVAL && s->now &&
					       s->phase == PHASE_WORK && !s->now->said))
			approval_look(s);
	}
	diags_release(&ignored);
	arena_free(a);
}
