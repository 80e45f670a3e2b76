/* recreate_look.c - the wrong name at 3 a.m.: a region that answers is not lost. */
#include "cli/recreate_look.h"

#include <string.h>

#include "engine/engine_runbook.h"

#define NAMED_MAX 4

static const char *healthy_text(struct invocation *in, const struct health_result *h)
{
	const char *text = NULL;
	size_t count = 0;

	for (size_t i = 0; i < h->count; i++) {
		if (h->rows[i].state != GAUGE_HEALTHY || ++count > NAMED_MAX)
			continue;
		text = text ? arena_printf(in->arena, "%s, %s", text, h->rows[i].endpoint)
			    : h->rows[i].endpoint;
	}
	return count > NAMED_MAX
		       ? arena_printf(in->arena, "%s and %zu more", text, count - NAMED_MAX)
		       : text;
}

static int say(struct invocation *in, const char *region, const char *healthy)
{
	const char *reason = in->args->options[OPT_REASON].text;
	bool asks = !option_given(in->args, OPT_YES) && invocation_can_ask(in);
	struct diag *g;

	if (asks || reason)
		g = diag_warn(&in->diags, DIAG_RECREATE_ANSWERS, RANGE_NONE,
			      "region '%s' answers: healthy are %s", region, healthy);
	else
		g = diag_add(&in->diags, DIAG_RECREATE_ANSWERS, RANGE_NONE,
			     "region '%s' answers, so it is not lost: healthy are %s", region,
			     healthy);
	if (reason)
		diag_detail(&in->diags, g, "Recreated all the same: %s.", reason);
	else if (asks)
		diag_hint(&in->diags, g, "is it the region that you mean?");
	else
		diag_hint(&in->diags, g,
			  "when it is to be made anew all the same, say why: --reason TEXT");
	return asks || reason ? 0 : -1;
}

int recreate_look(struct invocation *in, struct run_style *style)
{
	const char *region = in->args->options[OPT_REGION].items[0], *healthy;
	const struct health_request q = {.mode = HEALTH_ONCE, .region = region};
	struct health_result result = {0};
	struct diags told = DIAGS_INIT;
	int rc;

	if (option_given(in->args, OPT_SIMULATE) || !engine_recreation_begins(in->engine))
		return 0;
	rc = engine_health(in->engine, &q, &result, &told);
	diags_release(&told);
	if (rc != 0)
		diag_note(&in->diags, DIAG_RECREATE_ANSWERS, RANGE_NONE,
			  "whether region '%s' answers is not known: its health checks cannot be "
			  "asked",
			  region);
	healthy = healthy_text(in, &result);
	if (!healthy)
		return 0;
	style->question = arena_printf(in->arena,
				       "Region %s ANSWERS (%s). Recreate it all the same? Only "
				       "'yes' is accepted: ",
				       region, healthy);
	return say(in, region, healthy);
}
