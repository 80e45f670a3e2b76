/* text_store.c - chunks filled from the front, and a cache of one text per slot. */
#include "templates/text_store.h"

#include <stdint.h>
#include <string.h>

#define CHUNK_LEN ((size_t)4096)
#define SHARED_LEN ((size_t)64) /* longer ones rarely repeat */

static char *room_for(struct text_store *s, size_t len)
{
	char *at;

#ifdef ARENA_DEBUG
	return arena_alloc(s->a, len); /* a block each, so that overruns show */
#endif
	if (len > CHUNK_LEN / 4)
		return arena_alloc(s->a, len);
	if (len > s->left) {
		s->free = arena_alloc(s->a, CHUNK_LEN);
		s->left = CHUNK_LEN;
	}
	at = s->free;
	s->free += len;
	s->left -= len;
	return at;
}

static struct text copy(struct text_store *s, struct text t)
{
	char *at = room_for(s, t.len + 1);

	if (t.len)
		memcpy(at, t.ptr, t.len);
	at[t.len] = '\0';
	return (struct text){at, t.len};
}

static size_t slot_of(struct text t)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < t.len; i++)
		h = (h ^ (unsigned char)t.ptr[i]) * 16777619u;
	return (h ^ h >> 15) % TEXT_STORE_CACHE;
}

struct text text_store_keep(struct text_store *s, struct text t)
{
	struct text *kept;

	if (t.len > SHARED_LEN)
		return copy(s, t);
	kept = &s->cache[slot_of(t)];
	if (!kept->ptr || !text_eq(*kept, t))
		*kept = copy(s, t);
	return *kept;
}
