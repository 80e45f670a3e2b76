/* fuzz_node.c - any bytes as a manifest and as a template's tree. */
#include <stdlib.h>

#include "templates/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void parse(struct text bytes, enum node_dialect dialect)
{
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT;
	const struct source *src = source_from(a, "input", bytes, &d);
	const struct node *n = src ? node_parse(a, src, dialect, &d) : NULL;
	struct str dump = STR_INIT;

	/* A tree without errors, or errors without a tree. */
	if (!n != diags_failed(&d))
		abort();
	if (n)
		node_dump(n, &dump);
	str_release(&dump);
	diags_release(&d);
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	parse((struct text){(const char *)bytes, len}, NODE_MANIFEST);
	parse((struct text){(const char *)bytes, len}, NODE_TEMPLATE);
	return 0;
}
