/*
 * manifest_health.c - the section HealthChecks: what can be asked, and how often.
 *
 *	shop: {Type: HTTP, Url: 'http://${Host}:8080/health', Roles: [web], Interval: 10s}
 */
#include <string.h>

#include "engine/manifest_health.h"

#define INTERVAL_DEFAULT_MS 10000
#define TIMEOUT_DEFAULT_MS 5000
#define HEALTHY_DEFAULT 2
#define UNHEALTHY_DEFAULT 3
#define THRESHOLD_MAX 1000
#define INTERVAL_MAX_MS (24 * 3600 * (int64_t)1000)
#define TIMEOUT_MAX_MS 60000 /* one call: CALL_DEADLINE_MS */
#define STATUS_MIN 100
#define STATUS_MAX 599
#define TLS_DAYS_MAX 3650
#define PROVIDER_DEFAULT "probe"

const char *health_key(struct manifest_reader *r, const char *key, const struct manifest_part *part)
{
	return arena_printf(r->a, "'%s' of %s", key, part->who);
}

static void set_interval(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	struct manifest_check *c = into;
	int64_t ms;

	if (text_to_duration_ms(value->text, &ms) && ms > 0 && ms <= INTERVAL_MAX_MS)
		c->interval_ms = ms;
	else
		manifest_refuse(r, health_key(r, "Interval", part), value,
				"it is a time such as 500ms or 10s, at most a day");
}

static void set_timeout(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	struct manifest_check *c = into;
	int64_t ms;

	if (text_to_duration_ms(value->text, &ms) && ms > 0 && ms <= TIMEOUT_MAX_MS)
		c->timeout_ms = ms;
	else
		manifest_refuse(r, health_key(r, "Timeout", part), value,
				"it is a time such as 500ms or 2s, at most a minute");
}

static void read_threshold(struct manifest_reader *r, const char *what, const struct node *value,
			   size_t *out)
{
	int64_t count;

	if (text_to_int64(value->text, 1, THRESHOLD_MAX, &count))
		*out = (size_t)count;
	else
		manifest_refuse(r, what, value, "it is how many answers in a row: 1 to 1000");
}

static void set_healthy(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	read_threshold(r, health_key(r, "HealthyThreshold", part), value,
		       &((struct manifest_check *)into)->healthy_threshold);
}

static void set_unhealthy(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	read_threshold(r, health_key(r, "UnhealthyThreshold", part), value,
		       &((struct manifest_check *)into)->unhealthy_threshold);
}

/* Roles are of hosts, which come later; that some host has one is seen when the check is made. */
static void set_roles(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	struct manifest_check *c = into;

	c->roles = manifest_names(r, health_key(r, "Roles", part), value, &c->role_count);
}

static void set_provider(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	struct manifest_check *c = into;
	const char **names;
	struct diag *g;

	c->provider = value->text.ptr;
	if (manifest_provider(r->m, c->provider))
		return;
	names = ARENA_ARRAY(r->a, r->m->provider_count, const char *);
	for (size_t i = 0; i < r->m->provider_count; i++)
		names[i] = r->m->providers[i].name;
	g = diag_add(r->d, DIAG_PROVIDER_UNKNOWN, value->where,
		     "there is no provider '%s' to carry out %s", c->provider, part->who);
	diag_did_you_mean(r->d, g, value->text, names, r->m->provider_count);
	if (!g->hint)
		diag_hint(r->d, g, "declare it in the section Providers, or leave it out");
}

/* --- HTTP ------------------------------------------------------------------------------ */

static void check_url(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	struct text url = value->text;

	(void)into;
	if (text_starts(url, "http://") || text_starts(url, "https://") || text_starts(url, "${"))
		return;
	manifest_refuse(r, health_key(r, "Url", part), value,
			"it begins with http:// or https://, such as 'http://${Host}:8080/health'");
}

/* 200, 200-399, or a list of them. */
static bool is_status(struct text t)
{
	struct text_split split = text_split_start(t);
	struct text piece;
	int64_t low, high;

	if (!text_next(&split, '-', &piece) || !text_to_int64(piece, STATUS_MIN, STATUS_MAX, &low))
		return false;
	if (split.done)
		return true;
	return text_next(&split, '-', &piece) && split.done &&
	       text_to_int64(piece, low, STATUS_MAX, &high);
}

static void check_status(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	const struct node *const *items = value->kind == NODE_LIST ? value->items : &value;
	size_t count = value->kind == NODE_LIST ? value->count : 1;
	const char *what = health_key(r, "Status", part);

	(void)into;
	for (size_t i = 0; i < count && !manifest_full(r); i++) {
		if (manifest_is_text(r, what, items[i]) && !is_status(items[i]->text))
			manifest_refuse(r, what, items[i],
					"it is a status such as 200, a range such as 200-399, or a "
					"list of them");
	}
}

static void check_map_of_texts(struct manifest_reader *r, const char *what, const struct node *map)
{
	for (size_t i = 0; i < map->count && !manifest_full(r); i++) {
		const struct node *value = map->entries[i].value;

		if (value->kind != NODE_SCALAR || node_is_null(value))
			manifest_wrong_shape(r,
					     arena_printf(r->a, "'%s' of %s",
							  map->entries[i].key->text.ptr, what),
					     value, "a text");
	}
}

static void check_headers(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	(void)into;
	check_map_of_texts(r, health_key(r, "Headers", part), value);
}

static void check_tls_days(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	int64_t days;

	(void)into;
	if (!text_to_int64(value->text, 0, TLS_DAYS_MAX, &days))
		manifest_refuse(r, health_key(r, "TlsDays", part), value,
				"it is how many days the certificate must still hold: 0 to 3650");
}

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "OPTIONS", NULL};

static const struct manifest_key http_rows[] = {
	{"Url", KEY_TEXT, KEY_REQUIRED, check_url, NULL},
	{"Method", KEY_TEXT, KEY_OPTIONAL, NULL, methods},
	{"Headers", KEY_MAP, KEY_OPTIONAL, check_headers, NULL},
	{"Body", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"Status", KEY_ANY, KEY_OPTIONAL, check_status, NULL},
	{"Contains", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"FollowRedirects", KEY_FLAG, KEY_OPTIONAL, NULL, NULL},
	{"CaFile", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"TlsDays", KEY_TEXT, KEY_OPTIONAL, check_tls_days, NULL},
};

/* --- TCP ------------------------------------------------------------------------------- */

void health_check_port(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	int64_t port;

	(void)into;
	if (!strstr(value->text.ptr, "${") && !text_to_int64(value->text, 1, 65535, &port))
		manifest_refuse(r, health_key(r, "Port", part), value,
				"a port is a number from 1 to 65535");
}

static const struct manifest_key tcp_rows[] = {
	{"Address", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"Host", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"Port", KEY_TEXT, KEY_REQUIRED, health_check_port, NULL},
};

/* --- COMMAND --------------------------------------------------------------------------- */

void health_check_command(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	const char *what = health_key(r, "Command", part);

	(void)into;
	if (value->kind != NODE_LIST) {
		manifest_is_text(r, what, value);
		return;
	}
	if (value->count == 0)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_VALUE, value->where, "%s is an empty list",
				   what),
			  "write the program and its arguments, or one text for sh -c");
	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		if (value->items[i]->kind != NODE_SCALAR)
			manifest_wrong_shape(r, what, value->items[i], "a list of texts");
	}
}

void health_check_environment(struct manifest_reader *r, const struct manifest_part *part,
			      void *into, const struct node *value)
{
	(void)into;
	check_map_of_texts(r, health_key(r, "Environment", part), value);
}

static const struct manifest_key command_rows[] = {
	{"Command", KEY_ANY, KEY_REQUIRED, health_check_command, NULL},
	{"Environment", KEY_MAP, KEY_OPTIONAL, health_check_environment, NULL},
};

/* --- all ------------------------------------------------------------------------------- */

static const struct manifest_key common_rows[] = {
	{"Type", KEY_TEXT, KEY_OPTIONAL, NULL, NULL},
	{"Interval", KEY_TEXT, KEY_OPTIONAL, set_interval, NULL},
	{"Timeout", KEY_TEXT, KEY_OPTIONAL, set_timeout, NULL},
	{"HealthyThreshold", KEY_TEXT, KEY_OPTIONAL, set_healthy, NULL},
	{"UnhealthyThreshold", KEY_TEXT, KEY_OPTIONAL, set_unhealthy, NULL},
	{"Roles", KEY_TEXTS, KEY_OPTIONAL, set_roles, NULL},
	{"Provider", KEY_TEXT, KEY_OPTIONAL, set_provider, NULL},
	{"From", KEY_TEXTS, KEY_OPTIONAL, health_set_from, NULL},
	{"Quorum", KEY_TEXT, KEY_OPTIONAL, health_set_quorum, NULL},
};
const struct manifest_keys health_common_keys = {KEYS_CLOSED, common_rows, ARRAY_LEN(common_rows),
						 NULL};
static const struct manifest_keys http = {KEYS_CLOSED, http_rows, ARRAY_LEN(http_rows),
					  &health_common_keys};
static const struct manifest_keys tcp = {KEYS_CLOSED, tcp_rows, ARRAY_LEN(tcp_rows),
					 &health_common_keys};
static const struct manifest_keys command = {KEYS_CLOSED, command_rows, ARRAY_LEN(command_rows),
					     &health_common_keys};

/* In the order of their keys. */
static const char *const type_words[] = {"HTTP", "TCP", "COMMAND", "POSTGRES", "DNS", "SSH", NULL};
static const struct manifest_keys *const types[] = {
	&http, &tcp, &command, &health_postgres_keys, &health_dns_keys, &health_ssh_keys,
};

static const struct manifest_keys *keys_of_type(struct manifest_reader *r,
						const struct manifest_part *part)
{
	const struct node *type = node_find(part->map, "Type");
	int at;

	if (!type) {
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_KEY_MISSING, manifest_part_where(part),
				   "%s has no 'Type'", part->who),
			  "add 'Type: HTTP', or TCP, COMMAND, POSTGRES, DNS, SSH");
		return NULL;
	}
	if (!manifest_is_text(r, health_key(r, "Type", part), type))
		return NULL;
	at = manifest_choice(r, health_key(r, "Type", part), type, type_words);
	return at >= 0 ? types[at] : NULL;
}

/* TCP goes to Address; Host is another word for it. */
static void check_address(struct manifest_reader *r, const struct manifest_part *part)
{
	manifest_refuse_both(r, part, "Address", "Host");
	if (node_find(part->map, "Address") || node_find(part->map, "Host"))
		return;
	diag_hint(r->d,
		  diag_add(r->d, DIAG_MANIFEST_KEY_MISSING, manifest_part_where(part),
			   "%s has no 'Address'", part->who),
		  "add 'Address: ...', such as '${Host}' for each host of the region");
}

static void read_check(struct manifest_reader *r, const struct manifest_part *part,
		       struct manifest_check *c)
{
	const struct manifest_keys *keys = keys_of_type(r, part);

	*c = (struct manifest_check){
		.name = part->at->text.ptr,
		.type = "",
		.provider = PROVIDER_DEFAULT,
		.interval_ms = INTERVAL_DEFAULT_MS,
		.timeout_ms = TIMEOUT_DEFAULT_MS,
		.healthy_threshold = HEALTHY_DEFAULT,
		.unhealthy_threshold = UNHEALTHY_DEFAULT,
		.config = part->map,
		.where = part->at->where,
	};
	if (!keys)
		return;
	c->type = node_find(part->map, "Type")->text.ptr;
	manifest_read_map(r, part, keys, c);
	if (!strcmp(c->type, "TCP"))
		check_address(r, part);
	health_check_more(r, part, c);
}

void manifest_set_checks(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	struct manifest_check *checks = ARENA_ARRAY(r->a, value->count, struct manifest_check);
	struct manifest_part entry;

	(void)part;
	(void)into;
	r->m->checks = checks;
	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		struct manifest_check *c = &checks[r->m->check_count];

		if (!manifest_read_named(r, "health check", &value->entries[i], &entry))
			continue;
		read_check(r, &entry, c);
		r->m->check_count++;
		map_set(&r->named[NAMED_CHECK], entry.at->text, c);
	}
}

const struct manifest_check *manifest_check(const struct manifest *m, const char *name)
{
	for (size_t i = 0; i < m->check_count; i++) {
		if (!strcmp(m->checks[i].name, name))
			return &m->checks[i];
	}
	return NULL;
}
