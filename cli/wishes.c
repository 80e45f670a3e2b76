/* wishes.c - options to what the planner is asked for. */
#include "cli/wishes.h"

#include <string.h>

static struct patterns patterns_of(const struct invocation *in, enum option_id id)
{
	const struct option_value *o = &in->args->options[id];

	return (struct patterns){o->items, o->count};
}

struct plan_wishes invocation_wishes(const struct invocation *in)
{
	return (struct plan_wishes){
		.only = patterns_of(in, OPT_ONLY),
		.exclude = patterns_of(in, OPT_EXCLUDE),
		.replace = patterns_of(in, OPT_REPLACE),
		.skip = patterns_of(in, OPT_SKIP),
		.imports = in->imports.items,
		.import_count = in->imports.count,
		.adopt = option_given(in->args, OPT_ADOPT),
	};
}

/* Also one that the manifest has lost and something is recorded in cannot be named: those that are
 * not named come after. */
static int check_region(struct invocation *in, const char *name)
{
	const struct manifest *m = engine_project(in->engine)->manifest;
	const char **names = ARENA_ARRAY(in->arena, m->region_count + 1, const char *);
	struct diag *g;

	if (manifest_region(m, name))
		return 0;
	for (size_t i = 0; i < m->region_count; i++)
		names[i] = m->regions[i].name;
	g = diag_add(&in->diags, DIAG_REGION_ORDER_UNKNOWN, RANGE_NONE,
		     "--region-order names '%s', which is no region of the manifest", name);
	diag_did_you_mean(&in->diags, g, text_of(name), names, m->region_count);
	return -1;
}

static int read_order(struct invocation *in, struct rollout_wishes *out)
{
	const struct option_value *o = &in->args->options[OPT_REGION_ORDER];
	int status = 0;

	for (; o->items && o->items[out->region_order_count]; out->region_order_count++) {
		if (check_region(in, o->items[out->region_order_count]) != 0)
			status = -1;
	}
	out->region_order = o->items;
	return status;
}

static struct rollout_amount amount_of(const struct invocation *in, enum option_id id)
{
	const struct option_value *o = &in->args->options[id];

	return (struct rollout_amount){(size_t)o->number, o->percent, o->count > 0};
}

static bool chosen(const struct invocation *in, enum option_id id, const char *word)
{
	const struct option_value *o = &in->args->options[id];

	return o->count && strcmp(o->text, word) == 0;
}

static enum on_failure on_failure_of(const struct invocation *in)
{
	const struct option_value *o = &in->args->options[OPT_ON_FAILURE];

	if (!o->count)
		return ON_FAILURE_DEFAULT;
	if (chosen(in, OPT_ON_FAILURE, "keep"))
		return ON_FAILURE_KEEP;
	if (chosen(in, OPT_ON_FAILURE, "wave"))
		return ON_FAILURE_WAVE;
	return chosen(in, OPT_ON_FAILURE, "all") ? ON_FAILURE_ALL : ON_FAILURE_INSTANCE;
}

int invocation_rollout(struct invocation *in, struct run_request *out)
{
	struct rollout_wishes *w = &out->rollout;

	out->on_failure = on_failure_of(in);
	out->freeze_reason = in->args->options[OPT_OVERRIDE_FREEZE].text;
	out->policy_reason = in->args->options[OPT_OVERRIDE_POLICY].text;
	out->execution_reason = in->args->options[OPT_OVERRIDE_EXECUTION].text;
	out->loss_reason = in->args->options[OPT_ACCEPT_DATA_LOSS].text;
	out->attended = invocation_can_ask(in) && !option_given(in->args, OPT_YES);
	w->has_regions = option_given(in->args, OPT_REGION_CONCURRENCY);
	w->has_mode = option_given(in->args, OPT_CONCURRENCY_MODE);
	w->regions = chosen(in, OPT_REGION_CONCURRENCY, "PARALLEL") ? REGIONS_PARALLEL
								    : REGIONS_SEQUENTIAL;
	w->mode =
		chosen(in, OPT_CONCURRENCY_MODE, "STRICT") ? CONCURRENCY_STRICT : CONCURRENCY_SOFT;
	w->max_concurrent = amount_of(in, OPT_MAX_CONCURRENT);
	w->tolerance = amount_of(in, OPT_FAILURE_TOLERANCE);
	return read_order(in, w);
}
