/* step.c - one step of an operation: what is asked for, page by page, and what the answer says. */
#include <string.h>

#include "providers/kit/span.h"
#include "providers/rest/input.h"
#include "providers/rest/run.h"

#define PAGES_MAX 10000
#define ITEMS_MAX 1000000

int step_may_go_on(struct run *x)
{
	struct rest_call *c = x->c;

	if (kit_cancelled(&c->call))
		return fault_set(&c->fault, HD_CANCELLED, DIAG_REST_CANCELLED,
				 "stopped between two requests");
	if (send_time_ms(c->s, &c->call) > 0)
		return 0;
	fault_set(&c->fault, HD_RETRY, DIAG_REST_TIME, "there was no time left for this request");
	fault_detail(&c->fault, "what was asked for took too many requests, or too slow ones");
	return -1;
}

/* --- asking the definition ------------------------------------------------------------------ */

static void no_request(struct run *x, const struct step *step)
{
	fault_set(&x->c->fault, HD_FATAL, DIAG_REST_RESULT,
		  "the definition asks for a request that cannot be made");
	fault_detail(&x->c->fault, "step '%s' of %s gives no request", step->name, x->c->t->type);
	x->c->fault.where = step->where;
}

/* {"when", "each", "request"}; NULL with a fault. */
static json_t *ask_request(struct run *x, const struct step *step)
{
	struct input_question q = {
		.function = step->request_function, .in = x->in, .variables = x->v};
	json_t *out =
		input_ask(x->c, &q, step->request.source.ptr ? step->request.where : step->where);

	if (!out || json_is_object(out))
		return out;
	json_decref(out);
	no_request(x, step);
	return NULL;
}

static void note_answer(struct run *x, const struct http_answer *answer)
{
	json_t *headers = json_object();

	for (size_t i = 0; i < answer->header_count; i++) {
		const struct http_header *h = &answer->headers[i];
		size_t bad;

		if (text_utf8_valid(text_of(h->value), &bad))
			json_object_set_new(headers, h->name, json_string(h->value));
	}
	json_object_set_new(x->v, "headers", headers);
	json_object_set_new(x->v, "status", json_integer(answer->status));
}

/* What the operation gives is asked with the last answer, when nothing may come in between: one run
 * of jq less. */
static bool ends_with(const struct run *x, const struct step *step)
{
	return x->op->end_function && x->at.step + 1 == x->op->step_count &&
	       !step->until.source.ptr && !step->failed.source.ptr && !step->for_each.source.ptr;
}

static json_t *split_end(struct run *x, json_t *both)
{
	json_t *answer = json_incref(json_object_get(both, "answer"));

	json_decref(x->end);
	x->end = json_incref(json_object_get(both, "end"));
	json_decref(both);
	return answer;
}

enum answer_part { ANSWER_WHOLE, ANSWER_PAGE };

/* jq does not say which program raised an error: the only one it can have been, or the step. */
static struct range answer_place(const struct step *step)
{
	const struct expression *const all[] = {&step->id,         &step->keep,
						&step->until,      &step->failed,
						&step->pages.next, &step->pages.items};
	struct range where = step->where;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		if (!all[i]->source.ptr)
			continue;
		where = all[i]->where;
		count++;
	}
	return count == 1 ? where : step->where;
}

static json_t *ask_answer(struct run *x, const struct step *step, const json_t *body,
			  enum answer_part part)
{
	struct input_question q = {.function = step->answer_function,
				   .in = body,
				   .variables = x->v,
				   .page = part == ANSWER_PAGE};
	json_t *out;

	if (ends_with(x, step) && body && part == ANSWER_WHOLE) {
		q.end = x->op->end_function;
		q.step = step->name;
	}
	out = input_ask(x->c, &q, answer_place(step));
	if (q.end && out) {
		out = split_end(x, out);
	} else if (q.end) {
		/* Which of both failed?  Id and Keep must not be lost with the state. */
		fault_release(&x->c->fault);
		q.end = 0;
		out = input_ask(x->c, &q, answer_place(step));
	}

	/* It was done: what is to be learnt from the answer is another matter. */
	if (!out && !step->reads && !step->effect_none)
		x->c->fault.effect = HD_EFFECT_UNKNOWN;
	return out;
}

/* --- one request ------------------------------------------------------------------------ */

/* The decoded answer; NULL with a fault.  *done: an error that counts as success. */
static json_t *send_one(struct run *x, const struct step *step, const json_t *request, bool *done)
{
	struct rest_call *c = x->c;
	struct exchange e = {.s = c->s,
			     .call = &c->call,
			     .a = c->a,
			     .ask = {.definition = c->t, .step = step, .wish = request}};
	json_t *body = NULL;

	*done = false;
	x->retry_after_ms = 0;
	if (step_may_go_on(x) < 0 || exchange_send(&e, &c->fault) < 0)
		goto out;
	note_answer(x, &e.answer);
	if (!exchange_failed(&e)) {
		body = json_incref(e.body);
		goto out;
	}
	if (exchange_meaning(&e, &c->fault) < 0)
		goto out;
	if (e.kind == ERROR_DONE) {
		*done = true;
		body = json_null();
		goto out;
	}
	x->retry_after_ms = http_retry_after(&e.answer, call_wall_ms(c));
	exchange_refusal(&e, &c->fault);
out:
	exchange_release(&e);
	return body;
}

/* Next goes into the query of the next request, or into its body where there is none. */
static json_t *with_next(const json_t *request, const json_t *next)
{
	json_t *out = json_deep_copy(request);
	json_t *body = json_object_get(out, "body"), *query = json_object_get(out, "query");

	if (json_is_object(body))
		json_object_update(body, (json_t *)next);
	else if (json_is_object(query))
		json_object_update(query, (json_t *)next);
	else
		json_object_set_new(out, "query", json_deep_copy(next));
	return out;
}

static int endless(struct run *x, const struct step *step, const char *why)
{
	fault_set(&x->c->fault, HD_FATAL, DIAG_REST_RESULT, "the pages of an answer do not end");
	fault_detail(&x->c->fault, "step '%s' of %s: %s", step->name, x->c->t->type, why);
	fault_hint(&x->c->fault, "Next of Pages gives null when there is no further page");
	x->c->fault.where = step->pages.next.where;
	return -1;
}

static int too_many(struct run *x, const struct step *step)
{
	return endless(
		x, step,
		arena_printf(x->c->a, "more than %d pages or %d items", PAGES_MAX, ITEMS_MAX));
}

/* The next page's part of the request; NULL at the end, or with a fault (rc). */
static int read_page(struct run *x, const struct step *step, const json_t *body, json_t *items,
		     json_t **next)
{
	json_t *told = ask_answer(x, step, body, ANSWER_PAGE);
	json_t *more = json_object_get(told, "items"), *after = json_object_get(told, "next");
	int rc = told ? 0 : -1;

	*next = NULL;
	if (json_is_array(more))
		json_array_extend(items, more);
	if (json_is_object(after))
		*next = json_incref(after);
	if (rc == 0 && json_array_size(items) > ITEMS_MAX)
		rc = too_many(x, step);
	json_decref(told);
	return rc;
}

static json_t *send_pages(struct run *x, const struct step *step, const json_t *request, bool *done)
{
	json_t *items = json_array(), *next = NULL, *before, *body;
	json_t *ask = json_deep_copy(request);
	int rc = 0;

	for (size_t page = 0; rc == 0; page++) {
		body = send_one(x, step, ask, done);
		if (!body || *done) {
			rc = body ? 1 : -1;
			break;
		}
		before = next;
		rc = read_page(x, step, body, items, &next);
		if (rc == 0 && next && json_equal(before, next))
			rc = endless(x, step, "a page asks for itself as the next one");
		json_decref(before);
		json_decref(body);
		json_decref(ask);
		ask = next ? with_next(request, next) : NULL;
		if (!next)
			break;
		if (rc == 0 && page == PAGES_MAX)
			rc = too_many(x, step);
	}
	json_decref(ask);
	json_decref(next);
	if (rc < 0 || rc > 0) {
		json_decref(items);
		return rc < 0 ? NULL : json_null();
	}
	body = json_object();
	json_object_set_new(body, "items", items);
	return body;
}

/* --- what the answer says --------------------------------------------------------------- */

static int take_id(struct run *x, const struct step *step, const json_t *id)
{
	struct rest_call *c = x->c;

	if (!id || json_is_null(id))
		return 0;
	if (json_is_integer(id)) {
		run_set_id(x, arena_printf(c->a, "%lld", (long long)json_integer_value(id)));
		return 0;
	}
	if (json_is_string(id) && *json_string_value(id)) {
		run_set_id(x, arena_strdup(c->a, json_string_value(id)));
		return 0;
	}
	fault_set(&c->fault, HD_FATAL, DIAG_REST_RESULT,
		  "the definition gives an id that is no text");
	fault_detail(&c->fault, "Id of step '%s' of %s gives %s", step->name, c->t->type,
		     json_is_string(id)   ? "an empty text"
		     : json_is_object(id) ? "an object"
		     : json_is_array(id)  ? "a list"
		     : json_is_real(id)   ? "a number that is not whole, or too large"
					  : "true or false");
	fault_hint(&c->fault, "it is a text with something in it, or a whole number");
	c->fault.where = step->id.where;
	return -1;
}

/* A text, or {Code, Message}. */
static int take_failure(struct run *x, const struct step *step, const json_t *failed)
{
	struct rest_call *c = x->c;
	const char *code = json_str(failed, "Code", ""), *message = json_str(failed, "Message", "");
	enum error_kind kind = ERROR_OTHER;

	if (!failed || json_is_null(failed) || json_is_false(failed))
		return 0;
	if (json_is_string(failed))
		message = json_string_value(failed);
	if (*code)
		kind = protocol_meaning(c->t, step, 0, code);
	if (kind == ERROR_DONE)
		return 0;
	fault_set(&c->fault, HD_FATAL, DIAG_REST_FAILED, "the service began this and it failed%s%s",
		  *code ? ": " : "", code);
	c->fault.status =
		kind == ERROR_EXISTS || kind == ERROR_NOT_FOUND ? refusal_status(kind) : HD_FATAL;
	fault_detail(&c->fault, "%s", *message ? message : "it did not say why");
	fault_detail(&c->fault, "service '%s', region '%s', id '%s'", c->t->service.name,
		     c->s->aws_region, run_id(x));
	/* Begun again from the same place it would fail again. */
	x->failed = true;
	return -1;
}

static int take_answer(struct run *x, const struct step *step, const json_t *told)
{
	const json_t *keep = json_object_get(told, "keep");

	if (take_id(x, step, json_object_get(told, "id")) < 0)
		return -1;
	if (json_is_object(keep))
		json_object_update(json_object_get(x->v, "kept"), (json_t *)keep);
	return take_failure(x, step, json_object_get(told, "failed"));
}

static bool is_true(const json_t *j)
{
	return j && !json_is_null(j) && !json_is_false(j);
}

static bool has_answer(const struct step *step)
{
	return step->id.source.ptr || step->keep.source.ptr || step->until.source.ptr ||
	       step->failed.source.ptr;
}

static enum step_result learn(struct run *x, const struct step *step, const json_t *body)
{
	json_t *told = ask_answer(x, step, body, ANSWER_WHOLE);
	enum step_result result = STEP_DONE;

	if (!told || take_answer(x, step, told) < 0)
		result = STEP_FAILED;
	else if (step->until.source.ptr && !is_true(json_object_get(told, "until")))
		result = STEP_AGAIN;
	json_decref(told);
	return result;
}

/* Of an error that counts as success there is no answer; the step is over, whatever Until says. */
static enum step_result learn_done(struct run *x, const struct step *step)
{
	json_t *told = ask_answer(x, step, NULL, ANSWER_WHOLE);
	enum step_result result = STEP_DONE;

	if (!told)
		fault_release(&x->c->fault);
	else if (take_answer(x, step, told) < 0)
		result = STEP_FAILED;
	json_decref(told);
	return result;
}

static enum step_result carry_out_request(struct run *x, const struct step *step,
					  const json_t *request)
{
	enum step_result result = STEP_DONE;
	json_t *body;
	bool done;

	if (step->pages.given)
		body = send_pages(x, step, request, &done);
	else
		body = send_one(x, step, request, &done);
	if (!body)
		return STEP_FAILED;
	if (!step->reads && !done)
		x->changed = true;
	json_object_set(json_object_get(x->v, "steps"), step->name, body);
	if (done && has_answer(step))
		result = learn_done(x, step);
	else if (has_answer(step))
		result = learn(x, step, body);
	json_decref(x->last);
	x->last = body;
	return result;
}

/* --- the whole step --------------------------------------------------------------------- */

/* error(null) is no error to jq 1.6: what it is in gives nothing. */
static enum step_result refuse_request(struct run *x, const struct step *step)
{
	no_request(x, step);
	return STEP_FAILED;
}

static enum step_result carry_out_items(struct run *x, const struct step *step, json_t *list)
{
	enum step_result result = STEP_DONE;

	for (; x->at.item < json_array_size(list) && result == STEP_DONE;) {
		json_t *asked;

		json_object_set(x->v, "item", json_array_get(list, x->at.item));
		asked = ask_request(x, step);
		if (!asked)
			result = STEP_FAILED;
		else if (json_is_object(json_object_get(asked, "request")))
			result = carry_out_request(x, step, json_object_get(asked, "request"));
		else
			result = refuse_request(x, step);
		json_decref(asked);
		if (result == STEP_DONE)
			x->at.item++;
	}
	json_object_del(x->v, "item");
	return result;
}

enum step_result step_carry_out(struct run *x, const struct step *step)
{
	json_t *asked = ask_request(x, step), *each = json_object_get(asked, "each");
	json_t *request = json_object_get(asked, "request");
	enum step_result result = STEP_DONE;

	if (!asked)
		result = STEP_FAILED;
	else if (step->when.source.ptr && !x->begun && !is_true(json_object_get(asked, "when")))
		result = STEP_DONE;
	else if (step->for_each.source.ptr)
		result = carry_out_items(x, step, each);
	else if (json_is_object(request))
		result = carry_out_request(x, step, request);
	else if (is_true(json_object_get(asked, "when")))
		result = refuse_request(x, step);
	json_decref(asked);
	return result;
}
