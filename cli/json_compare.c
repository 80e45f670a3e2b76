/* json_compare.c - a comparison of commits as JSON, and which of its instances are alike. */
#include <string.h>

#include "base/map.h"
#include "cli/json_plan.h"
#include "cli/view_compare.h"
#include "cli/view_group.h"
#include "cli/view_text.h"

#define SHORT_ID 10

static const char *const action_words[ACTION_COUNT] = {
	[ACTION_NONE] = "move",       [ACTION_CREATE] = "create", [ACTION_UPDATE] = "update",
	[ACTION_REPLACE] = "replace", [ACTION_DELETE] = "delete",
};

static json_t *path_json(const struct path_change *p)
{
	json_t *j = json_object();

	json_object_set_new(j, "path", json_string(p->pointer));
	if (!p->sensitive) {
		json_set_json(j, "before", p->before);
		json_set_json(j, "after", p->after);
	}
	if (p->replaces)
		json_object_set_new(j, "forces_replacement", json_true());
	if (p->unknown)
		json_object_set_new(j, "unknown", json_true());
	if (p->sensitive)
		json_object_set_new(j, "sensitive", json_true());
	return j;
}

static json_t *paths_json(const struct compared *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->path_count; i++)
		json_array_append_new(list, path_json(&c->paths[i]));
	return list;
}

static json_t *resource_json(const struct compared *c)
{
	json_t *j = json_object();

	json_object_set_new(j, "logical_id", json_string(c->logical_id));
	json_object_set_new(j, "type", json_string(c->type));
	json_object_set_new(j, "action", json_string(action_words[c->action]));
	json_set_text(j, "moved_from", c->moved_from);
	json_set_text(j, "because", c->because);
	if (c->path_count)
		json_object_set_new(j, "paths", paths_json(c));
	return j;
}

static json_t *changes_json(const struct instance_comparison *i)
{
	json_t *j = json_object(), *resources = json_array();

	json_object_set_new(j, "action", json_string(action_words[i->action]));
	for (size_t k = 0; k < i->count; k++) {
		if (i->items[k].logical_id)
			json_array_append_new(resources, resource_json(&i->items[k]));
		else
			json_object_set_new(j, "outputs", paths_json(&i->items[k]));
	}
	json_object_set_new(j, "resources", resources);
	json_object_set_new(j, "unchanged", json_integer((json_int_t)i->alike));
	return j;
}

json_t *json_compared_instance(const struct instance_comparison *i)
{
	json_t *j = json_line("difference"), *changes = changes_json(i);

	json_object_set_new(j, "stack", json_string(i->id.stack));
	json_object_set_new(j, "account", json_string(i->id.account));
	json_object_set_new(j, "region", json_string(i->id.region));
	json_object_update(j, changes);
	json_decref(changes);
	return j;
}

json_t *json_comparison_end(const struct comparison *c)
{
	struct comparison_counts n = comparison_count(c);
	json_t *j = json_line("comparison");

	json_set_text(j, "from", c->from);
	json_set_text(j, "from_commit", c->from_commit);
	json_set_text(j, "to", c->to);
	json_set_text(j, "to_commit", c->to_commit);
	json_object_set_new(j, "instances", json_integer((json_int_t)c->count));
	json_object_set_new(j, "create", json_integer((json_int_t)n.create));
	json_object_set_new(j, "update", json_integer((json_int_t)n.update));
	json_object_set_new(j, "replace", json_integer((json_int_t)n.replace));
	json_object_set_new(j, "delete", json_integer((json_int_t)n.remove));
	json_object_set_new(j, "move", json_integer((json_int_t)n.moved));
	return j;
}

/* --- what all views ask --- */

const char *comparison_signature(struct arena *a, const struct instance_comparison *i)
{
	json_t *j = changes_json(i);
	const char *text;

	json_object_set_new(j, "stack", json_string(i->id.stack));
	text = json_text(a, j);
	json_decref(j);
	return text;
}

struct comparison_groups comparison_groups_of(struct arena *a, const struct comparison *c)
{
	struct comparison_groups all = {0};
	struct map by_signature = MAP_INIT;

	for (size_t i = 0; i < c->count; i++) {
		struct text key = text_of(comparison_signature(a, &c->instances[i]));
		struct comparison_group *g = map_find(&by_signature, key);

		if (!g) {
			g = ARENA_NEW(a, struct comparison_group);
			g->first = &c->instances[i];
			map_set(&by_signature, key, g);
			*arena_vec_add(a, &all) = g;
		}
		*arena_vec_add(a, g) = &c->instances[i].id;
	}
	map_release(&by_signature);
	return all;
}

void comparison_group_name(struct str *out, const struct comparison_group *g)
{
	struct arena *a = arena_new();

	if (g->count == 1) {
		shown_text(out, text_of(instance_id_text(a, g->items[0])));
	} else {
		shown_text(out, text_of(g->first->id.stack));
		str_printf(out, ": %zu instances (", g->count);
		view_places(out, g->items, g->count);
		str_add_char(out, ')');
	}
	arena_free(a);
}

static void count_one(struct comparison_counts *n, const struct compared *c)
{
	if (!c->logical_id)
		return;
	n->create += c->action == ACTION_CREATE;
	n->update += c->action == ACTION_UPDATE;
	n->replace += c->action == ACTION_REPLACE;
	n->remove += c->action == ACTION_DELETE;
	n->moved += c->moved_from != NULL;
}

struct comparison_counts comparison_count(const struct comparison *c)
{
	struct comparison_counts n = {0};

	for (size_t i = 0; i < c->count; i++) {
		for (size_t k = 0; k < c->instances[i].count; k++)
			count_one(&n, &c->instances[i].items[k]);
	}
	return n;
}

static void add_side(struct str *out, const char *name, const char *commit)
{
	if (!name) {
		str_add(out, "the files in the folder");
		return;
	}
	shown_text(out, text_of(name));
	if (commit && strncmp(commit, name, strlen(name)) != 0)
		str_printf(out, " (%.*s)", SHORT_ID, commit);
}

void comparison_sides(struct str *out, const struct comparison *c)
{
	add_side(out, c->from, c->from_commit);
	str_add(out, " to ");
	add_side(out, c->to, c->to_commit);
}
