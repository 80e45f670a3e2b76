/* What steps of runbooks become, with what is known by then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/runbook_fixture.h"

#define MOVE                                                                                    \
	"Parameters: {From: {Type: Region}, To: {Type: Region}, Size: {Type: Number, Default: " \
	"3}}\n"

static void expect(struct runbook_reading *r, const char *path, const char *wanted)
{
	const char *text = spec_text(r, path, STEP_GRACEFUL);

	if (strcmp(said(r), "") != 0)
		fail_msg("%s", said(r));
	assert_string_equal(text, wanted);
}

static struct runbook_reading bound(const char *main, const char *inner)
{
	struct runbook_reading r = read_runbook(main, inner, NULL);

	if (!r.p)
		fail_msg("%s", said(&r));
	return r;
}

static void steps_stand_in_one_array_parents_first(void **state)
{
	struct runbook_reading r = read_runbook(
		"Steps:\n"
		"  - Name: side-by-side\n"
		"    Parallel:\n"
		"      - {Name: a, Type: Wait, Duration: 1s}\n"
		"      - {Name: row, Steps: [{Name: b, Type: Runbook, Runbook: inner}]}\n"
		"  - {Name: fence, Type: Fence, Region: east, Check: primary,\n"
		"     By: [{Type: Command, Hosts: [e1], Command: stop}],\n"
		"     Reverse: {Type: Command, Hosts: [e1], Command: start}}\n",
		NULL, NULL);
	static const struct {
		const char *path;
		size_t parent, frame;
		enum step_role role;
	} wanted[] = {
		{"side-by-side", STEP_TOP, 0, ROLE_STEP},
		{"side-by-side/a", 0, 0, ROLE_STEP},
		{"side-by-side/row", 0, 0, ROLE_STEP},
		{"side-by-side/row/b", 2, 0, ROLE_STEP},
		{"side-by-side/row/b/nothing", 3, 1, ROLE_STEP},
		{"fence", STEP_TOP, 0, ROLE_STEP},
		{"fence/by-1", 5, 0, ROLE_BY},
		{"fence/reverse", 5, 0, ROLE_REVERSE},
	};

	(void)state;
	assert_string_equal(said(&r), "");
	assert_int_equal(r.p->step_count, ARRAY_LEN(wanted));
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		assert_string_equal(r.p->steps[i].path, wanted[i].path);
		assert_int_equal(r.p->steps[i].parent, wanted[i].parent);
		assert_int_equal(r.p->steps[i].frame, wanted[i].frame);
		assert_int_equal(r.p->steps[i].role, wanted[i].role);
	}
	assert_true(r.p->exclusive);
	assert_int_equal(strlen(r.p->digest), 64);
	forget_runbook(&r);
}

static void values_are_brought_into_shape(void **state)
{
	struct runbook_reading r = bound(
		MOVE
		"Conditions: {Big: !Equals [!Ref Size, 3]}\n"
		"Mappings: {Names: {east: {City: Rome}, west: {City: Oslo}}}\n"
		"Steps:\n"
		"  - {Name: c, Type: Command, Region: !Ref From, Roles: db, Command: [a, b]}\n"
		"  - {Name: h, Type: Http, Url: 'http://x/', Status: '200', Method: PUT,\n"
		"     Body: {n: 1, city: !FindInMap [Names, !Ref To, City]}}\n"
		"  - {Name: t, Type: Traffic, Routes: shop, To: !Ref To, Weights: [5%, '100']}\n"
		"  - {Name: a, Type: Apply, Stack: web, Region: !Ref To,\n"
		"     Parameters: {Capacity: !If [Big, !Ref Size, 1]}}\n"
		"  - {Name: o, Type: Notify, Command: x,\n"
		"     Message: !Join ['', [x, !GetStackOutput {StackName: db, OutputName: Url,\n"
		"     Region: !Ref To}]]}\n",
		NULL);

	(void)state;
	bind_runbook(&r, "From=east To=west");
	expect(&r, "c", "{\"Command\":[\"a\",\"b\"],\"Region\":\"east\",\"Roles\":[\"db\"]}");
	expect(&r, "h",
	       "{\"Body\":{\"city\":\"Oslo\",\"n\":1},\"Method\":\"PUT\",\"Status\":[200],"
	       "\"Url\":\"http://x/\"}");
	expect(&r, "t", "{\"Routes\":[\"shop\"],\"To\":\"west\",\"Weights\":[5,100]}");
	expect(&r, "a",
	       "{\"Parameters\":{\"Capacity\":3},\"Region\":\"west\",\"Stack\":[\"web\"]}");
	expect(&r, "o", "{\"Command\":\"x\",\"Message\":\"xdb-Url-west\"}");
	assert_string_equal(bound_from(r.b), "east");
	assert_string_equal(bound_to(r.b), "west");
	assert_string_equal(bound_parameter(r.b, "Size"), "3");
	forget_runbook(&r);
}

static void results_are_known_when_their_step_is_over(void **state)
{
	struct runbook_reading r = bound(
		MOVE
		"Steps:\n"
		"  - {Name: the-lag, Type: Check, Check: standby, Region: !Ref To}\n"
		"  - {Name: limit, Type: Check, Value: !GetAtt the-lag.LagSeconds, AtMost: 60}\n"
		"  - {Name: tell, Type: Notify, Command: x, Message: !Sub 'lag ${the-lag.Role}'}\n"
		"  - {Name: more, Type: Runbook, Runbook: inner,\n"
		"     Parameters: {Lag: !GetAtt the-lag.LagSeconds, Region: !Ref To}}\n",
		"Parameters: {Lag: {Type: Number}, Region: {Type: Region}}\n"
		"Conditions: {Late: !Equals [!Ref Lag, 7]}\n"
		"Steps:\n"
		"  - {Name: late, Type: Wait, Duration: !Sub '${Lag}s', Condition: Late}\n"
		"  - {Name: there, Type: Command, Region: !Ref Region, Roles: [db], Command: x}\n");

	(void)state;
	bind_runbook(&r, "From=east To=west");
	expect(&r, "limit", "?{\"AtMost\":60}");
	expect(&r, "more/late", "?{}");
	set_result(&r, "the-lag", "LagSeconds", "7");
	set_result(&r, "the-lag", "Role", "\"standby\"");
	expect(&r, "limit", "{\"AtMost\":60,\"Value\":7}");
	expect(&r, "tell", "{\"Command\":\"x\",\"Message\":\"lag standby\"}");
	expect(&r, "more/late", "{\"Duration\":\"7s\"}");
	expect(&r, "more/there", "{\"Command\":\"x\",\"Region\":\"west\",\"Roles\":[\"db\"]}");
	set_result(&r, "the-lag", "LagSeconds", "8");
	expect(&r, "more/late", "condition of step 'more/late' is false");
	forget_runbook(&r);
}

static void ungraceful_lays_other_values_over(void **state)
{
	struct runbook_reading r = bound(
		MOVE "Steps:\n"
		     "  - {Name: ask, Type: Approval, Message: m, Ungraceful: skip}\n"
		     "  - {Name: c, Type: Command, Region: !Ref From, Roles: [db], Command: x,\n"
		     "     Timeout: 5m, Ungraceful: {Hosts: [w1], Timeout: 10s, After: []},\n"
		     "     After: {Check: alive, Region: !Ref From}}\n"
		     "  - {Name: n, Type: Runbook, Runbook: inner, Parameters: {How: softly},\n"
		     "     Ungraceful: {Parameters: {How: hard}}}\n",
		"Parameters: {How: {Type: String}}\n"
		"Steps: [{Name: do, Type: Notify, Command: x, Message: !Ref How}]\n");

	(void)state;
	bind_runbook(&r, "From=east To=west");
	expect(&r, "ask", "{\"Message\":\"m\"}");
	assert_string_equal(spec_text(&r, "ask", STEP_UNGRACEFUL),
			    "it is left out when the runbook is run ungracefully");
	assert_string_equal(
		spec_text(&r, "c", STEP_UNGRACEFUL),
		"{\"After\":[],\"Command\":\"x\",\"Hosts\":[\"w1\"],\"Region\":\"east\","
		"\"Timeout\":\"10s\"}");
	expect(&r, "n/do", "{\"Command\":\"x\",\"Message\":\"softly\"}");
	assert_string_equal(spec_text(&r, "n/do", STEP_UNGRACEFUL),
			    "{\"Command\":\"x\",\"Message\":\"hard\"}");
	forget_runbook(&r);
}

static void common_keys_become_members(void **state)
{
	struct runbook_reading r = bound(
		MOVE
		"Steps:\n"
		"  - {Name: a, Type: Action, Resource: !Sub 'db/${To}/Database', Action: promote,\n"
		"     Timeout: 2m, Retries: 3, RetryInterval: 1s, OnFailure: reverse,\n"
		"     Before: [{Check: [standby, alive], Region: !Ref To}, {Check: shop, Region:\n"
		"     east, Expect: unhealthy}], After: {Check: primary, Within: 60s}}\n"
		"  - {Name: t, Type: Traffic, Routes: [shop], To: !Ref To, Check: alive}\n"
		"  - {Name: f, Type: Fence, Region: !Ref From, Check: primary, Drill: skip,\n"
		"     By: [{Type: Http, Url: 'http://x', Promotes: true}]}\n",
		NULL);
	const struct step_spec *s;
	bool known;

	(void)state;
	bind_runbook(&r, "From=east To=west");
	s = spec_of(&r, "a", STEP_GRACEFUL, &known);
	assert_true(known && s->applies && s->promotes);
	assert_string_equal(s->region, "west");
	assert_int_equal(s->timeout_ms, 120000);
	assert_int_equal(s->retries, 3);
	assert_int_equal(s->retry_wait_ms, 1000);
	assert_int_equal(s->on_failure, STEP_FAILURE_REVERSE);
	assert_int_equal(s->before_count, 3);
	assert_string_equal(s->before[1].check->name, "alive");
	assert_string_equal(s->before[1].region, "west");
	assert_true(s->before[2].unhealthy);
	assert_int_equal(s->after_count, 1);
	assert_string_equal(s->after[0].region, "west");
	assert_int_equal(s->after[0].within_ms, 60000);
	s = spec_of(&r, "t", STEP_GRACEFUL, &known);
	assert_string_equal(s->region, "west");
	assert_string_equal(s->uses[0].region, "west");
	assert_false(s->uses[0].unhealthy || s->promotes);
	s = spec_of(&r, "f", STEP_GRACEFUL, &known);
	assert_true(s->uses[0].unhealthy);
	assert_int_equal(s->drill, DRILL_SKIP);
	assert_true(spec_of(&r, "f/by-1", STEP_GRACEFUL, &known)->promotes);
	forget_runbook(&r);
}

static void secrets_are_resolved_when_a_step_is_run(void **state)
{
	struct runbook_reading r = bound(
		"Steps:\n"
		"  - {Name: h, Type: Http, Url: 'http://x/', Body: {token: "
		"'{{resolve:env:RBTOKEN}}'},\n"
		"     Headers: {A: '{{resolve:env:RBTOKEN}}'}}\n"
		"  - {Name: n, Type: Runbook, Runbook: inner, Parameters: {T: "
		"'{{resolve:env:RBTOKEN}}'}}"
		"\n",
		"Parameters: {T: {Type: String}}\n"
		"Steps: [{Name: c, Type: Command, Hosts: [e1], Command: [run, !Sub 'a${T}']}]\n");
	const struct step_spec *s;
	bool known;

	(void)state;
	unsetenv("RBTOKEN");
	bind_runbook(&r, "");
	assert_non_null(r.b);
	assert_null(spec_of(&r, "h", STEP_GRACEFUL, &known));
	diags_release(&r.d);
	setenv("RBTOKEN", "abracadabra", 1);
	s = spec_of(&r, "h", STEP_GRACEFUL, &known);
	assert_true(known);
	assert_non_null(s->secrets);
	assert_true(secrets_occur(s->secrets, TEXT_LIT("say abracadabra")));
	assert_string_equal(json_str(json_object_get(s->values, "Body"), "token", ""),
			    "abracadabra");
	s = spec_of(&r, "n/c", STEP_GRACEFUL, &known);
	assert_string_equal(said(&r), "");
	assert_true(known);
	assert_true(secrets_occur(s->secrets, TEXT_LIT("aabracadabra")));
	forget_runbook(&r);
}

/* A result may say what it likes: nothing of it is looked up here. */
static void results_bring_no_references_along(void **state)
{
	struct runbook_reading r = bound(
		"Steps:\n"
		"  - {Name: c, Type: Command, Hosts: [e1], Command: x}\n"
		"  - {Name: n, Type: Notify, Command: x, Message: !GetAtt c.Stdout}\n"
		"  - {Name: r, Type: Runbook, Runbook: inner, Parameters: {T: !GetAtt c.Stdout}}\n",
		"Parameters: {T: {Type: String}}\n"
		"Steps: [{Name: c, Type: Notify, Command: x, Message: !Ref T}]\n");
	bool known;

	(void)state;
	setenv("RBTOKEN", "abracadabra", 1);
	bind_runbook(&r, "");
	set_result(&r, "c", "Stdout", "\"{{resolve:env:RBTOKEN}}\"");
	assert_null(spec_of(&r, "n", STEP_GRACEFUL, &known));
	assert_null(spec_of(&r, "r/c", STEP_GRACEFUL, &known));
	forget_runbook(&r);
}

static void checks_of_a_list_may_say_where_each_is_asked(void **state)
{
	struct runbook_reading r = bound(
		MOVE "Steps:\n"
		     "  - Name: both\n"
		     "    Type: Check\n"
		     "    Check:\n"
		     "      - {Check: standby, Region: !Ref To, Within: 5s}\n"
		     "      - {Check: [primary, alive], Region: !Ref From, Expect: unhealthy}\n"
		     "  - {Name: mixed, Type: Check, Region: !Ref To, Within: 9s,\n"
		     "     Check: [shop, {Check: shop, Region: !Ref From}]}\n",
		NULL);
	const struct step_spec *s;
	bool known;

	(void)state;
	bind_runbook(&r, "From=east To=west");
	s = spec_of(&r, "both", STEP_GRACEFUL, &known);
	assert_string_equal(said(&r), "");
	assert_true(known);
	assert_int_equal(s->use_count, 3);
	assert_string_equal(s->uses[0].check->name, "standby");
	assert_string_equal(s->uses[0].region, "west");
	assert_int_equal(s->uses[0].within_ms, 5000);
	assert_false(s->uses[0].unhealthy);
	assert_string_equal(s->uses[2].check->name, "alive");
	assert_string_equal(s->uses[2].region, "east");
	assert_true(s->uses[2].unhealthy);
	s = spec_of(&r, "mixed", STEP_GRACEFUL, &known);
	assert_int_equal(s->use_count, 2);
	assert_string_equal(s->uses[0].region, "west");
	assert_string_equal(s->uses[1].region, "east");
	assert_int_equal(s->uses[1].within_ms, 9000);
	forget_runbook(&r);
}

/* Said before any parameter is known. */
static void a_check_is_asked_somewhere(void **state)
{
	struct runbook_reading r = read_runbook(
		"Parameters: {To: {Type: Region}}\n"
		"Steps:\n"
		"  - {Name: a, Type: Check, Check: [{Check: shop, Region: !Ref To}, alive]}\n"
		"  - {Name: b, Type: Check, Check: {Check: shop}}\n",
		NULL, NULL);

	(void)state;
	if (r.p)
		bind_runbook(&r, "To=west");
	for (size_t i = 0; r.b && i < r.p->step_count; i++)
		step_spec(r.a, r.b, (struct step_wish){i, STEP_GRACEFUL}, NULL, &r.d);
	assert_non_null(strstr(said(&r), "step 'a' has no 'Region'"));
	assert_non_null(strstr(said(&r), "step 'b' has no 'Region'"));
	forget_runbook(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_stand_in_one_array_parents_first),
		cmocka_unit_test(values_are_brought_into_shape),
		cmocka_unit_test(results_are_known_when_their_step_is_over),
		cmocka_unit_test(ungraceful_lays_other_values_over),
		cmocka_unit_test(common_keys_become_members),
		cmocka_unit_test(secrets_are_resolved_when_a_step_is_run),
		cmocka_unit_test(results_bring_no_references_along),
		cmocka_unit_test(checks_of_a_list_may_say_where_each_is_asked),
		cmocka_unit_test(a_check_is_asked_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
