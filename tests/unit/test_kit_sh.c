/* test_kit_sh.c - values in scripts, as a real shell understands them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "providers/kit/sh.h"

/* What /bin/sh prints for the script. */
static void shell_says(struct str *script, struct str *out)
{
	struct str command = STR_INIT;
	char buffer[512];
	size_t n;
	FILE *p;

	str_add(&command, "sh -c ");
	sh_quote(&command, str_text(script));
	p = popen(str_cstr(&command), "r");
	assert_non_null(p);
	while ((n = fread(buffer, 1, sizeof(buffer), p)) > 0)
		str_add_len(out, buffer, n);
	assert_int_equal(pclose(p), 0);
	str_release(&command);
}

static const char *const values[] = {
	"",
	"plain",
	"it's",
	"'",
	"$HOME `id` \\ \"x\"",
	"a  b ",
	"--dash",
	"a\nb\n\n",
	"\n",
	"tab\tand \r return",
	"%s%d",
	"\\n \\0123",
	"gr\xc3\xbc\xc3\x9f",
	"*?[a-z]",
	"!history",
};

static void an_exported_value_arrives_unchanged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct str script = STR_INIT, out = STR_INIT;

		sh_export(&script, "VALUE", text_of(values[i]));
		assert_null(strchr(str_cstr(&script), '\n'));
		str_add(&script, "sh -c 'printf %s. \"$VALUE\"'");
		shell_says(&script, &out);
		assert_int_equal(out.len, strlen(values[i]) + 1);
		assert_memory_equal(out.ptr, values[i], strlen(values[i]));
		str_release(&script);
		str_release(&out);
	}
}

static void a_quoted_word_arrives_unchanged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct str script = STR_INIT, out = STR_INIT;

		if (!sh_one_line(text_of(values[i])))
			continue;
		sh_set(&script, "v", values[i]);
		str_add(&script, "printf %s. \"$v\"");
		shell_says(&script, &out);
		assert_int_equal(out.len, strlen(values[i]) + 1);
		assert_memory_equal(out.ptr, values[i], strlen(values[i]));
		str_release(&script);
		str_release(&out);
	}
}

static void lines_and_names_are_told_apart(void **state)
{
	(void)state;
	assert_true(sh_one_line(TEXT_LIT("")));
	assert_true(sh_one_line(TEXT_LIT("/a b")));
	assert_false(sh_one_line(TEXT_LIT("a\nb")));
	assert_false(sh_one_line(TEXT_LIT("a\0b")));
	assert_true(sh_name_valid(TEXT_LIT("_A9")));
	assert_false(sh_name_valid(TEXT_LIT("9A")));
	assert_false(sh_name_valid(TEXT_LIT("")));
	assert_false(sh_name_valid(TEXT_LIT("A-B")));
	assert_false(sh_name_valid(TEXT_LIT("A;id")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exported_value_arrives_unchanged),
		cmocka_unit_test(a_quoted_word_arrives_unchanged),
		cmocka_unit_test(lines_and_names_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
