/* rollout_table.c - from the preview of a plan's rollouts to rows. */
#include "cli/rollout_table.h"

#include <stdlib.h>
#include <string.h>

#define THE_REST "the rest"

struct tabling {
	struct arena *a;
	const struct rollout_list *list;
	const struct rollout_step *steps;
	size_t step_count;
	size_t *numbers; /* by round: of the step; 0: nothing is shown of it */
	size_t **rounds; /* by rollout, by member */
	size_t **gates;  /* by rollout, by wave */
};

bool rollout_is_worth_telling(const struct stack_rollout *r)
{
	return r->spec.member_count > 1 || r->preferences.given;
}

const char *rollout_wave_name(const struct stack_rollout *r, size_t wave)
{
	if (r->wave_count < 2)
		return "";
	return wave < r->preferences.wave_count ? r->preferences.waves[wave].name : THE_REST;
}

const char *rollout_wave_word(const char *name)
{
	/* One without a name is called "wave 2" by the manifest's reader. */
	bool says_so = strncmp(name, "wave ", strlen("wave ")) == 0 || strcmp(name, THE_REST) == 0;

	return says_so ? "" : "wave ";
}

int64_t rollout_wave_bake(const struct stack_rollout *r, size_t wave)
{
	return wave < r->preferences.wave_count ? r->preferences.waves[wave].bake_ms : 0;
}

struct checks {
	VEC_OF(const struct manifest_check *)
};

static void add_checks(struct arena *a, struct checks *to, const struct manifest_check *const *from,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool there = false;

		for (size_t k = 0; k < to->count; k++)
			there |= to->items[k] == from[i];
		if (!there)
			*(const struct manifest_check **)arena_vec_add(a, to) = from[i];
	}
}

const struct manifest_check *const *rollout_wave_checks(struct arena *a,
							const struct stack_rollout *r, size_t wave,
							size_t *count)
{
	const struct rollout_preferences *p = &r->preferences;
	struct checks all = {0};

	if (wave < p->wave_count)
		add_checks(a, &all, p->waves[wave].checks, p->waves[wave].check_count);
	if (wave + 1 >= r->wave_count)
		add_checks(a, &all, p->checks, p->check_count);
	*count = all.count;
	return all.items;
}

static bool gate_waits(struct tabling *t, const struct stack_rollout *r, size_t wave)
{
	size_t checks;

	rollout_wave_checks(t->a, r, wave, &checks);
	return checks || rollout_wave_bake(r, wave);
}

/* Rounds of members and gates; those in which there is nothing to be seen get no number. */
static void number_rounds(struct tabling *t)
{
	size_t last = 0, number = 0;

	for (size_t i = 0; i < t->step_count; i++)
		last = t->steps[i].round > last ? t->steps[i].round : last;
	t->numbers = ARENA_ARRAY(t->a, last + 1, size_t);
	for (size_t i = 0; i < t->step_count; i++) {
		const struct rollout_step *s = &t->steps[i];

		if (s->kind == ROLLOUT_STEP_START)
			t->rounds[s->stack][s->at] = s->round;
		else if (gate_waits(t, &t->list->items[s->stack], s->at))
			t->gates[s->stack][s->at] = s->round + 1;
		else
			continue;
		t->numbers[s->round] = 1;
	}
	for (size_t i = 0; i <= last; i++) {
		if (t->numbers[i])
			t->numbers[i] = ++number;
	}
}

static void add_member(struct tabling *t, struct rollout_table *table, size_t member, size_t step)
{
	const struct rollout_member *m = &table->rollout->spec.members[member];
	struct rollout_cell *c = table->count ? &table->items[table->count - 1] : NULL;

	if (!c || c->wave != m->wave || c->region != m->region) {
		c = arena_vec_add(t->a, table);
		*c = (struct rollout_cell){m->wave, m->region, member, 0, step, step};
	}
	c->count++;
	if (step < c->first_step)
		c->first_step = step;
	if (step > c->last_step)
		c->last_step = step;
	if (!table->first_step || step < table->first_step)
		table->first_step = step;
}

static struct rollout_table *table_of(struct tabling *t, size_t number)
{
	const struct stack_rollout *r = &t->list->items[number];
	struct rollout_table *table = ARENA_NEW(t->a, struct rollout_table);

	table->rollout = r;
	table->gate_steps = t->gates[number];
	for (size_t w = 0; w < r->wave_count; w++) {
		if (table->gate_steps[w])
			table->gate_steps[w] = t->numbers[table->gate_steps[w] - 1];
	}
	for (size_t m = 0; m < r->spec.member_count; m++)
		add_member(t, table, m, t->numbers[t->rounds[number][m]]);
	return table;
}

static int compare_tables(const void *x, const void *y)
{
	const struct rollout_table *a = *(const struct rollout_table *const *)x;
	const struct rollout_table *b = *(const struct rollout_table *const *)y;

	if (a->first_step != b->first_step)
		return a->first_step < b->first_step ? -1 : 1;
	return strcmp(a->rollout->stack, b->rollout->stack);
}

struct rollout_tables rollout_tables_of(struct arena *a, const struct plan *p)
{
	struct tabling t = {.a = a, .list = &p->rollouts};
	struct rollout_tables all = {0};

	if (!p->rollouts.count)
		return all;
	t.rounds = ARENA_ARRAY(a, p->rollouts.count, size_t *);
	t.gates = ARENA_ARRAY(a, p->rollouts.count, size_t *);
	for (size_t i = 0; i < p->rollouts.count; i++) {
		t.rounds[i] = ARENA_ARRAY(a, p->rollouts.items[i].spec.member_count + 1, size_t);
		t.gates[i] = ARENA_ARRAY(a, p->rollouts.items[i].wave_count + 1, size_t);
	}
	t.step_count = rollout_preview(a, p, &p->rollouts, &t.steps);
	number_rounds(&t);
	for (size_t i = 0; i < p->rollouts.count; i++)
		*(struct rollout_table **)arena_vec_add(a, &all) = table_of(&t, i);
	if (all.count)
		qsort(all.items, all.count, sizeof(*all.items), compare_tables);
	return all;
}
