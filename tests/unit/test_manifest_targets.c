/* Which places a stack goes to, and with which parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/address.h"
#include "templates/node.h"
#include "tests/unit/manifest_fixture.h"

#define HEAD                                                                 \
	"Project: p\n"                                                       \
	"Accounts: {a: {Tags: {tier: prod}}, b: {Tags: {tier: dev}}, c: }\n" \
	"Regions: {east: {Tags: {stage: canary}}, west: {Tags: {tier: lab}}, g: {Global: true}}\n"
#define STACK(rest) HEAD "Stacks: {s: {Template: t, " rest "}}\n"

/* "east/- west/a": as the stack goes there. */
static void check_targets(const char *yaml, const char *wanted)
{
	struct reading r = read_good(yaml);
	const struct manifest_stack *s = &r.m->stacks[0];
	struct str text = STR_INIT;

	for (size_t i = 0; i < s->target_count; i++) {
		const struct manifest_target *t = &s->targets[i];

		str_printf(&text, "%s%s/%s", i ? " " : "", t->region->name, t->account);
		assert_ptr_equal(manifest_target(s, t->account, t->region->name), t);
	}
	assert_string_equal(str_cstr(&text), wanted);
	assert_null(manifest_target(s, "nobody", "east"));
	str_release(&text);
	forget(&r);
}

static void an_entry_is_a_product_of_regions_and_accounts(void **state)
{
	(void)state;
	check_targets(STACK("Targets: [west, {Region: east, Account: a}]"), "west/- east/a");
	check_targets(STACK("Targets: [{Regions: [west, east], Accounts: [b, a]}]"),
		      "west/b west/a east/b east/a");
	check_targets(STACK("Targets: [{Regions: east, Accounts: b}, g]"), "east/b g/-");
	check_targets(STACK("Targets: [{Regions: all}]"), "east/- west/-");
	check_targets(STACK("Targets: {Regions: all, Account: c}"), "east/c west/c");
	check_targets(STACK("Targets: {Regions: [g, east], Accounts: all}"),
		      "g/a g/b g/c east/a east/b east/c");
	check_targets(STACK("Targets: [{Accounts: [a]}]"), "east/a west/a");
}

static void where_picks_by_the_tags_of_both(void **state)
{
	(void)state;
	check_targets(STACK("Targets: {Where: {stage: canary}}"), "east/-");
	check_targets(STACK("Targets: {Accounts: all, Where: {tier: prod}}"), "east/a west/a");
	/* c has no tag, so that the region's holds; an account's is stronger. */
	check_targets(STACK("Targets: {Accounts: all, Where: {tier: lab}}"), "west/c");
	check_targets(STACK("Targets: {Accounts: all, Where: {tier: [lab, dev], stage: canary}}"),
		      "east/b");
	check_targets(STACK("Targets: [{Regions: [west], Accounts: all, Where: {tier: [prod]}}]"),
		      "west/a");
}

static void selectors_that_pick_nothing_are_refused(void **state)
{
	static const struct fault faults[] = {
		{STACK("Targets: {Where: {tier: prod}}"), DIAG_TARGETS_NONE, 4, 36,
		 "a target of stack 's' picks no region and account at all",
		 "add 'Accounts: all' to pick among them"},
		{STACK("Targets: [{Where: {stage: beta}}]"), DIAG_TARGETS_NONE, 4, 37,
		 "a target of stack 's' picks no region and account at all", "Where asks for"},
		{STACK("Targets: [{Accounts: []}]"), DIAG_TARGETS_NONE, 4, 37,
		 "a target of stack 's' picks no region and account at all", NULL},
		{STACK("Targets: {Where: {teir: prod}}"), DIAG_TAG_UNKNOWN, 4, 45,
		 "'Where' of a target of stack 's' asks for tag 'teir', which no region and no "
		 "account has",
		 "did you mean 'tier'?"},
		{"Project: p\nRegions: {g: {Global: true}}\n"
		 "Stacks: {s: {Template: t, Targets: {Regions: all}}}\n",
		 DIAG_TARGETS_NONE, 3, 36,
		 "a target of stack 's' picks no region and account at all", "not Global"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void faults_of_targets_are_named_once(void **state)
{
	static const struct fault faults[] = {
		{STACK("Targets: {}"), DIAG_MANIFEST_KEY_MISSING, 4, 36,
		 "a target of stack 's' has no 'Region'", "add 'Region: ...'"},
		/* It repeats two targets, and is one fault. */
		{STACK("Targets: [{Regions: all}, {Regions: [west, east]}]"), DIAG_TARGET_REPEATED,
		 4, 53, "stack 's' goes to region 'west' twice", "Overrides"},
		{STACK("Targets: [{Region: east, Regions: [west]}]"), DIAG_KEYS_EXCLUSIVE, 4, 52,
		 "a target of stack 's' has both 'Region' and 'Regions'", "remove one"},
		{STACK("Targets: [{Regions: [east, eest]}]"), DIAG_REGION_UNKNOWN, 4, 54,
		 "'Regions' of a target of stack 's' names no region: 'eest'",
		 "did you mean 'east'?"},
		{STACK("Targets: [{Region: east, Accounts: {a: 1}}]"), DIAG_MANIFEST_SHAPE, 4, 62,
		 "'Accounts' of a target of stack 's' is a map; it takes a list of names", NULL},
		{STACK("Targets: [{Region: east, Where: [a]}]"), DIAG_MANIFEST_SHAPE, 4, 59,
		 "'Where' of a target of stack 's' is a list; it takes a map", NULL},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

/* The last of this name holds. */
static const char *parameter(const struct manifest_target *t, const char *name)
{
	for (size_t i = t->parameter_count; i > 0; i--) {
		if (!strcmp(t->parameters[i - 1].name, name))
			return t->parameters[i - 1].value.node->text.ptr;
	}
	return "none";
}

static void overrides_change_what_targets_pick(void **state)
{
	struct reading r = read_good(
		STACK("Targets: [{Regions: all, Accounts: [a, b], Parameters: {N: 1}}, g], "
		      "Overrides: [{Region: west, Parameters: {N: 2, M: x}}, "
		      "{Account: b, Parameters: {N: 3}}, {Where: {tier: prod}, Regions: [east], "
		      "Parameters: {M: y}}, {Region: g, Parameters: {N: 4}}]"));
	const struct manifest_stack *s = &r.m->stacks[0];
	static const struct {
		const char *account, *region, *n, *m;
	} wanted[] = {
		{"a", "east", "1", "y"}, {"b", "east", "3", "none"},       {"a", "west", "2", "x"},
		{"b", "west", "3", "x"}, {ACCOUNT_NONE, "g", "4", "none"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		const struct manifest_target *t =
			manifest_target(s, wanted[i].account, wanted[i].region);

		assert_non_null(t);
		assert_string_equal(parameter(t, "N"), wanted[i].n);
		assert_string_equal(parameter(t, "M"), wanted[i].m);
	}
	forget(&r);
}

static void overrides_without_effect_are_refused(void **state)
{
	static const struct fault faults[] = {
		{STACK("Targets: [east], Overrides: [{Region: west, Parameters: {N: 1}}]"),
		 DIAG_TARGETS_NONE, 4, 56, "an override of stack 's' fits none of its targets",
		 "add the target there"},
		{STACK("Targets: [east], Overrides: {Accounts: all, Parameters: {N: 1}}"),
		 DIAG_TARGETS_NONE, 4, 55, "an override of stack 's' fits none of its targets",
		 NULL},
		{STACK("Targets: [east], Overrides: [{Region: east}]"), DIAG_MANIFEST_KEY_MISSING,
		 4, 56, "an override of stack 's' has no 'Parameters'", "add 'Parameters: ...'"},
		{STACK("Targets: [east], Overrides: [east]"), DIAG_MANIFEST_SHAPE, 4, 56,
		 "an override of stack 's' is a string; it takes a map, {Region: NAME, "
		 "Parameters: {...}}",
		 NULL},
		/* What the target itself lacks is no fault of the override. */
		{STACK("Targets: [eas], Overrides: [{Region: west, Parameters: {N: 1}}]"),
		 DIAG_REGION_UNKNOWN, 4, 37, "a target of stack 's' names no region: 'eas'",
		 "did you mean 'east'?"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void empty_waves_and_impossible_minimums_are_refused(void **state)
{
	static const struct fault faults[] = {
		{STACK("Targets: [west], Rollout: {Waves: [{Name: canary, Where: {stage: canary}}, "
		       "{}]}"),
		 DIAG_TARGETS_NONE, 4, 62,
		 "'canary' of 'Rollout' of stack 's' takes none of the stack's targets",
		 "correct it"},
		{STACK("Targets: [west], Rollout: {Waves: [{Regions: [east]}, {}]}"),
		 DIAG_TARGETS_NONE, 4, 62,
		 "'wave 1' of 'Rollout' of stack 's' takes none of the stack's targets", NULL},
		{STACK("Targets: [west, {Region: west, Account: a}, east], Rollout: "
		       "{MinHealthyRegions: 2}"),
		 DIAG_REGIONS_FEW, 4, 107,
		 "'MinHealthyRegions' of 'Rollout' of stack 's' is 2, so that no target could "
		 "ever be changed",
		 "at most 1"},
	};

	(void)state;
	check_faults(faults, ARRAY_LEN(faults));
}

static void places_are_limited(void **state)
{
	struct str yaml = STR_INIT;
	struct reading r;

	(void)state;
	str_add(&yaml, "Project: p\nAccounts:\n");
	for (int i = 0; i < 5000; i++)
		str_printf(&yaml, "  a%d:\n", i);
	str_add(&yaml, "Regions:\n");
	for (int i = 0; i < 5000; i++)
		str_printf(&yaml, "  r%d:\n", i);
	str_add(&yaml, "Stacks:\n  s: {Template: t, Targets: {Accounts: all}}\n");
	r = read_text(str_cstr(&yaml));
	assert_null(r.m);
	assert_int_equal(r.d.first->code, DIAG_TARGETS_MANY);
	assert_null(r.d.first->next);
	str_release(&yaml);
	forget(&r);
}

static void thousands_of_overrides_cost_what_they_pick(void **state)
{
	struct str yaml = STR_INIT;
	struct reading r;

	(void)state;
	str_add(&yaml, "Project: p\nAccounts:\n");
	for (int i = 0; i < 800; i++)
		str_printf(&yaml, "  a%d: {Tags: {tier: t%d}}\n", i, i % 10);
	str_add(&yaml, "Regions: {r0: , r1: , r2: , r3: , r4: , r5: , r6: , r7: }\n"
		       "Stacks:\n  s:\n    Template: t\n    Targets: {Accounts: all}\n"
		       "    Overrides:\n");
	for (int i = 0; i < 6400; i++)
		str_printf(&yaml, "    - {Region: r%d, Account: a%d, Parameters: {N: %d}}\n", i % 8,
			   i / 8, i);
	r = read_good(str_cstr(&yaml));
	assert_int_equal(r.m->stacks[0].target_count, 6400);
	assert_string_equal(parameter(manifest_target(&r.m->stacks[0], "a799", "r7"), "N"), "6399");
	str_release(&yaml);
	forget(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_a_product_of_regions_and_accounts),
		cmocka_unit_test(where_picks_by_the_tags_of_both),
		cmocka_unit_test(selectors_that_pick_nothing_are_refused),
		cmocka_unit_test(faults_of_targets_are_named_once),
		cmocka_unit_test(overrides_change_what_targets_pick),
		cmocka_unit_test(overrides_without_effect_are_refused),
		cmocka_unit_test(empty_waves_and_impossible_minimums_are_refused),
		cmocka_unit_test(places_are_limited),
		cmocka_unit_test(thousands_of_overrides_cost_what_they_pick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
