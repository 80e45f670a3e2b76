#include "engine/refresh.h"

#include <string.h>

#include "base/limits.h"
#include "engine/dispatch.h"
#include "engine/session.h"

struct reading {
	struct job job;
	const struct record *record;
	struct observation *seen;
	struct arena *arena; /* of its call */
};

struct refresh {
	struct engine *e;
	struct diags *d;
	struct arena *a; /* of the observations */
	struct dispatch *dispatch;
	struct reading *readings;
	size_t count, left, failures;
	bool stopped;
};

static bool is_wanted(const struct record *r, enum refresh_extent extent)
{
	/* One that never got an id cannot be asked for. */
	return extent == REFRESH_ALL ? *r->id || !r->tainted : r->tainted && *r->id;
}

static void complain_gone(struct refresh *x, const struct record *r, const char *address)
{
	struct diag *g = diag_add(x->d, DIAG_PROVIDER_GONE, RANGE_NONE,
				  "the provider of this resource is not configured any more");

	diag_detail(x->d, g, "It was made through the entry '%s' as %s.", r->provider, r->type);
	diag_hint(x->d, g, "put the entry back, or give the record up with `hadeploy state rm`");
	diag_address(x->d, g, address);
}

static void fill_call(struct refresh *x, struct reading *g, const struct provider_entry *entry,
		      struct hd_session *session)
{
	const struct record *r = g->record;
	const struct schema *schema = registry_schema(x->e->project->registry, entry, r->type);
	struct call *c = &g->job.call;

	g->arena = arena_new();
	c->kind = CALL_READ;
	c->table = entry->table;
	c->session = session;
	c->schema_version = r->schema_version ? r->schema_version
			    : schema          ? schema_version(schema)
					      : 0;
	c->address = address_text(g->arena, &r->addr);
	c->type = r->type;
	c->id = r->id;
	c->recorded = call_recorded_text(g->arena, r->inputs, r->outputs);
	c->sensitive = r->sensitive;
	c->private_bytes = r->private_bytes;
	c->endpoint = r->endpoint;
}

/* False when it cannot even be asked. */
static bool begin(struct refresh *x, struct reading *g)
{
	const struct record *r = g->record;
	const struct provider_entry *entry = registry_entry(x->e->project->registry, r->provider);
	struct hd_session *session;

	if (!entry) {
		complain_gone(x, r, address_text(x->a, &r->addr));
		return false;
	}
	session = sessions_get(x->e->sessions, entry, &r->addr.instance, x->d);
	if (!session)
		return false;
	fill_call(x, g, entry, session);
	g->job.addr = &r->addr;
	g->job.type = r->type;
	g->job.lane.order = (size_t)(g - x->readings);
	g->job.deadline_ms = dispatch_now_ms(x->dispatch) + OPERATION_DEADLINE_MS;
	dispatch_enroll(x->dispatch, &g->job, &r->addr.instance, entry->name, r->endpoint);
	return true;
}

/* Secrets are where they were recorded as such, whatever the provider thinks of it. */
static const char *masked_state(struct refresh *x, const struct record *r, const char *state)
{
	json_t *now = json_parse(text_of(state), NULL, NULL);
	json_t *before = json_parse(text_of(r->outputs), NULL, NULL);
	json_t *listed = json_parse(text_of(r->sensitive), NULL, NULL);
	json_t *pointers = json_array();
	const char *text;

	if (before)
		secrets_masked_pointers(before, pointers);
	secrets_join_pointers(pointers, listed);
	state_mask(x->e->state, now, pointers);
	text = json_text(x->a, now);
	json_decref(now);
	json_decref(before);
	json_decref(listed);
	json_decref(pointers);
	return text;
}

static void tell(struct refresh *x, const struct reading *g, enum event_kind kind)
{
	engine_tell(x->e, (struct event){
				  .kind = kind,
				  .addr = g ? &g->record->addr : NULL,
				  .type = g ? g->record->type : NULL,
				  .action = "read",
				  .endpoint = g ? lane_endpoint(&g->job.lane) : NULL,
				  .done = x->count - x->left,
				  .total = x->count,
			  });
}

static void ended(struct refresh *x, struct reading *g)
{
	struct outcome *o = &g->job.work.outcome;

	if (o->status == HD_OK && o->state) {
		g->seen->seen = SEEN_PRESENT;
		g->seen->outputs = masked_state(x, g->record, o->state);
	} else if (o->status == HD_NOTFOUND) {
		g->seen->seen = SEEN_GONE;
		diags_release(&o->diags);
	} else {
		g->seen->seen = SEEN_FAILED;
		x->failures++;
	}
	diags_take(x->d, &o->diags);
	x->left--;
	tell(x, g, EVENT_REFRESHED);
	outcome_release(o);
	dispatch_retire(x->dispatch, &g->job);
	arena_free(g->arena);
	g->arena = NULL;
}

/* Reading changes nothing, so nobody has to wait for it. */
static void withdraw_all(struct refresh *x)
{
	x->stopped = true;
	dispatch_cancel(x->dispatch);
	for (size_t i = 0; i < x->count; i++) {
		struct reading *g = &x->readings[i];

		if (!g->arena || (g->job.state != JOB_QUEUED && g->job.state != JOB_RETRYING))
			continue;
		dispatch_withdraw(x->dispatch, &g->job);
		x->left--;
	}
}

static void run(struct refresh *x)
{
	struct dispatch_event ev;

	while (x->left) {
		dispatch_next(x->dispatch, &ev);
		switch (ev.kind) {
		case DISPATCH_ENDED:
			ended(x, container_of(ev.job, struct reading, job));
			break;
		case DISPATCH_INTERRUPTED:
			engine_tell(x->e, (struct event){.kind = EVENT_CANCELLING,
							 .text = "reading is stopped"});
			withdraw_all(x);
			break;
		case DISPATCH_LOCKS_LOST:
			withdraw_all(x);
			break;
		case DISPATCH_QUIET:
			dispatch_wait(x->dispatch);
			break;
		case DISPATCH_START:
		case DISPATCH_DUE:
		case DISPATCH_SLOW:
		case DISPATCH_PROGRESS:
			break;
		}
	}
}

static void choose(struct refresh *x, const struct refresh_request *q)
{
	for (size_t i = 0; i < q->records->count; i++) {
		struct reading *g = &x->readings[x->count];

		if (!is_wanted(&q->records->items[i], q->extent))
			continue;
		g->record = &q->records->items[i];
		g->seen = &q->observations[i];
		x->count++;
	}
	x->left = x->count;
}

static void start_all(struct refresh *x)
{
	tell(x, NULL, EVENT_REFRESH_STARTED);
	for (size_t i = 0; i < x->count; i++)
		if (!begin(x, &x->readings[i])) {
			x->readings[i].seen->seen = SEEN_FAILED;
			x->failures++;
			x->left--;
		}
	/* All are enrolled before the first is called, so that each region gets its share. */
	for (size_t i = 0; i < x->count; i++)
		if (x->readings[i].arena)
			dispatch_call(x->dispatch, &x->readings[i].job);
}

static void release(struct refresh *x, struct arena *own)
{
	for (size_t i = 0; i < x->count; i++) {
		outcome_release(&x->readings[i].job.work.outcome);
		arena_free(x->readings[i].arena);
	}
	dispatch_free(x->dispatch);
	arena_free(own);
}

int refresh_records(struct engine *e, const struct refresh_request *q, struct diags *d)
{
	struct arena *own = arena_new();
	struct refresh x = {.e = e, .d = d, .a = q->arena};
	int rc;

	x.readings = ARENA_ARRAY(own, q->records->count, struct reading);
	choose(&x, q);
	if (!x.count) {
		arena_free(own);
		return 0;
	}
	x.dispatch = dispatch_new(e, d);
	start_all(&x);
	run(&x);
	if (x.stopped)
		diag_add(d, DIAG_RUN_STOPPED, RANGE_NONE, "stopped while reading what is recorded");
	rc = x.stopped || x.failures ? -1 : 0;
	release(&x, own);
	return rc;
}
