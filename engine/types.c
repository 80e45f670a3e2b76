/* types.c - the resource types that providers know, for people who look them up. */
#include <stdlib.h>

#include "engine/engine.h"

struct types {
	struct arena *arena;
	struct registry *registry;
};

struct types *types_open(const char *dir, const struct hd_provider *const *builtins,
			 struct diags *d)
{
	struct types *t = xcalloc(1, sizeof(*t));
	struct diags found = DIAGS_INIT;
	const struct manifest *m;

	t->arena = arena_new();
	m = dir ? manifest_load(t->arena, dir, &found) : manifest_none(t->arena);
	if (m)
		t->registry = registry_open(m, builtins, &found);
	diags_keep_sources(&found);
	diags_take(d, &found);
	if (t->registry)
		return t;
	types_close(t);
	return NULL;
}

void types_close(struct types *t)
{
	if (!t)
		return;
	registry_close(t->registry);
	arena_free(t->arena);
	free(t);
}

const char *const *types_names(const struct types *t, size_t *count)
{
	return registry_types(t->registry, count);
}

const char *types_schema(struct types *t, const char *name)
{
	return registry_schema_text(t->registry, t->arena, name);
}
