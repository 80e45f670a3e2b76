/* test_view_drift.c - a comparison of many stack instances with the world, as text and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/json_plan.h"
#include "cli/view.h"

#define MOST 32

static const struct style plain = {false};
static const struct manifest manifest = {.project = "shop"};
static const struct project project = {.manifest = &manifest};
static const struct record recorded = {.type = "Sim::Node", .deposed = "", .id = "x"};

/* Instances of one resource each: web/1/east, web/2/east and so on. */
struct set {
	struct change changes[MOST];
	struct instance_plan instances[MOST];
	char names[MOST][4];
	struct plan plan;
};

static void add(struct set *s, enum drift_status status, size_t count)
{
	for (; count; count--) {
		size_t i = s->plan.instance_count++;
		struct instance_id id = {"web", s->names[i], "east"};

		snprintf(s->names[i], sizeof(s->names[i]), "%zu", i + 1);
		s->instances[i] =
			(struct instance_plan){.id = id, .first_change = i, .change_count = 1};
		s->changes[i] = (struct change){
			.addr = {id, "Node"},
			.type = recorded.type,
			.before = &recorded,
			.unknown_pointers = "[]",
			.sensitive_pointers = "[]",
			.drift = status,
		};
		if (status == DRIFT_DELETED) {
			s->changes[i].action = ACTION_CREATE;
			s->changes[i].reason = REASON_GONE;
			s->plan.drifted++;
		}
		s->plan.unread += status == DRIFT_FAILED;
		s->plan.change_count++;
	}
	s->plan.project = &project;
	s->plan.changes = s->changes;
	s->plan.instances = s->instances;
}

static void shows(const struct set *s, const char *expected)
{
	struct str out = STR_INIT;

	view_plan(&out, &s->plan, PLAN_FOR_DRIFT, &plain);
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
}

static void all_in_sync(void **state)
{
	struct set s = {0};

	(void)state;
	add(&s, DRIFT_IN_SYNC, 3);
	shows(&s, "No drift: 3 resources are as recorded.\n3 instances: 3 IN_SYNC\n");
}

static void what_failed_and_what_was_not_asked_is_named(void **state)
{
	struct set s = {0};

	(void)state;
	add(&s, DRIFT_IN_SYNC, 2);
	add(&s, DRIFT_FAILED, 1);
	add(&s, DRIFT_NOT_CHECKED, 2);
	shows(&s, "No drift in what could be read; 1 of 5 resources could not be read, 2 were not "
		  "asked.\n"
		  "5 instances: 2 IN_SYNC, 1 FAILED, 2 NOT_CHECKED\n"
		  "  FAILED       web/3/east\n"
		  "  NOT_CHECKED  web/4/east, web/5/east\n");
}

static void drift_comes_with_the_summary(void **state)
{
	struct set s = {0};

	(void)state;
	add(&s, DRIFT_DELETED, 1);
	add(&s, DRIFT_FAILED, 1);
	shows(&s, "Drift in project shop: 1 resource differs from what was applied\n"
		  "(0 in sync, 0 changed, 1 gone, 1 not checked)\n"
		  "2 instances: 1 DRIFTED, 1 FAILED\n"
		  "  FAILED       web/2/east\n"
		  "(from what should be there to what is there)\n"
		  "(1 of 2 resources could not be read)\n"
		  "\n"
		  "web/1/east\n"
		  "\n"
		  "  - web/1/east/Node  Sim::Node  is not there any more\n"
		  "\n"
		  "'hadeploy apply --refresh' mends it.\n");
}

static void many_names_are_counted(void **state)
{
	struct set s = {0};

	(void)state;
	add(&s, DRIFT_FAILED, 1);
	add(&s, DRIFT_NOT_CHECKED, 14);
	shows(&s, "No drift in what could be read; 1 of 15 resources could not be read, 14 were "
		  "not asked.\n"
		  "15 instances: 1 FAILED, 14 NOT_CHECKED\n"
		  "  FAILED       web/1/east\n"
		  "  NOT_CHECKED  web/2/east, web/3/east, web/4/east, web/5/east, web/6/east and "
		  "9 more\n");
}

/* Of an instance what could not be read weighs more than what differs. */
static void an_instance_is_as_the_worst_of_it(void **state)
{
	static const struct {
		enum drift_status of[2], whole;
	} rows[] = {
		{{DRIFT_IN_SYNC, DRIFT_IN_SYNC}, DRIFT_IN_SYNC},
		{{DRIFT_IN_SYNC, DRIFT_NOT_CHECKED}, DRIFT_NOT_CHECKED},
		{{DRIFT_CHANGED, DRIFT_NOT_CHECKED}, DRIFT_CHANGED},
		{{DRIFT_DELETED, DRIFT_IN_SYNC}, DRIFT_CHANGED},
		{{DRIFT_CHANGED, DRIFT_FAILED}, DRIFT_FAILED},
		{{DRIFT_NOT_CHECKED, DRIFT_FAILED}, DRIFT_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct change changes[2] = {{.drift = rows[i].of[0]}, {.drift = rows[i].of[1]}};
		struct plan p = {.changes = changes, .change_count = 2};
		struct instance_plan in = {.change_count = 2};
		struct drift_counts n;

		assert_int_equal(plan_drift_of(&p, &in, &n), rows[i].whole);
		assert_true(n.of[rows[i].of[0]] && n.of[rows[i].of[1]]);
	}
}

/* --- JSON ------------------------------------------------------------------------------- */

static void add_line(void *context, json_t *line)
{
	struct str *out = context;
	char *text;

	text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
	str_printf(out, "%s\n", text);
	free(text);
	json_decref(line);
}

static void json_tells_of_each_instance(void **state)
{
	struct set s = {0};
	struct str out = STR_INIT;

	(void)state;
	add(&s, DRIFT_IN_SYNC, 1);
	add(&s, DRIFT_FAILED, 1);
	add(&s, DRIFT_NOT_CHECKED, 1);
	json_plan_each(&s.plan, PLAN_FOR_DRIFT, add_line, &out);
	assert_non_null(strstr(str_cstr(&out),
			       "\"instances\":{\"drifted\":0,\"failed\":1,\"in_sync\":1,"
			       "\"not_checked\":1,\"total\":3}"));
	assert_non_null(strstr(str_cstr(&out), "\"address\":\"web/2/east/Node\""));
	assert_non_null(strstr(str_cstr(&out), "\"status\":\"NOT_CHECKED\",\"type\":\"change\""));
	/* What was not asked is only counted. */
	assert_null(strstr(str_cstr(&out), "web/3/east/Node"));
	assert_non_null(strstr(str_cstr(&out),
			       "\"instance\":\"web/2/east\",\"not_checked\":1,"
			       "\"schema\":1,\"status\":\"FAILED\",\"type\":\"drift\""));
	assert_non_null(strstr(str_cstr(&out), "\"instance\":\"web/3/east\",\"not_checked\":1,"
					       "\"schema\":1,\"status\":\"NOT_CHECKED\""));
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_in_sync),
		cmocka_unit_test(what_failed_and_what_was_not_asked_is_named),
		cmocka_unit_test(drift_comes_with_the_summary),
		cmocka_unit_test(many_names_are_counted),
		cmocka_unit_test(an_instance_is_as_the_worst_of_it),
		cmocka_unit_test(json_tells_of_each_instance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
