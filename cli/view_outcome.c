/* view_outcome.c - stack instances of a run counted by how they fared. */
#include "cli/view_outcome.h"

#include <string.h>

#include "cli/rollout_table.h"
#include "cli/view_text.h"
#include "cli/view_value.h"

#define NAMES_MAX 4 /* of stacks or regions in a command */

static const char *const names[] = {
	[OUTCOME_SUCCEEDED] = "SUCCEEDED",     [OUTCOME_FAILED] = "FAILED",
	[OUTCOME_ROLLED_BACK] = "ROLLED_BACK", [OUTCOME_ROLLBACK_FAILED] = "ROLLBACK_FAILED",
	[OUTCOME_SKIPPED] = "SKIPPED",         [OUTCOME_CANCELLED] = "CANCELLED",
	[OUTCOME_PENDING] = "PENDING",
};
_Static_assert(ARRAY_LEN(names) == OUTCOME_COUNT, "a name for every status");

static const char *const words[] = {
	[OUTCOME_SUCCEEDED] = "succeeded",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_ROLLED_BACK] = "rolled back",
	[OUTCOME_ROLLBACK_FAILED] = "could not be rolled back",
	[OUTCOME_SKIPPED] = "skipped",
	[OUTCOME_CANCELLED] = "cancelled",
	[OUTCOME_PENDING] = "not begun",
};
_Static_assert(ARRAY_LEN(words) == OUTCOME_COUNT, "words for every status");

const char *outcome_name(enum outcome o)
{
	return names[o];
}

struct outcome_counts outcome_counts_of(const struct run_result *r, const struct stack_rollout *s)
{
	struct outcome_counts n = {.total = s->spec.member_count};

	for (size_t m = 0; r->statuses && m < s->spec.member_count; m++) {
		const char *status = r->statuses[s->instances[m]];

		for (size_t o = 0; status && o < OUTCOME_COUNT; o++)
			n.of[o] += strcmp(status, names[o]) == 0;
	}
	return n;
}

const char *outcome_fault(struct arena *a, const struct run_result *r, size_t rollout)
{
	const struct stack_rollout *s = &r->plan->rollouts.items[rollout];
	size_t at = r->fault_at ? r->fault_at[rollout] : 0;
	const char *wave;

	if (!r->faults || r->faults[rollout] == ROLLOUT_WELL)
		return NULL;
	if (r->faults[rollout] == ROLLOUT_STOPPED)
		return "it was stopped";
	if (r->faults[rollout] == ROLLOUT_TOLERANCE)
		return arena_printf(a, "more failed in %s than FailureTolerance allows",
				    at < s->spec.region_count ? s->regions[at] : "a region");
	wave = rollout_wave_name(s, at);
	if (r->faults[rollout] == ROLLOUT_WAVE_FAILS)
		return arena_printf(a, "more failed in %s%s than it tolerates",
				    rollout_wave_word(wave), wave);
	return *wave ? arena_printf(a, "the gate behind %s%s was not passed",
				    rollout_wave_word(wave), wave)
		     : "the health gate was not passed";
}

static void add_counts(struct str *out, const struct stack_rollout *s,
		       const struct outcome_counts *n, const struct style *st)
{
	bool well = n->of[OUTCOME_SUCCEEDED] == n->total;

	str_printf(out, "  %s: ", s->stack);
	paint_on(out, st, well ? PAINT_GREEN : PAINT_RED);
	str_printf(out, "%zu of %zu instances succeeded", n->of[OUTCOME_SUCCEEDED], n->total);
	for (size_t o = OUTCOME_FAILED; o < OUTCOME_COUNT; o++) {
		if (n->of[o])
			str_printf(out, ", %zu %s", n->of[o], words[o]);
	}
	paint_off(out, st);
	str_add_char(out, '\n');
}

bool outcome_is_partial(const struct run_result *r)
{
	bool good = false, bad = false;

	if (!r->statuses || !r->plan)
		return r->targets_failed && r->targets_succeeded;
	for (size_t i = 0; i < r->plan->instance_count; i++) {
		const char *status = r->statuses[i];

		good |= status && strcmp(status, names[OUTCOME_SUCCEEDED]) == 0;
		bad |= status && strcmp(status, names[OUTCOME_SUCCEEDED]) != 0;
	}
	return good && bad;
}

bool view_has_outcomes(const struct run_result *r)
{
	for (size_t i = 0; r->plan && r->statuses && i < r->plan->rollouts.count; i++) {
		if (r->plan->rollouts.items[i].spec.member_count > 1)
			return true;
	}
	return false;
}

void view_outcomes(struct str *out, const struct run_result *r, const struct style *st)
{
	struct arena *a = arena_new();

	for (size_t i = 0; r->plan && r->statuses && i < r->plan->rollouts.count; i++) {
		const struct stack_rollout *s = &r->plan->rollouts.items[i];
		struct outcome_counts n = outcome_counts_of(r, s);
		const char *fault = outcome_fault(a, r, i);

		if (s->spec.member_count < 2)
			continue;
		add_counts(out, s, &n, st);
		if (fault) {
			str_add(out, "    ");
			shown_text(out, text_of(fault));
			str_add_char(out, '\n');
		}
	}
	arena_free(a);
}

/* --- again ---------------------------------------------------------------------------------- */

static void add_names(struct str *out, const char *before, const struct map *m)
{
	for (size_t i = 0; m->live_count <= NAMES_MAX && i < m->entry_count; i++)
		str_printf(out, " %s%s", before, (const char *)m->entries[i].value);
}

bool view_instance_of(struct arena *a, const char *address, const struct map *regions,
		      struct instance_id *out)
{
	struct address addr;

	if (address_parse(a, text_of(address), &addr) &&
	    map_has(regions, text_of(addr.instance.region))) {
		*out = addr.instance;
		return true;
	}
	return instance_id_parse(a, text_of(address), out) &&
	       map_has(regions, text_of(out->region));
}

/* What is CURRENT has nothing to do, so without names it is the same, only a longer look. */
bool view_retry_command(struct str *out, const char *command, const struct instance_ids *ids)
{
	struct map stacks = MAP_INIT, regions = MAP_INIT;

	for (size_t i = 0; i < ids->count; i++) {
		const struct instance_id *id = ids->items[i];

		map_set(&stacks, text_of(id->stack), (void *)id->stack);
		map_set(&regions, text_of(id->region), (void *)id->region);
	}
	if (ids->count) {
		str_printf(out, "hadeploy %s", command);
		add_names(out, "", &stacks);
		add_names(out, "--region ", &regions);
	}
	map_release(&stacks);
	map_release(&regions);
	return ids->count > 0;
}
