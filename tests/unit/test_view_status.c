/* test_view_status.c - the matrix, outputs, records, events and results as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/view.h"

static const struct style plain = {false};

static void same(struct str *out, const char *expected)
{
	assert_string_equal(str_cstr(out), expected);
	str_release(out);
}

static void the_matrix_has_a_row_per_stack_and_a_column_per_region(void **state)
{
	const struct lock_info lock = {.lock_id = "4f2a",
				       .owner = {"ann", "ci-7", "apply", 4242, 1800000000000}};
	const struct status_row rows[] = {
		{{"network", "-", "east"}, "CURRENT", NULL, 4, 0, 0, 1800000000000, NULL, NULL, ""},
		{{"web", "-", "east"}, "OUTDATED", NULL, 12, 2, 0, 1800000000000, NULL, NULL, ""},
		{{"web", "-", "west"}, "LOCKED", NULL, 0, 12, 1, 0, &lock, NULL, ""},
	};
	struct str out = STR_INIT;

	(void)state;
	view_status(&out, "shop", &(struct status_rows){rows, ARRAY_LEN(rows), false}, &plain);
	same(&out, "Project shop\n"
		   "\n"
		   "         east            west\n"
		   "network  CURRENT 4\n"
		   "web      OUTDATED 12 ~2  LOCKED\n"
		   "\n"
		   "  web/east: OUTDATED\n"
		   "    templates or parameters changed since the last apply\n"
		   "    2 changes to apply\n"
		   "    last applied 2027-01-15T08:00:00Z\n"
		   "\n"
		   "  web/west: LOCKED\n"
		   "    12 changes to apply\n"
		   "    1 operation under way, as long as the holder lives\n"
		   "    locked by ann@ci-7 (apply, process 4242) since 2027-01-15T08:00:00Z\n"
		   "    'hadeploy state unlock 4f2a' breaks the lock of a dead holder\n");
}

static void many_regions_become_a_list(void **state)
{
	struct status_row rows[9];
	char names[9][32];
	struct str out = STR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(names[i], sizeof(names[i]), "region-%zu", i);
		rows[i] = (struct status_row){{"web", i ? "-" : "prod", names[i]},
					      "CURRENT",
					      NULL,
					      1,
					      0,
					      0,
					      0,
					      NULL,
					      NULL,
					      ""};
	}
	view_status(&out, "shop", &(struct status_rows){rows, ARRAY_LEN(rows), false}, &plain);
	same(&out, "Project shop\n"
		   "\n"
		   "web/prod/region-0  CURRENT 1\n"
		   "web/region-1       CURRENT 1\n"
		   "web/region-2       CURRENT 1\n"
		   "web/region-3       CURRENT 1\n"
		   "web/region-4       CURRENT 1\n"
		   "web/region-5       CURRENT 1\n"
		   "web/region-6       CURRENT 1\n"
		   "web/region-7       CURRENT 1\n"
		   "web/region-8       CURRENT 1\n");
}

static void hundreds_of_instances_are_summed_up(void **state)
{
	static const char *const regions[] = {"east", "west"};
	struct status_row rows[802];
	char accounts[802][16];
	struct str out = STR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(accounts[i], sizeof(accounts[i]), "a%03zu", i / 2);
		rows[i] = (struct status_row){.id = {"web", accounts[i], regions[i % 2]},
					      .status = "CURRENT"};
	}
	rows[3].status = rows[5].status = "OUTDATED";
	rows[7].status = "FAILED";
	rows[7].error = "web/a003/west/Page: it broke";
	rows[801].id = (struct instance_id){"db", "-", "east"};
	view_status(&out, "shop", &(struct status_rows){rows, ARRAY_LEN(rows), false}, &plain);
	same(&out, "Project shop\n"
		   "\n"
		   "db   east  1 CURRENT\n"
		   "web  east  401 CURRENT\n"
		   "web  west  397 CURRENT, 2 OUTDATED, 1 FAILED\n"
		   "\n"
		   "  OUTDATED: templates or parameters changed since the last apply\n"
		   "  FAILED: the last apply failed in part; apply again, or roll back\n"
		   "\n"
		   "  web/a003/west: FAILED\n"
		   "    the last apply failed in part; apply again, or roll back\n"
		   "    web/a003/west/Page: it broke\n");
}

static void a_stack_that_is_named_has_a_line_per_instance(void **state)
{
	const struct instance_result failed = {"20270115-080000-000aaa",
					       {"web", "-", "west"},
					       "FAILED",
					       "Page: it broke",
					       "",
					       1,
					       1800000000000,
					       1800000001000,
					       ""};
	const struct status_row rows[] = {
		{{"web", "-", "east"}, "OUTDATED", NULL, 12, 2, 0, 1800000000000, NULL, NULL, ""},
		{{"web", "-", "west"}, "INOPERABLE", NULL, 3, 0, 0, 0, NULL, &failed, ""},
	};
	struct str out = STR_INIT;

	(void)state;
	view_status(&out, "shop", &(struct status_rows){rows, ARRAY_LEN(rows), true}, &plain);
	same(&out,
	     "Project shop\n"
	     "\n"
	     "INSTANCE  STATUS      RESOURCES  LAST OPERATION          DETAILED  WHEN              "
	     "    REASON\n"
	     "web/east  OUTDATED    12                                           "
	     "2027-01-15T08:00:00Z  2 changes to apply\n"
	     "web/west  INOPERABLE  3          20270115-080000-000aaa  FAILED    "
	     "2027-01-15T08:00:01Z  Page: it broke\n"
	     "\n"
	     "  OUTDATED: templates or parameters changed since the last apply\n"
	     "  INOPERABLE: destroying it failed; the same command goes on with what is left\n");
}

static void outputs_are_named_by_instance(void **state)
{
	const struct output_row rows[] = {
		{{"web", "-", "east"}, "Url", "\"http://a/\"", NULL, false},
		{{"web", "-", "east"}, "Ports", "[80,443]", NULL, false},
		{{"web", "prod", "west"}, "Token", "\"x\"", NULL, true},
	};
	struct str out = STR_INIT;

	(void)state;
	view_outputs(&out, &(struct output_rows){rows, ARRAY_LEN(rows)}, &plain);
	same(&out, "web/east       Url = http://a/\n"
		   "web/east       Ports = [80, 443]\n"
		   "web/prod/west  Token = (sensitive)\n");
}

static void records_are_addresses_or_a_table(void **state)
{
	struct record items[] = {
		{.addr = {{"web", "-", "east"}, "Page"},
		 .deposed = "",
		 .type = "SSH::File",
		 .id = "web-e1:/page"},
		{.addr = {{"web", "-", "east"}, "Page"},
		 .deposed = "op1",
		 .type = "SSH::File",
		 .id = "web-e1:/old"},
		{.addr = {{"web", "-", "east"}, "Server"},
		 .deposed = "",
		 .type = "SSH::Command",
		 .id = "",
		 .tainted = true},
	};
	const struct record_list list = {items, ARRAY_LEN(items)};
	struct str out = STR_INIT;

	(void)state;
	view_records(&out, &list, RECORDS_NAMES);
	same(&out, "web/east/Page\nweb/east/Server\n");
	view_records(&out, &list, RECORDS_TABLE);
	same(&out, "web/east/Page    SSH::File     web-e1:/page\n"
		   "web/east/Page    SSH::File     web-e1:/old (replaced, to be deleted)\n"
		   "web/east/Server  SSH::Command  (no id yet) (uncertain: a change of it did not "
		   "end well)\n");
}

static void says(struct event e, const char *expected)
{
	struct str out = STR_INIT;

	view_event(&out, &e, &plain);
	same(&out, expected);
}

static void events_are_one_line_each(void **state)
{
	const struct address page = {{"web", "-", "east"}, "Page"};

	(void)state;
	says((struct event){.kind = EVENT_APPLY_STARTED, .total = 1}, "Applying 1 change\n");
	says((struct event){.kind = EVENT_STARTED, .addr = &page, .action = "create"}, "");
	says((struct event){.kind = EVENT_SUCCEEDED,
			    .addr = &page,
			    .action = "create",
			    .elapsed_ms = 1200},
	     "web/east/Page: created (1.2s)\n");
	says(
		(struct event){
			.kind = EVENT_FAILED, .addr = &page, .action = "delete", .elapsed_ms = 30},
		"web/east/Page: delete failed (30ms)\n");
	says((struct event){.kind = EVENT_SKIPPED, .addr = &page, .action = "update"},
	     "web/east/Page: skipped\n");
	says((struct event){.kind = EVENT_RETRY,
			    .addr = &page,
			    .attempt = 2,
			    .attempt_max = 4,
			    .wait_ms = 500,
			    .text = "busy\x1b"},
	     "web/east/Page: failed, again in 500ms (attempt 2 of 4): busy\\x1b\n");
	says((struct event){.kind = EVENT_RETRY, .addr = &page, .attempt = 3, .wait_ms = 500},
	     "web/east/Page: failed, again in 500ms (attempt 3)\n");
	says((struct event){.kind = EVENT_WAITING, .addr = &page, .action = "create"},
	     "web/east/Page: accepted, waiting until it is there\n");
	says((struct event){.kind = EVENT_BREAKER_OPEN, .endpoint = "web-e1"},
	     "web-e1 does not answer; its other work waits until it does\n");
	says((struct event){.kind = EVENT_BREAKER_OPEN, .addr = &page, .endpoint = ""},
	     "An API of region east does not answer; its other work waits until it does\n");
	says((struct event){.kind = EVENT_BREAKER_CLOSED, .addr = &page, .endpoint = ""},
	     "An API of region east answers again\n");
	says((struct event){.kind = EVENT_LOCK_WAIT, .text = "web/east is locked by ann@ci"},
	     "Waiting for the lock: web/east is locked by ann@ci\n");
}

static void ends(struct run_result r, enum run_mode mode, const char *expected)
{
	struct str out = STR_INIT;

	view_result(&out, &r, mode, &plain);
	same(&out, expected);
}

static void a_run_ends_with_what_was_done(void **state)
{
	(void)state;
	ends((struct run_result){.done = {.create = 8, .update = 1}, .elapsed_ms = 3200}, RUN_APPLY,
	     "Apply complete: 8 created, 1 updated, 0 deleted in 3.2s.\n");
	ends((struct run_result){.done = {.remove = 3, .retain = 1}, .elapsed_ms = 90}, RUN_DESTROY,
	     "Destroy complete: 0 created, 0 updated, 3 deleted, 1 retained in 90ms.\n");
}

static void a_failed_run_says_what_is_left(void **state)
{
	(void)state;
	ends((struct run_result){.done = {.create = 2, .replace = 1},
				 .failed = 1,
				 .skipped = 3,
				 .targets_failed = 1,
				 .targets_succeeded = 1,
				 .elapsed_ms = 1000},
	     RUN_APPLY,
	     "Apply partly failed: 2 created, 0 updated, 1 replaced, 0 deleted in 1.0s.\n"
	     "  1 failed\n"
	     "  3 skipped: something they need failed, or the run was stopped\n"
	     "  1 of 2 stack instances failed\n"
	     "What was done is recorded; 'hadeploy apply' goes on from here.\n"
	     "'hadeploy rollback' goes back to the last good state instead.\n");
	ends((struct run_result){.interrupted = true, .skipped = 1, .targets_failed = 1},
	     RUN_DESTROY,
	     "Destroy interrupted: 0 created, 0 updated, 0 deleted in 0ms.\n"
	     "  1 skipped: something it needs failed, or the run was stopped\n"
	     "  1 of 1 stack instance not finished\n"
	     "What was done is recorded; 'hadeploy destroy' goes on from here.\n");
}

static void a_run_that_began_nothing_says_so(void **state)
{
	(void)state;
	ends((struct run_result){.not_begun = true, .elapsed_ms = 50}, RUN_APPLY,
	     "Apply failed: 0 created, 0 updated, 0 deleted in 50ms.\n"
	     "Nothing was changed. Mend the cause, then run 'hadeploy apply' again.\n");
}

static void a_run_that_could_not_read_all_says_so(void **state)
{
	const struct record recorded = {.type = "SSH::File"};
	const struct change changes[] = {{.before = &recorded}, {.before = &recorded}};
	const struct plan plan = {.changes = changes, .change_count = 2, .unread = 1};

	(void)state;
	ends((struct run_result){.plan = &plan, .done = {.update = 1}, .targets_succeeded = 1},
	     RUN_APPLY,
	     "Apply complete: 0 created, 1 updated, 0 deleted in 0ms.\n"
	     "  1 of 2 resources could not be read; what is recorded was taken instead\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_matrix_has_a_row_per_stack_and_a_column_per_region),
		cmocka_unit_test(many_regions_become_a_list),
		cmocka_unit_test(hundreds_of_instances_are_summed_up),
		cmocka_unit_test(a_stack_that_is_named_has_a_line_per_instance),
		cmocka_unit_test(outputs_are_named_by_instance),
		cmocka_unit_test(records_are_addresses_or_a_table),
		cmocka_unit_test(events_are_one_line_each),
		cmocka_unit_test(a_run_ends_with_what_was_done),
		cmocka_unit_test(a_failed_run_says_what_is_left),
		cmocka_unit_test(a_run_that_began_nothing_says_so),
		cmocka_unit_test(a_run_that_could_not_read_all_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
