#include "cli/view_estimate.h"

#include <stdlib.h>

#include "base/clock.h"
#include "cli/view_text.h"
#include "cli/view_value.h"

static void add_duration(struct str *out, int64_t ms)
{
	char text[CLOCK_TEXT_LEN];

	clock_format_duration(ms, text);
	str_add(out, text);
}

bool estimate_is_worth_telling(const struct plan *p)
{
	return p->estimate.samples && p->estimate.typical_ms >= ESTIMATE_WORTH_MS;
}

/* One change of the way; `joined` when both calls of a replacement stand here together. */
static void add_stop(struct str *out, const struct plan *p, size_t at, bool joined)
{
	const struct change *c = &p->changes[p->critical[at]];
	struct estimate e = joined ? c->estimate : estimate_part(c, ESTIMATE_MAKING);

	/* Apart, the second one is the end of the old one. */
	for (size_t i = 0; !joined && i < at; i++)
		if (p->critical[i] == p->critical[at])
			e = estimate_part(c, ESTIMATE_REMOVING);
	address_format(&c->addr, out);
	str_printf(out, " (%s, ", action_name(c->action));
	add_duration(out, e.typical_ms);
	str_add_char(out, ')');
}

struct stop {
	size_t at;
	bool joined;
};

static size_t find_stops(const struct plan *p, struct stop *stops)
{
	size_t count = 0;

	for (size_t i = 0; i < p->critical_count; i++) {
		bool joined = i + 1 < p->critical_count && p->critical[i] == p->critical[i + 1];

		stops[count++] = (struct stop){i, joined};
		i += joined;
	}
	return count;
}

/* The first and the last `kept` stops, and how many are between them. */
static void add_way(struct str *out, const struct plan *p, const struct stop *stops, size_t count,
		    size_t kept)
{
	size_t head = kept - kept / 2, tail = kept / 2;

	str_add(out, "Longest way: ");
	for (size_t i = 0; i < head; i++) {
		if (i)
			str_add(out, " -> ");
		add_stop(out, p, stops[i].at, stops[i].joined);
	}
	if (kept < count)
		str_printf(out, " -> %zu more", count - kept);
	for (size_t i = count - tail; i < count; i++) {
		str_add(out, " -> ");
		add_stop(out, p, stops[i].at, stops[i].joined);
	}
	str_add_char(out, '\n');
}

/* As many stops as fit into one line, at least one. */
static void add_longest_way(struct str *out, const struct plan *p)
{
	struct stop *stops = xcalloc(p->critical_count + 1, sizeof(*stops));
	size_t count = find_stops(p, stops), kept = count < 8 ? count : 8;
	struct str line = STR_INIT;

	for (; kept; kept--) {
		str_clear(&line);
		add_way(&line, p, stops, count, kept);
		if (shown_columns(str_text(&line)) <= VIEW_WIDTH + 1)
			break;
	}
	str_add_text(out, str_text(&line));
	str_release(&line);
	free(stops);
}

void view_estimate(struct str *out, const struct plan *p)
{
	if (!estimate_is_worth_telling(p))
		return;
	str_add(out, "\nTakes about ");
	add_duration(out, p->estimate.typical_ms);
	str_add(out, " (usually under ");
	add_duration(out, p->estimate.slow_ms);
	str_add_char(out, ')');
	if (p->untimed) {
		str_add(out, ", and ");
		counted(out, p->untimed, "change that was never timed",
			"changes that were never timed");
	}
	str_add(out, ".\n");
	add_longest_way(out, p);
}
