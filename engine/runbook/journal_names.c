/* journal_names.c - the words of the journal: what is stored, and what people and programs read. */
#include "engine/runbook/journal_names.h"

#include <string.h>

#include "base/base.h"

static const char *const entry_names[] = {
	[ENTRY_STARTED] = "started",
	[ENTRY_RESUMED_BY] = "resumed-by",
	[ENTRY_DETECTED] = "detected",
	[ENTRY_STEP_STARTED] = "step-started",
	[ENTRY_STEP_MEMORY] = "step-memory",
	[ENTRY_STEP_PROGRESS] = "step-progress",
	[ENTRY_STEP_WAITING] = "step-waiting",
	[ENTRY_STEP_SLOW] = "step-slow",
	[ENTRY_STEP_RETRY] = "step-retry",
	[ENTRY_STEP_SUCCEEDED] = "step-succeeded",
	[ENTRY_STEP_FAILED] = "step-failed",
	[ENTRY_STEP_SKIPPED] = "step-skipped",
	[ENTRY_STEP_REVERSING] = "step-reversing",
	[ENTRY_STEP_REVERSED] = "step-reversed",
	[ENTRY_STEP_REVERSE_FAILED] = "step-reverse-failed",
	[ENTRY_CHECK] = "check",
	[ENTRY_ASKED] = "asked",
	[ENTRY_PAUSED] = "paused",
	[ENTRY_RESUMED] = "resumed",
	[ENTRY_UNGRACEFUL] = "ungraceful",
	[ENTRY_DATA_LOSS] = "data-loss",
	[ENTRY_FENCED] = "fenced",
	[ENTRY_REVERSING] = "reversing",
	[ENTRY_MONITORING] = "monitoring",
	[ENTRY_OBJECTIVE] = "objective",
	[ENTRY_ENDED] = "ended",
};
_Static_assert(ARRAY_LEN(entry_names) == ENTRY_KIND_COUNT, "a name per kind");

static const char *const kind_names[] = {
	[EXECUTION_REAL] = "real",
	[EXECUTION_DRILL_SIMULATED] = "simulated",
	[EXECUTION_DRILL_ISOLATED] = "isolated",
	[EXECUTION_DRILL_FULL] = "full",
};

static const char *const status_names[] = {
	[EXECUTION_RUNNING] = "RUNNING",
	[EXECUTION_PAUSED] = "PAUSED",
	[EXECUTION_WAITING] = "WAITING_APPROVAL",
	[EXECUTION_MONITORING] = "MONITORING",
	[EXECUTION_REVERSING] = "REVERSING",
	[EXECUTION_COMPLETED] = "COMPLETED",
	[EXECUTION_COMPLETED_WITH_EXCEPTIONS] = "COMPLETED_WITH_EXCEPTIONS",
	[EXECUTION_REVERSED] = "REVERSED",
	[EXECUTION_ABORTED] = "ABORTED",
	[EXECUTION_FAILED] = "FAILED",
};
_Static_assert(ARRAY_LEN(status_names) == EXECUTION_STATUS_COUNT, "a name per status");

static const char *const request_names[] = {
	[REQUEST_PAUSE] = "pause",
	[REQUEST_RESUME] = "resume",
	[REQUEST_SKIP] = "skip",
	[REQUEST_RETRY] = "retry",
	[REQUEST_APPROVE] = "approve",
	[REQUEST_DECLINE] = "decline",
	[REQUEST_UNGRACEFUL] = "ungraceful",
	[REQUEST_ABORT] = "abort",
	[REQUEST_ACCEPT_DATA_LOSS] = "accept-data-loss",
};
_Static_assert(ARRAY_LEN(request_names) == REQUEST_COUNT, "a name per request");

static const char *const step_names[] = {
	[STEP_NOT_STARTED] = "NOT_STARTED",
	[STEP_RUNNING] = "RUNNING",
	[STEP_PENDING_APPROVAL] = "PENDING_APPROVAL",
	[STEP_SUCCEEDED] = "SUCCEEDED",
	[STEP_FAILED] = "FAILED",
	[STEP_SKIPPED] = "SKIPPED",
	[STEP_REVERSED] = "REVERSED",
	[STEP_REVERSE_FAILED] = "REVERSE_FAILED",
};
_Static_assert(ARRAY_LEN(step_names) == STEP_STATUS_COUNT, "a name per status");

const char *entry_kind_name(enum entry_kind k)
{
	return (size_t)k < ENTRY_KIND_COUNT ? entry_names[k] : "unknown";
}

const char *execution_kind_name(enum execution_kind k)
{
	return kind_names[k];
}

const char *execution_status_name(enum execution_status s)
{
	return status_names[s];
}

const char *execution_shown_status(const struct execution_row *r)
{
	return r->gone && r->status != EXECUTION_PAUSED ? "LOST" : execution_status_name(r->status);
}

const char *request_name(enum execution_request r)
{
	return request_names[r];
}

const char *step_status_name(enum step_status s)
{
	return step_names[s];
}

bool execution_status_is_over(enum execution_status s)
{
	return s >= EXECUTION_COMPLETED;
}

static size_t find(const char *const *names, size_t count, const char *name)
{
	size_t i = 0;

	while (i < count && strcmp(names[i], name) != 0)
		i++;
	return i;
}

enum entry_kind entry_kind_parse(const char *name)
{
	return (enum entry_kind)find(entry_names, ENTRY_KIND_COUNT, name);
}

bool execution_kind_parse(const char *name, enum execution_kind *out)
{
	size_t i = find(kind_names, ARRAY_LEN(kind_names), name);

	if (i < ARRAY_LEN(kind_names))
		*out = (enum execution_kind)i;
	return i < ARRAY_LEN(kind_names);
}

bool execution_status_parse(const char *name, enum execution_status *out)
{
	size_t i = find(status_names, EXECUTION_STATUS_COUNT, name);

	if (i < EXECUTION_STATUS_COUNT)
		*out = (enum execution_status)i;
	return i < EXECUTION_STATUS_COUNT;
}

bool request_parse(const char *name, enum execution_request *out)
{
	size_t i = find(request_names, REQUEST_COUNT, name);

	if (i < REQUEST_COUNT)
		*out = (enum execution_request)i;
	return i < REQUEST_COUNT;
}
