#include "engine/pin.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "engine/git_cache.h"
#include "engine/lock_file.h"
#include "engine/manifest.h"
#include "engine/tree.h"

int pin_parse_url(struct arena *a, const char *template, struct range where,
		  struct vcs_file_url *out, struct diags *d)
{
	const char *why;
	struct diag *g;

	if (vcs_file_url_parse(a, template, out, &why))
		return 0;
	/* A user, a password or a token is where these are: the place is told, and no line. */
	if (where.src && strpbrk(template, "@?"))
		source_forget_lines(where.src);
	g = diag_add(d, DIAG_VCS_URL, where, "this URL %s", why);
	diag_hint(d, g,
		  "write git+https://HOST/REPOSITORY//FILE?ref=TAG; a token goes into "
		  "HADEPLOY_GIT_TOKEN");
	return -1;
}

/* As messages show the repository at this version: "https://host/repo@v1.2". */
static const char *shown(struct arena *a, const struct vcs_file_url *u)
{
	return arena_printf(a, "%s@%s", u->repository.shown, u->ref ? u->ref : "HEAD");
}

const struct tree *pin_tree(struct arena *a, const struct vcs_file_url *u, const char *commit,
			    struct diags *d)
{
	const char *folder = git_cache_folder(a, u, d);

	return folder ? tree_of_commit(a, folder, commit, shown(a, u), d) : NULL;
}

/* --- the digest --- */

static int by_name(const void *x, const void *y)
{
	return strcmp((*(const struct source *const *)x)->name,
		      (*(const struct source *const *)y)->name);
}

const char *pin_digest(struct arena *a, const struct tree *files, const struct template *t)
{
	const size_t prefix = strlen(tree_name(files, a, ""));
	struct str all = STR_INIT;
	const struct source **sorted;
	const char *kept;
	char digest[65];
	size_t count;
	const struct source *const *sources = template_sources(t, a, &count);

	sorted = ARENA_ARRAY(a, count, const struct source *);
	memcpy(sorted, sources, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_name);
	for (size_t i = 0; i < count; i++) {
		digest_sha256(sorted[i]->bytes, digest);
		str_printf(&all, "%s  %s\n", digest, sorted[i]->name + prefix);
	}
	digest_sha256(str_text(&all), digest);
	kept = arena_printf(a, "sha256:%s", digest);
	str_release(&all);
	return kept;
}

int template_home_verify(const struct template_home *home, struct arena *a,
			 const struct template *t, struct range where, struct diags *d)
{
	const char *digest;
	struct diag *g;

	if (!home->pin)
		return 0;
	digest = pin_digest(a, home->files, t);
	if (strcmp(digest, home->pin->digest) == 0)
		return 0;
	g = diag_add(d, DIAG_LOCK_DIGEST, where,
		     "the content of this template is not what was locked");
	diag_detail(d, g, "commit %s\nlocked %s\nread   %s", home->pin->commit, home->pin->digest,
		    digest);
	diag_hint(d, g,
		  "the copy in %s or " LOCK_FILE_NAME " was changed by hand: remove the first, "
		  "take the second from git again",
		  tree_given(home->files));
	return -1;
}

/* --- finding it --- */

/* NULL with an error. */
static const struct pin *find_pin(struct arena *a, const struct manifest *m,
				  const struct manifest_stack *s, struct diags *d)
{
	const struct range where = s->template_where;
	const struct source *src = NULL;
	struct lock_file lock = {0};
	const struct pin *p;
	struct diag *g;

	if (tree_has(m->files, LOCK_FILE_NAME)) {
		src = tree_load(m->files, a, LOCK_FILE_NAME, where, d);
		if (!src || lock_file_parse(a, src->name, src->bytes, &lock, d))
			return NULL;
	}
	p = lock_file_find(&lock, s->template_path);
	if (p)
		return p;
	g = diag_add(d, DIAG_LOCK_MISSING, where, "this template is not locked: %s %s",
		     tree_name(m->files, a, LOCK_FILE_NAME),
		     src ? "has no entry for it" : "is not there");
	diag_hint(d, g,
		  "`hadeploy lock` fetches it and writes down which commit it is; commit that "
		  "file with the manifest");
	return NULL;
}

static int say_moved(const struct pin *p, const struct git_found *now, struct range where,
		     struct diags *d)
{
	const bool tag = strncmp(now->ref, "refs/tags/", 10) == 0;
	struct diag *g;

	if (tag)
		g = diag_add(d, DIAG_LOCK_MOVED, where,
			     "the tag '%s' was moved: it no longer names what was locked",
			     now->ref + strlen("refs/tags/"));
	else
		g = diag_add(d, DIAG_LOCK_GONE, where,
			     "the locked commit is no longer in %s of its repository", now->ref);
	diag_detail(d, g, "locked %s\nnow    %s", p->commit, now->commit);
	diag_hint(d, g,
		  "ask its owner why; `hadeploy lock --upgrade` takes what it is now, and the "
		  "next plan shows what that changes");
	return -1;
}

/* The cache lacks it: by what is fetched, or not at all. */
static int bring(struct arena *a, const struct vcs_file_url *u, const struct pin *p,
		 struct range where, struct diags *d)
{
	struct diags found = DIAGS_INIT;
	struct git_found now;
	const int failed = git_cache_fetch(a, u, &now, &found);

	/* They name no place: the manifest's is where to look. */
	for (struct diag *g = found.first; g; g = g->next) {
		if (!g->where.src)
			g->where = where;
	}
	diags_take(d, &found);
	if (failed)
		return -1;
	if (strncmp(now.ref, "refs/tags/", 10) == 0 && strcmp(now.commit, p->commit) != 0)
		return say_moved(p, &now, where, d);
	return git_cache_has(git_cache_folder(a, u, d), p->commit) ? 0
								   : say_moved(p, &now, where, d);
}

static int home_elsewhere(struct arena *a, const struct manifest *m, const struct manifest_stack *s,
			  struct template_home *out, struct diags *d)
{
	struct vcs_file_url u;
	const char *folder;

	if (pin_parse_url(a, s->template_path, s->template_where, &u, d))
		return -1;
	out->pin = find_pin(a, m, s, d);
	folder = out->pin ? git_cache_folder(a, &u, d) : NULL;
	if (!folder || (!git_cache_has(folder, out->pin->commit) &&
			bring(a, &u, out->pin, s->template_where, d)))
		return -1;
	out->files = pin_tree(a, &u, out->pin->commit, d);
	out->path = u.path;
	return out->files ? 0 : -1;
}

int template_home(struct arena *a, const struct manifest *m, const struct manifest_stack *s,
		  struct template_home *out, struct diags *d)
{
	*out = (struct template_home){.files = m->files, .path = s->template_path};
	return vcs_is_file_url(s->template_path) ? home_elsewhere(a, m, s, out, d) : 0;
}
