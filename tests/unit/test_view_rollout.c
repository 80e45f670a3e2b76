/* test_view_rollout.c - rollouts, groups of alike instances, events and outcomes as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/json_plan.h"
#include "cli/view_group.h"
#include "cli/view_outcome.h"
#include "cli/view_rollout.h"
#include "tests/unit/planner_fixture.h"

static const struct style plain = {false};

#define TEMPLATE "Resources: {Thing: {Type: 'Fake::Thing', Properties: {Name: a}}}\n"
#define PLACES                                      \
	"Project: shop\n"                           \
	"Accounts: {dev: {}, prod: {}, test: {}}\n" \
	"Regions: {east: {Tags: {stage: canary}}, west: {}}\n"
#define TARGETS                                                                  \
	"Targets: [{Region: east, Account: dev}, {Region: east, Account: prod}," \
	" {Region: east, Account: test}, {Region: west, Account: dev},"          \
	" {Region: west, Account: prod}, {Region: west, Account: test}]"
#define WAVES "Waves: [{Name: canary, Where: {stage: canary}, Bake: 90s}, {}]"

/* A plan of the fixture's, laid out. */
static struct plan *laid_out(struct fixture *f, const char *manifest)
{
	const struct rollout_wishes none = {0};
	struct plan *p;

	fixture_open_project(f, manifest, TEMPLATE, NULL);
	assert_non_null(fixture_plan(f));
	p = ARENA_NEW(f->a, struct plan);
	*p = *f->plan;
	assert_int_equal(rollout_layout(f->a, p, &none, &p->rollouts, &f->d), 0);
	return p;
}

static void shows_rollouts(const char *manifest, const char *expected)
{
	struct str out = STR_INIT;
	struct fixture f;

	view_rollouts(&out, laid_out(&f, manifest), &plain);
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
	fixture_close(&f);
}

static void one_instance_has_no_rollout(void **state)
{
	(void)state;
	shows_rollouts("Project: shop\nRegions: {east: {}}\n"
		       "Stacks: {web: {Template: web.yaml, Targets: [east]}}\n",
		       "");
}

static void regions_one_by_one_need_no_rows(void **state)
{
	(void)state;
	shows_rollouts("Project: shop\nRegions: {east: {}, west: {}}\n"
		       "Stacks: {web: {Template: web.yaml, Targets: [east, west]}}\n",
		       "\nRollout of web\n"
		       "  2 instances: east, then west.\n"
		       "  The first failure stops it: what is under way ends, nothing more "
		       "starts.\n"
		       "  At most 1 of 2 instances can fail before it stops.\n");
}

static void waves_and_gates_are_steps(void **state)
{
	(void)state;
	shows_rollouts(PLACES "Stacks: {web: {Template: web.yaml, " TARGETS
			      ", Rollout: {MaxConcurrent: 2, " WAVES "}}}\n",
		       "\nRollout of web\n"
		       "  6 instances: east, then west; in a region 2 at a time (SOFT, "
		       "FailureTolerance\n  0).\n"
		       "  2 waves: canary (3), then wave 2 (3); a failure in any but the last "
		       "stops it.\n"
		       "  The first failure stops it: what is under way ends, nothing more "
		       "starts.\n"
		       "  At most 2 of 6 instances can fail before it stops.\n"
		       "  step   wave    what\n"
		       "  1-2    canary  east: dev, prod, test\n"
		       "  3      canary  gate: bakes 1m30s\n"
		       "  4-5    wave 2  west: dev, prod, test\n");
}

static void regions_that_go_together_are_one_row(void **state)
{
	(void)state;
	shows_rollouts(PLACES "Stacks: {web: {Template: web.yaml, " TARGETS
			      ", Rollout: {RegionConcurrency: PARALLEL}}}\n",
		       "\nRollout of web\n"
		       "  6 instances in 2 regions side by side; in a region all at the same "
		       "time (SOFT,\n  FailureTolerance 0).\n"
		       "  The first failure stops it: what is under way ends, nothing more "
		       "starts.\n"
		       "  At most 6 of 6 instances can fail before it stops.\n"
		       "  step   what\n"
		       "  1      east, west: 3 instances each\n");
}

static void add_line(void *context, json_t *line)
{
	json_canonical(line, context);
	json_decref(line);
}

static void json_has_steps_and_instances(void **state)
{
	struct fixture f;
	struct plan *p = laid_out(&f, PLACES "Stacks: {web: {Template: web.yaml, " TARGETS
					     ", Rollout: {MaxConcurrent: 50%, " WAVES "}}}\n");
	struct str text = STR_INIT;

	(void)state;
	json_rollouts_each(p, add_line, &text);
	assert_non_null(strstr(str_cstr(&text), "\"max_concurrent\":\"50%\""));
	assert_non_null(strstr(str_cstr(&text),
			       "{\"gate\":{\"bake_ms\":90000,\"health_checks\":[],\"step\":4},"
			       "\"name\":\"canary\",\"regions\":[{\"first_step\":1,"
			       "\"instances\":[\"web/dev/east\",\"web/prod/east\","
			       "\"web/test/east\"],\"last_step\":3,\"region\":\"east\"}]}"));
	assert_non_null(strstr(str_cstr(&text), "\"worst_case\":1"));
	str_release(&text);
	fixture_close(&f);
}

/* --- groups ------------------------------------------------------------------------------- */

static void places(const char *expected, size_t regions, size_t accounts, size_t missing)
{
	size_t count = regions * accounts - missing, n = 0;
	struct instance_id *ids = calloc(regions * accounts, sizeof(*ids));
	const struct instance_id **list = calloc(regions * accounts, sizeof(*list));
	struct arena *a = arena_new();
	struct str out = STR_INIT;

	for (size_t r = 0; r < regions; r++)
		for (size_t k = 0; k < accounts; k++)
			ids[n++] = (struct instance_id){
				"web", accounts > 1 ? arena_printf(a, "account%zu", k) : "-",
				arena_printf(a, "region%zu", r)};
	for (size_t i = 0; i < count; i++)
		list[i] = &ids[i];
	view_places(&out, list, count);
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
	arena_free(a);
	free((void *)list);
	free(ids);
}

static void places_are_named_or_counted(void **state)
{
	(void)state;
	places("region0, region1", 2, 1, 0);
	places("30 regions", 30, 1, 0);
	places("account0/region0, account1/region0", 1, 2, 0);
	places("100 accounts in region0", 1, 100, 0);
	places("8 regions x 100 accounts", 8, 100, 0);
	places("8 regions x 100 accounts but 2", 8, 100, 2);
	places("in 8 regions, 100 accounts", 8, 100, 95);
}

static void alike_instances_are_one_group(void **state)
{
	struct fixture f;
	struct plan *p = laid_out(&f, PLACES "Stacks: {web: {Template: web.yaml, " TARGETS "}}\n");
	struct view_groups all = view_groups_of(f.a, p, PLAN_FOR_PLAN, GROUP_EQUAL);
	struct str out = STR_INIT;

	(void)state;
	assert_int_equal(all.count, 1);
	assert_int_equal(all.items[0]->count, 6);
	assert_int_equal(all.items[0]->shown, 1);
	view_group_name(&out, all.items[0]);
	assert_string_equal(str_cstr(&out), "web: 6 instances (2 regions x 3 accounts)");
	str_clear(&out);
	((struct change *)&p->changes[4])->desired = "{\"Name\":\"b\"}";
	all = view_groups_of(f.a, p, PLAN_FOR_PLAN, GROUP_EQUAL);
	assert_int_equal(all.count, 2);
	assert_int_equal(all.items[1]->count, 1);
	view_group_name(&out, all.items[1]);
	assert_string_equal(str_cstr(&out), "web/test/east");
	assert_int_equal(view_groups_of(f.a, p, PLAN_FOR_PLAN, GROUP_NONE).count, 6);
	str_release(&out);
	fixture_close(&f);
}

/* --- events ------------------------------------------------------------------------------- */

static const struct instance_id east = {"web", "-", "east"}, whole = {"web", "", ""};

static void tells(struct event e, const char *expected)
{
	struct str out = STR_INIT;

	view_event(&out, &e, &plain);
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
}

static struct event ended(const char *status, size_t done, size_t total)
{
	return (struct event){.kind = EVENT_INSTANCE_ENDED,
			      .instance = &east,
			      .text = status,
			      .done = done,
			      .total = total};
}

static void a_few_instances_are_told_one_by_one(void **state)
{
	(void)state;
	tells(ended("SUCCEEDED", 1, 1), "");
	tells(ended("SUCCEEDED", 3, 12), "web/east: succeeded; 3 of 12 instances are over\n");
	tells(ended("CANCELLED", 4, 12), "web/east: cancelled; 4 of 12 instances are over\n");
	tells((struct event){.kind = EVENT_INSTANCE_STARTED, .instance = &east, .total = 12}, "");
}

static void of_many_only_failures_and_tenths(void **state)
{
	size_t lines = 0;

	(void)state;
	tells(ended("SUCCEEDED", 639, 6400), "");
	tells(ended("SUCCEEDED", 640, 6400), "web: 640 of 6400 instances are over\n");
	tells(ended("FAILED", 641, 6400), "web/east: failed; 641 of 6400 instances are over\n");
	for (size_t i = 1; i <= 6400; i++) {
		struct str out = STR_INIT;
		struct event e = ended("SUCCEEDED", i, 6400);

		view_event(&out, &e, &plain);
		lines += out.len > 0;
		str_release(&out);
	}
	assert_int_equal(lines, 10);
}

static void waves_bakes_and_gates_are_told(void **state)
{
	(void)state;
	tells((struct event){.kind = EVENT_WAVE, .instance = &east, .wave = "canary", .total = 2},
	      "web: wave canary begins, 2 instances\n");
	tells((struct event){.kind = EVENT_WAVE, .instance = &east, .total = 2}, "");
	tells((struct event){.kind = EVENT_BAKING,
			     .instance = &whole,
			     .wave = "canary",
			     .wait_ms = 250000},
	      "web: wave canary bakes, 4m10s left\n");
	tells(
		(struct event){
			.kind = EVENT_GATE, .instance = &whole, .wave = "canary", .text = "passed"},
		"web: wave canary, gate passed\n");
	tells((struct event){.kind = EVENT_GATE,
			     .instance = &whole,
			     .wave = "canary",
			     .text = "shop is unhealthy"},
	      "web: wave canary, gate not passed: shop is unhealthy\n");
	tells((struct event){.kind = EVENT_GATE, .instance = &east, .text = "passed"}, "");
	tells((struct event){.kind = EVENT_CHECK, .instance = &east, .text = "shop is healthy"},
	      "web/east: shop is healthy\n");
	tells((struct event){.kind = EVENT_CHECK,
			     .instance = &east,
			     .text = "shop is healthy",
			     .total = 21},
	      "");
}

/* --- outcomes ----------------------------------------------------------------------------- */

static void each_stack_says_how_its_instances_fared(void **state)
{
	static const char *const statuses[] = {"SUCCEEDED", "CANCELLED", "SUCCEEDED",
					       "CANCELLED", "FAILED",    "CANCELLED"};
	enum rollout_fault fault = ROLLOUT_TOLERANCE;
	size_t fault_at = 0;
	struct fixture f;
	struct run_result r = {.statuses = statuses, .faults = &fault, .fault_at = &fault_at};
	struct str out = STR_INIT;

	(void)state;
	r.plan = laid_out(&f, PLACES "Stacks: {web: {Template: web.yaml, " TARGETS "}}\n");
	view_outcomes(&out, &r, &plain);
	assert_string_equal(str_cstr(&out),
			    "  web: 2 of 6 instances succeeded, 1 failed, 3 cancelled\n"
			    "    more failed in east than FailureTolerance allows\n");
	str_release(&out);
	fixture_close(&f);
}

/* All changes went well, and the check behind them did not. */
static void a_rollout_that_failed_is_not_complete(void **state)
{
	static const char *const statuses[] = {"ROLLED_BACK", "ROLLED_BACK", "ROLLED_BACK",
					       "ROLLED_BACK", "ROLLED_BACK", "ROLLED_BACK"};
	enum rollout_fault fault = ROLLOUT_GATE_FAILS;
	size_t fault_at = 0;
	struct fixture f;
	struct run_result r = {.statuses = statuses, .faults = &fault, .fault_at = &fault_at};
	struct str out = STR_INIT;

	(void)state;
	r.plan = laid_out(&f, PLACES "Stacks: {web: {Template: web.yaml, " TARGETS "}}\n");
	view_result(&out, &r, RUN_APPLY, &plain);
	assert_true(text_starts(str_text(&out), "Apply failed: "));
	str_release(&out);
	fixture_close(&f);
}

static void says_again(const char *const *addresses, size_t count, const char *expected)
{
	static const char *const regions[] = {"a", "b", "c", "d", "e", "east", "west"};
	struct instance_ids ids = {0};
	struct arena *a = arena_new();
	struct str out = STR_INIT;
	struct map known = MAP_INIT;

	for (size_t i = 0; i < ARRAY_LEN(regions); i++)
		map_set(&known, text_of(regions[i]), &known);
	for (size_t i = 0; i < count; i++) {
		struct instance_id *id = ARENA_NEW(a, struct instance_id);

		if (view_instance_of(a, addresses[i], &known, id))
			*(const struct instance_id **)arena_vec_add(a, &ids) = id;
	}
	assert_int_equal(view_retry_command(&out, "apply", &ids), *expected != '\0');
	assert_string_equal(str_cstr(&out), expected);
	str_release(&out);
	map_release(&known);
	arena_free(a);
}

static void the_command_to_retry_names_stacks_and_regions(void **state)
{
	(void)state;
	says_again((const char *const[]){"web/west/Page"}, 1, "hadeploy apply web --region west");
	says_again((const char *const[]){"web/prod/west/Page", "web/dev/east", "net/east/A"}, 3,
		   "hadeploy apply web net --region west --region east");
	says_again((const char *const[]){"w/a/X", "w/b/X", "w/c/X", "w/d/X", "w/e/X"}, 5,
		   "hadeploy apply w");
	says_again((const char *const[]){"no address at all", "web/nowhere/Page"}, 2, "");
}

static void errors_of_a_run_say_where_and_what_to_do(void **state)
{
	struct map regions = MAP_INIT;
	struct diags d = DIAGS_INIT;
	struct str out = STR_INIT;

	(void)state;
	map_set(&regions, text_of("east"), &d);
	map_set(&regions, text_of("west"), &d);
	for (size_t i = 0; i < 2; i++) {
		struct diag *g = diag_add(&d, DIAG_SIM_DENIED, RANGE_NONE, "access denied");

		diag_address(&d, g, i ? "web/west/Page" : "web/east/Page");
	}
	view_diags_of_run(&out, &d, &(struct diag_run){"apply", &regions}, &plain);
	assert_string_equal(str_cstr(&out),
			    "error HD5210: access denied\n"
			    "  2 resources: web/east/Page, web/west/Page\n"
			    "  in 2 instances of web (east, west)\n"
			    "  retry: hadeploy apply web --region east --region west\n");
	str_release(&out);
	diags_release(&d);
	map_release(&regions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_instance_has_no_rollout),
		cmocka_unit_test(regions_one_by_one_need_no_rows),
		cmocka_unit_test(waves_and_gates_are_steps),
		cmocka_unit_test(regions_that_go_together_are_one_row),
		cmocka_unit_test(json_has_steps_and_instances),
		cmocka_unit_test(places_are_named_or_counted),
		cmocka_unit_test(alike_instances_are_one_group),
		cmocka_unit_test(a_few_instances_are_told_one_by_one),
		cmocka_unit_test(of_many_only_failures_and_tenths),
		cmocka_unit_test(waves_bakes_and_gates_are_told),
		cmocka_unit_test(each_stack_says_how_its_instances_fared),
		cmocka_unit_test(a_rollout_that_failed_is_not_complete),
		cmocka_unit_test(the_command_to_retry_names_stacks_and_regions),
		cmocka_unit_test(errors_of_a_run_say_where_and_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
