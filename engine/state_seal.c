/*
 * state_seal.c - has anything recorded changed, and was this text made by who has the file?
 *
 * A fingerprint is made from the checksums of rows, which change with everything in them, and
 * from the keys of the rows, in the order of the keys.
 */
#include "engine/state_row.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

static int compare_ids(const void *x, const void *y)
{
	return instance_id_compare(x, y);
}

/* All columns of all rows, each with its length, so that nothing can move from one to the next. */
static int add_rows(struct state *s, enum state_query query, const struct instance_id *id,
		    struct str *out, struct diags *d)
{
	struct row row = {state_query(s, query, d), 1, NULL};
	int got;

	if (!row.stmt)
		return -1;
	row_put_instance_id(&row, id);
	while ((got = state_step(s, row.stmt, d)) == 1) {
		for (int i = 0; i < sqlite3_column_count(row.stmt); i++) {
			const char *bytes = sqlite3_column_blob(row.stmt, i);
			size_t len = (size_t)sqlite3_column_bytes(row.stmt, i);

			row_sum_int(out, (int64_t)len);
			if (len)
				str_add_len(out, bytes, len);
		}
	}
	return got;
}

static int add_instance(struct state *s, const struct instance_id *id, struct str *out,
			struct diags *d)
{
	static const enum state_query queries[] = {
		QUERY_FINGERPRINT_INSTANCE, QUERY_FINGERPRINT_RECORDS, QUERY_FINGERPRINT_OPERATIONS,
		QUERY_FINGERPRINT_OVERRIDES};

	row_sum_text(out, id->stack);
	row_sum_text(out, id->account);
	row_sum_text(out, id->region);
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		row_sum_int(out, (int64_t)i);
		if (s->db && add_rows(s, queries[i], id, out, d) != 0)
			return -1;
	}
	return 0;
}

/* Without a file there are no rows. */
static int fingerprint(struct state *s, const struct instance_id *sorted, size_t count,
		       struct str *out, struct diags *d)
{
	if (s->db && state_begin(s, QUERY_BEGIN_READ, d) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (add_instance(s, &sorted[i], out, d) != 0) {
			state_rollback(s);
			return -1;
		}
	}
	if (s->db)
		state_rollback(s);
	return 0;
}

int state_fingerprint(struct state *s, const struct instance_id *ids, size_t count, char out[65],
		      struct diags *d)
{
	struct arena *a = arena_new();
	struct instance_id *sorted = ARENA_ARRAY(a, count + 1, struct instance_id);
	struct str all = STR_INIT;
	int result;

	if (count) {
		memcpy(sorted, ids, count * sizeof(*ids));
		qsort(sorted, count, sizeof(*sorted), compare_ids);
	}
	result = fingerprint(s, sorted, count, &all, d);
	digest_sha256(str_text(&all), out);
	str_release(&all);
	arena_free(a);
	return result;
}

/* Digests of secrets are made with the salt itself and are written to many places: a key of its
 * own keeps one from being taken for the other. */
void state_seal(struct state *s, struct text bytes, char out[65])
{
	struct text salt = {(const char *)s->salt, sizeof(s->salt)};
	unsigned char key[DIGEST_LEN];

	digest_hmac_sha256_raw(salt, TEXT_LIT("hadeploy seal 1"), key);
	digest_hmac_sha256((struct text){(const char *)key, sizeof(key)}, bytes, out);
	explicit_bzero(key, sizeof(key));
}
