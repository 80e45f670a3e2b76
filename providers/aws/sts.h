/*
 * sts.h - AWS's Security Token Service: roles, and who we are.
 *
 * The endpoint is the session's, or the region's own.
 */
#ifndef PROVIDERS_AWS_STS_H
#define PROVIDERS_AWS_STS_H

#include "providers/rest/rest.h"

/* Credentials, and where they came from in words: "the environment". */
struct aws_key {
	const char *id, *secret, *token; /* token NULL: none */
	int64_t expires_ms;              /* since 1970-01-01 UTC; 0: never */
	bool renewable;                  /* whoever gave them gives others when they end */
	const char *from;
};

/* Who asks AWS, and where the answer goes. */
struct asker {
	const struct rest_session *s;
	const struct kit_call *c;
	struct arena *a; /* of texts of the answer */
	struct fault *f;
};

struct sts_role {
	const char *arn;
	const char *session_name, *external_id; /* NULL: ours, none */
	int64_t duration_s;                     /* 0: as STS likes */
	const char *token_file; /* of a web identity, instead of credentials; NULL */
};

/* by: NULL for a web identity.  0, or -1 with a fault. */
int sts_assume(const struct asker *w, const struct aws_key *by, const struct sts_role *role,
	       struct aws_key *out);
/* The account of the session's credentials, twelve digits. */
int sts_account(const struct asker *w, const char **out);

#endif
