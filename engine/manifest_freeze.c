/*
 * manifest_freeze.c - the section FreezeWindows: when nothing may be changed, in UTC.
 *
 *	FreezeWindows:
 *	- {Name: holidays, From: 2026-12-20, To: 2027-01-02}	whole days, the last one too
 *	- {From: '2026-11-27T06:00:00Z', To: '2026-11-30T06:00:00Z'}
 *	- {Name: weekend, Days: [Sat, Sun], Regions: [east]}
 *	- {Daily: '22:00-06:00'}
 */
#include <stdlib.h>
#include <string.h>

#include "engine/manifest_read.h"

#define MINUTE_MS 60000
#define DAY_MINUTES 1440
#define DAY_MS ((int64_t)DAY_MINUTES * MINUTE_MS)
#define YEAR_MIN 1970
#define YEAR_MAX 9999

static const char *key_of(struct manifest_reader *r, const char *key,
			  const struct manifest_part *part)
{
	return arena_printf(r->a, "'%s' of %s", key, part->who);
}

/* Takes `digits` of them off the front. */
static bool take_number(struct text *t, size_t digits, int64_t max, int64_t *out)
{
	struct text number = {t->ptr, digits};

	if (t->len < digits || *t->ptr == '+' || *t->ptr == '-' ||
	    !text_to_int64(number, 0, max, out))
		return false;
	t->ptr += digits;
	t->len -= digits;
	return true;
}

static bool take(struct text *t, char c)
{
	if (!t->len || *t->ptr != c)
		return false;
	t->ptr++;
	t->len--;
	return true;
}

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970 of a date that exists. */
static bool days_of(int64_t year, int64_t month, int64_t day, int64_t *days)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t before = year - 1;

	if (year < YEAR_MIN || month < 1 || month > 12 || day < 1 ||
	    day > lengths[month - 1] + (month == 2 && is_leap(year)))
		return false;
	*days = (year - YEAR_MIN) * 365 + (before / 4 - before / 100 + before / 400) -
		(1969 / 4 - 1969 / 100 + 1969 / 400) + day - 1;
	for (int64_t i = 1; i < month; i++)
		*days += lengths[i - 1] + (i == 2 && is_leap(year));
	return true;
}

static bool take_date(struct text *t, int64_t *ms)
{
	int64_t year, month, day, days;

	if (!take_number(t, 4, YEAR_MAX, &year) || !take(t, '-') ||
	    !take_number(t, 2, 12, &month) || !take(t, '-') || !take_number(t, 2, 31, &day) ||
	    !days_of(year, month, day, &days))
		return false;
	*ms = days * DAY_MS;
	return true;
}

/* HH:MM; 24:00 is the end of a day. */
static bool take_minutes(struct text *t, int64_t *minutes)
{
	int64_t hour, minute;

	if (!take_number(t, 2, 24, &hour) || !take(t, ':') || !take_number(t, 2, 59, &minute) ||
	    hour * 60 + minute > DAY_MINUTES)
		return false;
	*minutes = hour * 60 + minute;
	return true;
}

/* "Z", "+01:00". */
static bool take_zone(struct text *t, int64_t *offset_minutes)
{
	int64_t minutes, sign;

	*offset_minutes = 0;
	if (take(t, 'Z'))
		return true;
	sign = t->len && *t->ptr == '-' ? -1 : 1;
	if ((!take(t, '+') && !take(t, '-')) || !take_minutes(t, &minutes))
		return false;
	*offset_minutes = sign * minutes;
	return true;
}

enum time_kind { TIME_WRONG, TIME_DATE, TIME_MOMENT };

/* "2026-12-20", or "2026-12-20T06:00:00Z" as RFC 3339 has it. */
static enum time_kind parse_time(struct text t, int64_t *ms)
{
	int64_t minutes, seconds = 0, offset;

	if (!take_date(&t, ms))
		return TIME_WRONG;
	if (t.len == 0)
		return TIME_DATE;
	if ((!take(&t, 'T') && !take(&t, ' ')) || !take_minutes(&t, &minutes))
		return TIME_WRONG;
	if (take(&t, ':') && !take_number(&t, 2, 60, &seconds))
		return TIME_WRONG;
	if (!take_zone(&t, &offset) || t.len)
		return TIME_WRONG;
	*ms += (minutes - offset) * MINUTE_MS + seconds * 1000;
	return TIME_MOMENT;
}

static enum time_kind read_time(struct manifest_reader *r, const char *what, const struct node *n,
				int64_t *ms)
{
	enum time_kind kind = parse_time(n->text, ms);

	if (kind == TIME_WRONG)
		manifest_refuse(r, what, n,
				"it is a day such as 2026-12-20, or a time with its zone such as "
				"'2026-12-20T06:00:00Z'");
	return kind;
}

static void set_name(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	(void)r;
	(void)part;
	((struct freeze_window *)into)->name = value->text.ptr;
}

static void set_from(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	struct freeze_window *w = into;

	read_time(r, key_of(r, "From", part), value, &w->from_ms);
}

/* The day that it names is frozen to its end. */
static void set_to(struct manifest_reader *r, const struct manifest_part *part, void *into,
		   const struct node *value)
{
	struct freeze_window *w = into;

	if (read_time(r, key_of(r, "To", part), value, &w->to_ms) == TIME_DATE)
		w->to_ms += DAY_MS;
}

static void set_days(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	static const char *const words[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", NULL};
	const struct node *const *items = value->kind == NODE_LIST ? value->items : &value;
	size_t count = value->kind == NODE_LIST ? value->count : 1;
	struct freeze_window *w = into;

	for (size_t i = 0; i < count && !manifest_full(r); i++) {
		int day = -1;

		if (manifest_is_text(r, key_of(r, "Days", part), items[i]))
			day = manifest_choice(r, key_of(r, "Days", part), items[i], words);
		if (day >= 0)
			w->days |= 1u << day;
	}
	if (count == 0)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_VALUE, value->where, "%s is an empty list",
				   key_of(r, "Days", part)),
			  "name days, such as [Sat, Sun], or leave it out");
}

static void set_daily(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	struct freeze_window *w = into;
	struct text t = value->text;
	int64_t from, to;

	if (!take_minutes(&t, &from) || !take(&t, '-') || !take_minutes(&t, &to) || t.len ||
	    from == to || from == DAY_MINUTES) {
		manifest_refuse(r, key_of(r, "Daily", part), value,
				"write from when to when, in UTC: '22:00-06:00'");
		return;
	}
	w->from_minute = (int)from;
	w->to_minute = (int)(to % DAY_MINUTES);
}

static void set_regions(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	struct freeze_window *w = into;

	w->regions = manifest_region_names(r, key_of(r, "Regions", part), value, &w->region_count);
	if (value->kind == NODE_LIST && value->count == 0)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_VALUE, value->where, "%s is an empty list",
				   key_of(r, "Regions", part)),
			  "name regions, or leave it out: then it holds for all of them");
}

static const struct manifest_key rows[] = {
	{"Name", KEY_TEXT, KEY_OPTIONAL, set_name, NULL},
	{"From", KEY_TEXT, KEY_OPTIONAL, set_from, NULL},
	{"To", KEY_TEXT, KEY_OPTIONAL, set_to, NULL},
	{"Days", KEY_ANY, KEY_OPTIONAL, set_days, NULL},
	{"Daily", KEY_TEXT, KEY_OPTIONAL, set_daily, NULL},
	{"Regions", KEY_ANY, KEY_OPTIONAL, set_regions, NULL},
};
static const struct manifest_keys keys = {KEYS_CLOSED, rows, ARRAY_LEN(rows), NULL};

static const char *text_at(const struct node *map, const char *key)
{
	const struct node *n = node_find(map, key);

	return n && n->kind == NODE_SCALAR ? n->text.ptr : "";
}

/* What it says, for messages. */
static const char *name_of(struct arena *a, const struct node *map)
{
	const struct node *days = node_find(map, "Days");
	struct str name = STR_INIT;
	const char *copy;

	if (node_find(map, "From"))
		str_printf(&name, "%s to %s", text_at(map, "From"), text_at(map, "To"));
	for (size_t i = 0; days && days->kind == NODE_LIST && i < days->count; i++)
		str_printf(&name, "%s%s", i ? ", " : "", days->items[i]->text.ptr);
	if (days && days->kind == NODE_SCALAR)
		str_add(&name, days->text.ptr);
	if (node_find(map, "Daily"))
		str_printf(&name, "%s%s", name.len ? " " : "", text_at(map, "Daily"));
	copy = arena_strdup(a, str_cstr(&name));
	str_release(&name);
	return copy;
}

static void report_missing(struct manifest_reader *r, const struct manifest_part *part,
			   const char *key, const char *hint)
{
	diag_hint(r->d,
		  diag_add(r->d, DIAG_MANIFEST_KEY_MISSING, part->map->where, "%s has no '%s'",
			   part->who, key),
		  "%s", hint);
}

/* A span of time, or times that come again. */
static void check_span(struct manifest_reader *r, const struct manifest_part *part,
		       const struct freeze_window *w)
{
	const struct node *from = node_find(part->map, "From"), *to = node_find(part->map, "To");
	bool again = node_find(part->map, "Days") || node_find(part->map, "Daily");

	manifest_refuse_both(r, part, "From", "Days");
	manifest_refuse_both(r, part, "From", "Daily");
	if (!from && !to && !again)
		report_missing(r, part, "From",
			       "say when: 'From' and 'To', or 'Days' and 'Daily' for times that "
			       "come again");
	else if (from && !to)
		report_missing(r, part, "To", "add 'To: ...', the last day of it");
	else if (to && !from)
		report_missing(r, part, "From", "add 'From: ...', the first day of it");
	else if (from && w->to_ms <= w->from_ms)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_FREEZE_SPAN, to->where, "%s ends before it begins",
				   part->who),
			  "it goes from '%s' to '%s'", text_at(part->map, "From"),
			  text_at(part->map, "To"));
}

static void read_window(struct manifest_reader *r, const struct manifest_part *part,
			struct freeze_window *w)
{
	size_t errors = r->d->error_count;

	w->where = part->map->where;
	w->name = "";
	if (part->map->kind != NODE_MAP) {
		manifest_wrong_shape(r, part->who, part->map, "a map");
		return;
	}
	manifest_read_map(r, part, &keys, w);
	if (r->d->error_count == errors)
		check_span(r, part, w);
	if (!*w->name)
		w->name = name_of(r->a, part->map);
}

void manifest_set_freezes(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	struct freeze_window *windows = ARENA_ARRAY(r->a, value->count, struct freeze_window);

	(void)part;
	(void)into;
	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		struct manifest_part window = {arena_printf(r->a, "freeze window %zu", i + 1), NULL,
					       value->items[i]};

		read_window(r, &window, &windows[i]);
	}
	r->m->freezes = (struct freeze_list){windows, value->count};
}
