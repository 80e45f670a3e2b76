/* credentials_parts.h - what the files of credentials.c share.  Only they include it. */
#ifndef PROVIDERS_AWS_CREDENTIALS_PARTS_H
#define PROVIDERS_AWS_CREDENTIALS_PARTS_H

#include "providers/aws/credentials.h"
#include "providers/aws/sts.h"

/* One look for a key, by one thread. */
struct search {
	const struct rest_session *session;
	const struct aws_settings *settings;
	const struct kit_call *call;
	struct arena *a;   /* of what is found */
	struct str looked; /* a line for each place that had none */
	struct fault *f;
};

enum found {
	FOUND_KEY,
	FOUND_NOTHING, /* and a line in `looked` */
	FOUND_FAULT    /* something is there and of no use */
};
typedef enum found source_fn(struct search *s, struct aws_key *out);

void search_note(struct search *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The value of the environment; NULL when it is not set or empty. */
const char *search_variable(const char *name);

/* What the role gives that these keys assume. */
enum found search_role(struct search *s, const struct aws_key *by, const struct sts_role *role,
		       struct aws_key *out);

/* The whole chain, with the role of the entry. */
enum found credentials_search(struct search *s, struct aws_key *out);
/* The profile of that name; absent ones are a fault. */
enum found credentials_named_profile(struct search *s, const char *name, struct aws_key *out);

source_fn credentials_environment, credentials_web_identity, credentials_profile,
	credentials_container, credentials_instance;

/* "2026-11-20T09:20:24Z" in ms since 1970; -1: it is no such time. */
int64_t aws_time_ms(const char *text);
/* From {AccessKeyId, SecretAccessKey, Token or SessionToken, Expiration}; false: something is
 * missing. */
bool aws_key_read(struct arena *a, const json_t *j, struct aws_key *out);

#endif
