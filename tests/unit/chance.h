/*
 * chance.h - for tests that draw lots: the seeds that they try.
 *
 * They are always the same, so that what refuses a change is the change.  HADEPLOY_SEED=N is
 * that one alone, and with HADEPLOY_ROUNDS=M the first of M.  `make soak` tries others.
 */
#ifndef TESTS_UNIT_CHANCE_H
#define TESTS_UNIT_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chances {
	uint64_t next;
	size_t left;
};

/* So many seeds, unless the environment says otherwise. */
struct chances chances_of(size_t usual);
/* False: there are no more.  A seed that the program ends with is told. */
bool chances_next(struct chances *c, uint64_t *seed);

#endif
