/*
 * signals.c - the only file-scope data that changes: a signal handler can reach nothing else.
 */
#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE 2 /* signals that ask; the next one ends the process */

static int count;
static int wake[2] = {-1, -1};

static void on_signal(int number)
{
	int saved = errno;
	int now = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);

	if (now > PATIENCE) {
		signal(number, SIG_DFL);
		raise(number);
	}
	/* A full pipe is readable as well. */
	if (write(wake[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

static int catch_signal(int number)
{
	struct sigaction now, act;

	if (sigaction(number, NULL, &now) != 0)
		return -1;
	if (now.sa_handler == SIG_IGN) /* nohup, or a shell's background job */
		return 0;
	memset(&act, 0, sizeof(act));
	act.sa_handler = on_signal; /* without SA_RESTART: a question ends */
	sigemptyset(&act.sa_mask);
	return sigaction(number, &act, NULL);
}

int signals_open(void)
{
	return wake[0] >= 0 ? 0 : pipe2(wake, O_CLOEXEC | O_NONBLOCK);
}

int signals_catch(void)
{
	if (catch_signal(SIGINT) != 0 || catch_signal(SIGTERM) != 0 || catch_signal(SIGHUP) != 0)
		return -1;
	return 0;
}

const int *signals_count(void)
{
	return &count;
}

int signals_wake_fd(void)
{
	return wake[0];
}

bool signals_interrupted(void)
{
	return __atomic_load_n(&count, __ATOMIC_SEQ_CST) > 0;
}
