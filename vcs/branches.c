/* branches.c - branches of the repository itself and what it knows of those of remotes. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "vcs/vcs_parts.h"

struct reading {
	struct arena *a;
	struct {
		VEC_OF(const char *)
	} remotes; /* names */
	struct {
		VEC_OF(struct vcs_branch)
	} branches;
};

/* "remote.origin.url" */
static int add_remote(const git_config_entry *entry, void *payload)
{
	struct reading *l = payload;
	const char *name = entry->name + strlen("remote.");
	const char *end = strrchr(name, '.');

	*arena_vec_add(l->a, &l->remotes) = arena_strndup(l->a, name, (size_t)(end - name));
	return 0;
}

/* Names of remotes may hold slashes, and one may be the beginning of another.  Of a remote that is
 * gone the first part is its name. */
static size_t remote_len(const struct reading *l, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < l->remotes.count; i++) {
		size_t len = strlen(l->remotes.items[i]);

		if (len > found && strncmp(name, l->remotes.items[i], len) == 0 && name[len] == '/')
			found = len;
	}
	return found ? found : strcspn(name, "/");
}

static void add_branch(struct reading *l, git_reference *ref, git_branch_t type)
{
	struct vcs_branch b = {NULL, NULL, NULL};
	const char *name = NULL;
	git_object *commit = NULL;

	/* "origin/HEAD" is another name of one that is there. */
	if (git_reference_type(ref) != GIT_REFERENCE_DIRECT || git_branch_name(&name, ref) ||
	    git_reference_peel(&commit, ref, GIT_OBJECT_COMMIT))
		return;
	b.commit = vcs_id_text(l->a, git_object_id(commit));
	b.name = arena_strdup(l->a, name);
	if (type == GIT_BRANCH_REMOTE) {
		size_t len = remote_len(l, name);

		b.remote = arena_strndup(l->a, name, len);
		b.name = arena_strdup(l->a, name[len] ? name + len + 1 : "");
	}
	git_object_free(commit);
	*arena_vec_add(l->a, &l->branches) = b;
}

static int by_name(const void *x, const void *y)
{
	const struct vcs_branch *p = x, *q = y;
	int order = strcmp(p->remote ? p->remote : "", q->remote ? q->remote : "");

	return order ? order : strcmp(p->name, q->name);
}

static int read_all(struct vcs_repository *r, struct reading *l)
{
	git_branch_iterator *all = NULL;
	git_config *config = NULL;
	git_reference *ref;
	git_branch_t type;
	int code;

	if (git_repository_config_snapshot(&config, r->git) == 0)
		git_config_foreach_match(config, "^remote\\..*\\.url$", add_remote, l);
	git_config_free(config);
	code = git_branch_iterator_new(&all, r->git, GIT_BRANCH_ALL);
	while (!code && !(code = git_branch_next(&ref, &type, all))) {
		add_branch(l, ref, type);
		git_reference_free(ref);
	}
	git_branch_iterator_free(all);
	return code == GIT_ITEROVER ? 0 : code;
}

int vcs_branches(struct vcs_repository *r, struct arena *a, const struct vcs_branch **out,
		 size_t *count, struct diags *d)
{
	struct reading l = {.a = a};

	if (read_all(r, &l)) {
		diag_add(d, DIAG_VCS_OPEN, RANGE_NONE, "branches of %s cannot be read: %s",
			 r->place, vcs_reason());
		return -1;
	}
	if (l.branches.count)
		qsort(l.branches.items, l.branches.count, sizeof(*l.branches.items), by_name);
	*out = l.branches.items;
	*count = l.branches.count;
	return 0;
}
