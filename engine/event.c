/*
 * event.c - the words for events in the JSON stream.
 */
#include "engine/event.h"

static const char *const names[] = {
	[EVENT_LOCK_WAIT] = "lock_wait",
	[EVENT_RECOVERING] = "recovering",
	[EVENT_RECOVERED] = "recovered",
	[EVENT_REFRESH_STARTED] = "refresh_started",
	[EVENT_REFRESHED] = "refreshed",
	[EVENT_PLANNED] = "planned",
	[EVENT_APPLY_STARTED] = "apply_started",
	[EVENT_STARTED] = "started",
	[EVENT_PROGRESS] = "progress",
	[EVENT_WAITING] = "waiting",
	[EVENT_RETRY] = "retry",
	[EVENT_SLOW] = "slow",
	[EVENT_SUCCEEDED] = "succeeded",
	[EVENT_FAILED] = "failed",
	[EVENT_LEFT_OPEN] = "left_open",
	[EVENT_SKIPPED] = "skipped",
	[EVENT_BREAKER_OPEN] = "breaker_open",
	[EVENT_BREAKER_CLOSED] = "breaker_closed",
	[EVENT_WAVE] = "wave",
	[EVENT_INSTANCE_STARTED] = "instance_started",
	[EVENT_INSTANCE_ENDED] = "instance_ended",
	[EVENT_BAKING] = "baking",
	[EVENT_CHECK] = "check",
	[EVENT_GATE] = "gate",
	[EVENT_ROLLING_BACK] = "rolling_back",
	[EVENT_CANCELLING] = "cancelling",
	[EVENT_JOURNAL] = "journal",
	[EVENT_RECALLED] = "recalled",
	[EVENT_FINISHED] = "finished",
};
_Static_assert(ARRAY_LEN(names) == EVENT_FINISHED + 1, "a name for every event");

const char *event_kind_name(enum event_kind k)
{
	return names[k];
}
