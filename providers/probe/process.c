#include "providers/probe/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_MS 500
#define SLICE_MS 50
#define PIECE_LEN 4096
#define PIECES_MAX 64 /* at a time, of one that never ends */

/* One that goes on. */
struct process {
	const struct process_order *order;
	struct process_result *result;
	pid_t pid; /* and of its group; ours until it is waited for, so it names nobody else */
	int pipe;  /* -1: it was closed at the other end */
	bool told; /* to end */
	int grace_ms;
};

/* The three that it has: what it reads, says, and where it is. */
struct ends {
	int in, out; /* in -1: nothing to read */
	const char *folder;
};

/* 0, or an errno. */
static int add_actions(posix_spawn_file_actions_t *actions, const struct ends *e)
{
	int error = e->in >= 0 ? posix_spawn_file_actions_adddup2(actions, e->in, STDIN_FILENO)
			       : posix_spawn_file_actions_addopen(actions, STDIN_FILENO,
								  "/dev/null", O_RDONLY, 0);

	if (!error)
		error = posix_spawn_file_actions_adddup2(actions, e->out, STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(actions, e->out, STDERR_FILENO);
	if (!error)
		error = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	if (!error)
		error = posix_spawn_file_actions_addchdir_np(actions, e->folder);
	return error;
}

static int spawn(struct process *p, const struct ends *e)
{
	const struct process_order *o = p->order;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t all, none;
	int error;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawn_file_actions_init(&actions);
	error = add_actions(&actions, e);
	if (!error)
		error = posix_spawn(&p->pid, o->path, &actions, &attr, o->argv, o->envp);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return error;
}

/* In memory, so that who does not read it holds nobody up.  -1 with errno. */
static int open_input(const char *text)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0 || (write(fd, text, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0))
		return fd;
	close(fd);
	return -1;
}

static int start(struct process *p)
{
	struct ends e = {-1, -1, p->order->folder};
	int ends[2], error;

	if (p->order->input && (e.in = open_input(p->order->input)) < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		if (e.in >= 0)
			close(e.in);
		return -1;
	}
	e.out = ends[1];
	/* Ours alone does not block. */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	error = spawn(p, &e);
	close(ends[1]);
	if (e.in >= 0)
		close(e.in);
	p->pipe = ends[0];
	if (!error)
		return 0;
	close(ends[0]);
	errno = error;
	return -1;
}

static void keep(struct str *tail, const char *bytes, size_t len)
{
	str_add_len(tail, bytes, len);
	if (tail->len > 2 * PROCESS_TAIL_LEN) {
		memmove(tail->ptr, tail->ptr + tail->len - PROCESS_TAIL_LEN, PROCESS_TAIL_LEN);
		str_truncate(tail, PROCESS_TAIL_LEN);
	}
}

static void drain(struct process *p)
{
	char bytes[PIECE_LEN];

	for (size_t i = 0; p->pipe >= 0 && i < PIECES_MAX; i++) {
		ssize_t got = read(p->pipe, bytes, sizeof(bytes));

		if (got > 0) {
			keep(&p->result->tail, bytes, (size_t)got);
		} else if (got == 0) {
			close(p->pipe);
			p->pipe = -1;
		} else {
			break;
		}
	}
}

static bool has_ended(const struct process *p)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == p->pid;
}

/* True when it is to be killed. */
static bool is_over(struct process *p)
{
	const struct process_order *o = p->order;

	if (o->stop(o->context)) {
		p->result->end = PROCESS_STOPPED;
		return true;
	}
	if (!p->told && o->left_ms(o->context) <= 0) {
		p->told = true;
		p->result->end = PROCESS_TOO_LONG;
		p->grace_ms = GRACE_MS;
		kill(-p->pid, SIGTERM);
	}
	return p->told && p->grace_ms <= 0;
}

static int shorter(int64_t left_ms, int slice_ms)
{
	return left_ms > 0 && left_ms < slice_ms ? (int)left_ms : slice_ms;
}

/* What is closed at the other end ends soon: it is asked often at first. */
static void watch(struct process *p)
{
	int slice_ms = 1;

	while (!has_ended(p) && !is_over(p)) {
		struct pollfd ready = {.fd = p->pipe, .events = POLLIN};
		int wait_ms = p->told ? shorter(p->grace_ms, slice_ms)
				      : shorter(p->order->left_ms(p->order->context), slice_ms);

		if (poll(&ready, 1, wait_ms) == 0 && p->told)
			p->grace_ms -= wait_ms;
		drain(p);
		slice_ms = slice_ms < SLICE_MS / 2 ? 2 * slice_ms : SLICE_MS;
	}
}

/* All of its group, while it still has the name. */
static void end(struct process *p)
{
	struct process_result *r = p->result;
	int status = 0;

	kill(-p->pid, SIGKILL);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	drain(p);
	if (p->pipe >= 0)
		close(p->pipe);
	if (r->end == PROCESS_STOPPED || r->end == PROCESS_TOO_LONG)
		return;
	r->end = WIFEXITED(status) ? PROCESS_EXITED : PROCESS_SIGNALLED;
	r->number = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

int run_to_end(const struct process_order *o, struct process_result *out)
{
	struct process p = {.order = o, .result = out};

	*out = (struct process_result){.end = PROCESS_EXITED};
	if (start(&p) < 0)
		return -1;
	watch(&p);
	end(&p);
	return 0;
}
