/*
 * journal_names.h - words of the journal back to what they mean.
 *
 * The way back of the _name functions of journal.h, for what is read from the store or from a
 * report.
 */
#ifndef ENGINE_RUNBOOK_JOURNAL_NAMES_H
#define ENGINE_RUNBOOK_JOURNAL_NAMES_H

#include "engine/runbook/journal.h"

/* ENTRY_UNKNOWN when there is no such word. */
enum entry_kind entry_kind_parse(const char *name);
/* False when there is no such word; then *out stays as it was. */
bool execution_kind_parse(const char *name, enum execution_kind *out);
bool execution_status_parse(const char *name, enum execution_status *out);
bool request_parse(const char *name, enum execution_request *out);

#endif
