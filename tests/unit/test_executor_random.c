/*
 * test_executor_random.c - random stacks changed at random against a cloud that fails at
 * random; then one plain run, after which what is recorded is what there is.
 */
#include "tests/unit/chance.h"
#include "tests/unit/run_bench.h"

#include <stdio.h>
#include <string.h>

#define WORLDS 10
#define ROUNDS 3
#define PARTS_MAX 14
#define NO_USE (-1)

/* One resource of the template; its name is its own, so nobody else's is in the way. */
struct part {
	bool there, slot, renamed, snapshot;
	int name, kind, size; /* versions */
	int uses;             /* a part before it; -1: none */
	int how;              /* what of it */
};

struct world {
	struct bench *b;
	uint64_t seed;
	struct part parts[PARTS_MAX];
	size_t count;
};

static uint32_t roll(struct world *w, uint32_t sides)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(w->seed >> 33) % sides;
}

/* --- templates ------------------------------------------------------------------------ */

static void make_parts(struct world *w)
{
	w->count = 3 + roll(w, PARTS_MAX - 2);
	for (size_t i = 0; i < w->count; i++)
		w->parts[i] = (struct part){
			.there = roll(w, 4) != 0,
			.slot = roll(w, 3) == 0,
			.snapshot = roll(w, 4) == 0,
			.uses = i && roll(w, 3) ? (int)roll(w, (uint32_t)i) : -1,
			.how = (int)roll(w, 4),
		};
}

static void change_parts(struct world *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct part *p = &w->parts[i];

		switch (roll(w, 9)) {
		case 0:
			p->there = !p->there;
			break;
		case 1:
			p->name++;
			break;
		case 2:
			p->kind++;
			/* Where the new one comes first it needs another name. */
			p->name += !p->slot;
			break;
		case 3:
		case 4:
			p->size++;
			break;
		case 5:
			p->renamed = !p->renamed;
			break;
		case 6:
			p->uses = i && roll(w, 3) ? (int)roll(w, (uint32_t)i) : -1;
			break;
		default:
			break;
		}
	}
}

static const char *id_of(const struct world *w, size_t i)
{
	return arena_printf(w->b->a, "%c%zu", w->parts[i].renamed ? 'R' : 'T', i);
}

/* References that stay known, that wait, and that a replacement hangs on. */
static void write_use(const struct world *w, const struct part *p, struct str *out)
{
	const char *id = p->uses < 0 ? "" : id_of(w, (size_t)p->uses);
	int how = p->uses < 0 || !w->parts[p->uses].there ? NO_USE : p->how;

	if (how == 0)
		str_printf(out, ", Note: !Ref %s", id);
	else if (how == 1)
		str_printf(out, ", Note: !GetAtt %s.Serial", id);
	else if (how == 2)
		str_printf(out, ", Note: !GetAtt %s.Echo", id);
	/* Only a slot can be replaced under its name. */
	if (how == 3 && p->slot)
		str_printf(out, ", Kind: !GetAtt %s.Echo", id);
	else
		str_printf(out, ", Kind: k%d", p->kind);
}

static void use_parts(struct world *w)
{
	struct str text = STR_INIT;

	str_add(&text,
		"Resources:\n  Anchor: {Type: 'Cloud::Thing', Properties: {Name: anchor}}\n");
	for (size_t i = 0; i < w->count; i++) {
		const struct part *p = &w->parts[i];

		if (!p->there)
			continue;
		str_printf(&text, "  %s: {Type: 'Cloud::%s', ", id_of(w, i),
			   p->slot ? "Slot" : "Thing");
		if (p->snapshot)
			str_add(&text, "DeletionPolicy: Snapshot, UpdateReplacePolicy: Snapshot, ");
		str_printf(&text, "Properties: {Name: n%zu-%d, Host: h%zu, Size: %d, Secret: s%d",
			   i, p->name, i % 4, p->size, p->kind);
		write_use(w, p, &text);
		str_add(&text, "}}\n");
	}
	bench_template(w->b, str_cstr(&text));
	str_release(&text);
}

/* --- faults --------------------------------------------------------------------------- */

static const enum hd_status faults[] = {HD_RETRY,   HD_THROTTLED, HD_CONFLICT,
					HD_FATAL,   HD_FATAL,     HD_UNREACHABLE,
					HD_PENDING, HD_PENDING,   HD_CANCELLED};

static void add_fault(struct world *w)
{
	struct cloud_rule r = {
		.op = (enum cloud_op)roll(w, CLOUD_OP_COUNT),
		.skip = (int)roll(w, 4),
		.times = 1 + (int)roll(w, 6),
		.status = faults[roll(w, ARRAY_LEN(faults))],
	};

	if (r.status == HD_PENDING && (r.op == CLOUD_READ || r.op == CLOUD_FIND))
		return;
	if (r.status == HD_PENDING) {
		r.polls = (int)roll(w, 4);
		r.wait_ms = 1 + (int)roll(w, 300);
	} else if (r.op == CLOUD_CREATE || r.op == CLOUD_UPDATE || r.op == CLOUD_REMOVE ||
		   r.op == CLOUD_ACT) {
		r.effect = roll(w, 2) ? HD_EFFECT_UNKNOWN : HD_EFFECT_NONE;
		r.happens = r.effect == HD_EFFECT_UNKNOWN && roll(w, 2);
	}
	/* What goes on already may have happened when asking after it fails for good. */
	if (r.op == CLOUD_POLL)
		r.effect = HD_EFFECT_UNKNOWN;
	cloud_add_rule(&r);
}

static void add_faults(struct world *w)
{
	for (uint32_t i = roll(w, 5); i; i--)
		add_fault(w);
	w->b->stop_after = roll(w, 5) ? 0 : 1 + (int)roll(w, 8);
	w->b->stop_level = 1 + (int)roll(w, 2);
}

/* --- the truth ------------------------------------------------------------------------ */

static void check_record(struct world *w, const struct record *r)
{
	json_t *inputs = json_parse(text_of(r->inputs), NULL, NULL);
	const char *name = json_str(inputs, "Name", "?");
	char size[32];

	assert_string_equal(r->deposed, "");
	assert_false(r->tainted);
	if (!cloud_has(name))
		print_message("%s is recorded and not there\n", name);
	assert_true(cloud_has(name));
	snprintf(size, sizeof(size), "%lld", (long long)json_int(inputs, "Size", -1));
	if (json_object_get(inputs, "Size"))
		assert_string_equal(cloud_property(name, "Size"), size);
	json_decref(inputs);
	(void)w;
}

static size_t wanted(const struct world *w)
{
	size_t count = 1;

	for (size_t i = 0; i < w->count; i++)
		count += w->parts[i].there;
	return count;
}

static void check_world(struct world *w)
{
	struct bench *b = w->b;
	struct record_list list;

	assert_int_equal(bench_open_operations(b), 0);
	assert_int_equal(state_load_records(bench_state(b), NULL, b->a, &list, &b->d), 0);
	assert_int_equal(list.count, wanted(w));
	for (size_t i = 0; i < list.count; i++)
		check_record(w, &list.items[i]);
	/* Every name is somebody's alone, so as many things are there as records. */
	assert_int_equal(cloud_count(), list.count);
	assert_true(plan_empty(bench_plan(b, REFRESH_YES)));
}

static void run_round(struct world *w)
{
	struct bench *b = w->b;

	use_parts(w);
	add_faults(w);
	bench_apply(b);
	b->interrupts = 0;
	b->stop_after = 0;
	cloud_drop_rules();
	/* What had too little time gets more. */
	__atomic_add_fetch(&b->clock.now_ms, 600000, __ATOMIC_RELAXED);
	if (bench_apply(b))
		bench_show(b);
	check_world(w);
}

static void run_world(struct bench *b, uint64_t seed)
{
	struct world w = {.b = b, .seed = seed};

	make_parts(&w);
	use_parts(&w);
	assert_int_equal(bench_apply(b), 0);
	check_world(&w);
	for (int i = 0; i < ROUNDS; i++) {
		change_parts(&w);
		run_round(&w);
	}
	assert_int_equal(bench_destroy(b), 0);
	assert_int_equal(cloud_count(), 0);
	assert_int_equal(bench_records(b), 0);
}

static void after_any_faults_one_run_makes_records_and_cloud_the_same(void **state)
{
	struct chances c = chances_of(WORLDS);
	static struct bench b;
	uint64_t seed;

	(void)state;
	while (chances_next(&c, &seed)) {
		bench_open(&b);
		run_world(&b, seed);
		bench_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_any_faults_one_run_makes_records_and_cloud_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
