/* test_rollback.c - instances that failed go back to their last good state. */
#include <string.h>

#include "tests/unit/run_bench.h"

#define THING(id, name, more) \
	"  " id ": {Type: 'Cloud::Thing', Properties: {Name: " name ", Host: h" more "}}\n"

static void break_create(const char *name)
{
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = name, .status = HD_FATAL, .effect = HD_EFFECT_NONE});
}

static void start(struct bench *b)
{
	b->on_failure = ON_FAILURE_DEFAULT;
}

/* A good state of two things, the second refers to the first. */
static void make_two(struct bench *b)
{
	start(b);
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 1")
				  THING("B", "b", ", Size: 1, Note: !GetAtt A.Serial"));
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
}

static void assert_back(struct bench *b)
{
	if (b->result.targets_rolled_back != 1)
		bench_show(b);
	assert_int_equal(b->result.targets_rolled_back, 1);
	assert_int_equal(b->result.targets_rollback_failed, 0);
	assert_non_null(b->result.rollback);
	assert_int_equal(bench_open_operations(b), 0);
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
}

static void a_first_create_that_fails_leaves_nothing(void **state)
{
	struct bench *b = *state;

	start(b);
	bench_template(b, "Resources:\n" THING("A", "a", "") THING("B", "b", ", Note: !Ref A")
				  THING("C", "c", ", Note: !Ref B"));
	break_create("c");
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_int_equal(b->result.rolled_back.remove, 2);
	assert_int_equal(cloud_count(), 0);
	assert_int_equal(bench_records(b), 0);
	assert_true(cloud_first_call(CLOUD_REMOVE, "b") < cloud_first_call(CLOUD_REMOVE, "a"));
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 3);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
}

static void status_tells_what_had_failed(void **state)
{
	struct bench *b = *state;
	struct status_rows rows;

	make_two(b);
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 2") THING("C", "c", ""));
	break_create("c");
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_int_equal(engine_status(b->e, &rows, &b->d), 0);
	assert_int_equal(rows.count, 1);
	assert_string_equal(rows.rows[0].status, "ROLLED_BACK");
	assert_string_equal(rows.rows[0].error, "web/east/C: create failed: it broke");
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(engine_status(b->e, &rows, &b->d), 0);
	assert_string_equal(rows.rows[0].status, "CURRENT");
	assert_null(rows.rows[0].error);
}

static void nothing_more_starts_after_a_failure(void **state)
{
	struct bench *b = *state;

	start(b);
	b->parallelism = 1;
	bench_many(b, 20, 1);
	break_create("t0");
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "*"), 1);
	assert_int_equal(b->result.skipped, 19);
	assert_back(b);
}

static void what_was_updated_gets_its_earlier_properties(void **state)
{
	struct bench *b = *state;

	make_two(b);
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 2")
				  THING("B", "b", ", Size: 5, Note: !GetAtt A.Serial")
					  THING("C", "c", ", Note: !Ref B"));
	break_create("c");
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_int_equal(b->result.rolled_back.update, 2);
	assert_string_equal(cloud_property("a", "Size"), "1");
	assert_string_equal(cloud_property("b", "Size"), "1");
	assert_null(strstr(bench_record(b, "B")->inputs, "\"Size\":5"));
}

static void the_old_one_of_a_replacement_is_used_again(void **state)
{
	struct bench *b = *state;
	const char *id;

	make_two(b);
	id = arena_strdup(b->a, bench_record(b, "A")->id);
	bench_template(b, "Resources:\n" THING("A", "other", ", Size: 1")
				  THING("B", "b", ", Size: 1, Note: !GetAtt A.Serial")
					  THING("C", "c", ", Note: !Ref B"));
	break_create("c");
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_string_equal(bench_record(b, "A")->id, id);
	assert_false(cloud_has("other"));
	assert_int_equal(cloud_made("a"), 1);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "a"), 0);
	assert_int_equal(bench_records(b), 2);
	assert_string_equal(cloud_property("b", "Note"), cloud_property("a", "Serial"));
}

static void what_was_deleted_first_is_made_again(void **state)
{
	struct bench *b = *state;
	const struct plan *plan;

	start(b);
	bench_template(b, "Resources:\n"
			  "  S: {Type: 'Cloud::Slot', Properties: {Name: s, Host: h, Kind: x}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(
		b, "Resources:\n"
		   "  S: {Type: 'Cloud::Slot', Properties: {Name: s, Host: h, Kind: y}}\n" THING(
			   "C", "c", ", Note: !Ref S"));
	break_create("c");
	plan = bench_plan(b, REFRESH_NO);
	assert_non_null(plan);
	assert_true(bench_said(b, DIAG_ROLLBACK_DATA));
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_string_equal(cloud_property("s", "Kind"), "x");
	assert_int_equal(bench_records(b), 1);
}

static void a_creation_that_failed_after_its_delete_is_made_as_it_was(void **state)
{
	struct bench *b = *state;

	start(b);
	bench_template(b, "Resources:\n"
			  "  S: {Type: 'Cloud::Slot', Properties: {Name: s, Host: h, Kind: x}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n"
			  "  S: {Type: 'Cloud::Slot', Properties: {Name: n, Host: h, Kind: y}}\n");
	break_create("n");
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_int_equal(b->result.rolled_back.create, 1);
	assert_true(cloud_has("s"));
	assert_string_equal(bench_record(b, "S")->id, "s@h");
}

/* It would be gone otherwise: deletes come when all else is there. */
static void nothing_is_deleted_before_a_failure(void **state)
{
	struct bench *b = *state;

	make_two(b);
	bench_template(b, "Resources:\n" THING("C", "c", ""));
	break_create("c");
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "*"), 0);
	assert_int_equal(bench_records(b), 2);
}

static void a_failing_cleanup_is_no_reason_to_go_back(void **state)
{
	struct bench *b = *state;

	make_two(b);
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 2"));
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_REMOVE, .name = "b", .status = HD_FATAL, .effect = HD_EFFECT_NONE});
	assert_int_equal(bench_apply(b), -1);
	assert_null(b->result.rollback);
	assert_string_equal(cloud_property("a", "Size"), "2");
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 1);
}

static void other_instances_go_on(void **state)
{
	struct bench *b = *state;

	start(b);
	bench_manifest(b, "Project: shop\nRegions: {east: {}, west: {}}\n"
			  "Stacks: {web: {Template: web.yaml, Targets: [east, west], Rollout: "
			  "{RegionConcurrency: PARALLEL, FailureTolerance: 100%}}}\n");
	bench_template(b,
		       "Resources:\n"
		       "  A: {Type: 'Cloud::Thing', Properties: {Name: !Sub 'a-${AWS::Region}'}}\n"
		       "  B: {Type: 'Cloud::Thing', Properties: {Name: !Sub '${A}-b'}}\n");
	break_create("a-east-b");
	/* Within what is tolerated. */
	assert_int_equal(bench_apply(b), 0);
	assert_back(b);
	assert_int_equal(b->result.targets_succeeded, 1);
	assert_int_equal(b->result.targets_failed, 1);
	assert_int_equal(b->result.targets_tolerated, 1);
	assert_string_equal(bench_instance(b, "west")->status, "CURRENT");
	assert_int_equal(cloud_count(), 2);
}

static void the_manifest_may_keep(void **state)
{
	struct bench *b = *state;

	start(b);
	bench_manifest(b, "Project: shop\nRegions: {east: {}}\n"
			  "Stacks: {web: {Template: web.yaml, Targets: [east],\n"
			  "               Rollout: {OnFailure: keep}}}\n");
	bench_template(b, "Resources:\n" THING("A", "a", "") THING("B", "b", ""));
	break_create("b");
	assert_int_equal(bench_apply(b), -1);
	assert_null(b->result.rollback);
	assert_true(cloud_has("a"));
	b->on_failure = ON_FAILURE_INSTANCE;
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_int_equal(cloud_count(), 0);
}

static void an_interrupt_rolls_nothing_back(void **state)
{
	struct bench *b = *state;

	start(b);
	b->parallelism = 1;
	b->stop_after = 2;
	bench_many(b, 6, 1);
	break_create("t1");
	assert_int_equal(bench_apply(b), -1);
	assert_null(b->result.rollback);
	assert_true(cloud_has("t0"));
}

/* Nobody knows what became of it, so nobody can tell what to undo. */
static void what_is_open_is_asked_about_first(void **state)
{
	struct bench *b = *state;

	start(b);
	bench_template(b, "Resources:\n" THING("A", "a", "") THING("B", "b", ", Note: !Ref A"));
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .name = "b",
					    .status = HD_FATAL,
					    .effect = HD_EFFECT_UNKNOWN,
					    .happens = true});
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_FIND, .status = HD_FATAL, .effect = HD_EFFECT_NONE});
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_ROLLBACK_WAITS));
	assert_null(b->result.rollback);
	assert_int_equal(bench_open_operations(b), 1);
	cloud_drop_rules();
	assert_int_equal(bench_rollback(b), 0);
	assert_int_equal(b->recovered, 1);
	assert_int_equal(cloud_count(), 0);
	assert_int_equal(bench_records(b), 0);
}

/* --- asked for ----------------------------------------------------------------------- */

static void several_failed_applies_go_back_to_the_last_good_state(void **state)
{
	struct bench *b = *state;

	make_two(b);
	b->on_failure = ON_FAILURE_KEEP;
	break_create("c");
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 2") THING("D", "d", "")
				  THING("C", "c", ", Note: !Ref A"));
	assert_int_equal(bench_apply(b), -1);
	bench_template(b, "Resources:\n" THING("A", "new", ", Size: 3") THING("E", "e", "")
				  THING("B", "b", ", Size: 9, Note: !GetAtt A.Serial")
					  THING("C", "c", ", Note: !Ref A"));
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(bench_rollback(b), 0);
	assert_int_equal(b->result.targets_succeeded, 1);
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	assert_int_equal(cloud_count(), 2);
	assert_int_equal(bench_records(b), 2);
	assert_string_equal(cloud_property("a", "Size"), "1");
	assert_string_equal(cloud_property("b", "Size"), "1");
	assert_int_equal(cloud_made("a"), 1);
	/* Nothing is left to go back over. */
	assert_int_equal(bench_rollback(b), 0);
	assert_true(plan_empty(b->result.plan));
}

static void a_rollback_is_a_plan_that_can_be_looked_at(void **state)
{
	struct bench *b = *state;
	struct str text = STR_INIT;

	make_two(b);
	b->on_failure = ON_FAILURE_KEEP;
	break_create("c");
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 2")
				  THING("B", "b", ", Size: 1, Note: !GetAtt A.Serial")
					  THING("D", "d", "") THING("C", "c", ", Note: !Ref B"));
	assert_int_equal(bench_apply(b), -1);
	plan_dump(bench_plan_rollback(b), &text);
	assert_non_null(strstr(str_cstr(&text), "update web/east/A Cloud::Thing reason=rollback\n"
						"\t/Size: 2 -> 1\n"));
	assert_non_null(
		strstr(str_cstr(&text), "delete web/east/D Cloud::Thing reason=rollback\n"));
	assert_true(cloud_has("d"));
	str_release(&text);
}

static void a_broken_template_is_no_obstacle(void **state)
{
	struct bench *b = *state;

	make_two(b);
	b->on_failure = ON_FAILURE_KEEP;
	break_create("c");
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 2")
				  THING("B", "b", ", Size: 1, Note: !GetAtt A.Serial")
					  THING("C", "c", ", Note: !Ref B"));
	assert_int_equal(bench_apply(b), -1);
	bench_template(b, "Resources: [not, a, template\n");
	b->selection.faults = FAULTS_LEFT_OUT;
	assert_int_equal(bench_rollback(b), 0);
	assert_string_equal(cloud_property("a", "Size"), "1");
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
}

static void a_step_that_fails_is_gone_on_with(void **state)
{
	struct bench *b = *state;

	make_two(b);
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 2")
				  THING("B", "b", ", Size: 1, Note: !GetAtt A.Serial")
					  THING("D", "d", "") THING("C", "c", ", Note: !Ref B"));
	break_create("c");
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_UPDATE,
					    .name = "a",
					    .skip = 1,
					    .status = HD_FATAL,
					    .effect = HD_EFFECT_NONE});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(b->result.targets_rollback_failed, 1);
	assert_string_equal(bench_instance(b, "east")->status, "ROLLBACK_FAILED");
	assert_int_equal(bench_rollback(b), -1);
	cloud_drop_rules();
	assert_int_equal(bench_rollback(b), 0);
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	assert_string_equal(cloud_property("a", "Size"), "1");
	assert_int_equal(cloud_count(), 2);
}

static void a_resource_may_be_skipped(void **state)
{
	static const char *const patterns[] = {"web/east/A"}, *const misspelt[] = {"AA"};
	struct bench *b = *state;

	make_two(b);
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 2")
				  THING("B", "b", ", Size: 7, Note: !GetAtt A.Serial")
					  THING("D", "d", "") THING("C", "c", ", Note: !Ref B"));
	break_create("c");
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_UPDATE,
					    .name = "a",
					    .skip = 1,
					    .status = HD_FATAL,
					    .effect = HD_EFFECT_NONE});
	assert_int_equal(bench_apply(b), -1);
	b->wishes.skip = (struct patterns){misspelt, 1};
	assert_non_null(bench_plan_rollback(b));
	assert_true(bench_said(b, DIAG_ROLLBACK_SKIP));
	b->wishes.skip = (struct patterns){patterns, 1};
	assert_int_equal(bench_rollback(b), 0);
	assert_false(bench_said(b, DIAG_ROLLBACK_SKIP));
	assert_int_equal(b->result.plan->counts.left_out, 1);
	assert_string_equal(bench_instance(b, "east")->status, "ROLLED_BACK");
	assert_string_equal(cloud_property("a", "Size"), "2");
	assert_string_equal(cloud_property("b", "Size"), "1");
	assert_true(bench_record(b, "A")->tainted);
	b->wishes.skip = (struct patterns){NULL, 0};
	cloud_drop_rules();
	bench_template(b, "Resources:\n" THING("A", "a", ", Size: 1")
				  THING("B", "b", ", Size: 1, Note: !GetAtt A.Serial"));
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(cloud_property("a", "Size"), "1");
	assert_false(bench_record(b, "A")->tainted);
}

static void forward_is_a_way_out_too(void **state)
{
	struct bench *b = *state;

	make_two(b);
	bench_template(b, "Resources:\n" THING("A", "other", ", Size: 2")
				  THING("B", "b", ", Size: 1, Note: !GetAtt A.Serial")
					  THING("C", "c", ", Note: !Ref B"));
	break_create("c");
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_REMOVE, .name = "other", .status = HD_FATAL, .effect = HD_EFFECT_NONE});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(b->result.targets_rollback_failed, 1);
	cloud_drop_rules();
	bench_template(b, "Resources:\n" THING("A", "third", ", Size: 2")
				  THING("B", "b", ", Size: 1, Note: !GetAtt A.Serial"));
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 2);
	assert_int_equal(bench_records(b), 2);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
}

/* --- policies ------------------------------------------------------------------------ */

static void policies_of_what_was_made_are_kept(void **state)
{
	struct bench *b = *state;

	start(b);
	bench_template(b, "Resources:\n"
			  "  A: {Type: 'Cloud::Thing', DeletionPolicy: Retain,\n"
			  "      Properties: {Name: a}}\n"
			  "  B: {Type: 'Cloud::Thing', DeletionPolicy: RetainExceptOnCreate,\n"
			  "      Properties: {Name: !Sub '${A}b'}}\n"
			  "  C: {Type: 'Cloud::Thing', Properties: {Name: !Sub '${B}c'}}\n");
	break_create("abc");
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_true(cloud_has("a"));
	assert_false(cloud_has("ab"));
	assert_int_equal(bench_records(b), 0);
}

static void what_was_retained_gets_its_record_back(void **state)
{
	struct bench *b = *state;

	start(b);
	bench_template(b, "Resources:\n"
			  "  A: {Type: 'Cloud::Thing', UpdateReplacePolicy: Retain,\n"
			  "      Properties: {Name: a}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources:\n"
			  "  A: {Type: 'Cloud::Thing', UpdateReplacePolicy: Retain,\n"
			  "      Properties: {Name: a2}}\n"
			  "  C: {Type: 'Cloud::Thing', Properties: {Name: !Sub '${A}c'}}\n");
	break_create("a2c");
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_int_equal(cloud_made("a"), 1);
	assert_string_equal(bench_record(b, "A")->id, "a@");
	assert_false(cloud_has("a2"));
	assert_int_equal(bench_records(b), 1);
}

/* --- secrets -------------------------------------------------------------------------- */

#define SECRET_TEMPLATE(size, more)                                              \
	"Parameters: {P: {Type: String, NoEcho: true, Default: old-password}}\n" \
	"Resources:\n"                                                           \
	"  A: {Type: 'Cloud::Thing', Properties: {Name: a, Host: h, Size: " size \
	", Secret: !Ref P}}\n" more

static void a_secret_that_did_not_change_comes_from_the_template(void **state)
{
	struct bench *b = *state;

	start(b);
	bench_template(b, SECRET_TEMPLATE("1", ""));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, SECRET_TEMPLATE("2", THING("C", "c", ", Note: !Ref A")));
	break_create("c");
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_string_equal(cloud_property("a", "Size"), "1");
	assert_string_equal(cloud_property("a", "Secret"), "old-password");
	assert_false(bench_state_holds(b, "old-password"));
}

static void a_secret_that_changed_stays_and_the_rest_goes_back(void **state)
{
	struct bench *b = *state;

	start(b);
	bench_template(b, SECRET_TEMPLATE("1", ""));
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, SECRET_TEMPLATE("2", THING("C", "c", ", Note: !Ref A")));
	bench_param(b, "P", "new-password");
	break_create("c");
	assert_non_null(bench_plan(b, REFRESH_NO));
	assert_true(bench_said(b, DIAG_ROLLBACK_SECRETS));
	assert_int_equal(bench_apply(b), -1);
	assert_back(b);
	assert_string_equal(cloud_property("a", "Size"), "1");
	assert_string_equal(cloud_property("a", "Secret"), "new-password");
	for (size_t i = 0; i < b->result.rollback->change_count; i++)
		if (!strcmp(b->result.rollback->changes[i].addr.logical_id, "A"))
			assert_string_equal(b->result.rollback->changes[i].not_restored, "Secret");
	assert_false(bench_state_holds(b, "new-password"));
	/* The record says which secret it has now. */
	cloud_drop_rules();
	bench_template(b, SECRET_TEMPLATE("1", ""));
	assert_true(plan_empty(bench_plan(b, REFRESH_NO)) ||
		    bench_plan(b, REFRESH_NO)->counts.update == 0);
}

static void a_call_that_needs_a_lost_secret_is_refused(void **state)
{
	static const char *const patterns[] = {"A"};
	struct bench *b = *state;

	start(b);
	bench_template(b, SECRET_TEMPLATE("1", ""));
	assert_int_equal(bench_apply(b), 0);
	b->on_failure = ON_FAILURE_KEEP;
	bench_template(b, SECRET_TEMPLATE("2", THING("C", "c", ", Note: !Ref A")));
	break_create("c");
	assert_int_equal(bench_apply(b), -1);
	bench_param(b, "P", "third-password");
	assert_int_equal(bench_rollback(b), -1);
	assert_true(bench_said(b, DIAG_ROLLBACK_SECRET));
	assert_string_equal(cloud_property("a", "Secret"), "old-password");
	assert_string_equal(bench_instance(b, "east")->status, "ROLLBACK_FAILED");
	b->wishes.skip = (struct patterns){patterns, 1};
	assert_int_equal(bench_rollback(b), 0);
	assert_string_equal(cloud_property("a", "Size"), "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_first_create_that_fails_leaves_nothing),
		RUN_TEST(status_tells_what_had_failed),
		RUN_TEST(nothing_more_starts_after_a_failure),
		RUN_TEST(what_was_updated_gets_its_earlier_properties),
		RUN_TEST(the_old_one_of_a_replacement_is_used_again),
		RUN_TEST(what_was_deleted_first_is_made_again),
		RUN_TEST(a_creation_that_failed_after_its_delete_is_made_as_it_was),
		RUN_TEST(nothing_is_deleted_before_a_failure),
		RUN_TEST(a_failing_cleanup_is_no_reason_to_go_back),
		RUN_TEST(other_instances_go_on),
		RUN_TEST(the_manifest_may_keep),
		RUN_TEST(an_interrupt_rolls_nothing_back),
		RUN_TEST(what_is_open_is_asked_about_first),
		RUN_TEST(several_failed_applies_go_back_to_the_last_good_state),
		RUN_TEST(a_rollback_is_a_plan_that_can_be_looked_at),
		RUN_TEST(a_broken_template_is_no_obstacle),
		RUN_TEST(a_step_that_fails_is_gone_on_with),
		RUN_TEST(a_resource_may_be_skipped),
		RUN_TEST(forward_is_a_way_out_too),
		RUN_TEST(policies_of_what_was_made_are_kept),
		RUN_TEST(what_was_retained_gets_its_record_back),
		RUN_TEST(a_secret_that_did_not_change_comes_from_the_template),
		RUN_TEST(a_secret_that_changed_stays_and_the_rest_goes_back),
		RUN_TEST(a_call_that_needs_a_lost_secret_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
