/* compare.c - how the work tree differs from a commit. */
#include "vcs/vcs_parts.h"

#include <string.h>
#include <sys/stat.h>

#include "base/str.h"

/* The path from the root; NULL when it is elsewhere. */
static const char *inside(const struct vcs_repository *r, const char *path)
{
	const char *root = git_repository_workdir(r->git);
	size_t len = strlen(r->place);

	if (path[0] != '/')
		return path;
	if (!root || strncmp(path, r->place, len) != 0 || path[len] != '/')
		return NULL;
	return path + len + 1;
}

static int tree_of(git_repository *git, const git_oid *id, git_tree **out)
{
	git_commit *commit = NULL;
	int code = git_commit_lookup(&commit, git, id);

	if (!code)
		code = git_commit_tree(out, commit);
	git_commit_free(commit);
	return code;
}

static bool is_blob(git_tree *tree, const char *path, git_oid *id)
{
	git_tree_entry *entry = NULL;
	bool is = git_tree_entry_bypath(&entry, tree, path) == 0 &&
		  git_tree_entry_type(entry) == GIT_OBJECT_BLOB;

	if (is)
		*id = *git_tree_entry_id(entry);
	git_tree_entry_free(entry);
	return is;
}

/* How much of `path` leads to a submodule, whose commit is *id; 0: nothing. */
static size_t submodule_len(struct arena *a, git_tree *tree, const char *path, git_oid *id)
{
	for (const char *end = strchr(path, '/'); end; end = strchr(end + 1, '/')) {
		size_t len = (size_t)(end - path);
		git_tree_entry *entry = NULL;
		bool is = git_tree_entry_bypath(&entry, tree, arena_strndup(a, path, len)) == 0 &&
			  git_tree_entry_type(entry) == GIT_OBJECT_COMMIT;

		if (is)
			*id = *git_tree_entry_id(entry);
		git_tree_entry_free(entry);
		if (is)
			return len;
	}
	return 0;
}

static enum vcs_difference compare_in(struct arena *a, git_repository *git, const git_oid *commit,
				      const char *path)
{
	enum vcs_difference result = VCS_ADDED;
	const char *root = git_repository_workdir(git);
	git_repository *module = NULL;
	git_tree *tree = NULL;
	git_oid then, now;
	size_t len;

	if (tree_of(git, commit, &tree))
		return VCS_ADDED;
	if (is_blob(tree, path, &then)) {
		result = VCS_CHANGED;
		if (git_repository_hashfile(&now, git, path, GIT_OBJECT_BLOB, NULL) == 0 &&
		    git_oid_equal(&now, &then))
			result = VCS_SAME;
	} else if (root && (len = submodule_len(a, tree, path, &then)) != 0) {
		/* What counts is the commit that is recorded, whatever is checked out there. */
		if (git_repository_open(&module, arena_printf(a, "%s%.*s", root, (int)len, path)) ==
		    0)
			result = compare_in(a, module, &then, path + len + 1);
		git_repository_free(module);
	}
	git_tree_free(tree);
	return result;
}

enum vcs_difference vcs_compare_file(struct vcs_repository *r, const char *commit_id,
				     const char *path)
{
	const char *below = inside(r, path);
	git_oid id;

	if (!below || !vcs_parse_id(commit_id, &id))
		return VCS_ADDED;
	return compare_in(r->arena, r->git, &id, below);
}

/* --- all tracked files -------------------------------------------------------------------- */

static bool is_there(const struct vcs_repository *r, const char *path)
{
	struct str file = STR_INIT;
	struct stat found;
	bool is;

	str_printf(&file, "%s/%s", r->place, path);
	is = lstat(file.ptr, &found) == 0;
	str_release(&file);
	return is;
}

/* What `git update-index` was told to overlook is deployed all the same.  A file that a sparse
 * checkout leaves out is not there, and no difference.  In memory alone: nobody writes it. */
static int look_at_all(struct vcs_repository *r)
{
	git_index *index = NULL;
	git_index_entry seen;
	int code = git_repository_index(&index, r->git);

	for (size_t i = 0; !code && i < git_index_entrycount(index); i++) {
		const git_index_entry *e = git_index_get_byindex(index, i);
		bool skipped = e->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE;

		if (!skipped && !(e->flags & GIT_INDEX_ENTRY_VALID))
			continue;
		seen = *e;
		seen.flags &= (uint16_t)~GIT_INDEX_ENTRY_VALID;
		if (is_there(r, e->path))
			seen.flags_extended &= (uint16_t)~GIT_INDEX_ENTRY_SKIP_WORKTREE;
		if (seen.flags != e->flags || seen.flags_extended != e->flags_extended)
			code = git_index_add(index, &seen);
	}
	git_index_free(index);
	return code;
}

/* One difference is enough. */
static int stop_at_first(const git_diff *diff, const git_diff_delta *delta, const char *spec,
			 void *payload)
{
	(void)diff;
	(void)delta;
	(void)spec;
	*(bool *)payload = true;
	return GIT_EUSER;
}

static int find_difference(struct vcs_repository *r, const char *prefix, git_tree *head,
			   bool *dirty)
{
	git_diff_options options;
	char *spec = (char *)prefix;
	git_diff *diff = NULL;
	int code;

	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_DISABLE_PATHSPEC_MATCH | GIT_DIFF_SKIP_BINARY_CHECK;
	options.ignore_submodules = GIT_SUBMODULE_IGNORE_UNTRACKED;
	options.notify_cb = stop_at_first;
	options.payload = dirty;
	if (prefix[0])
		options.pathspec = (git_strarray){&spec, 1};
	code = git_diff_tree_to_workdir_with_index(&diff, r->git, head, &options);
	git_diff_free(diff);
	return *dirty ? 0 : code;
}

static int complain(const struct vcs_repository *r, struct diags *d)
{
	diag_add(d, DIAG_VCS_OPEN, RANGE_NONE, "the work tree %s cannot be compared: %s", r->place,
		 vcs_reason());
	return -1;
}

/* *tree NULL: nothing was committed yet.  A code of the library. */
static int head_tree(struct vcs_repository *r, git_tree **tree)
{
	git_object *head = NULL;
	int code = git_revparse_single(&head, r->git, "HEAD^{tree}");

	*tree = (git_tree *)head;
	return code == GIT_ENOTFOUND ? 0 : code;
}

int vcs_is_dirty(struct vcs_repository *r, const char *prefix, bool *dirty, struct diags *d)
{
	git_tree *head = NULL;
	int code;

	*dirty = false;
	if (git_repository_is_bare(r->git))
		return 0;
	code = head_tree(r, &head);
	if (!code)
		code = look_at_all(r);
	if (!code)
		code = find_difference(r, prefix, head, dirty);
	git_tree_free(head);
	return code ? complain(r, d) : 0;
}

int vcs_list_changes(struct vcs_repository *r, size_t max, struct arena *a, struct vcs_changes *out,
		     struct diags *d)
{
	const char **all = ARENA_ARRAY(a, max, const char *);
	git_diff_options options;
	git_tree *head = NULL;
	git_diff *diff = NULL;
	int code;

	*out = (struct vcs_changes){.paths = all};
	if (git_repository_is_bare(r->git))
		return 0;
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_SKIP_BINARY_CHECK;
	options.ignore_submodules = GIT_SUBMODULE_IGNORE_UNTRACKED;
	code = head_tree(r, &head);
	if (!code)
		code = look_at_all(r);
	if (!code)
		code = git_diff_tree_to_workdir_with_index(&diff, r->git, head, &options);
	if (!code)
		out->count = git_diff_num_deltas(diff);
	for (; out->listed < max && out->listed < out->count; out->listed++) {
		const git_diff_delta *one = git_diff_get_delta(diff, out->listed);

		all[out->listed] = arena_strdup(a, one->new_file.path);
	}
	git_diff_free(diff);
	git_tree_free(head);
	return code ? complain(r, d) : 0;
}
