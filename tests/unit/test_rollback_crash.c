/*
 * test_rollback_crash.c - killed before and after every commit of an apply that fails and rolls
 * back, and of the rollback that goes on with it: in the end all is as it was.
 */
#include <sqlite3.h>
#include <string.h>

#include "tests/unit/run_bench.h"

/* In the child: how many commits there may be, and whether the last one is written. */
static int commits_left;
static bool dies_after;

static int before_commit(void *context)
{
	(void)context;
	if (!dies_after && --commits_left == 0)
		cloud_die();
	return 0;
}

/* A statement is over. */
static int after_commit(unsigned kind, void *context, void *stmt, void *time)
{
	(void)kind;
	(void)context;
	(void)time;
	if (dies_after && !strcmp(sqlite3_sql(stmt), "COMMIT") && --commits_left == 0)
		cloud_die();
	return 0;
}

static int watch(sqlite3 *db, char **message, const struct sqlite3_api_routines *api)
{
	(void)message;
	(void)api;
	sqlite3_commit_hook(db, before_commit, NULL);
	sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, after_commit, NULL);
	return SQLITE_OK;
}

static int apply_watched(struct bench *b)
{
	sqlite3_auto_extension((void (*)(void))watch);
	return bench_apply(b);
}

static int rollback_watched(struct bench *b)
{
	sqlite3_auto_extension((void (*)(void))watch);
	return bench_rollback(b);
}

static const char good[] =
	"Resources:\n"
	"  A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 1}}\n"
	"  B: {Type: 'Cloud::Thing', Properties: {Name: b, Note: !GetAtt A.Serial}}\n"
	"  S: {Type: 'Cloud::Slot', Properties: {Name: s, Kind: x}}\n"
	"  U: {Type: 'Cloud::Thing', Properties: {Name: u, Note: !Ref B}}\n"
	"  Gone: {Type: 'Cloud::Thing', Properties: {Name: gone}}\n";
/* Updates, replacements in both orders, a new logical id for the same thing, and a failure. */
static const char bad[] =
	"Resources:\n"
	"  A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 2}}\n"
	"  B: {Type: 'Cloud::Thing', Properties: {Name: b2, Note: !GetAtt A.Serial}}\n"
	"  S: {Type: 'Cloud::Slot', Properties: {Name: s, Kind: y}}\n"
	"  U: {Type: 'Cloud::Thing', Properties: {Name: u, Note: !Ref B}}\n"
	"  New: {Type: 'Cloud::Thing', Properties: {Name: new, Note: !Ref B}}\n"
	"  Renamed: {Type: 'Cloud::Thing', Properties: {Name: gone, Size: 3}}\n"
	"  Z: {Type: 'Cloud::Thing', Properties: {Name: z, Note: !Sub "
	"'${U}${S}${New}${Renamed}'}}\n";

static void fail_z(void)
{
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = "z", .status = HD_FATAL, .effect = HD_EFFECT_NONE});
}

static void set_up(struct bench *b)
{
	bench_close(b);
	bench_open(b);
	b->parallelism = 1;
	b->on_failure = ON_FAILURE_DEFAULT;
	bench_template(b, good);
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, bad);
	fail_z();
}

static void assert_good(struct bench *b)
{
	assert_string_equal(cloud_property("a", "Size"), "1");
	assert_string_equal(cloud_property("s", "Kind"), "x");
	assert_string_equal(cloud_property("gone", "Size"), "");
	assert_string_equal(cloud_property("u", "Note"), "b");
	assert_int_equal(cloud_made("b"), 1);
	assert_int_equal(cloud_count(), 5);
	assert_int_equal(bench_records(b), 5);
	assert_int_equal(bench_open_operations(b), 0);
	assert_non_null(bench_record(b, "Gone"));
	assert_null(bench_record(b, "Renamed"));
	bench_template(b, good);
	assert_int_equal(bench_plan(b, REFRESH_YES)->counts.create, 0);
	assert_int_equal(bench_plan(b, REFRESH_YES)->counts.remove, 0);
}

static void come_back(struct bench *b)
{
	if (bench_rollback(b)) {
		bench_show(b);
		fail();
	}
	assert_good(b);
}

static void sweep(struct bench *b, bool after)
{
	int n = 0;
	bool died = true;

	dies_after = after;
	while (died) {
		set_up(b);
		commits_left = ++n;
		died = bench_dies(b, apply_watched);
		come_back(b);
	}
	assert_true(n > 20);
}

static void killed_before_a_commit_of_the_apply(void **state)
{
	sweep(*state, false);
}

static void killed_after_a_commit_of_the_apply(void **state)
{
	sweep(*state, true);
}

/* The first rollback is killed at N, what goes on with it too. */
static void killed_twice_on_the_way_back(void **state)
{
	struct bench *b = *state;
	bool died = true;
	int n = 0;

	while (died) {
		set_up(b);
		b->on_failure = ON_FAILURE_KEEP;
		assert_int_equal(bench_apply(b), -1);
		n++;
		dies_after = n % 2;
		commits_left = n;
		died = bench_dies(b, rollback_watched);
		commits_left = n / 2 + 1;
		bench_dies(b, rollback_watched);
		come_back(b);
	}
	assert_true(n > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(killed_before_a_commit_of_the_apply),
		RUN_TEST(killed_after_a_commit_of_the_apply),
		RUN_TEST(killed_twice_on_the_way_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
