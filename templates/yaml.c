/*
 * yaml.c - libyaml's events to nodes; the only file that includes <yaml.h>.
 *
 * libyaml counts lines, columns and mark.index in code points from 0 (2026-11: 0.2.5), and
 * takes U+0085, U+2028, U+2029 and a lone carriage return for line ends, which base/source.c
 * does not; where one of these occurs places come from mark.index instead of line and column.
 * The end mark of a block collection is the start of the next token, so the end of such a node
 * is taken from its last child.
 */
#include "templates/node.h"

#include <string.h>
#include <yaml.h>

#include "base/limits.h"
#include "base/vec.h"
#include "templates/names.h"
#include "templates/node_build.h"

/* A node that is complete, with what an alias to it would add. */
struct built {
	const struct node *node;
	size_t weight;   /* nodes in it */
	unsigned height; /* levels of nesting in it */
	struct pos end;  /* with the bracket that a call of the long form does not have */
};

struct reader {
	struct node_builder build; /* arena, dialect, diagnostics */
	const struct source *src;
	yaml_parser_t parser;
	struct names anchors; /* name to struct built */
	struct {
		VEC_OF(const struct node *)
	} items; /* of all lists that are open */
	struct {
		VEC_OF(struct node_entry)
	} entries;         /* of all maps that are open */
	size_t count;      /* nodes so far, aliases expanded */
	size_t copied;     /* of them by aliases */
	bool ascii;        /* an index is an offset */
	bool usual_breaks; /* marks count lines as sources do */
};

/* Places */

static bool all_ascii(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if ((unsigned char)t.ptr[i] >= 0x80)
			return false;
	}
	return true;
}

static bool unusual_break(const char *at, size_t left)
{
	if (*at == '\r')
		return left < 2 || at[1] != '\n';
	if ((unsigned char)*at == 0xc2)
		return left > 1 && (unsigned char)at[1] == 0x85;
	return left > 2 &&
	       (memcmp(at, "\xe2\x80\xa8", 3) == 0 || memcmp(at, "\xe2\x80\xa9", 3) == 0);
}

static bool only_usual_breaks(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if ((t.ptr[i] == '\r' || (unsigned char)t.ptr[i] >= 0x80) &&
		    unusual_break(t.ptr + i, t.len - i))
			return false;
	}
	return true;
}

static size_t offset_of(const struct reader *r, yaml_mark_t mark)
{
	return r->ascii ? mark.index : source_point_offset(r->src, mark.index);
}

static struct pos pos_of(const struct reader *r, yaml_mark_t mark)
{
	if (!r->usual_breaks)
		return source_pos(r->src, offset_of(r, mark));
	return (struct pos){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

static struct range range_of(const struct reader *r, yaml_mark_t start, yaml_mark_t end)
{
	return (struct range){r->src, pos_of(r, start), pos_of(r, end)};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind the tag or anchor at the offset. */
static size_t after_property(struct text t, size_t offset)
{
	bool verbatim = offset + 1 < t.len && t.ptr[offset + 1] == '<';

	for (offset++; offset < t.len; offset++) {
		char c = t.ptr[offset];

		if (is_blank(c) || (!verbatim && strchr(",[]{}", c)))
			break;
		if (verbatim && c == '>')
			return offset + 1;
	}
	return offset;
}

/* Where the value itself begins, behind its tag, its anchor, blanks and comments. */
static struct pos content_start(const struct reader *r, yaml_mark_t start, yaml_mark_t end)
{
	struct text t = r->src->bytes;
	size_t offset = offset_of(r, start), limit = offset_of(r, end);

	while (offset < limit) {
		char c = t.ptr[offset];

		if (c == '!' || c == '&') {
			offset = after_property(t, offset);
		} else if (is_blank(c)) {
			offset++;
		} else if (c == '#') {
			while (offset < limit && t.ptr[offset] != '\n')
				offset++;
		} else {
			break;
		}
	}
	return offset < limit ? source_pos(r->src, offset) : pos_of(r, end);
}

/* A block scalar's end mark lies behind the empty lines that follow it. */
static struct pos block_end(const struct reader *r, yaml_mark_t start, yaml_mark_t end)
{
	size_t first = offset_of(r, start), offset = offset_of(r, end);

	while (offset > first && is_blank(r->src->bytes.ptr[offset - 1]))
		offset--;
	return source_pos(r->src, offset);
}

/* Errors */

/* "${X}" without quotes ends at its brace inside of {...} or [...]. */
static bool unquoted_variable(struct text t, size_t offset)
{
	for (; offset && offset < t.len && t.ptr[offset] != '\n'; offset--) {
		if (t.ptr[offset] == '{' && (t.ptr[offset - 1] == '$' || t.ptr[offset - 1] == '&'))
			return true;
	}
	return false;
}

static const char *syntax_hint(const struct reader *r, size_t offset)
{
	struct text t = r->src->bytes;
	const char *problem = r->parser.problem ? r->parser.problem : "";
	char c = offset < t.len ? t.ptr[offset] : '\0';

	if (c == '\t')
		return "indent with blanks; YAML allows no tabs there";
	if (c == '!')
		return "a value has one tag: write the inner function in its long form, "
		       "as in !Base64 {'Fn::Sub': text}";
	if (c == '@' || c == '`' || c == '%')
		return "put the value in quotes: it begins with a character that YAML reserves";
	if (strstr(problem, "expected ',' or") && unquoted_variable(t, offset))
		return "inside of brackets put text that holds '${...}' or '&{...}' in quotes";
	if (strstr(problem, "mapping values are not allowed"))
		return "check the indentation, and put a value that holds ': ' in quotes";
	if (strstr(problem, "could not find expected ':'"))
		return "check that the line above ends its key with ':' and its quotes are closed";
	if (c == '\0')
		return "close the bracket that is still open";
	return "check the indentation and the brackets and quotes up to this place";
}

/* What ends too late is best shown where it begins. */
static bool report_unclosed(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	struct range where;
	struct diag *g;

	if (!p->context || !p->problem || !strstr(p->problem, "end of stream"))
		return false;
	where = range_of(r, p->context_mark, p->context_mark);
	where.end.column++;
	g = diag_add(r->build.d, DIAG_YAML_SYNTAX, where,
		     "not valid YAML: what begins here is not closed before the end of the file");
	diag_detail(r->build.d, g, "%s: %s", p->context, p->problem);
	diag_hint(r->build.d, g, "close the quote or bracket");
	return true;
}

static void report_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "cannot be read";
	bool from_reader = p->error == YAML_READER_ERROR;
	size_t offset = from_reader ? p->problem_offset : offset_of(r, p->problem_mark);
	struct range where = {r->src, source_pos(r->src, offset), source_pos(r->src, offset)};
	struct diag *g;

	where.end.column++;
	g = diag_add(r->build.d, DIAG_YAML_SYNTAX, where, "not valid YAML: %s", problem);
	if (p->context && !from_reader)
		diag_detail(r->build.d, g, "%s that began at %u:%u", p->context,
			    pos_of(r, p->context_mark).line, pos_of(r, p->context_mark).column);
	if (from_reader)
		diag_hint(r->build.d, g,
			  "remove the character, or write it as an escape in double "
			  "quotes");
	else
		diag_hint(r->build.d, g, "%s", syntax_hint(r, offset));
}

static bool next_event(struct reader *r, yaml_event_t *ev)
{
	if (yaml_parser_parse(&r->parser, ev))
		return true;
	if (!report_unclosed(r))
		report_syntax(r);
	return false;
}

/* False: reading ends here. */
static bool count_nodes(struct reader *r, size_t added, struct range where)
{
	struct diag *g;

	r->count += added;
	if (r->count <= LIMIT_NODE_COUNT && r->copied <= LIMIT_ALIAS_NODES)
		return true;
	g = diag_add(r->build.d, DIAG_YAML_SIZE, where, "the document is too large from here on");
	if (r->copied > LIMIT_ALIAS_NODES)
		diag_detail(r->build.d, g, "aliases and merge keys repeat more than %d values",
			    LIMIT_ALIAS_NODES);
	else
		diag_detail(r->build.d, g, "more than %d values", LIMIT_NODE_COUNT);
	return false;
}

static bool check_depth(struct reader *r, size_t depth, struct range where)
{
	if (depth <= LIMIT_NODE_DEPTH)
		return true;
	diag_add(r->build.d, DIAG_YAML_DEPTH, where, "lists and maps are nested more than %d deep",
		 LIMIT_NODE_DEPTH);
	return false;
}

/* Tags */

/* The tag among the properties that begin at the mark. */
static struct range tag_range(const struct reader *r, yaml_mark_t start)
{
	struct text t = r->src->bytes;
	size_t offset = offset_of(r, start);

	if (offset < t.len && t.ptr[offset] == '&')
		offset = after_property(t, offset);
	while (offset < t.len && t.ptr[offset] != '!')
		offset++;
	return (struct range){r->src, source_pos(r->src, offset),
			      source_pos(r->src, after_property(t, offset))};
}

enum tag_meaning { TAG_NONE, TAG_STRING, TAG_CALL };

static void report_tag(struct reader *r, const char *tag, yaml_mark_t start)
{
	struct diag *g = diag_add(r->build.d, DIAG_YAML_TAG, tag_range(r, start),
				  "tag '%s' has no meaning here", tag);

	if (strncmp(tag, "!Fn::", 5) == 0)
		diag_hint(r->build.d, g, "write !%s", tag + 5);
	else if (r->build.dialect == NODE_MANIFEST)
		diag_hint(r->build.d, g,
			  "functions belong into templates; put a value that begins "
			  "with '!' in quotes");
	else
		diag_hint(r->build.d, g,
			  "remove it, or put a value that begins with '!' in quotes");
}

static enum tag_meaning tag_meaning(struct reader *r, const char *tag, yaml_mark_t start)
{
	static const char *const plain[] = {"int", "float", "bool", "null", "seq", "map"};
	static const char core[] = "tag:yaml.org,2002:";

	if (!tag)
		return TAG_NONE;
	if (strcmp(tag, "!") == 0)
		return TAG_STRING;
	if (strncmp(tag, core, sizeof(core) - 1) == 0) {
		for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
			if (strcmp(tag + sizeof(core) - 1, plain[i]) == 0)
				return TAG_NONE;
		}
		if (strcmp(tag + sizeof(core) - 1, "str") == 0)
			return TAG_STRING;
	} else if (tag[0] == '!' && r->build.dialect == NODE_TEMPLATE &&
		   strncmp(tag, "!Fn::", 5) != 0) {
		return TAG_CALL;
	}
	report_tag(r, tag, start);
	return TAG_NONE;
}

static struct text call_name(struct arena *a, const char *tag)
{
	const char *short_name = tag + 1;
	bool bare = strcmp(short_name, "Ref") == 0 || strcmp(short_name, "Condition") == 0;

	return text_of(arena_printf(a, "%s%s", bare ? "" : "Fn::", short_name));
}

/* What a node has in front of its value. */
struct properties {
	enum tag_meaning meaning;
	struct text call, anchor;
	yaml_mark_t start;
	bool present;
	bool flow; /* a collection in brackets */
};

static struct properties read_properties(struct reader *r, const yaml_char_t *tag,
					 const yaml_char_t *anchor, const yaml_event_t *ev)
{
	struct properties p = {.start = ev->start_mark, .present = tag || anchor};

	p.meaning = tag_meaning(r, (const char *)tag, ev->start_mark);
	if (tag && p.meaning == TAG_CALL)
		p.call = call_name(r->build.a, (const char *)tag);
	if (anchor)
		p.anchor = text_of(arena_strdup(r->build.a, (const char *)anchor));
	return p;
}

/* Nodes */

static bool read_node(struct reader *r, yaml_event_t *ev, size_t depth, struct built *out);

/* Reads the next event and the node that begins with it. */
static bool read_next(struct reader *r, size_t depth, struct built *out)
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

static void check_nul(struct reader *r, const struct node *n)
{
	struct diag *g;

	if (!memchr(n->text.ptr, '\0', n->text.len))
		return;
	g = diag_add(r->build.d, DIAG_YAML_NUL, n->where, "the text holds a NUL character");
	diag_hint(r->build.d, g, "remove the escape \\0");
}

static const struct node *scalar_node(struct reader *r, const yaml_event_t *ev,
				      const struct properties *p)
{
	struct node *n = ARENA_NEW(r->build.a, struct node);
	size_t len = ev->data.scalar.length;

	n->kind = NODE_SCALAR;
	n->style = style_of(ev->data.scalar.style);
	n->where = range_of(r, ev->start_mark, ev->end_mark);
	if (p->present)
		n->where.start = content_start(r, ev->start_mark, ev->end_mark);
	if (n->style == SCALAR_BLOCK)
		n->where.end = block_end(r, ev->start_mark, ev->end_mark);
	if (p->meaning == TAG_STRING && n->style == SCALAR_PLAIN)
		n->style = SCALAR_QUOTED;
	n->text = (struct text){arena_strndup(r->build.a, (const char *)ev->data.scalar.value, len),
				len};
	check_nul(r, n);
	return n;
}

/* From the first to the last sign of a collection whose events have all been read. */
static struct range collection_range(struct reader *r, const struct properties *p,
				     yaml_mark_t start_end, const yaml_event_t *end,
				     const struct pos *last)
{
	struct range where = range_of(r, p->start, end->end_mark);
	/* The pair in [a: b] is a map without brackets. */
	bool flow = p->flow && end->start_mark.index != end->end_mark.index;

	if (p->present)
		where.start = content_start(r, p->start, end->end_mark);
	if (!flow)
		where.end = last ? *last : pos_of(r, start_end);
	return where;
}

static void took_child(struct built *out, const struct built *child)
{
	if (child->height > out->height)
		out->height = child->height;
	out->end = child->end;
}

static bool read_items(struct reader *r, size_t depth, yaml_event_t *end, struct built *out)
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

static bool read_list(struct reader *r, const struct properties *p, yaml_mark_t start_end,
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

static const struct node *usable_key(struct reader *r, const struct node *key)
{
	struct diag *g;

	if (key->kind == NODE_SCALAR)
		return key;
	g = diag_add(r->build.d, DIAG_YAML_KEY, key->where, "a key is a plain word, and this is %s",
		     node_describe(key));
	diag_hint(r->build.d, g, "put text that begins with '[', '{', '!' or '*' in quotes");
	return NULL;
}

static bool read_entries(struct reader *r, size_t depth, yaml_event_t *end, struct built *out)
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

static bool read_map(struct reader *r, const struct properties *p, yaml_mark_t start_end,
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
	copied = r->build.copied - copied;
	r->copied += copied;
	return count_nodes(r, copied, where);
}

static bool read_alias(struct reader *r, const yaml_event_t *ev, size_t depth, struct built *out)
{
	const char *name = (const char *)ev->data.alias.anchor;
	struct range where = range_of(r, ev->start_mark, ev->end_mark);
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
	out->end = where.end;
	r->copied += target->weight;
	return count_nodes(r, target->weight, where) &&
	       check_depth(r, depth + target->height, where);
}

/* An anchor may stand before the tag. */
static struct pos tag_start(const struct reader *r, yaml_mark_t start)
{
	struct text t = r->src->bytes;
	size_t offset = offset_of(r, start);

	if (offset >= t.len || t.ptr[offset] != '&')
		return pos_of(r, start);
	offset = after_property(t, offset);
	while (offset < t.len && is_blank(t.ptr[offset]))
		offset++;
	return source_pos(r->src, offset);
}

/* The call that the tag makes of a node, or the node. */
static const struct node *tagged(struct reader *r, const struct properties *p, const struct node *n)
{
	struct range where = n->where;

	if (p->meaning != TAG_CALL)
		return n;
	where.start = tag_start(r, p->start);
	return node_build_call(r->build.a, p->call, where, n);
}

static void remember_anchor(struct reader *r, const struct properties *p, const struct built *b)
{
	struct built *copy;

	if (!p->anchor.ptr)
		return;
	copy = ARENA_NEW(r->build.a, struct built);
	*copy = *b;
	names_replace(r->build.a, &r->anchors, p->anchor, copy);
}

/* Any node but an alias. */
static bool read_value(struct reader *r, yaml_event_t *ev, size_t depth, struct built *out)
{
	yaml_mark_t start_end = ev->end_mark;
	size_t before = r->count - 1;
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
	out->weight = r->count - before;
	out->height++;
	remember_anchor(r, &p, out);
	return true;
}

/* Takes the event. */
static bool read_node(struct reader *r, yaml_event_t *ev, size_t depth, struct built *out)
{
	struct range where = range_of(r, ev->start_mark, ev->end_mark);
	bool ok;

	*out = (struct built){0};
	ok = check_depth(r, depth, where) && count_nodes(r, 1, where);
	if (ok && ev->type == YAML_ALIAS_EVENT)
		ok = read_alias(r, ev, depth, out);
	else if (ok)
		ok = read_value(r, ev, depth, out);
	yaml_event_delete(ev);
	return ok && r->build.d->error_count < LIMIT_DIAGS;
}

static const struct node *empty_map(struct reader *r)
{
	struct range where = {r->src, {1, 1}, {1, 1}};

	return node_build_map(&r->build, where, NULL, 0);
}

/* Behind the first document: nothing may follow. */
static bool read_rest(struct reader *r)
{
	yaml_event_t ev;
	struct diag *g;
	bool more;

	if (!next_event(r, &ev))
		return false;
	more = ev.type == YAML_DOCUMENT_START_EVENT;
	if (more) {
		g = diag_add(r->build.d, DIAG_YAML_DOCUMENTS,
			     range_of(r, ev.start_mark, ev.end_mark),
			     "a second document begins here");
		diag_hint(r->build.d, g, "put it in a file of its own");
	}
	yaml_event_delete(&ev);
	return !more;
}

static bool skip_event(struct reader *r, yaml_event_type_t *type)
{
	yaml_event_t ev;

	if (!next_event(r, &ev))
		return false;
	*type = ev.type;
	yaml_event_delete(&ev);
	return true;
}

static bool read_stream(struct reader *r, struct built *root)
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

const struct node *node_parse(struct arena *a, const struct source *src, enum node_dialect dialect,
			      struct diags *d)
{
	struct reader r = {.build = {.a = a, .dialect = dialect, .d = d}, .src = src};
	size_t errors = d->error_count;
	struct built root = {0};
	bool ok;

	r.ascii = all_ascii(src->bytes);
	r.usual_breaks = only_usual_breaks(src->bytes);
	if (!yaml_parser_initialize(&r.parser)) {
		diag_add(d, DIAG_YAML_SYNTAX, RANGE_NONE, "out of memory");
		return NULL;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)src->bytes.ptr,
				     src->bytes.len);
	ok = read_stream(&r, &root);
	yaml_parser_delete(&r.parser);
	vec_release(&r.items);
	vec_release(&r.entries);
	if (!ok || d->error_count > errors)
		return NULL;
	return dialect == NODE_TEMPLATE ? node_build_template(a, root.node) : root.node;
}
