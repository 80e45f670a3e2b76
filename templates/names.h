/*
 * names.h - names to pointers, all in an arena.
 *
 * For what is built with a template or a document and lives as long as it does;
 * base/map.h, which must be released, serves what ends with a function.
 * Zero-initialise, then names_add.  Keys are borrowed.  Not iterated: whoever needs
 * an order keeps an array.
 */
#ifndef TEMPLATES_NAMES_H
#define TEMPLATES_NAMES_H

#include "base/arena.h"
#include "base/text.h"

struct name_slot {
	struct text key; /* ptr NULL: free */
	void *value;
	uint32_t hash;
};

struct names {
	struct name_slot *slots;
	size_t slot_count, used;
};

/* Room for so many names: what grows leaves its old self behind in the arena. */
void names_reserve(struct arena *a, struct names *n, size_t count);
/* Adds the name, or leaves it alone and returns the value it has already.  NULL: added.
 * value is never NULL. */
void *names_add(struct arena *a, struct names *n, struct text key, void *value);
void names_replace(struct arena *a, struct names *n, struct text key, void *value);
void *names_find(const struct names *n, struct text key); /* NULL when absent */

#endif
