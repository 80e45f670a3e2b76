/* manifest_tags.c - Tags of regions and accounts, and what picks by them. */
#include <string.h>

#include "engine/manifest_read.h"

static bool is_scalar(struct manifest_reader *r, const char *what, const struct node *n)
{
	if (n->kind == NODE_SCALAR && !node_is_null(n))
		return true;
	manifest_wrong_shape(r, what, n, "a text");
	return false;
}

const struct manifest_tag *manifest_read_tags(struct manifest_reader *r,
					      const struct manifest_part *part,
					      const struct node *map, size_t *count)
{
	struct manifest_tag *tags = ARENA_ARRAY(r->a, map->count, struct manifest_tag);

	*count = 0;
	for (size_t i = 0; i < map->count && !manifest_full(r); i++) {
		const struct node *key = map->entries[i].key, *value = map->entries[i].value;

		if (!is_scalar(r, arena_printf(r->a, "tag '%s' of %s", key->text.ptr, part->who),
			       value))
			continue;
		tags[(*count)++] = (struct manifest_tag){key->text.ptr, value->text.ptr};
		map_set(&r->tag_keys, key->text, (void *)key);
	}
	return tags;
}

/* One value, or a list of which any will do. */
static bool read_wish(struct manifest_reader *r, const char *what, const struct node *value,
		      struct tag_wish *wish)
{
	const struct node *const *items = value->kind == NODE_LIST ? value->items : &value;
	size_t count = value->kind == NODE_LIST ? value->count : 1;
	const char **values = ARENA_ARRAY(r->a, count, const char *);

	for (size_t i = 0; i < count; i++) {
		if (!is_scalar(r, what, items[i]))
			return false;
		values[i] = items[i]->text.ptr;
	}
	if (count == 0)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_VALUE, value->where, "%s is an empty list",
				   what),
			  "name the values of which one will do");
	wish->values = values;
	wish->value_count = count;
	return count > 0;
}

/* A key that nothing carries is misspelt. */
static bool is_tag_key(struct manifest_reader *r, const struct manifest_part *part,
		       const struct node *key)
{
	const char **names;
	struct diag *g;

	if (map_has(&r->tag_keys, key->text))
		return true;
	names = ARENA_ARRAY(r->a, r->tag_keys.entry_count, const char *);
	for (size_t i = 0; i < r->tag_keys.entry_count; i++)
		names[i] = r->tag_keys.entries[i].key;
	g = diag_add(r->d, DIAG_TAG_UNKNOWN, key->where,
		     "'Where' of %s asks for tag '%s', which no region and no account has",
		     part->who, key->text.ptr);
	diag_did_you_mean(r->d, g, key->text, names, r->tag_keys.entry_count);
	if (!g->hint)
		diag_hint(r->d, g, "add it to the Tags of those that are meant");
	return false;
}

struct tag_filter manifest_read_filter(struct manifest_reader *r, const struct manifest_part *part,
				       const struct node *map)
{
	struct tag_wish *wishes = ARENA_ARRAY(r->a, map->count, struct tag_wish);
	struct tag_filter filter = {wishes, 0};

	for (size_t i = 0; i < map->count && !manifest_full(r); i++) {
		const struct node *key = map->entries[i].key;
		const char *what =
			arena_printf(r->a, "'%s' of 'Where' of %s", key->text.ptr, part->who);

		if (!is_tag_key(r, part, key) ||
		    !read_wish(r, what, map->entries[i].value, &wishes[filter.count]))
			continue;
		wishes[filter.count++].key = key->text.ptr;
	}
	if (map->count == 0)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_MANIFEST_VALUE, map->where,
				   "'Where' of %s is an empty map", part->who),
			  "write it as {Key: value}, or leave it out");
	return filter;
}

static const char *find_tag(const struct manifest_tag *tags, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(tags[i].key, key))
			return tags[i].value;
	}
	return NULL;
}

static bool wish_fits(const struct tag_wish *wish, const char *value)
{
	for (size_t i = 0; value && i < wish->value_count; i++) {
		if (!strcmp(wish->values[i], value))
			return true;
	}
	return false;
}

bool manifest_tags_fit(const struct tag_filter *filter, const struct manifest_region *region,
		       const struct manifest_account *account)
{
	for (size_t i = 0; i < filter->count; i++) {
		const char *key = filter->wishes[i].key, *value = NULL;

		if (account)
			value = find_tag(account->tags, account->tag_count, key);
		if (!value && region)
			value = find_tag(region->tags, region->tag_count, key);
		if (!wish_fits(&filter->wishes[i], value))
			return false;
	}
	return true;
}
