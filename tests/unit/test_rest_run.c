/* test_rest_run.c - operations of definitions against a server: status and effect of what may happen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "providers/kit/span.h"
#include "providers/rest/rest.h"
#include "tests/unit/reply_fixture.h"
#include "tests/unit/provider_fixture.h"

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

struct lab {
	struct reply_fixture *server;
	char folder[64], file[96];
	struct hd_session *session;
	struct hd_op op;
};

static void write_definition(struct lab *lab)
{
	FILE *file;

	snprintf(lab->folder, sizeof(lab->folder), "/tmp/hadeploy-rest-XXXXXX");
	assert_non_null(mkdtemp(lab->folder));
	snprintf(lab->file, sizeof(lab->file), "%s/thing.yaml", lab->folder);
	file = fopen(lab->file, "w");
	assert_non_null(file);
	fputs(definition, file);
	fclose(file);
}

static void open_session(struct lab *lab, int port)
{
	char config[512];

	snprintf(config, sizeof(config),
		 "{\"Project\": \"shop\", \"ProjectDir\": \"/tmp\", \"Region\": \"east\", "
		 "\"Account\": \"-\", \"Hosts\": {}, \"Definitions\": \"%s\", "
		 "\"Endpoint\": \"http://127.0.0.1:%d/{$region}\", "
		 "\"Auth\": {\"Scheme\": \"bearer\", \"Token\": \"the-token\"}, \"Timeout\": "
		 "\"5s\"}",
		 lab->folder, port);
	assert_int_equal(hadeploy_provider_rest.open(provider_engine(), &lab->op, span_of(config),
						     &lab->session),
			 HD_OK);
}

static int start(void **state)
{
	struct lab *lab = xcalloc(1, sizeof(*lab));

	lab->server = reply_fixture_start();
	write_definition(lab);
	open_session(lab, reply_fixture_port(lab->server));
	*state = lab;
	return 0;
}

static int stop(void **state)
{
	struct lab *lab = *state;

	hadeploy_provider_rest.close(lab->session);
	reply_fixture_stop(lab->server);
	unlink(lab->file);
	rmdir(lab->folder);
	provider_op_release(&lab->op);
	free(lab);
	return 0;
}

/* --- one call ------------------------------------------------------------------------------ */

enum call { CREATE, READ, UPDATE, REMOVE, POLL, FIND, FIND_NAME, LIST, ACT };

static struct hd_resource resource(struct lab *lab, enum call call, const char *id)
{
	struct hd_resource r = {.size = sizeof(r)};

	r.address = span_of("web/-/east/Net.Thing");
	r.type = span_of("Lab::Thing");
	r.id = span_of(id);
	r.idem = span_of(call == FIND_NAME ? "" : "key-1");
	r.sensitive = span_of("[\"/Secret\"]");
	if (call == CREATE || call == UPDATE)
		r.desired = span_of("{\"Name\":\"one\",\"Size\":5,\"Secret\":\"hidden\"}");
	if (call != CREATE)
		r.recorded = span_of("{\"Name\":\"one\",\"Size\":5}");
	if (call == UPDATE)
		r.changed = span_of("[\"/Size\"]");
	r.deadline_ms = provider_engine()->now_ms(&lab->op) + 20000;
	return r;
}

static int ask(struct lab *lab, enum call call, const char *id)
{
	const struct hd_provider *p = &hadeploy_provider_rest;
	struct hd_resource r = resource(lab, call, id);
	char *token = xstrdup(str_cstr(&lab->op.token));
	int status = -1;

	provider_op_release(&lab->op);
	lab->op = (struct hd_op){.effect = -1};
	switch (call) {
	case CREATE:
		status = p->create(lab->session, &lab->op, &r);
		break;
	case READ:
		status = p->read(lab->session, &lab->op, &r);
		break;
	case UPDATE:
		status = p->update(lab->session, &lab->op, &r);
		break;
	case REMOVE:
		status = p->remove(lab->session, &lab->op, &r);
		break;
	case POLL:
		status = p->poll(lab->session, &lab->op, &r, span_of(token));
		break;
	case FIND:
	case FIND_NAME:
		status = p->find(lab->session, &lab->op, &r);
		break;
	case LIST:
		status = p->list(lab->session, &lab->op, r.type, span_of(""));
		break;
	case ACT:
		status = p->act(lab->session, &lab->op, &r, span_of("ring"),
				span_of("{\"Times\": [1, 2]}"));
		break;
	}
	free(token);
	return status;
}

static void told(struct lab *lab, int status, const char *body)
{
	reply_fixture_reply(lab->server,
			    &(struct fixture_reply){REPLY_FIXTURE_ANSWER, status, body, NULL});
}

static void lost(struct lab *lab)
{
	reply_fixture_reply(lab->server, &(struct fixture_reply){.deed = REPLY_FIXTURE_LOSE});
}

static void expect_log(struct lab *lab, const char *want)
{
	char *log = reply_fixture_log(lab->server);

	assert_string_equal(log, want);
	assert_int_equal(reply_fixture_left(lab->server), 0);
	free(log);
}

static void expect_fault(struct lab *lab, int effect, const char *code)
{
	assert_string_equal(str_cstr(&lab->op.code), code);
	assert_int_equal(lab->op.effect, effect);
	assert_null(strstr(str_cstr(&lab->op.detail), "the-token"));
	assert_null(strstr(str_cstr(&lab->op.detail), "hidden"));
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
	struct lab *lab = *state;

	told(lab, 201, MADE);
	told(lab, 200, READY);
	told(lab, 200, "{}");
	told(lab, 200, READY);
	assert_int_equal(ask(lab, CREATE, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "t1");
	assert_string_equal(str_cstr(&lab->op.state), STATE);
	assert_int_equal(lab->op.effect, HD_EFFECT_DONE);
	expect_log(lab, POST_LOG GET_LOG SIZE_LOG GET_LOG);
}

static void create_waits_and_goes_on_in_another_session(void **state)
{
	struct lab *lab = *state;

	told(lab, 201, MADE);
	told(lab, 200, BUSY);
	assert_int_equal(ask(lab, CREATE, ""), HD_PENDING);
	assert_int_equal(lab->op.wait_ms, 2000);
	assert_null(strstr(str_cstr(&lab->op.token), "hidden"));
	hadeploy_provider_rest.close(lab->session);
	open_session(lab, reply_fixture_port(lab->server));
	told(lab, 200, BUSY);
	assert_int_equal(ask(lab, POLL, ""), HD_PENDING);
	told(lab, 200, READY);
	told(lab, 200, "{}");
	told(lab, 200, READY);
	assert_int_equal(ask(lab, POLL, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "t1");
	assert_string_equal(str_cstr(&lab->op.state), STATE);
	expect_log(lab, POST_LOG GET_LOG GET_LOG GET_LOG SIZE_LOG GET_LOG);
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
	struct lab *lab = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		told(lab, rows[i].http, rows[i].body);
		assert_int_equal(ask(lab, CREATE, ""), rows[i].status);
		expect_fault(lab, rows[i].effect, rows[i].code);
		expect_log(lab, POST_LOG);
	}
}

static void a_lost_answer_is_unknown(void **state)
{
	struct lab *lab = *state;

	lost(lab);
	assert_int_equal(ask(lab, CREATE, ""), HD_RETRY);
	expect_fault(lab, HD_EFFECT_UNKNOWN, "HD5372 ");
	reply_fixture_reply(lab->server,
			    &(struct fixture_reply){REPLY_FIXTURE_CUT, 201, MADE, NULL});
	assert_int_equal(ask(lab, CREATE, ""), HD_RETRY);
	expect_fault(lab, HD_EFFECT_UNKNOWN, "HD5372 ");
	lost(lab);
	assert_int_equal(ask(lab, READ, "t1"), HD_RETRY);
	expect_fault(lab, HD_EFFECT_NONE, "HD5372 ");
	expect_log(lab, POST_LOG POST_LOG GET_LOG);
}

static void nobody_there_is_unreachable(void **state)
{
	struct lab *lab = *state;
	struct reply_fixture *other = reply_fixture_start();
	int port = reply_fixture_port(other);

	reply_fixture_stop(other);
	hadeploy_provider_rest.close(lab->session);
	open_session(lab, port);
	assert_int_equal(ask(lab, CREATE, ""), HD_UNREACHABLE);
	expect_fault(lab, HD_EFFECT_NONE, "HD5371 ");
}

static void what_exists_is_ours_by_its_key_alone(void **state)
{
	struct lab *lab = *state;

	told(lab, 409, "{\"code\":\"Taken\"}");
	told(lab, 200, "[]");
	assert_int_equal(ask(lab, CREATE, ""), HD_EXISTS);
	expect_fault(lab, HD_EFFECT_NONE, "HD5367 ");
	expect_log(lab, POST_LOG "GET /east/things?key=key-1\n");
	told(lab, 409, "{\"code\":\"Taken\"}");
	told(lab, 200, "[{\"id\": \"t1\"}]");
	told(lab, 200, READY);
	told(lab, 200, "{}");
	told(lab, 200, READY);
	assert_int_equal(ask(lab, CREATE, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "t1");
	expect_log(lab, POST_LOG "GET /east/things?key=key-1\n" GET_LOG
				 "PUT /east/things/t1/size {\"size\":5,\"tag\":null}\n" GET_LOG);
}

static void a_later_step_is_taken_up_again(void **state)
{
	struct lab *lab = *state;

	told(lab, 201, MADE);
	told(lab, 200, READY);
	reply_fixture_reply(lab->server, &(struct fixture_reply){REPLY_FIXTURE_ANSWER, 429, "{}",
								 "Retry-After: 7"});
	assert_int_equal(ask(lab, CREATE, ""), HD_PENDING);
	assert_int_equal(lab->op.wait_ms, 7000);
	lost(lab);
	assert_int_equal(ask(lab, POLL, ""), HD_RETRY);
	expect_log(lab, POST_LOG GET_LOG SIZE_LOG SIZE_LOG);
}

static void a_later_step_that_fails_for_good_leaves_a_part(void **state)
{
	struct lab *lab = *state;

	told(lab, 201, MADE);
	told(lab, 200, READY);
	told(lab, 400, "{\"message\": \"too big\"}");
	told(lab, 200, READY);
	assert_int_equal(ask(lab, CREATE, ""), HD_FATAL);
	expect_fault(lab, HD_EFFECT_PARTIAL, "HD5363 ");
	assert_string_equal(str_cstr(&lab->op.id), "t1");
	assert_string_equal(str_cstr(&lab->op.state), STATE);
	assert_non_null(strstr(str_cstr(&lab->op.detail), "too big"));
	assert_non_null(strstr(str_cstr(&lab->op.detail), "PUT /east/things/t1/size"));
	expect_log(lab, POST_LOG GET_LOG SIZE_LOG GET_LOG);
}

static void what_failed_for_good_is_told(void **state)
{
	struct lab *lab = *state;

	told(lab, 201, MADE);
	told(lab, 200, "{\"id\": \"t1\", \"state\": \"broken\"}");
	told(lab, 404, "{}");
	assert_int_equal(ask(lab, CREATE, ""), HD_FATAL);
	expect_fault(lab, HD_EFFECT_PARTIAL, "HD5378 ");
	assert_non_null(strstr(str_cstr(&lab->op.detail), "it broke"));
	told(lab, 201, MADE);
	told(lab, 200, "{\"id\": \"t1\", \"state\": \"broken\", \"why\": \"Taken\"}");
	told(lab, 404, "{}");
	assert_int_equal(ask(lab, CREATE, ""), HD_EXISTS);
	expect_log(lab, POST_LOG GET_LOG GET_LOG POST_LOG GET_LOG GET_LOG);
}

static void what_is_not_seen_at_once_is_waited_for(void **state)
{
	struct lab *lab = *state;

	told(lab, 201, MADE);
	told(lab, 404, "{}");
	assert_int_equal(ask(lab, CREATE, ""), HD_PENDING);
	told(lab, 200, READY);
	told(lab, 200, "{}");
	told(lab, 404, "{}");
	assert_int_equal(ask(lab, POLL, ""), HD_PENDING);
	told(lab, 200, READY);
	assert_int_equal(ask(lab, POLL, ""), HD_OK);
	expect_log(lab, POST_LOG GET_LOG GET_LOG SIZE_LOG GET_LOG GET_LOG);
}

/* --- the others --------------------------------------------------------------------------- */

static void read_tells_what_there_is(void **state)
{
	struct lab *lab = *state;

	told(lab, 200, READY);
	assert_int_equal(ask(lab, READ, "t1"), HD_OK);
	assert_string_equal(str_cstr(&lab->op.state), STATE);
	told(lab, 404, "{}");
	assert_int_equal(ask(lab, READ, "t1"), HD_NOTFOUND);
	expect_log(lab, GET_LOG GET_LOG);
}

static void update_has_what_changed(void **state)
{
	struct lab *lab = *state;

	told(lab, 200, "{}");
	told(lab, 200, "{}");
	told(lab, 200, READY);
	assert_int_equal(ask(lab, UPDATE, "t1"), HD_OK);
	expect_log(lab, "PUT /east/things/t1/size {\"changed\":[\"/Size\"],\"size\":5}\n"
			"PUT /east/things/t1/name {\"name\":\"one\"}\n" GET_LOG);
	told(lab, 404, "{}");
	assert_int_equal(ask(lab, UPDATE, "t1"), HD_NOTFOUND);
	expect_fault(lab, HD_EFFECT_NONE, "HD5366 ");
	told(lab, 200, "{}");
	lost(lab);
	assert_int_equal(ask(lab, UPDATE, "t1"), HD_PENDING);
	assert_null(strstr(str_cstr(&lab->op.token), "hidden"));
	free(reply_fixture_log(lab->server));
	told(lab, 200, "{}");
	told(lab, 200, READY);
	assert_int_equal(ask(lab, POLL, "t1"), HD_OK);
	expect_log(lab, "PUT /east/things/t1/name {\"name\":\"one\"}\n" GET_LOG);
}

static void delete_ends_when_it_is_gone(void **state)
{
	struct lab *lab = *state;

	told(lab, 202, NULL);
	told(lab, 200, READY);
	assert_int_equal(ask(lab, REMOVE, "t1"), HD_PENDING);
	assert_int_equal(lab->op.wait_ms, 5000);
	told(lab, 404, "{}");
	assert_int_equal(ask(lab, POLL, "t1"), HD_OK);
	told(lab, 404, "{}");
	assert_int_equal(ask(lab, REMOVE, "t1"), HD_NOTFOUND);
	expect_log(lab, "DELETE /east/things/t1\n" GET_LOG GET_LOG "DELETE /east/things/t1\n");
}

static void find_takes_up_what_was_made(void **state)
{
	struct lab *lab = *state;

	told(lab, 200, "[]");
	assert_int_equal(ask(lab, FIND, ""), HD_NOTFOUND);
	/* The steps behind the first need what its answer gave: not to be had any more. */
	told(lab, 200, "[{\"id\": \"t1\"}]");
	told(lab, 200, READY);
	assert_int_equal(ask(lab, FIND, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "t1");
	told(lab, 200, READY);
	assert_int_equal(ask(lab, FIND, "t1"), HD_OK);
	told(lab, 200, "[{\"id\": \"t1\"}]");
	told(lab, 200, READY);
	assert_int_equal(ask(lab, FIND_NAME, ""), HD_OK);
	expect_log(lab, "GET /east/things?key=key-1\nGET /east/things?key=key-1\n" GET_LOG GET_LOG
			"GET /east/things?name=one\n" GET_LOG);
}

static void list_reads_all_pages(void **state)
{
	struct lab *lab = *state;

	told(lab, 200, "{\"all\": [{\"id\": \"a\", \"size\": \"1\"}], \"next\": \"p2\"}");
	told(lab, 200, "{\"all\": [{\"id\": \"b\", \"size\": 2}]}");
	assert_int_equal(ask(lab, LIST, ""), HD_OK);
	assert_string_equal(str_cstr(&lab->op.id), "a b ");
	assert_string_equal(str_cstr(&lab->op.state), "{\"Size\":1} {\"Size\":2} ");
	expect_log(lab, "GET /east/things\nGET /east/things?after=p2\n");
}

static void actions_have_arguments_and_results(void **state)
{
	struct lab *lab = *state;

	told(lab, 200, "{\"rung\": 1}");
	told(lab, 200, "{\"rung\": 2}");
	assert_int_equal(ask(lab, ACT, "t1"), HD_OK);
	assert_string_equal(str_cstr(&lab->op.result), "2");
	expect_log(lab,
		   "POST /east/things/t1/ring {\"n\":1}\nPOST /east/things/t1/ring {\"n\":2}\n");
}

#define REST_TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

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
		REST_TEST(actions_have_arguments_and_results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
