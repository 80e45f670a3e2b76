/* program_holes.c - texts with {JQ} in them, as jq expressions.  The prelude has the functions that
 * fill a hole: _path, _path_kept, _text. */
#include "providers/rest/program.h"

#include <string.h>

#include "providers/rest/jq_scan.h"

/* How a hole is filled, by the kind of text and the sign behind its brace. */
struct filling {
	const char *plain, *kept; /* {JQ}, {+JQ} */
	bool may_be_null;
};
static const struct filling path_filling = {"_path", "_path_kept", false};
static const struct filling text_filling = {"_text", "_text", true};

/* The offset of the } that ends the hole whose jq text begins the text; its length when there is
 * none. */
static size_t hole_end(struct text t)
{
	struct jq_scan s;
	struct jq_token token;
	size_t open = 0;

	jq_scan_start(&s, t);
	while (token = jq_scan_next(&s),
	       token.kind != JQ_TOKEN_END && token.kind != JQ_TOKEN_DEEP) {
		if (token.kind != JQ_TOKEN_SIGN)
			continue;
		if (token.text.ptr[0] == '{')
			open++;
		if (token.text.ptr[0] == '}' && !open--)
			return (size_t)(token.text.ptr - t.ptr);
	}
	return t.len;
}

/* Literal text inside of a jq string. */
static void put_literal(struct str *out, char c)
{
	if (c == '"' || c == '\\')
		str_printf(out, "\\%c", c);
	else if ((unsigned char)c < 0x20)
		str_printf(out, "\\u%04x", (unsigned)c);
	else
		str_add_char(out, c);
}

/* The first value, or null: a hole without one must not take the text with it.  Parentheses on
 * lines of their own: a comment in the hole does not swallow them. */
static void put_hole(struct str *out, const struct filling *f, struct text jq)
{
	const char *with = f->plain;

	if (jq.len && jq.ptr[0] == '+') {
		with = f->kept;
		jq = (struct text){jq.ptr + 1, jq.len - 1};
	}
	str_add(out, "\\(([(");
	str_add_text(out, jq);
	str_printf(out, "%s)][0]) | %s)", memchr(jq.ptr, '#', jq.len) ? "\n" : "", with);
}

/* A brace at the place: {{ and }} are one, written twice. */
static bool is_doubled(struct text t, size_t at)
{
	return at + 1 < t.len && t.ptr[at] == t.ptr[at + 1];
}

static bool put_holes(struct str *out, const struct filling *f, struct text t, size_t *at)
{
	for (*at = 0; *at < t.len; ++*at) {
		char c = t.ptr[*at];
		struct text rest = {t.ptr + *at + 1, t.len - *at - 1};
		size_t len;

		if (c != '{' || is_doubled(t, *at)) {
			*at += (c == '{' || c == '}') && is_doubled(t, *at);
			put_literal(out, c);
			continue;
		}
		len = hole_end(rest);
		if (len == rest.len || text_trim((struct text){rest.ptr, len}).len == 0)
			return false;
		put_hole(out, f, (struct text){rest.ptr, len});
		*at += len + 1;
	}
	return true;
}

/* A text that is one hole and nothing else. */
static bool is_one_hole(struct text t)
{
	struct text inner = {t.ptr + 1, t.len - 1};

	return t.len > 2 && t.ptr[0] == '{' && inner.ptr[0] != '{' && inner.ptr[0] != '+' &&
	       hole_end(inner) == inner.len - 1 &&
	       text_trim((struct text){inner.ptr, inner.len - 1}).len;
}

static bool expand(struct str *out, const struct filling *f, struct text t, size_t *at)
{
	bool good;

	if (f->may_be_null && is_one_hole(t)) {
		str_printf(out, "(([(%.*s\n)][0]) | _text_or_null)", (int)(t.len - 2), t.ptr + 1);
		return true;
	}
	str_add_char(out, '"');
	good = put_holes(out, f, t, at);
	str_add_char(out, '"');
	return good;
}

static int holes_open(struct range where, const char *brace, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_JQ_HOLE, where, "no jq expression in '%.40s'", brace);

	diag_detail(d, g, "Text in braces is jq, and a } ends it.");
	diag_hint(d, g, "write {{ for a brace that is meant as one");
	return -1;
}

static int to_jq(struct arena *a, const struct filling *f, const char *holes, struct text *out,
		 size_t *at)
{
	struct str s = STR_INIT;
	bool good = expand(&s, f, text_of(holes), at);

	if (good)
		*out = (struct text){arena_text(a, str_text(&s)), s.len};
	str_release(&s);
	return good ? 0 : -1;
}

int program_holes(struct arena *a, const char *holes, struct range where, struct text *out,
		  struct diags *d)
{
	size_t at = 0;

	if (to_jq(a, &path_filling, holes, out, &at))
		return holes_open(where, holes + at, d);
	return 0;
}

int program_text_holes(struct arena *a, const char *holes, struct range where, struct text *out,
		       struct diags *d)
{
	size_t at = 0;

	if (to_jq(a, &text_filling, holes, out, &at))
		return holes_open(where, holes + at, d);
	return 0;
}
