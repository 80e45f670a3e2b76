/* The definitions of PowerDNS's types: they are read, and their programs compile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "providers/rest/definition.h"

static void definitions_are_right(void **state)
{
	struct diags d = DIAGS_INIT;
	char *folder = realpath("providers/powerdns/types", NULL);
	struct definition_source source = {.folder = folder};
	struct definitions *s = definitions_open(&source, &d);
	struct jq_pool *pool = jq_pool_hold();
	const char *const *types;
	size_t count = 0;

	(void)state;
	for (const struct diag *g = d.first; g; g = g->next)
		print_message("%s:%u: %s %s\n", g->where.src ? g->where.src->name : "",
			      g->where.start.line, g->summary, g->detail ? g->detail : "");
	assert_non_null(s);
	types = definitions_types(s, &count);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		const struct definition *t = definitions_find(s, types[i], &d);

		assert_non_null(t);
		definition_check(t, pool, &d);
	}
	for (const struct diag *g = d.first; g; g = g->next)
		print_message("%s:%u: %s %s\n", g->where.src ? g->where.src->name : "",
			      g->where.start.line, g->summary, g->detail ? g->detail : "");
	assert_false(diags_failed(&d));
	jq_pool_release(pool);
	definitions_close(s);
	diags_release(&d);
	free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(definitions_are_right)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
