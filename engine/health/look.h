/*
 * look.h - all checks of the manifest asked in all regions: `hadeploy health`.
 *
 * Answers go through thresholds and quorum as everywhere (check_set.h), and are recorded as
 * samples, as far as there is recorded state.  Needs no lock.  The coordinator's.
 */
#ifndef ENGINE_HEALTH_LOOK_H
#define ENGINE_HEALTH_LOOK_H

#include "engine/health/health.h"

struct engine;

/* One endpoint. */
struct health_row {
	const struct manifest_check *check;
	const char *region, *account; /* account "-": none */
	const char *endpoint;         /* "shop of web-e1 (east)" */
	enum gauge_state state;
	const char *detail; /* of the latest answer; "" */
	const char *values; /* JSON object; "" */
	bool unasked;       /* the latest answer says nothing of what was asked about */
	int64_t since_ms;   /* wall clock, when it became so; 0: never */
};

enum health_mode {
	HEALTH_ONCE, /* until all are certain, or have had time enough */
	HEALTH_WATCH /* until the user asks to stop */
};
struct health_result;
struct health_request {
	enum health_mode mode;
	const char *const *checks; /* names; none: all */
	size_t check_count;
	const char *region; /* there alone, selected or not; NULL: in all that are selected */
	/* Beside those of the manifest; what they say is not recorded. */
	const struct manifest_check *more;
	size_t more_count;
	/* An endpoint became healthy or unhealthy, also the first time; may be NULL. */
	void (*changed)(void *context, const struct health_row *row,
			const struct health_result *all);
	void *context;
};
struct health_result {
	const struct health_row *rows; /* by check, region and host, as in the manifest */
	size_t count, healthy;
	bool interrupted;
};

const char *health_state_name(enum gauge_state s); /* "HEALTHY", "UNHEALTHY", "UNKNOWN" */

/* In the regions of the selection.  0, or -1 with errors: a check does not exist or cannot be put
 * together.  That one is unhealthy is no error.  Rows are in the engine's arena. */
int engine_health(struct engine *e, const struct health_request *q, struct health_result *out,
		  struct diags *d);

#endif
