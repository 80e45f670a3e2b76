#include "engine/session.h"

#include <stdlib.h>

#include "base/map.h"

struct kept_session {
	const struct hd_provider *table;
	struct hd_session *session; /* NULL: could not be opened */
	struct outcome failure;     /* why not */
};

struct sessions {
	const struct manifest *manifest;
	struct call_context context;
	struct map kept; /* "entry/account/region" */
};

struct sessions *sessions_new(const struct manifest *m, const struct call_context *context)
{
	struct sessions *s = xcalloc(1, sizeof(*s));

	s->manifest = m;
	s->context = *context;
	return s;
}

void sessions_close(struct sessions *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->kept.entry_count; i++) {
		struct kept_session *k = s->kept.entries[i].value;

		if (k->session)
			k->table->close(k->session);
		outcome_release(&k->failure);
		free(k);
	}
	map_release(&s->kept);
	free(s);
}

/* What the provider is told of the place, from the manifest as it is now. */
static const char *config_for(struct sessions *s, const struct provider_entry *entry,
			      const struct instance_id *id, struct arena *a, struct diags *d)
{
	const struct manifest_region *region = manifest_region(s->manifest, id->region);
	struct manifest_region left = {.name = id->region};
	struct manifest_provider plain = {.name = entry->name, .use = entry->name};
	struct provider_place place = {entry->entry ? entry->entry : &plain,
				       region ? region : &left, id->account};

	return manifest_provider_config(a, s->manifest, &place, d);
}

/* Where its settings are written, and for which region they failed. */
static void place_failure(struct kept_session *k, const struct provider_entry *entry,
			  const struct instance_id *id)
{
	struct diags *d = &k->failure.diags;
	struct str who = STR_INIT;

	str_printf(&who, "provider '%s' in region '%s'", entry->name, id->region);
	for (struct diag *g = d->first; g; g = g->next) {
		if (!g->where.src && entry->entry)
			g->where = entry->entry->where;
		if (!g->address)
			diag_address(d, g, str_cstr(&who));
	}
	str_release(&who);
}

static struct kept_session *open_one(struct sessions *s, const struct provider_entry *entry,
				     const struct instance_id *id)
{
	struct kept_session *k = xcalloc(1, sizeof(*k));
	struct arena *a = arena_new();
	const char *config = config_for(s, entry, id, a, &k->failure.diags);

	k->table = entry->table;
	if (config)
		k->session = call_open(entry->table, config, &s->context, &k->failure.diags);
	if (!k->session)
		place_failure(k, entry, id);
	arena_free(a);
	return k;
}

struct hd_session *sessions_get(struct sessions *s, const struct provider_entry *entry,
				const struct instance_id *id, struct diags *d)
{
	struct str key = STR_INIT;
	struct call none = {.where = RANGE_NONE};
	struct kept_session *k;
	struct outcome copy;

	str_printf(&key, "%s/%s/%s", entry->name, id->account, id->region);
	k = map_find(&s->kept, str_text(&key));
	if (!k) {
		k = open_one(s, entry, id);
		map_set(&s->kept, str_text(&key), k);
	}
	str_release(&key);
	if (k->session)
		return k->session;
	outcome_copy_fault(&k->failure, &none, &copy);
	diags_take(d, &copy.diags);
	outcome_release(&copy);
	return NULL;
}
