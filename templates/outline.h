/*
 * outline.h - the resources of a template and what each of them needs, in all branches.
 *
 * Read from the syntax tree, so conditions do not matter.  With a document (of partial
 * evaluation) loops are unrolled as far as they can be; without one their bodies count once,
 * under the names that are written.
 */
#ifndef TEMPLATES_OUTLINE_H
#define TEMPLATES_OUTLINE_H

#include "base/arena.h"
#include "templates/template.h"

struct outline_resource {
	const char *logical_id, *type;
	const size_t *needs; /* indices, without doubles, in the order they are written */
	size_t need_count;
};

struct outline {
	const struct outline_resource *resources; /* sorted by logical id */
	size_t count;
};

/* doc may be NULL.  All of it lives in the arena or in the template. */
void template_outline(struct arena *a, const struct template *t, const struct document *doc,
		      struct outline *out);

#endif
