/*
 * text_store.h - the many short texts of a tree, NUL-terminated, packed in an arena.
 *
 * Zero-initialise with the arena.  A small cache finds what was kept a moment ago: keys
 * and common values repeat all over a template, and are then kept once.
 */
#ifndef TEMPLATES_TEXT_STORE_H
#define TEMPLATES_TEXT_STORE_H

#include "base/arena.h"
#include "base/text.h"

#define TEXT_STORE_CACHE ((size_t)256)

struct text_store {
	struct arena *a;
	char *free; /* the rest of the current chunk */
	size_t left;
	struct text cache[TEXT_STORE_CACHE]; /* by hash; the latest wins */
};

/* A copy that lives as long as the arena, perhaps shared with an equal one. */
struct text text_store_keep(struct text_store *s, struct text t);

#endif
