/*
 * str.h - a growable string that is always NUL-terminated.
 *
 * Zero-initialise (STR_INIT), append, then str_release, or str_steal to keep the
 * bytes.  Length is capped at LIMIT_STR_LEN; beyond it the program aborts, so
 * whoever appends unbounded input checks its own, smaller limit first.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>

#include "base/base.h"
#include "base/text.h"

struct str {
	char *ptr; /* NULL until the first append; use str_cstr() */
	size_t len, cap;
};

#define STR_INIT ((struct str){NULL, 0, 0})

void str_release(struct str *s);
void str_clear(struct str *s); /* keeps the memory */
void str_truncate(struct str *s, size_t len);
char *str_steal(struct str *s);            /* caller frees; never NULL */
const char *str_cstr(const struct str *s); /* "" when empty */
struct text str_text(const struct str *s);

void str_add(struct str *s, const char *text);
void str_add_len(struct str *s, const char *ptr, size_t len);
void str_add_text(struct str *s, struct text t);
void str_add_char(struct str *s, char c);
void str_repeat(struct str *s, char c, size_t count);
void str_printf(struct str *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void str_vprintf(struct str *s, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);
/* Room for len more bytes; returns where to write; follow with str_grown(). */
char *str_reserve(struct str *s, size_t len);
void str_grown(struct str *s, size_t len);

#endif
