/*
 * version_check_parts.h - what version_check.c and version_signed.c share.
 */
#ifndef ENGINE_VERSION_CHECK_PARTS_H
#define ENGINE_VERSION_CHECK_PARTS_H

#include "engine/version_check.h"
#include "vcs/vcs.h"

/* One policy, and the repository that it is about. */
struct policy_check {
	const struct version_question *q;
	struct arena *a;
	struct diags *d;
	const struct version_policy *policy;
	const struct instance_id *at; /* the first that it holds for */
	struct vcs_repository *r;     /* NULL: there is none */
	struct vcs_head head;
	const struct vcs_commit *commit; /* that is judged; NULL: there is none */
	const char *ref;                 /* what was asked for; NULL: the work tree */
	const char *nowhere;             /* why there is no commit */
	const char *short_id;
	bool looked, refused;
};

/* Something is not as it is required: an error, a warning or a note, which can be completed. */
struct diag *policy_say(struct policy_check *c, enum diag_code code, struct range where,
			const char *fmt, ...) PRINTF_LIKE(4, 5);
/* "policy 'production' requires it in region 'east'", and what else there is to know. */
void policy_detail(struct policy_check *c, struct diag *g, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* What to do; and the way around it. */
void policy_hint(struct policy_check *c, struct diag *g, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* version_signed.c */
void policy_check_signed(struct policy_check *c);

#endif
