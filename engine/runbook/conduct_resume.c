/*
 * conduct_resume.c - the events of an earlier process folded to the state of each step, so that
 * the execution goes on where it was: what is over stays over, what was going on gets its key and
 * its memory back.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

struct restoring {
	struct conduct *x;
	const struct journal_entry *entry;
	const json_t *data;
	struct step *s; /* NULL: of the execution, or of a step that there is not */
};

typedef void restorer(struct restoring *r);

static const char *said(const struct restoring *r, const char *key)
{
	return arena_strdup(r->x->a, json_str(r->data, key, ""));
}

/* --- the execution ----------------------------------------------------------------------- */

static void started(struct restoring *r)
{
	r->x->started_ms = r->entry->at_ms;
	r->x->since_ms = json_int(r->data, "Since", r->entry->at_ms);
	r->x->ungraceful = !strcmp(json_str(r->data, "Mode", ""), "ungraceful");
}

/* Its life counts from its first event to its last: who is killed says no more. */
static void carry(struct conduct *x)
{
	for (size_t i = 0; i < x->p->step_count; i++) {
		struct step *s = &x->steps[i];
		int64_t from_ms = s->tried_ms > x->taken_ms ? s->tried_ms : x->taken_ms;

		if (s->again && x->heard_ms > from_ms)
			s->carried_ms += x->heard_ms - from_ms;
	}
}

static void resumed_by(struct restoring *r)
{
	carry(r->x);
	r->x->taken_ms = r->entry->at_ms;
}

static void detected(struct restoring *r)
{
	r->x->since_ms = json_int(r->data, "At", r->x->since_ms);
}

/* Taken, and killed before anything followed of it: what was promised is done now. */
static void abort_asked(struct restoring *r, const json_t *by)
{
	const char *reason = json_str(r->data, "Reason", "");

	r->x->abort_taken = arena_printf(r->x->a, "aborted by %s@%s%s%s", json_str(by, "User", "?"),
					 json_str(by, "Host", "?"), *reason ? ": " : "", reason);
	r->x->keeps = !strcmp(json_str(r->data, "Text", ""), "keep");
}

static void asked(struct restoring *r)
{
	int64_t number = json_int(r->data, "Number", 0);
	const json_t *by = json_object_get(r->data, "By");
	const char *request = json_str(r->data, "Request", "");
	struct execution_ask *kept;

	if (number > r->x->asks_taken)
		r->x->asks_taken = number;
	if (!strcmp(request, request_name(REQUEST_ABORT)))
		abort_asked(r, by);
	if (!r->s || strcmp(request, request_name(REQUEST_APPROVE)) != 0)
		return;
	kept = arena_vec_add(r->x->a, &r->x->early);
	kept->request = REQUEST_APPROVE;
	kept->number = number ? number : -1;
	kept->step = r->s->p->path;
	kept->reason = said(r, "Reason");
	kept->text = said(r, "Text");
	kept->by.user = arena_strdup(r->x->a, json_str(by, "User", ""));
	kept->by.host = arena_strdup(r->x->a, json_str(by, "Host", ""));
}

static void paused(struct restoring *r)
{
	r->x->paused = true;
}

static void resumed(struct restoring *r)
{
	r->x->paused = false;
}

static void ungraceful(struct restoring *r)
{
	if (r->s)
		r->s->ungraceful = true;
	else
		r->x->ungraceful = true;
}

static void data_loss(struct restoring *r)
{
	r->x->data_loss_accepted = true;
}

static void was_fenced(struct restoring *r)
{
	fence_note(r->x, json_str(r->data, "Region", ""));
	if (r->s)
		r->s->fenced = said(r, "Region");
}

static void reversing(struct restoring *r)
{
	r->x->stage = STAGE_BACK;
	/* The end of an isolated drill is no failure. */
	r->x->aborting = json_flag(r->data, "Abort", false);
	r->x->failed = json_flag(r->data, "Failed", !r->x->aborting);
	r->x->why = said(r, "Reason");
}

static void monitoring(struct restoring *r)
{
	r->x->stage = STAGE_MONITORING;
}

static void checked(struct restoring *r)
{
	loss_heard(r->x, r->data, r->entry->at_ms);
}

static void objective(struct restoring *r)
{
	bool missed = json_int(r->data, "Objective", 0) && !json_flag(r->data, "Met", true);

	r->x->missed = r->x->missed || missed;
	if (!strcmp(json_str(r->data, "Name", ""), "RTO"))
		r->x->rto_known = json_int(r->data, "Actual", -1) >= 0;
	else
		r->x->rpo_known = true;
}

/* --- steps ------------------------------------------------------------------------------- */

static void step_started(struct restoring *r)
{
	struct step *s = r->s;

	s->status = STEP_RUNNING;
	s->phase = PHASE_NEW;
	s->again = true;
	s->attempts = (size_t)json_int(r->data, "Attempt", (int64_t)s->attempts + 1);
	s->grace = !strcmp(json_str(r->data, "Grace", ""), "ungraceful") ? STEP_UNGRACEFUL
									 : STEP_GRACEFUL;
	s->promotes = json_flag(r->data, "Promotes", false);
	s->key = said(r, "Key");
	s->memory = NULL;
	s->reason = NULL;
	s->tried_ms = r->entry->at_ms;
	s->carried_ms = 0;
	if (!s->started_ms)
		s->started_ms = r->entry->at_ms;
}

static void step_memory(struct restoring *r)
{
	r->s->memory = arena_strdup(r->x->a, r->entry->data);
	r->s->begun = true;
}

/* Before its next try; what it did until then counts as begun. */
static void step_retry(struct restoring *r)
{
	r->s->status = STEP_NOT_STARTED;
	r->s->phase = PHASE_NEW;
	r->s->again = false;
	r->s->begun = true;
	r->s->done = r->s->memory ? r->s->memory : r->s->done;
	/* The old primary was back. */
	if (r->s->fenced)
		r->x->fenced = false;
	r->s->fenced = NULL;
}

static void over(struct restoring *r, enum step_status status)
{
	struct step *s = r->s;

	s->status = status;
	s->phase = PHASE_OVER;
	s->again = false;
	s->undoing = false;
	s->ended = r->entry->number;
	s->millis = json_int(r->data, "Millis", s->millis);
	s->reason = said(r, "Reason");
}

static void step_succeeded(struct restoring *r)
{
	const json_t *result = json_object_get(r->data, "Result");

	over(r, STEP_SUCCEEDED);
	r->s->begun = true;
	r->s->done = r->s->memory;
	if (json_is_object(result))
		r->s->result = json_text(r->x->a, result);
}

static void step_failed(struct restoring *r)
{
	over(r, STEP_FAILED);
	r->s->done = r->s->memory ? r->s->memory : r->s->done;
	r->s->begun = r->s->begun || json_flag(r->data, "Begun", true);
	r->s->stopped = json_flag(r->data, "Stopped", false);
}

static void step_skipped(struct restoring *r)
{
	bool begun = r->s->begun || r->s->again;

	over(r, STEP_SKIPPED);
	r->s->begun = begun && json_flag(r->data, "Begun", true);
	r->s->done = r->s->memory ? r->s->memory : r->s->done;
	r->s->waived = json_object_get(r->data, "By") != NULL;
	r->x->exceptions += r->s->waived;
}

static void step_reversing(struct restoring *r)
{
	struct step *s = r->s;

	s->undoing = true;
	s->done = s->memory ? s->memory : s->done;
	s->memory = NULL;
	s->key = said(r, "Key");
}

static void step_reversed(struct restoring *r)
{
	over(r, STEP_REVERSED);
}

static void step_reverse_failed(struct restoring *r)
{
	over(r, STEP_REVERSE_FAILED);
	r->s->memory = NULL; /* of the way back; what was done is kept apart */
}

static const struct {
	restorer *restore;
	bool of_step;
} restorers[ENTRY_KIND_COUNT] = {
	[ENTRY_STARTED] = {started, false},
	[ENTRY_RESUMED_BY] = {resumed_by, false},
	[ENTRY_DETECTED] = {detected, false},
	[ENTRY_STEP_STARTED] = {step_started, true},
	[ENTRY_STEP_MEMORY] = {step_memory, true},
	[ENTRY_STEP_RETRY] = {step_retry, true},
	[ENTRY_STEP_SUCCEEDED] = {step_succeeded, true},
	[ENTRY_STEP_FAILED] = {step_failed, true},
	[ENTRY_STEP_SKIPPED] = {step_skipped, true},
	[ENTRY_STEP_REVERSING] = {step_reversing, true},
	[ENTRY_STEP_REVERSED] = {step_reversed, true},
	[ENTRY_STEP_REVERSE_FAILED] = {step_reverse_failed, true},
	[ENTRY_CHECK] = {checked, false},
	[ENTRY_ASKED] = {asked, false},
	[ENTRY_PAUSED] = {paused, false},
	[ENTRY_RESUMED] = {resumed, false},
	[ENTRY_UNGRACEFUL] = {ungraceful, false},
	[ENTRY_DATA_LOSS] = {data_loss, false},
	[ENTRY_FENCED] = {was_fenced, false},
	[ENTRY_REVERSING] = {reversing, false},
	[ENTRY_MONITORING] = {monitoring, false},
	[ENTRY_OBJECTIVE] = {objective, false},
};

static void restore(struct conduct *x, const struct journal_entry *e)
{
	struct restoring r = {.x = x, .entry = e};
	bool known = (size_t)e->kind < ENTRY_KIND_COUNT && restorers[e->kind].restore;
	json_t *data;

	r.s = *e->step ? conduct_step(x, e->step) : NULL;
	if (known && (r.s || !restorers[e->kind].of_step)) {
		data = json_parse(text_of(e->data), x->a, NULL);
		r.data = data;
		restorers[e->kind].restore(&r);
		json_decref(data);
	}
	x->heard_ms = e->at_ms;
}

/* --- what it goes on with ---------------------------------------------------------------- */

static bool went_badly(const struct step *s)
{
	return s->phase == PHASE_OVER && s->status == STEP_FAILED;
}

/* It, or the group that it is in, was passed over. */
static bool is_passed_over(const struct conduct *x, const struct step *s,
			   const struct step_spec *spec)
{
	if (s->p->parent != STEP_TOP && x->steps[s->p->parent].is_policy)
		return true;
	return s->begun && !s->stopped && spec && spec->on_failure == STEP_FAILURE_CONTINUE;
}

/* What failed and was passed over stays so, unless it was never begun: what it lacked may be there
 * by now.  What its OnFailure says needs no reference. */
static void pass_over(struct conduct *x)
{
	for (size_t i = 0; i < x->p->step_count; i++) {
		struct step *s = &x->steps[i];
		const struct step_spec *spec;
		struct diags ignored = DIAGS_INIT;

		if (!went_badly(s))
			continue;
		spec = step_spec(x->e->arena, x->bound, (struct step_wish){i, s->grace}, NULL,
				 &ignored);
		diags_release(&ignored);
		if (!is_passed_over(x, s, spec))
			continue;
		s->spec = spec;
		s->is_policy = s->passed_over = true;
		x->exceptions += spec && spec->on_failure == STEP_FAILURE_CONTINUE;
	}
}

/* Who goes on with what failed tries that again, and the groups that it is in. */
static void try_again(struct conduct *x)
{
	for (size_t i = 0; i < x->p->step_count && x->stage != STAGE_BACK; i++)
		if (went_badly(&x->steps[i]) && !x->steps[i].is_policy)
			step_again(&x->steps[i], "the execution is resumed");
}

/* What could not be undone is tried again, too: why it could not may be gone. */
static void go_on_back(struct conduct *x)
{
	for (size_t i = 0; i < x->p->step_count; i++) {
		struct step *s = &x->steps[i];

		if (s->status != STEP_REVERSE_FAILED)
			continue;
		s->status = STEP_SUCCEEDED;
		for (size_t k = 0; k < s->child_count; k++)
			if (s->children[k]->p->role == ROLE_REVERSE && went_badly(s->children[k]))
				step_again(s->children[k], "the execution is resumed");
	}
	back_begin(x, x->why);
}

/* Killed behind the promotion, and before it had said what was lost. */
static void say_loss(struct conduct *x)
{
	for (size_t i = 0; i < x->p->step_count && !x->rpo_known; i++) {
		struct step *s = &x->steps[i];
		struct diags ignored = DIAGS_INIT;
		const struct step_spec *spec;

		if (s->status != STEP_SUCCEEDED || s->p->role != ROLE_STEP)
			continue;
		spec = step_spec(x->e->arena, x->bound, (struct step_wish){i, s->grace}, NULL,
				 &ignored);
		diags_release(&ignored);
		if (spec && spec->promotes)
			loss_promoted(x);
	}
}

static int check_chain(struct conduct *x, const struct journal_list *list)
{
	int64_t broken = journal_broken_at(list, x->row.head);
	struct diag *g;

	if (!broken)
		return 0;
	g = diag_add(x->d, DIAG_CONDUCT_RESUME, RANGE_NONE,
		     "execution %s cannot be gone on with: its journal was changed", x->row.id);
	diag_detail(x->d, g, "Event %lld does not fit the one before it.", (long long)broken);
	diag_hint(x->d, g, "start a new execution");
	return -1;
}

static int check_digest(struct conduct *x, const struct journal_list *list)
{
	json_t *data = list->count ? json_parse(text_of(list->items[0].data), x->a, NULL) : NULL;
	bool same = !strcmp(json_str(data, "Digest", ""), x->p->digest);
	struct diag *g;

	json_decref(data);
	if (same)
		return 0;
	g = diag_add(x->d, DIAG_CONDUCT_RESUME, RANGE_NONE,
		     "runbook '%s' is not what it was when execution %s began", x->row.runbook,
		     x->row.id);
	diag_detail(x->d, g, "Steps that are over might not be those that are over by now.");
	diag_hint(x->d, g,
		  "bring its files back to what they were and go on, or abort the execution "
		  "(`hadeploy runbook abort %s`) and start a new one",
		  x->row.id);
	x->out->refused = true;
	return -1;
}

/* Who draws the execution knows its beginning: since when the clock runs, what is done. */
static void recall(struct conduct *x, const struct journal_entry *entry)
{
	engine_tell(x->e, (struct event){
				  .kind = EVENT_RECALLED,
				  .entry = entry,
				  .execution = x->row.id,
				  .step = *entry->step ? entry->step : NULL,
			  });
}

/* To end it as it is overtakes nobody. */
static int write_resumed(struct conduct *x)
{
	json_t *data = json_pack("{s:o}", "By", conduct_by(&x->owner));
	int64_t order;

	if (!x->ends_as_it_is) {
		if (journal_take_order(x->state, &order, x->d)) {
			json_decref(data);
			return -1;
		}
		json_object_set_new(data, "Order", json_integer((json_int_t)order));
	}
	if (x->q->reason)
		json_object_set_new(data, "Reason", json_string(x->q->reason));
	if (x->q->override_policy)
		json_object_set_new(data, "Policy", json_string(x->q->override_policy));
	if (x->overtaken)
		json_object_set_new(data, "Overtaken", x->overtaken);
	x->overtaken = NULL;
	if (x->blockers) {
		json_object_set(data, "Blockers", x->blockers);
		json_object_set_new(data, "Reason", json_string(x->q->override_blockers));
	}
	return conduct_write(x, ENTRY_RESUMED_BY, "", data) ? 0 : -1;
}

int conduct_restore(struct conduct *x)
{
	struct journal_list list = {NULL, 0};

	if (journal_load_entries(x->state, &(struct journal_part){x->row.id, 0}, x->a, &list,
				 x->d) ||
	    check_chain(x, &list) || check_digest(x, &list))
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		restore(x, &list.items[i]);
		recall(x, &list.items[i]);
	}
	carry(x);
	if (!x->q->abort && !x->abort_taken)
		pass_over(x);
	if (wishes_check(x))
		return -1;
	if (x->setup->preflight && x->setup->preflight(x))
		return -1;
	if (write_resumed(x))
		return -1;
	say_loss(x);
	if (x->paused) {
		x->paused = false;
		conduct_write(x, ENTRY_RESUMED, "",
			      json_pack("{s:o}", "By", conduct_by(&x->owner)));
	}
	wishes_take(x);
	if (x->abort_taken && (x->stage != STAGE_BACK || x->keeps))
		conduct_abort(x, x->abort_taken);
	else if (!x->q->abort)
		try_again(x);
	if (x->stage == STAGE_BACK && !x->keeps)
		go_on_back(x);
	return x->broken ? -1 : 0;
}
