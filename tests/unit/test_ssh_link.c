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
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "providers/kit/ssh.h"

#define ADDRESS "127.30.7.1"
#define THREADS 6
#define REQUESTS 20

struct server {
	char dir[64];
	int port;
	pid_t pid;
	char user[64];
};

static int64_t now_ms(struct hd_op *op)
{
	(void)op;
	return clock_real()->monotonic_ms(clock_real());
}

static int not_cancelled(struct hd_op *op)
{
	(void)op;
	return 0;
}

static const struct hd_host engine = {.abi = HD_ABI,
				      .size = sizeof(struct hd_host),
				      .now_ms = now_ms,
				      .cancelled = not_cancelled};

static const char *in_dir(const struct server *s, const char *name)
{
	static _Thread_local char path[2][128];
	static _Thread_local int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", s->dir, name);
	return path[turn];
}

static int shell(const char *fmt, ...) PRINTF_LIKE(1, 2);

static int shell(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

static int free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, ADDRESS, &at.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static void write_files(const struct server *s)
{
	struct str config = STR_INIT;

	assert_int_equal(shell("cd %s && ssh-keygen -q -t ed25519 -N '' -f host && "
			       "ssh-keygen -q -t ed25519 -N '' -f key && cp key.pub allowed && "
			       "echo \"[%s]:%d $(cut -d' ' -f1,2 host.pub)\" >known",
			       s->dir, ADDRESS, s->port),
			 0);
	str_printf(&config,
		   "ListenAddress %s:%d\nHostKey %s/host\nAuthorizedKeysFile %s/allowed\n"
		   "PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n",
		   ADDRESS, s->port, s->dir, s->dir);
	assert_int_equal(file_write_atomic(in_dir(s, "config"), str_text(&config)), 0);
	str_release(&config);
}

static void start_server(struct server *s)
{
	s->pid = fork();
	if (s->pid == 0) {
		freopen("/dev/null", "w", stderr);
		execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-e", "-f", in_dir(s, "config"),
		      (char *)NULL);
		_exit(127);
	}
}

static void stop_server(struct server *s)
{
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
}

static int set_up(void **state)
{
	struct server *s = xcalloc(1, sizeof(*s));
	struct passwd *own = getpwuid(geteuid());

	*state = s;
	if (access("/usr/sbin/sshd", X_OK) != 0 || !own)
		return 0;
	if (geteuid() == 0)
		mkdir("/run/sshd", 0755);
	snprintf(s->user, sizeof(s->user), "%s", own->pw_name);
	snprintf(s->dir, sizeof(s->dir), "/tmp/hadeploy-link.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->port = free_port();
	write_files(s);
	start_server(s);
	return 0;
}

static int tear_down(void **state)
{
	struct server *s = *state;

	if (s->pid > 0) {
		stop_server(s);
		shell("rm -rf %s", s->dir);
	}
	free(s);
	return 0;
}

static struct ssh_link *link_to(struct server *s)
{
	struct ssh_target t = {.address = ADDRESS,
			       .port = s->port,
			       .user = s->user,
			       .identity_file = in_dir(s, "key"),
			       .known_hosts = in_dir(s, "known"),
			       .connect_timeout_ms = 20000};

	if (s->pid <= 0)
		skip();
	return ssh_link_new(&t);
}

static void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* As the engine would: what passes is tried again, for instance while sshd starts. */
static int run(struct ssh_link *l, struct ssh_request *rq, struct ssh_reply *reply, struct fault *f)
{
	struct kit_call call = {&engine, NULL, now_ms(NULL) + 60000};
	int answer;

	rq->call = &call;
	while ((answer = ssh_run(l, rq, reply, f)) < 0 && f->code == DIAG_SSH_REFUSED &&
	       now_ms(NULL) < call.deadline_ms)
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
	assert_int_equal(file_write_atomic(in_dir(*state, "bytes"), (struct text){bytes, len}), 0);
	rq.body = (struct text){bytes, len};
	assert_int_equal(run(l, &rq, &reply, &f), 0);
	shell("cksum <%s >%s", in_dir(*state, "bytes"), in_dir(*state, "sum"));
	p = fopen(in_dir(*state, "sum"), "r");
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
	struct server *s = *state;
	struct ssh_link *l = link_to(s);
	struct str body = STR_INIT;
	struct ssh_request rq = {.kind = SSH_CHANGES, .script = TEXT_LIT("exit 1")};
	struct fault f = FAULT_INIT;
	struct ssh_reply reply;

	for (int i = 0; i < 100; i++)
		str_printf(&body, "touch %s\nx touch %s\n", in_dir(s, "run"), in_dir(s, "run"));
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
	assert_false(file_exists(in_dir(s, "run")));
	str_release(&body);
	ssh_link_free(l);
}

static void a_kept_connection_that_died_is_made_anew(void **state)
{
	struct server *s = *state;
	struct ssh_link *l = link_to(s);

	says(l, SSH_READS, "echo one", "one\n");
	/* The children of sshd are its connections. */
	assert_int_equal(shell("pkill -KILL -P %d", (int)s->pid), 0);
	says(l, SSH_CHANGES, "echo two", "two\n");
	ssh_link_free(l);
}

static void a_lost_change_is_not_repeated(void **state)
{
	struct server *s = *state;
	struct ssh_link *l = link_to(s);
	struct str script = STR_INIT;
	struct ssh_request rq = {.kind = SSH_CHANGES};
	struct fault f = FAULT_INIT;
	struct ssh_reply reply;

	says(l, SSH_READS, "echo one", "one\n");
	str_printf(&script, "echo x >>%s;pkill -KILL -P %d;sleep 5", in_dir(s, "runs"),
		   (int)s->pid);
	rq.script = str_text(&script);
	assert_int_equal(run(l, &rq, &reply, &f), -1);
	assert_int_equal(f.code, DIAG_SSH_LOST);
	assert_int_equal(f.status, HD_RETRY);
	assert_int_equal(f.effect, HD_EFFECT_UNKNOWN);
	fault_release(&f);
	str_clear(&script);
	str_printf(&script, "cat %s", in_dir(s, "runs"));
	says(l, SSH_READS, str_cstr(&script), "x\n");
	str_release(&script);
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
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
