/* Locks of stack instances: one holder, who is named, and whose right ends when it is lost. */
#include "tests/unit/state_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct instance_id both[] = {{"web", ACCOUNT_NONE, "east"},
					  {"web", ACCOUNT_NONE, "west"}};

static int lock_east(struct fixture *f, struct state *s)
{
	struct lock_owner owner = state_fixture_owner();

	return state_lock(s, &(struct lock_request){&state_fixture_east, 1, &owner, NULL}, &f->d);
}

static int put_page(struct fixture *f, struct state *s)
{
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct state_edit edit = {.kind = EDIT_PUT_RECORD, .record = &page};

	return state_commit(s, &edit, 1, &f->d);
}

static const char *only_lock_id(struct fixture *f, struct state *s)
{
	struct lock_list locks;

	assert_int_equal(state_load_locks(s, f->a, &locks, &f->d), 0);
	assert_true(locks.count > 0);
	return locks.items[0].lock_id;
}

static void a_lock_says_who_holds_it(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open_locked(f);
	struct lock_list locks;

	assert_int_equal(state_load_locks(s, f->a, &locks, &f->d), 0);
	assert_int_equal(locks.count, 2);
	assert_int_equal(instance_id_compare(&locks.items[0].id, &state_fixture_east), 0);
	assert_int_equal(instance_id_compare(&locks.items[1].id, &state_fixture_west), 0);
	assert_int_equal(strlen(locks.items[0].lock_id), STATE_LOCK_ID_LEN);
	assert_string_equal(locks.items[0].lock_id, locks.items[1].lock_id);
	assert_string_equal(locks.items[0].owner.user, "ann");
	assert_string_equal(locks.items[0].owner.host, "ci-7");
	assert_string_equal(locks.items[0].owner.command, "apply");
	assert_int_equal(locks.items[0].owner.pid, getpid());
	assert_int_equal(locks.items[0].owner.since_ms, FIXTURE_START_MS);
	assert_int_equal(locks.items[0].lease_until_ms, FIXTURE_START_MS + LOCK_LEASE_MS);
	assert_int_equal(locks.items[0].epoch, 1);
	state_unlock(s);
	assert_int_equal(state_load_locks(s, f->a, &locks, &f->d), 0);
	assert_int_equal(locks.count, 0);
	state_close(s);
}

static void a_second_holder_is_refused_and_told_of_the_first(void **state)
{
	struct fixture *f = *state;
	struct state *one = state_fixture_open(f, STATE_WRITE),
		     *two = state_fixture_open(f, STATE_WRITE);

	assert_int_equal(lock_east(f, one), 0);
	assert_int_equal(lock_east(f, two), -1);
	assert_string_equal(f->d.first->summary,
			    arena_printf(f->a,
					 "stack instance 'web/east' is locked by ann@ci-7 (pid "
					 "%d, 'apply')",
					 (int)getpid()));
	assert_string_equal(f->d.first->detail,
			    "locked since 2025-11-24T16:00:00Z; the lease runs until "
			    "2025-11-24T16:00:30Z and is renewed as long as that process lives");
	assert_string_equal(f->d.first->hint,
			    arena_printf(f->a,
					 "wait for it with --lock-timeout 60s; when it is gone "
					 "for good: hadeploy state unlock %s",
					 only_lock_id(f, one)));
	state_fixture_expect(f, DIAG_LOCK_HELD);
	state_close(one);
	assert_int_equal(lock_east(f, two), 0);
	state_close(two);
}

static void all_are_taken_or_none(void **state)
{
	struct fixture *f = *state;
	struct lock_owner owner = state_fixture_owner();
	struct state *one = state_fixture_open(f, STATE_WRITE),
		     *two = state_fixture_open(f, STATE_WRITE);
	struct lock_list locks;

	assert_int_equal(state_lock(one,
				    &(struct lock_request){&state_fixture_west, 1, &owner, NULL},
				    &f->d),
			 0);
	assert_int_equal(state_lock(two, &(struct lock_request){both, 2, &owner, NULL}, &f->d), -1);
	state_fixture_expect(f, DIAG_LOCK_HELD);
	assert_int_equal(state_load_locks(two, f->a, &locks, &f->d), 0);
	assert_int_equal(locks.count, 1);
	state_unlock(one);
	assert_int_equal(state_lock(two, &(struct lock_request){both, 2, &owner, NULL}, &f->d), 0);
	state_close(one);
	state_close(two);
}

static void locking_twice_keeps_the_lock(void **state)
{
	const struct instance_id twice[] = {state_fixture_east, state_fixture_west,
					    state_fixture_east};
	struct fixture *f = *state;
	struct lock_owner owner = state_fixture_owner();
	struct state *s = state_fixture_open(f, STATE_WRITE);
	struct lock_list locks;

	assert_int_equal(lock_east(f, s), 0);
	assert_int_equal(state_lock(s, &(struct lock_request){twice, 3, &owner, NULL}, &f->d), 0);
	assert_int_equal(state_load_locks(s, f->a, &locks, &f->d), 0);
	assert_int_equal(locks.count, 2);
	assert_int_equal(locks.items[0].epoch, 1);
	assert_string_not_equal(locks.items[0].lock_id, locks.items[1].lock_id);
	assert_int_equal(put_page(f, s), 0);
	assert_int_equal(state_renew_locks(s, &f->d), 0);
	state_close(s);
}

/* Waiting with the fixture's clock: each question is answered by something that happens. */
struct waiter {
	struct fixture *f;
	struct state *holder;
	int asked, release_at, give_up_at;
	int64_t step_ms;
	const char *seen;
};

static int waiting(void *context, const struct lock_info *holder)
{
	struct waiter *w = context;

	w->asked++;
	w->seen = arena_strdup(w->f->a, holder->lock_id);
	clock_fake_advance(&w->f->clock, w->step_ms);
	if (w->asked == w->release_at)
		state_unlock(w->holder);
	return w->asked == w->give_up_at;
}

static void who_waits_gets_the_lock_when_it_is_released(void **state)
{
	struct fixture *f = *state;
	struct state *one = state_fixture_open(f, STATE_WRITE),
		     *two = state_fixture_open(f, STATE_WRITE);
	struct waiter w = {.f = f, .holder = one, .release_at = 3, .step_ms = 1};
	struct lock_wait wait = {1000, waiting, &w, NULL};
	struct lock_owner owner = state_fixture_owner();
	const char *lock_id;

	assert_int_equal(lock_east(f, one), 0);
	lock_id = only_lock_id(f, one);
	assert_int_equal(state_lock(two,
				    &(struct lock_request){&state_fixture_east, 1, &owner, &wait},
				    &f->d),
			 0);
	assert_int_equal(w.asked, 3);
	assert_string_equal(w.seen, lock_id);
	assert_null(f->d.first);
	state_close(one);
	state_close(two);
}

static void waiting_ends_with_its_time(void **state)
{
	struct fixture *f = *state;
	struct state *one = state_fixture_open(f, STATE_WRITE),
		     *two = state_fixture_open(f, STATE_WRITE);
	struct waiter w = {.f = f, .holder = one, .step_ms = 400};
	struct lock_wait wait = {1000, waiting, &w, NULL};
	struct lock_owner owner = state_fixture_owner();

	assert_int_equal(lock_east(f, one), 0);
	assert_int_equal(state_lock(two,
				    &(struct lock_request){&state_fixture_east, 1, &owner, &wait},
				    &f->d),
			 -1);
	assert_int_equal(w.asked, 3);
	state_fixture_expect(f, DIAG_LOCK_HELD);
	state_close(one);
	state_close(two);
}

static void who_waits_may_give_up(void **state)
{
	struct fixture *f = *state;
	struct state *one = state_fixture_open(f, STATE_WRITE),
		     *two = state_fixture_open(f, STATE_WRITE);
	struct waiter w = {.f = f, .holder = one, .give_up_at = 2, .step_ms = 1};
	struct lock_wait wait = {1000, waiting, &w, NULL};
	struct lock_owner owner = state_fixture_owner();

	assert_int_equal(lock_east(f, one), 0);
	assert_int_equal(state_lock(two,
				    &(struct lock_request){&state_fixture_east, 1, &owner, &wait},
				    &f->d),
			 -1);
	assert_int_equal(w.asked, 2);
	state_fixture_expect(f, DIAG_LOCK_HELD);
	state_close(one);
	state_close(two);
}

static void an_expired_lease_is_taken_over_and_the_old_holder_cannot_write(void **state)
{
	struct fixture *f = *state;
	struct state *one = state_fixture_open(f, STATE_WRITE),
		     *two = state_fixture_open(f, STATE_WRITE);
	struct lock_list locks;

	assert_int_equal(lock_east(f, one), 0);
	clock_fake_advance(&f->clock, LOCK_LEASE_MS);
	assert_int_equal(put_page(f, one), 0);
	assert_int_equal(lock_east(f, two), 0);
	assert_int_equal(f->d.first->severity, DIAG_NOTE);
	assert_int_equal(f->d.first->code, DIAG_LOCK_TAKEN_OVER);
	assert_non_null(strstr(f->d.first->summary, "whose lease ended at 2025-11-24T16:00:30Z"));
	diags_release(&f->d);
	assert_int_equal(state_load_locks(two, f->a, &locks, &f->d), 0);
	assert_int_equal(locks.items[0].epoch, 2);
	assert_int_equal(put_page(f, one), -1);
	assert_string_equal(f->d.first->summary,
			    "lock of stack instance 'web/east' is not ours any more");
	assert_non_null(strstr(f->d.first->detail, "has taken it"));
	state_fixture_expect(f, DIAG_LOCK_LOST);
	assert_int_equal(state_renew_locks(one, &f->d), -1);
	state_fixture_expect(f, DIAG_LOCK_LOST);
	state_close(one);
	assert_int_equal(put_page(f, two), 0);
	state_close(two);
}

static void a_lost_lock_stops_ends_of_operations_too(void **state)
{
	struct fixture *f = *state;
	struct record page = state_fixture_record(&state_fixture_east, "Page");
	struct operation op = state_fixture_operation("op1", &page);
	struct operation ended = {.id = "op1", .result = OPERATION_SUCCEEDED};
	struct state_edit begin = {.kind = EDIT_BEGIN, .op = &op};
	struct state_edit end = {.kind = EDIT_END, .op = &ended};
	struct state *one = state_fixture_open(f, STATE_WRITE),
		     *two = state_fixture_open(f, STATE_WRITE);
	struct operation_list open;

	assert_int_equal(lock_east(f, one), 0);
	assert_int_equal(state_commit(one, &begin, 1, &f->d), 0);
	clock_fake_advance(&f->clock, LOCK_LEASE_MS);
	assert_int_equal(lock_east(f, two), 0);
	diags_release(&f->d);
	assert_int_equal(state_commit(one, &end, 1, &f->d), -1);
	state_fixture_expect(f, DIAG_LOCK_LOST);
	assert_int_equal(state_load_open_operations(two, NULL, f->a, &open, &f->d), 0);
	assert_int_equal(open.count, 1);
	state_close(one);
	state_close(two);
}

static void a_renewed_lease_is_not_taken_over(void **state)
{
	struct fixture *f = *state;
	struct state *one = state_fixture_open(f, STATE_WRITE),
		     *two = state_fixture_open(f, STATE_WRITE);

	assert_int_equal(lock_east(f, one), 0);
	for (int i = 0; i < 6; i++) {
		clock_fake_advance(&f->clock, LOCK_RENEW_MS);
		assert_int_equal(state_renew_locks(one, &f->d), 0);
	}
	assert_int_equal(lock_east(f, two), -1);
	state_fixture_expect(f, DIAG_LOCK_HELD);
	state_close(one);
	state_close(two);
}

static void a_broken_lock_is_free_and_its_holder_cannot_write(void **state)
{
	struct fixture *f = *state;
	struct state *one = state_fixture_open(f, STATE_WRITE),
		     *two = state_fixture_open(f, STATE_WRITE);
	struct lock_owner owner = state_fixture_owner();

	assert_int_equal(state_lock(one, &(struct lock_request){both, 2, &owner, NULL}, &f->d), 0);
	assert_int_equal(state_break_lock(two, only_lock_id(f, one), &f->d), 0);
	assert_int_equal(put_page(f, one), -1);
	assert_non_null(strstr(f->d.first->detail, "broken with `hadeploy state unlock`"));
	state_fixture_expect(f, DIAG_LOCK_LOST);
	assert_int_equal(state_lock(two, &(struct lock_request){both, 2, &owner, NULL}, &f->d), 0);
	assert_null(f->d.first);
	state_close(one);
	assert_int_equal(put_page(f, two), 0);
	state_close(two);
}

static void breaking_what_is_not_locked_says_what_is(void **state)
{
	struct fixture *f = *state;
	struct state *s = state_fixture_open(f, STATE_WRITE);

	assert_int_equal(state_break_lock(s, "0123", &f->d), -1);
	assert_string_equal(f->d.first->summary, "there is no lock '0123'");
	assert_string_equal(f->d.first->detail, "nothing is locked");
	state_fixture_expect(f, DIAG_LOCK_UNKNOWN);
	assert_int_equal(lock_east(f, s), 0);
	assert_int_equal(state_break_lock(s, "", &f->d), -1);
	assert_string_equal(f->d.first->detail,
			    arena_printf(f->a, "%s  web/east  ann@ci-7 (pid %d, 'apply')",
					 only_lock_id(f, s), (int)getpid()));
	state_fixture_expect(f, DIAG_LOCK_UNKNOWN);
	state_unlock(s);
	assert_int_equal(state_break_lock(s, "", &f->d), -1);
	state_fixture_expect(f, DIAG_LOCK_UNKNOWN);
	state_close(s);
}

/* A child that locks and dies without a word. */
static void lock_and_die(struct fixture *f, void *context)
{
	struct state *s = state_fixture_open(f, STATE_WRITE);

	(void)context;
	if (lock_east(f, s) == 0)
		kill(getpid(), SIGKILL);
}

static void a_dead_holder_on_this_machine_is_taken_over_at_once(void **state)
{
	struct fixture *f = *state;
	struct state *s;

	state_close(state_fixture_open(f, STATE_WRITE));
	assert_int_equal(state_fixture_child(f, lock_and_die, NULL), -SIGKILL);
	s = state_fixture_open(f, STATE_WRITE);
	assert_int_equal(lock_east(f, s), 0);
	assert_int_equal(f->d.first->code, DIAG_LOCK_TAKEN_OVER);
	assert_non_null(strstr(f->d.first->summary, "is not running any more"));
	assert_int_equal(put_page(f, s), 0);
	state_close(s);
}

static void a_dead_holder_that_nobody_waited_for_is_taken_over(void **state)
{
	struct fixture *f = *state;
	siginfo_t info;
	struct state *s;
	pid_t pid;

	state_close(state_fixture_open(f, STATE_WRITE));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		lock_and_die(f, NULL);
		_exit(0);
	}
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	s = state_fixture_open(f, STATE_WRITE);
	assert_int_equal(lock_east(f, s), 0);
	assert_int_equal(f->d.first->code, DIAG_LOCK_TAKEN_OVER);
	state_close(s);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* What the row says of the dead child, changed so that it proves nothing. */
static void a_holder_that_may_live_elsewhere_keeps_its_lock(void **state)
{
	static const char *const changes[] = {
		"UPDATE lock SET host = 'ci-8'",
		"UPDATE lock SET machine = 'another boot pid:[1]'",
		"UPDATE lock SET machine = ''",
		"UPDATE lock SET pid = 0",
	};
	struct fixture *f = *state;
	struct state *s;

	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		state_close(state_fixture_open(f, STATE_WRITE));
		assert_int_equal(state_fixture_child(f, lock_and_die, NULL), -SIGKILL);
		state_fixture_sql(f, changes[i]);
		s = state_fixture_open(f, STATE_WRITE);
		assert_int_equal(lock_east(f, s), -1);
		state_fixture_expect(f, DIAG_LOCK_HELD);
		state_close(s);
		state_fixture_sql(f, "DELETE FROM lock");
	}
}

static void a_pid_that_was_used_again_is_not_the_holder(void **state)
{
	struct fixture *f = *state;
	struct holder_mark mark, other;

	(void)f;
	holder_mark(getpid(), &mark);
	assert_true(mark.machine[0] && mark.started[0]);
	assert_false(holder_gone(getpid(), &mark));
	other = mark;
	holder_mark_set(other.started, sizeof(other.started), TEXT_LIT("1"));
	assert_true(holder_gone(getpid(), &other));
	holder_mark_set(other.started, sizeof(other.started), TEXT_LIT(""));
	assert_false(holder_gone(getpid(), &other));
}

#define RACERS 4
#define RACE_COMMITS 25

/* Opens a file that is not there yet, as the others do, and commits to its own instance. */
static void race(struct fixture *f, int number)
{
	const char *region = arena_printf(f->a, "r%d", number);
	struct instance_id id = {"web", ACCOUNT_NONE, region};
	struct record page = state_fixture_record(&id, "Page");
	struct state_edit edit = {.kind = EDIT_PUT_RECORD, .record = &page};
	struct lock_owner owner = state_fixture_owner();
	struct state *s;

	clock_fake_init(&f->clock, FIXTURE_START_MS, (uint64_t)number);
	s = state_open(f->path, STATE_WRITE, &f->clock.base, &f->d);
	if (!s || state_lock(s, &(struct lock_request){&id, 1, &owner, NULL}, &f->d) != 0)
		_exit(1);
	for (int i = 0; i < RACE_COMMITS; i++)
		if (state_commit(s, &edit, 1, &f->d) != 0)
			_exit(2);
	state_close(s);
	_exit(0);
}

static void processes_make_one_file_and_commit_side_by_side(void **state)
{
	struct fixture *f = *state;
	struct record_list list;
	pid_t pids[RACERS];
	struct state *s;
	int status;

	for (int i = 0; i < RACERS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			race(f, i);
	}
	for (int i = 0; i < RACERS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	s = state_fixture_open(f, STATE_READ);
	assert_int_equal(state_check(s, &f->d), 0);
	assert_int_equal(state_load_records(s, NULL, f->a, &list, &f->d), 0);
	assert_int_equal(list.count, RACERS);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(list.items[i].version, RACE_COMMITS);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(a_lock_says_who_holds_it),
		STATE_TEST(a_second_holder_is_refused_and_told_of_the_first),
		STATE_TEST(all_are_taken_or_none),
		STATE_TEST(locking_twice_keeps_the_lock),
		STATE_TEST(who_waits_gets_the_lock_when_it_is_released),
		STATE_TEST(waiting_ends_with_its_time),
		STATE_TEST(who_waits_may_give_up),
		STATE_TEST(an_expired_lease_is_taken_over_and_the_old_holder_cannot_write),
		STATE_TEST(a_lost_lock_stops_ends_of_operations_too),
		STATE_TEST(a_renewed_lease_is_not_taken_over),
		STATE_TEST(a_broken_lock_is_free_and_its_holder_cannot_write),
		STATE_TEST(breaking_what_is_not_locked_says_what_is),
		STATE_TEST(a_dead_holder_on_this_machine_is_taken_over_at_once),
		STATE_TEST(a_dead_holder_that_nobody_waited_for_is_taken_over),
		STATE_TEST(a_holder_that_may_live_elsewhere_keeps_its_lock),
		STATE_TEST(a_pid_that_was_used_again_is_not_the_holder),
		STATE_TEST(processes_make_one_file_and_commit_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
