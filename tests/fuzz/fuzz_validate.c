/* fuzz_validate.c - any bytes as a template of AWS types: everything that validate looks at. */
#include <stdlib.h>

#include "engine/lint/lint.h"
#include "engine/manifest.h"
#include "providers/builtin.h"
#include "templates/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Read once: types are looked up when they are named. */
static const struct registry *types(void)
{
	static struct arena *a;
	static struct registry *all;
	struct diags d = DIAGS_INIT;

	if (all)
		return all;
	a = arena_new();
	all = registry_open(manifest_none(a), builtin_providers, &d);
	if (!all || diags_failed(&d))
		abort();
	diags_release(&d);
	return all;
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
