#include "cli/view_lock.h"

#include "cli/json_plan.h"
#include "cli/view_text.h"
#include "engine/engine.h"

#define SHORT_ID 10

static const char *const marks[] = {
	[LOCK_KEPT] = " ", [LOCK_ADDED] = "+", [LOCK_MOVED] = "~", [LOCK_REMOVED] = "-"};
static const enum paint paints[] = {[LOCK_KEPT] = PAINT_DIM,
				    [LOCK_ADDED] = PAINT_GREEN,
				    [LOCK_MOVED] = PAINT_YELLOW,
				    [LOCK_REMOVED] = PAINT_RED};

static void add_change(struct str *out, const struct lock_change *c, const struct style *st)
{
	paint_text(out, st, paints[c->verb], marks[c->verb]);
	str_add_char(out, ' ');
	shown_text(out, text_of(c->template));
	str_add_char(out, '\n');
	if (!c->ref || c->verb == LOCK_REMOVED)
		return;
	str_add(out, "    ");
	shown_text(out, text_of(c->ref));
	if (c->verb == LOCK_MOVED)
		str_printf(out, ": %.*s -> %.*s%s\n", SHORT_ID, c->from, SHORT_ID, c->to,
			   c->tag_moved ? " (the tag was moved)" : "");
	else
		str_printf(out, ": %.*s\n", SHORT_ID, c->to);
}

void view_lock(struct str *out, const struct lock_changes *all, bool future, const struct style *st)
{
	size_t counts[LOCK_REMOVED + 1] = {0};

	for (size_t i = 0; i < all->count; i++) {
		counts[all->items[i].verb]++;
		if (all->items[i].verb != LOCK_KEPT)
			add_change(out, &all->items[i], st);
	}
	if (!all->count)
		str_add(out, "No template comes from another repository.\n");
	else
		str_printf(out, "%s%zu added, %zu moved, %zu removed, %zu as before.\n",
			   future ? "To lock: " : "Locked: ", counts[LOCK_ADDED],
			   counts[LOCK_MOVED], counts[LOCK_REMOVED], counts[LOCK_KEPT]);
}

void json_lock_change(json_t *into, const struct lock_change *c)
{
	static const char *const verbs[] = {[LOCK_KEPT] = "none",
					    [LOCK_ADDED] = "add",
					    [LOCK_MOVED] = "move",
					    [LOCK_REMOVED] = "remove"};

	json_set_text(into, "template", c->template);
	json_set_text(into, "action", verbs[c->verb]);
	if (c->ref)
		json_set_text(into, "ref", c->ref);
	if (c->from)
		json_set_text(into, "from", c->from);
	if (c->to)
		json_set_text(into, "to", c->to);
	if (c->tag_moved)
		json_object_set_new(into, "tag_moved", json_true());
}
