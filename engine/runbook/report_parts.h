/*
 * report_parts.h - what the files of a report share.  Private to engine/runbook/report*.c.
 */
#ifndef ENGINE_RUNBOOK_REPORT_PARTS_H
#define ENGINE_RUNBOOK_REPORT_PARTS_H

#include "engine/runbook/report.h"

/* A step that only holds others. */
bool report_kind_is_group(const char *kind);
/* report_times.c: fills in parts_ms, spans, and waited_ms of the rows, which are r->rows. */
void report_add_times(struct arena *a, struct report *r, struct report_row *rows);

#endif
