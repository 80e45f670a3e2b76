#include "providers/ssh/look.h"

#include <string.h>

#include "base/clock.h"
#include "providers/kit/sh.h"
#include "providers/kit/span.h"
#include "providers/ssh/act.h"
#include "providers/ssh/op.h"

#define TIMEOUT_MS 5000
#define TIMEOUT_MAX_MS 60000
/* For the way to the host and back, beside what the check itself may take. */
#define RESERVE_MS 5000
#define LINE_LEN ((size_t)200)
#define SECRET_LEN 8
#define TOO_LONG 124 /* what timeout(1) ends with */
/* What a shell ends with when there is no such program, or it may not be run. */
#define NOT_RUNNABLE 126
#define NOT_FOUND 127

int look_say(struct look *l, bool healthy, const char *fmt, ...)
{
	va_list ap;

	l->healthy = healthy;
	str_clear(&l->detail);
	va_start(ap, fmt);
	str_vprintf(&l->detail, fmt, ap);
	va_end(ap);
	return 0;
}

int look_refuse(struct look *l, const char *key, const char *why)
{
	struct fault *f = &l->ask->fault;

	fault_set(f, HD_FATAL, DIAG_SSH_CHECK, "'%s' of a check of type %s cannot be so %s a host",
		  key, l->type, strcmp(l->type, "SSH") == 0 ? "on" : "from");
	fault_detail(f, "%s", why);
	return -1;
}

/* --- a command on the host -------------------------------------------------------------- */

/* What it writes goes to a file: a pipe would stay open with whatever it leaves running. */
static void add_script(const struct look *l, const json_t *environment, struct text command,
		       struct str *s)
{
	op_add_state_dir(l->ask, s);
	str_add(s, "umask 077;[ -d \"$b\" ]||mkdir -p \"$b\"||exit 51;w=$b/check.$$;:>\"$w\"||"
		   "exit 51;umask 022;");
	op_add_environment(l->ask, environment, "check", s);
	sh_export(s, "HADEPLOY_CHECK", command);
	str_printf(s, "cd;t=;command -v timeout >/dev/null&&t=\"timeout -k 1 %lld\";",
		   (long long)((l->timeout_ms + 999) / 1000));
	str_add(s, "$t /bin/sh -c 'eval \"$" OP_ENVIRONMENT
		   "\";set -- \"$HADEPLOY_CHECK\";unset " OP_ENVIRONMENT
		   " HADEPLOY_CHECK;eval \"shift;$1\"' hadeploy >\"$w\" 2>&1 3<&-;"
		   "echo $?;tail -c 4096 <\"$w\";rm -f \"$w\"");
}

/* A value of Environment that is long enough to be a secret is none of anybody's business. */
static size_t hide(const json_t *environment, char *said, size_t len)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)environment, name, value)
	{
		const char *text = json_string_value(value);

		if (text && strlen(text) >= SECRET_LEN)
			len = text_cover(said, len, text);
	}
	return len;
}

/* The last line that is not empty; what is no text, or would move a cursor, is something else. */
static const char *last_line(const struct look *l, struct text said)
{
	char *copy = arena_text(l->ask->arena, said), *out;
	struct text_split lines;
	struct text line, last = TEXT_LIT("");
	size_t bad;

	said.len = hide(json_object_get(l->ask->desired, "Environment"), copy, said.len);
	lines = text_split_start((struct text){copy, said.len});
	while (text_next(&lines, '\n', &line)) {
		if (text_trim(line).len)
			last = text_trim(line);
	}
	if (last.len > LINE_LEN)
		last = (struct text){last.ptr + last.len - LINE_LEN, LINE_LEN};
	out = arena_text(l->ask->arena, last);
	for (size_t i = 0; i < last.len; i++)
		out[i] = (unsigned char)out[i] < ' ' || out[i] == 127 ? ' ' : out[i];
	while (!text_utf8_valid((struct text){out, last.len}, &bad))
		out[bad] = '?';
	return out;
}

static int judge(struct look *l, struct text output)
{
	const char *end = output.len ? memchr(output.ptr, '\n', output.len) : NULL;
	struct text head = {output.ptr, end ? (size_t)(end - output.ptr) : 0};
	const char *line, *sep;
	char limit[CLOCK_TEXT_LEN];
	int64_t code;

	if (!end || !text_to_int64(head, 0, 255, &code))
		return ask_host_fault(l->ask, "running the command of a check", output);
	line = last_line(l, (struct text){end + 1, output.len - head.len - 1});
	sep = *line ? ": " : "";
	clock_format_duration(l->timeout_ms, limit);
	if (code == TOO_LONG && l->passed_ms >= l->timeout_ms)
		return look_say(l, false, "not over within %s, killed%s%s", limit, sep, line);
	if (l->passed_ms > l->timeout_ms)
		return look_say(l, false, "not over within %s%s%s", limit, sep, line);
	l->unasked = code == NOT_RUNNABLE || code == NOT_FOUND;
	l->said_no = code && !l->unasked;
	return look_say(l, code == 0, "exit %d in %lld ms%s%s", (int)code, (long long)l->passed_ms,
			sep, line);
}

static int look_command(struct look *l)
{
	struct str command = STR_INIT, script = STR_INIT;
	const json_t *environment;
	struct ssh_reply reply;
	int64_t start_ms;
	int answer = -1;

	if (act_command_text(l->ask, json_object_get(l->ask->desired, "Command"), &command) == 0 &&
	    op_check_environment(l->ask, l->ask->desired, &environment) == 0) {
		add_script(l, environment, str_text(&command), &script);
		start_ms = kit_now_ms(&l->ask->call);
		answer = ask_run(l->ask, SSH_READS, &script, &reply);
		l->passed_ms = kit_now_ms(&l->ask->call) - start_ms;
	}
	if (answer == 0) {
		answer = judge(l, str_text(&reply.output));
		str_release(&reply.output);
	}
	if (script.ptr)
		explicit_bzero(script.ptr, script.len);
	str_release(&script);
	str_release(&command);
	return answer;
}

/* --- which check, of what --------------------------------------------------------------- */

static const struct {
	const char *type;
	int (*look)(struct look *l);
} kinds[] = {{"SSH", look_command}, {"HTTP", look_http}, {"TCP", look_tcp}};

static int unknown_type(struct look *l)
{
	struct fault *f = &l->ask->fault;

	fault_set(f, HD_FATAL, DIAG_SSH_CHECK, "a check of type '%s' cannot be asked from a host",
		  l->type);
	fault_hint(f, "from hosts HTTP and TCP are asked, and SSH on them; leave From out");
	return -1;
}

static int read_timeout(struct look *l)
{
	const char *text = ask_text(l->ask, l->ask->desired, "Timeout");

	l->timeout_ms = TIMEOUT_MS;
	if (text && !text_to_int64(text_of(text), 1, TIMEOUT_MAX_MS, &l->timeout_ms))
		return look_refuse(l, "Timeout",
				   "it is a number of milliseconds, at most a minute");
	return 0;
}

/* What is asked has a Host too; whoever asks is in From. */
static int find_host(struct look *l)
{
	const json_t *from = json_object_get(l->ask->desired, "From");
	bool own = strcmp(l->type, "SSH") == 0;
	const char *name = ask_text(l->ask, own ? l->ask->desired : from, "Host");

	if (!name)
		return look_refuse(l, own ? "Host" : "From", "it names the host");
	l->ask->host_name = name;
	l->ask->host = host_find(l->ask->session, name);
	return l->ask->host ? 0 : host_unknown(l->ask->session, name, &l->ask->fault);
}

static int carry_out(struct look *l)
{
	struct ask *a = l->ask;
	int64_t until_ms;

	l->type = json_str(a->desired, "Type", "");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(l->type, kinds[i].type) != 0)
			continue;
		if (read_timeout(l) < 0 || find_host(l) < 0)
			return -1;
		until_ms = kit_now_ms(&a->call) + l->timeout_ms + RESERVE_MS;
		if (a->call.deadline_ms > until_ms)
			a->call.deadline_ms = until_ms;
		return kinds[i].look(l);
	}
	return unknown_type(l);
}

static int answer(struct look *l)
{
	json_t *result = json_object();

	json_object_set_new(result, "Healthy", json_boolean(l->healthy));
	json_object_set_new(result, "Detail", json_string(str_cstr(&l->detail)));
	json_object_set_new(result, "Millis", json_integer(l->passed_ms));
	if (l->said_no)
		json_object_set_new(result, "SaidNo", json_true());
	if (l->unasked)
		json_object_set_new(result, "Asked", json_false());
	l->ask->call.host->set_result(l->ask->call.op, span_of(json_text(l->ask->arena, result)));
	json_decref(result);
	return HD_OK;
}

/* Whoever asks comes again by itself: what may pass is not asked again before that. */
static int say(struct ask *a)
{
	if (a->fault.status != HD_CANCELLED && a->fault.status != HD_CONFLICT)
		a->fault.status = HD_FATAL;
	return ask_say(a);
}

/* The host of a command is silent, as one that is lost is.  Whoever shows a wrong key, refuses the
 * login or the connection is there. */
static bool is_silence(const struct look *l)
{
	const struct fault *f = &l->ask->fault;

	return strcmp(l->type, "SSH") == 0 &&
	       (f->code == DIAG_SSH_TIMEOUT || f->code == DIAG_SSH_DEADLINE ||
		(f->code == DIAG_SSH_UNROUTABLE && f->status == HD_UNREACHABLE));
}

static int end(struct look *l)
{
	if (carry_out(l) == 0)
		return answer(l);
	if (!is_silence(l))
		return say(l->ask);
	look_say(l, false, "%s", str_cstr(&l->ask->fault.summary));
	return answer(l);
}

static int no_such_lookup(struct ask *a, struct text what)
{
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_CHECK,
		  "the ssh provider looks up nothing but checks");
	fault_detail(&a->fault, "asked for '%.*s'", TEXT_ARG(what));
	return ask_say(a);
}

int look_call(struct hd_session *s, struct hd_op *op, struct hd_span what, struct hd_span args)
{
	const struct hd_resource none = {.size = sizeof(none)};
	struct look l = {0};
	struct ask a;
	int status;

	ask_open(&a, s, op, &none, (struct hd_span){NULL, 0});
	a.desired = span_json(a.arena, args);
	l.ask = &a;
	if (!text_is(span_text(what), "check"))
		status = no_such_lookup(&a, span_text(what));
	else
		status = end(&l);
	str_release(&l.detail);
	ask_close(&a);
	return status;
}
