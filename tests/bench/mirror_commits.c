/*
 * mirror_commits.c - what one commit of the mirror costs: a change of one record, among INSTANCES
 * stack instances of RECORDS records each.
 *
 * mirror_commits FOLDER INSTANCES RECORDS ROUNDS prints the median and the slowest in ms.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "engine/mirror_parts.h"

#define PROPERTIES                                                                            \
	"{\"Cidr\":\"10.0.0.0/16\",\"Name\":\"shop\",\"Size\":4,\"Tags\":[{\"Key\":\"team\"," \
	"\"Value\":\"web\"}],\"Zone\":\"east-1a\"}"

static int number(const char *text)
{
	int64_t out = 0;

	return text_to_int64(text_of(text), 1, 1000000, &out) ? (int)out : 1;
}

static void fail(struct diags *d)
{
	fprintf(stderr, "mirror_commits: %s\n", d->first ? d->first->summary : "failed");
	exit(1);
}

static struct instance_id instance(struct arena *a, int i)
{
	return (struct instance_id){arena_printf(a, "stack%d", i), "-", i % 2 ? "east" : "west"};
}

static void put(struct state *s, struct arena *a, const struct instance_id *id, int count,
		struct diags *d)
{
	struct state_edit *edits = ARENA_ARRAY(a, (size_t)count, struct state_edit);

	for (int k = 0; k < count; k++) {
		struct record *r = ARENA_NEW(a, struct record);

		*r = (struct record){
			.addr = {*id, arena_printf(a, "Node%d", k)},
			.type = "Sim::Node",
			.provider = "sim",
			.id = arena_printf(a, "node-%d", rand()),
			.inputs = PROPERTIES,
			.outputs = PROPERTIES,
		};
		edits[k] = (struct state_edit){.kind = EDIT_PUT_RECORD, .record = r};
	}
	if (state_commit(s, edits, (size_t)count, d) != 0)
		fail(d);
}

static int compare(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return (a > b) - (a < b);
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * (int64_t)1000000 + t.tv_nsec / 1000;
}

static void measure(struct state *s, struct mirror_writer *w, int rounds, struct diags *d)
{
	int64_t *took = xcalloc((size_t)rounds, sizeof(*took)), middle;
	struct arena *a = arena_new();
	struct instance_id id = instance(a, 0);
	struct rows_key key = {.of = ROWS_INSTANCE, .instance = id};
	const struct mirror_batch one = {.items = &key, .count = 1};

	for (int i = 0; i < rounds; i++) {
		put(s, a, &id, 1, d);
		took[i] = now_us();
		if (mirror_write(w, &one, d) != 0)
			fail(d);
		took[i] = now_us() - took[i];
	}
	qsort(took, (size_t)rounds, sizeof(*took), compare);
	middle = took[rounds / 2];
	printf("%.1f %.1f\n", (double)middle / 1000, (double)took[rounds - 1] / 1000);
	free(took);
	arena_free(a);
}

int main(int argc, char **argv)
{
	struct diags d = DIAGS_INIT;
	struct arena *a = arena_new();
	struct lock_owner owner = {"ann", "here", "bench", 1, 0};
	struct mirror_writer w = {.ref = "refs/hadeploy/state",
				  .project = "bench",
				  .command = "bench",
				  .user = "ann",
				  .host = "here"};
	const struct mirror_batch all = {.all = true, .wide = true};
	struct state *s;
	int count;

	if (argc != 5)
		return 2;
	count = number(argv[2]);
	s = state_open(arena_printf(a, "%s/state.db", argv[1]), STATE_WRITE, clock_real(), &d);
	w.repository = vcs_open_bare(arena_printf(a, "%s/mirror.git", argv[1]), &d);
	if (!s || !w.repository)
		fail(&d);
	for (int i = 0; i < count; i++) {
		struct instance_id id = instance(a, i);

		if (state_lock(s, &(struct lock_request){&id, 1, &owner, NULL}, &d) != 0)
			fail(&d);
		put(s, a, &id, number(argv[3]), &d);
	}
	w.db = state_open(arena_printf(a, "%s/state.db", argv[1]), STATE_READ, clock_real(), &d);
	w.lineage = w.db ? state_lineage(w.db, a, &d) : "";
	if (!w.db || mirror_write(&w, &all, &d) != 0)
		fail(&d);
	measure(s, &w, number(argv[4]), &d);
	mirror_writer_release(&w);
	state_close(w.db);
	state_close(s);
	vcs_close(w.repository);
	diags_release(&d);
	arena_free(a);
	return 0;
}
