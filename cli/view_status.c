/*
 * view_status.c - what is recorded: the matrix of stacks and regions, outputs, records.
 */
#include "cli/view_status.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "cli/view_status_version.h"
#include "cli/view_text.h"
#include "cli/view_value.h"

static const struct status_look looks[] = {
	{"CURRENT", PAINT_GREEN, NULL},
	{"OUTDATED", PAINT_YELLOW, "templates or parameters changed since the last apply"},
	{"FAILED", PAINT_RED, "the last apply failed in part; apply again, or roll back"},
	{"INCOMPLETE", PAINT_YELLOW,
	 "the last apply did not come to its end; apply again, or roll back"},
	{"ROLLED_BACK", PAINT_YELLOW, "the last apply failed and was rolled back"},
	{"ROLLBACK_FAILED", PAINT_RED,
	 "going back failed in part; 'hadeploy rollback' goes on with it"},
	{"INOPERABLE", PAINT_RED,
	 "destroying it failed; the same command goes on with what is left"},
	{"PARTIAL", PAINT_YELLOW, "the last apply left changes out (--only, --exclude)"},
	{"NOT_DEPLOYED", PAINT_DIM, NULL},
	{"ORPHANED", PAINT_MAGENTA, "recorded, and no longer in the manifest; apply deletes it"},
	{"LOCKED", PAINT_CYAN, NULL},
};

const struct status_look *view_status_look(const char *status)
{
	for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
		if (strcmp(looks[i].status, status) == 0)
			return &looks[i];
	}
	return &looks[0];
}

#define SUMMED_UP 100      /* more instances than that are */
#define DETAILS_OF_MANY 10 /* of them these are shown in full */

struct names {
	VEC_OF(const char *)
};

struct matrix {
	struct str *out;
	struct arena *a;
	const struct status_rows *rows;
	const struct style *st;
	struct names stacks, places;
	struct map cells; /* stack and place to struct status_row */
	size_t *widths;   /* of the places' columns */
	size_t stack_width;
};

static void add_once(struct matrix *m, struct names *names, struct map *known, const char *name)
{
	if (map_has(known, text_of(name)))
		return;
	map_set(known, text_of(name), names);
	*arena_vec_add(m->a, names) = name;
}

static const char *place_of(struct arena *a, const struct instance_id *id)
{
	if (strcmp(id->account, ACCOUNT_NONE) == 0)
		return id->region;
	return arena_printf(a, "%s/%s", id->account, id->region);
}

/* "OUTDATED 12 ~2": the word, recorded resources, pending changes. */
static const char *cell_text(struct arena *a, const struct status_row *row)
{
	const char *word = row->status;

	if (row->pending_changes && row->recorded)
		return arena_printf(a, "%s %zu ~%zu", word, row->recorded, row->pending_changes);
	return row->recorded ? arena_printf(a, "%s %zu", word, row->recorded) : word;
}

static const char *cell_key(struct arena *a, const char *stack, const char *place)
{
	return arena_printf(a, "%s %s", stack, place);
}

static const struct status_row *row_at(const struct matrix *m, const char *stack, const char *place)
{
	return map_find(&m->cells, text_of(cell_key(m->a, stack, place)));
}

static size_t larger(size_t x, size_t y)
{
	return x > y ? x : y;
}

static void measure(struct matrix *m)
{
	struct map stacks = MAP_INIT, places = MAP_INIT;

	for (size_t i = 0; i < m->rows->count; i++) {
		const struct status_row *row = &m->rows->rows[i];
		const char *place = place_of(m->a, &row->id);

		add_once(m, &m->stacks, &stacks, row->id.stack);
		add_once(m, &m->places, &places, place);
		map_set(&m->cells, text_of(cell_key(m->a, row->id.stack, place)), (void *)row);
		m->stack_width = larger(m->stack_width, strlen(row->id.stack));
	}
	map_release(&stacks);
	map_release(&places);
	m->widths = ARENA_ARRAY(m->a, m->places.count, size_t);
	for (size_t p = 0; p < m->places.count; p++) {
		m->widths[p] = strlen(m->places.items[p]);
		for (size_t s = 0; s < m->stacks.count; s++) {
			const struct status_row *row =
				row_at(m, m->stacks.items[s], m->places.items[p]);

			if (row)
				m->widths[p] = larger(m->widths[p], strlen(cell_text(m->a, row)));
		}
	}
}

static bool fits(const struct matrix *m)
{
	size_t width = m->stack_width;

	for (size_t p = 0; p < m->places.count; p++)
		width += 2 + m->widths[p];
	return width <= VIEW_WIDTH;
}

static void add_cell(const struct matrix *m, const struct status_row *row, size_t width)
{
	const char *text = row ? cell_text(m->a, row) : "";

	str_add(m->out, "  ");
	if (row)
		paint_text(m->out, m->st, view_status_look(row->status)->paint, text);
	str_repeat(m->out, ' ', width - strlen(text));
}

static void end_line(struct str *out)
{
	while (out->len && out->ptr[out->len - 1] == ' ')
		str_truncate(out, out->len - 1);
	str_add_char(out, '\n');
}

static void add_matrix(const struct matrix *m)
{
	str_printf(m->out, "%-*s", (int)m->stack_width, "");
	for (size_t p = 0; p < m->places.count; p++) {
		str_add(m->out, "  ");
		paint_text(m->out, m->st, PAINT_BOLD, m->places.items[p]);
		str_repeat(m->out, ' ', m->widths[p] - strlen(m->places.items[p]));
	}
	end_line(m->out);
	for (size_t s = 0; s < m->stacks.count; s++) {
		str_printf(m->out, "%-*s", (int)m->stack_width, m->stacks.items[s]);
		for (size_t p = 0; p < m->places.count; p++)
			add_cell(m, row_at(m, m->stacks.items[s], m->places.items[p]),
				 m->widths[p]);
		end_line(m->out);
	}
}

static void add_list(const struct matrix *m)
{
	size_t width = 0;

	for (size_t i = 0; i < m->rows->count; i++)
		width = larger(width, strlen(instance_id_text(m->a, &m->rows->rows[i].id)));
	for (size_t i = 0; i < m->rows->count; i++) {
		const struct status_row *row = &m->rows->rows[i];

		str_printf(m->out, "%-*s", (int)width, instance_id_text(m->a, &row->id));
		add_cell(m, row, strlen(cell_text(m->a, row)));
		end_line(m->out);
	}
}

static void add_lock(const struct matrix *m, const struct lock_info *lock)
{
	char since[CLOCK_TEXT_LEN];

	clock_format_rfc3339(lock->owner.since_ms, since);
	str_add(m->out, "    locked by ");
	shown_text(m->out, text_of(lock->owner.user));
	str_add_char(m->out, '@');
	shown_text(m->out, text_of(lock->owner.host));
	str_printf(m->out, " (%s, process %lld) since %s\n", lock->owner.command,
		   (long long)lock->owner.pid, since);
	str_printf(m->out, "    'hadeploy state unlock %s' breaks the lock of a dead holder\n",
		   lock->lock_id);
}

static bool has_details(const struct status_row *row)
{
	bool expected = strcmp(row->status, "NOT_DEPLOYED") == 0;

	return (row->pending_changes && !expected) || row->open_operations || row->lock ||
	       view_status_look(row->status)->meaning;
}

static void add_applied(const struct matrix *m, int64_t applied_ms)
{
	char when[CLOCK_TEXT_LEN];

	if (!applied_ms)
		return;
	clock_format_rfc3339(applied_ms, when);
	str_printf(m->out, "    last applied %s\n", when);
}

static void add_details(const struct matrix *m, const struct status_row *row)
{
	const struct status_look *look = view_status_look(row->status);

	str_printf(m->out, "\n  %s: ", instance_id_text(m->a, &row->id));
	paint_text(m->out, m->st, look->paint, row->status);
	str_add_char(m->out, '\n');
	if (look->meaning)
		str_printf(m->out, "    %s\n", look->meaning);
	if (row->error) {
		str_add(m->out, "    ");
		shown_text(m->out, text_of(row->error));
		str_add_char(m->out, '\n');
	}
	if (row->pending_changes) {
		str_add(m->out, "    ");
		counted(m->out, row->pending_changes, "change", "changes");
		str_add(m->out, " to apply\n");
	}
	if (row->open_operations) {
		str_add(m->out, "    ");
		counted(m->out, row->open_operations, "operation", "operations");
		if (row->lock)
			str_add(m->out, " under way, as long as the holder lives\n");
		else
			str_printf(m->out, " without an end; the next apply looks after %s\n",
				   row->open_operations == 1 ? "it" : "them");
	}
	if (row->lock)
		add_lock(m, row->lock);
	add_applied(m, row->applied_ms);
}

static void add_cells(struct matrix *m)
{
	measure(m);
	if (fits(m))
		add_matrix(m);
	else
		add_list(m);
}

/* Of many, what went wrong and who is at work, once for each lock; words are in the legend. */
static bool worth_it(const struct status_row *row, struct map *locks)
{
	if (row->lock && !map_has(locks, text_of(row->lock->lock_id))) {
		map_set(locks, text_of(row->lock->lock_id), locks);
		return true;
	}
	return row->error || (row->open_operations && !row->lock);
}

static void add_details_of_many(const struct matrix *m)
{
	size_t left = 0, shown = 0;
	struct map locks = MAP_INIT;

	for (size_t i = 0; i < m->rows->count; i++) {
		if (!worth_it(&m->rows->rows[i], &locks))
			continue;
		if (shown == DETAILS_OF_MANY) {
			left++;
			continue;
		}
		shown++;
		add_details(m, &m->rows->rows[i]);
	}
	if (left)
		str_printf(m->out,
			   "\n  %zu more like these: 'hadeploy status STACK' has them all\n", left);
	map_release(&locks);
}

/* Of one stack's instances each has its line already. */
static void add_all_details(const struct matrix *m)
{
	if (m->rows->count > SUMMED_UP) {
		add_details_of_many(m);
		return;
	}
	for (size_t i = 0; i < m->rows->count; i++) {
		const struct status_row *row = &m->rows->rows[i];

		if (m->rows->each ? row->lock != NULL : has_details(row))
			add_details(m, row);
	}
}

void view_status(struct str *out, const char *project, const struct status_rows *rows,
		 const struct style *st)
{
	struct matrix m = {.out = out, .a = arena_new(), .rows = rows, .st = st};

	paint_on(out, st, PAINT_BOLD);
	if (project)
		str_printf(out, "Project %s", project);
	else
		str_add(out, "Recorded state alone, because the project cannot be read");
	paint_off(out, st);
	str_add(out, "\n\n");
	if (rows->each)
		view_status_each(out, rows, st);
	else if (rows->count > SUMMED_UP)
		view_status_summary(out, rows, st);
	else
		add_cells(&m);
	if (rows->count > SUMMED_UP || rows->each)
		view_status_legend(out, rows, st);
	view_status_versions(out, rows);
	add_all_details(&m);
	map_release(&m.cells);
	arena_free(m.a);
}

static void add_output_value(struct str *out, const struct output_row *row)
{
	json_t *j = row->sensitive ? NULL : json_parse(text_of(row->value), NULL, NULL);

	if (row->sensitive)
		str_add(out, SENSITIVE_TEXT);
	else if (json_is_string(j))
		shown_text(out, (struct text){json_string_value(j), json_string_length(j)});
	else if (j)
		value_line(out, j);
	json_decref(j);
}

void view_outputs(struct str *out, const struct output_rows *rows, const struct style *st)
{
	struct arena *a = arena_new();
	size_t width = 0;

	for (size_t i = 0; i < rows->count; i++)
		width = larger(width, strlen(instance_id_text(a, &rows->rows[i].id)));
	for (size_t i = 0; i < rows->count; i++) {
		const struct output_row *row = &rows->rows[i];

		str_printf(out, "%-*s  ", (int)width, instance_id_text(a, &row->id));
		paint_text(out, st, PAINT_BOLD, row->name);
		str_add(out, " = ");
		add_output_value(out, row);
		str_add_char(out, '\n');
	}
	arena_free(a);
}

static void add_record(struct str *out, const struct record *r, const char *address,
		       size_t widths[2])
{
	size_t start = out->len;

	str_add(out, address);
	pad_to(out, start, widths[0]);
	str_add(out, r->type);
	pad_to(out, start, widths[0] + widths[1]);
	shown_text(out, text_of(r->id && *r->id ? r->id : "(no id yet)"));
	if (*r->deposed)
		str_add(out, " (replaced, to be deleted)");
	if (r->tainted)
		str_add(out, " (uncertain: a change of it did not end well)");
	str_add_char(out, '\n');
}

/* Once, though it may be recorded twice while a replacement is going on.  What is aside of a lost
 * region is there as often as it was made. */
static void add_name(struct str *out, const struct record_list *records, size_t i)
{
	const struct record *r = &records->items[i];

	if (i && address_compare(&records->items[i - 1].addr, &r->addr) == 0 &&
	    !recreation_abandoned(r))
		return;
	address_format(&r->addr, out);
	str_add_char(out, '\n');
}

void view_records(struct str *out, const struct record_list *records, enum records_view kind)
{
	struct arena *a = arena_new();
	size_t widths[2] = {0, 0};

	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->items[i];

		widths[0] = larger(widths[0], strlen(address_text(a, &r->addr)) + 2);
		widths[1] = larger(widths[1], strlen(r->type) + 2);
	}
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->items[i];

		if (kind == RECORDS_TABLE)
			add_record(out, r, address_text(a, &r->addr), widths);
		else
			add_name(out, records, i);
	}
	arena_free(a);
}
