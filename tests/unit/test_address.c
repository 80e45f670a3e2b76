/* Names of instances and resources to text and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/address.h"

static const struct address page = {{"web", ACCOUNT_NONE, "east"}, "Page"};
static const struct address prod_page = {{"web", "prod", "east"}, "Net.Page"};

static void people_see_no_account_where_there_is_none(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(address_text(a, &page), "web/east/Page");
	assert_string_equal(address_text(a, &prod_page), "web/prod/east/Net.Page");
	assert_string_equal(instance_id_text(a, &page.instance), "web/east");
	assert_string_equal(instance_id_text(a, &prod_page.instance), "web/prod/east");
	arena_free(a);
}

static void keys_always_have_four_parts(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(address_key(a, &page), "web/-/east/Page");
	assert_string_equal(address_key(a, &prod_page), "web/prod/east/Net.Page");
	arena_free(a);
}

static void both_forms_are_read(void **state)
{
	struct arena *a = arena_new();
	struct address x;

	(void)state;
	assert_true(address_parse(a, TEXT_LIT("web/east/Page"), &x));
	assert_int_equal(address_compare(&x, &page), 0);
	assert_true(address_parse(a, TEXT_LIT("web/-/east/Page"), &x));
	assert_int_equal(address_compare(&x, &page), 0);
	assert_true(address_parse(a, TEXT_LIT("web/prod/east/Net.Page"), &x));
	assert_int_equal(address_compare(&x, &prod_page), 0);
	arena_free(a);
}

static void malformed_addresses_are_refused(void **state)
{
	static const char *const wrong[] = {"",          "/",          "web",    "web/east",
					    "web//Page", "/east/Page", "a/b/c/", "a/b/c/d/e"};
	struct arena *a = arena_new();
	struct address x;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(address_parse(a, text_of(wrong[i]), &x));
	assert_false(address_parse(a, TEXT_LIT("a/b\0c/d"), &x));
	arena_free(a);
}

static void instances_have_two_or_three_parts(void **state)
{
	struct arena *a = arena_new();
	struct instance_id id;

	(void)state;
	assert_true(instance_id_parse(a, TEXT_LIT("web/east"), &id));
	assert_int_equal(instance_id_compare(&id, &page.instance), 0);
	assert_true(instance_id_parse(a, TEXT_LIT("web/prod/east"), &id));
	assert_int_equal(instance_id_compare(&id, &prod_page.instance), 0);
	assert_false(instance_id_parse(a, TEXT_LIT("web"), &id));
	assert_false(instance_id_parse(a, TEXT_LIT("web/prod/east/Page"), &id));
	arena_free(a);
}

static void order_is_stack_then_account_then_region(void **state)
{
	static const struct address sorted[] = {{{"api", "z", "z"}, "Z"},
						{{"web", "-", "west"}, "A"},
						{{"web", "prod", "east"}, "A"},
						{{"web", "prod", "east"}, "B"},
						{{"web", "prod", "west"}, "A"}};

	(void)state;
	for (size_t i = 0; i + 1 < ARRAY_LEN(sorted); i++) {
		assert_true(address_compare(&sorted[i], &sorted[i + 1]) < 0);
		assert_true(address_compare(&sorted[i + 1], &sorted[i]) > 0);
	}
}

static void copies_are_deep(void **state)
{
	char stack[] = "web";
	struct address x = {{stack, ACCOUNT_NONE, "east"}, "Page"}, copy;
	struct arena *a = arena_new();

	(void)state;
	copy = address_copy(a, &x);
	stack[0] = 'x';
	assert_int_equal(address_compare(&copy, &page), 0);
	arena_free(a);
}

static void names_addresses_by_pattern(void **state)
{
	struct address plain = {{"web", "-", "east"}, "Db"};
	struct address owned = {{"web", "prod", "east"}, "Net.Vpc"};

	(void)state;
	assert_true(address_match(&plain, "Db"));
	assert_true(address_match(&plain, "D*"));
	assert_false(address_match(&plain, "d*"));
	assert_true(address_match(&plain, "web/east/Db"));
	assert_true(address_match(&plain, "web/-/east/Db"));
	assert_true(address_match(&plain, "web/east"));
	assert_true(address_match(&plain, "*/east/D?"));
	assert_false(address_match(&plain, "web/west"));
	assert_false(address_match(&plain, "web/west/*"));
	assert_true(address_match(&owned, "web/prod/east/Net.*"));
	assert_true(address_match(&owned, "Net.Vpc"));
	assert_false(address_match(&owned, "web/east/Net.*"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_see_no_account_where_there_is_none),
		cmocka_unit_test(keys_always_have_four_parts),
		cmocka_unit_test(both_forms_are_read),
		cmocka_unit_test(malformed_addresses_are_refused),
		cmocka_unit_test(instances_have_two_or_three_parts),
		cmocka_unit_test(order_is_stack_then_account_then_region),
		cmocka_unit_test(copies_are_deep),
		cmocka_unit_test(names_addresses_by_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
