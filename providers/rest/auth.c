#include "providers/rest/auth.h"

#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/base64.h"

/* Settings */

static const char *const scheme_names[] = {
	[AUTH_NONE] = "none",     [AUTH_BASIC] = "basic", [AUTH_BEARER] = "bearer",
	[AUTH_HEADER] = "header", [AUTH_SIGV4] = "sigv4",
};

/* Where a text of the settings goes. */
struct key {
	const char *name;
	const char **value;
};

static int wrong(struct fault *f, const char *name, const char *what)
{
	fault_set(f, HD_FATAL, DIAG_REST_AUTH, "setting Auth: '%s' %s", name, what);
	fault_hint(f, "see 'Authentication' in docs/rest.md");
	return -1;
}

static int read_scheme(struct auth *out, const char *scheme, struct fault *f)
{
	for (size_t i = 0; i < ARRAY_LEN(scheme_names); i++) {
		if (strcmp(scheme_names[i], scheme) == 0) {
			out->scheme = (enum auth_scheme)i;
			out->given = true;
			return 0;
		}
	}
	fault_set(f, HD_FATAL, DIAG_REST_AUTH, "setting Auth: there is no scheme '%s'", scheme);
	fault_hint(f, "use none, basic, bearer, header or sigv4");
	return -1;
}

/* The value itself is never shown: it may be a secret at the wrong place. */
static int read_text(struct arena *a, const struct key *key, const json_t *value, struct fault *f)
{
	const char *text = json_string_value(value);

	if (!text)
		return wrong(f, key->name, "is no text; put it in quotes");
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 127)
			return wrong(f, key->name, "has a line break or another control character");
	}
	*key->value = arena_strdup(a, text);
	return 0;
}

static const struct key *find_key(const struct key *keys, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

static int unknown_key(const struct key *keys, size_t count, const char *name, struct fault *f)
{
	const char *names[8], *nearest;

	for (size_t i = 0; i < count; i++)
		names[i] = keys[i].name;
	nearest = text_nearest(text_of(name), names, count);
	fault_set(f, HD_FATAL, DIAG_REST_AUTH, "setting Auth: '%s' is unknown", name);
	if (nearest)
		fault_hint(f, "did you mean '%s'?", nearest);
	else
		fault_hint(f, "use Scheme, User, Password, Token, Name, Value");
	return -1;
}

int auth_read(struct arena *a, const json_t *config, struct auth *out, struct fault *f)
{
	json_t *settings = json_object_get(config, "Auth"), *value;
	const char *scheme = NULL, *name;
	const struct key keys[] = {
		{"Scheme", &scheme},    {"User", &out->user}, {"Password", &out->password},
		{"Token", &out->token}, {"Name", &out->name}, {"Value", &out->value},
	};

	*out = (struct auth){.scheme = AUTH_NONE};
	if (!settings || json_is_null(settings))
		return 0;
	if (!json_is_object(settings))
		return fault_set(f, HD_FATAL, DIAG_REST_AUTH,
				 "setting Auth is no map of Scheme, User, Password and the like");
	json_object_foreach(settings, name, value)
	{
		const struct key *key = find_key(keys, ARRAY_LEN(keys), name);

		if (!key)
			return unknown_key(keys, ARRAY_LEN(keys), name, f);
		if (read_text(a, key, value, f) != 0)
			return -1;
	}
	return scheme ? read_scheme(out, scheme, f) : 0;
}

/* Requests */

static void add_headers(struct arena *a, struct http_request *r, const struct http_header *more,
			size_t count)
{
	struct http_header *all = ARENA_ARRAY(a, r->header_count + count, struct http_header);

	for (size_t i = 0; i < r->header_count; i++)
		all[i] = r->headers[i];
	for (size_t i = 0; i < count; i++)
		all[r->header_count + i] = more[i];
	r->headers = all;
	r->header_count += count;
}

static void add_header(struct arena *a, struct http_request *r, const char *name, const char *value)
{
	add_headers(a, r, &(struct http_header){name, value}, 1);
}

static bool has_header(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++) {
		if (strcasecmp(r->headers[i].name, name) == 0)
			return true;
	}
	return false;
}

static int missing(struct fault *f, enum auth_scheme scheme, const char *keys)
{
	fault_set(f, HD_FATAL, DIAG_REST_AUTH_MISSING,
		  "authentication '%s' needs %s in the provider's settings", scheme_names[scheme],
		  keys);
	fault_hint(f,
		   "add Auth: {Scheme: %s, ...} to the provider's entry; keep secrets out of "
		   "it with {{resolve:...}}",
		   scheme_names[scheme]);
	return -1;
}

static int apply_basic(const struct auth *auth, struct arena *a, struct http_request *r,
		       struct fault *f)
{
	struct str pair = STR_INIT, value = STR_INIT;

	if (!auth->user || !auth->password)
		return missing(f, AUTH_BASIC, "User and Password");
	/* RFC 7617: it would be the end of the name. */
	if (strchr(auth->user, ':'))
		return wrong(f, "User", "has a colon in it");
	str_printf(&pair, "%s:%s", auth->user, auth->password);
	str_add(&value, "Basic ");
	base64_add_padded(&value, str_text(&pair));
	add_header(a, r, "Authorization", arena_text(a, str_text(&value)));
	str_release(&pair);
	str_release(&value);
	return 0;
}

static int apply_bearer(const struct auth *auth, struct arena *a, struct http_request *r,
			struct fault *f)
{
	if (!auth->token)
		return missing(f, AUTH_BEARER, "Token");
	add_header(a, r, "Authorization", arena_printf(a, "Bearer %s", auth->token));
	return 0;
}

static int apply_header(const struct auth *auth, struct arena *a, struct http_request *r,
			struct fault *f)
{
	if (!auth->name || !auth->value)
		return missing(f, AUTH_HEADER, "Name and Value");
	add_header(a, r, auth->name, auth->value);
	return 0;
}

/* S3 refuses bodies of bucket settings that come without a checksum ("Checking object integrity");
 * the one in the signature does not count. */
static void add_checksum(struct arena *a, struct http_request *r)
{
	unsigned char digest[DIGEST_LEN];
	struct str value = STR_INIT;

	if (!r->has_body || has_header(r, "Content-MD5") || has_header(r, "x-amz-checksum-sha256"))
		return;
	digest_sha256_raw(r->body, digest);
	base64_add_padded(&value, (struct text){(const char *)digest, sizeof(digest)});
	add_header(a, r, "x-amz-checksum-sha256", arena_text(a, str_text(&value)));
	str_release(&value);
}

static int apply_sigv4(const struct auth *auth, const struct auth_place *place, struct arena *a,
		       struct http_request *r, struct fault *f)
{
	const struct sigv4_scope scope = {.region = place->region,
					  .service = place->service,
					  .time_s = place->time_s,
					  .path_as_sent = place->s3,
					  .hash_header = place->s3};
	struct sigv4_key key = {0};
	struct sigv4_signed made;

	if (!auth->credentials) {
		fault_set(f, HD_FATAL, DIAG_REST_AUTH_MISSING,
			  "authentication 'sigv4' needs AWS credentials, which this kind of "
			  "provider does not have");
		fault_hint(f, "use 'aws' for what is signed as AWS requests are");
		return -1;
	}
	if (auth->credentials(auth->context, place->call, a, &key, f) != 0)
		return -1;
	if (place->s3)
		add_checksum(a, r);
	if (sigv4_sign(a, r, &key, &scope, &made) != 0)
		return fault_set(f, HD_FATAL, DIAG_REST_AUTH,
				 "the request cannot be signed: its URL or the time is none");
	add_headers(a, r, made.headers, made.count);
	return 0;
}

int auth_apply(const struct auth *auth, const struct auth_place *place, struct arena *a,
	       struct http_request *r, struct fault *f)
{
	switch (place->scheme) {
	case AUTH_NONE:
		return 0;
	case AUTH_BASIC:
		return apply_basic(auth, a, r, f);
	case AUTH_BEARER:
		return apply_bearer(auth, a, r, f);
	case AUTH_HEADER:
		return apply_header(auth, a, r, f);
	case AUTH_SIGV4:
		return apply_sigv4(auth, place, a, r, f);
	}
	return 0;
}
