/* test_jq_text.c - words that a program may not use, numbers that jq would spoil. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "providers/rest/jq.h"

static void forbidden_is(const char *source, const char *wanted)
{
	struct text word = {NULL, 0}, text = text_of(source);

	assert_int_equal(jq_forbidden(text, &word), wanted != NULL);
	if (!wanted)
		return;
	assert_int_equal(word.len, strlen(wanted));
	assert_memory_equal(word.ptr, wanted, word.len);
	assert_true(word.ptr >= text.ptr && word.ptr + word.len <= text.ptr + text.len);
}

static void words_that_reach_outside_are_found(void **state)
{
	static const char *const words[] = {
		"debug",
		"env",
		"get_search_list",
		"halt",
		"halt_error",
		"import",
		"include",
		"input",
		"inputs",
		"input_filename",
		"input_line_number",
		"modulemeta",
		"stderr",
		"$ENV",
		"$__prog_args",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		forbidden_is(words[i], words[i]);
	forbidden_is(".a | env.HOME", "env");
	forbidden_is("[1,env]", "env");
	forbidden_is("{a:env}", "env");
	forbidden_is("{(input): 1}", "input");
	forbidden_is("\"a \\(\"b\" + (env | .x)) c\"", "env");
	forbidden_is("\"\\(\"\\(env)\")\"", "env");
	forbidden_is("@json \"\\(input)\"", "input");
	forbidden_is("# no\nenv", "env");
	forbidden_is("# no\renv", "env");
	forbidden_is("$ ENV", "$ ENV");
	forbidden_is("$ # so\n ENV", "$ # so\n ENV");
	forbidden_is("{$ENV}", "$ENV");
	forbidden_is("def f(env): env; f(1)", "env");
	forbidden_is("if 1 then input else 2 end", "input");
	forbidden_is(".\"env\" | input", "input");
	forbidden_is("..|env", "env");
	forbidden_is("-env", "env");
}

static void what_only_looks_like_them_is_left_alone(void **state)
{
	static const char *const sources[] = {
		"",
		".env",
		".a.env.input",
		".env?.debug",
		"{env: 1, input : 2}",
		"{\"env\": .input}",
		"\"env\"",
		"\"a \\\" env \\\\\"",
		"\"\\(1)env\\(2)input\"",
		"# env\n1 # input",
		"environment",
		"my_env",
		"env2",
		"$env",
		"$input",
		"inputs_of",
		"a::env",
		"@env",
		"now | localtime | mktime | strftime(\"%Y\")",
		"\"env",
		"\"\\(",
		"1.5 | . as [$a, {b: $c}] | $a",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sources); i++)
		forbidden_is(sources[i], NULL);
}

/* So deep that the scanner gives up: refused, whatever is in there. */
static void strings_in_strings_have_an_end(void **state)
{
	struct str s = STR_INIT;

	(void)state;
	for (int i = 0; i < 64; i++)
		str_add(&s, "\"\\(");
	forbidden_is(str_cstr(&s), NULL);
	str_add(&s, "\"\\(env");
	forbidden_is(str_cstr(&s), "\\(");
	str_release(&s);
}

static void safe_is(const char *json, const char *wanted)
{
	struct arena *a = arena_new();
	struct text in = text_of(json), out = jq_safe_numbers(a, in);

	assert_int_equal(out.len, strlen(wanted));
	assert_memory_equal(out.ptr, wanted, out.len);
	if (strcmp(json, wanted) == 0)
		assert_ptr_equal(out.ptr, in.ptr);
	arena_free(a);
}

static void integers_beyond_2_to_the_53rd_become_texts(void **state)
{
	(void)state;
	safe_is("9007199254740993", "\"9007199254740993\"");
	safe_is("[-9007199254740993,1]", "[\"-9007199254740993\",1]");
	safe_is("{\"a\":12345678901234567890}", "{\"a\":\"12345678901234567890\"}");
	safe_is("[10000000000000000,10000000000000001]",
		"[\"10000000000000000\",\"10000000000000001\"]");
}

static void other_numbers_and_texts_stay(void **state)
{
	static const char *const rows[] = {
		"",
		"9007199254740992",
		"-9007199254740992",
		"[1,2.5,1e300,-0]",
		"0.12345678901234567890",
		"12345678901234567890.5",
		"12345678901234567890e1",
		"{\"12345678901234567890\":\"-12345678901234567890\"}",
		"\"a\\\"12345678901234567890\\\\\"",
		"\"open 12345678901234567890",
		"\"\\",
		"[true,false,null]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		safe_is(rows[i], rows[i]);
}

static void plain_is(const char *message, const char *wanted)
{
	struct str s = STR_INIT;

	jq_plain_error(text_of(message), &s);
	assert_string_equal(str_cstr(&s), wanted);
	str_release(&s);
}

static void errors_lose_their_values(void **state)
{
	(void)state;
	plain_is("string (\"s3cret\") and number (1) cannot be added",
		 "string and number cannot be added");
	plain_is("object ({\"pa)s\":\"x...) cannot be parsed as a number",
		 "object cannot be parsed as a number");
	plain_is("string (\"(\")", "string");
	plain_is("Invalid numeric literal at line 1, column 7 (while parsing 's3cret')",
		 "Invalid numeric literal at line 1, column 7");
	plain_is("date \"s3cret\" does not match format \"%Y\"", "a date does not have the format");
	plain_is("Cannot index string with \"a\"", "Cannot index string with \"a\"");
	plain_is("no zone (a.b)", "no zone (a.b)");
	plain_is("", "");
	plain_is("number (", "number");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_that_reach_outside_are_found),
		cmocka_unit_test(what_only_looks_like_them_is_left_alone),
		cmocka_unit_test(strings_in_strings_have_an_end),
		cmocka_unit_test(integers_beyond_2_to_the_53rd_become_texts),
		cmocka_unit_test(other_numbers_and_texts_stay),
		cmocka_unit_test(errors_lose_their_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
