/* test_rest_faults.c - wrong settings and definitions, time that is over, tokens, secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "providers/rest/input.h"
#include "tests/unit/rest_fixture.h"

#define HEAD                                                                                    \
	"Type: Lab::Thing\n"                                                                    \
	"Protocol: json\n"                                                                      \
	"Auth: bearer\n"                                                                        \
	"Delete: []\n"                                                                          \
	"Schema:\n"                                                                             \
	"  properties: {Name: {type: string}, Size: {type: integer}, Secret: {type: string}}\n" \
	"  writeOnlyProperties: [/properties/Secret]\n"                                         \
	"  primaryIdentifier: [/properties/Name]\n"
#define MAKE "- {Name: make, Method: POST, Path: /things, Id: .id}\n"
#define READ "Read: {Steps: [{Path: '/things/{$id}'}], State: '{Name: .name}'}\n"

static bool says(const struct str *text, const char *words)
{
	return strstr(str_cstr(text), words) != NULL;
}

static struct rest_lab *lab_of(void **state, const char *definition)
{
	*state = rest_lab_start(definition);
	return *state;
}

/* --- settings ------------------------------------------------------------------------------ */

static void settings_that_are_wrong_are_named(void **state)
{
	static const struct {
		const char *settings, *summary, *hint;
	} rows[] = {
		{"\"Endpiont\": \"http://x\"", "no setting 'Endpiont'", "'Endpoint'"},
		{"\"Endpoint\": \"ftp://x\"", "'Endpoint' cannot be this", ""},
		{"\"Endpoints\": {\"a\": 1}", "'Endpoints' cannot be this", ""},
		{"\"Headers\": {\"A b\": \"x\"}", "'Headers' cannot be this", ""},
		{"\"Headers\": {\"A\": \"x\\ny\"}", "'Headers' cannot be this", ""},
		{"\"Settings\": 1", "'Settings' cannot be this", ""},
		{"\"Proxy\": 1", "'Proxy' cannot be this", ""},
		{"\"Timeout\": \"1h\"", "'Timeout' cannot be this", ""},
		{"\"ConnectTimeout\": -1", "'ConnectTimeout' cannot be this", ""},
		{"\"CaFile\": \"\"", "'CaFile' cannot be this", ""},
	};
	struct rest_lab *lab = lab_of(state, HEAD "Create:\n" MAKE READ);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(rest_lab_try(lab, rows[i].settings), HD_FATAL);
		assert_null(lab->session);
		assert_string_equal(str_cstr(&lab->op.code), "HD5360 ");
		if (!says(&lab->op.summary, rows[i].summary))
			fail_msg("%s: %s", rows[i].settings, str_cstr(&lab->op.summary));
		assert_true(says(&lab->op.hint, rows[i].hint));
	}
}

static void without_an_endpoint_nobody_is_asked(void **state)
{
	struct rest_lab *lab = lab_of(state, HEAD "Create:\n" MAKE READ);

	assert_int_equal(rest_lab_try(lab, ""), HD_OK);
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5385 ");
}

static void settings_reach_every_request(void **state)
{
	struct rest_lab *lab = lab_of(state, HEAD "Create:\n" MAKE READ);
	char settings[256];

	snprintf(settings, sizeof(settings),
		 "\"Endpoint\": \"http://other.invalid\", \"Headers\": {\"X-Team\": \"shop\"}, "
		 "\"Endpoints\": {\"\": \"http://127.0.0.1:%d/by-name\"}",
		 reply_fixture_port(lab->server));
	assert_int_equal(rest_lab_try(lab, settings), HD_OK);
	rest_lab_told(lab, 404, "{}");
	assert_int_equal(rest_lab_ask(lab, ASK_READ, "t1"), HD_NOTFOUND);
	rest_lab_expect_log(lab, "GET /by-name/things/t1\n");
}

/* --- definitions --------------------------------------------------------------------------- */

static void what_the_definition_lacks_is_told(void **state)
{
	struct rest_lab *lab =
		lab_of(state, HEAD "Create:\n" MAKE READ
				   "Actions: {ring: [{Method: POST, Path: /ring}]}\n");

	assert_int_equal(rest_lab_ask(lab, ASK_LIST, ""), HD_FATAL);
	assert_string_equal(str_cstr(&lab->op.code), "HD5362 ");
	lab->action = "rnig";
	assert_int_equal(rest_lab_ask(lab, ASK_ACT, "t1"), HD_FATAL);
	assert_string_equal(str_cstr(&lab->op.code), "HD5362 ");
	assert_true(says(&lab->op.hint, "'ring'"));
	lab->type = "Lab::Other";
	assert_int_equal(rest_lab_ask(lab, ASK_READ, "t1"), HD_FATAL);
	assert_string_equal(str_cstr(&lab->op.code), "HD5361 ");
}

static void an_expression_that_fails_is_shown_at_its_place(void **state)
{
	struct rest_lab *lab = lab_of(state, HEAD "Create:\n" MAKE "Read:\n"
						  "  Steps: [{Path: '/things/{$id}'}]\n"
						  "  State: '{Name: (.name + 1)}'\n");

	rest_lab_told(lab, 200, "{\"name\": \"one\"}");
	assert_int_equal(rest_lab_ask(lab, ASK_READ, "t1"), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5375 ");
	assert_true(says(&lab->op.place, "thing.yaml:13:"));
	assert_true(says(&lab->op.detail, "cannot be added"));
}

static void what_a_definition_refuses_is_told_to_the_template(void **state)
{
	struct rest_lab *lab = lab_of(
		state,
		HEAD "Create:\n"
		     "- {Method: POST, Path: /things, Id: .id, Body: 'refuse([\"Size\"])'}\n" READ);

	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5386 ");
	assert_true(says(&lab->op.summary, "'Size' is not served"));
	assert_true(says(&lab->op.hint, "leave it out"));
	assert_string_equal(str_cstr(&lab->op.place), "");
	rest_lab_expect_log(lab, "");
}

static void an_expression_without_an_end_is_stopped(void **state)
{
	struct rest_lab *lab = lab_of(state, HEAD "Create:\n" MAKE "Read:\n"
						  "  Steps: [{Path: '/things/{$id}'}]\n"
						  "  State: 'def f: f; f'\n");

	rest_lab_told(lab, 200, "{\"name\": \"one\"}");
	assert_int_equal(rest_lab_ask(lab, ASK_READ, "t1"), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5376 ");
}

static void an_expression_that_gives_the_wrong_thing_is_told(void **state)
{
	struct rest_lab *lab =
		lab_of(state, HEAD "Create:\n"
				   "- {Name: make, Method: POST, Path: /things, Id: .none}\n"
				   "Read: {Steps: [{Path: '/things/{$id}'}], State: .name}\n"
				   "List: {Steps: [{Path: /things}], Items: .name}\n");

	rest_lab_told(lab, 201, "{}");
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_UNKNOWN, "HD5377 ");
	rest_lab_told(lab, 200, "{\"name\": \"one\"}");
	assert_int_equal(rest_lab_ask(lab, ASK_READ, "t1"), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5377 ");
	rest_lab_told(lab, 200, "{\"name\": \"one\"}");
	assert_int_equal(rest_lab_ask(lab, ASK_LIST, ""), HD_FATAL);
	assert_string_equal(str_cstr(&lab->op.code), "HD5377 ");
}

static void a_part_without_a_value_takes_nothing_with_it(void **state)
{
	struct rest_lab *lab =
		lab_of(state, HEAD
		       "Create:\n"
		       "- {Name: make, Method: POST, Path: '/things/{.Name, 1}', Body: empty,\n"
		       "   Query: {a: empty}, Headers: {X-A: '{empty}'}, Id: .id}\n" READ);

	rest_lab_told(lab, 201, "{\"id\": \"t1\"}");
	rest_lab_told(lab, 200, "{\"name\": \"one\"}");
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_OK);
	rest_lab_expect_log(lab, "POST /east/things/one\nGET /east/things/t1\n");
}

static void a_hole_without_a_value_is_an_error(void **state)
{
	struct rest_lab *lab = lab_of(
		state, HEAD "Create: [{Method: POST, Path: '/things/{empty}', Id: .id}]\n" READ);

	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5375 ");
	rest_lab_expect_log(lab, "");
}

static void a_header_of_two_lines_is_a_fault_of_the_definition(void **state)
{
	struct rest_lab *lab =
		lab_of(state, HEAD "Create:\n"
				   "- {Method: POST, Path: /things, Headers: {A: '{\"a\\nb\"}'}, "
				   "Id: .id}\n" READ);

	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5377 ");
	assert_true(says(&lab->op.detail, "line break"));
	rest_lab_expect_log(lab, "");
}

static void what_is_raised_is_shortened(void **state)
{
	struct rest_lab *lab =
		lab_of(state, HEAD "Create:\n"
				   "- {Method: POST, Path: /things, Body: 'error(\"x\" * 5000)', "
				   "Id: .id}\n" READ);

	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_FATAL);
	assert_true(says(&lab->op.detail, "xxx..."));
	assert_true(lab->op.detail.len < 2000);
}

/* --- time, cancelling, secrets, tokens -------------------------------------------------------- */

static void time_that_is_over_asks_nobody(void **state)
{
	struct rest_lab *lab = lab_of(state, HEAD "Create:\n" MAKE READ);

	lab->time_ms = -1;
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_RETRY);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5382 ");
	rest_lab_expect_log(lab, "");
}

static void who_is_cancelled_asks_nobody(void **state)
{
	struct rest_lab *lab = lab_of(state, HEAD "Create:\n" MAKE READ);

	lab->cancelled = 1;
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_CANCELLED);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5383 ");
	rest_lab_expect_log(lab, "");
}

static void a_secret_after_a_wait_is_refused_before_anything_is_sent(void **state)
{
	struct rest_lab *lab =
		lab_of(state, HEAD
		       "Create:\n" MAKE "- {Path: '/things/{$id}', Until: .ready}\n"
		       "- {Method: PUT, Path: '/things/{$id}', Body: '{key: .Secret}'}\n" READ);

	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5384 ");
	assert_true(says(&lab->op.summary, "'Secret'"));
	rest_lab_expect_log(lab, "");
}

/* Without a wait it is sent; what fails then is not taken up later, which would send it without. */
static void a_secret_in_a_later_step_is_not_taken_up(void **state)
{
	struct rest_lab *lab =
		lab_of(state, HEAD
		       "Create:\n" MAKE
		       "- {Method: PUT, Path: '/things/{$id}', Body: '{key: .Secret}'}\n" READ);

	rest_lab_told(lab, 201, "{\"id\": \"t1\"}");
	rest_lab_told(lab, 503, "{}");
	rest_lab_told(lab, 200, "{\"name\": \"one\"}");
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_RETRY);
	rest_lab_expect_fault(lab, HD_EFFECT_PARTIAL, "HD5370 ");
	assert_string_equal(str_cstr(&lab->op.id), "t1");
	rest_lab_expect_log(lab, "POST /east/things\nPUT /east/things/t1 {\"key\":\"hidden\"}\n"
				 "GET /east/things/t1\n");
	/* The engine asks once more, with the id: what made it is not done again. */
	rest_lab_told(lab, 200, "{}");
	rest_lab_told(lab, 200, "{\"name\": \"one\"}");
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, "t1"), HD_OK);
	rest_lab_expect_log(lab, "PUT /east/things/t1 {\"key\":\"hidden\"}\n"
				 "GET /east/things/t1\n");
}

static void tokens_of_others_are_refused(void **state)
{
	static const char *const tokens[] = {
		"", "x", "[]", "{\"v\": 2}", "{\"v\": 1}", "{\"v\": 1, \"op\": \"find\"}"};
	struct rest_lab *lab = lab_of(state, HEAD "Create:\n" MAKE READ);

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		assert_int_equal(rest_lab_poll(lab, "", tokens[i]), HD_FATAL);
		rest_lab_expect_fault(lab, HD_EFFECT_UNKNOWN, "HD5380 ");
	}
}

static void a_page_of_something_else_removes_nothing(void **state)
{
	struct rest_lab *lab = lab_of(state, HEAD "Create:\n" MAKE READ);

	rest_lab_told(lab, 404, "<html><title>no such host here</title></html>");
	assert_int_equal(rest_lab_ask(lab, ASK_READ, "t1"), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5374 ");
	assert_true(says(&lab->op.summary, "something else than the service answers"));
	assert_true(says(&lab->op.detail, "no such host here"));
	assert_true(says(&lab->op.hint, "Endpoint"));
}

static void tell_expired(struct rest_lab *lab, time_t there)
{
	char date[64];
	struct tm tm;

	strftime(date, sizeof(date), "Date: %a, %d %b %Y %H:%M:%S GMT", gmtime_r(&there, &tm));
	reply_fixture_reply(lab->server, &(struct fixture_reply){
						 .status = 400,
						 .body = "{\"code\": \"RequestExpired\"}",
						 .header = date,
					 });
	assert_int_equal(rest_lab_ask(lab, ASK_READ, "t1"), HD_FATAL);
}

/* EC2 has one code for both. */
static void expired_is_the_clock_or_the_keys(void **state)
{
	struct rest_lab *lab = lab_of(state, HEAD "Create:\n" MAKE READ);

	tell_expired(lab, time(NULL));
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5364 ");
	tell_expired(lab, time(NULL) + 3600);
	rest_lab_expect_fault(lab, HD_EFFECT_NONE, "HD5381 ");
}

static void what_is_never_seen_is_given_up(void **state)
{
	struct rest_lab *lab = lab_of(state, HEAD "Create:\n" MAKE READ);

	rest_lab_told(lab, 404, "{}");
	rest_lab_told(lab, 404, "{}");
	assert_int_equal(rest_lab_poll(lab, "",
				       "{\"v\":1,\"op\":\"create\",\"step\":1,\"id\":\"t1\","
				       "\"since\":1,\"changed\":true}"),
			 HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_PARTIAL, "HD5379 ");
	assert_string_equal(str_cstr(&lab->op.id), "t1");
}

/* Found by its key after a crash: what the create had still to do is done. */
static void a_found_one_is_finished(void **state)
{
	struct rest_lab *lab = lab_of(
		state, HEAD "Create:\n" MAKE "- {Path: '/things/{$id}', Until: .ready}\n"
			    "- {Method: PUT, Path: '/things/{$id}', Body: '{size: .Size}'}\n" READ
			    "FindByKey: {Steps: [{Path: /things, Query: {key: $key}}], "
			    "Items: '[.[].id]'}\n");

	rest_lab_told(lab, 200, "[{\"id\": 7}]");
	assert_int_equal(rest_lab_ask(lab, ASK_FIND, ""), HD_PENDING);
	rest_lab_told(lab, 200, "{\"ready\": true}");
	rest_lab_told(lab, 200, "{}");
	rest_lab_told(lab, 200, "{\"name\": \"one\"}");
	assert_int_equal(rest_lab_ask(lab, ASK_POLL, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "7");
	rest_lab_expect_log(lab, "GET /east/things?key=key-1\nGET /east/things/7\n"
				 "PUT /east/things/7 {\"size\":5}\nGET /east/things/7\n");
}

/* State is asked in the same run as Id and Keep, and knows them. */
static void state_knows_what_the_last_answer_gave(void **state)
{
	struct rest_lab *lab = lab_of(
		state, HEAD "Create:\n"
			    "  Steps: [{Name: make, Method: POST, Path: /things, Id: .id, "
			    "Keep: '{n: .n}'}]\n"
			    "  State: '{Name: $id, Size: ($kept.n + $steps.make.n + .n)}'\n" READ);

	rest_lab_told(lab, 201, "{\"id\": 7, \"n\": 2}");
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "7");
	assert_string_equal(str_cstr(&lab->op.state), "{\"Name\":\"7\",\"Size\":6}");
	rest_lab_expect_log(lab, "POST /east/things\n");
	rest_lab_told(lab, 201, "{\"id\": 7, \"n\": true}");
	rest_lab_told(lab, 200, "{\"name\": \"one\"}");
	assert_int_equal(rest_lab_ask(lab, ASK_CREATE, ""), HD_FATAL);
	rest_lab_expect_fault(lab, HD_EFFECT_PARTIAL, "HD5375 ");
	assert_string_equal(str_cstr(&lab->op.id), "7");
	assert_true(says(&lab->op.place, "thing.yaml:11:"));
}

/* --- names and keys -------------------------------------------------------------------------- */

static void names_are_of_the_stack_and_stable(void **state)
{
	struct arena *a = arena_new();
	json_t *one = input_name(text_of("web/-/east/Net.Dmz.Vpc"), text_of("op-1"));
	json_t *again = input_name(text_of("web/east/Vpc"), text_of("op-1"));
	json_t *other = input_name(text_of("web/east/Vpc"), text_of("op-2"));

	(void)state;
	assert_string_equal(json_str(one, "stack", ""), "web-Net-Dmz");
	assert_string_equal(json_str(one, "logical", ""), "Vpc");
	assert_string_equal(json_str(again, "stack", ""), "web");
	assert_int_equal(strlen(json_str(one, "random", "")), 12);
	assert_string_equal(json_str(one, "random", "1"), json_str(again, "random", "2"));
	assert_string_not_equal(json_str(one, "random", ""), json_str(other, "random", ""));
	assert_string_equal(input_key(a, text_of("abc-123")), "abc-123");
	assert_int_equal(strlen(input_key(a, text_of("ABC"))), 64);
	json_decref(one);
	json_decref(again);
	json_decref(other);
	arena_free(a);
}

#define REST_TEST(f) cmocka_unit_test_teardown(f, rest_lab_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REST_TEST(settings_that_are_wrong_are_named),
		REST_TEST(without_an_endpoint_nobody_is_asked),
		REST_TEST(settings_reach_every_request),
		REST_TEST(what_the_definition_lacks_is_told),
		REST_TEST(an_expression_that_fails_is_shown_at_its_place),
		REST_TEST(what_a_definition_refuses_is_told_to_the_template),
		REST_TEST(an_expression_without_an_end_is_stopped),
		REST_TEST(an_expression_that_gives_the_wrong_thing_is_told),
		REST_TEST(a_part_without_a_value_takes_nothing_with_it),
		REST_TEST(a_hole_without_a_value_is_an_error),
		REST_TEST(a_header_of_two_lines_is_a_fault_of_the_definition),
		REST_TEST(what_is_raised_is_shortened),
		REST_TEST(time_that_is_over_asks_nobody),
		REST_TEST(who_is_cancelled_asks_nobody),
		REST_TEST(a_secret_after_a_wait_is_refused_before_anything_is_sent),
		REST_TEST(a_secret_in_a_later_step_is_not_taken_up),
		REST_TEST(tokens_of_others_are_refused),
		REST_TEST(a_page_of_something_else_removes_nothing),
		REST_TEST(expired_is_the_clock_or_the_keys),
		REST_TEST(what_is_never_seen_is_given_up),
		REST_TEST(a_found_one_is_finished),
		REST_TEST(state_knows_what_the_last_answer_gave),
		cmocka_unit_test(names_are_of_the_stack_and_stable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
