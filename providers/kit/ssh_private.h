/*
 * ssh_private.h - what the files of the SSH client share.
 *
 * ssh.c          the link: new, free, enter, leave, run
 * ssh_connect.c  from nothing to an authenticated session
 * ssh_hostkey.c  known_hosts
 * ssh_auth.c     proving who we are
 * ssh_identity.c what kind of private key a file holds
 * ssh_io.c       the socket below libssh2, and waiting
 * ssh_shell.c    shells on the host
 * ssh_tunnel.c   connections from the host to elsewhere
 *
 * libssh2 sessions are not thread-safe: whoever calls libssh2 holds link.lock, or
 * has the link for itself while it is LINK_CONNECTING.  Waiting is done outside the
 * lock, by one thread in poll() for all (link.polling), the others on link.changed.
 *
 * The session never sees a partly sent packet (libssh2 1.10 answers BAD_USE when
 * another channel sends then): the send callback takes everything, and what the
 * socket does not take at once waits in link.unsent.
 */
#ifndef PROVIDERS_KIT_SSH_PRIVATE_H
#define PROVIDERS_KIT_SSH_PRIVATE_H

#include <libssh2.h>
#include <pthread.h>

#include "providers/kit/frame.h"
#include "providers/kit/ssh.h"

enum link_state {
	LINK_DOWN,
	LINK_CONNECTING, /* one thread has it for itself */
	LINK_UP,
	LINK_BROKEN /* the last user takes it down */
};

enum shell_state {
	SHELL_NONE,
	SHELL_OPENING,
	SHELL_IDLE,
	SHELL_BUSY,
	SHELL_DYING /* closed by us, the host has not agreed yet */
};

#define SHELL_TOKEN_BYTES 16

struct ssh_shell {
	enum shell_state state;
	LIBSSH2_CHANNEL *channel;
	char token[2 * SHELL_TOKEN_BYTES + 1]; /* only lines that begin with it are run */
	unsigned request_count;
	bool answered; /* at least once, so that it is known to work */
	int64_t opened_ms;
};

struct ssh_link {
	struct ssh_target target; /* texts are the link's own */
	pthread_mutex_t lock;
	pthread_cond_t changed;

	enum link_state state;
	uint64_t attempt;        /* number of the last try to connect */
	uint64_t failed_attempt; /* the last one that failed, with failure */
	struct fault failure;
	size_t user_count;

	LIBSSH2_SESSION *session;
	int fd;
	int wake_fd;       /* eventfd that ends the poll of another thread */
	struct str unsent; /* bytes the socket has not taken, from unsent_at on */
	size_t unsent_at;
	uint64_t received_count; /* bytes in all */
	int64_t received_ms;     /* when the last ones came, monotonic */
	bool gone;               /* end of file or error on the socket */
	bool polling;

	bool opening; /* a channel is being opened: libssh2 can do one at a time */
	size_t shell_limit;
	int64_t shell_cost_ms; /* from opening to the first answer, the last time */
	struct ssh_shell shells[SSH_CHANNEL_MAX];
};

/* ssh.c: with the lock held; connects when needed, and counts who uses it. */
enum link_age { LINK_FRESH, LINK_CACHED };
int ssh_enter(struct ssh_link *l, const struct kit_call *c, enum link_age *age, struct fault *f);
void ssh_leave(struct ssh_link *l);

/* ssh_connect.c: session and socket are ready, or everything is closed again. */
int ssh_connect(struct ssh_link *l, const struct kit_call *c, struct fault *f);
void ssh_disconnect(struct ssh_link *l);

/* ssh_hostkey.c */
#define SSH_KNOWN_TYPES_LEN 256
/* Comma-separated key types that known_hosts holds for the target. */
void ssh_known_types(const struct ssh_target *t, char out[SSH_KNOWN_TYPES_LEN]);
int ssh_hostkey_check(const struct ssh_target *t, const char *type, struct text key,
		      struct fault *f);

/* ssh_auth.c */
int ssh_authenticate(struct ssh_link *l, const struct kit_call *c, struct fault *f);

/* ssh_identity.c */
enum identity_kind { IDENTITY_UNKNOWN, IDENTITY_RSA, IDENTITY_OTHER };
struct identity {
	enum identity_kind kind;
	bool encrypted;
};
/* What a private key file (PEM or OpenSSH's format) holds; false: no private key. */
bool identity_inspect(struct text bytes, struct identity *out);

/* ssh_io.c */
int64_t ssh_clock_ms(void);
void ssh_io_install(struct ssh_link *l);
/* Tries to send what is unsent. */
void ssh_io_flush(struct ssh_link *l);
/* After calls into libssh2 with the lock held: `before` is received_count from then. */
void ssh_io_done(struct ssh_link *l, uint64_t before);
/* With the lock held, after a call that would block: waits until something may have
 * changed.  -1: cancelled, deadline, lost. */
int ssh_io_wait(struct ssh_link *l, const struct kit_call *c, struct fault *f);
/* The same for waits that end with a change of link state (another thread's work). */
int ssh_io_wait_change(struct ssh_link *l, const struct kit_call *c, struct fault *f);
/* For the thread that is connecting: waits for the socket, until `until_ms` (monotonic). */
int ssh_io_wait_alone(struct ssh_link *l, const struct kit_call *c, int64_t until_ms,
		      struct fault *f);
int ssh_interrupted(const struct ssh_link *l, const struct kit_call *c, struct fault *f);
int ssh_lost(const struct ssh_link *l, struct fault *f);
/* "deploy@127.10.1.11 port 2222" as a line of the detail. */
void ssh_detail_target(const struct ssh_target *t, struct fault *f);

/* ssh_shell.c */
struct ssh_shell *ssh_shell_take(struct ssh_link *l, const struct kit_call *c, struct fault *f);
/* Lock held. */
void ssh_shell_give_back(struct ssh_link *l, struct ssh_shell *s);
void ssh_shell_discard(struct ssh_link *l, struct ssh_shell *s);
int ssh_shell_request(struct ssh_link *l, struct ssh_shell *s, const struct ssh_request *rq,
		      struct ssh_reply *reply, struct fault *f);

#endif
