/* entries.c - runbooks that people and the manifest begin with, and those that others run. */
#include <string.h>

#include "engine/runbook/language.h"
#include "engine/runbook/readiness.h"

static bool is_name(const char *name, const char *of)
{
	return name && !strcmp(name, of);
}

static bool is_named(const struct manifest *m, const char *name)
{
	if (is_name(m->failover.runbook, name) || is_name(m->failover.failback, name))
		return true;
	for (size_t i = 0; i < m->watch_count; i++) {
		if (is_name(m->watches[i].runbook, name))
			return true;
	}
	for (size_t i = 0; i < m->stack_count; i++) {
		if (is_name(m->stacks[i].restore, name))
			return true;
	}
	return false;
}

static bool runs(const struct runbook_file *f, const struct manifest_runbook *r)
{
	for (size_t i = 0; i < f->steps.count; i++) {
		if (f->steps.items[i].runs && f->steps.items[i].runs->entry == r)
			return true;
	}
	return false;
}

bool runbook_is_entry(struct arena *a, const struct manifest *m, const struct manifest_runbook *r)
{
	struct runbook_library *lib;
	struct diags ignored = DIAGS_INIT;
	bool inner = false;

	if (is_named(m, r->name))
		return true;
	lib = runbook_library_new(a, m);
	for (size_t i = 0; i < m->runbook_count && !inner; i++) {
		const struct runbook_file *f =
			runbook_file_read(lib, &m->runbooks[i], NULL, NULL, &ignored);

		inner = f && f->entry != r && runs(f, r);
	}
	diags_release(&ignored);
	return !inner;
}
