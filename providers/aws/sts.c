#include "providers/aws/sts.h"

#include <string.h>

#include "base/file.h"
#include "providers/aws/ask.h"
#include "providers/aws/credentials_parts.h"

#define TOKEN_LEN_MAX ((size_t)64 << 10)
#define SESSION_NAME "hadeploy"

static const struct aws_service sts = {
	.name = "sts", .protocol = PROTOCOL_QUERY, .api_version = "2011-06-15"};

/* Whose credentials were not enough, and for what. */
static void say_who(const struct sts_role *role, const char *from, struct fault *f)
{
	if (f->status != HD_FATAL)
		return;
	fault_detail(f, "The role to assume is %s, the credentials for it are from %s.", role->arn,
		     from);
	if (f->code == DIAG_REST_DENIED)
		fault_hint(f, "see that the role's trust policy names those who ask, with the "
			      "ExternalId if it wants one, and that they may sts:AssumeRole");
}

static int read_token(struct arena *a, const char *path, const char **out, struct fault *f)
{
	struct str bytes = STR_INIT;

	if (file_read(path, TOKEN_LEN_MAX, &bytes)) {
		fault_set(f, HD_FATAL, DIAG_AWS_FILE, "'%s' cannot be read", path);
		fault_detail(f, "It should have the token of a web identity.");
		fault_hint(f, "see that it is there and may be read");
		return -1;
	}
	*out = arena_text(a, text_trim(str_text(&bytes)));
	str_release(&bytes);
	return 0;
}

static json_t *role_parameters(const struct sts_role *role, const char *token)
{
	json_t *p = json_object();

	json_object_set_new(p, "RoleArn", json_string(role->arn));
	json_object_set_new(p, "RoleSessionName",
			    json_string(role->session_name ? role->session_name : SESSION_NAME));
	if (role->external_id && !token)
		json_object_set_new(p, "ExternalId", json_string(role->external_id));
	if (role->duration_s)
		json_object_set_new(p, "DurationSeconds", json_integer(role->duration_s));
	if (token)
		json_object_set_new(p, "WebIdentityToken", json_string(token));
	return p;
}

static int take_key(const struct asker *w, const struct sts_role *role, const char *from,
		    const json_t *body, struct aws_key *out)
{
	if (!aws_key_read(w->a, json_object_get(body, "Credentials"), out)) {
		fault_set(w->f, HD_FATAL, DIAG_AWS_ASSUME, "STS gave no credentials");
		fault_detail(w->f, "The role is %s; its answer has none in it.", role->arn);
		fault_hint(w->f, "see that Endpoint, or 'sts' of Endpoints, is the address of STS");
		return -1;
	}
	out->from = arena_printf(w->a, "the role %s, assumed with %s", role->arn, from);
	return 0;
}

int sts_assume(const struct asker *w, const struct aws_key *by, const struct sts_role *role,
	       struct aws_key *out)
{
	struct aws_question q = {
		.service = &sts, .action = "AssumeRole", .as = ASK_AS_KEY, .key = by};
	const char *token = NULL, *from;
	json_t *parameters, *body;
	int rc = -1;

	if (role->token_file) {
		if (read_token(w->a, role->token_file, &token, w->f))
			return -1;
		q.action = "AssumeRoleWithWebIdentity";
		q.as = ASK_AS_NOBODY;
	}
	q.parameters = parameters = role_parameters(role, token);
	from = token ? arena_printf(w->a, "the token of %s", role->token_file) : by->from;
	body = aws_ask(w, &q);
	json_decref(parameters);
	if (body)
		rc = take_key(w, role, from, body, out);
	else
		say_who(role, from, w->f);
	json_decref(body);
	return rc;
}

int sts_account(const struct asker *w, const char **out)
{
	struct aws_question q = {.service = &sts, .action = "GetCallerIdentity"};
	json_t *parameters = json_object(), *body;
	const char *account;

	q.parameters = parameters;
	body = aws_ask(w, &q);
	json_decref(parameters);
	if (!body)
		return -1;
	account = json_str(body, "Account", NULL);
	if (account)
		*out = arena_strdup(w->a, account);
	json_decref(body);
	if (account)
		return 0;
	fault_set(w->f, HD_FATAL, DIAG_AWS_ASSUME, "STS did not tell the account");
	fault_hint(w->f, "write AccountId into the entry's settings");
	return -1;
}
