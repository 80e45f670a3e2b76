/*
 * documented_events.h - what docs/reports.md says of events, against the events that tests make.
 */
#ifndef TESTS_UNIT_DOCUMENTED_EVENTS_H
#define TESTS_UNIT_DOCUMENTED_EVENTS_H

#include "engine/runbook/journal.h"

/* Fails the test when the page has no such kind, or no such member of its data. */
void assert_event_documented(const struct journal_entry *e);

#endif
