/*
 * retry.h - what a provider's answer means for the engine, and how long to wait.
 *
 * One table over (status, effect); the only place that retries.  Pure: the caller gives
 * time and random bits.
 */
#ifndef ENGINE_RETRY_H
#define ENGINE_RETRY_H

#include "base/base.h"
#include "providers/api/provider.h"

#define HD_STATUS_COUNT (HD_UNREACHABLE + 1)
#define HD_EFFECT_COUNT (HD_EFFECT_UNKNOWN + 1)

enum verdict {
	VERDICT_DONE,    /* record what was handed over */
	VERDICT_PENDING, /* record the token, wait, poll() */
	VERDICT_AGAIN,   /* the same call after a wait; counts as an attempt */
	VERDICT_LATER,   /* the same call after a longer wait; uses up no attempt */
	VERDICT_LOOK,    /* nobody knows what happened: find() or read(), then decide */
	VERDICT_GONE,    /* there is no such resource */
	VERDICT_EXISTS,  /* create found it there */
	VERDICT_FAIL,    /* it failed, nothing changed */
	VERDICT_PARTIAL  /* it failed half-way: record what was handed over, tainted */
};

/* Whether the call asks (read, find, poll, plan) or changes the world itself. */
enum call_nature { CALL_ASKS, CALL_CHANGES };

/* Without regard to attempts. */
enum verdict retry_verdict(enum hd_status status, enum hd_effect effect, enum call_nature nature);
/* The same call again may help. */
bool retry_is_passing(enum hd_status status);

/* Attempts at one call, the first one included. */
#define RETRY_ATTEMPTS 4
#define RETRY_ATTEMPTS_THROTTLED 10

/* Attempts that a status gets at most; 0: as many as the operation's deadline allows. */
int retry_attempts_max(enum hd_status status);

struct retry_request {
	enum hd_status status;
	int attempts;                /* made so far; CONFLICT ones not counted, see waits */
	int waits;                   /* for VERDICT_LATER: how often it has waited */
	int64_t retry_after_ms;      /* what the provider asked for; 0: nothing */
	int64_t now_ms, deadline_ms; /* of the whole operation */
	uint64_t random;
};
/* How long a provider that asks to be left alone is. */
int64_t retry_after_ms(int64_t asked_ms);
/* How long to wait before the same call again; -1: no more attempts. */
int64_t retry_wait_ms(const struct retry_request *r);

#endif
