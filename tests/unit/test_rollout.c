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

/* AWS's example: 10 accounts in each of 3 regions, tolerance 20 %, five at a time. */
static void ten_accounts_in_three_regions(struct trial *t)
{
	t->preferences.max_concurrent = percent_of(50);
	t->preferences.tolerance = percent_of(20);
	for (size_t region = 0; region < 3; region++)
		add(t, 0, region, 10);
	begin(t);
}

static void two_of_ten_may_fail_in_each_region(void **state)
{
	struct trial *t = *state;

	ten_accounts_in_three_regions(t);
	for (size_t region = 0; region < 3; region++) {
		size_t first = 10 * region;

		assert_int_equal(strlen(said(t)), region ? 19 : 14);
		assert_int_equal(rollout_count(t->r, MEMBER_RUNNING), 5);
		badly(t, first);
		badly(t, first + 1);
		said(t);
		assert_int_equal(rollout_count(t->r, MEMBER_RUNNING), 5);
		all_well(t, first + 2, first + 6);
		said(t);
		all_well(t, first + 7, first + 9);
	}
	assert_string_equal(said(t), "gate0");
	rollout_gate(t->r, 0, GATE_PASSED);
	assert_string_equal(said(t), "over");
	assert_int_equal(rollout_fault(t->r), ROLLOUT_WELL);
	assert_int_equal(rollout_count(t->r, MEMBER_FAILED), 6);
}

static void the_third_failure_stops_the_region_and_no_later_one_is_tried(void **state)
{
	struct trial *t = *state;

	ten_accounts_in_three_regions(t);
	assert_string_equal(said(t), "+0 +1 +2 +3 +4");
	all_well(t, 0, 4);
	assert_string_equal(said(t), "+5 +6 +7 +8 +9");
	all_well(t, 5, 9);
	assert_string_equal(said(t), "+10 +11 +12 +13 +14");
	badly(t, 10);
	badly(t, 11);
	badly(t, 12);
	assert_string_equal(said(t), "-15 -16 -17 -18 -19 -20 -21 -22 -23 -24 -25 -26 -27 -28 -29");
	well(t, 13);
	badly(t, 14);
	assert_string_equal(said(t), "over");
	assert_int_equal(rollout_fault(t->r), ROLLOUT_TOLERANCE);
	assert_int_equal(rollout_fault_at(t->r), 1);
	assert_int_equal(rollout_count(t->r, MEMBER_CANCELLED), 15);
}

static void parallel_regions_have_counters_of_their_own(void **state)
{
	struct trial *t = *state;

	t->preferences.regions = REGIONS_PARALLEL;
	t->preferences.max_concurrent = count_of(1);
	t->preferences.tolerance = count_of(1);
	add(t, 0, 0, 3);
	add(t, 0, 1, 3);
	begin(t);
	assert_string_equal(said(t), "+0 +3");
	badly(t, 0);
	badly(t, 3);
	assert_string_equal(said(t), "+1 +4");
	badly(t, 4);
	assert_string_equal(said(t), "-2 -5");
	assert_int_equal(rollout_fault_at(t->r), 1);
	well(t, 1);
	assert_string_equal(said(t), "over");
}

static void strict_starts_fewer_with_each_failure(void **state)
{
	struct trial *t = *state;

	t->preferences.mode = CONCURRENCY_STRICT;
	t->preferences.max_concurrent = count_of(10);
	t->preferences.tolerance = count_of(2);
	add(t, 0, 0, 9);
	begin(t);
	assert_string_equal(said(t), "+0 +1 +2");
	badly(t, 0);
	assert_string_equal(said(t), "");
	well(t, 1);
	assert_string_equal(said(t), "+3");
	badly(t, 2);
	assert_string_equal(said(t), "");
	well(t, 3);
	assert_string_equal(said(t), "+4");
	badly(t, 4);
	assert_string_equal(said(t), "-5 -6 -7 -8 over");
	assert_int_equal(rollout_count(t->r, MEMBER_FAILED), 3);
}

static void soft_keeps_the_pace(void **state)
{
	struct trial *t = *state;

	t->preferences.max_concurrent = count_of(3);
	t->preferences.tolerance = count_of(2);
	add(t, 0, 0, 9);
	begin(t);
	assert_string_equal(said(t), "+0 +1 +2");
	badly(t, 0);
	badly(t, 1);
	assert_string_equal(said(t), "+3 +4");
	badly(t, 2);
	badly(t, 3);
	badly(t, 4);
	assert_string_equal(said(t), "-5 -6 -7 -8 over");
	/* Tolerance and MaxConcurrent. */
	assert_int_equal(rollout_count(t->r, MEMBER_FAILED), 5);
}

/* --- other stacks --------------------------------------------------------------------- */

static void begin_unready(struct trial *t)
{
	t->spec.preferences = &t->preferences;
	t->spec.members = t->members;
	t->r = rollout_new(&t->spec);
}

static void one_that_waits_for_another_stack_holds_up_nobody_of_its_region(void **state)
{
	struct trial *t = *state;

	add(t, 0, 0, 2);
	add(t, 0, 1, 1);
	begin_unready(t);
	assert_string_equal(said(t), "");
	rollout_ready(t->r, 2);
	assert_string_equal(said(t), "");
	rollout_ready(t->r, 1);
	rollout_ready(t->r, 1);
	assert_string_equal(said(t), "+1");
	well(t, 1);
	assert_string_equal(said(t), "");
	rollout_ready(t->r, 0);
	assert_string_equal(said(t), "+0");
	well(t, 0);
	assert_string_equal(said(t), "+2");
}

static void what_is_skipped_counts_as_failed(void **state)
{
	struct trial *t = *state;

	t->preferences.tolerance = count_of(1);
	add(t, 0, 0, 3);
	begin(t);
	rollout_skip(t->r, 0);
	assert_int_equal(rollout_fault(t->r), ROLLOUT_WELL);
	assert_string_equal(said(t), "+1 +2");
	badly(t, 1);
	assert_int_equal(rollout_fault(t->r), ROLLOUT_TOLERANCE);
	well(t, 2);
	assert_string_equal(said(t), "over");
	assert_int_equal(rollout_state(t->r, 0), MEMBER_SKIPPED);
}

static void what_comes_too_late_changes_nothing(void **state)
{
	struct trial *t = *state;

	add(t, 0, 0, 2);
	begin(t);
	said(t);
	badly(t, 0);
	well(t, 1);
	assert_string_equal(said(t), "over");
	rollout_skip(t->r, 1);
	rollout_ended(t->r, 1, MEMBER_ENDED_BADLY);
	rollout_ready(t->r, 0);
	rollout_gate(t->r, 0, GATE_PASSED);
	rollout_stop(t->r);
	assert_string_equal(said(t), "over");
	assert_int_equal(rollout_fault(t->r), ROLLOUT_TOLERANCE);
	assert_int_equal(rollout_count(t->r, MEMBER_FAILED), 1);
}

/* --- waves ---------------------------------------------------------------------------- */

/* A canary in region 1, then the rest. */
static void canary(struct trial *t)
{
	t->preferences.wave_count = 2;
	t->waves[0].name = "canary";
	t->waves[1].name = "rest";
	add(t, 0, 1, 2);
	add(t, 1, 0, 2);
	add(t, 1, 1, 2);
}

static void a_wave_waits_for_the_gate_of_the_one_before(void **state)
{
	struct trial *t = *state;

	canary(t);
	begin(t);
	assert_string_equal(said(t), "+0 +1");
	all_well(t, 0, 1);
	assert_string_equal(said(t), "gate0");
	assert_string_equal(said(t), "");
	rollout_gate(t->r, 0, GATE_PASSED);
	assert_string_equal(said(t), "+2 +3");
	all_well(t, 2, 3);
	assert_string_equal(said(t), "+4 +5");
	all_well(t, 4, 5);
	assert_string_equal(said(t), "gate1");
	rollout_gate(t->r, 1, GATE_PASSED);
	assert_string_equal(said(t), "over");
}

static void a_gate_that_fails_is_the_end(void **state)
{
	struct trial *t = *state;

	canary(t);
	begin(t);
	said(t);
	all_well(t, 0, 1);
	said(t);
	rollout_gate(t->r, 0, GATE_FAILED);
	assert_string_equal(said(t), "-2 -3 -4 -5 over");
	assert_int_equal(rollout_fault(t->r), ROLLOUT_GATE_FAILS);
	assert_int_equal(rollout_fault_at(t->r), 0);
}

static void a_failure_in_a_wave_stops_although_the_region_tolerates_it(void **state)
{
	struct trial *t = *state;

	t->preferences.tolerance = count_of(3);
	canary(t);
	begin(t);
	said(t);
	badly(t, 0);
	assert_string_equal(said(t), "-2 -3 -4 -5");
	assert_int_equal(rollout_fault(t->r), ROLLOUT_WAVE_FAILS);
	assert_int_equal(rollout_fault_at(t->r), 0);
	well(t, 1);
	assert_string_equal(said(t), "over");
}

static void a_wave_tolerates_what_it_says(void **state)
{
	struct trial *t = *state;

	t->preferences.tolerance = count_of(2);
	t->waves[0].tolerance = percent_of(50);
	canary(t);
	begin(t);
	said(t);
	badly(t, 0);
	well(t, 1);
	assert_string_equal(said(t), "gate0");
	rollout_gate(t->r, 0, GATE_PASSED);
	said(t);
	/* The last wave goes by the regions alone; region 1 has one failure from wave 0. */
	badly(t, 2);
	badly(t, 3);
	assert_string_equal(said(t), "+4 +5");
	badly(t, 4);
	assert_int_equal(rollout_fault(t->r), ROLLOUT_WELL);
	badly(t, 5);
	assert_int_equal(rollout_fault(t->r), ROLLOUT_TOLERANCE);
	assert_int_equal(rollout_fault_at(t->r), 1);
}

static void a_wave_without_members_is_passed_over(void **state)
{
	struct trial *t = *state;

	t->preferences.wave_count = 4;
	add(t, 1, 0, 1);
	add(t, 3, 0, 1);
	begin(t);
	assert_string_equal(said(t), "+0");
	well(t, 0);
	assert_string_equal(said(t), "gate1");
	rollout_gate(t->r, 1, GATE_PASSED);
	assert_string_equal(said(t), "+1");
	well(t, 1);
	assert_string_equal(said(t), "gate3");
}

static void a_wave_of_skipped_members_still_has_its_gate(void **state)
{
	struct trial *t = *state;

	t->preferences.tolerance = count_of(2);
	t->waves[0].tolerance = count_of(2);
	canary(t);
	begin(t);
	rollout_skip(t->r, 0);
	rollout_skip(t->r, 1);
	assert_string_equal(said(t), "gate0");
}

/* --- stopping ------------------------------------------------------------------------- */

static void stopping_cancels_what_has_not_started_and_waits_for_the_rest(void **state)
{
	struct trial *t = *state;

	t->preferences.max_concurrent = count_of(1);
	add(t, 0, 0, 3);
	begin(t);
	said(t);
	rollout_stop(t->r);
	assert_string_equal(said(t), "-1 -2");
	badly(t, 0);
	assert_string_equal(said(t), "over");
	assert_int_equal(rollout_fault(t->r), ROLLOUT_STOPPED);
}

static void stopping_while_a_wave_bakes_ends_the_gate(void **state)
{
	struct trial *t = *state;

	canary(t);
	begin(t);
	said(t);
	all_well(t, 0, 1);
	assert_string_equal(said(t), "gate0");
	rollout_stop(t->r);
	rollout_gate(t->r, 0, GATE_FAILED);
	assert_string_equal(said(t), "-2 -3 -4 -5 over");
	assert_int_equal(rollout_fault(t->r), ROLLOUT_STOPPED);
}

/* --- healthy regions ------------------------------------------------------------------- */

static void one_other_region_stays_healthy(void **state)
{
	struct trial *t = *state;

	t->preferences.regions = REGIONS_PARALLEL;
	t->preferences.min_healthy_regions = 1;
	add(t, 0, 0, 2);
	add(t, 0, 1, 2);
	begin(t);
	assert_string_equal(said(t), "+0 +1");
	assert_false(rollout_starved(t->r));
	well(t, 0);
	assert_string_equal(said(t), "");
	well(t, 1);
	assert_string_equal(said(t), "+2 +3");
}

static void with_three_regions_two_may_be_changed_at_once(void **state)
{
	struct trial *t = *state;

	t->preferences.regions = REGIONS_PARALLEL;
	t->preferences.min_healthy_regions = 1;
	for (size_t region = 0; region < 3; region++)
		add(t, 0, region, 1);
	begin(t);
	assert_string_equal(said(t), "+0 +1");
	well(t, 1);
	assert_string_equal(said(t), "+2");
}

static void a_sick_region_may_be_mended_but_the_other_not_touched(void **state)
{
	struct trial *t = *state;

	t->preferences.min_healthy_regions = 1;
	add(t, 0, 0, 1);
	add(t, 0, 1, 1);
	begin(t);
	rollout_region_healthy(t->r, 0, false);
	assert_string_equal(said(t), "+0");
	well(t, 0);
	/* It is mended, and still sick. */
	assert_string_equal(said(t), "");
	assert_true(rollout_starved(t->r));
	rollout_region_healthy(t->r, 0, true);
	assert_string_equal(said(t), "+1");
	assert_false(rollout_starved(t->r));
}

static void what_failed_is_no_healthy_region(void **state)
{
	struct trial *t = *state;

	t->preferences.min_healthy_regions = 1;
	t->preferences.tolerance = count_of(1);
	add(t, 0, 0, 1);
	add(t, 0, 1, 1);
	begin(t);
	said(t);
	badly(t, 0);
	assert_string_equal(said(t), "");
	assert_true(rollout_starved(t->r));
	rollout_stop(t->r);
	assert_string_equal(said(t), "-1 over");
}

static void too_many_are_asked_for(void **state)
{
	struct trial *t = *state;

	t->preferences.min_healthy_regions = 2;
	add(t, 0, 0, 1);
	add(t, 0, 1, 1);
	begin(t);
	assert_string_equal(said(t), "");
	assert_true(rollout_starved(t->r));
}

static void what_is_new_takes_no_region_away(void **state)
{
	struct trial *t = *state;

	t->preferences.min_healthy_regions = 1;
	add(t, 0, 0, 3);
	t->members[1].fresh = true;
	t->spec.region_count = 2;
	begin(t);
	rollout_region_healthy(t->r, 1, false);
	assert_string_equal(said(t), "+1");
	well(t, 1);
	assert_string_equal(said(t), "");
	assert_true(rollout_starved(t->r));
	rollout_region_healthy(t->r, 1, true);
	assert_string_equal(said(t), "+0 +2");
}

/* --- many ------------------------------------------------------------------------------ */

/* 100,000 members in 400 regions side by side: seconds if anything looked at all of them. */
static void a_hundred_thousand_members_are_no_matter(void **state)
{
	struct trial *t = *state;
	size_t count = 100000, regions = 400, ended = 0;
	struct rollout_member *members = xcalloc(count, sizeof(*members));
	struct rollout_order o;

	t->preferences.regions = REGIONS_PARALLEL;
	t->preferences.max_concurrent = percent_of(10);
	t->preferences.min_healthy_regions = 1;
	for (size_t i = 0; i < count; i++)
		members[i].region = i / (count / regions);
	t->spec = (struct rollout_spec){&t->preferences, members, count, regions};
	t->r = rollout_new(&t->spec);
	for (size_t i = 0; i < count; i++)
		rollout_ready(t->r, i);
	for (o = rollout_next(t->r); o.kind == ROLLOUT_START; o = rollout_next(t->r)) {
		rollout_ended(t->r, o.member, MEMBER_ENDED_WELL);
		assert_int_equal(o.member, ended++);
	}
	assert_int_equal(o.kind, ROLLOUT_GATE);
	assert_int_equal(ended, count);
	assert_int_equal(rollout_worst_case(&t->spec), 25 * regions);
	free(members);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(regions_go_one_after_the_other_and_accounts_side_by_side),
		TEST(by_default_the_first_failure_is_the_last),
		TEST(nothing_to_do_is_over_at_once),
		TEST(two_of_ten_may_fail_in_each_region),
		TEST(the_third_failure_stops_the_region_and_no_later_one_is_tried),
		TEST(parallel_regions_have_counters_of_their_own),
		TEST(strict_starts_fewer_with_each_failure),
		TEST(soft_keeps_the_pace),
		TEST(one_that_waits_for_another_stack_holds_up_nobody_of_its_region),
		TEST(what_is_skipped_counts_as_failed),
		TEST(what_comes_too_late_changes_nothing),
		TEST(a_wave_waits_for_the_gate_of_the_one_before),
		TEST(a_gate_that_fails_is_the_end),
		TEST(a_failure_in_a_wave_stops_although_the_region_tolerates_it),
		TEST(a_wave_tolerates_what_it_says),
		TEST(a_wave_without_members_is_passed_over),
		TEST(a_wave_of_skipped_members_still_has_its_gate),
		TEST(stopping_cancels_what_has_not_started_and_waits_for_the_rest),
		TEST(stopping_while_a_wave_bakes_ends_the_gate),
		TEST(one_other_region_stays_healthy),
		TEST(with_three_regions_two_may_be_changed_at_once),
		TEST(a_sick_region_may_be_mended_but_the_other_not_touched),
		TEST(what_failed_is_no_healthy_region),
		TEST(too_many_are_asked_for),
		TEST(what_is_new_takes_no_region_away),
		TEST(a_hundred_thousand_members_are_no_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
