/* rest_fixture.c - see rest_fixture.h. */
#include "tests/unit/rest_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "providers/kit/span.h"

static void write_definition(struct rest_lab *lab, const char *definition)
{
	FILE *file;

	snprintf(lab->folder, sizeof(lab->folder), "/tmp/hadeploy-rest-XXXXXX");
	assert_non_null(mkdtemp(lab->folder));
	snprintf(lab->file, sizeof(lab->file), "%s/thing.yaml", lab->folder);
	file = fopen(lab->file, "w");
	assert_non_null(file);
	fputs(definition, file);
	fclose(file);
}

static int open_with(struct rest_lab *lab, const char *more)
{
	char config[1024];

	snprintf(config, sizeof(config),
		 "{\"Project\": \"shop\", \"ProjectDir\": \"/tmp\", \"Region\": \"east\", "
		 "\"Account\": \"-\", \"Hosts\": {}, \"Definitions\": \"%s\", "
		 "\"Auth\": {\"Scheme\": \"bearer\", \"Token\": \"the-token\"}%s%s}",
		 lab->folder, *more ? ", " : "", more);
	if (lab->session)
		hadeploy_provider_rest.close(lab->session);
	lab->session = NULL;
	return hadeploy_provider_rest.open(provider_engine(), &lab->op, span_of(config),
					   &lab->session);
}

int rest_lab_try(struct rest_lab *lab, const char *settings)
{
	provider_op_release(&lab->op);
	lab->op = (struct hd_op){.effect = -1};
	return open_with(lab, settings);
}

void rest_lab_reopen(struct rest_lab *lab, const char *endpoint)
{
	char own[64], more[256];

	snprintf(own, sizeof(own), "\"http://127.0.0.1:%d/{$region}\"",
		 reply_fixture_port(lab->server));
	snprintf(more, sizeof(more), "\"Endpoint\": %s", endpoint ? endpoint : own);
	if (open_with(lab, more) != HD_OK)
		fail_msg("open(): %s %s %s", str_cstr(&lab->op.place), str_cstr(&lab->op.summary),
			 str_cstr(&lab->op.detail));
}

struct rest_lab *rest_lab_start(const char *definition)
{
	struct rest_lab *lab = xcalloc(1, sizeof(*lab));

	lab->server = reply_fixture_start();
	lab->time_ms = 20000;
	write_definition(lab, definition);
	rest_lab_reopen(lab, NULL);
	return lab;
}

int rest_lab_stop(void **state)
{
	struct rest_lab *lab = *state;

	if (lab->session)
		hadeploy_provider_rest.close(lab->session);
	reply_fixture_stop(lab->server);
	unlink(lab->file);
	rmdir(lab->folder);
	provider_op_release(&lab->op);
	free(lab);
	return 0;
}

/* --- one call ------------------------------------------------------------------------------ */

static struct hd_resource resource(struct rest_lab *lab, enum ask call, const char *id)
{
	struct hd_resource r = {.size = sizeof(r)};

	r.address = span_of("web/-/east/Net.Thing");
	r.type = span_of(lab->type ? lab->type : "Lab::Thing");
	r.id = span_of(id);
	r.idem = span_of(call == ASK_FIND_NAME ? "" : "key-1");
	r.sensitive = span_of("[\"/Secret\"]");
	if (call == ASK_CREATE || call == ASK_UPDATE)
		r.desired = span_of(
			lab->desired ? lab->desired
				     : "{\"Name\":\"one\",\"Size\":5,\"Secret\":\"hidden\"}");
	if (call != ASK_CREATE)
		r.recorded = span_of("{\"Name\":\"one\",\"Size\":5}");
	if (call == ASK_UPDATE)
		r.changed = span_of("[\"/Size\"]");
	r.deadline_ms = provider_engine()->now_ms(&lab->op) + lab->time_ms;
	return r;
}

static int act(struct rest_lab *lab, const struct hd_resource *r)
{
	return hadeploy_provider_rest.act(lab->session, &lab->op, r,
					  span_of(lab->action ? lab->action : "ring"),
					  span_of("{\"Times\": [1, 2]}"));
}

int rest_lab_poll(struct rest_lab *lab, const char *id, const char *token)
{
	struct hd_resource r = resource(lab, ASK_POLL, id);
	char *kept = xstrdup(token);
	int status;

	provider_op_release(&lab->op);
	lab->op = (struct hd_op){.effect = -1, .cancelled = lab->cancelled};
	status = hadeploy_provider_rest.poll(lab->session, &lab->op, &r, span_of(kept));
	free(kept);
	return status;
}

int rest_lab_ask(struct rest_lab *lab, enum ask call, const char *id)
{
	const struct hd_provider *p = &hadeploy_provider_rest;
	hd_call_fn *const functions[] = {
		[ASK_CREATE] = p->create, [ASK_READ] = p->read, [ASK_UPDATE] = p->update,
		[ASK_REMOVE] = p->remove, [ASK_FIND] = p->find, [ASK_FIND_NAME] = p->find,
	};
	struct hd_resource r = resource(lab, call, id);

	if (call == ASK_POLL)
		return rest_lab_poll(lab, id, str_cstr(&lab->op.token));
	provider_op_release(&lab->op);
	lab->op = (struct hd_op){.effect = -1, .cancelled = lab->cancelled};
	if (call == ASK_LIST)
		return p->list(lab->session, &lab->op, r.type, span_of(""));
	if (call == ASK_ACT)
		return act(lab, &r);
	return functions[call](lab->session, &lab->op, &r);
}

void rest_lab_told(struct rest_lab *lab, int status, const char *body)
{
	reply_fixture_reply(lab->server,
			    &(struct fixture_reply){REPLY_FIXTURE_ANSWER, status, body, NULL});
}

void rest_lab_lost(struct rest_lab *lab)
{
	reply_fixture_reply(lab->server, &(struct fixture_reply){.deed = REPLY_FIXTURE_LOSE});
}

void rest_lab_expect_log(struct rest_lab *lab, const char *want)
{
	char *log = reply_fixture_log(lab->server);

	assert_string_equal(log, want);
	assert_int_equal(reply_fixture_left(lab->server), 0);
	free(log);
}

void rest_lab_expect_fault(struct rest_lab *lab, int effect, const char *code)
{
	const struct str *all[] = {&lab->op.summary, &lab->op.detail, &lab->op.hint};

	assert_string_equal(str_cstr(&lab->op.code), code);
	assert_int_equal(lab->op.effect, effect);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		assert_null(strstr(str_cstr(all[i]), "the-token"));
		assert_null(strstr(str_cstr(all[i]), "hidden"));
	}
}
