/* tree.c - files of a folder or of a commit. */
#include "engine/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "engine/schema.h"
#include "engine/tree_files.h"
#include "vcs/vcs.h"

struct tree {
	struct arena *arena;
	const char *dir;   /* absolute */
	const char *given; /* as the user named it */
	const char *ref;   /* NULL: on disk */
	const char *shown;
	const char *commit;
	struct vcs_repository *repository;
	struct vcs_tree *files;
	struct tree_files *exported;
};

/* --- opening --- */

static struct tree *tree_new(struct arena *a, const char *dir)
{
	struct tree *t = ARENA_NEW(a, struct tree);
	char *absolute = realpath(dir, NULL);

	t->arena = a;
	t->dir = arena_strdup(a, absolute ? absolute : dir);
	t->given = arena_strdup(a, dir);
	free(absolute);
	return t;
}

const struct tree *tree_of_folder(struct arena *a, const char *dir)
{
	return tree_new(a, dir);
}

static void release_tree(void *what)
{
	struct tree *t = what;

	tree_files_drop(t->exported);
	vcs_tree_close(t->files);
	vcs_close(t->repository);
}

static void say_nowhere(const char *dir, const char *rev, struct diags *d)
{
	struct diag *g =
		diag_add(d, DIAG_VCS_NOWHERE, RANGE_NONE,
			 "'%s' is in no git repository, so there is no commit '%s'", dir, rev);

	diag_hint(d, g, "run it in a clone, or without --ref for the files as they are");
}

static int open_commit(struct tree *t, struct diags *d)
{
	enum vcs_found found = vcs_open(t->dir, &t->repository, d);
	struct vcs_commit commit;

	if (found == VCS_NOWHERE)
		say_nowhere(t->given, t->ref, d);
	if (found != VCS_FOUND || vcs_find(t->repository, t->ref, t->arena, &commit, d))
		return -1;
	t->commit = commit.id;
	t->files = vcs_tree_open(t->repository, commit.id);
	if (t->files)
		return 0;
	diag_hint(d,
		  diag_add(d, DIAG_VCS_FILE, RANGE_NONE, "the files of commit %s cannot be read",
			   commit.id),
		  "`git fsck` in '%s' tells what is damaged; git fetch may bring it",
		  vcs_place(t->repository));
	return -1;
}

/* Ids in full are long for messages; git takes the short one, too. */
static const char *short_ref(struct arena *a, const char *rev)
{
	return strlen(rev) == VCS_ID_LEN && strspn(rev, "0123456789abcdef") == VCS_ID_LEN
		       ? arena_strndup(a, rev, VCS_SHORT_ID_LEN)
		       : arena_strdup(a, rev);
}

const struct tree *tree_of_commit(struct arena *a, const char *dir, const char *rev,
				  const char *shown, struct diags *d)
{
	struct tree *t = tree_new(a, dir);

	t->ref = arena_strdup(a, rev);
	t->shown = shown ? arena_strdup(a, shown) : short_ref(a, rev);
	arena_at_end(a, release_tree, t);
	return open_commit(t, d) ? NULL : t;
}

const char *tree_dir(const struct tree *t)
{
	return t->dir;
}

const char *tree_given(const struct tree *t)
{
	return t->given;
}

const char *tree_ref(const struct tree *t)
{
	return t->ref;
}

const char *tree_commit(const struct tree *t)
{
	return t->commit;
}

/* --- reading --- */

/* From the repository's root. */
static const char *from_root(const struct tree *t, struct arena *a, const char *path)
{
	return path_tidy(a, arena_printf(a, "%s%s", vcs_prefix(t->repository), path));
}

const char *tree_name(const struct tree *t, struct arena *a, const char *path)
{
	if (!t->ref)
		return path_join(a, t->given, path);
	return arena_printf(a, "%s:%s", t->shown, from_root(t, a, path));
}

const char *tree_path(const struct tree *t, const char *name)
{
	size_t len = t->ref ? strlen(t->shown) : 0;

	return t->ref && !strncmp(name, t->shown, len) && name[len] == ':' ? name + len + 1 : NULL;
}

bool tree_has(const struct tree *t, const char *path)
{
	struct arena *a = arena_new();
	bool has;

	if (t->ref)
		has = vcs_tree_look(t->files, from_root(t, a, path)) != VCS_READ_ABSENT;
	else
		has = file_exists(path_join(a, t->dir, path));
	arena_free(a);
	return has;
}

static void say_unread(const struct tree *t, const char *path, enum vcs_read why,
		       struct range where, struct diags *d)
{
	struct diag *g =
		diag_add(d, DIAG_VCS_FILE, where, "'%s:%s' %s", t->shown, path, vcs_read_text(why));

	if (why == VCS_READ_ABSENT && strstr(t->shown, "://"))
		diag_hint(d, g, "check the spelling: the path is that from the repository's root");
	else if (why == VCS_READ_ABSENT)
		diag_hint(d, g, "`git ls-tree -r --name-only %s` lists its files", t->shown);
	else if (why == VCS_READ_SUBMODULE)
		diag_hint(d, g, "git submodule update --init brings it");
	else if (why == VCS_READ_LEAVES)
		diag_hint(d, g, "a commit's files name each other by paths within the repository");
	else if (why == VCS_READ_BROKEN)
		diag_hint(d, g, "`git fsck` tells what is damaged; git fetch may bring it");
}

/* path: from the root. */
static const struct source *load_from_commit(const struct tree *t, struct arena *a,
					     const char *path, struct range where, struct diags *d)
{
	const char *name = arena_printf(a, "%s:%s", t->shown, path);
	struct str bytes = STR_INIT;
	enum vcs_read result = vcs_tree_read(t->files, path, LIMIT_SOURCE_LEN, &bytes);
	const struct source *src = NULL;

	if (result == VCS_READ_DONE)
		src = source_from(a, name, str_text(&bytes), d);
	else
		say_unread(t, path, result, where, d);
	str_release(&bytes);
	return src;
}

static const struct source *refuse_absolute(const char *path, struct range where, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_VCS_FILE, where,
				  "'%s' is no path within a repository, so no commit has it", path);

	diag_hint(d, g, "name it by a path that starts at the project's folder");
	return NULL;
}

const struct source *tree_load(const struct tree *t, struct arena *a, const char *path,
			       struct range where, struct diags *d)
{
	if (!t->ref)
		return source_load(a, path_join(a, t->dir, path), tree_name(t, a, path), where, d);
	if (path[0] == '/')
		return refuse_absolute(path, where, d);
	return load_from_commit(t, a, from_root(t, a, path), where, d);
}

const struct source *tree_load_shown(const struct tree *t, struct arena *a, const char *path,
				     struct diags *d)
{
	if (path[0] == '/')
		return refuse_absolute(path, RANGE_NONE, d);
	if (text_starts(text_of(path), "./") || text_starts(text_of(path), "../"))
		return tree_load(t, a, path, RANGE_NONE, d);
	return load_from_commit(t, a, path_tidy(a, path), RANGE_NONE, d);
}

static const struct source *load_beside(void *context, struct arena *a,
					const struct file_request *q, struct diags *d)
{
	const struct tree *t = context;
	const char *from = q->from->name + strlen(t->shown) + 1;

	if (q->path[0] == '/')
		return refuse_absolute(q->path, q->where, d);
	return load_from_commit(t, a, path_tidy(a, path_join(a, path_dir(a, from), q->path)),
				q->where, d);
}

struct template_loader tree_loader(const struct tree *t)
{
	if (!t->ref)
		return template_disk_loader;
	return (struct template_loader){load_beside, (void *)t};
}

/* --- files that somebody opens by a path --- */

/* What is exported is no part of what a tree is. */
static struct tree_files *exports(const struct tree *t, struct diags *d)
{
	struct tree *own = (struct tree *)t;

	if (!own->exported)
		own->exported = tree_files_new(d);
	return own->exported;
}

int tree_export(const struct tree *t, const char *path, struct range where, struct diags *d)
{
	struct arena *a;
	enum vcs_read result;

	/* What lies elsewhere is no part of any commit. */
	if (!t->ref || path[0] == '/' || path[0] == '~')
		return 0;
	if (!exports(t, d))
		return -1;
	a = arena_new();
	path = from_root(t, a, path);
	result = tree_files_add(t->exported, t->files, path);
	if (result != VCS_READ_DONE)
		say_unread(t, path, result, where, d);
	arena_free(a);
	return result == VCS_READ_DONE ? 0 : -1;
}

const char *tree_files_dir(const struct tree *t, struct diags *d)
{
	if (!t->ref)
		return t->dir;
	return exports(t, d) ? path_join(t->arena, tree_files_root(t->exported),
					 vcs_prefix(t->repository))
			     : NULL;
}

int tree_export_properties(const struct tree *t, const struct schema *s,
			   const struct value *properties, struct diags *d)
{
	const char *const *pointers;
	int failed = 0;
	size_t count;

	if (!t || !t->ref)
		return 0;
	pointers = schema_files(s, &count);
	for (size_t i = 0; i < count; i++) {
		bool exact = false;
		const struct value *v = value_at(properties, text_of(pointers[i]), &exact);

		if (v && exact && v->kind == VALUE_STRING)
			failed |= tree_export(t, arena_text(t->arena, v->text), value_where(v), d);
	}
	return failed ? -1 : 0;
}
