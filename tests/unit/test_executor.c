/* test_executor.c - runs of plans on the fake cloud. */
#include "tests/unit/run_bench.h"

#include <string.h>

static void everything_planned_is_created_and_recorded(void **state)
{
	struct bench *b = *state;

	bench_many(b, 20, 4);
	if (bench_apply(b))
		bench_show(b);
	assert_int_equal(b->result.done.create, 20);
	assert_int_equal(b->result.targets_succeeded, 1);
	assert_int_equal(cloud_count(), 20);
	assert_int_equal(b->started, 20);
	assert_int_equal(b->succeeded, 20);
	assert_int_equal(bench_records(b), 20);
	assert_int_equal(bench_open_operations(b), 0);
	assert_string_equal(bench_record(b, "T3")->id, "t3@h3");
	assert_string_equal(bench_record(b, "T3")->endpoint, "h3");
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
}

static void a_second_apply_asks_nobody(void **state)
{
	struct bench *b = *state;
	size_t sessions;

	bench_many(b, 5, 2);
	assert_int_equal(bench_apply(b), 0);
	sessions = cloud_sessions();
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
	assert_int_equal(b->result.done.none, 5);
	assert_int_equal(cloud_sessions(), sessions);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "*"), 5);
	assert_int_equal(cloud_calls(CLOUD_READ, "*"), 0);
}

static void an_update_says_what_changed_and_what_was(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 1, "
			  "Note: x}}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 2, "
			  "Note: x}}}\n");
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.update, 1);
	assert_string_equal(cloud_last_changed(), "[\"/Size\"]");
	assert_string_equal(cloud_last_recorded(CLOUD_UPDATE),
			    "{\"Name\":\"a\",\"Note\":\"x\",\"Serial\":\"s-1\",\"Size\":1}");
	assert_string_equal(cloud_property("a", "Size"), "2");
	assert_string_equal(bench_record(b, "A")->inputs,
			    "{\"Name\":\"a\",\"Note\":\"x\",\"Size\":2}");
	assert_string_equal(cloud_last_recorded(CLOUD_CREATE), "");
}

static const char chain[] =
	"Resources:\n"
	"  A: {Type: 'Cloud::Thing', Properties: {Name: a, Host: h1}}\n"
	"  B: {Type: 'Cloud::Thing', Properties: {Name: b, Host: h2, Note: !GetAtt A.Serial}}\n"
	"  C: {Type: 'Cloud::Thing', Properties: {Name: !Sub '${B}-c', Host: h3}}\n"
	"  D: {Type: 'Cloud::Thing', Properties: {Name: d, Host: h4}}\n"
	"Outputs:\n"
	"  Serial: {Value: !GetAtt C.Serial}\n";

static void what_was_unknown_is_filled_in_when_it_is_known(void **state)
{
	struct bench *b = *state;

	bench_template(b, chain);
	if (bench_apply(b))
		bench_show(b);
	assert_int_equal(b->result.done.create, 4);
	assert_string_equal(cloud_property("b", "Note"), cloud_property("a", "Serial"));
	assert_true(cloud_has("b-c"));
	assert_true(cloud_first_call(CLOUD_CREATE, "a") < cloud_first_call(CLOUD_CREATE, "b"));
	assert_string_equal(bench_record(b, "B")->depends_on, "[\"web/-/east/A\"]");
	assert_non_null(strstr(bench_instance(b, "east")->outputs, "\"Serial\":\"s-"));
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
}

static void dependents_of_a_failure_are_skipped_and_others_go_on(void **state)
{
	struct bench *b = *state;

	bench_template(b, chain);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE, .name = "a", .status = HD_FATAL});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(b->result.failed, 1);
	assert_int_equal(b->result.skipped, 2);
	assert_int_equal(b->result.done.create, 1);
	assert_true(cloud_has("d"));
	assert_false(cloud_has("b"));
	assert_int_equal(b->result.targets_failed, 1);
	assert_string_equal(bench_instance(b, "east")->status, "FAILED");
	assert_null(bench_record(b, "A"));
	assert_int_equal(bench_open_operations(b), 0);
	assert_string_equal(bench_diag(b, DIAG_PROVIDER_FAILED)->address, "web/east/A");
	assert_string_equal(bench_diag(b, DIAG_PROVIDER_FAILED)->endpoint, "h1");
	assert_string_equal(bench_diag(b, DIAG_PROVIDER_FAILED)->foreign_code, "Broken");
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.create, 3);
}

static void a_destroy_goes_the_other_way_round(void **state)
{
	struct bench *b = *state;

	bench_template(b, chain);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(bench_destroy(b), 0);
	assert_int_equal(b->result.done.remove, 4);
	assert_int_equal(cloud_count(), 0);
	assert_true(cloud_first_call(CLOUD_REMOVE, "b-c") < cloud_first_call(CLOUD_REMOVE, "b"));
	assert_true(cloud_first_call(CLOUD_REMOVE, "b") < cloud_first_call(CLOUD_REMOVE, "a"));
	assert_int_equal(bench_records(b), 0);
	assert_null(bench_instance(b, "east"));
}

static void what_is_gone_already_counts_as_deleted(void **state)
{
	struct bench *b = *state;

	bench_many(b, 2, 1);
	assert_int_equal(bench_apply(b), 0);
	cloud_lose("t1");
	assert_int_equal(bench_destroy(b), 0);
	assert_int_equal(b->result.done.remove, 2);
	assert_int_equal(bench_records(b), 0);
}

static void a_passing_fault_is_tried_again(void **state)
{
	struct bench *b = *state;

	bench_many(b, 3, 3);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = "t1", .times = 3, .status = HD_RETRY});
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .name = "t2",
					    .times = 2,
					    .status = HD_THROTTLED,
					    .wait_ms = 9000});
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "t1"), 4);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "t2"), 3);
	assert_int_equal(b->retried, 5);
	assert_true(b->result.elapsed_ms >= 18000);
	assert_int_equal(b->d.error_count, 0);
}

static void a_retry_is_told_with_the_number_of_the_attempt_to_come(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(
		&(struct cloud_rule){.op = CLOUD_CREATE, .times = 3, .status = HD_UNREACHABLE});
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(str_cstr(&b->attempts), "2/4 3/4 4/4 ");
}

static void waits_for_others_have_no_last_attempt(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE, .times = 2, .status = HD_CONFLICT});
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE, .times = 2, .status = HD_RETRY});
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(str_cstr(&b->attempts), "2/0 3/0 4/6 5/6 ");
}

static void attempts_come_to_an_end(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE, .status = HD_RETRY});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "t0"), 4);
	assert_int_equal(b->d.error_count, 1);
	assert_int_equal(bench_open_operations(b), 0);
}

static void a_dead_host_is_given_up_once_for_all_that_wait_for_it(void **state)
{
	struct bench *b = *state;

	b->parallelism = 4;
	bench_many(b, 40, 2);
	cloud_add_rule(
		&(struct cloud_rule){.op = CLOUD_CREATE, .host = "h1", .status = HD_UNREACHABLE});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(b->result.done.create, 20);
	assert_int_equal(b->result.failed, 20);
	assert_int_equal(b->d.error_count, 20);
	assert_int_equal(b->opened, 1);
	/* Far fewer than four attempts each. */
	assert_true(cloud_calls(CLOUD_CREATE, "*") <= 20 + 4 + 6);
	for (const struct diag *g = b->d.first; g; g = g->next) {
		assert_string_equal(g->summary, "the host does not answer");
		assert_string_equal(g->endpoint, "h1");
		assert_non_null(g->address);
	}
	assert_int_equal(bench_open_operations(b), 0);
}

static void a_host_that_comes_back_goes_on(void **state)
{
	struct bench *b = *state;

	b->parallelism = 4;
	bench_many(b, 10, 1);
	cloud_add_rule(
		&(struct cloud_rule){.op = CLOUD_CREATE, .times = 6, .status = HD_UNREACHABLE});
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 10);
	assert_int_equal(b->opened, 1);
}

static void a_thousand_pending_operations_need_eight_workers(void **state)
{
	struct bench *b = *state;

	b->parallelism = 8;
	bench_many(b, 1000, 50);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 3, .wait_ms = 1000});
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_count(), 1000);
	assert_int_equal(b->waiting, 1000);
	assert_int_equal(cloud_calls(CLOUD_POLL, "*"), 4000);
	assert_true(cloud_most_at_once() <= 8);
	assert_int_equal(bench_records(b), 1000);
	assert_int_equal(bench_open_operations(b), 0);
}

static void a_pending_operation_that_fails_leaves_a_tainted_record(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 1, .wait_ms = 10});
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_POLL, .status = HD_FATAL, .trick = CLOUD_HANDS_ID});
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_record(b, "T0")->tainted);
	assert_string_equal(bench_record(b, "T0")->id, "t0@h0");
	assert_int_equal(bench_open_operations(b), 0);
	/* What is tainted is read first, and then put right. */
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_calls(CLOUD_READ, "t0"), 1);
	assert_int_equal(cloud_made("t0"), 1);
	assert_false(bench_record(b, "T0")->tainted);
}

static void a_half_done_create_is_recorded_as_doubtful(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .status = HD_FATAL,
					    .effect = HD_EFFECT_PARTIAL,
					    .happens = true});
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_record(b, "T0")->tainted);
	assert_string_equal(bench_record(b, "T0")->id, "t0@h0");
}

static void a_half_done_update_keeps_its_old_inputs(void **state)
{
	struct bench *b = *state;

	bench_template(b,
		       "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 1}}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b,
		       "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 2}}}\n");
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_UPDATE,
					    .status = HD_FATAL,
					    .effect = HD_EFFECT_PARTIAL,
					    .happens = true});
	assert_int_equal(bench_apply(b), -1);
	assert_string_equal(bench_record(b, "A")->inputs, "{\"Name\":\"a\",\"Size\":1}");
	assert_non_null(strstr(bench_record(b, "A")->outputs, "\"Size\":2"));
	assert_true(bench_record(b, "A")->tainted);
}

static void a_create_whose_answer_was_lost_is_found_by_its_key(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .times = 1,
					    .status = HD_RETRY,
					    .effect = HD_EFFECT_UNKNOWN,
					    .happens = true});
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "t0"), 1);
	assert_int_equal(cloud_calls(CLOUD_FIND, "t0"), 1);
	assert_int_equal(b->d.error_count, 0);
	assert_string_equal(bench_record(b, "T0")->id, "t0@h0");
}

static void a_create_that_was_lost_before_it_arrived_is_sent_again(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .times = 1,
					    .status = HD_UNREACHABLE,
					    .effect = HD_EFFECT_UNKNOWN});
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "t0"), 2);
	assert_int_equal(cloud_made("t0"), 1);
}

static void a_create_that_is_lost_every_time_fails_without_a_record(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_RETRY, .effect = HD_EFFECT_UNKNOWN});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "t0"), 4);
	assert_int_equal(bench_records(b), 0);
	assert_int_equal(bench_open_operations(b), 0);
	assert_true(bench_said(b, DIAG_PROVIDER_FAILED));
}

static void a_lost_create_of_which_nobody_can_tell_is_not_sent_again(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_RETRY, .effect = HD_EFFECT_UNKNOWN});
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_FIND, .status = HD_NOTFOUND, .effect = HD_EFFECT_UNKNOWN});
	assert_int_equal(bench_apply(b), -1);
	assert_int_equal(cloud_calls(CLOUD_CREATE, "t0"), 1);
	assert_int_equal(bench_records(b), 0);
	assert_int_equal(bench_open_operations(b), 0);
	assert_true(bench_said(b, DIAG_PROVIDER_FAILED));
	assert_non_null(strstr(bench_diag(b, DIAG_RUN_UNKNOWABLE)->hint, "hadeploy import"));
}

static void what_cannot_be_asked_about_stays_open(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .status = HD_UNREACHABLE,
					    .effect = HD_EFFECT_UNKNOWN,
					    .happens = true});
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_FIND, .status = HD_UNREACHABLE});
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_RUN_UNCLEAR));
	assert_int_equal(bench_open_operations(b), 1);
	/* As long as nobody can be asked, nothing is planned. */
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_RECOVER_UNCLEAR));
	assert_null(b->result.plan);
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->recovered, 1);
	assert_true(plan_empty(b->result.plan));
	assert_int_equal(cloud_made("t0"), 1);
	assert_int_equal(bench_open_operations(b), 0);
}

static void a_lost_update_is_compared_with_what_is_there(void **state)
{
	struct bench *b = *state;

	bench_template(b,
		       "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 1}}}\n");
	assert_int_equal(bench_apply(b), 0);
	bench_template(b,
		       "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 2}}}\n");
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_UPDATE, .times = 1, .status = HD_RETRY, .effect = HD_EFFECT_UNKNOWN});
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_calls(CLOUD_UPDATE, "a"), 2);
	assert_string_equal(cloud_property("a", "Size"), "2");
}

static void a_lost_delete_that_happened_is_a_success(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	assert_int_equal(bench_apply(b), 0);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_REMOVE,
					    .status = HD_RETRY,
					    .effect = HD_EFFECT_UNKNOWN,
					    .happens = true});
	assert_int_equal(bench_destroy(b), 0);
	assert_int_equal(cloud_calls(CLOUD_REMOVE, "t0"), 1);
	assert_int_equal(bench_records(b), 0);
}

static void something_of_that_name_which_is_not_ours_is_left_alone(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	assert_int_equal(bench_apply(b), 0);
	bench_manifest(b, "Project: shop\n"
			  "Regions: {east: {}, west: {}}\n"
			  "Stacks:\n"
			  "  web: {Template: web.yaml, Targets: [east]}\n"
			  "  two: {Template: two.yaml, Targets: [east]}\n");
	bench_file(b, "two.yaml",
		   "Resources:\n"
		   "  T1: {Type: 'Cloud::Thing', Properties: {Name: t0, Host: h0}}\n");
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_RUN_EXISTS));
	assert_null(bench_record(b, "T1"));
	assert_non_null(bench_record(b, "T0"));
}

static void an_update_of_what_is_gone_makes_the_next_run_look(void **state)
{
	struct bench *b = *state;

	bench_template(b,
		       "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 1}}}\n");
	assert_int_equal(bench_apply(b), 0);
	cloud_lose("a");
	bench_template(b,
		       "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 2}}}\n");
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_RUN_GONE));
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.create, 1);
	assert_true(cloud_has("a"));
}

static void a_provider_that_breaks_its_contract_is_named(void **state)
{
	struct bench *b = *state;

	bench_many(b, 2, 2);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = "t0", .status = HD_OK, .trick = CLOUD_BAD_STATE});
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = "t1", .status = HD_OK, .trick = CLOUD_NO_ID});
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_PROVIDER_CONTRACT));
	assert_true(bench_record(b, "T0")->tainted);
	assert_int_equal(bench_open_operations(b), 0);
}

static void an_attribute_that_was_not_handed_over_is_told(void **state)
{
	struct bench *b = *state;

	/* Echo exists only beside a secret. */
	bench_template(
		b, "Resources:\n"
		   "  A: {Type: 'Cloud::Thing', Properties: {Name: a}}\n"
		   "  B: {Type: 'Cloud::Thing', Properties: {Name: b, Note: !GetAtt A.Echo}}\n");
	assert_int_equal(bench_apply(b), -1);
	assert_string_equal(bench_diag(b, DIAG_RUN_STILL_UNKNOWN)->address, "web/east/B");
	assert_false(cloud_has("b"));
	assert_int_equal(b->result.done.create, 1);
	assert_int_equal(bench_open_operations(b), 0);
}

static void tamper(const struct plan *plan)
{
	struct change *c = (struct change *)(uintptr_t)&plan->changes[0];

	c->desired = "{\"Name\":\"a\",\"Secret\":{\"$secret\":\"00\"},\"Size\":1}";
}

static void what_was_approved_is_what_runs(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Parameters: {Password: {Type: String, NoEcho: true}}\n"
			  "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 2, "
			  "Secret: !Ref Password}}}\n");
	bench_param(b, "Password", "correct-horse-7");
	b->tamper = tamper;
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_RUN_VALUE_CHANGED));
	assert_null(strstr(bench_diag(b, DIAG_RUN_VALUE_CHANGED)->detail, "horse"));
	assert_int_equal(cloud_count(), 0);
	assert_int_equal(bench_open_operations(b), 0);
}

static void what_stays_pending_too_long_is_left_to_the_next_run(void **state)
{
	struct bench *b = *state;

	bench_many(b, 1, 1);
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .status = HD_PENDING, .polls = 3, .wait_ms = 60000});
	cloud_add_rule(
		&(struct cloud_rule){.op = CLOUD_POLL, .status = HD_PENDING, .wait_ms = 60000});
	assert_int_equal(bench_apply(b), -1);
	assert_true(b->result.elapsed_ms > 3500000 && b->result.elapsed_ms <= 3700000);
	assert_true(bench_said(b, DIAG_RUN_TIMEOUT));
	assert_true(bench_said(b, DIAG_RUN_UNCLEAR));
	assert_int_equal(bench_open_operations(b), 1);
	cloud_drop_rules();
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->recovered, 1);
	assert_int_equal(cloud_made("t0"), 1);
}

static void use_entry(struct bench *b, const char *providers)
{
	bench_manifest(b, arena_printf(b->a,
				       "Project: shop\n%s"
				       "Regions: {east: {}}\n"
				       "Stacks: {web: {Template: web.yaml, Targets: [east]}}\n",
				       providers));
}

static void a_record_of_an_entry_that_is_gone_is_kept(void **state)
{
	struct bench *b = *state;

	use_entry(b, "Providers: {mine: {Use: sim, Types: ['Cloud::*']}}\n");
	bench_many(b, 2, 1);
	assert_int_equal(bench_apply(b), 0);
	assert_string_equal(bench_record(b, "T1")->provider, "mine");
	use_entry(b, "");
	bench_many(b, 1, 1);
	assert_int_equal(bench_apply(b), -1);
	assert_string_equal(bench_diag(b, DIAG_PROVIDER_GONE)->address, "web/east/T1");
	assert_non_null(bench_record(b, "T1"));
	assert_int_equal(bench_open_operations(b), 0);
}

static void what_is_doubtful_and_cannot_be_read_is_a_warning(void **state)
{
	struct bench *b = *state;

	bench_many(b, 2, 2);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE,
					    .name = "t0",
					    .status = HD_FATAL,
					    .effect = HD_EFFECT_PARTIAL,
					    .happens = true});
	assert_int_equal(bench_apply(b), -1);
	cloud_drop_rules();
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_READ, .status = HD_FATAL});
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(bench_diag(b, DIAG_REFRESH_INCOMPLETE)->severity, DIAG_WARNING);
	assert_false(b->result.plan->refreshed);
	assert_int_equal(b->result.done.update, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(everything_planned_is_created_and_recorded),
		RUN_TEST(a_second_apply_asks_nobody),
		RUN_TEST(an_update_says_what_changed_and_what_was),
		RUN_TEST(what_was_unknown_is_filled_in_when_it_is_known),
		RUN_TEST(dependents_of_a_failure_are_skipped_and_others_go_on),
		RUN_TEST(a_destroy_goes_the_other_way_round),
		RUN_TEST(what_is_gone_already_counts_as_deleted),
		RUN_TEST(a_passing_fault_is_tried_again),
		RUN_TEST(a_retry_is_told_with_the_number_of_the_attempt_to_come),
		RUN_TEST(waits_for_others_have_no_last_attempt),
		RUN_TEST(attempts_come_to_an_end),
		RUN_TEST(a_dead_host_is_given_up_once_for_all_that_wait_for_it),
		RUN_TEST(a_host_that_comes_back_goes_on),
		RUN_TEST(a_thousand_pending_operations_need_eight_workers),
		RUN_TEST(a_pending_operation_that_fails_leaves_a_tainted_record),
		RUN_TEST(a_half_done_create_is_recorded_as_doubtful),
		RUN_TEST(a_half_done_update_keeps_its_old_inputs),
		RUN_TEST(a_create_whose_answer_was_lost_is_found_by_its_key),
		RUN_TEST(a_create_that_was_lost_before_it_arrived_is_sent_again),
		RUN_TEST(a_create_that_is_lost_every_time_fails_without_a_record),
		RUN_TEST(a_lost_create_of_which_nobody_can_tell_is_not_sent_again),
		RUN_TEST(what_cannot_be_asked_about_stays_open),
		RUN_TEST(a_lost_update_is_compared_with_what_is_there),
		RUN_TEST(a_lost_delete_that_happened_is_a_success),
		RUN_TEST(something_of_that_name_which_is_not_ours_is_left_alone),
		RUN_TEST(an_update_of_what_is_gone_makes_the_next_run_look),
		RUN_TEST(a_provider_that_breaks_its_contract_is_named),
		RUN_TEST(an_attribute_that_was_not_handed_over_is_told),
		RUN_TEST(what_was_approved_is_what_runs),
		RUN_TEST(what_stays_pending_too_long_is_left_to_the_next_run),
		RUN_TEST(a_record_of_an_entry_that_is_gone_is_kept),
		RUN_TEST(what_is_doubtful_and_cannot_be_read_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
