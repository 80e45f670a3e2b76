/* pattern.c - people's regular expressions to POSIX's. */
#include "templates/pattern.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define PATTERN_LEN_MAX 4096
#define PATTERN_GROUPS_MAX 50
/* Copies that {n,m} makes of what it repeats. */
#define PATTERN_SIZE_MAX 10000
#define PATTERN_TEXT_LEN_MAX (64u << 10)

struct translation {
	struct text in;
	size_t at;
	struct str out;
	const char *problem;
	bool unavailable;                     /* the problem is ours, not the pattern's */
	size_t sizes[PATTERN_GROUPS_MAX + 1]; /* of the groups that are open */
	size_t depth;
	size_t atom; /* size of the last atom: what a quantifier repeats */
};

/* What stands between [ and ], sorted so that POSIX reads it as it is meant. */
struct bracket {
	struct str members;
	bool negated, right, left, caret, dash;
	bool range_start; /* the last member may begin a range */
};

static char peek(const struct translation *t, size_t ahead)
{
	return t->at + ahead < t->in.len ? t->in.ptr[t->at + ahead] : '\0';
}

static void refuse(struct translation *t, const char *problem)
{
	if (!t->problem)
		t->problem = problem;
}

static void miss(struct translation *t, const char *problem)
{
	t->unavailable |= !t->problem;
	refuse(t, problem);
}

static void atom_begin(struct translation *t, size_t size)
{
	t->sizes[t->depth] += t->atom;
	t->atom = size;
}

/* \d \w \s: the members of their class; NULL for any other letter. */
static const char *class_members(char c)
{
	switch (c) {
	case 'd':
	case 'D':
		return "0-9";
	case 'w':
	case 'W':
		return "A-Za-z0-9_";
	case 's':
	case 'S':
		return "[:space:]";
	default:
		return NULL;
	}
}

/* \n \t \r, or '\0'. */
static char control_char(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	default:
		return '\0';
	}
}

static void add_literal(struct translation *t, char c)
{
	if (strchr(".[]()*+?{}|^$\\", c))
		str_add_char(&t->out, '\\');
	str_add_char(&t->out, c);
}

static void translate_escape(struct translation *t)
{
	char c = peek(t, 1);
	const char *members = class_members(c);

	t->at += 2;
	atom_begin(t, 1);
	if (!c)
		refuse(t, "it ends with a backslash");
	else if (members)
		str_printf(&t->out, "[%s%s]", isupper((unsigned char)c) ? "^" : "", members);
	else if (control_char(c))
		add_literal(t, control_char(c));
	else if (isdigit((unsigned char)c))
		miss(t, "back references are not available");
	else if (c == 'b' || c == 'B')
		str_printf(&t->out, "\\%c", c);
	else if (isalpha((unsigned char)c))
		miss(t, "it has an escape that is not available");
	else
		add_literal(t, c);
}

/* Brackets */

static void bracket_add(struct bracket *b, char c)
{
	if (c == ']')
		b->right = true;
	else if (c == '[')
		b->left = true;
	else if (c == '^')
		b->caret = true;
	else if (c == '-')
		b->dash = true;
	else
		str_add_char(&b->members, c);
	b->range_start = !strchr("][^-", c);
}

static void bracket_escape(struct translation *t, struct bracket *b)
{
	char c = peek(t, 1);
	const char *members = class_members(c);

	t->at += 2;
	if (members && islower((unsigned char)c)) {
		str_add(&b->members, members);
		b->range_start = false;
	} else if (control_char(c)) {
		bracket_add(b, control_char(c));
	} else if (!c || isalnum((unsigned char)c)) {
		miss(t, "it has an escape in brackets that is not available");
	} else {
		bracket_add(b, c);
	}
}

static void bracket_class(struct translation *t, struct bracket *b)
{
	const char *rest = t->in.ptr + t->at, *end = memmem(rest, t->in.len - t->at, ":]", 2);

	if (!end) {
		refuse(t, "'[:' is not closed by ':]'");
		t->at = t->in.len;
		return;
	}
	str_add_len(&b->members, rest, (size_t)(end - rest) + 2);
	t->at += (size_t)(end - rest) + 2;
	b->range_start = false;
}

/* "-x" behind a member that begins a range. */
static bool bracket_range(struct translation *t, struct bracket *b)
{
	char c = peek(t, 1);
	size_t len = 2;

	if (!b->range_start || c == ']' || c == '\0')
		return false;
	if (c == '\\') {
		c = peek(t, 2);
		len = 3;
		if (class_members(c))
			return false;
		if (control_char(c))
			c = control_char(c);
	}
	str_add_char(&b->members, '-');
	str_add_char(&b->members, c);
	b->range_start = false;
	t->at += len;
	return true;
}

static void bracket_finish(struct translation *t, const struct bracket *b)
{
	bool others = b->right || b->left || b->members.len || b->dash;

	if (!others && !b->caret)
		refuse(t, "'[]' is empty");
	if (!others && b->caret && !b->negated) {
		str_add(&t->out, "\\^");
		return;
	}
	str_add(&t->out, b->negated ? "[^" : "[");
	str_add(&t->out, b->right ? "]" : "");
	str_add_text(&t->out, str_text(&b->members));
	str_add(&t->out, b->left ? "[" : "");
	/* A leading ^ would negate; a dash may lead as well as end. */
	if (b->caret && b->dash && !b->right && !b->left && !b->members.len)
		str_add(&t->out, "-^");
	else
		str_printf(&t->out, "%s%s", b->caret ? "^" : "", b->dash ? "-" : "");
	str_add_char(&t->out, ']');
}

static void bracket_member(struct translation *t, struct bracket *b)
{
	char c = peek(t, 0);

	if (c == '\\') {
		bracket_escape(t, b);
	} else if (c == '[' && peek(t, 1) == ':') {
		bracket_class(t, b);
	} else if (c != '-' || !bracket_range(t, b)) {
		bracket_add(b, c);
		t->at++;
	}
}

static void translate_bracket(struct translation *t)
{
	struct bracket b = {.negated = peek(t, 1) == '^'};
	size_t first;

	atom_begin(t, 1);
	t->at += b.negated ? 2 : 1;
	first = t->at;
	while (t->at < t->in.len && (peek(t, 0) != ']' || t->at == first))
		bracket_member(t, &b);
	if (t->at >= t->in.len)
		refuse(t, "'[' is never closed");
	t->at++;
	bracket_finish(t, &b);
	str_release(&b.members);
}

/* Groups and quantifiers */

static void translate_open(struct translation *t)
{
	atom_begin(t, 0);
	t->at++;
	if (peek(t, 0) == '?' && peek(t, 1) == ':')
		t->at += 2;
	else if (peek(t, 0) == '?')
		miss(t, "look-ahead, flags and named groups are not available");
	if (t->depth == PATTERN_GROUPS_MAX) {
		refuse(t, "its groups are nested too deep");
		return;
	}
	t->sizes[++t->depth] = 0;
	str_add_char(&t->out, '(');
}

static void translate_close(struct translation *t)
{
	t->at++;
	if (!t->depth) {
		refuse(t, "')' closes nothing");
		return;
	}
	t->atom += t->sizes[t->depth--];
	str_add_char(&t->out, ')');
}

/* *? and ++ match the same whole values as * and +. */
static void skip_greed(struct translation *t)
{
	if (peek(t, 0) == '?' || peek(t, 0) == '+')
		t->at++;
}

static size_t read_count(struct translation *t, size_t *count)
{
	size_t start = t->at;

	*count = 0;
	while (isdigit((unsigned char)peek(t, 0))) {
		*count = *count < PATTERN_SIZE_MAX ? *count * 10 + (size_t)(peek(t, 0) - '0')
						   : *count;
		t->at++;
	}
	return t->at - start;
}

/* {n}, {n,} and {n,m}. */
static void translate_repeat(struct translation *t)
{
	size_t start = t->at++, least, most;

	if (!read_count(t, &least))
		refuse(t, "'{' begins no {n,m}");
	most = least;
	if (peek(t, 0) == ',') {
		t->at++;
		if (read_count(t, &most) && most < least)
			refuse(t, "{n,m} has n above m");
	}
	if (peek(t, 0) != '}')
		refuse(t, "'{' is never closed");
	t->at++;
	most = most > least ? most : least;
	t->atom *= most ? most : 1;
	if (t->atom > PATTERN_SIZE_MAX)
		refuse(t, "its repetitions grow too large");
	if (!t->problem)
		str_add_len(&t->out, t->in.ptr + start, t->at - start);
	skip_greed(t);
}

static void translate_one(struct translation *t)
{
	char c = peek(t, 0);

	switch (c) {
	case '\\':
		translate_escape(t);
		return;
	case '[':
		translate_bracket(t);
		return;
	case '(':
		translate_open(t);
		return;
	case ')':
		translate_close(t);
		return;
	case '{':
		translate_repeat(t);
		return;
	case '*':
	case '+':
	case '?':
		str_add_char(&t->out, c);
		t->at++;
		skip_greed(t);
		return;
	default:
		atom_begin(t, 1);
		str_add_char(&t->out, c);
		t->at++;
	}
}

static const char *translate(struct translation *t)
{
	size_t size = 0;

	if (t->in.len > PATTERN_LEN_MAX)
		refuse(t, "it is too long");
	str_add(&t->out, "^(");
	while (!t->problem && t->at < t->in.len)
		translate_one(t);
	if (t->depth)
		refuse(t, "'(' is never closed");
	for (size_t i = 0; i <= t->depth; i++)
		size += t->sizes[i];
	if (size + t->atom > PATTERN_SIZE_MAX)
		refuse(t, "its repetitions grow too large");
	str_add(&t->out, ")$");
	return t->problem;
}

static enum pattern_result match(struct arena *a, const char *expression, struct text t,
				 const char **problem)
{
	const char *text = arena_text(a, t);
	char why[128];
	regex_t re;
	int error;

	error = regcomp(&re, expression, REG_EXTENDED | REG_NOSUB);
	if (error) {
		regerror(error, &re, why, sizeof(why));
		*problem = arena_strdup(a, why);
		return PATTERN_INVALID;
	}
	error = t.len > PATTERN_TEXT_LEN_MAX ? REG_NOMATCH : regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return error ? PATTERN_DIFFERS : PATTERN_MATCHES;
}

enum pattern_result pattern_match(struct arena *a, struct text pattern, struct text t,
				  const char **problem)
{
	struct translation tr = {.in = pattern};
	enum pattern_result result = PATTERN_INVALID;

	*problem = translate(&tr);
	if (!*problem)
		result = match(a, str_cstr(&tr.out), t, problem);
	else if (tr.unavailable)
		result = PATTERN_UNAVAILABLE;
	str_release(&tr.out);
	return result;
}
