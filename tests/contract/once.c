/*
 * once.c - one question to a provider, for tests in Python: `contract --once PROVIDER|PLUGIN.so`
 * reads {"Config", "Args", and "Lookup": what, or "Action" with "Type" and "Key"}, and answers
 * {"Status": "HD_OK", "Result", "Said": [{"Code", "Summary", "Detail", "Hint"}]}.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/contract/contract.h"

#define CALL_MS 60000
#define WAIT_MAX_MS 1000
#define INPUT_LEN ((size_t)1 << 20)

static struct call call_of(const struct suite *s, const json_t *q, struct arena *a)
{
	struct clock *c = clock_real();
	struct call call = {
		.kind = CALL_LOOKUP,
		.table = s->table,
		.session = s->session,
		.type = json_str(q, "Type", ""),
		.what = json_str(q, "Lookup", NULL),
		.args = json_text(a, json_object_get(q, "Args")),
		.idem = json_str(q, "Key", s->run),
		.where = RANGE_NONE,
		.deadline_ms = c->monotonic_ms(c) + CALL_MS,
	};

	if (call.what)
		return call;
	call.kind = CALL_ACT;
	call.what = json_str(q, "Action", "");
	return call;
}

static void rest(int64_t ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

static void ask(struct call *c, struct arena *a, struct outcome *out)
{
	struct call_context around = {.clock = clock_real()};

	call_run(c, &around, out);
	while (out->status == HD_PENDING) {
		rest(out->wait_ms > WAIT_MAX_MS ? WAIT_MAX_MS : out->wait_ms);
		c->kind = CALL_POLL;
		c->token = arena_strdup(a, out->token);
		outcome_release(out);
		call_run(c, &around, out);
	}
}

static json_t *said(const struct diags *d)
{
	json_t *all = json_array();

	for (const struct diag *g = d->first; g; g = g->next) {
		json_t *one = json_object();

		json_object_set_new(one, "Code", json_sprintf("HD%u", (unsigned)g->code));
		json_object_set_new(one, "Summary", json_string(g->summary));
		json_object_set_new(one, "Detail", json_string(g->detail ? g->detail : ""));
		json_object_set_new(one, "Hint", json_string(g->hint ? g->hint : ""));
		json_array_append_new(all, one);
	}
	return all;
}

static void show(const struct outcome *o, struct arena *a)
{
	json_t *answer = json_object();

	json_object_set_new(answer, "Status", json_string(status_name((int)o->status)));
	json_object_set_new(answer, "Said", said(&o->diags));
	if (o->result)
		json_object_set_new(answer, "Result", json_parse(text_of(o->result), NULL, NULL));
	puts(json_text(a, answer));
	json_decref(answer);
}

int suite_once(struct suite *s)
{
	char *input = calloc(1, INPUT_LEN + 1);
	size_t len = fread(input, 1, INPUT_LEN, stdin);
	json_t *q = json_parse((struct text){input, len}, NULL, NULL);
	struct outcome out;
	int code = 1;

	s->config = json_text(s->a, json_object_get(q, "Config"));
	s->session = q ? suite_session(s) : NULL;
	if (s->session) {
		struct call c = call_of(s, q, s->a);

		ask(&c, s->a, &out);
		show(&out, s->a);
		outcome_release(&out);
		s->table->close(s->session);
		code = 0;
	}
	json_decref(q);
	free(input);
	return code;
}
