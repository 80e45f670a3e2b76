/*
 * test_ssh_types.c - the ssh provider's types on a real sshd: what they refuse, and
 * operations that outlive a client.  Commands of the host are replaced by stand-ins in
 * a folder that is first in PATH there.
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
#include "base/file.h"
#include "base/json.h"
#include "providers/kit/span.h"
#include "tests/unit/provider_fixture.h"
#include "tests/unit/sshd_fixture.h"

struct bed {
	struct sshd_fixture server;
	struct hd_session *session;
};

static void open_session(struct bed *b)
{
	struct str config = STR_INIT;

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
}

static int set_up(void **state)
{
	struct bed *b = xcalloc(1, sizeof(*b));

	*state = b;
	sshd_start_with(&b->server, "");
	if (b->server.pid > 0)
		open_session(b);
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

/* A program of this name, for the host alone. */
static void stand_in(struct bed *b, const char *name, const char *script)
{
	struct str text = STR_INIT, path = STR_INIT;

	str_printf(&text, "#!/bin/sh\n%s\n", script);
	str_printf(&path, "%s/bin/%s", b->server.dir, name);
	assert_int_equal(file_write_atomic(str_cstr(&path), str_text(&text)), 0);
	assert_int_equal(sshd_shell("chmod 755 %s", str_cstr(&path)), 0);
	str_release(&text);
	str_release(&path);
}

static void remove_stand_in(struct bed *b, const char *name)
{
	assert_int_equal(sshd_shell("rm %s/bin/%s", b->server.dir, name), 0);
}

struct call {
	const char *type, *desired, *recorded, *priv, *idem, *token;
};

static struct hd_resource resource_of(const struct call *c)
{
	struct clock *clock = clock_real();

	return (struct hd_resource){.size = sizeof(struct hd_resource),
				    .type = span_of(c->type),
				    .desired = span_of(c->desired),
				    .recorded = span_of(c->recorded),
				    .priv = span_of(c->priv),
				    .idem = span_of(c->idem),
				    .deadline_ms = clock->monotonic_ms(clock) + 60000};
}

/* Makes the call, and again while sshd is still starting. */
static int make(struct bed *b, hd_call_fn *function, const struct call *c, struct hd_op *op)
{
	int status;

	if (!b->session)
		skip();
	for (;;) {
		struct hd_resource r = resource_of(c);

		*op = (struct hd_op){.effect = -1};
		status = function(b->session, op, &r);
		if (strcmp(str_cstr(&op->code), "HD5002 ") != 0)
			return status;
		provider_op_release(op);
		poll(NULL, 0, 20);
	}
}

/* Polls with the op's token until there is an end; the op then holds that. */
static int settle(struct bed *b, const struct call *c, struct hd_op *op)
{
	int status = HD_PENDING;

	while (status == HD_PENDING) {
		struct call again = {.type = c->type, .recorded = c->desired, .idem = c->idem};
		struct hd_resource r = resource_of(&again);
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

/* {"Host": "h", "Path": DIR/NAME, REST} in the buffer. */
static const char *at_path(struct str *out, const struct bed *b, const char *name, const char *rest)
{
	str_clear(out);
	str_printf(out, "{\"Host\": \"h\", \"Path\": \"%s/%s\"%s}", b->server.dir, name, rest);
	return str_cstr(out);
}

static void a_directory_is_not_replaced_by_a_file(void **state)
{
	struct bed *b = *state;
	struct str desired = STR_INIT;
	struct call c = {.type = "SSH::File", .idem = "a"};
	struct hd_op op;

	c.desired = at_path(&desired, b, "bin", ", \"Content\": \"x\"");
	assert_int_equal(make(b, provider_ssh()->create, &c, &op), HD_FATAL);
	assert_string_equal(str_cstr(&op.code), "HD5101 ");
	assert_int_equal(op.effect, HD_EFFECT_NONE);
	provider_op_release(&op);
	c = (struct call){.type = "SSH::Directory", .idem = "b"};
	c.desired = at_path(&desired, b, "known", "");
	assert_int_equal(make(b, provider_ssh()->create, &c, &op), HD_FATAL);
	assert_string_equal(str_cstr(&op.code), "HD5101 ");
	provider_op_release(&op);
	str_release(&desired);
}

static void a_full_disk_is_named_and_leaves_the_old_file(void **state)
{
	struct bed *b = *state;
	struct str desired = STR_INIT, content = STR_INIT;
	struct call c = {.type = "SSH::File", .idem = "full"};
	struct hd_op op;

	c.desired = at_path(&desired, b, "page", ", \"Content\": \"old\"");
	assert_int_equal(make(b, provider_ssh()->create, &c, &op), HD_OK);
	assert_int_equal(op.effect, HD_EFFECT_DONE);
	provider_op_release(&op);
	stand_in(b, "head", "echo 'head: write error: No space left on device' >&2; exit 1");
	c.desired = at_path(&desired, b, "page", ", \"Content\": \"new\"");
	assert_int_equal(make(b, provider_ssh()->update, &c, &op), HD_FATAL);
	assert_string_equal(str_cstr(&op.code), "HD5103 ");
	assert_int_equal(op.effect, HD_EFFECT_NONE);
	provider_op_release(&op);
	remove_stand_in(b, "head");
	assert_int_equal(file_read(sshd_path(&b->server, "page"), 100, &content), 0);
	assert_string_equal(str_cstr(&content), "old");
	assert_int_not_equal(sshd_shell("ls -A %s | grep -q hadeploy-", b->server.dir), 0);
	str_release(&content);
	str_release(&desired);
}

static void a_directory_goes_only_when_it_is_ours_and_empty(void **state)
{
	struct bed *b = *state;
	struct str place = STR_INIT, priv = STR_INIT;
	struct call c = {.type = "SSH::Directory", .idem = "dir"};
	struct hd_op op;

	c.desired = at_path(&place, b, "made/here", "");
	assert_int_equal(make(b, provider_ssh()->create, &c, &op), HD_OK);
	str_add_text(&priv, str_text(&op.priv));
	provider_op_release(&op);
	c = (struct call){.type = "SSH::Directory", .idem = "rm", .recorded = str_cstr(&place)};
	assert_int_equal(make(b, provider_ssh()->remove, &c, &op), HD_OK);
	assert_string_equal(str_cstr(&op.code), "HD5114 ");
	assert_int_equal(op.effect, HD_EFFECT_NONE);
	provider_op_release(&op);
	c.priv = str_cstr(&priv);
	assert_int_equal(sshd_shell("touch %s/made/here/kept", b->server.dir), 0);
	assert_int_equal(make(b, provider_ssh()->remove, &c, &op), HD_FATAL);
	assert_string_equal(str_cstr(&op.code), "HD5105 ");
	assert_non_null(strstr(str_cstr(&op.detail), "kept"));
	provider_op_release(&op);
	assert_int_equal(sshd_shell("rm %s/made/here/kept", b->server.dir), 0);
	assert_int_equal(make(b, provider_ssh()->remove, &c, &op), HD_OK);
	assert_int_equal(op.effect, HD_EFFECT_DONE);
	provider_op_release(&op);
	assert_int_equal(make(b, provider_ssh()->remove, &c, &op), HD_NOTFOUND);
	provider_op_release(&op);
	str_release(&place);
	str_release(&priv);
}

static void a_busy_apt_is_waited_for(void **state)
{
	struct bed *b = *state;
	struct call c = {.type = "SSH::Package",
			 .idem = "lock",
			 .desired = "{\"Host\": \"h\", \"Name\": \"p\", \"Manager\": \"apt\","
				    "\"File\": \"/p.deb\"}"};
	struct str here = STR_INIT;
	struct hd_op op;

	str_printf(&here, "[ -f %s/there ]||exit 1;printf 'installed 2.0'", b->server.dir);
	stand_in(b, "dpkg-query", str_cstr(&here));
	stand_in(b, "apt-get",
		 "echo 'E: Could not get lock /var/lib/dpkg/lock-frontend'; exit 100");
	assert_int_equal(make(b, provider_ssh()->create, &c, &op), HD_PENDING);
	assert_int_equal(settle(b, &c, &op), HD_CONFLICT);
	assert_string_equal(str_cstr(&op.code), "HD5111 ");
	assert_int_equal(op.effect, HD_EFFECT_NONE);
	str_clear(&here);
	str_printf(&here, "touch %s/there", b->server.dir);
	stand_in(b, "apt-get", str_cstr(&here));
	assert_int_equal(settle(b, &c, &op), HD_OK);
	assert_string_equal(str_cstr(&op.state),
			    "{\"Host\":\"h\",\"InstalledVersion\":\"2.0\",\"Name\":\"p\"}");
	provider_op_release(&op);
	str_release(&here);
}

/* The client is gone after the start: another one with the same key finds the script. */
static void a_second_start_with_the_same_key_attaches(void **state)
{
	struct bed *b = *state;
	struct str desired = STR_INIT, runs = STR_INIT;
	struct call c = {.type = "SSH::Command", .idem = "once"};
	struct hd_op op;

	str_printf(&desired,
		   "{\"Host\": \"h\", \"Create\": \"echo run >>%s/runs; "
		   "while [ ! -f %s/go ]; do sleep 0.1; done; echo A=b >>$HADEPLOY_OUTPUT\"}",
		   b->server.dir, b->server.dir);
	c.desired = str_cstr(&desired);
	assert_int_equal(make(b, provider_ssh()->create, &c, &op), HD_PENDING);
	provider_op_release(&op);
	provider_ssh()->close(b->session);
	open_session(b);
	assert_int_equal(make(b, provider_ssh()->create, &c, &op), HD_PENDING);
	provider_op_release(&op);
	assert_int_equal(make(b, provider_ssh()->find,
			      &(struct call){.type = c.type, .recorded = c.desired, .idem = c.idem},
			      &op),
			 HD_PENDING);
	assert_int_equal(sshd_shell("touch %s/go", b->server.dir), 0);
	assert_int_equal(settle(b, &c, &op), HD_OK);
	assert_string_equal(str_cstr(&op.state), "{\"A\":\"b\",\"Host\":\"h\",\"Output\":\"\"}");
	assert_int_equal(file_read(sshd_path(&b->server, "runs"), 100, &runs), 0);
	assert_string_equal(str_cstr(&runs), "run\n");
	provider_op_release(&op);
	str_release(&desired);
	str_release(&runs);
}

static void an_environment_is_on_no_command_line_and_in_no_file(void **state)
{
	struct bed *b = *state;
	struct str desired = STR_INIT;
	struct call c = {.type = "SSH::Command", .idem = "secret"};
	struct hd_op op;

	str_printf(&desired,
		   "{\"Host\": \"h\", \"Environment\": {\"TOKEN\": \"hunter\\n2-xyzzy\"},"
		   "\"Create\": \"ps -eo args >%s/ps; [ ${#TOKEN} = 14 ]\"}",
		   b->server.dir);
	c.desired = str_cstr(&desired);
	assert_int_equal(make(b, provider_ssh()->create, &c, &op), HD_PENDING);
	assert_int_equal(settle(b, &c, &op), HD_OK);
	assert_int_equal(sshd_shell("grep -q hadeploy %s/ps", b->server.dir), 0);
	assert_int_not_equal(sshd_shell("grep -rq xyzzy %s", b->server.dir), 0);
	assert_null(strstr(str_cstr(&op.token), "xyzzy"));
	provider_op_release(&op);
	str_release(&desired);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_directory_is_not_replaced_by_a_file),
		cmocka_unit_test(a_full_disk_is_named_and_leaves_the_old_file),
		cmocka_unit_test(a_directory_goes_only_when_it_is_ours_and_empty),
		cmocka_unit_test(a_busy_apt_is_waited_for),
		cmocka_unit_test(a_second_start_with_the_same_key_attaches),
		cmocka_unit_test(an_environment_is_on_no_command_line_and_in_no_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
