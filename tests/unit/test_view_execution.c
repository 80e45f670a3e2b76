/* test_view_execution.c - executions of runbooks for people: a list, one with its steps, the live
 * picture, lines of the journal, how it ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/execution_lines.h"
#include "cli/view_execution.h"

#define START_MS 1764000000000 /* 2025-11-24T16:00:00Z */

static const struct style plain = {false};

static const struct execution_row row = {
	.id = "20251124-160000-000aaa",
	.runbook = "failover",
	.parameters = "{\"From\":\"east\",\"To\":\"we\\u001bst\"}",
	.owner = {"ann", "ci-7", "runbook run", 42, START_MS},
	.started_ms = START_MS,
};

#define STARTED                                                                    \
	{                                                                          \
		.number = 1, .at_ms = START_MS, .kind = ENTRY_STARTED, .step = "", \
		.data = "{\"Runbook\":\"failover\",\"Mode\":\"graceful\","         \
			"\"Parameters\":{\"From\":\"east\",\"To\":\"west\"},"      \
			"\"Objectives\":{\"RTO\":300000,\"RPO\":60000},"           \
			"\"Steps\":[{\"Path\":\"confirm\",\"Kind\":\"Approval\"}," \
			"{\"Path\":\"fence\",\"Kind\":\"Fence\"},"                 \
			"{\"Path\":\"fence/stop\",\"Kind\":\"Command\"},"          \
			"{\"Path\":\"data\",\"Kind\":\"Parallel\"},"               \
			"{\"Path\":\"data/promote\",\"Kind\":\"Command\"},"        \
			"{\"Path\":\"data/scale\",\"Kind\":\"Apply\"},"            \
			"{\"Path\":\"traffic\",\"Kind\":\"Traffic\"}]}"            \
	}
#define AT(ms, what, path, text)                                                         \
	{                                                                                \
		.at_ms = START_MS + (ms), .kind = (what), .step = (path), .data = (text) \
	}

static const struct journal_entry going[] = {
	STARTED,
	AT(0, ENTRY_STEP_STARTED, "confirm", "{\"Attempt\":1}"),
	AT(500, ENTRY_STEP_WAITING, "confirm",
	   "{\"Message\":\"Move it?\",\"Confirm\":\"west\",\"Approvers\":[\"ann\",\"bob\"]}"),
	AT(12300, ENTRY_ASKED, "confirm",
	   "{\"Number\":1,\"Request\":\"approve\",\"Reason\":\"go\","
	   "\"By\":{\"User\":\"bob\",\"Host\":\"ws\"}}"),
	AT(12300, ENTRY_STEP_SUCCEEDED, "confirm", "{\"Millis\":12300}"),
	AT(12300, ENTRY_STEP_STARTED, "fence", "{\"Attempt\":1}"),
	AT(13000, ENTRY_STEP_SKIPPED, "fence", "{\"Reason\":\"it is gone\",\"By\":\"ann@ci-7\"}"),
	AT(13000, ENTRY_STEP_STARTED, "data", "{}"),
	AT(13000, ENTRY_STEP_STARTED, "data/promote", "{\"Attempt\":1,\"Slow\":12000}"),
	AT(13000, ENTRY_STEP_STARTED, "data/scale", "{\"Attempt\":1}"),
	AT(14000, ENTRY_STEP_PROGRESS, "data/promote", "{\"Text\":\"pg_ctl \\u001b promote\"}"),
};

static struct execution_story told(struct arena *a, const struct journal_entry *entries,
				   size_t count)
{
	struct journal_list list = {(struct journal_entry *)entries, count};
	struct execution_story s;

	execution_story(a, &row, &list, &s);
	return s;
}

static void shows(struct str *out, const char *expected)
{
	assert_string_equal(str_cstr(out), expected);
	str_release(out);
}

static void an_execution_shows_its_steps_and_its_clock(void **state)
{
	struct arena *a = arena_new();
	struct execution_story s = told(a, going, ARRAY_LEN(going));
	struct str out = STR_INIT;

	(void)state;
	view_execution(&out, &s, START_MS + 20000, &plain);
	shows(&out, "20251124-160000-000aaa  failover  RUNNING\n"
		    "  started 2025-11-24T16:00:00Z by ann@ci-7 (process 42), running for 20.0s\n"
		    "  From=east, To=we\\x1bst\n"
		    "  RTO 20.0s so far, objective 5m00s\n"
		    "  RPO not known yet, objective 1m00s\n"
		    "  abort undoes: data/scale\n"
		    "  abort leaves as it is: data/promote\n"
		    "\n"
		    "STARTED    STATUS       TOOK   KIND      STEP\n"
		    "16:00:00Z  SUCCEEDED    12.3s  Approval  confirm\n"
		    "16:00:12Z  SKIPPED      700ms  Fence     fence\n"
		    "    it is gone\n"
		    "16:00:13Z  RUNNING      7.0s   Parallel  data\n"
		    "16:00:13Z  RUNNING      7.0s   Command   data/promote\n"
		    "    pg_ctl \\x1b promote\n"
		    "16:00:13Z  RUNNING      7.0s   Apply     data/scale\n"
		    "           NOT_STARTED         Traffic   traffic\n");
	arena_free(a);
}

static void what_was_killed_is_lost(void **state)
{
	struct arena *a = arena_new();
	struct journal_list list = {(struct journal_entry *)going, 3};
	struct execution_row gone = row;
	struct execution_story s;
	struct str out = STR_INIT;

	(void)state;
	gone.gone = true;
	execution_story(a, &gone, &list, &s);
	view_execution(&out, &s, START_MS + 20000, &plain);
	shows(&out, "20251124-160000-000aaa  failover  LOST\n"
		    "  started 2025-11-24T16:00:00Z by ann@ci-7 (process 42)\n"
		    "  From=east, To=we\\x1bst\n"
		    "  lost: its process has ended; the latest event was 19.5s ago "
		    "(2025-11-24T16:00:00Z)\n"
		    "  RTO 20.0s so far, objective 5m00s\n"
		    "  RPO not known yet, objective 1m00s\n"
		    "\n"
		    "STARTED    STATUS            TOOK  KIND      STEP\n"
		    "16:00:00Z  PENDING_APPROVAL        Approval  confirm\n"
		    "    Move it?\n"
		    "           NOT_STARTED             Fence     fence\n"
		    "           NOT_STARTED             Command   fence/stop\n"
		    "           NOT_STARTED             Parallel  data\n"
		    "           NOT_STARTED             Command   data/promote\n"
		    "           NOT_STARTED             Apply     data/scale\n"
		    "           NOT_STARTED             Traffic   traffic\n"
		    "\n"
		    "  go on:          hadeploy runbook run --resume 20251124-160000-000aaa\n"
		    "  end it:         hadeploy runbook abort 20251124-160000-000aaa\n");
	view_execution_end(&out, &s, &plain);
	shows(&out, "Execution 20251124-160000-000aaa of failover: LOST\n"
		    "  waits for approval: confirm\n"
		    "  'hadeploy runbook run --resume 20251124-160000-000aaa' goes on with it\n");
	arena_free(a);
}

static const struct journal_entry ended_badly[] = {
	STARTED,
	AT(0, ENTRY_STEP_STARTED, "data", "{}"),
	AT(0, ENTRY_STEP_STARTED, "data/promote", "{\"Attempt\":1}"),
	AT(2000, ENTRY_STEP_FAILED, "data/promote", "{\"Reason\":\"no such server\"}"),
	AT(2000, ENTRY_STEP_FAILED, "data", "{\"Reason\":\"step 'data/promote' failed\"}"),
	AT(2000, ENTRY_ENDED, "",
	   "{\"Status\":\"FAILED\",\"Reason\":\"step 'data/promote' failed: no such server\"}"),
};

/* Why, since when, and what to type; folded where the terminal ends. */
static void what_failed_says_what_to_type(void **state)
{
	static const struct style narrow = {.columns = 60};
	struct arena *a = arena_new();
	struct execution_story s = told(a, ended_badly, ARRAY_LEN(ended_badly));
	struct str out = STR_INIT;

	(void)state;
	view_execution(&out, &s, START_MS + 62000, &narrow);
	assert_non_null(strstr(str_cstr(&out), "\n"
					       "  failed 1m00s ago (2025-11-24T16:00:02Z): step\n"
					       "    'data/promote' failed: no such server\n"
					       "  RTO not reached, objective 5m00s\n"
					       "  RPO not known, objective 1m00s\n"));
	assert_non_null(strstr(str_cstr(&out), "data/promote\n    no such server\n"));
	assert_null(strstr(str_cstr(&out), "    step 'data/promote' failed\n"));
	assert_non_null(strstr(str_cstr(&out), "\n\n"
					       "  go on:          hadeploy runbook run --resume "
					       "20251124-160000-000aaa\n"
					       "  without a step: hadeploy runbook run --resume "
					       "20251124-160000-000aaa --skip data/promote\n"
					       "  end it:         hadeploy runbook abort "
					       "20251124-160000-000aaa\n"));
	str_clear(&out);
	s.overtaken = "20251125-1";
	view_next(&out, &s);
	shows(&out, "\n"
		    "  overtaken by:   hadeploy runbook status 20251125-1\n"
		    "  close it:       hadeploy runbook abort 20251124-160000-000aaa --keep\n");
	arena_free(a);
}

static void who_is_waited_for_is_told_what_to_type(void **state)
{
	struct arena *a = arena_new();
	struct execution_story s = told(a, going, 3);
	struct str out = STR_INIT;

	(void)state;
	view_next(&out, &s);
	shows(&out, "\n"
		    "  approve:        hadeploy runbook approve confirm\n"
		    "  decline:        hadeploy runbook decline confirm\n");
	s = told(a, going, ARRAY_LEN(going));
	view_next(&out, &s);
	shows(&out, "");
	arena_free(a);
}

static void executions_line_up(void **state)
{
	struct execution_row items[2] = {row, row};
	struct execution_rows rows = {items, 2, START_MS + 60000};
	struct str out = STR_INIT;

	(void)state;
	items[1].status = EXECUTION_COMPLETED_WITH_EXCEPTIONS;
	items[1].kind = EXECUTION_DRILL_ISOLATED;
	items[1].ended_ms = START_MS + 1500;
	view_executions(&out, &rows, &plain);
	shows(&out, "EXECUTION               STATUS                     STARTED               TOOK "
		    "  USER  RUNBOOK                    PARAMETERS\n"
		    "20251124-160000-000aaa  RUNNING                    2025-11-24T16:00:00Z  "
		    "1m00s  ann   failover                   From=east, To=we\\x1bst\n"
		    "20251124-160000-000aaa  COMPLETED_WITH_EXCEPTIONS  2025-11-24T16:00:00Z  1.5s "
		    "  ann   failover (isolated drill)  From=east, To=we\\x1bst\n");
	view_executions(&out, &rows, &(struct style){.columns = 80});
	shows(&out, "EXECUTION               STATUS                     TOOK   RUNBOOK\n"
		    "20251124-160000-000aaa  RUNNING                    1m00s  failover\n"
		    "    ann: From=east, To=we\\x1bst\n"
		    "20251124-160000-000aaa  COMPLETED_WITH_EXCEPTIONS  1.5s   failover (isolated "
		    "drill)\n"
		    "    ann: From=east, To=we\\x1bst\n");
	rows.count = 0;
	view_executions(&out, &rows, &plain);
	assert_int_equal(out.len, 0);
}

static const struct journal_entry more[] = {
	AT(0, ENTRY_RESUMED_BY, "", "{\"By\":{\"User\":\"bob\",\"Host\":\"ws\"}}"),
	AT(0, ENTRY_DETECTED, "", "{\"At\":1763999990000,\"Detail\":\"shop of east: refused\"}"),
	AT(1, ENTRY_STEP_MEMORY, "fence", "{\"Token\":1}"),
	AT(1, ENTRY_STEP_WAITING, "fence", "{\"Text\":\"the lease runs out in 12s\"}"),
	AT(1, ENTRY_STEP_SLOW, "fence", "{\"Millis\":30000,\"Usual\":12000}"),
	AT(1, ENTRY_STEP_RETRY, "fence", "{\"Attempt\":2,\"Reason\":\"no route\",\"Wait\":5000}"),
	AT(1, ENTRY_STEP_FAILED, "fence", "{\"Reason\":\"no route\",\"Millis\":31000}"),
	AT(1, ENTRY_STEP_REVERSING, "traffic", "{}"),
	AT(1, ENTRY_STEP_REVERSED, "traffic", "{}"),
	AT(1, ENTRY_STEP_REVERSE_FAILED, "data/scale", "{\"Reason\":\"quota\"}"),
	AT(1, ENTRY_CHECK, "",
	   "{\"Check\":\"shop\",\"Region\":\"west\",\"Healthy\":true,"
	   "\"Detail\":\"200 in 12 ms\"}"),
	AT(1, ENTRY_ASKED, "",
	   "{\"Request\":\"pause\",\"Reason\":\"lunch\",\"By\":{\"User\":\"bob\"}}"),
	AT(1, ENTRY_PAUSED, "", "{\"Reason\":\"operator\"}"),
	AT(1, ENTRY_RESUMED, "", "{\"By\":{\"User\":\"bob\",\"Host\":\"ws\"}}"),
	AT(1, ENTRY_UNGRACEFUL, "", "{\"By\":{\"User\":\"bob\"},\"Reason\":\"dead\"}"),
	AT(1, ENTRY_UNGRACEFUL, "fence", "{}"),
	AT(1, ENTRY_DATA_LOSS, "",
	   "{\"LagSeconds\":90,\"Reason\":\"replayed\",\"By\":{\"User\":\"bob\"}}"),
	AT(1, ENTRY_FENCED, "", "{\"Region\":\"east\",\"How\":\"lease\",\"Detail\":\"15s over\"}"),
	AT(1, ENTRY_REVERSING, "", "{\"Reason\":\"the gate failed\"}"),
	AT(1, ENTRY_MONITORING, "", "{}"),
	AT(1, ENTRY_OBJECTIVE, "",
	   "{\"Name\":\"RTO\",\"Actual\":132000,\"Objective\":300000,\"Met\":true}"),
	AT(1, ENTRY_OBJECTIVE, "",
	   "{\"Name\":\"RPO\",\"Actual\":90000,\"Objective\":60000,\"Met\":false,"
	   "\"Detail\":\"verified\"}"),
	AT(1, ENTRY_ENDED, "", "{\"Status\":\"COMPLETED\",\"Exit\":0}"),
	AT(1, ENTRY_STEP_PROGRESS, "x", "no JSON"),
	AT(1, (enum entry_kind)(ENTRY_KIND_COUNT + 5), "x", "{}"),
};

static void each_entry_is_a_line(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(going); i++)
		view_journal_entry(&out, row.id, &going[i], &plain);
	shows(&out,
	      "16:00:00Z  execution 20251124-160000-000aaa of failover begins: From=east, To=west\n"
	      "16:00:00Z  confirm: begins\n"
	      "16:00:00Z  confirm: waits for approval by ann, bob: Move it? ('hadeploy runbook "
	      "approve confirm')\n"
	      "16:00:12Z  confirm: bob@ws asks: approve, because go\n"
	      "16:00:12Z  confirm: done (12.3s)\n"
	      "16:00:12Z  fence: begins\n"
	      "16:00:13Z  fence: skipped by ann@ci-7: it is gone\n"
	      "16:00:13Z  data: begins\n"
	      "16:00:13Z  data/promote: begins, usually over within 12.0s\n"
	      "16:00:13Z  data/scale: begins\n"
	      "16:00:14Z  data/promote: pg_ctl \\x1b promote\n");
	for (size_t i = 0; i < 12; i++)
		view_journal_entry(&out, row.id, &more[i], &plain);
	shows(&out,
	      "16:00:00Z  gone on with by bob@ws\n"
	      "16:00:00Z  the outage counts from 2025-11-24T15:59:50Z: shop of east: refused\n"
	      "16:00:00Z  fence: waits: the lease runs out in 12s\n"
	      "16:00:00Z  fence: slower than usual: it has taken 30.0s, most are over in 12.0s\n"
	      "16:00:00Z  fence: failed, again in 5.0s (attempt 2): no route\n"
	      "16:00:00Z  fence: failed (31.0s): no route\n"
	      "16:00:00Z  traffic: is being undone\n"
	      "16:00:00Z  traffic: undone\n"
	      "16:00:00Z  data/scale: could not be undone: quota\n"
	      "16:00:00Z  check shop of west: healthy, 200 in 12 ms\n"
	      "16:00:00Z  bob asks: pause, because lunch\n");
	for (size_t i = 12; i < ARRAY_LEN(more); i++)
		view_journal_entry(&out, row.id, &more[i], &plain);
	shows(&out, "16:00:00Z  paused: operator\n"
		    "16:00:00Z  goes on, asked by bob@ws\n"
		    "16:00:00Z  from here on ungraceful, asked by bob: dead\n"
		    "16:00:00Z  fence: ungraceful\n"
		    "16:00:00Z  data loss accepted by bob: 90s of changes, because replayed\n"
		    "16:00:00Z  east accepts no writes any more (lease: 15s over)\n"
		    "16:00:00Z  going back: what was done is undone, because the gate failed\n"
		    "16:00:00Z  all steps are over; waits until the application is healthy\n"
		    "16:00:00Z  RTO 2m12s, objective 5m00s: met\n"
		    "16:00:00Z  RPO 1m30s, objective 1m00s: missed, verified\n"
		    "16:00:00Z  ended: COMPLETED\n"
		    "16:00:00Z  x: \n");
}

static void its_end_says_what_was_left_out_and_what_to_type(void **state)
{
	struct journal_entry all[ARRAY_LEN(going) + 4];
	struct arena *a = arena_new();
	struct execution_story s;
	struct str out = STR_INIT;

	(void)state;
	memcpy(all, going, sizeof(going));
	memcpy(all + ARRAY_LEN(going),
	       (struct journal_entry[]){
		       AT(20000, ENTRY_STEP_FAILED, "data/promote", "{\"Reason\":\"no route\"}"),
		       AT(20000, ENTRY_STEP_FAILED, "data", "{\"Reason\":\"promote failed\"}"),
		       AT(20000, ENTRY_OBJECTIVE, "",
			  "{\"Name\":\"RPO\",\"Actual\":90000,\"Objective\":60000,\"Met\":false,"
			  "\"Detail\":\"verified\"}"),
		       AT(20000, ENTRY_ENDED, "", "{\"Status\":\"FAILED\",\"Exit\":1}")},
	       4 * sizeof(all[0]));
	s = told(a, all, ARRAY_LEN(all));
	view_execution_end(&out, &s, &plain);
	shows(&out, "Execution 20251124-160000-000aaa of failover: FAILED in 20.0s\n"
		    "  RPO 1m30s, objective 1m00s: missed (verified)\n"
		    "  failed: data/promote (no route)\n"
		    "  skipped: fence (it is gone)\n"
		    "  was running: data/scale\n"
		    "  'hadeploy runbook run --resume 20251124-160000-000aaa' goes on with it\n");
	arena_free(a);
}

/* --- the live picture ------------------------------------------------------------------ */

static void tell(struct execution_lines *l, const struct journal_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		execution_lines_event(l, &(struct event){.kind = EVENT_JOURNAL,
							 .entry = &entries[i],
							 .execution = row.id});
}

static void the_picture_has_a_line_per_step(void **state)
{
	static const struct address page = {{"web", "-", "west"}, "Page"};
	struct execution_lines *l = execution_lines_new();
	struct progress_size size = {80, 24};
	struct str out = STR_INIT;

	(void)state;
	execution_lines_text(l, START_MS, size, &out);
	assert_int_equal(out.len, 0);
	tell(l, going, ARRAY_LEN(going));
	execution_lines_event(l, &(struct event){.kind = EVENT_APPLY_STARTED,
						 .total = 3,
						 .execution = row.id,
						 .step = "data/scale"});
	execution_lines_event(l, &(struct event){.kind = EVENT_SUCCEEDED,
						 .addr = &page,
						 .execution = row.id,
						 .step = "data/scale"});
	execution_lines_event(l, &(struct event){.kind = EVENT_STARTED,
						 .addr = &page,
						 .action = "update",
						 .execution = row.id,
						 .step = "data/scale"});
	execution_lines_text(l, START_MS + 20000, size, &out);
	shows(&out, "failover  RUNNING  RTO 20.0s of 5m00s  From=east, To=west\n"
		    "  done      confirm    12.3s\n"
		    "  skipped   fence      700ms  it is gone\n"
		    "  running   data       7.0s\n"
		    "  running     promote  7.0s, usually 12.0s  pg_ctl \\x1b promote\n"
		    "  running     scale    7.0s  1/3 done  update web/west/Page\n"
		    "            traffic\n");
	execution_lines_text(l, START_MS + 20000, (struct progress_size){40, 8}, &out);
	shows(&out, "failover  RUNNING  RTO 20.0s of 5m00s\n"
		    "  ... 1 before\n"
		    "  skipped   fence      700ms  it is gon\n"
		    "  running   data       7.0s\n"
		    "  ... 3 more\n");
	execution_lines_free(l);
}

static void a_clock_that_is_behind_shows_no_negative_times(void **state)
{
	struct execution_lines *l = execution_lines_new();
	struct str out = STR_INIT;

	(void)state;
	tell(l, going, 2);
	execution_lines_text(l, START_MS - 5000, (struct progress_size){80, 24}, &out);
	assert_null(strstr(str_cstr(&out), "-"));
	assert_non_null(strstr(str_cstr(&out), "RTO 0ms of 5m00s"));
	str_release(&out);
	execution_lines_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_execution_shows_its_steps_and_its_clock),
		cmocka_unit_test(what_was_killed_is_lost),
		cmocka_unit_test(what_failed_says_what_to_type),
		cmocka_unit_test(who_is_waited_for_is_told_what_to_type),
		cmocka_unit_test(executions_line_up),
		cmocka_unit_test(each_entry_is_a_line),
		cmocka_unit_test(its_end_says_what_was_left_out_and_what_to_type),
		cmocka_unit_test(the_picture_has_a_line_per_step),
		cmocka_unit_test(a_clock_that_is_behind_shows_no_negative_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
