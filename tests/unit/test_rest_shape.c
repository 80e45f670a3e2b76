/* test_rest_shape.c - what services show, brought to the schema and to the user's words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "providers/rest/shape.h"

static const char schema[] =
	"{\"definitions\": {\"Rule\": {\"type\": \"object\", \"properties\": {"
	"    \"Port\": {\"type\": \"integer\"}, \"Next\": {\"$ref\": \"#/definitions/Rule\"}}}},"
	" \"properties\": {"
	"    \"Name\": {\"type\": \"string\"},"
	"    \"Size\": {\"type\": \"integer\"},"
	"    \"Ratio\": {\"type\": \"number\"},"
	"    \"On\": {\"type\": \"boolean\"},"
	"    \"Zones\": {\"type\": \"array\", \"uniqueItems\": true, \"items\": {\"type\": "
	"\"string\"}},"
	"    \"Rules\": {\"type\": \"array\", \"insertionOrder\": false,"
	"               \"items\": {\"$ref\": \"#/definitions/Rule\"}},"
	"    \"Steps\": {\"type\": \"array\", \"items\": {\"type\": \"integer\"}},"
	"    \"Policy\": {\"type\": [\"object\", \"string\"]},"
	"    \"Document\": {\"type\": \"object\"},"
	"    \"Login\": {\"type\": \"object\", \"properties\": {\"Password\": {\"type\": "
	"\"string\"}}},"
	"    \"Labels\": {\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\"}},"
	"    \"Secret\": {\"type\": \"string\"}},"
	" \"required\": [\"Name\"], \"createOnlyProperties\": [\"/properties/Name\"],"
	" \"readOnlyProperties\": [\"/properties/Size\"],"
	" \"primaryIdentifier\": [\"/properties/Name\"],"
	" \"writeOnlyProperties\": [\"/properties/Secret\", \"/properties/Login/Password\","
	"                           \"/properties/Rules/*/Next\"]}";

static void expect(const char *shown, const char *said, const char *want)
{
	struct arena *a = arena_new();
	struct shape *s = shape_open(a, text_of(schema));
	json_t *state = json_parse(text_of(shown), a, NULL);
	json_t *wish = said ? json_parse(text_of(said), a, NULL) : NULL;
	json_t *out = shape_state(s, state, wish);
	json_t *wanted = json_parse(text_of(want), a, NULL);

	assert_non_null(wanted);
	assert_string_equal(json_text(a, out), json_text(a, wanted));
	json_decref(state);
	json_decref(wish);
	json_decref(out);
	json_decref(wanted);
	shape_close(s);
	arena_free(a);
}

static void texts_become_what_the_schema_wants(void **state)
{
	(void)state;
	expect("{\"Size\": \"5\", \"Ratio\": \"0.5\", \"On\": \"true\", \"Name\": 7}", NULL,
	       "{\"Size\": 5, \"Ratio\": 0.5, \"On\": true, \"Name\": \"7\"}");
	expect("{\"Size\": \"9007199254740993\"}", NULL, "{\"Size\": 9007199254740993}");
	expect("{\"Size\": 3.0, \"Labels\": {\"a\": 1, \"b\": false}}", NULL,
	       "{\"Size\": 3, \"Labels\": {\"a\": \"1\", \"b\": \"false\"}}");
	expect("{\"Size\": \"many\", \"On\": \"yes\"}", NULL,
	       "{\"Size\": \"many\", \"On\": \"yes\"}");
	expect("{\"Other\": \"5\"}", NULL, "{\"Other\": \"5\"}");
}

static void one_becomes_a_list_and_nothing_is_dropped(void **state)
{
	(void)state;
	expect("{\"Zones\": \"a\", \"Steps\": [\"1\", 2]}", NULL,
	       "{\"Zones\": [\"a\"], \"Steps\": [1, 2]}");
	expect("{\"Zones\": \"\", \"Document\": \"\"}", NULL, "{\"Zones\": [], \"Document\": {}}");
	expect("{\"Name\": null, \"Document\": {\"a\": null, \"b\": 1}}", NULL,
	       "{\"Document\": {\"b\": 1}}");
}

static void the_same_keeps_the_users_words(void **state)
{
	(void)state;
	expect("{\"Policy\": \"{\\\"b\\\": [1], \\\"a\\\": 2}\"}",
	       "{\"Policy\": {\"a\": 2, \"b\": [1]}}", "{\"Policy\": {\"a\": 2, \"b\": [1]}}");
	expect("{\"Policy\": {\"a\": 2}}", "{\"Policy\": \"{ \\\"a\\\": 2 }\"}",
	       "{\"Policy\": \"{ \\\"a\\\": 2 }\"}");
	expect("{\"Policy\": \"{\\\"a\\\": 2}\"}", "{\"Policy\": \"{ \\\"a\\\": 2 }\"}",
	       "{\"Policy\": \"{ \\\"a\\\": 2 }\"}");
	expect("{\"Policy\": \"{\\\"a\\\": 3}\"}", "{\"Policy\": {\"a\": 2}}",
	       "{\"Policy\": \"{\\\"a\\\": 3}\"}");
	expect("{\"Document\": \"{\\\"a\\\": 3}\"}", NULL, "{\"Document\": {\"a\": 3}}");
	expect("{\"Document\": {\"port\": 80}}", "{\"Document\": {\"port\": \"80\"}}",
	       "{\"Document\": {\"port\": \"80\"}}");
}

static void sets_keep_the_users_order(void **state)
{
	(void)state;
	expect("{\"Zones\": [\"c\", \"a\", \"b\"]}", "{\"Zones\": [\"b\", \"c\", \"a\"]}",
	       "{\"Zones\": [\"b\", \"c\", \"a\"]}");
	expect("{\"Zones\": [\"d\", \"c\", \"a\"]}", "{\"Zones\": [\"c\"]}",
	       "{\"Zones\": [\"c\", \"a\", \"d\"]}");
	expect("{\"Zones\": [\"d\", \"c\"]}", NULL, "{\"Zones\": [\"c\", \"d\"]}");
	expect("{\"Rules\": [{\"Port\": \"2\", \"Extra\": 1}, {\"Port\": 1}]}",
	       "{\"Rules\": [{\"Port\": 1}, {\"Port\": 2}]}",
	       "{\"Rules\": [{\"Port\": 1}, {\"Port\": 2, \"Extra\": 1}]}");
	expect("{\"Steps\": [2, 1]}", "{\"Steps\": [1, 2]}", "{\"Steps\": [2, 1]}");
}

static void what_is_write_only_stays_out(void **state)
{
	(void)state;
	expect("{\"Secret\": \"x\", \"Login\": {\"Password\": \"y\", \"User\": \"z\"},"
	       " \"Rules\": [{\"Port\": 1, \"Next\": {\"Port\": 2}}]}",
	       "{\"Secret\": \"x\"}", "{\"Login\": {\"User\": \"z\"}, \"Rules\": [{\"Port\": 1}]}");
}

static void facts_are_names(void **state)
{
	struct arena *a = arena_new();
	struct shape *s = shape_open(a, text_of(schema));
	json_t *facts = shape_facts(s);

	(void)state;
	assert_string_equal(json_text(a, facts),
			    "{\"createOnly\":[\"Name\"],\"primaryIdentifier\":[\"Name\"],"
			    "\"readOnly\":[\"Size\"],\"required\":[\"Name\"],\"writeOnly\":"
			    "[\"Secret\",\"Login/Password\",\"Rules/*/Next\"]}");
	json_decref(facts);
	shape_close(s);
	s = shape_open(a, text_of("no json"));
	facts = shape_facts(s);
	assert_int_equal(json_object_size(facts), 5);
	json_decref(facts);
	shape_close(s);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_become_what_the_schema_wants),
		cmocka_unit_test(one_becomes_a_list_and_nothing_is_dropped),
		cmocka_unit_test(the_same_keeps_the_users_words),
		cmocka_unit_test(sets_keep_the_users_order),
		cmocka_unit_test(what_is_write_only_stays_out),
		cmocka_unit_test(facts_are_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
