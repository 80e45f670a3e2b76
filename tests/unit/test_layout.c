/*
 * test_layout.c - from manifests and plans to rollouts: who takes part, in which order, what the
 * command line changes, how it goes if all goes well, and orders that can never be met.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/planner_fixture.h"

#define HEAD                                                                               \
	"Project: shop\n"                                                                  \
	"Accounts: {a: {Tags: {tier: dev}}, b: {Tags: {tier: prod}}, c: {}}\n"             \
	"Regions: {east: {Tags: {stage: canary}}, north: {}, west: {Tags: {tier: dev}}}\n" \
	"Stacks:\n"
#define THING "Resources:\n  T: {Type: Fake::Thing, Properties: {Name: t}}\n"

struct lab {
	struct fixture f;
	struct rollout_wishes wishes;
	struct rollout_list list;
	struct plan plan; /* as planned, with other needs */
	struct instance_plan *instances;
	struct str out;
};

static void open_lab(struct lab *l, const char *stacks, const char *template_text)
{
	struct str manifest = STR_INIT;

	*l = (struct lab){.wishes = {0}};
	str_add(&manifest, HEAD);
	str_add(&manifest, stacks);
	fixture_open_project(&l->f, str_cstr(&manifest), template_text, NULL);
	str_release(&manifest);
}

static void close_lab(struct lab *l)
{
	str_release(&l->out);
	fixture_close(&l->f);
}

static int lay_out(struct lab *l)
{
	if (!l->instances) {
		assert_non_null(fixture_plan(&l->f));
		l->plan = *l->f.plan;
	}
	return rollout_layout(l->f.a, &l->plan, &l->wishes, &l->list, &l->f.d);
}

static size_t instance_of(struct lab *l, const char *text)
{
	size_t i = 0;

	while (strcmp(instance_id_text(l->f.a, &l->plan.instances[i].id), text) != 0)
		assert_true(++i < l->plan.instance_count);
	return i;
}

/* As an output of `to` that is taken in `from` has it. */
static void need(struct lab *l, const char *from, const char *to)
{
	struct instance_plan *p;
	size_t *needs;

	if (!l->instances) {
		lay_out(l);
		l->instances = ARENA_ARRAY(l->f.a, l->plan.instance_count, struct instance_plan);
		memcpy(l->instances, l->plan.instances,
		       l->plan.instance_count * sizeof(*l->instances));
		l->plan.instances = l->instances;
	}
	p = &l->instances[instance_of(l, from)];
	needs = ARENA_ARRAY(l->f.a, p->need_count + 1, size_t);
	if (p->need_count)
		memcpy(needs, p->needs, p->need_count * sizeof(*needs));
	needs[p->need_count++] = instance_of(l, to);
	p->needs = needs;
}

static void add_member(struct lab *l, const struct stack_rollout *s, size_t member)
{
	instance_id_format(&l->f.plan->instances[s->instances[member]].id, &l->out);
}

/* "web: east west; canary: web/east | 1: web/west" without the waves' names where none has. */
static const char *layout(struct lab *l)
{
	assert_int_equal(lay_out(l), 0);
	str_clear(&l->out);
	for (size_t r = 0; r < l->list.count; r++) {
		const struct stack_rollout *s = &l->list.items[r];
		size_t wave = SIZE_MAX;

		str_printf(&l->out, "%s%s:", r ? "\n" : "", s->stack);
		for (size_t i = 0; i < s->spec.region_count; i++)
			str_printf(&l->out, " %s", s->regions[i]);
		for (size_t m = 0; m < s->spec.member_count; m++) {
			const struct rollout_member *member = &s->spec.members[m];
			const char *name = l->f.plan->instances[s->instances[m]].id.region;

			assert_string_equal(s->regions[member->region], name);
			if (member->wave != wave)
				str_add(&l->out, "; ");
			if (member->wave != wave && s->preferences.wave_count)
				str_printf(&l->out,
					   "%s: ", s->preferences.waves[member->wave].name);
			else if (member->wave == wave)
				str_add(&l->out, ", ");
			wave = member->wave;
			add_member(l, s, m);
		}
	}
	return str_cstr(&l->out);
}

/* A line for each round: "net/east net/west", "gate net canary". */
static const char *preview(struct lab *l)
{
	const struct rollout_step *steps;
	size_t count, round = SIZE_MAX;

	assert_int_equal(lay_out(l), 0);
	count = rollout_preview(l->f.a, l->f.plan, &l->list, &steps);
	str_clear(&l->out);
	for (size_t i = 0; i < count; i++) {
		const struct stack_rollout *s = &l->list.items[steps[i].stack];

		if (steps[i].round != round)
			str_add(&l->out, i ? "\n" : "");
		else
			str_add_char(&l->out, ' ');
		round = steps[i].round;
		if (steps[i].kind == ROLLOUT_STEP_GATE)
			str_printf(&l->out, "gate:%s", s->stack);
		else
			add_member(l, s, steps[i].at);
	}
	return str_cstr(&l->out);
}

static const char *words(struct lab *l)
{
	assert_int_equal(lay_out(l), 0);
	str_clear(&l->out);
	for (size_t r = 0; r < l->list.count; r++)
		rollout_words(&l->list.items[r], &l->out);
	return str_cstr(&l->out);
}

/* --- who takes part, in which order ---------------------------------------------------------- */

static void regions_go_in_the_order_of_the_targets(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l, "  web: {Template: web.yaml, Targets: [west, east, north]}\n", THING);
	assert_string_equal(layout(&l), "web: west east north; web/west, web/east, web/north");
	assert_int_equal(l.list.items[0].wave_count, 1);
	assert_int_equal(l.list.items[0].worst_case, 1);
	assert_true(l.list.items[0].spec.members[0].fresh);
	close_lab(&l);
}

static void accounts_go_in_the_order_of_the_targets_too(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l,
		 "  web: {Template: web.yaml, Targets: [{Region: west, Account: b}, {Region: east, "
		 "Account: c}, {Region: west, Account: a}]}\n",
		 THING);
	assert_string_equal(layout(&l), "web: west east; web/b/west, web/a/west, web/c/east");
	close_lab(&l);
}

static void region_order_names_those_that_go_first(void **state)
{
	const char *order[] = {"east", "mars", "east"};
	struct lab l;

	(void)state;
	open_lab(&l,
		 "  web: {Template: web.yaml, Targets: [west, east, north], "
		 "Rollout: {RegionOrder: [north]}}\n",
		 THING);
	assert_string_equal(layout(&l), "web: north west east; web/north, web/west, web/east");
	l.wishes.region_order = order;
	l.wishes.region_order_count = ARRAY_LEN(order);
	assert_string_equal(layout(&l), "web: east west north; web/east, web/west, web/north");
	close_lab(&l);
}

static void what_has_nothing_to_do_takes_no_part(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l,
		 "  net: {Template: web.yaml, Targets: [east]}\n"
		 "  web: {Template: web.yaml, Targets: [west, east]}\n",
		 THING);
	fixture_record(&l.f, "net/-/east/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "web/-/west/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "web/-/east/T", "Fake::Thing", "{\"Name\":\"t0\"}", NULL);
	assert_string_equal(layout(&l), "web: west east; web/east");
	assert_int_equal(l.list.items[0].untouched, 1);
	assert_false(l.list.items[0].spec.members[0].fresh);
	assert_int_equal(l.list.items[0].spec.members[0].region, 1);
	close_lab(&l);
}

static void what_left_the_targets_takes_part_behind_them(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l, "  web: {Template: web.yaml, Targets: [west]}\n", THING);
	fixture_record(&l.f, "web/-/zulu/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "web/b/east/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "web/a/west/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	assert_string_equal(layout(&l),
			    "web: west east zulu; web/west, web/a/west, web/b/east, web/zulu");
	close_lab(&l);
}

static void a_stack_that_left_the_manifest_goes_by_the_defaults(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l, "  web: {Template: web.yaml, Targets: [east]}\n", THING);
	fixture_record(&l.f, "old/-/east/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "old/-/west/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	assert_string_equal(layout(&l), "old: west east; old/west, old/east\nweb: east; web/east");
	assert_false(l.list.items[0].preferences.given);
	close_lab(&l);
}

/* --- waves ------------------------------------------------------------------------------------ */

#define SIX                                                                         \
	"  web:\n"                                                                  \
	"    Template: web.yaml\n"                                                  \
	"    Targets: [{Region: east, Account: a}, {Region: east, Account: b},\n"   \
	"              {Region: west, Account: a}, {Region: west, Account: b},\n"   \
	"              {Region: north, Account: c}, {Region: north, Account: b}]\n" \
	"    Rollout: "

static void waves_take_by_region_tag_and_share(void **state)
{
	const struct {
		const char *rollout, *wanted;
	} rows[] = {
		{"{Waves: [{Name: first, Regions: [west]}, {Name: all}]}",
		 "first: web/a/west, web/b/west; "
		 "all: web/a/east, web/b/east, web/c/north, web/b/north"},
		{"{Waves: [{Name: canary, Where: {stage: canary}}, {}]}",
		 "canary: web/a/east, web/b/east; "
		 "wave 2: web/a/west, web/b/west, web/c/north, web/b/north"},
		/* The account's tag counts before the region's. */
		{"{Waves: [{Name: dev, Where: {tier: dev}}, {Name: all}]}",
		 "dev: web/a/east, web/a/west; "
		 "all: web/b/east, web/b/west, web/c/north, web/b/north"},
		{"{Waves: [{Name: two, Where: {tier: [dev, prod], stage: canary}}, {Name: all}]}",
		 "two: web/a/east, web/b/east; "
		 "all: web/a/west, web/b/west, web/c/north, web/b/north"},
		{"{Waves: [{Name: one, Count: 1}, {Name: half, Percentage: 50}, {Name: all}]}",
		 "one: web/a/east; half: web/b/east, web/a/west, web/b/west; "
		 "all: web/c/north, web/b/north"},
		/* At least one. */
		{"{Waves: [{Name: some, Percentage: 1}, {Name: all}]}",
		 "some: web/a/east; all: web/b/east, web/a/west, web/b/west, web/c/north, "
		 "web/b/north"},
		{"{Waves: [{Name: prod, Where: {tier: prod}, Count: 2}, {Name: all}]}",
		 "prod: web/b/east, web/b/west; "
		 "all: web/a/east, web/a/west, web/c/north, web/b/north"},
		/* What fits none. */
		{"{Waves: [{Name: first, Regions: [west], Where: {tier: prod}}]}",
		 "first: web/b/west; the rest: web/a/east, web/b/east, web/a/west, web/c/north, "
		 "web/b/north"},
		{"{RegionOrder: [north, west], Waves: [{Name: half, Percentage: 50}, {Name: all}]}",
		 "half: web/c/north, web/b/north, web/a/west; "
		 "all: web/b/west, web/a/east, web/b/east"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str stacks = STR_INIT;
		struct lab l;

		str_printf(&stacks, SIX "%s\n", rows[i].rollout);
		open_lab(&l, str_cstr(&stacks), THING);
		print_message("%s\n", rows[i].rollout);
		assert_string_equal(strchr(layout(&l), ';') + 2, rows[i].wanted);
		close_lab(&l);
		str_release(&stacks);
	}
}

static void a_destroy_goes_the_other_way_round(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l,
		 SIX "{Waves: [{Name: canary, Regions: [west], Bake: 5m}, {Name: all}]}\n"
		     "  net: {Template: web.yaml, Targets: [west, east]}\n",
		 THING);
	fixture_record(&l.f, "net/-/east/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "net/-/west/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "web/a/west/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "web/b/west/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "web/a/east/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "web/b/north/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	l.f.in.destroy = true;
	assert_string_equal(layout(&l), "net: east west; net/east, net/west\n"
					"web: north west east; all: web/b/north, web/a/east; "
					"canary: web/b/west, web/a/west");
	assert_int_equal(l.list.items[1].preferences.waves[1].bake_ms, 0);
	close_lab(&l);
}

/* --- the command line ------------------------------------------------------------------ */

static void the_command_line_is_stronger(void **state)
{
	struct lab l;
	const struct rollout_preferences *p;

	(void)state;
	open_lab(&l,
		 "  web: {Template: web.yaml, Targets: [west], Rollout: {MaxConcurrent: 2, "
		 "FailureTolerance: 3, ConcurrencyMode: STRICT, OnFailure: keep}}\n",
		 THING);
	layout(&l);
	p = &l.list.items[0].preferences;
	assert_int_equal(p->max_concurrent.value, 2);
	assert_int_equal(p->mode, CONCURRENCY_STRICT);
	assert_int_equal(p->on_failure, ON_FAILURE_KEEP);
	l.wishes = (struct rollout_wishes){
		.has_regions = true,
		.regions = REGIONS_PARALLEL,
		.has_mode = true,
		.mode = CONCURRENCY_SOFT,
		.max_concurrent = {50, true, true},
		.tolerance = {1, false, true},
		.on_failure = ON_FAILURE_ALL,
	};
	layout(&l);
	p = &l.list.items[0].preferences;
	assert_int_equal(p->regions, REGIONS_PARALLEL);
	assert_int_equal(p->mode, CONCURRENCY_SOFT);
	assert_true(p->max_concurrent.percent);
	assert_int_equal(p->tolerance.value, 1);
	assert_int_equal(p->on_failure, ON_FAILURE_ALL);
	close_lab(&l);
}

/* --- how it goes ------------------------------------------------------------------------ */

static void stacks_go_side_by_side_as_far_as_they_may(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l,
		 "  log: {Template: web.yaml, Targets: [north]}\n"
		 "  net: {Template: web.yaml, Targets: [east, west]}\n"
		 "  web: {Template: web.yaml, DependsOn: [net], Targets: [west, east]}\n",
		 THING);
	assert_string_equal(preview(&l),
			    "log/north net/east\ngate:log net/west\ngate:net web/west\nweb/east\n"
			    "gate:web");
	l.wishes.has_regions = true;
	l.wishes.regions = REGIONS_PARALLEL;
	assert_string_equal(preview(&l), "log/north net/east net/west\n"
					 "gate:log gate:net web/west web/east\ngate:web");
	close_lab(&l);
}

static void order_passes_through_what_has_nothing_to_do(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l,
		 "  a: {Template: web.yaml, Targets: [east]}\n"
		 "  b: {Template: web.yaml, DependsOn: [a], Targets: [east]}\n"
		 "  c: {Template: web.yaml, DependsOn: [b], Targets: [east]}\n",
		 THING);
	fixture_record(&l.f, "b/-/east/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	assert_string_equal(preview(&l), "a/east\ngate:a c/east\ngate:c");
	close_lab(&l);
}

static void a_preview_keeps_max_concurrent_and_healthy_regions(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l, SIX "{MaxConcurrent: 1, MinHealthyRegions: 1, RegionConcurrency: PARALLEL}\n",
		 THING);
	for (size_t i = 0; i < 6; i++) {
		static const char *const keys[] = {"web/a/east/T",  "web/b/east/T",
						   "web/a/west/T",  "web/b/west/T",
						   "web/c/north/T", "web/b/north/T"};

		fixture_record(&l.f, keys[i], "Fake::Thing", "{\"Name\":\"t0\"}", NULL);
	}
	assert_string_equal(preview(&l), "web/a/east web/a/west\nweb/b/east web/b/west\n"
					 "web/c/north\nweb/b/north\ngate:web");
	close_lab(&l);
}

static void healthy_regions_that_never_are_do_not_stop_a_preview(void **state)
{
	const struct rollout_step *steps;
	struct lab l;

	(void)state;
	open_lab(&l, "  web: {Template: web.yaml, Targets: [east]}\n", THING);
	fixture_record(&l.f, "web/-/east/T", "Fake::Thing", "{\"Name\":\"t0\"}", NULL);
	layout(&l);
	((struct stack_rollout *)l.list.items)->preferences.min_healthy_regions = 3;
	assert_int_equal(rollout_preview(l.f.a, l.f.plan, &l.list, &steps), 2);
	close_lab(&l);
}

/* --- orders that can never be met ------------------------------------------------------ */

static void a_region_goes_behind_those_it_takes_from(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l, "  web: {Template: web.yaml, Targets: [west, east, north]}\n", THING);
	need(&l, "web/west", "web/north");
	assert_string_equal(layout(&l), "web: north west east; web/north, web/west, web/east");
	assert_string_equal(preview(&l), "web/north\nweb/west\nweb/east\ngate:web");
	close_lab(&l);
}

/* When everything goes, needs are the other way round already. */
static void a_destroy_obeys_what_is_taken_too(void **state)
{
	struct lab l;

	(void)state;
	open_lab(&l, "  web: {Template: web.yaml, Targets: [west, east, north]}\n", THING);
	fixture_record(&l.f, "web/-/east/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "web/-/west/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	fixture_record(&l.f, "web/-/north/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	l.f.in.destroy = true;
	need(&l, "web/north", "web/west");
	assert_string_equal(layout(&l), "web: east west north; web/east, web/west, web/north");
	close_lab(&l);
}

static const struct diag *told(struct lab *l)
{
	assert_int_equal(lay_out(l), -1);
	assert_int_equal(l->f.d.last->code, DIAG_ROLLOUT_CIRCLE);
	assert_non_null(l->f.d.last->hint);
	return l->f.d.last;
}

static void an_order_against_its_own_links_is_told(void **state)
{
	struct lab l;
	const struct diag *g;

	(void)state;
	open_lab(&l,
		 "  web: {Template: web.yaml, Targets: [west, east, north], "
		 "Rollout: {RegionOrder: [west, north]}}\n",
		 THING);
	need(&l, "web/west", "web/north");
	g = told(&l);
	assert_string_equal(g->summary, "the rollout of 'web' waits for itself");
	assert_string_equal(g->detail, "web/west waits for web/north: an output that it takes\n"
				       "web/north waits for web/west: in 'web' region west goes "
				       "before north");
	assert_int_equal(g->where.start.line, 5);
	l.wishes.has_regions = true;
	l.wishes.regions = REGIONS_PARALLEL;
	assert_int_equal(lay_out(&l), 0);
	close_lab(&l);
}

static void stacks_that_wait_for_each_other_are_told(void **state)
{
	struct lab l;
	const struct diag *g;

	(void)state;
	open_lab(&l,
		 "  app: {Template: web.yaml, Targets: [west, east]}\n"
		 "  dns: {Template: web.yaml, Targets: [east]}\n"
		 "  net: {Template: web.yaml, Targets: [east, west]}\n"
		 "  sub: {Template: web.yaml, Targets: [east]}\n",
		 THING);
	fixture_record(&l.f, "dns/-/east/T", "Fake::Thing", "{\"Name\":\"t\"}", NULL);
	need(&l, "app/west", "net/west");
	/* By way of one that has nothing to do. */
	need(&l, "net/east", "dns/east");
	need(&l, "dns/east", "app/east");
	need(&l, "sub/east", "app/west");
	g = told(&l);
	assert_string_equal(g->summary, "the rollouts of 'app' and 'net' wait for each other");
	assert_string_equal(g->detail,
			    "app/west waits for net/west: DependsOn, or an output that it takes\n"
			    "net/west waits for net/east: in 'net' region east goes before west\n"
			    "net/east waits for dns/east: DependsOn, or an output that it takes\n"
			    "dns/east waits for app/east: DependsOn, or an output that it takes\n"
			    "app/east waits for app/west: in 'app' region west goes before east");
	close_lab(&l);
}

static void waves_that_wait_for_each_other_are_told(void **state)
{
	struct lab l;
	const struct diag *g;

	(void)state;
	open_lab(&l,
		 "  app: {Template: web.yaml, Targets: [east, west], "
		 "Rollout: {Waves: [{Name: canary, Regions: [west]}, {Name: all}]}}\n"
		 "  net: {Template: web.yaml, Targets: [west]}\n",
		 THING);
	need(&l, "app/west", "net/west");
	need(&l, "net/west", "app/east");
	g = told(&l);
	assert_string_equal(
		g->detail, "app/west waits for net/west: DependsOn, or an output that it takes\n"
			   "net/west waits for app/east: DependsOn, or an output that it takes\n"
			   "app/east waits for app/west: wave 'canary' of 'app' goes before 'all'");
	close_lab(&l);
}

/* Forty stacks, each of which waits for the next. */
static void long_circles_are_cut(void **state)
{
	struct lab l;
	struct str stacks = STR_INIT;

	(void)state;
	for (int i = 0; i < 40; i++)
		str_printf(&stacks, "  s%02d: {Template: web.yaml, Targets: [east, west]}\n", i);
	open_lab(&l, str_cstr(&stacks), THING);
	for (int i = 0; i < 40; i++)
		need(&l, arena_printf(l.f.a, "s%02d/east", i),
		     arena_printf(l.f.a, "s%02d/west", (i + 1) % 40));
	assert_non_null(strstr(told(&l)->detail, "\n... and 68 more"));
	close_lab(&l);
	str_release(&stacks);
}

/* --- in words --------------------------------------------------------------------------- */

static void words_say_what_it_will_do(void **state)
{
	const struct {
		const char *rollout, *wanted;
	} rows[] = {
		{"{}", "6 instances: east, then west, then north; in a region all at the same time "
		       "(SOFT, FailureTolerance 0).\n"
		       "The first failure stops it: what is under way ends, nothing more starts.\n"
		       "At most 2 of 6 instances can fail before it stops.\n"},
		{"{ConcurrencyMode: STRICT}",
		 "6 instances: east, then west, then north; in a region one at a time "
		 "(STRICT, FailureTolerance 0).\n"
		 "STRICT lowers it from 2: at most as many as may still fail, and one more.\n"
		 "The first failure stops it: what is under way ends, nothing more starts.\n"
		 "At most 1 of 6 instances can fail before it stops.\n"},
		{"{RegionConcurrency: PARALLEL, MaxConcurrent: 1, FailureTolerance: 50%}",
		 "6 instances in 3 regions side by side; in a region one at a time "
		 "(SOFT, FailureTolerance 50%).\n"
		 "It stops when more than 1 in a region fails: what is under way ends, nothing "
		 "more starts.\n"
		 "At most 6 of 6 instances can fail before it stops.\n"},
		{"{Waves: [{Name: canary, Count: 1, Bake: 5m}, {}], OnFailure: wave, "
		 "MinHealthyRegions: 1}",
		 "6 instances: east, then west, then north; in a region all at the same time "
		 "(SOFT, FailureTolerance 0).\n"
		 "2 waves: canary (1), then wave 2 (5); a failure in any but the last stops it.\n"
		 "The first failure stops it: what is under way ends, nothing more starts.\n"
		 "At most 2 of 6 instances can fail before it stops.\n"
		 "Nothing is changed in a region while no other is healthy.\n"
		 "If it fails, the failing wave goes back (OnFailure: wave).\n"},
		{"{Waves: [{Name: canary, Count: 1}, {Name: more, Count: 3, FailureTolerance: 1}, "
		 "{}], FailureTolerance: 2}",
		 "6 instances: east, then west, then north; in a region all at the same time "
		 "(SOFT, FailureTolerance 2).\n"
		 "3 waves: canary (1, 0 may fail), then more (3, 1 may fail), then wave 3 (2); "
		 "more failures in one stop it.\n"
		 "It stops when more than 2 in a region fail: what is under way ends, nothing "
		 "more starts.\n"
		 "At most 3 of 6 instances can fail before it stops.\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str stacks = STR_INIT;
		struct lab l;

		str_printf(&stacks, SIX "%s\n", rows[i].rollout);
		open_lab(&l, str_cstr(&stacks), THING);
		print_message("%s\n", rows[i].rollout);
		assert_string_equal(words(&l), rows[i].wanted);
		close_lab(&l);
		str_release(&stacks);
	}
}

/* Made by hand: what takes many regions and waves to say. */
static void words_count_what_they_do_not_name(void **state)
{
	static const char *const names[] = {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"};
	struct rollout_wave waves[8];
	struct rollout_member members[12];
	struct stack_rollout s = {.stack = "web", .regions = names, .wave_count = 8};
	struct str out = STR_INIT;

	(void)state;
	for (size_t i = 0; i < 12; i++)
		members[i] =
			(struct rollout_member){.wave = i < 8 ? i : 7, .region = i < 8 ? i : 7};
	for (size_t i = 0; i < 8; i++)
		waves[i] = (struct rollout_wave){.name = names[i]};
	s.preferences = rollout_defaults();
	s.preferences.waves = waves;
	s.preferences.wave_count = 8;
	s.preferences.tolerance = (struct rollout_amount){40, true, true};
	s.preferences.max_concurrent = (struct rollout_amount){50, true, true};
	s.preferences.min_healthy_regions = 3;
	s.preferences.on_failure = ON_FAILURE_KEEP;
	s.spec = (struct rollout_spec){&s.preferences, members, 12, 8};
	s.worst_case = rollout_worst_case(&s.spec);
	rollout_words(&s, &out);
	assert_string_equal(
		str_cstr(&out),
		"12 instances: r0, then r1, then r2, then r3, then r4, then 3 more; in a region up "
		"to 2 at a time (SOFT, FailureTolerance 40%).\n"
		"8 waves: r0 (1), then r1 (1), then r2 (1), then r3 (1), then r4 (1), then 3 more; "
		"a failure in any but the last stops it.\n"
		"It stops when more than 40% of a region (0 to 2) fail: what is under way ends, "
		"nothing more starts.\n"
		"At most 4 of 12 instances can fail before it stops.\n"
		"Nothing is changed in a region while fewer than 3 others are healthy.\n"
		"What fails stays as it is (OnFailure: keep).\n");
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regions_go_in_the_order_of_the_targets),
		cmocka_unit_test(accounts_go_in_the_order_of_the_targets_too),
		cmocka_unit_test(region_order_names_those_that_go_first),
		cmocka_unit_test(what_has_nothing_to_do_takes_no_part),
		cmocka_unit_test(what_left_the_targets_takes_part_behind_them),
		cmocka_unit_test(a_stack_that_left_the_manifest_goes_by_the_defaults),
		cmocka_unit_test(waves_take_by_region_tag_and_share),
		cmocka_unit_test(a_destroy_goes_the_other_way_round),
		cmocka_unit_test(the_command_line_is_stronger),
		cmocka_unit_test(stacks_go_side_by_side_as_far_as_they_may),
		cmocka_unit_test(order_passes_through_what_has_nothing_to_do),
		cmocka_unit_test(a_preview_keeps_max_concurrent_and_healthy_regions),
		cmocka_unit_test(healthy_regions_that_never_are_do_not_stop_a_preview),
		cmocka_unit_test(a_region_goes_behind_those_it_takes_from),
		cmocka_unit_test(a_destroy_obeys_what_is_taken_too),
		cmocka_unit_test(an_order_against_its_own_links_is_told),
		cmocka_unit_test(stacks_that_wait_for_each_other_are_told),
		cmocka_unit_test(waves_that_wait_for_each_other_are_told),
		cmocka_unit_test(long_circles_are_cut),
		cmocka_unit_test(words_say_what_it_will_do),
		cmocka_unit_test(words_count_what_they_do_not_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
