/*
 * remote.h - fetching from and pushing to other repositories: https, ssh and files.
 *
 * URLs: "https://host[:port]/path", "ssh://[user@]host[:port]/path", "[user@]host:path",
 * "file:///path" and "/path"; "http://" to loopback addresses alone.  The user's `url.X.insteadOf`
 * settings apply, and what they make of a URL obeys the same rules.
 *
 * The peer is always checked: a certificate against the system's authorities (or the file that
 * GIT_SSL_CAINFO or SSL_CERT_FILE names), a host key against known_hosts.  A redirect to another
 * host is refused.  Secrets never enter a message.
 *
 * Everything ends: connecting after access->connect_ms, and a transfer after access->silence_ms
 * without a byte in either direction.  Several threads may fetch at once, each with a repository
 * of its own.
 */
#ifndef VCS_REMOTE_H
#define VCS_REMOTE_H

#include "base/arena.h"
#include "base/diag.h"

struct vcs_repository;

/* How to log in, and how long to wait.  Zeroed is valid: what is usual, without secrets. */
struct vcs_access {
	/* ssh: private key (NULL: the agent's, then ~/.ssh/id_ed25519, id_ecdsa, id_rsa) and its
	 * passphrase (NULL: none). */
	const char *key_file, *passphrase;
	/* NULL: ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts */
	const char *known_hosts;
	int64_t connect_ms, silence_ms; /* 0: 5 s and 30 s */
	/* NULL, or a count that is not 0 once the user asked to stop; read atomically. */
	const int *stop;
	/* False: no program of the user's is asked for a password (GIT_ASKPASS). */
	bool ask;
};
/*
 * What the environment says: HADEPLOY_GIT_KEY, HADEPLOY_GIT_PASSPHRASE, HADEPLOY_GIT_KNOWN_HOSTS,
 * HADEPLOY_GIT_TIMEOUT ("20s": the silence allowed).  0, or -1 with an error.  User and token of
 * https are read when a host asks for them: HADEPLOY_GIT_USER and HADEPLOY_GIT_TOKEN, or for one
 * host alone HADEPLOY_GIT_TOKEN_GIT_EXAMPLE_ORG; then GIT_ASKPASS.
 */
int vcs_access_from_environment(struct arena *a, struct vcs_access *out, struct diags *d);

enum vcs_fetch {
	VCS_FETCHED,
	VCS_FETCH_NONE,        /* the remote has none of these references; no error is added */
	VCS_FETCH_UNREACHABLE, /* no connection, or a stall; errors say so.  Later it may work. */
	VCS_FETCH_FAILED       /* refused, not trusted, not there; errors say so */
};
/*
 * Brings what `refspecs` ("+refs/heads/main:refs/hadeploy/x"; NULL at the end) name and sets
 * the references on their right side; those that the remote lacks are passed over.  Tags are
 * not followed, FETCH_HEAD is not written.  url may hold a password; messages show it without.
 */
enum vcs_fetch vcs_fetch(struct vcs_repository *r, const char *url, const char *const *refspecs,
			 const struct vcs_access *access, struct diags *d);

enum vcs_push {
	VCS_PUSHED,
	VCS_PUSH_REJECTED,    /* not a fast-forward, or somebody else was quicker; no error */
	VCS_PUSH_UNREACHABLE, /* errors say so; later it may work */
	VCS_PUSH_FAILED       /* errors say so */
};
/* "refs/hadeploy/state:refs/hadeploy/state"; the left side is a full name of a reference. */
enum vcs_push vcs_push(struct vcs_repository *r, const char *url, const char *refspec,
		       const struct vcs_access *access, struct diags *d);

#endif
