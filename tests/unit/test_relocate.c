/* Targets of lost regions lie where their stacks are since, and what is left there is deleted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/manifest_read.h"
#include "engine/recreation.h"
#include "engine/relocate.h"
#include "tests/unit/planner_fixture.h"

#define REGIONS 5
#define ACCOUNTS 3

static const char *const names[REGIONS] = {"east", "west", "south", "north", "centre"};
static const char *const accounts[ACCOUNTS] = {ACCOUNT_NONE, "a", "b"};

struct world {
	struct arena *a;
	struct manifest m;
	struct manifest_region regions[REGIONS];
	struct manifest_stack stack;
	struct diags d;
};

static void begin(struct world *w, size_t room)
{
	*w = (struct world){.a = arena_new(), .d = DIAGS_INIT};
	for (size_t i = 0; i < REGIONS; i++)
		w->regions[i].name = w->regions[i].aws_region = names[i];
	w->stack.name = "web";
	w->stack.targets = ARENA_ARRAY(w->a, room, struct manifest_target);
	w->m.regions = w->regions;
	w->m.region_count = REGIONS;
	w->m.stacks = &w->stack;
	w->m.stack_count = 1;
}

static void add(struct world *w, size_t region, const char *account)
{
	struct manifest_target *t =
		(struct manifest_target *)&w->stack.targets[w->stack.target_count++];

	t->region = &w->regions[region];
	t->account = account;
	t->parameter_count = region;
}

static void end(struct world *w)
{
	diags_release(&w->d);
	arena_free(w->a);
}

static void a_target_moves_with_its_parameters(void **state)
{
	struct recreation r = {.region = "south", .into = "west", .since_ms = 1};
	struct recreation_list list = {&r, 1};
	const struct manifest_target *t;
	struct world w;

	(void)state;
	begin(&w, 2);
	add(&w, 0, ACCOUNT_NONE);
	add(&w, 2, ACCOUNT_NONE);
	manifest_index(w.a, &w.m);
	assert_int_equal(relocate_manifest(w.a, &w.m, &list, &w.d), 0);
	assert_int_equal(w.d.first->code, DIAG_RELOCATED);
	assert_null(manifest_target(&w.stack, ACCOUNT_NONE, "south"));
	t = manifest_target(&w.stack, ACCOUNT_NONE, "west");
	assert_int_equal(t->parameter_count, 2);
	assert_true(relocate_passed(t, "south"));
	assert_false(relocate_passed(t, "west"));
	assert_non_null(manifest_target(&w.stack, ACCOUNT_NONE, "east"));
	end(&w);
}

static void a_region_that_is_gone_from_the_manifest_is_an_error(void **state)
{
	struct recreation r = {.region = "east", .into = "moon", .since_ms = 1};
	struct recreation_list list = {&r, 1};
	struct world w;

	(void)state;
	begin(&w, 1);
	add(&w, 0, ACCOUNT_NONE);
	manifest_index(w.a, &w.m);
	assert_int_equal(relocate_manifest(w.a, &w.m, &list, &w.d), -1);
	assert_int_equal(w.d.first->code, DIAG_RECREATE_PLACE);
	end(&w);
}

/* Where a target of the region comes to lie: the list as a function. */
static size_t place_of(const struct recreation_list *list, size_t region)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i].region, names[region]) != 0)
			continue;
		for (size_t k = 0; k < REGIONS; k++) {
			if (strcmp(list->items[i].into, names[k]) == 0) {
				region = k;
				break;
			}
		}
	}
	return region;
}

static void one_random(unsigned seed)
{
	struct recreation items[REGIONS];
	struct recreation_list list = {items, 0};
	bool wanted[REGIONS][ACCOUNTS] = {{false}};
	size_t count = 0;
	struct world w;

	srand(seed);
	for (size_t i = 0; i < REGIONS; i++)
		if (rand() % 2)
			items[list.count++] = (struct recreation){
				names[i], names[rand() % REGIONS], "r", "", "", 1, "[]"};
	begin(&w, (size_t)REGIONS * ACCOUNTS);
	for (size_t i = 0; i < REGIONS; i++)
		for (size_t k = 0; k < ACCOUNTS; k++) {
			if (rand() % 2)
				continue;
			add(&w, i, accounts[k]);
			wanted[place_of(&list, i)][k] = true;
		}
	manifest_index(w.a, &w.m);
	assert_int_equal(relocate_manifest(w.a, &w.m, &list, &w.d), 0);
	for (size_t i = 0; i < REGIONS; i++)
		for (size_t k = 0; k < ACCOUNTS; k++) {
			count += wanted[i][k];
			assert_int_equal(manifest_target(&w.stack, accounts[k], names[i]) != NULL,
					 wanted[i][k]);
		}
	assert_int_equal(w.stack.target_count, count);
	end(&w);
}

static void each_target_is_where_the_list_leads_once(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 2000; seed++)
		one_random(seed);
}

static void what_was_abandoned_and_is_back_is_deleted(void **state)
{
	struct fixture f;
	struct record *r;

	(void)state;
	fixture_open(&f, "Resources:\n  A: {Type: Fake::Thing, Properties: {Name: a}}\n");
	fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"a\"}", NULL);
	r = fixture_record(&f, "web/-/east/A", "Fake::Thing", "{\"Name\":\"b\"}", NULL);
	r->deposed = ABANDONED_PREFIX "r1";
	assert_non_null(fixture_plan(&f));
	assert_true(fixture_has_line(&f, "delete web/east/A Fake::Thing reason=abandoned "
					 "deposed=abandoned-r1"));
	assert_int_equal(f.plan->counts.none, 1);
	fixture_close(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_target_moves_with_its_parameters),
		cmocka_unit_test(a_region_that_is_gone_from_the_manifest_is_an_error),
		cmocka_unit_test(each_target_is_where_the_list_leads_once),
		cmocka_unit_test(what_was_abandoned_and_is_back_is_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
