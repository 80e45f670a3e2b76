/*
 * view_watch.h - what a watch sees and does, and whether there is one: lines for people, objects
 * for programs.
 */
#ifndef CLI_VIEW_WATCH_H
#define CLI_VIEW_WATCH_H

#include "base/json.h"
#include "cli/term.h"
#include "engine/engine_runbook.h"

void view_watch(struct str *out, const struct watch_event *ev, const struct style *st);
json_t *json_watch(const struct watch_event *ev);

/* Who watches, what, and what speaks against acting. */
void view_watch_status(struct str *out, const struct watch_status *w, int64_t now_ms,
		       const struct style *st);
json_t *json_watch_status(const struct watch_status *w);

#endif
