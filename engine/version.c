/* version.c - asking git, once, and comparing the files that are used. */
#include "engine/version.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "vcs/vcs.h"

struct versions {
	struct arena *a;
	struct version_place place;
	struct vcs_repository *r; /* NULL: none, or not asked for yet */
	struct version *commit;   /* NULL: not asked for yet */
	struct map files;         /* by path to struct compared */
};

/* One used file: what was found of it. */
struct compared {
	struct version_file file;
	enum vcs_difference difference;
};

static void release(void *what)
{
	struct versions *v = what;

	map_release(&v->files);
	vcs_close(v->r);
}

struct versions *versions_new(struct arena *a, const struct version_place *place)
{
	struct versions *v = ARENA_NEW(a, struct versions);

	v->a = a;
	v->place = *place;
	v->files = MAP_INIT;
	arena_at_end(a, release, v);
	return v;
}

/* Commits hold what anybody wrote: bytes that are no UTF-8 cannot be recorded as JSON, and control
 * characters are nobody's name. */
static const char *clean(struct arena *a, const char *text)
{
	struct str out = STR_INIT;
	struct text rest = text_of(text);
	const char *kept;
	size_t bad;

	while (!text_utf8_valid(rest, &bad)) {
		str_add_text(&out, (struct text){rest.ptr, bad});
		str_add(&out, "\xef\xbf\xbd");
		rest = (struct text){rest.ptr + bad + 1, rest.len - bad - 1};
	}
	str_add_text(&out, rest);
	for (size_t i = 0; i < out.len; i++)
		if ((unsigned char)out.ptr[i] < ' ' || out.ptr[i] == '\x7f')
			out.ptr[i] = ' ';
	kept = arena_text(a, str_text(&out));
	str_release(&out);
	return kept;
}

static const char *clean_or_null(struct arena *a, const char *text)
{
	return text && *text ? clean(a, text) : NULL;
}

/* --- the commit ---------------------------------------------------------------------------- */

static void warn(struct diags *d, const struct diags *found)
{
	const struct diag *why = found->first;
	struct diag *g;

	g = diag_warn(d, DIAG_VERSION_UNREAD, RANGE_NONE, "%s",
		      why ? why->summary : "the git repository cannot be read");
	diag_detail(d, g, "what is deployed is recorded without its version");
	if (why && why->hint)
		diag_hint(d, g, "%s", why->hint);
}

static void fill_commit(struct versions *v, const struct vcs_commit *c)
{
	struct version *out = v->commit;

	out->commit = c->id;
	out->tag = clean_or_null(v->a, vcs_tag_of(v->r, c->id, v->a));
	out->author_name = clean(v->a, c->author_name);
	out->author_email = clean(v->a, c->author_email);
	out->subject = clean(v->a, c->subject);
	out->author_ms = c->author_ms;
}

static int read_ref(struct versions *v, struct diags *d)
{
	struct vcs_commit c;

	if (vcs_find(v->r, v->place.commit, v->a, &c, d))
		return -1;
	v->commit->ref = clean(v->a, v->place.ref);
	v->commit->remote = clean_or_null(v->a, vcs_remote_url(v->r, NULL, v->a));
	fill_commit(v, &c);
	return 0;
}

static int read_head(struct versions *v, struct diags *d)
{
	struct vcs_head head;

	if (vcs_head(v->r, v->a, &head, d))
		return -1;
	if (!head.commit) {
		v->commit->nowhere = "no commit yet";
		return 0;
	}
	if (vcs_is_dirty(v->r, "", &v->commit->dirty, d))
		return -1;
	v->commit->branch = clean_or_null(v->a, head.branch);
	v->commit->remote = clean_or_null(v->a, vcs_remote_url(v->r, head.branch, v->a));
	fill_commit(v, head.commit);
	return 0;
}

static void read_commit(struct versions *v, struct diags *d)
{
	enum vcs_found found = vcs_open(v->place.dir, &v->r, d);

	if (found == VCS_NOWHERE)
		v->commit->nowhere = "not in a git repository";
	else if (found == VCS_FAILED || (v->place.commit ? read_ref(v, d) : read_head(v, d)))
		*v->commit = (struct version){.nowhere = "the repository cannot be read"};
}

const struct version *versions_commit(struct versions *v, struct diags *d)
{
	struct diags found = DIAGS_INIT;

	if (v->commit)
		return v->commit;
	v->commit = ARENA_NEW(v->a, struct version);
	read_commit(v, &found);
	if (diags_failed(&found))
		warn(d, &found);
	diags_release(&found);
	return v->commit;
}

/* --- the files ----------------------------------------------------------------------------- */

/* From the repository's root, when it lies there. */
static const char *path_in(const struct versions *v, const char *absolute)
{
	const char *root = vcs_place(v->r);
	size_t len = strlen(root);

	return !strncmp(absolute, root, len) && absolute[len] == '/' ? absolute + len + 1
								     : absolute;
}

/* NULL when it cannot be told. */
static const char *digest_of(struct versions *v, const struct version_used *u)
{
	struct str bytes = STR_INIT;
	char digest[65];
	bool known = u->bytes.ptr || (u->unread && !file_read(u->path, LIMIT_SOURCE_LEN, &bytes));

	if (known)
		digest_sha256(u->bytes.ptr ? u->bytes : str_text(&bytes), digest);
	str_release(&bytes);
	return known ? arena_strdup(v->a, digest) : NULL;
}

static const struct compared *compare(struct versions *v, const struct version_used *u)
{
	struct compared *c = map_find(&v->files, text_of(u->path));
	char *real;

	if (c)
		return c;
	c = ARENA_NEW(v->a, struct compared);
	map_set(&v->files, text_of(u->path), c);
	real = realpath(u->path, NULL);
	c->difference = vcs_compare_file(v->r, v->commit->commit, real ? real : u->path);
	c->file.path = clean(v->a, path_in(v, real ? real : u->path));
	c->file.added = c->difference == VCS_ADDED;
	if (c->difference != VCS_SAME)
		c->file.digest = digest_of(v, u);
	free(real);
	return c;
}

static int by_path(const void *x, const void *y)
{
	return strcmp(((const struct version_file *)x)->path,
		      ((const struct version_file *)y)->path);
}

/* Sorted; a file that was named twice stays once. */
static size_t drop_doubles(struct version_file *files, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!kept || strcmp(files[kept - 1].path, files[i].path) != 0)
			files[kept++] = files[i];
	return kept;
}

const struct version *versions_with(struct versions *v, const struct version_used *used,
				    size_t count, struct diags *d)
{
	const struct version *commit = versions_commit(v, d);
	struct version_file *files;
	struct version *out;
	size_t kept = 0;

	if (!commit->commit)
		return commit;
	files = ARENA_ARRAY(v->a, count, struct version_file);
	for (size_t i = 0; i < count; i++) {
		const struct compared *c = compare(v, &used[i]);

		if (c->difference != VCS_SAME)
			files[kept++] = c->file;
	}
	if (!kept)
		return commit;
	qsort(files, kept, sizeof(*files), by_path);
	out = ARENA_NEW(v->a, struct version);
	*out = *commit;
	out->dirty = true;
	out->files = files;
	out->file_count = drop_doubles(files, kept);
	return out;
}
