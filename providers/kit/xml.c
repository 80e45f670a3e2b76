/*
 * xml.c - reading works on libxml2's events, so no tree is built but the JSON; what an element is
 * (a text, an object, a list) is known at its end.  They are the first version's, without
 * namespaces, which are dropped here.  Writing needs libxml2 for names alone.
 */
#include "providers/kit/xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <pthread.h>
#include <string.h>

#include "base/limits.h"

/* Each level of XML can be two of JSON: an object, and a list in it. */
#define DEPTH_MAX (LIMIT_JSON_DEPTH / 2 - 1)

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

/* An element that has begun and not ended. */
struct frame {
	json_t *attributes; /* {"@name": text}; NULL without any */
	json_t *children;   /* {name: [value, ...]}; NULL without any */
	struct str text;    /* of its own, all pieces */
};

struct reader {
	xmlParserCtxtPtr parser;
	struct frame frames[DEPTH_MAX];
	size_t depth;
	size_t node_count;
	const char *name; /* of the root, in the arena */
	json_t *root;
	struct arena *arena;
	const char *why;
};

static void refuse(struct reader *r, const char *why)
{
	if (!r->why)
		r->why = why;
	xmlStopParser(r->parser);
}

static json_t *text_json(struct text t)
{
	json_t *j = json_stringn(t.len ? t.ptr : "", t.len);

	/* libxml2 gives nothing but UTF-8. */
	return j ? j : json_string("");
}

static const char *as_text(const xmlChar *s)
{
	return (const char *)s;
}

/* Behind the prefix. */
static const char *bare_name(const xmlChar *name)
{
	const char *colon = strrchr(as_text(name), ':');

	return colon && colon[1] ? colon + 1 : as_text(name);
}

static bool declares_namespace(const xmlChar *name)
{
	struct text t = text_of(as_text(name));

	return text_is(t, "xmlns") || text_starts(t, "xmlns:");
}

/* Names and values in turn, NULL at the end. */
static json_t *read_attributes(const xmlChar **attributes)
{
	json_t *all = NULL;

	for (; attributes && attributes[0]; attributes += 2) {
		struct str name = STR_INIT;

		if (declares_namespace(attributes[0]))
			continue;
		if (!all)
			all = json_object();
		str_printf(&name, "@%s", bare_name(attributes[0]));
		json_object_set_new(all, str_cstr(&name),
				    text_json(text_of(as_text(attributes[1]))));
		str_release(&name);
	}
	return all;
}

static void on_start(void *context, const xmlChar *name, const xmlChar **attributes)
{
	struct reader *r = context;
	struct frame *f;

	if (r->why)
		return;
	if (r->depth == DEPTH_MAX) {
		refuse(r, "nested too deeply");
		return;
	}
	f = &r->frames[r->depth++];
	*f = (struct frame){.attributes = read_attributes(attributes)};
	r->node_count += 1 + json_object_size(f->attributes);
	if (r->node_count > LIMIT_XML_NODES)
		refuse(r, "too many elements");
	else if (r->depth == 1)
		r->name = arena_strdup(r->arena, bare_name(name));
}

static void on_text(void *context, const xmlChar *text, int len)
{
	struct reader *r = context;

	if (!r->why && r->depth > 0)
		str_add_len(&r->frames[r->depth - 1].text, as_text(text), (size_t)len);
}

/* The list of an element that has nothing but members or nothing but items; borrowed, or NULL. */
static json_t *only_list(const struct frame *f, struct text own)
{
	json_t *list = NULL;

	if (f->attributes || own.len > 0 || json_object_size(f->children) != 1)
		return NULL;
	list = json_object_get(f->children, "member");
	return list ? list : json_object_get(f->children, "item");
}

/* What came once stands alone. */
static void add_children(json_t *object, json_t *children)
{
	const char *name;
	json_t *list;

	json_object_foreach(children, name, list)
	{
		json_object_set(object, name,
				json_array_size(list) == 1 ? json_array_get(list, 0) : list);
	}
}

static json_t *value_of(const struct frame *f)
{
	struct text own = str_text(&f->text);
	json_t *list, *object;

	if (!f->attributes && !f->children)
		return text_json(own);
	/* Blanks count in a leaf alone. */
	if (f->children)
		own = text_trim(own);
	list = only_list(f, own);
	if (list)
		return json_incref(list);
	object = f->attributes ? json_incref(f->attributes) : json_object();
	if (own.len > 0)
		json_object_set_new(object, "#text", text_json(own));
	if (f->children)
		add_children(object, f->children);
	return object;
}

static void release_frame(struct frame *f)
{
	json_decref(f->attributes);
	json_decref(f->children);
	str_release(&f->text);
}

static void add_child(struct frame *parent, const char *name, json_t *value)
{
	json_t *list;

	if (!parent->children)
		parent->children = json_object();
	list = json_object_get(parent->children, name);
	if (!list) {
		list = json_array();
		json_object_set_new(parent->children, name, list);
	}
	json_array_append_new(list, value);
}

static void on_end(void *context, const xmlChar *name)
{
	struct reader *r = context;
	struct frame *f;
	json_t *value;

	if (r->why || r->depth == 0)
		return;
	f = &r->frames[--r->depth];
	value = value_of(f);
	release_frame(f);
	if (r->depth > 0)
		add_child(&r->frames[r->depth - 1], bare_name(name), value);
	else
		r->root = value;
}

/* Where entities are declared: nothing that a service answers has it. */
static void on_doctype(void *context, const xmlChar *name, const xmlChar *external,
		       const xmlChar *system)
{
	(void)name;
	(void)external;
	(void)system;
	refuse(context, "a document type is declared, as in HTML pages");
}

/* Without it libxml2 writes to standard error. */
static void on_error(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

static const char *parse(struct reader *r, struct text t)
{
	xmlSAXHandler events = {
		.startElement = on_start,
		.endElement = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.cdataBlock = on_text,
		.internalSubset = on_doctype,
		.error = on_error,
		.fatalError = on_error,
		.warning = on_error,
	};
	bool whole;

	r->parser = xmlCreatePushParserCtxt(&events, r, NULL, 0, NULL);
	if (!r->parser)
		fail_fast("out of memory");
	/* Nobody can declare an entity here; but without NOENT the five that XML has itself come as
	 * references in attributes. */
	xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_NOENT);
	xmlParseChunk(r->parser, t.len ? t.ptr : "", (int)t.len, 1);
	whole = r->parser->wellFormed && r->root;
	if (!whole && !r->why)
		r->why = arena_printf(r->arena, "no XML: line %d", r->parser->lastError.line);
	xmlFreeParserCtxt(r->parser);
	return r->why;
}

json_t *xml_read(struct text t, struct arena *a, const char **why)
{
	struct reader *r;
	json_t *document = NULL;
	const char *problem;

	pthread_once(&library_once, xmlInitParser);
	r = xcalloc(1, sizeof(*r));
	r->arena = a;
	problem = t.len > LIMIT_XML_LEN ? "too long" : parse(r, t);
	while (r->depth > 0)
		release_frame(&r->frames[--r->depth]);
	if (!problem) {
		document = json_object();
		json_object_set(document, r->name, r->root);
	}
	json_decref(r->root);
	free(r);
	if (why)
		*why = problem;
	return document;
}

/* Writing */

/* -1 for what XML 1.0 has no way to write: most control characters, and U+FFFE and U+FFFF. */
static int add_escaped(struct str *out, struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.ptr[i];

		if (c == '<')
			str_add(out, "&lt;");
		else if (c == '>')
			str_add(out, "&gt;");
		else if (c == '&')
			str_add(out, "&amp;");
		else if (c == '"')
			str_add(out, "&quot;");
		/* Readers make blanks of them in attributes, and line feeds of returns. */
		else if (c == '\t' || c == '\n' || c == '\r')
			str_printf(out, "&#%d;", c);
		else if (c < ' ' ||
			 (c == 0xef && t.len - i > 2 && memcmp(t.ptr + i, "\xef\xbf\xbe", 2) == 0 &&
			  (unsigned char)t.ptr[i + 2] >= 0xbe))
			return -1;
		else
			str_add_char(out, t.ptr[i]);
	}
	return 0;
}

static int add_scalar(struct str *out, const json_t *j)
{
	struct str text = STR_INIT;
	int status;

	if (json_is_string(j))
		return add_escaped(out, (struct text){json_string_value(j), json_string_length(j)});
	json_canonical(j, &text);
	status = add_escaped(out, str_text(&text));
	str_release(&text);
	return status;
}

static bool is_name(const char *name)
{
	return xmlValidateQName((const xmlChar *)name, 0) == 0;
}

static bool is_scalar(const json_t *j)
{
	return !json_is_object(j) && !json_is_array(j);
}

static int write_attributes(const json_t *object, struct str *out)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		if (name[0] != '@' || json_is_null(value))
			continue;
		if (!is_name(name + 1) || !is_scalar(value))
			return -1;
		str_printf(out, " %s=\"", name + 1);
		if (add_scalar(out, value) != 0)
			return -1;
		str_add_char(out, '"');
	}
	return 0;
}

static int write_member(const char *name, const json_t *j, struct str *out, size_t depth);

static int write_content(const json_t *object, struct str *out, size_t depth)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		bool text = strcmp(name, "#text") == 0;

		if (name[0] == '@' || (text && json_is_null(value)))
			continue;
		if (text && !is_scalar(value))
			return -1;
		if ((text ? add_scalar(out, value) : write_member(name, value, out, depth)) != 0)
			return -1;
	}
	return 0;
}

static int write_element(const char *name, const json_t *j, struct str *out, size_t depth)
{
	int status;

	if (json_is_null(j))
		return 0;
	if (depth >= LIMIT_JSON_DEPTH || json_is_array(j) || !is_name(name))
		return -1;
	str_printf(out, "<%s", name);
	if (json_is_object(j) && write_attributes(j, out) != 0)
		return -1;
	str_add_char(out, '>');
	status = json_is_object(j) ? write_content(j, out, depth + 1) : add_scalar(out, j);
	str_printf(out, "</%s>", name);
	return status;
}

static int write_member(const char *name, const json_t *j, struct str *out, size_t depth)
{
	size_t i;
	json_t *item;

	if (!json_is_array(j))
		return write_element(name, j, out, depth);
	json_array_foreach((json_t *)j, i, item)
	{
		if (write_element(name, item, out, depth) != 0)
			return -1;
	}
	return 0;
}

int xml_write(const json_t *j, struct str *out)
{
	void *member = json_object_iter((json_t *)j);
	size_t before = out->len;

	if (json_object_size(j) != 1 || json_is_null(json_object_iter_value(member)))
		return -1;
	if (write_element(json_object_iter_key(member), json_object_iter_value(member), out, 0) ==
	    0)
		return 0;
	str_truncate(out, before);
	return -1;
}
