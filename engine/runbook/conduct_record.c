/*
 * conduct_record.c - events to the journal, and from there to observers; what checks said; how
 * long steps took.
 */
#include <string.h>

#include "base/limits.h"
#include "engine/runbook/conduct_parts.h"

#define DURATION_TYPE "@runbook/"
#define DURATION_ACTION "step"

/* The wall clock as it was at the beginning, and what has passed since: whoever sets the clock in
 * the middle of a failover neither ends a lease nor stretches the RTO. */
int64_t conduct_wall_ms(const struct conduct *x)
{
	struct clock *c = x->e->options.clock;

	return x->booted_ms + c->boot_ms(c);
}

bool conduct_write(struct conduct *x, enum entry_kind kind, const char *step, json_t *data)
{
	struct journal_entry entry = {
		.at_ms = conduct_wall_ms(x),
		.kind = kind,
		.step = step,
		.data = data ? json_text(x->a, data) : "{}",
	};

	json_decref(data);
	if (x->broken || journal_append(x->state, &x->row, &entry, 1, x->d)) {
		x->broken = true;
		return false;
	}
	x->turned = true;
	engine_tell(x->e, (struct event){
				  .kind = EVENT_JOURNAL,
				  .entry = &entry,
				  .execution = x->row.id,
				  .step = *step ? step : NULL,
			  });
	return true;
}

bool step_write(struct step *s, enum entry_kind kind, json_t *data)
{
	return conduct_write(s->x, kind, s->p ? s->p->path : "", data);
}

json_t *conduct_by(const struct lock_owner *by)
{
	return json_pack("{s:s, s:s, s:I}", "User", by->user ? by->user : "", "Host",
			 by->host ? by->host : "", "Pid", (json_int_t)by->pid);
}

const char *conduct_by_text(struct arena *a, const struct lock_owner *by)
{
	return arena_printf(a, "%s@%s", by->user ? by->user : "?", by->host ? by->host : "?");
}

static void mask_string(const struct secrets *secrets, json_t *j)
{
	struct str text = STR_INIT;

	secrets_mask_text(secrets, text_of(json_string_value(j)), &text);
	json_string_set(j, str_cstr(&text));
	str_release(&text);
}

void conduct_mask(const struct secrets *secrets, json_t *j)
{
	const char *key;
	json_t *one;
	size_t i;

	if (!secrets)
		return;
	if (json_is_string(j))
		mask_string(secrets, j);
	json_object_foreach(j, key, one) conduct_mask(secrets, one);
	json_array_foreach(j, i, one) conduct_mask(secrets, one);
}

/* --- what checks said -------------------------------------------------------------------- */

/* What is wrong with the state shows with the next event. */
void conduct_sample(struct conduct *x, const struct check_probe *p,
		    const struct check_answer *answer)
{
	const struct check_sample sample = {
		.check = p->check->name,
		.region = p->place.region->name,
		.at_ms = conduct_wall_ms(x),
		.healthy = answer->healthy,
		.detail = answer->detail,
		.values = answer->values,
	};
	struct diags ignored = DIAGS_INIT;

	journal_put_samples(x->state, &sample, 1, &ignored);
	diags_release(&ignored);
}

/* --- durations --------------------------------------------------------------------------- */

static const char *duration_type(struct arena *a, const char *runbook)
{
	return arena_printf(a, DURATION_TYPE "%s", runbook);
}

const struct duration *conduct_duration(const struct duration_list *all, const char *runbook,
					const char *path)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct duration *d = &all->items[i];

		if (!strcmp(d->address, path) && !strcmp(d->action, DURATION_ACTION) &&
		    text_starts(text_of(d->type), DURATION_TYPE) &&
		    !strcmp(d->type + strlen(DURATION_TYPE), runbook))
			return d;
	}
	return NULL;
}

bool conduct_was_measured(const struct duration_list *all, const char *runbook)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct duration *d = &all->items[i];

		if (d->count && text_starts(text_of(d->type), DURATION_TYPE) &&
		    !strcmp(d->type + strlen(DURATION_TYPE), runbook))
			return true;
	}
	return false;
}

int conduct_load_durations(struct conduct *x)
{
	return state_load_step_durations(x->state, x->a, &x->durations, x->d);
}

/* The samples there are, and one more; the store keeps the latest. */
static struct duration with_one(struct conduct *x, const struct step *s)
{
	const struct duration *old = conduct_duration(&x->durations, x->row.runbook, s->p->path);
	size_t count = old ? old->count : 0;
	int64_t *ms = ARENA_ARRAY(x->a, count + 1, int64_t);

	for (size_t i = 0; i < count; i++)
		ms[i] = old->samples_ms[i];
	ms[count] = s->millis;
	return (struct duration){
		.type = duration_type(x->a, x->row.runbook),
		.action = DURATION_ACTION,
		.address = s->p->path,
		.samples_ms = ms,
		.count = count + 1,
	};
}

/* One that found everything done, by an earlier try or by somebody else, was quick for no reason
 * that will be there the next time. */
static bool changed_nothing(const struct step *s)
{
	static const char *const counts[] = {"Created", "Updated", "Replaced", "Deleted"};
	json_t *result = s->p->kind == STEP_APPLY && s->result
				 ? json_parse(text_of(s->result), s->x->a, NULL)
				 : NULL;
	int64_t changes = 0;
	bool known = json_object_get(result, "Unchanged") != NULL;

	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		changes += json_int(result, counts[i], 0);
	json_decref(result);
	return known && !changes;
}

/* It, or what is in it: how long it takes is not known. */
static bool is_no_sample(const struct step *s)
{
	if (s->straddles || s->millis <= 0 || changed_nothing(s))
		return true;
	for (size_t i = 0; i < s->child_count; i++) {
		const struct step *one = s->children[i];

		if (one->p->role == ROLE_STEP && one->status == STEP_SUCCEEDED && is_no_sample(one))
			return true;
	}
	return false;
}

/* A forecast is worth less than an execution: what fails here is no fault of it. */
void conduct_put_duration(struct step *s)
{
	struct duration one;
	struct duration_list list = {&one, 1};
	struct diags ignored = DIAGS_INIT;

	if (s->x->rehearsal || is_no_sample(s))
		return;
	one = with_one(s->x, s);
	state_put_durations(s->x->state, &list, &ignored);
	diags_release(&ignored);
}
