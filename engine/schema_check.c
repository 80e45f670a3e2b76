/* schema_check.c - the properties of one resource against its type. */
#include <string.h>

#include "base/str.h"
#include "engine/schema_type.h"
#include "templates/node.h"

#define QUOTED_LEN_MAX 60
/* More choices than this are no help as a list. */
#define LISTED_CHOICES_MAX 24

struct check {
	const struct schema *schema;
	const struct doc_resource *resource;
	const char *address;
	struct diags *d;
	struct str path; /* "Tags.0.Key": where the check is */
};

/* The nearest place that somebody wrote. */
static struct range place_of(const struct check *c, const struct value *v)
{
	struct range where = value_where(v);

	return where.src ? where : c->resource->where;
}

static struct diag *report(struct check *c, enum diag_code code, struct range where,
			   const char *what)
{
	struct diag *g = diag_add(c->d, code, where, "%s", what);

	diag_address(c->d, g, c->address);
	return g;
}

/* A scalar as it may be shown: secrets hidden, long texts cut. */
static void add_shown(struct str *out, const struct value *v)
{
	struct text text;
	size_t len;

	if (v->sensitive || !value_scalar_text(v, &text)) {
		value_format(v, out);
		return;
	}
	len = text.len;
	if (len > QUOTED_LEN_MAX) {
		/* Never inside a character. */
		for (len = QUOTED_LEN_MAX; len && (text.ptr[len] & 0xc0) == 0x80; len--)
			;
	}
	str_printf(out, "'%.*s%s'", (int)len, text.ptr, len < text.len ? "..." : "");
}

/* The node of a member's key; NULL when the map was made up. */
static const struct node *key_node(const struct value *map, struct text key)
{
	const struct node_entry *e = NULL;

	if (map->from && map->from->kind == NODE_MAP)
		e = node_find_entry(map->from, key);
	return e ? e->key : NULL;
}

static struct range place_of_key(const struct check *c, const struct value *map,
				 const struct value_entry *e)
{
	const struct node *key = key_node(map, e->key);

	return key ? key->where : place_of(c, e->value);
}

static const char *kind_name(enum shape_kind kind)
{
	switch (kind) {
	case SHAPE_STRING:
		return "a string";
	case SHAPE_INTEGER:
		return "a whole number";
	case SHAPE_NUMBER:
		return "a number";
	case SHAPE_BOOLEAN:
		return "true or false";
	case SHAPE_ARRAY:
		return "a list";
	case SHAPE_OBJECT:
		return "a map";
	}
	return "something else";
}

void shape_add_kinds(struct str *out, unsigned kinds)
{
	bool first = true;

	for (unsigned kind = SHAPE_STRING; kind <= SHAPE_OBJECT; kind <<= 1) {
		if (!(kinds & kind))
			continue;
		str_printf(out, "%s%s", first ? "" : " or ", kind_name((enum shape_kind)kind));
		first = false;
	}
}

void shape_add_choices(struct str *out, const struct shape *s)
{
	for (size_t i = 0; i < s->choice_count && i < LISTED_CHOICES_MAX; i++)
		str_printf(out, "%s%s", i ? ", " : "", s->choices[i]);
	if (s->choice_count > LISTED_CHOICES_MAX)
		str_add(out, ", ...");
}

static bool fits_kind(const struct value *v, enum shape_kind kind)
{
	struct text text;
	int64_t integer;
	double number;

	switch (kind) {
	case SHAPE_STRING:
		return value_scalar_text(v, &text);
	case SHAPE_INTEGER:
		return value_scalar_text(v, &text) && v->kind != VALUE_BOOL &&
		       text_to_int64(text, INT64_MIN, INT64_MAX, &integer);
	case SHAPE_NUMBER:
		return value_scalar_text(v, &text) && v->kind != VALUE_BOOL &&
		       text_to_double(text, &number);
	case SHAPE_BOOLEAN:
		return v->kind == VALUE_BOOL || (value_scalar_text(v, &text) &&
						 (text_is(text, "true") || text_is(text, "false")));
	case SHAPE_ARRAY:
		return v->kind == VALUE_LIST;
	case SHAPE_OBJECT:
		return v->kind == VALUE_MAP;
	}
	return false;
}

static bool fits_kinds(const struct value *v, unsigned kinds)
{
	for (unsigned kind = SHAPE_STRING; kind <= SHAPE_OBJECT; kind <<= 1) {
		if ((kinds & kind) && fits_kind(v, (enum shape_kind)kind))
			return true;
	}
	return kinds == 0;
}

static void report_kind(struct check *c, const struct shape *s, const struct value *v)
{
	struct str what = STR_INIT;

	str_printf(&what, "property '%s' is ", str_cstr(&c->path));
	switch (v->kind) {
	case VALUE_NULL:
		str_add(&what, "null");
		break;
	case VALUE_LIST:
		str_add(&what, "a list");
		break;
	case VALUE_MAP:
		str_add(&what, "a map");
		break;
	case VALUE_BOOL:
	case VALUE_NUMBER:
	case VALUE_STRING:
	case VALUE_UNKNOWN:
		add_shown(&what, v);
		break;
	}
	str_add(&what, "; it takes ");
	shape_add_kinds(&what, s->kinds);
	report(c, DIAG_PROPERTY_TYPE, place_of(c, v), str_cstr(&what));
	str_release(&what);
}

static void check_choice(struct check *c, const struct shape *s, const struct value *v)
{
	struct str what = STR_INIT;
	struct text text;
	struct diag *g;

	if (!value_scalar_text(v, &text))
		return;
	for (size_t i = 0; i < s->choice_count; i++) {
		if (text_is(text, s->choices[i]))
			return;
	}
	str_printf(&what, "property '%s' cannot be ", str_cstr(&c->path));
	add_shown(&what, v);
	str_add(&what, "; it is one of ");
	shape_add_choices(&what, s);
	g = report(c, DIAG_PROPERTY_CHOICE, place_of(c, v), str_cstr(&what));
	if (!v->sensitive)
		diag_did_you_mean(c->d, g, text, s->choices, s->choice_count);
	str_release(&what);
}

static void check_pattern(struct check *c, const struct shape *s, const struct value *v)
{
	struct str what = STR_INIT;
	struct text text;

	if (!value_scalar_text(v, &text) || shape_pattern_fits(s->pattern, text))
		return;
	str_printf(&what, "property '%s' cannot be ", str_cstr(&c->path));
	add_shown(&what, v);
	diag_hint(c->d, report(c, DIAG_PROPERTY_PATTERN, place_of(c, v), str_cstr(&what)),
		  "write it so that it matches %s", s->pattern->text);
	str_release(&what);
}

static void check_bounds(struct check *c, const struct shape *s, const struct value *v)
{
	bool low, high;
	struct str what = STR_INIT;
	struct text text;
	double number;

	if (!value_scalar_text(v, &text) || !text_to_double(text, &number))
		return;
	low = s->has_minimum && number < s->minimum;
	high = s->has_maximum && number > s->maximum;
	if (!low && !high)
		return;
	str_printf(&what, "property '%s' is ", str_cstr(&c->path));
	add_shown(&what, v);
	str_printf(&what, "; %s is %.15g", low ? "the least" : "the greatest",
		   low ? s->minimum : s->maximum);
	report(c, DIAG_PROPERTY_RANGE, place_of(c, v), str_cstr(&what));
	str_release(&what);
}

/* An empty one asks for nothing. */
static bool asks(const struct unserved *u, const struct value *v)
{
	struct text text;

	if (v->kind == VALUE_UNKNOWN)
		return !u->value_count;
	if (value_scalar_text(v, &text))
		return text.len && unserved_has(u, text);
	return v->count && !u->value_count;
}

/* True, and reported, when the provider does not serve what is at the path. */
static bool is_unserved(struct check *c, const struct value *v, struct range where)
{
	const struct unserved *u = unserved_at(c->schema, str_text(&c->path));
	struct str what = STR_INIT;

	if (!u || !asks(u, v))
		return false;
	unserved_add(&what, c->schema, str_text(&c->path));
	if (u->value_count) {
		str_add(&what, " as ");
		add_shown(&what, v);
	}
	unserved_explain(u, report(c, DIAG_PROPERTY_UNSERVED, where, str_cstr(&what)), c->d);
	str_release(&what);
	return true;
}

static void check_value(struct check *c, const struct shape *s, const struct value *v);

/* One step down; returns the length to go back to. */
static size_t path_down(struct check *c, struct text name)
{
	size_t before = c->path.len;

	if (before)
		str_add_char(&c->path, '.');
	str_add_text(&c->path, name);
	return before;
}

static void check_items(struct check *c, const struct shape *s, const struct value *v)
{
	if (!s->items)
		return;
	for (size_t i = 0; i < v->count; i++) {
		size_t before = c->path.len;

		str_printf(&c->path, ".%zu", i);
		if (!is_unserved(c, v->items[i], place_of(c, v->items[i])))
			check_value(c, s->items, v->items[i]);
		str_truncate(&c->path, before);
	}
}

static void report_unknown(struct check *c, const struct shape *s, const struct value *map,
			   const struct value_entry *e)
{
	const char **names = xcalloc(s->member_count + 1, sizeof(*names));
	struct str what = STR_INIT, known = STR_INIT;
	struct diag *g;
	size_t count = 0;

	for (size_t i = 0; i < s->member_count; i++) {
		if (s->members[i].read_only)
			continue;
		names[count++] = s->members[i].name;
		str_printf(&known, "%s%s", count > 1 ? ", " : "", s->members[i].name);
	}
	str_printf(&what, "%s has no property '%s'", c->schema->type, str_cstr(&c->path));
	g = report(c, DIAG_PROPERTY_UNKNOWN, place_of_key(c, map, e), str_cstr(&what));
	diag_did_you_mean(c->d, g, e->key, names, count);
	if (!g->hint && count)
		diag_hint(c->d, g, "the properties here are %s", str_cstr(&known));
	str_release(&what);
	str_release(&known);
	free(names);
}

static void report_read_only(struct check *c, const struct value *map, const struct value_entry *e)
{
	struct str what = STR_INIT;
	struct diag *g;

	str_printf(&what, "property '%s' of %s cannot be set", str_cstr(&c->path), c->schema->type);
	g = report(c, DIAG_PROPERTY_READ_ONLY, place_of_key(c, map, e), str_cstr(&what));
	diag_hint(c->d, g, "remove it; !GetAtt %s.%s gives its value", c->resource->logical_id,
		  str_cstr(&c->path));
	str_release(&what);
}

static void check_entry(struct check *c, const struct shape *s, const struct value *map,
			const struct value_entry *e)
{
	const struct shape *member = shape_member(s, e->key);
	size_t before = path_down(c, e->key);

	if (member && member->read_only)
		report_read_only(c, map, e);
	else if (is_unserved(c, e->value, place_of_key(c, map, e)))
		; /* and what it looks like does not matter */
	else if (member)
		check_value(c, member, e->value);
	else if (s->rest)
		check_value(c, s->rest, e->value);
	else if (!s->open)
		report_unknown(c, s, map, e);
	str_truncate(&c->path, before);
}

static void check_required(struct check *c, const struct shape *s, const struct value *map)
{
	for (size_t i = 0; i < s->required_count; i++) {
		struct text name = text_of(s->required[i]);
		size_t before;
		struct diag *g;

		if (value_find(map, name))
			continue;
		before = path_down(c, name);
		g = diag_add(c->d, DIAG_PROPERTY_MISSING,
			     before ? place_of(c, map) : c->resource->where,
			     "'%s' has no property '%s', which %s requires",
			     c->resource->logical_id, str_cstr(&c->path), c->schema->type);
		diag_address(c->d, g, c->address);
		diag_hint(c->d, g, "add '%s' %s", s->required[i],
			  before ? "here" : "to its Properties");
		str_truncate(&c->path, before);
	}
}

static size_t size_of(const struct value *v)
{
	size_t count = 0;
	struct text t;

	if (!value_scalar_text(v, &t))
		return v->count;
	for (size_t i = 0; i < t.len; i++)
		count += ((unsigned char)t.ptr[i] & 0xc0) != 0x80;
	return count;
}

static const char *unit_of(const struct value *v)
{
	if (v->kind == VALUE_LIST)
		return "items";
	return v->kind == VALUE_MAP ? "members" : "characters";
}

static void check_size(struct check *c, const struct shape *s, const struct value *v)
{
	size_t size = size_of(v);
	struct str what = STR_INIT;

	if (size >= s->least && size <= s->most)
		return;
	str_printf(&what, "property '%s' has %zu %s; %s %zu", str_cstr(&c->path), size, unit_of(v),
		   size < s->least ? "the least is" : "the most is",
		   size < s->least ? s->least : s->most);
	report(c, DIAG_PROPERTY_SIZE, place_of(c, v), str_cstr(&what));
	str_release(&what);
}

/* The names of a group as a person would list them: 'A', 'B' and 'C'. */
static void add_names(struct str *out, const char *const *names, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		str_printf(out, "%s'%s'", !i ? "" : i + 1 < count ? ", " : word, names[i]);
}

static const char *const group_words[] = {
	[GROUP_NEEDS] = "needs ",
	[GROUP_EXCLUDES] = "excludes ",
	[GROUP_ANY] = "there must be ",
	[GROUP_ONE] = "there must be exactly one of ",
};

void shape_add_group(struct str *out, const struct shape_group *g, struct text path)
{
	bool of_first = g->kind == GROUP_NEEDS || g->kind == GROUP_EXCLUDES;

	if (path.len)
		str_printf(out, "in property '%.*s' ", TEXT_ARG(path));
	if (of_first)
		str_printf(out, "'%s' ", g->names[0]);
	str_add(out, group_words[g->kind]);
	add_names(out, g->names + of_first, g->count - of_first,
		  g->kind == GROUP_NEEDS ? " and " : " or ");
}

static const struct value_entry *entry_of(const struct value *map, const char *name)
{
	for (size_t i = 0; i < map->count; i++) {
		if (text_is(map->entries[i].key, name))
			return &map->entries[i];
	}
	return NULL;
}

/* At the property that needs another one, or that may not be there; else at the map. */
static struct range place_of_group(const struct check *c, const struct shape_group *g,
				   const struct value *map)
{
	const struct value_entry *e = NULL;

	if (g->kind == GROUP_NEEDS)
		e = entry_of(map, g->names[0]);
	for (size_t i = 1; g->kind == GROUP_EXCLUDES && !e && i < g->count; i++)
		e = entry_of(map, g->names[i]);
	return e ? place_of_key(c, map, e) : place_of(c, map);
}

static void report_group(struct check *c, const struct shape_group *g, const struct value *map)
{
	struct str what = STR_INIT;

	shape_add_group(&what, g, str_text(&c->path));
	report(c, DIAG_PROPERTY_GROUP, place_of_group(c, g, map), str_cstr(&what));
	str_release(&what);
}

static void check_group(struct check *c, const struct shape_group *g, const struct value *map)
{
	size_t there = 0;
	bool first = value_find(map, text_of(g->names[0])) != NULL;

	for (size_t i = 0; i < g->count; i++)
		there += value_find(map, text_of(g->names[i])) != NULL;
	if ((g->kind == GROUP_NEEDS && first && there < g->count) ||
	    (g->kind == GROUP_EXCLUDES && first && there > 1) || (g->kind == GROUP_ANY && !there) ||
	    (g->kind == GROUP_ONE && there != 1))
		report_group(c, g, map);
}

static void check_map(struct check *c, const struct shape *s, const struct value *v)
{
	for (size_t i = 0; i < s->group_count; i++)
		check_group(c, &s->groups[i], v);
	for (size_t i = 0; i < v->count; i++)
		check_entry(c, s, v, &v->entries[i]);
	check_required(c, s, v);
}

static void check_value(struct check *c, const struct shape *s, const struct value *v)
{
	s = shape_of(s);
	if (v->kind == VALUE_UNKNOWN)
		return;
	if (!fits_kinds(v, s->kinds)) {
		report_kind(c, s, v);
		return;
	}
	if (s->choices)
		check_choice(c, s, v);
	if (s->pattern)
		check_pattern(c, s, v);
	if (s->has_minimum || s->has_maximum)
		check_bounds(c, s, v);
	check_size(c, s, v);
	if (v->kind == VALUE_LIST)
		check_items(c, s, v);
	else if (v->kind == VALUE_MAP)
		check_map(c, s, v);
}

int schema_check(const struct schema *s, const struct doc_resource *r, const char *address,
		 struct diags *d)
{
	struct check c = {s, r, address, d, STR_INIT};
	size_t errors = d->error_count;

	check_value(&c, &s->root, r->properties);
	str_release(&c.path);
	return d->error_count == errors ? 0 : -1;
}
