/*
 * normalize.c - the long form of one level of a tree at a time, so that a large template
 * needs no second tree; and the JSON form.
 */
#include "templates/normalize.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "templates/normalize_yaml.h"

static struct node *node_new(struct arena *a, enum node_kind kind)
{
	struct node *n = ARENA_NEW(a, struct node);

	n->kind = kind;
	return n;
}

static const struct node *text_node(struct arena *a, struct text text)
{
	struct node *n = node_new(a, NODE_SCALAR);

	n->style = SCALAR_QUOTED;
	n->text = text;
	return n;
}

static int by_key(const void *left, const void *right)
{
	const struct text a = ((const struct node_entry *)left)->key->text;
	const struct text b = ((const struct node_entry *)right)->key->text;
	int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static const struct node *map_node(struct arena *a, struct node_entry *entries, size_t count)
{
	struct node *map = node_new(a, NODE_MAP);

	if (count)
		qsort(entries, count, sizeof(*entries), by_key);
	map->entries = entries;
	map->count = count;
	return map;
}

/* "A.B.C" to ["A", "B.C"]. */
static const struct node *attribute_list(struct arena *a, struct text t)
{
	const char *dot = memchr(t.ptr, '.', t.len);
	const struct node **items = ARENA_ARRAY(a, 2, const struct node *);
	size_t len = dot ? (size_t)(dot - t.ptr) : t.len;
	struct node *list;

	if (!dot)
		return text_node(a, t);
	items[0] = text_node(a, (struct text){t.ptr, len});
	items[1] = text_node(a, (struct text){dot + 1, t.len - len - 1});
	list = node_new(a, NODE_LIST);
	list->items = items;
	list->count = 2;
	return list;
}

static const struct node *normal_argument(struct arena *a, const struct node *call)
{
	const struct node *arg = call->arg;

	if (arg->kind != NODE_SCALAR)
		return arg;
	if (text_is(call->text, "Fn::GetAtt"))
		return attribute_list(a, arg->text);
	return text_node(a, node_is_null(arg) ? TEXT_LIT("") : arg->text);
}

const struct node *normal_map(struct arena *a, const struct node *n)
{
	size_t count = n->kind == NODE_CALL ? 1 : n->count;
	struct node_entry *entries = ARENA_ARRAY(a, count, struct node_entry);

	if (n->kind == NODE_CALL)
		*entries = (struct node_entry){text_node(a, n->text), normal_argument(a, n)};
	else if (count)
		memcpy(entries, n->entries, count * sizeof(*entries));
	return map_node(a, entries, count);
}

/* JSON */

static void write_json(const struct node *n, size_t depth, struct str *out);

static void start_line(size_t index, size_t depth, struct str *out)
{
	str_add(out, index ? ",\n" : "\n");
	str_repeat(out, ' ', 2 * depth);
}

static void write_items(const struct node *n, size_t depth, struct str *out)
{
	for (size_t i = 0; i < n->count && out->len <= LIMIT_NORMAL_LEN; i++) {
		start_line(i, depth, out);
		write_json(n->items[i], depth, out);
	}
}

static void write_entries(const struct node *n, size_t depth, struct str *out)
{
	for (size_t i = 0; i < n->count && out->len <= LIMIT_NORMAL_LEN; i++) {
		start_line(i, depth, out);
		json_quote(out, n->entries[i].key->text);
		str_add(out, ": ");
		write_json(n->entries[i].value, depth, out);
	}
}

static void write_map(const struct node *n, size_t depth, struct str *out)
{
	struct arena *a = arena_new();

	write_entries(normal_map(a, n), depth, out);
	arena_free(a);
}

static void write_collection(const struct node *n, size_t depth, struct str *out)
{
	bool list = n->kind == NODE_LIST;

	str_add_char(out, list ? '[' : '{');
	if (list)
		write_items(n, depth + 1, out);
	else
		write_map(n, depth + 1, out);
	if (n->count || n->kind == NODE_CALL) {
		str_add_char(out, '\n');
		str_repeat(out, ' ', 2 * depth);
	}
	str_add_char(out, list ? ']' : '}');
}

static void write_json(const struct node *n, size_t depth, struct str *out)
{
	if (n->kind != NODE_SCALAR)
		write_collection(n, depth, out);
	else if (node_is_null(n))
		str_add(out, "null");
	else
		json_quote(out, n->text);
}

bool node_normalize(const struct node *root, enum normal_form form, struct str *out)
{
	size_t start = out->len;

	if (form == NORMAL_JSON)
		write_json(root, 0, out);
	else
		normal_write_yaml(root, out);
	str_add_char(out, '\n');
	return out->len - start <= LIMIT_NORMAL_LEN;
}
