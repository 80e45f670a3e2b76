/* Rules about policy documents. */
#include "tests/unit/rule_fixture.h"

#define POLICY(statement)                     \
	"Resources:\n"                        \
	"  P:\n"                              \
	"    Type: AWS::IAM::ManagedPolicy\n" \
	"    Properties:\n"                   \
	"      PolicyDocument:\n"             \
	"        Version: '2012-10-17'\n"     \
	"        Statement:\n"                \
	"        - " statement "\n"

static void good_statements_are_silent(void **state)
{
	assert_rules(*state, POLICY("{Effect: Allow, Action: 's3:Get*', Resource: '*', Sid: A1}"),
		     "");
	assert_rules(
		*state,
		POLICY("{Effect: Deny, NotAction: ['iam:*', sts:AssumeRole], NotResource: "
		       "['arn:aws:s3:::a', !Ref X], Condition: {ForAnyValue:StringLikeIfExists: "
		       "{a: b}, Null: {c: true}}}"),
		"");
	assert_rules(*state,
		     POLICY("!If [A, {Effect: !Ref E, Action: !Ref X, Resource: !Sub '${X}'}, !Ref "
			    "AWS::NoValue]"),
		     "");
}

static void statements_have_their_members(void **state)
{
	assert_rules(*state, POLICY("{Action: '*'}"),
		     "8:11 HD2450 a statement of a policy has no 'Effect'\n"
		     "8:11 HD2450 a statement of this policy has no 'Resource'\n");
	assert_rules(*state,
		     POLICY("{Effect: allow, Action: a, NotAction: 's3:x', Resource: bucket, "
			    "Principal: '*', Sid: a-b, Sids: x}"),
		     "8:20 HD2450 'Effect' is Allow or Deny, and this is 'allow'\n"
		     "8:35 warning HD2450 an action is a service and a name, and this is 'a'\n"
		     "8:38 HD2450 'Action' and 'NotAction' exclude each other\n"
		     "8:67 warning HD2450 a resource of a policy is an ARN or '*', and this is "
		     "'bucket'\n"
		     "8:86 HD2450 a policy of users, roles and groups has a 'Principal'\n"
		     "8:96 warning HD2450 'Sid' takes letters and digits only, and this is 'a-b'\n"
		     "8:101 warning HD2450 a statement of a policy has no key 'Sids'\n");
	assert_rules(*state,
		     POLICY("{Effect: Allow, Action: '*', Resource: '*', Condition: {StringEqual: "
			    "{a: b}}}"),
		     "8:67 warning HD2450 no condition of a policy compares by 'StringEqual'\n");
}

static void trust_and_resource_policies(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  R:\n"
		"    Type: AWS::IAM::Role\n"
		"    Properties:\n"
		"      AssumeRolePolicyDocument:\n"
		"        Version: 2012-10-18\n"
		"        Statement:\n"
		"          Effect: Allow\n"
		"          Action: sts:AssumeRole\n"
		"          Principal: {Service: [ec2.amazonaws.com, lambda], Aws: '*', User: x}\n"
		"          Resource: '*'\n"
		"  B:\n"
		"    Type: AWS::S3::BucketPolicy\n"
		"    Properties:\n"
		"      PolicyDocument:\n"
		"        Statement:\n"
		"          - {Effect: Allow, Action: 's3:*', Resource: '*'}\n"
		"          - {Effect: Allow, Action: 's3:*', Resource: '*', Principal: me}\n"
		"        Statements: []\n",
		"6:18 HD2450 the policy language has no version '2012-10-18'\n"
		"10:52 warning HD2450 no service has the principal 'lambda'\n"
		"10:71 warning HD2450 there is no kind of principal 'User'\n"
		"11:21 HD2450 a statement of a trust policy has a 'Resource'\n"
		"17:13 HD2450 a statement of this policy has no 'Principal'\n"
		"18:71 warning HD2450 'Principal' is a map or '*', and this is 'me'\n"
		"19:9 warning HD2450 a policy has no key 'Statements'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(good_statements_are_silent),
		RULE_TEST(statements_have_their_members),
		RULE_TEST(trust_and_resource_policies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
