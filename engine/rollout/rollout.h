/*
 * rollout.h - which instance of a stack may start next.  Pure: no thread, no clock, no world.
 *
 * One per stack and run.  rollout_new from a spec; then, until ROLLOUT_OVER: tell what happened
 * (rollout_ready, rollout_ended, rollout_gate, ...) and do what rollout_next says, as often as
 * it says something else than ROLLOUT_WAIT.
 *
 * Members are the stack's instances that have something to do, in the order in which they would
 * start one by one: wave, region, account.  Each is in exactly one state:
 *
 *	PENDING -> RUNNING -> SUCCEEDED
 *	   |          \-----> FAILED
 *	   |--------------------> SKIPPED    something it needs in another stack failed
 *	   \--------------------> CANCELLED  the rollout failed or was stopped before its turn
 *
 * Rules.  Those marked [AWS] are StackSets' (User Guide, "Stack set operation options"; API
 * Reference, StackSetOperationPreferences); the others are our own:
 *	- a wave starts when all of the one before has ended, its failures are within its tolerance
 *	  (rollout_wave_tolerance), and its gate (bake time, checks) said yes; waves without
 *	  members have no gate and count for nothing;
 *	- in a wave SEQUENTIAL regions go one after the other; the next one starts when all of the
 *	  one before has ended within tolerance; PARALLEL ones start together [AWS];
 *	- failures are counted per region over the whole rollout, not from one region to the next;
 *	  base of percentages: the members of that region in the whole rollout [AWS];
 *	- more failures than tolerance: the region has failed, the rollout has failed, all that is
 *	  PENDING anywhere is CANCELLED; what is RUNNING ends [AWS].  So it is with a wave's;
 *	- at the same time at most rollout_allowed in a region [AWS];
 *	- SKIPPED counts as a failure: what was to prove itself did not;
 *	- MinHealthyRegions: a member starts only while so many regions other than its own are
 *	  healthy, without a FAILED member and without a running one.  Regions that have no member
 *	  count too.  A fresh member is not held back.
 *
 * Members that are ready start in the order of the spec; one that is not ready holds up nobody
 * of its region.  Each call costs O(log members).
 */
#ifndef ENGINE_ROLLOUT_ROLLOUT_H
#define ENGINE_ROLLOUT_ROLLOUT_H

#include "engine/rollout/preferences.h"

enum member_state {
	MEMBER_PENDING,
	MEMBER_RUNNING,
	MEMBER_SUCCEEDED,
	MEMBER_FAILED,
	MEMBER_SKIPPED,
	MEMBER_CANCELLED
};
#define MEMBER_STATE_COUNT (MEMBER_CANCELLED + 1)
const char *member_state_name(enum member_state s); /* "PENDING", ... as StackSets call them */

struct rollout_member {
	size_t wave, region; /* numbers; members are sorted by wave, then by region */
	bool fresh;          /* nothing of it is there yet: making it takes nothing away */
};

struct rollout_spec {
	const struct rollout_preferences *preferences; /* wave_count 0: one wave */
	const struct rollout_member *members;
	size_t member_count;
	size_t region_count; /* all regions of the stack, in order; also those without a member */
};

struct rollout;

struct rollout *rollout_new(const struct rollout_spec *s); /* the spec is borrowed */
void rollout_free(struct rollout *r);

/* --- what happened ------------------------------------------------------------------- */

/* What the member waits for in other stacks has ended well. */
void rollout_ready(struct rollout *r, size_t member);
enum member_end { MEMBER_ENDED_WELL, MEMBER_ENDED_BADLY };
/* Of a RUNNING one; else nothing. */
void rollout_ended(struct rollout *r, size_t member, enum member_end end);
/* It can never start: what it needs in another stack failed, or was cancelled.  Nothing when it
 * is not PENDING any more. */
void rollout_skip(struct rollout *r, size_t member);
/* The gate behind `wave` that ROLLOUT_GATE asked for; nothing when the rollout has failed or was
 * stopped meanwhile. */
enum gate_end { GATE_PASSED, GATE_FAILED };
void rollout_gate(struct rollout *r, size_t wave, enum gate_end end);
/* What the checks say of a region; healthy until told otherwise. */
void rollout_region_healthy(struct rollout *r, size_t region, bool healthy);
/* Somebody asked to stop, or a freeze begins: nothing new starts. */
void rollout_stop(struct rollout *r);

/* --- what to do ---------------------------------------------------------------------- */

enum rollout_kind {
	ROLLOUT_WAIT,   /* nothing until something happened; with nothing running and no gate
			   open, it waits for other stacks, or for MinHealthyRegions */
	ROLLOUT_START,  /* member: it is RUNNING from now on */
	ROLLOUT_GATE,   /* wave: bake and check; rollout_gate answers.  Behind each wave that had
			   members, the last one too */
	ROLLOUT_CANCEL, /* member: it is CANCELLED */
	ROLLOUT_OVER
};
struct rollout_order {
	enum rollout_kind kind;
	size_t member, wave;
};
struct rollout_order rollout_next(struct rollout *r);

/* --- how it stands ------------------------------------------------------------------- */

enum rollout_fault {
	ROLLOUT_WELL,
	ROLLOUT_TOLERANCE,  /* of a region was exceeded */
	ROLLOUT_WAVE_FAILS, /* a wave's was */
	ROLLOUT_GATE_FAILS,
	ROLLOUT_STOPPED
};
enum rollout_fault rollout_fault(const struct rollout *r);
/* Where: region of TOLERANCE, wave of WAVE_FAILS and GATE_FAILS. */
size_t rollout_fault_at(const struct rollout *r);
enum member_state rollout_state(const struct rollout *r, size_t member);
size_t rollout_count(const struct rollout *r, enum member_state s);
/* The last ROLLOUT_WAIT is one for healthy regions: nothing runs, and what could start is held
 * up by MinHealthyRegions alone. */
bool rollout_starved(const struct rollout *r);

/* --- beforehand ---------------------------------------------------------------------- */

/*
 * At most so many members can fail before everything has stopped, over all orders in which
 * members may end: what a plan promises.  Exact for up to 12 waves that tolerate something and
 * fewer than 2^22 cells times sets of them; beyond, it may be too high, never too low.
 * MinHealthyRegions may stop a rollout earlier and is left out.
 */
size_t rollout_worst_case(const struct rollout_spec *s);

#endif
