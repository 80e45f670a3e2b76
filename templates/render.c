/*
 * render.c - the sections of a rendered template.
 *
 * What is used comes first: resources and outputs say which conditions stay, those which
 * mappings, and all of them which parameters.  The result has the order of the template.
 */
#include "templates/render.h"

#include <string.h>

#include "templates/render_parts.h"
#include "templates/value_write.h"

#define RETURNS_MAX 8 /* turns in which left-out resources come back one by one */

/* Resources and outputs */

/* UNDECIDED, or 0 with whether the item is there. */
static int item_condition(struct rendering *r, const struct node *body, bool *present)
{
	const struct node *n = node_find(body, "Condition");

	*present = true;
	if (!n || n->kind != NODE_SCALAR)
		return 0;
	return eval_condition_named(&r->e, n, eval_loop_text(&r->e, n->text), present);
}

static const struct value *attribute_condition(struct rendering *r, const struct node *n)
{
	const struct value *name = render_node(r, n);
	bool present;

	if (name->kind != VALUE_STRING ||
	    (eval_condition_named(&r->e, n, name->text, &present) != UNDECIDED &&
	     !r->keeps_condition))
		return &value_absent;
	mark(r, &r->conditions, name->text);
	return name;
}

static bool is_gone(struct rendering *r, const struct value *name)
{
	const struct section_item *item = names_find(&r->e.st->resources, name->text);

	return item && !item->present;
}

/* On a resource that its condition leaves out nothing depends. */
static const struct value *attribute_depends_on(struct rendering *r, const struct node *n)
{
	const struct value *all = render_node(r, n);
	const struct value **kept;
	size_t count = 0;

	if (all->kind != VALUE_LIST)
		return all->kind == VALUE_STRING && is_gone(r, all) ? &value_absent : all;
	kept = ARENA_ARRAY(r->e.a, all->count, const struct value *);
	for (size_t i = 0; i < all->count; i++) {
		if (all->items[i]->kind != VALUE_STRING || !is_gone(r, all->items[i]))
			kept[count++] = all->items[i];
	}
	return count ? render_list(r, kept, count) : &value_absent;
}

static const struct value *attribute_static(struct rendering *r, const struct node *n)
{
	const struct value *v;

	r->e.place = PLACE_STATIC;
	v = render_node(r, n);
	r->e.place = PLACE_VALUE;
	return v;
}

static const struct {
	const char *name;
	const struct value *(*render)(struct rendering *r, const struct node *n);
} attributes[] = {
	{"Condition", attribute_condition},   {"DependsOn", attribute_depends_on},
	{"DeletionPolicy", attribute_static}, {"UpdateReplacePolicy", attribute_static},
	{"Export", attribute_static},
};

static const struct value *render_attribute(struct rendering *r, const struct node_entry *entry)
{
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
		if (text_is(entry->key->text, attributes[i].name))
			return attributes[i].render(r, entry->value);
	}
	return render_node(r, entry->value);
}

static void add_item(struct rendering *r, const struct node *key, struct text name,
		     const struct node *body, struct entry_list *out)
{
	struct entry_list members = {0};
	bool present;

	(void)key;
	item_condition(r, body, &present);
	if (!present && !marked(&r->gone, name))
		return;
	r->keeps_condition = !present;
	for (size_t i = 0; body->kind == NODE_MAP && i < body->count; i++)
		add_entry(r, &members, body->entries[i].key->text,
			  render_attribute(r, &body->entries[i]));
	r->keeps_condition = false;
	add_entry(r, out, name, render_map(r, &members));
}

static const struct value *section_items(struct rendering *r, const struct node *section)
{
	struct entry_list items = {0};

	if (section->kind != NODE_MAP)
		return render_node(r, section);
	render_entries(r, section, add_item, &items);
	return render_map(r, &items);
}

static const struct value *section_outputs(struct rendering *r, const struct node *section)
{
	const struct value *outputs = section_items(r, section);

	return outputs->count ? outputs : &value_absent;
}

/* Conditions: one that stays may need others. */

static const struct value *one_condition(struct rendering *r, const struct condition *c)
{
	const struct value *v;

	r->e.scope = c->scope;
	v = render_condition(r, c->body);
	r->e.scope = NULL;
	return v;
}

static const struct condition *condition_of(const struct rendering *r, struct text name)
{
	return names_find(&r->e.st->conditions, name);
}

static void mark_needed_conditions(struct rendering *r)
{
	for (size_t i = 0; i < r->conditions.count; i++) {
		const struct condition *c = condition_of(r, r->conditions.items[i]);

		if (c)
			one_condition(r, c);
	}
}

static void add_condition(struct rendering *r, const struct node *key, struct text name,
			  const struct node *body, struct entry_list *out)
{
	const struct condition *c = marked(&r->conditions, name) ? condition_of(r, name) : NULL;

	(void)key;
	(void)body;
	if (c)
		add_entry(r, out, name, one_condition(r, c));
}

static const struct value *section_conditions(struct rendering *r, const struct node *section)
{
	struct entry_list kept = {0};

	r->e.place = PLACE_STATIC;
	mark_needed_conditions(r);
	render_entries(r, section, add_condition, &kept);
	r->e.place = PLACE_VALUE;
	return kept.count ? render_map(r, &kept) : &value_absent;
}

/* Mappings and parameters */

static const struct value *section_mappings(struct rendering *r, const struct node *section)
{
	struct entry_list kept = {0};

	for (size_t i = 0; i < section->count; i++) {
		const struct node_entry *entry = &section->entries[i];

		if (r->every_mapping || marked(&r->mappings, entry->key->text))
			add_entry(r, &kept, entry->key->text, render_raw(r, entry->value));
	}
	return kept.count ? render_map(r, &kept) : &value_absent;
}

/* What it was given, as the text that a template takes. */
static const struct value *default_text(struct rendering *r, const struct value *v)
{
	struct str joined = STR_INIT;
	struct text t;

	if (v->kind != VALUE_LIST)
		return v;
	for (size_t i = 0; i < v->count; i++) {
		str_add(&joined, i ? "," : "");
		if (value_scalar_text(v->items[i], &t))
			str_add_text(&joined, t);
	}
	t = (struct text){arena_text(r->e.a, str_text(&joined)), joined.len};
	str_release(&joined);
	return render_text(r, t, v->from);
}

/* Of a secret only that it is empty is told. */
static const struct value *parameter_default(struct rendering *r, const struct parameter *p,
					     const struct node *written)
{
	const struct value *v = r->e.st->parameter_values[p - r->e.st->tpl->parameters];

	if (p->no_echo)
		return written->kind == NODE_SCALAR && !written->text.len ? render_raw(r, written)
									  : &value_absent;
	if (!v || v->sensitive || value_has_unknown(v))
		return render_raw(r, written);
	return default_text(r, v);
}

static const struct value *render_parameter(struct rendering *r, const struct parameter *p)
{
	struct entry_list members = {0};

	for (size_t i = 0; i < p->body->count; i++) {
		const struct node_entry *entry = &p->body->entries[i];

		add_entry(r, &members, entry->key->text,
			  entry->value == p->initial ? parameter_default(r, p, entry->value)
						     : render_raw(r, entry->value));
	}
	return render_map(r, &members);
}

static const struct value *section_parameters(struct rendering *r, const struct node *section)
{
	const struct template *t = r->e.st->tpl;
	struct entry_list kept = {0};

	(void)section;
	for (size_t i = 0; i < t->parameter_count; i++) {
		struct text name = text_of(t->parameters[i].name);

		if (marked(&r->parameters, name))
			add_entry(r, &kept, name, render_parameter(r, &t->parameters[i]));
	}
	return kept.count ? render_map(r, &kept) : &value_absent;
}

static bool every_parameter_stays(const struct rendering *r)
{
	const struct template *t = r->e.st->tpl;

	for (size_t i = 0; i < t->parameter_count; i++) {
		if (!marked(&r->parameters, text_of(t->parameters[i].name)))
			return false;
	}
	return true;
}

/* The interface names parameters, and must not name those that are gone. */
static const struct value *section_metadata(struct rendering *r, const struct node *section)
{
	struct entry_list kept = {0};

	if (section->kind != NODE_MAP)
		return render_raw(r, section);
	for (size_t i = 0; i < section->count; i++) {
		const struct node_entry *entry = &section->entries[i];

		if (!text_is(entry->key->text, "AWS::CloudFormation::Interface") ||
		    every_parameter_stays(r))
			add_entry(r, &kept, entry->key->text, render_raw(r, entry->value));
	}
	return kept.count ? render_map(r, &kept) : &value_absent;
}

static const struct value *section_gone(struct rendering *r, const struct node *section)
{
	(void)r;
	(void)section;
	return &value_absent;
}

/* In the order in which they can be made. */
enum { AT_FIRST, AFTER_VALUES, AFTER_CONDITIONS, AT_LAST, PASSES };

static const struct section_row {
	const char *name;
	int pass;
	const struct value *(*render)(struct rendering *r, const struct node *section);
} rows[] = {
	{"Resources", AT_FIRST, section_items},
	{"Outputs", AT_FIRST, section_outputs},
	{"Hooks", AT_FIRST, render_node},
	{"Rules", AT_FIRST, section_gone},
	{"Conditions", AFTER_VALUES, section_conditions},
	{"Mappings", AFTER_CONDITIONS, section_mappings},
	{"Parameters", AFTER_CONDITIONS, section_parameters},
	{"Metadata", AT_LAST, section_metadata},
};

/* The description, the version and what else only stands there. */
static const struct section_row other = {"", AT_FIRST, render_raw};

static const struct section_row *row_of(struct text name)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (text_is(name, rows[i].name))
			return &rows[i];
	}
	return &other;
}

/* Long chains of them would cost a turn for each. */
static void keep_all_gone(struct rendering *r)
{
	const struct eval_state *st = r->e.st;

	for (size_t i = 0; i < st->resource_list.count; i++) {
		if (!st->resource_list.items[i]->present)
			mark(r, &r->gone, text_of(st->resource_list.items[i]->name));
	}
}

static void render_pass(struct rendering *r, const struct node *root, int pass,
			const struct value **sections)
{
	for (size_t i = 0; i < root->count; i++) {
		const struct section_row *row = row_of(root->entries[i].key->text);
		const struct node *section = root->entries[i].value;

		if (row->pass == pass)
			sections[i] =
				node_is_null(section) ? &value_absent : row->render(r, section);
	}
}

static const struct value *render_root(struct rendering *r, const struct node *root)
{
	const struct value **sections = ARENA_ARRAY(r->e.a, root->count, const struct value *);
	struct entry_list kept = {0};
	size_t gone, turns = 0;

	/* What comes back may refer to more that is gone. */
	do {
		if (++turns == RETURNS_MAX)
			keep_all_gone(r);
		gone = r->gone.count;
		render_pass(r, root, AT_FIRST, sections);
	} while (r->gone.count > gone);
	for (int pass = AT_FIRST + 1; pass < PASSES; pass++)
		render_pass(r, root, pass, sections);
	for (size_t i = 0; i < root->count; i++)
		add_entry(r, &kept, root->entries[i].key->text, sections[i]);
	return render_map(r, &kept);
}

bool template_render(const struct document *doc, enum render_form form, struct str *out)
{
	struct rendering r = {
		.e = {.a = arena_new(), .st = doc->state, .place = PLACE_VALUE},
	};
	const struct value *whole;
	bool fits;

	r.e.d = &r.ignored;
	whole = render_root(&r, doc->tpl->root);
	if (form == RENDER_YAML)
		fits = value_write_yaml(whole, out);
	else
		fits = value_write_json(whole, out);
	diags_release(&r.ignored);
	arena_free(r.e.a);
	return fits;
}
