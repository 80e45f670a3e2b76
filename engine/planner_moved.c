/*
 * planner_moved.c - resources that have another logical id than the one they are recorded under
 * (section Moved of a template).
 *
 * Before anything is planned the loaded records get their new ids, and what others are recorded
 * to depend on too: from then on only the new names are known, and the plan says in `moves` which
 * records have to be renamed before it is run.  Where nothing is recorded under the old id
 * there is nothing to do: a region that never had it, or one that was moved already.
 */
#include "engine/planner_parts.h"

#include <string.h>

/* Longer chains of renamings are none. */
#define CHAIN_MAX 100

/* The moves of one instance. */
struct mover {
	const struct instance *instance; /* NULL: not looked at yet */
	const struct template_move *moves;
	size_t count;
	struct map next; /* From to struct template_move */
	bool moves_some;
};

struct moving {
	struct planning *p;
	struct arena *scratch;
	struct record_list *records;
	struct mover *movers; /* by index of the instance */
	struct map live;      /* address key of live records to them */
	struct map decided;   /* address key to struct record_move; NULL in there: stays */
};

static struct mover *mover_of(struct moving *m, const struct record *r)
{
	const struct instance *i = project_instance(m->p->in->project, &r->addr.instance);

	return i ? &m->movers[i->index] : NULL;
}

/* The move of the id itself, or of the nearest nested stack that it is in. */
static const struct template_move *first_move(const struct mover *v, const char *id)
{
	struct text head = text_of(id);
	const struct template_move *move = map_find(&v->next, head);

	while (!move && head.len) {
		if (head.ptr[--head.len] == '.')
			move = map_find(&v->next, head);
	}
	return move;
}

static const char *step(struct moving *m, const struct mover *v, const char *id)
{
	const struct template_move *move = first_move(v, id);

	return move ? arena_printf(m->scratch, "%s%s", move->to, id + strlen(move->from)) : NULL;
}

/* Where a record goes; NULL when it stays. */
static const char *target_of(struct moving *m, const struct mover *v, const char *id)
{
	const char *at = NULL, *next = step(m, v, id);

	for (size_t i = 0; next && i < CHAIN_MAX; i++) {
		at = next;
		next = step(m, v, at);
	}
	return at && document_find(v->instance->doc, at) ? at : NULL;
}

static void warn_taken(struct moving *m, const struct mover *v, const struct address *from,
		       const char *to)
{
	struct diags *d = m->p->d;
	struct diag *g = diag_warn(d, DIAG_MOVED_TAKEN, first_move(v, from->logical_id)->from_where,
				   "'%s' stays where it is: '%s' is recorded already",
				   address_text(m->scratch, from), to);

	diag_hint(d, g, "'hadeploy state rm' or 'state mv' puts the records right");
	diag_address(d, g, address_text(m->scratch, from));
}

static const struct record_move *decide(struct moving *m, struct mover *v, const struct record *r)
{
	const char *to = target_of(m, v, r->addr.logical_id), *key;
	const struct address target = {r->addr.instance, to};
	struct record_move *move;

	if (!to)
		return NULL;
	key = address_key(m->scratch, &target);
	if (map_has(&m->live, text_of(key))) {
		warn_taken(m, v, &r->addr, to);
		return NULL;
	}
	map_set(&m->live, text_of(key), (void *)(uintptr_t)r);
	move = ARENA_NEW(m->p->a, struct record_move);
	*move = (struct record_move){r->addr, arena_strdup(m->p->a, to)};
	*(struct record_move *)arena_vec_add(m->p->a, &m->p->moves) = *move;
	map_set(&m->p->moved_from, text_of(key), (void *)(uintptr_t)r->addr.logical_id);
	v->moves_some = true;
	return move;
}

/* All that is recorded under one id goes together. */
static void move_record(struct moving *m, struct record *r)
{
	struct mover *v = mover_of(m, r);
	const char *key;
	const struct record_move *move;

	if (!v || !v->count)
		return;
	key = address_key(m->scratch, &r->addr);
	if (map_has(&m->decided, text_of(key))) {
		move = map_find(&m->decided, text_of(key));
	} else {
		move = decide(m, v, r);
		map_set(&m->decided, text_of(key), (void *)(uintptr_t)move);
	}
	if (move)
		r->addr.logical_id = move->to;
}

static void rename_dependencies(struct moving *m, struct record *r)
{
	const struct mover *v = mover_of(m, r);
	json_t *keys = NULL;

	if (v && v->moves_some && r->depends_on && *r->depends_on)
		keys = json_parse(text_of(r->depends_on), NULL, NULL);
	for (size_t i = 0; i < json_array_size(keys); i++) {
		const char *key = json_string_value(json_array_get(keys, i));
		const struct record_move *move = key ? map_find(&m->decided, text_of(key)) : NULL;
		const struct address to = {r->addr.instance, move ? move->to : ""};

		if (move)
			json_array_set_new(keys, i, json_string(address_key(m->scratch, &to)));
	}
	if (keys)
		r->depends_on = json_text(m->p->a, keys);
	json_decref(keys);
}

static bool open_movers(struct moving *m)
{
	const struct project *project = m->p->in->project;
	bool some = false;

	m->movers = ARENA_ARRAY(m->scratch, project->instance_count, struct mover);
	for (size_t i = 0; i < project->instance_count; i++) {
		struct mover *v = &m->movers[i];

		v->instance = &project->instances[i];
		if (v->instance->doc)
			v->moves = document_moves(v->instance->doc, m->scratch, &v->count);
		for (size_t k = 0; k < v->count; k++)
			map_set(&v->next, text_of(v->moves[k].from),
				(void *)(uintptr_t)&v->moves[k]);
		some |= v->count > 0;
	}
	return some;
}

static void close_movers(struct moving *m)
{
	for (size_t i = 0; i < m->p->in->project->instance_count; i++)
		map_release(&m->movers[i].next);
	map_release(&m->live);
	map_release(&m->decided);
}

static void move_all(struct moving *m)
{
	for (size_t i = 0; i < m->records->count; i++) {
		struct record *r = &m->records->items[i];
		const struct mover *v = mover_of(m, r);

		if (v && v->count && !*r->deposed)
			map_set(&m->live, text_of(address_key(m->scratch, &r->addr)), r);
	}
	for (size_t i = 0; i < m->records->count; i++)
		move_record(m, &m->records->items[i]);
	for (size_t i = 0; i < m->records->count; i++)
		rename_dependencies(m, &m->records->items[i]);
}

void planner_move_records(struct planning *p)
{
	struct moving m = {
		.p = p,
		.scratch = arena_new(),
		.records = (struct record_list *)p->in->records,
	};

	if (!p->in->destroy && open_movers(&m))
		move_all(&m);
	if (m.movers)
		close_movers(&m);
	arena_free(m.scratch);
}
