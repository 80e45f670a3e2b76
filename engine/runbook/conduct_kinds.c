/*
 * conduct_kinds.c - the kinds of steps that are the conductor's own: Wait, Approval, Check; and
 * what stands for a driver in a simulated drill.
 */
#include <string.h>

#include "engine/estimate.h"
#include "engine/runbook/conduct_parts.h"

/* A step of a simulated drill that was never measured takes this long. */
#define REHEARSED_MS 1000

static const json_t *value_of(const struct attempt *at, const char *key)
{
	return json_object_get(at->run.spec->values, key);
}

static const char *text_value(const struct attempt *at, const char *key)
{
	const char *s = json_string_value(value_of(at, key));

	return s ? s : "";
}

bool duration_of(const json_t *j, int64_t *out_ms)
{
	if (json_is_string(j))
		return text_to_duration_ms(text_of(json_string_value(j)), out_ms);
	*out_ms = (int64_t)(json_number_value(j) * 1000);
	return json_is_number(j) && *out_ms >= 0;
}

static void well_done(struct attempt *at)
{
	attempt_end(at, STEP_ENDED_WELL_DONE, NULL);
}

static void time_is_over(struct errand *r)
{
	well_done(r->at);
}

/* --- Wait -------------------------------------------------------------------------------- */

/* Until when is remembered: what an earlier process has waited counts. */
static void wait_begin(struct attempt *at)
{
	struct conduct *x = at->run.x;
	int64_t until_ms = json_int(at->run.memory, "Until", 0), all_ms = 0, wait_ms;
	json_t *memory;

	if (!duration_of(value_of(at, "Duration"), &all_ms)) {
		attempt_end(at, STEP_ENDED_FAILED, "its Duration is no time");
		return;
	}
	if (!until_ms) {
		until_ms = conduct_wall_ms(x) + all_ms;
		memory = json_pack("{s:I}", "Until", (json_int_t)until_ms);
		if (step_remember(&at->run, memory)) {
			json_decref(memory);
			return;
		}
		json_decref(memory);
	}
	/* A clock that was set back meanwhile makes it no longer. */
	wait_ms = until_ms - conduct_wall_ms(x);
	wait_ms = wait_ms > all_ms ? all_ms : wait_ms;
	at->timer = errand_rest(x, at, wait_ms > 0 ? wait_ms : 0, time_is_over);
}

/* --- Check ------------------------------------------------------------------------------- */

/* Of several endpoints the worst lag counts. */
static void merge_lag(json_t *result, const json_t *values, const char *key)
{
	const json_t *old = json_object_get(result, key), *other = json_object_get(values, key);

	if (json_is_number(other) &&
	    (!json_is_number(old) || json_number_value(other) > json_number_value(old)))
		json_object_set(result, key, (json_t *)other);
}

/* What the endpoints measured, for !GetAtt: of what several did, what the first one did. */
static json_t *check_result(const struct attempt *at)
{
	json_t *result = json_object();

	for (size_t i = 0; i < at->measured.count; i++) {
		const struct check_answer *one = &at->measured.items[i].answer;
		json_t *values = *one->values ? json_parse(text_of(one->values), NULL, NULL) : NULL;

		if (i == 0) {
			json_object_set_new(result, "Healthy", json_boolean(one->healthy));
			json_object_set_new(result, "Detail", json_string(one->detail));
		}
		if (values)
			json_object_update_missing(result, values);
		merge_lag(result, values, "LagSeconds");
		merge_lag(result, values, "LagBytes");
		json_decref(values);
	}
	return result;
}

static void check_asked(struct attempt *at, enum check_set_end end, const char *why)
{
	if (end == CHECK_SET_FINE)
		step_over(&at->run, STEP_ENDED_WELL_DONE, check_result(at), NULL);
	else
		attempt_end(at, STEP_ENDED_FAILED, why);
}

static bool number_of(const json_t *j, double *out)
{
	if (json_is_number(j)) {
		*out = json_number_value(j);
		return true;
	}
	return json_is_string(j) && text_to_double(text_of(json_string_value(j)), out);
}

static const char *shown(struct arena *a, const json_t *j)
{
	return json_is_string(j) ? json_string_value(j) : json_text(a, j);
}

/* NULL, or what is wrong. */
static const char *bound_broken(struct attempt *at, const char *key, const char *words, int sign)
{
	const json_t *limit = value_of(at, key), *value = value_of(at, "Value");
	struct arena *a = at->run.x->a;
	double is, bound;

	if (!limit)
		return NULL;
	if (!number_of(value, &is) || !number_of(limit, &bound))
		return arena_printf(a, "'%s' and '%s' are not both numbers", shown(a, value),
				    shown(a, limit));
	if ((sign < 0 && is > bound) || (sign > 0 && is < bound))
		return arena_printf(a, "it is %s, %s %s", shown(a, value), words, shown(a, limit));
	return NULL;
}

static const char *not_equal(struct attempt *at)
{
	const json_t *wanted = value_of(at, "Equals"), *value = value_of(at, "Value");
	struct arena *a = at->run.x->a;
	double is, bound;

	if (!wanted || json_equal((json_t *)wanted, (json_t *)value) ||
	    !strcmp(shown(a, wanted), shown(a, value)) ||
	    (number_of(value, &is) && number_of(wanted, &bound) && !(is < bound) && !(is > bound)))
		return NULL;
	return arena_printf(a, "it is '%s', not '%s'", shown(a, value), shown(a, wanted));
}

static void compare(struct attempt *at)
{
	const char *why = bound_broken(at, "AtMost", "more than", -1);

	if (!why)
		why = bound_broken(at, "AtLeast", "less than", 1);
	if (!why)
		why = not_equal(at);
	attempt_end(at, why ? STEP_ENDED_FAILED : STEP_ENDED_WELL_DONE, why);
}

static void check_begin(struct attempt *at)
{
	const struct step_spec *spec = at->run.spec;

	if (value_of(at, "Value"))
		compare(at);
	else
		attempt_ask(at, spec->uses, spec->use_count, 0, check_asked);
}

/* --- Approval ---------------------------------------------------------------------------- */

static bool is_approver(const json_t *list, const char *user)
{
	const json_t *one;
	size_t i;

	if (json_is_string(list))
		return !strcmp(json_string_value(list), user);
	if (!json_array_size(list))
		return true;
	json_array_foreach(list, i, one)
	{
		if (json_is_string(one) && !strcmp(json_string_value(one), user))
			return true;
	}
	return false;
}

static json_t *approval_result(const struct execution_ask *q)
{
	return json_pack("{s:s, s:s}", "User", q->by.user ? q->by.user : "", "Reason",
			 q->reason ? q->reason : "");
}

const char *approval_answer(struct step *s, const struct execution_ask *q)
{
	struct attempt *at = s->now;
	const char *confirm = text_value(at, "Confirm");

	if (!is_approver(value_of(at, "Approvers"), q->by.user ? q->by.user : ""))
		return arena_printf(s->x->a, "'%s' is none of its approvers",
				    q->by.user ? q->by.user : "");
	if (q->request == REQUEST_DECLINE) {
		s->x->out->declined = true;
		attempt_refuse(at, arena_printf(s->x->a, "declined by %s%s%s",
						conduct_by_text(s->x->a, &q->by),
						q->reason && *q->reason ? ": " : "",
						q->reason ? q->reason : ""));
		return NULL;
	}
	/* number 0: said on the command line, before it was asked. */
	if (*confirm && q->number && strcmp(confirm, q->text ? q->text : "") != 0)
		return "what was typed is not what it asks for";
	step_over(&at->run, STEP_ENDED_WELL_DONE, approval_result(q), NULL);
	return NULL;
}

static struct step_story story_of(const struct step *s)
{
	return (struct step_story){
		.path = s->p->path,
		.kind = step_kind_name(s->p->kind),
		.promotes = s->promotes,
		.status = s->phase == PHASE_HELD ? STEP_FAILED : s->status,
		.attempts = s->attempts,
		.ungraceful = s->grace == STEP_UNGRACEFUL,
		.key = s->key ? s->key : "",
		.memory = "",
		.result = "",
		.reason = s->reason ? s->reason : "",
		.text = s->phase == PHASE_HELD && s->x->outlook ? s->x->outlook : "",
		.started_ms = s->started_ms,
	};
}

/* Whoever sits at the terminal may answer as if from another one. */
void approval_look(struct step *s)
{
	struct conduct *x = s->x;
	const struct step_story story = story_of(s);
	struct execution_ask q = {.by = x->owner, .reason = "", .text = "", .step = s->p->path};
	bool held = s->phase == PHASE_HELD;
	int64_t asked_ms = dispatch_now_ms(x->dispatch);
	bool answered;

	if (!x->q->ask)
		return;
	answered = x->q->ask(x->q->context, &story,
			     held ? story.reason : text_value(s->now, "Message"),
			     held ? "" : text_value(s->now, "Confirm"), &q) != 0;
	x->waited_ms += dispatch_now_ms(x->dispatch) - asked_ms;
	if (!answered)
		return;
	q.step = s->p->path;
	if (!q.by.user)
		q.by = x->owner;
	q.number = -1;
	asks_take(x, &q);
}

static json_t *waiting_data(const struct attempt *at)
{
	json_t *data = json_pack("{s:s}", "Message", text_value(at, "Message"));
	const char *const keys[] = {"Approvers", "Confirm"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (value_of(at, keys[i]))
			json_object_set(data, keys[i], (json_t *)value_of(at, keys[i]));
	conduct_mask(at->run.spec->secrets, data);
	return data;
}

static const struct execution_ask *said_before(struct step *s)
{
	struct conduct *x = s->x;

	for (size_t i = 0; i < x->early.count; i++)
		if (conduct_find(x, x->early.items[i].step) == s)
			return &x->early.items[i];
	return NULL;
}

static void approval_begin(struct attempt *at)
{
	struct step *s = at->s;
	const struct execution_ask *q = said_before(s);

	if (q && !approval_answer(s, q))
		return;
	if (!step_write(s, ENTRY_STEP_WAITING, waiting_data(at)))
		return;
	s->status = STEP_PENDING_APPROVAL;
}

/* --- groups ------------------------------------------------------------------------------ */

static bool goes_on_with(const struct step *child)
{
	return child->phase == PHASE_OVER && child->status == STEP_FAILED && !child->passed_over;
}

/* Another try of a group goes on with what failed in it. */
static void group_begin(struct attempt *at)
{
	struct step *s = at->s;

	for (size_t i = 0; i < s->child_count; i++)
		if (goes_on_with(s->children[i]))
			step_again(s->children[i], "its group is tried again");
	s->x->turned = true;
}

/* --- rehearsal --------------------------------------------------------------------------- */

static int64_t rehearsed_ms(const struct attempt *at)
{
	const struct conduct *x = at->run.x;
	const struct duration *d = conduct_duration(&x->durations, x->row.runbook, at->s->p->path);
	int64_t wait_ms;

	if (at->s->p->kind == STEP_WAIT && duration_of(value_of(at, "Duration"), &wait_ms))
		return wait_ms;
	if (d && d->count)
		return estimate_of(d->samples_ms, d->count).typical_ms;
	return at->s->p->kind == STEP_APPROVAL ? 0 : REHEARSED_MS;
}

void rehearse_begin(struct attempt *at)
{
	at->timer = errand_rest(at->run.x, at, rehearsed_ms(at), time_is_over);
}

void kind_begin(struct attempt *at)
{
	static void (*const begin[STEP_KIND_COUNT])(struct attempt * at) = {
		[STEP_APPROVAL] = approval_begin, [STEP_CHECK] = check_begin,
		[STEP_WAIT] = wait_begin,         [STEP_FENCE] = fence_begin,
		[STEP_RUNBOOK] = group_begin,     [STEP_SEQUENCE] = group_begin,
		[STEP_PARALLEL] = group_begin,
	};
	enum step_kind k = at->s->p->kind;

	if (begin[k])
		begin[k](at);
	else
		attempt_end(at, STEP_ENDED_FAILED,
			    arena_printf(at->run.x->a, "nothing carries out a step of type %s",
					 step_kind_name(k)));
}
