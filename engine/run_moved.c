/*
 * run_moved.c - records get the logical ids that the template has for them now, before anything
 * of the plan is started.
 *
 * All of them in one commit of their own: whatever happens afterwards, the record and the thing
 * stay together.  After a crash the next run finds nothing under the old id and goes on under
 * the new one.  A rollback brings back what the resource was, and leaves it under its new id:
 * the world never knew the old one, and a template that still has it can say Moved the other
 * way round.
 */
#include "engine/run_parts.h"

#include "base/vec.h"

int run_move_records(struct run *r)
{
	const struct plan *p = r->plan;
	struct state_edit *edits;
	struct record *records;

	if (!p->move_count)
		return 0;
	edits = ARENA_ARRAY(r->e->arena, p->move_count, struct state_edit);
	records = ARENA_ARRAY(r->e->arena, p->move_count, struct record);
	for (size_t i = 0; i < p->move_count; i++) {
		records[i].addr = p->moves[i].from;
		records[i].deposed = "";
		edits[i] = (struct state_edit){
			.kind = EDIT_MOVE,
			.record = &records[i],
			.as = p->moves[i].to,
			.keep = true,
		};
	}
	return state_commit(r->e->state, edits, p->move_count, r->d);
}
