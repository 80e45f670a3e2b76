#include "providers/kit/http_status.h"

#include <string.h>

#include "base/vec.h"

#define STATUS_MIN 100
#define STATUS_MAX 999
#define RANGES_MAX 100

struct ranges {
	VEC_OF(struct status_range)
};

/* "200", "200-399". */
static bool read_range(struct text t, struct status_range *out)
{
	const char *dash = t.len ? memchr(t.ptr, '-', t.len) : NULL;
	struct text low = {t.ptr, dash ? (size_t)(dash - t.ptr) : t.len};
	struct text high = dash ? (struct text){dash + 1, t.len - low.len - 1} : low;
	int64_t from, to;

	if (!text_to_int64(text_trim(low), STATUS_MIN, STATUS_MAX, &from) ||
	    !text_to_int64(text_trim(high), from, STATUS_MAX, &to))
		return false;
	*out = (struct status_range){(int)from, (int)to};
	return true;
}

static bool read_text(struct arena *a, struct text t, struct ranges *v)
{
	struct text_split pieces = text_split_start(t);
	struct text piece;

	while (text_next(&pieces, ',', &piece)) {
		if (v->count == RANGES_MAX || !read_range(text_trim(piece), arena_vec_add(a, v)))
			return false;
	}
	return true;
}

static bool read_item(struct arena *a, const json_t *value, struct ranges *v)
{
	const char *text = json_string_value(value);

	if (json_is_integer(value))
		text = arena_printf(a, "%lld", (long long)json_integer_value(value));
	return text && read_text(a, text_of(text), v);
}

static const char *text_of_ranges(struct arena *a, const struct ranges *v)
{
	const char *text = "";

	for (size_t i = 0; i < v->count; i++) {
		const struct status_range *r = &v->items[i];
		const char *one = r->low == r->high ? arena_printf(a, "%d", r->low)
						    : arena_printf(a, "%d-%d", r->low, r->high);

		text = i ? arena_printf(a, "%s, %s", text, one) : one;
	}
	return text;
}

int status_read(struct arena *a, const json_t *value, struct status_set *out)
{
	struct ranges v = {0};
	json_t *item;
	size_t i;

	if (!value)
		read_text(a, TEXT_LIT("200-299"), &v);
	else if (!json_is_array(value) && !read_item(a, value, &v))
		return -1;
	json_array_foreach(value, i, item)
	{
		if (!read_item(a, item, &v))
			return -1;
	}
	*out = (struct status_set){v.items, v.count, text_of_ranges(a, &v)};
	return v.count ? 0 : -1;
}

bool status_has(const struct status_set *set, int status)
{
	for (size_t i = 0; i < set->count; i++) {
		if (status >= set->ranges[i].low && status <= set->ranges[i].high)
			return true;
	}
	return false;
}
