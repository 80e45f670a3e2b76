/* sections.c - the sections of a template and what they may hold. */
#include "templates/sections.h"

#include <string.h>

#include "templates/parameter.h"

#define LOGICAL_ID_LEN_MAX 255

const struct sections *sections_of(const struct template *t)
{
	return container_of(t, const struct sections, face);
}

const struct parameter *template_parameter(const struct template *t, struct text name)
{
	return names_find(&sections_of(t)->parameters, name);
}

/* Shapes */

static int expect(const struct node *n, enum node_kind kind, const char *what, struct diags *d)
{
	static const char *const kinds[] = {
		[NODE_SCALAR] = "a string",
		[NODE_LIST] = "a list",
		[NODE_MAP] = "a map",
		[NODE_CALL] = "a function",
	};

	if (n->kind == kind)
		return 0;
	diag_add(d, DIAG_SHAPE, n->where, "%s is %s, and this is %s", what, kinds[kind],
		 node_describe(n));
	return -1;
}

static int expect_text(const struct node *n, const char *what, struct diags *d)
{
	if (!node_is_null(n))
		return expect(n, NODE_SCALAR, what, d);
	diag_add(d, DIAG_SHAPE, n->where, "%s is a string, and there is nothing here", what);
	return -1;
}

/* Rows of a table of attributes. */
struct attribute {
	const char *name;
	void (*check)(const struct node_entry *entry, struct diags *d); /* NULL: anything */
};

static const struct attribute *attribute_find(const struct attribute *rows, size_t count,
					      struct text name)
{
	for (size_t i = 0; i < count; i++) {
		if (text_is(name, rows[i].name))
			return &rows[i];
	}
	return NULL;
}

struct attribute_table {
	const struct attribute *rows;
	size_t count;
	const char *owner; /* "a resource" */
	enum diag_code code;
};

static struct diag *report_attribute(const struct attribute_table *t, const struct node *key,
				     struct diags *d)
{
	const char *names[16];
	struct diag *g = diag_add(d, t->code, key->where, "%s has no attribute '%.*s'", t->owner,
				  TEXT_ARG(key->text));

	for (size_t i = 0; i < t->count; i++)
		names[i] = t->rows[i].name;
	diag_did_you_mean(d, g, key->text, names, t->count);
	return g;
}

static void check_attributes(const struct attribute_table *t, const struct node *body,
			     struct diags *d)
{
	for (size_t i = 0; i < body->count; i++) {
		const struct node_entry *entry = &body->entries[i];
		const struct attribute *row = attribute_find(t->rows, t->count, entry->key->text);
		struct diag *g;

		if (row && row->check) {
			row->check(entry, d);
		} else if (!row) {
			g = report_attribute(t, entry->key, d);
			if (!g->hint && t->code == DIAG_RESOURCE_ATTRIBUTE)
				diag_hint(d, g,
					  "what belongs to the type itself goes under "
					  "Properties");
		}
	}
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

/* Resources */

static void check_type(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;

	if (n->kind == NODE_SCALAR && n->text.len && !node_is_null(n))
		return;
	diag_add(d, DIAG_RESOURCE_TYPE, n->where, "Type is a plain string, and this is %s",
		 n->kind == NODE_SCALAR ? "empty" : node_describe(n));
}

static void check_properties(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;

	if (!node_is_null(n) && n->kind != NODE_CALL)
		expect(n, NODE_MAP, "Properties", d);
}

static void check_depends_on(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;

	if (n->kind != NODE_LIST) {
		expect_text(n, "DependsOn", d);
		return;
	}
	for (size_t i = 0; i < n->count; i++)
		expect_text(n->items[i], "an item of DependsOn", d);
}

static void check_condition_name(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;

	expect_text(n, "Condition", d);
}

static void check_policy(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;

	if (n->kind != NODE_CALL)
		expect_text(n, "a policy", d);
}

static void warn_ignored(const struct node_entry *entry, struct diags *d)
{
	struct diag *g = diag_warn(d, DIAG_ATTRIBUTE_IGNORED, entry->key->where,
				   "'%.*s' has no effect yet", TEXT_ARG(entry->key->text));

	diag_hint(d, g, "nothing waits for signals; remove it to be rid of this warning");
}

static const struct attribute resource_attributes[] = {
	{"Type", check_type},
	{"Properties", check_properties},
	{"DependsOn", check_depends_on},
	{"Condition", check_condition_name},
	{"DeletionPolicy", check_policy},
	{"UpdateReplacePolicy", check_policy},
	{"Metadata", NULL},
	{"CreationPolicy", warn_ignored},
	{"UpdatePolicy", warn_ignored},
};

static void check_resource(void *context, const struct node_entry *entry, size_t loops)
{
	static const struct attribute_table table = {resource_attributes,
						     ARRAY_LEN(resource_attributes), "a resource",
						     DIAG_RESOURCE_ATTRIBUTE};
	const struct node *body = entry->value;
	struct diags *d = context;
	struct diag *g;

	check_name(entry->key, "resource", loops, d);
	if (expect(body, NODE_MAP, "a resource", d))
		return;
	check_attributes(&table, body, d);
	if (node_find(body, "Type"))
		return;
	g = diag_add(d, DIAG_RESOURCE_TYPE, entry->key->where, "resource '%.*s' has no Type",
		     TEXT_ARG(entry->key->text));
	diag_hint(d, g, "add, for example, 'Type: SSH::File'");
}

static void load_resources(struct sections *s, const struct node *section, struct diags *d)
{
	s->face.resources = section;
	if (!section->count)
		diag_warn(d, DIAG_RESOURCES_MISSING, section->where, "Resources is empty");
	check_loops(section, d);
	section_walk(section, check_resource, d);
}

/* Outputs */

static void check_description(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;

	expect(n, NODE_SCALAR, "Description", d);
}

static void check_export(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;
	struct diag *g;

	if (expect(n, NODE_MAP, "Export", d) == 0 && (n->count != 1 || !node_find(n, "Name"))) {
		g = diag_add(d, DIAG_OUTPUT_ATTRIBUTE, n->where, "Export has one key, Name");
		diag_hint(d, g, "write 'Export: {Name: ...}'");
	}
}

static const struct attribute output_attributes[] = {
	{"Value", NULL},
	{"Description", check_description},
	{"Condition", check_condition_name},
	{"Export", check_export},
};

static void check_output(void *context, const struct node_entry *entry, size_t loops)
{
	static const struct attribute_table table = {output_attributes,
						     ARRAY_LEN(output_attributes), "an output",
						     DIAG_OUTPUT_ATTRIBUTE};
	const struct node *body = entry->value;
	struct diags *d = context;
	struct diag *g;

	check_name(entry->key, "output", loops, d);
	if (expect(body, NODE_MAP, "an output", d))
		return;
	check_attributes(&table, body, d);
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

static void load_mappings(struct arena *a, struct sections *s, const struct node *section,
			  struct diags *d)
{
	struct mapping *list = ARENA_ARRAY(a, section->count, struct mapping);

	s->face.mappings = section;
	for (size_t i = 0; i < section->count; i++) {
		list[i].key = section->entries[i].key;
		list[i].body = section->entries[i].value;
		names_add(a, &s->mappings, list[i].key->text, &list[i]);
		if (expect(list[i].body, NODE_MAP, "a mapping", d) == 0)
			load_mapping_keys(a, &list[i], d);
	}
}

/* Conditions */

static void load_conditions(struct sections *s, const struct node *section, struct diags *d)
{
	s->face.conditions = section;
	check_loops(section, d);
}

/* Small sections */

static void check_version(const struct node *n, struct diags *d)
{
	struct diag *g;

	if (n->kind == NODE_SCALAR && text_is(n->text, "2010-09-09"))
		return;
	g = diag_add(d, DIAG_FORMAT_VERSION, n->where,
		     "AWSTemplateFormatVersion is 2010-09-09, and nothing else");
	diag_hint(d, g, "write 2010-09-09, or remove the line");
}

static bool only_extensions(const struct node *n)
{
	if (n->kind == NODE_SCALAR)
		return text_is(n->text, "AWS::LanguageExtensions");
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++) {
		if (!only_extensions(n->items[i]))
			return false;
	}
	return n->kind == NODE_LIST;
}

/* Of a template that a transform would rewrite nothing else can be said. */
static int refuse_transform(const struct node *root, struct diags *d)
{
	const struct node *n = node_find(root, "Transform");
	struct diag *g;

	if (!n || only_extensions(n))
		return 0;
	if (n->kind == NODE_SCALAR)
		g = diag_add(d, DIAG_NOT_SUPPORTED_YET, n->where,
			     "not supported yet: transform '%.*s'", TEXT_ARG(n->text));
	else
		g = diag_add(d, DIAG_NOT_SUPPORTED_YET, n->where,
			     "not supported yet: transforms other than AWS::LanguageExtensions");
	diag_hint(d, g, "write the template as the transform would make it");
	return -1;
}

enum section_id {
	SECTION_VERSION,
	SECTION_DESCRIPTION,
	SECTION_METADATA,
	SECTION_TRANSFORM,
	SECTION_PARAMETERS,
	SECTION_MAPPINGS,
	SECTION_CONDITIONS,
	SECTION_RESOURCES,
	SECTION_OUTPUTS,
	SECTION_RULES,
	SECTION_HOOKS,
	SECTION_COUNT
};

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
};
_Static_assert(ARRAY_LEN(section_names) == SECTION_COUNT, "one name per section");

static enum section_id section_id(struct text name)
{
	size_t i = 0;

	while (i < SECTION_COUNT && !text_is(name, section_names[i]))
		i++;
	return (enum section_id)i;
}

static void refuse_section(const struct node *key, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_NOT_SUPPORTED_YET, key->where,
				  "not supported yet: section '%.*s'", TEXT_ARG(key->text));

	diag_hint(d, g, "remove the section; constraints of Parameters can say much of it");
}

static void report_section(const struct node *key, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_SECTION_UNKNOWN, key->where,
				  "a template has no section '%.*s'", TEXT_ARG(key->text));

	diag_did_you_mean(d, g, key->text, section_names, SECTION_COUNT);
}

static void load_map_section(struct arena *a, struct sections *s, const struct node_entry *entry,
			     struct diags *d)
{
	enum section_id id = section_id(entry->key->text);
	const struct node *n = entry->value;

	if (expect(n, NODE_MAP, section_names[id], d))
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
	case SECTION_VERSION:
		check_version(entry->value, d);
		break;
	case SECTION_DESCRIPTION:
		if (expect(entry->value, NODE_SCALAR, "Description", d) == 0)
			s->face.description = entry->value->text.ptr;
		break;
	case SECTION_METADATA:
	case SECTION_TRANSFORM:
		break;
	case SECTION_PARAMETERS:
	case SECTION_MAPPINGS:
	case SECTION_CONDITIONS:
	case SECTION_RESOURCES:
	case SECTION_OUTPUTS:
		load_map_section(a, s, entry, d);
		break;
	case SECTION_RULES:
	case SECTION_HOOKS:
		refuse_section(entry->key, d);
		break;
	case SECTION_COUNT:
		report_section(entry->key, d);
		break;
	}
}

const struct template *template_load(struct arena *a, const struct source *src,
				     const struct template_loader *loader, struct diags *d)
{
	size_t errors = d->error_count;
	struct sections *s = ARENA_NEW(a, struct sections);
	const struct node *root = node_parse(a, src, NODE_TEMPLATE, d);
	struct range top = {src, {1, 1}, {1, 2}};

	(void)loader;
	if (!root || expect(root, NODE_MAP, "a template", d) || refuse_transform(root, d))
		return NULL;
	s->face.src = src;
	s->face.root = root;
	for (size_t i = 0; i < root->count; i++)
		load_section(a, s, &root->entries[i], d);
	if (!node_find(root, "Resources"))
		diag_hint(d,
			  diag_add(d, DIAG_RESOURCES_MISSING, top,
				   "the template has no section Resources"),
			  "add it with at least one resource");
	return d->error_count > errors ? NULL : &s->face;
}
