#include "providers/aws/aws_provider.h"

#include "providers/aws/aws_types.h"
#include "providers/kit/span.h"

static void type_names(void *context, void (*take)(void *context, struct hd_span name))
{
	struct str name = STR_INIT;
	struct aws_types types;

	aws_types_open(&types, aws_types_data());
	for (size_t i = 0; i < types.count; i++) {
		str_clear(&name);
		if (aws_types_name(&types, i, &name))
			take(context, span_of_str(&name));
	}
	str_release(&name);
}

/* CloudFormation's documentation, "DeletionPolicy attribute": Snapshot. */
static const char *const snapshot_types[] = {
	"AWS::DocDB::DBCluster",          "AWS::EC2::Volume",
	"AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ReplicationGroup",
	"AWS::Neptune::DBCluster",        "AWS::RDS::DBCluster",
	"AWS::RDS::DBInstance",           "AWS::Redshift::Cluster",
};

/* The data file has what the services publish; what act() takes is the provider's own. */
static void add_actions(struct text type, struct str *schema)
{
	for (size_t i = 0; i < ARRAY_LEN(snapshot_types); i++) {
		if (!text_is(type, snapshot_types[i]) || !text_ends(str_text(schema), "}"))
			continue;
		str_truncate(schema, schema->len - 1);
		str_add(schema, ",\"actions\":[\"snapshot\"]}");
	}
}

static int type_schema(struct hd_span type, void *context,
		       void (*take)(void *context, struct hd_span schema))
{
	struct str schema = STR_INIT;
	struct aws_types types;
	bool known;

	aws_types_open(&types, aws_types_data());
	known = aws_types_schema(&types, span_text(type), &schema);
	if (known)
		add_actions(span_text(type), &schema);
	if (known)
		take(context, span_of_str(&schema));
	str_release(&schema);
	return known;
}

const struct hd_provider hadeploy_provider_aws = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "aws",
	.version = "1",
	.type_names = type_names,
	.type_schema = type_schema,
};
