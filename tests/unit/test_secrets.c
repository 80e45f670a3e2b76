#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/secrets.h"

static const struct secrets *collect(struct arena *a, const char *document, const char *pointers)
{
	json_t *d = json_parse(text_of(document), NULL, NULL);
	json_t *p = json_parse(text_of(pointers), NULL, NULL);
	const struct secrets *s = secrets_collect(a, d, p);

	json_decref(d);
	json_decref(p);
	return s;
}

static void expect_masked(const struct secrets *s, const char *text, const char *wanted)
{
	struct str out = STR_INIT;

	secrets_mask_text(s, text_of(text), &out);
	assert_string_equal(str_cstr(&out), wanted);
	str_release(&out);
}

static void only_values_at_the_pointers_are_secret(void **state)
{
	struct arena *a = arena_new();
	const struct secrets *s = collect(
		a, "{\"p\":\"hunter22\",\"q\":\"public\",\"deep\":{\"k\":[\"inner-key\",12345]}}",
		"[\"/p\",\"/deep\"]");

	(void)state;
	expect_masked(s, "hunter22 public inner-key 12345",
		      "(sensitive) public (sensitive) (sensitive)");
	expect_masked(s, "hunter22hunter22", "(sensitive)(sensitive)");
	expect_masked(s, "", "");
	arena_free(a);
}

/* As programs print them: printf %s 'tulips & "may"?' | base64, and so on. */
static void a_secret_in_another_form_is_one(void **state)
{
	struct arena *a = arena_new();
	const struct secrets *s = collect(a, "{\"p\":\"tulips & \\\"may\\\"?\",\"q\":\"short77\"}",
					  "[\"/p\",\"/q\"]");

	(void)state;
	expect_masked(s, "dHVsaXBzICYgIm1heSI/ x", "(sensitive) x");
	expect_masked(s, "dHVsaXBzICYgIm1heSI_ x", "(sensitive) x");
	/* user:..., padded and in the middle: what stands for it alone. */
	expect_masked(s, "Basic dXNlcjp0dWxpcHMgJiAibWF5Ij8=", "Basic dXNlcjp(sensitive)8=");
	expect_masked(s, "74756c69707320262022 6d6179223f", "74756c69707320262022 6d6179223f");
	expect_masked(s, "74756c697073202620226d6179223f", "(sensitive)");
	expect_masked(s, "74756C697073202620226D6179223F", "(sensitive)");
	expect_masked(s, "a=tulips%20%26%20%22may%22%3F&b", "a=(sensitive)&b");
	expect_masked(s, "{\"k\":\"tulips & \\\"may\\\"?\"}", "{\"k\":\"(sensitive)\"}");
	/* Too short for that. */
	expect_masked(s, "c2hvcnQ3Nw== 73686f72743737", "c2hvcnQ3Nw== 73686f72743737");
	arena_free(a);
}

static void short_values_are_not_looked_for(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_null(collect(a, "{\"p\":\"on\",\"q\":true,\"r\":null}",
			    "[\"/p\",\"/q\",\"/r\",\"/s\"]"));
	expect_masked(NULL, "turned on", "turned on");
	arena_free(a);
}

static void the_longest_secret_wins(void **state)
{
	struct arena *a = arena_new();
	const struct secrets *s =
		collect(a, "{\"p\":\"pass\",\"q\":\"password\"}", "[\"/p\",\"/q\"]");

	(void)state;
	expect_masked(s, "password passport", "(sensitive) (sensitive)port");
	arena_free(a);
}

static void single_lines_of_a_key_are_masked_too(void **state)
{
	struct arena *a = arena_new();
	const struct secrets *s =
		collect(a, "{\"p\":\"-----BEGIN-----\\nMIIabcdefgh\\nend\"}", "[\"/p\"]");

	(void)state;
	expect_masked(s, "line MIIabcdefgh, and end", "line (sensitive), and end");
	arena_free(a);
}

static void an_echo_is_found_at_another_place(void **state)
{
	struct arena *a = arena_new();
	const struct secrets *s = collect(a, "{\"p\":\"hunter22\"}", "[\"/p\"]");
	json_t *out = json_array();
	json_t *document = json_parse(
		TEXT_LIT("{\"p\":\"hunter22\",\"l\":[1,{\"a/b\":\"<hunter22>\"}],\"n\":\"x\"}"),
		NULL, NULL);

	(void)state;
	secrets_find(s, document, out);
	assert_string_equal(json_text(a, out), "[\"/p\",\"/l/1/a~1b\"]");
	json_decref(out);
	json_decref(document);
	arena_free(a);
}

static void masked_places_are_found_again_and_joined(void **state)
{
	struct arena *a = arena_new();
	json_t *out = json_parse(TEXT_LIT("[\"/x\"]"), NULL, NULL), *found = json_array();
	json_t *document = json_parse(
		TEXT_LIT("{\"a\":{\"$secret\":\"00\"},\"x\":{\"$secret\":\"00\"},\"b\":{}}"), NULL,
		NULL);

	(void)state;
	secrets_masked_pointers(document, found);
	secrets_join_pointers(out, found);
	assert_string_equal(json_text(a, out), "[\"/x\",\"/a\"]");
	json_decref(out);
	json_decref(found);
	json_decref(document);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_values_at_the_pointers_are_secret),
		cmocka_unit_test(a_secret_in_another_form_is_one),
		cmocka_unit_test(short_values_are_not_looked_for),
		cmocka_unit_test(the_longest_secret_wins),
		cmocka_unit_test(single_lines_of_a_key_are_masked_too),
		cmocka_unit_test(an_echo_is_found_at_another_place),
		cmocka_unit_test(masked_places_are_found_again_and_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
