/* credentials_metadata.c - credentials of containers (ECS, EKS) and instances (EC2). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "providers/aws/credentials_parts.h"

#define CONTAINER_HOST "http://169.254.170.2"
#define INSTANCE_HOST "http://169.254.169.254"
#define NAMED_HOST "AWS_EC2_METADATA_SERVICE_ENDPOINT"
#define INSTANCE_HOST_IPV6 "http://[fd00:ec2::254]"
/* It is next door, or not there at all; one that the environment names is there. */
#define CONNECT_MS 1000
#define CONNECT_NAMED_MS 5000
#define TIMEOUT_MS 5000
#define TOKEN_LEN_MAX ((size_t)64 << 10)

struct metadata {
	struct search *s;
	struct http_client *http;
	struct http_answer answer;
};

/* These services are on this machine: no proxy is between. */
static struct metadata open_client(struct search *s, int64_t connect_ms)
{
	struct http_settings settings = {
		.proxy = "", .user_agent = "hadeploy/" HADEPLOY_VERSION, .connect_ms = connect_ms};

	return (struct metadata){.s = s, .http = http_client_new(&settings)};
}

static int stopped(void *context)
{
	return kit_cancelled(context);
}

/* True when an answer came, whatever its status. */
static bool ask(struct metadata *m, const char *method, const char *url,
		const struct http_header *header)
{
	struct kit_call call = *m->s->call;
	struct http_request r = {
		.method = method,
		.url = url,
		.headers = header,
		.header_count = header ? 1 : 0,
		.has_body = strcmp(method, "PUT") == 0,
		.timeout_ms = TIMEOUT_MS,
		.stop = stopped,
		.context = &call,
	};

	http_send(m->http, m->s->a, &r, &m->answer);
	return m->answer.result == HTTP_ANSWERED;
}

static const char *body_text(const struct metadata *m)
{
	return arena_text(m->s->a, text_trim(m->answer.body));
}

/* An address that answers, but not with credentials. */
static enum found refuse(const struct metadata *m, const char *what, const char *url)
{
	struct fault *f = m->s->f;
	const char *why =
		m->answer.result == HTTP_ANSWERED
			? arena_printf(m->s->a, "answered with status %d", m->answer.status)
			: m->answer.why;
	bool passing = m->answer.result != HTTP_ANSWERED || m->answer.status >= 500 ||
		       m->answer.status == 429;

	fault_set(f, passing ? HD_RETRY : HD_FATAL, DIAG_AWS_METADATA,
		  "%s gives no AWS credentials", what);
	fault_detail(f, "%s: %s", url, why);
	fault_hint(f, "see to the role of this machine or container, or give other credentials: "
		      "docs/aws.md");
	return FOUND_FAULT;
}

static enum found refuse_content(const struct metadata *m, const char *what, const char *url,
				 const char *why)
{
	fault_set(m->s->f, HD_FATAL, DIAG_AWS_METADATA, "%s gives no AWS credentials", what);
	fault_detail(m->s->f, "%s: %s", url, why);
	fault_hint(m->s->f, "see to the role of this machine or container, or give other "
			    "credentials: docs/aws.md");
	return FOUND_FAULT;
}

static enum found read_answer(const struct metadata *m, const char *what, const char *url,
			      struct aws_key *out)
{
	json_t *j = json_parse(m->answer.body, NULL, NULL);
	const char *code = json_str(j, "Code", "Success");
	enum found found = FOUND_KEY;

	if (strcmp(code, "Success") != 0)
		found = refuse_content(m, what, url, arena_printf(m->s->a, "it says '%s'", code));
	else if (!aws_key_read(m->s->a, j, out))
		found = refuse_content(m, what, url, "its answer has no credentials in it");
	else
		out->from = arena_printf(m->s->a, "%s (%s)", what, url);
	json_decref(j);
	return found;
}

/* --- containers --------------------------------------------------------------------------- */

static bool is_loopback(struct text host)
{
	for (size_t i = 0; i < host.len; i++) {
		if (host.ptr[i] != '.' && (host.ptr[i] < '0' || host.ptr[i] > '9'))
			return false;
	}
	return text_starts(host, "127.");
}

/* Where a token may go in clear: this machine, and the addresses of ECS and EKS. */
static bool is_near(struct arena *a, const char *url)
{
	static const char *const near[] = {"localhost", "[::1]", "169.254.170.2", "169.254.170.23",
					   "[fd00:ec2::23]"};
	const char *host = http_host_of(a, url);
	const char *port = host ? strrchr(host, ':') : NULL;
	struct text name = text_of(host);

	if (port && !strchr(port, ']'))
		name.len = (size_t)(port - host);
	for (size_t i = 0; i < ARRAY_LEN(near); i++) {
		if (text_is(name, near[i]))
			return true;
	}
	return is_loopback(name);
}

/* 0, and *out NULL when there is none. */
static int container_token(struct search *s, const char **out)
{
	const char *path = search_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	struct str bytes = STR_INIT;

	*out = search_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	if (path) {
		if (file_read(path, TOKEN_LEN_MAX, &bytes)) {
			fault_set(s->f, HD_FATAL, DIAG_AWS_FILE, "'%s' cannot be read", path);
			fault_detail(s->f, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names it.");
			fault_hint(s->f, "see that it is there and may be read");
			return -1;
		}
		*out = arena_text(s->a, text_trim(str_text(&bytes)));
		str_release(&bytes);
	}
	if (!*out || !strpbrk(*out, "\r\n"))
		return 0;
	fault_set(s->f, HD_FATAL, DIAG_AWS_METADATA, "the container's token cannot be sent");
	fault_detail(s->f, "There are line ends in what %s gives.",
		     path ? path : "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	fault_hint(s->f, "give it in one line");
	return -1;
}

static enum found ask_container(struct search *s, const char *url, struct aws_key *out)
{
	const char *what = "the container's credentials service", *token;
	struct http_header header = {"Authorization", NULL};
	struct metadata m;
	enum found found;

	if (container_token(s, &token))
		return FOUND_FAULT;
	header.value = token;
	m = open_client(s, CONNECT_NAMED_MS);
	if (!ask(&m, "GET", url, token ? &header : NULL) || m.answer.status != 200)
		found = refuse(&m, what, url);
	else
		found = read_answer(&m, what, url, out);
	http_client_free(m.http);
	return found;
}

static enum found untrusted(const struct search *s, const char *variable, const char *hint)
{
	fault_set(s->f, HD_FATAL, DIAG_AWS_METADATA, "%s cannot be trusted", variable);
	fault_hint(s->f, "%s", hint);
	return FOUND_FAULT;
}

enum found credentials_container(struct search *s, struct aws_key *out)
{
	const char *relative = search_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = search_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"), *host;

	/* Else what follows could make another host of it. */
	if (relative && *relative != '/')
		return untrusted(s, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
				 "it is a path and begins with '/'");
	if (relative)
		return ask_container(s, arena_printf(s->a, CONTAINER_HOST "%s", relative), out);
	if (!full) {
		search_note(s, "container: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
			       "AWS_CONTAINER_CREDENTIALS_FULL_URI is set");
		return FOUND_NOTHING;
	}
	if (strncmp(full, "https://", strlen("https://")) == 0 || is_near(s->a, full))
		return ask_container(s, full, out);
	untrusted(s, "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		  "use https, or an address of loopback, ECS or EKS");
	host = http_host_of(s->a, full);
	fault_detail(s->f, "Its host (%s) is reached by neither https nor within this machine.",
		     host ? host : "with a user's name");
	return FOUND_FAULT;
}

/* --- instances ---------------------------------------------------------------------------- */

static const char *instance_host(struct arena *a)
{
	const char *given = search_variable(NAMED_HOST);
	const char *mode = search_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
	struct text t = text_of(given);

	if (!given)
		return mode && strcasecmp(mode, "ipv6") == 0 ? INSTANCE_HOST_IPV6 : INSTANCE_HOST;
	while (text_ends(t, "/"))
		t.len--;
	return arena_text(a, t);
}

#define ROLES "/latest/meta-data/iam/security-credentials/"

static enum found ask_role(struct metadata *m, const char *host, struct aws_key *out)
{
	const char *what = "the instance's metadata service";
	struct arena *a = m->s->a;
	struct http_header token = {"X-aws-ec2-metadata-token", body_text(m)};
	const char *url = arena_printf(a, "%s" ROLES, host), *role;
	struct str name = STR_INIT;

	if (!ask(m, "GET", url, &token) || (m->answer.status != 200 && m->answer.status != 404))
		return refuse(m, what, url);
	role = body_text(m);
	if (m->answer.status == 404 || !*role) {
		search_note(m->s, "instance metadata: %s knows no role of this instance", host);
		return FOUND_NOTHING;
	}
	http_encode(&name, text_of(arena_strndup(a, role, strcspn(role, "\r\n"))), "");
	url = arena_printf(a, "%s%s", url, str_cstr(&name));
	str_release(&name);
	if (!ask(m, "GET", url, &token) || m->answer.status != 200)
		return refuse(m, what, url);
	return read_answer(m, what, url, out);
}

enum found credentials_instance(struct search *s, struct aws_key *out)
{
	static const struct http_header ttl = {"X-aws-ec2-metadata-token-ttl-seconds", "21600"};
	const char *disabled = search_variable("AWS_EC2_METADATA_DISABLED");
	const char *host = instance_host(s->a);
	enum found found = FOUND_NOTHING;
	struct metadata m;

	if (disabled && strcasecmp(disabled, "true") == 0) {
		search_note(s, "instance metadata: AWS_EC2_METADATA_DISABLED is set");
		return FOUND_NOTHING;
	}
	m = open_client(s, search_variable(NAMED_HOST) ? CONNECT_NAMED_MS : CONNECT_MS);
	if (!ask(&m, "PUT", arena_printf(s->a, "%s/latest/api/token", host), &ttl))
		search_note(s, "instance metadata: %s: %s", host, m.answer.why);
	else if (m.answer.status != 200 || strpbrk(body_text(&m), "\r\n"))
		search_note(s, "instance metadata: %s gives no token: status %d", host,
			    m.answer.status);
	else
		found = ask_role(&m, host, out);
	http_client_free(m.http);
	return found;
}
