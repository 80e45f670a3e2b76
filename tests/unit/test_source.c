/* test_source.c - loading texts and finding places in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/limits.h"

struct fixture {
	struct arena *arena;
	struct diags diags;
	char folder[32];
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->arena = arena_new();
	memcpy(f->folder, "/tmp/test_source.XXXXXX", sizeof("/tmp/test_source.XXXXXX"));
	*state = f;
	return mkdtemp(f->folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	rmdir(f->folder);
	arena_free(f->arena);
	diags_release(&f->diags);
	free(f);
	return 0;
}

static const struct source *from(struct fixture *f, struct text bytes)
{
	const struct source *src = source_from(f->arena, "shop.yaml", bytes, &f->diags);

	assert_non_null(src);
	assert_int_equal(f->diags.error_count, 0);
	return src;
}

static void lines_come_without_their_ends(void **state)
{
	const struct source *src = from(*state, TEXT_LIT("a: 1\r\n\nlast"));

	assert_int_equal(src->line_count, 3);
	assert_true(text_is(source_line(src, 1), "a: 1"));
	assert_true(text_is(source_line(src, 2), ""));
	assert_true(text_is(source_line(src, 3), "last"));
	assert_true(text_is(source_line(src, 4), ""));
	assert_true(text_is(source_line(src, 0), ""));
}

static void an_empty_text_has_one_empty_line(void **state)
{
	const struct source *src = from(*state, TEXT_LIT(""));

	assert_int_equal(src->line_count, 1);
	assert_true(text_is(source_line(src, 1), ""));
	assert_int_equal(source_pos(src, 0).line, 1);
	assert_int_equal(source_pos(src, 99).column, 1);
	assert_int_equal(source_offset(src, (struct pos){1, 5}), 0);
}

static void a_byte_order_mark_is_skipped(void **state)
{
	const struct source *src = from(*state, TEXT_LIT("\xef\xbb\xbf"
							 "key: 1\n"));

	assert_true(text_is(src->bytes, "key: 1\n"));
}

static void the_bytes_are_copied(void **state)
{
	char bytes[] = "abc";
	const struct source *src = from(*state, text_of(bytes));

	bytes[0] = 'X';
	assert_true(text_is(src->bytes, "abc"));
}

static void columns_count_characters(void **state)
{
	const struct source *src = from(*state, TEXT_LIT("x\n\xc3\xa9\xe2\x82\xac: v\n"));
	struct pos pos = source_pos(src, 2 + 5); /* the colon */

	assert_int_equal(pos.line, 2);
	assert_int_equal(pos.column, 3);
	assert_int_equal(source_offset(src, pos), 7);
}

/* Long lines with characters of all lengths cross every block border in every way. */
static struct text mixed_text(struct fixture *f)
{
	static const char *const pieces[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
	struct str s = STR_INIT;
	struct text copy;
	uint32_t seed = 7;

	for (size_t i = 0; i < 4000; i++) {
		seed = seed * 1664525 + 1013904223;
		str_add(&s, pieces[seed >> 30]);
		if (i % 1500 == 1499)
			str_add(&s, "\n");
	}
	copy = (struct text){arena_text(f->arena, str_text(&s)), s.len};
	str_release(&s);
	return copy;
}

static void positions_and_offsets_are_each_others_inverse(void **state)
{
	const struct source *src = from(*state, mixed_text(*state));
	struct pos expected = {1, 1};
	size_t point = 0;

	for (size_t i = 0; i <= src->bytes.len; i++) {
		char c = i < src->bytes.len ? src->bytes.ptr[i] : '\0';
		struct pos pos;

		if (((unsigned char)c & 0xc0) == 0x80)
			continue;
		pos = source_pos(src, i);
		assert_int_equal(pos.line, expected.line);
		assert_int_equal(pos.column, expected.column);
		assert_int_equal(source_offset(src, pos), i);
		assert_int_equal(source_point_offset(src, point++), i);
		expected.column++;
		if (c == '\n')
			expected = (struct pos){expected.line + 1, 1};
	}
}

static void positions_outside_the_text_are_clamped(void **state)
{
	const struct source *src = from(*state, TEXT_LIT("ab\ncd"));

	assert_int_equal(source_offset(src, (struct pos){1, 99}), 2);
	assert_int_equal(source_offset(src, (struct pos){2, 99}), 5);
	assert_int_equal(source_offset(src, (struct pos){9, 1}), 5);
	assert_int_equal(source_offset(src, (struct pos){0, 0}), 0);
	assert_int_equal(source_offset(src, (struct pos){2, 0}), 3);
	assert_int_equal(source_point_offset(src, 99), 5);
	assert_int_equal(source_pos(src, 99).line, 2);
	assert_int_equal(source_pos(src, 99).column, 3);
}

static void a_bad_byte_is_reported_at_its_place(void **state)
{
	struct fixture *f = *state;

	assert_null(
		source_from(f->arena, "shop.yaml", TEXT_LIT("a: 1\n\xc3\xa9: \xff\n"), &f->diags));
	assert_int_equal(f->diags.error_count, 1);
	assert_int_equal(f->diags.first->code, DIAG_NOT_UTF8);
	assert_string_equal(f->diags.first->summary, "'shop.yaml' is not UTF-8 text: byte 0xFF");
	assert_string_equal(f->diags.first->where.src->name, "shop.yaml");
	assert_int_equal(f->diags.first->where.start.line, 2);
	assert_int_equal(f->diags.first->where.start.column, 4);
	assert_int_equal(f->diags.first->where.end.column, 5);
}

static void a_nul_byte_is_not_text(void **state)
{
	struct fixture *f = *state;

	assert_null(source_from(f->arena, "x", TEXT_LIT("a\0b"), &f->diags));
	assert_int_equal(f->diags.first->code, DIAG_NOT_UTF8);
	assert_int_equal(f->diags.first->where.start.column, 2);
	assert_string_equal(f->diags.first->hint, "remove the NUL byte from the file");
}

static void a_file_is_loaded_under_the_name_to_show(void **state)
{
	struct fixture *f = *state;
	const char *path = path_join(f->arena, f->folder, "shop.yaml");
	const struct source *named, *unnamed;

	assert_int_equal(file_write_atomic(path, TEXT_LIT("Project: shop\n")), 0);
	named = source_load(f->arena, path, "shop.yaml", RANGE_NONE, &f->diags);
	unnamed = source_load(f->arena, path, NULL, RANGE_NONE, &f->diags);
	unlink(path);
	assert_string_equal(named->name, "shop.yaml");
	assert_true(text_is(named->bytes, "Project: shop\n"));
	assert_string_equal(unnamed->name, path);
}

static void a_missing_file_is_blamed_on_the_place_that_names_it(void **state)
{
	struct fixture *f = *state;
	const struct source *manifest = from(f, TEXT_LIT("Template: stacks/wbe.yaml\n"));
	struct range where = {manifest, {1, 11}, {1, 26}};

	assert_null(source_load(f->arena, "/nonexistent/wbe.yaml", "stacks/wbe.yaml", where,
				&f->diags));
	assert_int_equal(f->diags.error_count, 1);
	assert_int_equal(f->diags.first->code, DIAG_FILE_OPEN);
	assert_string_equal(f->diags.first->summary,
			    "'stacks/wbe.yaml' cannot be read: No such file or directory");
	assert_int_equal(f->diags.first->where.start.column, 11);
	assert_non_null(f->diags.first->hint);
}

static void a_folder_is_not_a_file(void **state)
{
	struct fixture *f = *state;

	assert_null(source_load(f->arena, f->folder, "here", RANGE_NONE, &f->diags));
	assert_int_equal(f->diags.first->code, DIAG_FILE_OPEN);
	assert_string_equal(f->diags.first->summary, "'here' cannot be read: Is a directory");
}

static void a_file_without_end_is_too_large(void **state)
{
	struct fixture *f = *state;

	assert_null(source_load(f->arena, "/dev/zero", NULL, RANGE_NONE, &f->diags));
	assert_int_equal(f->diags.first->code, DIAG_FILE_TOO_LARGE);
	assert_string_equal(f->diags.first->summary, "'/dev/zero' is larger than 67108864 bytes");
}

static void memory_may_be_too_large_too(void **state)
{
	struct fixture *f = *state;
	size_t len = LIMIT_SOURCE_LEN + 1;
	char *bytes = xcalloc(len, 1);

	memset(bytes, 'a', len);
	assert_null(source_from(f->arena, "big", (struct text){bytes, len}, &f->diags));
	free(bytes);
	assert_int_equal(f->diags.first->code, DIAG_FILE_TOO_LARGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_come_without_their_ends),
		TEST(an_empty_text_has_one_empty_line),
		TEST(a_byte_order_mark_is_skipped),
		TEST(the_bytes_are_copied),
		TEST(columns_count_characters),
		TEST(positions_and_offsets_are_each_others_inverse),
		TEST(positions_outside_the_text_are_clamped),
		TEST(a_bad_byte_is_reported_at_its_place),
		TEST(a_nul_byte_is_not_text),
		TEST(a_file_is_loaded_under_the_name_to_show),
		TEST(a_missing_file_is_blamed_on_the_place_that_names_it),
		TEST(a_folder_is_not_a_file),
		TEST(a_file_without_end_is_too_large),
		TEST(memory_may_be_too_large_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
