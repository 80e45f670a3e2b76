/*
 * line.c - connections with an end.
 *
 * This version of the library waits for ever, for a connection as for every byte.  So it is given
 * a kind of connection of ours: connecting is bounded, and a thread beside it looks at the
 * kernel's counters and shuts the socket when nothing went either way for too long, or when the
 * user asks to stop.  Whoever waits on the socket then gets an end of file; that is libssh2, too,
 * which takes the bare socket.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <git2/sys/stream.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "vcs/remote_parts.h"

#define CONNECT_MS 5000
#define SILENCE_MS 30000
#define LOOK_MS 100

/*
 * The first four members are those of the library's own git_socket_stream, in its order: its ssh
 * transport reads the socket from there (1.0 to 1.9 alike).
 */
struct line {
	git_stream parent;
	char *host, *port;
	int fd;

	struct vcs_talk *talk;
	pthread_t watch;
	bool watched;
	pthread_mutex_t lock;
	pthread_cond_t ending;
	bool ended; /* guarded by lock */
};

/* The library has no place for a context on the way to a new connection. */
static _Thread_local struct vcs_talk *current;

void vcs_line_current(struct vcs_talk *t)
{
	current = t;
}

int64_t vcs_now_ms(void)
{
	struct clock *clock = clock_real();

	return clock->monotonic_ms(clock);
}

void vcs_talk_trouble(struct vcs_talk *t, enum vcs_trouble trouble, const char *why)
{
	if (t->trouble != VCS_NO_TROUBLE)
		return;
	t->trouble = trouble;
	t->why = why ? arena_strdup(t->arena, why) : NULL;
}

/* --- connecting --- */

static bool asked_to_stop(const struct vcs_talk *t)
{
	return t->access->stop && __atomic_load_n(t->access->stop, __ATOMIC_RELAXED) > 0;
}

/* 0, or an errno. */
static int wait_connected(const struct vcs_talk *t, int fd, int64_t deadline_ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int error = 0;

	for (;;) {
		const int64_t left = deadline_ms - vcs_now_ms();
		int ready;

		if (left <= 0)
			return ETIMEDOUT;
		if (asked_to_stop(t))
			return ECANCELED;
		ready = poll(&wait, 1, (int)(left < LOOK_MS ? left : LOOK_MS));
		if (ready < 0 && errno != EINTR)
			return errno;
		if (ready > 0)
			break;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return errno;
	return error;
}

/* A connected socket that blocks, or -1 with errno. */
static int connect_one(const struct vcs_talk *t, const struct addrinfo *to, int64_t deadline_ms)
{
	const int one = 1;
	int fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
			to->ai_protocol);
	int error = 0, flags;

	if (fd < 0)
		return -1;
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		error = errno == EINPROGRESS ? wait_connected(t, fd, deadline_ms) : errno;
	flags = fcntl(fd, F_GETFL);
	if (!error && (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0))
		error = errno;
	if (error) {
		close(fd);
		errno = error;
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int connect_any(struct vcs_talk *t, const struct addrinfo *all)
{
	const int64_t limit_ms = t->access->connect_ms ? t->access->connect_ms : CONNECT_MS;
	const int64_t deadline_ms = vcs_now_ms() + limit_ms;
	int fd = -1;

	for (const struct addrinfo *p = all; p && fd < 0; p = p->ai_next)
		fd = connect_one(t, p, deadline_ms);
	if (fd >= 0)
		return fd;
	if (errno == ECANCELED)
		vcs_talk_trouble(t, VCS_STOPPED, NULL);
	else if (errno == ETIMEDOUT)
		vcs_talk_trouble(
			t, VCS_UNCONNECTED,
			arena_printf(t->arena, "no answer within %.3g s", (double)limit_ms / 1000));
	else
		vcs_talk_trouble(t, VCS_UNCONNECTED, strerror(errno));
	return -1;
}

/* --- watching --- */

/* How long nothing went either way, in ms; -1 when the kernel does not say. */
static int64_t idle_ms(const struct line *l)
{
	const int64_t busy_ms = __atomic_load_n(&l->talk->busy_ms, __ATOMIC_RELAXED);
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int64_t idle;

	if (getsockopt(l->fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return -1;
	idle = info.tcpi_last_data_recv;
	if (info.tcpi_last_data_sent && info.tcpi_last_data_sent < idle)
		idle = info.tcpi_last_data_sent;
	if (busy_ms && vcs_now_ms() - busy_ms < idle)
		idle = vcs_now_ms() - busy_ms;
	return idle;
}

static void wait_a_little(struct line *l)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&l->ending, &l->lock, &until);
}

static void *watch(void *line)
{
	struct line *l = line;
	const int64_t given = l->talk->access->silence_ms;
	const int64_t limit_ms = given ? given : SILENCE_MS;
	enum vcs_trouble trouble = VCS_NO_TROUBLE;

	pthread_mutex_lock(&l->lock);
	while (!l->ended && trouble == VCS_NO_TROUBLE) {
		if (asked_to_stop(l->talk))
			trouble = VCS_STOPPED;
		else if (idle_ms(l) > limit_ms)
			trouble = VCS_SILENT;
		else
			wait_a_little(l);
	}
	pthread_mutex_unlock(&l->lock);
	if (trouble != VCS_NO_TROUBLE) {
		__atomic_store_n(&l->talk->cut, (int)trouble, __ATOMIC_RELEASE);
		shutdown(l->fd, SHUT_RDWR);
	}
	return NULL;
}

static int start_watch(struct line *l)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->ending, &attributes);
	pthread_condattr_destroy(&attributes);
	l->watched = pthread_create(&l->watch, NULL, watch, l) == 0;
	return l->watched ? 0 : -1;
}

static void end_watch(struct line *l)
{
	if (!l->watched)
		return;
	pthread_mutex_lock(&l->lock);
	l->ended = true;
	pthread_cond_signal(&l->ending);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->watch, NULL);
	pthread_cond_destroy(&l->ending);
	pthread_mutex_destroy(&l->lock);
	l->watched = false;
}

/* --- what the library calls --- */

static int line_connect(git_stream *stream)
{
	struct line *l = container_of(stream, struct line, parent);
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *all = NULL;
	int error = getaddrinfo(l->host, l->port, &hints, &all);

	if (error) {
		vcs_talk_trouble(l->talk, VCS_UNRESOLVED, gai_strerror(error));
		git_error_set_str(GIT_ERROR_NET, "the host's name has no address");
		return -1;
	}
	l->fd = connect_any(l->talk, all);
	freeaddrinfo(all);
	if (l->fd < 0 || start_watch(l) < 0) {
		git_error_set_str(GIT_ERROR_NET, "no connection");
		return -1;
	}
	return 0;
}

static ssize_t line_read(git_stream *stream, void *data, size_t len)
{
	struct line *l = container_of(stream, struct line, parent);
	ssize_t got;

	do
		got = recv(l->fd, data, len, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		git_error_set_str(GIT_ERROR_NET, strerror(errno));
	return got;
}

static ssize_t line_write(git_stream *stream, const char *data, size_t len, int flags)
{
	struct line *l = container_of(stream, struct line, parent);
	ssize_t sent;

	do
		sent = send(l->fd, data, len, flags | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		git_error_set_str(GIT_ERROR_NET, strerror(errno));
	return sent;
}

static int line_close(git_stream *stream)
{
	struct line *l = container_of(stream, struct line, parent);

	end_watch(l);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	return 0;
}

static void line_free(git_stream *stream)
{
	struct line *l = container_of(stream, struct line, parent);

	line_close(stream);
	free(l->host);
	free(l->port);
	free(l);
}

/* A redirect must not lead what was meant for one host, a token say, to another. */
static bool goes_elsewhere(struct vcs_talk *t, const char *host, const char *port)
{
	const char *here = arena_printf(t->arena, "%s:%s", host, port);

	if (!t->first)
		t->first = here;
	if (strcasecmp(t->first, here) == 0)
		return false;
	vcs_talk_trouble(t, VCS_ELSEWHERE, here);
	git_error_set_str(GIT_ERROR_NET, "redirected to another host");
	return true;
}

static int line_new(git_stream **out, const char *host, const char *port)
{
	struct line *l;

	if (!current) {
		git_error_set_str(GIT_ERROR_NET, "no conversation asked for a connection");
		return -1;
	}
	if (goes_elsewhere(current, host, port))
		return -1;
	l = xcalloc(1, sizeof(*l));
	l->host = xstrdup(host);
	l->port = xstrdup(port);
	l->fd = -1;
	l->talk = current;
	l->parent.version = GIT_STREAM_VERSION;
	l->parent.connect = line_connect;
	l->parent.read = line_read;
	l->parent.write = line_write;
	l->parent.close = line_close;
	l->parent.free = line_free;
	*out = &l->parent;
	return 0;
}

void vcs_line_install(void)
{
	git_stream_registration kind = {.version = GIT_STREAM_VERSION, .init = line_new};

	git_stream_register(GIT_STREAM_STANDARD, &kind);
}
