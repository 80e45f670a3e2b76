/*
 * state_fixture.h - what the tests of recorded state share: a folder of its own per test, a
 * clock that stands still, records to write.
 *
 * cmocka's set-up and tear-down; the fixture is the test's *state.
 */
#ifndef TESTS_UNIT_STATE_FIXTURE_H
#define TESTS_UNIT_STATE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/state_sqlite.h"

#define FIXTURE_START_MS 1764000000000 /* 2025-11-24T16:00:00Z */

struct fixture {
	char dir[64];
	char path[96]; /* DIR/.hadeploy/state.db; not made yet */
	struct clock_fake clock;
	struct arena *a;
	struct diags d;
};

int state_fixture_setup(void **state);
int state_fixture_teardown(void **state);

extern const struct instance_id state_fixture_east, state_fixture_west;

/* Fails the test when it cannot be opened. */
struct state *state_fixture_open(struct fixture *f, enum state_open_mode mode);
/* Fails the test when it can; `code` must be the only error. */
void state_fixture_refused(struct fixture *f, enum state_open_mode mode, enum diag_code code);
/* The first error has this code; forgets all diagnostics. */
void state_fixture_expect(struct fixture *f, enum diag_code code);
/* As state_fixture_open for writing, with both instances locked. */
struct state *state_fixture_open_locked(struct fixture *f);

struct lock_owner state_fixture_owner(void); /* this process */
struct record state_fixture_record(const struct instance_id *instance, const char *logical_id);
struct operation state_fixture_operation(const char *id, const struct record *intended);
/* Commits one edit and expects it to work. */
void state_fixture_put(struct fixture *f, struct state *s, const struct record *r);
size_t state_fixture_count_records(struct fixture *f, struct state *s);

/* Runs SQL on the file past the store. */
void state_fixture_sql(struct fixture *f, const char *sql);
/* The file's bytes; in the fixture's arena. */
struct text state_fixture_bytes(struct fixture *f, const char *path);
/* PATH with something behind it. */
const char *state_fixture_beside(struct fixture *f, const char *suffix);
/* Runs `body` in a child and returns its exit status, or minus the signal that killed it. */
int state_fixture_child(struct fixture *f, void (*body)(struct fixture *f, void *context),
			void *context);

#define STATE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, state_fixture_setup, state_fixture_teardown)

#endif
