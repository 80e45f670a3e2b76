#include "providers/kit/query.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "providers/kit/http.h"

struct writer {
	enum query_lists lists;
	struct str *out;
	struct str name; /* of where we are, encoded: "Filter.1.Value" */
	size_t depth;
};

static int write_value(struct writer *w, const json_t *j);

static void add_number(struct str *out, const json_t *j)
{
	struct str text = STR_INIT;

	json_canonical(j, &text);
	http_encode(out, str_text(&text), NULL);
	str_release(&text);
}

static void write_pair(struct writer *w, const json_t *j)
{
	if (w->out->len > 0)
		str_add_char(w->out, '&');
	str_add_text(w->out, str_text(&w->name));
	str_add_char(w->out, '=');
	if (json_is_string(j))
		http_encode(w->out, (struct text){json_string_value(j), json_string_length(j)},
			    NULL);
	else
		add_number(w->out, j);
}

/* Writes j under one more piece of name. */
static int write_below(struct writer *w, struct text piece, const json_t *j)
{
	size_t len = w->name.len;
	int status;

	if (len > 0 && piece.len > 0)
		str_add_char(&w->name, '.');
	http_encode(&w->name, piece, NULL);
	w->depth++;
	status = write_value(w, j);
	w->depth--;
	str_truncate(&w->name, len);
	return status;
}

static int write_object(struct writer *w, const json_t *j)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)j, key, value)
	{
		if (write_below(w, text_of(key), value) != 0)
			return -1;
	}
	return 0;
}

static int write_list(struct writer *w, const json_t *j)
{
	size_t i, number = 0;
	json_t *value;

	json_array_foreach((json_t *)j, i, value)
	{
		char piece[32];

		if (json_is_null(value))
			continue;
		number++;
		snprintf(piece, sizeof(piece), "%s%zu", w->lists == QUERY_MEMBER ? "member." : "",
			 number);
		if (write_below(w, text_of(w->lists == QUERY_REPEAT ? "" : piece), value) != 0)
			return -1;
	}
	return 0;
}

static int write_value(struct writer *w, const json_t *j)
{
	bool deep = json_is_object(j) || json_is_array(j);

	if (json_is_null(j))
		return 0;
	/* A name, and a list's item below it. */
	if (w->depth > LIMIT_JSON_DEPTH)
		return -1;
	if (deep && w->lists == QUERY_REPEAT && (w->depth > 1 || json_is_object(j)))
		return -1;
	if (json_is_object(j))
		return write_object(w, j);
	if (json_is_array(j))
		return write_list(w, j);
	write_pair(w, j);
	return 0;
}

int query_write(const json_t *j, enum query_lists lists, struct str *out)
{
	struct writer w = {.lists = lists, .out = out};
	size_t before = out->len;
	int status;

	if (!json_is_object(j))
		return -1;
	status = write_object(&w, j);
	str_release(&w.name);
	if (status != 0)
		str_truncate(out, before);
	return status;
}
