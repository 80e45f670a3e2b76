/* http_text.c - what of HTTP is text alone: encoding, hosts, headers, dates. */
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "providers/kit/http.h"

/* isalnum() asks the locale. */
static bool is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void http_encode(struct str *out, struct text t, const char *keep)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.ptr[i];

		if (is_unreserved(t.ptr[i]) || (c && keep && strchr(keep, c))) {
			str_add_char(out, t.ptr[i]);
			continue;
		}
		str_add_char(out, '%');
		str_add_char(out, hex[c >> 4]);
		str_add_char(out, hex[c & 15]);
	}
}

const char *http_header(const struct http_answer *a, const char *name)
{
	for (size_t i = 0; i < a->header_count; i++) {
		if (strcasecmp(a->headers[i].name, name) == 0)
			return a->headers[i].value;
	}
	return NULL;
}

static const char *behind_scheme(const char *url)
{
	if (strncasecmp(url, "http://", 7) == 0)
		return url + 7;
	return strncasecmp(url, "https://", 8) == 0 ? url + 8 : NULL;
}

const char *http_host_of(struct arena *a, const char *url)
{
	const char *host = url ? behind_scheme(url) : NULL;
	struct text t = text_of(host);

	t.len = strcspn(t.ptr, "/?#");
	/* A user's name there could stand for a password too. */
	if (!t.len || t.ptr[0] == ':' || memchr(t.ptr, '@', t.len))
		return NULL;
	for (size_t i = 0; i < t.len; i++) {
		if ((unsigned char)t.ptr[i] <= ' ' || t.ptr[i] == 127)
			return NULL;
	}
	return arena_text(a, t);
}

const char *http_location(struct arena *a, const char *url, const struct http_answer *answer)
{
	const char *location = http_header(answer, "location");
	CURLU *parts = curl_url();
	char *whole = NULL;
	const char *to = NULL;

	if (!parts)
		fail_fast("out of memory");
	if (location && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_set(parts, CURLUPART_URL, location, CURLU_URLENCODE) == CURLUE_OK &&
	    curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_URL, &whole, 0) == CURLUE_OK)
		to = http_host_of(a, whole) ? arena_strdup(a, whole) : NULL;
	curl_free(whole);
	curl_url_cleanup(parts);
	return to;
}

static bool two_digits(const char *p, int *out)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*out = (p[0] - '0') * 10 + (p[1] - '0');
	return true;
}

static int month_of(const char *p)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++) {
		if (memcmp(p, months + 3 * (size_t)i, 3) == 0)
			return i;
	}
	return -1;
}

/* RFC 9110's preferred form alone, "Sun, 06 Nov 1994 08:49:37 GMT"; the obsolete ones are not sent
 * any more.  -1: something else. */
static int64_t date_ms(const char *value)
{
	struct tm tm = {0};
	int century, year;

	if (strlen(value) != 29 || memcmp(value + 25, " GMT", 4) != 0)
		return -1;
	tm.tm_mon = month_of(value + 8);
	if (!two_digits(value + 5, &tm.tm_mday) || tm.tm_mon < 0 ||
	    !two_digits(value + 12, &century) || !two_digits(value + 14, &year) ||
	    !two_digits(value + 17, &tm.tm_hour) || !two_digits(value + 20, &tm.tm_min) ||
	    !two_digits(value + 23, &tm.tm_sec))
		return -1;
	tm.tm_year = century * 100 + year - 1900;
	return (int64_t)timegm(&tm) * 1000;
}

int64_t http_sent_ms(const struct http_answer *a)
{
	const char *value = http_header(a, "date");

	return value ? date_ms(value) : -1;
}

/* A day: what asks for more is a mistake, or means "never". */
#define RETRY_AFTER_MAX_S 86400

int64_t http_retry_after(const struct http_answer *a, int64_t wall_ms)
{
	const char *value = http_header(a, "retry-after");
	int64_t seconds, at_ms;

	if (!value)
		return 0;
	if (text_to_int64(text_of(value), 0, INT64_MAX, &seconds))
		return (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * 1000;
	at_ms = date_ms(value);
	if (at_ms <= wall_ms)
		return 0;
	at_ms -= wall_ms;
	return at_ms < RETRY_AFTER_MAX_S * 1000 ? at_ms : (int64_t)RETRY_AFTER_MAX_S * 1000;
}
