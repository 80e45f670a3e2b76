/* project_moves.c - the section Moved against the resources that there are. */
#include <string.h>

#include "engine/project_parts.h"

struct checking_moves {
	const struct document *doc;
	struct map ids;   /* of resources and of the nested stacks around them */
	struct map froms; /* ids that moves start from */
	struct arena *a;
	struct diags *d;
};

static bool is_there(const struct checking_moves *c, const char *id)
{
	struct range ignored;

	return map_has(&c->ids, text_of(id)) || document_declares(c->doc, id, &ignored);
}

static void add_ids(struct checking_moves *c, const char *id)
{
	for (const char *dot = strchr(id, '.'); dot; dot = strchr(dot + 1, '.'))
		map_set(&c->ids, (struct text){id, (size_t)(dot - id)}, c);
	map_set(&c->ids, text_of(id), c);
}

static void hint_target(struct checking_moves *c, struct diag *g, const char *id)
{
	const char **names = ARENA_ARRAY(c->a, c->doc->resource_count, const char *);

	for (size_t i = 0; i < c->doc->resource_count; i++)
		names[i] = c->doc->resources[i].logical_id;
	diag_did_you_mean(c->d, g, text_of(id), names, c->doc->resource_count);
}

static void check_move(struct checking_moves *c, const struct template_move *m)
{
	struct diag *g;

	if (is_there(c, m->from)) {
		g = diag_add(c->d, DIAG_MOVED_STILL_THERE, m->from_where,
			     "'%s' is said to be '%s' now, and is still there", m->from, m->to);
		diag_hint(c->d, g, "take the resource '%s' out, or this move", m->from);
	}
	if (is_there(c, m->to) || map_has(&c->froms, text_of(m->to)))
		return;
	g = diag_add(c->d, DIAG_MOVED_NOWHERE, m->to_where,
		     "'%s' moves to '%s', which is no resource of the template", m->from, m->to);
	hint_target(c, g, m->to);
}

void project_check_moves(const struct document *doc, struct diags *d)
{
	struct checking_moves c = {.doc = doc, .a = arena_new(), .d = d};
	size_t count;
	const struct template_move *moves = document_moves(doc, c.a, &count);

	for (size_t i = 0; count && i < doc->resource_count; i++)
		add_ids(&c, doc->resources[i].logical_id);
	for (size_t i = 0; i < count; i++)
		map_set(&c.froms, text_of(moves[i].from), &c);
	for (size_t i = 0; i < count; i++)
		check_move(&c, &moves[i]);
	map_release(&c.ids);
	map_release(&c.froms);
	arena_free(c.a);
}
