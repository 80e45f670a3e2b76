/*
 * state_history.h - what the files behind the history share.  Private to the SQLite store.
 *
 *	state_history.c   runs, and what is asked of them
 *	state_duration.c  how long things took
 *	state_result.c    how each instance fared in a run
 *	state_prune.c     what is over the bounds goes
 *	state_journal.c   executions of runbooks with their events (engine/runbook/journal.h)
 *	state_order.c     in which order executions were taken up
 *	state_request.c   what is asked of executions
 *	state_override.c  parameters that runbooks have set, what checks said
 *
 * Functions that write do it inside the caller's transaction.
 */
#ifndef ENGINE_STATE_HISTORY_H
#define ENGINE_STATE_HISTORY_H

#include "engine/result.h"
#include "engine/state_row.h"

/* Ready for its parameters; row->stmt stays NULL when there is no file.  0 or -1. */
int history_start(struct state *s, enum state_query query, struct row *row, struct diags *d);
/* As state_step; without a file there is no statement, and no row comes. */
int history_next_row(struct state *s, struct row *row, struct diags *d);
/* "the WHAT of 'OF' does not fit its checksum"; always -1. */
int history_fail_row(struct state *s, struct row *row, const char *what, const char *of,
		     struct diags *d);

/* state_journal.c: 1 when the execution is there, 0 when it is not, -1. */
int journal_has(struct state *s, const char *execution, struct diags *d);
int journal_fail_unknown(const char *execution, struct diags *d); /* always -1 */

/* NULL texts mean "". */
int history_write_result(struct state *s, const struct instance_result *r, struct diags *d);
int history_write_run(struct state *s, const struct run_record *r, struct diags *d);
/* Behind the samples that are there. */
int history_add_durations(struct state *s, const struct duration_list *more, struct diags *d);
int history_prune(struct state *s, const struct history_bounds *b, struct diags *d);

#endif
