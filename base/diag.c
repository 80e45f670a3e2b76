/* diag.c - lists of diagnostics. */
#include "base/diag.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/str.h"

static struct arena *arena_of(struct diags *d)
{
	if (!d->arena)
		d->arena = arena_new();
	return d->arena;
}

void diags_release(struct diags *d)
{
	arena_free(d->arena);
	*d = DIAGS_INIT;
}

bool diags_failed(const struct diags *d)
{
	return d->error_count > 0;
}

static void append(struct diags *d, struct diag *g)
{
	g->next = NULL;
	if (d->last)
		d->last->next = g;
	else
		d->first = g;
	d->last = g;
	d->error_count += g->severity == DIAG_ERROR;
	d->warning_count += g->severity == DIAG_WARNING;
}

static const char *copy_text(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

static struct diag *copy_diag(struct arena *a, const struct diag *from)
{
	struct diag *g = ARENA_NEW(a, struct diag);

	*g = *from;
	g->address = copy_text(a, from->address);
	g->endpoint = copy_text(a, from->endpoint);
	g->summary = copy_text(a, from->summary);
	g->detail = copy_text(a, from->detail);
	g->hint = copy_text(a, from->hint);
	g->foreign_code = copy_text(a, from->foreign_code);
	return g;
}

static struct diag *copy_with_related(struct arena *a, const struct diag *from)
{
	struct diag *copy = copy_diag(a, from), *at = copy;

	for (const struct diag *r = from->related; r; r = r->related) {
		struct diag *next = copy_diag(a, r);

		at->related = next;
		at = next;
	}
	return copy;
}

void diags_take(struct diags *d, struct diags *from)
{
	if (!d->arena) {
		*d = *from;
		*from = DIAGS_INIT;
		return;
	}
	diags_copy(d, from);
	if (from->keeps_sources)
		diags_keep_sources(d);
	diags_release(from);
}

void diags_copy(struct diags *d, const struct diags *from)
{
	for (const struct diag *g = from->first; g; g = g->next)
		append(d, copy_with_related(arena_of(d), g));
}

static const char *place_key(struct arena *a, const struct diag *g)
{
	return arena_printf(a, "%d %s:%u:%u", (int)g->code, g->where.src->name,
			    (unsigned)g->where.start.line, (unsigned)g->where.start.column);
}

void diags_take_new(struct diags *d, struct diags *from)
{
	struct arena *scratch = arena_new();
	struct map said = MAP_INIT;
	struct diags fresh = DIAGS_INIT;

	for (const struct diag *g = d->first; g; g = g->next) {
		if (g->where.src)
			map_set(&said, text_of(place_key(scratch, g)), d);
	}
	for (const struct diag *g = from->first; g; g = g->next) {
		if (!g->where.src || !map_has(&said, text_of(place_key(scratch, g))))
			append(&fresh, copy_with_related(arena_of(&fresh), g));
	}
	fresh.keeps_sources = from->keeps_sources;
	diags_take(d, &fresh);
	diags_release(from);
	map_release(&said);
	arena_free(scratch);
}

static int compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int compare_places(const struct range *a, const struct range *b)
{
	int order;

	if (!a->src || !b->src)
		return (a->src == NULL) - (b->src == NULL);
	order = strcmp(a->src->name, b->src->name);
	if (order == 0)
		order = compare_numbers(a->start.line, b->start.line);
	if (order == 0)
		order = compare_numbers(a->start.column, b->start.column);
	return order;
}

static struct diag *merge(struct diag *a, struct diag *b)
{
	struct diag *first = NULL, **end = &first;

	while (a && b) {
		struct diag **least = compare_places(&a->where, &b->where) <= 0 ? &a : &b;

		*end = *least;
		end = &(*end)->next;
		*least = (*least)->next;
	}
	*end = a ? a : b;
	return first;
}

/* Cuts the list behind its n-th element and returns the rest. */
static struct diag *cut_behind(struct diag *g, size_t n)
{
	struct diag *rest;

	while (g && --n)
		g = g->next;
	rest = g ? g->next : NULL;
	if (g)
		g->next = NULL;
	return rest;
}

/* Merges neighbouring runs of len; returns how many merges that took. */
static size_t merge_runs(struct diags *d, size_t len)
{
	struct diag *rest = d->first, *sorted = NULL, **end = &sorted;
	size_t merge_count = 0;

	while (rest) {
		struct diag *a = rest, *b = cut_behind(a, len);

		rest = cut_behind(b, len);
		*end = merge(a, b);
		while (*end)
			end = &(*end)->next;
		merge_count++;
	}
	d->first = sorted;
	return merge_count;
}

static bool same_text(const char *x, const char *y)
{
	return x == y || (x && y && strcmp(x, y) == 0);
}

static bool same_diag(const struct diag *x, const struct diag *y)
{
	return x->code == y->code && x->severity == y->severity &&
	       compare_places(&x->where, &y->where) == 0 && same_text(x->address, y->address) &&
	       same_text(x->endpoint, y->endpoint) && same_text(x->summary, y->summary) &&
	       same_text(x->detail, y->detail) && same_text(x->hint, y->hint);
}

static void uncount(struct diags *d, const struct diag *g)
{
	d->error_count -= g->severity == DIAG_ERROR;
	d->warning_count -= g->severity == DIAG_WARNING;
}

static void drop_repeats(struct diags *d)
{
	for (struct diag *g = d->first; g; g = g->next) {
		while (g->next && same_diag(g, g->next)) {
			uncount(d, g->next);
			g->next = g->next->next;
		}
	}
}

void diags_sort(struct diags *d)
{
	for (size_t len = 1; merge_runs(d, len) > 1; len *= 2)
		;
	drop_repeats(d);
	for (struct diag *g = d->first; g; g = g->next)
		d->last = g;
}

/* Bytes of the control character at the start (C0, DEL, C1), or 0. */
static size_t control_len(struct text t)
{
	const unsigned char *s = (const unsigned char *)t.ptr;

	if (s[0] < 0x20 || s[0] == 0x7f)
		return 1;
	return t.len > 1 && s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0 ? 2 : 0;
}

static void add_escaped(struct str *out, struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] == '\n')
			str_add(out, "\\n");
		else if (t.ptr[i] == '\t')
			str_add(out, "\\t");
		else
			str_printf(out, "\\x%02x", (unsigned)(unsigned char)t.ptr[i]);
	}
}

static void add_valid(struct str *out, struct text t, const char *kept)
{
	while (t.len) {
		size_t len = control_len(t);
		struct text piece = {t.ptr, len ? len : 1};

		if (len && !(len == 1 && strchr(kept, t.ptr[0])))
			add_escaped(out, piece);
		else
			str_add_text(out, piece);
		t.ptr += piece.len;
		t.len -= piece.len;
	}
}

/*
 * User's words and servers' answers end up here and then on a terminal, so control
 * characters (but those in `kept`) and bytes that are not UTF-8 become visible escapes.
 */
static void add_clean(struct str *out, struct text t, const char *kept)
{
	size_t bad;

	while (!text_utf8_valid(t, &bad)) {
		add_valid(out, (struct text){t.ptr, bad}, kept);
		add_escaped(out, (struct text){t.ptr + bad, 1});
		t.ptr += bad + 1;
		t.len -= bad + 1;
	}
	add_valid(out, t, kept);
}

static const char *clean_copy(struct diags *d, const char *s, const char *kept)
{
	struct str clean = STR_INIT;
	const char *copy;

	add_clean(&clean, text_of(s), kept);
	copy = arena_text(arena_of(d), str_text(&clean));
	str_release(&clean);
	return copy;
}

static const char *format_clean(struct diags *d, const char *kept, const char *fmt, va_list ap)
	PRINTF_LIKE(3, 0);

static const char *format_clean(struct diags *d, const char *kept, const char *fmt, va_list ap)
{
	struct str text = STR_INIT;
	const char *copy;

	str_vprintf(&text, fmt, ap);
	copy = clean_copy(d, str_cstr(&text), kept);
	str_release(&text);
	return copy;
}

static struct diag *make(struct diags *d, enum diag_severity severity, enum diag_code code,
			 struct range where)
{
	struct diag *g = ARENA_NEW(arena_of(d), struct diag);

	g->severity = severity;
	g->code = code;
	g->where = where;
	return g;
}

struct diag *diag_add(struct diags *d, enum diag_code code, struct range where, const char *fmt,
		      ...)
{
	struct diag *g = make(d, DIAG_ERROR, code, where);
	va_list ap;

	va_start(ap, fmt);
	g->summary = format_clean(d, "", fmt, ap);
	va_end(ap);
	append(d, g);
	return g;
}

struct diag *diag_warn(struct diags *d, enum diag_code code, struct range where, const char *fmt,
		       ...)
{
	struct diag *g = make(d, DIAG_WARNING, code, where);
	va_list ap;

	va_start(ap, fmt);
	g->summary = format_clean(d, "", fmt, ap);
	va_end(ap);
	append(d, g);
	return g;
}

struct diag *diag_note(struct diags *d, enum diag_code code, struct range where, const char *fmt,
		       ...)
{
	struct diag *g = make(d, DIAG_NOTE, code, where);
	va_list ap;

	va_start(ap, fmt);
	g->summary = format_clean(d, "", fmt, ap);
	va_end(ap);
	append(d, g);
	return g;
}

void diag_detail(struct diags *d, struct diag *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g->detail = format_clean(d, "\n\t", fmt, ap);
	va_end(ap);
}

void diag_hint(struct diags *d, struct diag *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g->hint = format_clean(d, "\n\t", fmt, ap);
	va_end(ap);
}

#define LISTED_MAX 20

const char *diag_listed(struct arena *a, const char *const *names, size_t count)
{
	size_t shown = count > LISTED_MAX ? LISTED_MAX : count;
	const char *list = "";

	for (size_t i = 0; i < shown; i++)
		list = arena_printf(a, "%s%s%s", list,
				    !i                                 ? ""
				    : i + 1 == count && shown == count ? " and "
								       : ", ",
				    names[i]);
	return shown < count ? arena_printf(a, "%s and %zu more", list, count - shown) : list;
}

void diag_did_you_mean(struct diags *d, struct diag *g, struct text word, const char *const *names,
		       size_t count)
{
	const char *nearest, *other = g->hint;

	/* A thousand mistakes in a template of fifty thousand names: the first ones will do. */
	if (count > LIMIT_SUGGEST_NAMES && d->error_count > LIMIT_SUGGESTIONS)
		return;
	nearest = text_nearest(word, names, count);
	if (nearest && other)
		diag_hint(d, g, "did you mean '%s'? If not, %s", nearest, other);
	else if (nearest)
		diag_hint(d, g, "did you mean '%s'?", nearest);
}

void diag_related(struct diags *d, struct diag *g, struct range where, const char *fmt, ...)
{
	struct diag *related = make(d, DIAG_NOTE, g->code, where);
	const struct diag **end = &g->related;
	va_list ap;

	va_start(ap, fmt);
	related->summary = format_clean(d, "", fmt, ap);
	va_end(ap);
	while (*end)
		end = (const struct diag **)&(*end)->related;
	*end = related;
}

void diag_address(struct diags *d, struct diag *g, const char *address)
{
	g->address = address ? clean_copy(d, address, "") : NULL;
}

void diag_foreign_code(struct diags *d, struct diag *g, const char *code)
{
	g->foreign_code = code ? clean_copy(d, code, "") : NULL;
}

void diag_endpoint(struct diags *d, struct diag *g, const char *endpoint)
{
	g->endpoint = endpoint && *endpoint ? clean_copy(d, endpoint, "") : NULL;
}
