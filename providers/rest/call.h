/*
 * call.h - one call of the engine to the provider: what was asked, and what is known so far.
 *
 * call_open, then what the call is for (run.h carries out operations), then call_close, which says
 * the fault when the status is none of success.  Functions that fail return -1 and have filled
 * c->fault.
 */
#ifndef PROVIDERS_REST_CALL_H
#define PROVIDERS_REST_CALL_H

#include "base/json.h"
#include "providers/rest/rest.h"
#include "providers/rest/session.h"

struct rest_call {
	struct hd_session *session;
	const struct rest_session *s;
	const struct hd_resource *r; /* a list's and a lookup's is empty */
	struct kit_call call;
	struct arena *a;
	struct fault fault;
	const struct definition *t;
	const struct shape *shape;
	const char *type, *id;      /* "" before there is one */
	json_t *desired, *recorded; /* desired: NULL where there is none; without what was secret in
					 a poll; recorded: {} */
	json_t *changed, *args;     /* NULL */
	bool imports;               /* a read of an id, with a template's words for what it shows */
	struct hd_resource none;
};

/* The type's definition and schema are there afterwards; -1 when there is none. */
int call_begin(struct rest_call *c, struct hd_session *s, struct hd_op *op,
	       const struct hd_resource *r);
/* For a call about a type alone. */
int call_begin_type(struct rest_call *c, struct hd_session *s, struct hd_op *op,
		    struct hd_span type);
/* Says the fault, if the call has one; the status. */
int call_fail(struct rest_call *c);
void call_end(struct rest_call *c);

/* Copies of what the service keeps lag behind each other. */
bool call_is_eventual(const struct rest_call *c);
/* An absence that may not be believed of what is new. */
void call_doubt_absence(const struct rest_call *c);
int64_t call_wall_ms(const struct rest_call *c);
/* The wanted properties without those that may not be recorded; new reference, NULL when there
 * are none. */
json_t *call_without_secrets(const struct rest_call *c);
/* The first secret property that was taken away from the wanted ones and that one of the steps
 * from `first` on asks for; NULL. */
const char *call_missing_secret(const struct rest_call *c, const struct operation *op,
				size_t first);

#endif
