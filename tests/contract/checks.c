/* checks.c - one thing of a type, from its creation to its end. */
#include <stdlib.h>
#include <string.h>

#include "tests/contract/contract.h"

/* --- what is handed over --- */

static bool has_type(const json_t *declared, const json_t *value)
{
	const char *type = json_string_value(declared);

	if (!type)
		return true;
	if (!strcmp(type, "string"))
		return json_is_string(value);
	if (!strcmp(type, "integer"))
		return json_is_integer(value);
	if (!strcmp(type, "number"))
		return json_is_number(value);
	if (!strcmp(type, "boolean"))
		return json_is_boolean(value);
	if (!strcmp(type, "array"))
		return json_is_array(value);
	return strcmp(type, "object") != 0 || json_is_object(value);
}

/* The first member that the schema does not allow; NULL: all are fine. */
static const char *misfit(const struct type_spec *t, const json_t *state)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)state, key, value)
	{
		const json_t *declared = json_object_get(t->properties, key);

		if (!declared && !t->open && !schema_has_attribute(t->schema, text_of(key)))
			return key;
		if (declared && !has_type(json_object_get(declared, "type"), value))
			return key;
	}
	return NULL;
}

static void check_state(struct suite *s, const struct type_spec *t, const struct thing *thing)
{
	json_t *state = thing->state ? json_parse(text_of(thing->state), NULL, NULL) : NULL;
	const char *key = misfit(t, state);

	expect(s, t, "state-schema", state && !key, "members that the schema declares", "%s",
	       key ? key : "no state");
	json_decref(state);
}

static bool is_mute(const struct type_spec *t, const char *key)
{
	struct str pointer = STR_INIT;
	bool mute;

	json_pointer_add(&pointer, text_of(key));
	mute = schema_is_read_only(t->schema, str_text(&pointer)) ||
	       schema_is_write_only(t->schema, str_text(&pointer)) ||
	       (t->secret && !strcmp(t->secret, str_cstr(&pointer)));
	for (size_t i = 0; i < json_array_size(t->unshown); i++)
		mute |= !strcmp(json_string_value(json_array_get(t->unshown, i)), key);
	str_release(&pointer);
	return mute;
}

/* Compares each wish with what is shown; tells the first that differs. */
static void check_shown(struct suite *s, const struct type_spec *t, const char *check,
			const json_t *wanted, const struct outcome *o)
{
	json_t *state = o->state ? json_parse(text_of(o->state), NULL, NULL) : NULL;
	struct arena *a = arena_new();
	const char *key;
	json_t *wish;

	expect(s, t, check, o->status == HD_OK && state, "HD_OK with a state", "%s",
	       status_name((int)o->status));
	json_object_foreach((json_t *)(uintptr_t)wanted, key, wish)
	{
		const json_t *shown = json_object_get(state, key);

		if (state && !is_mute(t, key) && (!shown || !json_equal(shown, wish)))
			expect(s, t, check, false,
			       arena_printf(a, "%s: %s", key, json_text(a, wish)), "%s",
			       shown ? json_text(a, shown) : "nothing");
	}
	json_decref(state);
	arena_free(a);
}

static void check_read(struct suite *s, const struct type_spec *t, const char *check,
		       const struct thing *thing)
{
	struct outcome o;

	if (!wanted(s, check))
		return;
	thing_read(s, thing, &o);
	check_shown(s, t, check, thing->desired, &o);
	outcome_release(&o);
}

/* --- made twice --- */

static void check_same_key(struct suite *s, const struct type_spec *t, const struct thing *thing)
{
	struct thing again;
	int status;

	if (!wanted(s, "same-key"))
		return;
	status = thing_make_with(s, t, json_deep_copy(thing->desired), thing->key, &again);
	expect(s, t, "same-key",
	       status == HD_OK && again.id && thing->id && !strcmp(again.id, thing->id),
	       thing->id ? thing->id : "an id", "%s %s", status_name(status),
	       again.id ? again.id : "without an id");
	thing_release(&again);
}

static void check_other_key(struct suite *s, const struct type_spec *t, const struct thing *thing)
{
	struct thing again;
	char *key;
	int status;

	if (!t->fixed_name || !wanted(s, "other-key"))
		return;
	key = suite_key(s);
	status = thing_make_with(s, t, json_deep_copy(thing->desired), key, &again);
	expect(s, t, "other-key", status == HD_EXISTS, "HD_EXISTS", "%s", status_name(status));
	thing_release(&again);
	free(key);
}

/* --- update --- */

static json_t *changed_pointers(const json_t *changes)
{
	json_t *out = json_array(), *ignored;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)changes, key, ignored)
		json_array_append_new(out, json_sprintf("/%s", key));
	return out;
}

static void update(struct suite *s, const struct thing *thing, const json_t *desired,
		   struct outcome *out)
{
	json_t *recorded = thing_recorded(thing), *changed = changed_pointers(thing->type->update);
	char *key = suite_key(s);
	struct question q = {
		.kind = CALL_UPDATE,
		.type = thing->type,
		.id = thing->id,
		.idem = key,
		.desired = desired,
		.recorded = recorded,
		.changed = changed,
		.priv = &thing->priv,
		.secret = thing_secret(thing),
	};

	suite_ask_all(s, &q, NULL, out);
	json_decref(recorded);
	json_decref(changed);
	free(key);
}

static void check_update(struct suite *s, const struct type_spec *t, struct thing *thing)
{
	json_t *changes, *desired;
	struct outcome o;

	if (!t->update || !wanted(s, "update"))
		return;
	changes = spec_properties(t->update, suite_number(s));
	desired = json_deep_copy(thing->desired);
	json_object_update(desired, changes);
	update(s, thing, desired, &o);
	check_shown(s, t, "update", desired, &o);
	expect(s, t, "update-id", !o.id || !strcmp(o.id, thing->id), thing->id, "%s",
	       o.id ? o.id : "nothing");
	if (o.status == HD_OK) {
		json_decref(thing->desired);
		thing->desired = json_incref(desired);
		free(thing->state);
		thing->state = o.state ? strdup(o.state) : NULL;
	}
	outcome_release(&o);
	json_decref(changes);
	json_decref(desired);
	check_read(s, t, "update-read", thing);
}

static void check_create_only(struct suite *s, const struct type_spec *t)
{
	struct str pointer = STR_INIT;

	if (!t->create_only || !wanted(s, "create-only"))
		return;
	json_pointer_add(&pointer, text_of(t->create_only));
	expect(s, t, "create-only", schema_is_create_only(t->schema, str_text(&pointer)),
	       "a create-only property", "%s can be changed", t->create_only);
	str_release(&pointer);
}

/* --- actions --- */

/* One that moves the thing hands over its new id. */
static void act(struct suite *s, struct thing *thing, const char *action, const json_t *args)
{
	json_t *recorded = thing_recorded(thing);
	char *key = suite_key(s);
	struct question q = {
		.kind = CALL_ACT,
		.type = thing->type,
		.id = thing->id,
		.idem = key,
		.recorded = recorded,
		.priv = &thing->priv,
		.action = action,
		.args = args,
	};
	struct outcome o;

	suite_ask_all(s, &q, NULL, &o);
	expect(s, thing->type, "act", o.status == HD_OK && o.result, "HD_OK with a result",
	       "%s from %s", status_name((int)o.status), action);
	if (o.id) {
		free(thing->id);
		thing->id = strdup(o.id);
	}
	outcome_release(&o);
	json_decref(recorded);
	free(key);
}

static void check_actions(struct suite *s, const struct type_spec *t, struct thing *thing)
{
	json_t *actions, *args;
	const char *action;

	if (!t->act || !wanted(s, "act"))
		return;
	actions = spec_properties(t->act, suite_number(s));
	json_object_foreach(actions, action, args) act(s, thing, action, args);
	json_decref(actions);
}

/* --- gone --- */

static void check_remove(struct suite *s, const struct type_spec *t, const struct thing *thing)
{
	struct outcome o;
	int status = thing_remove(s, thing, &o);

	outcome_release(&o);
	expect(s, t, "remove", status == HD_OK, "HD_OK", "%s", status_name(status));
	status = thing_read(s, thing, &o);
	outcome_release(&o);
	expect(s, t, "remove-read", status == HD_NOTFOUND, "HD_NOTFOUND", "%s",
	       status_name(status));
	status = thing_remove(s, thing, &o);
	outcome_release(&o);
	expect(s, t, "remove-twice", status == HD_NOTFOUND, "HD_NOTFOUND", "%s",
	       status_name(status));
	if (!t->update)
		return;
	update(s, thing, thing->desired, &o);
	expect(s, t, "missing-update", o.status == HD_NOTFOUND, "HD_NOTFOUND", "%s",
	       status_name((int)o.status));
	outcome_release(&o);
}

static void check_made(struct suite *s, const struct type_spec *t, struct thing *thing)
{
	check_state(s, t, thing);
	check_read(s, t, "create-read", thing);
	check_same_key(s, t, thing);
	check_other_key(s, t, thing);
	check_update(s, t, thing);
	check_actions(s, t, thing);
	check_remove(s, t, thing);
}

void check_life(struct suite *s, const struct type_spec *t)
{
	struct thing thing;
	int status = thing_make(s, t, &thing);

	check_create_only(s, t);
	if (expect(s, t, "create", status == HD_OK && thing.id && thing.state,
		   "HD_OK with id and state", "%s", status_name(status)))
		check_made(s, t, &thing);
	thing_release(&thing);
}
