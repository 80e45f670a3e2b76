/* hostkey.c - is the peer who it should be: host keys here, certificates in the library. */
#include <errno.h>
#include <string.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/known_hosts.h"
#include "vcs/remote_parts.h"

/* Tens of thousands of hosts. */
#define KNOWN_HOSTS_MAX_LEN (16u << 20)

struct shown_key {
	struct vcs_talk *talk;
	struct text blob, type;
	const char *fingerprint;    /* as ssh-keygen -l prints it */
	const char *files[2];       /* looked through; NULL: none */
	struct known_result result; /* the weightiest */
	const char *where;          /* the file of the result */
};

/* The key in the wire's form begins with the name of its type. */
static struct text type_of(struct text blob)
{
	const unsigned char *p = (const unsigned char *)blob.ptr;
	size_t len;

	if (blob.len < 4)
		return TEXT_LIT("");
	len = ((size_t)p[0] << 24) | ((size_t)p[1] << 16) | ((size_t)p[2] << 8) | p[3];
	return len <= blob.len - 4 && len < 100 ? (struct text){blob.ptr + 4, len} : TEXT_LIT("");
}

static const char *fingerprint_of(struct arena *a, struct text blob)
{
	unsigned char digest[DIGEST_LEN];
	struct str text = STR_INIT;
	const char *kept;

	digest_sha256_raw(blob, digest);
	str_add(&text, "SHA256:");
	base64_add(&text, (struct text){(const char *)digest, sizeof(digest)});
	kept = arena_strdup(a, str_cstr(&text));
	str_release(&text);
	return kept;
}

/* ssh-keyscan's option: "ecdsa" of "ecdsa-sha2-nistp256". */
static const char *scan_type(struct text type)
{
	if (text_starts(type, "ecdsa-"))
		return "ecdsa";
	return text_is(type, "ssh-rsa") ? "rsa" : "ed25519";
}

static const char *add_by(const struct shown_key *k)
{
	const struct vcs_url *u = &k->talk->url;

	return arena_printf(k->talk->arena, "ssh-keyscan -t %s -p %d %s >>%s", scan_type(k->type),
			    u->port, u->host, k->files[0]);
}

static void say_unknown(const struct shown_key *k)
{
	struct vcs_talk *t = k->talk;
	struct diag *g = diag_add(t->d, DIAG_VCS_HOST_KEY, RANGE_NONE,
				  "the host key of %s is not known", vcs_talk_host(t));
	const char *line;

	diag_endpoint(t->d, g, t->url.host);
	if (k->result.answer == KNOWN_OTHER_TYPE)
		line = arena_printf(t->arena,
				    "%s:%zu has a key of another type, which it did not show",
				    k->where, k->result.line);
	else
		line = arena_printf(t->arena, "%s has no line for it", k->files[0]);
	diag_detail(t->d, g, "it shows the %.*s key %s\n%s", TEXT_ARG(k->type), k->fingerprint,
		    line);
	diag_hint(t->d, g,
		  "compare the fingerprint with what the host's owner publishes, then add it: %s",
		  add_by(k));
}

static void say_changed(const struct shown_key *k)
{
	struct vcs_talk *t = k->talk;
	const bool revoked = k->result.answer == KNOWN_REVOKED;
	struct diag *g =
		diag_add(t->d, DIAG_VCS_HOST_KEY, RANGE_NONE,
			 revoked ? "the host key of %s is revoked; nothing was sent"
				 : "THE HOST KEY OF %s HAS CHANGED: it may not be the host you "
				   "mean; nothing was sent",
			 vcs_talk_host(t));

	diag_endpoint(t->d, g, t->url.host);
	diag_detail(t->d, g, "it shows the %.*s key %s\n%s at %s:%zu", TEXT_ARG(k->type),
		    k->fingerprint, revoked ? "revoked" : "a different one is known", k->where,
		    k->result.line);
	if (revoked)
		diag_hint(t->d, g, "the host must get a new key");
	else
		diag_hint(t->d, g,
			  "somebody may be listening in, or the host was set up anew; only when "
			  "you know that it was, remove that line and add the new key: %s",
			  add_by(k));
}

/* A key that is known wins over what another file says; a revoked one over all. */
static int weight(enum known_answer answer)
{
	switch (answer) {
	case KNOWN_NOTHING:
		return 0;
	case KNOWN_OTHER_TYPE:
		return 1;
	case KNOWN_OTHER_KEY:
		return 2;
	case KNOWN_SAME:
		return 3;
	case KNOWN_REVOKED:
		return 4;
	}
	return 0;
}

/* 0, or -1 with an error when the file is there and cannot be read. */
static int look_through(struct shown_key *k, const char *path)
{
	struct vcs_talk *t = k->talk;
	const struct known_query query = {text_of(t->url.host), t->url.port, k->type, k->blob};
	struct str bytes = STR_INIT;
	struct known_result found;

	if (file_read(path, KNOWN_HOSTS_MAX_LEN, &bytes) < 0) {
		struct diag *g;

		if (errno == ENOENT)
			return 0;
		g = diag_add(t->d, DIAG_VCS_HOST_KEY, RANGE_NONE, "%s cannot be read: %s", path,
			     strerror(errno));
		diag_hint(t->d, g, "host keys are checked against it: make it readable");
		return -1;
	}
	found = known_hosts_find(str_text(&bytes), &query);
	str_release(&bytes);
	if (weight(found.answer) > weight(k->result.answer)) {
		k->result = found;
		k->where = path;
	}
	return 0;
}

static bool is_known(struct shown_key *k)
{
	for (size_t i = 0; i < ARRAY_LEN(k->files); i++) {
		if (k->files[i] && look_through(k, k->files[i]) < 0)
			return false;
	}
	switch (k->result.answer) {
	case KNOWN_SAME:
		return true;
	case KNOWN_OTHER_KEY:
	case KNOWN_REVOKED:
		say_changed(k);
		break;
	case KNOWN_NOTHING:
	case KNOWN_OTHER_TYPE:
		say_unknown(k);
		break;
	}
	return false;
}

static bool check_key(struct vcs_talk *t, const git_cert_hostkey *cert)
{
	struct shown_key k = {.talk = t};

	if (!(cert->type & GIT_CERT_SSH_RAW)) {
		diag_add(t->d, DIAG_VCS_HOST_KEY, RANGE_NONE, "%s shows no host key",
			 vcs_talk_host(t));
		return false;
	}
	k.blob = (struct text){cert->hostkey, cert->hostkey_len};
	k.type = type_of(k.blob);
	k.fingerprint = fingerprint_of(t->arena, k.blob);
	if (t->access->known_hosts) {
		k.files[0] = t->access->known_hosts;
	} else {
		k.files[0] = path_expand_home(t->arena, "~/.ssh/known_hosts");
		k.files[1] = "/etc/ssh/ssh_known_hosts";
	}
	return is_known(&k);
}

static bool check_certificate(struct vcs_talk *t, bool valid, const char *host)
{
	struct diag *g;

	if (strcasecmp(host, t->url.host) != 0) {
		vcs_talk_trouble(t, VCS_ELSEWHERE, host);
		return false;
	}
	if (valid)
		return true;
	g = diag_add(t->d, DIAG_VCS_CERTIFICATE, RANGE_NONE,
		     "the certificate of %s is not to be trusted; nothing was sent",
		     vcs_talk_host(t));
	diag_endpoint(t->d, g, t->url.host);
	diag_detail(t->d, g, "%s", t->why ? t->why : vcs_reason());
	diag_hint(t->d, g,
		  "if it comes from an authority of your own, name the file with that authority's "
		  "certificate: GIT_SSL_CAINFO=FILE (in its place, not beside the system's)");
	return false;
}

int vcs_check_peer(git_cert *cert, int valid, const char *host, void *talk)
{
	struct vcs_talk *t = talk;
	bool good;

	if (cert->cert_type == GIT_CERT_HOSTKEY_LIBSSH2)
		good = check_key(t, (const git_cert_hostkey *)cert);
	else
		good = check_certificate(t, valid != 0, host);
	if (good)
		return 0;
	vcs_talk_trouble(t, VCS_UNTRUSTED, NULL);
	git_error_set_str(GIT_ERROR_NET, "the peer is not trusted");
	return GIT_ECERTIFICATE;
}
