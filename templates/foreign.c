/* foreign.c - what a template needs that is not the language. */
#include "templates/foreign.h"

#include <string.h>

#include "templates/sections.h"
#include "templates/shape.h"

/* Top-level keys of Rain. */
static const char *const tool_sections[] = {"Modules", "Packages", "Constants", "Rain"};

struct finding {
	struct arena *a;
	struct foreign found;
};

static bool own_transform(struct text name)
{
	return text_is(name, "AWS::LanguageExtensions") || text_is(name, "AWS::Include");
}

static void note(struct finding *f, enum foreign_kind kind, struct text name, struct range where)
{
	if (f->found.kind == FOREIGN_NONE)
		f->found = (struct foreign){kind, arena_text(f->a, name), where};
}

/* A name, {Name: ..., Parameters: ...}, or a list of them. */
static void look_transform(struct finding *f, const struct node *n)
{
	const struct node *name = n;

	if (n->kind == NODE_LIST) {
		for (size_t i = 0; i < n->count; i++)
			look_transform(f, n->items[i]);
		return;
	}
	if (n->kind == NODE_MAP)
		name = node_find(n, "Name");
	if (name && name->kind == NODE_SCALAR && name->text.len && !node_is_null(name) &&
	    !own_transform(name->text))
		note(f, FOREIGN_TRANSFORM, name->text, name->where);
}

/* The tag "!Rain::Embed" comes as a function. */
static bool tool_name(struct text *name)
{
	if (text_starts(*name, "Fn::Rain::"))
		*name = (struct text){name->ptr + 4, name->len - 4};
	return text_starts(*name, "Rain::");
}

static void look(struct finding *f, const struct node *n);

static void look_entry(struct finding *f, const struct node_entry *entry)
{
	struct text name = entry->key->text;

	if (tool_name(&name))
		note(f, FOREIGN_TOOL, name, entry->key->where);
	else if (text_is(name, "Fn::Transform"))
		look_transform(f, entry->value);
	look(f, entry->value);
}

static void look_call(struct finding *f, const struct node *call)
{
	struct text name = call->text;

	if (tool_name(&name))
		note(f, FOREIGN_TOOL, name, call->where);
	else if (text_is(name, "Fn::Transform"))
		look_transform(f, call->arg);
	look(f, call->arg);
}

static void look(struct finding *f, const struct node *n)
{
	if (f->found.kind != FOREIGN_NONE)
		return;
	switch (n->kind) {
	case NODE_SCALAR:
		break;
	case NODE_LIST:
		for (size_t i = 0; i < n->count; i++)
			look(f, n->items[i]);
		break;
	case NODE_MAP:
		for (size_t i = 0; i < n->count; i++)
			look_entry(f, &n->entries[i]);
		break;
	case NODE_CALL:
		look_call(f, n);
		break;
	}
}

static void look_module(void *context, const struct node_entry *entry, size_t loops)
{
	const struct node *type = node_find(entry->value, "Type");

	(void)loops;
	if (type && type->kind == NODE_SCALAR && text_ends(type->text, "::MODULE"))
		note(context, FOREIGN_MODULE, type->text, type->where);
}

static void look_section(struct finding *f, const struct node_entry *entry)
{
	for (size_t i = 0; i < ARRAY_LEN(tool_sections); i++) {
		if (text_is(entry->key->text, tool_sections[i]))
			note(f, FOREIGN_TOOL, entry->key->text, entry->key->where);
	}
}

struct foreign foreign_find(struct arena *a, const struct node *root)
{
	struct finding f = {.a = a};
	const struct node *transform = node_find(root, "Transform");

	if (transform)
		look_transform(&f, transform);
	for (size_t i = 0; i < root->count; i++)
		look_section(&f, &root->entries[i]);
	look(&f, root);
	section_walk(node_find(root, "Resources"), look_module, &f);
	return f.found;
}

void foreign_report(const struct foreign *f, struct diags *d)
{
	const char *detail = "what the template means is known when that has rewritten it; "
			     "nothing else of it was checked";
	const char *hint = "use the template that CloudFormation makes of it: aws cloudformation "
			   "get-template --template-stage Processed";
	struct str summary = STR_INIT;
	struct diag *g;

	if (f->kind == FOREIGN_TRANSFORM)
		str_printf(&summary, "transform '%s' runs in AWS only", f->name);
	else if (f->kind == FOREIGN_TOOL)
		str_printf(&summary, "'%s' belongs to the tool Rain", f->name);
	else
		str_printf(&summary, "module '%s' comes from a registry in AWS", f->name);
	g = diag_add(d, DIAG_FOREIGN_TEMPLATE, f->where, "%s", str_cstr(&summary));
	diag_detail(d, g, "%s", detail);
	if (f->kind == FOREIGN_TOOL)
		hint = "use the template that 'rain pkg' writes";
	diag_hint(d, g, "%s", hint);
	str_release(&summary);
}

int transform_shape_check(const struct node *n, struct diags *d)
{
	int result = 0;
	struct diag *g;

	if (n->kind == NODE_LIST) {
		for (size_t i = 0; i < n->count; i++)
			result |= transform_shape_check(n->items[i], d);
		return result;
	}
	if (n->kind == NODE_SCALAR && n->text.len && !node_is_null(n))
		return 0;
	if (n->kind == NODE_MAP && node_find(n, "Name"))
		return 0;
	g = diag_add(d, DIAG_SHAPE, n->where, "a transform is a name, and this is %s",
		     node_describe(n));
	diag_hint(d, g, "remove it: AWS::LanguageExtensions need not be declared");
	return -1;
}
