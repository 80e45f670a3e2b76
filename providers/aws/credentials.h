/*
 * credentials.h - AWS credentials of one session: where they are looked for, and when again.
 *
 * credentials_new, then credentials_get from any thread and as often as one likes, credentials_free
 * when no call is out.  Nothing is looked for before the first credentials_get.
 *
 * In the order of AWS's clients, the first that has some:
 *
 *	settings      AccessKeyId, SecretAccessKey, SessionToken of the entry
 *	profile       Profile of the entry: that one, and nothing else is looked at
 *	environment   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
 *	web identity  AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN
 *	files         the profile AWS_PROFILE, or "default", of the credentials and config files
 *	container     AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI
 *	instance      the metadata service of EC2, version 2
 *
 * and with RoleArn in the entry, the role they may assume.  Credentials that end are looked for
 * again before they do: by one thread, while the others use the old ones, or wait when those have
 * ended.
 *
 *	credentials.c        the cache, and who looks
 *	credentials_chain.c  the order; settings and environment
 *	credentials_profile.c, profiles.c   profiles, and the files they stand in
 *	credentials_metadata.c              containers and instances
 *	sts.c                roles
 */
#ifndef PROVIDERS_AWS_CREDENTIALS_H
#define PROVIDERS_AWS_CREDENTIALS_H

#include "providers/rest/rest.h"

/* What an entry says of credentials; NULL: nothing. */
struct aws_settings {
	const char *id, *secret, *token, *profile;
	const char *role_arn, *external_id, *session_name;
	int64_t duration_s; /* 0: as STS likes */
	const char *account_id;
};

/* Their names, NULL at the end. */
extern const char *const aws_setting_names[];
/* Texts in the arena.  0, or -1 with a fault that names the key. */
int aws_settings_read(struct arena *a, const json_t *config, struct aws_settings *out,
		      struct fault *f);

struct credentials;

/* Both are borrowed and must outlive it. */
struct credentials *credentials_new(const struct rest_session *s,
				    const struct aws_settings *settings);
void credentials_free(struct credentials *c); /* accepts NULL */
/* As credentials_fn of rest/auth.h. */
int credentials_get(struct credentials *c, const struct kit_call *call, struct arena *a,
		    struct sigv4_key *out, struct fault *f);
/* A service has refused them, or what they may do: says in the detail where they are from.  Those
 * that can be had anew are forgotten, and the fault becomes HD_RETRY. */
void credentials_refused(struct credentials *c, struct fault *f);

#endif
