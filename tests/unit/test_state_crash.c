/*
 * Recorded state when the process is killed, or the disk fails, at every single write.
 *
 * A child runs the life of three operations, a good state and what leads back to it, and a new
 * name, on a file system layer that lets N calls that
 * change files pass and then kills it, tears the write and kills it, or answers with an
 * error; N counts up until nothing is left to fail.  Each time the state must open, pass
 * its check, and hold everything that was committed, whole.
 */
#include "tests/unit/state_faults.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define COMMITS 6
#define EDITS 4 /* at most, of one commit */

/* Commit number n of the story: begin, done, replace and begin, done and good; replace and
 * begin, the old one comes back and gets another name. */
static int tell(struct fixture *f, struct state *s, int n)
{
	struct record page = state_fixture_record(&state_fixture_east, "Page"), old = page;
	struct operation first = state_fixture_operation("op1", &page);
	struct operation second = state_fixture_operation("op2", &page);
	struct operation third = state_fixture_operation("op3", &page);
	struct record replaced = page;
	struct instance_record east = {.id = state_fixture_east, .status = "CURRENT"};
	struct state_edit edits[COMMITS][EDITS] = {
		{{.kind = EDIT_BEGIN, .op = &first}, {.kind = EDIT_PENDING, .op = &first}},
		{{.kind = EDIT_PUT_RECORD, .record = &page}, {.kind = EDIT_END, .op = &first}},
		{{.kind = EDIT_DEPOSE, .record = &old}, {.kind = EDIT_BEGIN, .op = &second}},
		{{.kind = EDIT_PUT_RECORD, .record = &page},
		 {.kind = EDIT_END, .op = &second},
		 {.kind = EDIT_PUT_INSTANCE, .instance = &east},
		 {.kind = EDIT_GOOD, .instance = &east}},
		{{.kind = EDIT_DEPOSE, .record = &replaced, .keep = true},
		 {.kind = EDIT_BEGIN, .op = &third}},
		{{.kind = EDIT_RESTORE, .record = &replaced},
		 {.kind = EDIT_END, .op = &third},
		 {.kind = EDIT_MOVE, .record = &page, .as = "Site"}},
	};
	static const size_t counts[COMMITS] = {2, 2, 2, 4, 2, 3};

	old.deposed = "op2";
	replaced.deposed = "op3";
	third.result = OPERATION_FAILED;
	first.result = second.result = OPERATION_SUCCEEDED;
	return state_commit(s, edits[n], counts[n], &f->d);
}

static void lock_stubbornly(struct fixture *f, struct state *s)
{
	struct lock_owner owner = state_fixture_owner();

	for (int i = 0; i < TRIES; i++) {
		if (state_lock(s, &(struct lock_request){&state_fixture_east, 1, &owner, NULL},
			       &f->d) == 0)
			return;
		state_faults_expect(f);
	}
	_exit(93);
}

static void live(struct fixture *f, void *context)
{
	struct sweep *w = context;
	struct state *s;

	state_faults_begin(f, w);
	s = state_faults_open(f);
	lock_stubbornly(f, s);
	for (int n = 0, tries = 0; n < COMMITS; tries++) {
		if (tries > COMMITS + TRIES)
			_exit(94);
		if (tell(f, s, n) == 0)
			w->committed = ++n;
		else
			state_faults_expect(f);
	}
	state_close(s);
}

/* How much of the story is recorded; -1 when it is none of its beginnings. */
static int story_length(struct fixture *f, struct state *s)
{
	static const struct {
		size_t records, open, kept, instances;
		const char *name;
	} lengths[COMMITS + 1] = {
		{0, 0, 0, 0, ""},     {0, 1, 0, 0, ""},     {1, 0, 0, 0, "Page"},
		{1, 1, 0, 0, "Page"}, {2, 0, 0, 1, "Page"}, {2, 1, 1, 1, "Page"},
		{2, 0, 1, 1, "Site"},
	};
	struct record_list records, kept;
	struct instance_list instances;
	struct operation_list open;
	const char *name;

	assert_int_equal(state_load_records(s, NULL, f->a, &records, &f->d), 0);
	assert_int_equal(state_load_kept(s, NULL, f->a, &kept, &f->d), 0);
	assert_int_equal(state_load_instances(s, f->a, &instances, &f->d), 0);
	assert_int_equal(state_load_open_operations(s, NULL, f->a, &open, &f->d), 0);
	name = records.count ? records.items[0].addr.logical_id : "";
	for (int i = 0; i <= COMMITS; i++)
		if (lengths[i].records == records.count && lengths[i].open == open.count &&
		    lengths[i].kept == kept.count && lengths[i].instances == instances.count &&
		    strcmp(lengths[i].name, name) == 0)
			return i;
	return -1;
}

static int64_t generation_of(struct fixture *f, struct state *s)
{
	struct instance_list instances;

	assert_int_equal(state_load_instances(s, f->a, &instances, &f->d), 0);
	assert_int_equal(instances.count, 1);
	return instances.items[0].generation;
}

/* Afterwards, on a disk that works. */
static void assert_nothing_lost(struct fixture *f, const struct sweep *w)
{
	struct lock_owner owner = state_fixture_owner();
	struct state *s = state_fixture_open(f, STATE_WRITE);
	int length = story_length(f, s);

	assert_int_equal(state_check(s, &f->d), 0);
	assert_true(length == w->committed || length == w->committed + 1);
	diags_release(&f->d);
	assert_int_equal(
		state_lock(s, &(struct lock_request){&state_fixture_east, 1, &owner, NULL}, &f->d),
		0);
	for (int n = length; n < COMMITS; n++)
		assert_int_equal(tell(f, s, n), 0);
	assert_int_equal(generation_of(f, s), 1);
	assert_int_equal(story_length(f, s), COMMITS);
	state_close(s);
}

/* tests/fault disturbs the whole program at every one of them. */
#define STRIDE 3

static const struct sweep_test story = {live, assert_nothing_lost, COMMITS, STRIDE};

static void killed_before_any_write_nothing_committed_is_lost(void **state)
{
	state_faults_sweep(*state, FAULT_KILL, &story);
}

static void killed_within_any_write_nothing_committed_is_lost(void **state)
{
	state_faults_sweep(*state, FAULT_TEAR, &story);
}

static void a_disk_error_at_any_write_is_said_and_can_be_repeated(void **state)
{
	state_faults_sweep(*state, FAULT_IO, &story);
}

static void a_full_disk_at_any_write_is_said_and_can_be_repeated(void **state)
{
	state_faults_sweep(*state, FAULT_FULL, &story);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(killed_before_any_write_nothing_committed_is_lost),
		STATE_TEST(killed_within_any_write_nothing_committed_is_lost),
		STATE_TEST(a_disk_error_at_any_write_is_said_and_can_be_repeated),
		STATE_TEST(a_full_disk_at_any_write_is_said_and_can_be_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
