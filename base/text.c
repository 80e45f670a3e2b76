/* text.c - pieces of text: comparing, splitting, patterns, UTF-8. */
#include "base/text.h"

#include <string.h>

struct text text_of(const char *s)
{
	return s ? (struct text){s, strlen(s)} : TEXT_LIT("");
}

bool text_eq(struct text a, struct text b)
{
	return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool text_is(struct text a, const char *s)
{
	return text_eq(a, text_of(s));
}

size_t text_cover(char *text, size_t len, const char *secret)
{
	size_t hidden = strlen(secret), shown = hidden < 3 ? hidden : 3;
	char *at = text;

	while (hidden && (at = memmem(at, (size_t)(text + len - at), secret, hidden))) {
		memset(at, '*', shown);
		memmove(at + shown, at + hidden, (size_t)(text + len - at) - hidden);
		at += shown;
		len -= hidden - shown;
		text[len] = '\0';
	}
	return len;
}

bool text_starts(struct text t, const char *prefix)
{
	size_t len = strlen(prefix);

	return t.len >= len && text_is((struct text){t.ptr, len}, prefix);
}

bool text_ends(struct text t, const char *suffix)
{
	size_t len = strlen(suffix);

	return t.len >= len && (!len || memcmp(t.ptr + t.len - len, suffix, len) == 0);
}

/* isspace() asks the locale; this is the C locale's answer. */
static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text text_trim(struct text t)
{
	while (t.len && is_blank(t.ptr[0])) {
		t.ptr++;
		t.len--;
	}
	while (t.len && is_blank(t.ptr[t.len - 1]))
		t.len--;
	return t;
}

struct text_split text_split_start(struct text t)
{
	return (struct text_split){t, false};
}

bool text_next(struct text_split *s, char sep, struct text *piece)
{
	const char *at;

	if (s->done)
		return false;
	*piece = s->rest;
	at = s->rest.len ? memchr(s->rest.ptr, sep, s->rest.len) : NULL;
	if (!at) {
		s->done = true;
		return true;
	}
	piece->len = (size_t)(at - s->rest.ptr);
	s->rest.ptr += piece->len + 1;
	s->rest.len -= piece->len + 1;
	return true;
}

/* A '?' stands for one character as a reader sees it, not for one byte. */
static size_t after_point(struct text t, size_t i)
{
	do
		i++;
	while (i < t.len && ((unsigned char)t.ptr[i] & 0xc0) == 0x80);
	return i;
}

/* On a mismatch only the last star is widened, so this is never exponential. */
bool text_glob(struct text pattern, struct text t)
{
	size_t p = 0, i = 0, star = SIZE_MAX, mark = 0;

	while (i < t.len) {
		char c = p < pattern.len ? pattern.ptr[p] : '\0';

		if (c == '*') {
			star = p++;
			mark = i;
		} else if (c == '?') {
			i = after_point(t, i);
			p++;
		} else if (p < pattern.len && c == t.ptr[i]) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

/* Length of the sequence that the lead byte announces and its smallest code point. */
static size_t utf8_lead(unsigned char c, uint32_t *point, uint32_t *least)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} kinds[] = {{0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		if ((c & kinds[k].mask) == kinds[k].lead) {
			*point = c & (unsigned char)~kinds[k].mask;
			*least = kinds[k].least;
			return k + 2;
		}
	}
	return 0;
}

/* Length of the valid multi-byte sequence at the start, or 0. */
static size_t utf8_sequence(const unsigned char *s, size_t len)
{
	uint32_t point, least;
	size_t need = utf8_lead(s[0], &point, &least);

	if (!need || need > len)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (s[i] & 0x3f);
	}
	if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	return need;
}

#define ALL_BYTES(b) (UINT64_C(0x0101010101010101) * (b))

/* How many bytes from here on are ASCII and not NUL, eight at a time. */
static size_t plain_run(const unsigned char *s, size_t len)
{
	size_t i = 0;
	uint64_t word;

	for (; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		if ((word | (word - ALL_BYTES(1))) & ALL_BYTES(0x80))
			break;
	}
	return i;
}

bool text_utf8_valid(struct text t, size_t *bad)
{
	const unsigned char *s = (const unsigned char *)t.ptr;
	size_t i = plain_run(s, t.len);

	while (i < t.len) {
		size_t step = 1;

		if (s[i] >= 0x80)
			step = utf8_sequence(s + i, t.len - i);
		else if (s[i] == 0)
			step = 0;
		if (!step) {
			if (bad)
				*bad = i;
			return false;
		}
		i += step;
		if (step > 1)
			i += plain_run(s + i, t.len - i);
	}
	return true;
}
