/*
 * definition_request.c - Path, Query, Headers and Body as one jq expression.
 *
 * Each part begins on a line of its own, behind a mark that says where it stands in the file: what
 * jq says of it is shown there.
 */
#include <string.h>

#include "base/json.h"
#include "providers/rest/definition_parts.h"
#include "providers/rest/program.h"

struct composer {
	struct definition_reader *r;
	struct str text;
};

/* The first value, or null: else a part without one would take the whole request with it.  In
 * parentheses, which a comment at its end does not swallow. */
static void add_expression(struct composer *c, struct expression e)
{
	program_mark(&c->text, e.where);
	str_add(&c->text, "([(");
	str_add_text(&c->text, e.source);
	/* What it lacks at its end is noticed at what follows. */
	program_mark_end(&c->text, e);
	str_add(&c->text, ")][0])");
}

typedef int holes_fn(struct arena *a, const char *holes, struct range where, struct text *out,
		     struct diags *d);

static void add_holes(struct composer *c, const struct node *n, holes_fn *to_jq)
{
	struct expression e = definition_expression(n);

	if (to_jq(c->r->a, n->text.ptr, e.where, &e.source, c->r->d) == 0)
		add_expression(c, e);
}

static bool is_text(struct composer *c, const struct node_entry *e, enum definition_form form)
{
	if (e->value->kind == NODE_SCALAR && e->value->text.len)
		return true;
	definition_wrong_form(c->r, e->key->text.ptr, e->value, form);
	return false;
}

/* {NAME: JQ} or, as FORM_TEXT, {NAME: HOLES}. */
static void add_map(struct composer *c, const struct node *map, enum definition_form form)
{
	const char *comma = "";

	str_add_char(&c->text, '{');
	for (size_t i = 0; map && i < map->count; i++) {
		const struct node_entry *e = &map->entries[i];

		if (!is_text(c, e, form))
			continue;
		str_add(&c->text, comma);
		json_quote(&c->text, e->key->text);
		str_add_char(&c->text, ':');
		if (form == FORM_JQ)
			add_expression(c, definition_expression(e->value));
		else
			add_holes(c, e->value, program_text_holes);
		comma = ",";
	}
	str_add_char(&c->text, '}');
}

static struct expression composed(struct composer *c, struct range where)
{
	struct expression e = {.where = where};

	e.source = (struct text){arena_text(c->r->a, str_text(&c->text)), c->text.len};
	str_release(&c->text);
	return e;
}

struct expression definition_request(struct definition_reader *r, const struct request_parts *p,
				     struct range step)
{
	struct composer c = {r, STR_INIT};

	str_add(&c.text, "{\"path\":");
	if (p->path)
		add_holes(&c, p->path, program_holes);
	else
		str_add(&c.text, "\"\"");
	str_add(&c.text, ",\"query\":");
	add_map(&c, p->query, FORM_JQ);
	str_add(&c.text, ",\"headers\":");
	add_map(&c, p->headers, FORM_TEXT);
	str_add(&c.text, ",\"body\":");
	if (p->body)
		add_expression(&c, definition_expression(p->body));
	else
		str_add(&c.text, "null");
	str_add_char(&c.text, '}');
	return composed(&c, step);
}

struct expression definition_headers(struct definition_reader *r, const struct node *map)
{
	struct composer c = {r, STR_INIT};

	add_map(&c, map, FORM_TEXT);
	return composed(&c, map->where);
}
