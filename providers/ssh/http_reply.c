#include "providers/ssh/http_reply.h"

#include <string.h>
#include <strings.h>

#define CHUNK_DIGITS 8
#define HEAD_LEN_MAX 65536

/* What the head says of the body. */
struct extent {
	int64_t length;      /* -1: until the end of the stream */
	bool chunked, known; /* known: the whole head has come */
};

static struct text behind(struct text t, size_t n)
{
	return (struct text){t.ptr + n, t.len - n};
}

/* The line without its end; false: it has not come whole. */
static bool next_line(struct text *t, struct text *line)
{
	const char *end = t->len ? memchr(t->ptr, '\n', t->len) : NULL;
	size_t len = end ? (size_t)(end - t->ptr) : 0;

	if (!end)
		return false;
	*line = (struct text){t->ptr, len && t->ptr[len - 1] == '\r' ? len - 1 : len};
	*t = behind(*t, len + 1);
	return true;
}

/* "HTTP/1.1 200 OK" */
static bool read_status(struct text line, int *status)
{
	struct text number;
	int64_t value;

	if (line.len < 12 || memcmp(line.ptr, "HTTP/1.", 7) != 0 || line.ptr[8] != ' ')
		return false;
	number = (struct text){line.ptr + 9, 3};
	if (!text_to_int64(number, 100, 999, &value) || (line.len > 12 && line.ptr[12] != ' '))
		return false;
	*status = (int)value;
	return true;
}

static bool is_called(struct text line, const char *name, struct text *value)
{
	size_t len = strlen(name);

	if (line.len <= len || strncasecmp(line.ptr, name, len) != 0 || line.ptr[len] != ':')
		return false;
	*value = text_trim(behind(line, len + 1));
	return true;
}

static bool read_header(struct text line, struct extent *e)
{
	struct text value;

	if (is_called(line, "content-length", &value))
		return text_to_int64(value, 0, INT32_MAX, &e->length);
	if (is_called(line, "transfer-encoding", &value))
		e->chunked =
			value.len >= 7 && strncasecmp(value.ptr + value.len - 7, "chunked", 7) == 0;
	return true;
}

static enum http_reply_state read_head(struct text *t, int *status, struct extent *e)
{
	struct text line, all = *t;

	*e = (struct extent){.length = -1};
	if (t->len >= 5 && memcmp(t->ptr, "HTTP/", 5) != 0)
		return HTTP_REPLY_BAD;
	if (!next_line(t, &line))
		return all.len > HEAD_LEN_MAX ? HTTP_REPLY_BAD : HTTP_REPLY_MORE;
	if (!read_status(line, status))
		return HTTP_REPLY_BAD;
	while (next_line(t, &line)) {
		if (!line.len)
			return HTTP_REPLY_WHOLE;
		if (!read_header(line, e))
			return HTTP_REPLY_BAD;
	}
	return all.len > HEAD_LEN_MAX ? HTTP_REPLY_BAD : HTTP_REPLY_MORE;
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* "1a;extension": false: it is no size. */
static bool read_size(struct text line, size_t *size)
{
	size_t i = 0;

	for (*size = 0; i < line.len && digit_of(line.ptr[i]) >= 0 && i < CHUNK_DIGITS; i++)
		*size = *size * 16 + (size_t)digit_of(line.ptr[i]);
	return i > 0 && (i == line.len || line.ptr[i] == ';' || line.ptr[i] == ' ');
}

static enum http_reply_state read_chunks(struct text t, struct str *body)
{
	struct text line;
	size_t size;

	while (next_line(&t, &line)) {
		if (!read_size(line, &size))
			return HTTP_REPLY_BAD;
		if (size == 0)
			return HTTP_REPLY_WHOLE;
		str_add_len(body, t.ptr, size < t.len ? size : t.len);
		if (t.len < size + 2)
			return HTTP_REPLY_MORE;
		t = behind(t, size);
		if (!next_line(&t, &line) || line.len)
			return HTTP_REPLY_BAD;
	}
	return HTTP_REPLY_MORE;
}

static enum http_reply_state read_all(struct text t, enum http_reply_body body, struct extent *e,
				      struct http_reply *out)
{
	enum http_reply_state state;

	str_clear(&out->body);
	/* What only announces the answer goes before it. */
	do {
		state = read_head(&t, &out->status, e);
	} while (state == HTTP_REPLY_WHOLE && out->status < 200);
	if (state != HTTP_REPLY_WHOLE)
		return state;
	e->known = true;
	if (body == HTTP_REPLY_NO_BODY || out->status == 204 || out->status == 304)
		return HTTP_REPLY_WHOLE;
	if (e->chunked)
		return read_chunks(t, &out->body);
	str_add_text(&out->body, t);
	return e->length >= 0 && t.len >= (size_t)e->length ? HTTP_REPLY_WHOLE : HTTP_REPLY_MORE;
}

enum http_reply_state http_reply_read(struct text received, enum http_reply_body body,
				      struct http_reply *out)
{
	struct extent e;

	return read_all(received, body, &e, out);
}

enum http_reply_state http_reply_ended(struct text received, enum http_reply_body body,
				       struct http_reply *out)
{
	struct extent e = {.length = -1};
	enum http_reply_state state = read_all(received, body, &e, out);

	/* No head, or one that says how long it is, and it is not. */
	if (state == HTTP_REPLY_MORE && e.known && !e.chunked && e.length < 0)
		return HTTP_REPLY_WHOLE;
	return state;
}
