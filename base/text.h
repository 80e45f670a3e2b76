/*
 * text.h - borrowed pieces of text, and turning text into numbers.
 *
 * A struct text points into memory owned by somebody else and need not end in
 * NUL.  Nothing here allocates.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/base.h"

struct text {
	const char *ptr;
	size_t len;
};

#define TEXT_LIT(s) ((struct text){(s), sizeof(s) - 1})
/* For printf's "%.*s". */
#define TEXT_ARG(t) (int)(t).len, (t).ptr

struct text text_of(const char *s); /* NULL gives the empty text */
bool text_eq(struct text a, struct text b);
bool text_is(struct text a, const char *s);
/* Each `secret` in `text` becomes three asterisks, whatever its length; the new length. */
size_t text_cover(char *text, size_t len, const char *secret);
bool text_starts(struct text t, const char *prefix);
bool text_ends(struct text t, const char *suffix);
struct text text_trim(struct text t);
/*
 * The piece up to the next sep; moves *rest behind it.  False when *rest is used
 * up.  "a,,b" gives "a", "", "b"; the empty text gives one empty piece.
 * Start with text_split_start().
 */
struct text_split {
	struct text rest;
	bool done;
};
struct text_split text_split_start(struct text t);
bool text_next(struct text_split *s, char sep, struct text *piece);

/* Whole text must be a decimal number in [min, max]; else false, *out untouched. */
bool text_to_int64(struct text t, int64_t min, int64_t max, int64_t *out);
/* Finite decimal number as CloudFormation's Number takes it. */
bool text_to_double(struct text t, double *out);
/* "250ms", "10s", "5m", "2h", "1d"; a bare number is seconds.  Result in ms. */
bool text_to_duration_ms(struct text t, int64_t *out_ms);
/* `pattern` with * and ? (one code point), whole text; case matters. */
bool text_glob(struct text pattern, struct text t);

/* Edit distance with transposition, capped at `cap`. */
size_t text_distance(struct text a, struct text b, size_t cap);
/*
 * The entry of names[0..count) nearest to `word`, or NULL when none is near
 * enough to be what the user meant ("did you mean").
 */
const char *text_nearest(struct text word, const char *const *names, size_t count);

/* True when the bytes are valid UTF-8 without NUL; else *bad (when not NULL) is the
 * offset. */
bool text_utf8_valid(struct text t, size_t *bad);

#endif
