/* view_type.c - the page about one resource type. */
#include "cli/view_type.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "cli/view_text.h"
#include "cli/view_value.h"

#define POINTER_PREFIX "/properties/"
#define NAME_COLUMN_MAX 30 /* longer names stand on a line of their own */
#define NAME_INDENT 2
#define LABEL_COLUMN 17
#define INLINE_DEPTH_MAX 6

struct page {
	struct str *out;
	const json_t *schema;
	const struct style *st;
	struct str scratch;
};

/* "/properties/Endpoint/Port" as people write it; other texts as they are. */
static void add_pointer(struct str *out, const char *pointer)
{
	if (text_starts(text_of(pointer), POINTER_PREFIX))
		pointer += strlen(POINTER_PREFIX);
	for (; *pointer; pointer++) {
		if (*pointer == '/' && pointer[1] == '*') {
			str_add(out, "[]");
			pointer++;
		} else {
			shown_text(out, (struct text){*pointer == '/' ? "." : pointer, 1});
		}
	}
}

/* "name    text", the text wrapped below itself. */
static void add_row(struct page *p, const char *name, struct text text, size_t column)
{
	size_t start = p->out->len;
	struct str block = STR_INIT;

	wrapped(&block, text, column, VIEW_WIDTH);
	str_repeat(p->out, ' ', NAME_INDENT);
	shown_text(p->out, text_of(name));
	if (p->out->len - start < column) {
		pad_to(p->out, start, column);
		str_add_text(p->out, (struct text){block.ptr + column, block.len - column});
	} else {
		str_add_char(p->out, '\n');
		str_add_text(p->out, str_text(&block));
	}
	str_release(&block);
}

static void add_title(struct page *p, const char *title)
{
	str_add_char(p->out, '\n');
	paint_text(p->out, p->st, PAINT_BOLD, title);
	str_add_char(p->out, '\n');
}

static void add_pointers(struct str *out, const json_t *list, const char *between)
{
	const json_t *pointer;
	size_t i;

	json_array_foreach(list, i, pointer)
	{
		str_add(out, i ? between : "");
		add_pointer(out, json_is_string(pointer) ? json_string_value(pointer) : "");
	}
}

static void add_ref(struct page *p)
{
	const char *one = json_str(p->schema, "ref", NULL);
	const char *text = json_str(p->schema, "refText", "the id that the provider gives");

	str_clear(&p->scratch);
	if (one)
		add_pointer(&p->scratch, one);
	else if (json_object_get(p->schema, "refOf"))
		add_pointers(&p->scratch, json_object_get(p->schema, "refOf"),
			     json_str(p->schema, "refJoin", "|"));
	else
		shown_text(&p->scratch, text_of(text));
	add_row(p, "Ref gives", str_text(&p->scratch), LABEL_COLUMN);
}

/* No resource: an entry of the manifest's Routes, say. */
static bool only_acts(const struct page *p)
{
	return json_is_false(json_object_get(p->schema, "deployable")) &&
	       !json_flag(p->schema, "published", false) &&
	       json_array_size(json_object_get(p->schema, "actions")) > 0;
}

/* Some types are only known. */
static void add_deployable(struct page *p)
{
	if (only_acts(p))
		add_row(p, "Deployable",
			TEXT_LIT("no: it is an entry of Routes, and runbooks act on it"),
			LABEL_COLUMN);
	else if (json_is_false(json_object_get(p->schema, "deployable")))
		add_row(p, "Deployable", TEXT_LIT("no: nothing here can make one"), LABEL_COLUMN);
}

/* Cloud Control's operations, in the words of what becomes of the resource. */
static void add_handlers(struct page *p)
{
	static const struct {
		const char *handler, *done;
	} words[] = {{"create", "created"},
		     {"read", "read"},
		     {"update", "updated"},
		     {"delete", "deleted"},
		     {"list", "listed"}};
	const json_t *list = json_object_get(p->schema, "handlers"), *handler;
	bool readable = false;
	size_t i;

	if (!list)
		return;
	str_clear(&p->scratch);
	json_array_foreach(list, i, handler)
	{
		for (size_t k = 0; k < ARRAY_LEN(words); k++) {
			if (json_is_string(handler) &&
			    strcmp(words[k].handler, json_string_value(handler)) == 0)
				str_printf(&p->scratch, "%s%s", p->scratch.len ? ", " : "",
					   words[k].done);
		}
		readable |=
			json_is_string(handler) && strcmp(json_string_value(handler), "read") == 0;
	}
	if (p->scratch.len)
		add_row(p, "Can be", str_text(&p->scratch), LABEL_COLUMN);
	add_row(p, "Can be read",
		readable ? TEXT_LIT("yes") : TEXT_LIT("no: drift of it is not found"),
		LABEL_COLUMN);
}

/* Behind an empty line, and before an item of a list. */
static bool begins_paragraph(const struct str *before, struct text line)
{
	return !line.len || before->ptr[before->len - 1] == '\n' || strchr("-+*", line.ptr[0]);
}

/* A description may be broken into lines of another width. */
static void add_about(struct page *p, const char *about)
{
	struct text_split lines = text_split_start(text_trim(text_of(about)));
	struct text line;

	str_clear(&p->scratch);
	while (text_next(&lines, '\n', &line)) {
		line = text_trim(line);
		if (p->scratch.len)
			str_add_char(&p->scratch, begins_paragraph(&p->scratch, line) ? '\n' : ' ');
		str_add_text(&p->scratch, line);
	}
	if (p->scratch.len)
		wrapped(p->out, str_text(&p->scratch), NAME_INDENT, VIEW_WIDTH);
}

static void add_actions(struct page *p)
{
	const json_t *list = json_object_get(p->schema, "actions"), *action;
	size_t i;

	str_clear(&p->scratch);
	json_array_foreach(list, i, action)
	{
		str_add(&p->scratch, i ? ", " : "");
		shown_text(&p->scratch, text_of(json_string_value(action)));
	}
	if (p->scratch.len)
		add_row(p, "Actions", str_text(&p->scratch), LABEL_COLUMN);
}

static void add_head(struct page *p, const char *name)
{
	const json_t *identifier = json_object_get(p->schema, "primaryIdentifier");
	const char *about = json_str(p->schema, "description", ""), *tags;

	paint_on(p->out, p->st, PAINT_BOLD);
	shown_text(p->out, text_of(name));
	paint_off(p->out, p->st);
	str_add_char(p->out, '\n');
	add_about(p, about);
	str_add_char(p->out, '\n');
	if (json_flag(p->schema, "deprecated", false))
		add_row(p, "Deprecated", TEXT_LIT("yes"), LABEL_COLUMN);
	if (!only_acts(p))
		add_ref(p);
	if (identifier) {
		str_clear(&p->scratch);
		add_pointers(&p->scratch, identifier, ", ");
		add_row(p, "Identified by", str_text(&p->scratch), LABEL_COLUMN);
	}
	add_deployable(p);
	add_handlers(p);
	tags = json_str(p->schema, "tagProperty", NULL);
	if (tags) {
		str_clear(&p->scratch);
		add_pointer(&p->scratch, tags);
		add_row(p, "Tags in", str_text(&p->scratch), LABEL_COLUMN);
	}
	add_actions(p);
}

static bool list_has(const json_t *list, const char *text)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
			return true;
	}
	return false;
}

/* "not served as a, b"; the row may be about some values alone. */
static void add_unserved(struct str *out, const json_t *row)
{
	const json_t *value;
	size_t i;

	str_add(out, "not served");
	json_array_foreach(json_object_get(row, "values"), i, value)
	{
		str_add(out, i ? ", " : " as ");
		if (json_is_string(value))
			shown_text(out, text_of(json_string_value(value)));
		else
			json_canonical(value, out);
	}
}

/* What the type says of a property, by its pointer. */
static void add_marks(struct page *p, const char *pointer)
{
	static const struct {
		const char *keyword, *mark;
	} marks[] = {{"createOnlyProperties", "changing it replaces"},
		     {"conditionalCreateOnlyProperties", "changing it may replace"},
		     {"readOnlyProperties", "read-only"},
		     {"writeOnlyProperties", "write-only"},
		     {"deprecatedProperties", "deprecated"}};

	const json_t *unserved =
		json_object_get(json_object_get(p->schema, "unservedProperties"), pointer);

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		if (list_has(json_object_get(p->schema, marks[i].keyword), pointer))
			str_printf(&p->scratch, "; %s", marks[i].mark);
	}
	if (unserved) {
		str_add(&p->scratch, "; ");
		add_unserved(&p->scratch, unserved);
	}
}

struct names {
	VEC_OF(const char *)
};

static int compare_names(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static struct names sorted_names(const json_t *object)
{
	struct names names = {0};
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value) * vec_add(&names) = name;
	if (names.count)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	return names;
}

/* Where a row stands: its name as shown, its pointer, the column of its text. */
struct place {
	const char *shown, *pointer;
	size_t column;
	int depth;
};

static void add_members(struct page *p, const json_t *shape, struct place at);

static void add_member(struct page *p, const json_t *owner, const char *name, struct place at)
{
	const json_t *shape = json_object_get(json_object_get(owner, "properties"), name), *inner;
	const char *about = json_str(shape, "description", "");
	struct str shown = STR_INIT, pointer = STR_INIT, suffix = STR_INIT;

	str_printf(&shown, "%s%s", at.shown, name);
	str_printf(&pointer, "%s%s", at.pointer, name);
	str_clear(&p->scratch);
	view_shape(&p->scratch, p->schema, shape);
	if (list_has(json_object_get(owner, "required"), name))
		str_add(&p->scratch, "; required");
	add_marks(p, str_cstr(&pointer));
	if (*about) {
		str_add(&p->scratch, ". ");
		shown_text(&p->scratch, text_of(about));
	}
	add_row(p, str_cstr(&shown), str_text(&p->scratch), at.column);
	inner = shape_inner(shape, &suffix);
	if (inner && at.depth < INLINE_DEPTH_MAX) {
		str_printf(&shown, "%s.", str_cstr(&suffix));
		str_add_char(&pointer, '/');
		add_members(p, inner,
			    (struct place){str_cstr(&shown), str_cstr(&pointer), at.column,
					   at.depth + 1});
	}
	str_release(&shown);
	str_release(&pointer);
	str_release(&suffix);
}

static void add_lists(struct page *p, const json_t *shape, const char *keyword, const char *what)
{
	const json_t *list, *name;
	size_t i, k;

	json_array_foreach(json_object_get(shape, keyword), i, list)
	{
		str_clear(&p->scratch);
		str_add(&p->scratch, what);
		json_array_foreach(list, k, name)
		{
			str_add(&p->scratch, k ? ", " : " ");
			shown_text(&p->scratch, text_of(json_string_value(name)));
		}
		wrapped(p->out, str_text(&p->scratch), NAME_INDENT, VIEW_WIDTH);
	}
}

static void add_dependents(struct page *p, const json_t *shape, const char *keyword,
			   const char *what)
{
	const json_t *table = json_object_get(shape, keyword);
	struct names names = sorted_names(table);

	for (size_t i = 0; i < names.count; i++) {
		const json_t *others = json_object_get(table, names.items[i]), *other;
		size_t k;

		str_clear(&p->scratch);
		str_printf(&p->scratch, "%s %s", names.items[i], what);
		json_array_foreach(others, k, other)
		{
			str_add(&p->scratch, k ? ", " : " ");
			shown_text(&p->scratch, text_of(json_string_value(other)));
		}
		wrapped(p->out, str_text(&p->scratch), NAME_INDENT, VIEW_WIDTH);
	}
	vec_release(&names);
}

static void add_members(struct page *p, const json_t *shape, struct place at)
{
	struct names names = sorted_names(json_object_get(shape, "properties"));

	for (size_t i = 0; i < names.count; i++)
		add_member(p, shape, names.items[i], at);
	vec_release(&names);
	add_lists(p, shape, "requiredXor", "exactly one of");
	add_lists(p, shape, "requiredOr", "at least one of");
	add_dependents(p, shape, "dependentRequired", "needs");
	add_dependents(p, shape, "dependentExcluded", "excludes");
	if (json_is_true(json_object_get(shape, "additionalProperties")))
		wrapped(p->out, TEXT_LIT("and others"), NAME_INDENT, VIEW_WIDTH);
}

static size_t column_of(const json_t *object)
{
	struct names names = sorted_names(object);
	size_t widest = 0;

	for (size_t i = 0; i < names.count; i++) {
		size_t columns = shown_columns(text_of(names.items[i]));

		if (columns > widest && columns <= NAME_COLUMN_MAX)
			widest = columns;
	}
	vec_release(&names);
	return NAME_INDENT + widest + 2;
}

static void add_object(struct page *p, const json_t *shape, const char *pointer)
{
	const json_t *properties = json_object_get(shape, "properties");

	add_members(p, shape, (struct place){"", pointer, column_of(properties), 0});
}

static void add_attributes(struct page *p)
{
	const json_t *attributes = json_object_get(p->schema, "attributes");
	struct names names = sorted_names(attributes);
	size_t column = column_of(attributes);

	if (names.count || json_flag(p->schema, "openAttributes", false))
		add_title(p, "Attributes for Fn::GetAtt");
	for (size_t i = 0; i < names.count; i++) {
		str_clear(&p->scratch);
		view_shape(&p->scratch, p->schema, json_object_get(attributes, names.items[i]));
		add_row(p, names.items[i], str_text(&p->scratch), column);
	}
	if (json_flag(p->schema, "openAttributes", false))
		wrapped(p->out, TEXT_LIT("and others"), NAME_INDENT, VIEW_WIDTH);
	vec_release(&names);
}

static void add_definitions(struct page *p)
{
	const json_t *definitions = json_object_get(p->schema, "definitions");
	struct names names = sorted_names(definitions);

	for (size_t i = 0; i < names.count; i++) {
		const json_t *shape = json_object_get(definitions, names.items[i]);
		struct str title = STR_INIT;

		if (json_object_size(json_object_get(shape, "properties"))) {
			shown_text(&title, text_of(names.items[i]));
			add_title(p, str_cstr(&title));
			add_object(p, shape, "");
		}
		str_release(&title);
	}
	vec_release(&names);
}

static bool is_inner(const char *pointer)
{
	return strlen(pointer) > strlen(POINTER_PREFIX) &&
	       strchr(pointer + strlen(POINTER_PREFIX), '/');
}

static void add_inner_unserved(struct page *p)
{
	json_t *rows = json_object_get(p->schema, "unservedProperties"), *row;
	const char *pointer;
	bool titled = false;

	json_object_foreach(rows, pointer, row)
	{
		if (!is_inner(pointer))
			continue;
		if (!titled)
			add_title(p, "These are not served");
		titled = true;
		str_repeat(p->out, ' ', NAME_INDENT);
		add_pointer(p->out, pointer);
		if (json_object_get(row, "values")) {
			str_add(p->out, ": ");
			add_unserved(p->out, row);
		}
		str_add_char(p->out, '\n');
	}
}

/* Marks of properties inside of named objects, which the rows of these cannot show. */
static void add_inner_marks(struct page *p)
{
	static const struct {
		const char *keyword, *title;
	} lists[] = {{"createOnlyProperties", "Changing these replaces too"},
		     {"conditionalCreateOnlyProperties", "Changing these may replace too"},
		     {"readOnlyProperties", "These are read-only too"},
		     {"writeOnlyProperties", "These are write-only too"},
		     {"deprecatedProperties", "These are deprecated too"}};
	const json_t *pointer;
	size_t k;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		bool titled = false;

		json_array_foreach(json_object_get(p->schema, lists[i].keyword), k, pointer)
		{
			const char *text =
				json_is_string(pointer) ? json_string_value(pointer) : "";

			if (!is_inner(text))
				continue;
			if (!titled)
				add_title(p, lists[i].title);
			titled = true;
			str_repeat(p->out, ' ', NAME_INDENT);
			add_pointer(p->out, text);
			str_add_char(p->out, '\n');
		}
	}
}

void view_type(struct str *out, const char *name, const json_t *schema, const struct style *st)
{
	struct page p = {out, schema, st, STR_INIT};

	add_head(&p, name);
	add_attributes(&p);
	if (json_object_size(json_object_get(schema, "properties"))) {
		add_title(&p, "Properties");
		add_object(&p, schema, POINTER_PREFIX);
	}
	add_inner_marks(&p);
	add_inner_unserved(&p);
	add_definitions(&p);
	str_release(&p.scratch);
}
