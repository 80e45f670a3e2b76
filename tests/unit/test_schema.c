/* Types as providers declare them: parsed, asked, checked against, coerced to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/schema.h"
#include "templates/node.h"

/* JSON with ' for ", to be readable here. */
static struct text quoted(struct arena *a, const char *json)
{
	char *text = arena_strdup(a, json);

	for (char *at = strchr(text, '\''); at; at = strchr(at, '\''))
		*at = '"';
	return text_of(text);
}

static const char server[] =
	"{'types': {'T::Server': {"
	" 'version': 3, 'description': 'A server',"
	" 'properties': {"
	"  'Host': {'type': 'string', 'pattern': '^[a-z][\\\\w-]*$'},"
	"  'Port': {'type': 'integer', 'minimum': 1, 'maximum': 65535, 'default': 80},"
	"  'Ratio': {'type': 'number'},"
	"  'On': {'type': 'boolean', 'default': true},"
	"  'Ensure': {'type': 'string', 'enum': ['present', 'absent']},"
	"  'Any': {},"
	"  'Either': {'type': ['string', 'object']},"
	"  'Secret': {'type': 'string'},"
	"  'Labels': {'type': 'object', 'additionalProperties': {'type': 'string'}},"
	"  'Tags': {'type': 'array', 'items': {'type': 'object', 'additionalProperties': false,"
	"   'properties': {'Key': {'type': 'string'}, 'Value': {'type': 'string', 'default': 'v'}},"
	"   'required': ['Key']}},"
	"  'Id': {'type': 'string'},"
	"  'Endpoint': {'type': 'object', 'properties': {'Address': {'type': 'string'}}}},"
	" 'required': ['Host'],"
	" 'readOnlyProperties': ['/properties/Id', '/properties/Endpoint/Address'],"
	" 'writeOnlyProperties': ['/properties/Secret'],"
	" 'createOnlyProperties': ['/properties/Host', '/properties/Tags/*/Key'],"
	" 'primaryIdentifier': ['/properties/Id'],"
	" 'replacementStrategy': 'delete_then_create',"
	" 'ref': '/properties/Host', 'endpointProperty': '/properties/Host',"
	" 'timeouts': {'create': 90}, 'actions': ['reboot', 'snapshot']},"
	" 'T::Open': {'openAttributes': true, 'properties': {'A': {}},"
	"  'actions': {'snapshot': {'Name': {}}}}}}";

struct fixture {
	struct arena *a;
	struct diags d;
	struct map types;
	const struct schema *s;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->a = arena_new();
	assert_int_equal(schema_set_parse(f->a, "t", quoted(f->a, server), &f->types, &f->d), 0);
	f->s = map_find(&f->types, TEXT_LIT("T::Server"));
	assert_non_null(f->s);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	schema_set_release(&f->types);
	diags_release(&f->d);
	arena_free(f->a);
	free(f);
	return 0;
}

static void facts_of_a_type_are_read(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(schema_type(f->s), "T::Server");
	assert_string_equal(schema_description(f->s), "A server");
	assert_int_equal(schema_version(f->s), 3);
	assert_int_equal(schema_replacement_order(f->s), DELETE_THEN_CREATE);
	assert_int_equal(schema_timeout_ms(f->s, TIMEOUT_CREATE), 90000);
	assert_int_equal(schema_timeout_ms(f->s, TIMEOUT_DELETE), 3600000);
	assert_string_equal(schema_endpoint_pointer(f->s), "/Host");
	assert_string_equal(schema_ref_pointer(f->s), "/Host");
	assert_null(schema_ref_pointer(map_find(&f->types, TEXT_LIT("T::Open"))));
}

static void actions_are_a_list_or_an_object(void **state)
{
	struct fixture *f = *state;

	assert_true(schema_has_action(f->s, "reboot"));
	assert_true(schema_has_action(f->s, "snapshot"));
	assert_false(schema_has_action(f->s, "snap"));
	assert_true(schema_has_action(map_find(&f->types, TEXT_LIT("T::Open")), "snapshot"));
	assert_null(schema_parse(f->a, "t", "T::A", quoted(f->a, "{'actions': [1]}"), &f->d));
	assert_null(schema_parse(f->a, "t", "T::A", quoted(f->a, "{'actions': 'a'}"), &f->d));
}

static void pointers_hold_for_what_is_below_them(void **state)
{
	struct fixture *f = *state;

	assert_true(schema_is_create_only(f->s, TEXT_LIT("/Host")));
	assert_true(schema_is_create_only(f->s, TEXT_LIT("/Host/Part")));
	assert_false(schema_is_create_only(f->s, TEXT_LIT("/Hostile")));
	assert_true(schema_is_create_only(f->s, TEXT_LIT("/Tags/3/Key")));
	assert_false(schema_is_create_only(f->s, TEXT_LIT("/Tags/3/Value")));
	assert_false(schema_is_create_only(f->s, TEXT_LIT("/Tags")));
	assert_true(schema_is_read_only(f->s, TEXT_LIT("/Endpoint/Address")));
	assert_false(schema_is_read_only(f->s, TEXT_LIT("/Endpoint")));
	assert_true(schema_is_write_only(f->s, TEXT_LIT("/Secret")));
	assert_false(schema_is_write_only(f->s, TEXT_LIT("")));
}

static void attributes_are_what_can_be_read(void **state)
{
	struct fixture *f = *state;
	size_t count;
	const char *const *names = schema_attributes(f->s, &count);

	assert_true(schema_has_attribute(f->s, TEXT_LIT("Id")));
	assert_true(schema_has_attribute(f->s, TEXT_LIT("Endpoint.Address")));
	assert_true(schema_has_attribute(f->s, TEXT_LIT("Port")));
	assert_true(schema_has_attribute(f->s, TEXT_LIT("Labels.Anything")));
	assert_false(schema_has_attribute(f->s, TEXT_LIT("Secret")));
	assert_false(schema_has_attribute(f->s, TEXT_LIT("Endpoint.Port")));
	assert_false(schema_has_attribute(f->s, TEXT_LIT("Nothing")));
	assert_false(schema_has_attribute(f->s, TEXT_LIT("")));
	assert_true(schema_has_attribute(map_find(&f->types, TEXT_LIT("T::Open")),
					 TEXT_LIT("Whatever")));
	for (size_t i = 0; i < count; i++)
		assert_true(schema_has_attribute(f->s, text_of(names[i])));
	assert_int_equal(count, 12);
}

static void settable_properties_leave_out_read_only_ones(void **state)
{
	struct fixture *f = *state;
	size_t count;
	const char *const *names = schema_settable(f->s, &count);

	assert_int_equal(count, 11);
	for (size_t i = 0; i < count; i++)
		assert_string_not_equal(names[i], "Id");
}

/* A scalar as evaluation makes it: plain numbers and booleans typed, all else text. */
static struct value *scalar_of(struct arena *a, const struct node *n)
{
	struct value *v = ARENA_NEW(a, struct value);
	double number;

	v->kind = VALUE_STRING;
	v->text = n->text;
	if (n->style != SCALAR_PLAIN)
		return v;
	if (text_to_double(n->text, &number))
		v->kind = VALUE_NUMBER;
	v->boolean = text_is(n->text, "true");
	if (v->boolean || text_is(n->text, "false"))
		v->kind = VALUE_BOOL;
	if (text_is(n->text, "UNKNOWN"))
		v->kind = VALUE_UNKNOWN;
	if (text_is(n->text, "null"))
		v->kind = VALUE_NULL;
	v->sensitive = text_is(n->text, "hush");
	return v;
}

static const struct value *value_of(struct arena *a, const struct node *n)
{
	struct value *v = NULL;

	if (n->kind == NODE_SCALAR) {
		v = scalar_of(a, n);
	} else if (n->kind == NODE_LIST) {
		const struct value **items = ARENA_ARRAY(a, n->count, const struct value *);

		v = ARENA_NEW(a, struct value);
		v->kind = VALUE_LIST;
		for (size_t i = 0; i < n->count; i++)
			items[i] = value_of(a, n->items[i]);
		v->items = items;
	} else {
		struct value_entry *entries = ARENA_ARRAY(a, n->count, struct value_entry);

		v = ARENA_NEW(a, struct value);
		v->kind = VALUE_MAP;
		for (size_t i = 0; i < n->count; i++)
			entries[i] = (struct value_entry){n->entries[i].key->text,
							  value_of(a, n->entries[i].value)};
		v->entries = entries;
	}
	v->count = n->count;
	v->from = n;
	return v;
}

static const struct value *properties_of(struct fixture *f, const char *yaml)
{
	const struct source *src = source_from(f->a, "t.yaml", text_of(yaml), &f->d);
	const struct node *root = node_parse(f->a, src, NODE_MANIFEST, &f->d);

	assert_non_null(root);
	return value_of(f->a, root);
}

static int check(struct fixture *f, const char *yaml)
{
	struct doc_resource r = {.logical_id = "Web", .type = "T::Server"};

	r.properties = properties_of(f, yaml);
	r.where = (struct range){r.properties->from->where.src, {90, 1}, {90, 4}};
	return schema_check(f->s, &r, "web/east/Web", &f->d);
}

static void good_properties_pass(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check(f, "Host: web-1\n"), 0);
	assert_int_equal(check(f, "Host: web_1\nPort: '8080'\nRatio: 1.5\nOn: 'true'\n"
				  "Ensure: absent\nAny: [1, {a: b}]\nLabels: {a: b, c: 5}\n"
				  "Tags: [{Key: a}, {Key: b, Value: c}]\nEither: {x: y}\n"),
			 0);
	assert_int_equal(check(f, "Host: UNKNOWN\nPort: UNKNOWN\nTags: [UNKNOWN]\n"), 0);
	assert_null(f->d.first);
}

struct fault {
	const char *yaml;
	enum diag_code code;
	unsigned line, column;
	const char *summary;
	const char *hint; /* NULL: none */
};

static void check_fault(struct fixture *f, const struct fault *want)
{
	const struct diag *g;

	assert_int_equal(check(f, want->yaml), -1);
	g = f->d.first;
	assert_string_equal(g->summary, want->summary);
	assert_null(g->next);
	assert_int_equal(g->code, want->code);
	assert_int_equal(g->where.start.line, want->line);
	assert_int_equal(g->where.start.column, want->column);
	assert_string_equal(g->address, "web/east/Web");
	if (want->hint)
		assert_string_equal(g->hint, want->hint);
	else
		assert_null(g->hint);
	diags_release(&f->d);
}

static void faults_are_named_with_their_place(void **state)
{
	static const struct fault faults[] = {
		{"Host: a\nPrt: 1\n", DIAG_PROPERTY_UNKNOWN, 2, 1,
		 "T::Server has no property 'Prt'", "did you mean 'Port'?"},
		{"Host: a\nTags: [{Key: b, Valeu: c}]\n", DIAG_PROPERTY_UNKNOWN, 2, 17,
		 "T::Server has no property 'Tags.0.Valeu'", "did you mean 'Value'?"},
		{"Port: 1\n", DIAG_PROPERTY_MISSING, 90, 1,
		 "'Web' has no property 'Host', which T::Server requires",
		 "add 'Host' to its Properties"},
		{"Host: a\nTags:\n- Value: c\n", DIAG_PROPERTY_MISSING, 3, 3,
		 "'Web' has no property 'Tags.0.Key', which T::Server requires", "add 'Key' here"},
		{"Host: [a]\n", DIAG_PROPERTY_TYPE, 1, 7,
		 "property 'Host' is a list; it takes a string", NULL},
		{"Host: null\n", DIAG_PROPERTY_TYPE, 1, 7,
		 "property 'Host' is null; it takes a string", NULL},
		{"Host: a\nPort: http\n", DIAG_PROPERTY_TYPE, 2, 7,
		 "property 'Port' is 'http'; it takes a whole number", NULL},
		{"Host: a\nPort: hush\n", DIAG_PROPERTY_TYPE, 2, 7,
		 "property 'Port' is (sensitive); it takes a whole number", NULL},
		{"Host: a\nOn: 5\n", DIAG_PROPERTY_TYPE, 2, 5,
		 "property 'On' is '5'; it takes true or false", NULL},
		{"Host: a\nEither: [1]\n", DIAG_PROPERTY_TYPE, 2, 9,
		 "property 'Either' is a list; it takes a string or a map", NULL},
		{"Host: a\nLabels: {x: [1]}\n", DIAG_PROPERTY_TYPE, 2, 13,
		 "property 'Labels.x' is a list; it takes a string", NULL},
		{"Host: a\nEnsure: abent\n", DIAG_PROPERTY_CHOICE, 2, 9,
		 "property 'Ensure' cannot be 'abent'; it is one of present, absent",
		 "did you mean 'absent'?"},
		{"Host: a\nEnsure: hush\n", DIAG_PROPERTY_CHOICE, 2, 9,
		 "property 'Ensure' cannot be (sensitive); it is one of present, absent", NULL},
		{"Host: Web!\n", DIAG_PROPERTY_PATTERN, 1, 7, "property 'Host' cannot be 'Web!'",
		 "write it so that it matches ^[a-z][\\w-]*$"},
		{"Host: a\nPort: 70000\n", DIAG_PROPERTY_RANGE, 2, 7,
		 "property 'Port' is '70000'; the greatest is 65535", NULL},
		{"Host: a\nPort: 0\n", DIAG_PROPERTY_RANGE, 2, 7,
		 "property 'Port' is '0'; the least is 1", NULL},
		{"Host: a\nId: x\n", DIAG_PROPERTY_READ_ONLY, 2, 1,
		 "property 'Id' of T::Server cannot be set",
		 "remove it; !GetAtt Web.Id gives its value"},
	};

	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		check_fault(*state, &faults[i]);
}

static void long_values_are_cut_between_characters(void **state)
{
	struct fixture *f = *state;
	struct str yaml = STR_INIT;

	str_add(&yaml, "Host: a\nPort: x");
	for (int i = 0; i < 100; i++)
		str_add(&yaml, "\xc3\xa4");
	assert_int_equal(check(f, str_cstr(&yaml)), -1);
	str_release(&yaml);
	assert_null(strstr(f->d.first->summary, "\\x"));
	assert_non_null(strstr(f->d.first->summary, "...'"));
}

static void check_desired(struct fixture *f, const char *yaml, const char *expected)
{
	json_t *j = schema_desired(f->s, properties_of(f, yaml));

	assert_string_equal(json_text(f->a, j), expected);
	json_decref(j);
}

static void desired_values_have_the_declared_types(void **state)
{
	check_desired(*state, "Host: 5\nPort: '8080'\nRatio: '1.5'\nOn: 'false'\n",
		      "{\"Host\":\"5\",\"On\":false,\"Port\":8080,\"Ratio\":1.5}");
	check_desired(*state, "Host: true\nRatio: 2\nLabels: {a: 1, b: true}\n",
		      "{\"Host\":\"true\",\"Labels\":{\"a\":\"1\",\"b\":\"true\"},\"On\":true,"
		      "\"Port\":80,\"Ratio\":2}");
	check_desired(*state, "Host: 0644\nPort: 1\nOn: true\n",
		      "{\"Host\":\"0644\",\"On\":true,\"Port\":1}");
}

static void defaults_are_filled_in_at_every_level(void **state)
{
	check_desired(*state, "Host: a\nTags: [{Key: k}, {Key: l, Value: w}]\n",
		      "{\"Host\":\"a\",\"On\":true,\"Port\":80,\"Tags\":[{\"Key\":\"k\",\"Value\":"
		      "\"v\"},{\"Key\":\"l\",\"Value\":\"w\"}]}");
}

static void unknown_values_become_null_and_keep_their_place(void **state)
{
	check_desired(*state, "Host: UNKNOWN\nPort: UNKNOWN\nOn: true\nTags: [{Key: UNKNOWN}]\n",
		      "{\"Host\":null,\"On\":true,\"Port\":null,\"Tags\":[{\"Key\":null,\"Value\":"
		      "\"v\"}]}");
}

static void broken_schemas_name_the_provider(void **state)
{
	static const char *const broken[] = {
		"",
		"[]",
		"{'types': []}",
		"{'types': {'A': 5}}",
		"{'types': {'A': {'properties': {'P': {'type': 'text'}}}}}",
		"{'types': {'A': {'properties': {'P': 1}}}}",
		"{'types': {'A': {'required': ['P']}}}",
		"{'types': {'A': {'createOnlyProperties': ['/P']}}}",
		"{'types': {'A': {'readOnlyProperties': ['/properties/P']}}}",
		"{'types': {'A': {'writeOnlyProperties': [1]}}}",
		"{'types': {'A': {'ref': '/properties/P'}}}",
		"{'types': {'A': {'replacementStrategy': 'never'}}}",
		"{'types': {'A': {'version': 0}}}",
		"{'types': {'A': {'timeouts': {'create': -1}}}}",
		"{'types': {'A': {'properties': {'P': {'enum': []}}}}}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		struct map types = MAP_INIT;

		assert_int_equal(
			schema_set_parse(f->a, "acme", quoted(f->a, broken[i]), &types, &f->d), -1);
		assert_int_equal(f->d.first->code, DIAG_SCHEMA_INVALID);
		assert_non_null(strstr(f->d.first->summary, "'acme'"));
		assert_non_null(f->d.first->detail);
		schema_set_release(&types);
		diags_release(&f->d);
	}
}

static void deep_schemas_are_refused(void **state)
{
	struct fixture *f = *state;
	struct str json = STR_INIT;
	struct map types = MAP_INIT;

	str_add(&json, "{\"types\":{\"A\":{\"properties\":{\"P\":");
	for (int i = 0; i < 50; i++)
		str_add(&json, "{\"items\":");
	str_add(&json, "{}");
	str_repeat(&json, '}', 54);
	assert_int_equal(schema_set_parse(f->a, "acme", str_text(&json), &types, &f->d), -1);
	assert_non_null(strstr(f->d.first->detail, "nested more than"));
	schema_set_release(&types);
	str_release(&json);
}

static void patterns_are_ecma_262(void **state)
{
	static const struct {
		const char *pattern, *value;
		int result;
	} cases[] = {
		{"^(?!x).*$", "x", -1},
		{"^a+?$", "b", -1},
		{"^a+?$", "aa", 0},
		{"^\\\\d{3}$", "12", -1},
		{"^\\\\d{3}$", "123", 0},
		{"^[\\\\w\\\\-.]+$", "a-b.c", 0},
		{"^[\\\\w\\\\-.]+$", "a b", -1},
		{"^[\\\\]]$", "]", 0},
		{"^\\\\$\\\\.$", "$.", 0},
		{"^\\\\$\\\\.$", "$x", -1},
		{"^\\\\S+$", "a b", -1},
		{"(", "b", 0},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *json =
			arena_printf(f->a, "{'types':{'A':{'properties':{'P':{'pattern':'%s'}}}}}",
				     cases[i].pattern);
		struct doc_resource r = {.logical_id = "R", .type = "A"};
		struct map types = MAP_INIT;

		r.properties = properties_of(f, arena_printf(f->a, "P: '%s'\n", cases[i].value));
		assert_int_equal(schema_set_parse(f->a, "t", quoted(f->a, json), &types, &f->d), 0);
		assert_int_equal(schema_check(map_find(&types, TEXT_LIT("A")), &r, "a", &f->d),
				 cases[i].result);
		schema_set_release(&types);
		diags_release(&f->d);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(facts_of_a_type_are_read),
		TEST(actions_are_a_list_or_an_object),
		TEST(pointers_hold_for_what_is_below_them),
		TEST(attributes_are_what_can_be_read),
		TEST(settable_properties_leave_out_read_only_ones),
		TEST(good_properties_pass),
		TEST(faults_are_named_with_their_place),
		TEST(long_values_are_cut_between_characters),
		TEST(desired_values_have_the_declared_types),
		TEST(defaults_are_filled_in_at_every_level),
		TEST(unknown_values_become_null_and_keep_their_place),
		TEST(broken_schemas_name_the_provider),
		TEST(deep_schemas_are_refused),
		TEST(patterns_are_ecma_262),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
