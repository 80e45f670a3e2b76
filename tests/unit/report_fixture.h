/*
 * report_fixture.h - one execution with a bit of everything, for the tests of reports.
 */
#ifndef TESTS_UNIT_REPORT_FIXTURE_H
#define TESTS_UNIT_REPORT_FIXTURE_H

#include "engine/runbook/journal.h"

/* 2025-11-24T16:00:00Z: the outage; the execution starts 30 s later and takes two minutes. */
#define REPORT_OUTAGE_MS 1764000000000
#define REPORT_EXECUTION "20251124-160030-0009f2"

/* Its row, as journal_begin takes it, and the events behind the first one; they live for ever. */
struct execution_row report_fixture_row(void);
const char *report_fixture_started(void);
size_t report_fixture_events(const struct journal_entry **out);

/* All of it with numbers and hashes, without a store. */
void report_fixture_chain(struct arena *a, struct journal_list *out);

#endif
