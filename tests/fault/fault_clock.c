/*
 * fault_clock.c - time that runs faster, so that backoff and pending work cost a sweep little:
 * linked with --wrap=clock_real and --wrap=poll.
 *
 * HADEPLOY_FAULT_SPEED=20: a second lasts a twentieth of one.  All processes agree on the time
 * of day, because it is counted from one moment.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define SPEED_MAX 1000
#define EPOCH_MS 1767225600000 /* 2026-01-01 */

struct clock *__real_clock_real(void);
struct clock *__wrap_clock_real(void);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms);

static int64_t speed = 1;

static int64_t fast_monotonic_ms(struct clock *c)
{
	struct clock *real = __real_clock_real();

	(void)c;
	return real->monotonic_ms(real) * speed;
}

static int64_t fast_wall_ms(struct clock *c)
{
	struct clock *real = __real_clock_real();

	(void)c;
	return EPOCH_MS + (real->wall_ms(real) - EPOCH_MS) * speed;
}

static void real_random(struct clock *c, void *out, size_t len)
{
	struct clock *real = __real_clock_real();

	(void)c;
	real->random(real, out, len);
}

struct clock *__wrap_clock_real(void)
{
	static struct clock fast = {fast_monotonic_ms, fast_wall_ms, real_random,
				    fast_monotonic_ms};

	return speed == 1 ? __real_clock_real() : &fast;
}

/* Rounded up, so that nobody spins. */
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	if (timeout_ms > 0)
		timeout_ms = (int)((timeout_ms + speed - 1) / speed);
	return __real_poll(fds, count, timeout_ms);
}

__attribute__((constructor)) static void clock_start(void)
{
	const char *text = getenv("HADEPLOY_FAULT_SPEED");

	if (text && *text && !text_to_int64(text_of(text), 1, SPEED_MAX, &speed))
		abort();
}
