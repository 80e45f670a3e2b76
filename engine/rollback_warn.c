/*
 * rollback_warn.c - before anything is done: what could not be brought back if it failed.
 */
#include "engine/rollback.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN 5

struct warning {
	enum diag_code code;
	const char *what;
	size_t count;
	struct str names;
};

static void count(struct warning *w, const struct change *c)
{
	if (w->count++ >= SHOWN)
		return;
	if (w->names.len)
		str_add(&w->names, ", ");
	address_format(&c->addr, &w->names);
}

static bool changes_secret(const struct change *c)
{
	for (size_t i = 0; i < c->path_count; i++) {
		if (c->paths[i].sensitive && !c->paths[i].computed)
			return c->action == ACTION_UPDATE || c->action == ACTION_REPLACE;
	}
	return false;
}

static bool retains_old(const struct change *c)
{
	return c->resource &&
	       (c->resource->update_replace_policy == DELETION_RETAIN ||
		c->resource->update_replace_policy == DELETION_RETAIN_EXCEPT_ON_CREATE);
}

static bool deletes_first(const struct change *c)
{
	return c->action == ACTION_REPLACE && !retains_old(c) && c->schema &&
	       schema_replacement_order(c->schema) == DELETE_THEN_CREATE;
}

/* Deletes that something wanted waits for are not left for the end. */
static bool *deleted_early(const struct plan *p)
{
	bool *early = xcalloc(p->change_count + 1, sizeof(*early));

	for (size_t i = 0; i < p->change_count; i++) {
		const struct change *c = &p->changes[i];

		early[i] |= deletes_first(c);
		for (size_t k = 0; c->resource && k < c->need_count; k++) {
			if (p->changes[c->needs[k]].action == ACTION_DELETE)
				early[c->needs[k]] = true;
		}
	}
	return early;
}

static void tell(struct warning *w, struct diags *d)
{
	struct diag *g;

	if (w->count) {
		g = diag_note(d, w->code, RANGE_NONE,
			      "a rollback could not restore %s of %zu resource%s", w->what,
			      w->count, w->count == 1 ? "" : "s");
		diag_detail(d, g, "%s%s", str_cstr(&w->names), w->count > SHOWN ? ", ..." : "");
	}
	str_release(&w->names);
}

void rollback_warn(const struct plan *plan, const bool *halting, struct diags *d)
{
	struct warning secrets = {DIAG_ROLLBACK_SECRETS, "the secrets", 0, STR_INIT};
	struct warning data = {DIAG_ROLLBACK_DATA, "the data", 0, STR_INIT};
	bool *early = deleted_early(plan);

	for (size_t i = 0; i < plan->instance_count; i++) {
		const struct instance_plan *p = &plan->instances[i];

		for (size_t k = 0; halting[i] && k < p->change_count; k++) {
			const struct change *c = &plan->changes[p->first_change + k];

			if (changes_secret(c))
				count(&secrets, c);
			if (early[p->first_change + k])
				count(&data, c);
		}
	}
	tell(&secrets, d);
	tell(&data, d);
	free(early);
}
