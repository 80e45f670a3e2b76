/* tree_files.c - files of a commit written into a private folder. */
#include "engine/tree_files.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define FOLDER_DEPTH_MAX 64
#define OPEN_FOLDERS 16

struct tree_files {
	struct arena *arena;
	char *root;
};

struct tree_files *tree_files_new(struct diags *d)
{
	const char *parent = getenv("TMPDIR");
	struct tree_files *f = xcalloc(1, sizeof(*f));

	f->arena = arena_new();
	f->root = arena_printf(f->arena, "%s/hadeploy-files-XXXXXX",
			       parent && parent[0] == '/' ? parent : "/tmp");
	if (mkdtemp(f->root))
		return f;
	diag_hint(d,
		  diag_add(d, DIAG_VCS_FILE, RANGE_NONE,
			   "no folder for files of a commit in %s: %s", path_dir(f->arena, f->root),
			   strerror(errno)),
		  "TMPDIR names another place");
	f->root = NULL;
	tree_files_drop(f);
	return NULL;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path) && errno != ENOENT;
}

void tree_files_drop(struct tree_files *f)
{
	if (!f)
		return;
	if (f->root)
		nftw(f->root, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
	arena_free(f->arena);
	free(f);
}

const char *tree_files_root(const struct tree_files *f)
{
	return f->root;
}

static enum vcs_read add_file(struct tree_files *f, struct vcs_tree *tree, const char *path)
{
	const char *target = path_join(f->arena, f->root, path);
	struct str bytes = STR_INIT;
	enum vcs_read result;

	if (file_exists(target))
		return VCS_READ_DONE;
	result = vcs_tree_read(tree, path, TREE_FILE_LEN_MAX, &bytes);
	if (result == VCS_READ_DONE && (file_make_dirs(path_dir(f->arena, target)) ||
					file_write_atomic(target, str_text(&bytes))))
		result = VCS_READ_BROKEN;
	str_release(&bytes);
	return result;
}

static enum vcs_read add(struct tree_files *f, struct vcs_tree *tree, const char *path, int depth);

static enum vcs_read add_folder(struct tree_files *f, struct vcs_tree *tree, const char *path,
				int depth)
{
	struct vcs_entry *entries;
	size_t count = 0;
	enum vcs_read result = vcs_tree_list(tree, path, f->arena, &entries, &count);

	if (depth >= FOLDER_DEPTH_MAX)
		return VCS_READ_LOOP;
	for (size_t i = 0; result == VCS_READ_DONE && i < count; i++)
		result = add(f, tree, path_join(f->arena, path, entries[i].name), depth + 1);
	return result;
}

/* depth: of folders; links can make a circle of them. */
static enum vcs_read add(struct tree_files *f, struct vcs_tree *tree, const char *path, int depth)
{
	enum vcs_read result = vcs_tree_look(tree, path);

	if (result == VCS_READ_DONE)
		return add_file(f, tree, path);
	return result == VCS_READ_FOLDER ? add_folder(f, tree, path, depth) : result;
}

enum vcs_read tree_files_add(struct tree_files *f, struct vcs_tree *tree, const char *path)
{
	return add(f, tree, path, 0);
}
