/* signature.c - signatures of commits and tags, taken out of the object database. */
#include "vcs/signature.h"

#include <string.h>

#include "vcs/signature_parts.h"
#include "vcs/vcs_parts.h"

const char *vcs_signature_kind_name(enum vcs_signature_kind k)
{
	static const char *const names[] = {
		[VCS_SIGNATURE_NONE] = "no",       [VCS_SIGNATURE_SSH] = "SSH",
		[VCS_SIGNATURE_GPG] = "GPG",       [VCS_SIGNATURE_X509] = "X.509",
		[VCS_SIGNATURE_OTHER] = "unknown",
	};

	return names[k];
}

static const char *email_of(struct arena *a, const git_signature *by)
{
	return by && by->email ? arena_strdup(a, by->email) : NULL;
}

static int64_t time_of(const git_signature *by)
{
	return by ? (int64_t)by->when.time * 1000 : 0;
}

static void judge_commit(struct vcs_repository *r, git_oid *id, const struct vcs_trust *trust,
			 struct arena *a, struct vcs_signature *out)
{
	git_buf signature = {0}, content = {0};
	git_commit *commit = NULL;

	if (git_commit_lookup(&commit, r->git, id)) {
		out->verdict = VCS_SIGNED_UNCHECKED;
		out->reason = arena_strdup(a, vcs_reason());
		return;
	}
	out->email = email_of(a, git_commit_committer(commit));
	if (git_commit_extract_signature(&signature, &content, r->git, id, NULL) == 0) {
		const struct signed_thing s = {{content.ptr, content.size},
					       {signature.ptr, signature.size},
					       time_of(git_commit_committer(commit))};

		signature_judge(&s, trust, a, out);
	}
	git_buf_dispose(&signature);
	git_buf_dispose(&content);
	git_commit_free(commit);
}

/* --- tags ---------------------------------------------------------------------------------- */

struct tag_look {
	struct vcs_repository *r;
	struct arena *a;
	const struct vcs_trust *trust;
	const git_oid *commit;
	struct vcs_signature *out;
};

/* In a tag the signature ends the message: at the last line that begins one. */
static const char *find_signature(struct text t)
{
	static const char begin[] = "\n-----BEGIN ";
	const char *found = NULL, *at = t.ptr;

	while ((at = memmem(at, t.len - (size_t)(at - t.ptr), begin, sizeof(begin) - 1)))
		found = ++at;
	return found;
}

static void judge_tag(struct tag_look *l, const char *name, git_tag *tag, struct text whole)
{
	const char *begin = find_signature(whole);
	struct vcs_signature found = {.tag = arena_strdup(l->a, name)};
	struct signed_thing s;

	if (!begin)
		return;
	s.content = (struct text){whole.ptr, (size_t)(begin - whole.ptr)};
	s.signature = (struct text){begin, whole.len - s.content.len};
	s.when_ms = time_of(git_tag_tagger(tag));
	found.email = email_of(l->a, git_tag_tagger(tag));
	signature_judge(&s, l->trust, l->a, &found);
	if (found.verdict == VCS_SIGNED || l->out->verdict == VCS_UNSIGNED)
		*l->out = found;
}

static int look_at_tag(const char *name, git_oid *id, void *payload)
{
	struct tag_look *l = payload;
	git_odb_object *raw = NULL;
	git_tag *tag = NULL;
	git_odb *odb = NULL;

	if (git_tag_lookup(&tag, l->r->git, id))
		return 0; /* one without a message names the commit itself */
	if (git_oid_equal(git_tag_target_id(tag), l->commit) &&
	    git_repository_odb(&odb, l->r->git) == 0 && git_odb_read(&raw, odb, id) == 0)
		judge_tag(l, name + strlen("refs/tags/"), tag,
			  (struct text){git_odb_object_data(raw), git_odb_object_size(raw)});
	git_odb_object_free(raw);
	git_odb_free(odb);
	git_tag_free(tag);
	return l->out->verdict == VCS_SIGNED ? GIT_EUSER : 0;
}

void vcs_check_signature(struct vcs_repository *r, const char *commit_id,
			 const struct vcs_trust *trust, struct arena *a, struct vcs_signature *out)
{
	struct tag_look look = {r, a, trust, NULL, out};
	git_oid id;

	*out = (struct vcs_signature){.verdict = VCS_UNSIGNED};
	if (!vcs_parse_id(commit_id, &id)) {
		out->verdict = VCS_SIGNED_UNCHECKED;
		out->reason = "it is no id of a commit";
		return;
	}
	judge_commit(r, &id, trust, a, out);
	look.commit = &id;
	if (trust->tags && out->verdict != VCS_SIGNED)
		git_tag_foreach(r->git, look_at_tag, &look);
}
