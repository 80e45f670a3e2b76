#include "engine/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/vec.h"
#include "engine/result.h"

#define LOOK_MS 1000              /* between two looks at what is asked of the run */
#define ADDRESS_SAMPLE_MIN_MS 500 /* shorter ones are worth remembering of their type alone */

/* The latest of one type and action, or of one address; a ring. */
struct samples {
	struct duration of; /* samples_ms and count are filled in at the end */
	struct {
		VEC_OF(int64_t)
	} ms;
	size_t total;
};

struct history {
	struct arena *a;
	struct run_record run;
	struct map samples; /* "TYPE ACTION ADDRESS" to struct samples */
	int64_t look_ms;
};

/* --- begin --------------------------------------------------------------------------- */

static bool has_work(const struct plan *p, const struct instance_plan *i)
{
	for (size_t c = i->first_change; c < i->first_change + i->change_count; c++)
		if (p->changes[c].action != ACTION_NONE)
			return true;
	return false;
}

static const char *instances_text(struct arena *a, const struct plan *p)
{
	json_t *list = json_array();
	const char *text;

	for (size_t i = 0; i < p->instance_count; i++)
		if (has_work(p, &p->instances[i]))
			json_array_append_new(
				list, json_string(instance_id_text(a, &p->instances[i].id)));
	text = json_text(a, list);
	json_decref(list);
	return text;
}

/* It has had its id since it queued, or had its locks. */
static const char *run_id(struct engine *e, struct arena *a, int64_t now_ms)
{
	const char *id;

	if (!e->run_id[0])
		state_new_run_id(e->options.clock, now_ms, e->run_id);
	id = arena_strdup(a, e->run_id);
	e->run_id[0] = '\0';
	return id;
}

int history_begin(struct engine *e, const struct run_request *q, const struct plan *p,
		  struct diags *d)
{
	struct clock *clock = e->options.clock;
	struct history *h = ARENA_NEW(e->arena, struct history);

	h->a = e->arena;
	h->run.owner = engine_owner(h->a, clock, e->options.command);
	h->run.started_ms = h->run.owner.since_ms;
	h->run.id = run_id(e, h->a, h->run.started_ms);
	h->run.command = e->options.command;
	h->run.status = "RUNNING";
	h->run.instances = instances_text(h->a, p);
	h->run.counts = arena_printf(h->a, "{\"changes\":%zu}", plan_counts_changes(&p->counts));
	project_version(e->project, d);
	h->run.version = project_made_from(e->project, NULL);
	h->run.request = q->request;
	h->run.resumes = q->resumes;
	h->look_ms = clock->monotonic_ms(clock) + LOOK_MS;
	if (state_put_run(e->state, &h->run, d))
		return -1;
	e->asked = 0;
	e->asked_by = NULL;
	e->history = h;
	return 0;
}

const char *history_run(const struct engine *e)
{
	return e->history ? e->history->run.id : "";
}

/* --- what is asked of it ------------------------------------------------------------- */

int64_t history_look_ms(const struct engine *e)
{
	return e->history ? e->history->look_ms : INT64_MAX;
}

const char *history_asked_by(const struct engine *e)
{
	return e->asked_by;
}

/* As many interrupts as a request stands for. */
static const int levels[] = {[CONTROL_NONE] = 0, [CONTROL_STOP] = 1, [CONTROL_ABORT] = 2};

static void note_request(struct engine *e, const struct control_request *q)
{
	e->asked = levels[q->control];
	e->asked_by = arena_printf(e->arena, "%s@%s", q->by.user, q->by.host);
}

/* What is wrong with the state shows with the next commit. */
static void look(struct engine *e, const char *run)
{
	struct diags ignored = DIAGS_INIT;
	struct control_request asked;
	enum run_control control;

	if (state_load_control(e->state, run, &control, &ignored) == 0 &&
	    levels[control] > e->asked &&
	    state_load_control_request(e->state, run, e->arena, &asked, &ignored) == 0)
		note_request(e, &asked);
	diags_release(&ignored);
}

void history_look(struct engine *e, int64_t now_ms)
{
	struct history *h = e->history;

	if (!h || now_ms < h->look_ms)
		return;
	h->look_ms = now_ms + LOOK_MS;
	look(e, h->run.id);
}

void history_look_queued(struct engine *e)
{
	if (e->run_id[0])
		look(e, e->run_id);
}

/* --- durations ----------------------------------------------------------------------- */

static void add_sample(struct history *h, const struct history_sample *q, const char *address)
{
	struct str key = STR_INIT;
	struct samples *s;

	str_printf(&key, "%s %s %s", q->type, q->action, address);
	s = map_find(&h->samples, str_text(&key));
	if (!s) {
		s = ARENA_NEW(h->a, struct samples);
		s->of.type = q->type;
		s->of.action = q->action;
		s->of.address = address;
		map_set(&h->samples, str_text(&key), s);
	}
	str_release(&key);
	if (s->ms.count < DURATION_SAMPLES)
		arena_vec_add(h->a, &s->ms);
	s->ms.items[s->total++ % DURATION_SAMPLES] = q->elapsed_ms;
}

void history_measure(struct engine *e, const struct history_sample *q)
{
	struct history *h = e->history;

	if (!h)
		return;
	add_sample(h, q, "");
	if (q->elapsed_ms >= ADDRESS_SAMPLE_MIN_MS)
		add_sample(h, q, address_key(h->a, q->addr));
}

/* The ring from its oldest. */
static struct duration unrolled(struct arena *a, struct samples *s)
{
	size_t count = s->ms.count;
	int64_t *ms = ARENA_ARRAY(a, count, int64_t);

	for (size_t i = 0; i < count; i++)
		ms[i] = s->ms.items[(s->total - count + i) % DURATION_SAMPLES];
	s->of.samples_ms = ms;
	s->of.count = count;
	return s->of;
}

static struct duration_list durations_of(struct history *h)
{
	struct duration *items = ARENA_ARRAY(h->a, h->samples.entry_count, struct duration);

	for (size_t i = 0; i < h->samples.entry_count; i++)
		items[i] = unrolled(h->a, h->samples.entries[i].value);
	return (struct duration_list){items, h->samples.entry_count};
}

/* --- end ----------------------------------------------------------------------------- */

/* Of what this run changed something stayed changed. */
static bool any_stays(const struct run_result *r)
{
	for (size_t i = 0; r->plan && r->statuses && i < r->plan->instance_count; i++) {
		if (r->statuses[i] && !strcmp(r->statuses[i], "SUCCEEDED"))
			return true;
	}
	return false;
}

static const char *status_of(const struct run_result *r, int rc)
{
	/* Also when some failed, and went back, within what is tolerated. */
	if (rc == 0 && r->plan && !r->plan->rollback)
		return "SUCCEEDED";
	if (r->targets_rolled_back && !r->targets_rollback_failed && !any_stays(r))
		return "ROLLED_BACK";
	if (rc == 0)
		return "SUCCEEDED";
	return r->interrupted ? "STOPPED" : "FAILED";
}

/* What is none is left away. */
static const char *counts_text(struct arena *a, const struct run_result *r)
{
	const struct plan_counts *done = &r->done;
	const struct {
		const char *name;
		size_t count;
	} rows[] = {
		{"changes", r->plan ? plan_counts_changes(&r->plan->counts) : 0},
		{"create", done->create},
		{"update", done->update},
		{"replace", done->replace},
		{"delete", done->remove},
		{"retain", done->retain},
		{"import", done->import},
		{"adopt", done->adopt},
		{"failed", r->failed},
		{"skipped", r->skipped},
		{"open", r->left_open},
	};
	json_t *counts = json_object();
	const char *text;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].count)
			json_object_set_new(counts, rows[i].name,
					    json_integer((json_int_t)rows[i].count));
	text = json_text(a, counts);
	json_decref(counts);
	return text;
}

int history_finish(struct engine *e, const struct run_result *r, int rc, struct diags *d)
{
	const struct manifest *m = e->project->manifest;
	struct history_bounds bounds = {m->history_age_ms, m->history_run_count};
	struct clock *clock = e->options.clock;
	struct history *h = e->history;
	struct duration_list durations = durations_of(h);
	int result;

	h->run.ended_ms = clock->wall_ms(clock);
	if (h->run.ended_ms <= h->run.started_ms) /* a clock that was set back */
		h->run.ended_ms = h->run.started_ms + 1;
	h->run.status = status_of(r, rc);
	h->run.counts = counts_text(h->a, r);
	result = state_finish_run(e->state, &h->run, &durations, &bounds, d);
	map_release(&h->samples);
	e->history = NULL;
	return result;
}

/* --- runs that cannot come to their end ---------------------------------------------- */

/* A run has its locks until it ends: whose lock is ours now, it has not any more. */
static bool lost_locks(const struct run_record *r, const struct map *ours, struct arena *a)
{
	json_t *list = json_parse(text_of(r->instances), a, NULL);
	bool lost = false;
	const json_t *one;
	size_t k;

	json_array_foreach(list, k, one)
	{
		const char *name = json_string_value(one);

		lost = lost || (name && map_has(ours, text_of(name)));
	}
	json_decref(list);
	return lost;
}

/* What it was at when it was killed has failed, and what it had not begun will not come. */
static int end_results(struct engine *e, const struct run_record *r, struct arena *a,
		       struct diags *d)
{
	struct result_list all = {NULL, 0};
	size_t count = 0;

	if (state_load_results(e->state, r->id, a, &all, d))
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		struct instance_result *x = &all.items[i];
		bool running = strcmp(x->status, "RUNNING") == 0;

		if (!running && strcmp(x->status, "PENDING") != 0)
			continue;
		x->status = running ? "FAILED" : "CANCELLED";
		x->reason = "the process that ran it was killed";
		x->ended_ms = r->ended_ms;
		all.items[count++] = *x;
	}
	return count ? state_put_results(e->state, all.items, count, d) : 0;
}

/* The last that is known of it; what became of its operations was found out later. */
static int close_lost(struct engine *e, struct run_record *r, struct arena *a, struct diags *d)
{
	struct operation_count count;

	if (state_count_run_operations(e->state, r->id, &count, d))
		return -1;
	r->status = "LOST";
	r->ended_ms = count.last_begun_ms > r->started_ms ? count.last_begun_ms : r->started_ms;
	return end_results(e, r, a, d) || state_put_run(e->state, r, d) ? -1 : 0;
}

int history_close_lost(struct engine *e, const struct instance_id *ids, size_t count,
		       struct diags *d)
{
	struct arena *a = arena_new();
	struct map ours = MAP_INIT;
	struct run_list open;
	int result = state_load_open_runs(e->state, a, &open, d);

	for (size_t i = 0; result == 0 && open.count && i < count; i++)
		map_set(&ours, text_of(instance_id_text(a, &ids[i])), a);
	for (size_t i = 0; result == 0 && i < open.count; i++)
		if (open.items[i].gone || lost_locks(&open.items[i], &ours, a))
			result = close_lost(e, &open.items[i], a, d);
	map_release(&ours);
	arena_free(a);
	return result;
}
