/*
 * sshd_fixture.h - a real sshd on loopback for one test program, run by the calling user
 * from a temporary folder that holds its keys.
 *
 * sshd_start and sshd_stop are for cmocka's groups; the state is a struct sshd_fixture
 * whose pid is 0 where there is no sshd: then skip.
 */
#ifndef TESTS_UNIT_SSHD_FIXTURE_H
#define TESTS_UNIT_SSHD_FIXTURE_H

#include <sys/types.h>

#include "base/base.h"

#define SSHD_ADDRESS "127.30.7.1"

struct sshd_fixture {
	char dir[64]; /* host, key, known, allowed, config; bin is first in PATH there */
	int port;
	pid_t pid;
	char user[64];
};

int sshd_start(void **state);
int sshd_stop(void **state);
/* The same without a group; more lines for its configuration. */
void sshd_start_with(struct sshd_fixture *s, const char *config);
void sshd_end(struct sshd_fixture *s);
/* dir/name; two at a time stay valid. */
const char *sshd_path(const struct sshd_fixture *s, const char *name);
int sshd_shell(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
