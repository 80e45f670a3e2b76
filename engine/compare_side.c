/* compare_side.c - one side of a comparison: a commit's project, evaluated without network. */
#include <string.h>

#include "base/str.h"
#include "engine/compare_parts.h"
#include "engine/schema.h"
#include "vcs/vcs.h"

/* --- what only a deployment can tell stands for itself --- */

static const struct value *attribute_itself(void *context, struct arena *a, const char *logical_id,
					    const char *attribute)
{
	const char *text = attribute ? arena_printf(a, "${%s.%s}", logical_id, attribute)
				     : arena_printf(a, "${%s}", logical_id);

	(void)context;
	return value_string(a, text_of(text), NULL);
}

static const char *words_of(struct arena *a, const struct outside_question *q)
{
	switch (q->kind) {
	case ASK_EXPORT:
		return arena_printf(a, "${export %s}", q->name);
	case ASK_STACK_OUTPUT:
		return arena_printf(a, "${%s%s%s.%s}", q->region ? q->region : "",
				    q->region ? "/" : "", q->stack, q->name);
	case ASK_RESOLVE:
		return arena_printf(a, "{{resolve:%s}}", q->name);
	case ASK_PARAMETER_STORE:
		return arena_printf(a, "${parameter %s}", q->name);
	case ASK_ACCOUNT:
		return "${AWS::AccountId}";
	case ASK_ZONES:
		return NULL;
	}
	return NULL;
}

static enum outside_answer outside_itself(void *context, struct arena *a,
					  const struct outside_question *q,
					  const struct value **out, struct diags *d)
{
	const char *words = words_of(a, q);

	(void)context;
	(void)d;
	if (!words)
		return OUTSIDE_LATER;
	*out = value_string(a, text_of(words), NULL);
	if (q->kind == ASK_RESOLVE)
		*out = value_sensitive(a, *out);
	return OUTSIDE_KNOWN;
}

static const struct eval_lookup lookup_itself = {attribute_itself, NULL};
static const struct eval_outside outside_is_itself = {outside_itself, NULL};

/* --- evaluation --- */

/* Words do not fit everywhere (an index, a number): then nothing is known of them. */
static void evaluate(struct project *p, struct instance *i, struct diags *d)
{
	struct eval_input in = {.target = &i->place, .parameters = &i->parameters};
	struct diags ignored = DIAGS_INIT;

	in.lookup = &lookup_itself;
	in.outside = &outside_is_itself;
	i->doc = document_eval(p->arena, i->tpl, &in, &ignored);
	diags_release(&ignored);
	if (i->doc)
		return;
	in.lookup = NULL;
	in.outside = NULL;
	in.partial = true;
	i->doc = document_eval(p->arena, i->tpl, &in, d);
}

static struct selection selection_of(const struct compare_request *q, const char *ref)
{
	struct selection s = q->selection;

	/* A stack may be on one side alone: compare.c picks. */
	s.stack_count = s.region_count = 0;
	s.ref = ref;
	s.references = REFERENCES_KEPT;
	return s;
}

int side_open(struct side *s, const struct compare_request *q, const char *ref, struct diags *d)
{
	struct selection selection = selection_of(q, ref);
	struct diags found = DIAGS_INIT;
	bool failed;

	s->ref = ref;
	s->project = project_open(q->dir, q->providers, &selection, d);
	if (!s->project)
		return -1;
	for (size_t i = 0; i < s->project->instance_count; i++)
		evaluate(s->project, &s->project->instances[i], &found);
	failed = diags_failed(&found);
	diags_keep_sources(&found);
	diags_take(d, &found);
	return failed ? -1 : 0;
}

void side_close(struct side *s)
{
	project_close(s->project);
}

const struct schema *side_schema(const struct side *s, const char *type)
{
	const struct provider_entry *entry;
	const struct schema *schema = NULL;

	return registry_find(s->project->registry, type, &entry, &schema) ? schema : NULL;
}

/* --- values --- */

/* As it is written: what else could be said of what nobody knows? */
static json_t *written(const struct value *v)
{
	struct range where = value_where(v);
	struct text bytes;
	size_t start, end;

	if (!where.src)
		return json_string("?");
	bytes = where.src->bytes;
	start = source_offset(where.src, where.start);
	end = source_offset(where.src, where.end);
	return json_stringn(bytes.ptr + start, end > start ? end - start : 0);
}

static void put_unknown(json_t *j, const struct value *properties)
{
	json_t *pointers = value_unknown_pointers(properties), *item;
	size_t i;

	json_array_foreach(pointers, i, item)
	{
		struct text pointer = text_of(json_string_value(item));
		bool exact = false;
		const struct value *v = value_at(properties, pointer, &exact);

		if (v && exact)
			json_put(j, pointer, written(v));
	}
	json_decref(pointers);
}

static void add_write_only(json_t *list, const struct schema *s, const json_t *j)
{
	struct str pointer = STR_INIT;
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)j, key, member)
	{
		str_clear(&pointer);
		json_pointer_add(&pointer, text_of(key));
		if (schema_is_secret(s, str_text(&pointer)))
			json_array_append_new(list, json_string(str_cstr(&pointer)));
	}
	str_release(&pointer);
}

json_t *side_desired(const struct side *s, const struct doc_resource *r, json_t **sensitive)
{
	const struct schema *schema = side_schema(s, r->type);
	json_t *j = schema ? schema_desired(schema, r->properties) : value_to_json(r->properties);

	put_unknown(j, r->properties);
	*sensitive = value_sensitive_pointers(r->properties);
	if (schema)
		add_write_only(*sensitive, schema, j);
	return j;
}
