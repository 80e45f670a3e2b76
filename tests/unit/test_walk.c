#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/walk.h"

static void a_step_starts_only_after_what_it_needs(void **state)
{
	struct walk *w = walk_new();
	size_t a = walk_add(w, STEP_WORK), b = walk_add(w, STEP_WORK);

	(void)state;
	walk_need(w, b, a);
	walk_need(w, b, a);
	assert_true(walk_seal(w));
	assert_int_equal(walk_next(w), a);
	assert_int_equal(walk_next(w), STEP_NONE);
	assert_int_equal(walk_state(w, b), STEP_BLOCKED);
	walk_finish(w, a, STEP_ENDED_WELL);
	assert_int_equal(walk_next(w), b);
	assert_false(walk_over(w));
	walk_finish(w, b, STEP_ENDED_WELL);
	assert_true(walk_over(w));
	assert_int_equal(walk_count(w, STEP_DONE), 2);
	walk_free(w);
}

static void the_longest_way_goes_first_then_the_order_of_adding(void **state)
{
	struct walk *w = walk_new();
	size_t short_one = walk_add(w, STEP_WORK), lone = walk_add(w, STEP_WORK);
	size_t head = walk_add(w, STEP_WORK), middle = walk_add(w, STEP_WORK);
	size_t tail = walk_add(w, STEP_WORK);

	(void)state;
	walk_need(w, middle, head);
	walk_need(w, tail, middle);
	assert_true(walk_seal(w));
	assert_int_equal(walk_priority(w, head), 2);
	assert_int_equal(walk_next(w), head);
	assert_int_equal(walk_next(w), short_one);
	assert_int_equal(walk_next(w), lone);
	walk_free(w);
}

static void what_needs_a_failed_step_is_skipped_with_all_behind_it(void **state)
{
	struct walk *w = walk_new();
	size_t a = walk_add(w, STEP_WORK), b = walk_add(w, STEP_WORK);
	size_t c = walk_add(w, STEP_WORK), other = walk_add(w, STEP_WORK);

	(void)state;
	walk_need(w, b, a);
	walk_need(w, c, b);
	assert_true(walk_seal(w));
	assert_int_equal(walk_next(w), a);
	walk_finish(w, a, STEP_ENDED_BADLY);
	assert_int_equal(walk_skipped(w), b);
	assert_int_equal(walk_skipped(w), c);
	assert_int_equal(walk_skipped(w), STEP_NONE);
	assert_int_equal(walk_next(w), other);
	walk_finish(w, other, STEP_ENDED_WELL);
	assert_true(walk_over(w));
	assert_int_equal(walk_count(w, STEP_SKIPPED), 2);
	assert_int_equal(walk_count(w, STEP_FAILED), 1);
	walk_free(w);
}

static void a_gate_opens_by_itself_and_passes_failure_on(void **state)
{
	struct walk *w = walk_new();
	size_t a = walk_add(w, STEP_WORK), b = walk_add(w, STEP_WORK);
	size_t gate = walk_add(w, STEP_GATE), behind = walk_add(w, STEP_WORK);

	(void)state;
	walk_need(w, gate, a);
	walk_need(w, gate, b);
	walk_need(w, behind, gate);
	assert_true(walk_seal(w));
	assert_int_equal(walk_priority(w, a), 1);
	walk_next(w);
	walk_next(w);
	walk_finish(w, a, STEP_ENDED_WELL);
	assert_int_equal(walk_next(w), STEP_NONE);
	walk_finish(w, b, STEP_ENDED_BADLY);
	assert_int_equal(walk_state(w, gate), STEP_SKIPPED);
	assert_int_equal(walk_skipped(w), behind);
	assert_int_equal(walk_skipped(w), STEP_NONE);
	assert_true(walk_over(w));
	walk_free(w);
}

static void a_walk_of_gates_alone_is_over_at_once(void **state)
{
	struct walk *w = walk_new();
	size_t first = walk_add(w, STEP_GATE), second = walk_add(w, STEP_GATE);

	(void)state;
	walk_need(w, second, first);
	assert_true(walk_seal(w));
	assert_true(walk_over(w));
	assert_int_equal(walk_next(w), STEP_NONE);
	walk_free(w);
}

static void marks_spread_to_all_that_the_marked_steps_need(void **state)
{
	struct walk *w = walk_new();
	size_t a = walk_add(w, STEP_WORK), b = walk_add(w, STEP_GATE);
	size_t c = walk_add(w, STEP_WORK), apart = walk_add(w, STEP_WORK);
	bool marked[4] = {false};

	(void)state;
	walk_need(w, c, b);
	walk_need(w, b, a);
	walk_need(w, apart, c);
	marked[c] = true;
	walk_mark_needs(w, marked);
	assert_true(marked[a] && marked[b] && marked[c]);
	assert_false(marked[apart]);
	assert_int_equal(walk_size(w), 4);
	walk_free(w);
}

static void a_circle_is_refused(void **state)
{
	struct walk *w = walk_new();
	size_t a = walk_add(w, STEP_WORK), b = walk_add(w, STEP_GATE);

	(void)state;
	walk_add(w, STEP_WORK);
	walk_need(w, a, b);
	walk_need(w, b, a);
	assert_false(walk_seal(w));
	walk_free(w);
}

static void stopping_skips_what_was_not_taken(void **state)
{
	struct walk *w = walk_new();
	size_t a = walk_add(w, STEP_WORK), b = walk_add(w, STEP_WORK);
	size_t c = walk_add(w, STEP_WORK);

	(void)state;
	walk_need(w, c, a);
	assert_true(walk_seal(w));
	assert_int_equal(walk_next(w), a);
	walk_stop(w);
	assert_int_equal(walk_state(w, a), STEP_TAKEN);
	assert_int_equal(walk_state(w, b), STEP_SKIPPED);
	assert_int_equal(walk_state(w, c), STEP_SKIPPED);
	assert_false(walk_over(w));
	walk_finish(w, a, STEP_ENDED_WELL);
	assert_int_equal(walk_next(w), STEP_NONE);
	assert_true(walk_over(w));
	walk_free(w);
}

static void a_taken_step_can_be_given_back_as_skipped(void **state)
{
	struct walk *w = walk_new();
	size_t a = walk_add(w, STEP_WORK), b = walk_add(w, STEP_WORK);

	(void)state;
	walk_need(w, b, a);
	assert_true(walk_seal(w));
	walk_next(w);
	walk_skip(w, a);
	assert_int_equal(walk_skipped(w), a);
	assert_int_equal(walk_skipped(w), b);
	assert_true(walk_over(w));
	walk_free(w);
}

static void a_long_chain_that_fails_needs_no_stack(void **state)
{
	struct walk *w = walk_new();
	const size_t count = 200000;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		walk_add(w, STEP_WORK);
		if (i)
			walk_need(w, i, i - 1);
	}
	assert_true(walk_seal(w));
	assert_int_equal(walk_next(w), 0);
	walk_finish(w, 0, STEP_ENDED_BADLY);
	assert_true(walk_over(w));
	assert_int_equal(walk_count(w, STEP_SKIPPED), count - 1);
	walk_free(w);
}

static void a_door_waits_for_its_needs_and_then_to_be_opened(void **state)
{
	struct walk *w = walk_new();
	size_t a = walk_add(w, STEP_WORK), door = walk_add(w, STEP_DOOR);
	size_t b = walk_add(w, STEP_WORK);

	(void)state;
	walk_need(w, door, a);
	walk_need(w, b, door);
	assert_true(walk_seal(w));
	assert_int_equal(walk_priority(w, a), 1);
	assert_int_equal(walk_door(w), STEP_NONE);
	assert_int_equal(walk_next(w), a);
	walk_finish(w, a, STEP_ENDED_WELL);
	assert_int_equal(walk_door(w), door);
	assert_int_equal(walk_door(w), STEP_NONE);
	assert_int_equal(walk_state(w, door), STEP_READY);
	assert_int_equal(walk_next(w), STEP_NONE);
	walk_open(w, door);
	assert_int_equal(walk_next(w), b);
	walk_finish(w, b, STEP_ENDED_WELL);
	assert_true(walk_over(w));
	walk_free(w);
}

static void a_door_is_told_when_it_never_will_open(void **state)
{
	struct walk *w = walk_new();
	size_t a = walk_add(w, STEP_WORK), behind_failure = walk_add(w, STEP_DOOR);
	size_t shut = walk_add(w, STEP_DOOR), b = walk_add(w, STEP_WORK);

	(void)state;
	walk_need(w, behind_failure, a);
	walk_need(w, b, shut);
	assert_true(walk_seal(w));
	assert_int_equal(walk_door(w), shut);
	walk_skip(w, shut);
	assert_int_equal(walk_door(w), shut);
	assert_int_equal(walk_state(w, shut), STEP_SKIPPED);
	assert_int_equal(walk_skipped(w), b);
	assert_int_equal(walk_next(w), a);
	walk_finish(w, a, STEP_ENDED_BADLY);
	assert_int_equal(walk_door(w), behind_failure);
	assert_int_equal(walk_state(w, behind_failure), STEP_SKIPPED);
	assert_int_equal(walk_skipped(w), STEP_NONE);
	assert_true(walk_over(w));
	walk_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_starts_only_after_what_it_needs),
		cmocka_unit_test(the_longest_way_goes_first_then_the_order_of_adding),
		cmocka_unit_test(what_needs_a_failed_step_is_skipped_with_all_behind_it),
		cmocka_unit_test(a_gate_opens_by_itself_and_passes_failure_on),
		cmocka_unit_test(a_walk_of_gates_alone_is_over_at_once),
		cmocka_unit_test(marks_spread_to_all_that_the_marked_steps_need),
		cmocka_unit_test(a_circle_is_refused),
		cmocka_unit_test(stopping_skips_what_was_not_taken),
		cmocka_unit_test(a_taken_step_can_be_given_back_as_skipped),
		cmocka_unit_test(a_door_waits_for_its_needs_and_then_to_be_opened),
		cmocka_unit_test(a_door_is_told_when_it_never_will_open),
		cmocka_unit_test(a_long_chain_that_fails_needs_no_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
