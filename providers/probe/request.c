#include "providers/probe/request.h"

#include <string.h>
#include <strings.h>

#define SPARE 2

static bool is_line(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < ' ' || *s == 127)
			return false;
	}
	return true;
}

static bool is_word(const char *s)
{
	return *s && is_line(s) && !strpbrk(s, " ()<>@,;:\\\"/[]?={}");
}

static int read_headers(struct check *c, struct request_keys *k)
{
	const json_t *map = json_object_get(c->args, "Headers");
	struct http_header *headers =
		ARENA_ARRAY(c->arena, json_object_size(map) + SPARE, struct http_header);
	const char *name;
	json_t *value;

	if (map && !json_is_object(map))
		return check_refuse(c, "Headers", "it maps names of headers to texts");
	k->headers = headers;
	json_object_foreach((json_t *)map, name, value)
	{
		const char *text = check_scalar(c->arena, value);

		if (!is_word(name) || !text || !is_line(text))
			return check_refuse(c, "Headers",
					    "names are words, and values texts of one line");
		headers[k->header_count++] =
			(struct http_header){arena_strdup(c->arena, name), text};
	}
	return 0;
}

void request_keys_add(struct request_keys *k, const char *name, const char *value)
{
	struct http_header *headers = (struct http_header *)(uintptr_t)k->headers;

	for (size_t i = 0; i < k->header_count; i++) {
		if (strcasecmp(headers[i].name, name) == 0)
			return;
	}
	headers[k->header_count++] = (struct http_header){name, value};
}

static int read_url(struct check *c, struct request_keys *k)
{
	if (check_text(c, "Url", &k->url) < 0)
		return -1;
	if (!k->url || !http_host_of(c->arena, k->url) || !is_line(k->url) || strchr(k->url, ' '))
		return check_refuse(c, "Url",
				    "it begins with http:// or https://, has a host without "
				    "a user's name, and no blanks");
	return 0;
}

static int read_status(struct check *c, struct request_keys *k)
{
	if (status_read(c->arena, json_object_get(c->args, "Status"), &k->expected) == 0)
		return 0;
	return check_refuse(c, "Status",
			    "it is a status such as 200, a range such as 200-399, or a list "
			    "of these");
}

static int read_method(struct check *c, struct request_keys *k)
{
	k->method = k->body ? "POST" : "GET";
	if (check_text(c, "Method", &k->method) < 0)
		return -1;
	return is_word(k->method) ? 0 : check_refuse(c, "Method", "it is a word such as GET");
}

static int read_body(struct check *c, struct request_keys *k)
{
	const json_t *body = json_object_get(c->args, "Body");

	if (!json_is_object(body) && !json_is_array(body))
		return check_text(c, "Body", &k->body);
	k->body = json_text(c->arena, body);
	request_keys_add(k, "Content-Type", "application/json");
	return 0;
}

int request_keys_read(struct check *c, struct request_keys *out)
{
	*out = (struct request_keys){0};
	return read_url(c, out) < 0 || read_headers(c, out) < 0 || read_body(c, out) < 0 ||
			       read_method(c, out) < 0 || read_status(c, out) < 0
		       ? -1
		       : 0;
}

bool request_keys_repeat(const struct request_keys *k)
{
	static const char *const methods[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		if (strcmp(k->method, methods[i]) == 0)
			return true;
	}
	return false;
}
