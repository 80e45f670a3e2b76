/*
 * include.c - the tree with every AWS::Include replaced.
 *
 * Only what is around an include is made anew; the rest of the tree is shared, and so is a
 * snippet that is included several times.
 */
#include "templates/include.h"

#include <string.h>

#include "base/limits.h"
#include "templates/node_build.h"

#define INCLUDE_NAME "AWS::Include"

struct including {
	struct template_file *file;
	struct arena *a;
	struct diags *d;
	bool failed, remote;
};

static const struct node *walk(struct including *in, const struct node *n, size_t depth);

/* What is asked for */

static bool is_include(const struct node *transform)
{
	const struct node *name;

	if (transform->kind != NODE_MAP)
		return false;
	name = node_find(transform, "Name");
	return name && name->kind == NODE_SCALAR && text_is(name->text, INCLUDE_NAME);
}

static bool includes_call(const struct node *n)
{
	return node_is_call(n, "Fn::Transform") && is_include(n->arg);
}

static bool includes_entry(const struct node_entry *entry)
{
	return text_is(entry->key->text, "Fn::Transform") && is_include(entry->value);
}

static const struct node *misshapen(struct including *in, struct range where, const char *what)
{
	struct diag *g = diag_add(in->d, DIAG_INCLUDE_SHAPE, where, "%s", what);

	diag_hint(in->d, g, "write '{Name: " INCLUDE_NAME ", Parameters: {Location: ./FILE}}'");
	in->failed = true;
	return NULL;
}

static const struct node *location_of(struct including *in, const struct node *transform)
{
	const struct node *parameters = node_find(transform, "Parameters"), *location = NULL;
	const struct node *result;

	if (parameters && parameters->kind == NODE_MAP)
		location = node_find(parameters, "Location");
	if (!location)
		return misshapen(in, transform->where, INCLUDE_NAME " has no Location");
	if (location->kind == NODE_SCALAR && location->text.len && !node_is_null(location))
		return location;
	result = misshapen(in, location->where,
			   "the Location of " INCLUDE_NAME " is not plain text");
	diag_detail(in->d, in->d->last,
		    "files are included before parameters and mappings have values");
	return result;
}

/* Snippets */

static void measure(const struct node *n, size_t depth, struct template_file *file)
{
	file->node_count++;
	if (depth > file->height)
		file->height = depth;
	if (n->kind == NODE_CALL)
		measure(n->arg, depth + 1, file);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->count; i++)
		measure(n->items[i], depth + 1, file);
	for (size_t i = 0; n->kind == NODE_MAP && i < n->count; i++)
		measure(n->entries[i].value, depth + 1, file);
}

static const struct node *expand(struct template_file *file, const struct node *root,
				 struct including *outer)
{
	struct file_turn *turn = &file->turns[AS_SNIPPET];
	struct including in = {.file = file, .a = file->files->a, .d = outer->d};
	const struct node *n;

	turn->progress = FILE_RUNNING;
	turn->asked_by = outer->file;
	n = walk(&in, root, 0);
	turn->progress = in.failed ? FILE_FAILED : FILE_DONE;
	outer->remote |= in.remote;
	return in.failed ? NULL : n;
}

static void report_circle(struct including *in, const struct template_file *file,
			  struct range where)
{
	struct diag *g = diag_add(in->d, DIAG_INCLUDE_CIRCLE, where, "'%s' includes itself",
				  file->src->name);

	diag_detail(in->d, g, "%s", template_file_circle(in->a, in->file, file, AS_SNIPPET));
	diag_hint(in->d, g, "take out one of these includes");
}

static int read_snippet(struct including *in, struct template_file *file, struct range where)
{
	const struct node *root;

	switch (file->turns[AS_SNIPPET].progress) {
	case FILE_NEW:
		break;
	case FILE_RUNNING:
		report_circle(in, file, where);
		return -1;
	case FILE_DONE:
		return 0;
	case FILE_FAILED:
		return -1;
	}
	if (template_file_depth(in->file, AS_SNIPPET, where, in->d))
		return -1;
	root = node_parse(in->a, file->src, NODE_TEMPLATE, in->d);
	file->snippet = root ? expand(file, root, in) : NULL;
	if (!file->snippet) {
		file->turns[AS_SNIPPET].progress = FILE_FAILED;
		return -1;
	}
	measure(file->snippet, 1, file);
	return 0;
}

static int refuse_size(struct including *in, const struct template_file *file, struct range where,
		       size_t depth)
{
	struct template_files *files = in->file->files;
	struct diag *g;

	if (depth + file->height > LIMIT_NODE_DEPTH) {
		g = diag_add(in->d, DIAG_FILE_LIMIT, where,
			     "what is included here nests deeper than %d", LIMIT_NODE_DEPTH);
		diag_hint(in->d, g, "include it further up, or in several pieces");
		return -1;
	}
	files->included_nodes += file->node_count;
	if (files->included_nodes <= LIMIT_ALIAS_NODES)
		return 0;
	g = diag_add(in->d, DIAG_FILE_LIMIT, where,
		     "what this template includes has more than %d nodes", LIMIT_ALIAS_NODES);
	diag_hint(in->d, g, "look for files that include each other's content again and again");
	return -1;
}

/* The content of the file that the transform names; NULL after an error. */
static const struct node *included(struct including *in, const struct node *transform, size_t depth)
{
	const struct node *location = location_of(in, transform);
	struct template_file *file = NULL;

	if (!location)
		return NULL;
	in->failed = true;
	if (template_path_remote(location->text) && in->remote)
		return NULL;
	in->remote |= template_path_remote(location->text);
	file = template_file_open(in->file, location->text, location->where, in->d);
	if (!file || read_snippet(in, file, location->where) ||
	    refuse_size(in, file, location->where, depth))
		return NULL;
	in->failed = false;
	return file->snippet;
}

/* Putting in */

struct entries {
	VEC_OF(struct node_entry)
	struct names seen; /* keys to their nodes; filled when something is put in */
};

static void report_collision(struct including *in, const struct node *key, const struct node *first)
{
	struct diag *g = diag_add(in->d, DIAG_INCLUDE_COLLISION, key->where,
				  "key '%.*s' is there already", TEXT_ARG(key->text));

	diag_related(in->d, g, first->where, "here");
	diag_hint(in->d, g, "remove one of them, or rename it");
	in->failed = true;
}

static void add_entry(struct including *in, struct entries *all, struct node_entry entry)
{
	const struct node *first =
		names_add(in->a, &all->seen, entry.key->text, (void *)(uintptr_t)entry.key);

	if (first)
		report_collision(in, entry.key, first);
	else
		*arena_vec_add(in->a, all) = entry;
}

static void add_snippet(struct including *in, struct entries *all, const struct node *transform,
			size_t depth)
{
	bool failed = in->failed;
	const struct node *snippet = included(in, transform, depth);

	if (snippet && snippet->kind != NODE_MAP)
		misshapen(in, snippet->where,
			  arena_printf(in->a, "beside other keys a map is included, and this is %s",
				       node_describe(snippet)));
	for (size_t i = 0; snippet && snippet->kind == NODE_MAP && i < snippet->count; i++)
		add_entry(in, all, snippet->entries[i]);
	in->failed |= failed;
}

static const struct node *map_of(struct including *in, struct range where, const struct entries *e)
{
	struct node *n = ARENA_NEW(in->a, struct node);

	n->kind = NODE_MAP;
	n->where = where;
	n->count = e->count;
	n->entries = e->items;
	return n;
}

/* The map's own keys are there first, wherever the include stands: what comes with a file
 * is what collides. */
static const struct node *spliced_map(struct including *in, const struct node *n, size_t depth)
{
	struct entries all = {0};

	for (size_t i = 0; i < n->count; i++) {
		if (!includes_entry(&n->entries[i]))
			add_entry(in, &all,
				  (struct node_entry){n->entries[i].key,
						      walk(in, n->entries[i].value, depth + 1)});
	}
	for (size_t i = 0; i < n->count; i++) {
		if (includes_entry(&n->entries[i]))
			add_snippet(in, &all, n->entries[i].value, depth);
	}
	return map_of(in, n->where, &all);
}

static const struct node *walk_map(struct including *in, const struct node *n, size_t depth)
{
	struct entries all = {0};
	bool changed = false;

	for (size_t i = 0; i < n->count; i++) {
		if (includes_entry(&n->entries[i]))
			return spliced_map(in, n, depth);
	}
	for (size_t i = 0; i < n->count; i++) {
		const struct node *value = walk(in, n->entries[i].value, depth + 1);

		if (value != n->entries[i].value && !changed) {
			for (size_t k = 0; k < i; k++)
				*arena_vec_add(in->a, &all) = n->entries[k];
			changed = true;
		}
		if (changed)
			*arena_vec_add(in->a, &all) = (struct node_entry){n->entries[i].key, value};
	}
	return changed ? map_of(in, n->where, &all) : n;
}

static const struct node *walk_list(struct including *in, const struct node *n, size_t depth)
{
	const struct node **items = NULL;

	for (size_t i = 0; i < n->count; i++) {
		const struct node *item = walk(in, n->items[i], depth + 1);

		if (item != n->items[i] && !items) {
			items = ARENA_ARRAY(in->a, n->count, const struct node *);
			memcpy(items, n->items, n->count * sizeof(const struct node *));
		}
		if (items)
			items[i] = item;
	}
	return items ? node_build_list(in->a, n->where, items, n->count) : n;
}

static const struct node *walk_call(struct including *in, const struct node *n, size_t depth)
{
	const struct node *found;

	if (includes_call(n)) {
		found = included(in, n->arg, depth);
		return found ? found : n;
	}
	found = walk(in, n->arg, depth + 1);
	return found == n->arg ? n : node_build_call(in->a, n->text, n->where, found);
}

/* After an error the node itself, so that the rest can be looked at. */
static const struct node *walk(struct including *in, const struct node *n, size_t depth)
{
	switch (n->kind) {
	case NODE_SCALAR:
		return n;
	case NODE_LIST:
		return walk_list(in, n, depth);
	case NODE_MAP:
		return walk_map(in, n, depth);
	case NODE_CALL:
		return walk_call(in, n, depth);
	}
	return n;
}

/* The top level */

/* The transforms without includes; NULL when none is left. */
static const struct node *other_transforms(struct including *in, const struct node *n)
{
	const struct node **items;
	size_t count = 0;

	if (n->kind != NODE_LIST)
		return is_include(n) ? NULL : n;
	items = ARENA_ARRAY(in->a, n->count, const struct node *);
	for (size_t i = 0; i < n->count; i++) {
		if (!is_include(n->items[i]))
			items[count++] = n->items[i];
	}
	return count ? node_build_list(in->a, n->where, items, count) : NULL;
}

static void add_sections(struct including *in, struct entries *all, const struct node *transform)
{
	if (transform->kind != NODE_LIST) {
		if (is_include(transform))
			add_snippet(in, all, transform, 0);
		return;
	}
	for (size_t i = 0; i < transform->count; i++) {
		if (is_include(transform->items[i]))
			add_snippet(in, all, transform->items[i], 0);
	}
}

static const struct node *with_sections(struct including *in, const struct node *root)
{
	const struct node *transform = root->kind == NODE_MAP ? node_find(root, "Transform") : NULL;
	struct entries all = {0};

	if (!transform || other_transforms(in, transform) == transform)
		return root;
	for (size_t i = 0; i < root->count; i++) {
		struct node_entry entry = root->entries[i];

		if (entry.value == transform)
			entry.value = other_transforms(in, transform);
		if (entry.value)
			add_entry(in, &all, entry);
	}
	add_sections(in, &all, transform);
	return map_of(in, root->where, &all);
}

/* Most templates include nothing: they are not walked. */
static bool may_include(const struct source *src)
{
	return memmem(src->bytes.ptr, src->bytes.len, INCLUDE_NAME, strlen(INCLUDE_NAME)) != NULL;
}

const struct node *include_expand(struct template_file *file, const struct node *root,
				  struct diags *d)
{
	struct including in = {.file = file, .a = file->files->a, .d = d};
	struct file_turn *turn = &file->turns[AS_SNIPPET], before = *turn;
	const struct node *n = root;

	if (!may_include(file->src))
		return root;
	*turn = (struct file_turn){FILE_RUNNING, NULL};
	n = with_sections(&in, walk(&in, root, 0));
	*turn = before;
	if (in.failed)
		return NULL;
	return n == root || n->kind != NODE_MAP ? n : node_build_template(in.a, n);
}
