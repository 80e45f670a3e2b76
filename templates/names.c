/* names.c - open addressing, linear probing, at most three quarters full. */
#include "templates/names.h"

#include <assert.h>
#include <string.h>

#define SLOTS_FIRST 4 /* many sets hold one or two names */

/* FNV-1a from a start that differs from run to run: the address of the slots. */
static uint32_t hash_of(struct text key)
{
	static const char anchor;
	uint64_t h = 0xcbf29ce484222325u ^ ((uint64_t)(uintptr_t)&anchor * 0x9e3779b97f4a7c15u);

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (unsigned char)key.ptr[i]) * 0x100000001b3u;
	return (uint32_t)(h ^ (h >> 32));
}

/* The slot that has the key, or the free one where it belongs. */
static struct name_slot *slot_for(const struct names *n, struct text key, uint32_t hash)
{
	size_t mask = n->slot_count - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct name_slot *slot = &n->slots[i];

		if (!slot->key.ptr || (slot->hash == hash && text_eq(slot->key, key)))
			return slot;
	}
}

static void grow(struct arena *a, struct names *n, size_t slot_count)
{
	struct names bigger = {0};

	bigger.slot_count = slot_count;
	bigger.slots = ARENA_ARRAY(a, bigger.slot_count, struct name_slot);
	bigger.used = n->used;
	for (size_t i = 0; i < n->slot_count; i++) {
		if (n->slots[i].key.ptr)
			*slot_for(&bigger, n->slots[i].key, n->slots[i].hash) = n->slots[i];
	}
	*n = bigger;
}

static bool is_full(size_t slot_count, size_t used)
{
	return (used + 1) * 4 > slot_count * 3;
}

void names_reserve(struct arena *a, struct names *n, size_t count)
{
	size_t slots = n->slot_count ? n->slot_count : SLOTS_FIRST;

	while (is_full(slots, count))
		slots *= 2;
	if (slots > n->slot_count)
		grow(a, n, slots);
}

static struct name_slot *slot_of(struct arena *a, struct names *n, struct text key)
{
	uint32_t hash = hash_of(key);
	struct name_slot *slot;

	if (is_full(n->slot_count, n->used))
		grow(a, n, n->slot_count ? n->slot_count * 2 : SLOTS_FIRST);
	slot = slot_for(n, key, hash);
	if (!slot->key.ptr) {
		slot->key = (struct text){key.ptr ? key.ptr : "", key.len};
		slot->hash = hash;
		n->used++;
	}
	return slot;
}

void *names_add(struct arena *a, struct names *n, struct text key, void *value)
{
	struct name_slot *slot = slot_of(a, n, key);

	assert(value);
	if (slot->value)
		return slot->value;
	slot->value = value;
	return NULL;
}

void names_replace(struct arena *a, struct names *n, struct text key, void *value)
{
	assert(value);
	slot_of(a, n, key)->value = value;
}

void *names_find(const struct names *n, struct text key)
{
	if (!n->slot_count)
		return NULL;
	return slot_for(n, key, hash_of(key))->value;
}
