/*
 * rule_attribute.c - DeletionPolicy, UpdateReplacePolicy, UpdatePolicy and CreationPolicy where
 * the type takes them.
 */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"

/* CloudFormation's documentation, "DeletionPolicy attribute": Snapshot. */
static const char *const snapshot_types[] = {
	"AWS::DocDB::DBCluster",
	"AWS::EC2::Volume",
	"AWS::ElastiCache::CacheCluster",
	"AWS::ElastiCache::ReplicationGroup",
	"AWS::Neptune::DBCluster",
	"AWS::RDS::DBCluster",
	"AWS::RDS::DBInstance",
	"AWS::Redshift::Cluster",
	NULL,
};

static bool is_aws(const struct lint_resource *r)
{
	return r->type && text_starts(text_of(r->type), "AWS::");
}

/* Deletion */

static void check_snapshot(struct lint *l, const struct lint_resource *r, const char *name)
{
	const struct field policy = field_of(r->body, name);
	struct diag *g;

	if (!field_is(&policy, "Snapshot") || !is_aws(r) ||
	    text_in(text_of(r->type), snapshot_types))
		return;
	g = diag_add(l->d, DIAG_POLICY_SNAPSHOT, policy.value->where,
		     "%s of '%.*s' is Snapshot, and %s has no snapshots", name, TEXT_ARG(r->id),
		     r->type);
	diag_hint(l->d, g, "write Retain to keep it, or Delete");
}

/* What an update replaces is deleted by the other policy. */
static void check_pair(struct lint *l, const struct lint_resource *r)
{
	const struct field deletion = field_of(r->body, "DeletionPolicy");
	const struct field replace = field_of(r->body, "UpdateReplacePolicy");
	const bool kept = field_is(&deletion, "Retain") || field_is(&deletion, "Snapshot");
	struct diag *g;

	if (!kept || replace.state != FIELD_ABSENT || r->loops)
		return;
	g = diag_warn(l->d, DIAG_POLICY_PAIR, deletion.key->where,
		      "'%.*s' is kept when it is deleted, and lost when an update replaces it",
		      TEXT_ARG(r->id));
	diag_hint(l->d, g, "write 'UpdateReplacePolicy: %.*s' as well", TEXT_ARG(deletion.literal));
}

void rule_deletion_policies(struct lint *l, const struct lint_resource *r)
{
	check_snapshot(l, r, "DeletionPolicy");
	check_snapshot(l, r, "UpdateReplacePolicy");
	check_pair(l, r);
}

/* UpdatePolicy, CreationPolicy: their keys and values are checked where the template is read,
 * here only whether the type takes them. */

struct policy {
	const char *attribute, *name;
	const char *const *types;
};

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define GROUP "AWS::AutoScaling::AutoScalingGroup"

static const struct policy policies[] = {
	{"UpdatePolicy", "AutoScalingReplacingUpdate", LIST(GROUP)},
	{"UpdatePolicy", "AutoScalingRollingUpdate", LIST(GROUP)},
	{"UpdatePolicy", "AutoScalingScheduledAction", LIST(GROUP)},
	{"UpdatePolicy", "CodeDeployLambdaAliasUpdate", LIST("AWS::Lambda::Alias")},
	{"UpdatePolicy", "EnableVersionUpgrade",
	 LIST("AWS::ElastiCache::ReplicationGroup", "AWS::Elasticsearch::Domain",
	      "AWS::OpenSearchService::Domain", "AWS::RDS::DBInstance", "AWS::RDS::DBCluster")},
	{"UpdatePolicy", "UseOnlineResharding",
	 LIST("AWS::ElastiCache::ReplicationGroup", "AWS::MemoryDB::Cluster")},
	{"UpdatePolicy", "StopBeforeUpdate", LIST("AWS::AppStream::Fleet")},
	{"UpdatePolicy", "StartAfterUpdate", LIST("AWS::AppStream::Fleet")},
	{"CreationPolicy", "ResourceSignal",
	 LIST(GROUP, "AWS::CloudFormation::WaitCondition", "AWS::EC2::Instance")},
	{"CreationPolicy", "AutoScalingCreationPolicy", LIST(GROUP)},
	{"CreationPolicy", "StartFleet", LIST("AWS::AppStream::Fleet")},
};

static const struct policy *find_policy(const char *attribute, struct text name)
{
	for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
		if (strcmp(policies[i].attribute, attribute) == 0 &&
		    text_is(name, policies[i].name))
			return &policies[i];
	}
	return NULL;
}

static void check_attribute(struct lint *l, const struct lint_resource *r, const char *attribute)
{
	const struct node *body = node_find(r->body, attribute);

	for (size_t i = 0; body && body->kind == NODE_MAP && i < body->count; i++) {
		const struct node *key = body->entries[i].key;
		const struct policy *p = find_policy(attribute, key->text);
		struct diag *g;

		if (!p || text_in(text_of(r->type), p->types))
			continue;
		g = diag_warn(l->d, DIAG_POLICY_ATTRIBUTE, key->where, "%s has no %s '%s'", r->type,
			      attribute, p->name);
		diag_hint(l->d, g, "it is for %s", p->types[0]);
	}
}

void rule_update_policies(struct lint *l, const struct lint_resource *r)
{
	if (!is_aws(r))
		return;
	check_attribute(l, r, "UpdatePolicy");
	check_attribute(l, r, "CreationPolicy");
}
