/* output.c - outputs are strings. */
#include "engine/lint/value.h"

struct output_check {
	struct lint *l;
	struct text name;
	bool told;
};

/* An object whose members nobody lists is JSON, and comes as text: Data of a WaitCondition. */
static unsigned kinds_of(const struct alternative *alt)
{
	const struct shape *s = alt->kind == ALTERNATIVE_SHAPE ? shape_of(alt->shape) : NULL;

	return !s || (s->kinds == SHAPE_OBJECT && !s->member_count) ? 0 : s->kinds;
}

/* What the value is when it is no scalar; NULL: it may be one. */
static const char *kind_of(const struct alternative *alt)
{
	unsigned kinds = kinds_of(alt);

	if (alt->kind == ALTERNATIVE_LIST || alt->kind == ALTERNATIVE_TEXTS || kinds == SHAPE_ARRAY)
		return "a list";
	return alt->kind == ALTERNATIVE_MAP || kinds == SHAPE_OBJECT ? "a map" : NULL;
}

static void check_value(void *context, const struct alternative *alt)
{
	struct output_check *c = context;
	const char *kind = kind_of(alt);
	struct diag *g;

	if (!kind || c->told)
		return;
	c->told = true;
	g = diag_warn(c->l->d, DIAG_OUTPUT_VALUE, alt->at->where,
		      "output '%.*s' is %s, and CloudFormation takes strings alone",
		      TEXT_ARG(c->name), kind);
	diag_hint(c->l->d, g, "write %s",
		  kind[2] == 'l' ? "!Join [',', the list]" : "Fn::ToJsonString: the map");
}

static void check_output(struct lint *l, const struct node_entry *e)
{
	const struct node *value = node_find(e->value, "Value");
	const struct node *condition = node_find(e->value, "Condition");
	struct assumption given = {{NULL, 0}, true, NULL};
	struct output_check c = {l, e->key->text, false};

	if (condition && condition->kind == NODE_SCALAR)
		given.condition = condition->text;
	if (value)
		alternatives(l, value, given.condition.ptr ? &given : NULL, check_value, &c);
}

static void check_section(struct lint *l, const struct node *section)
{
	for (size_t i = 0; section && i < section->count; i++) {
		const struct node_entry *e = &section->entries[i];
		const struct node *loop = lint_loop(e);

		if (loop)
			check_section(l, loop->items[2]);
		else if (e->value->kind == NODE_MAP)
			check_output(l, e);
	}
}

void lint_outputs(struct lint *l)
{
	check_section(l, l->t->outputs);
}
