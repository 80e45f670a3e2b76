/* shape.c - what values of steps are to be, and what becomes of them for drivers. */
#include <string.h>

#include "engine/runbook/language.h"

#define STATUS_MIN 100
#define STATUS_MAX 599
#define WEIGHT_COUNT_MAX 100

static json_t *refuse(const struct shaping *s, struct text said, const char *hint)
{
	diag_hint(s->d,
		  diag_add(s->d, DIAG_RUNBOOK_VALUE, s->where, "%s cannot be '%.*s'", s->what,
			   TEXT_ARG(said)),
		  "%s", hint);
	return NULL;
}

static const char *describe(const struct value *v)
{
	switch (v->kind) {
	case VALUE_LIST:
		return "a list";
	case VALUE_MAP:
		return "a map";
	case VALUE_BOOL:
		return "true or false";
	case VALUE_NUMBER:
		return "a number";
	case VALUE_NULL:
	case VALUE_STRING:
	case VALUE_UNKNOWN:
		break;
	}
	return "a text";
}

static json_t *wrong_shape(const struct shaping *s, const struct value *v, const char *wanted)
{
	diag_add(s->d, DIAG_RUNBOOK_SHAPE, s->where, "%s is %s; it takes %s", s->what, describe(v),
		 wanted);
	return NULL;
}

/* Secrets are not repeated in messages. */
static struct text shown(const struct value *v, struct text t)
{
	return v->sensitive ? TEXT_LIT(SECRET_SHOWN) : t;
}

static bool scalar(const struct shaping *s, const struct value *v, struct text *out,
		   const char *wanted)
{
	if (!value_scalar_text(v, out)) {
		wrong_shape(s, v, wanted);
		return false;
	}
	if (out->len)
		return true;
	diag_add(s->d, DIAG_RUNBOOK_VALUE, s->where, "%s is an empty text", s->what);
	return false;
}

static json_t *json_of(struct text t)
{
	return json_stringn(t.ptr, t.len);
}

/* --- scalars --------------------------------------------------------------------------- */

static json_t *shape_text(const struct shaping *s, const struct value *v)
{
	struct text t;

	return scalar(s, v, &t, "a text") ? json_of(t) : NULL;
}

static json_t *shape_duration(const struct shaping *s, const struct value *v)
{
	struct text t;
	int64_t ms;

	if (!scalar(s, v, &t, "a time such as 30s"))
		return NULL;
	if (!text_to_duration_ms(t, &ms) || ms < 0 || ms > STEP_TIME_MAX_MS)
		return refuse(s, shown(v, t),
			      "it is a time such as 500ms, 30s, 5m or 1h, at most 7d");
	if (ms || strcmp(s->key->name, "Timeout") != 0)
		return json_of(t);
	return refuse(s, shown(v, t), "nothing is over in no time; leave it out for the usual one");
}

static json_t *shape_count(const struct shaping *s, const struct value *v)
{
	struct text t;
	int64_t n;

	if (!scalar(s, v, &t, "a number"))
		return NULL;
	if (text_to_int64(t, 0, STEP_RETRIES_MAX, &n))
		return json_integer(n);
	return refuse(s, shown(v, t), "it is a number from 0 to 1000");
}

static json_t *shape_number(const struct shaping *s, const struct value *v)
{
	struct text t;
	int64_t whole;
	double n;

	if (!scalar(s, v, &t, "a number"))
		return NULL;
	if (text_to_int64(t, INT64_MIN, INT64_MAX, &whole))
		return json_integer(whole);
	if (text_to_double(t, &n))
		return json_real(n);
	return refuse(s, shown(v, t), "it is a number");
}

static json_t *shape_flag(const struct shaping *s, const struct value *v)
{
	struct text t;

	if (!scalar(s, v, &t, "true or false"))
		return NULL;
	if (text_is(t, "true") || text_is(t, "false"))
		return json_boolean(text_is(t, "true"));
	return refuse(s, shown(v, t), "it is true or false");
}

static json_t *shape_word(const struct shaping *s, const struct value *v)
{
	const char *const *words = s->key->choices;
	const char *list = "";
	size_t count = 0;
	struct diag *g;
	struct text t;

	if (!scalar(s, v, &t, "a word"))
		return NULL;
	for (; words[count]; count++) {
		if (text_is(t, words[count]))
			return json_of(t);
		list = arena_printf(s->a, "%s%s%s", list, count ? ", " : "", words[count]);
	}
	g = diag_add(s->d, DIAG_RUNBOOK_VALUE, s->where, "%s cannot be '%.*s'", s->what,
		     TEXT_ARG(shown(v, t)));
	diag_did_you_mean(s->d, g, t, words, count);
	if (!g->hint)
		diag_hint(s->d, g, "it is one of %s", list);
	return NULL;
}

static bool has_host(struct text url)
{
	const char *slash = memchr(url.ptr, '/', url.len), *host = slash + strlen("//");

	for (size_t i = 0; i < url.len; i++) {
		if ((unsigned char)url.ptr[i] <= ' ')
			return false;
	}
	return host < url.ptr + url.len && !strchr("/:?#", *host);
}

static json_t *shape_url(const struct shaping *s, const struct value *v)
{
	struct text t;

	if (!scalar(s, v, &t, "a URL"))
		return NULL;
	if (!text_starts(t, "http://") && !text_starts(t, "https://"))
		return refuse(s, shown(v, t), "it begins with http:// or https://");
	if (has_host(t))
		return json_of(t);
	return refuse(s, shown(v, t), "it has a host behind the '//', and no blanks");
}

/* --- lists ----------------------------------------------------------------------------- */

static const struct value *const *items_of(const struct value *const *v, size_t *count)
{
	*count = (*v)->kind == VALUE_LIST ? (*v)->count : 1;
	return (*v)->kind == VALUE_LIST ? (*v)->items : v;
}

typedef json_t *shape_fn(const struct shaping *s, const struct value *v);

static json_t *shape_each(const struct shaping *s, const struct value *v, shape_fn *item)
{
	size_t count;
	const struct value *const *items = items_of(&v, &count);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		struct shaping at = *s;
		json_t *made;

		if (value_where(items[i]).src)
			at.where = value_where(items[i]);
		made = item(&at, items[i]);
		if (made) {
			json_array_append_new(list, made);
			continue;
		}
		json_decref(list);
		return NULL;
	}
	if (count)
		return list;
	diag_add(s->d, DIAG_RUNBOOK_VALUE, s->where, "%s is an empty list", s->what);
	json_decref(list);
	return NULL;
}

static json_t *shape_command(const struct shaping *s, const struct value *v)
{
	return v->kind == VALUE_LIST ? shape_each(s, v, shape_text) : shape_text(s, v);
}

/* 200, 200-299 */
static json_t *shape_one_status(const struct shaping *s, const struct value *v)
{
	struct text_split split;
	struct text t, low, high;
	int64_t from, to;

	if (!scalar(s, v, &t, "a status such as 200"))
		return NULL;
	split = text_split_start(t);
	if (text_next(&split, '-', &low) && text_to_int64(low, STATUS_MIN, STATUS_MAX, &from)) {
		if (split.done)
			return json_integer(from);
		if (text_next(&split, '-', &high) && split.done &&
		    text_to_int64(high, from, STATUS_MAX, &to))
			return json_of(t);
	}
	return refuse(s, shown(v, t),
		      "it is a status such as 200, a range such as 200-299, or a "
		      "list of them");
}

static json_t *shape_status(const struct shaping *s, const struct value *v)
{
	return shape_each(s, v, shape_one_status);
}

static json_t *shape_weight(const struct shaping *s, const struct value *v)
{
	struct text t;
	int64_t percent;

	if (!scalar(s, v, &t, "percentages"))
		return NULL;
	if (t.len && t.ptr[t.len - 1] == '%')
		t.len--;
	if (text_to_int64(t, 1, 100, &percent))
		return json_integer(percent);
	return refuse(s, shown(v, t), "weights are percentages from 1 to 100");
}

static json_t *shape_weights(const struct shaping *s, const struct value *v)
{
	json_t *list = shape_each(s, v, shape_weight);
	size_t count = json_array_size(list);
	json_int_t before = 0;
	const char *wrong = NULL;

	for (size_t i = 0; i < count && !wrong; i++) {
		json_int_t percent = json_integer_value(json_array_get(list, i));

		if (percent <= before)
			wrong = "do not rise from one to the next";
		else if (i + 1 == count && percent != 100)
			wrong = "do not end in 100";
		before = percent;
	}
	if (count > WEIGHT_COUNT_MAX)
		wrong = "are more than 100";
	if (!wrong)
		return list;
	diag_hint(s->d, diag_add(s->d, DIAG_STEP_WEIGHTS, s->where, "%s %s", s->what, wrong),
		  "write percentages such as [5, 25, 50, 100]");
	json_decref(list);
	return NULL;
}

/* --- names ----------------------------------------------------------------------------- */

static json_t *shape_named(const struct shaping *s, const struct value *v,
			   enum manifest_thing thing)
{
	struct text t;

	if (!scalar(s, v, &t, "a name"))
		return NULL;
	return runbook_named(s->m, thing, s->what, (struct placed_text){t, s->where}, s->d)
		       ? json_of(t)
		       : NULL;
}

static json_t *shape_region(const struct shaping *s, const struct value *v)
{
	return shape_named(s, v, THING_REGION);
}

static json_t *shape_stack(const struct shaping *s, const struct value *v)
{
	return shape_named(s, v, THING_STACK);
}

static json_t *shape_check(const struct shaping *s, const struct value *v)
{
	return shape_named(s, v, THING_CHECK);
}

static json_t *shape_route(const struct shaping *s, const struct value *v)
{
	return shape_named(s, v, THING_ROUTE);
}

static json_t *shape_account(const struct shaping *s, const struct value *v)
{
	struct text t;

	if (value_scalar_text(v, &t) && text_is(t, "-"))
		return json_of(t);
	return shape_named(s, v, THING_ACCOUNT);
}

/* --- uses of checks -------------------------------------------------------------------- */

static const char *const expects[] = {"healthy", "unhealthy", NULL};
static const struct step_key use_keys[] = {
	{"Check", 0, SHAPE_CHECKS, NEED_KEY, 0, false, NULL},
	{"Region", 0, SHAPE_REGION, NEED_NOT, 0, false, NULL},
	{"Within", 0, SHAPE_DURATION, NEED_NOT, 0, false, NULL},
	{"Expect", 0, SHAPE_WORD, NEED_NOT, 0, false, expects},
};

static const struct step_key *use_key(struct text name)
{
	for (size_t i = 0; i < ARRAY_LEN(use_keys); i++) {
		if (text_is(name, use_keys[i].name))
			return &use_keys[i];
	}
	return NULL;
}

static bool refuse_use_key(const struct shaping *s, struct text key)
{
	const char *names[ARRAY_LEN(use_keys)];
	struct diag *g = diag_add(s->d, DIAG_RUNBOOK_KEY_UNKNOWN, s->where,
				  "'%.*s' is not a key of %s", TEXT_ARG(key), s->what);

	for (size_t i = 0; i < ARRAY_LEN(use_keys); i++)
		names[i] = use_keys[i].name;
	diag_did_you_mean(s->d, g, key, names, ARRAY_LEN(use_keys));
	if (!g->hint)
		diag_hint(s->d, g, "the keys here are Check, Region, Within, Expect");
	return false;
}

static bool fill_use(const struct shaping *s, const struct value_entry *e, json_t *use)
{
	const struct step_key *key = use_key(e->key);
	struct shaping inner = *s;
	json_t *made;

	if (!key)
		return refuse_use_key(s, e->key);
	inner.key = key;
	inner.what = arena_printf(s->a, "'%s' in %s", key->name, s->what);
	if (value_where(e->value).src)
		inner.where = value_where(e->value);
	made = step_shape_value(&inner, e->value);
	if (made)
		json_object_set_new(use, key->name, made);
	return made;
}

static json_t *shape_use(const struct shaping *s, const struct value *v)
{
	json_t *use = json_object();
	bool good = true;

	if (v->kind != VALUE_MAP) {
		json_decref(use);
		return wrong_shape(s, v,
				   "a map such as {Check: shop, Region: !Ref To, "
				   "Within: 60s}");
	}
	for (size_t i = 0; i < v->count; i++)
		good &= fill_use(s, &v->entries[i], use);
	if (good && !json_object_get(use, "Check")) {
		diag_hint(s->d,
			  diag_add(s->d, DIAG_RUNBOOK_KEY_MISSING, s->where, "%s has no 'Check'",
				   s->what),
			  "add 'Check: NAME', one of the manifest's HealthChecks");
		good = false;
	}
	if (good)
		return use;
	json_decref(use);
	return NULL;
}

static json_t *shape_asked(const struct shaping *s, const struct value *v)
{
	return v->kind == VALUE_MAP ? shape_use(s, v) : shape_check(s, v);
}

/* None is a way to take Before or After away in Ungraceful. */
static json_t *shape_uses(const struct shaping *s, const struct value *v)
{
	if (v->kind == VALUE_LIST && !v->count)
		return json_array();
	return shape_each(s, v, shape_use);
}

/* --- all ------------------------------------------------------------------------------- */

json_t *step_shape_value(const struct shaping *s, const struct value *v)
{
	struct text t;

	switch (s->key->shape) {
	case SHAPE_STRUCTURE:
	case SHAPE_ANY:
		return value_to_json(v);
	case SHAPE_TEXT:
		return shape_text(s, v);
	case SHAPE_TEXTS:
		return shape_each(s, v, shape_text);
	case SHAPE_COMMAND:
		return shape_command(s, v);
	case SHAPE_DURATION:
		return shape_duration(s, v);
	case SHAPE_COUNT:
		return shape_count(s, v);
	case SHAPE_NUMBER:
		return shape_number(s, v);
	case SHAPE_FLAG:
		return shape_flag(s, v);
	case SHAPE_WORD:
		return shape_word(s, v);
	case SHAPE_SCALAR:
		return value_scalar_text(v, &t) ? value_to_json(v)
						: wrong_shape(s, v, "a plain value");
	case SHAPE_MAP:
		return v->kind == VALUE_MAP ? value_to_json(v) : wrong_shape(s, v, "a map");
	case SHAPE_URL:
		return shape_url(s, v);
	case SHAPE_STATUS:
		return shape_status(s, v);
	case SHAPE_REGION:
		return shape_region(s, v);
	case SHAPE_ACCOUNT:
		return shape_account(s, v);
	case SHAPE_STACKS:
		return shape_each(s, v, shape_stack);
	case SHAPE_CHECKS:
		return shape_each(s, v, shape_check);
	case SHAPE_ASKED:
		return shape_each(s, v, shape_asked);
	case SHAPE_ROUTES:
		return shape_each(s, v, shape_route);
	case SHAPE_WEIGHTS:
		return shape_weights(s, v);
	case SHAPE_USES:
		return shape_uses(s, v);
	}
	return NULL;
}
