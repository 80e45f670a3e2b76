/* view_rollout.c - rollouts as text: words, then a row for each wave and region. */
#include "cli/view_rollout.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "cli/rollout_table.h"
#include "cli/view_text.h"
#include "cli/view_value.h"

#define INDENT 2
#define STEP_WIDTH 9  /* of the column of steps */
#define LIST_WIDTH 36 /* of names in a row; longer lists are counted */
#define ROWS_SHOWN 16

struct page {
	struct str *out;
	const struct plan *plan;
	const struct style *st;
	struct arena *a;
	const struct rollout_table *table;
	size_t wave_width; /* of the column of waves; 0: there is none */
	size_t rows;       /* so far; more than ROWS_SHOWN are only counted */
};

void view_span(struct str *out, int64_t ms)
{
	int64_t seconds = ms / 1000;
	char text[CLOCK_TEXT_LEN];

	clock_format_duration(ms, text);
	if (ms % 1000 || !seconds)
		str_add(out, text);
	else if (seconds < 60)
		str_printf(out, "%llds", (long long)seconds);
	else if (seconds < 3600 && seconds % 60 == 0)
		str_printf(out, "%lldm", (long long)seconds / 60);
	else if (seconds % 3600 == 0)
		str_printf(out, "%lldh", (long long)seconds / 3600);
	else
		str_add(out, text);
}

/* --- rows --------------------------------------------------------------------------------- */

static bool begin_row(struct page *p, size_t first, size_t last, size_t wave)
{
	struct str steps = STR_INIT;
	size_t start = p->out->len;

	if (p->rows++ >= ROWS_SHOWN)
		return false;
	str_printf(&steps, "%zu", first);
	if (last != first)
		str_printf(&steps, "-%zu", last);
	str_printf(p->out, "%*s%s", INDENT, "", str_cstr(&steps));
	pad_to(p->out, start, STEP_WIDTH);
	if (p->wave_width) {
		shown_text(p->out, text_of(rollout_wave_name(p->table->rollout, wave)));
		pad_to(p->out, start, STEP_WIDTH + p->wave_width);
	}
	str_release(&steps);
	return true;
}

static const struct instance_id *id_of(const struct page *p, size_t member)
{
	return &p->plan->instances[p->table->rollout->instances[member]].id;
}

/* "prod, dev"; "" when there are none; else how many there are. */
static void add_accounts(const struct page *p, const struct rollout_cell *c, size_t regions)
{
	struct str names = STR_INIT;

	if (c->count == 1 && strcmp(id_of(p, c->first)->account, ACCOUNT_NONE) == 0)
		return;
	for (size_t i = 0; i < c->count && names.len <= LIST_WIDTH; i++)
		str_printf(&names, "%s%s", i ? ", " : "", id_of(p, c->first + i)->account);
	str_add(p->out, ": ");
	if (regions == 1 && names.len <= LIST_WIDTH)
		str_add_text(p->out, str_text(&names));
	else
		counted(p->out, c->count, "instance", "instances");
	if (regions > 1)
		str_add(p->out, " each");
	str_release(&names);
}

/* Regions that go in the same steps with as many instances. */
static size_t alike(const struct rollout_table *t, size_t first)
{
	const struct rollout_cell *a = &t->items[first];
	size_t n = 1;

	for (; first + n < t->count; n++) {
		const struct rollout_cell *b = &t->items[first + n];

		if (a->wave != b->wave || a->first_step != b->first_step ||
		    a->last_step != b->last_step || a->count != b->count)
			break;
	}
	return n;
}

static void add_regions(const struct page *p, const struct rollout_cell *cells, size_t count)
{
	struct str names = STR_INIT;

	for (size_t i = 0; i < count && names.len <= LIST_WIDTH; i++)
		str_printf(&names, "%s%s", i ? ", " : "",
			   p->table->rollout->regions[cells[i].region]);
	if (names.len <= LIST_WIDTH || count == 1)
		str_add_text(p->out, str_text(&names));
	else
		str_printf(p->out, "%zu regions", count);
	str_release(&names);
}

static void add_cells(struct page *p, size_t first, size_t count)
{
	const struct rollout_cell *c = &p->table->items[first];

	if (!begin_row(p, c->first_step, c->last_step, c->wave))
		return;
	add_regions(p, c, count);
	add_accounts(p, c, count);
	str_add_char(p->out, '\n');
}

/* "gate: bakes 5m00s, then shop must be healthy" */
static void add_gate(struct page *p, size_t wave)
{
	const struct stack_rollout *r = p->table->rollout;
	const struct manifest_check *const *checks;
	int64_t bake_ms = rollout_wave_bake(r, wave);
	size_t step = p->table->gate_steps[wave], count;

	if (!step || !begin_row(p, step, step, wave))
		return;
	checks = rollout_wave_checks(p->a, r, wave, &count);
	str_add(p->out, "gate: ");
	if (bake_ms) {
		str_add(p->out, "bakes ");
		view_span(p->out, bake_ms);
		str_add(p->out, count ? ", " : "");
	}
	for (size_t i = 0; i < count; i++)
		str_printf(p->out, "%s%s", i ? ", " : "", checks[i]->name);
	if (count)
		str_add(p->out, " must be healthy");
	str_add_char(p->out, '\n');
}

static void add_wave(struct page *p, size_t *at)
{
	const struct rollout_table *t = p->table;
	size_t wave = t->items[*at].wave;

	while (*at < t->count && t->items[*at].wave == wave) {
		size_t n = alike(t, *at);

		add_cells(p, *at, n);
		*at += n;
	}
	add_gate(p, wave);
}

/* --- a stack ------------------------------------------------------------------------------ */

static size_t wave_width(const struct stack_rollout *r)
{
	size_t width = 0;

	for (size_t w = 0; w < r->wave_count; w++) {
		size_t columns = shown_columns(text_of(rollout_wave_name(r, w)));

		width = columns > width ? columns : width;
	}
	return width ? width + 2 : 0;
}

static void add_head(const struct page *p)
{
	size_t start = p->out->len;

	paint_on(p->out, p->st, PAINT_DIM);
	str_printf(p->out, "%*sstep", INDENT, "");
	pad_to(p->out, start, STEP_WIDTH);
	if (p->wave_width) {
		str_add(p->out, "wave");
		pad_to(p->out, start, STEP_WIDTH + p->wave_width);
	}
	str_add(p->out, "what");
	paint_off(p->out, p->st);
	str_add_char(p->out, '\n');
}

static void add_words(const struct page *p)
{
	struct str words = STR_INIT;
	struct text_split split;
	struct text line;

	rollout_words(p->table->rollout, &words);
	split = text_split_start(str_text(&words));
	while (text_next(&split, '\n', &line)) {
		if (line.len)
			wrapped(p->out, line, INDENT, VIEW_WIDTH);
	}
	str_clear(&words);
	if (p->table->rollout->preferences.gate) {
		str_printf(&words, "Before an instance is changed, its gate must pass: %s.",
			   p->table->rollout->preferences.gate->name);
		wrapped(p->out, str_text(&words), INDENT, VIEW_WIDTH);
	}
	str_release(&words);
}

/* Regions one by one, from the beginning: the words have said it. */
static bool rows_say_more(const struct rollout_table *t)
{
	bool more = t->rollout->wave_count > 1 || t->gate_steps[0] || t->first_step > 1;

	for (size_t i = 0; i < t->count; i++)
		more |= t->items[i].count > 1;
	return more;
}

static void add_stack(struct page *p, const struct rollout_table *t)
{
	size_t at = 0;

	p->table = t;
	p->rows = 0;
	p->wave_width = wave_width(t->rollout);
	str_add_char(p->out, '\n');
	paint_on(p->out, p->st, PAINT_BOLD);
	str_printf(p->out, "Rollout of %s", t->rollout->stack);
	paint_off(p->out, p->st);
	str_add_char(p->out, '\n');
	add_words(p);
	if (!rows_say_more(t))
		return;
	add_head(p);
	while (at < t->count)
		add_wave(p, &at);
	if (p->rows > ROWS_SHOWN) {
		str_printf(p->out, "%*s... ", INDENT, "");
		counted(p->out, p->rows - ROWS_SHOWN, "more row", "more rows");
		str_add(p->out, "; --json has all of it\n");
	}
}

void view_rollouts(struct str *out, const struct plan *plan, const struct style *st)
{
	struct page p = {.out = out, .plan = plan, .st = st, .a = arena_new()};
	const struct rollout_tables all = rollout_tables_of(p.a, plan);

	for (size_t i = 0; i < all.count; i++) {
		if (rollout_is_worth_telling(all.items[i]->rollout))
			add_stack(&p, all.items[i]);
	}
	arena_free(p.a);
}

/* --- freezes -------------------------------------------------------------------------------- */

struct freezes {
	VEC_OF(struct freeze_row)
};

static int compare_names(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* The regions in which something is done, each once. */
static const char **changed_regions(struct arena *a, const struct plan *p, size_t *count)
{
	struct map seen = MAP_INIT;
	const char **names;
	size_t n = 0;

	for (size_t i = 0; i < p->rollouts.count; i++) {
		const struct stack_rollout *r = &p->rollouts.items[i];

		for (size_t m = 0; m < r->spec.member_count; m++) {
			const char *name = r->regions[r->spec.members[m].region];

			map_set(&seen, text_of(name), (void *)name);
		}
	}
	names = ARENA_ARRAY(a, seen.live_count + 1, const char *);
	for (size_t i = 0; i < seen.entry_count; i++)
		names[n++] = seen.entries[i].value;
	if (n)
		qsort(names, n, sizeof(*names), compare_names);
	map_release(&seen);
	*count = n;
	return names;
}

static struct freeze_row *row_of(struct arena *a, struct freezes *all, struct freeze_row wanted,
				 size_t region_count)
{
	struct freeze_row *row;

	for (size_t i = 0; i < all->count; i++) {
		if (all->items[i].window == wanted.window)
			return &all->items[i];
	}
	row = arena_vec_add(a, all);
	*row = wanted;
	row->regions = ARENA_ARRAY(a, region_count, const char *);
	return row;
}

struct freeze_row *freeze_rows(struct arena *a, const struct plan *p, int64_t now_ms, size_t *count)
{
	const struct freeze_list *list = &p->project->manifest->freezes;
	struct freezes all = {0};
	const char **regions;
	size_t region_count = 0;

	*count = 0;
	if (!list->count)
		return NULL;
	regions = changed_regions(a, p, &region_count);
	for (size_t i = 0; i < region_count; i++) {
		struct freeze_row found = {0}, *row;

		found.window = freeze_at(list, regions[i], now_ms, &found.until_ms);
		if (!found.window)
			continue;
		row = row_of(a, &all, found, region_count);
		row->regions[row->region_count++] = regions[i];
	}
	*count = all.count;
	return all.items;
}

static void add_freeze(struct str *out, const struct freeze_row *row, const char *reason)
{
	struct str line = STR_INIT;
	char until[CLOCK_TEXT_LEN];

	clock_format_rfc3339(row->until_ms, until);
	str_printf(&line, "by '%s' until %s: ", row->window->name, until);
	for (size_t i = 0; i < row->region_count && i < ROWS_SHOWN; i++)
		str_printf(&line, "%s%s", i ? ", " : "", row->regions[i]);
	if (row->region_count > ROWS_SHOWN)
		str_printf(&line, " and %zu more", row->region_count - ROWS_SHOWN);
	if (reason)
		str_printf(&line, "; overridden: %s", reason);
	else
		str_add(&line, "; nothing is changed there without --override-freeze REASON");
	wrapped(out, str_text(&line), INDENT, VIEW_WIDTH);
	str_release(&line);
}

void view_freezes(struct str *out, const struct plan *p, int64_t now_ms, const char *reason,
		  const struct style *st)
{
	struct arena *a = arena_new();
	size_t count;
	const struct freeze_row *rows = freeze_rows(a, p, now_ms, &count);

	for (size_t i = 0; i < count; i++) {
		if (!i)
			paint_text(out, st, PAINT_YELLOW, "\nFrozen\n");
		add_freeze(out, &rows[i], reason);
	}
	arena_free(a);
}
