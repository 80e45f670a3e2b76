/* manifest_region.c - the section Regions: zones and hosts. */
#include <string.h>

#include "engine/manifest_read.h"

static void set_global(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	struct manifest_region *region = into;

	(void)r;
	(void)part;
	region->global = text_is(value->text, "true");
}

static void set_zones(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	struct manifest_region *region = into;

	(void)part;
	region->zones = manifest_names(r, "a zone", value, &region->zone_count);
}

static void set_region_providers(struct manifest_reader *r, const struct manifest_part *part,
				 void *into, const struct node *value)
{
	struct manifest_region *region = into;

	region->providers = value;
	manifest_check_overrides(r, part, value);
}

static void set_region_tags(struct manifest_reader *r, const struct manifest_part *part, void *into,
			    const struct node *value)
{
	struct manifest_region *region = into;

	region->tags = manifest_read_tags(r, part, value, &region->tag_count);
}

/* A host that is being read, and the region that it belongs to. */
struct host_in_region {
	struct manifest_host *host;
	const struct manifest_region *region;
};

static void set_address(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	struct host_in_region *h = into;

	(void)part;
	h->host->host.address = value->text.ptr;
	if (strpbrk(value->text.ptr, " \t\r\n/@"))
		diag_hint(
			r->d,
			diag_add(r->d, DIAG_MANIFEST_VALUE, value->where,
				 "'%s' cannot be the address of a host", value->text.ptr),
			"write a host name or an IP address; Port and User are keys of their own");
}

static void set_zone(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	struct host_in_region *h = into;
	const struct manifest_region *region = h->region;
	struct diag *g;

	(void)part;
	h->host->host.zone = value->text.ptr;
	for (size_t i = 0; i < region->zone_count; i++) {
		if (text_is(value->text, region->zones[i]))
			return;
	}
	g = diag_add(r->d, DIAG_ZONE_UNKNOWN, value->where, "region '%s' has no zone '%s'",
		     region->name, value->text.ptr);
	diag_did_you_mean(r->d, g, value->text, region->zones, region->zone_count);
	if (!g->hint)
		diag_hint(r->d, g, "add it to the Zones of region '%s'", region->name);
}

static void set_roles(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	struct host_in_region *h = into;

	(void)part;
	h->host->host.roles = manifest_names(r, "a role", value, &h->host->host.role_count);
}

static const struct manifest_key host_rows[] = {
	{"Address", KEY_TEXT, KEY_REQUIRED, set_address, NULL},
	{"Zone", KEY_TEXT, KEY_OPTIONAL, set_zone, NULL},
	{"Roles", KEY_TEXTS, KEY_OPTIONAL, set_roles, NULL},
};
static const struct manifest_keys host_keys = {KEYS_CLOSED, host_rows, ARRAY_LEN(host_rows),
					       &manifest_connection_keys};

static void set_hosts(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	struct manifest_region *region = into;
	struct manifest_host *hosts = ARENA_ARRAY(r->a, value->count, struct manifest_host);
	struct eval_host *eval_hosts = ARENA_ARRAY(r->a, value->count, struct eval_host);
	struct manifest_part entry;

	(void)part;
	region->hosts = hosts;
	region->eval_hosts = eval_hosts;
	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		struct manifest_host *host = &hosts[region->host_count];
		struct host_in_region h = {host, region};

		if (!manifest_read_named(r, "host", &value->entries[i], &entry))
			continue;
		host->host.name = entry.at->text.ptr;
		host->config = entry.map;
		host->where = entry.at->where;
		manifest_read_map(r, &entry, &host_keys, &h);
		eval_hosts[region->host_count++] = host->host;
	}
}

/* Zones before hosts, which name them. */
static const struct manifest_key region_rows[] = {
	{"Global", KEY_FLAG, KEY_OPTIONAL, set_global, NULL},
	{"Tags", KEY_MAP, KEY_OPTIONAL, set_region_tags, NULL},
	{"Zones", KEY_TEXTS, KEY_OPTIONAL, set_zones, NULL},
	{"Hosts", KEY_MAP, KEY_OPTIONAL, set_hosts, NULL},
	{"Providers", KEY_MAP, KEY_OPTIONAL, set_region_providers, NULL},
};
static const struct manifest_keys region_keys = {KEYS_CLOSED, region_rows, ARRAY_LEN(region_rows),
						 NULL};

/* The scalar `Region` among the settings, or NULL. */
static const char *aws_region_in(const struct node *settings)
{
	const struct node *name = NULL;

	if (settings && settings->kind == NODE_MAP)
		name = node_find(settings, "Region");
	return name && name->kind == NODE_SCALAR && name->text.len ? name->text.ptr : NULL;
}

static const char *aws_region_of(const struct manifest *m, const struct manifest_region *region)
{
	const struct manifest_provider *aws = manifest_provider(m, "aws");
	const char *name = NULL;

	if (region->providers)
		name = aws_region_in(node_find(region->providers, "aws"));
	if (!name && aws)
		name = aws_region_in(aws->config);
	return name ? name : region->name;
}

void manifest_set_regions(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	struct manifest_region *regions = ARENA_ARRAY(r->a, value->count, struct manifest_region);
	struct manifest_part entry;

	(void)part;
	(void)into;
	r->m->regions = regions;
	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		struct manifest_region *region = &regions[r->m->region_count];

		if (!manifest_read_named(r, "region", &value->entries[i], &entry))
			continue;
		region->name = entry.at->text.ptr;
		region->where = entry.at->where;
		r->m->region_count++;
		map_set(&r->named[NAMED_REGION], entry.at->text, region);
		manifest_read_map(r, &entry, &region_keys, region);
		region->aws_region = aws_region_of(r->m, region);
	}
}
