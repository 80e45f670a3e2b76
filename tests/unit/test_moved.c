/* The section Moved as it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "templates/template.h"

struct fixture {
	struct arena *a;
	struct diags d;
	const struct template *t;
};

static void load(struct fixture *f, const char *moved)
{
	const char *text;

	f->a = arena_new();
	f->d = DIAGS_INIT;
	text = arena_printf(f->a, "Moved: %s\nResources: {A: {Type: T}}\n", moved);
	f->t = template_load(f->a, source_from(f->a, "t.yaml", text_of(text), &f->d), NULL, &f->d);
}

static void release(struct fixture *f)
{
	diags_release(&f->d);
	arena_free(f->a);
}

static void expect(const char *moved, enum diag_code code, const char *summary)
{
	struct fixture f;

	load(&f, moved);
	assert_null(f.t);
	assert_int_equal(f.d.first->code, code);
	assert_string_equal(f.d.first->summary, summary);
	assert_int_equal(f.d.first->where.start.line, 1);
	release(&f);
}

static void moves_are_read_in_their_order(void **state)
{
	struct fixture f;

	(void)state;
	load(&f, "[{From: Net.Vpc, To: A}, {From: B, To: Net.B}]");
	assert_non_null(f.t);
	assert_int_equal(f.t->move_count, 2);
	assert_string_equal(f.t->moves[0].from, "Net.Vpc");
	assert_string_equal(f.t->moves[1].to, "Net.B");
	release(&f);
}

static void what_is_written_wrongly_is_told(void **state)
{
	(void)state;
	expect("[{From: B}]", DIAG_MOVED_SHAPE, "an item of Moved has no 'To'");
	expect("[{From: B, To: A, Two: A}]", DIAG_MOVED_SHAPE, "an item of Moved has no key 'Two'");
	expect("[{From: 'B-', To: A}]", DIAG_NAME_INVALID,
	       "'B-' is no name for a resource: letters and digits only");
	expect("[{From: B, To: A}, {From: B, To: C}]", DIAG_MOVED_DOUBLE,
	       "'B' is moved away twice");
	expect("[{From: B, To: A}, {From: C, To: A}]", DIAG_MOVED_DOUBLE,
	       "'A' is moved there twice");
}

static void circles_are_told_once(void **state)
{
	struct fixture f;

	(void)state;
	load(&f, "[{From: D, To: B}, {From: B, To: C}, {From: C, To: D}, {From: X, To: A}]");
	assert_null(f.t);
	assert_int_equal(f.d.error_count, 1);
	assert_int_equal(f.d.first->code, DIAG_MOVED_CIRCLE);
	assert_string_equal(f.d.first->summary, "'D' moves in a circle");
	assert_string_equal(f.d.first->related->summary, "to 'B'");
	release(&f);
	expect("[{From: B, To: B}]", DIAG_MOVED_CIRCLE, "'B' moves in a circle");
	expect("[{From: B, To: B.C}]", DIAG_MOVED_CIRCLE, "'B' moves into itself");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_are_read_in_their_order),
		cmocka_unit_test(what_is_written_wrongly_is_told),
		cmocka_unit_test(circles_are_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
