/* test_rest_run.c - operations of definitions: status and effect of what may happen to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/rest_fixture.h"

static const char definition[] =
	"Type: Lab::Thing\n"
	"Protocol: json\n"
	"Auth: bearer\n"
	"ErrorCode: .code\n"
	"ErrorMessage: .message\n"
	"Errors: {NotFound: [404, Gone], Exists: [Taken], Conflict: [Busy], Throttled: [429]}\n"
	"Schema:\n"
	"  properties: {Name: {type: string}, Size: {type: integer}, Secret: {type: string},\n"
	"               Id: {type: string}}\n"
	"  readOnlyProperties: [/properties/Id]\n"
	"  writeOnlyProperties: [/properties/Secret]\n"
	"  primaryIdentifier: [/properties/Id]\n"
	"Create:\n"
	"- {Name: make, Method: POST, Path: /things, Body: '{name: .Name, secret: .Secret, key: "
	"$key}',\n"
	"   Id: .id, Keep: '{tag: .tag}'}\n"
	"- {Name: ready, Path: '/things/{$id}', Until: .state == \"ready\", Every: 2s,\n"
	"   Failed: 'if .state == \"broken\" then {Code: (.why // \"\"), Message: \"it broke\"} "
	"else null end'}\n"
	"- {Name: size, When: .Size != null, Method: PUT, Path: '/things/{$id}/size',\n"
	"   Body: '{size: .Size, tag: $kept.tag}'}\n"
	"Read:\n"
	"  Steps: [{Path: '/things/{$id}'}]\n"
	"  State: '{Id: .id, Name: .name, Size: .size}'\n"
	"Update:\n"
	"- {Method: PUT, Path: '/things/{$id}/size', Body: '{size: .Size, changed: $changed}'}\n"
	"- {Method: PUT, Path: '/things/{$id}/name', Body: '{name: .Name}'}\n"
	"Delete:\n"
	"- {Method: DELETE, Path: '/things/{$id}'}\n"
	"- {Path: '/things/{$id}', Until: 'false', Errors: {Done: [404]}}\n"
	"FindByKey: {Steps: [{Path: /things, Query: {key: $key}}], Items: '[.[].id]'}\n"
	"FindByName: {Steps: [{Path: /things, Query: {name: .Name}}], Items: '[.[].id]'}\n"
	"List:\n"
	"  Steps: [{Path: /things, Pages: {Next: 'if .next then {after: .next} else null end', "
	"Items: .all}}]\n"
	"  Items: '[.items[] | {Id: .id, State: {Size: .size}}]'\n"
	"Actions:\n"
	"  ring: {Steps: [{ForEach: '$args.Times', Method: POST, Path: '/things/{$id}/ring',\n"
	"                  Body: '{n: $item}'}], Result: .rung}\n";

static int start(void **state)
{
	*state = rest_lab_start(definition);
	return 0;
}

#define MADE "{\"id\": \"t1\", \"tag\": \"T\"}"
#define READY "{\"id\": \"t1\", \"name\": \"one\", \"size\": \"5\", \"state\": \"ready\"}"
#define BUSY "{\"id\": \"t1\", \"name\": \"one\", \"state\": \"busy\"}"
#define POST_LOG "POST /east/things {\"key\":\"key-1\",\"name\":\"one\",\"secret\":\"hidden\"}\n"
#define GET_LOG "GET /east/things/t1\n"
#define SIZE_LOG "PUT /east/things/t1/size {\"size\":5,\"tag\":\"T\"}\n"
#define STATE "{\"Id\":\"t1\",\"Name\":\"one\",\"Size\":5}"

/* --- create ------------------------------------------------------------------------------- */

static void create_in_one_call(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 201, MADE);
	rest_lab_told(lab, 200, READY);
	rest_lab_told(lab, 200, "{}");
	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "t1");
	assert_string_equal(str_cstr(&lab->op.state), STATE);
	assert_int_equal(lab->op.effect, HD_EFFECT_DONE);
	rest_lab_expect_log(lab, POST_LOG GET_LOG SIZE_LOG GET_LOG);
}

static void create_waits_and_goes_on_in_another_session(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 201, MADE);
	rest_lab_told(lab, 200, BUSY);
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_PENDING);
	assert_int_equal(lab->op.wait_ms, 2000);
	assert_null(strstr(str_cstr(&lab->op.token), "hidden"));
	rest_lab_reopen(lab, NULL);
	rest_lab_told(lab, 200, BUSY);
	assert_int_equal(rest_lab_ask(lab, ASK_POLL, ""), HD_PENDING);
	rest_lab_told(lab, 200, READY);
	rest_lab_told(lab, 200, "{}");
	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_POLL, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "t1");
	assert_string_equal(str_cstr(&lab->op.state), STATE);
	rest_lab_expect_log(lab, POST_LOG GET_LOG GET_LOG GET_LOG SIZE_LOG GET_LOG);
}

static void a_first_step_that_fails_has_changed_nothing(void **state)
{
	static const struct {
		int http;
		const char *body;
		int status, effect;
		const char *code;
	} rows[] = {
		{400, "{\"code\":\"Bad\",\"message\":\"no\"}", HD_FATAL, HD_EFFECT_NONE, "HD5363 "},
		{401, "{\"message\":\"Bearer the-token?\"}", HD_FATAL, HD_EFFECT_NONE, "HD5364 "},
		{403, "{}", HD_FATAL, HD_EFFECT_NONE, "HD5365 "},
		{404, "{}", HD_FATAL, HD_EFFECT_NONE, "HD5366 "},
		{409, "{\"code\":\"Busy\"}", HD_CONFLICT, HD_EFFECT_NONE, "HD5368 "},
		{429, "{}", HD_THROTTLED, HD_EFFECT_NONE, "HD5369 "},
		{503, "<html>busy</html>", HD_RETRY, HD_EFFECT_NONE, "HD5370 "},
		{500, "{}", HD_RETRY, HD_EFFECT_UNKNOWN, "HD5370 "},
		{502, "<html>bad gateway</html>", HD_RETRY, HD_EFFECT_UNKNOWN, "HD5370 "},
		{200, "<html>welcome</html>", HD_FATAL, HD_EFFECT_UNKNOWN, "HD5374 "},
		{201, "{\"id\": [1]}", HD_FATAL, HD_EFFECT_UNKNOWN, "HD5377 "},
		{302, "", HD_FATAL, HD_EFFECT_NONE, "HD5363 "},
		{400, "{\"code\":\"RequestTimeTooSkewed\"}", HD_FATAL, HD_EFFECT_NONE, "HD5381 "},
	};
	struct rest_lab *lab = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rest_lab_told(lab, rows[i].http, rows[i].body);
		assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), rows[i].status);
		rest_lab_expect_fault(lab, rows[i].effect, rows[i].code);
		rest_lab_expect_log(lab, POST_LOG);
	}
}

static void a_lost_answer_is_unknown(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_lost(lab);
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_RETRY);
	rest_lab_expect_fault(lab, HD_EFFECT_UNKNOWN, "HD5372 ");
	reply_fixture_reply(lab->server,
			    &(struct fixture_reply){REPLY_FIXTURE_CUT, 201, MADE, NULL});
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_RETRY);
	rest_lab_expect_fault(lab, HD_EFFECT_UNKNOWN, "HD5372 ");
	rest_lab_lost(lab);
	assert_int_equal(rest_lab_ask(lab, ASK_READ, "t1"), HD_RETRY);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5372 ");
	rest_lab_expect_log(lab, POST_LOG POST_LOG GET_LOG);
}

static void nobody_there_is_unreachable(void **state)
{
	struct rest_lab *lab = *state;
	struct reply_fixture *other = reply_fixture_start();
	char url[64];

	snprintf(url, sizeof(url), "\"http://127.0.0.1:%d\"", reply_fixture_port(other));
	reply_fixture_stop(other);
	rest_lab_reopen(lab, url);
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_UNREACHABLE);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5371 ");
}

static void what_exists_is_ours_by_its_key_alone(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 409, "{\"code\":\"Taken\"}");
	rest_lab_told(lab, 200, "[]");
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_EXISTS);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5367 ");
	rest_lab_expect_log(lab, POST_LOG "GET /east/things?key=key-1\n");
	rest_lab_told(lab, 409, "{\"code\":\"Taken\"}");
	rest_lab_told(lab, 200, "[{\"id\": \"t1\"}]");
	rest_lab_told(lab, 200, READY);
	rest_lab_told(lab, 200, "{}");
	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "t1");
	rest_lab_expect_log(lab, POST_LOG
			    "GET /east/things?key=key-1\n" GET_LOG
			    "PUT /east/things/t1/size {\"size\":5,\"tag\":null}\n" GET_LOG);
}

static void a_later_step_is_taken_up_again(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 201, MADE);
	rest_lab_told(lab, 200, READY);
	reply_fixture_reply(lab->server, &(struct fixture_reply){REPLY_FIXTURE_ANSWER, 429, "{}",
								 "Retry-After: 7"});
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_PENDING);
	assert_int_equal(lab->op.wait_ms, 7000);
	rest_lab_lost(lab);
	assert_int_equal(rest_lab_ask(lab, ASK_POLL, ""), HD_RETRY);
	rest_lab_expect_log(lab, POST_LOG GET_LOG SIZE_LOG SIZE_LOG);
}

static void a_later_step_that_fails_for_good_leaves_a_part(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 201, MADE);
	rest_lab_told(lab, 200, READY);
	rest_lab_told(lab, 400, "{\"message\": \"too big\"}");
	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_PARTIAL, "HD5363 ");
	assert_string_equal(str_cstr(&lab->op.id), "t1");
	assert_string_equal(str_cstr(&lab->op.state), STATE);
	assert_non_null(strstr(str_cstr(&lab->op.detail), "too big"));
	assert_non_null(strstr(str_cstr(&lab->op.detail), "PUT /east/things/t1/size"));
	rest_lab_expect_log(lab, POST_LOG GET_LOG SIZE_LOG GET_LOG);
}

static void what_failed_for_good_is_told(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 201, MADE);
	rest_lab_told(lab, 200, "{\"id\": \"t1\", \"state\": \"broken\"}");
	rest_lab_told(lab, 404, "{}");
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5378 ");
	assert_non_null(strstr(str_cstr(&lab->op.detail), "it broke"));
	assert_string_equal(str_cstr(&lab->op.id), "");
	rest_lab_told(lab, 201, MADE);
	rest_lab_told(lab, 200, "{\"id\": \"t1\", \"state\": \"broken\"}");
	rest_lab_told(lab, 200, "{\"id\": \"t1\", \"name\": \"one\", \"size\": 5}");
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_PARTIAL, "HD5378 ");
	assert_string_equal(str_cstr(&lab->op.state), STATE);
	rest_lab_told(lab, 201, MADE);
	rest_lab_told(lab, 200, "{\"id\": \"t1\", \"state\": \"broken\", \"why\": \"Taken\"}");
	rest_lab_told(lab, 200, "[]");
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_EXISTS);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5378 ");
	rest_lab_expect_log(lab, POST_LOG GET_LOG GET_LOG POST_LOG GET_LOG GET_LOG POST_LOG GET_LOG
			    "GET /east/things?key=key-1\n");
}

static void what_is_not_seen_at_once_is_waited_for(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 201, MADE);
	rest_lab_told(lab, 404, "{}");
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_PENDING);
	rest_lab_told(lab, 200, READY);
	rest_lab_told(lab, 200, "{}");
	rest_lab_told(lab, 404, "{}");
	assert_int_equal(rest_lab_ask(lab, ASK_POLL, ""), HD_PENDING);
	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_POLL, ""), HD_OK);
	rest_lab_expect_log(lab, POST_LOG GET_LOG GET_LOG SIZE_LOG GET_LOG GET_LOG);
}

/* --- the others --------------------------------------------------------------------------- */

static void read_tells_what_there_is(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_READ, "t1"), HD_OK);
	assert_string_equal(str_cstr(&lab->op.state), STATE);
	rest_lab_told(lab, 404, "{}");
	assert_int_equal(rest_lab_ask(lab, ASK_READ, "t1"), HD_NOTFOUND);
	rest_lab_expect_log(lab, GET_LOG GET_LOG);
}

static void update_has_what_changed(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 200, "{}");
	rest_lab_told(lab, 200, "{}");
	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_UPDATE, "t1"), HD_OK);
	rest_lab_expect_log(lab, "PUT /east/things/t1/size {\"changed\":[\"/Size\"],\"size\":5}\n"
				 "PUT /east/things/t1/name {\"name\":\"one\"}\n" GET_LOG);
	rest_lab_told(lab, 404, "{}");
	assert_int_equal(rest_lab_ask(lab, ASK_UPDATE, "t1"), HD_NOTFOUND);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5366 ");
	rest_lab_told(lab, 200, "{}");
	rest_lab_lost(lab);
	assert_int_equal(rest_lab_ask(lab, ASK_UPDATE, "t1"), HD_PENDING);
	assert_null(strstr(str_cstr(&lab->op.token), "hidden"));
	free(reply_fixture_log(lab->server));
	rest_lab_told(lab, 200, "{}");
	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_POLL, "t1"), HD_OK);
	rest_lab_expect_log(lab, "PUT /east/things/t1/name {\"name\":\"one\"}\n" GET_LOG);
}

static void delete_ends_when_it_is_gone(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 202, NULL);
	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_REMOVE, "t1"), HD_PENDING);
	assert_int_equal(lab->op.wait_ms, 5000);
	rest_lab_told(lab, 404, "{}");
	assert_int_equal(rest_lab_ask(lab, ASK_POLL, "t1"), HD_OK);
	rest_lab_told(lab, 404, "{}");
	assert_int_equal(rest_lab_ask(lab, ASK_REMOVE, "t1"), HD_NOTFOUND);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "");
	rest_lab_expect_log(lab,
			    "DELETE /east/things/t1\n" GET_LOG GET_LOG "DELETE /east/things/t1\n");
}

static void find_takes_up_what_was_made(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 200, "[]");
	assert_int_equal(rest_lab_ask(lab, ASK_FIND, ""), HD_NOTFOUND);
	/* The steps behind the first need what its answer gave: not to be had any more. */
	rest_lab_told(lab, 200, "[{\"id\": \"t1\"}]");
	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_FIND, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "t1");
	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_FIND, "t1"), HD_OK);
	rest_lab_told(lab, 200, "[{\"id\": \"t1\"}]");
	rest_lab_told(lab, 200, READY);
	assert_int_equal(rest_lab_ask(lab, ASK_FIND_NAME, ""), HD_OK);
	rest_lab_expect_log(
		lab, "GET /east/things?key=key-1\nGET /east/things?key=key-1\n" GET_LOG GET_LOG
		     "GET /east/things?name=one\n" GET_LOG);
}

static void list_reads_all_pages(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 200, "{\"all\": [{\"id\": \"a\", \"size\": \"1\"}], \"next\": \"p2\"}");
	rest_lab_told(lab, 200, "{\"all\": [{\"id\": \"b\", \"size\": 2}]}");
	assert_int_equal(rest_lab_ask(lab, ASK_LIST, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "a b ");
	assert_string_equal(str_cstr(&lab->op.state), "{\"Size\":1} {\"Size\":2} ");
	rest_lab_expect_log(lab, "GET /east/things\nGET /east/things?after=p2\n");
}

static void a_page_that_asks_for_itself_is_an_error(void **state)
{
	struct rest_lab *lab = *state;
	static const char page[] = "{\"all\": [{\"id\": \"a\"}], \"next\": \"p2\"}";

	rest_lab_told(lab, 200, page);
	rest_lab_told(lab, 200, page);
	assert_int_equal(rest_lab_ask(lab, ASK_LIST, ""), HD_FATAL);
	assert_non_null(strstr(str_cstr(&lab->op.summary), "the pages of an answer do not end"));
	assert_non_null(strstr(str_cstr(&lab->op.detail), "asks for itself"));
}

static void an_answer_may_begin_with_a_byte_order_mark(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 200, "\xef\xbb\xbf{\"all\": [{\"id\": \"a\"}]}");
	assert_int_equal(rest_lab_ask(lab, ASK_LIST, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "a ");
}

static void actions_have_arguments_and_results(void **state)
{
	struct rest_lab *lab = *state;

	rest_lab_told(lab, 200, "{\"rung\": 1}");
	rest_lab_told(lab, 200, "{\"rung\": 2}");
	assert_int_equal(rest_lab_ask(lab, ASK_ACT, "t1"), HD_OK);
	assert_string_equal(str_cstr(&lab->op.result), "2");
	rest_lab_expect_log(
		lab, "POST /east/things/t1/ring {\"n\":1}\nPOST /east/things/t1/ring {\"n\":2}\n");
}

#define REST_TEST(f) cmocka_unit_test_setup_teardown(f, start, rest_lab_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REST_TEST(create_in_one_call),
		REST_TEST(create_waits_and_goes_on_in_another_session),
		REST_TEST(a_first_step_that_fails_has_changed_nothing),
		REST_TEST(a_lost_answer_is_unknown),
		REST_TEST(nobody_there_is_unreachable),
		REST_TEST(what_exists_is_ours_by_its_key_alone),
		REST_TEST(a_later_step_is_taken_up_again),
		REST_TEST(a_later_step_that_fails_for_good_leaves_a_part),
		REST_TEST(what_failed_for_good_is_told),
		REST_TEST(what_is_not_seen_at_once_is_waited_for),
		REST_TEST(read_tells_what_there_is),
		REST_TEST(update_has_what_changed),
		REST_TEST(delete_ends_when_it_is_gone),
		REST_TEST(find_takes_up_what_was_made),
		REST_TEST(list_reads_all_pages),
		REST_TEST(a_page_that_asks_for_itself_is_an_error),
		REST_TEST(an_answer_may_begin_with_a_byte_order_mark),
		REST_TEST(actions_have_arguments_and_results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
