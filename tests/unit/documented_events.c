/* documented_events.c - see documented_events.h.  Tests run where docs/ is. */
#include "tests/unit/documented_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "base/str.h"

#define PAGE "docs/reports.md"

/* The row of the table, from its kind on; NULL: there is none. */
static bool row_of(struct text page, const char *kind, struct text *row)
{
	struct text_split lines = text_split_start(page);
	struct str begin = STR_INIT;
	bool found = false;

	str_printf(&begin, "| `%s` |", kind);
	while (!found && text_next(&lines, '\n', row))
		found = text_starts(*row, str_cstr(&begin));
	str_release(&begin);
	return found;
}

static bool row_has(struct text row, const char *word)
{
	struct str quoted = STR_INIT;
	bool found;

	str_printf(&quoted, "`%s`", word);
	found = memmem(row.ptr, row.len, str_cstr(&quoted), quoted.len) != NULL;
	str_release(&quoted);
	return found;
}

void assert_event_documented(const struct journal_entry *e)
{
	json_t *data = json_parse(text_of(e->data), NULL, NULL), *member;
	struct str page = STR_INIT;
	struct text row;
	const char *name;

	assert_int_equal(file_read(PAGE, (size_t)1 << 20, &page), 0);
	if (!row_of(str_text(&page), entry_kind_name(e->kind), &row))
		fail_msg(PAGE " has no event %s", entry_kind_name(e->kind));
	json_object_foreach(data, name, member)
	{
		if (!row_has(row, "...") && !row_has(row, name))
			fail_msg(PAGE ": %s has no member %s", entry_kind_name(e->kind), name);
	}
	json_decref(data);
	str_release(&page);
}
