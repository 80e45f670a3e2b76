/* refs_report.c - what is said about names that name nothing. */
#include "templates/refs.h"

#include <string.h>

void report_ref_unknown(struct diags *d, struct range where, struct text name,
			struct name_list known)
{
	struct diag *g = diag_add(d, DIAG_REF_UNKNOWN, where, "'%.*s' names no parameter and no %s",
				  TEXT_ARG(name), known.thing);

	diag_did_you_mean(d, g, name, known.names, known.count);
}

void report_resource_unknown(struct diags *d, struct range where, struct text name,
			     struct name_list known)
{
	struct diag *g = diag_add(d, DIAG_GETATT_UNKNOWN, where, "'%.*s' names no %s",
				  TEXT_ARG(name), known.thing);

	diag_did_you_mean(d, g, name, known.names, known.count);
}

void report_dependency_unknown(struct diags *d, struct range where, struct text name,
			       struct name_list known)
{
	struct diag *g = diag_add(d, DIAG_REF_UNKNOWN, where,
				  "'%.*s' in DependsOn names no resource", TEXT_ARG(name));

	diag_did_you_mean(d, g, name, known.names, known.count);
}

void report_condition_unknown(struct diags *d, struct range where, struct text name,
			      struct name_list known)
{
	struct diag *g = diag_add(d, DIAG_CONDITION_UNKNOWN, where, "there is no condition '%.*s'",
				  TEXT_ARG(name));

	if (!known.count)
		diag_hint(d, g, "name it in the section Conditions");
	diag_did_you_mean(d, g, name, known.names, known.count);
}

static void mean_key(struct diags *d, struct diag *g, struct text word, const struct node *map)
{
	struct arena *scratch = arena_new();
	const char **names = ARENA_ARRAY(scratch, map->count, const char *);

	for (size_t i = 0; i < map->count; i++)
		names[i] = map->entries[i].key->text.ptr;
	diag_did_you_mean(d, g, word, names, map->count);
	arena_free(scratch);
}

void report_mapping_unknown(struct diags *d, struct range where, struct text name,
			    const struct node *mappings)
{
	struct diag *g = diag_add(d, DIAG_MAPPING_UNKNOWN, where, "there is no mapping '%.*s'",
				  TEXT_ARG(name));

	if (mappings)
		mean_key(d, g, name, mappings);
	else
		diag_hint(d, g, "the template has no section Mappings");
}

void report_map_key(struct diags *d, const struct node *at, struct text key, struct text of,
		    const struct node_entry *mapping)
{
	const struct node *map =
		of.len ? node_find_entry(mapping->value, of)->value : mapping->value;
	struct text name = mapping->key->text;
	struct diag *g;

	if (of.len)
		g = diag_add(d, DIAG_MAP_KEY_MISSING, at->where,
			     "'%.*s' in mapping '%.*s' has no key '%.*s'", TEXT_ARG(of),
			     TEXT_ARG(name), TEXT_ARG(key));
	else
		g = diag_add(d, DIAG_MAP_KEY_MISSING, at->where, "mapping '%.*s' has no key '%.*s'",
			     TEXT_ARG(name), TEXT_ARG(key));
	diag_related(d, g, mapping->key->where, "the mapping");
	diag_hint(d, g, "add the key, or give {DefaultValue: ...} as fourth item");
	mean_key(d, g, key, map);
}

void report_early(struct diags *d, struct range where, const char *thing, struct text name)
{
	struct diag *g = diag_add(d, DIAG_FUNCTION_PLACE, where,
				  "%s '%.*s' cannot be referred to here", thing, TEXT_ARG(name));

	diag_detail(d, g, "this must be known before anything is created");
	diag_hint(d, g, "use a parameter, a mapping or a pseudo parameter instead");
}

void report_condition_cycle(struct diags *d, struct range where, const char *path,
			    struct range first)
{
	struct diag *g = diag_add(d, DIAG_CONDITION_CYCLE, where,
				  "conditions depend on each other in a circle: %s", path);

	diag_related(d, g, first, "the circle begins here");
	diag_hint(d, g, "let one of them compare parameters instead");
}

void report_no_condition(const struct node *n, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_SHAPE, n->where,
				  "a condition is expected here, and this is %s", node_describe(n));

	if (n->kind == NODE_SCALAR && n->text.len)
		diag_hint(d, g, "to use another condition write !Condition %s", n->text.ptr);
	else
		diag_hint(d, g, "write !Equals [value, value]");
}

void report_null(const struct node *n, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_NULL_VALUE, n->where, "there is no value here");

	diag_hint(d, g, "remove the key, write '' for an empty string, or use !Ref AWS::NoValue");
}

bool getatt_cut(struct text t)
{
	const char *dot = memchr(t.ptr, '.', t.len);

	return dot && dot != t.ptr && dot + 1 != t.ptr + t.len;
}

void report_getatt(struct diags *d, const struct node *call, struct text t)
{
	struct diag *g = diag_add(d, DIAG_FUNCTION_ARGUMENT, call->arg->where,
				  "'Fn::GetAtt' takes a resource and an attribute, and '%.*s' is "
				  "not both",
				  TEXT_ARG(t));

	diag_hint(d, g, "write !GetAtt Resource.Attribute");
}
