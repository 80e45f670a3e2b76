#include "engine/retry.h"

#include <assert.h>

/* Columns: effect NONE, DONE, PARTIAL, UNKNOWN. */
static const enum verdict verdicts[HD_STATUS_COUNT][HD_EFFECT_COUNT] = {
	[HD_OK] = {VERDICT_DONE, VERDICT_DONE, VERDICT_DONE, VERDICT_DONE},
	[HD_PENDING] = {VERDICT_PENDING, VERDICT_PENDING, VERDICT_PENDING, VERDICT_PENDING},
	[HD_RETRY] = {VERDICT_AGAIN, VERDICT_LOOK, VERDICT_PARTIAL, VERDICT_LOOK},
	[HD_THROTTLED] = {VERDICT_AGAIN, VERDICT_LOOK, VERDICT_PARTIAL, VERDICT_LOOK},
	[HD_CONFLICT] = {VERDICT_LATER, VERDICT_LOOK, VERDICT_PARTIAL, VERDICT_LOOK},
	[HD_NOTFOUND] = {VERDICT_GONE, VERDICT_GONE, VERDICT_PARTIAL, VERDICT_LOOK},
	[HD_EXISTS] = {VERDICT_EXISTS, VERDICT_EXISTS, VERDICT_PARTIAL, VERDICT_LOOK},
	[HD_CANCELLED] = {VERDICT_FAIL, VERDICT_LOOK, VERDICT_PARTIAL, VERDICT_LOOK},
	[HD_FATAL] = {VERDICT_FAIL, VERDICT_PARTIAL, VERDICT_PARTIAL, VERDICT_LOOK},
	[HD_UNREACHABLE] = {VERDICT_AGAIN, VERDICT_LOOK, VERDICT_PARTIAL, VERDICT_LOOK},
};

/* The first wait is at most base_ms; doubled with each attempt up to cap_ms. */
struct backoff {
	int attempts; /* 0: until the operation's deadline */
	int64_t base_ms, cap_ms;
};

static const struct backoff backoffs[HD_STATUS_COUNT] = {
	[HD_RETRY] = {RETRY_ATTEMPTS, 500, 20000},
	[HD_THROTTLED] = {RETRY_ATTEMPTS_THROTTLED, 1000, 30000},
	[HD_CONFLICT] = {0, 2000, 30000},
	[HD_UNREACHABLE] = {RETRY_ATTEMPTS, 500, 5000},
};

/* A provider that asks for more is not followed: the operation's deadline is nearer. */
#define RETRY_AFTER_CAP_MS 300000

bool retry_is_passing(enum hd_status status)
{
	return backoffs[status].base_ms > 0;
}

int retry_attempts_max(enum hd_status status)
{
	return backoffs[status].attempts;
}

enum verdict retry_verdict(enum hd_status status, enum hd_effect effect, enum call_nature nature)
{
	assert((size_t)status < HD_STATUS_COUNT && (size_t)effect < HD_EFFECT_COUNT);
	/* Asking changes nothing, so it can always be asked again. */
	if (nature == CALL_ASKS && retry_is_passing(status))
		return verdicts[status][HD_EFFECT_NONE];
	return verdicts[status][effect];
}

/* Full jitter: anything up to the ceiling, so that many hosts do not come back at once. */
static int64_t backoff_ms(const struct backoff *b, int tries, uint64_t random)
{
	int64_t ceiling = b->base_ms;

	for (int i = 1; i < tries && ceiling < b->cap_ms; i++)
		ceiling *= 2;
	if (ceiling > b->cap_ms)
		ceiling = b->cap_ms;
	return (int64_t)(random % (uint64_t)ceiling) + 1;
}

int64_t retry_after_ms(int64_t asked_ms)
{
	return asked_ms > RETRY_AFTER_CAP_MS ? RETRY_AFTER_CAP_MS : asked_ms;
}

int64_t retry_wait_ms(const struct retry_request *r)
{
	const struct backoff *b = &backoffs[r->status];
	int64_t wait_ms, asked_ms = retry_after_ms(r->retry_after_ms);

	if (!retry_is_passing(r->status) || (b->attempts && r->attempts >= b->attempts))
		return -1;
	wait_ms = backoff_ms(b, b->attempts ? r->attempts : r->waits, r->random);
	if (wait_ms < asked_ms)
		wait_ms = asked_ms;
	return wait_ms < r->deadline_ms - r->now_ms ? wait_ms : -1;
}
