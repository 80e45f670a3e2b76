/* ask_step.c - see ask_step.h. */
#include "cli/ask_step.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/view_text.h"

#define ANSWER_LEN 256

/* --- from another terminal -------------------------------------------------------------- */

/* The entry in which the step began to wait. */
static json_t *waiting_data(struct arena *a, const struct journal_list *entries, const char *path)
{
	for (size_t i = entries->count; i > 0; i--) {
		const struct journal_entry *e = &entries->items[i - 1];

		if (e->kind == ENTRY_STEP_WAITING && strcmp(e->step, path) == 0)
			return json_parse(text_of(e->data), a, NULL);
	}
	return NULL;
}

static int check_approver(struct invocation *in, const struct step_story *step, const json_t *data,
			  const char *user)
{
	const json_t *all = json_object_get(data, "Approvers"), *one;
	struct str names = STR_INIT;
	bool found = !json_array_size(all);
	struct diag *g;
	size_t i;

	json_array_foreach(all, i, one)
	{
		const char *name = json_is_string(one) ? json_string_value(one) : "";

		found |= strcmp(name, user) == 0;
		str_printf(&names, "%s%s", i ? ", " : "", name);
	}
	if (!found) {
		g = diag_add(&in->diags, DIAG_EXECUTION_APPROVER, RANGE_NONE,
			     "step '%s' is not for '%s' to approve", step->path, user);
		diag_detail(&in->diags, g, "its Approvers: %s", str_cstr(&names));
	}
	str_release(&names);
	return found ? 0 : -1;
}

/* Appends what is typed, up to a newline.  1: a whole line; 0: not yet; -1: the end of input. */
static int read_typed(int fd, struct str *line)
{
	char c;
	ssize_t got;

	while ((got = read(fd, &c, 1)) == 1) {
		if (c == '\n')
			return 1;
		if (line->len <= ANSWER_LEN)
			str_add_char(line, c);
		struct pollfd more = {fd, POLLIN, 0};

		if (poll(&more, 1, 0) <= 0)
			return 0;
	}
	return got < 0 && errno == EINTR ? 0 : -1;
}

static const char *ask_word(struct invocation *in, const char *message, const char *confirm)
{
	struct str text = STR_INIT, line = STR_INIT;
	const char *answer;
	int whole = 0;

	if (message && *message) {
		shown_text(&text, text_of(message));
		str_add_char(&text, '\n');
	}
	str_add(&text, "Type '");
	shown_text(&text, text_of(confirm));
	str_add(&text, "' to approve: ");
	term_write(&in->err, &text);
	while (whole == 0)
		whole = read_typed(STDIN_FILENO, &line);
	answer = arena_text(in->arena, text_trim(str_text(&line)));
	str_release(&line);
	str_release(&text);
	return answer;
}

static int check_word(struct invocation *in, const struct step_story *step, const char *confirm,
		      const char *typed)
{
	struct diag *g;

	if (typed && strcmp(typed, confirm) == 0)
		return 0;
	g = diag_add(&in->diags, DIAG_EXECUTION_CONFIRM, RANGE_NONE,
		     typed ? "step '%s' is not approved: something else was typed than '%s'"
			   : "step '%s' wants '%s' to be typed, and nobody can be asked here",
		     step->path, confirm);
	diag_hint(&in->diags, g, "hadeploy runbook approve %s --confirm '%s'", step->path, confirm);
	return -1;
}

int ask_step_confirm(struct invocation *in, const struct step_story *step,
		     const struct journal_list *entries, struct execution_ask *q)
{
	const struct option_value *given = &in->args->options[OPT_CONFIRM];
	json_t *data = waiting_data(in->arena, entries, step->path);
	const char *confirm = arena_strdup(in->arena, json_str(data, "Confirm", ""));
	const char *typed = given->count ? given->text : NULL;
	int status = check_approver(in, step, data, q->by.user);

	if (status == 0 && *confirm) {
		if (!typed && invocation_can_ask(in))
			typed = ask_word(in, json_str(data, "Message", ""), confirm);
		status = check_word(in, step, confirm, typed);
		q->text = confirm;
	}
	json_decref(data);
	return status;
}

/* --- at the execution's own terminal ----------------------------------------------------- */

static bool is_fence(const struct step_story *step)
{
	return strcmp(step->kind, step_kind_name(STEP_FENCE)) == 0;
}

/* What may be done about one that failed. */
static const char *choices(const struct step_story *step)
{
	if (is_fence(step))
		return "'retry', 'fenced REASON' (switched off by hand), 'skip' or 'abort'? ";
	return step->promotes ? "'retry', 'skip REASON' or 'abort'? "
			      : "'retry', 'skip' or 'abort'? ";
}

static void open_question(struct step_question *q, const struct step_story *step,
			  const char *message, const char *confirm)
{
	struct str text = STR_INIT;
	bool failed = step->status == STEP_FAILED;

	str_clear(&q->about);
	str_add(&q->about, step->path);
	str_clear(&q->line);
	tcflush(STDIN_FILENO, TCIFLUSH); /* what was typed before is no answer to it */
	if (message && *message && !failed) {
		shown_text(&text, text_of(message));
		str_add_char(&text, '\n');
	}
	if (failed && *step->text) {
		shown_text(&text, text_of(step->text));
		str_add_char(&text, '\n');
	}
	shown_text(&text, text_of(step->path));
	if (failed)
		str_printf(&text, " failed: %s", choices(step));
	else if (confirm && *confirm) {
		str_add(&text, ": type '");
		shown_text(&text, text_of(confirm));
		str_add(&text, "' to approve, 'no' to decline: ");
	} else {
		str_add(&text, ": approve? 'yes' or 'no': ");
	}
	q->in->view->ask(q->in->view, step->path, str_cstr(&text));
	str_release(&text);
}

static bool is_open_about(const struct step_question *q, const struct step_story *step)
{
	return q->in->view->asks && text_is(str_text(&q->about), step->path);
}

struct answer {
	const char *word;
	enum execution_request request;
};

static bool find_answer(const struct answer *answers, size_t count, const char *typed,
			enum execution_request *out)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(answers[i].word, typed) == 0) {
			*out = answers[i].request;
			return true;
		}
	}
	return false;
}

/* What was typed, as a request; what is none is asked for again. */
static bool understand(const struct step_story *step, const char *confirm, const char *typed,
		       enum execution_request *out)
{
	static const struct answer of_failed[] = {
		{"retry", REQUEST_RETRY}, {"skip", REQUEST_SKIP}, {"abort", REQUEST_ABORT}};
	const struct answer of_approval[] = {
		{"no", REQUEST_DECLINE}, {confirm && *confirm ? confirm : "yes", REQUEST_APPROVE}};

	return step->status == STEP_FAILED
		       ? find_answer(of_failed, ARRAY_LEN(of_failed), typed, out)
		       : find_answer(of_approval, ARRAY_LEN(of_approval), typed, out);
}

/* "skip REASON", and of a fence "fenced REASON". */
static bool take_reason(const struct step_story *step, const char *typed, struct execution_ask *out)
{
	const char *reason = strchr(typed, ' ');
	struct text word = {typed, reason ? (size_t)(reason - typed) : 0};
	bool fenced = is_fence(step) && text_is(word, "fenced");

	if (step->status != STEP_FAILED || !(fenced || text_is(word, "skip")))
		return false;
	out->request = REQUEST_SKIP;
	out->reason = reason + 1;
	out->text = fenced ? "fenced" : "";
	return true;
}

/* 1: a line was typed; never waits. */
static int look_for_line(struct step_question *q)
{
	struct pollfd typed = {STDIN_FILENO, POLLIN, 0};
	int whole;

	if (q->over || poll(&typed, 1, 0) <= 0)
		return 0;
	whole = read_typed(STDIN_FILENO, &q->line);
	if (whole < 0) {
		q->over = true;
		q->in->view->ask(q->in->view, NULL, NULL);
	}
	return whole > 0;
}

int ask_step(void *context, const struct step_story *step, const char *message, const char *confirm,
	     struct execution_ask *out)
{
	struct step_question *q = context;
	struct arena *a = q->in->arena;
	const char *typed;

	if (q->over)
		return 0;
	if (!is_open_about(q, step))
		open_question(q, step, message, confirm);
	if (!look_for_line(q))
		return 0;
	typed = arena_text(a, text_trim(str_text(&q->line)));
	out->reason = "";
	out->text = typed;
	if (!take_reason(step, typed, out) && !understand(step, confirm, typed, &out->request)) {
		open_question(q, step, NULL, confirm);
		return 0;
	}
	out->step = arena_strdup(a, step->path);
	out->by = engine_owner(a, q->in->clock, q->in->command->name);
	q->in->view->ask(q->in->view, NULL, NULL);
	return 1;
}

void ask_step_close(struct step_question *q)
{
	if (q->in->view->asks)
		q->in->view->ask(q->in->view, NULL, NULL);
	str_release(&q->about);
	str_release(&q->line);
}
