/* diag_sources.c - lists of diagnostics that outlive the files they are about. */
#include "base/arena.h"
#include "base/diag.h"
#include "base/vec.h"

struct kept_source {
	const struct source *from, *copy;
};

struct kept_sources {
	VEC_OF(struct kept_source)
};

static const struct source *kept_copy(struct diags *d, struct kept_sources *kept,
				      const struct source *src)
{
	struct kept_source *k;

	for (size_t i = 0; i < kept->count; i++) {
		if (kept->items[i].from == src)
			return kept->items[i].copy;
	}
	k = vec_add(kept);
	k->from = src;
	k->copy = source_copy(d->arena, src);
	return k->copy;
}

void diags_keep_sources(struct diags *d)
{
	struct kept_sources kept = {0};

	for (struct diag *g = d->first; g; g = g->next) {
		for (struct diag *at = g; at; at = (struct diag *)at->related) {
			if (at->where.src)
				at->where.src = kept_copy(d, &kept, at->where.src);
		}
	}
	vec_release(&kept);
	d->keeps_sources = true;
}
