/* intrinsic_map.c - Fn::FindInMap and Fn::GetAZs. */
#include "templates/intrinsic.h"

#include <string.h>

#include "templates/refs.h"
#include "templates/sections.h"

/* Fn::FindInMap */

struct lookup {
	const struct node *call;
	const struct mapping *mapping;
	struct text top, second;
	const struct node *fallback; /* DefaultValue, or NULL */
};

static const struct value *use_fallback(struct eval *e, const struct lookup *l)
{
	return eval_node(e, l->fallback);
}

/* Mappings hold no functions, so loops and places do not matter here. */
static const struct value *literal(struct eval *e, const struct node *n)
{
	const struct scope *scope = e->scope;
	const struct value *v;

	e->scope = NULL;
	v = eval_node(e, n);
	e->scope = scope;
	return v;
}

/* Without a target a key that its values make may well be there for another one. */
static const struct value *report_key(struct eval *e, const struct lookup *l, size_t arg)
{
	const struct node_entry mapping = {l->mapping->key, l->mapping->body};
	const struct node *at = l->call->arg->items[arg];
	struct text none = TEXT_LIT("");
	struct diag *g;

	if (e->st->partial && at->kind == NODE_CALL) {
		g = diag_warn(e->d, DIAG_MAP_KEY_MISSING, at->where,
			      "mapping '%.*s' has no key '%.*s'", TEXT_ARG(mapping.key->text),
			      TEXT_ARG(arg == 1 ? l->top : l->second));
		diag_detail(e->d, g, "in %s", eval_target_name(e));
		return eval_unknown(e, l->call, NULL, 0);
	}
	report_map_key(e->d, at, arg == 1 ? l->top : l->second, arg == 1 ? none : l->top, &mapping);
	diag_detail(e->d, e->d->last, "in %s", eval_target_name(e));
	return NULL;
}

static const struct value *find(struct eval *e, const struct lookup *l)
{
	const struct node *keys = names_find(&l->mapping->keys, l->top);
	const struct node_entry *entry;

	if (!keys)
		return l->fallback ? use_fallback(e, l) : report_key(e, l, 1);
	entry = node_find_entry(keys, l->second);
	if (!entry)
		return l->fallback ? use_fallback(e, l) : report_key(e, l, 2);
	return literal(e, entry->value);
}

static int read_fallback(struct eval *e, struct lookup *l)
{
	const struct node *arg = l->call->arg;
	struct diag *g;

	if (arg->count < 4)
		return 0;
	l->fallback = node_find(arg->items[3], "DefaultValue");
	if (l->fallback && arg->items[3]->count == 1)
		return 0;
	g = diag_add(e->d, DIAG_FUNCTION_ARGUMENT, arg->items[3]->where,
		     "the fourth item of 'Fn::FindInMap' is {DefaultValue: ...}, and this is %s",
		     node_describe(arg->items[3]));
	intrinsic_hint(e->d, g, l->call);
	return -1;
}

static const struct value *report_mapping(struct eval *e, const struct node *at, struct text name)
{
	report_mapping_unknown(e->d, at->where, name, e->st->tpl->mappings);
	return NULL;
}

/* A name may come from a resource: then the call waits for it. */
struct map_name {
	const char *what;
	struct text text;
	const struct value *waits; /* VALUE_UNKNOWN, or NULL */
};

static bool read_name(struct eval *e, const struct node *call, size_t arg, struct map_name *name)
{
	const struct node *n = call->arg->items[arg];
	const struct value *v;

	if (n->kind != NODE_CALL)
		return eval_name(e, call, n, name->what, &name->text);
	v = eval_scalar(e, call, n, name->what);
	if (v && v->sensitive)
		return eval_name(e, call, n, name->what, &name->text);
	if (v && v->kind == VALUE_UNKNOWN)
		name->waits = v;
	else if (v)
		value_scalar_text(v, &name->text);
	return v;
}

const struct value *intrinsic_find_in_map(struct eval *e, const struct node *call)
{
	struct map_name names[] = {{.what = "the mapping"},
				   {.what = "the top-level key"},
				   {.what = "the second-level key"}};
	struct lookup l = {.call = call};
	const struct value *waiting[ARRAY_LEN(names)];
	bool ok = read_fallback(e, &l) == 0;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		ok &= read_name(e, call, i, &names[i]);
		if (names[i].waits)
			waiting[count++] = names[i].waits;
	}
	if (!ok)
		return NULL;
	if (count)
		return eval_unknown(e, call, waiting, count);
	l.top = names[1].text;
	l.second = names[2].text;
	l.mapping = names_find(&sections_of(e->st->tpl)->mappings, names[0].text);
	if (l.mapping)
		return find(e, &l);
	return l.fallback ? use_fallback(e, &l)
			  : report_mapping(e, call->arg->items[0], names[0].text);
}

/* Fn::GetAZs */

/* Of a region that the manifest has no zones for; region NULL: the target's own. */
static const struct value *ask_zones(struct eval *e, const struct node *call, const char *region)
{
	struct outside_question q = {.kind = ASK_ZONES, .region = region, .where = call->where};

	return eval_ask(e, call, &q);
}

static const struct value *other_zones(struct eval *e, const struct node *call, const char *region)
{
	const struct eval_target *t = e->st->target;
	const char *const *zones;
	size_t count;
	struct diag *g;

	if (t->zones_of && t->zones_of(t->context, region, &zones, &count) &&
	    (count || !t->asks_cloud))
		return eval_strings(e, zones, count, call);
	if (t->asks_cloud)
		return ask_zones(e, call, region);
	if (e->st->partial)
		return eval_unknown(e, call, NULL, 0);
	g = diag_add(e->d, DIAG_ZONES_UNKNOWN, call->arg->where,
		     "the zones of region '%s' are not known", region);
	diag_hint(e->d, g,
		  "list them under its Zones in the manifest, or use !GetAZs '' for the "
		  "region of the target");
	return NULL;
}

const struct value *intrinsic_get_azs(struct eval *e, const struct node *call)
{
	const struct eval_target *t = e->st->target;
	struct asked_name region = {"the region", {"", 0}, NULL};

	if (e->st->partial && !t->zone_count)
		return eval_unknown(e, call, NULL, 0);
	if (!node_is_null(call->arg) && !eval_asked_name(e, call, call->arg, &region))
		return NULL;
	if (region.waits)
		return eval_unknown(e, call, &region.waits, 1);
	if (!region.text.len || text_is(region.text, t->region) ||
	    text_is(region.text, t->aws_region))
		return t->zone_count || !t->asks_cloud
			       ? eval_strings(e, t->zones, t->zone_count, call)
			       : ask_zones(e, call, NULL);
	return other_zones(e, call, arena_text(e->a, region.text));
}
