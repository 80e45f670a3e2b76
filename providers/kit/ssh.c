#include "providers/kit/ssh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "providers/kit/ssh_private.h"

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void start_library(void)
{
	libssh2_init(0);
}

static char *copy_or_null(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

struct ssh_link *ssh_link_new(const struct ssh_target *t)
{
	struct ssh_link *l = xcalloc(1, sizeof(*l));
	pthread_condattr_t attributes;

	pthread_once(&library_once, start_library);
	l->target = *t;
	l->target.address = xstrdup(t->address);
	l->target.user = xstrdup(t->user);
	l->target.identity_file = copy_or_null(t->identity_file);
	l->target.known_hosts = xstrdup(t->known_hosts);
	l->target.become = copy_or_null(t->become);
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&l->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	l->fd = -1;
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return l;
}

void ssh_link_free(struct ssh_link *l)
{
	if (!l)
		return;
	ssh_disconnect(l);
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	fault_release(&l->failure);
	str_release(&l->unsent);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->lock);
	free((char *)l->target.address);
	free((char *)l->target.user);
	free((char *)l->target.identity_file);
	free((char *)l->target.known_hosts);
	free((char *)l->target.become);
	free(l);
}

/* The host may have closed an idle connection long ago. */
static bool found_dead(struct ssh_link *l)
{
	char byte;
	ssize_t n = recv(l->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/* Lock held; the state is LINK_DOWN.  Connects outside the lock. */
static int connect_now(struct ssh_link *l, const struct kit_call *c, struct fault *f)
{
	int answer;

	l->state = LINK_CONNECTING;
	l->attempt++;
	pthread_mutex_unlock(&l->lock);
	answer = ssh_connect(l, c, f);
	pthread_mutex_lock(&l->lock);
	l->state = answer == 0 ? LINK_UP : LINK_DOWN;
	if (answer < 0 && f->code != DIAG_SSH_CANCELLED && f->code != DIAG_SSH_DEADLINE) {
		l->failed_attempt = l->attempt;
		fault_copy(&l->failure, f);
	}
	pthread_cond_broadcast(&l->changed);
	return answer;
}

/*
 * Lock held.  Waits while another thread connects; an attempt that was waited for
 * and failed is this caller's failure too, or five resources on a dead host would
 * wait for it five times.
 */
static int wait_for_other(struct ssh_link *l, const struct kit_call *c, struct fault *f)
{
	uint64_t attempt = l->attempt;
	bool connecting = l->state == LINK_CONNECTING;

	while (connecting ? l->state == LINK_CONNECTING && l->attempt == attempt
			  : l->state == LINK_BROKEN) {
		if (ssh_io_wait_change(l, c, f) < 0)
			return -1;
	}
	if (connecting && l->failed_attempt == attempt) {
		fault_copy(f, &l->failure);
		return -1;
	}
	return 0;
}

static void take_down_when_unused(struct ssh_link *l)
{
	if (l->state != LINK_BROKEN || l->user_count > 0)
		return;
	ssh_disconnect(l);
	l->state = LINK_DOWN;
	pthread_cond_broadcast(&l->changed);
}

int ssh_enter(struct ssh_link *l, const struct kit_call *c, enum link_age *age, struct fault *f)
{
	*age = LINK_CACHED;
	for (;;) {
		if (ssh_interrupted(l, c, f) < 0)
			return -1;
		if (l->state == LINK_UP && !(l->user_count == 0 && found_dead(l)))
			break;
		if (l->state == LINK_UP)
			l->state = LINK_BROKEN;
		take_down_when_unused(l);
		if (l->state == LINK_DOWN) {
			*age = LINK_FRESH;
			if (connect_now(l, c, f) < 0)
				return -1;
			break;
		}
		if (wait_for_other(l, c, f) < 0)
			return -1;
	}
	l->user_count++;
	return 0;
}

void ssh_leave(struct ssh_link *l)
{
	l->user_count--;
	take_down_when_unused(l);
}

/* Lock held, link entered. */
static int run_entered(struct ssh_link *l, const struct ssh_request *rq, struct ssh_reply *reply,
		       struct fault *f)
{
	struct ssh_shell *s = ssh_shell_take(l, rq->call, f);
	int answer;

	if (!s)
		return -1;
	answer = ssh_shell_request(l, s, rq, reply, f);
	/* A script that failed may have left some of the body unread. */
	if (answer == 0 && (rq->body.len == 0 || reply->code == 0))
		ssh_shell_give_back(l, s);
	else
		ssh_shell_discard(l, s);
	return answer;
}

int ssh_run(struct ssh_link *l, const struct ssh_request *rq, struct ssh_reply *reply,
	    struct fault *f)
{
	enum link_age age;
	bool again = false;
	int answer;

	*reply = (struct ssh_reply){STR_INIT, 0};
	pthread_mutex_lock(&l->lock);
	do {
		fault_release(f);
		answer = ssh_enter(l, rq->call, &age, f);
		if (answer < 0)
			break;
		answer = run_entered(l, rq, reply, f);
		ssh_leave(l);
		if (answer < 0)
			str_release(&reply->output);
		/* A kept connection may be found dead only when it is used. */
		again = !again && answer < 0 && age == LINK_CACHED && f->code == DIAG_SSH_LOST &&
			f->effect == HD_EFFECT_NONE;
	} while (again);
	pthread_mutex_unlock(&l->lock);
	return answer;
}
