/* manifest_names.c - names that lead to something else in the manifest, and words out of a list. */
#include "base/str.h"
#include "engine/manifest_read.h"

static const struct {
	enum diag_code unknown;
	const char *thing, *section;
} kinds[] = {
	[NAMED_REGION] = {DIAG_REGION_UNKNOWN, "region", "Regions"},
	[NAMED_ACCOUNT] = {DIAG_ACCOUNT_UNKNOWN, "account", "Accounts"},
	[NAMED_CHECK] = {DIAG_CHECK_UNKNOWN, "health check", "HealthChecks"},
	[NAMED_STACK] = {DIAG_STACK_UNKNOWN, "stack", "Stacks"},
	[NAMED_RUNBOOK] = {DIAG_RUNBOOK_UNKNOWN, "runbook", "Runbooks"},
};
_Static_assert(ARRAY_LEN(kinds) == NAMED_COUNT, "every kind of name has its words");

static void report_unknown(struct manifest_reader *r, enum named_kind kind, const char *who,
			   const struct node *n)
{
	const struct map *known = &r->named[kind];
	const char **names = ARENA_ARRAY(r->a, known->entry_count, const char *);
	struct diag *g = diag_add(r->d, kinds[kind].unknown, n->where, "%s names no %s: '%s'", who,
				  kinds[kind].thing, n->text.ptr);

	for (size_t i = 0; i < known->entry_count; i++)
		names[i] = known->entries[i].key;
	diag_did_you_mean(r->d, g, n->text, names, known->entry_count);
	if (!g->hint)
		diag_hint(r->d, g, "add it to the section %s", kinds[kind].section);
}

void *manifest_named(struct manifest_reader *r, enum named_kind kind, const char *who,
		     const struct node *n)
{
	void *found = map_find(&r->named[kind], n->text);

	if (!found)
		report_unknown(r, kind, who, n);
	return found;
}

static bool is_first(struct manifest_reader *r, struct map *seen, const struct node *n)
{
	const struct node *first = map_set(seen, n->text, (void *)n);

	if (!first)
		return true;
	diag_related(r->d,
		     diag_add(r->d, DIAG_NAME_REPEATED, n->where, "'%s' appears twice in the list",
			      n->text.ptr),
		     first->where, "first here");
	return false;
}

void **manifest_named_list(struct manifest_reader *r, enum named_kind kind, const char *who,
			   const struct node *list, size_t *count)
{
	const struct node *const *items = list->kind == NODE_LIST ? list->items : &list;
	size_t item_count = list->kind == NODE_LIST ? list->count : 1;
	void **found = ARENA_ARRAY(r->a, item_count, void *);
	struct map seen = MAP_INIT;

	*count = 0;
	for (size_t i = 0; i < item_count && !manifest_full(r); i++) {
		if (items[i]->kind != NODE_SCALAR || node_is_null(items[i])) {
			manifest_wrong_shape(r, who, items[i], "a list of names");
			continue;
		}
		found[*count] = manifest_named(r, kind, who, items[i]);
		if (found[*count] && is_first(r, &seen, items[i]))
			(*count)++;
	}
	map_release(&seen);
	return found;
}

const char *const *manifest_region_names(struct manifest_reader *r, const char *who,
					 const struct node *list, size_t *count)
{
	void **regions = manifest_named_list(r, NAMED_REGION, who, list, count);
	const char **names = ARENA_ARRAY(r->a, *count, const char *);

	for (size_t i = 0; i < *count; i++)
		names[i] = ((const struct manifest_region *)regions[i])->name;
	return names;
}

const struct manifest_check *const *manifest_check_names(struct manifest_reader *r, const char *who,
							 const struct node *list, size_t *count)
{
	void **found = manifest_named_list(r, NAMED_CHECK, who, list, count);
	const struct manifest_check **checks =
		ARENA_ARRAY(r->a, *count, const struct manifest_check *);

	for (size_t i = 0; i < *count; i++)
		checks[i] = found[i];
	return checks;
}

static void report_choice(struct manifest_reader *r, const char *what, const struct node *n,
			  const char *const *choices)
{
	struct diag *g = diag_add(r->d, DIAG_MANIFEST_VALUE, n->where, "%s cannot be '%s'", what,
				  n->text.ptr);
	struct str list = STR_INIT;
	size_t count = 0;

	for (; choices[count]; count++)
		str_printf(&list, "%s%s", count ? ", " : "", choices[count]);
	diag_did_you_mean(r->d, g, n->text, choices, count);
	if (!g->hint)
		diag_hint(r->d, g, "%s %s", count == 1 ? "the only value is" : "it is one of",
			  str_cstr(&list));
	str_release(&list);
}

int manifest_choice(struct manifest_reader *r, const char *what, const struct node *n,
		    const char *const *choices)
{
	for (int i = 0; choices[i]; i++) {
		if (text_is(n->text, choices[i]))
			return i;
	}
	report_choice(r, what, n, choices);
	return -1;
}

void manifest_refuse(struct manifest_reader *r, const char *what, const struct node *n,
		     const char *hint)
{
	diag_hint(r->d,
		  diag_add(r->d, DIAG_MANIFEST_VALUE, n->where, "%s cannot be '%s'", what,
			   n->text.ptr),
		  "%s", hint);
}

void manifest_refuse_both(struct manifest_reader *r, const struct manifest_part *part,
			  const char *key, const char *other)
{
	const struct node_entry *a = node_find_entry(part->map, text_of(key));
	const struct node_entry *b = node_find_entry(part->map, text_of(other));
	struct diag *g;

	if (!a || !b)
		return;
	g = diag_add(r->d, DIAG_KEYS_EXCLUSIVE, b->key->where, "%s has both '%s' and '%s'",
		     part->who, key, other);
	diag_related(r->d, g, a->key->where, "'%s' is here", key);
	diag_hint(r->d, g, "remove one of them");
}
