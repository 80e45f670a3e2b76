/* lanes_heap.c - the heaps of items, of lanes and of sessions. */
#include "engine/lanes_parts.h"

static bool item_before(const struct lane_item *x, const struct lane_item *y)
{
	if (x->urgent != y->urgent)
		return x->urgent;
	if (x->attempts != y->attempts)
		return x->attempts > y->attempts;
	if (x->priority != y->priority)
		return x->priority > y->priority;
	return x->order < y->order;
}

bool lane_before(const struct lane *x, const struct lane *y)
{
	if (x->in_flight != y->in_flight)
		return x->in_flight < y->in_flight;
	return item_before(lane_first(x), lane_first(y));
}

static bool item_slot_before(const struct heap_slot *x, const struct heap_slot *y)
{
	return item_before(container_of(x, struct lane_item, slot),
			   container_of(y, struct lane_item, slot));
}

static bool lane_slot_before(const struct heap_slot *x, const struct heap_slot *y)
{
	return lane_before(container_of(x, struct lane, slot), container_of(y, struct lane, slot));
}

static bool session_slot_before(const struct heap_slot *x, const struct heap_slot *y)
{
	return lane_before(session_first(container_of(x, struct lane_session, slot)),
			   session_first(container_of(y, struct lane_session, slot)));
}

struct lane_item *lane_first(const struct lane *l)
{
	struct heap_slot *x = heap_first(&l->items);

	return x ? container_of(x, struct lane_item, slot) : NULL;
}

struct lane *session_first(const struct lane_session *s)
{
	struct heap_slot *x = heap_first(&s->lanes);

	return x ? container_of(x, struct lane, slot) : NULL;
}

struct lane_session *group_first(const struct lane_group *g)
{
	struct heap_slot *x = heap_first(&g->sessions);

	return x ? container_of(x, struct lane_session, slot) : NULL;
}

void lane_add_item(struct lane *l, struct lane_item *x)
{
	l->items.before = item_slot_before;
	heap_add(&l->items, &x->slot);
}

void lane_remove_item(struct lane *l, struct lane_item *x)
{
	heap_remove(&l->items, &x->slot);
}

void session_leave(struct lane_session *s)
{
	heap_remove(&s->group->sessions, &s->slot);
}

void session_join(struct lane_session *s)
{
	if (!s->lanes.count || timer_is_set(&s->rest))
		return;
	s->group->sessions.before = session_slot_before;
	heap_add(&s->group->sessions, &s->slot);
}

void lane_leave(struct lane *l)
{
	if (!l->slot.at)
		return;
	session_leave(l->session);
	heap_remove(&l->session->lanes, &l->slot);
	session_join(l->session);
}

void lane_join(struct lane *l)
{
	session_leave(l->session);
	l->session->lanes.before = lane_slot_before;
	heap_add(&l->session->lanes, &l->slot);
	session_join(l->session);
}
