/* Recorded state: what is kept of the last good state, and the edits that lead back to it. */
#include "tests/unit/state_fixture.h"

#include <string.h>

static void commit(struct fixture *f, struct state *s, const struct state_edit *edits, size_t count)
{
	int result = state_commit(s, edits, count, &f->d);

	if (result != 0)
		print_message("%s\n", f->d.first->summary);
	assert_int_equal(result, 0);
}

static void refused(struct fixture *f, struct state *s, const struct state_edit *e,
		    const char *summary)
{
	assert_int_equal(state_commit(s, e, 1, &f->d), -1);
	assert_string_equal(f->d.first->summary, summary);
	state_fixture_expect(f, DIAG_STATE_EDIT);
}

static void put(struct fixture *f, struct state *s, const struct record *r, const char *inputs)
{
	struct record changed = *r;
	struct state_edit edit = {.kind = EDIT_PUT_RECORD, .record = &changed, .keep = true};

	changed.inputs = inputs;
	commit(f, s, &edit, 1);
}

/* The east instance is good. */
static void good(struct fixture *f, struct state *s)
{
	struct instance_record east = {
		.id = state_fixture_east, .status = "CURRENT", .generation = 77};
	struct state_edit edits[] = {{.kind = EDIT_PUT_INSTANCE, .instance = &east},
				     {.kind = EDIT_GOOD, .instance = &east}};

	commit(f, s, edits, ARRAY_LEN(edits));
}

static struct record_list kept(struct fixture *f, struct state *s)
{
	struct record_list list;

	assert_int_equal(state_load_kept(s, &state_fixture_east, f->a, &list, &f->d), 0);
	return list;
}

static struct record_list records(struct fixture *f, struct state *s)
{
	struct record_list list;

	assert_int_equal(state_load_records(s, &state_fixture_east, f->a, &list, &f->d), 0);
	return list;
}

static int64_t generation(struct fixture *f, struct state *s)
{
	struct instance_list list;

	assert_int_equal(state_load_instances(s, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	return list.items[0].generation;
}

static void a_record_knows_the_generation_it_was_made_in(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct record late = state_fixture_record(&state_fixture_east, "Site");
	struct state *s = state_fixture_open_locked(f);

	page.born = 99; /* the store's */
	put(f, s, &page, "{}");
	good(f, s);
	good(f, s);
	assert_int_equal(generation(f, s), 2);
	state_close(s);
	s = state_fixture_open_locked(f);
	put(f, s, &late, "{}");
	put(f, s, &page, "{}");
	assert_int_equal(records(f, s).items[0].born, 0);
	assert_int_equal(records(f, s).items[1].born, 2);
	assert_int_equal(generation(f, s), 2);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
}

static void what_was_good_is_kept_once_and_what_is_new_is_not(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct record late = state_fixture_record(&state_fixture_east, "Site");
	struct state *s = state_fixture_open_locked(f);

	put(f, s, &page, "{\"V\":1}");
	put(f, s, &page, "{\"V\":2}");
	assert_int_equal(kept(f, s).count, 0);
	good(f, s);
	put(f, s, &page, "{\"V\":3}");
	put(f, s, &page, "{\"V\":4}");
	put(f, s, &late, "{\"V\":1}");
	put(f, s, &late, "{\"V\":2}");
	assert_int_equal(kept(f, s).count, 1);
	assert_string_equal(kept(f, s).items[0].addr.logical_id, "Page");
	assert_string_equal(kept(f, s).items[0].inputs, "{\"V\":2}");
	assert_int_equal(kept(f, s).items[0].version, 2);
	assert_int_equal(state_check(s, &f->d), 0);
	good(f, s);
	assert_int_equal(kept(f, s).count, 0);
	state_close(s);
}

static void nothing_is_kept_unless_it_is_said(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page"), old = page;
	struct state_edit drop = {.kind = EDIT_DROP_RECORD, .record = &old, .keep = true};
	struct state *s = state_fixture_open_locked(f);

	put(f, s, &page, "{}");
	good(f, s);
	state_fixture_put(f, s, &page);
	old.deposed = "op1";
	commit(f, s, &drop, 1);
	assert_int_equal(kept(f, s).count, 0);
	state_close(s);
}

static void what_is_deleted_or_replaced_is_kept(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct record site = state_fixture_record(&state_fixture_east, "Site"), old = site;
	struct state_edit edits[] = {
		{.kind = EDIT_DROP_RECORD, .record = &page, .keep = true},
		{.kind = EDIT_DEPOSE, .record = &old, .keep = true},
		{.kind = EDIT_PUT_RECORD, .record = &site, .keep = true},
	};
	struct state *s = state_fixture_open_locked(f);

	put(f, s, &page, "{\"V\":1}");
	put(f, s, &site, "{\"V\":1}");
	good(f, s);
	old.deposed = "op1";
	commit(f, s, edits, ARRAY_LEN(edits));
	put(f, s, &page, "{\"V\":2}"); /* made again: it was something else before */
	assert_int_equal(kept(f, s).count, 2);
	assert_string_equal(kept(f, s).items[0].inputs, "{\"V\":1}");
	assert_string_equal(kept(f, s).items[1].inputs, "{\"V\":1}");
	assert_string_equal(kept(f, s).items[1].deposed, "");
	assert_int_equal(records(f, s).count, 3);
	assert_int_equal(records(f, s).items[0].born, 1);
	state_close(s);
}

/* `state rm`: a rollback does not bring it back. */
static void what_is_forgotten_is_not_kept_either(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct state_edit drop = {.kind = EDIT_DROP_RECORD, .record = &page};
	struct state *s = state_fixture_open_locked(f);

	put(f, s, &page, "{\"V\":1}");
	good(f, s);
	put(f, s, &page, "{\"V\":2}");
	assert_int_equal(kept(f, s).count, 1);
	commit(f, s, &drop, 1);
	assert_int_equal(kept(f, s).count, 0);
	state_close(s);
}

static void what_is_rolled_back_is_not_kept(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct operation unknown = {.id = "nobody", .result = OPERATION_FAILED};
	struct instance_record east = {.id = state_fixture_east, .status = "CURRENT"};
	struct state_edit edits[] = {
		{.kind = EDIT_DROP_RECORD, .record = &page, .keep = true},
		{.kind = EDIT_GOOD, .instance = &east},
		{.kind = EDIT_END, .op = &unknown},
	};
	struct state *s = state_fixture_open_locked(f);

	put(f, s, &page, "{}");
	good(f, s);
	assert_int_equal(state_commit(s, edits, ARRAY_LEN(edits), &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_EDIT);
	assert_int_equal(kept(f, s).count, 0);
	assert_int_equal(generation(f, s), 1);
	put(f, s, &page, "{\"V\":2}");
	assert_int_equal(kept(f, s).count, 1);
	state_close(s);
}

static void an_instance_that_goes_takes_with_it_what_was_kept(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct instance_record east = {.id = state_fixture_east, .status = "CURRENT"};
	struct state_edit gone[] = {{.kind = EDIT_DROP_RECORD, .record = &page, .keep = true},
				    {.kind = EDIT_DROP_INSTANCE, .instance = &east}};
	struct state_edit nothing = {.kind = EDIT_GOOD, .instance = &east};
	struct state *s = state_fixture_open_locked(f);

	put(f, s, &page, "{}");
	good(f, s);
	commit(f, s, gone, ARRAY_LEN(gone));
	assert_int_equal(kept(f, s).count, 0);
	refused(f, s, &nothing, "nothing is recorded of stack instance 'web/east'");
	put(f, s, &page, "{}");
	assert_int_equal(records(f, s).items[0].born, 0);
	state_close(s);
}

/* Page was replaced: the old one is deposed by op1. */
static struct state *open_replaced(struct fixture *f)
{
	struct record page = state_fixture_record(&state_fixture_east, "Page"), old = page;
	struct state_edit edits[] = {{.kind = EDIT_DEPOSE, .record = &old, .keep = true},
				     {.kind = EDIT_PUT_RECORD, .record = &page, .keep = true}};
	struct state *s = state_fixture_open_locked(f);

	page.id = "old";
	put(f, s, &page, "{}");
	good(f, s);
	old.deposed = "op1";
	page.id = "new";
	commit(f, s, edits, ARRAY_LEN(edits));
	return s;
}

static void a_replaced_record_comes_back_and_the_new_one_steps_aside(void **state)
{
	struct fixture *f = *state;
	struct record old = {.addr = {state_fixture_east, "Page"}, .deposed = "op1"};
	struct state_edit restore = {.kind = EDIT_RESTORE, .record = &old, .as = "op2"};
	struct state *s = open_replaced(f);
	struct record_list list;

	commit(f, s, &restore, 1);
	list = records(f, s);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].id, "old");
	assert_string_equal(list.items[0].deposed, "");
	assert_int_equal(list.items[0].born, 0);
	assert_string_equal(list.items[1].id, "new");
	assert_string_equal(list.items[1].deposed, "op2");
	assert_int_equal(list.items[1].born, 1);
	assert_int_equal(state_check(s, &f->d), 0);
	refused(f, s, &restore, "there is no record to be restored of 'web/east/Page'");
	state_close(s);
}

static void a_record_comes_back_where_nothing_is_left(void **state)
{
	struct fixture *f = *state;
	struct record old = {.addr = {state_fixture_east, "Page"}, .deposed = "op1"};
	struct record live = {.addr = {state_fixture_east, "Page"}, .deposed = ""};
	struct state_edit restore = {.kind = EDIT_RESTORE, .record = &old};
	struct state_edit drop = {.kind = EDIT_DROP_RECORD, .record = &live};
	struct state *s = open_replaced(f);

	refused(f, s, &restore,
		"a record is in the way of the one to be restored of 'web/east/Page'");
	restore.as = "op1";
	refused(f, s, &restore,
		"this operation has replaced one record already of 'web/east/Page'");
	restore.as = NULL;
	commit(f, s, &drop, 1);
	commit(f, s, &restore, 1);
	assert_int_equal(records(f, s).count, 1);
	assert_string_equal(records(f, s).items[0].deposed, "");
	state_close(s);
}

static struct record dependent(const char *logical_id, const char *depends_on)
{
	struct record r = state_fixture_record(&state_fixture_east, logical_id);

	r.depends_on = depends_on;
	return r;
}

static void a_move_takes_all_that_is_recorded_and_those_who_name_it(void **state)
{
	struct fixture *f = *state;
	struct record from = {.addr = {state_fixture_east, "Page"}};
	struct record user = dependent("User", "[\"web/-/east/Net\",\"web/-/east/Page\"]");
	struct record other = dependent("Other", "[\"web/-/east/Page2\"]");
	struct state_edit move = {.kind = EDIT_MOVE, .record = &from, .as = "Aaa"};
	struct state *s = open_replaced(f);
	struct record_list list;

	put(f, s, &user, "{}");
	put(f, s, &other, "{}");
	commit(f, s, &move, 1);
	list = records(f, s);
	assert_int_equal(list.count, 4);
	assert_string_equal(list.items[0].addr.logical_id, "Aaa");
	assert_string_equal(list.items[0].id, "new");
	assert_int_equal(list.items[0].born, 1);
	assert_string_equal(list.items[1].deposed, "op1");
	assert_string_equal(list.items[1].id, "old");
	assert_string_equal(list.items[2].depends_on, "[\"web/-/east/Page2\"]");
	assert_int_equal(list.items[2].version, 1);
	assert_string_equal(list.items[3].depends_on, "[\"web/-/east/Aaa\",\"web/-/east/Net\"]");
	assert_int_equal(list.items[3].version, 2);
	assert_string_equal(kept(f, s).items[0].addr.logical_id, "Aaa");
	assert_string_equal(kept(f, s).items[0].id, "old");
	assert_int_equal(kept(f, s).count, 1);
	assert_int_equal(state_check(s, &f->d), 0);
	refused(f, s, &move, "something is recorded already of 'web/east/Aaa'");
	move.as = "Bbb";
	refused(f, s, &move, "there is no record to be moved of 'web/east/Page'");
	state_close(s);
}

static void what_is_kept_names_the_moved_one_too(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct record user = dependent("User", "[\"web/-/east/Page\"]");
	struct state_edit drop = {.kind = EDIT_DROP_RECORD, .record = &user, .keep = true};
	struct state_edit move = {.kind = EDIT_MOVE, .record = &page, .as = "Site"};
	struct state *s = state_fixture_open_locked(f);

	put(f, s, &page, "{}");
	put(f, s, &user, "{}");
	good(f, s);
	commit(f, s, &drop, 1);
	move.as = "User";
	refused(f, s, &move, "something is recorded already of 'web/east/User'");
	move.as = "Site";
	commit(f, s, &move, 1);
	assert_string_equal(kept(f, s).items[0].depends_on, "[\"web/-/east/Site\"]");
	state_close(s);
}

static void nothing_moves_under_an_open_operation(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct record site = state_fixture_record(&state_fixture_east, "Site");
	struct operation op = state_fixture_operation("op1", &site);
	struct state_edit begin = {.kind = EDIT_BEGIN, .op = &op};
	struct state_edit move = {.kind = EDIT_MOVE, .record = &page, .as = "Site"};
	struct state *s = state_fixture_open_locked(f);

	put(f, s, &page, "{}");
	commit(f, s, &begin, 1);
	refused(f, s, &move, "an operation is open on 'web/east/Site'");
	move = (struct state_edit){.kind = EDIT_MOVE, .record = &site, .as = "Else"};
	refused(f, s, &move, "an operation is open on 'web/east/Site'");
	state_close(s);
}

/* One instance's edits leave the other's alone. */
static void generations_are_of_one_instance(void **state)
{
	struct fixture *f = *state;
	struct record west = state_fixture_record(&state_fixture_west, "Page");
	struct instance_record it = {.id = state_fixture_west, .status = "CURRENT"};
	struct state_edit edits[] = {{.kind = EDIT_PUT_INSTANCE, .instance = &it},
				     {.kind = EDIT_PUT_RECORD, .record = &west},
				     {.kind = EDIT_GOOD, .instance = &it},
				     {.kind = EDIT_PUT_RECORD, .record = &west, .keep = true}};
	struct state *s = state_fixture_open_locked(f);
	struct record_list list;

	commit(f, s, edits, ARRAY_LEN(edits));
	good(f, s);
	assert_int_equal(state_load_kept(s, &state_fixture_west, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(state_load_kept(s, NULL, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	state_close(s);
}

static void damage_of_what_is_kept_is_found(void **state)
{
	struct fixture *f = *state;
	struct record_list list;
	struct state *s = open_replaced(f);

	state_close(s);
	state_fixture_sql(f, "UPDATE kept SET inputs = '{\"x\":1}'");
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_load_kept(s, &state_fixture_east, f->a, &list, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_CORRUPT);
	state_close(s);
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_check(s, &f->d), -1);
	state_fixture_expect(f, DIAG_STATE_CORRUPT);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(a_record_knows_the_generation_it_was_made_in),
		STATE_TEST(what_was_good_is_kept_once_and_what_is_new_is_not),
		STATE_TEST(nothing_is_kept_unless_it_is_said),
		STATE_TEST(what_is_deleted_or_replaced_is_kept),
		STATE_TEST(what_is_forgotten_is_not_kept_either),
		STATE_TEST(what_is_rolled_back_is_not_kept),
		STATE_TEST(an_instance_that_goes_takes_with_it_what_was_kept),
		STATE_TEST(a_replaced_record_comes_back_and_the_new_one_steps_aside),
		STATE_TEST(a_record_comes_back_where_nothing_is_left),
		STATE_TEST(a_move_takes_all_that_is_recorded_and_those_who_name_it),
		STATE_TEST(what_is_kept_names_the_moved_one_too),
		STATE_TEST(nothing_moves_under_an_open_operation),
		STATE_TEST(generations_are_of_one_instance),
		STATE_TEST(damage_of_what_is_kept_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
