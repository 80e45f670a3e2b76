/* view_status_version.c - which commits the stack instances were last applied from. */
#include "cli/view_status_version.h"

#include "base/map.h"
#include "base/vec.h"
#include "cli/view_operation.h"
#include "cli/view_text.h"

#define WIDTH 79

/* Instances of one version. */
struct origin {
	const struct version *version;
	VEC_OF(const char *)
};

struct origins {
	struct map by_text;
	VEC_OF(struct origin *) /* in the order of their first instances */
};

static void add_row(struct arena *a, struct origins *all, const struct status_row *row)
{
	struct origin *o;

	if (!row->made_from || !*row->made_from)
		return;
	o = map_find(&all->by_text, text_of(row->made_from));
	if (!o) {
		o = ARENA_NEW(a, struct origin);
		o->version = version_parse(a, row->made_from);
		map_set(&all->by_text, text_of(row->made_from), o);
		if (o->version && o->version->commit)
			*arena_vec_add(a, all) = o;
	}
	*arena_vec_add(a, o) = instance_id_text(a, &row->id);
}

void view_status_versions(struct str *out, const struct status_rows *rows)
{
	struct arena *a = arena_new();
	struct origins all = {0};
	struct str names = STR_INIT;

	for (size_t i = 0; i < rows->count; i++)
		add_row(a, &all, &rows->rows[i]);
	if (all.count)
		str_add(out, "\nApplied from\n");
	for (size_t i = 0; i < all.count; i++) {
		const struct origin *o = all.items[i];

		str_add(out, "  ");
		view_version(out, o->version);
		str_add_char(out, '\n');
		str_clear(&names);
		shown_text(&names,
			   text_of(diag_listed(a, (const char *const *)o->items, o->count)));
		wrapped(out, str_text(&names), 4, WIDTH);
	}
	str_release(&names);
	map_release(&all.by_text);
	arena_free(a);
}
