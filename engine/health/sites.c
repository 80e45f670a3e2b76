/* sites.c - see sites.h. */
#include "engine/health/sites.h"

#include <string.h>

#include "base/json.h"
#include "engine/engine_private.h"
#include "templates/node.h"

struct output_place {
	const struct check_sites *s;
	const char *region, *account;
};

static const char *output_of(void *context, const char *stack, const char *name)
{
	const struct output_place *at = context;
	const struct instance_id id = {stack, at->account, at->region};

	for (size_t i = 0; i < at->s->recorded.count; i++) {
		const struct instance_record *r = &at->s->recorded.items[i];
		const char *text;
		json_t *all;

		if (instance_id_compare(&r->id, &id) != 0 || !r->outputs)
			continue;
		all = json_parse(text_of(r->outputs), NULL, NULL);
		text = json_str(all, name, NULL);
		text = text ? arena_strdup(at->s->a, text) : NULL;
		json_decref(all);
		return text;
	}
	return NULL;
}

static bool names_account(const struct node *n)
{
	switch (n->kind) {
	case NODE_SCALAR:
		return n->text.len && memmem(n->text.ptr, n->text.len, "${Account}", 10);
	case NODE_LIST:
		for (size_t i = 0; i < n->count; i++) {
			if (names_account(n->items[i]))
				return true;
		}
		return false;
	case NODE_MAP:
		for (size_t i = 0; i < n->count; i++) {
			if (names_account(n->entries[i].value))
				return true;
		}
		return false;
	case NODE_CALL:
		break;
	}
	return false;
}

static int add_place(struct check_sites *s, const struct manifest_check *c,
		     const struct check_place *at, struct diags *d)
{
	struct output_place *outputs = ARENA_NEW(s->a, struct output_place);
	struct check_place place = *at;
	struct check_probe_list probes = {0};

	*outputs = (struct output_place){s, at->region->name, at->account};
	place.manifest = s->e->project->manifest;
	place.output = output_of;
	place.context = outputs;
	if (check_probes(s->a, c, &place, &probes, d))
		return -1;
	s->add(s->context, c, &probes);
	return 0;
}

int check_sites_add(struct check_sites *s, const struct manifest_check *c,
		    const struct manifest_region *region, struct diags *d)
{
	const struct manifest *m = s->e->project->manifest;
	struct check_place at = {.region = region, .account = ACCOUNT_NONE};
	int rc = 0;

	if (!check_has_hosts(c, region))
		return 0;
	if (!m->account_count || !names_account(c->config))
		return add_place(s, c, &at, d);
	for (size_t i = 0; i < m->account_count; i++) {
		at.account = m->accounts[i].name;
		rc |= add_place(s, c, &at, d);
	}
	return rc;
}

void check_sites_load(struct check_sites *s)
{
	struct diags ignored = DIAGS_INIT;
	struct state *state = engine_state(s->e, STATE_READ, &ignored);

	if (!state || state_load_instances(state, s->a, &s->recorded, &ignored))
		s->recorded.count = 0;
	diags_release(&ignored);
}
