/* ssh.c - the ssh provider's table: which type and which host a call is for. */
#include "providers/ssh/ssh_provider.h"

#include <string.h>

#include "base/base.h"
#include "providers/kit/span.h"
#include "providers/ssh/act.h"
#include "providers/ssh/look.h"
#include "providers/ssh/schema.h"
#include "providers/ssh/type.h"

static const struct type *const types[] = {&type_file,    &type_directory, &type_command,
					   &type_package, &type_service,   &type_user};

const struct type *type_named(struct text name)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (text_is(name, types[i]->name))
			return types[i];
	}
	return NULL;
}

static int unknown_type(struct ask *a)
{
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_PROPERTY, "the ssh provider has no such type");
	fault_detail(&a->fault, "'%.*s'", TEXT_ARG(span_text(a->r->type)));
	return ask_say(a);
}

static int check_token(struct ask *a)
{
	if (!a->token || json_int(a->token, "v", 0) == 1)
		return 0;
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_SCRIPT_LOST,
		  "the recorded token is of another version of hadeploy");
	a->fault.effect = HD_EFFECT_UNKNOWN;
	fault_hint(&a->fault, "finish with the version that began");
	return -1;
}

typedef type_fn *pick_fn(const struct type *t);

/* What goes on without a resource. */
static const struct type no_type = {.name = "", .poll = act_poll};

static int ask(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	       struct hd_span token, pick_fn *pick)
{
	const struct type *type =
		r->type.len == 0 && token.len > 0 ? &no_type : type_named(span_text(r->type));
	struct ask a;
	int status;

	ask_open(&a, s, op, r, token);
	if (!type)
		status = unknown_type(&a);
	else if (check_token(&a) < 0 || ask_find_host(&a) < 0)
		status = ask_say(&a);
	else
		status = pick(type)(&a);
	ask_close(&a);
	return status;
}

static type_fn *pick_read(const struct type *t)
{
	return t->read;
}

static type_fn *pick_create(const struct type *t)
{
	return t->create;
}

static type_fn *pick_update(const struct type *t)
{
	return t->update;
}

static type_fn *pick_remove(const struct type *t)
{
	return t->remove;
}

static int never_pending(struct ask *a)
{
	fault_set(&a->fault, HD_FATAL, DIAG_SSH_PROPERTY, "nothing of this type is ever pending");
	return ask_say(a);
}

static type_fn *pick_poll(const struct type *t)
{
	return t->poll ? t->poll : never_pending;
}

static int nothing_there(struct ask *a)
{
	(void)a;
	return HD_NOTFOUND;
}

static type_fn *pick_find(const struct type *t)
{
	return t->find ? t->find : nothing_there;
}

/* With nothing but the id of something, it is to be imported. */
static int call_read(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return ask(s, op, r, (struct hd_span){NULL, 0}, r->recorded.len ? pick_read : pick_find);
}

static int call_create(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return ask(s, op, r, (struct hd_span){NULL, 0}, pick_create);
}

static int call_update(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return ask(s, op, r, (struct hd_span){NULL, 0}, pick_update);
}

static int call_remove(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return ask(s, op, r, (struct hd_span){NULL, 0}, pick_remove);
}

static int call_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		     struct hd_span token)
{
	return ask(s, op, r, token, pick_poll);
}

/* The manifest calls the machine by another name now: what is there stays. */
static void plan_renamed_host(struct ask *a)
{
	const char *before = ask_text(a, a->recorded, "Host");
	const char *address = ask_text(a, a->priv, "Address");

	if (before && address && strcmp(before, a->host_name) != 0 &&
	    strcmp(address, a->host->target.address) == 0 &&
	    json_int(a->priv, "Port", 22) == a->host->target.port)
		a->call.host->plan_same(a->call.op, span_of("/Host"));
}

/* Nobody is asked over the network: a host must be in the manifest, that is all. */
static int plan_open(struct ask *a, const struct type *type)
{
	const char *name = ask_text(a, a->desired, "Host");

	if (ask_unknown(a, "/Host") || !name)
		return type->plan && !ask_unknown(a, "/Host") ? type->plan(a) : HD_OK;
	a->host_name = name;
	a->host = host_find(a->session, name);
	if (!a->host) {
		host_unknown(a->session, name, &a->fault);
		return ask_say(a);
	}
	plan_renamed_host(a);
	return type->plan ? type->plan(a) : HD_OK;
}

static int call_plan(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	const struct type *type = type_named(span_text(r->type));
	struct ask a;
	int status;

	ask_open(&a, s, op, r, (struct hd_span){NULL, 0});
	status = type ? plan_open(&a, type) : unknown_type(&a);
	ask_close(&a);
	return status;
}

/* Without a host nothing can be found: the engine then starts anew, with the same key. */
static int call_find(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	const struct type *type = type_named(span_text(r->type));
	struct ask a;
	int status = HD_NOTFOUND;

	ask_open(&a, s, op, r, (struct hd_span){NULL, 0});
	if (type && type->find && ask_find_host(&a) == 0)
		status = type->find(&a);
	ask_close(&a);
	return status;
}

const struct hd_provider hadeploy_provider_ssh = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "ssh",
	.version = "1",
	.schema = {(const char *)&ssh_schema, sizeof(ssh_schema)},
	.open = session_open,
	.close = session_close,
	.read = call_read,
	.create = call_create,
	.update = call_update,
	.remove = call_remove,
	.poll = call_poll,
	.plan = call_plan,
	.find = call_find,
	.act = act_call,
	.lookup = look_call,
};
