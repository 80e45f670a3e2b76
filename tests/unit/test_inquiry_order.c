/* test_inquiry_order.c - drift and import go through instances by operation preferences. */
#include "tests/unit/run_bench.h"

#include <string.h>

/* Two things for each instance, called after its place. */
#define PLACES                                                                  \
	"Resources:\n"                                                          \
	"  A: {Type: 'Cloud::Thing', Properties: {Name: !Sub "                  \
	"'${HA::Account}${AWS::Region}', Host: !Ref 'AWS::Region', Size: 1}}\n" \
	"  B: {Type: 'Cloud::Thing', Properties: {Name: !Sub "                  \
	"'${HA::Account}${AWS::Region}-b', Host: !Ref 'AWS::Region'}}\n"

#define HEAD "Project: shop\nRegions: {east: {}, west: {}}\nAccounts: {a: {}, b: {}, c: {}}\n"

static void project(struct bench *b, const char *rollout)
{
	bench_manifest(b, arena_printf(b->a,
				       HEAD "Stacks: {web: {Template: web.yaml, Targets: {Regions: "
					    "[west, east], Accounts: [a, b, c]}%s}}\n",
				       rollout));
	bench_template(b, PLACES);
}

static void applied(struct bench *b, const char *rollout)
{
	project(b, rollout);
	assert_int_equal(bench_apply(b), 0);
}

static void blind(enum cloud_op op, const char *name)
{
	cloud_add_rule(&(struct cloud_rule){
		.op = op, .name = name, .status = HD_FATAL, .effect = HD_EFFECT_NONE});
}

static enum drift_status status_of(const struct plan *p, const char *region, const char *account)
{
	for (size_t i = 0; i < p->instance_count; i++) {
		const struct instance_id *id = &p->instances[i].id;

		if (!strcmp(id->region, region) && !strcmp(id->account, account))
			return plan_drift_of(p, &p->instances[i], NULL);
	}
	fail();
	return DRIFT_NOT_CHECKED;
}

static void assert_counts(const struct plan *p, size_t in_sync, size_t drifted, size_t failed,
			  size_t not_checked)
{
	struct drift_counts n;

	assert_non_null(p);
	n = plan_drift(p);
	assert_int_equal(n.of[DRIFT_IN_SYNC], in_sync);
	assert_int_equal(n.of[DRIFT_CHANGED], drifted);
	assert_int_equal(n.of[DRIFT_FAILED], failed);
	assert_int_equal(n.of[DRIFT_NOT_CHECKED], not_checked);
	assert_int_equal(p->instance_count, in_sync + drifted + failed + not_checked);
}

/* --- drift ------------------------------------------------------------------------------- */

static void without_preferences_all_are_asked(void **state)
{
	struct bench *b = *state;

	applied(b, "");
	blind(CLOUD_READ, "awest");
	cloud_meddle("aeast", "Size", "7");
	assert_counts(bench_drift(b), 4, 1, 1, 0);
	assert_true(diags_failed(&b->d));
	assert_false(bench_said(b, DIAG_READING_STOPPED));
}

static void the_first_failure_stops_later_regions(void **state)
{
	struct bench *b = *state;
	const struct plan *p;

	applied(b, ", Rollout: {FailureTolerance: 0}");
	blind(CLOUD_READ, "awest");
	p = bench_drift(b);
	/* The others of its region were under way. */
	assert_counts(p, 2, 0, 1, 3);
	assert_int_equal(status_of(p, "west", "a"), DRIFT_FAILED);
	assert_int_equal(status_of(p, "east", "a"), DRIFT_NOT_CHECKED);
	assert_int_equal(cloud_calls(CLOUD_READ, "*east*"), 0);
	assert_true(bench_said(b, DIAG_READING_STOPPED));
	assert_string_equal(bench_diag(b, DIAG_READING_STOPPED)->summary,
			    "reading what is recorded stopped for 'web': 1 of 3 instances failed "
			    "in region 'west'");
	assert_int_equal(p->unread, 1);
}

static void within_tolerance_it_goes_on(void **state)
{
	struct bench *b = *state;

	applied(b, ", Rollout: {FailureTolerance: 1}");
	blind(CLOUD_READ, "awest");
	blind(CLOUD_READ, "ceast-b");
	/* Each region has its own count. */
	assert_counts(bench_drift(b), 4, 0, 2, 0);
	assert_false(bench_said(b, DIAG_READING_STOPPED));
}

static void what_fails_twice_fails_once(void **state)
{
	struct bench *b = *state;

	applied(b, ", Rollout: {FailureTolerance: 1}");
	blind(CLOUD_READ, "awest");
	blind(CLOUD_READ, "awest-b");
	assert_counts(bench_drift(b), 5, 0, 1, 0);
}

static void one_at_a_time_in_the_order_of_targets(void **state)
{
	struct bench *b = *state;
	static const char *const names[] = {"awest", "bwest", "cwest", "aeast", "beast", "ceast"};

	applied(b, ", Rollout: {MaxConcurrent: 1}");
	assert_counts(bench_drift(b), 6, 0, 0, 0);
	for (size_t i = 1; i < ARRAY_LEN(names); i++)
		assert_true(cloud_first_call(CLOUD_READ, names[i - 1]) <
			    cloud_first_call(CLOUD_READ, names[i]));
}

static void one_at_a_time_stops_at_the_failure(void **state)
{
	struct bench *b = *state;
	const struct plan *p;

	applied(b, ", Rollout: {MaxConcurrent: 1}");
	blind(CLOUD_READ, "bwest");
	p = bench_drift(b);
	assert_counts(p, 1, 0, 1, 4);
	assert_int_equal(status_of(p, "west", "c"), DRIFT_NOT_CHECKED);
}

static void gates_and_waves_are_for_changes(void **state)
{
	struct bench *b = *state;

	applied(b, ", Rollout: {FailureTolerance: 1, MinHealthyRegions: 1, Waves: [{Regions: "
		   "[east], Bake: 1h}, {}]}");
	blind(CLOUD_READ, "aeast");
	assert_counts(bench_drift(b), 5, 0, 1, 0);
	assert_true(cloud_first_call(CLOUD_READ, "awest") < cloud_first_call(CLOUD_READ, "beast"));
}

static void the_command_line_is_stronger(void **state)
{
	struct bench *b = *state;
	struct rollout_wishes all = {.tolerance = {100, true, true}};
	struct rollout_wishes order = {.region_order = (const char *const[]){"east"},
				       .region_order_count = 1};

	applied(b, ", Rollout: {FailureTolerance: 0}");
	blind(CLOUD_READ, "awest");
	assert_counts(engine_drift(bench_engine(b), &all, &b->d), 5, 0, 1, 0);
	assert_counts(engine_drift(bench_engine(b), &order, &b->d), 5, 0, 1, 0);
}

static void what_the_manifest_has_lost_is_read_too(void **state)
{
	struct bench *b = *state;

	applied(b, "");
	bench_manifest(b, HEAD "Stacks: {}\n");
	blind(CLOUD_READ, "awest");
	assert_counts(bench_drift(b), 5, 0, 1, 0);
}

static void nothing_begins_after_a_stop(void **state)
{
	struct bench *b = *state;

	applied(b, ", Rollout: {MaxConcurrent: 1}");
	b->interrupts = 1;
	assert_null(bench_drift(b));
	assert_true(bench_said(b, DIAG_RUN_STOPPED));
	assert_int_equal(cloud_calls(CLOUD_READ, "*east*"), 0);
}

/* A plan wants to know all it can. */
static void a_refresh_asks_all(void **state)
{
	struct bench *b = *state;
	const struct plan *p;

	applied(b, ", Rollout: {FailureTolerance: 0}");
	blind(CLOUD_READ, "awest");
	p = bench_plan(b, REFRESH_YES);
	assert_non_null(p);
	assert_int_equal(p->unread, 1);
	assert_int_equal(cloud_calls(CLOUD_READ, "*east*"), 6);
}

/* --- import ------------------------------------------------------------------------------ */

static const char *const places[] = {"west/a", "west/b", "west/c", "east/a", "east/b", "east/c"};

static void all_are_there(const struct bench *b)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		int region_len = 4;

		cloud_place(arena_printf(b->a, "{\"Name\":\"%s%.*s\",\"Host\":\"%.*s\",\"Size\":1}",
					 places[i] + 5, region_len, places[i], region_len,
					 places[i]));
	}
}

static int import_all(struct bench *b)
{
	struct import_wish wishes[ARRAY_LEN(places)];
	struct run_request q = {.mode = RUN_IMPORT};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		wishes[i] = (struct import_wish){
			.address = arena_printf(b->a, "web/%s/%.4s/A", places[i] + 5, places[i]),
			.id = arena_printf(b->a, "%s%.4s@%.4s", places[i] + 5, places[i],
					   places[i]),
			.where = RANGE_NONE,
		};
	q.wishes.imports = wishes;
	q.wishes.import_count = ARRAY_LEN(places);
	return bench_run(b, &q);
}

static void import_is_all_or_nothing_without_a_tolerance(void **state)
{
	struct bench *b = *state;

	project(b, "");
	all_are_there(b);
	blind(CLOUD_READ, "bwest");
	assert_int_equal(import_all(b), -1);
	assert_int_equal(bench_records(b), 0);
	/* Whatever else is wrong is told at once. */
	assert_true(cloud_calls(CLOUD_READ, "*east") > 0);
}

static void import_leaves_out_what_is_tolerated(void **state)
{
	struct bench *b = *state;

	project(b, ", Rollout: {FailureTolerance: 1}");
	all_are_there(b);
	blind(CLOUD_READ, "bwest");
	if (import_all(b))
		bench_show(b);
	assert_int_equal(b->result.done.import, 5);
	assert_int_equal(b->result.targets_succeeded, 5);
	assert_int_equal(b->result.targets_failed, 1);
	assert_int_equal(bench_records(b), 5);
	assert_true(diags_failed(&b->d));
}

static void import_stops_at_too_many(void **state)
{
	struct bench *b = *state;

	project(b, ", Rollout: {FailureTolerance: 0}");
	all_are_there(b);
	blind(CLOUD_READ, "bwest");
	assert_int_equal(import_all(b), -1);
	assert_int_equal(bench_records(b), 0);
	assert_true(bench_said(b, DIAG_READING_STOPPED));
	assert_int_equal(cloud_calls(CLOUD_READ, "*east"), 0);
}

/* The second look at a thing counts with the first one at another. */
static void import_counts_both_rounds_together(void **state)
{
	struct bench *b = *state;

	project(b, ", Rollout: {FailureTolerance: 1}");
	all_are_there(b);
	blind(CLOUD_READ, "bwest");
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_READ,
					    .name = "awest",
					    .skip = 1,
					    .status = HD_FATAL,
					    .effect = HD_EFFECT_NONE});
	assert_int_equal(import_all(b), -1);
	assert_int_equal(bench_records(b), 0);
}

static void nothing_left_to_import_is_no_success(void **state)
{
	struct bench *b = *state;

	project(b, ", Rollout: {FailureTolerance: 3}");
	all_are_there(b);
	blind(CLOUD_READ, "*");
	assert_int_equal(import_all(b), -1);
	assert_int_equal(b->result.targets_succeeded, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(without_preferences_all_are_asked),
		RUN_TEST(the_first_failure_stops_later_regions),
		RUN_TEST(within_tolerance_it_goes_on),
		RUN_TEST(what_fails_twice_fails_once),
		RUN_TEST(one_at_a_time_in_the_order_of_targets),
		RUN_TEST(one_at_a_time_stops_at_the_failure),
		RUN_TEST(gates_and_waves_are_for_changes),
		RUN_TEST(the_command_line_is_stronger),
		RUN_TEST(what_the_manifest_has_lost_is_read_too),
		RUN_TEST(nothing_begins_after_a_stop),
		RUN_TEST(a_refresh_asks_all),
		RUN_TEST(import_is_all_or_nothing_without_a_tolerance),
		RUN_TEST(import_leaves_out_what_is_tolerated),
		RUN_TEST(import_stops_at_too_many),
		RUN_TEST(import_counts_both_rounds_together),
		RUN_TEST(nothing_left_to_import_is_no_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
