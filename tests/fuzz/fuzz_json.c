/* fuzz_json.c - JSON text in; the canonical form must read back to itself. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_canonical(struct arena *a, const json_t *j)
{
	const char *first = json_text(a, j), *why;
	json_t *again = json_parse(text_of(first), a, &why);

	if (!again || !text_is(text_of(json_text(a, again)), first))
		abort();
	json_decref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	const char *why;
	json_t *j = json_parse((struct text){(const char *)bytes, len}, a, &why);

	if (!j != (why != NULL))
		abort();
	if (j)
		check_canonical(a, j);
	json_decref(j);
	arena_free(a);
	return 0;
}
