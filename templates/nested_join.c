/*
 * nested_join.c - references to nested stacks become references to resources.
 *
 * Waiting for a nested stack is waiting for those inside that nobody inside waits for, and
 * what the stack waits for holds up those inside that wait for nobody inside: the rest
 * follows, so a large stack that needs another one costs few references.
 */
#include "templates/nested.h"

struct joining {
	struct arena *a;
	const struct names *ids;
	struct doc_resource *resources;
};

/* Lists of references */

static void add_ref(struct joining *j, struct ref_list *list, const struct doc_ref *ref)
{
	const char *key = ref->attribute
				  ? arena_printf(j->a, "%s.%s", ref->logical_id, ref->attribute)
				  : ref->logical_id;

	if (!names_add(j->a, &list->seen, text_of(key), (void *)(uintptr_t)key))
		*arena_vec_add(j->a, list) = *ref;
}

static void add_all(struct joining *j, struct ref_list *list, const struct doc_ref *refs,
		    size_t count);

/* An empty stack is a way to what it waits for itself. */
static void add_stack(struct joining *j, struct ref_list *list, struct nested_stack *s,
		      struct range where)
{
	if (s->joining)
		return;
	s->joining = true;
	for (size_t i = 0; i < s->sinks.count; i++) {
		const struct doc_resource *r = &j->resources[s->sinks.items[i]];

		add_ref(j, list, &(struct doc_ref){r->logical_id, NULL, where});
	}
	if (s->first == s->end)
		add_all(j, list, s->refs.items, s->refs.count);
	s->joining = false;
}

static void add_all(struct joining *j, struct ref_list *list, const struct doc_ref *refs,
		    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct section_item *item = names_find(j->ids, text_of(refs[i].logical_id));

		if (item && item->stack)
			add_stack(j, list, item->stack, refs[i].where);
		else
			add_ref(j, list, &refs[i]);
	}
}

static bool names_stack(const struct joining *j, const struct doc_resource *r)
{
	for (size_t i = 0; i < r->ref_count; i++) {
		const struct section_item *item =
			names_find(j->ids, text_of(r->refs[i].logical_id));

		if (item && item->stack)
			return true;
	}
	return false;
}

static void set_refs(struct joining *j, struct doc_resource *r, const struct doc_ref *more,
		     size_t count)
{
	struct ref_list list = {0};

	add_all(j, &list, r->refs, r->ref_count);
	add_all(j, &list, more, count);
	r->refs = list.items;
	r->ref_count = list.count;
}

/* Inside of one stack */

static bool is_inside(const struct nested_stack *s, const struct section_item *item)
{
	return item && !item->stack && item->index >= s->first && item->index < s->end;
}

/* Among the resources of a stack whose references to each other are complete. */
static void find_ends(struct joining *j, struct nested_stack *s)
{
	struct arena *scratch = arena_new();
	bool *needed = ARENA_ARRAY(scratch, s->end - s->first, bool);

	for (size_t i = s->first; i < s->end; i++) {
		const struct doc_resource *r = &j->resources[i];
		bool waits = false;

		for (size_t k = 0; k < r->ref_count; k++) {
			const struct section_item *item =
				names_find(j->ids, text_of(r->refs[k].logical_id));

			if (!is_inside(s, item) || item->index == i)
				continue;
			waits = needed[item->index - s->first] = true;
		}
		if (!waits)
			*(size_t *)arena_vec_add(j->a, &s->sources) = i;
	}
	for (size_t i = s->first; i < s->end; i++) {
		if (!needed[i - s->first])
			*(size_t *)arena_vec_add(j->a, &s->sinks) = i;
	}
	arena_free(scratch);
}

/* Bottom up: an inner stack is complete but for what it waits for outside of itself. */
static void join_scope(struct joining *j, const struct eval_state *st)
{
	for (size_t i = 0; i < st->resource_list.count; i++) {
		struct nested_stack *s = st->resource_list.items[i]->stack;

		if (!s)
			continue;
		join_scope(j, &s->st);
		find_ends(j, s);
	}
	for (size_t i = 0; i < st->resource_list.count; i++) {
		const struct section_item *item = st->resource_list.items[i];
		struct nested_stack *s = item->stack;

		if (!item->present || item->broken)
			continue;
		if (!s && names_stack(j, &j->resources[item->index]))
			set_refs(j, &j->resources[item->index], NULL, 0);
		for (size_t k = 0; s && s->refs.count && k < s->sources.count; k++)
			set_refs(j, &j->resources[s->sources.items[k]], s->refs.items,
				 s->refs.count);
	}
}

void nested_join(struct arena *a, const struct eval_state *root, const struct names *ids,
		 struct doc_resource *resources)
{
	struct joining j = {a, ids, resources};

	join_scope(&j, root);
}
