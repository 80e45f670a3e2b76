/*
 * manifest_index.c - looking things of the manifest up by name: sorted arrays, made when it is
 * read, so that thousands of accounts and targets cost a few comparisons each.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/manifest_read.h"

struct named {
	const char *name;
	const void *thing;
};
struct named_array {
	const struct named *items;
	size_t count;
};

struct manifest_index {
	struct named_array accounts, regions, stacks;
};

static int compare_names(const void *x, const void *y)
{
	return strcmp(((const struct named *)x)->name, ((const struct named *)y)->name);
}

static struct named_array sorted(struct named *items, size_t count)
{
	if (count)
		qsort(items, count, sizeof(*items), compare_names);
	return (struct named_array){items, count};
}

static const void *find(const struct named_array *array, const char *name)
{
	const struct named wanted = {name, NULL};
	const struct named *found = NULL;

	if (array->count)
		found = bsearch(&wanted, array->items, array->count, sizeof(wanted), compare_names);
	return found ? found->thing : NULL;
}

static int compare_targets(const void *x, const void *y)
{
	const struct manifest_target *a = *(const struct manifest_target *const *)x;
	const struct manifest_target *b = *(const struct manifest_target *const *)y;
	int order = strcmp(a->region->name, b->region->name);

	return order ? order : strcmp(a->account, b->account);
}

static void index_targets(struct arena *a, struct manifest_stack *stack)
{
	const struct manifest_target **sorted =
		ARENA_ARRAY(a, stack->target_count, const struct manifest_target *);

	for (size_t i = 0; i < stack->target_count; i++)
		sorted[i] = &stack->targets[i];
	if (stack->target_count)
		qsort(sorted, stack->target_count, sizeof(*sorted), compare_targets);
	stack->by_place = sorted;
}

/* A name twice is an error of the YAML reader, so that each leads to one thing. */
void manifest_index(struct arena *a, struct manifest *m)
{
	struct manifest_index *index = ARENA_NEW(a, struct manifest_index);
	struct named *accounts = ARENA_ARRAY(a, m->account_count, struct named);
	struct named *regions = ARENA_ARRAY(a, m->region_count, struct named);
	struct named *stacks = ARENA_ARRAY(a, m->stack_count, struct named);

	for (size_t i = 0; i < m->account_count; i++)
		accounts[i] = (struct named){m->accounts[i].name, &m->accounts[i]};
	for (size_t i = 0; i < m->region_count; i++)
		regions[i] = (struct named){m->regions[i].name, &m->regions[i]};
	for (size_t i = 0; i < m->stack_count; i++) {
		stacks[i] = (struct named){m->stacks[i].name, &m->stacks[i]};
		index_targets(a, (struct manifest_stack *)&m->stacks[i]);
	}
	index->accounts = sorted(accounts, m->account_count);
	index->regions = sorted(regions, m->region_count);
	index->stacks = sorted(stacks, m->stack_count);
	m->index = index;
}

const struct manifest_account *manifest_account(const struct manifest *m, const char *name)
{
	return m->index ? find(&m->index->accounts, name) : NULL;
}

const struct manifest_region *manifest_region(const struct manifest *m, const char *name)
{
	return m->index ? find(&m->index->regions, name) : NULL;
}

const struct manifest_stack *manifest_stack(const struct manifest *m, const char *name)
{
	return m->index ? find(&m->index->stacks, name) : NULL;
}

const struct manifest_target *manifest_target(const struct manifest_stack *stack,
					      const char *account, const char *region)
{
	const struct manifest_region at = {.name = region};
	const struct manifest_target wanted = {.account = account, .region = &at};
	const struct manifest_target *key = &wanted, *const *found = NULL;

	if (stack->by_place && stack->target_count)
		found = bsearch(&key, stack->by_place, stack->target_count, sizeof(*found),
				compare_targets);
	return found ? *found : NULL;
}
