/* Names of files in the mirror: any name comes back, and no name leads elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/mirror_parts.h"

/* The path; expects that it leads back, and that git takes it. */
static const char *expect_way_back(struct arena *a, const struct rows_key *key)
{
	const char *path = mirror_path(a, key);
	struct rows_key back;

	assert_true(mirror_parse_path(a, path, &back));
	assert_int_equal(back.of, key->of);
	if (key->of == ROWS_INSTANCE) {
		assert_string_equal(back.instance.stack, key->instance.stack);
		assert_string_equal(back.instance.account, key->instance.account);
		assert_string_equal(back.instance.region, key->instance.region);
	} else if (key->name) {
		assert_string_equal(back.name, key->name);
	}
	for (const char *at = path; *at; at++)
		assert_true(*at > ' ' && *at < 0x7f && *at != '\\' && *at != ':');
	assert_null(strstr(path, "/."));
	assert_null(strstr(path, "//"));
	return path;
}

static void every_name_comes_back(void **state)
{
	static const char *const names[] = {"web",
					    "-",
					    "big.one",
					    ".",
					    "..",
					    "...",
					    ".git",
					    ".GIT",
					    "a/b",
					    "/",
					    "../../x",
					    "a b",
					    "%",
					    "%2F",
					    "%41",
					    "a%",
					    "\xC3\xA9t\xC3\xA9",
					    "\xff",
					    "\x01",
					    "a.",
					    "con.",
					    "~1",
					    "x.json",
					    "a\\b",
					    "c:d",
					    "\n"};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		for (size_t k = 0; k < 3; k++) {
			const char *parts[] = {"web", "123", "east"};
			struct rows_key key = {.of = ROWS_INSTANCE};

			parts[k] = names[i];
			key.instance = (struct instance_id){parts[0], parts[1], parts[2]};
			expect_way_back(a, &key);
		}
		expect_way_back(a, &(struct rows_key){.of = ROWS_RUN, .name = names[i]});
		expect_way_back(a, &(struct rows_key){.of = ROWS_EXECUTION, .name = names[i]});
	}
	arena_free(a);
}

static void paths_are_as_documented(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(
		expect_way_back(a, &(struct rows_key){.of = ROWS_INSTANCE,
						      .instance = {"big.one", "-", "\xC3\xA9"}}),
		"instances/-/%C3%A9/big.one.json");
	assert_string_equal(
		expect_way_back(a, &(struct rows_key){.of = ROWS_RUNNING, .name = "../x"}),
		"running/%2E.%2Fx.json");
	for (int of = ROWS_META; of < ROWS_OF_COUNT; of++)
		expect_way_back(a, &(struct rows_key){.of = (enum rows_of)of});
	arena_free(a);
}

static void other_paths_are_none(void **state)
{
	static const char *const paths[] = {"",
					    "x",
					    "instances",
					    "instances/",
					    "instances/.json",
					    "instances/a.json",
					    "instances/a/b.json",
					    "instances/a/b/c/d.json",
					    "instances/a/b/c",
					    "runs/.json",
					    "runs/a/b.json",
					    "runs/../b.json",
					    "instances/../../x.json",
					    "instances//a/b.json",
					    "runs/a b.json",
					    "runs/%41.json",
					    "runs/%c3.json",
					    "runs/%.json",
					    "runs/%2.json",
					    "runs/%00.json",
					    "runs/a%00b.json",
					    "shared/meta",
					    "shared/x.json",
					    "shared/meta.json/x",
					    "/runs/a.json",
					    "runs/\xC3\xA9.json",
					    "runs/a..json"};
	struct arena *a = arena_new();
	struct rows_key key;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (mirror_parse_path(a, paths[i], &key))
			fail_msg("'%s' is taken for one", paths[i]);
	}
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_comes_back),
		cmocka_unit_test(paths_are_as_documented),
		cmocka_unit_test(other_paths_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
