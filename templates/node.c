/* node.c - looking at syntax trees. */
#include "templates/node.h"

#include <string.h>

#include "base/json.h"

const struct node_entry *node_find_entry(const struct node *map, struct text key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++) {
		if (text_eq(map->entries[i].key->text, key))
			return &map->entries[i];
	}
	return NULL;
}

const struct node *node_find(const struct node *map, const char *key)
{
	const struct node_entry *entry = node_find_entry(map, text_of(key));

	return entry ? entry->value : NULL;
}

bool node_is_call(const struct node *n, const char *name)
{
	return n && n->kind == NODE_CALL && text_is(n->text, name);
}

bool node_is_null(const struct node *n)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (n->kind != NODE_SCALAR || n->style != SCALAR_PLAIN || n->text.len > 4)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (text_is(n->text, words[i]))
			return true;
	}
	return false;
}

/* "Fn::Sub" is shown as people write it most: "!Sub". */
static const char *describe_call(const struct node *n)
{
	static const char *const shown[] = {
		"!Ref",       "!GetAtt", "!Sub",          "!Join",        "!If",
		"!FindInMap", "!Select", "!Split",        "!GetAZs",      "!Hosts",
		"!Equals",    "!And",    "!Or",           "!Not",         "!Condition",
		"!Base64",    "!Length", "!ToJsonString", "!ImportValue", "!Cidr",
	};
	struct text name = n->text;

	if (text_starts(name, "Fn::"))
		name = (struct text){name.ptr + 4, name.len - 4};
	for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
		if (text_is(name, shown[i] + 1))
			return shown[i];
	}
	return "a function";
}

const char *node_describe(const struct node *n)
{
	switch (n->kind) {
	case NODE_SCALAR:
		return node_is_null(n) ? "nothing" : "a string";
	case NODE_LIST:
		return n->count ? "a list" : "an empty list";
	case NODE_MAP:
		return n->count ? "a map" : "an empty map";
	case NODE_CALL:
		return describe_call(n);
	}
	return "";
}

static void dump_place(const struct node *n, struct str *out)
{
	str_printf(out, " %u:%u-%u:%u\n", n->where.start.line, n->where.start.column,
		   n->where.end.line, n->where.end.column);
}

static void dump_scalar(const struct node *n, struct str *out)
{
	static const char marks[] = {
		[SCALAR_PLAIN] = 'p', [SCALAR_QUOTED] = 'q', [SCALAR_BLOCK] = 'b'};

	str_printf(out, "scalar %c ", marks[n->style]);
	json_quote(out, n->text);
	dump_place(n, out);
}

static void dump(const struct node *n, size_t indent, struct str *out);

static void dump_child(const char *label, const struct node *n, size_t indent, struct str *out)
{
	str_repeat(out, ' ', indent * 2);
	str_add(out, label);
	dump(n, indent, out);
}

static void dump_entries(const struct node *n, size_t indent, struct str *out)
{
	for (size_t i = 0; i < n->count; i++) {
		dump_child("key ", n->entries[i].key, indent, out);
		dump_child("", n->entries[i].value, indent + 1, out);
	}
}

static void dump(const struct node *n, size_t indent, struct str *out)
{
	switch (n->kind) {
	case NODE_SCALAR:
		dump_scalar(n, out);
		break;
	case NODE_LIST:
		str_printf(out, "list %u", n->count);
		dump_place(n, out);
		for (size_t i = 0; i < n->count; i++)
			dump_child("- ", n->items[i], indent + 1, out);
		break;
	case NODE_MAP:
		str_printf(out, "map %u", n->count);
		dump_place(n, out);
		dump_entries(n, indent + 1, out);
		break;
	case NODE_CALL:
		str_printf(out, "call %.*s", TEXT_ARG(n->text));
		dump_place(n, out);
		dump_child("", n->arg, indent + 1, out);
		break;
	}
}

void node_dump(const struct node *n, struct str *out)
{
	dump(n, 0, out);
}
