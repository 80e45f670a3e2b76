/* manifest_stack.c - the section Stacks: templates, parameters, targets. */
#include <string.h>

#include "engine/manifest_read.h"

/* A stack that is being read. */
struct stack_reading {
	struct manifest_stack *stack;
	const struct node **depends_on;
};

static bool is_parameter_value(struct manifest_reader *r, const char *what, const struct node *n)
{
	bool good = true;

	if (n->kind == NODE_MAP || node_is_null(n)) {
		manifest_wrong_shape(r, what, n, "a text, a number or a list of them");
		if (node_is_null(n))
			diag_hint(r->d, r->d->last, "write '' for an empty text");
		return false;
	}
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		if (n->items[i]->kind == NODE_SCALAR && !node_is_null(n->items[i]))
			continue;
		manifest_wrong_shape(r, arena_printf(r->a, "an item of %s", what), n->items[i],
				     "a text or a number");
		good = false;
	}
	return good;
}

static bool holds_reference(const struct node *n)
{
	if (n->kind == NODE_SCALAR)
		return manifest_has_reference(n->text);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		if (manifest_has_reference(n->items[i]->text))
			return true;
	}
	return false;
}

struct manifest_parameter *manifest_read_parameters(struct manifest_reader *r,
						    const struct manifest_part *part,
						    const struct node *map, size_t *count)
{
	struct manifest_parameter *list = ARENA_ARRAY(r->a, map->count, struct manifest_parameter);

	*count = 0;
	for (size_t i = 0; i < map->count && !manifest_full(r); i++) {
		const struct node *key = map->entries[i].key, *value = map->entries[i].value;
		const char *what =
			arena_printf(r->a, "parameter '%s' of %s", key->text.ptr, part->who);
		struct manifest_parameter *p = &list[*count];

		if (!is_parameter_value(r, what, value))
			continue;
		p->name = key->text.ptr;
		p->value.node = value;
		p->value.origin = r->m->src->name;
		p->value.name_where = key->where;
		p->value.sensitive = holds_reference(value);
		(*count)++;
	}
	return list;
}

static void set_template(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	struct stack_reading *s = into;

	(void)r;
	(void)part;
	s->stack->template_path = value->text.ptr;
	s->stack->template_where = value->where;
}

static void set_parameters(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	struct manifest_stack *stack = ((struct stack_reading *)into)->stack;

	stack->parameters = manifest_read_parameters(r, part, value, &stack->parameter_count);
}

static void set_depends_on(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	struct stack_reading *s = into;

	(void)r;
	(void)part;
	*s->depends_on = value;
}

static void set_protection(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	struct manifest_stack *stack = ((struct stack_reading *)into)->stack;

	(void)r;
	(void)part;
	stack->protected = text_is(value->text, "true");
	stack->protected_where = value->where;
}

static void set_policy(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	struct manifest_stack *stack = ((struct stack_reading *)into)->stack;

	stack->policies = manifest_read_policies(r, part, value, &stack->policy_count);
}

static void set_targets(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	(void)value;
	manifest_read_targets(r, part, ((struct stack_reading *)into)->stack);
}

static void set_retain(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	(void)r;
	(void)part;
	((struct stack_reading *)into)->stack->retain_instances = text_is(value->text, "true");
}

static void set_ignore_commit(struct manifest_reader *r, const struct manifest_part *part,
			      void *into, const struct node *value)
{
	(void)r;
	(void)part;
	((struct stack_reading *)into)->stack->ignore_commit = text_is(value->text, "true");
}

static void set_rollout(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	struct manifest_stack *stack = ((struct stack_reading *)into)->stack;

	manifest_read_rollout(r, part, value, &stack->rollout);
}

static void set_restore(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	const struct manifest_runbook *b = manifest_named(
		r, NAMED_RUNBOOK, arena_printf(r->a, "'Restore' of %s", part->who), value);

	((struct stack_reading *)into)->stack->restore = b ? b->name : NULL;
}

static const struct manifest_key stack_rows[] = {
	{"Template", KEY_TEXT, KEY_REQUIRED, set_template, NULL},
	{"Parameters", KEY_MAP, KEY_OPTIONAL, set_parameters, NULL},
	{"Targets", KEY_ANY, KEY_REQUIRED, set_targets, NULL},
	{"Overrides", KEY_ANY, KEY_OPTIONAL, NULL, NULL}, /* read with Targets */
	{"RetainInstances", KEY_FLAG, KEY_OPTIONAL, set_retain, NULL},
	{"IgnoreCommit", KEY_FLAG, KEY_OPTIONAL, set_ignore_commit, NULL},
	{"DependsOn", KEY_ANY, KEY_OPTIONAL, set_depends_on, NULL},
	{"Rollout", KEY_MAP, KEY_OPTIONAL, set_rollout, NULL},
	{"DeletionProtection", KEY_FLAG, KEY_OPTIONAL, set_protection, NULL},
	{"Policy", KEY_LIST, KEY_OPTIONAL, set_policy, NULL},
	{"Restore", KEY_NAME, KEY_OPTIONAL, set_restore, NULL},
};
static const struct manifest_keys stack_keys = {KEYS_CLOSED, stack_rows, ARRAY_LEN(stack_rows),
						NULL};

void manifest_set_stacks(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	struct manifest_stack *stacks = ARENA_ARRAY(r->a, value->count, struct manifest_stack);
	const struct node **depends_on = ARENA_ARRAY(r->a, value->count, const struct node *);
	struct manifest_part entry;

	(void)part;
	(void)into;
	r->m->stacks = stacks;
	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		size_t at = r->m->stack_count;
		struct stack_reading s = {&stacks[at], &depends_on[at]};

		if (!manifest_read_named(r, "stack", &value->entries[i], &entry))
			continue;
		s.stack->name = entry.at->text.ptr;
		s.stack->where = entry.at->where;
		r->m->stack_count++;
		s.stack->rollout = rollout_defaults();
		map_set(&r->named[NAMED_STACK], entry.at->text, s.stack);
		manifest_read_map(r, &entry, &stack_keys, &s);
		manifest_check_rollout(r, &entry, s.stack);
	}
	manifest_check_order(r, depends_on);
}
