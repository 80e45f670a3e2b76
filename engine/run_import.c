/*
 * run_import.c - things that exist are recorded as they are.
 *
 * All wishes are one plan: matched with what the template would create, asked for in the
 * world, shown, and recorded in as few commits as possible.  There is no BEGIN, because
 * nothing changes in the world: a run that is killed recorded some of them or none, and
 * the same import again skips what is recorded by then.
 */
#include "engine/run_parts.h"

#include <string.h>

#include "base/vec.h"
#include "engine/discovery.h"

struct importing {
	struct run *r;
	struct arena *a;
	const struct plan_wishes *wishes;
	struct map changes; /* address_key to struct change */
	struct map things;  /* thing_key to address, of everything recorded and wished */
	struct {
		VEC_OF(struct discovery)
	} items; /* in the arena */
	int rc;
};

static struct diag *complain(struct importing *x, enum diag_code code, const struct import_wish *w,
			     const char *summary)
{
	struct diag *g = diag_add(x->r->d, code, w->where, "%s", summary);

	diag_address(x->r->d, g, w->address);
	x->rc = -1;
	return g;
}

/* What tells a thing from all others: ids are unique for a type in a region. */
static const char *thing_key(struct importing *x, const struct record *r)
{
	return arena_printf(x->a, "%s\n%s\n%s\n%s\n%s", r->provider, r->type,
			    r->addr.instance.account, r->addr.instance.region, r->id);
}

/* --- wishes and the template ------------------------------------------------------------ */

static void index_changes(struct importing *x)
{
	const struct plan *p = x->r->plan;

	for (size_t i = 0; i < p->change_count; i++) {
		const struct change *c = &p->changes[i];

		if (!c->before || !*c->before->deposed)
			map_set(&x->changes, text_of(address_key(x->a, &c->addr)), (void *)c);
	}
}

/* Every record counts, not only those of the selection. */
static int index_things(struct importing *x)
{
	struct record_list all;

	if (state_load_records(x->r->e->state, NULL, x->a, &all, x->r->d))
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		if (*all.items[i].id)
			map_set(&x->things, text_of(thing_key(x, &all.items[i])),
				(void *)address_text(x->a, &all.items[i].addr));
	}
	return 0;
}

static const struct change *find_change(struct importing *x, const struct import_wish *w)
{
	const struct change *c;
	struct address addr;
	struct diag *g;

	if (!address_parse(x->a, text_of(w->address), &addr)) {
		g = complain(x, DIAG_ADDRESS_SHAPE, w, "this is no address of a resource");
		diag_hint(x->r->d, g, "write STACK/REGION/LOGICALID, such as web/east/Page");
		return NULL;
	}
	c = map_find(&x->changes, text_of(address_key(x->a, &addr)));
	if (c && c->resource)
		return c;
	g = complain(x, DIAG_IMPORT_UNKNOWN, w, "no template has this resource");
	diag_detail(x->r->d, g,
		    c ? "It is recorded, and its template does not have it any more."
		      : "Only what a template describes can be recorded.");
	diag_hint(x->r->d, g,
		  "write the resource into the template of '%s' first; `hadeploy plan` "
		  "then shows its address",
		  addr.instance.stack);
	return NULL;
}

/* Of a create that ended before there was an id nothing but the address is recorded. */
static bool is_free(struct importing *x, const struct import_wish *w, const struct change *c)
{
	const struct record *had = c->before;
	struct diag *g;

	if (!had || !*had->id)
		return true;
	if (!w->id || !strcmp(had->id, w->id))
		return false;
	g = complain(x, DIAG_IMPORT_RECORDED, w, "another thing is recorded under this address");
	diag_detail(x->r->d, g, "It has the id '%s'.", had->id);
	diag_hint(x->r->d, g, "give its record up with `hadeploy state rm %s` first", w->address);
	return false;
}

static bool can_be_found(struct importing *x, const struct import_wish *w, const struct change *c)
{
	struct diag *g;

	if (w->id || discovery_by_name(c))
		return true;
	g = complain(x, DIAG_IMPORT_NAMELESS, w, "this type cannot be found by its name");
	diag_detail(x->r->d, g, "The provider of %s looks things up by their id alone.", c->type);
	diag_hint(x->r->d, g, "name its id: `hadeploy import %s ID`", w->address);
	return false;
}

static bool is_first(struct importing *x, const struct import_wish *w, const struct change *c,
		     struct map *seen)
{
	const struct import_wish *first;
	struct diag *g;

	first = map_set(seen, text_of(address_key(x->a, &c->addr)), (void *)w);
	if (!first)
		return true;
	g = complain(x, DIAG_IMPORT_TWICE, w, "the address stands there twice");
	if (first->where.src)
		diag_related(x->r->d, g, first->where, "first here");
	return false;
}

static void match(struct importing *x)
{
	struct map seen = MAP_INIT;

	for (size_t i = 0; i < x->wishes->import_count; i++) {
		const struct import_wish *w = &x->wishes->imports[i];
		const struct change *c = find_change(x, w);

		if (!c || !is_first(x, w, c, &seen) || !is_free(x, w, c) || !can_be_found(x, w, c))
			continue;
		*(struct discovery *)arena_vec_add(x->a, &x->items) = (struct discovery){
			.change = c,
			.id = w->id,
			.where = w->where,
		};
	}
	map_release(&seen);
}

/* --- what the world has of them ---------------------------------------------------------- */

static struct diag *complain_of(struct importing *x, const struct discovery *it,
				enum diag_code code, const char *summary)
{
	struct range where = it->where.src ? it->where : it->change->where;
	struct diag *g = diag_add(x->r->d, code, where, "%s", summary);

	diag_address(x->r->d, g, address_text(x->a, &it->change->addr));
	x->rc = -1;
	return g;
}

static void complain_absent(struct importing *x, const struct discovery *it)
{
	struct diag *g =
		complain_of(x, it, DIAG_IMPORT_ABSENT, "what is to be imported is not there");

	if (it->id) {
		diag_detail(x->r->d, g, "The provider '%s' has no %s of id '%s'.",
			    it->change->provider->name, it->change->type, it->id);
		diag_hint(x->r->d, g, "is it the id of another region, account or type?");
		return;
	}
	diag_detail(x->r->d, g,
		    "The provider '%s' finds no %s of the name that the template gives.",
		    it->change->provider->name, it->change->type);
	diag_hint(x->r->d, g, "name its id: `hadeploy import %s ID`",
		  address_text(x->a, &it->change->addr));
}

static void check_alone(struct importing *x, const struct discovery *it)
{
	const char *mine = address_text(x->a, &it->record.addr);
	const char *other = map_set(&x->things, text_of(thing_key(x, &it->record)), (void *)mine);
	struct diag *g;

	if (!other || !strcmp(other, mine))
		return;
	g = complain_of(x, it, DIAG_IMPORT_TWICE, "one thing cannot be two resources");
	diag_detail(x->r->d, g, "'%s' has the id '%s' too.", other, it->record.id);
	diag_hint(x->r->d, g,
		  "deleting one of the two would take it from the other: import it "
		  "under one address");
}

static void warn_unreadable(struct importing *x, const struct discovery *it)
{
	struct range where = it->where.src ? it->where : it->change->where;
	struct diag *g = diag_warn(x->r->d, DIAG_IMPORT_UNREADABLE, where,
				   "some values cannot be read, nor changed in place");

	diag_detail(x->r->d, g, "%s: recorded as the template has them.", it->unreadable);
	diag_hint(x->r->d, g, "make sure that they are so in the world");
	diag_address(x->r->d, g, address_text(x->a, &it->change->addr));
}

static void count_left_out(struct importing *x, const struct instance_id *id, struct map *seen)
{
	struct str key = STR_INIT;

	instance_id_format(id, &key);
	x->r->left_out += !map_set(seen, str_text(&key), x);
	str_release(&key);
}

/* What is left out has had its errors.  When nothing else is there, that is all there is. */
static void leave_out(struct importing *x)
{
	struct map seen = MAP_INIT;
	size_t kept = 0;

	for (size_t i = 0; i < x->items.count; i++) {
		const struct discovery *it = &x->items.items[i];

		if (it->left_out)
			count_left_out(x, &it->change->addr.instance, &seen);
		else
			x->items.items[kept++] = *it;
	}
	if (!kept && x->items.count)
		x->rc = -1;
	x->items.count = kept;
	map_release(&seen);
}

static void judge(struct importing *x)
{
	for (size_t i = 0; i < x->items.count; i++) {
		const struct discovery *it = &x->items.items[i];

		switch (it->seen) {
		case SEEN_PRESENT:
			check_alone(x, it);
			if (it->unreadable)
				warn_unreadable(x, it);
			break;
		case SEEN_GONE:
			complain_absent(x, it);
			break;
		case SEEN_FAILED:
		case SEEN_NOT_ASKED:
			x->rc = -1;
			break;
		}
	}
}

/* --- the plan ------------------------------------------------------------------------------ */

/* What is left to do tells how it differs from the template. */
static struct change import_change(const struct change *left, const char *id)
{
	struct change c = *left;

	c.action = ACTION_IMPORT;
	c.reason = REASON_REQUESTED;
	c.cause = id;
	c.import_id = id;
	c.wanted = left->before;
	c.before = NULL;
	c.needs = NULL;
	c.need_count = 0;
	return c;
}

static bool is_imported(const struct importing *x, const struct change *c)
{
	const struct record_list *list = &x->r->recorded.records;

	/* They are the last ones. */
	return c->before && c->before >= list->items + (list->count - x->items.count);
}

static void add_instance(struct importing *x, struct plan *p, const struct instance_plan *from)
{
	struct instance_plan *instances = (struct instance_plan *)(uintptr_t)p->instances;
	struct change *changes = (struct change *)(uintptr_t)p->changes;
	struct instance_plan in = {
		.id = from->id, .instance = from->instance, .first_change = p->change_count};

	for (size_t i = 0; i < from->change_count; i++) {
		const struct change *c = &x->r->next->changes[from->first_change + i];

		if (!is_imported(x, c))
			continue;
		changes[p->change_count++] = import_change(c, c->before->id);
		plan_count(&p->counts, ACTION_IMPORT);
	}
	in.change_count = p->change_count - in.first_change;
	if (in.change_count)
		instances[p->instance_count++] = in;
}

/* Nothing but the imports: they need nothing, and nothing else is done. */
static const struct plan *import_plan(struct importing *x)
{
	const struct plan *next = x->r->next;
	struct plan *p = ARENA_NEW(x->a, struct plan);

	p->arena = x->a;
	p->project = next->project;
	p->refreshed = true;
	p->changes = ARENA_ARRAY(x->a, x->items.count, struct change);
	p->instances = ARENA_ARRAY(x->a, next->instance_count, struct instance_plan);
	for (size_t i = 0; x->items.count && i < next->instance_count; i++)
		add_instance(x, p, &next->instances[i]);
	return p;
}

static int look(struct importing *x, const struct run_request *q)
{
	struct discoveries list = {x->items.items, x->items.count, &q->rollout};

	return discover(x->r->e, &list, x->a, x->r->d);
}

static int plan_imports(struct importing *x, const struct run_request *q)
{
	struct run *r = x->r;
	const struct record **more;

	if (index_things(x))
		return -1;
	index_changes(x);
	match(x);
	if (x->rc || look(x, q))
		return -1;
	leave_out(x);
	judge(x);
	if (x->rc)
		return -1;
	more = ARENA_ARRAY(x->a, x->items.count, const struct record *);
	for (size_t i = 0; i < x->items.count; i++)
		more[i] = &x->items.items[i].record;
	r->next = run_plan_with(r, q, more, x->items.count);
	if (!r->next)
		return -1;
	r->plan = import_plan(x);
	return 0;
}

int run_import_plan(struct run *r, const struct run_request *q)
{
	struct importing x = {.r = r, .a = r->e->arena, .wishes = &q->wishes};
	int rc = plan_imports(&x, q);

	map_release(&x.changes);
	map_release(&x.things);
	return rc;
}

int run_import_record(struct run *r, struct run_result *out)
{
	const struct plan *p = r->plan;
	const struct record **items =
		ARENA_ARRAY(r->e->arena, p->change_count, const struct record *);

	for (size_t i = 0; i < p->change_count; i++)
		items[i] = p->changes[i].wanted;
	if (state_renew_locks(r->e->state, r->d) || run_put_records(r, items, p->change_count))
		return -1;
	out->done.import = p->change_count;
	out->targets_succeeded = p->instance_count;
	out->targets_failed = out->targets_tolerated = r->left_out;
	return 0;
}
