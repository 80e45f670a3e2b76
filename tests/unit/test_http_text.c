/* test_http_text.c - what of HTTP is text alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "providers/kit/http.h"

static void encoding_keeps_what_it_is_told_to(void **state)
{
	struct str out = STR_INIT;

	(void)state;
	http_encode(&out, TEXT_LIT("/a b/\0\xc3\xa4~"), "/");
	assert_string_equal(str_cstr(&out), "/a%20b/%00%C3%A4~");
	str_clear(&out);
	http_encode(&out, TEXT_LIT("/"), NULL);
	assert_string_equal(str_cstr(&out), "%2F");
	str_release(&out);
}

static void hosts_of_urls(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(http_host_of(a, "http://127.0.0.1:8081/api"), "127.0.0.1:8081");
	assert_string_equal(http_host_of(a, "HTTPS://ec2.amazonaws.com"), "ec2.amazonaws.com");
	assert_string_equal(http_host_of(a, "https://[::1]:443?x"), "[::1]:443");
	assert_null(http_host_of(a, "ftp://x/"));
	assert_null(http_host_of(a, "http://"));
	assert_null(http_host_of(a, "http:///x"));
	assert_null(http_host_of(a, "http://:80/"));
	assert_null(http_host_of(a, "http://user:word@host/"));
	assert_null(http_host_of(a, "http://a b/"));
	assert_null(http_host_of(a, "x"));
	assert_null(http_host_of(a, NULL));
	arena_free(a);
}

static int64_t wait_of(const char *value, int64_t wall_ms)
{
	const struct http_header h = {"retry-after", value};
	const struct http_answer a = {.headers = &h, .header_count = 1};

	return http_retry_after(&a, wall_ms);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	const char *date = "Sun, 06 Nov 1994 08:49:37 GMT";
	const int64_t at_ms = 784111777000;
	struct http_answer none = {0};

	(void)state;
	assert_int_equal(http_retry_after(&none, 0), 0);
	assert_int_equal(wait_of("120", 0), 120000);
	assert_int_equal(wait_of("0", 0), 0);
	assert_int_equal(wait_of("99999999999999999", 0), 86400000);
	assert_int_equal(wait_of("99999999999999999999999", 0), 0);
	assert_int_equal(wait_of("-1", 0), 0);
	assert_int_equal(wait_of(date, at_ms - 5000), 5000);
	assert_int_equal(wait_of(date, at_ms), 0);
	assert_int_equal(wait_of(date, at_ms + 5000), 0);
	assert_int_equal(wait_of(date, 0), 86400000);
	assert_int_equal(wait_of("Sun, 06 Nov 1994 08:49:37 CET", 0), 0);
	assert_int_equal(wait_of("Sun, 06 Now 1994 08:49:37 GMT", 0), 0);
	assert_int_equal(wait_of("soon", 0), 0);
}

static void headers_are_found_in_any_case(void **state)
{
	const struct http_header h[] = {{"a", "1"}, {"a", "2"}};
	const struct http_answer answer = {.headers = h, .header_count = 2};

	(void)state;
	assert_string_equal(http_header(&answer, "A"), "1");
	assert_null(http_header(&answer, "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoding_keeps_what_it_is_told_to),
		cmocka_unit_test(hosts_of_urls),
		cmocka_unit_test(retry_after_is_seconds_or_a_date),
		cmocka_unit_test(headers_are_found_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
