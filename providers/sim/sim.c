/* sim.c - the sim provider's table, and its sessions. */
#include "providers/sim/sim_provider.h"

#include <stdlib.h>

#include "providers/kit/span.h"
#include "providers/sim/schema.h"
#include "providers/sim/visit.h"

static const char sim_schema[] = SIM_SCHEMA;

static void session_close(struct hd_session *s)
{
	store_close(s->store);
	map_release(&s->types);
	pthread_mutex_destroy(&s->lock);
	arena_free(s->type_arena);
	arena_free(s->arena);
	free(s);
}

static int read_config(struct hd_session *s, const json_t *config, struct fault *f)
{
	if (settings_sim_read(s->arena, config, &s->settings, f) < 0)
		return -1;
	s->place = (struct sim_place){s->settings.account, s->settings.region};
	s->store = store_open(s->settings.file, &s->place, f);
	return s->store ? 0 : -1;
}

static int session_open(const struct hd_host *engine, struct hd_op *op, struct hd_span config,
			struct hd_session **out)
{
	struct kit_call call = {engine, op, 0};
	struct hd_session *s = xcalloc(1, sizeof(*s));
	struct fault f = FAULT_INIT;
	json_t *json;
	int answer;

	s->host = engine;
	s->arena = arena_new();
	s->type_arena = arena_new();
	pthread_mutex_init(&s->lock, NULL);
	json = span_json(s->arena, config);
	answer = read_config(s, json, &f);
	json_decref(json);
	if (answer < 0) {
		session_close(s);
		return fault_say(&call, &f);
	}
	*out = s;
	return HD_OK;
}

const struct hd_provider hadeploy_provider_sim = {
	.abi = HD_ABI,
	.size = sizeof(struct hd_provider),
	.name = "sim",
	.version = "1",
	.schema = {sim_schema, sizeof(sim_schema) - 1},
	.open = session_open,
	.close = session_close,
	.read = sim_read,
	.create = sim_create,
	.update = sim_update,
	.remove = sim_remove,
	.poll = sim_poll,
	.find = sim_find,
	.list = sim_list,
	.act = sim_act,
	.lookup = sim_lookup,
	.any_type = 1,
};
