/*
 * manifest_wave.c - Waves of a Rollout: who goes before whom.
 *
 *	Waves:
 *	- {Name: canary, Regions: [east], Bake: 5m, HealthChecks: [shop]}
 *	- {Percentage: 10}	of all instances that take part
 *	- {}			the rest
 */
#include <string.h>

#include "engine/manifest_read.h"

#define BAKE_MAX_MS (30 * 24 * 3600 * (int64_t)1000)
#define COUNT_MAX 1000000
#define PERCENT_MAX 100

static const char *key_of(struct manifest_reader *r, const char *key,
			  const struct manifest_part *part)
{
	return arena_printf(r->a, "'%s' of %s", key, part->who);
}

static void set_name(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	struct rollout_wave *wave = into;

	(void)r;
	(void)part;
	wave->name = value->text.ptr;
}

static void set_regions(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	struct rollout_wave *wave = into;

	wave->regions =
		manifest_region_names(r, key_of(r, "Regions", part), value, &wave->region_count);
	/* As a filter it would fit every region. */
	if (value->kind == NODE_LIST && value->count == 0)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_VALUE, value->where, "%s is an empty list",
				   key_of(r, "Regions", part)),
			  "name regions, or leave it out: then any will do");
}

static void set_where(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	struct rollout_wave *wave = into;

	wave->filter = manifest_read_filter(r, part, value);
}

static void set_percentage(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	struct rollout_wave *wave = into;
	struct text number = value->text;
	int64_t percent;

	if (text_ends(number, "%"))
		number.len--;
	if (text_to_int64(number, 1, PERCENT_MAX, &percent))
		wave->share = (struct rollout_amount){(size_t)percent, true, true};
	else
		manifest_refuse(r, key_of(r, "Percentage", part), value,
				"it is a share of the stack's instances, 1 to 100");
}

static void set_count(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	struct rollout_wave *wave = into;
	int64_t count;

	if (text_to_int64(value->text, 1, COUNT_MAX, &count))
		wave->share = (struct rollout_amount){(size_t)count, false, true};
	else
		manifest_refuse(r, key_of(r, "Count", part), value,
				"it is how many of the stack's instances, 1 to 1000000");
}

static void set_tolerance(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	struct rollout_wave *wave = into;

	manifest_read_amount(r, key_of(r, "FailureTolerance", part), value, AMOUNT_MAY_BE_ZERO,
			     &wave->tolerance);
}

static void set_bake(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	struct rollout_wave *wave = into;
	int64_t ms;

	if (text_to_duration_ms(value->text, &ms) && ms >= 0 && ms <= BAKE_MAX_MS)
		wave->bake_ms = ms;
	else
		manifest_refuse(r, key_of(r, "Bake", part), value,
				"it is a time such as 30s, 5m or 2h, at most 30d");
}

static void set_checks(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	struct rollout_wave *wave = into;

	wave->checks =
		manifest_check_names(r, key_of(r, "HealthChecks", part), value, &wave->check_count);
}

static const struct manifest_key rows[] = {
	{"Name", KEY_NAME, KEY_OPTIONAL, set_name, NULL},
	{"Regions", KEY_ANY, KEY_OPTIONAL, set_regions, NULL},
	{"Where", KEY_MAP, KEY_OPTIONAL, set_where, NULL},
	{"Percentage", KEY_TEXT, KEY_OPTIONAL, set_percentage, NULL},
	{"Count", KEY_TEXT, KEY_OPTIONAL, set_count, NULL},
	{"Bake", KEY_TEXT, KEY_OPTIONAL, set_bake, NULL},
	{"HealthChecks", KEY_ANY, KEY_OPTIONAL, set_checks, NULL},
	{"FailureTolerance", KEY_TEXT, KEY_OPTIONAL, set_tolerance, NULL},
};
static const struct manifest_keys keys = {KEYS_CLOSED, rows, ARRAY_LEN(rows), NULL};

static bool takes_the_rest(const struct node *n)
{
	return n->kind == NODE_MAP && !node_find(n, "Regions") && !node_find(n, "Where") &&
	       !node_find(n, "Percentage") && !node_find(n, "Count");
}

static void read_wave(struct manifest_reader *r, const struct manifest_part *part,
		      struct rollout_wave *wave)
{
	wave->name = part->who;
	wave->where = part->map->where;
	if (part->map->kind != NODE_MAP) {
		manifest_wrong_shape(r, part->who, part->map, "a map");
		return;
	}
	manifest_refuse_both(r, part, "Percentage", "Count");
	manifest_read_map(r, part, &keys, wave);
}

/* Names are what messages and results know waves by. */
static void check_names(struct manifest_reader *r, const struct rollout_wave *waves, size_t count)
{
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < count && !manifest_full(r); i++) {
		const struct rollout_wave *first =
			map_set(&seen, text_of(waves[i].name), (void *)&waves[i]);

		if (first)
			diag_related(r->d,
				     diag_add(r->d, DIAG_NAME_REPEATED, waves[i].where,
					      "two waves have the name '%s'", waves[i].name),
				     first->where, "first here");
	}
	map_release(&seen);
}

/* Behind {}, which takes all that is left, nothing can come. */
static void check_rest(struct manifest_reader *r, const char *who, const struct node *list)
{
	for (size_t i = 0; i + 1 < list->count; i++) {
		if (!takes_the_rest(list->items[i]))
			continue;
		diag_hint(r->d,
			  diag_add(r->d, DIAG_WAVE_UNREACHED, list->items[i + 1]->where,
				   "nothing is left for wave %zu of %s: wave %zu takes the rest",
				   i + 2, who, i + 1),
			  "say which instances wave %zu takes with Regions, Where, Percentage or "
			  "Count, or put it last",
			  i + 1);
		return;
	}
}

void manifest_set_waves(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	struct rollout_preferences *p = into;
	struct rollout_wave *waves = ARENA_ARRAY(r->a, value->count, struct rollout_wave);

	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		const char *name = arena_printf(r->a, "wave %zu", i + 1);
		struct manifest_part wave = {arena_printf(r->a, "%s of %s", name, part->who), NULL,
					     value->items[i]};

		read_wave(r, &wave, &waves[i]);
		if (waves[i].name == wave.who)
			waves[i].name = name;
	}
	check_names(r, waves, value->count);
	check_rest(r, part->who, value);
	p->waves = waves;
	p->wave_count = value->count;
}

static bool wave_takes(struct manifest_reader *r, const struct rollout_wave *wave,
		       const struct manifest_target *t)
{
	const struct manifest_account *account =
		map_find(&r->named[NAMED_ACCOUNT], text_of(t->account));
	bool named = wave->region_count == 0;

	for (size_t i = 0; i < wave->region_count && !named; i++)
		named = !strcmp(wave->regions[i], t->region->name);
	return named && manifest_tags_fit(&wave->filter, t->region, account);
}

/* A canary that nobody is would let the change go to all at once. */
static void check_wave(struct manifest_reader *r, const struct manifest_part *part,
		       const struct manifest_stack *stack, const struct rollout_wave *wave)
{
	for (size_t i = 0; i < stack->target_count; i++) {
		if (wave_takes(r, wave, &stack->targets[i]))
			return;
	}
	diag_hint(r->d,
		  diag_add(r->d, DIAG_TARGETS_NONE, wave->where,
			   "'%s' of 'Rollout' of %s takes none of the stack's targets", wave->name,
			   part->who),
		  "its Regions and Where pick among them; correct it, or remove the wave");
}

static size_t count_regions(struct manifest_reader *r, const struct manifest_stack *stack)
{
	bool *seen = ARENA_ARRAY(r->a, r->m->region_count, bool);
	size_t count = 0;

	for (size_t i = 0; i < stack->target_count; i++) {
		bool *at = &seen[stack->targets[i].region - r->m->regions];

		count += !*at;
		*at = true;
	}
	return count;
}

static void report_few(struct manifest_reader *r, const struct manifest_part *part, size_t wanted,
		       size_t regions)
{
	const struct node *rollout = node_find(part->map, "Rollout");
	const struct node *n = node_find(rollout, "MinHealthyRegions");
	struct diag *g =
		diag_add(r->d, DIAG_REGIONS_FEW, n ? n->where : rollout->where,
			 "'MinHealthyRegions' of 'Rollout' of %s is %zu, so that no target "
			 "could ever be changed",
			 part->who, wanted);

	if (regions == 1)
		diag_hint(r->d, g, "the stack goes to one region: there is no other; leave it out");
	else
		diag_hint(r->d, g,
			  "the stack goes to %zu regions, and so many others than the one being "
			  "changed have to be healthy: at most %zu",
			  regions, regions - 1);
}

void manifest_check_rollout(struct manifest_reader *r, const struct manifest_part *part,
			    const struct manifest_stack *stack)
{
	const struct rollout_preferences *p = &stack->rollout;
	size_t regions;

	for (size_t i = 0; i < p->wave_count && stack->target_count && !manifest_full(r); i++) {
		if (p->waves[i].region_count || p->waves[i].filter.count)
			check_wave(r, part, stack, &p->waves[i]);
	}
	if (!p->min_healthy_regions || !stack->target_count)
		return;
	regions = count_regions(r, stack);
	if (p->min_healthy_regions >= regions)
		report_few(r, part, p->min_healthy_regions, regions);
}
