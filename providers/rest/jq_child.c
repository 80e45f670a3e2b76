/*
 * jq_child.c - the process that runs jq programs, and the only file that knows libjq.
 *
 * Whatever a program makes libjq do, there is nothing here to be had: no environment, no file and
 * none to open, no core.  A program that never ends is killed by the parent; should that have gone
 * in the meantime, by an alarm.
 */
#include "providers/rest/jq_child.h"

#include <errno.h>
#include <jq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define FIRST_ROOM ((size_t)64 << 10)
#define ROOM_KEPT ((size_t)1 << 20)
#define ALARM_S (unsigned)((JQ_COMPILE_MS + JQ_RUN_MS) / 1000 + 1)

const char jq_child_name[] = "hadeploy-jq";

struct child {
	jq_state *programs[JQ_CHILD_SLOTS];
	char *buffer; /* of what came in; grows */
	size_t room;
};

/* At least so many bytes, at most `room`; the end of the stream is the end of this process. */
static size_t take(char *out, size_t least, size_t room)
{
	size_t len = 0;

	while (len < least) {
		ssize_t n = read(JQ_CHILD_SOCKET, out + len, room - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0);
		len += (size_t)n;
	}
	return len;
}

static void give(const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(JQ_CHILD_SOCKET, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0);
		bytes += n;
		len -= (size_t)n;
	}
}

static void end_for_memory(void *context)
{
	(void)context;
	_exit(JQ_EXIT_MEMORY);
}

/* Room for `len` bytes; keeps what is there. */
static void reserve(struct child *c, size_t len)
{
	char *bigger;

	if (len <= c->room)
		return;
	bigger = realloc(c->buffer, len);
	if (!bigger)
		_exit(JQ_EXIT_MEMORY);
	c->buffer = bigger;
	c->room = len;
}

/* What one large value needed is not kept for all the small ones. */
static void forget(struct child *c)
{
	if (c->room <= ROOM_KEPT)
		return;
	free(c->buffer);
	c->buffer = NULL;
	c->room = 0;
}

/* The answer in one piece, so that the parent wakes up once. */
static void answer(struct child *c, enum jq_result result, unsigned line, jv text)
{
	struct jq_reply r = {result, line, 0};
	size_t len = (size_t)jv_string_length_bytes(jv_copy(text));

	if (len > JQ_OUTPUT_LEN) {
		jv_free(text);
		text = jv_string("the result is too long");
		len = (size_t)jv_string_length_bytes(jv_copy(text));
		r.result = JQ_RAISED;
	}
	r.len = (uint32_t)len;
	reserve(c, sizeof(r) + len);
	memcpy(c->buffer, &r, sizeof(r));
	memcpy(c->buffer + sizeof(r), jv_string_value(text), len);
	jv_free(text);
	give(c->buffer, sizeof(r) + len);
}

/* What jq says while it compiles: only the first message is kept. */
static void keep_first(void *context, jv message)
{
	jv *first = context;

	if (jv_get_kind(*first) == JV_KIND_NULL && jv_get_kind(message) == JV_KIND_STRING)
		*first = message;
	else
		jv_free(message);
}

#define PLACE " at <top-level>, line "

/* "jq: error: TEXT at <top-level>, line N:\nLINE" to TEXT and N. */
static jv plain_message(jv message, unsigned *line)
{
	struct text all = text_of(jv_string_value(message));
	const char *place = strstr(all.ptr, PLACE), *hint = strstr(all.ptr, " (Unix shell");
	const char *end = place ? place : all.ptr + strcspn(all.ptr, "\n");
	jv out;

	*line = 0;
	for (const char *p = place ? place + strlen(PLACE) : ""; *p >= '0' && *p <= '9'; p++)
		*line = *line * 10 + (unsigned)(*p - '0');
	if (hint && hint < end)
		end = hint;
	if (text_starts(all, "jq: error: "))
		all.ptr += strlen("jq: error: ");
	out = jv_string_sized(all.ptr, (int)(end - all.ptr));
	jv_free(message);
	return out;
}

/* The program, or NULL with what is wrong with it. */
static jq_state *compile(const char *source, jv *why)
{
	jq_state *jq = jq_init();

	if (!jq)
		_exit(JQ_EXIT_MEMORY);
	jq_set_nomem_handler(jq, end_for_memory, NULL);
	*why = jv_null();
	jq_set_error_cb(jq, keep_first, why);
	if (jq_compile(jq, source)) {
		jq_set_error_cb(jq, NULL, NULL);
		return jq;
	}
	jq_teardown(&jq);
	if (jv_get_kind(*why) == JV_KIND_NULL)
		*why = jv_string("does not compile");
	return NULL;
}

/* What libjq's own errors quote of values may be secret: "string (\"abc...) cannot be added". */
static jv without_values(jv message)
{
	struct str out = STR_INIT;

	jq_plain_error(text_of(jv_string_value(message)), &out);
	jv_free(message);
	message = jv_string_sized(str_cstr(&out), (int)out.len);
	str_release(&out);
	return message;
}

/* error(...): its text, or the value as JSON; nothing at all without one. */
static void answer_without_value(struct child *c, jv result)
{
	jv message;

	if (!jv_invalid_has_msg(jv_copy(result))) {
		jv_free(result);
		answer(c, JQ_EMPTY, 0, jv_string(""));
		return;
	}
	message = jv_invalid_get_msg(result);
	if (jv_get_kind(message) != JV_KIND_STRING)
		message = jv_dump_string(message, 0);
	answer(c, JQ_RAISED, 0, without_values(message));
}

static void run(struct child *c, jq_state *jq, const char *input, size_t len)
{
	jv value = jv_parse_sized(input, (int)len), result;

	/* What is wrong there would be said with the whole text. */
	if (!jv_is_valid(value)) {
		jv_free(value);
		answer(c, JQ_RAISED, 0, jv_string("the input is not JSON, or nested too deeply"));
		return;
	}
	jq_start(jq, value, 0);
	result = jq_next(jq);
	/* What other values would have needed goes now, not with the next run of this program. */
	jq_start(jq, jv_null(), 0);
	if (jv_is_valid(result))
		answer(c, JQ_VALUE, 0, jv_dump_string(result, 0));
	else
		answer_without_value(c, result);
}

/* False when the slot holds no program now; then the parent has been told. */
static bool fill_slot(struct child *c, const struct jq_ask *ask, char *source)
{
	jq_state **slot = &c->programs[ask->slot];
	char after = source[ask->source_len];
	unsigned line;
	jv why;

	if (*slot)
		jq_teardown(slot);
	source[ask->source_len] = '\0';
	*slot = compile(source, &why);
	source[ask->source_len] = after;
	if (*slot)
		return true;
	why = plain_message(why, &line);
	answer(c, JQ_INVALID, line, why);
	return false;
}

/* Nothing is sent ahead of an answer, so one read may take all there is. */
static void answer_next(struct child *c)
{
	struct jq_ask ask;
	char *source;
	size_t got, len;

	reserve(c, FIRST_ROOM);
	got = take(c->buffer, sizeof(ask), c->room);
	memcpy(&ask, c->buffer, sizeof(ask));
	len = sizeof(ask) + ask.source_len + ask.input_len;
	reserve(c, len + 1);
	if (got < len)
		(void)take(c->buffer + got, len - got, len - got);
	source = c->buffer + sizeof(ask);
	alarm(ALARM_S);
	if (!ask.compile || fill_slot(c, &ask, source)) {
		if (ask.run)
			run(c, c->programs[ask.slot], source + ask.source_len, ask.input_len);
		else
			answer(c, JQ_VALUE, 0, jv_string(""));
	}
	alarm(0);
	forget(c);
}

/* Private memory that is in use already: sanitizers map terabytes of it. */
static rlim_t data_in_use(void)
{
	char text[4096];
	const char *field;
	ssize_t n = -1;
	rlim_t kib = 0;
	FILE *f = fopen("/proc/self/status", "r");

	if (f) {
		n = (ssize_t)fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n > 0 ? n : 0] = '\0';
	field = strstr(text, "VmData:");
	for (field = field ? field + strcspn(field, "0123456789") : "";
	     *field >= '0' && *field <= '9'; field++)
		kib = kib * 10 + (rlim_t)(*field - '0');
	return kib * 1024;
}

static void limit(int what, rlim_t most)
{
	struct rlimit r = {most, most};

	if (setrlimit(what, &r))
		_exit(1);
}

/* libjq's own functions are part of it: compiling needs no file either. */
static void confine(void)
{
	limit(RLIMIT_DATA, data_in_use() + JQ_MEMORY);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, JQ_CHILD_SOCKET + 1);
}

NORETURN static void serve(void)
{
	static char *nothing[] = {NULL};
	struct child c = {{NULL}, NULL, 0};

	closefrom(JQ_CHILD_SOCKET + 1);
	environ = nothing; /* clearenv() leaves NULL, which libjq reads */
	(void)prctl(PR_SET_NAME, jq_child_name);
	if (chdir("/"))
		_exit(1);
	confine();
	for (;;)
		answer_next(&c);
}

/* Before main, in every program that has a pool: whoever is called so is a child. */
__attribute__((constructor)) static void enter(int argc, char **argv)
{
	if (argc > 0 && argv && argv[0] && strcmp(argv[0], jq_child_name) == 0)
		serve();
}
