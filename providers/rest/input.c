#include "providers/rest/input.h"

#include <string.h>

#include "base/digest.h"
#include "providers/kit/span.h"
#include "providers/rest/program.h"
#include "providers/rest/shape.h"

#define KEY_LEN 64
#define RANDOM_LEN 12
#define RAISED_SHOWN 1000 /* bytes of what a program raises */

/* --- the key and the name ------------------------------------------------------------- */

static bool is_key(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return false;
	}
	return t.len <= KEY_LEN;
}

const char *input_key(struct arena *a, struct text idem)
{
	char digest[65];

	if (is_key(idem))
		return arena_text(a, idem);
	digest_sha256(idem, digest);
	return arena_strdup(a, digest);
}

/* The same for every attempt at one operation, and for no other. */
static json_t *random_text(struct text idem)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	unsigned char digest[DIGEST_LEN];
	char out[RANDOM_LEN];

	digest_sha256_raw(idem, digest);
	for (size_t i = 0; i < RANDOM_LEN; i++)
		out[i] = letters[digest[i] % (sizeof(letters) - 1)];
	return json_stringn(out, RANDOM_LEN);
}

static struct text before_char(struct text t, char c)
{
	const char *at = memchr(t.ptr, c, t.len);

	return (struct text){t.ptr, at ? (size_t)(at - t.ptr) : t.len};
}

static struct text after_last(struct text t, char c)
{
	size_t at = t.len;

	while (at > 0 && t.ptr[at - 1] != c)
		at--;
	return (struct text){t.ptr + at, t.len - at};
}

/* A nested stack is a stack of its own in CloudFormation: "web-Net", "Vpc" of "web/.../Net.Vpc". */
json_t *input_name(struct text address, struct text idem)
{
	struct text stack = before_char(address, '/'), whole = after_last(address, '/');
	struct text logical = after_last(whole, '.');
	struct str outer = STR_INIT;
	json_t *name = json_object();

	str_add_text(&outer, stack);
	if (logical.len < whole.len) {
		str_add_char(&outer, '-');
		str_add_text(&outer, (struct text){whole.ptr, whole.len - logical.len - 1});
	}
	for (size_t i = 0; i < outer.len; i++) {
		if (outer.ptr[i] == '.')
			outer.ptr[i] = '-';
	}
	json_object_set_new(name, "stack", json_string(str_cstr(&outer)));
	json_object_set_new(name, "logical", json_stringn(logical.ptr, logical.len));
	json_object_set_new(name, "random", random_text(idem));
	str_release(&outer);
	return name;
}

static json_t *tags_of(const struct rest_call *c)
{
	struct text address = span_text(c->r->address);
	json_t *tags = json_object();

	json_object_set_new(tags, "hadeploy:project", json_string(c->s->project));
	json_object_set_new(tags, "hadeploy:address", json_stringn(address.ptr, address.len));
	return tags;
}

/* --- variables ------------------------------------------------------------------------ */

static bool names_account(struct text source)
{
	return source.ptr && memmem(source.ptr, source.len, "$account", strlen("$account"));
}

static bool operation_names_account(const struct operation *op)
{
	bool names = names_account(op->state.source) || names_account(op->items.source) ||
		     names_account(op->result.source);

	for (size_t i = 0; i < op->step_count && !names; i++) {
		const struct step *s = &op->steps[i];
		const struct expression *all[] = {&s->when,   &s->for_each,   &s->request,
						  &s->id,     &s->keep,       &s->until,
						  &s->failed, &s->pages.next, &s->pages.items};

		for (size_t k = 0; k < ARRAY_LEN(all); k++)
			names |= names_account(all[k]->source);
	}
	return names;
}

/* The number of an account may have to be asked for. */
static bool definition_names_account(const struct definition *t)
{
	bool names = names_account(t->functions) || names_account(t->service.functions) ||
		     names_account(t->service.headers.source) ||
		     (t->service.endpoint && strstr(t->service.endpoint, "$account"));

	for (size_t i = 0; i < OPERATION_KIND_COUNT; i++)
		names |= operation_names_account(&t->operations[i]);
	for (size_t i = 0; i < t->action_count; i++)
		names |= operation_names_account(&t->actions[i].operation);
	return names;
}

static int ask_kind(struct rest_call *c, json_t *v)
{
	const struct rest_kind *kind = c->s->kind;

	if (!kind->variables)
		return 0;
	json_object_set_new(v, "partition", json_null());
	json_object_set_new(v, "suffix", json_null());
	if (definition_names_account(c->t))
		json_object_set_new(v, "account", json_null());
	return kind->variables(c->s->context, &c->call, v, &c->fault);
}

static json_t *copy_or(const json_t *j, json_t *otherwise)
{
	if (!j)
		return otherwise;
	json_decref(otherwise);
	return json_deep_copy(j);
}

json_t *input_variables(struct rest_call *c)
{
	struct text idem = span_text(c->r->idem);
	json_t *v = json_object();

	json_object_set_new(v, "type", json_string(c->type));
	json_object_set_new(v, "id", json_string(c->id));
	json_object_set_new(v, "properties", copy_or(c->desired, json_null()));
	json_object_set(v, "prior", c->recorded);
	json_object_set_new(v, "changed", copy_or(c->changed, json_array()));
	json_object_set_new(v, "steps", json_object());
	json_object_set_new(v, "kept", json_object());
	json_object_set_new(v, "key", json_string(input_key(c->a, idem)));
	json_object_set_new(v, "name", input_name(span_text(c->r->address), idem));
	json_object_set_new(v, "tags", tags_of(c));
	json_object_set_new(v, "region", json_string(c->s->aws_region));
	json_object_set_new(v, "account", json_string(""));
	json_object_set_new(v, "partition", json_string(""));
	json_object_set_new(v, "suffix", json_string(""));
	json_object_set_new(v, "settings", copy_or(c->s->settings, json_object()));
	json_object_set_new(v, "args", copy_or(c->args, json_null()));
	json_object_set_new(v, "schema", shape_facts(c->shape));
	if (ask_kind(c, v) < 0) {
		json_decref(v);
		return NULL;
	}
	return v;
}

/* --- asking --------------------------------------------------------------------------- */

static struct text question_text(struct rest_call *c, const struct input_question *q)
{
	struct str text = STR_INIT;
	struct text out;

	str_printf(&text, "{\"fn\":%u,\"in\":", q->function);
	if (q->in)
		json_canonical(q->in, &text);
	else
		str_add(&text, "null");
	if (q->end) {
		str_printf(&text, ",\"end\":%u,\"step\":", q->end);
		json_quote(&text, text_of(q->step));
	}
	str_add(&text, q->page ? ",\"page\":true,\"v\":" : ",\"v\":");
	json_canonical(q->variables, &text);
	str_add_char(&text, '}');
	out = (struct text){arena_text(c->a, str_text(&text)), text.len};
	str_release(&text);
	return jq_safe_numbers(c->a, out);
}

static int say_runaway(struct rest_call *c)
{
	fault_set(&c->fault, HD_FATAL, DIAG_REST_RUNAWAY,
		  "an expression of the type's definition does not come to an end");
	fault_detail(&c->fault, "it was stopped after %d s, or when it took more than %zu MiB",
		     JQ_RUN_MS / 1000, JQ_MEMORY >> 20);
	fault_hint(&c->fault, "look for recurse, until, while, range or repeat without a limit");
	return -1;
}

static int say_broken(struct rest_call *c, const struct jq_answer *answer)
{
	fault_set(&c->fault, HD_RETRY, DIAG_REST_PROGRAM,
		  "the process that runs jq programs failed");
	fault_detail(&c->fault, "%.*s", TEXT_ARG(answer->text));
	return -1;
}

/* What a definition raises itself begins with its type, and is for who wrote the template:
 * "AWS::EC2::Volume: 'Encrypted' is not served: leave it out". */
static const char *refusal_in(const struct rest_call *c, struct text said)
{
	struct text type = text_of(c->type);

	if (said.len <= type.len + 2 || memcmp(said.ptr, type.ptr, type.len) != 0 ||
	    memcmp(said.ptr + type.len, ": ", 2) != 0)
		return NULL;
	return arena_text(c->a, (struct text){said.ptr + type.len + 2, said.len - type.len - 2});
}

static int say_refused(struct rest_call *c, const char *refusal)
{
	const char *hint = strstr(refusal, ": ");
	size_t len = hint ? (size_t)(hint - refusal) : strlen(refusal);

	fault_set(&c->fault, HD_FATAL, DIAG_REST_UNSERVED, "%.*s", (int)len, refusal);
	fault_hint(&c->fault, "%s",
		   hint ? hint + 2 : "change the template, or write a definition of your own");
	fault_detail(&c->fault, "the definition of %s refuses it", c->t->type);
	return -1;
}

/* What is raised may be a whole answer. */
static const char *shortened(struct arena *a, struct text t)
{
	if (t.len <= RAISED_SHOWN)
		return arena_text(a, t);
	/* Not in the middle of a character. */
	t.len = RAISED_SHOWN;
	while (t.len && ((unsigned char)t.ptr[t.len] & 0xc0) == 0x80)
		t.len--;
	return arena_printf(a, "%.*s...", TEXT_ARG(t));
}

static int say_raised(struct rest_call *c, const struct jq_answer *answer, struct range *where)
{
	if (answer->line)
		*where = program_place(c->t, answer->line).src ? program_place(c->t, answer->line)
							       : *where;
	fault_set(&c->fault, HD_FATAL, DIAG_REST_PROGRAM,
		  "an expression of the type's definition fails");
	fault_detail(&c->fault, "jq says: %s", shortened(c->a, answer->text));
	fault_hint(&c->fault, "what a service may leave out needs '// ...', '?' or 'objects'; "
			      "docs/writing-types.md shows how to try an expression");
	return -1;
}

static int say_failure(struct rest_call *c, const struct jq_answer *answer, struct range where)
{
	const char *refusal = answer->result == JQ_RAISED ? refusal_in(c, answer->text) : NULL;

	if (refusal)
		return say_refused(c, refusal);
	if (answer->result == JQ_RUNAWAY)
		say_runaway(c);
	else if (answer->result == JQ_BROKEN)
		say_broken(c, answer);
	else
		say_raised(c, answer, &where);
	fault_detail(&c->fault, "definition of %s", c->t->type);
	c->fault.where = where;
	return -1;
}

json_t *input_ask(struct rest_call *c, const struct input_question *q, struct range where)
{
	struct jq_answer answer;
	json_t *out = NULL;

	jq_run(c->s->jq, c->a, &c->t->program, question_text(c, q), &answer);
	if (answer.result == JQ_EMPTY)
		return json_null();
	if (answer.result == JQ_VALUE)
		out = json_parse(answer.text, c->a, NULL);
	else
		say_failure(c, &answer, where);
	if (!out && answer.result == JQ_VALUE) {
		answer.text = text_of("a value that is no JSON");
		answer.line = 0;
		say_failure(c, &answer, where);
	}
	return out;
}
