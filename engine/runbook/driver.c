#include "engine/runbook/driver.h"

#include "engine/runbook/drivers.h"

/* NULL: approvals, checks, waits, fences and groups are the conductor's. */
static const struct step_driver *const drivers[STEP_KIND_COUNT] = {
	[STEP_ACTION] = &driver_action,   [STEP_APPLY] = &driver_apply,
	[STEP_COMMAND] = &driver_command, [STEP_HTTP] = &driver_http,
	[STEP_TRAFFIC] = &driver_traffic, [STEP_NOTIFY] = &driver_notify,
};

const struct step_driver *driver_of(enum step_kind k)
{
	return drivers[k];
}
