/* reference.c - types that nobody knows, and attributes that types do not have. */
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "engine/lint/lint_parts.h"

/* More names than this are no help as a list. */
#define LISTED_MAX 16

/* Types */

/* Some type of the namespace is known: the one that is not is none. */
static bool namespace_known(const struct lint *l, const char *name)
{
	size_t count;
	const char *const *types = registry_types(l->types, &count);

	for (size_t i = 0; i < count; i++) {
		if (strncmp(types[i], name, strlen(name)) == 0)
			return true;
	}
	return false;
}

/* Types that stand for whatever a template's author made of them, or that a tool put there. */
static bool is_free(const char *type)
{
	return strncmp(type, "Custom::", 8) == 0 || strcmp(type, "AWS::CDK::Metadata") == 0 ||
	       strcmp(type, "AWS::CloudFormation::CustomResource") == 0 ||
	       text_ends(text_of(type), "::MODULE");
}

static void suggest_type(const struct lint *l, struct diag *g, const char *type)
{
	size_t count;
	const char *const *types = registry_types(l->types, &count);

	diag_did_you_mean(l->d, g, text_of(type), types, count);
}

static void report_aws_type(const struct lint *l, const struct lint_resource *r)
{
	struct diag *g = diag_add(l->d, DIAG_TYPE_UNKNOWN, r->type_node->where,
				  "unknown resource type '%s'", r->type);

	suggest_type(l, g, r->type);
}

/* Somebody else may know it: once per type. */
static void report_other_type(const struct lint *l, const struct lint_resource *r, size_t count)
{
	struct diag *g = diag_warn(l->d, DIAG_TYPE_UNKNOWN, r->type_node->where,
				   "unknown resource type '%s'", r->type);

	if (count > 1)
		diag_detail(l->d, g, "%zu resources are of this type; none of them is checked",
			    count);
	else
		diag_detail(l->d, g, "its properties are not checked");
	suggest_type(l, g, r->type);
}

struct unknown_type {
	const struct lint_resource *first;
	size_t count;
};

static void note_unknown(struct lint *l, const struct lint_resource *r, struct map *unknown)
{
	struct unknown_type *u = map_find(unknown, text_of(r->type));

	if (!u) {
		u = ARENA_NEW(l->a, struct unknown_type);
		u->first = r;
		map_set(unknown, text_of(r->type), u);
	}
	u->count++;
}

void lint_types(struct lint *l)
{
	struct map unknown = MAP_INIT;
	for (size_t i = 0; i < l->resource_count; i++) {
		const struct lint_resource *r = &l->resources[i];

		if (!r->type || r->schema || is_free(r->type) || l->d->error_count >= LIMIT_DIAGS)
			continue;
		if (strncmp(r->type, "AWS::", 5) == 0 && namespace_known(l, "AWS::"))
			report_aws_type(l, r);
		else
			note_unknown(l, r, &unknown);
	}
	for (size_t i = 0; i < unknown.entry_count; i++) {
		const struct unknown_type *u = unknown.entries[i].value;

		report_other_type(l, u->first, u->count);
	}
	map_release(&unknown);
}

/* Attributes */

/* A catalogue's lists of attributes are behind what the services offer. */
static void report_attribute(const struct lint *l, const struct lint_resource *r,
			     const struct ref *ref)
{
	static const char form[] = "'%.*s' of type %s has no attribute '%.*s'";
	struct diag *g;
	size_t count;
	const char *const *names = schema_attributes(r->schema, &count);
	struct str list = STR_INIT;

	if (r->catalogued)
		g = diag_warn(l->d, DIAG_ATTRIBUTE_UNKNOWN, ref->where, form, TEXT_ARG(ref->name),
			      r->type, TEXT_ARG(ref->attribute));
	else
		g = diag_add(l->d, DIAG_ATTRIBUTE_UNKNOWN, ref->where, form, TEXT_ARG(ref->name),
			     r->type, TEXT_ARG(ref->attribute));
	diag_did_you_mean(l->d, g, ref->attribute, names, count);
	for (size_t i = 0; !g->hint && count <= LISTED_MAX && i < count; i++)
		str_printf(&list, "%s%s", i ? ", " : "", names[i]);
	if (list.len)
		diag_hint(l->d, g, "the attributes are %s", str_cstr(&list));
	else if (!g->hint)
		diag_hint(l->d, g, "'hadeploy types %s' lists the attributes", r->type);
	str_release(&list);
}

static bool made_by_loop(const struct lint_ref *ref)
{
	return ref->ref.attribute.len &&
	       memchr(ref->ref.attribute.ptr, '{', ref->ref.attribute.len);
}

void lint_references(struct lint *l)
{
	for (size_t i = 0; i < l->refs.count; i++) {
		const struct lint_ref *ref = &l->refs.items[i];
		const struct lint_resource *r;

		if (ref->ref.kind != REF_ATTRIBUTE || !ref->ref.attribute.len ||
		    made_by_loop(ref) || l->d->error_count >= LIMIT_DIAGS)
			continue;
		r = lint_find(l, ref->ref.name);
		if (r && r->schema && !is_free(r->type) &&
		    !schema_has_attribute(r->schema, ref->ref.attribute))
			report_attribute(l, r, &ref->ref);
	}
}
