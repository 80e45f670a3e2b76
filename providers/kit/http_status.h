/*
 * http_status.h - the HTTP statuses that a check expects: 200, "200-399", or a list of these.
 */
#ifndef PROVIDERS_KIT_HTTP_STATUS_H
#define PROVIDERS_KIT_HTTP_STATUS_H

#include "base/arena.h"
#include "base/json.h"

struct status_range {
	int low, high;
};

struct status_set {
	const struct status_range *ranges;
	size_t count;
	const char *text; /* for people: "200-299, 404" */
};

/* NULL is 200-299.  0, or -1 when it is something else. */
int status_read(struct arena *a, const json_t *value, struct status_set *out);
bool status_has(const struct status_set *set, int status);

#endif
