/*
 * arena.h - memory for things that are built together and dropped together:
 * syntax trees, documents, graphs, plans, diagnostics.
 *
 * arena_new, then any number of allocations, then arena_free, which frees all
 * of them.  Nothing allocated here is freed alone.  Built with -DARENA_DEBUG
 * (all sanitizer variants) each block is its own malloc, so overruns show.
 * Not thread-safe: an arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"
#include "base/text.h"

struct arena;

struct arena *arena_new(void);
/* Accepts NULL. */
void arena_free(struct arena *a);
/* release(what) when the arena goes, the latest first: for what cannot live in one. */
void arena_at_end(struct arena *a, void (*release)(void *what), void *what);

/* Enough for pointers and 64-bit numbers; nothing kept here needs more. */
#define ARENA_ALIGN 8

/* Zeroed, aligned to ARENA_ALIGN; len 0 gives a valid unique pointer. */
void *arena_alloc(struct arena *a, size_t len);
/* Zeroed array; overflow aborts. */
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_text(struct arena *a, struct text t);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define ARENA_FITS_(type) (0 * sizeof(char[_Alignof(type) <= ARENA_ALIGN ? 1 : -1]))
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type) + ARENA_FITS_(type)))
#define ARENA_ARRAY(a, count, type) \
	((type *)arena_array((a), (count), sizeof(type) + ARENA_FITS_(type)))

#endif
