/* sim_fixture.c - see sim_fixture.h. */
#include "tests/unit/sim_fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "providers/kit/span.h"

static const struct hd_provider *table = &hadeploy_provider_sim;

static void fresh(struct sim_fixture *f)
{
	provider_op_release(&f->op);
	memset(&f->op, 0, sizeof(f->op));
	f->op.effect = -1;
}

static void add_defaults(const struct sim_fixture *f, json_t *config)
{
	json_object_set_new(config, "ProjectDir", json_string(f->folder));
	if (!json_object_get(config, "Region"))
		json_object_set_new(config, "Region", json_string("east"));
	if (!json_object_get(config, "Account"))
		json_object_set_new(config, "Account", json_string("-"));
}

void sim_again(struct sim_fixture *f, const char *settings)
{
	json_t *config = json_parse(text_of(settings), NULL, NULL);
	struct str text = STR_INIT;

	if (f->session)
		table->close(f->session);
	f->session = NULL;
	fresh(f);
	if (json_is_object(config))
		add_defaults(f, config);
	if (config)
		json_canonical(config, &text);
	f->status = table->open(provider_engine(), &f->op, span_of_str(&text), &f->session);
	str_release(&text);
	json_decref(config);
}

void sim_start(struct sim_fixture *f, const char *settings)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->folder, sizeof(f->folder), "/tmp/hadeploy-sim.XXXXXX");
	if (!mkdtemp(f->folder))
		abort();
	sim_again(f, settings);
}

void sim_stop(struct sim_fixture *f)
{
	static const char *const names[] = {"sim.db", "sim.db-wal", "sim.db-shm", "faults.yaml"};
	char path[128];

	if (f->session)
		table->close(f->session);
	provider_op_release(&f->op);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/.hadeploy/%s", f->folder, names[i]);
		unlink(path);
		snprintf(path, sizeof(path), "%s/%s", f->folder, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/.hadeploy", f->folder);
	rmdir(path);
	rmdir(f->folder);
}

static struct hd_resource resource_of(const struct sim_call *c)
{
	return (struct hd_resource){
		.size = sizeof(struct hd_resource),
		.address = span_of(c->address ? c->address : "web/east/Thing"),
		.type = span_of(c->type ? c->type : "Sim::Node"),
		.id = span_of(c->id),
		.desired = span_of(c->desired),
		.recorded = span_of(c->recorded),
		.sensitive = span_of(c->sensitive),
		.changed = span_of(c->changed),
		.idem = span_of(c->key),
	};
}

static int call(struct sim_fixture *f, hd_call_fn *function, const struct sim_call *c)
{
	struct hd_resource r = resource_of(c);

	fresh(f);
	f->status = function(f->session, &f->op, &r);
	return f->status;
}

int sim_call_create(struct sim_fixture *f, const struct sim_call *c)
{
	return call(f, table->create, c);
}

int sim_call_update(struct sim_fixture *f, const struct sim_call *c)
{
	return call(f, table->update, c);
}

int sim_call_remove(struct sim_fixture *f, const struct sim_call *c)
{
	return call(f, table->remove, c);
}

int sim_call_read(struct sim_fixture *f, const struct sim_call *c)
{
	return call(f, table->read, c);
}

int sim_call_find(struct sim_fixture *f, const struct sim_call *c)
{
	return call(f, table->find, c);
}

int sim_call_act(struct sim_fixture *f, const struct sim_call *c)
{
	struct hd_resource r = resource_of(c);

	fresh(f);
	f->status = table->act(f->session, &f->op, &r, span_of(c->action), span_of("{}"));
	return f->status;
}

int sim_call_poll(struct sim_fixture *f, const struct sim_call *c)
{
	struct hd_resource r = resource_of(c);

	fresh(f);
	f->status = table->poll(f->session, &f->op, &r, span_of(c->token));
	return f->status;
}

int sim_count(const struct sim_fixture *f, const char *sql)
{
	char path[128];
	sqlite3 *db;
	sqlite3_stmt *q;
	int number = -1;

	snprintf(path, sizeof(path), "%s/.hadeploy/sim.db", f->folder);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK) {
		if (sqlite3_step(q) == SQLITE_ROW)
			number = sqlite3_column_int(q, 0);
		sqlite3_finalize(q);
	}
	sqlite3_close(db);
	return number;
}

const char *sim_state(struct sim_fixture *f, const char *pointer)
{
	json_t *state = json_parse(str_text(&f->op.state), NULL, NULL);
	const json_t *value = json_at(state, text_of(pointer));

	str_clear(&f->op.replace);
	if (json_is_string(value))
		str_add(&f->op.replace, json_string_value(value));
	else if (value)
		json_canonical(value, &f->op.replace);
	json_decref(state);
	return str_cstr(&f->op.replace);
}
