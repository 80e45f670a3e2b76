/* protocol_error.c - where an answer says what went wrong: code, message, request id. */
#include <string.h>
#include <strings.h>

#include "providers/rest/protocol.h"

#define CODE_LEN 128
#define MESSAGE_LEN 2000

/* One line of valid UTF-8 of at most max bytes, for messages to people. */
static const char *one_line(struct arena *a, struct text t, size_t max)
{
	char *line;
	bool valid;

	t = text_trim(t);
	if (t.len > max) {
		/* Not within a character. */
		for (t.len = max; t.len > 0 && ((unsigned char)t.ptr[t.len] & 0xc0) == 0x80;)
			t.len--;
	}
	valid = text_utf8_valid(t, NULL);
	line = arena_text(a, t);
	for (size_t i = 0; i < t.len; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 127)
			line[i] = ' ';
		else if (!valid && (unsigned char)line[i] >= 128)
			line[i] = '?';
	}
	return line;
}

/* The first of the members that is a text, or a number when numbers are wanted too; NULL. */
static const char *member(struct arena *a, const json_t *object, const char *const *names,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const json_t *j = json_object_get(object, names[i]);

		if (json_is_string(j) && json_string_length(j) > 0)
			return json_string_value(j);
		if (json_is_number(j))
			return json_text(a, j);
	}
	return NULL;
}

#define MEMBER(a, object, names) member((a), (object), (names), ARRAY_LEN(names))

/* An object, or the first of a list; NULL. */
static const json_t *first_object(const json_t *j)
{
	if (json_is_array(j))
		j = json_array_get(j, 0);
	return json_is_object(j) ? j : NULL;
}

/* XML: <ErrorResponse><Error>, EC2's <Response><Errors><Error>, S3's <Error>. */
static const json_t *xml_error(const json_t *body)
{
	const char *root = json_object_iter_key(json_object_iter((json_t *)body));
	const json_t *inner =
		first_object(json_object_iter_value(json_object_iter((json_t *)body)));
	const json_t *errors = first_object(json_object_get(inner, "Errors"));

	if (!inner || json_object_size(body) != 1)
		return NULL;
	if (strcmp(root, "Error") == 0)
		return inner;
	if (errors)
		return first_object(json_object_get(errors, "Error"));
	return first_object(json_object_get(inner, "Error"));
}

/* JSON: {"error": {...}} of Google and Azure, {"errors": [{...}]}, or the object itself. */
static const json_t *json_error(const json_t *body)
{
	const json_t *inner = first_object(json_object_get(body, "error"));

	if (!inner)
		inner = first_object(json_object_get(body, "errors"));
	return inner ? inner : first_object(body);
}

/* "com.amazonaws.dynamodb.v20120810#Name" and "Name:http://internal..." are Name: AWS's restJson1
 * protocol asks clients to cut both. */
static struct text bare_code(const char *code)
{
	struct text t = text_of(code);
	const char *hash = strchr(t.ptr, '#');

	if (hash)
		t = text_of(hash + 1);
	t.len = strcspn(t.ptr, ":");
	return text_trim(t);
}

static bool is_aws(const struct definition *t)
{
	return t->service.protocol != PROTOCOL_JSON;
}

static const char *code_of(struct arena *a, const struct definition *t,
			   const struct http_answer *answer, const json_t *body,
			   const json_t *error)
{
	static const char *const types[] = {"__type"};
	static const char *const names[] = {"code", "Code", "errorCode", "ErrorCode"};
	static const char *const words[] = {"error"};
	static const char *const described[] = {"error_description", "message"};
	const char *code = http_header(answer, "x-amzn-errortype");

	if (!code)
		code = MEMBER(a, body, types);
	if (code)
		return arena_text(a, bare_code(code));
	code = MEMBER(a, error, names);
	if (!code)
		code = MEMBER(a, body, names);
	/* RFC 6749: "error" is the code where another member has the words. */
	if (!code && MEMBER(a, body, described))
		code = MEMBER(a, body, words);
	if (!code)
		return "";
	return is_aws(t) ? arena_text(a, bare_code(code)) : code;
}

static const char *message_of(struct arena *a, const json_t *body, const json_t *error)
{
	static const char *const names[] = {
		"message",           "Message", "errorMessage", "msg",
		"error_description", "detail",  "title",        "error"};
	const char *message = MEMBER(a, error, names);

	if (!message)
		message = MEMBER(a, body, names);
	/* {"errors": ["..."]} */
	if (!message)
		message = json_string_value(json_array_get(json_object_get(body, "errors"), 0));
	return message;
}

/* A page in between says in its title what is the matter. */
static const char *title_of(struct arena *a, struct text page)
{
	struct text t = page;
	const char *start, *end;

	/* Titles stand at the front. */
	if (t.len > 4096)
		t.len = 4096;
	start = strcasestr(arena_text(a, t), "<title>");
	end = start ? strcasestr(start, "</title>") : NULL;
	if (!end)
		return "";
	start += strlen("<title>");
	return arena_strndup(a, start, (size_t)(end - start));
}

static const char *request_id_of(struct arena *a, const struct http_answer *answer,
				 const json_t *body, const json_t *error)
{
	static const char *const headers[] = {
		"x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id", "x-request-id",
		"request-id",       "x-ms-request-id",  "x-correlation-id"};
	static const char *const names[] = {"RequestId", "RequestID", "requestId", "requestID",
					    "request_id"};
	const json_t *root = json_object_iter_value(json_object_iter((json_t *)body));
	const json_t *places[] = {error, body, root, json_object_get(root, "ResponseMetadata"),
				  json_object_get(body, "ResponseMetadata")};

	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		const char *value = http_header(answer, headers[i]);

		if (value && value[0])
			return value;
	}
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		const char *value = MEMBER(a, places[i], names);

		if (value)
			return value;
	}
	return "";
}

/* Route 53 once had <InvalidChangeBatch><Messages><Message>: the root is the code. */
static bool read_batch(struct arena *a, const json_t *body, struct protocol_error *out)
{
	void *member_of = json_object_iter((json_t *)body);
	const json_t *root = json_object_iter_value(member_of);
	const json_t *message = json_object_get(json_object_get(root, "Messages"), "Message");

	if (json_is_array(message))
		message = json_array_get(message, 0);
	if (json_object_size(body) != 1 || !json_is_string(message))
		return false;
	out->code = arena_strdup(a, json_object_iter_key(member_of));
	out->message = json_string_value(message);
	return true;
}

void protocol_error(struct arena *a, const struct definition *t, const struct http_answer *answer,
		    const json_t *body, struct protocol_error *out)
{
	const json_t *object = json_is_object(body) ? body : NULL;
	const json_t *error = xml_error(object);
	const char *message;

	if (!error)
		error = json_error(object);
	if (!read_batch(a, object, out)) {
		out->code = code_of(a, t, answer, object, error);
		message = json_is_string(body) ? json_string_value(body)
					       : message_of(a, object, error);
		out->message = message ? message : title_of(a, answer->body);
	}
	out->request_id = request_id_of(a, answer, object, error);
	out->code = one_line(a, text_of(out->code), CODE_LEN);
	out->message = one_line(a, text_of(out->message), MESSAGE_LEN);
	out->request_id = one_line(a, text_of(out->request_id), CODE_LEN);
}
