/* param_file.c - files with values of parameters. */
#include "base/str.h"
#include "engine/project.h"
#include "templates/node.h"

static bool is_scalar(const struct node *n)
{
	return n->kind == NODE_SCALAR && !node_is_null(n);
}

static int report(const struct node *n, const char *name, struct diags *d)
{
	struct diag *g =
		diag_add(d, DIAG_PARAM_FILE_SHAPE, n->where, "the value of parameter '%s' is %s",
			 name, node_is_null(n) ? "empty" : node_describe(n));

	diag_hint(d, g, "write a text, a number, or a list of them");
	return -1;
}

static const char *join(struct arena *a, const struct node *list)
{
	struct str joined = STR_INIT;
	const char *text;

	for (size_t i = 0; i < list->count; i++) {
		if (i)
			str_add_char(&joined, ',');
		str_add_text(&joined, list->items[i]->text);
	}
	text = arena_text(a, str_text(&joined));
	str_release(&joined);
	return text;
}

static int read_entry(struct arena *a, const struct node_entry *e, struct param_override *out,
		      struct diags *d)
{
	const char *name = e->key->text.ptr;
	const struct node *value = e->value;

	for (size_t i = 0; value->kind == NODE_LIST && i < value->count; i++) {
		if (!is_scalar(value->items[i]))
			return report(value->items[i], name, d);
	}
	if (value->kind != NODE_LIST && !is_scalar(value))
		return report(value, name, d);
	out->name = name;
	out->value = value->kind == NODE_LIST ? join(a, value) : value->text.ptr;
	out->where = e->key->where;
	out->origin = e->key->where.src->name;
	return 0;
}

static int read_map(struct arena *a, const struct node *root, struct param_override *list,
		    struct diags *d)
{
	size_t failed = 0;

	for (size_t i = 0; i < root->count; i++)
		failed += read_entry(a, &root->entries[i], &list[i], d) != 0;
	return failed ? -1 : 0;
}

static void report_shape(const struct node *root, struct diags *d)
{
	diag_hint(d,
		  diag_add(d, DIAG_PARAM_FILE_SHAPE, root->where,
			   "a parameter file is a map of names to values, and this is %s",
			   node_describe(root)),
		  "write one 'Name: value' per line, or {\"Name\": \"value\"}");
}

/* The file holds secrets: messages name places in it and never show a line. */
static void take_without_lines(struct diags *d, struct diags *found)
{
	for (const struct diag *g = found->first; g; g = g->next) {
		for (const struct diag *at = g; at; at = at->related) {
			if (at->where.src)
				source_forget_lines(at->where.src);
		}
	}
	diags_take(d, found);
}

int param_file_load(struct arena *a, const char *path, struct param_override **out, size_t *count,
		    struct diags *d)
{
	struct diags found = DIAGS_INIT;
	const struct source *src = source_load(a, path, NULL, RANGE_NONE, &found);
	const struct node *root = src ? node_parse(a, src, NODE_MANIFEST, &found) : NULL;
	int result = -1;

	if (root && root->kind == NODE_MAP) {
		*out = ARENA_ARRAY(a, root->count, struct param_override);
		*count = root->count;
		result = read_map(a, root, *out, &found);
	} else if (root) {
		report_shape(root, &found);
	}
	if (src)
		source_forget_lines(src);
	take_without_lines(d, &found);
	return result;
}
