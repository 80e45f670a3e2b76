/* ref_write.c - commits onto a reference of its own. */
#include "vcs/ref_write.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "vcs/objects.h"
#include "vcs/vcs_parts.h"

static enum vcs_ref_write fail(const struct vcs_repository *r, const char *ref, struct diags *d)
{
	diag_add(d, DIAG_VCS_WRITE, RANGE_NONE, "%s of %s cannot be written: %s", ref, r->place,
		 vcs_reason());
	return VCS_REF_FAILED;
}

bool vcs_ref_is_own(const char *ref)
{
	int valid = 0;

	vcs_begin();
	if (git_reference_name_is_valid(&valid, ref))
		valid = 0;
	return valid && strncmp(ref, "refs/hadeploy/", strlen("refs/hadeploy/")) == 0;
}

const char *vcs_ref_commit_id(struct vcs_repository *r, const char *ref, struct arena *a)
{
	git_oid id;

	return git_reference_name_to_id(&id, r->git, ref) == 0 ? vcs_id_text(a, &id) : NULL;
}

static bool is_moved(int code)
{
	return code == GIT_EMODIFIED || code == GIT_EEXISTS || code == GIT_ELOCKED;
}

static enum vcs_ref_write set(struct vcs_repository *r, const char *ref, const git_oid *id,
			      const char *expected, struct diags *d)
{
	git_reference *made = NULL;
	git_oid before;
	int code;

	if (expected && !vcs_parse_id(expected, &before))
		return VCS_REF_MOVED;
	if (expected)
		code = git_reference_create_matching(&made, r->git, ref, id, 1, &before, NULL);
	else
		code = git_reference_create(&made, r->git, ref, id, 0, NULL);
	git_reference_free(made);
	if (is_moved(code))
		return VCS_REF_MOVED;
	return code ? fail(r, ref, d) : VCS_REF_WRITTEN;
}

enum vcs_ref_write vcs_ref_set(struct vcs_repository *r, const char *ref, const char *id,
			       const char *expected, struct diags *d)
{
	git_oid to;

	if (!vcs_parse_id(id, &to))
		return VCS_REF_MOVED;
	return set(r, ref, &to, expected, d);
}

bool vcs_ref_remove(struct vcs_repository *r, const char *ref, const char *expected)
{
	git_reference *found = NULL;
	bool removed = false;
	git_oid before;

	/* The library compares again with what was found, under the lock. */
	if (vcs_parse_id(expected, &before) && git_reference_lookup(&found, r->git, ref) == 0 &&
	    git_reference_target(found) && git_oid_equal(git_reference_target(found), &before))
		removed = git_reference_delete(found) == 0;
	git_reference_free(found);
	return removed;
}

bool vcs_is_whole(struct vcs_repository *r, const char *commit)
{
	struct arena *a = arena_new();
	struct vcs_file *files = NULL;
	git_odb *odb = NULL;
	size_t count = 0;
	bool whole = vcs_list_files(r, commit, a, &files, &count) == 0 &&
		     git_repository_odb(&odb, r->git) == 0;
	git_oid id;

	for (size_t i = 0; whole && i < count; i++)
		whole = vcs_parse_id(files[i].id, &id) && git_odb_exists(odb, &id);
	git_odb_free(odb);
	arena_free(a);
	return whole;
}

bool vcs_ref_break_lock(struct vcs_repository *r, const char *ref, int64_t age_ms)
{
	struct arena *a = arena_new();
	const char *path = arena_printf(a, "%s/%s.lock", r->folder, ref);
	struct stat st;
	bool broken = stat(path, &st) == 0 && time(NULL) - st.st_mtime > age_ms / 1000 &&
		      unlink(path) == 0;

	arena_free(a);
	return broken;
}

/* --- trees --- */

struct drawing {
	struct vcs_repository *r;
	git_tree *before; /* NULL: nothing */
	git_tree_update *updates;
	size_t count;
};

static bool has_file(git_tree *tree, const char *path)
{
	git_tree_entry *entry = NULL;
	bool has = tree && git_tree_entry_bypath(&entry, tree, path) == 0;

	git_tree_entry_free(entry);
	return has;
}

static int add_change(struct drawing *g, const struct vcs_change *c)
{
	git_tree_update *u = &g->updates[g->count];

	memset(u, 0, sizeof(*u));
	u->path = c->path;
	u->filemode = GIT_FILEMODE_BLOB;
	u->action = c->bytes.ptr ? GIT_TREE_UPDATE_UPSERT : GIT_TREE_UPDATE_REMOVE;
	if (!c->bytes.ptr && !has_file(g->before, c->path))
		return 0;
	g->count++;
	return c->bytes.ptr
		       ? git_blob_create_from_buffer(&u->id, g->r->git, c->bytes.ptr, c->bytes.len)
		       : 0;
}

static int empty_tree(git_repository *git, git_tree **out)
{
	git_treebuilder *builder = NULL;
	git_oid id;
	int code = git_treebuilder_new(&builder, git, NULL);

	if (!code)
		code = git_treebuilder_write(&id, builder);
	git_treebuilder_free(builder);
	return code ? code : git_tree_lookup(out, git, &id);
}

static int draw(struct drawing *g, const struct vcs_new_commit *c, git_oid *out)
{
	git_tree *base = NULL;
	int code = 0;

	g->updates = xcalloc(c->count + 1, sizeof(*g->updates));
	for (size_t i = 0; !code && i < c->count; i++)
		code = add_change(g, &c->changes[i]);
	if (!code && !g->before)
		code = empty_tree(g->r->git, &base);
	if (!code)
		code = git_tree_create_updated(out, g->r->git, g->before ? g->before : base,
					       g->count, g->updates);
	git_tree_free(base);
	free(g->updates);
	return code;
}

/* --- commits --- */

static char *plain(struct arena *a, const char *text, const char *fallback)
{
	char *copy = arena_strdup(a, text && *text ? text : fallback), *to = copy;

	for (const char *at = copy; *at; at++) {
		if (*at != '<' && *at != '>' && (unsigned char)*at >= ' ')
			*to++ = *at;
	}
	*to = '\0';
	return *copy ? copy : arena_strdup(a, fallback);
}

static int sign(struct arena *a, const struct vcs_new_commit *c, git_signature **out)
{
	return git_signature_new(out, plain(a, c->author, "hadeploy"),
				 plain(a, c->email, "hadeploy@localhost"), c->at_ms / 1000, 0);
}

/* expected and merges, as far as there are such. */
struct parents {
	git_commit *items[2];
	size_t count;
};

static int find_parents(struct vcs_repository *r, const struct vcs_new_commit *c,
			struct parents *out)
{
	const char *const ids[] = {c->expected, c->merges};
	git_oid id;
	int code = 0;

	for (size_t i = 0; !code && i < ARRAY_LEN(ids); i++) {
		if (!ids[i])
			continue;
		code = vcs_parse_id(ids[i], &id)
			       ? git_commit_lookup(&out->items[out->count], r->git, &id)
			       : GIT_ENOTFOUND;
		out->count += !code;
	}
	return code;
}

static int make_commit(struct vcs_repository *r, const struct vcs_new_commit *c,
		       const struct parents *parents, const git_oid *tree_id, git_oid *out)
{
	struct arena *a = arena_new();
	git_signature *who = NULL;
	git_tree *tree = NULL;
	const git_commit *both[] = {parents->items[0], parents->items[1]};
	int code = git_tree_lookup(&tree, r->git, tree_id);

	if (!code)
		code = sign(a, c, &who);
	if (!code)
		code = git_commit_create(out, r->git, NULL, who, who, NULL, c->message, tree,
					 parents->count, both);
	git_signature_free(who);
	git_tree_free(tree);
	arena_free(a);
	return code;
}

enum vcs_ref_write vcs_ref_commit(struct vcs_repository *r, const char *ref,
				  const struct vcs_new_commit *c, char *id, struct diags *d)
{
	enum vcs_ref_write result = VCS_REF_FAILED;
	struct parents parents = {{NULL, NULL}, 0};
	struct drawing g = {.r = r};
	git_oid tree, commit;
	int code;

	code = find_parents(r, c, &parents);
	if (!code)
		code = objects_hold(r);
	if (!code && c->expected)
		code = git_commit_tree(&g.before, parents.items[0]);
	if (!code)
		code = draw(&g, c, &tree);
	if (!code && g.before && !c->merges && git_oid_equal(git_tree_id(g.before), &tree)) {
		memcpy(id, c->expected, VCS_ID_LEN + 1);
		result = VCS_REF_SAME;
		goto out;
	}
	if (!code)
		code = make_commit(r, c, &parents, &tree, &commit);
	if (!code)
		code = objects_store(r);
	if (code) {
		fail(r, ref, d);
		goto out;
	}
	git_oid_tostr(id, VCS_ID_LEN + 1, &commit);
	result = set(r, ref, &commit, c->expected, d);
out:
	objects_drop(r);
	git_tree_free(g.before);
	git_commit_free(parents.items[0]);
	git_commit_free(parents.items[1]);
	return result;
}
