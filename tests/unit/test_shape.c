/* test_shape.c - policies of resources, and limits of texts. */
#include "tests/unit/template_fixture.h"

static const char *said_of(struct template_fixture *f, const char *attribute)
{
	return fixture_check(f, arena_printf(f->a,
					     "Parameters: {P: {Type: Number, Default: 1}}\n"
					     "Conditions: {C: !Equals [a, a]}\n"
					     "Resources:\n"
					     "  R:\n"
					     "    Type: T\n"
					     "    %s\n",
					     attribute));
}

static void documented_policies_say_nothing(void **state)
{
	static const char *const good[] = {
		"CreationPolicy: {ResourceSignal: {Count: 3, Timeout: PT15M}}",
		"CreationPolicy: {ResourceSignal: {Count: !Ref P, Timeout: P1DT2H30M0.5S}, "
		"AutoScalingCreationPolicy: {MinSuccessfulInstancesPercent: '80'}}",
		"CreationPolicy: {StartFleet: true}",
		"UpdatePolicy: {AutoScalingRollingUpdate: {MinInstancesInService: 1, MaxBatchSize: "
		"2, PauseTime: PT12M5S, WaitOnResourceSignals: 'true', SuspendProcesses: "
		"[HealthCheck], "
		"MinSuccessfulInstancesPercent: 100, MinActiveInstancesPercent: 50}}",
		"UpdatePolicy: {AutoScalingReplacingUpdate: {WillReplace: True}, "
		"AutoScalingScheduledAction: {IgnoreUnmodifiedGroupSizeProperties: true}}",
		"UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: a, "
		"DeploymentGroupName: !Ref P, BeforeAllowTrafficHook: b, AfterAllowTrafficHook: "
		"c}}",
		"UpdatePolicy: {UseOnlineResharding: true, EnableVersionUpgrade: false}",
		"UpdatePolicy: !If [C, {UseOnlineResharding: true}, !Ref AWS::NoValue]",
		"DeletionPolicy: RetainExceptOnCreate",
		"Metadata: {anything: [~, {'Fn::Nothing': x}]}",
		"Version: '1.0'",
		"Description: a thing",
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		const char *said = said_of(*state, good[i]);

		if (*said)
			fail_msg("%s: %s", good[i], said);
	}
}

static void misshapen_policies_are_told(void **state)
{
	static const struct {
		const char *attribute, *said;
	} rows[] = {
		{"CreationPolicy: {ResourceSignals: {Count: 1}}",
		 "6:22 HD1230 'CreationPolicy' has no key 'ResourceSignals'; hint: did you mean "
		 "'ResourceSignal'?\n"},
		{"CreationPolicy: {ResourceSignal: {Timeout: 15M}}",
		 "6:48 HD1230 'Timeout' is a duration such as PT15M, and this is '15M'\n"},
		{"CreationPolicy: {ResourceSignal: {Timeout: PT}}",
		 "6:48 HD1230 'Timeout' is a duration such as PT15M, and this is 'PT'\n"},
		{"CreationPolicy: {ResourceSignal: {Timeout: PT5S5M}}",
		 "6:48 HD1230 'Timeout' is a duration such as PT15M, and this is 'PT5S5M'\n"},
		{"CreationPolicy: {ResourceSignal: {Count: -1}}",
		 "6:46 HD1230 'Count' is a whole number from 0, and this is '-1'\n"},
		{"CreationPolicy: [x]",
		 "6:21 HD1230 'CreationPolicy' is a map, and this is a list\n"},
		{"UpdatePolicy: {AutoScalingRollingUpdate: {MinSuccessfulInstancesPercent: 101}}",
		 "6:78 HD1230 'MinSuccessfulInstancesPercent' is a whole number from 0 to 100, and "
		 "this is '101'\n"},
		{"UpdatePolicy: {UseOnlineResharding: maybe}",
		 "6:41 HD1230 'UseOnlineResharding' is true or false, and this is 'maybe'\n"},
		{"UpdatePolicy: {AutoScalingRollingUpdate: {SuspendProcesses: HealthCheck}}",
		 "6:65 HD1230 'SuspendProcesses' is a list of strings, and this is "
		 "'HealthCheck'\n"},
		{"UpdatePolicy: {AutoScalingRollingUpdate: {MaxBatchSize: !Ref Q}}",
		 "6:66 HD1214 'Q' names no parameter and no resource\n"},
		{"DeletionPolicy: Retian",
		 "6:21 HD1227 there is no policy 'Retian'; hint: did you mean 'Retain'? If not, "
		 "use Delete, Retain, RetainExceptOnCreate or Snapshot\n"},
		{"UpdateReplacePolicy: RetainExceptOnCreate",
		 "6:26 HD1227 there is no policy 'RetainExceptOnCreate'; hint: use Delete, Retain "
		 "or Snapshot\n"},
		{"DeletionPolicy: !Cidr [10.0.0.0/24, 6, 5]",
		 "6:21 HD1227 a policy is a string, and !Cidr gives a list\n"},
		{"DeletionPolicy: [Retain]",
		 "6:21 HD1202 a policy is a string, and this is a list\n"},
		{"Version: [1]", "6:14 HD1202 Version is a string, and this is a list\n"},
		{"Metadata: x", "6:15 HD1202 Metadata is a map, and this is a string\n"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(said_of(*state, rows[i].attribute), rows[i].said);
}

static void descriptions_have_a_limit(void **state)
{
	struct template_fixture *f = *state;
	const char *long_text = arena_printf(f->a, "%01025d", 0);

	assert_string_equal(fixture_check(f, arena_printf(f->a,
							  "Description: '%s'\n"
							  "Resources: {R: {Type: T}}\n",
							  long_text + 1)),
			    "");
	assert_string_equal(
		fixture_check(f, arena_printf(f->a,
					      "Description: '%s'\n"
					      "Resources: {R: {Type: T}}\n",
					      long_text)),
		"1:14 HD1233 Description has 1025 bytes, and 1024 are the most; hint: shorten it, "
		"or put the long text under Metadata\n");
}

static void mappings_have_plain_names(void **state)
{
	assert_string_equal(
		fixture_check(*state, "Mappings:\n"
				      "  Bad.Name: {a: {b: c}}\n"
				      "  Fn::ForEach::X: [A, [b], {c: {d: {e: f}}}]\n"
				      "Resources: {R: {Type: T}}\n"),
		"2:3 HD1203 'Bad.Name' is no name for a mapping: letters and digits only; hint: "
		"remove the other characters\n"
		"3:3 HD1212 a loop cannot make mappings; hint: write the keys out, or use "
		"conditions\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, template_setup, template_teardown)
		TEST(documented_policies_say_nothing),
		TEST(misshapen_policies_are_told),
		TEST(descriptions_have_a_limit),
		TEST(mappings_have_plain_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
