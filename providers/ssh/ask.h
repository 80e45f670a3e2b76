/*
 * ask.h - one provider call at work: its documents read, its host found, and what the
 * types need to talk to that host and to hand over results.
 *
 * ask_open, then the type's function, then ask_close.  Everything lives in the arena
 * or is owned by the struct.  One thread.
 */
#ifndef PROVIDERS_SSH_ASK_H
#define PROVIDERS_SSH_ASK_H

#include "base/arena.h"
#include "base/json.h"
#include "providers/kit/fault.h"
#include "providers/kit/ssh.h"
#include "providers/ssh/host.h"

struct ask {
	struct hd_session *session;
	struct kit_call call;
	const struct hd_resource *r;
	struct arena *arena;
	json_t *desired;  /* NULL when empty */
	json_t *recorded; /* NULL when empty */
	json_t *token;    /* poll(); else NULL */
	json_t *priv;     /* always an object; set_private gets it back */
	struct host *host;
	const char *host_name; /* as the resource names it */
	struct fault fault;
};

int ask_open(struct ask *a, struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	     struct hd_span token);
void ask_close(struct ask *a);
/* Finds the host that the resource is on.  0, or -1 with a fault. */
int ask_find_host(struct ask *a);

/* Runs a one-line script on the host.  0, or -1 with a fault. */
int ask_run(struct ask *a, enum ssh_kind kind, const struct str *script, struct ssh_reply *reply);
int ask_run_body(struct ask *a, const struct str *script, struct text body,
		 struct ssh_reply *reply);
/* The fault for a command that failed there: disk full, no right, or its own words. */
int ask_host_fault(struct ask *a, const char *what, struct text output);

/* True when the engine looks for what an operation of its own made, and not for
 * something to import. */
bool ask_is_recovery(const struct ask *a);
/* What the resource is declared to be: desired, or what was recorded of it. */
const json_t *ask_declared(const struct ask *a);
/* A scalar member as text; NULL when absent or no scalar. */
const char *ask_text(const struct ask *a, const json_t *object, const char *key);
bool ask_sensitive(const struct ask *a, const char *pointer);
/* plan(): the property or a part of it is not known yet. */
bool ask_unknown(const struct ask *a, const char *pointer);
/* Fault HD5106 at the property. */
int ask_bad_property(struct ask *a, const char *pointer, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Tells the fault. */
int ask_say(struct ask *a);
/* Hands over the state (stolen), the private bytes, and for a create the id; HD_OK. */
int ask_done(struct ask *a, json_t *state, int effect);
/* The same without a verdict, for a failure that left something behind. */
void ask_hand_over(struct ask *a, json_t *state);
/* "HOST:NAME", the id of whatever has a natural name on its host. */
void ask_set_natural_id(struct ask *a, const char *name);
/* The engine asks for what has the wanted name, whoever made it. */
bool ask_is_adoption(const struct ask *a);
/* Import: hands over the state (stolen) of what has this name on its host; HD_OK. */
int ask_found(struct ask *a, const char *name, json_t *state);
/* Import: what follows the host in such an id; NULL when the id has no such form. */
const char *ask_name_in_id(const struct ask *a, const char **host);

#endif
