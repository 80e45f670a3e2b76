/*
 * signature_parts.h - what signature.c and verify.c share; nobody else includes it.
 */
#ifndef VCS_SIGNATURE_PARTS_H
#define VCS_SIGNATURE_PARTS_H

#include "vcs/signature.h"

/* One signature, with what it is of. */
struct signed_thing {
	struct text content, signature;
	int64_t when_ms; /* of the commit or tag */
};

/* Fills kind, verdict, key, signer, program and reason; email is there already. */
void signature_judge(const struct signed_thing *s, const struct vcs_trust *trust, struct arena *a,
		     struct vcs_signature *out);

#endif
