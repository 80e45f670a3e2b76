/* protocol.c - requests and decoded answers, by a table with a row per protocol. */
#include "providers/rest/protocol.h"

#include <string.h>
#include <strings.h>

#include "base/vec.h"
#include "providers/kit/query.h"
#include "providers/kit/xml.h"

#define FORM_TYPE "application/x-www-form-urlencoded; charset=utf-8"

struct row {
	enum send_form send;
	const char *json_type; /* of a JSON body */
	bool action;           /* POST with the action's name in the body or in a header */
	bool empty_object;     /* without a body, {} is sent */
	const char *accept;
};

/* JSON 1.0 and 1.1 and the query protocols: Smithy's specifications of AWS's protocols.  Some
 * services answer XML unless JSON is asked for. */
static const struct row rows[] = {
	[PROTOCOL_JSON] = {SEND_JSON, "application/json", false, false, "application/json"},
	[PROTOCOL_REST_JSON] = {SEND_JSON, "application/json", false, false, "application/json"},
	[PROTOCOL_REST_XML] = {SEND_XML, "application/json", false, false, NULL},
	[PROTOCOL_JSON_1_0] = {SEND_JSON, "application/x-amz-json-1.0", true, true, NULL},
	[PROTOCOL_JSON_1_1] = {SEND_JSON, "application/x-amz-json-1.1", true, true, NULL},
	[PROTOCOL_QUERY] = {SEND_FORM, "application/json", true, false, NULL},
	[PROTOCOL_EC2] = {SEND_FORM, "application/json", true, false, NULL},
};
_Static_assert(ARRAY_LEN(rows) == PROTOCOL_COUNT, "a row per protocol");

struct headers {
	VEC_OF(struct http_header)
};

/* A request that is being made. */
struct draft {
	struct arena *arena;
	const struct service *service;
	const struct step *step;
	const json_t *request;
	const struct row *row;
	struct headers headers;
	const char *content_type; /* of the body */
	const char *why;
};

static int refuse(struct draft *d, const char *why)
{
	d->why = why;
	return -1;
}

static bool by_query(const struct draft *d)
{
	return d->service->protocol == PROTOCOL_QUERY || d->service->protocol == PROTOCOL_EC2;
}

static void add_header(struct draft *d, const char *name, const char *value)
{
	*arena_vec_add(d->arena, &d->headers) = (struct http_header){name, value};
}

static bool has_header(const struct draft *d, const char *name)
{
	for (size_t i = 0; i < d->headers.count; i++) {
		if (strcasecmp(d->headers.items[i].name, name) == 0)
			return true;
	}
	return false;
}

static void add_default(struct draft *d, const char *name, const char *value)
{
	if (value && !has_header(d, name))
		add_header(d, name, value);
}

/* URL */

/* The endpoint, and the path behind it with one slash in between. */
static int add_path(struct draft *d, const char *endpoint, struct str *url)
{
	struct text base = text_of(endpoint);
	const char *path = json_str(d->request, "path", "");

	if (strchr(path, '#') || strpbrk(endpoint, "?#"))
		return refuse(d, "the endpoint or the path has a '?' or '#' where none can be");
	while (base.len > 0 && base.ptr[base.len - 1] == '/')
		base.len--;
	str_add_text(url, base);
	if (path[0] != '/' && (path[0] || !strchr(strstr(str_cstr(url), "//") + 2, '/')))
		str_add_char(url, '/');
	str_add(url, path);
	return 0;
}

static int add_query(struct draft *d, struct str *url)
{
	const json_t *query = json_object_get(d->request, "query");
	struct str pairs = STR_INIT;
	int status = 0;

	if (!query || json_is_null(query) || by_query(d))
		return 0;
	if (query_write(query, QUERY_REPEAT, &pairs) != 0)
		status = refuse(d, "the query is no object of texts, numbers and lists of them");
	else if (pairs.len > 0)
		str_printf(url, "%c%s", strchr(str_cstr(url), '?') ? '&' : '?', str_cstr(&pairs));
	str_release(&pairs);
	return status;
}

static int make_url(struct draft *d, const char *endpoint, struct http_request *out)
{
	struct str url = STR_INIT;
	int status;

	if (!http_host_of(d->arena, endpoint))
		return refuse(d, "the endpoint is no http or https URL");
	status = add_path(d, endpoint, &url);
	if (status == 0)
		status = add_query(d, &url);
	if (status == 0)
		out->url = arena_text(d->arena, str_text(&url));
	str_release(&url);
	return status;
}

/* Headers that the step asks for */

static int take_headers(struct draft *d)
{
	json_t *headers = json_object_get(d->request, "headers");
	const char *name;
	json_t *value;

	if (!headers || json_is_null(headers))
		return 0;
	if (!json_is_object(headers))
		return refuse(d, "the headers are no object");
	json_object_foreach(headers, name, value)
	{
		if (json_is_object(value) || json_is_array(value))
			return refuse(d, "a header is neither a text nor a number");
		if (json_is_string(value))
			add_header(d, arena_strdup(d->arena, name),
				   arena_strdup(d->arena, json_string_value(value)));
		else if (!json_is_null(value))
			add_header(d, arena_strdup(d->arena, name), json_text(d->arena, value));
	}
	return 0;
}

static void add_target(struct draft *d)
{
	const char *prefix = d->service->target_prefix;

	if (d->row->action && !by_query(d) && d->step->action)
		add_default(d, "X-Amz-Target",
			    arena_printf(d->arena, "%s%s%s", prefix ? prefix : "",
					 prefix ? "." : "", d->step->action));
}

/* Bodies */

static void set_body(struct draft *d, struct http_request *out, const struct str *body,
		     const char *type)
{
	out->body = (struct text){arena_text(d->arena, str_text(body)), body->len};
	out->has_body = true;
	d->content_type = type;
}

static int write_json(struct draft *d, const json_t *body, struct str *out)
{
	(void)d;
	json_canonical(body, out);
	return 0;
}

static int write_query_form(struct draft *d, const json_t *body, struct str *out)
{
	enum query_lists lists = d->service->lists_member ? QUERY_MEMBER : QUERY_FLAT;
	const json_t *query = json_object_get(d->request, "query");
	json_t *first = json_object();
	int status;

	/* AWS's way: what other protocols put into the URL stands in the body too. */
	if (d->step->action)
		json_object_set_new(first, "Action", json_string(d->step->action));
	if (d->service->api_version)
		json_object_set_new(first, "Version", json_string(d->service->api_version));
	status = query_write(first, lists, out);
	if (json_is_object(query))
		status |= query_write(query, lists, out);
	if (!json_is_null(body))
		status |= query_write(body, lists, out);
	json_decref(first);
	return status == 0 ? 0 : refuse(d, "the body is no object");
}

static int write_form(struct draft *d, const json_t *body, struct str *out)
{
	if (by_query(d))
		return write_query_form(d, body, out);
	if (query_write(body, QUERY_REPEAT, out) == 0)
		return 0;
	return refuse(d, "the form is no object of texts, numbers and lists of them");
}

static int write_text(struct draft *d, const json_t *body, struct str *out)
{
	if (!json_is_string(body))
		return refuse(d, "the body is no text");
	str_add_len(out, json_string_value(body), json_string_length(body));
	return 0;
}

static int write_xml(struct draft *d, const json_t *body, struct str *out)
{
	if (xml_write(body, out) == 0)
		return 0;
	return refuse(d, "the body cannot be written as XML: it needs one member, the root");
}

static int write_body(struct draft *d, const json_t *body, struct http_request *out)
{
	static const struct {
		int (*write)(struct draft *d, const json_t *body, struct str *out);
		const char *type; /* NULL: the row's */
	} forms[SEND_NONE + 1] = {
		[SEND_JSON] = {write_json, NULL},
		[SEND_FORM] = {write_form, FORM_TYPE},
		[SEND_TEXT] = {write_text, "text/plain; charset=utf-8"},
		[SEND_XML] = {write_xml, "application/xml"},
	};
	enum send_form form = d->step->send == SEND_BY_PROTOCOL ? d->row->send : d->step->send;
	struct str text = STR_INIT;
	int status;

	if (!forms[form].write)
		return 0;
	status = forms[form].write(d, body, &text);
	if (status == 0)
		set_body(d, out, &text, forms[form].type ? forms[form].type : d->row->json_type);
	str_release(&text);
	return status;
}

static int make_body(struct draft *d, struct http_request *out)
{
	const json_t *body = json_object_get(d->request, "body");
	json_t *none = d->row->empty_object ? json_object() : json_null();
	bool absent = !body || json_is_null(body);
	int status = 0;

	if (!absent || d->row->action)
		status = write_body(d, absent ? none : body, out);
	json_decref(none);
	return status;
}

static const char *method_of(const struct draft *d)
{
	if (d->row->action)
		return "POST";
	return d->step->method ? d->step->method : "GET";
}

int protocol_request(struct arena *a, const struct wish *w, struct http_request *out,
		     const char **why)
{
	struct draft d = {.arena = a,
			  .service = &w->definition->service,
			  .step = w->step,
			  .request = w->request,
			  .row = &rows[w->definition->service.protocol]};

	*out = (struct http_request){.method = method_of(&d), .body = TEXT_LIT("")};
	if (make_url(&d, w->endpoint, out) != 0 || take_headers(&d) != 0 ||
	    make_body(&d, out) != 0) {
		*why = d.why;
		return -1;
	}
	add_target(&d);
	add_default(&d, "Content-Type", d.content_type);
	add_default(&d, "Accept", d.row->accept);
	out->headers = d.headers.items;
	out->header_count = d.headers.count;
	return 0;
}

/* Answers */

/* By what it is: some services and emulators call their JSON and XML text/html. */
static bool is_html(const struct http_answer *answer)
{
	struct text t = text_trim(answer->body);

	return (t.len > 5 && strncasecmp(t.ptr, "<html", 5) == 0) ||
	       (t.len > 9 && strncasecmp(t.ptr, "<!doctype", 9) == 0);
}

static bool says_json(const struct http_answer *answer)
{
	const char *type = http_header(answer, "content-type");

	return type && strcasestr(type, "json");
}

static json_t *no_body(struct arena *a, const char *wanted, const char *reason, const char **why)
{
	if (why)
		*why = arena_printf(a, "the answer is not %s: %s", wanted, reason);
	return NULL;
}

static json_t *text_body(struct arena *a, const struct http_answer *answer, const char *wanted,
			 const char **why)
{
	if (!text_utf8_valid(answer->body, NULL))
		return no_body(a, wanted, "bytes that are no text", why);
	return json_stringn(answer->body.ptr, answer->body.len);
}

static json_t *json_body(struct arena *a, const struct definition *t,
			 const struct http_answer *answer, const char **why)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct text body = answer->body;
	const char *reason = "";
	json_t *j;

	/* Some begin with a byte order mark, which RFC 8259 lets readers skip. */
	if (text_starts(body, mark))
		body = (struct text){body.ptr + sizeof(mark) - 1, body.len - (sizeof(mark) - 1)};
	j = json_parse(body, a, &reason);

	if (j)
		return j;
	/* Elsewhere a step may well ask for a text, such as a zone file. */
	if (rows[t->service.protocol].action || says_json(answer))
		return no_body(a, "JSON", reason, why);
	return text_body(a, answer, "JSON", why);
}

/* What is in the outermost element, and in its XResult where there is one. */
static json_t *unwrapped(json_t *document, enum protocol protocol)
{
	json_t *inner = json_object_iter_value(json_object_iter(document)), *value;
	const char *name;

	if (protocol == PROTOCOL_QUERY) {
		json_object_foreach(inner, name, value)
		{
			if (text_ends(text_of(name), "Result")) {
				inner = value;
				break;
			}
		}
	}
	json_incref(inner);
	json_decref(document);
	return inner;
}

static json_t *xml_body(struct arena *a, const struct definition *t,
			const struct http_answer *answer, const char **why)
{
	enum protocol protocol = t->service.protocol;
	const char *reason = "";
	json_t *j = xml_read(answer->body, a, &reason);

	if (!j)
		return no_body(a, "XML", reason, why);
	/* Errors are told by the name of the outermost element. */
	return protocol == PROTOCOL_REST_XML || answer->status >= 400 ? j : unwrapped(j, protocol);
}

static json_t *rest_xml_body(struct arena *a, const struct definition *t,
			     const struct http_answer *answer, const char **why)
{
	struct text body = text_trim(answer->body);
	json_t *j;

	if (body.ptr[0] == '<')
		return xml_body(a, t, answer, why);
	/* S3 gives policies as JSON, and objects as they are. */
	j = body.ptr[0] == '{' ? json_parse(body, a, NULL) : NULL;
	return j ? j : text_body(a, answer, "XML", why);
}

json_t *protocol_body(struct arena *a, const struct definition *t, const struct http_answer *answer,
		      const char **why)
{
	static json_t *(*const readers[])(struct arena * a, const struct definition *t,
					  const struct http_answer *answer, const char **why) = {
		[PROTOCOL_JSON] = json_body,         [PROTOCOL_REST_JSON] = json_body,
		[PROTOCOL_REST_XML] = rest_xml_body, [PROTOCOL_JSON_1_0] = json_body,
		[PROTOCOL_JSON_1_1] = json_body,     [PROTOCOL_QUERY] = xml_body,
		[PROTOCOL_EC2] = xml_body,
	};
	bool xml = readers[t->service.protocol] != json_body;

	if (text_trim(answer->body).len == 0)
		return json_null();
	if (is_html(answer))
		return no_body(a, xml ? "XML" : "JSON", "an HTML page", why);
	return readers[t->service.protocol](a, t, answer, why);
}
