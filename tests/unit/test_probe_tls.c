/* Health checks over TLS, and redirects: nginx with the certificates of the lab. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/probe_fixture.h"

#define NGINX "/usr/sbin/nginx"

enum { GOOD, EXPIRED, ELSEWHERE, PLAIN, PORT_COUNT };

struct scene {
	struct probe_fixture probe; /* certificates and nginx's files are in its folder */
	int ports[PORT_COUNT];
	pid_t pid; /* 0: there is no nginx, then skip */
};

static const char config[] =
	"daemon off; master_process off; pid pid; error_log error.log;\n"
	"events { worker_connections 128; }\n"
	"http {\n"
	"  access_log off;\n"
	"  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;\n"
	"  uwsgi_temp_path t4; scgi_temp_path t5;\n"
	"  server {\n"
	"    listen 127.0.0.1:%d ssl http2;\n"
	"    ssl_certificate good/trusted/server.pem; ssl_certificate_key "
	"good/trusted/server.key;\n"
	"    location /plain { return 302 http://127.0.0.1:%d/key; }\n"
	"    location / { return 200 fine; }\n"
	"  }\n"
	"  server {\n"
	"    listen 127.0.0.1:%d ssl;\n"
	"    ssl_certificate expired/trusted/server.pem;\n"
	"    ssl_certificate_key expired/trusted/server.key;\n"
	"  }\n"
	"  server {\n"
	"    listen 127.0.0.1:%d ssl;\n"
	"    ssl_certificate wrong-name/trusted/server.pem;\n"
	"    ssl_certificate_key wrong-name/trusted/server.key;\n"
	"  }\n"
	"  server {\n"
	"    listen 127.0.0.1:%d;\n"
	"    location /twice { return 301 once; }\n"
	"    location /once { return 307 /key; }\n"
	"    location /away { return 302 http://localhost:$server_port/key; }\n"
	"    location /round { return 302 /round; }\n"
	"    location /key { return 200 '$http_x_key.'; }\n"
	"  }\n"
	"}\n";

static const char make_certificates[] =
	"/usr/bin/python3 -B -c 'import sys; from pathlib import Path; "
	"sys.path.insert(0, \"tests/lab\"); "
	"from certificates import certificate_of_kind as make; "
	"[make(Path(\"%s\") / kind, kind) for kind in (\"good\", \"expired\", \"wrong-name\")]'";

static void choose_ports(int *ports)
{
	int sockets[PORT_COUNT];

	for (size_t i = 0; i < PORT_COUNT; i++) {
		struct sockaddr_in at = {.sin_family = AF_INET};
		socklen_t len = sizeof(at);

		sockets[i] = socket(AF_INET, SOCK_STREAM, 0);
		inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
		assert_int_equal(bind(sockets[i], (struct sockaddr *)&at, sizeof(at)), 0);
		assert_int_equal(getsockname(sockets[i], (struct sockaddr *)&at, &len), 0);
		ports[i] = ntohs(at.sin_port);
	}
	for (size_t i = 0; i < PORT_COUNT; i++)
		close(sockets[i]);
}

static int run_nginx(void **state)
{
	struct scene *s = *state;
	struct arena *a = s->probe.arena;
	const int *p = s->ports;
	const char *path = path_join(a, s->probe.folder, "nginx.conf");

	choose_ports(s->ports);
	probe_write(&s->probe, "nginx.conf",
		    arena_printf(a, config, p[GOOD], p[PLAIN], p[EXPIRED], p[ELSEWHERE], p[PLAIN]));
	s->pid = fork();
	if (s->pid == 0) {
		execl(NGINX, NGINX, "-e", "/dev/null", "-p", s->probe.folder, "-c", path,
		      (char *)NULL);
		_exit(127);
	}
	/* Until it listens; a test that hangs is ended from outside. */
	do {
		probe_check(&s->probe, "{\"Type\": \"TCP\", \"Host\": \"127.0.0.1\", \"Port\": %d}",
			    p[PLAIN]);
	} while (!probe_healthy(&s->probe) && waitpid(s->pid, NULL, WNOHANG) == 0);
	return 0;
}

static int set_up(void **state)
{
	struct scene *s = xcalloc(1, sizeof(*s));

	*state = s;
	probe_start(&s->probe, "{\"Proxy\": \"\", \"CaFile\": \"good/trusted/ca.pem\"}");
	if (access(NGINX, X_OK) != 0)
		return 0;
	assert_int_equal(system(arena_printf(s->probe.arena, make_certificates, s->probe.folder)),
			 0);
	return run_nginx(state);
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		waitpid(s->pid, NULL, 0);
	}
	probe_stop(&s->probe);
	free(s);
	return 0;
}

static struct scene *scene_of(void **state)
{
	struct scene *s = *state;

	if (!s->pid) {
		print_message("no nginx here\n");
		skip();
	}
	return s;
}

static const char *ask(struct scene *s, const char *scheme, int port, const char *more)
{
	assert_int_equal(probe_check(&s->probe,
				     "{\"Type\": \"HTTP\", \"Timeout\": 20000, \"Url\": "
				     "\"%s://127.0.0.1:%d/%s}",
				     scheme, s->ports[port], more),
			 HD_OK);
	return probe_detail(&s->probe);
}

static void a_good_certificate_is_checked(void **state)
{
	struct scene *s = scene_of(state);

	assert_string_equal(ask(s, "https", GOOD, "\""), "HTTP 200 in * ms");
	assert_true(probe_healthy(&s->probe));
	assert_string_equal(ask(s, "https", GOOD, "\", \"Contains\": \"fine\", \"TlsDays\": 14"),
			    "HTTP 200 in * ms");
	assert_true(probe_healthy(&s->probe));
}

/* Certificates of the lab hold for thirty days. */
static void a_certificate_ends_soon(void **state)
{
	struct scene *s = scene_of(state);

	for (int i = 0; i < 2; i++) {
		assert_string_equal(
			ask(s, "https", GOOD, "\", \"TlsDays\": \"40\""),
			"TLS certificate expires in 29 days, sooner than 40 days (HTTP 200 in * "
			"ms)");
		assert_false(probe_healthy(&s->probe));
	}
}

static void a_certificate_has_expired(void **state)
{
	struct scene *s = scene_of(state);
	const char *detail = ask(s, "https", EXPIRED, "\", \"CaFile\": \"expired/trusted/ca.pem\"");

	assert_false(probe_healthy(&s->probe));
	assert_string_equal(detail, arena_printf(s->probe.arena,
						 "TLS certificate expired 1 day ago (127.0.0.1:%d)",
						 s->ports[EXPIRED]));
	assert_false(probe_asked(&s->probe));
}

static void a_certificate_is_not_trusted(void **state)
{
	struct scene *s = scene_of(state);

	assert_non_null(strstr(ask(s, "https", GOOD, "\", \"CaFile\": \"expired/trusted/ca.pem\""),
			       "TLS: the certificate is not trusted: "));
	assert_false(probe_healthy(&s->probe));
	assert_non_null(
		strstr(ask(s, "https", ELSEWHERE, "\", \"CaFile\": \"wrong-name/trusted/ca.pem\""),
		       "TLS: the certificate is not trusted: "));
	assert_false(probe_healthy(&s->probe));
	assert_false(probe_asked(&s->probe));
	assert_non_null(strstr(ask(s, "https", PLAIN, "\""), "TLS: "));
	assert_false(probe_healthy(&s->probe));
	assert_false(probe_asked(&s->probe));
}

static void redirects_are_followed_when_asked(void **state)
{
	static const char key[] = "\", \"FollowRedirects\": true, \"Contains\": \"tulip.\", "
				  "\"Headers\": {\"X-Key\": \"tulip\"}";
	struct scene *s = scene_of(state);
	struct arena *a = s->probe.arena;

	assert_string_equal(ask(s, "http", PLAIN, "twice\""),
			    "HTTP 301 in * ms, not 200-299 (redirects are not followed)");
	assert_string_equal(ask(s, "http", PLAIN, arena_printf(a, "twice%s", key)),
			    "HTTP 200 in * ms after 2 redirects");
	assert_true(probe_healthy(&s->probe));
	/* Another host is not given what was meant for this one. */
	assert_string_equal(ask(s, "http", PLAIN, arena_printf(a, "away%s", key)),
			    "HTTP 200 in * ms after 1 redirect, without the text of Contains");
	assert_string_equal(ask(s, "http", PLAIN, arena_printf(a, "round%s", key)),
			    "HTTP 302 in * ms after 10 redirects, not 200-299");
	/* Nor does it go from TLS to where anybody reads along. */
	assert_string_equal(ask(s, "https", GOOD, arena_printf(a, "plain%s", key)),
			    "HTTP 302 in * ms, not 200-299");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_certificate_is_checked),
		cmocka_unit_test(a_certificate_ends_soon),
		cmocka_unit_test(a_certificate_has_expired),
		cmocka_unit_test(a_certificate_is_not_trusted),
		cmocka_unit_test(redirects_are_followed_when_asked),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
