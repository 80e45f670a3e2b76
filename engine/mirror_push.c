/* mirror_push.c - the mirror to one remote, and what somebody else has pushed there first. */
#include <string.h>

#include "base/digest.h"
#include "engine/mirror_parts.h"

static bool is_url(const char *remote)
{
	return strstr(remote, "://") || remote[0] == '/' || remote[0] == '.' || strchr(remote, ':');
}

const char *mirror_remote_shown(struct arena *a, const char *remote)
{
	return is_url(remote) ? vcs_shown_url(a, remote) : remote;
}

const char *mirror_remote_url(struct vcs_repository *r, const char *remote, struct arena *a,
			      struct diags *d)
{
	const char *url = is_url(remote) ? remote : vcs_remote_named(r, remote, a);
	struct diag *g;

	if (url)
		return url;
	g = diag_add(d, DIAG_MIRROR_PUSH, RANGE_NONE, "%s has no remote '%s'", vcs_place(r),
		     remote);
	diag_hint(d, g, "git remote add %s URL, or write the URL in the manifest", remote);
	return NULL;
}

const char *mirror_their_ref(struct arena *a, const char *remote)
{
	char digest[65];

	digest_sha256(text_of(remote), digest);
	return arena_printf(a, "refs/hadeploy/fetched/%.16s", digest);
}

/* Another lineage is never joined with this one. */
static bool is_ours(const struct mirror_push *p, const char *theirs, struct arena *a,
		    struct diags *d)
{
	const char *tip = vcs_ref_commit_id(p->repository, p->ref, a);
	const char *mine = tip ? mirror_lineage_of(p->repository, tip, a) : "";
	const char *other = mirror_lineage_of(p->repository, theirs, a);
	const char *project = mirror_project_of(p->repository, theirs, a);
	struct diag *g;

	if (*mine && strcmp(mine, other) == 0 && mirror_is_project(project, p->project, p->other))
		return true;
	if (*mine && strcmp(mine, other) == 0) {
		g = diag_add(d, DIAG_MIRROR_FOREIGN, RANGE_NONE,
			     "%s of %s mirrors project '%s', and the manifest is of '%s'", p->ref,
			     mirror_remote_shown(a, p->remote), project, p->project);
		diag_hint(d, g, "if it was renamed: hadeploy state mirror push --other-project %s",
			  project);
		return false;
	}
	g = diag_add(d, DIAG_MIRROR_FOREIGN, RANGE_NONE, "%s of %s mirrors another recorded state",
		     p->ref, mirror_remote_shown(a, p->remote));
	diag_hint(d, g, "give this project a reference of its own: State: {Mirror: {Ref: ...}}");
	return false;
}

static bool take_theirs(const struct mirror_push *p, const char *url,
			const struct vcs_access *access, struct arena *a, struct diags *d)
{
	const char *to = mirror_their_ref(a, p->remote);
	const char *const specs[] = {arena_printf(a, "+%s:%s", p->ref, to), NULL};
	const char *theirs, *tip;

	if (vcs_fetch(p->repository, url, specs, access, d) != VCS_FETCHED)
		return false;
	theirs = vcs_ref_commit_id(p->repository, to, a);
	if (!theirs || !is_ours(p, theirs, a, d))
		return false;
	tip = vcs_ref_commit_id(p->repository, p->ref, a);
	if (tip && !*p->behind->what && !vcs_contains(p->repository, p->pushed, theirs))
		mirror_find_behind(p->repository, tip, theirs, p->behind);
	return mirror_merge(p->repository, p->ref, theirs, d) == 0;
}

enum vcs_push mirror_push_to(const struct mirror_push *p, struct diags *d)
{
	struct arena *a = arena_new();
	const char *url = mirror_remote_url(p->repository, p->remote, a, d);
	const char *spec = arena_printf(a, "%s:%s", p->ref, p->ref);
	enum vcs_push result = VCS_PUSH_FAILED;
	struct vcs_access access = {0};

	if (url && vcs_access_from_environment(a, &access, d) == 0) {
		access.stop = p->stop;
		result = VCS_PUSH_REJECTED;
	}
	for (int i = 0; result == VCS_PUSH_REJECTED && i < MIRROR_TRIES; i++) {
		result = vcs_push(p->repository, url, spec, &access, d);
		if (result == VCS_PUSH_REJECTED && !take_theirs(p, url, &access, a, d))
			break;
	}
	arena_free(a);
	return result;
}
