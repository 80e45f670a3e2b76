/*
 * reconcile.c - a region that was lost answers again: what is aside is gone, or is what was made
 * since, or is left over.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/vec.h"
#include "engine/due.h"
#include "engine/recreate_guard.h"
#include "engine/run_parts.h"

#define NAMED_MAX 8

static int compare_records(const void *x, const void *y)
{
	const struct record *a = x, *b = y;
	int order = address_compare(&a->addr, &b->addr);

	return order ? order : strcmp(a->deposed, b->deposed);
}

bool recreate_reconciles(const struct engine *e)
{
	return e->options.selection.recreate == RECREATE_RECONCILE && e->recreation;
}

int recreate_show(struct engine *e, struct arena *a, struct recorded *r, struct diags *d)
{
	struct record_list aside, all;

	if (!recreate_reconciles(e))
		return 0;
	if (recreation_load_abandoned(e->state, e->recreation->region, a, &aside, d) != 0)
		return -1;
	all = (struct record_list){ARENA_ARRAY(a, r->records.count + aside.count, struct record),
				   r->records.count + aside.count};
	if (r->records.count)
		memcpy(all.items, r->records.items, r->records.count * sizeof(*all.items));
	if (aside.count)
		memcpy(all.items + r->records.count, aside.items, aside.count * sizeof(*all.items));
	if (all.count)
		qsort(all.items, all.count, sizeof(*all.items), compare_records);
	r->records = all;
	return 0;
}

/* --- the same thing ------------------------------------------------------------------------- */

/* Nothing there has a name: what two records of it are about, only their addresses tell.  The
 * scripts of both would change the same thing. */
static bool is_nameless(const struct engine *e, const struct record *r)
{
	const struct provider_entry *entry;
	const struct schema *s;
	size_t count;

	if (!registry_find(e->project->registry, r->type, &entry, &s))
		return false;
	schema_identifier(s, &count);
	return schema_endpoint_pointer(s) && !count;
}

static const char *thing_key(const struct engine *e, struct arena *a, const struct record *r)
{
	const char *id = is_nameless(e, r) ? address_text(a, &r->addr) : r->id;

	return arena_printf(a, "%s\n%s\n%s\n%s\n%s", r->provider, r->type, r->endpoint,
			    r->addr.instance.account, id);
}

static const char *text_at(struct arena *a, const json_t *outputs, const char *name)
{
	const char *value = json_str(outputs, name, NULL);

	return value ? arena_strdup(a, value) : NULL;
}

/* Names are of a region mostly, and of the world sometimes: a full name tells.  NULL: none. */
static const char *full_name(struct arena *a, const struct record *r)
{
	const char *colon = strrchr(r->type, ':'), *found;
	const char *own = colon ? colon + 1 : r->type;
	json_t *outputs = json_parse(text_of(r->outputs), NULL, NULL);

	found = text_at(a, outputs, "Arn");
	if (!found)
		found = text_at(a, outputs, arena_printf(a, "%sArn", own));
	if (!found)
		found = text_at(a, outputs, arena_printf(a, "%sARN", own));
	json_decref(outputs);
	return found;
}

/* What is there by this key: any, one whose full name is not known, one of this full name. */
static void add_live(const struct engine *e, struct arena *a, const struct record *r,
		     struct map *live)
{
	const char *key = thing_key(e, a, r), *name = full_name(a, r);

	map_set(live, text_of(key), live);
	map_set(live, text_of(arena_printf(a, "%s\n%s", key, name ? name : "")), live);
}

/* When in doubt it is: to leave something costs less than to delete what is in use. */
static bool is_live(const struct engine *e, struct arena *a, const struct record *r,
		    const struct map *live)
{
	const char *key = thing_key(e, a, r), *name = full_name(a, r);

	if (!name)
		return map_has(live, text_of(key));
	return map_has(live, text_of(arena_printf(a, "%s\n%s", key, name))) ||
	       map_has(live, text_of(arena_printf(a, "%s\n", key)));
}

static bool is_kept(const struct record *r)
{
	return !strcmp(r->deletion_policy, "Retain") ||
	       !strcmp(r->deletion_policy, "RetainExceptOnCreate");
}

/* What was made since by the same name is what this record would delete. */
static void index_live(struct run *r, struct arena *a, struct map *out)
{
	struct record_list all = {NULL, 0};
	struct diags ignored = DIAGS_INIT;

	if (state_load_records(r->e->state, NULL, a, &all, &ignored) != 0)
		all = r->recorded.records;
	for (size_t i = 0; i < all.count; i++) {
		if (*all.items[i].id && !recreation_abandoned(&all.items[i]))
			add_live(r->e, a, &all.items[i], out);
	}
	diags_release(&ignored);
}

void recreate_find_same(const struct engine *e, const struct record_list *of,
			const struct record_list *among, struct recreation_undo *out)
{
	const struct record **same = ARENA_ARRAY(e->arena, of->count + 1, const struct record *);
	struct map there = MAP_INIT;

	*out = (struct recreation_undo){.same = same};
	for (size_t i = 0; i < among->count; i++) {
		if (*among->items[i].id)
			add_live(e, e->arena, &among->items[i], &there);
	}
	for (size_t i = 0; i < of->count; i++) {
		if (is_live(e, e->arena, &of->items[i], &there))
			same[out->same_count++] = &of->items[i];
	}
	map_release(&there);
}

struct aside {
	VEC_OF(const struct record *)
};

static const struct record *copy_of(struct arena *a, const struct record *r)
{
	struct record *copy = ARENA_NEW(a, struct record);

	*copy = *r;
	return copy;
}

struct sorting {
	struct run *r;
	size_t gone, same, retained;
	struct str stay; /* addresses of what is left where it is */
	struct aside forget, left;
};

static void name_one(struct sorting *s, const struct record *x)
{
	size_t count = s->same + s->retained;

	if (count <= NAMED_MAX)
		str_printf(&s->stay, "%s%s", count > 1 ? ", " : "",
			   address_text(s->r->e->arena, &x->addr));
}

static void say_sorted_out(struct sorting *s)
{
	size_t stay = s->same + s->retained;
	struct diag *g = diag_note(
		s->r->d, DIAG_RECONCILED, RANGE_NONE,
		"of what was left in region '%s' %zu %s gone, %zu %s the same thing as what was "
		"made since, and %zu %s kept by DeletionPolicy",
		s->r->e->recreation->region, s->gone, s->gone == 1 ? "is" : "are", s->same,
		s->same == 1 ? "is" : "are", s->retained, s->retained == 1 ? "is" : "are");

	if (stay > NAMED_MAX)
		str_printf(&s->stay, " and %zu more", stay - NAMED_MAX);
	if (stay)
		diag_detail(s->r->d, g, "Not deleted: %s.", str_cstr(&s->stay));
}

/* It is not to be deleted: to be forgotten, and why. */
static bool forgets(struct sorting *s, const struct record *x, bool is_gone, bool is_same)
{
	if (*x->id && !is_gone && !is_same && !is_kept(x))
		return false;
	if (is_gone || (!*x->id && !is_same)) {
		s->gone++;
		return true;
	}
	s->same += is_same;
	s->retained += !is_same;
	name_one(s, x);
	return true;
}

/* Whether the record stays in the list, to be planned. */
static bool sort_out(struct sorting *s, size_t i, const struct map *live)
{
	struct arena *a = s->r->e->arena;
	const struct record *x = &s->r->recorded.records.items[i];
	const struct observation *seen = s->r->observations ? &s->r->observations[i] : NULL;

	if (!recreation_abandoned(x))
		return true;
	if (seen && seen->seen == SEEN_FAILED) {
		s->r->stays_aside = true;
		return false;
	}
	if (forgets(s, x, seen && seen->seen == SEEN_GONE, is_live(s->r->e, a, x, live))) {
		*arena_vec_add(a, &s->forget) = copy_of(a, x);
		return false;
	}
	*arena_vec_add(a, &s->left) = copy_of(a, x);
	return true;
}

void recreate_sort_out(struct run *r)
{
	struct record_list *list = &r->recorded.records;
	struct sorting s = {.r = r, .stay = STR_INIT};
	struct map live = MAP_INIT;
	size_t kept = 0;

	if (!recreate_reconciles(r->e))
		return;
	index_live(r, r->e->arena, &live);
	for (size_t i = 0; i < list->count; i++) {
		if (!sort_out(&s, i, &live))
			continue;
		if (r->observations)
			r->observations[kept] = r->observations[i];
		list->items[kept++] = list->items[i];
	}
	list->count = kept;
	map_release(&live);
	r->forget = s.forget.items;
	r->forget_count = s.forget.count;
	r->left = s.left.items;
	r->left_count = s.left.count;
	if (s.forget.count)
		say_sorted_out(&s);
	str_release(&s.stay);
}

/* Its stacks may be elsewhere for good: then only --end, or the manifest, brings them back.  What a
 * Restore has filled is known on. */
static int close_row(struct run *r, const struct recreation *c)
{
	struct engine *e = r->e;

	if (r->stays_aside || (recreation_relocates(c) && due_closed(c) == DUE_OPEN))
		return 0;
	if (due_closed(c) == DUE_OPEN)
		c = due_close(e->arena, c, DUE_ENDED);
	return guard_settle(e, e->state, c, r->d);
}

int recreate_clear_up(struct run *r)
{
	struct state *s = r->e->state;
	const struct recreation *c = r->e->recreation;

	if (guard_data_back(r->e, c, r->d) != 0)
		return -1;
	if (recreation_forget(s, r->forget, r->forget_count, r->d) != 0 ||
	    recreation_take_back(s, r->left, r->left_count, r->d) != 0)
		return -1;
	return close_row(r, c);
}
