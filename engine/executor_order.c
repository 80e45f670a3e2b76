/*
 * executor_order.c - which step of a run waits for which.
 */
#include "engine/executor_build.h"

#include <stdlib.h>
#include <string.h>

bool change_retains_old(const struct change *c)
{
	return c->resource &&
	       (c->resource->update_replace_policy == DELETION_RETAIN ||
		c->resource->update_replace_policy == DELETION_RETAIN_EXCEPT_ON_CREATE);
}

bool change_creates_first(const struct change *c)
{
	return c->action == ACTION_REPLACE && !change_retains_old(c) &&
	       schema_replacement_order(c->schema) == CREATE_THEN_DELETE;
}

bool change_deletes_first(const struct change *c)
{
	return c->action == ACTION_REPLACE && !change_retains_old(c) && !change_creates_first(c);
}

bool change_removes(const struct change *c)
{
	return c->action == ACTION_DELETE || c->action == ACTION_RETAIN;
}

bool plan_takes_away(const struct plan *p)
{
	return p->counts.remove || p->counts.replace;
}

/* Of the changes whose durations are known, for those whose are not. */
size_t plan_mean_ms(const struct plan *p)
{
	size_t sum = 0, count = 0;

	for (size_t i = 0; i < p->change_count; i++) {
		if (p->changes[i].estimate.typical_ms <= 0)
			continue;
		sum += (size_t)p->changes[i].estimate.typical_ms;
		count++;
	}
	return count ? sum / count : 1;
}

void executor_weigh(struct building *b, const struct change *c, size_t step)
{
	walk_cost(b->walk, step, b->typical_ms);
	if (c->estimate.typical_ms > 0)
		walk_cost(b->walk, step, (size_t)c->estimate.typical_ms);
}

/* --- what waits for what ----------------------------------------------------------- */

static void add_needs(struct building *b, size_t i)
{
	const struct change *c = &b->plan->changes[i];

	for (size_t k = 0; k < c->need_count; k++) {
		size_t n = c->needs[k];
		const struct change *need = &b->plan->changes[n];

		/* Of two that are deleted first the user's old one goes first, so only its
		 * creation waits. */
		if (!b->strict_only && change_deletes_first(c) && change_deletes_first(need))
			walk_need(b->walk, b->steps[i].core, b->steps[n].core);
		else
			walk_need(b->walk, b->steps[i].entry, b->steps[n].core);
		if (b->strict_only)
			continue;
		/* What is deleted may have been used by the old one of a replacement. */
		if (change_removes(c))
			walk_need(b->walk, b->steps[i].entry, b->steps[n].tail);
		/* The old one goes when those that used it have moved. */
		else if (change_creates_first(need))
			walk_need(b->walk, b->steps[n].tail, b->steps[i].tail);
	}
}

/* Changes of replacements by stored address. */
static void index_replacements(const struct building *b, struct map *out)
{
	for (size_t i = 0; i < b->plan->change_count; i++) {
		const struct change *c = &b->plan->changes[i];

		if (c->action == ACTION_REPLACE && !change_retains_old(c))
			map_set(out, text_of(address_key(b->x->arena, &c->addr)), (void *)c);
	}
}

/* User i, as recorded, used what `replaced` replaces. */
static void hold_removal(struct building *b, size_t i, const struct change *replaced)
{
	const struct change *user = &b->plan->changes[i];
	size_t r = (size_t)(replaced - b->plan->changes);

	if (r == i)
		return;
	if (change_creates_first(replaced))
		walk_need(b->walk, b->steps[r].tail, b->steps[i].tail);
	else if (change_removes(user) || change_deletes_first(user))
		walk_need(b->walk, b->steps[r].entry, b->steps[i].entry);
}

static void add_recorded_needs(struct building *b, const struct map *replacements)
{
	for (size_t i = 0; i < b->plan->change_count; i++) {
		const struct record *r = b->plan->changes[i].before;
		json_t *keys =
			r && r->depends_on ? json_parse(text_of(r->depends_on), NULL, NULL) : NULL;

		for (size_t k = 0; k < json_array_size(keys); k++) {
			const char *key = json_string_value(json_array_get(keys, k));
			const struct change *c = map_find(replacements, text_of(key));

			if (c)
				hold_removal(b, i, c);
		}
		json_decref(keys);
	}
}

static void add_place(struct str *key, const struct address *x)
{
	if (key->len)
		str_printf(key, "\n%s\n%s", x->instance.account, x->instance.region);
}

/* Creations by what they will make. */
static void index_creations(const struct building *b, struct map *out)
{
	for (size_t i = 0; i < b->plan->change_count; i++) {
		const struct change *c = &b->plan->changes[i];
		struct str key = STR_INIT;

		if (c->action == ACTION_CREATE || c->action == ACTION_REPLACE)
			planner_identity(c->schema, c->endpoint, c->desired, &key);
		add_place(&key, &c->addr);
		if (key.len)
			map_set(out, str_text(&key), (void *)c);
		str_release(&key);
	}
}

static const struct instance_plan *instance_of(const struct plan *p, const struct change *c)
{
	size_t at = (size_t)(c - p->changes), low = 0, high = p->instance_count;

	while (low + 1 < high) {
		size_t mid = low + (high - low) / 2;

		if (p->instances[mid].first_change <= at)
			low = mid;
		else
			high = mid;
	}
	return &p->instances[low];
}

/* All of the heir's instance waits for all of the other's anyway. */
static bool waits_for(const struct plan *p, const struct change *heir, const struct change *c)
{
	const struct instance_plan *later = instance_of(p, heir), *sooner = instance_of(p, c);

	for (size_t i = 0; i < later->need_count; i++) {
		if (&p->instances[later->needs[i]] == sooner)
			return true;
	}
	return false;
}

/* The old one of a replacement, or what moves to another stack: inside of one instance
 * the planner has a creation wait for the deletion. */
static bool may_be_inherited(const struct change *c)
{
	if (c->action == ACTION_REPLACE)
		return change_creates_first(c) && !strcmp(c->type, c->before->type);
	return c->action == ACTION_DELETE && c->schema;
}

/*
 * When resources pass what they hold on to each other (two files that swap their paths),
 * the old holder goes after the new one has come: it is then seen that nothing may be
 * deleted (holders.h).
 */
static void add_successions(struct building *b)
{
	const struct plan *p = b->plan;
	struct map creations = MAP_INIT;

	index_creations(b, &creations);
	for (size_t i = 0; creations.live_count && i < p->change_count; i++) {
		const struct change *c = &p->changes[i], *heir;
		struct str key = STR_INIT;

		if (may_be_inherited(c))
			planner_identity(c->schema, c->before->endpoint, c->before->inputs, &key);
		add_place(&key, &c->addr);
		heir = key.len ? map_find(&creations, str_text(&key)) : NULL;
		if (heir && heir != c && !waits_for(p, heir, c) &&
		    (c->action == ACTION_REPLACE || instance_of(p, heir) != instance_of(p, c)))
			walk_need(b->walk, b->steps[i].tail, b->steps[heir - p->changes].core);
		str_release(&key);
	}
	map_release(&creations);
}

/* Before the changes of an instance: a door when it takes part in a rollout, a gate when it waits
 * for others; STEP_NONE: it does neither. */
static size_t add_start(struct building *b, size_t i)
{
	size_t start = STEP_NONE;

	if (b->members && b->members[i])
		b->x->doors[i] = start = walk_add(b->walk, STEP_DOOR);
	else if (b->plan->instances[i].need_count)
		start = walk_add(b->walk, STEP_GATE);
	return start;
}

/* Between instances: the gate `end` of one opens when all its changes are over. */
static void add_barriers(struct building *b)
{
	const struct plan *p = b->plan;
	size_t *ends = xcalloc(p->instance_count + 1, sizeof(size_t));

	for (size_t i = 0; i < p->instance_count; i++) {
		const struct instance_plan *in = &p->instances[i];

		ends[i] = walk_add(b->walk, STEP_GATE);
		for (size_t c = in->first_change; c < in->first_change + in->change_count; c++) {
			walk_need(b->walk, ends[i], b->steps[c].core);
			walk_need(b->walk, ends[i], b->steps[c].tail);
		}
	}
	for (size_t i = 0; i < p->instance_count; i++) {
		const struct instance_plan *in = &p->instances[i];
		size_t start = add_start(b, i);

		if (start == STEP_NONE)
			continue;
		for (size_t k = 0; k < in->need_count; k++)
			walk_need(b->walk, start, ends[in->needs[k]]);
		for (size_t c = in->first_change; c < in->first_change + in->change_count; c++)
			walk_need(b->walk, b->steps[c].entry, start);
	}
	free(ends);
}

/* --- the cleanup at the end ----------------------------------------------------------- */

/* Deletes, what is given up, and the old ones of replacements; STEP_NONE for the rest. */
static size_t cleanup_step(const struct building *b, size_t i)
{
	const struct change *c = &b->plan->changes[i];

	if (change_removes(c))
		return b->steps[i].entry;
	return change_creates_first(c) ? b->steps[i].tail : STEP_NONE;
}

/* Everything else that is done: the body, which the cleanup waits for. */
static size_t body_step(const struct building *b, size_t i)
{
	return change_removes(&b->plan->changes[i]) ? STEP_NONE : b->steps[i].core;
}

static bool has_cleanup(const struct building *b)
{
	for (size_t i = 0; i < b->plan->change_count; i++)
		if (cleanup_step(b, i) != STEP_NONE)
			return true;
	return false;
}

/* What the body waits for cannot wait for the body: deletes that make room for a creation,
 * and all that these need. */
static void mark_body(const struct building *b, bool *needed)
{
	for (size_t i = 0; i < b->plan->change_count; i++)
		if (body_step(b, i) != STEP_NONE)
			needed[body_step(b, i)] = true;
	walk_mark_needs(b->walk, needed);
}

static void clean_up_last(struct building *b, const struct instance_plan *in, const bool *needed)
{
	size_t end = in->first_change + in->change_count, gate = STEP_NONE;

	for (size_t i = in->first_change; i < end; i++) {
		size_t step = cleanup_step(b, i);

		if (step == STEP_NONE || needed[step])
			continue;
		if (gate == STEP_NONE)
			gate = walk_add(b->walk, STEP_GATE);
		walk_need(b->walk, step, gate);
	}
	for (size_t i = in->first_change; gate != STEP_NONE && i < end; i++)
		if (body_step(b, i) != STEP_NONE)
			walk_need(b->walk, gate, body_step(b, i));
}

/*
 * Nothing of an instance is taken away before all that it shall have is there, as in
 * CloudFormation: when something fails before, all can still be brought back.  Then the
 * cleanup is skipped.  A gate for each instance keeps the edges linear.
 */
static void add_cleanup(struct building *b)
{
	bool *needed;

	if (!has_cleanup(b))
		return;
	needed = xcalloc(walk_size(b->walk) + 1, sizeof(bool));
	mark_body(b, needed);
	for (size_t i = 0; i < b->plan->instance_count; i++)
		clean_up_last(b, &b->plan->instances[i], needed);
	free(needed);
}

void executor_order(struct building *b)
{
	struct map replacements = MAP_INIT;

	for (size_t i = 0; i < b->plan->change_count; i++)
		add_needs(b, i);
	if (!b->strict_only)
		index_replacements(b, &replacements);
	if (replacements.live_count)
		add_recorded_needs(b, &replacements);
	if (!b->strict_only && plan_takes_away(b->plan))
		add_successions(b);
	map_release(&replacements);
	/* Before the barriers: they go the way of the instances, which is never a circle. */
	add_cleanup(b);
	add_barriers(b);
}
