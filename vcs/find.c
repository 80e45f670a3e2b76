/* find.c - commits: by name, where the repository stands, and how they hang together. */
#include "vcs/vcs_parts.h"

#include <stdlib.h>
#include <string.h>

bool vcs_parse_id(const char *text, git_oid *out)
{
	return strlen(text) == VCS_ID_LEN && git_oid_fromstr(out, text) == 0;
}

char *vcs_id_text(struct arena *a, const git_oid *id)
{
	char text[VCS_ID_LEN + 1];

	return arena_strdup(a, git_oid_tostr(text, sizeof(text), id));
}

struct vcs_commit vcs_describe_commit(struct arena *a, git_commit *commit)
{
	const git_signature *author = git_commit_author(commit);
	const char *subject = git_commit_summary(commit);

	return (struct vcs_commit){
		.id = vcs_id_text(a, git_commit_id(commit)),
		.subject = arena_strdup(a, subject ? subject : ""),
		.author_name = arena_strdup(a, author ? author->name : ""),
		.author_email = arena_strdup(a, author ? author->email : ""),
		.author_ms = author ? (int64_t)author->when.time * 1000 : 0,
		.commit_ms = (int64_t)git_commit_time(commit) * 1000,
	};
}

/* --- by name --- */

static void say_unknown(const struct vcs_repository *r, const char *rev, int code, struct diags *d)
{
	struct diag *g;

	if (code == GIT_EAMBIGUOUS) {
		g = diag_add(d, DIAG_VCS_REV, RANGE_NONE, "'%s' names more than one object in %s",
			     rev, r->place);
		diag_hint(d, g, "give more digits of the commit's id");
		return;
	}
	g = diag_add(d, DIAG_VCS_REV, RANGE_NONE, "there is no commit '%s' in %s", rev, r->place);
	if (code != GIT_ENOTFOUND && code != GIT_EINVALIDSPEC)
		diag_detail(d, g, "%s", vcs_reason());
	if (vcs_is_shallow(r))
		diag_hint(d, g,
			  "this is a shallow clone, which lacks most commits: "
			  "git fetch --unshallow --tags");
	else
		diag_hint(d, g,
			  "`git log --all --oneline` shows what there is; "
			  "git fetch --tags brings what remotes have");
}

static int look_up_one(struct vcs_repository *r, const char *rev, git_commit **out)
{
	git_object *named = NULL, *commit = NULL;
	int code = git_revparse_single(&named, r->git, rev);

	if (!code)
		code = git_object_peel(&commit, named, GIT_OBJECT_COMMIT);
	git_object_free(named);
	*out = (git_commit *)commit;
	return code;
}

/* "A...B": the commit that both come from; a side that is left out is HEAD. */
static int look_up_base(struct vcs_repository *r, const char *one, const char *other,
			git_commit **out)
{
	git_commit *a = NULL, *b = NULL;
	git_oid base;
	int code = look_up_one(r, *one ? one : "HEAD", &a);

	if (!code)
		code = look_up_one(r, *other ? other : "HEAD", &b);
	if (!code)
		code = git_merge_base(&base, r->git, git_commit_id(a), git_commit_id(b));
	if (!code)
		code = git_commit_lookup(out, r->git, &base);
	git_commit_free(a);
	git_commit_free(b);
	return code;
}

/* The commit that `rev` names; tags are followed.  A code of the library. */
static int look_up(struct vcs_repository *r, const char *rev, git_commit **out)
{
	const char *dots = strstr(rev, "...");
	char *one;
	int code;

	if (!dots)
		return look_up_one(r, rev, out);
	one = xstrndup(rev, (size_t)(dots - rev));
	code = look_up_base(r, one, dots + 3, out);
	free(one);
	return code;
}

int vcs_find(struct vcs_repository *r, const char *rev, struct arena *a, struct vcs_commit *out,
	     struct diags *d)
{
	git_commit *commit = NULL;
	int code = look_up(r, rev, &commit);

	if (code) {
		say_unknown(r, rev, code, d);
		return -1;
	}
	*out = vcs_describe_commit(a, commit);
	git_commit_free(commit);
	return 0;
}

bool vcs_has_commit(struct vcs_repository *r, const char *id)
{
	git_commit *commit = NULL;
	git_oid oid;
	bool has = vcs_parse_id(id, &oid) && git_commit_lookup(&commit, r->git, &oid) == 0;

	git_commit_free(commit);
	return has;
}

bool vcs_contains(struct vcs_repository *r, const char *descendant, const char *id)
{
	git_oid old, young;

	if (!vcs_parse_id(id, &old) || !vcs_parse_id(descendant, &young) ||
	    !vcs_has_commit(r, id) || !vcs_has_commit(r, descendant))
		return false;
	return git_oid_equal(&old, &young) || git_graph_descendant_of(r->git, &young, &old) == 1;
}

/* --- where it stands --- */

static const char *upstream_of(struct vcs_repository *r, struct arena *a, const char *ref)
{
	git_buf name = {0};
	const char *found = NULL;

	if (git_branch_upstream_name(&name, r->git, ref) == 0)
		found = arena_strdup(a, name.ptr);
	git_buf_dispose(&name);
	return found;
}

static int fill_head(struct vcs_repository *r, git_reference *ref, struct arena *a,
		     struct vcs_head *out)
{
	struct vcs_commit *kept = ARENA_NEW(a, struct vcs_commit);
	git_object *commit = NULL;

	if (git_reference_peel(&commit, ref, GIT_OBJECT_COMMIT))
		return -1;
	*kept = vcs_describe_commit(a, (git_commit *)commit);
	git_object_free(commit);
	out->commit = kept;
	if (git_reference_is_branch(ref)) {
		out->branch = arena_strdup(a, git_reference_shorthand(ref));
		out->upstream = upstream_of(r, a, git_reference_name(ref));
	}
	return 0;
}

int vcs_head(struct vcs_repository *r, struct arena *a, struct vcs_head *out, struct diags *d)
{
	git_reference *ref = NULL;
	int code = git_repository_head(&ref, r->git);

	*out = (struct vcs_head){0};
	if (code == GIT_EUNBORNBRANCH || code == GIT_ENOTFOUND)
		return 0;
	if (!code)
		code = fill_head(r, ref, a, out);
	git_reference_free(ref);
	if (!code)
		return 0;
	diag_add(d, DIAG_VCS_OPEN, RANGE_NONE, "HEAD of %s cannot be read: %s", r->place,
		 vcs_reason());
	return -1;
}

struct tag_search {
	struct vcs_repository *r;
	struct arena *a;
	git_oid id;
	const char *found;
};

static int look_at_tag(const char *name, git_oid *id, void *payload)
{
	struct tag_search *s = payload;
	git_object *named = NULL, *commit = NULL;
	const char *plain = name + strlen("refs/tags/");

	if (git_object_lookup(&named, s->r->git, id, GIT_OBJECT_ANY) == 0 &&
	    git_object_peel(&commit, named, GIT_OBJECT_COMMIT) == 0 &&
	    git_oid_equal(git_object_id(commit), &s->id) &&
	    (!s->found || strcmp(plain, s->found) > 0))
		s->found = arena_strdup(s->a, plain);
	git_object_free(named);
	git_object_free(commit);
	return 0;
}

const char *vcs_tag_of(struct vcs_repository *r, const char *id, struct arena *a)
{
	struct tag_search s = {.r = r, .a = a};

	if (vcs_parse_id(id, &s.id))
		git_tag_foreach(r->git, look_at_tag, &s);
	return s.found;
}

/* --- remotes --- */

const char *vcs_public_url(struct arena *a, const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;
	size_t len = strcspn(host, "/?#");
	const char *at = scheme ? memrchr(host, '@', len) : NULL;
	const char *rest = at ? at + 1 : host;

	return arena_printf(a, "%.*s%.*s", (int)(host - url), url, (int)strcspn(rest, "?#"), rest);
}

/* A snapshot: remotes are read from the settings because git_remote_lookup of this library
 * keeps memory for ever. */
static const char *setting(git_config *config, struct arena *a, const char *key)
{
	const char *value = NULL;

	return git_config_get_string(&value, config, key) == 0 ? arena_strdup(a, value) : NULL;
}

static const char *url_of(git_config *config, struct arena *a, const char *remote)
{
	return setting(config, a, arena_printf(a, "remote.%s.url", remote));
}

struct remote_count {
	struct arena *a;
	const char *url;
	size_t count;
};

static int count_remote(const git_config_entry *entry, void *payload)
{
	struct remote_count *c = payload;

	c->count++;
	c->url = arena_strdup(c->a, entry->value ? entry->value : "");
	return 0;
}

static const char *only_url(git_config *config, struct arena *a)
{
	struct remote_count c = {.a = a};

	git_config_foreach_match(config, "^remote\\..*\\.url$", count_remote, &c);
	return c.count == 1 ? c.url : NULL;
}

const char *vcs_remote_url(struct vcs_repository *r, const char *branch, struct arena *a)
{
	git_config *config = NULL;
	const char *remote = NULL, *url = NULL;

	if (git_repository_config_snapshot(&config, r->git))
		return NULL;
	if (branch)
		remote = setting(config, a, arena_printf(a, "branch.%s.remote", branch));
	if (remote)
		url = url_of(config, a, remote);
	if (!url)
		url = url_of(config, a, "origin");
	if (!url)
		url = only_url(config, a);
	git_config_free(config);
	return url ? vcs_public_url(a, url) : NULL;
}
