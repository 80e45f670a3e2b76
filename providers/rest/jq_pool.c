/* jq_pool.c - the children of this process, and who has which. */
#include "providers/rest/jq_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHILDREN_MAX 64

struct jq_pool {
	pthread_mutex_t lock;
	pthread_cond_t freed;
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

/* How glad one would be of this child: knows the program, runs at all, could be started. */
static int fitness(const struct jq_child *child, const char *digest)
{
	bool known;

	if (child->busy)
		return 0;
	if (!child->pid)
		return 1;
	(void)jq_child_slot(child, digest, &known);
	return known ? 3 : 2;
}

static struct jq_child *best_child(struct jq_pool *p, const char *digest)
{
	struct jq_child *best = NULL;
	int most = 0;

	for (size_t i = 0; i < p->count && most < 3; i++) {
		int fit = fitness(&p->children[i], digest);

		if (fit > most) {
			best = &p->children[i];
			most = fit;
		}
	}
	return best;
}

struct jq_child *jq_pool_borrow(struct jq_pool *p, const char *digest)
{
	struct jq_child *child;

	pthread_mutex_lock(&p->lock);
	while (child = best_child(p, digest), !child)
		pthread_cond_wait(&p->freed, &p->lock);
	child->busy = true;
	pthread_mutex_unlock(&p->lock);
	return child;
}

void jq_pool_return(struct jq_pool *p, struct jq_child *child)
{
	pthread_mutex_lock(&p->lock);
	child->busy = false;
	pthread_cond_signal(&p->freed);
	pthread_mutex_unlock(&p->lock);
}
