/* change.c - create, update and remove: each is one transaction on the cloud's file. */
#include <string.h>

#include "providers/kit/span.h"
#include "providers/sim/shape.h"

/* What has begun goes on for a while. */
static void set_busy(struct visit *v, struct sim_thing *t, enum sim_busy busy)
{
	t->last_key = v->event.key;
	t->changed_ms = v->now_ms;
	t->busy = v->pending_ms > 0 ? busy : SIM_READY;
	t->busy_until_ms = v->pending_ms > 0 ? v->now_ms + v->pending_ms : 0;
}

static enum hd_effect effect_of(const struct visit *v)
{
	return visit_deed(v) == DEED_HALF ? HD_EFFECT_PARTIAL : HD_EFFECT_DONE;
}

/* --- create ----------------------------------------------------------------------------- */

static int name_taken(struct visit *v, const struct sim_thing *t)
{
	fault_set(&v->fault, HD_EXISTS, DIAG_SIM_EXISTS, "there is one of this name already");
	fault_detail(&v->fault, "'%s' of type %s in '%s'", t->id, t->type,
		     v->session->place.region);
	return -1;
}

/* Two things have one name, and not one key. */
static int check_name(struct visit *v, const struct sim_thing *t)
{
	struct sim_store *store = v->session->store;
	struct sim_thing other;
	int there;

	if (!*t->name)
		return 0;
	there = store_find(store, v->arena,
			   &(struct sim_search){.by = SIM_BY_NAME,
						.type = text_of(t->type),
						.word = text_of(t->name)},
			   &other, &v->fault);
	if (there == 1 && other.busy == SIM_DELETING && !visit_is_busy(v, &other)) {
		v->event.effect = HD_EFFECT_DONE;
		return visit_record(v, SIM_DELETE, &other);
	}
	return there == 1 ? name_taken(v, t) : there;
}

/* With keys that nobody honours the second of two twins needs another id. */
static int choose_id(struct visit *v, struct sim_thing *t)
{
	struct sim_store *store = v->session->store;
	struct sim_thing other;
	int there = 1;

	for (int64_t nth = 0; there == 1; nth++) {
		if (shape_new(v, t, nth) < 0 || check_name(v, t) < 0)
			return -1;
		there = store_find(store, v->arena,
				   &(struct sim_search){.by = SIM_BY_ID,
							.type = text_of(t->type),
							.word = text_of(t->id)},
				   &other, &v->fault);
		if (there == 1 && *t->name)
			return name_taken(v, t);
	}
	return there;
}

static int make(struct visit *v, struct sim_thing *t)
{
	*t = (struct sim_thing){
		.type = v->type->name,
		.key = v->event.key,
		.created_ms = v->now_ms,
	};
	set_busy(v, t, SIM_CREATING);
	if (visit_deed(v) == DEED_HIDDEN)
		t->visible_ms = v->now_ms + v->rule->for_ms;
	if (choose_id(v, t) < 0)
		return -1;
	v->event.effect = effect_of(v);
	return visit_record(v, SIM_CREATE, t);
}

/* 1: it is there already, made with the same key. */
static int made_before(struct visit *v, struct sim_thing *t)
{
	if (v->session->settings.keys_ignored || !v->r->idem.len)
		return 0;
	return store_find(v->session->store, v->arena,
			  &(struct sim_search){.by = SIM_BY_KEY,
					       .type = span_text(v->r->type),
					       .word = span_text(v->r->idem)},
			  t, &v->fault);
}

static int create(struct visit *v, struct sim_thing *t, enum hd_effect *effect)
{
	int before = made_before(v, t);

	*effect = before == 1 ? HD_EFFECT_NONE : effect_of(v);
	return before == 0 ? make(v, t) : before < 0 ? -1 : 0;
}

/* --- update and remove ------------------------------------------------------------------- */

/* 1, or -1: nothing to work on. */
static int find_for_change(struct visit *v, struct sim_thing *t)
{
	int there = visit_find(v, t);

	if (there == 0)
		return visit_not_found(v);
	return there < 0 ? -1 : 1;
}

static int update(struct visit *v, struct sim_thing *t, enum hd_effect *effect)
{
	int changed;

	*effect = HD_EFFECT_NONE;
	if (find_for_change(v, t) < 0)
		return -1;
	/* The same request once more, and it has not come to its end. */
	if (visit_is_busy(v, t) && strcmp(t->last_key, v->event.key) == 0)
		return 0;
	if (visit_check_busy(v, t) < 0)
		return -1;
	changed = shape_changed(v, t);
	/* What the plan computed from elsewhere, such as a file's content, is not seen here. */
	if (changed < 0 || (changed == 0 && !v->session->settings.rehearses))
		return changed;
	*effect = v->event.effect = effect_of(v);
	set_busy(v, t, SIM_UPDATING);
	t->changes++;
	return visit_record(v, SIM_UPDATE, t);
}

static int begin_delete(struct visit *v, struct sim_thing *t)
{
	set_busy(v, t, SIM_DELETING);
	return store_put(v->session->store, t, &v->fault);
}

static int remove_thing(struct visit *v, struct sim_thing *t, enum hd_effect *effect)
{
	*effect = HD_EFFECT_DONE;
	if (find_for_change(v, t) < 0)
		return -1;
	if (visit_is_busy(v, t) && t->busy == SIM_DELETING)
		return 0;
	if (visit_check_busy(v, t) < 0)
		return -1;
	if (visit_deed(v) == DEED_HALF)
		return 0;
	v->event.effect = HD_EFFECT_DONE;
	return v->pending_ms > 0 ? begin_delete(v, t) : visit_record(v, SIM_DELETE, t);
}

typedef int change_fn(struct visit *v, struct sim_thing *t, enum hd_effect *effect);

static int in_transaction(struct visit *v, change_fn *change)
{
	struct sim_thing t = {0};
	enum hd_effect effect = HD_EFFECT_NONE;
	int rc = visit_enter(v);

	if (rc == 0)
		rc = store_begin(v->session->store, &v->fault);
	if (rc == 0)
		rc = visit_settle(v, change(v, &t, &effect));
	return rc < 0 ? visit_say(v) : visit_answer(v, &t, effect);
}

int sim_create(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct visit v;
	int status;

	visit_open(&v, s, op, r, OP_CREATE);
	status = in_transaction(&v, create);
	visit_close(&v);
	return status;
}

int sim_update(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct visit v;
	int status;

	visit_open(&v, s, op, r, OP_UPDATE);
	status = in_transaction(&v, update);
	visit_close(&v);
	return status;
}

int sim_remove(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	struct visit v;
	int status;

	visit_open(&v, s, op, r, OP_DELETE);
	status = in_transaction(&v, remove_thing);
	visit_close(&v);
	return status;
}
