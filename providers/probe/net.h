/*
 * net.h - sockets that wait for nobody longer than they may.
 *
 * Every call here ends when the time of its struct wait is over, or soon after somebody says stop;
 * also where the system's own call would go on (names that nobody answers for).  Errors are one
 * line for people, static or in the arena: "connection refused", "no answer", "stopped".
 */
#ifndef PROVIDERS_PROBE_NET_H
#define PROVIDERS_PROBE_NET_H

#include <sys/socket.h>

#include "base/arena.h"

#define NET_ADDRESSES_MAX 8
#define NET_ADDRESS_LEN 64

/* How long, and what is said when it was too long.  Made from a check with check_wait. */
struct wait {
	int64_t (*left_ms)(void *context); /* 0: over */
	int (*stop)(void *context);
	void *context;
};

enum net_result {
	NET_OK = 0,
	NET_FAILED,   /* refused, closed, no such name: why says it */
	NET_TOO_LONG, /* nothing, or not all, within the time */
	NET_STOPPED
};

struct net_address {
	struct sockaddr_storage at;
	socklen_t len;
	char text[NET_ADDRESS_LEN]; /* "127.0.0.1", "::1" */
};

struct net_addresses {
	struct net_address items[NET_ADDRESSES_MAX];
	size_t count;
};

/* Names and numbers, those of IPv6 with or without brackets. */
bool net_is_host(const char *s);
/* What the name stands for.  Numbers need nobody; a name is asked of the system. */
enum net_result net_resolve(const char *host, int port, const struct wait *w,
			    struct net_addresses *out, const char **why);
/* That is why: nobody was found to ask. */
bool net_is_nameless(const char *why);
/* Until the descriptor is ready for what `events` of poll(2) say. */
enum net_result net_ready(int fd, short events, const struct wait *w);
/* A connected socket (SOCK_STREAM or SOCK_DGRAM) that does not block, in *fd. */
enum net_result net_connect(const struct net_address *to, int type, const struct wait *w, int *fd,
			    const char **why);
/* The same over a path. */
enum net_result net_connect_path(const char *path, const struct wait *w, int *fd, const char **why);
enum net_result net_send(int fd, const char *bytes, size_t len, const struct wait *w);
/* Some bytes, at least one; *got 0 when the other side has closed. */
enum net_result net_receive(int fd, char *bytes, size_t room, const struct wait *w, size_t *got);

#endif
