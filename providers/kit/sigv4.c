/*
 * sigv4.c - canonical request, text to sign, key, signature.
 *
 * The words are those of AWS's documentation.
 */
#include "providers/kit/sigv4.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/digest.h"
#include "base/vec.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define TIME_LEN (sizeof("20150830T123600Z"))
#define DAY_LEN 8

/* What proxies on the way may change or add; AWS's clients leave them unsigned too. */
static const char *const unsigned_headers[] = {
	"authorization", "connection",      "expect",
	"user-agent",    "x-amzn-trace-id", "transfer-encoding",
};

struct pair {
	struct text name, value;
};

struct pairs {
	VEC_OF(struct pair)
};

/* One signature being made. */
struct signing {
	struct arena *a;
	const struct http_request *request;
	const struct sigv4_key *key;
	const struct sigv4_scope *scope;
	struct text host, path, query; /* of the URL, as it is written there */
	bool secure;
	char time[TIME_LEN], body_digest[65];
	struct pairs headers; /* names in lower case, sorted, without doubles */
	struct sigv4_signed *out;
};

/* --- the URL ------------------------------------------------------------------------- */

static bool is_default_port(struct text port, bool secure)
{
	return text_is(port, secure ? "443" : "80");
}

/* As curl sends it: without user and default port. */
static struct text host_of(struct text authority, bool secure)
{
	const char *at = memrchr(authority.ptr, '@', authority.len), *colon;
	struct text host = authority, port;

	if (at)
		host = (struct text){at + 1, (size_t)(authority.ptr + authority.len - at - 1)};
	colon = memrchr(host.ptr, ':', host.len);
	if (!colon || memchr(colon, ']', (size_t)(host.ptr + host.len - colon)))
		return host;
	port = (struct text){colon + 1, (size_t)(host.ptr + host.len - colon - 1)};
	if (is_default_port(port, secure))
		host.len = (size_t)(colon - host.ptr);
	return host;
}

static size_t length_before(struct text t, const char *marks)
{
	size_t len = 0;

	while (len < t.len && !strchr(marks, t.ptr[len]))
		len++;
	return len;
}

static struct text skip(struct text t, size_t len)
{
	return (struct text){t.ptr + len, t.len - len};
}

static int split_url(struct signing *s)
{
	struct text rest = text_of(s->request->url);
	size_t len;

	s->secure = text_starts(rest, "https://");
	if (!s->secure && !text_starts(rest, "http://"))
		return -1;
	rest = skip(rest, s->secure ? strlen("https://") : strlen("http://"));
	rest.len = length_before(rest, "#");
	len = length_before(rest, "/?");
	s->host = host_of((struct text){rest.ptr, len}, s->secure);
	if (!s->host.len)
		return -1;
	rest = skip(rest, len);
	len = length_before(rest, "?");
	s->path = len ? (struct text){rest.ptr, len} : TEXT_LIT("/");
	s->query = len < rest.len ? skip(rest, len + 1) : TEXT_LIT("");
	return 0;
}

/* --- path and query ------------------------------------------------------------------ */

/* Without "." and "..", and with one slash for several; out begins with a slash. */
static void add_normalized(struct str *out, struct text path)
{
	struct text_split split = text_split_start(path);
	struct text piece;
	size_t start = out->len;

	while (text_next(&split, '/', &piece)) {
		if (!piece.len || text_is(piece, "."))
			continue;
		if (!text_is(piece, "..")) {
			str_add_char(out, '/');
			str_add_text(out, piece);
			continue;
		}
		while (out->len > start && out->ptr[out->len - 1] != '/')
			str_truncate(out, out->len - 1);
		if (out->len > start)
			str_truncate(out, out->len - 1);
	}
	if (out->len == start || text_ends(path, "/"))
		str_add_char(out, '/');
}

static void add_path(const struct signing *s, struct str *out)
{
	struct str normal = STR_INIT;

	if (s->scope->path_as_sent) {
		str_add_text(out, s->path);
		return;
	}
	add_normalized(&normal, s->path);
	http_encode(out, str_text(&normal), "/");
	str_release(&normal);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that "%XX" at t.ptr[i] stands for; -1: it is none. */
static int escaped_byte(struct text t, size_t i)
{
	int high, low;

	if (t.ptr[i] != '%' || i + 2 >= t.len)
		return -1;
	high = hex_value(t.ptr[i + 1]);
	low = hex_value(t.ptr[i + 2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Whatever the URL left as it is, or encoded without need, comes out the same. */
static struct text encoded_anew(struct arena *a, struct text t)
{
	struct str plain = STR_INIT, out = STR_INIT;
	struct text result;

	for (size_t i = 0; i < t.len; i++) {
		int byte = escaped_byte(t, i);

		str_add_char(&plain, byte < 0 ? t.ptr[i] : (char)byte);
		if (byte >= 0)
			i += 2;
	}
	http_encode(&out, str_text(&plain), "");
	result = text_of(arena_text(a, str_text(&out)));
	str_release(&plain);
	str_release(&out);
	return result;
}

static int compare_text(struct text a, struct text b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *left = a, *right = b;
	int order = compare_text(left->name, right->name);

	return order ? order : compare_text(left->value, right->value);
}

static void add_query(const struct signing *s, struct str *out)
{
	struct text_split split = text_split_start(s->query);
	struct pairs pairs = {0};
	struct text piece;

	while (text_next(&split, '&', &piece)) {
		size_t len = length_before(piece, "=");
		struct text value = len < piece.len ? skip(piece, len + 1) : TEXT_LIT("");

		if (piece.len)
			*arena_vec_add(s->a, &pairs) = (struct pair){
				encoded_anew(s->a, (struct text){piece.ptr, len}),
				encoded_anew(s->a, value),
			};
	}
	if (pairs.count)
		qsort(pairs.items, pairs.count, sizeof(*pairs.items), compare_pairs);
	for (size_t i = 0; i < pairs.count; i++) {
		str_add(out, i ? "&" : "");
		str_add_text(out, pairs.items[i].name);
		str_add_char(out, '=');
		str_add_text(out, pairs.items[i].value);
	}
}

/* --- headers ------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *lower_case(struct arena *a, const char *name)
{
	char *lower = arena_strdup(a, name);

	for (char *p = lower; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
	return lower;
}

/* Blanks at the ends are none, others one space. */
static struct text trimmed(struct arena *a, struct text value)
{
	char *out = arena_alloc(a, value.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (!is_blank(value.ptr[i]))
			out[len++] = value.ptr[i];
		else if (len && out[len - 1] != ' ')
			out[len++] = ' ';
	}
	if (len && out[len - 1] == ' ')
		len--;
	return (struct text){out, len};
}

/* Sorted as they come; values of one name are joined in the order in which they came. */
static void add_header(struct signing *s, const char *name, struct text value)
{
	struct pair p = {text_of(lower_case(s->a, name)), trimmed(s->a, value)};
	struct pairs *all = &s->headers;
	size_t i = 0;

	while (i < all->count && compare_text(all->items[i].name, p.name) < 0)
		i++;
	if (i < all->count && text_eq(all->items[i].name, p.name)) {
		all->items[i].value = text_of(arena_printf(
			s->a, "%.*s,%.*s", TEXT_ARG(all->items[i].value), TEXT_ARG(p.value)));
		return;
	}
	arena_vec_add(s->a, all);
	memmove(&all->items[i + 1], &all->items[i], (all->count - 1 - i) * sizeof(p));
	all->items[i] = p;
}

static bool is_unsigned(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(unsigned_headers); i++) {
		if (strcasecmp(name, unsigned_headers[i]) == 0)
			return true;
	}
	return false;
}

/* To the request, and when `sign` says so to what is signed. */
enum header_use { HEADER_SIGNED, HEADER_UNSIGNED };

static void give_header(struct signing *s, const char *name, const char *value, enum header_use use)
{
	s->out->headers[s->out->count++] = (struct http_header){name, value};
	if (use == HEADER_SIGNED)
		add_header(s, name, text_of(value));
}

static void gather_headers(struct signing *s)
{
	const struct http_request *r = s->request;
	bool host = false;

	for (size_t i = 0; i < r->header_count; i++) {
		if (is_unsigned(r->headers[i].name))
			continue;
		host |= strcasecmp(r->headers[i].name, "host") == 0;
		add_header(s, r->headers[i].name, text_of(r->headers[i].value));
	}
	if (!host)
		add_header(s, "host", s->host);
	give_header(s, "X-Amz-Date", arena_strdup(s->a, s->time), HEADER_SIGNED);
	if (s->scope->hash_header)
		give_header(s, "X-Amz-Content-Sha256", arena_strdup(s->a, s->body_digest),
			    HEADER_SIGNED);
	if (s->key->token)
		give_header(s, "X-Amz-Security-Token", arena_strdup(s->a, s->key->token),
			    s->scope->token_unsigned ? HEADER_UNSIGNED : HEADER_SIGNED);
}

static void add_signed_names(const struct signing *s, struct str *out)
{
	for (size_t i = 0; i < s->headers.count; i++) {
		str_add(out, i ? ";" : "");
		str_add_text(out, s->headers.items[i].name);
	}
}

/* --- signature ----------------------------------------------------------------------- */

static const char *canonical_request(const struct signing *s)
{
	struct str out = STR_INIT;
	const char *text;

	str_printf(&out, "%s\n", s->request->method);
	add_path(s, &out);
	str_add_char(&out, '\n');
	add_query(s, &out);
	str_add_char(&out, '\n');
	for (size_t i = 0; i < s->headers.count; i++)
		str_printf(&out, "%.*s:%.*s\n", TEXT_ARG(s->headers.items[i].name),
			   TEXT_ARG(s->headers.items[i].value));
	str_add_char(&out, '\n');
	add_signed_names(s, &out);
	str_printf(&out, "\n%s", s->body_digest);
	text = arena_text(s->a, str_text(&out));
	str_release(&out);
	return text;
}

static const char *credential_scope(const struct signing *s)
{
	return arena_printf(s->a, "%.*s/%s/%s/" TERMINATOR, DAY_LEN, s->time, s->scope->region,
			    s->scope->service);
}

static void chain(unsigned char key[DIGEST_LEN], struct text bytes)
{
	unsigned char next[DIGEST_LEN];

	digest_hmac_sha256_raw((struct text){(const char *)key, DIGEST_LEN}, bytes, next);
	memcpy(key, next, DIGEST_LEN);
}

static void sign_text(const struct signing *s, const char *text, char out[65])
{
	struct text secret = text_of(arena_printf(s->a, "AWS4%s", s->key->secret));
	unsigned char key[DIGEST_LEN];

	digest_hmac_sha256_raw(secret, (struct text){s->time, DAY_LEN}, key);
	chain(key, text_of(s->scope->region));
	chain(key, text_of(s->scope->service));
	chain(key, TEXT_LIT(TERMINATOR));
	digest_hmac_sha256((struct text){(const char *)key, DIGEST_LEN}, text_of(text), out);
}

static int format_time(struct signing *s)
{
	time_t when = (time_t)s->scope->time_s;
	struct tm parts;

	if (!gmtime_r(&when, &parts) ||
	    strftime(s->time, TIME_LEN, "%Y%m%dT%H%M%SZ", &parts) != TIME_LEN - 1)
		return -1;
	return 0;
}

int sigv4_sign(struct arena *a, const struct http_request *r, const struct sigv4_key *key,
	       const struct sigv4_scope *scope, struct sigv4_signed *out)
{
	struct signing s = {.a = a, .request = r, .key = key, .scope = scope, .out = out};
	struct str names = STR_INIT;
	char signature[65], digest[65];
	const char *where;

	*out = (struct sigv4_signed){0};
	if (split_url(&s) || format_time(&s))
		return -1;
	digest_sha256(r->body, s.body_digest);
	gather_headers(&s);
	where = credential_scope(&s);
	out->canonical = canonical_request(&s);
	digest_sha256(text_of(out->canonical), digest);
	out->to_sign = arena_printf(a, ALGORITHM "\n%s\n%s\n%s", s.time, where, digest);
	sign_text(&s, out->to_sign, signature);
	add_signed_names(&s, &names);
	give_header(&s, "Authorization",
		    arena_printf(a, ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
				 key->id, where, str_cstr(&names), signature),
		    HEADER_UNSIGNED);
	str_release(&names);
	return 0;
}
