/* calls.c - create, update, remove, act and poll: an operation of the type's definition each. */
#include <string.h>

#include "providers/kit/span.h"
#include "providers/rest/look.h"
#include "providers/rest/resume.h"
#include "providers/rest/run.h"

/* --- the end of an operation ---------------------------------------------------------------- */

/* What there is after a change that came only half the way, if it can be seen. */
static void show_half(struct run *x)
{
	struct rest_call *c = x->c;
	struct fault told = c->fault;
	json_t *state;

	if (told.effect != HD_EFFECT_PARTIAL || x->kind == RUN_DELETE || x->kind == RUN_ACT)
		return;
	c->fault = FAULT_INIT;
	state = look_state(c);
	if (json_is_object(state))
		look_hand_over(c, state);
	/* It failed for good, and the service has taken away what there was of it. */
	if (json_is_null(state) && x->failed && x->kind == RUN_CREATE)
		told.effect = HD_EFFECT_NONE;
	json_decref(state);
	fault_release(&c->fault);
	c->fault = told;
}

static int end_failed(struct run *x)
{
	int effect;

	show_half(x);
	/* That there is nothing to delete is no fault. */
	if (x->kind == RUN_DELETE && x->c->fault.status == HD_NOTFOUND)
		str_clear(&x->c->fault.summary);
	effect = x->c->fault.effect;
	if (*run_id(x) && (effect == HD_EFFECT_PARTIAL || effect == HD_EFFECT_UNKNOWN))
		x->c->s->host->set_id(x->c->call.op, span_of(run_id(x)));
	return call_fail(x->c);
}

static int end_with(struct run *x, enum run_result result)
{
	return result == RUN_WAIT ? token_give(x) : end_failed(x);
}

static int end_without_id(struct run *x)
{
	struct fault *f = &x->c->fault;

	fault_set(f, HD_FATAL, DIAG_REST_RESULT, "the definition gives no id of what was made");
	fault_detail(f, "no step of Create of %s gave one", x->c->t->type);
	f->where = x->op->where;
	f->effect = HD_EFFECT_UNKNOWN;
	return call_fail(x->c);
}

/* It was made, and reading does not show it (yet). */
static int end_unseen(struct run *x)
{
	struct fault *f = &x->c->fault;

	fault_release(f);
	if (x->kind == RUN_UPDATE) {
		fault_set(f, HD_NOTFOUND, DIAG_REST_NOT_FOUND, "the service has no such thing");
		fault_detail(f, "%s '%s', region '%s'", x->c->type, x->c->id, x->c->s->aws_region);
		return call_fail(x->c);
	}
	if (!x->since_ms || !x->polled || call_wall_ms(x->c) - x->since_ms < UNSEEN_MS)
		return end_with(x, run_pause(x, UNSEEN_WAIT_MS));
	fault_set(f, HD_FATAL, DIAG_REST_UNSEEN, "it was made, and the service does not show it");
	fault_detail(f, "%s '%s', region '%s', for %d s", x->c->type, x->c->id, x->c->s->aws_region,
		     UNSEEN_MS / 1000);
	fault_hint(f, "look for it there, and whether Read of the definition asks for the same id");
	f->effect = HD_EFFECT_PARTIAL;
	x->c->s->host->set_id(x->c->call.op, span_of(x->c->id));
	return call_fail(x->c);
}

/* State of the operation itself, when its last answer is at hand; else of Read. */
static json_t *state_after(struct run *x)
{
	if (x->op->state.source.ptr && x->last)
		return look_shaped(x->c, run_end(x));
	return look_state(x->c);
}

static int end_shown(struct run *x)
{
	json_t *state;
	int status = HD_OK;

	if (!*run_id(x))
		return end_without_id(x);
	x->changed |= x->kind == RUN_CREATE;
	state = state_after(x);
	if (!state) {
		status = end_with(x, run_failed(x));
	} else if (json_is_null(state)) {
		status = end_unseen(x);
	} else {
		look_hand_over(x->c, state);
		x->c->s->host->set_effect(x->c->call.op, HD_EFFECT_DONE);
	}
	json_decref(state);
	return status;
}

static int end_deleted(struct run *x)
{
	x->c->s->host->set_effect(x->c->call.op, HD_EFFECT_DONE);
	return HD_OK;
}

static int end_acted(struct run *x)
{
	json_t *result = run_end(x);

	if (!result) {
		x->c->fault.effect = HD_EFFECT_PARTIAL;
		return call_fail(x->c);
	}
	if (!json_is_null(result))
		x->c->s->host->set_result(x->c->call.op, span_of(json_text(x->c->a, result)));
	/* What was moved may be another thing now: the association of an address. */
	if (*run_id(x))
		x->c->s->host->set_id(x->c->call.op, span_of(run_id(x)));
	x->c->s->host->set_effect(x->c->call.op, HD_EFFECT_DONE);
	json_decref(result);
	return HD_OK;
}

static int end_done(struct run *x)
{
	switch (x->kind) {
	case RUN_CREATE:
	case RUN_UPDATE:
		return end_shown(x);
	case RUN_DELETE:
		return end_deleted(x);
	case RUN_ACT:
		return end_acted(x);
	case RUN_ASK:
		break;
	}
	return HD_OK;
}

/* --- what exists already ----------------------------------------------------------------- */

/* Made by an earlier attempt at this operation?  Its key tells. */
static bool made_by_us(struct run *x, int *status)
{
	struct rest_call *c = x->c;
	struct fault told = c->fault;
	json_t *items;
	bool ours;

	if (x->kind != RUN_CREATE || told.status != HD_EXISTS || told.effect != HD_EFFECT_NONE)
		return false;
	c->fault = FAULT_INIT;
	items = look_find(c, OPERATION_FIND_BY_KEY);
	fault_release(&c->fault);
	c->fault = told;
	ours = json_array_size(items) == 1;
	if (ours) {
		fault_release(&c->fault);
		run_set_id(x, look_id(c, json_array_get(items, 0)));
		x->changed = true;
		x->at = (struct run_place){resume_step(x->op), 0};
		x->begun = x->failed = false;
		*status = HD_OK;
	}
	json_decref(items);
	return ours;
}

static int carry_out(struct run *x)
{
	enum run_result result = run_steps(x);
	int status = HD_OK;

	if (result == RUN_FAILED && made_by_us(x, &status))
		result = run_steps(x);
	return result == RUN_DONE ? end_done(x) : end_with(x, result);
}

/* --- the calls ------------------------------------------------------------------------------ */

static const struct {
	enum operation_kind operation;
	const char *verb, *name;
} verbs[] = {
	[RUN_CREATE] = {OPERATION_CREATE, "created", "Create"},
	[RUN_UPDATE] = {OPERATION_UPDATE, "updated", "Update"},
	[RUN_DELETE] = {OPERATION_DELETE, "deleted", "Delete"},
};

static int not_offered(struct rest_call *c, enum run_kind kind)
{
	fault_set(&c->fault, HD_FATAL, DIAG_REST_OPERATION, "resources of this type cannot be %s",
		  verbs[kind].verb);
	fault_detail(&c->fault, "the definition of %s has no %s", c->t->type, verbs[kind].name);
	c->fault.where = c->t->where;
	return call_fail(c);
}

/* Once more after a failure that left the thing behind: what made it is not done again. */
static void skip_what_is_made(struct run *x)
{
	if (x->kind != RUN_CREATE || !x->c->r->id.len)
		return;
	x->at.step = resume_step(x->op);
	x->changed = true;
}

static int change(struct rest_call *c, enum run_kind kind)
{
	const struct operation *op = &c->t->operations[verbs[kind].operation];
	struct run x;
	int status;

	if (!op->given)
		return not_offered(c, kind);
	if (run_open(&x, c, op, kind) < 0 || run_check_secrets(&x) < 0) {
		status = call_fail(c);
	} else {
		skip_what_is_made(&x);
		status = carry_out(&x);
	}
	run_close(&x);
	return status;
}

static int begin_change(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
			enum run_kind kind)
{
	struct rest_call c;
	int status = call_begin(&c, s, op, r) < 0 ? call_fail(&c) : change(&c, kind);

	call_end(&c);
	return status;
}

int rest_create(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return begin_change(s, op, r, RUN_CREATE);
}

int rest_update(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return begin_change(s, op, r, RUN_UPDATE);
}

int rest_remove(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return begin_change(s, op, r, RUN_DELETE);
}

/* --- actions ------------------------------------------------------------------------------ */

static int no_action(struct rest_call *c, const char *name)
{
	const char **names = ARENA_ARRAY(c->a, c->t->action_count + 1, const char *), *near;

	for (size_t i = 0; i < c->t->action_count; i++)
		names[i] = c->t->actions[i].name;
	fault_set(&c->fault, HD_FATAL, DIAG_REST_OPERATION, "the type has no action '%s'", name);
	fault_detail(&c->fault, "definition of %s", c->t->type);
	near = text_nearest(text_of(name), names, c->t->action_count);
	if (near)
		fault_hint(&c->fault, "did you mean '%s'?", near);
	return call_fail(c);
}

static int act(struct rest_call *c, const char *name, const struct token *token)
{
	const struct action *action = definition_action(c->t, text_of(name));
	struct run x;
	int rc, status;

	if (!action)
		return no_action(c, name);
	rc = token ? run_resume(&x, c, &action->operation, token)
		   : run_open(&x, c, &action->operation, RUN_ACT);
	x.name = name;
	status = rc < 0 ? call_fail(c) : carry_out(&x);
	run_close(&x);
	return status;
}

int rest_act(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	     struct hd_span action, struct hd_span args)
{
	struct rest_call c;
	int status;

	if (call_begin(&c, s, op, r) < 0) {
		status = call_fail(&c);
	} else {
		c.args = span_json(c.a, args);
		status = act(&c, span_cstr(c.a, action), NULL);
	}
	call_end(&c);
	return status;
}

/* --- poll --------------------------------------------------------------------------------- */

static int take_up(struct rest_call *c, const struct token *token)
{
	const struct operation *op;
	struct run x;
	int status;

	if (token->kind == RUN_ACT)
		return act(c, token->name, token);
	op = &c->t->operations[verbs[token->kind].operation];
	if (run_resume(&x, c, op, token) < 0)
		status = call_fail(c);
	else
		status = carry_out(&x);
	run_close(&x);
	return status;
}

int rest_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	      struct hd_span text)
{
	struct token token = {.json = NULL};
	struct rest_call c;
	int status;

	if (call_begin(&c, s, op, r) < 0 || token_read(&c, text, &token) < 0)
		status = call_fail(&c);
	else
		status = take_up(&c, &token);
	json_decref(token.json);
	call_end(&c);
	return status;
}

/* --- look up -------------------------------------------------------------------------------- */

int rest_lookup(struct hd_session *s, struct hd_op *op, struct hd_span what, struct hd_span args)
{
	struct kit_call call = {s->rest.host, op, 0};
	const struct rest_kind *kind = s->rest.kind;
	struct arena *a = arena_new();
	json_t *asked = span_json(a, args), *out = NULL;
	struct fault f = FAULT_INIT;
	int status = HD_OK;

	if (kind->lookup) {
		out = kind->lookup(s->rest.context, &call, span_text(what), asked, &f);
	} else {
		fault_set(&f, HD_FATAL, DIAG_REST_OPERATION, "provider %s looks up no values",
			  kind->name);
		fault_detail(&f, "'%.*s' was asked for", TEXT_ARG(span_text(what)));
	}
	if (!out)
		status = fault_say(&call, &f);
	else
		s->rest.host->set_result(op, span_of(json_text(a, out)));
	json_decref(out);
	json_decref(asked);
	arena_free(a);
	return status;
}
