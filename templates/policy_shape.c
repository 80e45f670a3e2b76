/*
 * policy_shape.c - CreationPolicy and UpdatePolicy: their keys, and the kinds of values.
 *
 * They steer how CloudFormation waits and rolls.  Here nothing acts on them yet, so they are
 * held to their documentation and left at that.
 */
#include "templates/shape.h"

#include "templates/scalar.h"

enum policy_kind {
	POLICY_MAP, /* rows of its own */
	POLICY_BOOL,
	POLICY_COUNT,   /* from 0 */
	POLICY_PERCENT, /* 0 to 100 */
	POLICY_DURATION,
	POLICY_TEXT,
	POLICY_LIST
};

struct policy_row {
	const char *name;
	enum policy_kind kind;
	const struct policy_row *rows; /* POLICY_MAP; ended by a row without name */
};

static const struct policy_row auto_scaling_creation[] = {
	{"MinSuccessfulInstancesPercent", POLICY_PERCENT, NULL},
	{0},
};

static const struct policy_row resource_signal[] = {
	{"Count", POLICY_COUNT, NULL},
	{"Timeout", POLICY_DURATION, NULL},
	{0},
};

static const struct policy_row creation_policy[] = {
	{"AutoScalingCreationPolicy", POLICY_MAP, auto_scaling_creation},
	{"ResourceSignal", POLICY_MAP, resource_signal},
	{"StartFleet", POLICY_BOOL, NULL},
	{0},
};

static const struct policy_row rolling_update[] = {
	{"MaxBatchSize", POLICY_COUNT, NULL},
	{"MinActiveInstancesPercent", POLICY_PERCENT, NULL},
	{"MinInstancesInService", POLICY_COUNT, NULL},
	{"MinSuccessfulInstancesPercent", POLICY_PERCENT, NULL},
	{"PauseTime", POLICY_DURATION, NULL},
	{"SuspendProcesses", POLICY_LIST, NULL},
	{"WaitOnResourceSignals", POLICY_BOOL, NULL},
	{0},
};

static const struct policy_row replacing_update[] = {
	{"WillReplace", POLICY_BOOL, NULL},
	{0},
};

static const struct policy_row scheduled_action[] = {
	{"IgnoreUnmodifiedGroupSizeProperties", POLICY_BOOL, NULL},
	{0},
};

static const struct policy_row alias_update[] = {
	{"ApplicationName", POLICY_TEXT, NULL},
	{"DeploymentGroupName", POLICY_TEXT, NULL},
	{"BeforeAllowTrafficHook", POLICY_TEXT, NULL},
	{"AfterAllowTrafficHook", POLICY_TEXT, NULL},
	{0},
};

static const struct policy_row update_policy[] = {
	{"AutoScalingRollingUpdate", POLICY_MAP, rolling_update},
	{"AutoScalingReplacingUpdate", POLICY_MAP, replacing_update},
	{"AutoScalingScheduledAction", POLICY_MAP, scheduled_action},
	{"CodeDeployLambdaAliasUpdate", POLICY_MAP, alias_update},
	{"UseOnlineResharding", POLICY_BOOL, NULL},
	{"EnableVersionUpgrade", POLICY_BOOL, NULL},
	{"StopBeforeUpdate", POLICY_BOOL, NULL},
	{"StartAfterUpdate", POLICY_BOOL, NULL},
	{0},
};

/* Durations of ISO 8601: "PT15M", "P1DT2H".  The units come in order, each once. */

static bool parts_of(struct text t, const char *units, size_t *at)
{
	size_t start = *at;

	for (; *units && *at < t.len; units++) {
		size_t end = *at;

		while (end < t.len && ((t.ptr[end] >= '0' && t.ptr[end] <= '9') ||
				       (t.ptr[end] == '.' && end > *at)))
			end++;
		if (end > *at && end < t.len && t.ptr[end] == *units)
			*at = end + 1;
	}
	return *at > start;
}

static bool is_duration(struct text t)
{
	size_t at = 1;
	bool any;

	if (t.len < 3 || t.ptr[0] != 'P')
		return false;
	any = parts_of(t, "YMWD", &at);
	if (at < t.len && t.ptr[at] == 'T') {
		at++;
		any = parts_of(t, "HMS", &at);
	}
	return any && at == t.len;
}

static bool is_bool(struct text t)
{
	return scalar_is_true(t) || text_is(t, "false") || text_is(t, "False") ||
	       text_is(t, "FALSE");
}

static bool fits(enum policy_kind kind, const struct node *n)
{
	int64_t number;

	switch (kind) {
	case POLICY_MAP:
		return n->kind == NODE_MAP;
	case POLICY_LIST:
		return n->kind == NODE_LIST;
	case POLICY_BOOL:
		return n->kind == NODE_SCALAR && is_bool(n->text);
	case POLICY_COUNT:
		return n->kind == NODE_SCALAR && text_to_int64(n->text, 0, INT32_MAX, &number);
	case POLICY_PERCENT:
		return n->kind == NODE_SCALAR && text_to_int64(n->text, 0, 100, &number);
	case POLICY_DURATION:
		return n->kind == NODE_SCALAR && is_duration(n->text);
	case POLICY_TEXT:
		return n->kind == NODE_SCALAR && !node_is_null(n);
	}
	return false;
}

static const char *expected(enum policy_kind kind)
{
	static const char *const words[] = {
		[POLICY_MAP] = "a map",
		[POLICY_BOOL] = "true or false",
		[POLICY_COUNT] = "a whole number from 0",
		[POLICY_PERCENT] = "a whole number from 0 to 100",
		[POLICY_DURATION] = "a duration such as PT15M",
		[POLICY_TEXT] = "a string",
		[POLICY_LIST] = "a list of strings",
	};

	return words[kind];
}

static int report_kind(const struct policy_row *row, const struct node *n, struct diags *d)
{
	if (n->kind == NODE_SCALAR && n->text.len)
		diag_add(d, DIAG_POLICY_SHAPE, n->where, "'%s' is %s, and this is '%.*s'",
			 row->name, expected(row->kind), TEXT_ARG(n->text));
	else
		diag_add(d, DIAG_POLICY_SHAPE, n->where, "'%s' is %s, and this is %s", row->name,
			 expected(row->kind), node_describe(n));
	return -1;
}

static int report_key(const struct policy_row *owner, const struct node *key, struct diags *d)
{
	const char *names[ATTRIBUTES_MAX];
	size_t count = 0;
	struct diag *g = diag_add(d, DIAG_POLICY_SHAPE, key->where, "'%s' has no key '%.*s'",
				  owner->name, TEXT_ARG(key->text));

	for (const struct policy_row *row = owner->rows; row->name; row++)
		names[count++] = row->name;
	diag_did_you_mean(d, g, key->text, names, count);
	return -1;
}

static int check_value(const struct policy_row *row, const struct node *n, struct diags *d);

static int check_entry(const struct policy_row *owner, const struct node_entry *entry,
		       struct diags *d)
{
	for (const struct policy_row *row = owner->rows; row->name; row++) {
		if (text_is(entry->key->text, row->name))
			return check_value(row, entry->value, d);
	}
	return report_key(owner, entry->key, d);
}

/* What a function gives is not known here. */
static int check_value(const struct policy_row *row, const struct node *n, struct diags *d)
{
	int result = 0;

	if (n->kind == NODE_CALL)
		return 0;
	if (!fits(row->kind, n))
		return report_kind(row, n, d);
	for (size_t i = 0; row->kind == POLICY_MAP && i < n->count; i++)
		result |= check_entry(row, &n->entries[i], d);
	return result;
}

int creation_policy_check(const struct node_entry *entry, struct diags *d)
{
	static const struct policy_row row = {"CreationPolicy", POLICY_MAP, creation_policy};

	return check_value(&row, entry->value, d);
}

int update_policy_check(const struct node_entry *entry, struct diags *d)
{
	static const struct policy_row row = {"UpdatePolicy", POLICY_MAP, update_policy};

	return check_value(&row, entry->value, d);
}
