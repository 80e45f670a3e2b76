/*
 * aws_provider.c - what AWS adds to the rest provider: its definitions and its facts about types.
 */
#include "providers/aws/aws_provider.h"

#include "providers/aws/aws_types.h"
#include "providers/aws/credentials.h"
#include "providers/aws/session.h"
#include "providers/kit/span.h"
#include "providers/rest/bundle.h"

BUNDLE(aws, "providers/aws/types.bundle");

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

static const char *schema_text(struct arena *a, const char *type)
{
	struct str schema = STR_INIT;
	struct aws_types types;
	const char *text = NULL;

	aws_types_open(&types, aws_types_data());
	if (aws_types_schema(&types, text_of(type), &schema)) {
		add_actions(text_of(type), &schema);
		text = arena_text(a, str_text(&schema));
	}
	str_release(&schema);
	return text;
}

static const struct rest_kind kind = {
	.name = "aws",
	.bundle = aws_bundle,
	.keys = aws_setting_names,
	.schema = schema_text,
	.names = type_names,
	.open = aws_session_open,
	.close = aws_session_close,
	.credentials = aws_session_credentials,
	.refused = aws_session_refused,
	.variables = aws_session_variables,
	.lookup = aws_session_lookup,
};

static int open_session(const struct hd_host *host, struct hd_op *op, struct hd_span config,
			struct hd_session **out)
{
	return rest_open(&kind, host, op, config, out);
}

static int open_types(const struct hd_host *host, struct hd_op *op, struct hd_span config,
		      struct hd_types **out)
{
	return rest_types_open(&kind, host, op, config, out);
}

const struct hd_provider hadeploy_provider_aws = {
	REST_TABLE,
	.name = "aws",
	.open = open_session,
	.types_open = open_types,
	.lookup = rest_lookup,
};
