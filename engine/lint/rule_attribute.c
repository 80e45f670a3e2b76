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

/* UpdatePolicy, CreationPolicy */

struct policy {
	const char *attribute, *name;
	const char *const *types;
	const char *const *members; /* NULL: a scalar */
};

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct policy policies[] = {
	{"UpdatePolicy", "AutoScalingReplacingUpdate", LIST("AWS::AutoScaling::AutoScalingGroup"),
	 LIST("WillReplace")},
	{"UpdatePolicy", "AutoScalingRollingUpdate", LIST("AWS::AutoScaling::AutoScalingGroup"),
	 LIST("MaxBatchSize", "MinActiveInstancesPercent", "MinInstancesInService",
	      "MinSuccessfulInstancesPercent", "PauseTime", "SuspendProcesses",
	      "WaitOnResourceSignals")},
	{"UpdatePolicy", "AutoScalingScheduledAction", LIST("AWS::AutoScaling::AutoScalingGroup"),
	 LIST("IgnoreUnmodifiedGroupSizeProperties")},
	{"UpdatePolicy", "CodeDeployLambdaAliasUpdate", LIST("AWS::Lambda::Alias"),
	 LIST("AfterAllowTrafficHook", "ApplicationName", "BeforeAllowTrafficHook",
	      "DeploymentGroupName")},
	{"UpdatePolicy", "EnableVersionUpgrade",
	 LIST("AWS::ElastiCache::ReplicationGroup", "AWS::Elasticsearch::Domain",
	      "AWS::OpenSearchService::Domain", "AWS::RDS::DBInstance", "AWS::RDS::DBCluster"),
	 NULL},
	{"UpdatePolicy", "UseOnlineResharding",
	 LIST("AWS::ElastiCache::ReplicationGroup", "AWS::MemoryDB::Cluster"), NULL},
	{"UpdatePolicy", "StopBeforeUpdate", LIST("AWS::AppStream::Fleet"), NULL},
	{"UpdatePolicy", "StartAfterUpdate", LIST("AWS::AppStream::Fleet"), NULL},
	{"CreationPolicy", "ResourceSignal",
	 LIST("AWS::AutoScaling::AutoScalingGroup", "AWS::CloudFormation::WaitCondition",
	      "AWS::EC2::Instance"),
	 LIST("Count", "Timeout")},
	{"CreationPolicy", "AutoScalingCreationPolicy", LIST("AWS::AutoScaling::AutoScalingGroup"),
	 LIST("MinSuccessfulInstancesPercent")},
	{"CreationPolicy", "StartFleet", LIST("AWS::AppStream::Fleet"), NULL},
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

static size_t count_names(const char *const *names)
{
	size_t count = 0;

	while (names[count])
		count++;
	return count;
}

static void check_members(struct lint *l, const struct policy *p, const struct node *body)
{
	struct diag *g;

	if (!p->members || body->kind == NODE_CALL)
		return;
	if (body->kind != NODE_MAP) {
		g = diag_warn(l->d, DIAG_POLICY_ATTRIBUTE, body->where,
			      "'%s' is a map, and this is %s", p->name, node_describe(body));
		diag_hint(l->d, g, "write '%s: {%s: ...}'", p->name, p->members[0]);
		return;
	}
	for (size_t i = 0; i < body->count; i++) {
		const struct node *key = body->entries[i].key;

		if (text_in(key->text, p->members) || text_starts(key->text, "Fn::"))
			continue;
		g = diag_warn(l->d, DIAG_POLICY_ATTRIBUTE, key->where, "'%s' has no member '%.*s'",
			      p->name, TEXT_ARG(key->text));
		diag_did_you_mean(l->d, g, key->text, p->members, count_names(p->members));
		if (!g->hint)
			diag_hint(l->d, g, "remove it");
	}
}

static void report_unknown(struct lint *l, const struct node *key, const char *attribute)
{
	const char *names[ARRAY_LEN(policies)];
	size_t count = 0;
	struct diag *g = diag_warn(l->d, DIAG_POLICY_ATTRIBUTE, key->where,
				   "%s has no policy '%.*s'", attribute, TEXT_ARG(key->text));

	for (size_t i = 0; i < ARRAY_LEN(policies); i++) {
		if (strcmp(policies[i].attribute, attribute) == 0)
			names[count++] = policies[i].name;
	}
	diag_did_you_mean(l->d, g, key->text, names, count);
	if (!g->hint)
		diag_hint(l->d, g, "remove it");
}

static void check_policy(struct lint *l, const struct lint_resource *r, const char *attribute,
			 const struct node_entry *e)
{
	const struct policy *p = find_policy(attribute, e->key->text);
	struct diag *g;

	if (text_starts(e->key->text, "Fn::"))
		return;
	if (!p) {
		report_unknown(l, e->key, attribute);
		return;
	}
	if (!text_in(text_of(r->type), p->types)) {
		g = diag_warn(l->d, DIAG_POLICY_ATTRIBUTE, e->key->where, "%s has no %s '%s'",
			      r->type, attribute, p->name);
		diag_hint(l->d, g, "it is for %s", p->types[0]);
	}
	check_members(l, p, e->value);
}

static void check_attribute(struct lint *l, const struct lint_resource *r, const char *attribute)
{
	const struct node *body = node_find(r->body, attribute);
	struct diag *g;

	if (!body || node_is_null(body))
		return;
	if (body->kind == NODE_SCALAR || body->kind == NODE_LIST) {
		g = diag_warn(l->d, DIAG_POLICY_ATTRIBUTE, body->where,
			      "%s is a map, and this is %s", attribute, node_describe(body));
		diag_hint(l->d, g, "write the policies by their names below it");
	}
	for (size_t i = 0; body->kind == NODE_MAP && i < body->count; i++)
		check_policy(l, r, attribute, &body->entries[i]);
}

/* "PT1H30M", "PT15S": hours, minutes, seconds, each at most once. */
static bool is_period(struct text t)
{
	static const char units[] = "HMS";
	size_t unit = 0, digits = 0, parts = 0;

	if (!text_starts(t, "PT"))
		return false;
	for (size_t i = 2; i < t.len; i++) {
		const char *at;

		if (t.ptr[i] >= '0' && t.ptr[i] <= '9') {
			digits++;
			continue;
		}
		at = strchr(units + unit, t.ptr[i]);
		if (!digits || !at || !*at)
			return t.ptr[i] == '.';
		unit = (size_t)(at - units) + 1;
		digits = 0;
		parts++;
	}
	return parts && !digits;
}

static void check_period(struct lint *l, const struct node *policy, const char *name)
{
	const struct field period = field_of(policy, name);
	struct diag *g;

	if (!period.literal.ptr || is_period(period.literal))
		return;
	g = diag_warn(l->d, DIAG_POLICY_ATTRIBUTE, period.value->where,
		      "'%.*s' is no period of time", TEXT_ARG(period.literal));
	diag_hint(l->d, g, "write hours, minutes and seconds as in PT1H30M15S");
}

void rule_update_policies(struct lint *l, const struct lint_resource *r)
{
	const struct node *update, *creation;

	if (!is_aws(r))
		return;
	check_attribute(l, r, "UpdatePolicy");
	check_attribute(l, r, "CreationPolicy");
	update = node_find(node_find(r->body, "UpdatePolicy"), "AutoScalingRollingUpdate");
	creation = node_find(node_find(r->body, "CreationPolicy"), "ResourceSignal");
	if (update)
		check_period(l, update, "PauseTime");
	if (creation)
		check_period(l, creation, "Timeout");
}
