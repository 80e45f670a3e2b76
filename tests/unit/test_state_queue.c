/* Locks that are waited for: in order, past those who do not meet, and never for the dead. */
#include "tests/unit/state_fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/result.h"

#define PATIENCE_MS 30000

static const struct instance_id both[] = {{"web", ACCOUNT_NONE, "east"},
					  {"web", ACCOUNT_NONE, "west"}};

static int lock_ids(struct fixture *f, struct state *s, const struct instance_id *ids, size_t count,
		    const struct lock_wait *wait)
{
	struct lock_owner owner = state_fixture_owner();

	return state_lock(s, &(struct lock_request){ids, count, &owner, wait}, &f->d);
}

static int lock_east(struct fixture *f, struct state *s)
{
	return lock_ids(f, s, &state_fixture_east, 1, NULL);
}

static struct ticket_list tickets(struct fixture *f, struct state *s)
{
	struct ticket_list list;

	assert_int_equal(state_load_tickets(s, f->a, &list, &f->d), 0);
	return list;
}

/* What happens while `waiter` waits: the steps of a test, one per question. */
struct scene {
	struct fixture *f;
	struct state *holder, *waiter, *other;
	int asked;
	const char *said;
	char run[RUN_ID_SIZE], other_run[RUN_ID_SIZE];
	int64_t step_ms;
	void (*step)(struct scene *c);
	int result; /* of what the step tried */
};

static int waiting(void *context, const struct lock_info *holder)
{
	struct scene *c = context;
	struct str text = STR_INIT;

	c->asked++;
	lock_describe_wait(holder, &text);
	c->said = arena_strdup(c->f->a, str_cstr(&text));
	str_release(&text);
	clock_fake_advance(&c->f->clock, c->step_ms);
	c->step(c);
	return c->asked >= 20;
}

static void open_scene(struct scene *c, struct fixture *f, void (*step)(struct scene *c))
{
	*c = (struct scene){.f = f, .step_ms = 1, .step = step};
	c->holder = state_fixture_open(f, STATE_WRITE);
	c->waiter = state_fixture_open(f, STATE_WRITE);
	c->other = state_fixture_open(f, STATE_WRITE);
	assert_int_equal(lock_east(f, c->holder), 0);
}

static int wait_for(struct scene *c, const struct instance_id *ids, size_t count)
{
	struct lock_wait wait = {PATIENCE_MS, waiting, c, c->run};

	return lock_ids(c->f, c->waiter, ids, count, &wait);
}

static void close_scene(struct scene *c)
{
	assert_int_equal(tickets(c->f, c->other).count, 0);
	assert_int_equal(state_check(c->other, &c->f->d), 0);
	state_close(c->holder);
	state_close(c->waiter);
	state_close(c->other);
}

static void see_the_ticket(struct scene *c)
{
	struct ticket_list list = tickets(c->f, c->other);

	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].run, c->run);
	assert_string_equal(list.items[0].instances, "[\"web/east\",\"web/west\"]");
	assert_string_equal(list.items[0].waits_for, c->said);
	assert_string_equal(list.items[0].owner.user, "ann");
	assert_int_equal(list.items[0].owner.pid, getpid());
	assert_int_equal(list.items[0].since_ms, FIXTURE_START_MS);
	state_unlock(c->holder);
}

static void who_waits_has_a_ticket_until_he_is_served(void **state)
{
	struct fixture *f = *state;
	struct scene c;

	open_scene(&c, f, see_the_ticket);
	assert_int_equal(wait_for(&c, both, 2), 0);
	assert_int_equal(c.asked, 1);
	assert_string_equal(c.said,
			    arena_printf(f->a, "web/east is locked by ann@ci-7 (pid %d, 'apply')",
					 (int)getpid()));
	assert_int_equal(strlen(c.run), strlen("20251124-160000-000aaa"));
	assert_memory_equal(c.run, "20251124-160000-000", 19);
	close_scene(&c);
}

static void who_need_not_wait_has_none(void **state)
{
	struct fixture *f = *state;
	struct scene c;

	open_scene(&c, f, see_the_ticket);
	assert_int_equal(wait_for(&c, &state_fixture_west, 1), 0);
	assert_int_equal(c.asked, 0);
	assert_string_equal(c.run, "");
	close_scene(&c);
}

static void come_later_to_a_free_lock(struct scene *c)
{
	if (c->asked > 1)
		return;
	state_unlock(c->holder);
	c->result = lock_east(c->f, c->other);
}

static void a_free_lock_is_not_taken_from_who_came_earlier(void **state)
{
	struct fixture *f = *state;
	struct scene c;

	open_scene(&c, f, come_later_to_a_free_lock);
	assert_int_equal(wait_for(&c, both, 2), 0);
	assert_int_equal(c.result, -1);
	assert_string_equal(f->d.first->summary,
			    arena_printf(f->a,
					 "stack instance 'web/east' is waited for by ann@ci-7 (pid "
					 "%d, 'apply'), who came earlier",
					 (int)getpid()));
	state_fixture_expect(f, DIAG_LOCK_QUEUED);
	close_scene(&c);
}

static void come_later_for_something_else(struct scene *c)
{
	c->result = lock_ids(c->f, c->other, &state_fixture_west, 1, NULL);
	state_unlock(c->holder);
}

static void those_who_do_not_meet_pass_each_other(void **state)
{
	struct fixture *f = *state;
	struct scene c;

	open_scene(&c, f, come_later_for_something_else);
	assert_int_equal(wait_for(&c, &state_fixture_east, 1), 0);
	assert_int_equal(c.result, 0);
	close_scene(&c);
}

/* West is free, but who wants both came first: else he might wait for ever. */
static void come_later_for_a_part(struct scene *c)
{
	c->result = lock_ids(c->f, c->other, &state_fixture_west, 1, NULL);
	state_fixture_expect(c->f, DIAG_LOCK_QUEUED);
	state_unlock(c->holder);
}

static void who_wants_much_is_not_passed_by_who_wants_a_part(void **state)
{
	struct fixture *f = *state;
	struct scene c;

	open_scene(&c, f, come_later_for_a_part);
	assert_int_equal(wait_for(&c, both, 2), 0);
	assert_int_equal(c.result, -1);
	close_scene(&c);
}

/* The holder wants more of what the waiting one wants: nobody would ever move. */
static void the_holder_wants_more(struct scene *c)
{
	c->result = lock_ids(c->f, c->holder, &state_fixture_west, 1, NULL);
	state_unlock(c->holder);
}

static void a_holder_does_not_wait_for_who_waits_for_him(void **state)
{
	struct fixture *f = *state;
	struct scene c;

	open_scene(&c, f, the_holder_wants_more);
	assert_int_equal(wait_for(&c, both, 2), 0);
	assert_int_equal(c.result, 0);
	close_scene(&c);
}

static void ask_too_long(struct scene *c)
{
	assert_int_equal(state_renew_locks(c->holder, &c->f->d), 0);
	assert_int_equal(tickets(c->f, c->other).count, 1);
}

static void who_gives_up_leaves_the_queue(void **state)
{
	struct control_request stop = {CONTROL_STOP, {"bob", "ci-7", "operation stop", 7, 0}};
	struct fixture *f = *state;
	enum run_control asked;
	struct scene c;

	open_scene(&c, f, ask_too_long);
	c.step_ms = LOCK_RENEW_MS / 2;
	assert_int_equal(wait_for(&c, both, 2), -1);
	state_fixture_expect(f, DIAG_LOCK_HELD);
	assert_int_equal(c.asked, (PATIENCE_MS + c.step_ms - 1) / c.step_ms);
	/* Its lease was renewed as long as it waited; and what is asked of it later is nobody's. */
	assert_int_equal(state_load_control(c.other, c.run, &asked, &f->d), 0);
	assert_int_equal(asked, CONTROL_NONE);
	assert_int_equal(state_put_control(c.other, c.run, &stop, &f->d), 0);
	close_scene(&c);
}

/* Nobody asks for longer than a lease: a laptop that slept. */
static void sleep_for_long(struct scene *c)
{
	if (c->asked > 1)
		return;
	state_unlock(c->holder);
	clock_fake_advance(&c->f->clock, LOCK_LEASE_MS + 1);
	assert_int_equal(tickets(c->f, c->other).count, 0);
	assert_int_equal(lock_east(c->f, c->other), 0);
	state_unlock(c->other);
}

static void a_ticket_that_was_not_renewed_counts_for_nothing(void **state)
{
	struct fixture *f = *state;
	struct lock_wait wait;
	struct scene c;

	open_scene(&c, f, sleep_for_long);
	wait = (struct lock_wait){10 * PATIENCE_MS, waiting, &c, c.run};
	assert_int_equal(lock_ids(f, c.waiter, both, 2, &wait), 0);
	close_scene(&c);
}

static void ask_to_stop_and_wait(struct scene *c)
{
	struct control_request stop = {CONTROL_STOP, {"bob", "ci-7", "operation stop", 7, 0}};

	assert_int_equal(state_put_control(c->other, c->run, &stop, &c->f->d), 0);
	c->asked = 20;
}

static void what_was_asked_of_who_gave_up_goes(void **state)
{
	struct fixture *f = *state;
	enum run_control asked;
	struct scene c;

	open_scene(&c, f, ask_to_stop_and_wait);
	assert_int_equal(wait_for(&c, both, 2), -1);
	state_fixture_expect(f, DIAG_LOCK_HELD);
	assert_int_equal(state_load_control(c.other, c.run, &asked, &f->d), 0);
	assert_int_equal(asked, CONTROL_NONE);
	close_scene(&c);
}

/* --- processes ------------------------------------------------------------------------ */

#define WAITERS 4

struct crowd {
	pid_t pids[WAITERS];
	int go[WAITERS];
	int served; /* a letter from each that was */
};

/* Waits for its sign, queues, says that it was served, keeps the lock for a moment. */
static void queue_up(struct fixture *f, int go, int served, char letter)
{
	struct lock_wait wait = {PATIENCE_MS, NULL, NULL, NULL};
	struct lock_owner owner = state_fixture_owner();
	struct timespec moment = {0, 20000000};
	struct state *s;
	char sign;

	if (read(go, &sign, 1) != 1)
		_exit(1);
	s = state_open(f->path, STATE_WRITE, clock_real(), &f->d);
	if (!s ||
	    state_lock(s, &(struct lock_request){&state_fixture_east, 1, &owner, &wait}, &f->d))
		_exit(2);
	if (write(served, &letter, 1) != 1)
		_exit(3);
	nanosleep(&moment, NULL);
	state_close(s);
	_exit(0);
}

/* All of them exist before this process opens the file: no connection is carried over. */
static void gather(struct fixture *f, struct crowd *c)
{
	int served[2];

	assert_int_equal(pipe(served), 0);
	c->served = served[0];
	for (int i = 0; i < WAITERS; i++) {
		int go[2];

		assert_int_equal(pipe(go), 0);
		c->pids[i] = fork();
		assert_true(c->pids[i] >= 0);
		if (c->pids[i] == 0)
			queue_up(f, go[0], served[1], (char)('a' + i));
		close(go[0]);
		c->go[i] = go[1];
	}
	close(served[1]);
}

static void wait_for_tickets(struct fixture *f, struct state *s, size_t count)
{
	struct timespec nap = {0, 5000000};

	for (int i = 0; i < 4000 && tickets(f, s).count != count; i++)
		nanosleep(&nap, NULL);
	assert_int_equal(tickets(f, s).count, count);
}

static void disperse(struct crowd *c)
{
	for (int i = 0; i < WAITERS; i++) {
		close(c->go[i]);
		waitpid(c->pids[i], NULL, 0);
	}
	close(c->served);
}

static struct state *open_really(struct fixture *f)
{
	struct state *s = state_open(f->path, STATE_WRITE, clock_real(), &f->d);

	assert_non_null(s);
	return s;
}

static void processes_are_served_in_order_and_the_dead_block_nobody(void **state)
{
	struct fixture *f = *state;
	char order[WAITERS + 1] = "";
	struct state *s;
	struct crowd c;

	gather(f, &c);
	s = open_really(f);
	assert_int_equal(lock_east(f, s), 0);
	for (size_t i = 0; i < WAITERS; i++) {
		assert_int_equal(write(c.go[i], "x", 1), 1);
		wait_for_tickets(f, s, i + 1);
	}
	assert_int_equal(kill(c.pids[1], SIGKILL), 0);
	wait_for_tickets(f, s, WAITERS - 1);
	state_unlock(s);
	for (size_t i = 0; i < WAITERS - 1; i++)
		assert_int_equal(read(c.served, &order[i], 1), 1);
	assert_string_equal(order, "acd");
	disperse(&c);
	assert_int_equal(tickets(f, s).count, 0);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(who_waits_has_a_ticket_until_he_is_served),
		STATE_TEST(who_need_not_wait_has_none),
		STATE_TEST(a_free_lock_is_not_taken_from_who_came_earlier),
		STATE_TEST(those_who_do_not_meet_pass_each_other),
		STATE_TEST(who_wants_much_is_not_passed_by_who_wants_a_part),
		STATE_TEST(a_holder_does_not_wait_for_who_waits_for_him),
		STATE_TEST(who_gives_up_leaves_the_queue),
		STATE_TEST(a_ticket_that_was_not_renewed_counts_for_nothing),
		STATE_TEST(what_was_asked_of_who_gave_up_goes),
		STATE_TEST(processes_are_served_in_order_and_the_dead_block_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
