/* view_value.c - JSON values for people. */
#include "cli/view_value.h"

#include <string.h>

#include "cli/view_text.h"

#define TOO_DEEP "..."
#define VALUE_DEPTH 32
#define TEXT_LINES 5     /* shown of a text of several lines */
#define TEXT_COLUMNS 160 /* shown of a long line */
#define MEMBERS 20       /* shown of a list or map */
#define STEP 2

static void mark_all(struct map *m, const char *pointers)
{
	json_t *list = pointers ? json_parse(text_of(pointers), NULL, NULL) : NULL;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *pointer = json_string_value(json_array_get(list, i));

		if (pointer)
			map_set(m, text_of(pointer), m);
	}
	json_decref(list);
}

void marks_init(struct marks *m, const char *unknown, const char *sensitive)
{
	*m = (struct marks){MAP_INIT, MAP_INIT};
	mark_all(&m->unknown, unknown);
	mark_all(&m->sensitive, sensitive);
}

void marks_release(struct marks *m)
{
	map_release(&m->unknown);
	map_release(&m->sensitive);
}

bool value_is_secret(const json_t *j)
{
	return json_is_object(j) && json_object_size(j) == 1 && json_object_get(j, "$secret");
}

bool value_has_lines(const json_t *j)
{
	const char *text = json_string_value(j), *newline = text ? strchr(text, '\n') : NULL;

	return newline != NULL;
}

/* What stands for a value that is not to be shown; NULL when it is. */
static const char *stand_in(const json_t *j, const struct value_place *p)
{
	bool marked = p->marks != NULL;

	if (value_is_secret(j) || (marked && map_has(&p->marks->sensitive, str_text(p->pointer))))
		return SENSITIVE_TEXT;
	if (marked && map_has(&p->marks->unknown, str_text(p->pointer)))
		return UNKNOWN_TEXT;
	return NULL;
}

/* As JSON writes it, so that "8080" and 8080 differ. */
static void add_scalar(struct str *out, const json_t *j)
{
	struct str json = STR_INIT;

	json_canonical(j, &json);
	shown_text(out, str_text(&json));
	str_release(&json);
}

static void add_line(struct str *out, const json_t *j, const struct value_place *p, size_t depth);

static void add_member(struct str *out, struct text token, const json_t *j,
		       const struct value_place *p, size_t depth)
{
	size_t len = p->pointer->len;

	json_pointer_add(p->pointer, token);
	add_line(out, j, p, depth);
	str_truncate(p->pointer, len);
}

static void add_object(struct str *out, const json_t *j, const struct value_place *p, size_t depth)
{
	const char *key, *separator = "";
	json_t *value;

	str_add_char(out, '{');
	json_object_foreach((json_t *)j, key, value)
	{
		str_add(out, separator);
		shown_text(out, text_of(key));
		str_add(out, ": ");
		add_member(out, text_of(key), value, p, depth + 1);
		separator = ", ";
	}
	str_add_char(out, '}');
}

static struct text index_text(char buffer[24], size_t i)
{
	struct str s = STR_INIT;

	str_printf(&s, "%zu", i);
	memcpy(buffer, str_cstr(&s), s.len + 1);
	str_release(&s);
	return text_of(buffer);
}

static void add_array(struct str *out, const json_t *j, const struct value_place *p, size_t depth)
{
	char index[24];

	str_add_char(out, '[');
	for (size_t i = 0; i < json_array_size(j); i++) {
		str_add(out, i ? ", " : "");
		add_member(out, index_text(index, i), json_array_get(j, i), p, depth + 1);
	}
	str_add_char(out, ']');
}

static void add_line(struct str *out, const json_t *j, const struct value_place *p, size_t depth)
{
	const char *instead = stand_in(j, p);

	if (instead)
		str_add(out, instead);
	else if (depth > VALUE_DEPTH)
		str_add(out, TOO_DEEP);
	else if (json_is_object(j))
		add_object(out, j, p, depth);
	else if (json_is_array(j))
		add_array(out, j, p, depth);
	else
		add_scalar(out, j);
}

void value_line(struct str *out, const json_t *j)
{
	struct str pointer = STR_INIT;
	struct value_place place = {NULL, &pointer, 0};

	add_line(out, j, &place, 0);
	str_release(&pointer);
}

static void add_cut_line(struct str *out, struct text line)
{
	struct text piece = cut_to_columns(line, TEXT_COLUMNS);

	shown_text(out, piece);
	if (piece.len < line.len)
		str_add(out, " ...");
	str_add_char(out, '\n');
}

static size_t count_lines(struct text t)
{
	size_t count = 0;

	for (size_t i = 0; i < t.len; i++)
		count += t.ptr[i] == '\n';
	return count + (t.len && t.ptr[t.len - 1] != '\n');
}

static void add_lines(struct str *out, struct text t, size_t indent)
{
	struct text_split lines = text_split_start(t);
	size_t count = count_lines(t), shown = count > TEXT_LINES + 1 ? TEXT_LINES : count;
	struct text line;

	for (size_t i = 0; i < shown && text_next(&lines, '\n', &line); i++) {
		str_repeat(out, ' ', indent);
		str_add(out, "| ");
		add_cut_line(out, line);
	}
	if (shown < count)
		str_printf(out, "%*s... %zu more lines\n", (int)indent, "", count - shown);
}

static void add_left_out(struct str *out, size_t count, size_t indent)
{
	if (count > MEMBERS)
		str_printf(out, "%*s... %zu more\n", (int)indent, "", count - MEMBERS);
}

static void add_object_block(struct str *out, const json_t *j, struct value_place p)
{
	size_t len = p.pointer->len, i = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)j, key, value)
	{
		if (i++ == MEMBERS)
			break;
		json_pointer_add(p.pointer, text_of(key));
		value_block(out, key, value, p);
		str_truncate(p.pointer, len);
	}
	add_left_out(out, json_object_size(j), p.indent);
}

static void add_array_block(struct str *out, const json_t *j, struct value_place p)
{
	size_t len = p.pointer->len;
	char index[24];

	for (size_t i = 0; i < json_array_size(j) && i < MEMBERS; i++) {
		json_pointer_add(p.pointer, index_text(index, i));
		value_block(out, "-", json_array_get(j, i), p);
		str_truncate(p.pointer, len);
	}
	add_left_out(out, json_array_size(j), p.indent);
}

static void add_long_scalar(struct str *out, const json_t *j)
{
	struct str whole = STR_INIT;
	struct text piece;

	add_scalar(&whole, j);
	piece = cut_to_columns(str_text(&whole), TEXT_COLUMNS);
	str_add_text(out, piece);
	if (piece.len < whole.len)
		str_printf(out, "... (%zu bytes)", json_string_length(j));
	str_release(&whole);
}

static void add_below(struct str *out, const json_t *j, struct value_place p)
{
	p.indent += STEP;
	if (value_has_lines(j)) {
		struct text t = {json_string_value(j), json_string_length(j)};

		str_add_char(out, '\n');
		add_lines(out, t, p.indent);
	} else if (json_is_object(j)) {
		str_add_char(out, '\n');
		add_object_block(out, j, p);
	} else if (json_is_array(j)) {
		str_add_char(out, '\n');
		add_array_block(out, j, p);
	} else {
		str_add_char(out, ' ');
		add_long_scalar(out, j);
		str_add_char(out, '\n');
	}
}

/* The label of a list's item is a dash. */
static void add_label(struct str *out, const char *label, size_t indent)
{
	str_repeat(out, ' ', indent);
	shown_text(out, text_of(label));
	if (strcmp(label, "-") != 0)
		str_add_char(out, ':');
}

void value_block(struct str *out, const char *label, const json_t *j, struct value_place place)
{
	size_t used = place.indent + shown_columns(text_of(label)) + 2;
	struct str line = STR_INIT;

	add_label(out, label, place.indent);
	if (!stand_in(j, &place) && value_has_lines(j)) {
		add_below(out, j, place);
		return;
	}
	add_line(&line, j, &place, 0);
	if (used + shown_columns(str_text(&line)) <= VIEW_WIDTH || stand_in(j, &place)) {
		str_add_char(out, ' ');
		str_add_text(out, str_text(&line));
		str_add_char(out, '\n');
	} else {
		add_below(out, j, place);
	}
	str_release(&line);
}
