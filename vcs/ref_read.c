/* ref_read.c - what a reference of ref_write.h holds, by ids. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/vec.h"
#include "vcs/ref_write.h"
#include "vcs/vcs_parts.h"

static int tree_of(struct vcs_repository *r, const char *commit, git_tree **out)
{
	git_commit *found = NULL;
	git_oid id;
	int code = vcs_parse_id(commit, &id) ? git_commit_lookup(&found, r->git, &id) : -1;

	if (!code)
		code = git_commit_tree(out, found);
	git_commit_free(found);
	return code;
}

void vcs_file_id(struct vcs_repository *r, const char *commit, const char *path, char *out)
{
	git_tree *tree = NULL;
	git_tree_entry *entry = NULL;

	*out = '\0';
	if (tree_of(r, commit, &tree) == 0 && git_tree_entry_bypath(&entry, tree, path) == 0)
		git_oid_tostr(out, VCS_ID_LEN + 1, git_tree_entry_id(entry));
	git_tree_entry_free(entry);
	git_tree_free(tree);
}

void vcs_bytes_id(struct text bytes, char *out)
{
	git_oid id;

	*out = '\0';
	vcs_begin();
	if (git_odb_hash(&id, bytes.ptr, bytes.len, GIT_OBJECT_BLOB) == 0)
		git_oid_tostr(out, VCS_ID_LEN + 1, &id);
}

struct listing {
	struct arena *a;
	struct {
		VEC_OF(struct vcs_file)
	} files;
};

static int list_entry(const char *root, const git_tree_entry *entry, void *payload)
{
	struct listing *l = payload;

	if (git_tree_entry_type(entry) == GIT_OBJECT_BLOB)
		*arena_vec_add(l->a, &l->files) = (struct vcs_file){
			arena_printf(l->a, "%s%s", root, git_tree_entry_name(entry)),
			vcs_id_text(l->a, git_tree_entry_id(entry)),
		};
	return 0;
}

static int compare_files(const void *x, const void *y)
{
	return strcmp(((const struct vcs_file *)x)->path, ((const struct vcs_file *)y)->path);
}

int vcs_list_files(struct vcs_repository *r, const char *commit, struct arena *a,
		   struct vcs_file **out, size_t *count)
{
	struct listing l = {.a = a};
	git_tree *tree = NULL;
	int code = tree_of(r, commit, &tree);

	if (!code)
		code = git_tree_walk(tree, GIT_TREEWALK_PRE, list_entry, &l);
	git_tree_free(tree);
	if (l.files.count)
		qsort(l.files.items, l.files.count, sizeof(struct vcs_file), compare_files);
	*out = l.files.items;
	*count = l.files.count;
	return code ? -1 : 0;
}

int vcs_file_bytes(struct vcs_repository *r, const char *id, size_t max_len, struct str *out)
{
	git_blob *blob = NULL;
	git_oid oid;
	int result = -1;

	if (!vcs_parse_id(id, &oid) || git_blob_lookup(&blob, r->git, &oid))
		return -1;
	if ((uint64_t)git_blob_rawsize(blob) <= max_len) {
		str_add_len(out, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
		result = 0;
	}
	git_blob_free(blob);
	return result;
}

const char *vcs_common_commit(struct vcs_repository *r, const char *x, const char *y,
			      struct arena *a)
{
	git_oid one, two, base;

	if (!vcs_parse_id(x, &one) || !vcs_parse_id(y, &two) ||
	    git_merge_base(&base, r->git, &one, &two))
		return NULL;
	return vcs_id_text(a, &base);
}

struct vcs_repository *vcs_open_bare(const char *path, struct diags *d)
{
	struct vcs_repository *r = NULL;
	git_repository *git = NULL;
	int code;

	vcs_begin();
	code = git_repository_open_bare(&git, path);
	if (code == GIT_ENOTFOUND)
		code = git_repository_init(&git, path, 1);
	if (code) {
		diag_add(d, DIAG_VCS_WRITE, RANGE_NONE, "%s cannot be made a repository: %s", path,
			 vcs_reason());
	} else {
		git_repository_free(git);
		if (vcs_open(path, &r, d) == VCS_NOWHERE)
			diag_add(d, DIAG_VCS_WRITE, RANGE_NONE, "%s is no repository", path);
	}
	return r;
}

const char *vcs_remote_named(struct vcs_repository *r, const char *name, struct arena *a)
{
	git_config *config = NULL;
	const char *value = NULL, *url = NULL;

	if (git_repository_config_snapshot(&config, r->git))
		return NULL;
	if (git_config_get_string(&value, config, arena_printf(a, "remote.%s.url", name)) == 0)
		url = arena_strdup(a, value);
	git_config_free(config);
	return url;
}

const char *vcs_shown_url(struct arena *a, const char *url)
{
	return vcs_public_url(a, url);
}
