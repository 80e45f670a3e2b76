#include "engine/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/git_cache.h"
#include "engine/lock_file.h"
#include "engine/manifest.h"
#include "engine/pin.h"
#include "engine/tree.h"

/* A template that the manifest names, once. */
struct wanted {
	const char *template;
	struct range where;
	bool upgrade;
};

struct locking {
	struct arena *a;
	const struct manifest *m;
	enum lock_mode mode;
	struct diags *d;
	struct lock_file before, after;
	struct wanted *wanted;
	size_t wanted_count;
	struct lock_changes *out;
};

/* --- what is wanted --- */

static bool is_named(const struct manifest_stack *s, const char *const *which, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(which[i], s->name) == 0 || strcmp(which[i], s->template_path) == 0)
			return true;
	}
	return !count;
}

static struct wanted *find_wanted(const struct locking *l, const char *template)
{
	for (size_t i = 0; i < l->wanted_count; i++) {
		if (strcmp(l->wanted[i].template, template) == 0)
			return &l->wanted[i];
	}
	return NULL;
}

static void collect(struct locking *l, const struct lock_wish *wish)
{
	l->wanted = ARENA_ARRAY(l->a, l->m->stack_count, struct wanted);
	for (size_t i = 0; i < l->m->stack_count; i++) {
		const struct manifest_stack *s = &l->m->stacks[i];
		struct wanted *w;

		if (!vcs_is_file_url(s->template_path))
			continue;
		w = find_wanted(l, s->template_path);
		if (!w) {
			w = &l->wanted[l->wanted_count++];
			*w = (struct wanted){s->template_path, s->template_where, false};
		}
		w->upgrade |=
			l->mode == LOCK_UPGRADE && is_named(s, wish->which, wish->which_count);
	}
}

/* Each word must name something. */
static int check_words(const struct locking *l, const char *const *which, size_t count)
{
	const char **names = ARENA_ARRAY(l->a, l->m->stack_count + 1, const char *);
	size_t known = 0, wrong = 0;

	for (size_t i = 0; i < l->m->stack_count; i++) {
		if (vcs_is_file_url(l->m->stacks[i].template_path))
			names[known++] = l->m->stacks[i].name;
	}
	for (size_t i = 0; i < count; i++) {
		bool found = find_wanted(l, which[i]) != NULL;
		struct diag *g;

		for (size_t k = 0; k < known && !found; k++)
			found = strcmp(names[k], which[i]) == 0;
		if (found)
			continue;
		wrong++;
		g = diag_add(l->d, DIAG_LOCK_WORD, RANGE_NONE,
			     "'%s' is no stack whose template is from another repository, and no "
			     "such template",
			     which[i]);
		diag_did_you_mean(l->d, g, text_of(which[i]), names, known);
	}
	return wrong ? -1 : 0;
}

/* --- pinning --- */

/* What the errors without a place are about. */
static void place_errors(struct diags *found, struct range where, struct diags *d)
{
	for (struct diag *g = found->first; g; g = g->next) {
		if (!g->where.src)
			g->where = where;
	}
	diags_take(d, found);
}

/* Its own faults are for validate to tell: what is locked is what is there. */
static const char *digest_of(struct locking *l, const struct vcs_file_url *u, const char *commit,
			     struct diags *found)
{
	const struct tree *files = pin_tree(l->a, u, commit, found);
	struct template_loader loader;
	struct diags faults = DIAGS_INIT;
	const struct source *src;
	const struct template *t = NULL;
	const char *digest = NULL;

	src = files ? tree_load(files, l->a, u->path, RANGE_NONE, found) : NULL;
	if (!src)
		return NULL;
	loader = tree_loader(files);
	t = template_load(l->a, src, &loader, &faults);
	if (t) {
		template_check(t, &faults);
		digest = pin_digest(l->a, files, t);
		diags_release(&faults);
	}
	diags_keep_sources(&faults);
	diags_take(found, &faults);
	return digest;
}

static int make_pin(struct locking *l, const struct wanted *w, struct pin *out)
{
	struct diags found = DIAGS_INIT;
	struct vcs_file_url u;
	struct git_found now;
	const char *digest = NULL;

	if (pin_parse_url(l->a, w->template, w->where, &u, l->d))
		return -1;
	if (git_cache_fetch(l->a, &u, &now, &found) == 0)
		digest = digest_of(l, &u, now.commit, &found);
	*out = (struct pin){w->template, now.ref, now.commit, digest};
	place_errors(&found, w->where, l->d);
	return digest ? 0 : -1;
}

static bool is_tag(const char *ref)
{
	return strncmp(ref, "refs/tags/", 10) == 0;
}

static void note(struct locking *l, enum lock_verb verb, const struct pin *old,
		 const struct pin *now)
{
	struct lock_change *c = &l->out->items[l->out->count++];

	*c = (struct lock_change){
		.verb = verb,
		.template = now ? now->template : old->template,
		.ref = now ? now->ref : old->ref,
		.from = old ? old->commit : NULL,
		.to = now ? now->commit : NULL,
		.tag_moved = verb == LOCK_MOVED && is_tag(old->ref) && is_tag(now->ref),
	};
	l->out->any |= verb != LOCK_KEPT;
}

static int lock_one(struct locking *l, const struct wanted *w)
{
	const struct pin *old = lock_file_find(&l->before, w->template);
	struct pin *now = &l->after.pins[l->after.count];

	if (l->mode == LOCK_CHECK && !old) {
		*now = (struct pin){.template = w->template};
		note(l, LOCK_ADDED, NULL, now);
		return 0;
	}
	if (old && !w->upgrade)
		*now = *old;
	else if (make_pin(l, w, now))
		return -1;
	l->after.count++;
	if (!old)
		note(l, LOCK_ADDED, NULL, now);
	else if (strcmp(old->commit, now->commit) != 0 || strcmp(old->digest, now->digest) != 0 ||
		 strcmp(old->ref, now->ref) != 0)
		note(l, LOCK_MOVED, old, now);
	else
		note(l, LOCK_KEPT, old, now);
	return 0;
}

/* --- tags that were moved --- */

static bool same_repository(struct arena *a, const char *one, const char *other)
{
	struct vcs_file_url x, y;
	const char *why;

	return vcs_file_url_parse(a, one, &x, &why) && vcs_file_url_parse(a, other, &y, &why) &&
	       strcmp(x.repository.text, y.repository.text) == 0;
}

static int check_tag(struct locking *l, const struct lock_change *kept)
{
	const struct wanted *w = find_wanted(l, kept->template);
	struct diags found = DIAGS_INIT;
	struct vcs_file_url u;
	struct git_found now;
	struct diag *g;
	int failed = -1;

	if (!w || pin_parse_url(l->a, kept->template, w->where, &u, l->d))
		return -1;
	if (git_cache_fetch(l->a, &u, &now, &found) == 0)
		failed = strcmp(now.commit, kept->from) != 0;
	place_errors(&found, w->where, l->d);
	if (failed != 1)
		return failed;
	g = diag_add(l->d, DIAG_LOCK_MOVED, w->where,
		     "the tag '%s' was moved: it no longer names what was locked",
		     kept->ref + strlen("refs/tags/"));
	diag_detail(l->d, g, "locked %s\nnow    %s", kept->from, now.commit);
	diag_hint(l->d, g,
		  "ask its owner why; `hadeploy lock --upgrade` takes what it is now, and the "
		  "next plan shows what that changes");
	return -1;
}

/* Where something was fetched from, the tags that are kept are looked at as well. */
static int check_kept_tags(struct locking *l)
{
	int failed = 0;

	for (size_t i = 0; i < l->out->count; i++) {
		const struct lock_change *kept = &l->out->items[i];
		bool asked = false;

		if (kept->verb != LOCK_KEPT || !is_tag(kept->ref))
			continue;
		for (size_t k = 0; k < l->out->count && !asked; k++)
			asked = l->out->items[k].verb == LOCK_ADDED &&
				same_repository(l->a, kept->template, l->out->items[k].template);
		if (asked)
			failed |= check_tag(l, kept);
	}
	return failed ? -1 : 0;
}

/* --- the file --- */

static const char *lock_path(const struct locking *l)
{
	return path_join(l->a, l->m->dir, LOCK_FILE_NAME);
}

static int read_before(struct locking *l)
{
	const struct source *src;

	if (!tree_has(l->m->files, LOCK_FILE_NAME))
		return 0;
	src = tree_load(l->m->files, l->a, LOCK_FILE_NAME, RANGE_NONE, l->d);
	return src ? lock_file_parse(l->a, src->name, src->bytes, &l->before, l->d) : -1;
}

/* As any file that an editor makes: it is for git. */
static int write_text(const char *path, struct text bytes)
{
	const mode_t mask = umask(022);
	struct stat st;
	const mode_t mode = stat(path, &st) == 0 ? st.st_mode & 07777 : 0666 & ~mask;

	umask(mask);
	if (file_write_atomic(path, bytes))
		return -1;
	return chmod(path, mode);
}

static int write_after(const struct locking *l)
{
	struct str text = STR_INIT;
	int failed;

	if (l->after.count) {
		lock_file_write(&l->after, &text);
		failed = write_text(lock_path(l), str_text(&text));
	} else {
		failed = unlink(lock_path(l)) && errno != ENOENT;
	}
	str_release(&text);
	if (failed)
		diag_add(l->d, DIAG_LOCK_FILE, RANGE_NONE, "'%s' cannot be written: %s",
			 lock_path(l), strerror(errno));
	return failed;
}

static void note_removed(struct locking *l)
{
	for (size_t i = 0; i < l->before.count; i++) {
		if (!find_wanted(l, l->before.pins[i].template))
			note(l, LOCK_REMOVED, &l->before.pins[i], NULL);
	}
}

static int by_template(const void *x, const void *y)
{
	return strcmp(((const struct lock_change *)x)->template,
		      ((const struct lock_change *)y)->template);
}

static int lock_all(struct locking *l)
{
	int failed = 0;

	l->after.pins = ARENA_ARRAY(l->a, l->wanted_count + 1, struct pin);
	l->out->items =
		ARENA_ARRAY(l->a, l->wanted_count + l->before.count + 1, struct lock_change);
	for (size_t i = 0; i < l->wanted_count; i++)
		failed |= lock_one(l, &l->wanted[i]);
	note_removed(l);
	qsort(l->out->items, l->out->count, sizeof(*l->out->items), by_template);
	if (!failed && l->mode != LOCK_CHECK)
		failed = check_kept_tags(l);
	if (!failed && l->out->any && l->mode != LOCK_CHECK)
		failed = write_after(l);
	return failed ? -1 : 0;
}

int lock_update(struct arena *a, const struct lock_wish *wish, struct lock_changes *out,
		struct diags *d)
{
	struct locking l = {.a = a, .mode = wish->mode, .d = d, .out = out};
	int fd, failed = -1;

	*out = (struct lock_changes){0};
	l.m = manifest_load(a, wish->dir, d);
	if (!l.m)
		return -1;
	collect(&l, wish);
	if (check_words(&l, wish->which, wish->which_count))
		return -1;
	/* Two of them at once: the second one reads what the first one wrote. */
	fd = open(l.m->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && flock(fd, LOCK_EX) < 0 && errno == EINTR)
		continue;
	if (read_before(&l) == 0)
		failed = lock_all(&l);
	if (fd >= 0)
		close(fd);
	return failed;
}
