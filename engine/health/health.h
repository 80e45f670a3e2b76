/*
 * health.h - checks of the manifest's HealthChecks: what is asked, of whom, and when a row of
 * answers means healthy.
 *
 * Pure but for the texts it makes.  A check is about endpoints of a place (region and account): one
 * per host where it names ${Host}, else one.  An endpoint is asked by one probe from each of its
 * vantage points, which is here when there is no From.  A probe is asked of a provider's lookup
 * ("check" of provider.h); its answers go through the gauge of that vantage point, which counts
 * thresholds, and check_quorum says what they are together.
 */
#ifndef ENGINE_HEALTH_HEALTH_H
#define ENGINE_HEALTH_HEALTH_H

#include "base/arena.h"
#include "base/diag.h"
#include "engine/manifest.h"

/* `shop: {Type: HTTP, Url: 'http://${Host}:8080/health', ...}` of the manifest. */
struct manifest_check {
	const char *name;
	const char *type;         /* "HTTP", "TCP", "COMMAND", "POSTGRES", "DNS"; "SSH" is a
				     command on the host, carried out by the provider ssh */
	const char *provider;     /* entry that carries it out: "probe" */
	const char *const *roles; /* of the hosts; none: all, when it names ${Host} */
	size_t role_count;
	int64_t interval_ms, timeout_ms;
	size_t healthy_threshold, unhealthy_threshold;
	bool per_host; /* it names ${Host}, ${HostName} or ${Zone} */
	/* `From: [local, west, web-w1]`: from where it is asked; none: from here.  A region stands
	 * for its first host.  Of several so many (`Quorum`, default: more than half) must say
	 * unhealthy for an endpoint to be; one that cannot ask has no voice. */
	const char *const *from;
	size_t from_count, quorum;
	const struct node *config; /* NODE_MAP: the whole of it */
	struct range where;
};

/* Where it is carried out. */
struct check_place {
	const struct manifest *manifest;
	const struct manifest_region *region;
	const char *account;
	/* "Stack.Output" of an instance in this place; NULL: there is none.  May be NULL. */
	const char *(*output)(void *context, const char *stack, const char *name);
	void *context;
};

struct check_probe {
	const struct manifest_check *check;
	const char *endpoint; /* "shop of web-e1 (east)": for messages; the same pointer for all
				 probes of an endpoint, which stand together */
	const char *host;     /* of the manifest, by name; NULL: it is about none */
	const char *label;    /* the same, with from where when there are vantage points: "shop
				 (east) from west" */
	const char *args;     /* JSON for lookup "check" */
	struct check_place place;
	const char *provider;               /* entry that carries it out */
	const struct manifest_region *from; /* whose session asks */
	bool remote;                        /* on a host that may be out of reach itself */
};

struct check_probe_list {
	const struct check_probe *items;
	size_t count;
};

/*
 * The probes of a check in a place, in the arena.  Their args are secret: {{resolve:...}} is
 * resolved in them.  ${Host}, ${HostName}, ${Zone}, ${Region},
 * ${AwsRegion}, ${Account} and ${Stack.Output} are replaced in every text.  0, or -1 with errors
 * (no such output, no host of these roles).
 */
int check_probes(struct arena *a, const struct manifest_check *c, const struct check_place *place,
		 struct check_probe_list *out, struct diags *d);

/* False: it asks hosts, and none of the region has its roles. */
bool check_has_hosts(const struct manifest_check *c, const struct manifest_region *region);

/* Thresholds: so many answers in a row. */
enum gauge_state { GAUGE_UNKNOWN, GAUGE_HEALTHY, GAUGE_UNHEALTHY };
struct gauge {
	enum gauge_state state;
	size_t good, bad; /* in a row */
};
enum gauge_state gauge_add(struct gauge *g, const struct manifest_check *c, bool healthy);

/* What a vantage point last said.  One that could not ask has no voice until it can again, and
 * counts anew then. */
enum voice { VOICE_NOT_YET, VOICE_HEALTHY, VOICE_UNHEALTHY, VOICE_NONE };
struct vantage {
	struct gauge gauge;
	enum voice last;
};
void vantage_hear(struct vantage *v, const struct manifest_check *c, enum voice said);
/*
 * What an endpoint is, by its vantage points.  Unhealthy: as many as the check's Quorum say so.
 * Healthy: somebody says so, and those that have not made up their minds could not make it
 * unhealthy.  Else unknown: also when nobody has a voice.
 */
enum gauge_state check_quorum(const struct manifest_check *c, const struct vantage *v,
			      size_t count);
/* The same by what each said last, without thresholds: one answer for the endpoint. */
enum gauge_state check_quorum_now(const struct manifest_check *c, const struct vantage *v,
				  size_t count);

#endif
