#include "providers/kit/ssh_private.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "providers/kit/sh.h"

/*
 * Whoever waits so long for a shell opens another one.  A host whose shells are slow to
 * start (start-up files of the login shell) only gets slower by more of them, so the
 * wait is also some multiple of what the last one took.
 */
#define GROW_MS 250
#define GROW_COSTS 4
#define READ_LEN 32768
/* Of what a shell says that does not start; the last part of it. */
#define EXCUSE_LEN 2000

/*
 * The shell on the host.  A request is "MARK SCRIPT\n" (frame.h has the answer), the
 * mark being "TOKEN.NUMBER", with ".b" when a body follows.  `read` takes single
 * bytes from a pipe, so a body stays there for the script.  The token keeps bytes of
 * a body that a failed script did not read from ever being run: the shell ends.
 *
 * It stands in single quotes and must pass any login shell, so there is no single
 * quote and no exclamation mark inside.
 */
static const char serve[] =
	"umask 022;PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin;LC_ALL=C;export PATH LC_ALL;"
	"while IFS=\" \" read -r hadeploy_n hadeploy_s;do case $hadeploy_n in "
	"%s.*.b) echo \"$hadeploy_n+\";"
	"(unset hadeploy_n;eval \"$hadeploy_s\") 3<&0 </dev/null 2>&1;;"
	"%s.*) echo \"$hadeploy_n+\";(unset hadeploy_n;eval \"$hadeploy_s\") </dev/null 2>&1;;"
	"*) exit 97;;esac;printf \"\\n%%s-%%d\\n\" \"$hadeploy_n\" \"$?\";done";

static void add_command(const struct ssh_target *t, const char *token, struct str *out)
{
	str_add(out, "exec ");
	if (t->become) {
		str_add(out, "sudo -n -H -u ");
		sh_quote(out, text_of(t->become));
		str_add_char(out, ' ');
	}
	str_add(out, "sh -c '");
	str_printf(out, serve, token, token);
	str_add_char(out, '\'');
}

static int session_fault(struct ssh_link *l, int error, struct fault *f)
{
	char *why = NULL;

	if (l->gone || l->state != LINK_UP)
		return ssh_lost(l, f);
	libssh2_session_last_error(l->session, &why, NULL, 0);
	fault_set(f, HD_RETRY, DIAG_SSH_CHANNEL, "the host opens no session");
	ssh_detail_target(&l->target, f);
	fault_detail(f, "%s (%d)", why && *why ? why : "no reason", error);
	fault_hint(f, "check MaxSessions and ForceCommand in the host's sshd_config");
	return -1;
}

/* Lock held, l->opening is ours. */
static int open_channel(struct ssh_link *l, struct ssh_shell *s, const struct kit_call *c,
			struct fault *f)
{
	for (;;) {
		uint64_t before = l->received_count;
		int error = 0;

		s->channel = libssh2_channel_open_session(l->session);
		if (!s->channel)
			error = libssh2_session_last_errno(l->session);
		ssh_io_done(l, before);
		if (s->channel)
			return 0;
		if (error != LIBSSH2_ERROR_EAGAIN)
			return session_fault(l, error, f);
		if (ssh_io_wait(l, c, f) < 0)
			return -1;
	}
}

static int start_command(struct ssh_link *l, struct ssh_shell *s, const struct kit_call *c,
			 struct fault *f)
{
	struct str command = STR_INIT;
	int error, answer = 0;

	add_command(&l->target, s->token, &command);
	for (;;) {
		uint64_t before = l->received_count;

		error = libssh2_channel_process_startup(s->channel, "exec", 4, command.ptr,
							(unsigned)command.len);
		ssh_io_done(l, before);
		if (error != LIBSSH2_ERROR_EAGAIN)
			break;
		answer = ssh_io_wait(l, c, f);
		if (answer < 0)
			break;
	}
	str_release(&command);
	if (answer < 0)
		return -1;
	return error == 0 ? 0 : session_fault(l, error, f);
}

static int open_shell(struct ssh_link *l, struct ssh_shell *s, const struct kit_call *c,
		      struct fault *f)
{
	int answer;

	*s = (struct ssh_shell){.state = SHELL_OPENING, .opened_ms = ssh_clock_ms()};
	clock_random_hex(clock_real(), SHELL_TOKEN_BYTES, s->token);
	l->opening = true;
	answer = open_channel(l, s, c, f);
	if (answer == 0)
		answer = start_command(l, s, c, f);
	l->opening = false;
	if (answer == 0)
		s->state = SHELL_BUSY;
	else
		ssh_shell_discard(l, s);
	pthread_cond_broadcast(&l->changed);
	return answer;
}

static struct ssh_shell *find_shell(struct ssh_link *l, enum shell_state state)
{
	for (size_t i = 0; i < SSH_CHANNEL_MAX; i++) {
		if (l->shells[i].state == state)
			return &l->shells[i];
	}
	return NULL;
}

static size_t count_shells(const struct ssh_link *l)
{
	size_t count = 0;

	for (size_t i = 0; i < SSH_CHANNEL_MAX; i++)
		count += l->shells[i].state != SHELL_NONE;
	return count;
}

static void bury_dying(struct ssh_link *l)
{
	for (size_t i = 0; i < SSH_CHANNEL_MAX; i++) {
		if (l->shells[i].state == SHELL_DYING)
			ssh_shell_discard(l, &l->shells[i]);
	}
}

/* A host that allows fewer sessions than we would like is used with those. */
static struct ssh_shell *open_another(struct ssh_link *l, const struct kit_call *c, struct fault *f)
{
	struct ssh_shell *s = find_shell(l, SHELL_NONE);

	if (open_shell(l, s, c, f) == 0)
		return s;
	if (f->code == DIAG_SSH_CHANNEL && count_shells(l) > 0) {
		l->shell_limit = count_shells(l);
		fault_release(f);
	}
	return NULL;
}

static bool one_is_starting(const struct ssh_link *l)
{
	for (size_t i = 0; i < SSH_CHANNEL_MAX; i++) {
		if (l->shells[i].state == SHELL_BUSY && !l->shells[i].answered)
			return true;
	}
	return l->opening;
}

static bool may_grow(const struct ssh_link *l, size_t count, int64_t waited_ms)
{
	if (one_is_starting(l) || count >= l->shell_limit)
		return false;
	return count == 0 || (waited_ms >= GROW_MS && waited_ms >= GROW_COSTS * l->shell_cost_ms);
}

struct ssh_shell *ssh_shell_take(struct ssh_link *l, const struct kit_call *c, struct fault *f)
{
	int64_t start_ms = ssh_clock_ms();

	for (;;) {
		struct ssh_shell *s = find_shell(l, SHELL_IDLE);
		size_t count;

		if (l->state != LINK_UP) {
			ssh_lost(l, f);
			return NULL;
		}
		if (s) {
			s->state = SHELL_BUSY;
			return s;
		}
		bury_dying(l);
		count = count_shells(l);
		if (may_grow(l, count, ssh_clock_ms() - start_ms)) {
			s = open_another(l, c, f);
			if (s || f->summary.len > 0)
				return s;
			continue;
		}
		if (ssh_io_wait_change(l, c, f) < 0)
			return NULL;
	}
}

void ssh_shell_give_back(struct ssh_link *l, struct ssh_shell *s)
{
	s->state = SHELL_IDLE;
	pthread_cond_broadcast(&l->changed);
}

void ssh_shell_discard(struct ssh_link *l, struct ssh_shell *s)
{
	uint64_t before = l->received_count;

	s->state = SHELL_DYING;
	if (l->state == LINK_UP && s->channel &&
	    libssh2_channel_free(s->channel) == LIBSSH2_ERROR_EAGAIN) {
		ssh_io_done(l, before);
		return;
	}
	/* The channels of a broken link go with their session. */
	*s = (struct ssh_shell){.state = SHELL_NONE};
	ssh_io_done(l, before);
	pthread_cond_broadcast(&l->changed);
}

/* One request on its way. */
struct exchange {
	struct ssh_link *link;
	struct ssh_shell *shell;
	const struct ssh_request *request;
	struct frame frame;
	enum frame_answer answer;
	struct str in;
	struct str aside; /* standard error of the shell itself; scripts have theirs in `in` */
	size_t max_len;
	bool sent;
};

static void add_excuse(struct exchange *x, struct fault *f)
{
	struct text said;

	str_add_text(&x->aside, str_text(&x->in));
	said = text_trim(str_text(&x->aside));
	if (said.len > EXCUSE_LEN)
		said = (struct text){said.ptr + said.len - EXCUSE_LEN, EXCUSE_LEN};
	ssh_detail_target(&x->link->target, f);
	if (said.len > 0)
		fault_detail(f, "%.*s", TEXT_ARG(said));
	else
		fault_detail(f, "it ended with exit code %d and said nothing",
			     libssh2_channel_get_exit_status(x->shell->channel));
}

/* The shell ended.  One that never answered did not run anything. */
static int shell_ended(struct exchange *x, struct fault *f)
{
	if (x->shell->answered) {
		fault_set(f, HD_RETRY, DIAG_SSH_SHELL_ENDED, "the shell on the host was ended");
		ssh_detail_target(&x->link->target, f);
		return -1;
	}
	x->sent = false;
	if (x->link->target.become) {
		fault_set(f, HD_FATAL, DIAG_SSH_BECOME, "sudo did not start a shell on the host");
		fault_hint(f, "let the user run sudo without password (NOPASSWD in sudoers), or "
			      "leave Become out");
	} else {
		fault_set(f, HD_FATAL, DIAG_SSH_SHELL, "the host does not run a shell for us");
		fault_hint(f,
			   "the user needs a login shell and sh on the host, and no ForceCommand");
	}
	add_excuse(x, f);
	return -1;
}

/*
 * What start-up files leave running may write there at any time, so it is kept out of
 * the answers; it tells why a shell did not start.
 */
static void collect_aside(struct exchange *x)
{
	char buffer[4096];
	ssize_t n;

	while ((n = libssh2_channel_read_stderr(x->shell->channel, buffer, sizeof(buffer))) > 0) {
		if (x->aside.len < EXCUSE_LEN)
			str_add_len(&x->aside, buffer, (size_t)n);
	}
}

/* Takes what has come.  0 nothing more now, -1 fault. */
static int collect(struct exchange *x, struct fault *f)
{
	struct ssh_link *l = x->link;

	for (;;) {
		uint64_t before = l->received_count;
		char *room = str_reserve(&x->in, READ_LEN);
		ssize_t n = libssh2_channel_read(x->shell->channel, room, READ_LEN);

		collect_aside(x);
		ssh_io_done(l, before);
		if (n == LIBSSH2_ERROR_EAGAIN)
			return 0;
		if (n < 0)
			return l->state == LINK_UP ? session_fault(l, (int)n, f) : ssh_lost(l, f);
		str_grown(&x->in, (size_t)n);
		x->answer = frame_scan(&x->frame, str_text(&x->in));
		if (x->answer != FRAME_MORE)
			return 0;
		if (n == 0)
			return libssh2_channel_eof(x->shell->channel) ? shell_ended(x, f) : 0;
		if (x->in.len > x->max_len)
			return fault_set(f, HD_FATAL, DIAG_SSH_OUTPUT,
					 "the host's answer is longer than %zu bytes", x->max_len);
	}
}

/* An answer before the end of the body means that the script failed. */
static int send_all(struct exchange *x, struct text t, struct fault *f)
{
	struct ssh_link *l = x->link;
	size_t at = 0;

	while (at < t.len && x->answer == FRAME_MORE) {
		uint64_t before = l->received_count;
		ssize_t n = libssh2_channel_write(x->shell->channel, t.ptr + at, t.len - at);

		ssh_io_done(l, before);
		if (n > 0) {
			at += (size_t)n;
			x->sent = true;
			continue;
		}
		if (n < 0 && n != LIBSSH2_ERROR_EAGAIN && l->state != LINK_UP)
			return ssh_lost(l, f);
		/* The host may have closed its side after saying why. */
		if (collect(x, f) < 0)
			return -1;
		if (n < 0 && n != LIBSSH2_ERROR_EAGAIN && x->answer == FRAME_MORE)
			return session_fault(l, (int)n, f);
		if (x->answer == FRAME_MORE && ssh_io_wait(l, x->request->call, f) < 0)
			return -1;
	}
	return 0;
}

static int exchange(struct exchange *x, struct fault *f)
{
	struct str line = STR_INIT;
	int answer;

	str_printf(&line, "%s ", x->frame.mark);
	str_add_text(&line, x->request->script);
	str_add_char(&line, '\n');
	answer = send_all(x, str_text(&line), f);
	str_release(&line);
	if (answer == 0)
		answer = send_all(x, x->request->body, f);
	while (answer == 0 && x->answer == FRAME_MORE) {
		answer = collect(x, f);
		if (answer == 0 && x->answer == FRAME_MORE)
			answer = ssh_io_wait(x->link, x->request->call, f);
	}
	if (answer == 0 && x->answer == FRAME_BROKEN)
		answer = fault_set(f, HD_RETRY, DIAG_SSH_SHELL_ENDED,
				   "the host's answer could not be understood");
	return answer;
}

int ssh_shell_request(struct ssh_link *l, struct ssh_shell *s, const struct ssh_request *rq,
		      struct ssh_reply *reply, struct fault *f)
{
	struct exchange x = {.link = l, .shell = s, .request = rq, .answer = FRAME_MORE};
	char mark[FRAME_MARK_LEN];
	int answer;

	x.max_len = rq->max_output > 0 ? rq->max_output : SSH_OUTPUT_MAX;
	snprintf(mark, sizeof(mark), "%s.%u%s", s->token, s->request_count++,
		 rq->body.len > 0 ? ".b" : "");
	frame_init(&x.frame, mark);
	answer = exchange(&x, f);
	if (answer == 0) {
		if (!s->answered)
			l->shell_cost_ms = ssh_clock_ms() - s->opened_ms;
		s->answered = true;
		reply->code = x.frame.code;
		str_add_text(&reply->output, x.frame.output);
	} else if (x.sent && rq->kind == SSH_CHANGES) {
		f->effect = HD_EFFECT_UNKNOWN;
	}
	str_release(&x.in);
	str_release(&x.aside);
	return answer;
}
