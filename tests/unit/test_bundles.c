/* test_bundles.c - every definition that is part of the program can be read, and compiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "providers/aws/aws_types.h"
#include "providers/rest/definition.h"

/* The engine refuses a schema that names what it has not. */
static void check_facts(const struct definition *t, struct diags *d)
{
	struct str text = STR_INIT;
	struct aws_types types;
	json_t *schema;

	assert_true(aws_types_open(&types, aws_types_data()));
	if ((t->unserved || t->shown) && !t->schema) {
		assert_true(aws_types_schema(&types, text_of(t->type), &text));
		schema = json_parse(str_text(&text), NULL, NULL);
		definition_check_properties(t, schema, d);
		json_decref(schema);
	}
	str_release(&text);
}

static void check_folder(const char *folder)
{
	struct definition_source source = {.folder = folder};
	struct diags d = DIAGS_INIT;
	struct definitions *s = definitions_open(&source, &d);
	struct jq_pool *pool = jq_pool_hold();
	size_t count = 0;
	const char *const *types = s ? definitions_types(s, &count) : NULL;

	for (size_t i = 0; i < count; i++) {
		const struct definition *t = definitions_find(s, types[i], &d);

		if (t) {
			definition_check(t, pool, &d);
			check_facts(t, &d);
		}
	}
	for (const struct diag *g = d.first; g; g = g->next)
		print_error("%s:%u: %s\n%s\n", g->where.src ? g->where.src->name : folder,
			    g->where.start.line, g->summary, g->detail ? g->detail : "");
	assert_int_equal(d.error_count, 0);
	assert_true(count > 0);
	jq_pool_release(pool);
	definitions_close(s);
	diags_release(&d);
}

static void aws(void **state)
{
	(void)state;
	check_folder("providers/aws/types");
}

static void powerdns(void **state)
{
	(void)state;
	check_folder("providers/powerdns/types");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aws),
		cmocka_unit_test(powerdns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
