#include "providers/ssh/op.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "providers/kit/sh.h"
#include "providers/kit/span.h"

#define KEY_LEN 32
#define FIRST_WAIT_MS 20
#define WAIT_MIN_MS 50
#define WAIT_MAX_MS 2000
/* A started script has written its pid by then. */
#define START_GRACE_MS 20000
#define TAIL_LINES 10
#define TAIL_TEXT_LEN 4000

/* Exit codes of the start. */
enum op_exit { EXIT_MAKE = 51, EXIT_SCRIPT = 52 };

/*
 * Watches the script: $1 its directory, $2 the seconds it may take, $3 where it runs,
 * $4 the interpreter ("" when it has a line for that), $5 the file for its errors, which may be
 * that for its output.  The script leads a session of
 * its own, so that all it started can be ended when the time is up.  Its output is cut
 * in place (the script appends), and what it leaves running keeps a file to write to.
 * The standard input and output of all of it are not ours: nothing here can hold the
 * connection open, and nothing ends with it.
 *
 * What the user wants in the environment is set at the very end, in the shell that becomes
 * the script: a variable called "d" or PATH is none of ours.
 */
static const char watch[] =
	"d=$1;t=$2;w=$3;x=$4;e=$5;cd \"$d\"||exit 1;b=-;s=-;"
	"[ -r /proc/sys/kernel/random/boot_id ]&&read -r b </proc/sys/kernel/random/boot_id;"
	"[ -r /proc/$$/stat ]&&read -r s </proc/$$/stat;"
	"set -- $s;[ $# -gt 21 ]&&shift 21;echo \"$$ $b $1\">pid;:>out;:>$e;:>outputs;"
	"cut() { for f in out $e;do if [ $(wc -c <$f) -gt $1 ];"
	"then tail -c 65536 $f>o2;cat o2>$f;rm -f o2;fi;done; };"
	"l=$(command -v setsid);"
	"(umask 022;cd \"$w\"||exit;set -- \"$l\" \"$x\" \"$d/script\" \"$d/outputs\";"
	"unset d t w x e b s l;eval \"$" OP_ENVIRONMENT "\";unset " OP_ENVIRONMENT ";"
	"HADEPLOY_OUTPUT=$4;export HADEPLOY_OUTPUT;"
	"exec ${1:+\"$1\"} ${2:+\"$2\"} \"$3\") </dev/null >>out 2>>$e & c=$!;"
	"(n=0;while sleep 1;do n=$((n+1));if [ $n -ge $t ];then :>timeout;"
	"kill -s TERM -- -$c||kill -s TERM $c;sleep 2;kill -s KILL -- -$c;exit;fi;"
	"cut 4194304;done) </dev/null >/dev/null 2>&1 & k=$!;"
	"wait $c;r=$?;if [ -f timeout ];then wait $k;else kill $k;fi;"
	"cut 65536;rm -f script;echo $r>rc;"
	"find \"${d%/*}\" -mindepth 1 -maxdepth 1 -mtime +7 -exec rm -rf {} +";

static const char *key_of(const struct ask *a)
{
	char digest[65];

	digest_sha256(span_text(a->r->idem), digest);
	return arena_strndup(a->arena, digest, KEY_LEN);
}

void op_add_state_dir(const struct ask *a, struct str *s)
{
	const char *dir = a->host->state_dir;

	str_add(s, "b=");
	if (strncmp(dir, "~/", 2) == 0) {
		str_add(s, "\"$HOME\"/");
		dir += 2;
	}
	sh_quote(s, text_of(dir));
	str_add_char(s, ';');
}

int op_check_environment(struct ask *a, const json_t *object, const json_t **out)
{
	const json_t *environment = json_object_get(object, "Environment");
	const char *name;
	json_t *value;

	*out = environment;
	if (environment && !json_is_object(environment))
		return ask_bad_property(a, "/Environment", "it is no map");
	json_object_foreach((json_t *)environment, name, value)
	{
		if (!sh_name_valid(text_of(name)))
			return ask_bad_property(a, "/Environment", "'%s' is no variable's name",
						name);
	}
	return 0;
}

void op_add_environment(const struct ask *a, const json_t *environment, const char *verb,
			struct str *out)
{
	struct str text = STR_INIT, *s = &text;
	const char *name;
	json_t *value;

	str_add(s, "unset LC_ALL;");
	json_object_foreach((json_t *)environment, name, value)
	{
		const char *wanted = ask_text(a, environment, name);

		if (wanted && sh_name_valid(text_of(name)))
			sh_export(s, name, text_of(wanted));
	}
	sh_export(s, "HADEPLOY_RESOURCE", span_text(a->r->address));
	sh_export(s, "HADEPLOY_HOST", text_of(a->host_name));
	sh_export(s, "HADEPLOY_ADDRESS", text_of(a->host->target.address));
	sh_export(s, "HADEPLOY_REGION", text_of(a->session->region));
	sh_export(s, "HADEPLOY_OPERATION", text_of(verb));
	sh_export(out, OP_ENVIRONMENT, str_text(s));
	explicit_bzero(text.ptr, text.len);
	str_release(&text);
}

static void add_launch(const struct ask *a, const struct op_start *start, struct str *s)
{
	bool own_line = text_starts(start->script, "#!");

	if (own_line)
		str_add(s, "chmod 0700 \"$d/script\";");
	str_add(s, "w=");
	if (start->directory)
		sh_quote(s, text_of(start->directory));
	else
		str_add(s, "$HOME");
	str_add_char(s, ';');
	op_add_environment(a, start->environment, start->verb, s);
	str_add(s, "$(command -v setsid||echo nohup) sh -c ");
	sh_quote(s, text_of(watch));
	str_printf(s, " hadeploy \"$d\" %lld \"$w\" %s %s </dev/null >/dev/null 2>&1 3<&- &",
		   (long long)start->timeout_s, own_line ? "''" : "/bin/sh",
		   start->apart ? "err" : "out");
}

/* Nothing is written before the script runs on its own: with nobody at the other end any
 * more it would end the start half-way. */
static void add_start_script(const struct ask *a, const struct op_start *start, struct str *s)
{
	size_t len = start->script.len;

	op_add_state_dir(a, s);
	str_printf(s, "b=$b/op;d=$b/%s.%s;", key_of(a), start->verb);
	str_add(s, "umask 077;[ -d \"$b\" ]||mkdir -p \"$b\"||exit 51;");
	str_printf(s,
		   "if mkdir \"$d\" 2>/dev/null;then "
		   "{ head -c %zu <&3 >\"$d/script\"&&[ $(wc -c <\"$d/script\") -eq %zu ];}||"
		   "{ rm -rf \"$d\";exit 52;};",
		   len, len);
	add_launch(a, start, s);
	str_printf(s,
		   "echo \"$d\";elif [ -d \"$d\" ];then head -c %zu <&3 >/dev/null;echo \"$d\";"
		   "else mkdir \"$d\";exit 51;fi",
		   len);
}

static json_t *token_of(struct ask *a, const struct op_start *start, struct text dir)
{
	struct clock *c = clock_real();
	json_t *place = json_object();
	json_t *token = json_object();

	host_remember(a->host, place);
	json_object_set_new(token, "v", json_integer(1));
	json_object_set_new(token, "host", json_string(a->host_name));
	json_object_set_new(token, "place", place);
	json_object_set_new(token, "dir", json_stringn(dir.ptr, dir.len));
	json_object_set_new(token, "op", json_string(start->verb));
	json_object_set_new(token, "at", json_integer((json_int_t)c->wall_ms(c)));
	json_object_set_new(token, "id", json_string(start->id ? start->id : ""));
	if (start->timeout_s > 0)
		json_object_set_new(token, "time", json_integer((json_int_t)start->timeout_s));
	if (start->inputs)
		json_object_set(token, "in", start->inputs);
	if (start->quiet)
		json_object_set_new(token, "quiet", json_true());
	return token;
}

static int hand_over_token(struct ask *a, const json_t *token, int64_t wait_ms)
{
	struct str text = STR_INIT;

	json_canonical(token, &text);
	a->call.host->set_pending(a->call.op, span_of_str(&text), wait_ms);
	str_release(&text);
	return HD_PENDING;
}

static int start_fault(struct ask *a, const struct ssh_reply *reply)
{
	ask_host_fault(a,
		       reply->code == EXIT_SCRIPT ? "writing the script"
						  : "making the operation's directory",
		       str_text(&reply->output));
	fault_detail(&a->fault, "below %s, which StateDir can move", a->host->state_dir);
	return -1;
}

int op_start(struct ask *a, const struct op_start *start)
{
	struct str script = STR_INIT;
	struct ssh_reply reply;
	json_t *token;
	int answer;

	add_start_script(a, start, &script);
	answer = ask_run_body(a, &script, start->script, &reply);
	if (script.ptr)
		explicit_bzero(script.ptr, script.len);
	str_release(&script);
	if (answer < 0)
		return ask_say(a);
	if (reply.code != 0) {
		start_fault(a, &reply);
		str_release(&reply.output);
		return ask_say(a);
	}
	token = token_of(a, start, text_trim(str_text(&reply.output)));
	str_release(&reply.output);
	answer = hand_over_token(a, token, FIRST_WAIT_MS);
	json_decref(token);
	return answer;
}

static int found(struct ask *a, struct text said)
{
	const char *blank = said.len ? memchr(said.ptr, ' ', said.len) : NULL;
	struct op_start start = {.id = span_cstr(a->arena, a->r->id)};
	json_t *token;
	int answer;

	if (!blank)
		return HD_NOTFOUND;
	start.verb = arena_strndup(a->arena, said.ptr, (size_t)(blank - said.ptr));
	token = token_of(a, &start, (struct text){blank + 1, said.len - strlen(start.verb) - 1});
	answer = hand_over_token(a, token, FIRST_WAIT_MS);
	json_decref(token);
	return answer;
}

int op_find(struct ask *a)
{
	struct str script = STR_INIT;
	struct ssh_reply reply;
	int answer;

	op_add_state_dir(a, &script);
	str_printf(&script,
		   "for v in create update delete;do d=$b/op/%s.$v;"
		   "[ -d \"$d\" ]&&{ echo \"$v $d\";exit 0;};done;exit 44",
		   key_of(a));
	answer = ask_run(a, SSH_READS, &script, &reply);
	str_release(&script);
	if (answer < 0)
		return ask_say(a);
	answer = reply.code == 0 ? found(a, text_trim(str_text(&reply.output))) : HD_NOTFOUND;
	str_release(&reply.output);
	return answer;
}

/*
 * "done CODE OUTPUTS_LEN ERRORS_LEN" (code -1: the time was up), then that many bytes of
 * outputs, of the end of what it wrote as errors, where that is a file of its own, and the end
 * of the output; or one word: gone, starting, running, rebooted, died.
 */
static void add_poll_script(const char *dir, struct str *s)
{
	sh_set(s, "d", dir);
	str_printf(s,
		   "cd \"$d\" 2>/dev/null||{ echo gone;exit 0;};"
		   "f(){ read -r r <rc;[ -f timeout ]&&r=-1;n=0;"
		   "[ -f outputs ]&&n=$(($(wc -c <outputs)));[ $n -gt %u ]&&n=-1;"
		   "m=0;[ -f err ]&&m=$(($(tail -c %u err|wc -c)));"
		   "echo \"done $r $n $m\";[ $n -gt 0 ]&&cat outputs;"
		   "[ $m -gt 0 ]&&tail -c $m err;exec tail -c %u out;};",
		   OP_OUTPUTS_LEN, OP_TAIL_LEN, OP_TAIL_LEN);
	str_add(s, "[ -s rc ]&&f;[ -s pid ]||{ echo starting;exit 0;};"
		   "read -r p b s <pid;B=-;S=-;"
		   "[ -r /proc/sys/kernel/random/boot_id ]&&"
		   "read -r B </proc/sys/kernel/random/boot_id;"
		   "[ \"$b\" = \"$B\" ]||{ echo rebooted;exit 0;};"
		   "if kill -0 $p 2>/dev/null;then "
		   "[ -r /proc/$p/stat ]&&read -r S </proc/$p/stat;"
		   "set -- $S;[ $# -gt 21 ]&&shift 21;"
		   "[ \"$s\" = \"$1\" ]&&{ echo running;exit 0;};fi;"
		   "[ -s rc ]&&f;echo died");
}

static int64_t elapsed_ms(const struct ask *a)
{
	struct clock *c = clock_real();
	int64_t ms = c->wall_ms(c) - json_int(a->token, "at", 0);

	return ms < 0 ? 0 : ms;
}

static int parse_done(struct ask *a, struct text head, struct text rest, struct op_report *out)
{
	struct text_split split = text_split_start(head);
	struct text word, code, len, errors;
	int64_t code_value, len_value, errors_value;

	if (!text_next(&split, ' ', &word) || !text_next(&split, ' ', &code) ||
	    !text_next(&split, ' ', &len) || !text_next(&split, ' ', &errors) ||
	    !text_to_int64(code, -1, 255, &code_value) ||
	    !text_to_int64(len, -1, OP_OUTPUTS_LEN, &len_value) ||
	    !text_to_int64(errors, 0, OP_TAIL_LEN, &errors_value) ||
	    (int64_t)rest.len < (len_value > 0 ? len_value : 0) + errors_value)
		return ask_host_fault(a, "asking for the script's end", head);
	out->phase = code_value < 0 ? OP_TIMED_OUT : OP_ENDED;
	out->code = (int)code_value;
	if (len_value < 0)
		kit_remark(&a->call, HD_WARNING, DIAG_SSH_OUTPUT,
			   "the script wrote too much to HADEPLOY_OUTPUT; it is not recorded",
			   NULL);
	if (len_value > 0)
		str_add_len(&out->outputs, rest.ptr, (size_t)len_value);
	else
		len_value = 0;
	str_add_len(&out->errors, rest.ptr + len_value, (size_t)errors_value);
	len_value += errors_value;
	str_add_len(&out->tail, rest.ptr + len_value, rest.len - (size_t)len_value);
	return 0;
}

static int parse_report(struct ask *a, struct text output, struct op_report *out)
{
	const char *end = output.len ? memchr(output.ptr, '\n', output.len) : NULL;
	struct text head = end ? (struct text){output.ptr, (size_t)(end - output.ptr)} : output;
	struct text rest = {output.ptr + head.len + 1, 0};

	if (end)
		rest.len = output.len - head.len - 1;
	if (text_starts(head, "done "))
		return parse_done(a, head, rest, out);
	out->phase = OP_LOST;
	if (text_is(head, "gone")) {
		out->phase = OP_GONE;
		out->why = "its folder on the host was removed";
	} else if (text_is(head, "rebooted"))
		out->why = "the host was restarted meanwhile";
	else if (text_is(head, "died"))
		out->why = "what watched it was killed";
	else if (text_is(head, "starting") && elapsed_ms(a) >= START_GRACE_MS)
		out->why = "it never started";
	else
		out->phase = OP_RUNNING;
	return 0;
}

static int look(struct ask *a, struct op_report *out)
{
	const char *dir = json_str(a->token, "dir", "");
	struct str script = STR_INIT;
	struct ssh_reply reply;
	int answer;

	*out = (struct op_report){0};
	if (dir[0] != '/' || !sh_one_line(text_of(dir)))
		return fault_set(&a->fault, HD_FATAL, DIAG_SSH_SCRIPT_LOST,
				 "the recorded token names no directory");
	add_poll_script(dir, &script);
	answer = ask_run(a, SSH_READS, &script, &reply);
	str_release(&script);
	if (answer < 0)
		return -1;
	answer = parse_report(a, str_text(&reply.output), out);
	str_release(&reply.output);
	return answer;
}

void op_report_release(struct op_report *r)
{
	str_release(&r->outputs);
	str_release(&r->errors);
	str_release(&r->tail);
}

static int wait_more(struct ask *a)
{
	int64_t wait_ms = elapsed_ms(a) / 4;

	if (wait_ms < WAIT_MIN_MS)
		wait_ms = WAIT_MIN_MS;
	if (wait_ms > WAIT_MAX_MS)
		wait_ms = WAIT_MAX_MS;
	return hand_over_token(a, a->token, wait_ms);
}

int op_lost(struct ask *a, const struct op_report *r, json_t *state)
{
	const char *verb = json_str(a->token, "op", "script");
	struct fault *f = &a->fault;

	fault_set(f, HD_FATAL, DIAG_SSH_SCRIPT_LOST, "how the %s script ended is not known", verb);
	fault_detail(f, "%s", r->why);
	fault_detail(f, "it was %s on %s", json_str(a->token, "dir", "?"), a->host_name);
	fault_hint(f, "look at the host, then apply again");
	f->effect = state ? HD_EFFECT_PARTIAL : HD_EFFECT_NONE;
	if (state)
		ask_hand_over(a, state);
	return ask_say(a);
}

int op_settle(struct ask *a, op_ended_fn *ended)
{
	struct op_report report;
	int status;

	if (look(a, &report) < 0) {
		op_report_release(&report);
		return ask_say(a);
	}
	status = report.phase == OP_RUNNING ? wait_more(a) : ended(a, &report);
	op_report_release(&report);
	return status;
}

int op_forget(struct ask *a)
{
	struct str script = STR_INIT;
	struct ssh_reply reply;
	int answer;

	sh_set(&script, "d", json_str(a->token, "dir", ""));
	str_add(&script, "case $d in */op/*) exec rm -rf -- \"$d\";;esac");
	answer = ask_run(a, SSH_CHANGES, &script, &reply);
	str_release(&script);
	if (answer == 0)
		str_release(&reply.output);
	return answer;
}

void op_detail_tail(struct fault *f, const struct op_report *r)
{
	op_detail_said(f, str_text(&r->tail));
}

void op_detail_said(struct fault *f, struct text said)
{
	struct text tail = text_trim(said);
	size_t start = tail.len, lines = 0;
	json_t *clean;

	while (start > 0 && tail.len - start < TAIL_TEXT_LEN) {
		if (tail.ptr[start - 1] == '\n' && ++lines == TAIL_LINES)
			break;
		start--;
	}
	clean = op_text_json((struct text){tail.ptr + start, tail.len - start});
	if (tail.len == 0)
		fault_detail(f, "it wrote nothing");
	else
		fault_detail(f, "its last lines:\n%s", json_string_value(clean));
	json_decref(clean);
}

json_t *op_text_json(struct text t)
{
	struct str clean = STR_INIT;
	json_t *json;
	size_t bad = 0;

	while (t.len > 0 && (t.ptr[t.len - 1] == '\n' || t.ptr[t.len - 1] == '\r'))
		t.len--;
	while (!text_utf8_valid(t, &bad)) {
		str_add_len(&clean, t.ptr, bad);
		str_add_char(&clean, '?');
		t = (struct text){t.ptr + bad + 1, t.len - bad - 1};
	}
	str_add_len(&clean, t.ptr, t.len);
	json = json_stringn(str_cstr(&clean), clean.len);
	str_release(&clean);
	return json;
}
