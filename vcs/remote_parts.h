/*
 * remote_parts.h - what the files of fetching and pushing share; nobody else includes it.
 */
#ifndef VCS_REMOTE_PARTS_H
#define VCS_REMOTE_PARTS_H

#include "base/str.h"
#include "vcs/remote.h"
#include "vcs/url.h"
#include "vcs/vcs_parts.h"

/* What went wrong, as far as this side could tell; the first one stays. */
enum vcs_trouble {
	VCS_NO_TROUBLE,
	VCS_UNRESOLVED,    /* the name has no address */
	VCS_UNCONNECTED,   /* refused, no route, or no answer in time */
	VCS_SILENT,        /* connected, and then nothing came */
	VCS_STOPPED,       /* the user asked to stop */
	VCS_ELSEWHERE,     /* a redirect to another host */
	VCS_UNTRUSTED,     /* host key or certificate; an error was added */
	VCS_DENIED,        /* no credential was accepted */
	VCS_LOGIN_UNUSABLE /* a credential could not be read; an error was added */
};

/* One conversation with a remote; on the stack of whoever fetches. */
struct vcs_talk {
	struct vcs_repository *r;
	const struct vcs_access *access;
	struct arena *arena;
	struct diags *d;
	struct vcs_url url; /* where it goes, after insteadOf */
	enum vcs_trouble trouble;
	const char *why;   /* the arena's: what the trouble was, if that is more than its kind */
	const char *first; /* "host:port" of the first connection; a proxy's if there is one */
	int64_t busy_ms;   /* when this side last did something; atomically */
	int cut;           /* a vcs_trouble: why the connection was ended; atomically */
	size_t asked;      /* how often for a credential */
	struct str tried;  /* one line each */
};

void vcs_talk_trouble(struct vcs_talk *t, enum vcs_trouble trouble, const char *why);
int64_t vcs_now_ms(void);
/* "host", or "host:port" when the port is not the usual one. */
const char *vcs_talk_host(const struct vcs_talk *t);

/*
 * line.c: the connections below https and ssh.  While a talk is current, connections that the
 * library opens in this thread are made within its time limits and end when the peer falls silent.
 */
void vcs_line_install(void);
/* NULL: none. */
void vcs_line_current(struct vcs_talk *t);

/* hostkey.c, for the library: 0, or GIT_ECERTIFICATE after an error was added. */
int vcs_check_peer(git_cert *cert, int valid, const char *host, void *talk);

/* login.c, for the library. */
int vcs_log_in(git_credential **out, const char *url, const char *user, unsigned int allowed,
	       void *talk);

/* remote_error.c: adds the error for what the library answered; true when it may work later. */
bool vcs_talk_failed(struct vcs_talk *t, int code, const char *what);

#endif
