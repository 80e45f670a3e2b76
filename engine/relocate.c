/* relocate.c - stacks of lost regions, where they are since. */
#include "engine/relocate.h"

#include <string.h>

#include "base/clock.h"
#include "engine/due.h"
#include "engine/manifest_read.h"

struct move {
	const struct recreation *r;
	const struct manifest_region *to;
};

static bool is_in(const struct manifest_target *t, const char *region)
{
	return strcmp(t->region->name, region) == 0;
}

/* The target of the stack where this one would come to lie. */
static struct manifest_target *there(struct manifest_target *targets, size_t count,
				     const struct move *m, const char *account)
{
	for (size_t i = 0; i < count; i++) {
		if (is_in(&targets[i], m->to->name) && strcmp(targets[i].account, account) == 0)
			return &targets[i];
	}
	return NULL;
}

static bool goes_to(const struct manifest_stack *s, const char *region)
{
	for (size_t i = 0; i < s->target_count; i++) {
		if (is_in(&s->targets[i], region))
			return true;
	}
	return false;
}

bool relocate_passed(const struct manifest_target *t, const char *region)
{
	for (const struct manifest_passed *p = t->passed; p; p = p->next) {
		if (strcmp(p->region->name, region) == 0)
			return true;
	}
	return false;
}

static void add_passed(struct arena *a, struct manifest_target *t, const struct manifest_region *r)
{
	struct manifest_passed *p = ARENA_NEW(a, struct manifest_passed);

	*p = (struct manifest_passed){r, t->passed};
	t->passed = p;
}

/* Who asks for a region that was lost before is led on. */
static void join_passed(struct arena *a, struct manifest_target *t,
			const struct manifest_target *from)
{
	for (const struct manifest_passed *p = from->passed; p; p = p->next)
		add_passed(a, t, p->region);
	add_passed(a, t, from->region);
}

static void move_stack(struct arena *a, struct manifest_stack *s, const struct move *m)
{
	struct manifest_target *targets = ARENA_ARRAY(a, s->target_count, struct manifest_target);
	struct manifest_target *taken;
	size_t count = 0;

	for (size_t i = 0; i < s->target_count; i++) {
		if (!is_in(&s->targets[i], m->r->region))
			targets[count++] = s->targets[i];
	}
	for (size_t i = 0; i < s->target_count; i++) {
		struct manifest_target t = s->targets[i];

		if (!is_in(&t, m->r->region))
			continue;
		taken = there(targets, count, m, t.account);
		if (!taken) {
			taken = &targets[count++];
			*taken = t;
			taken->region = m->to;
			taken->passed = NULL;
		}
		join_passed(a, taken, &t);
	}
	s->targets = targets;
	s->target_count = count;
}

static int fail_place(const struct recreation *r, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_RECREATE_PLACE, RANGE_NONE,
				  "region '%s', where the stacks of region '%s' are, is not in the "
				  "manifest",
				  r->into, r->region);

	diag_hint(d, g, "name it under Regions again: what was recreated is there");
	return -1;
}

static void say_moved(const struct recreation *r, size_t stacks, struct diags *d)
{
	char since[CLOCK_TEXT_LEN];
	struct diag *g;

	clock_format_rfc3339(r->since_ms, since);
	g = diag_note(d, DIAG_RELOCATED, RANGE_NONE,
		      "region %s: %zu stack%s recreated in %s since %s", r->region, stacks,
		      stacks == 1 ? " is" : "s are", r->into, since);
	/* The end of it would leave what is in use there to the next apply (recreate_end.c). */
	diag_hint(d, g, "it stays so; to make it plain, name %s in the manifest instead of %s",
		  r->into, r->region);
}

static int relocate(struct arena *a, struct manifest *m, const struct recreation *r,
		    struct diags *d)
{
	struct move move = {r, manifest_region(m, r->into)};
	size_t stacks = 0;

	for (size_t i = 0; i < m->stack_count; i++) {
		if (!goes_to(&m->stacks[i], r->region))
			continue;
		/* What only begins is said of the selection. */
		if (!move.to)
			return r->since_ms ? fail_place(r, d) : -1;
		move_stack(a, (struct manifest_stack *)&m->stacks[i], &move);
		stacks++;
	}
	if (stacks && r->since_ms)
		say_moved(r, stacks, d);
	return 0;
}

int relocate_manifest(struct arena *a, struct manifest *m, const struct recreation_list *list,
		      struct diags *d)
{
	int rc = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (recreation_relocates(&list->items[i]) &&
		    due_closed(&list->items[i]) == DUE_OPEN &&
		    relocate(a, m, &list->items[i], d) != 0)
			rc = -1;
	}
	manifest_index(a, m);
	return rc;
}
