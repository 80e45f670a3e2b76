/* str.c - the growable string. */
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define FIRST_CAP ((size_t)64)

void str_release(struct str *s)
{
	free(s->ptr);
	*s = STR_INIT;
}

void str_clear(struct str *s)
{
	str_truncate(s, 0);
}

void str_truncate(struct str *s, size_t len)
{
	if (len > s->len || !s->ptr)
		return;
	s->len = len;
	s->ptr[len] = '\0';
}

char *str_steal(struct str *s)
{
	char *ptr = s->ptr ? s->ptr : xstrdup("");

	*s = STR_INIT;
	return ptr;
}

const char *str_cstr(const struct str *s)
{
	return s->ptr ? s->ptr : "";
}

struct text str_text(const struct str *s)
{
	return (struct text){str_cstr(s), s->len};
}

char *str_reserve(struct str *s, size_t len)
{
	size_t need = s->len + len + 1, cap = s->cap ? s->cap : FIRST_CAP;

	if (len >= LIMIT_STR_LEN || need > LIMIT_STR_LEN)
		fail_fast("a text grew beyond its limit");
	if (need > s->cap) {
		while (cap < need)
			cap *= 2;
		s->ptr = xrealloc(s->ptr, cap, 1);
		s->cap = cap;
		s->ptr[s->len] = '\0';
	}
	return s->ptr + s->len;
}

void str_grown(struct str *s, size_t len)
{
	s->len += len;
	s->ptr[s->len] = '\0';
}

void str_add_len(struct str *s, const char *ptr, size_t len)
{
	char *end;

	if (!len)
		return;
	end = str_reserve(s, len);
	memcpy(end, ptr, len);
	str_grown(s, len);
}

void str_add(struct str *s, const char *text)
{
	str_add_len(s, text, strlen(text));
}

void str_add_text(struct str *s, struct text t)
{
	str_add_len(s, t.ptr, t.len);
}

void str_add_char(struct str *s, char c)
{
	if (s->len + 1 >= s->cap)
		str_reserve(s, 1);
	s->ptr[s->len++] = c;
	s->ptr[s->len] = '\0';
}

void str_repeat(struct str *s, char c, size_t count)
{
	memset(str_reserve(s, count), c, count);
	str_grown(s, count);
}

void str_vprintf(struct str *s, const char *fmt, va_list ap)
{
	char *end = str_reserve(s, FIRST_CAP);
	size_t room = s->cap - s->len;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(end, room, fmt, ap);
	if (len < 0)
		fail_fast("a text cannot be formatted");
	if ((size_t)len >= room) {
		end = str_reserve(s, (size_t)len);
		vsnprintf(end, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	str_grown(s, (size_t)len);
}

void str_printf(struct str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_vprintf(s, fmt, ap);
	va_end(ap);
}
