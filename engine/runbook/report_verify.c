/*
 * report_verify.c - is a saved report as it was made, and are its events those that are recorded?
 *
 * The chain covers the events; all else in a report follows from them, so it is made once more and
 * compared.  Whoever changes an event and all hashes behind it changes the last hash: that is for
 * report_compare, or for whoever has written it down.
 */
#include <string.h>

#include "base/limits.h"
#include "engine/runbook/journal_names.h"
#include "engine/runbook/report.h"

#define TIME_MAX_MS 253402300799000 /* the year 9999 */

struct reading {
	struct arena *a;
	const char *name;
	struct diags *d;
};

static int fail(struct reading *r, const char *why)
{
	struct diag *g = diag_add(r->d, DIAG_REPORT_FORM, RANGE_NONE,
				  "'%s' is no report of an execution", r->name);

	diag_detail(r->d, g, "%s", why);
	diag_hint(r->d, g, "verify what `hadeploy runbook report --format json` has printed");
	return -1;
}

/* A hash as the journal has it; anything else becomes one that fits nothing. */
static void take_hash(const json_t *j, const char *key, char out[65])
{
	const char *hash = json_str(j, key, "");

	if (strlen(hash) != 64)
		hash = "";
	memcpy(out, hash, strlen(hash) + 1);
}

static bool take_event(struct reading *r, const json_t *j, struct journal_entry *out)
{
	const char *word = json_str(j, "kind", NULL), *step = json_str(j, "step", NULL);
	const json_t *data = json_object_get(j, "data");

	out->number = json_int(j, "number", 0);
	out->at_ms = json_int(j, "at_ms", -1);
	if (!word || !step || !json_is_object(data) || out->at_ms < 0 || out->at_ms > TIME_MAX_MS)
		return false;
	out->word = arena_strdup(r->a, word);
	out->kind = entry_kind_parse(word);
	out->step = arena_strdup(r->a, step);
	out->data = json_text(r->a, data);
	take_hash(j, "previous", out->previous);
	take_hash(j, "hash", out->hash);
	return true;
}

static int take_events(struct reading *r, const json_t *j, struct journal_list *out)
{
	const json_t *events = json_object_get(j, "events"), *one;
	size_t i;

	if (!json_is_array(events))
		return fail(r, "it has no list 'events'");
	out->items = ARENA_ARRAY(r->a, json_array_size(events) + 1, struct journal_entry);
	out->count = json_array_size(events);
	json_array_foreach(events, i, one)
	{
		if (!take_event(r, one, &out->items[i]))
			return fail(r, arena_printf(r->a, "event %zu of it is none", i + 1));
	}
	return 0;
}

static int fail_chain(struct reading *r, const struct report *report)
{
	bool behind = report->broken_at > (int64_t)report->entries.count;
	struct diag *g =
		diag_add(r->d, DIAG_JOURNAL_BROKEN, RANGE_NONE, "'%s' was changed at event %lld",
			 r->name, (long long)report->broken_at);

	if (behind)
		diag_detail(r->d, g, "events are missing at its end, or its head is another one");
	else
		diag_detail(r->d, g,
			    "the event is not what its hash was made of, or does not follow from "
			    "the one before it");
	diag_hint(r->d, g,
		  "what stands before it is as it was recorded; `hadeploy runbook report %s` makes "
		  "the report anew",
		  report->story.row.id);
	return -1;
}

static int fail_summary(struct reading *r, const char *key)
{
	struct diag *g = diag_add(r->d, DIAG_REPORT_SUMMARY, RANGE_NONE,
				  "'%s' of '%s' does not follow from its events", key, r->name);

	diag_detail(r->d, g, "the events are as they were recorded; what is said of them is not");
	diag_hint(r->d, g, "it was changed, or another version of hadeploy has made it");
	return -1;
}

/* The first key that one of them has and the other has otherwise. */
static int compare_summary(struct reading *r, const json_t *found, const json_t *made)
{
	const json_t *value;
	const char *key;

	json_object_foreach((json_t *)made, key, value)
	{
		if (!json_equal(value, json_object_get(found, key)))
			return fail_summary(r, key);
	}
	json_object_foreach((json_t *)found, key, value)
	{
		if (!json_object_get(made, key))
			return fail_summary(r, arena_strdup(r->a, key));
	}
	return 0;
}

static int verify(struct reading *r, const json_t *j, struct report *out)
{
	int64_t made_ms = json_int(j, "made_ms", -1);
	struct journal_list entries;
	json_t *made;
	struct str text = STR_INIT;
	int result;

	if (strcmp(json_str(j, "type", ""), "execution_report") != 0)
		return fail(r, "its 'type' is not 'execution_report'");
	if (made_ms < 0 || made_ms > TIME_MAX_MS)
		return fail(r, "it does not say when it was made");
	if (take_events(r, j, &entries) != 0)
		return -1;
	report_make(r->a, &entries, arena_strdup(r->a, json_str(j, "head", "")), made_ms, out);
	if (out->broken_at)
		return fail_chain(r, out);
	/* As it reads back: 3.0 is 3 in a file. */
	made = report_json(out);
	json_canonical(made, &text);
	json_decref(made);
	made = json_parse(str_text(&text), r->a, NULL);
	str_release(&text);
	result = compare_summary(r, j, made);
	json_decref(made);
	return result;
}

int report_verify(struct arena *a, const char *name, struct text json, struct report *out,
		  struct diags *d)
{
	struct reading r = {a, name, d};
	const char *why = "it is no JSON object";
	json_t *j = json_parse(json, a, &why);
	int result;

	*out = (struct report){.head = ""};
	result = json_is_object(j) ? verify(&r, j, out) : fail(&r, why ? why : "it is no object");
	json_decref(j);
	return result;
}

int report_compare(const struct report *r, const char *name, const struct journal_list *recorded,
		   struct diags *d)
{
	struct diag *g;

	for (size_t i = 0; i < r->entries.count; i++) {
		if (i < recorded->count &&
		    strcmp(recorded->items[i].hash, r->entries.items[i].hash) == 0)
			continue;
		g = diag_add(d, DIAG_REPORT_OTHER, RANGE_NONE,
			     "event %zu of '%s' is not the one that is recorded", i + 1, name);
		if (i >= recorded->count)
			diag_detail(d, g, "recorded are %zu events of execution '%s'",
				    recorded->count, r->story.row.id);
		diag_hint(d, g,
			  "`hadeploy state check` tells whether what is recorded is as it was "
			  "written; else it is the report that was made up");
		return -1;
	}
	return 0;
}
