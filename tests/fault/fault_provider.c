/*
 * fault_provider.c - tables of providers with a boundary before and after each call: linked
 * with --wrap=builtin_providers, so that the program sees these in place of its own.
 *
 * open() is not told which table it is of, hence one per table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "providers/builtin.h"
#include "tests/fault/fault.h"

#define TABLES_MAX 8
#define WHAT_LEN 256
#define SCHEMA_LEN (64 << 10)

extern const struct hd_provider *const __real_builtin_providers[];
extern const struct hd_provider *__wrap_builtin_providers[];

/* What the engine holds for a session; the provider's own is inside. */
struct hd_session {
	const struct hd_provider *table;
	struct hd_session *inner;
};

static void reach(const char *side, const char *call, const struct hd_resource *r)
{
	char what[WHAT_LEN];

	snprintf(what, sizeof(what), "%s %s %.*s", side, call, r ? (int)r->address.len : 0,
		 r ? r->address.ptr : "");
	fault_reach(POINT_CALL, what);
}

#define CALL(name)                                                       \
	static int faulty_##name(struct hd_session *s, struct hd_op *op, \
				 const struct hd_resource *r)            \
	{                                                                \
		int status;                                              \
                                                                         \
		reach("before", #name, r);                               \
		status = s->table->name(s->inner, op, r);                \
		reach("after", #name, r);                                \
		return status;                                           \
	}
CALL(read)
CALL(create)
CALL(update)
CALL(remove)

static int faulty_find(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	int status = HD_NOTFOUND;

	reach("before", "find", r);
	if (fault_mutation() != MUTATION_NO_FIND)
		status = s->table->find(s->inner, op, r);
	reach("after", "find", r);
	return status;
}

/* These ask nobody. */
static int faulty_plan(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return s->table->plan(s->inner, op, r);
}

static int faulty_upgrade(struct hd_session *s, struct hd_op *op, const struct hd_resource *r)
{
	return s->table->upgrade(s->inner, op, r);
}

static int faulty_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		       struct hd_span token)
{
	int status;

	reach("before", "poll", r);
	status = s->table->poll(s->inner, op, r, token);
	reach("after", "poll", r);
	return status;
}

static int faulty_list(struct hd_session *s, struct hd_op *op, struct hd_span type,
		       struct hd_span cursor)
{
	int status;

	reach("before", "list", NULL);
	status = s->table->list(s->inner, op, type, cursor);
	reach("after", "list", NULL);
	return status;
}

static int faulty_act(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
		      struct hd_span action, struct hd_span args)
{
	int status;

	reach("before", "act", r);
	status = s->table->act(s->inner, op, r, action, args);
	reach("after", "act", r);
	return status;
}

static int faulty_lookup(struct hd_session *s, struct hd_op *op, struct hd_span what,
			 struct hd_span args)
{
	int status;

	reach("before", "lookup", NULL);
	status = s->table->lookup(s->inner, op, what, args);
	reach("after", "lookup", NULL);
	return status;
}

static int open_inner(size_t table, const struct hd_host *host, struct hd_op *op,
		      struct hd_span config, struct hd_session **out)
{
	struct hd_session *s = xcalloc(1, sizeof(*s));
	int status;

	s->table = __real_builtin_providers[table];
	status = s->table->open(host, op, config, &s->inner);
	if (status == HD_OK)
		*out = s;
	else
		free(s);
	return status;
}

static void faulty_close(struct hd_session *s)
{
	s->table->close(s->inner);
	free(s);
}

#define OPEN(i)                                                                    \
	static int faulty_open_##i(const struct hd_host *host, struct hd_op *op,   \
				   struct hd_span config, struct hd_session **out) \
	{                                                                          \
		return open_inner(i, host, op, config, out);                       \
	}
OPEN(0)
OPEN(1)
OPEN(2)
OPEN(3)
OPEN(4)
OPEN(5)
OPEN(6)
OPEN(7)

static int (*const opens[TABLES_MAX])(const struct hd_host *host, struct hd_op *op,
				      struct hd_span config, struct hd_session **out) = {
	faulty_open_0, faulty_open_1, faulty_open_2, faulty_open_3,
	faulty_open_4, faulty_open_5, faulty_open_6, faulty_open_7,
};

/* What the sweep needs beside Sim::Node: both orders of replacement. */
#define TYPE(name, order)                                                                  \
	"\"" name "\": {\"version\": 1, \"properties\": {\"Id\": {\"type\": \"string\"}, " \
	"\"Kind\": {\"type\": \"string\"}, \"On\": {\"type\": \"string\"}}, "              \
	"\"additionalProperties\": true, \"readOnlyProperties\": [\"/properties/Id\"], "   \
	"\"createOnlyProperties\": [\"/properties/Kind\", \"/properties/On\"], "           \
	"\"primaryIdentifier\": [\"/properties/Id\"], \"replacementStrategy\": \"" order "\"}"
static const char more_types[] = ", " TYPE("Fault::Swap", "create_then_delete") ", " TYPE(
	"Fault::Yield", "delete_then_create") "}}";

static char schema[SCHEMA_LEN];
static struct hd_provider tables[TABLES_MAX];
/* The program reads it when main runs; until then it is filled. */
const struct hd_provider *__wrap_builtin_providers[TABLES_MAX + 1];

/* A schema is one JSON object with one member: its end is moved. */
static void add_types(struct hd_provider *t)
{
	int len = (int)t->schema.len;

	while (len > 0 && t->schema.ptr[len - 1] != '}')
		len--;
	len = snprintf(schema, sizeof(schema), "%.*s%s", len - 2, t->schema.ptr, more_types);
	if (len >= SCHEMA_LEN)
		abort();
	t->schema = (struct hd_span){schema, (size_t)len};
}

static void wrap(struct hd_provider *t, size_t i)
{
	*t = *__real_builtin_providers[i];
	if (!strcmp(t->name, "sim"))
		add_types(t);
	if (!t->open)
		return;
	t->open = opens[i];
	t->close = faulty_close;
	t->read = faulty_read;
	t->create = faulty_create;
	t->update = faulty_update;
	t->remove = faulty_remove;
	t->poll = faulty_poll;
	t->plan = t->plan ? faulty_plan : NULL;
	t->upgrade = t->upgrade ? faulty_upgrade : NULL;
	t->find = t->find ? faulty_find : NULL;
	t->list = t->list ? faulty_list : NULL;
	t->act = t->act ? faulty_act : NULL;
	t->lookup = t->lookup ? faulty_lookup : NULL;
}

__attribute__((constructor)) static void wrap_all(void)
{
	for (size_t i = 0; __real_builtin_providers[i]; i++) {
		if (i == TABLES_MAX)
			abort();
		wrap(&tables[i], i);
		__wrap_builtin_providers[i] = &tables[i];
	}
}
