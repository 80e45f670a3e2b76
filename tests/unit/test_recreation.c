/* Regions that were lost: what moves aside, what comes back, and that nothing is between. */
#include "tests/unit/state_fixture.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/recreation.h"

static const struct recreation lost = {
	.region = "east", .into = "west", .id = "r1", .user = "ann", .since_ms = 5};

static void put(struct fixture *f, struct state *s, const struct instance_id *i, const char *id)
{
	struct record r = state_fixture_record(i, id);

	state_fixture_put(f, s, &r);
}

static void put_instance(struct fixture *f, struct state *s, const struct instance_id *id)
{
	struct instance_record n = {.id = *id, .status = "CURRENT", .outputs = "{\"A\":1}"};
	struct state_edit e = {.kind = EDIT_PUT_INSTANCE, .instance = &n};

	assert_int_equal(state_commit(s, &e, 1, &f->d), 0);
}

static size_t count_aside(struct fixture *f, struct state *s, const char *region)
{
	struct record_list list;

	assert_int_equal(recreation_load_abandoned(s, region, f->a, &list, &f->d), 0);
	for (size_t i = 0; i < list.count; i++)
		assert_true(recreation_abandoned(&list.items[i]));
	return list.count;
}

static size_t count_instances(struct fixture *f, struct state *s)
{
	struct instance_list list;

	assert_int_equal(state_load_instances(s, f->a, &list, &f->d), 0);
	return list.count;
}

static void what_is_recorded_of_the_region_moves_aside(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);
	struct recreation_list list;
	struct record_list records;

	put(f, s, &state_fixture_east, "A");
	put(f, s, &state_fixture_east, "B");
	put(f, s, &state_fixture_west, "A");
	put_instance(f, s, &state_fixture_east);
	put_instance(f, s, &state_fixture_west);
	assert_int_equal(recreation_begin(s, &lost, &f->d), 0);
	assert_int_equal(state_fixture_count_records(f, s), 1);
	assert_int_equal(count_instances(f, s), 1);
	assert_int_equal(count_aside(f, s, "east"), 2);
	assert_int_equal(count_aside(f, s, "west"), 0);
	assert_int_equal(recreation_load(s, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 1);
	assert_true(recreation_relocates(&list.items[0]));
	assert_string_equal(list.items[0].restored, "[]");
	assert_ptr_equal(recreation_find(&list, "east"), &list.items[0]);
	assert_null(recreation_find(&list, "west"));
	assert_int_equal(recreation_load_abandoned(s, NULL, f->a, &records, &f->d), 0);
	assert_string_equal(records.items[0].deposed, "abandoned-r1");
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
}

static void what_was_lost_twice_is_there_twice(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);
	struct recreation again = lost;

	again.id = "r2";
	put(f, s, &state_fixture_east, "A");
	assert_int_equal(recreation_begin(s, &lost, &f->d), 0);
	put(f, s, &state_fixture_east, "A");
	assert_int_equal(recreation_begin(s, &again, &f->d), 0);
	assert_int_equal(count_aside(f, s, "east"), 2);
	assert_int_equal(recreation_begin(s, &again, &f->d), 0);
	assert_int_equal(count_aside(f, s, NULL), 2);
	state_close(s);
}

static void open_operations_there_are_closed(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);
	struct record there = state_fixture_record(&state_fixture_east, "A");
	struct record here = state_fixture_record(&state_fixture_west, "A");
	struct operation ops[] = {state_fixture_operation("o1", &there),
				  state_fixture_operation("o2", &here)};
	struct operation_list open;

	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		struct state_edit e = {.kind = EDIT_BEGIN, .op = &ops[i]};

		assert_int_equal(state_commit(s, &e, 1, &f->d), 0);
	}
	assert_int_equal(recreation_begin(s, &lost, &f->d), 0);
	assert_int_equal(state_load_open_operations(s, NULL, f->a, &open, &f->d), 0);
	assert_int_equal(open.count, 1);
	assert_string_equal(open.items[0].id, "o2");
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
}

static void without_the_locks_nothing_moves(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);

	put(f, s, &state_fixture_east, "A");
	state_fixture_sql(f, "UPDATE lock SET lock_id = 'other', epoch = epoch + 1");
	assert_int_equal(recreation_begin(s, &lost, &f->d), -1);
	state_fixture_expect(f, DIAG_LOCK_LOST);
	assert_int_equal(state_fixture_count_records(f, s), 1);
	assert_int_equal(count_aside(f, s, NULL), 0);
	state_close(s);
}

static void what_comes_back_is_left_over(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);
	struct record_list aside, records;
	const struct record *one[1];
	struct recreation_list list;

	put(f, s, &state_fixture_east, "A");
	put(f, s, &state_fixture_east, "B");
	assert_int_equal(recreation_begin(s, &lost, &f->d), 0);
	put(f, s, &state_fixture_east, "A");
	assert_int_equal(recreation_load_abandoned(s, "east", f->a, &aside, &f->d), 0);
	one[0] = &aside.items[0];
	assert_int_equal(recreation_take_back(s, one, 1, &f->d), 0);
	one[0] = &aside.items[1];
	assert_int_equal(recreation_forget(s, one, 1, &f->d), 0);
	assert_int_equal(count_aside(f, s, NULL), 0);
	assert_int_equal(state_load_records(s, NULL, f->a, &records, &f->d), 0);
	assert_int_equal(records.count, 2);
	assert_string_equal(records.items[0].deposed, "");
	assert_true(recreation_abandoned(&records.items[1]));
	assert_int_equal(recreation_end(s, "east", &f->d), 0);
	assert_int_equal(recreation_load(s, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(state_check(s, &f->d), 0);
	state_close(s);
}

static void every_row_is_under_its_checksum(void **state)
{
	static const char *const changes[] = {
		"recreation SET into_region = 'north'", "recreation SET restored = '[1]'",
		"recreation SET since_ms = 6",          "abandoned SET id = 'x'",
		"abandoned SET deposed = 'x'",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct state *s = state_fixture_open_locked(f);

		put(f, s, &state_fixture_east, "A");
		assert_int_equal(recreation_begin(s, &lost, &f->d), 0);
		state_close(s);
		state_fixture_sql(f, arena_printf(f->a, "UPDATE %s", changes[i]));
		s = state_fixture_open(f, STATE_READ);
		assert_int_equal(state_check(s, &f->d), -1);
		state_fixture_expect(f, DIAG_STATE_CORRUPT);
		state_close(s);
		state_fixture_sql(f, "DELETE FROM recreation; DELETE FROM abandoned");
	}
}

static void begin_in_child(struct fixture *f, void *context)
{
	struct state *s = state_fixture_open_locked(f);
	struct diags d = DIAGS_INIT;

	alarm(5);
	for (int i = 0; i < 10; i++) {
		put(f, s, &state_fixture_east, arena_printf(f->a, "R%d", i));
		put(f, s, &state_fixture_west, arena_printf(f->a, "R%d", i));
	}
	if (fork() == 0) {
		usleep(*(const useconds_t *)context);
		kill(getppid(), SIGKILL);
		_exit(0);
	}
	recreation_begin(s, &lost, &d);
	pause();
}

/* All of the region, or nothing of it. */
static void killed_it_is_before_or_after(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 20; i++) {
		useconds_t wait = (useconds_t)i * 150;
		struct state *s;
		struct recreation_list list;
		size_t aside;

		assert_int_equal(state_fixture_child(f, begin_in_child, &wait), -SIGKILL);
		s = state_fixture_open(f, STATE_READ);
		aside = count_aside(f, s, NULL);
		assert_int_equal(recreation_load(s, f->a, &list, &f->d), 0);
		assert_int_equal(aside, list.count ? 10 : 0);
		assert_int_equal(state_fixture_count_records(f, s), 20 - aside);
		assert_int_equal(state_check(s, &f->d), 0);
		state_close(s);
		unlink(f->path);
		unlink(state_fixture_beside(f, "-wal"));
		unlink(state_fixture_beside(f, "-shm"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(what_is_recorded_of_the_region_moves_aside),
		STATE_TEST(what_was_lost_twice_is_there_twice),
		STATE_TEST(open_operations_there_are_closed),
		STATE_TEST(without_the_locks_nothing_moves),
		STATE_TEST(what_comes_back_is_left_over),
		STATE_TEST(every_row_is_under_its_checksum),
		STATE_TEST(killed_it_is_before_or_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
