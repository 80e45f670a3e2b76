/*
 * view_health.h - health checks for people: a table by region, or a line for each change.
 */
#ifndef CLI_VIEW_HEALTH_H
#define CLI_VIEW_HEALTH_H

#include "cli/term.h"
#include "engine/engine_runbook.h"

/* How many lines it has. */
size_t view_health(struct str *out, const struct health_result *all, const struct style *st);
void view_health_change(struct str *out, const struct health_row *row);

#endif
