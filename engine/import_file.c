/* import_file.c - files that say which things of the world are which resources. */
#include "engine/planner.h"
#include "templates/node.h"

static int report_value(const struct node *n, const char *address, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_IMPORT_FILE, n->where, "the id of '%s' is %s", address,
				  node_describe(n));

	diag_hint(d, g,
		  "write a text, or leave it empty to look for the name that the template "
		  "gives");
	return -1;
}

static int read_entry(struct arena *a, const struct node_entry *e, struct import_wish *out,
		      struct diags *d)
{
	const struct node *value = e->value;

	if (value->kind != NODE_SCALAR)
		return report_value(value, e->key->text.ptr, d);
	*out = (struct import_wish){
		.address = arena_text(a, e->key->text),
		.id = node_is_null(value) || !value->text.len ? NULL : arena_text(a, value->text),
		.where = e->key->where,
	};
	return 0;
}

static int read_map(struct arena *a, const struct node *root, struct import_wish *list,
		    struct diags *d)
{
	size_t failed = 0;

	for (size_t i = 0; i < root->count; i++)
		failed += read_entry(a, &root->entries[i], &list[i], d) != 0;
	return failed ? -1 : 0;
}

int import_file_load(struct arena *a, const char *path, struct import_wishes *out, struct diags *d)
{
	const struct source *src = source_load(a, path, NULL, RANGE_NONE, d);
	const struct node *root = src ? node_parse(a, src, NODE_MANIFEST, d) : NULL;
	struct import_wish *list;
	struct diag *g;

	if (!root)
		return -1;
	if (root->kind != NODE_MAP || !root->count) {
		g = diag_add(d, DIAG_IMPORT_FILE, root->where,
			     "a file for import is a map of addresses to ids, and this is %s",
			     root->kind == NODE_MAP ? "empty" : node_describe(root));
		diag_hint(d, g,
			  "write one 'web/east/Page: ID' per line, or {\"web/east/Page\": "
			  "\"ID\"}");
		return -1;
	}
	list = ARENA_ARRAY(a, root->count, struct import_wish);
	*out = (struct import_wishes){list, root->count};
	return read_map(a, root, list, d);
}
