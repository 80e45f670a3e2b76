/*
 * rule_unused.c - what a template declares and never uses, and what its interface says of
 * parameters that are not there.
 *
 * A template that lets Fn::Transform add to it may use anything; names that a loop completes
 * are compared as patterns.
 */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"

/* What a template uses: names as written, and patterns of what loops make. */
struct used {
	struct map names;
	struct {
		VEC_OF(const char *)
	} patterns;
};

/* "Port${X}" to "Port*". */
static const char *pattern_of(struct arena *a, struct text name)
{
	struct str out = STR_INIT;
	const char *pattern, *close;

	for (size_t i = 0; i < name.len; i++) {
		bool opens = (name.ptr[i] == '$' || name.ptr[i] == '&') && i + 1 < name.len &&
			     name.ptr[i + 1] == '{';

		close = opens ? memchr(name.ptr + i, '}', name.len - i) : NULL;
		str_add_char(&out, close ? '*' : name.ptr[i]);
		if (close)
			i = (size_t)(close - name.ptr);
	}
	pattern = arena_text(a, str_text(&out));
	str_release(&out);
	return pattern;
}

static void note_used(struct lint *l, struct used *u, struct text name)
{
	if (name.len && memchr(name.ptr, '{', name.len))
		*arena_vec_add(l->a, &u->patterns) = pattern_of(l->a, name);
	else
		map_set(&u->names, name, u);
}

static void collect_used(struct lint *l, enum ref_kind kind, struct used *u)
{
	for (size_t i = 0; i < l->refs.count; i++) {
		if (l->refs.items[i].ref.kind == kind)
			note_used(l, u, l->refs.items[i].ref.name);
	}
}

static bool is_used(const struct used *u, struct text name)
{
	if (map_has(&u->names, name))
		return true;
	for (size_t i = 0; i < u->patterns.count; i++) {
		if (text_glob(text_of(u->patterns.items[i]), name))
			return true;
	}
	return false;
}

/* Searching the whole tree is for templates that have something unused. */

typedef bool node_test_fn(const struct node *n);

static bool any_node(const struct node *n, node_test_fn *test)
{
	if (test(n))
		return true;
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		if (any_node(n->items[i], test))
			return true;
	}
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++) {
		if (any_node(n->entries[i].value, test))
			return true;
	}
	return n->kind == NODE_CALL && any_node(n->arg, test);
}

static bool is_transform(const struct node *n)
{
	return node_is_call(n, "Fn::Transform");
}

/* The name of the mapping is computed. */
static bool is_open_lookup(const struct node *n)
{
	return node_is_call(n, "Fn::FindInMap") && n->arg->kind == NODE_LIST && n->arg->count &&
	       n->arg->items[0]->kind != NODE_SCALAR;
}

static bool may_use_anything(const struct lint *l)
{
	return node_find(l->t->root, "Transform") || any_node(l->t->root, is_transform);
}

static bool names_text(const struct node *n, struct text name)
{
	if (n->kind == NODE_SCALAR)
		return text_eq(n->text, name);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		if (names_text(n->items[i], name))
			return true;
	}
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++) {
		if (names_text(n->entries[i].value, name))
			return true;
	}
	return n->kind == NODE_CALL && names_text(n->arg, name);
}

/* Fn::ValueOf names a parameter as plain text, Fn::RefAll names all of a type. */
static bool used_by_rules(const struct lint *l, const struct parameter *p)
{
	return l->t->rules && (names_text(l->t->rules, text_of(p->name)) ||
			       names_text(l->t->rules, text_of(p->type)));
}

static bool used_by_hooks(const struct lint *l, struct text name)
{
	return l->t->hooks && names_text(l->t->hooks, name);
}

void rule_unused_parameters(struct lint *l)
{
	struct used u = {.names = MAP_INIT};
	struct diag *g;

	collect_used(l, REF_NAME, &u);
	for (size_t i = 0; i < l->t->parameter_count; i++) {
		const struct parameter *p = &l->t->parameters[i];

		if (is_used(&u, text_of(p->name)) || used_by_rules(l, p) ||
		    used_by_hooks(l, text_of(p->name)))
			continue;
		if (may_use_anything(l))
			break;
		g = diag_warn(l->d, DIAG_PARAMETER_UNUSED, p->where->where,
			      "parameter '%s' is never used", p->name);
		diag_hint(l->d, g, "use it with !Ref %s, or remove it", p->name);
	}
	map_release(&u.names);
}

void rule_unused_conditions(struct lint *l)
{
	struct used u = {.names = MAP_INIT};
	const struct node *section = l->t->conditions;
	struct diag *g;

	collect_used(l, REF_CONDITION, &u);
	for (size_t i = 0; section && i < section->count; i++) {
		const struct node *key = section->entries[i].key;

		if (text_starts(key->text, "Fn::") || is_used(&u, key->text) ||
		    used_by_hooks(l, key->text))
			continue;
		if (may_use_anything(l))
			break;
		g = diag_warn(l->d, DIAG_CONDITION_UNUSED, key->where,
			      "condition '%.*s' is never used", TEXT_ARG(key->text));
		diag_hint(l->d, g,
			  "name it in a resource's or output's Condition or in !If, or remove it");
	}
	map_release(&u.names);
}

void rule_unused_mappings(struct lint *l)
{
	struct used u = {.names = MAP_INIT};
	const struct node *section = l->t->mappings;
	struct diag *g;

	collect_used(l, REF_MAPPING, &u);
	for (size_t i = 0; section && i < section->count; i++) {
		const struct node *key = section->entries[i].key;

		if (text_starts(key->text, "Fn::") || is_used(&u, key->text) ||
		    used_by_hooks(l, key->text))
			continue;
		if (may_use_anything(l) || any_node(l->t->root, is_open_lookup))
			break;
		g = diag_warn(l->d, DIAG_MAPPING_UNUSED, key->where, "mapping '%.*s' is never used",
			      TEXT_ARG(key->text));
		diag_hint(l->d, g, "look it up with !FindInMap, or remove it");
	}
	map_release(&u.names);
}

/* AWS::CloudFormation::Interface */

static void report_shape(struct lint *l, const struct node *at, const char *what,
			 const char *expected)
{
	struct diag *g =
		diag_warn(l->d, DIAG_INTERFACE_METADATA, at->where,
			  "%s is %s, and this is %s: the console shows the parameters without it",
			  what, expected, node_describe(at));

	diag_hint(l->d, g,
		  "write 'ParameterGroups: [{Label: {default: Text}, Parameters: [Name]}]' and "
		  "'ParameterLabels: {Name: {default: Text}}'");
}

static void check_name(struct lint *l, const struct node *name)
{
	const char **names;
	struct diag *g;

	if (template_parameter(l->t, name->text))
		return;
	names = ARENA_ARRAY(l->a, l->t->parameter_count, const char *);
	for (size_t i = 0; i < l->t->parameter_count; i++)
		names[i] = l->t->parameters[i].name;
	g = diag_warn(l->d, DIAG_INTERFACE_METADATA, name->where,
		      "the interface names parameter '%.*s', which the template does not have",
		      TEXT_ARG(name->text));
	diag_did_you_mean(l->d, g, name->text, names, l->t->parameter_count);
	if (!g->hint)
		diag_hint(l->d, g, "remove the name, or declare the parameter");
}

static void check_label(struct lint *l, const struct node *label)
{
	const struct node *text;

	if (label->kind != NODE_MAP) {
		report_shape(l, label, "a label", "a map with the key 'default'");
		return;
	}
	text = node_find(label, "default");
	if (label->count != 1 || !text)
		report_shape(l, label, "a label", "a map with the one key 'default'");
	else if (text->kind != NODE_SCALAR)
		report_shape(l, text, "a label's text", "a string");
}

static void check_group(struct lint *l, const struct node *group)
{
	const struct node *label, *names;

	if (group->kind != NODE_MAP) {
		report_shape(l, group, "a group of parameters", "a map");
		return;
	}
	label = node_find(group, "Label");
	names = node_find(group, "Parameters");
	if (label)
		check_label(l, label);
	if (!names)
		return;
	if (names->kind != NODE_LIST)
		report_shape(l, names, "'Parameters' of a group", "a list of names");
	for (size_t i = 0; i < names->count && names->kind == NODE_LIST; i++) {
		if (names->items[i]->kind == NODE_SCALAR)
			check_name(l, names->items[i]);
		else
			report_shape(l, names->items[i], "an item of 'Parameters'", "a name");
	}
}

static void check_groups(struct lint *l, const struct node *groups)
{
	if (groups->kind != NODE_LIST) {
		report_shape(l, groups, "'ParameterGroups'", "a list of maps");
		return;
	}
	for (size_t i = 0; i < groups->count; i++)
		check_group(l, groups->items[i]);
}

static void check_labels(struct lint *l, const struct node *labels)
{
	if (labels->kind != NODE_MAP) {
		report_shape(l, labels, "'ParameterLabels'", "a map of names to labels");
		return;
	}
	for (size_t i = 0; i < labels->count; i++) {
		check_name(l, labels->entries[i].key);
		check_label(l, labels->entries[i].value);
	}
}

void rule_interface(struct lint *l)
{
	const struct node *face =
		node_find(node_find(l->t->root, "Metadata"), "AWS::CloudFormation::Interface");
	const struct node *groups, *labels;

	if (!face || node_is_null(face))
		return;
	if (face->kind != NODE_MAP) {
		report_shape(l, face, "'AWS::CloudFormation::Interface'", "a map");
		return;
	}
	groups = node_find(face, "ParameterGroups");
	labels = node_find(face, "ParameterLabels");
	if (groups)
		check_groups(l, groups);
	if (labels)
		check_labels(l, labels);
}
