/*
 * version_check.h - whether this version of the project may change something there.
 *
 * What the manifest's section Policy requires (version_policy.h) is compared with the repository
 * that the project lies in.  Nothing goes over the network: what a remote has is what was last
 * fetched from or pushed to it.
 *
 * Who may sign is read from files of this machine, also when the version that is judged is another
 * commit: a commit does not say who may sign it.  A file that the commit itself has brought counts
 * together with what its parent had.
 */
#ifndef ENGINE_VERSION_CHECK_H
#define ENGINE_VERSION_CHECK_H

#include "engine/project.h"

enum policy_use {
	POLICY_REFUSES, /* what is not so is an error */
	POLICY_TOLD     /* and here a warning, that a run would be refused */
};

struct version_question {
	struct arena *a;
	struct project *project;
	const struct instance_id *const *items; /* what would be changed */
	size_t count;
	enum policy_use use;
	const char *reason; /* why no policy holds now: errors become notes; NULL: they hold */
};

/* 0, or -1 when there was an error: see policy_use. */
int version_check(const struct version_question *q, struct diags *d);

#endif
