/*
 * test_ssh_link.c - the SSH client against a real sshd on loopback, run by the calling
 * user; skipped where there is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "providers/kit/ssh.h"
#include "tests/unit/sshd_fixture.h"

#define THREADS 6
#define REQUESTS 20

static int64_t now_ms(struct hd_op *op)
{
	(void)op;
	return clock_real()->monotonic_ms(clock_real());
}

struct hd_op {
	int cancelled;
};

static int cancelled(struct hd_op *op)
{
	return op->cancelled;
}

static const struct hd_host engine = {
	.abi = HD_ABI, .size = sizeof(struct hd_host), .now_ms = now_ms, .cancelled = cancelled};

static struct ssh_target target_of(struct sshd_fixture *s)
{
	if (s->pid <= 0)
		skip();
	return (struct ssh_target){.address = SSHD_ADDRESS,
				   .port = s->port,
				   .user = s->user,
				   .identity_file = sshd_path(s, "key"),
				   .known_hosts = sshd_path(s, "known"),
				   .connect_timeout_ms = 20000};
}

static struct ssh_link *link_to(struct sshd_fixture *s)
{
	struct ssh_target t = target_of(s);

	return ssh_link_new(&t);
}

static void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* As the engine would: what passes is tried again, for instance while sshd starts. */
static int run(struct ssh_link *l, struct ssh_request *rq, struct ssh_reply *reply, struct fault *f)
{
	struct hd_op op = {0};
	struct kit_call call = {&engine, &op, now_ms(&op) + 60000};
	int answer;

	rq->call = &call;
	while ((answer = ssh_run(l, rq, reply, f)) < 0 && f->code == DIAG_SSH_REFUSED &&
	       now_ms(&op) < call.deadline_ms)
		pause_ms(20);
	rq->call = NULL;
	return answer;
}

/* True when the script answers just that. */
static bool answers(struct ssh_link *l, enum ssh_kind kind, const char *script,
		    const char *expected)
{
	struct ssh_request rq = {.kind = kind, .script = text_of(script)};
	struct fault f = FAULT_INIT;
	struct ssh_reply reply;
	bool same;

	if (run(l, &rq, &reply, &f) < 0) {
		print_error("%s %s\n", str_cstr(&f.summary), str_cstr(&f.detail));
		fault_release(&f);
		return false;
	}
	same = strcmp(str_cstr(&reply.output), expected) == 0;
	if (!same)
		print_error("'%s' answers '%s'\n", script, str_cstr(&reply.output));
	str_release(&reply.output);
	return same;
}

static void says(struct ssh_link *l, enum ssh_kind kind, const char *script, const char *expected)
{
	assert_true(answers(l, kind, script, expected));
}

static void scripts_answer_with_output_and_code(void **state)
{
	struct ssh_link *l = link_to(*state);
	struct ssh_request rq = {.script = TEXT_LIT("echo out;echo err >&2;exit 7")};
	struct fault f = FAULT_INIT;
	struct ssh_reply reply;

	assert_int_equal(run(l, &rq, &reply, &f), 0);
	assert_string_equal(str_cstr(&reply.output), "out\nerr\n");
	assert_int_equal(reply.code, 7);
	str_release(&reply.output);
	says(l, SSH_READS, "cat", "");
	says(l, SSH_READS, "printf x", "x");
	ssh_link_free(l);
}

static void one_script_leaves_nothing_to_the_next(void **state)
{
	struct ssh_link *l = link_to(*state);

	says(l, SSH_CHANGES, "x=1;cd /;umask 0;set -f;echo $x", "1\n");
	says(l, SSH_CHANGES, "echo \"$x$hadeploy_n\";umask", "\n0022\n");
	ssh_link_free(l);
}

static void a_body_arrives_byte_for_byte(void **state)
{
	struct ssh_link *l = link_to(*state);
	size_t len = 3000000;
	char *bytes = xcalloc(len, 1);
	struct ssh_request rq = {.kind = SSH_CHANGES,
				 .script = TEXT_LIT("head -c 3000000 <&3|cksum")};
	struct fault f = FAULT_INIT;
	struct ssh_reply reply;
	char expected[64] = "";
	FILE *p;

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 2654435761u >> 13);
	assert_int_equal(file_write_atomic(sshd_path(*state, "bytes"), (struct text){bytes, len}),
			 0);
	rq.body = (struct text){bytes, len};
	assert_int_equal(run(l, &rq, &reply, &f), 0);
	sshd_shell("cksum <%s >%s", sshd_path(*state, "bytes"), sshd_path(*state, "sum"));
	p = fopen(sshd_path(*state, "sum"), "r");
	assert_non_null(fgets(expected, sizeof(expected), p));
	fclose(p);
	assert_string_equal(str_cstr(&reply.output), expected);
	str_release(&reply.output);
	free(bytes);
	ssh_link_free(l);
}

/* What a failed script leaves of its body must never be taken for a request. */
static void an_unread_body_is_never_run(void **state)
{
	struct sshd_fixture *s = *state;
	struct ssh_link *l = link_to(s);
	struct str body = STR_INIT;
	struct ssh_request rq = {.kind = SSH_CHANGES, .script = TEXT_LIT("exit 1")};
	struct fault f = FAULT_INIT;
	struct ssh_reply reply;

	for (int i = 0; i < 100; i++)
		str_printf(&body, "touch %s\nx touch %s\n", sshd_path(s, "run"),
			   sshd_path(s, "run"));
	rq.body = str_text(&body);
	assert_int_equal(run(l, &rq, &reply, &f), 0);
	assert_int_equal(reply.code, 1);
	str_release(&reply.output);
	/* A script that says all is well without having read it is not believed either. */
	rq.script = TEXT_LIT("exit 0");
	assert_int_equal(run(l, &rq, &reply, &f), 0);
	str_release(&reply.output);
	rq = (struct ssh_request){.kind = SSH_READS, .script = TEXT_LIT("echo alive")};
	if (run(l, &rq, &reply, &f) < 0)
		assert_int_equal(f.code, DIAG_SSH_SHELL_ENDED);
	str_release(&reply.output);
	fault_release(&f);
	says(l, SSH_READS, "echo alive", "alive\n");
	assert_false(file_exists(sshd_path(s, "run")));
	str_release(&body);
	ssh_link_free(l);
}

static void a_kept_connection_that_died_is_made_anew(void **state)
{
	struct sshd_fixture *s = *state;
	struct ssh_link *l = link_to(s);

	says(l, SSH_READS, "echo one", "one\n");
	/* The children of sshd are its connections. */
	assert_int_equal(sshd_shell("pkill -KILL -P %d", (int)s->pid), 0);
	says(l, SSH_READS, "echo two", "two\n");
	ssh_link_free(l);
}

static void a_lost_change_is_not_repeated(void **state)
{
	struct sshd_fixture *s = *state;
	struct ssh_link *l = link_to(s);
	struct str script = STR_INIT;
	struct ssh_request rq = {.kind = SSH_CHANGES};
	struct fault f = FAULT_INIT;
	struct ssh_reply reply;

	says(l, SSH_READS, "echo one", "one\n");
	str_printf(&script, "echo x >>%s;pkill -KILL -P %d;sleep 5", sshd_path(s, "runs"),
		   (int)s->pid);
	rq.script = str_text(&script);
	assert_int_equal(run(l, &rq, &reply, &f), -1);
	assert_int_equal(f.code, DIAG_SSH_LOST);
	assert_int_equal(f.status, HD_RETRY);
	assert_int_equal(f.effect, HD_EFFECT_UNKNOWN);
	fault_release(&f);
	str_clear(&script);
	str_printf(&script, "cat %s", sshd_path(s, "runs"));
	says(l, SSH_READS, str_cstr(&script), "x\n");
	str_release(&script);
	ssh_link_free(l);
}

/* Runs on a link of its own; releases it.  The request must fail with this code. */
static void fails(const struct ssh_target *t, struct ssh_request *rq, enum diag_code code)
{
	struct ssh_link *l = ssh_link_new(t);
	struct fault f = FAULT_INIT;
	struct ssh_reply reply;

	assert_int_equal(run(l, rq, &reply, &f), -1);
	assert_int_equal(f.code, code);
	assert_true(f.summary.len > 0);
	assert_int_equal(f.effect, HD_EFFECT_NONE);
	fault_release(&f);
	ssh_link_free(l);
}

static void an_address_without_a_way_to_it(void **state)
{
	struct ssh_target t = target_of(*state);
	struct ssh_request rq = {.script = TEXT_LIT("true")};

	t.address = "255.255.255.255";
	fails(&t, &rq, DIAG_SSH_UNROUTABLE); /* HD5004 */
}

static void known_hosts_that_cannot_be_read(void **state)
{
	struct ssh_target t = target_of(*state);
	struct ssh_request rq = {.script = TEXT_LIT("true")};

	t.known_hosts = "/";
	fails(&t, &rq, DIAG_SSH_HOST_KEY_FILE); /* HD5008 */
}

static void sudo_that_does_not_let_us(void **state)
{
	struct ssh_target t = target_of(*state);
	struct ssh_request rq = {.kind = SSH_CHANGES, .script = TEXT_LIT("true")};

	t.become = "nobody-of-this-name";
	fails(&t, &rq, DIAG_SSH_BECOME); /* HD5016 */
}

static void an_answer_that_is_too_long(void **state)
{
	struct ssh_target t = target_of(*state);
	struct ssh_request rq = {.script = TEXT_LIT("head -c 200000 /dev/zero"),
				 .max_output = 1000};

	fails(&t, &rq, DIAG_SSH_OUTPUT); /* HD5022 */
}

static void a_host_that_opens_no_session(void **state)
{
	struct ssh_target t = target_of(*state);
	struct ssh_request rq = {.script = TEXT_LIT("true")};
	struct sshd_fixture other;

	sshd_start_with(&other, "MaxSessions 0\n");
	t.port = other.port;
	t.known_hosts = sshd_path(&other, "known");
	t.identity_file = sshd_path(&other, "key");
	fails(&t, &rq, DIAG_SSH_CHANNEL); /* HD5015 */
	sshd_end(&other);
}

/* Answers one connection like a web server. */
static void *answer_wrongly(void *context)
{
	static const char said[] = "HTTP/1.0 400 Bad Request\r\n\r\n";
	int fd = accept(*(int *)context, NULL, NULL);

	if (fd >= 0 && write(fd, said, sizeof(said) - 1) > 0)
		close(fd);
	return NULL;
}

static void a_port_where_no_ssh_is(void **state)
{
	struct ssh_target t = target_of(*state);
	struct ssh_request rq = {.script = TEXT_LIT("true")};
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	pthread_t thread;

	inet_pton(AF_INET, SSHD_ADDRESS, &at.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	assert_int_equal(pthread_create(&thread, NULL, answer_wrongly, &fd), 0);
	t.port = ntohs(at.sin_port);
	fails(&t, &rq, DIAG_SSH_HANDSHAKE); /* HD5005 */
	pthread_join(thread, NULL);
	close(fd);
}

static int ask_until(struct ssh_link *l, struct hd_op *op, int64_t deadline_ms, struct fault *f)
{
	struct kit_call call = {&engine, op, deadline_ms};
	struct ssh_request rq = {.call = &call, .script = TEXT_LIT("sleep 5")};
	struct ssh_reply reply;

	return ssh_run(l, &rq, &reply, f);
}

static void a_wait_ends_at_the_deadline_and_when_cancelled(void **state)
{
	struct ssh_link *l = link_to(*state);
	struct hd_op op = {0};
	struct fault f = FAULT_INIT;

	says(l, SSH_READS, "echo up", "up\n");
	assert_int_equal(ask_until(l, &op, now_ms(&op) + 300, &f), -1);
	assert_int_equal(f.code, DIAG_SSH_DEADLINE); /* HD5014 */
	assert_int_equal(f.status, HD_RETRY);
	op.cancelled = 1;
	assert_int_equal(ask_until(l, &op, now_ms(&op) + 60000, &f), -1);
	assert_int_equal(f.code, DIAG_SSH_CANCELLED); /* HD5020 */
	assert_int_equal(f.status, HD_CANCELLED);
	fault_release(&f);
	says(l, SSH_READS, "echo up", "up\n");
	ssh_link_free(l);
}

struct worker {
	struct ssh_link *link;
	pthread_t thread;
	int number;
	int right_count;
};

static void *work(void *context)
{
	struct worker *w = context;

	for (int i = 0; i < REQUESTS; i++) {
		char script[64], expected[64];

		snprintf(script, sizeof(script), "echo %d %d", w->number, i);
		snprintf(expected, sizeof(expected), "%d %d\n", w->number, i);
		w->right_count +=
			answers(w->link, i % 2 ? SSH_READS : SSH_CHANGES, script, expected);
	}
	return NULL;
}

static void many_threads_share_one_link(void **state)
{
	struct ssh_link *l = link_to(*state);
	struct worker workers[THREADS];

	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.link = l, .number = i};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(workers[i].right_count, REQUESTS);
	ssh_link_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_answer_with_output_and_code),
		cmocka_unit_test(one_script_leaves_nothing_to_the_next),
		cmocka_unit_test(a_body_arrives_byte_for_byte),
		cmocka_unit_test(an_unread_body_is_never_run),
		cmocka_unit_test(a_kept_connection_that_died_is_made_anew),
		cmocka_unit_test(a_lost_change_is_not_repeated),
		cmocka_unit_test(many_threads_share_one_link),
		cmocka_unit_test(an_address_without_a_way_to_it),
		cmocka_unit_test(known_hosts_that_cannot_be_read),
		cmocka_unit_test(sudo_that_does_not_let_us),
		cmocka_unit_test(an_answer_that_is_too_long),
		cmocka_unit_test(a_host_that_opens_no_session),
		cmocka_unit_test(a_port_where_no_ssh_is),
		cmocka_unit_test(a_wait_ends_at_the_deadline_and_when_cancelled),
	};

	return cmocka_run_group_tests(tests, sshd_start, sshd_stop);
}
