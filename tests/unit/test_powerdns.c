/* test_powerdns.c - actions of PowerDNS's types on a real server. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "providers/kit/span.h"
#include "providers/powerdns/powerdns_provider.h"
#include "tests/unit/provider_fixture.h"

#define PYTHON "/usr/bin/python3"
#define START "import sys; sys.path.insert(0, 'tests'); from lab.pdns import main; main()"
#define CALL_MS 30000

struct server {
	pid_t pid;
	int input;
	char endpoint[64];
	struct hd_session *session;
	struct hd_op op;
};

static void run(int pipes[2][2])
{
	const char *args[] = {PYTHON, "-B", "-c", START, "shop.example.", NULL};

	dup2(pipes[0][0], STDIN_FILENO);
	dup2(pipes[1][1], STDOUT_FILENO);
	execv(PYTHON, (char *const *)args);
	_exit(127);
}

static void read_line(int fd, char *line, size_t size)
{
	size_t len = 0;

	while (len < size - 1 && read(fd, line + len, 1) == 1 && line[len] != '\n')
		len++;
	line[len] = '\0';
}

static int stop(void **state)
{
	struct server *s = *state;

	if (s->session)
		hadeploy_provider_powerdns.close(s->session);
	provider_op_release(&s->op);
	if (s->pid > 0) {
		close(s->input);
		waitpid(s->pid, NULL, 0);
	}
	return 0;
}

static int start(void **state)
{
	static struct server s;
	char config[400];
	int pipes[2][2];

	s = (struct server){.op = {.effect = -1}};
	*state = &s;
	if (access("/usr/sbin/pdns_server", X_OK) != 0)
		return 0;
	/* Nobody else may hold the ends, or it would not see that they are closed. */
	assert_int_equal(pipe2(pipes[0], O_CLOEXEC) | pipe2(pipes[1], O_CLOEXEC), 0);
	s.pid = fork();
	assert_true(s.pid >= 0);
	if (s.pid == 0)
		run(pipes);
	close(pipes[0][0]);
	close(pipes[1][1]);
	s.input = pipes[0][1];
	read_line(pipes[1][0], s.endpoint, sizeof(s.endpoint));
	close(pipes[1][0]);
	snprintf(config, sizeof(config),
		 "{\"Project\": \"shop\", \"ProjectDir\": \"/\", \"Region\": \"world\", "
		 "\"Account\": "
		 "\"-\", \"Endpoint\": \"%s\", \"Auth\": {\"Scheme\": \"header\", \"Name\": "
		 "\"X-API-Key\", \"Value\": \"lab-api-key-4711\"}}",
		 s.endpoint);
	return hadeploy_provider_powerdns.open(provider_engine(), &s.op, span_of(config),
					       &s.session);
}

static struct hd_resource resource(struct server *s, const char *type, const char *id)
{
	provider_op_release(&s->op);
	s->op.effect = -1;
	return (struct hd_resource){
		.size = sizeof(struct hd_resource),
		.address = span_of("dns/-/world/Www"),
		.type = span_of(type),
		.id = span_of(id),
		.recorded = span_of("{\"Zone\": \"shop.example\", \"Name\": \"www.shop.example\", "
				    "\"Type\": \"A\", \"TTL\": 60, \"Records\": [\"192.0.2.1\"]}"),
		.idem = span_of("key-1"),
		.deadline_ms = clock_real()->monotonic_ms(clock_real()) + CALL_MS,
	};
}

#define RRSET "PowerDNS::RRset"
#define WWW "shop.example./www.shop.example./A"

static void set_records(struct server *s, const char *args, const char *result)
{
	struct hd_resource r = resource(s, RRSET, WWW);

	assert_int_equal(hadeploy_provider_powerdns.act(s->session, &s->op, &r,
							span_of("set-records"), span_of(args)),
			 HD_OK);
	assert_string_equal(str_cstr(&s->op.result), result);
}

static void expect_shown(struct server *s, const char *part)
{
	struct hd_resource r = resource(s, RRSET, WWW);

	assert_int_equal(hadeploy_provider_powerdns.read(s->session, &s->op, &r), HD_OK);
	assert_non_null(strstr(str_cstr(&s->op.state), part));
}

static void records_are_switched_once(void **state)
{
	struct server *s = *state;
	struct hd_resource r = resource(s, RRSET, "");

	if (!s->session)
		skip();
	r.desired = r.recorded;
	assert_int_equal(hadeploy_provider_powerdns.create(s->session, &s->op, &r), HD_OK);
	set_records(s, "{\"Records\": [\"198.51.100.1\"]}",
		    "{\"Changed\":true,\"Records\":[\"198.51.100.1\"]}");
	expect_shown(s, "\"Records\":[\"198.51.100.1\"],\"TTL\":60");
	set_records(s, "{\"Records\": [\"198.51.100.1\"]}",
		    "{\"Changed\":false,\"Records\":[\"198.51.100.1\"]}");
	set_records(s, "{\"Records\": [\"198.51.100.1\"], \"TTL\": 30}",
		    "{\"Changed\":true,\"Records\":[\"198.51.100.1\"]}");
	expect_shown(s, "\"TTL\":30");
}

static void records_must_be_said(void **state)
{
	struct server *s = *state;
	struct hd_resource r = resource(s, RRSET, WWW);

	if (!s->session)
		skip();
	assert_int_equal(hadeploy_provider_powerdns.act(s->session, &s->op, &r,
							span_of("set-records"), span_of("{}")),
			 HD_FATAL);
	assert_non_null(strstr(str_cstr(&s->op.detail), "set-records needs Records"));
}

static void secondaries_are_notified(void **state)
{
	struct server *s = *state;
	struct hd_resource r = resource(s, "PowerDNS::Zone", "shop.example.");

	if (!s->session)
		skip();
	assert_int_equal(hadeploy_provider_powerdns.act(s->session, &s->op, &r, span_of("notify"),
							span_of("{}")),
			 HD_OK);
	assert_string_equal(str_cstr(&s->op.result), "{\"Notified\":\"shop.example.\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_switched_once),
		cmocka_unit_test(records_must_be_said),
		cmocka_unit_test(secondaries_are_notified),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
