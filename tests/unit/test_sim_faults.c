/* What can go wrong in the simulated cloud, on request; and what takes time there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/sim_fixture.h"

#define COUNT_THINGS "SELECT count(*) FROM resource"

/* --- one fault at a time -------------------------------------------------------------- */

static const struct {
	const char *fault;
	int status, effect;
	const char *code;
	int things; /* that exist afterwards */
} rows[] = {
	{"throttle", HD_THROTTLED, HD_EFFECT_NONE, "HD5205 ", 0},
	{"server-error", HD_RETRY, HD_EFFECT_NONE, "HD5206 ", 0},
	{"timeout-before", HD_UNREACHABLE, HD_EFFECT_NONE, "HD5207 ", 0},
	{"timeout-after", HD_UNREACHABLE, HD_EFFECT_UNKNOWN, "HD5207 ", 1},
	{"lost-answer", HD_RETRY, HD_EFFECT_UNKNOWN, "HD5208 ", 1},
	{"lost-request", HD_RETRY, HD_EFFECT_UNKNOWN, "HD5208 ", 0},
	{"conflict", HD_CONFLICT, HD_EFFECT_NONE, "HD5209 ", 0},
	{"denied", HD_FATAL, HD_EFFECT_NONE, "HD5210 ", 0},
	{"partial", HD_FATAL, HD_EFFECT_PARTIAL, "HD5211 ", 1},
};

static void each_fault_answers_as_it_says(void **state)
{
	struct sim_call c = {.key = "k1", .desired = "{\"A\":1,\"B\":2,\"C\":3}"};
	char settings[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sim_fixture f;

		snprintf(settings, sizeof(settings),
			 "{\"Faults\": [{\"Nth\": 1, \"Fault\": \"%s\"}]}", rows[i].fault);
		sim_start(&f, settings);
		assert_int_equal(sim_call_create(&f, &c), rows[i].status);
		assert_int_equal(f.op.effect, rows[i].effect);
		assert_string_equal(str_cstr(&f.op.code), rows[i].code);
		assert_int_equal(sim_count(&f, COUNT_THINGS), rows[i].things);
		assert_int_equal(sim_count(&f, "SELECT count(*) FROM log"), rows[i].things);
		assert_int_equal(sim_call_create(&f, &c), HD_OK);
		assert_int_equal(sim_count(&f, COUNT_THINGS), 1);
		sim_stop(&f);
	}
}

static void half_of_it_is_there(void **state)
{
	struct sim_call c = {.key = "k1", .desired = "{\"A\":1,\"B\":2,\"C\":3}"};
	struct sim_fixture f;
	char id[64];

	(void)state;
	sim_start(&f, "{\"Faults\": [{\"Nth\": 1, \"Fault\": \"partial\", \"Times\": 2}]}");
	sim_call_create(&f, &c);
	assert_string_equal(sim_state(&f, "/A"), "1");
	assert_string_equal(sim_state(&f, "/B"), "");
	snprintf(id, sizeof(id), "%s", str_cstr(&f.op.id));
	c = (struct sim_call){.key = "k2",
			      .id = id,
			      .desired = "{\"A\":5,\"C\":6}",
			      .changed = "[\"/A\",\"/C\"]"};
	assert_int_equal(sim_call_update(&f, &c), HD_FATAL);
	assert_int_equal(f.op.effect, HD_EFFECT_PARTIAL);
	assert_string_equal(sim_state(&f, "/A"), "5");
	assert_string_equal(sim_state(&f, "/C"), "3");
	sim_stop(&f);
}

static void a_new_thing_hides_for_a_while(void **state)
{
	struct sim_call c = {.key = "k1", .desired = "{}"};
	struct sim_fixture f;
	char id[64];

	(void)state;
	sim_start(&f, "{\"Faults\": [{\"Fault\": \"not-found-after-create\", \"For\": \"1h\"}]}");
	assert_int_equal(sim_call_create(&f, &c), HD_OK);
	snprintf(id, sizeof(id), "%s", str_cstr(&f.op.id));
	assert_int_equal(sim_call_read(&f, &(struct sim_call){.id = id}), HD_NOTFOUND);
	assert_int_equal(sim_call_find(&f, &c), HD_OK);
	sim_count(&f, "UPDATE resource SET visible_ms = 1");
	assert_int_equal(sim_call_read(&f, &(struct sim_call){.id = id}), HD_OK);
	sim_stop(&f);
}

/* --- which calls ------------------------------------------------------------------------ */

static void counters_outlive_the_process(void **state)
{
	static const char settings[] =
		"{\"Faults\": [{\"Nth\": 3, \"Fault\": \"throttle\", \"Type\": \"Sim::*\","
		" \"Operation\": \"create\", \"RetryAfter\": \"2s\"}]}";
	struct sim_fixture f;

	(void)state;
	sim_start(&f, settings);
	assert_int_equal(sim_call_create(&f, &(struct sim_call){.key = "1"}), HD_OK);
	sim_again(&f, settings);
	assert_int_equal(sim_call_create(&f, &(struct sim_call){.key = "2"}), HD_OK);
	sim_again(&f, settings);
	assert_int_equal(sim_call_create(&f, &(struct sim_call){.key = "3"}), HD_THROTTLED);
	assert_int_equal(f.op.retry_after_ms, 2000);
	assert_int_equal(sim_call_create(&f, &(struct sim_call){.key = "3"}), HD_OK);
	sim_stop(&f);
}

static void patterns_choose_calls(void **state)
{
	static const char settings[] =
		"{\"Faults\": [{\"Fault\": \"denied\", \"Address\": \"web/*/Bad*\"},"
		" {\"Fault\": \"conflict\", \"Region\": \"west\"},"
		" {\"Fault\": \"server-error\", \"Operation\": [\"read\", \"delete\"]}]}";
	struct sim_call bad = {.key = "1", .address = "web/east/BadOne"}, good = {.key = "2"};
	struct sim_fixture f;

	(void)state;
	sim_start(&f, settings);
	assert_int_equal(sim_call_create(&f, &bad), HD_FATAL);
	assert_int_equal(sim_call_create(&f, &good), HD_OK);
	assert_int_equal(sim_call_read(&f, &good), HD_RETRY);
	sim_stop(&f);
}

static int struck_of_100(const char *settings)
{
	struct sim_fixture f;
	char address[32], key[32];
	int struck = 0;

	sim_start(&f, settings);
	for (int i = 0; i < 100; i++) {
		snprintf(address, sizeof(address), "web/east/N%d", i);
		snprintf(key, sizeof(key), "key %d", i);
		struck = struck * (i < 30 ? 2 : 1) +
			 (sim_call_create(&f, &(struct sim_call){.key = key, .address = address}) !=
			  HD_OK);
	}
	sim_stop(&f);
	return struck;
}

static void chance_follows_from_the_seed(void **state)
{
	static const char one[] =
		"{\"Seed\": 1, \"Faults\": [{\"Probability\": \"0.3\", \"Fault\": \"throttle\"}]}";
	static const char two[] =
		"{\"Seed\": 2, \"Faults\": [{\"Probability\": \"0.3\", \"Fault\": \"throttle\"}]}";

	(void)state;
	assert_int_equal(struck_of_100(one), struck_of_100(one));
	assert_int_not_equal(struck_of_100(one), struck_of_100(two));
}

static void dead_and_slow_regions(void **state)
{
	struct sim_fixture f;

	(void)state;
	sim_start(&f, "{\"Dead\": [\"west\", \"eas*\"]}");
	assert_int_equal(sim_call_create(&f, &(struct sim_call){.key = "1"}), HD_UNREACHABLE);
	assert_int_equal(f.op.effect, HD_EFFECT_NONE);
	assert_int_equal(sim_call_read(&f, &(struct sim_call){.id = "1"}), HD_UNREACHABLE);
	sim_again(&f, "{\"Slow\": {\"east\": 1000},"
		      " \"Latency\": {\"*\": {\"create\": {\"Pending\": \"1s\"}}}}");
	assert_int_equal(sim_call_create(&f, &(struct sim_call){.key = "1"}), HD_PENDING);
	assert_true(sim_count(&f, "SELECT busy_until_ms - created_ms FROM resource") == 1000000);
	sim_stop(&f);
}

/* --- pending --------------------------------------------------------------------------- */

static void what_is_pending_is_polled_by_another_process(void **state)
{
	static const char settings[] =
		"{\"Latency\": {\"Sim::*\": {\"*\": {\"Pending\": \"1h\"}, \"read\": 0}}}";
	struct sim_call c = {.key = "k1", .desired = "{\"A\":1}"};
	struct sim_fixture f;
	char token[256], id[64];

	(void)state;
	sim_start(&f, settings);
	assert_int_equal(sim_call_create(&f, &c), HD_PENDING);
	snprintf(token, sizeof(token), "%s", str_cstr(&f.op.token));
	snprintf(id, sizeof(id), "%s", str_cstr(&f.op.id));
	assert_int_equal(sim_call_create(&f, &c), HD_PENDING);
	assert_int_equal(sim_call_find(&f, &c), HD_PENDING);
	sim_again(&f, settings);
	c = (struct sim_call){.key = "k1", .token = token};
	assert_int_equal(sim_call_poll(&f, &c), HD_PENDING);
	assert_int_equal(sim_call_read(&f, &(struct sim_call){.id = id}), HD_OK);
	assert_int_equal(
		sim_call_update(&f, &(struct sim_call){.id = id, .key = "k2", .desired = "{}"}),
		HD_CONFLICT);
	sim_count(&f, "UPDATE resource SET busy_until_ms = 1");
	assert_int_equal(sim_call_poll(&f, &c), HD_OK);
	assert_string_equal(str_cstr(&f.op.id), id);
	assert_string_equal(sim_state(&f, "/A"), "1");
	assert_int_equal(sim_call_remove(&f, &(struct sim_call){.id = id, .key = "k3"}),
			 HD_PENDING);
	snprintf(token, sizeof(token), "%s", str_cstr(&f.op.token));
	sim_count(&f, "UPDATE resource SET busy_until_ms = 1");
	assert_int_equal(sim_call_poll(&f, &(struct sim_call){.key = "k3", .token = token}), HD_OK);
	assert_int_equal(sim_count(&f, COUNT_THINGS), 0);
	assert_int_equal(sim_call_poll(&f, &(struct sim_call){.token = "{\"v\": 9}"}), HD_FATAL);
	sim_stop(&f);
}

/* --- two processes, and one that is killed -------------------------------------------------- */

static void create_many(const char *folder, const char *who)
{
	struct sim_fixture f;
	char key[32];

	memset(&f, 0, sizeof(f));
	snprintf(f.folder, sizeof(f.folder), "%s", folder);
	sim_again(&f, "{}");
	for (int i = 0; i < 200; i++) {
		snprintf(key, sizeof(key), "%s %d", who, i);
		if (sim_call_create(&f, &(struct sim_call){.key = key, .desired = "{}"}) != HD_OK)
			_exit(1);
	}
	_exit(0);
}

static void processes_share_a_file(void **state)
{
	struct sim_fixture f;
	pid_t children[2];
	int status;

	(void)state;
	sim_start(&f, "{}");
	for (size_t i = 0; i < 2; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0)
			create_many(f.folder, i ? "one" : "two");
	}
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(sim_count(&f, "SELECT count(DISTINCT id) FROM resource"), 400);
	sim_stop(&f);
}

static int things_after_kill(const char *fault)
{
	struct sim_fixture f;
	char settings[128];
	int status, things;
	pid_t child;

	sim_start(&f, "{}");
	snprintf(settings, sizeof(settings), "{\"Faults\": [{\"Nth\": 2, \"Fault\": \"%s\"}]}",
		 fault);
	child = fork();
	if (child == 0) {
		sim_again(&f, settings);
		sim_call_create(&f, &(struct sim_call){.key = "1"});
		sim_call_create(&f, &(struct sim_call){.key = "2"});
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	things = sim_count(&f, COUNT_THINGS);
	sim_stop(&f);
	return things;
}

static void a_killed_process_loses_nothing(void **state)
{
	(void)state;
	assert_int_equal(things_after_kill("kill-before"), 1);
	assert_int_equal(things_after_kill("kill-after"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_answers_as_it_says),
		cmocka_unit_test(half_of_it_is_there),
		cmocka_unit_test(a_new_thing_hides_for_a_while),
		cmocka_unit_test(counters_outlive_the_process),
		cmocka_unit_test(patterns_choose_calls),
		cmocka_unit_test(chance_follows_from_the_seed),
		cmocka_unit_test(dead_and_slow_regions),
		cmocka_unit_test(what_is_pending_is_polled_by_another_process),
		cmocka_unit_test(processes_share_a_file),
		cmocka_unit_test(a_killed_process_loses_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
