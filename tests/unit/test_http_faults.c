/* test_http_faults.c - requests through the lab's proxy: what was done, and what is known of it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "providers/kit/http.h"
#include "tests/unit/proxy_fixture.h"

struct scene {
	struct proxy_fixture proxy;
	struct http_client *client;
	const char *ca_file; /* NULL without TLS */
	struct arena *arena;
	struct http_answer answer;
};

static void begin(struct scene *t, const char *rules, const char *tls)
{
	struct http_settings s = {.proxy = ""};

	*t = (struct scene){.arena = arena_new()};
	proxy_start(&t->proxy, rules, tls);
	if (!t->proxy.port) {
		print_message("tests/lab/proxy.py cannot be started here\n");
		arena_free(t->arena);
		skip();
	}
	if (tls)
		s.ca_file = t->ca_file = arena_printf(t->arena, "%s/ca.pem", t->proxy.folder);
	t->client = http_client_new(&s);
}

static void end(struct scene *t)
{
	http_client_free(t->client);
	arena_free(t->arena);
	proxy_end(&t->proxy);
}

static const struct http_answer *ask(struct scene *t, const char *method, const char *path)
{
	struct http_request r = {.method = method, .timeout_ms = 20000};

	r.url = arena_printf(t->arena, "http%s://127.0.0.1:%d/%s", t->proxy.folder[0] ? "s" : "",
			     t->proxy.port, path);
	http_send(t->client, t->arena, &r, &t->answer);
	return &t->answer;
}

static int64_t number(struct scene *t, const char *name)
{
	const struct http_answer *a = ask(t, "GET", "done");
	json_t *j;
	int64_t value;

	assert_int_equal(a->result, HTTP_ANSWERED);
	j = json_parse(a->body, t->arena, NULL);
	value = json_int(j, name, -1);
	json_decref(j);
	return value;
}

static void work_is_done_once(const char *rules, const char *tls, const char *why)
{
	struct scene t;

	begin(&t, rules, tls);
	/* The connection is one that was kept: libcurl would send it again. */
	assert_int_equal(ask(&t, "GET", "first")->result, HTTP_ANSWERED);
	ask(&t, "POST", "work");
	assert_int_equal(t.answer.result, HTTP_LOST);
	assert_true(t.answer.sent);
	assert_int_equal(t.answer.status, 0);
	if (why)
		assert_string_equal(t.answer.why, why);
	assert_int_equal(number(&t, "done"), 1);
	assert_int_equal(ask(&t, "POST", "work")->status, 200);
	assert_int_equal(number(&t, "done"), 2);
	end(&t);
}

static void a_lost_answer_is_no_second_request(void **state)
{
	(void)state;
	work_is_done_once("[{\"fault\": \"lost\", \"first\": 1, \"method\": \"POST\"}]", NULL,
			  "the connection was closed before an answer");
	work_is_done_once("[{\"fault\": \"lost_reset\", \"first\": 1, \"method\": \"POST\"}]", NULL,
			  NULL);
	work_is_done_once("[{\"fault\": \"truncated\", \"first\": 1, \"method\": \"POST\"}]", NULL,
			  "the answer was cut off");
}

static void nor_is_it_over_tls(void **state)
{
	(void)state;
	work_is_done_once("[{\"fault\": \"lost\", \"first\": 1, \"method\": \"POST\"}]", "good",
			  NULL);
	work_is_done_once("[{\"fault\": \"truncated\", \"first\": 1, \"method\": \"POST\"}]",
			  "good", NULL);
}

static void what_reached_nobody_may_be_lost_too(void **state)
{
	struct scene t;

	(void)state;
	begin(&t, "[{\"fault\": \"reset\", \"first\": 1, \"method\": \"POST\"}]", NULL);
	assert_int_equal(ask(&t, "POST", "work")->result, HTTP_LOST);
	assert_int_equal(number(&t, "done"), 0);
	end(&t);
}

/* Returns when the other side has ended every connection but the one that asks. */
static void await_hang_up(struct scene *t)
{
	const struct http_settings s = {.proxy = "", .ca_file = t->ca_file};
	struct http_client *own = t->client;

	t->client = http_client_new(&s);
	while (number(t, "open") > 1)
		continue;
	http_client_free(t->client);
	t->client = own;
}

/* The server goes away politely while nobody looks: over TLS that is some bytes and an end. */
static void closed_connections_are_found(const char *tls)
{
	struct scene t;

	begin(&t, "[{\"fault\": \"hang_up\"}]", tls);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask(&t, "POST", "work")->result, HTTP_ANSWERED);
		await_hang_up(&t);
	}
	assert_int_equal(number(&t, "done"), 3);
	end(&t);
}

static void kept_connections_that_ended_are_not_used(void **state)
{
	(void)state;
	closed_connections_are_found(NULL);
	closed_connections_are_found("good");
}

static void certificates_are_verified(void **state)
{
	static const struct {
		const char *kind, *why;
	} kinds[] = {
		{"wrong-name", "no alternative certificate subject name matches"},
		{"unknown-authority", "unable to get local issuer certificate"},
		{"expired", "certificate has expired"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct scene t;

		begin(&t, "[]", kinds[i].kind);
		ask(&t, "POST", "work");
		assert_int_equal(t.answer.result, HTTP_NOT_SENT);
		assert_true(t.answer.untrusted);
		assert_false(t.answer.sent);
		if (!strstr(t.answer.why, kinds[i].why))
			fail_msg("%s", t.answer.why);
		end(&t);
	}
}

static void the_own_authority_is_the_only_one(void **state)
{
	const struct http_settings system = {.proxy = ""}, missing = {.ca_file = "/nowhere.pem"};
	struct scene t;

	(void)state;
	begin(&t, "[]", "good");
	assert_int_equal(ask(&t, "GET", "done")->status, 200);
	http_client_free(t.client);
	t.client = http_client_new(&system);
	assert_int_equal(ask(&t, "GET", "done")->result, HTTP_NOT_SENT);
	assert_true(t.answer.untrusted);
	http_client_free(t.client);
	t.client = http_client_new(&missing);
	assert_int_equal(ask(&t, "GET", "done")->result, HTTP_NOT_SENT);
	assert_string_equal(t.answer.why, "TLS: the file of trusted certificates cannot be read");
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lost_answer_is_no_second_request),
		cmocka_unit_test(nor_is_it_over_tls),
		cmocka_unit_test(what_reached_nobody_may_be_lost_too),
		cmocka_unit_test(kept_connections_that_ended_are_not_used),
		cmocka_unit_test(certificates_are_verified),
		cmocka_unit_test(the_own_authority_is_the_only_one),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
