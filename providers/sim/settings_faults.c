/* settings_faults.c - the list of scripted faults, and recorded durations. */
#include <assert.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "providers/sim/fault_kinds.h"
#include "providers/sim/settings.h"

#define RULES_MAX 1000
#define SAMPLES_MAX 100000
#define CHANGING (1u << OP_CREATE | 1u << OP_UPDATE | 1u << OP_DELETE)
#define CHECKING (1u << OP_CHECK)
#define DEFAULT_HIDDEN_MS 5000

/* A rule that is being read. */
struct rule_reader {
	struct arena *a;
	struct sim_rule *rule;
	struct fault *f;
};

typedef int read_fn(struct rule_reader *r, const json_t *value);

static int bad(struct rule_reader *r, const char *why)
{
	return settings_sim_bad(r->f, "Faults", why);
}

static int read_text(struct rule_reader *r, const json_t *value, const char **out)
{
	if (!json_is_string(value))
		return bad(r, "Type, Name, Address, Region and Message are texts");
	*out = arena_strdup(r->a, json_string_value(value));
	return 0;
}

static int read_type(struct rule_reader *r, const json_t *value)
{
	return read_text(r, value, &r->rule->type);
}

static int read_name(struct rule_reader *r, const json_t *value)
{
	return read_text(r, value, &r->rule->name);
}

static int read_address(struct rule_reader *r, const json_t *value)
{
	return read_text(r, value, &r->rule->address);
}

static int read_region(struct rule_reader *r, const json_t *value)
{
	return read_text(r, value, &r->rule->region);
}

static int read_message(struct rule_reader *r, const json_t *value)
{
	return read_text(r, value, &r->rule->message);
}

static int read_ops(struct rule_reader *r, const json_t *value)
{
	if (!settings_sim_ops(value, &r->rule->ops))
		return bad(r, "Operation is create, read, update, delete, poll, find, list, "
			      "lookup, snapshot, check, command, http, notify, weights, action, "
			      "'*', or a list of them");
	return 0;
}

static int read_nth(struct rule_reader *r, const json_t *value)
{
	r->rule->nth = json_integer_value(value);
	return r->rule->nth > 0 ? 0 : bad(r, "Nth is a number from 1 on");
}

static int read_times(struct rule_reader *r, const json_t *value)
{
	r->rule->times = json_integer_value(value);
	return r->rule->times > 0 ? 0 : bad(r, "Times is a number from 1 on");
}

/* Manifests keep fractions as text. */
static int read_probability(struct rule_reader *r, const json_t *value)
{
	double p = json_number_value(value);
	bool known = json_is_number(value);

	if (json_is_string(value))
		known = text_to_double(text_of(json_string_value(value)), &p);
	r->rule->probability = p;
	return known && p >= 0 && p <= 1 ? 0 : bad(r, "Probability is a number from 0 to 1");
}

static int read_kind(struct rule_reader *r, const json_t *value)
{
	const char *name = json_string_value(value), *near;
	const char *const *names;
	size_t count;

	r->rule->kind = fault_kind_named(name);
	if (r->rule->kind)
		return 0;
	names = fault_kind_names(&count);
	near = name ? text_nearest(text_of(name), names, count) : NULL;
	bad(r, "there is no such Fault");
	if (near)
		fault_hint(r->f, "did you mean '%s'?", near);
	return -1;
}

static int read_fixed(struct rule_reader *r, const json_t *value, int64_t *out)
{
	struct sim_duration d;

	if (!duration_from(value, &d) || d.spread != SPREAD_FIXED)
		return bad(r, "RetryAfter and For are times such as 5s");
	*out = d.low_ms;
	return 0;
}

static int read_retry_after(struct rule_reader *r, const json_t *value)
{
	return read_fixed(r, value, &r->rule->retry_after_ms);
}

static int read_for(struct rule_reader *r, const json_t *value)
{
	return read_fixed(r, value, &r->rule->for_ms);
}

static int read_takes(struct rule_reader *r, const json_t *value)
{
	if (!duration_from(value, &r->rule->takes))
		return bad(r, "Takes is a time such as 5s or 1s..3s");
	return 0;
}

static const struct {
	const char *name;
	read_fn *read;
} keys[] = {
	{"Type", read_type},
	{"Name", read_name},
	{"Address", read_address},
	{"Region", read_region},
	{"Operation", read_ops},
	{"Nth", read_nth},
	{"Probability", read_probability},
	{"Times", read_times},
	{"Fault", read_kind},
	{"RetryAfter", read_retry_after},
	{"For", read_for},
	{"Takes", read_takes},
	{"Message", read_message},
};

static int read_key(struct rule_reader *r, const char *key, const json_t *value)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(key, keys[i].name) == 0)
			return keys[i].read(r, value);
	}
	return bad(r, "a fault has Type, Name, Address, Region, Operation, Nth, Probability, "
		      "Times, Fault, RetryAfter, For, Takes and Message, and nothing else");
}

/* The same rule keeps its counters when others are added around it. */
static const char *rule_id(struct arena *a, const json_t *value, size_t twins)
{
	char digest[65];

	json_digest(value, digest);
	return arena_printf(a, "%.16s.%zu", digest, twins);
}

static size_t count_twins(const json_t *list, size_t index)
{
	size_t twins = 0;

	for (size_t i = 0; i < index; i++)
		twins += (size_t)json_equal(json_array_get(list, i), json_array_get(list, index));
	return twins;
}

static int read_rule(struct rule_reader *r, const json_t *list, size_t index)
{
	const json_t *value = json_array_get(list, index);
	const char *key;
	json_t *part;

	*r->rule = (struct sim_rule){.probability = 1, .for_ms = DEFAULT_HIDDEN_MS};
	if (!json_is_object(value))
		return bad(r, "each fault is a map");
	json_object_foreach((json_t *)value, key, part)
	{
		if (read_key(r, key, part) < 0)
			return -1;
	}
	if (!r->rule->kind)
		return bad(r, "a fault has no 'Fault'");
	if (!r->rule->ops)
		r->rule->ops = r->rule->kind->deed == DEED_SICK ? CHECKING : CHANGING;
	if (r->rule->kind->deed == DEED_SICK && r->rule->ops != CHECKING)
		return bad(r, "only a check can be unhealthy: leave Operation out");
	if (r->rule->nth && !r->rule->times)
		r->rule->times = 1;
	r->rule->id = rule_id(r->a, value, count_twins(list, index));
	return 0;
}

static int read_rules(struct arena *a, const json_t *list, struct sim_settings *out,
		      struct fault *f)
{
	size_t count = json_array_size(list);
	struct sim_rule *rules;

	if (!json_is_array(list) || count > RULES_MAX)
		return settings_sim_bad(f, "Faults",
					"it is a list of at most 1000 faults, or the name of a "
					"JSON file with one");
	rules = ARENA_ARRAY(a, count, struct sim_rule);
	out->rules = rules;
	for (size_t i = 0; i < count; i++) {
		struct rule_reader r = {a, &rules[i], f};

		if (read_rule(&r, list, i) < 0) {
			fault_detail(f, "fault number %zu", i + 1);
			return -1;
		}
		assert(rules[i].kind);
		out->rule_count++;
		if (rules[i].kind->deed == DEED_HIDDEN && rules[i].for_ms > out->unseen_ms)
			out->unseen_ms = rules[i].for_ms;
	}
	return 0;
}

int settings_sim_faults(struct arena *a, const json_t *value, struct sim_settings *out,
			struct fault *f)
{
	struct str text = STR_INIT;
	const char *path, *why = "it cannot be read";
	json_t *list = NULL;
	int rc;

	if (!json_is_string(value))
		return read_rules(a, value, out, f);
	path = path_join(a, out->project_dir, arena_strdup(a, json_string_value(value)));
	if (file_read(path, LIMIT_SOURCE_LEN, &text) == 0)
		list = json_parse(str_text(&text), a, &why);
	if (list) {
		rc = read_rules(a, list, out, f);
	} else {
		rc = settings_sim_bad(f, "Faults", path);
		fault_detail(f, "%s", why);
	}
	str_release(&text);
	json_decref(list);
	return rc;
}

static bool read_sample(struct arena *a, const json_t *value, struct sim_sample *out)
{
	const json_t *list = json_object_get(value, "SamplesMs");
	size_t count = json_array_size(list);
	int64_t *ms = ARENA_ARRAY(a, count, int64_t);

	for (size_t i = 0; i < count; i++)
		ms[i] = json_integer_value(json_array_get(list, i));
	*out = (struct sim_sample){
		.type = arena_strdup(a, json_str(value, "Type", "")),
		.op = arena_strdup(a, json_str(value, "Action", "")),
		.address = arena_strdup(a, json_str(value, "Address", "")),
		.ms = ms,
		.count = count,
	};
	return count > 0;
}

int settings_sim_samples(struct arena *a, const json_t *value, struct sim_settings *out,
			 struct fault *f)
{
	size_t count = json_array_size(value);
	struct sim_sample *samples;

	if (!json_is_array(value) || count > SAMPLES_MAX)
		return settings_sim_bad(f, "Durations", "it is a list of recorded durations");
	samples = ARENA_ARRAY(a, count, struct sim_sample);
	out->samples = samples;
	for (size_t i = 0; i < count; i++)
		out->sample_count +=
			read_sample(a, json_array_get(value, i), &samples[out->sample_count]);
	return 0;
}
