/* arena.c - blocks in a list, filled from the front. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks start small, because many arenas hold one diagnostic, and double. */
#define BLOCK_LEN_FIRST ((size_t)1024)
#define BLOCK_LEN_MAX ((size_t)256 << 10)

struct block {
	struct block *next;
	size_t used, len;
	max_align_t bytes[];
};

struct last_will {
	struct last_will *next;
	void (*release)(void *what);
	void *what;
};

struct arena {
	struct block *blocks; /* the first is the one being filled */
	struct last_will *wills;
	size_t next_len;
};

struct arena *arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));

	a->next_len = BLOCK_LEN_FIRST;
	return a;
}

void arena_free(struct arena *a)
{
	struct block *b, *next;

	if (!a)
		return;
	for (const struct last_will *w = a->wills; w; w = w->next)
		w->release(w->what);
	for (b = a->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

void arena_at_end(struct arena *a, void (*release)(void *what), void *what)
{
	struct last_will *w = ARENA_NEW(a, struct last_will);

	*w = (struct last_will){a->wills, release, what};
	a->wills = w;
}

static struct block *block_new(size_t len)
{
	struct block *b;

	if (len > SIZE_MAX - sizeof(*b))
		fail_fast("out of memory");
	b = xcalloc(1, sizeof(*b) + len);
	b->len = len;
	return b;
}

#ifdef ARENA_DEBUG

void *arena_alloc(struct arena *a, size_t len)
{
	struct block *b = block_new(len);

	b->next = a->blocks;
	a->blocks = b;
	return b->bytes;
}

#else

static size_t round_up(size_t len)
{
	const size_t align = ARENA_ALIGN;

	if (!len)
		return align;
	if (len > SIZE_MAX - align)
		fail_fast("out of memory");
	return (len + align - 1) / align * align;
}

/* What does not fit well gets a block of its own behind the current one. */
static void *alloc_alone(struct arena *a, size_t len)
{
	struct block *b = block_new(len);

	b->used = len;
	b->next = a->blocks->next;
	a->blocks->next = b;
	return b->bytes;
}

static void start_block(struct arena *a)
{
	struct block *b = block_new(a->next_len);

	b->next = a->blocks;
	a->blocks = b;
	if (a->next_len < BLOCK_LEN_MAX)
		a->next_len *= 2;
}

void *arena_alloc(struct arena *a, size_t len)
{
	struct block *b;
	void *ptr;

	len = round_up(len);
	if (!a->blocks)
		start_block(a);
	if (len > a->blocks->len - a->blocks->used) {
		if (len > a->next_len / 4)
			return alloc_alone(a, len);
		start_block(a);
	}
	b = a->blocks;
	ptr = (char *)b->bytes + b->used;
	b->used += len;
	return ptr;
}

#endif

void *arena_array(struct arena *a, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		fail_fast("out of memory");
	return arena_alloc(a, count * size);
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *copy;

	if (len == SIZE_MAX)
		fail_fast("out of memory");
	copy = arena_alloc(a, len + 1);
	if (len)
		memcpy(copy, s, len);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_text(struct arena *a, struct text t)
{
	return arena_strndup(a, t.ptr, t.len);
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	char *out;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		fail_fast("a text cannot be formatted");
	out = arena_alloc(a, (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(out, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return out;
}
