#include "engine/session.h"

#include <stdlib.h>

#include "base/map.h"
#include "engine/simulation.h"
#include "templates/node.h"

struct kept_session {
	const struct hd_provider *table;
	struct hd_session *session; /* NULL: could not be opened */
	struct diags failure;       /* why not */
};

struct sessions {
	const struct manifest *manifest;
	struct call_context context;
	const struct simulation *simulation; /* NULL: the world is real */
	struct map kept;                     /* "entry/account/region" */
};

struct sessions *sessions_new(const struct manifest *m, const struct call_context *context)
{
	struct sessions *s = xcalloc(1, sizeof(*s));

	s->manifest = m;
	s->context = *context;
	return s;
}

void sessions_simulate(struct sessions *s, const struct simulation *simulation)
{
	s->simulation = simulation;
}

void sessions_close(struct sessions *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->kept.entry_count; i++) {
		struct kept_session *k = s->kept.entries[i].value;

		if (k->session)
			k->table->close(k->session);
		diags_release(&k->failure);
		free(k);
	}
	map_release(&s->kept);
	free(s);
}

/* What the provider is told of the place, from the manifest as it is now. */
static struct call_settings real_config(struct sessions *s, const struct provider_entry *entry,
					const struct instance_id *id, struct arena *a,
					struct diags *d)
{
	struct call_settings settings = {NULL, NULL};
	const struct manifest_region *region = manifest_region(s->manifest, id->region);
	struct manifest_region left = {.name = id->region};
	struct provider_place place = {entry->entry, region ? region : &left, id->account};

	settings.json = manifest_provider_config(a, s->manifest, &place, &settings.secrets, d);
	return settings;
}

static struct call_settings config_for(struct sessions *s, const struct provider_entry *entry,
				       const struct instance_id *id, struct arena *a,
				       struct diags *d)
{
	struct provider_entry simulated = *entry;
	struct call_settings settings;

	if (!s->simulation)
		return real_config(s, entry, id, a, d);
	simulated.entry = simulation_entry(s->manifest);
	settings = real_config(s, &simulated, id, a, d);
	if (settings.json)
		settings.json = simulation_config(s->simulation, a, settings.json);
	return settings;
}

/* Where its settings are written: the entry, else the region that overrides some of them, else
 * the region, whose hosts have settings too. */
static struct range place_of_settings(struct sessions *s, const struct provider_entry *entry,
				      const struct instance_id *id)
{
	const struct manifest_region *region = manifest_region(s->manifest, id->region);
	const struct node_entry *own = NULL;

	if (entry->entry->where.src)
		return entry->entry->where;
	if (region && region->providers)
		own = node_find_entry(region->providers, text_of(entry->name));
	if (own)
		return own->key->where;
	return region ? region->where : RANGE_NONE;
}

/* Says where, and for which region they failed. */
static void place_failure(struct sessions *s, struct diags *d, const struct provider_entry *entry,
			  const struct instance_id *id)
{
	for (struct diag *g = d->first; g; g = g->next) {
		if (!g->where.src)
			g->where = place_of_settings(s, entry, id);
		diag_detail(d, g, "%s%sprovider '%s' in region '%s'", g->detail ? g->detail : "",
			    g->detail ? ", " : "", entry->name, id->region);
	}
}

static struct kept_session *open_one(struct sessions *s, const struct provider_entry *entry,
				     const struct instance_id *id)
{
	struct kept_session *k = xcalloc(1, sizeof(*k));
	struct arena *a = arena_new();
	struct call_settings settings = config_for(s, entry, id, a, &k->failure);

	k->table = entry->table;
	if (settings.json)
		k->session = call_open(entry->table, &settings, &s->context, &k->failure);
	if (!k->session)
		place_failure(s, &k->failure, entry, id);
	arena_free(a);
	return k;
}

struct hd_session *sessions_get(struct sessions *s, const struct provider_entry *entry,
				const struct instance_id *id, struct diags *d)
{
	struct str key = STR_INIT;
	struct kept_session *k;

	str_printf(&key, "%s/%s/%s", entry->name, id->account, id->region);
	k = map_find(&s->kept, str_text(&key));
	if (!k) {
		k = open_one(s, entry, id);
		map_set(&s->kept, str_text(&key), k);
	}
	str_release(&key);
	if (k->session)
		return k->session;
	diags_copy(d, &k->failure);
	return NULL;
}

/* What keeps it from being opened, such as a secret that is not here, keeps nobody from a
 * rehearsal. */
static struct kept_session *open_planner(struct sessions *s, const struct provider_entry *entry,
					 const struct instance_id *id)
{
	struct kept_session *k = xcalloc(1, sizeof(*k));
	struct arena *a = arena_new();
	struct call_settings settings = real_config(s, entry, id, a, &k->failure);

	k->table = entry->known;
	if (settings.json)
		k->session = call_open(entry->known, &settings, &s->context, &k->failure);
	arena_free(a);
	return k;
}

struct hd_session *sessions_get_planner(struct sessions *s, const struct provider_entry *entry,
					const struct instance_id *id, struct diags *d)
{
	struct str key = STR_INIT;
	struct kept_session *k;

	if (entry->table == entry->known)
		return sessions_get(s, entry, id, d);
	str_printf(&key, "planner:%s/%s/%s", entry->name, id->account, id->region);
	k = map_find(&s->kept, str_text(&key));
	if (!k) {
		k = open_planner(s, entry, id);
		map_set(&s->kept, str_text(&key), k);
	}
	str_release(&key);
	return k->session;
}
