/*
 * rest.h - the rest provider's calls, for every table whose types are definitions: rest itself,
 * powerdns, aws.
 *
 *	types.c    what types there are, before any session (provider.h: types_open)
 *	settings.c, session.c  open and close: settings, definitions, client, credentials
 *	calls.c    create, read, update, remove, act and poll as operations of a definition
 *	look.c     read, find, list
 *	run.c      an operation: its steps in order, waits, what follows from a failure
 *	step.c     a step: its requests, pages, answers
 *	send.c     one request: endpoint, headers, authentication, answer
 *	refusal.c  what a failed request means, in words
 *	token.c    what survives a wait
 *	input.c    variables of expressions, from what the engine gives
 *	shape.c    answers in the form of the schema: numbers that came as text, absent values
 *
 * Settings (the entry of the manifest; docs/rest.md): Definitions, Endpoint, Endpoints {SERVICE:
 * URL}, Auth, Headers, Settings, CaFile, CertFile, KeyFile, Proxy, Timeout, ConnectTimeout.
 */
#ifndef PROVIDERS_REST_REST_H
#define PROVIDERS_REST_REST_H

#include "providers/rest/auth.h"
#include "providers/rest/definition.h"

struct rest_session;

/* What a cloud adds to the provider; all but the name may be absent. */
struct rest_kind {
	const char *name;            /* "aws" */
	struct text (*bundle)(void); /* definitions that are part of the program: bundle.h */
	const char *const *keys;     /* settings of its own, which open() reads; ends with NULL */
	/* The schema of a type that has none in its definition, as text in the arena; NULL:
	 * unknown. */
	const char *(*schema)(struct arena *a, const char *type);
	/* Every type of which it has one. */
	void (*names)(void *context, void (*take)(void *context, struct hd_span name));
	/* Once per session, with its settings, without network; *context is given to the others.
	 * 0, or -1 with a fault. */
	int (*open)(const struct rest_session *s, const json_t *config, void **context,
		    struct fault *f);
	void (*close)(void *context);
	credentials_fn *credentials;
	/* A service did not accept the credentials, or what they may do: adds to the fault's detail
	 * where they came from, and forgets those that will not do another time. */
	void (*refused)(void *context, struct fault *f);
	/* Sets those of "account", "partition" and "suffix" that are in v as null; "account" may
	 * ask the network, once, and is in v only where a definition asks for it. */
	int (*variables)(void *context, const struct kit_call *c, json_t *v, struct fault *f);
	/* hd_provider.lookup: a new reference; NULL with a fault. */
	json_t *(*lookup)(void *context, const struct kit_call *c, struct text what,
			  const json_t *args, struct fault *f);
};

/* A session: immutable once open, except what is behind a lock of its own. */
struct rest_session {
	const struct hd_host *host;
	const struct rest_kind *kind;
	void *context; /* of the kind */
	struct arena *arena;
	struct definitions *definitions;
	struct jq_pool *jq;
	struct http_client *http;
	struct auth auth;
	const char *project, *region, *account; /* of the manifest; account "-": none */
	const char *aws_region;  /* "Region" of the settings: what requests are signed for */
	const char *endpoint;    /* of the settings, or NULL: as the service says */
	const json_t *endpoints; /* by service name; NULL */
	const json_t *headers;   /* of the settings: {NAME: TEXT}; NULL */
	const json_t *settings;  /* $settings; NULL */
	int64_t timeout_ms;
};

/*
 * One request to a service of the session, for clouds: URL by its endpoint, authentication, and the
 * decoded answer, a new reference (JSON null when empty).  NULL with a fault when no answer came or
 * it is no success; its effect is UNKNOWN when something may have changed.
 */
struct rest_request {
	const struct definition *definition; /* or, without one, its service alone */
	const struct step *step;
	const json_t *wish; /* {"path", "query", "headers", "body"} */
};
json_t *rest_ask(const struct rest_session *s, const struct kit_call *c, struct arena *a,
		 const struct rest_request *r, struct fault *f);

/* For tables (struct hd_provider): open and types_open with their kind, the rest as they are. */
int rest_open(const struct rest_kind *kind, const struct hd_host *host, struct hd_op *op,
	      struct hd_span config, struct hd_session **out);
void rest_close(struct hd_session *s);
int rest_types_open(const struct rest_kind *kind, const struct hd_host *host, struct hd_op *op,
		    struct hd_span config, struct hd_types **out);
void rest_types_close(struct hd_types *t);
void rest_types_names(struct hd_types *t, void *context,
		      void (*take)(void *context, struct hd_span name));
int rest_types_schema(struct hd_types *t, struct hd_span type, void *context,
		      void (*take)(void *context, struct hd_span schema));
hd_call_fn rest_read, rest_create, rest_update, rest_remove, rest_find;
int rest_poll(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	      struct hd_span token);
int rest_list(struct hd_session *s, struct hd_op *op, struct hd_span type, struct hd_span cursor);
int rest_act(struct hd_session *s, struct hd_op *op, const struct hd_resource *r,
	     struct hd_span action, struct hd_span args);
int rest_lookup(struct hd_session *s, struct hd_op *op, struct hd_span what, struct hd_span args);

/* What is the same in the table of every kind: all but its name, open, types_open and lookup. */
#define REST_TABLE                                                                              \
	.abi = HD_ABI, .size = sizeof(struct hd_provider), .version = "1", .close = rest_close, \
	.read = rest_read, .create = rest_create, .update = rest_update, .remove = rest_remove, \
	.poll = rest_poll, .find = rest_find, .list = rest_list, .act = rest_act,               \
	.types_close = rest_types_close, .types_names = rest_types_names,                       \
	.types_schema = rest_types_schema

extern const struct hd_provider hadeploy_provider_rest;

#endif
