/* scalar.c - text to kinds of values. */
#include "templates/scalar.h"

#include <stdint.h>

static size_t digits(struct text t, size_t at)
{
	size_t end = at;

	while (end < t.len && t.ptr[end] >= '0' && t.ptr[end] <= '9')
		end++;
	return end - at;
}

bool scalar_is_number(struct text t)
{
	size_t at = t.len && t.ptr[0] == '-', whole = digits(t, at), fraction;
	int64_t number;

	if (!whole || (whole > 1 && t.ptr[at] == '0'))
		return false;
	at += whole;
	if (at == t.len)
		return text_to_int64(t, INT64_MIN, INT64_MAX, &number);
	if (t.ptr[at] != '.')
		return false;
	fraction = digits(t, at + 1);
	return fraction && at + 1 + fraction == t.len;
}

bool scalar_is_true(struct text t)
{
	return text_is(t, "true") || text_is(t, "True") || text_is(t, "TRUE");
}

static bool is_false(struct text t)
{
	return text_is(t, "false") || text_is(t, "False") || text_is(t, "FALSE");
}

enum value_kind scalar_kind(const struct node *n)
{
	const struct text t = n->text;

	if (n->style != SCALAR_PLAIN)
		return VALUE_STRING;
	if (node_is_null(n))
		return VALUE_NULL;
	if (t.ptr[0] == '-' || (t.ptr[0] >= '0' && t.ptr[0] <= '9'))
		return scalar_is_number(t) ? VALUE_NUMBER : VALUE_STRING;
	return scalar_is_true(t) || is_false(t) ? VALUE_BOOL : VALUE_STRING;
}
