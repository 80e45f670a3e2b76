/* resolve.c - scanning dynamic references. */
#include "templates/resolve.h"

#include <string.h>

/* CloudFormation's bounds, in bytes. */
#define PARAMETER_NAME_LEN 2048
#define SECRET_NAME_LEN 2048
#define VARIABLE_LEN 1024 /* a longer "${...}" is none: keeps the scan linear */
#define SHOWN_LEN 64      /* of a name that is too long */
#define ARN_FIELDS 7      /* arn:partition:service:region:account:secret:name */

typedef void parse_fn(struct resolve_piece *p, struct text rest, bool part);

static parse_fn parse_plain, parse_parameter, parse_secret;

static const struct {
	const char *name;
	parse_fn *parse;
	const char *form;
	bool local, secure;
} services[] = {
	[SERVICE_ENV] = {"env", parse_plain, "write {{resolve:env:NAME}}", true, false},
	[SERVICE_FILE] = {"file", parse_plain, "write {{resolve:file:PATH}}", true, false},
	[SERVICE_SSM] = {"ssm", parse_parameter,
			 "write {{resolve:ssm:NAME}} or {{resolve:ssm:NAME:VERSION}}", false,
			 false},
	[SERVICE_SSM_SECURE] = {"ssm-secure", parse_parameter,
				"write {{resolve:ssm-secure:NAME}} or "
				"{{resolve:ssm-secure:NAME:VERSION}}",
				false, true},
	[SERVICE_SECRETSMANAGER] = {"secretsmanager", parse_secret,
				    "write {{resolve:secretsmanager:SECRET}} or "
				    "{{resolve:secretsmanager:SECRET:SecretString:KEY:STAGE:ID}}",
				    false, true},
};

static const char *const any_form =
	"the services are env, file, ssm, ssm-secure and secretsmanager: {{resolve:env:NAME}}";

const char *resolve_service_name(enum resolve_service s)
{
	return services[s].name;
}

bool resolve_is_secure(enum resolve_service s)
{
	return services[s].secure;
}

bool resolve_is_local(enum resolve_service s)
{
	return services[s].local;
}

static struct text sub_text(struct text t, size_t from, size_t to)
{
	return (struct text){t.ptr + from, to - from};
}

static struct text nothing_of(struct text t)
{
	return (struct text){t.ptr, 0};
}

/* The offset of the word, t.len when it is not there. */
static size_t find(struct text t, size_t from, const char *word)
{
	const char *at =
		from < t.len ? memmem(t.ptr + from, t.len - from, word, strlen(word)) : NULL;

	return at ? (size_t)(at - t.ptr) : t.len;
}

bool resolve_occurs(struct text t)
{
	return t.len && memchr(t.ptr, '{', t.len) && find(t, 0, RESOLVE_OPEN) < t.len;
}

/* The length of "${Name}" at the offset, else 0. */
static size_t variable_len(struct text t, size_t at)
{
	size_t most = t.len - at < VARIABLE_LEN ? t.len - at : VARIABLE_LEN;
	const char *close;

	if (most < 3 || (t.ptr[at] != '$' && t.ptr[at] != '&') || t.ptr[at + 1] != '{')
		return 0;
	close = memchr(t.ptr + at, '}', most);
	return close ? (size_t)(close - t.ptr) + 1 - at : 0;
}

static bool has_variable(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (variable_len(t, i))
			return true;
	}
	return false;
}

/* --- one reference --------------------------------------------------------------- */

static void fault(struct resolve_piece *p, const char *problem, struct text culprit)
{
	if (p->kind == RESOLVE_BAD)
		return;
	p->kind = RESOLVE_BAD;
	p->code = DIAG_RESOLVE_SYNTAX;
	p->problem = problem;
	p->culprit = culprit;
}

static bool has_blank(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (strchr(" \t\r\n", t.ptr[i]))
			return true;
	}
	return false;
}

static bool is_number(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] < '0' || t.ptr[i] > '9')
			return false;
	}
	return t.len > 0;
}

static void check_name(struct resolve_piece *p)
{
	if (!p->ref.name.len)
		fault(p, "does not say what to resolve", p->text);
	else if (has_blank(p->ref.name))
		fault(p, "has a blank in it", p->ref.name);
}

/* A path may have colons and blanks; what a variable may be called is its resolver's. */
static void parse_plain(struct resolve_piece *p, struct text rest, bool part)
{
	(void)part;
	p->ref.name = rest;
	if (!rest.len)
		check_name(p);
}

/* "arn:aws:ssm:region:account:parameter/name" is a name with colons. */
static void parse_parameter(struct resolve_piece *p, struct text rest, bool part)
{
	const char *colon = memrchr(rest.ptr, ':', rest.len);
	bool arn = text_starts(rest, "arn:");
	size_t cut = colon ? (size_t)(colon - rest.ptr) : rest.len;

	if (arn && colon && !is_number(sub_text(rest, cut + 1, rest.len)))
		cut = rest.len;
	p->ref.name = sub_text(rest, 0, cut);
	if (cut < rest.len)
		p->ref.version = sub_text(rest, cut + 1, rest.len);
	check_name(p);
	if (part && has_variable(rest))
		return;
	if (cut < rest.len && !is_number(p->ref.version))
		fault(p, "is no version: a version is a number", p->ref.version);
	else if (!arn && memchr(p->ref.name.ptr, ':', p->ref.name.len))
		fault(p, "cannot be the name of a parameter: it has a ':'", p->ref.name);
	else if (p->ref.name.len > PARAMETER_NAME_LEN)
		fault(p, "... is too long for a name", sub_text(p->ref.name, 0, SHOWN_LEN));
}

/* The next field up to a colon that is not inside of "${...}"; moves *at behind it. */
static struct text next_field(struct text t, size_t *at)
{
	size_t start = *at, end = start;

	while (end < t.len && t.ptr[end] != ':') {
		size_t len = variable_len(t, end);

		end += len ? len : 1;
	}
	*at = end < t.len ? end + 1 : t.len + 1;
	return sub_text(t, start, end);
}

static struct text secret_name(struct text rest, size_t *at)
{
	size_t fields = text_starts(rest, "arn:") ? ARN_FIELDS : 1;

	for (size_t i = 0; i < fields && *at <= rest.len; i++)
		next_field(rest, at);
	return sub_text(rest, 0, *at > rest.len ? rest.len : *at - 1);
}

static void parse_secret(struct resolve_piece *p, struct text rest, bool part)
{
	struct resolve_reference *r = &p->ref;
	struct text kind = nothing_of(rest);
	struct text *const fields[] = {&kind, &r->key, &r->stage, &r->version_id};
	size_t at = 0;

	r->name = secret_name(rest, &at);
	check_name(p);
	for (size_t i = 0; i < ARRAY_LEN(fields) && at <= rest.len; i++)
		*fields[i] = next_field(rest, &at);
	if (part && has_variable(rest))
		return;
	if (at <= rest.len)
		fault(p, "has more fields than there are", r->body);
	else if (kind.len && !text_is(kind, "SecretString"))
		fault(p, "stands where 'SecretString' is expected", kind);
	else if (r->stage.len && r->version_id.len)
		fault(p, "has a version stage and a version id, and takes one of them", r->body);
	else if (r->name.len > SECRET_NAME_LEN)
		fault(p, "... is too long for a name", sub_text(r->name, 0, SHOWN_LEN));
}

static void parse_body(struct resolve_piece *p, bool part)
{
	struct text body = p->ref.body;
	const char *colon = memchr(body.ptr, ':', body.len);
	size_t len = colon ? (size_t)(colon - body.ptr) : body.len;
	struct text service = sub_text(body, 0, len);
	struct text rest = colon ? sub_text(body, len + 1, body.len) : sub_text(body, len, len);

	if (part && has_variable(service))
		return;
	p->hint = any_form;
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		if (!text_is(service, services[i].name))
			continue;
		p->ref.service = (enum resolve_service)i;
		p->hint = services[i].form;
		services[i].parse(p, rest, part);
		return;
	}
	fault(p, "is no service that references are resolved by", service);
	p->code = DIAG_RESOLVE_SERVICE;
}

/* --- the scan -------------------------------------------------------------------- */

struct resolve_scan resolve_start(struct text t, enum resolve_written written)
{
	return (struct resolve_scan){t, 0, written};
}

/* The offset of the first "}}" before `end`, the whole length when there is none; variables
 * have braces of their own. */
static size_t find_close(const struct resolve_scan *s, size_t at, size_t end)
{
	struct text t = {s->all.ptr, end};

	while (at + 1 < t.len) {
		size_t len = s->written == RESOLVE_PART ? variable_len(t, at) : 0;

		if (!len && t.ptr[at] == '}' && t.ptr[at + 1] == '}')
			return at;
		at += len ? len : 1;
	}
	return s->all.len;
}

/* Nothing closes the reference before `next`. */
static void leave_open(struct resolve_scan *s, struct resolve_piece *p, size_t next)
{
	p->text = sub_text(s->all, s->offset, next);
	s->offset = next;
	if (next < s->all.len)
		fault(p, "has another reference begin inside of it", p->text);
	else if (s->written == RESOLVE_PART)
		p->kind = RESOLVE_TEXT;
	else
		fault(p, "has no '}}' at its end", text_of(RESOLVE_OPEN));
}

static void take_reference(struct resolve_scan *s, struct resolve_piece *p)
{
	size_t open = s->offset, body = open + strlen(RESOLVE_OPEN);
	size_t next = find(s->all, body, RESOLVE_OPEN), close = find_close(s, body, next);

	p->kind = RESOLVE_REFERENCE;
	p->hint = any_form;
	if (close == s->all.len) {
		leave_open(s, p, next);
		return;
	}
	p->text = sub_text(s->all, open, close + strlen(RESOLVE_CLOSE));
	p->ref.body = sub_text(s->all, body, close);
	s->offset = open + p->text.len;
	parse_body(p, s->written == RESOLVE_PART);
}

bool resolve_next(struct resolve_scan *s, struct resolve_piece *piece)
{
	size_t at = find(s->all, s->offset, RESOLVE_OPEN);
	struct text none = {s->all.ptr, 0};

	if (s->offset >= s->all.len)
		return false;
	*piece = (struct resolve_piece){.offset = s->offset, .culprit = none};
	piece->ref = (struct resolve_reference){.body = none,
						.name = none,
						.version = none,
						.key = none,
						.stage = none,
						.version_id = none};
	if (at == s->offset) {
		take_reference(s, piece);
		return true;
	}
	piece->text = sub_text(s->all, s->offset, at);
	s->offset = at;
	return true;
}

/* --- where, and what is said ------------------------------------------------------ */

static const struct {
	const char *type, *pointer;
} secure_properties[] = {
	{"AWS::DirectoryService::MicrosoftAD", "/Password"},
	{"AWS::DirectoryService::SimpleAD", "/Password"},
	{"AWS::ElastiCache::ReplicationGroup", "/AuthToken"},
	{"AWS::IAM::User", "/LoginProfile/Password"},
	{"AWS::KinesisFirehose::DeliveryStream", "/RedshiftDestinationConfiguration/Password"},
	{"AWS::OpsWorks::App", "/AppSource/Password"},
	{"AWS::OpsWorks::Stack", "/CustomCookbooksSource/Password"},
	{"AWS::OpsWorks::Stack", "/RdsDbInstances/*/DbPassword"},
	{"AWS::RDS::DBCluster", "/MasterUserPassword"},
	{"AWS::RDS::DBInstance", "/MasterUserPassword"},
	{"AWS::Redshift::Cluster", "/MasterUserPassword"},
};

bool resolve_secure_allowed(struct text type, struct text pointer)
{
	for (size_t i = 0; i < ARRAY_LEN(secure_properties); i++) {
		if (text_is(type, secure_properties[i].type) &&
		    text_glob(text_of(secure_properties[i].pointer), pointer))
			return true;
	}
	return false;
}

static void suggest_service(struct diags *d, struct diag *g, struct text word)
{
	const char *names[ARRAY_LEN(services)];

	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		names[i] = services[i].name;
	diag_did_you_mean(d, g, word, names, ARRAY_LEN(names));
}

void resolve_report(struct range where, const struct resolve_piece *piece, enum resolve_shown shown,
		    struct diags *d)
{
	struct diag *g;

	if (shown == RESOLVE_HIDDEN)
		g = diag_add(d, piece->code, where, "a dynamic reference in a secret is malformed");
	else
		g = diag_add(d, piece->code, where, "'%.*s' %s", TEXT_ARG(piece->culprit),
			     piece->problem);
	if (piece->code == DIAG_RESOLVE_SERVICE && shown == RESOLVE_SHOWN)
		suggest_service(d, g, piece->culprit);
	if (!g->hint && piece->hint)
		diag_hint(d, g, "%s", piece->hint);
}
