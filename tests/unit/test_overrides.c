/* test_overrides.c - parameters that runbooks have set: they hold until they are given up. */
#include "tests/unit/run_bench.h"

#include <string.h>

#include "engine/runbook/journal.h"
#include "engine/saved_plan.h"

#define TEMPLATE                                                                 \
	"Parameters: {Capacity: {Type: Number, Default: 7}, Pw: {Type: String, " \
	"Default: '', NoEcho: true}}\n"                                          \
	"Resources:\n"                                                           \
	"  A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: !Ref Capacity}}\n"

#define MANIFEST                                                                  \
	"Project: shop\nRegions: {east: {}, west: {}}\n"                          \
	"Stacks: {web: {Template: web.yaml, Parameters: {Capacity: 1}, Targets: " \
	"[east]}}\n"

static void project(struct bench *b)
{
	bench_manifest(b, MANIFEST);
	bench_template(b, TEMPLATE);
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(cloud_property("a", "Size"), "1");
}

static struct state *store(struct bench *b)
{
	struct state *s = engine_state(bench_engine(b), STATE_WRITE, &b->d);

	assert_non_null(s);
	return s;
}

static void set(struct state *s, const char *parameter, const char *value)
{
	struct diags d = DIAGS_INIT;
	struct parameter_override o = {
		.instance = {"web", ACCOUNT_NONE, "east"},
		.parameter = parameter,
		.value = value,
		.execution = "20261121-1",
		.runbook = "failover",
	};

	assert_int_equal(journal_put_overrides(s, &o, 1, &d), 0);
	diags_release(&d);
}

static size_t recorded(struct bench *b)
{
	struct override_list list = {0};

	assert_int_equal(journal_load_overrides(bench_state(b), b->a, &list, &b->d), 0);
	return list.count;
}

static void what_a_runbook_has_set_goes_before_the_manifest(void **state)
{
	struct bench *b = *state;
	const struct diag *g;

	project(b);
	set(store(b), "Capacity", "3");
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(cloud_property("a", "Size"), "3");
	g = bench_diag(b, DIAG_OVERRIDE_HOLDS);
	assert_string_equal(g->summary, "web/east: Capacity 3 was set by runbook 'failover'; the "
					"manifest says 1");
	assert_string_equal(g->detail, "Execution 20261121-1 set it.");
	assert_non_null(bench_plan(b, REFRESH_NO));
	assert_true(bench_said(b, DIAG_OVERRIDE_HOLDS));
	assert_int_equal(recorded(b), 1);
}

/* Nothing differs, so there is nothing to say; it holds all the same. */
static void what_is_the_same_is_not_told(void **state)
{
	struct bench *b = *state;

	project(b);
	set(store(b), "Capacity", "1");
	assert_non_null(bench_plan(b, REFRESH_NO));
	assert_false(bench_said(b, DIAG_OVERRIDE_HOLDS));
	assert_int_equal(recorded(b), 1);
}

static void the_command_line_goes_before_a_runbook_and_says_so(void **state)
{
	struct bench *b = *state;

	project(b);
	set(store(b), "Capacity", "3");
	bench_param(b, "Capacity", "5");
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(cloud_property("a", "Size"), "3");
	b->param.from_arguments = true;
	b->param.origin = "--param";
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(cloud_property("a", "Size"), "5");
	assert_true(bench_said(b, DIAG_OVERRIDE_OVERRULED));
	assert_false(bench_said(b, DIAG_OVERRIDE_HOLDS));
	assert_int_equal(recorded(b), 1);
}

static void overrides_are_given_up_when_asked_for(void **state)
{
	struct bench *b = *state;

	project(b);
	set(store(b), "Capacity", "3");
	assert_int_equal(bench_apply(b), 0);
	b->selection.overrides = OVERRIDES_DROPPED;
	b->declines = true;
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(recorded(b), 1);
	b->declines = false;
	assert_non_null(bench_plan(b, REFRESH_NO));
	assert_string_equal(bench_diag(b, DIAG_OVERRIDE_DROPPED)->summary,
			    "web/east: Capacity 3, set by runbook 'failover', is given up; the "
			    "manifest says 1");
	assert_int_equal(recorded(b), 1);
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(cloud_property("a", "Size"), "1");
	assert_int_equal(recorded(b), 0);
}

static void overrides_without_a_change_are_given_up_too(void **state)
{
	struct bench *b = *state;

	project(b);
	set(store(b), "Capacity", "1");
	b->selection.overrides = OVERRIDES_DROPPED;
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(recorded(b), 0);
}

static void a_parameter_that_is_no_more_is_a_warning(void **state)
{
	struct bench *b = *state;

	project(b);
	set(store(b), "Colour", "red");
	assert_int_equal(bench_apply(b), 0);
	assert_true(bench_said(b, DIAG_OVERRIDE_UNDECLARED));
	assert_int_equal(b->d.error_count, 0);
}

static void what_became_secret_is_not_shown(void **state)
{
	struct bench *b = *state;

	project(b);
	set(store(b), "Pw", "tiger7");
	assert_int_equal(bench_apply(b), 0);
	assert_false(bench_said(b, DIAG_OVERRIDE_HOLDS));
	for (const struct diag *g = b->d.first; g; g = g->next)
		assert_null(strstr(g->summary, "tiger7"));
}

/* A runbook comes between the reading of the project and its locks. */
static void a_run_that_was_read_before_changes_nothing(void **state)
{
	struct bench *b = *state;
	struct run_request q = {.mode = RUN_APPLY};
	struct state *other;
	struct engine *e;

	project(b);
	bench_template(b, TEMPLATE "  B: {Type: 'Cloud::Thing', Properties: {Name: b}}\n");
	e = bench_engine(b);
	other = engine_state_open(b->dir, STATE_WRITE, &b->clock.base, &b->d);
	assert_non_null(other);
	set(other, "Capacity", "3");
	state_close(other);
	assert_int_equal(engine_run(e, &q, &b->result, &b->d), -1);
	assert_true(bench_said(b, DIAG_OVERRIDE_CHANGED));
	assert_false(cloud_has("b"));
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(cloud_property("a", "Size"), "3");
}

static void a_destroy_forgets_them(void **state)
{
	struct bench *b = *state;

	project(b);
	set(store(b), "Capacity", "3");
	assert_int_equal(bench_destroy(b), 0);
	assert_int_equal(recorded(b), 0);
}

static void a_saved_plan_notices_that_they_changed(void **state)
{
	struct bench *b = *state;
	const char *made_from = NULL;
	struct run_request q = {.mode = RUN_APPLY, .made_from = &made_from};
	const char *first;

	project(b);
	assert_non_null(bench_plan_with(b, &q));
	first = arena_strdup(b->a, made_from);
	set(store(b), "Capacity", "1");
	assert_non_null(bench_plan_with(b, &q));
	assert_string_not_equal(first, made_from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(what_a_runbook_has_set_goes_before_the_manifest),
		RUN_TEST(what_is_the_same_is_not_told),
		RUN_TEST(the_command_line_goes_before_a_runbook_and_says_so),
		RUN_TEST(overrides_are_given_up_when_asked_for),
		RUN_TEST(overrides_without_a_change_are_given_up_too),
		RUN_TEST(a_parameter_that_is_no_more_is_a_warning),
		RUN_TEST(what_became_secret_is_not_shown),
		RUN_TEST(a_run_that_was_read_before_changes_nothing),
		RUN_TEST(a_destroy_forgets_them),
		RUN_TEST(a_saved_plan_notices_that_they_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
