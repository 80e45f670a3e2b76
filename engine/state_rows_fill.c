/* state_rows_fill.c - JSON back to rows of a state that was just made. */
#include <string.h>

#include "engine/recreation.h"
#include "engine/runbook/journal.h"
#include "engine/state_edit.h"
#include "engine/state_history.h"
#include "engine/state_rows_parts.h"

#define ROWS_MAX 1000000
#define VERIFIED_NO "1"

struct filling {
	struct state *s;
	const struct rows_key *key;
	const struct rows_table *table;
	struct arena *a;
	const char **why;
};

static int refuse(struct filling *f, const char *why)
{
	if (!*f->why)
		*f->why = why;
	return -1;
}

/* --- one value --- */

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False when it is not what bytes_json made. */
static bool take_bytes(const json_t *j, struct arena *a, struct text *out)
{
	const char *hex = json_str(j, ROWS_HEX, NULL);
	size_t len = hex ? strlen(hex) : 1;
	char *bytes;

	if (len % 2 || json_object_size(j) != 1)
		return false;
	bytes = ARENA_ARRAY(a, len / 2 + 1, char);
	for (size_t i = 0; i < len / 2; i++) {
		int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (char)(high << 4 | low);
	}
	*out = (struct text){bytes, len / 2};
	return true;
}

const char *rows_bytes(const json_t *column, struct arena *a)
{
	struct text bytes;

	return take_bytes(column, a, &bytes) ? arena_text(a, bytes) : "";
}

/* As text_json had it. */
static const char *column_text(const json_t *value, struct arena *a)
{
	return json_is_string(value) ? json_string_value(value) : json_text(a, value);
}

static bool bind(struct row *row, const char *type, const json_t *value, struct arena *a)
{
	struct text bytes;

	if (strcmp(type, "INTEGER") == 0) {
		row_put_int(row, json_integer_value(value));
		return json_is_integer(value);
	}
	if (strcmp(type, "BLOB") == 0) {
		if (!take_bytes(value, a, &bytes))
			return false;
		row_put_bytes(row, bytes.ptr, bytes.len);
		return true;
	}
	if (!json_is_string(value) && !json_is_object(value) && !json_is_array(value))
		return false;
	row_put_text(row, column_text(value, a));
	return true;
}

/* --- one row --- */

/* The columns of a table, and how a row of it goes in. */
struct columns {
	const char **names, **types;
	size_t count;
	sqlite3_stmt *insert;
};

static bool read_columns(struct filling *f, struct columns *out)
{
	struct diags ignored = DIAGS_INIT;
	sqlite3_stmt *q =
		rows_prepare(f->s, "SELECT name, type FROM pragma_table_info(?1)", &ignored);
	struct row row = {q, 1, f->a};

	out->names = ARENA_ARRAY(f->a, 64, const char *);
	out->types = ARENA_ARRAY(f->a, 64, const char *);
	if (q)
		row_put_text(&row, f->table->name);
	while (q && out->count < 64 && sqlite3_step(q) == SQLITE_ROW) {
		row.next = 0;
		out->names[out->count] = row_text(&row);
		out->types[out->count++] = row_text(&row);
	}
	sqlite3_finalize(q);
	diags_release(&ignored);
	return out->count > 0;
}

/* A row that several files have, each that refers to it. */
static bool is_shared(const struct rows_table *t)
{
	return strcmp(t->name, "version") == 0;
}

static int prepare_insert(struct filling *f, struct columns *c)
{
	/* What is shared stands in each file that names it. */
	bool again = f->key->of == ROWS_META || is_shared(f->table);
	const char *verb = again ? "INSERT OR REPLACE" : "INSERT";
	struct diags ignored = DIAGS_INIT;
	struct str sql = STR_INIT;

	if (!read_columns(f, c))
		return refuse(f, "its table is not known");
	str_printf(&sql, "%s INTO %s VALUES (?", verb, f->table->name);
	for (size_t i = 1; i < c->count; i++)
		str_add(&sql, ", ?");
	str_add_char(&sql, ')');
	c->insert = rows_prepare(f->s, str_cstr(&sql), &ignored);
	str_release(&sql);
	diags_release(&ignored);
	return c->insert ? 0 : refuse(f, "its table is not known");
}

static bool is_about_instance(const struct rows_key *key, const json_t *row)
{
	return strcmp(json_str(row, "stack", ""), key->instance.stack) == 0 &&
	       strcmp(json_str(row, "account", ""), key->instance.account) == 0 &&
	       strcmp(json_str(row, "region", ""), key->instance.region) == 0;
}

static bool is_about(const struct rows_key *key, const json_t *row)
{
	if (key->of == ROWS_INSTANCE)
		return is_about_instance(key, row);
	if (key->of == ROWS_RUN || key->of == ROWS_RUNNING)
		return strcmp(json_str(row, "run", ""), key->name) == 0;
	return key->of != ROWS_EXECUTION || strcmp(json_str(row, "execution", ""), key->name) == 0;
}

/* Of rows that the checks below do not read: an operation that has ended stays behind, and a
 * version is named by its digest. */
static bool is_proper(const struct filling *f, const json_t *row)
{
	const json_t *document = json_object_get(row, "document");
	char digest[VERSION_DIGEST_SIZE];

	if (strcmp(f->table->name, "operation") == 0)
		return strcmp(json_str(row, "result", ""), "open") == 0;
	if (!is_shared(f->table))
		return true;
	version_digest(document ? column_text(document, f->a) : "", digest);
	return strcmp(json_str(row, "digest", ""), digest) == 0;
}

static int fill_row(struct filling *f, const struct columns *c, const json_t *j)
{
	struct row row = {c->insert, 1, NULL};
	int code;

	if (!json_is_object(j) || json_object_size(j) != c->count)
		return refuse(f, "a row has other columns than it should");
	if (!is_shared(f->table) && !is_about(f->key, j))
		return refuse(f, "a row is about something else than the file's name says");
	if (!is_proper(f, j))
		return refuse(f, arena_printf(f->a, "a row of '%s' is not one of a mirror",
					      f->table->name));
	for (size_t i = 0; i < c->count; i++) {
		if (!bind(&row, c->types[i], json_object_get(j, c->names[i]), f->a))
			return refuse(f, arena_printf(f->a, "a row of '%s' has no proper '%s'",
						      f->table->name, c->names[i]));
	}
	code = sqlite3_step(c->insert);
	sqlite3_reset(c->insert);
	if (code != SQLITE_DONE)
		return refuse(f, arena_printf(f->a, "a row of '%s' cannot be put in: %s",
					      f->table->name, sqlite3_errmsg(f->s->db)));
	return 0;
}

static int fill_table(struct filling *f, const json_t *rows)
{
	struct columns c = {NULL, NULL, 0, NULL};
	const json_t *row;
	size_t i;
	int rc;

	if (!json_is_array(rows) || json_array_size(rows) > ROWS_MAX)
		return refuse(f, arena_printf(f->a, "it has no list of '%s'", f->table->name));
	if (json_array_size(rows) == 0)
		return 0;
	rc = prepare_insert(f, &c);
	json_array_foreach(rows, i, row)
	{
		rc = rc == 0 ? fill_row(f, &c, row) : rc;
	}
	sqlite3_finalize(c.insert);
	return rc;
}

/* --- what came in must be what was once recorded --- */

static int check_own_row(struct filling *f, struct diags *d)
{
	struct row row = {state_query(f->s, QUERY_INSTANCE, d), 1, f->a};
	struct instance_record found;
	bool whole = true;
	int got;

	if (!row.stmt)
		return -1;
	row_put_instance_id(&row, &f->key->instance);
	got = state_step(f->s, row.stmt, d);
	if (got == 1) {
		row.next = 0;
		whole = instance_take(f->s, &row, &found);
		state_reset(row.stmt);
	}
	if (!whole)
		diag_add(d, DIAG_STATE_CORRUPT, RANGE_NONE,
			 "the row of the instance does not fit its checksum");
	return got < 0 || !whole ? -1 : 0;
}

static int check_instance(struct filling *f, struct diags *d)
{
	const struct instance_id *id = &f->key->instance;
	struct operation_list operations;
	struct record_list records;

	return check_own_row(f, d) || state_load_records(f->s, id, f->a, &records, d) ||
	       state_load_kept(f->s, id, f->a, &records, d) ||
	       state_load_open_operations(f->s, id, f->a, &operations, d);
}

static int check_execution(struct filling *f, struct diags *d)
{
	const struct journal_part part = {f->key->name, 0};
	struct execution_list rows;
	struct journal_list list;
	struct ask_list asks;

	return journal_load_execution(f->s, f->key->name, f->a, &rows, d) ||
	       journal_load_entries(f->s, &part, f->a, &list, d) ||
	       journal_load_asks(f->s, &part, f->a, &asks, d);
}

static int check_run(struct filling *f, struct diags *d)
{
	struct result_list results;
	struct run_list runs;

	return state_load_run(f->s, f->key->name, f->a, &runs, d) || runs.count != 1 ||
	       state_load_results(f->s, f->key->name, f->a, &results, d);
}

static int check_rows(struct filling *f, struct diags *d)
{
	struct override_list overrides;
	struct recreation_list recreations;
	struct record_list records;

	switch (f->key->of) {
	case ROWS_INSTANCE:
		return check_instance(f, d);
	case ROWS_RUN:
	case ROWS_RUNNING:
		return check_run(f, d);
	case ROWS_EXECUTION:
		return check_execution(f, d);
	case ROWS_OVERRIDES:
		return journal_load_overrides(f->s, f->a, &overrides, d);
	case ROWS_RECREATION:
		return recreation_load(f->s, f->a, &recreations, d) ||
		       recreation_load_abandoned(f->s, NULL, f->a, &records, d);
	case ROWS_META: /* looked at when the state is opened */
	case ROWS_SAMPLES:
		break;
	}
	return 0;
}

/* A damaged row ends the use of a handle: here it is only the file that is no good. */
static int check(struct filling *f)
{
	struct diags found = DIAGS_INIT;
	int rc = check_rows(f, &found) ? -1 : 0;

	if (rc)
		refuse(f, found.first ? arena_strdup(f->a, found.first->summary)
				      : "a row of it is missing");
	f->s->broken = false;
	diags_release(&found);
	return rc;
}

int rows_fill(struct state *s, const struct rows_key *key, const json_t *file, struct arena *a,
	      const char **why)
{
	struct filling f = {s, key, rows_tables(key->of), a, why};
	const json_t *rows = json_object_get(file, "rows");

	*why = NULL;
	if (json_int(file, "format", 0) != ROWS_FORMAT)
		return refuse(&f, "its format is not known");
	for (; f.table->name; f.table++) {
		if (fill_table(&f, json_object_get(rows, f.table->name)) != 0)
			return -1;
	}
	return check(&f);
}

int rows_fill_begin(struct state *s, struct diags *d)
{
	return state_begin(s, QUERY_BEGIN_WRITE, d);
}

int rows_fill_end(struct state *s, struct diags *d)
{
	return state_end(s, d);
}

int rows_fill_operation(struct state *s, const struct operation *op, struct diags *d)
{
	struct row row = {state_query(s, QUERY_OPERATION_BEGIN, d), 1, NULL};
	int code;

	if (!row.stmt)
		return -1;
	operation_put(s, &row, op);
	code = sqlite3_step(row.stmt);
	if (code != SQLITE_DONE && (code & 0xff) != SQLITE_CONSTRAINT)
		state_fail(s, code, d);
	state_reset(row.stmt);
	return code == SQLITE_DONE || (code & 0xff) == SQLITE_CONSTRAINT ? 0 : -1;
}

/* --- facts of the state --- */

static int read_meta(struct state *s, const char *name, struct arena *a, struct text *out,
		     struct diags *d)
{
	struct row row = {s->db ? state_query(s, QUERY_META, d) : NULL, 1, a};
	int got;

	*out = (struct text){NULL, 0};
	if (!row.stmt)
		return s->db ? -1 : 0;
	row_put_text(&row, name);
	got = state_step(s, row.stmt, d);
	if (got != 1)
		return got;
	row.next = 0;
	*out = row_bytes(&row);
	state_reset(row.stmt);
	return 0;
}

const char *state_lineage(struct state *s, struct arena *a, struct diags *d)
{
	struct text value;

	return read_meta(s, "lineage", a, &value, d) == 0 && value.ptr ? arena_text(a, value) : "";
}

int state_is_unverified(struct state *s, struct diags *d)
{
	struct arena *a = arena_new();
	struct text value;
	int rc = read_meta(s, META_UNVERIFIED, a, &value, d);
	bool is = rc == 0 && value.ptr && text_is(value, VERIFIED_NO);

	arena_free(a);
	return rc ? -1 : is;
}

int state_set_unverified(struct state *s, bool unverified, struct diags *d)
{
	const char *value = unverified ? VERIFIED_NO : "0";
	struct row row = {state_query(s, QUERY_META_PUT, d), 1, NULL};
	unsigned char sum[STATE_CHECKSUM_LEN];

	if (!row.stmt)
		return -1;
	meta_checksum(META_UNVERIFIED, text_of(value), sum);
	row_put_text(&row, META_UNVERIFIED);
	row_put_bytes(&row, value, strlen(value));
	row_put_bytes(&row, sum, sizeof(sum));
	return state_step(s, row.stmt, d);
}
