/*
 * mirror_commit.c - what has changed in recorded state, to a commit.
 *
 * The reference is looked at first and recorded state after that, in one moment of it.  Whoever
 * has written to the reference before has read an earlier moment, so what is written here is as
 * new as all of it.  When somebody else moves the reference meanwhile, it is done again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/mirror_parts.h"

#define NAMES_SHOWN 5
/* Who holds the lock of a reference has it for milliseconds. */
#define LOCK_OLD_MS 10000

/* One commit in the making. */
struct drafting {
	struct mirror_writer *w;
	const struct mirror_batch *b;
	struct arena *a; /* of this try */
	struct diags *d;
	struct {
		VEC_OF(struct vcs_change)
	} changes;
	struct map paths; /* of what is recorded: nothing of these goes */
	struct map base;  /* path to id in the commit that this state was last written to */
	struct str names;
	size_t instances;
};

/* --- what is there --- */

static int list_known(struct mirror_writer *w, const char *tip, struct diags *d)
{
	struct vcs_file *files = NULL;
	size_t count = 0;

	map_release(&w->known);
	map_release(&w->marks);
	arena_free(w->arena);
	w->arena = arena_new();
	w->tip = tip ? arena_strdup(w->arena, tip) : NULL;
	if (tip && vcs_list_files(w->repository, tip, w->arena, &files, &count) != 0) {
		diag_add(d, DIAG_VCS_WRITE, RANGE_NONE,
			 "commit %.10s of %s cannot be read: objects of it are missing or damaged",
			 tip, w->ref);
		w->tip = NULL;
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		map_set(&w->known, text_of(files[i].path), (void *)files[i].id);
	return 0;
}

static int refuse_foreign(struct mirror_writer *w, const char *lineage, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_MIRROR_FOREIGN, RANGE_NONE,
				  "%s of %s mirrors another recorded state", w->ref,
				  vcs_place(w->repository));

	diag_detail(d, g, "Its lineage is %.16s, and that of this project %.16s.",
		    *lineage ? lineage : "not known", w->lineage);
	diag_hint(d, g, "give this project a reference of its own: State: {Mirror: {Ref: ...}}");
	return -1;
}

/* The manifest was renamed, or the state was made from the mirror of another project. */
static int refuse_project(struct mirror_writer *w, const char *project, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_MIRROR_FOREIGN, RANGE_NONE,
				  "%s of %s mirrors project '%s', and the manifest is of '%s'",
				  w->ref, vcs_place(w->repository), project, w->project);

	diag_hint(
		d, g,
		"if it was renamed: hadeploy state mirror push --other-project %s; otherwise give "
		"this project a reference of its own: State: {Mirror: {Ref: ...}}",
		project);
	return -1;
}

/* What a commit needs was pruned, or is damaged: recorded state has all of it but the history. */
static bool begin_anew(struct mirror_writer *w, const char *tip)
{
	struct diag *g;

	if (!vcs_ref_remove(w->repository, w->ref, tip))
		return false;
	w->anew = true;
	g = diag_warn(w->notes, DIAG_VCS_WRITE, RANGE_NONE,
		      "commit %.10s of %s of %s cannot be read: the mirror was begun anew", tip,
		      w->ref, vcs_place(w->repository));
	diag_detail(w->notes, g,
		    "Objects of it are missing or damaged. All that is recorded is written again.");
	diag_hint(w->notes, g, "git fsck tells what else of the repository is harmed");
	return true;
}

/* Where the reference is now. */
static int look(struct mirror_writer *w, struct arena *a, struct diags *d)
{
	const char *tip = vcs_ref_commit_id(w->repository, w->ref, a), *lineage, *project;

	if (w->arena && (tip ? w->tip && strcmp(tip, w->tip) == 0 : !w->tip))
		return 0;
	if (tip && !vcs_is_whole(w->repository, tip) && begin_anew(w, tip))
		tip = NULL;
	if (list_known(w, tip, d) != 0)
		return -1;
	if (!tip)
		return 0;
	lineage = mirror_lineage_of(w->repository, tip, a);
	project = mirror_project_of(w->repository, tip, a);
	if (strcmp(lineage, w->lineage) == 0 && mirror_is_project(project, w->project, w->other))
		return 0;
	if (strcmp(lineage, w->lineage) == 0) {
		w->tip = NULL;
		return refuse_project(w, project, d);
	}
	w->tip = NULL; /* looked at again the next time */
	return refuse_foreign(w, lineage, d);
}

/* --- one file --- */

static void note_name(struct drafting *f, const struct rows_key *key)
{
	if (key->of != ROWS_INSTANCE || ++f->instances > NAMES_SHOWN)
		return;
	str_printf(&f->names, "%s%s", f->names.len ? ", " : "",
		   instance_id_text(f->a, &key->instance));
}

/* Somebody else has written it since this state was last here, and it is the later one. */
static bool is_theirs(struct drafting *f, const char *path, const char *known, struct text ours)
{
	const char *base = map_find(&f->base, text_of(path));
	struct str bytes = STR_INIT;
	json_t *x = NULL, *y = NULL;
	bool theirs = false;

	if (!f->b->all || !known || (base && strcmp(base, known) == 0))
		return false;
	if (!ours.ptr)
		return true;
	if (vcs_file_bytes(f->w->repository, known, MIRROR_FILE_MAX, &bytes) == 0) {
		x = json_parse(str_text(&bytes), NULL, NULL);
		y = json_parse(ours, NULL, NULL);
		theirs = rows_changed_ms(x) > rows_changed_ms(y);
	}
	json_decref(x);
	json_decref(y);
	str_release(&bytes);
	return theirs;
}

/* bytes: NULL removes it. */
static void change(struct drafting *f, const struct rows_key *key, const char *path,
		   const struct str *bytes)
{
	const char *known = map_find(&f->w->known, text_of(path));
	struct text text = {NULL, 0};
	char id[VCS_ID_LEN + 1];

	if (bytes) {
		text = str_text(bytes);
		vcs_bytes_id(text, id);
		if (known && strcmp(known, id) == 0)
			return;
	} else if (!known) {
		return;
	}
	if (is_theirs(f, path, known, text))
		return;
	note_name(f, key);
	if (bytes)
		text = (struct text){arena_text(f->a, text), text.len};
	*arena_vec_add(f->a, &f->changes) = (struct vcs_change){path, text};
}

static int draft(struct drafting *f, const struct rows_key *key)
{
	const char *path = mirror_path(f->a, key);
	struct str bytes = STR_INIT;
	json_t *file;
	bool empty;

	if (map_set(&f->paths, text_of(path), (void *)path))
		return 0; /* it was among all of them */
	file = rows_file(f->w->db, key, &empty, f->d);
	if (!file)
		return -1;
	if (key->of == ROWS_RUNNING && f->b->run && strcmp(f->b->run, key->name) == 0)
		json_object_set(file, "intends", f->b->intentions);
	if (key->of == ROWS_META && *f->w->project)
		json_object_set_new(file, "project", json_string(f->w->project));
	rows_text(file, &bytes);
	change(f, key, path, empty ? NULL : &bytes);
	json_decref(file);
	str_release(&bytes);
	return 0;
}

/* --- all files --- */

/* Its journal has grown since it was written last, or it was taken up or ended. */
static bool has_moved(struct drafting *f, const struct rows_key *key)
{
	const char *before = map_find(&f->w->marks, text_of(key->name));

	if (!f->b->all && before && strcmp(before, key->mark) == 0)
		return false;
	map_set(&f->w->marks, text_of(key->name), arena_strdup(f->w->arena, key->mark));
	return true;
}

/* A run that has ended stays as it is; one that goes on is its own process's, which knows what
 * it intends. */
static bool is_settled(struct drafting *f, const struct rows_key *key)
{
	const char *path = mirror_path(f->a, key);

	if (key->of == ROWS_EXECUTION)
		return !has_moved(f, key);
	if (key->of == ROWS_RUNNING && f->b->run && strcmp(f->b->run, key->name) == 0)
		return false;
	return (key->of == ROWS_RUN || key->of == ROWS_RUNNING) &&
	       map_has(&f->w->known, text_of(path));
}

static int draft_all_of(struct drafting *f, enum rows_of of)
{
	struct rows_list list;

	if (rows_list(f->w->db, of, f->a, &list, f->d) != 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const char *path = mirror_path(f->a, &list.items[i]);

		if (is_settled(f, &list.items[i]))
			map_set(&f->paths, text_of(path), (void *)path);
		else if (draft(f, &list.items[i]) != 0)
			return -1;
	}
	return 0;
}

/* What is not recorded any more.  Of instances only when all of them were looked at. */
static void drop_gone(struct drafting *f)
{
	for (size_t i = 0; i < f->w->known.entry_count; i++) {
		const struct map_entry *e = &f->w->known.entries[i];
		const char *path = e->key ? arena_strdup(f->a, e->key) : NULL;
		struct rows_key key;

		if (!path || map_has(&f->paths, text_of(path)) ||
		    !mirror_parse_path(f->a, path, &key))
			continue;
		if (key.of == ROWS_RUNNING || (f->b->all && key.of != ROWS_META))
			change(f, &key, path, NULL);
	}
}

static int list_base(struct drafting *f)
{
	struct vcs_file *files = NULL;
	size_t count = 0;

	if (!f->b->all || !f->w->base)
		return 0;
	/* One that was lost is as if there were none. */
	vcs_list_files(f->w->repository, f->w->base, f->a, &files, &count);
	for (size_t i = 0; i < count; i++)
		map_set(&f->base, text_of(files[i].path), (void *)files[i].id);
	return 0;
}

static int draft_kinds(struct drafting *f, const enum rows_of *kinds, size_t count)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = draft_all_of(f, kinds[i]);
	return rc;
}

static int draft_files(struct drafting *f)
{
	static const enum rows_of rest[] = {ROWS_META,    ROWS_OVERRIDES, ROWS_RECREATION,
					    ROWS_SAMPLES, ROWS_RUN,       ROWS_RUNNING};
	int rc = f->b->all ? draft_all_of(f, ROWS_INSTANCE) : 0;

	for (size_t i = 0; rc == 0 && i < f->b->count; i++)
		rc = draft(f, &f->b->items[i]);
	if (rc == 0)
		rc = draft_all_of(f, ROWS_EXECUTION);
	if (rc != 0 || !f->b->wide)
		return rc;
	rc = draft_kinds(f, rest, ARRAY_LEN(rest));
	if (rc == 0)
		drop_gone(f);
	return rc;
}

/* --- the commit --- */

static const char *message(struct drafting *f)
{
	struct str text = STR_INIT;
	const char *kept;

	str_add(&text, f->w->command);
	if (f->b->run)
		str_printf(&text, " %s", f->b->run);
	if (f->names.len)
		str_printf(&text, ": %s", str_cstr(&f->names));
	if (f->instances > NAMES_SHOWN)
		str_printf(&text, " and %zu more", f->instances - NAMES_SHOWN);
	str_add_char(&text, '\n');
	kept = arena_strdup(f->a, str_cstr(&text));
	str_release(&text);
	return kept;
}

/* What is known moves on with the reference. */
static void remember(struct drafting *f, const char *id)
{
	struct mirror_writer *w = f->w;
	char file[VCS_ID_LEN + 1];

	w->tip = arena_strdup(w->arena, id);
	for (size_t i = 0; i < f->changes.count; i++) {
		const struct vcs_change *c = &f->changes.items[i];

		if (!c->bytes.ptr) {
			map_remove(&w->known, text_of(c->path));
			continue;
		}
		vcs_bytes_id(c->bytes, file);
		map_set(&w->known, text_of(c->path), arena_strdup(w->arena, file));
	}
}

static enum vcs_ref_write commit(struct drafting *f)
{
	struct mirror_writer *w = f->w;
	char id[VCS_ID_LEN + 1];
	struct vcs_new_commit c = {
		.expected = w->tip,
		.changes = f->changes.items,
		.count = f->changes.count,
		.author = arena_printf(f->a, "hadeploy (%s)", w->user),
		.email = arena_printf(f->a, "%s@%s", w->user, w->host),
		.message = message(f),
		.at_ms = clock_real()->wall_ms(clock_real()),
	};
	enum vcs_ref_write result;

	if (!f->changes.count)
		return VCS_REF_SAME;
	result = vcs_ref_commit(w->repository, w->ref, &c, id, f->d);
	if (result == VCS_REF_WRITTEN)
		remember(f, id);
	return result;
}

static enum vcs_ref_write try_once(struct mirror_writer *w, const struct mirror_batch *b,
				   struct diags *d)
{
	struct mirror_batch batch = *b;
	struct drafting f = {.w = w, .b = &batch, .a = arena_new(), .d = d};
	enum vcs_ref_write result = VCS_REF_FAILED;
	int rc = look(w, f.a, d);

	batch.all = b->all || w->anew;
	batch.wide = b->wide || w->anew;
	if (rc == 0 && list_base(&f) == 0 && rows_begin(w->db, d) == 0) {
		rc = draft_files(&f);
		rows_end(w->db);
		if (rc == 0)
			result = commit(&f);
	}
	if (result == VCS_REF_WRITTEN || result == VCS_REF_SAME)
		w->anew = false;
	if (result == VCS_REF_FAILED)
		w->tip = NULL; /* looked at again the next time */
	map_release(&f.paths);
	map_release(&f.base);
	str_release(&f.names);
	arena_free(f.a);
	return result;
}

int mirror_write(struct mirror_writer *w, const struct mirror_batch *b, struct diags *d)
{
	enum vcs_ref_write result = VCS_REF_MOVED;

	for (int i = 0; result == VCS_REF_MOVED && i < MIRROR_TRIES; i++)
		result = try_once(w, b, d);
	/* A process that was killed at that moment leaves the lock of the reference behind. */
	if (result == VCS_REF_MOVED && vcs_ref_break_lock(w->repository, w->ref, LOCK_OLD_MS))
		result = try_once(w, b, d);
	if (result == VCS_REF_MOVED)
		diag_add(d, DIAG_VCS_WRITE, RANGE_NONE,
			 "%s of %s is moved all the time, or its lock was left behind", w->ref,
			 vcs_place(w->repository));
	return result == VCS_REF_WRITTEN || result == VCS_REF_SAME ? 0 : -1;
}

void mirror_writer_release(struct mirror_writer *w)
{
	map_release(&w->marks);
	map_release(&w->known);
	arena_free(w->arena);
}
