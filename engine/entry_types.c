#include "engine/entry_types.h"

#include <string.h>

#include "base/str.h"
#include "engine/call.h"
#include "templates/node.h"

static bool wants_settings(const struct provider_entry *e)
{
	return HD_KNOWS(struct hd_provider, e->known, types_schema) && e->known->types_open;
}

/* Where the entry has the setting that the message names in quotes; else the entry. */
static struct range place_of_setting(const struct provider_entry *e, const char *summary)
{
	const struct node *config = e->entry->config;
	struct range where = e->entry->where;
	struct str quoted = STR_INIT;

	for (size_t i = 0; config && i < config->count; i++) {
		const struct node *key = config->entries[i].key;

		str_clear(&quoted);
		str_printf(&quoted, "'%.*s'", TEXT_ARG(key->text));
		if (strstr(summary, str_cstr(&quoted)))
			where = key->where;
	}
	str_release(&quoted);
	return where;
}

/* What names no file is about the entry. */
static void place_failure(const struct provider_entry *e, struct diags *d)
{
	for (struct diag *g = d->first; g; g = g->next) {
		if (g->where.src)
			continue;
		g->where = place_of_setting(e, g->summary);
		diag_detail(d, g, "%s%sprovider '%s'", g->detail ? g->detail : "",
			    g->detail ? ", " : "", e->name);
	}
}

int entry_types_open(struct provider_entry *e, const struct manifest *m, struct diags *d)
{
	struct call_context context = {.clock = clock_real()};
	struct diags found = DIAGS_INIT;
	struct call_settings settings = {NULL, NULL};
	struct arena *a;

	if (!wants_settings(e))
		return 0;
	a = arena_new();
	settings.json = manifest_types_config(a, m, e->entry, &found);
	if (!diags_failed(&found))
		e->opened = call_types_open(e->known, &settings, &context, &found);
	if (!e->opened)
		place_failure(e, &found);
	diags_take(d, &found);
	arena_free(a);
	return e->opened ? 0 : -1;
}

void entry_types_close(struct provider_entry *e)
{
	if (e->opened)
		e->known->types_close(e->opened);
	e->opened = NULL;
}

static bool is_catalogue(const struct provider_entry *e)
{
	return HD_KNOWS(struct hd_provider, e->known, type_schema) && e->known->type_schema &&
	       e->known->type_names;
}

bool entry_knows_more(const struct provider_entry *e)
{
	return wants_settings(e) ? e->opened != NULL : is_catalogue(e);
}

void entry_type_names(const struct provider_entry *e, void *context,
		      void (*take)(void *context, struct hd_span name))
{
	if (e->opened)
		e->known->types_names(e->opened, context, take);
	else
		e->known->type_names(context, take);
}

struct taking {
	struct arena *a;
	const char *text;
};

static void take_schema(void *context, struct hd_span schema)
{
	struct taking *t = context;

	t->text = arena_text(t->a, (struct text){schema.ptr, schema.len});
}

const char *entry_type_schema(const struct provider_entry *e, struct arena *a, const char *type)
{
	struct taking t = {a, NULL};
	struct hd_span name = {type, strlen(type)};
	int known = e->opened ? e->known->types_schema(e->opened, name, &t, take_schema)
			      : e->known->type_schema(name, &t, take_schema);

	return known ? t.text : NULL;
}
