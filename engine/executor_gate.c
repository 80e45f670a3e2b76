/*
 * executor_gate.c - what has to say yes before instances start: bake times and checks between
 * waves, gates of single targets, regions that are healthy, and no freeze.
 */
#include "engine/executor_rollout.h"

#include <string.h>

#include "engine/rollout/freeze.h"

static const struct manifest *manifest_of(const struct stack_run *s)
{
	return s->x->plan->project->manifest;
}

static const struct instance_plan *plan_of(const struct stack_run *s, size_t member)
{
	return &s->x->plan->instances[s->plan->instances[member]];
}

static struct diag *complain(const struct stack_run *s, enum diag_code code, const char *summary)
{
	return diag_add(s->x->d, code, s->plan->preferences.where, "%s", summary);
}

static void hint_again(const struct stack_run *s, struct diag *g)
{
	diag_hint(s->x->d, g,
		  "mend what it says, then run the same command again: what is there "
		  "already is not done twice");
}

/* "wave 'canary' of 'web'", or "'web'" when there is one wave. */
static const char *wave_text(const struct stack_run *s, size_t wave)
{
	const char *name = stack_run_wave(s, wave);

	return name ? arena_printf(s->x->arena, "wave '%s' of '%s'", name, s->plan->stack)
		    : arena_printf(s->x->arena, "'%s'", s->plan->stack);
}

/* --- what outputs are ------------------------------------------------------------------ */

struct output_place {
	struct rollouts *a;
	struct instance_id id;
};

static const struct instance_plan *find_plan(const struct plan *p, const struct instance_id *id)
{
	size_t low = 0, high = p->instance_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = instance_id_compare(&p->instances[mid].id, id);

		if (!order)
			return &p->instances[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static const char *text_of_json(struct arena *a, const json_t *j)
{
	if (json_is_string(j))
		return arena_strdup(a, json_string_value(j));
	return j && !json_is_object(j) ? json_text(a, j) : NULL;
}

/* As it is by now; NULL while it is not known, and for what is secret. */
static const char *output_now(const struct executor *x, const struct instance_plan *p,
			      const char *name)
{
	const struct document *doc = p && p->instance ? p->instance->doc : NULL;
	struct diags ignored = DIAGS_INIT;
	const char *text = NULL;

	for (size_t i = 0; doc && i < doc->output_count; i++) {
		const struct value *v;
		json_t *j;

		if (strcmp(doc->outputs[i].name, name) != 0)
			continue;
		v = document_eval_output(doc, i, known_lookup(x->known, &p->id), x->arena,
					 &ignored);
		if (!v || value_has_unknown(v) || value_has_sensitive(v))
			break;
		j = value_to_json(v);
		text = text_of_json(x->arena, j);
		json_decref(j);
	}
	diags_release(&ignored);
	return text;
}

/* They are sorted. */
static const struct instance_record *find_record(const struct rollouts *a,
						 const struct instance_id *id)
{
	size_t low = 0, high = a->recorded.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = instance_id_compare(&a->recorded.items[mid].id, id);

		if (!order)
			return &a->recorded.items[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static const char *recorded_output(const struct rollouts *a, const struct instance_id *id,
				   const char *name)
{
	const struct instance_record *r = find_record(a, id);
	json_t *all = r && r->outputs ? json_parse(text_of(r->outputs), NULL, NULL) : NULL;
	const char *text = text_of_json(a->x->arena, json_object_get(all, name));

	json_decref(all);
	return text;
}

static const char *output_of(void *context, const char *stack, const char *name)
{
	const struct output_place *at = context;
	const struct instance_id id = {stack, at->id.account, at->id.region};
	const char *now = output_now(at->a->x, find_plan(at->a->x->plan, &id), name);

	return now ? now : recorded_output(at->a, &id, name);
}

static void add_checks(struct checking *c, const struct manifest_check *const *checks, size_t count,
		       const struct instance_id *id)
{
	struct executor *x = c->s->x;
	struct output_place *at = ARENA_NEW(x->arena, struct output_place);
	const struct check_place place = {
		.manifest = manifest_of(c->s),
		.region = manifest_region(manifest_of(c->s), id->region),
		.account = id->account,
		.output = output_of,
		.context = at,
	};

	at->a = x->rollouts;
	at->id = *id;
	for (size_t i = 0; place.region && i < count; i++)
		checking_add(c, checks[i], &place);
}

/* What is recorded of instances, loaded when a check first needs it. */
static void load_recorded(struct rollouts *a)
{
	struct diags ignored = DIAGS_INIT;

	if (a->loaded)
		return;
	a->loaded = true;
	if (state_load_instances(a->x->e->state, a->x->arena, &a->recorded, &ignored))
		a->recorded.count = 0;
	diags_release(&ignored);
}

/* --- what observers hear ------------------------------------------------------------- */

static void tell_gate(const struct stack_run *s, const struct instance_id *id, const char *wave,
		      const char *text)
{
	const struct instance_id alone = {s->plan->stack, "", ""};

	rollouts_tell(s->x, &(struct event){
				    .kind = EVENT_GATE,
				    .instance = id ? id : &alone,
				    .wave = wave,
				    .text = text,
			    });
}

/* --- between waves ------------------------------------------------------------------- */

static void complain_gate(const struct checking *c)
{
	const struct stack_run *s = c->s;
	struct diag *g =
		complain(s, DIAG_ROLLOUT_GATE,
			 arena_printf(s->x->arena, "the health gate behind %s was not passed",
				      wave_text(s, c->at)));

	diag_detail(s->x->d, g, "%s", c->set.fault);
	hint_again(s, g);
}

static void wave_checked(struct checking *c, enum checking_end end)
{
	struct stack_run *s = c->s;

	if (end == CHECKED_UNHEALTHY)
		complain_gate(c);
	if (c->set.asked.count || c->set.timer || c->set.fault)
		tell_gate(s, NULL, c->wave, end == CHECKED_HEALTHY ? "passed" : c->set.fault);
	rollout_gate(s->r, c->at, end == CHECKED_HEALTHY ? GATE_PASSED : GATE_FAILED);
	rollouts_look_at(s->x->rollouts, s);
}

/* Of what failed within tolerance nobody expects health. */
static void add_wave(struct checking *c, const struct manifest_check *const *checks, size_t count)
{
	struct stack_run *s = c->s;

	for (size_t m = 0; m < s->plan->spec.member_count; m++) {
		const struct instance_plan *p = plan_of(s, m);

		if (s->plan->spec.members[m].wave == c->at && p->instance &&
		    s->members[m]->end == MEMBER_SUCCEEDED)
			add_checks(c, checks, count, &p->id);
	}
}

/* --- waves that have nothing left to do ------------------------------------------------ */

/* By where it is: which of a share it was nobody can tell. */
static bool is_of_wave(const struct stack_run *s, const struct rollout_wave *w,
		       const struct instance_plan *p)
{
	const struct manifest *m = manifest_of(s);
	bool named = !w->region_count;

	for (size_t i = 0; i < w->region_count && !named; i++)
		named = strcmp(w->regions[i], p->id.region) == 0;
	return named && (w->region_count || w->filter.count) && !w->share.given &&
	       manifest_tags_fit(&w->filter, manifest_region(m, p->id.region),
				 manifest_account(m, p->id.account));
}

static bool is_of_earlier(const struct stack_run *s, size_t wave, const struct instance_plan *p)
{
	for (size_t w = 0; w < wave; w++) {
		if (is_of_wave(s, &s->plan->preferences.waves[w], p))
			return true;
	}
	return false;
}

/* Instances of the wave in which nothing is to be done: they are as they were left. */
static void add_settled(struct checking *c, size_t wave)
{
	struct stack_run *s = c->s;
	const struct rollout_wave *w = &s->plan->preferences.waves[wave];
	const struct plan *p = s->x->plan;
	size_t first = s->plan->instances[0];

	while (first && !strcmp(p->instances[first - 1].id.stack, s->plan->stack))
		first--;
	for (size_t i = first; w->check_count && i < p->instance_count; i++) {
		const struct instance_plan *at = &p->instances[i];

		if (strcmp(at->id.stack, s->plan->stack) != 0)
			return;
		if (!s->x->rollouts->members[i].s && at->instance && is_of_wave(s, w, at) &&
		    !is_of_earlier(s, wave, at))
			add_checks(c, w->checks, w->check_count, &at->id);
	}
}

/* The next wave that has members, behind this many waves; none: the number of all. */
static size_t next_wave(const struct stack_run *s, size_t from)
{
	for (size_t m = 0; m < s->plan->spec.member_count; m++) {
		if (s->plan->spec.members[m].wave >= from)
			return s->plan->spec.members[m].wave;
	}
	return s->plan->preferences.wave_count;
}

static void earlier_checked(struct checking *c, enum checking_end end)
{
	struct stack_run *s = c->s;

	s->checked--;
	rollouts_look_at(s->x->rollouts, s);
	if (end == CHECKED_HEALTHY)
		return;
	complain_gate(c);
	tell_gate(s, NULL, c->wave, c->set.fault);
	s->gate_failed = true;
	s->reason = "the health gate before it was not passed";
	s->x->rollouts->refused = true;
	rollout_stop(s->r);
}

void gates_begin(struct stack_run *s)
{
	const struct rollout_preferences *p = &s->plan->preferences;
	size_t first = next_wave(s, 0);
	struct checking *c;

	if (!first || first >= p->wave_count)
		return;
	load_recorded(s->x->rollouts);
	c = checking_new(s, first - 1, earlier_checked);
	c->wave = stack_run_wave(s, first - 1);
	for (size_t w = 0; w < first; w++)
		add_settled(c, w);
	s->checked++;
	checking_begin(c, 0);
}

/* --- behind a wave --------------------------------------------------------------------- */

static bool is_last(const struct stack_run *s, size_t wave)
{
	return s->plan->spec.members[s->plan->spec.member_count - 1].wave == wave;
}

bool gate_exists(const struct stack_run *s, size_t wave)
{
	const struct rollout_preferences *p = &s->plan->preferences;
	const struct rollout_wave *w = wave < p->wave_count ? &p->waves[wave] : NULL;

	return (w && (w->bake_ms || w->check_count)) || (is_last(s, wave) && p->check_count);
}

void gate_open(struct stack_run *s, size_t wave)
{
	const struct rollout_preferences *p = &s->plan->preferences;
	const struct rollout_wave *w = wave < p->wave_count ? &p->waves[wave] : NULL;
	struct checking *c = checking_new(s, wave, wave_checked);

	c->wave = stack_run_wave(s, wave);
	load_recorded(s->x->rollouts);
	/* What is destroyed answers no check. */
	if (w && !s->x->plan->destroy)
		add_wave(c, w->checks, w->check_count);
	for (size_t i = wave + 1; !is_last(s, wave) && i < next_wave(s, wave + 1); i++)
		add_settled(c, i);
	if (is_last(s, wave) && !s->x->plan->destroy)
		add_wave(c, p->checks, p->check_count);
	checking_begin(c, w ? w->bake_ms : 0);
}

/* --- of one target ------------------------------------------------------------------- */

static void target_checked(struct checking *c, enum checking_end end)
{
	struct stack_run *s = c->s;
	struct member_run *m = s->members[c->at];
	const struct instance_id *id = &plan_of(s, c->at)->id;
	const char *name = instance_id_text(s->x->arena, id);
	struct diag *g;

	tell_gate(s, id, c->wave, end == CHECKED_HEALTHY ? "passed" : c->set.fault);
	if (end == CHECKED_HEALTHY) {
		member_begin(m);
		return;
	}
	g = complain(s, DIAG_ROLLOUT_TARGET,
		     arena_printf(s->x->arena, "'%s' was not started: its gate said no", name));
	diag_detail(s->x->d, g, "%s", c->set.fault);
	diag_address(s->x->d, g, name);
	hint_again(s, g);
	s->x->rollouts->refused = true;
	member_refuse(m, MEMBER_FAILED,
		      arena_printf(s->x->arena, "its gate said no: %s", c->set.fault));
}

void target_gate(struct member_run *m)
{
	struct stack_run *s = m->s;
	const struct manifest_check *gate = s->plan->preferences.gate;
	struct checking *c;

	if (!gate) {
		member_begin(m);
		return;
	}
	load_recorded(s->x->rollouts);
	c = checking_new(s, m->member, target_checked);
	c->wave = stack_run_wave(s, s->plan->spec.members[m->member].wave);
	add_checks(c, &gate, 1, &plan_of(s, m->member)->id);
	checking_begin(c, 0);
}

/* --- healthy regions ----------------------------------------------------------------- */

static void region_checked(struct checking *c, enum checking_end end)
{
	struct stack_run *s = c->s;

	s->checked--;
	s->sick[c->at] = end == CHECKED_HEALTHY ? NULL : c->set.fault;
	rollout_region_healthy(s->r, c->at, end == CHECKED_HEALTHY);
	rollouts_look_at(s->x->rollouts, s);
}

static const char not_deployed[] = "the stack is not deployed there";

/* Its first deployment failed and went back: nothing is there. */
static bool is_empty(const struct instance_record *i)
{
	return !i->applied_ms && strcmp(i->status, "ROLLED_BACK") == 0;
}

/* Where nothing of the stack is, nothing of it can be healthy. */
static void check_region(struct stack_run *s, size_t region)
{
	const struct rollout_preferences *p = &s->plan->preferences;
	const struct rollouts *a = s->x->rollouts;
	struct checking *c = checking_new(s, region, region_checked);
	bool any = false;

	for (size_t i = 0; i < a->recorded.count; i++) {
		const struct instance_id *id = &a->recorded.items[i].id;

		if (strcmp(id->stack, s->plan->stack) != 0 ||
		    strcmp(id->region, s->plan->regions[region]) != 0 ||
		    is_empty(&a->recorded.items[i]))
			continue;
		any = true;
		add_checks(c, p->checks, p->check_count, id);
	}
	if (!any)
		c->set.fault = not_deployed;
	s->checked++;
	checking_begin(c, 0);
}

/* Regions of which a destroy leaves something. */
static size_t spared(const struct stack_run *s)
{
	const struct rollouts *a = s->x->rollouts;
	struct map taken = MAP_INIT;
	struct map left = MAP_INIT;
	size_t count;

	for (size_t m = 0; m < s->plan->spec.member_count; m++)
		map_set(&taken, text_of(instance_id_text(s->x->arena, &plan_of(s, m)->id)),
			(void *)s);
	for (size_t i = 0; i < a->recorded.count; i++) {
		const struct instance_id *id = &a->recorded.items[i].id;

		if (strcmp(id->stack, s->plan->stack) == 0 && !is_empty(&a->recorded.items[i]) &&
		    !map_has(&taken, text_of(instance_id_text(s->x->arena, id))))
			map_set(&left, text_of(id->region), (void *)s);
	}
	count = left.live_count;
	map_release(&taken);
	map_release(&left);
	return count;
}

/* Half of it would be gone before the other half is refused. */
static void refuse_destroy(struct stack_run *s)
{
	size_t wanted = s->plan->preferences.min_healthy_regions;
	struct diag *g = complain(
		s, DIAG_ROLLOUT_STARVED,
		arena_printf(s->x->arena, "too little would be left of '%s'", s->plan->stack));

	diag_detail(s->x->d, g, "MinHealthyRegions: %zu region%s must be left, and %zu would be.",
		    wanted, wanted == 1 ? "" : "s", spared(s));
	diag_hint(s->x->d, g,
		  "name the regions that may go with --region, or remove MinHealthyRegions from "
		  "the manifest");
	s->reason = "too little would be left";
	s->x->rollouts->refused = true;
	rollout_stop(s->r);
}

void regions_begin(struct stack_run *s)
{
	size_t count = s->plan->spec.region_count;

	if (!s->plan->preferences.min_healthy_regions)
		return;
	load_recorded(s->x->rollouts);
	s->sick = ARENA_ARRAY(s->x->arena, count, const char *);
	s->left = ARENA_ARRAY(s->x->arena, count, size_t);
	for (size_t m = 0; m < s->plan->spec.member_count; m++)
		s->left[s->plan->spec.members[m].region]++;
	if (s->x->plan->destroy && spared(s) < s->plan->preferences.min_healthy_regions) {
		refuse_destroy(s);
		return;
	}
	for (size_t r = 0; r < count; r++)
		check_region(s, r);
}

/* As it is now, not as it was recorded before: what was made is there, what went is not. */
static void check_again(struct stack_run *s, size_t region)
{
	const struct rollout_preferences *p = &s->plan->preferences;
	struct checking *c = checking_new(s, region, region_checked);
	bool any = false;

	for (size_t m = 0; m < s->plan->spec.member_count; m++) {
		const struct instance_plan *i = plan_of(s, m);

		if (s->plan->spec.members[m].region != region || !i->instance)
			continue;
		any = true;
		add_checks(c, p->checks, p->check_count, &i->id);
	}
	if (!any || s->x->plan->destroy)
		c->set.fault = "the stack is not deployed there any more";
	s->checked++;
	rollout_region_healthy(s->r, region, false);
	checking_begin(c, 0);
}

void regions_member_over(const struct member_run *m)
{
	struct stack_run *s = m->s;
	size_t region = s->plan->spec.members[m->member].region;

	if (s->left && --s->left[region] == 0 && !s->x->stopping && m->end != MEMBER_CANCELLED)
		check_again(s, region);
}

static void list_sick(const struct stack_run *s, struct str *out)
{
	for (size_t i = 0; i < s->plan->spec.region_count; i++) {
		if (s->sick[i])
			str_printf(out, "%s%s: %s", out->len ? "\n" : "", s->plan->regions[i],
				   s->sick[i]);
	}
}

/* What is new takes nothing away, so it may go first. */
static void hint_where_to_begin(const struct stack_run *s, struct diag *g)
{
	struct str regions = STR_INIT;

	for (size_t i = 0; i < s->plan->spec.region_count; i++) {
		if (s->sick[i] == not_deployed)
			str_printf(&regions, " --region %s", s->plan->regions[i]);
	}
	if (regions.len)
		diag_hint(s->x->d, g,
			  "deploy it where it is missing first: 'hadeploy apply %s%s'; or lower "
			  "MinHealthyRegions in the manifest",
			  s->plan->stack, str_cstr(&regions));
	else
		diag_hint(s->x->d, g,
			  "mend these regions first, or lower MinHealthyRegions in the manifest");
	str_release(&regions);
}

/* Nothing will make it go on: what is not healthy now was asked until it was certain. */
void regions_starved(struct stack_run *s)
{
	struct executor *x = s->x;
	size_t wanted = s->plan->preferences.min_healthy_regions;
	struct str sick = STR_INIT;
	struct diag *g;

	g = complain(s, DIAG_ROLLOUT_STARVED,
		     arena_printf(x->arena, "too few regions of '%s' are healthy to go on",
				  s->plan->stack));
	list_sick(s, &sick);
	diag_detail(
		x->d, g,
		"MinHealthyRegions: %zu other region%s must be healthy while one is changed.%s%s",
		wanted, wanted == 1 ? "" : "s", sick.len ? "\n" : "", str_cstr(&sick));
	hint_where_to_begin(s, g);
	str_release(&sick);
	s->reason = "too few other regions are healthy";
	x->rollouts->refused = true;
	rollout_stop(s->r);
}

/* --- freezes ------------------------------------------------------------------------- */

static const struct freeze_window *frozen(const struct stack_run *s, size_t wave,
					  const char **region, int64_t *until_ms)
{
	struct clock *clock = s->x->e->options.clock;
	int64_t now_ms = clock->wall_ms(clock);
	size_t seen = SIZE_MAX;

	for (size_t m = 0; m < s->plan->spec.member_count; m++) {
		const struct rollout_member *member = &s->plan->spec.members[m];
		const struct freeze_window *w;

		if (member->wave != wave || member->region == seen)
			continue;
		seen = member->region;
		*region = s->plan->regions[seen];
		w = freeze_at(&manifest_of(s)->freezes, *region, now_ms, until_ms);
		if (w)
			return w;
	}
	return NULL;
}

bool freeze_begins(struct stack_run *s, size_t wave)
{
	struct executor *x = s->x;
	const struct freeze_window *w;
	const char *region;
	int64_t until_ms = 0;
	struct diag *g;

	if (!x->observed || !x->observed->heeds_freezes)
		return false;
	w = frozen(s, wave, &region, &until_ms);
	if (!w)
		return false;
	g = diag_add(x->d, DIAG_ROLLOUT_FREEZE_BEGAN, w->where,
		     "%s was not started: freeze window '%s' has begun", wave_text(s, wave),
		     w->name);
	run_freeze_detail(x->d, g, region, until_ms);
	s->reason = arena_printf(x->arena, "freeze window '%s'", w->name);
	x->rollouts->refused = true;
	rollout_stop(s->r);
	return true;
}
