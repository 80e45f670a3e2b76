/*
 * base.h - the few definitions every file shares: attributes, array length,
 * container_of, and allocation that cannot fail.
 *
 * Running out of memory aborts with one line: everything that was announced
 * is on disk before it happens, so the next start recovers.  Growable inputs
 * are capped by limits.h long before that.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#if defined(__GNUC__)
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define NORETURN __attribute__((noreturn))
#define MUST_USE __attribute__((warn_unused_result))
#else
#define PRINTF_LIKE(fmt, first)
#define NORETURN
#define MUST_USE
#endif

/* Zeroed memory, never NULL; free() it. */
void *xcalloc(size_t count, size_t size) MUST_USE;
/* As realloc() of count * size bytes, never NULL; overflow aborts. */
void *xrealloc(void *ptr, size_t count, size_t size) MUST_USE;
char *xstrdup(const char *s) MUST_USE;
char *xstrndup(const char *s, size_t len) MUST_USE;
/* Writes "hadeploy: <why>" to stderr and aborts: for what no caller can answer. */
NORETURN void fail_fast(const char *why);

#endif
