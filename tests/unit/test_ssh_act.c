/*
 * test_ssh_act.c - commands of runbooks on a real sshd: run once however often they are asked
 * for, read to their end, and nothing of them left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>

#include "base/clock.h"
#include "base/json.h"
#include "providers/kit/span.h"
#include "tests/unit/provider_fixture.h"
#include "tests/unit/sshd_fixture.h"

struct bed {
	struct sshd_fixture server;
	struct hd_session *session;
};

static int set_up(void **state)
{
	struct bed *b = xcalloc(1, sizeof(*b));
	struct str config = STR_INIT;

	*state = b;
	sshd_start_with(&b->server, "");
	if (b->server.pid <= 0)
		return 0;
	str_printf(&config,
		   "{\"Region\": \"east\", \"ProjectDir\": \"%s\", \"User\": \"%s\","
		   "\"IdentityFile\": \"key\", \"KnownHostsFile\": \"known\","
		   "\"StateDir\": \"%s/state\", \"ConnectTimeout\": \"20s\","
		   "\"Hosts\": {\"h\": {\"Address\": \"%s\", \"Port\": %d}}}",
		   b->server.dir, b->server.user, b->server.dir, SSHD_ADDRESS, b->server.port);
	assert_int_equal(
		provider_ssh()->open(provider_engine(), NULL, span_of_str(&config), &b->session),
		HD_OK);
	str_release(&config);
	return 0;
}

static int tear_down(void **state)
{
	struct bed *b = *state;

	provider_ssh()->close(b->session);
	sshd_end(&b->server);
	free(b);
	return 0;
}

static struct hd_resource resource_of(const char *key)
{
	struct clock *clock = clock_real();

	return (struct hd_resource){.size = sizeof(struct hd_resource),
				    .idem = span_of(key),
				    .deadline_ms = clock->monotonic_ms(clock) + 60000};
}

/* Asks, and again while sshd is still starting. */
static int act(struct bed *b, const char *key, const char *args, struct hd_op *op)
{
	if (!b->session)
		skip();
	for (;;) {
		struct hd_resource r = resource_of(key);
		int status;

		*op = (struct hd_op){.effect = -1};
		status = provider_ssh()->act(b->session, op, &r, span_of("command"), span_of(args));
		if (strcmp(str_cstr(&op->code), "HD5002 ") != 0)
			return status;
		provider_op_release(op);
		poll(NULL, 0, 20);
	}
}

/* Polls to the end; the op then holds that, and the last token. */
static int settle(struct bed *b, struct hd_op *op)
{
	int status = HD_PENDING;

	while (status == HD_PENDING) {
		struct hd_resource r = resource_of("other");
		struct str token = op->token;

		poll(NULL, 0, (int)op->wait_ms);
		op->token = STR_INIT;
		provider_op_release(op);
		*op = (struct hd_op){.effect = -1};
		status = provider_ssh()->poll(b->session, op, &r, span_of_str(&token));
		if (op->token.len == 0)
			op->token = token;
		else
			str_release(&token);
	}
	return status;
}

static int run(struct bed *b, const char *key, const char *args, struct hd_op *op)
{
	int status = act(b, key, args, op);

	return status == HD_PENDING ? settle(b, op) : status;
}

static void expect_nothing_left(struct bed *b)
{
	assert_int_not_equal(sshd_shell("ls -A %s/state/op | grep -q .", b->server.dir), 0);
}

static void a_command_gives_its_code_and_both_streams(void **state)
{
	struct bed *b = *state;
	struct hd_op op;

	assert_int_equal(run(b, "both",
			     "{\"Host\": \"h\", \"Command\": \"echo out; echo \\\"$WORD\\\" >&2\","
			     "\"Environment\": {\"WORD\": \"it's\"}, \"Timeout\": 20000}",
			     &op),
			 HD_OK);
	assert_string_equal(str_cstr(&op.result),
			    "{\"ExitCode\":0,\"Stderr\":\"it's\",\"Stdout\":\"out\"}");
	assert_int_equal(op.effect, HD_EFFECT_DONE);
	expect_nothing_left(b);
	provider_op_release(&op);
}

static void a_list_is_one_command_with_its_words(void **state)
{
	struct bed *b = *state;
	struct hd_op op;

	assert_int_equal(
		run(b, "list",
		    "{\"Host\": \"h\", \"Command\": [\"printf\", \"[%s]\", \"a b\", \"$HOME'\"]}",
		    &op),
		HD_OK);
	assert_non_null(strstr(str_cstr(&op.result), "\"[a b][$HOME']\""));
	provider_op_release(&op);
}

static void a_command_that_fails_says_why(void **state)
{
	struct bed *b = *state;
	struct hd_op op;

	assert_int_equal(run(b, "fails",
			     "{\"Host\": \"h\", \"Command\": \"echo fine; echo broken >&2; "
			     "exit 7\"}",
			     &op),
			 HD_FATAL);
	assert_string_equal(str_cstr(&op.code), "HD5115 ");
	assert_string_equal(str_cstr(&op.summary), "the command ended with code 7 ");
	assert_non_null(strstr(str_cstr(&op.detail), "its last lines:\nbroken"));
	assert_null(strstr(str_cstr(&op.detail), "fine"));
	assert_string_equal(str_cstr(&op.result),
			    "{\"ExitCode\":7,\"Stderr\":\"broken\",\"Stdout\":\"fine\"}");
	expect_nothing_left(b);
	provider_op_release(&op);
}

static void what_it_wrote_is_bounded(void **state)
{
	struct bed *b = *state;
	struct hd_op op;

	assert_int_equal(run(b, "long",
			     "{\"Host\": \"h\", \"Command\": \"head -c 100000 /dev/zero | tr "
			     "'\\\\0' x; echo end; head -c 100000 /dev/zero | tr '\\\\0' y >&2\"}",
			     &op),
			 HD_OK);
	assert_in_range(op.result.len, 2 * 16000, 2 * 16384 + 200);
	assert_non_null(strstr(str_cstr(&op.result), "xxend\""));
	provider_op_release(&op);
}

static void the_same_key_runs_it_once(void **state)
{
	struct bed *b = *state;
	struct str args = STR_INIT;
	struct hd_op first, second;

	str_printf(&args,
		   "{\"Host\": \"h\", \"Command\": \"echo x >>%s/runs; until [ -e %s/go ]; do "
		   "sleep 0.05; done\"}",
		   b->server.dir, b->server.dir);
	assert_int_equal(act(b, "once", str_cstr(&args), &first), HD_PENDING);
	assert_int_equal(act(b, "once", str_cstr(&args), &second), HD_PENDING);
	assert_int_equal(sshd_shell("touch %s/go", b->server.dir), 0);
	assert_int_equal(settle(b, &second), HD_OK);
	assert_int_equal(sshd_shell("[ $(wc -l <%s/runs) = 1 ]", b->server.dir), 0);
	/* Its end was read by the other: nobody guesses how it was. */
	assert_int_equal(settle(b, &first), HD_FATAL);
	assert_string_equal(str_cstr(&first.code), "HD5109 ");
	provider_op_release(&first);
	provider_op_release(&second);
	str_release(&args);
}

static void a_command_that_takes_too_long_is_ended(void **state)
{
	struct bed *b = *state;
	struct hd_op op;

	assert_int_equal(run(b, "slow",
			     "{\"Host\": \"h\", \"Command\": \"echo begun; sleep 600\", "
			     "\"Timeout\": 900}",
			     &op),
			 HD_FATAL);
	assert_string_equal(str_cstr(&op.code), "HD5108 ");
	assert_non_null(strstr(str_cstr(&op.detail), "begun"));
	assert_non_null(strstr(str_cstr(&op.result), "\"ExitCode\":124"));
	expect_nothing_left(b);
	provider_op_release(&op);
}

static void what_cannot_be_run_is_refused(void **state)
{
	static const struct {
		const char *args, *code;
	} cases[] = {
		{"{\"Host\": \"g\", \"Command\": \"true\"}", "HD5019 "},
		{"{\"Command\": \"true\"}", "HD5106 "},
		{"{\"Host\": \"h\"}", "HD5106 "},
		{"{\"Host\": \"h\", \"Command\": [{}]}", "HD5106 "},
		{"{\"Host\": \"h\", \"Command\": \"true\", \"Timeout\": \"1s\"}", "HD5106 "},
		{"{\"Host\": \"h\", \"Command\": \"true\", \"Environment\": {\"a-b\": \"\"}}",
		 "HD5106 "},
		{"[", "HD5106 "},
	};
	struct bed *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct hd_op op;

		assert_int_equal(act(b, "bad", cases[i].args, &op), HD_FATAL);
		assert_string_equal(str_cstr(&op.code), cases[i].code);
		provider_op_release(&op);
	}
}

static void another_action_is_unknown(void **state)
{
	struct bed *b = *state;
	struct hd_resource r = resource_of("what");
	struct hd_op op = {.effect = -1};

	if (!b->session)
		skip();
	assert_int_equal(
		provider_ssh()->act(b->session, &op, &r, span_of("weights"), span_of("{}")),
		HD_FATAL);
	assert_string_equal(str_cstr(&op.code), "HD5115 ");
	provider_op_release(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_gives_its_code_and_both_streams),
		cmocka_unit_test(a_list_is_one_command_with_its_words),
		cmocka_unit_test(a_command_that_fails_says_why),
		cmocka_unit_test(what_it_wrote_is_bounded),
		cmocka_unit_test(the_same_key_runs_it_once),
		cmocka_unit_test(a_command_that_takes_too_long_is_ended),
		cmocka_unit_test(what_cannot_be_run_is_refused),
		cmocka_unit_test(another_action_is_unknown),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
