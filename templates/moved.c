/* moved.c - the section Moved. */
#include "templates/moved.h"

#include <string.h>

#include "base/vec.h"
#include "templates/nested.h"
#include "templates/shape.h"

static bool is_id(const struct node *n, const char *key, struct diags *d)
{
	struct text_split parts = text_split_start(n->text);
	struct text part;

	if (shape_expect_text(n, key, d))
		return false;
	while (text_next(&parts, '.', &part)) {
		if (logical_id_check(part, n, "resource", d))
			return false;
	}
	return true;
}

static const struct node *read_key(const struct node *item, const char *key, struct diags *d)
{
	const struct node *n = node_find(item, key);
	struct diag *g;

	if (n)
		return is_id(n, key, d) ? n : NULL;
	g = diag_add(d, DIAG_MOVED_SHAPE, item->where, "an item of Moved has no '%s'", key);
	diag_hint(d, g, "write {From: OLDID, To: NEWID}");
	return NULL;
}

static void refuse_others(const struct node *item, struct diags *d)
{
	static const char *const keys[] = {"From", "To"};

	for (size_t i = 0; i < item->count; i++) {
		const struct node *key = item->entries[i].key;
		struct diag *g;

		if (text_is(key->text, "From") || text_is(key->text, "To"))
			continue;
		g = diag_add(d, DIAG_MOVED_SHAPE, key->where, "an item of Moved has no key '%.*s'",
			     TEXT_ARG(key->text));
		diag_did_you_mean(d, g, key->text, keys, ARRAY_LEN(keys));
	}
}

/* The same id on the same side of two moves. */
static bool is_double(struct map *seen, const struct node *n, const char *side, struct diags *d)
{
	const struct node *first = map_find(seen, n->text);
	struct diag *g;

	if (!first) {
		map_set(seen, n->text, (void *)(uintptr_t)n);
		return false;
	}
	g = diag_add(d, DIAG_MOVED_DOUBLE, n->where, "'%.*s' is moved %s twice", TEXT_ARG(n->text),
		     side);
	diag_related(d, g, first->where, "first here");
	diag_hint(d, g, "one resource has one name before and one after");
	return true;
}

struct reading {
	struct template_move *moves;
	size_t count;
	struct map from, to; /* ids to their nodes */
	struct map next;     /* id to struct template_move from it */
};

static void read_item(struct reading *r, const struct node *item, struct diags *d)
{
	struct template_move *m = &r->moves[r->count];
	const struct node *from, *to;

	if (shape_expect(item, NODE_MAP, "an item of Moved", d))
		return;
	refuse_others(item, d);
	from = read_key(item, "From", d);
	to = read_key(item, "To", d);
	if (!from || !to || is_double(&r->from, from, "away", d) ||
	    is_double(&r->to, to, "there", d))
		return;
	if (to->text.len > from->text.len && to->text.ptr[from->text.len] == '.' &&
	    !memcmp(to->text.ptr, from->text.ptr, from->text.len)) {
		diag_add(d, DIAG_MOVED_CIRCLE, to->where, "'%.*s' moves into itself",
			 TEXT_ARG(from->text));
		return;
	}
	*m = (struct template_move){from->text.ptr, to->text.ptr, from->where, to->where};
	map_set(&r->next, from->text, m);
	r->count++;
}

/* Every id is on each side once, so a way that does not end comes back to where it began. */
static bool leads_back(const struct reading *r, const struct template_move *m)
{
	const struct template_move *at = m;

	for (size_t steps = 0; at && steps < r->count; steps++) {
		if (!strcmp(at->to, m->from))
			return true;
		at = map_find(&r->next, text_of(at->to));
	}
	return false;
}

/* A circle is told once, where it begins. */
static void refuse_circles(struct reading *r, struct diags *d)
{
	struct map told = MAP_INIT;

	for (size_t i = 0; i < r->count; i++) {
		const struct template_move *m = &r->moves[i], *at = m;
		struct diag *g;

		if (map_has(&told, text_of(m->from)) || !leads_back(r, m))
			continue;
		g = diag_add(d, DIAG_MOVED_CIRCLE, m->from_where, "'%s' moves in a circle",
			     m->from);
		do {
			map_set(&told, text_of(at->from), (void *)(uintptr_t)at);
			diag_related(d, g, at->to_where, "to '%s'", at->to);
			at = map_find(&r->next, text_of(at->to));
		} while (at != m);
		diag_hint(d, g, "take one of these out; ids that are exchanged need a third one");
	}
	map_release(&told);
}

void moved_load(struct arena *a, struct sections *s, const struct node *section, struct diags *d)
{
	struct reading r = {.moves = ARENA_ARRAY(a, section->count, struct template_move)};

	if (shape_expect(section, NODE_LIST, "Moved", d))
		return;
	for (size_t i = 0; i < section->count; i++)
		read_item(&r, section->items[i], d);
	refuse_circles(&r, d);
	s->face.moves = r.moves;
	s->face.move_count = r.count;
	map_release(&r.from);
	map_release(&r.to);
	map_release(&r.next);
}

/* Of a document, nested templates included */

struct move_list {
	struct arena *a;
	VEC_OF(struct template_move)
};

static void add_moves(struct move_list *list, const struct eval_state *st)
{
	for (size_t i = 0; i < st->tpl->move_count; i++) {
		struct template_move *m = arena_vec_add(list->a, list);

		*m = st->tpl->moves[i];
		if (!*st->prefix)
			continue;
		m->from = arena_printf(list->a, "%s%s", st->prefix, m->from);
		m->to = arena_printf(list->a, "%s%s", st->prefix, m->to);
	}
	for (size_t i = 0; i < st->resource_list.count; i++) {
		const struct nested_stack *n = st->resource_list.items[i]->stack;

		if (n && n->st.tpl)
			add_moves(list, &n->st);
	}
}

const struct template_move *document_moves(const struct document *doc, struct arena *a,
					   size_t *count)
{
	struct move_list list = {.a = a};

	add_moves(&list, doc->state);
	*count = list.count;
	return list.items;
}
