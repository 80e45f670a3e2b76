/* check.c - everything that can be said of a runbook without values for its parameters. */
#include "engine/runbook/making.h"

/* Results are not known, and neither are parameters without a default. */
static void check_step(struct runbook_reader *r, const struct document *doc,
		       const struct file_step *s, struct diags *d)
{
	struct arena *scratch = arena_new();

	for (int grace = 0; grace <= STEP_UNGRACEFUL; grace++) {
		struct step_making k = {.a = scratch,
					.m = r->m,
					.doc = doc,
					.step = s,
					.grace = (enum step_grace)grace,
					.d = d};

		if (grace && !s->ungraceful)
			continue;
		step_make_values(&k);
	}
	arena_free(scratch);
}

void runbook_check_steps(struct runbook_reader *r)
{
	struct diags found = DIAGS_INIT;
	struct eval_target target;
	struct document_wish w = {.file = r->file, .target = &target, .partial = true};
	const struct document *doc;

	runbook_target(&target, r->m, r->file->entry->name);
	doc = runbook_document(r->a, &w, &found);
	for (size_t i = 0; doc && i < r->file->steps.count; i++)
		check_step(r, doc, &r->file->steps.items[i], &found);
	diags_sort(&found);
	diags_take(r->d, &found);
}

int runbook_check_all(struct arena *a, const struct manifest *m, struct diags *d)
{
	return runbook_library_check(runbook_library_new(a, m), d);
}
