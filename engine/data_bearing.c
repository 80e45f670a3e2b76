/* data_bearing.c - which changes cost data. */
#include "engine/data_bearing.h"

#include <stdlib.h>
#include <string.h>

#include "engine/schema.h"

/* Sorted. */
static const char *const types[] = {
	"AWS::Backup::BackupVault",
	"AWS::Cassandra::Keyspace",
	"AWS::Cassandra::Table",
	"AWS::Cognito::UserPool",
	"AWS::DocDB::DBCluster",
	"AWS::DocDB::DBInstance",
	"AWS::DynamoDB::GlobalTable",
	"AWS::DynamoDB::Table",
	"AWS::EC2::Volume",
	"AWS::ECR::Repository",
	"AWS::EFS::FileSystem",
	"AWS::ElastiCache::CacheCluster",
	"AWS::ElastiCache::ReplicationGroup",
	"AWS::Elasticsearch::Domain",
	"AWS::FSx::FileSystem",
	"AWS::FSx::Volume",
	"AWS::KMS::Key",
	"AWS::Kinesis::Stream",
	"AWS::Logs::LogGroup",
	"AWS::MSK::Cluster",
	"AWS::MemoryDB::Cluster",
	"AWS::Neptune::DBCluster",
	"AWS::Neptune::DBInstance",
	"AWS::OpenSearchService::Domain",
	"AWS::QLDB::Ledger",
	"AWS::RDS::DBCluster",
	"AWS::RDS::DBInstance",
	"AWS::RDS::GlobalCluster",
	"AWS::Redshift::Cluster",
	"AWS::S3::Bucket",
	"AWS::SDB::Domain",
	"AWS::SQS::Queue",
	"AWS::SecretsManager::Secret",
	"AWS::Timestream::Database",
	"AWS::Timestream::Table",
};

static int compare_type(const void *key, const void *row)
{
	return strcmp(key, *(const char *const *)row);
}

static bool keeps(enum deletion_policy p)
{
	return p == DELETION_RETAIN || p == DELETION_RETAIN_EXCEPT_ON_CREATE ||
	       p == DELETION_SNAPSHOT;
}

static bool template_keeps(const struct doc_resource *r)
{
	return r && (keeps(r->deletion_policy) || keeps(r->update_replace_policy));
}

static bool record_keeps(const struct record *r)
{
	return r && (strcmp(r->deletion_policy, "Retain") == 0 ||
		     strcmp(r->deletion_policy, "Snapshot") == 0);
}

bool change_loses_data(const struct change *c)
{
	const char *type = c->before ? c->before->type : c->type;

	if ((c->action != ACTION_DELETE && c->action != ACTION_REPLACE) ||
	    (c->before && *c->before->deposed))
		return false;
	return bsearch(type, types, ARRAY_LEN(types), sizeof(*types), compare_type) ||
	       (c->schema && schema_has_action(c->schema, "snapshot")) ||
	       template_keeps(c->resource) || record_keeps(c->before);
}
