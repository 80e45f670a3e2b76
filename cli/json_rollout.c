/* json_rollout.c - rollouts and freezes as JSON (docs/json.md). */
#include "cli/json_plan.h"
#include "cli/rollout_table.h"
#include "cli/view_outcome.h"
#include "cli/view_rollout.h"

static const char *const on_failure_words[] = {
	[ON_FAILURE_DEFAULT] = "instance", [ON_FAILURE_INSTANCE] = "instance",
	[ON_FAILURE_KEEP] = "keep",        [ON_FAILURE_WAVE] = "wave",
	[ON_FAILURE_ALL] = "all",
};

static void set_number(json_t *j, const char *key, size_t number)
{
	json_object_set_new(j, key, json_integer((json_int_t)number));
}

/* As people write it: 2 or "50%". */
static void set_amount(json_t *j, const char *key, struct rollout_amount a)
{
	struct str text = STR_INIT;

	if (!a.given)
		return;
	if (!a.percent) {
		set_number(j, key, a.value);
		return;
	}
	str_printf(&text, "%zu%%", a.value);
	json_set_text(j, key, str_cstr(&text));
	str_release(&text);
}

static json_t *checks_json(const struct manifest_check *const *checks, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(checks[i]->name));
	return list;
}

static json_t *preferences_json(const struct rollout_preferences *p)
{
	json_t *j = json_object();

	json_set_text(j, "region_concurrency",
		      p->regions == REGIONS_PARALLEL ? "PARALLEL" : "SEQUENTIAL");
	json_set_text(j, "concurrency_mode", p->mode == CONCURRENCY_STRICT ? "STRICT" : "SOFT");
	json_set_text(j, "on_failure", on_failure_words[p->on_failure]);
	set_amount(j, "max_concurrent", p->max_concurrent);
	set_amount(j, "failure_tolerance", p->tolerance);
	if (p->min_healthy_regions)
		set_number(j, "min_healthy_regions", p->min_healthy_regions);
	if (p->gate)
		json_set_text(j, "gate", p->gate->name);
	return j;
}

static json_t *cell_json(const struct plan *p, const struct stack_rollout *r,
			 const struct rollout_cell *c)
{
	json_t *j = json_object(), *list = json_array();
	struct str name = STR_INIT;

	json_set_text(j, "region", r->regions[c->region]);
	set_number(j, "first_step", c->first_step);
	set_number(j, "last_step", c->last_step);
	for (size_t i = 0; i < c->count; i++) {
		str_clear(&name);
		instance_id_format(&p->instances[r->instances[c->first + i]].id, &name);
		json_array_append_new(list, json_string(str_cstr(&name)));
	}
	json_object_set_new(j, "instances", list);
	str_release(&name);
	return j;
}

static json_t *gate_json(struct arena *a, const struct rollout_table *t, size_t wave)
{
	json_t *j = json_object();
	size_t count;
	const struct manifest_check *const *checks =
		rollout_wave_checks(a, t->rollout, wave, &count);

	set_number(j, "step", t->gate_steps[wave]);
	json_object_set_new(j, "bake_ms",
			    json_integer((json_int_t)rollout_wave_bake(t->rollout, wave)));
	json_object_set_new(j, "health_checks", checks_json(checks, count));
	return j;
}

/* Waves that have members; *at goes behind the last cell of this one. */
static json_t *wave_json(struct arena *a, const struct plan *p, const struct rollout_table *t,
			 size_t *at)
{
	const struct stack_rollout *r = t->rollout;
	size_t wave = t->items[*at].wave;
	json_t *j = json_object(), *regions = json_array();

	json_set_text(j, "name", rollout_wave_name(r, wave));
	for (; *at < t->count && t->items[*at].wave == wave; ++*at)
		json_array_append_new(regions, cell_json(p, r, &t->items[*at]));
	json_object_set_new(j, "regions", regions);
	if (wave < r->preferences.wave_count)
		set_amount(j, "failure_tolerance", r->preferences.waves[wave].tolerance);
	if (t->gate_steps[wave])
		json_object_set_new(j, "gate", gate_json(a, t, wave));
	return j;
}

static json_t *rollout_json(struct arena *a, const struct plan *p, const struct rollout_table *t)
{
	const struct stack_rollout *r = t->rollout;
	json_t *j = json_line("rollout"), *waves = json_array();
	struct str words = STR_INIT;
	size_t at = 0;

	json_set_text(j, "stack", r->stack);
	json_object_set_new(j, "preferences", preferences_json(&r->preferences));
	set_number(j, "instances", r->spec.member_count);
	set_number(j, "untouched", r->untouched);
	set_number(j, "worst_case", r->worst_case);
	while (at < t->count)
		json_array_append_new(waves, wave_json(a, p, t, &at));
	json_object_set_new(j, "waves", waves);
	rollout_words(r, &words);
	json_set_text(j, "text", str_cstr(&words));
	str_release(&words);
	return j;
}

void json_rollouts_each(const struct plan *p, void (*line)(void *, json_t *), void *context)
{
	struct arena *a = arena_new();
	const struct rollout_tables all = rollout_tables_of(a, p);

	for (size_t i = 0; i < all.count; i++)
		line(context, rollout_json(a, p, all.items[i]));
	arena_free(a);
}

void json_freezes_each(const struct plan *p, int64_t now_ms, void (*line)(void *, json_t *),
		       void *context)
{
	struct arena *a = arena_new();
	size_t count;
	const struct freeze_row *rows = freeze_rows(a, p, now_ms, &count);

	for (size_t i = 0; i < count; i++) {
		json_t *j = json_line("freeze"), *regions = json_array();

		json_set_text(j, "name", rows[i].window->name);
		json_object_set_new(j, "until", json_time(rows[i].until_ms));
		for (size_t k = 0; k < rows[i].region_count; k++)
			json_array_append_new(regions, json_string(rows[i].regions[k]));
		json_object_set_new(j, "regions", regions);
		line(context, j);
	}
	arena_free(a);
}

json_t *json_outcomes(const struct run_result *r)
{
	json_t *all = json_array();
	struct arena *a = arena_new();

	for (size_t i = 0; i < r->plan->rollouts.count; i++) {
		const struct stack_rollout *s = &r->plan->rollouts.items[i];
		struct outcome_counts n = outcome_counts_of(r, s);
		json_t *j = json_object(), *statuses = json_object();

		json_set_text(j, "stack", s->stack);
		set_number(j, "instances", n.total);
		for (size_t o = 0; o < OUTCOME_COUNT; o++) {
			if (n.of[o])
				set_number(statuses, outcome_name((enum outcome)o), n.of[o]);
		}
		json_object_set_new(j, "statuses", statuses);
		json_set_text(j, "stopped", outcome_fault(a, r, i));
		json_array_append_new(all, j);
	}
	arena_free(a);
	return all;
}
