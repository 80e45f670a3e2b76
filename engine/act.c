#include "engine/act.h"

#include <string.h>

#include "engine/act_parts.h"
#include "engine/executor.h"
#include "engine/result.h"
#include "engine/session.h"

/* --- locks ------------------------------------------------------------------------------- */

struct waiting {
	struct engine *e;
	struct str said; /* who was named last: told once */
};

static int tell_waiting(void *context, const struct lock_info *holder)
{
	struct waiting *w = context;
	struct str text = STR_INIT;

	lock_describe_wait(holder, &text);
	if (!text_eq(str_text(&text), str_text(&w->said))) {
		engine_tell(w->e, (struct event){.kind = EVENT_LOCK_WAIT, .text = str_cstr(&text)});
		str_clear(&w->said);
		str_add_text(&w->said, str_text(&text));
	}
	str_release(&text);
	return engine_interrupts(w->e) > 0;
}

static int lock(struct engine *e, const struct instance_id *id, struct diags *d)
{
	struct lock_owner owner = engine_owner(e->arena, e->options.clock, e->options.command);
	struct waiting waiting = {e, STR_INIT};
	struct lock_wait wait = {e->options.lock_timeout_ms, tell_waiting, &waiting, NULL};
	int rc = state_lock(e->state, &(struct lock_request){id, 1, &owner, &wait}, d);

	str_release(&waiting.said);
	return rc;
}

/* --- what is recorded -------------------------------------------------------------------- */

static const struct record *find_record(const struct record_list *list, const struct address *addr)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!address_compare(&list->items[i].addr, addr) && !*list->items[i].deposed)
			return &list->items[i];
	}
	return NULL;
}

static const struct operation *find_operation(const struct operation_list *list,
					      const struct address *addr)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!address_compare(&list->items[i].addr, addr))
			return &list->items[i];
	}
	return NULL;
}

static void report_no_record(struct engine *e, const struct address *addr, struct diags *d)
{
	const char *name = address_text(e->arena, addr);

	diag_hint(d, diag_add(d, DIAG_ACT_NO_RECORD, RANGE_NONE, "'%s' is not recorded", name),
		  "an action is of something that was applied or imported; "
		  "`hadeploy state list` names what there is");
}

/* --- one action -------------------------------------------------------------------------- */

static int refuse(struct acting *a)
{
	const struct hd_provider *table = a->provider ? a->provider->table : NULL;
	struct diag *g;

	if (table && a->schema && schema_has_action(a->schema, a->action) &&
	    HD_KNOWS(struct hd_provider, table, act) && table->act)
		return 0;
	g = diag_add(a->d, DIAG_ACT_UNKNOWN, RANGE_NONE, "%s has no action '%s'", a->record->type,
		     a->action);
	diag_address(a->d, g, address_text(a->e->arena, &a->op.addr));
	diag_hint(a->d, g, "`hadeploy types %s` names those it has", a->record->type);
	return -1;
}

static void fill(struct acting *a, struct engine *e, const struct record *r, struct diags *d)
{
	const struct registry *all = e->project->registry;

	*a = (struct acting){.e = e, .d = d, .record = r, .args = "{}"};
	a->provider = registry_entry(all, r->provider);
	a->schema = a->provider ? registry_schema(all, a->provider, r->type) : NULL;
}

/* What a later process needs when there is no token; not with secrets in it. */
static const char *intent(struct arena *a, const struct act_request *q)
{
	json_t *j = json_object(), *args = json_parse(text_of(q->args), NULL, NULL);
	const char *text;

	json_object_set_new(j, "Action", json_string(q->action));
	if (args && !secrets_occur(q->secrets, text_of(q->args)))
		json_object_set(j, "With", args);
	text = json_text(a, j);
	json_decref(args);
	json_decref(j);
	return text;
}

/* Salted: tells whether an open operation is the same action. */
static const char *digest_of(struct engine *e, const struct act_request *q)
{
	json_t *j = json_object();
	char *digest = ARENA_ARRAY(e->arena, 65, char);

	json_object_set_new(j, "Action", json_string(q->action));
	json_object_set_new(j, "With", json_parse(text_of(q->args), NULL, NULL));
	state_secret_digest(e->state, j, digest);
	json_decref(j);
	return digest;
}

static int begin(struct acting *a, const struct act_request *q)
{
	struct clock *clock = a->e->options.clock;

	a->action = q->action;
	a->args = q->args;
	a->secrets = q->secrets;
	a->op = (struct operation){
		.id = q->key,
		.run = q->run,
		.addr = q->addr,
		.deposed = "",
		.action = OPERATION_ACT,
		.desired_digest = digest_of(a->e, q),
		.intended = *a->record,
		.token = "",
		.begun_ms = clock->wall_ms(clock),
		.message = intent(a->e->arena, q),
	};
	/* A session that cannot be had is known before anything is begun. */
	if (refuse(a) || !sessions_get(a->e->sessions, a->provider, &q->addr.instance, a->d))
		return -1;
	return state_commit(a->e->state, &(struct state_edit){.kind = EDIT_BEGIN, .op = &a->op}, 1,
			    a->d);
}

/* Where another process left it. */
static void take_up(struct acting *a, const struct operation *op, const struct act_request *q)
{
	json_t *intent = *op->message ? json_parse(text_of(op->message), NULL, NULL) : NULL;
	json_t *args = json_object_get(intent, "With");
	struct arena *arena = a->e->arena;

	a->op = *op;
	a->op.token = op->token ? op->token : "";
	a->action = q ? q->action : arena_strdup(arena, json_str(intent, "Action", "act"));
	a->args = q ? q->args : args ? json_text(arena, args) : NULL;
	a->secrets = q ? q->secrets : NULL;
	json_decref(intent);
}

/* --- recovery ---------------------------------------------------------------------------- */

/* Its arguments had secrets, so that nobody else can ask again. */
static int abandon(struct acting *a)
{
	struct operation ended = a->op;
	struct record record = *a->record;
	const struct state_edit edits[] = {
		{.kind = EDIT_END, .op = &ended},
		{.kind = EDIT_PUT_RECORD, .record = &record},
	};
	struct diag *g = diag_warn(a->d, DIAG_ACT_ABANDONED, RANGE_NONE,
				   "whether '%s' was done is not known", a->action);

	diag_address(a->d, g, address_text(a->e->arena, &a->op.addr));
	diag_hint(a->d, g, "the thing is read before anything is planned of it");
	ended.result = OPERATION_ABANDONED;
	ended.ended_ms = 0;
	record.tainted = true;
	return state_commit(a->e->state, edits, ARRAY_LEN(edits), a->d);
}

static int recover_one(struct engine *e, const struct operation *op, const struct record *r,
		       struct diags *d)
{
	struct acting *a = ARENA_NEW(e->arena, struct acting);
	struct diags found = DIAGS_INIT;
	enum acting_end end;

	fill(a, e, r ? r : &op->intended, d);
	take_up(a, op, NULL);
	if (!a->provider)
		return refuse(a);
	if (!*a->op.token && !a->args)
		return abandon(a);
	engine_tell(e, (struct event){.kind = EVENT_RECOVERING, .addr = &a->op.addr});
	a->d = &found;
	end = acting_carry(a);
	/* What failed in an earlier run is over; this one is not to blame. */
	if (end == ACTING_FAILED && found.first)
		diag_detail(d,
			    diag_warn(d, DIAG_ACT_FAILED_BEFORE, RANGE_NONE,
				      "'%s' of an earlier run failed", a->action),
			    "%s", found.first->summary);
	else
		diags_take(d, &found);
	diags_release(&found);
	return end == ACTING_OPEN ? -1 : 0;
}

int acts_recover(struct engine *e, struct recorded *recorded, struct diags *d)
{
	struct operation_list *list = &recorded->operations;
	size_t kept = 0;
	int rc = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct operation *op = &list->items[i];

		if (op->action != OPERATION_ACT)
			list->items[kept++] = *op;
		else if (recover_one(e, op, find_record(&recorded->records, &op->addr), d))
			rc = -1;
	}
	list->count = kept;
	return rc;
}

/* --- the request ------------------------------------------------------------------------- */

static int load(struct engine *e, const struct instance_id *id, struct recorded *out,
		struct diags *d)
{
	*out = (struct recorded){.hidden = NULL};
	return state_load_records(e->state, id, e->arena, &out->records, d) ||
			       state_load_open_operations(e->state, id, e->arena, &out->operations,
							  d)
		       ? -1
		       : 0;
}

/* Something else is open on the same thing: first its end. */
static int clear_way(struct engine *e, const struct act_request *q, struct recorded *r,
		     struct diags *d)
{
	struct recorded one = *r;
	size_t count = 0;

	one.operations.items = ARENA_ARRAY(e->arena, r->operations.count, struct operation);
	for (size_t i = 0; i < r->operations.count; i++) {
		if (!address_compare(&r->operations.items[i].addr, &q->addr))
			one.operations.items[count++] = r->operations.items[i];
	}
	one.operations.count = count;
	if (acts_recover(e, &one, d) || (one.operations.count && executor_recover(e, &one, d)))
		return -1;
	return load(e, &q->addr.instance, r, d);
}

/* This step's, or that of an earlier try, which is gone on with: not done twice. */
static bool is_same(struct engine *e, const struct operation *op, const struct act_request *q)
{
	return op->action == OPERATION_ACT &&
	       (!strcmp(op->id, q->key) || !strcmp(op->desired_digest, digest_of(e, q)));
}

/* The process ended between the action's END and the event that tells of it. */
static bool was_done(struct engine *e, const struct act_request *q)
{
	struct operation_list list = {0};
	struct diags ignored = DIAGS_INIT;
	bool done = false;

	if (*q->run && !state_load_run_operations(e->state, q->run, e->arena, &list, &ignored)) {
		for (size_t i = 0; i < list.count; i++)
			done = done || (!strcmp(list.items[i].id, q->key) &&
					list.items[i].result == OPERATION_SUCCEEDED);
	}
	diags_release(&ignored);
	return done;
}

static int act_locked(struct engine *e, const struct act_request *q, const char **result,
		      struct diags *d)
{
	struct acting *a = ARENA_NEW(e->arena, struct acting);
	struct recorded r;
	const struct operation *op;
	const struct record *record;

	if (load(e, &q->addr.instance, &r, d))
		return -1;
	if (was_done(e, q))
		return 0;
	op = find_operation(&r.operations, &q->addr);
	if (op && !is_same(e, op, q) && clear_way(e, q, &r, d))
		return -1;
	op = find_operation(&r.operations, &q->addr);
	record = find_record(&r.records, &q->addr);
	if (!record) {
		report_no_record(e, &q->addr, d);
		return -1;
	}
	fill(a, e, record, d);
	if (op)
		take_up(a, op, q);
	else if (begin(a, q))
		return -1;
	if (acting_carry(a) != ACTING_DONE)
		return -1;
	*result = a->result ? a->result : "{}";
	return 0;
}

int engine_act(struct engine *e, const struct act_request *q, const char **result, struct diags *d)
{
	int rc;

	*result = "{}";
	if (!engine_state(e, STATE_WRITE, d) || lock(e, &q->addr.instance, d))
		return -1;
	rc = act_locked(e, q, result, d);
	state_unlock(e->state);
	return rc;
}
