/*
 * map.h - strings to pointers, iterated in the order of insertion, so that the
 * same input always gives the same output.
 *
 * Zero-initialise (MAP_INIT), then map_set/map_find, then map_release.  Keys
 * are copied; values are borrowed.  Hashing is keyed per process, so hostile
 * keys cannot make it slow.  Removal keeps the order of the rest and may happen while
 * iterating; setting a new key may not.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/base.h"
#include "base/text.h"

struct map_entry {
	char *key; /* NULL when removed: skip it when iterating */
	size_t key_len;
	void *value;
	uint64_t hash;
};

struct map {
	struct map_entry *entries; /* in order of insertion; entry_count of them */
	size_t entry_count;
	size_t live_count;
	size_t entry_capacity;
	uint32_t *slots;
	size_t slot_count;
};

#define MAP_INIT ((struct map){0})

void map_release(struct map *m);
/* Returns the value that was there before, or NULL. */
void *map_set(struct map *m, struct text key, void *value);
void *map_find(const struct map *m, struct text key); /* NULL when absent */
bool map_has(const struct map *m, struct text key);
void *map_remove(struct map *m, struct text key); /* the value, or NULL */

#endif
