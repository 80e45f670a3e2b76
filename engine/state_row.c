/*
 * state_row.c - structs to columns and back, and the checksum that every row carries.
 *
 * A checksum is the first 16 bytes of SHA-256 over the row's kind and its values in the
 * order of the columns: texts and bytes with their length before them, numbers as eight
 * bytes, all lengths and numbers little-endian.  It is part of the file format.
 */
#include "engine/state_row.h"

#include <string.h>

#include "base/digest.h"

void row_put_text(struct row *row, const char *value)
{
	sqlite3_bind_text64(row->stmt, row->next++, value, strlen(value), SQLITE_STATIC,
			    SQLITE_UTF8);
}

void row_put_copy(struct row *row, const char *value)
{
	sqlite3_bind_text64(row->stmt, row->next++, value, strlen(value), SQLITE_TRANSIENT,
			    SQLITE_UTF8);
}

void row_put_int(struct row *row, int64_t value)
{
	sqlite3_bind_int64(row->stmt, row->next++, value);
}

/* A NULL pointer would bind NULL, even with length 0. */
void row_put_bytes(struct row *row, const void *bytes, size_t len)
{
	sqlite3_bind_blob64(row->stmt, row->next++, len ? bytes : "", len, SQLITE_STATIC);
}

void row_put_instance_id(struct row *row, const struct instance_id *id)
{
	row_put_text(row, id->stack);
	row_put_text(row, id->account);
	row_put_text(row, id->region);
}

void row_put_address(struct row *row, const struct address *addr)
{
	row_put_instance_id(row, &addr->instance);
	row_put_text(row, addr->logical_id);
}

struct text row_bytes(struct row *row)
{
	const char *ptr = sqlite3_column_blob(row->stmt, row->next);
	int len = sqlite3_column_bytes(row->stmt, row->next++);
	struct text t = {ptr, ptr ? (size_t)len : 0};

	return (struct text){arena_text(row->a, t), t.len};
}

/* A NUL inside, which only damage can bring, cuts the text; the checksum is made from what is
 * left, so from what is used. */
const char *row_text(struct row *row)
{
	return row_bytes(row).ptr;
}

int64_t row_int(struct row *row)
{
	return sqlite3_column_int64(row->stmt, row->next++);
}

struct instance_id row_instance_id(struct row *row)
{
	struct instance_id id;

	id.stack = row_text(row);
	id.account = row_text(row);
	id.region = row_text(row);
	return id;
}

void row_sum_int(struct str *sum, int64_t value)
{
	uint64_t bits = (uint64_t)value;
	char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(bits >> 8 * i & 0xff);
	str_add_len(sum, bytes, sizeof(bytes));
}

static void sum_bytes(struct str *sum, struct text t)
{
	row_sum_int(sum, (int64_t)t.len);
	str_add_text(sum, t);
}

void row_sum_text(struct str *sum, const char *value)
{
	sum_bytes(sum, text_of(value));
}

static void sum_instance_id(struct str *sum, const struct instance_id *id)
{
	row_sum_text(sum, id->stack);
	row_sum_text(sum, id->account);
	row_sum_text(sum, id->region);
}

static void sum_record(struct str *sum, const struct record *r)
{
	const char *const texts[] = {
		r->addr.logical_id, r->deposed, r->type,      r->provider,   r->id,
		r->inputs,          r->outputs, r->sensitive, r->depends_on, r->endpoint,
		r->deletion_policy};
	const int64_t numbers[] = {r->schema_version, r->tainted, r->version, r->created_ms,
				   r->updated_ms};

	sum_instance_id(sum, &r->addr.instance);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		row_sum_text(sum, texts[i]);
	sum_bytes(sum, r->private_bytes);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		row_sum_int(sum, numbers[i]);
}

static void sum_end(struct text content, unsigned char out[STATE_CHECKSUM_LEN])
{
	unsigned char digest[DIGEST_LEN];

	digest_sha256_raw(content, digest);
	memcpy(out, digest, STATE_CHECKSUM_LEN);
}

struct str *row_sum_start(struct state *s, const char *kind)
{
	str_clear(&s->scratch);
	row_sum_text(&s->scratch, kind);
	return &s->scratch;
}

/* Rows of before version 3 have no generation, and keep their checksums. */
static void sum_live_record(struct state *s, const struct record *r)
{
	struct str *sum = row_sum_start(s, "record");

	sum_record(sum, r);
	if (r->born != BORN_BEFORE)
		row_sum_int(sum, r->born);
}

/* Binds the checksum of what is in scratch; SQLite copies it. */
void row_put_checksum(struct state *s, struct row *row)
{
	unsigned char checksum[STATE_CHECKSUM_LEN];

	sum_end(str_text(&s->scratch), checksum);
	sqlite3_bind_blob(row->stmt, row->next++, checksum, sizeof(checksum), SQLITE_TRANSIENT);
}

bool row_take_checksum(struct state *s, struct row *row)
{
	unsigned char checksum[STATE_CHECKSUM_LEN];
	struct text stored = row_bytes(row);

	sum_end(str_text(&s->scratch), checksum);
	return text_eq(stored, (struct text){(char *)checksum, sizeof(checksum)});
}

static const char *or_text(const char *value, const char *fallback)
{
	return value ? value : fallback;
}

struct record record_filled(const struct record *r)
{
	struct record f = *r;

	f.deposed = or_text(r->deposed, "");
	f.type = or_text(r->type, "");
	f.provider = or_text(r->provider, "");
	f.id = or_text(r->id, "");
	f.inputs = or_text(r->inputs, "{}");
	f.outputs = or_text(r->outputs, "{}");
	f.sensitive = or_text(r->sensitive, "[]");
	f.depends_on = or_text(r->depends_on, "[]");
	f.endpoint = or_text(r->endpoint, "");
	f.deletion_policy = or_text(r->deletion_policy, "");
	return f;
}

struct instance_record instance_filled(const struct instance_record *i)
{
	struct instance_record f = *i;

	f.parameters = or_text(i->parameters, "{}");
	f.outputs = or_text(i->outputs, "{}");
	f.template_name = or_text(i->template_name, "");
	f.template_digest = or_text(i->template_digest, "");
	f.status = or_text(i->status, "");
	f.exports = or_text(i->exports, "");
	f.imports = or_text(i->imports, "");
	f.version = or_text(i->version, "");
	return f;
}

static void put_record_columns(struct row *row, const struct record *r)
{
	row_put_address(row, &r->addr);
	row_put_text(row, r->deposed);
	row_put_text(row, r->type);
	row_put_text(row, r->provider);
	row_put_int(row, r->schema_version);
	row_put_text(row, r->id);
	row_put_text(row, r->inputs);
	row_put_text(row, r->outputs);
	row_put_bytes(row, r->private_bytes.ptr, r->private_bytes.len);
	row_put_text(row, r->sensitive);
	row_put_text(row, r->depends_on);
	row_put_text(row, r->endpoint);
	row_put_text(row, r->deletion_policy);
	row_put_int(row, r->tainted);
	row_put_int(row, r->version);
	row_put_int(row, r->created_ms);
	row_put_int(row, r->updated_ms);
}

static void take_record_columns(struct row *row, struct record *r)
{
	r->addr.instance = row_instance_id(row);
	r->addr.logical_id = row_text(row);
	r->deposed = row_text(row);
	r->type = row_text(row);
	r->provider = row_text(row);
	r->schema_version = (uint32_t)row_int(row);
	r->id = row_text(row);
	r->inputs = row_text(row);
	r->outputs = row_text(row);
	r->private_bytes = row_bytes(row);
	r->sensitive = row_text(row);
	r->depends_on = row_text(row);
	r->endpoint = row_text(row);
	r->deletion_policy = row_text(row);
	r->tainted = row_int(row) != 0;
	r->version = row_int(row);
	r->created_ms = row_int(row);
	r->updated_ms = row_int(row);
}

void record_put(struct state *s, struct row *row, const struct record *filled)
{
	sum_live_record(s, filled);
	put_record_columns(row, filled);
	row_put_int(row, filled->born);
	row_put_checksum(s, row);
}

bool record_take(struct state *s, struct row *row, struct record *out)
{
	take_record_columns(row, out);
	out->born = row_int(row);
	sum_live_record(s, out);
	return row_take_checksum(s, row);
}

static void sum_instance(struct state *s, const struct instance_record *i)
{
	struct str *sum = row_sum_start(s, "instance");

	sum_instance_id(sum, &i->id);
	row_sum_text(sum, i->parameters);
	row_sum_text(sum, i->outputs);
	row_sum_text(sum, i->template_name);
	row_sum_text(sum, i->template_digest);
	row_sum_text(sum, i->status);
	row_sum_int(sum, i->applied_ms);
	/* Rows of version 1 have neither, and keep their checksums. */
	if (*i->exports || *i->imports) {
		row_sum_text(sum, i->exports);
		row_sum_text(sum, i->imports);
	}
	if (i->generation)
		row_sum_int(sum, i->generation);
	if (i->protected)
		row_sum_text(sum, "protected");
	if (*i->version)
		row_sum_text(sum, i->version);
}

void instance_put(struct state *s, struct row *row, const struct instance_record *filled)
{
	struct instance_record summed = *filled;
	char digest[VERSION_DIGEST_SIZE];

	version_digest(filled->version, digest);
	summed.version = digest;
	row_put_instance_id(row, &filled->id);
	row_put_text(row, filled->parameters);
	row_put_text(row, filled->outputs);
	row_put_text(row, filled->template_name);
	row_put_text(row, filled->template_digest);
	row_put_text(row, filled->status);
	row_put_int(row, filled->applied_ms);
	row_put_text(row, filled->exports);
	row_put_text(row, filled->imports);
	row_put_int(row, filled->generation);
	row_put_int(row, filled->protected);
	row_put_copy(row, digest);
	sum_instance(s, &summed);
	row_put_checksum(s, row);
}

bool instance_take(struct state *s, struct row *row, struct instance_record *out)
{
	out->id = row_instance_id(row);
	out->parameters = row_text(row);
	out->outputs = row_text(row);
	out->template_name = row_text(row);
	out->template_digest = row_text(row);
	out->status = row_text(row);
	out->applied_ms = row_int(row);
	out->exports = row_text(row);
	out->imports = row_text(row);
	out->generation = row_int(row);
	out->protected = row_int(row) != 0;
	out->version = row_text(row);
	sum_instance(s, out);
	return row_take_checksum(s, row);
}

static void sum_begin(struct state *s, const struct operation *op)
{
	struct str *sum = row_sum_start(s, "begin");

	row_sum_text(sum, op->id);
	row_sum_text(sum, operation_action_name(op->action));
	row_sum_text(sum, or_text(op->desired_digest, ""));
	row_sum_int(sum, op->begun_ms);
	sum_record(sum, &op->intended);
	/* Rows of before version 3 name no run. */
	if (op->run && *op->run)
		row_sum_text(sum, op->run);
}

static void sum_progress(struct state *s, const struct operation *op)
{
	struct str *sum = row_sum_start(s, "progress");

	row_sum_text(sum, op->id);
	row_sum_text(sum, or_text(op->token, ""));
	row_sum_int(sum, op->poll_at_ms);
	row_sum_int(sum, op->ended_ms);
	row_sum_text(sum, operation_result_name(op->result));
	row_sum_text(sum, or_text(op->message, ""));
	row_sum_int(sum, op->attempts);
}

void operation_progress_put(struct state *s, struct row *row, const struct operation *op)
{
	row_put_text(row, or_text(op->token, ""));
	row_put_int(row, op->poll_at_ms);
	row_put_int(row, op->ended_ms);
	row_put_text(row, operation_result_name(op->result));
	row_put_text(row, or_text(op->message, ""));
	row_put_int(row, op->attempts);
	sum_progress(s, op);
	row_put_checksum(s, row);
}

/* The intended record is about the same thing as the operation. */
void operation_put(struct state *s, struct row *row, const struct operation *op)
{
	struct operation filled = *op;

	filled.intended.addr = op->addr;
	filled.intended.deposed = op->deposed;
	filled.intended = record_filled(&filled.intended);
	put_record_columns(row, &filled.intended);
	row_put_text(row, op->id);
	row_put_text(row, operation_action_name(op->action));
	row_put_text(row, or_text(op->desired_digest, ""));
	row_put_int(row, op->begun_ms);
	sum_begin(s, &filled);
	row_put_checksum(s, row);
	operation_progress_put(s, row, &filled);
	row_put_text(row, or_text(op->run, ""));
}

static bool parse_action(const char *name, enum operation_action *out)
{
	for (int i = OPERATION_CREATE; i < OPERATION_ACTION_COUNT; i++) {
		if (strcmp(operation_action_name((enum operation_action)i), name) == 0) {
			*out = (enum operation_action)i;
			return true;
		}
	}
	return false;
}

bool operation_result_parse(const char *name, enum operation_result *out)
{
	for (int i = OPERATION_OPEN; i <= OPERATION_ABANDONED; i++) {
		if (strcmp(operation_result_name((enum operation_result)i), name) == 0) {
			*out = (enum operation_result)i;
			return true;
		}
	}
	return false;
}

bool operation_take(struct state *s, struct row *row, struct operation *out)
{
	bool known;

	take_record_columns(row, &out->intended);
	out->addr = out->intended.addr;
	out->deposed = out->intended.deposed;
	out->id = row_text(row);
	known = parse_action(row_text(row), &out->action);
	out->desired_digest = row_text(row);
	out->begun_ms = row_int(row);
	out->token = row_text(row);
	out->poll_at_ms = row_int(row);
	out->ended_ms = row_int(row);
	known = operation_result_parse(row_text(row), &out->result) && known;
	out->message = row_text(row);
	out->attempts = (int)row_int(row);
	out->run = row_text(row);
	if (!known)
		return false;
	sum_begin(s, out);
	if (!row_take_checksum(s, row))
		return false;
	sum_progress(s, out);
	return row_take_checksum(s, row);
}

void meta_checksum(const char *name, struct text value, unsigned char out[STATE_CHECKSUM_LEN])
{
	struct str sum = STR_INIT;

	row_sum_text(&sum, "meta");
	row_sum_text(&sum, name);
	sum_bytes(&sum, value);
	sum_end(str_text(&sum), out);
	str_release(&sum);
}
