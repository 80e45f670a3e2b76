/*
 * compare.h - what would change between two commits, without network and recorded state.
 *
 * Both sides are evaluated for every target, with what only a deployment can tell (attributes of
 * resources, outputs of other stacks, secrets) standing for itself: "${Page.Sha256}",
 * "{{resolve:env:KEY}}".  What differs then is what a deployment of the first commit would be
 * changed by one of the second; whether it has drifted meanwhile, or was never deployed, plan
 * knows.
 */
#ifndef ENGINE_COMPARE_H
#define ENGINE_COMPARE_H

#include "engine/plan.h"

/* One resource, or the outputs. */
struct compared {
	const char *logical_id; /* NULL: the outputs of the instance */
	const char *type;       /* on the side where it is, the new one rather */
	enum action action;     /* CREATE, UPDATE, REPLACE, DELETE, or NONE: only moved */
	const char *moved_from; /* the logical id it had; NULL */
	const char *because;    /* nothing of its own differs: this resource does; NULL */
	/* Of an update or replacement.  "/Size"; "DeletionPolicy" and "UpdateReplacePolicy"
	 * without a slash: they are no properties.  Of outputs "/Url". */
	const struct path_change *paths;
	size_t path_count;
};

struct instance_comparison {
	struct instance_id id;
	enum action action; /* CREATE: a new target; DELETE: it has left; UPDATE */
	const struct compared *items;
	size_t count;
	size_t alike; /* resources that stay as they are */
};

struct comparison {
	const char *from, *to; /* as named; to NULL: the files in the folder */
	const char *from_commit, *to_commit;
	const struct instance_comparison *instances; /* that differ, sorted */
	size_t count;
};

struct compare_request {
	const char *dir;
	const struct hd_provider *const *providers;
	const char *from, *to;      /* to NULL: the files in the folder */
	struct selection selection; /* stacks, regions, parameters */
};

/* *out lives in the arena.  0, or -1 with errors that name the side they are of. */
int engine_compare(struct arena *a, const struct compare_request *q, struct comparison *out,
		   struct diags *d);

#endif
