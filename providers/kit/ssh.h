/*
 * ssh.h - one connection to a host, shared by all threads that have work there.
 *
 * ssh_link_new makes no connection; the first ssh_run or ssh_reach does, and a link
 * that broke connects again at its next use.  ssh_link_free disconnects; nobody may
 * be using the link then.
 *
 * A request is one line of POSIX shell script.  It is run in a sub-shell of a shell
 * that stays on the host (bash, dash or busybox), with /dev/null as standard input,
 * and is answered with its output (both streams) and exit code: one round trip, no
 * new channel.  Neither script nor body appears on a command line there.  A body is
 * given to the script as descriptor 3; the script must read exactly its length.
 *
 * Everybody's requests go through few such shells: one as long as it keeps up, more
 * when the wait becomes long, at most SSH_CHANNEL_MAX.
 *
 * Every wait ends at the call's deadline and when its cancelled() says so.  Failures
 * fill the fault: HD_UNREACHABLE (no answer), HD_RETRY (refused, lost), HD_FATAL
 * (keys, configuration).  Effect NONE when nothing had been sent or the request only
 * reads, UNKNOWN when a change was sent and its answer was lost.
 */
#ifndef PROVIDERS_KIT_SSH_H
#define PROVIDERS_KIT_SSH_H

#include "base/str.h"
#include "base/text.h"
#include "providers/kit/fault.h"

/* Servers allow ten sessions on one connection unless told otherwise. */
#define SSH_CHANNEL_MAX 8

enum ssh_policy { SSH_STRICT, SSH_ACCEPT_NEW };
enum ssh_agent_use { SSH_AGENT_NO, SSH_AGENT_YES };

struct ssh_target {
	const char *address;
	int port;
	const char *user;
	const char *identity_file; /* NULL: the agent, then the usual files of ~/.ssh */
	enum ssh_agent_use agent;  /* beside an identity file */
	const char *known_hosts;
	enum ssh_policy policy;
	const char *become; /* user to become with sudo, or NULL */
	int64_t connect_timeout_ms;
};

enum ssh_kind {
	SSH_READS,  /* may be sent twice */
	SSH_CHANGES /* is sent once */
};

struct ssh_request {
	const struct kit_call *call;
	enum ssh_kind kind;
	struct text script; /* one line */
	struct text body;   /* bytes for descriptor 3; may be empty */
	size_t max_output;  /* more is an error; 0: SSH_OUTPUT_MAX */
};

#define SSH_OUTPUT_MAX (8u << 20)

struct ssh_reply {
	struct str output;
	int code;
};

/*
 * A connection from the host to somewhere else (direct-tcpip), for one exchange: what is to be
 * sent, and what comes back until `whole` says so or the other side has ended.  The link must be
 * used for nothing else at the time: libssh2 opens one channel at a time, and waits for as long as
 * the host tries.
 */
struct ssh_tunnel {
	const struct kit_call *call; /* until when the host itself must be reached */
	int64_t timeout_ms;          /* of the exchange, from there on */
	const char *address;
	int port;
	struct text send;
	/* Of all that has come; NULL: to be connected is all. */
	bool (*whole)(void *context, struct text received);
	void *context;
	size_t max_len; /* of what is taken; more is as good as the end */
};
enum ssh_tunnel_end {
	TUNNEL_DONE,
	TUNNEL_REFUSED,       /* the host could not connect to there, and knows it */
	TUNNEL_NO_CONNECTION, /* not within the timeout */
	TUNNEL_NO_END         /* connected, and not done within the timeout */
};
struct ssh_tunnel_reply {
	enum ssh_tunnel_end end;
	struct str received;
	int64_t passed_ms; /* of the exchange */
};

struct ssh_link;

struct ssh_link *ssh_link_new(const struct ssh_target *t);
/* Accepts NULL. */
void ssh_link_free(struct ssh_link *l);
/* 0, or -1 with a fault; the reply is filled only on 0, and released by the caller. */
int ssh_run(struct ssh_link *l, const struct ssh_request *rq, struct ssh_reply *reply,
	    struct fault *f);
/* 0 whatever became of the exchange, -1 with a fault of the host itself.  The reply is filled and
 * to be released in either case. */
int ssh_tunnel(struct ssh_link *l, const struct ssh_tunnel *t, struct ssh_tunnel_reply *reply,
	       struct fault *f);

#endif
