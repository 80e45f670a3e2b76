/*
 * plan.c - the words for actions and reasons, and the plan's dump.
 */
#include "engine/plan.h"

static const char *const actions[] = {
	[ACTION_NONE] = "none",       [ACTION_CREATE] = "create", [ACTION_UPDATE] = "update",
	[ACTION_REPLACE] = "replace", [ACTION_DELETE] = "delete", [ACTION_RETAIN] = "retain",
	[ACTION_IMPORT] = "import",   [ACTION_ADOPT] = "adopt",
};
_Static_assert(ARRAY_LEN(actions) == ACTION_COUNT, "a name for every action");

static const char *const reasons[] = {
	[REASON_NONE] = "nothing differs",
	[REASON_NEW] = "not recorded yet",
	[REASON_CHANGED] = "differs from what was applied",
	[REASON_CREATE_ONLY] = "cannot be changed in place",
	[REASON_DRIFTED] = "was changed from outside",
	[REASON_GONE] = "is not there any more",
	[REASON_NOT_IN_TEMPLATE] = "not in the template any more",
	[REASON_NOT_IN_MANIFEST] = "its stack instance is not in the manifest any more",
	[REASON_CONDITION_FALSE] = "its condition is false now",
	[REASON_DESTROY] = "asked for",
	[REASON_TAINTED] = "an earlier change of it ended in error",
	[REASON_DEPOSED] = "left over from a replacement",
	[REASON_ABANDONED] = "left over in a region that was lost",
	[REASON_MOVED] = "has another logical id now",
	[REASON_REQUESTED] = "asked for",
	[REASON_FOUND] = "is there already",
	[REASON_ROLLBACK] = "back to the last good state",
};
_Static_assert(ARRAY_LEN(reasons) == REASON_COUNT, "a text for every reason");

/* For the dump: one word each, so that lines stay easy to compare. */
static const char *const reason_words[] = {
	[REASON_NONE] = "none",
	[REASON_NEW] = "new",
	[REASON_CHANGED] = "changed",
	[REASON_CREATE_ONLY] = "create-only",
	[REASON_DRIFTED] = "drifted",
	[REASON_GONE] = "gone",
	[REASON_NOT_IN_TEMPLATE] = "not-in-template",
	[REASON_NOT_IN_MANIFEST] = "not-in-manifest",
	[REASON_CONDITION_FALSE] = "condition-false",
	[REASON_DESTROY] = "destroy",
	[REASON_TAINTED] = "tainted",
	[REASON_DEPOSED] = "deposed",
	[REASON_ABANDONED] = "abandoned",
	[REASON_MOVED] = "moved",
	[REASON_REQUESTED] = "requested",
	[REASON_FOUND] = "found",
	[REASON_ROLLBACK] = "rollback",
};
_Static_assert(ARRAY_LEN(reason_words) == REASON_COUNT, "a word for every reason");

const struct change *plan_find(const struct plan *p, const struct address *addr)
{
	size_t low = 0, high = p->change_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (address_compare(&p->changes[mid].addr, addr) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < p->change_count && !address_compare(&p->changes[low].addr, addr); low++) {
		if (p->changes[low].resource)
			return &p->changes[low];
	}
	return NULL;
}

bool plan_empty(const struct plan *p)
{
	return !plan_counts_changes(&p->counts) && !p->move_count && !p->output_count;
}

void plan_count(struct plan_counts *n, enum action a)
{
	size_t *const counts[] = {
		[ACTION_NONE] = &n->none,     [ACTION_CREATE] = &n->create,
		[ACTION_UPDATE] = &n->update, [ACTION_REPLACE] = &n->replace,
		[ACTION_DELETE] = &n->remove, [ACTION_RETAIN] = &n->retain,
		[ACTION_IMPORT] = &n->import, [ACTION_ADOPT] = &n->adopt,
	};

	_Static_assert(ARRAY_LEN(counts) == ACTION_COUNT, "a count for every action");
	++*counts[a];
}

size_t plan_counts_changes(const struct plan_counts *n)
{
	return n->create + n->update + n->replace + n->remove + n->retain + n->import + n->adopt;
}

const char *action_name(enum action a)
{
	return actions[a];
}

const char *reason_text(enum reason r)
{
	return reasons[r];
}

static void dump_flag(struct str *out, bool set, const char *word)
{
	if (set)
		str_printf(out, " %s", word);
}

static void dump_where(struct str *out, const struct range *where)
{
	if (where->src)
		str_printf(out, " @%s:%u:%u", where->src->name, (unsigned)where->start.line,
			   (unsigned)where->start.column);
}

static void dump_path(struct str *out, const struct path_change *p)
{
	str_printf(out, "\t%s: %s -> %s", *p->pointer ? p->pointer : "/",
		   p->before ? p->before : "(none)",
		   p->unknown ? "(unknown)"
		   : p->after ? p->after
			      : "(none)");
	dump_flag(out, p->replaces, "replaces");
	dump_flag(out, p->sensitive, "sensitive");
	dump_flag(out, p->drift, "drift");
	dump_flag(out, p->computed, "computed");
	dump_where(out, &p->where);
	str_add_char(out, '\n');
}

static void dump_paths(struct str *out, const struct change *c)
{
	struct arena *a = arena_new();
	size_t count;
	const struct path_change *paths = change_paths(c, a, &count);

	for (size_t i = 0; i < count; i++)
		dump_path(out, &paths[i]);
	arena_free(a);
}

static void dump_change(struct str *out, const struct plan *plan, const struct change *c)
{
	str_printf(out, "%s ", action_name(c->action));
	address_format(&c->addr, out);
	str_printf(out, " %s reason=%s", c->type, reason_words[c->reason]);
	if (c->cause)
		str_printf(out, " cause=%s", c->cause);
	if (c->because)
		str_printf(out, " because=%s", c->because);
	if (c->before && *c->before->deposed)
		str_printf(out, " deposed=%s", c->before->deposed);
	if (c->moved_from)
		str_printf(out, " moved-from=%s", c->moved_from);
	if (c->left_out)
		str_printf(out, " left-out=%s", action_name(c->left_out));
	dump_flag(out, c->conditional, "conditional");
	dump_flag(out, c->only_commit, "only-commit");
	dump_flag(out, c->snapshot, "snapshot");
	dump_where(out, &c->where);
	str_add_char(out, '\n');
	for (size_t i = 0; i < c->need_count; i++) {
		const struct change *n = &plan->changes[c->needs[i]];

		str_printf(out, "\tneeds %s ", action_name(n->action));
		address_format(&n->addr, out);
		str_add_char(out, '\n');
	}
	dump_paths(out, c);
}

static void dump_output(struct str *out, const struct output_change *o)
{
	str_add(out, "output ");
	instance_id_format(&o->id, out);
	str_printf(out, " %s: %s -> %s\n", o->name, o->before ? o->before : "(none)",
		   o->unknown ? "(unknown)"
		   : o->after ? o->after
			      : "(none)");
}

static void dump_instance(struct str *out, const struct plan *p, const struct instance_plan *i)
{
	str_add(out, "instance ");
	instance_id_format(&i->id, out);
	if (!i->instance)
		str_add(out, " (not in the manifest)");
	for (size_t n = 0; n < i->need_count; n++) {
		str_add(out, n ? ", " : " after ");
		instance_id_format(&p->instances[i->needs[n]].id, out);
	}
	str_add_char(out, '\n');
	for (size_t c = 0; c < i->change_count; c++)
		dump_change(out, p, &p->changes[i->first_change + c]);
}

void plan_dump(const struct plan *p, struct str *out)
{
	const struct plan_counts *c = &p->counts;

	for (size_t i = 0; i < p->instance_count; i++)
		dump_instance(out, p, &p->instances[i]);
	for (size_t i = 0; i < p->output_count; i++)
		dump_output(out, &p->outputs[i]);
	str_printf(out, "create=%zu update=%zu replace=%zu delete=%zu retain=%zu none=%zu",
		   c->create, c->update, c->replace, c->remove, c->retain, c->none);
	if (c->left_out)
		str_printf(out, " left-out=%zu", c->left_out);
	if (p->refreshed)
		str_printf(out, " drifted=%zu", p->drifted);
	str_add_char(out, '\n');
}

/* --- a comparison with the world ----------------------------------------------------- */

enum drift_status plan_drift_of(const struct plan *p, const struct instance_plan *i,
				struct drift_counts *counts)
{
	struct drift_counts n = {{0}};

	for (size_t c = 0; c < i->change_count; c++)
		n.of[p->changes[i->first_change + c].drift]++;
	if (counts)
		*counts = n;
	if (n.of[DRIFT_FAILED])
		return DRIFT_FAILED;
	if (n.of[DRIFT_CHANGED] || n.of[DRIFT_DELETED])
		return DRIFT_CHANGED;
	return n.of[DRIFT_NOT_CHECKED] ? DRIFT_NOT_CHECKED : DRIFT_IN_SYNC;
}

struct drift_counts plan_drift(const struct plan *p)
{
	struct drift_counts n = {{0}};

	for (size_t i = 0; i < p->instance_count; i++)
		n.of[plan_drift_of(p, &p->instances[i], NULL)]++;
	return n;
}
