/*
 * cmd_runbook_control.c - what is asked of a running execution from another terminal.
 *
 * Each command writes a request, which the execution takes several times a second, and waits
 * shortly until it did.  What cannot be is refused here, where somebody reads why.
 */
#include <poll.h>
#include <string.h>

#include "base/vec.h"
#include "cli/ask_step.h"
#include "cli/cmd_runbook.h"
#include "cli/execution.h"
#include "cli/request.h"
#include "cli/view_execution.h"

#define TAKEN_WITHIN_MS 5000
#define LOOK_MS 100

#define MAY(status) (1u << (status))

/* Of a command: what it asks, which steps it can be about, and what follows. */
struct control {
	const struct command *command;
	enum execution_request request;
	unsigned may;       /* statuses of the steps it is for; 0: it is about no step */
	bool step_optional; /* without one: the only one that may, or all */
	bool all_without;   /* without one it is about the whole execution */
	const char *follows;
	const char *resumes; /* option of `run --resume` that asks the same; NULL: there is none */
};

static const struct control controls[] = {
	{&cmd_runbook_pause, REQUEST_PAUSE, 0, true, true,
	 "what runs is finished, and no step is begun until 'hadeploy runbook resume'", NULL},
	{&cmd_runbook_resume, REQUEST_RESUME, 0, true, true, "it goes on", NULL},
	{&cmd_runbook_skip, REQUEST_SKIP,
	 MAY(STEP_NOT_STARTED) | MAY(STEP_RUNNING) | MAY(STEP_PENDING_APPROVAL) | MAY(STEP_FAILED),
	 false, false, "the step is left out", "--skip"},
	{&cmd_runbook_retry, REQUEST_RETRY, MAY(STEP_FAILED), true, false,
	 "the step is tried again", "--retry"},
	{&cmd_runbook_approve, REQUEST_APPROVE, MAY(STEP_PENDING_APPROVAL), true, false,
	 "the step is done", "--approve"},
	{&cmd_runbook_decline, REQUEST_DECLINE, MAY(STEP_PENDING_APPROVAL), true, false,
	 "the step fails, and the execution does as its OnFailure says", NULL},
	{&cmd_runbook_ungraceful, REQUEST_UNGRACEFUL,
	 MAY(STEP_NOT_STARTED) | MAY(STEP_RUNNING) | MAY(STEP_PENDING_APPROVAL) | MAY(STEP_FAILED),
	 true, true, "from here on steps do as their Ungraceful says", "--ungraceful"},
	{&cmd_runbook_abort, REQUEST_ABORT, 0, true, true,
	 "nothing more is begun, and what can be undone is", NULL},
	{&cmd_runbook_accept, REQUEST_ACCEPT_DATA_LOSS, 0, true, true,
	 "it may promote although more is lost than the RPO allows", "--accept-data-loss"},
};

static const struct control *control_of(const struct command *c)
{
	for (size_t i = 0; i < ARRAY_LEN(controls); i++) {
		if (controls[i].command == c)
			return &controls[i];
	}
	fail_fast("a command without its row");
}

/* --- the step -------------------------------------------------------------------------- */

struct steps {
	VEC_OF(const struct step_story *)
};

struct asking {
	struct invocation *in;
	const struct control *control;
	struct execution_row row;
	struct execution_story story;
	struct journal_list entries;
	const struct step_story *step; /* NULL: the whole execution */
};

static const char *what(const struct asking *k)
{
	return request_name(k->control->request);
}

static bool may(const struct asking *k, const struct step_story *s)
{
	return k->control->may & MAY(s->status);
}

static void collect(struct asking *k, struct steps *out, const char *name)
{
	for (size_t i = 0; i < k->story.step_count; i++) {
		const struct step_story *s = &k->story.steps[i];
		const char *slash = strrchr(s->path, '/');

		if (name ? strcmp(s->path, name) == 0 : may(k, s)) {
			*arena_vec_add(k->in->arena, out) = s;
			continue;
		}
		/* Its own name is enough where no path is the same. */
		if (name && slash && strcmp(slash + 1, name) == 0 && !story_step(&k->story, name))
			*arena_vec_add(k->in->arena, out) = s;
	}
}

static int say_which(struct asking *k, const struct steps *found, const char *why)
{
	struct str list = STR_INIT;
	struct diag *g;

	for (size_t i = 0; i < found->count; i++)
		str_printf(&list, "%s%s  %s", i ? "\n" : "", found->items[i]->path,
			   step_status_name(found->items[i]->status));
	g = diag_add(&k->in->diags, DIAG_EXECUTION_STEP, RANGE_NONE, "%s", why);
	diag_detail(&k->in->diags, g, "%s", str_cstr(&list));
	diag_hint(&k->in->diags, g, "name one: hadeploy %s %s", k->in->command->name,
		  found->items[0]->path);
	str_release(&list);
	return -1;
}

static int say_unknown_step(struct asking *k, const char *name)
{
	size_t count = k->story.step_count;
	const char **names = ARENA_ARRAY(k->in->arena, 2 * count + 1, const char *);
	struct diag *g;

	for (size_t i = 0; i < count; i++) {
		names[i] = k->story.steps[i].path;
		names[count + i] = step_last_name(k->story.steps[i].path);
	}
	g = diag_add(&k->in->diags, DIAG_EXECUTION_STEP, RANGE_NONE,
		     "execution '%s' has no step '%s'", k->row.id, name);
	diag_did_you_mean(&k->in->diags, g, text_of(name), names, 2 * count);
	if (!g->hint)
		diag_hint(&k->in->diags, g, "'hadeploy runbook status %s' shows its steps",
			  k->row.id);
	return -1;
}

static int say_unfit(struct asking *k, const struct step_story *s)
{
	struct diag *g = diag_add(&k->in->diags, DIAG_EXECUTION_STEP_STATUS, RANGE_NONE,
				  "step '%s' is %s: there is nothing to %s", s->path,
				  step_status_name(s->status), what(k));

	if (s->reason && *s->reason)
		diag_detail(&k->in->diags, g, "%s", s->reason);
	return -1;
}

static int find_named(struct asking *k, const char *name)
{
	struct steps found = {0};

	collect(k, &found, name);
	if (!found.count)
		return say_unknown_step(k, name);
	if (found.count > 1)
		return say_which(k, &found, "more than one step has this name");
	k->step = found.items[0];
	return may(k, k->step) ? 0 : say_unfit(k, k->step);
}

static int find_only(struct asking *k)
{
	struct steps found = {0};

	collect(k, &found, NULL);
	if (found.count > 1)
		return say_which(k, &found,
				 arena_printf(k->in->arena, "there are %zu steps to %s",
					      found.count, what(k)));
	if (!found.count) {
		diag_add(&k->in->diags, DIAG_EXECUTION_STEP_STATUS, RANGE_NONE,
			 "execution '%s' has no step to %s", k->row.id, what(k));
		return -1;
	}
	k->step = found.items[0];
	return 0;
}

static int find_step(struct asking *k)
{
	if (!k->control->may)
		return 0;
	if (k->in->args->operand_count)
		return find_named(k, k->in->args->operands[0]);
	return k->control->all_without ? 0 : find_only(k);
}

static int check_status(struct asking *k)
{
	bool paused = k->story.paused;
	struct diag *g;

	if (k->control->request == REQUEST_PAUSE && paused) {
		diag_add(&k->in->diags, DIAG_EXECUTION_STATUS, RANGE_NONE,
			 "execution '%s' is paused already: %s", k->row.id, k->story.pause_reason);
		return -1;
	}
	if (k->control->request != REQUEST_RESUME || paused)
		return 0;
	g = diag_add(&k->in->diags, DIAG_EXECUTION_STATUS, RANGE_NONE,
		     "execution '%s' is not paused: it is %s", k->row.id,
		     execution_status_name(k->story.row.status));
	if (k->story.row.status == EXECUTION_WAITING)
		diag_hint(&k->in->diags, g, "it waits for 'hadeploy runbook approve'");
	return -1;
}

/* --- the request ----------------------------------------------------------------------- */

static int fill(struct asking *k, struct execution_ask *q)
{
	struct invocation *in = k->in;
	const struct option_value *reason = &in->args->options[OPT_REASON];

	*q = (struct execution_ask){
		.request = k->control->request,
		.step = k->step ? k->step->path : "",
		.reason = reason->count ? reason->text : "",
		.text = option_given(in->args, OPT_KEEP) ? "keep" : "",
		.by = engine_owner(in->arena, in->clock, in->command->name),
	};
	if (option_given(in->args, OPT_FENCED)) {
		q->text = "fenced";
		q->reason = in->args->options[OPT_FENCED].text;
	}
	if (k->control->request == REQUEST_ACCEPT_DATA_LOSS)
		q->reason = in->args->operands[0];
	if (k->control->request == REQUEST_APPROVE)
		return ask_step_confirm(in, k->step, &k->entries, q);
	return 0;
}

/* The store numbers it; ours is the last one of this process. */
static int number_of(struct asking *k, const struct execution_ask *q, int64_t *number)
{
	struct ask_list all = {NULL, 0};

	*number = 0;
	if (journal_load_asks(k->in->state, &(struct journal_part){k->row.id, 0}, k->in->arena,
			      &all, &k->in->diags) != 0)
		return -1;
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].by.pid == q->by.pid && all.items[i].request == q->request &&
		    strcmp(all.items[i].by.host, q->by.host) == 0)
			*number = all.items[i].number;
	return 0;
}

enum taken { NOT_TAKEN, TAKEN, NEVER_TAKEN, UNREADABLE };

static enum taken look(struct asking *k, int64_t number)
{
	struct arena *a = arena_new();
	struct execution_list found = {NULL, 0};
	struct execution_story s = {.asks_taken = 0};
	enum taken taken = NOT_TAKEN;

	if (journal_load_execution(k->in->state, k->row.id, a, &found, &k->in->diags) != 0 ||
	    (found.count && execution_load(k->in, a, &found.items[0], &s, NULL) != 0))
		taken = UNREADABLE;
	else if (s.asks_taken >= number)
		taken = TAKEN;
	else if (!found.count || found.items[0].gone ||
		 execution_status_is_over(found.items[0].status))
		taken = NEVER_TAKEN;
	arena_free(a);
	return taken;
}

/* What nobody took is not taken by whoever goes on with it later: who asked was told so. */
static enum taken look_and_withdraw(struct asking *k, int64_t number)
{
	enum taken taken = look(k, number);
	int withdrawn;

	if (taken != NEVER_TAKEN)
		return taken;
	withdrawn = journal_withdraw(k->in->state, k->row.id, number, &k->in->diags);
	if (withdrawn < 1)
		return withdrawn ? UNREADABLE : NOT_TAKEN;
	/* By the last of whoever ran it, after all. */
	return look(k, number);
}

static enum taken wait_until_taken(struct asking *k, int64_t number)
{
	struct clock *clock = k->in->clock;
	int64_t until_ms = clock->monotonic_ms(clock) + TAKEN_WITHIN_MS;
	enum taken taken = look_and_withdraw(k, number);

	while (taken == NOT_TAKEN && clock->monotonic_ms(clock) < until_ms) {
		poll(NULL, 0, LOOK_MS);
		taken = look_and_withdraw(k, number);
	}
	return taken;
}

/* What it said to request `number`: NULL when it follows it. */
static const char *refusal(struct asking *k, int64_t number)
{
	struct journal_list list = {NULL, 0};
	bool ours = false;

	/* It takes a request first, and looks whether it can be followed then. */
	poll(NULL, 0, LOOK_MS);
	if (journal_load_entries(k->in->state, &(struct journal_part){k->row.id, k->row.entries},
				 k->in->arena, &list, &k->in->diags) != 0)
		return NULL;
	for (size_t i = 0; i < list.count; i++) {
		json_t *data = json_parse(text_of(list.items[i].data), k->in->arena, NULL);
		const char *why = NULL;

		if (list.items[i].kind == ENTRY_ASKED)
			ours = json_int(data, "Number", 0) == number;
		else if (ours && strcmp(json_str(data, "Refused", ""), what(k)) == 0)
			why = arena_strdup(k->in->arena, json_str(data, "Text", ""));
		json_decref(data);
		if (why)
			return why;
	}
	return NULL;
}

/* As it stood when it was asked. */
static const char *follows_abort(struct asking *k)
{
	struct way_back way;

	execution_way_back(k->in->arena, &k->story, &way);
	if (way.point)
		return arena_printf(
			k->in->arena,
			"nothing more is begun, and nothing is undone: %s; not undone: %s",
			way.point, path_list_text(k->in->arena, &way.stays));
	if (way.stays.count)
		return arena_printf(k->in->arena, "%s; not undone: %s", k->control->follows,
				    path_list_text(k->in->arena, &way.stays));
	return k->control->follows;
}

/* What was asked of a paused execution is done, and no step follows. */
static const char *still_paused(struct asking *k)
{
	struct execution_list now = {NULL, 0};
	struct execution_story s = {.paused = false};

	if (k->control->request == REQUEST_PAUSE ||
	    journal_load_execution(k->in->state, k->row.id, k->in->arena, &now, &k->in->diags) ||
	    !now.count || execution_load(k->in, k->in->arena, &now.items[0], &s, NULL) ||
	    !s.paused || execution_status_is_over(s.row.status))
		return "";
	return strcmp(s.pause_reason, "operator") != 0
		       ? "; it stays paused, since another step failed: 'hadeploy runbook status'"
		       : "; it stays paused until 'hadeploy runbook resume'";
}

static const char *follows(struct asking *k)
{
	if (option_given(k->in->args, OPT_KEEP))
		return "nothing more is begun, and what was done stays";
	return k->control->request == REQUEST_ABORT ? follows_abort(k) : k->control->follows;
}

static int report(struct asking *k, enum taken taken)
{
	const char *of = k->step ? k->step->path : "";
	struct diag *g;

	if (taken == NEVER_TAKEN) {
		g = diag_add(&k->in->diags, DIAG_EXECUTION_NOT_TAKEN, RANGE_NONE,
			     "execution '%s' ended before it took the request", k->row.id);
		diag_hint(&k->in->diags, g, "'hadeploy runbook status %s' shows how", k->row.id);
	}
	if (taken == NEVER_TAKEN || taken == UNREADABLE)
		return invocation_exit(k->in);
	k->in->view->show_done(
		k->in->view, taken == TAKEN ? "request_taken" : "request_made",
		arena_printf(k->in->arena, "Execution %s of %s %s: %s%s%s; %s%s.", k->row.id,
			     k->row.runbook,
			     taken == TAKEN ? "took it" : "is asked, and has not answered yet",
			     what(k), *of ? " " : "", of, follows(k),
			     taken == TAKEN ? still_paused(k) : ""));
	return EXIT_DONE;
}

/* The operand of abort is no step. */
static const char *named(const struct invocation *in)
{
	if (in->command == &cmd_runbook_abort && in->args->operand_count)
		return in->args->operands[0];
	return in->args->options[OPT_EXECUTION].text;
}

static void add_option(struct str *words, const struct invocation *in, enum option_id id,
		       const char *name)
{
	if (!option_given(in->args, id))
		return;
	str_printf(words, " --%s ", name);
	shell_word(words, in->args->options[id].text);
}

/* The words of `run --resume` that ask for the same, of an execution that nobody runs. */
static const char *resume_words(const struct invocation *in, const struct control *control)
{
	bool takes_word = control->resumes && control->request != REQUEST_UNGRACEFUL;
	struct str words = STR_INIT;
	const char *copy;

	if (control->resumes && (!takes_word || in->args->operand_count))
		str_printf(&words, " %s", control->resumes);
	if (words.len && takes_word) {
		str_add_char(&words, ' ');
		shell_word(&words, in->args->operands[0]);
		add_option(&words, in, OPT_FENCED, "fenced");
		add_option(&words, in, OPT_REASON, "reason");
	}
	copy = arena_strdup(in->arena, str_cstr(&words));
	str_release(&words);
	return copy;
}

int runbook_ask(struct invocation *in)
{
	struct asking k = {.in = in, .control = control_of(in->command)};
	struct execution_ask q;
	enum taken taken;
	const char *why;
	int64_t number;

	if (execution_find_asked(in, named(in), resume_words(in, k.control), &k.row) != 0 ||
	    execution_load(in, in->arena, &k.row, &k.story, &k.entries) != 0 ||
	    find_step(&k) != 0 || check_status(&k) != 0 || fill(&k, &q) != 0 ||
	    journal_ask(in->state, k.row.id, &q, &in->diags) != 0 ||
	    number_of(&k, &q, &number) != 0)
		return invocation_exit(in);
	taken = wait_until_taken(&k, number);
	why = taken == TAKEN ? refusal(&k, number) : NULL;
	if (!why)
		return report(&k, taken);
	diag_add(&in->diags, DIAG_EXECUTION_REFUSED, RANGE_NONE,
		 "execution '%s' did not follow '%s': %s", k.row.id, what(&k), why);
	return EXIT_REFUSED;
}

/* --- the commands ----------------------------------------------------------------------- */

static const enum option_id plain_options[] = {OPT_EXECUTION, OPT_REASON, OPT_JSON, OPT_END};

#define CONTROL(word, line, takes, least, text, sample, means)                             \
	{                                                                                  \
		.name = "runbook " word, .group = GROUP_FAILOVER, .summary = line,         \
		.operands = takes, .operand_min = least, .operand_max = sizeof(takes) > 1, \
		.help = text, .examples = (const char *const[]){sample, means, NULL},      \
		.options = plain_options, .needs = NEED_STATE_WRITE, .run = runbook_ask    \
	}

const struct command cmd_runbook_pause =
	CONTROL("pause", "ask an execution to begin no further step", "", 0,
		"What runs is finished; nothing new is begun until 'hadeploy runbook resume', and "
		"the clock of the RTO goes on.",
		"hadeploy runbook pause --reason 'waiting for the network team'",
		"the one that is going on");

const struct command cmd_runbook_resume =
	CONTROL("resume", "let a paused execution go on", "", 0,
		"For an execution that is PAUSED and whose process is there. One that was "
		"interrupted or killed is gone on with by 'hadeploy runbook run --resume'.",
		"hadeploy runbook resume", "the one that is going on");

const struct command cmd_runbook_skip = {
	.name = "runbook skip",
	.group = GROUP_FAILOVER,
	.summary = "leave a step out",
	.operands = "STEP",
	.operand_min = 1,
	.operand_max = 1,
	.help = "For a step that runs, waits, failed or has not begun. A running one is asked to "
		"end. The execution then is COMPLETED_WITH_EXCEPTIONS at best. A step is named by "
		"its path as 'hadeploy runbook status' shows it, or by its own name where that is "
		"clear. A fence that is skipped has fenced nothing, and nothing is promoted behind "
		"it, unless --fenced says that the old primary was switched off by hand.",
	.examples =
		(const char *const[]){
			"hadeploy runbook skip data/warm-caches --reason 'takes too long'",
			"go on without it",
			"hadeploy runbook skip fence --fenced 'ann has cut its power'",
			"no check can tell that it is off", NULL},
	.options =
		(const enum option_id[]){OPT_FENCED, OPT_EXECUTION, OPT_REASON, OPT_JSON, OPT_END},
	.needs = NEED_STATE_WRITE,
	.run = runbook_ask,
};

const struct command cmd_runbook_retry = CONTROL(
	"retry", "try a failed step again", "[STEP]", 0,
	"For a step that failed while the execution is held for somebody to decide, as at a "
	"terminal. Without STEP: the only one that failed.",
	"hadeploy runbook retry promote", "once its cause is gone");

const struct command cmd_runbook_decline =
	CONTROL("decline", "say no to a step that waits for approval", "[STEP]", 0,
		"The step fails, and the execution ends or goes back, as its OnFailure says. "
		"Without STEP: the only one that waits.",
		"hadeploy runbook decline --reason 'east is back'", "nothing is moved");

const struct command cmd_runbook_ungraceful =
	CONTROL("ungraceful", "count on the failed region no longer", "[STEP]", 0,
		"A step, or without STEP all that follow, does as its Ungraceful says: it is left "
		"out, or has other values. A running step is begun anew that way.",
		"hadeploy runbook ungraceful --reason 'east does not answer'", "from here on");

const struct command cmd_runbook_accept =
	CONTROL("accept-data-loss", "let it promote beyond the RPO", "REASON", 1,
		"For an execution that was stopped because more would be lost than its RPO allows. "
		"The reason, who gave it and how much it was are in the report.",
		"hadeploy runbook accept-data-loss 'orders are replayed from the queue'",
		"promote all the same");

const struct command cmd_runbook_approve = {
	.name = "runbook approve",
	.group = GROUP_FAILOVER,
	.summary = "approve a step that waits for it",
	.operands = "[STEP]",
	.operand_max = 1,
	.help = "The execution goes on. A step with Confirm wants a word to be typed: it is asked "
		"for at a terminal, else --confirm says it. A step with Approvers takes it only "
		"from these users. Without STEP: the only one that waits.",
	.examples = (const char *const[]){"hadeploy runbook approve", "the only one that waits",
					  "hadeploy runbook approve confirm --confirm west",
					  "from a script", NULL},
	.options =
		(const enum option_id[]){OPT_CONFIRM, OPT_EXECUTION, OPT_REASON, OPT_JSON, OPT_END},
	.needs = NEED_STATE_WRITE,
	.run = runbook_ask,
};
