/*
 * clock.h - time and random bytes behind one interface, so that tests can set them.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/base.h"

struct clock {
	int64_t (*monotonic_ms)(struct clock *c);
	int64_t (*wall_ms)(struct clock *c); /* since 1970-01-01 UTC */
	void (*random)(struct clock *c, void *out, size_t len);
	/* Goes on while the machine sleeps, and nobody sets it. */
	int64_t (*boot_ms)(struct clock *c);
};

/* The machine's; has no state and lives for ever.  Thread-safe. */
struct clock *clock_real(void);

/* For tests: starts at the given times, moves only by clock_fake_advance; random
 * bytes come from the seed. */
struct clock_fake {
	struct clock base;
	int64_t monotonic_ms, wall_ms;
	uint64_t seed;
};
void clock_fake_init(struct clock_fake *f, int64_t wall_ms, uint64_t seed);
void clock_fake_advance(struct clock_fake *f, int64_t ms);

/* "2026-11-20T09:20:24Z"; milliseconds are cut. */
#define CLOCK_TEXT_LEN 32
void clock_format_rfc3339(int64_t wall_ms, char out[CLOCK_TEXT_LEN]);
/* The way back: also with parts of a second, and "+01:00" instead of Z.  False: it is none. */
bool clock_parse_rfc3339(const char *text, int64_t *wall_ms);
/* "850ms", "12.3s", "4m05s", "1h02m". */
void clock_format_duration(int64_t ms, char out[CLOCK_TEXT_LEN]);
/* Hex of `bytes_len` random bytes plus NUL into out[2 * bytes_len + 1]. */
void clock_random_hex(struct clock *c, size_t bytes_len, char *out);

#endif
