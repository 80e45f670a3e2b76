/*
 * rollback_reset.c - things that are still there as they were need no call to come back: the
 * old one of a replacement is deposed, what was retained has lost its record.  Only what is
 * recorded changes; what had taken their place becomes deposed and is deleted by the plan.
 */
#include "engine/rollback.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"

struct resetting {
	struct arena *a;
	const struct rollback_request *q;
	struct rollback *out;
	struct map live;   /* four-part address to struct record of out->records */
	struct map things; /* "type\nid" in its instance to the same, deposed ones too */
	struct {
		VEC_OF(struct state_edit)
	} edits;
};

bool rollback_same_thing(const struct record *x, const struct record *y)
{
	return x && y && *x->id && !strcmp(x->id, y->id) && !strcmp(x->type, y->type) &&
	       !strcmp(x->provider, y->provider);
}

static const char *thing_key(struct arena *a, const struct record *r)
{
	return arena_printf(a, "%s\n%s\n%s\n%s", instance_id_text(a, &r->addr.instance),
			    r->provider, r->type, r->id);
}

static void index_records(struct resetting *s, const struct record_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct record *r = &list->items[i];

		if (!*r->deposed)
			map_set(&s->live, text_of(address_key(s->a, &r->addr)), r);
		if (*r->id && !map_has(&s->things, text_of(thing_key(s->a, r))))
			map_set(&s->things, text_of(thing_key(s->a, r)), r);
	}
}

/* The deposed record that kept is about, at its address. */
static struct record *deposed_of(struct resetting *s, const struct record *kept)
{
	struct record *r = *kept->id ? map_find(&s->things, text_of(thing_key(s->a, kept))) : NULL;

	return r && *r->deposed && !address_compare(&r->addr, &kept->addr) ? r : NULL;
}

/* Its copy, as an edit names it. */
static struct record *named(struct resetting *s, const struct record *r, const char *deposed)
{
	struct record *copy = ARENA_NEW(s->a, struct record);

	*copy = *r;
	copy->deposed = deposed;
	return copy;
}

static void add_edit(struct resetting *s, struct state_edit e)
{
	*(struct state_edit *)arena_vec_add(s->a, &s->edits) = e;
}

/* The name comes from the operation that replaced it, so it is no other record's. */
static void restore_deposed(struct resetting *s, struct record *deposed, struct record *live)
{
	const char *as = arena_printf(s->a, "%s-undone", deposed->deposed);

	add_edit(s, (struct state_edit){.kind = EDIT_RESTORE,
					.record = named(s, deposed, deposed->deposed),
					.as = as});
	deposed->deposed = "";
	if (live)
		live->deposed = as;
}

static void put_back(struct resetting *s, const struct record *kept, struct record *live,
		     const struct observation *seen)
{
	struct record *back = &s->out->records.items[s->out->records.count++];

	*back = *kept;
	back->deposed = "";
	back->outputs = seen->outputs ? seen->outputs : kept->outputs;
	if (live) {
		live->deposed = arena_printf(s->a, "undone-%s", live->id);
		add_edit(s, (struct state_edit){.kind = EDIT_DEPOSE,
						.record = named(s, live, live->deposed)});
	}
	add_edit(s, (struct state_edit){.kind = EDIT_PUT_RECORD, .record = named(s, back, "")});
	if (s->out->observations)
		s->out->observations[back - s->out->records.items] = *seen;
}

static void reset_one(struct resetting *s, size_t i)
{
	const struct record *kept = &s->q->kept->items[i];
	const struct observation *seen = s->q->lost ? &s->q->lost[i] : NULL;
	struct record *live = map_find(&s->live, text_of(address_key(s->a, &kept->addr)));
	struct record *deposed;

	if (rollback_same_thing(live, kept))
		return;
	deposed = deposed_of(s, kept);
	if (deposed)
		restore_deposed(s, deposed, live);
	else if (seen && seen->seen == SEEN_PRESENT)
		put_back(s, kept, live, seen);
}

static void copy_all(struct resetting *s)
{
	const struct rollback_request *q = s->q;
	size_t count = q->records->count, most = count + q->kept->count;

	s->out->records.items = ARENA_ARRAY(s->a, most, struct record);
	s->out->records.count = count;
	if (count)
		memcpy(s->out->records.items, q->records->items, count * sizeof(struct record));
	if (!q->observations)
		return;
	s->out->observations = ARENA_ARRAY(s->a, most, struct observation);
	if (count)
		memcpy(s->out->observations, q->observations, count * sizeof(struct observation));
}

void rollback_reset(struct arena *a, const struct rollback_request *q, struct rollback *out)
{
	struct resetting s = {.a = a, .q = q, .out = out};

	copy_all(&s);
	index_records(&s, &out->records);
	for (size_t i = 0; i < q->kept->count; i++)
		reset_one(&s, i);
	out->edits = s.edits.items;
	out->edit_count = s.edits.count;
	map_release(&s.live);
	map_release(&s.things);
}

const size_t *rollback_lost(struct arena *a, const struct rollback_request *q, size_t *count)
{
	struct resetting s = {.a = a, .q = q};
	size_t *lost = ARENA_ARRAY(a, q->kept->count, size_t);

	*count = 0;
	index_records(&s, q->records);
	for (size_t i = 0; i < q->kept->count; i++) {
		const struct record *kept = &q->kept->items[i];

		if (*kept->id && !map_has(&s.things, text_of(thing_key(a, kept))))
			lost[(*count)++] = i;
	}
	map_release(&s.live);
	map_release(&s.things);
	return lost;
}
