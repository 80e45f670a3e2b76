/* manifest_fixture.c - see manifest_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/manifest_fixture.h"

struct reading read_text(const char *yaml)
{
	struct reading r = {arena_new(), DIAGS_INIT, NULL};
	const struct source *src = source_from(r.a, "hadeploy.yaml", text_of(yaml), &r.d);

	assert_non_null(src);
	r.m = manifest_parse(r.a, src, "/srv/shop", &r.d);
	return r;
}

void forget(struct reading *r)
{
	diags_release(&r->d);
	arena_free(r->a);
}

struct reading read_good(const char *yaml)
{
	struct reading r = read_text(yaml);

	if (r.d.first)
		fail_msg("%s", r.d.first->summary);
	assert_non_null(r.m);
	return r;
}

void check_fault(const struct fault *f)
{
	struct reading r = read_text(f->yaml);
	const struct diag *g = r.d.first;

	assert_non_null(g);
	assert_string_equal(g->summary, f->summary);
	if (g->next)
		fail_msg("also: %s", g->next->summary);
	assert_int_equal(g->code, f->code);
	assert_int_equal(g->where.start.line, f->line);
	assert_int_equal(g->where.start.column, f->column);
	if (f->hint) {
		assert_non_null(g->hint);
		assert_non_null(strstr(g->hint, f->hint));
	}
	assert_true((g->severity == DIAG_ERROR) == (r.m == NULL));
	forget(&r);
}

void check_faults(const struct fault *faults, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_fault(&faults[i]);
}
