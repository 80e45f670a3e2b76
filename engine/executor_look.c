/*
 * executor_look.c - nobody knows whether the change happened: ask, then decide.
 *
 * find() with the operation's key comes first, because it knows our own attempts (and may
 * say that one is still going on); read() by id when that knows nothing.  What was found is
 * compared with what was wanted.
 */
#include "engine/executor_parts.h"

#include <string.h>

/* How well the thing that is there fits what was wanted. */
enum likeness {
	LIKE_WANTED,  /* every wanted property is shown, and equal */
	LIKE_UNSHOWN, /* none differs, but some that can be read are not shown */
	LIKE_SECRET,  /* nor can a secret be compared: it may be an old one */
	LIKE_OTHER
};

static bool is_masked(const json_t *j)
{
	return json_is_object(j) && json_object_size(j) == 1 && json_object_get(j, "$secret");
}

/* What can never be read: nobody tells by it whether a change is complete. */
static bool is_hidden(const struct schema *s, const struct str *pointer)
{
	return s && pointer->len && schema_is_write_only(s, str_text(pointer));
}

static enum likeness compare(const struct schema *s, struct str *pointer, const json_t *wanted,
			     const json_t *shown)
{
	enum likeness worst = LIKE_WANTED;
	size_t len = pointer->len;
	const char *key;
	json_t *member;

	if (is_masked(wanted) && !is_masked(shown))
		return LIKE_SECRET;
	if (!shown)
		return is_hidden(s, pointer) ? LIKE_WANTED : LIKE_UNSHOWN;
	if (!json_is_object(wanted) || is_masked(wanted))
		return json_equal(wanted, shown) ? LIKE_WANTED : LIKE_OTHER;
	if (!json_is_object(shown))
		return LIKE_OTHER;
	json_object_foreach((json_t *)wanted, key, member)
	{
		enum likeness l;

		json_pointer_add(pointer, text_of(key));
		l = compare(s, pointer, member, json_object_get(shown, key));
		str_truncate(pointer, len);
		if (l > worst)
			worst = l;
	}
	return worst;
}

static enum likeness likeness_of(struct task *t)
{
	const char *sensitive;
	json_t *wanted = json_parse(text_of(t->op.intended.inputs), NULL, NULL);
	json_t *shown = json_parse(text_of(task_masked_state(t, &sensitive)), NULL, NULL);
	struct str pointer = STR_INIT;
	enum likeness l = compare(t->schema, &pointer, wanted, shown);

	str_release(&pointer);
	json_decref(wanted);
	json_decref(shown);
	return l;
}

static void ask(struct task *t, enum task_phase phase)
{
	t->phase = phase;
	task_prepare(t, phase == PHASE_FIND ? CALL_FIND : CALL_READ);
	dispatch_call(t->x->dispatch, &t->job);
}

void task_look(struct task *t)
{
	t->lost = t->job.work.outcome.status;
	diags_release(&t->errors);
	t->errors = t->job.work.outcome.diags;
	t->job.work.outcome.diags = DIAGS_INIT;
	if (t->x->broken || dispatch_level(t->x->dispatch) > 1)
		task_leave_open(t);
	else
		ask(t, task_can_find(t) ? PHASE_FIND : PHASE_READ);
}

/* --- what was seen decides --------------------------------------------------------- */

/* The errors of the call that made us look explain a failure. */
static void blame_lost_call(struct task *t)
{
	struct diags *d = &t->job.work.outcome.diags;

	diags_release(d);
	*d = t->errors;
	t->errors = DIAGS_INIT;
}

/* The same changing call once more: it has the same key. */
static bool again(struct task *t)
{
	static const enum call_kind kinds[] = {
		[TASK_CREATE] = CALL_CREATE,
		[TASK_UPDATE] = CALL_UPDATE,
		[TASK_DELETE] = CALL_REMOVE,
	};

	if (t->recovered || t->exists || !retry_is_passing(t->lost) ||
	    ++t->tries >= RETRY_ATTEMPTS || !executor_may_start(t->x))
		return false;
	t->phase = PHASE_CHANGE;
	task_prepare(t, kinds[t->kind]);
	dispatch_call(t->x->dispatch, &t->job);
	return true;
}

static void create_is_there(struct task *t)
{
	enum likeness l = likeness_of(t);

	/* find() may show less than there is; what read() does not show is missing. */
	if (l == LIKE_UNSHOWN && t->phase == PHASE_FIND && t->id && !t->exists) {
		t->found = true;
		ask(t, PHASE_READ);
	} else if (l == LIKE_WANTED || t->exists) {
		task_succeed(t);
	} else if (t->recovered) {
		/* It exists, so it is recorded; whether it is complete, a refresh shows. */
		t->doubtful = true;
		task_succeed(t);
	} else if (!again(t)) {
		blame_lost_call(t);
		task_fail_partly(t);
	}
}

/* Neither found nor known to be absent: made once more there could be two of it. */
static bool is_unknowable(const struct task *t)
{
	return t->phase == PHASE_FIND && t->kind == TASK_CREATE && !t->exists &&
	       t->job.work.outcome.effect == HD_EFFECT_UNKNOWN;
}

static void create_is_unknown(struct task *t)
{
	struct diags *d = &t->job.work.outcome.diags;
	const char *address = t->job.call.address;
	struct diag *g;

	blame_lost_call(t);
	g = diag_add(d, DIAG_RUN_UNKNOWABLE, t->job.call.where,
		     "nobody can tell whether this was made");
	diag_detail(d, g,
		    "No answer says so, and %s has no way to look for what an operation made.",
		    t->type);
	diag_hint(d, g,
		  "look whether it is there: if so, `hadeploy import %s ID` records it; if not, "
		  "run the same command again",
		  address);
	diag_address(d, g, address);
	diag_endpoint(d, g, t->job.call.endpoint);
	task_fail_unknown(t);
}

static void create_is_absent(struct task *t)
{
	if (t->recovered) {
		task_abandon(t);
	} else if (!again(t)) {
		blame_lost_call(t);
		task_fail(t);
	}
}

/* Nothing moved since the record was written. */
static bool as_before(struct task *t)
{
	const char *sensitive;

	return t->before && t->state &&
	       !strcmp(task_masked_state(t, &sensitive), t->before->outputs);
}

static void update_is_there(struct task *t)
{
	if (likeness_of(t) == LIKE_WANTED) {
		task_succeed(t);
	} else if (t->recovered && as_before(t)) {
		task_abandon(t);
	} else if (t->recovered) {
		task_fail_partly(t);
	} else if (!again(t)) {
		blame_lost_call(t);
		task_fail_partly(t);
	}
}

static void update_is_absent(struct task *t)
{
	if (!t->recovered)
		blame_lost_call(t);
	task_fail_gone(t);
}

static void delete_is_there(struct task *t)
{
	if (t->recovered) {
		task_abandon(t);
	} else if (!again(t)) {
		blame_lost_call(t);
		task_fail(t);
	}
}

static void present(struct task *t)
{
	switch (t->kind) {
	case TASK_CREATE:
		create_is_there(t);
		return;
	case TASK_UPDATE:
		update_is_there(t);
		return;
	case TASK_DELETE:
		delete_is_there(t);
		return;
	case TASK_SNAPSHOT:
	case TASK_FORGET:
	case TASK_LEARN:
		return;
	}
}

static void absent(struct task *t)
{
	switch (t->kind) {
	case TASK_CREATE:
		create_is_absent(t);
		return;
	case TASK_UPDATE:
		update_is_absent(t);
		return;
	case TASK_DELETE:
		task_succeed(t);
		return;
	case TASK_SNAPSHOT:
	case TASK_FORGET:
	case TASK_LEARN:
		return;
	}
}

/* One item is the thing; several would be a guess. */
static bool take_found(struct task *t)
{
	struct outcome *o = &t->job.work.outcome;

	if (o->found.count == 1 && !o->id) {
		o->id = o->found.items[0].id;
		o->state = o->found.items[0].state;
	}
	task_absorb(t, o);
	return (o->id && *o->id) || o->state;
}

static bool is_unique(const struct task *t)
{
	const struct outcome *o = &t->job.work.outcome;

	return o->id || o->found.count <= 1;
}

static void found_nothing(struct task *t)
{
	bool has_id = t->id || (t->kind != TASK_CREATE && t->before && *t->before->id);

	/* find() knows operations by their key; a thing with an id can be read. */
	if (t->phase == PHASE_FIND && has_id) {
		ask(t, PHASE_READ);
	} else if (t->found) {
		/* Its key found it: reading does not see it yet. */
		t->doubtful = true;
		task_succeed(t);
	} else if (is_unknowable(t)) {
		create_is_unknown(t);
	} else {
		absent(t);
	}
}

void task_looked(struct task *t)
{
	const struct outcome *o = &t->job.work.outcome;

	if (o->status == HD_PENDING)
		task_wait(t);
	else if (o->status == HD_OK && is_unique(t) && take_found(t))
		present(t);
	else if (o->status == HD_NOTFOUND || (o->status == HD_OK && is_unique(t)))
		found_nothing(t);
	else
		task_leave_open(t);
}
