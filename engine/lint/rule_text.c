/*
 * rule_text.c - texts that must have a form which no schema says: names, classes of instances,
 * schedules.
 */
#include "engine/lint/rules.h"

#include <assert.h>
#include <string.h>

#include "base/pattern.h"
#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

/* Patterns */

struct text_form {
	const char *type, *path, *pattern, *what, *hint;
};

#define INSTANCE_CLASS "db\\.([a-z0-9-]+\\.)?[a-z0-9]+\\.[a-z0-9.-]+|db\\.serverless"
#define INSTANCE_TYPE \
	"[a-z][a-z0-9-]*\\.(nano|micro|small|medium|large|[0-9]*xlarge|metal(-[0-9]+xl)?)"
#define DOMAIN_LABEL "[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"

static const struct text_form forms[] = {
	{"AWS::S3::Bucket", "BucketName",
	 "(?!xn--|.*\\.\\.|.*-s3alias$|[0-9.]+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
	 "name of a bucket",
	 "write 3 to 63 small letters, digits, dots and hyphens, with a letter or digit at both "
	 "ends"},
	{"AWS::CloudFront::Distribution", "DistributionConfig.Aliases.*",
	 "(\\*\\.)?(" DOMAIN_LABEL "\\.)+[a-z0-9][a-z0-9-]*[a-z0-9]", "alias of a distribution",
	 "write a domain name in small letters, with '*.' at its beginning at most"},
	{"AWS::RDS::DBInstance", "DBInstanceClass", INSTANCE_CLASS,
	 "class of a database's instance", "write it as in db.m5.large"},
	{"AWS::RDS::DBCluster", "DBClusterInstanceClass", INSTANCE_CLASS,
	 "class of a database's instance", "write it as in db.m5d.large"},
	{"AWS::DocDB::DBInstance", "DBInstanceClass", INSTANCE_CLASS,
	 "class of a database's instance", "write it as in db.r5.large"},
	{"AWS::Neptune::DBInstance", "DBInstanceClass", INSTANCE_CLASS,
	 "class of a database's instance", "write it as in db.r5.large"},
	{"AWS::EC2::Instance", "InstanceType", INSTANCE_TYPE, "type of an instance",
	 "write it as in m5.large"},
	{"AWS::AutoScaling::LaunchConfiguration", "InstanceType", INSTANCE_TYPE,
	 "type of an instance", "write it as in m5.large"},
	{"AWS::EC2::LaunchTemplate", "LaunchTemplateData.InstanceType", INSTANCE_TYPE,
	 "type of an instance", "write it as in m5.large"},
	{"AWS::ElastiCache::CacheCluster", "CacheNodeType", "cache\\.[a-z0-9]+\\.[a-z0-9]+",
	 "type of a cache's node", "write it as in cache.m5.large"},
	{"AWS::ElastiCache::ReplicationGroup", "CacheNodeType", "cache\\.[a-z0-9]+\\.[a-z0-9]+",
	 "type of a cache's node", "write it as in cache.m5.large"},
	{"AWS::EC2::Instance", "BlockDeviceMappings.*.VirtualName", "ephemeral(1?[0-9]|2[0-3])",
	 "name of an instance's own disk", "write ephemeral0 to ephemeral23"},
	{"AWS::EC2::VPNGateway", "Type", "ipsec\\.1", "type of a VPN gateway", "write ipsec.1"},
	{"AWS::SSM::Parameter", "Name", "(?!/?(aws|ssm))[a-zA-Z0-9_./-]+",
	 "name of a parameter in the store",
	 "write letters, digits and ./_-, and begin with something else than 'aws' and 'ssm'"},
	{"AWS::Lambda::Permission", "Action", "lambda:[A-Za-z*]+|lambda:\\*|\\*",
	 "action of a function", "write it as in lambda:InvokeFunction"},
	{"AWS::Lambda::Permission", "Principal",
	 "\\*|[0-9]{12}|arn:.*|[a-zA-Z0-9_.-]+\\.[a-z.]+|.*@.*", "principal",
	 "write a service as in events.amazonaws.com, an account's number, or '*'"},
	{"AWS::Route53::HostedZone", "Name", "[^ ]+\\.[^ ]+", "name of a zone",
	 "write a domain name"},
	{"AWS::Logs::LogGroup", "LogGroupName", "[.\\-_/#A-Za-z0-9]{1,512}", "name of a log group",
	 "write letters, digits and .-_/#"},
	{"AWS::IAM::ManagedPolicy", "Description", "[\\p{L}\\p{M}\\p{Z}\\p{S}\\p{N}\\p{P}]*",
	 "description of a policy", "write it in one line, without tabs"},
	{"AWS::KMS::Alias", "AliasName", "alias/(?!aws/)[a-zA-Z0-9:/_-]+", "alias of a key",
	 "write 'alias/' and letters, digits and /_-"},
};

/* A row with its pattern, compiled when the first resource of its type turns up. */
struct compiled_form {
	const struct text_form *form;
	struct pattern *pattern;
};

static void check_form(struct lint *l, const struct object *o, const struct node *n)
{
	const struct compiled_form *c = o->context;
	struct diag *g;

	if (!literal_of(n).ptr || node_is_null(n) ||
	    pattern_try(c->pattern, n->text) != PATTERN_DIFFERS)
		return;
	g = diag_warn(l->d, DIAG_TEXT_FORM, n->where, "'%.*s' is no %s", TEXT_ARG(n->text),
		      c->form->what);
	diag_hint(l->d, g, "%s", c->form->hint);
}

static void check_forms(struct lint *l, const struct lint_resource *r, struct compiled_form *all)
{
	const char *problem;

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (strcmp(r->type, forms[i].type) != 0)
			continue;
		all[i].form = &forms[i];
		if (!all[i].pattern)
			all[i].pattern = pattern_compile(l->a, text_of(forms[i].pattern),
							 PATTERN_WHOLE, &problem);
		assert(all[i].pattern);
		each_value(l, r, forms[i].path, check_form, &all[i]);
	}
}

void rule_text_forms(struct lint *l)
{
	struct compiled_form all[ARRAY_LEN(forms)] = {0};

	for (size_t i = 0; i < l->resource_count; i++) {
		if (l->resources[i].type)
			check_forms(l, &l->resources[i], all);
	}
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		pattern_free(all[i].pattern);
}

/* Engines of databases */

/* What RDS documents, with what it took before. */
static const char *const engines[] = {
	"aurora-mysql",  "aurora-postgresql", "aurora",       "db2-ae",       "db2-se",
	"docdb",         "mariadb",           "mysql",        "neptune",      "oracle-ee",
	"oracle-ee-cdb", "oracle-se",         "oracle-se1",   "oracle-se2",   "oracle-se2-cdb",
	"postgres",      "sqlserver-dev-ee",  "sqlserver-ee", "sqlserver-ex", "sqlserver-se",
	"sqlserver-web",
};

static void check_engine(struct lint *l, const struct object *o, const struct node *n)
{
	const struct text name = literal_of(n);
	struct diag *g;

	if (!name.len || node_is_null(n) || text_starts(name, "custom-") ||
	    lint_made_by_loop(o->resource->loops, name))
		return;
	for (size_t i = 0; i < ARRAY_LEN(engines); i++) {
		if (text_same_letters(name, text_of(engines[i])))
			return;
	}
	g = diag_warn(l->d, DIAG_TEXT_FORM, n->where, "'%.*s' is no engine that RDS has",
		      TEXT_ARG(name));
	diag_did_you_mean(l->d, g, name, engines, ARRAY_LEN(engines));
	if (!g->hint)
		diag_hint(l->d, g, "write an engine as in mysql, postgres or aurora-mysql");
}

void rule_engines(struct lint *l, const struct lint_resource *r)
{
	if (lint_is(r, "AWS::RDS::DBInstance") || lint_is(r, "AWS::RDS::DBCluster") ||
	    lint_is(r, "AWS::RDS::GlobalCluster"))
		each_value(l, r, "Engine", check_engine, NULL);
}

/* Schedules: rate(5 minutes), cron(0 12 * * ? *), at(2030-01-01T00:00:00) */

enum schedule_forms { TAKES_RATE = 1, TAKES_CRON = 2, TAKES_AT = 4, TAKES_CRON5 = 8 };

struct schedule_place {
	const char *type, *path;
	unsigned forms;
};

static const struct schedule_place schedules[] = {
	{"AWS::Events::Rule", "ScheduleExpression", TAKES_RATE | TAKES_CRON},
	{"AWS::Scheduler::Schedule", "ScheduleExpression", TAKES_RATE | TAKES_CRON | TAKES_AT},
	{"AWS::SSM::Association", "ScheduleExpression", TAKES_RATE | TAKES_CRON | TAKES_AT},
	{"AWS::SSM::MaintenanceWindow", "Schedule", TAKES_RATE | TAKES_CRON | TAKES_AT},
	{"AWS::Synthetics::Canary", "Schedule.Expression", TAKES_RATE | TAKES_CRON},
	{"AWS::Glue::Trigger", "Schedule", TAKES_CRON},
	{"AWS::Backup::BackupPlan", "BackupPlan.BackupPlanRule.*.ScheduleExpression", TAKES_CRON},
	{"AWS::AutoScaling::ScheduledAction", "Recurrence", TAKES_CRON5},
};

static bool between(struct text t, const char *open, struct text *inner)
{
	if (!text_starts(t, open) || !text_ends(t, ")"))
		return false;
	*inner = (struct text){t.ptr + strlen(open), t.len - strlen(open) - 1};
	return true;
}

/* NULL when there is nothing to say against it. */
static const char *rate_fault(struct text t)
{
	static const char *const one[] = {"minute", "hour", "day", NULL};
	static const char *const many[] = {"minutes", "hours", "days", NULL};
	const char *blank = t.len ? memchr(t.ptr, ' ', t.len) : NULL;
	struct text number = {t.ptr, blank ? (size_t)(blank - t.ptr) : 0}, unit;
	int64_t value;

	if (!blank)
		return "a rate is a number and a unit";
	unit = text_trim((struct text){blank, t.len - number.len});
	if (!text_to_int64(number, 1, INT64_MAX, &value))
		return "the number of a rate is a whole number from 1";
	if (text_in(unit, one))
		return value == 1 ? NULL : "a rate above 1 has its unit in the plural";
	if (text_in(unit, many))
		return value == 1 ? "a rate of 1 has its unit in the singular" : NULL;
	return "the unit of a rate is minutes, hours or days";
}

static size_t split_fields(struct text t, struct text fields[8])
{
	struct text_split s = text_split_start(text_trim(t));
	struct text piece;
	size_t count = 0;

	while (text_next(&s, ' ', &piece)) {
		if (!piece.len)
			continue;
		if (count == 8)
			return 9;
		fields[count++] = piece;
	}
	return count;
}

static bool has_marks_of_cron(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		      strchr(",-*?/#", c)))
			return false;
	}
	return true;
}

static const char *cron_fault(struct text t)
{
	struct text fields[8];
	const size_t count = split_fields(t, fields);
	const bool day = count > 4 && text_is(fields[2], "?");
	const bool weekday = count > 4 && text_is(fields[4], "?");

	if (count != 6)
		return "a cron expression has six fields: minutes, hours, day of the month, month, "
		       "day of the week, year";
	for (size_t i = 0; i < count; i++) {
		if (!has_marks_of_cron(fields[i]))
			return "a field of a cron expression has numbers, names and ,-*?/#LW";
	}
	if (day == weekday)
		return "exactly one of the day of the month and the day of the week is '?'";
	return NULL;
}

static const char *cron5_fault(struct text t)
{
	struct text fields[8];

	if (split_fields(t, fields) != 5)
		return "a recurrence has five fields: minute, hour, day of the month, month, day "
		       "of the week";
	return NULL;
}

static const char *schedule_fault(const struct schedule_place *place, struct text t)
{
	struct text inner;

	if (place->forms & TAKES_CRON5)
		return cron5_fault(t);
	if ((place->forms & TAKES_RATE) && between(t, "rate(", &inner))
		return rate_fault(inner);
	if ((place->forms & TAKES_CRON) && between(t, "cron(", &inner))
		return cron_fault(inner);
	if ((place->forms & TAKES_AT) && between(t, "at(", &inner))
		return NULL;
	return place->forms & TAKES_RATE ? "a schedule is rate(...) or cron(...)"
					 : "a schedule is cron(...)";
}

static void check_schedule(struct lint *l, const struct object *o, const struct node *n)
{
	const struct schedule_place *place = o->context;
	const char *fault = literal_of(n).ptr ? schedule_fault(place, n->text) : NULL;
	struct diag *g;

	/* An empty one is none. */
	if (!fault || !n->text.len)
		return;
	g = diag_warn(l->d, DIAG_SCHEDULE, n->where, "'%.*s' is no schedule: %s", TEXT_ARG(n->text),
		      fault);
	diag_hint(l->d, g,
		  place->forms & TAKES_CRON5 ? "write it as in '0 9 * * 1'"
					     : "write it as in cron(0 9 ? * MON *)");
}

void rule_schedules(struct lint *l, const struct lint_resource *r)
{
	for (size_t i = 0; i < ARRAY_LEN(schedules); i++) {
		if (strcmp(r->type, schedules[i].type) == 0)
			each_value(l, r, schedules[i].path, check_schedule, &schedules[i]);
	}
}
