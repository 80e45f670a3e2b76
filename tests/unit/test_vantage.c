/* test_vantage.c - checks that are asked from several places, and what they are together. */
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

#define HEAD                                                                    \
	"Project: p\n"                                                          \
	"Regions:\n"                                                            \
	"  east:\n"                                                             \
	"    Hosts:\n"                                                          \
	"      e1: {Address: 10.0.0.1, Roles: [web]}\n"                         \
	"      e2: {Address: 10.0.0.2, Roles: [web]}\n"                         \
	"  west: {Hosts: {w1: {Address: 10.1.0.1}, w2: {Address: 10.1.0.2}}}\n" \
	"Stacks: {web: {Template: t, Targets: [east]}}\n"
#define CHECK(body) HEAD "HealthChecks: {c: {" body "}}\n"

/* "LABEL|PROVIDER in REGION|ARGS" of each probe; "--" between endpoints. */
static void check_probes_are(const char *yaml, const char *wanted)
{
	struct reading r = read_good(yaml);
	const struct check_place place = {r.m, manifest_region(r.m, "east"), ACCOUNT_NONE, NULL,
					  NULL};
	struct check_probe_list probes;
	struct str text = STR_INIT;

	assert_int_equal(check_probes(r.a, manifest_check(r.m, "c"), &place, &probes, &r.d), 0);
	for (size_t i = 0; i < probes.count; i++) {
		const struct check_probe *p = &probes.items[i];

		if (i && p->endpoint != probes.items[i - 1].endpoint)
			str_add(&text, "--\n");
		str_printf(&text, "%s|%s in %s%s|%s\n", p->label, p->provider, p->from->name,
			   p->remote ? " remote" : "", p->args);
	}
	assert_string_equal(str_cstr(&text), wanted);
	str_release(&text);
	forget(&r);
}

static void every_endpoint_is_asked_from_everywhere(void **state)
{
	(void)state;
	check_probes_are(CHECK("Type: TCP, Address: '${Host}', Port: 80, From: [local, west, w2]"),
			 "c of e1 (east) from local|probe in east|{\"Address\":\"10.0.0.1\","
			 "\"Name\":\"c\",\"Port\":\"80\",\"Timeout\":5000,\"Type\":\"TCP\"}\n"
			 "c of e1 (east) from west|ssh in west remote|{\"Address\":\"10.0.0.1\","
			 "\"From\":{\"Host\":\"w1\"},\"Name\":\"c\",\"Port\":\"80\","
			 "\"Timeout\":5000,\"Type\":\"TCP\"}\n"
			 "c of e1 (east) from w2|ssh in west remote|{\"Address\":\"10.0.0.1\","
			 "\"From\":{\"Host\":\"w2\"},\"Name\":\"c\",\"Port\":\"80\","
			 "\"Timeout\":5000,\"Type\":\"TCP\"}\n"
			 "--\n"
			 "c of e2 (east) from local|probe in east|{\"Address\":\"10.0.0.2\","
			 "\"Name\":\"c\",\"Port\":\"80\",\"Timeout\":5000,\"Type\":\"TCP\"}\n"
			 "c of e2 (east) from west|ssh in west remote|{\"Address\":\"10.0.0.2\","
			 "\"From\":{\"Host\":\"w1\"},\"Name\":\"c\",\"Port\":\"80\","
			 "\"Timeout\":5000,\"Type\":\"TCP\"}\n"
			 "c of e2 (east) from w2|ssh in west remote|{\"Address\":\"10.0.0.2\","
			 "\"From\":{\"Host\":\"w2\"},\"Name\":\"c\",\"Port\":\"80\","
			 "\"Timeout\":5000,\"Type\":\"TCP\"}\n");
}

static void without_from_it_is_asked_from_here(void **state)
{
	(void)state;
	check_probes_are(CHECK("Type: TCP, Address: a, Port: 80"),
			 "c (east)|probe in east|{\"Address\":\"a\",\"Name\":\"c\",\"Port\":\"80\","
			 "\"Timeout\":5000,\"Type\":\"TCP\"}\n");
}

static void a_command_is_run_on_the_hosts_themselves(void **state)
{
	(void)state;
	check_probes_are(
		CHECK("Type: SSH, Command: 'test -w /data'"),
		"c of e1 (east)|ssh in east|{\"Command\":\"test -w /data\",\"Host\":\"e1\","
		"\"Name\":\"c\",\"Timeout\":5000,\"Type\":\"SSH\"}\n"
		"--\n"
		"c of e2 (east)|ssh in east|{\"Command\":\"test -w /data\",\"Host\":\"e2\","
		"\"Name\":\"c\",\"Timeout\":5000,\"Type\":\"SSH\"}\n");
}

static void the_name_that_is_asked_for_is_not_the_checks(void **state)
{
	(void)state;
	check_probes_are(CHECK("Type: DNS, Name: www.shop.test., Contains: ['${Region}']"),
			 "c (east)|probe in east|{\"Contains\":[\"east\"],\"Domain\":"
			 "\"www.shop.test.\",\"Name\":\"c\",\"Timeout\":5000,\"Type\":\"DNS\"}\n");
}

/* One letter per vantage point: + healthy, - unhealthy, x could not ask, . not yet. */
static enum voice voice_of(char c)
{
	static const char letters[] = ".+-x";

	return (enum voice)(strchr(letters, c) - letters);
}

static void so_many_must_say_that_it_is_unhealthy(void **state)
{
	static const char *const from[] = {"a", "b", "c"};
	static const struct {
		const char *said;
		size_t quorum;
		enum gauge_state is;
	} rows[] = {
		{"+", 1, GAUGE_HEALTHY},     {"-", 1, GAUGE_UNHEALTHY},
		{".", 1, GAUGE_UNKNOWN},     {"x", 1, GAUGE_UNKNOWN},
		{"+++", 2, GAUGE_HEALTHY},   {"++-", 2, GAUGE_HEALTHY},
		{"+--", 2, GAUGE_UNHEALTHY}, {"---", 2, GAUGE_UNHEALTHY},
		{"+-.", 2, GAUGE_UNKNOWN},   {"++.", 2, GAUGE_HEALTHY},
		{"--.", 2, GAUGE_UNHEALTHY}, {"...", 2, GAUGE_UNKNOWN},
		{"+-x", 2, GAUGE_HEALTHY},   {"-xx", 2, GAUGE_UNKNOWN},
		{"+xx", 2, GAUGE_HEALTHY},   {"xxx", 2, GAUGE_UNKNOWN},
		{"--x", 2, GAUGE_UNHEALTHY}, {"-++", 1, GAUGE_UNHEALTHY},
		{"x++", 1, GAUGE_HEALTHY},   {"--+", 3, GAUGE_HEALTHY},
		{"--x", 3, GAUGE_UNKNOWN},   {"---", 3, GAUGE_UNHEALTHY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct manifest_check c = {.healthy_threshold = 1,
					   .unhealthy_threshold = 1,
					   .from = from,
					   .from_count = strlen(rows[i].said),
					   .quorum = rows[i].quorum};
		struct vantage v[3] = {{{GAUGE_UNKNOWN, 0, 0}, VOICE_NOT_YET}};

		for (size_t k = 0; k < c.from_count; k++)
			vantage_hear(&v[k], &c, voice_of(rows[i].said[k]));
		assert_int_equal(check_quorum(&c, v, c.from_count), rows[i].is);
		assert_int_equal(check_quorum_now(&c, v, c.from_count), rows[i].is);
	}
}

static void a_voice_that_was_lost_counts_anew(void **state)
{
	static const struct manifest_check c = {
		.healthy_threshold = 2, .unhealthy_threshold = 2, .from_count = 1, .quorum = 1};
	static const struct {
		const char *said;
		enum gauge_state is, now;
	} rows[] = {
		{"++", GAUGE_HEALTHY, GAUGE_HEALTHY},    {"++-", GAUGE_HEALTHY, GAUGE_UNHEALTHY},
		{"++-x", GAUGE_UNKNOWN, GAUGE_UNKNOWN},  {"++x-", GAUGE_UNKNOWN, GAUGE_UNHEALTHY},
		{"-x-", GAUGE_UNKNOWN, GAUGE_UNHEALTHY}, {"-x--", GAUGE_UNHEALTHY, GAUGE_UNHEALTHY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct vantage v = {{GAUGE_UNKNOWN, 0, 0}, VOICE_NOT_YET};

		for (const char *at = rows[i].said; *at; at++)
			vantage_hear(&v, &c, voice_of(*at));
		assert_int_equal(check_quorum(&c, &v, 1), rows[i].is);
		assert_int_equal(check_quorum_now(&c, &v, 1), rows[i].now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_endpoint_is_asked_from_everywhere),
		cmocka_unit_test(without_from_it_is_asked_from_here),
		cmocka_unit_test(a_command_is_run_on_the_hosts_themselves),
		cmocka_unit_test(the_name_that_is_asked_for_is_not_the_checks),
		cmocka_unit_test(so_many_must_say_that_it_is_unhealthy),
		cmocka_unit_test(a_voice_that_was_lost_counts_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
