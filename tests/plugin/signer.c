/* signer.c - signs what is asked for on standard input, a JSON object per line, for
 * tests/integration/test_sigv4.py. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "providers/kit/sigv4.h"

static void sign(struct arena *a, const json_t *j)
{
	const json_t *rows = json_object_get(j, "headers"), *row;
	struct http_header headers[64];
	struct http_request r = {.method = json_str(j, "method", ""),
				 .url = json_str(j, "url", ""),
				 .headers = headers,
				 .header_count = json_array_size(rows),
				 .body = text_of(json_str(j, "body", ""))};
	struct sigv4_key key = {json_str(j, "id", ""), json_str(j, "secret", ""),
				json_str(j, "token", NULL)};
	struct sigv4_scope scope = {json_str(j, "region", ""), json_str(j, "service", ""),
				    json_int(j, "time", 0),    json_flag(j, "s3", false),
				    json_flag(j, "s3", false), false};
	struct sigv4_signed s;
	struct str out = STR_INIT;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		headers[i] = (struct http_header){json_string_value(json_array_get(row, 0)),
						  json_string_value(json_array_get(row, 1))};
	}
	if (sigv4_sign(a, &r, &key, &scope, &s))
		exit(1);
	json_quote(&out, text_of(s.canonical));
	printf("[%s, ", str_cstr(&out));
	str_clear(&out);
	json_quote(&out, text_of(s.headers[s.count - 1].value));
	printf("%s]\n", str_cstr(&out));
	str_release(&out);
}

int main(void)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t len;

	while ((len = getline(&line, &capacity, stdin)) > 0) {
		struct arena *a = arena_new();
		json_t *j = json_parse((struct text){line, (size_t)len}, NULL, NULL);

		sign(a, j);
		json_decref(j);
		arena_free(a);
	}
	free(line);
	return 0;
}
