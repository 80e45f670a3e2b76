/* look.c - what there is: read, find and list, and the reading that ends other calls. */
#include "providers/rest/look.h"

#include <string.h>

#include "providers/kit/span.h"
#include "providers/rest/resume.h"
#include "providers/rest/shape.h"

/* The engine takes so many at once. */
#define PAGE 5000

/* --- asking ----------------------------------------------------------------------------- */

/* The same call as one that only asks: nothing is wanted, and what is known of the thing is what
 * was recorded and, on top of it, what is wanted. */
static struct rest_call asking(const struct rest_call *c)
{
	struct rest_call sub = *c;
	json_t *wanted;

	sub.fault = FAULT_INIT;
	sub.changed = sub.args = NULL;
	sub.recorded = json_deep_copy(c->recorded);
	/* An import's id alone says what is read, and what is wanted is there to be compared. */
	if (c->imports)
		return sub;
	wanted = call_without_secrets(c);
	sub.desired = NULL;
	if (wanted)
		json_object_update(sub.recorded, wanted);
	json_decref(wanted);
	return sub;
}

static void asked(struct rest_call *c, struct rest_call *sub)
{
	json_decref(sub->recorded);
	if (sub->fault.status || sub->fault.summary.len) {
		fault_release(&c->fault);
		c->fault = sub->fault;
		c->fault.effect = HD_EFFECT_NONE;
	}
}

static int not_yet(struct rest_call *c)
{
	fault_set(&c->fault, HD_RETRY, DIAG_REST_TIME, "the service is not ready to answer this");
	fault_detail(&c->fault, "an Until of a reading operation of %s does not hold", c->t->type);
	return -1;
}

/* What the operation gives; NULL with a fault. */
static json_t *ask(struct rest_call *c, const struct operation *op)
{
	struct rest_call sub = asking(c);
	json_t *out = NULL;
	struct run x;

	if (run_open(&x, &sub, op, RUN_ASK) == 0) {
		enum run_result result = run_steps(&x);

		if (result == RUN_DONE)
			out = run_end(&x);
		else if (result == RUN_WAIT)
			not_yet(&sub);
	}
	run_close(&x);
	asked(c, &sub);
	return out;
}

static const struct operation *operation(struct rest_call *c, enum operation_kind kind)
{
	return &c->t->operations[kind];
}

json_t *look_shaped(struct rest_call *c, json_t *state)
{
	const json_t *said = c->desired ? c->desired : c->recorded;
	json_t *out;

	if (!state || json_is_null(state))
		return state;
	if (!json_is_object(state)) {
		fault_set(&c->fault, HD_FATAL, DIAG_REST_RESULT,
			  "the definition gives a state that is no object");
		fault_detail(&c->fault, "State of %s", c->t->type);
		c->fault.where = operation(c, OPERATION_READ)->state.where;
		json_decref(state);
		return NULL;
	}
	out = shape_state(c->shape, state, said);
	json_decref(state);
	return out;
}

json_t *look_state(struct rest_call *c)
{
	json_t *state = ask(c, operation(c, OPERATION_READ));

	if (!state && c->fault.status == HD_NOTFOUND)
		return json_null();
	return look_shaped(c, state);
}

void look_hand_over(struct rest_call *c, const json_t *state)
{
	const struct hd_host *host = c->s->host;

	host->set_id(c->call.op, span_of(c->id));
	host->set_state(c->call.op, span_of(json_text(c->a, state)));
}

/* --- read ----------------------------------------------------------------------------------- */

enum absence { ABSENCE_TOLD, ABSENCE_SILENT };

static int absent(struct rest_call *c, enum absence how)
{
	if (how == ABSENCE_SILENT) {
		fault_release(&c->fault);
		c->fault.status = HD_NOTFOUND;
		call_doubt_absence(c);
	} else if (!c->fault.summary.len) {
		call_doubt_absence(c);
		fault_set(&c->fault, HD_NOTFOUND, DIAG_REST_NOT_FOUND,
			  "the service has no such thing");
		fault_detail(&c->fault, "%s '%s', region '%s'", c->type, c->id, c->s->aws_region);
	}
	return call_fail(c);
}

static int show(struct rest_call *c, enum absence how)
{
	json_t *state = look_state(c);
	int status = HD_OK;

	if (!state)
		status = call_fail(c);
	else if (json_is_null(state))
		status = absent(c, how);
	else
		look_hand_over(c, state);
	if (status == HD_OK)
		c->s->host->set_effect(c->call.op, HD_EFFECT_NONE);
	json_decref(state);
	return status;
}

/* An import wants nothing, and says the same as the template in its words. */
static void take_words(struct rest_call *c, const struct hd_resource *r)
{
	if (!HD_KNOWS(struct hd_resource, r, words) || !r->words.len || c->desired)
		return;
	c->desired = span_json(c->a, r->words);
	c->imports = c->desired != NULL;
}

int rest_read(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct rest_call c;
	int status;

	if (call_begin(&c, s, op, r) < 0) {
		status = call_fail(&c);
	} else {
		take_words(&c, r);
		status = show(&c, ABSENCE_TOLD);
	}
	call_end(&c);
	return status;
}

/* --- find ----------------------------------------------------------------------------------- */

const char *look_id(struct rest_call *c, const json_t *item)
{
	const json_t *id = json_is_object(item) ? json_object_get(item, "Id") : item;

	if (json_is_integer(id))
		return arena_printf(c->a, "%lld", (long long)json_integer_value(id));
	return json_is_string(id) && *json_string_value(id)
		       ? arena_strdup(c->a, json_string_value(id))
		       : NULL;
}

json_t *look_find(struct rest_call *c, enum operation_kind kind)
{
	const struct operation *op = operation(c, kind);
	json_t *items = op->given ? ask(c, op) : json_array();
	bool fine = json_is_array(items);

	if (!items && c->fault.status == HD_NOTFOUND) {
		fault_release(&c->fault);
		return json_array();
	}
	if (json_is_null(items))
		return json_array();
	for (size_t i = 0; fine && i < json_array_size(items); i++)
		fine = look_id(c, json_array_get(items, i)) != NULL;
	if (!items || fine)
		return items;
	fault_set(&c->fault, HD_FATAL, DIAG_REST_RESULT,
		  "the definition gives items that are no list of {Id, State} or ids");
	fault_detail(&c->fault, "Items of %s", c->t->type);
	c->fault.where = op->items.where;
	json_decref(items);
	return NULL;
}

/* An item as it is handed over among others; what it does not say stays out. */
static void give_item(struct rest_call *c, const json_t *item)
{
	json_t *state = json_object_get(item, "State");
	json_t *shaped = json_is_object(state) ? shape_state(c->shape, state, NULL) : json_object();

	c->s->host->item(c->call.op, span_of(look_id(c, item)), span_of(json_text(c->a, shaped)));
	json_decref(shaped);
}

static int give_found(struct rest_call *c, const json_t *item)
{
	c->id = look_id(c, item);
	if (c->r->idem.len && resume_can(c))
		return resume_create(c);
	/* What a list shows of a thing is seldom all of it. */
	return show(c, ABSENCE_SILENT);
}

/* Nothing on the thing tells whose it is.  What has no namesake was not made; else it can only be
 * made again where a second time does no harm. */
static int find_without_key(struct rest_call *c)
{
	json_t *items = look_find(c, OPERATION_FIND_BY_NAME);
	bool told = operation(c, OPERATION_FIND_BY_NAME)->given && json_array_size(items) == 0;
	int status = items ? HD_NOTFOUND : call_fail(c);

	if (items && !told && !resume_repeatable(c))
		c->s->host->set_effect(c->call.op, HD_EFFECT_UNKNOWN);
	json_decref(items);
	return status;
}

static int find(struct rest_call *c)
{
	bool by_key = c->r->idem.len > 0;
	json_t *items;
	int status = HD_OK;

	if (*c->id)
		return show(c, ABSENCE_SILENT);
	if (by_key)
		call_doubt_absence(c);
	if (by_key && !operation(c, OPERATION_FIND_BY_KEY)->given)
		return find_without_key(c);
	items = look_find(c, by_key ? OPERATION_FIND_BY_KEY : OPERATION_FIND_BY_NAME);
	if (!items)
		status = call_fail(c);
	else if (json_array_size(items) == 0)
		status = HD_NOTFOUND;
	else if (json_array_size(items) == 1)
		status = give_found(c, json_array_get(items, 0));
	else
		for (size_t i = 0; i < json_array_size(items) && i < PAGE; i++)
			give_item(c, json_array_get(items, i));
	json_decref(items);
	return status;
}

int rest_find(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct rest_call c;
	int status = call_begin(&c, s, op, r) < 0 ? call_fail(&c) : find(&c);

	call_end(&c);
	return status;
}

/* --- list ----------------------------------------------------------------------------------- */

static void give_page(struct rest_call *c, const json_t *items, size_t from)
{
	size_t count = json_array_size(items), end = from + PAGE < count ? from + PAGE : count;

	for (size_t i = from; i < end; i++)
		give_item(c, json_array_get(items, i));
	if (end < count)
		c->s->host->set_result(c->call.op, span_of(arena_printf(c->a, "\"%zu\"", end)));
}

static int no_list(struct rest_call *c)
{
	fault_set(&c->fault, HD_FATAL, DIAG_REST_OPERATION, "the type cannot be listed");
	fault_detail(&c->fault, "the definition of %s has no List", c->t->type);
	return call_fail(c);
}

int rest_list(struct hd_session *s, struct hd_op *op, struct hd_span type, struct hd_span cursor)
{
	struct rest_call c;
	int64_t from = 0;
	json_t *items;
	int status = HD_OK;

	text_to_int64(span_text(cursor), 0, INT64_MAX, &from);
	if (call_begin_type(&c, s, op, type) < 0) {
		status = call_fail(&c);
	} else if (!operation(&c, OPERATION_LIST)->given) {
		status = no_list(&c);
	} else {
		items = look_find(&c, OPERATION_LIST);
		if (items)
			give_page(&c, items, (size_t)from);
		else
			status = call_fail(&c);
		json_decref(items);
	}
	call_end(&c);
	return status;
}
