/*
 * proxy_fixture.h - the lab's fault-injecting proxy (tests/lab/proxy.py) for one test, as a server
 * that counts the work done: what is no GET is work, and GET /done tells how much.
 */
#ifndef TESTS_UNIT_PROXY_FIXTURE_H
#define TESTS_UNIT_PROXY_FIXTURE_H

#include <stdio.h>
#include <sys/types.h>

struct proxy_fixture {
	char folder[64]; /* "" without TLS; has ca.pem */
	int port;        /* 0: it could not be started: then skip */
	int input;       /* it ends when this is closed */
	pid_t pid;
};

/* rules: JSON, as proxy.py has them; tls: a kind of certificates.py, or NULL. */
void proxy_start(struct proxy_fixture *p, const char *rules, const char *tls);
void proxy_end(struct proxy_fixture *p);

#endif
