/*
 * host.h - the ssh provider's session: its settings, and the hosts it knows with the
 * connection to each.
 *
 * Hosts come from the manifest when the session opens.  A host that left the manifest
 * comes from what a record's private bytes keep of it, so that what was left there can
 * still be read and removed.  Hosts are added under the session's lock and live as
 * long as the session; everything else is immutable after session_open.
 */
#ifndef PROVIDERS_SSH_HOST_H
#define PROVIDERS_SSH_HOST_H

#include <pthread.h>

#include "base/json.h"
#include "providers/kit/ssh.h"

struct arena;

struct host {
	const char *name; /* as in the manifest */
	struct ssh_target target;
	const char *state_dir; /* there; may begin with "~/" */
	struct ssh_link *link; /* made at first use */
	struct host_tunnel *tunnels;
	struct host *next;
};

/* A connection for what is asked from the host, one at a time.  Kept; under the session's lock. */
struct host_tunnel {
	struct ssh_link *link;
	bool busy;
	struct host_tunnel *next;
};
#define HOST_TUNNELS_MAX 16

/* What the manifest can say for all hosts and for one. */
struct host_settings {
	const char *address, *user, *identity_file, *known_hosts, *become_user, *state_dir;
	int64_t port, connect_timeout_ms;
	enum ssh_policy policy;
	enum ssh_agent_use agent;
	bool become;
};

struct hd_session {
	const struct hd_host *host; /* the engine */
	struct arena *arena;        /* of everything here; under lock after opening */
	pthread_mutex_t lock;
	const char *project_dir, *region;
	const char *files_dir; /* where Source starts: of a commit, or project_dir */
	struct host_settings defaults;
	struct host *hosts;
};

/* HD_OK, or HD_FATAL with what is wrong said. */
int session_open(const struct hd_host *engine, struct hd_op *op, struct hd_span config,
		 struct hd_session **out);
void session_close(struct hd_session *s);

/* A host of the manifest; NULL when there is none of that name. */
struct host *host_find(struct hd_session *s, const char *name);
/* The same from a record ({"Address", "Port", "User"}), made when needed; NULL when it
 * lacks something. */
struct host *host_recall(struct hd_session *s, const char *name, const json_t *record);
/* Adds what host_recall needs. */
void host_remember(const struct host *h, json_t *record);
struct ssh_link *host_link(struct hd_session *s, struct host *h);
/* NULL: HOST_TUNNELS_MAX are busy. */
struct host_tunnel *host_tunnel_take(struct hd_session *s, struct host *h);
void host_tunnel_give_back(struct hd_session *s, struct host_tunnel *t);
/* Error HD5019 with the nearest name. */
int host_unknown(struct hd_session *s, const char *name, struct fault *f);

#endif
