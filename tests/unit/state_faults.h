/*
 * state_faults.h - a file system layer below SQLite that fails at the Nth call that changes a
 * file: kills the process before it, tears the write and kills it, or answers with an error.
 *
 * A child calls state_faults_begin and lives on the faulty file system from there on;
 * state_faults_sweep runs children for N = 1, 2, ... until nothing is left to fail.
 */
#ifndef TESTS_UNIT_STATE_FAULTS_H
#define TESTS_UNIT_STATE_FAULTS_H

#include "tests/unit/state_fixture.h"

#define TRIES 5 /* of one thing, on a disk that fails once */

enum fault { FAULT_KILL, FAULT_TEAR, FAULT_IO, FAULT_FULL };

/* Shared by parent and child. */
struct sweep {
	enum fault fault;
	int calls_left; /* until the fault */
	int committed;  /* commits that returned 0 */
	bool fired;
};

/* In the child alone: from here on every database is on the faulty file system. */
void state_faults_begin(struct fixture *f, struct sweep *w);
/* An error must have been said, and the right kind of error; else the child ends. */
void state_faults_expect(struct fixture *f);
struct state *state_faults_open(struct fixture *f);

struct sweep_test {
	void (*live)(struct fixture *f, void *sweep);             /* in the child */
	void (*verify)(struct fixture *f, const struct sweep *w); /* afterwards, on a good disk */
	int commits; /* that `live` makes when all goes well */
	int stride;  /* every so many writes one is broken: 1 for all of them */
};
void state_faults_sweep(struct fixture *f, enum fault fault, const struct sweep_test *t);

#endif
