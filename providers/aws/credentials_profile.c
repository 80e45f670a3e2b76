/* credentials_profile.c - what a profile of the shared files gives. */
#include <string.h>

#include "providers/aws/credentials_parts.h"
#include "providers/aws/profiles.h"

/* Profiles that assume roles by way of others. */
#define PROFILE_DEPTH 8

struct profile_walk {
	struct search *s;
	struct profiles *p;
	const char *way[PROFILE_DEPTH]; /* the profiles we came through */
	size_t depth;
};

static enum found resolve(struct profile_walk *w, const char *name, struct aws_key *out);

static const char *value(const struct profile_walk *w, const char *name, const char *key)
{
	return profiles_value(w->p, name, key);
}

static enum found broken(const struct profile_walk *w, const char *name, const char *detail,
			 const char *hint)
{
	fault_set(w->s->f, HD_FATAL, DIAG_AWS_PROFILE, "profile '%s' gives no credentials", name);
	fault_detail(w->s->f, "%s stands in %s.", name, profiles_path(w->p, name));
	fault_detail(w->s->f, "%s", detail);
	fault_hint(w->s->f, "%s", hint);
	return FOUND_FAULT;
}

static enum found absent(const struct profile_walk *w, const char *name)
{
	fault_set(w->s->f, HD_FATAL, DIAG_AWS_PROFILE, "there is no profile '%s'", name);
	for (size_t i = 0; i < PROFILES_FILES; i++)
		fault_detail(w->s->f, "%s %s", w->p->files[i].path,
			     w->p->files[i].exists ? "has none of this name" : "does not exist");
	fault_hint(w->s->f, "check the spelling of Profile, AWS_PROFILE or source_profile; "
			    "`aws configure list-profiles` lists them");
	return FOUND_FAULT;
}

/* --- keys that stand there -------------------------------------------------------------- */

static enum found static_key(const struct profile_walk *w, const char *name, struct aws_key *out)
{
	struct arena *a = w->s->a;

	*out = (struct aws_key){
		.id = value(w, name, "aws_access_key_id"),
		.secret = value(w, name, "aws_secret_access_key"),
		.token = value(w, name, "aws_session_token"),
		.from = arena_printf(a, "profile '%s' of %s", name, profiles_path(w->p, name)),
	};
	if (!out->id || !out->secret)
		return broken(w, name,
			      out->id ? "It has aws_access_key_id and no aws_secret_access_key."
				      : "It has aws_secret_access_key and no aws_access_key_id.",
			      "write both, or none");
	return FOUND_KEY;
}

/* --- roles ------------------------------------------------------------------------------ */

static enum found from_place(const struct profile_walk *w, const char *name, const char *place,
			     struct aws_key *out)
{
	static const struct {
		const char *name;
		source_fn *find;
	} places[] = {
		{"Environment", credentials_environment},
		{"EcsContainer", credentials_container},
		{"Ec2InstanceMetadata", credentials_instance},
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		enum found found;

		if (strcmp(places[i].name, place) != 0)
			continue;
		found = places[i].find(w->s, out);
		if (found != FOUND_NOTHING)
			return found;
		return broken(w, name,
			      arena_printf(w->s->a, "Its credential_source '%s' has none: %s.",
					   place, str_cstr(&w->s->looked)),
			      "see to that source, or name a source_profile");
	}
	return broken(w, name,
		      arena_printf(w->s->a, "Its credential_source '%s' is not known.", place),
		      "it is Environment, Ec2InstanceMetadata or EcsContainer");
}

static enum found from_profile(struct profile_walk *w, const char *name, const char *source,
			       struct aws_key *out)
{
	if (!profiles_path(w->p, source))
		return absent(w, source);
	/* A profile may assume a role with its own keys. */
	if (strcmp(name, source) == 0 && value(w, name, "aws_access_key_id"))
		return static_key(w, name, out);
	return resolve(w, source, out);
}

static enum found base_of(struct profile_walk *w, const char *name, struct aws_key *out)
{
	const char *source = value(w, name, "source_profile");
	const char *place = value(w, name, "credential_source");

	if (!source == !place)
		return broken(w, name,
			      source ? "It has both source_profile and credential_source."
				     : "It has a role_arn and neither source_profile nor "
				       "credential_source.",
			      "say with one of them whose credentials assume the role");
	return source ? from_profile(w, name, source, out) : from_place(w, name, place, out);
}

static int read_duration(const struct profile_walk *w, const char *name, int64_t *out)
{
	const char *text = value(w, name, "duration_seconds");

	if (!text || text_to_int64(text_of(text), 900, 43200, out))
		return 0;
	broken(w, name, "Its duration_seconds is no number from 900 to 43200.", "write such a one");
	return -1;
}

static enum found role_of(struct profile_walk *w, const char *name, struct aws_key *out)
{
	struct sts_role role = {
		.arn = value(w, name, "role_arn"),
		.session_name = value(w, name, "role_session_name"),
		.external_id = value(w, name, "external_id"),
		.token_file = value(w, name, "web_identity_token_file"),
	};
	struct aws_key base = {0};

	if (value(w, name, "mfa_serial"))
		return broken(w, name, "Its role wants a code (mfa_serial), and nobody is asked.",
			      "get a session with `aws sts get-session-token` and use its keys");
	if (read_duration(w, name, &role.duration_s))
		return FOUND_FAULT;
	if (!role.token_file) {
		enum found found = base_of(w, name, &base);

		if (found != FOUND_KEY)
			return found;
	}
	return search_role(w->s, &base, &role, out);
}

/* --- profiles --------------------------------------------------------------------------- */

static enum found in_circle(const struct profile_walk *w, const char *name)
{
	struct str way = STR_INIT;

	for (size_t i = 0; i < w->depth; i++)
		str_printf(&way, "%s, ", w->way[i]);
	str_add(&way, name);
	fault_set(w->s->f, HD_FATAL, DIAG_AWS_PROFILE, "profile '%s' gives no credentials",
		  w->way[0]);
	fault_detail(w->s->f, "source_profile leads in a circle, or through more than %d: %s",
		     PROFILE_DEPTH, str_cstr(&way));
	fault_hint(w->s->f, "let the last of them have keys");
	str_release(&way);
	return FOUND_FAULT;
}

static bool came_through(const struct profile_walk *w, const char *name)
{
	for (size_t i = 0; i < w->depth; i++) {
		if (strcmp(w->way[i], name) == 0)
			return true;
	}
	return w->depth == PROFILE_DEPTH;
}

static enum found resolve(struct profile_walk *w, const char *name, struct aws_key *out)
{
	if (came_through(w, name))
		return in_circle(w, name);
	w->way[w->depth++] = name;
	if (value(w, name, "role_arn"))
		return role_of(w, name, out);
	if (value(w, name, "aws_access_key_id") || value(w, name, "aws_secret_access_key"))
		return static_key(w, name, out);
	if (value(w, name, "credential_process"))
		return broken(w, name, "It has a credential_process, which is not run.",
			      "run it and put what it gives into AWS_ACCESS_KEY_ID, "
			      "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN");
	if (value(w, name, "sso_session") || value(w, name, "sso_start_url"))
		return broken(w, name, "It signs in by SSO, which is not done here.",
			      arena_printf(w->s->a,
					   "eval \"$(aws configure export-credentials "
					   "--profile %s --format env)\" gives what it signs in to",
					   name));
	search_note(w->s, "profile '%s' of %s has no credentials", name, profiles_path(w->p, name));
	return FOUND_NOTHING;
}

static void note_files(struct search *s, const struct profiles *p, const char *name)
{
	for (size_t i = 0; i < PROFILES_FILES; i++) {
		if (p->files[i].exists)
			search_note(s, "%s has no profile '%s'", p->files[i].path, name);
		else
			search_note(s, "%s does not exist", p->files[i].path);
	}
}

/* By a name that somebody gave, or the usual one. */
enum profile_name { PROFILE_GIVEN, PROFILE_USUAL };

static enum found find_profile(struct search *s, const char *name, enum profile_name how,
			       struct aws_key *out)
{
	struct profiles p;
	struct profile_walk w = {.s = s, .p = &p};
	enum found found = FOUND_FAULT;

	if (profiles_read(s->a, &p, s->f) == 0) {
		if (profiles_path(&p, name)) {
			found = resolve(&w, name, out);
		} else if (how == PROFILE_GIVEN) {
			found = absent(&w, name);
		} else {
			note_files(s, &p, name);
			found = FOUND_NOTHING;
		}
		if (found == FOUND_NOTHING && how == PROFILE_GIVEN)
			found = broken(&w, name, "It has neither keys nor a role.",
				       "give it aws_access_key_id and aws_secret_access_key, or "
				       "role_arn");
	}
	profiles_release(&p);
	return found;
}

enum found credentials_named_profile(struct search *s, const char *name, struct aws_key *out)
{
	return find_profile(s, name, PROFILE_GIVEN, out);
}

enum found credentials_profile(struct search *s, struct aws_key *out)
{
	const char *name = search_variable("AWS_PROFILE");

	if (!name)
		name = search_variable("AWS_DEFAULT_PROFILE");
	return name ? find_profile(s, name, PROFILE_GIVEN, out)
		    : find_profile(s, "default", PROFILE_USUAL, out);
}
