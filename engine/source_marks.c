/* source_marks.c - one walk over the properties, with the pointer of where it is. */
#include "engine/source_marks.h"

#include <stdlib.h>

struct marking {
	struct state *state;
	json_t *masked;       /* to be marked; NULL: compare */
	const json_t *before; /* compared with */
	json_t *same;
	struct str pointer;
};

static void visit(struct marking *m, const struct value *v, const char *text)
{
	const struct mask_source source = {text, v->source_sensitive};
	struct text at = str_text(&m->pointer);
	json_t *mask = json_at(m->masked ? m->masked : m->before, at);

	if (!mask)
		return;
	if (m->masked && v->kind != VALUE_UNKNOWN)
		state_mask_source(m->state, mask, &source);
	else if (!m->masked && v->kind == VALUE_UNKNOWN &&
		 state_mask_has_source(m->state, mask, &source))
		json_array_append_new(m->same, json_stringn(at.ptr, at.len));
}

/* Most templates have none: seen without building pointers. */
static bool has_source(const struct value *v)
{
	bool found = value_source(v) != NULL;

	for (size_t i = 0; i < v->count && !found; i++)
		found = has_source(v->kind == VALUE_MAP ? v->entries[i].value : v->items[i]);
	return found;
}

static void walk(struct marking *m, const struct value *v)
{
	const char *source = value_source(v);
	size_t len = m->pointer.len;

	if (source)
		visit(m, v, source);
	for (size_t i = 0; i < v->count; i++) {
		if (v->kind == VALUE_MAP)
			json_pointer_add(&m->pointer, v->entries[i].key);
		else
			str_printf(&m->pointer, "/%zu", i);
		walk(m, v->kind == VALUE_MAP ? v->entries[i].value : v->items[i]);
		str_truncate(&m->pointer, len);
	}
}

void source_marks_add(struct state *s, json_t *masked, const struct value *properties)
{
	struct marking m = {.state = s, .masked = masked, .pointer = STR_INIT};

	if (has_source(properties))
		walk(&m, properties);
	str_release(&m.pointer);
}

json_t *source_marks_same(struct state *s, const json_t *before, const struct value *properties)
{
	struct marking m = {
		.state = s, .before = before, .same = json_array(), .pointer = STR_INIT};

	if (has_source(properties))
		walk(&m, properties);
	str_release(&m.pointer);
	return m.same;
}
