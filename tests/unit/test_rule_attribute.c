/* Rules about policies of resources and about cfn-init. */
#include "tests/unit/rule_fixture.h"

static void snapshots_are_for_some_types(void **state)
{
	assert_rules(*state,
		     "Resources:\n"
		     "  A: {Type: AWS::IAM::User, DeletionPolicy: Snapshot, UpdateReplacePolicy: "
		     "Delete}\n"
		     "  B: {Type: AWS::EC2::Volume, DeletionPolicy: Snapshot, UpdateReplacePolicy: "
		     "Snapshot}\n"
		     "  C: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}\n"
		     "  D: {Type: AWS::S3::Bucket, DeletionPolicy: Delete}\n",
		     "2:45 HD2445 DeletionPolicy of 'A' is Snapshot, and AWS::IAM::User has no "
		     "snapshots\n"
		     "4:30 warning HD2446 'C' is kept when it is deleted, and lost when an update "
		     "replaces it\n");
}

static void update_policies_are_for_some_types(void **state)
{
	assert_rules(*state,
		     "Resources:\n"
		     "  A:\n"
		     "    Type: AWS::AutoScaling::AutoScalingGroup\n"
		     "    UpdatePolicy: {AutoScalingRollingUpdate: {PauseTime: PT5M30S}}\n"
		     "    CreationPolicy: {ResourceSignal: {Count: 1, Timeout: PT5M}}\n"
		     "  B:\n"
		     "    Type: AWS::Lambda::Function\n"
		     "    UpdatePolicy: {CodeDeployLambdaAliasUpdate: {ApplicationName: a}}\n",
		     "8:20 warning HD2447 AWS::Lambda::Function has no UpdatePolicy "
		     "'CodeDeployLambdaAliasUpdate'\n");
}

static void init_names_what_is_there(void **state)
{
	assert_rules(*state,
		     "Resources:\n"
		     "  A:\n"
		     "    Type: AWS::EC2::Instance\n"
		     "    Metadata:\n"
		     "      AWS::CloudFormation::Init:\n"
		     "        configSets: {default: [install, setup, {ConfigSet: more}]}\n"
		     "        install:\n"
		     "          packages: {yum: {httpd: []}, yam: {}}\n"
		     "          commands: {01: {comand: ls}}\n"
		     "          files: {/etc/motd: {content: hello, modes: '0644'}}\n"
		     "          service: {}\n",
		     "6:41 warning HD2448 there is no config 'setup'\n"
		     "6:60 warning HD2448 there is no config set 'more'\n"
		     "8:40 warning HD2448 cfn-init has no package manager 'yam'\n"
		     "9:22 warning HD2448 no 'command' in the command of cfn-init '01'\n"
		     "9:27 warning HD2448 a command of cfn-init has no key 'comand'\n"
		     "10:47 warning HD2448 a file of cfn-init has no key 'modes'\n"
		     "11:11 warning HD2448 a config of cfn-init has no section 'service'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(snapshots_are_for_some_types),
		RULE_TEST(update_policies_are_for_some_types),
		RULE_TEST(init_names_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
