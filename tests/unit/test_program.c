/* test_program.c - the program of a definition: its functions, and the places of its lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "providers/rest/program.h"

struct bench {
	struct arena *arena;
	struct jq_pool *pool;
	struct definition definition;
	struct step step;
	struct diags diags;
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->arena = arena_new();
	b->pool = jq_pool_hold();
	b->definition.operations[OPERATION_CREATE] =
		(struct operation){.steps = &b->step, .step_count = 1, .given = true};
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	jq_pool_release(b->pool);
	diags_release(&b->diags);
	arena_free(b->arena);
	free(b);
	return 0;
}

static struct expression expression(const char *source)
{
	return (struct expression){text_of(source), RANGE_NONE, 0};
}

static struct jq_answer run(struct bench *b, unsigned function, const char *rest)
{
	struct jq_answer answer;
	const char *input = arena_printf(b->arena, "{\"fn\":%u,%s}", function, rest);

	jq_run(b->pool, b->arena, &b->definition.program, text_of(input), &answer);
	return answer;
}

static void gives(struct bench *b, unsigned function, const char *rest, const char *wanted)
{
	struct jq_answer answer = run(b, function, rest);

	assert_string_equal(answer.text.ptr, wanted);
	assert_int_equal(answer.result, JQ_VALUE);
}

static void a_request_has_its_parts(void **state)
{
	struct bench *b = *state;

	b->step.request = expression("{\"path\": \"/zones/\\($id)\", \"body\": {n: .Name}} # so");
	program_build(b->arena, &b->definition);
	gives(b, b->step.request_function, "\"in\":{\"Name\":\"x\"},\"v\":{\"id\":\"7\"}",
	      "{\"when\":true,\"each\":null,\"request\":{\"path\":\"/zones/"
	      "7\",\"body\":{\"n\":\"x\"}}}");
}

static void what_is_not_wanted_is_not_asked_for(void **state)
{
	struct bench *b = *state;

	b->step.request = expression("error(\"asked\")");
	b->step.when = expression(".Wanted");
	program_build(b->arena, &b->definition);
	gives(b, b->step.request_function, "\"in\":{},\"v\":{}",
	      "{\"when\":false,\"each\":null,\"request\":null}");
	assert_int_equal(run(b, b->step.request_function, "\"in\":{\"Wanted\":1},\"v\":{}").result,
			 JQ_RAISED);
}

static void a_list_is_gone_through_one_by_one(void **state)
{
	struct bench *b = *state;

	b->step.request = expression("{\"path\": $item}");
	b->step.for_each = expression(".Items");
	b->step.when = expression(".Items | length > 1");
	program_build(b->arena, &b->definition);
	gives(b, b->step.request_function, "\"in\":{\"Items\":[\"a\",null]},\"v\":{}",
	      "{\"when\":true,\"each\":[\"a\",null],\"request\":null}");
	gives(b, b->step.request_function, "\"in\":{},\"v\":{\"item\":\"a\"}",
	      "{\"when\":true,\"each\":null,\"request\":{\"path\":\"a\"}}");
	gives(b, b->step.request_function, "\"in\":{\"Items\":[\"a\"]},\"v\":{}",
	      "{\"when\":false,\"each\":null,\"request\":null}");
}

static void the_service_adds_headers_and_an_endpoint(void **state)
{
	struct bench *b = *state;

	b->step.request = expression("{\"headers\": {\"a\": \"mine\"}}");
	b->definition.service.headers = expression("{\"a\": .Name, \"b\": .Name}");
	b->definition.service.endpoint = "https://x.{$region}.{$suffix}";
	program_build(b->arena, &b->definition);
	gives(b, b->step.request_function,
	      "\"in\":{\"Name\":\"n\"},\"v\":{\"region\":\"r\",\"suffix\":\"s\"}",
	      "{\"when\":true,\"each\":null,\"request\":{\"headers\":{\"a\":\"mine\",\"b\":\"n\"},"
	      "\"endpoint\":\"https://x.r.s\"}}");
	gives(b, b->step.request_function, "\"in\":{},\"v\":{}",
	      "{\"when\":true,\"each\":null,\"request\":{\"headers\":{\"a\":\"mine\",\"b\":null},"
	      "\"endpoint\":null}}");
}

static void an_answer_has_what_the_step_says(void **state)
{
	struct bench *b = *state;

	b->step.id = expression(".id");
	b->step.until = expression(".state == \"up\"");
	b->step.failed = expression("empty");
	program_build(b->arena, &b->definition);
	gives(b, b->step.answer_function, "\"in\":{\"id\":\"i\"},\"v\":{}",
	      "{\"id\":\"i\",\"until\":false,\"failed\":null}");
	assert_int_not_equal(b->step.answer_function, b->step.request_function);
}

/* The id of something in a page is not asked for before all of them are there. */
static void a_page_has_its_own_answer(void **state)
{
	struct bench *b = *state;

	b->step.id = expression("error(\"asked\")");
	b->step.pages.next = expression(".next");
	b->step.pages.items = expression(".items");
	b->step.pages.given = true;
	program_build(b->arena, &b->definition);
	gives(b, b->step.answer_function, "\"in\":{\"items\":[1]},\"page\":true,\"v\":{}",
	      "{\"next\":null,\"items\":[1]}");
	assert_int_equal(run(b, b->step.answer_function, "\"in\":{},\"v\":{}").result, JQ_RAISED);
}

static void each_function_has_its_number(void **state)
{
	struct bench *b = *state;
	struct action act = {"promote", {.result = expression("\"done\""), .given = true}};

	b->definition.service.error_code = expression(".code");
	b->definition.operations[OPERATION_CREATE].state = expression("null");
	b->definition.operations[OPERATION_READ].state = expression("$steps.make");
	b->definition.operations[OPERATION_LIST].items = expression("[.]");
	b->definition.actions = &act;
	b->definition.action_count = 1;
	program_build(b->arena, &b->definition);
	gives(b, b->definition.service.error_function, "\"in\":{\"code\":\"X\"},\"v\":{}",
	      "{\"code\":\"X\"}");
	gives(b, b->definition.operations[OPERATION_READ].end_function,
	      "\"in\":1,\"v\":{\"steps\":{\"make\":[2]}}", "[2]");
	gives(b, b->definition.operations[OPERATION_LIST].end_function, "\"in\":1,\"v\":{}", "[1]");
	gives(b, b->definition.operations[OPERATION_CREATE].end_function, "\"in\":1,\"v\":{}",
	      "null");
	gives(b, act.operation.end_function, "\"in\":1,\"v\":{}", "\"done\"");
}

/* Libraries know the variables; a type's knows its service's. */
static void libraries_are_known(void **state)
{
	struct bench *b = *state;

	b->definition.service.functions = TEXT_LIT("def here: $region;\n");
	b->definition.functions = TEXT_LIT("def there: here + \"!\"; # so\n");
	b->step.id = expression("there");
	program_build(b->arena, &b->definition);
	gives(b, b->step.answer_function, "\"in\":1,\"v\":{\"region\":\"north\"}",
	      "{\"id\":\"north!\"}");
}

static const char yaml[] = "Library: |\n"
			   "  def a:\n"
			   "    nosuch;\n"
			   "Create:\n"
			   "- Id: .id +\n"
			   "    missing\n"
			   "  Body: |\n"
			   "    .a\n"
			   "    | absent\n";

static struct range from(const struct source *src, uint32_t line, uint32_t column)
{
	return (struct range){src, {line, column}, {line, column + 1}};
}

static void error_is_at(struct bench *b, uint32_t line, uint32_t column)
{
	struct jq_answer answer;
	struct range where;

	program_build(b->arena, &b->definition);
	jq_check(b->pool, b->arena, &b->definition.program, &answer);
	assert_int_equal(answer.result, JQ_INVALID);
	where = program_place(&b->definition, answer.line);
	assert_non_null(where.src);
	assert_int_equal(where.start.line, line);
	assert_int_equal(where.start.column, column);
}

static void an_error_is_shown_in_its_file(void **state)
{
	struct bench *b = *state;
	const struct source *src = source_from(b->arena, "x.yaml", text_of(yaml), &b->diags);
	struct str request = STR_INIT;

	b->definition.functions = TEXT_LIT("def a:\n  nosuch;\n");
	b->definition.functions_where = from(src, 1, 10);
	b->step.id = (struct expression){TEXT_LIT("a"), from(src, 5, 7), 0};
	error_is_at(b, 3, 5);
	b->definition.functions = TEXT_LIT("def a:\n  1;\n");
	b->step.id = (struct expression){TEXT_LIT(".id +\nmissing"), from(src, 5, 7), 0};
	error_is_at(b, 6, 5);
	b->step.id.source = TEXT_LIT("1");
	str_add(&request, "{\"body\":");
	program_mark(&request, from(src, 7, 9));
	str_add(&request, ".a\n| absent\n}");
	b->step.request = (struct expression){str_text(&request), from(src, 5, 3), 0};
	error_is_at(b, 9, 5);
	str_release(&request);
}

/* An end that is missing shows in what follows, but belongs to what came before. */
static void an_end_that_is_missing_is_shown_where_it_should_be(void **state)
{
	struct bench *b = *state;
	const struct source *src = source_from(b->arena, "x.yaml", text_of(yaml), &b->diags);

	b->step.id = (struct expression){TEXT_LIT(".id +\n(1\n"), from(src, 5, 7), 0};
	error_is_at(b, 6, 5);
}

static void the_prelude_is_in_no_file(void **state)
{
	struct bench *b = *state;

	program_build(b->arena, &b->definition);
	assert_null(program_place(&b->definition, 3).src);
}

static void filled(struct bench *b, const char *holes, const char *wanted)
{
	struct text jq;

	assert_int_equal(program_holes(b->arena, holes, RANGE_NONE, &jq, &b->diags), 0);
	b->definition.operations[OPERATION_READ].state = expression(jq.ptr);
	program_build(b->arena, &b->definition);
	gives(b, b->definition.operations[OPERATION_READ].end_function,
	      "\"in\":{\"n\":12,\"odd\":\"a/b c?\\u00e9*\",\"none\":null,\"dots\":\"..\"},\"v\":{}",
	      wanted);
}

static void paths_are_encoded(void **state)
{
	struct bench *b = *state;

	filled(b, "/zones", "\"/zones\"");
	filled(b, "/a/{.n}/b", "\"/a/12/b\"");
	filled(b, "/{.odd}", "\"/a%2Fb%20c%3F%C3%A9%2A\"");
	filled(b, "/{+.odd}", "\"/a/b%20c%3F%C3%A9%2A\"");
	filled(b, "/{{x}}\"\\n", "\"/{x}\\\"\\\\n\"");
	filled(b, "/{ {a: \"}\"} | .a }", "\"/%7D\"");
	filled(b, "/{\"\\({a: 1} | .a)\"}", "\"/1\"");
	filled(b, "/{.n # }\n}", "\"/12\"");
}

static void wrong(struct bench *b, const char *holes)
{
	struct text jq;
	struct jq_answer answer;

	assert_int_equal(program_holes(b->arena, holes, RANGE_NONE, &jq, &b->diags), 0);
	b->definition.operations[OPERATION_READ].state = expression(jq.ptr);
	program_build(b->arena, &b->definition);
	answer = run(b, b->definition.operations[OPERATION_READ].end_function,
		     "\"in\":{\"none\":null,\"dots\":\"..\"},\"v\":{}");
	assert_int_equal(answer.result, JQ_RAISED);
}

/* DELETE /zones/ would be about all of them. */
static void a_hole_in_a_path_is_never_empty(void **state)
{
	wrong(*state, "/zones/{.none}");
	wrong(*state, "/zones/{.dots}");
	wrong(*state, "/zones/{+.dots}");
	wrong(*state, "/zones/{\"\"}");
	wrong(*state, "/zones/{[1]}");
}

static void other_texts_are_as_they_are(void **state)
{
	struct bench *b = *state;
	struct text jq;
	static const char *const rows[][2] = {{"a {.odd}", "\"a a/b c?\""},
					      {"{.odd}", "\"a/b c?\""},
					      {"{.none}", "null"},
					      {"{+.odd}", "\"a/b c?\""},
					      {"{.odd # }\n}", "\"a/b c?\""},
					      {"{.odd}!", "\"a/b c?!\""}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(
			program_text_holes(b->arena, rows[i][0], RANGE_NONE, &jq, &b->diags), 0);
		b->definition.operations[OPERATION_READ].state = expression(jq.ptr);
		program_build(b->arena, &b->definition);
		gives(b, b->definition.operations[OPERATION_READ].end_function,
		      "\"in\":{\"odd\":\"a/b c?\"},\"v\":{}", rows[i][1]);
	}
}

static void a_hole_ends(void **state)
{
	struct bench *b = *state;
	static const char *const texts[] = {"/{.a", "/{", "/{}", "/{ }", "/{\"}", "/{(}", "{{{"};
	struct text jq;

	/* What is in parentheses is jq's own matter. */
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		int status = program_holes(b->arena, texts[i], RANGE_NONE, &jq, &b->diags);

		assert_int_equal(status, strcmp(texts[i], "/{(}") == 0 ? 0 : -1);
		status = program_text_holes(b->arena, texts[i] + (i < 6), RANGE_NONE, &jq,
					    &b->diags);
		assert_int_equal(status, strcmp(texts[i], "/{(}") == 0 ? 0 : -1);
	}
	assert_int_equal(b->diags.first->code, DIAG_JQ_HOLE);
	assert_string_equal(b->diags.first->summary, "no jq expression in '{.a'");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_has_its_parts),
		TEST(what_is_not_wanted_is_not_asked_for),
		TEST(a_list_is_gone_through_one_by_one),
		TEST(the_service_adds_headers_and_an_endpoint),
		TEST(an_answer_has_what_the_step_says),
		TEST(a_page_has_its_own_answer),
		TEST(each_function_has_its_number),
		TEST(libraries_are_known),
		TEST(an_error_is_shown_in_its_file),
		TEST(an_end_that_is_missing_is_shown_where_it_should_be),
		TEST(the_prelude_is_in_no_file),
		TEST(paths_are_encoded),
		TEST(a_hole_in_a_path_is_never_empty),
		TEST(other_texts_are_as_they_are),
		TEST(a_hole_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
