/* test_kit_frame.c - finding an answer in what a shell writes, however it arrives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "providers/kit/frame.h"

#define MARK "5ca1ab1e.7"

static enum frame_answer scan_all(struct frame *f, const char *text)
{
	frame_init(f, MARK);
	return frame_scan(f, text_of(text));
}

static void an_answer_is_output_and_code(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(scan_all(&f, MARK "+\nhello\nworld\n\n" MARK "-3\n"), FRAME_DONE);
	assert_true(text_is(f.output, "hello\nworld\n"));
	assert_int_equal(f.code, 3);
}

static void output_may_be_empty_or_lack_its_newline(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(scan_all(&f, MARK "+\n\n" MARK "-0\n"), FRAME_DONE);
	assert_int_equal(f.output.len, 0);
	assert_int_equal(scan_all(&f, MARK "+\nx\n" MARK "-0\n"), FRAME_DONE);
	assert_true(text_is(f.output, "x"));
}

static void a_banner_before_the_answer_is_passed_over(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(scan_all(&f, "Welcome!\n5ca1ab1e.6-0\n" MARK "+\nx\n" MARK "-0\n"),
			 FRAME_DONE);
	assert_true(text_is(f.output, "x"));
}

static void an_end_without_a_code_is_broken(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(scan_all(&f, MARK "+\nx\n" MARK "-no\n"), FRAME_BROKEN);
	assert_int_equal(scan_all(&f, MARK "+\nx\n" MARK "-256\n"), FRAME_BROKEN);
	assert_int_equal(scan_all(&f, MARK "+\nx\n" MARK "-11111111111111"), FRAME_BROKEN);
}

static void nothing_is_answered_too_early(void **state)
{
	static const char whole[] = "noise" MARK "+\nout\n\n" MARK "-12\n";
	struct frame f;

	(void)state;
	frame_init(&f, MARK);
	for (size_t len = 0; len < sizeof(whole) - 1; len++)
		assert_int_equal(frame_scan(&f, (struct text){whole, len}), FRAME_MORE);
	assert_int_equal(frame_scan(&f, (struct text){whole, sizeof(whole) - 1}), FRAME_DONE);
	assert_true(text_is(f.output, "out\n"));
	assert_int_equal(f.code, 12);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Pieces that are likely to confuse: marks cut, doubled, without their newline. */
static void add_piece(struct str *s, uint32_t *seed)
{
	static const char *const pieces[] = {"\n",          "5ca1ab1e", ".7", "+",    "-", "-1\n",
					     "\n5ca1ab1e.", "x",        "",   "\r\n", " "};
	uint32_t r = next_random(seed);

	if (r % 8 == 0)
		str_add_char(s, (char)next_random(seed));
	else
		str_add(s, pieces[r % ARRAY_LEN(pieces)]);
}

static bool has_mark(const struct str *s)
{
	return memmem(str_cstr(s), s->len, "\n" MARK "-", strlen("\n" MARK "-")) != NULL;
}

static void scan_in_bits(struct frame *f, const struct str *whole, uint32_t *seed)
{
	enum frame_answer answer = FRAME_MORE;
	size_t len = 0;

	frame_init(f, MARK);
	while (len < whole->len) {
		assert_int_equal(answer, FRAME_MORE);
		len += 1 + next_random(seed) % 7;
		if (len > whole->len)
			len = whole->len;
		answer = frame_scan(f, (struct text){whole->ptr, len});
	}
	assert_int_equal(answer, FRAME_DONE);
}

static void any_output_comes_back_as_it_was(void **state)
{
	uint32_t seed = 20261120;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct str output = STR_INIT, whole = STR_INIT;
		struct frame f;

		for (uint32_t i = next_random(&seed) % 40; i > 0; i--)
			add_piece(&output, &seed);
		str_add(&whole, MARK "+\n");
		str_add_text(&whole, str_text(&output));
		str_add(&whole, "\n" MARK "-7\n");
		if (!has_mark(&output) && strncmp(str_cstr(&output), MARK "-", sizeof(MARK)) != 0) {
			scan_in_bits(&f, &whole, &seed);
			assert_true(text_eq(f.output, str_text(&output)));
		}
		str_release(&output);
		str_release(&whole);
	}
}

static void garbage_never_reads_beyond_its_end(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct str s = STR_INIT;
		struct frame f;
		char *exact;

		for (uint32_t i = next_random(&seed) % 60; i > 0; i--)
			add_piece(&s, &seed);
		/* A block of its own, so that a sanitizer sees any step over its end. */
		exact = xcalloc(s.len + 1, 1);
		memcpy(exact, str_cstr(&s), s.len);
		exact = xrealloc(exact, s.len ? s.len : 1, 1);
		frame_init(&f, MARK);
		if (frame_scan(&f, (struct text){exact, s.len}) == FRAME_DONE)
			assert_true(f.output.len < s.len);
		free(exact);
		str_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_output_and_code),
		cmocka_unit_test(output_may_be_empty_or_lack_its_newline),
		cmocka_unit_test(a_banner_before_the_answer_is_passed_over),
		cmocka_unit_test(an_end_without_a_code_is_broken),
		cmocka_unit_test(nothing_is_answered_too_early),
		cmocka_unit_test(any_output_comes_back_as_it_was),
		cmocka_unit_test(garbage_never_reads_beyond_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
