#include "providers/kit/ssh_private.h"

#include <string.h>

#define READ_LEN 32768

struct tunnel {
	struct ssh_link *link;
	const struct ssh_tunnel *asked;
	struct ssh_tunnel_reply *reply;
	struct kit_call call; /* its deadline is that of the exchange */
	LIBSSH2_CHANNEL *channel;
	size_t sent;
	bool ended; /* by the other side */
};

/* What sshd forbids says nothing about the other side. */
static int refusal(struct tunnel *t, int error, struct fault *f)
{
	char *why = NULL;

	if (t->link->gone || t->link->state != LINK_UP)
		return ssh_lost(t->link, f);
	libssh2_session_last_error(t->link->session, &why, NULL, 0);
	if (error == LIBSSH2_ERROR_CHANNEL_FAILURE && why && strstr(why, "connect failed")) {
		t->reply->end = TUNNEL_REFUSED;
		return 0;
	}
	fault_set(f, HD_FATAL, DIAG_SSH_TUNNEL, "the host makes no connections for us");
	ssh_detail_target(&t->link->target, f);
	fault_detail(f, "%s (%d)", why && *why ? why : "no reason", error);
	fault_hint(f, "set AllowTcpForwarding to yes or local, and look at PermitOpen, in the "
		      "host's sshd_config");
	return -1;
}

/* The time being up is an end; 0, or -1 with a fault. */
static int wait(struct tunnel *t, enum ssh_tunnel_end late, bool *over, struct fault *f)
{
	if (ssh_io_wait(t->link, &t->call, f) == 0)
		return 0;
	if (f->code != DIAG_SSH_DEADLINE)
		return -1;
	fault_release(f);
	*f = FAULT_INIT;
	t->reply->end = late;
	*over = true;
	return 0;
}

static int open_channel(struct tunnel *t, bool *over, struct fault *f)
{
	struct ssh_link *l = t->link;

	while (!t->channel && !*over) {
		uint64_t before = l->received_count;
		int error = 0;

		t->channel = libssh2_channel_direct_tcpip_ex(l->session, t->asked->address,
							     t->asked->port, "127.0.0.1", 22);
		if (!t->channel)
			error = libssh2_session_last_errno(l->session);
		ssh_io_done(l, before);
		if (t->channel)
			return 0;
		if (error != LIBSSH2_ERROR_EAGAIN) {
			*over = true;
			return refusal(t, error, f);
		}
		if (wait(t, TUNNEL_NO_CONNECTION, over, f) < 0)
			return -1;
	}
	return 0;
}

/* Sends what it takes now. */
static bool send_some(struct tunnel *t)
{
	const struct text *all = &t->asked->send;
	uint64_t before = t->link->received_count;
	ssize_t n = 0;

	if (t->sent < all->len)
		n = libssh2_channel_write(t->channel, all->ptr + t->sent, all->len - t->sent);
	ssh_io_done(t->link, before);
	if (n > 0)
		t->sent += (size_t)n;
	return n > 0;
}

/* Takes what has come. */
static bool read_some(struct tunnel *t)
{
	uint64_t before = t->link->received_count;
	struct str *in = &t->reply->received;
	char *room = str_reserve(in, READ_LEN);
	ssize_t n = libssh2_channel_read(t->channel, room, READ_LEN);

	ssh_io_done(t->link, before);
	if (n > 0)
		str_grown(in, (size_t)n);
	else if (n == 0 && libssh2_channel_eof(t->channel))
		t->ended = true;
	else if (n < 0 && n != LIBSSH2_ERROR_EAGAIN)
		t->ended = true;
	return n > 0;
}

static bool is_whole(const struct tunnel *t)
{
	struct text received = str_text(&t->reply->received);

	return t->ended || received.len > t->asked->max_len ||
	       t->asked->whole(t->asked->context, received);
}

static int exchange(struct tunnel *t, bool *over, struct fault *f)
{
	while (t->asked->whole && !*over) {
		bool moved = send_some(t);

		moved |= read_some(t);
		if (t->link->state != LINK_UP)
			return ssh_lost(t->link, f);
		if (is_whole(t))
			return 0;
		if (!moved && wait(t, TUNNEL_NO_END, over, f) < 0)
			return -1;
	}
	return 0;
}

/* A channel that the host does not let go at once goes with its connection: so does one that is
 * still being opened, which libssh2 would go on with the next time. */
static void finish(struct tunnel *t)
{
	uint64_t before = t->link->received_count;
	struct ssh_link *l = t->link;
	bool clean = t->channel && t->reply->end == TUNNEL_DONE;

	if (t->reply->end == TUNNEL_REFUSED)
		return;
	if (clean && l->state == LINK_UP && libssh2_channel_free(t->channel) == 0) {
		ssh_io_done(l, before);
		return;
	}
	if (l->state == LINK_UP)
		l->state = LINK_BROKEN;
}

static int carry_out(struct tunnel *t, struct fault *f)
{
	bool over = false;
	int answer;

	t->reply->end = TUNNEL_DONE;
	answer = open_channel(t, &over, f);
	if (answer == 0)
		answer = exchange(t, &over, f);
	if (answer < 0)
		t->reply->end = TUNNEL_NO_END;
	finish(t);
	return answer;
}

/* Lock held. */
static int try_once(struct ssh_link *l, struct tunnel *t, enum link_age *age, struct fault *f)
{
	int answer = ssh_enter(l, t->asked->call, age, f);
	int64_t start_ms = ssh_clock_ms();

	if (answer < 0)
		return -1;
	t->call.deadline_ms = kit_now_ms(&t->call) + t->asked->timeout_ms;
	answer = carry_out(t, f);
	t->reply->passed_ms = ssh_clock_ms() - start_ms;
	ssh_leave(l);
	return answer;
}

/* A kept connection may be found dead only when it is used. */
int ssh_tunnel(struct ssh_link *l, const struct ssh_tunnel *asked, struct ssh_tunnel_reply *reply,
	       struct fault *f)
{
	enum link_age age = LINK_FRESH;
	bool again = false;
	int answer;

	*reply = (struct ssh_tunnel_reply){TUNNEL_NO_CONNECTION, STR_INIT, 0};
	pthread_mutex_lock(&l->lock);
	do {
		struct tunnel t = {.link = l, .asked = asked, .reply = reply, .call = *asked->call};

		fault_release(f);
		str_clear(&reply->received);
		answer = try_once(l, &t, &age, f);
		again = !again && answer < 0 && age == LINK_CACHED && f->code == DIAG_SSH_LOST;
	} while (again);
	pthread_mutex_unlock(&l->lock);
	return answer;
}
