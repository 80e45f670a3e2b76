/* Two documents to the paths at which they differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/diff.h"

static json_t *json_of(const char *text)
{
	json_t *j = text ? json_parse(text_of(text), NULL, NULL) : NULL;

	assert_true(!text || j);
	return j;
}

/* One line per path: "/A: before -> after", "?" for unknown, "-" for not there. */
static void compare(const char *before, const char *after, const char *unknown,
		    const char *expected)
{
	struct arena *a = arena_new();
	json_t *x = json_of(before), *y = json_of(after), *u = json_of(unknown);
	struct str out = STR_INIT;
	struct diff diff;

	diff_make(a, x, y, u, &diff);
	for (size_t i = 0; i < diff.count; i++) {
		const struct diff_path *p = &diff.paths[i];

		str_printf(&out, "%s: %s -> %s\n", p->pointer, p->before ? p->before : "-",
			   p->unknown ? "?"
			   : p->after ? p->after
				      : "-");
	}
	assert_string_equal(str_cstr(&out), expected);
	diff_release(&diff);
	str_release(&out);
	json_decref(x);
	json_decref(y);
	json_decref(u);
	arena_free(a);
}

static void equal_documents_have_no_paths(void **state)
{
	(void)state;
	compare("{\"A\":1,\"B\":[1,{\"C\":null}]}", "{\"B\":[1,{\"C\":null}],\"A\":1}", NULL, "");
	compare("{\"A\":3}", "{\"A\":3.0}", NULL, "");
	compare(NULL, NULL, NULL, "");
}

static void scalars_are_compared_by_canonical_text(void **state)
{
	(void)state;
	compare("{\"A\":1,\"B\":\"x\"}", "{\"A\":\"1\",\"B\":\"y\"}", NULL,
		"/A: 1 -> \"1\"\n/B: \"x\" -> \"y\"\n");
}

static void members_are_compared_one_by_one(void **state)
{
	(void)state;
	compare("{\"T\":{\"a\":1,\"b\":2,\"c\":3}}", "{\"T\":{\"a\":1,\"b\":4,\"d\":5}}", NULL,
		"/T/b: 2 -> 4\n/T/c: 3 -> -\n/T/d: - -> 5\n");
}

static void new_and_removed_parts_are_shown_whole(void **state)
{
	(void)state;
	compare("{\"T\":{\"a\":1}}", "{}", NULL, "/T: {\"a\":1} -> -\n");
	compare("{}", "{\"T\":{\"a\":{\"b\":2}}}", NULL, "/T: - -> {\"a\":{\"b\":2}}\n");
	compare("{\"A\":null}", "{}", NULL, "/A: null -> -\n");
	compare(NULL, "{\"A\":1}", NULL, ": - -> {\"A\":1}\n");
}

static void arrays_of_one_length_are_compared_item_by_item(void **state)
{
	(void)state;
	compare("{\"L\":[1,2,{\"a\":1}]}", "{\"L\":[1,3,{\"a\":2}]}", NULL,
		"/L/1: 2 -> 3\n/L/2/a: 1 -> 2\n");
}

static void arrays_of_other_lengths_are_compared_whole(void **state)
{
	(void)state;
	compare("{\"L\":[1,2]}", "{\"L\":[1,2,3]}", NULL, "/L: [1,2] -> [1,2,3]\n");
}

static void a_change_of_kind_is_one_path(void **state)
{
	(void)state;
	compare("{\"A\":{\"b\":1}}", "{\"A\":[1]}", NULL, "/A: {\"b\":1} -> [1]\n");
	compare("{\"A\":1}", "{\"A\":{\"b\":1}}", NULL, "/A: 1 -> {\"b\":1}\n");
}

static void keys_are_escaped_in_pointers(void **state)
{
	(void)state;
	compare("{\"a/b\":1,\"m~n\":1}", "{\"a/b\":2,\"m~n\":2}", NULL,
		"/a~1b: 1 -> 2\n/m~0n: 1 -> 2\n");
}

static void paths_are_sorted(void **state)
{
	(void)state;
	compare("{\"b\":1,\"a\":{\"z\":1,\"y\":1},\"a!\":1}", "{}", NULL,
		"/a: {\"y\":1,\"z\":1} -> -\n/a!: 1 -> -\n/b: 1 -> -\n");
}

static void unknown_parts_always_differ(void **state)
{
	(void)state;
	compare("{\"A\":null}", "{\"A\":null}", "[\"/A\"]", "/A: null -> ?\n");
	compare("{\"A\":\"x\",\"B\":1}", "{\"A\":null,\"B\":1}", "[\"/A\"]", "/A: \"x\" -> ?\n");
	compare("{}", "{\"L\":[null,1]}", "[\"/L/0\"]", "/L: - -> ?\n");
	compare("{\"L\":[5,1]}", "{\"L\":[null,1]}", "[\"/L/0\"]", "/L/0: 5 -> ?\n");
}

static void a_new_object_with_an_unknown_part_is_shown_by_member(void **state)
{
	(void)state;
	compare("{}", "{\"T\":{\"a\":null,\"b\":{\"c\":1}}}", "[\"/T/a\"]",
		"/T/a: - -> ?\n/T/b: - -> {\"c\":1}\n");
}

static void an_unknown_part_without_a_place_is_told_too(void **state)
{
	(void)state;
	compare("{\"A\":1}", "{\"A\":1}", "[\"/B/c\"]", "/B/c: - -> ?\n");
	compare("{\"A\":{\"b\":1}}", "{\"A\":null}", "[\"/A\",\"/A/b\"]", "/A: {\"b\":1} -> ?\n");
}

static void masked_secrets_compare_by_their_digests(void **state)
{
	(void)state;
	compare("{\"P\":{\"$secret\":\"aa\"}}", "{\"P\":{\"$secret\":\"aa\"}}", NULL, "");
	compare("{\"P\":{\"$secret\":\"aa\"}}", "{\"P\":{\"$secret\":\"bb\"}}", NULL,
		"/P: {\"$secret\":\"aa\"} -> {\"$secret\":\"bb\"}\n");
	compare("{\"P\":{\"$secret\":\"aa\"}}", "{\"P\":{\"$secret\":\"bb\"}}", "[\"/P/x\"]",
		"/P: {\"$secret\":\"aa\"} -> ?\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_documents_have_no_paths),
		cmocka_unit_test(scalars_are_compared_by_canonical_text),
		cmocka_unit_test(members_are_compared_one_by_one),
		cmocka_unit_test(new_and_removed_parts_are_shown_whole),
		cmocka_unit_test(arrays_of_one_length_are_compared_item_by_item),
		cmocka_unit_test(arrays_of_other_lengths_are_compared_whole),
		cmocka_unit_test(a_change_of_kind_is_one_path),
		cmocka_unit_test(keys_are_escaped_in_pointers),
		cmocka_unit_test(paths_are_sorted),
		cmocka_unit_test(unknown_parts_always_differ),
		cmocka_unit_test(a_new_object_with_an_unknown_part_is_shown_by_member),
		cmocka_unit_test(an_unknown_part_without_a_place_is_told_too),
		cmocka_unit_test(masked_secrets_compare_by_their_digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
