/* manifest_config.c - a provider's settings in one region, as JSON for its open(). */
#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "engine/manifest.h"
#include "engine/secrets.h"
#include "templates/node.h"

/* The entry's own settings, the region's, the account's. */
#define LAYER_COUNT_MAX 3

struct config_writer {
	struct arena *a;
	const char *dir;
	json_t *resolved; /* what references became, as a list; NULL: they stay */
	struct diags *d;
};

static json_t *json_of(const struct config_writer *w, const struct node *n);

/* 5 is a number, but 007 and 0644 mean their digits. */
static bool is_plain_integer(struct text t, int64_t *value)
{
	size_t sign = text_starts(t, "-") ? 1 : 0;

	if (t.len > sign + 1 && t.ptr[sign] == '0')
		return false;
	return !text_starts(t, "+") && text_to_int64(t, INT64_MIN, INT64_MAX, value);
}

static json_t *json_of_scalar(const struct config_writer *w, const struct node *n)
{
	struct placed_text placed = {n->text, n->where};
	const char *text = n->text.ptr;
	int64_t number;

	if (manifest_has_reference(n->text) && !w->resolved)
		return json_stringn(n->text.ptr, n->text.len);
	if (manifest_has_reference(n->text)) {
		if (manifest_resolve(w->a, w->dir, placed, &text, w->d))
			return NULL;
		json_array_append_new(w->resolved, json_string(text));
		return json_string(text);
	}
	if (node_is_null(n))
		return json_null();
	if (n->style == SCALAR_PLAIN && (text_is(n->text, "true") || text_is(n->text, "false")))
		return json_boolean(text_is(n->text, "true"));
	if (n->style == SCALAR_PLAIN && is_plain_integer(n->text, &number))
		return json_integer(number);
	return json_stringn(n->text.ptr, n->text.len);
}

static json_t *json_of_list(const struct config_writer *w, const struct node *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->count; i++) {
		json_t *item = json_of(w, n->items[i]);

		if (item)
			json_array_append_new(list, item);
	}
	return list;
}

static json_t *json_of_layers(const struct config_writer *w, const struct node *const *layers,
			      size_t count);

/* What several maps say of one key, the last of them the strongest. */
static json_t *json_of_key(const struct config_writer *w, const struct node *const *maps,
			   size_t count, struct text key)
{
	const struct node *values[LAYER_COUNT_MAX] = {NULL};
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		const struct node_entry *e = node_find_entry(maps[i], key);

		if (e)
			values[found++] = e->value;
	}
	return json_of_layers(w, values, found);
}

/* The last layer holds, but maps that follow each other are joined key by key. */
static json_t *json_of_layers(const struct config_writer *w, const struct node *const *layers,
			      size_t count)
{
	size_t first = count;
	json_t *object;

	assert(count > 0);
	while (first > 0 && layers[first - 1]->kind == NODE_MAP)
		first--;
	if (first == count)
		return json_of(w, layers[count - 1]);
	object = json_object();
	for (size_t i = first; i < count; i++) {
		for (size_t k = 0; k < layers[i]->count; k++) {
			struct text key = layers[i]->entries[k].key->text;
			json_t *value;

			if (json_object_get(object, key.ptr))
				continue;
			value = json_of_key(w, layers + first, count - first, key);
			if (value)
				json_object_set_new(object, key.ptr, value);
		}
	}
	return object;
}

static json_t *json_of(const struct config_writer *w, const struct node *n)
{
	switch (n->kind) {
	case NODE_SCALAR:
		return json_of_scalar(w, n);
	case NODE_LIST:
		return json_of_list(w, n);
	case NODE_MAP:
		return json_of_layers(w, &n, 1);
	case NODE_CALL:
		break;
	}
	return NULL;
}

static json_t *hosts_json(const struct config_writer *w, const struct manifest_region *r)
{
	json_t *hosts = json_object();

	for (size_t i = 0; i < r->host_count; i++)
		json_object_set_new(hosts, r->hosts[i].host.name, json_of(w, r->hosts[i].config));
	return hosts;
}

static void add_layer(const struct node **layers, size_t *count, const struct node *map,
		      const char *name)
{
	const struct node *overrides = map ? node_find(map, name) : NULL;

	if (overrides && overrides->kind == NODE_MAP)
		layers[(*count)++] = overrides;
}

const char *manifest_types_config(struct arena *a, const struct manifest *m,
				  const struct manifest_provider *p)
{
	struct diags ignored = DIAGS_INIT;
	struct config_writer w = {a, m->dir, NULL, &ignored};
	json_t *config = p->config ? json_of_layers(&w, &p->config, 1) : json_object();
	const char *text;

	json_object_set_new(config, "Project", json_string(m->project));
	json_object_set_new(config, "ProjectDir", json_string(m->dir));
	text = json_text(a, config);
	json_decref(config);
	diags_release(&ignored);
	return text;
}

static json_t *settings_json(const struct config_writer *w, const struct manifest *m,
			     const struct provider_place *place)
{
	const struct manifest_account *account = manifest_account(m, place->account);
	const struct manifest_provider *p = place->provider;
	const struct node *layers[LAYER_COUNT_MAX] = {NULL};
	size_t count = 0;

	if (p->config)
		layers[count++] = p->config;
	add_layer(layers, &count, place->region->providers, p->name);
	add_layer(layers, &count, account ? account->providers : NULL, p->name);
	return count ? json_of_layers(w, layers, count) : json_object();
}

static const struct secrets *all_secret(struct arena *a, const json_t *list)
{
	json_t *pointers = json_array();
	const struct secrets *secrets;

	for (size_t i = 0; i < json_array_size(list); i++)
		json_array_append_new(pointers, json_string(arena_printf(a, "/%zu", i)));
	secrets = secrets_collect(a, list, pointers);
	json_decref(pointers);
	return secrets;
}

const char *manifest_provider_config(struct arena *a, const struct manifest *m,
				     const struct provider_place *place,
				     const struct secrets **secrets, struct diags *d)
{
	struct config_writer w = {a, m->dir, json_array(), d};
	size_t errors = d->error_count;
	json_t *config = settings_json(&w, m, place);
	const char *text;

	json_object_set_new(config, "Project", json_string(m->project));
	json_object_set_new(config, "ProjectDir", json_string(m->dir));
	/* aws: {Region: us-west-2} stays: it is this region's name for that provider. */
	if (!json_str(config, "Region", NULL))
		json_object_set_new(config, "Region", json_string(place->region->name));
	json_object_set_new(config, "Account", json_string(place->account));
	/* The simulated cloud has no hosts, and needs none of the secrets in their settings. */
	if (!place->provider->use || strcmp(place->provider->use, "sim") != 0)
		json_object_set_new(config, "Hosts", hosts_json(&w, place->region));
	text = d->error_count == errors ? json_text(a, config) : NULL;
	*secrets = all_secret(a, w.resolved);
	json_decref(w.resolved);
	json_decref(config);
	return text;
}

const char *manifest_route_config(struct arena *a, const struct manifest *m,
				  const struct manifest_route *r, const struct secrets **secrets,
				  struct diags *d)
{
	struct config_writer w = {a, m->dir, json_array(), d};
	size_t errors = d->error_count;
	json_t *config = json_of_layers(&w, &r->config, 1);
	const char *text;

	json_object_set_new(config, "RouteName", json_string(r->name));
	text = d->error_count == errors ? json_text(a, config) : NULL;
	*secrets = all_secret(a, w.resolved);
	json_decref(w.resolved);
	json_decref(config);
	return text;
}
