/*
 * rule_combination.c - members of an object that must fit each other: when one has a certain
 * value, another one is needed, excluded, or has values of its own.  What schemas say without
 * a "when" is not repeated here.
 *
 * A row speaks of every object at its path.  It holds only when the values it asks for are
 * literals, and complains only of what is certain.
 */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

enum combination_kind {
	NEEDS_ALL,
	NEEDS_ANY,
	EXCLUDES,  /* each of them */
	HAS_VALUE, /* the first name: one of values, when it is a literal */
	IN_RANGE   /* the first name: a number from least to most */
};

/* A member and the literals that it has; values NULL: any, it is just there. */
struct when {
	const char *name;
	const char *const *values;
};

struct combination {
	const char *type, *path;
	struct when when;  /* name NULL: always */
	const char *since; /* a member whose absence is asked for as well; NULL: none */
	enum combination_kind kind;
	enum diag_severity severity;
	const char *const *names;
	const char *const *values; /* HAS_VALUE */
	int64_t least, most;       /* IN_RANGE */
};

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

#define EBS_ROWS(type_, path_)                                                                   \
	{.type = (type_),                                                                        \
	 .path = (path_),                                                                        \
	 .when = {"VolumeType", LIST("io1", "io2")},                                             \
	 .kind = NEEDS_ALL,                                                                      \
	 .severity = DIAG_ERROR,                                                                 \
	 .names = LIST("Iops")},                                                                 \
		{.type = (type_),                                                                \
		 .path = (path_),                                                                \
		 .when = {"VolumeType", LIST("io1")},                                            \
		 .kind = IN_RANGE,                                                               \
		 .severity = DIAG_WARNING,                                                       \
		 .names = LIST("Iops"),                                                          \
		 .least = 100,                                                                   \
		 .most = 64000},                                                                 \
		{.type = (type_),                                                                \
		 .path = (path_),                                                                \
		 .when = {"VolumeType", LIST("io2")},                                            \
		 .kind = IN_RANGE,                                                               \
		 .severity = DIAG_WARNING,                                                       \
		 .names = LIST("Iops"),                                                          \
		 .least = 100,                                                                   \
		 .most = 256000},                                                                \
		{.type = (type_),                                                                \
		 .path = (path_),                                                                \
		 .when = {"VolumeType", LIST("gp3")},                                            \
		 .kind = IN_RANGE,                                                               \
		 .severity = DIAG_WARNING,                                                       \
		 .names = LIST("Iops"),                                                          \
		 .least = 3000,                                                                  \
		 .most = 80000},                                                                 \
	{                                                                                        \
		.type = (type_), .path = (path_),                                                \
		.when = {"VolumeType", LIST("gp2", "st1", "sc1", "standard")}, .kind = EXCLUDES, \
		.severity = DIAG_WARNING, .names = LIST("Iops")                                  \
	}

static const char *const yes[] = {"true", "True", "TRUE", NULL};
static const char *const aurora[] = {"aurora", "aurora-mysql", "aurora-postgresql", NULL};

static const struct combination
	combinations[] = {EBS_ROWS("AWS::EC2::Volume", ""),
			  EBS_ROWS("AWS::EC2::Instance", "BlockDeviceMappings.*.Ebs"),
			  EBS_ROWS("AWS::AutoScaling::LaunchConfiguration",
				   "BlockDeviceMappings.*.Ebs"),
			  EBS_ROWS("AWS::EC2::LaunchTemplate",
				   "LaunchTemplateData.BlockDeviceMappings.*.Ebs"),
			  {.type = "AWS::EC2::Instance",
			   .since = "LaunchTemplate",
			   .kind = NEEDS_ALL,
			   .severity = DIAG_WARNING,
			   .names = LIST("ImageId")},
			  {.type = "AWS::EC2::Instance",
			   .when = {"NetworkInterfaces", NULL},
			   .kind = EXCLUDES,
			   .severity = DIAG_WARNING,
			   .names = LIST("SubnetId", "SecurityGroupIds", "SecurityGroups")},
			  {.type = "AWS::EC2::VPCEndpoint",
			   .when = {"VpcEndpointType", LIST("Gateway")},
			   .kind = EXCLUDES,
			   .severity = DIAG_WARNING,
			   .names = LIST("SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled")},
			  {.type = "AWS::EC2::VPCEndpoint",
			   .when = {"VpcEndpointType", LIST("Interface")},
			   .kind = EXCLUDES,
			   .severity = DIAG_WARNING,
			   .names = LIST("RouteTableIds")},
			  {.type = "AWS::EC2::NatGateway",
			   .when = {"ConnectivityType", LIST("private")},
			   .kind = EXCLUDES,
			   .severity = DIAG_WARNING,
			   .names = LIST("AllocationId")},

			  {.type = "AWS::Lambda::Function",
			   .when = {"PackageType", LIST("Image")},
			   .kind = EXCLUDES,
			   .severity = DIAG_ERROR,
			   .names = LIST("Handler", "Runtime", "Layers")},
			  {.type = "AWS::Lambda::Function",
			   .path = "LoggingConfig",
			   .when = {"LogFormat", LIST("Text")},
			   .kind = EXCLUDES,
			   .severity = DIAG_WARNING,
			   .names = LIST("SystemLogLevel", "ApplicationLogLevel")},
			  {.type = "AWS::Lambda::EventSourceMapping",
			   .kind = NEEDS_ANY,
			   .severity = DIAG_WARNING,
			   .names = LIST("EventSourceArn", "SelfManagedEventSource")},
			  {.type = "AWS::Lambda::EventSourceMapping",
			   .when = {"StartingPosition", LIST("AT_TIMESTAMP")},
			   .kind = NEEDS_ALL,
			   .severity = DIAG_WARNING,
			   .names = LIST("StartingPositionTimestamp")},
			  .kind = HAS_VALUE,
			  .severity = DIAG_WARNING,
			  .names = LIST("AuthType"),
			  .values = LIST("NONE", "AWS_IAM")},

	{.type = "AWS::ECS::Service",
	 .when = {"LaunchType", LIST("FARGATE")},
	 .kind = HAS_VALUE,
	 .severity = DIAG_ERROR,
	 .names = LIST("SchedulingStrategy"),
	 .values = LIST("REPLICA")},
	{.type = "AWS::ECS::Service",
	 .when = {"LaunchType", LIST("FARGATE")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("NetworkConfiguration")},
	{.type = "AWS::ECS::Service",
	 .when = {"LaunchType", NULL},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("CapacityProviderStrategy")},
	{.type = "AWS::ECS::TaskDefinition",
	 .path = "ContainerDefinitions.*.LogConfiguration",
	 .when = {"LogDriver", LIST("awslogs")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("Options")},

	{.type = "AWS::AutoScaling::AutoScalingGroup",
	 .kind = NEEDS_ANY,
	 .severity = DIAG_ERROR,
	 .names = LIST("LaunchTemplate", "LaunchConfigurationName", "MixedInstancesPolicy",
		       "InstanceId")},
	{.type = "AWS::AutoScaling::AutoScalingGroup",
	 .kind = NEEDS_ANY,
	 .severity = DIAG_WARNING,
	 .names = LIST("AvailabilityZones", "VPCZoneIdentifier", "AvailabilityZoneIds")},

	{.type = "AWS::ElasticLoadBalancing::LoadBalancer",
	 .path = "Listeners.*",
	 .when = {"Protocol", LIST("HTTPS", "SSL", "https", "ssl")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_ERROR,
	 .names = LIST("SSLCertificateId")},
	{.type = "AWS::ElasticLoadBalancingV2::Listener",
	 .when = {"Protocol", LIST("HTTPS", "TLS")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_ERROR,
	 .names = LIST("Certificates")},
	{.type = "AWS::ElasticLoadBalancingV2::TargetGroup",
	 .when = {"TargetType", LIST("lambda")},
	 .kind = EXCLUDES,
	 .severity = DIAG_ERROR,
	 .names = LIST("HealthCheckPort", "HealthCheckProtocol", "Port", "Protocol",
		       "ProtocolVersion", "VpcId")},
	{.type = "AWS::ElasticLoadBalancingV2::TargetGroup",
	 .when = {"TargetType", LIST("instance", "ip", "alb")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_ERROR,
	 .names = LIST("Port", "Protocol", "VpcId")},
	{.type = "AWS::ElasticLoadBalancingV2::TargetGroup",
	 .when = {"Protocol", LIST("GENEVE")},
	 .kind = HAS_VALUE,
	 .severity = DIAG_ERROR,
	 .names = LIST("Port"),
	 .values = LIST("6081")},
	{.type = "AWS::ElasticLoadBalancingV2::TargetGroup",
	 .when = {"HealthCheckProtocol", LIST("TCP", "TLS", "UDP", "TCP_UDP", "GENEVE")},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("Matcher")},

	{.type = "AWS::RDS::DBInstance",
	 .when = {"MultiAZ", yes},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("AvailabilityZone")},
	{.type = "AWS::RDS::DBInstance",
	 .when = {"Engine", aurora},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("AllocatedStorage", "CopyTagsToSnapshot", "DeletionProtection",
		       "EnableIAMDatabaseAuthentication", "MasterUserPassword")},
	{.type = "AWS::RDS::DBInstance",
	 .when = {"DBClusterIdentifier", NULL},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("BackupRetentionPeriod")},
	{.type = "AWS::RDS::DBInstance",
	 .when = {"StorageType", LIST("io1", "io2")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("Iops")},
	{.type = "AWS::RDS::DBInstance",
	 .when = {"KmsKeyId", NULL},
	 .since = "DBSnapshotIdentifier",
	 .kind = HAS_VALUE,
	 .severity = DIAG_WARNING,
	 .names = LIST("StorageEncrypted"),
	 .values = yes},
	{.type = "AWS::RDS::DB*",
	 .when = {"MonitoringRoleArn", NULL},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("MonitoringInterval")},
	{.type = "AWS::RDS::DBInstance",
	 .kind = IN_RANGE,
	 .severity = DIAG_WARNING,
	 .names = LIST("BackupRetentionPeriod"),
	 .least = 0,
	 .most = 35},
	{.type = "AWS::RDS::DBCluster",
	 .when = {"Engine", LIST("mysql", "postgres")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("AllocatedStorage", "DBClusterInstanceClass", "StorageType")},
	{.type = "AWS::RDS::DBCluster",
	 .when = {"Engine", LIST("aurora-mysql", "aurora-postgresql")},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("AllocatedStorage", "DBClusterInstanceClass", "Iops", "PubliclyAccessible")},
	{.type = "AWS::RDS::DBCluster",
	 .when = {"EngineMode", LIST("provisioned")},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("ScalingConfiguration")},
	{.type = "AWS::RDS::DBCluster",
	 .when = {"EngineMode", LIST("serverless")},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("ServerlessV2ScalingConfiguration")},
	{.type = "AWS::RDS::DBCluster",
	 .when = {"SnapshotIdentifier", NULL},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("MasterUsername")},
	{.type = "AWS::RDS::DBCluster",
	 .when = {"SourceDBClusterIdentifier", NULL},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("MasterUserPassword", "MasterUsername", "StorageEncrypted")},

	{.type = "AWS::DynamoDB::Table",
	 .when = {"BillingMode", LIST("PAY_PER_REQUEST")},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("ProvisionedThroughput")},
	{.type = "AWS::DynamoDB::Table",
	 .when = {"BillingMode", LIST("PROVISIONED")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_ERROR,
	 .names = LIST("ProvisionedThroughput")},
	{.type = "AWS::DynamoDB::Table",
	 .since = "BillingMode",
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("ProvisionedThroughput")},

	{.type = "AWS::ElastiCache::ReplicationGroup",
	 .when = {"Engine", LIST("valkey")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("TransitEncryptionEnabled")},
	{.type = "AWS::ElastiCache::ReplicationGroup",
	 .when = {"AuthToken", NULL},
	 .kind = HAS_VALUE,
	 .severity = DIAG_WARNING,
	 .names = LIST("TransitEncryptionEnabled"),
	 .values = yes},
	{.type = "AWS::ElastiCache::ReplicationGroup",
	 .when = {"AutomaticFailoverEnabled", yes},
	 .kind = IN_RANGE,
	 .severity = DIAG_WARNING,
	 .names = LIST("NumCacheClusters"),
	 .least = 2,
	 .most = 6},
	{.type = "AWS::ElastiCache::CacheCluster",
	 .when = {"Engine", LIST("redis")},
	 .kind = IN_RANGE,
	 .severity = DIAG_WARNING,
	 .names = LIST("NumCacheNodes"),
	 .least = 1,
	 .most = 1},
	{.type = "AWS::ElastiCache::CacheCluster",
	 .when = {"AZMode", LIST("cross-az")},
	 .kind = IN_RANGE,
	 .severity = DIAG_WARNING,
	 .names = LIST("NumCacheNodes"),
	 .least = 2,
	 .most = 300},

	{.type = "AWS::SQS::Queue",
	 .when = {"FifoQueue", LIST("false", "False")},
	 .kind = EXCLUDES,
	 .severity = DIAG_ERROR,
	 .names = LIST("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")},
	{.type = "AWS::SNS::Topic",
	 .when = {"FifoTopic", LIST("false", "False")},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("ContentBasedDeduplication", "FifoThroughputScope")},
	{.type = "AWS::CodeBuild::Project",
	 .path = "Artifacts",
	 .when = {"Type", LIST("S3")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_ERROR,
	 .names = LIST("Location")},
	{.type = "AWS::CodeBuild::Project",
	 .path = "Source",
	 .when = {"Type", LIST("CODECOMMIT", "S3", "BITBUCKET", "GITHUB_ENTERPRISE")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("Location")},
	{.type = "AWS::CodeBuild::Project",
	 .path = "Source",
	 .when = {"Type", LIST("NO_SOURCE")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("BuildSpec")},
	{.type = "AWS::ApiGateway::RestApi",
	 .since = "Name",
	 .kind = NEEDS_ANY,
	 .severity = DIAG_ERROR,
	 .names = LIST("Body", "BodyS3Location")},
	{.type = "AWS::ApiGateway::Authorizer",
	 .when = {"Type", LIST("TOKEN", "REQUEST")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("AuthorizerUri")},
	{.type = "AWS::ApiGateway::Authorizer",
	 .when = {"Type", LIST("COGNITO_USER_POOLS")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("ProviderARNs")},
	{.type = "AWS::ApiGateway::Authorizer",
	 .kind = IN_RANGE,
	 .severity = DIAG_WARNING,
	 .names = LIST("AuthorizerResultTtlInSeconds"),
	 .least = 0,
	 .most = 3600},
	{.type = "AWS::ApiGateway::Method",
	 .when = {"AuthorizationType", LIST("CUSTOM", "COGNITO_USER_POOLS")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("AuthorizerId")},
	{.type = "AWS::Route53::HealthCheck",
	 .path = "HealthCheckConfig",
	 .when = {"Type", LIST("CLOUDWATCH_METRIC")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_ERROR,
	 .names = LIST("AlarmIdentifier")},
	{.type = "AWS::Route53::HealthCheck",
	 .path = "HealthCheckConfig",
	 .when = {"Type", LIST("CALCULATED")},
	 .kind = NEEDS_ALL,
	 .severity = DIAG_WARNING,
	 .names = LIST("ChildHealthChecks")},
	{.type = "AWS::Route53::HealthCheck",
	 .path = "HealthCheckConfig",
	 .when = {"Type", LIST("HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP")},
	 .kind = NEEDS_ANY,
	 .severity = DIAG_WARNING,
	 .names = LIST("FullyQualifiedDomainName", "IPAddress")},
	{.type = "AWS::FSx::FileSystem",
	 .when = {"FileSystemType", LIST("WINDOWS")},
	 .kind = IN_RANGE,
	 .severity = DIAG_WARNING,
	 .names = LIST("StorageCapacity"),
	 .least = 32,
	 .most = 65536},
	{.type = "AWS::FSx::FileSystem",
	 .when = {"FileSystemType", LIST("LUSTRE")},
	 .kind = IN_RANGE,
	 .severity = DIAG_WARNING,
	 .names = LIST("StorageCapacity"),
	 .least = 1200,
	 .most = INT64_MAX},
	{.type = "AWS::FSx::FileSystem",
	 .when = {"FileSystemType", LIST("ONTAP")},
	 .kind = IN_RANGE,
	 .severity = DIAG_WARNING,
	 .names = LIST("StorageCapacity"),
	 .least = 1024,
	 .most = INT64_MAX},
	{.type = "AWS::GuardDuty::Detector",
	 .when = {"Features", NULL},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("DataSources")},
	{.type = "AWS::CloudFront::Distribution",
	 .path = "DistributionConfig.DefaultCacheBehavior",
	 .when = {"CachePolicyId", NULL},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("ForwardedValues")},
	{.type = "AWS::CloudFront::Distribution",
	 .path = "DistributionConfig.CacheBehaviors.*",
	 .when = {"CachePolicyId", NULL},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("ForwardedValues")},
	{.type = "AWS::CloudWatch::Alarm",
	 .when = {"Metrics", NULL},
	 .kind = EXCLUDES,
	 .severity = DIAG_WARNING,
	 .names = LIST("MetricName", "Namespace", "Dimensions", "Period", "Statistic",
		       "ExtendedStatistic", "Unit")},
	{.type = "AWS::CloudWatch::Alarm",
	 .kind = NEEDS_ANY,
	 .severity = DIAG_WARNING,
	 .names = LIST("MetricName", "Metrics", "EvaluationCriteria")},
	{.type = "AWS::Events::Rule",
	 .kind = NEEDS_ANY,
	 .severity = DIAG_ERROR,
	 .names = LIST("EventPattern", "ScheduleExpression")},
	{.type = "AWS::StepFunctions::StateMachine",
	 .kind = NEEDS_ANY,
	 .severity = DIAG_WARNING,
	 .names = LIST("Definition", "DefinitionString", "DefinitionS3Location")},
	.kind = IN_RANGE, .severity = DIAG_WARNING, .names = LIST("ShardCount"), .least = 1,
	.most = 100000
}
, .kind = HAS_VALUE, .severity = DIAG_WARNING, .names = LIST("Status"),
  .values = LIST("Enabled", "Suspended")
}
,
}
;

/* Messages */

static const char *reason(struct lint *l, const struct combination *c, const struct node *map)
{
	const struct field when = field_of(map, c->when.name ? c->when.name : "");

	if (!c->when.name)
		return c->since ? arena_printf(l->a, "without '%s'", c->since) : "here";
	if (!c->when.values)
		return arena_printf(l->a, "with '%s'", c->when.name);
	return arena_printf(l->a, "when '%s' is '%.*s'", c->when.name, TEXT_ARG(when.literal));
}

static struct diag *report(struct lint *l, const struct combination *c, struct range where,
			   const char *fact)
{
	if (c->severity == DIAG_ERROR)
		return diag_add(l->d, DIAG_COMBINATION, where, "%s", fact);
	return diag_warn(l->d, DIAG_COMBINATION, where, "%s", fact);
}

static const char *join(struct lint *l, const char *const *names)
{
	struct str out = STR_INIT;
	const char *text;

	for (size_t i = 0; names[i]; i++)
		str_printf(&out, "%s'%s'", !i ? "" : names[i + 1] ? ", " : " or ", names[i]);
	text = arena_text(l->a, str_text(&out));
	str_release(&out);
	return text;
}

/* Where what is missing would stand: at the member that asks for it. */
static struct range place_of(const struct combination *c, const struct object *o)
{
	const struct field when = field_of(o->map, c->when.name ? c->when.name : "");

	if (c->when.name && when.key)
		return when.key->where;
	return o->map == o->resource->properties ? o->resource->key->where : o->map->where;
}

/* Checks */

static void check_needed(struct lint *l, const struct combination *c, const struct object *o)
{
	for (size_t i = 0; c->names[i]; i++) {
		struct diag *g;

		if (field_of(o->map, c->names[i]).state != FIELD_ABSENT)
			continue;
		g = report(
			l, c, place_of(c, o),
			arena_printf(l->a, "'%s' is needed %s", c->names[i], reason(l, c, o->map)));
		diag_hint(l->d, g, "add '%s'", c->names[i]);
	}
}

static void check_any(struct lint *l, const struct combination *c, const struct object *o)
{
	struct diag *g;

	for (size_t i = 0; c->names[i]; i++) {
		if (field_of(o->map, c->names[i]).state != FIELD_ABSENT)
			return;
	}
	g = report(l, c, place_of(c, o),
		   arena_printf(l->a, "one of %s is needed %s", join(l, c->names),
				reason(l, c, o->map)));
	diag_hint(l->d, g, "add '%s', or another one of them", c->names[0]);
}

static void check_excluded(struct lint *l, const struct combination *c, const struct object *o)
{
	for (size_t i = 0; c->names[i]; i++) {
		const struct field f = field_of(o->map, c->names[i]);
		struct diag *g;

		if (f.state != FIELD_PRESENT)
			continue;
		g = report(l, c, f.key->where,
			   arena_printf(l->a, "'%s' does not belong here %s", c->names[i],
					reason(l, c, o->map)));
		diag_hint(l->d, g, "remove '%s'", c->names[i]);
	}
}

static void check_value(struct lint *l, const struct combination *c, const struct object *o)
{
	const struct field f = field_of(o->map, c->names[0]);
	struct diag *g;

	if (!f.literal.ptr || !literal_of(f.value).ptr || field_in(&f, c->values))
		return;
	g = report(l, c, f.value->where,
		   arena_printf(l->a, "'%s' is %s %s, and this is '%.*s'", c->names[0],
				join(l, c->values), reason(l, c, o->map), TEXT_ARG(f.literal)));
	diag_hint(l->d, g, "write %s", c->values[0]);
}

static void check_number(struct lint *l, const struct combination *c, const struct object *o)
{
	const struct field f = field_of(o->map, c->names[0]);
	struct diag *g;
	int64_t number;
	bool low;

	if (!field_int(&f, &number) || (number >= c->least && number <= c->most))
		return;
	low = number < c->least;
	g = report(l, c, f.value->where,
		   arena_printf(l->a, "'%s' is %s %lld %s, and this is %lld", c->names[0],
				low ? "at least" : "at most", (long long)(low ? c->least : c->most),
				reason(l, c, o->map), (long long)number));
	diag_hint(l->d, g, "write a number that is allowed");
}

static bool applies(const struct combination *c, const struct node *map)
{
	const struct field when = field_of(map, c->when.name ? c->when.name : "");

	if (c->since && field_of(map, c->since).state != FIELD_ABSENT)
		return false;
	if (!c->when.name)
		return true;
	return when.state == FIELD_PRESENT && (!c->when.values || field_in(&when, c->when.values));
}

static void check_object(struct lint *l, const struct combination *c, const struct object *o)
{
	static void (*const checks[])(struct lint * l, const struct combination *c,
				      const struct object *o) = {
		[NEEDS_ALL] = check_needed, [NEEDS_ANY] = check_any,   [EXCLUDES] = check_excluded,
		[HAS_VALUE] = check_value,  [IN_RANGE] = check_number,
	};

	if (applies(c, o->map))
		checks[c->kind](l, c, o);
}

static void look(struct lint *l, const struct object *o)
{
	check_object(l, o->context, o);
}

/* Rows of one type. */
struct rows {
	VEC_OF(const struct combination *)
};

static const struct rows *rows_of(struct lint *l, struct map *by_type, const char *type)
{
	struct rows *rows = map_find(by_type, text_of(type));

	if (rows)
		return rows;
	rows = ARENA_NEW(l->a, struct rows);
	map_set(by_type, text_of(type), rows);
	for (size_t i = 0; i < ARRAY_LEN(combinations); i++) {
		if (text_glob(text_of(combinations[i].type), text_of(type)))
			*arena_vec_add(l->a, rows) = &combinations[i];
	}
	return rows;
}

void rule_combinations(struct lint *l)
{
	struct map by_type = MAP_INIT;

	for (size_t i = 0; i < l->resource_count; i++) {
		const struct lint_resource *r = &l->resources[i];
		const struct rows *rows = r->type ? rows_of(l, &by_type, r->type) : NULL;

		for (size_t j = 0; rows && j < rows->count; j++) {
			const struct combination *c = rows->items[j];

			each_object(l, r, c->path ? c->path : "", look, c);
		}
	}
	map_release(&by_type);
}
