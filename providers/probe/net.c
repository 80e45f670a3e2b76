#include "providers/probe/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

#define SLICE_MS 50

/* --- waiting ------------------------------------------------------------------------------ */

enum net_result net_ready(int fd, short events, const struct wait *w)
{
	for (;;) {
		struct pollfd one = {.fd = fd, .events = events};
		int64_t left_ms = w->left_ms(w->context);
		int count;

		if (w->stop(w->context))
			return NET_STOPPED;
		count = poll(&one, 1, left_ms > SLICE_MS ? SLICE_MS : (int)left_ms);
		if (count > 0)
			return NET_OK;
		if (count < 0 && errno != EINTR)
			return NET_FAILED;
		if (left_ms <= 0)
			return NET_TOO_LONG;
	}
}

/* --- names -------------------------------------------------------------------------------- */

bool net_is_host(const char *s)
{
	size_t len = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			       "-._:[]");

	return *s && !s[len] && len < 256;
}

#define NAME_UNKNOWN "the host's name is not known"
#define NAME_UNSAID "nobody says what the host's name stands for"

bool net_is_nameless(const char *why)
{
	return strcmp(why, NAME_UNKNOWN) == 0 || strcmp(why, NAME_UNSAID) == 0;
}

/* getaddrinfo cannot be told to stop: it runs in a thread of its own, and whoever of the two is
 * last frees the question. */
struct question {
	char host[256], port[8];
	int done; /* eventfd */
	int error;
	struct addrinfo *found;
	pthread_mutex_t lock;
	int holders;
};

static void let_go(struct question *q)
{
	bool last;

	pthread_mutex_lock(&q->lock);
	last = --q->holders == 0;
	pthread_mutex_unlock(&q->lock);
	if (!last)
		return;
	if (q->found)
		freeaddrinfo(q->found);
	close(q->done);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static void *look_up(void *context)
{
	struct question *q = context;
	struct addrinfo want = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	uint64_t one = 1;
	ssize_t written;
	int error;

	error = getaddrinfo(q->host, q->port, &want, &found);
	pthread_mutex_lock(&q->lock);
	q->error = error;
	q->found = found;
	pthread_mutex_unlock(&q->lock);
	written = write(q->done, &one, sizeof(one));
	(void)written;
	let_go(q);
	return NULL;
}

static bool start_thread(struct question *q)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool started;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	started = pthread_create(&thread, &attr, look_up, q) == 0;
	pthread_attr_destroy(&attr);
	return started;
}

static void keep(const struct addrinfo *from, struct net_addresses *out)
{
	out->count = 0;
	for (; from && out->count < NET_ADDRESSES_MAX; from = from->ai_next) {
		struct net_address *a = &out->items[out->count];

		if (from->ai_addrlen > sizeof(a->at))
			continue;
		*a = (struct net_address){.len = from->ai_addrlen};
		memcpy(&a->at, from->ai_addr, from->ai_addrlen);
		if (getnameinfo(from->ai_addr, from->ai_addrlen, a->text, sizeof(a->text), NULL, 0,
				NI_NUMERICHOST) == 0)
			out->count++;
	}
}

static enum net_result ask_system(struct question *q, const struct wait *w,
				  struct net_addresses *out, const char **why)
{
	enum net_result r;

	q->holders = 2;
	if (!start_thread(q)) {
		q->holders = 1;
		*why = "no room for one more thread";
		return NET_FAILED;
	}
	r = net_ready(q->done, POLLIN, w);
	if (r != NET_OK)
		return r;
	pthread_mutex_lock(&q->lock);
	keep(q->found, out);
	pthread_mutex_unlock(&q->lock);
	if (out->count)
		return NET_OK;
	*why = q->error == EAI_AGAIN ? NAME_UNSAID : NAME_UNKNOWN;
	return NET_FAILED;
}

static bool keep_number(const char *host, const char *port, struct net_addresses *out)
{
	struct addrinfo want = {.ai_socktype = SOCK_STREAM,
				.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found = NULL;

	if (getaddrinfo(host, port, &want, &found) != 0)
		return false;
	keep(found, out);
	freeaddrinfo(found);
	return out->count > 0;
}

enum net_result net_resolve(const char *host, int port, const struct wait *w,
			    struct net_addresses *out, const char **why)
{
	struct question *q = xcalloc(1, sizeof(*q));
	size_t len = strlen(host);
	bool brackets = len > 2 && host[0] == '[' && host[len - 1] == ']';
	enum net_result r = NET_OK;

	*why = "";
	snprintf(q->host, sizeof(q->host), "%.*s", (int)(brackets ? len - 2 : len),
		 brackets ? host + 1 : host);
	snprintf(q->port, sizeof(q->port), "%d", port);
	q->done = -1;
	q->holders = 1;
	pthread_mutex_init(&q->lock, NULL);
	if (!keep_number(q->host, q->port, out)) {
		q->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		r = ask_system(q, w, out, why);
	}
	let_go(q);
	return r;
}

/* --- connections ---------------------------------------------------------------------------- */

static const char *why_of(int error)
{
	static const struct {
		int error;
		const char *why;
	} whys[] = {
		{ECONNREFUSED, "connection refused"},
		{ENETUNREACH, "no route to the network"},
		{EHOSTUNREACH, "no route to the host"},
		{ECONNRESET, "connection reset"},
		{ETIMEDOUT, "no answer"},
		{ENOENT, "there is no such socket"},
		{EACCES, "the socket's permissions do not let this user in"},
		{EAGAIN, "nobody takes the connection"},
	};

	for (size_t i = 0; i < ARRAY_LEN(whys); i++) {
		if (whys[i].error == error)
			return whys[i].why;
	}
	return "no connection";
}

static enum net_result end_badly(int fd, enum net_result r)
{
	close(fd);
	return r;
}

static enum net_result finish(int fd, const struct wait *w, const char **why)
{
	enum net_result r = net_ready(fd, POLLOUT, w);
	int error = 0;
	socklen_t len = sizeof(error);

	if (r != NET_OK)
		return r;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && !error)
		return NET_OK;
	*why = why_of(error);
	return NET_FAILED;
}

static enum net_result connect_to(const struct net_address *to, int type, const struct wait *w,
				  const char **why, int *out)
{
	int fd = socket(to->at.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	enum net_result r;

	*why = "no connection";
	if (fd < 0)
		return NET_FAILED;
	if (connect(fd, (const struct sockaddr *)&to->at, to->len) < 0 && errno != EINPROGRESS) {
		*why = why_of(errno);
		return end_badly(fd, NET_FAILED);
	}
	r = finish(fd, w, why);
	if (r != NET_OK)
		return end_badly(fd, r);
	*out = fd;
	return NET_OK;
}

enum net_result net_connect(const struct net_address *to, int type, const struct wait *w, int *fd,
			    const char **why)
{
	return connect_to(to, type, w, why, fd);
}

enum net_result net_connect_path(const char *path, const struct wait *w, int *fd, const char **why)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct net_address to = {.len = sizeof(at)};

	*why = "the socket's path is too long";
	if (strlen(path) >= sizeof(at.sun_path))
		return NET_FAILED;
	memcpy(at.sun_path, path, strlen(path));
	memcpy(&to.at, &at, sizeof(at));
	return connect_to(&to, SOCK_STREAM, w, why, fd);
}

enum net_result net_send(int fd, const char *bytes, size_t len, const struct wait *w)
{
	while (len) {
		ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
		enum net_result r;

		if (sent > 0) {
			bytes += sent;
			len -= (size_t)sent;
			continue;
		}
		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return NET_FAILED;
		r = net_ready(fd, POLLOUT, w);
		if (r != NET_OK)
			return r;
	}
	return NET_OK;
}

enum net_result net_receive(int fd, char *bytes, size_t room, const struct wait *w, size_t *got)
{
	for (;;) {
		enum net_result r = net_ready(fd, POLLIN, w);
		ssize_t count;

		if (r != NET_OK)
			return r;
		count = recv(fd, bytes, room, 0);
		if (count >= 0) {
			*got = (size_t)count;
			return NET_OK;
		}
		if (errno != EAGAIN && errno != EINTR)
			return NET_FAILED;
	}
}
