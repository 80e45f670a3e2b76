/*
 * mirror.h - recorded state and the reports of its runs, in commits of a git reference of their
 * own (`State: Mirror` of the manifest): a readable copy that can be pushed to other machines, and
 * from which a lost state is rebuilt (mirror_restore.h).
 *
 *	mirror.c         the threads: when something is written and pushed
 *	mirror_commit.c  what has changed in recorded state, to a commit
 *	mirror_merge.c   commits of somebody else on the same reference
 *	mirror_push.c    one remote
 *	mirror_owner.c   whose state a commit has
 *	mirror_status.c  what became of it: .hadeploy/mirror.json
 *	mirror_path.c    names of files
 *
 * Files, all canonical JSON (state_rows.h):
 *
 *	instances/ACCOUNT/REGION/STACK.json  a stack instance with all that is recorded of it
 *	running/RUN.json                     a run without an end, and what it intends
 *	runs/RUN.json, executions/ID.json    reports
 *	shared/meta.json ...                 what belongs to no instance
 *
 * One thread reads recorded state through a handle of its own and writes git objects; one per
 * remote pushes.  No call of a provider waits for them.  What cannot be written is told at the
 * end and fails nothing.
 *
 * What is on the reference was recorded once, and never something older comes after it: a commit
 * is made from a moment of the state that is later than its parent, or it is made again.
 */
#ifndef ENGINE_MIRROR_H
#define ENGINE_MIRROR_H

#include "engine/mirror_settings.h"
#include "engine/state.h"

/* At the latest so long after a change during a run it is committed. */
#define MIRROR_LATEST_MS 2000
/* So long the end of a command waits for remotes that were not found unreachable lately. */
#define MIRROR_END_WAIT_MS 5000
/* And so long its beginning, so that they know what is intended before anything is made. */
#define MIRROR_START_WAIT_MS 1000
/* Who could not be reached is known to be down for so long. */
#define MIRROR_DOWN_MS (5 * 60 * (int64_t)1000)

struct mirror_options {
	const struct mirror_settings *settings;
	const char *dir;        /* of the project: the repository that it is in is used */
	const char *state_path; /* beside it is a repository when the project is in none */
	const char *command;    /* for messages of commits */
	const char *user, *host;
	/* NULL, or the name that the project has in the mirror: it is written under its own from
	 * now on. */
	const char *other_project;
};

struct mirror;
/* Follows the state, which must be open for writing.  Who opens the same state a second time in
 * this process gets the same mirror.  NULL when it is off. */
struct mirror *mirror_open(const struct mirror_options *o, struct state *s);
/*
 * A run is about to make things: `operations` (mirror_intent.h) are committed before anything else
 * of it.  Waits until that is so, and until the remotes that are not known to be down have it,
 * MIRROR_START_WAIT_MS at most.  0, or -1 with an error: another machine is known to have recorded
 * changes that this state does not have.
 */
int mirror_intend(struct mirror *m, const char *run, const struct operation *operations,
		  size_t count, struct diags *d);
/* The last one that has it open: the rest is committed and pushed; see MIRROR_END_WAIT_MS.
 * Warnings say what is missing.  `s`, which it followed, must still be open.  Accepts NULL. */
void mirror_close(struct mirror *m, struct state *s, struct diags *d);
/* Commits what is missing and pushes to all remotes, however long that takes.  0 or -1. */
int mirror_push_now(const struct mirror_options *o, struct state *s, struct diags *d);

#endif
