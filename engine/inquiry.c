/* inquiry.c - see inquiry.h. */
#include "engine/inquiry.h"

#include "base/limits.h"
#include "engine/inquiry_order.h"
#include "engine/session.h"

struct asking {
	struct engine *e;
	struct diags *d;
	const struct inquiries *list;
	struct dispatch *dispatch;
	struct inquiry_order *order; /* NULL: all at once */
	size_t left;
	bool stopped;
};

static void tell(struct asking *x, const struct inquiry *q, enum event_kind kind)
{
	engine_tell(x->e, (struct event){
				  .kind = kind,
				  .addr = q ? q->addr : NULL,
				  .type = q ? q->type : NULL,
				  .action = "read",
				  .endpoint = q ? lane_endpoint(&q->job.lane) : NULL,
				  .done = x->list->count - x->left,
				  .total = x->list->count,
			  });
}

/* False when it cannot even be asked. */
static bool begin(struct asking *x, struct inquiry *q)
{
	struct call *c = &q->job.call;

	c->session = sessions_get(x->e->sessions, q->entry, &q->addr->instance, x->d);
	if (!c->session)
		return false;
	c->table = q->entry->table;
	c->type = q->type;
	c->address = address_text(q->arena, q->addr);
	q->job.addr = q->addr;
	q->job.type = q->type;
	q->job.lane.order = (size_t)(q - x->list->items);
	q->job.deadline_ms = dispatch_now_ms(x->dispatch) + OPERATION_DEADLINE_MS;
	dispatch_enroll(x->dispatch, &q->job, &q->addr->instance, q->entry->name, c->endpoint);
	return true;
}

static void drop(struct asking *x, struct inquiry *q)
{
	x->left--;
	arena_free(q->arena);
	q->arena = NULL;
}

static void answer(struct asking *x, struct inquiry *q, struct outcome *o)
{
	enum inquiry_end end = x->list->answered(x->list->context, q, o);

	if (x->order)
		inquiry_order_ended(x->order, (size_t)(q - x->list->items), end);
}

static void refuse(struct asking *x, struct inquiry *q)
{
	struct outcome none = {.status = HD_FATAL};

	answer(x, q, &none);
	drop(x, q);
}

static void start_all(struct asking *x)
{
	for (size_t i = 0; i < x->list->count; i++) {
		struct inquiry *q = &x->list->items[i];

		if (q->arena && !begin(x, q))
			refuse(x, q);
	}
	/* All are enrolled before the first is called, so that each region gets its share. */
	for (size_t i = 0; i < x->list->count; i++) {
		if (x->list->items[i].arena)
			dispatch_call(x->dispatch, &x->list->items[i].job);
	}
}

static void take_turn(struct asking *x, const struct inquiry_turn *turn)
{
	for (size_t i = 0; i < turn->count; i++) {
		struct inquiry *q = &x->list->items[turn->items[i]];

		if (!q->arena)
			continue;
		if (turn->kind == INQUIRY_CANCEL)
			drop(x, q);
		else if (begin(x, q))
			dispatch_call(x->dispatch, &q->job);
		else
			refuse(x, q);
	}
}

static void take_turns(struct asking *x)
{
	struct inquiry_turn turn;

	while (!x->stopped && inquiry_order_next(x->order, &turn))
		take_turn(x, &turn);
}

static void start(struct asking *x)
{
	tell(x, NULL, EVENT_REFRESH_STARTED);
	if (x->order)
		take_turns(x);
	else
		start_all(x);
}

static void ended(struct asking *x, struct inquiry *q)
{
	struct outcome *o = &q->job.work.outcome;

	answer(x, q, o);
	outcome_release(o);
	x->left--;
	tell(x, q, EVENT_REFRESHED);
	dispatch_retire(x->dispatch, &q->job);
	arena_free(q->arena);
	q->arena = NULL;
	if (x->order)
		take_turns(x);
}

/* Asking changes nothing, so nobody has to wait for it. */
static void withdraw_all(struct asking *x)
{
	x->stopped = true;
	dispatch_cancel(x->dispatch);
	for (size_t i = 0; i < x->list->count; i++) {
		struct inquiry *q = &x->list->items[i];

		if (!q->arena)
			continue;
		if (q->job.state == JOB_IDLE) {
			drop(x, q);
		} else if (q->job.state == JOB_QUEUED || q->job.state == JOB_RETRYING) {
			dispatch_withdraw(x->dispatch, &q->job);
			x->left--;
		}
	}
}

static void run(struct asking *x)
{
	struct dispatch_event ev;

	while (x->left) {
		dispatch_next(x->dispatch, &ev);
		switch (ev.kind) {
		case DISPATCH_ENDED:
			ended(x, container_of(ev.job, struct inquiry, job));
			break;
		case DISPATCH_INTERRUPTED:
			engine_tell(x->e, (struct event){.kind = EVENT_CANCELLING,
							 .text = "reading is stopped"});
			withdraw_all(x);
			break;
		case DISPATCH_LOCKS_LOST:
			withdraw_all(x);
			break;
		case DISPATCH_QUIET:
			dispatch_wait(x->dispatch);
			break;
		case DISPATCH_START:
		case DISPATCH_DUE:
		case DISPATCH_SLOW:
		case DISPATCH_PROGRESS:
			break;
		}
	}
}

static void tell_tolerated(const struct asking *x)
{
	for (size_t i = 0; x->list->tolerated && i < x->list->count; i++) {
		if (inquiry_order_tolerates(x->order, i))
			x->list->tolerated(x->list->context, &x->list->items[i]);
	}
}

static void release(struct asking *x)
{
	dispatch_free(x->dispatch);
	inquiry_order_free(x->order);
	for (size_t i = 0; i < x->list->count; i++) {
		struct inquiry *q = &x->list->items[i];

		outcome_release(&q->job.work.outcome);
		arena_free(q->arena);
		q->arena = NULL;
	}
}

/* -1 when too many failed. */
static int conclude(const struct asking *x)
{
	if (x->stopped) {
		diag_add(x->d, DIAG_RUN_STOPPED, RANGE_NONE, "stopped while %s", x->list->what);
		return -1;
	}
	if (!x->order)
		return 0;
	tell_tolerated(x);
	return inquiry_order_complain(x->order, x->list->what, x->d);
}

int inquire(struct engine *e, const struct inquiries *list, struct diags *d)
{
	struct asking x = {.e = e, .d = d, .list = list};
	int rc;

	for (size_t i = 0; i < list->count; i++)
		x.left += list->items[i].arena != NULL;
	if (!x.left)
		return 0;
	if (list->wishes) {
		x.order = inquiry_order_new(e, list, d);
		if (!x.order)
			return -1;
	}
	x.dispatch = dispatch_new(e, d);
	start(&x);
	run(&x);
	rc = conclude(&x);
	release(&x);
	return rc;
}
