/*
 * view_summary.c - a plan of thousands of changes on about one screen: what happens to each stack
 * instance (alike ones on one line), what is deleted or replaced by name, and the types.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "cli/view_estimate.h"
#include "cli/view_group.h"
#include "cli/view_plan.h"
#include "cli/view_rollout.h"
#include "cli/view_text.h"
#include "cli/view_value.h"

#define LONG_PLAN 200 /* changes; more are not read one by one */
#define GROUPS_SHOWN 10
#define NAMES_SHOWN 15
#define TYPES_SHOWN 8

/* Stack instances, or resources of a type, with the same counts. */
struct group {
	const char *name; /* of the stack, or the type */
	size_t members;
	struct plan_counts counts;
	VEC_OF(const struct instance_id *) /* of stack instances */
};

struct groups {
	struct map by_key;
	VEC_OF(struct group *)
};

struct summary {
	struct str *out;
	const struct plan *plan;
	const struct style *st;
	struct arena *a;
};

/* What alike instances have in common is read once. */
bool view_plan_is_long(const struct plan *p)
{
	struct arena *a;
	struct view_groups all;
	size_t shown = 0;

	if (plan_counts_changes(&p->counts) + p->counts.moved <= LONG_PLAN)
		return false;
	a = arena_new();
	all = view_groups_of(a, p, PLAN_FOR_PLAN, GROUP_EQUAL);
	for (size_t i = 0; i < all.count; i++)
		shown += all.items[i]->shown;
	arena_free(a);
	return shown > LONG_PLAN;
}

static struct group *group_of(struct summary *s, struct groups *all, const char *key)
{
	struct group *g = map_find(&all->by_key, text_of(key));

	if (!g) {
		g = ARENA_NEW(s->a, struct group);
		map_set(&all->by_key, text_of(key), g);
		*(struct group **)arena_vec_add(s->a, all) = g;
	}
	return g;
}

static void add_title(struct summary *s, const char *title)
{
	str_add_char(s->out, '\n');
	paint_text(s->out, s->st, PAINT_BOLD, title);
	str_add_char(s->out, '\n');
}

static void add_more(struct summary *s, size_t count, const char *one, const char *many)
{
	str_add(s->out, "  ... ");
	counted(s->out, count, one, many);
	str_add_char(s->out, '\n');
}

/* --- stack instances ------------------------------------------------------------------ */

static void collect_instances(struct summary *s, struct groups *all)
{
	struct str key = STR_INIT;

	for (size_t n = 0; n < s->plan->instance_count; n++) {
		const struct instance_plan *i = &s->plan->instances[n];
		struct plan_counts counts = view_count_instance(s->plan, i);
		struct group *g;

		str_clear(&key);
		view_some_counts(&key, &counts);
		if (!key.len)
			continue;
		str_printf(&key, "\n%s", i->id.stack);
		g = group_of(s, all, str_cstr(&key));
		g->name = i->id.stack;
		g->counts = counts;
		g->members++;
		*(const struct instance_id **)arena_vec_add(s->a, g) = &i->id;
	}
	str_release(&key);
}

/* On two lines where one would be too long. */
static void add_instances_line(struct summary *s, const struct group *g)
{
	struct str name = STR_INIT, counts = STR_INIT;
	bool fits;

	if (g->members == 1) {
		instance_id_format(g->items[0], &name);
	} else {
		str_printf(&name, "%s: %zu instances (", g->name, g->members);
		view_places(&name, g->items, g->count);
		str_add_char(&name, ')');
	}
	view_some_counts(&counts, &g->counts);
	str_add(&counts, g->members == 1 ? "" : " each");
	fits = name.len + counts.len + 4 <= VIEW_WIDTH;
	str_printf(s->out, "  %s:%s%s\n", str_cstr(&name), fits ? " " : "\n    ",
		   str_cstr(&counts));
	str_release(&name);
	str_release(&counts);
}

static void add_instances(struct summary *s)
{
	struct groups all = {0};

	collect_instances(s, &all);
	add_title(s, "Stack instances");
	for (size_t i = 0; i < all.count && i < GROUPS_SHOWN; i++) {
		const struct group *g = all.items[i];

		add_instances_line(s, g);
	}
	if (all.count > GROUPS_SHOWN)
		add_more(s, all.count - GROUPS_SHOWN, "more line", "more lines");
	map_release(&all.by_key);
}

/* --- what goes ------------------------------------------------------------------------ */

static bool goes(const struct change *c)
{
	return c->action == ACTION_DELETE || c->action == ACTION_REPLACE;
}

/* When all is to be destroyed, nothing stands out. */
static void add_what_goes(struct summary *s)
{
	size_t count = s->plan->counts.remove + s->plan->counts.replace, shown = 0;

	if (!count || s->plan->destroy)
		return;
	add_title(s, "Deleted or replaced");
	for (size_t i = 0; i < s->plan->change_count && shown < NAMES_SHOWN; i++) {
		const struct change *c = &s->plan->changes[i];

		if (!goes(c))
			continue;
		view_change_line(s->out, s->plan, c, s->st);
		str_add_char(s->out, '\n');
		shown++;
	}
	if (count > shown)
		add_more(s, count - shown, "more resource", "more resources");
}

/* --- types ---------------------------------------------------------------------------- */

static int compare_groups(const void *x, const void *y)
{
	const struct group *a = *(const struct group *const *)x;
	const struct group *b = *(const struct group *const *)y;

	if (a->members != b->members)
		return a->members > b->members ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void collect_types(struct summary *s, struct groups *all)
{
	for (size_t i = 0; i < s->plan->change_count; i++) {
		const struct change *c = &s->plan->changes[i];
		struct group *g;

		if (c->action == ACTION_NONE && !c->moved_from)
			continue;
		g = group_of(s, all, c->type);
		g->name = c->type;
		g->members++;
		view_count_change(&g->counts, c);
	}
	if (all->count)
		qsort(all->items, all->count, sizeof(*all->items), compare_groups);
}

static void add_types(struct summary *s)
{
	struct groups all = {0};

	collect_types(s, &all);
	add_title(s, "Types");
	for (size_t i = 0; i < all.count && i < TYPES_SHOWN; i++) {
		str_add(s->out, "  ");
		shown_text(s->out, text_of(all.items[i]->name));
		str_add(s->out, ": ");
		view_some_counts(s->out, &all.items[i]->counts);
		str_add_char(s->out, '\n');
	}
	if (all.count > TYPES_SHOWN)
		add_more(s, all.count - TYPES_SHOWN, "more type", "more types");
	map_release(&all.by_key);
}

void view_plan_summary(struct str *out, const struct plan *p, const struct style *st)
{
	struct summary s = {out, p, st, arena_new()};

	view_plan_header(out, p, st);
	add_instances(&s);
	add_what_goes(&s);
	add_types(&s);
	if (p->output_count && !p->destroy) {
		str_add_char(out, '\n');
		counted(out, p->output_count, "output changes\n", "outputs change\n");
	}
	view_unchanged(out, p);
	view_rollouts(out, p, st);
	view_estimate(out, p);
	str_add(out, "\nThis is a summary: --full shows every change, and so does --json.\n");
	arena_free(s.a);
}
