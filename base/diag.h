/*
 * diag.h - diagnostics: facts about the world that a user must hear of.
 *
 * A function that can fail takes `struct diags *d` as its last argument, returns
 * -1 or NULL, and has then added at least one error.  Bugs are not diagnostics:
 * they assert.  There is no global last error; a list travels with the result it
 * belongs to and can be joined to another with diags_take.
 *
 * Text: the summary is one line, lower-case start, no full stop, the user's words
 * in single quotes, the fact first.  Detail says why, with the values; the hint
 * says what to do now.  Every code is a row of diag_codes.def, shown as HD1203 and
 * explained by `hadeploy explain HD1203`.  Sensitive values never enter.
 *
 * Everything is copied into the list's own arena, except sources.  Control characters
 * and bytes that are not UTF-8 are shown as escapes (\x1b), so texts are safe on a
 * terminal; detail and hint keep newlines and tabs.  Not thread-safe.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include "base/base.h"
#include "base/source.h"

enum diag_severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

enum diag_code {
#define DIAG_CODE(number, symbol, title, text) DIAG_##symbol = number,
#include "base/diag_codes.def"
#undef DIAG_CODE
};

struct diag {
	enum diag_severity severity;
	enum diag_code code;
	struct range where;   /* src NULL when no file is to blame */
	const char *address;  /* "web/east/Page", or NULL */
	const char *endpoint; /* "web-e1" or a URL's host, or NULL */
	const char *summary;
	const char *detail;         /* may have several lines; may be NULL */
	const char *hint;           /* may be NULL */
	const struct diag *related; /* "first defined here"; may be NULL */
	const char *foreign_code;   /* a provider's own code when not one of ours */
	struct diag *next;
};

struct diags {
	struct arena *arena; /* made on first use */
	struct diag *first, *last;
	size_t error_count, warning_count;
	bool keeps_sources; /* some are in the arena: diags_keep_sources */
};

#define DIAGS_INIT ((struct diags){0})

void diags_release(struct diags *d);
bool diags_failed(const struct diags *d); /* at least one error */
/* Appends all of `from` to `d`; `from` is empty and released afterwards. */
void diags_take(struct diags *d, struct diags *from);
/* The same, without those whose code and place are in `d` already: another look at the same
 * fault. */
void diags_take_new(struct diags *d, struct diags *from);
/* Appends copies of all of `from`. */
void diags_copy(struct diags *d, const struct diags *from);
/* Copies the sources that are pointed at into the list, so that it can outlive them; when the
 * list is taken into another one they move along. */
void diags_keep_sources(struct diags *d);
/* Stable sort by file, line, column; those without a place last.  What repeats the one
 * before it word for word is dropped. */
void diags_sort(struct diags *d);

/* Errors; the returned diagnostic can be completed with the functions below. */
struct diag *diag_add(struct diags *d, enum diag_code code, struct range where, const char *fmt,
		      ...) PRINTF_LIKE(4, 5);
struct diag *diag_warn(struct diags *d, enum diag_code code, struct range where, const char *fmt,
		       ...) PRINTF_LIKE(4, 5);
struct diag *diag_note(struct diags *d, enum diag_code code, struct range where, const char *fmt,
		       ...) PRINTF_LIKE(4, 5);
void diag_detail(struct diags *d, struct diag *g, const char *fmt, ...) PRINTF_LIKE(3, 4);
void diag_hint(struct diags *d, struct diag *g, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* "a, b and c" for hints; of a great many the first ones, and how many more. */
const char *diag_listed(struct arena *a, const char *const *names, size_t count);
/* hint "did you mean 'x'?" when one of names is near to word; the hint that there is already
 * follows it. */
void diag_did_you_mean(struct diags *d, struct diag *g, struct text word, const char *const *names,
		       size_t count);
/* Several are shown in the order they were added. */
void diag_related(struct diags *d, struct diag *g, struct range where, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
void diag_address(struct diags *d, struct diag *g, const char *address);
void diag_endpoint(struct diags *d, struct diag *g, const char *endpoint);
void diag_foreign_code(struct diags *d, struct diag *g, const char *code);

/* What `explain` prints; rows in ascending order of number. */
struct diag_info {
	unsigned number;
	const char *symbol, *title, *text;
};
const struct diag_info *diag_info_find(unsigned number); /* NULL when there is none */
const struct diag_info *diag_info_all(size_t *count);
/* "HD1203" or "1203" to 1203; false when it is neither. */
bool diag_code_parse(struct text t, unsigned *number);

#endif
