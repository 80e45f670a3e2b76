/* Health checks in the simulated cloud. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "providers/kit/span.h"
#include "tests/unit/sim_fixture.h"

/* 1: healthy, 0: not, -1: it could not be carried out. */
static int ask(struct sim_fixture *f, const char *name)
{
	struct str args = STR_INIT;
	json_t *result;
	int healthy;

	provider_op_release(&f->op);
	memset(&f->op, 0, sizeof(f->op));
	str_printf(&args, "{\"Name\": \"%s\", \"Type\": \"HTTP\", \"Timeout\": 100}", name);
	f->status = hadeploy_provider_sim.lookup(f->session, &f->op, span_of("check"),
						 span_of_str(&args));
	str_release(&args);
	result = json_parse(str_text(&f->op.result), NULL, NULL);
	healthy = f->status != HD_OK ? -1 : json_is_true(json_object_get(result, "Healthy"));
	json_decref(result);
	return healthy;
}

static void everything_is_healthy(void **state)
{
	struct sim_fixture f;

	(void)state;
	sim_start(&f, "{}");
	assert_int_equal(ask(&f, "shop"), 1);
	assert_non_null(strstr(str_cstr(&f.op.result), "\"Detail\":\"healthy in the simulation\""));
	sim_stop(&f);
}

static void a_named_check_is_unhealthy_for_so_many_answers(void **state)
{
	static const char settings[] =
		"{\"Faults\": [{\"Fault\": \"unhealthy\", \"Name\": \"sh*\", \"Region\": \"east\","
		" \"Times\": 2, \"Message\": \"HTTP 503 in 9 ms\"}]}";
	struct sim_fixture f;

	(void)state;
	sim_start(&f, settings);
	assert_int_equal(ask(&f, "queue"), 1);
	assert_int_equal(ask(&f, "shop"), 0);
	assert_non_null(strstr(str_cstr(&f.op.result), "HTTP 503 in 9 ms"));
	/* Another process goes on counting. */
	sim_again(&f, settings);
	assert_int_equal(ask(&f, "shop"), 0);
	assert_int_equal(ask(&f, "shop"), 1);
	sim_stop(&f);
}

static void an_address_says_where(void **state)
{
	static const char faults[] = "\"Faults\": [{\"Fault\": \"unhealthy\", "
				     "\"Address\": \"*/prod/east\"}]";
	struct str settings = STR_INIT;
	struct sim_fixture f;

	(void)state;
	str_printf(&settings, "{\"Account\": \"prod\", %s}", faults);
	sim_start(&f, str_cstr(&settings));
	assert_int_equal(ask(&f, "shop"), 0);
	str_clear(&settings);
	str_printf(&settings, "{\"Account\": \"dev\", %s}", faults);
	sim_again(&f, str_cstr(&settings));
	assert_int_equal(ask(&f, "shop"), 1);
	/* Resources are not checks. */
	assert_int_equal(sim_call_create(&f, &(struct sim_call){.key = "1"}), HD_OK);
	str_release(&settings);
	sim_stop(&f);
}

static void other_faults_of_a_check(void **state)
{
	struct sim_fixture f;

	(void)state;
	sim_start(&f, "{\"Faults\": ["
		      "{\"Fault\": \"server-error\", \"Operation\": \"check\", \"Nth\": 1},"
		      "{\"Fault\": \"timeout-before\", \"Operation\": \"check\", \"Times\": 1},"
		      "{\"Fault\": \"timeout-after\", \"Operation\": \"check\", \"Times\": 1},"
		      "{\"Fault\": \"denied\"}]}");
	assert_int_equal(ask(&f, "shop"), -1);
	assert_int_equal(f.status, HD_RETRY);
	assert_int_equal(ask(&f, "shop"), 0);
	assert_int_equal(ask(&f, "shop"), 0);
	assert_int_equal(ask(&f, "shop"), 1);
	sim_again(&f, "{\"Dead\": [\"east\"]}");
	assert_int_equal(ask(&f, "shop"), 0);
	assert_non_null(strstr(str_cstr(&f.op.result), "does not answer"));
	sim_stop(&f);
}

static void only_checks_are_unhealthy(void **state)
{
	struct sim_fixture f;

	(void)state;
	sim_start(&f, "{\"Faults\": [{\"Fault\": \"unhealthy\", \"Operation\": \"create\"}]}");
	assert_null(f.session);
	assert_string_equal(str_cstr(&f.op.code), "HD5203 ");
	assert_non_null(strstr(str_cstr(&f.op.detail), "only a check can be unhealthy"));
	sim_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_healthy),
		cmocka_unit_test(a_named_check_is_unhealthy_for_so_many_answers),
		cmocka_unit_test(an_address_says_where),
		cmocka_unit_test(other_faults_of_a_check),
		cmocka_unit_test(only_checks_are_unhealthy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
