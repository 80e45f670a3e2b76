/*
 * scratch.h - folders of tests that write state: in memory where the machine has such a place,
 * since every commit is synced, and a real disk takes a minute for what a test repeats at each
 * write.  What is lost in a power cut is not tested with the disk but with state_faults.h.
 */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include <stddef.h>

/* Makes an empty folder, whose name begins with `name`; the caller removes it.  0 or -1. */
int scratch_folder(char *path, size_t size, const char *name);

#endif
