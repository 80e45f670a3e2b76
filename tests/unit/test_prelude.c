/* test_prelude.c - each function of prelude.jq. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "providers/rest/program.h"

struct row {
	const char *program, *input, *wanted;
};

static struct jq_answer run(struct arena *a, struct jq_pool *pool, const char *program,
			    const char *in_and_v)
{
	struct definition t = {0};
	struct jq_answer answer;
	const char *input;

	t.operations[OPERATION_READ].state.source = text_of(program);
	program_build(a, &t);
	input = arena_printf(a, "{\"fn\":%u,\"in\":%s}", t.operations[OPERATION_READ].end_function,
			     in_and_v);
	jq_run(pool, a, &t.program, text_of(input), &answer);
	return answer;
}

/* Rows of the same variables. */
static void check(const char *variables, const struct row *rows, size_t count)
{
	struct jq_pool *pool = jq_pool_hold();
	struct arena *a = arena_new();

	for (size_t i = 0; i < count; i++) {
		const char *in = arena_printf(a, "%s,\"v\":%s", rows[i].input, variables);
		struct jq_answer answer = run(a, pool, rows[i].program, in);

		if (answer.result != JQ_VALUE || strcmp(answer.text.ptr, rows[i].wanted) != 0)
			print_error("%s of %s\n", rows[i].program, rows[i].input);
		assert_string_equal(answer.text.ptr, rows[i].wanted);
		assert_int_equal(answer.result, JQ_VALUE);
	}
	arena_free(a);
	jq_pool_release(pool);
}
#define CHECK(variables, rows) check(variables, rows, ARRAY_LEN(rows))

static void one_or_none_becomes_a_list(void **state)
{
	static const struct row rows[] = {
		{"list", "null", "[]"},           {"list", "\"\"", "[]"},
		{"list", "\"a\"", "[\"a\"]"},     {"list", "{\"a\":1}", "[{\"a\":1}]"},
		{"list", "[1,null]", "[1,null]"},
	};

	(void)state;
	CHECK("{}", rows);
}

static void members_are_chosen(void **state)
{
	static const struct row rows[] = {
		{"compact", "{\"a\":null,\"b\":false,\"c\":{\"d\":null}}",
		 "{\"b\":false,\"c\":{\"d\":null}}"},
		{"drop_nulls", "{\"a\":null}", "{}"},
		{"pick([\"a\",\"z\",\"n\"])", "{\"a\":1,\"b\":2,\"n\":null}",
		 "{\"a\":1,\"n\":null}"},
		{"pick([\"a\"])", "null", "{}"},
		{"without([\"a\",\"z\"])", "{\"a\":1,\"b\":2}", "{\"b\":2}"},
		{"without([\"a\"])", "null", "{}"},
	};

	(void)state;
	CHECK("{}", rows);
}

static void changes_are_known_by_pointer(void **state)
{
	static const struct row rows[] = {
		{"changed(\"/Tags\")", "1", "true"},       {"changed(\"/Tag\")", "1", "false"},
		{"changed(\"/Tags/0/Key\")", "1", "true"}, {"changed(\"/Tags/1\")", "1", "false"},
		{"changed(\"/Name\")", "1", "true"},       {"changed(\"/Name/x\")", "1", "true"},
		{"changed(\"/Names\")", "1", "false"},
	};
	static const struct row none[] = {{"changed(\"/Tags\")", "1", "false"}};

	(void)state;
	CHECK("{\"changed\":[\"/Tags/0\",\"/Name\"]}", rows);
	CHECK("{}", none);
}

static void texts_become_what_they_mean(void **state)
{
	static const struct row rows[] = {
		{"map(to_bool)", "[\"true\",\"False\",true,null]", "[true,false,true,null]"},
		{"map(to_int)", "[\"12\",7,null,\"9007199254740993\"]",
		 "[12,7,null,\"9007199254740993\"]"},
		{"map(to_text)", "[1,true,\"a\",null]", "[\"1\",\"true\",\"a\",null]"},
		{"map(json_of)", "[{\"b\":[1]},\"{}\",null]", "[\"{\\\"b\\\":[1]}\",\"{}\",null]"},
		{"map(from_json_text)", "[\"{\\\"b\\\":[1]}\",\"{x\",{\"a\":1},null]",
		 "[{\"b\":[1]},\"{x\",{\"a\":1},null]"},
		{"try (from_json_text | error(\"behind\")) catch .", "\"{}\"", "\"behind\""},
		{"map(base64)", "[\"héllo\",null]", "[\"aMOpbGxv\",null]"},
		{"map(from_base64)", "[\"aMOpbGxv\",null]", "[\"héllo\",null]"},
		{"from_uri", "\"%7B%22a%22%3a%20%22%C3%A9%E2%82%AC%F0%9F%98%80x%22%7D\"",
		 "\"{\\\"a\\\": \\\"é€😀x\\\"}\""},
		{"from_uri", "\"plain\"", "\"plain\""},
		{"try (\"maybe\" | to_bool) catch .", "1", "\"a text is neither true nor false\""},
	};

	(void)state;
	CHECK("{}", rows);
}

#define OURS "{\"tags\":{\"hadeploy:project\":\"p\"}}"

static void tags_have_two_forms(void **state)
{
	static const struct row rows[] = {
		{"tag_list", "{\"a\":\"1\"}", "[{\"Key\":\"a\",\"Value\":\"1\"}]"},
		{"tag_list", "null", "[]"},
		{"tag_list", "[{\"Key\":\"a\",\"Value\":\"1\"}]",
		 "[{\"Key\":\"a\",\"Value\":\"1\"}]"},
		{"tag_map", "[{\"Key\":\"a\",\"Value\":\"1\"},{\"key\":\"b\",\"value\":\"2\"}]",
		 "{\"a\":\"1\",\"b\":\"2\"}"},
		{"tag_map", "[{\"Key\":\"a\"}]", "{\"a\":\"\"}"},
		{"tag_map", "null", "{}"},
		{"tag_map", "{\"a\":\"1\"}", "{\"a\":\"1\"}"},
	};

	(void)state;
	CHECK(OURS, rows);
}

static void tags_of_ours_come_and_go(void **state)
{
	static const struct row rows[] = {
		{"tags_list", "[{\"Key\":\"a\",\"Value\":\"1\"}]",
		 "[{\"Key\":\"a\",\"Value\":\"1\"},"
		 "{\"Key\":\"hadeploy:project\",\"Value\":\"p\"}]"},
		{"tags_list", "null", "[{\"Key\":\"hadeploy:project\",\"Value\":\"p\"}]"},
		{"tags_map", "null", "{\"hadeploy:project\":\"p\"}"},
		{"tags_map", "[{\"Key\":\"a\",\"Value\":\"1\"}]",
		 "{\"a\":\"1\",\"hadeploy:project\":\"p\"}"},
		{"with_ours", "{\"hadeploy:project\":\"x\",\"a\":\"1\"}",
		 "{\"hadeploy:project\":\"p\",\"a\":\"1\"}"},
		{"without_ours",
		 "[{\"Key\":\"hadeploy:project\",\"Value\":\"p\"},{\"Key\":\"a\",\"Value\":\"1\"},"
		 "{\"Key\":\"aws:x\",\"Value\":\"2\"}]",
		 "[{\"Key\":\"a\",\"Value\":\"1\"}]"},
		{"without_ours", "{\"hadeploy:project\":\"p\",\"a\":\"1\",\"awsome\":\"2\"}",
		 "{\"a\":\"1\",\"awsome\":\"2\"}"},
		{"user_tags", "null", "null"},
	};

	(void)state;
	CHECK(OURS, rows);
}

static void a_name_is_made_as_cloudformation_does(void **state)
{
	static const struct row rows[] = {
		{"generated(64)", "1", "\"shopeast-web-LoadBalancer-1A2B3C4D5E6F\""},
		{"generated(32)", "1", "\"shopeast-LoadBalanc-1A2B3C4D5E6F\""},
		{"generated(14)", "1", "\"1A2B3C4D5E6F\""},
		{"generated(5)", "1", "\"1A2B3\""},
		{"generated_lower(63)", "1", "\"shopeast-web-loadbalancer-1a2b3c4d5e6f\""},
		{"generated(40; \"A-Za-z0-9\")", "1", "\"shopeastweb-LoadBalancer-1A2B3C4D5E6F\""},
	};

	(void)state;
	CHECK("{\"name\":{\"stack\":\"shop_east-web\",\"logical\":\"LoadBalancer\","
	      "\"random\":\"1A2B3C4D5E6F\"}}",
	      rows);
}

/* However little room there is, the name keeps to it and tells things apart. */
static void a_name_is_never_too_long(void **state)
{
	static const struct row rows[] = {
		{"[range(1; 90) | . as $max | generated($max)"
		 " | select(length > $max or endswith(\"-\") or startswith(\"-\")"
		 " or contains(\"--\"))]",
		 "1", "[]"},
	};

	(void)state;
	CHECK("{\"name\":{\"stack\":\"a-b-c-d-e-f-g-h\",\"logical\":\"ABCDEFGHIJKLMNOPQRSTUVWXYZ\","
	      "\"random\":\"1A2B3C4D5E6F\"}}",
	      rows);
}

#define DOCUMENTS                                                                             \
	"\"prior\":{\"Name\":\"a\",\"Old\":1,\"Deep\":{\"In\":1,\"a/b~c\":1},\"List\":[1,2]," \
	"\"Secret\":\"x\"},\"properties\":{\"Name\":\"b\",\"New\":null,\"Deep\":{\"In\":2},"  \
	"\"List\":[2],\"Fresh\":{\"x\":{\"y\":1}},\"Secret\":\"z\"},"                         \
	"\"schema\":{\"writeOnly\":[\"/Secret\"]}"

static void a_patch_leads_from_what_was_to_what_is_wanted(void **state)
{
	static const struct row replace[] = {
		{"patch", "1", "[{\"op\":\"replace\",\"path\":\"/Name\",\"value\":\"b\"}]"}};
	static const struct row rest[] = {
		{"patch", "1",
		 "[{\"op\":\"replace\",\"path\":\"/Deep/In\",\"value\":2},"
		 "{\"op\":\"remove\",\"path\":\"/Deep/a~1b~0c\"},"
		 "{\"op\":\"add\",\"path\":\"/Fresh\",\"value\":{\"x\":{\"y\":1}}},"
		 "{\"op\":\"replace\",\"path\":\"/List\",\"value\":[2]},"
		 "{\"op\":\"add\",\"path\":\"/New\",\"value\":null},"
		 "{\"op\":\"remove\",\"path\":\"/Old\"},"
		 "{\"op\":\"add\",\"path\":\"/Secret\",\"value\":\"z\"}]"}};
	static const struct row nothing[] = {{"patch", "1", "[]"}};

	(void)state;
	CHECK("{\"changed\":[\"/Name\"]," DOCUMENTS "}", replace);
	CHECK("{\"changed\":[\"/Old\",\"/List/0\",\"/List/1\",\"/Fresh/x/y\",\"/New\",\"/Deep/In\","
	      "\"/Deep/a~1b~0c\",\"/Secret\"]," DOCUMENTS "}",
	      rest);
	CHECK("{\"changed\":[\"/Nowhere\"]," DOCUMENTS "}", nothing);
	CHECK("{}", nothing);
}

static void arns_are_taken_apart_and_made(void **state)
{
	static const struct row rows[] = {
		{"arn_name", "\"arn:aws:iam::1:role/path/Web\"", "\"Web\""},
		{"arn_name", "\"arn:aws:sqs:r:1:jobs\"", "\"jobs\""},
		{"arn(\"sqs\"; \"jobs\")", "1", "\"arn:aws:sqs:r:1:jobs\""},
		{"now_iso | test(\"^[0-9-]{10}T[0-9:]{8}Z$\")", "1", "true"},
	};

	(void)state;
	CHECK("{\"partition\":\"aws\",\"region\":\"r\",\"account\":\"1\"}", rows);
}

#define MADE                                                                                     \
	"{\"key\":\"k\",\"tags\":{\"hadeploy:project\":\"p\"},\"type\":\"A::B\","                \
	"\"prior\":{\"Tags\":[{\"Key\":\"b\",\"Value\":\"2\"},{\"Key\":\"a\",\"Value\":\"1\"}]," \
	"\"X\":1},\"properties\":{\"X\":2}}"

static void what_is_made_carries_the_key(void **state)
{
	static const struct row rows[] = {
		{"made_tags | tag_map", "{\"Tags\":[{\"Key\":\"a\",\"Value\":\"1\"}]}",
		 "{\"a\":\"1\",\"hadeploy:project\":\"p\",\"hadeploy:key\":\"k\"}"},
		{"made_tags | length", "{}", "2"},
		{"made_by_key", "[{\"Key\":\"hadeploy:key\",\"Value\":\"k\"}]", "true"},
		{"made_by_key", "{\"hadeploy:key\":\"other\"}", "false"},
		{"made_by_key", "null", "false"},
		{"made_by_key", "\"\"", "false"},
		{"removed_tags", "{\"Tags\":[{\"Key\":\"a\",\"Value\":\"9\"}]}", "[\"b\"]"},
		{"shown_tags",
		 "[{\"Key\":\"a\",\"Value\":\"1\"},{\"Key\":\"b\",\"Value\":\"2\"},"
		 "{\"Key\":\"hadeploy:key\",\"Value\":\"k\"}]",
		 "[{\"Key\":\"b\",\"Value\":\"2\"},{\"Key\":\"a\",\"Value\":\"1\"}]"},
		{"shown_tags", "null", "null"},
	};

	(void)state;
	CHECK(MADE, rows);
}

static void what_was_asked_for_keeps_its_form(void **state)
{
	static const struct row rows[] = {
		{"asked.X", "null", "2"},
		{"map(given)", "[null,\"\",[],{},false,0]", "[false,false,false,false,true,true]"},
		{"shown", "[]", "null"},
		{"shown", "[1]", "[1]"},
		{"as_asked([2,1])", "[1,2]", "[2,1]"},
		{"as_asked([2,1])", "[3,1]", "[1,3]"},
		{"as_asked(null)", "[2,1]", "[1,2]"},
		{"policy({\"A\":\"x\",\"B\":[\"1\",\"2\"]})", "{\"A\":[\"x\"],\"B\":[\"2\",\"1\"]}",
		 "{\"A\":\"x\",\"B\":[\"1\",\"2\"]}"},
		{"policy({\"A\":\"y\"})", "\"%7B%22A%22%3A%22x%22%7D\"", "{\"A\":\"x\"}"},
		{"policy(null)", "\"{\\\"A\\\":1}\"", "{\"A\":1}"},
		{"refuse([\"Y\"])", "{\"X\":1}", "{\"X\":1}"},
		{"refuse([\"Y\"])", "{\"Y\":[]}", "{\"Y\":[]}"},
		{"try refuse([\"Y\"]) catch .", "{\"Y\":1}",
		 "\"A::B: 'Y' is not served: leave it out\""},
	};

	(void)state;
	CHECK(MADE, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_or_none_becomes_a_list),
		cmocka_unit_test(members_are_chosen),
		cmocka_unit_test(changes_are_known_by_pointer),
		cmocka_unit_test(texts_become_what_they_mean),
		cmocka_unit_test(tags_have_two_forms),
		cmocka_unit_test(tags_of_ours_come_and_go),
		cmocka_unit_test(a_name_is_made_as_cloudformation_does),
		cmocka_unit_test(a_name_is_never_too_long),
		cmocka_unit_test(a_patch_leads_from_what_was_to_what_is_wanted),
		cmocka_unit_test(arns_are_taken_apart_and_made),
		cmocka_unit_test(what_is_made_carries_the_key),
		cmocka_unit_test(what_was_asked_for_keeps_its_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
