/* Definitions, groups, sizes and attributes of schemas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/schema_type.h"

static const char type[] =
	"{'properties': {"
	"  'Name': {'type': 'string', 'minLength': 2, 'maxLength': 4},"
	"  'Tree': {'$ref': '#/definitions/Node'},"
	"  'Roots': {'type': 'array', 'items': {'$ref': '#/definitions/Alias'}, 'maxItems': 1},"
	"  'Group': {'type': 'object', 'properties': {'A': {}, 'B': {}, 'C': {}, 'D': {}},"
	"   'additionalProperties': false,"
	"   'dependentRequired': {'A': ['B']}, 'dependentExcluded': {'C': ['A', 'B']},"
	"   'requiredOr': [['A', 'C', 'D']]},"
	"  'Either': {'type': 'object', 'properties': {'A': {}, 'B': {}},"
	"   'requiredXor': [['A', 'B']]},"
	"  'Subnet': {'type': 'string', 'format': 'AWS::EC2::Subnet.Id'},"
	"  'Mode': {}, 'Old': {'type': 'string'}, 'Kinds': {'type': 'array', 'items': {}},"
	"  'Loop': {'$ref': '#/definitions/Loop'}},"
	" 'definitions': {"
	"  'Node': {'type': 'object', 'additionalProperties': false, 'required': ['Key'],"
	"   'properties': {'Key': {'type': 'string'},"
	"    'Children': {'type': 'array', 'items': {'$ref': '#/definitions/Node'}}}},"
	"  'Alias': {'$ref': '#/definitions/Node'}, 'Loop': {'$ref': '#/definitions/Loop'}},"
	" 'attributes': {'Endpoint.Address': {'type': 'string'}, 'Ports': {'type': 'array'}},"
	" 'readOnlyProperties': ['/properties/Tree/Key'],"
	" 'createOnlyProperties': ['/properties/Roots/*/Key'],"
	" 'conditionalCreateOnlyProperties': ['/properties/Name'],"
	" 'writeOnlyProperties': ['/properties/Group', '/properties/Old', '/properties/Kinds/*'],"
	" 'shownProperties': ['/properties/Group/A', '/properties/Old'],"
	" 'unservedProperties': {'/properties/Mode': {'values': ['slow', 3]},"
	"  '/properties/Old': {'reason': 'it is gone', 'hint': 'use Name'},"
	"  '/properties/Group/D': {},"
	"  '/properties/Roots/*/Children': {}, '/properties/Kinds/*': {'values': ['b']}},"
	" 'primaryIdentifier': ['/properties/Name'], 'ref': '/properties/Name'}";

struct fixture {
	struct arena *a;
	struct diags d;
	struct schema *s;
};

static struct text quoted(struct arena *a, const char *json)
{
	char *text = arena_strdup(a, json);

	for (char *at = strchr(text, '\''); at; at = strchr(at, '\''))
		*at = '"';
	return text_of(text);
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->a = arena_new();
	f->s = schema_parse(f->a, "t", "T::A", quoted(f->a, type), &f->d);
	assert_non_null(f->s);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	schema_release(f->s);
	diags_release(&f->d);
	arena_free(f->a);
	free(f);
	return 0;
}

static int check(struct fixture *f, const char *json)
{
	json_t *j = json_parse(quoted(f->a, json), NULL, NULL);
	struct doc_resource r = {.logical_id = "R", .type = "T::A"};

	assert_non_null(j);
	r.properties = value_from_json(f->a, j, NULL);
	json_decref(j);
	return schema_check(f->s, &r, "s/east/R", &f->d);
}

static void refuses(struct fixture *f, const char *json, enum diag_code code, const char *summary)
{
	assert_int_equal(check(f, json), -1);
	assert_int_equal(f->d.first->code, code);
	assert_string_equal(f->d.first->summary, summary);
	assert_null(f->d.first->next);
	diags_release(&f->d);
}

static void definitions_may_lead_back_to_themselves(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, "{'Tree': {'Key': 'a', 'Children': [{'Key': 'b', 'Children': []},"
				  " {'Key': 'c', 'Children': [{'Key': 'd'}]}]}}"),
			 0);
	refuses(f,
		"{'Tree': {'Key': 'a', 'Children': [{'Key': 'b', 'Children': [{'Kye': 'c',"
		" 'Key': 'd'}]}]}}",
		DIAG_PROPERTY_UNKNOWN, "T::A has no property 'Tree.Children.0.Children.0.Kye'");
	refuses(f, "{'Roots': [{}]}", DIAG_PROPERTY_MISSING,
		"'R' has no property 'Roots.0.Key', which T::A requires");
}

static void a_definition_of_nothing_but_itself_is_anything(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, "{'Loop': {'a': [1]}}"), 0);
}

/* Tree.Key is read-only, and the same definition serves Roots. */
static void what_is_shared_is_not_marked(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, "{'Roots': [{'Key': 'a'}]}"), 0);
	assert_true(schema_is_read_only(f->s, TEXT_LIT("/Tree/Key")));
	assert_false(schema_is_read_only(f->s, TEXT_LIT("/Roots/0/Key")));
	assert_true(schema_is_create_only(f->s, TEXT_LIT("/Roots/0/Key")));
	assert_true(schema_is_maybe_create_only(f->s, TEXT_LIT("/Name")));
	assert_false(schema_is_maybe_create_only(f->s, TEXT_LIT("/Tree")));
}

static void sizes_are_checked(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, "{'Name': '\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f'}"), 0);
	refuses(f, "{'Name': 'a'}", DIAG_PROPERTY_SIZE,
		"property 'Name' has 1 characters; the least is 2");
	refuses(f, "{'Name': 'abcde'}", DIAG_PROPERTY_SIZE,
		"property 'Name' has 5 characters; the most is 4");
	refuses(f, "{'Roots': [{'Key': 'a'}, {'Key': 'b'}]}", DIAG_PROPERTY_SIZE,
		"property 'Roots' has 2 items; the most is 1");
}

static void groups_are_checked(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, "{'Group': {'A': 1, 'B': 1}, 'Either': {'B': 1}}"), 0);
	refuses(f, "{'Group': {'A': 1}}", DIAG_PROPERTY_GROUP, "in property 'Group' 'A' needs 'B'");
	refuses(f, "{'Group': {'B': 1, 'C': 1}}", DIAG_PROPERTY_GROUP,
		"in property 'Group' 'C' excludes 'A' or 'B'");
	refuses(f, "{'Group': {'B': 1}}", DIAG_PROPERTY_GROUP,
		"in property 'Group' there must be 'A', 'C' or 'D'");
	refuses(f, "{'Either': {}}", DIAG_PROPERTY_GROUP,
		"in property 'Either' there must be exactly one of 'A' or 'B'");
	refuses(f, "{'Either': {'A': 1, 'B': 1}}", DIAG_PROPERTY_GROUP,
		"in property 'Either' there must be exactly one of 'A' or 'B'");
}

static void what_is_not_served_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, "{'Mode': 'fast', 'Old': '', 'Group': {'A': 1, 'B': 1},"
				  " 'Roots': [{'Key': 'a', 'Children': []}], 'Kinds': ['a']}"),
			 0);
	refuses(f, "{'Group': {'D': 0}}", DIAG_PROPERTY_UNSERVED,
		"property 'Group.D' of T::A is not served");
	refuses(f, "{'Roots': [{'Key': 'a', 'Children': [{'Key': 'b'}]}]}", DIAG_PROPERTY_UNSERVED,
		"property 'Roots.0.Children' of T::A is not served");
	refuses(f, "{'Mode': '3'}", DIAG_PROPERTY_UNSERVED,
		"property 'Mode' of T::A is not served as '3'");
	refuses(f, "{'Kinds': ['a', 'b']}", DIAG_PROPERTY_UNSERVED,
		"property 'Kinds.1' of T::A is not served as 'b'");
	assert_int_equal(check(f, "{'Old': 'x'}"), -1);
	assert_string_equal(f->d.first->detail, "it is gone");
	assert_string_equal(f->d.first->hint, "use Name");
	diags_release(&f->d);
	assert_int_equal(check(f, "{'Group': {'D': 0}}"), -1);
	assert_string_equal(f->d.first->hint, "leave it out");
}

/* A property is asked for whatever its value will be; a value is refused when it is known. */
static void what_is_not_known_yet_is_refused_as_a_property(void **state)
{
	struct fixture *f = *state;
	const struct value unknown = {.kind = VALUE_UNKNOWN};
	struct value_entry entry = {TEXT_LIT("Old"), &unknown};
	struct value map = {.kind = VALUE_MAP, .entries = &entry, .count = 1};
	struct doc_resource r = {.logical_id = "R", .type = "T::A", .properties = &map};

	assert_int_equal(schema_check(f->s, &r, "s/east/R", &f->d), -1);
	assert_int_equal(f->d.first->code, DIAG_PROPERTY_UNSERVED);
	diags_release(&f->d);
	entry.key = TEXT_LIT("Mode");
	assert_int_equal(schema_check(f->s, &r, "s/east/R", &f->d), 0);
}

static void what_one_provider_does_not_serve_another_one_may(void **state)
{
	struct fixture *f = *state;
	struct schema *own = f->s;

	f->s = (struct schema *)(uintptr_t)schema_lent(f->a, own);
	assert_int_equal(check(f, "{'Old': 'x'}"), 0);
	f->s = own;
	assert_int_equal(check(f, "{'Old': 'x'}"), -1);
}

static void what_is_write_only_is_a_secret_unless_it_is_said_to_be_none(void **state)
{
	struct fixture *f = *state;

	assert_true(schema_is_secret(f->s, TEXT_LIT("/Group")));
	assert_true(schema_has_shown(f->s, TEXT_LIT("/Group")));
	assert_true(schema_is_secret(f->s, TEXT_LIT("/Group/B")));
	assert_false(schema_has_shown(f->s, TEXT_LIT("/Group/B")));
	assert_false(schema_is_secret(f->s, TEXT_LIT("/Group/A")));
	assert_false(schema_has_shown(f->s, TEXT_LIT("/Group/A")));
	assert_true(schema_is_write_only(f->s, TEXT_LIT("/Group/A")));
	assert_false(schema_is_secret(f->s, TEXT_LIT("/Old")));
	assert_true(schema_is_secret(f->s, TEXT_LIT("/Kinds/0")));
	assert_false(schema_is_secret(f->s, TEXT_LIT("/Name")));
}

static void attributes_have_shapes(void **state)
{
	struct fixture *f = *state;

	assert_true(schema_has_attribute(f->s, TEXT_LIT("Endpoint.Address")));
	assert_false(schema_has_attribute(f->s, TEXT_LIT("Endpoint.Port")));
	assert_int_equal(shape_of_attribute(f->s, TEXT_LIT("Ports"))->kinds, SHAPE_ARRAY);
	assert_int_equal(shape_of_attribute(f->s, TEXT_LIT("Tree.Key"))->kinds, SHAPE_STRING);
	assert_null(shape_of_attribute(f->s, TEXT_LIT("Nothing")));
	assert_int_equal(shape_of_ref(f->s)->most, 4);
	assert_string_equal(shape_of_attribute(f->s, TEXT_LIT("Subnet"))->format,
			    "AWS::EC2::Subnet.Id");
}

static void broken_references_are_told(void **state)
{
	struct fixture *f = *state;
	const char *json = "{'properties': {'A': {'$ref': '#/definitions/B'}}}";

	assert_null(schema_parse(f->a, "t", "T::B", quoted(f->a, json), &f->d));
	assert_int_equal(f->d.first->code, DIAG_SCHEMA_INVALID);
	assert_string_equal(f->d.first->detail,
			    "'$ref' is '#/definitions/B', which is no definition");
	diags_release(&f->d);
	json = "{'properties': {'A': {}}, 'unservedProperties': {'/properties/B': {}}}";
	assert_null(schema_parse(f->a, "t", "T::B", quoted(f->a, json), &f->d));
	assert_string_equal(f->d.first->detail,
			    "'unservedProperties' names '/properties/B', which is no property");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(definitions_may_lead_back_to_themselves),
		TEST(a_definition_of_nothing_but_itself_is_anything),
		TEST(what_is_shared_is_not_marked),
		TEST(sizes_are_checked),
		TEST(groups_are_checked),
		TEST(what_is_not_served_is_refused),
		TEST(what_is_not_known_yet_is_refused_as_a_property),
		TEST(what_one_provider_does_not_serve_another_one_may),
		TEST(what_is_write_only_is_a_secret_unless_it_is_said_to_be_none),
		TEST(attributes_have_shapes),
		TEST(broken_references_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
