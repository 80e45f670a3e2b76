/*
 * manifest_targets.c - Targets of a stack, and Overrides of what is given to them.
 *
 *	Targets: [east, {Region: west, Account: a}, {Regions: all, Accounts: [a, b], Where: {...}}]
 *	Overrides: [{Region: west, Account: b, Parameters: {...}}]
 *
 * An entry is a product of regions and accounts of which Where leaves some.  Each place is looked
 * up by number in a map, so that both cost what they pick and nothing more.
 */
#include <string.h>

#include "base/limits.h"
#include "base/vec.h"
#include "engine/address.h"
#include "engine/manifest_read.h"

/* What an entry says.  A list that is NULL was not given, or is `all`. */
struct pick {
	const char *who;
	const struct node *n;
	const struct manifest_region *const *regions;
	const struct manifest_account *const *accounts;
	size_t region_count, account_count;
	bool names_accounts; /* some, or all */
	struct tag_filter filter;
	const struct manifest_parameter *parameters;
	size_t parameter_count;
};

struct target_reading {
	struct manifest_reader *r;
	const char *who; /* "stack 'web'" */
	struct manifest_stack *stack;
	struct {
		VEC_OF(struct manifest_target)
	} targets;
	struct map places; /* struct place to 1 + the number of the target */
};

/* Key of `places`. */
struct place {
	uint32_t region, account; /* account: one more than its number; 0: none */
};

static void set_region(struct manifest_reader *r, const struct manifest_part *part, void *into,
		       const struct node *value)
{
	struct pick *p = into;
	const struct manifest_region **one = ARENA_NEW(r->a, const struct manifest_region *);

	*one = manifest_named(r, NAMED_REGION, part->who, value);
	p->regions = one;
	p->region_count = 1;
}

static void set_account(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	struct pick *p = into;
	const struct manifest_account **one = ARENA_NEW(r->a, const struct manifest_account *);

	*one = manifest_named(r, NAMED_ACCOUNT, part->who, value);
	p->accounts = one;
	p->account_count = 1;
	p->names_accounts = true;
}

static bool is_all(const struct node *n)
{
	return n->kind == NODE_SCALAR && text_is(n->text, "all");
}

static void set_regions(struct manifest_reader *r, const struct manifest_part *part, void *into,
			const struct node *value)
{
	struct pick *p = into;

	if (is_all(value))
		return;
	p->regions = (const struct manifest_region *const *)manifest_named_list(
		r, NAMED_REGION, arena_printf(r->a, "'Regions' of %s", part->who), value,
		&p->region_count);
}

static void set_accounts(struct manifest_reader *r, const struct manifest_part *part, void *into,
			 const struct node *value)
{
	struct pick *p = into;

	p->names_accounts = true;
	if (is_all(value))
		return;
	p->accounts = (const struct manifest_account *const *)manifest_named_list(
		r, NAMED_ACCOUNT, arena_printf(r->a, "'Accounts' of %s", part->who), value,
		&p->account_count);
}

static void set_where(struct manifest_reader *r, const struct manifest_part *part, void *into,
		      const struct node *value)
{
	((struct pick *)into)->filter = manifest_read_filter(r, part, value);
}

static void set_parameters(struct manifest_reader *r, const struct manifest_part *part, void *into,
			   const struct node *value)
{
	struct pick *p = into;

	p->parameters = manifest_read_parameters(r, part, value, &p->parameter_count);
}

static const struct manifest_key rows[] = {
	{"Region", KEY_TEXT, KEY_OPTIONAL, set_region, NULL},
	{"Account", KEY_TEXT, KEY_OPTIONAL, set_account, NULL},
	{"Regions", KEY_ANY, KEY_OPTIONAL, set_regions, NULL},
	{"Accounts", KEY_ANY, KEY_OPTIONAL, set_accounts, NULL},
	{"Where", KEY_MAP, KEY_OPTIONAL, set_where, NULL},
	{"Parameters", KEY_MAP, KEY_OPTIONAL, set_parameters, NULL},
};
static const struct manifest_keys keys = {KEYS_CLOSED, rows, ARRAY_LEN(rows), NULL};

static bool says_where(const struct node *map)
{
	static const char *const words[] = {"Region", "Regions", "Account", "Accounts", "Where"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (node_find(map, words[i]))
			return true;
	}
	return false;
}

static void report_missing(struct manifest_reader *r, const struct pick *p, const char *key)
{
	diag_hint(r->d,
		  diag_add(r->d, DIAG_MANIFEST_KEY_MISSING, p->n->where, "%s has no '%s'", p->who,
			   key),
		  "add '%s: ...'", key);
}

/* False, with errors, when the entry is not good. */
static bool read_pick(struct manifest_reader *r, struct pick *p)
{
	struct manifest_part part = {p->who, NULL, p->n};
	size_t errors = r->d->error_count;

	if (p->n->kind == NODE_SCALAR && !node_is_null(p->n)) {
		set_region(r, &part, p, p->n);
	} else if (p->n->kind == NODE_MAP) {
		manifest_refuse_both(r, &part, "Region", "Regions");
		manifest_refuse_both(r, &part, "Account", "Accounts");
		manifest_read_map(r, &part, &keys, p);
		if (!says_where(p->n))
			report_missing(r, p, "Region");
	} else {
		manifest_wrong_shape(r, p->who, p->n, "the name of a region, or {Region: NAME}");
	}
	return r->d->error_count == errors;
}

/* --- places ---------------------------------------------------------------------------- */

/* False, with an error, when the manifest has asked for more than anybody can mean. */
static bool afford(struct manifest_reader *r, const struct pick *p, size_t region_count,
		   size_t account_count)
{
	if (account_count && region_count > LIMIT_TARGET_PLACES / account_count)
		r->places = LIMIT_TARGET_PLACES + 1;
	else
		r->places += region_count * account_count;
	if (r->places <= LIMIT_TARGET_PLACES)
		return true;
	diag_hint(r->d,
		  diag_add(r->d, DIAG_TARGETS_MANY, p->n->where,
			   "%s makes it more than %d places to look at", p->who,
			   LIMIT_TARGET_PLACES),
		  "name fewer regions and accounts");
	return false;
}

typedef void place_fn(struct target_reading *t, const struct pick *p, struct place place);

static bool place_fits(const struct manifest *m, const struct pick *p, struct place place)
{
	const struct manifest_account *account =
		place.account ? &m->accounts[place.account - 1] : NULL;

	return manifest_tags_fit(&p->filter, &m->regions[place.region], account);
}

/* Accounts that are not named: none for a target, any for an override. */
enum unnamed { UNNAMED_IS_NONE, UNNAMED_IS_ANY };

static void each_account(struct target_reading *t, const struct pick *p, enum unnamed unnamed,
			 uint32_t region, place_fn *fn)
{
	const struct manifest *m = t->r->m;
	struct place place = {region, 0};

	if (!p->names_accounts && place_fits(m, p, place))
		fn(t, p, place);
	if (!p->names_accounts && unnamed == UNNAMED_IS_NONE)
		return;
	for (size_t i = 0; i < (p->accounts ? p->account_count : m->account_count); i++) {
		place.account = p->accounts ? (uint32_t)(p->accounts[i] - m->accounts) + 1
					    : (uint32_t)i + 1;
		if (place_fits(m, p, place))
			fn(t, p, place);
	}
}

static void each_place(struct target_reading *t, const struct pick *p, enum unnamed unnamed,
		       place_fn *fn)
{
	const struct manifest *m = t->r->m;
	size_t region_count = p->regions ? p->region_count : m->region_count;
	size_t account_count = p->accounts ? p->account_count : m->account_count + 1;

	if (!p->names_accounts && unnamed == UNNAMED_IS_NONE)
		account_count = 1;
	if (!afford(t->r, p, region_count, account_count))
		return;
	for (size_t i = 0; i < region_count; i++) {
		const struct manifest_region *region = p->regions ? p->regions[i] : &m->regions[i];

		if (p->regions || !region->global || unnamed == UNNAMED_IS_ANY)
			each_account(t, p, unnamed, (uint32_t)(region - m->regions), fn);
	}
}

static struct text place_key(const struct place *place)
{
	return (struct text){(const char *)place, sizeof(*place)};
}

/* The target of this place, or NULL. */
static struct manifest_target *target_at(const struct target_reading *t, struct place place)
{
	uintptr_t number = (uintptr_t)map_find(&t->places, place_key(&place));

	return number ? &t->targets.items[number - 1] : NULL;
}

/* --- Targets --------------------------------------------------------------------------- */

static const char *place_name(struct arena *a, const struct manifest_target *t)
{
	if (!strcmp(t->account, ACCOUNT_NONE))
		return arena_printf(a, "to region '%s'", t->region->name);
	return arena_printf(a, "to region '%s' of account '%s'", t->region->name, t->account);
}

/* One complaint of an entry is enough. */
static void report_repeated(struct target_reading *t, const struct pick *p,
			    const struct manifest_target *first)
{
	const struct diag *last = t->r->d->last;
	struct diag *g;

	if (last && last->code == DIAG_TARGET_REPEATED &&
	    !memcmp(&last->where, &p->n->where, sizeof(last->where)))
		return;
	g = diag_add(t->r->d, DIAG_TARGET_REPEATED, p->n->where, "%s goes %s twice", t->who,
		     place_name(t->r->a, first));
	diag_related(t->r->d, g, first->where, "first here");
	diag_hint(t->r->d, g,
		  "remove one of them; Overrides give some targets other parameters, and a second "
		  "stack of the same template goes there twice");
}

static void report_many(struct manifest_reader *r, const struct pick *p)
{
	if (r->targets == LIMIT_TARGETS + 1)
		diag_hint(r->d,
			  diag_add(r->d, DIAG_TARGETS_MANY, p->n->where,
				   "%s makes it more than %d targets", p->who, LIMIT_TARGETS),
			  "spread the stacks over several projects");
}

static void add_target(struct target_reading *t, const struct pick *p, struct place place)
{
	const struct manifest *m = t->r->m;
	const struct manifest_target *first = target_at(t, place);
	struct manifest_target *target;

	if (first) {
		report_repeated(t, p, first);
		return;
	}
	if (++t->r->targets > LIMIT_TARGETS) {
		report_many(t->r, p);
		return;
	}
	target = arena_vec_add(t->r->a, &t->targets);
	target->region = &m->regions[place.region];
	target->account = place.account ? m->accounts[place.account - 1].name : ACCOUNT_NONE;
	target->parameters = p->parameters;
	target->parameter_count = p->parameter_count;
	target->where = p->n->where;
	map_set(&t->places, place_key(&place), (void *)(uintptr_t)t->targets.count);
}

static bool some_account_fits(const struct manifest *m, const struct tag_filter *filter)
{
	for (size_t i = 0; i < m->account_count; i++) {
		if (manifest_tags_fit(filter, NULL, &m->accounts[i]))
			return true;
	}
	return false;
}

static void report_none(struct manifest_reader *r, const struct pick *p)
{
	struct diag *g = diag_add(r->d, DIAG_TARGETS_NONE, p->n->where,
				  "%s picks no region and account at all", p->who);

	diag_detail(r->d, g,
		    "What went there before would be deleted, so this has to be said in another "
		    "way: by removing the entry.");
	if (!p->names_accounts && p->filter.count && some_account_fits(r->m, &p->filter))
		diag_hint(r->d, g,
			  "accounts with these tags are there; add 'Accounts: all' to pick among "
			  "them");
	else if (p->filter.count)
		diag_hint(r->d, g, "Where asks for tags that no region and account have together");
	else
		diag_hint(r->d, g,
			  "all regions are those of the section Regions that are not Global; all "
			  "accounts are those of the section Accounts");
}

static void read_target(struct target_reading *t, const struct node *n)
{
	struct pick p = {.who = arena_printf(t->r->a, "a target of %s", t->who), .n = n};
	size_t before = t->targets.count, errors = t->r->d->error_count;

	if (!read_pick(t->r, &p))
		return;
	each_place(t, &p, UNNAMED_IS_NONE, add_target);
	if (t->targets.count == before && t->r->d->error_count == errors)
		report_none(t->r, &p);
}

static void read_targets(struct target_reading *t, const struct node *value)
{
	const struct node *const *items = value->kind == NODE_LIST ? value->items : &value;
	size_t count = value->kind == NODE_LIST ? value->count : 1;

	if (value->kind == NODE_SCALAR) {
		manifest_wrong_shape(t->r, arena_printf(t->r->a, "'Targets' of %s", t->who), value,
				     "a list");
		return;
	}
	if (count == 0)
		diag_hint(t->r->d,
			  diag_add(t->r->d, DIAG_MANIFEST_VALUE, value->where,
				   "'Targets' of %s is an empty list", t->who),
			  "name the regions that the stack goes to");
	for (size_t i = 0; i < count && !manifest_full(t->r); i++)
		read_target(t, items[i]);
}

/* --- Overrides ------------------------------------------------------------------------- */

/* Later ones win, also within one list: they are behind what they replace.  Many targets have
 * the same parameters before, and share what they have after. */
struct joined {
	const struct manifest_parameter *before, *after;
	size_t before_count;
};
struct override {
	struct pick pick; /* the first member: what each_place hands over */
	struct joined last;
	size_t fits;
};

static const struct manifest_parameter *join(struct arena *a, const struct manifest_target *t,
					     struct override *o)
{
	struct manifest_parameter *list;

	if (o->last.after && o->last.before == t->parameters &&
	    o->last.before_count == t->parameter_count)
		return o->last.after;
	list = ARENA_ARRAY(a, t->parameter_count + o->pick.parameter_count,
			   struct manifest_parameter);
	if (t->parameter_count)
		memcpy(list, t->parameters, t->parameter_count * sizeof(*list));
	if (o->pick.parameter_count)
		memcpy(list + t->parameter_count, o->pick.parameters,
		       o->pick.parameter_count * sizeof(*list));
	o->last = (struct joined){t->parameters, list, t->parameter_count};
	return list;
}

static void override_target(struct target_reading *t, const struct pick *p, struct place place)
{
	struct override *o = (struct override *)container_of(p, struct override, pick);
	struct manifest_target *target = target_at(t, place);

	if (!target)
		return;
	o->fits++;
	target->parameters = join(t->r->a, target, o);
	target->parameter_count += p->parameter_count;
}

static void read_override(struct target_reading *t, const struct node *n)
{
	struct override o = {
		.pick = {.who = arena_printf(t->r->a, "an override of %s", t->who), .n = n}};

	if (n->kind != NODE_MAP) {
		manifest_wrong_shape(t->r, o.pick.who, n,
				     "a map, {Region: NAME, Parameters: {...}}");
		return;
	}
	if (!node_find(n, "Parameters"))
		report_missing(t->r, &o.pick, "Parameters");
	else if (read_pick(t->r, &o.pick) && t->targets.count) {
		size_t errors = t->r->d->error_count;

		each_place(t, &o.pick, UNNAMED_IS_ANY, override_target);
		if (!o.fits && t->r->d->error_count == errors)
			diag_hint(t->r->d,
				  diag_add(t->r->d, DIAG_TARGETS_NONE, n->where,
					   "%s fits none of its targets", o.pick.who),
				  "it changes what Targets picks: add the target there, or remove "
				  "the override");
	}
}

static void read_overrides(struct target_reading *t, const struct node *value)
{
	const struct node *const *items = value->kind == NODE_LIST ? value->items : &value;
	size_t count = value->kind == NODE_LIST ? value->count : 1;

	for (size_t i = 0; i < count && !manifest_full(t->r); i++)
		read_override(t, items[i]);
}

void manifest_read_targets(struct manifest_reader *r, const struct manifest_part *part,
			   struct manifest_stack *stack)
{
	const struct node *overrides = node_find(part->map, "Overrides");
	struct target_reading t = {.r = r, .who = part->who, .stack = stack};
	size_t errors = r->d->error_count;

	read_targets(&t, node_find(part->map, "Targets"));
	/* Where targets are missing, overrides that fit none are no second fault. */
	if (overrides && !node_is_null(overrides) && r->d->error_count == errors)
		read_overrides(&t, overrides);
	stack->targets = t.targets.items;
	stack->target_count = t.targets.count;
	map_release(&t.places);
}
