/* test_holders.c - who holds which thing in the world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/holders.h"

static struct record record_of(const char *stack, const char *logical_id, const char *id)
{
	return (struct record){
		.addr = {{stack, "-", "east"}, logical_id},
		.deposed = "",
		.type = "SSH::File",
		.provider = "ssh",
		.id = id,
	};
}

static void follow(struct holders *h, enum state_edit_kind kind, const struct record *r)
{
	holders_follow(h, &(struct state_edit){.kind = kind, .record = r});
}

static void what_only_one_holds_is_its_own(void **state)
{
	struct holders *h = holders_new();
	struct record a = record_of("web", "A", "h:/a"), b = record_of("web", "B", "h:/b");

	(void)state;
	holders_put(h, &a);
	holders_put(h, &b);
	assert_false(holders_other(h, &a));
	assert_false(holders_other(h, &b));
	holders_free(h);
}

static void what_two_hold_is_the_others_until_it_lets_go(void **state)
{
	struct holders *h = holders_new();
	struct record one = record_of("one", "A", "h:/a"), two = record_of("two", "A", "h:/a");

	(void)state;
	holders_put(h, &one);
	holders_put(h, &two);
	assert_true(holders_other(h, &one));
	assert_true(holders_other(h, &two));
	follow(h, EDIT_DROP_RECORD, &one);
	assert_true(holders_other(h, &one));
	assert_false(holders_other(h, &two));
	holders_free(h);
}

static void two_that_swap_hold_each_others(void **state)
{
	struct holders *h = holders_new();
	struct record a = record_of("web", "A", "h:/a"), b = record_of("web", "B", "h:/b");
	struct record new_a = record_of("web", "A", "h:/b"), new_b = record_of("web", "B", "h:/a");
	struct record old_a = a, old_b = b;

	(void)state;
	old_a.deposed = old_b.deposed = "operation";
	holders_put(h, &a);
	holders_put(h, &b);
	follow(h, EDIT_DEPOSE, &old_a);
	follow(h, EDIT_PUT_RECORD, &new_a);
	assert_false(holders_other(h, &old_a));
	follow(h, EDIT_DEPOSE, &old_b);
	follow(h, EDIT_PUT_RECORD, &new_b);
	assert_true(holders_other(h, &old_a));
	assert_true(holders_other(h, &old_b));
	follow(h, EDIT_DROP_RECORD, &old_a);
	assert_true(holders_other(h, &old_b));
	holders_free(h);
}

static void another_region_or_type_is_another_thing(void **state)
{
	struct holders *h = holders_new();
	struct record a = record_of("web", "A", "h:/a"), west = record_of("web", "B", "h:/a"),
		      folder = record_of("web", "C", "h:/a"), nameless = record_of("web", "D", "");

	(void)state;
	west.addr.instance.region = "west";
	folder.type = "SSH::Directory";
	holders_put(h, &west);
	holders_put(h, &folder);
	holders_put(h, &nameless);
	assert_false(holders_other(h, &a));
	holders_put(h, &a);
	assert_false(holders_other(h, &a));
	holders_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_only_one_holds_is_its_own),
		cmocka_unit_test(what_two_hold_is_the_others_until_it_lets_go),
		cmocka_unit_test(two_that_swap_hold_each_others),
		cmocka_unit_test(another_region_or_type_is_another_thing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
