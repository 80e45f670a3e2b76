/*
 * execution_lines.h - the live picture of an execution: what it is, the clock of the RTO, and a
 * line per step.  Pure but for its memory: events and times in, text out.  progress.c draws it.
 *
 *	failover  From=east, To=west  RUNNING  RTO 1m12s of 5m
 *	  done      confirm             12.3s
 *	  running   data                 5.2s
 *	  running     promote            5.2s, usually 12s  pg_ctl promote on db-w1
 *	            traffic
 *
 * Entries of the journal are folded as `runbook status` does it (execution_story), so that the
 * picture is the same from every terminal.
 */
#ifndef CLI_EXECUTION_LINES_H
#define CLI_EXECUTION_LINES_H

#include "base/str.h"
#include "cli/progress_lines.h"
#include "cli/view_execution.h"

struct execution_lines;

struct execution_lines *execution_lines_new(void);
void execution_lines_free(struct execution_lines *l); /* accepts NULL */
/* EVENT_JOURNAL, EVENT_RECALLED, and those of an Apply step; others mean nothing here. */
void execution_lines_event(struct execution_lines *l, const struct event *e);
/* Appends the lines, each with its newline; nothing before the first entry. */
void execution_lines_text(struct execution_lines *l, int64_t wall_ms, struct progress_size size,
			  struct str *out);

#endif
