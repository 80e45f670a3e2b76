/*
 * property.c - the properties of resources against the schemas of their types.
 *
 * Every alternative of a value is checked where it stands, so branches are checked whoever takes
 * them.  What recursion there is follows the template's own depth.
 */
#include "engine/lint/property.h"

#include "base/limits.h"

/* Warnings after which properties are no longer looked at. */
#define WARNINGS_MAX 1000
#define SHOWN_LEN_MAX 60
/* More names than this are no help as a list. */
#define LISTED_NAMES_MAX 24

/* Reports */

void property_add_shown(struct str *out, struct text t)
{
	size_t len = t.len;

	if (len > SHOWN_LEN_MAX) {
		/* Never inside a character. */
		for (len = SHOWN_LEN_MAX; len && (t.ptr[len] & 0xc0) == 0x80; len--)
			;
	}
	str_printf(out, "'%.*s%s'", (int)len, t.ptr, len < t.len ? "..." : "");
}

/* What is wrong whoever wrote the schema.  Patterns, sizes and the like are collected by
 * catalogues from several sources, and the service itself may take more. */
static bool is_firm(enum diag_code code)
{
	static const enum diag_code firm[] = {DIAG_PROPERTY_UNKNOWN, DIAG_PROPERTY_MISSING,
					      DIAG_PROPERTY_TYPE, DIAG_PROPERTY_CHOICE};

	for (size_t i = 0; i < ARRAY_LEN(firm); i++) {
		if (firm[i] == code)
			return true;
	}
	return false;
}

struct diag *property_report(struct property_check *c, enum diag_code code, struct range where,
			     enum property_doubt doubt, const struct str *what)
{
	if (doubt == PROPERTY_SURE && (!c->r->catalogued || is_firm(code)))
		return diag_add(c->l->d, code, where, "%s", str_cstr(what));
	return diag_warn(c->l->d, code, where, "%s", str_cstr(what));
}

struct diag *property_report_value(struct property_check *c, enum diag_code code,
				   const struct alternative *alt, const struct str *what)
{
	bool written = alt->node && !alt->derived;
	struct diag *g = property_report(c, code, written ? alt->node->where : alt->at->where,
					 written ? PROPERTY_SURE : PROPERTY_DOUBTFUL, what);

	if (alt->parameter && alt->node)
		diag_detail(c->l->d, g, "parameter '%s' allows it", alt->parameter->name);
	else if (alt->derived)
		diag_detail(c->l->d, g, "%s gives it", node_describe(alt->at));
	return g;
}

/* What is not served */

struct asking {
	struct property_check *c;
	const struct unserved *unserved;
	struct range where;
	bool refused;
};

static bool asks(const struct unserved *u, const struct alternative *alt)
{
	switch (alt->kind) {
	case ALTERNATIVE_SCALAR:
		return alt->node->text.len && !node_is_null(alt->node) &&
		       unserved_has(u, alt->node->text);
	case ALTERNATIVE_LIST:
	case ALTERNATIVE_MAP:
		return alt->node->count && !u->value_count;
	case ALTERNATIVE_TEXT:
	case ALTERNATIVE_NUMBER:
	case ALTERNATIVE_TEXTS:
	case ALTERNATIVE_SHAPE:
		/* A parameter may be empty. */
		return !alt->parameter && !u->value_count;
	case ALTERNATIVE_ABSENT:
	case ALTERNATIVE_ANY:
		break;
	}
	return false;
}

/* A project is to be deployed; a file alone may be meant for other definitions, or for
 * CloudFormation itself. */
static struct diag *add_unserved(const struct asking *a, const struct str *what)
{
	const struct lint *l = a->c->l;

	return registry_of_project(l->types)
		       ? diag_add(l->d, DIAG_PROPERTY_UNSERVED, a->where, "%s", str_cstr(what))
		       : diag_warn(l->d, DIAG_PROPERTY_UNSERVED, a->where, "%s", str_cstr(what));
}

/* Under a condition it harms nobody for whom that is false: the targets tell. */
static void judge_alternative(void *context, const struct alternative *alt)
{
	struct asking *a = context;
	struct str what = STR_INIT;

	if (a->refused || alt->given || alt->conditional || alt->derived || !asks(a->unserved, alt))
		return;
	unserved_add(&what, a->c->r->schema, str_text(&a->c->path));
	if (a->unserved->value_count) {
		str_add(&what, " as ");
		property_add_shown(&what, alt->node->text);
	}
	unserved_explain(a->unserved, add_unserved(a, &what), a->c->l->d);
	str_release(&what);
	a->refused = true;
}

static bool is_unserved(struct property_check *c, const struct node *n, struct range where,
			const struct assumption *given)
{
	struct asking a = {c, unserved_at(c->r->schema, str_text(&c->path)), where, false};

	if (a.unserved)
		alternatives(c->l, n, given, judge_alternative, &a);
	return a.refused;
}

/* Walking down */

struct visiting {
	struct property_check *c;
	const struct shape *shape;
};

static void check_alternative(void *context, const struct alternative *alt);

static void check_node(struct property_check *c, const struct shape *s, const struct node *n,
		       const struct assumption *given)
{
	struct visiting v = {c, s};

	alternatives(c->l, n, given, check_alternative, &v);
}

static size_t path_down(struct property_check *c, struct text name)
{
	size_t before = c->path.len;

	if (before)
		str_add_char(&c->path, '.');
	str_add_text(&c->path, name);
	return before;
}

/* What could have been meant: the names, or where they are listed. */
static void hint_names(struct property_check *c, struct diag *g, const char *const *names,
		       size_t count)
{
	struct str known = STR_INIT;

	for (size_t i = 0; i < count; i++)
		str_printf(&known, "%s%s", i ? ", " : "", names[i]);
	if (count > LISTED_NAMES_MAX)
		diag_hint(c->l->d, g, "'hadeploy types %s' lists the properties", c->r->type);
	else if (count)
		diag_hint(c->l->d, g, "the properties here are %s", str_cstr(&known));
	str_release(&known);
}

static void report_unknown(struct property_check *c, const struct shape *s, const struct node *key)
{
	const char **names = xcalloc(s->member_count + 1, sizeof(*names));
	struct str what = STR_INIT;
	struct diag *g;
	size_t count = 0;

	for (size_t i = 0; i < s->member_count; i++) {
		if (!s->members[i].read_only)
			names[count++] = s->members[i].name;
	}
	str_printf(&what, "%s has no property '%s'", c->r->type, str_cstr(&c->path));
	g = property_report(c, DIAG_PROPERTY_UNKNOWN, key->where, PROPERTY_SURE, &what);
	diag_did_you_mean(c->l->d, g, key->text, names, count);
	if (!g->hint)
		hint_names(c, g, names, count);
	str_release(&what);
	free(names);
}

static void report_read_only(struct property_check *c, const struct node *key)
{
	struct str what = STR_INIT;
	struct diag *g;

	str_printf(&what, "property '%s' of %s cannot be set", str_cstr(&c->path), c->r->type);
	g = property_report(c, DIAG_PROPERTY_READ_ONLY, key->where, PROPERTY_SURE, &what);
	diag_hint(c->l->d, g, "remove it; !GetAtt %.*s.%s gives its value", TEXT_ARG(c->r->id),
		  str_cstr(&c->path));
	str_release(&what);
}

static bool made_by_loop(struct text key)
{
	for (size_t i = 0; i + 1 < key.len; i++) {
		if (key.ptr[i + 1] == '{' && (key.ptr[i] == '$' || key.ptr[i] == '&'))
			return true;
	}
	return false;
}

static void check_entries(struct property_check *c, const struct shape *s, const struct node *map,
			  const struct assumption *given);

/* Loops give entries of the same map; a transform gives what nobody knows. */
static void check_function_key(struct property_check *c, const struct shape *s,
			       const struct node_entry *e, const struct assumption *given)
{
	const struct node *loop = e->value;

	if (text_starts(e->key->text, "Fn::ForEach::") && loop->kind == NODE_LIST &&
	    loop->count == 3 && loop->items[2]->kind == NODE_MAP)
		check_entries(c, s, loop->items[2], given);
}

static void check_entry(struct property_check *c, const struct shape *s, const struct node_entry *e,
			const struct assumption *given)
{
	const struct shape *member = shape_member(s, e->key->text);
	size_t before;

	if (lint_function_key(e->key->text)) {
		check_function_key(c, s, e, given);
		return;
	}
	before = path_down(c, e->key->text);
	if (member && member->read_only)
		report_read_only(c, e->key);
	else if (is_unserved(c, e->value, e->key->where, given))
		; /* and what it looks like does not matter */
	else if (member)
		check_node(c, member, e->value, given);
	else if (s->rest)
		check_node(c, s->rest, e->value, given);
	else if (!s->open && !made_by_loop(e->key->text))
		report_unknown(c, s, e->key);
	str_truncate(&c->path, before);
}

static void check_entries(struct property_check *c, const struct shape *s, const struct node *map,
			  const struct assumption *given)
{
	for (size_t i = 0; i < map->count; i++)
		check_entry(c, s, &map->entries[i], given);
}

static void check_items(struct property_check *c, const struct shape *s,
			const struct alternative *alt)
{
	for (size_t i = 0; s->items && i < alt->node->count; i++) {
		const struct node *item = alt->node->items[i];
		size_t before = c->path.len;

		str_printf(&c->path, ".%zu", i);
		if (!is_unserved(c, item, item->where, alt->given))
			check_node(c, s->items, item, alt->given);
		str_truncate(&c->path, before);
	}
}

static void report_kind(struct property_check *c, const struct shape *s,
			const struct alternative *alt, enum property_doubt doubt)
{
	bool is_map = alt->kind == ALTERNATIVE_MAP;
	struct str what = STR_INIT;

	str_printf(&what, "property '%s' is %s; it takes ", str_cstr(&c->path),
		   is_map ? "a map" : "a list");
	shape_add_kinds(&what, s->kinds);
	if (doubt == PROPERTY_SURE)
		property_report_value(c, DIAG_PROPERTY_TYPE, alt, &what);
	else
		property_report(c, DIAG_PROPERTY_TYPE, alt->at->where, doubt, &what);
	str_release(&what);
}

/* CloudFormation takes one map as a list of one, and old templates count on it. */
static bool stands_for_list(const struct property_check *c, const struct shape *s,
			    const struct alternative *alt)
{
	return c->r->catalogued && alt->kind == ALTERNATIVE_MAP && (s->kinds & SHAPE_ARRAY) &&
	       s->items && (shape_of(s->items)->kinds & SHAPE_OBJECT);
}

static void check_container(struct property_check *c, const struct shape *s,
			    const struct alternative *alt)
{
	bool is_map = alt->kind == ALTERNATIVE_MAP;

	if (s->kinds && !(s->kinds & (is_map ? SHAPE_OBJECT : SHAPE_ARRAY))) {
		bool one = stands_for_list(c, s, alt);

		report_kind(c, s, alt, one ? PROPERTY_DOUBTFUL : PROPERTY_SURE);
		if (!one)
			return;
		s = shape_of(s->items);
	}
	property_check_members(c, s, alt);
	if (is_map)
		check_entries(c, s, alt->node, alt->given);
	else
		check_items(c, s, alt);
}

static void check_alternative(void *context, const struct alternative *alt)
{
	const struct visiting *v = context;
	const struct shape *s = shape_of(v->shape);

	switch (alt->kind) {
	case ALTERNATIVE_SCALAR:
		property_check_scalar(v->c, s, alt);
		break;
	case ALTERNATIVE_LIST:
	case ALTERNATIVE_MAP:
		check_container(v->c, s, alt);
		break;
	case ALTERNATIVE_TEXT:
	case ALTERNATIVE_NUMBER:
	case ALTERNATIVE_TEXTS:
	case ALTERNATIVE_SHAPE:
		property_check_given(v->c, s, alt);
		break;
	case ALTERNATIVE_ABSENT:
	case ALTERNATIVE_ANY:
		break;
	}
}

/* Without Properties all that is required is missing at the resource itself. */
static void check_none(struct property_check *c)
{
	static const struct node nothing = {.kind = NODE_MAP};
	struct alternative alt = {.kind = ALTERNATIVE_MAP, .node = &nothing, .at = c->r->key};

	alt.given = c->r->given;
	property_check_members(c, &c->r->schema->root, &alt);
}

void lint_properties(struct lint *l, const struct lint_resource *r)
{
	struct property_check c = {l, r, STR_INIT};

	if (!r->schema || l->d->error_count >= LIMIT_DIAGS || l->d->warning_count >= WARNINGS_MAX)
		return;
	if (r->properties)
		check_node(&c, &r->schema->root, r->properties, r->given);
	else
		check_none(&c);
	str_release(&c.path);
}
