/* --only, --exclude and --replace over a plan: what goes on stands on nothing left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/planner_fixture.h"

/* C refers to B, and B to A; D stands alone. */
#define CHAIN(size)                                                                       \
	"Resources:\n"                                                                    \
	"  A: {Type: Fake::Thing, Properties: {Name: a, Size: " size "}}\n"               \
	"  B: {Type: Fake::Thing, Properties: {Name: b, Size: " size ", Note: !Ref A}}\n" \
	"  C: {Type: Fake::Thing, Properties: {Name: c, Size: " size ", Note: !Ref B}}\n" \
	"  D: {Type: Fake::Thing, Properties: {Name: d, Size: " size "}}\n"               \
	"Outputs:\n"                                                                      \
	"  Serial: {Value: !GetAtt A.Serial}\n"                                           \
	"  Size: {Value: " size "}\n"

static const char *const only_b[] = {"B"};
static const char *const only_d[] = {"web/east/D"};
static const char *const replace_b[] = {"*/B"};

static struct plan_wishes wishes;

static void record_chain(struct fixture *f)
{
	fixture_record(f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\",\"Size\":1}", NULL);
	fixture_record(f, "web/-/east/B", "Fake::Thing",
		       "{\"Name\":\"b\",\"Note\":\"a\",\"Size\":1}", "[\"web/-/east/A\"]");
	fixture_record(f, "web/-/east/C", "Fake::Thing",
		       "{\"Name\":\"c\",\"Note\":\"b\",\"Size\":1}", "[\"web/-/east/B\"]");
	fixture_record(f, "web/-/east/D", "Fake::Thing", "{\"Name\":\"d\",\"Size\":1}", NULL);
}

static void open_with(struct fixture *f, const char *template_text)
{
	fixture_open(f, template_text);
	wishes = (struct plan_wishes){0};
	f->in.wishes = &wishes;
}

static void only_takes_in_what_the_named_ones_need(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, CHAIN("2"));
	record_chain(&f);
	wishes.only = (struct patterns){only_b, 1};
	assert_non_null(fixture_plan(&f));
	assert_int_equal(fixture_change(&f, "A")->action, ACTION_UPDATE);
	assert_int_equal(fixture_change(&f, "B")->action, ACTION_UPDATE);
	assert_int_equal(fixture_change(&f, "C")->action, ACTION_NONE);
	assert_int_equal(fixture_change(&f, "C")->left_out, ACTION_UPDATE);
	assert_int_equal(fixture_change(&f, "D")->left_out, ACTION_UPDATE);
	assert_int_equal(f.plan->counts.update, 2);
	assert_int_equal(f.plan->counts.left_out, 2);
	assert_true(f.plan->instances[0].partial);
	fixture_close(&f);
}

static void exclude_takes_out_what_needs_the_named_ones(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, CHAIN("2"));
	record_chain(&f);
	wishes.exclude = (struct patterns){only_b, 1};
	assert_non_null(fixture_plan(&f));
	assert_int_equal(fixture_change(&f, "A")->action, ACTION_UPDATE);
	assert_int_equal(fixture_change(&f, "B")->left_out, ACTION_UPDATE);
	assert_int_equal(fixture_change(&f, "C")->left_out, ACTION_UPDATE);
	assert_int_equal(fixture_change(&f, "D")->action, ACTION_UPDATE);
	fixture_close(&f);
}

static void exclude_wins_over_only(void **state)
{
	static const char *const c[] = {"C"};
	struct fixture f;

	(void)state;
	open_with(&f, CHAIN("2"));
	record_chain(&f);
	wishes.only = (struct patterns){c, 1};
	wishes.exclude = (struct patterns){only_b, 1};
	assert_non_null(fixture_plan(&f));
	assert_int_equal(f.plan->counts.update, 1);
	assert_int_equal(fixture_change(&f, "A")->action, ACTION_UPDATE);
	assert_int_equal(f.plan->counts.left_out, 3);
	fixture_close(&f);
}

static void what_is_left_out_of_creation_keeps_outputs_as_they_are(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, CHAIN("2"));
	wishes.only = (struct patterns){only_d, 1};
	assert_non_null(fixture_plan(&f));
	assert_int_equal(f.plan->counts.create, 1);
	assert_int_equal(fixture_change(&f, "A")->left_out, ACTION_CREATE);
	assert_int_equal(f.plan->output_count, 1);
	assert_string_equal(f.plan->outputs[0].name, "Size");
	fixture_close(&f);
}

static void nothing_is_left_out_without_need(void **state)
{
	static const char *const all[] = {"web/east"};
	struct fixture f;

	(void)state;
	open_with(&f, CHAIN("2"));
	record_chain(&f);
	wishes.only = (struct patterns){all, 1};
	assert_non_null(fixture_plan(&f));
	assert_int_equal(f.plan->counts.update, 4);
	assert_false(f.plan->instances[0].partial);
	fixture_close(&f);
}

/* The old A may go only when B has moved to the new one. */
static void a_replacement_takes_in_its_users(void **state)
{
	static const char *const a[] = {"A"};
	struct fixture f;

	(void)state;
	open_with(&f, "Resources:\n"
		      "  A: {Type: Fake::Thing, Properties: {Name: a2}}\n"
		      "  B: {Type: Fake::Thing, Properties: {Name: b, Note: !Ref A}}\n"
		      "  D: {Type: Fake::Thing, Properties: {Name: d2}}\n");
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"b\",\"Note\":\"a\"}",
		       "[\"web/-/east/A\"]");
	fixture_record(&f, "web/-/east/D", "Fake::Thing", "{\"Name\":\"d\"}", NULL);
	wishes.only = (struct patterns){a, 1};
	assert_non_null(fixture_plan(&f));
	assert_int_equal(fixture_change(&f, "A")->action, ACTION_REPLACE);
	assert_int_equal(fixture_change(&f, "B")->action, ACTION_UPDATE);
	assert_int_equal(fixture_change(&f, "D")->left_out, ACTION_REPLACE);
	wishes.only.count = 0;
	wishes.exclude = (struct patterns){only_b, 1};
	assert_non_null(fixture_plan(&f));
	assert_int_equal(fixture_change(&f, "A")->left_out, ACTION_REPLACE);
	assert_int_equal(fixture_change(&f, "D")->action, ACTION_REPLACE);
	fixture_close(&f);
}

/* B does not refer to A any more, but it did. */
static void a_replacement_takes_in_its_users_of_before(void **state)
{
	static const char *const a[] = {"A"};
	struct fixture f;

	(void)state;
	open_with(&f, "Resources:\n"
		      "  A: {Type: Fake::Thing, Properties: {Name: a2}}\n"
		      "  B: {Type: Fake::Thing, Properties: {Name: b, Note: other}}\n");
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"b\",\"Note\":\"a\"}",
		       "[\"web/-/east/A\"]");
	wishes.only = (struct patterns){a, 1};
	assert_non_null(fixture_plan(&f));
	assert_int_equal(fixture_change(&f, "B")->action, ACTION_UPDATE);
	assert_int_equal(f.plan->counts.left_out, 0);
	fixture_close(&f);
}

static void destroying_takes_in_what_depends_on_it(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, CHAIN("2"));
	record_chain(&f);
	f.in.destroy = true;
	wishes.only = (struct patterns){only_b, 1};
	assert_non_null(fixture_plan(&f));
	assert_int_equal(fixture_change(&f, "A")->left_out, ACTION_DELETE);
	assert_int_equal(fixture_change(&f, "B")->action, ACTION_DELETE);
	assert_int_equal(fixture_change(&f, "C")->action, ACTION_DELETE);
	assert_int_equal(f.plan->counts.remove, 2);
	assert_int_equal(f.plan->output_count, 0);
	fixture_close(&f);
}

static void a_pattern_without_a_resource_is_an_error(void **state)
{
	static const char *const wrong[] = {"web/east/E", "Nothing"};
	struct fixture f;

	(void)state;
	open_with(&f, CHAIN("2"));
	wishes.exclude = (struct patterns){wrong, 2};
	assert_null(fixture_plan(&f));
	assert_int_equal(f.d.error_count, 2);
	assert_string_equal(f.d.first->summary,
			    "no resource of this plan is named by '--exclude web/east/E'");
	assert_non_null(strstr(f.d.first->hint, "did you mean 'web/east/"));
	fixture_close(&f);
}

static void replace_makes_anew_though_nothing_differs(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "Resources:\n"
		      "  B: {Type: Fake::Plain, Properties: {Name: b}}\n"
		      "  C: {Type: Fake::Thing, Properties: {Name: c, Note: !GetAtt B.Arn}}\n"
		      "  New: {Type: Fake::Plain, Properties: {Name: n}}\n");
	fixture_record(&f, "web/-/east/B", "Fake::Plain", "{\"Name\":\"b\"}", NULL)->outputs =
		"{\"Arn\":\"arn\",\"Name\":\"b\"}";
	fixture_record(&f, "web/-/east/C", "Fake::Thing", "{\"Name\":\"c\",\"Note\":\"arn\"}",
		       NULL);
	wishes.replace = (struct patterns){replace_b, 1};
	assert_non_null(fixture_plan(&f));
	assert_true(fixture_has_line(&f, "replace web/east/B Fake::Plain reason=requested"));
	assert_true(fixture_has_line(
		&f, "update web/east/C Fake::Thing reason=changed cause=B.Arn because=B"));
	assert_int_equal(fixture_change(&f, "New")->action, ACTION_CREATE);
	fixture_close(&f);
}

static void what_would_have_the_same_name_is_not_replaced(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, CHAIN("1"));
	record_chain(&f);
	wishes.replace = (struct patterns){replace_b, 1};
	assert_null(fixture_plan(&f));
	assert_int_equal(f.d.first->code, DIAG_REPLACE_REFUSED);
	assert_string_equal(f.d.first->address, "web/east/B");
	fixture_close(&f);
}

static void a_snapshot_is_part_of_the_plan(void **state)
{
	struct fixture f;

	(void)state;
	open_with(&f, "Resources:\n"
		      "  Db: {Type: Fake::Data, DeletionPolicy: Snapshot, UpdateReplacePolicy: "
		      "Snapshot, Properties: {Name: db2}}\n");
	fixture_record(&f, "web/-/east/Db", "Fake::Data", "{\"Name\":\"db\"}", NULL);
	fixture_record(&f, "web/-/east/Old", "Fake::Data", "{\"Name\":\"o\"}", NULL)
		->deletion_policy = "Snapshot";
	assert_non_null(fixture_plan(&f));
	assert_true(fixture_change(&f, "Db")->snapshot);
	assert_true(fixture_change(&f, "Old")->snapshot);
	assert_int_equal(fixture_change(&f, "Old")->action, ACTION_DELETE);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_takes_in_what_the_named_ones_need),
		cmocka_unit_test(exclude_takes_out_what_needs_the_named_ones),
		cmocka_unit_test(exclude_wins_over_only),
		cmocka_unit_test(what_is_left_out_of_creation_keeps_outputs_as_they_are),
		cmocka_unit_test(nothing_is_left_out_without_need),
		cmocka_unit_test(a_replacement_takes_in_its_users),
		cmocka_unit_test(a_replacement_takes_in_its_users_of_before),
		cmocka_unit_test(destroying_takes_in_what_depends_on_it),
		cmocka_unit_test(a_pattern_without_a_resource_is_an_error),
		cmocka_unit_test(replace_makes_anew_though_nothing_differs),
		cmocka_unit_test(what_would_have_the_same_name_is_not_replaced),
		cmocka_unit_test(a_snapshot_is_part_of_the_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
