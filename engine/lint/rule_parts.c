/* rule_parts.c - members that are surely there, and the objects of a resource. */
#include "engine/lint/rule_parts.h"

#include <string.h>

bool text_in(struct text t, const char *const *names)
{
	/* Asked for every text of a template, and mostly the first letter decides. */
	for (; t.len && *names; names++) {
		if (**names == *t.ptr && text_is(t, *names))
			return true;
	}
	return false;
}

bool text_same_letters(struct text a, struct text b)
{
	return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

bool node_is_no_value(const struct node *n)
{
	return node_is_call(n, "Ref") && n->arg->kind == NODE_SCALAR &&
	       text_is(n->arg->text, "AWS::NoValue");
}

const struct lint_resource *resource_of(const struct lint *l, const struct node *n)
{
	const struct node *name;
	const char *dot;

	if (!node_is_call(n, "Ref") && !node_is_call(n, "Fn::GetAtt"))
		return NULL;
	name = n->arg;
	if (name->kind == NODE_LIST)
		name = name->count ? name->items[0] : NULL;
	if (!name || name->kind != NODE_SCALAR || !name->text.len)
		return NULL;
	dot = text_is(n->text, "Ref") ? NULL : memchr(name->text.ptr, '.', name->text.len);
	return lint_find(l, dot ? (struct text){name->text.ptr, (size_t)(dot - name->text.ptr)}
				: name->text);
}

const struct lint_resource *resource_of_type(const struct lint *l, const struct node *n,
					     const char *type)
{
	const struct lint_resource *r = resource_of(l, n);

	return r && lint_is(r, type) ? r : NULL;
}

struct text property_text(const struct lint_resource *r, const char *name)
{
	if (!r->properties || r->properties->kind != NODE_MAP)
		return (struct text){NULL, 0};
	return field_of(r->properties, name).literal;
}

/* Fields */

static bool is_if(const struct node *n)
{
	return node_is_call(n, "Fn::If") && n->arg->kind == NODE_LIST && n->arg->count == 3;
}

static enum field_state state_of(const struct node *n)
{
	enum field_state yes, no;

	if (node_is_no_value(n) || node_is_null(n))
		return FIELD_ABSENT;
	if (node_is_call(n, "Fn::Transform"))
		return FIELD_MAYBE;
	if (!is_if(n))
		return FIELD_PRESENT;
	yes = state_of(n->arg->items[1]);
	no = state_of(n->arg->items[2]);
	return yes == no ? yes : FIELD_MAYBE;
}

/* A dynamic reference becomes something else. */
static bool is_literal(const struct node *n)
{
	return n->kind == NODE_SCALAR && !(n->text.len && strstr(n->text.ptr, "{{resolve:"));
}

static bool has_functions(const struct node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		if (text_starts(map->entries[i].key->text, "Fn::"))
			return true;
	}
	return false;
}

struct field field_of(const struct node *map, const char *name)
{
	const struct node_entry *e = node_find_entry(map, text_of(name));
	struct field f = {.state = FIELD_ABSENT};

	if (!e) {
		f.state = has_functions(map) ? FIELD_MAYBE : FIELD_ABSENT;
		return f;
	}
	f.state = state_of(e->value);
	f.key = e->key;
	f.value = e->value;
	if (is_literal(e->value) && f.state == FIELD_PRESENT)
		f.literal = e->value->text;
	return f;
}

bool field_is(const struct field *f, const char *text)
{
	return f->literal.ptr && text_is(f->literal, text);
}

bool field_int(const struct field *f, int64_t *out)
{
	return f->literal.ptr && text_to_int64(f->literal, INT64_MIN, INT64_MAX, out);
}

bool field_in(const struct field *f, const char *const *names)
{
	return f->literal.ptr && text_in(f->literal, names);
}

bool field_true(const struct field *f)
{
	return f->literal.ptr && text_same_letters(f->literal, TEXT_LIT("true"));
}

bool field_false(const struct field *f)
{
	return f->literal.ptr && text_same_letters(f->literal, TEXT_LIT("false"));
}

/* Walking */

struct seeking {
	struct lint *l;
	object_fn *object;
	value_fn *value;
};

static void seek(const struct seeking *s, const struct object *at, const struct node *n,
		 const char *path);

static void seek_branches(const struct seeking *s, const struct object *at, const struct node *n,
			  const char *path)
{
	const struct node *arg = n->arg;

	for (size_t i = 1; i <= 2; i++) {
		struct assumption given = {arg->items[0]->text, i == 1, at->given};
		struct object branch = *at;

		if (arg->items[0]->kind == NODE_SCALAR) {
			if (!lint_consistent(s->l, at->given, given.condition, given.holds))
				continue;
			branch.given = &given;
		}
		seek(s, &branch, arg->items[i], path);
	}
}

static void seek_member(const struct seeking *s, const struct object *at, const struct node *map,
			const char *path)
{
	const char *dot = strchr(path, '.');
	struct text name = {path, dot ? (size_t)(dot - path) : strlen(path)};
	const struct node_entry *e = node_find_entry(map, name);
	struct object inner = *at;

	inner.map = map;
	if (e)
		seek(s, &inner, e->value, dot ? dot + 1 : "");
}

static void seek_items(const struct seeking *s, const struct object *at, const struct node *n,
		       const char *path)
{
	const char *rest = path[1] == '.' ? path + 2 : "";

	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		seek(s, at, n->items[i], rest);
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++) {
		if (!text_starts(n->entries[i].key->text, "Fn::"))
			seek(s, at, n->entries[i].value, rest);
	}
}

static void seek(const struct seeking *s, const struct object *at, const struct node *n,
		 const char *path)
{
	struct object found = *at;

	if (!s->l->left)
		return;
	s->l->left--;
	if (is_if(n)) {
		seek_branches(s, at, n, path);
	} else if (path[0] == '*') {
		seek_items(s, at, n, path);
	} else if (path[0]) {
		if (n->kind == NODE_MAP)
			seek_member(s, at, n, path);
	} else if (s->value) {
		if (!node_is_no_value(n))
			s->value(s->l, at, n);
	} else if (s->object && n->kind == NODE_MAP) {
		found.map = n;
		s->object(s->l, &found);
	}
}

void each_object_of(struct lint *l, const struct object *at, const char *path, object_fn *visit)
{
	const struct seeking s = {l, visit, NULL};

	seek(&s, at, at->map, path);
}

void each_object(struct lint *l, const struct lint_resource *r, const char *path, object_fn *visit,
		 const void *context)
{
	const struct object at = {r, r->properties, r->given, context};

	if (r->properties)
		each_object_of(l, &at, path, visit);
}

void each_value_of(struct lint *l, const struct object *at, const char *path, value_fn *visit)
{
	const struct seeking s = {l, NULL, visit};

	seek(&s, at, at->map, path);
}

void each_value(struct lint *l, const struct lint_resource *r, const char *path, value_fn *visit,
		const void *context)
{
	const struct object at = {r, r->properties, r->given, context};

	if (r->properties)
		each_value_of(l, &at, path, visit);
}

/* Members */

static const char *const free_maps[] = {
	"Variables", "EnvironmentVariables", "Environment", "Parameters", "Tags",
	"Metadata",  "DefaultArguments",     "Body",        "Content",    "Definition",
	"Document",  "PolicyDocument",       NULL,
};

struct visiting {
	struct lint *l;
	member_fn *visit;
	void *context;
};

static void visit_members(const struct visiting *v, const struct node *n)
{
	if (!v->l->left)
		return;
	v->l->left--;
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		visit_members(v, n->items[i]);
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++) {
		const struct node_entry *e = &n->entries[i];

		v->visit(v->context, e);
		if (!text_in(e->key->text, free_maps))
			visit_members(v, e->value);
	}
	if (node_is_call(n, "Fn::If"))
		visit_members(v, n->arg);
}

void each_member(struct lint *l, const struct lint_resource *r, member_fn *visit, void *context)
{
	const struct visiting v = {l, visit, context};

	if (r->type && r->properties && text_starts(text_of(r->type), "AWS::") &&
	    !text_starts(text_of(r->type), "AWS::CloudFormation::"))
		visit_members(&v, r->properties);
}
