/* test_adopt.c - creations that find what is there, and what becomes of our own attempts. */
#include "tests/unit/run_bench.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"

static const char template_text[] =
	"Resources:\n"
	"  A: {Type: 'Cloud::Thing', Properties: {Name: a, Host: h1, Size: 5}}\n"
	"  B: {Type: 'Cloud::Thing', Properties: {Name: !Sub '${A.Serial}-b', Host: h2}}\n"
	"  C: {Type: 'Cloud::Thing', Properties: {Name: c, Host: h3}}\n";

static int adopt(struct bench *b)
{
	return bench_run(b, &(struct run_request){.mode = RUN_APPLY, .wishes = {.adopt = true}});
}

static const struct plan *adopt_plan(struct bench *b)
{
	return bench_plan_with(b,
			       &(struct run_request){.mode = RUN_APPLY, .wishes = {.adopt = true}});
}

static const struct change *change_of(const struct plan *p, const char *logical_id)
{
	for (size_t i = 0; i < p->change_count; i++) {
		if (!strcmp(p->changes[i].addr.logical_id, logical_id))
			return &p->changes[i];
	}
	return NULL;
}

static void a_and_b_are_there(struct bench *b)
{
	bench_template(b, template_text);
	cloud_place("{\"Name\":\"a\",\"Host\":\"h1\",\"Size\":7,\"Serial\":\"s9\"}");
	cloud_place("{\"Name\":\"s9-b\",\"Host\":\"h2\",\"Serial\":\"s10\"}");
}

static void a_plan_tells_what_is_there_and_what_differs(void **state)
{
	struct bench *b = *state;
	const struct change *c;
	const struct plan *p;

	bench_template(b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Host: h1, "
			  "Size: 5}}, C: {Type: 'Cloud::Thing', Properties: {Name: c}}}\n");
	cloud_place("{\"Name\":\"a\",\"Host\":\"h1\",\"Size\":7,\"Serial\":\"s9\"}");
	p = adopt_plan(b);
	assert_non_null(p);
	assert_int_equal(p->counts.adopt, 1);
	assert_int_equal(p->counts.create, 1);
	c = change_of(p, "A");
	assert_int_equal(c->action, ACTION_ADOPT);
	assert_int_equal(c->reason, REASON_FOUND);
	assert_string_equal(c->import_id, "a@h1");
	assert_int_equal(c->path_count, 1);
	assert_string_equal(c->paths[0].before, "7");
	assert_string_equal(c->paths[0].after, "5");
	assert_int_equal(bench_records(b), 0);
}

static void what_is_there_is_recorded_and_updated(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Host: h1, "
			  "Size: 5}}, C: {Type: 'Cloud::Thing', Properties: {Name: c}}}\n");
	cloud_place("{\"Name\":\"a\",\"Host\":\"h1\",\"Size\":7,\"Serial\":\"s9\"}");
	cloud_place("{\"Name\":\"c\",\"Host\":\"\",\"Serial\":\"s10\"}");
	assert_int_equal(adopt(b), 0);
	assert_int_equal(b->result.done.adopt, 2);
	assert_int_equal(b->result.done.create, 0);
	assert_string_equal(cloud_property("a", "Size"), "5");
	/* One that needs no change is not called. */
	assert_int_equal(cloud_calls(CLOUD_UPDATE, "*"), 1);
	assert_int_equal(bench_records(b), 2);
	assert_string_equal(bench_instance(b, "east")->status, "CURRENT");
	assert_int_equal(bench_apply(b), 0);
	assert_true(plan_empty(b->result.plan));
}

static void names_that_come_from_what_was_found_are_looked_for_too(void **state)
{
	struct bench *b = *state;
	const struct plan *p;

	bench_template(b, "Resources:\n"
			  "  A: {Type: 'Cloud::Thing', Properties: {Name: a, Host: h1}}\n"
			  "  B: {Type: 'Cloud::Thing', Properties: {Name: !Sub '${A.Serial}-b', "
			  "Host: h2}}\n");
	cloud_place("{\"Name\":\"a\",\"Host\":\"h1\",\"Serial\":\"s9\"}");
	cloud_place("{\"Name\":\"s9-b\",\"Host\":\"h2\",\"Serial\":\"s10\"}");
	p = adopt_plan(b);
	assert_non_null(p);
	/* A changes into nothing else, so its Serial is certain only if it needs no update. */
	assert_int_equal(p->counts.adopt, 2);
	assert_string_equal(change_of(p, "B")->import_id, "s9-b@h2");
}

static void a_name_that_is_not_known_is_not_looked_for(void **state)
{
	struct bench *b = *state;
	const struct plan *p;

	a_and_b_are_there(b);
	cloud_lose("a");
	p = adopt_plan(b);
	assert_non_null(p);
	assert_int_equal(p->counts.create, 3);
	assert_int_equal(cloud_calls(CLOUD_FIND, "*"), 2);
}

static void nothing_is_adopted_to_be_replaced(void **state)
{
	struct bench *b = *state;

	bench_template(
		b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Kind: big}}}\n");
	cloud_place("{\"Name\":\"a\",\"Host\":\"\",\"Kind\":\"small\"}");
	assert_int_equal(adopt(b), -1);
	assert_true(bench_said(b, DIAG_ADOPT_OTHER));
	assert_int_equal(bench_records(b), 0);
	assert_string_equal(cloud_property("a", "Kind"), "small");
}

static void nobody_guesses_between_two_of_one_name(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a}}}\n");
	cloud_place("{\"Name\":\"a\",\"Host\":\"\"}");
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_FIND, .trick = CLOUD_DOUBLES});
	assert_int_equal(adopt(b), -1);
	assert_true(bench_said(b, DIAG_IMPORT_SEVERAL));
	assert_int_equal(bench_records(b), 0);
}

static void without_adopt_it_fails_and_says_what_helps(void **state)
{
	struct bench *b = *state;
	const struct diag *g;

	bench_template(b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a}}}\n");
	cloud_place("{\"Name\":\"a\",\"Host\":\"\",\"Size\":7}");
	assert_int_equal(bench_apply(b), -1);
	g = bench_diag(b, DIAG_RUN_EXISTS);
	assert_non_null(g);
	assert_non_null(strstr(g->hint, "hadeploy import web/east/A ID"));
	assert_non_null(strstr(g->hint, "--adopt"));
	assert_int_equal(bench_records(b), 0);
}

/* It was there before, so going back leads to how it was found, and never to its end. */
static void a_rollback_leaves_what_was_adopted(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources:\n"
			  "  A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 5}}\n"
			  "  C: {Type: 'Cloud::Thing', DependsOn: A, Properties: {Name: c}}\n");
	cloud_place("{\"Name\":\"a\",\"Host\":\"\",\"Size\":7}");
	cloud_add_rule(&(struct cloud_rule){
		.op = CLOUD_CREATE, .name = "c", .status = HD_FATAL, .effect = HD_EFFECT_NONE});
	assert_int_equal(adopt(b), -1);
	assert_int_equal(b->result.targets_rolled_back, 1);
	assert_true(cloud_has("a"));
	assert_string_equal(cloud_property("a", "Size"), "7");
	assert_non_null(bench_record(b, "A"));
}

/* --- our own attempts -------------------------------------------------------------------- */

static const char one[] =
	"Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Size: 1}}}\n";

static void an_attempt_whose_answer_is_lost_is_recorded_by_its_key(void **state)
{
	struct bench *b = *state;

	bench_template(b, one);
	cloud_add_rule(&(struct cloud_rule){.op = CLOUD_CREATE, .trick = CLOUD_DIES_AFTER});
	bench_apply_dying(b);
	assert_int_equal(bench_open_operations(b), 1);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(cloud_made("a"), 1);
	assert_int_equal(bench_records(b), 1);
	assert_string_equal(bench_record(b, "A")->id, "a@");
}

static void copy_state(struct bench *b, const char *from, const char *to)
{
	static const char *const parts[] = {"", "-wal", "-shm"};

	for (size_t i = 0; i < 3; i++) {
		char source[200], target[200];
		struct str bytes = STR_INIT;

		snprintf(source, sizeof(source), "%s/.hadeploy/%s%s", b->dir, from, parts[i]);
		snprintf(target, sizeof(target), "%s/.hadeploy/%s%s", b->dir, to, parts[i]);
		remove(target);
		if (file_read(source, 64u << 20, &bytes) == 0)
			assert_int_equal(file_write_atomic(target, str_text(&bytes)), 0);
		str_release(&bytes);
	}
}

/* The operation is as unknown to the older state as the thing: only its name is left. */
static void after_an_older_state_came_back_the_name_is_the_way(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources: {}\n");
	assert_int_equal(bench_apply(b), 0);
	copy_state(b, "state.db", "backup.db");
	bench_template(b, one);
	assert_int_equal(bench_apply(b), 0);
	engine_close(b->e);
	b->e = NULL;
	copy_state(b, "backup.db", "state.db");
	assert_int_equal(bench_records(b), 0);
	assert_int_equal(bench_apply(b), -1);
	assert_true(bench_said(b, DIAG_RUN_EXISTS));
	assert_int_equal(adopt(b), 0);
	assert_int_equal(b->result.done.adopt, 1);
	assert_string_equal(bench_record(b, "A")->id, "a@");
	assert_int_equal(cloud_made("a"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_plan_tells_what_is_there_and_what_differs),
		RUN_TEST(what_is_there_is_recorded_and_updated),
		RUN_TEST(names_that_come_from_what_was_found_are_looked_for_too),
		RUN_TEST(a_name_that_is_not_known_is_not_looked_for),
		RUN_TEST(nothing_is_adopted_to_be_replaced),
		RUN_TEST(nobody_guesses_between_two_of_one_name),
		RUN_TEST(without_adopt_it_fails_and_says_what_helps),
		RUN_TEST(a_rollback_leaves_what_was_adopted),
		RUN_TEST(an_attempt_whose_answer_is_lost_is_recorded_by_its_key),
		RUN_TEST(after_an_older_state_came_back_the_name_is_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
