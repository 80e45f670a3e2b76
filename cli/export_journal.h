/*
 * export_journal.h - executions of runbooks, and what they have set, for `state export`.
 */
#ifndef CLI_EXPORT_JOURNAL_H
#define CLI_EXPORT_JOURNAL_H

#include "base/json.h"
#include "cli/invocation.h"

/* Adds "executions" with all their events, "overrides" and "check_samples"; what there is none of
 * is left away.  0, or -1 with errors. */
int export_journal(struct invocation *in, json_t *all);

#endif
