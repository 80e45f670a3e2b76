/* mirror_source.c - which commit a state is restored from. */
#include <string.h>

#include "engine/mirror_parts.h"

static const char *shown(const struct mirror_source *s)
{
	return s->w->from ? mirror_remote_shown(s->a, s->w->from) : s->settings->ref;
}

static const char *say_none(const struct mirror_source *s)
{
	struct diag *g = diag_add(s->d, DIAG_MIRROR_NONE, RANGE_NONE, "there is no mirror in '%s'",
				  shown(s));

	diag_hint(s->d, g, "name a reference (%s), a commit of it, a remote or a URL",
		  s->settings->ref);
	return NULL;
}

static bool check_project(const struct mirror_source *s, const char *id)
{
	const char *theirs = mirror_project_of(s->repository, id, s->a);
	const char *ours = s->settings->project;
	struct diag *g;

	if (mirror_is_project(theirs, ours, s->w->other_project))
		return true;
	g = diag_add(s->d, DIAG_MIRROR_OTHER_PROJECT, RANGE_NONE,
		     "the mirror is of project '%s', and the manifest is of '%s'", theirs, ours);
	diag_detail(s->d, g,
		    "With its state the next apply would delete what '%s' has deployed. Nothing "
		    "was restored.",
		    theirs);
	diag_hint(s->d, g,
		  "look at --from and at Remotes of the manifest; if the project was renamed: "
		  "hadeploy state restore --other-project %s",
		  theirs);
	return false;
}

/* --- all that there is --- */

static bool say_unasked(const struct mirror_source *s, const char *remote,
			const struct diags *reason)
{
	struct diag *g = diag_add(s->d, DIAG_MIRROR_UNASKED, RANGE_NONE,
				  "remote '%s' cannot be asked, and may be ahead of what is here",
				  mirror_remote_shown(s->a, remote));

	diag_detail(s->d, g, "%s. Nothing was restored.",
		    reason->first ? reason->first->summary : "It did not answer");
	diag_hint(s->d, g,
		  "try again when it answers, or take what is here, which may be old: hadeploy "
		  "state restore --from %s",
		  s->settings->ref);
	return false;
}

/* Lets the reference of this repository have all that the remote has.  False: with an error. */
static bool join(const struct mirror_source *s, const char *theirs, const char *remote)
{
	const char *ours = vcs_ref_commit_id(s->repository, s->settings->ref, s->a);
	struct diag *g;

	if (!check_project(s, theirs))
		return false;
	/* What is lost here is there. */
	if (ours && !vcs_is_whole(s->repository, ours))
		vcs_ref_remove(s->repository, s->settings->ref, ours);
	else if (ours && strcmp(mirror_lineage_of(s->repository, ours, s->a),
				mirror_lineage_of(s->repository, theirs, s->a)) != 0) {
		g = diag_add(s->d, DIAG_MIRROR_FOREIGN, RANGE_NONE,
			     "%s here and that of %s mirror different recorded states",
			     s->settings->ref, mirror_remote_shown(s->a, remote));
		diag_hint(s->d, g, "name the one that is meant: --from %s, or --from REMOTE",
			  s->settings->ref);
		return false;
	}
	return mirror_merge(s->repository, s->settings->ref, theirs, s->d) == 0;
}

static bool ask(const struct mirror_source *s, const char *remote)
{
	const char *to = mirror_their_ref(s->a, remote), *theirs;
	const char *const specs[] = {arena_printf(s->a, "+%s:%s", s->settings->ref, to), NULL};
	struct diags reason = DIAGS_INIT;
	struct vcs_access access = {0};
	const char *url = mirror_remote_url(s->repository, remote, s->a, &reason);
	enum vcs_fetch result = VCS_FETCH_FAILED;
	bool good = false;

	if (url && vcs_access_from_environment(s->a, &access, &reason) == 0)
		result = vcs_fetch(s->repository, url, specs, &access, &reason);
	theirs = result == VCS_FETCHED ? vcs_ref_commit_id(s->repository, to, s->a) : NULL;
	if (result == VCS_FETCH_NONE)
		good = true;
	else
		good = theirs ? join(s, theirs, remote) : say_unasked(s, remote, &reason);
	diags_release(&reason);
	return good;
}

static const char *newest(const struct mirror_source *s)
{
	const char *id;

	for (size_t i = 0; i < s->settings->remote_count; i++) {
		if (!ask(s, s->settings->remotes[i]))
			return NULL;
	}
	id = vcs_ref_commit_id(s->repository, s->settings->ref, s->a);
	return id ? id : say_none(s);
}

/* --- one that is named --- */

static const char *fetch(const struct mirror_source *s, const char *url)
{
	const char *to = "refs/hadeploy/restored", *id = NULL;
	const char *const specs[] = {arena_printf(s->a, "+%s:%s", s->settings->ref, to), NULL};
	struct vcs_access access = {0};
	enum vcs_fetch result;

	if (vcs_access_from_environment(s->a, &access, s->d) != 0)
		return NULL;
	result = vcs_fetch(s->repository, url, specs, &access, s->d);
	if (result == VCS_FETCHED)
		id = vcs_ref_commit_id(s->repository, to, s->a);
	return id || s->d->error_count ? id : say_none(s);
}

/* A name of a remote is stronger than one of a commit. */
static const char *named(const struct mirror_source *s)
{
	const char *from = s->w->from, *url = vcs_remote_named(s->repository, from, s->a);
	struct diags ignored = DIAGS_INIT;
	struct vcs_commit commit;
	const char *id = NULL;

	if (!url && strncmp(from, "refs/", strlen("refs/")) != 0 &&
	    (strchr(from, ':') || strchr(from, '/')))
		url = from;
	if (url)
		return fetch(s, url);
	if (vcs_find(s->repository, from, s->a, &commit, &ignored) == 0)
		id = commit.id;
	diags_release(&ignored);
	return id ? id : say_none(s);
}

static const char *say_no_mirror(const struct mirror_source *s, const char *id)
{
	struct diag *g =
		diag_add(s->d, DIAG_MIRROR_NONE, RANGE_NONE,
			 "commit %.10s ('%s') is no mirror of recorded state", id, shown(s));

	diag_hint(s->d, g, "name a reference (%s), a commit of it, a remote or a URL",
		  s->settings->ref);
	return NULL;
}

static bool is_mirror(const struct mirror_source *s, const char *id)
{
	struct vcs_file *files = NULL;
	size_t count = 0;
	struct rows_key key;

	if (vcs_list_files(s->repository, id, s->a, &files, &count) != 0)
		return true; /* told by who reads it */
	for (size_t i = 0; i < count; i++) {
		if (mirror_parse_path(s->a, files[i].path, &key))
			return true;
	}
	return false;
}

const char *mirror_find_source(const struct mirror_source *s)
{
	const char *id = s->w->from ? named(s) : newest(s);

	if (!id)
		return NULL;
	if (!is_mirror(s, id))
		return say_no_mirror(s, id);
	return check_project(s, id) ? id : NULL;
}
