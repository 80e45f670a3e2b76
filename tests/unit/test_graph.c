/* Order of dependencies, and circles with their whole path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "engine/graph.h"

#define DEEP 100000

struct pair {
	size_t from, to;
};

static struct graph *graph_of(struct arena *a, size_t count, const struct pair *pairs, size_t n)
{
	struct graph *g = graph_new(a, count);

	for (size_t i = 0; i < n; i++)
		graph_need(g, pairs[i].from, pairs[i].to, &pairs[i]);
	return g;
}

static void expect_order(size_t count, const struct pair *pairs, size_t n, const char *expected)
{
	struct arena *a = arena_new();
	struct graph *g = graph_of(a, count, pairs, n);
	size_t *order = ARENA_ARRAY(a, count, size_t);
	struct graph_cycle cycle;
	struct str out = STR_INIT;

	assert_true(graph_order(g, order, &cycle));
	for (size_t i = 0; i < count; i++)
		str_printf(&out, "%zu ", order[i]);
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
	arena_free(a);
}

static void without_needs_the_order_is_that_of_the_numbers(void **state)
{
	(void)state;
	expect_order(3, NULL, 0, "0 1 2 ");
	expect_order(0, NULL, 0, "");
}

static void what_is_needed_comes_first(void **state)
{
	const struct pair chain[] = {{0, 1}, {1, 2}};
	const struct pair diamond[] = {{0, 2}, {0, 1}, {1, 3}, {2, 3}};

	(void)state;
	expect_order(3, chain, ARRAY_LEN(chain), "2 1 0 ");
	expect_order(4, diamond, ARRAY_LEN(diamond), "3 2 1 0 ");
}

static void doubled_needs_do_no_harm(void **state)
{
	const struct pair doubled[] = {{0, 1}, {0, 1}, {0, 1}};

	(void)state;
	expect_order(2, doubled, ARRAY_LEN(doubled), "1 0 ");
}

static void expect_cycle(size_t count, const struct pair *pairs, size_t n, const char *expected)
{
	struct arena *a = arena_new();
	struct graph *g = graph_of(a, count, pairs, n);
	size_t *order = ARENA_ARRAY(a, count, size_t);
	struct graph_cycle cycle = {0};
	struct str out = STR_INIT;

	assert_false(graph_order(g, order, &cycle));
	for (size_t i = 0; i < cycle.count; i++) {
		const struct pair *tag = cycle.steps[i].tag;

		assert_int_equal(tag->from, cycle.steps[i].from);
		assert_int_equal(tag->to, cycle.steps[i].to);
		str_printf(&out, "%zu>%zu ", tag->from, tag->to);
	}
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
	arena_free(a);
}

static void a_circle_is_told_whole_from_its_lowest_vertex(void **state)
{
	const struct pair pairs[] = {{0, 4}, {4, 2}, {2, 3}, {3, 4}, {1, 2}};
	const struct pair two[] = {{1, 0}, {0, 1}};

	(void)state;
	expect_cycle(5, pairs, ARRAY_LEN(pairs), "2>3 3>4 4>2 ");
	expect_cycle(2, two, ARRAY_LEN(two), "0>1 1>0 ");
}

static void a_vertex_that_needs_itself_is_a_circle(void **state)
{
	const struct pair self[] = {{1, 1}};

	(void)state;
	expect_cycle(2, self, ARRAY_LEN(self), "1>1 ");
}

static void circles_can_be_cut_instead(void **state)
{
	const struct pair pairs[] = {{0, 1}, {1, 2}, {2, 0}, {3, 0}};
	struct arena *a = arena_new();
	struct graph *g = graph_of(a, 4, pairs, ARRAY_LEN(pairs));
	size_t order[4];

	(void)state;
	assert_true(graph_order(g, order, NULL));
	assert_int_equal(order[0], 2);
	assert_int_equal(order[1], 1);
	assert_int_equal(order[2], 0);
	assert_int_equal(order[3], 3);
	arena_free(a);
}

/* Wherever the walk enters the circle; and nothing but the circle gives way. */
static void of_a_circle_the_need_that_matters_least_is_cut(void **state)
{
	static const struct pair circle[] = {{0, 1}, {1, 2}, {2, 3}, {3, 0}};
	static const enum graph_weight weights[] = {GRAPH_MUST, GRAPH_SHOULD, GRAPH_MUST,
						    GRAPH_MAY};

	(void)state;
	for (size_t turn = 0; turn < ARRAY_LEN(circle); turn++) {
		struct arena *a = arena_new();
		struct graph *g = graph_new(a, 6);
		size_t order[6], place[6];

		for (size_t i = 0; i < ARRAY_LEN(circle); i++)
			graph_need_weighed(g, circle[i].from, circle[i].to,
					   weights[(i + turn) % 4]);
		graph_need_weighed(g, 4, 0, GRAPH_MAY);
		graph_need_weighed(g, 1, 5, GRAPH_MAY);
		assert_true(graph_order(g, order, NULL));
		for (size_t i = 0; i < ARRAY_LEN(order); i++)
			place[order[i]] = i;
		for (size_t i = 0; i < ARRAY_LEN(circle); i++)
			assert_int_equal(place[circle[i].from] > place[circle[i].to],
					 weights[(i + turn) % 4] != GRAPH_MAY);
		assert_true(place[4] > place[0] && place[1] > place[5]);
		arena_free(a);
	}
}

static void more_may_come_than_was_expected_in_any_order(void **state)
{
	static const struct pair pairs[] = {{1, 2}, {0, 3}, {2, 3}, {0, 1}, {3, 4}};
	struct arena *a = arena_new();

	(void)state;
	for (size_t expected = 0; expected <= ARRAY_LEN(pairs); expected++) {
		struct graph *g = graph_new(a, 5);
		size_t order[5];

		graph_expect(g, expected);
		for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
			graph_need(g, pairs[i].from, pairs[i].to, NULL);
		assert_true(graph_order(g, order, NULL));
		for (size_t i = 0; i < ARRAY_LEN(order); i++)
			assert_int_equal(order[i], 4 - i);
	}
	arena_free(a);
}

static void deep_chains_take_no_stack(void **state)
{
	struct arena *a = arena_new();
	struct graph *g = graph_new(a, DEEP);
	size_t *order = ARENA_ARRAY(a, DEEP, size_t);
	struct graph_cycle cycle;

	(void)state;
	for (size_t i = 0; i + 1 < DEEP; i++)
		graph_need(g, i, i + 1, NULL);
	assert_true(graph_order(g, order, &cycle));
	assert_int_equal(order[0], DEEP - 1);
	assert_int_equal(order[DEEP - 1], 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_needs_the_order_is_that_of_the_numbers),
		cmocka_unit_test(what_is_needed_comes_first),
		cmocka_unit_test(doubled_needs_do_no_harm),
		cmocka_unit_test(a_circle_is_told_whole_from_its_lowest_vertex),
		cmocka_unit_test(a_vertex_that_needs_itself_is_a_circle),
		cmocka_unit_test(circles_can_be_cut_instead),
		cmocka_unit_test(of_a_circle_the_need_that_matters_least_is_cut),
		cmocka_unit_test(more_may_come_than_was_expected_in_any_order),
		cmocka_unit_test(deep_chains_take_no_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
