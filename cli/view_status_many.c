/* view_status_many.c - the status of many stack instances: summed up, or one by one. */
#include "base/clock.h"
#include "base/map.h"
#include "base/vec.h"
#include "cli/view_status.h"
#include "cli/view_table.h"
#include "cli/view_text.h"

#include <stdlib.h>
#include <string.h>

/* One status in one region of a stack. */
struct tally {
	const char *stack, *region, *status;
	size_t count;
};
struct tallies {
	VEC_OF(struct tally *)
};

static int compare_tallies(const void *x, const void *y)
{
	const struct tally *a = *(struct tally *const *)x, *b = *(struct tally *const *)y;
	int order = strcmp(a->stack, b->stack);

	if (!order)
		order = strcmp(a->region, b->region);
	if (!order && a->count != b->count)
		order = a->count > b->count ? -1 : 1;
	return order ? order : strcmp(a->status, b->status);
}

static void count_rows(struct arena *a, const struct status_rows *rows, struct tallies *out)
{
	struct map known = MAP_INIT;

	for (size_t i = 0; i < rows->count; i++) {
		const struct status_row *row = &rows->rows[i];
		struct text key = text_of(
			arena_printf(a, "%s %s %s", row->id.stack, row->id.region, row->status));
		struct tally *t = map_find(&known, key);

		if (!t) {
			t = ARENA_NEW(a, struct tally);
			*t = (struct tally){row->id.stack, row->id.region, row->status, 0};
			map_set(&known, key, t);
			*arena_vec_add(a, out) = t;
		}
		t->count++;
	}
	map_release(&known);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), compare_tallies);
}

static bool same_place(const struct tally *x, const struct tally *y)
{
	return !strcmp(x->stack, y->stack) && !strcmp(x->region, y->region);
}

static void add_place(struct str *out, const struct tally *t, const size_t widths[2])
{
	size_t start = out->len;

	str_add(out, t->stack);
	pad_to(out, start, widths[0] + 2);
	str_add(out, t->region);
	pad_to(out, start, widths[0] + widths[1] + 4);
}

void view_status_summary(struct str *out, const struct status_rows *rows, const struct style *st)
{
	struct tallies tallies = {0};
	struct arena *a = arena_new();
	size_t widths[2] = {0, 0};

	count_rows(a, rows, &tallies);
	for (size_t i = 0; i < tallies.count; i++) {
		size_t stack = strlen(tallies.items[i]->stack);
		size_t region = strlen(tallies.items[i]->region);

		widths[0] = stack > widths[0] ? stack : widths[0];
		widths[1] = region > widths[1] ? region : widths[1];
	}
	for (size_t i = 0; i < tallies.count; i++) {
		const struct tally *t = tallies.items[i];
		bool first = !i || !same_place(tallies.items[i - 1], t);
		bool last = i + 1 == tallies.count || !same_place(tallies.items[i + 1], t);

		if (first)
			add_place(out, t, widths);
		str_printf(out, "%s%zu ", first ? "" : ", ", t->count);
		paint_text(out, st, view_status_look(t->status)->paint, t->status);
		if (last)
			str_add_char(out, '\n');
	}
	arena_free(a);
}

static const char *when_text(struct arena *a, const struct status_row *row)
{
	const struct instance_result *last = row->last;
	char text[CLOCK_TEXT_LEN];
	int64_t when_ms = row->applied_ms;

	if (last)
		when_ms = last->ended_ms ? last->ended_ms : last->started_ms;
	if (!when_ms)
		return "";
	clock_format_rfc3339(when_ms, text);
	return arena_strdup(a, text);
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

/* Why it stands as it does: what went wrong, else what there is to do. */
static const char *why_text(struct arena *a, const struct status_row *row)
{
	if (row->last && *row->last->reason)
		return safe(a, row->last->reason);
	if (row->error)
		return safe(a, row->error);
	if (row->pending_changes)
		return arena_printf(a, "%zu change%s to apply", row->pending_changes,
				    row->pending_changes == 1 ? "" : "s");
	return "";
}

void view_status_each(struct str *out, const struct status_rows *rows, const struct style *st)
{
	static const char *const titles[] = {"INSTANCE", "STATUS", "RESOURCES", "LAST OPERATION",
					     "DETAILED", "WHEN",   "REASON"};
	struct table t;

	if (!rows->count)
		return;
	table_open(&t, ARRAY_LEN(titles), rows->count + 1);
	table_set(&t, 0, titles);
	for (size_t i = 0; i < rows->count; i++) {
		const struct status_row *row = &rows->rows[i];
		const char *const cells[] = {
			instance_id_text(t.a, &row->id),
			row->status,
			arena_printf(t.a, "%zu", row->recorded),
			row->last ? safe(t.a, row->last->run) : "",
			row->last ? row->last->status : "",
			when_text(t.a, row),
			why_text(t.a, row),
		};

		table_set(&t, i + 1, cells);
	}
	for (size_t i = 0; i < t.rows; i++)
		table_row(&t, i, 1, out, st);
	table_close(&t);
}

void view_status_legend(struct str *out, const struct status_rows *rows, const struct style *st)
{
	struct map told = MAP_INIT;

	for (size_t i = 0; i < rows->count; i++) {
		const struct status_look *look = view_status_look(rows->rows[i].status);

		if (!look->meaning || map_has(&told, text_of(look->status)))
			continue;
		if (!told.entry_count)
			str_add_char(out, '\n');
		map_set(&told, text_of(look->status), (void *)(uintptr_t)look);
		str_add(out, "  ");
		paint_text(out, st, look->paint, look->status);
		str_printf(out, ": %s\n", look->meaning);
	}
	map_release(&told);
}
