/* test_query.c - JSON objects as form bodies and query strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "providers/kit/query.h"

static void writes(const char *json, enum query_lists lists, const char *expected)
{
	struct arena *a = arena_new();
	struct str out = STR_INIT;
	const char *why;
	json_t *j = json_parse(text_of(json), a, &why);

	assert_non_null(j);
	assert_int_equal(query_write(j, lists, &out), expected ? 0 : -1);
	assert_string_equal(str_cstr(&out), expected ? expected : "");
	json_decref(j);
	str_release(&out);
	arena_free(a);
}

static void lists_are_numbered_from_one(void **state)
{
	const char *json = "{\"A\": {\"B\": [1, {\"C\": true}]}}";

	(void)state;
	writes(json, QUERY_FLAT, "A.B.1=1&A.B.2.C=true");
	writes(json, QUERY_MEMBER, "A.B.member.1=1&A.B.member.2.C=true");
	writes("{\"A\": [[1, 2], [3]]}", QUERY_FLAT, "A.1.1=1&A.1.2=2&A.2.1=3");
}

static void plain_query_strings_repeat_names(void **state)
{
	(void)state;
	writes("{\"A\": [1, \"b\", false], \"C\": 1.5}", QUERY_REPEAT, "A=1&A=b&A=false&C=1.5");
	writes("{\"A\": [[1]]}", QUERY_REPEAT, NULL);
	writes("{\"A\": [{\"b\": 1}]}", QUERY_REPEAT, NULL);
	writes("{\"z\": 1, \"A\": {\"b\": 1}}", QUERY_REPEAT, NULL);
}

static void what_is_absent_is_left_out(void **state)
{
	(void)state;
	writes("{\"A\": null, \"B\": [], \"C\": {}, \"D\": \"\"}", QUERY_FLAT, "D=");
	writes("{\"A\": [null, 1, null, 2]}", QUERY_MEMBER, "A.member.1=1&A.member.2=2");
	writes("{}", QUERY_FLAT, "");
}

static void everything_is_encoded(void **state)
{
	(void)state;
	writes("{\"tag:x y\": \"a&b=c/d+e%\\u00e4*~-_.\"}", QUERY_FLAT,
	       "tag%3Ax%20y=a%26b%3Dc%2Fd%2Be%25%C3%A4%2A~-_.");
	writes("{\"A\": 1e300, \"B\": -9223372036854775807}", QUERY_FLAT,
	       "A=1e%2B300&B=-9223372036854775807");
}

static void pairs_are_appended(void **state)
{
	struct str out = STR_INIT;
	json_t *j = json_pack("{s:i}", "B", 1), *text = json_string("x");

	(void)state;
	str_add(&out, "A=1");
	assert_int_equal(query_write(j, QUERY_FLAT, &out), 0);
	assert_string_equal(str_cstr(&out), "A=1&B=1");
	assert_int_equal(query_write(text, QUERY_FLAT, &out), -1);
	assert_int_equal(query_write(NULL, QUERY_FLAT, &out), -1);
	assert_string_equal(str_cstr(&out), "A=1&B=1");
	json_decref(text);
	json_decref(j);
	str_release(&out);
}

static void depth_is_bounded(void **state)
{
	struct str out = STR_INIT;
	json_t *j = json_object();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		json_t *outer = json_object();

		json_object_set_new(outer, "a", j);
		j = outer;
	}
	json_object_set_new(j, "b", json_integer(1));
	assert_int_equal(query_write(j, QUERY_FLAT, &out), -1);
	json_decref(j);
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_numbered_from_one),
		cmocka_unit_test(plain_query_strings_repeat_names),
		cmocka_unit_test(what_is_absent_is_left_out),
		cmocka_unit_test(everything_is_encoded),
		cmocka_unit_test(pairs_are_appended),
		cmocka_unit_test(depth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
