/* state_rows.c - rows of recorded state to JSON. */
#include "engine/state_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "engine/state_rows_parts.h"

#define AT_INSTANCE "stack = ?1 AND account = ?2 AND region = ?3"

static const struct rows_table instance_tables[] = {
	{"instance", AT_INSTANCE, "stack"},
	{"record", AT_INSTANCE, "logical_id, deposed"},
	{"kept", AT_INSTANCE, "logical_id"},
	{"operation", AT_INSTANCE " AND result = 'open'", "operation"},
	{"version", "digest IN (SELECT made_from FROM instance WHERE " AT_INSTANCE ")", "digest"},
	{NULL, NULL, NULL},
};
static const struct rows_table run_tables[] = {
	{"run", "run = ?1", "run"},
	{"result", "run = ?1", "stack, account, region"},
	{"version",
	 "digest IN (SELECT made_from FROM run WHERE run = ?1 UNION "
	 "SELECT made_from FROM result WHERE run = ?1)",
	 "digest"},
	{NULL, NULL, NULL},
};
static const struct rows_table execution_tables[] = {
	{"execution", "execution = ?1", "execution"},
	{"execution_event", "execution = ?1", "number"},
	{"execution_request", "execution = ?1", "number"},
	{NULL, NULL, NULL},
};
static const struct rows_table meta_tables[] = {
	{"meta", "name <> '" META_UNVERIFIED "'", "name"},
	{NULL, NULL, NULL},
};
static const struct rows_table override_tables[] = {
	{"override", "1", "stack, account, region, parameter"},
	{NULL, NULL, NULL},
};
static const struct rows_table recreation_tables[] = {
	{"recreation", "1", "region"},
	{"abandoned", "1", "stack, account, region, logical_id, deposed"},
	{NULL, NULL, NULL},
};
static const struct rows_table sample_tables[] = {
	{"check_sample", "1", "slot, name, region"},
	{NULL, NULL, NULL},
};

/* What is listed of a kind: its keys.  NULL: there is one file of it. */
static const struct {
	const struct rows_table *tables;
	const char *list;
} kinds[] = {
	[ROWS_INSTANCE] = {instance_tables,
			   "SELECT stack, account, region FROM instance UNION "
			   "SELECT stack, account, region FROM record UNION "
			   "SELECT stack, account, region FROM kept UNION "
			   "SELECT stack, account, region FROM operation WHERE result = 'open'"},
	[ROWS_RUN] = {run_tables, "SELECT run FROM run WHERE ended_ms <> 0 ORDER BY run"},
	[ROWS_RUNNING] = {run_tables, "SELECT run FROM run WHERE ended_ms = 0 ORDER BY run"},
	[ROWS_EXECUTION] =
		{execution_tables,
		 "SELECT execution, entries || status FROM execution ORDER BY execution"},
	[ROWS_META] = {meta_tables, NULL},
	[ROWS_OVERRIDES] = {override_tables, NULL},
	[ROWS_RECREATION] = {recreation_tables, NULL},
	[ROWS_SAMPLES] = {sample_tables, NULL},
};
_Static_assert(ARRAY_LEN(kinds) == ROWS_OF_COUNT, "tables for every kind of file");

const struct rows_table *rows_tables(enum rows_of of)
{
	return kinds[of].tables;
}

int rows_begin(struct state *s, struct diags *d)
{
	if (!state_usable(s, d))
		return -1;
	return s->db ? state_begin(s, QUERY_BEGIN_READ, d) : 0;
}

void rows_end(struct state *s)
{
	if (s->db)
		state_rollback(s);
}

int64_t rows_data_version(struct state *s)
{
	struct diags ignored = DIAGS_INIT;
	int64_t number = state_foreign_commits(s, &ignored);

	diags_release(&ignored);
	return number;
}

sqlite3_stmt *rows_prepare(struct state *s, const char *sql, struct diags *d)
{
	sqlite3_stmt *q = NULL;
	int code = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);

	if (code != SQLITE_OK)
		state_fail(s, code, d);
	return q;
}

void rows_bind_key(struct state *s, sqlite3_stmt *q, const struct rows_key *key)
{
	struct row row = {q, 1, NULL};

	(void)s;
	if (key->of == ROWS_INSTANCE)
		row_put_instance_id(&row, &key->instance);
	else if (key->name)
		row_put_text(&row, key->name);
}

/* --- which files --- */

static void take_key(sqlite3_stmt *q, enum rows_of of, struct arena *a, struct rows_key *out)
{
	struct row row = {q, 0, a};

	*out = (struct rows_key){.of = of};
	if (of == ROWS_INSTANCE)
		out->instance = row_instance_id(&row);
	else
		out->name = row_text(&row);
	if (of == ROWS_EXECUTION)
		out->mark = row_text(&row);
}

int rows_list(struct state *s, enum rows_of of, struct arena *a, struct rows_list *out,
	      struct diags *d)
{
	struct {
		VEC_OF(struct rows_key)
	} keys = {0};
	sqlite3_stmt *q;
	int code = SQLITE_DONE;

	*out = (struct rows_list){NULL, 0};
	if (!kinds[of].list || !s->db) {
		if (s->db)
			*arena_vec_add(a, &keys) = (struct rows_key){.of = of};
		goto out;
	}
	q = rows_prepare(s, kinds[of].list, d);
	if (!q)
		return -1;
	while ((code = sqlite3_step(q)) == SQLITE_ROW)
		take_key(q, of, a, arena_vec_add(a, &keys));
	if (code != SQLITE_DONE)
		state_fail(s, code, d);
	sqlite3_finalize(q);
out:
	*out = (struct rows_list){keys.items, keys.count};
	return code == SQLITE_DONE ? 0 : -1;
}

/* --- rows --- */

static json_t *bytes_json(const unsigned char *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	struct str hex = STR_INIT;
	json_t *j;

	for (size_t i = 0; i < len; i++) {
		str_add_char(&hex, digits[bytes[i] >> 4]);
		str_add_char(&hex, digits[bytes[i] & 15]);
	}
	j = json_pack("{s:s}", ROWS_HEX, str_cstr(&hex));
	str_release(&hex);
	return j;
}

/* A document is readable as one when it comes back the same. */
static json_t *text_json(const char *text)
{
	struct str again = STR_INIT;
	json_t *j = *text == '{' || *text == '[' ? json_parse(text_of(text), NULL, NULL) : NULL;

	if (j)
		json_canonical(j, &again);
	if (!j || strcmp(str_cstr(&again), text) != 0 || json_object_get(j, ROWS_HEX)) {
		json_decref(j);
		j = json_string(text);
	}
	str_release(&again);
	return j;
}

static json_t *column_json(sqlite3_stmt *q, int i)
{
	switch (sqlite3_column_type(q, i)) {
	case SQLITE_INTEGER:
		return json_integer(sqlite3_column_int64(q, i));
	case SQLITE_BLOB:
		return bytes_json(sqlite3_column_blob(q, i), (size_t)sqlite3_column_bytes(q, i));
	case SQLITE_TEXT:
		return text_json((const char *)sqlite3_column_text(q, i));
	default:
		return json_null();
	}
}

static json_t *row_json(sqlite3_stmt *q)
{
	json_t *j = json_object();

	for (int i = 0; i < sqlite3_column_count(q); i++)
		json_object_set_new(j, sqlite3_column_name(q, i), column_json(q, i));
	return j;
}

static json_t *table_json(struct state *s, const struct rows_table *t, const struct rows_key *key,
			  struct diags *d)
{
	struct str sql = STR_INIT;
	json_t *rows = NULL;
	sqlite3_stmt *q;
	int code;

	str_printf(&sql, "SELECT * FROM %s WHERE %s ORDER BY %s", t->name, t->where, t->order);
	q = rows_prepare(s, str_cstr(&sql), d);
	str_release(&sql);
	if (!q)
		return NULL;
	rows = json_array();
	rows_bind_key(s, q, key);
	while ((code = sqlite3_step(q)) == SQLITE_ROW)
		json_array_append_new(rows, row_json(q));
	if (code != SQLITE_DONE) {
		state_fail(s, code, d);
		json_decref(rows);
		rows = NULL;
	}
	sqlite3_finalize(q);
	return rows;
}

/* Creations of a run that goes on, which have ended: whoever restores does not look for them. */
static json_t *ended_json(struct state *s, const struct rows_key *key, struct diags *d)
{
	static const char sql[] =
		"SELECT operation FROM operation WHERE run IN (SELECT run FROM run WHERE "
		"ended_ms = 0) AND " AT_INSTANCE " AND action = 'create' AND result <> 'open' "
		"ORDER BY operation";
	sqlite3_stmt *q = rows_prepare(s, sql, d);
	json_t *list = json_array();

	if (!q)
		return list;
	rows_bind_key(s, q, key);
	while (sqlite3_step(q) == SQLITE_ROW)
		json_array_append_new(list, json_string((const char *)sqlite3_column_text(q, 0)));
	sqlite3_finalize(q);
	return list;
}

static int schema_version(struct state *s)
{
	struct diags ignored = DIAGS_INIT;
	sqlite3_stmt *q = rows_prepare(s, "PRAGMA user_version", &ignored);
	int version = 0;

	if (q && sqlite3_step(q) == SQLITE_ROW)
		version = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	diags_release(&ignored);
	return version;
}

json_t *rows_file(struct state *s, const struct rows_key *key, bool *empty, struct diags *d)
{
	json_t *rows = json_object(), *file, *ended;
	const struct rows_table *t = kinds[key->of].tables;

	*empty = true;
	for (; t->name; t++) {
		json_t *list = table_json(s, t, key, d);

		if (!list) {
			json_decref(rows);
			return NULL;
		}
		*empty = *empty && json_array_size(list) == 0;
		json_object_set_new(rows, t->name, list);
	}
	file = json_pack("{s:i, s:i, s:o}", "format", ROWS_FORMAT, "schema", schema_version(s),
			 "rows", rows);
	if (key->of == ROWS_INSTANCE) {
		ended = ended_json(s, key, d);
		if (json_array_size(ended))
			json_object_set(file, "ended", ended);
		json_decref(ended);
	}
	return file;
}

void rows_text(const json_t *file, struct str *out)
{
	json_canonical(file, out);
	str_add_char(out, '\n');
}

static bool is_time(const char *name)
{
	return text_ends(text_of(name), "_ms") && strcmp(name, "lease_until_ms") != 0 &&
	       strcmp(name, "poll_at_ms") != 0;
}

int64_t rows_changed_ms(const json_t *file)
{
	int64_t latest = 0;
	const char *table, *column;
	json_t *rows, *row, *value;
	size_t i;

	json_object_foreach(json_object_get(file, "rows"), table, rows)
	{
		json_array_foreach(rows, i, row)
		{
			json_object_foreach(row, column, value)
			{
				int64_t at = is_time(column) ? json_integer_value(value) : 0;

				latest = at > latest ? at : latest;
			}
		}
	}
	return latest;
}
