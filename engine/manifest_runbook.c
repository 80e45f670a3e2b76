/* manifest_runbook.c - the sections Runbooks, Failover and Watch. */
#include <string.h>

#include "engine/health/health.h"
#include "engine/manifest_read.h"

#define REGIONS_MAX 1000000
#define RUNBOOK_DEFAULT "failover"
#define COOL_DOWN_DEFAULT_MS (3600 * (int64_t)1000)
#define COOL_DOWN_MAX_MS (365 * 24 * 3600 * (int64_t)1000)
#define FOR_MAX_MS (24 * 3600 * (int64_t)1000)

static const char *key_of(struct manifest_reader *r, const char *key,
			  const struct manifest_part *part)
{
	return arena_printf(r->a, "'%s' of %s", key, part->who);
}

/* --- Runbooks -------------------------------------------------------------------------- */

void manifest_set_runbooks(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	struct manifest_runbook *list = ARENA_ARRAY(r->a, value->count, struct manifest_runbook);

	(void)part;
	(void)into;
	r->m->runbooks = list;
	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		const struct node_entry *e = &value->entries[i];
		const char *what = arena_printf(r->a, "runbook '%s'", e->key->text.ptr);
		struct manifest_runbook *b = &list[r->m->runbook_count];

		if (!manifest_is_name(r, "a runbook", e->key) ||
		    !manifest_is_text(r, what, e->value))
			continue;
		*b = (struct manifest_runbook){e->key->text.ptr, e->value->text.ptr,
					       e->value->where};
		r->m->runbook_count++;
		map_set(&r->named[NAMED_RUNBOOK], e->key->text, b);
	}
}

const struct manifest_runbook *manifest_runbook(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->runbook_count; i++) {
		if (!strcmp(m->runbooks[i].name, name))
			return &m->runbooks[i];
	}
	return NULL;
}

static const char *runbook_name(struct manifest_reader *r, const char *what,
				const struct node *value)
{
	const struct manifest_runbook *b = manifest_named(r, NAMED_RUNBOOK, what, value);

	return b ? b->name : "";
}

/* At most `most`, "a year" in words. */
struct span {
	int64_t most_ms;
	const char *words;
};

static void read_span(struct manifest_reader *r, const char *what, const struct node *value,
		      struct span limit, int64_t *out)
{
	int64_t ms;

	if (text_to_duration_ms(value->text, &ms) && ms >= 0 && ms <= limit.most_ms)
		*out = ms;
	else
		manifest_refuse(r, what, value,
				arena_printf(r->a, "it is a time such as 30s or 1h, at most %s",
					     limit.words));
}

/* --- Failover -------------------------------------------------------------------------- */

static void set_runbook(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	(void)into;
	r->m->failover.runbook = runbook_name(r, key_of(r, "Runbook", part), value);
}

static void set_failback(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	(void)into;
	r->m->failover.failback = runbook_name(r, key_of(r, "Failback", part), value);
}

static void set_prefer(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	struct manifest_failover *f = &r->m->failover;

	(void)into;
	f->prefer = (const struct manifest_region *const *)manifest_named_list(
		r, NAMED_REGION, key_of(r, "Prefer", part), value, &f->prefer_count);
}

static void set_failover_cool_down(struct manifest_reader *r, const struct manifest_part *part,
				   void *into, const struct node *value)
{
	(void)into;
	read_span(r, key_of(r, "CoolDown", part), value, (struct span){COOL_DOWN_MAX_MS, "a year"},
		  &r->m->failover.cool_down_ms);
}

static void set_healthy(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	struct manifest_failover *f = &r->m->failover;

	(void)into;
	f->healthy = manifest_check_names(r, key_of(r, "Healthy", part), value, &f->healthy_count);
}

static void set_min_healthy(struct manifest_reader *r, const struct manifest_part *part, void *into,
			    const struct node *value)
{
	int64_t count;

	(void)into;
	if (text_to_int64(value->text, 0, REGIONS_MAX, &count))
		r->m->failover.min_healthy_regions = (size_t)count;
	else
		manifest_refuse(r, key_of(r, "MinHealthyRegions", part), value,
				"it is a number of regions");
}

static const struct manifest_key failover_rows[] = {
	{"Runbook", KEY_NAME, KEY_OPTIONAL, set_runbook, NULL},
	{"Failback", KEY_NAME, KEY_OPTIONAL, set_failback, NULL},
	{"Prefer", KEY_ANY, KEY_OPTIONAL, set_prefer, NULL},
	{"CoolDown", KEY_TEXT, KEY_OPTIONAL, set_failover_cool_down, NULL},
	{"Healthy", KEY_ANY, KEY_OPTIONAL, set_healthy, NULL},
	{"MinHealthyRegions", KEY_TEXT, KEY_OPTIONAL, set_min_healthy, NULL},
};
static const struct manifest_keys failover_keys = {KEYS_CLOSED, failover_rows,
						   ARRAY_LEN(failover_rows), NULL};

/* A manifest without the section has it with its defaults. */
void manifest_default_failover(struct manifest *m)
{
	m->failover = (struct manifest_failover){
		.runbook = RUNBOOK_DEFAULT,
		.cool_down_ms = COOL_DOWN_DEFAULT_MS,
		.where = RANGE_NONE,
	};
	m->failover.failback = m->failover.runbook;
}

void manifest_set_failover(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	struct manifest_part failover = {"'Failover'", value, value};
	const struct node_entry *key = node_find_entry(part->map, TEXT_LIT("Failover"));

	(void)into;
	r->m->failover.where = key->key->where;
	manifest_read_map(r, &failover, &failover_keys, NULL);
	if (!node_find(value, "Failback"))
		r->m->failover.failback = r->m->failover.runbook;
}

/* --- Watch ----------------------------------------------------------------------------- */

static void set_watch_name(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	(void)r;
	(void)part;
	((struct manifest_watch *)into)->name = value->text.ptr;
}

static void set_watch_checks(struct manifest_reader *r, const struct manifest_part *part,
			     void *into, const struct node *value)
{
	struct manifest_watch *w = into;

	w->checks = manifest_check_names(r, key_of(r, "Check", part), value, &w->check_count);
}

static void set_watch_region(struct manifest_reader *r, const struct manifest_part *part,
			     void *into, const struct node *value)
{
	((struct manifest_watch *)into)->region =
		manifest_named(r, NAMED_REGION, key_of(r, "Region", part), value);
}

static void set_watch_runbook(struct manifest_reader *r, const struct manifest_part *part,
			      void *into, const struct node *value)
{
	((struct manifest_watch *)into)->runbook =
		runbook_name(r, key_of(r, "Runbook", part), value);
}

static void set_watch_parameters(struct manifest_reader *r, const struct manifest_part *part,
				 void *into, const struct node *value)
{
	struct manifest_watch *w = into;

	w->parameters = manifest_read_parameters(r, part, value, &w->parameter_count);
}

static void set_watch_for(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	read_span(r, key_of(r, "For", part), value, (struct span){FOR_MAX_MS, "a day"},
		  &((struct manifest_watch *)into)->for_ms);
}

static void set_watch_cool_down(struct manifest_reader *r, const struct manifest_part *part,
				void *into, const struct node *value)
{
	read_span(r, key_of(r, "CoolDown", part), value, (struct span){COOL_DOWN_MAX_MS, "a year"},
		  &((struct manifest_watch *)into)->cool_down_ms);
}

static void set_watch_mode(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	(void)r;
	(void)part;
	((struct manifest_watch *)into)->ungraceful = text_is(value->text, "ungraceful");
}

static const char *const modes[] = {"graceful", "ungraceful", NULL};

static const struct manifest_key watch_rows[] = {
	{"Name", KEY_NAME, KEY_OPTIONAL, set_watch_name, NULL},
	{"Check", KEY_ANY, KEY_REQUIRED, set_watch_checks, NULL},
	{"Region", KEY_NAME, KEY_REQUIRED, set_watch_region, NULL},
	{"Runbook", KEY_NAME, KEY_REQUIRED, set_watch_runbook, NULL},
	{"Parameters", KEY_MAP, KEY_OPTIONAL, set_watch_parameters, NULL},
	{"For", KEY_TEXT, KEY_OPTIONAL, set_watch_for, NULL},
	{"CoolDown", KEY_TEXT, KEY_OPTIONAL, set_watch_cool_down, NULL},
	{"Mode", KEY_TEXT, KEY_OPTIONAL, set_watch_mode, modes},
};
static const struct manifest_keys watch_keys = {KEYS_CLOSED, watch_rows, ARRAY_LEN(watch_rows),
						NULL};

static const char *watch_name(struct manifest_reader *r, const struct manifest_watch *w)
{
	struct str name = STR_INIT;
	const char *copy;

	for (size_t i = 0; i < w->check_count; i++)
		str_printf(&name, "%s%s", i ? ", " : "", w->checks[i]->name);
	str_printf(&name, " in %s", w->region ? w->region->name : "");
	copy = arena_strdup(r->a, str_cstr(&name));
	str_release(&name);
	return copy;
}

/* Two that do the same would start the runbook twice. */
static void check_watch_names(struct manifest_reader *r, const struct manifest_watch *list,
			      size_t count)
{
	const struct manifest_watch *last = &list[count];

	/* What has no check or region was told of already. */
	for (size_t i = 0; last->check_count && last->region && i < count; i++) {
		if (strcmp(list[i].name, last->name) != 0)
			continue;
		diag_related(r->d,
			     diag_add(r->d, DIAG_NAME_REPEATED, last->where,
				      "there are two entries '%s' in 'Watch'", last->name),
			     list[i].where, "first here");
		return;
	}
}

void manifest_set_watches(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	struct manifest_watch *list = ARENA_ARRAY(r->a, value->count, struct manifest_watch);

	(void)part;
	(void)into;
	r->m->watches = list;
	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		struct manifest_part entry = {arena_printf(r->a, "entry %zu of 'Watch'", i + 1),
					      NULL, value->items[i]};
		struct manifest_watch *w = &list[r->m->watch_count];

		if (entry.map->kind != NODE_MAP) {
			manifest_wrong_shape(r, entry.who, entry.map, "a map");
			continue;
		}
		*w = (struct manifest_watch){.cool_down_ms = COOL_DOWN_DEFAULT_MS,
					     .ungraceful = true,
					     .where = entry.map->where};
		manifest_read_map(r, &entry, &watch_keys, w);
		if (!w->name)
			w->name = watch_name(r, w);
		check_watch_names(r, list, r->m->watch_count++);
	}
}
