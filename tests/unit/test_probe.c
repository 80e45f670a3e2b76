/* Health checks over HTTP and TCP, against servers on loopback; and arguments that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/http_fixture.h"
#include "tests/unit/probe_fixture.h"

struct scene {
	struct http_fixture server;
	struct probe_fixture probe;
};

static int set_up(void **state)
{
	struct scene *s = xcalloc(1, sizeof(*s));

	http_fixture_start(&s->server);
	probe_start(&s->probe, "{\"Proxy\": \"\"}");
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	probe_stop(&s->probe);
	http_fixture_end(&s->server);
	free(s);
	return 0;
}

/* A socket of loopback that listens, or does not; the port. */
static int listener(int backlog, int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

/* "BEFORE 127.0.0.1:PORT AFTER" */
static const char *about(struct scene *s, const char *before, int port, const char *after)
{
	return arena_printf(s->probe.arena, "%s127.0.0.1:%d%s", before, port, after);
}

/* --- HTTP ----------------------------------------------------------------------------------- */

/* Path, further arguments, healthy or not, detail. */
static const struct {
	const char *path, *more;
	bool healthy;
	const char *detail;
} answers[] = {
	{"ok", "", true, "HTTP 200 in * ms"},
	{"204", "", true, "HTTP 204 in * ms"},
	{"503", "", false, "HTTP 503 in * ms, not 200-299"},
	{"503", ", \"Status\": 503", true, "HTTP 503 in * ms"},
	{"404", ", \"Status\": [\"200-299\", 404]", true, "HTTP 404 in * ms"},
	{"500", ", \"Status\": \"200-299,404\"", false, "HTTP 500 in * ms, not 200-299, 404"},
	{"302", "", false, "HTTP 302 in * ms, not 200-299 (redirects are not followed)"},
	{"302", ", \"Status\": \"200-399\"", true, "HTTP 302 in * ms"},
	{"302", ", \"FollowRedirects\": true", false, "HTTP 302 in * ms, not 200-299"},
	{"ok", ", \"Contains\": \"ok 1\"", true, "HTTP 200 in * ms"},
	{"ok", ", \"Contains\": \"ok 2\"", false, "HTTP 200 in * ms, without the text of Contains"},
	{"echo", ", \"Method\": \"PUT\", \"Body\": \"a=1\", \"Contains\": \"\\r\\n\\r\\na=1\"",
	 true, "HTTP 200 in * ms"},
	{"echo", ", \"Body\": \"a=1\", \"Contains\": \"POST /echo\"", true, "HTTP 200 in * ms"},
	{"echo", ", \"Headers\": {\"X-Key\": \"tulip\", \"N\": 5}, \"Contains\": \"X-Key: tulip\"",
	 true, "HTTP 200 in * ms"},
	{"endless", "", true, "HTTP 200 in * ms"},
	{"endless", ", \"Contains\": \"never\"", false,
	 "HTTP 200 in * ms, without the text of Contains in its first MB"},
};

static void an_answer_is_judged(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		assert_int_equal(probe_check(&s->probe,
					     "{\"Name\": \"shop\", \"Type\": \"HTTP\", \"Url\": "
					     "\"%s\", \"Timeout\": 20000%s}",
					     http_fixture_url(&s->server, answers[i].path),
					     answers[i].more),
				 HD_OK);
		assert_string_equal(probe_detail(&s->probe), answers[i].detail);
		assert_int_equal(probe_healthy(&s->probe), answers[i].healthy);
	}
}

/* Nothing is kept between checks: what was there a while ago says nothing. */
static void each_check_has_its_connection(void **state)
{
	struct scene *s = *state;
	size_t before;

	pthread_mutex_lock(&s->server.lock);
	before = s->server.connection_count;
	pthread_mutex_unlock(&s->server.lock);
	for (int i = 0; i < 3; i++) {
		probe_check(&s->probe,
			    "{\"Type\": \"HTTP\", \"Url\": \"%s\", \"Contains\": \"ok 1\"}",
			    http_fixture_url(&s->server, "ok"));
		assert_true(probe_healthy(&s->probe));
	}
	pthread_mutex_lock(&s->server.lock);
	assert_int_equal(s->server.connection_count, before + 3);
	pthread_mutex_unlock(&s->server.lock);
	http_fixture_wait_open(&s->server, 0);
}

static void no_answer_says_why(void **state)
{
	static const char ask[] = "{\"Type\": \"HTTP\", \"Url\": \"%s\", \"Timeout\": %d}";
	struct scene *s = *state;
	struct str wanted = STR_INIT;

	assert_int_equal(probe_check(&s->probe, ask, http_fixture_url(&s->server, "wait"), 150),
			 HD_OK);
	str_printf(&wanted, "no whole answer from 127.0.0.1:%d within 150ms", s->server.port);
	assert_string_equal(probe_detail(&s->probe), str_cstr(&wanted));
	assert_int_equal(probe_check(&s->probe, ask, http_fixture_url(&s->server, "none"), 9000),
			 HD_OK);
	str_clear(&wanted);
	str_printf(&wanted, "the connection was closed before an answer (127.0.0.1:%d)",
		   s->server.port);
	assert_string_equal(probe_detail(&s->probe), str_cstr(&wanted));
	assert_int_equal(probe_check(&s->probe, ask, http_fixture_url(&s->server, "words"), 9000),
			 HD_OK);
	assert_false(probe_healthy(&s->probe));
	assert_int_equal(
		probe_check(&s->probe, ask, "http://no-such-host.invalid:80/x?key=tulip", 9000),
		HD_OK);
	assert_false(probe_healthy(&s->probe));
	assert_null(strstr(probe_detail(&s->probe), "tulip"));
	str_release(&wanted);
}

/* --- TCP ------------------------------------------------------------------------------------ */

static void a_port_that_listens_is_healthy(void **state)
{
	struct scene *s = *state;
	int port, fd = listener(5, &port);

	assert_int_equal(probe_check(&s->probe,
				     "{\"Type\": \"TCP\", \"Host\": \"127.0.0.1\", \"Port\": %d}",
				     port),
			 HD_OK);
	assert_string_equal(probe_detail(&s->probe), about(s, "connected to ", port, " in * ms"));
	assert_true(probe_healthy(&s->probe));
	probe_check(&s->probe, "{\"Type\": \"TCP\", \"Address\": \"localhost\", \"Port\": \"%d\"}",
		    port);
	assert_true(probe_healthy(&s->probe));
	/* It accepts and says nothing: for HTTP that is no answer. */
	probe_check(&s->probe,
		    "{\"Type\": \"HTTP\", \"Url\": \"http://127.0.0.1:%d/\", \"Timeout\": 100}",
		    port);
	assert_string_equal(probe_detail(&s->probe),
			    about(s, "no whole answer from ", port, " within 100ms"));
	close(fd);
}

static void a_port_that_is_closed_is_not(void **state)
{
	struct scene *s = *state;
	int port, fd = listener(-1, &port);

	probe_check(&s->probe, "{\"Type\": \"TCP\", \"Host\": \"127.0.0.1\", \"Port\": %d}", port);
	assert_string_equal(probe_detail(&s->probe), about(s, "connection refused by ", port, ""));
	assert_false(probe_healthy(&s->probe));
	probe_check(&s->probe, "{\"Type\": \"HTTP\", \"Url\": \"http://127.0.0.1:%d/\"}", port);
	assert_string_equal(probe_detail(&s->probe), about(s, "connection refused by ", port, ""));
	close(fd);
}

/* A queue that is full drops what comes, as a dead host does. */
static void a_host_that_is_silent_takes_the_timeout(void **state)
{
	struct scene *s = *state;
	struct sockaddr_in at = {.sin_family = AF_INET};
	int port, fd = listener(0, &port), fill[8];

	inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
	at.sin_port = htons((uint16_t)port);
	for (size_t i = 0; i < ARRAY_LEN(fill); i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(fill[i], (struct sockaddr *)&at, sizeof(at));
	}
	probe_check(&s->probe,
		    "{\"Type\": \"TCP\", \"Host\": \"127.0.0.1\", \"Port\": %d, \"Timeout\": 200}",
		    port);
	assert_string_equal(probe_detail(&s->probe),
			    about(s, "no connection to ", port, " within 200ms"));
	for (size_t i = 0; i < ARRAY_LEN(fill); i++)
		close(fill[i]);
	close(fd);
}

/* --- what is wrong ---------------------------------------------------------------------------- */

/* Arguments, code, what the summary, detail and hint have in them. */
static const struct {
	const char *args, *code, *summary, *detail, *hint;
} wrong[] = {
	{"{}", "HD5503 ", "a check has no 'Type'", "types are HTTP, TCP, COMMAND", ""},
	{"{\"Type\": \"HTPT\"}", "HD5503 ", "there is no check of type 'HTPT'",
	 "HTTP, TCP, COMMAND", "did you mean 'HTTP'?"},
	{"{\"Type\": \"LDAP\"}", "HD5503 ", "no check of type 'LDAP'", "", ""},
	{"{\"Type\": \"HTTP\", \"Ulr\": \"x\"}", "HD5502 ", "a check of type HTTP has no key 'Ulr'",
	 "its keys are Url, Method", "did you mean 'Url'?"},
	{"{\"Type\": \"HTTP\", \"Port\": 1}", "HD5502 ", "no key 'Port'", "its keys are Url", ""},
	{"{\"Type\": \"HTTP\"}", "HD5502 ", "'Url' of a check of type HTTP", "begins with http://",
	 ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"ftp://h/\"}", "HD5502 ", "'Url'", "", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://me:tulip@h/\"}", "HD5502 ", "'Url'", "user", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/ x\"}", "HD5502 ", "'Url'", "", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"Status\": \"2xx\"}", "HD5502 ", "'Status'",
	 "", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"Status\": []}", "HD5502 ", "'Status'", "",
	 ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"Status\": \"400-300\"}", "HD5502 ",
	 "'Status'", "", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"Method\": \"GET /\"}", "HD5502 ",
	 "'Method'", "", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"Headers\": {\"A\": \"x\\r\\nB: y\"}}",
	 "HD5502 ", "'Headers'", "", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"Headers\": [\"A\"]}", "HD5502 ",
	 "'Headers'", "", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"CaFile\": \"no.pem\"}", "HD5502 ",
	 "'CaFile'", "'no.pem' cannot be read", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"TlsDays\": 14}", "HD5502 ", "'TlsDays'",
	 "no TLS", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"https://h/\", \"TlsDays\": -1}", "HD5502 ", "'TlsDays'",
	 "from 0 to 3650", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"Body\": \"x\", "
	 "\"FollowRedirects\": true}",
	 "HD5502 ", "'FollowRedirects'", "", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"FollowRedirects\": \"no\"}", "HD5502 ",
	 "'FollowRedirects'", "true or false", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"Method\": \"HEAD\", \"Contains\": \"x\"}",
	 "HD5502 ", "'Contains'", "", ""},
	{"{\"Type\": \"HTTP\", \"Url\": \"http://h/\", \"Timeout\": 0}", "HD5502 ", "'Timeout'",
	 "from 1 to 60000", ""},
	{"{\"Type\": \"TCP\", \"Port\": 1}", "HD5502 ", "'Host' of a check of type TCP", "", ""},
	{"{\"Type\": \"TCP\", \"Host\": \"a/b\", \"Port\": 1}", "HD5502 ", "'Host'", "", ""},
	{"{\"Type\": \"TCP\", \"Host\": \"a\"}", "HD5502 ", "'Port'", "1 to 65535", ""},
	{"{\"Type\": \"TCP\", \"Host\": \"a\", \"Port\": 70000}", "HD5502 ", "'Port'",
	 "and not '70000'", ""},
	{"{\"Type\": \"COMMAND\"}", "HD5502 ", "'Command' of a check of type COMMAND", "", ""},
	{"{\"Type\": \"COMMAND\", \"Command\": []}", "HD5502 ", "'Command'", "", ""},
	{"{\"Type\": \"COMMAND\", \"Command\": [[\"a\"]]}", "HD5502 ", "'Command'", "", ""},
	{"{\"Type\": \"COMMAND\", \"Command\": \"true\", \"Environment\": {\"HADEPLOY_X\": 1}}",
	 "HD5502 ", "'Environment'", "are taken", ""},
	{"{\"Type\": \"COMMAND\", \"Command\": [\"no-such-program\"]}", "HD5505 ",
	 "there is no program 'no-such-program'", "looked for in ", ""},
	{"{\"Type\": \"COMMAND\", \"Command\": [\"./none.sh\"]}", "HD5505 ",
	 "there is no program './none.sh'", "project's folder", ""},
};

static void assert_has(const struct str *text, const char *wanted)
{
	if (!strstr(str_cstr(text), wanted))
		fail_msg("'%s' is not in '%s'", wanted, str_cstr(text));
}

static void wrong_arguments_are_no_answer(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_int_equal(probe_check(&s->probe, "%s", wrong[i].args), HD_FATAL);
		assert_string_equal(str_cstr(&s->probe.op.code), wrong[i].code);
		assert_has(&s->probe.op.summary, wrong[i].summary);
		assert_has(&s->probe.op.detail, wrong[i].detail);
		assert_has(&s->probe.op.hint, wrong[i].hint);
		assert_null(strstr(str_cstr(&s->probe.op.detail), "tulip"));
		assert_int_equal(s->probe.op.result.len, 0);
	}
}

static void a_check_that_is_stopped_ends(void **state)
{
	struct scene *s = *state;
	struct str args = STR_INIT;

	str_printf(&args, "{\"Type\": \"HTTP\", \"Url\": \"%s\", \"Timeout\": 60000}",
		   http_fixture_url(&s->server, "wait"));
	assert_int_equal(probe_check_stopped(&s->probe, str_cstr(&args)), HD_CANCELLED);
	assert_string_equal(str_cstr(&s->probe.op.code), "HD5504 ");
	str_release(&args);
}

static void settings_are_checked(void **state)
{
	struct probe_fixture f;

	(void)state;
	probe_start(&f, "{\"CaFlie\": \"x\"}");
	assert_int_equal(f.status, HD_FATAL);
	assert_string_equal(str_cstr(&f.op.code), "HD5501 ");
	assert_has(&f.op.hint, "'CaFile'");
	probe_stop(&f);
	probe_start(&f, "{\"Proxy\": 5}");
	assert_int_equal(f.status, HD_FATAL);
	assert_has(&f.op.summary, "setting 'Proxy'");
	probe_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_judged),
		cmocka_unit_test(each_check_has_its_connection),
		cmocka_unit_test(no_answer_says_why),
		cmocka_unit_test(a_port_that_listens_is_healthy),
		cmocka_unit_test(a_port_that_is_closed_is_not),
		cmocka_unit_test(a_host_that_is_silent_takes_the_timeout),
		cmocka_unit_test(wrong_arguments_are_no_answer),
		cmocka_unit_test(a_check_that_is_stopped_ends),
		cmocka_unit_test(settings_are_checked),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
