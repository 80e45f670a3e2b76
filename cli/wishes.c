/* wishes.c - options to what the planner is asked for. */
#include "cli/wishes.h"

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
