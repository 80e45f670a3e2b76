/* The manifest from any bytes: reading it, and what is derived from it without files. */
#include "engine/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Every name that was accepted must lead back to its own entry. */
static void look_up(const struct manifest *m)
{
	for (size_t i = 0; i < m->region_count; i++) {
		if (!manifest_name_valid(text_of(m->regions[i].name)) ||
		    manifest_region(m, m->regions[i].name) != &m->regions[i])
			fail_fast("a region is lost");
	}
	for (size_t i = 0; i < m->stack_count; i++) {
		if (manifest_stack(m, m->stacks[i].name) != &m->stacks[i] ||
		    m->stacks[i].target_count == 0)
			fail_fast("a stack is lost");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	struct diags d = DIAGS_INIT;
	struct text text = {(const char *)bytes, len};
	const struct source *src = source_from(a, "hadeploy.yaml", text, &d);
	const struct manifest *m = src ? manifest_parse(a, src, "/srv/shop", &d) : NULL;

	if ((m == NULL) != diags_failed(&d))
		fail_fast("no manifest and no error, or both");
	if (m)
		look_up(m);
	diags_release(&d);
	arena_free(a);
	return 0;
}
