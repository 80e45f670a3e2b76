/* due.c - {"Restores": {"db/south": {"State": "due"}}, "Over": false} of a recreation. */
#include "engine/due.h"

#include <string.h>

#include "base/json.h"
#include "base/vec.h"

static const char *const names[] = {
	[DUE_NOT] = "none",      [DUE_YET] = "due",           [DUE_DONE] = "done",
	[DUE_LEFT] = "left out", [DUE_GIVEN_UP] = "given up",
};
_Static_assert(ARRAY_LEN(names) == DUE_STATE_COUNT, "a name for every state");

static enum due_state state_of(const json_t *one)
{
	const char *name = json_str(one, "State", "");

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0)
			return (enum due_state)i;
	}
	return DUE_NOT;
}

/* What an earlier version wrote is a list of what is done, and says of nothing that it is due. */
static json_t *load(const struct recreation *r)
{
	json_t *j = r && r->restored ? json_parse(text_of(r->restored), NULL, NULL) : NULL;

	if (json_is_object(j))
		return j;
	json_decref(j);
	return json_pack("{s:{}, s:b}", "Restores", "Over", 1);
}

static const struct recreation *copy_with(struct arena *a, const struct recreation *r, json_t *j)
{
	struct recreation *copy = ARENA_NEW(a, struct recreation);

	*copy = *r;
	copy->restored = json_text(a, j);
	json_decref(j);
	return copy;
}

static struct due due_of(struct arena *a, const char *instance, const json_t *one)
{
	return (struct due){instance, state_of(one), arena_strdup(a, json_str(one, "Reason", "")),
			    json_integer_value(json_object_get(one, "Since"))};
}

void due_list(struct arena *a, const struct recreation *r, struct due_list *out)
{
	struct {
		VEC_OF(struct due)
	} found = {0};
	json_t *all = load(r), *one;
	const char *instance;

	json_object_foreach(json_object_get(all, "Restores"), instance, one)
	{
		*arena_vec_add(a, &found) = due_of(a, arena_strdup(a, instance), one);
	}
	json_decref(all);
	*out = (struct due_list){found.items, found.count};
}

enum due_state due_state(const struct recreation *r, const char *instance)
{
	json_t *all = load(r);
	enum due_state s = state_of(json_object_get(json_object_get(all, "Restores"), instance));

	json_decref(all);
	return s;
}

struct due due_find(struct arena *a, const struct recreation *r, const char *instance)
{
	json_t *all = load(r);
	struct due x =
		due_of(a, instance, json_object_get(json_object_get(all, "Restores"), instance));

	json_decref(all);
	return x;
}

bool due_has_data(const struct due *x)
{
	return x->state == DUE_DONE || (x->state == DUE_LEFT && !strcmp(x->reason, DUE_ADOPTED));
}

size_t due_count(struct arena *a, const struct recreation *r)
{
	struct due_list list;
	size_t count = 0;

	due_list(a, r, &list);
	for (size_t i = 0; i < list.count; i++)
		count += list.items[i].state == DUE_YET;
	return count;
}

bool due_is_over(const struct recreation *r)
{
	json_t *all = load(r);
	bool over = json_is_true(json_object_get(all, "Over"));

	json_decref(all);
	return over;
}

const struct recreation *due_with(struct arena *a, const struct recreation *r, const struct due *x)
{
	json_t *all = load(r), *one = json_pack("{s:s}", "State", names[x->state]);

	if (x->reason && *x->reason)
		json_object_set_new(one, "Reason", json_string(x->reason));
	if (x->since_ms)
		json_object_set_new(one, "Since", json_integer(x->since_ms));
	json_object_set_new(json_object_get(all, "Restores"), x->instance, one);
	return copy_with(a, r, all);
}

const struct recreation *due_given_up(struct arena *a, const struct recreation *r,
				      const char *reason)
{
	struct due_list list;

	due_list(a, r, &list);
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].state == DUE_YET)
			r = due_with(
				a, r,
				&(struct due){list.items[i].instance, DUE_GIVEN_UP, reason, 0});
	}
	return r;
}

const struct recreation *due_ended(struct arena *a, const struct recreation *r)
{
	json_t *all = load(r);

	json_object_set_new(all, "Over", json_true());
	return copy_with(a, r, all);
}

static const char *const closings[] = {
	[DUE_OPEN] = "",
	[DUE_ENDED] = "ended",
	[DUE_UNDONE] = "undone",
};

enum due_closed due_closed(const struct recreation *r)
{
	json_t *all = load(r);
	const char *how = json_str(all, "Closed", "");
	enum due_closed found = DUE_OPEN;

	for (size_t i = 0; i < ARRAY_LEN(closings); i++) {
		if (strcmp(closings[i], how) == 0)
			found = (enum due_closed)i;
	}
	json_decref(all);
	return found;
}

const struct recreation *due_close(struct arena *a, const struct recreation *r, enum due_closed how)
{
	json_t *all = load(r);

	json_object_set_new(all, "Over", json_true());
	json_object_set_new(all, "Closed", json_string(closings[how]));
	return copy_with(a, r, all);
}

const struct recreation *due_carry(struct arena *a, const struct recreation *r,
				   const struct recreation *earlier)
{
	struct due_list list;
	struct instance_id id;

	due_list(a, earlier, &list);
	for (size_t i = 0; i < list.count; i++) {
		/* What was in the region itself is lost now. */
		if (due_has_data(&list.items[i]) &&
		    instance_id_parse(a, text_of(list.items[i].instance), &id) &&
		    strcmp(id.region, r->region) != 0)
			r = due_with(a, r, &list.items[i]);
	}
	return r;
}

const char *due_begun(struct arena *a, const char *reason)
{
	json_t *all = json_pack("{s:{}, s:b}", "Restores", "Over", 0);
	const char *text;

	if (reason)
		json_object_set_new(all, "Reason", json_string(reason));
	text = json_text(a, all);
	json_decref(all);
	return text;
}
