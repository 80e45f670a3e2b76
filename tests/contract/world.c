/* world.c - what is asked of things that nobody recorded: by key, by name, by id, in a list. */
#include <stdlib.h>
#include <string.h>

#include "tests/contract/contract.h"

static bool offers_find(const struct suite *s)
{
	return HD_KNOWS(struct hd_provider, s->table, find) && s->table->find;
}

/* The id that was found; NULL: none, or several. */
static const char *found_id(const struct outcome *o)
{
	if (o->status != HD_OK)
		return NULL;
	if (o->id)
		return o->id;
	return o->found.count == 1 ? o->found.items[0].id : NULL;
}

static void expect_id(struct suite *s, const struct thing *thing, const char *check,
		      const struct outcome *o)
{
	const char *id = found_id(o);

	expect(s, thing->type, check, id && !strcmp(id, thing->id), thing->id, "%s %s",
	       status_name((int)o->status), id ? id : "without an id");
}

static void check_find(struct suite *s, const struct thing *thing, const char *check,
		       const char *key)
{
	json_t *recorded = suite_recordable(thing->type, thing->desired);
	struct question q = {
		.kind = CALL_FIND, .type = thing->type, .recorded = recorded, .idem = key};
	struct outcome o;

	if (wanted(s, check)) {
		suite_ask_all(s, &q, NULL, &o);
		expect_id(s, thing, check, &o);
		outcome_release(&o);
	}
	json_decref(recorded);
}

static void check_import(struct suite *s, const struct thing *thing)
{
	struct question q = {.kind = CALL_READ, .type = thing->type, .id = thing->id};
	struct outcome o;

	if (!wanted(s, "import"))
		return;
	suite_ask_all(s, &q, NULL, &o);
	expect(s, thing->type, "import", o.status == HD_OK && o.state,
	       "HD_OK with the state, by the id alone", "%s", status_name((int)o.status));
	outcome_release(&o);
}

/* --- what is missing --- */

static void check_missing(struct suite *s, const struct type_spec *t, enum call_kind kind,
			  const char *check)
{
	json_t *desired = spec_properties(t->create, suite_number(s));
	json_t *recorded = suite_recordable(t, desired);
	char *key = suite_key(s);
	struct question q = {
		.kind = kind, .type = t, .id = t->missing, .recorded = recorded, .idem = key};
	struct outcome o;

	if (kind == CALL_UPDATE)
		q.desired = desired;
	if (kind == CALL_READ)
		q.idem = NULL;
	if (kind == CALL_FIND)
		q.id = NULL;
	suite_ask_all(s, &q, NULL, &o);
	expect(s, t, check,
	       o.status == HD_NOTFOUND ||
		       (kind == CALL_FIND && o.status == HD_OK && !o.id && !o.found.count),
	       "HD_NOTFOUND", "%s", status_name((int)o.status));
	outcome_release(&o);
	json_decref(desired);
	json_decref(recorded);
	free(key);
}

/* --- list --- */

static bool lists(const struct outcome *o, const char *id)
{
	for (size_t i = 0; i < o->found.count; i++) {
		if (!strcmp(o->found.items[i].id, id))
			return true;
	}
	return false;
}

/* The cursor of the next page as plain text; NULL: that was the last one. */
static char *next_cursor(const struct outcome *o)
{
	json_t *j = o->result ? json_parse(text_of(o->result), NULL, NULL) : NULL;
	char *cursor = json_is_string(j) ? strdup(json_string_value(j)) : NULL;

	json_decref(j);
	return cursor;
}

static void check_list(struct suite *s, const struct thing *thing)
{
	char *cursor = NULL;
	bool found = false, more = true;

	if (!HD_KNOWS(struct hd_provider, s->table, list) || !s->table->list || !wanted(s, "list"))
		return;
	while (more && !found) {
		struct question q = {.kind = CALL_LIST, .type = thing->type, .token = cursor};
		struct outcome o;

		suite_ask_all(s, &q, NULL, &o);
		free(cursor);
		cursor = next_cursor(&o);
		found = lists(&o, thing->id);
		more = o.status == HD_OK && cursor;
		outcome_release(&o);
	}
	free(cursor);
	expect(s, thing->type, "list", found, thing->id, "a list without it");
}

static void check_all_missing(struct suite *s, const struct type_spec *t)
{
	if (!t->missing || !wanted(s, "missing"))
		return;
	check_missing(s, t, CALL_READ, "missing-read");
	check_missing(s, t, CALL_REMOVE, "missing-remove");
	if (offers_find(s))
		check_missing(s, t, CALL_FIND, "missing-find");
}

void check_world(struct suite *s, const struct type_spec *t)
{
	struct thing thing;
	struct outcome o;

	check_all_missing(s, t);
	if (thing_make(s, t, &thing) == HD_OK && thing.id) {
		check_import(s, &thing);
		if (offers_find(s))
			check_find(s, &thing, "find-key", thing.key);
		if (offers_find(s) && t->natural_name)
			check_find(s, &thing, "find-name", NULL);
		check_list(s, &thing);
		thing_remove(s, &thing, &o);
		outcome_release(&o);
	}
	thing_release(&thing);
}
