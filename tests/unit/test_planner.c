/* Documents and records to a plan: what is done, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/planner_fixture.h"

#define ONE_THING(properties) \
	"Resources:\n  Page:\n    Type: Fake::Thing\n    Properties:\n" properties

#define ONE_STACK                              \
	"Project: shop\nRegions: {east: {}}\n" \
	"Stacks: {web: {Template: web.yaml, Targets: [east]}}\n"
#define TWO_TARGETS                                      \
	"Project: shop\nRegions: {east: {}, west: {}}\n" \
	"Stacks: {web: {Template: web.yaml, Targets: [east, west]}}\n"

static void planned(struct fixture *f)
{
	assert_non_null(fixture_plan(f));
}

static void what_is_not_recorded_is_created(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n      Size: '5'\n      Where: host1\n"));
	planned(&f);
	assert_true(fixture_has_line(&f, "create web/east/Page Fake::Thing reason=new"));
	assert_true(fixture_has_line(&f, "\t/Name: (none) -> \"a\""));
	assert_true(fixture_has_line(&f, "\t/Size: (none) -> 5"));
	assert_string_equal(fixture_change(&f, "Page")->endpoint, "host1");
	assert_null(fixture_change(&f, "Page")->before);
	assert_int_equal(f.plan->counts.create, 1);
	assert_false(plan_empty(f.plan));
	fixture_close(&f);
}

static void what_is_recorded_the_same_is_left_alone(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, ONE_THING("      Size: 5\n      Name: a\n"));
	fixture_record(&f, "web/-/east/Page", "Fake::Thing", "{\"Name\":\"a\",\"Size\":5}", NULL);
	planned(&f);
	assert_string_equal(str_cstr(&f.text),
			    "instance web/east\n"
			    "none web/east/Page Fake::Thing reason=none\n"
			    "create=0 update=0 replace=0 delete=0 retain=0 none=1\n\n");
	assert_true(plan_empty(f.plan));
	fixture_close(&f);
}

static void a_changed_property_updates(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n      Size: 6\n      Tags: {x: '1'}\n"));
	fixture_record(&f, "web/-/east/Page", "Fake::Thing",
		       "{\"Name\":\"a\",\"Note\":\"n\",\"Size\":5,\"Tags\":{\"x\":\"1\"}}", NULL);
	planned(&f);
	assert_true(
		fixture_has_line(&f, "update web/east/Page Fake::Thing reason=changed cause=Note"));
	assert_true(fixture_has_line(&f, "\t/Note: \"n\" -> (none)"));
	assert_true(fixture_has_line(&f, "\t/Size: 5 -> 6"));
	assert_int_equal(fixture_change(&f, "Page")->path_count, 2);
	fixture_close(&f);
}

static void paths_know_their_place_in_the_template(void **state)
{
	const struct change *c;
	struct fixture f;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n      Size: 6\n"));
	fixture_record(&f, "web/-/east/Page", "Fake::Thing",
		       "{\"Name\":\"a\",\"Note\":\"n\",\"Size\":5}", NULL);
	planned(&f);
	c = fixture_change(&f, "Page");
	assert_int_equal(c->where.start.line, 2);
	assert_string_equal(c->paths[0].pointer, "/Note");
	assert_int_equal(c->paths[0].where.start.line, 2);
	assert_string_equal(c->paths[1].pointer, "/Size");
	assert_int_equal(c->paths[1].where.start.line, 6);
	assert_int_equal(c->paths[1].where.start.column, 13);
	fixture_close(&f);
}

static void a_create_only_property_replaces(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: b\n      Size: 6\n"));
	fixture_record(&f, "web/-/east/Page", "Fake::Thing", "{\"Name\":\"a\",\"Size\":5}", NULL);
	planned(&f);
	assert_true(fixture_has_line(
		&f, "replace web/east/Page Fake::Thing reason=create-only cause=Name"));
	assert_true(fixture_has_line(&f, "\t/Name: \"a\" -> \"b\" replaces"));
	assert_true(fixture_has_line(&f, "\t/Size: 5 -> 6"));
	assert_non_null(fixture_change(&f, "Page")->before);
	fixture_close(&f);
}

static void a_default_that_is_written_out_replaces_nothing(void **state)
{
	struct fixture f;
	struct record *r;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n"));
	r = fixture_record(&f, "web/-/east/Page", "Fake::Thing", "{}", NULL);
	r->outputs = "{\"Name\":\"a\"}";
	planned(&f);
	assert_int_equal(fixture_change(&f, "Page")->action, ACTION_NONE);
	fixture_close(&f);
}

static void another_type_replaces(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n"));
	fixture_record(&f, "web/-/east/Page", "Fake::Plain", "{\"Name\":\"a\"}", NULL);
	planned(&f);
	assert_true(fixture_has_line(
		&f, "replace web/east/Page Fake::Thing reason=create-only cause=Type"));
	assert_string_equal(fixture_change(&f, "Page")->before->type, "Fake::Plain");
	fixture_close(&f);
}

static void a_tainted_record_is_updated(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n"));
	fixture_record(&f, "web/-/east/Page", "Fake::Thing", "{\"Name\":\"a\"}", NULL)->tainted =
		true;
	planned(&f);
	assert_true(fixture_has_line(&f, "update web/east/Page Fake::Thing reason=tainted"));
	fixture_close(&f);
}

static void a_tainted_record_without_id_is_created(void **state)
{
	struct fixture f;
	struct record *r;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n"));
	r = fixture_record(&f, "web/-/east/Page", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	r->tainted = true;
	r->id = "";
	planned(&f);
	assert_true(fixture_has_line(&f, "create web/east/Page Fake::Thing reason=tainted"));
	fixture_close(&f);
}

static void what_is_gone_is_created_again(void **state)
{
	struct fixture f;
	struct record *r;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n"));
	r = fixture_record(&f, "web/-/east/Page", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	fixture_seen(&f, r, SEEN_GONE, NULL);
	planned(&f);
	assert_true(fixture_has_line(&f, "create web/east/Page Fake::Thing reason=gone"));
	assert_int_equal(f.plan->drifted, 1);
	assert_true(f.plan->refreshed);
	fixture_close(&f);
}

static void drift_is_what_a_template_can_set(void **state)
{
	struct fixture f;
	struct record *r;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n      Size: 5\n"));
	r = fixture_record(&f, "web/-/east/Page", "Fake::Thing", "{\"Name\":\"a\",\"Size\":5}",
			   NULL);
	r->outputs = "{\"Name\":\"a\",\"Note\":\"d\",\"Serial\":\"1\",\"Size\":5}";
	fixture_seen(&f, r, SEEN_PRESENT,
		     "{\"Name\":\"a\",\"Note\":\"x\",\"Serial\":\"2\",\"Size\":7,\"Zzz\":1}");
	planned(&f);
	assert_true(
		fixture_has_line(&f, "update web/east/Page Fake::Thing reason=drifted cause=Size"));
	/* Note is a default of the provider: nobody asked for it. */
	assert_true(fixture_has_line(&f, "\t/Size: 7 -> 5 drift"));
	assert_int_equal(fixture_change(&f, "Page")->path_count, 1);
	assert_int_equal(f.plan->drifted, 1);
	fixture_close(&f);
}

static void a_world_that_is_as_wanted_already_has_not_drifted(void **state)
{
	struct fixture f;
	struct record *r;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n      Size: 7\n"));
	r = fixture_record(&f, "web/-/east/Page", "Fake::Thing", "{\"Name\":\"a\",\"Size\":7}",
			   NULL);
	r->outputs = "{\"Name\":\"a\",\"Size\":5}";
	fixture_seen(&f, r, SEEN_PRESENT, "{\"Name\":\"a\",\"Size\":7}");
	planned(&f);
	assert_int_equal(fixture_change(&f, "Page")->action, ACTION_NONE);
	assert_int_equal(f.plan->drifted, 0);
	fixture_close(&f);
}

static void what_could_not_be_read_stays_as_recorded(void **state)
{
	struct fixture f;
	struct record *r;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n"));
	r = fixture_record(&f, "web/-/east/Page", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	fixture_seen(&f, r, SEEN_FAILED, NULL);
	planned(&f);
	assert_int_equal(fixture_change(&f, "Page")->action, ACTION_NONE);
	fixture_close(&f);
}

#define TWO_THINGS                                                   \
	"Resources:\n"                                               \
	"  A: {Type: Fake::Thing, Properties: {Name: a, Size: 1}}\n" \
	"  B: {Type: Fake::Thing, Properties: {Name: b, Note: !GetAtt A.Serial}}\n"

static void attributes_of_what_is_unchanged_are_known(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, TWO_THINGS);
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\",\"Size\":1}", NULL)
		->outputs = "{\"Serial\":\"s1\"}";
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"b\",\"Note\":\"s1\"}", NULL);
	planned(&f);
	assert_int_equal(f.plan->counts.none, 2);
	assert_true(plan_empty(f.plan));
	fixture_close(&f);
}

static void computed_attributes_of_what_is_updated_are_unknown(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, TWO_THINGS);
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\",\"Size\":2}", NULL)
		->outputs = "{\"Serial\":\"s1\"}";
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"b\",\"Note\":\"s1\"}", NULL);
	planned(&f);
	assert_true(fixture_has_line(
		&f, "update web/east/B Fake::Thing reason=changed cause=A.Serial because=A"));
	assert_true(fixture_has_line(&f, "\tneeds update web/east/A"));
	assert_true(fixture_has_line(&f, "\t/Note: \"s1\" -> (unknown)"));
	assert_string_equal(fixture_change(&f, "B")->unknown_pointers, "[\"/Note\"]");
	fixture_close(&f);
}

static void properties_of_what_is_updated_are_the_wanted_ones(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n"
			 "  A: {Type: Fake::Thing, Properties: {Name: a, Note: new}}\n"
			 "  B: {Type: Fake::Thing, Properties: {Name: b, Note: !GetAtt A.Note, "
			 "Where: !Ref A}}\n");
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\",\"Note\":\"old\"}",
		       NULL);
	fixture_record(&f, "web/-/east/B", "Fake::Thing",
		       "{\"Name\":\"b\",\"Note\":\"old\",\"Where\":\"a\"}", NULL);
	planned(&f);
	assert_true(fixture_has_line(&f, "\t/Note: \"old\" -> \"new\""));
	assert_true(fixture_has_line(&f, "update web/east/B Fake::Thing reason=changed cause=Note "
					 "because=A"));
	assert_int_equal(fixture_change(&f, "B")->path_count, 1);
	fixture_close(&f);
}

static void an_unknown_create_only_property_replaces_with_a_note(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, "Resources:\n"
			 "  A: {Type: Fake::Thing, Properties: {Name: a2}}\n"
			 "  B: {Type: Fake::Thing, Properties: {Name: !Sub '${A.Serial}-b'}}\n");
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	fixture_record(&f, "web/-/east/B", "Fake::Thing", "{\"Name\":\"s-b\"}", NULL);
	planned(&f);
	assert_true(fixture_has_line(
		&f, "replace web/east/B Fake::Thing reason=create-only cause=A.Serial because=A "
		    "conditional"));
	assert_int_equal(f.plan->counts.conditional, 1);
	assert_true(fixture_has_line(&f, "\t/Name: \"s-b\" -> (unknown) replaces"));
	assert_non_null(f.d.first);
	assert_int_equal(f.d.first->code, DIAG_PLAN_MAY_REPLACE);
	assert_int_equal(f.d.first->severity, DIAG_NOTE);
	assert_string_equal(f.d.first->address, "web/east/B");
	fixture_close(&f);
}

static void what_ref_gives_is_known_before_the_thing_is_there(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f,
		     "Resources:\n"
		     "  A: {Type: Fake::Thing, Properties: {Name: a2}}\n"
		     "  B: {Type: Fake::Thing, Properties: {Name: !Sub '${A}-b'}}\n"
		     "  C: {Type: Fake::Thing, Properties: {Name: c, Note: !GetAtt A.Serial}}\n");
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	planned(&f);
	assert_string_equal(fixture_change(&f, "B")->desired, "{\"Name\":\"a2-b\"}");
	assert_string_equal(fixture_change(&f, "B")->unknown_pointers, "[]");
	assert_string_equal(fixture_change(&f, "C")->unknown_pointers, "[\"/Note\"]");
	fixture_close(&f);
}

static void secrets_are_masked_and_still_compared(void **state)
{
	const struct change *c;
	struct fixture f;
	char digest[65];
	json_t *secret = json_string("hunter22");

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n      Key: hunter22\n"));
	state_secret_digest(f.state, secret, digest);
	fixture_record(&f, "web/-/east/Page", "Fake::Thing",
		       arena_printf(f.a, "{\"Key\":{\"$secret\":\"%s\"},\"Name\":\"a\"}", digest),
		       NULL);
	planned(&f);
	c = fixture_change(&f, "Page");
	assert_int_equal(c->action, ACTION_NONE);
	assert_string_equal(c->sensitive_pointers, "[\"/Key\"]");
	assert_null(strstr(c->desired, "hunter22"));
	f.records[0].inputs = "{\"Key\":{\"$secret\":\"00\"},\"Name\":\"a\"}";
	planned(&f);
	c = fixture_change(&f, "Page");
	assert_int_equal(c->action, ACTION_UPDATE);
	assert_true(c->paths[0].sensitive);
	assert_null(strstr(str_cstr(&f.text), "hunter22"));
	json_decref(secret);
	fixture_close(&f);
}

static void a_secret_that_is_passed_on_is_known(void **state)
{
	const struct param_override word = {
		.name = "Word", .value = "hunter22", .origin = "words.yaml"};
	const struct selection sel = {.params = &word, .param_count = 1};
	struct fixture f;
	char digest[65];
	json_t *secret = json_string("hunter22");

	(void)state;
	fixture_open_project(
		&f, ONE_STACK,
		"Parameters: {Word: {Type: String, NoEcho: true}}\n"
		"Resources:\n"
		"  A: {Type: Fake::Thing, Properties: {Name: a, Note: !Ref Word}}\n"
		"  B: {Type: Fake::Thing, Properties: {Name: b, Note: !GetAtt A.Note}}\n",
		&sel);
	state_secret_digest(f.state, secret, digest);
	fixture_record(&f, "web/-/east/A", "Fake::Thing",
		       arena_printf(f.a, "{\"Name\":\"a\",\"Note\":{\"$secret\":\"%s\"}}", digest),
		       NULL);
	fixture_record(&f, "web/-/east/B", "Fake::Thing",
		       arena_printf(f.a, "{\"Name\":\"b\",\"Note\":{\"$secret\":\"%s\"}}", digest),
		       NULL);
	planned(&f);
	assert_int_equal(f.plan->counts.none, 2);
	assert_string_equal(fixture_change(&f, "B")->sensitive_pointers, "[\"/Note\"]");
	json_decref(secret);
	fixture_close(&f);
}

/* What a provider's plan() would say of every resource. */
static int refine_computed(void *context, const struct refine_request *q, struct arena *a,
			   struct refinement *out, struct diags *d)
{
	static const struct computed_path sum = {"/Sum", "\"s2\""};

	(void)context;
	(void)a;
	(void)d;
	assert_non_null(strstr(q->desired, "\"Name\""));
	out->computed = &sum;
	out->computed_count = 1;
	return 0;
}

static void a_foreseen_output_that_differs_updates(void **state)
{
	struct fixture f;
	struct record *r;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n"));
	f.in.refine = refine_computed;
	r = fixture_record(&f, "web/-/east/Page", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	r->outputs = "{\"Sum\":\"s1\"}";
	planned(&f);
	assert_true(
		fixture_has_line(&f, "update web/east/Page Fake::Thing reason=changed cause=Sum"));
	assert_true(fixture_has_line(&f, "\t/Sum: \"s1\" -> \"s2\" computed"));
	r->outputs = "{\"Sum\":\"s2\"}";
	planned(&f);
	assert_int_equal(fixture_change(&f, "Page")->action, ACTION_NONE);
	fixture_close(&f);
}

static int refine_same_and_replace(void *context, const struct refine_request *q, struct arena *a,
				   struct refinement *out, struct diags *d)
{
	static const char *const same[] = {"/Note"}, *const replace[] = {"/Size"};

	(void)context;
	(void)q;
	(void)a;
	(void)d;
	*out = (struct refinement){
		.same = same, .same_count = 1, .replace = replace, .replace_count = 1};
	return 0;
}

static void a_provider_can_call_paths_the_same_or_replacing(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f, ONE_THING("      Name: a\n      Note: N\n      Size: 2\n"));
	f.in.refine = refine_same_and_replace;
	fixture_record(&f, "web/-/east/Page", "Fake::Thing",
		       "{\"Name\":\"a\",\"Note\":\"n\",\"Size\":2}", NULL);
	planned(&f);
	assert_int_equal(fixture_change(&f, "Page")->action, ACTION_NONE);
	f.records[0].inputs = "{\"Name\":\"a\",\"Note\":\"n\",\"Size\":1}";
	planned(&f);
	assert_true(fixture_has_line(
		&f, "replace web/east/Page Fake::Thing reason=create-only cause=Size"));
	assert_int_equal(fixture_change(&f, "Page")->path_count, 1);
	fixture_close(&f);
}

static void a_circle_is_one_error_with_every_step(void **state)
{
	struct fixture f;
	size_t count = 0;

	(void)state;
	fixture_open_project(
		&f, TWO_TARGETS,
		"Resources:\n"
		"  A: {Type: Fake::Thing, Properties: {Name: !GetAtt B.Serial}}\n"
		"  B: {Type: Fake::Thing, DependsOn: C, Properties: {Name: b}}\n"
		"  C: {Type: Fake::Thing, DependsOn: [D], Properties: {Name: !Ref D}}\n"
		"  D: {Type: Fake::Thing, Properties: {Name: !Sub 'x-${A}'}}\n",
		NULL);
	assert_null(fixture_plan(&f));
	for (const struct diag *g = f.d.first; g; g = g->next)
		count += g->code == DIAG_GRAPH_CYCLE;
	assert_int_equal(count, 1);
	assert_int_equal(f.d.first->where.start.line, 2);
	assert_string_equal(fixture_without_dir(&f, f.d.first->detail),
			    "A -> B (Fn::GetAtt at web.yaml:2:53)"
			    " -> C (DependsOn at web.yaml:3:37)"
			    " -> D (Ref at web.yaml:4:66)"
			    " -> A (Fn::Sub at web.yaml:5:53)");
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_recorded_is_created),
		cmocka_unit_test(what_is_recorded_the_same_is_left_alone),
		cmocka_unit_test(a_changed_property_updates),
		cmocka_unit_test(paths_know_their_place_in_the_template),
		cmocka_unit_test(a_create_only_property_replaces),
		cmocka_unit_test(a_default_that_is_written_out_replaces_nothing),
		cmocka_unit_test(another_type_replaces),
		cmocka_unit_test(a_tainted_record_is_updated),
		cmocka_unit_test(a_tainted_record_without_id_is_created),
		cmocka_unit_test(what_is_gone_is_created_again),
		cmocka_unit_test(drift_is_what_a_template_can_set),
		cmocka_unit_test(a_world_that_is_as_wanted_already_has_not_drifted),
		cmocka_unit_test(what_could_not_be_read_stays_as_recorded),
		cmocka_unit_test(attributes_of_what_is_unchanged_are_known),
		cmocka_unit_test(computed_attributes_of_what_is_updated_are_unknown),
		cmocka_unit_test(properties_of_what_is_updated_are_the_wanted_ones),
		cmocka_unit_test(an_unknown_create_only_property_replaces_with_a_note),
		cmocka_unit_test(what_ref_gives_is_known_before_the_thing_is_there),
		cmocka_unit_test(secrets_are_masked_and_still_compared),
		cmocka_unit_test(a_secret_that_is_passed_on_is_known),
		cmocka_unit_test(a_foreseen_output_that_differs_updates),
		cmocka_unit_test(a_provider_can_call_paths_the_same_or_replacing),
		cmocka_unit_test(a_circle_is_one_error_with_every_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
