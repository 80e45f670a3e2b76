/* test_http_tls.c - nginx with TLS and HTTP/2: reuse, its way of ending connections, our own
 * certificate, and a tunnel through a proxy. */
#include <time.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "providers/kit/http.h"
#include "tests/unit/proxy_fixture.h"

#define NGINX "/usr/sbin/nginx"

struct scene {
	char dir[64];
	int port, strict_port; /* the second asks for a certificate */
	pid_t pid;             /* 0: there is no nginx, then skip */
	struct http_settings settings;
	struct http_client *client;
	struct arena *arena;
	struct http_answer answer;
};

/* Files are below its prefix, the temporary folder. */
static const char config[] =
	"daemon off; master_process off; pid pid; error_log error.log;\n"
	"events { worker_connections 128; }\n"
	"http {\n"
	"  log_format asked '$request_method $uri'; access_log access.log asked;\n"
	"  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;\n"
	"  uwsgi_temp_path t4; scgi_temp_path t5;\n"
	"  ssl_certificate trusted/server.pem; ssl_certificate_key trusted/server.key;\n"
	"  keepalive_requests 5;\n"
	"  server {\n"
	"    listen 127.0.0.1:%d ssl http2;\n"
	"    location /ok { return 200 '$server_protocol $connection'; }\n"
	"    location /none { return 444; }\n"
	"  }\n"
	"  server {\n"
	"    listen 127.0.0.1:%d ssl;\n"
	"    ssl_client_certificate trusted/ca.pem; ssl_verify_client on;\n"
	"    location / { return 200 '$server_protocol $ssl_client_s_dn'; }\n"
	"  }\n"
	"}\n";

static const char make_certificates[] =
	"/usr/bin/python3 -B -c 'import sys; from pathlib import Path; "
	"sys.path.insert(0, \"tests/lab\"); "
	"from certificates import certificate_of_kind as make; make(Path(\"%s\"), \"good\")'";

static int free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static const struct http_answer *ask_at(struct scene *t, const char *method, int port,
					const char *path)
{
	struct http_request r = {.method = method, .timeout_ms = 20000};

	r.url = arena_printf(t->arena, "https://127.0.0.1:%d/%s", port, path);
	http_send(t->client, t->arena, &r, &t->answer);
	return &t->answer;
}

static const struct http_answer *ask(struct scene *t, const char *method, const char *path)
{
	return ask_at(t, method, t->port, path);
}

static void use_client(struct scene *t)
{
	http_client_free(t->client);
	t->client = http_client_new(&t->settings);
}

static void run_nginx(struct scene *t)
{
	char *path = arena_printf(t->arena, "%s/nginx.conf", t->dir);

	t->port = free_port();
	do {
		t->strict_port = free_port();
	} while (t->strict_port == t->port);
	file_write_atomic(path, text_of(arena_printf(t->arena, config, t->port, t->strict_port)));
	t->pid = fork();
	if (t->pid == 0) {
		execl(NGINX, NGINX, "-e", "/dev/null", "-p", t->dir, "-c", path, (char *)NULL);
		_exit(127);
	}
	/* Until it listens; a test that hangs is ended from outside. */
	while (ask(t, "GET", "ok")->result != HTTP_ANSWERED && waitpid(t->pid, NULL, WNOHANG) == 0)
		continue;
}

static int set_up(void **state)
{
	struct scene *t = xcalloc(1, sizeof(*t));

	*state = t;
	t->arena = arena_new();
	if (access(NGINX, X_OK) != 0)
		return 0;
	snprintf(t->dir, sizeof(t->dir), "/tmp/hadeploy-nginx.XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	assert_int_equal(system(arena_printf(t->arena, make_certificates, t->dir)), 0);
	t->settings = (struct http_settings){
		.proxy = "", .ca_file = arena_printf(t->arena, "%s/trusted/ca.pem", t->dir)};
	use_client(t);
	run_nginx(t);
	use_client(t);
	return 0;
}

static int tear_down(void **state)
{
	struct scene *t = *state;

	http_client_free(t->client);
	if (t->pid > 0) {
		kill(t->pid, SIGTERM);
		waitpid(t->pid, NULL, 0);
		assert_int_equal(system(arena_printf(t->arena, "rm -rf %s", t->dir)), 0);
	}
	arena_free(t->arena);
	free(t);
	return 0;
}

static struct scene *scene_of(void **state)
{
	struct scene *t = *state;

	if (!t->pid) {
		print_message("no nginx here\n");
		skip();
	}
	return t;
}

static size_t logged(struct scene *t, const char *line)
{
	size_t count = 0;
	FILE *f = fopen(arena_printf(t->arena, "%s/access.log", t->dir), "r");
	char read[256];

	assert_non_null(f);
	while (fgets(read, sizeof(read), f))
		count += strcmp(read, line) == 0;
	fclose(f);
	return count;
}

/* nginx writes a line when it is done with a request, which may be after its answer. */
static void expect_logged(struct scene *t, const char *line, size_t count)
{
	const struct timespec nap = {.tv_nsec = 20000000};

	for (int i = 0; i < 250 && logged(t, line) < count; i++)
		nanosleep(&nap, NULL);
	assert_int_equal(logged(t, line), count);
}

static void http2_is_spoken_and_kept(void **state)
{
	struct scene *t = scene_of(state);
	const char *first = ask(t, "GET", "ok")->body.ptr;

	assert_non_null(strstr(first, "HTTP/2.0 "));
	assert_string_equal(ask(t, "POST", "ok")->body.ptr, first);
	assert_non_null(http_header(&t->answer, "server"));
}

/* nginx says GOAWAY behind the fifth request of each connection. */
static void an_announced_end_loses_nothing(void **state)
{
	struct scene *t = scene_of(state);
	size_t before = logged(t, "POST /ok\n");

	for (int i = 0; i < 23; i++) {
		ask(t, "POST", "ok");
		if (t->answer.result != HTTP_ANSWERED)
			fail_msg("%d: %s", i, t->answer.why);
	}
	expect_logged(t, "POST /ok\n", before + 23);
}

static void a_stream_without_an_answer_is_lost(void **state)
{
	struct scene *t = scene_of(state);

	ask(t, "GET", "ok");
	assert_int_equal(ask(t, "POST", "none")->result, HTTP_LOST);
	assert_true(t->answer.sent);
	assert_non_null(t->answer.why);
	ask(t, "GET", "ok");
	expect_logged(t, "POST /none\n", 1);
}

static void our_own_certificate_is_shown(void **state)
{
	struct scene *t = scene_of(state);

	ask_at(t, "GET", t->strict_port, "");
	assert_int_equal(t->answer.status, 400);
	t->settings.cert_file = arena_printf(t->arena, "%s/trusted/server.pem", t->dir);
	t->settings.key_file = arena_printf(t->arena, "%s/trusted/server.key", t->dir);
	use_client(t);
	ask_at(t, "GET", t->strict_port, "");
	assert_string_equal(t->answer.body.ptr, "HTTP/1.1 CN=server");
	t->settings.key_file = "/nowhere.key";
	use_client(t);
	assert_int_equal(ask_at(t, "GET", t->strict_port, "")->result, HTTP_NOT_SENT);
	assert_string_equal(t->answer.why, "TLS: our own certificate or its key cannot be used");
	t->settings.cert_file = t->settings.key_file = NULL;
	use_client(t);
}

static void a_tunnel_is_no_request(void **state)
{
	struct scene *t = scene_of(state);
	struct proxy_fixture proxy;

	proxy_start(&proxy,
		    "[{\"fault\": \"close\", \"first\": 1, \"method\": \"CONNECT\"},"
		    " {\"fault\": \"status\", \"status\": 407, \"first\": 1,"
		    " \"method\": \"CONNECT\"}]",
		    NULL);
	assert_int_not_equal(proxy.port, 0);
	t->settings.proxy = arena_printf(t->arena, "http://127.0.0.1:%d", proxy.port);
	use_client(t);
	assert_int_equal(ask(t, "POST", "ok")->result, HTTP_NOT_SENT);
	assert_false(t->answer.sent);
	assert_int_equal(ask(t, "POST", "ok")->result, HTTP_NOT_SENT);
	assert_string_equal(t->answer.why, "the proxy refuses the connection with status 407");
	assert_int_equal(ask(t, "POST", "ok")->status, 200);
	assert_string_equal(strstr(t->answer.body.ptr, "HTTP/2.0 "), t->answer.body.ptr);
	t->settings.proxy = "";
	use_client(t);
	proxy_end(&proxy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(http2_is_spoken_and_kept),
		cmocka_unit_test(an_announced_end_loses_nothing),
		cmocka_unit_test(a_stream_without_an_answer_is_lost),
		cmocka_unit_test(our_own_certificate_is_shown),
		cmocka_unit_test(a_tunnel_is_no_request),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
