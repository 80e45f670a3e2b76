/*
 * restore.h - stacks whose data a runbook brings back (`Restore:` of the manifest) when their
 * region is recreated.
 *
 * A restore runs when its stack instance is there, and before what needs it is made.  So a
 * recreation with restores goes in parts: the stacks that need none that is to be restored, their
 * restores, the stacks behind those, and so on.  Which ones are done is recorded with the
 * recreation: a part that is run again restores nothing twice.
 */
#ifndef ENGINE_RESTORE_H
#define ENGINE_RESTORE_H

#include "engine/runbook/conduct.h"

struct engine;
struct plan;

struct restore {
	const struct instance_id *id;
	const char *runbook;
};
struct recreation_part {
	const char *const *stacks;
	size_t stack_count;
	const struct restore *restores;
	size_t restore_count;
};
struct recreation_parts {
	const struct recreation_part *items;
	size_t count; /* 0: there is nothing to restore */
};

/* The parts of the recreation that the engine was opened for, in order; in its arena. */
void engine_recreation_parts(struct engine *e, const struct plan *plan,
			     struct recreation_parts *out);
/* In notes, whose Restore is left out, and why. */
void engine_tell_restores_left(struct engine *e, struct diags *d);
/* Some stack of the selection is still to be restored. */
bool engine_restores(const struct engine *e);
/*
 * Runs the runbook for the instance, or goes on with an execution of it that was killed or has
 * failed since the region was lost; one that has completed since, whoever ran it, is enough.  q
 * says what is asked on the way, the rest of it is filled in.  Parameters that it declares are
 * given: Region, Stack and Account, and From and To in another region.  Then it is recorded as
 * done.  As engine_conduct; out->story.row.id NULL: nothing was to be run.
 */
int engine_restore(struct engine *e, const struct restore *r, struct conduct_request *q,
		   struct conduct_result *out, struct diags *d);
/* In notes, whose data a recreation that is not asked for now has still to bring back. */
void engine_tell_restores_due(struct engine *e, struct diags *d);

#endif
