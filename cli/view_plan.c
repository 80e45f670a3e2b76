/* view_plan.c - a plan as text: counts, then every change by stack instance, then outputs. */
#include "cli/view_plan.h"

#include <string.h>

#include "cli/view_change.h"
#include "cli/view_estimate.h"
#include "cli/view_group.h"
#include "cli/view_operation.h"
#include "cli/view_rollback.h"
#include "cli/view_rollout.h"
#include "cli/view_text.h"
#include "cli/view_value.h"

#define CHANGE_INDENT 2
#define PROPERTY_INDENT 6
#define SCREEN_LINES 24 /* a longer plan repeats its counts at the end */

struct action_look {
	const char *sign;
	enum paint paint;
};

static const struct action_look looks[] = {
	[ACTION_NONE] = {" ", PAINT_DIM},      [ACTION_CREATE] = {"+", PAINT_GREEN},
	[ACTION_UPDATE] = {"~", PAINT_YELLOW}, [ACTION_REPLACE] = {"-/+", PAINT_MAGENTA},
	[ACTION_DELETE] = {"-", PAINT_RED},    [ACTION_RETAIN] = {"=", PAINT_CYAN},
	[ACTION_IMPORT] = {"<", PAINT_CYAN},   [ACTION_ADOPT] = {"<~", PAINT_YELLOW},
};
_Static_assert(ARRAY_LEN(looks) == ACTION_COUNT, "a look for every action");

/* Not certain yet; and one that only gets another logical id. */
static const struct action_look conditional_look = {"-/+?", PAINT_MAGENTA};
static const struct action_look moved_look = {">", PAINT_CYAN};

struct page {
	struct str *out;
	const struct plan *plan;
	enum plan_view kind;
	const struct style *st;
	enum view_grouping grouping;
	const struct view_group *group; /* that is being told; NULL: one instance */
};

static void add_count(struct str *out, size_t count, const char *what)
{
	str_printf(out, "%s%zu %s", out->len ? ", " : "", count, what);
}

static void add_some(struct str *out, size_t count, const char *what)
{
	if (count)
		add_count(out, count, what);
}

/* Create, update and delete always, so that scripts and eyes find them. */
void view_plan_counts(struct str *out, const struct plan_counts *c)
{
	struct str line = STR_INIT;

	add_count(&line, c->create, "to create");
	add_count(&line, c->update, "to update");
	add_some(&line, c->replace, "to replace");
	add_count(&line, c->remove, "to delete");
	add_some(&line, c->retain, "to retain");
	add_some(&line, c->import, "to import");
	add_some(&line, c->adopt, "to adopt");
	add_some(&line, c->moved, "to move");
	str_add_text(out, str_text(&line));
	str_release(&line);
}

static const char *comparison(const struct page *p)
{
	if (p->plan->rollback)
		return "to the last good state, by what is recorded";
	if (p->plan->destroy)
		return p->plan->refreshed ? "of what is recorded and still there"
					  : "of everything that is recorded";
	return p->plan->refreshed ? "compared with the world"
				  : "compared with recorded state; --refresh reads the world first";
}

size_t view_recorded(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->change_count; i++)
		count += plan->changes[i].before != NULL;
	return count;
}

void view_unread(struct str *out, const struct plan *plan)
{
	str_printf(out, "%zu of ", plan->unread);
	counted(out, view_recorded(plan), "resource", "resources");
	str_add(out, " could not be read");
}

/* What is in no repository need not be told each time. */
static void add_version(const struct page *p)
{
	const struct version *v = p->plan->project->version;

	if (!v->commit)
		return;
	str_add(p->out, "(from ");
	view_version(p->out, v);
	str_add(p->out, ")\n");
}

/* The counts go to a line of their own where the first one would be too long. */
static void add_header(const struct page *p)
{
	const char *begin = p->plan->rollback  ? "Plan to roll back project "
			    : p->plan->destroy ? "Plan to destroy project "
					       : "Plan for project ";
	const char *project = p->plan->project->manifest->project;
	struct str counts = STR_INIT;
	size_t width;

	view_plan_counts(&counts, &p->plan->counts);
	width = strlen(begin) + strlen(project) + 2 + counts.len;
	paint_on(p->out, p->st, PAINT_BOLD);
	str_printf(p->out, "%s%s:%s%s", begin, project, width > VIEW_WIDTH ? "\n  " : " ",
		   str_cstr(&counts));
	paint_off(p->out, p->st);
	str_printf(p->out, "\n(%s)\n", comparison(p));
	add_version(p);
	if (p->plan->unread) {
		str_add_char(p->out, '(');
		view_unread(p->out, p->plan);
		str_printf(p->out, "; what is recorded of %s is taken instead)\n",
			   p->plan->unread == 1 ? "it" : "them");
	}
	str_release(&counts);
}

void view_plan_header(struct str *out, const struct plan *p, const struct style *st)
{
	const struct page page = {.out = out, .plan = p, .st = st};

	add_header(&page);
}

static bool shows_path(const struct page *p, const struct path_change *path)
{
	return p->kind == PLAN_FOR_DRIFT ? path->drift : !path->computed;
}

static const char *note_of(const struct page *p, const struct path_change *path)
{
	if (p->kind == PLAN_FOR_DRIFT)
		return NULL;
	if (path->settled)
		return "the world has it already";
	if (path->conflict)
		return path->replaces
			       ? "changed in the template and from outside; forces replacement"
			       : "changed in the template and from outside";
	if (path->replaces)
		return path->drift ? "changed from outside; forces replacement"
				   : "forces replacement";
	return path->drift ? "changed from outside" : NULL;
}

/* Drift reads from what should be there to what is: the other way round than mending it. */
static void add_path(const struct page *p, const struct path_change *path)
{
	bool drift = p->kind == PLAN_FOR_DRIFT;
	struct str label = STR_INIT;
	struct changed_value c = {
		.before = drift ? path->after : path->before,
		.after = drift ? path->before : path->after,
		.note = note_of(p, path),
		.unknown = path->unknown && !drift,
		.sensitive = path->sensitive,
	};

	view_pointer(&label, path->pointer);
	str_add_char(&label, ':');
	c.label = str_cstr(&label);
	view_changed_value(p->out, &c, PROPERTY_INDENT, p->st);
	str_release(&label);
}

static void add_paths(const struct page *p, const struct change *c)
{
	for (size_t i = 0; i < c->path_count; i++) {
		if (shows_path(p, &c->paths[i]))
			add_path(p, &c->paths[i]);
	}
}

static void add_wanted(const struct page *p, const struct change *c)
{
	json_t *wanted = c->desired ? json_parse(text_of(c->desired), NULL, NULL) : NULL;
	struct str pointer = STR_INIT;
	struct marks marks;
	const char *key;
	json_t *value;

	marks_init(&marks, c->unknown_pointers, c->sensitive_pointers);
	json_object_foreach(wanted, key, value)
	{
		str_clear(&pointer);
		json_pointer_add(&pointer, text_of(key));
		value_block(p->out, key, value,
			    (struct value_place){&marks, &pointer, PROPERTY_INDENT});
	}
	marks_release(&marks);
	str_release(&pointer);
	json_decref(wanted);
}

static bool some_path(const struct change *c, bool (*holds)(const struct path_change *path))
{
	for (size_t i = 0; i < c->path_count; i++) {
		if (holds(&c->paths[i]))
			return true;
	}
	return false;
}

static bool path_replaces(const struct path_change *path)
{
	return path->replaces;
}

static bool path_visible(const struct path_change *path)
{
	return !path->computed;
}

/* Where the lines below say it, the reason would only repeat them. */
static bool reason_speaks(const struct change *c)
{
	if (c->conditional)
		return true;
	if (c->reason == REASON_CHANGED || c->reason == REASON_DRIFTED)
		return !some_path(c, path_visible);
	if (c->reason == REASON_CREATE_ONLY)
		return !some_path(c, path_replaces);
	if (c->reason == REASON_ROLLBACK)
		return c->action == ACTION_CREATE || c->action == ACTION_REPLACE || c->cause;
	return c->reason != REASON_NONE && c->reason != REASON_DESTROY && c->reason != REASON_MOVED;
}

static void add_reason_text(struct str *out, const struct change *c)
{
	if (c->conditional) {
		str_printf(out, "may be replaced: waits for %s", c->cause ? c->cause : "a value");
		return;
	}
	if (c->cause && c->reason == REASON_CREATE_ONLY)
		str_printf(out, "%s ", c->cause);
	str_add(out, reason_text(c->reason));
	if (c->cause && c->reason != REASON_CREATE_ONLY)
		str_printf(out, ": %s", c->cause);
}

static const char *const becoming[] = {
	[ACTION_NONE] = "changes",       [ACTION_CREATE] = "is created",
	[ACTION_UPDATE] = "is updated",  [ACTION_REPLACE] = "is replaced",
	[ACTION_DELETE] = "is deleted",  [ACTION_RETAIN] = "is given up",
	[ACTION_IMPORT] = "is imported", [ACTION_ADOPT] = "is adopted",
};
_Static_assert(ARRAY_LEN(becoming) == ACTION_COUNT, "words for every action");

/* "because Vpc is replaced" */
static void add_because(struct str *out, const struct plan *plan, const struct change *c)
{
	const struct address addr = {c->addr.instance, c->because};
	const struct change *other = plan_find(plan, &addr);

	if (other)
		str_printf(out, "because %s %s", c->because,
			   other->conditional ? "may be replaced" : becoming[other->action]);
}

/* Between what is said of one change. */
static struct str *next_phrase(struct str *out)
{
	str_add(out, out->len ? "; " : "");
	return out;
}

/* UpdateReplacePolicy: Retain.  Nothing records it from then on. */
static bool leaves_old(const struct change *c)
{
	return c->action == ACTION_REPLACE && c->resource &&
	       c->resource->update_replace_policy == DELETION_RETAIN;
}

static void add_phrases(struct str *out, const struct page *p, const struct change *c)
{
	if (reason_speaks(c))
		add_reason_text(next_phrase(out), c);
	if (c->only_commit)
		str_add(next_phrase(out), "only HA::GitCommit differs");
	if (c->because && !c->conditional && p->kind != PLAN_FOR_DRIFT)
		add_because(next_phrase(out), p->plan, c);
	if (c->moved_from)
		str_printf(next_phrase(out), "moved from %s", c->moved_from);
	if (c->action == ACTION_RETAIN && out->len)
		str_add(out, "; the thing stays");
	else if (c->action == ACTION_RETAIN)
		str_add(out, "its record goes, the thing stays");
	if (leaves_old(c))
		str_add(next_phrase(out), "the old one stays");
	if (c->snapshot)
		str_add(next_phrase(out), "a snapshot is taken first");
}

static void add_reason(const struct page *p, const struct change *c)
{
	struct str phrases = STR_INIT;

	add_phrases(&phrases, p, c);
	if (phrases.len) {
		str_add(p->out, "  ");
		paint_on(p->out, p->st, PAINT_DIM);
		str_add_text(p->out, str_text(&phrases));
		paint_off(p->out, p->st);
	}
	str_release(&phrases);
}

static void add_name(const struct page *p, const struct change *c)
{
	bool moved = c->action == ACTION_REPLACE && c->before && c->type &&
		     strcmp(c->before->type, c->type) != 0;

	if (p->group && p->group->count > 1)
		str_printf(p->out, "%s/*/%s", c->addr.instance.stack, c->addr.logical_id);
	else
		address_format(&c->addr, p->out);
	str_add(p->out, "  ");
	if (moved)
		str_printf(p->out, "%s -> ", c->before->type);
	str_add(p->out, c->type ? c->type : "");
	if (c->before && *c->before->deposed)
		str_add(p->out, " (deposed)");
}

static const struct action_look *look_of(const struct page *p, const struct change *c)
{
	if (p->kind == PLAN_FOR_DRIFT)
		return &looks[c->reason == REASON_GONE ? ACTION_DELETE : ACTION_UPDATE];
	if (c->conditional)
		return &conditional_look;
	if (c->action == ACTION_NONE && c->moved_from)
		return &moved_look;
	return &looks[c->action];
}

static void add_change_line(const struct page *p, const struct change *c)
{
	const struct action_look *look = look_of(p, c);

	str_printf(p->out, "%*s", CHANGE_INDENT, "");
	paint_on(p->out, p->st, look->paint);
	str_printf(p->out, "%s ", look->sign);
	paint_off(p->out, p->st);
	add_name(p, c);
	add_reason(p, c);
}

void view_change_line(struct str *out, const struct plan *p, const struct change *c,
		      const struct style *st)
{
	const struct page page = {.out = out, .plan = p, .st = st};

	add_change_line(&page, c);
}

static void add_change(const struct page *p, const struct change *c)
{
	add_change_line(p, c);
	str_add_char(p->out, '\n');
	if (c->action == ACTION_CREATE && p->kind != PLAN_FOR_DRIFT)
		add_wanted(p, c);
	else
		add_paths(p, c);
}

static bool path_drifts(const struct path_change *path)
{
	return path->drift;
}

bool view_shows_change(const struct change *c, enum plan_view kind)
{
	if (kind == PLAN_FOR_DRIFT)
		return c->reason == REASON_GONE || some_path(c, path_drifts);
	return c->action != ACTION_NONE || c->moved_from;
}

void view_count_change(struct plan_counts *n, const struct change *c)
{
	plan_count(n, c->action);
	n->moved += c->moved_from != NULL;
}

void view_some_counts(struct str *out, const struct plan_counts *c)
{
	struct str line = STR_INIT;

	add_some(&line, c->create, "to create");
	add_some(&line, c->update, "to update");
	add_some(&line, c->replace, "to replace");
	add_some(&line, c->remove, "to delete");
	add_some(&line, c->retain, "to retain");
	add_some(&line, c->import, "to import");
	add_some(&line, c->adopt, "to adopt");
	add_some(&line, c->moved, "to move");
	str_add_text(out, str_text(&line));
	str_release(&line);
}

struct plan_counts view_count_instance(const struct plan *p, const struct instance_plan *i)
{
	struct plan_counts n = {0};

	for (size_t k = 0; k < i->change_count; k++)
		view_count_change(&n, &p->changes[i->first_change + k]);
	return n;
}

/* "web/east: 4 to create, 1 to delete", "web: 2 instances (east, west): 1 to update each" */
static void add_title(const struct page *p, const struct view_group *g)
{
	struct plan_counts n = view_count_instance(p->plan, g->items[0]);
	struct str name = STR_INIT, counts = STR_INIT;

	view_group_name(&name, g);
	view_some_counts(&counts, &n);
	if (g->count > 1)
		str_add(&counts, " each");
	str_add_char(p->out, '\n');
	paint_text(p->out, p->st, PAINT_BOLD, str_cstr(&name));
	if (p->kind != PLAN_FOR_DRIFT) {
		bool fits = g->count == 1 || name.len + counts.len + 2 <= VIEW_WIDTH;

		str_printf(p->out, ":%s%s", fits ? " " : "\n  ", str_cstr(&counts));
	}
	str_add_char(p->out, '\n');
	str_release(&name);
	str_release(&counts);
}

static size_t line_count(const struct str *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->len; i++)
		count += s->ptr[i] == '\n';
	return count;
}

/* Changes of one line each stand close together, longer ones apart. */
static void add_group(const struct page *p, const struct view_group *g)
{
	const struct instance_plan *i = g->items[0];
	enum { FIRST, SHORT, LONG } before = FIRST;

	for (size_t n = 0; n < i->change_count; n++) {
		const struct change *c = &p->plan->changes[i->first_change + n];
		struct str one = STR_INIT;
		struct page inner = *p;

		if (!view_shows_change(c, p->kind))
			continue;
		if (before == FIRST)
			add_title(p, g);
		inner.out = &one;
		inner.group = g;
		add_change(&inner, c);
		if (before != SHORT || line_count(&one) > 1)
			str_add_char(p->out, '\n');
		before = line_count(&one) > 1 ? LONG : SHORT;
		str_add_text(p->out, str_text(&one));
		str_release(&one);
	}
}

static void add_instances(const struct page *p)
{
	struct arena *a = arena_new();
	const struct view_groups all = view_groups_of(a, p->plan, p->kind, p->grouping);

	for (size_t i = 0; i < all.count; i++)
		add_group(p, all.items[i]);
	arena_free(a);
}

static void add_output(const struct page *p, const struct view_output *of)
{
	const struct output_change *o = of->first;
	struct str label = STR_INIT;
	struct changed_value c = {.before = o->before, .after = o->after, .unknown = o->unknown};

	if (of->count > 1)
		str_printf(&label, "%s (%zu instances)", o->id.stack, of->count);
	else
		instance_id_format(&o->id, &label);
	str_add(&label, "  ");
	shown_text(&label, text_of(o->name));
	str_add(&label, " =");
	c.label = str_cstr(&label);
	if (o->before) {
		view_changed_value(p->out, &c, CHANGE_INDENT, p->st);
	} else {
		str_printf(p->out, "%*s%s ", CHANGE_INDENT, "", c.label);
		view_new_value(p->out, &c);
		str_add_char(p->out, '\n');
	}
	str_release(&label);
}

static void add_outputs(const struct page *p)
{
	struct view_output_list outputs;
	struct arena *a;

	if (!p->plan->output_count || p->plan->destroy)
		return;
	a = arena_new();
	str_add_char(p->out, '\n');
	paint_text(p->out, p->st, PAINT_BOLD, "Outputs");
	str_add_char(p->out, '\n');
	outputs = view_outputs_of(a, p->plan, p->grouping);
	for (size_t i = 0; i < outputs.count; i++)
		add_output(p, &outputs.items[i]);
	arena_free(a);
}

void view_left_out(struct str *out, const struct plan *plan)
{
	const struct plan_wishes *w = plan->wishes;
	bool only = w && w->only.count, exclude = w && w->exclude.count;

	counted(out, plan->counts.left_out, "change is left out by ", "changes are left out by ");
	if (plan->rollback)
		str_add(out, "--skip");
	else
		str_printf(out, "%s%s%s", only ? "--only" : "", only && exclude ? " and " : "",
			   exclude ? "--exclude" : "");
}

void view_unchanged(struct str *out, const struct plan *p)
{
	const struct plan_counts *n = &p->counts;
	size_t as_they_are = n->none - n->left_out;

	if (n->none)
		str_add_char(out, '\n');
	if (as_they_are)
		counted(out, as_they_are, "resource stays as it is\n",
			"resources stay as they are\n");
	if (n->left_out) {
		view_left_out(out, p);
		str_add(out, "\n");
	}
}

/* Not worth a change, and still something that an apply does. */
static void add_settled(const struct page *p)
{
	if (!p->plan->settled)
		return;
	counted(p->out, p->plan->settled, "resource was", "resources were");
	str_add(p->out, " changed in the world to what the template says: that is only recorded\n");
}

static void add_nothing(const struct page *p)
{
	const struct plan *plan = p->plan;

	if (plan->rollback) {
		str_add(p->out, "Nothing to roll back: nothing was changed since the last good "
				"state.\n");
		return;
	}
	if (plan->counts.left_out) {
		str_add(p->out, "Nothing to do: ");
		view_left_out(p->out, plan);
		str_add(p->out, ".\n");
		return;
	}
	if (plan->destroy) {
		str_printf(p->out, "Nothing to do: nothing of project %s is recorded.\n",
			   plan->project->manifest->project);
		return;
	}
	if (plan->unread) {
		str_add(p->out, "Nothing to do by what is recorded; ");
		view_unread(p->out, plan);
		str_add(p->out, ".\n");
		return;
	}
	if (plan->refreshed)
		str_add(p->out, "Nothing to do: the world is as the templates say (");
	else
		str_add(p->out, "Nothing to do: recorded state is as the templates say (");
	counted(p->out, plan->counts.none, "resource", "resources");
	str_add(p->out, ").\n");
	add_settled(p);
}

static void add_plan(const struct page *p)
{
	struct str body = STR_INIT;
	struct page inner = *p;

	if (plan_empty(p->plan)) {
		add_nothing(p);
		if (p->plan->rollback)
			view_not_restored(p->out, p->plan, p->st);
		return;
	}
	inner.out = &body;
	add_header(&inner);
	add_instances(&inner);
	add_outputs(&inner);
	view_unchanged(&body, p->plan);
	add_settled(&inner);
	if (p->plan->rollback)
		view_not_restored(&body, p->plan, p->st);
	if (line_count(&body) > SCREEN_LINES) {
		str_add(&body, "\nPlan: ");
		view_plan_counts(&body, &p->plan->counts);
		str_add(&body, "\n");
	}
	view_rollouts(&body, p->plan, p->st);
	view_estimate(&body, p->plan);
	str_add_text(p->out, str_text(&body));
	str_release(&body);
}

static void add_drift(const struct page *p)
{
	if (!p->plan->drifted) {
		view_no_drift(p->out, p->plan);
		return;
	}
	view_drift_header(p->out, p->plan, p->st);
	add_instances(p);
	str_add(p->out, "\n'hadeploy apply --refresh' mends it.\n");
}

static void add_page(const struct page *page)
{
	if (page->kind == PLAN_FOR_DRIFT)
		add_drift(page);
	else
		add_plan(page);
}

void view_plan(struct str *out, const struct plan *p, enum plan_view kind, const struct style *st)
{
	enum view_grouping grouping = kind == PLAN_FOR_DRIFT ? GROUP_NONE : GROUP_EQUAL;

	add_page(&(struct page){out, p, kind, st, grouping, NULL});
}

void view_plan_full(struct str *out, const struct plan *p, enum plan_view kind,
		    const struct style *st)
{
	add_page(&(struct page){out, p, kind, st, GROUP_NONE, NULL});
}
