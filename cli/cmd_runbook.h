/*
 * cmd_runbook.h - the commands of `runbook`, and what failover and failback share with `run`.
 */
#ifndef CLI_CMD_RUNBOOK_H
#define CLI_CMD_RUNBOOK_H

#include "cli/invocation.h"

extern const struct command cmd_runbook_list, cmd_runbook_check, cmd_runbook_run, cmd_runbook_drill,
	cmd_runbook_status, cmd_runbook_pause, cmd_runbook_resume, cmd_runbook_skip,
	cmd_runbook_retry, cmd_runbook_approve, cmd_runbook_decline, cmd_runbook_ungraceful,
	cmd_runbook_abort, cmd_runbook_accept, cmd_runbook_report;

/* Their operands are no stacks. */
int runbook_select(struct invocation *in, struct selection *out);
/* --param, --from and --to as parameters; in in->arena. */
struct runbook_given {
	struct parameter_given *items;
	size_t count;
};
void runbook_given(struct invocation *in, struct runbook_given *out);
/* `runbook check` of one runbook: errors are in in->diags; shows what is known.  0 or -1; *missed:
 * an objective is predicted to be. */
int runbook_check_one(struct invocation *in, const char *name, bool *missed);
/* Asks something of an execution that is going on, as the command says. */
int runbook_ask(struct invocation *in);

#endif
