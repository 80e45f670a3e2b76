/* test_call.c - what providers hand over becomes a well-formed outcome, or an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "engine/call.h"
#include "templates/value.h"

/* What the provider under test does: the session is a script. */
struct hd_session {
	const struct hd_host *host;
	void (*script)(const struct hd_host *h, struct hd_op *op, const struct hd_resource *r);
	int status;
	int64_t deadline_ms, now_ms;
};

static int follow(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	s->deadline_ms = r->deadline_ms;
	s->now_ms = s->host->now_ms(op);
	if (s->script)
		s->script(s->host, op, r);
	return s->status;
}

static int follow_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		       struct hd_span token)
{
	assert_int_equal(token.len, 5);
	return follow(s, op, r);
}

static int open_fails(const struct hd_host *host, struct hd_op *op, struct hd_span config,
		      struct hd_session **out)
{
	(void)host;
	(void)op;
	(void)config;
	(void)out;
	return HD_FATAL;
}

static int open_keeps_host(const struct hd_host *host, struct hd_op *op, struct hd_span config,
			   struct hd_session **out)
{
	struct hd_session *s = calloc(1, sizeof(*s));

	(void)op;
	(void)config;
	s->host = host;
	*out = s;
	return HD_OK;
}

static struct hd_provider table = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "toy",
	.version = "3",
	.open = open_keeps_host,
	.read = follow,
	.create = follow,
	.update = follow,
	.remove = follow,
	.poll = follow_poll,
	.plan = follow,
	.find = follow,
};

static const struct call_settings no_settings = {"{}", NULL};

struct bench {
	struct call call;
	struct call_context context;
	struct outcome out;
	struct clock_fake clock;
	struct arena *a;
	int cancel;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct diags d = DIAGS_INIT;

	b->a = arena_new();
	clock_fake_init(&b->clock, 0, 1);
	clock_fake_advance(&b->clock, 5000);
	b->context = (struct call_context){.clock = &b->clock.base, .cancel = &b->cancel};
	b->call = (struct call){
		.kind = CALL_CREATE,
		.table = &table,
		.address = "web/east/A",
		.type = "Toy::Thing",
		.endpoint = "h1",
		.token = "token",
	};
	b->call.session = call_open(&table, &no_settings, &b->context, &d);
	assert_non_null(b->call.session);
	diags_release(&d);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	outcome_release(&b->out);
	free(b->call.session);
	arena_free(b->a);
	free(b);
	return 0;
}

static struct hd_span span(const char *s)
{
	return (struct hd_span){s, strlen(s)};
}

static void call(struct bench *b, enum call_kind kind, int status,
		 void (*script)(const struct hd_host *, struct hd_op *, const struct hd_resource *))
{
	outcome_release(&b->out);
	b->call.kind = kind;
	b->call.session->script = script;
	b->call.session->status = status;
	call_run(&b->call, &b->context, &b->out);
}

/* --- scripts ------------------------------------------------------------------------ */

static void makes_a_thing(const struct hd_host *h, struct hd_op *op, const struct hd_resource *r)
{
	(void)r;
	h->set_id(op, span("i-1"));
	h->set_state(op, span("{\"b\": 2.0, \"a\": [1, {}]}"));
	h->set_private(op, (struct hd_span){"\0\1\2", 3});
}

static void hands_over_a_list(const struct hd_host *h, struct hd_op *op,
			      const struct hd_resource *r)
{
	(void)r;
	h->set_id(op, span("i-1"));
	h->set_state(op, span("[1]"));
}

static void hands_over_too_much(const struct hd_host *h, struct hd_op *op,
				const struct hd_resource *r)
{
	char *big = malloc(CALL_ID_LEN + 1);

	(void)r;
	memset(big, 'x', CALL_ID_LEN + 1);
	h->set_state(op, span("{}"));
	h->set_id(op, (struct hd_span){big, CALL_ID_LEN + 1});
	free(big);
}

static void hands_over_nul(const struct hd_host *h, struct hd_op *op, const struct hd_resource *r)
{
	(void)r;
	h->set_state(op, span("{}"));
	h->set_id(op, (struct hd_span){"a\0b", 3});
}

static void uses_an_effect_of_its_own(const struct hd_host *h, struct hd_op *op,
				      const struct hd_resource *r)
{
	makes_a_thing(h, op, r);
	h->set_effect(op, 17);
}

static void hands_over_an_id_only(const struct hd_host *h, struct hd_op *op,
				  const struct hd_resource *r)
{
	(void)r;
	h->set_id(op, span("i-2"));
}

static void is_pending(const struct hd_host *h, struct hd_op *op, const struct hd_resource *r)
{
	(void)r;
	h->set_pending(op, span("{\"v\":1}"), -5);
}

static void diagnose(const struct hd_host *h, struct hd_op *op, const char *code,
		     const char *summary)
{
	struct hd_message m = {
		.size = sizeof(m),
		.severity = HD_ERROR,
		.pointer = span("/Size"),
		.code = span(code),
		.summary = span(summary),
		.detail = span("with hunter22 inside"),
		.hint = span("do it better"),
	};

	h->diagnose(op, &m);
}

static void complains(const struct hd_host *h, struct hd_op *op, const struct hd_resource *r)
{
	(void)r;
	diagnose(h, op, "HD1001", "cannot read hunter22");
	diagnose(h, op, "Throttling", "slow down");
	diagnose(h, op, "HD9998", "no such code");
	h->progress(op, span("trying hunter22 now"));
}

static void chatters(const struct hd_host *h, struct hd_op *op, const struct hd_resource *r)
{
	(void)r;
	for (int i = 0; i < 10 * CALL_MESSAGES; i++)
		diagnose(h, op, "X", "again");
}

static void finds_two(const struct hd_host *h, struct hd_op *op, const struct hd_resource *r)
{
	(void)r;
	h->item(op, span("a"), span("{\"x\":1}"));
	h->item(op, span("b"), span("{}"));
}

static void plans(const struct hd_host *h, struct hd_op *op, const struct hd_resource *r)
{
	(void)r;
	h->plan_same(op, span("/A"));
	h->plan_replace(op, span("/B"));
	h->plan_computed(op, span("/C"), span("[1, 2]"));
}

static int asked_cancelled;

static void asks_whether_to_stop(const struct hd_host *h, struct hd_op *op,
				 const struct hd_resource *r)
{
	(void)r;
	asked_cancelled = h->cancelled(op);
}

/* --- tests -------------------------------------------------------------------------- */

static void results_are_copied_and_made_canonical(void **state)
{
	struct bench *b = *state;

	call(b, CALL_CREATE, HD_OK, makes_a_thing);
	assert_int_equal(b->out.status, HD_OK);
	assert_int_equal(b->out.effect, HD_EFFECT_DONE);
	assert_string_equal(b->out.id, "i-1");
	assert_string_equal(b->out.state, "{\"a\":[1,{}],\"b\":2}");
	assert_true(b->out.has_private);
	assert_int_equal(b->out.private_bytes.len, 3);
	assert_memory_equal(b->out.private_bytes.ptr, "\0\1\2", 3);
	assert_null(outcome_error(&b->out));
}

static void expect_broken(struct bench *b, enum hd_effect effect)
{
	assert_int_equal(b->out.status, HD_FATAL);
	assert_int_equal(b->out.effect, effect);
	assert_int_equal(outcome_error(&b->out)->code, DIAG_PROVIDER_CONTRACT);
	assert_string_equal(outcome_error(&b->out)->address, "web/east/A");
	assert_string_equal(outcome_error(&b->out)->endpoint, "h1");
}

static void what_breaks_the_contract_is_an_error(void **state)
{
	struct bench *b = *state;

	call(b, CALL_CREATE, HD_OK, hands_over_a_list);
	expect_broken(b, HD_EFFECT_PARTIAL);
	call(b, CALL_CREATE, HD_OK, hands_over_too_much);
	expect_broken(b, HD_EFFECT_UNKNOWN);
	call(b, CALL_CREATE, HD_OK, hands_over_nul);
	expect_broken(b, HD_EFFECT_UNKNOWN);
	call(b, CALL_CREATE, HD_OK, uses_an_effect_of_its_own);
	expect_broken(b, HD_EFFECT_PARTIAL);
	call(b, CALL_CREATE, HD_OK, NULL);
	expect_broken(b, HD_EFFECT_UNKNOWN);
	call(b, CALL_CREATE, HD_OK, hands_over_an_id_only);
	expect_broken(b, HD_EFFECT_PARTIAL);
	call(b, CALL_CREATE, 99, makes_a_thing);
	expect_broken(b, HD_EFFECT_PARTIAL);
	call(b, CALL_CREATE, -1, NULL);
	expect_broken(b, HD_EFFECT_UNKNOWN);
	call(b, CALL_CREATE, HD_PENDING, NULL);
	expect_broken(b, HD_EFFECT_UNKNOWN);
	call(b, CALL_READ, HD_OK, NULL);
	expect_broken(b, HD_EFFECT_NONE);
}

static void a_failure_without_a_reason_gets_one(void **state)
{
	struct bench *b = *state;

	call(b, CALL_REMOVE, HD_FATAL, NULL);
	assert_int_equal(b->out.status, HD_FATAL);
	assert_int_equal(b->out.effect, HD_EFFECT_NONE);
	assert_int_equal(outcome_error(&b->out)->code, DIAG_PROVIDER_SILENT);
	call(b, CALL_REMOVE, HD_NOTFOUND, NULL);
	assert_null(outcome_error(&b->out));
	call(b, CALL_REMOVE, HD_CANCELLED, NULL);
	assert_null(outcome_error(&b->out));
}

static void a_poll_that_fails_with_an_id_left_something_behind(void **state)
{
	struct bench *b = *state;

	call(b, CALL_POLL, HD_FATAL, hands_over_an_id_only);
	assert_int_equal(b->out.effect, HD_EFFECT_PARTIAL);
	call(b, CALL_POLL, HD_FATAL, NULL);
	assert_int_equal(b->out.effect, HD_EFFECT_NONE);
}

static void a_token_is_kept_and_waits_are_not_negative(void **state)
{
	struct bench *b = *state;

	call(b, CALL_CREATE, HD_PENDING, is_pending);
	assert_int_equal(b->out.status, HD_PENDING);
	assert_string_equal(b->out.token, "{\"v\":1}");
	assert_int_equal(b->out.wait_ms, 0);
}

static char progress_text[CALL_PROGRESS_LEN + 1];

static void keep_progress(void *sink, const char *text)
{
	(void)sink;
	snprintf(progress_text, sizeof(progress_text), "%s", text);
}

static void secrets_are_masked_in_every_text(void **state)
{
	struct bench *b = *state;
	json_t *desired = json_pack("{s:s,s:i}", "Password", "hunter22", "Size", 1);
	json_t *pointers = json_pack("[s]", "/Password");
	const struct diag *g;

	b->call.secrets = secrets_collect(b->a, desired, pointers);
	b->context.progress = keep_progress;
	progress_text[0] = '\0';
	call(b, CALL_CREATE, HD_FATAL, complains);
	g = outcome_error(&b->out);
	assert_string_equal(g->summary, "cannot read (sensitive)");
	assert_string_equal(g->detail, "with (sensitive) inside");
	assert_string_equal(progress_text, "trying (sensitive) now");
	json_decref(desired);
	json_decref(pointers);
}

static void codes_of_ours_are_ours_and_others_are_kept_beside(void **state)
{
	struct bench *b = *state;
	const struct diag *g;

	call(b, CALL_CREATE, HD_FATAL, complains);
	g = b->out.diags.first;
	assert_int_equal(g->code, DIAG_FILE_OPEN);
	assert_null(g->foreign_code);
	assert_string_equal(g->hint, "do it better");
	g = g->next;
	assert_int_equal(g->code, DIAG_PROVIDER_FAILED);
	assert_string_equal(g->foreign_code, "Throttling");
	g = g->next;
	assert_int_equal(g->code, DIAG_PROVIDER_FAILED);
	assert_string_equal(g->foreign_code, "HD9998");
}

static void messages_are_capped(void **state)
{
	struct bench *b = *state;

	call(b, CALL_CREATE, HD_FATAL, chatters);
	assert_int_equal(b->out.diags.error_count, CALL_MESSAGES);
}

static void found_items_and_refinements_are_kept(void **state)
{
	struct bench *b = *state;

	call(b, CALL_FIND, HD_OK, finds_two);
	assert_int_equal(b->out.found.count, 2);
	assert_string_equal(b->out.found.items[0].state, "{\"x\":1}");
	call(b, CALL_PLAN, HD_OK, plans);
	assert_string_equal(b->out.same.items[0], "/A");
	assert_string_equal(b->out.replace.items[0], "/B");
	assert_string_equal(b->out.computed.items[0].json, "[1,2]");
}

static void a_call_ends_before_its_operation_does(void **state)
{
	struct bench *b = *state;
	const struct hd_session *s = b->call.session;

	call(b, CALL_CREATE, HD_OK, makes_a_thing);
	assert_int_equal(s->deadline_ms - s->now_ms, CALL_DEADLINE_MS);
	b->call.deadline_ms = s->now_ms + 700;
	call(b, CALL_CREATE, HD_OK, makes_a_thing);
	assert_int_equal(s->deadline_ms - s->now_ms, 700);
}

static void the_second_interrupt_cancels(void **state)
{
	struct bench *b = *state;
	int interrupts = 1;

	b->context.interrupts = &interrupts;
	call(b, CALL_REMOVE, HD_OK, asks_whether_to_stop);
	assert_int_equal(asked_cancelled, 0);
	interrupts = 2;
	call(b, CALL_REMOVE, HD_OK, asks_whether_to_stop);
	assert_int_equal(asked_cancelled, 1);
	interrupts = 0;
	b->cancel = 1;
	call(b, CALL_REMOVE, HD_OK, asks_whether_to_stop);
	assert_int_equal(asked_cancelled, 1);
}

/* Says the settings back. */
static int open_refuses(const struct hd_host *engine, struct hd_op *op, struct hd_span config,
			struct hd_session **out)
{
	(void)config;
	(void)out;
	engine->diagnose(op, &(struct hd_message){.size = sizeof(struct hd_message),
						  .severity = HD_ERROR,
						  .summary = span("'Mode' cannot be 's3cret'")});
	return HD_FATAL;
}

static void a_session_that_does_not_open_says_why(void **state)
{
	struct bench *b = *state;
	struct hd_provider sulks = table;
	struct diags d = DIAGS_INIT;

	sulks.open = open_fails;
	assert_null(call_open(&sulks, &no_settings, &b->context, &d));
	assert_int_equal(d.first->code, DIAG_PROVIDER_OPEN);
	diags_release(&d);
}

static void a_secret_setting_is_not_shown_when_it_is_refused(void **state)
{
	struct bench *b = *state;
	const char *values[] = {"s3cret"};
	const struct secrets secrets = {values, 1};
	const struct call_settings settings = {"{\"Mode\":\"s3cret\"}", &secrets};
	struct hd_provider refuses = table;
	struct diags d = DIAGS_INIT;

	refuses.open = open_refuses;
	assert_null(call_open(&refuses, &settings, &b->context, &d));
	assert_string_equal(d.first->summary, "'Mode' cannot be '(sensitive)'");
	diags_release(&d);
}

static void a_fault_can_be_copied_to_those_that_wait_for_the_same_endpoint(void **state)
{
	struct bench *b = *state;
	struct outcome copy;

	call(b, CALL_CREATE, HD_UNREACHABLE, complains);
	b->call.address = "web/east/Other";
	outcome_copy_fault(&b->out, &b->call, &copy);
	assert_int_equal(copy.status, HD_UNREACHABLE);
	assert_int_equal(copy.effect, HD_EFFECT_NONE);
	assert_int_equal(copy.diags.error_count, 3);
	assert_string_equal(copy.diags.first->summary, "cannot read hunter22");
	assert_string_equal(copy.diags.first->address, "web/east/Other");
	assert_string_equal(copy.diags.first->endpoint, "h1");
	outcome_release(&copy);
}

static void what_is_recorded_is_given_without_secrets(void **state)
{
	struct bench *b = *state;
	const char *text = call_recorded_text(
		b->a, "{\"a\":1,\"p\":{\"$secret\":\"00\"},\"l\":[{\"$secret\":\"00\"},2]}",
		"{\"a\":2,\"q\":3}");

	assert_string_equal(text, "{\"a\":2,\"l\":[null,2],\"q\":3}");
	assert_string_equal(call_recorded_text(b->a, "", NULL), "{}");
}

/* What stands behind an opening says why, and the last of it the most. */
static void a_reason_is_what_tells_most(void **state)
{
	static const struct {
		const char *detail, *reason;
	} rows[] = {
		{"no such host\nasked twice", "bad: no such host"},
		{"It ran on e1.\nits last lines:\nstopping\npg_ctl: no server",
		 "bad: pg_ctl: no server"},
		{"The server said:\n{\n\"error\": \"full\"\n}", "bad: {"},
		{"it wrote nothing\nIt ran on e1.", "bad: it wrote nothing"},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct outcome o = {.diags = DIAGS_INIT};
		struct diag *g = diag_add(&o.diags, DIAG_SSH_COMMAND, RANGE_NONE, "bad");

		diag_detail(&o.diags, g, "%s", rows[i].detail);
		assert_string_equal(outcome_reason(b->a, &o), rows[i].reason);
		diags_release(&o.diags);
	}
}

#define CALL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL_TEST(results_are_copied_and_made_canonical),
		CALL_TEST(a_reason_is_what_tells_most),
		CALL_TEST(what_breaks_the_contract_is_an_error),
		CALL_TEST(a_failure_without_a_reason_gets_one),
		CALL_TEST(a_poll_that_fails_with_an_id_left_something_behind),
		CALL_TEST(a_token_is_kept_and_waits_are_not_negative),
		CALL_TEST(secrets_are_masked_in_every_text),
		CALL_TEST(codes_of_ours_are_ours_and_others_are_kept_beside),
		CALL_TEST(messages_are_capped),
		CALL_TEST(found_items_and_refinements_are_kept),
		CALL_TEST(a_call_ends_before_its_operation_does),
		CALL_TEST(the_second_interrupt_cancels),
		CALL_TEST(a_session_that_does_not_open_says_why),
		CALL_TEST(a_secret_setting_is_not_shown_when_it_is_refused),
		CALL_TEST(a_fault_can_be_copied_to_those_that_wait_for_the_same_endpoint),
		CALL_TEST(what_is_recorded_is_given_without_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
