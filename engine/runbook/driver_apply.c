/*
 * driver_apply.c - steps Apply: stacks in a region are brought to what their templates say, with
 * parameters that stay in force (journal.h: overrides).
 *
 * Memory: {"Before": [{"Instance", "Parameter", "Value", "Execution", "Runbook"}]}: what the
 * parameters were set to before the step, Value absent: not at all.  It is on disk before they
 * are set, and they are set before the engine reads the project.  A later process sets and
 * applies again, which finds what is done already.  Undone: as before, and applied again.
 */
#include "engine/runbook/drivers.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "engine/runbook/aside.h"
#include "engine/runbook/driver_call.h"

struct apply {
	struct step_run *s;
	struct aside *aside;
	struct job *timer;
	json_t *before; /* of the memory */
	bool over;
};

/* What the thread works with; it may outlive the step. */
struct applying {
	struct run_request request;
	struct run_result result;
	char *reason; /* why a freeze does not hold */
	char *policy; /* why the policy of versions does not; NULL: it holds */
	char *execution;
};

/* --- parameters ---------------------------------------------------------------------------- */

struct targets {
	VEC_OF(struct instance_id)
};

struct names {
	VEC_OF(const char *)
};

/* One, or a list. */
static void add_names(struct arena *a, const json_t *value, struct names *out)
{
	if (json_is_string(value))
		*arena_vec_add(a, out) = json_string_value(value);
	for (size_t i = 0; i < json_array_size(value); i++)
		*arena_vec_add(a, out) = json_string_value(json_array_get(value, i));
}

static struct names stacks_of(const struct step_run *s)
{
	struct names out = {0};

	add_names(s->arena, json_object_get(s->spec->values, "Stack"), &out);
	add_names(s->arena, json_object_get(s->spec->values, "Stacks"), &out);
	return out;
}

static void add_targets(const struct step_run *s, const struct manifest_stack *stack,
			struct targets *out)
{
	const char *account = json_str(s->spec->values, "Account", NULL);

	for (size_t i = 0; i < stack->target_count; i++) {
		const struct manifest_target *t = &stack->targets[i];

		if ((*s->spec->region && strcmp(t->region->name, s->spec->region) != 0) ||
		    (account && strcmp(t->account, account) != 0))
			continue;
		*(struct instance_id *)arena_vec_add(s->arena, out) =
			(struct instance_id){stack->name, t->account, t->region->name};
	}
}

static struct targets targets_of(const struct step_run *s)
{
	const struct names names = stacks_of(s);
	struct targets out = {0};

	for (size_t i = 0; i < names.count; i++) {
		const struct manifest_stack *stack =
			manifest_stack(step_manifest(s), names.items[i]);

		if (stack)
			add_targets(s, stack, &out);
	}
	return out;
}

const char *step_given_text(struct arena *a, const json_t *value)
{
	struct str out = STR_INIT;
	const json_t *item;
	const char *text;
	size_t i;

	if (json_is_string(value))
		return json_string_value(value);
	if (!json_is_array(value))
		return json_text(a, value);
	json_array_foreach(value, i, item)
		str_printf(&out, "%s%s", i ? "," : "",
			   json_is_string(item) ? json_string_value(item) : json_text(a, item));
	text = arena_text(a, str_text(&out));
	str_release(&out);
	return text;
}

/* What the template says of it, as far as it is read; NULL: it has no such parameter. */
static bool declares(const struct step_run *s, const struct instance_id *id, const char *name,
		     const struct parameter **declared)
{
	const struct instance *i = project_instance(step_engine(s)->project, id);

	*declared = NULL;
	if (!i || !i->tpl)
		return true;
	*declared = template_parameter(i->tpl, text_of(name));
	return *declared != NULL;
}

struct overrides {
	VEC_OF(struct parameter_override)
};

static int refuse_secret(struct step_run *s, const char *name)
{
	struct diag *g = diag_add(step_diags(s), DIAG_STEP_SECRET, s->step->where,
				  "step '%s' would record parameter '%s', which is a secret",
				  s->step->path, name);

	diag_hint(step_diags(s), g,
		  "give it in the manifest as '{{resolve:...}}'; a runbook can set all others");
	step_fail(s, "parameter '%s' is a secret", name);
	return -1;
}

/* -1 after step_over. */
static int want(struct step_run *s, const struct targets *t, const char *name, const char *value,
		struct overrides *out)
{
	const struct execution_row *row = step_execution(s);
	size_t before = out->count;

	for (size_t i = 0; i < t->count; i++) {
		const struct parameter *declared;

		if (!declares(s, &t->items[i], name, &declared))
			continue;
		if ((declared && declared->no_echo) ||
		    secrets_occur(s->spec->secrets, text_of(value)))
			return refuse_secret(s, name);
		*(struct parameter_override *)arena_vec_add(s->arena, out) =
			(struct parameter_override){t->items[i], name,         value,
						    row->id,     row->runbook, 0};
	}
	if (out->count > before)
		return 0;
	step_fail(s, "no stack of the step has a parameter '%s'", name);
	return -1;
}

static int wanted(struct step_run *s, const struct targets *t, struct overrides *out)
{
	json_t *given = json_object_get(s->spec->values, "Parameters"), *value;
	const char *name;

	json_object_foreach(given, name, value)
	{
		if (want(s, t, name, step_given_text(s->arena, value), out))
			return -1;
	}
	return 0;
}

/* --- what was before ----------------------------------------------------------------------- */

static const struct parameter_override *set_now(const struct override_list *now,
						const struct parameter_override *o)
{
	for (size_t i = 0; i < now->count; i++) {
		if (!instance_id_compare(&now->items[i].instance, &o->instance) &&
		    !strcmp(now->items[i].parameter, o->parameter))
			return &now->items[i];
	}
	return NULL;
}

static json_t *before_json(struct arena *a, const struct parameter_override *o,
			   const struct parameter_override *now)
{
	json_t *j = json_object();

	json_object_set_new(j, "Instance", json_string(instance_id_text(a, &o->instance)));
	json_object_set_new(j, "Parameter", json_string(o->parameter));
	if (now) {
		json_object_set_new(j, "Value", json_string(now->value));
		json_object_set_new(j, "Execution", json_string(now->execution));
		json_object_set_new(j, "Runbook", json_string(now->runbook));
	}
	return j;
}

static int remember(struct apply *p)
{
	json_t *memory = json_object();
	int rc;

	json_object_set(memory, "Before", p->before);
	rc = step_remember(p->s, memory);
	json_decref(memory);
	return rc;
}

static int remember_before(struct apply *p, const struct overrides *list,
			   const struct override_list *now)
{
	p->before = json_array();
	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(p->before, before_json(p->s->arena, &list->items[i],
							     set_now(now, &list->items[i])));
	return remember(p);
}

/* Overrides lie in the state that the engine within reads. */
static struct state *store(const struct step_run *s)
{
	return engine_state(step_engine(s), STATE_WRITE, step_diags(s));
}

static int set_parameters(struct apply *p)
{
	struct step_run *s = p->s;
	const struct targets targets = targets_of(s);
	struct overrides list = {0};
	struct override_list now = {0};
	struct state *state = store(s);

	if (!targets.count) {
		step_fail(s, "no stack instance is meant");
		return -1;
	}
	if (wanted(s, &targets, &list))
		return -1;
	if (!state || journal_load_overrides(state, s->arena, &now, step_diags(s)) ||
	    (s->memory ? 0 : remember_before(p, &list, &now)) ||
	    journal_put_overrides(state, list.items, list.count, step_diags(s))) {
		step_fail(s, "its parameters could not be recorded");
		return -1;
	}
	return 0;
}

/* What somebody else has set since stays. */
static bool is_ours(const struct step_run *s, const struct override_list *now,
		    const struct parameter_override *o)
{
	const struct parameter_override *found = set_now(now, o);

	return found && !strcmp(found->execution, step_execution(s)->id);
}

static void add_former(struct step_run *s, const struct override_list *now, const json_t *j,
		       struct overrides *out)
{
	struct parameter_override o = {
		.parameter = json_str(j, "Parameter", ""),
		.value = json_str(j, "Value", NULL),
		.execution = json_str(j, "Execution", ""),
		.runbook = json_str(j, "Runbook", ""),
	};

	if (instance_id_parse(s->arena, text_of(json_str(j, "Instance", "")), &o.instance) &&
	    is_ours(s, now, &o))
		*(struct parameter_override *)arena_vec_add(s->arena, out) = o;
}

static int restore_parameters(struct apply *p)
{
	struct step_run *s = p->s;
	const json_t *before = json_object_get(s->done, "Before"), *item;
	struct override_list now = {0};
	struct overrides list = {0};
	struct state *state = store(s);
	size_t i;

	if (!state || journal_load_overrides(state, s->arena, &now, step_diags(s))) {
		step_fail(s, "its parameters could not be read");
		return -1;
	}
	json_array_foreach(before, i, item) add_former(s, &now, item, &list);
	if (!journal_put_overrides(state, list.items, list.count, step_diags(s)))
		return 0;
	step_fail(s, "its parameters could not be given up");
	return -1;
}

/* --- the work ------------------------------------------------------------------------------ */

static int work(struct engine *e, void *context, struct diags *d)
{
	struct applying *a = context;

	return engine_run(e, &a->request, &a->result, d);
}

static void release_work(void *context)
{
	struct applying *a = context;

	free(a->reason);
	free(a->policy);
	free(a->execution);
	free(a);
}

/* A failover does not wait until a freeze is over; what goes back does so with what there is. */
static struct applying *new_work(const struct step_run *s)
{
	const struct execution_row *row = step_execution(s);
	struct applying *a = xcalloc(1, sizeof(*a));
	struct str reason = STR_INIT;

	str_printf(&reason, "runbook %s, execution %s", row->runbook, row->id);
	a->reason = str_steal(&reason);
	a->execution = xstrdup(row->id);
	if (s->direction == STEP_BACK)
		a->policy = xstrdup(a->reason);
	else if (step_policy_reason(s))
		a->policy = xstrdup(step_policy_reason(s));
	a->request = (struct run_request){.mode = RUN_APPLY,
					  .freeze_reason = a->reason,
					  .policy_reason = a->policy,
					  .execution = a->execution};
	return a;
}

static json_t *result_json(const struct run_result *r)
{
	json_t *j = json_object();

	json_object_set_new(j, "Created", json_integer((json_int_t)r->done.create));
	json_object_set_new(j, "Updated", json_integer((json_int_t)r->done.update));
	json_object_set_new(j, "Replaced", json_integer((json_int_t)r->done.replace));
	json_object_set_new(j, "Deleted", json_integer((json_int_t)r->done.remove));
	json_object_set_new(j, "Unchanged", json_integer((json_int_t)r->done.none));
	json_object_set_new(j, "Failed", json_integer((json_int_t)r->failed));
	json_object_set_new(j, "Run", json_string(r->run ? r->run : ""));
	return j;
}

static const char *first_error(const struct diags *d)
{
	for (const struct diag *g = d->first; g; g = g->next) {
		if (g->severity == DIAG_ERROR)
			return g->summary;
	}
	return "it failed and did not say why";
}

static void close_all(struct apply *p)
{
	p->over = true;
	if (p->aside) {
		step_outlives(p->s, NULL, NULL);
		aside_close(p->aside);
	}
	p->aside = NULL;
	json_decref(p->before);
	p->before = NULL;
	if (p->timer)
		step_withdraw(p->s, p->timer);
}

static void end(struct apply *p, const struct applying *a)
{
	int rc = aside_result(p->aside);
	json_t *result = result_json(&a->result);
	const char *reason =
		rc ? arena_strdup(p->s->arena, first_error(aside_diags(p->aside))) : NULL;

	aside_report(p->aside);
	close_all(p);
	step_over(p->s, rc ? STEP_ENDED_FAILED : STEP_ENDED_WELL_DONE, result, reason);
}

static void start(struct apply *p)
{
	struct step_run *s = p->s;
	struct aside_request q = {.work = work, .context = new_work(s), .release = release_work};
	const struct names names = stacks_of(s);
	const char *region = s->spec->region;

	q.selection.stacks = names.items;
	q.selection.stack_count = names.count;
	q.selection.regions = &region;
	q.selection.region_count = *s->spec->region ? 1 : 0;
	q.selection.account = json_str(s->spec->values, "Account", NULL);
	p->aside = aside_open(s, &q);
	if (!p->aside) {
		close_all(p);
		step_fail(s, "%s", first_error(step_diags(s)));
		return;
	}
	/* However the execution ends, nothing that it works with goes before it is over. */
	step_outlives(s, aside_end, p->aside);
	p->timer = step_timer(s);
	if (!p->timer || aside_start(p->aside)) {
		close_all(p);
		step_fail(s, "it could not be started");
		return;
	}
	dispatch_rest(step_dispatch(s), p->timer,
		      aside_passed_ms(p->aside) ? aside_passed_ms(p->aside) : ASIDE_LOOK_MS);
}

/* --- the driver ---------------------------------------------------------------------------- */

static void begin(struct step_run *s)
{
	struct apply *p = ARENA_NEW(s->arena, struct apply);

	s->own = p;
	p->s = s;
	if (s->direction == STEP_BACK && !json_array_size(json_object_get(s->done, "Before"))) {
		p->over = true;
		step_over(s, STEP_ENDED_WELL_DONE, NULL, NULL); /* it had set nothing */
		return;
	}
	if (s->direction == STEP_BACK ? restore_parameters(p) : set_parameters(p)) {
		close_all(p);
		return;
	}
	start(p);
}

static void event(struct step_run *s, struct job *j, const struct dispatch_event *ev)
{
	struct apply *p = s->own;

	if (p->over || j != p->timer || ev->kind != DISPATCH_DUE)
		return;
	if (aside_look(p->aside))
		end(p, aside_context(p->aside));
	else
		dispatch_rest(step_dispatch(s), p->timer, ASIDE_LOOK_MS);
}

static void stop(struct step_run *s)
{
	struct apply *p = s->own;
	if (p->over)
		return;
	/* Its thread is the conductor's from here on. */
	aside_cancel(p->aside);
	p->aside = NULL;
	close_all(p);
}

const struct step_driver driver_apply = {
	.begin = begin,
	.event = event,
	.stop = stop,
	.undoes = true,
};
