/* test_drift.c - what was recorded, what is there and what is wanted: three ways. */
#include "tests/unit/run_bench.h"

#include <string.h>

static void template_of(struct bench *b, const char *properties)
{
	struct str text = STR_INIT;

	str_printf(&text,
		   "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Host: h1%s}}}\n",
		   properties);
	bench_template(b, str_cstr(&text));
	str_release(&text);
}

static void applied(struct bench *b, const char *properties)
{
	template_of(b, properties);
	assert_int_equal(bench_apply(b), 0);
}

static const struct change *only_change(const struct plan *p)
{
	assert_non_null(p);
	assert_int_equal(p->change_count, 1);
	return &p->changes[0];
}

static const struct path_change *only_path(const struct plan *p)
{
	const struct change *c = only_change(p);

	assert_int_equal(c->path_count, 1);
	return &c->paths[0];
}

static void changed_in_the_template_alone(void **state)
{
	struct bench *b = *state;
	const struct path_change *p;

	applied(b, ", Note: x");
	template_of(b, ", Note: y");
	p = only_path(bench_plan(b, REFRESH_YES));
	assert_false(p->drift);
	assert_false(p->conflict);
	assert_string_equal(p->before, "\"x\"");
	assert_string_equal(p->after, "\"y\"");
}

static void changed_in_the_world_alone(void **state)
{
	struct bench *b = *state;
	const struct path_change *p;

	applied(b, ", Note: x");
	cloud_meddle("a", "Note", "theirs");
	p = only_path(bench_plan(b, REFRESH_YES));
	assert_true(p->drift);
	assert_false(p->conflict);
	assert_string_equal(p->recorded, "\"x\"");
	assert_string_equal(p->before, "\"theirs\"");
	assert_string_equal(p->after, "\"x\"");
}

static void changed_in_both_is_a_conflict(void **state)
{
	struct bench *b = *state;
	const struct path_change *p;

	applied(b, ", Note: x");
	cloud_meddle("a", "Note", "theirs");
	template_of(b, ", Note: y");
	p = only_path(bench_plan(b, REFRESH_YES));
	assert_true(p->drift);
	assert_true(p->conflict);
	assert_string_equal(p->recorded, "\"x\"");
	assert_string_equal(p->before, "\"theirs\"");
	assert_string_equal(p->after, "\"y\"");
	assert_int_equal(bench_refresh(b), 0);
	assert_string_equal(cloud_property("a", "Note"), "y");
}

static void changed_in_both_to_the_same_is_only_recorded(void **state)
{
	struct bench *b = *state;
	const struct plan *p;

	applied(b, ", Note: x");
	cloud_meddle("a", "Note", "y");
	template_of(b, ", Note: y");
	p = bench_plan(b, REFRESH_YES);
	assert_int_equal(only_change(p)->action, ACTION_NONE);
	assert_true(only_path(p)->settled);
	assert_int_equal(p->settled, 1);
	assert_int_equal(bench_refresh(b), 0);
	assert_int_equal(cloud_calls(CLOUD_UPDATE, "*"), 0);
	/* From now on it is what was applied. */
	assert_int_equal(only_change(bench_plan(b, REFRESH_NO))->path_count, 0);
	assert_non_null(strstr(bench_record(b, "A")->inputs, "\"Note\":\"y\""));
}

static void what_is_settled_already_is_not_sent(void **state)
{
	struct bench *b = *state;

	applied(b, ", Note: x, Size: 1");
	cloud_meddle("a", "Note", "y");
	template_of(b, ", Note: y, Size: 2");
	assert_int_equal(bench_refresh(b), 0);
	assert_string_equal(cloud_last_changed(), "[\"/Size\"]");
	assert_non_null(strstr(bench_record(b, "A")->inputs, "\"Note\":\"y\",\"Size\":2"));
}

static void nobody_asked_for_what_the_template_does_not_mention(void **state)
{
	struct bench *b = *state;

	applied(b, ", Note: x");
	cloud_meddle("a", "Kind", "a default of the cloud");
	assert_int_equal(bench_drift(b)->drifted, 0);
	assert_int_equal(bench_plan(b, REFRESH_YES)->drifted, 0);
}

static void computed_values_move_by_themselves(void **state)
{
	struct bench *b = *state;

	applied(b, ", Note: x");
	cloud_meddle("a", "Serial", "another");
	assert_int_equal(bench_drift(b)->drifted, 0);
	assert_int_equal(only_change(bench_plan(b, REFRESH_YES))->path_count, 0);
}

static void a_computed_value_that_moved_is_shown_where_it_is_used(void **state)
{
	struct bench *b = *state;
	const struct plan *p;

	bench_template(
		b, "Resources:\n"
		   "  A: {Type: 'Cloud::Thing', Properties: {Name: a}}\n"
		   "  B: {Type: 'Cloud::Thing', Properties: {Name: b, Note: !GetAtt A.Serial}}\n");
	assert_int_equal(bench_apply(b), 0);
	cloud_meddle("a", "Serial", "another");
	p = bench_plan(b, REFRESH_YES);
	assert_non_null(p);
	assert_int_equal(p->drifted, 0);
	assert_int_equal(p->changes[0].action, ACTION_NONE);
	assert_int_equal(p->changes[1].action, ACTION_UPDATE);
	assert_string_equal(p->changes[1].paths[0].after, "\"another\"");
}

static void a_key_added_to_a_map_is_drift_when_the_map_is_mentioned(void **state)
{
	struct bench *b = *state;
	const struct plan *p;

	applied(b, ", Tags: {k: '1'}");
	cloud_place("{\"Name\":\"a\",\"Host\":\"h1\",\"Tags\":{\"k\":\"1\",\"l\":\"2\"}}");
	p = bench_drift(b);
	assert_int_equal(p->drifted, 1);
	assert_string_equal(only_path(p)->pointer, "/Tags/l");
	assert_null(only_path(p)->after);
}

static void counts_tell_in_sync_changed_gone_and_unread(void **state)
{
	struct bench *b = *state;
	const struct plan *p;
	size_t n[DRIFT_STATUS_COUNT] = {0};

	bench_many(b, 4, 4);
	assert_int_equal(bench_apply(b), 0);
	cloud_meddle("t1", "Note", "theirs");
	cloud_lose("t2");
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_READ, .name = "t3", .status = HD_FATAL, .effect = HD_EFFECT_NONE});
	p = bench_drift(b);
	assert_non_null(p);
	for (size_t i = 0; i < p->change_count; i++)
		n[p->changes[i].drift]++;
	assert_int_equal(n[DRIFT_IN_SYNC] + n[DRIFT_CHANGED], 2);
	assert_int_equal(n[DRIFT_DELETED], 1);
	assert_int_equal(n[DRIFT_FAILED], 1);
	assert_int_equal(plan_drift(p).of[DRIFT_FAILED], 1);
	assert_int_equal(p->unread, 1);
}

static void records_are_enough(void **state)
{
	struct bench *b = *state;

	applied(b, ", Note: x");
	cloud_meddle("a", "Note", "theirs");
	bench_template(b, "Parameters: {P: {Type: String, NoEcho: true}}\n"
			  "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: !Ref P}}}\n");
	assert_string_equal(only_path(bench_drift(b))->before, "\"theirs\"");
	assert_false(diags_failed(&b->d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(changed_in_the_template_alone),
		RUN_TEST(changed_in_the_world_alone),
		RUN_TEST(changed_in_both_is_a_conflict),
		RUN_TEST(changed_in_both_to_the_same_is_only_recorded),
		RUN_TEST(what_is_settled_already_is_not_sent),
		RUN_TEST(nobody_asked_for_what_the_template_does_not_mention),
		RUN_TEST(computed_values_move_by_themselves),
		RUN_TEST(a_computed_value_that_moved_is_shown_where_it_is_used),
		RUN_TEST(a_key_added_to_a_map_is_drift_when_the_map_is_mentioned),
		RUN_TEST(counts_tell_in_sync_changed_gone_and_unread),
		RUN_TEST(records_are_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
