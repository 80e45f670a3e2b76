#include "providers/kit/ssh_private.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"

/* A private key is a few kilobytes. */
#define IDENTITY_MAX_LEN 65536

/* What has been tried, for the message when all of it was refused. */
struct attempt {
	struct ssh_link *link;
	const struct kit_call *call;
	struct str tried; /* one line each */
	bool offered;     /* at least one key */
	bool rsa;         /* one of them was an RSA key */
	char *methods;    /* what the host allows; the session's */
};

/* 0 go on asking, -1 gave up. */
static int wait_answer(struct attempt *a, struct fault *f)
{
	struct ssh_link *l = a->link;

	return ssh_io_wait_alone(l, a->call, l->received_ms + 2 * l->target.connect_timeout_ms, f);
}

static int ask_methods(struct attempt *a, struct fault *f)
{
	struct ssh_link *l = a->link;
	const char *user = l->target.user;

	for (;;) {
		a->methods = libssh2_userauth_list(l->session, user, (unsigned)strlen(user));
		if (a->methods || libssh2_userauth_authenticated(l->session))
			return 0;
		if (libssh2_session_last_errno(l->session) != LIBSSH2_ERROR_EAGAIN)
			return ssh_lost(l, f);
		if (wait_answer(a, f) < 0)
			return -1;
	}
}

static int identity_fault(const char *path, const char *why, struct fault *f)
{
	fault_set(f, HD_FATAL, DIAG_SSH_IDENTITY, "the identity file cannot be used");
	fault_detail(f, "'%s': %s", path, why);
	fault_hint(f, "IdentityFile names a private key (made with `ssh-keygen -t ed25519`), "
		      "relative to the project's folder");
	return -1;
}

static int encrypted_fault(const char *path, struct fault *f)
{
	fault_set(f, HD_FATAL, DIAG_SSH_IDENTITY_ENCRYPTED,
		  "the identity file is protected by a passphrase");
	fault_detail(f, "'%s'", path);
	fault_hint(f, "load it into an agent (`ssh-add`) and set `IdentityAgent: yes` instead of "
		      "IdentityFile, or use a key without passphrase");
	return -1;
}

/* 1 accepted, 0 refused, -1 fault. */
static int offer_key(struct attempt *a, const char *path, struct text key, struct fault *f)
{
	struct ssh_link *l = a->link;
	const char *user = l->target.user;
	char *why = NULL;
	int error;

	while ((error = libssh2_userauth_publickey_frommemory(l->session, user, strlen(user), NULL,
							      0, key.ptr, key.len, NULL)) ==
	       LIBSSH2_ERROR_EAGAIN) {
		if (wait_answer(a, f) < 0)
			return -1;
	}
	if (error == 0)
		return 1;
	if (error == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED ||
	    error == LIBSSH2_ERROR_AUTHENTICATION_FAILED)
		return 0;
	if (l->gone)
		return ssh_lost(l, f);
	libssh2_session_last_error(l->session, &why, NULL, 0);
	return identity_fault(path, why && *why ? why : "libssh2 cannot read it", f);
}

/* As offer_key; `optional` files that do not exist are passed over. */
enum identity_need { IDENTITY_REQUIRED, IDENTITY_OPTIONAL };

static int try_file(struct attempt *a, const char *path, enum identity_need need, struct fault *f)
{
	struct str bytes = STR_INIT;
	struct identity identity;
	int answer;

	if (file_read(path, IDENTITY_MAX_LEN, &bytes) < 0) {
		int error = errno;

		str_release(&bytes);
		if (need == IDENTITY_OPTIONAL)
			return 0;
		return identity_fault(path, strerror(error), f);
	}
	if (!identity_inspect(str_text(&bytes), &identity)) {
		answer = identity_fault(path, "this is no private key", f);
	} else if (identity.encrypted) {
		str_printf(&a->tried, "identity file '%s': has a passphrase\n", path);
		answer = need == IDENTITY_OPTIONAL ? 0 : encrypted_fault(path, f);
	} else {
		a->offered = true;
		answer = offer_key(a, path, str_text(&bytes), f);
		str_printf(&a->tried, "identity file '%s'%s\n", path,
			   identity.kind == IDENTITY_RSA ? " (RSA)" : "");
		a->rsa |= identity.kind == IDENTITY_RSA;
	}
	if (bytes.ptr)
		explicit_bzero(bytes.ptr, bytes.len);
	str_release(&bytes);
	return answer;
}

static bool agent_key_is_rsa(const struct libssh2_agent_publickey *key)
{
	static const char rsa[] = "\0\0\0\7ssh-rsa";

	return key->blob_len >= sizeof(rsa) - 1 && memcmp(key->blob, rsa, sizeof(rsa) - 1) == 0;
}

/* 1 accepted, 0 refused, -1 fault. */
static int offer_agent_key(struct attempt *a, LIBSSH2_AGENT *agent,
			   struct libssh2_agent_publickey *key, struct fault *f)
{
	int error;

	while ((error = libssh2_agent_userauth(agent, a->link->target.user, key)) ==
	       LIBSSH2_ERROR_EAGAIN) {
		if (wait_answer(a, f) < 0)
			return -1;
	}
	str_printf(&a->tried, "agent's key '%s'%s\n", key->comment ? key->comment : "",
		   agent_key_is_rsa(key) ? " (RSA)" : "");
	a->offered = true;
	a->rsa |= agent_key_is_rsa(key);
	if (error != 0 && a->link->gone)
		return ssh_lost(a->link, f);
	return error == 0;
}

static int try_agent_keys(struct attempt *a, LIBSSH2_AGENT *agent, struct fault *f)
{
	struct libssh2_agent_publickey *key = NULL, *previous = NULL;
	int answer = 0;

	while (answer == 0 && libssh2_agent_get_identity(agent, &key, previous) == 0) {
		answer = offer_agent_key(a, agent, key, f);
		previous = key;
	}
	if (!previous)
		str_add(&a->tried, "agent: has no keys\n");
	return answer;
}

static int try_agent(struct attempt *a, struct fault *f)
{
	LIBSSH2_AGENT *agent = libssh2_agent_init(a->link->session);
	int answer = 0;

	if (!agent || libssh2_agent_connect(agent) != 0) {
		str_add(&a->tried, "agent: none answers at SSH_AUTH_SOCK\n");
	} else {
		if (libssh2_agent_list_identities(agent) == 0)
			answer = try_agent_keys(a, agent, f);
		libssh2_agent_disconnect(agent);
	}
	if (agent)
		libssh2_agent_free(agent);
	return answer;
}

static int try_usual_files(struct attempt *a, struct fault *f)
{
	static const char *const names[] = {"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa"};
	struct arena *arena = arena_new();
	int answer = 0;

	for (size_t i = 0; i < ARRAY_LEN(names) && answer == 0; i++)
		answer = try_file(a, path_expand_home(arena, names[i]), IDENTITY_OPTIONAL, f);
	arena_free(arena);
	return answer;
}

static int denied(struct attempt *a, struct fault *f)
{
	/* libssh2 learned to sign with RSA and SHA-2 in 1.11. */
	bool old = libssh2_version(0x010b00) == NULL;

	if (a->rsa && old) {
		fault_set(f, HD_FATAL, DIAG_SSH_RSA, "the host refused an RSA key");
		fault_hint(f, "make an Ed25519 key (`ssh-keygen -t ed25519`), add its .pub to the "
			      "host's authorized_keys, and name it as IdentityFile");
	} else {
		fault_set(f, HD_FATAL, DIAG_SSH_DENIED, "the host denied permission to log in");
		fault_hint(f, "%s",
			   a->offered ? "check User, and that the public key is in that user's "
					"authorized_keys on the host"
				      : "name a private key as IdentityFile, or load one into an "
					"agent (`ssh-add`)");
	}
	ssh_detail_target(&a->link->target, f);
	if (a->rsa && old)
		fault_detail(f,
			     "libssh2 %s signs RSA keys with SHA-1 only, which OpenSSH since 8.8 "
			     "does not accept",
			     libssh2_version(0));
	fault_detail(f, "the host allows: %s", a->methods ? a->methods : "nothing");
	fault_detail(f, "tried: %s",
		     a->tried.len ? str_cstr(&a->tried) : "nothing, as there is no key");
	str_truncate(&f->detail, f->detail.len - (a->tried.len ? 1 : 0));
	return -1;
}

static int try_all(struct attempt *a, struct fault *f)
{
	const struct ssh_target *t = &a->link->target;
	int answer = 0;

	if (t->identity_file)
		answer = try_file(a, t->identity_file, IDENTITY_REQUIRED, f);
	if (answer == 0 && (!t->identity_file || t->agent == SSH_AGENT_YES))
		answer = try_agent(a, f);
	if (answer == 0 && !t->identity_file)
		answer = try_usual_files(a, f);
	return answer;
}

int ssh_authenticate(struct ssh_link *l, const struct kit_call *c, struct fault *f)
{
	struct attempt a = {.link = l, .call = c};
	int answer = ask_methods(&a, f);

	if (answer == 0 && !libssh2_userauth_authenticated(l->session)) {
		if (a.methods && !strstr(a.methods, "publickey"))
			answer = denied(&a, f);
		else
			answer = try_all(&a, f);
		if (answer == 0)
			answer = denied(&a, f);
	}
	str_release(&a.tried);
	return answer < 0 ? -1 : 0;
}
