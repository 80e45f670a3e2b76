/* view_instances.c - how the stack instances of a run fare. */
#include "base/clock.h"
#include "cli/view_operation.h"
#include "cli/view_table.h"
#include "cli/view_text.h"

#include <string.h>

#define ALL_SHOWN 40 /* of more, those that succeeded are counted */

static const char *const statuses[] = {
	"SUCCEEDED", "RUNNING", "PENDING",     "FAILED",
	"CANCELLED", "SKIPPED", "ROLLED_BACK", "ROLLBACK_FAILED",
};

void view_result_counts(struct str *out, const struct result_list *list)
{
	const char *between = "";

	for (size_t s = 0; s < ARRAY_LEN(statuses); s++) {
		size_t count = 0;

		for (size_t i = 0; i < list->count; i++)
			count += strcmp(list->items[i].status, statuses[s]) == 0;
		if (!count)
			continue;
		str_printf(out, "%s%zu %s", between, count, statuses[s]);
		between = ", ";
	}
}

static const char *safe(struct arena *a, const char *text)
{
	struct str shown = STR_INIT;
	const char *copy;

	shown_text(&shown, text_of(text));
	copy = arena_strdup(a, str_cstr(&shown));
	str_release(&shown);
	return copy;
}

static const char *took_text(struct arena *a, const struct instance_result *r)
{
	char text[CLOCK_TEXT_LEN];

	if (!r->started_ms || !r->ended_ms)
		return "";
	clock_format_duration(r->ended_ms > r->started_ms ? r->ended_ms - r->started_ms : 0, text);
	return arena_strdup(a, text);
}

static bool is_shown(const struct result_list *list, const struct instance_result *r)
{
	return list->count <= ALL_SHOWN || strcmp(r->status, "SUCCEEDED") != 0;
}

void view_results(struct str *out, const struct result_list *list, const struct style *st)
{
	static const char *const titles[] = {"STATUS", "TOOK", "WAVE", "INSTANCE", "REASON"};
	struct table t;
	size_t shown = 0;

	if (!list->count)
		return;
	str_add(out, "  ");
	view_result_counts(out, list);
	str_add_char(out, '\n');
	table_open(&t, ARRAY_LEN(titles), list->count + 1);
	table_set(&t, 0, titles);
	for (size_t i = 0; i < list->count; i++) {
		const struct instance_result *r = &list->items[i];
		const char *const cells[] = {r->status, took_text(t.a, r), safe(t.a, r->wave),
					     safe(t.a, instance_id_text(t.a, &r->id)),
					     safe(t.a, r->reason)};

		if (is_shown(list, r))
			table_set(&t, ++shown, cells);
	}
	if (shown)
		str_add_char(out, '\n');
	for (size_t i = 0; shown && i <= shown; i++)
		table_row(&t, i, 0, out, st);
	table_close(&t);
}

void view_instance(struct str *out, const struct instance_result *r, const struct style *st)
{
	char when[CLOCK_TEXT_LEN];
	struct arena *a = arena_new();

	clock_format_rfc3339(r->ended_ms ? r->ended_ms : r->started_ms, when);
	str_printf(out, "%s  ", when);
	paint_status(out, st, r->status);
	str_printf(out, "  %s", safe(a, instance_id_text(a, &r->id)));
	if (*r->wave)
		str_printf(out, "  (%s)", safe(a, r->wave));
	if (*took_text(a, r))
		str_printf(out, "  %s", took_text(a, r));
	if (*r->reason)
		str_printf(out, "  %s", safe(a, r->reason));
	str_add_char(out, '\n');
	arena_free(a);
}
