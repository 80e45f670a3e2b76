/* project_check.c - instances evaluated, and every resource checked against its type. */
#include <string.h>

#include "base/str.h"
#include "engine/project_parts.h"
#include "engine/tree.h"
#include "engine/unserved_type.h"

/* More types than this are no help as a list. */
#define LISTED_TYPES_MAX 12
/* One mistake in the templates of fifty regions is one message. */
#define JOINED_DETAILS_MAX 5

struct checking {
	struct project *p;
	struct instance *i;
	const struct schema **schemas; /* parallel to the document's resources; NULL: unknown */
	enum project_purpose purpose;
	struct diags *d;
};

static void hint_types(struct diags *d, struct diag *g, const char *type, const struct registry *r)
{
	size_t count;
	const char *const *types = registry_types(r, &count);
	struct str list = STR_INIT;

	diag_did_you_mean(d, g, text_of(type), types, count);
	if (!g->hint && count && count <= LISTED_TYPES_MAX) {
		for (size_t i = 0; i < count; i++)
			str_printf(&list, "%s%s", i ? ", " : "", types[i]);
		diag_hint(d, g, "the types of this project are %s", str_cstr(&list));
	}
	str_release(&list);
}

/* Whatever for: it can never be one. */
static void report_acts(const struct checking *c, const struct doc_resource *r)
{
	struct diag *g = diag_add(c->d, DIAG_TYPE_NOT_SERVED, r->type_where,
				  "'%s' is no resource: runbooks act on it", r->type);

	diag_hint(c->d, g, "write it as an entry of Routes in the manifest: docs/manifest.md");
}

/* known: a provider has its schema; NULL: nobody does. */
static void report_type(const struct checking *c, const struct doc_resource *r,
			const struct schema *known)
{
	const char *absent = registry_absent_provider(c->p->registry, r->type);
	struct diag *g;

	if (unserved_type_refuse(r->type, r->type_where, c->d))
		return;
	if (absent) {
		g = diag_add(c->d, DIAG_TYPE_NOT_SERVED, r->type_where,
			     "'%s' needs provider '%s', which is not part of this version", r->type,
			     absent);
		diag_hint(c->d, g, "remove the resource, or serve its type by a plugin");
		return;
	}
	if (known && schema_only_acts(known)) {
		report_acts(c, r);
		return;
	}
	if (known) {
		g = diag_add(c->d, DIAG_TYPE_NOT_SERVED, r->type_where,
			     "'%s' is known, and nothing here can deploy it", r->type);
		diag_hint(c->d, g,
			  "remove the resource, or serve its type by a definition of your own: "
			  "docs/writing-types.md");
		return;
	}
	g = diag_add(c->d, DIAG_TYPE_UNKNOWN, r->type_where, "unknown resource type '%s'", r->type);
	hint_types(c->d, g, r->type, c->p->registry);
}

/* Acting as if it were Delete would lose data. */
static void check_policies(const struct checking *c, const struct doc_resource *r,
			   const struct schema *s)
{
	const char *policy = r->deletion_policy == DELETION_SNAPSHOT         ? "DeletionPolicy"
			     : r->update_replace_policy == DELETION_SNAPSHOT ? "UpdateReplacePolicy"
									     : NULL;
	struct diag *g;

	if (!policy || schema_has_action(s, "snapshot"))
		return;
	g = diag_add(c->d, DIAG_NO_SNAPSHOT, r->policy_where,
		     "'%s' of '%s' is Snapshot, and %s has no snapshots", policy, r->logical_id,
		     r->type);
	diag_hint(c->d, g, "write '%s: Retain' to keep it", policy);
}

static void check_name(const struct checking *c, const struct doc_resource *r, const char *pointer)
{
	const struct value *v = NULL;
	struct diag *g;
	bool exact;

	if (pointer)
		v = value_at(r->properties, text_of(pointer), &exact);
	if (!v || !exact || !value_has_sensitive(v))
		return;
	g = diag_add(c->d, DIAG_SECRET_NAME, value_where(v),
		     "property '%s' of '%s' is a secret, and it names the resource", pointer + 1,
		     r->logical_id);
	diag_hint(c->d, g, "make the name from values that may be shown");
}

static void check_resource(const struct checking *c, size_t index)
{
	const struct doc_resource *r = &c->i->doc->resources[index];
	const struct address addr = {c->i->id, r->logical_id};
	const struct provider_entry *entry;
	struct str address = STR_INIT;

	if (!registry_find(c->p->registry, r->type, &entry, &c->schemas[index]) ||
	    !registry_deploys(entry, c->schemas[index])) {
		if (c->purpose == PROJECT_DEPLOY ||
		    (c->schemas[index] && schema_only_acts(c->schemas[index])))
			report_type(c, r, c->schemas[index]);
		c->schemas[index] = NULL;
		c->i->undeployable = true;
		return;
	}
	check_policies(c, r, c->schemas[index]);
	check_name(c, r, schema_ref_pointer(c->schemas[index]));
	check_name(c, r, schema_endpoint_pointer(c->schemas[index]));
	address_format(&addr, &address);
	schema_check(c->schemas[index], r, str_cstr(&address), c->d);
	tree_export_properties(c->p->manifest->files, c->schemas[index], r->properties, c->d);
	str_release(&address);
}

static void check_attribute(const struct checking *c, const char *logical_id, const char *attribute,
			    struct range where)
{
	const struct document *doc = c->i->doc;
	const struct doc_resource *r = document_find(doc, logical_id);
	const struct schema *s = r ? c->schemas[r - doc->resources] : NULL;
	const char *const *names;
	struct diag *g;
	size_t count;

	if (!s || schema_has_attribute(s, text_of(attribute)))
		return;
	g = diag_add(c->d, DIAG_ATTRIBUTE_UNKNOWN, where, "'%s' of type %s has no attribute '%s'",
		     logical_id, r->type, attribute);
	names = schema_attributes(s, &count);
	diag_did_you_mean(c->d, g, text_of(attribute), names, count);
}

static void check_references(const struct checking *c, const struct doc_resource *r)
{
	for (size_t k = 0; k < r->ref_count; k++) {
		if (r->refs[k].attribute)
			check_attribute(c, r->refs[k].logical_id, r->refs[k].attribute,
					r->refs[k].where);
	}
}

/* What an output waits for; values that are known need no check. */
static void check_waiting(const struct checking *c, const struct value *v, struct range where)
{
	struct range own = value_where(v);

	if (own.src)
		where = own;
	for (const struct value_ref *ref = v->kind == VALUE_UNKNOWN ? v->refs : NULL; ref;
	     ref = ref->next) {
		if (ref->attribute)
			check_attribute(c, ref->logical_id, ref->attribute, where);
	}
	for (size_t k = 0; v->kind == VALUE_LIST && k < v->count; k++)
		check_waiting(c, v->items[k], where);
	for (size_t k = 0; v->kind == VALUE_MAP && k < v->count; k++)
		check_waiting(c, v->entries[k].value, where);
}

static bool add_word(struct str *key, const struct doc_resource *r, const char *pointer)
{
	struct text word;
	bool exact;
	const struct value *v = pointer ? value_at(r->properties, text_of(pointer), &exact) : NULL;

	if (!v || !exact || !value_scalar_text(v, &word))
		return false;
	str_add_char(key, '\n');
	str_add_text(key, word);
	return true;
}

/* What tells a thing from others of its type, as far as it is wished: its identifier, and the name
 * that Ref gives.  False when a part of it is not known. */
static bool add_identifier(struct str *key, const struct doc_resource *r, const struct schema *s)
{
	const char *endpoint = schema_endpoint_pointer(s);
	const char *const *pointers;
	size_t count;

	if (endpoint && !add_word(key, r, endpoint))
		return false;
	pointers = schema_identifier(s, &count);
	for (size_t i = 0; i < count; i++) {
		if (!schema_is_read_only(s, text_of(pointers[i])) && !add_word(key, r, pointers[i]))
			return false;
	}
	return add_word(key, r, schema_ref_pointer(s));
}

/* The same type, endpoint and name twice in one instance. */
static void check_same(const struct checking *c, size_t index, struct map *seen)
{
	const struct doc_resource *r = &c->i->doc->resources[index], *first;
	const struct schema *s = c->schemas[index];
	struct str key = STR_INIT;
	struct diag *g;

	str_add(&key, r->type);
	if (s && add_identifier(&key, r, s)) {
		first = map_find(seen, str_text(&key));
		if (first) {
			g = diag_add(c->d, DIAG_SAME_THING, r->where,
				     "'%s' and '%s' are the same thing", first->logical_id,
				     r->logical_id);
			diag_related(c->d, g, first->where, "'%s' is here", first->logical_id);
			diag_hint(c->d, g, "keep one of them, or give one another %s",
				  schema_ref_pointer(s) + 1);
		} else {
			map_set(seen, str_text(&key), (void *)(uintptr_t)r);
		}
	}
	str_release(&key);
}

static void check_document(const struct checking *c)
{
	struct map seen = MAP_INIT;
	const struct document *doc = c->i->doc;

	for (size_t k = 0; k < doc->resource_count; k++)
		check_resource(c, k);
	for (size_t k = 0; k < doc->resource_count; k++)
		check_references(c, &doc->resources[k]);
	for (size_t k = 0; k < doc->resource_count; k++)
		check_same(c, k, &seen);
	map_release(&seen);
	project_check_moves(doc, c->d);
	/* lint/ names the exact place in an output; what loops make is left for planning. */
	for (size_t k = 0; c->purpose == PROJECT_DEPLOY && k < doc->output_count; k++)
		check_waiting(c, doc->outputs[k].value, doc->outputs[k].where);
}

static void evaluate(struct checking *c, const struct lookup_source *lookups)
{
	struct arena *a = c->p->arena;
	struct instance *i = c->i;
	struct eval_input in = {.target = &i->place, .parameters = &i->parameters};

	if (lookups && lookups->lookup_for)
		in.lookup = lookups->lookup_for(lookups->context, i);
	if (lookups && lookups->outside_for)
		in.outside = lookups->outside_for(lookups->context, i);
	if (!i->tpl)
		return;
	i->doc = document_eval(a, i->tpl, &in, c->d);
	i->undeployable = false;
	if (!i->doc)
		return;
	c->schemas = ARENA_ARRAY(a, i->doc->resource_count, const struct schema *);
	check_document(c);
}

int project_evaluate(struct project *p, const struct lookup_source *lookups,
		     enum project_purpose purpose, struct diags *d)
{
	struct diags found = DIAGS_INIT;
	bool failed;

	for (size_t k = 0; k < p->instance_count; k++) {
		struct checking c = {p, &p->instances[k], NULL, purpose, &found};

		evaluate(&c, lookups);
	}
	failed = diags_failed(&found);
	project_drop_doubles(&found);
	diags_sort(&found);
	diags_take(d, &found);
	return failed ? -1 : 0;
}

bool project_deployable(const struct project *p)
{
	for (size_t k = 0; k < p->instance_count; k++) {
		if (p->instances[k].undeployable)
			return false;
	}
	return true;
}

static void add_identity(struct str *out, const struct diag *g)
{
	str_printf(out, "%u %d %s:%u:%u %s", (unsigned)g->code, (int)g->severity,
		   g->where.src ? g->where.src->name : "", (unsigned)g->where.start.line,
		   (unsigned)g->where.start.column, g->summary);
}

/* "in region 'east'" and "in region 'west'" become two lines, up to a few of them. */
static void join_details(struct diags *d, struct diag *into, const struct diag *other)
{
	size_t lines = 1;

	if (!into->detail || !other->detail || strstr(into->detail, other->detail))
		return;
	for (const char *c = into->detail; *c; c++)
		lines += *c == '\n';
	if (lines < JOINED_DETAILS_MAX)
		diag_detail(d, into, "%s\n%s", into->detail, other->detail);
	else if (lines == JOINED_DETAILS_MAX)
		diag_detail(d, into, "%s\n...", into->detail);
}

/* The one that stays is no longer about a single address. */
static bool is_double(struct diags *d, struct map *seen, struct diag *g)
{
	struct str identity = STR_INIT;
	struct diag *first;

	add_identity(&identity, g);
	first = map_find(seen, str_text(&identity));
	if (!first)
		map_set(seen, str_text(&identity), g);
	else if (!first->address || !g->address || strcmp(first->address, g->address) != 0)
		first->address = NULL;
	if (first)
		join_details(d, first, g);
	str_release(&identity);
	return first != NULL;
}

void project_drop_doubles(struct diags *d)
{
	struct map seen = MAP_INIT;
	struct diag *next, *g = d->first;

	d->first = d->last = NULL;
	for (; g; g = next) {
		next = g->next;
		g->next = NULL;
		if (is_double(d, &seen, g)) {
			d->error_count -= g->severity == DIAG_ERROR;
			d->warning_count -= g->severity == DIAG_WARNING;
			continue;
		}
		if (d->last)
			d->last->next = g;
		else
			d->first = g;
		d->last = g;
	}
	map_release(&seen);
}
