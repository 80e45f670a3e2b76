/*
 * view_watch.h - what a watch sees and does: a line for people, an object for programs.
 */
#ifndef CLI_VIEW_WATCH_H
#define CLI_VIEW_WATCH_H

#include "base/json.h"
#include "cli/term.h"
#include "engine/engine_runbook.h"

void view_watch(struct str *out, const struct watch_event *ev, const struct style *st);
json_t *json_watch(const struct watch_event *ev);

#endif
