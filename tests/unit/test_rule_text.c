/* Rules about texts of a certain form, schedules and DNS records. */
#include "tests/unit/rule_fixture.h"

static void sizes_of_instances(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  A: {Type: AWS::EC2::Instance, Properties: {ImageId: i, InstanceType: t2.mcro}}\n"
		"  B: {Type: AWS::EC2::Instance, Properties: {ImageId: i, InstanceType: "
		"c7gn.metal-24xl}}\n"
		"  C: {Type: AWS::EC2::Instance, Properties: {ImageId: i, InstanceType: "
		"u-6tb1.112xlarge}}\n",
		"2:72 warning HD2466 't2.mcro' is no type of an instance\n");
}

static void texts_have_their_form(void **state)
{
	assert_rules(
		*state,
		"Resources:\n"
		"  A: {Type: AWS::S3::Bucket, Properties: {BucketName: My_Bucket}}\n"
		"  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${X}_Y'}}\n"
		"  C: {Type: AWS::S3::Bucket, Properties: {BucketName: 10.0.0.1}}\n"
		"  D: {Type: AWS::S3::Bucket, Properties: {BucketName: my.bucket-1}}\n"
		"  E: {Type: AWS::CloudFront::Distribution, Properties: {DistributionConfig: "
		"{Aliases: ['*.a.com', a.*.com, -a.com]}}}\n"
		"  F: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceClass: !If [Q, large, "
		"db.m5.large]}}\n",
		"2:55 warning HD2466 'My_Bucket' is no name of a bucket\n"
		"4:55 warning HD2466 '10.0.0.1' is no name of a bucket\n"
		"6:99 warning HD2466 'a.*.com' is no alias of a distribution\n"
		"6:108 warning HD2466 '-a.com' is no alias of a distribution\n"
		"7:73 warning HD2466 'large' is no class of a database's instance\n");
}

#define RULE(schedule)                                                                         \
	"Resources: {R: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: '" schedule \
	"'}}}\n"
#define WRONG(schedule, why) "1:75 warning HD2467 '" schedule "' is no schedule: " why "\n"

static void schedules_are_rates_or_crons(void **state)
{
	assert_rules(*state, RULE("rate(1 day)"), "");
	assert_rules(*state, RULE("rate(5 minutes)"), "");
	assert_rules(*state, RULE("cron(0/15 8-17 ? * MON-FRI *)"), "");
	assert_rules(*state, RULE("rate(1 days)"),
		     WRONG("rate(1 days)", "a rate of 1 has its unit in the singular"));
	assert_rules(*state, RULE("rate(5 minute)"),
		     WRONG("rate(5 minute)", "a rate above 1 has its unit in the plural"));
	assert_rules(*state, RULE("rate(0 days)"),
		     WRONG("rate(0 days)", "the number of a rate is a whole number from 1"));
	assert_rules(*state, RULE("rate(5 weeks)"),
		     WRONG("rate(5 weeks)", "the unit of a rate is minutes, hours or days"));
	assert_rules(*state, RULE("cron(0 8 * * *)"),
		     WRONG("cron(0 8 * * *)",
			   "a cron expression has six fields: minutes, hours, day of the month, "
			   "month, day of the week, year"));
	assert_rules(*state, RULE("cron(0 8 * * * *)"),
		     WRONG("cron(0 8 * * * *)", "exactly one of the day of the month and the day "
						"of the week is '?'"));
	assert_rules(*state, RULE("daily"), WRONG("daily", "a schedule is rate(...) or cron(...)"));
}

#define RECORD(members)                                                                           \
	"Resources: {R: {Type: AWS::Route53::RecordSet, Properties: {Name: a.b.,\n" members "}}}" \
	"\n"

static void records_have_values_of_their_type(void **state)
{
	assert_rules(*state, RECORD("Type: A, TTL: 60, ResourceRecords: [1.2.3.4, !Ref X]"), "");
	assert_rules(*state, RECORD("Type: TXT, TTL: 60, ResourceRecords: ['\"a b\" \"c\"']"), "");
	assert_rules(*state, RECORD("Type: A, TTL: 60, ResourceRecords: [1.2.3]"),
		     "2:37 warning HD2468 a record of type A cannot have this value\n");
	assert_rules(*state, RECORD("Type: MX, TTL: 60, ResourceRecords: [mail.b]"),
		     "2:38 warning HD2468 a record of type MX cannot have this value\n");
	assert_rules(*state, RECORD("Type: TXT, TTL: 60, ResourceRecords: [plain]"),
		     "2:39 warning HD2468 a record of type TXT cannot have this value\n");
	assert_rules(*state, RECORD("Type: CNAME, TTL: 60, ResourceRecords: [a, b]"),
		     "2:23 HD2468 a CNAME record has one value, not 2\n");
	assert_rules(*state, RECORD("Type: B, TTL: 60, ResourceRecords: [a]"),
		     "2:7 warning HD2468 Route 53 has no records of type 'B'\n");
}

static void records_are_routed_in_one_way(void **state)
{
	assert_rules(*state, RECORD("Type: A, AliasTarget: !Ref X, TTL: 60"),
		     "2:31 HD2468 a record with 'AliasTarget' has no 'TTL'\n");
	assert_rules(
		*state, RECORD("Type: A, TTL: 60"),
		"1:60 warning HD2468 a record without 'AliasTarget' has 'ResourceRecords', and "
		"this one does not\n");
	assert_rules(*state, RECORD("Type: A, AliasTarget: !Ref X, Weight: 1, Region: eu-west-1"),
		     "2:31 warning HD2468 a record is routed in one way, and this one has 'Region' "
		     "and 'Weight'\n"
		     "2:42 warning HD2468 a record with 'Region' needs a 'SetIdentifier'\n");
	assert_rules(*state, RECORD("Type: A, AliasTarget: !Ref X, HostedZoneName: c."),
		     "1:67 warning HD2468 'a.b.' is not in the zone 'c.'\n");
}

#define DATABASE(engine)                                                           \
	"Resources: {D: {Type: AWS::RDS::DBInstance, Properties: {Engine: " engine \
	", DBInstanceClass: db.m5.large, AllocatedStorage: '20'}}}\n"

static void engines_are_known(void **state)
{
	assert_rules(*state, DATABASE("postgress"),
		     "1:66 warning HD2466 'postgress' is no engine that RDS has\n");
}

static void engines_in_capitals_and_custom_ones_are_taken(void **state)
{
	assert_rules(*state, DATABASE("MySQL"), "");
	assert_rules(*state, DATABASE("custom-oracle-ee"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE_TEST(engines_are_known),
		RULE_TEST(engines_in_capitals_and_custom_ones_are_taken),
		RULE_TEST(sizes_of_instances),
		RULE_TEST(texts_have_their_form),
		RULE_TEST(schedules_are_rates_or_crons),
		RULE_TEST(records_have_values_of_their_type),
		RULE_TEST(records_are_routed_in_one_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
