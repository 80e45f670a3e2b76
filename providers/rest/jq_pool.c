/*
 * jq_pool.c - the children of this process, and who has which.
 *
 * A run is short, a compilation some hundred times as long.  So whoever finds the child that has
 * his program busy waits for it, patiently but not for ever, and only when many do is another child
 * made to learn the program.
 */
#include "providers/rest/jq_pool.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHILDREN_MAX 64
#define PATIENT_MAX 8   /* threads that wait for children that have their programs */
#define PATIENCE_MS 100 /* about what a large program takes to compile */

/* A thread that waits for a child that has its program. */
struct patient {
	pthread_cond_t woken;
	const char *digest;
	bool called; /* another child that comes free is for somebody else */
};

struct jq_pool {
	pthread_mutex_t lock;
	pthread_cond_t freed; /* any child */
	size_t impatient;     /* threads that wait for it */
	struct patient *patients[PATIENT_MAX];
	size_t patient_count;
	uint64_t turns;
	size_t holders; /* under pools_lock */
	size_t count;   /* of children that may be */
	struct jq_child children[CHILDREN_MAX];
};

/* The one piece of state that a process has for itself: children are dear. */
static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;
static struct jq_pool *the_pool;

static struct jq_pool *pool_new(void)
{
	struct jq_pool *p = xcalloc(1, sizeof(*p));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	p->count = cores < 1 ? 1 : cores > CHILDREN_MAX ? CHILDREN_MAX : (size_t)cores;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->freed, NULL);
	return p;
}

static void pool_free(struct jq_pool *p)
{
	for (size_t i = 0; i < p->count; i++)
		(void)jq_child_end(&p->children[i]);
	pthread_cond_destroy(&p->freed);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

struct jq_pool *jq_pool_hold(void)
{
	struct jq_pool *p;

	pthread_mutex_lock(&pools_lock);
	if (!the_pool)
		the_pool = pool_new();
	p = the_pool;
	p->holders++;
	pthread_mutex_unlock(&pools_lock);
	return p;
}

void jq_pool_release(struct jq_pool *p)
{
	bool last;

	if (!p)
		return;
	pthread_mutex_lock(&pools_lock);
	last = --p->holders == 0;
	if (last)
		the_pool = NULL;
	pthread_mutex_unlock(&pools_lock);
	if (last)
		pool_free(p);
}

/* Least recently used: free slots were never used. */
unsigned jq_child_slot(const struct jq_child *child, const char *digest, bool *known)
{
	unsigned least = 0;

	for (unsigned i = 0; i < JQ_CHILD_SLOTS; i++) {
		*known = strcmp(child->slots[i].digest, digest) == 0;
		if (*known)
			return i;
		if (child->slots[i].used < child->slots[least].used)
			least = i;
	}
	return least;
}

void jq_pool_learned(struct jq_pool *p, struct jq_child *child, unsigned slot, const char *digest)
{
	pthread_mutex_lock(&p->lock);
	snprintf(child->slots[slot].digest, sizeof(child->slots[slot].digest), "%s", digest);
	pthread_mutex_unlock(&p->lock);
}

void jq_pool_forgotten(struct jq_pool *p, struct jq_child *child)
{
	pthread_mutex_lock(&p->lock);
	memset(child->slots, 0, sizeof(child->slots));
	pthread_mutex_unlock(&p->lock);
}

static bool knows(const struct jq_child *child, const char *digest)
{
	for (size_t i = 0; i < JQ_CHILD_SLOTS; i++)
		if (strcmp(child->slots[i].digest, digest) == 0)
			return true;
	return false;
}

/* What a child is for a program, the greater the better; BUSY_KNOWN is worth waiting for. */
enum fitness { BUSY, UNBORN, UNKNOWN, BUSY_KNOWN, KNOWN };

/* Of a busy child nothing but the digests may be looked at. */
static enum fitness fitness(const struct jq_child *child, const char *digest)
{
	if (knows(child, digest))
		return child->busy ? BUSY_KNOWN : KNOWN;
	if (child->busy)
		return BUSY;
	return child->pid ? UNKNOWN : UNBORN;
}

/* The fittest child; without patience one that is not busy goes before one that knows. */
static struct jq_child *fittest(struct jq_pool *p, const char *digest, bool patient,
				enum fitness *best)
{
	struct jq_child *found = NULL;

	*best = BUSY;
	for (size_t i = 0; i < p->count && *best < KNOWN; i++) {
		enum fitness fit = fitness(&p->children[i], digest);

		if (fit == BUSY_KNOWN && !patient)
			fit = BUSY;
		if (fit > *best) {
			found = &p->children[i];
			*best = fit;
		}
	}
	return found;
}

static struct timespec patience_ends(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += PATIENCE_MS * 1000000L;
	t.tv_sec += t.tv_nsec / 1000000000L;
	t.tv_nsec %= 1000000000L;
	return t;
}

static void leave_queue(struct jq_pool *p, const struct patient *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->patient_count; i++)
		if (p->patients[i] != w)
			p->patients[kept++] = p->patients[i];
	p->patient_count = kept;
}

/* False when the patience is at its end. */
static bool wait_patiently(struct jq_pool *p, const char *digest, const struct timespec *end)
{
	struct patient w = {.digest = digest};
	pthread_condattr_t monotonic;
	bool in_time;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w.woken, &monotonic);
	pthread_condattr_destroy(&monotonic);
	p->patients[p->patient_count++] = &w;
	/* Should this thread have been called for a child that it leaves alone. */
	pthread_cond_signal(&p->freed);
	in_time = pthread_cond_timedwait(&w.woken, &p->lock, end) == 0;
	leave_queue(p, &w);
	pthread_cond_destroy(&w.woken);
	return in_time;
}

struct jq_child *jq_pool_borrow(struct jq_pool *p, const char *digest)
{
	struct timespec end = patience_ends();
	struct jq_child *child;
	enum fitness fit;
	bool patient = true;

	pthread_mutex_lock(&p->lock);
	while (child = fittest(p, digest, patient && p->patient_count < PATIENT_MAX, &fit),
	       fit == BUSY || fit == BUSY_KNOWN) {
		if (fit == BUSY_KNOWN) {
			patient = wait_patiently(p, digest, &end);
			continue;
		}
		p->impatient++;
		pthread_cond_wait(&p->freed, &p->lock);
		p->impatient--;
	}
	child->busy = true;
	pthread_mutex_unlock(&p->lock);
	return child;
}

static struct patient *patient_for(const struct jq_pool *p, const struct jq_child *child)
{
	for (size_t i = 0; i < p->patient_count; i++)
		if (!p->patients[i]->called && knows(child, p->patients[i]->digest))
			return p->patients[i];
	return NULL;
}

/* The patient and the others are called by turns. */
void jq_pool_return(struct jq_pool *p, struct jq_child *child)
{
	struct patient *w;

	pthread_mutex_lock(&p->lock);
	child->busy = false;
	w = patient_for(p, child);
	if (w && (!p->impatient || p->turns++ % 2)) {
		w->called = true;
		pthread_cond_signal(&w->woken);
	} else {
		pthread_cond_signal(&p->freed);
	}
	pthread_mutex_unlock(&p->lock);
}
