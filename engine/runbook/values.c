/* values.c - the keys of a step, evaluated, checked and brought into shape. */
#include <string.h>

#include "engine/runbook/making.h"

/* A rival in Ungraceful takes the step's own away. */
static bool is_displaced(const struct file_step *s, const struct step_key *key)
{
	if (!key->rivals || node_find(s->ungraceful, key->name))
		return false;
	for (size_t i = 0; i < step_key_count; i++) {
		if (step_keys[i].rivals == key->rivals &&
		    (step_keys[i].kinds & KIND_BIT(s->kind)) &&
		    node_find(s->ungraceful, step_keys[i].name))
			return true;
	}
	return false;
}

const struct node *step_key_node(const struct file_step *s, enum step_grace grace,
				 const struct step_key *key)
{
	const struct node *n;

	if (grace == STEP_UNGRACEFUL && s->ungraceful) {
		n = node_find(s->ungraceful, key->name);
		if (n || is_displaced(s, key))
			return n;
	}
	return node_find(s->body, key->name);
}

struct range step_key_where(const struct step_making *k, const char *key)
{
	const struct step_key *row = step_key_find(k->step->kind, text_of(key));
	const struct node *n = row ? step_key_node(k->step, k->grace, row) : NULL;

	return n ? n->where : k->step->where;
}

static void drop_json(void *what)
{
	json_decref(what);
}

static json_t *arena_json(struct arena *a, json_t *j)
{
	arena_at_end(a, drop_json, j);
	return j;
}

/* Its pointers, below the key. */
static void note_secrets(struct step_making *k, const struct step_key *key, const struct value *v,
			 const json_t *made)
{
	json_t *pointers;
	const json_t *pointer;
	size_t i;

	if (!value_has_sensitive(v))
		return;
	/* One item became a list of one. */
	if (v->kind != VALUE_LIST && v->kind != VALUE_MAP) {
		json_array_append_new(
			k->secrets, json_sprintf(json_is_array(made) ? "/%s/0" : "/%s", key->name));
		return;
	}
	pointers = value_sensitive_pointers(v);
	json_array_foreach(pointers, i, pointer) json_array_append_new(
		k->secrets, json_sprintf("/%s%s", key->name, json_string_value(pointer)));
	json_decref(pointers);
}

/* !Ref AWS::NoValue: as if the key were not there. */
static int make_nothing(struct step_making *k, const struct step_key *key, const struct node *n)
{
	struct diag *g;

	if (key->need != NEED_KEY)
		return 0;
	g = diag_add(k->d, DIAG_RUNBOOK_KEY_MISSING, n->where, "'%s' of %s has no value", key->name,
		     k->step->who);
	diag_hint(k->d, g,
		  "a step of type %s cannot do without: use another value than AWS::NoValue",
		  step_kind_name(k->step->kind));
	return -1;
}

static int make_value(struct step_making *k, const struct step_key *key, const struct node *n)
{
	const struct value *v = document_eval_node(k->doc, n, k->lookup, k->a, k->d);
	struct shaping s = {
		.a = k->a,
		.m = k->m,
		.what = arena_printf(k->a, "'%s' of %s", key->name, k->step->who),
		.key = key,
		.where = n->where,
		.d = k->d,
	};
	json_t *made;

	if (!v)
		return -1;
	if (v->kind == VALUE_NULL)
		return make_nothing(k, key, n);
	if (value_has_unknown(v)) {
		k->known = false;
		return 0;
	}
	if (value_has_sensitive(v) && !step_key_may_hide(key)) {
		step_report_secret(s.what, n->where, k->d);
		return -1;
	}
	made = step_shape_value(&s, v);
	if (!made)
		return -1;
	json_object_set_new(k->values, key->name, made);
	note_secrets(k, key, v, made);
	return 0;
}

void step_report_secret(const char *what, struct range where, struct diags *d)
{
	struct diag *g = diag_add(d, DIAG_RUNBOOK_SECRET, where, "%s cannot be a secret", what);

	diag_detail(d, g, "It decides what the step does, and is shown and recorded.");
	diag_hint(d, g, "write it out, or make it a parameter of the runbook");
}

void step_no_values(struct step_making *k)
{
	k->values = arena_json(k->a, json_object());
	k->secrets = arena_json(k->a, json_array());
}

int step_make_values(struct step_making *k)
{
	int result = 0;

	step_no_values(k);
	k->known = true;
	for (size_t i = 0; i < step_key_count; i++) {
		const struct step_key *key = &step_keys[i];
		const struct node *n;

		if (!(key->kinds & KIND_BIT(k->step->kind)) || key->shape == SHAPE_STRUCTURE)
			continue;
		n = step_key_node(k->step, k->grace, key);
		if (n && make_value(k, key, n))
			result = -1;
	}
	if (!result)
		step_check_values(k);
	return result;
}

/* --- what the file alone says ---------------------------------------------------------- */

static void check_missing(const struct file_step *s, enum step_grace grace, struct diags *d)
{
	for (size_t i = 0; i < step_key_count; i++) {
		const struct step_key *key = &step_keys[i];

		if (key->need != NEED_KEY || !(key->kinds & KIND_BIT(s->kind)) ||
		    step_key_node(s, grace, key))
			continue;
		diag_hint(d,
			  diag_add(d, DIAG_RUNBOOK_KEY_MISSING, s->where, "%s has no '%s'", s->who,
				   key->name),
			  "add '%s: ...'", key->name);
	}
}

/* The key of the step that is given first of its rivals, or NULL. */
static const struct node *rival_of(const struct file_step *s, enum step_grace grace,
				   const struct step_key *key, const char **name)
{
	for (const struct step_key *k = step_keys; k < key; k++) {
		const struct node *n = step_key_node(s, grace, k);

		if (k->rivals != key->rivals || !(k->kinds & KIND_BIT(s->kind)) || !n)
			continue;
		*name = k->name;
		return n;
	}
	return NULL;
}

static void check_both(const struct file_step *s, enum step_grace grace, struct diags *d)
{
	for (size_t i = 0; i < step_key_count; i++) {
		const struct step_key *key = &step_keys[i];
		const struct node *n, *other;
		const char *name;
		struct diag *g;

		if (!key->rivals || !(key->kinds & KIND_BIT(s->kind)))
			continue;
		n = step_key_node(s, grace, key);
		other = n ? rival_of(s, grace, key, &name) : NULL;
		if (!other)
			continue;
		g = diag_add(d, DIAG_STEP_EXCLUSIVE, n->where, "%s has both '%s' and '%s'", s->who,
			     name, key->name);
		diag_related(d, g, other->where, "'%s' is here", name);
		diag_hint(d, g, "remove one of them");
	}
}

/* Of which one must be there. */
static void check_neither(struct arena *a, const struct file_step *s, enum step_grace grace,
			  struct diags *d)
{
	const char *words = "";
	const struct step_key *first = NULL;

	for (size_t i = 0; i < step_key_count; i++) {
		const struct step_key *key = &step_keys[i];

		if (!key->rivals || !(key->kinds & KIND_BIT(s->kind)))
			continue;
		if (step_key_node(s, grace, key))
			return;
		words = arena_printf(a, "%s%s'%s'", words, first ? " or " : "", key->name);
		first = first ? first : key;
	}
	if (first)
		diag_hint(d,
			  diag_add(d, DIAG_RUNBOOK_KEY_MISSING, s->where, "%s has neither of %s",
				   s->who, words),
			  "add one of them");
}

void step_check_keys(struct arena *a, const struct file_step *s, enum step_grace grace,
		     struct diags *d)
{
	check_missing(s, grace, d);
	check_both(s, grace, d);
	check_neither(a, s, grace, d);
}
