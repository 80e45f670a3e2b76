/* remote_error.c - what went wrong with a remote, in words: the host, the fact, what to do. */
#include <string.h>

#include "vcs/remote_parts.h"

static int usual_port(enum vcs_scheme scheme)
{
	static const int ports[] = {
		[VCS_HTTPS] = 443, [VCS_HTTP] = 80, [VCS_SSH] = 22, [VCS_FILE] = 0};

	return ports[scheme];
}

const char *vcs_talk_host(const struct vcs_talk *t)
{
	const struct vcs_url *u = &t->url;
	const char *host = strchr(u->host, ':') ? arena_printf(t->arena, "[%s]", u->host) : u->host;

	return u->port == usual_port(u->scheme) ? host
						: arena_printf(t->arena, "%s:%d", host, u->port);
}

static struct diag *begin(struct vcs_talk *t, enum diag_code code, const char *text)
{
	struct diag *g = diag_add(t->d, code, RANGE_NONE, "%s", text);

	if (t->url.host[0])
		diag_endpoint(t->d, g, t->url.host);
	return g;
}

static struct diag *say_unreachable(struct vcs_talk *t)
{
	const char *host = vcs_talk_host(t), *why = t->why ? t->why : "";
	struct diag *g;

	if (__atomic_load_n(&t->cut, __ATOMIC_ACQUIRE) == VCS_SILENT) {
		g = begin(t, DIAG_VCS_UNREACHABLE,
			  arena_printf(t->arena, "%s fell silent in the middle", host));
		diag_hint(t->d, g,
			  "try again; HADEPLOY_GIT_TIMEOUT=2m waits longer for a slow host");
		return g;
	}
	if (t->trouble == VCS_UNRESOLVED)
		g = begin(t, DIAG_VCS_UNREACHABLE,
			  arena_printf(t->arena, "the host %s is not found: %s", host, why));
	else
		g = begin(t, DIAG_VCS_UNREACHABLE,
			  arena_printf(t->arena, "%s cannot be reached: %s", host, why));
	diag_hint(t->d, g,
		  "check the name and the way there (network, VPN, proxy), then try again");
	return g;
}

static void say_denied(struct vcs_talk *t)
{
	const bool ssh = t->url.scheme == VCS_SSH;
	const char *name = t->url.user ? t->url.user : NULL;
	const char *as = ssh && name ? arena_printf(t->arena, " as %s", name) : "";
	struct diag *g = begin(t, DIAG_VCS_DENIED,
			       arena_printf(t->arena, "%s does not let us in%s to %s",
					    vcs_talk_host(t), as, t->url.path));

	diag_detail(t->d, g, "tried: %s",
		    t->tried.len ? str_cstr(&t->tried) : "nothing, as there is no credential");
	if (ssh)
		diag_hint(t->d, g,
			  "load a key into an agent (ssh-add), or name its file in "
			  "HADEPLOY_GIT_KEY; its public half must be known to the host");
	else
		diag_hint(t->d, g,
			  "set HADEPLOY_GIT_TOKEN (and HADEPLOY_GIT_USER, if the host wants one) "
			  "to a token that may read the repository; hosts say the same of a "
			  "repository that is not there");
}

static void say_elsewhere(struct vcs_talk *t)
{
	struct diag *g = begin(t, DIAG_VCS_REMOTE,
			       arena_printf(t->arena, "%s redirects %s to another host%s%s",
					    vcs_talk_host(t), t->url.path, t->why ? ": " : "",
					    t->why ? t->why : ""));

	diag_hint(t->d, g, "write the URL of the place where the repository is now");
}

/* --- what only the library's words tell --- */

/* The reason without the password that the user's settings may have put into the URL. */
static const char *reason(struct vcs_talk *t)
{
	const char *text = vcs_reason(), *at = strrchr(t->url.text, '@');
	const char *host = strstr(t->url.text, "://"), *colon;
	char *kept = arena_strdup(t->arena, text);
	const char *secret;

	if (!t->url.has_password || !host || !at)
		return kept;
	colon = strchr(host + 3, ':');
	if (!colon || colon > at)
		return kept;
	secret = arena_strndup(t->arena, colon + 1, (size_t)(at - colon - 1));
	kept[text_cover(kept, strlen(kept), secret)] = '\0';
	return kept;
}

static bool says(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasestr(text, words[i]))
			return true;
	}
	return false;
}

static void say_absent(struct vcs_talk *t, const char *why)
{
	struct diag *g =
		begin(t, DIAG_VCS_ABSENT,
		      arena_printf(t->arena, "there is no repository at %s", t->url.shown));

	diag_detail(t->d, g, "%s", why);
	diag_hint(t->d, g, "check the spelling; some hosts also say this when one may not read it");
}

static void say_other(struct vcs_talk *t, int code, const char *what)
{
	static const char *const absent[] = {"not appear to be a git",
					     "not found",
					     "code: 404",
					     "no such file",
					     "could not find repository",
					     "failed to resolve path"};
	static const char *const denied[] = {"code: 403", "code: 401", "permission denied",
					     "access denied"};
	const char *why = reason(t);
	struct diag *g;

	if (says(why, denied, ARRAY_LEN(denied)) || code == GIT_EAUTH) {
		if (!t->tried.len)
			str_add(&t->tried, why);
		say_denied(t);
	} else if (code == GIT_ENOTFOUND || says(why, absent, ARRAY_LEN(absent))) {
		say_absent(t, why);
	} else {
		g = begin(t, DIAG_VCS_REMOTE,
			  arena_printf(t->arena, "%s %s failed", what, t->url.shown));
		diag_detail(t->d, g, "%s", why);
		if (strstr(why, "owned by") || strstr(why, "safe.directory"))
			diag_hint(t->d, g,
				  "it belongs to somebody else: if you trust it, "
				  "git config --global --add safe.directory DIR");
		else if (vcs_is_bare(t->r) &&
			 (strstr(why, "target OID") || strcasestr(why, "pack")))
			diag_hint(t->d, g,
				  "what was fetched into %s before is damaged: remove that folder, "
				  "and it is fetched anew",
				  vcs_place(t->r));
	}
}

bool vcs_talk_failed(struct vcs_talk *t, int code, const char *what)
{
	const int cut = __atomic_load_n(&t->cut, __ATOMIC_ACQUIRE);

	switch (cut ? (enum vcs_trouble)cut : t->trouble) {
	case VCS_UNRESOLVED:
	case VCS_UNCONNECTED:
	case VCS_SILENT:
		say_unreachable(t);
		return true;
	case VCS_STOPPED:
		begin(t, DIAG_VCS_UNREACHABLE,
		      arena_printf(t->arena, "%s %s was stopped", what, t->url.shown));
		return true;
	case VCS_ELSEWHERE:
		say_elsewhere(t);
		return false;
	case VCS_DENIED:
		say_denied(t);
		return false;
	case VCS_UNTRUSTED:
	case VCS_LOGIN_UNUSABLE:
		return false;
	case VCS_NO_TROUBLE:
		break;
	}
	say_other(t, code, what);
	return false;
}
