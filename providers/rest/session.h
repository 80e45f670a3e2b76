/*
 * session.h - a session with what its calls share, and the settings it is opened with.
 */
#ifndef PROVIDERS_REST_SESSION_H
#define PROVIDERS_REST_SESSION_H

#include <pthread.h>

#include "base/map.h"
#include "providers/rest/rest.h"

struct shape;

struct hd_session {
	struct rest_session rest;
	json_t *config;       /* what the settings borrow from; only read */
	pthread_mutex_t lock; /* of what follows */
	struct arena *shape_arena;
	struct map shapes; /* type to struct shape */
};

/* Everything that an entry of the manifest may say; texts in the arena, json_t borrowed from
 * config. */
struct rest_settings {
	const char *project, *project_dir, *region, *account;
	const char *definitions; /* absolute folder, or NULL */
	const char *endpoint;
	const json_t *endpoints, *headers, *settings;
	struct http_settings http;
	int64_t timeout_ms;
};
/* 0, or -1 with a fault that names the key.  Auth is read by auth_read(). */
int rest_settings_read(struct arena *a, const struct rest_kind *kind, const json_t *config,
		       struct rest_settings *out, struct fault *f);
/* Only whether all keys are known: before any {{resolve:...}} is. */
int rest_settings_keys(const struct rest_kind *kind, const json_t *config, struct fault *f);

/* Hands over all errors of files with their places. */
void session_say(const struct kit_call *c, const struct diags *d);

/* The shape of a type, read when first asked for; from any thread. */
const struct shape *session_shape(struct hd_session *s, const struct definition *t,
				  const char *type);

#endif
