/* test_import.c - what exists is recorded, by id and by name, on the fake cloud. */
#include "tests/unit/run_bench.h"

#include <string.h>

static const char template_text[] =
	"Resources:\n"
	"  A: {Type: 'Cloud::Thing', Properties: {Name: a, Host: h1, Size: 5, Note: x}}\n"
	"  B:\n"
	"    Type: Cloud::Thing\n"
	"    DeletionPolicy: Retain\n"
	"    Properties: {Name: b, Host: h2, Note: !GetAtt A.Serial}\n";

static struct import_wish wish(const char *address, const char *id)
{
	return (struct import_wish){.address = address, .id = id, .where = RANGE_NONE};
}

static int import(struct bench *b, const struct import_wish *wishes, size_t count)
{
	struct run_request q = {
		.mode = RUN_IMPORT,
		.wishes = {.imports = wishes, .import_count = count},
	};

	return bench_run(b, &q);
}

static int import_one(struct bench *b, const char *address, const char *id)
{
	struct import_wish w = wish(address, id);

	return import(b, &w, 1);
}

static void both_are_there(struct bench *b)
{
	bench_template(b, template_text);
	cloud_place("{\"Name\":\"a\",\"Host\":\"h1\",\"Size\":7,\"Note\":\"x\",\"Serial\":\"s9\","
		    "\"Kind\":\"big\"}");
	cloud_place("{\"Name\":\"b\",\"Host\":\"h2\",\"Note\":\"s9\",\"Serial\":\"s10\"}");
}

static void what_exists_is_recorded_as_it_is(void **state)
{
	struct bench *b = *state;
	struct import_wish wishes[2] = {wish("web/east/A", "a@h1"), wish("web/-/east/B", "b@h2")};
	const struct record *r;

	both_are_there(b);
	if (import(b, wishes, 2))
		bench_show(b);
	assert_int_equal(b->result.done.import, 2);
	assert_int_equal(b->result.plan->counts.import, 2);
	/* The update of A may give it another Serial. */
	assert_int_equal(b->result.next->counts.update, 2);
	r = bench_record(b, "A");
	assert_string_equal(r->id, "a@h1");
	/* What the template does not name is no input. */
	assert_string_equal(r->inputs,
			    "{\"Host\":\"h1\",\"Name\":\"a\",\"Note\":\"x\",\"Size\":7}");
	assert_string_equal(r->outputs, "{\"Host\":\"h1\",\"Kind\":\"big\",\"Name\":\"a\",\"Note\":"
					"\"x\",\"Serial\":\"s9\",\"Size\":7}");
	assert_string_equal(r->endpoint, "h1");
	assert_int_equal(r->born, BORN_BEFORE);
	r = bench_record(b, "B");
	assert_string_equal(r->deletion_policy, "Retain");
	assert_string_equal(r->depends_on, "[\"web/-/east/A\"]");
	assert_int_equal(cloud_calls(CLOUD_CREATE, "*") + cloud_calls(CLOUD_UPDATE, "*"), 0);
	assert_int_equal(bench_open_operations(b), 0);
}

static void the_next_apply_changes_what_differs(void **state)
{
	struct bench *b = *state;

	bench_template(b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Host: h1, "
			  "Size: 5}}}\n");
	cloud_place("{\"Name\":\"a\",\"Host\":\"h1\",\"Size\":7,\"Kind\":\"big\"}");
	assert_int_equal(import_one(b, "web/east/A", "a@h1"), 0);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.update, 1);
	assert_string_equal(cloud_property("a", "Size"), "5");
	assert_string_equal(cloud_last_changed(), "[\"/Size\"]");
	/* Read twice, so that the first refresh finds nothing strange. */
	assert_int_equal(bench_drift(b)->drifted, 0);
}

static void without_an_id_the_name_is_looked_for(void **state)
{
	struct bench *b = *state;

	both_are_there(b);
	assert_int_equal(import_one(b, "web/east/A", NULL), 0);
	assert_string_equal(bench_record(b, "A")->id, "a@h1");
	assert_int_equal(cloud_calls(CLOUD_FIND, "a"), 1);
}

static void the_same_import_again_has_nothing_to_do(void **state)
{
	struct bench *b = *state;

	both_are_there(b);
	assert_int_equal(import_one(b, "web/east/A", "a@h1"), 0);
	assert_int_equal(import_one(b, "web/east/A", "a@h1"), 0);
	assert_true(plan_empty(b->result.plan));
	assert_int_equal(b->result.done.import, 0);
}

static void declining_records_nothing(void **state)
{
	struct bench *b = *state;

	both_are_there(b);
	b->declines = true;
	assert_int_equal(import_one(b, "web/east/A", "a@h1"), -1);
	assert_true(b->result.declined);
	assert_int_equal(bench_records(b), 0);
}

static void errors_name_id_type_and_address(void **state)
{
	struct bench *b = *state;
	const struct diag *g;

	both_are_there(b);
	assert_int_equal(import_one(b, "web/east/A", "zz@h1"), -1);
	g = bench_diag(b, DIAG_IMPORT_ABSENT);
	assert_non_null(g);
	assert_string_equal(g->detail, "The provider 'sim' has no Cloud::Thing of id 'zz@h1'.");
	assert_string_equal(g->address, "web/east/A");
	assert_int_equal(import_one(b, "web/east/Z", "a@h1"), -1);
	assert_true(bench_said(b, DIAG_IMPORT_UNKNOWN));
	assert_int_equal(import_one(b, "nowhere", "a@h1"), -1);
	assert_true(bench_said(b, DIAG_ADDRESS_SHAPE));
	assert_int_equal(bench_records(b), 0);
}

static void what_is_recorded_stays_so(void **state)
{
	struct bench *b = *state;

	both_are_there(b);
	assert_int_equal(import_one(b, "web/east/A", "a@h1"), 0);
	assert_int_equal(import_one(b, "web/east/A", "b@h2"), -1);
	assert_true(bench_said(b, DIAG_IMPORT_RECORDED));
	assert_string_equal(bench_record(b, "A")->id, "a@h1");
}

static void one_thing_has_one_address(void **state)
{
	struct bench *b = *state;
	struct import_wish wishes[2] = {wish("web/east/A", "a@h1"), wish("web/east/B", "a@h1")};

	both_are_there(b);
	assert_int_equal(import(b, wishes, 2), -1);
	assert_true(bench_said(b, DIAG_IMPORT_TWICE));
	wishes[1] = wish("web/east/A", "b@h2");
	assert_int_equal(import(b, wishes, 2), -1);
	assert_true(bench_said(b, DIAG_IMPORT_TWICE));
	assert_int_equal(bench_records(b), 0);
	assert_int_equal(import_one(b, "web/east/A", "a@h1"), 0);
	assert_int_equal(import_one(b, "web/east/B", "a@h1"), -1);
	assert_true(bench_said(b, DIAG_IMPORT_TWICE));
}

static const char secret_template[] =
	"Parameters: {P: {Type: String, NoEcho: true}}\n"
	"Resources:\n"
	"  A: {Type: 'Cloud::Thing', Properties: {Name: a, Host: h1, Secret: !Ref P}}\n";

static void a_secret_that_is_not_shown_is_never_the_same(void **state)
{
	struct bench *b = *state;

	bench_template(b, secret_template);
	bench_param(b, "P", "hunter22");
	cloud_place("{\"Name\":\"a\",\"Host\":\"h1\",\"Serial\":\"s1\"}");
	assert_int_equal(import_one(b, "web/east/A", "a@h1"), 0);
	assert_int_equal(b->result.next->counts.update, 1);
	assert_int_equal(bench_apply(b), 0);
	assert_int_equal(b->result.done.update, 1);
	assert_string_equal(cloud_property("a", "Secret"), "hunter22");
	assert_false(bench_state_holds(b, "hunter22"));
}

static void a_secret_that_is_shown_is_compared_and_not_recorded(void **state)
{
	struct bench *b = *state;

	bench_template(b, secret_template);
	bench_param(b, "P", "hunter22");
	cloud_place("{\"Name\":\"a\",\"Host\":\"h1\",\"Secret\":\"hunter22\"}");
	assert_int_equal(import_one(b, "web/east/A", "a@h1"), 0);
	assert_int_equal(b->result.next->counts.none, 1);
	assert_false(bench_state_holds(b, "hunter22"));
}

static void what_cannot_be_read_replaces_nothing(void **state)
{
	struct bench *b = *state;
	const struct diag *g;

	bench_template(
		b, "Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Kind: big}}}\n");
	cloud_place("{\"Name\":\"a\",\"Host\":\"\"}");
	assert_int_equal(import_one(b, "web/east/A", "a@"), 0);
	g = bench_diag(b, DIAG_IMPORT_UNREADABLE);
	assert_non_null(g);
	assert_int_equal(g->severity, DIAG_WARNING);
	assert_string_equal(g->detail, "Kind: recorded as the template has them.");
	assert_int_equal(b->result.next->counts.none, 1);
}

static void keys_that_the_template_does_not_have_differ(void **state)
{
	struct bench *b = *state;

	bench_template(
		b,
		"Resources: {A: {Type: 'Cloud::Thing', Properties: {Name: a, Tags: {k: '1'}}}}\n");
	cloud_place("{\"Name\":\"a\",\"Host\":\"\",\"Tags\":{\"k\":\"1\",\"l\":\"2\"}}");
	assert_int_equal(import_one(b, "web/east/A", "a@"), 0);
	assert_int_equal(b->result.next->counts.update, 1);
	assert_string_equal(b->result.next->changes[0].paths[0].pointer, "/Tags/l");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(what_exists_is_recorded_as_it_is),
		RUN_TEST(the_next_apply_changes_what_differs),
		RUN_TEST(without_an_id_the_name_is_looked_for),
		RUN_TEST(the_same_import_again_has_nothing_to_do),
		RUN_TEST(declining_records_nothing),
		RUN_TEST(errors_name_id_type_and_address),
		RUN_TEST(what_is_recorded_stays_so),
		RUN_TEST(one_thing_has_one_address),
		RUN_TEST(a_secret_that_is_not_shown_is_never_the_same),
		RUN_TEST(a_secret_that_is_shown_is_compared_and_not_recorded),
		RUN_TEST(what_cannot_be_read_replaces_nothing),
		RUN_TEST(keys_that_the_template_does_not_have_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
