/*
 * view_diag.c - diagnostics as text: place, severity, code, summary; the source line; where
 * it happened; detail, hint and related places.
 *
 * What befalls many resources or hosts with the same code and summary is one group and
 * is shown once with the list of them.  Two places in files are two faults to mend, but a
 * connection that fails is the host's fault, whatever lines need the host.
 */
#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "cli/view_group.h"
#include "cli/view_outcome.h"
#include "cli/view_source.h"
#include "cli/view_text.h"

#define NAMED_MAX 10 /* of the addresses or hosts of a group */
#define WIDTH 80
#define INDENT 2

struct group {
	const struct diag *first;
	struct range where; /* of all of them; RANGE_NONE when no line is to blame */
	VEC_OF(const struct diag *)
};

struct page {
	const struct style *st;
	const struct diag_run *run; /* over several stack instances; NULL: it is none */
};

struct groups {
	struct arena *arena;
	struct map by_cause;
	VEC_OF(struct group *)
};

static const char *const severities[] = {
	[DIAG_ERROR] = "error",
	[DIAG_WARNING] = "warning",
	[DIAG_NOTE] = "note",
};
static const enum paint severity_paints[] = {
	[DIAG_ERROR] = PAINT_RED,
	[DIAG_WARNING] = PAINT_YELLOW,
	[DIAG_NOTE] = PAINT_CYAN,
};

/* Nothing in the file is to blame: 50xx of diag_codes.def but for what somebody wrote, and
 * what a stopped run leaves open. */
static bool is_of_the_run(const struct diag *g)
{
	if (g->code == DIAG_RUN_UNCLEAR)
		return true;
	return g->endpoint && (int)g->code / 100 == 50 && g->code != DIAG_SSH_CONFIG &&
	       g->code != DIAG_SSH_HOST && g->code != DIAG_SSH_OUTPUT;
}

static const char *cause_of(struct arena *a, const struct diag *g)
{
	const struct range *w = &g->where;
	const char *cause = arena_printf(a, "%d %d %s %s", (int)g->severity, (int)g->code,
					 g->foreign_code ? g->foreign_code : "", g->summary);

	if (!w->src || is_of_the_run(g))
		return cause;
	return arena_printf(a, "%s\n%s:%u:%u", cause, w->src->name, (unsigned)w->start.line,
			    (unsigned)w->start.column);
}

/* Things that happen somewhere can happen in many places; a fault in a file is one fault. */
static struct group *group_of(struct groups *all, const struct diag *g)
{
	bool somewhere = g->address || g->endpoint;
	const char *cause = cause_of(all->arena, g);
	struct group *group = somewhere ? map_find(&all->by_cause, text_of(cause)) : NULL;

	if (group)
		return group;
	group = ARENA_NEW(all->arena, struct group);
	group->first = g;
	group->where = is_of_the_run(g) ? RANGE_NONE : g->where;
	*arena_vec_add(all->arena, all) = group;
	if (somewhere)
		map_set(&all->by_cause, text_of(cause), group);
	return group;
}

static bool same_name(const char *x, const char *y)
{
	return x && y ? !strcmp(x, y) : x == y;
}

/* Several times of the same thing. */
static bool is_of_one(const struct group *group)
{
	for (size_t i = 1; i < group->count; i++) {
		if (!same_name(group->first->address, group->items[i]->address) ||
		    !same_name(group->first->endpoint, group->items[i]->endpoint))
			return false;
	}
	return true;
}

static void add_place(struct str *out, const struct range *where)
{
	shown_text(out, text_of(where->src->name));
	if (where->start.line)
		str_printf(out, ":%u:%u", (unsigned)where->start.line,
			   (unsigned)where->start.column);
	str_add(out, ": ");
}

static void add_head(struct str *out, const struct group *group, const struct style *st)
{
	const struct diag *g = group->first;

	paint_on(out, st, PAINT_BOLD);
	if (group->where.src)
		add_place(out, &group->where);
	else if (is_of_one(group) && g->address)
		str_printf(out, "%s: ", g->address);
	paint_off(out, st);
	paint_on(out, st, severity_paints[g->severity]);
	str_printf(out, "%s HD%04d", severities[g->severity], (int)g->code);
	paint_off(out, st);
	if (g->foreign_code)
		str_printf(out, " (%s)", g->foreign_code);
	str_printf(out, ": %s\n", g->summary);
}

struct names {
	VEC_OF(const char *)
};

enum name_kind { NAME_ADDRESS, NAME_ENDPOINT };

/* Each name once, in the order in which they came. */
static struct names names_of(struct arena *a, const struct group *group, enum name_kind kind)
{
	struct names names = {0};
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < group->count; i++) {
		const struct diag *g = group->items[i];
		const char *name = kind == NAME_ADDRESS ? g->address : g->endpoint;

		if (!name || map_has(&seen, text_of(name)))
			continue;
		map_set(&seen, text_of(name), &seen);
		*arena_vec_add(a, &names) = name;
	}
	map_release(&seen);
	return names;
}

static void add_names(struct str *out, const struct names *names)
{
	for (size_t i = 0; i < names->count && i < NAMED_MAX; i++)
		str_printf(out, "%s%s", i ? ", " : "", names->items[i]);
	if (names->count > NAMED_MAX)
		str_printf(out, " and %zu more", names->count - NAMED_MAX);
}

static void add_where_of_many(struct str *out, struct arena *a, const struct group *group)
{
	struct names hosts = names_of(a, group, NAME_ENDPOINT);
	struct names addresses = names_of(a, group, NAME_ADDRESS);
	struct str line = STR_INIT;

	if (hosts.count) {
		str_add(&line, "on ");
		counted(&line, hosts.count, "host", "hosts");
		if (addresses.count) {
			str_add(&line, " (");
			counted(&line, addresses.count, "resource", "resources");
			str_add_char(&line, ')');
		}
	} else {
		counted(&line, addresses.count, "resource", "resources");
	}
	str_add(&line, ": ");
	add_names(&line, hosts.count ? &hosts : &addresses);
	wrapped(out, str_text(&line), INDENT, WIDTH);
	str_release(&line);
}

static void add_where_of_one(struct str *out, const struct group *group)
{
	const struct diag *g = group->first;
	bool says_address = g->address && group->where.src;

	if (!says_address && !g->endpoint)
		return;
	str_repeat(out, ' ', INDENT);
	if (says_address)
		str_printf(out, "%s%s", g->address, g->endpoint ? " " : "");
	if (g->endpoint)
		str_printf(out, "on %s", g->endpoint);
	str_add_char(out, '\n');
}

static void add_block(struct str *out, const char *text, size_t indent)
{
	struct text t = text_trim(text_of(text));

	str_repeat(out, ' ', indent);
	shown_lines(out, t, indent);
	str_add_char(out, '\n');
}

static bool same_detail(const struct group *group)
{
	for (size_t i = 1; i < group->count; i++) {
		const char *x = group->first->detail, *y = group->items[i]->detail;

		if (!x != !y || (x && strcmp(x, y) != 0))
			return false;
	}
	return true;
}

static void add_detail(struct str *out, const struct group *group)
{
	const struct diag *g = group->first;
	const char *name = g->endpoint ? g->endpoint : g->address;

	if (!g->detail)
		return;
	if (same_detail(group)) {
		add_block(out, g->detail, INDENT);
		return;
	}
	if (is_of_one(group))
		str_printf(out, "%*sfor example:\n", INDENT, "");
	else
		str_printf(out, "%*sfor example %s:\n", INDENT, "", name ? name : "");
	add_block(out, g->detail, 2 * INDENT);
}

static void add_hint(struct str *out, const struct diag *g, const struct style *st)
{
	if (!g->hint)
		return;
	str_repeat(out, ' ', INDENT);
	paint_text(out, st, PAINT_CYAN, "hint:");
	str_add_char(out, ' ');
	shown_lines(out, text_trim(text_of(g->hint)), INDENT + sizeof("hint: ") - 1);
	str_add_char(out, '\n');
}

static void add_related(struct str *out, const struct diag *g, const struct style *st)
{
	for (const struct diag *r = g->related; r; r = r->related) {
		if (r->where.src) {
			paint_on(out, st, PAINT_BOLD);
			add_place(out, &r->where);
			paint_off(out, st);
		}
		paint_text(out, st, PAINT_CYAN, "note");
		str_printf(out, ": %s\n", r->summary);
		view_source_line(out, &r->where, st);
	}
}

/* Each once, in the order in which they came. */
static struct instance_ids instances_of(struct arena *a, const struct group *group,
					const struct map *regions)
{
	struct names addresses = names_of(a, group, NAME_ADDRESS);
	struct instance_ids ids = {0};
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < addresses.count; i++) {
		struct instance_id *id = ARENA_NEW(a, struct instance_id);

		if (!view_instance_of(a, addresses.items[i], regions, id) ||
		    map_set(&seen, text_of(instance_id_text(a, id)), id))
			continue;
		*(const struct instance_id **)arena_vec_add(a, &ids) = id;
	}
	map_release(&seen);
	return ids;
}

/* "in 37 instances of web (8 regions x 5 accounts)" */
static void add_instances(struct str *out, const struct instance_ids *ids)
{
	struct str line = STR_INIT;
	bool same = true;

	for (size_t i = 0; i < ids->count; i++)
		same &= strcmp(ids->items[i]->stack, ids->items[0]->stack) == 0;
	str_printf(&line, "in %zu instances", ids->count);
	if (same) {
		str_printf(&line, " of %s (", ids->items[0]->stack);
		view_places(&line, ids->items, ids->count);
		str_add_char(&line, ')');
	}
	wrapped(out, str_text(&line), INDENT, WIDTH);
	str_release(&line);
}

static void add_again(struct str *out, struct arena *a, const struct group *group,
		      const struct page *p)
{
	struct instance_ids ids;
	struct str command = STR_INIT;

	if (!p->run || group->first->severity != DIAG_ERROR)
		return;
	ids = instances_of(a, group, p->run->regions);
	if (ids.count > 1)
		add_instances(out, &ids);
	if (p->run->command && view_retry_command(&command, p->run->command, &ids)) {
		str_repeat(out, ' ', INDENT);
		paint_text(out, p->st, PAINT_CYAN, "retry:");
		str_printf(out, " %s\n", str_cstr(&command));
	}
	str_release(&command);
}

static void add_group(struct str *out, struct arena *a, const struct group *group,
		      const struct style *st)
{
	const struct diag *g = group->first;

	add_head(out, group, st);
	view_source_line(out, &group->where, st);
	if (!is_of_one(group))
		add_where_of_many(out, a, group);
	else
		add_where_of_one(out, group);
	add_detail(out, group);
	add_hint(out, g, st);
	add_related(out, g, st);
}

/* Of what is shown: a group is one. */
static void add_counts(struct str *out, const struct groups *all, const struct style *st)
{
	size_t errors = 0, warnings = 0;

	for (size_t i = 0; i < all->count; i++) {
		errors += all->items[i]->first->severity == DIAG_ERROR;
		warnings += all->items[i]->first->severity == DIAG_WARNING;
	}
	if (errors + warnings < 2)
		return;
	paint_on(out, st, PAINT_BOLD);
	if (errors)
		counted(out, errors, "error", "errors");
	if (errors && warnings)
		str_add(out, ", ");
	if (warnings)
		counted(out, warnings, "warning", "warnings");
	paint_off(out, st);
	str_add_char(out, '\n');
}

static void add_page(struct str *out, struct diags *d, const struct page *p)
{
	struct groups all = {.arena = arena_new()};

	diags_sort(d);
	for (const struct diag *g = d->first; g; g = g->next) {
		struct group *group = group_of(&all, g);

		*arena_vec_add(all.arena, group) = g;
	}
	for (size_t i = 0; i < all.count; i++) {
		add_group(out, all.arena, all.items[i], p->st);
		add_again(out, all.arena, all.items[i], p);
	}
	add_counts(out, &all, p->st);
	map_release(&all.by_cause);
	arena_free(all.arena);
}

void view_diags(struct str *out, struct diags *d, const struct style *st)
{
	add_page(out, d, &(struct page){.st = st});
}

void view_diags_of_run(struct str *out, struct diags *d, const struct diag_run *run,
		       const struct style *st)
{
	add_page(out, d, &(struct page){st, run});
}
