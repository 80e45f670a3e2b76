/* version_check.c - what a policy requires, compared with the repository. */
#include "engine/version_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "engine/project_parts.h"
#include "engine/tree.h"
#include "engine/version.h"
#include "engine/version_check_parts.h"

#define FILES_MAX ((size_t)5)

/* --- what is said ------------------------------------------------------------------------ */

PRINTF_LIKE(2, 0)
static const char *text_by(struct arena *a, const char *fmt, va_list args)
{
	struct str s = STR_INIT;
	const char *text;

	str_vprintf(&s, fmt, args);
	text = arena_text(a, str_text(&s));
	str_release(&s);
	return text;
}

struct diag *policy_say(struct policy_check *c, enum diag_code code, struct range where,
			const char *fmt, ...)
{
	const char *text;
	va_list args;

	va_start(args, fmt);
	text = text_by(c->a, fmt, args);
	va_end(args);
	if (c->q->reason)
		return diag_note(c->d, code, where, "%s", text);
	if (c->q->use == POLICY_TOLD)
		return diag_warn(c->d, code, where, "this would be refused: %s", text);
	c->refused = true;
	return diag_add(c->d, code, where, "%s", text);
}

static const char *policy_name(const struct policy_check *c)
{
	const char *name = c->policy->name;

	return name ? arena_printf(c->a, "policy '%s'", name) : "the policy";
}

void policy_detail(struct policy_check *c, struct diag *g, const char *fmt, ...)
{
	const char *text;
	va_list args;

	va_start(args, fmt);
	text = text_by(c->a, fmt, args);
	va_end(args);
	diag_detail(c->d, g, "%s%sIt is required by %s, which holds for %s.%s%s", text,
		    *text ? "\n" : "", policy_name(c), instance_id_text(c->a, c->at),
		    c->q->reason ? "\nIt is overridden: " : "", c->q->reason ? c->q->reason : "");
}

void policy_hint(struct policy_check *c, struct diag *g, const char *fmt, ...)
{
	const char *text;
	va_list args;

	if (c->q->reason)
		return;
	va_start(args, fmt);
	text = text_by(c->a, fmt, args);
	va_end(args);
	diag_hint(c->d, g, "%s; or say --override-policy REASON, which is recorded", text);
}

/* --- where it holds ---------------------------------------------------------------------- */

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return count == 0;
}

/* Of a region that left the manifest nobody knows the tags: it holds there. */
static bool holds_for(const struct version_policy *p, const struct manifest *m,
		      const struct instance_id *id)
{
	const struct manifest_region *region = manifest_region(m, id->region);

	return is_among(id->region, p->regions, p->region_count) &&
	       is_among(id->account, p->accounts, p->account_count) &&
	       (!region || manifest_tags_fit(&p->filter, region, manifest_account(m, id->account)));
}

static const struct instance_id *first_of(const struct version_question *q,
					  const struct manifest *m, const struct version_policy *p)
{
	for (size_t i = 0; i < q->count; i++) {
		if (holds_for(p, m, q->items[i]))
			return q->items[i];
	}
	return NULL;
}

/* What cannot be looked at is not so. */
static void say_unreadable(struct policy_check *c, struct diags *found)
{
	struct diag *g = policy_say(c, DIAG_POLICY_NO_COMMIT, c->policy->where,
				    "what the policy requires cannot be looked at: %s",
				    found->first ? found->first->summary : "");

	policy_detail(c, g, "%s", "");
	policy_hint(c, g, "`git status` and `git fsck` tell more");
	diags_release(found);
}

/* --- the work tree ----------------------------------------------------------------------- */

struct dirt {
	struct vcs_changes files;
	const char *one, *many; /* what is said of one file, and of several */
};

static void tell_dirty(struct policy_check *c, struct range where, const char *why,
		       const struct dirt *t)
{
	const struct vcs_changes *f = &t->files;
	const char *more = f->count > f->listed
				   ? arena_printf(c->a, " and %zu more", f->count - f->listed)
				   : "";
	struct diag *g = policy_say(c, DIAG_POLICY_CLEAN, where,
				    "what would be deployed is not as commit %s: %zu %s",
				    c->short_id, f->count, f->count == 1 ? t->one : t->many);

	policy_detail(c, g, "%s%s%s", diag_listed(c->a, f->paths, f->listed), more, why);
	policy_hint(c, g, "commit what is meant to be deployed (`git status --ignored` shows it)");
}

/* False: nothing was told.  Whether it is used plays no part. */
static bool tell_tracked(struct policy_check *c)
{
	struct diags found = DIAGS_INIT;
	struct dirt t = {.one = "file differs", .many = "files differ"};

	if (vcs_list_changes(c->r, FILES_MAX, c->a, &t.files, &found)) {
		say_unreadable(c, &found);
		return true;
	}
	if (t.files.count)
		tell_dirty(c, c->policy->clean_at, "", &t);
	return t.files.count != 0;
}

/* Of all that is read: the manifest, templates with what they include and nest, files that
 * properties name.  `changed`: also of those that the commit has otherwise. */
static void tell_used(struct policy_check *c, struct range where, const char *why, bool changed)
{
	struct diags told = DIAGS_INIT; /* whoever began the run has heard it */
	const struct version *v = project_version(c->q->project, &told);
	const char **paths = ARENA_ARRAY(c->a, FILES_MAX, const char *);
	struct dirt t = {.files = {.paths = paths},
			 .one = "file that is used is not in it",
			 .many = "files that are used are not in it"};

	for (size_t i = 0; i < v->file_count; i++) {
		/* Files of parameters, of which there is no digest, were given to this run. */
		if (!v->files[i].digest || (!v->files[i].added && !changed))
			continue;
		if (!v->files[i].added) {
			t.one = "file that is used differs";
			t.many = "files that are used differ";
		}
		if (t.files.count++ < FILES_MAX)
			paths[t.files.listed++] = v->files[i].path;
	}
	if (t.files.count)
		tell_dirty(c, where, why, &t);
	else if (!v->commit)
		say_unreadable(c, &told);
	diags_release(&told);
}

static void check_clean(struct policy_check *c)
{
	const struct version_policy *p = c->policy;
	bool told;

	if (p->clean) {
		told = !c->ref && tell_tracked(c);
		tell_used(c, p->clean_at, "", !told);
	} else {
		/* What is asked of the commit says nothing of what is not in it. */
		tell_used(c,
			  p->signing  ? p->signed_at
			  : p->pushed ? p->pushed_at
				      : p->branch_at,
			  "\nWhat is required of the commit must be true of what is deployed.",
			  true);
	}
}

/* --- branches ---------------------------------------------------------------------------- */

static bool fits_any(const struct version_policy *p, const char *branch)
{
	for (size_t i = 0; i < p->branch_count; i++) {
		if (text_glob(text_of(p->branches[i]), text_of(branch)))
			return true;
	}
	return false;
}

struct branches {
	const struct vcs_branch *items;
	size_t count;
};

/* False when they cannot be read: that is told. */
static bool read_branches(struct policy_check *c, struct branches *out)
{
	struct diags found = DIAGS_INIT;

	if (vcs_branches(c->r, c->a, &out->items, &out->count, &found) == 0)
		return true;
	say_unreadable(c, &found);
	return false;
}

static bool is_on_one(struct policy_check *c, const struct branches *all)
{
	for (size_t i = 0; i < all->count; i++) {
		if (fits_any(c->policy, all->items[i].name) &&
		    vcs_contains(c->r, all->items[i].commit, c->commit->id))
			return true;
	}
	return false;
}

static void check_branch(struct policy_check *c)
{
	const struct version_policy *p = c->policy;
	const char *on = c->ref ? NULL : c->head.branch, *allowed;
	struct branches all;
	struct diag *g;

	if (!p->branch_count || (on && fits_any(p, on)))
		return;
	if (!on && (!read_branches(c, &all) || is_on_one(c, &all)))
		return;
	allowed = diag_listed(c->a, p->branches, p->branch_count);
	if (on)
		g = policy_say(c, DIAG_POLICY_BRANCH, p->branch_at,
			       "branch '%s' may not be deployed there", on);
	else
		g = policy_say(c, DIAG_POLICY_BRANCH, p->branch_at,
			       "commit %s is on no branch that may be deployed there", c->short_id);
	policy_detail(c, g, "Allowed: %s.", allowed);
	if (on)
		policy_hint(c, g, "merge '%s' into such a branch and check that out", on);
	else
		policy_hint(c, g,
			    "merge it into such a branch; `git fetch` when a remote has it there "
			    "already (no branch is asked for over the network)");
}

static bool is_pushed(struct policy_check *c, const struct branches *all, size_t *looked_at)
{
	const char *remote = c->policy->remote;

	*looked_at = 0;
	for (size_t i = 0; i < all->count; i++) {
		const struct vcs_branch *b = &all->items[i];

		if (!b->remote || (remote && strcmp(remote, b->remote) != 0))
			continue;
		(*looked_at)++;
		if (vcs_contains(c->r, b->commit, c->commit->id))
			return true;
	}
	return false;
}

static void check_pushed(struct policy_check *c)
{
	const char *remote = c->policy->remote, *who;
	struct branches all;
	size_t looked_at;
	struct diag *g;

	if (!c->policy->pushed || !read_branches(c, &all) || is_pushed(c, &all, &looked_at))
		return;
	who = remote ? arena_printf(c->a, "remote '%s'", remote) : "any remote";
	g = policy_say(c, DIAG_POLICY_PUSHED, c->policy->pushed_at, "commit %s is not pushed%s%s%s",
		       c->short_id, remote ? " to '" : "", remote ? remote : "", remote ? "'" : "");
	if (looked_at)
		policy_detail(c, g, "None of the %zu branches of %s that are known here has it.",
			      looked_at, who);
	else
		policy_detail(c, g, "No branch of %s is known here.", who);
	policy_hint(c, g,
		    "`git push %s %s`; when it was pushed from elsewhere, `git fetch` makes it "
		    "known here",
		    remote ? remote : "origin", c->head.branch ? c->head.branch : "HEAD:BRANCH");
}

/* --- all of it --------------------------------------------------------------------------- */

/* Read once, when the first policy holds. */
static void look(struct policy_check *c)
{
	struct diags found = DIAGS_INIT;
	const struct manifest *m = c->q->project->manifest;
	enum vcs_found result = vcs_open(m->dir, &c->r, &found);
	struct vcs_commit *named = ARENA_NEW(c->a, struct vcs_commit);

	c->ref = m->files ? tree_ref(m->files) : NULL;
	if (result == VCS_FOUND && c->ref &&
	    vcs_find(c->r, tree_commit(m->files), c->a, named, &found) == 0)
		c->commit = named;
	else if (result == VCS_FOUND && vcs_head(c->r, c->a, &c->head, &found) == 0)
		c->commit = c->head.commit;
	if (result == VCS_NOWHERE)
		c->nowhere = "the project is in no git repository";
	else if (diags_failed(&found))
		c->nowhere = arena_strdup(c->a, found.first->summary);
	else if (!c->commit)
		c->nowhere = "nothing was committed yet";
	else
		c->short_id = arena_strndup(c->a, c->commit->id, VCS_SHORT_ID_LEN);
	diags_release(&found);
}

static void check_policy(struct policy_check *c)
{
	struct diag *g;

	if (c->commit) {
		check_clean(c);
		check_branch(c);
		check_pushed(c);
		policy_check_signed(c);
		return;
	}
	g = policy_say(c, DIAG_POLICY_NO_COMMIT, c->policy->where,
		       "there is no commit that could be deployed: %s", c->nowhere);
	policy_detail(c, g, "%s", "");
	policy_hint(c, g, "run hadeploy in a clone of the repository");
}

static void check_all(struct policy_check *c, const struct manifest *m)
{
	const struct version_policies *all = &m->version_policies;

	for (size_t i = 0; i < all->count; i++) {
		c->policy = &all->items[i];
		c->at = first_of(c->q, m, c->policy);
		if (!c->at)
			continue;
		if (!c->looked)
			look(c);
		c->looked = true;
		check_policy(c);
	}
}

/* What --ref names may not drop what the project requires here and now. */
static void check_folder(struct policy_check *c)
{
	const struct manifest *m = c->q->project->manifest, *here;
	struct diags found = DIAGS_INIT;
	struct diag *g;

	if (!m->files || !tree_ref(m->files) ||
	    !file_exists(path_join(c->a, m->dir, MANIFEST_NAME)))
		return;
	here = manifest_load(c->a, m->dir, &found);
	if (here) {
		check_all(c, here);
	} else {
		c->at = c->q->count ? c->q->items[0] : NULL;
		g = policy_say(c, DIAG_POLICY_FOLDER, found.first->where,
			       "the manifest in the folder, whose Policy holds for other commits "
			       "too, cannot be read");
		diag_detail(c->d, g, "%s", found.first->summary);
		policy_hint(c, g, "mend it");
	}
	diags_release(&found);
}

int version_check(const struct version_question *q, struct diags *d)
{
	struct policy_check c = {.q = q, .a = q->a, .d = d};

	if (q->count) {
		check_all(&c, q->project->manifest);
		check_folder(&c);
	}
	vcs_close(c.r);
	return c.refused ? -1 : 0;
}
