/* test_lock_file.c - hadeploy.lock, read and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/lock_file.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char whole[] = "{\n"
			    "  \"lockVersion\": 1,\n"
			    "  \"templates\": {\n"
			    "    \"git+file:///a//x.yaml\": {\n"
			    "      \"commit\": \"" COMMIT "\",\n"
			    "      \"digest\": \"" DIGEST "\",\n"
			    "      \"ref\": \"HEAD\"\n"
			    "    },\n"
			    "    \"git+file:///b//x.yaml?ref=v1\": {\n"
			    "      \"commit\": \"" COMMIT "\",\n"
			    "      \"digest\": \"" DIGEST "\",\n"
			    "      \"ref\": \"refs/tags/v1\"\n"
			    "    }\n"
			    "  }\n"
			    "}\n";

static void what_is_written_is_read_again(void **state)
{
	struct pin pins[] = {
		{"git+file:///b//x.yaml?ref=v1", "refs/tags/v1", COMMIT, DIGEST},
		{"git+file:///a//x.yaml", "HEAD", COMMIT, DIGEST},
	};
	const struct lock_file lock = {pins, ARRAY_LEN(pins)};
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT;
	struct str text = STR_INIT;
	struct lock_file read;

	(void)state;
	lock_file_write(&lock, &text);
	assert_string_equal(str_cstr(&text), whole);
	assert_int_equal(lock_file_parse(a, "hadeploy.lock", str_text(&text), &read, &d), 0);
	assert_int_equal(read.count, 2);
	assert_string_equal(lock_file_find(&read, pins[0].template)->ref, "refs/tags/v1");
	assert_null(lock_file_find(&read, "git+file:///c//x.yaml"));
	str_release(&text);
	arena_free(a);
}

static void damage_is_an_error(void **state)
{
	static const char *const rows[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"lockVersion\":1}",
		"{\"lockVersion\":0,\"templates\":{}}",
		"{\"lockVersion\":2,\"templates\":{}}",
		"{\"lockVersion\":\"1\",\"templates\":{}}",
		"{\"lockVersion\":1,\"templates\":[]}",
		"{\"lockVersion\":1,\"templates\":{\"x\":null}}",
		"{\"lockVersion\":1,\"templates\":{\"x\":{\"ref\":\"HEAD\"}}}",
		"{\"lockVersion\":1,\"templates\":{\"x\":{\"commit\":\"" COMMIT
		"\",\"digest\":\"" DIGEST "\",\"ref\":\"\"}}}",
		"{\"lockVersion\":1,\"templates\":{\"x\":{\"commit\":\"HEAD\",\"digest\":\"" DIGEST
		"\",\"ref\":\"HEAD\"}}}",
		"{\"lockVersion\":1,\"templates\":{\"x\":{\"commit\":\"" COMMIT
		"\",\"digest\":\"md5:0\",\"ref\":\"HEAD\"}}}",
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct diags d = DIAGS_INIT;
		struct lock_file read;

		if (!lock_file_parse(a, "hadeploy.lock", text_of(rows[i]), &read, &d))
			fail_msg("'%s' was taken", rows[i]);
		assert_int_equal(d.first->code, DIAG_LOCK_FILE);
		assert_int_equal(read.count, 0);
		diags_release(&d);
	}
	for (size_t len = 0; len + 2 < sizeof(whole); len++) {
		struct diags d = DIAGS_INIT;
		struct lock_file read;

		assert_int_equal(
			lock_file_parse(a, "hadeploy.lock", (struct text){whole, len}, &read, &d),
			-1);
		diags_release(&d);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(damage_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
