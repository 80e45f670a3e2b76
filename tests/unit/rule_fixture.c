/* rule_fixture.c - see rule_fixture.h. */
#include "tests/unit/rule_fixture.h"

#include "engine/lint/lint.h"
#include "providers/builtin.h"

static const char *said(struct template_fixture *f)
{
	struct str out = STR_INIT;
	const char *text;

	diags_sort(&f->d);
	for (const struct diag *g = f->d.first; g; g = g->next) {
		if (g->code < 2420 || g->code > 2499)
			continue;
		str_printf(&out, "%u:%u %s%d %s\n", g->where.start.line, g->where.start.column,
			   g->severity == DIAG_ERROR ? "HD" : "warning HD", (int)g->code,
			   g->summary);
		assert_non_null(g->hint);
	}
	text = arena_text(f->a, str_text(&out));
	str_release(&out);
	diags_release(&f->d);
	return text;
}

const char *rules_said(struct template_fixture *f, const char *text)
{
	struct registry *types = registry_open(manifest_none(f->a), builtin_providers, &f->d);

	assert_non_null(types);
	if (!fixture_load(f, text))
		fail_msg("does not load: %s", fixture_said(f));
	lint_template(f->tpl, types, &f->d);
	registry_close(types);
	return said(f);
}
