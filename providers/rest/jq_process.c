/* jq_process.c - starting and ending the processes that run jq. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "providers/rest/jq_pool.h"

/* Nothing; but a sanitizer's allocator is to fail as the C library's does when memory runs out. */
#ifdef __has_feature
#define HAS_FEATURE(f) __has_feature(f)
#else
#define HAS_FEATURE(f) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define ENVIRONMENT "ASAN_OPTIONS=allocator_may_return_null=1"
#elif defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
#define ENVIRONMENT "TSAN_OPTIONS=allocator_may_return_null=1"
#else
#define ENVIRONMENT NULL
#endif

/* A group of its own: Ctrl-C on the terminal is for the parent alone. */
static int spawn(pid_t *pid, int socket)
{
	char *argv[] = {(char *)jq_child_name, NULL};
	char *envp[] = {(char *)ENVIRONMENT, NULL};
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
	error = posix_spawn_file_actions_adddup2(&actions, socket, JQ_CHILD_SOCKET);
	if (!error)
		error = posix_spawn(pid, "/proc/self/exe", &actions, &attr, argv, envp);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return error;
}

int jq_child_start(struct jq_child *child)
{
	int ends[2], error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return errno;
	error = spawn(&child->pid, ends[1]);
	close(ends[1]);
	if (error) {
		close(ends[0]);
		child->pid = 0;
		return error;
	}
	child->socket = ends[0];
	child->runs = 0;
	return 0;
}

int jq_child_end(struct jq_child *child)
{
	int status = 0;

	if (!child->pid)
		return 0;
	close(child->socket);
	/* It is ours until it is waited for, so this kills nobody else. */
	kill(child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	child->pid = 0;
	return status;
}
