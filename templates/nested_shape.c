/* nested_shape.c - messages about nested stacks. */
#include "templates/nested_shape.h"

#include <string.h>

#include "templates/node.h"

/* Those of the type; the ones that have an effect first. */
static const char *const property_names[] = {
	"TemplateURL",
	"Parameters",
	"Tags",
	"NotificationARNs",
	"Capabilities",
	"Description",
	"DisableRollback",
	"EnableTerminationProtection",
	"RoleARN",
	"StackName",
	"StackPolicyBody",
	"StackPolicyURL",
	"TemplateBody",
	"TimeoutInMinutes",
};

void nested_check_properties(const struct node *properties, struct diags *d)
{
	struct diag *g;

	for (size_t i = 0; properties && properties->kind == NODE_MAP && i < properties->count;
	     i++) {
		const struct node *key = properties->entries[i].key;
		size_t known = 0;

		while (known < ARRAY_LEN(property_names) &&
		       !text_is(key->text, property_names[known]))
			known++;
		if (known < ARRAY_LEN(property_names))
			continue;
		g = diag_add(d, DIAG_NESTED_PROPERTY, key->where,
			     "a nested stack has no property '%.*s'", TEXT_ARG(key->text));
		diag_did_you_mean(d, g, key->text, property_names, ARRAY_LEN(property_names));
	}
}

static struct range entry_place(const struct node *given, const struct value_entry *entry)
{
	const struct node_entry *written = NULL;

	if (given && given->kind == NODE_MAP)
		written = node_find_entry(given, entry->key);
	if (written)
		return written->key->where;
	return entry->value ? value_where(entry->value) : RANGE_NONE;
}

void nested_report_undeclared(const struct template *t, const struct node *given,
			      const struct value_entry *entry, struct diags *d)
{
	struct arena *scratch = arena_new();
	const char **names = ARENA_ARRAY(scratch, t->parameter_count, const char *);
	struct diag *g = diag_add(d, DIAG_PARAMETER_UNDECLARED, entry_place(given, entry),
				  "the template '%s' has no parameter '%.*s'", t->src->name,
				  TEXT_ARG(entry->key));

	for (size_t i = 0; i < t->parameter_count; i++)
		names[i] = t->parameters[i].name;
	diag_did_you_mean(d, g, entry->key, names, t->parameter_count);
	arena_free(scratch);
}

void nested_report_missing(const struct nested_missing *m, struct diags *d)
{
	struct diag *g = (m->maybe ? diag_warn : diag_add)(
		d, DIAG_PARAMETER_MISSING, m->at->where,
		"parameter '%s' of nested stack '%s' has no value%s", m->p->name, m->stack,
		m->maybe ? " in this branch" : "");

	diag_related(d, g, m->p->where->where, "the parameter");
	diag_hint(d, g, "give it under Parameters of the nested stack");
}

void nested_report_output(struct diags *d, struct range where, const char *stack,
			  const char *attribute, struct name_list outputs)
{
	const bool output = text_starts(text_of(attribute), NESTED_OUTPUTS);
	const char *name = output ? attribute + strlen(NESTED_OUTPUTS) : attribute;
	const char *near = text_nearest(text_of(name), outputs.names, outputs.count);
	struct diag *g = diag_add(d, DIAG_NESTED_OUTPUT, where, "nested stack '%s' has no %s '%s'",
				  stack, output ? "output" : "attribute", name);

	if (output)
		diag_did_you_mean(d, g, text_of(name), outputs.names, outputs.count);
	else
		diag_hint(d, g, "outputs are its attributes: !GetAtt %s." NESTED_OUTPUTS "%s",
			  stack, near ? near : "NAME");
}
