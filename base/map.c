/*
 * map.c - open addressing over a list of entries.
 *
 * slots[] holds entry index + 1, or 0.  A removed entry stays in the list with a
 * NULL key and keeps its slot, so that searches walk over it; the next growth
 * closes such gaps.
 */
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define FIRST_ENTRIES 8
/* Slots per entry; the load stays at or below a half. */
#define SLOTS_PER_ENTRY 2

static uint64_t hash_key[2]; /* written once, before the first hash */
static pthread_once_t hash_key_once = PTHREAD_ONCE_INIT;

static void hash_key_make(void)
{
	struct clock *c = clock_real();

	c->random(c, hash_key, sizeof(hash_key));
}

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

/* SipHash-1-3, https://www.aumasson.jp/siphash/siphash.pdf; words in native order. */
static uint64_t hash_of(struct text key)
{
	uint64_t v[4], word, last = (uint64_t)key.len << 56;
	size_t i = 0;

	pthread_once(&hash_key_once, hash_key_make);
	v[0] = hash_key[0] ^ 0x736f6d6570736575u;
	v[1] = hash_key[1] ^ 0x646f72616e646f6du;
	v[2] = hash_key[0] ^ 0x6c7967656e657261u;
	v[3] = hash_key[1] ^ 0x7465646279746573u;
	for (; key.len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, key.ptr + i, sizeof(word));
		sip_word(v, word);
	}
	for (unsigned shift = 0; i < key.len; i++, shift += 8)
		last |= (uint64_t)(unsigned char)key.ptr[i] << shift;
	sip_word(v, last);
	v[2] ^= 0xff;
	for (int round = 0; round < 3; round++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static bool entry_is(const struct map_entry *e, uint64_t hash, struct text key)
{
	return e->key && e->hash == hash && text_eq((struct text){e->key, e->key_len}, key);
}

static struct map_entry *entry_find(const struct map *m, uint64_t hash, struct text key)
{
	size_t mask = m->slot_count - 1;

	if (!m->slot_count)
		return NULL;
	for (size_t i = hash & mask; m->slots[i]; i = (i + 1) & mask) {
		struct map_entry *e = &m->entries[m->slots[i] - 1];

		if (entry_is(e, hash, key))
			return e;
	}
	return NULL;
}

static void slot_put(struct map *m, size_t index)
{
	size_t mask = m->slot_count - 1, i = m->entries[index].hash & mask;

	while (m->slots[i])
		i = (i + 1) & mask;
	m->slots[i] = (uint32_t)(index + 1);
}

static void close_gaps(struct map *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->entry_count; i++) {
		if (m->entries[i].key)
			m->entries[kept++] = m->entries[i];
	}
	m->entry_count = kept;
}

/* Grows only when the living need it; otherwise closing the gaps made room. */
static void make_room(struct map *m)
{
	close_gaps(m);
	if (m->entry_count >= m->entry_capacity / 2) {
		size_t capacity = m->entry_capacity ? m->entry_capacity * 2 : FIRST_ENTRIES;

		if (capacity > UINT32_MAX / SLOTS_PER_ENTRY)
			fail_fast("out of memory");
		m->entries = xrealloc(m->entries, capacity, sizeof(*m->entries));
		m->entry_capacity = capacity;
	}
	free(m->slots);
	m->slot_count = m->entry_capacity * SLOTS_PER_ENTRY;
	m->slots = xcalloc(m->slot_count, sizeof(*m->slots));
	for (size_t i = 0; i < m->entry_count; i++)
		slot_put(m, i);
}

void map_release(struct map *m)
{
	for (size_t i = 0; i < m->entry_count; i++)
		free(m->entries[i].key);
	free(m->entries);
	free(m->slots);
	*m = MAP_INIT;
}

void *map_set(struct map *m, struct text key, void *value)
{
	uint64_t hash = hash_of(key);
	struct map_entry *e = entry_find(m, hash, key);

	if (e) {
		void *before = e->value;

		e->value = value;
		return before;
	}
	if (m->entry_count == m->entry_capacity)
		make_room(m);
	e = &m->entries[m->entry_count];
	*e = (struct map_entry){xstrndup(key.ptr, key.len), key.len, value, hash};
	slot_put(m, m->entry_count++);
	m->live_count++;
	return NULL;
}

void *map_find(const struct map *m, struct text key)
{
	struct map_entry *e = m->live_count ? entry_find(m, hash_of(key), key) : NULL;

	return e ? e->value : NULL;
}

bool map_has(const struct map *m, struct text key)
{
	return m->live_count && entry_find(m, hash_of(key), key);
}

void *map_remove(struct map *m, struct text key)
{
	struct map_entry *e = m->live_count ? entry_find(m, hash_of(key), key) : NULL;

	if (!e)
		return NULL;
	free(e->key);
	e->key = NULL;
	m->live_count--;
	return e->value;
}
