/*
 * report.c - a report from the events: the rows of the timeline, who asked for what, what checks
 * said, and which steps decided how long it took.
 */
#include "engine/runbook/report.h"

#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "engine/runbook/journal_names.h"
#include "engine/runbook/report_parts.h"
#include "engine/version.h"

struct notes_vec {
	VEC_OF(struct report_note)
};
struct checks_vec {
	VEC_OF(struct report_check)
};

struct making {
	struct arena *a;
	struct report *out;
	struct report_row *rows;
	struct map index; /* path to row + 1 */
	struct checks_vec checks;
	struct notes_vec requests, fences, losses;
	const struct journal_entry *entry;
	const json_t *data;
};

bool report_kind_is_group(const char *kind)
{
	static const char *const groups[] = {"Parallel", "Runbook", "Sequence", "Steps"};

	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (strcmp(kind, groups[i]) == 0)
			return true;
	return false;
}

static const char *said(const struct making *m, const char *key)
{
	return arena_strdup(m->a, json_str(m->data, key, ""));
}

/* "ann@ci-7" of {"User", "Host", "Pid"}, or the text itself. */
static const char *who(const struct making *m)
{
	const json_t *by = json_object_get(m->data, "By");
	const char *host = json_str(by, "Host", "");

	if (json_is_string(by))
		return arena_strdup(m->a, json_string_value(by));
	return arena_printf(m->a, "%s%s%s", json_str(by, "User", ""), *host ? "@" : "", host);
}

static struct report_row *row_of(struct making *m)
{
	uintptr_t at = (uintptr_t)map_find(&m->index, text_of(m->entry->step));

	return at ? &m->rows[at - 1] : NULL;
}

/* --- events --------------------------------------------------------------------------- */

/* "1a2b3c4d5e (main)", or why there is none; "" when an older program began it. */
static const char *version_said(const struct making *m)
{
	const json_t *j = json_object_get(m->data, "Version");
	const struct version *v = j ? version_parse(m->a, json_text(m->a, j)) : NULL;

	return v ? version_text(m->a, v) : "";
}

static void take_started(struct making *m)
{
	const json_t *command = json_object_get(m->data, "Command"), *word;
	struct str text = STR_INIT;
	size_t i;

	json_array_foreach(command, i, word)
	{
		str_printf(&text, "%s%s", i ? " " : "",
			   json_is_string(word) ? json_string_value(word) : "");
	}
	m->out->command =
		json_is_string(command) ? said(m, "Command") : arena_text(m->a, str_text(&text));
	str_release(&text);
	m->out->mode = said(m, "Mode");
	m->out->by = who(m);
	m->out->reason = said(m, "Reason");
	m->out->detected = said(m, "Detected");
	m->out->version = version_said(m);
}

static void take_detected(struct making *m)
{
	m->out->detected = said(m, "Detail");
}

static void take_step_started(struct making *m)
{
	struct report_row *row = row_of(m);

	if (!row)
		return;
	row->usual_ms = json_int(m->data, "Slow", row->usual_ms);
	if (*json_str(m->data, "Region", ""))
		row->region = said(m, "Region");
}

static void take_slow(struct making *m)
{
	struct report_row *row = row_of(m);

	if (!row)
		return;
	row->slow = true;
	row->usual_ms = json_int(m->data, "Usual", row->usual_ms);
}

static void note(struct making *m, struct notes_vec *list, const char *what)
{
	*arena_vec_add(m->a, list) = (struct report_note){
		.at_ms = m->entry->at_ms,
		.entry = m->entry,
		.what = what,
		.step = m->entry->step,
		.who = who(m),
		.why = said(m, "Reason"),
	};
}

static void take_asked(struct making *m)
{
	note(m, &m->requests, said(m, "Request"));
	if (!*m->entry->step)
		m->requests.items[m->requests.count - 1].step = said(m, "Step");
}

static void take_resumed_by(struct making *m)
{
	note(m, &m->requests, "resumed by another process");
}

static void take_fenced(struct making *m)
{
	const char *region = json_str(m->data, "Region", "");

	note(m, &m->fences,
	     arena_printf(m->a, "%s%s%s", region, *region ? ": " : "",
			  json_str(m->data, "How", "")));
	m->fences.items[m->fences.count - 1].why = said(m, "Detail");
}

static double number_of(const json_t *object, const char *key)
{
	const json_t *n = json_object_get(object, key);

	return json_is_number(n) ? json_number_value(n) : -1;
}

static void take_loss(struct making *m)
{
	double seconds = number_of(m->data, "LagSeconds"), bytes = number_of(m->data, "LagBytes");
	struct str what = STR_INIT;

	str_add(&what, "data loss accepted");
	if (seconds >= 0)
		str_printf(&what, ": lag %.1f s", seconds);
	if (bytes >= 0)
		str_printf(&what, ", %.0f bytes", bytes);
	note(m, &m->losses, arena_text(m->a, str_text(&what)));
	str_release(&what);
}

/* Before the cut: behind a fence nobody knows how far behind the standby would have been. */
static void take_lag(struct making *m)
{
	double lag = number_of(json_object_get(m->data, "Values"), "LagSeconds");

	if (lag < 0 || m->fences.count)
		return;
	m->out->lag_seconds = lag;
	m->out->lag_at_ms = m->entry->at_ms;
}

static struct report_check *check_of(struct making *m, const char *check, const char *region)
{
	struct report_check *c;

	for (size_t i = 0; i < m->checks.count; i++) {
		c = &m->checks.items[i];
		if (strcmp(c->check, check) == 0 && strcmp(c->region, region) == 0)
			return c;
	}
	c = arena_vec_add(m->a, &m->checks);
	c->check = arena_strdup(m->a, check);
	c->region = arena_strdup(m->a, region);
	c->first_ms = m->entry->at_ms;
	c->first_healthy = json_flag(m->data, "Healthy", false);
	c->first_detail = said(m, "Detail");
	return c;
}

static void take_check(struct making *m)
{
	struct report_check *c =
		check_of(m, json_str(m->data, "Check", ""), json_str(m->data, "Region", ""));

	c->last_ms = m->entry->at_ms;
	c->last_healthy = json_flag(m->data, "Healthy", false);
	c->last_detail = said(m, "Detail");
	if (c->last_healthy)
		c->healthy_count++;
	else
		c->unhealthy_count++;
	take_lag(m);
}

static void take_ended(struct making *m)
{
	m->out->end_reason = said(m, "Reason");
}

static void (*const takers[ENTRY_KIND_COUNT])(struct making *m) = {
	[ENTRY_STARTED] = take_started,   [ENTRY_RESUMED_BY] = take_resumed_by,
	[ENTRY_DETECTED] = take_detected, [ENTRY_STEP_STARTED] = take_step_started,
	[ENTRY_STEP_SLOW] = take_slow,    [ENTRY_ASKED] = take_asked,
	[ENTRY_FENCED] = take_fenced,     [ENTRY_DATA_LOSS] = take_loss,
	[ENTRY_CHECK] = take_check,       [ENTRY_ENDED] = take_ended,
};

static void take_events(struct making *m)
{
	for (size_t i = 0; i < m->out->entries.count; i++) {
		const struct journal_entry *e = &m->out->entries.items[i];
		json_t *data;

		if ((size_t)e->kind >= ENTRY_KIND_COUNT || !takers[e->kind])
			continue;
		data = json_parse(text_of(e->data), m->a, NULL);
		m->entry = e;
		m->data = data;
		takers[e->kind](m);
		json_decref(data);
	}
	m->out->checks = m->checks.items;
	m->out->check_count = m->checks.count;
	m->out->requests = (struct report_notes){m->requests.items, m->requests.count};
	m->out->fences = (struct report_notes){m->fences.items, m->fences.count};
	m->out->losses = (struct report_notes){m->losses.items, m->losses.count};
}

/* --- rows ------------------------------------------------------------------------------ */

static size_t depth_of(const char *path)
{
	size_t depth = 0;

	for (const char *c = path; *c; c++)
		depth += *c == '/';
	return depth;
}

static void make_rows(struct making *m)
{
	const struct execution_story *s = &m->out->story;

	m->rows = ARENA_ARRAY(m->a, s->step_count + 1, struct report_row);
	for (size_t i = 0; i < s->step_count; i++) {
		const struct step_story *step = &s->steps[i];
		const char *slash = strrchr(step->path, '/');

		m->rows[i] = (struct report_row){
			.step = step,
			.name = slash ? slash + 1 : step->path,
			.depth = depth_of(step->path),
			.group = report_kind_is_group(step->kind),
			.from_ms = step->started_ms,
			.to_ms = step->started_ms ? step->ended_ms : 0,
			.region = "",
		};
		if (step->started_ms && !step->ended_ms)
			m->rows[i].to_ms = m->out->story.row.ended_ms ? m->out->story.row.ended_ms
								      : m->out->made_ms;
		map_set(&m->index, text_of(step->path), (void *)(uintptr_t)(i + 1));
	}
	m->out->rows = m->rows;
	m->out->row_count = s->step_count;
}

/* The one that ended last, but not after `until_ms`; NULL: none. */
static struct report_row *last_before(struct making *m, int64_t until_ms)
{
	struct report_row *found = NULL;

	for (size_t i = 0; i < m->out->row_count; i++) {
		struct report_row *r = &m->rows[i];

		if (r->group || r->critical || !r->from_ms || r->to_ms > until_ms ||
		    r->to_ms < r->from_ms)
			continue;
		if (!found || r->to_ms > found->to_ms)
			found = r;
	}
	return found;
}

/* Backwards from the end: before each step, the one whose end it waited for. */
static void mark_critical(struct making *m)
{
	int64_t until_ms = INT64_MAX;
	struct report_row *r;

	while ((r = last_before(m, until_ms)) != NULL) {
		r->critical = true;
		until_ms = r->from_ms;
	}
}

/* --- the whole ------------------------------------------------------------------------ */

/* As the first event says; a journal without one has no name. */
static struct execution_row row_from(struct arena *a, const struct journal_list *entries,
				     const char *head)
{
	struct execution_row row = {
		.id = "", .runbook = "", .parameters = "{}", .owner = {"", "", "", 0, 0}};
	const json_t *parameters;
	json_t *data;

	row.entries = (int64_t)entries->count;
	memcpy(row.head, head, strnlen(head, sizeof(row.head) - 1));
	if (!entries->count || entries->items[0].kind != ENTRY_STARTED)
		return row;
	data = json_parse(text_of(entries->items[0].data), a, NULL);
	parameters = json_object_get(data, "Parameters");
	row.id = arena_strdup(a, json_str(data, "Execution", ""));
	row.runbook = arena_strdup(a, json_str(data, "Runbook", ""));
	execution_kind_parse(json_str(data, "Kind", ""), &row.kind);
	if (json_is_object(parameters))
		row.parameters = json_text(a, parameters);
	row.started_ms = entries->items[0].at_ms;
	json_decref(data);
	return row;
}

/* The clock of the RTO: from the outage to healthy, or as long as it went on. */
static void set_clock(struct report *r)
{
	const struct execution_story *s = &r->story;

	r->from_ms =
		s->since_ms && s->since_ms < s->row.started_ms ? s->since_ms : s->row.started_ms;
	if (s->healthy_ms)
		r->to_ms = s->healthy_ms;
	else
		r->to_ms = s->row.ended_ms ? s->row.ended_ms : r->made_ms;
	if (r->to_ms < r->from_ms)
		r->to_ms = r->from_ms;
}

void report_make(struct arena *a, const struct journal_list *entries, const char *head,
		 int64_t made_ms, struct report *out)
{
	struct making m = {.a = a, .out = out, .index = MAP_INIT};
	struct execution_row row = row_from(a, entries, head);

	*out = (struct report){.entries = *entries,
			       .mode = "",
			       .by = "",
			       .reason = "",
			       .detected = "",
			       .version = "",
			       .command = "",
			       .end_reason = "",
			       .made_ms = made_ms,
			       .lag_seconds = -1,
			       .head = head,
			       .broken_at = journal_broken_at(entries, head)};
	execution_story(a, &row, entries, &out->story);
	set_clock(out);
	make_rows(&m);
	take_events(&m);
	mark_critical(&m);
	report_add_times(a, out, m.rows);
	map_release(&m.index);
}
