/* fuzz_jq.c - any bytes as a jq program, as a text with holes, as JSON and as an error of jq. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "providers/rest/jq_scan.h"
#include "providers/rest/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Tokens are in the text, each behind the one before; only the end is empty. */
static void scan(struct text t)
{
	struct jq_scan s;
	struct jq_token token;
	const char *end = t.ptr;
	struct text word;

	jq_scan_start(&s, t);
	while (token = jq_scan_next(&s),
	       token.kind != JQ_TOKEN_END && token.kind != JQ_TOKEN_DEEP) {
		if (token.text.ptr < end || !token.text.len ||
		    token.text.ptr + token.text.len > t.ptr + t.len)
			abort();
		end = token.text.ptr + token.text.len;
	}
	if (jq_forbidden(t, &word) &&
	    (word.ptr < t.ptr || !word.len || word.ptr + word.len > t.ptr + t.len))
		abort();
}

/* JSON stays JSON, and nothing is left to be done to it.  (Jansson takes a NUL behind a number.) */
static void numbers(struct arena *a, struct text t)
{
	struct text safe = jq_safe_numbers(a, t), again = jq_safe_numbers(a, safe);
	json_t *before = json_parse(t, NULL, NULL), *after = json_parse(safe, NULL, NULL);

	if (again.ptr != safe.ptr || (before && !after && !memchr(t.ptr, '\0', t.len)))
		abort();
	json_decref(before);
	json_decref(after);
}

/* Holes that are closed make an expression that uses nothing but what is in them. */
static void holes(struct arena *a, struct text t)
{
	struct diags d = DIAGS_INIT;
	const char *text = arena_text(a, t);
	struct text out;
	int path = program_holes(a, text, RANGE_NONE, &out, &d);

	if (path != program_text_holes(a, text, RANGE_NONE, &out, &d))
		abort();
	if (path && d.error_count != 2)
		abort();
	diags_release(&d);
}

static void error(struct text t)
{
	struct str out = STR_INIT;

	jq_plain_error(t, &out);
	if (out.len > t.len + sizeof("a date does not have the format"))
		abort();
	str_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct text t = {(const char *)bytes, len};
	struct arena *a = arena_new();

	scan(t);
	numbers(a, t);
	holes(a, t);
	error(t);
	arena_free(a);
	return 0;
}
