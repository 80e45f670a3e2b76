/*
 * haproxy.h - weights of HAProxy's servers: what its runtime API says is read, and what must be
 * said so that regions get their shares is worked out.
 *
 * Pure.  A server's weight is from 0 to 256; one that is in maintenance takes nothing whatever its
 * weight is, and stays there: somebody put it there.
 */
#ifndef PROVIDERS_PROBE_HAPROXY_H
#define PROVIDERS_PROBE_HAPROXY_H

#include "base/arena.h"
#include "base/json.h"

#define HAPROXY_WEIGHT_MAX 256

struct haproxy_server {
	const char *name;
	size_t region;   /* SIZE_MAX: of none */
	int64_t weight;  /* as set now */
	int64_t initial; /* as configured */
	bool drains, maintained;
	int64_t wanted; /* haproxy_want */
};

struct haproxy_servers {
	struct haproxy_server *items;
	size_t count;
};

/* `Servers: {east: [e1, e2], west: [w1]}` with the percentages of Weights. */
struct haproxy_region {
	const char *name;
	const char **servers;
	size_t server_count;
	int64_t percent;
};
struct haproxy_regions {
	struct haproxy_region *items;
	size_t count;
};

/* Of a backend or a server: nothing that HAProxy could take for another command. */
bool haproxy_is_name(const char *s);
/* NULL, or what is wrong with it. */
const char *haproxy_read_regions(struct arena *a, const json_t *servers,
				 struct haproxy_regions *out);
/* Percentages that make 100 in all; a region that is not named gets 0.  NULL, or what is wrong. */
const char *haproxy_read_weights(struct arena *a, const json_t *weights,
				 struct haproxy_regions *regions);

/* The answer to "show servers state BACKEND".  NULL, or what is wrong with it. */
const char *haproxy_read_state(struct arena *a, struct text answer,
			       const struct haproxy_regions *regions, struct haproxy_servers *out);
/* The first server of the regions that is not there; NULL: all are. */
const char *haproxy_missing(const struct haproxy_regions *regions,
			    const struct haproxy_servers *servers);
/* What each server is to have: a region's share is divided among its servers as their configured
 * weights are. */
void haproxy_want(const struct haproxy_regions *regions, struct haproxy_servers *servers);
/* The commands for those that are otherwise, what grows first, one per line; "": there is nothing
 * to do. */
const char *haproxy_commands(struct arena *a, const char *backend,
			     const struct haproxy_servers *servers);
/* The first server that is not as wanted; NULL: all are. */
const struct haproxy_server *haproxy_unlike(const struct haproxy_servers *servers);
/* {"east": 75, "west": 25}: what the regions get now.  New reference. */
json_t *haproxy_shares(const struct haproxy_regions *regions,
		       const struct haproxy_servers *servers);
/* What they will get when the commands are carried out.  New reference. */
json_t *haproxy_promised(const struct haproxy_regions *regions,
			 const struct haproxy_servers *servers);

#endif
