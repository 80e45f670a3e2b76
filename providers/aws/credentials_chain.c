/* credentials_chain.c - in which order credentials are looked for; settings and environment. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "providers/aws/ask.h"
#include "providers/aws/credentials_parts.h"

static source_fn *const chain[] = {
	credentials_environment, credentials_web_identity, credentials_profile,
	credentials_container,   credentials_instance,
};

void search_note(struct search *s, const char *fmt, ...)
{
	va_list ap;

	if (s->looked.len)
		str_add_char(&s->looked, '\n');
	va_start(ap, fmt);
	str_vprintf(&s->looked, fmt, ap);
	va_end(ap);
}

const char *search_variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

enum found search_role(struct search *s, const struct aws_key *by, const struct sts_role *role,
		       struct aws_key *out)
{
	const struct asker w = {s->session, s->call, s->a, s->f};

	return sts_assume(&w, by, role, out) ? FOUND_FAULT : FOUND_KEY;
}

/* --- keys ------------------------------------------------------------------------------- */

int64_t aws_time_ms(const char *text)
{
	struct tm tm = {0};
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	if (!rest || (*rest != 'Z' && *rest != '.' && strcmp(rest, "+00:00") != 0))
		return -1;
	return (int64_t)timegm(&tm) * 1000;
}

static const char *member(struct arena *a, const json_t *j, const char *name)
{
	const char *text = json_str(j, name, NULL);

	return text && *text ? arena_strdup(a, text) : NULL;
}

bool aws_key_read(struct arena *a, const json_t *j, struct aws_key *out)
{
	const char *end = json_str(j, "Expiration", NULL);

	*out = (struct aws_key){
		.id = member(a, j, "AccessKeyId"),
		.secret = member(a, j, "SecretAccessKey"),
		.token = member(a, j, "Token"),
		.expires_ms = end ? aws_time_ms(end) : 0,
	};
	out->renewable = out->expires_ms > 0;
	if (!out->token)
		out->token = member(a, j, "SessionToken");
	return out->id && out->secret && out->expires_ms >= 0;
}

/* --- environment ------------------------------------------------------------------------ */

static enum found environment_half(struct search *s, const char *there, const char *missing)
{
	fault_set(s->f, HD_FATAL, DIAG_AWS_CREDENTIALS, "AWS credentials are incomplete");
	fault_detail(s->f, "%s is set in the environment, and %s is not.", there, missing);
	fault_hint(s->f, "set both, or none");
	return FOUND_FAULT;
}

enum found credentials_environment(struct search *s, struct aws_key *out)
{
	const char *id = search_variable("AWS_ACCESS_KEY_ID");
	const char *secret = search_variable("AWS_SECRET_ACCESS_KEY");
	const char *token = search_variable("AWS_SESSION_TOKEN");
	const char *end = search_variable("AWS_CREDENTIAL_EXPIRATION");

	if (!id && !secret) {
		search_note(s, "environment: AWS_ACCESS_KEY_ID is not set");
		return FOUND_NOTHING;
	}
	if (!id || !secret)
		return environment_half(s, id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
					id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
	*out = (struct aws_key){
		.id = arena_strdup(s->a, id),
		.secret = arena_strdup(s->a, secret),
		.token = token ? arena_strdup(s->a, token) : NULL,
		.from = "the environment (AWS_ACCESS_KEY_ID)",
	};
	if (end && aws_time_ms(end) > 0)
		out->expires_ms = aws_time_ms(end);
	return FOUND_KEY;
}

enum found credentials_web_identity(struct search *s, struct aws_key *out)
{
	struct sts_role role = {
		.arn = search_variable("AWS_ROLE_ARN"),
		.session_name = search_variable("AWS_ROLE_SESSION_NAME"),
		.token_file = search_variable("AWS_WEB_IDENTITY_TOKEN_FILE"),
	};

	if (!role.token_file) {
		search_note(s, "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set");
		return FOUND_NOTHING;
	}
	if (!role.arn)
		return environment_half(s, "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN");
	return search_role(s, NULL, &role, out);
}

/* --- the chain -------------------------------------------------------------------------- */

static enum found none_found(struct search *s)
{
	fault_set(s->f, HD_FATAL, DIAG_AWS_CREDENTIALS, "no AWS credentials were found");
	fault_detail(s->f, "%s", str_cstr(&s->looked));
	fault_hint(s->f, "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; "
			 "docs/aws.md has all the ways");
	return FOUND_FAULT;
}

static enum found walk_chain(struct search *s, struct aws_key *out)
{
	enum found found = FOUND_NOTHING;

	search_note(s, "settings: the entry has neither AccessKeyId nor Profile");
	for (size_t i = 0; i < ARRAY_LEN(chain) && found == FOUND_NOTHING; i++)
		found = chain[i](s, out);
	return found == FOUND_NOTHING ? none_found(s) : found;
}

static enum found find_base(struct search *s, struct aws_key *out)
{
	const struct aws_settings *from = s->settings;

	if (from->profile)
		return credentials_named_profile(s, from->profile, out);
	if (!from->id)
		return walk_chain(s, out);
	*out = (struct aws_key){.id = from->id,
				.secret = from->secret,
				.token = from->token,
				.from = "the settings of the entry (AccessKeyId)"};
	return FOUND_KEY;
}

static enum found refuse_expired(struct search *s, const struct aws_key *key)
{
	fault_set(s->f, HD_FATAL, DIAG_AWS_EXPIRED, "the AWS credentials have expired");
	fault_detail(s->f, "They are from %s.", key->from);
	fault_hint(s->f, "get new ones, and run it again; or set the clock when it is wrong");
	return FOUND_FAULT;
}

enum found credentials_search(struct search *s, struct aws_key *out)
{
	const struct aws_settings *from = s->settings;
	struct sts_role role = {.arn = from->role_arn,
				.session_name = from->session_name,
				.external_id = from->external_id,
				.duration_s = from->duration_s};
	enum found found = find_base(s, out);
	struct aws_key base = *out;

	if (found != FOUND_KEY)
		return found;
	if (base.expires_ms && base.expires_ms <= aws_wall_ms(s->call))
		return refuse_expired(s, &base);
	if (!role.arn)
		return FOUND_KEY;
	return search_role(s, &base, &role, out);
}

/* --- settings --------------------------------------------------------------------------- */

const char *const aws_setting_names[] = {
	"AccessKeyId", "SecretAccessKey", "SessionToken",    "Profile",   "RoleArn",
	"ExternalId",  "RoleSessionName", "DurationSeconds", "AccountId", NULL,
};

static int refuse_setting(struct fault *f, const char *name, const char *why)
{
	fault_set(f, HD_FATAL, DIAG_AWS_SETTING, "setting '%s' cannot be used", name);
	fault_detail(f, "%s", why);
	fault_hint(f, "docs/aws.md has the settings of the entry");
	return -1;
}

static int read_text(struct arena *a, const json_t *config, const char *name, const char **out,
		     struct fault *f)
{
	const json_t *value = json_object_get(config, name);
	const char *text = json_string_value(value);

	if (!value || json_is_null(value))
		return 0;
	if (json_is_integer(value))
		text = arena_printf(a, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (!text || !*text || strpbrk(text, "\r\n"))
		return refuse_setting(f, name, "It is a text of one line.");
	*out = arena_strdup(a, text);
	return 0;
}

static int read_texts(struct arena *a, const json_t *config, struct aws_settings *out,
		      struct fault *f)
{
	const struct {
		const char *name, **to;
	} texts[] = {
		{"AccessKeyId", &out->id},       {"SecretAccessKey", &out->secret},
		{"SessionToken", &out->token},   {"Profile", &out->profile},
		{"RoleArn", &out->role_arn},     {"ExternalId", &out->external_id},
		{"AccountId", &out->account_id}, {"RoleSessionName", &out->session_name},
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (read_text(a, config, texts[i].name, texts[i].to, f))
			return -1;
	}
	return 0;
}

static bool is_account(const char *text)
{
	return strlen(text) == 12 && strspn(text, "0123456789") == 12;
}

static int check_settings(const struct aws_settings *s, struct fault *f)
{
	if (!s->id != !s->secret)
		return refuse_setting(f, s->id ? "AccessKeyId" : "SecretAccessKey",
				      "AccessKeyId and SecretAccessKey belong together.");
	if (s->token && !s->id)
		return refuse_setting(f, "SessionToken", "It belongs to an AccessKeyId.");
	if (s->profile && s->id)
		return refuse_setting(f, "Profile", "There is an AccessKeyId too.");
	if (s->role_arn && strncmp(s->role_arn, "arn:", 4) != 0)
		return refuse_setting(f, "RoleArn",
				      "It begins with 'arn:', as in "
				      "'arn:aws:iam::123456789012:role/deploy'.");
	if (!s->role_arn && (s->external_id || s->session_name || s->duration_s))
		return refuse_setting(f,
				      s->external_id    ? "ExternalId"
				      : s->session_name ? "RoleSessionName"
							: "DurationSeconds",
				      "It belongs to a RoleArn.");
	if (s->account_id && !is_account(s->account_id))
		return refuse_setting(f, "AccountId",
				      "It has twelve digits; in quotes when it begins with 0.");
	return 0;
}

int aws_settings_read(struct arena *a, const json_t *config, struct aws_settings *out,
		      struct fault *f)
{
	const char *seconds = NULL;

	*out = (struct aws_settings){0};
	if (read_texts(a, config, out, f) || read_text(a, config, "DurationSeconds", &seconds, f))
		return -1;
	if (seconds && !text_to_int64(text_of(seconds), 900, 43200, &out->duration_s))
		return refuse_setting(f, "DurationSeconds", "It is a number from 900 to 43200.");
	return check_settings(out, f);
}
