/* schema.c - questions about a resource type. */
#include "engine/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "engine/schema_type.h"

static int compare_member(const void *key, const void *element)
{
	const struct text *name = key;
	const char *member = ((const struct shape *)element)->name;
	int order = strncmp(name->ptr, member, name->len);

	return order ? order : -(member[name->len] != '\0');
}

const struct shape *shape_of(const struct shape *s)
{
	return s->is ? s->is : s;
}

struct shape *shape_member(const struct shape *s, struct text name)
{
	s = shape_of(s);
	if (!s->member_count || !name.len)
		return NULL;
	return bsearch(&name, s->members, s->member_count, sizeof(*s->members), compare_member);
}

const char *schema_type(const struct schema *s)
{
	return s->type;
}

const char *schema_description(const struct schema *s)
{
	return s->description;
}

uint32_t schema_version(const struct schema *s)
{
	return s->version;
}

enum replacement_order schema_replacement_order(const struct schema *s)
{
	return s->order;
}

int64_t schema_timeout_ms(const struct schema *s, enum schema_timeout t)
{
	return s->timeouts_ms[t];
}

const char *schema_endpoint_pointer(const struct schema *s)
{
	return s->endpoint_pointer;
}

const char *schema_ref_pointer(const struct schema *s)
{
	return s->ref_pointer;
}

const char *const *schema_files(const struct schema *s, size_t *count)
{
	*count = s->files.count;
	return (const char *const *)s->files.pointers;
}

const char *const *schema_identifier(const struct schema *s, size_t *count)
{
	*count = s->identifier.count;
	return (const char *const *)s->identifier.pointers;
}

/* True when `path` is `pointer` or a parent of it; its tokens "*" fit any. */
static bool pointer_covers(const char *path, struct text pointer)
{
	struct text_split wanted = text_split_start(text_of(path));
	struct text_split given = text_split_start(pointer);
	struct text want, have;

	while (text_next(&wanted, '/', &want)) {
		if (!text_next(&given, '/', &have))
			return false;
		if (!text_is(want, "*") && !text_eq(want, have))
			return false;
	}
	return true;
}

static bool set_covers(const struct pointer_set *set, struct text pointer)
{
	for (size_t i = 0; i < set->count; i++) {
		if (pointer_covers(set->pointers[i], pointer))
			return true;
	}
	return false;
}

bool schema_is_create_only(const struct schema *s, struct text pointer)
{
	return set_covers(&s->create_only, pointer);
}

bool schema_is_maybe_create_only(const struct schema *s, struct text pointer)
{
	return set_covers(&s->maybe_create_only, pointer);
}

bool schema_is_read_only(const struct schema *s, struct text pointer)
{
	return set_covers(&s->read_only, pointer);
}

bool schema_is_write_only(const struct schema *s, struct text pointer)
{
	return set_covers(&s->write_only, pointer);
}

bool schema_is_secret(const struct schema *s, struct text pointer)
{
	return set_covers(&s->write_only, pointer) && !set_covers(&s->shown, pointer);
}

/* True when `path` leads into what is at the pointer. */
static bool leads_into(const char *path, struct text pointer)
{
	struct text_split wanted = text_split_start(text_of(path));
	struct text_split given = text_split_start(pointer);
	struct text want, have;

	while (text_next(&given, '/', &have)) {
		if (!text_next(&wanted, '/', &want))
			return false;
		if (!text_is(want, "*") && !text_eq(want, have))
			return false;
	}
	return text_next(&wanted, '/', &want);
}

bool schema_has_shown(const struct schema *s, struct text pointer)
{
	for (size_t i = 0; i < s->shown.count; i++) {
		if (leads_into(s->shown.pointers[i], pointer))
			return true;
	}
	return false;
}

bool schema_only_acts(const struct schema *s)
{
	return s->undeployable && !s->published && s->action_count > 0;
}

bool schema_is_deployable(const struct schema *s)
{
	return !s->undeployable;
}

bool schema_is_published(const struct schema *s)
{
	return s->published;
}

bool schema_has_action(const struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->action_count; i++) {
		if (!strcmp(s->actions[i], name))
			return true;
	}
	return false;
}

const char *const *schema_actions(const struct schema *s, size_t *count)
{
	*count = s->action_count;
	return s->actions;
}

const char *const *schema_action_results(const struct schema *s, const char *action, size_t *count)
{
	for (size_t i = 0; i < s->result_count; i++) {
		*count = s->results[i].count;
		if (!strcmp(s->results[i].action, action))
			return s->results[i].names;
	}
	*count = 0;
	return NULL;
}

bool schema_is_declared(const struct schema *s, struct text pointer)
{
	struct text_split split = text_split_start(pointer);
	const struct shape *shape = &s->root;
	struct text piece;

	/* The empty piece before the first slash. */
	text_next(&split, '/', &piece);
	while (shape && text_next(&split, '/', &piece)) {
		shape = shape_of(shape);
		shape = shape->items ? shape->items : shape_member(shape, piece);
	}
	return shape != NULL;
}

/* "Endpoint.Address" leads to a property, or into one that is open. */
static const struct shape *lead(const struct shape *shape, struct text name, bool *open)
{
	struct text_split split = text_split_start(name);
	struct text piece;

	while (text_next(&split, '.', &piece)) {
		const struct shape *member = shape_member(shape, piece);

		if (!member) {
			*open = shape_of(shape)->open && piece.len;
			return NULL;
		}
		shape = member;
	}
	return shape_of(shape);
}

static bool leads_somewhere(const struct shape *shape, struct text name)
{
	bool open = false;

	return lead(shape, name, &open) || open;
}

const struct shape *shape_of_attribute(const struct schema *s, struct text name)
{
	const struct shape *given = shape_member(&s->given, name);
	bool open;

	return given ? shape_of(given) : lead(&s->root, name, &open);
}

const struct shape *shape_of_ref(const struct schema *s)
{
	return s->ref_pointer ? shape_of_attribute(s, text_of(s->ref_pointer + 1)) : NULL;
}

bool shape_pattern_fits(struct shape_pattern *p, struct text t)
{
	struct arena *scratch;

	if (!p->tried) {
		scratch = arena_new();
		p->compiled = pattern_compile(scratch, text_of(p->text), PATTERN_SOMEWHERE, NULL);
		p->tried = true;
		arena_free(scratch);
	}
	return !p->compiled || pattern_try(p->compiled, t) != PATTERN_DIFFERS;
}

bool schema_has_attribute(const struct schema *s, struct text name)
{
	struct str pointer = STR_INIT;
	bool write_only;

	if ((s->open_attributes && name.len) || shape_member(&s->given, name))
		return true;
	str_add_char(&pointer, '/');
	for (size_t i = 0; i < name.len; i++)
		str_add_char(&pointer, name.ptr[i] == '.' ? '/' : name.ptr[i]);
	write_only = schema_is_write_only(s, str_text(&pointer));
	str_release(&pointer);
	return !write_only && leads_somewhere(&s->root, name);
}

const char *const *schema_settable(const struct schema *s, size_t *count)
{
	*count = s->settable_count;
	return s->settable;
}

const char *const *schema_attributes(const struct schema *s, size_t *count)
{
	*count = s->attribute_count;
	return s->attributes;
}

void schema_release(struct schema *s)
{
	for (struct shape_pattern *p = s->patterns; p; p = p->next)
		pattern_free(p->compiled);
}

void schema_set_release(struct map *types)
{
	for (size_t i = 0; i < types->entry_count; i++) {
		if (types->entries[i].key)
			schema_release(types->entries[i].value);
	}
	map_release(types);
}
