/*
 * test_sigv4.c - signatures: AWS's published vectors where they are beside this tree, the
 * same cases and some more of our own, each with the signature that botocore gives too.
 *
 * The published suite is read where it lies and not copied.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "providers/kit/sigv4.h"

#define VECTORS "../shared/sigv4"
#define HOST "http://example.amazonaws.com"
#define UNRESERVED "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define WHEN 1440938160 /* 2015-08-30T12:36:00Z */
#define ID "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TOKEN                                                                              \
	"AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwA" \
	"eMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8p" \
	"hUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT" \
	"38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabI" \
	"Qwj2ICCR/oLxBA=="

static const struct sigv4_scope usual = {"us-east-1", "service", WHEN, false, false, false};

/* --- our own cases --------------------------------------------------------------------- */

#define CASE_HEADERS 3

struct sign_case {
	const char *name, *method, *url;
	struct http_header headers[CASE_HEADERS];
	const char *body, *token;
	const char *path, *query, *signed_names; /* of the canonical request */
	const char *signature;
};

#define PLAIN "host;x-amz-date"
#define VANILLA "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"

static const struct sign_case cases[] = {
	{"get-vanilla", "GET", HOST "/", {{0}}, NULL, NULL, "/", "", PLAIN, VANILLA},
	{"no path at all", "GET", HOST, {{0}}, NULL, NULL, "/", "", PLAIN, VANILLA},
	{"an empty query", "GET", HOST "/?", {{0}}, NULL, NULL, "/", "", PLAIN, VANILLA},
	{"https",
	 "GET",
	 "https://example.amazonaws.com/",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 PLAIN,
	 VANILLA},
	{"default port",
	 "GET",
	 "https://example.amazonaws.com:443/",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 PLAIN,
	 VANILLA},
	{"a user is not the host",
	 "GET",
	 "http://me:pw@example.amazonaws.com:80/",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 PLAIN,
	 VANILLA},
	{"a fragment is not sent", "GET", HOST "/#x?y", {{0}}, NULL, NULL, "/", "", PLAIN, VANILLA},
	{"get-vanilla-query",
	 "GET",
	 HOST "/?Param1=value1",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "Param1=value1",
	 PLAIN,
	 "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
	{"get-vanilla-query-unreserved",
	 "GET",
	 HOST "/?" UNRESERVED "=" UNRESERVED,
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 UNRESERVED "=" UNRESERVED,
	 PLAIN,
	 "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
	{"get-vanilla-query-order-key",
	 "GET",
	 HOST "/?Param1=value2&Param1=Value1",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "Param1=Value1&Param1=value2",
	 PLAIN,
	 "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"},
	{"get-vanilla-query-order-value",
	 "GET",
	 HOST "/?Param1=value2&Param1=value1",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "Param1=value1&Param1=value2",
	 PLAIN,
	 "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
	{"get-vanilla-query-order-encoded",
	 "GET",
	 HOST "/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "%E1%88%B4=Value1&Param=Value2&Param-3=Value3",
	 PLAIN,
	 "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
	{"get-vanilla-utf8-query",
	 "GET",
	 HOST "/?\xe1\x88\xb4=bar",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "%E1%88%B4=bar",
	 PLAIN,
	 "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
	{"get-unreserved",
	 "GET",
	 HOST "/" UNRESERVED,
	 {{0}},
	 NULL,
	 NULL,
	 "/" UNRESERVED,
	 "",
	 PLAIN,
	 "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
	{"get-utf8",
	 "GET",
	 HOST "/\xe1\x88\xb4",
	 {{0}},
	 NULL,
	 NULL,
	 "/%E1%88%B4",
	 "",
	 PLAIN,
	 "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
	{"get-space",
	 "GET",
	 HOST "/example space/",
	 {{0}},
	 NULL,
	 NULL,
	 "/example%20space/",
	 "",
	 PLAIN,
	 "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
	{"get-slash", "GET", HOST "//", {{0}}, NULL, NULL, "/", "", PLAIN, VANILLA},
	{"get-slashes",
	 "GET",
	 HOST "//example//",
	 {{0}},
	 NULL,
	 NULL,
	 "/example/",
	 "",
	 PLAIN,
	 "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
	{"get-slash-dot-slash", "GET", HOST "/./", {{0}}, NULL, NULL, "/", "", PLAIN, VANILLA},
	{"get-slash-pointless-dot",
	 "GET",
	 HOST "/./example",
	 {{0}},
	 NULL,
	 NULL,
	 "/example",
	 "",
	 PLAIN,
	 "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
	{"get-relative", "GET", HOST "/example/..", {{0}}, NULL, NULL, "/", "", PLAIN, VANILLA},
	{"get-relative-relative",
	 "GET",
	 HOST "/example1/example2/../..",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 PLAIN,
	 VANILLA},
	{"above the root is the root",
	 "GET",
	 HOST "/../../",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 PLAIN,
	 VANILLA},
	{"encoded once more",
	 "GET",
	 HOST "/a%20b/%E1%88%B4/c%2Fd",
	 {{0}},
	 NULL,
	 NULL,
	 "/a%2520b/%25E1%2588%25B4/c%252Fd",
	 "",
	 PLAIN,
	 "ff120b8b6cfb29bd1c3a3f3c7b089e868db895d115a33bd44109da9081d54be3"},
	{"get-header-key-duplicate",
	 "GET",
	 HOST "/",
	 {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 "host;my-header1;x-amz-date",
	 "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
	{"get-header-value-trim",
	 "GET",
	 HOST "/",
	 {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 "host;my-header1;my-header2;x-amz-date",
	 "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
	{"a host of one's own",
	 "GET",
	 "http://127.0.0.1:5000/",
	 {{"HOST", "example.amazonaws.com"}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 PLAIN,
	 VANILLA},
	{"what proxies change is not signed",
	 "GET",
	 HOST "/",
	 {{"User-Agent", "hadeploy"}, {"expect", "100-continue"}, {"Connection", "close"}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 PLAIN,
	 VANILLA},
	{"a port",
	 "GET",
	 "http://127.0.0.1:5000/",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 PLAIN,
	 "386a0f0db97b3e579bff836c61c3a29f74c55b51677884ada6f9af0d46d09f6e"},
	{"post-vanilla",
	 "POST",
	 HOST "/",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 PLAIN,
	 "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
	{"post-header-key-sort",
	 "POST",
	 HOST "/",
	 {{"My-Header1", "value1"}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 "host;my-header1;x-amz-date",
	 "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
	{"post-header-value-case",
	 "POST",
	 HOST "/",
	 {{"My-Header1", "VALUE1"}},
	 NULL,
	 NULL,
	 "/",
	 "",
	 "host;my-header1;x-amz-date",
	 "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
	{"post-sts-header-before",
	 "POST",
	 HOST "/",
	 {{0}},
	 NULL,
	 TOKEN,
	 "/",
	 "",
	 "host;x-amz-date;x-amz-security-token",
	 "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
	{"post-vanilla-query-nonunreserved",
	 "POST",
	 HOST "/?%40%23%24%25%5E=%2B&%2F%2C%3F%3E%3C%60%22%3B%3A%5C%7C%5D%5B%7B%7D",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "%2F%2C%3F%3E%3C%60%22%3B%3A%5C%7C%5D%5B%7B%7D=&%40%23%24%25%5E=%2B",
	 PLAIN,
	 "e4ac32d7679b0547d03a16703f0559e23a96b1d30f569e1058470e8767604c61"},
	{"the same, left as it is",
	 "POST",
	 HOST "/?@$%25^=+&/,?><`\";:\\|][{}",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "%2F%2C%3F%3E%3C%60%22%3B%3A%5C%7C%5D%5B%7B%7D=&%40%24%25%5E=%2B",
	 PLAIN,
	 NULL},
	{"post-vanilla-query-space",
	 "POST",
	 HOST "/?f oo=b%20ar",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "f%20oo=b%20ar",
	 PLAIN,
	 "9244856a9ec2db8743091d148a65896a14ce40e5fddc2096e51c56919a218029"},
	{"a name alone",
	 "POST",
	 HOST "/?lifecycle&a",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "a=&lifecycle=",
	 PLAIN,
	 NULL},
	{"no escape",
	 "GET",
	 HOST "/?a=100%&b=%zz",
	 {{0}},
	 NULL,
	 NULL,
	 "/",
	 "a=100%25&b=%25zz",
	 PLAIN,
	 NULL},
	{"post-x-www-form-urlencoded",
	 "POST",
	 HOST "/",
	 {{"Content-Type", "application/x-www-form-urlencoded"}},
	 "Param1=value1",
	 NULL,
	 "/",
	 "",
	 "content-type;host;x-amz-date",
	 "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
};

static size_t given_headers(const struct sign_case *c)
{
	size_t count = 0;

	while (count < CASE_HEADERS && c->headers[count].name)
		count++;
	return count;
}

static const char *line_of(struct arena *a, const char *text, size_t number)
{
	struct text_split split = text_split_start(text_of(text));
	struct text line = {0};

	for (size_t i = 0; i <= number; i++)
		assert_true(text_next(&split, '\n', &line));
	return arena_text(a, line);
}

/* From the end, 0 is the last. */
static const char *line_before_end(struct arena *a, const char *text, size_t number)
{
	size_t lines = 1;

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	return line_of(a, text, lines - 1 - number);
}

static const char *signature_of(const struct sigv4_signed *s)
{
	return strstr(s->headers[s->count - 1].value, "Signature=") + strlen("Signature=");
}

static void run_case(struct arena *a, const struct sign_case *c)
{
	struct sigv4_key key = {ID, SECRET, c->token};
	struct http_request r = {
		.method = c->method,
		.url = c->url,
		.headers = c->headers,
		.header_count = given_headers(c),
		.body = text_of(c->body),
	};
	struct sigv4_signed s;

	assert_int_equal(sigv4_sign(a, &r, &key, &usual, &s), 0);
	assert_string_equal(line_of(a, s.canonical, 0), c->method);
	assert_string_equal(line_of(a, s.canonical, 1), c->path);
	assert_string_equal(line_of(a, s.canonical, 2), c->query);
	assert_string_equal(line_before_end(a, s.canonical, 1), c->signed_names);
	assert_string_equal(s.headers[s.count - 1].name, "Authorization");
	if (c->signature)
		assert_string_equal(signature_of(&s), c->signature);
}

static void requests_are_signed(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("  %s\n", cases[i].name);
		run_case(a, &cases[i]);
	}
	arena_free(a);
}

static void s3_paths_are_signed_as_sent(void **state)
{
	struct sigv4_scope scope = {"us-east-1", "s3", WHEN, true, true, false};
	struct sigv4_key key = {ID, SECRET, NULL};
	struct http_request r = {.method = "PUT",
				 .url = HOST "/a%20b//./%2F/../c",
				 .body = TEXT_LIT("Param1=value1")};
	struct arena *a = arena_new();
	struct sigv4_signed s;

	(void)state;
	assert_int_equal(sigv4_sign(a, &r, &key, &scope, &s), 0);
	assert_string_equal(line_of(a, s.canonical, 1), "/a%20b//./%2F/../c");
	assert_string_equal(line_before_end(a, s.canonical, 1),
			    "host;x-amz-content-sha256;x-amz-date");
	assert_int_equal(s.count, 3);
	assert_string_equal(s.headers[1].name, "X-Amz-Content-Sha256");
	assert_string_equal(s.headers[1].value,
			    "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e");
	arena_free(a);
}

/* The example of AWS's documentation, "Deriving a signing key", as a whole request of IAM. */
static void the_documented_request(void **state)
{
	static const struct http_header headers[] = {
		{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
	};
	struct sigv4_scope scope = {"us-east-1", "iam", WHEN, false, false, false};
	struct sigv4_key key = {ID, SECRET, NULL};
	struct http_request r = {.method = "GET",
				 .url = "https://iam.amazonaws.com/"
					"?Action=ListUsers&Version=2010-05-08",
				 .headers = headers,
				 .header_count = 1};
	struct arena *a = arena_new();
	struct sigv4_signed s;

	(void)state;
	assert_int_equal(sigv4_sign(a, &r, &key, &scope, &s), 0);
	assert_string_equal(line_before_end(a, s.to_sign, 0),
			    "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
	assert_string_equal(s.headers[1].value,
			    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/"
			    "aws4_request, SignedHeaders=content-type;host;x-amz-date, "
			    "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2"
			    "b5d7");
	arena_free(a);
}

static void what_is_no_url_is_refused(void **state)
{
	static const char *const urls[] = {"",        "/",         "example.com", "ftp://x/",
					   "http://", "http:///x", "https://?a"};
	struct sigv4_key key = {ID, SECRET, NULL};
	struct arena *a = arena_new();
	struct sigv4_signed s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct http_request r = {.method = "GET", .url = urls[i]};

		assert_int_equal(sigv4_sign(a, &r, &key, &usual, &s), -1);
	}
	arena_free(a);
}

static void a_time_beyond_all_calendars_is_refused(void **state)
{
	struct sigv4_scope scope = {"us-east-1", "service", INT64_MAX, false, false, false};
	struct sigv4_key key = {ID, SECRET, NULL};
	struct http_request r = {.method = "GET", .url = HOST "/"};
	struct arena *a = arena_new();
	struct sigv4_signed s;

	(void)state;
	assert_int_equal(sigv4_sign(a, &r, &key, &scope, &s), -1);
	arena_free(a);
}

/* --- the published ones ------------------------------------------------------------------ */

#define FILE_MAX 65536

static const char *read_part(struct arena *a, const char *vector, const char *file)
{
	struct str bytes = STR_INIT;
	const char *text;

	assert_int_equal(
		file_read(arena_printf(a, VECTORS "/%s/%s", vector, file), FILE_MAX, &bytes), 0);
	text = arena_text(a, str_text(&bytes));
	str_release(&bytes);
	return text;
}

/* Lines that begin with a blank belong to the header before. */
static size_t read_headers(struct arena *a, struct text_split *lines, struct http_header *out,
			   size_t max)
{
	struct text line;
	size_t count = 0;

	while (text_next(lines, '\n', &line) && line.len) {
		const char *text = arena_text(a, line), *colon = strchr(text, ':');

		if (*text == ' ') {
			assert_true(count > 0);
			out[count - 1].value =
				arena_printf(a, "%s\n%s", out[count - 1].value, text);
			continue;
		}
		assert_non_null(colon);
		assert_true(count < max);
		out[count++] = (struct http_header){arena_strndup(a, text, (size_t)(colon - text)),
						    colon + 1};
	}
	return count;
}

static void run_vector(struct arena *a, const char *vector)
{
	struct text_split lines = text_split_start(text_of(read_part(a, vector, "request.txt")));
	const char *expected = read_part(a, vector, "header-signed-request.txt");
	json_t *about = json_parse(text_of(read_part(a, vector, "context.json")), NULL, NULL);
	const json_t *who = json_object_get(about, "credentials");
	struct sigv4_scope scope = {json_str(about, "region", ""),
				    json_str(about, "service", ""),
				    WHEN,
				    !json_flag(about, "normalize", true),
				    json_flag(about, "sign_body", false),
				    json_flag(about, "omit_session_token", false)};
	struct sigv4_key key = {json_str(who, "access_key_id", ""),
				json_str(who, "secret_access_key", ""),
				json_str(who, "token", NULL)};
	struct http_header headers[8];
	struct http_request r = {.headers = headers};
	struct sigv4_signed s;
	struct text line;
	const char *first;

	assert_string_equal(json_str(about, "timestamp", ""), "2015-08-30T12:36:00Z");
	assert_true(text_next(&lines, '\n', &line));
	first = arena_text(a, line);
	r.method = arena_strndup(a, first, strcspn(first, " "));
	first += strlen(r.method) + 1;
	r.url = arena_printf(a, HOST "%.*s", (int)(strstr(first, " HTTP/1.1") - first), first);
	r.header_count = read_headers(a, &lines, headers, ARRAY_LEN(headers));
	r.body = lines.done ? TEXT_LIT("") : lines.rest;

	assert_int_equal(sigv4_sign(a, &r, &key, &scope, &s), 0);
	assert_string_equal(s.canonical, read_part(a, vector, "header-canonical-request.txt"));
	assert_string_equal(s.to_sign, read_part(a, vector, "header-string-to-sign.txt"));
	assert_string_equal(signature_of(&s), read_part(a, vector, "header-signature.txt"));
	assert_non_null(strstr(
		expected, arena_printf(a, "Authorization:%s\n", s.headers[s.count - 1].value)));
	json_decref(about);
}

static void the_published_vectors(void **state)
{
	struct arena *a = arena_new();
	DIR *dir = opendir(VECTORS);
	const struct dirent *entry;
	size_t count = 0;

	(void)state;
	if (!dir) {
		arena_free(a);
		print_message("  there is no " VECTORS " beside this tree\n");
		skip();
	}
	while ((entry = readdir(dir))) {
		if (strchr(entry->d_name, '.'))
			continue;
		print_message("  %s\n", entry->d_name);
		run_vector(a, entry->d_name);
		count++;
	}
	closedir(dir);
	assert_true(count > 0);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_signed),
		cmocka_unit_test(s3_paths_are_signed_as_sent),
		cmocka_unit_test(the_documented_request),
		cmocka_unit_test(what_is_no_url_is_refused),
		cmocka_unit_test(a_time_beyond_all_calendars_is_refused),
		cmocka_unit_test(the_published_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
