/*
 * auth.h - authentication of a session's requests.
 *
 * From the entry's settings: Auth {Scheme: none|basic|bearer|header|sigv4, User, Password, Token,
 * Name, Value}, each a text that may come from {{resolve:...}}.  sigv4 asks a source of AWS
 * credentials, which providers/aws gives (credentials.h); it is a function here so that this folder
 * knows no cloud.  Everything that could hold a secret stays in this struct and in headers of
 * requests.
 */
#ifndef PROVIDERS_REST_AUTH_H
#define PROVIDERS_REST_AUTH_H

#include "providers/kit/fault.h"
#include "providers/kit/sigv4.h"
#include "providers/rest/definition.h"

/* A key that holds at least `need_ms` more, from any thread; texts in arena a.  0, or -1 with a
 * fault that says where it was looked for and what to do. */
typedef int credentials_fn(void *context, const struct kit_call *c, struct arena *a,
			   struct sigv4_key *out, struct fault *f);

struct auth {
	enum auth_scheme scheme;
	bool given; /* else the service's scheme holds */
	const char *user, *password, *token, *name, *value;
	credentials_fn *credentials;
	void *context;
};

/* Reads the entry's Auth; texts in the arena.  0, or -1 with a fault that names the key. */
int auth_read(struct arena *a, const json_t *config, struct auth *out, struct fault *f);

/* Adds headers to the request, in the arena; sigv4 signs, so everything else must be there
 * already. */
struct auth_place {
	enum auth_scheme scheme;
	const struct kit_call *call;  /* for credentials that have to be asked for */
	const char *region, *service; /* sigv4: these and what follows */
	int64_t time_s;
	bool s3;
};
int auth_apply(const struct auth *auth, const struct auth_place *place, struct arena *a,
	       struct http_request *r, struct fault *f);

#endif
