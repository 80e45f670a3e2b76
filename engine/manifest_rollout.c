/* manifest_rollout.c - Rollout of a stack: the operation preferences. */
#include <string.h>

#include "engine/manifest_read.h"

#define REGIONS_MAX 1000000
#define AMOUNT_HINT "write a number such as 2, or a percentage such as 50%"

static const char *key_of(struct manifest_reader *r, const char *key,
			  const struct manifest_part *part)
{
	return arena_printf(r->a, "'%s' of %s", key, part->who);
}

void manifest_read_amount(struct manifest_reader *r, const char *what, const struct node *value,
			  enum amount_least least, struct rollout_amount *out)
{
	struct rollout_amount amount = {0};

	if (!rollout_amount_parse(value->text, &amount)) {
		manifest_refuse(r, what, value, AMOUNT_HINT);
		return;
	}
	if (least == AMOUNT_AT_LEAST_ONE && amount.value == 0) {
		manifest_refuse(r, what, value, "it is at least 1, or 1%");
		return;
	}
	*out = amount;
}

static void set_region_concurrency(struct manifest_reader *r, const struct manifest_part *part,
				   void *into, const struct node *value)
{
	static const char *const words[] = {
		[REGIONS_SEQUENTIAL] = "SEQUENTIAL", [REGIONS_PARALLEL] = "PARALLEL", NULL};
	struct rollout_preferences *p = into;
	int word = manifest_choice(r, key_of(r, "RegionConcurrency", part), value, words);

	if (word >= 0)
		p->regions = (enum region_concurrency)word;
}

static void set_region_order(struct manifest_reader *r, const struct manifest_part *part,
			     void *into, const struct node *value)
{
	struct rollout_preferences *p = into;

	p->region_order = manifest_region_names(r, key_of(r, "RegionOrder", part), value,
						&p->region_order_count);
}

static void set_max_concurrent(struct manifest_reader *r, const struct manifest_part *part,
			       void *into, const struct node *value)
{
	struct rollout_preferences *p = into;

	manifest_read_amount(r, key_of(r, "MaxConcurrent", part), value, AMOUNT_AT_LEAST_ONE,
			     &p->max_concurrent);
}

static void set_tolerance(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	struct rollout_preferences *p = into;

	manifest_read_amount(r, key_of(r, "FailureTolerance", part), value, AMOUNT_MAY_BE_ZERO,
			     &p->tolerance);
}

static void set_mode(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	static const char *const words[] = {
		[CONCURRENCY_STRICT] = "STRICT", [CONCURRENCY_SOFT] = "SOFT", NULL};
	struct rollout_preferences *p = into;
	int word = manifest_choice(r, key_of(r, "ConcurrencyMode", part), value, words);

	if (word >= 0)
		p->mode = (enum concurrency_mode)word;
}

static void set_on_failure(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	static const char *const words[] = {"instance", "keep", "wave", "all", NULL};
	static const enum on_failure meanings[] = {ON_FAILURE_INSTANCE, ON_FAILURE_KEEP,
						   ON_FAILURE_WAVE, ON_FAILURE_ALL};
	struct rollout_preferences *p = into;
	int word = manifest_choice(r, key_of(r, "OnFailure", part), value, words);

	if (word >= 0)
		p->on_failure = meanings[word];
}

static void set_min_healthy(struct manifest_reader *r, const struct manifest_part *part, void *into,
			    const struct node *value)
{
	struct rollout_preferences *p = into;
	int64_t count;

	if (text_to_int64(value->text, 0, REGIONS_MAX, &count))
		p->min_healthy_regions = (size_t)count;
	else
		manifest_refuse(r, key_of(r, "MinHealthyRegions", part), value,
				"it is a number of regions");
}

static void set_checks(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	struct rollout_preferences *p = into;

	p->checks =
		manifest_check_names(r, key_of(r, "HealthChecks", part), value, &p->check_count);
}

static void set_gate(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	struct rollout_preferences *p = into;

	p->gate = manifest_named(r, NAMED_CHECK, key_of(r, "Gate", part), value);
}

static const struct manifest_key rows[] = {
	{"RegionConcurrency", KEY_TEXT, KEY_OPTIONAL, set_region_concurrency, NULL},
	{"RegionOrder", KEY_ANY, KEY_OPTIONAL, set_region_order, NULL},
	{"MaxConcurrent", KEY_TEXT, KEY_OPTIONAL, set_max_concurrent, NULL},
	{"FailureTolerance", KEY_TEXT, KEY_OPTIONAL, set_tolerance, NULL},
	{"ConcurrencyMode", KEY_TEXT, KEY_OPTIONAL, set_mode, NULL},
	{"OnFailure", KEY_TEXT, KEY_OPTIONAL, set_on_failure, NULL},
	{"MinHealthyRegions", KEY_TEXT, KEY_OPTIONAL, set_min_healthy, NULL},
	{"HealthChecks", KEY_ANY, KEY_OPTIONAL, set_checks, NULL},
	{"Gate", KEY_TEXT, KEY_OPTIONAL, set_gate, NULL},
	{"Waves", KEY_LIST, KEY_OPTIONAL, manifest_set_waves, NULL},
};
static const struct manifest_keys keys = {KEYS_CLOSED, rows, ARRAY_LEN(rows), NULL};

void manifest_read_rollout(struct manifest_reader *r, const struct manifest_part *stack,
			   const struct node *map, struct rollout_preferences *out)
{
	struct manifest_part part = {arena_printf(r->a, "'Rollout' of %s", stack->who), map, map};

	out->given = true;
	out->where = map->where;
	manifest_read_map(r, &part, &keys, out);
}
