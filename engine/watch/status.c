#include "engine/watch/status.h"

#include <string.h>

#include "base/json.h"
#include "engine/runbook/journal.h"
#include "engine/watch/watch_parts.h"

static const struct check_sample *sample_of(const struct sample_list *list, const char *check)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].check, check))
			return &list->items[i];
	return NULL;
}

static bool is_held(const struct lock_list *locks, int64_t now_ms)
{
	for (size_t i = 0; i < locks->count; i++) {
		const struct lock_info *l = &locks->items[i];

		if (!strcmp(l->id.stack, WATCH_LOCK_STACK) && *l->lock_id)
			return !l->gone && l->lease_until_ms > now_ms;
	}
	return false;
}

static const char *said(struct arena *a, const json_t *j, const char *key)
{
	return arena_strdup(a, json_str(j, key, ""));
}

static struct watch_status_entry entry_of(struct arena *a, const json_t *watch,
					  const struct sample_list *all)
{
	struct watch_status_entry e = {
		.name = said(a, watch, "Name"),
		.region = said(a, watch, "Region"),
		.runbook = said(a, watch, "Runbook"),
		.standing = standing_name(STANDING_UNKNOWN),
		.detail = "",
		.hold = "",
		.execution = "",
		.unready = "",
	};
	const struct check_sample *s =
		sample_of(all, arena_printf(a, WATCH_LOCK_STACK "/%s", e.name));
	json_t *j;

	if (!s)
		return e;
	j = json_parse(text_of(s->values), a, NULL);
	e.standing = said(a, j, "Standing");
	e.detail = s->healthy ? "" : s->detail;
	e.since_ms = json_int(j, "Since", 0);
	e.hold = said(a, j, "Hold");
	e.until_ms = json_int(j, "Until", 0);
	e.execution = said(a, j, "Execution");
	e.unready = said(a, j, "Unready");
	json_decref(j);
	return e;
}

static void take(struct arena *a, const struct check_sample *own, const struct sample_list *all,
		 struct watch_status *out)
{
	json_t *j = json_parse(text_of(own->values), a, NULL), *watch;
	const json_t *watches = json_object_get(j, "Watches");
	struct watch_status_entry *items =
		ARENA_ARRAY(a, json_array_size(watches) + 1, struct watch_status_entry);
	size_t i;

	out->user = said(a, j, "User");
	out->host = said(a, j, "Host");
	out->pid = json_int(j, "Pid", 0);
	out->since_ms = json_int(j, "Since", 0);
	out->looked_ms = own->at_ms;
	out->broken = said(a, j, "Broken");
	out->doing = said(a, j, "Doing");
	json_array_foreach(watches, i, watch)
	{
		items[out->count++] = entry_of(a, watch, all);
	}
	out->items = items;
	json_decref(j);
}

int watch_status_load(struct state *s, int64_t now_ms, struct arena *a, struct watch_status *out,
		      struct diags *d)
{
	struct sample_list all = {NULL, 0};
	struct lock_list locks = {NULL, 0};
	const struct check_sample *own;

	*out = (struct watch_status){.user = "", .host = "", .broken = "", .doing = ""};
	if (journal_load_samples(s, SAMPLE_LATEST, a, &all, d) || state_load_locks(s, a, &locks, d))
		return -1;
	own = sample_of(&all, WATCH_LOCK_STACK);
	if (!own)
		return 0;
	take(a, own, &all, out);
	out->life = is_held(&locks, now_ms) ? WATCH_LIFE_GOES_ON : WATCH_LIFE_OVER;
	return 0;
}
