#include "providers/ssh/act.h"

#include <string.h>

#include "providers/kit/sh.h"
#include "providers/kit/span.h"
#include "providers/ssh/op.h"
#include "providers/ssh/settings.h"

#define DEFAULT_TIMEOUT_MS 600000
#define COMMAND_MAX_LEN (1u << 20)
#define SAID_LEN 16384 /* of each stream in the result */
#define TIMED_OUT_CODE 124

/* --- what is to be run ------------------------------------------------------------------ */

static int bad_command(struct ask *a, const char *why)
{
	return ask_bad_property(a, "/Command", "%s", why);
}

static int add_words(struct ask *a, const json_t *list, struct str *out)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *word = settings_text(a->arena, json_array_get(list, i));

		if (!word)
			return bad_command(a, "a word of it is no text");
		if (i > 0)
			str_add_char(out, ' ');
		sh_quote(out, text_of(word));
	}
	return 0;
}

int act_command_text(struct ask *a, const json_t *command, struct str *out)
{
	const char *text = settings_text(a->arena, command);

	if (json_is_array(command) && add_words(a, command, out) < 0)
		return -1;
	if (text)
		str_add(out, text);
	if (out->len == 0 || out->len > COMMAND_MAX_LEN)
		return bad_command(a, "a text of 1 byte to 1 MiB, or a list of words, is needed");
	return 0;
}

static int read_timeout(struct ask *a, struct op_start *start)
{
	const char *text = ask_text(a, a->desired, "Timeout");
	int64_t ms = DEFAULT_TIMEOUT_MS;

	if (text && !text_to_int64(text_of(text), 1, (int64_t)OP_TIMEOUT_MAX_S * 1000, &ms))
		return ask_bad_property(a, "/Timeout",
					"'%s' is no number of milliseconds from 1 to %d000", text,
					OP_TIMEOUT_MAX_S);
	start->timeout_s = (ms + 999) / 1000;
	return 0;
}

static int run(struct ask *a)
{
	struct op_start start = {.verb = ACT_VERB, .apart = true};
	struct str command = STR_INIT;
	int status;

	if (act_command_text(a, json_object_get(a->desired, "Command"), &command) < 0 ||
	    op_check_environment(a, a->desired, &start.environment) < 0 ||
	    read_timeout(a, &start) < 0) {
		status = ask_say(a);
	} else {
		start.script = str_text(&command);
		status = op_start(a, &start);
	}
	str_release(&command);
	return status;
}

/* --- its end ---------------------------------------------------------------------------- */

static json_t *end_of(const struct str *said)
{
	struct text t = str_text(said);

	if (t.len > SAID_LEN)
		t = (struct text){t.ptr + t.len - SAID_LEN, SAID_LEN};
	/* Not in the middle of a character. */
	while (t.len < said->len && t.len > 0 && ((unsigned char)t.ptr[0] & 0xc0) == 0x80)
		t = (struct text){t.ptr + 1, t.len - 1};
	return op_text_json(t);
}

static void hand_over_result(struct ask *a, const struct op_report *r)
{
	json_t *result = json_object();
	struct str text = STR_INIT;

	json_object_set_new(result, "ExitCode",
			    json_integer(r->phase == OP_TIMED_OUT ? TIMED_OUT_CODE : r->code));
	json_object_set_new(result, "Stdout", end_of(&r->tail));
	json_object_set_new(result, "Stderr", end_of(&r->errors));
	json_canonical(result, &text);
	a->call.host->set_result(a->call.op, span_of_str(&text));
	str_release(&text);
	json_decref(result);
}

/* What it wrote as errors says why; many write all they say as output. */
static void detail_said(struct ask *a, const struct op_report *r)
{
	struct text said = text_trim(str_text(&r->errors));

	if (!said.len)
		said = text_trim(str_text(&r->tail));
	if (said.len)
		fault_detail(&a->fault, "It ran on %s.", a->host_name);
	op_detail_said(&a->fault, said);
	if (!said.len)
		fault_detail(&a->fault, "It ran on %s.", a->host_name);
}

static int end_fault(struct ask *a, const struct op_report *r)
{
	struct fault *f = &a->fault;

	if (r->phase == OP_TIMED_OUT) {
		fault_set(f, HD_FATAL, DIAG_SSH_SCRIPT_TIMEOUT, "the command took too long");
		fault_detail(f, "It was ended after %lld s.",
			     (long long)json_int(a->token, "time", 0));
		fault_hint(f, "give it a longer Timeout, or find out what it waits for");
	} else {
		fault_set(f, HD_FATAL, DIAG_SSH_COMMAND, "the command ended with code %d", r->code);
	}
	detail_said(a, r);
	f->effect = HD_EFFECT_PARTIAL;
	return ask_say(a);
}

static int lost_fault(struct ask *a, const struct op_report *r)
{
	struct fault *f = &a->fault;

	fault_set(f, HD_FATAL, DIAG_SSH_SCRIPT_LOST, "how the command ended is not known");
	fault_detail(f, "%s", r->why);
	fault_detail(f, "It was %s on %s.", json_str(a->token, "dir", "?"), a->host_name);
	fault_hint(f, "look at the host for what it did, then retry the step or skip it");
	f->effect = HD_EFFECT_PARTIAL;
	return ask_say(a);
}

/* What was read stays read when the host is gone the next moment; others sweep it away then. */
static void clean(struct ask *a)
{
	op_forget(a);
	fault_release(&a->fault);
	a->fault = FAULT_INIT;
}

static int ended(struct ask *a, const struct op_report *r)
{
	if (r->phase == OP_LOST || r->phase == OP_GONE)
		return lost_fault(a, r);
	clean(a);
	hand_over_result(a, r);
	if (r->phase == OP_TIMED_OUT || r->code != 0)
		return end_fault(a, r);
	a->call.host->set_effect(a->call.op, HD_EFFECT_DONE);
	return HD_OK;
}

int act_poll(struct ask *a)
{
	return op_settle(a, ended);
}

/* --- the call --------------------------------------------------------------------------- */

static int unknown_action(struct ask *a, struct text action)
{
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_COMMAND, "the ssh provider has no such action");
	fault_detail(&a->fault, "'%.*s'", TEXT_ARG(action));
	fault_hint(&a->fault, "it has one, command: a step of Type: Command");
	return ask_say(a);
}

int act_call(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	     struct hd_span action, struct hd_span args)
{
	struct ask a;
	int status;

	ask_open(&a, s, op, r, (struct hd_span){NULL, 0});
	json_decref(a.desired);
	a.desired = span_json(a.arena, args);
	if (!text_is(span_text(action), "command"))
		status = unknown_action(&a, span_text(action));
	else if (ask_find_host(&a) < 0)
		status = ask_say(&a);
	else
		status = run(&a);
	ask_close(&a);
	return status;
}
