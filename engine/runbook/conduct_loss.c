/*
 * conduct_loss.c - how much would be lost: the lag of the standby is asked for before the old
 * primary is cut off and before another one is promoted; above the RPO, or where nobody knows it,
 * nothing of that is begun, unless somebody accepts it with a reason.  At the promotion it becomes
 * the RPO that was reached.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

/* The standby answers soon or not at all. */
#define LAG_WITHIN_MS 5000

/* --- what checks say --------------------------------------------------------------------- */

/* 0 when it is none. */
static int64_t time_ms(const char *text)
{
	int64_t ms;

	return clock_parse_rfc3339(text, &ms) ? ms : 0;
}

/* "0/16B3748"; 0 when it is none. */
static uint64_t lsn_of(const char *text)
{
	uint64_t parts[2] = {0, 0};
	size_t part = 0;

	for (; *text; text++) {
		static const char digits[] = "0123456789ABCDEFabcdef";
		const char *at = strchr(digits, *text);
		uint64_t value = at ? (uint64_t)(at - digits) : 0;

		if (*text == '/' && part == 0)
			part = 1;
		else if (!at)
			return 0;
		else
			parts[part] = parts[part] << 4 | (value > 15 ? value - 6 : value);
	}
	return part ? parts[0] << 32 | parts[1] : 0;
}

/* It is no standby any more: what never arrived is not to be seen on it. */
static bool is_promoted(const json_t *values)
{
	return !strcmp(json_str(values, "Role", ""), "primary");
}

static void take_lag(struct lag *lag, const json_t *j, int64_t at_ms)
{
	const json_t *seconds = json_object_get(j, "LagSeconds");
	const json_t *bytes = json_object_get(j, "LagBytes");
	const char *commit = json_str(j, "LastCommit", "");

	if (!is_promoted(j) && (json_is_number(seconds) || json_is_integer(bytes) || *commit))
		*lag = (struct lag){
			.known = json_is_number(seconds),
			.at_ms = at_ms,
			.seconds = json_number_value(seconds),
			.bytes = json_is_integer(bytes) ? json_integer_value(bytes) : -1,
			.last_commit_ms = time_ms(commit),
			.lsn = lsn_of(json_str(j, "Lsn", "")),
		};
}

/* True: it answered as one that was promoted. */
static bool read_lag(struct lag *lag, const char *values, int64_t at_ms)
{
	json_t *j = values && *values ? json_parse(text_of(values), NULL, NULL) : NULL;
	bool promoted = is_promoted(j);

	take_lag(lag, j, at_ms);
	json_decref(j);
	return promoted;
}

void loss_heard(struct conduct *x, const json_t *data, int64_t at_ms)
{
	const struct manifest_check *check = x->p->objectives.lag;
	const char *to = bound_to(x->bound);

	if (check && to && !strcmp(json_str(data, "Check", ""), check->name) &&
	    !strcmp(json_str(data, "Region", ""), to))
		take_lag(&x->lag, json_object_get(data, "Values"), at_ms);
}

static void load_sample(struct conduct *x)
{
	const struct manifest_check *check = x->p->objectives.lag;
	const char *to = bound_to(x->bound);
	struct sample_list list = {NULL, 0};
	struct diags ignored = DIAGS_INIT;

	journal_load_samples(x->state, SAMPLE_LATEST, x->a, &list, &ignored);
	diags_release(&ignored);
	for (size_t i = 0; to && i < list.count; i++)
		if (!strcmp(list.items[i].check, check->name) && !strcmp(list.items[i].region, to))
			read_lag(&x->lag, list.items[i].values, list.items[i].at_ms);
}

/* --- the old primary --------------------------------------------------------------------- */

struct seen_alive {
	int64_t at_ms;       /* the last time that it was known alive; 0: never seen */
	int64_t interval_ms; /* of the check that saw it */
	uint64_t lsn;        /* then; 0: not known */
};

static void look_at(struct conduct *x, struct seen_alive *seen, const struct check_sample *c)
{
	const struct manifest_check *check = manifest_check(x->e->project->manifest, c->check);
	json_t *j = *c->values ? json_parse(text_of(c->values), NULL, NULL) : NULL;
	bool primary =
		json_flag(j, "Writable", false) || !strcmp(json_str(j, "Role", ""), "primary");

	if (primary && c->at_ms > seen->at_ms)
		*seen = (struct seen_alive){c->at_ms, check ? check->interval_ms : 0,
					    lsn_of(json_str(j, "Lsn", ""))};
	json_decref(j);
}

static struct seen_alive last_seen(struct conduct *x)
{
	const char *from = bound_from(x->bound);
	struct sample_list list = {NULL, 0};
	struct diags ignored = DIAGS_INIT;
	struct seen_alive seen = {0, 0, 0};

	journal_load_samples(x->state, SAMPLE_HEALTHY, x->a, &list, &ignored);
	diags_release(&ignored);
	for (size_t i = 0; from && i < list.count; i++)
		if (list.items[i].healthy && !strcmp(list.items[i].region, from))
			look_at(x, &seen, &list.items[i]);
	return seen;
}

/* All that it had committed when it was seen last has arrived. */
static bool covers(const struct conduct *x, const struct seen_alive *seen)
{
	return seen->lsn && x->lag.lsn >= seen->lsn;
}

/* At most so much never arrived; -1: not known.  The lag by itself does not say: what never arrived
 * is not in it, and it grows while nobody commits.  Of what was written between the last look at
 * the old primary and its end nobody knows. */
static int64_t lost_ms(struct conduct *x)
{
	struct seen_alive seen = last_seen(x);
	int64_t cut_ms = seen.at_ms > x->since_ms ? seen.at_ms : x->since_ms;
	int64_t from_ms = x->lag.last_commit_ms;

	if (covers(x, &seen) && seen.at_ms > from_ms)
		from_ms = seen.at_ms;
	if (!from_ms)
		return x->lag.known ? (int64_t)(x->lag.seconds * 1000) : -1;
	return cut_ms > from_ms ? cut_ms - from_ms : 0;
}

/* A standby that had everything at a look shortly before the end did keep up: the time between two
 * looks is no reason to refuse. */
static bool kept_up(struct conduct *x)
{
	struct seen_alive seen = last_seen(x);

	return covers(x, &seen) && seen.at_ms + 2 * seen.interval_ms >= x->since_ms;
}

/* --- the guard --------------------------------------------------------------------------- */

struct loss_asking {
	struct attempt *at;
	struct check_set *set;
	void (*then)(struct attempt *at, const char *refusal);
};

static const char *estimate(struct conduct *x)
{
	char lag[CLOCK_TEXT_LEN], objective[CLOCK_TEXT_LEN];
	int64_t ms = lost_ms(x);

	clock_format_duration(ms, lag);
	clock_format_duration(x->p->objectives.rpo_ms, objective);
	if (ms < 0)
		return arena_printf(x->a, "nobody knows how far the standby is behind, RPO is %s",
				    objective);
	if (x->lag.bytes >= 0)
		return arena_printf(x->a, "the standby is %s (%lld bytes) behind, RPO is %s", lag,
				    (long long)x->lag.bytes, objective);
	return arena_printf(x->a, "the standby is %s behind, RPO is %s", lag, objective);
}

static void complain(struct conduct *x, const char *why)
{
	bool known = lost_ms(x) >= 0;
	struct diag *g = diag_add(x->d, DIAG_CONDUCT_LOSS, RANGE_NONE,
				  known ? "more data would be lost than the RPO allows"
					: "more data may be lost than the RPO allows");

	diag_detail(x->d, g, known ? "As far as is known %s." : "So far %s.", why);
	diag_hint(x->d, g,
		  "wait until it has caught up, or accept the loss: --accept-data-loss REASON");
}

static const char *judge(struct conduct *x)
{
	int64_t ms = lost_ms(x);
	const char *why;

	/* What nobody knows may be anything; in a simulated drill nobody can know. */
	if (!x->p->objectives.rpo_ms || (ms >= 0 && ms <= x->p->objectives.rpo_ms) || kept_up(x) ||
	    (ms < 0 && x->rehearsal))
		return NULL;
	if (!x->data_loss_accepted && x->q->accept_data_loss)
		loss_accept(x, x->q->accept_data_loss, &x->owner);
	if (x->data_loss_accepted)
		return NULL;
	why = estimate(x);
	complain(x, why);
	return why;
}

static void on_answer(struct check_set *c, const struct check_probe *p,
		      const struct check_answer *answer)
{
	struct loss_asking *q = c->context;
	struct conduct *x = q->at->run.x;
	struct lag heard = {.at_ms = 0};
	bool promoted = read_lag(&heard, answer->values, conduct_wall_ms(x));

	conduct_sample(x, p, answer);
	/* Its health does not matter here, but its numbers do: one answer is enough. */
	if (!heard.at_ms && !promoted)
		return;
	if (heard.at_ms) {
		x->lag = heard;
		/* Who goes on with this execution cannot ask any more. */
		conduct_tell_check(x, q->at->s->p->path, p, answer);
	}
	check_set_stop(c);
	q->at->checks = NULL;
	q->then(q->at, judge(x));
}

static void on_over(struct check_set *c, enum check_set_end end)
{
	struct loss_asking *q = c->context;

	(void)end;
	q->at->checks = NULL;
	load_sample(q->at->run.x);
	q->then(q->at, judge(q->at->run.x));
}

static const struct check_listener listener = {.over = on_over, .answered = on_answer};

void loss_ask(struct attempt *at, void (*then)(struct attempt *at, const char *refusal))
{
	struct conduct *x = at->run.x;
	const struct manifest_check *check = x->p->objectives.lag;
	const char *to = bound_to(x->bound);
	struct loss_asking *q;

	if (!check || !to) {
		then(at, NULL);
		return;
	}
	q = ARENA_NEW(x->a, struct loss_asking);
	*q = (struct loss_asking){.at = at, .then = then};
	at->checks = conduct_check_set(x, &listener, q);
	conduct_add_check(
		x, at->checks,
		&(struct check_use){.check = check, .region = to, .within_ms = LAG_WITHIN_MS});
	check_set_begin(at->checks, 0);
}

void loss_accept(struct conduct *x, const char *reason, const struct lock_owner *by)
{
	json_t *data = json_pack("{s:s, s:I, s:o}", "Reason", reason, "Objective",
				 (json_int_t)x->p->objectives.rpo_ms, "By", conduct_by(by));

	if (x->lag.known)
		json_object_set_new(data, "LagSeconds", json_real(x->lag.seconds));
	if (x->lag.bytes > 0)
		json_object_set_new(data, "LagBytes", json_integer(x->lag.bytes));
	if (conduct_write(x, ENTRY_DATA_LOSS, "", data))
		x->data_loss_accepted = true;
}

/* --- what was lost ----------------------------------------------------------------------- */

void loss_promoted(struct conduct *x)
{
	char text[CLOCK_TEXT_LEN];
	int64_t ms;

	if (!x->p->objectives.lag || x->rpo_known)
		return;
	ms = lost_ms(x);
	clock_format_rfc3339(x->lag.last_commit_ms, text);
	if (ms < 0)
		goal_loss(x, -1, "the lag of the standby was never known");
	else if (x->lag.last_commit_ms)
		goal_loss(x, ms, arena_printf(x->a, "the last commit that arrived is of %s", text));
	else
		goal_loss(x, ms, "the lag that was known last");
}
