/*
 * command.c - SSH::Command: a thing on a host that scripts make, look at, change and
 * remove.
 *
 * Create, Update and Delete run by themselves on the host (op.h); Read runs within the
 * call.  Lines NAME=value that a script writes to $HADEPLOY_OUTPUT become attributes;
 * Output is the end of what the last of them wrote.  Read's exit code says whether the
 * thing is there: 0 yes, 126, 127 and above 128 mean that Read itself is broken, any
 * other that there is nothing.
 *
 * Create, Triggers, Environment and WorkingDirectory say what is made: when they change,
 * Update runs, or without Update the thing is replaced.  Other properties are only
 * recorded.  The private bytes keep which script failed ("failed"), and that one is run
 * again by the next update.
 */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "providers/kit/sh.h"
#include "providers/kit/span.h"
#include "providers/ssh/op.h"
#include "providers/ssh/type.h"

#define DEFAULT_TIMEOUT_S 600
/* $1 is where outputs go.  The user's variables come last, so that none of them is taken for
 * one of ours; the script sees neither itself nor arguments. */
#define READ_SHELL                                                                \
	"eval \"$" OP_ENVIRONMENT "\";HADEPLOY_OUTPUT=$1;export HADEPLOY_OUTPUT;" \
	"set -- \"$HADEPLOY_READ\";unset " OP_ENVIRONMENT " HADEPLOY_READ;eval \"shift;$1\""
#define READ_TOO_LONG 124 /* what timeout(1) ends with */
#define READ_RESERVE_MS 5000
#define SCRIPT_MAX_LEN (1u << 20)

static const char *const input_names[] = {"Host",    "Create",      "Read",
					  "Update",  "Delete",      "Triggers",
					  "Timeout", "Environment", "WorkingDirectory"};
static const char *const making_names[] = {"/Create", "/Triggers", "/Environment",
					   "/WorkingDirectory"};

static bool is_input(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(input_names); i++) {
		if (strcmp(name, input_names[i]) == 0)
			return true;
	}
	return false;
}

/* ---- attributes ---- */

/* One NAME=value line; the empty and the unreadable are passed over. */
static void put_output_line(struct ask *a, json_t *state, struct text line)
{
	const char *equals = line.len ? memchr(line.ptr, '=', line.len) : NULL;
	struct text name = {line.ptr, equals ? (size_t)(equals - line.ptr) : 0};
	const char *key = arena_text(a->arena, name);

	if (line.len == 0)
		return;
	if (!equals || !sh_name_valid(name) || is_input(key)) {
		kit_remark(&a->call, HD_WARNING, DIAG_SSH_OUTPUT,
			   "a line of HADEPLOY_OUTPUT is no NAME=value and was passed over",
			   equals ? key : NULL);
		return;
	}
	json_object_set_new(state, key,
			    op_text_json((struct text){equals + 1, line.len - name.len - 1}));
}

static void put_outputs(struct ask *a, json_t *state, struct text outputs)
{
	struct text_split split = text_split_start(outputs);
	struct text line;

	while (text_next(&split, '\n', &line))
		put_output_line(a, state, line);
}

/* The host, and what was recorded that is no input. */
static json_t *recorded_attributes(const struct ask *a)
{
	json_t *state = json_object();
	const char *name;
	json_t *value;

	json_object_foreach(a->recorded, name, value)
	{
		if (!is_input(name))
			json_object_set(state, name, value);
	}
	json_object_set_new(state, "Host", json_string(a->host_name));
	return state;
}

static json_t *attributes_after(struct ask *a, const struct op_report *r)
{
	json_t *state = recorded_attributes(a);

	if (json_flag(a->token, "quiet", false))
		json_object_del(state, "Output");
	else
		json_object_set_new(state, "Output", op_text_json(str_text(&r->tail)));
	put_outputs(a, state, str_text(&r->outputs));
	return state;
}

/* ---- running ---- */

static int check_timeout(struct ask *a, const json_t *object, int64_t *out)
{
	const char *text = ask_text(a, object, "Timeout");

	*out = DEFAULT_TIMEOUT_S;
	if (text && !text_to_int64(text_of(text), 1, OP_TIMEOUT_MAX_S, out))
		return ask_bad_property(a, "/Timeout", "'%s' is no number of seconds from 1 to %d",
					text, OP_TIMEOUT_MAX_S);
	return 0;
}

static int check_directory(struct ask *a, const json_t *object, const char **out)
{
	*out = ask_text(a, object, "WorkingDirectory");
	if (*out && (**out != '/' || !sh_one_line(text_of(*out))))
		return ask_bad_property(a, "/WorkingDirectory", "'%s' is no absolute path", *out);
	return 0;
}

static int fill_start(struct ask *a, const json_t *object, struct op_start *start)
{
	if (op_check_environment(a, object, &start->environment) < 0 ||
	    check_timeout(a, object, &start->timeout_s) < 0)
		return -1;
	return check_directory(a, object, &start->directory);
}

static bool has_secrets(const struct ask *a)
{
	static const char *const places[] = {"/Environment", "/Create", "/Update", "/Delete"};

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (ask_sensitive(a, places[i]))
			return true;
	}
	return false;
}

static const char *own_id(const struct ask *a)
{
	char digest[65];

	/* What is adopted was made by no operation. */
	digest_sha256(span_text(a->r->idem.len ? a->r->idem : a->r->address), digest);
	return arena_printf(a->arena, "command-%.16s", digest);
}

/* Runs the script named by `property` ("/Create") of the object. */
static int run_script(struct ask *a, const char *verb, const json_t *object, const char *property)
{
	const char *script = ask_text(a, object, property + 1);
	struct op_start start = {.verb = verb, .script = text_of(script)};

	if (start.script.len == 0 || start.script.len > SCRIPT_MAX_LEN) {
		ask_bad_property(a, property, "a script of 1 byte to 1 MiB is needed");
		return ask_say(a);
	}
	if (fill_start(a, object, &start) < 0)
		return ask_say(a);
	start.id = a->r->id.len ? span_cstr(a->arena, a->r->id) : own_id(a);
	start.quiet = has_secrets(a);
	return op_start(a, &start);
}

static int command_create(struct ask *a)
{
	return run_script(a, "create", a->desired, "/Create");
}

static bool equal(const json_t *x, const json_t *y)
{
	return (!x && !y) || (x && y && json_equal(x, y));
}

/* Secrets are not recorded, so for them only the engine's list tells. */
static bool making_changed(const struct ask *a)
{
	for (size_t i = 0; i < ARRAY_LEN(making_names); i++) {
		const char *key = making_names[i] + 1;

		if (span_pointers_touch(a->arena, a->r->changed, making_names[i]))
			return true;
		if (!ask_sensitive(a, making_names[i]) &&
		    !equal(json_object_get(a->desired, key), json_object_get(a->recorded, key)))
			return true;
	}
	return false;
}

static int no_update_script(struct ask *a)
{
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_PROPERTY,
		  "the command has no Update script for this change");
	fault_hint(&a->fault, "plan again: without Update the resource is replaced");
	return ask_say(a);
}

static int command_update(struct ask *a)
{
	const char *failed = ask_text(a, a->priv, "failed");

	if (failed && strcmp(failed, "create") == 0)
		return run_script(a, "create", a->desired, "/Create");
	if (!failed && !making_changed(a))
		return ask_done(a, recorded_attributes(a), HD_EFFECT_DONE);
	if (!ask_text(a, a->desired, "Update"))
		return no_update_script(a);
	return run_script(a, "update", a->desired, "/Update");
}

static int command_remove(struct ask *a)
{
	if (ask_text(a, a->recorded, "Delete"))
		return run_script(a, "delete", a->recorded, "/Delete");
	a->call.host->set_effect(a->call.op, HD_EFFECT_NONE);
	return HD_OK;
}

/* ---- the end of a script ---- */

/* The next update runs that script again. */
static void note_failed(struct ask *a)
{
	const char *verb = json_str(a->token, "op", "delete");

	if (strcmp(verb, "delete") != 0)
		json_object_set_new(a->priv, "failed", json_string(verb));
}

static int script_fault(struct ask *a, const struct op_report *r)
{
	const char *verb = json_str(a->token, "op", "script");
	struct fault *f = &a->fault;

	if (r->phase == OP_TIMED_OUT) {
		fault_set(f, HD_FATAL, DIAG_SSH_SCRIPT_TIMEOUT, "the %s script took too long",
			  verb);
		fault_detail(f, "it was ended after %lld s",
			     (long long)json_int(a->token, "time", 0));
		fault_hint(f, "give it a longer Timeout, or find out what it waits for");
	} else {
		fault_set(f, HD_FATAL, DIAG_SSH_SCRIPT, "the %s script ended with code %d", verb,
			  r->code);
	}
	op_detail_tail(f, r);
	f->effect = HD_EFFECT_PARTIAL;
	note_failed(a);
	ask_hand_over(a, attributes_after(a, r));
	return ask_say(a);
}

static bool lost(const struct op_report *r)
{
	return r->phase == OP_LOST || r->phase == OP_GONE;
}

static int script_ended(struct ask *a, const struct op_report *r)
{
	if (lost(r)) {
		note_failed(a);
		return op_lost(a, r, recorded_attributes(a));
	}
	if (r->phase == OP_TIMED_OUT || r->code != 0)
		return script_fault(a, r);
	if (strcmp(json_str(a->token, "op", ""), "delete") == 0) {
		a->call.host->set_effect(a->call.op, HD_EFFECT_DONE);
		return HD_OK;
	}
	json_object_del(a->priv, "failed");
	return ask_done(a, attributes_after(a, r), HD_EFFECT_DONE);
}

static void hand_over_id(struct ask *a)
{
	const char *id = json_str(a->token, "id", "");

	a->call.host->set_id(a->call.op, *id ? span_of(id) : span_of(own_id(a)));
}

static int command_poll(struct ask *a)
{
	hand_over_id(a);
	return op_settle(a, script_ended);
}

/* ---- reading ---- */

/* Answers "CODE LEN", LEN bytes of outputs, then what the script wrote. */
static void add_read_script(const struct ask *a, const char *read, struct str *s)
{
	const json_t *environment = json_object_get(a->recorded, "Environment");
	const char *directory = ask_text(a, a->recorded, "WorkingDirectory");
	int64_t left_s = (a->call.deadline_ms - kit_now_ms(&a->call) - READ_RESERVE_MS) / 1000;

	op_add_state_dir(a, s);
	str_add(s, "umask 077;[ -d \"$b\" ]||mkdir -p \"$b\"||exit 51;umask 022;"
		   "o=$b/read.$$;[ -e \"$o\" ]&&rm -f \"$o\";");
	op_add_environment(a, environment, "read", s);
	sh_export(s, "HADEPLOY_READ", text_of(read));
	str_add(s, "cd ");
	if (directory)
		sh_quote(s, text_of(directory));
	str_printf(s, "||exit 51;t=;command -v timeout >/dev/null&&t=\"timeout -k 1 %lld\";",
		   (long long)(left_s < 1 ? 1 : left_s));
	/* A file takes what it says, because a pipe would stay open with whatever it left
	 * running. */
	str_add(s, "w=$o.said;(umask 077;: >\"$w\")||exit 51;"
		   "$t /bin/sh -c '" READ_SHELL "' hadeploy \"$o\" >\"$w\" 2>&1 3<&-;r=$?;n=0;"
		   "[ -f \"$o\" ]&&n=$(($(wc -c <\"$o\")));echo \"$r $n\";"
		   "[ $n -gt 0 ]&&{ cat \"$o\";rm -f \"$o\";};"
		   "tail -c 65536 <\"$w\";rm -f \"$w\"");
}

static int read_fault(struct ask *a, int64_t code, struct text said)
{
	struct op_report r = {.tail = STR_INIT};

	if (code == READ_TOO_LONG)
		fault_set(&a->fault, HD_FATAL, DIAG_SSH_SCRIPT, "the Read script took too long");
	else
		fault_set(&a->fault, HD_FATAL, DIAG_SSH_SCRIPT,
			  "the Read script did not work (code %d)", (int)code);
	str_add_text(&r.tail, said);
	op_detail_tail(&a->fault, &r);
	op_report_release(&r);
	fault_hint(&a->fault, "Read ends with 0 when the thing is there and with 1 when it is not");
	return -1;
}

static bool read_is_broken(int64_t code)
{
	return code >= READ_TOO_LONG && code <= 255;
}

/* The Read script says that it is there, and nobody else can say how it was made. */
static void vouch(struct ask *a, json_t *state)
{
	a->call.host->set_id(a->call.op, span_of(own_id(a)));
	json_object_update_missing(state, a->recorded);
}

static int judge_read(struct ask *a, struct text output)
{
	const char *end = output.len ? memchr(output.ptr, '\n', output.len) : NULL;
	struct text head = {output.ptr, end ? (size_t)(end - output.ptr) : 0}, code, len, rest;
	struct text_split split = text_split_start(head);
	int64_t code_value, len_value;
	json_t *state;

	if (!end || !text_next(&split, ' ', &code) || !text_next(&split, ' ', &len) ||
	    !text_to_int64(code, 0, 255, &code_value) ||
	    !text_to_int64(len, 0, (int64_t)(output.len - head.len - 1), &len_value)) {
		ask_host_fault(a, "running the Read script", output);
		return ask_say(a);
	}
	rest = (struct text){end + 1 + len_value, output.len - head.len - 1 - (size_t)len_value};
	if (read_is_broken(code_value)) {
		read_fault(a, code_value, rest);
		return ask_say(a);
	}
	if (code_value != 0)
		return HD_NOTFOUND;
	state = recorded_attributes(a);
	put_outputs(a, state, (struct text){end + 1, (size_t)len_value});
	if (ask_is_adoption(a))
		vouch(a, state);
	return ask_done(a, state, HD_EFFECT_NONE);
}

static int command_read(struct ask *a)
{
	const char *read = ask_text(a, a->recorded, "Read");
	struct str script = STR_INIT;
	struct ssh_reply reply;
	int status;

	if (!read || !*read)
		return ask_done(a, recorded_attributes(a), HD_EFFECT_NONE);
	add_read_script(a, read, &script);
	status = ask_run(a, SSH_READS, &script, &reply);
	str_release(&script);
	if (status < 0)
		return ask_say(a);
	status = judge_read(a, str_text(&reply.output));
	str_release(&reply.output);
	return status;
}

static int command_find(struct ask *a)
{
	const char *read = ask_text(a, a->recorded, "Read");

	if (ask_is_recovery(a) && !ask_is_adoption(a))
		return op_find(a);
	/* Without a script that looks nothing is known of what is there. */
	return ask_is_adoption(a) && read && *read ? command_read(a) : HD_NOTFOUND;
}

/* ---- planning ---- */

static int command_plan(struct ask *a)
{
	const json_t *environment;
	const char *directory;
	int64_t timeout_s;

	if ((!ask_unknown(a, "/Environment") &&
	     op_check_environment(a, a->desired, &environment) < 0) ||
	    (!ask_unknown(a, "/Timeout") && check_timeout(a, a->desired, &timeout_s) < 0) ||
	    (!ask_unknown(a, "/WorkingDirectory") &&
	     check_directory(a, a->desired, &directory) < 0))
		return ask_say(a);
	if (json_object_size(a->recorded) == 0 || json_object_get(a->desired, "Update") ||
	    ask_text(a, a->priv, "failed"))
		return HD_OK;
	for (size_t i = 0; i < ARRAY_LEN(making_names); i++)
		a->call.host->plan_replace(a->call.op, span_of(making_names[i]));
	return HD_OK;
}

const struct type type_command = {
	.name = "SSH::Command",
	.read = command_read,
	.create = command_create,
	.update = command_update,
	.remove = command_remove,
	.poll = command_poll,
	.plan = command_plan,
	.find = command_find,
};
