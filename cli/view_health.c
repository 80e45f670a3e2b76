#include "cli/view_health.h"

#include <string.h>

#include "base/clock.h"
#include "cli/view_table.h"

static bool is_first(const struct health_result *all, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (!strcmp(all->rows[i].region, all->rows[at].region))
			return false;
	}
	return true;
}

static size_t count_of(const struct health_result *all, const char *region)
{
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++)
		count += !strcmp(all->rows[i].region, region);
	return count;
}

/* "shop of web-e1": the region is its title. */
static const char *short_name(struct arena *a, const struct health_row *row)
{
	const char *end = strstr(row->endpoint, " (");

	return end ? arena_strndup(a, row->endpoint, (size_t)(end - row->endpoint)) : row->endpoint;
}

static size_t add_region(struct str *out, const struct health_result *all, const char *region,
			 const struct style *st)
{
	size_t count = count_of(all, region), row = 0;
	struct table t;

	table_open(&t, 4, count);
	for (size_t i = 0; i < all->count; i++) {
		const struct health_row *r = &all->rows[i];
		const char *cells[] = {"", health_state_name(r->state), short_name(t.a, r),
				       r->detail};

		if (!strcmp(r->region, region))
			table_set(&t, row++, cells);
	}
	paint_text(out, st, PAINT_BOLD, region);
	str_add_char(out, '\n');
	for (size_t i = 0; i < count; i++)
		table_row(&t, i, 1, out, st);
	table_close(&t);
	return count + 1;
}

size_t view_health(struct str *out, const struct health_result *all, const struct style *st)
{
	size_t lines = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (is_first(all, i))
			lines += add_region(out, all, all->rows[i].region, st);
	}
	if (!all->count)
		str_add(out, "There is nothing to ask: the manifest has no health checks for "
			     "these regions.\n");
	else
		str_printf(out, "%zu of %zu healthy\n", all->healthy, all->count);
	return lines + 1;
}

void view_health_change(struct str *out, const struct health_row *row)
{
	char when[CLOCK_TEXT_LEN];

	clock_format_rfc3339(row->since_ms, when);
	str_printf(out, "%s  %s  %s%s%s\n", when, health_state_name(row->state), row->endpoint,
		   *row->detail ? ": " : "", row->detail);
}
