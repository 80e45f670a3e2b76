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
 */
#include <string.h>

#include "engine/runbook/conduct_parts.h"

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
	attempt_end(at, STEP_ENDED_WELL_DONE, NULL);
}

/* --- by the old primary's own words ------------------------------------------------------ */

enum said { SAID_NOTHING, SAID_REFUSED /* nobody listens there */, SAID_NOT_WRITABLE };

/* What proves something: it answered, and takes no writes. */
static enum said said_of(const struct check_answer *answer)
{
	json_t *values = *answer->values ? json_parse(text_of(answer->values), NULL, NULL) : NULL;
	const json_t *writable = json_object_get(values, "Writable");
	enum said said = SAID_NOTHING;

	if (writable && !json_is_true(writable))
		said = SAID_NOT_WRITABLE;
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
	struct probes proven, refused;
	size_t asked; /* probes */
	const char *detail;
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
	/* Where a way went well the host is alive, and nobody listens: it was stopped. */
	note(a, &q->proven, p, said == SAID_NOT_WRITABLE || (said == SAID_REFUSED && q->after_way));
	if (q->wants_health || q->proven.count < c->asked.count)
		return;
	check_set_stop(c);
	q->at->checks = NULL;
	fenced(q->at, "verified", answer->detail);
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

static void next_way(struct attempt *at);

/* All uses are as wanted: each probe's last answer may prove it; else a way must have done it. */
static void fence_asked(struct check_set *c, enum check_set_end end)
{
	struct fence_asking *q = c->context;
	struct attempt *at = q->at;
	bool all = end == CHECK_SET_FINE;

	at->checks = NULL;
	at->run.x->turned = true;
	if (all && c->asked.count && q->wants_health)
		fenced(at, "verified", q->detail);
	else if (all && q->after_way)
		fenced(at, "gone", q->detail);
	else
		next_way(at);
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
static void ask_old(struct attempt *at, bool after_way, int64_t within_ms)
{
	struct conduct *x = at->run.x;
	const struct step_spec *spec = at->run.spec;
	struct fence_asking *q = ARENA_NEW(x->a, struct fence_asking);

	q->at = at;
	q->after_way = after_way;
	q->detail = "";
	at->fence = q;
	at->checks = conduct_check_set(x, &listener, q);
	for (size_t i = 0; i < spec->use_count; i++) {
		struct check_use use = spec->uses[i];

		if (!use.within_ms || (!after_way && has_ways(at->s)))
			use.within_ms = within_ms;
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

/* The last time that one of them was seen healthy; without one it may have been until now. */
static int64_t last_healthy_ms(struct step *s, const json_t *gone)
{
	struct conduct *x = s->x;
	struct diags ignored = DIAGS_INIT;
	struct sample_list list = {NULL, 0};
	int64_t last_ms = 0;

	journal_load_samples(x->state, SAMPLE_HEALTHY, x->a, &list, &ignored);
	diags_release(&ignored);
	for (size_t i = 0; i < list.count; i++) {
		const struct check_sample *c = &list.items[i];

		if (c->healthy && !strcmp(c->region, region_of(s)) && names(gone, c->check) &&
		    c->at_ms > last_ms)
			last_ms = c->at_ms;
	}
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
	return at->fence && at->fence->refused.count &&
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
	attempt_end(at, STEP_ENDED_FAILED,
		    arena_printf(at->run.x->a, "the old primary may still accept writes: %s", why));
}

static void lease_over(struct attempt *at, enum check_set_end end, const char *why)
{
	if (end == CHECK_SET_FAULTY)
		still_alive(at, why);
	else
		fenced(at, "lease", "nothing of it answers, and its lease has run out");
}

/* It is asked until the lease is over: what answers again is not gone. */
static void gone_asked(struct attempt *at, enum check_set_end end, const char *why)
{
	struct conduct *x = at->run.x;
	const json_t *gone = json_object_get(at->run.spec->values, "Gone");
	int64_t lease_ms = 0, last_ms, left_ms;
	const struct check_use *uses;
	size_t count;

	if (end == CHECK_SET_FAULTY) {
		still_alive(at, why);
		return;
	}
	duration_of(json_object_get(at->run.spec->values, "Lease"), &lease_ms);
	last_ms = last_healthy_ms(at->s, gone);
	left_ms = (last_ms ? last_ms : at->s->started_ms) + lease_ms - conduct_wall_ms(x);
	if (left_ms <= 0) {
		lease_over(at, CHECK_SET_FINE, NULL);
		return;
	}
	step_write(at->s, ENTRY_STEP_WAITING,
		   json_pack("{s:s}", "Text", "until the lease of the old primary is over"));
	uses = gone_uses(at, &count);
	attempt_ask(at, uses, count, left_ms, lease_over);
}

static void ask_gone(struct attempt *at)
{
	size_t count;
	const struct check_use *uses = gone_uses(at, &count);

	if (!count || !json_object_get(at->run.spec->values, "Lease"))
		attempt_end(at, STEP_ENDED_FAILED,
			    "no way to fence the old primary went well, and it may still accept "
			    "writes");
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
		ask_old(at, is_way_done(s), 1);
	else
		next_way(at);
}

static void way_over(struct step *s, struct step *way)
{
	struct attempt *at = s->now;

	s->at++;
	if (way->status != STEP_SUCCEEDED)
		next_way(at);
	else if (at->run.spec->use_count)
		ask_old(at, true, VERIFY_MS);
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

/* --- what may not be done without one ---------------------------------------------------- */

bool step_is_way_back(const struct step *s)
{
	const struct conduct *x = s->x;

	for (size_t i = s->index; i != STEP_TOP; i = x->steps[i].p->parent)
		if (x->steps[i].p->role == ROLE_REVERSE)
			return true;
	return false;
}

const char *guard_step(struct step *s, const struct step_spec *spec)
{
	const struct conduct *x = s->x;

	if (!spec->promotes || x->fenced || step_is_way_back(s))
		return NULL;
	return "it promotes another primary, and nothing has fenced the old one";
}
