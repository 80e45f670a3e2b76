#include "engine/runbook/driver_call.h"

#include <stdarg.h>
#include <string.h>

#include "base/digest.h"
#include "base/limits.h"

/* Providers say when to ask again; what they say is kept between these. */
#define POLL_WAIT_MIN_MS 100
#define POLL_WAIT_MAX_MS 60000

static int64_t bounded(int64_t wait_ms)
{
	if (wait_ms < POLL_WAIT_MIN_MS)
		return POLL_WAIT_MIN_MS;
	return wait_ms > POLL_WAIT_MAX_MS ? POLL_WAIT_MAX_MS : wait_ms;
}

void step_fail(struct step_run *s, const char *fmt, ...)
{
	struct str text = STR_INIT;
	va_list ap;

	va_start(ap, fmt);
	str_vprintf(&text, fmt, ap);
	va_end(ap);
	step_over(s, STEP_ENDED_FAILED, NULL, arena_text(s->arena, str_text(&text)));
	str_release(&text);
}

const char *step_reason(const struct step_run *s, const char *name, const struct outcome *o)
{
	return arena_printf(s->arena, "%s%s%s", name, *name ? ": " : "",
			    outcome_reason(s->arena, o));
}

const char *step_part_key(const struct step_run *s, const char *part)
{
	char digest[65];

	digest_hmac_sha256(text_of(s->key), text_of(part), digest);
	return arena_strndup(s->arena, digest, 32);
}

json_t *step_pick(const json_t *from, const char *const *names, size_t count)
{
	json_t *out = json_object();

	for (size_t i = 0; i < count; i++) {
		json_t *member = json_object_get(from, names[i]);

		if (member)
			json_object_set(out, names[i], member);
	}
	return out;
}

/* --- results --------------------------------------------------------------------------- */

/* The last STEP_OUTPUT_LEN bytes, from the beginning of a character. */
static struct text tail(struct text t)
{
	if (t.len <= STEP_OUTPUT_LEN)
		return t;
	t.ptr += t.len - STEP_OUTPUT_LEN;
	t.len = STEP_OUTPUT_LEN;
	for (; t.len && ((unsigned char)*t.ptr & 0xc0) == 0x80; t.len--)
		t.ptr++;
	return t;
}

static json_t *shown_text(const struct secrets *secrets, const json_t *j)
{
	struct text t = {json_string_value(j), json_string_length(j)};
	struct str out = STR_INIT;
	json_t *shown;

	secrets_mask_text(secrets, t, &out);
	t = tail(str_text(&out));
	shown = json_stringn(t.ptr, t.len);
	str_release(&out);
	return shown;
}

/* A new one; json_parse bounds the depth. */
static json_t *shown(const struct secrets *secrets, json_t *j)
{
	json_t *out, *member;
	const char *key;
	size_t i;

	if (json_is_string(j))
		return shown_text(secrets, j);
	if (json_is_array(j)) {
		out = json_array();
		json_array_foreach(j, i, member) json_array_append_new(out, shown(secrets, member));
		return out;
	}
	if (!json_is_object(j))
		return json_incref(j);
	out = json_object();
	json_object_foreach(j, key, member) json_object_set_new(out, key, shown(secrets, member));
	return out;
}

json_t *step_result(const struct step_run *s, const struct outcome *o)
{
	json_t *j = o->result ? json_parse(text_of(o->result), NULL, NULL) : NULL;
	json_t *out = json_is_object(j) ? shown(s->spec->secrets, j) : json_object();

	json_decref(j);
	return out;
}

/* --- one act --------------------------------------------------------------------------- */

static bool can_act(const struct call *c)
{
	return HD_KNOWS(struct hd_provider, c->table, act) && c->table->act;
}

static void report_unable(struct step_run *s, const struct call *c, const char *action)
{
	struct diags *d = step_diags(s);
	struct diag *g = diag_add(d, DIAG_STEP_NO_ACT, s->step->where,
				  "provider '%s' cannot act: step '%s' needs '%s' of it",
				  c->table->name, s->step->path, action);

	diag_hint(d, g, "nothing was begun; name another provider, or another kind of step");
	step_fail(s, "provider '%s' cannot act", c->table->name);
}

int step_act_prepare(struct step_act *a, const struct step_place *place)
{
	struct step_run *s = a->s;
	struct call *c;

	if (!a->job)
		a->job = step_job(s, place);
	if (!a->job)
		return -1;
	c = &a->job->call;
	if (!can_act(c)) {
		report_unable(s, c, a->action);
		return -1;
	}
	c->type = a->type ? a->type : "";
	c->what = a->action;
	c->args = a->args;
	c->idem = a->key;
	c->endpoint = a->endpoint;
	c->address = s->step->path;
	c->secrets = s->spec->secrets;
	c->where = s->step->where;
	return 0;
}

void step_act_begin(struct step_act *a)
{
	struct dispatch *x = step_dispatch(a->s);
	int64_t allowed_ms = a->s->spec->timeout_ms;

	a->job->call.kind = a->token ? CALL_POLL : CALL_ACT;
	a->job->call.token = a->token;
	a->job->deadline_ms =
		dispatch_now_ms(x) + (allowed_ms ? allowed_ms : OPERATION_DEADLINE_MS);
	dispatch_call(x, a->job);
}

static enum act_step is_over(struct step_act *a, enum act_step how)
{
	a->over = true;
	return how;
}

static enum act_step wait_for_it(struct step_act *a)
{
	const struct outcome *o = &a->job->work.outcome;
	bool news = !a->token || strcmp(a->token, o->token) != 0;

	if (news)
		a->token = arena_strdup(a->s->arena, o->token);
	dispatch_rest(step_dispatch(a->s), a->job, bounded(o->wait_ms));
	return news ? ACT_PENDING : ACT_GOES_ON;
}

/* Nobody knows: the same call with the same key finds out, or does it once. */
static enum act_step look(struct step_act *a)
{
	const struct outcome *o = &a->job->work.outcome;

	a->tried = true;
	if (retry_is_passing(o->status) && dispatch_again(step_dispatch(a->s), a->job))
		return ACT_GOES_ON;
	return is_over(a, ACT_FAILED);
}

static enum act_step ended(struct step_act *a)
{
	const struct outcome *o = &a->job->work.outcome;

	switch (retry_verdict(o->status, o->effect, call_nature(a->job->call.kind))) {
	case VERDICT_DONE:
		return is_over(a, ACT_DONE);
	case VERDICT_PENDING:
		return wait_for_it(a);
	case VERDICT_LOOK:
		return look(a);
	case VERDICT_AGAIN: /* its attempts are used up */
	case VERDICT_LATER:
	case VERDICT_GONE:
	case VERDICT_EXISTS:
	case VERDICT_FAIL:
	case VERDICT_PARTIAL:
		return is_over(a, ACT_FAILED);
	}
	return is_over(a, ACT_FAILED);
}

static enum act_step poll_again(struct step_act *a)
{
	a->job->call.kind = CALL_POLL;
	a->job->call.token = a->token;
	dispatch_call(step_dispatch(a->s), a->job);
	return ACT_GOES_ON;
}

enum act_step step_act_event(struct step_act *a, const struct dispatch_event *ev)
{
	switch (ev->kind) {
	case DISPATCH_ENDED:
		return ended(a);
	case DISPATCH_DUE:
		return poll_again(a);
	case DISPATCH_PROGRESS:
		step_progress(a->s, ev->progress.text);
		return ACT_GOES_ON;
	case DISPATCH_START:
	case DISPATCH_SLOW:
	case DISPATCH_INTERRUPTED:
	case DISPATCH_LOCKS_LOST:
	case DISPATCH_QUIET:
		break;
	}
	return ACT_GOES_ON;
}

void step_withdraw(struct step_run *s, struct job *j)
{
	switch (j->state) {
	case JOB_QUEUED:
	case JOB_RETRYING:
	case JOB_RESTING:
		dispatch_withdraw(step_dispatch(s), j);
		return;
	case JOB_IDLE:
	case JOB_STARTED:
	case JOB_CALLING:
		return;
	}
}

void step_act_stop(struct step_act *a)
{
	if (a->job && !a->over)
		step_withdraw(a->s, a->job);
	a->over = true;
}
