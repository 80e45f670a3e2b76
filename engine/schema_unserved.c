/* schema_unserved.c - what a type has and its provider does not carry out. */
#include "engine/schema_type.h"

/* "*" fits the number of any item and the key of any member. */
static bool path_fits(const char *pattern, struct text path)
{
	struct text_split wanted = text_split_start(text_of(pattern));
	struct text_split given = text_split_start(path);
	struct text want, have;

	while (text_next(&wanted, '.', &want)) {
		if (!text_next(&given, '.', &have))
			return false;
		if (!text_is(want, "*") && !text_eq(want, have))
			return false;
	}
	return !text_next(&given, '.', &have);
}

const struct unserved *unserved_at(const struct schema *s, struct text path)
{
	for (size_t i = 0; i < s->unserved_count; i++) {
		if (path_fits(s->unserved[i].path, path))
			return &s->unserved[i];
	}
	return NULL;
}

bool unserved_has(const struct unserved *u, struct text scalar)
{
	for (size_t i = 0; i < u->value_count; i++) {
		if (text_is(scalar, u->values[i]))
			return true;
	}
	return u->value_count == 0;
}

void unserved_add(struct str *out, const struct schema *s, struct text path)
{
	str_printf(out, "property '%.*s' of %s is not served", TEXT_ARG(path), s->type);
}

void unserved_explain(const struct unserved *u, struct diag *g, struct diags *d)
{
	if (u->reason)
		diag_detail(d, g, "%s", u->reason);
	diag_hint(d, g, "%s", u->hint ? u->hint : "leave it out");
}

const struct schema *schema_lent(struct arena *a, const struct schema *s)
{
	struct schema *lent;

	if (!s->unserved_count)
		return s;
	lent = ARENA_NEW(a, struct schema);
	*lent = *s;
	lent->unserved_count = 0;
	return lent;
}
