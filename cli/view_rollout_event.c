/* view_rollout_event.c - what happens in a rollout, as lines where there are no live ones. */
#include <ctype.h>
#include <string.h>

#include "cli/rollout_table.h"
#include "cli/view_rollout.h"
#include "cli/view_text.h"

#define TENTHS 10

static void add_stack(struct str *out, const struct event *e)
{
	str_add(out, e->instance->stack);
	str_add(out, ": ");
}

/* "web/prod/east: ", or "web: " when it is of the whole stack. */
static void add_place(struct str *out, const struct event *e)
{
	if (!e->instance->region || !*e->instance->region) {
		add_stack(out, e);
		return;
	}
	instance_id_format(e->instance, out);
	str_add(out, ": ");
}

static void add_wave_name(struct str *out, const char *name)
{
	str_add(out, rollout_wave_word(name));
	shown_text(out, text_of(name));
}

static void add_wave(struct str *out, const struct event *e)
{
	if (!e->wave)
		return;
	add_stack(out, e);
	add_wave_name(out, e->wave);
	str_add(out, " begins, ");
	counted(out, e->total, "instance", "instances");
	str_add_char(out, '\n');
}

static void add_baking(struct str *out, const struct event *e)
{
	add_stack(out, e);
	if (e->wave) {
		add_wave_name(out, e->wave);
		str_add_char(out, ' ');
	}
	str_add(out, "bakes, ");
	view_span(out, e->wait_ms);
	str_add(out, " left\n");
}

/* "ROLLED_BACK" to "rolled back" */
static void add_status(struct str *out, const char *status)
{
	for (; *status; status++)
		str_add_char(out, *status == '_' ? ' ' : (char)tolower((unsigned char)*status));
}

static enum paint paint_of(const char *status)
{
	if (strcmp(status, "SUCCEEDED") == 0)
		return PAINT_GREEN;
	return strcmp(status, "FAILED") == 0 ? PAINT_RED : PAINT_YELLOW;
}

static void add_ended(struct str *out, const struct event *e, const struct style *st)
{
	const char *status = e->text ? e->text : "";

	add_place(out, e);
	paint_on(out, st, paint_of(status));
	add_status(out, status);
	paint_off(out, st);
	str_printf(out, "; %zu of %zu instances are over\n", e->done, e->total);
}

/* Only where another tenth of them is over. */
static void add_tenth(struct str *out, const struct event *e)
{
	if (!e->done || e->done * TENTHS / e->total == (e->done - 1) * TENTHS / e->total)
		return;
	add_stack(out, e);
	str_printf(out, "%zu of %zu instances are over\n", e->done, e->total);
}

/* Of a single one its changes say it. */
static void add_end(struct str *out, const struct event *e, const struct style *st)
{
	bool failed = e->text && strcmp(e->text, "FAILED") == 0;

	if (e->total < 2)
		return;
	if (failed || e->total <= ROLLOUT_MANY)
		add_ended(out, e, st);
	else
		add_tenth(out, e);
}

/* Of many instances what is healthy says nothing to anybody: the gate will. */
static void add_check(struct str *out, const struct event *e)
{
	if (e->total > ROLLOUT_MANY)
		return;
	add_place(out, e);
	shown_text(out, text_of(e->text));
	str_add_char(out, '\n');
}

/* Of an instance only what keeps it back. */
static void add_gate(struct str *out, const struct event *e, const struct style *st)
{
	bool passed = e->text && strcmp(e->text, "passed") == 0;

	if (passed && e->instance->region && *e->instance->region)
		return;
	add_place(out, e);
	if (e->wave) {
		add_wave_name(out, e->wave);
		str_add(out, ", ");
	}
	paint_on(out, st, passed ? PAINT_GREEN : PAINT_RED);
	str_add(out, passed ? "gate passed" : "gate not passed");
	paint_off(out, st);
	if (!passed && e->text && *e->text) {
		str_add(out, ": ");
		shown_text(out, text_of(e->text));
	}
	str_add_char(out, '\n');
}

void view_rollout_event(struct str *out, const struct event *e, const struct style *st)
{
	if (!e->instance)
		return;
	if (e->kind == EVENT_WAVE)
		add_wave(out, e);
	else if (e->kind == EVENT_BAKING)
		add_baking(out, e);
	else if (e->kind == EVENT_INSTANCE_ENDED)
		add_end(out, e, st);
	else if (e->kind == EVENT_CHECK)
		add_check(out, e);
	else if (e->kind == EVENT_GATE)
		add_gate(out, e, st);
}
