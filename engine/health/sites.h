/*
 * sites.h - where a check of the manifest is asked: in each region that has hosts for it, and for
 * each account when it names one.
 */
#ifndef ENGINE_HEALTH_SITES_H
#define ENGINE_HEALTH_SITES_H

#include "engine/health/health.h"
#include "engine/state.h"

struct engine;

struct check_sites {
	struct engine *e;
	struct arena *a; /* of the probes */
	struct instance_list recorded;
	/* Gets the probes of a check in one place. */
	void (*add)(void *context, const struct manifest_check *c,
		    const struct check_probe_list *probes);
	void *context;
};

/* What stacks put out is needed for the probes: without recorded state there is none. */
void check_sites_load(struct check_sites *s);
/* 0, or -1 with errors: the check cannot be put together.  Nothing is added where the region has
 * no host for it. */
int check_sites_add(struct check_sites *s, const struct manifest_check *c,
		    const struct manifest_region *region, struct diags *d);

#endif
