/* regions.c - what tells whether a region is healthy. */
#include "engine/runbook/runbook.h"

const struct manifest_check *const *runbook_region_checks(const struct manifest *m,
							  const struct procedure *p, size_t *count)
{
	const struct manifest_failover *f = &m->failover;
	const struct runbook_objectives *o = &p->objectives;

	*count = f->healthy_count ? f->healthy_count : o->healthy_count;
	return f->healthy_count ? f->healthy : o->healthy;
}

bool region_can_be_healthy(const struct manifest_check *const *checks, size_t count,
			   const struct manifest_region *r)
{
	for (size_t i = 0; i < count; i++) {
		if (!check_has_hosts(checks[i], r))
			return false;
	}
	return count && !r->global;
}
