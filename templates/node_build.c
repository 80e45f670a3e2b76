/* node_build.c - complete collections become nodes. */
#include "templates/node_build.h"

#include <string.h>

#include "base/limits.h"
#include "base/vec.h"
#include "templates/names.h"

/* Up to here comparing all pairs is faster than hashing. */
#define PAIRS_COUNT 12

static struct node *node_new(struct arena *a, enum node_kind kind, struct range where)
{
	struct node *n = ARENA_NEW(a, struct node);

	n->kind = kind;
	n->where = where;
	return n;
}

/* Limits */

bool node_build_count(struct node_builder *b, size_t added, struct range where)
{
	struct diag *g;

	b->count += added;
	if (b->count <= LIMIT_NODE_COUNT && b->copied <= LIMIT_ALIAS_NODES)
		return true;
	g = diag_add(b->d, DIAG_YAML_SIZE, where, "the document is too large from here on");
	if (b->copied > LIMIT_ALIAS_NODES)
		diag_detail(b->d, g, "aliases and merge keys repeat more than %d values",
			    LIMIT_ALIAS_NODES);
	else
		diag_detail(b->d, g, "more than %d values", LIMIT_NODE_COUNT);
	return false;
}

bool node_build_copied(struct node_builder *b, size_t added, struct range where)
{
	b->copied += added;
	return node_build_count(b, added, where);
}

bool node_build_depth(struct node_builder *b, size_t depth, struct range where)
{
	if (depth <= LIMIT_NODE_DEPTH)
		return true;
	diag_add(b->d, DIAG_YAML_DEPTH, where, "lists and maps are nested more than %d deep",
		 LIMIT_NODE_DEPTH);
	return false;
}

/* Scalars and lists */

const struct node *node_build_scalar(struct node_builder *b, struct range where,
				     enum scalar_style style, struct text text)
{
	struct node *n = node_new(b->a, NODE_SCALAR, where);
	struct diag *g;

	n->style = style;
	n->text = text_store_keep(&b->texts, text);
	if (memchr(n->text.ptr, '\0', n->text.len)) {
		g = diag_add(b->d, DIAG_YAML_NUL, n->where, "the text holds a NUL character");
		diag_hint(b->d, g, "remove the escape \\0");
	}
	return n;
}

const struct node *node_build_list(struct arena *a, struct range where,
				   const struct node *const *items, size_t count)
{
	struct node *n = node_new(a, NODE_LIST, where);
	const struct node **copy = ARENA_ARRAY(a, count, const struct node *);

	if (count)
		memcpy(copy, items, count * sizeof(*copy));
	n->items = copy;
	n->count = count;
	return n;
}

/* Calls */

static bool names_condition(const struct node *n)
{
	return n->kind == NODE_MAP && n->count == 1 &&
	       text_is(n->entries[0].key->text, "Condition") &&
	       n->entries[0].value->kind == NODE_SCALAR;
}

static const struct node *as_condition(struct arena *a, const struct node *n)
{
	struct range where;

	if (!names_condition(n))
		return n;
	where = n->entries[0].key->where;
	where.end = n->entries[0].value->where.end;
	return node_build_call(a, TEXT_LIT("Condition"), where, n->entries[0].value);
}

static size_t condition_operands(struct text name, size_t count)
{
	if (text_is(name, "Fn::If"))
		return count ? 1 : 0;
	if (text_is(name, "Fn::And") || text_is(name, "Fn::Or") || text_is(name, "Fn::Not"))
		return count;
	return 0;
}

static const struct node *with_conditions(struct arena *a, struct text name, const struct node *arg)
{
	size_t operands = arg->kind == NODE_LIST ? condition_operands(name, arg->count) : 0;
	const struct node **items;

	if (!operands)
		return arg;
	items = ARENA_ARRAY(a, arg->count, const struct node *);
	for (size_t i = 0; i < arg->count; i++)
		items[i] = i < operands ? as_condition(a, arg->items[i]) : arg->items[i];
	return node_build_list(a, arg->where, items, arg->count);
}

const struct node *node_build_call(struct arena *a, struct text name, struct range where,
				   const struct node *arg)
{
	struct node *n = node_new(a, NODE_CALL, where);

	n->text = name;
	n->arg = with_conditions(a, name, arg);
	return n;
}

static bool is_long_form(const struct node_entry *entries, size_t count)
{
	struct text key;

	if (count != 1)
		return false;
	key = entries[0].key->text;
	if (text_is(key, "Ref"))
		return true;
	return text_starts(key, "Fn::") && !text_starts(key, "Fn::ForEach::");
}

/* Maps */

static void report_duplicate(struct node_builder *b, const struct node *key,
			     const struct node *first)
{
	struct diag *g = diag_add(b->d, DIAG_YAML_DUPLICATE_KEY, key->where,
				  "key '%.*s' appears twice in this map", TEXT_ARG(key->text));

	diag_related(b->d, g, first->where, "first defined here");
	diag_hint(b->d, g, "rename or remove one of them");
}

static bool is_merge(const struct node *key)
{
	return key->style == SCALAR_PLAIN && text_is(key->text, "<<");
}

static void check_few(struct node_builder *b, const struct node_entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (!text_eq(entries[i].key->text, entries[j].key->text) ||
			    is_merge(entries[i].key))
				continue;
			report_duplicate(b, entries[i].key, entries[j].key);
			break;
		}
	}
}

static void check_many(struct node_builder *b, const struct node_entry *entries, size_t count)
{
	struct arena *scratch = arena_new();
	struct names seen = {0};

	for (size_t i = 0; i < count && b->d->error_count < LIMIT_DIAGS; i++) {
		const struct node *key = entries[i].key;
		const struct node_entry *first =
			names_add(scratch, &seen, key->text, (void *)(uintptr_t)&entries[i]);

		if (first && !is_merge(key))
			report_duplicate(b, key, first->key);
	}
	arena_free(scratch);
}

static void check_keys(struct node_builder *b, const struct node_entry *entries, size_t count)
{
	if (count <= PAIRS_COUNT)
		check_few(b, entries, count);
	else
		check_many(b, entries, count);
}

/* Merge keys.  A map's own entries win over merged ones, earlier maps over later ones. */

struct merge {
	struct node_builder *b;
	struct arena *scratch;
	struct names seen;
	VEC_OF(struct node_entry)
};

static void merge_map(struct merge *m, const struct node *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct node_entry *entry = &map->entries[i];

		if (names_add(m->scratch, &m->seen, entry->key->text,
			      (void *)(uintptr_t)entry->key))
			continue;
		*arena_vec_add(m->scratch, m) = *entry;
		m->b->copied++;
	}
}

static void merge_value(struct merge *m, const struct node *value)
{
	struct diag *g;

	if (value->kind == NODE_MAP) {
		merge_map(m, value);
		return;
	}
	g = diag_add(m->b->d, DIAG_YAML_MERGE, value->where, "'<<' merges maps, and this is %s",
		     node_describe(value));
	diag_hint(m->b->d, g, "name a map with an alias: '<<: *name'");
}

static const struct node *plain_map(struct arena *a, struct range where,
				    const struct node_entry *entries, size_t count)
{
	struct node *n = node_new(a, NODE_MAP, where);
	struct node_entry *copy = ARENA_ARRAY(a, count, struct node_entry);

	if (count)
		memcpy(copy, entries, count * sizeof(*copy));
	n->entries = copy;
	n->count = count;
	return n;
}

static const struct node *merged_map(struct node_builder *b, struct range where,
				     const struct node_entry *entries, size_t count)
{
	struct merge m = {.b = b, .scratch = arena_new()};
	const struct node *map;

	for (size_t i = 0; i < count; i++) {
		if (is_merge(entries[i].key))
			continue;
		names_add(m.scratch, &m.seen, entries[i].key->text,
			  (void *)(uintptr_t)entries[i].key);
		*arena_vec_add(m.scratch, &m) = entries[i];
	}
	for (size_t i = 0; i < count; i++) {
		const struct node *value = entries[i].value;

		if (!is_merge(entries[i].key))
			continue;
		for (size_t j = 0; value->kind == NODE_LIST && j < value->count; j++)
			merge_value(&m, value->items[j]);
		if (value->kind != NODE_LIST)
			merge_value(&m, value);
	}
	map = plain_map(b->a, where, m.items, m.count);
	arena_free(m.scratch);
	return map;
}

const struct node *node_build_map(struct node_builder *b, struct range where,
				  const struct node_entry *entries, size_t count)
{
	check_keys(b, entries, count);
	if (b->dialect == NODE_TEMPLATE && is_long_form(entries, count)) {
		where.start = entries[0].key->where.start;
		where.end = entries[0].value->where.end;
		return node_build_call(b->a, entries[0].key->text, where, entries[0].value);
	}
	for (size_t i = 0; i < count; i++) {
		if (is_merge(entries[i].key))
			return merged_map(b, where, entries, count);
	}
	return plain_map(b->a, where, entries, count);
}

/* The section Conditions */

static const struct node *conditions_map(struct arena *a, const struct node *map);

/* [Variable, Collection, {Name: condition}] */
static const struct node *conditions_loop(struct arena *a, const struct node *loop)
{
	const struct node *items[3];

	if (loop->kind != NODE_LIST || loop->count != ARRAY_LEN(items))
		return loop;
	memcpy(items, loop->items, sizeof(items));
	items[2] = conditions_map(a, items[2]);
	return node_build_list(a, loop->where, items, ARRAY_LEN(items));
}

static const struct node *conditions_map(struct arena *a, const struct node *map)
{
	struct node_entry *entries;
	struct node *n;

	if (map->kind != NODE_MAP)
		return map;
	n = node_new(a, NODE_MAP, map->where);
	entries = ARENA_ARRAY(a, map->count, struct node_entry);
	for (size_t i = 0; i < map->count; i++) {
		entries[i] = map->entries[i];
		if (text_starts(entries[i].key->text, "Fn::ForEach::"))
			entries[i].value = conditions_loop(a, entries[i].value);
		else
			entries[i].value = as_condition(a, entries[i].value);
	}
	n->entries = entries;
	n->count = map->count;
	return n;
}

const struct node *node_build_template(struct arena *a, const struct node *root)
{
	struct node_entry *entries;
	struct node *n;

	if (!node_find(root, "Conditions"))
		return root;
	n = node_new(a, NODE_MAP, root->where);
	entries = ARENA_ARRAY(a, root->count, struct node_entry);
	for (size_t i = 0; i < root->count; i++) {
		entries[i] = root->entries[i];
		if (text_is(entries[i].key->text, "Conditions"))
			entries[i].value = conditions_map(a, entries[i].value);
	}
	n->entries = entries;
	n->count = root->count;
	return n;
}
