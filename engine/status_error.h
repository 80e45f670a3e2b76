/*
 * status_error.h - what failed last in a stack instance, from the history.
 */
#ifndef ENGINE_STATUS_ERROR_H
#define ENGINE_STATUS_ERROR_H

#include "engine/engine.h"
#include "engine/result.h"

/* Fills `error` of the rows whose status tells of a failure: the first operation that failed in
 * the last run that did.  A history that cannot be read has nothing to say.  Texts live in the
 * arena. */
void status_add_errors(struct state *s, struct arena *a, struct status_row *rows, size_t count);

#endif
