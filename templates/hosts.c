/* hosts.c - Fn::Hosts: the manifest's hosts of the target region, in its order. */
#include "templates/intrinsic.h"

#include <string.h>

/* What a host must have; NULL: anything. */
struct wanted {
	const struct value *roles, *zones;
};

static bool has_text(const struct value *list, const char *word)
{
	for (size_t i = 0; i < list->count; i++) {
		if (text_is(list->items[i]->text, word))
			return true;
	}
	return false;
}

static bool host_fits(const struct eval_host *host, const struct wanted *w)
{
	bool role = !w->roles;

	for (size_t i = 0; !role && i < host->role_count; i++)
		role = has_text(w->roles, host->roles[i]);
	return role && (!w->zones || (host->zone && has_text(w->zones, host->zone)));
}

/* One string is a list of one. */
static const struct value *one_item(struct eval *e, const struct value *v)
{
	struct value *list = ARENA_NEW(e->a, struct value);
	const struct value **items = ARENA_ARRAY(e->a, 1, const struct value *);

	items[0] = v;
	*list = (struct value){
		.kind = VALUE_LIST, .from = v->from, .sensitive = v->sensitive, .count = 1};
	list->items = items;
	return list;
}

static const struct value *words(struct eval *e, const struct node *call,
				 const struct node_entry *entry)
{
	const struct value *v = eval_operand(e, call, entry->value);
	struct text t;
	struct diag *g;
	bool ok = v && v->kind == VALUE_LIST;

	if (!v)
		return NULL;
	if (value_scalar_text(v, &t))
		return one_item(e, v);
	for (size_t i = 0; ok && i < v->count; i++)
		ok = value_scalar_text(v->items[i], &t);
	if (ok)
		return v;
	g = diag_add(e->d, DIAG_VALUE_TYPE, entry->value->where,
		     "'%.*s' of 'Fn::Hosts' is a string or a list of strings, known before "
		     "anything is created",
		     TEXT_ARG(entry->key->text));
	intrinsic_hint(e->d, g, call);
	return NULL;
}

static int read_wanted(struct eval *e, const struct node *call, struct wanted *w)
{
	static const char *const keys[] = {"Roles", "Zone"};
	struct diag *g;
	int result = 0;

	for (size_t i = 0; call->arg->kind == NODE_MAP && i < call->arg->count; i++) {
		const struct node_entry *entry = &call->arg->entries[i];
		bool roles = text_is(entry->key->text, "Roles");
		const struct value **slot = roles ? &w->roles : &w->zones;

		if (!roles && !text_is(entry->key->text, "Zone")) {
			g = diag_add(e->d, DIAG_FUNCTION_ARGUMENT, entry->key->where,
				     "'Fn::Hosts' takes Roles and Zone, and not '%.*s'",
				     TEXT_ARG(entry->key->text));
			intrinsic_hint(e->d, g, call);
			diag_did_you_mean(e->d, g, entry->key->text, keys, ARRAY_LEN(keys));
			result = -1;
			continue;
		}
		*slot = words(e, call, entry);
		if (!*slot)
			result = -1;
	}
	return result;
}

struct word_list {
	VEC_OF(const char *)
};

/* Suggests a known word for an asked one that is not among them; false when there is none. */
static bool mean_word(struct diags *d, struct diag *g, const struct value *asked,
		      const struct word_list *known)
{
	const char *hint = g->hint;

	for (size_t i = 0; asked && i < asked->count && g->hint == hint; i++) {
		struct text word = asked->items[i]->text;
		bool is_known = false;

		for (size_t k = 0; !is_known && k < known->count; k++)
			is_known = text_is(word, known->items[k]);
		if (word.len && !is_known)
			diag_did_you_mean(d, g, word, known->items, known->count);
	}
	return g->hint != hint;
}

/* Right for a region that has no such host, and wrong for a word that is misspelt. */
static void warn_empty(struct eval *e, const struct node *call, const struct wanted *w)
{
	const struct eval_target *t = e->st->target;
	struct arena *scratch = arena_new();
	struct word_list roles = {0}, zones = {0};
	struct diag *g = diag_warn(e->d, DIAG_HOSTS_EMPTY, call->where,
				   "no host of region '%s' fits", t->region);

	for (size_t i = 0; i < t->host_count; i++) {
		for (size_t j = 0; j < t->hosts[i].role_count; j++)
			*arena_vec_add(scratch, &roles) = t->hosts[i].roles[j];
	}
	for (size_t i = 0; i < t->zone_count; i++)
		*arena_vec_add(scratch, &zones) = t->zones[i];
	diag_detail(e->d, g, "nothing is made here");
	diag_hint(e->d, g, "check Roles and Zone against the manifest");
	if (!mean_word(e->d, g, w->roles, &roles))
		mean_word(e->d, g, w->zones, &zones);
	arena_free(scratch);
}

const struct value *intrinsic_hosts(struct eval *e, const struct node *call)
{
	const struct eval_target *t = e->st->target;
	struct wanted w = {0};
	const char **names;
	size_t count = 0;

	if (e->st->partial && !t->host_count)
		return eval_unknown(e, call, NULL, 0);
	if (read_wanted(e, call, &w))
		return NULL;
	names = ARENA_ARRAY(e->a, t->host_count, const char *);
	for (size_t i = 0; i < t->host_count; i++) {
		if (host_fits(&t->hosts[i], &w))
			names[count++] = t->hosts[i].name;
	}
	if (!count)
		warn_empty(e, call, &w);
	return eval_strings(e, names, count, call);
}
