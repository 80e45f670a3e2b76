/* test_value.c - evaluated values: comparing, finding, to and from JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "templates/scalar.h"
#include "templates/value.h"

static int setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static const struct value *from_text(struct arena *a, const char *text)
{
	const char *why;
	json_t *j = json_parse(text_of(text), a, &why);
	const struct value *v;

	assert_non_null(j);
	v = value_from_json(a, j, NULL);
	json_decref(j);
	return v;
}

static const char *to_text(struct arena *a, const struct value *v)
{
	json_t *j = value_to_json(v);
	const char *text = json_text(a, j);

	json_decref(j);
	return text;
}

static const struct value *number(struct arena *a, const char *text)
{
	struct value *v = ARENA_NEW(a, struct value);

	v->kind = VALUE_NUMBER;
	v->text = text_of(text);
	return v;
}

static enum value_kind plain_kind(const char *text)
{
	struct node n = {.kind = NODE_SCALAR, .style = SCALAR_PLAIN, .text = text_of(text)};

	return scalar_kind(&n);
}

static void only_true_false_and_json_numbers_are_typed(void **state)
{
	(void)state;
	assert_int_equal(plain_kind("true"), VALUE_BOOL);
	assert_int_equal(plain_kind("False"), VALUE_BOOL);
	assert_int_equal(plain_kind("8080"), VALUE_NUMBER);
	assert_int_equal(plain_kind("-1.5"), VALUE_NUMBER);
	assert_int_equal(plain_kind("0"), VALUE_NUMBER);
	assert_int_equal(plain_kind("9223372036854775807"), VALUE_NUMBER);
	assert_int_equal(plain_kind("9223372036854775808"), VALUE_STRING);
	assert_int_equal(plain_kind("0644"), VALUE_STRING);
	assert_int_equal(plain_kind("yes"), VALUE_STRING);
	assert_int_equal(plain_kind("On"), VALUE_STRING);
	assert_int_equal(plain_kind("2026-11-20"), VALUE_STRING);
	assert_int_equal(plain_kind("1e3"), VALUE_STRING);
	assert_int_equal(plain_kind("0x1F"), VALUE_STRING);
	assert_int_equal(plain_kind("1_000"), VALUE_STRING);
	assert_int_equal(plain_kind(".5"), VALUE_STRING);
	assert_int_equal(plain_kind("5."), VALUE_STRING);
	assert_int_equal(plain_kind("-"), VALUE_STRING);
	assert_int_equal(plain_kind(""), VALUE_NULL);
	assert_int_equal(plain_kind("~"), VALUE_NULL);
	assert_int_equal(plain_kind("null"), VALUE_NULL);
}

static void json_goes_in_and_out(void **state)
{
	const char *text = "{\"a\":[1,true,null,\"x\"],\"b\":{\"c\":1.5}}";

	assert_string_equal(to_text(*state, from_text(*state, text)), text);
}

static void numbers_whose_digits_json_would_change_stay_text(void **state)
{
	assert_string_equal(to_text(*state, number(*state, "5.10")), "\"5.10\"");
	assert_string_equal(to_text(*state, number(*state, "1.0")), "\"1.0\"");
	assert_string_equal(to_text(*state, number(*state, "-0")), "\"-0\"");
	assert_string_equal(to_text(*state, number(*state, "5.1")), "5.1");
	assert_string_equal(to_text(*state, number(*state, "8080")), "8080");
}

static void scalars_compare_as_text(void **state)
{
	struct arena *a = *state;

	assert_true(value_equal(from_text(a, "8080"), from_text(a, "\"8080\"")));
	assert_true(value_equal(from_text(a, "true"), from_text(a, "\"true\"")));
	assert_false(value_equal(from_text(a, "8080"), from_text(a, "8081")));
	assert_false(value_equal(from_text(a, "null"), from_text(a, "\"\"")));
}

static void maps_compare_in_any_order_and_lists_in_theirs(void **state)
{
	struct arena *a = *state;

	assert_true(value_equal(from_text(a, "{\"a\":1,\"b\":[2]}"),
				from_text(a, "{\"b\":[2],\"a\":1}")));
	assert_false(value_equal(from_text(a, "{\"a\":1}"), from_text(a, "{\"a\":1,\"b\":2}")));
	assert_false(value_equal(from_text(a, "{\"a\":1}"), from_text(a, "{\"b\":1}")));
	assert_false(value_equal(from_text(a, "[1,2]"), from_text(a, "[2,1]")));
	assert_false(value_equal(from_text(a, "[1]"), from_text(a, "{\"0\":1}")));
}

static void large_maps_compare_too(void **state)
{
	struct arena *a = *state;
	struct str x = STR_INIT, y = STR_INIT;

	for (int i = 0; i < 50; i++) {
		str_printf(&x, "%c\"k%d\":%d", i ? ',' : '{', i, i);
		str_printf(&y, "%c\"k%d\":%d", i ? ',' : '{', 49 - i, 49 - i);
	}
	str_add(&x, "}");
	str_add(&y, "}");
	assert_true(value_equal(from_text(a, str_cstr(&x)), from_text(a, str_cstr(&y))));
	str_truncate(&y, y.len - 2);
	str_add(&y, "9}");
	assert_false(value_equal(from_text(a, str_cstr(&x)), from_text(a, str_cstr(&y))));
	str_release(&x);
	str_release(&y);
}

static void unknown_equals_nothing(void **state)
{
	struct value unknown = {.kind = VALUE_UNKNOWN};

	assert_false(value_equal(&unknown, &unknown));
	assert_false(value_equal(&unknown, from_text(*state, "1")));
}

static void pointers_lead_to_the_nearest_value(void **state)
{
	const struct value *v = from_text(*state, "{\"a/b\":{\"~\":[1,{\"x\":2}]}}");
	bool exact;

	assert_string_equal(to_text(*state, value_at(v, text_of("/a~1b/~0/1/x"), &exact)), "2");
	assert_true(exact);
	assert_string_equal(to_text(*state, value_at(v, text_of("/a~1b/~0/5"), &exact)),
			    "[1,{\"x\":2}]");
	assert_false(exact);
	assert_ptr_equal(value_at(v, text_of(""), &exact), v);
	assert_true(exact);
	assert_ptr_equal(value_at(v, text_of("/none"), &exact), v);
	assert_false(exact);
}

/* {"a": <unknown>, "b": [x, <sensitive>]} */
static const struct value *mixed(struct arena *a)
{
	struct value *unknown = ARENA_NEW(a, struct value), *list = ARENA_NEW(a, struct value);
	struct value *map = ARENA_NEW(a, struct value);
	struct value_entry *entries = ARENA_ARRAY(a, 2, struct value_entry);
	const struct value **items = ARENA_ARRAY(a, 2, const struct value *);

	unknown->kind = VALUE_UNKNOWN;
	items[0] = from_text(a, "\"x\"");
	items[1] = value_sensitive(a, from_text(a, "\"geheim\""));
	*list = (struct value){.kind = VALUE_LIST, .count = 2, .items = items};
	entries[0] = (struct value_entry){TEXT_LIT("a"), unknown};
	entries[1] = (struct value_entry){TEXT_LIT("b"), list};
	*map = (struct value){.kind = VALUE_MAP, .count = 2, .entries = entries};
	return map;
}

static void unknown_and_sensitive_parts_are_found(void **state)
{
	const struct value *v = mixed(*state);
	json_t *unknown = value_unknown_pointers(v), *sensitive = value_sensitive_pointers(v);

	assert_string_equal(json_text(*state, unknown), "[\"/a\"]");
	assert_string_equal(json_text(*state, sensitive), "[\"/b/1\"]");
	assert_true(value_has_unknown(v));
	assert_true(value_has_sensitive(v));
	assert_false(value_has_unknown(from_text(*state, "[1]")));
	json_decref(unknown);
	json_decref(sensitive);
}

static void people_see_no_secrets(void **state)
{
	struct str out = STR_INIT;

	value_format(mixed(*state), &out);
	assert_string_equal(str_cstr(&out), "{a: (known after apply), b: [\"x\", (sensitive)]}");
	str_release(&out);
}

static void marking_sensitive_marks_all_parts(void **state)
{
	const struct value *v = value_sensitive(*state, from_text(*state, "{\"a\":[1]}"));

	assert_true(v->sensitive);
	assert_true(v->entries[0].value->sensitive);
	assert_true(v->entries[0].value->items[0]->sensitive);
	assert_string_equal(to_text(*state, v), "{\"a\":[1]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(only_true_false_and_json_numbers_are_typed),
		TEST(json_goes_in_and_out),
		TEST(numbers_whose_digits_json_would_change_stay_text),
		TEST(scalars_compare_as_text),
		TEST(maps_compare_in_any_order_and_lists_in_theirs),
		TEST(large_maps_compare_too),
		TEST(unknown_equals_nothing),
		TEST(pointers_lead_to_the_nearest_value),
		TEST(unknown_and_sensitive_parts_are_found),
		TEST(people_see_no_secrets),
		TEST(marking_sensitive_marks_all_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
