/* view_compare.c - a comparison of commits as text and as Markdown. */
#include "cli/view_compare.h"

#include <string.h>

#include "cli/view_change.h"
#include "cli/view_text.h"
#include "cli/view_value.h"

#define CHANGE_INDENT 2
#define PROPERTY_INDENT 6

struct look {
	const char *sign;
	enum paint paint;
};
static const struct look looks[ACTION_COUNT] = {
	[ACTION_NONE] = {">", PAINT_CYAN},     [ACTION_CREATE] = {"+", PAINT_GREEN},
	[ACTION_UPDATE] = {"~", PAINT_YELLOW}, [ACTION_REPLACE] = {"-/+", PAINT_MAGENTA},
	[ACTION_DELETE] = {"-", PAINT_RED},
};

static void add_some(struct str *out, size_t count, const char *what, bool *any)
{
	if (!count)
		return;
	str_printf(out, "%s%zu to %s", *any ? ", " : "", count, what);
	*any = true;
}

static void add_counts(struct str *out, const struct comparison *c)
{
	struct comparison_counts n = comparison_count(c);
	bool any = false;

	counted(out, c->count, "stack instance differs", "stack instances differ");
	str_add(out, ": ");
	add_some(out, n.create, "create", &any);
	add_some(out, n.update, "update", &any);
	add_some(out, n.replace, "replace", &any);
	add_some(out, n.remove, "delete", &any);
	add_some(out, n.moved, "move", &any);
	if (!any)
		str_add(out, "outputs alone");
}

static void add_label(struct str *out, const struct path_change *p)
{
	if (p->pointer[0] == '/')
		view_pointer(out, p->pointer);
	else
		str_add(out, p->pointer);
	str_add_char(out, ':');
}

static void add_path(struct str *out, const struct path_change *p, const struct style *st)
{
	struct str label = STR_INIT;
	struct changed_value v = {.before = p->before,
				  .after = p->after,
				  .unknown = p->unknown,
				  .sensitive = p->sensitive,
				  .note = p->replaces ? "forces replacement" : NULL};

	add_label(&label, p);
	v.label = str_cstr(&label);
	view_changed_value(out, &v, PROPERTY_INDENT, st);
	str_release(&label);
}

static void add_reason(struct str *out, const struct compared *c)
{
	if (c->moved_from) {
		str_add(out, "  moved from ");
		shown_text(out, text_of(c->moved_from));
	}
	if (c->because) {
		str_add(out, "  because of ");
		shown_text(out, text_of(c->because));
	}
}

static void add_item(struct str *out, const struct compared *c, const struct style *st)
{
	const struct look *look = &looks[c->action];

	str_repeat(out, ' ', CHANGE_INDENT);
	if (c->logical_id) {
		paint_on(out, st, look->paint);
		str_add(out, look->sign);
		paint_off(out, st);
		str_add_char(out, ' ');
		shown_text(out, text_of(c->logical_id));
		str_add(out, "  ");
		shown_text(out, text_of(c->type));
		add_reason(out, c);
	} else {
		str_add(out, "Outputs");
	}
	str_add_char(out, '\n');
	for (size_t i = 0; i < c->path_count; i++)
		add_path(out, &c->paths[i], st);
}

static const char *fate(const struct instance_comparison *i)
{
	return i->action == ACTION_CREATE   ? "  new"
	       : i->action == ACTION_DELETE ? "  not in the manifest any more"
					    : "";
}

static void add_group(struct str *out, const struct comparison_group *g, const struct style *st)
{
	paint_on(out, st, PAINT_BOLD);
	comparison_group_name(out, g);
	paint_off(out, st);
	str_add(out, fate(g->first));
	str_add_char(out, '\n');
	for (size_t i = 0; i < g->first->count; i++)
		add_item(out, &g->first->items[i], st);
}

void view_comparison(struct str *out, const struct comparison *c, const struct style *st)
{
	struct arena *a = arena_new();
	struct comparison_groups groups = comparison_groups_of(a, c);

	for (size_t i = 0; i < groups.count; i++) {
		add_group(out, groups.items[i], st);
		str_add_char(out, '\n');
	}
	if (c->count) {
		comparison_sides(out, c);
		str_add(out, ": ");
		add_counts(out, c);
		str_add_char(out, '\n');
	}
	arena_free(a);
}

/* --- Markdown --- */

/* What Markdown would take for itself stands behind a backslash. */
static void escape(struct str *out, struct text t)
{
	struct str safe = STR_INIT;

	shown_text(&safe, t);
	for (const char *c = str_cstr(&safe); *c; c++) {
		if (strchr("\\`*_[]|#~<>&@", *c))
			str_add_char(out, '\\');
		str_add_char(out, *c);
	}
	str_release(&safe);
}

/* A fence is longer than any run of its sign in the text. */
static size_t fence_len(struct text t)
{
	size_t longest = 2, run = 0;

	for (size_t i = 0; i < t.len; i++) {
		run = t.ptr[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest + 1;
}

/* The sign of a change begins its line, so that readers colour it. */
static void add_markdown_item(struct str *out, const struct compared *c)
{
	static const char *const signs[ACTION_COUNT] = {
		[ACTION_NONE] = "!",    [ACTION_CREATE] = "+", [ACTION_UPDATE] = "!",
		[ACTION_REPLACE] = "-", [ACTION_DELETE] = "-",
	};
	static const struct style plain;
	struct str text = STR_INIT;

	add_item(&text, c, &plain);
	str_add(out, signs[c->action]);
	str_add_text(out, str_text(&text));
	str_release(&text);
}

static void add_markdown_group(struct str *out, const struct comparison_group *g)
{
	struct str name = STR_INIT, body = STR_INIT;

	comparison_group_name(&name, g);
	str_add(out, "\n#### ");
	escape(out, str_text(&name));
	escape(out, text_of(fate(g->first)));
	str_add(out, "\n\n");
	for (size_t i = 0; i < g->first->count; i++)
		add_markdown_item(&body, &g->first->items[i]);
	if (body.len) {
		size_t fence = fence_len(str_text(&body));

		str_repeat(out, '`', fence);
		str_add(out, "diff\n");
		str_add_text(out, str_text(&body));
		str_repeat(out, '`', fence);
		str_add_char(out, '\n');
	}
	str_release(&body);
	str_release(&name);
}

void view_comparison_markdown(struct str *out, const struct comparison *c)
{
	struct arena *a = arena_new();
	struct comparison_groups groups = comparison_groups_of(a, c);
	struct str sides = STR_INIT;

	if (c->count) {
		comparison_sides(&sides, c);
		str_add(out, "### ");
		escape(out, str_text(&sides));
		str_add(out, "\n\n");
		add_counts(out, c);
		str_add(out, ".\n");
	}
	for (size_t i = 0; i < groups.count; i++)
		add_markdown_group(out, groups.items[i]);
	str_release(&sides);
	arena_free(a);
}
