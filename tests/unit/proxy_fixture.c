#include "tests/unit/proxy_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

#define PYTHON "/usr/bin/python3"
#define PROXY "tests/lab/proxy.py"

static void need(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	abort();
}

static void run(const struct proxy_fixture *p, const char *rules, const char *tls, int pipes[2][2])
{
	const char *args[] = {PYTHON,  "-B",           PROXY,      "--rules", rules,
			      "--tls", tls ? tls : "", "--folder", p->folder, NULL};

	dup2(pipes[0][0], STDIN_FILENO);
	dup2(pipes[1][1], STDOUT_FILENO);
	execv(PYTHON, (char *const *)args);
	_exit(127);
}

/* The port, which it prints when it listens. */
static int read_port(int fd)
{
	char line[32] = "";
	size_t len = 0;
	int64_t port = 0;

	while (len < sizeof(line) - 1 && read(fd, line + len, 1) == 1 && line[len] != '\n')
		len++;
	text_to_int64((struct text){line, len}, 1, 65535, &port);
	return (int)port;
}

void proxy_start(struct proxy_fixture *p, const char *rules, const char *tls)
{
	int pipes[2][2];

	*p = (struct proxy_fixture){.pid = 0};
	if (access(PYTHON, X_OK) != 0 || access(PROXY, R_OK) != 0)
		return;
	if (tls) {
		snprintf(p->folder, sizeof(p->folder), "/tmp/hadeploy-proxy.XXXXXX");
		need(mkdtemp(p->folder) != NULL, "mkdtemp");
	}
	/* Nobody else may hold the ends, or it would not see that they are closed. */
	need(pipe2(pipes[0], O_CLOEXEC) == 0 && pipe2(pipes[1], O_CLOEXEC) == 0, "pipe");
	p->pid = fork();
	need(p->pid >= 0, "fork");
	if (p->pid == 0)
		run(p, rules, tls, pipes);
	close(pipes[0][0]);
	close(pipes[1][1]);
	p->input = pipes[0][1];
	p->port = read_port(pipes[1][0]);
	close(pipes[1][0]);
}

void proxy_end(struct proxy_fixture *p)
{
	char command[96];

	if (p->pid <= 0)
		return;
	close(p->input);
	waitpid(p->pid, NULL, 0);
	if (!p->folder[0])
		return;
	snprintf(command, sizeof(command), "rm -rf %s", p->folder);
	need(system(command) == 0, command);
}
