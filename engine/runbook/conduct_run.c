/* conduct_run.c - engine_conduct with the drivers there are. */
#include "engine/runbook/preflight.h"

int engine_conduct(struct engine *e, const struct conduct_request *q, struct conduct_result *out,
		   struct diags *d)
{
	static const struct conduct_setup setup = {driver_of, conduct_preflight,
						   conduct_check_primary};

	return conduct_with(e, q, &setup, out, d);
}
