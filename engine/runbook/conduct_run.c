/* conduct_run.c - engine_conduct with the drivers there are. */
#include "engine/runbook/conduct_parts.h"

int engine_conduct(struct engine *e, const struct conduct_request *q, struct conduct_result *out,
		   struct diags *d)
{
	static const struct conduct_setup setup = {driver_of};

	return conduct_with(e, q, &setup, out, d);
}
