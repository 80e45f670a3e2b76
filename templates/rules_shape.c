/* rules_shape.c - what the sections Rules and Hooks may hold. */
#include "templates/sections.h"
#include "templates/shape.h"

/* Rules */

static int check_truth(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;
	struct diag *g;

	if (n->kind == NODE_CALL)
		return 0;
	g = diag_add(d, DIAG_RULE_SHAPE, n->where,
		     "%.*s is a function that is true or false, and this is %s",
		     TEXT_ARG(entry->key->text), node_describe(n));
	diag_hint(d, g, "write, for example, Fn::Equals: [!Ref Stage, prod]");
	return -1;
}

static int check_description(const struct node_entry *entry, struct diags *d)
{
	return shape_expect_text(entry->value, "AssertDescription", d);
}

static const struct attribute assertion_keys[] = {
	{"Assert", check_truth},
	{"AssertDescription", check_description},
};

static int check_assertion(const struct node *n, struct diags *d)
{
	static const struct attribute_table table = {assertion_keys, ARRAY_LEN(assertion_keys),
						     "an assertion", DIAG_RULE_SHAPE,
						     NULL,           DIAG_WARNING};

	if (shape_expect(n, NODE_MAP, "an assertion", d))
		return -1;
	if (node_find(n, "Assert"))
		return shape_check_keys(&table, n, d);
	diag_hint(d, diag_add(d, DIAG_RULE_SHAPE, n->where, "the assertion has no Assert"),
		  "write 'Assert: {Fn::Equals: [value, value]}'");
	return -1;
}

static int check_assertions(const struct node_entry *entry, struct diags *d)
{
	const struct node *n = entry->value;
	int result = 0;

	if (shape_expect(n, NODE_LIST, "Assertions", d))
		return -1;
	for (size_t i = 0; i < n->count; i++)
		result |= check_assertion(n->items[i], d);
	return result;
}

static const struct attribute rule_keys[] = {
	{"RuleCondition", check_truth},
	{"Assertions", check_assertions},
};

static int check_rule(const struct node_entry *entry, struct diags *d)
{
	static const struct attribute_table table = {
		rule_keys, ARRAY_LEN(rule_keys), "a rule", DIAG_RULE_SHAPE, NULL, DIAG_WARNING};
	int result = logical_id_check(entry->key->text, entry->key, "rule", d);

	if (shape_expect(entry->value, NODE_MAP, "a rule", d))
		return -1;
	if (node_find(entry->value, "Assertions"))
		return shape_check_keys(&table, entry->value, d) | result;
	diag_hint(d,
		  diag_add(d, DIAG_RULE_SHAPE, entry->key->where, "rule '%.*s' has no Assertions",
			   TEXT_ARG(entry->key->text)),
		  "add 'Assertions: [{Assert: ..., AssertDescription: ...}]'");
	return -1;
}

int rules_shape_check(const struct node *section, struct diags *d)
{
	int result = 0;

	if (shape_expect(section, NODE_MAP, "Rules", d))
		return -1;
	for (size_t i = 0; i < section->count; i++)
		result |= check_rule(&section->entries[i], d);
	return result;
}

/* Hooks */

static int check_type(const struct node_entry *entry, struct diags *d)
{
	return shape_expect_text(entry->value, "the type of a hook", d);
}

static int check_properties(const struct node_entry *entry, struct diags *d)
{
	return shape_expect(entry->value, NODE_MAP, "Properties", d);
}

static const struct attribute hook_keys[] = {
	{"Type", check_type},
	{"Properties", check_properties},
};

int hooks_shape_check(const struct node *section, struct diags *d)
{
	static const struct attribute_table table = {
		hook_keys, ARRAY_LEN(hook_keys), "a hook", DIAG_HOOK_SHAPE, NULL, DIAG_WARNING};
	int result = 0;

	if (shape_expect(section, NODE_MAP, "Hooks", d))
		return -1;
	diag_note(d, DIAG_ATTRIBUTE_IGNORED, section->where, "hooks have no effect here");
	for (size_t i = 0; i < section->count; i++) {
		if (shape_expect(section->entries[i].value, NODE_MAP, "a hook", d))
			result = -1;
		else
			result |= shape_check_keys(&table, section->entries[i].value, d);
	}
	return result;
}
