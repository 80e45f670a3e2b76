/* view_execution_next.c - why an execution does not go on, since when, and what to type. */
#include <string.h>

#include "base/arena.h"
#include "cli/view_execution.h"
#include "cli/view_text.h"

#define NOTE_HANG 4
#define COMMAND_COLUMN 18

/* --- since when ---------------------------------------------------------------------- */

static bool is_left(const struct execution_story *s)
{
	return s->row.gone && !execution_status_is_over(s->row.status);
}

/* "3m02s ago (2026-11-21T08:40:17Z)" */
static void add_when(struct str *out, int64_t at_ms, int64_t now_ms)
{
	char when[CLOCK_TEXT_LEN];

	clock_format_rfc3339(at_ms, when);
	add_span(out, now_ms - at_ms);
	str_printf(out, " ago (%s)", when);
}

static void add_end(struct str *out, const char *word, const struct execution_story *s,
		    int64_t now_ms)
{
	str_printf(out, "  %s ", word);
	add_when(out, s->row.ended_ms, now_ms);
	str_add(out, *s->end_reason ? ": " : "");
	shown_text(out, text_of(s->end_reason));
}

static void add_pause(struct str *out, const struct execution_story *s, int64_t now_ms)
{
	str_add(out, "  paused: ");
	shown_text(out, text_of(*s->pause_reason ? s->pause_reason : "operator"));
	str_add(out, ", ");
	add_when(out, s->paused_ms, now_ms);
	if (is_left(s) && strcmp(s->pause_reason, "interrupted") != 0)
		str_add(out, "; its process has ended since");
}

void view_stopped(struct str *out, const struct execution_story *s, int64_t now_ms,
		  const struct style *st)
{
	bool over = execution_status_is_over(s->row.status);
	struct str line = STR_INIT;

	if (s->row.status == EXECUTION_FAILED) {
		add_end(&line, "failed", s, now_ms);
	} else if (over && *s->end_reason) {
		add_end(&line, "ended", s, now_ms);
	} else if (!over && s->paused) {
		add_pause(&line, s, now_ms);
	} else if (is_left(s)) {
		str_add(&line, "  lost: its process has ended; the latest event was ");
		add_when(&line, s->heard_ms, now_ms);
	}
	if (line.len)
		folded(out, str_text(&line), NOTE_HANG, st->columns);
	str_release(&line);
}

/* --- what to type --------------------------------------------------------------------- */

struct next {
	struct str *out;
	const struct execution_story *s;
};

/* Never folded: it is to be copied. */
static void add_command(const struct next *n, const char *means, const char *words,
			const char *operand)
{
	size_t start = n->out->len;

	str_printf(n->out, "  %s:", means);
	pad_to(n->out, start, COMMAND_COLUMN);
	str_printf(n->out, "hadeploy %s", words);
	if (*operand)
		str_add_char(n->out, ' ');
	shown_text(n->out, text_of(operand));
	str_add_char(n->out, '\n');
}

/* The last, the innermost of those that stand so; NULL: none does. */
static const struct step_story *stands_as(const struct execution_story *s, enum step_status status)
{
	const struct step_story *found = NULL;

	for (size_t i = 0; i < s->step_count; i++)
		if (s->steps[i].status == status)
			found = &s->steps[i];
	return found;
}

/* To leave out what fences or promotes is nothing to propose. */
static bool may_be_left_out(const struct step_story *s)
{
	return s && s->status == STEP_FAILED && strcmp(s->kind, step_kind_name(STEP_FENCE)) != 0 &&
	       !s->promotes && !strstr(s->path, "/by-");
}

/* Nobody carries it on: it takes no requests. */
static void add_resume(const struct next *n, struct arena *a)
{
	const struct execution_story *s = n->s;
	const struct step_story *step = stands_as(s, STEP_FAILED);

	add_command(n, "go on", "runbook run --resume", s->row.id);
	if (may_be_left_out(step) && !s->reversing)
		add_command(n, "without a step",
			    arena_printf(a, "runbook run --resume %s --skip", s->row.id),
			    step->path);
	if (!s->reversing)
		add_command(n, "end it", "runbook abort", s->row.id);
}

static void add_requests(const struct next *n)
{
	const struct step_story *waits = stands_as(n->s, STEP_PENDING_APPROVAL);
	const struct step_story *failed = stands_as(n->s, STEP_FAILED);
	bool held = n->s->paused && strcmp(n->s->pause_reason, "step failed") == 0;

	if (waits) {
		add_command(n, "approve", "runbook approve", waits->path);
		add_command(n, "decline", "runbook decline", waits->path);
	}
	if (held && failed) {
		add_command(n, "try again", "runbook retry", failed->path);
		if (may_be_left_out(failed))
			add_command(n, "leave it out", "runbook skip", failed->path);
		add_command(n, "end it", "runbook abort", n->s->row.id);
	} else if (n->s->paused) {
		add_command(n, "go on", "runbook resume", "");
	}
}

void view_next(struct str *out, const struct execution_story *s)
{
	const struct next n = {out, s};
	struct arena *a = arena_new();
	bool over = execution_status_is_over(s->row.status);
	size_t start = out->len;

	str_add_char(out, '\n');
	if (s->overtaken) {
		add_command(&n, "overtaken by", "runbook status", s->overtaken);
		add_command(&n, "close it", arena_printf(a, "runbook abort %s --keep", s->row.id),
			    "");
	} else if (s->row.kind == EXECUTION_DRILL_SIMULATED) {
		/* Its world is gone. */
	} else if (s->row.status == EXECUTION_FAILED || is_left(s)) {
		add_resume(&n, a);
	} else if (!over) {
		add_requests(&n);
	}
	if (out->len == start + 1)
		str_truncate(out, start);
	arena_free(a);
}
