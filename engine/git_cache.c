#include "engine/git_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "vcs/vcs.h"

/* Of a digest: enough that no two URLs meet. */
#define NAME_LEN 32

static const char *cache_home(struct arena *a)
{
	const char *home = getenv("XDG_CACHE_HOME");

	if (home && home[0] == '/')
		return home;
	home = getenv("HOME");
	return home && home[0] == '/' ? path_join(a, home, ".cache") : NULL;
}

const char *git_cache_folder(struct arena *a, const struct vcs_file_url *u, struct diags *d)
{
	const char *home = cache_home(a);
	char digest[65];
	struct diag *g;

	digest_sha256(text_of(u->repository.text), digest);
	if (home)
		return arena_printf(a, "%s/hadeploy/git/%.*s", home, NAME_LEN, digest);
	g = diag_add(d, DIAG_GIT_CACHE, RANGE_NONE, "there is no place for fetched repositories");
	diag_hint(d, g, "set HOME or XDG_CACHE_HOME to an absolute path");
	return NULL;
}

bool git_cache_has(const char *folder, const char *commit)
{
	struct diags unread = DIAGS_INIT;
	struct vcs_repository *r = access(folder, F_OK) == 0 ? vcs_own(folder, &unread) : NULL;
	const bool has = r && vcs_has_commit(r, commit);

	diags_release(&unread);
	vcs_close(r);
	return has;
}

/* --- fetching --- */

struct fetching {
	struct arena *a;
	const struct vcs_file_url *u;
	struct vcs_repository *r;
	struct diags *d;
	const char *specs[3];   /* NULL at the end */
	const char *targets[2]; /* of ours; NULL: of no use afterwards */
	const char *sources[2];
	size_t count;
};

static bool is_commit_id(const char *ref)
{
	return strlen(ref) == VCS_ID_LEN && strspn(ref, "0123456789abcdef") == VCS_ID_LEN;
}

/* Names of ours are digests: "a" and "a/b" could not stand side by side. */
static void want(struct fetching *f, const char *source)
{
	char digest[65];
	const char *target;

	digest_sha256(text_of(source), digest);
	target = arena_printf(f->a, "refs/hadeploy/%.*s", NAME_LEN, digest);
	f->sources[f->count] = source;
	f->targets[f->count] = target;
	f->specs[f->count++] = arena_printf(f->a, "+%s:%s", source, target);
	vcs_drop_reference(f->r, target);
}

static void choose(struct fetching *f)
{
	const char *ref = f->u->ref;

	if (!ref || strncmp(ref, "refs/", 5) == 0 || strcmp(ref, "HEAD") == 0) {
		want(f, ref ? ref : "HEAD");
	} else if (is_commit_id(ref)) {
		f->specs[0] = "+refs/heads/*:refs/hadeploy/all/heads/*";
		f->specs[1] = "+refs/tags/*:refs/hadeploy/all/tags/*";
		f->count = 2;
	} else {
		want(f, arena_printf(f->a, "refs/tags/%s", ref));
		want(f, arena_printf(f->a, "refs/heads/%s", ref));
	}
}

static int say_absent(const struct fetching *f)
{
	const char *ref = f->u->ref;
	struct diag *g;

	if (!ref)
		g = diag_add(f->d, DIAG_VCS_ABSENT, RANGE_NONE, "%s has no commits",
			     f->u->repository.shown);
	else if (is_commit_id(ref))
		g = diag_add(f->d, DIAG_VCS_ABSENT, RANGE_NONE,
			     "no branch and no tag of %s leads to the commit %s",
			     f->u->repository.shown, ref);
	else
		g = diag_add(f->d, DIAG_VCS_ABSENT, RANGE_NONE, "%s has no branch and no tag '%s'",
			     f->u->repository.shown, ref);
	diag_hint(f->d, g, "`git ls-remote %s` lists what it has", f->u->repository.shown);
	return -1;
}

static int resolve(const struct fetching *f, struct git_found *out)
{
	const char *ref = f->u->ref;

	*out = (struct git_found){0};
	if (ref && is_commit_id(ref)) {
		if (!vcs_has_commit(f->r, ref))
			return say_absent(f);
		*out = (struct git_found){ref, ref};
		return 0;
	}
	for (size_t i = 0; i < f->count && !out->commit; i++) {
		out->ref = f->sources[i];
		out->commit = vcs_reference(f->r, f->a, f->targets[i]);
	}
	return out->commit ? 0 : say_absent(f);
}

static int fetch(struct fetching *f, struct git_found *out)
{
	struct vcs_access access;

	if (vcs_access_from_environment(f->a, &access, f->d))
		return -1;
	choose(f);
	switch (vcs_fetch(f->r, f->u->repository.text, f->specs, &access, f->d)) {
	case VCS_FETCHED:
		return resolve(f, out);
	case VCS_FETCH_NONE:
		return say_absent(f);
	case VCS_FETCH_UNREACHABLE:
	case VCS_FETCH_FAILED:
		break;
	}
	return -1;
}

/* Held until the descriptor is closed; -1 with an error. */
static int hold(struct arena *a, const char *folder, struct diags *d)
{
	const char *path = arena_printf(a, "%s.lock", folder);
	int fd = -1;

	if (file_make_dirs(path_dir(a, folder)) == 0)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX) < 0) {
		if (errno == EINTR)
			continue;
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		diag_hint(d,
			  diag_add(d, DIAG_GIT_CACHE, RANGE_NONE, "'%s' cannot be used: %s", path,
				   strerror(errno)),
			  "XDG_CACHE_HOME names another place for fetched repositories");
	return fd;
}

int git_cache_fetch(struct arena *a, const struct vcs_file_url *u, struct git_found *out,
		    struct diags *d)
{
	struct fetching f = {.a = a, .u = u, .d = d};
	const char *folder = git_cache_folder(a, u, d);
	int fd = folder ? hold(a, folder, d) : -1, failed = -1;

	if (fd < 0)
		return -1;
	f.r = vcs_own(folder, d);
	if (f.r)
		failed = fetch(&f, out);
	vcs_close(f.r);
	close(fd);
	return failed;
}
