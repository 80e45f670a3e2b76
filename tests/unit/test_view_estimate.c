/* test_view_estimate.c - how long it will take, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/json_plan.h"
#include "cli/view.h"
#include "cli/view_estimate.h"

static const struct style plain = {false};

#define AT(name)                         \
	{                                \
		{"web", "-", "eu"}, name \
	}
#define TAKES(ms)             \
	{                     \
		ms, (ms)*2, 8 \
	}

static struct change changes[] = {
	{.addr = AT("Db"), .action = ACTION_CREATE, .estimate = TAKES(180000)},
	{.addr = AT("App"), .action = ACTION_CREATE, .estimate = TAKES(40000)},
	{.addr = AT("C"),
	 .action = ACTION_REPLACE,
	 .estimate = TAKES(30000),
	 .removal = TAKES(10000)},
	{.addr = AT("AnApplicationLoadBalancerWithALongName"),
	 .action = ACTION_UPDATE,
	 .estimate = TAKES(5000)},
	{.addr = AT("AnotherApplicationLoadBalancer"),
	 .action = ACTION_UPDATE,
	 .estimate = TAKES(5000)},
};

static struct plan plan_of(const size_t *critical, size_t count)
{
	return (struct plan){.changes = changes,
			     .change_count = ARRAY_LEN(changes),
			     .estimate = {250000, 420000, 5},
			     .critical = critical,
			     .critical_count = count};
}

static void says(const struct plan *p, const char *expected)
{
	struct str out = STR_INIT;

	view_estimate(&out, p);
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
}

static void two_lines_when_it_takes_a_while(void **state)
{
	static const size_t way[] = {0, 1};
	struct plan p = plan_of(way, 2);

	(void)state;
	says(&p, "\nTakes about 4m10s (usually under 7m00s).\n"
		 "Longest way: web/eu/Db (create, 3m00s) -> web/eu/App (create, 40.0s)\n");
	p.untimed = 1;
	says(&p, "\nTakes about 4m10s (usually under 7m00s), and 1 change that was never timed.\n"
		 "Longest way: web/eu/Db (create, 3m00s) -> web/eu/App (create, 40.0s)\n");
}

static void nothing_when_it_is_short_or_unknown(void **state)
{
	static const size_t way[] = {0};
	struct plan p = plan_of(way, 1);

	(void)state;
	p.estimate.typical_ms = ESTIMATE_WORTH_MS - 1;
	says(&p, "");
	p = plan_of(NULL, 0);
	p.estimate = ESTIMATE_NONE;
	says(&p, "");
}

static void what_does_not_fit_is_counted(void **state)
{
	static const size_t way[] = {0, 3, 4, 1};
	struct plan p = plan_of(way, 4);

	(void)state;
	says(&p, "\nTakes about 4m10s (usually under 7m00s).\n"
		 "Longest way: web/eu/Db (create, 3m00s) -> 2 more -> web/eu/App (create, "
		 "40.0s)\n");
}

static void a_replacement_in_one_piece_and_in_two(void **state)
{
	static const size_t together[] = {2, 2, 1}, apart[] = {2, 1, 2};
	struct plan p = plan_of(together, 3);

	(void)state;
	says(&p, "\nTakes about 4m10s (usually under 7m00s).\n"
		 "Longest way: web/eu/C (replace, 30.0s) -> web/eu/App (create, 40.0s)\n");
	p = plan_of(apart, 3);
	says(&p, "\nTakes about 4m10s (usually under 7m00s).\n"
		 "Longest way: web/eu/C (replace, 20.0s) -> 1 more -> web/eu/C "
		 "(replace, 10.0s)\n");
}

static void slower_than_usual_is_one_line(void **state)
{
	struct address addr = AT("Db");
	struct event e = {.kind = EVENT_SLOW,
			  .addr = &addr,
			  .action = "create",
			  .elapsed_ms = 61000,
			  .usual_ms = 60000};
	struct str out = STR_INIT;

	(void)state;
	view_event(&out, &e, &plain);
	assert_string_equal(str_cstr(&out), "web/eu/Db: slower than usual: the create has taken "
					    "1m01s, most are over in 1m00s\n");
	str_release(&out);
}

static void the_end_says_what_was_predicted(void **state)
{
	static const size_t way[] = {0};
	struct plan p = plan_of(way, 1);
	struct run_result r = {.plan = &p, .done = {.create = 2}, .elapsed_ms = 232000};
	struct str out = STR_INIT;

	(void)state;
	view_result(&out, &r, RUN_APPLY, &plain);
	assert_string_equal(str_cstr(&out), "Apply complete: 2 created, 0 updated, 0 deleted in "
					    "3m52s (predicted 4m10s).\n");
	str_release(&out);
}

static void json_has_the_figures(void **state)
{
	static const size_t way[] = {0, 1};
	static const struct manifest manifest = {.project = "shop"};
	static const struct project project = {.manifest = &manifest};
	struct plan p = plan_of(way, 2);
	json_t *j;

	(void)state;
	p.project = &project;
	j = json_plan_head(&p);
	assert_int_equal(json_int(json_object_get(j, "estimate"), "typical_ms", 0), 250000);
	assert_int_equal(json_int(json_object_get(j, "estimate"), "slow_ms", 0), 420000);
	assert_int_equal(json_int(j, "untimed", -1), 0);
	assert_string_equal(json_string_value(json_array_get(json_object_get(j, "critical"), 1)),
			    "web/eu/App");
	json_decref(j);
	p.estimate = ESTIMATE_NONE;
	j = json_plan_head(&p);
	assert_null(json_object_get(j, "estimate"));
	assert_null(json_object_get(j, "critical"));
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_lines_when_it_takes_a_while),
		cmocka_unit_test(nothing_when_it_is_short_or_unknown),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(a_replacement_in_one_piece_and_in_two),
		cmocka_unit_test(slower_than_usual_is_one_line),
		cmocka_unit_test(the_end_says_what_was_predicted),
		cmocka_unit_test(json_has_the_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
