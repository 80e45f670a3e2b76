/*
 * fault.h - the real program, joined so that it can be broken at a counted moment.
 *
 * hadeploy-fault is everything hadeploy is, with joints between: tables of providers
 * (fault_provider.c), SQLite's files of recorded state (fault_vfs.c), what the program itself
 * does with names of files (fault_file.c), and state_commit (fault_commit.c).  Whatever passes
 * a joint reaches a boundary, and boundaries are counted by point.  The environment says what
 * happens at which:
 *
 *	HADEPLOY_FAULT=RULE,...         RULE is ACTION@POINT:N, or ACTION@POINT:N+ for "from
 *	                                then on"
 *	HADEPLOY_FAULT_REPORT=FILE      at the end how many boundaries there were, as JSON
 *	HADEPLOY_FAULT_TRACE=FILE       a line for each boundary
 *	HADEPLOY_FAULT_SPEED=N          time runs N times as fast (fault_clock.c)
 *	HADEPLOY_MUTATE=WORD            what the program forgets to do (enum mutation)
 *
 * Points: `call` twice for each provider call, before and after; `write` before all that
 * changes a file of recorded state; `sync` before those that make it durable; `read`.
 *
 * Actions: `kill` is SIGKILL; `power` too, and what was not synced is lost; `tear` likewise, but
 * some of it, by sector, is on the disk; `int` is Ctrl-C, `int2` and `int3` twice and thrice;
 * `term` is SIGTERM; `eio`, `full` and `short` are what the disk answers.
 */
#ifndef TESTS_FAULT_FAULT_H
#define TESTS_FAULT_FAULT_H

#include <stdbool.h>
#include <stddef.h>

enum fault_point { POINT_CALL, POINT_WRITE, POINT_SYNC, POINT_READ };
#define POINT_COUNT (POINT_READ + 1)

/* What the disk answers. */
enum fault_answer { ANSWER_PASS, ANSWER_EIO, ANSWER_FULL, ANSWER_SHORT };

enum mutation {
	MUTATION_NONE,
	MUTATION_NO_BEGIN, /* operations are not recorded */
	MUTATION_NO_SYNC,  /* nothing is made durable */
	MUTATION_NO_FIND   /* nothing is found by its key */
};

/* Counts, does what a rule says, and says what the disk answers.  Any thread. */
enum fault_answer fault_reach(enum fault_point point, const char *what);
/* A rule wants power to fail: what is not synced has to be held back. */
bool fault_holds_back(void);
enum mutation fault_mutation(void);

/* fault_vfs.c: half-done writes reach the disk, by sectors that the seed chooses; seed 0: none
 * does.  Nobody gets at the files any more. */
void fault_files_fail(unsigned long seed);

#endif
