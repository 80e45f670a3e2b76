/*
 * signature.h - who signed a commit, or a tag of it, and whether that is somebody who may.
 *
 * What is signed is taken out of the object database; the signature is checked by `ssh-keygen` or
 * `gpgv`, which run as children with nothing but what they are given: the trusted keys are those in
 * struct vcs_trust and no others, whatever the user's own settings say.  Nothing goes over the
 * network, and nothing stays on the disk.
 */
#ifndef VCS_SIGNATURE_H
#define VCS_SIGNATURE_H

#include "base/arena.h"
#include "base/text.h"

struct vcs_repository;

/* Who may sign, as contents of files; ptr NULL: there is none. */
struct vcs_trust {
	struct text signers; /* ALLOWED SIGNERS of ssh-keygen(1) */
	struct text revoked; /* a KRL or a list of public keys, likewise */
	struct text keyring; /* what `gpg --export` writes */
	bool same_committer; /* the key must belong to the e-mail address of the committer */
	bool tags;           /* a signed tag that names the commit will do, too */
};

enum vcs_signature_kind {
	VCS_SIGNATURE_NONE,
	VCS_SIGNATURE_SSH,
	VCS_SIGNATURE_GPG,
	VCS_SIGNATURE_X509,
	VCS_SIGNATURE_OTHER
};
const char *vcs_signature_kind_name(enum vcs_signature_kind k); /* "SSH", "GPG", ... */

enum vcs_verdict {
	VCS_SIGNED,            /* by one who may */
	VCS_UNSIGNED,          /* there is no signature */
	VCS_SIGNED_BAD,        /* it is not of this content */
	VCS_SIGNED_UNKNOWN,    /* the key is not among the trusted ones */
	VCS_SIGNED_EXPIRED,    /* the key, or the signature, was not valid */
	VCS_SIGNED_REVOKED,    /* the key is revoked */
	VCS_SIGNED_OTHERWISE,  /* the key may not be used for this, or it signed something else
				 than commits */
	VCS_SIGNED_FOR_OTHER,  /* good, and not the committer's: same_committer */
	VCS_SIGNED_UNTRUSTED,  /* nothing says who may sign in this way */
	VCS_SIGNED_NO_PROGRAM, /* what would check it is not installed: `program` */
	VCS_SIGNED_UNCHECKED   /* it could not be checked: `reason` */
};

/* All texts are the arena's, or NULL. */
struct vcs_signature {
	enum vcs_signature_kind kind;
	enum vcs_verdict verdict;
	const char *tag;     /* the signed tag; NULL: the commit itself */
	const char *key;     /* "SHA256:...", or the fingerprint of a GPG key */
	const char *signer;  /* principal, or user id, of a key that is known */
	const char *email;   /* of the committer, or tagger */
	const char *program; /* "ssh-keygen" or "gpgv" */
	const char *reason;  /* its own words, one line */
};

/* Judges the commit's own signature, and its signed tags when that is not good and `tags` says so:
 * *out is the first that is good, else that of the commit, else that of its first signed tag. */
void vcs_check_signature(struct vcs_repository *r, const char *commit_id,
			 const struct vcs_trust *trust, struct arena *a, struct vcs_signature *out);

#endif
