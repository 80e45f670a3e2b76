#include "vcs/own.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "vcs/vcs_parts.h"

/* Settings, references and objects: what git itself asks for.  0, or a code of the library. */
static int make(const char *dir)
{
	struct arena *a = arena_new();
	char *fresh = arena_printf(a, "%s.XXXXXX", dir);
	git_repository *git = NULL;
	int code = -1;

	if (file_make_dirs(path_dir(a, dir)) == 0 && mkdtemp(fresh))
		code = git_repository_init(&git, fresh, 1);
	else
		git_error_set_str(GIT_ERROR_OS, strerror(errno));
	git_repository_free(git);
	/* Somebody else may have been quicker: then theirs is as good. */
	if (!code && rename(fresh, dir) < 0 && errno != EEXIST && errno != ENOTEMPTY) {
		git_error_set_str(GIT_ERROR_OS, strerror(errno));
		code = -1;
	}
	arena_free(a);
	return code;
}

static int open_or_make(const char *dir, git_repository **out)
{
	int code = GIT_ENOTFOUND;

	if (access(dir, F_OK) == 0)
		return git_repository_open_bare(out, dir);
	code = make(dir);
	return code ? code : git_repository_open_bare(out, dir);
}

struct vcs_repository *vcs_own(const char *dir, struct diags *d)
{
	git_repository *git = NULL;
	struct vcs_repository *r;
	struct diag *g;

	vcs_begin();
	if (open_or_make(dir, &git)) {
		g = diag_add(d, DIAG_VCS_OPEN, RANGE_NONE, "%s is no repository to fetch into: %s",
			     dir, vcs_reason());
		diag_hint(d, g, "remove that folder: what was in it is fetched anew");
		return NULL;
	}
	r = xcalloc(1, sizeof(*r));
	r->git = git;
	r->arena = arena_new();
	r->folder = r->place = arena_strdup(r->arena, dir);
	r->prefix = "";
	return r;
}

const char *vcs_reference(struct vcs_repository *r, struct arena *a, const char *name)
{
	git_reference *ref = NULL;
	git_object *commit = NULL;
	const char *id = NULL;

	if (git_reference_lookup(&ref, r->git, name) == 0 &&
	    git_reference_peel(&commit, ref, GIT_OBJECT_COMMIT) == 0)
		id = vcs_id_text(a, git_object_id(commit));
	git_object_free(commit);
	git_reference_free(ref);
	return id;
}

void vcs_drop_reference(struct vcs_repository *r, const char *name)
{
	git_reference_remove(r->git, name);
}
