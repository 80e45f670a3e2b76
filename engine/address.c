/* address.c - names of stack instances and resources: to text and back. */
#include "engine/address.h"

#include <string.h>

#include "base/text.h"

#define PART_COUNT_MAX 4

int instance_id_compare(const struct instance_id *x, const struct instance_id *y)
{
	int order = strcmp(x->stack, y->stack);

	if (order == 0)
		order = strcmp(x->account, y->account);
	return order ? order : strcmp(x->region, y->region);
}

int address_compare(const struct address *x, const struct address *y)
{
	int order = instance_id_compare(&x->instance, &y->instance);

	return order ? order : strcmp(x->logical_id, y->logical_id);
}

void instance_id_format(const struct instance_id *i, struct str *out)
{
	str_add(out, i->stack);
	if (strcmp(i->account, ACCOUNT_NONE) != 0)
		str_printf(out, "/%s", i->account);
	str_printf(out, "/%s", i->region);
}

void address_format(const struct address *x, struct str *out)
{
	instance_id_format(&x->instance, out);
	str_printf(out, "/%s", x->logical_id);
}

static const char *take_text(struct arena *a, struct str *s)
{
	const char *text = arena_text(a, str_text(s));

	str_release(s);
	return text;
}

const char *instance_id_text(struct arena *a, const struct instance_id *i)
{
	struct str s = STR_INIT;

	instance_id_format(i, &s);
	return take_text(a, &s);
}

const char *address_text(struct arena *a, const struct address *x)
{
	struct str s = STR_INIT;

	address_format(x, &s);
	return take_text(a, &s);
}

const char *address_key(struct arena *a, const struct address *x)
{
	return arena_printf(a, "%s/%s/%s/%s", x->instance.stack, x->instance.account,
			    x->instance.region, x->logical_id);
}

/* The number of parts, or 0 when one is empty or there are more than four. */
static size_t split_parts(struct text t, struct text parts[PART_COUNT_MAX])
{
	struct text_split split = text_split_start(t);
	struct text piece;
	size_t count = 0;

	while (text_next(&split, '/', &piece)) {
		if (count == PART_COUNT_MAX || piece.len == 0 || memchr(piece.ptr, '\0', piece.len))
			return 0;
		parts[count++] = piece;
	}
	return count;
}

/* Without an account: stack and region alone. */
static void copy_instance(struct arena *a, const struct text *parts, size_t count,
			  struct instance_id *out)
{
	out->stack = arena_text(a, parts[0]);
	out->account = count == 3 ? arena_text(a, parts[1]) : ACCOUNT_NONE;
	out->region = arena_text(a, parts[count - 1]);
}

bool address_parse(struct arena *a, struct text t, struct address *out)
{
	struct text parts[PART_COUNT_MAX];
	size_t count = split_parts(t, parts);

	if (count < 3)
		return false;
	copy_instance(a, parts, count - 1, &out->instance);
	out->logical_id = arena_text(a, parts[count - 1]);
	return true;
}

bool instance_id_parse(struct arena *a, struct text t, struct instance_id *out)
{
	struct text parts[PART_COUNT_MAX];
	size_t count = split_parts(t, parts);

	if (count != 2 && count != 3)
		return false;
	copy_instance(a, parts, count, out);
	return true;
}

struct instance_id instance_id_copy(struct arena *a, const struct instance_id *i)
{
	return (struct instance_id){arena_strdup(a, i->stack), arena_strdup(a, i->account),
				    arena_strdup(a, i->region)};
}

struct address address_copy(struct arena *a, const struct address *x)
{
	return (struct address){instance_id_copy(a, &x->instance), arena_strdup(a, x->logical_id)};
}

static bool matches_text(const char *pattern, struct str *text)
{
	return text_glob(text_of(pattern), str_text(text));
}

static bool matches_instance(const struct instance_id *id, const char *pattern)
{
	struct str text = STR_INIT;
	bool fits;

	instance_id_format(id, &text);
	fits = matches_text(pattern, &text);
	str_release(&text);
	return fits;
}

bool address_match(const struct address *x, const char *pattern)
{
	struct str text = STR_INIT;
	bool fits;

	if (!strchr(pattern, '/'))
		return text_glob(text_of(pattern), text_of(x->logical_id));
	address_format(x, &text);
	fits = matches_text(pattern, &text);
	str_clear(&text);
	str_printf(&text, "%s/%s/%s/%s", x->instance.stack, x->instance.account, x->instance.region,
		   x->logical_id);
	fits = fits || matches_text(pattern, &text) || matches_instance(&x->instance, pattern);
	str_release(&text);
	return fits;
}
