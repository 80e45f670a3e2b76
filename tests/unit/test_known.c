/* What of a record evaluation may know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/known.h"
#include "tests/unit/planner_fixture.h"

struct bench {
	struct fixture f;
	struct known *k;
	struct record *r;
};

static int bench_open(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	fixture_open(&b->f, "Resources: {A: {Type: Fake::Thing, Properties: {Name: a}}}\n");
	b->k = known_new(b->f.project->registry);
	b->r = fixture_record(&b->f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\",\"Size\":1}",
			      NULL);
	b->r->outputs = "{\"A.B\":\"dotted\",\"Name\":\"a\",\"Serial\":\"s\",\"Size\":2,"
			"\"Tags\":{\"x\":{\"y\":\"deep\"}}}";
	*state = b;
	return 0;
}

static int bench_close(void **state)
{
	struct bench *b = *state;

	known_free(b->k);
	fixture_close(&b->f);
	free(b);
	return 0;
}

static const struct value *ask(struct bench *b, const char *id, const char *attribute)
{
	const struct instance_id instance = {"web", ACCOUNT_NONE, "east"};
	const struct eval_lookup *l = known_lookup(b->k, &instance);

	return l->attribute(l->context, b->f.a, id, attribute);
}

static void expect_text(const struct value *v, const char *expected)
{
	struct text t;

	assert_non_null(v);
	assert_true(value_scalar_text(v, &t));
	assert_true(text_is(t, expected));
}

static void what_is_not_recorded_is_not_known(void **state)
{
	assert_null(ask(*state, "A", NULL));
	assert_null(ask(*state, "A", "Serial"));
}

static void attributes_come_from_outputs_then_inputs(void **state)
{
	struct bench *b = *state;

	b->r->outputs = "{\"Serial\":\"s\",\"Size\":2}";
	known_put(b->k, b->r, KNOWN_ALL);
	expect_text(ask(b, "A", "Serial"), "s");
	expect_text(ask(b, "A", "Size"), "2");
	expect_text(ask(b, "A", "Name"), "a");
	assert_null(ask(b, "A", "Sum"));
	assert_null(ask(b, "B", "Serial"));
}

static void ref_follows_the_schema(void **state)
{
	struct bench *b = *state;

	known_put(b->k, b->r, KNOWN_ALL);
	expect_text(ask(b, "A", NULL), "a");
	b->r->type = "Fake::Plain";
	known_put(b->k, b->r, KNOWN_ALL);
	expect_text(ask(b, "A", NULL), "id-A");
}

static void attributes_may_be_nested(void **state)
{
	struct bench *b = *state;

	known_put(b->k, b->r, KNOWN_ALL);
	expect_text(ask(b, "A", "Tags.x.y"), "deep");
	expect_text(ask(b, "A", "A.B"), "dotted");
	assert_null(ask(b, "A", "Tags.x.z"));
}

static void computed_attributes_hide_while_an_update_is_due(void **state)
{
	struct bench *b = *state;

	known_put(b->k, b->r, KNOWN_INPUTS);
	assert_null(ask(b, "A", "Serial"));
	expect_text(ask(b, "A", "Size"), "1");
	expect_text(ask(b, "A", NULL), "a");
}

static void what_is_the_id_itself_stays(void **state)
{
	struct bench *b = *state;

	b->r->outputs = "{\"Serial\":\"id-A\",\"Other\":\"id-A\"}";
	known_put(b->k, b->r, KNOWN_INPUTS);
	expect_text(ask(b, "A", "Serial"), "id-A");
	assert_null(ask(b, "A", "Other"));
}

static void instances_do_not_mix(void **state)
{
	const struct instance_id west = {"web", ACCOUNT_NONE, "west"};
	struct bench *b = *state;
	const struct eval_lookup *l = known_lookup(b->k, &west);

	known_put(b->k, b->r, KNOWN_ALL);
	assert_null(l->attribute(l->context, b->f.a, "A", NULL));
}

static void masked_secrets_are_not_known(void **state)
{
	struct bench *b = *state;

	b->r->outputs = "{\"Serial\":{\"$secret\":\"aa\"},\"Tags\":{\"x\":{\"$secret\":\"bb\"}}}";
	known_put(b->k, b->r, KNOWN_ALL);
	assert_null(ask(b, "A", "Serial"));
	assert_null(ask(b, "A", "Tags"));
}

static void a_secret_in_clear_stays_sensitive(void **state)
{
	struct bench *b = *state;

	b->r->inputs = "{\"Key\":\"hunter22\"}";
	b->r->outputs = "{\"Key\":{\"$secret\":\"aa\"}}";
	b->r->sensitive = "[\"/Key\"]";
	known_put(b->k, b->r, KNOWN_ALL);
	expect_text(ask(b, "A", "Key"), "hunter22");
	assert_true(ask(b, "A", "Key")->sensitive);
}

static void what_is_given_is_copied(void **state)
{
	struct bench *b = *state;
	char outputs[] = "{\"Serial\":\"s\"}";

	b->r->outputs = outputs;
	known_put(b->k, b->r, KNOWN_ALL);
	memset(outputs, 'x', sizeof(outputs) - 1);
	expect_text(ask(b, "A", "Serial"), "s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_not_recorded_is_not_known, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(attributes_come_from_outputs_then_inputs,
						bench_open, bench_close),
		cmocka_unit_test_setup_teardown(ref_follows_the_schema, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(attributes_may_be_nested, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(computed_attributes_hide_while_an_update_is_due,
						bench_open, bench_close),
		cmocka_unit_test_setup_teardown(what_is_the_id_itself_stays, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(instances_do_not_mix, bench_open, bench_close),
		cmocka_unit_test_setup_teardown(masked_secrets_are_not_known, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(a_secret_in_clear_stays_sensitive, bench_open,
						bench_close),
		cmocka_unit_test_setup_teardown(what_is_given_is_copied, bench_open, bench_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
