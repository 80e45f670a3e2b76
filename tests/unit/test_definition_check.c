/* What jq says of the programs of definitions, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "providers/rest/definition.h"

struct fixture {
	struct arena *a;
	struct diags d;
	struct definitions *s;
	struct jq_pool *pool;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->a = arena_new();
	f->pool = jq_pool_hold();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	definitions_close(f->s);
	jq_pool_release(f->pool);
	diags_release(&f->d);
	arena_free(f->a);
	free(f);
	return 0;
}

/* The definition of X::A that begins so, with the operations that it needs. */
static void open_with(struct fixture *f, const char *head)
{
	struct definition_source source = {.bundle_name = "b"};

	source.bundle = text_of(arena_printf(f->a,
					     "=== a.yaml\nType: X::A\n%s"
					     "Read: {Steps: [{Path: '/a/{$id}'}], State: .}\n"
					     "Delete: []\n",
					     head));
	definitions_close(f->s);
	diags_release(&f->d);
	f->s = definitions_open(&source, &f->d);
	assert_non_null(f->s);
	definitions_check(f->s, f->pool, &f->d);
}

static void check_said(struct fixture *f, const char *head, const char *expected)
{
	const struct diag *g;

	open_with(f, head);
	g = f->d.first;
	assert_non_null(g);
	assert_int_equal(f->d.error_count, 1);
	assert_non_null(g->hint);
	assert_string_equal(arena_printf(f->a, "%u:%u HD%u %s", (unsigned)g->where.start.line,
					 (unsigned)g->where.start.column, (unsigned)g->code,
					 g->summary),
			    expected);
}

#define CREATE "Create: [{Method: POST, Path: /a, Id: .id}]\n"

static void what_compiles_is_accepted(void **state)
{
	struct fixture *f = *state;

	open_with(f, "Library: |\n  def f: {a: $key, b: $settings.x}; # .\nCreate:\n"
		     "  - {Method: POST, Path: '/a/{+.b}', Body: f, Id: .id,\n"
		     "     Query: {x: $region}, Headers: {A: '{$id}-x'}}\n");
	assert_null(f->d.first);
}

static void words_that_reach_out_are_refused_where_they_are(void **state)
{
	struct fixture *f = *state;

	check_said(f, "Library: |\n  def f:\n    env.HOME;\n" CREATE,
		   "4:5 HD5337 a program of type 'X::A' uses 'env'");
	check_said(f, "Create: [{Method: POST, Path: /a, Id: '.id | input'}]\n",
		   "2:46 HD5337 a program of 'Create' of type 'X::A' uses 'input'");
	check_said(f, "Create: [{Method: POST, Path: '/{$ENV.A}', Id: .id}]\n",
		   "2:34 HD5337 a program of 'Create' of type 'X::A' uses '$ENV'");
	check_said(f, CREATE "Actions: {a: {Steps: [], Result: 'import \"a\" as a; a'}}\n",
		   "3:35 HD5337 a program of action 'a' of type 'X::A' uses 'import'");
	check_said(f, "ErrorCode: $__prog_args\n" CREATE,
		   "2:12 HD5337 a program of type 'X::A' uses '$__prog_args'");
	open_with(f, "Create: [{Method: POST, Path: /a, Body: '{env: .input, a: \"env\"}', "
		     "Id: .id}]\n");
	assert_null(f->d.first);
}

static void what_does_not_compile_is_shown_at_its_line(void **state)
{
	struct fixture *f = *state;

	check_said(f,
		   CREATE "Update:\n  - Path: /a\n    Body: |\n      {\n        a: .a |\n      }\n",
		   "8:7 HD5338 a jq program of type 'X::A' does not compile");
	assert_non_null(strstr(f->d.first->detail, "syntax error"));
	check_said(f, CREATE "Update:\n  - Path: /a\n    Query:\n      a: '1'\n      b: nope\n",
		   "7:7 HD5338 a jq program of type 'X::A' does not compile");
	assert_non_null(strstr(f->d.first->detail, "nope"));
	check_said(f, CREATE "Update:\n  - Path: '/a/{$nope}'\n",
		   "4:3 HD5338 a jq program of type 'X::A' does not compile");
	/* What is not closed in one line is not a fault of the next. */
	check_said(f, "Create:\n  - Method: POST\n    Path: /a\n    Body: '{a: .b'\n    Id: .id\n",
		   "5:5 HD5338 a jq program of type 'X::A' does not compile");
	check_said(f, "Create:\n  - Path: /a\n    Body: '# nothing'\n    Id: .id\n",
		   "4:5 HD5338 a jq program of type 'X::A' does not compile");
	check_said(f, "Endpoint: 'http://{$nope}'\n" CREATE,
		   "2:1 HD5338 a jq program of type 'X::A' does not compile");
	check_said(f, CREATE "Update:\n  - Path: '/a/{$id'\n",
		   "4:11 HD5320 no jq expression in '{$id'");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_compiles_is_accepted),
		TEST(words_that_reach_out_are_refused_where_they_are),
		TEST(what_does_not_compile_is_shown_at_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
