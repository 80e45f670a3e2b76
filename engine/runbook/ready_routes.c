/* ready_routes.c - the services that lead users are asked for the weights that they have: a name
 * server that nobody reaches, or with another key, is found out before the outage. */
#include <string.h>

#include "engine/dispatch.h"
#include "engine/runbook/preflight.h"
#include "engine/runbook/readiness_parts.h"
#include "engine/session.h"

/* Of all together. */
#define ROUTES_PATIENCE_MS 15000

struct asked {
	const struct manifest_route *route;
	const struct procedure_step *step;
	const char *region, *key;
	const struct secrets *secrets;
	struct job job;
	bool soft, over;
	struct asked *next;
};

struct asking {
	struct engine *e;
	struct readiness *r;
	struct conduct *x;
	struct dispatch *dispatch;
	struct asked *all;
	struct job limit;
	bool over;
};

static void tell(struct asking *k, const struct asked *q, const char *why)
{
	struct str shown = STR_INIT;

	secrets_mask_text(q->secrets, text_of(why), &shown);
	finding_add(k->r, &(struct finding){
				  .code = DIAG_READY_ROUTE,
				  .severity = q->soft ? FINDING_WARNING : FINDING_BLOCKER,
				  .where = q->route->where,
				  .step = q->step->path,
				  .what = arena_printf(k->r->a, "route '%s' cannot be asked: %s",
						       q->route->name, str_cstr(&shown)),
				  .todo = arena_printf(k->r->a, "step '%s' will lead users by it",
						       q->step->path),
			  });
	str_release(&shown);
}

/* --- what is asked ----------------------------------------------------------------------- */

static const struct provider_entry *provider_of(const struct asking *k,
						const struct manifest_route *r)
{
	const struct registry *all = k->e->project->registry;
	const struct provider_entry *entry = NULL;
	const struct schema *schema;

	if (r->provider)
		return registry_entry(all, r->provider);
	return registry_find(all, r->type, &entry, &schema) ? entry : NULL;
}

static const char *args_of(struct asking *k, const char *config)
{
	json_t *args = json_object();
	const char *text;

	json_object_set_new(args, "Route", json_parse(text_of(config), NULL, NULL));
	text = json_text(k->r->a, args);
	json_decref(args);
	return text;
}

/* False: its settings cannot be had, which the preflight tells. */
static bool prepare(struct asking *k, struct asked *q, struct diags *found)
{
	const struct provider_entry *entry = provider_of(k, q->route);
	const struct instance_id id = {"", ACCOUNT_NONE, q->region};
	const struct route_place place = {k->r->m, q->region, conduct_output, k->x};
	const char *config = manifest_route_config(k->r->a, &place, q->route, &q->secrets, found);
	struct hd_session *session;
	char *key = arena_alloc(k->r->a, 2 * CONDUCT_KEY_BYTES + 1);

	if (!config || !entry || !HD_KNOWS(struct hd_provider, entry->table, act) ||
	    !entry->table->act)
		return false;
	session = sessions_get(k->e->sessions, entry, &id, found);
	if (!session) {
		tell(k, q, found->first ? found->first->summary : "its provider cannot be used");
		return false;
	}
	clock_random_hex(k->e->options.clock, CONDUCT_KEY_BYTES, key);
	q->job.owner = JOB_OF_STEP;
	q->job.call = (struct call){
		.kind = CALL_ACT,
		.table = entry->table,
		.session = session,
		.type = q->route->type,
		.what = "weights",
		.args = args_of(k, config),
		.idem = key,
		.address = q->step->path,
		.secrets = q->secrets,
		.where = q->route->where,
	};
	dispatch_enroll(k->dispatch, &q->job, &id, entry->name, "");
	return true;
}

static bool is_asked(const struct asking *k, const struct manifest_route *r, const char *region)
{
	for (const struct asked *q = k->all; q; q = q->next) {
		if (q->route == r && !strcmp(q->region, region))
			return true;
	}
	return false;
}

static void add(struct asking *k, const struct procedure_step *step, const struct step_spec *s,
		const char *name)
{
	const struct manifest_route *route = manifest_route(k->r->m, name);
	struct asked *q = ARENA_NEW(k->r->a, struct asked);
	struct diags found = DIAGS_INIT;

	q->route = route;
	q->step = step;
	q->soft = s->on_failure == STEP_FAILURE_CONTINUE;
	q->region = route && route->region ? route->region->name : json_str(s->values, "To", "");
	/* What lies in the lost region is a finding without asking. */
	if (route && !is_asked(k, route, q->region) &&
	    (!k->r->from || strcmp(q->region, k->r->from) != 0) && prepare(k, q, &found)) {
		q->next = k->all;
		k->all = q;
	}
	diags_release(&found);
}

static void add_routes(struct asking *k)
{
	const struct procedure *p = k->r->procedure;

	for (size_t i = 0; i < p->step_count; i++) {
		struct diags ignored = DIAGS_INIT;
		const struct step_spec *s;
		const json_t *name;
		size_t n;

		if (p->steps[i].kind != STEP_TRAFFIC || p->steps[i].role == ROLE_REVERSE)
			continue;
		s = step_spec(k->r->a, k->x->bound, (struct step_wish){i, STEP_UNGRACEFUL}, NULL,
			      &ignored);
		diags_release(&ignored);
		if (!s || !s->applies || s->left_out)
			continue;
		json_array_foreach(json_object_get(s->values, "Routes"), n, name)
			add(k, &p->steps[i], s, json_string_value(name));
	}
}

/* --- asking ------------------------------------------------------------------------------ */

static void answered(struct asking *k, const struct job *job)
{
	bool all = true;

	for (struct asked *q = k->all; q; q = q->next) {
		const struct outcome *o = &q->job.work.outcome;

		if (&q->job == job && !q->over) {
			q->over = true;
			if (o->status != HD_OK)
				tell(k, q, outcome_reason(k->r->a, o));
		}
		all = all && q->over;
	}
	k->over = all;
}

static void on_event(struct asking *k, const struct dispatch_event *ev)
{
	switch (ev->kind) {
	case DISPATCH_START:
		dispatch_submit(k->dispatch, ev->job);
		return;
	case DISPATCH_ENDED:
		answered(k, ev->job);
		return;
	case DISPATCH_DUE:
	case DISPATCH_INTERRUPTED:
		k->over = true;
		return;
	case DISPATCH_QUIET:
		dispatch_wait(k->dispatch);
		return;
	case DISPATCH_SLOW:
	case DISPATCH_PROGRESS:
	case DISPATCH_LOCKS_LOST:
		return;
	}
}

static void ask(struct asking *k)
{
	struct dispatch_event ev;

	for (struct asked *q = k->all; q; q = q->next) {
		q->job.deadline_ms = dispatch_now_ms(k->dispatch) + ROUTES_PATIENCE_MS;
		dispatch_call(k->dispatch, &q->job);
	}
	k->limit.owner = JOB_OF_STEP;
	dispatch_rest(k->dispatch, &k->limit, ROUTES_PATIENCE_MS);
	while (!k->over) {
		dispatch_next(k->dispatch, &ev);
		on_event(k, &ev);
	}
	if (k->limit.state == JOB_RESTING)
		dispatch_withdraw(k->dispatch, &k->limit);
	for (struct asked *q = k->all; q; q = q->next) {
		if (!q->over)
			tell(k, q, "it did not answer in time");
	}
}

void routes_find(struct engine *e, struct readiness *r)
{
	struct diags ignored = DIAGS_INIT;
	struct preflight_question q;
	struct asking k = {.e = e, .r = r};

	begin_question(e, r, &q);
	k.x = preflight_conduct(&q, &ignored);
	k.dispatch = k.x ? dispatch_new(e, &ignored) : NULL;
	if (k.x)
		add_routes(&k);
	if (k.all)
		ask(&k);
	if (k.dispatch) {
		dispatch_cancel(k.dispatch);
		dispatch_free(k.dispatch);
	}
	for (struct asked *one = k.all; one; one = one->next)
		outcome_release(&one->job.work.outcome);
	diags_release(&ignored);
}
