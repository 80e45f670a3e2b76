/* test_http_reply.c - HTTP answers from a stream, whole, in pieces, and none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "providers/ssh/http_reply.h"

#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
	const char *received;
	enum http_reply_state open, ended;
	int status;
	const char *body;
} rows[] = {
	{OK "Content-Length: 2\r\n\r\nhi", HTTP_REPLY_WHOLE, HTTP_REPLY_WHOLE, 200, "hi"},
	{OK "content-length:2\r\n\r\nh", HTTP_REPLY_MORE, HTTP_REPLY_MORE, 200, "h"},
	{OK "\r\nhi", HTTP_REPLY_MORE, HTTP_REPLY_WHOLE, 200, "hi"},
	{"HTTP/1.0 503 No\n\nx", HTTP_REPLY_MORE, HTTP_REPLY_WHOLE, 503, "x"},
	{"HTTP/1.1 503\r\n\r\n", HTTP_REPLY_MORE, HTTP_REPLY_WHOLE, 503, ""},
	{"HTTP/1.1 204 N\r\n\r\n", HTTP_REPLY_WHOLE, HTTP_REPLY_WHOLE, 204, ""},
	{"HTTP/1.1 100 C\r\n\r\n" OK "Content-Length: 0\r\n\r\n", HTTP_REPLY_WHOLE,
	 HTTP_REPLY_WHOLE, 200, ""},
	{OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n",
	 HTTP_REPLY_WHOLE, HTTP_REPLY_WHOLE, 200, "abc0123456789"},
	{OK "Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nab", HTTP_REPLY_MORE, HTTP_REPLY_MORE,
	 200, "ab"},
	{OK "Transfer-Encoding: chunked\r\n\r\nx\r\n", HTTP_REPLY_BAD, HTTP_REPLY_BAD, 200, ""},
	{OK "Transfer-Encoding: chunked\r\n\r\nffffffffffff\r\n", HTTP_REPLY_BAD, HTTP_REPLY_BAD,
	 200, ""},
	{OK "Transfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n", HTTP_REPLY_BAD, HTTP_REPLY_BAD, 200,
	 "ab"},
	{OK "Content-Length: -1\r\n\r\n", HTTP_REPLY_BAD, HTTP_REPLY_BAD, 200, ""},
	{"HTTP", HTTP_REPLY_MORE, HTTP_REPLY_MORE, 0, ""},
	{"", HTTP_REPLY_MORE, HTTP_REPLY_MORE, 0, ""},
	{OK, HTTP_REPLY_MORE, HTTP_REPLY_MORE, 200, ""},
	{"HTTP/1.1 20 OK\r\n\r\n", HTTP_REPLY_BAD, HTTP_REPLY_BAD, 0, ""},
	{"HTTP/1.1 2000\r\n\r\n", HTTP_REPLY_BAD, HTTP_REPLY_BAD, 0, ""},
	{"SSH-2.0-OpenSSH\r\n", HTTP_REPLY_BAD, HTTP_REPLY_BAD, 0, ""},
};

static void an_answer_is_read_as_it_comes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_reply r = {0, STR_INIT};
		struct text t = text_of(rows[i].received);

		assert_int_equal(http_reply_read(t, HTTP_REPLY_BODY, &r), rows[i].open);
		if (rows[i].open != HTTP_REPLY_BAD)
			assert_int_equal(r.status, rows[i].status);
		assert_string_equal(str_cstr(&r.body), rows[i].body);
		assert_int_equal(http_reply_ended(t, HTTP_REPLY_BODY, &r), rows[i].ended);
		str_release(&r.body);
	}
}

static void no_piece_of_an_answer_is_the_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_reply r = {0, STR_INIT};
		size_t len = strlen(rows[i].received);

		for (size_t k = 0; rows[i].open == HTTP_REPLY_WHOLE && k < len; k++)
			assert_int_equal(http_reply_read((struct text){rows[i].received, k},
							 HTTP_REPLY_BODY, &r) == HTTP_REPLY_BAD,
					 0);
		str_release(&r.body);
	}
}

static void an_answer_to_head_has_no_body(void **state)
{
	struct http_reply r = {0, STR_INIT};

	(void)state;
	assert_int_equal(
		http_reply_read(text_of(OK "Content-Length: 500\r\n\r\n"), HTTP_REPLY_NO_BODY, &r),
		HTTP_REPLY_WHOLE);
	str_release(&r.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read_as_it_comes),
		cmocka_unit_test(no_piece_of_an_answer_is_the_whole),
		cmocka_unit_test(an_answer_to_head_has_no_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
