#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"

#define USUAL_PATH "/usr/local/bin:/usr/bin:/bin"
#define GRACE_MS 500
#define SLICE_MS 50
#define PIECE_LEN 4096
#define PIECES_MAX 64 /* at a time, of one that never ends */
#define STREAMS 2
#define STREAM_SAID 0
#define STREAM_ERRORS 1

/* One that goes on. */
struct process {
	const struct process_order *order;
	struct process_result *result;
	pid_t pid; /* and of its group; ours until it is waited for, so it names nobody else */
	/* What it says, and stderr when it is apart.  -1: closed at the other end. */
	int pipes[STREAMS];
	bool told; /* to end */
	int grace_ms;
};

/* The three that it has: what it reads, says, and where it is. */
struct ends {
	int in, out, err; /* in -1: nothing to read */
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
		error = posix_spawn_file_actions_adddup2(actions, e->err, STDERR_FILENO);
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
static int open_input(struct text t)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0 || (write(fd, t.ptr, t.len) == (ssize_t)t.len && lseek(fd, 0, SEEK_SET) == 0))
		return fd;
	close(fd);
	return -1;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The end that we read does not block. */
static int open_pipe(int *ours, int *theirs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	*ours = ends[0];
	*theirs = ends[1];
	return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

/* Also after a failure all that was opened is in *e and p->pipes. */
static int open_ends(struct process *p, struct ends *e)
{
	const struct process_order *o = p->order;

	if (o->input.ptr && (e->in = open_input(o->input)) < 0)
		return -1;
	if (open_pipe(&p->pipes[STREAM_SAID], &e->out) < 0)
		return -1;
	return o->apart ? open_pipe(&p->pipes[STREAM_ERRORS], &e->err) : 0;
}

static int start(struct process *p)
{
	struct ends e = {-1, -1, -1, p->order->folder};
	struct ends used;
	int error = 0;

	if (open_ends(p, &e) < 0)
		error = errno;
	used = e;
	if (!p->order->apart)
		used.err = e.out;
	if (!error)
		error = spawn(p, &used);
	close_end(&e.in);
	close_end(&e.out);
	close_end(&e.err);
	if (!error)
		return 0;
	close_end(&p->pipes[STREAM_SAID]);
	close_end(&p->pipes[STREAM_ERRORS]);
	errno = error;
	return -1;
}

static void keep(struct process_result *r, struct str *tail, const char *bytes, size_t len)
{
	str_add_len(tail, bytes, len);
	if (tail->len > 2 * PROCESS_TAIL_LEN) {
		r->cut = true;
		memmove(tail->ptr, tail->ptr + tail->len - PROCESS_TAIL_LEN, PROCESS_TAIL_LEN);
		str_truncate(tail, PROCESS_TAIL_LEN);
	}
}

static void drain_one(struct process *p, int stream)
{
	struct str *tail = stream == STREAM_SAID ? &p->result->tail : &p->result->errors;
	int *pipe = &p->pipes[stream];
	char bytes[PIECE_LEN];

	for (size_t i = 0; *pipe >= 0 && i < PIECES_MAX; i++) {
		ssize_t got = read(*pipe, bytes, sizeof(bytes));

		if (got > 0)
			keep(p->result, tail, bytes, (size_t)got);
		else if (got == 0)
			close_end(pipe);
		else
			break;
	}
}

static void drain(struct process *p)
{
	drain_one(p, STREAM_SAID);
	drain_one(p, STREAM_ERRORS);
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
		struct pollfd ready[STREAMS] = {{p->pipes[STREAM_SAID], POLLIN, 0},
						{p->pipes[STREAM_ERRORS], POLLIN, 0}};
		int wait_ms = p->told ? shorter(p->grace_ms, slice_ms)
				      : shorter(p->order->left_ms(p->order->context), slice_ms);

		if (poll(ready, STREAMS, wait_ms) == 0 && p->told)
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
	close_end(&p->pipes[STREAM_SAID]);
	close_end(&p->pipes[STREAM_ERRORS]);
	if (r->end == PROCESS_STOPPED || r->end == PROCESS_TOO_LONG)
		return;
	r->end = WIFEXITED(status) ? PROCESS_EXITED : PROCESS_SIGNALLED;
	r->number = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

int run_to_end(const struct process_order *o, struct process_result *out)
{
	struct process p = {.order = o, .result = out, .pipes = {-1, -1}};

	*out = (struct process_result){.end = PROCESS_EXITED};
	if (start(&p) < 0)
		return -1;
	watch(&p);
	end(&p);
	return 0;
}

const char *program_path(struct arena *a, const char *program)
{
	const char *path = getenv("PATH");
	struct text_split split = text_split_start(text_of(path ? path : USUAL_PATH));
	struct text dir;

	while (text_next(&split, ':', &dir)) {
		const char *file;

		if (!dir.len || dir.ptr[0] != '/')
			continue;
		file = arena_printf(a, "%.*s/%s", TEXT_ARG(dir), program);
		if (access(file, X_OK) == 0)
			return file;
	}
	return NULL;
}
