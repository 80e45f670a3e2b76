/*
 * json.h - JSON text in and out, its canonical form, and pointers into it.
 *
 * The only file that includes <jansson.h>; json_t is used by whoever includes this
 * one.  json_t never crosses threads: JSON text does.  Ownership as in jansson:
 * `_new` and json_parse return a reference that the caller decrefs; getters borrow.
 *
 * Canonical form (hashing, state, comparison): keys sorted bytewise, no blanks,
 * shortest numbers that read back equal, UTF-8 unescaped.  Real numbers are written
 * as RFC 8785 says: 3.0 is 3, and an exponent appears only below 1e-6 and from 1e21.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "base/base.h"
#include "base/str.h"
#include "base/text.h"

struct arena;

/* NULL when it is not JSON; then *why (if not NULL) says so, valid until the arena goes.
 * Any value at the top; depth and length capped (limits.h); duplicate keys and NUL in
 * strings refused.  *why never quotes the text, which may hold secrets.  Integers
 * that fit int64_t stay exact; larger ones become the nearest real number (so digits
 * behind the seventeenth are lost; what must keep them is a string). */
json_t *json_parse(struct text t, struct arena *a, const char **why);

/* Appends the canonical form. */
void json_canonical(const json_t *j, struct str *out);
/* Appends with two blanks of indent, keys sorted, for people. */
void json_pretty(const json_t *j, struct str *out);
/* Canonical text in an arena. */
const char *json_text(struct arena *a, const json_t *j);
/* Appends a JSON string literal with its quotes. */
void json_quote(struct str *out, struct text t);

/* RFC 6901.  NULL when there is nothing there (borrowed). */
json_t *json_at(const json_t *root, struct text pointer);
/* Sets or replaces (always steals `value`); makes missing objects on the way; "-" or the
 * index just behind an array's end appends.  -1 when the way leads through a scalar or
 * beyond an array's end, and for "" (the root cannot be replaced). */
int json_put(json_t *root, struct text pointer, json_t *value);
/* Removes; -1 when there was nothing. */
int json_drop(json_t *root, struct text pointer);
/* Appends "/" and the escaped token to a pointer. */
void json_pointer_add(struct str *pointer, struct text token);

/* Borrowed members; the default when absent or of another type. */
const char *json_str(const json_t *obj, const char *key, const char *fallback);
int64_t json_int(const json_t *obj, const char *key, int64_t fallback);
bool json_flag(const json_t *obj, const char *key, bool fallback);

/* Lower-case hex SHA-256 of the canonical form; out has 65 bytes. */
void json_digest(const json_t *j, char out[65]);

#endif
