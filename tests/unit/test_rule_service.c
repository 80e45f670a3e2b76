/* Rules about tables, buckets, backups, groups, queues, pipelines and state machines. */
#include "tests/unit/rule_fixture.h"

static void tables_declare_their_keys(void **state)
{
	assert_rules(*state,
		     "Resources:\n"
		     "  T:\n"
		     "    Type: AWS::DynamoDB::Table\n"
		     "    Properties:\n"
		     "      BillingMode: PAY_PER_REQUEST\n"
		     "      AttributeDefinitions: [{AttributeName: a, AttributeType: S}, "
		     "{AttributeName: x, AttributeType: S}]\n"
		     "      KeySchema: [{AttributeName: a, KeyType: HASH}]\n"
		     "      GlobalSecondaryIndexes: [{IndexName: i, KeySchema: [{AttributeName: b, "
		     "KeyType: HASH}]}]\n"
		     "  U:\n"
		     "    Type: AWS::DynamoDB::Table\n"
		     "    Properties:\n"
		     "      BillingMode: PAY_PER_REQUEST\n"
		     "      AttributeDefinitions: [{AttributeName: !Ref X, AttributeType: S}]\n"
		     "      KeySchema: [{AttributeName: a, KeyType: HASH}]\n",
		     "6:84 HD2475 attribute 'x' is a key of neither the table nor an index\n"
		     "8:75 HD2475 key 'b' is not among the 'AttributeDefinitions'\n");
}

static void buckets_and_backups(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  A: {Type: AWS::S3::Bucket, Properties: {AccessControl: Private}}\n"
		"  B: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}\n"
		"  C: {Type: AWS::S3::Bucket, Properties: {LifecycleConfiguration: {Rules: "
		"[{Status: Enabled}]}}}\n"
		"  D: {Type: AWS::Backup::BackupPlan, Properties: {BackupPlan: {BackupPlanRule: "
		"[{Lifecycle: {MoveToColdStorageAfterDays: 7, DeleteAfterDays: 96}}]}}}\n",
		"2:43 warning HD2476 'AccessControl' of buckets is a property of the past\n"
		"3:43 warning HD2476 new buckets take no 'AccessControl' such as 'PublicRead' "
		"without 'OwnershipControls'\n"
		"4:76 warning HD2476 the rule does nothing with the objects\n"
		"5:142 HD2477 cold storage keeps a backup at least 90 days, and here it is 89\n");
}

static void sizes_are_in_order(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  A: {Type: AWS::AutoScaling::AutoScalingGroup, Properties: {AvailabilityZones: "
		"[a],\n"
		"    MinSize: 3, MaxSize: 2, DesiredCapacity: !Ref X},\n"
		"    UpdatePolicy: {AutoScalingRollingUpdate: {MinInstancesInService: 2}}}\n"
		"  B: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: "
		"[a]}}\n"
		"  C: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: "
		"[!Ref "
		"X]}}\n"
		"  D: {Type: AWS::CloudWatch::Alarm, Properties: {Period: 90}}\n",
		"3:14 HD2478 'MinSize' is 3, and 'MaxSize' is 2\n"
		"4:70 warning HD2478 an update that keeps 2 instances in service cannot replace "
		"any: 'MaxSize' is 2\n"
		"5:69 HD2479 an application load balancer has subnets in at least two zones\n"
		"7:58 HD2480 a period is 10, 20, 30 or a multiple of 60 seconds, and this is 90\n");
}

static void names_of_fifo_queues(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  A: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true, QueueName: a}}\n"
		"  B: {Type: AWS::SQS::Queue, Properties: {QueueName: a.fifo}}\n"
		"  C: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {deadLetterTargetArn: "
		"!GetAtt A.Arn}}}\n"
		"  D: {Type: AWS::SNS::Topic, Properties: {TopicName: a.fifo, FifoTopic: true}}\n",
		"2:71 HD2481 the name of a FIFO one ends in '.fifo', and this is 'a'\n"
		"3:54 HD2481 only FIFO ones have a name that ends in '.fifo'\n"
		"4:80 HD2481 'C' and its queue for dead letters 'A' are not of the same kind\n");
}

static void behaviours_name_origins(void **state)
{
	assert_rules(*state,
		     "Resources: {D: {Type: AWS::CloudFront::Distribution, Properties: "
		     "{DistributionConfig: {\n"
		     "  Origins: [{Id: a}], DefaultCacheBehavior: {TargetOriginId: a},\n"
		     "  CacheBehaviors: [{TargetOriginId: b}, {TargetOriginId: !Ref X}]}}}}\n",
		     "3:37 warning HD2482 the distribution has no origin 'b'\n");
}

static void pipelines_pass_artifacts_on(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  P:\n"
		"    Type: AWS::CodePipeline::Pipeline\n"
		"    Properties:\n"
		"      Stages:\n"
		"      - Name: get\n"
		"        Actions:\n"
		"        - {Name: a, OutputArtifacts: [{Name: code}], ActionTypeId:\n"
		"            {Category: Source, Owner: AWS, Provider: S3, Version: 1}}\n"
		"        - {Name: a, OutputArtifacts: [{Name: code}], ActionTypeId:\n"
		"            {Category: Build, Owner: AWS, Provider: X, Version: 1}}\n"
		"      - Name: get\n"
		"        Actions:\n"
		"        - {Name: b, InputArtifacts: [{Name: coda}, {Name: code}], ActionTypeId:\n"
		"            {Category: Deploy, Owner: AWS, Provider: S3, Version: 1}}\n",
		"10:18 warning HD2485 name 'a' is taken\n"
		"10:46 warning HD2485 another action gives artifact 'code' already\n"
		"11:24 warning HD2485 the first stage has only actions of category Source\n"
		"12:15 warning HD2485 name 'get' is taken\n"
		"14:21 warning HD2485 this action has 2 'InputArtifacts', and its provider takes 1 "
		"to 1\n"
		"14:45 warning HD2485 no action before this one gives artifact 'coda'\n");
}

static void states_lead_somewhere(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  M:\n"
		"    Type: AWS::StepFunctions::StateMachine\n"
		"    Properties:\n"
		"      Definition:\n"
		"        StartAt: Begin\n"
		"        States:\n"
		"          A: {Type: Pass, Next: B}\n"
		"          C: {Type: Task, Catch: [{Next: D}]}\n"
		"          E: {Type: Fail, End: true}\n"
		"          F: {Type: Tsk}\n"
		"          G: {Type: Parallel, End: true, Branches: [{States: {}}]}\n"
		"  N:\n"
		"    Type: AWS::StepFunctions::StateMachine\n"
		"    Properties: {DefinitionString: '{\"StartAt\": \"X\", \"States\": {}}'}\n",
		"6:18 warning HD2486 there is no state 'Begin'\n"
		"8:33 warning HD2486 there is no state 'B'\n"
		"9:11 warning HD2486 state 'C' leads nowhere\n"
		"9:42 warning HD2486 there is no state 'D'\n"
		"10:27 warning HD2486 state 'E' is of a type that has neither 'Next' nor 'End'\n"
		"11:21 warning HD2486 there is no type of state 'Tsk'\n"
		"12:53 warning HD2486 the state machine has no 'StartAt'\n"
		"15:36 warning HD2486 there is no state 'X'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(tables_declare_their_keys), RULE_TEST(buckets_and_backups),
		RULE_TEST(sizes_are_in_order),        RULE_TEST(names_of_fifo_queues),
		RULE_TEST(behaviours_name_origins),   RULE_TEST(pipelines_pass_artifacts_on),
		RULE_TEST(states_lead_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
