/*
 * manifest_health_more.c - health checks of databases, of names and on hosts, and from where they
 * are asked.
 */
#include <string.h>

#include "engine/manifest_health.h"

#define FROM_LOCAL "local"
#define LAG_MAX_MS (365 * 24 * 3600 * (int64_t)1000)

/* --- POSTGRES -------------------------------------------------------------------------- */

static void check_lag(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	int64_t ms;

	(void)into;
	if (!text_to_duration_ms(value->text, &ms) || ms < 0 || ms > LAG_MAX_MS)
		manifest_refuse(r, health_key(r, "MaxLag", part), value,
				"it is a time such as 10s");
}

/* "16MB", "65536". */
static bool is_size(struct text t)
{
	static const char *const units[] = {"", "B", "kB", "KB", "MB", "GB", "TB"};
	size_t len = 0;

	while (len < t.len && t.ptr[len] >= '0' && t.ptr[len] <= '9')
		len++;
	for (size_t i = 0; len && i < ARRAY_LEN(units); i++) {
		if (text_is((struct text){t.ptr + len, t.len - len}, units[i]))
			return true;
	}
	return false;
}

static void check_lag_bytes(struct manifest_reader *r, const struct manifest_part *part, void *into,
			    const struct node *value)
{
	(void)into;
	if (!is_size(value->text))
		manifest_refuse(r, health_key(r, "MaxLagBytes", part), value,
				"it is a number of bytes such as 65536, 512kB or 16MB");
}

static const char *const roles[] = {"primary", "standby", "any", NULL};

static const struct manifest_key postgres_rows[] = {
	{"Host", KEY_TEXT, KEY_REQUIRED, NULL, NULL},
	{"Port", KEY_TEXT, KEY_OPTIONAL, health_check_port, NULL},
	{"User", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"Password", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"Database", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"SslMode", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"CaFile", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"Role", KEY_TEXT, KEY_OPTIONAL, NULL, roles},
	{"Writable", KEY_FLAG, KEY_OPTIONAL, NULL, NULL},
	{"MaxLag", KEY_TEXT, KEY_OPTIONAL, check_lag, NULL},
	{"MaxLagBytes", KEY_TEXT, KEY_OPTIONAL, check_lag_bytes, NULL},
	{"Query", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"Expect", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
};
const struct manifest_keys health_postgres_keys = {KEYS_CLOSED, postgres_rows,
						   ARRAY_LEN(postgres_rows), &health_common_keys};

/* --- DNS ------------------------------------------------------------------------------- */

static void check_answers(struct manifest_reader *r, const char *key,
			  const struct manifest_part *part, const struct node *value)
{
	const struct node *const *items = value->kind == NODE_LIST ? value->items : &value;
	size_t count = value->kind == NODE_LIST ? value->count : 1;
	const char *what = health_key(r, key, part);

	for (size_t i = 0; i < count && !manifest_full(r); i++)
		manifest_is_text(r, what, items[i]);
}

static void check_contains(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	(void)into;
	check_answers(r, "Contains", part, value);
}

static void check_equals(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	(void)into;
	check_answers(r, "Equals", part, value);
}

static const char *const record_types[] = {"A",  "AAAA", "CNAME", "TXT", "NS",
					   "MX", "SRV",  "SOA",   "PTR", NULL};

static const struct manifest_key dns_rows[] = {
	{"Name", KEY_TEXT, KEY_REQUIRED, NULL, NULL},
	{"Server", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"Port", KEY_TEXT, KEY_OPTIONAL, health_check_port, NULL},
	{"RecordType", KEY_TEXT, KEY_OPTIONAL, NULL, record_types},
	{"Contains", KEY_ANY, KEY_OPTIONAL, check_contains, NULL},
	{"Equals", KEY_ANY, KEY_OPTIONAL, check_equals, NULL},
};
const struct manifest_keys health_dns_keys = {KEYS_CLOSED, dns_rows, ARRAY_LEN(dns_rows),
					      &health_common_keys};

/* --- SSH ------------------------------------------------------------------------------- */

static const struct manifest_key ssh_rows[] = {
	{"Command", KEY_ANY, KEY_REQUIRED, health_check_command, NULL},
	{"Environment", KEY_MAP, KEY_OPTIONAL, health_check_environment, NULL},
};
const struct manifest_keys health_ssh_keys = {KEYS_CLOSED, ssh_rows, ARRAY_LEN(ssh_rows),
					      &health_common_keys};

/* --- from where ------------------------------------------------------------------------ */

static bool is_host(const struct manifest *m, struct text name)
{
	for (size_t i = 0; i < m->region_count; i++) {
		for (size_t k = 0; k < m->regions[i].host_count; k++) {
			if (text_is(name, m->regions[i].hosts[k].host.name))
				return true;
		}
	}
	return false;
}

static void report_vantage(struct manifest_reader *r, const struct manifest_part *part,
			   const struct node *n)
{
	const struct map *regions = &r->named[NAMED_REGION];
	const char **names = ARENA_ARRAY(r->a, regions->entry_count + 1, const char *);
	struct diag *g = diag_add(r->d, DIAG_CHECK_VANTAGE, n->where,
				  "%s names neither a region nor a host: '%s'",
				  health_key(r, "From", part), n->text.ptr);

	for (size_t i = 0; i < regions->entry_count; i++)
		names[i] = regions->entries[i].key;
	names[regions->entry_count] = FROM_LOCAL;
	diag_did_you_mean(r->d, g, n->text, names, regions->entry_count + 1);
	if (!g->hint)
		diag_hint(r->d, g, "write local, a region, or a host of the manifest");
}

/* Of a region its first host asks. */
static void check_asker(struct manifest_reader *r, const struct manifest_part *part,
			const struct node *n)
{
	const struct manifest_region *region;

	if (text_is(n->text, FROM_LOCAL) || is_host(r->m, n->text))
		return;
	region = map_find(&r->named[NAMED_REGION], n->text);
	if (!region)
		report_vantage(r, part, n);
	else if (!region->host_count)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_CHECK_VANTAGE, n->where,
				   "%s names region '%s', which has no host that could ask",
				   health_key(r, "From", part), region->name),
			  "give the region Hosts, or name a host of another one");
}

void health_set_from(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	struct manifest_check *c = into;

	c->from = manifest_names(r, health_key(r, "From", part), value, &c->from_count);
	for (size_t i = 0; i < value->count && !manifest_full(r); i++)
		check_asker(r, part, value->items[i]);
	c->quorum = c->from_count / 2 + 1;
}

void health_set_quorum(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	struct manifest_check *c = into;
	int64_t count;

	if (!c->from_count)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_CHECK_VANTAGE, value->where,
				   "%s counts places, and there is no 'From'",
				   health_key(r, "Quorum", part)),
			  "add 'From: [local, REGION, ...]', or remove it");
	else if (text_to_int64(value->text, 1, (int64_t)c->from_count, &count))
		c->quorum = (size_t)count;
	else
		manifest_refuse(r, health_key(r, "Quorum", part), value,
				arena_printf(r->a,
					     "it is how many places of 'From' must agree: 1 to %zu",
					     c->from_count));
}

/* A name that just has any answer is asked for with neither. */
static void check_dns(struct manifest_reader *r, const struct manifest_part *part)
{
	manifest_refuse_both(r, part, "Contains", "Equals");
}

/* Lag is a standby's: a primary has none to be too large. */
static void check_postgres(struct manifest_reader *r, const struct manifest_part *part)
{
	static const char *const of_standbys[] = {"MaxLag", "MaxLagBytes"};
	const struct node *role = node_find(part->map, "Role");

	if (!role || !text_is(role->text, "primary"))
		return;
	for (size_t i = 0; i < ARRAY_LEN(of_standbys); i++) {
		const struct node *lag = node_find(part->map, of_standbys[i]);

		if (!lag)
			continue;
		diag_hint(r->d,
			  diag_add(r->d, DIAG_KEYS_EXCLUSIVE, lag->where,
				   "%s is of a standby, and the check asks for a primary",
				   health_key(r, of_standbys[i], part)),
			  "write 'Role: standby' or 'Role: any'");
	}
}

/* Hosts can send a request or open a connection for somebody else; nothing more. */
static void check_from(struct manifest_reader *r, const struct manifest_part *part,
		       const struct manifest_check *c)
{
	const struct node *from = node_find(part->map, "From");

	if (!from || !strcmp(c->type, "HTTP") || !strcmp(c->type, "TCP"))
		return;
	diag_hint(r->d,
		  diag_add(r->d, DIAG_CHECK_VANTAGE, from->where,
			   "health checks of type %s are asked from here alone", c->type),
		  "remove 'From', or ask by HTTP or TCP");
}

void health_check_more(struct manifest_reader *r, const struct manifest_part *part,
		       struct manifest_check *c)
{
	check_from(r, part, c);
	if (!strcmp(c->type, "DNS"))
		check_dns(r, part);
	else if (!strcmp(c->type, "POSTGRES"))
		check_postgres(r, part);
	else if (!strcmp(c->type, "SSH")) {
		c->per_host = true;
		if (!node_find(part->map, "Provider"))
			c->provider = "ssh";
	}
}
