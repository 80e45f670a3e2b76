/* url.c - hand-written, because the library keeps its own reading of URLs to itself. */
#include "vcs/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"

#define URL_LEN_MAX 4096

static const struct scheme {
	const char *prefix;
	enum vcs_scheme scheme;
	int port;
} schemes[] = {
	{"https://", VCS_HTTPS, 443},
	{"http://", VCS_HTTP, 80},
	{"ssh://", VCS_SSH, 22},
	{"file://", VCS_FILE, 0},
};

static bool no(const char **why, const char *text)
{
	*why = text;
	return false;
}

/* Nothing that could be taken for something else in a terminal, a header or a command. */
static bool printable(const char *text, const char **why)
{
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '\\')
			return no(why, "holds a blank, a control character or a backslash");
	}
	if (strlen(text) > URL_LEN_MAX)
		return no(why, "is too long");
	return text_utf8_valid(text_of(text), NULL) || no(why, "is not UTF-8");
}

/* --- user, host and port --- */

static bool host_characters(struct text host, bool bracketed)
{
	for (size_t i = 0; i < host.len; i++) {
		const unsigned char c = (unsigned char)host.ptr[i];

		if (bracketed ? !isxdigit(c) && c != ':' && c != '.'
			      : !isalnum(c) && !strchr(".-_", c))
			return false;
	}
	return host.len > 0 && host.ptr[0] != '-';
}

static bool take_host(struct arena *a, struct text *rest, struct vcs_url *out, const char **why)
{
	const bool bracketed = text_starts(*rest, "[");
	const char *end = rest->len ? memchr(rest->ptr, bracketed ? ']' : ':', rest->len) : NULL;
	struct text host = *rest;
	char *kept;

	if (bracketed && !end)
		return no(why, "has a '[' without ']'");
	if (end)
		host.len = (size_t)(end - rest->ptr);
	*rest = (struct text){rest->ptr + host.len, rest->len - host.len};
	if (bracketed) {
		host = (struct text){host.ptr + 1, host.len - 1};
		*rest = (struct text){rest->ptr + 1, rest->len - 1};
	}
	if (!host_characters(host, bracketed))
		return no(why, "names no host");
	kept = arena_text(a, host);
	for (char *p = kept; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	out->host = kept;
	return true;
}

static bool take_port(struct text rest, struct vcs_url *out, const char **why)
{
	int64_t port;

	if (!rest.len)
		return true;
	if (rest.ptr[0] != ':' ||
	    !text_to_int64((struct text){rest.ptr + 1, rest.len - 1}, 1, 65535, &port))
		return no(why, "has a port that is no number from 1 to 65535");
	out->port = (int)port;
	return true;
}

static bool take_user(struct arena *a, struct text *rest, struct vcs_url *out, const char **why)
{
	const char *at = rest->len ? memrchr(rest->ptr, '@', rest->len) : NULL;
	struct text user = {rest->ptr, at ? (size_t)(at - rest->ptr) : 0};
	const char *colon = user.len ? memchr(user.ptr, ':', user.len) : NULL;

	if (!at)
		return true;
	*rest = (struct text){at + 1, rest->len - user.len - 1};
	if (colon) {
		user.len = (size_t)(colon - user.ptr);
		out->has_password = true;
	}
	if (text_starts(user, "-"))
		return no(why, "has a user that begins with '-'");
	if (user.len)
		out->user = arena_text(a, user);
	return true;
}

static bool take_authority(struct arena *a, struct text rest, struct vcs_url *out, const char **why)
{
	return take_user(a, &rest, out, why) && take_host(a, &rest, out, why) &&
	       take_port(rest, out, why);
}

/* --- the forms --- */

static bool is_here(const char *host)
{
	struct in_addr address;

	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

static const char *shown_host(struct arena *a, const struct vcs_url *u)
{
	return strchr(u->host, ':') ? arena_printf(a, "[%s]", u->host) : u->host;
}

static const char *shown(struct arena *a, const struct scheme *s, const struct vcs_url *u)
{
	const char *user = "", *port = "";

	if (u->user && u->scheme == VCS_SSH)
		user = arena_printf(a, "%s@", u->user);
	if (u->port != s->port)
		port = arena_printf(a, ":%d", u->port);
	return arena_printf(a, "%s%s%s%s%s", s->prefix, user, shown_host(a, u), port, u->path);
}

static bool parse_with_scheme(struct arena *a, const struct scheme *s, struct vcs_url *out,
			      const char **why)
{
	const char *rest = out->text + strlen(s->prefix);
	const size_t authority = strcspn(rest, "/?#");

	out->scheme = s->scheme;
	out->port = s->port;
	out->path = arena_strndup(a, rest + authority, strcspn(rest + authority, "?#"));
	out->host = "";
	if (s->scheme == VCS_FILE) {
		if (authority)
			return no(why, "names a host: a file has none (file:///folder/repo)");
	} else if (!take_authority(a, (struct text){rest, authority}, out, why)) {
		return false;
	}
	if (!out->path[0] || !out->path[1])
		return no(why, "names no repository");
	if (s->scheme == VCS_HTTP && !is_here(out->host))
		return no(why, "would go unencrypted: use https or ssh");
	out->shown = shown(a, s, out);
	return true;
}

/* "git@host:org/repo": what stands before the colon has no slash. */
static bool parse_scp(struct arena *a, struct vcs_url *out, const char **why)
{
	const char *bracket = out->text[0] == '[' ? strchr(out->text, ']') : NULL;
	const char *colon = strchr(bracket ? bracket : out->text, ':');
	const char *slash = strchr(out->text, '/');

	if (!colon || colon == out->text || (slash && slash < colon))
		return no(why, "is of no kind that is known: https://, ssh://, file:/// or "
			       "user@host:path");
	out->scheme = VCS_SSH;
	out->port = 22;
	out->path = arena_strdup(a, colon + 1);
	if (!out->path[0])
		return no(why, "names no repository");
	if (!take_authority(a, (struct text){out->text, (size_t)(colon - out->text)}, out, why))
		return false;
	out->shown = out->text;
	return true;
}

static bool parse_path(struct vcs_url *out)
{
	out->scheme = VCS_FILE;
	out->host = "";
	out->path = out->shown = out->text;
	return true;
}

bool vcs_url_parse(struct arena *a, const char *text, struct vcs_url *out, const char **why)
{
	*out = (struct vcs_url){.text = arena_strdup(a, text)};
	if (!printable(text, why))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		if (strncmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
			return parse_with_scheme(a, &schemes[i], out, why);
	}
	if (strncmp(text, "git://", 6) == 0)
		return no(why, "is neither encrypted nor checked: use https or ssh");
	if (strstr(text, "://"))
		return no(why, "is of no kind that is known: https://, ssh:// or file:///");
	return text[0] == '/' ? parse_path(out) : parse_scp(a, out, why);
}

/* --- a file of a repository --- */

bool vcs_is_file_url(const char *text)
{
	return strncmp(text, "git+", 4) == 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *decoded(struct arena *a, struct text t)
{
	char *out = arena_text(a, t);
	size_t len = 0;

	for (size_t i = 0; i < t.len; i++) {
		const int high = t.ptr[i] == '%' && i + 2 < t.len ? hex_value(t.ptr[i + 1]) : -1;
		const int low = high >= 0 ? hex_value(t.ptr[i + 2]) : -1;

		out[len++] = low >= 0 ? (char)(high * 16 + low) : t.ptr[i];
		if (low >= 0)
			i += 2;
	}
	out[len] = '\0';
	/* "%00" would hide what follows. */
	return strlen(out) == len ? out : "\x01";
}

/* Control characters and what cannot be in the name of a file that is checked out. */
static bool take_path(struct arena *a, struct text t, struct vcs_file_url *out, const char **why)
{
	struct text_split split;
	struct text part;

	out->path = decoded(a, t);
	if (!out->path[0])
		return no(why, "names no file: it goes after the repository and '//'");
	split = text_split_start(text_of(out->path));
	while (text_next(&split, '/', &part)) {
		if (!part.len || text_is(part, ".") || text_is(part, ".."))
			return no(why, "has a file's path with an empty part, '.' or '..'");
	}
	for (const char *p = out->path; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return no(why, "has a file's path with a control character");
	}
	return text_utf8_valid(text_of(out->path), NULL) ||
	       no(why, "has a file's path that is not UTF-8");
}

/* What git itself takes for a name. */
static bool ref_is_sound(const char *ref)
{
	for (const char *p = ref; *p; p++) {
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("~^:?*[\\", *p))
			return false;
	}
	return ref[0] && !strchr("-/.", ref[0]) && !strstr(ref, "..") && !strstr(ref, "//") &&
	       !strstr(ref, "@{") && !text_ends(text_of(ref), "/") &&
	       !text_ends(text_of(ref), ".lock") && !text_ends(text_of(ref), ".") &&
	       text_utf8_valid(text_of(ref), NULL);
}

static bool take_query(struct arena *a, struct text t, struct vcs_file_url *out, const char **why)
{
	if (!text_starts(t, "ref="))
		return no(why, "has a query other than '?ref=...'");
	t = (struct text){t.ptr + 4, t.len - 4};
	if (t.len && memchr(t.ptr, '&', t.len))
		return no(why, "has a query other than '?ref=...'");
	out->ref = decoded(a, t);
	return ref_is_sound(out->ref) ||
	       no(why, "has a ref that can be no name of a branch, a tag or a commit");
}

bool vcs_file_url_parse(struct arena *a, const char *text, struct vcs_file_url *out,
			const char **why)
{
	const char *url = text + 4, *start = vcs_is_file_url(text) ? strstr(url, "://") : NULL;
	const char *divide = start ? strstr(start + 3, "//") : NULL;
	const char *query = strchr(text, '?');
	struct text path;

	*out = (struct vcs_file_url){0};
	if (!start)
		return no(why, "does not begin with git+https://, git+ssh:// or git+file:///");
	if (strchr(text, '#'))
		return no(why, "has a '#': the version is said by '?ref=...'");
	if (!divide || (query && query < divide))
		return no(why, "does not say where the repository ends and the file begins: "
			       "write '//' between them");
	path = text_of(divide + 2);
	if (query)
		path.len = (size_t)(query - path.ptr);
	if (!vcs_url_parse(a, arena_strndup(a, url, (size_t)(divide - url)), &out->repository, why))
		return false;
	if (out->repository.has_password ||
	    (out->repository.user && out->repository.scheme != VCS_SSH))
		return no(why, "holds a user or a password, which everybody who reads the file "
			       "would see");
	return take_path(a, path, out, why) &&
	       (!query || take_query(a, text_of(query + 1), out, why));
}
