/* Runbooks with values for their parameters, and limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/runbook_fixture.h"

#define MOVE \
	"Parameters: {From: {Type: Region}, To: {Type: Region}, N: {Type: Number, Default: 3}}\n"
#define WAIT "Steps: [{Name: w, Type: Wait, Duration: 1s}]\n"

/* What binding says, or "" when it is fine. */
static void check_bind(const char *main, const char *inner, const char *parameters,
		       const char *wanted)
{
	struct runbook_reading r = read_runbook(main, inner, NULL);

	assert_string_equal(said(&r), "");
	bind_runbook(&r, parameters);
	assert_string_equal(said(&r), wanted);
	assert_true((r.b != NULL) == !*wanted);
	forget_runbook(&r);
}

static void check_load(const char *main, const char *inner, const char *wanted)
{
	struct runbook_reading r = read_runbook(main, inner, NULL);

	assert_string_equal(said(&r), wanted);
	assert_true((r.p != NULL) == !*wanted);
	forget_runbook(&r);
}

static void parameters_are_checked(void **state)
{
	(void)state;
	check_bind(MOVE WAIT, NULL, "From=east To=west", "");
	check_bind(MOVE WAIT, NULL, "From=east To=west N=4", "");
	check_bind(MOVE WAIT, NULL, "From=east",
		   "HD2618 :0: parameter 'To' of runbook 'main' has no value");
	check_bind(MOVE WAIT, NULL, "From=east To=west Tol=south",
		   "HD2618 :0: runbook 'main' has no parameter 'Tol'");
	check_bind(MOVE WAIT, NULL, "From=east To=wst",
		   "HD1107 :0: parameter 'To' names no region: 'wst'");
	check_bind(MOVE WAIT, NULL, "From=east To=west N=x",
		   "HD2617 :0: parameter 'N' is a number, and 'x' is none");
	check_bind(MOVE WAIT, NULL, "From=east To=east",
		   "HD2619 :0: runbook 'main' would move from region 'east' to itself");
	check_bind("Parameters: {S: {Type: String, AllowedValues: [a, b]}}\n" WAIT, NULL, "S=b",
		   "");
}

static void some_values_are_allowed(void **state)
{
	struct runbook_reading r = read_runbook("Parameters: {To: {Type: Region, AllowedValues: "
						"[east, west]}, From: {Type: Region}}\n" WAIT,
						NULL, NULL);

	(void)state;
	assert_true(runbook_parameter_allows(&r.p->parameters[0], "west"));
	assert_false(runbook_parameter_allows(&r.p->parameters[0], "south"));
	assert_true(runbook_parameter_allows(&r.p->parameters[1], "south"));
	bind_runbook(&r, "From=east To=south");
	assert_null(r.b);
	assert_int_equal(r.d.first->code, DIAG_PARAMETER_VALUE);
	forget_runbook(&r);
}

static void values_of_parameters_show_what_is_wrong(void **state)
{
	(void)state;
	check_bind(
		MOVE "Steps: [{Name: a, Type: Apply, Stack: web, Region: !Ref To}]\n", NULL,
		"From=east To=south",
		"HD2624 main.yaml:2: step 'a' applies stack 'web' in region 'south', which is none "
		"of its targets");
	check_bind(MOVE "Mappings: {Cities: {east: {Name: Rome}}}\n"
			"Steps: [{Name: a, Type: Notify, Command: x,\n"
			"  Message: !FindInMap [Cities, !Ref To, Name]}]\n",
		   NULL, "From=east To=west",
		   "HD1305 main.yaml:4: mapping 'Cities' has no key 'west' | in this runbook");
	check_bind(MOVE "Steps: [{Name: a, Type: Notify, Command: x, Message: !GetStackOutput\n"
			"  {StackName: db, OutputName: None, Region: !Ref To}}]\n",
		   NULL, "From=east To=west",
		   "HD2622 main.yaml:2: stack 'db' in region 'west' has no output 'None'");
	check_bind(MOVE "Steps: [{Name: a, Type: Notify, Command: x, Message: !GetStackOutput\n"
			"  {StackName: db, OutputName: Url}}]\n",
		   NULL, "From=east To=west",
		   "HD2622 main.yaml:2: output 'Url' of stack 'db' is asked for without a region");
}

static void runbooks_that_are_run_get_their_parameters(void **state)
{
	static const char main[] = MOVE
		"Steps: [{Name: a, Type: Runbook, Runbook: inner, Parameters: {R: !Ref To}}]\n";
	static const char inner[] = "Parameters: {R: {Type: Region}}\n"
				    "Steps: [{Name: c, Type: Apply, Region: !Ref R,\n"
				    "  Stack: web}]\n";

	(void)state;
	check_bind(main, inner, "From=east To=west", "");
	check_bind(main, inner, "From=east To=south",
		   "HD2624 inner.yaml:3: step 'c' applies stack 'web' in region 'south', which is "
		   "none of its targets");
	/* A parameter of another kind. */
	check_bind("Parameters: {S: {Type: String}}\n"
		   "Steps: [{Name: a, Type: Runbook, Runbook: inner, Parameters: {R: !Ref S}}]\n",
		   inner, "S=moon", "HD1107 main.yaml:2: parameter 'R' names no region: 'moon'");
}

static void what_conditions_leave_out_is_not_looked_at(void **state)
{
	struct runbook_reading r = read_runbook(
		MOVE "Conditions: {Far: !Equals [!Ref To, south], Big: !Equals [!Ref N, 9]}\n"
		     "Steps:\n"
		     "  - Name: group\n"
		     "    Condition: Far\n"
		     "    Steps:\n"
		     "      - {Name: a, Type: Apply, Stack: web, Region: !Ref To}\n"
		     "      - {Name: b, Type: Wait, Duration: 1s, Condition: Big}\n"
		     "      - {Name: r, Type: Runbook, Runbook: inner}\n",
		NULL, NULL);

	(void)state;
	assert_string_equal(said(&r), "");
	bind_runbook(&r, "From=east To=west");
	assert_string_equal(said(&r), "");
	assert_string_equal(spec_text(&r, "group", STEP_GRACEFUL),
			    "condition of step 'group' is false");
	assert_string_equal(spec_text(&r, "group/a", STEP_GRACEFUL),
			    "condition of step 'group' is false");
	assert_string_equal(spec_text(&r, "group/r/nothing", STEP_GRACEFUL),
			    "condition of step 'group' is false");
	forget_runbook(&r);
}

/* n runbooks would be needed: groups in groups are as deep. */
static void depth_is_limited(void **state)
{
	struct str text = STR_INIT;

	(void)state;
	str_add(&text, "Steps: ");
	for (int i = 0; i < 25; i++)
		str_printf(&text, "[{Name: s%d, Steps: ", i);
	str_add(&text, "[{Name: w, Type: Wait, Duration: 1s}]");
	for (int i = 0; i < 25; i++)
		str_add(&text, "}]");
	str_add(&text, "\n");
	check_load(str_cstr(&text), NULL,
		   "HD2610 main.yaml:1: steps stand deeper than 20 in each other here");
	str_release(&text);
}

static void add_steps(struct str *text, const char *name, size_t count, const char *step)
{
	str_add(text, "Steps:\n");
	for (size_t i = 0; i < count; i++)
		str_printf(text, "  - {Name: %s%zu, %s}\n", name, i, step);
}

static void steps_are_limited(void **state)
{
	struct str main = STR_INIT, inner = STR_INIT;

	(void)state;
	add_steps(&main, "s", 5002, "Type: Wait, Duration: 1s");
	check_load(str_cstr(&main), NULL,
		   "HD2610 main.yaml:5002: the runbook has more than 5000 steps");
	str_truncate(&main, 0);
	add_steps(&main, "s", 60, "Type: Runbook, Runbook: inner");
	add_steps(&inner, "t", 100, "Type: Wait, Duration: 1s");
	check_load(str_cstr(&main), str_cstr(&inner),
		   "HD2610 main.yaml:61: the runbook has more than 5000 steps with those that it "
		   "runs");
	str_release(&main);
	str_release(&inner);
}

static void a_circle_shows_its_way(void **state)
{
	static const char to_third[] = "Steps: [{Name: a, Type: Runbook, Runbook: third}]\n";
	struct runbook_reading r =
		read_runbook("Steps: [{Name: a, Type: Runbook, Runbook: inner}]\n", to_third,
			     "Steps: [{Name: a, Type: Runbook, Runbook: main}]\n");

	(void)state;
	assert_string_equal(said(&r),
			    "HD2609 third.yaml:1: runbook 'main' would run itself | main -> "
			    "inner -> third -> main");
	assert_null(r.p);
	forget_runbook(&r);
}

static void an_execution_knows_its_files(void **state)
{
	struct runbook_reading a = read_runbook(WAIT, NULL, NULL),
			       b = read_runbook(WAIT, NULL, NULL);
	struct runbook_reading c = read_runbook(WAIT "# changed\n", NULL, NULL);

	(void)state;
	assert_string_equal(a.p->digest, b.p->digest);
	assert_string_not_equal(a.p->digest, c.p->digest);
	forget_runbook(&a);
	forget_runbook(&b);
	forget_runbook(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_are_checked),
		cmocka_unit_test(some_values_are_allowed),
		cmocka_unit_test(values_of_parameters_show_what_is_wrong),
		cmocka_unit_test(runbooks_that_are_run_get_their_parameters),
		cmocka_unit_test(what_conditions_leave_out_is_not_looked_at),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(steps_are_limited),
		cmocka_unit_test(a_circle_shows_its_way),
		cmocka_unit_test(an_execution_knows_its_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
