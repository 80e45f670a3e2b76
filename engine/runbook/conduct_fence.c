/*
 * conduct_fence.c - fencing: the old primary accepts no writes any more, for certain.
 *
 *	ask --> it says so itself ------------------------------------> verified
 *	   \--> the ways (By), in order; behind one that went well, ask
 *	           --> it says so, or nothing answers as primary -----> verified, gone
 *	           --> no way left: Gone checks all unhealthy, and
 *	               Lease over since the last healthy answer ------> lease
 *
 * A refused connection proves that the old primary is stopped when its host lives: a way went well
 * there, or a Gone check of the same host is healthy.
 *
 * That nothing answers proves nothing by itself: the network may be cut between here and there.
 * Nor does the silence of a check that is wrong: one that cannot be asked (no such command, wrong
 * password), or that nobody has ever seen healthy in the region.  That is known before the ways are
 * tried, so then they are not.  Who gives a region up of which nobody ever saw anything healthy is
 * believed, behind the lease.
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

/* How long it is asked before the ways, when nobody knows yet that its check is right. */
#define LOOK_MS 5000
/* How long it is asked behind a way that went well, when its check says nothing of it. */
#define VERIFY_MS 10000
/* A host that answers does so soon. */
#define LIVING_MS 5000

static const char *region_of(const struct step *s)
{
	return s->spec->region ? s->spec->region : "";
}

/* That of another region than the one that is left keeps nobody from writing there. */
void fence_note(struct conduct *x, const char *region)
{
	const char *from = bound_from(x->bound);

	if (from && strcmp(from, region) != 0)
		return;
	x->fenced = true;
}

static void fenced(struct attempt *at, const char *how, const char *detail)
{
	struct conduct *x = at->run.x;

	if (!step_write(at->s, ENTRY_FENCED,
			json_pack("{s:s, s:s, s:s}", "Region", region_of(at->s), "How", how,
				  "Detail", detail)))
		return;
	fence_note(x, region_of(at->s));
	at->s->fenced = region_of(at->s);
	at->s->fenced_ms = conduct_wall_ms(x);
	attempt_end(at, STEP_ENDED_WELL_DONE, NULL);
}

static bool names(const json_t *gone, const char *check)
{
	const json_t *one;
	size_t i;

	if (json_is_string(gone))
		return !strcmp(json_string_value(gone), check);
	json_array_foreach(gone, i, one)
	{
		if (json_is_string(one) && !strcmp(json_string_value(one), check))
			return true;
	}
	return false;
}

/* Who has pulled the plug knows more than any check. */
const char *fence_by_person(struct step *s, const struct execution_ask *q)
{
	struct conduct *x = s->x;
	struct diags ignored = DIAGS_INIT;
	const struct step_spec *spec = step_spec(
		x->e->arena, x->bound, (struct step_wish){s->index, s->grace}, NULL, &ignored);
	const char *region = spec && spec->region ? spec->region : "";

	diags_release(&ignored);
	if (s->p->kind != STEP_FENCE)
		return "it is no Fence";
	if (!q->reason || !*q->reason)
		return "it needs a reason: how the old primary was switched off";
	if (!*region)
		return "nobody knows yet which region it fences";
	if (step_write(s, ENTRY_FENCED,
		       json_pack("{s:s, s:s, s:s, s:o}", "Region", region, "How", "person",
				 "Detail", q->reason, "By", conduct_by(&q->by)))) {
		fence_note(x, region);
		s->fenced = region;
		s->fenced_ms = conduct_wall_ms(x);
	}
	return NULL;
}

/* --- what was seen of the region ---------------------------------------------------------- */

/* NULL: anywhere. */
static struct sample_list seen_healthy(const struct step *s, const char *region)
{
	struct diags ignored = DIAGS_INIT;
	struct sample_list list = {NULL, 0}, out = {NULL, 0};

	journal_load_samples(s->x->state, SAMPLE_HEALTHY, s->x->a, &list, &ignored);
	diags_release(&ignored);
	out.items = list.items;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].healthy && (!region || !strcmp(list.items[i].region, region)))
			out.items[out.count++] = list.items[i];
	return out;
}

/* It was right once: it was healthy there, in this execution or before. */
static bool was_healthy(const struct step *s, const struct manifest_check *check,
			const char *region)
{
	struct sample_list list = seen_healthy(s, region);

	for (size_t i = 0; i < list.count; i++)
		if (!strcmp(list.items[i].check, check->name))
			return true;
	return false;
}

/* The first of them that never was; NULL: each of them tells something by its silence. */
static const struct manifest_check *never_healthy(const struct step *s,
						  const struct check_use *uses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (uses[i].check && !was_healthy(s, uses[i].check, region_of(s)))
			return uses[i].check;
	return NULL;
}

/* It works: where it was healthy does not matter for an answer. */
static bool works(const struct step *s, const struct check_use *uses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (uses[i].check && !was_healthy(s, uses[i].check, NULL))
			return false;
	return true;
}

/* Given up by somebody who never looked: that nothing was seen healthy says nothing then. */
static bool is_given_up_unseen(const struct step *s)
{
	return s->grace == STEP_UNGRACEFUL && !seen_healthy(s, region_of(s)).count;
}

static bool may_be_gone(const struct attempt *at)
{
	const json_t *values = at->run.spec->values;

	return json_object_get(values, "Gone") && json_object_get(values, "Lease");
}

static void fail_never_healthy(struct attempt *at, const struct manifest_check *check)
{
	struct conduct *x = at->run.x;
	const char *region = region_of(at->s);
	struct diag *g = diag_add(x->d, DIAG_CONDUCT_FENCE_UNSEEN, check->where,
				  "health check '%s' has never been seen healthy in '%s'",
				  check->name, region);

	diag_detail(
		x->d, g,
		"It may ask the wrong thing, so its silence does not prove to step '%s' that the "
		"old primary accepts no writes.",
		at->s->p->path);
	diag_hint(x->d, g,
		  at->s->grace == STEP_UNGRACEFUL
			  ? "mend the check (`hadeploy health %s --region %s`), or switch the old "
			    "primary off and say so: `hadeploy runbook skip FENCE --fenced REASON`"
			  : "mend the check (`hadeploy health %s --region %s`); when the region is "
			    "lost: --ungraceful, of a fence with Gone and Lease",
		  check->name, region);
	attempt_end(
		at, STEP_ENDED_FAILED,
		arena_printf(x->a,
			     "the old primary may still accept writes: check '%s' has never been "
			     "healthy in '%s', so its silence proves nothing",
			     check->name, region));
}

/* The way out of a region that is dead and cannot be proven to be. */
static void fail_unproven(struct attempt *at, const char *why)
{
	struct conduct *x = at->run.x;
	struct diag *g = diag_add(x->d, DIAG_CONDUCT_FENCE_UNPROVEN, at->s->p->where,
				  "fence '%s' cannot tell that the old primary accepts no writes",
				  at->s->p->path);

	diag_detail(x->d, g, "Region '%s': %s.", region_of(at->s), why);
	diag_hint(x->d, g,
		  "switch the old primary off (power, network), then say so: `hadeploy runbook run "
		  "--resume %s --skip %s --fenced REASON` (`runbook skip %s --fenced REASON` while "
		  "it is held)",
		  x->row.id, at->s->p->path, at->s->p->path);
	attempt_end(at, STEP_ENDED_FAILED, why);
}

static void fail_unasked(struct attempt *at, const char *why)
{
	struct conduct *x = at->run.x;
	struct diag *g = diag_add(x->d, DIAG_CONDUCT_FENCE_UNASKED, at->s->p->where,
				  "fence '%s' cannot ask whether the old primary accepts writes",
				  at->s->p->path);

	diag_detail(x->d, g, "%s.", why);
	diag_hint(
		x->d, g,
		"mend the check until `hadeploy health` can ask it (an address where nobody knows "
		"the name any more), then try the step again");
	attempt_end(at, STEP_ENDED_FAILED,
		    arena_printf(x->a, "the old primary may still accept writes: %s", why));
}

/* --- by the old primary's own words ------------------------------------------------------ */

enum said {
	SAID_NOTHING,
	SAID_REFUSED, /* nobody listens there */
	SAID_NOT_WRITABLE,
	SAID_WRITABLE /* whatever made the check unhealthy */
};

static enum said said_of(const struct check_answer *answer)
{
	json_t *values = *answer->values ? json_parse(text_of(answer->values), NULL, NULL) : NULL;
	const json_t *writable = json_object_get(values, "Writable");
	enum said said = SAID_NOTHING;

	if (writable)
		said = json_is_true(writable) ? SAID_WRITABLE : SAID_NOT_WRITABLE;
	else if (json_flag(values, "Refused", false))
		said = SAID_REFUSED;
	json_decref(values);
	return said;
}

struct probes {
	VEC_OF(const struct check_probe *)
};

struct fence_asking {
	struct attempt *at;
	bool after_way;    /* a way has gone well */
	bool wants_health; /* `Expect: healthy`: its health itself is the proof */
	bool patient;      /* before the ways, a second time */
	bool counts;       /* its silence: the check is right */
	struct probes proven, refused, writable, said_no;
	size_t asked; /* probes */
	const char *detail;
	const char *unasked; /* why it could not be; NULL: it could */
};

static void note(struct arena *a, struct probes *list, const struct check_probe *p, bool holds)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i] != p)
			list->items[kept++] = list->items[i];
	list->count = kept;
	if (holds)
		*(const struct check_probe **)arena_vec_add(a, list) = p;
}

static void next_way(struct attempt *at);
static bool has_ways(const struct step *s);

static bool is_right(const struct fence_asking *q)
{
	const struct step_spec *spec = q->at->run.spec;

	return q->writable.count || !never_healthy(q->at->s, spec->uses, spec->use_count);
}

/* All of them say no, and their check is known to say yes elsewhere: that is no silence. */
static bool all_said_no(const struct fence_asking *q)
{
	const struct step_spec *spec = q->at->run.spec;

	return q->asked && q->said_no.count == q->asked && !q->writable.count &&
	       works(q->at->s, spec->uses, spec->use_count);
}

static void stop_asking(struct check_set *c)
{
	struct fence_asking *q = c->context;

	check_set_stop(c);
	q->at->checks = NULL;
	q->at->run.x->turned = true;
}

static void fence_answer(struct check_set *c, const struct check_probe *p,
			 const struct check_answer *answer)
{
	struct fence_asking *q = c->context;
	struct arena *a = q->at->run.x->a;
	enum said said = said_of(answer);

	conduct_sample(q->at->run.x, p, answer);
	q->detail = answer->detail;
	q->asked = c->asked.count;
	note(a, &q->refused, p, said == SAID_REFUSED);
	note(a, &q->writable, p, said == SAID_WRITABLE);
	note(a, &q->said_no, p, answer->said_no);
	q->counts = q->counts || is_right(q);
	/* Where a way went well the host is alive, and nobody listens: it was stopped. */
	note(a, &q->proven, p,
	     said == SAID_NOT_WRITABLE || (said == SAID_REFUSED && q->after_way && q->counts));
	if (q->wants_health)
		return;
	if (q->proven.count == c->asked.count) {
		stop_asking(c);
		fenced(q->at, "verified", answer->detail);
	} else if (answer->healthy && q->counts && !q->after_way && has_ways(q->at->s)) {
		/* It writes, and its check is right: no more is to be seen before a way. */
		stop_asking(c);
		next_way(q->at);
	}
}

static void fence_change(struct check_set *c, const struct check_probe *p,
			 const struct check_answer *answer)
{
	const struct fence_asking *q = c->context;

	step_write(q->at->s, ENTRY_CHECK,
		   json_pack("{s:s, s:s, s:b, s:s}", "Check", p->check->name, "Region",
			     p->place.region->name, "Healthy", answer->healthy, "Detail",
			     answer->detail));
}

enum asking_when { ASK_BEFORE, ASK_BEFORE_PATIENTLY, ASK_BEHIND_A_WAY };
static void ask_old(struct attempt *at, enum asking_when when);

/* Nothing that the ways do could be verified: better nothing is cut off. */
static bool is_vain(const struct fence_asking *q)
{
	const struct attempt *at = q->at;

	if (q->after_way || q->wants_health || !has_ways(at->s))
		return false;
	if (at->s->grace == STEP_UNGRACEFUL && may_be_gone(at))
		return false;
	return q->unasked || (!q->counts && !all_said_no(q));
}

static void no_proof(struct fence_asking *q)
{
	struct attempt *at = q->at;
	const struct step_spec *spec = at->run.spec;

	/* What may pass is asked once more. */
	if (is_vain(q) && !q->patient)
		ask_old(at, ASK_BEFORE_PATIENTLY);
	else if (is_vain(q) && q->unasked)
		fail_unasked(at, q->unasked);
	else if (is_vain(q))
		fail_never_healthy(at, never_healthy(at->s, spec->uses, spec->use_count));
	else
		next_way(at);
}

/* All uses are as wanted: each probe's last answer may prove it; else a way must have done it. */
static void fence_asked(struct check_set *c, enum check_set_end end)
{
	struct fence_asking *q = c->context;
	struct attempt *at = q->at;
	bool all = end == CHECK_SET_FINE;

	at->checks = NULL;
	at->run.x->turned = true;
	q->unasked = c->mute ? c->fault : NULL;
	if (all && c->asked.count && q->wants_health)
		fenced(at, "verified", q->detail);
	else if (all && q->after_way && (q->counts || all_said_no(q)) && !q->writable.count)
		fenced(at, "gone", q->detail);
	else
		no_proof(q);
}

static const struct check_listener listener = {
	.over = fence_asked,
	.changed = fence_change,
	.answered = fence_answer,
};

static bool has_ways(const struct step *s)
{
	for (size_t i = 0; i < s->child_count; i++)
		if (s->children[i]->p->role == ROLE_BY)
			return true;
	return false;
}

/* Within is how long it may take to show that a way went well; before one did, thresholds tell. */
static void ask_old(struct attempt *at, enum asking_when when)
{
	struct conduct *x = at->run.x;
	const struct step_spec *spec = at->run.spec;
	struct fence_asking *q = ARENA_NEW(x->a, struct fence_asking);
	static const int64_t within_ms[] = {1, LOOK_MS, VERIFY_MS};

	q->at = at;
	q->after_way = when == ASK_BEHIND_A_WAY;
	q->patient = when == ASK_BEFORE_PATIENTLY;
	q->detail = "";
	q->counts = (at->fence && at->fence->counts) || is_right(q);
	at->fence = q;
	at->checks = conduct_check_set(x, &listener, q);
	for (size_t i = 0; i < spec->use_count; i++) {
		struct check_use use = spec->uses[i];

		if (!use.within_ms || (!q->after_way && has_ways(at->s)))
			use.within_ms = within_ms[when];
		q->wants_health = q->wants_health || !use.unhealthy;
		conduct_add_check(x, at->checks, &use);
	}
	check_set_begin(at->checks, 0);
}

/* --- gone, and its lease over ------------------------------------------------------------ */

static const struct manifest_check *check_named(const struct conduct *x, const json_t *name)
{
	const char *text = json_string_value(name);

	return text ? manifest_check(x->e->project->manifest, text) : NULL;
}

/* The last time that one of them was seen healthy; without one it may have been until now. */
static int64_t last_healthy_ms(const struct step *s, const json_t *gone)
{
	struct sample_list list = seen_healthy(s, region_of(s));
	int64_t last_ms = 0;

	for (size_t i = 0; i < list.count; i++)
		if (names(gone, list.items[i].check) && list.items[i].at_ms > last_ms)
			last_ms = list.items[i].at_ms;
	return last_ms;
}

static struct check_use *gone_uses(const struct attempt *at, size_t *count)
{
	struct conduct *x = at->run.x;
	const json_t *gone = json_object_get(at->run.spec->values, "Gone");
	size_t named = json_is_string(gone) ? 1 : json_array_size(gone);
	struct check_use *uses = ARENA_ARRAY(x->a, named + 1, struct check_use);

	*count = 0;
	for (size_t i = 0; i < named; i++) {
		const json_t *name = json_is_string(gone) ? gone : json_array_get(gone, i);
		struct check_use *use = &uses[*count];

		use->check = check_named(x, name);
		use->region = region_of(at->s);
		use->unhealthy = true;
		*count += use->check != NULL;
	}
	return uses;
}

/* Something else of this host answered. */
static bool is_alive(const struct attempt *at, const char *host)
{
	for (size_t i = 0; i < at->measured.count; i++) {
		const struct measured *m = &at->measured.items[i];

		if (host && m->answer.healthy && m->probe->host && !strcmp(m->probe->host, host))
			return true;
	}
	return false;
}

static void living_asked(struct attempt *at, enum check_set_end end, const char *why)
{
	const struct fence_asking *q = at->fence;

	(void)end;
	(void)why;
	for (size_t i = 0; i < q->refused.count; i++)
		if (!is_alive(at, q->refused.items[i]->host)) {
			attempt_end(at, STEP_ENDED_FAILED,
				    "the old primary may still accept writes: its region answers, "
				    "and its host does not");
			return;
		}
	fenced(at, "verified", arena_printf(at->run.x->a, "%s, and the host answers", q->detail));
}

/* A primary that is stopped while its host lives: its port is refused, by that host. */
static bool may_be_stopped(const struct attempt *at)
{
	return at->fence && at->fence->counts && at->fence->refused.count &&
	       at->fence->refused.count == at->fence->asked;
}

static void still_alive(struct attempt *at, const char *why)
{
	struct check_use *uses;
	size_t count;

	if (may_be_stopped(at)) {
		uses = gone_uses(at, &count);
		for (size_t i = 0; i < count; i++) {
			uses[i].unhealthy = false;
			uses[i].within_ms = LIVING_MS;
		}
		attempt_ask(at, uses, count, 0, living_asked);
		return;
	}
	fail_unproven(
		at, arena_printf(at->run.x->a, "the old primary may still accept writes: %s", why));
}

/* It is unhealthy for another reason. */
static const char *writes_still(const struct attempt *at)
{
	for (size_t i = 0; i < at->measured.count; i++)
		if (said_of(&at->measured.items[i].answer) == SAID_WRITABLE)
			return at->measured.items[i].answer.detail;
	return NULL;
}

static void lease_over(struct attempt *at, enum check_set_end end, const char *why)
{
	const char *writes = writes_still(at);

	if (end == CHECK_SET_FAULTY || writes)
		still_alive(at, writes ? writes : why);
	else
		fenced(at, "lease", "nothing of it answers, and its lease has run out");
}

/* It is asked until the lease is over: what answers again is not gone. */
static void gone_asked(struct attempt *at, enum check_set_end end, const char *why)
{
	struct conduct *x = at->run.x;
	const json_t *gone = json_object_get(at->run.spec->values, "Gone");
	int64_t lease_ms = 0, last_ms, left_ms;
	const struct manifest_check *unseen;
	const struct check_use *uses;
	size_t count;

	if (end == CHECK_SET_FAULTY) {
		still_alive(at, why);
		return;
	}
	uses = gone_uses(at, &count);
	unseen = never_healthy(at->s, uses, count);
	if (unseen && !is_given_up_unseen(at->s)) {
		fail_never_healthy(at, unseen);
		return;
	}
	duration_of(json_object_get(at->run.spec->values, "Lease"), &lease_ms);
	last_ms = last_healthy_ms(at->s, gone);
	/* Who saw it had a clock that was ahead: since now at the latest. */
	if (last_ms > conduct_wall_ms(x))
		last_ms = conduct_wall_ms(x);
	left_ms = (last_ms ? last_ms : at->s->started_ms) + lease_ms - conduct_wall_ms(x);
	if (left_ms <= 0) {
		lease_over(at, CHECK_SET_FINE, NULL);
		return;
	}
	step_write(at->s, ENTRY_STEP_WAITING,
		   json_pack("{s:s}", "Text", "until the lease of the old primary is over"));
	attempt_ask(at, uses, count, left_ms, lease_over);
}

/* Ways may have gone well without a proof. */
static void unfenced(struct attempt *at)
{
	const struct fence_asking *q = at->fence;
	const struct step_spec *spec = at->run.spec;
	const struct manifest_check *unseen =
		q && q->after_way && !q->counts && !q->unasked && !all_said_no(q)
			? never_healthy(at->s, spec->uses, spec->use_count)
			: NULL;

	if (q && q->unasked)
		fail_unasked(at, q->unasked);
	else if (unseen)
		fail_never_healthy(at, unseen);
	else
		fail_unproven(at, "no way to fence the old primary went well, and it may still "
				  "accept writes");
}

static void lease_rehearsed(struct errand *r)
{
	fenced(r->at, "lease", "the region is given up in the simulation");
}

/* In the simulation all is well, also in a region that is said to be lost. */
static void rehearse_gone(struct attempt *at)
{
	int64_t lease_ms = 0;

	duration_of(json_object_get(at->run.spec->values, "Lease"), &lease_ms);
	at->timer = errand_rest(at->run.x, at, lease_ms, lease_rehearsed);
}

static void ask_gone(struct attempt *at)
{
	size_t count;
	const struct check_use *uses = gone_uses(at, &count);

	if (!count || !may_be_gone(at))
		unfenced(at);
	else if (at->run.x->rehearsal && at->s->grace == STEP_UNGRACEFUL)
		rehearse_gone(at);
	else
		attempt_ask(at, uses, count, 0, gone_asked);
}

/* --- ways -------------------------------------------------------------------------------- */

/* Ways that were tried stay tried: fence_turn begins the next. */
static void next_way(struct attempt *at)
{
	struct step *s = at->s;

	while (s->at < s->child_count &&
	       (s->children[s->at]->p->role != ROLE_BY || s->children[s->at]->phase == PHASE_OVER))
		s->at++;
	if (s->at == s->child_count)
		ask_gone(at);
}

static bool is_way_done(const struct step *s)
{
	for (size_t i = 0; i < s->child_count; i++)
		if (s->children[i]->p->role == ROLE_BY && s->children[i]->status == STEP_SUCCEEDED)
			return true;
	return false;
}

void fence_begin(struct attempt *at)
{
	struct step *s = at->s;

	for (size_t i = 0; i < s->child_count; i++)
		if (s->children[i]->phase == PHASE_OVER && s->children[i]->status == STEP_FAILED)
			step_again(s->children[i], "the fence is tried again");
	s->at = 0;
	if (at->run.spec->use_count)
		ask_old(at, is_way_done(s) ? ASK_BEHIND_A_WAY : ASK_BEFORE);
	else
		next_way(at);
}

static void way_over(struct step *s, struct step *way)
{
	struct attempt *at = s->now;

	s->at++;
	if (way->status != STEP_SUCCEEDED)
		next_way(at);
	else if (s->x->rehearsal)
		fenced(at, "gone", "a way went well in the simulation");
	else if (at->run.spec->use_count)
		ask_old(at, ASK_BEHIND_A_WAY);
	else
		next_way(at);
}

void fence_turn(struct step *s, enum tree_way way)
{
	struct step *child;

	/* It is asked, or its end was said. */
	if (!s->now || s->now->said || s->now->checks || s->now->timer || s->at >= s->child_count)
		return;
	child = s->children[s->at];
	step_settle(child);
	if (child->phase == PHASE_NEW && way == TREE_GO && conduct_may_begin(s->x))
		step_begin(child);
	if (child->phase == PHASE_WORK && step_is_container(child))
		tree_turn(child, way);
	if (child->phase == PHASE_OVER)
		way_over(s, child);
	step_settle(s);
}

/* Undone by its Reverse, or because the ways that went well were. */
static bool is_undone(const struct step *s)
{
	size_t undone = 0, done = 0;

	for (size_t i = 0; i < s->child_count; i++) {
		if (s->children[i]->p->role != ROLE_BY)
			continue;
		undone += s->children[i]->status == STEP_REVERSED;
		done += s->children[i]->status == STEP_SUCCEEDED;
	}
	return s->status == STEP_REVERSED || (undone && !done);
}

bool step_is_fenced(const struct step_run *run, const char *region)
{
	const struct conduct *x = run->x;

	for (size_t i = 0; i < x->p->step_count; i++) {
		const struct step *s = &x->steps[i];

		if (s->fenced && !strcmp(s->fenced, region) && !is_undone(s))
			return true;
	}
	return false;
}
