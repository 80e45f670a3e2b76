/* mirror_restore.c - a lost state, rebuilt from its mirror. */
#include "engine/mirror_restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "engine/engine.h"
#include "engine/mirror_parts.h"
#include "engine/state_sqlite.h"

#define ASIDE_MAX 1000

struct restoring {
	const struct restore_wish *w;
	struct restored *out;
	struct arena *a;
	struct diags *d;
	struct vcs_repository *repository;
	const struct mirror_settings *settings;
	struct vcs_file *files;
	size_t file_count;
	struct state *s; /* the new one */
	const char *temporary;
	struct map ended; /* creations that had ended */
};

static int find_files(struct restoring *r)
{
	const struct mirror_source source = {r->w, r->settings, r->repository, r->a, r->d};
	const char *id = mirror_find_source(&source);
	struct vcs_commit commit = {0};
	struct diag *g;

	if (!id)
		return -1;
	if (vcs_find(r->repository, id, r->a, &commit, r->d) != 0)
		return -1;
	if (vcs_list_files(r->repository, id, r->a, &r->files, &r->file_count) != 0) {
		g = diag_add(r->d, DIAG_MIRROR_BROKEN, RANGE_NONE,
			     "commit %.10s of the mirror cannot be read: objects are missing", id);
		diag_hint(r->d, g, "an earlier commit, or a remote, may be whole");
		return -1;
	}
	r->out->commit = commit.id;
	r->out->commit_ms = commit.commit_ms;
	return 0;
}

/* --- one file --- */

static int fail_file(struct restoring *r, const char *path, const char *why)
{
	struct diag *g = diag_add(r->d, DIAG_MIRROR_BROKEN, RANGE_NONE,
				  "file '%s' of the mirror cannot be used: %s", path, why);

	diag_detail(r->d, g, "It is in commit %.10s. Nothing was restored.", r->out->commit);
	diag_hint(r->d, g, "an earlier commit may be whole: hadeploy state restore --from %.10s~1",
		  r->out->commit);
	return -1;
}

/* A new reference; NULL with *why. */
static json_t *parse_file(struct text bytes, struct arena *a, const char **why)
{
	json_t *file = json_parse(bytes, a, why);

	if (!file)
		return NULL;
	if (json_int(file, "format", 0) != ROWS_FORMAT)
		*why = "its format is not known";
	else if (json_int(file, "schema", 0) < 1)
		*why = "it does not say its schema version";
	else if (json_int(file, "schema", 0) > STATE_SCHEMA_VERSION)
		*why = "a newer hadeploy has written it";
	else
		return file;
	json_decref(file);
	return NULL;
}

const char *mirror_file_fault(const char *path, struct text bytes, struct arena *a)
{
	const char *why = NULL;
	struct operation op;
	struct rows_key key;
	json_t *file, *one;
	size_t i;

	if (!mirror_parse_path(a, path, &key))
		return "no file of a mirror has this name";
	file = parse_file(bytes, a, &why);
	json_array_foreach(json_object_get(file, "intends"), i, one)
	{
		if (!mirror_take_intention(one, key.name, a, &op))
			why = "what the run intends is not whole";
	}
	json_decref(file);
	return why;
}

static json_t *read_file(struct restoring *r, const struct vcs_file *f)
{
	struct str bytes = STR_INIT;
	const char *why = "it is missing, or too large";
	json_t *file = NULL;

	if (vcs_file_bytes(r->repository, f->id, MIRROR_FILE_MAX, &bytes) == 0)
		file = parse_file(str_text(&bytes), r->a, &why);
	if (!file)
		fail_file(r, f->path, why);
	str_release(&bytes);
	return file;
}

static void count(struct restoring *r, const struct rows_key *key, const json_t *file)
{
	const json_t *rows = json_object_get(file, "rows"), *id;
	size_t i;

	r->out->records += json_array_size(json_object_get(rows, "record"));
	r->out->operations += json_array_size(json_object_get(rows, "operation"));
	r->out->instances += key->of == ROWS_INSTANCE;
	r->out->runs += key->of == ROWS_RUN || key->of == ROWS_RUNNING;
	r->out->executions += key->of == ROWS_EXECUTION;
	json_array_foreach(json_object_get(file, "ended"), i, id)
	{
		if (json_is_string(id))
			map_set(&r->ended, text_of(json_string_value(id)), r);
	}
}

static int fill_file(struct restoring *r, const struct vcs_file *f)
{
	struct rows_key key;
	const char *why;
	json_t *file;
	int rc;

	/* A later hadeploy may keep more there. */
	if (!mirror_parse_path(r->a, f->path, &key))
		return 0;
	file = read_file(r, f);
	if (!file)
		return -1;
	rc = rows_fill(r->s, &key, file, r->a, &why);
	if (rc == 0)
		count(r, &key, file);
	else
		fail_file(r, f->path, why ? why : "its rows are not whole");
	json_decref(file);
	return rc;
}

/* --- what a run may have made since --- */

static int intend(struct restoring *r, const struct vcs_file *f, const char *run,
		  const json_t *list)
{
	struct operation op;
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (!mirror_take_intention(one, run, r->a, &op))
			return fail_file(r, f->path, "what the run intends is not whole");
		if (map_has(&r->ended, text_of(op.id)))
			continue;
		if (rows_fill_operation(r->s, &op, r->d) != 0)
			return -1;
		r->out->intentions++;
	}
	return 0;
}

static int fill_intentions(struct restoring *r)
{
	for (size_t i = 0; i < r->file_count; i++) {
		struct rows_key key;
		json_t *file;
		int rc;

		if (!mirror_parse_path(r->a, r->files[i].path, &key) || key.of != ROWS_RUNNING)
			continue;
		file = read_file(r, &r->files[i]);
		rc = file ? intend(r, &r->files[i], key.name, json_object_get(file, "intends"))
			  : -1;
		json_decref(file);
		if (rc != 0)
			return -1;
	}
	return 0;
}

static int fill(struct restoring *r)
{
	if (rows_fill_begin(r->s, r->d) != 0)
		return -1;
	for (size_t i = 0; i < r->file_count; i++) {
		if (fill_file(r, &r->files[i]) != 0)
			return -1;
	}
	if (fill_intentions(r) != 0 || state_set_unverified(r->s, true, r->d) != 0)
		return -1;
	return rows_fill_end(r->s, r->d);
}

/* --- the file --- */

/* All files of one mirror are of the schema that wrote its meta. */
static int schema_of(struct restoring *r)
{
	const struct rows_key key = {.of = ROWS_META};
	const char *path = mirror_path(r->a, &key);
	int version = 0;

	for (size_t i = 0; i < r->file_count; i++) {
		json_t *file;

		if (strcmp(r->files[i].path, path) != 0)
			continue;
		file = read_file(r, &r->files[i]);
		version = file ? (int)json_int(file, "schema", 0) : -1;
		json_decref(file);
	}
	return version ? version : fail_file(r, path, "it is missing");
}

static void remove_temporary(struct restoring *r)
{
	static const char *const endings[] = {"", "-wal", "-shm"};

	state_close(r->s);
	r->s = NULL;
	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		unlink(arena_printf(r->a, "%s%s", r->temporary, endings[i]));
}

/* Read again by a handle that has seen none of it. */
static int check_whole(struct restoring *r, const struct schema_history *h)
{
	state_close(r->s);
	r->s = state_open_as(r->temporary, STATE_WRITE, clock_real(), h, r->d);
	return r->s ? state_check(r->s, r->d) : -1;
}

static int make(struct restoring *r)
{
	struct schema_history h = *state_schema();
	struct diags notes = DIAGS_INIT;
	int rc = -1;

	h.count = schema_of(r);
	if (h.count < 1)
		return -1;
	r->temporary = arena_printf(r->a, "%s.restored-%ld", r->out->state_path, (long)getpid());
	remove_temporary(r);
	r->s = state_open_as(r->temporary, STATE_WRITE, clock_real(), &h, r->d);
	if (r->s && fill(r) == 0)
		rc = check_whole(r, &h);
	diags_release(&notes);
	return rc;
}

/* --- what is there already --- */

static bool is_there(struct restoring *r, const char *ending)
{
	return file_exists(arena_printf(r->a, "%s%s", r->out->state_path, ending));
}

static int refuse(struct restoring *r)
{
	struct diag *g = diag_add(r->d, DIAG_RESTORE_REFUSED, RANGE_NONE,
				  "'%s' holds recorded state already", r->out->state_path);

	diag_detail(r->d, g, "It may know what the mirror does not.");
	diag_hint(r->d, g, "--set-aside sets it aside and restores the mirror all the same");
	return -1;
}

static int set_aside(struct restoring *r)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	const char *path = r->out->state_path, *to = NULL;

	for (int i = 1; i < ASIDE_MAX && (!to || file_exists(to)); i++)
		to = arena_printf(r->a, "%s.aside-%d", path, i);
	for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
		if (is_there(r, endings[i]) &&
		    renameat2(AT_FDCWD, arena_printf(r->a, "%s%s", path, endings[i]), AT_FDCWD,
			      arena_printf(r->a, "%s%s", to, endings[i]), RENAME_NOREPLACE)) {
			diag_add(r->d, DIAG_STATE_OPEN, RANGE_NONE, "'%s' cannot be set aside: %s",
				 path, strerror(errno));
			return -1;
		}
	}
	r->out->aside = to;
	return 0;
}

/* What is written next follows on that commit, unless it is another project's. */
static void go_on_from(struct restoring *r)
{
	struct diags ignored = DIAGS_INIT;
	struct mirror_status status;
	const char *id = r->out->commit, *ref = r->settings->ref;
	const char *tip = vcs_ref_commit_id(r->repository, ref, r->a);

	if (mirror_is_project(mirror_project_of(r->repository, id, r->a), r->settings->project,
			      NULL) &&
	    (!tip || strcmp(mirror_lineage_of(r->repository, tip, r->a),
			    mirror_lineage_of(r->repository, id, r->a)) == 0))
		mirror_merge(r->repository, ref, id, &ignored);
	diags_release(&ignored);
	mirror_load_status(r->a, r->out->state_path, &status);
	status.base = id;
	status.behind = (struct mirror_behind){.at_ms = 0};
	mirror_save_status(r->out->state_path, &status);
}

static int publish(struct restoring *r)
{
	bool there = is_there(r, "") || is_there(r, "-wal");

	state_close(r->s);
	r->s = NULL;
	if (there && set_aside(r) != 0)
		return -1;
	if (renameat2(AT_FDCWD, r->temporary, AT_FDCWD, r->out->state_path, RENAME_NOREPLACE)) {
		diag_add(r->d, DIAG_STATE_OPEN, RANGE_NONE, "'%s' cannot be put in place: %s",
			 r->out->state_path, strerror(errno));
		return -1;
	}
	/* Brings it to the schema of this program. */
	r->s = state_open(r->out->state_path, STATE_WRITE, clock_real(), r->d);
	state_close(r->s);
	if (!r->s)
		return -1;
	r->s = NULL;
	go_on_from(r);
	return 0;
}

static int restore(struct restoring *r)
{
	if ((is_there(r, "") || is_there(r, "-wal")) && !r->w->set_aside)
		return refuse(r);
	if (find_files(r) != 0)
		return -1;
	if (make(r) == 0 && publish(r) == 0)
		return 0;
	if (r->temporary)
		remove_temporary(r);
	return -1;
}

int engine_restore_state(const struct restore_wish *w, struct arena *a, struct restored *out,
			 struct diags *d)
{
	struct restoring r = {.w = w, .out = out, .a = a, .d = d};
	struct mirror_settings settings;
	struct mirror_options o = {.settings = &settings, .dir = w->dir};
	int rc = -1;

	*out = (struct restored){.commit = NULL};
	manifest_load_mirror(a, w->dir, &settings);
	out->state_path = o.state_path = manifest_state_path(a, w->dir, d);
	if (!o.state_path)
		return -1;
	r.settings = &settings;
	r.repository = mirror_repository(&o, true, d);
	if (r.repository)
		rc = restore(&r);
	map_release(&r.ended);
	vcs_close(r.repository);
	return rc;
}
