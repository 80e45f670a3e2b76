/* The simulated cloud through its table: ids, keys, what is there, what is gone. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/sim_fixture.h"

static void test_same_key_same_thing(void **state)
{
	struct sim_call c = {.key = "k1", .desired = "{\"A\":1}"};
	struct sim_fixture f;
	char id[64];

	(void)state;
	sim_start(&f, "{}");
	assert_int_equal(sim_call_create(&f, &c), HD_OK);
	assert_int_equal(f.op.effect, HD_EFFECT_DONE);
	snprintf(id, sizeof(id), "%s", str_cstr(&f.op.id));
	assert_string_equal(sim_state(&f, "/Id"), id);
	assert_string_equal(sim_state(&f, "/A"), "1");
	assert_int_equal(sim_call_create(&f, &c), HD_OK);
	assert_int_equal(f.op.effect, HD_EFFECT_NONE);
	assert_string_equal(str_cstr(&f.op.id), id);
	assert_int_equal(sim_call_find(&f, &(struct sim_call){.key = "k1"}), HD_OK);
	assert_string_equal(str_cstr(&f.op.id), id);
	assert_int_equal(sim_call_find(&f, &(struct sim_call){.key = "k2"}), HD_NOTFOUND);
	assert_int_equal(sim_count(&f, "SELECT count(*) FROM resource"), 1);
	sim_stop(&f);
}

static void test_ignored_keys_make_twins(void **state)
{
	struct sim_call c = {.key = "k1", .desired = "{}"};
	struct sim_fixture f;

	(void)state;
	sim_start(&f, "{\"IdempotencyKeys\": \"ignored\"}");
	assert_int_equal(sim_call_create(&f, &c), HD_OK);
	assert_int_equal(sim_call_create(&f, &c), HD_OK);
	assert_int_equal(sim_count(&f, "SELECT count(DISTINCT id) FROM resource"), 2);
	sim_stop(&f);
}

static void test_life_of_a_thing(void **state)
{
	struct sim_call c = {.key = "k1", .desired = "{\"A\":1}"};
	struct sim_fixture f;
	char id[64];

	(void)state;
	sim_start(&f, "{}");
	sim_call_create(&f, &c);
	snprintf(id, sizeof(id), "%s", str_cstr(&f.op.id));
	c = (struct sim_call){.key = "k2", .id = id, .desired = "{\"A\":2}"};
	assert_int_equal(sim_call_update(&f, &c), HD_OK);
	assert_int_equal(f.op.effect, HD_EFFECT_DONE);
	assert_int_equal(sim_call_update(&f, &c), HD_OK);
	assert_int_equal(f.op.effect, HD_EFFECT_NONE);
	sim_again(&f, "{}");
	assert_int_equal(sim_call_read(&f, &c), HD_OK);
	assert_string_equal(sim_state(&f, "/A"), "2");
	assert_int_equal(sim_call_remove(&f, &c), HD_OK);
	assert_int_equal(sim_call_read(&f, &c), HD_NOTFOUND);
	assert_int_equal(sim_call_remove(&f, &c), HD_NOTFOUND);
	assert_int_equal(sim_call_update(&f, &c), HD_NOTFOUND);
	assert_string_equal(str_cstr(&f.op.code), "HD5202 ");
	assert_int_equal(sim_count(&f, "SELECT count(*) FROM log"), 3);
	sim_stop(&f);
}

static void test_secrets_are_not_kept(void **state)
{
	struct sim_call c = {.key = "k1",
			     .desired = "{\"A\":{\"Password\":\"tulip\"},\"B\":1}",
			     .sensitive = "[\"/A/Password\"]"};
	struct sim_fixture f;

	(void)state;
	sim_start(&f, "{}");
	assert_int_equal(sim_call_create(&f, &c), HD_OK);
	assert_string_equal(sim_state(&f, "/A/Password"), "");
	assert_int_equal(sim_count(&f, "SELECT count(*) FROM resource, log WHERE "
				       "instr(resource.properties || log.properties, 'tulip')"),
			 0);
	assert_int_equal(sim_count(&f, "SELECT count(*) FROM resource WHERE "
				       "json_extract(secrets, '$.\"/A/Password\"') <> ''"),
			 1);
	sim_stop(&f);
}

static void test_file_that_is_none(void **state)
{
	struct sim_fixture f;

	(void)state;
	sim_start(&f, "{\"File\": \"/dev/null/sim.db\"}");
	assert_null(f.session);
	assert_int_equal(f.status, HD_FATAL);
	assert_string_equal(str_cstr(&f.op.code), "HD5201 ");
	sim_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_key_same_thing),
		cmocka_unit_test(test_ignored_keys_make_twins),
		cmocka_unit_test(test_life_of_a_thing),
		cmocka_unit_test(test_secrets_are_not_kept),
		cmocka_unit_test(test_file_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
