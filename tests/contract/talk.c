/* talk.c - calls of a provider one by one, for tests that stand behind the servers it calls.
 *
 *	contract --talk PROVIDER
 *
 * Lines of JSON in, one line of JSON out for each.  The first is the session's settings; then
 * {"Lookup": what, "Args": {...}}, {"Act": action, "Type": "", "Id": "", "Args": {...},
 * "Key": "k"} or
 * {"Poll": token, "Type": ""}; "CancelAfter": milliseconds withdraws the call, "Timeout" is its
 * deadline. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/contract/contract.h"

#define DEADLINE_MS 60000

static const char *const effects[] = {"none", "done", "partial", "unknown"};

static json_t *says_of(const struct diags *d)
{
	json_t *all = json_array();

	for (const struct diag *g = d->first; g; g = g->next) {
		json_t *one = json_object();

		json_object_set_new(one, "Code", json_integer((int)g->code));
		json_object_set_new(one, "Summary", json_string(g->summary));
		json_object_set_new(one, "Detail", json_string(g->detail ? g->detail : ""));
		json_object_set_new(one, "Hint", json_string(g->hint ? g->hint : ""));
		json_array_append_new(all, one);
	}
	return all;
}

static void print(const struct outcome *o)
{
	json_t *line = json_object();
	struct str text = STR_INIT;

	json_object_set_new(line, "Status", json_string(status_name((int)o->status)));
	json_object_set_new(line, "Effect", json_string(effects[o->effect]));
	if (o->result)
		json_object_set_new(line, "Result", json_parse(text_of(o->result), NULL, NULL));
	if (o->token)
		json_object_set_new(line, "Token", json_string(o->token));
	json_object_set_new(line, "Wait", json_integer(o->wait_ms));
	json_object_set_new(line, "RetryAfter", json_integer(o->retry_after_ms));
	json_object_set_new(line, "Says", says_of(&o->diags));
	json_canonical(line, &text);
	puts(str_cstr(&text));
	str_release(&text);
	json_decref(line);
}

struct cancel {
	int flag;
	int64_t after_ms;
};

static void *cancel_later(void *context)
{
	struct cancel *c = context;
	struct timespec t = {.tv_sec = c->after_ms / 1000,
			     .tv_nsec = (c->after_ms % 1000) * 1000000};

	nanosleep(&t, NULL);
	__atomic_store_n(&c->flag, 1, __ATOMIC_RELAXED);
	return NULL;
}

static struct call call_of(struct suite *s, const json_t *asked)
{
	struct call c = {
		.kind = CALL_LOOKUP,
		.table = s->table,
		.session = s->session,
		.type = json_str(asked, "Type", ""),
		.id = json_str(asked, "Id", NULL),
		.what = json_str(asked, "Lookup", NULL),
		.args = json_text(s->a, json_object_get(asked, "Args")),
		.idem = json_str(asked, "Key", "key-1"),
		.where = RANGE_NONE,
	};

	c.deadline_ms =
		clock_real()->monotonic_ms(clock_real()) + json_int(asked, "Timeout", DEADLINE_MS);
	if (json_object_get(asked, "Act")) {
		c.kind = CALL_ACT;
		c.what = json_str(asked, "Act", "");
		c.address = json_str(asked, "Address", NULL);
	}
	if (json_object_get(asked, "Poll")) {
		c.kind = CALL_POLL;
		c.token = json_str(asked, "Poll", "");
	}
	return c;
}

static void put(struct suite *s, const json_t *asked)
{
	struct cancel cancel = {0, json_int(asked, "CancelAfter", -1)};
	struct call_context around = {.clock = clock_real(), .cancel = &cancel.flag};
	struct call c = call_of(s, asked);
	struct outcome o;
	pthread_t thread;
	bool cancels =
		cancel.after_ms >= 0 && pthread_create(&thread, NULL, cancel_later, &cancel) == 0;

	call_run(&c, &around, &o);
	if (cancels)
		pthread_join(thread, NULL);
	print(&o);
	outcome_release(&o);
}

static json_t *next_line(char **line, size_t *room)
{
	ssize_t len = getline(line, room, stdin);

	return len > 0 ? json_parse(text_trim((struct text){*line, (size_t)len}), NULL, NULL)
		       : NULL;
}

int talk(struct suite *s)
{
	char *line = NULL;
	size_t room = 0;
	json_t *json = next_line(&line, &room);

	s->config = json ? json_text(s->a, json) : "{}";
	json_decref(json);
	s->session = suite_session(s);
	while (s->session && (json = next_line(&line, &room))) {
		put(s, json);
		json_decref(json);
	}
	if (s->session)
		s->table->close(s->session);
	free(line);
	return s->session ? 0 : 1;
}
