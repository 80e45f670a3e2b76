#include "providers/rest/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "providers/kit/span.h"
#include "providers/rest/shape.h"

/* Errors in files of the user's, each at its place. */
void session_say(const struct kit_call *c, const struct diags *d)
{
	char code[16];

	for (const struct diag *g = d->first; g; g = g->next) {
		struct hd_message m = {.size = sizeof(m), .severity = (int)g->severity};

		snprintf(code, sizeof(code), "HD%04u", (unsigned)g->code);
		m.code = span_of(code);
		m.summary = span_of(g->summary);
		m.detail = span_of(g->detail);
		m.hint = span_of(g->hint);
		if (g->where.src) {
			m.file = span_of(g->where.src->name);
			m.line = g->where.start.line;
			m.column = g->where.start.column;
		}
		c->host->diagnose(c->op, &m);
	}
}

static void settle(struct rest_session *s, const struct rest_settings *from)
{
	s->project = from->project;
	s->region = s->aws_region = from->region;
	s->account = from->account;
	s->endpoint = from->endpoint;
	s->endpoints = from->endpoints;
	s->headers = from->headers;
	s->settings = from->settings;
	s->timeout_ms = from->timeout_ms;
}

/* -1: it was said, or is in the fault. */
static int open_definitions(struct hd_session *s, const struct kit_call *c,
			    const struct rest_settings *from, struct fault *f)
{
	struct definition_source source = {
		.bundle = s->rest.kind->bundle ? s->rest.kind->bundle() : (struct text){NULL, 0},
		.bundle_name = s->rest.kind->name,
		.folder = from->definitions,
	};
	struct diags d = DIAGS_INIT;

	s->rest.definitions = definitions_open(&source, &d);
	if (!s->rest.definitions) {
		session_say(c, &d);
		if (!diags_failed(&d))
			fault_set(f, HD_FATAL, DIAG_REST_CONFIG,
				  "the folder of definitions cannot be read");
	}
	diags_release(&d);
	return s->rest.definitions ? 0 : -1;
}

static int open_kind(struct rest_session *s, const json_t *config, struct fault *f)
{
	if (s->kind->open && s->kind->open(s, config, &s->context, f) < 0)
		return -1;
	if (!s->auth.credentials)
		s->auth.credentials = s->kind->credentials;
	if (!s->auth.context)
		s->auth.context = s->context;
	return 0;
}

static int open_parts(struct hd_session *s, const struct kit_call *c, struct fault *f)
{
	struct rest_session *r = &s->rest;
	struct rest_settings settings;

	if (rest_settings_read(r->arena, r->kind, s->config, &settings, f) < 0)
		return -1;
	settle(r, &settings);
	if (auth_read(r->arena, s->config, &r->auth, f) < 0)
		return -1;
	if (open_definitions(s, c, &settings, f) < 0)
		return -1;
	r->http = http_client_new(&settings.http);
	if (!r->http)
		return fault_set(f, HD_FATAL, DIAG_REST_CONFIG, "libcurl cannot be started");
	r->jq = jq_pool_hold();
	return open_kind(r, s->config, f);
}

static struct hd_session *session_new(const struct rest_kind *kind, const struct hd_host *host)
{
	struct hd_session *s = xcalloc(1, sizeof(*s));

	s->rest.host = host;
	s->rest.kind = kind;
	s->rest.arena = arena_new();
	s->shape_arena = arena_new();
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

int rest_open(const struct rest_kind *kind, const struct hd_host *host, struct hd_op *op,
	      struct hd_span config, struct hd_session **out)
{
	struct kit_call call = {host, op, 0};
	struct fault f = FAULT_INIT;
	struct hd_session *s = session_new(kind, host);
	int status = HD_OK;

	s->config = span_json(s->rest.arena, config);
	if (open_parts(s, &call, &f) < 0) {
		status = f.summary.len ? fault_say(&call, &f) : HD_FATAL;
		rest_close(s);
		s = NULL;
	}
	*out = s;
	return status;
}

void rest_close(struct hd_session *s)
{
	struct rest_session *r = &s->rest;

	if (r->context && r->kind->close)
		r->kind->close(r->context);
	http_client_free(r->http);
	if (r->jq)
		jq_pool_release(r->jq);
	if (r->definitions)
		definitions_close(r->definitions);
	for (size_t i = 0; i < s->shapes.entry_count; i++)
		shape_close(s->shapes.entries[i].value);
	map_release(&s->shapes);
	pthread_mutex_destroy(&s->lock);
	json_decref(s->config);
	arena_free(s->shape_arena);
	arena_free(r->arena);
	free(s);
}

/* Schemas of bundled types are the provider's own where a definition has none. */
static struct text schema_text(const struct rest_kind *kind, struct arena *a,
			       const struct definition *t, const char *type)
{
	if (t->schema)
		return text_of(json_text(a, t->schema));
	return text_of(kind->schema ? kind->schema(a, type) : NULL);
}

const struct shape *session_shape(struct hd_session *s, const struct definition *t,
				  const char *type)
{
	struct shape *shape;
	struct arena *a;

	pthread_mutex_lock(&s->lock);
	shape = map_find(&s->shapes, text_of(type));
	if (!shape) {
		a = arena_new();
		shape = shape_open(s->shape_arena, schema_text(s->rest.kind, a, t, type));
		map_set(&s->shapes, text_of(type), shape);
		arena_free(a);
	}
	pthread_mutex_unlock(&s->lock);
	return shape;
}
