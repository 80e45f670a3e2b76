/* test_rest_auth.c - settings of authentication, and the headers that come of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "providers/rest/auth.h"

static json_t *json_of(struct arena *a, const char *text)
{
	json_t *j = json_parse(text_of(text), a, NULL);

	assert_non_null(j);
	return j;
}

static void read_wrong(const char *config, const char *summary, const char *hint)
{
	struct arena *a = arena_new();
	struct fault f = FAULT_INIT;
	struct auth auth;
	json_t *j = json_of(a, config);

	assert_int_equal(auth_read(a, j, &auth, &f), -1);
	assert_int_equal(f.code, DIAG_REST_AUTH);
	assert_int_equal(f.status, HD_FATAL);
	assert_int_equal(f.effect, HD_EFFECT_NONE);
	assert_string_equal(str_cstr(&f.summary), summary);
	if (hint)
		assert_string_equal(str_cstr(&f.hint), hint);
	fault_release(&f);
	json_decref(j);
	arena_free(a);
}

static void settings_are_read(void **state)
{
	struct arena *a = arena_new();
	struct fault f = FAULT_INIT;
	struct auth auth;
	json_t *j = json_of(
		a, "{\"Auth\": {\"Scheme\": \"basic\", \"User\": \"u\", \"Password\": \"\"}}");

	(void)state;
	assert_int_equal(auth_read(a, j, &auth, &f), 0);
	assert_int_equal(auth.scheme, AUTH_BASIC);
	assert_true(auth.given);
	assert_string_equal(auth.user, "u");
	assert_string_equal(auth.password, "");
	json_decref(j);
	j = json_of(a, "{\"Auth\": {\"Token\": \"t\"}}");
	assert_int_equal(auth_read(a, j, &auth, &f), 0);
	assert_false(auth.given);
	assert_string_equal(auth.token, "t");
	json_decref(j);
	j = json_of(a, "{}");
	assert_int_equal(auth_read(a, j, &auth, &f), 0);
	assert_false(auth.given);
	assert_null(auth.user);
	json_decref(j);
	arena_free(a);
}

static void wrong_settings_are_told_without_their_values(void **state)
{
	(void)state;
	read_wrong("{\"Auth\": \"basic\"}",
		   "setting Auth is no map of Scheme, User, Password and the like", NULL);
	read_wrong("{\"Auth\": {\"Scheme\": \"digest\"}}",
		   "setting Auth: there is no scheme 'digest'",
		   "use none, basic, bearer, header or sigv4");
	read_wrong("{\"Auth\": {\"Pasword\": \"hunter2\"}}", "setting Auth: 'Pasword' is unknown",
		   "did you mean 'Password'?");
	read_wrong("{\"Auth\": {\"Password\": 12345}}",
		   "setting Auth: 'Password' is no text; put it in quotes", NULL);
	read_wrong("{\"Auth\": {\"Token\": \"a\\nb\"}}",
		   "setting Auth: 'Token' has a line break or another control character", NULL);
}

/* Applies and gives the header added. */
static const char *applied(struct arena *a, const struct auth *auth, enum auth_scheme scheme,
			   const char *name)
{
	const struct http_header own = {"X-Own", "1"};
	struct http_request r = {
		.method = "GET", .url = "http://h/", .headers = &own, .header_count = 1};
	const struct auth_place place = {.scheme = scheme, .region = "r", .service = "s"};
	struct http_answer found;
	struct fault f = FAULT_INIT;

	assert_int_equal(auth_apply(auth, &place, a, &r, &f), 0);
	assert_string_equal(r.headers[0].name, "X-Own");
	found = (struct http_answer){.headers = r.headers, .header_count = r.header_count};
	return http_header(&found, name);
}

static void schemes_add_their_header(void **state)
{
	struct arena *a = arena_new();
	const struct auth auth = {.user = "Aladdin",
				  .password = "open sesame",
				  .token = "t0",
				  .name = "X-API-Key",
				  .value = "k"};

	(void)state;
	/* RFC 7617's example. */
	assert_string_equal(applied(a, &auth, AUTH_BASIC, "authorization"),
			    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
	assert_string_equal(applied(a, &auth, AUTH_BEARER, "authorization"), "Bearer t0");
	assert_string_equal(applied(a, &auth, AUTH_HEADER, "x-api-key"), "k");
	assert_null(applied(a, &auth, AUTH_NONE, "authorization"));
	arena_free(a);
}

static void lacks(enum auth_scheme scheme, const char *summary)
{
	struct arena *a = arena_new();
	const struct auth none = {0};
	const struct auth_place place = {.scheme = scheme};
	struct http_request r = {.method = "GET", .url = "http://h/"};
	struct fault f = FAULT_INIT;

	assert_int_equal(auth_apply(&none, &place, a, &r, &f), -1);
	assert_int_equal(f.code, DIAG_REST_AUTH_MISSING);
	assert_string_equal(str_cstr(&f.summary), summary);
	assert_int_equal(r.header_count, 0);
	fault_release(&f);
	arena_free(a);
}

static void missing_settings_are_named(void **state)
{
	(void)state;
	lacks(AUTH_BASIC,
	      "authentication 'basic' needs User and Password in the provider's settings");
	lacks(AUTH_BEARER, "authentication 'bearer' needs Token in the provider's settings");
	lacks(AUTH_HEADER,
	      "authentication 'header' needs Name and Value in the provider's settings");
	lacks(AUTH_SIGV4,
	      "authentication 'sigv4' needs AWS credentials, which this kind of provider "
	      "does not have");
}

static void a_name_with_a_colon_is_none(void **state)
{
	struct arena *a = arena_new();
	const struct auth auth = {.user = "a:b", .password = "p"};
	const struct auth_place place = {.scheme = AUTH_BASIC};
	struct http_request r = {.method = "GET", .url = "http://h/"};
	struct fault f = FAULT_INIT;

	(void)state;
	assert_int_equal(auth_apply(&auth, &place, a, &r, &f), -1);
	assert_string_equal(str_cstr(&f.summary), "setting Auth: 'User' has a colon in it");
	fault_release(&f);
	arena_free(a);
}

static int give_key(void *context, const struct kit_call *c, struct arena *a, struct sigv4_key *out,
		    struct fault *f)
{
	(void)c;
	(void)a;
	if (!context)
		return fault_set(f, HD_FATAL, DIAG_REST_AUTH_MISSING, "none");
	*out = (struct sigv4_key){"AKIDEXAMPLE", context, "session"};
	return 0;
}

static void requests_are_signed(void **state)
{
	struct arena *a = arena_new();
	char secret[] = "secret";
	const struct auth auth = {.credentials = give_key, .context = secret};
	struct auth_place place = {.scheme = AUTH_SIGV4,
				   .region = "us-east-1",
				   .service = "ec2",
				   .time_s = 1440938160};
	struct http_request r = {
		.method = "POST", .url = "http://h/", .body = TEXT_LIT("<a/>"), .has_body = true};
	struct http_answer found;
	struct fault f = FAULT_INIT;

	(void)state;
	assert_int_equal(auth_apply(&auth, &place, a, &r, &f), 0);
	found = (struct http_answer){.headers = r.headers, .header_count = r.header_count};
	assert_string_equal(http_header(&found, "x-amz-date"), "20150830T123600Z");
	assert_string_equal(http_header(&found, "x-amz-security-token"), "session");
	assert_non_null(strstr(http_header(&found, "authorization"),
			       "Credential=AKIDEXAMPLE/20150830/us-east-1/ec2/aws4_request"));
	assert_null(http_header(&found, "x-amz-checksum-sha256"));
	/* S3 */
	place.s3 = true;
	place.service = "s3";
	r.header_count = 0;
	assert_int_equal(auth_apply(&auth, &place, a, &r, &f), 0);
	found = (struct http_answer){.headers = r.headers, .header_count = r.header_count};
	assert_string_equal(http_header(&found, "x-amz-checksum-sha256"),
			    "KRFDY/dJoCJraYjdo8okkqlUEXq2tfOCcGwgMA2rwHk=");
	assert_non_null(strstr(http_header(&found, "authorization"), "x-amz-checksum-sha256;"));
	assert_non_null(http_header(&found, "x-amz-content-sha256"));
	arena_free(a);
}

static void a_failing_source_is_told(void **state)
{
	struct arena *a = arena_new();
	const struct auth auth = {.credentials = give_key};
	const struct auth_place place = {.scheme = AUTH_SIGV4, .region = "r", .service = "s"};
	struct http_request r = {.method = "GET", .url = "http://h/"};
	struct fault f = FAULT_INIT;

	(void)state;
	assert_int_equal(auth_apply(&auth, &place, a, &r, &f), -1);
	assert_string_equal(str_cstr(&f.summary), "none");
	fault_release(&f);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_read),
		cmocka_unit_test(wrong_settings_are_told_without_their_values),
		cmocka_unit_test(schemes_add_their_header),
		cmocka_unit_test(missing_settings_are_named),
		cmocka_unit_test(a_name_with_a_colon_is_none),
		cmocka_unit_test(requests_are_signed),
		cmocka_unit_test(a_failing_source_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
