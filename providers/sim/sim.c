/* sim.c - the sim provider's table, and its sessions. */
#include "providers/sim/sim_provider.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/file.h"
#include "providers/kit/span.h"
#include "providers/sim/visit.h"
#include "providers/sim/schema.h"

#define DEFAULT_FILE ".hadeploy/sim.db"

static const char sim_schema[] = SIM_SCHEMA;

static void session_close(struct hd_session *s)
{
	store_close(s->store);
	arena_free(s->arena);
	free(s);
}

static int read_config(struct hd_session *s, const json_t *config, struct fault *f)
{
	const char *dir = json_str(config, "ProjectDir", ".");
	const char *file = json_str(config, "File", DEFAULT_FILE);

	s->place.account = arena_strdup(s->arena, json_str(config, "Account", "-"));
	s->place.region = arena_strdup(s->arena, json_str(config, "Region", ""));
	s->keys_ignored = strcmp(json_str(config, "IdempotencyKeys", ""), "ignored") == 0;
	s->store = store_open(path_join(s->arena, dir, file), &s->place, f);
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

static int sim_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		    struct hd_span token)
{
	(void)token;
	return sim_read(s, op, r);
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
};
