/* What stands in the way of a runbook: each finding, where it is and where it is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "engine/runbook/readiness.h"
#include "tests/unit/runbook_fixture.h"

#define MOVE "Parameters: {From: {Type: Region}, To: {Type: Region}}\nSteps:\n"
#define FENCE                                                                               \
	"  - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, Gone: [alive], " \
	"Lease: 5s}\n"

/* "blocker HD2740 main.yaml:3 STEP: what" line by line, without what the manifest is to blame
 * for. */
static const char *found_of(struct runbook_reading *r, const struct readiness *x)
{
	struct str out = STR_INIT;
	const char *text;

	for (size_t i = 0; i < x->found.count; i++) {
		const struct finding *f = &x->found.items[i];

		if (f->code == DIAG_READY_STANDBY)
			continue;
		str_printf(&out, "%s%s HD%u %s:%u %s: %s", out.len ? "\n" : "",
			   finding_severity_name(f->severity), (unsigned)f->code,
			   f->where.src ? f->where.src->name : "", (unsigned)f->where.start.line,
			   f->step, f->what);
	}
	text = arena_text(r->a, str_text(&out));
	str_release(&out);
	return text;
}

static struct readiness *look(struct runbook_reading *r, const char *from, const char *to,
			      const char *host)
{
	const struct parameter_given given[] = {{"From", from}, {"To", to}};
	const struct given_list list = {given, from ? 2 : 0};
	const struct readiness_question q = {r->m, r->p, &list, host};

	assert_string_equal(said(r), "");
	return readiness_static(r->a, &q, &r->d);
}

/* From east to west. */
static void check_steps(const char *steps, const char *wanted)
{
	struct runbook_reading r = read_runbook(steps, NULL, NULL);
	struct readiness *x = look(&r, "east", "west", NULL);

	assert_string_equal(said(&r), "");
	assert_string_equal(found_of(&r, x), wanted);
	forget_runbook(&r);
}

struct step_row {
	const char *step;
	const char *wanted;
};

#define LOST(number, name, why)                                        \
	"blocker HD2740 main.yaml:" #number " " name ": step 1 '" name \
	"' needs region 'east', which this runbook assumes lost: " why

static void what_lies_in_the_lost_region_is_named(void **state)
{
	static const struct step_row rows[] = {
		{"{Name: a, Type: Command, Region: !Ref From, Roles: [db], Command: x}",
		 LOST(3, "a", "its hosts are there")},
		{"{Name: a, Type: Command, Region: !Ref To, Roles: [db], Command: x}", ""},
		{"{Name: a, Type: Command, Region: !Ref From, Roles: [db], Command: x, "
		 "Ungraceful: skip}",
		 ""},
		{"{Name: a, Type: Command, Region: !Ref From, Roles: [db], Command: x, "
		 "Ungraceful: {Region: !Ref To}}",
		 ""},
		{"{Name: a, Type: Command, Region: !Ref To, Roles: [db], Command: x, "
		 "Ungraceful: {Region: !Ref From}}",
		 LOST(3, "a", "its hosts are there")},
		{"{Name: a, Type: Apply, Stack: web, Region: !Ref From}",
		 LOST(3, "a", "it applies stacks there")},
		{"{Name: a, Type: Apply, Stack: web, Region: !Ref To}", ""},
		{"{Name: a, Type: Action, Resource: !Sub 'db/${From}/Db', Action: restart}",
		 LOST(3, "a", "its resource is there")},
		{"{Name: a, Type: Action, Resource: !Sub 'db/${To}/Db', Action: restart}", ""},
		{"{Name: a, Type: Check, Check: standby, Region: !Ref From}",
		 LOST(3, "a", "check 'standby' is to be healthy there")},
		{"{Name: a, Type: Check, Check: standby, Region: !Ref From, Expect: unhealthy}",
		 ""},
		{"{Name: a, Type: Check, Check: standby, Region: !Ref To}", ""},
		{"{Name: a, Type: Wait, Duration: 1s, After: {Check: primary, Region: !Ref From}}",
		 LOST(3, "a", "check 'primary' is to be healthy there")},
		{"{Name: a, Type: Http, Url: 'http://10.0.0.1:8080/x'}",
		 LOST(3, "a", "its Url leads to 'e1'")},
		{"{Name: a, Type: Http, Url: 'http://e1.shop.test/x'}",
		 LOST(3, "a", "its Url leads to 'e1'")},
		{"{Name: a, Type: Http, Url: 'http://10.0.0.11:8080/x'}", ""},
		{"{Name: a, Type: Http, Url: 'http://10.1.0.1/x'}", ""},
		{"{Name: a, Type: Notify, Url: 'http://10.0.0.1/hook', Message: 'from e1'}",
		 LOST(3, "a", "its Url leads to 'e1'")},
		{"{Name: a, Type: Check, Check: fixed, Region: !Ref To}",
		 LOST(3, "a", "check 'fixed' asks 'e1'")},
		{"{Name: a, Type: Check, Check: seen, Region: !Ref To}", ""},
		{"{Name: a, Type: Check, Check: seen, Region: !Ref To, Expect: unhealthy}",
		 LOST(3, "a", "check 'seen' has 1 of the 2 voices of its Quorum without it")},
		{"{Name: a, Type: Check, Check: blind, Region: !Ref To}",
		 LOST(3, "a", "check 'blind' is asked from nowhere else (From)")},
		{"{Name: a, Type: Traffic, Routes: [shop], To: !Ref To, Check: standby, Region: "
		 "!Ref To}",
		 ""},
		{"{Name: a, Type: Traffic, Routes: [pinned], To: !Ref To, Check: standby, Region: "
		 "!Ref To}",
		 LOST(3, "a", "route 'pinned' is set there (its Region)")},
		{"{Name: a, Type: Traffic, Routes: [shop], To: !Ref From, Check: shop, Region: "
		 "east}",
		 LOST(3, "a", "check 'shop' is to be healthy there") "\n" LOST(
			 3, "a", "it leads users there")},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[1024];

		snprintf(text, sizeof(text), MOVE "  - %s\n", rows[i].step);
		check_steps(text, rows[i].wanted);
	}
}

static void the_other_direction_has_findings_of_its_own(void **state)
{
	struct runbook_reading r = read_runbook(
		MOVE "  - {Name: a, Type: Command, Region: east, Roles: [db], Command: x}\n", NULL,
		NULL);
	struct readiness *x;

	(void)state;
	x = look(&r, "east", "west", NULL);
	assert_int_equal(readiness_count(x, FINDING_BLOCKER), 1);
	assert_true(readiness_refuses(x));
	x = look(&r, "west", "east", NULL);
	assert_int_equal(readiness_count(x, FINDING_BLOCKER), 0);
	assert_false(readiness_refuses(x));
	forget_runbook(&r);
}

static void what_may_fail_is_a_note(void **state)
{
	(void)state;
	check_steps(MOVE "  - {Name: a, Type: Command, Region: !Ref From, Roles: [db], Command: x, "
			 "OnFailure: continue}\n",
		    "note HD2740 main.yaml:3 a: step 1 'a' needs region 'east', which this runbook "
		    "assumes lost: its hosts are there");
	check_steps(MOVE
		    "  - Name: all\n"
		    "    OnFailure: continue\n"
		    "    Parallel:\n"
		    "      - {Name: a, Type: Command, Region: !Ref From, Roles: [db], Command: "
		    "x}\n",
		    "note HD2740 main.yaml:6 all/a: step 'all/a' needs region 'east', which this "
		    "runbook assumes lost: its hosts are there");
}

static void what_other_runbooks_need_counts(void **state)
{
	struct runbook_reading r = read_runbook(
		MOVE "  - {Name: more, Type: Runbook, Runbook: inner, Parameters: {R: !Ref From}}\n"
		     "  - {Name: less, Type: Runbook, Runbook: inner, Parameters: {R: !Ref From}, "
		     "Ungraceful: skip}\n",
		"Parameters: {R: {Type: Region}}\nSteps:\n"
		"  - {Name: a, Type: Command, Region: !Ref R, Roles: [db], Command: x}\n",
		NULL);

	(void)state;
	assert_string_equal(found_of(&r, look(&r, "east", "west", NULL)),
			    "blocker HD2740 inner.yaml:3 more/a: step 'more/a' needs region 'east',"
			    " which this runbook assumes lost: its hosts are there");
	forget_runbook(&r);
}

static void a_fence_is_certain_from_elsewhere(void **state)
{
	static const char way[] = "  - Name: fence\n"
				  "    Type: Fence\n"
				  "    Region: !Ref From\n"
				  "    Check: primary\n"
				  "    By: [{Name: stop, Type: Command, Region: %s, Roles: [db], "
				  "Command: stop%s}]\n%s";
	static const struct {
		const char *region, *more, *lease, *wanted;
	} rows[] = {
		{"!Ref To", "", "", ""},
		{"!Ref From", "", "",
		 "note HD2740 main.yaml:7 fence/stop: step 'fence/stop' tries to fence in region "
		 "'east' first, though that is lost\n"
		 "blocker HD2741 main.yaml:3 fence: step 1 'fence' cannot be sure of the old "
		 "primary when region 'east' does not answer"},
		{"!Ref From", ", Ungraceful: skip", "    Gone: [alive]\n    Lease: 5s\n", ""},
		{"!Ref From", ", Ungraceful: skip", "",
		 "blocker HD2741 main.yaml:3 fence: step 1 'fence' cannot be sure of the old "
		 "primary when region 'east' does not answer"},
	};
	char text[2048], steps[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(steps, sizeof(steps), way, rows[i].region, rows[i].more, rows[i].lease);
		snprintf(text, sizeof(text), MOVE "%s", steps);
		check_steps(text, rows[i].wanted);
	}
}

static void promotions_need_a_fence_before_them(void **state)
{
	static const char promote[] =
		"  - {Name: up, Type: Command, Promotes: true, Region: !Ref To, "
		"Roles: [db], Command: x}\n";
	static const char beside[] =
		"  - Name: both\n"
		"    Parallel:\n"
		"      - {Name: fence, Type: Fence, Region: !Ref From, Check: primary, Gone: "
		"[alive], Lease: 5s}\n"
		"      - {Name: up, Type: Command, Promotes: true, Region: !Ref To, Roles: [db], "
		"Command: x}\n";
	static const char lag[] =
		"warning HD2743 hadeploy.yaml:16 : runbook 'main' may lose data, and nobody "
		"measures how much";
	char text[1024], wanted[512];

	(void)state;
	snprintf(text, sizeof(text), MOVE FENCE "%s", promote);
	check_steps(text, lag);
	snprintf(text, sizeof(text), MOVE "%s" FENCE, promote);
	snprintf(wanted, sizeof(wanted),
		 "blocker HD2742 main.yaml:3 up: step 1 'up' makes a new primary, and no Fence "
		 "comes before it\n%s",
		 lag);
	check_steps(text, wanted);
	snprintf(text, sizeof(text), MOVE "%s", beside);
	snprintf(wanted, sizeof(wanted),
		 "blocker HD2742 main.yaml:6 both/up: step 'both/up' makes a new primary, and no "
		 "Fence comes before it\n%s",
		 lag);
	check_steps(text, wanted);
}

static void objectives_are_measured_by_somebody(void **state)
{
	(void)state;
	check_steps("Objectives: {RTO: 5m, RPO: 10s}\n" MOVE
		    "  - {Name: w, Type: Wait, Duration: 1s}\n",
		    "warning HD2743 hadeploy.yaml:16 : runbook 'main' has objectives, and nothing "
		    "tells when the application is healthy\n"
		    "warning HD2743 hadeploy.yaml:16 : runbook 'main' may lose data, and nobody "
		    "measures how much");
	check_steps("Objectives: {RTO: 5m, RPO: 10s, Healthy: shop, Lag: standby}\n" MOVE
		    "  - {Name: w, Type: Wait, Duration: 1s}\n",
		    "");
}

static void users_and_approvals(void **state)
{
	(void)state;
	check_steps(MOVE "  - {Name: t, Type: Traffic, Routes: [shop], To: !Ref To}\n",
		    "warning HD2744 main.yaml:3 t: step 1 't' moves users, and no check looks "
		    "whether they are served");
	check_steps(MOVE "  - {Name: ok, Type: Approval, Message: go}\n",
		    "warning HD2746 main.yaml:3 ok: step 1 'ok' may be approved by anybody");
	check_steps(MOVE "  - {Name: ok, Type: Approval, Message: go, Approvers: [ann]}\n", "");
}

static void timeouts_are_added_along_the_longest_way(void **state)
{
	static const char steps[] = "  - Name: all\n"
				    "    Parallel:\n"
				    "      - {Name: a, Type: Wait, Duration: 40s}\n"
				    "      - {Name: b, Type: Wait, Duration: 50s}\n"
				    "  - {Name: c, Type: Command, Region: !Ref To, Roles: [db], "
				    "Command: x, Timeout: %s}\n";
	char text[1024], all[512];

	(void)state;
	snprintf(all, sizeof(all), steps, "10s");
	snprintf(text, sizeof(text), "Objectives: {RTO: 1m, Healthy: shop}\n" MOVE "%s", all);
	check_steps(text, "");
	snprintf(all, sizeof(all), steps, "11s");
	snprintf(text, sizeof(text), "Objectives: {RTO: 1m, Healthy: shop}\n" MOVE "%s", all);
	check_steps(text, "warning HD2747 hadeploy.yaml:16 : timeouts of runbook 'main' along its "
			  "longest way are 1m01s, and its RTO is 1m00s");
}

static void names_in_texts_are_warned_of(void **state)
{
	(void)state;
	check_steps(MOVE "  - {Name: a, Type: Command, Region: !Ref To, Roles: [db], Command: "
			 "'rewind 10.0.0.1'}\n",
		    "warning HD2749 main.yaml:3 a: step 1 'a' names 'e1' of region 'east', which "
		    "this runbook assumes lost, in 'Command'");
	check_steps(MOVE "  - {Name: a, Type: Command, Region: !Ref To, Roles: [db], Command: "
			 "!Sub ['x ${V}', {V: !GetStackOutput {StackName: db, Region: !Ref From, "
			 "OutputName: Url}}]}\n",
		    "warning HD2749 main.yaml:3 a: step 1 'a' takes output 'Url' of stack 'db' in "
		    "region 'east', which this runbook assumes lost");
}

static void the_standby_has_as_much(void **state)
{
	struct runbook_reading r =
		read_runbook(MOVE "  - {Name: w, Type: Wait, Duration: 1s}\n", NULL, NULL);
	const struct readiness *x = look(&r, "west", "east", NULL);

	(void)state;
	assert_int_equal(x->found.count, 0);
	x = look(&r, "east", "west", NULL);
	assert_int_equal(x->found.count, 1);
	assert_int_equal(x->found.items[0].code, DIAG_READY_STANDBY);
	assert_string_equal(x->found.items[0].what,
			    "region 'west' has 0 hosts with role 'web', and 'east' has 1");
	assert_int_equal(readiness_score(x), READY_POINTS - READY_WARNING_POINTS);
	forget_runbook(&r);
}

static void regions_that_must_be_healthy_are_there(void **state)
{
	static const char *const wanted[] = {
		"",
		"",
		"warning HD2758 :0 : MinHealthyRegions is 2, and without 'east' at most 1 can be "
		"healthy",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		struct runbook_reading r = read_runbook("Objectives: {Healthy: primary}\n" MOVE
							"  - {Name: w, Type: Wait, Duration: 1s}\n",
							NULL, NULL);
		struct manifest m = *r.m;

		m.failover.min_healthy_regions = i;
		r.m = &m;
		assert_string_equal(found_of(&r, look(&r, "east", "west", NULL)), wanted[i]);
		forget_runbook(&r);
	}
}

static void healthy_regions_need_checks(void **state)
{
	struct runbook_reading r =
		read_runbook(MOVE "  - {Name: w, Type: Wait, Duration: 1s}\n", NULL, NULL);
	struct manifest m = *r.m;

	(void)state;
	m.failover.min_healthy_regions = 1;
	r.m = &m;
	assert_string_equal(found_of(&r, look(&r, "east", "west", NULL)),
			    "warning HD2758 :0 : MinHealthyRegions is 1, and nothing tells whether "
			    "a region is healthy");
	forget_runbook(&r);
}

static void state_is_not_kept_in_the_lost_region(void **state)
{
	struct runbook_reading r =
		read_runbook(MOVE "  - {Name: w, Type: Wait, Duration: 1s}\n", NULL, NULL);

	(void)state;
	assert_string_equal(found_of(&r, look(&r, "east", "west", "e1")),
			    "blocker HD2740 :0 : recorded state lies on this machine, 'e1' of "
			    "region 'east', which runbook 'main' assumes lost");
	assert_string_equal(found_of(&r, look(&r, "east", "west", "w1")), "");
	forget_runbook(&r);
}

static void directions_are_those_allowed(void **state)
{
	struct runbook_reading r =
		read_runbook("Parameters:\n"
			     "  From: {Type: Region, AllowedValues: [east, south]}\n"
			     "  To: {Type: Region}\n"
			     "  Third: {Type: Region}\n"
			     "Steps: [{Name: w, Type: Wait, Duration: 1s}]\n",
			     NULL, NULL);
	struct direction_list all;
	const struct parameter_given given[] = {{"From", "east"}, {"To", "west"}};
	struct given_list whole;

	(void)state;
	runbook_directions(r.a, r.m, r.p, &all);
	/* The route leads to east and west; south is allowed as From all the same. */
	assert_int_equal(all.count, 3);
	assert_string_equal(all.items[0].from, "east");
	assert_string_equal(all.items[0].to, "west");
	assert_string_equal(all.items[1].from, "south");
	assert_string_equal(all.items[1].to, "east");
	runbook_given_for_look(r.a, r.m, r.p, &(struct given_list){given, 2}, &whole);
	assert_int_equal(whole.count, 2);
	forget_runbook(&r);
}

static void scores_end_at_nothing(void **state)
{
	struct runbook_reading r =
		read_runbook(MOVE "  - {Name: w, Type: Wait, Duration: 1s}\n", NULL, NULL);
	struct readiness *x = look(&r, "west", "east", NULL);
	static const char *const whats[] = {"a", "b", "c", "d", "e"};

	(void)state;
	assert_int_equal(readiness_score(x), READY_POINTS);
	for (size_t i = 0; i < ARRAY_LEN(whats); i++) {
		struct finding *f = arena_vec_add(r.a, &x->found);

		*f = (struct finding){.severity = FINDING_BLOCKER, .what = whats[i]};
		assert_int_equal(readiness_score(x), i < 4 ? 75 - 25 * i : 0);
	}
	forget_runbook(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lies_in_the_lost_region_is_named),
		cmocka_unit_test(the_other_direction_has_findings_of_its_own),
		cmocka_unit_test(what_may_fail_is_a_note),
		cmocka_unit_test(what_other_runbooks_need_counts),
		cmocka_unit_test(a_fence_is_certain_from_elsewhere),
		cmocka_unit_test(promotions_need_a_fence_before_them),
		cmocka_unit_test(objectives_are_measured_by_somebody),
		cmocka_unit_test(users_and_approvals),
		cmocka_unit_test(timeouts_are_added_along_the_longest_way),
		cmocka_unit_test(names_in_texts_are_warned_of),
		cmocka_unit_test(the_standby_has_as_much),
		cmocka_unit_test(regions_that_must_be_healthy_are_there),
		cmocka_unit_test(healthy_regions_need_checks),
		cmocka_unit_test(state_is_not_kept_in_the_lost_region),
		cmocka_unit_test(directions_are_those_allowed),
		cmocka_unit_test(scores_end_at_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
