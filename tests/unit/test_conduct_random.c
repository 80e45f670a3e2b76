/*
 * test_conduct_random.c - random runbooks with failures, requests of other terminals, and
 * processes that die behind any event, until they are over; then what must hold of any journal.
 */
#include "tests/unit/chance.h"
#include "tests/unit/conduct_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 16
#define NODES_MAX 64
#define LIVES_MAX 40
#define HELD_MAX 32

struct node {
	char path[128];
	size_t parent; /* STEP_TOP */
	bool parallel, leaf, continues;
};

static struct {
	uint64_t seed;
	struct node nodes[NODES_MAX];
	size_t count;
	struct str text;
	bool quiet; /* nobody asks for anything any more */
	char failed[HELD_MAX][128], waiting[HELD_MAX][128];
	size_t failed_count, waiting_count;
	bool paused;
} r;

static unsigned dice(unsigned sides)
{
	r.seed = r.seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(r.seed >> 33) % sides;
}

/* --- a random runbook ---------------------------------------------------------------- */

static struct node *add_node(size_t parent, size_t number)
{
	struct node *n = &r.nodes[r.count++];
	char above[100] = "";

	memset(n, 0, sizeof(*n));
	n->parent = parent;
	if (parent != STEP_TOP)
		snprintf(above, sizeof(above), "%.98s/", r.nodes[parent].path);
	snprintf(n->path, sizeof(n->path), "%ss%zu", above, number);
	return n;
}

static void indent(size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		str_add(&r.text, "    ");
}

static const char *const failures[] = {"stop", "continue", "reverse"};

static void write_leaf(struct node *n, size_t number, size_t depth)
{
	static const char *const commands[] = {"ok",     "take 2s", "take 7s", "fail 1",
					       "fail 2", "fail 4",  "ok",      "ok"};
	unsigned kind = dice(10), failure = dice(6);

	n->leaf = true;
	indent(depth);
	if (kind == 0) {
		str_printf(&r.text, "- {Name: s%zu, Type: Approval, Message: go}\n", number);
		return;
	}
	if (kind == 1) {
		str_printf(&r.text, "- {Name: s%zu, Type: Wait, Duration: %us}\n", number,
			   dice(20));
		return;
	}
	failure = failure > 2 ? 0 : failure;
	n->continues = failure == 1;
	str_printf(&r.text,
		   "- {Name: s%zu, Type: Command, Region: east, Roles: [web], Command: '%s', "
		   "OnFailure: %s, Retries: %u, RetryInterval: 3s%s%s}\n",
		   number, commands[dice(ARRAY_LEN(commands))], failures[failure], dice(3),
		   dice(4) ? "" : ", Ungraceful: skip",
		   dice(3) ? ", Reverse: {Type: Command, Region: east, Roles: [web], Command: ok}"
			   : "");
}

static void write_list(size_t parent, size_t depth, bool beside);

static void write_step(size_t parent, size_t depth, bool beside)
{
	size_t at = r.count;
	struct node *n = add_node(parent, at);
	bool parallel = dice(2) || !beside;

	if (depth > 4 || r.count > NODES_MAX / 2 || dice(3)) {
		write_leaf(n, at, depth);
		return;
	}
	/* Steps without Parallel are a group only beside others. */
	n->parallel = parallel;
	indent(depth);
	str_printf(&r.text, "- Name: s%zu\n", at);
	indent(depth);
	str_printf(&r.text, "  %s:\n", parallel ? "Parallel" : "Steps");
	write_list(at, depth + 1, parallel);
}

static void write_list(size_t parent, size_t depth, bool beside)
{
	size_t count = 1 + dice(4);

	for (size_t i = 0; i < count && r.count < NODES_MAX - 8; i++)
		write_step(parent, depth, beside);
}

static void make_runbook(struct conduct_bench *c)
{
	r.count = 0;
	str_clear(&r.text);
	str_add(&r.text, "Steps:\n");
	write_list(STEP_TOP, 1, false);
	conduct_runbook(c, str_cstr(&r.text));
}

/* --- other terminals ----------------------------------------------------------------- */

static void on_entry(struct conduct_bench *c, const struct journal_entry *e)
{
	if (e->kind == ENTRY_STEP_FAILED && r.failed_count < HELD_MAX)
		snprintf(r.failed[r.failed_count++], sizeof(r.failed[0]), "%.127s", e->step);
	if (e->kind == ENTRY_STEP_WAITING && r.waiting_count < HELD_MAX)
		snprintf(r.waiting[r.waiting_count++], sizeof(r.waiting[0]), "%.127s", e->step);
	if (e->kind == ENTRY_PAUSED || e->kind == ENTRY_RESUMED)
		r.paused = e->kind == ENTRY_PAUSED;
	if (e->kind != ENTRY_STEP_MEMORY || r.quiet || dice(12))
		return;
	switch (dice(5)) {
	case 0:
		conduct_ask(c, REQUEST_PAUSE, "", "");
		return;
	case 1:
		conduct_ask(c, REQUEST_SKIP, e->step, "");
		return;
	case 2:
		conduct_ask(c, REQUEST_UNGRACEFUL, dice(2) ? e->step : "", "");
		return;
	case 3:
		conduct_ask(c, REQUEST_RETRY, e->step, "");
		return;
	case 4:
		conduct_ask(c, REQUEST_ABORT, "", dice(3) ? "" : "keep");
		return;
	}
}

/* Whoever waits is answered some time. */
static void on_pass(struct conduct_bench *c)
{
	static const enum execution_request answers[] = {REQUEST_RETRY, REQUEST_RETRY, REQUEST_SKIP,
							 REQUEST_ABORT};

	if (r.waiting_count && !dice(4))
		conduct_ask(c, dice(12) ? REQUEST_APPROVE : REQUEST_DECLINE,
			    r.waiting[--r.waiting_count], "");
	if (!r.paused || dice(8))
		return;
	if (r.failed_count)
		conduct_ask(c, answers[dice(ARRAY_LEN(answers))], r.failed[--r.failed_count], "");
	else
		conduct_ask(c, REQUEST_RESUME, "", "");
}

/* --- what must hold ------------------------------------------------------------------ */

struct trace {
	size_t started, over; /* number of the first start, of the last end; 0 */
	const char *key;
	bool running, retry, succeeded, reversing, reversed;
};

static struct trace seen[NODES_MAX];

static struct trace *seen_of(const char *path)
{
	for (size_t i = 0; i < r.count; i++)
		if (!strcmp(r.nodes[i].path, path))
			return &seen[i];
	return NULL;
}

/* In a list nothing begins before what is before it is over, nor again beside what is behind it. */
static void check_turn(size_t k)
{
	size_t parent = r.nodes[k].parent;

	for (size_t i = 0; i < r.count && (parent == STEP_TOP || !r.nodes[parent].parallel); i++) {
		if (i == k || r.nodes[i].parent != parent)
			continue;
		assert_false(seen[i].running);
		assert_true(i > k || (seen[i].over && !seen[i].retry));
	}
}

static void check_start(struct conduct_bench *c, struct trace *s, const struct journal_entry *e)
{
	json_t *data = json_parse(text_of(e->data), c->b.a, NULL);
	const char *key = arena_strdup(c->b.a, json_str(data, "Key", ""));

	assert_false(s->succeeded);
	check_turn((size_t)(s - seen));
	if (s->key) {
		assert_true(s->retry);
		assert_string_not_equal(s->key, key);
	}
	s->key = key;
	s->retry = false;
	s->running = true;
	if (!s->started)
		s->started = (size_t)e->number;
	json_decref(data);
}

static void check_entry(struct conduct_bench *c, const struct journal_entry *e, size_t *last_back)
{
	struct trace *s = *e->step ? seen_of(e->step) : NULL;

	if (!s)
		return;
	switch ((int)e->kind) {
	case ENTRY_STEP_STARTED:
		check_start(c, s, e);
		return;
	case ENTRY_STEP_RETRY:
		assert_false(s->succeeded);
		s->retry = true;
		s->running = false;
		return;
	case ENTRY_STEP_SUCCEEDED:
		assert_true(s->running);
		s->succeeded = true;
		s->running = false;
		s->over = (size_t)e->number;
		return;
	case ENTRY_STEP_FAILED:
	case ENTRY_STEP_SKIPPED:
		assert_false(s->succeeded);
		s->running = s->retry = false;
		s->over = (size_t)e->number;
		return;
	case ENTRY_STEP_REVERSING:
		/* The last that ended goes back first. */
		if (!s->over || (!s->reversing && *last_back && s->over > *last_back))
			print_message("'%s' goes back out of turn\n", e->step);
		assert_true(s->over > 0);
		assert_true(s->reversing || !*last_back || s->over < *last_back);
		*last_back = s->over;
		s->reversing = true;
		return;
	case ENTRY_STEP_REVERSED:
		assert_true(s->reversing);
		s->reversed = true;
		return;
	default:
		return;
	}
}

static void check_world(void)
{
	for (size_t i = 0; i < r.count; i++)
		if (r.nodes[i].leaf && seen[i].succeeded && world_begun(r.nodes[i].path))
			assert_true(world_done(r.nodes[i].path) >= 1);
}

/* For when a rule is broken: HADEPLOY_SEED=7 CONDUCT_SHOW=1. */
static void show_journal(const struct journal_list *list)
{
	for (size_t i = 0; getenv("CONDUCT_SHOW") && i < list->count; i++)
		print_message("%3zu %s %s %.200s\n", i + 1, entry_kind_name(list->items[i].kind),
			      list->items[i].step, list->items[i].data);
}

static void check_journal(struct conduct_bench *c)
{
	struct journal_list list = conduct_journal(c);
	size_t last_back = 0, ends = 0;

	memset(seen, 0, sizeof(seen));
	show_journal(&list);
	for (size_t i = 0; i < list.count; i++) {
		assert_int_equal(list.items[i].number, i + 1);
		check_entry(c, &list.items[i], &last_back);
		ends += list.items[i].kind == ENTRY_ENDED;
	}
	assert_true(ends >= 1);
	check_world();
}

static void check_completed(struct conduct_bench *c, enum execution_status status)
{
	for (size_t i = 0; i < r.count; i++) {
		enum step_status s = conduct_step_status(c, r.nodes[i].path);

		if (status == EXECUTION_COMPLETED)
			assert_true(s == STEP_SUCCEEDED || s == STEP_SKIPPED);
		assert_true(s != STEP_RUNNING && s != STEP_PENDING_APPROVAL);
	}
}

static void check_locks(struct conduct_bench *c)
{
	struct state *s = engine_state_open(c->b.dir, STATE_WRITE, &c->b.clock.base, &c->b.d);
	struct lock_list list;

	assert_int_equal(state_load_locks(s, c->b.a, &list, &c->b.d), 0);
	/* But those of a process that died behind the last event. */
	for (size_t i = 0; i < list.count; i++)
		assert_true(list.items[i].gone);
	state_close(s);
}

/* --- lives of one execution ---------------------------------------------------------- */

static enum execution_status live(struct conduct_bench *c)
{
	enum execution_status status = EXECUTION_RUNNING;
	bool resume = false;

	for (size_t life = 0; life < LIVES_MAX; life++) {
		r.quiet = life > LIVES_MAX / 2;
		r.paused = false;
		r.failed_count = r.waiting_count = 0;
		c->q.hold_on_failure = dice(2);
		if (dice(3) && life < LIVES_MAX / 2)
			conduct_dies(c, 1 + dice(25), resume);
		else if (resume)
			conduct_resume(c);
		else
			conduct_go(c);
		resume = conduct_id(c) != NULL;
		if (!resume && life) {
			print_message("%s\n", str_cstr(&r.text));
			bench_show(&c->b);
		}
		assert_true(resume || !life);
		if (!resume)
			continue;
		status = conduct_status(c);
		if (execution_status_is_over(status) && status != EXECUTION_FAILED)
			return status;
	}
	return status;
}

static void random_runbooks_keep_their_rules(void **state)
{
	struct chances chances = chances_of(ROUNDS);
	bool all = chances.left >= ROUNDS;
	size_t ended[EXECUTION_STATUS_COUNT] = {0};
	uint64_t seed;

	(void)state;
	while (chances_next(&chances, &seed)) {
		struct conduct_bench *c;
		enum execution_status status;
		void *fresh = NULL;

		r.seed = seed * 7919;
		conduct_setup_bench(&fresh);
		c = fresh;
		c->on_entry = on_entry;
		c->on_pass = on_pass;
		make_runbook(c);
		status = live(c);
		print_message("%s after %zu events\n", execution_status_name(status),
			      conduct_journal(c).count);
		if (!execution_status_is_over(status))
			bench_show(&c->b);
		assert_true(execution_status_is_over(status));
		ended[status]++;
		check_journal(c);
		check_completed(c, status);
		check_locks(c);
		conduct_teardown_bench(&fresh);
	}
	if (all) {
		assert_true(ended[EXECUTION_COMPLETED] +
				    ended[EXECUTION_COMPLETED_WITH_EXCEPTIONS] >
			    0);
		assert_true(ended[EXECUTION_REVERSED] > 0);
	}
	str_release(&r.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_runbooks_keep_their_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
