/* The manifest from any bytes: reading it, and what is derived from it without files. */
#include "engine/health/health.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Every name that was accepted must lead back to its own entry. */
static void look_up(const struct manifest *m)
{
	for (size_t i = 0; i < m->region_count; i++) {
		if (!manifest_name_valid(text_of(m->regions[i].name)) ||
		    manifest_region(m, m->regions[i].name) != &m->regions[i])
			fail_fast("a region is lost");
	}
	for (size_t i = 0; i < m->account_count; i++) {
		if (manifest_account(m, m->accounts[i].name) != &m->accounts[i])
			fail_fast("an account is lost");
	}
	for (size_t i = 0; i < m->stack_count; i++) {
		const struct manifest_stack *s = &m->stacks[i];

		if (manifest_stack(m, s->name) != s || s->target_count == 0)
			fail_fast("a stack is lost");
		for (size_t k = 0; k < s->target_count; k++) {
			const struct manifest_target *t = &s->targets[k];

			if (manifest_target(s, t->account, t->region->name) != t)
				fail_fast("a target is lost, or there twice");
		}
	}
}

/* References need files and the environment: then there is an error, and no probe. */
static void probe(struct arena *a, const struct manifest *m)
{
	for (size_t i = 0; i < m->check_count && m->region_count; i++) {
		const struct check_place place = {m, &m->regions[0], "-", NULL, NULL};
		struct check_probe_list probes = {0};
		struct diags d = DIAGS_INIT;
		int rc = check_probes(a, &m->checks[i], &place, &probes, &d);

		if ((rc != 0) != diags_failed(&d) || (rc == 0) != (probes.count > 0))
			fail_fast("no probe and no error, or both");
		diags_release(&d);
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
	if (m) {
		look_up(m);
		probe(a, m);
	}
	diags_release(&d);
	arena_free(a);
	return 0;
}
