/*
 * rule_limits.c - what CloudFormation takes at most of everything, as its documentation
 * ("CloudFormation quotas") has it.  Nothing here limits hadeploy itself, so they are warnings.
 */
#include "engine/lint/rules.h"

#include "engine/lint/rule_parts.h"

#define BODY_LEN_MAX 1000000 /* bytes of a template in S3 */
#define NAME_LEN_MAX 255
#define DESCRIPTION_LEN_MAX 1024
#define VALUE_LEN_MAX 4096 /* bytes of a parameter's value */
#define DYNAMIC_COUNT_MAX 60
#define COUNTED_MAX 1000000000 /* of what loops make */

struct quota {
	const char *section, *what;
	size_t most;
};

static const struct quota sections[] = {
	{"Parameters", "parameters", 200}, {"Mappings", "mappings", 200},
	{"Resources", "resources", 500},   {"Outputs", "outputs", 200},
	{"Conditions", NULL, 0},
};

static void report(struct lint *l, const struct node *at, const char *what, size_t most,
		   size_t count)
{
	struct diag *g =
		diag_warn(l->d, DIAG_QUOTA, at->where,
			  "%zu %s, and CloudFormation takes at most %zu", count, what, most);

	diag_hint(l->d, g, "split the template, for example into nested stacks");
}

static void report_text(struct lint *l, const struct node *at, const char *what, size_t most)
{
	struct diag *g = diag_warn(l->d, DIAG_QUOTA, at->where,
				   "%s has %zu bytes, and CloudFormation takes at most %zu", what,
				   at->text.len, most);

	diag_hint(l->d, g, "shorten it");
}

static void check_names(struct lint *l, const struct node *map, const char *what)
{
	for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i++) {
		if (map->entries[i].key->text.len > NAME_LEN_MAX)
			report_text(l, map->entries[i].key, what, NAME_LEN_MAX);
	}
}

/* Loops over written-out lists count as often as they turn; other loops once. */
static size_t count_entries(const struct node *map)
{
	size_t count = 0;

	for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i++) {
		const struct node *loop = lint_loop(&map->entries[i]);
		size_t turns =
			loop && loop->items[1]->kind == NODE_LIST ? loop->items[1]->count : 1;
		size_t each = loop ? count_entries(loop->items[2]) : 1;

		if (turns && each > (COUNTED_MAX - count) / turns)
			return COUNTED_MAX;
		count += turns * each;
	}
	return count;
}

static void check_section(struct lint *l, const struct quota *q)
{
	const struct node_entry *e = node_find_entry(l->t->root, text_of(q->section));
	size_t count;

	if (!e || e->value->kind != NODE_MAP)
		return;
	count = count_entries(e->value);
	if (q->most && count > q->most)
		report(l, e->key, q->what, q->most, count);
	check_names(l, e->value, "the name");
}

static void check_mappings(struct lint *l)
{
	const struct node *all = l->t->mappings;

	for (size_t i = 0; all && i < all->count; i++) {
		const struct node *body = all->entries[i].value;

		if (body->kind != NODE_MAP)
			continue;
		if (body->count > 200)
			report(l, all->entries[i].key, "keys of a mapping", 200, body->count);
		check_names(l, body, "the key of a mapping");
	}
}

static void check_parameters(struct lint *l)
{
	for (size_t i = 0; i < l->t->parameter_count; i++) {
		const struct parameter *p = &l->t->parameters[i];
		const struct node *text = node_find(p->body, "Description");

		if (p->initial && p->initial->kind == NODE_SCALAR &&
		    p->initial->text.len > VALUE_LEN_MAX)
			report_text(l, p->initial, "the parameter's Default", VALUE_LEN_MAX);
		if (text && text->kind == NODE_SCALAR && text->text.len > 4000)
			report_text(l, text, "the parameter's Description", 4000);
	}
}

static void check_outputs(struct lint *l)
{
	const struct node *all = l->t->outputs;

	for (size_t i = 0; all && i < all->count; i++) {
		const struct node *text = node_find(all->entries[i].value, "Description");

		if (text && text->kind == NODE_SCALAR && text->text.len > DESCRIPTION_LEN_MAX)
			report_text(l, text, "the output's Description", DESCRIPTION_LEN_MAX);
	}
}

static size_t count_dynamic(struct text t)
{
	static const char opening[] = "{{resolve:";
	const size_t len = sizeof(opening) - 1;
	size_t count = 0;

	for (size_t i = 0; i + len <= t.len; i++)
		count += t.ptr[i] == '{' && text_starts((struct text){t.ptr + i, len}, opening);
	return count;
}

static void add_dynamic(void *context, const struct lint_site *site, const struct node *n)
{
	size_t *count = context;

	(void)site;
	if (n->kind == NODE_SCALAR)
		*count += count_dynamic(n->text);
}

static void check_dynamic(struct lint *l)
{
	const struct node_entry *e = node_find_entry(l->t->root, TEXT_LIT("Resources"));
	size_t count = 0;

	lint_walk(l, add_dynamic, &count);
	if (e && count > DYNAMIC_COUNT_MAX)
		report(l, e->key, "dynamic references", DYNAMIC_COUNT_MAX, count);
}

static void check_body(struct lint *l)
{
	const struct node *text = node_find(l->t->root, "Description");
	const struct source *src = l->t->src;
	struct diag *g;

	if (text && text->kind == NODE_SCALAR && text->text.len > DESCRIPTION_LEN_MAX)
		report_text(l, text, "the template's Description", DESCRIPTION_LEN_MAX);
	if (!src || src->bytes.len <= BODY_LEN_MAX)
		return;
	g = diag_warn(l->d, DIAG_QUOTA, (struct range){src, {1, 1}, {1, 1}},
		      "the template has %zu bytes, and CloudFormation takes at most %d",
		      src->bytes.len, BODY_LEN_MAX);
	diag_hint(l->d, g, "split the template, for example into nested stacks");
}

void rule_limits(struct lint *l)
{
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		check_section(l, &sections[i]);
	check_mappings(l);
	check_parameters(l);
	check_outputs(l);
	check_dynamic(l);
	check_body(l);
}
