/* version_signed.c - a commit that must be signed by somebody who may. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "engine/version_check_parts.h"

/* What the files say, and what they are called. */
struct trust {
	struct vcs_trust as;
	struct str signers, revoked, keyring;
	const char *signers_path, *keyring_path;
	bool failed;
};

static void release(struct trust *t)
{
	str_release(&t->signers);
	str_release(&t->revoked);
	str_release(&t->keyring);
}

/* --- files ------------------------------------------------------------------------------- */

static const char *file_path(const struct policy_check *c, const char *as_written)
{
	return path_join(c->a, c->q->project->manifest->dir, path_expand_home(c->a, as_written));
}

static struct text read_trusted(struct policy_check *c, const char *as_written, struct str *into,
				struct trust *t)
{
	const char *path = as_written ? file_path(c, as_written) : NULL;
	struct diag *g;

	if (!path || file_read(path, LIMIT_KEYS_LEN, into) == 0)
		return path ? (struct text){str_cstr(into), into->len} : (struct text){NULL, 0};
	g = policy_say(c, DIAG_POLICY_KEYS, c->policy->signed_at,
		       "'%s', which says who may sign, cannot be read: %s", as_written,
		       strerror(errno));
	policy_detail(c, g, "It is looked for at %s.", path);
	policy_hint(c, g,
		    "put it there; it is always read from this machine and never from the commit "
		    "that is judged");
	t->failed = true;
	return (struct text){NULL, 0};
}

static void read_trust(struct policy_check *c, struct trust *t)
{
	const struct signing_policy *s = c->policy->signing;

	*t = (struct trust){.signers_path = s->signers, .keyring_path = s->keyring};
	t->as.signers = read_trusted(c, s->signers, &t->signers, t);
	t->as.revoked = read_trusted(c, s->revoked, &t->revoked, t);
	t->as.keyring = read_trusted(c, s->keyring, &t->keyring, t);
	t->as.same_committer = s->same_committer;
	t->as.tags = s->tags;
}

/* --- who blesses whom -------------------------------------------------------------------- */

/* From the repository's root; NULL when it lies elsewhere. */
static const char *path_inside(const struct policy_check *c, const char *as_written)
{
	char *real = realpath(file_path(c, as_written), NULL);
	const char *root = vcs_place(c->r), *inside = NULL;
	size_t len = strlen(root);

	if (real && strncmp(real, root, len) == 0 && real[len] == '/')
		inside = arena_strdup(c->a, real + len + 1);
	free(real);
	return inside;
}

static bool read_from(struct policy_check *c, const char *commit, const char *path, struct str *out)
{
	struct vcs_tree *tree = vcs_tree_open(c->r, commit);
	bool done = tree && vcs_tree_read(tree, path, LIMIT_KEYS_LEN, out) == VCS_READ_DONE;

	vcs_tree_close(tree);
	return done;
}

/* What the parent had of a file that the judged commit itself has brought or changed.  ptr NULL:
 * the commit has no say in it. */
static struct text before(struct policy_check *c, const char *as_written, struct text now,
			  struct str *into)
{
	const char *path = as_written ? path_inside(c, as_written) : NULL;
	struct diags ignored = DIAGS_INIT;
	struct str judged = STR_INIT;
	struct vcs_commit parent;
	bool differs = false;

	if (path && read_from(c, c->commit->id, path, &judged) && text_eq(str_text(&judged), now) &&
	    vcs_find(c->r, arena_printf(c->a, "%s^", c->commit->id), c->a, &parent, &ignored) == 0)
		differs = read_from(c, parent.id, path, into) && !text_eq(str_text(into), now);
	str_release(&judged);
	diags_release(&ignored);
	return differs ? (struct text){str_cstr(into), into->len} : (struct text){NULL, 0};
}

/* A commit that names its own signer as one who may is not accepted for that. */
static bool blesses_itself(struct policy_check *c, const struct trust *t)
{
	const struct signing_policy *s = c->policy->signing;
	struct str signers = STR_INIT, keyring = STR_INIT;
	struct vcs_trust then = t->as;
	struct vcs_signature found = {.verdict = VCS_SIGNED};
	struct text old_signers = before(c, s->signers, t->as.signers, &signers);
	struct text old_keyring = before(c, s->keyring, t->as.keyring, &keyring);

	if (old_signers.ptr)
		then.signers = old_signers;
	if (old_keyring.ptr)
		then.keyring = old_keyring;
	if (old_signers.ptr || old_keyring.ptr)
		vcs_check_signature(c->r, c->commit->id, &then, c->a, &found);
	str_release(&signers);
	str_release(&keyring);
	return found.verdict != VCS_SIGNED;
}

/* --- what is said ------------------------------------------------------------------------ */

static const char *what(const struct policy_check *c, const struct vcs_signature *s)
{
	return s->tag ? arena_printf(c->a, "tag '%s' of commit %s", s->tag, c->short_id)
		      : arena_printf(c->a, "commit %s", c->short_id);
}

static void say_unsigned(struct policy_check *c)
{
	struct diag *g = policy_say(c, DIAG_POLICY_UNSIGNED, c->policy->signed_at,
				    "commit %s is not signed", c->short_id);

	policy_detail(c, g, "%s%s", c->commit->subject,
		      c->policy->signing->tags ? "\nNo signed tag names it, either." : "");
	policy_hint(c, g,
		    c->policy->signing->tags
			    ? "sign it: `git commit --amend -S --no-edit`, or `git tag -s`"
			    : "sign it: `git commit --amend -S --no-edit`, before it is pushed");
}

static void say_no_program(struct policy_check *c, const struct vcs_signature *s)
{
	struct diag *g = policy_say(c, DIAG_POLICY_PROGRAM, c->policy->signed_at,
				    "the signature of %s cannot be checked: there is no `%s`",
				    what(c, s), s->program);

	policy_detail(c, g, "It is looked for in $PATH.");
	policy_hint(c, g, "apt install %s",
		    strcmp(s->program, "gpgv") == 0 ? "gpgv" : "openssh-client");
}

static const char *why(const struct policy_check *c, const struct vcs_signature *s)
{
	const char *key = s->key ? s->key : "";

	switch (s->verdict) {
	case VCS_SIGNED:
	case VCS_UNSIGNED:
	case VCS_SIGNED_NO_PROGRAM:
		break;
	case VCS_SIGNED_BAD:
		return "it is not of this content: what was signed has been changed since";
	case VCS_SIGNED_UNKNOWN:
		return arena_printf(c->a, "key %s is not among those that may sign", key);
	case VCS_SIGNED_EXPIRED:
		return arena_printf(c->a, "key %s was not valid any more, or not yet", key);
	case VCS_SIGNED_REVOKED:
		return arena_printf(c->a, "key %s is revoked", key);
	case VCS_SIGNED_OTHERWISE:
		return "it was made, or its key may be used, for something else than git";
	case VCS_SIGNED_FOR_OTHER:
		return arena_printf(c->a, "key %s is of %s, and the committer is %s", key,
				    s->signer ? s->signer : "somebody else",
				    s->email ? s->email : "unknown");
	case VCS_SIGNED_UNTRUSTED:
		return "nothing says who may sign in this way";
	case VCS_SIGNED_UNCHECKED:
		return "it cannot be checked";
	}
	return "";
}

static const char *todo(const struct policy_check *c, const struct vcs_signature *s)
{
	const struct signing_policy *p = c->policy->signing;
	const char *file = s->kind == VCS_SIGNATURE_SSH ? p->signers : p->keyring;

	switch (s->verdict) {
	case VCS_SIGNED_UNKNOWN:
		return arena_printf(c->a, "if it may sign, add the key to %s", file);
	case VCS_SIGNED_UNTRUSTED:
		if (s->kind == VCS_SIGNATURE_SSH)
			return "name a file of SSH keys: AllowedSigners";
		if (s->kind == VCS_SIGNATURE_GPG)
			return "name a file of GPG keys: Keyring";
		return "sign with an SSH key or a GPG key: those alone can be checked";
	case VCS_SIGNED:
	case VCS_UNSIGNED:
	case VCS_SIGNED_BAD:
	case VCS_SIGNED_EXPIRED:
	case VCS_SIGNED_REVOKED:
	case VCS_SIGNED_OTHERWISE:
	case VCS_SIGNED_FOR_OTHER:
	case VCS_SIGNED_NO_PROGRAM:
	case VCS_SIGNED_UNCHECKED:
		break;
	}
	return "let somebody who may sign a commit on top of it";
}

static void say_refused(struct policy_check *c, const struct vcs_signature *s)
{
	struct diag *g = policy_say(c, DIAG_POLICY_SIGNER, c->policy->signed_at,
				    "the %s signature of %s is not accepted: %s",
				    vcs_signature_kind_name(s->kind), what(c, s), why(c, s));

	policy_detail(c, g, "%s%s%s%s%s", s->signer ? "Its key is known as " : "",
		      s->signer ? s->signer : "", s->signer ? "." : "",
		      s->signer && s->reason ? "\n" : "", s->reason ? s->reason : "");
	policy_hint(c, g, "%s", todo(c, s));
}

static void say_blessed(struct policy_check *c, const struct vcs_signature *s)
{
	struct diag *g = policy_say(c, DIAG_POLICY_BLESSED, c->policy->signed_at,
				    "%s adds the key to those that may sign that it is signed with",
				    what(c, s));

	policy_detail(c, g, "Key %s of %s: by what its parent has, it may not sign.",
		      s->key ? s->key : "", s->signer ? s->signer : "somebody");
	policy_hint(c, g, "let somebody who may already sign the commit that adds it");
}

void policy_check_signed(struct policy_check *c)
{
	struct vcs_signature s;
	struct trust t;

	if (!c->policy->signing)
		return;
	read_trust(c, &t);
	if (t.failed) {
		release(&t);
		return;
	}
	vcs_check_signature(c->r, c->commit->id, &t.as, c->a, &s);
	if (s.verdict == VCS_UNSIGNED)
		say_unsigned(c);
	else if (s.verdict == VCS_SIGNED_NO_PROGRAM)
		say_no_program(c, &s);
	else if (s.verdict != VCS_SIGNED)
		say_refused(c, &s);
	else if (blesses_itself(c, &t))
		say_blessed(c, &s);
	release(&t);
}
