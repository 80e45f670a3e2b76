/*
 * run_adopt.c - creations that find something of their name in the world: it is recorded as
 * it is, and updated to the template, instead of being made a second time.
 */
#include "engine/run_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "engine/discovery.h"

/* A name may come from something that was found in the round before. */
#define ADOPT_ROUNDS 8
/* One transaction; larger ones gain nothing. */
#define RECORDS_PER_COMMIT 1024

struct adopting {
	struct run *r;
	const struct run_request *q;
	struct map asked; /* address_key of what was looked for already */
	struct {
		VEC_OF(const struct record *)
	} found; /* in the engine's arena */
};

/* A name that is not known yet cannot be looked for. */
static bool name_is_known(const struct change *c)
{
	struct str identity = STR_INIT;
	bool known;

	if (!strcmp(c->unknown_pointers, "[]"))
		return true;
	planner_identity(c->schema, c->endpoint, c->desired, &identity);
	known = identity.len > 0;
	str_release(&identity);
	return known;
}

static bool is_wanted(const struct adopting *x, const struct change *c)
{
	const char *key;

	if (c->action != ACTION_CREATE || !c->resource || !discovery_by_name(c) ||
	    !name_is_known(c))
		return false;
	key = address_key(x->r->e->arena, &c->addr);
	return !map_has(&x->asked, text_of(key));
}

static size_t choose(struct adopting *x, struct discovery *items)
{
	const struct plan *p = x->r->plan;
	struct arena *a = x->r->e->arena;
	size_t count = 0;

	for (size_t i = 0; i < p->change_count; i++) {
		const struct change *c = &p->changes[i];

		if (!is_wanted(x, c))
			continue;
		map_set(&x->asked, text_of(address_key(a, &c->addr)), (void *)c);
		items[count++] = (struct discovery){.change = c, .where = RANGE_NONE};
	}
	return count;
}

/* How many were found; -1 with errors. */
static int64_t look(struct adopting *x)
{
	struct run *r = x->r;
	struct arena *a = r->e->arena;
	struct discovery *items = ARENA_ARRAY(a, r->plan->change_count, struct discovery);
	size_t count = choose(x, items), before = x->found.count;

	if (discover(r->e, &(struct discoveries){items, count, NULL}, a, r->d))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (items[i].seen == SEEN_FAILED)
			return -1;
		if (items[i].seen == SEEN_PRESENT)
			*(const struct record **)arena_vec_add(a, &x->found) = &items[i].record;
	}
	return (int64_t)(x->found.count - before);
}

/* --- what becomes of them in the plan -------------------------------------------------- */

static const struct path_change *replacing_path(const struct change *c)
{
	for (size_t i = 0; i < c->path_count; i++) {
		if (c->paths[i].replaces)
			return &c->paths[i];
	}
	return NULL;
}

/* Taking a thing over to delete it at once is nothing that anybody asked for. */
static void complain_other(struct run *r, const struct change *c)
{
	const struct path_change *p = replacing_path(c);
	struct diag *g = diag_add(r->d, DIAG_ADOPT_OTHER, p && p->where.src ? p->where : c->where,
				  "what is there cannot become what is wanted");
	const char *address = address_text(r->e->arena, &c->addr);

	if (p)
		diag_detail(r->d, g, "'%s' has the id '%s', and '%s' cannot be changed in place.",
			    address, c->before->id, p->pointer + 1);
	diag_hint(r->d, g,
		  "write the template as it is there, give the resource another name, or "
		  "remove what is there");
	diag_address(r->d, g, address);
}

static int adopt(struct run *r, struct change *c, struct plan_counts *counts)
{
	if (c->action == ACTION_REPLACE) {
		complain_other(r, c);
		return -1;
	}
	if (c->action == ACTION_UPDATE)
		counts->update--;
	else
		counts->none--;
	counts->adopt++;
	c->import_id = c->before->id;
	c->action = ACTION_ADOPT;
	c->reason = REASON_FOUND;
	c->cause = c->import_id;
	return 0;
}

static bool is_found(const struct adopting *x, const struct record *before)
{
	const struct record_list *list = &x->r->recorded.records;

	/* They are the last ones. */
	return before && before >= list->items + (list->count - x->found.count) &&
	       before < list->items + list->count;
}

static int mark(struct adopting *x)
{
	const struct plan *from = x->r->plan;
	struct plan *p = memcpy(ARENA_NEW(from->arena, struct plan), from, sizeof(*p));
	struct change *changes = ARENA_ARRAY(p->arena, p->change_count, struct change);
	int rc = 0;

	for (size_t i = 0; i < p->change_count; i++) {
		changes[i] = from->changes[i];
		if (is_found(x, changes[i].before) && adopt(x->r, &changes[i], &p->counts))
			rc = -1;
	}
	p->changes = changes;
	x->r->plan = p;
	return rc;
}

static void remember(struct adopting *x)
{
	struct run *r = x->r;
	struct record *last = r->recorded.records.items + r->recorded.records.count;

	r->adopted.count = x->found.count;
	r->adopted.items = ARENA_ARRAY(r->e->arena, x->found.count, const struct record *);
	for (size_t i = 0; i < x->found.count; i++)
		r->adopted.items[i] = last - x->found.count + i;
}

static int look_in_rounds(struct adopting *x)
{
	struct run *r = x->r;

	for (int round = 0; round < ADOPT_ROUNDS; round++) {
		int64_t more = look(x);

		if (more < 0)
			return -1;
		if (!more)
			return 0;
		r->plan = run_plan_with(r, x->q, x->found.items, x->found.count);
		if (!r->plan)
			return -1;
	}
	return 0;
}

int run_adopt_found(struct run *r, const struct run_request *q)
{
	struct adopting x = {.r = r, .q = q};
	int rc = look_in_rounds(&x);

	map_release(&x.asked);
	if (rc || !x.found.count)
		return rc;
	remember(&x);
	return mark(&x);
}

/* --- recording ------------------------------------------------------------------------- */

/* What stood there is forgotten first, a create that ended without an id or what was kept of
 * an earlier thing: a rollback would go by it, and take what is recorded now for new. */
int run_put_records(struct run *r, const struct record *const *items, size_t count)
{
	struct state_edit *edits = xcalloc((size_t)2 * RECORDS_PER_COMMIT, sizeof(*edits));
	int rc = 0;

	for (size_t done = 0; done < count && !rc; done += RECORDS_PER_COMMIT) {
		size_t n = count - done < RECORDS_PER_COMMIT ? count - done : RECORDS_PER_COMMIT;

		for (size_t i = 0; i < n; i++) {
			const struct record *record = items[done + i];

			edits[2 * i] =
				(struct state_edit){.kind = EDIT_DROP_RECORD, .record = record};
			edits[2 * i + 1] =
				(struct state_edit){.kind = EDIT_PUT_RECORD, .record = record};
		}
		rc = state_commit(r->e->state, edits, 2 * n, r->d);
	}
	free(edits);
	return rc;
}

int run_record_adopted(struct run *r)
{
	return run_put_records(r, r->adopted.items, r->adopted.count);
}
