/*
 * walk.h - which step may start next.  Pure: no thread, no clock, no world.
 *
 * walk_new, walk_add for each step, walk_need for each edge, walk_seal once; then take
 * steps with walk_next and report how they ended with walk_finish, until walk_over.  Each
 * step is in exactly one state:
 *
 *	BLOCKED -> READY -> TAKEN -> DONE
 *	   |         |        \----> FAILED
 *	   |         \-------------> SKIPPED (walk_stop)
 *	   \-----------------------> SKIPPED (something it needs failed or was skipped)
 *
 * A gate is a step without work: it is done as soon as what it needs is done.  Gates keep
 * the number of edges linear where many steps wait for many others.
 *
 * A door is a gate that does not open by itself: READY when what it needs is done, DONE when
 * walk_open is called.  walk_door tells of those that may be opened, and of those that never
 * will be.
 *
 * Order: the step with the longest way behind it first, then the one added first.  A step
 * is as long as walk_cost says, or 1.
 */
#ifndef ENGINE_WALK_H
#define ENGINE_WALK_H

#include "base/base.h"

enum step_state { STEP_BLOCKED, STEP_READY, STEP_TAKEN, STEP_DONE, STEP_FAILED, STEP_SKIPPED };
#define STEP_STATE_COUNT (STEP_SKIPPED + 1)

enum step_kind { STEP_WORK, STEP_GATE, STEP_DOOR };

#define STEP_NONE SIZE_MAX

struct walk;

struct walk *walk_new(void);
void walk_free(struct walk *w);
/* Gives the step's number: 0, 1, 2, ... */
size_t walk_add(struct walk *w, enum step_kind kind);
/* `step` starts only when `need` is done.  Doubles are allowed. */
void walk_need(struct walk *w, size_t step, size_t need);
/* How long a STEP_WORK is expected to take, at least 1, in whatever unit all of them have. */
void walk_cost(struct walk *w, size_t step, size_t cost);
size_t walk_size(const struct walk *w); /* steps so far */
/* Before walk_seal: marks whatever the marked steps need, and what that needs in turn. */
void walk_mark_needs(const struct walk *w, bool *marked);
/* No more steps or edges.  False when there is a cycle: then the walk may only be freed. */
bool walk_seal(struct walk *w);

/* The next ready step, now TAKEN; STEP_NONE when none is ready. */
size_t walk_next(struct walk *w);
enum step_end { STEP_ENDED_WELL, STEP_ENDED_BADLY };
/* For a step that is TAKEN. */
void walk_finish(struct walk *w, size_t step, enum step_end end);
/* A TAKEN step whose work never began, or one that is BLOCKED or READY; what needs it is
 * skipped too. */
void walk_skip(struct walk *w, size_t step);
/* Everything BLOCKED or READY becomes SKIPPED. */
void walk_stop(struct walk *w);

/* Doors that became READY or were SKIPPED since the last call, one at a time, in order; STEP_NONE
 * at the end.  walk_state tells which; one that was READY may come again, SKIPPED. */
size_t walk_door(struct walk *w);
/* For a door that is READY: what is behind it may start. */
void walk_open(struct walk *w, size_t door);

/* Steps that were skipped since the last call, one at a time, in order; STEP_NONE at the
 * end.  Gates and doors are not told. */
size_t walk_skipped(struct walk *w);
bool walk_over(const struct walk *w); /* every step is DONE, FAILED or SKIPPED */
enum step_state walk_state(const struct walk *w, size_t step);
size_t walk_priority(const struct walk *w, size_t step); /* the longest way behind it */
/* The steps that need this one, once sealed; doubles as often as they were added. */
const size_t *walk_users(const struct walk *w, size_t step, size_t *count);
/* How many STEP_WORK are in this state. */
size_t walk_count(const struct walk *w, enum step_state s);

#endif
