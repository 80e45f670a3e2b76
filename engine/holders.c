/* holders.c - address to thing, and how many addresses hold each thing. */
#include "engine/holders.h"

#include <stdlib.h>

#include "base/map.h"

struct thing {
	size_t count; /* of live records */
};

struct holders {
	struct arena *arena;
	struct map things; /* by key, struct thing */
	struct map held;   /* stored address to struct thing; NULL values are not kept */
};

struct holders *holders_new(void)
{
	struct holders *h = xcalloc(1, sizeof(*h));

	h->arena = arena_new();
	return h;
}

void holders_free(struct holders *h)
{
	if (!h)
		return;
	map_release(&h->things);
	map_release(&h->held);
	arena_free(h->arena);
	free(h);
}

static void add_key(struct str *out, const struct record *r)
{
	str_printf(out, "%s\n%s\n%s\n%s\n%s", r->provider ? r->provider : "", r->type,
		   r->addr.instance.account, r->addr.instance.region, r->id ? r->id : "");
}

static void add_address(struct str *out, const struct address *x)
{
	str_printf(out, "%s/%s/%s/%s", x->instance.stack, x->instance.account, x->instance.region,
		   x->logical_id);
}

static void let_go(struct holders *h, const struct address *addr)
{
	struct str address = STR_INIT;
	struct thing *t;

	add_address(&address, addr);
	t = map_remove(&h->held, str_text(&address));
	if (t)
		t->count--;
	str_release(&address);
}

void holders_put(struct holders *h, const struct record *live)
{
	struct str key = STR_INIT, address = STR_INIT;
	struct thing *t;

	let_go(h, &live->addr);
	if (!live->id || !*live->id)
		return;
	add_key(&key, live);
	add_address(&address, &live->addr);
	t = map_find(&h->things, str_text(&key));
	if (!t) {
		t = ARENA_NEW(h->arena, struct thing);
		map_set(&h->things, str_text(&key), t);
	}
	t->count++;
	map_set(&h->held, str_text(&address), t);
	str_release(&key);
	str_release(&address);
}

void holders_follow(struct holders *h, const struct state_edit *edit)
{
	switch (edit->kind) {
	case EDIT_PUT_RECORD:
		holders_put(h, edit->record);
		return;
	case EDIT_DEPOSE:
		let_go(h, &edit->record->addr);
		return;
	case EDIT_DROP_RECORD:
		if (!*edit->record->deposed)
			let_go(h, &edit->record->addr);
		return;
	case EDIT_BEGIN:
	case EDIT_PENDING:
	case EDIT_END:
	case EDIT_PUT_INSTANCE:
	case EDIT_DROP_INSTANCE:
	case EDIT_GOOD:
	case EDIT_RESTORE: /* made before a plan, and therefore loaded */
	case EDIT_PUT_RESULT:
	case EDIT_MOVE:
		return;
	}
}

bool holders_other(const struct holders *h, const struct record *r)
{
	struct str key = STR_INIT, address = STR_INIT;
	const struct thing *thing, *own;

	add_key(&key, r);
	add_address(&address, &r->addr);
	thing = map_find(&h->things, str_text(&key));
	own = map_find(&h->held, str_text(&address));
	str_release(&key);
	str_release(&address);
	/* The live one at its address is another one than a deposed one. */
	return thing && thing->count > (own == thing && !*r->deposed);
}
