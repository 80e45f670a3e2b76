/*
 * fuzz_protocol.c - any answer of any protocol: its body, its error and what that means.  The first
 * byte is the protocol, the second the status, the third picks headers.
 */
#include <stdlib.h>

#include "providers/rest/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct http_header headers[] = {
	{"content-type", "application/json"},
	{"content-type", "text/html"},
	{"x-amzn-errortype", "a#Throttling:b"},
	{"x-amzn-requestid", "r\xff\n"},
};

static void check_line(const char *line, size_t max)
{
	struct text t = text_of(line);

	if (t.len > max || !text_utf8_valid(t, NULL) || text_ends(t, "\n"))
		abort();
}

static void check_answer(struct arena *a, const struct definition *t,
			 const struct http_answer *answer)
{
	const char *why = NULL;
	json_t *body = protocol_body(a, t, answer, &why);
	struct protocol_error e;

	if (!body != (why != NULL))
		abort();
	protocol_error(a, t, answer, body, &e);
	check_line(e.code, 128);
	check_line(e.message, 2000);
	check_line(e.request_id, 128);
	if (protocol_meaning(t, NULL, answer->status, e.code) > ERROR_OTHER)
		abort();
	json_decref(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	struct definition t = {0};
	struct http_answer answer = {.status = 200};

	if (len >= 3) {
		t.service.protocol = (enum protocol)(bytes[0] % PROTOCOL_COUNT);
		answer.status = 200 + 2 * bytes[1];
		answer.headers = &headers[bytes[2] % ARRAY_LEN(headers)];
		answer.header_count = bytes[2] >> 7;
		/* As http.c gives it: with a NUL behind. */
		answer.body = (struct text){
			arena_text(a, (struct text){(const char *)bytes + 3, len - 3}), len - 3};
		check_answer(a, &t, &answer);
	}
	arena_free(a);
	return 0;
}
