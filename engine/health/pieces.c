/* pieces.c - texts of health checks, piece by piece. */
#include "engine/health/pieces.h"

#include <string.h>

#include "base/base.h"

static const char *const names[] = {
	[VARIABLE_HOST] = "Host",
	[VARIABLE_HOST_NAME] = "HostName",
	[VARIABLE_ZONE] = "Zone",
	[VARIABLE_REGION] = "Region",
	[VARIABLE_AWS_REGION] = "AwsRegion",
	[VARIABLE_ACCOUNT] = "Account",
};
_Static_assert(ARRAY_LEN(names) == VARIABLE_OUTPUT, "every variable has a name");

static const char *find(struct text t, const char *what, size_t len)
{
	for (size_t i = 0; i + len <= t.len; i++) {
		if (!memcmp(t.ptr + i, what, len))
			return t.ptr + i;
	}
	return NULL;
}

static void advance(struct text *t, size_t len)
{
	t->ptr += len;
	t->len -= len;
}

bool check_piece_next(struct text *rest, struct check_piece *out)
{
	const char *start, *end;
	size_t len = rest->len;

	if (!len)
		return false;
	start = find(*rest, "${", 2);
	end = start ? memchr(start, '}', len - (size_t)(start - rest->ptr)) : NULL;
	*out = (struct check_piece){true, *rest};
	if (!end) {
		advance(rest, len);
	} else if (start > rest->ptr) {
		out->text.len = (size_t)(start - rest->ptr);
		advance(rest, out->text.len);
	} else if (start[2] == '!') {
		out->text.len = 2;
		advance(rest, 3);
	} else {
		out->literal = false;
		out->text = (struct text){start + 2, (size_t)(end - start) - 2};
		advance(rest, out->text.len + 3);
	}
	return true;
}

bool check_variable_split(struct text name, struct text *stack, struct text *output)
{
	size_t at = name.len;

	while (at > 0 && name.ptr[at - 1] != '.')
		at--;
	if (at < 2 || at == name.len)
		return false;
	*stack = (struct text){name.ptr, at - 1};
	*output = (struct text){name.ptr + at, name.len - at};
	return true;
}

enum check_variable check_variable_of(struct text name)
{
	struct text stack, output;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (text_is(name, names[i]))
			return (enum check_variable)i;
	}
	return check_variable_split(name, &stack, &output) ? VARIABLE_OUTPUT : VARIABLE_UNKNOWN;
}

bool check_variable_is_of_host(enum check_variable v)
{
	return v == VARIABLE_HOST || v == VARIABLE_HOST_NAME || v == VARIABLE_ZONE;
}

const char *const *check_variable_names(size_t *count)
{
	*count = ARRAY_LEN(names);
	return names;
}
