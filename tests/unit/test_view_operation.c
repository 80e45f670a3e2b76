/* The history for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/view_operation.h"

#define START_MS 1764000000000 /* 2025-11-24T16:00:00Z */

static const struct style plain = {false};

static const struct run_record ended = {
	.id = "20251124-160000-000aaa",
	.command = "apply",
	.owner = {"ann", "ci-7", "apply", 42, START_MS},
	.started_ms = START_MS,
	.ended_ms = START_MS + 12300,
	.status = "FAILED",
	.instances = "[\"web/east\",\"web/west\"]",
	.counts = "{\"changes\":3,\"create\":2,\"failed\":1}",
};

static void runs_line_up(void **state)
{
	struct run_record going = ended;
	struct run_row items[2] = {{.run = &going, .status = "RUNNING", .operations = {4, 1, 0}},
				   {.run = &ended, .status = "FAILED"}};
	struct str out = STR_INIT;

	(void)state;
	going.ended_ms = 0;
	going.owner.user = "an\x1b[2Jn";
	items[0].now_ms = START_MS + 65000;
	view_runs(&out, &(struct run_rows){items, 2}, &plain);
	assert_string_equal(
		str_cstr(&out),
		"RUN                     STATUS   STARTED               TOOK   USER        COMMAND "
		" "
		"DONE\n"
		"20251124-160000-000aaa  RUNNING  2025-11-24T16:00:00Z  1m05s  an\\x1b[2Jn  apply  "
		"  "
		"3 done, 1 open, 3 planned\n"
		"20251124-160000-000aaa  FAILED   2025-11-24T16:00:00Z  12.3s  ann         apply   "
		" "
		"2 created, 1 failed\n");
	str_release(&out);
	view_runs(&out, &(struct run_rows){items, 0}, &plain);
	assert_int_equal(out.len, 0);
	str_release(&out);
}

static void a_run_shows_its_operations_and_who_stopped_it(void **state)
{
	struct run_row row = {.run = &ended,
			      .status = "FAILED",
			      .asked = {CONTROL_ABORT, {"bob", "ci-8", "", 7, START_MS + 9000}}};
	struct operation ops[2] = {
		{.addr = {{"web", "-", "east"}, "Page"},
		 .action = OPERATION_CREATE,
		 .result = OPERATION_FAILED,
		 .begun_ms = START_MS,
		 .ended_ms = START_MS + 1500,
		 .attempts = 3,
		 .message = "the disk is full"},
		{.addr = {{"web", "-", "east"}, "Db"},
		 .action = OPERATION_DELETE,
		 .result = OPERATION_OPEN,
		 .begun_ms = START_MS,
		 .message = ""},
	};
	struct str out = STR_INIT;

	(void)state;
	view_run(&out, &row, &(struct operation_list){ops, 2}, &plain);
	assert_string_equal(str_cstr(&out),
			    "20251124-160000-000aaa  apply  FAILED\n"
			    "  started 2025-11-24T16:00:00Z by ann@ci-7 (process 42), took 12.3s\n"
			    "  stack instances: web/east, web/west\n"
			    "  2 created, 1 failed\n"
			    "  bob@ci-8 asked it to stop at once at 2025-11-24T16:00:09Z\n"
			    "\n"
			    "ACTION  OUTCOME  BEGUN                 TOOK  TRIES  ADDRESS\n"
			    "create  failed   2025-11-24T16:00:00Z  1.5s  3      web/east/Page\n"
			    "           the disk is full\n"
			    "delete  open     2025-11-24T16:00:00Z               web/east/Db\n");
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_line_up),
		cmocka_unit_test(a_run_shows_its_operations_and_who_stopped_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
