#include "providers/rest/run.h"

#include "providers/kit/span.h"
#include "providers/rest/input.h"

const char *run_id(const struct run *x)
{
	return json_str(x->v, "id", "");
}

void run_set_id(struct run *x, const char *id)
{
	json_object_set_new(x->v, "id", json_string(id));
	x->c->id = arena_strdup(x->c->a, id);
}

int run_open(struct run *x, struct rest_call *c, const struct operation *op, enum run_kind kind)
{
	*x = (struct run){.c = c, .op = op, .kind = kind, .name = ""};
	x->v = input_variables(c);
	if (!x->v)
		return -1;
	x->in = c->desired && (kind == RUN_CREATE || kind == RUN_UPDATE) ? c->desired : c->recorded;
	return 0;
}

void run_close(struct run *x)
{
	json_decref(x->v);
	json_decref(x->last);
	json_decref(x->end);
}

static size_t first_wait(const struct operation *op)
{
	size_t i = 0;

	while (i < op->step_count && !op->steps[i].until.source.ptr)
		i++;
	return i;
}

int run_check_secrets(struct run *x)
{
	const char *name = call_missing_secret(x->c, x->op, first_wait(x->op) + 1);

	if (!name)
		return 0;
	fault_set(&x->c->fault, HD_FATAL, DIAG_REST_SECRET,
		  "the definition needs the secret '%s' after a wait", name);
	fault_detail(&x->c->fault,
		     "secrets are not recorded, and what waits may go on in another process");
	fault_hint(&x->c->fault,
		   "let the definition of %s send it in a step before the first Until",
		   x->c->t->type);
	x->c->fault.where = x->op->where;
	return -1;
}

/* --- waits ------------------------------------------------------------------------------ */

static bool moved(const struct run *x)
{
	return x->at.step != x->token.step || x->at.item != x->token.item;
}

enum run_result run_pause(struct run *x, int64_t wait_ms)
{
	if (!x->polled || moved(x) || !x->since_ms)
		x->since_ms = call_wall_ms(x->c);
	x->wait_ms = x->retry_after_ms > wait_ms ? x->retry_after_ms : wait_ms;
	return RUN_WAIT;
}

static bool is_passing(int status)
{
	return status == HD_RETRY || status == HD_THROTTLED || status == HD_CONFLICT ||
	       status == HD_UNREACHABLE || status == HD_CANCELLED;
}

static int64_t patience_ms(int status)
{
	if (status == HD_CANCELLED)
		return 0;
	return status == HD_CONFLICT ? 5000 : 2000;
}

/* Takes up at this step in the next poll, instead of doing all again. */
static enum run_result go_on_later(struct run *x)
{
	struct fault *f = &x->c->fault;
	int64_t wait_ms = patience_ms(f->status);

	x->c->s->host->progress(x->c->call.op, span_of_str(&f->summary));
	fault_release(f);
	return run_pause(x, wait_ms);
}

static bool may_go_on_later(const struct run *x)
{
	return x->changed && !x->failed && *run_id(x) && x->kind != RUN_ASK &&
	       !call_missing_secret(x->c, x->op, x->at.step);
}

/* --- failures ------------------------------------------------------------------------------ */

static void doubt_absence(struct run *x)
{
	struct fault *f = &x->c->fault;

	if (f->status != HD_NOTFOUND)
		return;
	if (x->kind == RUN_CREATE) {
		f->status = call_is_eventual(x->c) ? HD_RETRY : HD_FATAL;
		fault_hint(f, "something that this resource refers to is not there");
	} else if (x->kind != RUN_ACT) {
		call_doubt_absence(x->c);
	}
}

static void tell_retry_after(const struct run *x)
{
	int status = x->c->fault.status;

	if (x->retry_after_ms && is_passing(status))
		x->c->s->host->set_retry_after(x->c->call.op, x->retry_after_ms);
}

static void set_effect(struct run *x)
{
	struct fault *f = &x->c->fault;

	/* What the service found there already is not ours. */
	if (x->kind == RUN_ASK || (x->failed && f->status == HD_EXISTS))
		f->effect = HD_EFFECT_NONE;
	else if (f->effect != HD_EFFECT_UNKNOWN && x->changed)
		f->effect = *run_id(x) ? HD_EFFECT_PARTIAL : HD_EFFECT_UNKNOWN;
}

enum run_result run_failed(struct run *x)
{
	struct fault *f = &x->c->fault;

	doubt_absence(x);
	if (is_passing(f->status) && may_go_on_later(x) && (!x->polled || moved(x)))
		return go_on_later(x);
	/* The same poll again takes up at the same place. */
	if (is_passing(f->status) && x->polled && !x->failed)
		f->effect = HD_EFFECT_NONE;
	else
		set_effect(x);
	tell_retry_after(x);
	return RUN_FAILED;
}

/* Looking for what was made just now may come too early; nothing can be there any more when a
 * delete has begun. */
static bool absence_is_fine(struct run *x, const struct step *step, enum run_result *result)
{
	if (x->c->fault.status != HD_NOTFOUND || !x->changed)
		return false;
	if (x->kind == RUN_DELETE) {
		fault_release(&x->c->fault);
		*result = RUN_DONE;
		return true;
	}
	if (x->kind != RUN_CREATE || !step->reads || x->failed || !*run_id(x))
		return false;
	if (x->since_ms && call_wall_ms(x->c) - x->since_ms > UNSEEN_MS)
		return false;
	fault_release(&x->c->fault);
	*result = run_pause(x, UNSEEN_WAIT_MS);
	return true;
}

/* --- steps ------------------------------------------------------------------------------ */

enum run_result run_steps(struct run *x)
{
	enum run_result result;

	while (x->at.step < x->op->step_count) {
		const struct step *step = &x->op->steps[x->at.step];

		switch (step_carry_out(x, step)) {
		case STEP_DONE:
			break;
		case STEP_AGAIN:
			x->begun = true;
			return run_pause(x, step->every_ms);
		case STEP_FAILED:
			x->begun = true;
			return absence_is_fine(x, step, &result) ? result : run_failed(x);
		}
		x->at = (struct run_place){x->at.step + 1, 0};
		x->begun = false;
	}
	return RUN_DONE;
}

json_t *run_end(struct run *x)
{
	struct input_question q = {
		.function = x->op->end_function, .in = x->last, .variables = x->v};
	const struct expression *e;

	if (x->end)
		return json_incref(x->end);
	e = x->op->state.source.ptr    ? &x->op->state
	    : x->op->items.source.ptr  ? &x->op->items
	    : x->op->result.source.ptr ? &x->op->result
				       : NULL;

	return e ? input_ask(x->c, &q, e->where) : json_null();
}
