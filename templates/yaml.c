/*
 * yaml.c - libyaml's events to nodes.
 *
 * The end mark of a block collection is the start of the next token, so the end of such a node
 * is taken from its last child.
 */
#include "templates/node.h"

#include <string.h>

#include "base/limits.h"
#include "templates/json_node.h"
#include "templates/yaml_reader.h"

static bool next_event(struct yaml_reader *r, yaml_event_t *ev)
{
	r->stopped = !yaml_parser_parse(&r->parser, ev);
	return !r->stopped;
}

/* Tags */

enum tag_meaning { TAG_NONE, TAG_STRING, TAG_CALL };

static enum tag_meaning core_meaning(const char *name, bool *known)
{
	static const struct {
		const char *name;
		enum tag_meaning meaning;
	} rows[] = {
		{"str", TAG_STRING}, {"timestamp", TAG_STRING}, {"int", TAG_NONE},
		{"float", TAG_NONE}, {"bool", TAG_NONE},        {"null", TAG_NONE},
		{"seq", TAG_NONE},   {"map", TAG_NONE},
	};

	*known = true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (strcmp(name, rows[i].name) == 0)
			return rows[i].meaning;
	}
	*known = false;
	return TAG_NONE;
}

static enum tag_meaning tag_meaning(struct yaml_reader *r, const char *tag, yaml_mark_t start)
{
	static const char core[] = "tag:yaml.org,2002:";
	enum tag_meaning meaning = TAG_NONE;
	bool known = true;

	if (!tag)
		return TAG_NONE;
	if (strcmp(tag, "!") == 0)
		return TAG_STRING;
	if (strncmp(tag, core, sizeof(core) - 1) == 0)
		meaning = core_meaning(tag + sizeof(core) - 1, &known);
	else if (tag[0] == '!' && r->build.dialect == NODE_TEMPLATE &&
		 strncmp(tag, "!Fn::", 5) != 0)
		meaning = TAG_CALL;
	else
		known = false;
	if (!known)
		yaml_report_tag(r, tag, start);
	return meaning;
}

/* The long key: !Sub is Fn::Sub, and !Rain::Embed, another tool's, is Rain::Embed. */
static struct text call_name(struct yaml_reader *r, const char *tag)
{
	const char *name = tag + 1;
	bool bare =
		strcmp(name, "Ref") == 0 || strcmp(name, "Condition") == 0 || strstr(name, "::");
	struct str built = STR_INIT;
	struct text long_key;

	str_printf(&built, "%s%s", bare ? "" : "Fn::", name);
	long_key = text_store_keep(&r->build.texts, str_text(&built));
	str_release(&built);
	return long_key;
}

/* What a node has in front of its value. */
struct properties {
	enum tag_meaning meaning;
	struct text call, anchor;
	yaml_mark_t start;
	bool present;
	bool flow; /* a collection in brackets */
};

static struct properties read_properties(struct yaml_reader *r, const yaml_char_t *tag,
					 const yaml_char_t *anchor, const yaml_event_t *ev)
{
	struct properties p = {.start = ev->start_mark, .present = tag || anchor};

	p.meaning = tag_meaning(r, (const char *)tag, ev->start_mark);
	if (tag && p.meaning == TAG_CALL)
		p.call = call_name(r, (const char *)tag);
	if (anchor)
		p.anchor = text_of(arena_strdup(r->build.a, (const char *)anchor));
	return p;
}

/* Nodes */

static bool read_node(struct yaml_reader *r, yaml_event_t *ev, size_t depth, struct built *out);

/* Reads the next event and the node that begins with it. */
static bool read_next(struct yaml_reader *r, size_t depth, struct built *out)
{
	yaml_event_t ev;

	return next_event(r, &ev) && read_node(r, &ev, depth, out);
}

static enum scalar_style style_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return SCALAR_QUOTED;
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		return SCALAR_BLOCK;
	case YAML_ANY_SCALAR_STYLE:
	case YAML_PLAIN_SCALAR_STYLE:
		return SCALAR_PLAIN;
	}
	return SCALAR_PLAIN;
}

static const struct node *scalar_node(struct yaml_reader *r, const yaml_event_t *ev,
				      const struct properties *p)
{
	enum scalar_style style = style_of(ev->data.scalar.style);
	struct range where = yaml_range(r, ev->start_mark, ev->end_mark);

	if (p->present)
		where.start = yaml_content_start(r, ev->start_mark, ev->end_mark);
	if (style == SCALAR_BLOCK)
		where.end = yaml_block_end(r, ev->start_mark, ev->end_mark);
	if (p->meaning == TAG_STRING && style == SCALAR_PLAIN)
		style = SCALAR_QUOTED;
	return node_build_scalar(
		&r->build, where, style,
		(struct text){(const char *)ev->data.scalar.value, ev->data.scalar.length});
}

/* From the first to the last sign of a collection whose events have all been read. */
static struct range collection_range(struct yaml_reader *r, const struct properties *p,
				     yaml_mark_t start_end, const yaml_event_t *end,
				     const struct pos *last)
{
	struct range where = yaml_range(r, p->start, end->end_mark);
	/* The pair in [a: b] is a map without brackets. */
	bool flow = p->flow && end->start_mark.index != end->end_mark.index;

	if (p->present)
		where.start = yaml_content_start(r, p->start, end->end_mark);
	if (!flow)
		where.end = last ? *last : yaml_pos(r, start_end);
	return where;
}

static void took_child(struct built *out, const struct built *child)
{
	if (child->height > out->height)
		out->height = child->height;
	out->end = child->end;
}

static bool read_items(struct yaml_reader *r, size_t depth, yaml_event_t *end, struct built *out)
{
	struct built item;

	for (;;) {
		if (!next_event(r, end))
			return false;
		if (end->type == YAML_SEQUENCE_END_EVENT)
			return true;
		if (!read_node(r, end, depth + 1, &item))
			return false;
		*vec_add(&r->items) = item.node;
		took_child(out, &item);
	}
}

static bool read_list(struct yaml_reader *r, const struct properties *p, yaml_mark_t start_end,
		      size_t depth, struct built *out)
{
	size_t base = r->items.count, count;
	yaml_event_t end;
	struct range where;

	if (!read_items(r, depth, &end, out))
		return false;
	count = r->items.count - base;
	where = collection_range(r, p, start_end, &end, count ? &out->end : NULL);
	out->end = where.end;
	out->node = node_build_list(r->build.a, where, count ? r->items.items + base : NULL, count);
	r->items.count = base;
	yaml_event_delete(&end);
	return true;
}

static const struct node *usable_key(struct yaml_reader *r, const struct node *key)
{
	struct diag *g;

	if (key->kind == NODE_SCALAR)
		return key;
	g = diag_add(r->build.d, DIAG_YAML_KEY, key->where, "a key is a plain word, and this is %s",
		     node_describe(key));
	if (key->kind == NODE_MAP)
		diag_hint(r->build.d, g, "put text that begins with '{{' in quotes");
	else
		diag_hint(r->build.d, g,
			  "put text that begins with '[', '{', '!' or '*' in quotes");
	return NULL;
}

static bool read_entries(struct yaml_reader *r, size_t depth, yaml_event_t *end, struct built *out)
{
	struct built key, value;

	for (;;) {
		if (!next_event(r, end))
			return false;
		if (end->type == YAML_MAPPING_END_EVENT)
			return true;
		if (!read_node(r, end, depth + 1, &key) || !read_next(r, depth + 1, &value))
			return false;
		took_child(out, &value);
		if (usable_key(r, key.node))
			*vec_add(&r->entries) = (struct node_entry){key.node, value.node};
	}
}

static bool read_map(struct yaml_reader *r, const struct properties *p, yaml_mark_t start_end,
		     size_t depth, struct built *out)
{
	size_t base = r->entries.count, copied = r->build.copied, count;
	yaml_event_t end;
	struct range where;

	if (!read_entries(r, depth, &end, out))
		return false;
	count = r->entries.count - base;
	where = collection_range(r, p, start_end, &end, count ? &out->end : NULL);
	out->end = where.end;
	out->node = node_build_map(&r->build, where, count ? r->entries.items + base : NULL, count);
	r->entries.count = base;
	yaml_event_delete(&end);
	return node_build_count(&r->build, r->build.copied - copied, where);
}

/* The value is where the alias stands; what is in it stays where it was written. */
static const struct node *standing_at(struct arena *a, const struct node *n, struct range where)
{
	struct node *copy = ARENA_NEW(a, struct node);

	*copy = *n;
	copy->where = where;
	return copy;
}

static bool read_alias(struct yaml_reader *r, const yaml_event_t *ev, size_t depth,
		       struct built *out)
{
	const char *name = (const char *)ev->data.alias.anchor;
	struct range where = yaml_range(r, ev->start_mark, ev->end_mark);
	const struct built *target = names_find(&r->anchors, text_of(name));
	struct diag *g;

	if (!target) {
		g = diag_add(r->build.d, DIAG_YAML_ALIAS, where, "no value is marked '&%s' above",
			     name);
		diag_hint(r->build.d, g, "mark it, or put text that begins with '*' in quotes");
		out->node = node_build_list(r->build.a, where, NULL, 0);
		out->end = where.end;
		return true;
	}
	*out = *target;
	out->node = standing_at(r->build.a, target->node, where);
	out->end = where.end;
	return node_build_copied(&r->build, target->weight, where) &&
	       node_build_depth(&r->build, depth + target->height, where);
}

/* The call that the tag makes of a node, or the node. */
static const struct node *tagged(struct yaml_reader *r, const struct properties *p,
				 const struct node *n)
{
	struct range where = n->where;

	if (p->meaning != TAG_CALL)
		return n;
	where.start = yaml_tag_start(r, p->start);
	return node_build_call(r->build.a, p->call, where, n);
}

static void remember_anchor(struct yaml_reader *r, const struct properties *p,
			    const struct built *b)
{
	struct built *copy;

	if (!p->anchor.ptr)
		return;
	copy = ARENA_NEW(r->build.a, struct built);
	*copy = *b;
	names_replace(r->build.a, &r->anchors, p->anchor, copy);
}

/* Any node but an alias. */
static bool read_value(struct yaml_reader *r, yaml_event_t *ev, size_t depth, struct built *out)
{
	yaml_mark_t start_end = ev->end_mark;
	size_t before = r->build.count - 1;
	struct properties p;

	if (ev->type == YAML_SCALAR_EVENT) {
		p = read_properties(r, ev->data.scalar.tag, ev->data.scalar.anchor, ev);
		out->node = scalar_node(r, ev, &p);
		out->end = out->node->where.end;
	} else if (ev->type == YAML_SEQUENCE_START_EVENT) {
		p = read_properties(r, ev->data.sequence_start.tag, ev->data.sequence_start.anchor,
				    ev);
		p.flow = ev->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
		if (!read_list(r, &p, start_end, depth, out))
			return false;
	} else {
		p = read_properties(r, ev->data.mapping_start.tag, ev->data.mapping_start.anchor,
				    ev);
		p.flow = ev->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
		if (!read_map(r, &p, start_end, depth, out))
			return false;
	}
	out->node = tagged(r, &p, out->node);
	out->weight = r->build.count - before;
	out->height++;
	remember_anchor(r, &p, out);
	return true;
}

/* Takes the event. */
static bool read_node(struct yaml_reader *r, yaml_event_t *ev, size_t depth, struct built *out)
{
	struct range where = yaml_range(r, ev->start_mark, ev->end_mark);
	bool ok;

	*out = (struct built){0};
	ok = node_build_depth(&r->build, depth, where) && node_build_count(&r->build, 1, where);
	if (ok && ev->type == YAML_ALIAS_EVENT)
		ok = read_alias(r, ev, depth, out);
	else if (ok)
		ok = read_value(r, ev, depth, out);
	yaml_event_delete(ev);
	return ok && r->build.d->error_count < LIMIT_DIAGS;
}

static const struct node *empty_map(struct yaml_reader *r)
{
	struct range where = {r->src, {1, 1}, {1, 1}};

	return node_build_map(&r->build, where, NULL, 0);
}

static bool skip_event(struct yaml_reader *r, yaml_event_type_t *type)
{
	yaml_event_t ev;

	if (!next_event(r, &ev))
		return false;
	*type = ev.type;
	yaml_event_delete(&ev);
	return true;
}

/* Behind a document's start; what a second document holds is not read further. */
static bool is_empty_document(struct yaml_reader *r, bool *empty)
{
	yaml_event_type_t type;
	yaml_event_t ev;

	if (!next_event(r, &ev))
		return false;
	*empty = ev.type == YAML_SCALAR_EVENT && !ev.data.scalar.length &&
		 ev.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	yaml_event_delete(&ev);
	return !*empty || skip_event(r, &type);
}

/* Behind the first document: nothing may follow but lines of dashes. */
static bool read_rest(struct yaml_reader *r)
{
	struct range where;
	yaml_event_t ev;
	struct diag *g;
	bool empty, more;

	for (;;) {
		if (!next_event(r, &ev))
			return false;
		where = yaml_range(r, ev.start_mark, ev.end_mark);
		more = ev.type == YAML_DOCUMENT_START_EVENT;
		yaml_event_delete(&ev);
		if (!more)
			return true;
		if (!is_empty_document(r, &empty))
			return false;
		if (!empty)
			break;
	}
	g = diag_add(r->build.d, DIAG_YAML_DOCUMENTS, where, "a second document begins here");
	diag_hint(r->build.d, g, "put it in a file of its own");
	return false;
}

static bool read_stream(struct yaml_reader *r, struct built *root)
{
	yaml_event_type_t type;

	if (!skip_event(r, &type) || !skip_event(r, &type))
		return false;
	if (type == YAML_STREAM_END_EVENT) {
		root->node = empty_map(r);
		return true;
	}
	if (!read_next(r, 0, root) || !skip_event(r, &type) || !read_rest(r))
		return false;
	if (node_is_null(root->node))
		root->node = empty_map(r);
	return true;
}

static void start_parser(struct yaml_reader *r)
{
	yaml_places_start(r);
	if (!yaml_parser_initialize(&r->parser))
		fail_fast("out of memory");
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->given->bytes.ptr,
				     r->given->bytes.len);
}

/* Only to see whether libyaml takes the text (else r->stopped). */
static void try_given(struct yaml_reader *r)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	size_t depth = 0;

	start_parser(r);
	while (type != YAML_STREAM_END_EVENT && depth <= LIMIT_NODE_DEPTH && skip_event(r, &type)) {
		depth += type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT;
		depth -= type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT;
	}
}

/* True: the text was changed where libyaml stopped, until it takes it or nothing is left that
 * can be changed. */
static bool repair_given(struct yaml_reader *r)
{
	if (!r->stopped || !yaml_repair(r))
		return false;
	do {
		yaml_parser_delete(&r->parser);
		try_given(r);
	} while (r->stopped && yaml_repair(r));
	yaml_parser_delete(&r->parser);
	return true;
}

static const struct node *read_given(struct yaml_reader *r)
{
	struct built root = {0};

	start_parser(r);
	return read_stream(r, &root) ? root.node : NULL;
}

/* As before the first reading. */
static void forget(struct yaml_reader *r)
{
	diags_release(r->build.d);
	r->build.count = r->build.copied = 0;
	r->anchors = (struct names){0};
	r->items.count = r->entries.count = 0;
}

static const struct node *read_repaired(struct yaml_reader *r)
{
	const struct node *root = read_given(r);

	if (repair_given(r)) {
		forget(r);
		root = read_given(r);
	}
	if (r->stopped)
		yaml_report_stop(r);
	yaml_parser_delete(&r->parser);
	return root;
}

static const struct node *parse_yaml(struct node_builder *b, const struct source *src)
{
	struct yaml_cursor cursors[2];
	struct yaml_reader r = {.build = *b, .src = src, .given = src, .cursors = cursors};
	struct diags found = DIAGS_INIT;
	const struct node *root;

	r.build.d = &found;
	root = yaml_check_directives(&r) ? read_repaired(&r) : NULL;
	vec_release(&r.items);
	vec_release(&r.entries);
	vec_release(&r.edits);
	arena_free(r.scratch);
	diags_take(b->d, &found);
	return root;
}

static const struct node *parse_any(struct arena *a, const struct source *src,
				    enum node_dialect dialect, struct diags *d)
{
	struct node_builder b = {.a = a, .dialect = dialect, .d = d, .texts.a = a};
	const struct node *root;

	return json_node_parse(&b, src, &root) ? root : parse_yaml(&b, src);
}

const struct node *node_parse(struct arena *a, const struct source *src, enum node_dialect dialect,
			      struct diags *d)
{
	size_t errors = d->error_count;
	const struct node *root = parse_any(a, src, dialect, d);

	if (!root || d->error_count > errors)
		return NULL;
	return dialect == NODE_TEMPLATE ? node_build_template(a, root) : root;
}
