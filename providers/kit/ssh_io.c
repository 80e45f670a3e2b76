#include "providers/kit/ssh_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* How long a wait goes on before cancelled() is asked again. */
#define SLICE_MS 100
/* A busy connection on which nothing comes for so long is asked for a sign of life,
 * and given up after SILENCE_MS. */
#define KEEPALIVE_MS 15000
#define SILENCE_MS 50000
#define AGENT_MS 30000
/* Sent bytes are dropped from the front of the queue when so many have gathered. */
#define UNSENT_COMPACT_LEN (1u << 20)

int64_t ssh_clock_ms(void)
{
	struct clock *c = clock_real();

	return c->monotonic_ms(c);
}

static ssize_t send_now(struct ssh_link *l, const char *ptr, size_t len)
{
	ssize_t n = send(l->fd, ptr, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n >= 0)
		return n;
	if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		l->gone = true;
	return 0;
}

/* libssh2 talks to the agent through the same callbacks.  Its answer may wait for a
 * person who confirms the use of a key. */
static ssize_t receive_from_agent(libssh2_socket_t fd, void *buffer, size_t length)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, AGENT_MS) <= 0)
		return -ETIMEDOUT;
	n = recv(fd, buffer, length, 0);
	return n < 0 ? -errno : n;
}

static LIBSSH2_SEND_FUNC(on_send)
{
	struct ssh_link *l = *abstract;
	size_t taken = 0;

	(void)flags;
	if (socket != l->fd) {
		ssize_t n = send(socket, buffer, length, MSG_NOSIGNAL);

		return n < 0 ? -errno : n;
	}
	if (l->gone)
		return -ECONNRESET;
	if (l->unsent.len == 0)
		taken = (size_t)send_now(l, buffer, length);
	if (l->gone)
		return -ECONNRESET;
	str_add_len(&l->unsent, (const char *)buffer + taken, length - taken);
	return (ssize_t)length;
}

/*
 * sshd leaves Nagle's algorithm on until a command runs, so its next packet waits for
 * our acknowledgement of the last, which the kernel would delay by 40 ms.
 */
static void acknowledge(struct ssh_link *l)
{
	int one = 1;

	setsockopt(l->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
}

static LIBSSH2_RECV_FUNC(on_receive)
{
	struct ssh_link *l = *abstract;
	ssize_t n;

	(void)flags;
	if (socket != l->fd)
		return receive_from_agent(socket, buffer, length);
	if (l->gone)
		return 0;
	n = recv(l->fd, buffer, length, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return -EAGAIN;
	if (n <= 0) {
		l->gone = true;
		return n < 0 ? -errno : 0;
	}
	acknowledge(l);
	l->received_count += (uint64_t)n;
	l->received_ms = ssh_clock_ms();
	return n;
}

void ssh_io_install(struct ssh_link *l)
{
	union {
		LIBSSH2_SEND_FUNC((*send));
		LIBSSH2_RECV_FUNC((*receive));
		void *object;
	} callback;

	/* libssh2 wants functions as object pointers, which ISO C has no cast for. */
	callback.send = on_send;
	libssh2_session_callback_set(l->session, LIBSSH2_CALLBACK_SEND, callback.object);
	callback.receive = on_receive;
	libssh2_session_callback_set(l->session, LIBSSH2_CALLBACK_RECV, callback.object);
}

void ssh_io_flush(struct ssh_link *l)
{
	while (l->unsent_at < l->unsent.len && !l->gone) {
		ssize_t n = send_now(l, l->unsent.ptr + l->unsent_at, l->unsent.len - l->unsent_at);

		if (n <= 0)
			break;
		l->unsent_at += (size_t)n;
	}
	if (l->unsent_at < l->unsent.len && l->unsent_at < UNSENT_COMPACT_LEN)
		return;
	if (l->unsent_at < l->unsent.len)
		memmove(l->unsent.ptr, l->unsent.ptr + l->unsent_at, l->unsent.len - l->unsent_at);
	str_truncate(&l->unsent, l->unsent.len - l->unsent_at);
	l->unsent_at = 0;
}

static void end_poll_of_others(struct ssh_link *l)
{
	uint64_t one = 1;

	if (l->polling && write(l->wake_fd, &one, sizeof(one)) < 0)
		return; /* the counter is full: it is awake already */
}

void ssh_io_done(struct ssh_link *l, uint64_t before)
{
	if (l->gone && l->state == LINK_UP)
		l->state = LINK_BROKEN;
	if (l->received_count != before || l->state == LINK_BROKEN) {
		/* What came may be for any channel. */
		pthread_cond_broadcast(&l->changed);
		end_poll_of_others(l);
	} else if (l->unsent.len > 0) {
		end_poll_of_others(l);
	}
}

int ssh_interrupted(const struct ssh_link *l, const struct kit_call *c, struct fault *f)
{
	if (kit_cancelled(c))
		return fault_set(f, HD_CANCELLED, DIAG_SSH_CANCELLED,
				 "stopped before the host answered");
	if (kit_now_ms(c) < c->deadline_ms)
		return 0;
	fault_set(f, HD_RETRY, DIAG_SSH_DEADLINE,
		  "the host did not answer within the time for one call");
	ssh_detail_target(&l->target, f);
	fault_hint(f, "is it overloaded, or does a file system there hang?");
	return -1;
}

void ssh_detail_target(const struct ssh_target *t, struct fault *f)
{
	fault_detail(f, "%s@%s port %d", t->user, t->address, t->port);
}

int ssh_lost(const struct ssh_link *l, struct fault *f)
{
	fault_set(f, HD_RETRY, DIAG_SSH_LOST, "connection to the host was lost");
	ssh_detail_target(&l->target, f);
	return -1;
}

static void poll_socket(struct ssh_link *l, short events)
{
	struct pollfd fds[2] = {{.fd = l->fd, .events = events},
				{.fd = l->wake_fd, .events = POLLIN}};
	uint64_t count;

	poll(fds, 2, SLICE_MS);
	if (fds[1].revents && read(l->wake_fd, &count, sizeof(count)) < 0)
		return; /* someone else took it */
}

/* Lock held.  A silent connection is asked, then given up. */
static void look_for_life(struct ssh_link *l)
{
	int64_t silent_ms = ssh_clock_ms() - l->received_ms;
	int next_s;

	if (silent_ms > KEEPALIVE_MS)
		libssh2_keepalive_send(l->session, &next_s);
	if (silent_ms > SILENCE_MS)
		l->gone = true;
	if (l->gone && l->state == LINK_UP)
		l->state = LINK_BROKEN;
}

int ssh_io_wait(struct ssh_link *l, const struct kit_call *c, struct fault *f)
{
	short events;

	if (l->state != LINK_UP)
		return ssh_lost(l, f);
	if (ssh_interrupted(l, c, f) < 0)
		return -1;
	if (l->polling)
		return ssh_io_wait_change(l, c, f);
	events = (short)(POLLIN | (l->unsent.len > 0 ? POLLOUT : 0));
	l->polling = true;
	pthread_mutex_unlock(&l->lock);
	poll_socket(l, events);
	pthread_mutex_lock(&l->lock);
	l->polling = false;
	ssh_io_flush(l);
	look_for_life(l);
	pthread_cond_broadcast(&l->changed);
	return 0;
}

int ssh_io_wait_change(struct ssh_link *l, const struct kit_call *c, struct fault *f)
{
	struct timespec until;

	if (ssh_interrupted(l, c, f) < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += SLICE_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&l->changed, &l->lock, &until);
	return 0;
}

int ssh_io_wait_alone(struct ssh_link *l, const struct kit_call *c, int64_t until_ms,
		      struct fault *f)
{
	if (ssh_interrupted(l, c, f) < 0)
		return -1;
	if (l->gone)
		return ssh_lost(l, f);
	if (ssh_clock_ms() >= until_ms) {
		fault_set(f, HD_UNREACHABLE, DIAG_SSH_TIMEOUT, "the host does not answer");
		ssh_detail_target(&l->target, f);
		fault_detail(f, "it took the connection, but sshd there says nothing");
		fault_hint(f, "check that the host is not stopped or overloaded");
		return -1;
	}
	poll_socket(l, (short)(POLLIN | (l->unsent.len > 0 ? POLLOUT : 0)));
	ssh_io_flush(l);
	return 0;
}
