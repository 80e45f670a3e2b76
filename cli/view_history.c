/* view_history.c - versions, and the deployments of a stack. */
#include <string.h>

#include "cli/json_plan.h"
#include "cli/view_operation.h"
#include "cli/view_table.h"
#include "cli/view_text.h"

#define FILES_NAMED 4
#define SUBJECT_COLUMNS 50

/* --- a version ----------------------------------------------------------------------- */

void view_version(struct str *out, const struct version *v)
{
	struct arena *a = arena_new();

	shown_text(out, text_of(version_text(a, v)));
	for (size_t i = 0; i < v->file_count && i < FILES_NAMED; i++) {
		str_add(out, i ? ", " : ": ");
		shown_text(out, text_of(v->files[i].path));
	}
	if (v->file_count > FILES_NAMED)
		str_printf(out, " and %zu more", v->file_count - FILES_NAMED);
	if (v->dirty && !v->file_count)
		str_add(out, ", other files of the work tree differ");
	arena_free(a);
}

/* --- deployments --------------------------------------------------------------------- */

static const char *shown(struct arena *a, const char *text, size_t columns)
{
	struct str safe = STR_INIT;
	const char *copy;

	shown_text(&safe, text_of(text ? text : ""));
	if (columns && shown_columns(str_text(&safe)) > columns)
		copy = arena_printf(a, "%.*s...",
				    TEXT_ARG(cut_to_columns(str_text(&safe), columns - 3)));
	else
		copy = arena_strdup(a, str_cstr(&safe));
	str_release(&safe);
	return copy;
}

/* "1a2b3c4d5e*": an asterisk for what differs from the commit. */
static const char *commit_cell(struct arena *a, const struct version *v)
{
	if (!v || !v->commit)
		return "-";
	return arena_printf(a, "%s%s", version_short_id(a, v),
			    v->dirty || v->file_count ? "*" : "");
}

/* What --ref was given, unless that is the commit's id, which stands beside it. */
static const char *ref_cell(struct arena *a, const struct version *v)
{
	const char *name = v ? v->ref : NULL;

	if (name && v->commit && text_starts(text_of(v->commit), name))
		name = NULL;
	if (v && !name)
		name = v->branch ? v->branch : v->tag;
	return name ? shown(a, name, 0) : "";
}

static const char *subject_cell(struct arena *a, const struct version *v)
{
	if (!v)
		return "";
	return v->commit ? shown(a, v->subject, SUBJECT_COLUMNS)
			 : arena_printf(a, "(%s)", v->nowhere);
}

static const char *time_cell(struct arena *a, int64_t wall_ms)
{
	char text[CLOCK_TEXT_LEN];

	clock_format_rfc3339(wall_ms, text);
	return arena_strdup(a, text);
}

static bool any_differs(const struct deployment_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct version *v = rows->items[i].version;

		if (v && (v->dirty || v->file_count))
			return true;
	}
	return false;
}

void view_deployments(struct str *out, const struct deployment_rows *rows, const struct style *st)
{
	static const char *const titles[] = {"STARTED", "INSTANCE", "STATUS",  "COMMIT",
					     "REF",     "AUTHOR",   "SUBJECT", "RUN"};
	struct table t;

	if (!rows->count) {
		str_add(out, "Nothing of it is in the history.\n");
		return;
	}
	table_open(&t, ARRAY_LEN(titles), rows->count + 1);
	table_set(&t, 0, titles);
	for (size_t i = 0; i < rows->count; i++) {
		const struct deployment_row *row = &rows->items[i];
		const struct version *v = row->version;
		const char *const cells[] = {
			time_cell(t.a, row->at_ms),
			instance_id_text(t.a, &row->id),
			row->status,
			commit_cell(t.a, v),
			ref_cell(t.a, v),
			shown(t.a, v ? v->author_name : "", 0),
			subject_cell(t.a, v),
			row->run->id,
		};

		table_set(&t, i + 1, cells);
	}
	for (size_t i = 0; i < t.rows; i++)
		table_row(&t, i, 2, out, st);
	table_close(&t);
	if (any_differs(rows))
		str_add(out, "* with changes that were not committed\n");
}

json_t *json_deployment(const struct deployment_row *row)
{
	json_t *j = json_line("deployment");

	json_set_text(j, "stack", row->id.stack);
	json_set_text(j, "account", row->id.account);
	json_set_text(j, "region", row->id.region);
	json_set_text(j, "status", row->status);
	json_object_set_new(j, "started", json_time(row->at_ms));
	json_set_text(j, "run", row->run->id);
	json_set_text(j, "command", row->run->command);
	json_set_text(j, "user", row->run->owner.user);
	if (row->version)
		json_object_set_new(j, "version", version_json(row->version));
	return j;
}
