/*
 * conduct_begin.c - before the first step: the runbook with its parameters, what speaks against
 * running it now, the lock of executions, the first event.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/runbook/conduct_parts.h"
#include "engine/version.h"
#include "templates/value.h"

/* --- what expressions may know ----------------------------------------------------------- */

/* "Json.items": a name with dots goes first, then what is below the part before one. */
static json_t *member_of(struct arena *a, json_t *j, struct text name)
{
	json_t *found = json_object_get(j, arena_text(a, name));

	for (size_t i = 0; json_is_object(j) && i < name.len && !found; i++) {
		json_t *outer = name.ptr[i] == '.'
					? json_object_get(j, arena_strndup(a, name.ptr, i))
					: NULL;

		if (outer)
			found = member_of(a, outer,
					  (struct text){name.ptr + i + 1, name.len - i - 1});
	}
	return found;
}

static const struct value *result_of(void *context, struct arena *a, const char *path,
				     const char *name)
{
	struct conduct *x = context;
	const struct step *s = conduct_step(x, path);
	const struct value *value = NULL;
	json_t *result, *member;

	if (!s || !s->result) {
		x->missing = arena_printf(x->a, "'%s' of step '%s'", name, path);
		return NULL;
	}
	result = json_parse(text_of(s->result), a, NULL);
	member = member_of(a, result, text_of(name));
	if (member)
		value = value_from_json(a, member, NULL);
	else
		x->missing = arena_printf(x->a, "'%s' of step '%s'", name, path);
	json_decref(result);
	return value;
}

/* --- parameters -------------------------------------------------------------------------- */

const char *conduct_parameters(struct conduct *x)
{
	json_t *j = json_object();
	const char *text;

	for (size_t i = 0; i < x->p->parameter_count; i++) {
		const char *name = x->p->parameters[i].name, *value;

		value = bound_parameter(x->bound, name);
		if (value)
			json_object_set_new(j, name, json_string(value));
	}
	text = json_text(x->a, j);
	json_decref(j);
	return text;
}

/* Those that the execution was started with. */
static const struct parameter_given *given_again(struct conduct *x, size_t *count)
{
	json_t *j = json_parse(text_of(x->row.parameters), x->a, NULL);
	struct parameter_given *given =
		ARENA_ARRAY(x->a, json_object_size(j) + 1, struct parameter_given);
	const char *name;
	json_t *value;

	*count = 0;
	json_object_foreach(j, name, value)
	{
		given[*count].name = arena_strdup(x->a, name);
		given[(*count)++].value = arena_strdup(x->a, json_string_value(value));
	}
	json_decref(j);
	return given;
}

static int bind(struct conduct *x)
{
	static const struct runbook_world none;
	struct runbook_world *world = ARENA_NEW(x->a, struct runbook_world);
	struct given_list given = {x->q->parameters, x->q->parameter_count};

	*world = none;
	world->result = result_of;
	world->output = conduct_output;
	world->context = x;
	if (x->q->resume)
		given.items = given_again(x, &given.count);
	else
		given.items = conduct_choose(x);
	if (!given.items)
		return -1;
	x->bound = runbook_bind(x->e->arena, x->p, &given, world, x->d);
	return x->bound ? 0 : -1;
}

static void lay_steps(struct conduct *x)
{
	x->steps = ARENA_ARRAY(x->a, x->p->step_count, struct step);
	x->root.x = x;
	x->root.index = STEP_TOP;
	x->root.phase = PHASE_WORK;
	x->root.children = ARENA_ARRAY(x->a, x->p->step_count, struct step *);
	for (size_t i = 0; i < x->p->step_count; i++) {
		struct step *s = &x->steps[i], *parent;

		s->x = x;
		s->index = i;
		s->p = &x->p->steps[i];
		s->granted = SIZE_MAX;
		parent = s->p->parent == STEP_TOP ? &x->root : &x->steps[s->p->parent];
		parent->child_count++;
	}
	for (size_t i = 0; i < x->p->step_count; i++)
		x->steps[i].children = ARENA_ARRAY(x->a, x->steps[i].child_count, struct step *);
	for (size_t i = 0; i < x->p->step_count; i++)
		x->steps[i].child_count = 0;
	x->root.child_count = 0;
	for (size_t i = 0; i < x->p->step_count; i++) {
		struct step *s = &x->steps[i], *parent;

		parent = s->p->parent == STEP_TOP ? &x->root : &x->steps[s->p->parent];
		parent->children[parent->child_count++] = s;
	}
}

int conduct_lay_out(struct conduct *x)
{
	lay_steps(x);
	return bind(x);
}

/* --- what speaks against it -------------------------------------------------------------- */

bool conduct_is_failover(const struct conduct *x, const char *runbook)
{
	const struct manifest_failover *f = &x->e->project->manifest->failover;

	return (f->runbook && !strcmp(f->runbook, runbook)) ||
	       (f->failback && !strcmp(f->failback, runbook));
}

static int refuse_cool_down(struct conduct *x, const struct execution_row *last)
{
	int64_t cool_ms = x->e->project->manifest->failover.cool_down_ms;
	int64_t ago_ms = conduct_wall_ms(x) - last->ended_ms;
	char ago[CLOCK_TEXT_LEN], cool[CLOCK_TEXT_LEN];
	struct diag *g;

	/* Its clock was ahead: when it was in truth nobody knows. */
	clock_format_duration(ago_ms > 0 ? ago_ms : 0, ago);
	clock_format_duration(cool_ms, cool);
	g = diag_add(x->d, DIAG_CONDUCT_COOL_DOWN, RANGE_NONE,
		     "'%s' ended %s ago, and CoolDown is %s", last->runbook, ago, cool);
	diag_detail(x->d, g, "Execution %s.", last->id);
	diag_hint(x->d, g, "wait, or give the reason why it cannot: --reason TEXT");
	x->out->refused = true;
	return -1;
}

static bool cools_down(const struct conduct *x, const struct execution_row *r)
{
	int64_t cool_ms = x->e->project->manifest->failover.cool_down_ms;

	return cool_ms && x->q->kind == EXECUTION_REAL && !x->q->reason &&
	       conduct_is_failover(x, x->p->name) && conduct_is_failover(x, r->runbook) &&
	       r->kind == EXECUTION_REAL && r->ended_ms &&
	       (r->status == EXECUTION_COMPLETED ||
		r->status == EXECUTION_COMPLETED_WITH_EXCEPTIONS) &&
	       conduct_wall_ms(x) - r->ended_ms < cool_ms;
}

/* One that is not over holds things half done: it goes on, or is given up, first. */
static int refuse_unfinished(struct conduct *x, const struct execution_row *r)
{
	bool drill = r->kind == EXECUTION_DRILL_ISOLATED;
	struct diag *g =
		diag_add(x->d, DIAG_CONDUCT_UNFINISHED, RANGE_NONE,
			 "%s %s of '%s' is not over (%s)", drill ? "isolated drill" : "execution",
			 r->id, r->runbook, execution_shown_status(r));

	diag_detail(x->d, g, "Started by %s%s.", conduct_by_text(x->a, &r->owner),
		    r->gone ? ", whose process has ended" : "");
	if (drill)
		diag_hint(x->d, g, "undo what it did: `hadeploy runbook abort %s`", r->id);
	else
		diag_hint(x->d, g,
			  "go on with it (`hadeploy runbook run --resume %s`) or give it up "
			  "(`hadeploy runbook abort %s`)",
			  r->id, r->id);
	x->out->refused = true;
	return -1;
}

/* Waiting for it would move what it has just moved. */
static int refuse_running(struct conduct *x, const struct execution_row *r)
{
	struct diag *g = diag_add(x->d, DIAG_CONDUCT_UNFINISHED, RANGE_NONE,
				  "execution %s of '%s' is going on (%s)", r->id, r->runbook,
				  execution_status_name(r->status));

	diag_detail(x->d, g, "Started by %s (process %lld); one goes on at a time.",
		    conduct_by_text(x->a, &r->owner), (long long)r->owner.pid);
	diag_hint(
		x->d, g,
		"`hadeploy runbook status --watch %s` follows it, `hadeploy runbook abort` ends it",
		r->id);
	x->out->refused = true;
	return -1;
}

static int look_for_running(struct conduct *x)
{
	struct execution_list list = {NULL, 0};

	if (!x->p->exclusive)
		return 0;
	if (journal_load_executions(x->state, 0, x->a, &list, x->d))
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const struct execution_row *r = &list.items[i];

		if (r->kind != EXECUTION_DRILL_SIMULATED && !execution_status_is_over(r->status) &&
		    !r->gone)
			return refuse_running(x, r);
	}
	return 0;
}

static int look_at_others(struct conduct *x)
{
	struct execution_list list = {NULL, 0};

	if (journal_load_executions(x->state, 0, x->a, &list, x->d))
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const struct execution_row *r = &list.items[i];

		if (cools_down(x, r))
			return refuse_cool_down(x, r);
		if (x->p->exclusive && r->kind != EXECUTION_DRILL_SIMULATED &&
		    !execution_status_is_over(r->status))
			return refuse_unfinished(x, r);
	}
	return 0;
}

/* Whoever holds the lock of all others keeps them out; its own keeps a second process out of it. */
int conduct_lock(struct conduct *x)
{
	struct instance_id ids[2];
	struct lock_wait wait = {.timeout_ms = x->e->options.lock_timeout_ms};
	size_t count = 0;
	int rc;

	if (x->p && x->p->exclusive)
		ids[count++] = (struct instance_id){CONDUCT_LOCK_STACK, ACCOUNT_NONE, "-"};
	ids[count++] = (struct instance_id){CONDUCT_LOCK_STACK, ACCOUNT_NONE, x->row.id};
	rc = state_lock(x->state, &(struct lock_request){ids, count, &x->owner, &wait}, x->d);
	if (rc)
		x->out->refused = true;
	return rc;
}

/* --- its id ------------------------------------------------------------------------------ */

/* Of an id; 0 when it says none. */
static int64_t id_ms(const char *id)
{
	struct tm t = {.tm_isdst = 0};
	unsigned ms = 0;

	if (sscanf(id, "%4d%2d%2d-%2d%2d%2d-%3x", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour,
		   &t.tm_min, &t.tm_sec, &ms) != 7)
		return 0;
	t.tm_year -= 1900;
	t.tm_mon -= 1;
	return (int64_t)timegm(&t) * 1000 + ms;
}

/* Ids sort as executions began, also behind one whose clock was ahead. */
static int choose_id(struct conduct *x, char out[RUN_ID_SIZE])
{
	/* A rehearsal's chance is always the same, its clock runs ahead, and its execution is kept
	 * beside the others. */
	struct clock *clock = x->rehearsal ? clock_real() : x->e->options.clock;
	struct execution_list latest = {NULL, 0};
	int64_t at_ms = x->rehearsal ? clock->wall_ms(clock) : conduct_wall_ms(x), before_ms;

	if (journal_load_executions(x->state, 1, x->a, &latest, x->d))
		return -1;
	before_ms = latest.count ? id_ms(latest.items[0].id) : 0;
	state_new_run_id(clock, at_ms > before_ms ? at_ms : before_ms + 1, out);
	return 0;
}

/* --- a new one --------------------------------------------------------------------------- */

static json_t *steps_list(const struct conduct *x)
{
	json_t *list = json_array();

	for (size_t i = 0; i < x->p->step_count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "Path", x->p->steps[i].path,
						      "Kind", step_kind_name(x->p->steps[i].kind)));
	return list;
}

static json_t *started_data(struct conduct *x, int64_t order)
{
	const struct runbook_objectives *o = &x->p->objectives;
	json_t *command = x->q->request ? json_parse(text_of(x->q->request), x->a, NULL) : NULL;
	json_t *data = json_pack(
		"{s:s, s:s, s:s, s:o, s:s, s:o, s:I, s:{s:I, s:I}, s:o, s:I}", "Runbook",
		x->row.runbook, "Kind", execution_kind_name(x->row.kind), "Mode",
		x->ungraceful ? "ungraceful" : "graceful", "Parameters",
		json_parse(text_of(x->row.parameters), x->a, NULL), "Digest", x->p->digest, "By",
		conduct_by(&x->owner), "Since", (json_int_t)x->since_ms, "Objectives", "RTO",
		(json_int_t)o->rto_ms, "RPO", (json_int_t)o->rpo_ms, "Steps", steps_list(x),
		"Order", (json_int_t)order);

	json_object_set_new(data, "Version", version_json(project_version(x->e->project, x->d)));
	if (command)
		json_object_set_new(data, "Command", command);
	if (!x->p->exclusive)
		json_object_set_new(data, "Exclusive", json_false());
	if (x->q->reason)
		json_object_set_new(data, "Reason", json_string(x->q->reason));
	if (x->q->override_policy)
		json_object_set_new(data, "Policy", json_string(x->q->override_policy));
	if (x->blockers)
		json_object_set(data, "Blockers", x->blockers);
	/* Also in an event of its own, which a kill may come before. */
	if (x->q->detected)
		json_object_set_new(data, "Detected", json_string(x->q->detected));
	return data;
}

static int begin_new(struct conduct *x)
{
	json_t *data;
	int64_t order;
	int rc;

	if (journal_take_order(x->state, &order, x->d))
		return -1;
	x->started_ms = conduct_wall_ms(x);
	x->since_ms = x->q->since_ms ? x->q->since_ms : x->started_ms;
	x->ungraceful = x->q->grace == STEP_UNGRACEFUL;
	x->row.started_ms = x->started_ms;
	data = started_data(x, order);
	rc = journal_begin(x->state, &x->row, json_text(x->a, data), x->d);
	json_decref(data);
	return rc;
}

static int load_row(struct conduct *x, const char *id)
{
	struct execution_list list = {NULL, 0};
	struct lock_owner owner = x->owner;
	struct diag *g;

	if (journal_load_execution(x->state, id, x->a, &list, x->d))
		return -1;
	if (list.count == 0) {
		g = diag_add(x->d, DIAG_CONDUCT_RESUME, RANGE_NONE, "there is no execution '%s'",
			     id);
		diag_hint(x->d, g, "`hadeploy runbook status` lists them");
		return -1;
	}
	x->row = list.items[0];
	x->row.owner = owner;
	return 0;
}

static int tell_first(struct conduct *x)
{
	struct journal_list list = {NULL, 0};

	if (journal_load_entries(x->state, &(struct journal_part){x->row.id, 0}, x->a, &list,
				 x->d) ||
	    !list.count)
		return -1;
	engine_tell(x->e, (struct event){.kind = EVENT_JOURNAL,
					 .entry = &list.items[0],
					 .execution = x->row.id});
	if (x->q->detected)
		conduct_write(x, ENTRY_DETECTED, "",
			      json_pack("{s:I, s:s}", "At", (json_int_t)x->since_ms, "Detail",
					x->q->detected));
	return x->broken ? -1 : 0;
}

static void approve_beforehand(struct conduct *x)
{
	for (size_t i = 0; i < x->q->approve_count; i++) {
		struct execution_ask *q = arena_vec_add(x->a, &x->early);

		*q = (struct execution_ask){.request = REQUEST_APPROVE,
					    .step = x->q->approve[i],
					    .reason = "--approve",
					    .text = "",
					    .by = x->owner};
	}
}

static void report_approval(struct conduct *x, const struct step *s, const char *name)
{
	const char **names = ARENA_ARRAY(x->a, x->p->step_count, const char *);
	size_t count = 0;
	struct diag *g = diag_add(
		x->d, DIAG_CONDUCT_APPROVE, RANGE_NONE,
		s ? "step '%s' asks for no approval" : "there is no step '%s' to approve", name);

	for (size_t i = 0; i < x->p->step_count; i++)
		if (x->p->steps[i].kind == STEP_APPROVAL)
			names[count++] = x->p->steps[i].path;
	diag_did_you_mean(x->d, g, text_of(name), names, count);
	if (!g->hint && count)
		diag_hint(x->d, g, "these steps ask for approval: %s",
			  diag_listed(x->a, names, count));
	else if (!g->hint)
		diag_hint(x->d, g, "no step of the runbook does: leave --approve out");
}

static int check_approvals(struct conduct *x)
{
	for (size_t i = 0; i < x->q->approve_count; i++) {
		const struct step *s = conduct_find(x, x->q->approve[i]);

		if (s && s->p->kind == STEP_APPROVAL)
			continue;
		report_approval(x, s, x->q->approve[i]);
		return -1;
	}
	return 0;
}

/* --- either ------------------------------------------------------------------------------ */

static int check_resumable(struct conduct *x)
{
	struct diag *g;

	if (x->row.kind != EXECUTION_DRILL_SIMULATED &&
	    (!execution_status_is_over(x->row.status) || x->row.status == EXECUTION_FAILED))
		return 0;
	g = diag_add(x->d, DIAG_CONDUCT_RESUME, RANGE_NONE, "execution %s is over (%s)", x->row.id,
		     execution_status_name(x->row.status));
	diag_hint(x->d, g, "start a new one");
	return -1;
}

int conduct_open(struct conduct *x)
{
	x->state = engine_state(x->e, STATE_WRITE, x->d);
	if (!x->state)
		return -1;
	x->owner = engine_owner(x->a, x->e->options.clock, x->e->options.command);
	x->rehearsal = x->e->options.world != WORLD_REAL;
	if (!x->q->resume)
		return 0;
	return load_row(x, x->q->resume) || check_resumable(x) ? -1 : 0;
}

int conduct_prepare(struct conduct *x)
{
	const char *runbook = x->q->resume ? x->row.runbook : x->q->runbook;
	char id[RUN_ID_SIZE];

	/* Diagnostics point into its files: they outlive the execution. */
	x->p = runbook_load(x->e->arena, x->e->project->manifest, runbook, x->d);
	if (!x->p)
		return -1;
	if (conduct_lay_out(x) || check_approvals(x) || conduct_check_recreations(x) ||
	    conduct_load_durations(x))
		return -1;
	if (x->q->resume)
		return conduct_lock(x) || conduct_check_overtaken(x) ? -1 : 0;
	if (choose_id(x, id))
		return -1;
	x->row = (struct execution_row){
		.id = arena_strdup(x->a, id),
		.runbook = x->p->name,
		.kind = x->q->kind,
		.status = EXECUTION_RUNNING,
		.parameters = conduct_parameters(x),
		.owner = x->owner,
	};
	if (look_for_running(x) || conduct_lock(x) || look_at_others(x))
		return -1;
	if (x->setup->preflight && x->setup->preflight(x))
		return -1;
	return x->setup->primary ? x->setup->primary(x) : 0;
}

int conduct_look_again(struct conduct *x)
{
	return load_row(x, x->row.id) || check_resumable(x) ? -1 : 0;
}

int conduct_start(struct conduct *x)
{
	approve_beforehand(x);
	if (x->q->resume)
		return conduct_look_again(x) ? -1 : conduct_restore(x);
	return begin_new(x) ? -1 : tell_first(x);
}
