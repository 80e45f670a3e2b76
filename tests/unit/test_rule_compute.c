/* Rules about functions and tasks. */
#include "tests/unit/rule_fixture.h"

#define FUNCTION(members)                                                                         \
	"Resources: {F: {Type: AWS::Lambda::Function, Properties: {Role: !Ref X,\n" members "}}}" \
	"\n"

static void functions_that_lambda_runs(void **state)
{
	assert_rules(*state,
		     FUNCTION("Code: {ZipFile: x}, Handler: h, Runtime: nodejs22.x,\n"
			      "Environment: {Variables: {MODE: x}}"),
		     "");
	assert_rules(*state, FUNCTION("Code: {ImageUri: x}, PackageType: Image"), "");
	assert_rules(*state, FUNCTION("Code: {ZipFile: x}, Handler: h, Runtime: java21"),
		     "2:8 HD2471 code in the template is for nodejs and python, and the runtime is "
		     "'java21'\n");
	assert_rules(
		*state, FUNCTION("Code: {S3Bucket: x, S3Key: y}, Runtime: python3.7"),
		"2:1 warning HD2471 a function with code in a zip file needs 'Handler'\n"
		"2:41 warning HD2470 the support of runtime 'python3.7' ended on 2023-12-04\n");
	assert_rules(*state,
		     FUNCTION("Code: !Ref C, Environment: {Variables: {AWS_REGION: x}},\n"
			      "SnapStart: {ApplyOn: PublishedVersions}, Runtime: ruby3.3"),
		     "2:41 HD2471 Lambda sets variable 'AWS_REGION' itself\n"
		     "3:22 warning HD2471 runtime 'ruby3.3' has no SnapStart\n");
}

static void event_sources_fit(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true}}\n"
		"  S: {Type: AWS::Kinesis::Stream}\n"
		"  B: {Type: AWS::S3::Bucket}\n"
		"  F: {Type: AWS::Lambda::Function, Properties: {Timeout: 60}}\n"
		"  M: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref F,\n"
		"    EventSourceArn: !GetAtt Q.Arn, StartingPosition: LATEST, BatchSize: 100}}\n"
		"  N: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref F,\n"
		"    EventSourceArn: !GetAtt [S, Arn]}}\n"
		"  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F,\n"
		"    Action: 'lambda:*', Principal: sns.amazonaws.com, SourceArn: !GetAtt "
		"B.Arn}}\n",
		"2:3 warning HD2472 queue 'Q' shows a message again after 30 s, and function 'F' "
		"may "
		"run for 60 s\n"
		"7:36 warning HD2472 a queue has no 'StartingPosition'\n"
		"7:73 warning HD2472 a FIFO queue gives at most 10 messages at once, not 100\n"
		"9:5 warning HD2472 a stream needs a 'StartingPosition'\n"
		"11:36 warning HD2472 'sns.amazonaws.com' does not call for 'B', which is of "
		"AWS::S3::Bucket\n"
		"11:55 warning HD2472 the ARN of a bucket has no account: somebody else's bucket "
		"of "
		"that name could call\n");
}

#define TASK(members)                                                                            \
	"Resources: {T: {Type: AWS::ECS::TaskDefinition, Properties: {RequiresCompatibilities: " \
	"[FARGATE],\n" members "}}}\n"

static void tasks_that_fargate_runs(void **state)
{
	assert_rules(*state, TASK("NetworkMode: awsvpc, Cpu: '256', Memory: '1024'"), "");
	assert_rules(*state, TASK("NetworkMode: awsvpc, Cpu: 1 vCPU, Memory: 2 GB"), "");
	assert_rules(*state, TASK("NetworkMode: bridge, Cpu: 256, Memory: 4096"),
		     "2:14 HD2473 a task for Fargate has network mode awsvpc\n"
		     "2:40 HD2473 Fargate has no task of 256 CPU units and 4096 MiB\n");
	assert_rules(*state, TASK("NetworkMode: awsvpc, Cpu: 300, Memory: !Ref M"), "");
	assert_rules(*state, TASK("NetworkMode: awsvpc, Cpu: 300, Memory: 512"),
		     "2:27 HD2473 Fargate has no task of 300 CPU units\n");
	assert_rules(*state, TASK("NetworkMode: awsvpc, Memory: 512"),
		     "1:62 HD2473 a task for Fargate needs 'Cpu'\n");
}

static void containers_of_a_task(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  T: {Type: AWS::ECS::TaskDefinition, Properties: {NetworkMode: awsvpc,\n"
		"    ContainerDefinitions: [{Name: a, Image: b, Essential: false,\n"
		"      PortMappings: [{ContainerPort: 80, HostPort: 8080}],\n"
		"      LogConfiguration: {LogDriver: awslogs, Options: {awslogs-group: g}}}]}}\n"
		"  S: {Type: AWS::ECS::Service, Properties: {TaskDefinition: !Ref T}}\n",
		"3:5 HD2474 no container of the task is essential\n"
		"4:52 HD2474 with network mode awsvpc 'HostPort' is 'ContainerPort', and it is "
		"8080\n"
		"5:46 HD2474 log driver awslogs needs 'awslogs-region'\n"
		"6:45 HD2473 'T' has network mode awsvpc, and the service has no "
		"'NetworkConfiguration'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(functions_that_lambda_runs),
		RULE_TEST(event_sources_fit),
		RULE_TEST(tasks_that_fargate_runs),
		RULE_TEST(containers_of_a_task),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
