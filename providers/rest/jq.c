/*
 * jq.c - one run of a program in one child: a message there, an answer back, and what is to be said
 * when none comes.
 */
#include "providers/rest/jq.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "base/limits.h"
#include "providers/rest/jq_pool.h"

#define FIRST_READ 8192

/* What became of one exchange with a child. */
enum talk {
	TALK_ANSWERED,
	TALK_GONE, /* it was dead before, or was killed by somebody: worth another child */
	TALK_OVER  /* the run itself ended it; the answer says so */
};

struct exchange {
	struct jq_pool *pool;
	struct jq_child *child;
	struct arena *arena;
	const struct jq_program *program;
	struct jq_ask ask;
	struct text input;
	int64_t deadline_ms;
	struct jq_answer *out;
};

/* Of this machine in any case: a run takes what it takes. */
static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void say(struct exchange *x, enum jq_result result, const char *text)
{
	x->out->result = result;
	x->out->text = text_of(text);
	x->out->line = 0;
}

/* 1: ready; 0: the time is up; -1: neither will ever be. */
static int wait_for(struct exchange *x, short events)
{
	struct pollfd fd = {x->child->socket, events, 0};

	for (;;) {
		int64_t left = x->deadline_ms - now_ms();
		int n = poll(&fd, 1, left > 0 ? (int)left : 0);

		if (n > 0 || left <= 0 || (n < 0 && errno != EINTR))
			return n;
	}
}

/* Moves behind `sent` bytes. */
static void advance(struct iovec *parts, size_t sent)
{
	for (size_t i = 0; sent; i++) {
		size_t step = sent < parts[i].iov_len ? sent : parts[i].iov_len;

		parts[i].iov_base = (char *)parts[i].iov_base + step;
		parts[i].iov_len -= step;
		sent -= step;
	}
}

/* 0, an errno, or -1 when the time is up.  A child reads all before it writes, so waiting here for
 * room is waiting for its reading alone. */
static int send_ask(struct exchange *x)
{
	struct iovec parts[] = {
		{&x->ask, sizeof(x->ask)},
		{(char *)x->program->source.ptr, x->ask.source_len},
		{(char *)x->input.ptr, x->ask.input_len},
	};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = ARRAY_LEN(parts)};
	size_t left = sizeof(x->ask) + x->ask.source_len + x->ask.input_len;

	while (left) {
		ssize_t n = sendmsg(x->child->socket, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			advance(parts, (size_t)n);
			left -= (size_t)n;
		} else if (errno == EAGAIN) {
			if (wait_for(x, POLLOUT) == 0)
				return -1;
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}

/* Between least and room bytes; 0: the child has ended; -1: the time is up. */
static ssize_t receive(struct exchange *x, char *out, size_t least, size_t room)
{
	size_t len = 0;

	while (len < least) {
		ssize_t n;

		if (wait_for(x, POLLIN) == 0)
			return -1;
		n = recv(x->child->socket, out + len, room - len, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return 0;
		len += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)len;
}

/* As receive(); the whole answer. */
static ssize_t receive_reply(struct exchange *x)
{
	char first[FIRST_READ], *text;
	struct jq_reply r;
	ssize_t got = receive(x, first, sizeof(r), sizeof(first));
	size_t have;

	if (got <= 0)
		return got;
	memcpy(&r, first, sizeof(r));
	have = (size_t)got - sizeof(r);
	if (r.result > JQ_INVALID || r.len > JQ_OUTPUT_LEN || have > r.len)
		return 0;
	text = arena_alloc(x->arena, (size_t)r.len + 1);
	memcpy(text, first + sizeof(r), have);
	if (have < r.len)
		got = receive(x, text + have, r.len - have, r.len - have);
	if (got <= 0)
		return got;
	*x->out = (struct jq_answer){(enum jq_result)r.result, {text, r.len}, r.line};
	return 1;
}

/* Killed from outside: not what libjq does to itself. */
static bool was_killed(int status)
{
	return WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM ||
				       WTERMSIG(status) == SIGHUP || WTERMSIG(status) == SIGINT);
}

/* The child is gone while it had this run.  It was reaped after a SIGKILL of ours, which changes
 * nothing when it had ended by itself. */
static enum talk died(struct exchange *x, int status)
{
	const char *how = "a process of jq ended by itself";

	if (was_killed(status)) {
		say(x, JQ_BROKEN, "a process of jq was killed");
		return TALK_GONE;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == JQ_EXIT_MEMORY) {
		say(x, JQ_RUNAWAY, "it needs more memory than 1 GiB");
		return TALK_OVER;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
		how = "jq gave up (a check of its own did not hold)";
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
		how = "jq crashed; values nested too deeply do that";
	else if (WIFSIGNALED(status))
		how = arena_printf(x->arena, "jq ended by signal %d (%s)", WTERMSIG(status),
				   strsignal(WTERMSIG(status)));
	say(x, JQ_BROKEN, how);
	return TALK_OVER;
}

static enum talk timed_out(struct exchange *x)
{
	(void)jq_child_end(x->child);
	say(x, JQ_RUNAWAY, arena_printf(x->arena, "it takes longer than %d s", JQ_RUN_MS / 1000));
	return TALK_OVER;
}

/* The child knows the program from now on, or knows that there is none in the slot. */
static void remember(struct exchange *x)
{
	x->child->slots[x->ask.slot].used = ++x->child->runs;
	if (x->ask.compile)
		jq_pool_learned(x->pool, x->child, x->ask.slot,
				x->out->result == JQ_INVALID ? "" : x->program->digest);
}

static enum talk talk(struct exchange *x)
{
	ssize_t got;
	bool known;
	int error;

	x->ask.slot = jq_child_slot(x->child, x->program->digest, &known);
	x->ask.compile = !known;
	x->ask.source_len = known ? 0 : (uint32_t)x->program->source.len;
	x->deadline_ms = now_ms() + JQ_RUN_MS + (known ? 0 : JQ_COMPILE_MS);
	error = send_ask(x);
	if (error < 0)
		return timed_out(x);
	if (error) {
		(void)died(x, jq_child_end(x->child));
		return TALK_GONE;
	}
	got = receive_reply(x);
	if (got < 0)
		return timed_out(x);
	if (got == 0)
		return died(x, jq_child_end(x->child));
	remember(x);
	return TALK_ANSWERED;
}

static int start(struct exchange *x)
{
	int error;

	if (x->child->pid)
		return 0;
	jq_pool_forgotten(x->pool, x->child);
	error = jq_child_start(x->child);
	if (error)
		say(x, JQ_BROKEN,
		    arena_printf(x->arena, "a process for jq cannot be started: %s",
				 strerror(error)));
	return error;
}

/* With a child of ours; twice when the first one had died of something else. */
static void converse(struct exchange *x)
{
	enum talk how = TALK_GONE;

	for (int tries = 0; tries < 2 && how == TALK_GONE; tries++) {
		if (start(x))
			return;
		how = talk(x);
	}
}

static void ask(struct exchange *x)
{
	if (x->program->source.len + x->input.len > LIMIT_JSON_LEN) {
		say(x, JQ_RUNAWAY, "its input is too long");
		return;
	}
	x->child = jq_pool_borrow(x->pool, x->program->digest);
	converse(x);
	jq_pool_return(x->pool, x->child);
}

void jq_run(struct jq_pool *p, struct arena *a, const struct jq_program *program, struct text input,
	    struct jq_answer *out)
{
	struct exchange x = {.pool = p, .arena = a, .program = program, .input = input, .out = out};

	x.ask.run = 1;
	x.ask.input_len = (uint32_t)input.len;
	ask(&x);
}

void jq_check(struct jq_pool *p, struct arena *a, const struct jq_program *program,
	      struct jq_answer *out)
{
	struct exchange x = {.pool = p, .arena = a, .program = program, .out = out};

	ask(&x);
}
