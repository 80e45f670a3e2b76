#include "providers/sim/shape.h"

#include <string.h>

#include "base/digest.h"
#include "providers/kit/span.h"

/* What a thing is to be. */
struct draft {
	json_t *properties, *secrets;
};

static int invalid(struct visit *v, enum diag_code code, const char *pointer, const char *what)
{
	fault_set(&v->fault, HD_FATAL, code, "%s", what);
	v->fault.pointer = pointer;
	fault_detail(&v->fault, "'%s' of %s", pointer, v->type->name);
	return -1;
}

/* A digest tells whether a secret changed; the value itself is in no file. */
static void take_secret(const struct sim_thing *t, struct draft *d, const char *pointer)
{
	const json_t *value = json_at(d->properties, text_of(pointer));
	struct str text = STR_INIT;
	char digest[65];

	if (value) {
		json_canonical(value, &text);
		digest_hmac_sha256(text_of(t->key), str_text(&text), digest);
		str_release(&text);
		json_object_set_new(d->secrets, pointer, json_string(digest));
	}
	attributes_drop(d->properties, pointer);
}

static void take_secrets(struct visit *v, const struct sim_thing *t, struct draft *d)
{
	json_t *pointers = span_json(v->arena, v->r->sensitive);
	json_t *item;
	size_t i;

	json_array_foreach(pointers, i, item)
	{
		if (json_is_string(item) && json_string_value(item)[0] == '/')
			take_secret(t, d, json_string_value(item));
	}
	for (i = 0; i < v->type->write_only.count; i++)
		take_secret(t, d, v->type->write_only.items[i]);
	json_decref(pointers);
}

static struct draft draft_of(struct visit *v, const struct sim_thing *t)
{
	struct draft d = {span_json(v->arena, v->r->desired), json_object()};

	if (!json_is_object(d.properties)) {
		json_decref(d.properties);
		d.properties = json_object();
	}
	for (size_t i = 0; i < v->type->read_only.count; i++)
		attributes_drop(d.properties, v->type->read_only.items[i]);
	take_secrets(v, t, &d);
	return d;
}

static void drop_draft(struct draft *d)
{
	json_decref(d->properties);
	json_decref(d->secrets);
}

static void keep_draft(struct visit *v, struct sim_thing *t, struct draft *d)
{
	t->properties = json_text(v->arena, d->properties);
	t->secrets = json_text(v->arena, d->secrets);
	drop_draft(d);
}

static int check_required(struct visit *v)
{
	json_t *wanted = span_json(v->arena, v->r->desired);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < v->type->required.count; i++) {
		const char *pointer = v->type->required.items[i];

		if (!json_at(wanted, text_of(pointer)) &&
		    !pointers_have(&v->type->read_only, pointer))
			rc = invalid(v, DIAG_SIM_INVALID, pointer,
				     "a required property is missing");
	}
	json_decref(wanted);
	return rc;
}

/* Every second of the properties that need not be there, in the order of their names. */
static void halve(struct visit *v, json_t *properties)
{
	json_t *sorted = json_parse(text_of(json_text(v->arena, properties)), NULL, NULL);
	const char *key;
	json_t *value;
	size_t i = 0;

	json_object_foreach(sorted, key, value)
	{
		const char *pointer = arena_printf(v->arena, "/%s", key);

		if (pointers_have(&v->type->required, pointer) ||
		    pointers_have(&v->type->identifier, pointer) ||
		    pointers_have(&v->type->read_only, pointer))
			continue;
		if (i++ % 2)
			json_object_del(properties, key);
	}
	json_decref(sorted);
}

int shape_new(struct visit *v, struct sim_thing *t, int64_t nth)
{
	struct sim_subject s = {v->type, &v->session->place, t->key, nth, t->created_ms};
	struct draft d;

	if (check_required(v) < 0)
		return -1;
	d = draft_of(v, t);
	if (visit_deed(v) == DEED_HALF)
		halve(v, d.properties);
	attributes_fill(&s, v->arena, d.properties);
	t->id = attributes_id(&s, v->arena, d.properties);
	t->name = attributes_name(v->type, v->arena, d.properties);
	keep_draft(v, t, &d);
	return 0;
}

/* --- changes --------------------------------------------------------------------------- */

static int check_create_only(struct visit *v, const json_t *before, const struct draft *d)
{
	const struct sim_pointers *p = &v->type->create_only;

	for (size_t i = 0; i < p->count; i++) {
		const json_t *was = json_at(before, text_of(p->items[i]));
		const json_t *wanted = json_at(d->properties, text_of(p->items[i]));

		if (was && wanted && !json_equal(was, wanted))
			return invalid(v, DIAG_SIM_CREATE_ONLY, p->items[i],
				       "the property cannot be changed, only replaced");
	}
	return 0;
}

static void keep_value(const json_t *before, json_t *properties, const char *pointer)
{
	json_t *value = json_at(before, text_of(pointer));

	if (value && !strstr(pointer, "/*") && !json_at(properties, text_of(pointer)))
		json_put(properties, text_of(pointer), json_incref(value));
}

/* What the cloud made up stays as it is. */
static void keep_computed(const struct sim_type *t, const json_t *before, json_t *properties)
{
	for (size_t i = 0; i < t->read_only.count; i++)
		keep_value(before, properties, t->read_only.items[i]);
	for (size_t i = 0; i < t->identifier.count; i++)
		keep_value(before, properties, t->identifier.items[i]);
}

/* Every second change does not happen. */
static void undo_half(struct visit *v, const json_t *before, json_t *properties)
{
	json_t *changed = span_json(v->arena, v->r->changed);
	json_t *item;
	size_t i;

	json_array_foreach(changed, i, item)
	{
		const char *pointer = json_string_value(item);
		json_t *was = pointer ? json_at(before, text_of(pointer)) : NULL;

		if (!pointer || i % 2 == 0)
			continue;
		if (was)
			json_put(properties, text_of(pointer), json_deep_copy(was));
		else
			json_drop(properties, text_of(pointer));
	}
	json_decref(changed);
}

int shape_changed(struct visit *v, struct sim_thing *t)
{
	struct sim_subject s = {v->type, &v->session->place, t->key, 0, t->created_ms};
	const char *was = t->properties, *secrets = t->secrets;
	json_t *before = json_parse(text_of(was), NULL, NULL);
	struct draft d = draft_of(v, t);

	if (check_create_only(v, before, &d) < 0) {
		drop_draft(&d);
		json_decref(before);
		return -1;
	}
	if (visit_deed(v) == DEED_HALF)
		undo_half(v, before, d.properties);
	keep_computed(v->type, before, d.properties);
	attributes_fill(&s, v->arena, d.properties);
	t->name = attributes_name(v->type, v->arena, d.properties);
	keep_draft(v, t, &d);
	json_decref(before);
	return strcmp(was, t->properties) != 0 || strcmp(secrets, t->secrets) != 0;
}
