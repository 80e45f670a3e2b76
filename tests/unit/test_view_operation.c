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

static const struct instance_result fared[] = {
	{"r1", {"web", "-", "east"}, "SUCCEEDED", "", "canary", 0, START_MS, START_MS + 1500, ""},
	{"r1",
	 {"web", "-", "west"},
	 "FAILED",
	 "Page: the disk\nis full",
	 "",
	 1,
	 START_MS,
	 START_MS + 2000,
	 ""},
	{"r1", {"web", "prod", "west"}, "CANCELLED", "", "", 2, 0, 0, ""},
};

static void a_run_shows_how_its_instances_fared(void **state)
{
	struct run_record resumed = ended;
	struct run_row row = {.run = &resumed,
			      .status = "FAILED",
			      .results = {(struct instance_result *)fared, ARRAY_LEN(fared)}};
	struct str out = STR_INIT;

	(void)state;
	resumed.request = "[\"apply\",\"web\",\"--param=Name=a b\"]";
	resumed.resumes = "20251123-160000-000aaa";
	view_run(&out, &row, &(struct operation_list){NULL, 0}, &plain);
	assert_string_equal(str_cstr(&out),
			    "20251124-160000-000aaa  apply  FAILED\n"
			    "  started 2025-11-24T16:00:00Z by ann@ci-7 (process 42), took 12.3s\n"
			    "  stack instances: web/east, web/west\n"
			    "  asked for: hadeploy apply web '--param=Name=a b'\n"
			    "  goes on with run 20251123-160000-000aaa\n"
			    "  2 created, 1 failed\n"
			    "  1 SUCCEEDED, 1 FAILED, 1 CANCELLED\n"
			    "\n"
			    "STATUS     TOOK  WAVE    INSTANCE       REASON\n"
			    "SUCCEEDED  1.5s  canary  web/east\n"
			    "FAILED     2.0s          web/west       Page: the disk\\nis full\n"
			    "CANCELLED                web/prod/west\n");
	str_release(&out);
}

static void of_many_instances_those_that_succeeded_are_counted(void **state)
{
	struct instance_result many[60];
	struct str out = STR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = fared[i == 7];
	view_results(&out, &(struct result_list){many, ARRAY_LEN(many)}, &plain);
	assert_string_equal(str_cstr(&out),
			    "  59 SUCCEEDED, 1 FAILED\n"
			    "\n"
			    "STATUS  TOOK  WAVE  INSTANCE  REASON\n"
			    "FAILED  2.0s        web/west  Page: the disk\\nis full\n");
	str_release(&out);
}

static void who_waits_says_for_whom(void **state)
{
	struct run_record waiting = ended;
	struct run_row row = {.run = &waiting,
			      .status = "QUEUED",
			      .now_ms = START_MS + 5000,
			      .waits_for = "web/east is locked by bob@ci-8 (pid 7, 'apply')"};
	struct str out = STR_INIT;

	(void)state;
	waiting.ended_ms = 0;
	waiting.counts = "{}";
	view_run(&out, &row, &(struct operation_list){NULL, 0}, &plain);
	assert_string_equal(str_cstr(&out),
			    "20251124-160000-000aaa  apply  QUEUED\n"
			    "  waiting since 2025-11-24T16:00:00Z by ann@ci-7 (process 42), for "
			    "5.0s\n"
			    "  stack instances: web/east, web/west\n"
			    "  web/east is locked by bob@ci-8 (pid 7, 'apply')\n");
	str_release(&out);
}

static void an_instance_is_a_line_while_it_is_watched(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	view_instance(&out, &fared[0], &plain);
	view_instance(&out, &fared[1], &plain);
	assert_string_equal(str_cstr(&out),
			    "2025-11-24T16:00:01Z  SUCCEEDED  web/east  (canary)  1.5s\n"
			    "2025-11-24T16:00:02Z  FAILED  web/west  2.0s  Page: the disk\\nis "
			    "full\n");
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_shows_how_its_instances_fared),
		cmocka_unit_test(of_many_instances_those_that_succeeded_are_counted),
		cmocka_unit_test(who_waits_says_for_whom),
		cmocka_unit_test(an_instance_is_a_line_while_it_is_watched),
		cmocka_unit_test(runs_line_up),
		cmocka_unit_test(a_run_shows_its_operations_and_who_stopped_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
