/*
 * test_rollout.c - the scheduler of a rollout, rule by rule.  Rounds are written as texts: what
 * starts together, region by region.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/str.h"
#include "engine/rollout/rollout.h"

#define MEMBERS_MAX 64

/* A rollout of regions with so many members each, all of them ready, in one wave. */
struct trial {
	struct rollout_preferences preferences;
	struct rollout_wave waves[4];
	struct rollout_member members[MEMBERS_MAX];
	struct rollout_spec spec;
	struct rollout *r;
	struct str log;
};

static void add(struct trial *t, size_t wave, size_t region, size_t count)
{
	for (size_t i = 0; i < count; i++)
		t->members[t->spec.member_count++] =
			(struct rollout_member){.wave = wave, .region = region};
	if (t->spec.region_count <= region)
		t->spec.region_count = region + 1;
}

static struct rollout_amount count_of(size_t n)
{
	return (struct rollout_amount){.value = n, .given = true};
}

static struct rollout_amount percent_of(size_t n)
{
	return (struct rollout_amount){.value = n, .percent = true, .given = true};
}

static void begin(struct trial *t)
{
	t->spec.preferences = &t->preferences;
	t->spec.members = t->members;
	if (t->waves[0].name || t->preferences.wave_count)
		t->preferences.waves = t->waves;
	t->r = rollout_new(&t->spec);
	for (size_t i = 0; i < t->spec.member_count; i++)
		rollout_ready(t->r, i);
}

static int setup(void **state)
{
	struct trial *t = xcalloc(1, sizeof(*t));

	t->preferences = rollout_defaults();
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct trial *t = *state;

	rollout_free(t->r);
	str_release(&t->log);
	free(t);
	return 0;
}

/* All that it says until it waits: "+0 +1 gate0 -3 over". */
static const char *said(struct trial *t)
{
	str_clear(&t->log);
	for (;;) {
		struct rollout_order o = rollout_next(t->r);

		if (t->log.len && o.kind != ROLLOUT_WAIT)
			str_add_char(&t->log, ' ');
		switch (o.kind) {
		case ROLLOUT_START:
			str_printf(&t->log, "+%zu", o.member);
			break;
		case ROLLOUT_CANCEL:
			str_printf(&t->log, "-%zu", o.member);
			break;
		case ROLLOUT_GATE:
			str_printf(&t->log, "gate%zu", o.wave);
			break;
		case ROLLOUT_OVER:
			str_add(&t->log, "over");
			return str_cstr(&t->log);
		case ROLLOUT_WAIT:
			return str_cstr(&t->log);
		}
	}
}

static void well(struct trial *t, size_t member)
{
	rollout_ended(t->r, member, MEMBER_ENDED_WELL);
}

static void badly(struct trial *t, size_t member)
{
	rollout_ended(t->r, member, MEMBER_ENDED_BADLY);
}

static void all_well(struct trial *t, size_t from, size_t to)
{
	for (size_t i = from; i <= to; i++)
		well(t, i);
}

/* --- regions -------------------------------------------------------------------------- */

static void regions_go_one_after_the_other_and_accounts_side_by_side(void **state)
{
	struct trial *t = *state;

	add(t, 0, 0, 2);
	add(t, 0, 1, 2);
	begin(t);
	assert_string_equal(said(t), "+0 +1");
	well(t, 0);
	assert_string_equal(said(t), "");
	well(t, 1);
	assert_string_equal(said(t), "+2 +3");
	all_well(t, 2, 3);
	assert_string_equal(said(t), "gate0");
	rollout_gate(t->r, 0, GATE_PASSED);
	assert_string_equal(said(t), "over");
	assert_int_equal(rollout_fault(t->r), ROLLOUT_WELL);
	assert_int_equal(rollout_count(t->r, MEMBER_SUCCEEDED), 4);
}

static void by_default_the_first_failure_is_the_last(void **state)
{
	struct trial *t = *state;

	add(t, 0, 0, 2);
	add(t, 0, 1, 2);
	begin(t);
	said(t);
	badly(t, 0);
	assert_string_equal(said(t), "-2 -3");
	well(t, 1);
	assert_string_equal(said(t), "over");
	assert_int_equal(rollout_fault(t->r), ROLLOUT_TOLERANCE);
	assert_int_equal(rollout_fault_at(t->r), 0);
	assert_int_equal(rollout_state(t->r, 1), MEMBER_SUCCEEDED);
}

static void nothing_to_do_is_over_at_once(void **state)
{
	struct trial *t = *state;

	begin(t);
	assert_string_equal(said(t), "over");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(regions_go_one_after_the_other_and_accounts_side_by_side),
		TEST(by_default_the_first_failure_is_the_last),
		TEST(nothing_to_do_is_over_at_once),
	};
	(void)count_of;
	(void)percent_of;

	return cmocka_run_group_tests(tests, NULL, NULL);
}
