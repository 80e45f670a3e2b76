/* Section Moved: what is recorded under an old logical id is taken as the new one's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/planner_fixture.h"

#define NEW(moved)                                                     \
	"Moved: " moved "\n"                                           \
	"Resources:\n"                                                 \
	"  New: {Type: Fake::Thing, Properties: {Name: a, Size: 1}}\n" \
	"  User: {Type: Fake::Thing, Properties: {Name: u, Note: !Ref New}}\n"

static void record_old(struct fixture *f, const char *id)
{
	const char *key = arena_printf(f->a, "web/-/east/%s", id);

	fixture_record(f, key, "Fake::Thing", "{\"Name\":\"a\",\"Size\":1}", NULL);
	fixture_record(f, "web/-/east/User", "Fake::Thing", "{\"Name\":\"u\",\"Note\":\"a\"}",
		       arena_printf(f->a, "[\"%s\"]", key));
}

static void a_moved_resource_is_the_same_one(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, NEW("[{From: Old, To: New}]"));
	record_old(&f, "Old");
	assert_non_null(fixture_plan(&f));
	assert_true(fixture_has_line(&f, "none web/east/New Fake::Thing reason=moved "
					 "moved-from=Old"));
	assert_false(plan_empty(f.plan));
	assert_int_equal(f.plan->counts.moved, 1);
	assert_int_equal(f.plan->counts.none, 2);
	assert_int_equal(f.plan->move_count, 1);
	assert_string_equal(f.plan->moves[0].from.logical_id, "Old");
	assert_string_equal(f.plan->moves[0].to, "New");
	assert_string_equal(fixture_change(&f, "User")->before->depends_on, "[\"web/-/east/New\"]");
	fixture_close(&f);
}

static void it_may_change_as_well(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Moved: [{From: Old, To: New}]\n"
			 "Resources: {New: {Type: Fake::Thing, Properties: {Name: a, Size: 2}}}\n");
	record_old(&f, "Old");
	assert_non_null(fixture_plan(&f));
	assert_true(fixture_has_line(&f, "update web/east/New Fake::Thing reason=changed "
					 "cause=Size moved-from=Old"));
	fixture_close(&f);
}

static void chains_lead_to_their_end(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, NEW("[{From: Older, To: Old}, {From: Old, To: New}]"));
	record_old(&f, "Older");
	assert_non_null(fixture_plan(&f));
	assert_true(fixture_has_line(&f, "none web/east/New Fake::Thing reason=moved "
					 "moved-from=Older"));
	fixture_close(&f);
}

static void where_nothing_is_recorded_nothing_moves(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, NEW("[{From: Old, To: New}]"));
	assert_non_null(fixture_plan(&f));
	assert_int_equal(f.plan->move_count, 0);
	assert_int_equal(f.plan->counts.create, 2);
	assert_null(fixture_change(&f, "New")->moved_from);
	fixture_close(&f);
}

static void what_is_left_over_from_a_replacement_moves_along(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, NEW("[{From: Old, To: New}]"));
	fixture_record(&f, "web/-/east/Old", "Fake::Thing", "{\"Name\":\"x\"}", NULL)->deposed =
		"op1";
	record_old(&f, "Old");
	assert_non_null(fixture_plan(&f));
	assert_int_equal(f.plan->move_count, 1);
	assert_true(fixture_has_line(&f, "delete web/east/New Fake::Thing reason=deposed "
					 "deposed=op1"));
	fixture_close(&f);
}

static void what_is_recorded_under_both_stays(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, NEW("[{From: Old, To: New}]"));
	fixture_record(&f, "web/-/east/New", "Fake::Thing", "{\"Name\":\"a\",\"Size\":1}", NULL);
	record_old(&f, "Old");
	assert_non_null(fixture_plan(&f));
	assert_int_equal(f.d.first->code, DIAG_MOVED_TAKEN);
	assert_int_equal(f.d.first->severity, DIAG_WARNING);
	assert_int_equal(f.d.first->where.start.line, 1);
	assert_int_equal(f.plan->move_count, 0);
	assert_int_equal(fixture_change(&f, "Old")->action, ACTION_DELETE);
	fixture_close(&f);
}

static void destroying_goes_by_the_names_that_are_recorded(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, NEW("[{From: Old, To: New}]"));
	record_old(&f, "Old");
	f.in.destroy = true;
	assert_non_null(fixture_plan(&f));
	assert_int_equal(f.plan->move_count, 0);
	assert_int_equal(fixture_change(&f, "Old")->action, ACTION_DELETE);
	fixture_close(&f);
}

static void expect_fault(const char *template_text, enum diag_code code, const char *summary)
{
	struct fixture f;
	const struct diag *g;

	fixture_open(&f, template_text);
	assert_null(fixture_plan(&f));
	for (g = f.d.first; g && g->code != code; g = g->next)
		;
	assert_non_null(g);
	assert_string_equal(g->summary, summary);
	assert_int_equal(g->where.start.line, 1);
	fixture_close(&f);
}

static void both_ids_are_looked_at(void **state)
{
	(void)state;
	expect_fault(NEW("[{From: User, To: New}]"), DIAG_MOVED_STILL_THERE,
		     "'User' is said to be 'New' now, and is still there");
	expect_fault(NEW("[{From: Old, To: Newer}]"), DIAG_MOVED_NOWHERE,
		     "'Old' moves to 'Newer', which is no resource of the template");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moved_resource_is_the_same_one),
		cmocka_unit_test(it_may_change_as_well),
		cmocka_unit_test(chains_lead_to_their_end),
		cmocka_unit_test(where_nothing_is_recorded_nothing_moves),
		cmocka_unit_test(what_is_left_over_from_a_replacement_moves_along),
		cmocka_unit_test(what_is_recorded_under_both_stays),
		cmocka_unit_test(destroying_goes_by_the_names_that_are_recorded),
		cmocka_unit_test(both_ids_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
