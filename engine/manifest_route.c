/*
 * manifest_route.c - the section Routes: how users are led to regions.
 *
 * What a type of route takes is checked by the provider that carries it out; maps with an entry
 * per region are checked here.
 */
#include <string.h>

#include "engine/manifest_read.h"

static const char *key_of(struct manifest_reader *r, const char *key,
			  const struct manifest_part *part)
{
	return arena_printf(r->a, "'%s' of %s", key, part->who);
}

static bool is_route_type(struct text t)
{
	const struct text end = TEXT_LIT("::Route");

	return t.len > end.len && text_eq((struct text){t.ptr + t.len - end.len, end.len}, end);
}

static void set_type(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	static const char *const known[] = {"PowerDNS::Route", "HAProxy::Route",
					    "AWS::Route53::Route",
					    "AWS::ElasticLoadBalancingV2::Route"};
	struct manifest_route *route = into;
	struct diag *g;

	route->type = value->text.ptr;
	if (is_route_type(value->text))
		return;
	g = diag_add(r->d, DIAG_ROUTE_TYPE, value->where, "%s cannot be '%s'",
		     key_of(r, "Type", part), route->type);
	diag_did_you_mean(r->d, g, value->text, known, ARRAY_LEN(known));
	if (!g->hint)
		diag_hint(r->d, g,
			  "types of routes end in '::Route': PowerDNS::Route, HAProxy::Route, "
			  "AWS::Route53::Route, AWS::ElasticLoadBalancingV2::Route");
}

static void set_provider(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	struct manifest_route *route = into;
	const char **names;
	struct diag *g;

	route->provider = value->text.ptr;
	if (manifest_provider(r->m, route->provider))
		return;
	names = ARENA_ARRAY(r->a, r->m->provider_count, const char *);
	for (size_t i = 0; i < r->m->provider_count; i++)
		names[i] = r->m->providers[i].name;
	g = diag_add(r->d, DIAG_PROVIDER_UNKNOWN, value->where,
		     "there is no provider '%s' to carry out %s", route->provider, part->who);
	diag_did_you_mean(r->d, g, value->text, names, r->m->provider_count);
	if (!g->hint)
		diag_hint(r->d, g, "declare it in the section Providers, or leave it out");
}

static void set_region(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	((struct manifest_route *)into)->region =
		manifest_named(r, NAMED_REGION, key_of(r, "Region", part), value);
}

/* A region that is not there would get no traffic, and nobody would know why. */
static void check_regions(struct manifest_reader *r, const struct manifest_part *part,
			  const char *key)
{
	const struct node *map = node_find(part->map, key);

	if (!map)
		return;
	if (map->kind != NODE_MAP) {
		manifest_wrong_shape(r, key_of(r, key, part), map, "a map");
		return;
	}
	for (size_t i = 0; i < map->count && !manifest_full(r); i++)
		manifest_named(r, NAMED_REGION, key_of(r, key, part), map->entries[i].key);
}

static const struct manifest_key route_rows[] = {
	{"Type", KEY_TEXT, KEY_REQUIRED, set_type, NULL},
	{"Provider", KEY_NAME, KEY_OPTIONAL, set_provider, NULL},
	{"Region", KEY_NAME, KEY_OPTIONAL, set_region, NULL},
};
static const struct manifest_keys route_keys = {KEYS_OPEN, route_rows, ARRAY_LEN(route_rows), NULL};

static const char *const by_region[] = {"Values", "Servers", "TargetGroups"};

void manifest_set_routes(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	struct manifest_route *list = ARENA_ARRAY(r->a, value->count, struct manifest_route);
	struct manifest_part entry;

	(void)part;
	(void)into;
	r->m->routes = list;
	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		struct manifest_route *route = &list[r->m->route_count];

		if (!manifest_read_named(r, "route", &value->entries[i], &entry))
			continue;
		*route = (struct manifest_route){.name = entry.at->text.ptr,
						 .type = "",
						 .config = entry.map,
						 .where = entry.at->where};
		r->m->route_count++;
		manifest_read_map(r, &entry, &route_keys, route);
		for (size_t k = 0; k < ARRAY_LEN(by_region); k++)
			check_regions(r, &entry, by_region[k]);
	}
}

const struct manifest_route *manifest_route(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->route_count; i++) {
		if (!strcmp(m->routes[i].name, name))
			return &m->routes[i];
	}
	return NULL;
}
