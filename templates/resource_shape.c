/* resource_shape.c - the attributes of resources and outputs. */
#include "templates/shape.h"

#include <string.h>

#include "templates/retention.h"

static int check_properties(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;

	if (node_is_null(n) || n->kind == NODE_CALL)
		return 0;
	return shape_expect(n, NODE_MAP, "Properties", d);
}

static int check_policy(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;
	enum deletion_policy policy;

	if (n->kind == NODE_CALL)
		return 0;
	if (shape_expect_text(n, "a policy", d))
		return -1;
	/* A loop's variable may complete it. */
	if (memchr(n->text.ptr, '{', n->text.len) ||
	    retention_find(entry->key->text.ptr, n->text, &policy))
		return 0;
	retention_report(entry->key->text.ptr, n->where, n->text, d);
	return -1;
}

static int check_metadata(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;

	if (node_is_null(n) || n->kind == NODE_CALL)
		return 0;
	return shape_expect(n, NODE_MAP, "Metadata", d);
}

/* Of custom resources: which version of what makes them. */
static int check_version(const struct node_entry *entry, struct diags *d)
{
	return shape_expect_text(entry->value, "Version", d);
}

static int check_description(const struct node_entry *entry, struct diags *d)
{
	return shape_expect(entry->value, NODE_SCALAR, "Description", d);
}

/* What has no row function here was looked at when the template was loaded. */
static const struct attribute resource_attributes[] = {
	{"Type", NULL},
	{"Properties", check_properties},
	{"DependsOn", NULL},
	{"Condition", NULL},
	{"DeletionPolicy", check_policy},
	{"UpdateReplacePolicy", check_policy},
	{"Metadata", check_metadata},
	{"CreationPolicy", creation_policy_check},
	{"UpdatePolicy", update_policy_check},
	{"Description", check_description},
	{"Version", check_version},
};
_Static_assert(ARRAY_LEN(resource_attributes) <= ATTRIBUTES_MAX, "names fit");

int resource_shape_check(const struct node *body, struct diags *d)
{
	static const struct attribute_table table = {
		resource_attributes,
		ARRAY_LEN(resource_attributes),
		"a resource",
		DIAG_RESOURCE_ATTRIBUTE,
		"what belongs to the type itself goes under Properties",
		DIAG_ERROR};

	return shape_check_keys(&table, body, d);
}

static int check_export(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;
	struct diag *g;

	if (shape_expect(n, NODE_MAP, "Export", d))
		return -1;
	if (n->count == 1 && node_find(n, "Name"))
		return 0;
	g = diag_add(d, DIAG_OUTPUT_ATTRIBUTE, n->where, "Export has one key, Name");
	diag_hint(d, g, "write 'Export: {Name: ...}'");
	return -1;
}

static const struct attribute output_attributes[] = {
	{"Value", NULL},
	{"Description", check_description},
	{"Condition", NULL},
	{"Export", check_export},
};

int output_shape_check(const struct node *body, struct diags *d)
{
	static const struct attribute_table table = {output_attributes,
						     ARRAY_LEN(output_attributes),
						     "an output",
						     DIAG_OUTPUT_ATTRIBUTE,
						     NULL,
						     DIAG_ERROR};

	return shape_check_keys(&table, body, d);
}
