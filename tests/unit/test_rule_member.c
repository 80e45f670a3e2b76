/* Rules about passwords, tags and roles: what a template gives away, or takes for another thing. */
#include "tests/unit/rule_fixture.h"

#define USER "  U: {Type: AWS::IAM::User, Properties: {LoginProfile: {Password: "

static void a_parameter_for_a_password_has_no_echo(void **state)
{
	assert_rules(
		*state,
		"Parameters: {Open: {Type: String}, Shut: {Type: String, NoEcho: true}}\n"
		"Resources:\n" USER "!Ref Open}}}\n"
		"  V: {Type: AWS::IAM::User, Properties: {LoginProfile: {Password: !Ref Shut}}}\n"
		"  W: {Type: AWS::IAM::User, Properties: {LoginProfile: {Password: !Ref Open}}}\n",
		"1:14 warning HD2487 parameter 'Open' is 'Password' of 'U', and has no NoEcho\n");
}

static void a_literal_password_is_in_clear(void **state)
{
	assert_rules(*state, "Resources:\n" USER "hunter22}}}\n",
		     "2:3 warning HD2487 'Password' of 'U' stands in the template in clear, in "
		     "line 2\n");
}

static void a_dynamic_reference_is_not_in_clear(void **state)
{
	assert_rules(*state, "Resources:\n" USER "'{{resolve:secretsmanager:user}}'}}}\n", "");
}

static void switches_and_free_names_are_no_passwords(void **state)
{
	assert_rules(*state,
		     "Resources:\n"
		     "  D:\n"
		     "    Type: AWS::Redshift::Cluster\n"
		     "    Properties: {ManageMasterPassword: true, ClusterType: single-node,\n"
		     "                 DBName: name, NodeType: ra3.large, MasterUsername: admin1}\n"
		     "  S:\n"
		     "    Type: AWS::CloudFormation::Stack\n"
		     "    Properties: {TemplateURL: 'https://x/y', Parameters: {Password: x}}\n",
		     "");
}

static void a_key_of_tags_is_there_once(void **state)
{
	assert_rules(*state,
		     "Resources:\n"
		     "  T:\n"
		     "    Type: AWS::SNS::Topic\n"
		     "    Properties:\n"
		     "      Tags:\n"
		     "        - {Key: Name, Value: a}\n"
		     "        - {Key: name, Value: a}\n"
		     "        - {Key: Name, Value: b}\n",
		     "8:17 warning HD2425 'T' has two tags 'Name'\n");
}

#define ROLE                                                                                 \
	"  R:\n"                                                                             \
	"    Type: AWS::IAM::Role\n"                                                         \
	"    Properties:\n"                                                                  \
	"      AssumeRolePolicyDocument:\n"                                                  \
	"        Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: " \
	"logs.amazonaws.com}}\n"

static void ref_of_a_role_is_no_arn(void **state)
{
	assert_rules(
		*state,
		"Resources:\n" ROLE "  S:\n"
		"    Type: AWS::Logs::SubscriptionFilter\n"
		"    Properties: {FilterPattern: '', LogGroupName: g, RoleArn: !Ref R,\n"
		"                 DestinationArn: 'arn:aws:s3:::b'}\n"
		"  T:\n"
		"    Type: AWS::Logs::SubscriptionFilter\n"
		"    Properties: {FilterPattern: '', LogGroupName: g, RoleArn: !GetAtt R.Arn,\n"
		"                 DestinationArn: 'arn:aws:s3:::c'}\n",
		"9:63 warning HD2466 'RoleArn' takes the ARN of a role, and Ref gives the "
		"name of 'R'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(a_parameter_for_a_password_has_no_echo),
		RULE_TEST(a_literal_password_is_in_clear),
		RULE_TEST(a_dynamic_reference_is_not_in_clear),
		RULE_TEST(switches_and_free_names_are_no_passwords),
		RULE_TEST(a_key_of_tags_is_there_once),
		RULE_TEST(ref_of_a_role_is_no_arn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
