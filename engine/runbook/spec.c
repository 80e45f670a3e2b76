/* spec.c - one step, as the conductor and the drivers take it. */
#include <string.h>

#include "engine/runbook/bound.h"

#define RETRY_WAIT_DEFAULT_MS 5000

static const struct file_step *file_step_of(const struct bound_procedure *b, size_t step)
{
	const struct expansion *x = expansion_of(b->p);

	return &x->frames[b->p->steps[step].frame].file->steps.items[x->locals[step]];
}

/* --- parts ----------------------------------------------------------------------------- */

static int64_t duration(const json_t *values, const char *key, int64_t fallback)
{
	int64_t ms;

	return text_to_duration_ms(text_of(json_str(values, key, "")), &ms) ? ms : fallback;
}

struct use_list {
	VEC_OF(struct check_use)
};

/* One use for each check of `Check`, which are names. */
static void add_uses(struct step_making *k, const json_t *from, const struct check_use *like,
		     struct use_list *out)
{
	const json_t *checks = json_object_get(from, "Check"), *name;
	size_t i;

	json_array_foreach(checks, i, name)
	{
		struct check_use *use = arena_vec_add(k->a, out);

		*use = *like;
		use->check = manifest_check(k->m, json_string_value(name));
	}
}

static struct check_use use_of(const json_t *item, const struct check_use *like)
{
	const char *expect = like->unhealthy ? "unhealthy" : "healthy";

	return (struct check_use){
		.region = json_str(item, "Region", like->region),
		.within_ms = duration(item, "Within", like->within_ms),
		.unhealthy = !strcmp(json_str(item, "Expect", expect), "unhealthy"),
	};
}

/* One or more for each item: a name, or a map that says more of it. */
static void add_asked(struct step_making *k, const json_t *item, const struct check_use *like,
		      struct use_list *out)
{
	struct check_use use = use_of(item, like);

	if (json_is_object(item)) {
		add_uses(k, item, &use, out);
		return;
	}
	use.check = manifest_check(k->m, json_string_value(item));
	*(struct check_use *)arena_vec_add(k->a, out) = use;
}

/* Of Before and After: in the region of the step unless they say another one. */
static const struct check_use *uses_of(struct step_making *k, const char *key, const char *region,
				       size_t *count)
{
	const json_t *list = json_object_get(k->values, key), *item;
	struct use_list out = {0};
	size_t i;

	json_array_foreach(list, i, item)
	{
		const struct check_use like = use_of(item, &(struct check_use){.region = region});

		add_uses(k, item, &like, &out);
	}
	*count = out.count;
	return out.items;
}

/* A Check step's own, the gate of Traffic, what verifies a fence. */
static const struct check_use *own_uses(struct step_making *k, const char *region, size_t *count)
{
	const char *expect = k->step->kind == STEP_FENCE ? "unhealthy" : "healthy";
	const struct check_use like = {
		.region = json_str(k->values, "Region", region),
		.within_ms = duration(k->values, "Within", 0),
		.unhealthy = !strcmp(json_str(k->values, "Expect", expect), "unhealthy"),
	};
	const json_t *checks = json_object_get(k->values, "Check"), *item;
	struct use_list out = {0};
	size_t i;

	json_array_foreach(checks, i, item) add_asked(k, item, &like, &out);
	*count = out.count;
	return out.items;
}

/* "db/west/Database", "db/-/west/Database": the last but one. */
static const char *region_of_resource(struct arena *a, const char *address)
{
	struct text_split rest = text_split_start(text_of(address));
	struct text part, last = {"", 0}, before = {"", 0};

	while (text_next(&rest, '/', &part)) {
		before = last;
		last = part;
	}
	return arena_text(a, before);
}

static const char *region_of(struct step_making *k)
{
	const char *region = json_str(k->values, "Region", "");

	if (k->step->kind == STEP_ACTION)
		return region_of_resource(k->a, json_str(k->values, "Resource", ""));
	if (k->step->kind == STEP_TRAFFIC && !*region)
		return json_str(k->values, "To", "");
	return region;
}

static bool promotes(const struct step_making *k)
{
	static const char *const words[] = {"promote", "failover", "Promote", "Failover"};
	struct text action = text_of(json_str(k->values, "Action", ""));
	bool by_name = false;

	for (size_t i = 0; k->step->kind == STEP_ACTION && i < ARRAY_LEN(words); i++)
		by_name |= text_starts(action, words[i]);
	return json_flag(k->values, "Promotes", by_name);
}

static enum step_failure on_failure(const struct step_making *k)
{
	const char *word = json_str(k->values, "OnFailure", "stop");

	if (!strcmp(word, "continue"))
		return STEP_FAILURE_CONTINUE;
	return !strcmp(word, "reverse") ? STEP_FAILURE_REVERSE : STEP_FAILURE_STOP;
}

static void fill_spec(struct step_making *k, const struct resolved_texts *resolved,
		      struct step_spec *s)
{
	s->values = k->values;
	s->secrets = secrets_with(k->a, secrets_collect(k->a, k->values, k->secrets),
				  resolved->items, resolved->count);
	s->region = region_of(k);
	s->timeout_ms = duration(k->values, "Timeout", step_default_timeout_ms(k->step->kind));
	s->retries = (size_t)json_int(k->values, "Retries", 0);
	s->retry_wait_ms = duration(k->values, "RetryInterval", RETRY_WAIT_DEFAULT_MS);
	s->on_failure = on_failure(k);
	s->uses = own_uses(k, s->region, &s->use_count);
	s->before = uses_of(k, "Before", s->region, &s->before_count);
	s->after = uses_of(k, "After", s->region, &s->after_count);
	s->promotes = promotes(k);
	s->drill = !strcmp(json_str(k->values, "Drill", ""), "skip") ? DRILL_SKIP : DRILL_RUN;
}

/* --- whether it is run at all ------------------------------------------------------------ */

/* The outermost step around it that is not there. */
static const char *absent_reason(struct step_making *k, const struct bound_procedure *b,
				 size_t step)
{
	const struct frame_question q = {k->a, b, k->grace, k->d};
	const struct procedure_step *steps = b->p->steps;
	struct frame_document d;
	size_t outer = step;

	for (size_t i = step; i != STEP_TOP; i = steps[i].parent) {
		if (bound_frame_document(&q, steps[i].frame, &d) &&
		    (d.absent || !document_find(d.doc, file_step_of(b, i)->id)))
			outer = i;
	}
	return arena_printf(k->a, "condition of step '%s' is false", steps[outer].path);
}

static bool applies(struct step_making *k, const struct bound_procedure *b, size_t step,
		    struct step_spec *out)
{
	const struct frame_question q = {k->a, b, k->grace, k->d};
	struct frame_document d;

	if (!bound_frame_document(&q, b->p->steps[step].frame, &d))
		return false;
	k->doc = d.doc;
	k->known = d.known;
	out->applies = !d.absent && document_find(d.doc, k->step->id);
	if (!out->applies)
		out->reason = absent_reason(k, b, step);
	return true;
}

static struct step_spec *spec_new(struct arena *a)
{
	struct step_spec *s = ARENA_NEW(a, struct step_spec);

	s->reason = s->region = "";
	return s;
}

/* There is nothing to know about what is not run. */
static const struct step_spec *left_out(struct arena *a, struct step_spec *s, bool *known)
{
	struct step_making none = {.a = a};

	if (s->applies) {
		s->left_out = true;
		s->reason = "it is left out when the runbook is run ungracefully";
	}
	step_no_values(&none);
	s->values = none.values;
	*known = true;
	return s;
}

static const struct step_spec *make_spec(struct step_making *k, const struct bound_procedure *b,
					 size_t step, bool *known)
{
	struct step_spec *s = spec_new(k->a);
	bool decided;

	if (!applies(k, b, step, s))
		return NULL;
	decided = k->known || !k->step->presence;
	*known = k->known;
	if (!s->applies || (k->grace == STEP_UNGRACEFUL && k->step->left_out))
		return left_out(k->a, s, known);
	if (step_make_values(k))
		return NULL;
	fill_spec(k, &b->outside->resolved, s);
	*known = decided && k->known;
	return s;
}

const struct step_spec *step_spec(struct arena *a, const struct bound_procedure *b,
				  struct step_wish w, bool *known, struct diags *d)
{
	struct frame_lookup lookup;
	struct step_making k = {.a = a,
				.lookup = &lookup.face,
				.m = b->outside->m,
				.step = file_step_of(b, w.step),
				.grace = w.grace,
				.d = d};
	enum secret_wish before = b->outside->secrets;
	const struct step_spec *s;
	bool all = false;

	frame_lookup_init(&lookup, b, b->p->steps[w.step].frame);
	/* Who asks whether it is known wants to run it. */
	b->outside->secrets = known ? SECRETS_NOW : before;
	s = make_spec(&k, b, w.step, &all);
	b->outside->secrets = before;
	if (known)
		*known = all;
	return s;
}
