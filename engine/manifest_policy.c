/*
 * manifest_policy.c - Policy of a stack: what may not be done to which of its resources.
 *
 *	Policy:
 *	- Deny: [Replace, Delete]
 *	  Resources: ['Db*', 'Net.*']	shell wildcards over logical ids
 *	  Types: ['AWS::RDS::*']	at least one of the two; both must fit
 */
#include "engine/manifest_read.h"

static const char *const deny_words[] = {
	[DENY_REPLACE] = "Replace",
	[DENY_DELETE] = "Delete",
	[DENY_UPDATE] = "Update",
};
_Static_assert(ARRAY_LEN(deny_words) == DENY_COUNT, "a word for everything that is denied");

static void refuse_word(struct manifest_reader *r, const struct node *n)
{
	struct diag *g = diag_add(r->d, DIAG_MANIFEST_VALUE, n->where, "a policy cannot deny '%s'",
				  n->text.ptr);

	diag_hint(r->d, g, "use Replace, Delete or Update");
	diag_did_you_mean(r->d, g, n->text, deny_words, ARRAY_LEN(deny_words));
}

static void set_deny(struct manifest_reader *r, const struct manifest_part *part, void *into,
		     const struct node *value)
{
	struct manifest_policy *p = into;

	if (!value->count)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_VALUE, value->where,
				   "'Deny' of %s is an empty list", part->who),
			  "name what may not be done: Replace, Delete or Update");
	for (size_t i = 0; i < value->count; i++) {
		size_t w = 0;

		while (w < ARRAY_LEN(deny_words) && !text_is(value->items[i]->text, deny_words[w]))
			w++;
		if (w < ARRAY_LEN(deny_words))
			p->denies[w] = true;
		else
			refuse_word(r, value->items[i]);
	}
}

static const char *const *texts_of(struct manifest_reader *r, const struct node *list,
				   size_t *count)
{
	const char **texts = ARENA_ARRAY(r->a, list->count, const char *);

	for (size_t i = 0; i < list->count; i++)
		texts[i] = list->items[i]->text.ptr;
	*count = list->count;
	return texts;
}

static void set_resources(struct manifest_reader *r, const struct manifest_part *part, void *into,
			  const struct node *value)
{
	struct manifest_policy *p = into;

	(void)part;
	p->resources = texts_of(r, value, &p->resource_count);
}

static void set_types(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	struct manifest_policy *p = into;

	(void)part;
	p->types = texts_of(r, value, &p->type_count);
}

static const struct manifest_key rows[] = {
	{"Deny", KEY_TEXTS, KEY_REQUIRED, set_deny, NULL},
	{"Resources", KEY_TEXTS, KEY_OPTIONAL, set_resources, NULL},
	{"Types", KEY_TEXTS, KEY_OPTIONAL, set_types, NULL},
};
static const struct manifest_keys keys = {KEYS_CLOSED, rows, ARRAY_LEN(rows), NULL};

static void read_statement(struct manifest_reader *r, const char *who, const struct node *n,
			   struct manifest_policy *p)
{
	const struct manifest_part part = {arena_printf(r->a, "a policy of %s", who), NULL, n};
	size_t errors = r->d->error_count;

	p->where = n->where;
	if (n->kind != NODE_MAP) {
		manifest_wrong_shape(r, part.who, n, "a map, {Deny: [...], Resources: [...]}");
		return;
	}
	manifest_read_map(r, &part, &keys, p);
	if (p->resource_count || p->type_count || r->d->error_count > errors)
		return;
	diag_hint(r->d,
		  diag_add(r->d, DIAG_MANIFEST_KEY_MISSING, n->where,
			   "%s has neither 'Resources' nor 'Types'", part.who),
		  "say what it is about: Resources: ['*'] is everything");
}

const struct manifest_policy *manifest_read_policies(struct manifest_reader *r,
						     const struct manifest_part *part,
						     const struct node *list, size_t *count)
{
	struct manifest_policy *all = ARENA_ARRAY(r->a, list->count, struct manifest_policy);

	for (size_t i = 0; i < list->count && !manifest_full(r); i++)
		read_statement(r, part->who, list->items[i], &all[i]);
	*count = list->count;
	return all;
}
