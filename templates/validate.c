/*
 * validate.c - checks that need only the template: every branch, whatever the target.
 *
 * The names that loops make are known as patterns only ("Page&{Host}" is Page*), so what
 * may be made by a loop is left to evaluation.
 */
#include "templates/template.h"

#include <string.h>

#include "base/limits.h"
#include "base/vec.h"
#include "templates/arguments.h"
#include "templates/condition_graph.h"
#include "templates/eval.h"
#include "templates/intrinsic.h"
#include "templates/nested.h"
#include "templates/refs.h"
#include "templates/sections.h"
#include "templates/shape.h"

/* More patterns than this are not compared: what is not found may be made by one. */
#define PATTERN_COUNT_MAX 1000

struct loop_name {
	struct text name;
	const struct loop_name *outer;
};

/* Names of one section. */
struct known {
	struct names exact;
	struct {
		VEC_OF(const char *)
	} names, patterns;
};

struct checker {
	const struct template *tpl;
	struct arena *a; /* dropped when checking ends */
	struct known resources, conditions;
	const struct loop_name *loops;
	enum eval_place place;
	size_t calls; /* of functions around what is checked */
	struct diags *d;
};

/* Known names */

/* "Page&{Host}" to "Page*". */
static const char *key_pattern(struct arena *a, struct text key)
{
	struct str out = STR_INIT;
	const char *pattern;
	const char *close;

	for (size_t i = 0; i < key.len; i++) {
		bool opens = (key.ptr[i] == '$' || key.ptr[i] == '&') && i + 1 < key.len &&
			     key.ptr[i + 1] == '{';

		close = opens ? memchr(key.ptr + i, '}', key.len - i) : NULL;
		str_add_char(&out, close ? '*' : key.ptr[i]);
		if (close)
			i = (size_t)(close - key.ptr);
	}
	pattern = arena_text(a, str_text(&out));
	str_release(&out);
	return pattern;
}

struct collecting {
	struct arena *a;
	struct known *known;
};

static void collect(void *context, const struct node_entry *entry, size_t loops)
{
	struct collecting *c = context;
	struct text key = entry->key->text;
	const char *pattern = loops ? key_pattern(c->a, key) : key.ptr;

	if (strchr(pattern, '*')) {
		*arena_vec_add(c->a, &c->known->patterns) = pattern;
		return;
	}
	names_add(c->a, &c->known->exact, key, (void *)(uintptr_t)entry);
	*arena_vec_add(c->a, &c->known->names) = key.ptr;
}

static bool known_has(const struct known *k, struct text name)
{
	if (names_find(&k->exact, name) || k->patterns.count > PATTERN_COUNT_MAX)
		return true;
	for (size_t i = 0; i < k->patterns.count; i++) {
		if (text_glob(text_of(k->patterns.items[i]), name))
			return true;
	}
	return false;
}

static struct name_list names_of(const struct checker *c, const struct known *k)
{
	return (struct name_list){k->names.items, k->names.count, c->tpl->thing};
}

/* References */

static bool loop_has(const struct checker *c, struct text name)
{
	for (const struct loop_name *l = c->loops; l; l = l->outer) {
		if (text_eq(l->name, name))
			return true;
	}
	return false;
}

/* Inside of a loop "Page&{Host}" is a name that only the loop knows. */
static bool made_by_loop(const struct checker *c, struct text name)
{
	return c->loops && memchr(name.ptr, '{', name.len);
}

static void report_name(struct checker *c, const struct ref *ref)
{
	struct {
		VEC_OF(const char *)
	} all = {0};

	for (size_t i = 0; i < c->tpl->parameter_count; i++)
		*arena_vec_add(c->a, &all) = c->tpl->parameters[i].name;
	for (size_t i = 0; i < c->resources.names.count; i++)
		*arena_vec_add(c->a, &all) = c->resources.names.items[i];
	for (size_t i = 0; i < pseudo_count; i++)
		*arena_vec_add(c->a, &all) = pseudo_names[i];
	for (const struct loop_name *l = c->loops; l; l = l->outer)
		*arena_vec_add(c->a, &all) = l->name.ptr;
	report_ref_unknown(c->d, ref->where, ref->name,
			   (struct name_list){all.items, all.count, c->tpl->thing});
}

static void check_name(struct checker *c, const struct ref *ref)
{
	if (loop_has(c, ref->name) || template_parameter(c->tpl, ref->name) ||
	    pseudo_known(ref->name))
		return;
	if (!known_has(&c->resources, ref->name))
		report_name(c, ref);
	else if (c->place != PLACE_VALUE)
		report_early(c->d, ref->where, c->tpl->thing, ref->name);
}

static void check_attribute(struct checker *c, const struct ref *ref)
{
	if (!known_has(&c->resources, ref->name)) {
		report_resource_unknown(c->d, ref->where, ref->name, names_of(c, &c->resources));
		if (template_parameter(c->tpl, ref->name))
			diag_hint(c->d, c->d->last,
				  "it is a parameter, and parameters have no attributes: use !Ref "
				  "%.*s",
				  TEXT_ARG(ref->name));
	} else if (c->place != PLACE_VALUE) {
		report_early(c->d, ref->where, c->tpl->thing, ref->name);
	}
}

static void check_condition_ref(struct checker *c, const struct ref *ref)
{
	if (!known_has(&c->conditions, ref->name))
		report_condition_unknown(c->d, ref->where, ref->name, names_of(c, &c->conditions));
}

static struct text literal_arg(const struct node *call, size_t index)
{
	const struct node *n = call->arg->items[index];

	return n->kind == NODE_SCALAR ? n->text : (struct text){NULL, 0};
}

/* Keys that are written out can be looked up now. */
static void check_mapping(struct checker *c, const struct ref *ref)
{
	const struct mapping *m = names_find(&sections_of(c->tpl)->mappings, ref->name);
	struct text top = literal_arg(ref->call, 1), second = literal_arg(ref->call, 2);
	const struct node *keys;
	struct node_entry mapping;

	if (ref->call->arg->count > 3)
		return;
	if (!m) {
		report_mapping_unknown(c->d, ref->where, ref->name, c->tpl->mappings);
		return;
	}
	if (!top.ptr || made_by_loop(c, top))
		return;
	mapping = (struct node_entry){m->key, m->body};
	keys = names_find(&m->keys, top);
	if (!keys)
		report_map_key(c->d, ref->call->arg->items[1], top, TEXT_LIT(""), &mapping);
	else if (second.ptr && !made_by_loop(c, second) && !node_find_entry(keys, second))
		report_map_key(c->d, ref->call->arg->items[2], second, top, &mapping);
}

static void check_ref(void *context, const struct ref *ref)
{
	struct checker *c = context;

	if (made_by_loop(c, ref->name) || c->d->error_count >= LIMIT_DIAGS)
		return;
	switch (ref->kind) {
	case REF_NAME:
		check_name(c, ref);
		break;
	case REF_ATTRIBUTE:
		check_attribute(c, ref);
		break;
	case REF_CONDITION:
		check_condition_ref(c, ref);
		break;
	case REF_MAPPING:
		check_mapping(c, ref);
		break;
	}
}

/* Nodes */

static void check_node(struct checker *c, const struct node *n);

static void check_items(struct checker *c, const struct node *list, size_t from)
{
	for (size_t i = from; i < list->count; i++)
		check_node(c, list->items[i]);
}

static void check_sub(struct checker *c, const struct node *call)
{
	const struct node *text, *own;
	struct sub_places places;
	struct sub_scan scan;
	struct sub_piece p;

	if (sub_shape(call, &text, &own, c->d) || resolve_refused(text, RESOLVE_PART, c->d))
		return;
	scan = sub_start(text->text);
	places = sub_places_start(text);
	while (c->d->error_count < LIMIT_DIAGS && sub_next(&scan, &p)) {
		struct range where = sub_places_next(&places, &p);

		if (p.kind == SUB_BAD)
			report_sub(where, &p, c->d);
	}
	if (own)
		check_node(c, own);
}

static void check_condition(struct checker *c, const struct node *n)
{
	enum eval_place outer = c->place;

	if (outer != PLACE_RULE)
		c->place = PLACE_CONDITION;
	if (n->kind == NODE_CALL)
		check_node(c, n);
	else
		report_no_condition(n, c->d);
	c->place = outer;
}

static void check_conditions(struct checker *c, const struct node *list)
{
	for (size_t i = 0; i < list->count; i++)
		check_condition(c, list->items[i]);
}

static void check_getatt(struct checker *c, const struct node *call)
{
	if (!made_by_loop(c, call->arg->text) && !getatt_cut(call->arg->text))
		report_getatt(c->d, call, call->arg->text);
}

/* Names that stand as plain strings need no check of their own. */
static void check_operands(struct checker *c, const struct node *call)
{
	const struct node *arg = call->arg;

	if (text_is(call->text, "Fn::GetStackOutput") && stack_output_shape(call, c->d))
		return;
	if (text_is(call->text, "Fn::Sub"))
		check_sub(c, call);
	else if (text_is(call->text, "Fn::GetAtt") && arg->kind == NODE_SCALAR)
		check_getatt(c, call);
	else if (text_is(call->text, "Fn::If"))
		check_items(c, arg, 1);
	else if (text_is(call->text, "Fn::And") || text_is(call->text, "Fn::Or") ||
		 text_is(call->text, "Fn::Not"))
		check_conditions(c, arg);
	else if (arg->kind != NODE_SCALAR || !node_is_null(arg))
		check_node(c, arg);
}

static void check_call(struct checker *c, const struct node *call)
{
	const struct intrinsic *row = intrinsic_check(call, c->place, c->d);
	enum eval_place outer = c->place;

	if (!row)
		return;
	refs_of_call(call, check_ref, c);
	arguments_check(c->tpl, call, c->d);
	c->place = intrinsic_inner_place(call, outer);
	c->calls++;
	check_operands(c, call);
	c->calls--;
	c->place = outer;
}

static void check_loop(struct checker *c, const struct node_entry *entry,
		       void (*body)(struct checker *c, const struct node *map))
{
	const struct node *loop = foreach_shape(entry, c->d);
	const struct loop_name *outer = c->loops;
	enum eval_place place = c->place;
	struct loop_name name;

	if (!loop)
		return;
	c->place = PLACE_STATIC;
	check_node(c, loop->items[1]);
	c->place = place;
	name = (struct loop_name){loop->items[0]->text, outer};
	c->loops = &name;
	body(c, loop->items[2]);
	c->loops = outer;
}

static void check_map(struct checker *c, const struct node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct node_entry *entry = &map->entries[i];

		if (text_starts(entry->key->text, FOREACH_PREFIX))
			check_loop(c, entry, check_map);
		else if (text_starts(entry->key->text, "Fn::"))
			report_mixed_function(entry->key, c->d);
		else
			check_node(c, entry->value);
	}
}

/* A text that begins as a reference is meant as one; another one may only speak of them. */
static enum resolve_written written_of(const struct checker *c, const struct node *n)
{
	bool alone = !c->calls && !c->loops && text_starts(n->text, RESOLVE_OPEN);

	return alone && c->place == PLACE_VALUE ? RESOLVE_WHOLE : RESOLVE_PART;
}

static void check_node(struct checker *c, const struct node *n)
{
	if (c->d->error_count >= LIMIT_DIAGS)
		return;
	switch (n->kind) {
	case NODE_SCALAR:
		if (node_is_null(n))
			report_null(n, c->d);
		else if (!resolve_refused(n, written_of(c, n), c->d) && c->place != PLACE_VALUE)
			resolve_check_static(n, c->d);
		break;
	case NODE_LIST:
		check_items(c, n, 0);
		break;
	case NODE_MAP:
		check_map(c, n);
		break;
	case NODE_CALL:
		check_call(c, n);
		break;
	}
}

/* Sections */

typedef void check_body_fn(struct checker *c, const struct node *body);

static void check_named_condition(struct checker *c, const struct node *body)
{
	const struct node *n = node_find(body, "Condition");
	struct ref ref;

	if (!n)
		return;
	ref = (struct ref){REF_CONDITION, n->text, {NULL, 0}, n->where, NULL};
	check_ref(c, &ref);
}

static void check_dependency(struct checker *c, const struct node *n)
{
	if (made_by_loop(c, n->text) || known_has(&c->resources, n->text))
		return;
	report_dependency_unknown(c->d, n->where, n->text, names_of(c, &c->resources));
}

static void check_dependencies(struct checker *c, const struct node *body)
{
	const struct node *n = node_find(body, "DependsOn");

	if (n && n->kind == NODE_LIST) {
		for (size_t i = 0; i < n->count; i++)
			check_dependency(c, n->items[i]);
	} else if (n) {
		check_dependency(c, n);
	}
}

static void check_static(struct checker *c, const struct node *n)
{
	enum eval_place outer = c->place;

	c->place = PLACE_STATIC;
	if (n)
		check_node(c, n);
	c->place = outer;
}

static void check_present(struct checker *c, const struct node *n)
{
	if (n)
		check_node(c, n);
}

/* A policy made by functions. */
static void check_retention(struct checker *c, const struct node *n)
{
	check_static(c, n);
	if (n && n->kind == NODE_CALL && argument_is_collection(c->tpl, n))
		diag_add(c->d, DIAG_POLICY_VALUE, n->where,
			 "a policy is a string, and %s gives a list", node_describe(n));
}

static void check_resource(struct checker *c, const struct node *body)
{
	const struct node *properties = node_find(body, "Properties");
	const struct node *type = node_find(body, "Type");

	check_named_condition(c, body);
	check_dependencies(c, body);
	check_retention(c, node_find(body, "DeletionPolicy"));
	check_retention(c, node_find(body, "UpdateReplacePolicy"));
	check_present(c, node_find(body, "CreationPolicy"));
	check_present(c, node_find(body, "UpdatePolicy"));
	if (properties && !node_is_null(properties)) {
		check_node(c, properties);
		resolve_check_places(properties, type->text.ptr, c->d);
	}
}

static void check_output(struct checker *c, const struct node *body)
{
	check_named_condition(c, body);
	check_node(c, node_find(body, "Value"));
	resolve_check_places(node_find(body, "Value"), NULL, c->d);
	check_static(c, node_find(body, "Export"));
}

static void check_section(struct checker *c, const struct node *section, check_body_fn *body);

static void check_resources(struct checker *c, const struct node *section)
{
	check_section(c, section, check_resource);
}

static void check_outputs(struct checker *c, const struct node *section)
{
	check_section(c, section, check_output);
}

static void check_section_conditions(struct checker *c, const struct node *section)
{
	check_section(c, section, check_condition);
}

/* What checks the body of a loop in a section of such bodies. */
static check_body_fn *loop_body(check_body_fn *body)
{
	if (body == check_resource)
		return check_resources;
	return body == check_output ? check_outputs : check_section_conditions;
}

static void check_section(struct checker *c, const struct node *section, check_body_fn *body)
{
	for (size_t i = 0; section && i < section->count; i++) {
		const struct node_entry *entry = &section->entries[i];

		if (c->d->error_count >= LIMIT_DIAGS)
			return;
		if (text_starts(entry->key->text, FOREACH_PREFIX))
			check_loop(c, entry, loop_body(body));
		else
			body(c, entry->value);
	}
}

/* Rules */

static void check_truth(struct checker *c, const struct node *n)
{
	if (n && n->kind == NODE_CALL)
		check_condition(c, n);
}

static void check_rules(struct checker *c, const struct node *rules)
{
	c->place = PLACE_RULE;
	for (size_t i = 0; rules && rules->kind == NODE_MAP && i < rules->count; i++) {
		const struct node *rule = rules->entries[i].value;
		const struct node *list = node_find(rule, "Assertions");

		check_truth(c, node_find(rule, "RuleCondition"));
		for (size_t k = 0; list && list->kind == NODE_LIST && k < list->count; k++)
			check_truth(c, node_find(list->items[k], "Assert"));
	}
	c->place = PLACE_VALUE;
}

int template_check(const struct template *t, struct diags *d)
{
	struct checker c = {.tpl = t, .a = arena_new(), .place = PLACE_VALUE, .d = d};
	struct collecting resources = {c.a, &c.resources}, conditions = {c.a, &c.conditions};
	size_t errors = d->error_count;

	if (t->foreign) {
		foreign_report(&sections_of(t)->foreign, d);
		arena_free(c.a);
		return -1;
	}
	shape_check(sections_of(t), d);
	section_walk(t->resources, collect, &resources);
	section_walk(t->conditions, collect, &conditions);
	check_rules(&c, t->rules);
	check_section_conditions(&c, t->conditions);
	condition_cycles(t->conditions, d);
	check_resources(&c, t->resources);
	check_outputs(&c, t->outputs);
	nested_check(t, d);
	arena_free(c.a);
	return d->error_count > errors ? -1 : 0;
}
