/* repository.c - finding and opening a repository. */
#include "vcs/repository.h"

#include <pthread.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "vcs/vcs_parts.h"

const char *vcs_reason(void)
{
	const git_error *last = git_error_last();

	return last && last->message ? last->message : "no reason was given";
}

/* A folder of thousands of files is looked into for each of them: by default the library keeps
 * none that takes more than 4 KiB, and unpacks and checks it each time. */
#define CACHED_TREE_LEN (8u << 20)

/* A power cut may not leave a reference that names what is not there: what is fetched and every
 * reference is synced.  A repository takes this over when it is first asked for a reference. */
static void start_library(void)
{
	git_libgit2_init();
	git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, (size_t)CACHED_TREE_LEN);
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
}

void vcs_begin(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, start_library);
}

/* The search looks at the file system alone: GIT_DIR would tell of another repository. */
static int find_folder(const char *dir, git_buf *out)
{
	const char *ceilings = getenv("GIT_CEILING_DIRECTORIES");

	return git_repository_discover(out, dir, 0, ceilings);
}

static void say_unowned(struct arena *a, const char *place, struct diags *d)
{
	struct passwd *owner;
	const char *who = "another user";
	struct diag *g;
	struct stat st;

	if (stat(place, &st) == 0) {
		owner = getpwuid(st.st_uid);
		who = owner ? arena_printf(a, "user '%s'", owner->pw_name)
			    : arena_printf(a, "user %lu", (unsigned long)st.st_uid);
	}
	g = diag_add(d, DIAG_VCS_OPEN, RANGE_NONE, "the git repository %s belongs to %s", place,
		     who);
	diag_hint(d, g, "if you trust it: git config --global --add safe.directory '%s'", place);
}

/* What was found and yet "not found" belongs to somebody else, when no folder is called safe. */
static bool is_unowned(const char *folder, int code, struct diags *d)
{
	size_t len = strlen(folder);
	struct arena *a;

	if (!len || (code != GIT_ENOTFOUND && code != GIT_EOWNER))
		return false;
	if (len > 6 && strcmp(folder + len - 6, "/.git/") == 0)
		len -= 5;
	a = arena_new();
	say_unowned(a, arena_strndup(a, folder, len - 1), d);
	arena_free(a);
	return true;
}

static char *absolute(struct arena *a, const char *path)
{
	char *real = realpath(path, NULL);
	char *kept = arena_strdup(a, real ? real : path);

	free(real);
	return kept;
}

static char *without_slash(struct arena *a, const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return arena_strndup(a, path, len);
}

/* "services/shop/" of "/home/x/shop-repo/services/shop". */
static const char *prefix_of(struct arena *a, const char *root, const char *dir)
{
	const char *real = absolute(a, dir);
	size_t len = strlen(root);

	if (strncmp(real, root, len) != 0 || real[len] != '/')
		return "";
	return arena_printf(a, "%s/", real + len + 1);
}

static void fill_places(struct vcs_repository *r, const char *dir)
{
	const char *root = git_repository_workdir(r->git);

	r->folder = without_slash(r->arena, absolute(r->arena, git_repository_commondir(r->git)));
	r->place = root ? without_slash(r->arena, absolute(r->arena, root)) : r->folder;
	r->prefix = root ? prefix_of(r->arena, r->place, dir) : "";
}

static void say_unreadable(const char *dir, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_VCS_OPEN, RANGE_NONE,
				  "the git repository of %s cannot be read: %s", dir, vcs_reason());

	if (strstr(vcs_reason(), "owned by") || strstr(vcs_reason(), "safe.directory"))
		diag_hint(d, g,
			  "it belongs to somebody else: if you trust it, "
			  "git config --global --add safe.directory DIR");
	else
		diag_hint(d, g, "`git fsck` and `git status` in that folder tell more");
}

enum vcs_found vcs_open(const char *dir, struct vcs_repository **out, struct diags *d)
{
	git_repository *git = NULL;
	struct vcs_repository *r;
	git_buf found = {0};
	bool told;
	int code;

	vcs_begin();
	code = find_folder(dir, &found);
	if (!code)
		code = git_repository_open(&git, found.ptr);
	told = code && is_unowned(found.ptr ? found.ptr : "", code, d);
	git_buf_dispose(&found);
	if (code) {
		if (!told && code != GIT_ENOTFOUND)
			say_unreadable(dir, d);
		return told || code != GIT_ENOTFOUND ? VCS_FAILED : VCS_NOWHERE;
	}
	r = xcalloc(1, sizeof(*r));
	r->git = git;
	r->arena = arena_new();
	fill_places(r, dir);
	*out = r;
	return VCS_FOUND;
}

void vcs_close(struct vcs_repository *r)
{
	if (!r)
		return;
	git_repository_free(r->git);
	arena_free(r->arena);
	free(r);
}

const char *vcs_prefix(const struct vcs_repository *r)
{
	return r->prefix;
}

const char *vcs_place(const struct vcs_repository *r)
{
	return r->place;
}

const char *vcs_folder(const struct vcs_repository *r)
{
	return r->folder;
}

bool vcs_is_bare(const struct vcs_repository *r)
{
	return git_repository_is_bare(r->git);
}

bool vcs_is_shallow(const struct vcs_repository *r)
{
	return git_repository_is_shallow(r->git) == 1;
}
