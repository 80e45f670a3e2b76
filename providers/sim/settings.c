#include "providers/sim/settings.h"

#include <string.h>

#include "base/file.h"

#define DEFAULT_FILE ".hadeploy/sim.db"
#define DEFAULT_POLL_MS 5000
#define FACTOR_MAX 10000
#define LATENCY_MAX 10000

static const char *const op_names[SIM_OP_COUNT] = {
	[OP_CREATE] = "create", [OP_READ] = "read",       [OP_UPDATE] = "update",
	[OP_DELETE] = "delete", [OP_POLL] = "poll",       [OP_FIND] = "find",
	[OP_LIST] = "list",     [OP_LOOKUP] = "lookup",   [OP_SNAPSHOT] = "snapshot",
	[OP_CHECK] = "check",   [OP_COMMAND] = "command", [OP_HTTP] = "http",
	[OP_NOTIFY] = "notify", [OP_WEIGHTS] = "weights", [OP_ACTION] = "action",
};

const char *sim_op_name(enum sim_op op)
{
	return op_names[op];
}

int settings_sim_bad(struct fault *f, const char *key, const char *why)
{
	fault_set(f, HD_FATAL, DIAG_SIM_CONFIG, "setting '%s' of provider sim cannot be used", key);
	fault_detail(f, "%s", why);
	fault_hint(f, "docs/sim.md has all settings with examples");
	return -1;
}

/* --- operations by name -------------------------------------------------------------- */

static bool op_bits(const char *name, unsigned *out)
{
	if (name && strcmp(name, "*") == 0) {
		*out |= (1u << SIM_OP_COUNT) - 1;
		return true;
	}
	for (size_t i = 0; name && i < SIM_OP_COUNT; i++) {
		if (strcmp(name, op_names[i]) != 0)
			continue;
		*out |= 1u << i;
		return true;
	}
	return false;
}

bool settings_sim_ops(const json_t *value, unsigned *out)
{
	bool known = true;
	json_t *item;
	size_t i;

	*out = 0;
	if (!json_is_array(value))
		return op_bits(json_string_value(value), out);
	json_array_foreach(value, i, item) known = known && op_bits(json_string_value(item), out);
	return known && *out;
}

/* --- Latency ---------------------------------------------------------------------------- */

/* "50ms", or {Call: 50ms, Pending: 4m..9m}. */
static bool read_latency(const json_t *value, struct sim_latency *out)
{
	const char *key;
	json_t *part;

	if (!json_is_object(value))
		return duration_from(value, &out->call);
	json_object_foreach((json_t *)value, key, part)
	{
		bool call = strcmp(key, "Call") == 0;

		if ((!call && strcmp(key, "Pending") != 0) ||
		    !duration_from(part, call ? &out->call : &out->pending))
			return false;
	}
	return true;
}

static void spread_latency(struct sim_latencies *l, const struct sim_latency *one, unsigned ops)
{
	l->set |= ops;
	for (size_t i = 0; i < SIM_OP_COUNT; i++) {
		if (ops & 1u << i)
			l->ops[i] = *one;
	}
}

static int read_operation(const char *name, const json_t *value, struct sim_latencies *l,
			  struct fault *f)
{
	struct sim_latency one = {0};
	unsigned ops = 0;

	if (!op_bits(name, &ops))
		return settings_sim_bad(f, "Latency",
					"operations are create, read, update, delete, poll, find, "
					"list, lookup, snapshot, check, command, http, notify, "
					"weights, action and '*'");
	if (!read_latency(value, &one))
		return settings_sim_bad(f, "Latency",
					"a time is written 2s, 50ms..500ms or 2s p95 9s, at most a "
					"week; or {Call: TIME, Pending: TIME}");
	spread_latency(l, &one, ops);
	return 0;
}

static int read_type(const char *pattern, const json_t *map, struct sim_latencies *l,
		     struct fault *f)
{
	const json_t *any = json_object_get(map, "*");
	const char *name;
	json_t *value;

	l->pattern = pattern;
	if (!json_is_object(map))
		return settings_sim_bad(f, "Latency", "it maps types to maps of operations");
	if (any && read_operation("*", any, l, f) < 0)
		return -1;
	json_object_foreach((json_t *)map, name, value)
	{
		if (value != any && read_operation(name, value, l, f) < 0)
			return -1;
	}
	return 0;
}

static int read_latencies(struct arena *a, const json_t *value, struct sim_settings *out,
			  struct fault *f)
{
	size_t count = json_object_size(value);
	struct sim_latencies *all = ARENA_ARRAY(a, count, struct sim_latencies);
	const char *pattern;
	json_t *map;

	if (!json_is_object(value) || count > LATENCY_MAX)
		return settings_sim_bad(f, "Latency", "it maps types to maps of operations");
	out->latencies = all;
	json_object_foreach((json_t *)value, pattern, map)
	{
		if (read_type(arena_strdup(a, pattern), map, &all[out->latency_count++], f) < 0)
			return -1;
	}
	return 0;
}

static size_t literal_count(const char *pattern)
{
	size_t count = 0;

	for (; *pattern; pattern++)
		count += *pattern != '*' && *pattern != '?';
	return count;
}

const struct sim_latency *settings_latency(const struct sim_settings *s, struct text type,
					   enum sim_op op)
{
	const struct sim_latencies *best = NULL;

	for (size_t i = 0; i < s->latency_count; i++) {
		const struct sim_latencies *l = &s->latencies[i];

		if (!(l->set & 1u << op) || !text_glob(text_of(l->pattern), type))
			continue;
		if (!best || literal_count(l->pattern) > literal_count(best->pattern))
			best = l;
	}
	return best ? &best->ops[op] : NULL;
}

/* --- the other keys ------------------------------------------------------------------ */

typedef int read_fn(struct arena *a, const json_t *value, struct sim_settings *out,
		    struct fault *f);

static int read_file(struct arena *a, const json_t *value, struct sim_settings *out,
		     struct fault *f)
{
	const char *name = json_string_value(value);

	if (!name || !*name)
		return settings_sim_bad(f, "File", "it is the path of a file");
	out->file = path_join(a, out->project_dir, arena_strdup(a, name));
	return 0;
}

static int read_seed(struct arena *a, const json_t *value, struct sim_settings *out,
		     struct fault *f)
{
	(void)a;
	if (!json_is_integer(value))
		return settings_sim_bad(f, "Seed", "it is a whole number");
	out->seed = json_integer_value(value);
	return 0;
}

static int read_keys(struct arena *a, const json_t *value, struct sim_settings *out,
		     struct fault *f)
{
	const char *word = json_string_value(value);

	(void)a;
	out->keys_ignored = word && strcmp(word, "ignored") == 0;
	if (!out->keys_ignored && (!word || strcmp(word, "honoured") != 0))
		return settings_sim_bad(f, "IdempotencyKeys", "it is 'honoured' or 'ignored'");
	return 0;
}

static int read_poll(struct arena *a, const json_t *value, struct sim_settings *out,
		     struct fault *f)
{
	struct sim_duration d;

	(void)a;
	if (!duration_from(value, &d) || d.spread != SPREAD_FIXED || d.low_ms <= 0)
		return settings_sim_bad(f, "PollInterval", "it is a time such as 5s");
	out->poll_ms = d.low_ms;
	return 0;
}

static int read_connect(struct arena *a, const json_t *value, struct sim_settings *out,
			struct fault *f)
{
	(void)a;
	if (!duration_from(value, &out->connect_timeout) || out->connect_timeout.high_ms > 60000)
		return settings_sim_bad(f, "ConnectTimeout",
					"it is a time such as 5s, at most a minute");
	return 0;
}

static int read_dead(struct arena *a, const json_t *value, struct sim_settings *out,
		     struct fault *f)
{
	json_t *item;
	size_t i;

	(void)a;
	if (!json_is_array(value))
		return settings_sim_bad(f, "Dead", "it is a list of regions");
	json_array_foreach(value, i, item)
	{
		if (!json_is_string(item))
			return settings_sim_bad(f, "Dead", "it is a list of regions");
		if (text_glob(text_of(json_string_value(item)), text_of(out->region)))
			out->dead = true;
	}
	return 0;
}

/* 10, or "2.5". */
static bool read_factor(const json_t *value, double *out)
{
	if (json_is_string(value))
		return text_to_double(text_of(json_string_value(value)), out);
	*out = json_number_value(value);
	return json_is_number(value);
}

static int read_slow(struct arena *a, const json_t *value, struct sim_settings *out,
		     struct fault *f)
{
	const char *region;
	json_t *factor;
	double number;

	(void)a;
	if (!json_is_object(value))
		return settings_sim_bad(f, "Slow", "it maps regions to factors");
	json_object_foreach((json_t *)value, region, factor)
	{
		if (!read_factor(factor, &number) || number < 0 || number > FACTOR_MAX)
			return settings_sim_bad(f, "Slow", "a factor is a number up to 10000");
		if (text_glob(text_of(region), text_of(out->region)))
			out->factor = number;
	}
	return 0;
}

static int read_rehearsal(struct arena *a, const json_t *value, struct sim_settings *out,
			  struct fault *f)
{
	(void)a;
	(void)f;
	out->rehearses = json_is_true(value);
	return 0;
}

static const struct {
	const char *name;
	read_fn *read; /* NULL: read before, or nothing to sim */
} keys[] = {
	{"File", read_file},
	{"Seed", read_seed},
	{"IdempotencyKeys", read_keys},
	{"Latency", read_latencies},
	{"PollInterval", read_poll},
	{"ConnectTimeout", read_connect},
	{"Faults", settings_sim_faults},
	{"Dead", read_dead},
	{"Slow", read_slow},
	{"Rehearsal", read_rehearsal},
	{"Durations", settings_sim_samples},
	{"Project", NULL},
	{"ProjectDir", NULL},
	{"FilesDir", NULL},
	{"Region", NULL},
	{"Account", NULL},
	{"Hosts", NULL},
};

static int read_key(struct arena *a, const char *key, const json_t *value, struct sim_settings *out,
		    struct fault *f)
{
	const char *names[ARRAY_LEN(keys)], *near;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		names[i] = keys[i].name;
		if (strcmp(key, keys[i].name) == 0)
			return keys[i].read ? keys[i].read(a, value, out, f) : 0;
	}
	near = text_nearest(text_of(key), names, ARRAY_LEN(names));
	fault_set(f, HD_FATAL, DIAG_SIM_CONFIG, "provider sim has no setting '%s'", key);
	fault_hint(f, near ? "did you mean '%s'?" : "docs/sim.md has all of them%s",
		   near ? near : "");
	return -1;
}

int settings_sim_read(struct arena *a, const json_t *config, struct sim_settings *out,
		      struct fault *f)
{
	const char *key;
	json_t *value;

	*out = (struct sim_settings){
		.project_dir = arena_strdup(a, json_str(config, "ProjectDir", ".")),
		.account = arena_strdup(a, json_str(config, "Account", "-")),
		.region = arena_strdup(a, json_str(config, "Region", "")),
		.factor = 1,
		.poll_ms = DEFAULT_POLL_MS,
	};
	out->file = path_join(a, out->project_dir, DEFAULT_FILE);
	if (!json_is_object(config))
		return settings_sim_bad(f, "sim", "the settings are no map");
	json_object_foreach((json_t *)config, key, value)
	{
		if (read_key(a, key, value, out, f) < 0)
			return -1;
	}
	return 0;
}
