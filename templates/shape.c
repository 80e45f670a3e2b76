/* shape.c - kinds of nodes and known keys; the small sections. */
#include "templates/shape.h"

#include <string.h>

#include "templates/foreign.h"
#include "templates/parameter.h"

#define DESCRIPTION_LEN_MAX 1024

int shape_expect(const struct node *n, enum node_kind kind, const char *what, struct diags *d)
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

int shape_expect_text(const struct node *n, const char *what, struct diags *d)
{
	if (!node_is_null(n))
		return shape_expect(n, NODE_SCALAR, what, d);
	diag_add(d, DIAG_SHAPE, n->where, "%s is a string, and there is nothing here", what);
	return -1;
}

/* Known keys */

static const struct attribute *find(const struct attribute_table *t, struct text name)
{
	for (size_t i = 0; i < t->count; i++) {
		if (text_is(name, t->rows[i].name))
			return &t->rows[i];
	}
	return NULL;
}

static int report_key(const struct attribute_table *t, const struct node *key, struct diags *d)
{
	const char *names[ATTRIBUTES_MAX];
	struct diag *g = (t->severity == DIAG_ERROR ? diag_add : diag_warn)(
		d, t->code, key->where, "%s has no attribute '%.*s'", t->owner,
		TEXT_ARG(key->text));

	for (size_t i = 0; i < t->count; i++)
		names[i] = t->rows[i].name;
	diag_did_you_mean(d, g, key->text, names, t->count);
	if (!g->hint && t->hint)
		diag_hint(d, g, "%s", t->hint);
	return t->severity == DIAG_ERROR ? -1 : 0;
}

int shape_check_keys(const struct attribute_table *t, const struct node *body, struct diags *d)
{
	int result = 0;

	for (size_t i = 0; body->kind == NODE_MAP && i < body->count; i++) {
		const struct node_entry *entry = &body->entries[i];
		const struct attribute *row = find(t, entry->key->text);

		if (!row)
			result |= report_key(t, entry->key, d);
		else if (row->check)
			result |= row->check(entry, d);
	}
	return result;
}

/* The small sections */

static int check_version(const struct node *n, struct diags *d)
{
	struct diag *g;

	if (n->kind == NODE_SCALAR && text_is(n->text, "2010-09-09"))
		return 0;
	g = diag_add(d, DIAG_FORMAT_VERSION, n->where,
		     "AWSTemplateFormatVersion is 2010-09-09, and nothing else");
	diag_hint(d, g, "write 2010-09-09, or remove the line");
	return -1;
}

static int check_description(const struct node *n, struct diags *d)
{
	struct diag *g;

	if (shape_expect_text(n, "Description", d))
		return -1;
	if (n->text.len <= DESCRIPTION_LEN_MAX)
		return 0;
	g = diag_add(d, DIAG_TEXT_LIMIT, n->where, "Description has %zu bytes, and %d are the most",
		     n->text.len, DESCRIPTION_LEN_MAX);
	diag_hint(d, g, "shorten it, or put the long text under Metadata");
	return -1;
}

static int check_section(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;

	switch (section_id(entry->key->text)) {
	case SECTION_VERSION:
		return check_version(n, d);
	case SECTION_DESCRIPTION:
		return check_description(n, d);
	case SECTION_TRANSFORM:
		return transform_shape_check(n, d);
	case SECTION_METADATA:
		return node_is_null(n) ? 0 : shape_expect(n, NODE_MAP, "Metadata", d);
	case SECTION_RULES:
		return rules_shape_check(n, d);
	case SECTION_HOOKS:
		return hooks_shape_check(n, d);
	case SECTION_COUNT:
		section_report_unknown(entry, d);
		return -1;
	case SECTION_PARAMETERS:
	case SECTION_MAPPINGS:
	case SECTION_CONDITIONS:
	case SECTION_RESOURCES:
	case SECTION_OUTPUTS:
	case SECTION_MOVED: /* read whole when it was loaded */
		break;
	}
	return 0;
}

/* Resources and outputs */

static void check_resource(void *context, const struct node_entry *entry, size_t loops)
{
	(void)loops;
	resource_shape_check(entry->value, context);
}

static void check_output(void *context, const struct node_entry *entry, size_t loops)
{
	(void)loops;
	output_shape_check(entry->value, context);
}

int shape_check(const struct sections *s, struct diags *d)
{
	const struct node *root = s->face.root;
	size_t errors = d->error_count;

	for (size_t i = 0; i < root->count; i++)
		check_section(&root->entries[i], d);
	parameters_check(s, d);
	section_walk(s->face.resources, check_resource, d);
	section_walk(s->face.outputs, check_output, d);
	return d->error_count > errors ? -1 : 0;
}
