/*
 * conduct_bench.h - executions of runbooks on a bench (run_bench.h): steps of type Command are
 * carried out by a driver that does what its command says, in a world that outlives the process.
 *
 * Commands: "ok", "fail" (always), "fail 2" (so often, then well), "hang" (until it is stopped),
 * "take 5s", "result X" (!GetAtt STEP.Out is X).  Everything takes 100 ms unless it says so.  What
 * was done is in the world by name and key: twice with the same key is once.
 */
#ifndef TESTS_UNIT_CONDUCT_BENCH_H
#define TESTS_UNIT_CONDUCT_BENCH_H

#include "tests/unit/run_bench.h"

#include "engine/runbook/conduct_parts.h"
#include "tests/unit/fake_checks.h"

struct conduct_bench {
	struct bench b;
	struct conduct_request q;
	struct conduct_result result;
	struct str told; /* "step-started a|step-succeeded a|..." of the last run */
	int (*preflight)(struct conduct *x);
	int (*primary)(struct conduct *x); /* NULL: nobody asks where it is */
	void (*on_entry)(struct conduct_bench *c, const struct journal_entry *e);
	void (*on_pass)(struct conduct_bench *c); /* each time that everybody waits */
	size_t passes;
	size_t dies_after; /* entries; 0: never */
	size_t entries;
};

/* "Steps:\n" and what is above it; the manifest has regions east and west with a host each, and
 * checks shop, primary, standby. */
void conduct_runbook(struct conduct_bench *c, const char *text);
void conduct_manifest(struct conduct_bench *c, const char *more);
/* 0 or -1 as the engine says. */
int conduct_go(struct conduct_bench *c);
int conduct_resume(struct conduct_bench *c); /* the latest one */
int conduct_again(struct conduct_bench *c);  /* that of q.resume */
/* In a child that dies after so many entries; whether it did. */
bool conduct_dies(struct conduct_bench *c, size_t entries, bool resume);
/* As from another terminal, of the execution that goes on. */
void conduct_ask(struct conduct_bench *c, enum execution_request r, const char *step,
		 const char *text);
void conduct_ask_as(struct conduct_bench *c, const char *user, enum execution_request r,
		    const char *step, const char *text);
const char *conduct_id(struct conduct_bench *c); /* of the latest; NULL */
enum execution_status conduct_status(struct conduct_bench *c);
enum step_status conduct_step_status(struct conduct_bench *c, const char *path);
/* The journal of the latest one, with its chain checked. */
struct journal_list conduct_journal(struct conduct_bench *c);
/* As `hadeploy health` would record it, before. */
void conduct_saw_healthy(struct conduct_bench *c, const char *check, const char *region);
bool conduct_told(const struct conduct_bench *c, const char *what);
/* Times that something was done in the world: "promote", or "promote back". */
size_t world_done(const char *name);
size_t world_begun(const char *name); /* tries, by key */
/* Names in the order they were done, "a b b-back". */
const char *world_order(struct conduct_bench *c);

int conduct_setup_bench(void **state);
int conduct_teardown_bench(void **state);
#define CONDUCT_TEST(name) \
	cmocka_unit_test_setup_teardown(name, conduct_setup_bench, conduct_teardown_bench)

#endif
