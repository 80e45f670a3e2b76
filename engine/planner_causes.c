/*
 * planner_causes.c - which other change is behind a change.
 *
 * A value that is not known yet names what it waits for.  A known one differs because of a
 * resource that its expression refers to and that changes too: then the reference stands inside
 * of the property that differs.
 */
#include "engine/planner_parts.h"

#include <string.h>

static bool before_or_at(struct pos x, struct pos y)
{
	return x.line < y.line || (x.line == y.line && x.column <= y.column);
}

static bool inside(const struct range *inner, const struct range *outer)
{
	return inner->src && inner->src == outer->src && before_or_at(outer->start, inner->start) &&
	       before_or_at(inner->end, outer->end);
}

/* "Vpc.Id" or "Vpc" of the resource Vpc. */
static bool is_of(const char *cause, const char *logical_id)
{
	size_t len = strlen(logical_id);

	return !strncmp(cause, logical_id, len) && (!cause[len] || cause[len] == '.');
}

static bool refers_inside(const struct change *c, const struct path_change *path,
			  const char *logical_id)
{
	for (size_t i = 0; i < c->resource->ref_count; i++) {
		const struct doc_ref *r = &c->resource->refs[i];

		if (!strcmp(r->logical_id, logical_id) && inside(&r->where, &path->where))
			return true;
	}
	return false;
}

static bool comes_from(const struct change *c, const struct path_change *path,
		       const struct change *other)
{
	const char *id = other->addr.logical_id;

	if (!other->resource || other->action == ACTION_NONE || path->drift)
		return false;
	if (path->unknown && c->cause && is_of(c->cause, id))
		return true;
	return refers_inside(c, path, id);
}

static const char *behind_path(const struct planning *p, const struct change *c,
			       const struct path_change *path)
{
	for (size_t k = 0; k < c->need_count; k++) {
		const struct change *other = &p->changes.items[c->needs[k]];

		if (comes_from(c, path, other))
			return other->addr.logical_id;
	}
	return NULL;
}

/* What forces a replacement decides; otherwise anything that has a cause. */
static const char *behind(const struct planning *p, const struct change *c)
{
	const char *found = NULL;

	for (size_t i = 0; i < c->path_count && !found; i++) {
		if (c->paths[i].replaces || c->action != ACTION_REPLACE)
			found = behind_path(p, c, &c->paths[i]);
	}
	return found;
}

void planner_causes(struct planning *p, const struct planning_instance *w)
{
	for (size_t i = w->first; i < w->first + w->change_count; i++) {
		struct change *c = &p->changes.items[i];

		if (c->resource && (c->action == ACTION_UPDATE || c->action == ACTION_REPLACE))
			c->because = behind(p, c);
	}
}

static const struct path_change *first_replacing(const struct change *c)
{
	for (size_t i = 0; i < c->path_count; i++) {
		if (c->paths[i].replaces)
			return &c->paths[i];
	}
	return NULL;
}

static void note_uncertain(struct planning *p, const struct change *c)
{
	const struct path_change *path = first_replacing(c);
	struct arena *scratch = arena_new();
	struct diag *g;

	g = diag_note(p->d, DIAG_PLAN_MAY_REPLACE, path ? path->where : c->where,
		      "replacement may turn out to be unnecessary");
	diag_detail(p->d, g, "'%s' cannot be changed in place, and its new value waits for '%s'.",
		    path && *path->pointer ? path->pointer + 1 : "", c->cause ? c->cause : "");
	diag_address(p->d, g, address_text(scratch, &c->addr));
	arena_free(scratch);
}

void planner_note_uncertain(struct planning *p)
{
	for (size_t i = 0; i < p->changes.count; i++) {
		if (p->changes.items[i].conditional)
			note_uncertain(p, &p->changes.items[i]);
	}
}
