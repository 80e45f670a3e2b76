/* fuzz_sim.c - settings of the simulated cloud, and schemas of types, from any JSON. */
#include "providers/sim/settings.h"
#include "providers/sim/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* What was accepted can be used. */
static void use(const struct sim_settings *s)
{
	struct sim_dice dice = {s->seed, {{"a", 1}, {"b", 1}, {"c", 1}, {"", 0}}};

	for (size_t op = 0; op < SIM_OP_COUNT; op++) {
		const struct sim_latency *l =
			settings_latency(s, TEXT_LIT("AWS::S3::Bucket"), (enum sim_op)op);

		if (l && (duration_draw(&l->call, &dice) < 0 ||
			  duration_draw(&l->pending, &dice) > DURATION_MAX_MS))
			fail_fast("a time that is none");
	}
	for (size_t i = 0; i < s->rule_count; i++) {
		if (!s->rules[i].kind || !s->rules[i].id)
			fail_fast("a fault that is none");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_new();
	struct text text = {(const char *)bytes, len};
	json_t *j = json_parse(text, NULL, NULL);
	struct fault f = FAULT_INIT;
	struct sim_settings s;
	struct sim_duration d;

	/* No file of this machine is an input. */
	if (json_is_string(json_object_get(j, "Faults")))
		json_object_del(j, "Faults");
	if (j && settings_sim_read(a, j, &s, &f) == 0)
		use(&s);
	else if (j && !f.summary.len)
		fail_fast("refused without a reason");
	if (j)
		type_parse(a, "A::B::C", text);
	duration_parse(text, &d);
	fault_release(&f);
	json_decref(j);
	arena_free(a);
	return 0;
}
