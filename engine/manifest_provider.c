/* manifest_provider.c - the sections Providers and Accounts, and overrides of settings. */
#include <string.h>

#include "engine/manifest_read.h"

#define CONCURRENCY_MAX 10000
#define RATE_MAX 100000
#define SECONDS_PER_MINUTE 60

/* What is there without being mentioned, and what serves it. */
static const struct {
	const char *name, *use;
} predefined[] = {
	{"ssh", "ssh"}, {"aws", "rest"}, {"powerdns", "rest"}, {"sim", "sim"}, {"probe", "probe"},
};
static const char *const uses[] = {"ssh", "rest", "aws", "powerdns", "sim", "probe"};

void manifest_add_predefined(struct manifest_reader *r)
{
	struct manifest_provider *entries =
		ARENA_ARRAY(r->a, ARRAY_LEN(predefined), struct manifest_provider);

	for (size_t i = 0; i < ARRAY_LEN(predefined); i++) {
		entries[i].name = predefined[i].name;
		entries[i].use = predefined[i].use;
	}
	r->m->providers = entries;
	r->m->provider_count = ARRAY_LEN(predefined);
}

static void set_use(struct manifest_reader *r, const struct manifest_part *part, void *into,
		    const struct node *value)
{
	struct manifest_provider *p = into;
	struct diag *g;

	(void)part;
	p->use = value->text.ptr;
	if (strchr(p->use, '/'))
		return;
	for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
		if (text_is(value->text, uses[i]))
			return;
	}
	g = diag_add(r->d, DIAG_PROVIDER_UNKNOWN, value->where, "there is no provider '%s' to use",
		     p->use);
	diag_did_you_mean(r->d, g, value->text, uses, ARRAY_LEN(uses));
	if (!g->hint)
		diag_hint(r->d, g,
			  "it is ssh, rest, sim, probe, or a path with a slash such as "
			  "./plugin.so");
}

static void set_types(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	struct manifest_provider *p = into;
	const char **types = ARENA_ARRAY(r->a, value->count, const char *);

	(void)part;
	for (size_t i = 0; i < value->count; i++)
		types[i] = value->items[i]->text.ptr;
	p->types = types;
	p->type_count = value->count;
}

static void refuse_value(struct manifest_reader *r, const char *key, const struct node *value,
			 const char *hint)
{
	struct diag *g = diag_add(r->d, DIAG_MANIFEST_VALUE, value->where, "'%s' cannot be '%s'",
				  key, value->text.ptr);

	diag_hint(r->d, g, "%s", hint);
}

static void set_concurrency(struct manifest_reader *r, const struct manifest_part *part, void *into,
			    const struct node *value)
{
	struct manifest_provider *p = into;
	int64_t calls;

	(void)part;
	if (text_to_int64(value->text, 1, CONCURRENCY_MAX, &calls))
		p->concurrency = (size_t)calls;
	else
		refuse_value(r, "Concurrency", value,
			     "it is how many calls at the same time: 1 to 10000");
}

/* "50/s", "10/m": calls in a second or a minute. */
static void set_rate(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	struct manifest_provider *p = into;
	struct text number = value->text;
	int64_t calls;

	(void)part;
	if (text_ends(number, "/s") || text_ends(number, "/m"))
		number.len -= 2;
	if (number.len == value->text.len || !text_to_int64(number, 1, RATE_MAX, &calls)) {
		refuse_value(r, "RateLimit", value,
			     "it is how many calls may start in a second or a minute, 1 to 100000, "
			     "such as 50/s or 30/m");
		return;
	}
	p->rate = calls * MANIFEST_RATE_ONE;
	if (text_ends(value->text, "/m"))
		p->rate = (p->rate + SECONDS_PER_MINUTE - 1) / SECONDS_PER_MINUTE;
}

static const struct manifest_key provider_rows[] = {
	{"Use", KEY_TEXT, KEY_OPTIONAL, set_use, NULL},
	{"Types", KEY_TEXTS, KEY_OPTIONAL, set_types, NULL},
	{"Concurrency", KEY_TEXT, KEY_OPTIONAL, set_concurrency, NULL},
	{"RateLimit", KEY_TEXT, KEY_OPTIONAL, set_rate, NULL},
};
/* Settings of ssh are known here; those of other providers are theirs to check. */
static const struct manifest_keys open_keys = {KEYS_OPEN, provider_rows, ARRAY_LEN(provider_rows),
					       NULL};
static const struct manifest_keys ssh_keys = {KEYS_CLOSED, provider_rows, ARRAY_LEN(provider_rows),
					      &manifest_connection_keys};

static bool is_provider_key(struct text key)
{
	for (size_t i = 0; i < ARRAY_LEN(provider_rows); i++) {
		if (text_is(key, provider_rows[i].name))
			return true;
	}
	return false;
}

/* The map without the engine's own keys; NULL when nothing is left. */
static const struct node *settings_of(struct arena *a, const struct node *map)
{
	struct node *settings = ARENA_NEW(a, struct node);
	struct node_entry *entries = ARENA_ARRAY(a, map->count, struct node_entry);

	*settings = *map;
	settings->entries = entries;
	settings->count = 0;
	for (size_t i = 0; i < map->count; i++) {
		if (!is_provider_key(map->entries[i].key->text))
			entries[settings->count++] = map->entries[i];
	}
	return settings->count ? settings : NULL;
}

static void report_no_use(struct manifest_reader *r, const struct manifest_part *part)
{
	struct diag *g = diag_add(r->d, DIAG_MANIFEST_KEY_MISSING, part->at->where,
				  "%s has no 'Use'", part->who);
	const char *names[ARRAY_LEN(predefined)];

	for (size_t i = 0; i < ARRAY_LEN(predefined); i++)
		names[i] = predefined[i].name;
	diag_did_you_mean(r->d, g, part->at->text, names, ARRAY_LEN(names));
	if (!g->hint)
		diag_hint(r->d, g,
			  "only ssh, aws, powerdns, sim and probe are known without it; add "
			  "'Use: ssh' or the path of a plugin");
}

static void read_provider(struct manifest_reader *r, const struct manifest_part *part,
			  struct manifest_provider *p)
{
	const struct node *use = node_find(part->map, "Use");
	bool is_ssh = use ? use->kind == NODE_SCALAR && text_is(use->text, "ssh")
			  : p->use && strcmp(p->use, "ssh") == 0;

	p->name = part->at->text.ptr;
	p->where = part->at->where;
	if (!use && !p->use)
		report_no_use(r, part);
	manifest_read_map(r, part, is_ssh ? &ssh_keys : &open_keys, p);
	p->config = settings_of(r->a, part->map);
}

static struct manifest_provider *find_entry(struct manifest_provider *entries, size_t count,
					    struct text name)
{
	for (size_t i = 0; i < count; i++) {
		if (text_is(name, entries[i].name))
			return &entries[i];
	}
	return NULL;
}

void manifest_set_providers(struct manifest_reader *r, const struct manifest_part *part, void *into,
			    const struct node *value)
{
	struct manifest *m = r->m;
	struct manifest_provider *entries =
		ARENA_ARRAY(r->a, m->provider_count + value->count, struct manifest_provider);
	struct manifest_provider *p;
	struct manifest_part entry;

	(void)part;
	(void)into;
	memcpy(entries, m->providers, m->provider_count * sizeof(*entries));
	m->providers = entries;
	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		if (!manifest_read_named(r, "provider", &value->entries[i], &entry))
			continue;
		p = find_entry(entries, ARRAY_LEN(predefined), entry.at->text);
		read_provider(r, &entry, p ? p : &entries[m->provider_count++]);
	}
}

static void report_unknown_provider(struct manifest_reader *r, const struct manifest_part *part,
				    const struct node *key)
{
	const char **names = ARENA_ARRAY(r->a, r->m->provider_count, const char *);
	struct diag *g = diag_add(r->d, DIAG_PROVIDER_UNKNOWN, key->where,
				  "there is no provider '%s' whose settings %s could change",
				  key->text.ptr, part->who);

	for (size_t i = 0; i < r->m->provider_count; i++)
		names[i] = r->m->providers[i].name;
	diag_did_you_mean(r->d, g, key->text, names, r->m->provider_count);
	if (!g->hint)
		diag_hint(r->d, g, "declare it in the section Providers");
}

static void check_fixed_keys(struct manifest_reader *r, const struct manifest_part *part)
{
	for (size_t i = 0; i < part->map->count; i++) {
		const struct node *key = part->map->entries[i].key;

		if (is_provider_key(key->text))
			diag_hint(r->d,
				  diag_add(r->d, DIAG_MANIFEST_KEY_UNKNOWN, key->where,
					   "'%s' cannot differ from region to region",
					   key->text.ptr),
				  "move it to the section Providers at the top level");
	}
}

void manifest_check_overrides(struct manifest_reader *r, const struct manifest_part *part,
			      const struct node *map)
{
	struct manifest_part entry;
	const struct manifest_provider *p;

	for (size_t i = 0; i < map->count && !manifest_full(r); i++) {
		if (!manifest_read_named(r, "provider", &map->entries[i], &entry))
			continue;
		p = manifest_provider(r->m, entry.at->text.ptr);
		if (!p) {
			report_unknown_provider(r, part, entry.at);
			continue;
		}
		check_fixed_keys(r, &entry);
		entry.map = settings_of(r->a, entry.map);
		if (entry.map && p->use && strcmp(p->use, "ssh") == 0)
			manifest_read_map(r, &entry, &manifest_connection_keys, NULL);
	}
}

static void set_account_providers(struct manifest_reader *r, const struct manifest_part *part,
				  void *into, const struct node *value)
{
	struct manifest_account *account = into;

	account->providers = value;
	manifest_check_overrides(r, part, value);
}

static void set_account_tags(struct manifest_reader *r, const struct manifest_part *part,
			     void *into, const struct node *value)
{
	struct manifest_account *account = into;

	account->tags = manifest_read_tags(r, part, value, &account->tag_count);
}

static const struct manifest_key account_rows[] = {
	{"Tags", KEY_MAP, KEY_OPTIONAL, set_account_tags, NULL},
	{"Providers", KEY_MAP, KEY_OPTIONAL, set_account_providers, NULL},
};
static const struct manifest_keys account_keys = {KEYS_CLOSED, account_rows,
						  ARRAY_LEN(account_rows), NULL};

void manifest_set_accounts(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	struct manifest_account *accounts =
		ARENA_ARRAY(r->a, value->count, struct manifest_account);
	struct manifest_part entry;

	(void)part;
	(void)into;
	r->m->accounts = accounts;
	for (size_t i = 0; i < value->count && !manifest_full(r); i++) {
		struct manifest_account *account = &accounts[r->m->account_count];

		if (!manifest_read_named(r, "account", &value->entries[i], &entry))
			continue;
		account->name = entry.at->text.ptr;
		account->where = entry.at->where;
		r->m->account_count++;
		map_set(&r->named[NAMED_ACCOUNT], entry.at->text, account);
		manifest_read_map(r, &entry, &account_keys, account);
	}
}
