/* manifest_read.c - maps of known keys, checked against their tables. */
#include "engine/manifest_read.h"

#include <string.h>

#include "base/limits.h"
#include "base/vec.h"

#define PORT_MAX 65535
#define NAME_HINT                                                                              \
	"a name begins with a letter or digit and goes on with letters, digits, '_', '.' and " \
	"'-', at most 128 of them"

struct name_list {
	VEC_OF(const char *)
};

bool manifest_full(const struct manifest_reader *r)
{
	return r->d->error_count >= LIMIT_DIAGS;
}

struct range manifest_part_where(const struct manifest_part *part)
{
	return part->at ? part->at->where : part->map->where;
}

static bool is_alnum(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool manifest_name_valid(struct text name)
{
	if (name.len == 0 || name.len > LIMIT_NAME_LEN || !is_alnum(name.ptr[0]))
		return false;
	for (size_t i = 1; i < name.len; i++) {
		char c = name.ptr[i];

		if (!is_alnum(c) && c != '_' && c != '.' && c != '-')
			return false;
	}
	return true;
}

static const char *shape_hint(const char *wanted)
{
	static const struct {
		const char *wanted, *hint;
	} hints[] = {
		{"a list", "write it as [one, two], or as lines that begin with '- '"},
		{"a map", "write it as {Key: value}, or as indented lines 'Key: value'"},
		{"true or false", "write true or false, without quotes"},
	};

	for (size_t i = 0; i < ARRAY_LEN(hints); i++) {
		if (strcmp(hints[i].wanted, wanted) == 0)
			return hints[i].hint;
	}
	return NULL;
}

void manifest_wrong_shape(struct manifest_reader *r, const char *what, const struct node *n,
			  const char *wanted)
{
	const char *hint = shape_hint(wanted);
	struct diag *g;

	if (node_is_null(n))
		g = diag_add(r->d, DIAG_MANIFEST_SHAPE, n->where, "%s is empty; it takes %s", what,
			     wanted);
	else
		g = diag_add(r->d, DIAG_MANIFEST_SHAPE, n->where, "%s is %s; it takes %s", what,
			     node_describe(n), wanted);
	if (hint)
		diag_hint(r->d, g, "%s", hint);
}

bool manifest_is_text(struct manifest_reader *r, const char *what, const struct node *n)
{
	if (n->kind == NODE_SCALAR && !node_is_null(n) && n->text.len > 0)
		return true;
	if (n->kind == NODE_SCALAR && !node_is_null(n))
		diag_add(r->d, DIAG_MANIFEST_VALUE, n->where, "%s is an empty text", what);
	else
		manifest_wrong_shape(r, what, n, "a text");
	return false;
}

static void report_name(struct manifest_reader *r, const char *what, const struct node *n)
{
	struct diag *g;

	if (n->text.len > LIMIT_NAME_LEN)
		g = diag_add(r->d, DIAG_MANIFEST_NAME, n->where,
			     "%s is a name of %zu bytes; at most %d are allowed", what, n->text.len,
			     LIMIT_NAME_LEN);
	else
		g = diag_add(r->d, DIAG_MANIFEST_NAME, n->where, "'%s' cannot be the name of %s",
			     n->text.ptr, what);
	diag_hint(r->d, g, NAME_HINT);
}

bool manifest_is_name(struct manifest_reader *r, const char *what, const struct node *n)
{
	if (n->kind != NODE_SCALAR || node_is_null(n)) {
		manifest_wrong_shape(r, what, n, "a name");
		return false;
	}
	if (manifest_name_valid(n->text))
		return true;
	report_name(r, what, n);
	return false;
}

bool manifest_read_named(struct manifest_reader *r, const char *thing, const struct node_entry *e,
			 struct manifest_part *out)
{
	const char *a_thing = arena_printf(r->a, "%s %s", thing[0] == 'a' ? "an" : "a", thing);

	if (!manifest_name_valid(e->key->text)) {
		report_name(r, a_thing, e->key);
		return false;
	}
	out->who = arena_printf(r->a, "%s '%s'", thing, e->key->text.ptr);
	out->at = e->key;
	out->map = e->value;
	if (node_is_null(e->value)) {
		struct node *empty = ARENA_NEW(r->a, struct node);

		empty->kind = NODE_MAP;
		empty->where = e->key->where;
		out->map = empty;
	}
	if (out->map->kind == NODE_MAP)
		return true;
	manifest_wrong_shape(r, out->who, e->value, "a map");
	return false;
}

static const struct manifest_key *find_row(const struct manifest_keys *keys, struct text name)
{
	for (const struct manifest_keys *k = keys; k; k = k->more) {
		for (size_t i = 0; i < k->count; i++) {
			if (text_is(name, k->rows[i].name))
				return &k->rows[i];
		}
	}
	return NULL;
}

static void hint_known_keys(struct manifest_reader *r, struct diag *g, struct text key,
			    const struct manifest_keys *keys)
{
	struct name_list names = {0};
	struct str known = STR_INIT;

	for (const struct manifest_keys *k = keys; k; k = k->more) {
		for (size_t i = 0; i < k->count; i++) {
			*vec_add(&names) = k->rows[i].name;
			str_printf(&known, "%s%s", known.len ? ", " : "", k->rows[i].name);
		}
	}
	diag_did_you_mean(r->d, g, key, names.items, names.count);
	if (!g->hint)
		diag_hint(r->d, g, "the keys here are %s", str_cstr(&known));
	str_release(&known);
	vec_release(&names);
}

static void check_unknown(struct manifest_reader *r, const struct manifest_part *part,
			  const struct manifest_keys *keys)
{
	for (size_t i = 0; i < part->map->count && !manifest_full(r); i++) {
		const struct node *key = part->map->entries[i].key;
		struct diag *g;

		if (find_row(keys, key->text))
			continue;
		g = diag_add(r->d, DIAG_MANIFEST_KEY_UNKNOWN, key->where, "'%s' is not a key of %s",
			     key->text.ptr, part->who);
		hint_known_keys(r, g, key->text, keys);
	}
}

/* As manifest_is_name, where `what` is a key and not a thing. */
static bool is_name_value(struct manifest_reader *r, const char *what, const struct node *n)
{
	if (!manifest_is_text(r, what, n))
		return false;
	if (manifest_name_valid(n->text))
		return true;
	diag_hint(r->d,
		  diag_add(r->d, DIAG_MANIFEST_NAME, n->where, "%s cannot be '%s'", what,
			   n->text.ptr),
		  NAME_HINT);
	return false;
}

static bool is_port(struct manifest_reader *r, const char *what, const struct node *n)
{
	int64_t port;

	if (n->kind != NODE_SCALAR || node_is_null(n)) {
		manifest_wrong_shape(r, what, n, "a number");
		return false;
	}
	if (text_to_int64(n->text, 1, PORT_MAX, &port))
		return true;
	diag_hint(r->d,
		  diag_add(r->d, DIAG_MANIFEST_VALUE, n->where, "%s cannot be '%s'", what,
			   n->text.ptr),
		  "a port is a number from 1 to %d", PORT_MAX);
	return false;
}

static bool is_flag(struct manifest_reader *r, const char *what, const struct node *n)
{
	if (n->kind == NODE_SCALAR && n->style == SCALAR_PLAIN &&
	    (text_is(n->text, "true") || text_is(n->text, "false")))
		return true;
	if (n->kind == NODE_SCALAR && !node_is_null(n)) {
		struct diag *g = diag_add(r->d, DIAG_MANIFEST_SHAPE, n->where,
					  "%s is '%s'; it takes true or false", what, n->text.ptr);

		diag_hint(r->d, g, "%s", shape_hint("true or false"));
	} else {
		manifest_wrong_shape(r, what, n, "true or false");
	}
	return false;
}

static bool is_kind(struct manifest_reader *r, const char *what, const struct node *n,
		    enum node_kind kind)
{
	if (n->kind == kind)
		return true;
	manifest_wrong_shape(r, what, n, kind == NODE_LIST ? "a list" : "a map");
	return false;
}

static bool are_texts(struct manifest_reader *r, const char *what, const struct node *n)
{
	const char *item = arena_printf(r->a, "an item of %s", what);
	bool good = is_kind(r, what, n, NODE_LIST);

	for (size_t i = 0; n->kind == NODE_LIST && i < n->count && !manifest_full(r); i++)
		good &= manifest_is_text(r, item, n->items[i]);
	return good;
}

static bool fits(struct manifest_reader *r, const struct manifest_key *row, const char *what,
		 const struct node *n)
{
	switch (row->kind) {
	case KEY_TEXT:
		if (!manifest_is_text(r, what, n))
			return false;
		return !row->choices || manifest_has_reference(n->text) ||
		       manifest_choice(r, what, n, row->choices) >= 0;
	case KEY_NAME:
		return is_name_value(r, what, n);
	case KEY_PORT:
		return is_port(r, what, n);
	case KEY_FLAG:
		return is_flag(r, what, n);
	case KEY_TEXTS:
		return are_texts(r, what, n);
	case KEY_LIST:
		return is_kind(r, what, n, NODE_LIST);
	case KEY_MAP:
		return is_kind(r, what, n, NODE_MAP);
	case KEY_ANY:
		return true;
	}
	return false;
}

static void read_row(struct manifest_reader *r, const struct manifest_part *part,
		     const struct manifest_key *row, void *into)
{
	const struct node *value = node_find(part->map, row->name);
	const char *what = arena_printf(r->a, "'%s' of %s", row->name, part->who);

	if (!value && row->need == KEY_REQUIRED)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_KEY_MISSING, manifest_part_where(part),
				   "%s has no '%s'", part->who, row->name),
			  "add '%s: ...'", row->name);
	/* A list or map of which nothing is left is as good as none. */
	if (!value || (row->need == KEY_OPTIONAL && node_is_null(value) &&
		       (row->kind == KEY_TEXTS || row->kind == KEY_LIST || row->kind == KEY_MAP)))
		return;
	if (fits(r, row, what, value) && row->set)
		row->set(r, part, into, value);
}

void manifest_read_map(struct manifest_reader *r, const struct manifest_part *part,
		       const struct manifest_keys *keys, void *into)
{
	if (keys->extent == KEYS_CLOSED)
		check_unknown(r, part, keys);
	for (const struct manifest_keys *k = keys; k; k = k->more) {
		for (size_t i = 0; i < k->count && !manifest_full(r); i++)
			read_row(r, part, &k->rows[i], into);
	}
}

const char *const *manifest_names(struct manifest_reader *r, const char *what,
				  const struct node *list, size_t *count)
{
	const char **names = ARENA_ARRAY(r->a, list->count, const char *);
	struct map seen = MAP_INIT;

	*count = 0;
	for (size_t i = 0; i < list->count && !manifest_full(r); i++) {
		const struct node *n = list->items[i], *first;

		if (!manifest_is_name(r, what, n))
			continue;
		first = map_set(&seen, n->text, (void *)n);
		if (first) {
			struct diag *g = diag_add(r->d, DIAG_NAME_REPEATED, n->where,
						  "'%s' appears twice in the list", n->text.ptr);

			diag_related(r->d, g, first->where, "first here");
			continue;
		}
		names[(*count)++] = n->text.ptr;
	}
	map_release(&seen);
	return names;
}
