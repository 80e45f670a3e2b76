/* sub.c - scanning the text of Fn::Sub. */
#include "templates/sub.h"

#include <string.h>

struct sub_scan sub_start(struct text t)
{
	return (struct sub_scan){t, 0};
}

static bool opens(struct text t, size_t at)
{
	return at + 1 < t.len && t.ptr[at] == '$' && t.ptr[at + 1] == '{';
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == ':';
}

/* The length of "&{Name}" at the offset, which a loop fills in; else 0. */
static size_t loop_name(struct text t, size_t at)
{
	const char *close;

	if (at + 2 >= t.len || t.ptr[at] != '&' || t.ptr[at + 1] != '{')
		return 0;
	close = memchr(t.ptr + at, '}', t.len - at);
	return close ? (size_t)(close - t.ptr) + 1 - at : 0;
}

/* The offset of the brace that ends a variable, t.len when there is none. */
static size_t variable_end(struct text t, size_t at)
{
	while (at < t.len && t.ptr[at] != '}') {
		size_t len = loop_name(t, at);

		at += len ? len : 1;
	}
	return at;
}

/* "${copy-data.Result}": names of steps may have dashes, and only what has a name has an
 * attribute; the shell's "${x-default}" has neither dot. */
static bool in_step_name(struct text name, size_t at)
{
	return at && name.ptr[at] == '-' && memchr(name.ptr + at, '.', name.len - at);
}

static const char *name_problem(struct text name)
{
	if (!name.len)
		return "'${}' has no name in it";
	for (size_t i = 0; i < name.len; i++) {
		size_t len = loop_name(name, i);

		if (len)
			i += len - 1;
		else if (!name_char(name.ptr[i]) && !in_step_name(name, i))
			return "a name in ${...} consists of letters, digits, '.', ':' and '_'";
	}
	return NULL;
}

static struct sub_piece text_piece(struct sub_scan *s, size_t end, size_t skip)
{
	struct sub_piece p = {SUB_TEXT,
			      {s->all.ptr + s->offset, end - s->offset},
			      s->offset,
			      end - s->offset,
			      NULL};

	s->offset = end + skip;
	return p;
}

static struct sub_piece variable_piece(struct sub_scan *s)
{
	size_t start = s->offset, name = start + 2;
	size_t close = variable_end(s->all, name);
	struct sub_piece p = {SUB_VARIABLE, {0}, start, 0, NULL};

	if (close == s->all.len) {
		p = (struct sub_piece){
			SUB_BAD, {s->all.ptr + start, 2}, start, 2, "'${' is never closed"};
		/* Nor is one after it: to look again from each would take for ever. */
		s->offset = s->all.len;
		return p;
	}
	p.text = text_trim((struct text){s->all.ptr + name, close - name});
	p.len = close + 1 - start;
	p.problem = name_problem(p.text);
	if (p.problem)
		p.kind = SUB_BAD;
	s->offset = start + p.len;
	return p;
}

bool sub_next(struct sub_scan *s, struct sub_piece *piece)
{
	size_t at = s->offset;

	if (at >= s->all.len)
		return false;
	if (opens(s->all, at) && !(at + 2 < s->all.len && s->all.ptr[at + 2] == '!')) {
		*piece = variable_piece(s);
		return true;
	}
	/* "${!": its first two characters stay, the third goes. */
	if (opens(s->all, at)) {
		*piece = text_piece(s, at + 2, 1);
		return true;
	}
	while (at < s->all.len && !opens(s->all, at))
		at++;
	*piece = text_piece(s, at, 0);
	return true;
}
