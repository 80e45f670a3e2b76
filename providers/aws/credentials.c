#include "providers/aws/credentials.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "providers/aws/ask.h"
#include "providers/aws/credentials_parts.h"

/* Looked for again when they hold no longer than this ... */
#define REFRESH_MS (5 * 60 * 1000)
/* ... used meanwhile as long as they hold this much, and looked for no more often than this. */
#define USABLE_MS (30 * 1000)
#define AGAIN_MS (30 * 1000)
/* What failed for good is not looked for again at once by everybody. */
#define FAILURE_MS (10 * 1000)
/* Those that are younger than this are not the ones that a service has just refused. */
#define FRESH_MS 100
/* Of one who asks, when others take away what was found. */
#define LOOKS_MAX 8
#define WAIT_NS (100 * 1000 * 1000)

struct credentials {
	const struct rest_session *session;
	const struct aws_settings *settings;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a look has ended */
	bool looking;
	struct arena *arena; /* of the key; NULL: there is none */
	struct aws_key key;
	int64_t again_ms;     /* no look before that, while there is a usable key; wall */
	bool refused;         /* by a service: good for words alone */
	int64_t looked_ms;    /* when it was found, on the machine's clock */
	struct fault failure; /* of the last look; status HD_OK: none */
	int64_t failed_ms;    /* when, on the clock of calls */
	uint64_t looks;       /* that have ended */
};

struct credentials *credentials_new(const struct rest_session *s,
				    const struct aws_settings *settings)
{
	struct credentials *c = xcalloc(1, sizeof(*c));

	c->session = s;
	c->settings = settings;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	return c;
}

void credentials_free(struct credentials *c)
{
	if (!c)
		return;
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	fault_release(&c->failure);
	arena_free(c->arena);
	free(c);
}

static bool holds(const struct credentials *c, int64_t wall_ms, int64_t how_long)
{
	return c->arena && !c->refused &&
	       (!c->key.expires_ms || c->key.expires_ms - wall_ms > how_long);
}

static void copy_key(const struct credentials *c, struct arena *a, struct sigv4_key *out)
{
	*out = (struct sigv4_key){
		.id = arena_strdup(a, c->key.id),
		.secret = arena_strdup(a, c->key.secret),
		.token = c->key.token ? arena_strdup(a, c->key.token) : NULL,
	};
}

/* The lock is held, but not while looking. */
static void look(struct credentials *c, const struct kit_call *call)
{
	struct fault f = FAULT_INIT;
	struct search s = {c->session, c->settings, call, arena_new(), STR_INIT, &f};
	struct aws_key key = {0};
	enum found found;

	c->looking = true;
	pthread_mutex_unlock(&c->lock);
	found = credentials_search(&s, &key);
	str_release(&s.looked);
	pthread_mutex_lock(&c->lock);
	c->looking = false;
	c->looks++;
	c->again_ms = aws_wall_ms(call) + AGAIN_MS;
	fault_release(&c->failure);
	if (found == FOUND_KEY) {
		arena_free(c->arena);
		c->arena = s.a;
		c->key = key;
		c->refused = false;
		c->looked_ms = clock_real()->monotonic_ms(clock_real());
	} else {
		arena_free(s.a);
		c->failure = f;
		c->failed_ms = kit_now_ms(call);
	}
	pthread_cond_broadcast(&c->changed);
}

static bool interrupted(const struct kit_call *call)
{
	return kit_cancelled(call) || (call->deadline_ms && kit_now_ms(call) >= call->deadline_ms);
}

/* For the end of somebody else's look. */
static int wait_for_look(struct credentials *c, const struct kit_call *call, struct fault *f)
{
	uint64_t before = c->looks;

	while (c->looks == before) {
		struct timespec until;

		if (interrupted(call))
			return fault_set(f, kit_cancelled(call) ? HD_CANCELLED : HD_RETRY,
					 DIAG_AWS_CREDENTIALS,
					 "AWS credentials were not found in time");
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += WAIT_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&c->changed, &c->lock, &until);
	}
	return 0;
}

static bool failed_just_now(const struct credentials *c, const struct kit_call *call)
{
	return c->failure.status == HD_FATAL && kit_now_ms(call) - c->failed_ms < FAILURE_MS;
}

static bool is_good_enough(const struct credentials *c, int64_t wall_ms)
{
	return holds(c, wall_ms, REFRESH_MS) ||
	       (holds(c, wall_ms, USABLE_MS) && (c->looking || wall_ms < c->again_ms));
}

static int over_at_once(const struct credentials *c, struct fault *f)
{
	fault_set(f, HD_RETRY, DIAG_AWS_EXPIRED, "the AWS credentials have expired");
	fault_detail(f, "They are from %s, and were over when they came.", c->key.from);
	fault_hint(f, "set the clock when it is wrong");
	return -1;
}

/* 0 when a look has ended, one's own or another's. */
static int look_or_wait(struct credentials *c, const struct kit_call *call, struct fault *f)
{
	if (c->looking)
		return wait_for_look(c, call, f);
	if (!failed_just_now(c, call))
		look(c, call);
	return 0;
}

/* 0 with a key that can be used in c->key; the lock is held. */
static int ensure(struct credentials *c, const struct kit_call *call, struct fault *f)
{
	for (int look_count = 0; look_count < LOOKS_MAX; look_count++) {
		if (is_good_enough(c, aws_wall_ms(call)))
			return 0;
		if (look_or_wait(c, call, f))
			return -1;
		if (holds(c, aws_wall_ms(call), 0))
			return 0;
		if (c->failure.status != HD_OK) {
			fault_copy(f, &c->failure);
			return -1;
		}
	}
	return over_at_once(c, f);
}

int credentials_get(struct credentials *c, const struct kit_call *call, struct arena *a,
		    struct sigv4_key *out, struct fault *f)
{
	int rc;

	pthread_mutex_lock(&c->lock);
	rc = ensure(c, call, f);
	if (rc == 0)
		copy_key(c, a, out);
	pthread_mutex_unlock(&c->lock);
	return rc;
}

/* Others may have been refused with the same keys, and new ones are there already. */
static void forget(struct credentials *c)
{
	if (clock_real()->monotonic_ms(clock_real()) - c->looked_ms < FRESH_MS)
		return;
	c->refused = true;
}

/* Keys that stand in the environment or in files stay as they are: asking again cannot help.  Those
 * that ended on their way are replaced, and the request was not carried out. */
void credentials_refused(struct credentials *c, struct fault *f)
{
	pthread_mutex_lock(&c->lock);
	if (c->arena)
		fault_detail(f, "The credentials are from %s.", c->key.from);
	if (c->arena && f->code == DIAG_REST_CREDENTIALS && c->key.renewable) {
		f->status = HD_RETRY;
		f->effect = HD_EFFECT_NONE;
		forget(c);
	}
	pthread_mutex_unlock(&c->lock);
}
