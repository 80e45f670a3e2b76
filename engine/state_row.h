/*
 * state_row.h - structs to columns and back, with the checksum that every row carries.
 * Private to the SQLite store.
 *
 * A row is bound or read column by column, in the order of the STATE_..._COLUMNS lists.  A
 * value that SQLite cannot take stays NULL, which every column refuses.
 */
#ifndef ENGINE_STATE_ROW_H
#define ENGINE_STATE_ROW_H

#include "engine/state_sqlite.h"

struct row {
	sqlite3_stmt *stmt;
	int next;        /* parameter (from 1) or column (from 0) */
	struct arena *a; /* for reading */
};
void row_put_text(struct row *row, const char *value);
/* SQLite copies it: for what does not live until the statement is run. */
void row_put_copy(struct row *row, const char *value);
void row_put_int(struct row *row, int64_t value);
void row_put_bytes(struct row *row, const void *bytes, size_t len);
void row_put_instance_id(struct row *row, const struct instance_id *id);
void row_put_address(struct row *row, const struct address *addr);
const char *row_text(struct row *row);
int64_t row_int(struct row *row);
struct text row_bytes(struct row *row);
struct instance_id row_instance_id(struct row *row);

/* With "", {} and [] in place of NULL. */
struct record record_filled(const struct record *r);
struct instance_record instance_filled(const struct instance_record *i);
/* Columns and checksums.  Taking returns false when the checksum does not fit. */
void record_put(struct state *s, struct row *row, const struct record *filled);
bool record_take(struct state *s, struct row *row, struct record *out);
/* A row of `run`, `control`, `duration`: state_history.c.  The checksum is over the kind and
 * the values between row_sum_start and row_put_checksum or row_take_checksum. */
struct str *row_sum_start(struct state *s, const char *kind);
void row_sum_text(struct str *sum, const char *value);
void row_sum_int(struct str *sum, int64_t value);
void row_put_checksum(struct state *s, struct row *row);
bool row_take_checksum(struct state *s, struct row *row);
/*
 * state_version.c: what things are made from, in a table of its own.  The column holds the digest,
 * "" for none; checksums cover it where it is not empty, so that rows of before version 4 keep
 * theirs.
 */
#define VERSION_DIGEST_SIZE 65
/* Of a text of a row to be written; "" for NULL and "". */
void version_digest(const char *text, char out[VERSION_DIGEST_SIZE]);
/* Makes that the text is there.  Part of the caller's transaction.  0 or -1. */
int version_keep(struct state *s, const char *text, struct diags *d);
/* Drops it when nothing names it any more; likewise. */
int version_forget(struct state *s, const char *digest, struct diags *d);
/* The digest that the row of an instance names now; "" for none. */
int version_of_instance(struct state *s, const struct instance_id *id,
			char out[VERSION_DIGEST_SIZE], struct diags *d);
/* Replaces the digest that a row holds by the text, in arena a.  0, or -1 when it is not there or
 * not what it was. */
int version_take(struct state *s, const char **version, struct arena *a, struct diags *d);

void instance_put(struct state *s, struct row *row, const struct instance_record *filled);
bool instance_take(struct state *s, struct row *row, struct instance_record *out);
void operation_put(struct state *s, struct row *row, const struct operation *op);
bool operation_take(struct state *s, struct row *row, struct operation *out);
/* False when there is no such name. */
bool operation_result_parse(const char *name, enum operation_result *out);
/* Without a checksum: locks come and go. */
struct lock_row {
	struct lock_info info;
	struct holder_mark mark; /* of the process that took it */
};
void lock_take(struct row *row, struct lock_row *out);
/* The part that PENDING and END change: token, poll_at_ms, ended_ms, result, message,
 * attempts and their checksum. */
void operation_progress_put(struct state *s, struct row *row, const struct operation *op);

/* state_load.c: records by one of the queries that answer with whole rows. */
struct record_query {
	enum state_query query;
	const struct instance_id *instance; /* for ..._OF, ..._AT, ..._NAMING */
	const char *text;                   /* for ..._AT a logical id, for ..._NAMING an address */
};
int state_query_records(struct state *s, const struct record_query *q, struct arena *a,
			struct record_list *out, struct diags *d);
/* Operations by one of the QUERY_OPERATIONS... queries. */
struct operation_query {
	enum state_query query;
	const struct instance_id *instance; /* for ..._OF */
	const char *text;                   /* a run for ..._OF_RUN, a logical id for ..._AT */
};
int state_load_operations(struct state *s, const struct operation_query *q, struct arena *a,
			  struct operation_list *out, struct diags *d);
/* SHA-256 prefix of meta's row. */
void meta_checksum(const char *name, struct text value, unsigned char out[STATE_CHECKSUM_LEN]);

#endif
