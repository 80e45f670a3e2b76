/*
 * test_driver.c - what carries out steps, with a conductor of the test's own: it hands over
 * events, keeps what is remembered, and begins again as after a crash.
 */
#include "tests/unit/run_bench.h"

#include <string.h>

#include "base/vec.h"
#include "engine/dispatch.h"
#include "engine/runbook/driver.h"
#include "engine/runbook/weights.h"
#include "engine/session.h"
#include "tests/unit/fake_hands.h"

#define MANIFEST                                                            \
	"Project: shop\n"                                                   \
	"Regions:\n"                                                        \
	"  east: {Hosts: {e1: {Address: 127.0.0.1, Roles: [web]}, "         \
	"e2: {Address: 127.0.0.2, Roles: [web]}, d1: {Address: 127.0.0.3, " \
	"Roles: [db]}}}\n"                                                  \
	"  west: {Hosts: {w1: {Address: 127.0.0.4, Roles: [web]}}}\n"       \
	"Routes:\n"                                                         \
	"  shop: {Type: 'Fake::Route', Name: www}\n"                        \
	"  api: {Type: 'Fake::Route', Name: api, Region: east}\n"

struct owned {
	struct job *job;
	bool timer;
};

struct conduct {
	struct bench *b;
	struct dispatch *dispatch;
	struct arena *a;
	struct step_run run;
	struct procedure_step step;
	struct step_spec spec;
	struct execution_row row;
	const struct step_driver *driver;
	struct {
		VEC_OF(struct owned)
	} jobs;
	char *memory; /* JSON; NULL */
	size_t remembered;
	bool unwritable;
	size_t die_after; /* nothing is gone on with when so much was remembered */
	bool over;
	enum step_ended how;
	json_t *result;
	char *reason;
	struct str said;
	const char *gates; /* '1' healthy, '0' not; the last one for ever */
	size_t gate_count;
	int64_t bake_ms;
};

/* --- what a conductor does ---------------------------------------------------------------- */

struct engine *step_engine(const struct step_run *s)
{
	return s->x->b->e;
}

struct dispatch *step_dispatch(const struct step_run *s)
{
	return s->x->dispatch;
}

const struct manifest *step_manifest(const struct step_run *s)
{
	return s->x->b->e->project->manifest;
}

const struct execution_row *step_execution(const struct step_run *s)
{
	return &s->x->row;
}

struct diags *step_diags(const struct step_run *s)
{
	return &s->x->b->d;
}

static struct job *new_job(struct step_run *s, bool timer)
{
	struct owned *o = arena_vec_add(s->x->a, &s->x->jobs);

	o->job = ARENA_NEW(s->x->a, struct job);
	o->timer = timer;
	return o->job;
}

struct job *step_timer(struct step_run *s)
{
	return new_job(s, true);
}

struct job *step_job(struct step_run *s, const struct step_place *place)
{
	struct engine *e = s->x->b->e;
	const struct provider_entry *entry = registry_entry(e->project->registry, place->provider);
	const struct instance_id id = {"@runbook", place->account,
				       *place->region ? place->region : "-"};
	struct job *j = new_job(s, false);

	j->call = (struct call){.table = entry->table, .where = RANGE_NONE};
	j->call.session = sessions_get(e->sessions, entry, &id, &s->x->b->d);
	dispatch_enroll(s->x->dispatch, j, &id, place->provider, place->endpoint);
	return j;
}

int step_remember(struct step_run *s, const json_t *memory)
{
	struct str text = STR_INIT;

	if (s->x->unwritable)
		return -1;
	if (s->x->die_after && s->x->remembered >= s->x->die_after)
		return 0;
	json_canonical(memory, &text);
	free(s->x->memory);
	s->x->memory = str_steal(&text);
	s->x->remembered++;
	return 0;
}

void step_progress(struct step_run *s, const char *text)
{
	str_printf(&s->x->said, "%s|", text);
}

void step_over(struct step_run *s, enum step_ended how, json_t *result, const char *reason)
{
	struct conduct *x = s->x;

	assert_false(x->over);
	x->over = true;
	x->how = how;
	x->result = result;
	x->reason = reason ? xstrdup(reason) : NULL;
	assert_true(how == STEP_ENDED_WELL_DONE || reason);
}

void step_over_outcome(struct step_run *s, const struct outcome *o)
{
	const struct diag *g = outcome_error(o);

	step_over(s, STEP_ENDED_FAILED, NULL, g ? g->summary : "?");
}

void step_checks(struct step_run *s, const struct check_use *uses, size_t count, int64_t bake_ms,
		 void (*over)(struct step_run *s, bool healthy, const char *why))
{
	struct conduct *x = s->x;
	size_t last = strlen(x->gates) - 1;
	char how = x->gates[x->gate_count < last ? x->gate_count : last];

	(void)uses;
	(void)count;
	x->gate_count++;
	x->bake_ms = bake_ms;
	if (how != '-')
		over(s, how == '1', how == '1' ? "" : "shop of w1 (west) is unhealthy: 503");
}

/* --- the bench ---------------------------------------------------------------------------- */

static void open_process(struct conduct *x)
{
	struct engine_options o = {
		.dir = x->b->dir,
		.providers = hands_builtins,
		.clock = &x->b->clock.base,
		.wake_fd = -1,
		.parallelism = 8,
	};
	struct engine_idle idle = {NULL, NULL};

	if (!x->b->e) {
		bench_engine(x->b);
		idle = x->b->e->idle;
		engine_close(x->b->e);
		x->b->e = engine_open(&o, &x->b->d);
		if (!x->b->e)
			bench_show(x->b);
		assert_non_null(x->b->e);
		x->b->e->idle = idle;
	}
	x->dispatch = dispatch_new(x->b->e, &x->b->d);
}

static void close_process(struct conduct *x)
{
	dispatch_free(x->dispatch);
	for (size_t i = 0; i < x->jobs.count; i++)
		outcome_release(&x->jobs.items[i].job->work.outcome);
	x->jobs.count = 0;
}

static void forget_end(struct conduct *x)
{
	json_decref(x->result);
	free(x->reason);
	x->result = NULL;
	x->reason = NULL;
	x->over = false;
}

static struct conduct *open_conduct(struct bench *b)
{
	struct conduct *x = xcalloc(1, sizeof(*x));

	x->b = b;
	x->a = arena_new();
	x->gates = "1";
	x->row = (struct execution_row){.id = "20261121-1-abc", .runbook = "failover"};
	hands_reset();
	bench_manifest(b, MANIFEST);
	open_process(x);
	return x;
}

static void close_conduct(struct conduct *x)
{
	close_process(x);
	forget_end(x);
	free(x->memory);
	str_release(&x->said);
	json_decref(x->spec.values);
	arena_free(x->a);
	free(x);
}

static void begin(struct conduct *x, enum step_direction direction)
{
	forget_end(x);
	x->run = (struct step_run){
		.x = x,
		.step = &x->step,
		.spec = &x->spec,
		.direction = direction,
		.key = direction == STEP_BACK ? "b0b0" : "a1a1",
		.arena = x->a,
	};
	if (x->memory && direction == STEP_FORWARD)
		x->run.memory = json_parse(text_of(x->memory), NULL, NULL);
	if (x->memory && direction == STEP_BACK)
		x->run.done = json_parse(text_of(x->memory), NULL, NULL);
	x->driver->begin(&x->run);
}

static void forget_memory(struct conduct *x)
{
	json_decref((json_t *)x->run.memory);
	json_decref((json_t *)x->run.done);
	x->run.memory = x->run.done = NULL;
}

static bool dead(const struct conduct *x)
{
	return x->die_after && x->remembered >= x->die_after;
}

static void loop(struct conduct *x)
{
	struct dispatch_event ev;

	while (!x->over && !dead(x)) {
		dispatch_next(x->dispatch, &ev);
		if (ev.kind == DISPATCH_QUIET)
			dispatch_wait(x->dispatch);
		else if (ev.job)
			x->driver->event(&x->run, ev.job, &ev);
	}
}

static void load(struct conduct *x, enum step_kind kind, const char *region, const char *values)
{
	x->step = (struct procedure_step){.path = "data/it", .name = "it", .kind = kind};
	x->step.where = RANGE_NONE;
	x->spec = (struct step_spec){.applies = true, .region = region, .timeout_ms = 600000};
	x->spec.values = json_parse(text_of(values), NULL, NULL);
	assert_non_null(x->spec.values);
	x->driver = driver_of(kind);
	assert_non_null(x->driver);
}

static void run(struct conduct *x, enum step_direction direction)
{
	begin(x, direction);
	loop(x);
	if (!x->over)
		x->driver->stop(&x->run);
	forget_memory(x);
}

/* The process is killed when so much was remembered, and another one goes on. */
static void run_killed(struct conduct *x, size_t after)
{
	x->die_after = after;
	run(x, STEP_FORWARD);
	assert_false(x->over);
	close_process(x);
	open_process(x);
	x->die_after = 0;
	run(x, STEP_FORWARD);
}

static const char *result_at(const struct conduct *x, const char *pointer)
{
	const json_t *j = json_at(x->result, text_of(pointer));

	return j ? json_text(x->a, j) : "absent";
}

#define TEST(name)                                        \
	static void name##_on(struct conduct *x);         \
	static void name(void **state)                    \
	{                                                 \
		struct conduct *x = open_conduct(*state); \
                                                          \
		name##_on(x);                             \
		close_conduct(x);                         \
	}                                                 \
	static void name##_on(struct conduct *x)

/* --- Command ------------------------------------------------------------------------------ */

#define COMMAND "{\"Command\":\"id\",\"Roles\":[\"web\"]}"

TEST(a_command_runs_on_each_host_of_its_roles)
{
	load(x, STEP_COMMAND, "east", COMMAND);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_int_equal(hands_done("command", "e1"), 1);
	assert_int_equal(hands_done("command", "e2"), 1);
	assert_int_equal(hands_done("command", "d1"), 0);
	assert_int_equal(hands_done("command", "w1"), 0);
	assert_string_equal(result_at(x, "/ExitCode"), "0");
	assert_string_equal(result_at(x, "/Stdout"), "\"on e1\\non e2\\n\"");
	assert_string_equal(result_at(x, "/Hosts/e2/Stdout"), "\"on e2\\n\"");
}

TEST(a_command_that_fails_on_one_host_fails_when_all_are_over)
{
	hands_script("command", "e1", "F");
	load(x, STEP_COMMAND, "east", COMMAND);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "e1: command failed");
	assert_string_equal(result_at(x, "/ExitCode"), "3");
	assert_int_equal(hands_done("command", "e2"), 1);
	assert_true(bench_said(x->b, DIAG_PROVIDER_FAILED) || x->b->d.error_count);
}

TEST(a_command_for_one_goes_to_the_next_host_when_one_is_not_reached)
{
	hands_script("command", "e1", "U");
	load(x, STEP_COMMAND, "east", "{\"Command\":\"id\",\"Roles\":[\"web\"],\"Run\":\"one\"}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_int_equal(hands_done("command", "e1"), 0);
	assert_int_equal(hands_done("command", "e2"), 1);
}

TEST(a_command_for_one_that_fails_is_not_run_elsewhere)
{
	hands_script("command", "e1", "F");
	load(x, STEP_COMMAND, "east", "{\"Command\":\"id\",\"Roles\":[\"web\"],\"Run\":\"one\"}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_int_equal(hands_asked("command", "e2"), 0);
}

TEST(a_command_without_hosts_is_a_failure)
{
	load(x, STEP_COMMAND, "west", "{\"Command\":\"id\",\"Roles\":[\"db\"]}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "no host of west is meant");
	forget_end(x);
	json_decref(x->spec.values);
	load(x, STEP_COMMAND, "west", "{\"Command\":\"id\",\"Hosts\":[\"w1\",\"e1\"]}");
	run(x, STEP_FORWARD);
	assert_string_equal(x->reason, "there is no host 'e1' in west");
	assert_string_equal(hands_log(), "");
}

TEST(a_command_that_cannot_be_recorded_is_not_begun)
{
	x->unwritable = true;
	load(x, STEP_COMMAND, "east", COMMAND);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(hands_log(), "");
}

/* Killed at each point where something was remembered: never a second run on any host. */
TEST(a_command_is_not_run_twice_after_a_kill)
{
	for (size_t after = 1; after <= 4; after++) {
		hands_reset();
		free(x->memory);
		x->memory = NULL;
		x->remembered = 0;
		hands_script("command", "e1", "P.");
		hands_script("command", "e2", "P.");
		load(x, STEP_COMMAND, "east", COMMAND);
		run_killed(x, after);
		assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
		assert_int_equal(hands_done("command", "e1"), 1);
		assert_int_equal(hands_done("command", "e2"), 1);
		assert_string_equal(result_at(x, "/Hosts/e1/ExitCode"), "0");
		assert_string_equal(result_at(x, "/Hosts/e2/ExitCode"), "0");
		if (after < 4)
			json_decref(x->spec.values);
	}
}

TEST(a_command_whose_answer_is_lost_is_asked_with_the_same_key)
{
	hands_script("command", "e1", "L.");
	load(x, STEP_COMMAND, "east", "{\"Command\":\"id\",\"Hosts\":[\"e1\"]}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_int_equal(hands_asked("command", "e1"), 2);
	assert_int_equal(hands_done("command", "e1"), 1);
}

TEST(the_secrets_of_a_step_are_in_no_result)
{
	const char *value = "on e1";
	struct secrets secrets = {&value, 1};

	load(x, STEP_COMMAND, "east", "{\"Command\":\"id\",\"Hosts\":[\"e1\"]}");
	x->spec.secrets = &secrets;
	run(x, STEP_FORWARD);
	assert_string_equal(result_at(x, "/Stdout"), "\"(sensitive)\\n\"");
}

/* --- Http, Notify ------------------------------------------------------------------------- */

TEST(a_request_is_one_act_with_its_keys)
{
	load(x, STEP_HTTP, "",
	     "{\"Url\":\"http://x/\",\"Method\":\"POST\",\"Body\":{\"a\":1},\"Status\":201}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_string_equal(result_at(x, "/Status"), "200");
	assert_non_null(strstr(hands_args(), "\"Body\":{\"a\":1}"));
	assert_non_null(strstr(hands_args(), "\"Timeout\":600000"));
}

TEST(a_request_that_fails_is_a_failure_with_its_reason)
{
	hands_script("http", "", "F");
	load(x, STEP_HTTP, "", "{\"Url\":\"http://x/\"}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "http failed");
}

TEST(a_request_goes_on_with_its_token_after_a_kill)
{
	hands_script("http", "", "P.");
	load(x, STEP_HTTP, "", "{\"Url\":\"http://x/\"}");
	run_killed(x, 2);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_int_equal(hands_asked("http", ""), 1);
}

TEST(a_message_says_which_step_it_comes_from)
{
	load(x, STEP_NOTIFY, "", "{\"Url\":\"http://x/\",\"Message\":\"moved\"}");
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_non_null(strstr(hands_args(), "\"Message\":\"moved\""));
	assert_non_null(strstr(hands_args(), "\"Step\":\"data/it\""));
	assert_non_null(strstr(hands_args(), "\"Runbook\":\"failover\""));
}

/* --- weights ------------------------------------------------------------------------------ */

static void check_towards(const char *before, const char *to, int64_t percent, const char *after)
{
	struct arena *a = arena_new();
	json_t *from = json_parse(text_of(before), NULL, NULL);
	json_t *got = weights_towards(from, to, percent);

	assert_string_equal(got ? json_text(a, got) : "NULL", after);
	json_decref(from);
	json_decref(got);
	arena_free(a);
}

static void weights_keep_the_proportions_of_the_others(void **state)
{
	(void)state;
	check_towards("{\"east\":100,\"west\":0}", "west", 5, "{\"east\":95,\"west\":5}");
	check_towards("{\"east\":100,\"west\":0}", "west", 100, "{\"east\":0,\"west\":100}");
	check_towards("{\"a\":50,\"b\":50,\"c\":0}", "c", 25, "{\"a\":38,\"b\":37,\"c\":25}");
	check_towards("{\"a\":60,\"b\":30,\"c\":10}", "c", 40, "{\"a\":40,\"b\":20,\"c\":40}");
	check_towards("{\"a\":0,\"b\":100}", "b", 5, "{\"a\":0,\"b\":100}");
	check_towards("{\"a\":100}", "b", 5, "NULL");
	check_towards("{\"a\":33.3,\"b\":66.7}", "b", 90, "{\"a\":10,\"b\":90}");
}

/* --- Traffic ------------------------------------------------------------------------------ */

#define TRAFFIC                                                                  \
	"{\"Routes\":[\"shop\",\"api\"],\"To\":\"west\",\"Weights\":[5,50,100]," \
	"\"Bake\":\"10s\"}"

TEST(traffic_moves_by_steps_with_a_gate_after_each)
{
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_int_equal(x->gate_count, 3);
	assert_int_equal(x->bake_ms, 10000);
	assert_int_equal(hands_done("set-weights", "shop"), 3);
	assert_string_equal(hands_weights("shop"), "{\"east\":0,\"west\":100}");
	assert_string_equal(hands_weights("api"), "{\"east\":0,\"west\":100}");
	assert_string_equal(result_at(x, "/Before/shop"), "{\"east\":100,\"west\":0}");
	assert_string_equal(result_at(x, "/Weights/api"), "{\"east\":0,\"west\":100}");
}

TEST(a_gate_that_fails_sets_the_weights_back)
{
	x->gates = "10";
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "at 50% shop of w1 (west) is unhealthy: 503; the weights "
				       "are as they were before");
	assert_string_equal(hands_weights("shop"), "{\"east\":100,\"west\":0}");
	assert_string_equal(hands_weights("api"), "{\"east\":100,\"west\":0}");
}

TEST(a_route_that_fails_sets_all_of_them_back)
{
	hands_script("set-weights", "api", ".F.");
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "api: set-weights failed; the weights are as they were "
				       "before");
	assert_string_equal(hands_weights("shop"), "{\"east\":100,\"west\":0}");
	assert_string_equal(hands_weights("api"), "{\"east\":100,\"west\":0}");
}

TEST(weights_that_cannot_be_set_back_are_told)
{
	x->gates = "0";
	hands_script("set-weights", "api", ".F");
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_string_equal(x->reason,
			    "at 5% shop of w1 (west) is unhealthy: 503; and the weights could not "
			    "be set back: api: set-weights failed");
}

TEST(traffic_goes_back_before_its_time_is_up)
{
	x->gates = "1-";
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "its time ran out; the weights are as they were before");
	assert_string_equal(hands_weights("shop"), "{\"east\":100,\"west\":0}");
}

TEST(traffic_goes_on_after_a_kill_at_any_percentage)
{
	for (size_t after = 1; after <= 3; after++) {
		hands_reset();
		free(x->memory);
		x->memory = NULL;
		x->remembered = 0;
		load(x, STEP_TRAFFIC, "west", TRAFFIC);
		run_killed(x, after);
		assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
		assert_string_equal(hands_weights("shop"), "{\"east\":0,\"west\":100}");
		assert_string_equal(result_at(x, "/Before/shop"), "{\"east\":100,\"west\":0}");
		if (after < 3)
			json_decref(x->spec.values);
	}
}

TEST(traffic_goes_back_where_a_kill_had_found_it_going_back)
{
	x->gates = "0";
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run_killed(x, 2);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(hands_weights("shop"), "{\"east\":100,\"west\":0}");
	assert_non_null(strstr(x->reason, "are as they were before"));
	/* What it had been before the gate failed is not tried again. */
	assert_null(strstr(hands_log(), "\"west\":50"));
}

TEST(traffic_is_undone_to_what_was_before)
{
	hands_set_weights("shop", "{\"east\":70,\"west\":30}");
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_string_equal(hands_weights("shop"), "{\"east\":0,\"west\":100}");
	run(x, STEP_BACK);
	assert_int_equal(x->how, STEP_ENDED_WELL_DONE);
	assert_string_equal(hands_weights("shop"), "{\"east\":70,\"west\":30}");
	assert_string_equal(hands_weights("api"), "{\"east\":100,\"west\":0}");
}

TEST(percentages_below_what_goes_there_already_are_passed_over)
{
	hands_set_weights("shop", "{\"east\":40,\"west\":60}");
	hands_set_weights("api", "{\"east\":30,\"west\":70}");
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(hands_done("set-weights", "shop"), 1);
	assert_string_equal(hands_weights("shop"), "{\"east\":0,\"west\":100}");
}

TEST(a_route_that_does_not_lead_there_is_a_failure)
{
	hands_set_weights("api", "{\"east\":100}");
	load(x, STEP_TRAFFIC, "west", TRAFFIC);
	run(x, STEP_FORWARD);
	assert_int_equal(x->how, STEP_ENDED_FAILED);
	assert_string_equal(x->reason, "route 'api' does not lead to region 'west'");
	assert_string_equal(hands_log(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN_TEST(a_command_runs_on_each_host_of_its_roles),
		RUN_TEST(a_command_that_fails_on_one_host_fails_when_all_are_over),
		RUN_TEST(a_command_for_one_goes_to_the_next_host_when_one_is_not_reached),
		RUN_TEST(a_command_for_one_that_fails_is_not_run_elsewhere),
		RUN_TEST(a_command_without_hosts_is_a_failure),
		RUN_TEST(a_command_that_cannot_be_recorded_is_not_begun),
		RUN_TEST(a_command_is_not_run_twice_after_a_kill),
		RUN_TEST(a_command_whose_answer_is_lost_is_asked_with_the_same_key),
		RUN_TEST(the_secrets_of_a_step_are_in_no_result),
		RUN_TEST(a_request_is_one_act_with_its_keys),
		RUN_TEST(a_request_that_fails_is_a_failure_with_its_reason),
		RUN_TEST(a_request_goes_on_with_its_token_after_a_kill),
		RUN_TEST(a_message_says_which_step_it_comes_from),
		cmocka_unit_test(weights_keep_the_proportions_of_the_others),
		RUN_TEST(traffic_moves_by_steps_with_a_gate_after_each),
		RUN_TEST(a_gate_that_fails_sets_the_weights_back),
		RUN_TEST(a_route_that_fails_sets_all_of_them_back),
		RUN_TEST(weights_that_cannot_be_set_back_are_told),
		RUN_TEST(traffic_goes_back_before_its_time_is_up),
		RUN_TEST(traffic_goes_on_after_a_kill_at_any_percentage),
		RUN_TEST(traffic_goes_back_where_a_kill_had_found_it_going_back),
		RUN_TEST(traffic_is_undone_to_what_was_before),
		RUN_TEST(percentages_below_what_goes_there_already_are_passed_over),
		RUN_TEST(a_route_that_does_not_lead_there_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
