/* fuzz_node.c - any bytes as a manifest and as a template's tree, and its one form. */
#include <stdlib.h>

#include "templates/normalize.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A plain scalar on one line stands at its place as it is; an alias to one is an alias there. */
static void check_scalar(const struct node *n)
{
	const struct source *src = n->where.src;
	size_t start = source_offset(src, n->where.start), end = source_offset(src, n->where.end);
	const struct text slice = {src->bytes.ptr + start, end - start};

	if (n->style != SCALAR_PLAIN || n->where.start.line != n->where.end.line ||
	    text_starts(slice, "*"))
		return;
	for (size_t i = 0; i < slice.len; i++) {
		/* What YAML alone takes for a line end is folded. */
		if (slice.ptr[i] == '\r' || (unsigned char)slice.ptr[i] >= 0x80)
			return;
	}
	if (!text_eq(slice, n->text))
		abort();
}

static void check_places(const struct node *n)
{
	if (source_offset(n->where.src, n->where.start) > source_offset(n->where.src, n->where.end))
		abort();
	if (n->kind == NODE_SCALAR)
		check_scalar(n);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		check_places(n->items[i]);
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++) {
		check_places(n->entries[i].key);
		check_places(n->entries[i].value);
	}
	if (n->kind == NODE_CALL)
		check_places(n->arg);
}

/* What was written reads back to the same; only the long forms may be nested too deep. */
static void read_back(struct arena *a, const struct str *normal, const struct str *json)
{
	struct diags d = DIAGS_INIT;
	const struct source *src = source_from(a, "normal", str_text(normal), &d);
	const struct node *n = src ? node_parse(a, src, NODE_TEMPLATE, &d) : NULL;
	struct str again = STR_INIT;

	if (!n && d.first->code != DIAG_YAML_DEPTH && d.first->code != DIAG_FILE_TOO_LARGE)
		abort();
	if (n) {
		node_normalize(n, NORMAL_JSON, &again);
		if (!text_eq(str_text(&again), str_text(json)))
			abort();
	}
	str_release(&again);
	diags_release(&d);
}

static void normalize(struct arena *a, const struct node *n)
{
	struct str json = STR_INIT, yaml = STR_INIT;

	if (node_normalize(n, NORMAL_JSON, &json))
		read_back(a, &json, &json);
	if (node_normalize(n, NORMAL_YAML, &yaml))
		read_back(a, &yaml, &json);
	str_release(&json);
	str_release(&yaml);
}

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
	if (n) {
		check_places(n);
		node_dump(n, &dump);
	}
	if (n && dialect == NODE_TEMPLATE)
		normalize(a, n);
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
