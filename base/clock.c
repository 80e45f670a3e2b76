/* clock.c - the machine's clock, a settable one, and times as text. */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define MS_PER_SECOND 1000
#define MS_PER_MINUTE (60 * MS_PER_SECOND)
#define MS_PER_HOUR (60 * MS_PER_MINUTE)

static int64_t read_clock(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now) != 0)
		fail_fast("the machine has no clock");
	return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / 1000000;
}

static int64_t real_monotonic_ms(struct clock *c)
{
	(void)c;
	return read_clock(CLOCK_MONOTONIC);
}

static int64_t real_boot_ms(struct clock *c)
{
	(void)c;
	return read_clock(CLOCK_BOOTTIME);
}

static int64_t real_wall_ms(struct clock *c)
{
	(void)c;
	return read_clock(CLOCK_REALTIME);
}

static void real_random(struct clock *c, void *out, size_t len)
{
	char *at = out;

	(void)c;
	while (len) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno != EINTR)
			fail_fast("the machine has no random bytes");
		if (got > 0) {
			at += got;
			len -= (size_t)got;
		}
	}
}

struct clock *clock_real(void)
{
	static struct clock real = {real_monotonic_ms, real_wall_ms, real_random, real_boot_ms};

	return &real;
}

static struct clock_fake *fake_of(struct clock *c)
{
	return container_of(c, struct clock_fake, base);
}

static int64_t fake_monotonic_ms(struct clock *c)
{
	return fake_of(c)->monotonic_ms;
}

static int64_t fake_wall_ms(struct clock *c)
{
	return fake_of(c)->wall_ms;
}

/* splitmix64: any seed gives a good sequence. */
static uint64_t next_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Byte by byte with shifts, so that every machine sees the same. */
static void fake_random(struct clock *c, void *out, size_t len)
{
	unsigned char *at = out;
	uint64_t word = 0;

	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0)
			word = next_random(&fake_of(c)->seed);
		at[i] = (unsigned char)(word >> (i % 8 * 8));
	}
}

void clock_fake_init(struct clock_fake *f, int64_t wall_ms, uint64_t seed)
{
	f->base = (struct clock){fake_monotonic_ms, fake_wall_ms, fake_random, fake_monotonic_ms};
	f->monotonic_ms = 0;
	f->wall_ms = wall_ms;
	f->seed = seed;
}

void clock_fake_advance(struct clock_fake *f, int64_t ms)
{
	f->monotonic_ms += ms;
	f->wall_ms += ms;
}

void clock_format_rfc3339(int64_t wall_ms, char out[CLOCK_TEXT_LEN])
{
	time_t seconds = (time_t)(wall_ms / MS_PER_SECOND - (wall_ms % MS_PER_SECOND < 0));
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(out, CLOCK_TEXT_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, CLOCK_TEXT_LEN, "%lldms", (long long)wall_ms);
}

/* ".5", ".863": what it is in milliseconds; more digits are cut. */
static const char *parse_fraction(const char *p, int64_t *ms)
{
	int64_t scale = MS_PER_SECOND / 10;

	*ms = 0;
	if (*p != '.')
		return p;
	for (p++; *p >= '0' && *p <= '9'; p++, scale /= 10)
		*ms += (*p - '0') * scale;
	return p;
}

/* "Z", "+01:00", to the end. */
static bool parse_zone(const char *p, int64_t *offset_s)
{
	struct tm zone = {0};
	const char *end;

	*offset_s = 0;
	if (*p != '+' && *p != '-')
		return strcmp(p, "Z") == 0;
	end = strptime(p + 1, "%H:%M", &zone);
	*offset_s = (zone.tm_hour * 60 + zone.tm_min) * 60 * (*p == '-' ? -1 : 1);
	return end && !*end;
}

bool clock_parse_rfc3339(const char *text, int64_t *wall_ms)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t ms, offset_s;

	if (!rest || !parse_zone(parse_fraction(rest, &ms), &offset_s))
		return false;
	*wall_ms = ((int64_t)timegm(&tm) - offset_s) * MS_PER_SECOND + ms;
	return true;
}

static void format_positive(int64_t ms, char *out, size_t len)
{
	int64_t seconds = ms / MS_PER_SECOND, minutes = ms / MS_PER_MINUTE;

	if (ms < MS_PER_SECOND)
		snprintf(out, len, "%dms", (int)ms);
	else if (ms < MS_PER_MINUTE)
		snprintf(out, len, "%d.%ds", (int)seconds, (int)(ms % MS_PER_SECOND / 100));
	else if (ms < MS_PER_HOUR)
		snprintf(out, len, "%dm%02ds", (int)minutes, (int)(seconds % 60));
	else
		snprintf(out, len, "%lldh%02dm", (long long)(ms / MS_PER_HOUR),
			 (int)(minutes % 60));
}

void clock_format_duration(int64_t ms, char out[CLOCK_TEXT_LEN])
{
	if (ms >= 0) {
		format_positive(ms, out, CLOCK_TEXT_LEN);
		return;
	}
	out[0] = '-';
	format_positive(ms == INT64_MIN ? INT64_MAX : -ms, out + 1, CLOCK_TEXT_LEN - 1);
}

/* In pieces, so that the buffer is small whatever is asked for. */
void clock_random_hex(struct clock *c, size_t bytes_len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char piece[16];

	for (size_t i = 0; i < bytes_len; i++) {
		size_t at = i % sizeof(piece), left = bytes_len - i;

		if (at == 0)
			c->random(c, piece, left < sizeof(piece) ? left : sizeof(piece));
		out[2 * i] = digits[piece[at] >> 4];
		out[2 * i + 1] = digits[piece[at] & 15];
	}
	out[2 * bytes_len] = '\0';
}
