/* rule_storage.c - tables and their keys, buckets, backups. */
#include "engine/lint/rules.h"

#include <string.h>

#include "engine/lint/rule_parts.h"
#include "engine/lint/value.h"

/* DynamoDB: what is declared is what keys use, and nothing else. */

struct keys {
	struct map declared, used; /* names to the nodes that have them */
	bool certain;
};

static void note_name(struct keys *k, struct map *names, const struct node *map)
{
	const struct field name = field_of(map, "AttributeName");

	if (name.literal.ptr && literal_of(name.value).ptr)
		map_set(names, name.literal, (void *)(uintptr_t)name.value);
	else
		k->certain = false;
}

static void note_names(struct keys *k, struct map *names, const struct node *list)
{
	if (!list || list->kind != NODE_LIST) {
		k->certain = false;
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i]->kind == NODE_MAP)
			note_name(k, names, list->items[i]);
		else
			k->certain = false;
	}
}

static void note_indexes(struct keys *k, const struct field *indexes)
{
	if (indexes->state == FIELD_ABSENT)
		return;
	if (!indexes->value || indexes->value->kind != NODE_LIST) {
		k->certain = false;
		return;
	}
	for (size_t i = 0; i < indexes->value->count; i++) {
		if (indexes->value->items[i]->kind != NODE_MAP)
			k->certain = false;
		else
			note_names(k, &k->used, node_find(indexes->value->items[i], "KeySchema"));
	}
}

static void report_keys(struct lint *l, const struct keys *k)
{
	for (size_t i = 0; i < k->used.entry_count; i++) {
		const struct node *n = k->used.entries[i].value;
		struct diag *g;

		if (!n || map_has(&k->declared, n->text))
			continue;
		g = diag_add(l->d, DIAG_TABLE_KEYS, n->where,
			     "key '%.*s' is not among the 'AttributeDefinitions'",
			     TEXT_ARG(n->text));
		diag_hint(l->d, g, "add it with its type");
	}
	for (size_t i = 0; i < k->declared.entry_count; i++) {
		const struct node *n = k->declared.entries[i].value;
		struct diag *g;

		if (!n || map_has(&k->used, n->text))
			continue;
		g = diag_add(l->d, DIAG_TABLE_KEYS, n->where,
			     "attribute '%.*s' is a key of neither the table nor an index",
			     TEXT_ARG(n->text));
		diag_hint(l->d, g, "remove it: only attributes that are keys are declared");
	}
}

static void check_table(struct lint *l, const struct object *o)
{
	static const char *const indexes[] = {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"};
	struct keys k = {.certain = true};

	note_names(&k, &k.declared, node_find(o->map, "AttributeDefinitions"));
	note_names(&k, &k.used, node_find(o->map, "KeySchema"));
	for (size_t i = 0; i < ARRAY_LEN(indexes); i++) {
		const struct field f = field_of(o->map, indexes[i]);

		note_indexes(&k, &f);
	}
	if (k.certain)
		report_keys(l, &k);
	map_release(&k.declared);
	map_release(&k.used);
}

/* Units of a table that is paid by request have no effect but 0. */
static void check_billing(struct lint *l, const struct object *o)
{
	const struct field mode = field_of(o->map, "BillingMode");
	const struct field units = field_of(o->map, "ProvisionedThroughput");
	struct field reads;
	struct diag *g;
	int64_t number;

	if (!field_is(&mode, "PAY_PER_REQUEST") || units.state != FIELD_PRESENT ||
	    units.value->kind != NODE_MAP)
		return;
	reads = field_of(units.value, "ReadCapacityUnits");
	if (!field_int(&reads, &number) || number == 0)
		return;
	g = diag_add(l->d, DIAG_TABLE_KEYS, units.key->where,
		     "a table with billing mode PAY_PER_REQUEST has no 'ProvisionedThroughput'");
	diag_hint(l->d, g, "remove it");
}

void rule_tables(struct lint *l, const struct lint_resource *r)
{
	each_object(l, r, "", check_table, NULL);
	each_object(l, r, "", check_billing, NULL);
}

/* S3 */

static void check_access_control(struct lint *l, const struct object *o)
{
	static const char *const quiet[] = {"Private", "BucketOwnerFullControl", "BucketOwnerRead",
					    NULL};
	const struct field control = field_of(o->map, "AccessControl");
	struct diag *g;

	if (control.state != FIELD_PRESENT || !control.key)
		return;
	if (control.literal.ptr && literal_of(control.value).ptr && !field_in(&control, quiet) &&
	    field_of(o->map, "OwnershipControls").state == FIELD_ABSENT) {
		g = diag_warn(l->d, DIAG_BUCKET, control.key->where,
			      "new buckets take no 'AccessControl' such as '%.*s' without "
			      "'OwnershipControls'",
			      TEXT_ARG(control.literal));
		diag_hint(l->d, g, "use an AWS::S3::BucketPolicy instead");
		return;
	}
	g = diag_warn(l->d, DIAG_BUCKET, control.key->where,
		      "'AccessControl' of buckets is a property of the past");
	diag_hint(l->d, g, "use an AWS::S3::BucketPolicy instead");
}

static void check_lifecycle(struct lint *l, const struct object *o)
{
	static const char *const actions[] = {"AbortIncompleteMultipartUpload",
					      "ExpirationDate",
					      "ExpirationInDays",
					      "ExpiredObjectDeleteMarker",
					      "NoncurrentVersionExpiration",
					      "NoncurrentVersionExpirationInDays",
					      "NoncurrentVersionTransition",
					      "NoncurrentVersionTransitions",
					      "Transition",
					      "Transitions"};
	struct diag *g;

	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (field_of(o->map, actions[i]).state != FIELD_ABSENT)
			return;
	}
	g = diag_warn(l->d, DIAG_BUCKET, o->map->where, "the rule does nothing with the objects");
	diag_hint(l->d, g, "add an action such as ExpirationInDays");
}

void rule_buckets(struct lint *l, const struct lint_resource *r)
{
	each_object(l, r, "", check_access_control, NULL);
	each_object(l, r, "LifecycleConfiguration.Rules.*", check_lifecycle, NULL);
}

/* Backup */

#define COLD_DAYS_MIN 90
#define DAYS_MAX 100000 /* far above what the service takes */

static void check_days(struct lint *l, const struct object *o)
{
	const struct field cold = field_of(o->map, "MoveToColdStorageAfterDays");
	const struct field end = field_of(o->map, "DeleteAfterDays");
	struct diag *g;
	int64_t from, to, least;

	if (!field_int(&cold, &from) || !field_int(&end, &to) || from < 0 || from > DAYS_MAX ||
	    to < 0 || to - from >= COLD_DAYS_MIN)
		return;
	least = from + COLD_DAYS_MIN;
	g = diag_add(l->d, DIAG_BACKUP_DAYS, end.value->where,
		     "cold storage keeps a backup at least %d days, and here it is %lld",
		     COLD_DAYS_MIN, (long long)(to - from));
	diag_hint(l->d, g, "write at least %lld", (long long)least);
}

void rule_backups(struct lint *l, const struct lint_resource *r)
{
	each_object(l, r, "BackupPlan.BackupPlanRule.*.Lifecycle", check_days, NULL);
	each_object(l, r, "BackupPlan.BackupPlanRule.*.CopyActions.*.Lifecycle", check_days, NULL);
}
