/* planner_commit.c - changes of a resource in which nothing but HA::GitCommit differs. */
#include <string.h>

#include "engine/planner_parts.h"

#define COMMIT_LEN 40
#define DIRTY "-dirty"

/* Of a commit as HA::GitCommit gives it; 0: there is none. */
static size_t commit_len(const char *at)
{
	if (strspn(at, "0123456789abcdef") < COMMIT_LEN)
		return 0;
	return COMMIT_LEN + (text_starts(text_of(at + COMMIT_LEN), DIRTY) ? sizeof(DIRTY) - 1 : 0);
}

/* Where the second has this commit, the first has a commit too; all else is the same. */
static bool same_but_commit(const char *before, const char *after, const char *commit)
{
	size_t len = strlen(commit), there;

	while (*before && *after) {
		there = strncmp(after, commit, len) ? 0 : commit_len(before);
		if (there) {
			before += there;
			after += len;
		} else if (*before++ != *after++) {
			return false;
		}
	}
	return *before == *after;
}

/* What it takes from another resource is not its own to leave out: that changed for a reason. */
static bool is_its_own(const struct draft *f, const char *pointer)
{
	bool exact;

	return !value_has_unknown(value_at(f->c->resource->properties, text_of(pointer), &exact));
}

bool draft_only_commit(const struct draft *f)
{
	const char *commit = f->w->instance->place.git_commit;
	bool any = false;

	/* NULL: no template of the instance asked for it. */
	if (!commit || !f->record || f->record->tainted ||
	    (f->c->reason != REASON_CHANGED && f->c->reason != REASON_CREATE_ONLY))
		return false;
	for (size_t i = 0; i < f->paths.count; i++) {
		const struct path_change *c = &f->paths.items[i].change;

		if (c->settled || c->computed)
			continue;
		if (c->drift || c->unknown || c->sensitive || !c->before || !c->after ||
		    !is_its_own(f, c->pointer) || !same_but_commit(c->before, c->after, commit))
			return false;
		any = true;
	}
	return any;
}

json_t *draft_with_old_commit(const struct draft *f, const json_t *document)
{
	json_t *out = json_deep_copy(document);

	for (size_t i = 0; i < f->paths.count; i++) {
		const struct path_change *c = &f->paths.items[i].change;

		if (!c->settled && !c->computed)
			json_put(out, text_of(c->pointer),
				 json_parse(text_of(c->before), NULL, NULL));
	}
	return out;
}
