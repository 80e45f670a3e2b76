/* sections.c - the sections of a template and what they may hold. */
#include "templates/sections.h"

#include <string.h>

#include "templates/include.h"
#include "templates/moved.h"
#include "templates/parameter.h"
#include "templates/shape.h"

#define LOGICAL_ID_LEN_MAX 255

const struct sections *sections_of(const struct template *t)
{
	return container_of(t, const struct sections, face);
}

const struct parameter *template_parameter(const struct template *t, struct text name)
{
	return names_find(&sections_of(t)->parameters, name);
}

/* Names */

static bool alphanumeric(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
			return false;
	}
	return t.len > 0;
}

int logical_id_check(struct text name, const struct node *key, const char *what, struct diags *d)
{
	struct diag *g;

	if (alphanumeric(name) && name.len <= LOGICAL_ID_LEN_MAX)
		return 0;
	if (name.len > LOGICAL_ID_LEN_MAX) {
		diag_add(d, DIAG_NAME_INVALID, key->where,
			 "the name of this %s has more than %d "
			 "characters",
			 what, LOGICAL_ID_LEN_MAX);
		return -1;
	}
	g = diag_add(d, DIAG_NAME_INVALID, key->where,
		     "'%.*s' is no name for a %s: letters and digits only", TEXT_ARG(name), what);
	if (memmem(key->text.ptr, key->text.len, "${", 2))
		diag_hint(d, g,
			  "write &{...} instead of ${...}: it takes the letters and digits "
			  "only");
	else
		diag_hint(d, g, "remove the other characters");
	return -1;
}

/* Keys of loops are checked when their variables have values. */
static void check_name(const struct node *key, const char *what, size_t loops, struct diags *d)
{
	if (!loops || !memchr(key->text.ptr, '{', key->text.len))
		logical_id_check(key->text, key, what, d);
}

/* Walking */

static void walk(const struct node *section, section_visit_fn *visit, void *context, size_t loops)
{
	struct diags silent = DIAGS_INIT;

	for (size_t i = 0; section && section->kind == NODE_MAP && i < section->count; i++) {
		const struct node_entry *entry = &section->entries[i];
		const struct node *loop;

		if (!text_starts(entry->key->text, FOREACH_PREFIX)) {
			visit(context, entry, loops);
			continue;
		}
		loop = foreach_shape(entry, &silent);
		if (loop)
			walk(loop->items[2], visit, context, loops + 1);
	}
	diags_release(&silent);
}

void section_walk(const struct node *section, section_visit_fn *visit, void *context)
{
	walk(section, visit, context, 0);
}

static void check_loops(const struct node *section, struct diags *d)
{
	for (size_t i = 0; i < section->count; i++) {
		const struct node_entry *entry = &section->entries[i];
		const struct node *loop;

		if (!text_starts(entry->key->text, FOREACH_PREFIX))
			continue;
		loop = foreach_shape(entry, d);
		if (loop)
			check_loops(loop->items[2], d);
	}
}

/* Resources and outputs: what the later stations rely on.  The rest is in shape.c. */

static void check_type(const struct node *n, const struct node *key, struct diags *d)
{
	struct diag *g;

	if (!n) {
		g = diag_add(d, DIAG_RESOURCE_TYPE, key->where, "resource '%.*s' has no Type",
			     TEXT_ARG(key->text));
		diag_hint(d, g, "add, for example, 'Type: SSH::File'");
		return;
	}
	if (n->kind == NODE_SCALAR && n->text.len && !node_is_null(n))
		return;
	diag_add(d, DIAG_RESOURCE_TYPE, n->where, "Type is a plain string, and this is %s",
		 n->kind == NODE_SCALAR ? "empty" : node_describe(n));
}

static void check_depends_on(const struct node *n, struct diags *d)
{
	if (n->kind != NODE_LIST) {
		shape_expect_text(n, "DependsOn", d);
		return;
	}
	for (size_t i = 0; i < n->count; i++)
		shape_expect_text(n->items[i], "an item of DependsOn", d);
}

static void check_resource(void *context, const struct node_entry *entry, size_t loops)
{
	const struct node *body = entry->value;
	const struct node *depends_on = node_find(body, "DependsOn");
	const struct node *condition = node_find(body, "Condition");
	struct diags *d = context;

	check_name(entry->key, "resource", loops, d);
	if (shape_expect(body, NODE_MAP, "a resource", d))
		return;
	check_type(node_find(body, "Type"), entry->key, d);
	if (depends_on)
		check_depends_on(depends_on, d);
	if (condition)
		shape_expect_text(condition, "Condition", d);
}

static void load_resources(struct sections *s, const struct node *section, struct diags *d)
{
	s->face.resources = section;
	if (s->from_tree)
		return;
	if (!section->count)
		diag_warn(d, DIAG_RESOURCES_MISSING, section->where, "Resources is empty");
	check_loops(section, d);
	section_walk(section, check_resource, d);
}

static void check_output(void *context, const struct node_entry *entry, size_t loops)
{
	const struct node *body = entry->value;
	const struct node *condition = node_find(body, "Condition");
	struct diags *d = context;
	struct diag *g;

	check_name(entry->key, "output", loops, d);
	if (shape_expect(body, NODE_MAP, "an output", d))
		return;
	if (condition)
		shape_expect_text(condition, "Condition", d);
	if (node_find(body, "Value"))
		return;
	g = diag_add(d, DIAG_OUTPUT_ATTRIBUTE, entry->key->where, "output '%.*s' has no Value",
		     TEXT_ARG(entry->key->text));
	diag_hint(d, g, "add 'Value: ...'");
}

static void load_outputs(struct sections *s, const struct node *section, struct diags *d)
{
	s->face.outputs = section;
	check_loops(section, d);
	section_walk(section, check_output, d);
}

/* Mappings */

static void check_mapped(const struct node *n, struct diags *d)
{
	bool ok = n->kind == NODE_SCALAR && !node_is_null(n);
	struct diag *g;

	if (n->kind == NODE_LIST) {
		ok = true;
		for (size_t i = 0; ok && i < n->count; i++)
			ok = n->items[i]->kind == NODE_SCALAR && !node_is_null(n->items[i]);
	}
	if (ok)
		return;
	g = diag_add(d, DIAG_MAPPING_SHAPE, n->where,
		     "a mapping gives a string or a list of strings, and this is %s",
		     node_describe(n));
	if (n->kind == NODE_CALL)
		diag_hint(d, g,
			  "functions cannot be used in Mappings; use a parameter or a "
			  "condition");
}

static void load_mapping_keys(struct arena *a, struct mapping *m, struct diags *d)
{
	for (size_t i = 0; i < m->body->count; i++) {
		const struct node_entry *top = &m->body->entries[i];

		if (top->value->kind != NODE_MAP) {
			diag_add(d, DIAG_MAPPING_SHAPE, top->value->where,
				 "the top-level key '%.*s' of a mapping is a map, and this is %s",
				 TEXT_ARG(top->key->text), node_describe(top->value));
			continue;
		}
		names_add(a, &m->keys, top->key->text, (void *)(uintptr_t)top->value);
		for (size_t j = 0; j < top->value->count; j++)
			check_mapped(top->value->entries[j].value, d);
	}
}

/* A loop, as a mapping or inside of one. */
static int refuse_loop(const struct node *key, struct diags *d)
{
	struct diag *g;

	if (!text_starts(key->text, FOREACH_PREFIX))
		return 0;
	g = diag_add(d, DIAG_FUNCTION_PLACE, key->where, "a loop cannot make mappings");
	diag_hint(d, g, "write the keys out, or use conditions");
	return -1;
}

static void load_mappings(struct arena *a, struct sections *s, const struct node *section,
			  struct diags *d)
{
	struct mapping *list = ARENA_ARRAY(a, section->count, struct mapping);

	s->face.mappings = section;
	for (size_t i = 0; i < section->count; i++) {
		list[i].key = section->entries[i].key;
		list[i].body = section->entries[i].value;
		if (refuse_loop(list[i].key, d))
			continue;
		logical_id_check(list[i].key->text, list[i].key, "mapping", d);
		names_add(a, &s->mappings, list[i].key->text, &list[i]);
		if (shape_expect(list[i].body, NODE_MAP, "a mapping", d) == 0)
			load_mapping_keys(a, &list[i], d);
	}
}

/* Conditions */

static void load_conditions(struct sections *s, const struct node *section, struct diags *d)
{
	s->face.conditions = section;
	check_loops(section, d);
}

/* Sections */

static const char *const section_names[] = {
	[SECTION_VERSION] = "AWSTemplateFormatVersion",
	[SECTION_DESCRIPTION] = "Description",
	[SECTION_METADATA] = "Metadata",
	[SECTION_TRANSFORM] = "Transform",
	[SECTION_PARAMETERS] = "Parameters",
	[SECTION_MAPPINGS] = "Mappings",
	[SECTION_CONDITIONS] = "Conditions",
	[SECTION_RESOURCES] = "Resources",
	[SECTION_OUTPUTS] = "Outputs",
	[SECTION_RULES] = "Rules",
	[SECTION_HOOKS] = "Hooks",
	[SECTION_MOVED] = "Moved",
};
_Static_assert(ARRAY_LEN(section_names) == SECTION_COUNT, "one name per section");

enum section_id section_id(struct text name)
{
	size_t i = 0;

	while (i < SECTION_COUNT && !text_is(name, section_names[i]))
		i++;
	return (enum section_id)i;
}

void section_report_unknown(const struct node_entry *entry, struct diags *d)
{
	const struct node *key = entry->key, *body = entry->value;
	struct diag *g = diag_add(d, DIAG_SECTION_UNKNOWN, key->where,
				  "a template has no section '%.*s'", TEXT_ARG(key->text));

	diag_did_you_mean(d, g, key->text, section_names, SECTION_COUNT);
	if (!g->hint && body->kind == NODE_MAP && node_find(body, "Type"))
		diag_hint(d, g, "it looks like a resource: indent it below Resources");
}

static void load_map_section(struct arena *a, struct sections *s, const struct node_entry *entry,
			     struct diags *d)
{
	enum section_id id = section_id(entry->key->text);
	const struct node *n = entry->value;

	if (shape_expect(n, NODE_MAP, section_names[id], d))
		return;
	if (id == SECTION_PARAMETERS)
		parameters_load(a, s, n, d);
	else if (id == SECTION_MAPPINGS)
		load_mappings(a, s, n, d);
	else if (id == SECTION_CONDITIONS)
		load_conditions(s, n, d);
	else if (id == SECTION_RESOURCES)
		load_resources(s, n, d);
	else
		load_outputs(s, n, d);
}

static void load_section(struct arena *a, struct sections *s, const struct node_entry *entry,
			 struct diags *d)
{
	switch (section_id(entry->key->text)) {
	case SECTION_DESCRIPTION:
		if (entry->value->kind == NODE_SCALAR)
			s->face.description = entry->value->text.ptr;
		break;
	case SECTION_PARAMETERS:
	case SECTION_MAPPINGS:
	case SECTION_CONDITIONS:
	case SECTION_RESOURCES:
	case SECTION_OUTPUTS:
		load_map_section(a, s, entry, d);
		break;
	case SECTION_RULES:
		s->face.rules = entry->value;
		break;
	case SECTION_HOOKS:
		s->face.hooks = entry->value;
		break;
	case SECTION_MOVED:
		moved_load(a, s, entry->value, d);
		break;
	case SECTION_METADATA:
		s->face.metadata = entry->value;
		break;
	case SECTION_VERSION:
	case SECTION_TRANSFORM:
	case SECTION_COUNT:
		break;
	}
}

static void load_sections(struct arena *a, struct sections *s, struct diags *d)
{
	const struct node *root = s->face.root;
	struct range top = {s->face.src, {1, 1}, {1, 2}};

	for (size_t i = 0; i < root->count; i++)
		load_section(a, s, &root->entries[i], d);
	if (!node_find(root, "Resources"))
		diag_hint(d,
			  diag_add(d, DIAG_RESOURCES_MISSING, top,
				   "the template has no section Resources"),
			  "add it with at least one resource");
}

/* What a transform would rewrite may look like anything: no section is read then. */
static bool load_foreign(struct arena *a, struct sections *s)
{
	s->foreign = foreign_find(a, s->face.root);
	if (s->foreign.kind == FOREIGN_NONE)
		return false;
	s->face.foreign = s->foreign.name;
	s->face.foreign_where = s->foreign.where;
	return true;
}

/* Nothing is included into what is foreign, and what is included may be. */
static int include_all(struct arena *a, struct sections *s, struct diags *d)
{
	const struct node *root = s->face.root;

	if (root->kind == NODE_MAP && load_foreign(a, s))
		return 0;
	s->face.root = include_expand(s->file, root, d);
	if (!s->face.root || shape_expect(s->face.root, NODE_MAP, "a template", d))
		return -1;
	if (s->face.root != root)
		load_foreign(a, s);
	return 0;
}

const struct template *sections_load(struct template_file *file, struct diags *d)
{
	struct arena *a = file->files->a;
	size_t errors = d->error_count;
	struct sections *s = ARENA_NEW(a, struct sections);

	s->file = file;
	s->face.src = file->src;
	s->face.thing = "resource";
	s->face.root = node_parse(a, file->src, NODE_TEMPLATE, d);
	if (!s->face.root || include_all(a, s, d))
		return NULL;
	if (!s->face.foreign)
		load_sections(a, s, d);
	if (d->error_count == errors)
		return &s->face;
	/* Nobody will check it, so what checking would say is said now. */
	shape_check(s, d);
	return NULL;
}

const struct template *template_load(struct arena *a, const struct source *src,
				     const struct template_loader *loader, struct diags *d)
{
	struct template_files *files = template_files_new(a, loader);

	return template_file_load(template_files_add(files, src), d);
}

const struct template *template_from_tree(struct arena *a, const struct source *src,
					  const struct node *root, const char *thing,
					  struct diags *d)
{
	struct template_files *files = template_files_new(a, NULL);
	struct sections *s = ARENA_NEW(a, struct sections);
	size_t errors = d->error_count;

	s->file = template_files_add(files, src);
	s->from_tree = true;
	s->face.src = src;
	s->face.root = root;
	s->face.thing = thing;
	load_sections(a, s, d);
	if (d->error_count == errors)
		return &s->face;
	shape_check(s, d);
	return NULL;
}
