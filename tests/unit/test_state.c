/* Recorded state: what is written comes back, whole or not at all. */
#include "tests/unit/state_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

static void commit(struct fixture *f, struct state *s, const struct state_edit *edits, size_t count)
{
	int result = state_commit(s, edits, count, &f->d);

	if (result != 0)
		print_message("%s\n", f->d.first->summary);
	assert_int_equal(result, 0);
}

static void reading_an_absent_file_is_an_empty_state_and_makes_nothing(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_READ);
	struct instance_list instances;
	struct operation_list operations;
	struct lock_list locks;

	assert_int_equal(state_fixture_count_records(f, s), 0);
	assert_int_equal(state_load_instances(s, f->a, &instances, &f->d), 0);
	assert_int_equal(instances.count, 0);
	assert_int_equal(state_load_open_operations(s, NULL, f->a, &operations, &f->d), 0);
	assert_int_equal(operations.count, 0);
	assert_int_equal(state_load_locks(s, f->a, &locks, &f->d), 0);
	assert_int_equal(locks.count, 0);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
	assert_false(file_exists(arena_printf(f->a, "%s/.hadeploy", f->dir)));
}

static void writing_makes_a_private_file_in_a_private_folder(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);
	struct stat st;

	assert_int_equal(stat(path_dir(f->a, f->path), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(state_fixture_beside(f, "-wal"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	state_close(s);
}

static void closing_leaves_one_file(void **state)
{
	struct fixture *f = *state;
	struct text bytes;

	state_close(state_fixture_open_locked(f));
	state_close(state_fixture_open(f, STATE_READ));
	assert_false(file_exists(state_fixture_beside(f, "-wal")));
	assert_false(file_exists(state_fixture_beside(f, "-shm")));
	bytes = state_fixture_bytes(f, f->path);
	assert_memory_equal(bytes.ptr, "SQLite format 3", 16);
	assert_memory_equal(bytes.ptr + 68, "HADP", 4);
}

static void assert_records_equal(const struct record *x, const struct record *y)
{
	assert_int_equal(address_compare(&x->addr, &y->addr), 0);
	assert_string_equal(x->deposed, y->deposed);
	assert_string_equal(x->type, y->type);
	assert_string_equal(x->provider, y->provider);
	assert_int_equal(x->schema_version, y->schema_version);
	assert_string_equal(x->id, y->id);
	assert_string_equal(x->inputs, y->inputs);
	assert_string_equal(x->outputs, y->outputs);
	assert_true(text_eq(x->private_bytes, y->private_bytes));
	assert_string_equal(x->sensitive, y->sensitive);
	assert_string_equal(x->depends_on, y->depends_on);
	assert_string_equal(x->endpoint, y->endpoint);
	assert_string_equal(x->deletion_policy, y->deletion_policy);
	assert_int_equal(x->tainted, y->tainted);
}

static void records_come_back_as_they_were_written(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page"), other;
	struct state *s = state_fixture_open_locked(f);
	struct record_list list;

	other = state_fixture_record(&state_fixture_west, "Page");
	other.tainted = true;
	other.private_bytes = (struct text){NULL, 0};
	state_fixture_put(f, s, &other);
	state_fixture_put(f, s, &page);
	state_close(s);
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_load_records(s, NULL, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 2);
	assert_records_equal(&list.items[0], &page);
	assert_records_equal(&list.items[1], &other);
	assert_int_equal(list.items[0].created_ms, FIXTURE_START_MS);
	assert_int_equal(state_load_records(s, &state_fixture_west, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	assert_records_equal(&list.items[0], &other);
	state_close(s);
}

static void what_is_left_out_becomes_an_empty_document(void **state)
{
	struct fixture *f = *state;
	struct record bare = {.addr = {state_fixture_east, "Bare"}};
	struct state *s = state_fixture_open_locked(f);
	struct record_list list;

	state_fixture_put(f, s, &bare);
	assert_int_equal(state_load_records(s, NULL, f->a, &list, &f->d), 0);
	assert_string_equal(list.items[0].inputs, "{}");
	assert_string_equal(list.items[0].outputs, "{}");
	assert_string_equal(list.items[0].sensitive, "[]");
	assert_string_equal(list.items[0].depends_on, "[]");
	assert_string_equal(list.items[0].deposed, "");
	state_close(s);
}

static void records_are_sorted_by_address_and_then_deposed(void **state)
{
	static const char *const ids[] = {"b", "a.c", "B", "a", "\xc3\xa9"};
	static const char *const sorted[] = {"B", "a", "a.c", "b", "\xc3\xa9"};
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);
	struct record_list list;

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct record r = state_fixture_record(&state_fixture_east, ids[i]);

		state_fixture_put(f, s, &r);
	}
	assert_int_equal(state_load_records(s, NULL, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, ARRAY_LEN(sorted));
	for (size_t i = 0; i < list.count; i++)
		assert_string_equal(list.items[i].addr.logical_id, sorted[i]);
	state_close(s);
}

static void each_write_counts_a_version_and_keeps_the_birthday(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct state *s = state_fixture_open_locked(f);
	struct record_list list;

	state_fixture_put(f, s, &page);
	clock_fake_advance(&f->clock, 1000);
	page.inputs = "{\"Content\":\"new\"}";
	page.created_ms = 1;
	state_fixture_put(f, s, &page);
	assert_int_equal(state_load_records(s, NULL, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].version, 2);
	assert_string_equal(list.items[0].inputs, "{\"Content\":\"new\"}");
	assert_int_equal(list.items[0].created_ms, FIXTURE_START_MS);
	assert_int_equal(list.items[0].updated_ms, FIXTURE_START_MS + 1000);
	state_close(s);
}

static void a_dropped_record_is_gone_and_may_be_dropped_again(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct state_edit drop = {.kind = EDIT_DROP_RECORD, .record = &page};
	struct state *s = state_fixture_open_locked(f);

	state_fixture_put(f, s, &page);
	commit(f, s, &drop, 1);
	assert_int_equal(state_fixture_count_records(f, s), 0);
	commit(f, s, &drop, 1);
	state_close(s);
}

static void a_replaced_record_moves_aside_and_both_are_there(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page"), old = page;
	struct state_edit replace[] = {{.kind = EDIT_DEPOSE, .record = &old},
				       {.kind = EDIT_PUT_RECORD, .record = &page}};
	struct state_edit drop = {.kind = EDIT_DROP_RECORD, .record = &old};
	struct state *s = state_fixture_open_locked(f);
	struct record_list list;

	state_fixture_put(f, s, &page);
	old.deposed = "op1";
	page.id = "web-e1:/srv/new";
	commit(f, s, replace, ARRAY_LEN(replace));
	assert_int_equal(state_load_records(s, NULL, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].id, "web-e1:/srv/new");
	assert_string_equal(list.items[0].deposed, "");
	assert_int_equal(list.items[0].version, 1);
	assert_string_equal(list.items[1].id, "web-e1:/srv/page");
	assert_string_equal(list.items[1].deposed, "op1");
	assert_int_equal(list.items[1].version, 2);
	commit(f, s, &drop, 1);
	assert_int_equal(state_fixture_count_records(f, s), 1);
	state_close(s);
}

static void what_is_not_there_cannot_be_replaced(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct state_edit depose = {.kind = EDIT_DEPOSE, .record = &page};
	struct state *s = state_fixture_open_locked(f);

	page.deposed = "op1";
	assert_int_equal(state_commit(s, &depose, 1, &f->d), -1);
	assert_string_equal(f->d.first->summary,
			    "there is no record to be replaced of 'web/east/Page'");
	state_fixture_expect(f, DIAG_STATE_EDIT);
	state_close(s);
}

static void an_operation_is_open_from_begin_to_end(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct operation op = state_fixture_operation("op1", &page), later = {.id = "op1"};
	struct state_edit begin = {.kind = EDIT_BEGIN, .op = &op};
	struct state_edit pending = {.kind = EDIT_PENDING, .op = &later};
	struct state_edit end[] = {{.kind = EDIT_PUT_RECORD, .record = &page},
				   {.kind = EDIT_END, .op = &later}};
	struct state *s = state_fixture_open_locked(f);
	struct operation_list list;

	commit(f, s, &begin, 1);
	later.token = "{\"v\":1}";
	later.poll_at_ms = 77;
	later.attempts = 2;
	commit(f, s, &pending, 1);
	state_close(s);
	s = state_fixture_open_locked(f);
	assert_int_equal(state_load_open_operations(s, &state_fixture_east, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].id, "op1");
	assert_int_equal(list.items[0].action, OPERATION_CREATE);
	assert_string_equal(list.items[0].desired_digest, "d1");
	assert_string_equal(list.items[0].token, "{\"v\":1}");
	assert_int_equal(list.items[0].poll_at_ms, 77);
	assert_int_equal(list.items[0].attempts, 2);
	assert_int_equal(list.items[0].begun_ms, FIXTURE_START_MS + 5);
	assert_int_equal(list.items[0].result, OPERATION_OPEN);
	assert_records_equal(&list.items[0].intended, &page);
	later.result = OPERATION_SUCCEEDED;
	commit(f, s, end, ARRAY_LEN(end));
	assert_int_equal(state_load_open_operations(s, NULL, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(state_fixture_count_records(f, s), 1);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
}

static void what_others_commit_is_told_by_a_number(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	int64_t before = state_foreign_commits(s, &f->d), after;

	assert_true(before >= 0);
	state_fixture_put(f, s, &page);
	assert_int_equal(state_foreign_commits(s, &f->d), before);
	state_fixture_sql(f, "UPDATE record SET id = 'another'");
	after = state_foreign_commits(s, &f->d);
	assert_int_not_equal(after, before);
	assert_int_equal(state_foreign_commits(s, &f->d), after);
	state_close(s);
}

static void operations_of_other_instances_are_not_shown(void **state)
{
	struct fixture *f = *state;
	struct record east = state_fixture_record(&state_fixture_east, "Page");
	struct record west = state_fixture_record(&state_fixture_west, "Page");
	struct operation ops[] = {state_fixture_operation("op1", &west),
				  state_fixture_operation("op2", &east)};
	struct state_edit begin[] = {{.kind = EDIT_BEGIN, .op = &ops[0]},
				     {.kind = EDIT_BEGIN, .op = &ops[1]}};
	struct state *s = state_fixture_open_locked(f);
	struct operation_list list;

	commit(f, s, begin, ARRAY_LEN(begin));
	assert_int_equal(state_load_open_operations(s, &state_fixture_west, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].id, "op1");
	assert_int_equal(state_load_open_operations(s, NULL, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].id, "op2");
	state_close(s);
}

static void one_thing_has_one_open_operation(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct operation first = state_fixture_operation("op1", &page);
	struct operation second = state_fixture_operation("op2", &page);
	struct state_edit begin = {.kind = EDIT_BEGIN, .op = &first};
	struct state_edit again = {.kind = EDIT_BEGIN, .op = &second};
	struct state_edit turn[] = {{.kind = EDIT_END, .op = &first}, again};
	struct state *s = state_fixture_open_locked(f);

	commit(f, s, &begin, 1);
	assert_int_equal(state_commit(s, &again, 1, &f->d), -1);
	assert_string_equal(f->d.first->summary, "an operation is open already on 'web/east/Page'");
	state_fixture_expect(f, DIAG_STATE_EDIT);
	first.result = OPERATION_ABANDONED;
	commit(f, s, turn, ARRAY_LEN(turn));
	state_close(s);
}

static void an_operation_ends_once(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct operation op = state_fixture_operation("op1", &page);
	struct state_edit begin = {.kind = EDIT_BEGIN, .op = &op};
	struct state_edit end = {.kind = EDIT_END, .op = &op};
	struct state *s = state_fixture_open_locked(f);

	op.result = OPERATION_FAILED;
	op.message = "disk full";
	assert_int_equal(state_commit(s, &end, 1, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_EDIT);
	commit(f, s, &begin, 1);
	commit(f, s, &end, 1);
	assert_int_equal(state_commit(s, &end, 1, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_EDIT);
	state_close(s);
}

static void a_batch_is_all_or_nothing(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct operation unknown = {.id = "nobody", .result = OPERATION_FAILED};
	struct state_edit edits[] = {{.kind = EDIT_PUT_RECORD, .record = &page},
				     {.kind = EDIT_END, .op = &unknown}};
	struct state *s = state_fixture_open_locked(f);

	assert_int_equal(state_commit(s, edits, ARRAY_LEN(edits), &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_EDIT);
	assert_int_equal(state_fixture_count_records(f, s), 0);
	state_fixture_put(f, s, &page);
	state_close(s);
}

static void instances_come_back_and_go(void **state)
{
	struct fixture *f = *state;
	struct instance_record west = {
		.id = state_fixture_west, .status = "FAILED", .applied_ms = 9};
	struct instance_record east = {state_fixture_east,
				       "{\"Port\":80}",
				       "{\"Url\":\"x\"}",
				       "stacks/web.yaml",
				       "abc",
				       "CURRENT",
				       7,
				       "{\"url\":\"Url\"}",
				       "[{\"Export\":\"net\"}]",
				       0,
				       true,
				       "{\"commit\":\"1a\"}"};
	struct state_edit puts[] = {{.kind = EDIT_PUT_INSTANCE, .instance = &west},
				    {.kind = EDIT_PUT_INSTANCE, .instance = &east}};
	struct state_edit drop = {.kind = EDIT_DROP_INSTANCE, .instance = &west};
	struct state *s = state_fixture_open_locked(f);
	struct instance_list list;

	commit(f, s, puts, ARRAY_LEN(puts));
	assert_int_equal(state_load_instances(s, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].parameters, "{\"Port\":80}");
	assert_string_equal(list.items[0].outputs, "{\"Url\":\"x\"}");
	assert_string_equal(list.items[0].template_name, "stacks/web.yaml");
	assert_string_equal(list.items[0].template_digest, "abc");
	assert_string_equal(list.items[0].status, "CURRENT");
	assert_int_equal(list.items[0].applied_ms, 7);
	assert_string_equal(list.items[0].exports, "{\"url\":\"Url\"}");
	assert_string_equal(list.items[0].imports, "[{\"Export\":\"net\"}]");
	assert_true(list.items[0].protected);
	assert_string_equal(list.items[0].version, "{\"commit\":\"1a\"}");
	assert_string_equal(list.items[1].version, "");
	assert_false(list.items[1].protected);
	assert_string_equal(list.items[1].status, "FAILED");
	assert_string_equal(list.items[1].exports, "");
	commit(f, s, &drop, 1);
	assert_int_equal(state_load_instances(s, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	state_close(s);
}

static void two_writers_of_different_instances_commit_side_by_side(void **state)
{
	struct fixture *f = *state;
	struct lock_owner owner = state_fixture_owner();
	struct record east = state_fixture_record(&state_fixture_east, "Page");
	struct record west = state_fixture_record(&state_fixture_west, "Page");
	struct state *one = state_fixture_open(f, STATE_WRITE),
		     *two = state_fixture_open(f, STATE_WRITE);

	assert_int_equal(state_lock(one,
				    &(struct lock_request){&state_fixture_east, 1, &owner, NULL},
				    &f->d),
			 0);
	assert_int_equal(state_lock(two,
				    &(struct lock_request){&state_fixture_west, 1, &owner, NULL},
				    &f->d),
			 0);
	for (int i = 0; i < 10; i++) {
		state_fixture_put(f, one, &east);
		state_fixture_put(f, two, &west);
	}
	assert_int_equal(state_fixture_count_records(f, one), 2);
	state_close(one);
	state_close(two);
}

static void secrets_give_way_to_digests_that_stay_the_same(void **state)
{
	struct fixture *f = *state;
	json_t *document = json_parse(
		TEXT_LIT("{\"A\":{\"Password\":\"hunter2\",\"User\":\"ann\"},\"L\":[1,2]}"), f->a,
		NULL);
	json_t *pointers =
		json_parse(TEXT_LIT("[\"/A/Password\",\"/L/1\",\"/Absent\"]"), f->a, NULL);
	struct state *s = state_fixture_open(f, STATE_WRITE);
	json_t *secret = json_string("hunter2");
	char digest[65];
	const char *masked;

	state_secret_digest(s, secret, digest);
	state_mask(s, document, pointers);
	masked = json_text(f->a, document);
	assert_null(strstr(masked, "hunter2"));
	assert_string_equal(json_string_value(json_at(document, TEXT_LIT("/A/Password/$secret"))),
			    digest);
	assert_string_equal(json_string_value(json_at(document, TEXT_LIT("/A/User"))), "ann");
	assert_non_null(json_at(document, TEXT_LIT("/L/1/$secret")));
	state_close(s);
	s = state_fixture_open(f, STATE_READ);
	state_mask(s, document, pointers);
	assert_string_equal(json_text(f->a, document), masked);
	state_close(s);
	json_decref(document);
	json_decref(pointers);
	json_decref(secret);
}

static void a_whole_document_can_be_secret(void **state)
{
	struct fixture *f = *state;
	json_t *object = json_parse(TEXT_LIT("{\"a\":\"hunter2\"}"), f->a, NULL);
	json_t *array = json_parse(TEXT_LIT("[\"hunter2\"]"), f->a, NULL);
	json_t *pointers = json_parse(TEXT_LIT("[\"\"]"), f->a, NULL);
	struct state *s = state_fixture_open(f, STATE_READ);

	state_mask(s, object, pointers);
	state_mask(s, array, pointers);
	assert_null(strstr(json_text(f->a, object), "hunter2"));
	assert_null(strstr(json_text(f->a, array), "hunter2"));
	state_close(s);
	json_decref(object);
	json_decref(array);
	json_decref(pointers);
}

static void digests_of_one_secret_differ_between_databases(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	json_t *secret = json_string("hunter2");
	char here[65], there[65], again[65];

	state_secret_digest(s, secret, here);
	state_close(s);
	s = state_fixture_open(f, STATE_READ);
	state_secret_digest(s, secret, again);
	state_close(s);
	assert_string_equal(here, again);
	memcpy(f->path + strlen(f->path) - 3, "two", 3);
	s = state_fixture_open(f, STATE_WRITE);
	state_secret_digest(s, secret, there);
	state_close(s);
	assert_string_not_equal(here, there);
	json_decref(secret);
}

static void a_digest_keeps_the_reference_that_it_came_from(void **state)
{
	static const struct mask_source reference = {"{{resolve:ssm:/db/host:3}}", false};
	static const struct mask_source other = {"{{resolve:ssm:/db/host:4}}", false};
	static const struct mask_source hidden = {"hidden {{resolve:ssm:x}}", true};
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);
	json_t *document = json_pack("{s:s, s:s}", "A", "secret", "B", "secret");
	json_t *pointers = json_pack("[s, s]", "/A", "/B");
	json_t *a, *b;
	const char *text;

	state_mask(s, document, pointers);
	a = json_object_get(document, "A");
	b = json_object_get(document, "B");
	assert_false(state_mask_has_source(s, a, &reference));
	state_mask_source(s, a, &reference);
	state_mask_source(s, a, &reference); /* again does no harm */
	text = json_str(a, "$secret", "");
	assert_int_equal(strlen(text), 65 + strlen(reference.text));
	assert_string_equal(text + 65, reference.text);
	assert_true(state_mask_has_source(s, a, &reference));
	assert_false(state_mask_has_source(s, a, &other));
	state_mask_source(s, b, &hidden);
	assert_null(strstr(json_str(b, "$secret", ""), "hidden"));
	assert_true(state_mask_has_source(s, b, &hidden));
	state_mask(s, document, pointers); /* a mask stays */
	assert_true(state_mask_has_source(s, a, &reference));
	json_decref(document);
	json_decref(pointers);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(reading_an_absent_file_is_an_empty_state_and_makes_nothing),
		STATE_TEST(writing_makes_a_private_file_in_a_private_folder),
		STATE_TEST(closing_leaves_one_file),
		STATE_TEST(records_come_back_as_they_were_written),
		STATE_TEST(what_is_left_out_becomes_an_empty_document),
		STATE_TEST(records_are_sorted_by_address_and_then_deposed),
		STATE_TEST(each_write_counts_a_version_and_keeps_the_birthday),
		STATE_TEST(a_dropped_record_is_gone_and_may_be_dropped_again),
		STATE_TEST(a_replaced_record_moves_aside_and_both_are_there),
		STATE_TEST(what_is_not_there_cannot_be_replaced),
		STATE_TEST(an_operation_is_open_from_begin_to_end),
		STATE_TEST(what_others_commit_is_told_by_a_number),
		STATE_TEST(operations_of_other_instances_are_not_shown),
		STATE_TEST(one_thing_has_one_open_operation),
		STATE_TEST(an_operation_ends_once),
		STATE_TEST(a_batch_is_all_or_nothing),
		STATE_TEST(instances_come_back_and_go),
		STATE_TEST(two_writers_of_different_instances_commit_side_by_side),
		STATE_TEST(secrets_give_way_to_digests_that_stay_the_same),
		STATE_TEST(a_whole_document_can_be_secret),
		STATE_TEST(digests_of_one_secret_differ_between_databases),
		STATE_TEST(a_digest_keeps_the_reference_that_it_came_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
