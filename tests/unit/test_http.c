/* test_http.c - requests to a server that answers, half answers, or goes away. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "providers/kit/http.h"
#include "tests/unit/http_fixture.h"

/* A server, a client, an arena; per test. */
struct scene {
	struct http_fixture server;
	struct http_client *client;
	struct arena *arena;
	struct http_answer answer;
};

static int set_up(void **state)
{
	const struct http_settings s = {.proxy = ""};
	struct scene *t = xcalloc(1, sizeof(*t));

	http_fixture_start(&t->server);
	t->client = http_client_new(&s);
	t->arena = arena_new();
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *t = *state;

	http_client_free(t->client);
	http_fixture_end(&t->server);
	arena_free(t->arena);
	free(t);
	return 0;
}

static const struct http_answer *ask(struct scene *t, const char *method, const char *path)
{
	const struct http_request r = {.method = method, .url = http_fixture_url(&t->server, path)};

	http_send(t->client, t->arena, &r, &t->answer);
	return &t->answer;
}

static const struct http_answer *post(struct scene *t, const char *path, struct text body)
{
	const struct http_request r = {.method = "POST",
				       .url = http_fixture_url(&t->server, path),
				       .body = body,
				       .has_body = true};

	http_send(t->client, t->arena, &r, &t->answer);
	return &t->answer;
}

static void lost(const struct http_answer *a, const char *why)
{
	assert_int_equal(a->result, HTTP_LOST);
	assert_true(a->sent);
	assert_int_equal(a->status, 0);
	assert_string_equal(a->why, why);
}

static void not_sent(const struct http_answer *a, const char *why)
{
	assert_int_equal(a->result, HTTP_NOT_SENT);
	assert_false(a->sent);
	assert_string_equal(a->why, why);
}

static void an_answer_is_whole(void **state)
{
	struct scene *t = *state;
	const struct http_answer *a = ask(t, "GET", "ok");

	assert_int_equal(a->result, HTTP_ANSWERED);
	assert_int_equal(a->status, 200);
	assert_string_equal(a->body.ptr, "ok 1");
	assert_int_equal(a->body.len, 4);
	assert_int_equal(a->header_count, 3);
	assert_string_equal(a->headers[2].name, "x-two");
	assert_string_equal(a->headers[2].value, "two");
	assert_string_equal(http_header(a, "X-Two"), "one");
	assert_non_null(strstr(http_fixture_url(&t->server, ""), a->address));
	assert_null(a->why);
}

static void every_status_is_an_answer(void **state)
{
	struct scene *t = *state;

	assert_int_equal(ask(t, "GET", "404")->status, 404);
	assert_string_equal(t->answer.body.ptr, "as told");
	assert_int_equal(ask(t, "GET", "503")->status, 503);
	assert_int_equal(ask(t, "GET", "302")->status, 302);
	assert_int_equal(t->answer.result, HTTP_ANSWERED);
}

static void interim_answers_leave_no_headers(void **state)
{
	struct scene *t = *state;
	const struct http_answer *a = ask(t, "GET", "continue");

	assert_int_equal(a->status, 200);
	assert_null(http_header(a, "x-first"));
	assert_string_equal(http_header(a, "x-two"), "one");
}

static void the_request_leaves_as_it_was_given(void **state)
{
	struct scene *t = *state;
	const struct http_header headers[] = {
		{"Content-Type", "application/json"}, {"X-Empty", ""}, {"host", "other.example"}};
	const struct http_request r = {.method = "PATCH",
				       .url = http_fixture_url(&t->server, "a/../%2e/echo?a=%20&b"),
				       .headers = headers,
				       .header_count = 3,
				       .body = TEXT_LIT("{\0}"),
				       .has_body = true};

	http_send(t->client, t->arena, &r, &t->answer);
	assert_int_equal(t->answer.status, 200);
	assert_int_equal(memcmp(t->answer.body.ptr + t->answer.body.len - 3, "{\0}", 3), 0);
	assert_string_equal(strstr(t->answer.body.ptr, "PATCH "), t->answer.body.ptr);
	assert_non_null(strstr(t->answer.body.ptr, "PATCH /a/../%2e/echo?a=%20&b HTTP/1.1\r\n"));
	assert_non_null(strstr(t->answer.body.ptr, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(t->answer.body.ptr, "\r\nX-Empty:\r\n"));
	assert_non_null(strcasestr(t->answer.body.ptr, "\r\nhost: other.example\r\n"));
	assert_non_null(strstr(t->answer.body.ptr, "\r\nContent-Length: 3\r\n"));
	assert_non_null(strstr(t->answer.body.ptr, "\r\nUser-Agent: hadeploy/"));
	assert_null(strstr(t->answer.body.ptr, "Expect:"));
}

static void bodies_have_a_length_where_one_is_expected(void **state)
{
	struct scene *t = *state;

	ask(t, "POST", "echo");
	assert_non_null(strstr(t->answer.body.ptr, "Content-Length: 0\r\n"));
	assert_null(strstr(t->answer.body.ptr, "Content-Type"));
	ask(t, "DELETE", "echo");
	assert_null(strstr(t->answer.body.ptr, "Content-Length"));
	assert_string_equal(strstr(t->answer.body.ptr, "DELETE "), t->answer.body.ptr);
	assert_int_equal(ask(t, "HEAD", "then-close")->status, 200);
	assert_int_equal(t->answer.body.len, 0);
	/* The kinds of one handle do not mix. */
	post(t, "echo", TEXT_LIT("x"));
	ask(t, "GET", "echo");
	assert_null(strstr(t->answer.body.ptr, "Content-Length"));
}

static void large_bodies_go_without_asking_first(void **state)
{
	struct scene *t = *state;
	struct str body = STR_INIT;

	str_repeat(&body, 'x', (size_t)3 << 20);
	post(t, "echo", str_text(&body));
	assert_int_equal(t->answer.status, 200);
	assert_true(t->answer.body.len > body.len);
	assert_null(strstr(t->answer.body.ptr, "Expect"));
	str_release(&body);
}

static void connections_are_kept(void **state)
{
	struct scene *t = *state;

	ask(t, "GET", "ok");
	post(t, "ok", TEXT_LIT("x"));
	assert_string_equal(t->answer.body.ptr, "ok 2");
	assert_string_equal(ask(t, "DELETE", "ok")->body.ptr, "ok 3");
	assert_int_equal(t->server.connection_count, 1);
}

static void one_thread_and_two_hosts_need_two_connections(void **state)
{
	struct scene *t = *state;
	struct http_fixture other;

	http_fixture_start(&other);
	for (int i = 0; i < 4; i++) {
		const struct http_request r = {.method = "POST",
					       .url = http_fixture_url(&other, "ok")};

		post(t, "ok", TEXT_LIT("x"));
		http_send(t->client, t->arena, &r, &t->answer);
	}
	assert_int_equal(t->server.connection_count, 1);
	assert_int_equal(other.connection_count, 1);
	http_fixture_end(&other);
}

static void a_closed_kept_connection_is_not_used(void **state)
{
	struct scene *t = *state;

	for (int i = 0; i < 3; i++) {
		post(t, "then-close", TEXT_LIT("x"));
		assert_int_equal(t->answer.result, HTTP_ANSWERED);
		assert_string_equal(t->answer.body.ptr, "ok 1");
		http_fixture_wait_open(&t->server, 0);
	}
	assert_int_equal(t->server.request_count, 3);
}

static void what_may_have_been_done_is_not_sent_again(void **state)
{
	static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};
	struct scene *t = *state;

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		size_t before;

		ask(t, "GET", "ok");
		before = http_fixture_count(&t->server);
		ask(t, methods[i], "kept-none");
		lost(&t->answer, "the connection was closed before an answer");
		assert_int_equal(http_fixture_count(&t->server), before + 1);
	}
}

static void what_only_asks_is_sent_again(void **state)
{
	struct scene *t = *state;

	ask(t, "GET", "ok");
	assert_int_equal(ask(t, "GET", "kept-none")->result, HTTP_ANSWERED);
	assert_string_equal(t->answer.body.ptr, "ok 1");
	assert_int_equal(http_fixture_count(&t->server), 3);
}

static void no_answer_is_lost(void **state)
{
	struct scene *t = *state;

	lost(post(t, "none", TEXT_LIT("x")), "the connection was closed before an answer");
	assert_false(t->answer.timed_out);
	lost(ask(t, "GET", "none"), "the connection was closed before an answer");
	lost(post(t, "reset", TEXT_LIT("x")), "connection reset by peer");
	assert_int_equal(http_fixture_count(&t->server), 3);
}

static void half_an_answer_is_lost(void **state)
{
	struct scene *t = *state;

	lost(post(t, "half", TEXT_LIT("x")), "the answer was cut off");
	assert_int_equal(t->answer.body.len, 0);
	lost(post(t, "chunks", TEXT_LIT("x")), "the answer was cut off");
	lost(post(t, "half-head", TEXT_LIT("x")), "the answer was cut off");
	lost(post(t, "words", TEXT_LIT("x")), "the answer is not HTTP");
	assert_int_equal(http_fixture_count(&t->server), 4);
}

static void an_answer_that_takes_too_long_is_lost(void **state)
{
	struct scene *t = *state;
	const struct http_request r = {
		.method = "POST", .url = http_fixture_url(&t->server, "wait"), .timeout_ms = 200};

	http_send(t->client, t->arena, &r, &t->answer);
	lost(&t->answer, "no whole answer within 200ms");
	assert_true(t->answer.timed_out);
}

static void answers_are_bounded(void **state)
{
	struct scene *t = *state;

	lost(ask(t, "GET", "endless"), "the answer is too long");
	assert_true(t->answer.too_long);
	lost(ask(t, "GET", "heads"), "the answer is too long");
	assert_int_equal(ask(t, "GET", "ok")->status, 200);
}

static void nobody_there_is_not_sent(void **state)
{
	struct scene *t = *state;
	struct http_fixture gone;
	struct http_request r = {.method = "POST"};

	http_fixture_start(&gone);
	http_fixture_end(&gone);
	r.url = http_fixture_url(&gone, "ok");
	http_send(t->client, t->arena, &r, &t->answer);
	/* Who refused it: a proxy may have. */
	not_sent(&t->answer,
		 arena_printf(t->arena, "127.0.0.1 port %.*s: connection refused",
			      (int)strcspn(strrchr(r.url, ':') + 1, "/"), strrchr(r.url, ':') + 1));
	assert_false(t->answer.timed_out);
	assert_string_equal(t->answer.address, "");
	r.url = "http://nobody.invalid/";
	http_send(t->client, t->arena, &r, &t->answer);
	not_sent(&t->answer, "the host's name is not known");
}

static void tls_with_a_plain_server_is_not_sent(void **state)
{
	struct scene *t = *state;
	char *url = arena_printf(t->arena, "https%s",
				 http_fixture_url(&t->server, "ok") + strlen("http"));
	const struct http_request r = {.method = "POST", .url = url, .timeout_ms = 500};

	http_send(t->client, t->arena, &r, &t->answer);
	assert_int_equal(t->answer.result, HTTP_NOT_SENT);
	assert_false(t->answer.sent);
}

/* Stops when the server has the request. */
static int stop_when_there(void *context)
{
	return http_fixture_count(context) > 0;
}

static int stop_at_once(void *context)
{
	(void)context;
	return 1;
}

static void stopping_says_whether_something_left(void **state)
{
	struct scene *t = *state;
	struct http_request r = {.method = "POST",
				 .url = http_fixture_url(&t->server, "wait"),
				 .stop = stop_when_there,
				 .context = &t->server};

	http_send(t->client, t->arena, &r, &t->answer);
	assert_int_equal(t->answer.result, HTTP_STOPPED);
	assert_true(t->answer.sent);
	assert_string_equal(t->answer.why, "stopped");
	/* A name that takes long to find: 127.0.0.1 is connected at once. */
	r.url = "http://192.0.2.1/";
	r.stop = stop_at_once;
	http_send(t->client, t->arena, &r, &t->answer);
	assert_int_equal(t->answer.result, HTTP_STOPPED);
	assert_false(t->answer.sent);
	assert_int_equal(ask(t, "GET", "ok")->status, 200);
}

static void what_would_be_another_request_is_not_sent(void **state)
{
	struct scene *t = *state;
	struct http_header h = {"X-Name", "a\r\nX-Other: b"};
	struct http_request r = {.method = "GET",
				 .url = http_fixture_url(&t->server, "ok"),
				 .headers = &h,
				 .header_count = 1};

	http_send(t->client, t->arena, &r, &t->answer);
	not_sent(&t->answer, "a header has a line break or another control character");
	h = (struct http_header){"X Name", "a"};
	http_send(t->client, t->arena, &r, &t->answer);
	not_sent(&t->answer, "the name of a header is none");
	r.header_count = 0;
	r.method = "GET /other HTTP/1.1\r\n";
	http_send(t->client, t->arena, &r, &t->answer);
	not_sent(&t->answer, "the method is none");
	r.method = "GET";
	r.url = "http://127.0.0.1:1/a b";
	http_send(t->client, t->arena, &r, &t->answer);
	not_sent(&t->answer, "the URL has a blank or a control character");
	r.url = "file:///etc/passwd";
	http_send(t->client, t->arena, &r, &t->answer);
	not_sent(&t->answer, "the URL is no http or https URL");
	assert_int_equal(http_fixture_count(&t->server), 0);
}

static void secrets_stay_out_of_reasons(void **state)
{
	struct scene *t = *state;
	const struct http_header h = {"Authorization", "Bearer hunter2"};
	const struct http_request r = {.method = "POST",
				       .url = http_fixture_url(&t->server, "half?key=hunter2"),
				       .headers = &h,
				       .header_count = 1,
				       .body = TEXT_LIT("hunter2"),
				       .has_body = true};

	http_send(t->client, t->arena, &r, &t->answer);
	assert_int_equal(t->answer.result, HTTP_LOST);
	assert_null(strstr(t->answer.why, "hunter2"));
}

/* The server as a proxy: it answers in the place of others. */
static void proxies_of_settings_and_environment(void **state)
{
	struct scene *t = *state;
	char proxy[64];
	struct http_settings s = {.proxy = proxy};
	struct http_client *c;
	struct http_request r = {.method = "GET", .url = "http://far.invalid/echo"};

	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", t->server.port);
	c = http_client_new(&s);
	http_send(c, t->arena, &r, &t->answer);
	assert_int_equal(t->answer.status, 200);
	assert_non_null(strstr(t->answer.body.ptr, "GET http://far.invalid/echo HTTP/1.1"));
	/* It refuses to be a tunnel; what it was told is not the request. */
	r = (struct http_request){.method = "POST", .url = "https://far.invalid/echo"};
	http_send(c, t->arena, &r, &t->answer);
	not_sent(&t->answer, "the proxy refuses the connection with status 403");
	http_client_free(c);

	setenv("http_proxy", proxy, 1);
	s.proxy = NULL;
	c = http_client_new(&s);
	r = (struct http_request){.method = "GET", .url = "http://far.invalid/ok"};
	http_send(c, t->arena, &r, &t->answer);
	assert_int_equal(t->answer.status, 200);
	setenv("no_proxy", "far.invalid", 1);
	http_send(c, t->arena, &r, &t->answer);
	not_sent(&t->answer, "the host's name is not known");
	unsetenv("no_proxy");
	http_client_free(c);
	http_send(t->client, t->arena, &r, &t->answer);
	not_sent(&t->answer, "the host's name is not known");
	unsetenv("http_proxy");
}

#define THREADS 16
#define TURNS 50

static void *ask_often(void *context)
{
	struct scene *t = context;
	struct arena *a = arena_new();
	struct http_request r = {.method = "POST", .url = http_fixture_url(&t->server, "ok")};
	size_t good = 0;

	for (int i = 0; i < TURNS; i++) {
		struct http_answer answer;

		http_send(t->client, a, &r, &answer);
		good += answer.status == 200;
	}
	arena_free(a);
	return good == TURNS ? t : NULL;
}

static void many_threads_share_a_client(void **state)
{
	struct scene *t = *state;
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, t), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *good;

		pthread_join(threads[i], &good);
		assert_ptr_equal(good, t);
	}
	assert_int_equal(http_fixture_count(&t->server), THREADS * TURNS);
	assert_true(t->server.connection_count <= THREADS);
}

#define IN_SCENE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(an_answer_is_whole),
		IN_SCENE(every_status_is_an_answer),
		IN_SCENE(interim_answers_leave_no_headers),
		IN_SCENE(the_request_leaves_as_it_was_given),
		IN_SCENE(bodies_have_a_length_where_one_is_expected),
		IN_SCENE(large_bodies_go_without_asking_first),
		IN_SCENE(connections_are_kept),
		IN_SCENE(one_thread_and_two_hosts_need_two_connections),
		IN_SCENE(a_closed_kept_connection_is_not_used),
		IN_SCENE(what_may_have_been_done_is_not_sent_again),
		IN_SCENE(what_only_asks_is_sent_again),
		IN_SCENE(no_answer_is_lost),
		IN_SCENE(half_an_answer_is_lost),
		IN_SCENE(an_answer_that_takes_too_long_is_lost),
		IN_SCENE(answers_are_bounded),
		IN_SCENE(nobody_there_is_not_sent),
		IN_SCENE(tls_with_a_plain_server_is_not_sent),
		IN_SCENE(stopping_says_whether_something_left),
		IN_SCENE(what_would_be_another_request_is_not_sent),
		IN_SCENE(secrets_stay_out_of_reasons),
		IN_SCENE(proxies_of_settings_and_environment),
		IN_SCENE(many_threads_share_a_client),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
