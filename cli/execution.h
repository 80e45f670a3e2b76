/*
 * execution.h - finds executions of runbooks in recorded state, for commands.
 *
 * All need in->state; what they find is in in->arena.  0, or -1 with errors that say what to do.
 */
#ifndef CLI_EXECUTION_H
#define CLI_EXECUTION_H

#include "cli/invocation.h"

/* By its id or the beginning of it. */
int execution_find(struct invocation *in, const char *id, struct execution_row *out);
/* Those that have no end and whose process may be alive. */
int execution_load_going(struct invocation *in, struct execution_list *out);
/* What a request is for: that of an id, NULL: the only one that is going on.  Errors say how to go
 * on with one that nobody runs; `wish`: and how the same is asked with that (" --skip page"), or
 * "". */
int execution_find_asked(struct invocation *in, const char *id, const char *wish,
			 struct execution_row *out);
/* A simulated drill: it touched nothing. */
bool execution_is_harmless(const struct execution_row *r);
/* It failed, or has no end and nobody runs it. */
bool execution_is_resumable(const struct execution_row *r);
/* 1: the latest that has no end and that nobody runs; 0: there is none. */
int execution_find_left(struct invocation *in, struct execution_row *out);
/* That of an id, NULL: the latest that failed, was interrupted or was killed. */
int execution_find_resumable(struct invocation *in, const char *id, struct execution_row *out);
/* Fills in story->overtaken of one that could be gone on with. */
int execution_find_overtaker(struct invocation *in, struct execution_story *s);
/* Its events, and what they amount to; `entries` may be NULL. */
int execution_load(struct invocation *in, struct arena *a, const struct execution_row *row,
		   struct execution_story *out, struct journal_list *entries);
/* As the execution's own process exits; `entries`: all of them. */
int execution_exit(const struct execution_story *s, const struct journal_list *entries);

#endif
