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
	struct when when;    /* name NULL: always */
	const char *without; /* a member that must not be there; NULL: none */
	enum combination_kind kind;
	enum diag_severity severity;
	const char *const *names;
	const char *const *values; /* HAS_VALUE */
	int64_t least, most;       /* IN_RANGE */
};

/* clang-format off */
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
/* What a row asks for: a member with one of these literals, just a member, a member that is not
 * there, nothing. */
#define WHEN(name, ...) {(name), LIST(__VA_ARGS__)}, NULL
#define WITH(name) {(name), NULL}, NULL
#define WITHOUT(name) {NULL, NULL}, (name)
#define ALWAYS {NULL, NULL}, NULL

#define NEEDS(severity, type, path, when, ...) \
	{type, path, when, NEEDS_ALL, DIAG_##severity, LIST(__VA_ARGS__), NULL, 0, 0}
#define ONE_OF(severity, type, path, when, ...) \
	{type, path, when, NEEDS_ANY, DIAG_##severity, LIST(__VA_ARGS__), NULL, 0, 0}
#define NOT(severity, type, path, when, ...) \
	{type, path, when, EXCLUDES, DIAG_##severity, LIST(__VA_ARGS__), NULL, 0, 0}
#define VALUE(severity, type, path, when, name, ...) \
	{type, path, when, HAS_VALUE, DIAG_##severity, LIST(name), LIST(__VA_ARGS__), 0, 0}
#define RANGE(severity, type, path, when, name, least, most) \
	{type, path, when, IN_RANGE, DIAG_##severity, LIST(name), NULL, least, most}

#define EBS_ROWS(type, path)                                                               \
	NEEDS(ERROR, type, path, WHEN("VolumeType", "io1", "io2"), "Iops"),                \
	RANGE(WARNING, type, path, WHEN("VolumeType", "io1"), "Iops", 100, 64000),         \
	RANGE(WARNING, type, path, WHEN("VolumeType", "io2"), "Iops", 100, 256000),        \
	RANGE(WARNING, type, path, WHEN("VolumeType", "gp3"), "Iops", 3000, 80000),        \
	NOT(WARNING, type, path, WHEN("VolumeType", "gp2", "st1", "sc1", "standard"), "Iops")

#define YES "true", "True", "TRUE"
#define NO "false", "False", "FALSE"

static const struct combination combinations[] = {
	EBS_ROWS("AWS::EC2::Volume", ""),
	EBS_ROWS("AWS::EC2::Instance", "BlockDeviceMappings.*.Ebs"),
	EBS_ROWS("AWS::AutoScaling::LaunchConfiguration", "BlockDeviceMappings.*.Ebs"),
	EBS_ROWS("AWS::EC2::LaunchTemplate", "LaunchTemplateData.BlockDeviceMappings.*.Ebs"),
	NEEDS(WARNING, "AWS::EC2::Instance", "", WITHOUT("LaunchTemplate"), "ImageId"),
	NOT(WARNING, "AWS::EC2::Instance", "", WITH("NetworkInterfaces"),
	    "SecurityGroupIds", "SecurityGroups"),
	NOT(WARNING, "AWS::EC2::VPCEndpoint", "", WHEN("VpcEndpointType", "Gateway"),
	    "SubnetIds", "SecurityGroupIds", "PrivateDnsEnabled"),
	NOT(WARNING, "AWS::EC2::VPCEndpoint", "", WHEN("VpcEndpointType", "Interface"),
	    "RouteTableIds"),
	ONE_OF(WARNING, "AWS::EC2::VPCGatewayAttachment", "", ALWAYS,
	       "InternetGatewayId", "VpnGatewayId"),
	ONE_OF(WARNING, "AWS::EC2::Route", "", ALWAYS, "DestinationCidrBlock",
	       "DestinationIpv6CidrBlock", "DestinationPrefixListId"),
	ONE_OF(WARNING, "AWS::EC2::EIPAssociation", "", ALWAYS, "AllocationId", "EIP"),
	NOT(WARNING, "AWS::EC2::NatGateway", "", WHEN("ConnectivityType", "private"),
	    "AllocationId"),

	NOT(ERROR, "AWS::Lambda::Function", "", WHEN("PackageType", "Image"),
	    "Handler", "Runtime", "Layers"),
	NOT(WARNING, "AWS::Lambda::Function", "Code", WITH("ZipFile"), "S3Bucket", "S3Key",
	    "S3ObjectVersion", "ImageUri"),
	NOT(WARNING, "AWS::Lambda::Function", "Code", WITH("ImageUri"), "S3Bucket", "S3Key"),
	NOT(WARNING, "AWS::Lambda::Function", "LoggingConfig", WHEN("LogFormat", "Text"),
	    "SystemLogLevel", "ApplicationLogLevel"),
	RANGE(WARNING, "AWS::Lambda::Function", "", WITHOUT("CapacityProviderConfig"),
	      "Timeout", 1, 900),
	ONE_OF(WARNING, "AWS::Lambda::EventSourceMapping", "", ALWAYS,
	       "EventSourceArn", "SelfManagedEventSource"),
	NEEDS(WARNING, "AWS::Lambda::EventSourceMapping", "",
	      WHEN("StartingPosition", "AT_TIMESTAMP"), "StartingPositionTimestamp"),

	VALUE(ERROR, "AWS::ECS::Service", "", WHEN("LaunchType", "FARGATE"),
	      "SchedulingStrategy", "REPLICA"),
	NEEDS(WARNING, "AWS::ECS::Service", "", WHEN("LaunchType", "FARGATE"),
	      "NetworkConfiguration"),
	NOT(WARNING, "AWS::ECS::Service", "", WITH("LaunchType"), "CapacityProviderStrategy"),
	NEEDS(WARNING, "AWS::ECS::TaskDefinition", "ContainerDefinitions.*.LogConfiguration",
	      WHEN("LogDriver", "awslogs"), "Options"),

	ONE_OF(WARNING, "AWS::AutoScaling::AutoScalingGroup", "", ALWAYS,
	       "AvailabilityZones", "VPCZoneIdentifier", "AvailabilityZoneIds"),

	NEEDS(ERROR, "AWS::ElasticLoadBalancing::LoadBalancer", "Listeners.*",
	      WHEN("Protocol", "HTTPS", "SSL", "https", "ssl"), "SSLCertificateId"),
	NEEDS(ERROR, "AWS::ElasticLoadBalancingV2::Listener", "", WHEN("Protocol", "HTTPS", "TLS"),
	      "Certificates"),
	NOT(ERROR, "AWS::ElasticLoadBalancingV2::TargetGroup", "", WHEN("TargetType", "lambda"),
	    "HealthCheckPort", "HealthCheckProtocol", "Port", "Protocol", "ProtocolVersion",
	    "VpcId"),
	NEEDS(ERROR, "AWS::ElasticLoadBalancingV2::TargetGroup", "",
	      WHEN("TargetType", "instance", "ip", "alb"), "Port", "Protocol", "VpcId"),
	VALUE(ERROR, "AWS::ElasticLoadBalancingV2::TargetGroup", "", WHEN("Protocol", "GENEVE"),
	      "Port", "6081"),
	NOT(WARNING, "AWS::ElasticLoadBalancingV2::TargetGroup", "",
	    WHEN("HealthCheckProtocol", "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE"), "Matcher"),

	NOT(WARNING, "AWS::RDS::DBInstance", "", WHEN("MultiAZ", YES), "AvailabilityZone"),
	NOT(WARNING, "AWS::RDS::DBInstance", "",
	    WHEN("Engine", "aurora", "aurora-mysql", "aurora-postgresql"), "AllocatedStorage",
	    "CopyTagsToSnapshot", "DeletionProtection", "EnableIAMDatabaseAuthentication",
	    "MasterUserPassword"),
	NOT(WARNING, "AWS::RDS::DBInstance", "", WITH("DBClusterIdentifier"),
	    "BackupRetentionPeriod"),
	NEEDS(WARNING, "AWS::RDS::DBInstance", "", WHEN("StorageType", "io1", "io2"), "Iops"),
	VALUE(WARNING, "AWS::RDS::DBInstance", "", WITH("KmsKeyId"), "StorageEncrypted", YES),
	RANGE(WARNING, "AWS::RDS::DBInstance", "", ALWAYS, "BackupRetentionPeriod", 0, 35),
	NEEDS(WARNING, "AWS::RDS::DB*", "", WITH("MonitoringRoleArn"), "MonitoringInterval"),
	NEEDS(WARNING, "AWS::RDS::DBCluster", "", WHEN("Engine", "mysql", "postgres"),
	      "AllocatedStorage", "DBClusterInstanceClass", "StorageType"),
	NOT(WARNING, "AWS::RDS::DBCluster", "",
	    WHEN("Engine", "aurora-mysql", "aurora-postgresql"), "AllocatedStorage",
	    "DBClusterInstanceClass", "Iops", "PubliclyAccessible"),
	NOT(WARNING, "AWS::RDS::DBCluster", "", WHEN("EngineMode", "provisioned"),
	    "ScalingConfiguration"),
	NOT(WARNING, "AWS::RDS::DBCluster", "", WHEN("EngineMode", "serverless"),
	    "ServerlessV2ScalingConfiguration"),
	NOT(WARNING, "AWS::RDS::DBCluster", "", WITH("SnapshotIdentifier"), "MasterUsername"),
	NOT(WARNING, "AWS::RDS::DBCluster", "", WITH("SourceDBClusterIdentifier"),
	    "MasterUserPassword", "MasterUsername", "StorageEncrypted"),

	NEEDS(ERROR, "AWS::DynamoDB::Table", "", WHEN("BillingMode", "PROVISIONED"),
	      "ProvisionedThroughput"),
	NEEDS(WARNING, "AWS::DynamoDB::Table", "", WITHOUT("BillingMode"),
	      "ProvisionedThroughput"),
	RANGE(WARNING, "AWS::DynamoDB::Table", "ProvisionedThroughput", ALWAYS,
	      "ReadCapacityUnits", 0, INT64_MAX),

	NEEDS(WARNING, "AWS::ElastiCache::ReplicationGroup", "", WHEN("Engine", "valkey"),
	      "TransitEncryptionEnabled"),
	VALUE(WARNING, "AWS::ElastiCache::ReplicationGroup", "", WITH("AuthToken"),
	      "TransitEncryptionEnabled", YES),
	RANGE(WARNING, "AWS::ElastiCache::ReplicationGroup", "",
	      WHEN("AutomaticFailoverEnabled", YES), "NumCacheClusters", 2, 6),
	RANGE(WARNING, "AWS::ElastiCache::CacheCluster", "", WHEN("Engine", "redis"),
	      "NumCacheNodes", 1, 1),
	RANGE(WARNING, "AWS::ElastiCache::CacheCluster", "", WHEN("AZMode", "cross-az"),
	      "NumCacheNodes", 2, 300),

	NOT(ERROR, "AWS::SQS::Queue", "", WHEN("FifoQueue", NO), "ContentBasedDeduplication",
	    "DeduplicationScope", "FifoThroughputLimit"),
	NOT(WARNING, "AWS::SNS::Topic", "", WHEN("FifoTopic", NO), "ContentBasedDeduplication",
	    "FifoThroughputScope"),
	NEEDS(ERROR, "AWS::CodeBuild::Project", "Artifacts", WHEN("Type", "S3"), "Location"),
	NEEDS(WARNING, "AWS::CodeBuild::Project", "Source",
	      WHEN("Type", "CODECOMMIT", "S3", "BITBUCKET", "GITHUB_ENTERPRISE"), "Location"),
	NEEDS(WARNING, "AWS::CodeBuild::Project", "Source", WHEN("Type", "NO_SOURCE"),
	      "BuildSpec"),
	ONE_OF(ERROR, "AWS::ApiGateway::RestApi", "", WITHOUT("Name"), "Body", "BodyS3Location"),
	NEEDS(WARNING, "AWS::ApiGateway::Authorizer", "", WHEN("Type", "TOKEN", "REQUEST"),
	      "AuthorizerUri"),
	NEEDS(WARNING, "AWS::ApiGateway::Authorizer", "", WHEN("Type", "COGNITO_USER_POOLS"),
	      "ProviderARNs"),
	RANGE(WARNING, "AWS::ApiGateway::Authorizer", "", ALWAYS,
	      "AuthorizerResultTtlInSeconds", 0, 3600),
	NEEDS(WARNING, "AWS::ApiGateway::Method", "",
	      WHEN("AuthorizationType", "CUSTOM", "COGNITO_USER_POOLS"), "AuthorizerId"),
	VALUE(WARNING, "AWS::ApiGateway::Method", "", ALWAYS, "HttpMethod",
	      "ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"),
	VALUE(WARNING, "AWS::CertificateManager::Certificate", "", ALWAYS, "ValidationMethod",
	      "DNS", "EMAIL", "HTTP"),
	NEEDS(ERROR, "AWS::Route53::HealthCheck", "HealthCheckConfig",
	      WHEN("Type", "CLOUDWATCH_METRIC"), "AlarmIdentifier"),
	NEEDS(WARNING, "AWS::Route53::HealthCheck", "HealthCheckConfig",
	      WHEN("Type", "CALCULATED"), "ChildHealthChecks"),
	ONE_OF(WARNING, "AWS::Route53::HealthCheck", "HealthCheckConfig",
	       WHEN("Type", "HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP"),
	       "FullyQualifiedDomainName", "IPAddress"),
	RANGE(WARNING, "AWS::FSx::FileSystem", "", WHEN("FileSystemType", "WINDOWS"),
	      "StorageCapacity", 32, 65536),
	RANGE(WARNING, "AWS::FSx::FileSystem", "", WHEN("FileSystemType", "LUSTRE"),
	      "StorageCapacity", 1200, INT64_MAX),
	RANGE(WARNING, "AWS::FSx::FileSystem", "", WHEN("FileSystemType", "ONTAP"),
	      "StorageCapacity", 1024, INT64_MAX),
	NOT(WARNING, "AWS::GuardDuty::Detector", "", WITH("Features"), "DataSources"),
	NOT(WARNING, "AWS::CloudFront::Distribution", "DistributionConfig.DefaultCacheBehavior",
	    WITH("CachePolicyId"), "ForwardedValues"),
	NOT(WARNING, "AWS::CloudFront::Distribution", "DistributionConfig.CacheBehaviors.*",
	    WITH("CachePolicyId"), "ForwardedValues"),
	ONE_OF(WARNING, "AWS::StepFunctions::StateMachine", "", ALWAYS,
	       "Definition", "DefinitionString", "DefinitionS3Location"),
};
/* clang-format on */

/* Messages */

static const char *reason(struct lint *l, const struct combination *c, const struct node *map)
{
	const struct field when = field_of(map, c->when.name ? c->when.name : "");

	if (!c->when.name)
		return c->without ? arena_printf(l->a, "without '%s'", c->without) : "here";
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

	if (c->without && field_of(map, c->without).state != FIELD_ABSENT)
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

			each_object(l, r, c->path, look, c);
		}
	}
	map_release(&by_type);
}
