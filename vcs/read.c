/* read.c - files of a commit: paths, symbolic links, submodules. */
#include "vcs/read.h"

#include <stdlib.h>
#include <string.h>

#include "vcs/vcs_parts.h"

/* As many as the kernel follows. */
#define LINKS_MAX 40
#define LINK_LEN_MAX 4096
#define LFS_POINTER_LEN_MAX 1024
#define LFS_FIRST_LINE "version https://git-lfs.github.com/spec/"

struct vcs_tree {
	struct vcs_repository *r;
	git_tree *root;
	git_oid commit;
};

struct vcs_tree *vcs_tree_open(struct vcs_repository *r, const char *commit_id)
{
	struct vcs_tree *t = xcalloc(1, sizeof(*t));
	git_commit *commit = NULL;

	t->r = r;
	if (!vcs_parse_id(commit_id, &t->commit) ||
	    git_commit_lookup(&commit, r->git, &t->commit) || git_commit_tree(&t->root, commit)) {
		free(t);
		t = NULL;
	}
	git_commit_free(commit);
	return t;
}

void vcs_tree_close(struct vcs_tree *t)
{
	if (!t)
		return;
	git_tree_free(t->root);
	free(t);
}

const char *vcs_read_text(enum vcs_read result)
{
	static const char *const texts[] = {
		[VCS_READ_DONE] = "is there",
		[VCS_READ_ABSENT] = "is not in this commit",
		[VCS_READ_FOLDER] = "is a folder",
		[VCS_READ_LARGE] = "is too large",
		[VCS_READ_LEAVES] = "leads out of the repository",
		[VCS_READ_LOOP] = "is a symbolic link that leads to itself",
		[VCS_READ_SUBMODULE] = "lies in a submodule whose commit is not here",
		[VCS_READ_LFS] = "is kept in Git LFS, and only a pointer to it in the commit",
		[VCS_READ_BROKEN] = "cannot be read from the object database",
	};

	return texts[result];
}

/* --- walking a path --- */

/* Where a walk stands: the repository (a submodule's own when it is in one) and what leads there
 * from its root. */
struct walk {
	struct arena *a;
	struct vcs_tree *t;
	git_repository *git;   /* t's, or `inner` */
	git_repository *inner; /* owned: of a submodule */
	git_tree *root;        /* of git; owned when inner */
	const char **parts;    /* names from root to where it stands */
	size_t count;
	size_t links;
	git_tree_entry *entry; /* owned: what was found */
};

static void walk_end(struct walk *w)
{
	git_tree_entry_free(w->entry);
	if (w->inner) {
		git_tree_free(w->root);
		git_repository_free(w->inner);
	}
	arena_free(w->a);
}

static const char *joined(const struct walk *w)
{
	const char *path = w->count ? w->parts[0] : "";

	for (size_t i = 1; i < w->count; i++)
		path = arena_printf(w->a, "%s/%s", path, w->parts[i]);
	return path;
}

static void push(struct walk *w, const char *part)
{
	const char **more = ARENA_ARRAY(w->a, w->count + 1, const char *);

	if (w->count)
		memcpy(more, w->parts, w->count * sizeof(*more));
	more[w->count++] = part;
	w->parts = more;
}

/* What the walk stands at becomes the root of another repository. */
static enum vcs_read enter_submodule(struct walk *w)
{
	git_submodule *module = NULL;
	git_repository *inner = NULL;
	git_commit *commit = NULL;
	git_tree *root = NULL;
	int code;

	if (w->inner)
		return VCS_READ_SUBMODULE;
	code = git_submodule_lookup(&module, w->git, joined(w));
	if (!code)
		code = git_submodule_open(&inner, module);
	git_submodule_free(module);
	if (!code)
		code = git_commit_lookup(&commit, inner, git_tree_entry_id(w->entry));
	if (!code)
		code = git_commit_tree(&root, commit);
	git_commit_free(commit);
	if (code) {
		git_repository_free(inner);
		return VCS_READ_SUBMODULE;
	}
	w->inner = w->git = inner;
	w->root = root;
	w->count = 0;
	git_tree_entry_free(w->entry);
	w->entry = NULL;
	return VCS_READ_FOLDER;
}

static enum vcs_read advance(struct walk *w, const char *path);

static enum vcs_read follow_link(struct walk *w)
{
	git_blob *blob = NULL;
	const char *target;

	if (++w->links > LINKS_MAX)
		return VCS_READ_LOOP;
	if (git_blob_lookup(&blob, w->git, git_tree_entry_id(w->entry)))
		return VCS_READ_BROKEN;
	target = git_blob_rawsize(blob) > LINK_LEN_MAX
			 ? NULL
			 : arena_strndup(w->a, git_blob_rawcontent(blob),
					 (size_t)git_blob_rawsize(blob));
	git_blob_free(blob);
	if (!target)
		return VCS_READ_BROKEN;
	if (target[0] == '/')
		return VCS_READ_LEAVES;
	w->count--;
	return advance(w, target);
}

/* What the walk stands at: VCS_READ_DONE for a file. */
static enum vcs_read look_here(struct walk *w)
{
	git_filemode_t mode;

	git_tree_entry_free(w->entry);
	w->entry = NULL;
	if (!w->count)
		return VCS_READ_FOLDER;
	if (git_tree_entry_bypath(&w->entry, w->root, joined(w)))
		return git_error_last() && git_error_last()->klass == GIT_ERROR_ODB
			       ? VCS_READ_BROKEN
			       : VCS_READ_ABSENT;
	mode = git_tree_entry_filemode(w->entry);
	if (mode == GIT_FILEMODE_LINK)
		return follow_link(w);
	if (mode == GIT_FILEMODE_COMMIT)
		return enter_submodule(w);
	return mode == GIT_FILEMODE_TREE ? VCS_READ_FOLDER : VCS_READ_DONE;
}

static enum vcs_read step(struct walk *w, struct text part)
{
	if (!part.len || text_is(part, "."))
		return VCS_READ_FOLDER;
	if (!text_is(part, "..")) {
		push(w, arena_text(w->a, part));
		return look_here(w);
	}
	if (!w->count)
		return VCS_READ_LEAVES;
	w->count--;
	return VCS_READ_FOLDER;
}

static enum vcs_read advance(struct walk *w, const char *path)
{
	struct text_split rest = text_split_start(text_of(path));
	enum vcs_read here = VCS_READ_FOLDER;
	struct text part;

	while (text_next(&rest, '/', &part)) {
		if (here == VCS_READ_DONE)
			return VCS_READ_ABSENT; /* a file is no folder */
		here = step(w, part);
		if (here != VCS_READ_DONE && here != VCS_READ_FOLDER)
			return here;
	}
	/* "x/.." leaves the entry of x behind. */
	return here == VCS_READ_FOLDER ? look_here(w) : here;
}

static enum vcs_read walk_to(struct vcs_tree *t, const char *path, struct walk *w)
{
	*w = (struct walk){.a = arena_new(), .t = t, .git = t->r->git, .root = t->root};
	return path[0] == '/' ? VCS_READ_LEAVES : advance(w, path);
}

/* --- what is there --- */

static bool is_lfs(const char *bytes, size_t len)
{
	return len <= LFS_POINTER_LEN_MAX && len >= strlen(LFS_FIRST_LINE) &&
	       memcmp(bytes, LFS_FIRST_LINE, strlen(LFS_FIRST_LINE)) == 0;
}

/* Line ends and what else attributes of the commit ask for. */
static int add_as_checkout(struct walk *w, git_blob *blob, struct str *out)
{
	git_blob_filter_options options;
	git_buf bytes = {0};
	int code;

	git_blob_filter_options_init(&options, GIT_BLOB_FILTER_OPTIONS_VERSION);
	options.flags = GIT_BLOB_FILTER_NO_SYSTEM_ATTRIBUTES;
	if (!w->inner) {
		options.flags |= GIT_BLOB_FILTER_ATTRIBUTES_FROM_COMMIT;
		options.attr_commit_id = w->t->commit;
	}
	code = git_blob_filter(&bytes, blob, joined(w), &options);
	if (!code)
		str_add_len(out, bytes.ptr ? bytes.ptr : "", bytes.size);
	git_buf_dispose(&bytes);
	return code;
}

static enum vcs_read add_blob(struct walk *w, size_t max_len, struct str *out)
{
	enum vcs_read result = VCS_READ_DONE;
	const size_t before = out->len;
	git_blob *blob = NULL;

	if (git_blob_lookup(&blob, w->git, git_tree_entry_id(w->entry)))
		return VCS_READ_BROKEN;
	if ((uint64_t)git_blob_rawsize(blob) > max_len)
		result = VCS_READ_LARGE;
	else if (is_lfs(git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob)))
		result = VCS_READ_LFS;
	else if (add_as_checkout(w, blob, out))
		result = VCS_READ_BROKEN;
	else if (out->len - before > max_len)
		result = VCS_READ_LARGE;
	if (result != VCS_READ_DONE)
		str_truncate(out, before);
	git_blob_free(blob);
	return result;
}

enum vcs_read vcs_tree_read(struct vcs_tree *t, const char *path, size_t max_len, struct str *out)
{
	struct walk w;
	enum vcs_read result = walk_to(t, path, &w);

	if (result == VCS_READ_DONE)
		result = add_blob(&w, max_len, out);
	walk_end(&w);
	return result;
}

enum vcs_read vcs_tree_look(struct vcs_tree *t, const char *path)
{
	struct walk w;
	enum vcs_read result = walk_to(t, path, &w);

	walk_end(&w);
	return result;
}

static int compare_entries(const void *x, const void *y)
{
	return strcmp(((const struct vcs_entry *)x)->name, ((const struct vcs_entry *)y)->name);
}

static void add_entries(git_tree *tree, struct arena *a, struct vcs_entry **out, size_t *count)
{
	const size_t all = git_tree_entrycount(tree);
	struct vcs_entry *entries = ARENA_ARRAY(a, all, struct vcs_entry);

	for (size_t i = 0; i < all; i++) {
		const git_tree_entry *e = git_tree_entry_byindex(tree, i);

		entries[i].name = arena_strdup(a, git_tree_entry_name(e));
		entries[i].is_folder = git_tree_entry_filemode(e) == GIT_FILEMODE_TREE ||
				       git_tree_entry_filemode(e) == GIT_FILEMODE_COMMIT;
	}
	qsort(entries, all, sizeof(*entries), compare_entries);
	*out = entries;
	*count = all;
}

enum vcs_read vcs_tree_list(struct vcs_tree *t, const char *path, struct arena *a,
			    struct vcs_entry **out, size_t *count)
{
	struct walk w;
	enum vcs_read result = walk_to(t, path, &w);
	git_tree *tree = NULL;

	if (result == VCS_READ_DONE)
		result = VCS_READ_ABSENT; /* a file */
	else if (result == VCS_READ_FOLDER && !w.entry)
		add_entries(w.root, a, out, count);
	else if (result == VCS_READ_FOLDER &&
		 git_tree_lookup(&tree, w.git, git_tree_entry_id(w.entry)) == 0)
		add_entries(tree, a, out, count);
	else if (result == VCS_READ_FOLDER)
		result = VCS_READ_BROKEN;
	git_tree_free(tree);
	walk_end(&w);
	return result == VCS_READ_FOLDER ? VCS_READ_DONE : result;
}
