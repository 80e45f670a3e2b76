/* test_protocol.c - requests and answers of each protocol, and what errors mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "providers/rest/protocol.h"

static json_t *json_of(struct arena *a, const char *text)
{
	const char *why = "";
	json_t *j = json_parse(text_of(text), a, &why);

	if (!j)
		fail_msg("%s: %s", text, why);
	return j;
}

/* A request as text: "METHOD URL", headers, an empty line, the body. */
struct trial {
	enum protocol protocol;
	struct service service;
	struct step step;
	const char *endpoint, *request;
};

static char *request_text(struct arena *a, const struct http_request *r)
{
	struct str s = STR_INIT;
	char *text;

	str_printf(&s, "%s %s", r->method, r->url);
	for (size_t i = 0; i < r->header_count; i++)
		str_printf(&s, "\n%s: %s", r->headers[i].name, r->headers[i].value);
	if (r->has_body)
		str_printf(&s, "\n\n%.*s", TEXT_ARG(r->body));
	text = arena_text(a, str_text(&s));
	str_release(&s);
	return text;
}

static void requests(struct trial t, const char *expected)
{
	struct arena *a = arena_new();
	struct definition d = {.service = t.service};
	struct http_request r;
	const char *why = NULL;
	json_t *request = json_of(a, t.request);
	const struct wish w = {&d, &t.step, request, t.endpoint ? t.endpoint : "http://h:1"};

	d.service.protocol = t.protocol;
	if (protocol_request(a, &w, &r, &why) != 0)
		fail_msg("%s", why);
	assert_string_equal(request_text(a, &r), expected);
	json_decref(request);
	arena_free(a);
}

static void refuses(struct trial t, const char *because)
{
	struct arena *a = arena_new();
	struct definition d = {.service = t.service};
	struct http_request r;
	const char *why = NULL;
	json_t *request = json_of(a, t.request);
	const struct wish w = {&d, &t.step, request, t.endpoint ? t.endpoint : "http://h:1"};

	d.service.protocol = t.protocol;
	assert_int_equal(protocol_request(a, &w, &r, &why), -1);
	assert_non_null(why);
	if (!strstr(why, because))
		fail_msg("%s", why);
	json_decref(request);
	arena_free(a);
}

static void json_requests(void **state)
{
	(void)state;
	requests((struct trial){.request =
					"{\"path\": \"/zones/a%2Fb\", \"query\": {\"x\": [1, 2], "
					"\"y\": null}, \"headers\": null, \"body\": null}",
				.endpoint = "http://h:1/api/"},
		 "GET http://h:1/api/zones/a%2Fb?x=1&x=2\nAccept: application/json");
	requests(
		(struct trial){
			.step = {.method = "POST"},
			.request = "{\"path\": \"z?a=1\", \"query\": {\"b\": true}, \"headers\": "
				   "{\"X-N\": 1, \"accept\": \"text/csv\", \"X-0\": null}, "
				   "\"body\": {\"b\": 1, \"a\": [null]}}"},
		"POST http://h:1/z?a=1&b=true\nX-N: 1\naccept: text/csv\n"
		"Content-Type: application/json\n\n{\"a\":[null],\"b\":1}");
	requests((struct trial){.request = "{}"}, "GET http://h:1/\nAccept: application/json");
	requests((struct trial){.request = "{\"path\": \"\"}", .endpoint = "http://h:1/a"},
		 "GET http://h:1/a\nAccept: application/json");
}

static void bodies_are_sent_as_the_step_says(void **state)
{
	const char *body = "{\"body\": {\"a\": \"b c\"}}";

	(void)state;
	requests((struct trial){.step = {.method = "PUT", .send = SEND_FORM}, .request = body},
		 "PUT http://h:1/\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n"
		 "Accept: application/json\n\na=b%20c");
	requests((struct trial){.step = {.method = "PUT", .send = SEND_XML}, .request = body},
		 "PUT http://h:1/\nContent-Type: application/xml\n"
		 "Accept: application/json\n\n<a>b c</a>");
	requests((struct trial){.step = {.method = "PUT", .send = SEND_TEXT},
				.request = "{\"body\": \"x\\ny\"}"},
		 "PUT http://h:1/\nContent-Type: text/plain; charset=utf-8\n"
		 "Accept: application/json\n\nx\ny");
	requests((struct trial){.step = {.method = "PUT", .send = SEND_NONE}, .request = body},
		 "PUT http://h:1/\nAccept: application/json");
}

static void aws_json_requests(void **state)
{
	const struct service s = {.target_prefix = "DynamoDB_20120810"};

	(void)state;
	requests((struct trial){.protocol = PROTOCOL_JSON_1_0,
				.service = s,
				.step = {.action = "CreateTable"},
				.request = "{\"body\": {\"TableName\": \"t\"}}"},
		 "POST http://h:1/\nX-Amz-Target: DynamoDB_20120810.CreateTable\n"
		 "Content-Type: application/x-amz-json-1.0\n\n{\"TableName\":\"t\"}");
	requests((struct trial){.protocol = PROTOCOL_JSON_1_1,
				.service = s,
				.step = {.action = "ListTables"},
				.request = "{\"body\": null}"},
		 "POST http://h:1/\nX-Amz-Target: DynamoDB_20120810.ListTables\n"
		 "Content-Type: application/x-amz-json-1.1\n\n{}");
}

static void query_requests(void **state)
{
	const char *head = "POST http://h:1/\nContent-Type: application/x-www-form-urlencoded; "
			   "charset=utf-8\n\n";
	struct trial t = {.protocol = PROTOCOL_QUERY,
			  .service = {.api_version = "2010-05-08", .lists_member = true},
			  .step = {.action = "CreateRole"},
			  .request = "{\"body\": {\"Tags\": [{\"Key\": \"k\", \"Value\": \"\"}]}, "
				     "\"query\": {\"Marker\": \"m\"}}"};
	char expected[400];

	(void)state;
	snprintf(expected, sizeof(expected),
		 "%sAction=CreateRole&Version=2010-05-08&Marker=m&Tags.member.1.Key=k"
		 "&Tags.member.1.Value=",
		 head);
	requests(t, expected);
	t = (struct trial){
		.protocol = PROTOCOL_EC2,
		.service = {.api_version = "2016-11-15"},
		.step = {.action = "DescribeVpcs"},
		.request = "{\"body\": {\"Filter\": [{\"Name\": \"n\", \"Value\": [\"v\"]}]}}"};
	snprintf(expected, sizeof(expected),
		 "%sAction=DescribeVpcs&Version=2016-11-15&Filter.1.Name=n&Filter.1.Value.1=v",
		 head);
	requests(t, expected);
	t.request = "{\"body\": null}";
	snprintf(expected, sizeof(expected), "%sAction=DescribeVpcs&Version=2016-11-15", head);
	requests(t, expected);
}

static void rest_xml_requests(void **state)
{
	(void)state;
	requests(
		(struct trial){
			.protocol = PROTOCOL_REST_XML,
			.step = {.method = "PUT"},
			.request = "{\"path\": \"/b?versioning\", \"body\": {\"V\": {\"S\": 1}}}"},
		"PUT http://h:1/b?versioning\nContent-Type: application/xml\n\n<V><S>1</S></V>");
}

static void impossible_requests_are_refused(void **state)
{
	(void)state;
	refuses((struct trial){.request = "{}", .endpoint = "h:1"}, "no http or https URL");
	refuses((struct trial){.request = "{}", .endpoint = "http://h/?x"}, "'?'");
	refuses((struct trial){.request = "{\"path\": \"/a#b\"}"}, "'#'");
	refuses((struct trial){.request = "{\"query\": {\"a\": {\"b\": 1}}}"}, "query");
	refuses((struct trial){.request = "{\"query\": \"a=1\"}"}, "query");
	refuses((struct trial){.request = "{\"headers\": []}"}, "headers");
	refuses((struct trial){.request = "{\"headers\": {\"a\": []}}"}, "header");
	refuses((struct trial){.protocol = PROTOCOL_REST_XML, .request = "{\"body\": [1]}"}, "XML");
	refuses((struct trial){.protocol = PROTOCOL_EC2, .request = "{\"body\": [1]}"}, "object");
	refuses((struct trial){.step = {.send = SEND_TEXT}, .request = "{\"body\": 1}"}, "text");
	refuses((struct trial){.step = {.send = SEND_FORM}, .request = "{\"body\": 1}"}, "form");
}

/* Answers */

struct told {
	enum protocol protocol;
	int status;
	const char *type, *body;
};

static struct http_answer answer_of(const struct told *t, struct http_header *h)
{
	*h = (struct http_header){"content-type", t->type};
	return (struct http_answer){.status = t->status ? t->status : 200,
				    .headers = h,
				    .header_count = t->type != NULL,
				    .body = text_of(t->body)};
}

static void decodes(struct told t, const char *expected)
{
	struct arena *a = arena_new();
	struct http_header h;
	const struct definition d = {.service = {.protocol = t.protocol}};
	const struct http_answer answer = answer_of(&t, &h);
	const char *why = NULL;
	json_t *j = protocol_body(a, &d, &answer, &why);

	if (!j)
		fail_msg("%s", why);
	assert_string_equal(json_text(a, j), expected);
	json_decref(j);
	arena_free(a);
}

static void is_not(struct told t, const char *because)
{
	struct arena *a = arena_new();
	struct http_header h;
	const struct definition d = {.service = {.protocol = t.protocol}};
	const struct http_answer answer = answer_of(&t, &h);
	const char *why = NULL;

	assert_null(protocol_body(a, &d, &answer, &why));
	assert_string_equal(why, because);
	arena_free(a);
}

static void json_answers(void **state)
{
	(void)state;
	decodes((struct told){.body = ""}, "null");
	decodes((struct told){.body = " \n"}, "null");
	decodes((struct told){.body = "[1]"}, "[1]");
	decodes((struct told){.body = "a. SOA", .type = "text/plain"}, "\"a. SOA\"");
	is_not((struct told){.body = "[1", .type = "application/json"},
	       "the answer is not JSON: the text ends too early (line 1, column 2)");
	is_not((struct told){.body = "\xff"}, "the answer is not JSON: bytes that are no text");
	is_not((struct told){.body = "<HTML><title>x</title>"},
	       "the answer is not JSON: an HTML page");
	decodes((struct told){.body = "[1]", .type = "text/html; charset=utf-8"}, "[1]");
	is_not((struct told){.protocol = PROTOCOL_JSON_1_1, .body = "x", .type = "text/plain"},
	       "the answer is not JSON: not JSON (line 1, column 1)");
}

static void query_answers_lose_their_wrapping(void **state)
{
	(void)state;
	decodes(
		(struct told){
			.protocol = PROTOCOL_QUERY,
			.body = "<CreateRoleResponse><CreateRoleResult><Role><A>1</A></Role>"
				"</CreateRoleResult><ResponseMetadata><RequestId>r</RequestId>"
				"</ResponseMetadata></CreateRoleResponse>"},
		"{\"Role\":{\"A\":\"1\"}}");
	decodes(
		(struct told){
			.protocol = PROTOCOL_QUERY,
			.body = "<DeleteRoleResponse><ResponseMetadata><RequestId>r</RequestId>"
				"</ResponseMetadata></DeleteRoleResponse>"},
		"{\"ResponseMetadata\":{\"RequestId\":\"r\"}}");
	decodes(
		(struct told){
			.protocol = PROTOCOL_EC2,
			.body = "<CreateVpcResponse><requestId>r</requestId><vpc><vpcId>v</vpcId>"
				"</vpc></CreateVpcResponse>"},
		"{\"requestId\":\"r\",\"vpc\":{\"vpcId\":\"v\"}}");
	decodes((struct told){.protocol = PROTOCOL_EC2,
			      .status = 400,
			      .body = "<Response><Errors/></Response>"},
		"{\"Response\":{\"Errors\":\"\"}}");
	is_not((struct told){.protocol = PROTOCOL_EC2, .body = "{}"},
	       "the answer is not XML: no XML: line 1");
	is_not((struct told){.protocol = PROTOCOL_QUERY, .body = "<!DOCTYPE html><p>"},
	       "the answer is not XML: an HTML page");
}

static void rest_xml_answers(void **state)
{
	(void)state;
	decodes((struct told){.protocol = PROTOCOL_REST_XML, .body = "<A><B>1</B></A>"},
		"{\"A\":{\"B\":\"1\"}}");
	decodes((struct told){.protocol = PROTOCOL_REST_XML, .body = "{\"Version\": 1}"},
		"{\"Version\":1}");
	decodes((struct told){.protocol = PROTOCOL_REST_XML, .body = "{half"}, "\"{half\"");
}

/* Errors */

struct failure {
	enum protocol protocol;
	const char *header, *value;
	const char *body;
};

static void tells(struct failure x, const char *code, const char *message, const char *request_id)
{
	struct arena *a = arena_new();
	const struct definition d = {.service = {.protocol = x.protocol}};
	const struct http_header h = {x.header, x.value};
	const struct http_answer answer = {.status = 400,
					   .headers = &h,
					   .header_count = x.header != NULL,
					   .body = text_of(x.body)};
	json_t *body = protocol_body(a, &d, &answer, NULL);
	struct protocol_error e;

	protocol_error(a, &d, &answer, body, &e);
	assert_string_equal(e.code, code);
	assert_string_equal(e.message, message);
	assert_string_equal(e.request_id, request_id);
	json_decref(body);
	arena_free(a);
}

static void errors_in_json(void **state)
{
	(void)state;
	tells((struct failure){.body = "{\"error\": \"Domain 'x.' not found\"}"}, "",
	      "Domain 'x.' not found", "");
	tells((struct failure){.header = "x-request-id",
			       .value = "r1",
			       .body = "{\"code\": 1003, \"message\": \"no\\nsuch\"}"},
	      "1003", "no such", "r1");
	tells((struct failure){.body = "{\"error\": {\"code\": \"Gone\", \"message\": \"m\"}}"},
	      "Gone", "m", "");
	tells((struct failure){.body = "{\"errors\": [{\"code\": 7, \"message\": \"m\"}, {}]}"},
	      "7", "m", "");
	tells((struct failure){.body = "{\"errors\": [\"m\"]}"}, "", "m", "");
	tells(
		(struct failure){
			.body = "{\"error\": \"invalid_grant\", \"error_description\": \"m\"}"},
		"invalid_grant", "m", "");
	tells(
		(struct failure){
			.body = "{\"title\": \"T\", \"detail\": \"D\", \"request_id\": \"r\"}"},
		"", "D", "r");
	tells((struct failure){.body = "not so"}, "", "not so", "");
	tells((struct failure){.body = ""}, "", "", "");
	tells((struct failure){.body = "[]"}, "", "", "");
}

static void errors_of_aws_json(void **state)
{
	(void)state;
	tells((struct failure){.protocol = PROTOCOL_JSON_1_0,
			       .header = "x-amzn-requestid",
			       .value = "R",
			       .body = "{\"__type\": \"com.amazonaws.dynamodb.v20120810#"
				       "ResourceNotFoundException\", \"message\": \"m\"}"},
	      "ResourceNotFoundException", "m", "R");
	tells((struct failure){.protocol = PROTOCOL_JSON_1_1,
			       .body = "{\"__type\": \"ThrottlingException\", \"Message\": \"m\"}"},
	      "ThrottlingException", "m", "");
	tells((struct failure){.protocol = PROTOCOL_REST_JSON,
			       .header = "x-amzn-errortype",
			       .value = "ResourceConflictException:http://internal.amazon.com/",
			       .body = "{\"Message\": \"m\", \"Type\": \"User\"}"},
	      "ResourceConflictException", "m", "");
	tells((struct failure){.protocol = PROTOCOL_REST_JSON,
			       .body = "{\"code\": \"aws.x#Bad:z\", \"message\": \"m\"}"},
	      "Bad", "m", "");
}

static void errors_in_xml(void **state)
{
	(void)state;
	tells(
		(struct failure){
			.protocol = PROTOCOL_QUERY,
			.body = "<ErrorResponse xmlns='http://x/'><Error><Type>Sender</Type>"
				"<Code>NoSuchEntity</Code><Message>m &amp; n</Message></Error>"
				"<RequestId>R</RequestId></ErrorResponse>"},
		"NoSuchEntity", "m & n", "R");
	tells(
		(struct failure){
			.protocol = PROTOCOL_EC2,
			.body = "<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code>"
				"<Message>m</Message></Error></Errors><RequestID>R</RequestID>"
				"</Response>"},
		"InvalidVpcID.NotFound", "m", "R");
	tells(
		(struct failure){
			.protocol = PROTOCOL_REST_XML,
			.body = "<?xml version='1.0'?><Error><Code>NoSuchBucket</Code><Message>m"
				"</Message><BucketName>b</BucketName><RequestId>R</RequestId>"
				"</Error>"},
		"NoSuchBucket", "m", "R");
	tells(
		(struct failure){
			.protocol = PROTOCOL_REST_XML,
			.body = "<InvalidChangeBatch><Messages><Message>one</Message><Message>two"
				"</Message></Messages><RequestId>R</RequestId>"
				"</InvalidChangeBatch>"},
		"InvalidChangeBatch", "one", "R");
}

static void pages_of_others_survive(void **state)
{
	(void)state;
	for (int i = 0; i < PROTOCOL_COUNT; i++)
		tells((struct failure){.protocol = (enum protocol)i,
				       .body = "<html>\n<head><title>503 Service Temporarily\n"
					       "Unavailable</title></head>"},
		      "", "503 Service Temporarily Unavailable", "");
	tells((struct failure){.protocol = PROTOCOL_EC2,
			       .header = "x-amzn-requestid",
			       .value = "\x01\xff",
			       .body = "<html>"},
	      "", "", " ?");
}

static void messages_are_bounded(void **state)
{
	struct str body = STR_INIT;
	struct arena *a = arena_new();
	const struct definition d = {.service = {.protocol = PROTOCOL_JSON}};
	struct http_answer answer = {.status = 500};
	struct protocol_error e;
	json_t *j;

	(void)state;
	for (int i = 0; i < 10000; i++)
		str_add(&body, "\xc3\xa4");
	j = json_pack("{s:s}", "message", str_cstr(&body));
	protocol_error(a, &d, &answer, j, &e);
	assert_int_equal(strlen(e.message), 2000);
	assert_true(text_utf8_valid(text_of(e.message), NULL));
	json_decref(j);
	str_release(&body);
	arena_free(a);
}

/* Meanings */

static enum error_kind means(enum protocol p, int status, const char *code)
{
	const struct definition d = {.service = {.protocol = p}};

	return protocol_meaning(&d, NULL, status, code);
}

static void codes_of_aws(void **state)
{
	static const struct {
		enum error_kind kind;
		const char *code;
	} known[] = {
		{ERROR_THROTTLED, "Throttling"},
		{ERROR_THROTTLED, "ThrottlingException"},
		{ERROR_THROTTLED, "Throttled"},
		{ERROR_THROTTLED, "RequestLimitExceeded"},
		{ERROR_THROTTLED, "SlowDown"},
		{ERROR_THROTTLED, "TooManyRequestsException"},
		{ERROR_RETRY, "InternalError"},
		{ERROR_RETRY, "InternalFailure"},
		{ERROR_RETRY, "ServiceUnavailable"},
		{ERROR_RETRY, "RequestTimeout"},
		{ERROR_NOT_FOUND, "InvalidVpcID.NotFound"},
		{ERROR_NOT_FOUND, "DBInstanceNotFound"},
		{ERROR_NOT_FOUND, "ResourceNotFoundException"},
		{ERROR_NOT_FOUND, "ParameterNotFound"},
		{ERROR_NOT_FOUND, "NoSuchHostedZone"},
		{ERROR_NOT_FOUND, "AWS.SimpleQueueService.NonExistentQueue"},
		{ERROR_EXISTS, "EntityAlreadyExists"},
		{ERROR_EXISTS, "DBInstanceAlreadyExists"},
		{ERROR_EXISTS, "InvalidGroup.Duplicate"},
		{ERROR_EXISTS, "BucketAlreadyOwnedByYou"},
		{ERROR_EXISTS, "DuplicateTargetGroupName"},
		{ERROR_CONFLICT, "DependencyViolation"},
		{ERROR_CONFLICT, "OperationAborted"},
		{ERROR_CONFLICT, "InvalidDBInstanceState"},
		{ERROR_CONFLICT, "InvalidDBClusterStateFault"},
		{ERROR_CONFLICT, "ResourceInUseException"},
		{ERROR_CONFLICT, "AWS.SimpleQueueService.QueueDeletedRecently"},
		{ERROR_OTHER, "LimitExceededException"},
		{ERROR_OTHER, "InvalidParameterValue"},
		{ERROR_OTHER, "UnauthorizedOperation"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (means(PROTOCOL_QUERY, 400, known[i].code) != known[i].kind)
			fail_msg("%s", known[i].code);
	}
	/* Not of others' APIs. */
	assert_int_equal(means(PROTOCOL_JSON, 400, "Throttling"), ERROR_OTHER);
}

static void statuses_of_http(void **state)
{
	(void)state;
	assert_int_equal(means(PROTOCOL_JSON, 404, ""), ERROR_NOT_FOUND);
	assert_int_equal(means(PROTOCOL_JSON, 429, NULL), ERROR_THROTTLED);
	assert_int_equal(means(PROTOCOL_EC2, 500, "Strange"), ERROR_RETRY);
	assert_int_equal(means(PROTOCOL_EC2, 502, ""), ERROR_RETRY);
	assert_int_equal(means(PROTOCOL_EC2, 503, ""), ERROR_RETRY);
	assert_int_equal(means(PROTOCOL_EC2, 504, ""), ERROR_RETRY);
	assert_int_equal(means(PROTOCOL_JSON, 501, ""), ERROR_OTHER);
	assert_int_equal(means(PROTOCOL_JSON, 401, ""), ERROR_OTHER);
}

static void a_conflict_depends_on_the_method(void **state)
{
	const struct definition d = {.service = {.protocol = PROTOCOL_JSON}};
	const struct step post = {.method = "POST"}, remove = {.method = "DELETE"};
	const struct step action = {.action = "CreateThing"};

	(void)state;
	assert_int_equal(protocol_meaning(&d, &post, 409, ""), ERROR_EXISTS);
	assert_int_equal(protocol_meaning(&d, &remove, 409, ""), ERROR_CONFLICT);
	assert_int_equal(protocol_meaning(&d, &action, 409, ""), ERROR_OTHER);
}

static void nearer_rules_win_and_codes_before_statuses(void **state)
{
	const struct error_rule of_step[] = {{ERROR_DONE, 404, NULL}};
	const struct error_rule of_type[] = {{ERROR_RETRY, 404, NULL},
					     {ERROR_CONFLICT, 0, "Busy*"}};
	const struct error_rule of_service[] = {{ERROR_EXISTS, 0, "BusyName"},
						{ERROR_OTHER, 500, NULL}};
	const struct step step = {.errors = {of_step, 1}};
	const struct definition d = {
		.service = {.protocol = PROTOCOL_QUERY, .errors = {of_service, 2}},
		.errors = {of_type, 2}};

	(void)state;
	assert_int_equal(protocol_meaning(&d, &step, 404, "Busy"), ERROR_DONE);
	assert_int_equal(protocol_meaning(&d, NULL, 404, "BusyName"), ERROR_CONFLICT);
	assert_int_equal(protocol_meaning(&d, NULL, 404, "x"), ERROR_RETRY);
	assert_int_equal(protocol_meaning(&d, &step, 500, "Throttling"), ERROR_OTHER);
	assert_int_equal(protocol_meaning(&d, &step, 400, "Throttling"), ERROR_THROTTLED);
	assert_int_equal(protocol_meaning(&d, NULL, 400, ""), ERROR_OTHER);
}

/* A page of a proxy says nothing of the thing that was asked for. */
static void only_the_service_knows_what_is_gone(void **state)
{
	const struct error_rule rule[] = {{ERROR_NOT_FOUND, 404, NULL}};
	const struct step silent = {0}, said = {.errors = {rule, 1}};
	const struct {
		enum protocol protocol;
		const struct step *step;
		const char *code, *unread;
		bool told;
	} rows[] = {
		{PROTOCOL_EC2, &silent, "InvalidVpcID.NotFound", NULL, true},
		{PROTOCOL_EC2, &silent, "", NULL, false},
		{PROTOCOL_JSON_1_1, &silent, "", "an HTML page", false},
		{PROTOCOL_REST_XML, &said, "", NULL, true},
		{PROTOCOL_REST_XML, &said, "", "an HTML page", false},
		{PROTOCOL_JSON, &silent, "", NULL, true},
		{PROTOCOL_JSON, &silent, "", "an HTML page", false},
		{PROTOCOL_JSON, &said, "", "an HTML page", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct definition d = {.service = {.protocol = rows[i].protocol}};

		if (protocol_told(&d, rows[i].step, 404, rows[i].code, rows[i].unread) !=
		    rows[i].told)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_requests),
		cmocka_unit_test(bodies_are_sent_as_the_step_says),
		cmocka_unit_test(aws_json_requests),
		cmocka_unit_test(query_requests),
		cmocka_unit_test(rest_xml_requests),
		cmocka_unit_test(impossible_requests_are_refused),
		cmocka_unit_test(json_answers),
		cmocka_unit_test(query_answers_lose_their_wrapping),
		cmocka_unit_test(rest_xml_answers),
		cmocka_unit_test(errors_in_json),
		cmocka_unit_test(errors_of_aws_json),
		cmocka_unit_test(errors_in_xml),
		cmocka_unit_test(pages_of_others_survive),
		cmocka_unit_test(messages_are_bounded),
		cmocka_unit_test(codes_of_aws),
		cmocka_unit_test(statuses_of_http),
		cmocka_unit_test(a_conflict_depends_on_the_method),
		cmocka_unit_test(nearer_rules_win_and_codes_before_statuses),
		cmocka_unit_test(only_the_service_knows_what_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
