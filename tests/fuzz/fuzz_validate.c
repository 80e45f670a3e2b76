/* fuzz_validate.c - any bytes as a template of AWS types: everything that validate looks at. */
#include <stdlib.h>

#include "engine/lint/lint.h"
#include "engine/manifest.h"
#include "providers/builtin.h"
#include "templates/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Opened once: types are looked up when they are named. */
static struct arena *arena_of_types;
static struct registry *known_types;

static void close_types(void)
{
	registry_close(known_types);
	arena_free(arena_of_types);
}

static const struct registry *types(void)
{
	struct diags d = DIAGS_INIT;

	if (known_types)
		return known_types;
	arena_of_types = arena_new();
	known_types = registry_open(manifest_none(arena_of_types), builtin_providers, &d);
	if (!known_types || diags_failed(&d) || atexit(close_types))
		abort();
	diags_release(&d);
	return known_types;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT, more = DIAGS_INIT;
	const struct source *src =
		source_from(a, "input", (struct text){(const char *)bytes, len}, &d);
	const struct template *t = src ? template_load(a, src, NULL, &d) : NULL;

	if (t)
		template_check(t, &d);
	if (t && (lint_template(t, types(), &more) != 0) != diags_failed(&more))
		abort();
	diags_take(&d, &more);
	diags_sort(&d);
	for (const struct diag *g = d.first; g; g = g->next) {
		if (g->where.src && g->where.start.line < 1)
			abort();
	}
	diags_release(&d);
	arena_free(a);
	return 0;
}
