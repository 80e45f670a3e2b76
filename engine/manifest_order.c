/* manifest_order.c - DependsOn of stacks: every name known, no circle. */
#include <string.h>

#include "base/str.h"
#include "engine/manifest_read.h"

enum visit { VISIT_NEW, VISIT_OPEN /* on the current path */, VISIT_DONE };

/* One stack on the current path, and which of its dependencies comes next. */
struct path_step {
	size_t stack, next;
};

struct order_check {
	struct manifest_reader *r;
	struct manifest_stack *stacks;
	const struct node *const **names; /* per stack, parallel to depends_on */
	enum visit *visits;
	struct path_step *path;
	size_t depth;
};

static void report_unknown(struct manifest_reader *r, const struct node *n,
			   const struct manifest_stack *of)
{
	const char **names = ARENA_ARRAY(r->a, r->m->stack_count, const char *);
	struct diag *g =
		diag_add(r->d, DIAG_STACK_UNKNOWN, n->where,
			 "stack '%s' depends on '%s', which is no stack", of->name, n->text.ptr);

	for (size_t i = 0; i < r->m->stack_count; i++)
		names[i] = r->m->stacks[i].name;
	diag_did_you_mean(r->d, g, n->text, names, r->m->stack_count);
	if (!g->hint)
		diag_hint(r->d, g, "add it to the section Stacks, or remove it here");
}

/* The nodes of DependsOn that name stacks; also written as one name. */
static const struct node **known_names(struct manifest_reader *r, const struct node *list,
				       const struct manifest_stack *of, size_t *count)
{
	const struct node *const *items = list->kind == NODE_LIST ? list->items : &list;
	size_t item_count = list->kind == NODE_LIST ? list->count : 1;
	const struct node **names = ARENA_ARRAY(r->a, item_count, const struct node *);
	const char *what = arena_printf(r->a, "'DependsOn' of stack '%s'", of->name);

	*count = 0;
	for (size_t i = 0; i < item_count && !manifest_full(r); i++) {
		if (items[i]->kind != NODE_SCALAR || node_is_null(items[i]))
			manifest_wrong_shape(r, what, items[i], "a list of names");
		else if (!map_has(&r->named[NAMED_STACK], items[i]->text))
			report_unknown(r, items[i], of);
		else
			names[(*count)++] = items[i];
	}
	return names;
}

static void set_names(struct order_check *c, size_t stack, const struct node *list)
{
	struct manifest_stack *s = &c->stacks[stack];
	const struct node **nodes;
	const char **names;

	if (!list)
		return;
	nodes = known_names(c->r, list, s, &s->depends_on_count);
	names = ARENA_ARRAY(c->r->a, s->depends_on_count, const char *);
	for (size_t i = 0; i < s->depends_on_count; i++)
		names[i] = nodes[i]->text.ptr;
	s->depends_on = names;
	c->names[stack] = nodes;
}

static void report_circle(struct order_check *c, size_t from)
{
	const struct path_step *last = &c->path[c->depth - 1];
	const struct node *closing = c->names[last->stack][last->next - 1];
	struct str circle = STR_INIT;
	struct diag *g;

	for (size_t i = from; i < c->depth; i++)
		str_printf(&circle, "%s -> ", c->stacks[c->path[i].stack].name);
	str_add(&circle, c->stacks[c->path[from].stack].name);
	g = diag_add(c->r->d, DIAG_STACK_CYCLE, closing->where,
		     "stacks depend on each other in a circle: %s", str_cstr(&circle));
	diag_hint(c->r->d, g, "remove one of these names from DependsOn");
	str_release(&circle);
}

static void enter(struct order_check *c, size_t stack)
{
	c->visits[stack] = VISIT_OPEN;
	c->path[c->depth++] = (struct path_step){stack, 0};
}

static void follow(struct order_check *c, size_t stack)
{
	size_t from = 0;

	switch (c->visits[stack]) {
	case VISIT_NEW:
		enter(c, stack);
		break;
	case VISIT_OPEN:
		while (c->path[from].stack != stack)
			from++;
		report_circle(c, from);
		break;
	case VISIT_DONE:
		break;
	}
}

/* Depth first with a path of our own: stacks may depend on each other thousands deep. */
static void walk_from(struct order_check *c, size_t start)
{
	if (c->visits[start] != VISIT_NEW)
		return;
	enter(c, start);
	while (c->depth && !manifest_full(c->r)) {
		struct path_step *top = &c->path[c->depth - 1];
		const struct manifest_stack *s = &c->stacks[top->stack], *needed;

		if (top->next == s->depends_on_count) {
			c->visits[top->stack] = VISIT_DONE;
			c->depth--;
			continue;
		}
		needed = map_find(&c->r->named[NAMED_STACK],
				  c->names[top->stack][top->next++]->text);
		follow(c, (size_t)(needed - c->stacks));
	}
}

void manifest_check_order(struct manifest_reader *r, const struct node *const *depends_on)
{
	size_t count = r->m->stack_count;
	struct order_check c = {r,
				(struct manifest_stack *)r->m->stacks,
				ARENA_ARRAY(r->a, count, const struct node *const *),
				ARENA_ARRAY(r->a, count, enum visit),
				ARENA_ARRAY(r->a, count, struct path_step),
				0};

	for (size_t i = 0; i < count; i++)
		set_names(&c, i, depends_on[i]);
	for (size_t i = 0; i < count && !manifest_full(r); i++)
		walk_from(&c, i);
}
