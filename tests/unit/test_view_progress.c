/* test_view_progress.c - what the live lines say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/progress_lines.h"

static const struct change changes[] = {
	{.addr = {{"web", "-", "east"}, "A"}, .action = ACTION_CREATE},
	{.addr = {{"web", "-", "east"}, "B"}, .action = ACTION_CREATE},
	{.addr = {{"web", "-", "east"}, "C"}, .action = ACTION_NONE},
	{.addr = {{"web", "-", "us-west"}, "A"}, .action = ACTION_UPDATE},
};
static const struct plan plan = {.changes = changes, .change_count = ARRAY_LEN(changes)};

static void tell(struct progress_lines *l, struct event e, int64_t now_ms)
{
	progress_lines_event(l, &e, now_ms);
}

static void shows(const struct progress_lines *l, int64_t now_ms, struct progress_size size,
		  const char *expected)
{
	struct str out = STR_INIT;

	progress_lines_text(l, now_ms, size, &out);
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
}

static const struct progress_size wide = {80, 24};

static struct progress_lines *applying(void)
{
	struct progress_lines *l = progress_lines_new();

	tell(l, (struct event){.kind = EVENT_PLANNED, .plan = &plan}, 1000);
	tell(l, (struct event){.kind = EVENT_APPLY_STARTED, .total = 3}, 1000);
	return l;
}

static void nothing_is_shown_before_work_begins(void **state)
{
	struct progress_lines *l = progress_lines_new();

	(void)state;
	tell(l, (struct event){.kind = EVENT_PLANNED, .plan = &plan}, 1000);
	shows(l, 1000, wide, "");
	progress_lines_free(l);
}

static void each_region_has_a_line_with_the_oldest_call(void **state)
{
	struct progress_lines *l = applying();
	const struct address *a = &changes[0].addr, *b = &changes[1].addr;

	(void)state;
	tell(l,
	     (struct event){
		     .kind = EVENT_STARTED, .addr = a, .action = "create", .endpoint = "web-e1"},
	     1000);
	tell(l, (struct event){.kind = EVENT_STARTED, .addr = b, .action = "create"}, 2000);
	shows(l, 9100, wide,
	      "east     0/2 done  2 running  web-e1/A creating  8.1s\n"
	      "us-west  0/1 done\n");
	tell(l, (struct event){.kind = EVENT_SUCCEEDED, .addr = a, .action = "create"}, 9500);
	shows(l, 10000, wide,
	      "east     1/2 done  1 running  B creating  8.0s\n"
	      "us-west  0/1 done\n");
	tell(l, (struct event){.kind = EVENT_FAILED, .addr = b, .action = "create"}, 11000);
	tell(l, (struct event){.kind = EVENT_SKIPPED, .addr = &changes[3].addr}, 11000);
	shows(l, 20000, wide,
	      "east     1/2 done  1 failed  10.0s\n"
	      "us-west  0/1 done  1 skipped\n");
	progress_lines_free(l);
}

static void a_rollout_has_a_line_of_its_own(void **state)
{
	static const struct instance_id east = {"web", "-", "east"}, whole = {"web", "", ""};
	struct progress_lines *l = applying();
	struct event ended = {.kind = EVENT_INSTANCE_ENDED,
			      .instance = &east,
			      .wave = "canary",
			      .text = "FAILED",
			      .done = 1,
			      .total = 12};

	(void)state;
	tell(l, (struct event){.kind = EVENT_WAVE, .instance = &east, .wave = "canary", .total = 3},
	     1000);
	tell(l,
	     (struct event){.kind = EVENT_INSTANCE_STARTED,
			    .instance = &east,
			    .wave = "canary",
			    .total = 12},
	     1000);
	tell(l, ended, 2000);
	shows(l, 2000, wide,
	      "web      canary  1/12 instances over  1 failed\n"
	      "east     0/2 done\n"
	      "us-west  0/1 done\n");
	tell(l, (struct event){.kind = EVENT_BAKING, .instance = &whole, .wait_ms = 300000}, 2000);
	shows(l, 51500, wide,
	      "web      canary  1/12 instances over  1 failed  baking, 4m10s left\n"
	      "east     0/2 done\n"
	      "us-west  0/1 done\n");
	tell(l, (struct event){.kind = EVENT_GATE, .instance = &whole, .text = "passed"}, 302000);
	ended.done = 12;
	ended.text = "SUCCEEDED";
	ended.wave = NULL;
	tell(l, ended, 303000);
	shows(l, 303000, wide,
	      "east     0/2 done\n"
	      "us-west  0/1 done\n");
	progress_lines_free(l);
}

static void a_line_never_wraps(void **state)
{
	struct progress_lines *l = applying();

	(void)state;
	shows(l, 1000, (struct progress_size){12, 24}, "east     0/\nus-west  0/\n");
	progress_lines_free(l);
}

static void more_regions_than_fit_are_counted(void **state)
{
	struct progress_lines *l = applying();

	(void)state;
	shows(l, 1000, (struct progress_size){80, 4}, "east     0/2 done\n... 1 more region\n");
	progress_lines_free(l);
}

static void reading_the_world_is_one_line(void **state)
{
	struct progress_lines *l = progress_lines_new();

	(void)state;
	tell(l, (struct event){.kind = EVENT_REFRESH_STARTED, .total = 3}, 1000);
	tell(l, (struct event){.kind = EVENT_REFRESHED, .addr = &changes[0].addr}, 1200);
	shows(l, 1500, wide, "reading the world  1/3  500ms\n");
	tell(l, (struct event){.kind = EVENT_PLANNED, .plan = &plan}, 2000);
	shows(l, 2000, wide, "");
	progress_lines_free(l);
}

static void lines_that_a_narrower_window_wrapped_are_counted(void **state)
{
	static const char *const lines = "123456789\n\n1234\n";

	(void)state;
	assert_int_equal(progress_rows(text_of(lines), 80), 3);
	assert_int_equal(progress_rows(text_of(lines), 9), 3);
	assert_int_equal(progress_rows(text_of(lines), 8), 4);
	assert_int_equal(progress_rows(text_of(lines), 4), 5);
	assert_int_equal(progress_rows(text_of("ä\n"), 1), 1);
	assert_int_equal(progress_rows(text_of(""), 80), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_shown_before_work_begins),
		cmocka_unit_test(each_region_has_a_line_with_the_oldest_call),
		cmocka_unit_test(a_rollout_has_a_line_of_its_own),
		cmocka_unit_test(a_line_never_wraps),
		cmocka_unit_test(more_regions_than_fit_are_counted),
		cmocka_unit_test(reading_the_world_is_one_line),
		cmocka_unit_test(lines_that_a_narrower_window_wrapped_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
