/*
 * view_group.c - which stack instances of a plan change in the same way.
 *
 * What is compared is a digest of everything that the plan shows of an instance's changes, but
 * for the place; so it costs one look at each change, however many instances there are.
 */
#include "cli/view_group.h"

#include <string.h>

#include <stdlib.h>

#include "base/digest.h"
#include "base/map.h"
#include "cli/view_plan.h"
#include "cli/view_text.h"

#define NAMES_WIDTH 40 /* of places that are listed by name */

struct grouping {
	struct arena *a;
	struct map by_digest;
	struct view_groups groups;
};

/* --- what is compared ------------------------------------------------------------------ */

static void chain_text(struct str *out, const char *text)
{
	str_printf(out, "%zu ", text ? strlen(text) + 1 : 0);
	str_add(out, text ? text : "");
}

/* Of a secret nothing is shown, so that nothing of it counts. */
static void chain_path(struct str *out, const struct path_change *p)
{
	chain_text(out, p->pointer);
	chain_text(out, p->sensitive ? NULL : p->before);
	chain_text(out, p->sensitive ? NULL : p->after);
	str_printf(out, "%d%d%d%d%d%d%d", p->replaces, p->unknown, p->sensitive, p->drift,
		   p->conflict, p->settled, p->computed);
}

static void chain_change(struct str *out, const struct change *c)
{
	chain_text(out, c->addr.logical_id);
	chain_text(out, c->type);
	chain_text(out, c->cause);
	chain_text(out, c->because);
	chain_text(out, c->moved_from);
	chain_text(out, c->before ? c->before->type : NULL);
	str_printf(out, "%d %d %d%d%d ", (int)c->action, (int)c->reason, c->conditional,
		   c->snapshot, c->before && *c->before->deposed);
	if (c->resource)
		str_printf(out, "%d ", (int)c->resource->update_replace_policy);
	if (c->action == ACTION_CREATE) {
		chain_text(out, c->desired);
		chain_text(out, c->unknown_pointers);
		chain_text(out, c->sensitive_pointers);
		return;
	}
	for (size_t i = 0; i < c->path_count; i++)
		chain_path(out, &c->paths[i]);
}

/* How many changes are shown. */
static size_t chain_instance(struct str *out, const struct plan *p, const struct instance_plan *i,
			     enum plan_view kind)
{
	size_t shown = 0;

	for (size_t k = 0; k < i->change_count; k++) {
		const struct change *c = &p->changes[i->first_change + k];

		if (!view_shows_change(c, kind))
			continue;
		chain_change(out, c);
		shown++;
	}
	return shown;
}

/* --- groups ------------------------------------------------------------------------------ */

static struct view_group *new_group(struct grouping *all)
{
	struct view_group *g = ARENA_NEW(all->a, struct view_group);

	*(struct view_group **)arena_vec_add(all->a, &all->groups) = g;
	return g;
}

static struct view_group *group_of(struct grouping *all, const struct instance_plan *i,
				   const struct str *changes)
{
	struct str key = STR_INIT;
	struct view_group *g;
	char digest[65];

	digest_sha256(str_text(changes), digest);
	str_printf(&key, "%s %s", digest, i->id.stack);
	g = map_find(&all->by_digest, str_text(&key));
	if (!g) {
		g = new_group(all);
		map_set(&all->by_digest, str_text(&key), g);
	}
	str_release(&key);
	return g;
}

struct view_groups view_groups_of(struct arena *a, const struct plan *p, enum plan_view kind,
				  enum view_grouping how)
{
	struct grouping all = {.a = a};
	struct str changes = STR_INIT;

	for (size_t n = 0; n < p->instance_count; n++) {
		const struct instance_plan *i = &p->instances[n];
		struct view_group *g;
		size_t shown;

		str_clear(&changes);
		shown = chain_instance(&changes, p, i, kind);
		if (!shown)
			continue;
		g = how == GROUP_NONE ? new_group(&all) : group_of(&all, i, &changes);
		g->shown = shown;
		*(const struct instance_plan **)arena_vec_add(a, g) = i;
	}
	str_release(&changes);
	map_release(&all.by_digest);
	return all.groups;
}

/* --- outputs ----------------------------------------------------------------------------- */

static void chain_output(struct str *out, const struct output_change *o)
{
	chain_text(out, o->id.stack);
	chain_text(out, o->name);
	chain_text(out, o->before);
	chain_text(out, o->after);
	str_printf(out, "%d", o->unknown);
}

struct view_output_list view_outputs_of(struct arena *a, const struct plan *p,
					enum view_grouping how)
{
	struct view_output_list all = {0};
	struct map numbers = MAP_INIT; /* to the number of the output from 1 on */
	struct str key = STR_INIT;

	for (size_t i = 0; i < p->output_count; i++) {
		size_t at = 0;

		str_clear(&key);
		chain_output(&key, &p->outputs[i]);
		if (how == GROUP_EQUAL)
			at = (size_t)(uintptr_t)map_find(&numbers, str_text(&key));
		if (at) {
			all.items[at - 1].count++;
			continue;
		}
		*(struct view_output *)arena_vec_add(a, &all) =
			(struct view_output){&p->outputs[i], 1};
		map_set(&numbers, str_text(&key), (void *)(uintptr_t)all.count);
	}
	str_release(&key);
	map_release(&numbers);
	return all;
}

/* --- places ------------------------------------------------------------------------------ */

static void add_place(struct str *out, const struct instance_id *id)
{
	if (strcmp(id->account, ACCOUNT_NONE) != 0)
		str_printf(out, "%s/", id->account);
	str_add(out, id->region);
}

/* False when there are too many for a line. */
static bool add_names(struct str *out, const struct instance_id *const *ids, size_t count)
{
	size_t start = out->len;

	for (size_t i = 0; i < count; i++) {
		if (out->len - start > NAMES_WIDTH) {
			str_truncate(out, start);
			return false;
		}
		str_add(out, i ? ", " : "");
		add_place(out, ids[i]);
	}
	if (out->len - start <= NAMES_WIDTH || count == 1)
		return true;
	str_truncate(out, start);
	return false;
}

struct extent {
	size_t regions, accounts;
};

static struct extent extent_of(const struct instance_id *const *ids, size_t count)
{
	struct map regions = MAP_INIT, accounts = MAP_INIT;
	struct extent e;

	for (size_t i = 0; i < count; i++) {
		map_set(&regions, text_of(ids[i]->region), &regions);
		map_set(&accounts, text_of(ids[i]->account), &accounts);
	}
	e = (struct extent){regions.live_count, accounts.live_count};
	map_release(&regions);
	map_release(&accounts);
	return e;
}

void view_places(struct str *out, const struct instance_id *const *ids, size_t count)
{
	struct extent e;
	size_t product;

	if (add_names(out, ids, count))
		return;
	e = extent_of(ids, count);
	product = e.regions * e.accounts;
	if (e.accounts == 1 && strcmp(ids[0]->account, ACCOUNT_NONE) == 0)
		str_printf(out, "%zu regions", e.regions);
	else if (e.accounts == 1)
		str_printf(out, "%zu regions of %s", e.regions, ids[0]->account);
	else if (e.regions == 1)
		str_printf(out, "%zu accounts in %s", e.accounts, ids[0]->region);
	else if (count == product)
		str_printf(out, "%zu regions x %zu accounts", e.regions, e.accounts);
	else if ((product - count) * 10 <= product)
		str_printf(out, "%zu regions x %zu accounts but %zu", e.regions, e.accounts,
			   product - count);
	else
		str_printf(out, "in %zu regions, %zu accounts", e.regions, e.accounts);
}

void view_group_name(struct str *out, const struct view_group *g)
{
	const struct instance_id **ids;

	if (g->count == 1) {
		instance_id_format(&g->items[0]->id, out);
		return;
	}
	ids = xcalloc(g->count, sizeof(*ids));
	for (size_t i = 0; i < g->count; i++)
		ids[i] = &g->items[i]->id;
	str_printf(out, "%s: %zu instances (", g->items[0]->id.stack, g->count);
	view_places(out, ids, g->count);
	str_add_char(out, ')');
	free((void *)ids);
}
