/*
 * executor_wanted.c - a change that brings back what was recorded: no template is evaluated,
 * but secrets come from there, because they are not recorded.
 */
#include "engine/executor_parts.h"

#include "engine/rollback.h"

/* It was seen that the template gives them; unless the parameters are not those of then. */
static int complain_lost(struct task *t, const json_t *left)
{
	struct diags *d = t->x->d;
	struct diag *g = diag_add(d, DIAG_ROLLBACK_SECRET, t->job.call.where,
				  "the earlier value of a secret is not known any more");
	struct str names = STR_INIT;

	for (size_t i = 0; i < json_array_size(left); i++)
		str_printf(&names, "%s'%s'", i ? ", " : "",
			   json_string_value(json_array_get(left, i)));
	diag_detail(d, g, "It is needed for %s; secrets are never recorded.", str_cstr(&names));
	diag_hint(d, g,
		  "run `hadeploy rollback` with a --param-file that has the earlier values, or "
		  "with --skip %s",
		  t->job.call.address);
	diag_address(d, g, t->job.call.address);
	str_release(&names);
	return -1;
}

int wanted_evaluate(struct task *t, json_t **desired, json_t **masked)
{
	const struct change *c = t->change;
	const struct rollback_source source = {
		.instance = c->instance,
		.schema = t->schema,
		.lookup = known_lookup(t->x->known, &c->addr.instance),
		.state = t->x->e->state,
	};
	const struct value *made = NULL;
	json_t *clear = NULL, *left, *sensitive = json_array();
	int rc = 0;

	*masked = json_parse(text_of(c->wanted->inputs), NULL, NULL);
	*desired = json_deep_copy(*masked);
	secrets_masked_pointers(*masked, sensitive);
	if (json_array_size(sensitive))
		clear = rollback_template_inputs(t->arena, &source, c->wanted, &made);
	left = rollback_fill(t->x->e->state, *desired, clear);
	if (json_array_size(left))
		rc = complain_lost(t, left);
	else
		t->secrets = secrets_collect(t->arena, *desired, sensitive);
	if (made)
		t->secrets = secrets_with_value(t->arena, t->secrets, made);
	json_decref(sensitive);
	json_decref(clear);
	json_decref(left);
	return rc;
}
