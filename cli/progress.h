/*
 * progress.h - the live lines on a terminal: one per rollout and one per region, drawn in
 * place.
 *
 *	web   canary  3/12 instances over  baking, 4m10s left
 *	east  12/40 done  3 running  web-e1/Page creating  8.1s
 *
 * progress_new starts a thread that draws ten times a second, so that time is seen to
 * pass while the engine waits; progress_event tells what happened; progress_write puts a
 * lasting text above the lines; progress_clear takes them away before somebody else
 * writes, until the next event; progress_free ends it.  One lock guards all of it.
 * With the first EVENT_JOURNAL the lines are those of a runbook's execution
 * (execution_lines.h).
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/term.h"
#include "engine/engine.h"

struct progress;

struct progress *progress_new(struct term *t, struct clock *clock);
void progress_free(struct progress *p); /* accepts NULL */
void progress_event(struct progress *p, const struct event *e);
void progress_write(struct progress *p, const struct str *text);
/* Takes the lines away; progress_keep leaves their last state on the screen for good. */
void progress_clear(struct progress *p);
void progress_keep(struct progress *p);
/* While a question is open the last state stays above it and nothing is drawn; then it goes on
 * below. */
void progress_hold(struct progress *p);
void progress_release(struct progress *p);

#endif
