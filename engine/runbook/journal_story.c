/*
 * journal_story.c - the events of an execution folded to how it stands.
 *
 * One function per kind of event, in a table; what an event lacks stays as it was, and one that
 * makes no sense here changes nothing: a story can be told of any journal.
 */
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/vec.h"
#include "engine/runbook/journal_names.h"

struct steps_vec {
	VEC_OF(struct step_story)
};

struct telling {
	struct arena *a;
	struct execution_story *out;
	struct steps_vec steps;
	struct map index;     /* path to index + 1 */
	size_t pending_count; /* steps that wait for approval */
	bool monitoring, over;
	const struct journal_entry *entry;
	const json_t *data; /* its object */
};

typedef void teller(struct telling *t, struct step_story *step);

/* --- what an event says --------------------------------------------------------------- */

static const char *said(const struct telling *t, const char *key)
{
	return arena_strdup(t->a, json_str(t->data, key, ""));
}

static const char *said_json(const struct telling *t, const char *key)
{
	const json_t *value = json_object_get(t->data, key);

	return value && !json_is_null(value) ? json_text(t->a, value) : "";
}

/* A time, or how long something took, in milliseconds: what no clock can say is as good as
 * nothing, and can be reckoned with. */
#define MILLIS_MAX 253402300799000 /* the year 9999 */

static int64_t said_millis(const json_t *object, const char *key, int64_t fallback)
{
	int64_t ms = json_int(object, key, fallback);

	return ms >= 0 && ms <= MILLIS_MAX ? ms : fallback;
}

static struct step_story *find_step(struct telling *t, const char *path)
{
	uintptr_t at = (uintptr_t)map_find(&t->index, text_of(path));
	struct step_story *step;

	if (at)
		return &t->steps.items[at - 1];
	step = arena_vec_add(t->a, &t->steps);
	*step = (struct step_story){.path = arena_strdup(t->a, path),
				    .kind = "",
				    .region = "",
				    .fenced = "",
				    .key = "",
				    .memory = "",
				    .result = "",
				    .reason = "",
				    .text = ""};
	map_set(&t->index, text_of(path), (void *)(uintptr_t)t->steps.count);
	return step;
}

static void set_status(struct telling *t, struct step_story *step, enum step_status status)
{
	t->pending_count -= step->status == STEP_PENDING_APPROVAL;
	t->pending_count += status == STEP_PENDING_APPROVAL;
	step->status = status;
}

/* --- the execution -------------------------------------------------------------------- */

static void tell_started(struct telling *t, struct step_story *none)
{
	const json_t *objectives = json_object_get(t->data, "Objectives");
	const json_t *steps = json_object_get(t->data, "Steps"), *one;
	size_t i;

	(void)none;
	t->out->row.started_ms = t->entry->at_ms;
	t->out->digest = said(t, "Digest");
	t->out->order = json_int(t->data, "Order", 0);
	t->out->beside = !json_flag(t->data, "Exclusive", true);
	t->out->since_ms = said_millis(t->data, "Since", t->entry->at_ms);
	t->out->rto.objective_ms = said_millis(objectives, "RTO", 0);
	t->out->rpo.objective_ms = said_millis(objectives, "RPO", 0);
	if (strcmp(json_str(t->data, "Mode", ""), "ungraceful") == 0)
		t->out->ungraceful = true;
	json_array_foreach(steps, i, one)
	{
		const char *path = json_str(one, "Path", NULL);

		if (path)
			find_step(t, path)->kind = arena_strdup(t->a, json_str(one, "Kind", ""));
	}
}

/* It goes on after its end, or after a crash; who had paused it has to let it go on. */
static void tell_resumed_by(struct telling *t, struct step_story *none)
{
	(void)none;
	t->over = false;
	t->out->end_reason = "";
	t->out->row.ended_ms = 0;
	t->out->order = json_int(t->data, "Order", t->out->order);
}

static void tell_detected(struct telling *t, struct step_story *none)
{
	(void)none;
	t->out->since_ms = said_millis(t->data, "At", t->entry->at_ms);
}

static void tell_asked(struct telling *t, struct step_story *none)
{
	int64_t number = json_int(t->data, "Number", 0);

	(void)none;
	if (number > t->out->asks_taken)
		t->out->asks_taken = number;
}

static void tell_paused(struct telling *t, struct step_story *none)
{
	(void)none;
	t->out->paused = true;
	t->out->paused_ms = t->entry->at_ms;
	t->out->pause_reason = said(t, "Reason");
}

static void tell_resumed(struct telling *t, struct step_story *none)
{
	(void)none;
	t->out->paused = false;
	t->out->pause_reason = "";
}

static void tell_ungraceful(struct telling *t, struct step_story *step)
{
	if (step)
		step->ungraceful = true;
	else
		t->out->ungraceful = true;
}

static void tell_data_loss(struct telling *t, struct step_story *none)
{
	(void)none;
	t->out->data_loss_accepted = true;
}

static void tell_fenced(struct telling *t, struct step_story *step)
{
	t->out->fenced = true;
	if (step)
		step->fenced = said(t, "Region");
}

static void tell_reversing(struct telling *t, struct step_story *none)
{
	(void)none;
	t->out->reversing = true;
	t->monitoring = false;
}

static void tell_monitoring(struct telling *t, struct step_story *none)
{
	(void)none;
	t->monitoring = true;
}

static void tell_objective(struct telling *t, struct step_story *none)
{
	const char *name = json_str(t->data, "Name", "");
	struct objective_story *o = NULL;

	(void)none;
	if (strcmp(name, "RTO") == 0)
		o = &t->out->rto;
	else if (strcmp(name, "RPO") == 0)
		o = &t->out->rpo;
	if (!o)
		return;
	o->known = json_is_integer(json_object_get(t->data, "Actual"));
	o->actual_ms = said_millis(t->data, "Actual", 0);
	o->objective_ms = said_millis(t->data, "Objective", 0);
	o->met = json_flag(t->data, "Met", false);
	o->detail = said(t, "Detail");
	if (o == &t->out->rto && o->known)
		t->out->healthy_ms = t->out->since_ms + o->actual_ms;
}

static void tell_ended(struct telling *t, struct step_story *none)
{
	(void)none;
	t->over = true;
	t->out->row.ended_ms = t->entry->at_ms;
	t->out->end_reason = said(t, "Reason");
	t->out->row.status = EXECUTION_FAILED;
	execution_status_parse(json_str(t->data, "Status", ""), &t->out->row.status);
}

/* --- steps ---------------------------------------------------------------------------- */

static void tell_step_started(struct telling *t, struct step_story *step)
{
	int64_t attempt = json_int(t->data, "Attempt", 0);
	const char *key = said(t, "Key");

	set_status(t, step, STEP_RUNNING);
	step->attempts++;
	if (attempt > 0 && attempt < INT32_MAX)
		step->attempts = (size_t)attempt;
	/* After a crash the same attempt begins once more, and knows what it had remembered. */
	if (!*key || strcmp(key, step->key) != 0)
		step->memory = "";
	step->key = key;
	step->reason = step->text = step->result = "";
	if (!step->started_ms)
		step->started_ms = t->entry->at_ms;
	step->ended_ms = 0;
	step->begun = true;
	step->region = said(t, "Region");
	step->promotes = json_flag(t->data, "Promotes", step->promotes);
	if (strcmp(json_str(t->data, "Grace", ""), "ungraceful") == 0)
		step->ungraceful = true;
	t->monitoring = false;
}

static void tell_step_memory(struct telling *t, struct step_story *step)
{
	step->memory = arena_strdup(t->a, t->entry->data);
}

static void tell_step_progress(struct telling *t, struct step_story *step)
{
	step->text = said(t, "Text");
}

/* With a message it waits for a person, else for something that needs none. */
static void tell_step_waiting(struct telling *t, struct step_story *step)
{
	if (json_object_get(t->data, "Message")) {
		set_status(t, step, STEP_PENDING_APPROVAL);
		step->text = said(t, "Message");
	} else {
		step->text = said(t, "Text");
	}
}

static void tell_step_retry(struct telling *t, struct step_story *step)
{
	set_status(t, step, STEP_RUNNING);
	step->reason = said(t, "Reason");
	step->ended_ms = 0;
}

static void end_step(struct telling *t, struct step_story *step, enum step_status status)
{
	set_status(t, step, status);
	step->ended_ms = t->entry->at_ms;
	step->reason = said(t, "Reason");
}

static void tell_step_succeeded(struct telling *t, struct step_story *step)
{
	end_step(t, step, STEP_SUCCEEDED);
	step->result = said_json(t, "Result");
}

static void tell_step_failed(struct telling *t, struct step_story *step)
{
	end_step(t, step, STEP_FAILED);
	step->begun = json_flag(t->data, "Begun", true);
	step->result = said_json(t, "Result");
}

static void tell_step_skipped(struct telling *t, struct step_story *step)
{
	end_step(t, step, STEP_SKIPPED);
	step->begun = step->begun && json_flag(t->data, "Begun", true);
}

/* It stays what it was until it is undone. */
static void tell_step_reversing(struct telling *t, struct step_story *step)
{
	step->key = said(t, "Key");
}

static void tell_step_reversed(struct telling *t, struct step_story *step)
{
	end_step(t, step, STEP_REVERSED);
	step->fenced = "";
}

static void tell_step_reverse_failed(struct telling *t, struct step_story *step)
{
	end_step(t, step, STEP_REVERSE_FAILED);
}

/* of_step: without a path it says nothing. */
static const struct {
	teller *tell;
	bool of_step;
} tellers[ENTRY_KIND_COUNT] = {
	[ENTRY_STARTED] = {tell_started, false},
	[ENTRY_RESUMED_BY] = {tell_resumed_by, false},
	[ENTRY_DETECTED] = {tell_detected, false},
	[ENTRY_STEP_STARTED] = {tell_step_started, true},
	[ENTRY_STEP_MEMORY] = {tell_step_memory, true},
	[ENTRY_STEP_PROGRESS] = {tell_step_progress, true},
	[ENTRY_STEP_WAITING] = {tell_step_waiting, true},
	[ENTRY_STEP_RETRY] = {tell_step_retry, true},
	[ENTRY_STEP_SUCCEEDED] = {tell_step_succeeded, true},
	[ENTRY_STEP_FAILED] = {tell_step_failed, true},
	[ENTRY_STEP_SKIPPED] = {tell_step_skipped, true},
	[ENTRY_STEP_REVERSING] = {tell_step_reversing, true},
	[ENTRY_STEP_REVERSED] = {tell_step_reversed, true},
	[ENTRY_STEP_REVERSE_FAILED] = {tell_step_reverse_failed, true},
	[ENTRY_ASKED] = {tell_asked, false},
	[ENTRY_PAUSED] = {tell_paused, false},
	[ENTRY_RESUMED] = {tell_resumed, false},
	[ENTRY_UNGRACEFUL] = {tell_ungraceful, false},
	[ENTRY_DATA_LOSS] = {tell_data_loss, false},
	[ENTRY_FENCED] = {tell_fenced, false},
	[ENTRY_REVERSING] = {tell_reversing, false},
	[ENTRY_MONITORING] = {tell_monitoring, false},
	[ENTRY_OBJECTIVE] = {tell_objective, false},
	[ENTRY_ENDED] = {tell_ended, false},
};

static void tell(struct telling *t, const struct journal_entry *e)
{
	struct step_story *step = NULL;
	json_t *data;

	if ((size_t)e->kind >= ENTRY_KIND_COUNT || !tellers[e->kind].tell ||
	    (tellers[e->kind].of_step && !*e->step))
		return;
	data = json_parse(text_of(e->data), t->a, NULL);
	t->entry = e;
	t->data = data;
	if (*e->step &&
	    (tellers[e->kind].of_step || e->kind == ENTRY_UNGRACEFUL || e->kind == ENTRY_FENCED))
		step = find_step(t, e->step);
	tellers[e->kind].tell(t, step);
	json_decref(data);
}

static enum execution_status status_of(const struct telling *t)
{
	if (t->over)
		return t->out->row.status;
	if (t->out->paused)
		return EXECUTION_PAUSED;
	if (t->pending_count)
		return EXECUTION_WAITING;
	if (t->out->reversing)
		return EXECUTION_REVERSING;
	return t->monitoring ? EXECUTION_MONITORING : EXECUTION_RUNNING;
}

void execution_story(struct arena *a, const struct execution_row *row,
		     const struct journal_list *entries, struct execution_story *out)
{
	struct telling t = {.a = a, .out = out, .index = MAP_INIT};

	*out = (struct execution_story){.row = *row,
					.digest = "",
					.pause_reason = "",
					.end_reason = "",
					.since_ms = row->started_ms,
					.rto = {.detail = ""},
					.rpo = {.detail = ""}};
	out->row.ended_ms = 0;
	for (size_t i = 0; i < entries->count; i++) {
		tell(&t, &entries->items[i]);
		out->heard_ms = entries->items[i].at_ms;
	}
	map_release(&t.index);
	out->row.status = status_of(&t);
	out->steps = t.steps.items;
	out->step_count = t.steps.count;
}

const struct step_story *story_step(const struct execution_story *s, const char *path)
{
	for (size_t i = 0; i < s->step_count; i++)
		if (strcmp(s->steps[i].path, path) == 0)
			return &s->steps[i];
	return NULL;
}
