/* What goes, what waits for what, stacks among each other, outputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/planner_fixture.h"

#define MANY 10000
#define PLAIN(id) "  " id ": {Type: Fake::Thing, Properties: {Name: " id "}}\n"
#define TWO_STACKS                                             \
	"Project: shop\nRegions: {east: {}, west: {}}\n"       \
	"Stacks:\n"                                            \
	"  net: {Template: web.yaml, Targets: [east, west]}\n" \
	"  web: {Template: web.yaml, DependsOn: [net], Targets: [east, west]}\n"

static void planned(struct fixture *f)
{
	assert_non_null(fixture_plan(f));
}

static void what_left_the_template_is_deleted_after_its_dependents(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n  C: {Type: Fake::Thing, Properties: {Name: c2}}\n");
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"b\"}", "[\"web/-/east/A\"]");
	fixture_record(&f, "web/-/east/C", "Fake::Thing", "{\"Name\":\"c\"}", "[\"web/-/east/B\"]");
	planned(&f);
	assert_string_equal(str_cstr(&f.text),
			    "instance web/east\n"
			    "delete web/east/A Fake::Thing reason=not-in-template\n"
			    "\tneeds delete web/east/B\n"
			    "delete web/east/B Fake::Thing reason=not-in-template\n"
			    "\tneeds replace web/east/C\n"
			    "replace web/east/C Fake::Thing reason=create-only cause=Name\n"
			    "\t/Name: \"c\" -> \"c2\" replaces\n"
			    "create=0 update=0 replace=1 delete=2 retain=0 none=0\n\n");
	fixture_close(&f);
}

static void a_false_condition_deletes_with_its_place(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(
		&f,
		"Conditions: {Never: !Equals [a, b]}\n"
		"Resources:\n"
		"  A: {Type: Fake::Thing, Condition: Never, Properties: {Name: a}}\n" PLAIN("B"));
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	planned(&f);
	assert_true(fixture_has_line(&f, "delete web/east/A Fake::Thing reason=condition-false"));
	assert_int_equal(fixture_change(&f, "A")->where.start.line, 3);
	fixture_close(&f);
}

static void retained_things_stay(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n" PLAIN("B"));
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", NULL)
		->deletion_policy = "Retain";
	planned(&f);
	assert_true(fixture_has_line(&f, "retain web/east/A Fake::Thing reason=not-in-template"));
	assert_int_equal(f.plan->counts.retain, 1);
	fixture_close(&f);
}

static void what_is_left_of_a_replacement_is_deleted(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n" PLAIN("B"));
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"B\"}", NULL);
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"b0\"}", NULL)->deposed =
		"op1";
	planned(&f);
	assert_true(fixture_has_line(&f, "none web/east/B Fake::Thing reason=none"));
	assert_true(
		fixture_has_line(&f, "delete web/east/B Fake::Thing reason=deposed deposed=op1"));
	fixture_close(&f);
}

/* Two of one name cannot be; and where they can, the delete would take the new one. */
static void a_leftover_whose_name_is_wanted_again_goes_first(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n" PLAIN("B"));
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"b1\"}", NULL);
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"B\"}", NULL)->deposed =
		"op1";
	planned(&f);
	assert_true(fixture_has_line(&f, "\tneeds delete web/east/B"));
	fixture_close(&f);
}

static void wanted_things_wait_for_what_they_refer_to(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(
		&f,
		"Resources:\n"
		"  A: {Type: Fake::Thing, DependsOn: [B, C], Properties: {Name: !Ref C}}\n" PLAIN(
			"B") PLAIN("C"));
	planned(&f);
	assert_int_equal(fixture_change(&f, "A")->need_count, 2);
	assert_true(fixture_has_line(&f, "\tneeds create web/east/B"));
	assert_true(fixture_has_line(&f, "\tneeds create web/east/C"));
	assert_int_equal(fixture_change(&f, "B")->need_count, 0);
	fixture_close(&f);
}

static void order_passes_through_what_is_unchanged(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f,
		     "Resources:\n"
		     "  A: {Type: Fake::Thing, Properties: {Name: a, Size: 2}}\n"
		     "  B: {Type: Fake::Thing, DependsOn: A, Properties: {Name: b}}\n"
		     "  C: {Type: Fake::Thing, DependsOn: B, Properties: {Name: c, Size: 2}}\n");
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\",\"Size\":1}", NULL);
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"b\"}", NULL);
	fixture_record(&f, "web/-/east/C", "Fake::Thing", "{\"Name\":\"c\",\"Size\":1}", NULL);
	planned(&f);
	assert_true(fixture_has_line(&f, "\tneeds update web/east/A"));
	assert_true(fixture_has_line(&f, "\tneeds none web/east/B"));
	fixture_close(&f);
}

/* Else the delete would remove what was just created. */
static void a_renamed_resource_is_deleted_before_it_is_created(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n"
			 "  New: {Type: Fake::Thing, Properties: {Name: same}}\n"
			 "  User: {Type: Fake::Thing, Properties: {Name: u, Note: !Ref New}}\n");
	fixture_record(&f, "web/-/east/Old", "Fake::Thing", "{\"Name\":\"same\"}", NULL);
	fixture_record(&f, "web/-/east/User", "Fake::Thing", "{\"Name\":\"u\",\"Note\":\"same\"}",
		       "[\"web/-/east/Old\"]");
	planned(&f);
	assert_int_equal(fixture_change(&f, "Old")->need_count, 0);
	assert_true(fixture_has_line(&f, "\tneeds delete web/east/Old"));
	assert_true(fixture_has_line(&f, "\tneeds create web/east/New"));
	fixture_close(&f);
}

/* Before must go so that After can come, whose value User waits for; Gone, which used Before,
 * cannot be left by User until then.  What gives way is Before, as it comes back. */
static void a_value_is_waited_for_whatever_goes_in_a_circle(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n"
			 "  After: {Type: Fake::Thing, Properties: {Name: same}}\n"
			 "  User: {Type: Fake::Thing, Properties: {Name: u, Note: !Ref After}}\n");
	fixture_record(&f, "web/-/east/Gone", "Fake::Thing", "{\"Name\":\"g\"}",
		       "[\"web/-/east/Before\"]");
	fixture_record(&f, "web/-/east/Before", "Fake::Thing", "{\"Name\":\"same\"}", NULL);
	fixture_record(&f, "web/-/east/User", "Fake::Thing", "{\"Name\":\"u\",\"Note\":\"g\"}",
		       "[\"web/-/east/Gone\"]");
	planned(&f);
	assert_int_equal(fixture_change(&f, "Before")->need_count, 0);
	assert_true(fixture_has_line(&f, "\tneeds delete web/east/Before"));
	assert_true(fixture_has_line(&f, "\tneeds create web/east/After"));
	assert_true(fixture_has_line(&f, "\tneeds update web/east/User"));
	fixture_close(&f);
}

static void a_renamed_resource_is_left_before_it_is_deleted(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n"
			 "  New: {Type: Fake::Thing, Properties: {Name: same}}\n"
			 "  User: {Type: Fake::Thing, Properties: {Name: u, Note: none}}\n");
	fixture_record(&f, "web/-/east/Old", "Fake::Thing", "{\"Name\":\"same\"}", NULL);
	fixture_record(&f, "web/-/east/User", "Fake::Thing", "{\"Name\":\"u\",\"Note\":\"same\"}",
		       "[\"web/-/east/Old\"]");
	planned(&f);
	assert_true(fixture_has_line(&f, "\tneeds delete web/east/Old"));
	assert_true(fixture_has_line(&f, "\tneeds update web/east/User"));
	fixture_close(&f);
}

static void recorded_dependencies_in_a_circle_are_cut(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n" PLAIN("C"));
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", "[\"web/-/east/B\"]");
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"b\"}", "[\"web/-/east/A\"]");
	planned(&f);
	assert_int_equal(fixture_change(&f, "A")->need_count + fixture_change(&f, "B")->need_count,
			 1);
	fixture_close(&f);
}

static void destroy_takes_everything_the_other_way_round(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n" PLAIN("A") PLAIN("B"));
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"A\"}", NULL);
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"B\"}", "[\"web/-/east/A\"]");
	f.in.destroy = true;
	planned(&f);
	assert_string_equal(str_cstr(&f.text),
			    "instance web/east\n"
			    "delete web/east/A Fake::Thing reason=destroy\n"
			    "\tneeds delete web/east/B\n"
			    "delete web/east/B Fake::Thing reason=destroy\n"
			    "create=0 update=0 replace=0 delete=2 retain=0 none=0\n\n");
	assert_true(f.plan->destroy);
	fixture_close(&f);
}

static void stacks_wait_for_those_they_depend_on(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open_project(&f, TWO_STACKS, "Resources:\n" PLAIN("A"), NULL);
	planned(&f);
	assert_true(fixture_has_line(&f, "instance net/east"));
	assert_true(fixture_has_line(&f, "instance web/east after net/east"));
	assert_true(fixture_has_line(&f, "instance web/west after net/west"));
	fixture_close(&f);
	fixture_open_project(&f, TWO_STACKS, "Resources:\n" PLAIN("A"), NULL);
	f.in.destroy = true;
	planned(&f);
	assert_true(fixture_has_line(&f, "instance net/east after web/east"));
	assert_true(fixture_has_line(&f, "instance web/west"));
	fixture_close(&f);
}

static void without_an_instance_in_the_same_region_all_are_waited_for(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open_project(&f,
			     "Project: shop\nRegions: {east: {}, west: {}, north: {}}\n"
			     "Stacks:\n"
			     "  net: {Template: web.yaml, Targets: [east, west]}\n"
			     "  web: {Template: web.yaml, DependsOn: [net], Targets: [north]}\n",
			     "Resources:\n" PLAIN("A"), NULL);
	planned(&f);
	assert_true(fixture_has_line(&f, "instance web/north after net/east, net/west"));
	fixture_close(&f);
}

static void record_orphans(struct fixture *f)
{
	fixture_record(f, "gone/-/east/A", "Fake::Thing", "{\"Name\":\"A\"}", NULL);
	fixture_record(f, "web/-/south/A", "Fake::Thing", "{\"Name\":\"A\"}", NULL);
	fixture_record(f, "web/-/west/A", "Fake::Thing", "{\"Name\":\"A\"}", NULL);
}

static void what_left_the_manifest_is_deleted(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open_project(&f, TWO_STACKS, "Resources:\n" PLAIN("A"), NULL);
	record_orphans(&f);
	planned(&f);
	assert_true(fixture_has_line(&f, "instance gone/east (not in the manifest)"));
	assert_true(fixture_has_line(&f, "delete gone/east/A Fake::Thing reason=not-in-manifest"));
	assert_true(fixture_has_line(&f, "delete web/south/A Fake::Thing reason=not-in-manifest"));
	assert_true(fixture_has_line(&f, "none web/west/A Fake::Thing reason=none"));
	fixture_close(&f);
}

static void retained_instances_leave_the_record_alone(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open_project(&f,
			     "Project: shop\nRegions: {east: {}, south: {}}\n"
			     "Stacks: {web: {Template: web.yaml, Targets: [east], "
			     "RetainInstances: true}}\n",
			     "Resources:\n" PLAIN("A"), NULL);
	record_orphans(&f);
	fixture_record(&f, "web/-/south/B", "Fake::Thing", "{\"Name\":\"b\"}", NULL)->deposed =
		"op1";
	fixture_record(&f, "web/-/east/C", "Fake::Thing", "{\"Name\":\"c\"}", NULL);
	planned(&f);
	assert_true(fixture_has_line(&f, "retain web/south/A Fake::Thing reason=not-in-manifest"));
	assert_true(
		fixture_has_line(&f, "retain web/south/B Fake::Thing reason=deposed deposed=op1"));
	/* What leaves the template goes as ever, and so does a stack that has left as a whole. */
	assert_true(fixture_has_line(&f, "delete web/east/C Fake::Thing reason=not-in-template"));
	assert_true(fixture_has_line(&f, "delete gone/east/A Fake::Thing reason=not-in-manifest"));
	fixture_close(&f);
}

static void destroy_takes_retained_instances_too(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open_project(&f,
			     "Project: shop\nRegions: {east: {}, south: {}}\n"
			     "Stacks: {web: {Template: web.yaml, Targets: [east], "
			     "RetainInstances: true}}\n",
			     "Resources:\n" PLAIN("A"), NULL);
	fixture_record(&f, "web/-/south/A", "Fake::Thing", "{\"Name\":\"A\"}", NULL);
	f.in.destroy = true;
	planned(&f);
	assert_true(fixture_has_line(&f, "delete web/south/A Fake::Thing reason=destroy"));
	fixture_close(&f);
}

static void a_selection_leaves_other_orphans_alone(void **state)
{
	const char *const stacks[] = {"web"}, *const regions[] = {"east"};
	const struct selection web = {.stacks = stacks, .stack_count = 1};
	const struct selection east = {.regions = regions, .region_count = 1};
	struct fixture f;

	(void)state;
	fixture_open_project(&f, TWO_STACKS, "Resources:\n" PLAIN("A"), &web);
	record_orphans(&f);
	planned(&f);
	assert_int_equal(f.plan->instance_count, 3);
	assert_true(fixture_has_line(&f, "delete web/south/A Fake::Thing reason=not-in-manifest"));
	assert_null(strstr(str_cstr(&f.text), "gone/east"));
	fixture_close(&f);
	fixture_open_project(&f, TWO_STACKS, "Resources:\n" PLAIN("A"), &east);
	record_orphans(&f);
	planned(&f);
	assert_true(fixture_has_line(&f, "delete gone/east/A Fake::Thing reason=not-in-manifest"));
	assert_null(strstr(str_cstr(&f.text), "web/south"));
	assert_null(strstr(str_cstr(&f.text), "web/west"));
	fixture_close(&f);
}

static void outputs_are_compared_with_those_recorded(void **state)
{
	struct instance_record recorded = {.id = {"web", ACCOUNT_NONE, "east"},
					   .outputs = "{\"Old\":1,\"Same\":\"s\",\"Size\":\"1\"}"};
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n" PLAIN("A") "Outputs:\n"
						   "  Same: {Value: s}\n"
						   "  Size: {Value: '2'}\n"
						   "  Serial: {Value: !GetAtt A.Serial}\n");
	f.instances = (struct instance_list){&recorded, 1};
	planned(&f);
	assert_true(fixture_has_line(&f, "output web/east Old: 1 -> (none)"));
	assert_true(fixture_has_line(&f, "output web/east Size: \"1\" -> \"2\""));
	assert_true(fixture_has_line(&f, "output web/east Serial: (none) -> (unknown)"));
	assert_int_equal(f.plan->output_count, 3);
	fixture_close(&f);
}

/* A chain in blocks, so that order, needs and references all have work. */
static char *many_resources(void)
{
	struct str s = STR_INIT;

	str_add(&s, "Resources:\n");
	for (int i = 0; i < MANY; i++) {
		str_printf(&s, "  R%05d: {Type: Fake::Thing, Properties: {Name: n%d", i, i);
		if (i % 100)
			str_printf(&s, ", Note: !GetAtt R%05d.Serial", i - 1);
		str_add(&s, "}}\n");
	}
	return str_steal(&s);
}

static void ten_thousand_resources_are_planned(void **state)
{
	char *text = many_resources();
	struct fixture f;

	(void)state;
	fixture_open(&f, text);
	planned(&f);
	assert_int_equal(f.plan->counts.create, MANY);
	assert_int_equal(fixture_change(&f, "R09999")->need_count, 1);
	assert_string_equal(f.plan->changes[MANY - 1].addr.logical_id, "R09999");
	free(text);
	fixture_close(&f);
}

static void ten_thousand_records_are_deleted_in_order(void **state)
{
	struct record *records = xcalloc(MANY, sizeof(*records));
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n" PLAIN("A"));
	for (int i = 0; i < MANY; i++) {
		records[i] = *fixture_record(&f, "web/-/east/X", "Fake::Thing", "{}", NULL);
		records[i].addr.logical_id = arena_printf(f.a, "R%05d", i);
		if (i)
			records[i].depends_on = arena_printf(f.a, "[\"web/-/east/R%05d\"]", i - 1);
		f.list.count = 0;
	}
	f.list = (struct record_list){records, MANY};
	f.in.destroy = true;
	planned(&f);
	assert_int_equal(f.plan->counts.remove, MANY);
	assert_int_equal(f.plan->changes[0].need_count, 1);
	assert_int_equal(f.plan->changes[0].needs[0], 1);
	assert_int_equal(f.plan->changes[MANY - 1].need_count, 0);
	free(records);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_left_the_template_is_deleted_after_its_dependents),
		cmocka_unit_test(a_false_condition_deletes_with_its_place),
		cmocka_unit_test(retained_things_stay),
		cmocka_unit_test(what_is_left_of_a_replacement_is_deleted),
		cmocka_unit_test(a_leftover_whose_name_is_wanted_again_goes_first),
		cmocka_unit_test(wanted_things_wait_for_what_they_refer_to),
		cmocka_unit_test(order_passes_through_what_is_unchanged),
		cmocka_unit_test(a_renamed_resource_is_deleted_before_it_is_created),
		cmocka_unit_test(a_value_is_waited_for_whatever_goes_in_a_circle),
		cmocka_unit_test(a_renamed_resource_is_left_before_it_is_deleted),
		cmocka_unit_test(recorded_dependencies_in_a_circle_are_cut),
		cmocka_unit_test(destroy_takes_everything_the_other_way_round),
		cmocka_unit_test(stacks_wait_for_those_they_depend_on),
		cmocka_unit_test(without_an_instance_in_the_same_region_all_are_waited_for),
		cmocka_unit_test(what_left_the_manifest_is_deleted),
		cmocka_unit_test(retained_instances_leave_the_record_alone),
		cmocka_unit_test(destroy_takes_retained_instances_too),
		cmocka_unit_test(a_selection_leaves_other_orphans_alone),
		cmocka_unit_test(outputs_are_compared_with_those_recorded),
		cmocka_unit_test(ten_thousand_resources_are_planned),
		cmocka_unit_test(ten_thousand_records_are_deleted_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
