/*
 * cmd_state.h - the commands of `state`, which work on recorded state alone: without
 * templates, without network.
 */
#ifndef CLI_CMD_STATE_H
#define CLI_CMD_STATE_H

#include "cli/invocation.h"

extern const struct command cmd_state_list, cmd_state_show, cmd_state_export, cmd_state_check,
	cmd_state_rm, cmd_state_mv, cmd_state_unlock, cmd_state_mirror, cmd_state_restore;

/* The records of one address, live and deposed.  0, or -1 with an error that names the
 * nearest address. */
int state_find_records(struct invocation *in, const char *word, struct record_list *out);
/* "nothing is recorded under 'WORD'", with what is near among `all`; always -1. */
int state_say_unknown(struct invocation *in, const char *word, const struct record_list *all);
/* Locks the instances of these records.  0 or -1. */
int state_lock_records(struct invocation *in, const struct record_list *records);
/* -1, with errors, when an operation of one of them has no end yet. */
int state_check_free(struct invocation *in, const struct record_list *records);
/* An execution of a runbook is going on: told before the question; -1, with an error, when nobody
 * is asked and no --override-execution says why it does not matter.  One whose process has ended is
 * a warning. */
int state_check_executions(struct invocation *in);

#endif
