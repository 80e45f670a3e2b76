/* manifest_config.c - a provider's settings in one region, as JSON for its open(). */
#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "engine/health/pieces.h"
#include "engine/manifest.h"
#include "engine/secrets.h"
#include "engine/tree.h"
#include "templates/node.h"

/* The entry's own settings, the region's, the account's. */
#define LAYER_COUNT_MAX 3

struct config_writer {
	struct arena *a;
	const char *dir;
	json_t *resolved; /* what references became, as a list; NULL: they stay */
	struct diags *d;
	const struct route_place *place; /* of a route: outputs are filled in; else NULL */
	const char *region;              /* whose */
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

/* --- outputs in routes ------------------------------------------------------------------- */

static bool names_output(struct text t)
{
	struct check_piece piece;

	while (check_piece_next(&t, &piece)) {
		if (!piece.literal && check_variable_of(piece.text) == VARIABLE_OUTPUT)
			return true;
	}
	return false;
}

static void report_output(const struct config_writer *w, const struct node *n, const char *stack,
			  const char *name)
{
	struct diag *g =
		diag_add(w->d, DIAG_CHECK_OUTPUT, n->where,
			 "a route needs output '%s' of stack '%s', and there is none", name, stack);

	diag_detail(w->d, g, "It is about region '%s'.", w->region);
	diag_hint(w->d, g,
		  "the stack has to be deployed there first, and its template to have the output");
}

static void add_output(const struct config_writer *w, const struct node *n, struct text variable,
		       struct str *out)
{
	struct text stack = {0}, name = {0};
	const char *value;

	check_variable_split(variable, &stack, &name);
	value = w->place->output(w->place->context, arena_text(w->a, stack), arena_text(w->a, name),
				 w->region);
	if (value)
		str_add(out, value);
	else
		report_output(w, n, arena_text(w->a, stack), arena_text(w->a, name));
}

/* Other variables are the provider's: ${Host} of HAProxy::Route. */
static json_t *json_of_outputs(const struct config_writer *w, const struct node *n)
{
	struct text rest = n->text;
	struct check_piece piece;
	struct str out = {0};
	json_t *made;

	while (check_piece_next(&rest, &piece)) {
		if (!piece.literal && check_variable_of(piece.text) == VARIABLE_OUTPUT)
			add_output(w, n, piece.text, &out);
		else if (piece.literal)
			str_printf(&out, "%.*s", TEXT_ARG(piece.text));
		else
			str_printf(&out, "${%.*s}", TEXT_ARG(piece.text));
	}
	made = json_stringn(str_text(&out).ptr, str_text(&out).len);
	str_release(&out);
	return made;
}

/* --- settings ---------------------------------------------------------------------------- */

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
	if (w->place && names_output(n->text))
		return json_of_outputs(w, n);
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

/* Folders of definitions are part of a commit. */
static void export_definitions(const struct manifest *m, const struct node *config, struct diags *d)
{
	const struct node *folder = config ? node_find(config, "Definitions") : NULL;

	if (folder && folder->kind == NODE_SCALAR)
		tree_export(m->files, folder->text.ptr, folder->where, d);
}

static void add_project(json_t *config, const struct manifest *m, struct diags *d)
{
	const char *files;

	json_object_set_new(config, "Project", json_string(m->project));
	json_object_set_new(config, "ProjectDir", json_string(m->dir));
	if (!m->files || !tree_ref(m->files))
		return;
	files = tree_files_dir(m->files, d);
	if (files)
		json_object_set_new(config, "FilesDir", json_string(files));
}

const char *manifest_types_config(struct arena *a, const struct manifest *m,
				  const struct manifest_provider *p, struct diags *d)
{
	struct diags ignored = DIAGS_INIT;
	struct config_writer w = {a, m->dir, NULL, &ignored, NULL, NULL};
	json_t *config = p->config ? json_of_layers(&w, &p->config, 1) : json_object();
	const char *text;

	if (m->files && tree_ref(m->files))
		export_definitions(m, p->config, d);
	add_project(config, m, d);
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
	struct config_writer w = {a, m->dir, json_array(), d, NULL, NULL};
	size_t errors = d->error_count;
	json_t *config = settings_json(&w, m, place);
	const char *text;

	add_project(config, m, d);
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

/* Below a region it is the instance there that is meant. */
static json_t *json_by_region(const struct config_writer *w, const struct node *map)
{
	json_t *object = json_object();

	for (size_t i = 0; i < map->count; i++) {
		struct config_writer there = *w;
		json_t *value;

		there.region = map->entries[i].key->text.ptr;
		value = json_of(&there, map->entries[i].value);
		if (value)
			json_object_set_new(object, there.region, value);
	}
	return object;
}

static json_t *route_json(const struct config_writer *w, const struct node *entry)
{
	json_t *object = json_object();

	for (size_t i = 0; i < entry->count; i++) {
		const struct text key = entry->entries[i].key->text;
		const struct node *part = entry->entries[i].value;
		bool by_region = text_is(key, "Values") || text_is(key, "Servers") ||
				 text_is(key, "TargetGroups");
		json_t *value = by_region && part->kind == NODE_MAP ? json_by_region(w, part)
								    : json_of(w, part);

		if (value)
			json_object_set_new(object, key.ptr, value);
	}
	return object;
}

const char *manifest_route_config(struct arena *a, const struct route_place *place,
				  const struct manifest_route *r, const struct secrets **secrets,
				  struct diags *d)
{
	struct config_writer w = {a, place->manifest->dir, json_array(), d, place, place->region};
	size_t errors = d->error_count;
	json_t *config = route_json(&w, r->config);
	const char *text;

	json_object_set_new(config, "RouteName", json_string(r->name));
	text = d->error_count == errors ? json_text(a, config) : NULL;
	*secrets = all_secret(a, w.resolved);
	json_decref(w.resolved);
	json_decref(config);
	return text;
}
