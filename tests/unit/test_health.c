/* What is asked of whom, and how many answers mean something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/address.h"
#include "engine/health/health.h"
#include "tests/unit/manifest_fixture.h"

#define HEAD                                                           \
	"Project: p\n"                                                 \
	"Accounts: {prod: }\n"                                         \
	"Regions:\n"                                                   \
	"  east:\n"                                                    \
	"    Zones: [a]\n"                                             \
	"    Providers: {aws: {Region: eu-west-1}}\n"                  \
	"    Hosts:\n"                                                 \
	"      w1: {Address: 10.0.0.1, Zone: a, Roles: [web]}\n"       \
	"      w2: {Address: 'fd00::2', Roles: [web, db]}\n"           \
	"      d1: {Address: 10.0.0.3, Roles: [db]}\n"                 \
	"  west: {Hosts: {x: {Address: x.example, Roles: [cache]}}}\n" \
	"Stacks: {web: {Template: t, Targets: [east]}}\n"
#define CHECK(body) HEAD "HealthChecks: {c: {" body "}}\n"

static const char *give_output(void *context, const char *stack, const char *name)
{
	(void)context;
	return !strcmp(stack, "web") && !strcmp(name, "Url") ? "http://{{resolve:env:X}}/" : NULL;
}

/* The probes of check `c` in a region as text, "LABEL ARGS" each. */
static void check_texts(const char *yaml, const char *region, const char *account,
			const char *wanted)
{
	struct reading r = read_good(yaml);
	const struct check_place place = {r.m, manifest_region(r.m, region), account, give_output,
					  NULL};
	struct check_probe_list probes;
	struct str text = STR_INIT;

	assert_int_equal(check_probes(r.a, manifest_check(r.m, "c"), &place, &probes, &r.d), 0);
	for (size_t i = 0; i < probes.count; i++)
		str_printf(&text, "%s%s %s", i ? "\n" : "", probes.items[i].label,
			   probes.items[i].args);
	assert_string_equal(str_cstr(&text), wanted);
	str_release(&text);
	forget(&r);
}

static void a_check_that_names_the_host_asks_each_of_its_roles(void **state)
{
	(void)state;
	check_texts(CHECK("Type: HTTP, Url: 'http://${Host}:80/${HostName}?${Zone}', Roles: [web], "
			  "Interval: 1s, Timeout: 2s"),
		    "east", ACCOUNT_NONE,
		    "c of w1 (east) {\"Name\":\"c\",\"Timeout\":2000,\"Type\":\"HTTP\","
		    "\"Url\":\"http://10.0.0.1:80/w1?a\"}\n"
		    "c of w2 (east) {\"Name\":\"c\",\"Timeout\":2000,\"Type\":\"HTTP\","
		    "\"Url\":\"http://[fd00::2]:80/w2?\"}");
	check_texts(CHECK("Type: TCP, Address: '${Host}', Port: 22"), "west", "prod",
		    "c of x (west of prod) {\"Address\":\"x.example\",\"Name\":\"c\","
		    "\"Port\":\"22\",\"Timeout\":5000,\"Type\":\"TCP\"}");
}

static void other_checks_ask_once_in_a_place(void **state)
{
	(void)state;
	check_texts(CHECK("Type: COMMAND, Command: [ask, '${Region}', '${AwsRegion}', "
			  "'${Account}'], Environment: {A: '${!B}$C${'}"),
		    "east", "prod",
		    "c (east of prod) {\"Command\":[\"ask\",\"east\",\"eu-west-1\",\"prod\"],"
		    "\"Environment\":{\"A\":\"${B}$C${\"},\"Name\":\"c\",\"Timeout\":5000,"
		    "\"Type\":\"COMMAND\"}");
}

static void secrets_are_resolved_and_outputs_are_not(void **state)
{
	(void)state;
	setenv("HEALTH_TOKEN", "s3cret${Host}", 1);
	check_texts(CHECK("Type: HTTP, Url: '${web.Url}', Headers: {Authorization: 'Bearer "
			  "{{resolve:env:HEALTH_TOKEN}}'}"),
		    "east", ACCOUNT_NONE,
		    "c (east) {\"Headers\":{\"Authorization\":\"Bearer s3cret${Host}\"},"
		    "\"Name\":\"c\",\"Timeout\":5000,\"Type\":\"HTTP\","
		    "\"Url\":\"http://{{resolve:env:X}}/\"}");
	unsetenv("HEALTH_TOKEN");
}

static void check_failure(const char *yaml, const char *region, enum diag_code code,
			  const char *summary)
{
	struct reading r = read_good(yaml);
	const struct check_place place = {r.m, manifest_region(r.m, region), ACCOUNT_NONE,
					  give_output, NULL};
	struct check_probe_list probes;

	assert_int_equal(check_probes(r.a, manifest_check(r.m, "c"), &place, &probes, &r.d), -1);
	assert_int_equal(probes.count, 0);
	assert_int_equal(r.d.error_count, 1);
	assert_int_equal(r.d.first->code, code);
	assert_string_equal(r.d.first->summary, summary);
	assert_non_null(r.d.first->hint);
	forget(&r);
}

static void asking_nobody_is_an_error(void **state)
{
	(void)state;
	check_failure(CHECK("Type: TCP, Address: '${Host}', Port: 22, Roles: [web]"), "west",
		      DIAG_CHECK_HOSTS, "health check 'c' finds no host in region 'west'");
	check_failure(CHECK("Type: TCP, Address: '${web.Adress}', Port: 22"), "west",
		      DIAG_CHECK_OUTPUT,
		      "health check 'c' needs output 'Adress' of stack 'web', and there is none");
	check_failure(CHECK("Type: HTTP, Url: 'http://a/', Body: '{{resolve:env:NO_SUCH_ONE}}'"),
		      "west", DIAG_RESOLVE_UNSET, "environment variable 'NO_SUCH_ONE' is not set");
}

static void what_a_check_refers_to_is_there(void **state)
{
	static const struct fault faults[] = {
		{CHECK("Type: TCP, Address: '${Hots}', Port: 22"), DIAG_CHECK_VARIABLE, 13, 40,
		 "health check 'c' has no variable 'Hots'", "did you mean 'Host'?"},
		{CHECK("Type: COMMAND, Command: 'test -d ${HOME_OF_IT}'"), DIAG_CHECK_VARIABLE, 13,
		 44, "health check 'c' has no variable 'HOME_OF_IT'", "${!HOME_OF_IT}"},
		{CHECK("Type: TCP, Address: '${wbe.Address}', Port: 22"), DIAG_STACK_UNKNOWN, 13,
		 40, "health check 'c' names no stack: 'wbe'", "did you mean 'web'?"},
		{CHECK("Type: TCP, Address: '${Host}', Port: 22, Roles: [wbe]"), DIAG_CHECK_ROLES,
		 13, 69, "health check 'c' asks hosts with the role 'wbe', which none has",
		 "did you mean 'web'?"},
		{CHECK("Type: TCP, Address: a, Port: 22, Roles: [web]"), DIAG_CHECK_ROLES, 13, 60,
		 "health check 'c' has 'Roles' and is about no host", "${Host}"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void thresholds_are_answers_in_a_row(void **state)
{
	static const struct manifest_check c = {.healthy_threshold = 2, .unhealthy_threshold = 3};
	static const struct {
		const char *answers;
		enum gauge_state state;
	} rows[] = {
		{"+", GAUGE_UNKNOWN},     {"++", GAUGE_HEALTHY},      {"+-+", GAUGE_UNKNOWN},
		{"--", GAUGE_UNKNOWN},    {"---", GAUGE_UNHEALTHY},   {"--+--", GAUGE_UNKNOWN},
		{"++--", GAUGE_HEALTHY},  {"++---", GAUGE_UNHEALTHY}, {"---+", GAUGE_UNHEALTHY},
		{"---++", GAUGE_HEALTHY}, {"++--+--", GAUGE_HEALTHY}, {"", GAUGE_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct gauge g = {GAUGE_UNKNOWN, 0, 0};

		for (const char *p = rows[i].answers; *p; p++)
			gauge_add(&g, &c, *p == '+');
		assert_int_equal(g.state, rows[i].state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_check_that_names_the_host_asks_each_of_its_roles),
		cmocka_unit_test(other_checks_ask_once_in_a_place),
		cmocka_unit_test(secrets_are_resolved_and_outputs_are_not),
		cmocka_unit_test(asking_nobody_is_an_error),
		cmocka_unit_test(what_a_check_refers_to_is_there),
		cmocka_unit_test(thresholds_are_answers_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
