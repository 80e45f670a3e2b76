/*
 * state_version.c - what instances, runs and results are made from.
 *
 * A row's key is the SHA-256 of its document: equal versions are one row, and a row that was
 * damaged does not fit its key.  It goes with the last row that names it: whoever replaces or
 * drops a name asks for that, so nobody ever looks through the table.
 */
#include "base/digest.h"
#include "engine/state_row.h"

#include <stdio.h>
#include <string.h>

void version_digest(const char *text, char out[VERSION_DIGEST_SIZE])
{
	out[0] = '\0';
	if (text && *text)
		digest_sha256(text_of(text), out);
}

int version_keep(struct state *s, const char *text, struct diags *d)
{
	char digest[VERSION_DIGEST_SIZE];
	struct row row = {NULL, 1, NULL};

	version_digest(text, digest);
	if (!*digest)
		return 0;
	row.stmt = state_query(s, QUERY_VERSION_PUT, d);
	if (!row.stmt)
		return -1;
	row_put_text(&row, digest);
	row_put_text(&row, text);
	return state_step(s, row.stmt, d);
}

int version_forget(struct state *s, const char *digest, struct diags *d)
{
	struct row row = {NULL, 1, NULL};

	if (!*digest)
		return 0;
	row.stmt = state_query(s, QUERY_VERSION_DROP, d);
	if (!row.stmt)
		return -1;
	row_put_text(&row, digest);
	return state_step(s, row.stmt, d);
}

int version_of_instance(struct state *s, const struct instance_id *id,
			char out[VERSION_DIGEST_SIZE], struct diags *d)
{
	struct row row = {state_query(s, QUERY_VERSION_OF_INSTANCE, d), 1, NULL};
	const char *found;
	int got;

	out[0] = '\0';
	if (!row.stmt)
		return -1;
	row_put_instance_id(&row, id);
	got = state_step(s, row.stmt, d);
	if (got != 1)
		return got;
	found = (const char *)sqlite3_column_text(row.stmt, 0);
	if (found && strlen(found) < VERSION_DIGEST_SIZE)
		snprintf(out, VERSION_DIGEST_SIZE, "%s", found);
	state_reset(row.stmt);
	return 0;
}

static int fail_version(struct state *s, const char *digest, struct diags *d)
{
	return state_corrupt(s, d, "the version '%.16s' is not there, or not what it was", digest);
}

/* Once per handle; *out lives as long. */
static int read_version(struct state *s, const char *digest, const char **out, struct diags *d)
{
	struct row row = {state_query(s, QUERY_VERSION, d), 1, NULL};
	char found[VERSION_DIGEST_SIZE];
	int got;

	if (!row.stmt)
		return -1;
	if (!s->version_arena)
		s->version_arena = arena_new();
	row.a = s->version_arena;
	row_put_text(&row, digest);
	got = state_step(s, row.stmt, d);
	if (got != 1)
		return got < 0 ? -1 : fail_version(s, digest, d);
	row.next = 0;
	*out = row_text(&row);
	state_reset(row.stmt);
	version_digest(*out, found);
	if (strcmp(found, digest) != 0)
		return fail_version(s, digest, d);
	map_set(&s->versions, text_of(digest), (void *)*out);
	return 0;
}

int version_take(struct state *s, const char **version, struct arena *a, struct diags *d)
{
	const char *digest = *version, *text;

	if (!*digest)
		return 0;
	text = map_find(&s->versions, text_of(digest));
	if (!text && read_version(s, digest, &text, d) != 0)
		return -1;
	*version = arena_strdup(a, text);
	return 0;
}
