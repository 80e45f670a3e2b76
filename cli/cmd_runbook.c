/* cmd_runbook.c - the commands of runbook. */
#include "cli/cmd_runbook.h"

const struct command cmd_runbook = {
	.name = "runbook",
	.group = GROUP_FAILOVER,
	.summary = "run procedures such as a failover, and rehearse them",
	.operands = "COMMAND",
	.help = "Runbooks are ordered procedures with approvals, gates and measured objectives "
		"(docs/runbooks.md). What runs can be looked at and asked from any terminal "
		"(docs/executions.md).",
	.children =
		(const struct command *const[]){
			&cmd_runbook_list, &cmd_runbook_check, &cmd_runbook_run, &cmd_runbook_drill,
			&cmd_runbook_status, &cmd_runbook_pause, &cmd_runbook_resume,
			&cmd_runbook_skip, &cmd_runbook_retry, &cmd_runbook_approve,
			&cmd_runbook_decline, &cmd_runbook_ungraceful, &cmd_runbook_abort,
			&cmd_runbook_accept, &cmd_runbook_report, NULL},
};
