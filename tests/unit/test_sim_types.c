/* Any type in the simulated cloud: what its schema says is what happens; and settings. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "providers/sim/timing.h"
#include "tests/unit/sim_fixture.h"

#define DB "AWS::RDS::DBInstance"
#define PROPERTIES "\"DBInstanceClass\":\"db.t3.micro\",\"Engine\":\"mysql\""

static void attributes_come_from_the_schema(void **state)
{
	struct sim_call c = {.type = DB,
			     .key = "k1",
			     .desired = "{\"MasterUserPassword\":\"tulip\"," PROPERTIES "}"};
	struct sim_fixture f;
	char address[128];

	(void)state;
	sim_start(&f, "{}");
	assert_int_equal(sim_call_create(&f, &c), HD_OK);
	assert_string_equal(sim_state(&f, "/MasterUserPassword"), "");
	assert_string_equal(sim_state(&f, "/DBInstanceIdentifier"), str_cstr(&f.op.id));
	assert_true(text_starts(text_of(sim_state(&f, "/DBInstanceArn")), "arn:aws:rds:east:"));
	snprintf(address, sizeof(address), "%s", sim_state(&f, "/Endpoint/Address"));
	assert_true(text_ends(text_of(address), ".sim.example"));
	assert_int_equal(sim_call_find(&f, &c), HD_OK);
	assert_string_equal(sim_state(&f, "/Endpoint/Address"), address);
	assert_int_equal(sim_count(&f, "SELECT count(*) FROM resource, log WHERE "
				       "instr(resource.properties || log.properties, 'tulip')"),
			 0);
	sim_stop(&f);
}

static void names_are_taken_once(void **state)
{
	struct sim_call one = {.type = "AWS::S3::Bucket",
			       .key = "k1",
			       .desired = "{\"BucketName\":\"shop\"}"},
			two = one;
	struct sim_fixture f;

	(void)state;
	two.key = "k2";
	sim_start(&f, "{}");
	assert_int_equal(sim_call_create(&f, &one), HD_OK);
	assert_string_equal(str_cstr(&f.op.id), "shop");
	assert_int_equal(sim_call_create(&f, &one), HD_OK);
	assert_int_equal(sim_call_create(&f, &two), HD_EXISTS);
	assert_string_equal(str_cstr(&f.op.code), "HD5212 ");
	assert_int_equal(sim_call_find(&f, &two), HD_NOTFOUND);
	two.key = NULL;
	assert_int_equal(sim_call_find(&f, &two), HD_OK);
	sim_again(&f, "{\"Region\": \"west\"}");
	two.key = "k2";
	assert_int_equal(sim_call_create(&f, &two), HD_OK);
	sim_stop(&f);
}

static void what_the_schema_forbids_is_refused(void **state)
{
	struct sim_call c = {.type = "AWS::EC2::Subnet",
			     .key = "k1",
			     .desired = "{\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.0.0.0/24\"}"};
	struct sim_fixture f;
	char id[64];

	(void)state;
	sim_start(&f, "{}");
	assert_int_equal(sim_call_create(&f, &c), HD_OK);
	snprintf(id, sizeof(id), "%s", str_cstr(&f.op.id));
	c = (struct sim_call){.type = c.type,
			      .id = id,
			      .key = "k2",
			      .desired = "{\"VpcId\":\"vpc-2\",\"CidrBlock\":\"10.0.0.0/24\"}"};
	assert_int_equal(sim_call_update(&f, &c), HD_FATAL);
	assert_string_equal(str_cstr(&f.op.code), "HD5213 ");
	c = (struct sim_call){.type = c.type, .key = "k3", .desired = "{}"};
	assert_int_equal(sim_call_create(&f, &c), HD_FATAL);
	assert_string_equal(str_cstr(&f.op.code), "HD5214 ");
	c.type = "Nobody::Knows::This";
	assert_int_equal(sim_call_create(&f, &c), HD_FATAL);
	assert_string_equal(str_cstr(&f.op.code), "HD5204 ");
	sim_stop(&f);
}

static void snapshots_of_what_has_them(void **state)
{
	struct sim_call c = {.type = DB, .key = "k1", .desired = "{" PROPERTIES "}"};
	struct sim_fixture f;
	char id[64], snapshot[64];

	(void)state;
	sim_start(&f, "{}");
	sim_call_create(&f, &c);
	snprintf(id, sizeof(id), "%s", str_cstr(&f.op.id));
	c = (struct sim_call){.type = DB, .id = id, .key = "k2", .action = "snapshot"};
	assert_int_equal(sim_call_act(&f, &c), HD_OK);
	assert_true(text_starts(str_text(&f.op.result), "{\"SnapshotId\": \"snap-"));
	snprintf(snapshot, sizeof(snapshot), "%s", str_cstr(&f.op.result));
	assert_int_equal(sim_call_act(&f, &c), HD_OK);
	assert_string_equal(str_cstr(&f.op.result), snapshot);
	assert_int_equal(sim_count(&f, "SELECT count(*) FROM log WHERE action = 'snapshot'"), 1);
	c.type = "Sim::Node";
	assert_int_equal(sim_call_act(&f, &c), HD_FATAL);
	assert_string_equal(str_cstr(&f.op.code), "HD5215 ");
	sim_stop(&f);
}

/* --- settings -------------------------------------------------------------------------- */

static void settings_that_cannot_be_used(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{\"Lateny\": {}}",
		"{\"Latency\": 5}",
		"{\"Latency\": {\"*\": 5}}",
		"{\"Latency\": {\"*\": {\"crate\": 5}}}",
		"{\"Latency\": {\"*\": {\"create\": \"9s..2s\"}}}",
		"{\"Latency\": {\"*\": {\"create\": \"9s p95\"}}}",
		"{\"Latency\": {\"*\": {\"create\": {\"Cal\": 1}}}}",
		"{\"Latency\": {\"*\": {\"create\": \"9999999d\"}}}",
		"{\"Seed\": \"x\"}",
		"{\"File\": 5}",
		"{\"IdempotencyKeys\": \"maybe\"}",
		"{\"PollInterval\": 0}",
		"{\"ConnectTimeout\": \"2m\"}",
		"{\"Dead\": \"east\"}",
		"{\"Dead\": [5]}",
		"{\"Slow\": {\"east\": -1}}",
		"{\"Slow\": [\"east\"]}",
		"{\"Faults\": {}}",
		"{\"Faults\": [5]}",
		"{\"Faults\": [{}]}",
		"{\"Faults\": [{\"Fault\": \"thottle\"}]}",
		"{\"Faults\": [{\"Fault\": \"throttle\", \"Nht\": 1}]}",
		"{\"Faults\": [{\"Fault\": \"throttle\", \"Nth\": 0}]}",
		"{\"Faults\": [{\"Fault\": \"throttle\", \"Probability\": 2}]}",
		"{\"Faults\": [{\"Fault\": \"throttle\", \"Operation\": []}]}",
		"{\"Faults\": [{\"Fault\": \"throttle\", \"RetryAfter\": \"1s..2s\"}]}",
		"{\"Faults\": \"absent.json\"}",
		"{\"Durations\": 1}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct sim_fixture f;

		sim_start(&f, bad[i]);
		if (f.session || strcmp(str_cstr(&f.op.code), "HD5203 ") != 0)
			fail_msg("%s: %s", bad[i], str_cstr(&f.op.code));
		sim_stop(&f);
	}
}

static void durations_have_three_forms(void **state)
{
	struct sim_dice dice = {7, {TEXT_LIT("a"), TEXT_LIT("b"), TEXT_LIT("c"), TEXT_LIT("")}};
	struct sim_duration d;
	int above_median = 0, above_tail = 0;
	char number[16];

	(void)state;
	assert_true(duration_parse(TEXT_LIT("50ms"), &d));
	assert_int_equal(duration_draw(&d, &dice), 50);
	assert_true(duration_parse(TEXT_LIT("50ms..60ms"), &d));
	for (int i = 0; i < 100; i++) {
		snprintf(number, sizeof(number), "%d", i);
		dice.occasion[3] = text_of(number);
		assert_in_range(duration_draw(&d, &dice), 50, 60);
	}
	assert_true(duration_parse(TEXT_LIT("2s p95 9s"), &d));
	for (int i = 0; i < 1000; i++) {
		snprintf(number, sizeof(number), "%d", i);
		dice.occasion[3] = text_of(number);
		above_median += duration_draw(&d, &dice) > 2000;
		above_tail += duration_draw(&d, &dice) > 9000;
	}
	assert_in_range(above_median, 450, 550);
	assert_in_range(above_tail, 30, 70);
	assert_int_equal(duration_draw(&d, &dice), duration_draw(&d, &dice));
}

/* --- threads -------------------------------------------------------------------------------- */

#define THREADS 8
#define EACH 50

struct worker {
	struct sim_fixture *f;
	int number, failed;
};

static void *work(void *context)
{
	struct worker *w = context;
	char key[32];

	for (int i = 0; i < EACH; i++) {
		struct sim_fixture mine = *w->f;
		struct sim_call c = {.type = i % 2 ? DB : "Sim::Node",
				     .key = key,
				     .desired = "{" PROPERTIES "}"};

		/* Every key twice, from two threads at once. */
		snprintf(key, sizeof(key), "key %d", w->number / 2 * EACH + i);
		memset(&mine.op, 0, sizeof(mine.op));
		w->failed += sim_call_create(&mine, &c) != HD_OK;
		w->failed += sim_call_find(&mine, &c) != HD_OK;
		provider_op_release(&mine.op);
	}
	return NULL;
}

static void threads_share_a_session(void **state)
{
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	struct sim_fixture f;

	(void)state;
	sim_start(&f, "{\"Latency\": {\"*\": {\"create\": \"0ms..2ms\"}}}");
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){&f, i, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(workers[i].failed, 0);
	}
	assert_int_equal(sim_count(&f, "SELECT count(*) FROM resource"), THREADS / 2 * EACH);
	sim_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_come_from_the_schema),
		cmocka_unit_test(names_are_taken_once),
		cmocka_unit_test(what_the_schema_forbids_is_refused),
		cmocka_unit_test(snapshots_of_what_has_them),
		cmocka_unit_test(settings_that_cannot_be_used),
		cmocka_unit_test(durations_have_three_forms),
		cmocka_unit_test(threads_share_a_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
