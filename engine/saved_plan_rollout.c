/*
 * saved_plan_rollout.c - how a saved plan goes over its targets: what the command line said of it,
 * and what it came to, so that no other way is gone when it is applied.
 */
#include <string.h>

#include "engine/saved_plan_parts.h"

static const char *const region_words[] = {
	[REGIONS_SEQUENTIAL] = "SEQUENTIAL",
	[REGIONS_PARALLEL] = "PARALLEL",
};
static const char *const mode_words[] = {
	[CONCURRENCY_STRICT] = "STRICT",
	[CONCURRENCY_SOFT] = "SOFT",
};
static const char *const failure_words[] = {
	[ON_FAILURE_DEFAULT] = "",  [ON_FAILURE_INSTANCE] = "instance", [ON_FAILURE_KEEP] = "keep",
	[ON_FAILURE_WAVE] = "wave", [ON_FAILURE_ALL] = "all",
};

static size_t word_at(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; word && i < count; i++)
		if (!strcmp(words[i], word))
			return i;
	return 0;
}

/* --- what the command line said ----------------------------------------------------------- */

static void set_amount(json_t *j, const char *key, struct rollout_amount a)
{
	struct str text = STR_INIT;

	if (!a.given)
		return;
	str_printf(&text, "%zu%s", a.value, a.percent ? "%" : "");
	json_object_set_new(j, key, json_string(str_cstr(&text)));
	str_release(&text);
}

static void set_order(json_t *j, const struct rollout_wishes *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->region_order_count; i++)
		json_array_append_new(list, json_string(w->region_order[i]));
	if (w->region_order_count)
		json_object_set(j, "region_order", list);
	json_decref(list);
}

json_t *saved_rollout_json(const struct run_request *q)
{
	const struct rollout_wishes *w = &q->rollout;
	json_t *j = json_object();

	if (w->has_regions)
		json_object_set_new(j, "region_concurrency", json_string(region_words[w->regions]));
	set_order(j, w);
	set_amount(j, "max_concurrent", w->max_concurrent);
	set_amount(j, "failure_tolerance", w->tolerance);
	if (w->has_mode)
		json_object_set_new(j, "concurrency_mode", json_string(mode_words[w->mode]));
	if (q->on_failure != ON_FAILURE_DEFAULT)
		json_object_set_new(j, "on_failure", json_string(failure_words[q->on_failure]));
	return j;
}

static struct rollout_amount amount_of(const json_t *j, const char *key)
{
	struct rollout_amount a = {0};

	rollout_amount_parse(text_of(json_str(j, key, "")), &a);
	return a;
}

void saved_rollout_read(const struct saved_plan *s, struct run_request *out)
{
	const json_t *j = json_object_get(saved_plan_header(s), "rollout");
	const json_t *order = json_object_get(j, "region_order");
	struct rollout_wishes *w = &out->rollout;
	const char **names = ARENA_ARRAY(s->arena, json_array_size(order) + 1, const char *);

	*w = (struct rollout_wishes){
		.has_regions = json_object_get(j, "region_concurrency"),
		.has_mode = json_object_get(j, "concurrency_mode"),
		.max_concurrent = amount_of(j, "max_concurrent"),
		.tolerance = amount_of(j, "failure_tolerance"),
		.region_order = names,
		.region_order_count = json_array_size(order),
	};
	w->regions = (enum region_concurrency)word_at(region_words, ARRAY_LEN(region_words),
						      json_str(j, "region_concurrency", NULL));
	w->mode = (enum concurrency_mode)word_at(mode_words, ARRAY_LEN(mode_words),
						 json_str(j, "concurrency_mode", NULL));
	for (size_t i = 0; i < w->region_order_count; i++)
		names[i] = json_string_value(json_array_get(order, i));
	if (out->on_failure == ON_FAILURE_DEFAULT)
		out->on_failure = (enum on_failure)word_at(failure_words, ARRAY_LEN(failure_words),
							   json_str(j, "on_failure", NULL));
}

/* --- what it came to ------------------------------------------------------------------------ */

static void add_amount(struct str *out, struct rollout_amount a)
{
	str_printf(out, " %d %zu%s", a.given, a.value, a.percent ? "%" : "");
}

/* Without OnFailure, which changes nothing while all goes well, and may be said anew. */
static void add_preferences(struct str *out, const struct rollout_preferences *p)
{
	str_printf(out, "%d %d %zu", p->regions, p->mode, p->min_healthy_regions);
	add_amount(out, p->max_concurrent);
	add_amount(out, p->tolerance);
	for (size_t i = 0; i < p->wave_count; i++) {
		str_printf(out, "\nwave %s %lld", p->waves[i].name, (long long)p->waves[i].bake_ms);
		add_amount(out, p->waves[i].tolerance);
	}
}

/* Members in order, so that who is in which wave and region follows. */
void basis_rollout(const struct stack_rollout *r, struct str *out)
{
	str_printf(out, "rollout %s\n", r->stack);
	add_preferences(out, &r->preferences);
	for (size_t i = 0; i < r->spec.region_count; i++)
		str_printf(out, "\nregion %s", r->regions[i]);
	for (size_t i = 0; i < r->spec.member_count; i++)
		str_printf(out, "\n%zu %zu %zu", r->spec.members[i].wave, r->spec.members[i].region,
			   r->instances[i]);
	str_add_char(out, '\n');
}
