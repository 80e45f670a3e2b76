/* registry.c - provider entries with their schemas, and who serves a type. */
#include "engine/registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/vec.h"
#include "engine/entry_types.h"
#include "engine/plugin.h"
#include "engine/unserved_type.h"

/* What predefined entries of providers that may be absent serve. */
static const struct {
	const char *name, *pattern;
} absent_patterns[] = {
	{"aws", "AWS::*"},
	{"powerdns", "PowerDNS::*"},
};

/* How well an entry fits a type; more is better. */
#define FIT_PREDEFINED ((size_t)1)
#define FIT_DECLARED ((size_t)2)
#define FIT_PATTERN ((size_t)3)

struct service {
	const struct provider_entry *entry;
	const struct schema *schema;
	const struct provider_entry *rival; /* fits equally well; NULL: none */
	size_t fit;
};

/* What is learnt when it is asked for. */
struct learnt {
	struct map asked; /* type to struct service, also of catalogues; NULL: nobody's */
	struct {
		VEC_OF(const char *)
	} types;              /* sorted; empty: not asked for */
	struct diags ignored; /* a catalogue that breaks the contract */
};

struct registry {
	struct arena *arena;
	const struct manifest *manifest;
	struct provider_entry *entries;
	size_t entry_count;
	struct plugin *plugins;              /* parallel to entries */
	const struct hd_provider *simulator; /* answers instead of all; NULL: nobody does */
	struct map services; /* type to struct service: of those that list their types */
	struct learnt *learnt;
};

static const struct hd_provider *find_builtin(const struct hd_provider *const *builtins,
					      const char *name)
{
	for (; builtins && *builtins; builtins++) {
		if (strcmp((*builtins)->name, name) == 0)
			return *builtins;
	}
	return NULL;
}

/* NULL without an error when this build does not have it. */
static const struct hd_provider *find_table(struct registry *r, const struct manifest_provider *p,
					    const struct hd_provider *const *builtins,
					    struct diags *d)
{
	const struct hd_provider *table;
	struct plugin *plugin = &r->plugins[r->entry_count];

	if (strchr(p->use, '/')) {
		const char *path = path_join(r->arena, r->manifest->dir, p->use);

		return plugin_open(plugin, path, p->use, p->where, d) ? NULL : plugin->table;
	}
	/* `aws` and `powerdns` use rest, with definitions and more of their own; without these
	 * they are absent. */
	table = strcmp(p->use, "rest") == 0 ? find_builtin(builtins, p->name) : NULL;
	if (!table && (p->where.src || strcmp(p->use, "rest") != 0))
		table = find_builtin(builtins, p->use);
	return table && plugin_check(table, p->name, p->where, d) == 0 ? table : NULL;
}

static void add_entry(struct registry *r, const struct manifest_provider *p,
		      const struct hd_provider *const *builtins, struct diags *d)
{
	const struct hd_provider *table = find_table(r, p, builtins, d);
	struct provider_entry *e = &r->entries[r->entry_count];

	if (!table)
		return;
	e->name = p->name;
	e->table = r->simulator ? r->simulator : table;
	e->known = table;
	e->entry = p;
	e->types = p->types;
	e->type_count = p->type_count;
	if (table->schema.len)
		schema_set_parse(r->arena, p->name,
				 (struct text){table->schema.ptr, table->schema.len}, &e->schemas,
				 d);
	r->entry_count++;
	entry_types_open(e, r->manifest, d);
}

static size_t literal_count(const char *pattern)
{
	size_t count = 0;

	for (; *pattern; pattern++)
		count += *pattern != '*' && *pattern != '?';
	return count;
}

static size_t best_pattern(const char *const *patterns, size_t count, struct text type)
{
	size_t best = 0;

	for (size_t i = 0; i < count; i++) {
		size_t fit = FIT_PATTERN + literal_count(patterns[i]);

		if (text_glob(text_of(patterns[i]), type) && fit > best)
			best = fit;
	}
	return best;
}

/* 0: does not serve the type. */
static size_t fit_of(const struct provider_entry *e, struct text type)
{
	if (e->type_count)
		return best_pattern(e->types, e->type_count, type);
	return e->entry->where.src ? FIT_DECLARED : FIT_PREDEFINED;
}

/* May serve types that only others know. */
static bool takes_any(const struct provider_entry *e)
{
	return HD_KNOWS(struct hd_provider, e->known, any_type) && e->known->any_type &&
	       e->type_count;
}

static void offer(struct registry *r, const struct provider_entry *e, const struct schema *schema)
{
	struct text type = text_of(schema_type(schema));
	struct service *s = map_find(&r->services, type);
	size_t fit = fit_of(e, type);

	if (!fit)
		return;
	if (!s) {
		s = ARENA_NEW(r->arena, struct service);
		map_set(&r->services, type, s);
	}
	if (fit == s->fit)
		s->rival = e;
	else if (fit > s->fit)
		*s = (struct service){e, schema, NULL, fit};
}

static int compare_names(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void report_rivals(const struct service *s, const char *type, struct diags *d)
{
	const struct provider_entry *first = s->entry, *second = s->rival;
	struct diag *g = diag_add(d, DIAG_TYPE_AMBIGUOUS, second->entry->where,
				  "providers '%s' and '%s' both serve '%s'", first->name,
				  second->name, type);

	if (first->entry->where.src)
		diag_related(d, g, first->entry->where, "the other one");
	diag_hint(d, g, "give each of them Types, such as Types: ['%s']", type);
}

/* One error per pair of entries: they may share hundreds of types. */
static void check_rivals(struct registry *r, struct diags *d)
{
	const struct service *last = NULL;

	for (size_t i = 0; i < r->services.entry_count; i++) {
		const struct service *s = r->services.entries[i].value;

		if (!s->rival || (last && s->entry == last->entry && s->rival == last->rival))
			continue;
		report_rivals(s, r->services.entries[i].key, d);
		last = s;
	}
}

/* What another entry lists, for one that takes any type. */
static void borrow(struct registry *r, struct provider_entry *e, const struct provider_entry *from)
{
	for (size_t i = 0; i < from->schemas.entry_count; i++) {
		struct text type = text_of(from->schemas.entries[i].key);
		const struct schema *schema = from->schemas.entries[i].value;

		if (map_has(&e->schemas, type) || map_has(&e->borrowed, type) || !fit_of(e, type))
			continue;
		schema = schema_lent(r->arena, schema);
		map_set(&e->borrowed, type, (void *)(uintptr_t)schema);
		offer(r, e, schema);
	}
}

/* Two that claim the same types of a catalogue: these are not known one by one here. */
static void check_claims(const struct provider_entry *x, const struct provider_entry *y,
			 struct diags *d)
{
	for (size_t i = 0; i < x->type_count; i++) {
		for (size_t k = 0; k < y->type_count; k++) {
			struct service s = {.entry = x, .rival = y};

			if (strcmp(x->types[i], y->types[k]) != 0)
				continue;
			report_rivals(&s, x->types[i], d);
			return;
		}
	}
}

static void collect_borrowed(struct registry *r, struct diags *d)
{
	size_t errors = d->error_count;

	for (size_t i = 0; i < r->entry_count; i++) {
		for (size_t k = 0; k < r->entry_count && takes_any(&r->entries[i]); k++) {
			if (k != i)
				borrow(r, &r->entries[i], &r->entries[k]);
		}
	}
	check_rivals(r, d);
	for (size_t i = 0; d->error_count == errors && i < r->entry_count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (takes_any(&r->entries[i]) && takes_any(&r->entries[k]))
				check_claims(&r->entries[k], &r->entries[i], d);
		}
	}
}

/* --- entries whose settings say what their types are ---------------------------------------- */

struct claiming {
	struct registry *r;
	const struct provider_entry *e;
	struct map *claims;                /* type to the entry that has it */
	const struct provider_entry *told; /* of whose types one was an error already */
	struct diags *d;
};

static void claim(void *context, struct hd_span name)
{
	struct claiming *c = context;
	struct text type = {name.ptr, name.len};
	const struct provider_entry *other = map_find(c->claims, type);
	struct service s = {.entry = other, .rival = c->e};

	if (!other) {
		map_set(c->claims, type, (void *)(uintptr_t)c->e);
	} else if (other != c->e && other != c->told && fit_of(c->e, type) &&
		   fit_of(c->e, type) == fit_of(other, type)) {
		report_rivals(&s, arena_text(c->r->arena, type), c->d);
		c->told = other;
	}
}

/* Predefined ones never claim the same, and give way to those of the manifest. */
static void check_opened(struct registry *r, struct diags *d)
{
	struct map claims = MAP_INIT;

	for (size_t i = 0; i < r->services.entry_count; i++) {
		const struct service *s = r->services.entries[i].value;

		map_set(&claims, text_of(r->services.entries[i].key), (void *)(uintptr_t)s->entry);
	}
	for (size_t i = 0; i < r->entry_count; i++) {
		struct claiming c = {r, &r->entries[i], &claims, NULL, d};

		if (c.e->opened && c.e->entry->where.src)
			entry_type_names(c.e, &c, claim);
	}
	map_release(&claims);
}

static void collect_services(struct registry *r)
{
	for (size_t i = 0; i < r->entry_count; i++) {
		const struct map *schemas = &r->entries[i].schemas;

		for (size_t k = 0; k < schemas->entry_count; k++)
			offer(r, &r->entries[i], schemas->entries[k].value);
	}
}

static struct registry *open_registry(const struct manifest *m,
				      const struct hd_provider *const *builtins,
				      const struct hd_provider *simulator, struct diags *d)
{
	struct registry *r = xcalloc(1, sizeof(*r));
	size_t errors = d->error_count;

	r->arena = arena_new();
	r->manifest = m;
	r->simulator = simulator;
	r->learnt = ARENA_NEW(r->arena, struct learnt);
	r->entries = ARENA_ARRAY(r->arena, m->provider_count, struct provider_entry);
	r->plugins = ARENA_ARRAY(r->arena, m->provider_count, struct plugin);
	for (size_t i = 0; i < m->provider_count; i++)
		add_entry(r, &m->providers[i], builtins, d);
	collect_services(r);
	collect_borrowed(r, d);
	if (d->error_count == errors)
		check_opened(r, d);
	if (d->error_count == errors)
		return r;
	registry_close(r);
	return NULL;
}

struct registry *registry_open(const struct manifest *m, const struct hd_provider *const *builtins,
			       struct diags *d)
{
	return open_registry(m, builtins, NULL, d);
}

struct registry *registry_open_simulated(const struct manifest *m,
					 const struct hd_provider *const *builtins,
					 const char *simulator, struct diags *d)
{
	const struct hd_provider *table = find_builtin(builtins, simulator);

	if (!table)
		fail_fast("there is no built-in provider to simulate with");
	return open_registry(m, builtins, table, d);
}

void registry_close(struct registry *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->entry_count; i++) {
		entry_types_close(&r->entries[i]);
		schema_set_release(&r->entries[i].schemas);
		map_release(&r->entries[i].borrowed);
	}
	for (size_t i = 0; i < r->manifest->provider_count; i++)
		plugin_close(&r->plugins[i]);
	map_release(&r->services);
	map_release(&r->learnt->asked);
	diags_release(&r->learnt->ignored);
	arena_free(r->arena);
	free(r);
}

/* Catalogues */

bool registry_is_catalogue(const struct provider_entry *e)
{
	return entry_knows_more(e) && !e->table->open;
}

/* What it says of the type is its own, and so is whatever it says of deploying it. */
static bool is_own(const struct provider_entry *e, const struct schema *schema)
{
	return e->table == e->known && !map_has(&e->borrowed, text_of(schema_type(schema)));
}

bool registry_deploys(const struct provider_entry *e, const struct schema *schema)
{
	bool kept_back = schema_is_published(schema) && unserved_type(schema_type(schema));

	if (registry_is_catalogue(e))
		return false;
	return (schema_is_deployable(schema) && !kept_back) || !is_own(e, schema);
}

bool registry_doubts(const struct provider_entry *e, const struct schema *schema)
{
	return registry_is_catalogue(e) || (schema_is_published(schema) && is_own(e, schema));
}

static const struct schema *read_catalogue(const struct registry *r, struct provider_entry *e,
					   const char *type)
{
	struct arena *scratch = arena_new();
	const char *text = entry_type_schema(e, scratch, type);
	struct schema *s = NULL;

	if (text)
		s = schema_parse(r->arena, e->name, type, text_of(text), &r->learnt->ignored);
	if (s)
		map_set(&e->schemas, text_of(type), s);
	arena_free(scratch);
	return s;
}

static const struct schema *schema_of_catalogue(const struct registry *r, struct provider_entry *e,
						const char *type)
{
	const struct schema *known = map_find(&e->schemas, text_of(type));

	return known || !entry_knows_more(e) ? known : read_catalogue(r, e, type);
}

/* Of a catalogue what it knows; of one that takes any type what another catalogue knows. */
static const struct schema *learn(const struct registry *r, struct provider_entry *e,
				  const char *type)
{
	const struct schema *schema = map_find(&e->borrowed, text_of(type));

	if (!schema)
		schema = schema_of_catalogue(r, e, type);
	for (size_t i = 0; takes_any(e) && !schema && i < r->entry_count; i++) {
		schema = schema_of_catalogue(r, &r->entries[i], type);
		if (!schema)
			continue;
		schema = schema_lent(r->arena, schema);
		map_set(&e->borrowed, text_of(type), (void *)(uintptr_t)schema);
	}
	return schema;
}

/* Of those that fit equally well, one that can deploy the type is better than a catalogue, and
 * who lists it better than who learns it. */
static size_t rank_of(const struct provider_entry *e, size_t fit)
{
	return fit ? 2 * fit + !registry_is_catalogue(e) : 0;
}

static const struct service *ask_service(const struct registry *r, const char *type)
{
	const struct service *best = map_find(&r->services, text_of(type));

	for (size_t i = 0; i < r->entry_count; i++) {
		struct provider_entry *e = &r->entries[i];
		bool learns = entry_knows_more(e) || takes_any(e);
		size_t fit = learns ? fit_of(e, text_of(type)) : 0;
		const struct schema *schema;
		struct service *s;

		if (!fit || (best && rank_of(best->entry, best->fit) >= rank_of(e, fit)))
			continue;
		schema = learn(r, e, type);
		if (!schema)
			continue;
		s = ARENA_NEW(r->arena, struct service);
		*s = (struct service){e, schema, NULL, fit};
		best = s;
	}
	return best;
}

const struct schema *registry_schema(const struct registry *r, const struct provider_entry *e,
				     const char *type)
{
	return learn(r, &r->entries[e - r->entries], type);
}

bool registry_find(const struct registry *r, const char *type, const struct provider_entry **entry,
		   const struct schema **schema)
{
	struct map *asked = &r->learnt->asked;
	const struct service *s = map_find(asked, text_of(type));

	if (!s && !map_has(asked, text_of(type))) {
		s = ask_service(r, type);
		map_set(asked, text_of(type), (void *)(uintptr_t)s);
	}
	if (!s)
		return false;
	*entry = s->entry;
	*schema = s->schema;
	return true;
}

const struct provider_entry *registry_entry(const struct registry *r, const char *name)
{
	for (size_t i = 0; i < r->entry_count; i++) {
		if (strcmp(r->entries[i].name, name) == 0)
			return &r->entries[i];
	}
	return NULL;
}

static size_t absent_fit(const struct manifest_provider *p, struct text type)
{
	size_t best = best_pattern(p->types, p->type_count, type);

	for (size_t i = 0; !p->type_count && i < ARRAY_LEN(absent_patterns); i++) {
		if (strcmp(absent_patterns[i].name, p->name) == 0)
			best = best_pattern(&absent_patterns[i].pattern, 1, type);
	}
	return best;
}

const char *registry_absent_provider(const struct registry *r, const char *type)
{
	const char *name = NULL;
	size_t best = 0;

	for (size_t i = 0; i < r->manifest->provider_count; i++) {
		const struct manifest_provider *p = &r->manifest->providers[i];
		const struct provider_entry *e = registry_entry(r, p->name);
		size_t fit = e && !registry_is_catalogue(e) ? 0 : absent_fit(p, text_of(type));

		if (fit <= best)
			continue;
		best = fit;
		name = p->name;
	}
	return name;
}

static void take_name(void *context, struct hd_span name)
{
	struct registry *r = context;

	*(const char **)arena_vec_add(r->arena, &r->learnt->types) =
		arena_text(r->arena, (struct text){name.ptr, name.len});
}

static void gather_types(struct registry *r)
{
	struct learnt *l = r->learnt;
	size_t kept = 0;

	for (size_t i = 0; i < r->services.entry_count; i++)
		*(const char **)arena_vec_add(r->arena, &l->types) = r->services.entries[i].key;
	for (size_t i = 0; i < r->entry_count; i++) {
		if (entry_knows_more(&r->entries[i]))
			entry_type_names(&r->entries[i], r, take_name);
	}
	if (l->types.count)
		qsort(l->types.items, l->types.count, sizeof(*l->types.items), compare_names);
	for (size_t i = 0; i < l->types.count; i++) {
		if (!kept || strcmp(l->types.items[i], l->types.items[kept - 1]) != 0)
			l->types.items[kept++] = l->types.items[i];
	}
	l->types.count = kept;
}

const char *const *registry_types(const struct registry *r, size_t *count)
{
	if (!r->learnt->types.count)
		gather_types((struct registry *)(uintptr_t)r);
	*count = r->learnt->types.count;
	return r->learnt->types.items;
}

/* What one provider says of a type; NULL: nothing.  Looks at nothing that changes: any thread
 * may ask. */
static const char *text_from(const struct provider_entry *e, struct arena *a, const char *type)
{
	struct text schema = {e->known->schema.ptr, e->known->schema.len};
	const char *text = entry_knows_more(e) ? entry_type_schema(e, a, type) : NULL;
	json_t *all, *one;

	if (text || !schema.len)
		return text;
	all = json_parse(schema, NULL, NULL);
	one = json_object_get(json_object_get(all, "types"), type);
	if (one)
		text = json_text(a, one);
	json_decref(all);
	return text;
}

static const char *known_text(const struct registry *r, struct arena *a, const char *type)
{
	const char *text = NULL;

	for (size_t i = 0; !text && i < r->entry_count; i++)
		text = text_from(&r->entries[i], a, type);
	return text;
}

const char *registry_schema_text(const struct registry *r, struct arena *a, const char *type)
{
	const struct provider_entry *e;
	const struct schema *schema;
	const char *text;

	if (!registry_find(r, type, &e, &schema))
		return NULL;
	text = text_from(e, a, type);
	return text ? text : known_text(r, a, type);
}

int registry_tell_schema(const struct registry *r, struct text type, void *context,
			 void (*take)(void *context, struct hd_span schema))
{
	struct arena *a = arena_new();
	const char *text = known_text(r, a, arena_text(a, type));

	if (text)
		take(context, (struct hd_span){text, strlen(text)});
	arena_free(a);
	return text != NULL;
}

bool registry_of_project(const struct registry *r)
{
	return r->manifest->src != NULL;
}
