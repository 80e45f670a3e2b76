/*
 * deeds.h - acts of runbooks in the simulated cloud: commands, requests, messages, weights of
 * routes, and the named actions of types.
 *
 * Each takes its time and meets scripted faults like any call.  It leaves a row in the log, whose
 * `id` is what it is about (host, URL's host, route, resource) and whose address is the step's.
 */
#ifndef PROVIDERS_SIM_DEEDS_H
#define PROVIDERS_SIM_DEEDS_H

#include "providers/sim/visit.h"

/* What an act without a resource asks for is known here; else it is one of a type's. */
bool deed_is_known(struct text action);
int deed_act(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	     struct hd_span action, struct hd_span args);
/* One of those that a resource's type names, with a visit that is open. */
int deed_act_on(struct visit *v, struct hd_span action, struct hd_span args);
/* A token that one of these gave; deed_poll looks whether it is over. */
bool deed_is_token(const json_t *token);
int deed_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	      const json_t *token);

/* What acts have made of this region's databases, as far as their words tell. */
enum deed_role { DEED_ROLE_AS_ASKED, DEED_ROLE_PRIMARY, DEED_ROLE_STANDBY, DEED_ROLE_FENCED };
struct deed_place {
	enum deed_role role;
	const char *by; /* address of the step */
	int64_t promotions;
};
/* Opens and ends a transaction of its own; 0, or -1 with the visit's fault. */
int deed_look(struct visit *v, struct deed_place *out);

#endif
