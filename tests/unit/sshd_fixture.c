#include "tests/unit/sshd_fixture.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

#define SSHD "/usr/sbin/sshd"

static void need(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	abort();
}

const char *sshd_path(const struct sshd_fixture *s, const char *name)
{
	static _Thread_local char path[2][128];
	static _Thread_local int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", s->dir, name);
	return path[turn];
}

int sshd_shell(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

static int free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, SSHD_ADDRESS, &at.sin_addr);
	need(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "bind");
	need(getsockname(fd, (struct sockaddr *)&at, &len) == 0, "getsockname");
	close(fd);
	return ntohs(at.sin_port);
}

static void write_files(const struct sshd_fixture *s, const char *more)
{
	struct str config = STR_INIT;

	need(sshd_shell("cd %s && mkdir bin && ssh-keygen -q -t ed25519 -N '' -f host && "
			"ssh-keygen -q -t ed25519 -N '' -f key && cp key.pub allowed && "
			"echo \"[%s]:%d $(cut -d' ' -f1,2 host.pub)\" >known",
			s->dir, SSHD_ADDRESS, s->port) == 0,
	     "ssh-keygen");
	str_printf(&config,
		   "ListenAddress %s:%d\nHostKey %s/host\nAuthorizedKeysFile %s/allowed\n"
		   "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n"
		   "SetEnv PATH=%s/bin:/usr/bin:/bin:/usr/sbin:/sbin\n%s",
		   SSHD_ADDRESS, s->port, s->dir, s->dir, s->dir, more);
	need(file_write_atomic(sshd_path(s, "config"), str_text(&config)) == 0, "config");
	str_release(&config);
}

static void run_sshd(struct sshd_fixture *s)
{
	s->pid = fork();
	if (s->pid != 0)
		return;
	if (!freopen("/dev/null", "w", stderr))
		_exit(126);
	/* It starts itself anew for each connection, so it must know where it is. */
	execl(SSHD, SSHD, "-D", "-e", "-f", sshd_path(s, "config"), (char *)NULL);
	_exit(127);
}

void sshd_start_with(struct sshd_fixture *s, const char *config)
{
	struct passwd *own = getpwuid(geteuid());

	*s = (struct sshd_fixture){.pid = 0};
	if (access(SSHD, X_OK) != 0 || !own)
		return;
	if (geteuid() == 0)
		mkdir("/run/sshd", 0755);
	snprintf(s->user, sizeof(s->user), "%s", own->pw_name);
	snprintf(s->dir, sizeof(s->dir), "/tmp/hadeploy-sshd.XXXXXX");
	need(mkdtemp(s->dir) != NULL, "mkdtemp");
	s->port = free_port();
	write_files(s, config);
	run_sshd(s);
}

void sshd_end(struct sshd_fixture *s)
{
	if (s->pid <= 0)
		return;
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
	sshd_shell("rm -rf %s", s->dir);
}

int sshd_start(void **state)
{
	struct sshd_fixture *s = xcalloc(1, sizeof(*s));

	sshd_start_with(s, "");
	*state = s;
	return 0;
}

int sshd_stop(void **state)
{
	sshd_end(*state);
	free(*state);
	return 0;
}
