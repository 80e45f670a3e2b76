#include "providers/kit/ssh_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel gives up on bytes that nobody acknowledges for so long. */
#define UNACKNOWLEDGED_MS 20000
/* Key exchange and authentication may take several waits, each with an answer in it. */
#define EXCHANGE_WAITS 4

/* In this order, as far as libssh2 has them.  Its own order puts curve25519 behind
 * the NIST curves, which cost several times the processor time. */
static const char key_exchanges[] =
	"curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
	"ecdh-sha2-nistp521,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
	"diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256";
static const char host_key_types[] =
	"ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,"
	"rsa-sha2-512,rsa-sha2-256,ssh-rsa";

/* Nothing is wrong with the host: other work here will close what it has open. */
static int crowded_fault(int error, struct fault *f)
{
	fault_set(f, HD_RETRY, DIAG_SSH_UNROUTABLE, "this machine cannot open one more connection");
	fault_detail(f, "%s", strerror(error));
	fault_hint(f, "raise the limit of open files (`ulimit -n`), or lower --parallelism");
	return -1;
}

static int connect_fault(const struct ssh_target *t, int error, struct fault *f)
{
	if (error == EMFILE || error == ENFILE)
		return crowded_fault(error, f);
	if (error == ECONNREFUSED)
		fault_set(f, HD_RETRY, DIAG_SSH_REFUSED, "the host refuses the connection");
	else if (error == ETIMEDOUT)
		fault_set(f, HD_UNREACHABLE, DIAG_SSH_TIMEOUT, "the host does not answer");
	else
		fault_set(f, HD_UNREACHABLE, DIAG_SSH_UNROUTABLE, "the host cannot be reached");
	ssh_detail_target(t, f);
	if (error != ETIMEDOUT && error != ECONNREFUSED)
		fault_detail(f, "%s", strerror(error));
	if (error == ECONNREFUSED)
		fault_hint(f, "check that sshd is running there and that Port is right");
	else
		fault_hint(f, "check that the host is up, and its Address and the network to it");
	return -1;
}

static struct addrinfo *resolve(const struct ssh_target *t, struct fault *f)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char port[16];
	int error;

	snprintf(port, sizeof(port), "%d", t->port);
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	error = getaddrinfo(t->address, port, &hints, &list);
	if (error != 0) {
		hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
		error = getaddrinfo(t->address, port, &hints, &list);
	}
	if (error == 0)
		return list;
	fault_set(f, error == EAI_AGAIN ? HD_UNREACHABLE : HD_FATAL, DIAG_SSH_UNRESOLVED,
		  "the host's address cannot be resolved");
	fault_detail(f, "'%s': %s", t->address, gai_strerror(error));
	fault_hint(f,
		   "give the host's Address in the manifest, as a number or a name that resolves");
	return NULL;
}

static int wait_connected(struct ssh_link *l, const struct kit_call *c, int64_t until_ms,
			  struct fault *f)
{
	socklen_t len = sizeof(int);
	int error = 0;

	for (;;) {
		struct pollfd p = {.fd = l->fd, .events = POLLOUT};

		if (ssh_interrupted(l, c, f) < 0)
			return -1;
		if (ssh_clock_ms() >= until_ms)
			return connect_fault(&l->target, ETIMEDOUT, f);
		if (poll(&p, 1, 100) > 0)
			break;
	}
	if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	return error == 0 ? 0 : connect_fault(&l->target, error, f);
}

static void set_options(int fd)
{
	int one = 1, unacknowledged_ms = UNACKNOWLEDGED_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
		   sizeof(unacknowledged_ms));
}

static int connect_address(struct ssh_link *l, const struct kit_call *c, const struct addrinfo *at,
			   int64_t until_ms, struct fault *f)
{
	l->fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return connect_fault(&l->target, errno, f);
	set_options(l->fd);
	if (connect(l->fd, at->ai_addr, at->ai_addrlen) == 0)
		return 0;
	if (errno == EINPROGRESS && wait_connected(l, c, until_ms, f) == 0)
		return 0;
	if (errno != EINPROGRESS && f->summary.len == 0)
		connect_fault(&l->target, errno, f);
	close(l->fd);
	l->fd = -1;
	return -1;
}

static int connect_socket(struct ssh_link *l, const struct kit_call *c, struct fault *f)
{
	int64_t until_ms = ssh_clock_ms() + l->target.connect_timeout_ms;
	struct addrinfo *list = resolve(&l->target, f);
	int answer = -1;

	for (struct addrinfo *at = list; at && answer < 0; at = at->ai_next) {
		fault_release(f);
		answer = connect_address(l, c, at, until_ms, f);
		if (answer < 0 && f->status == HD_CANCELLED)
			break;
	}
	if (list)
		freeaddrinfo(list);
	if (answer == 0)
		fault_release(f);
	return answer;
}

static bool listed(const struct str *list, struct text name)
{
	struct text_split split = text_split_start(str_text(list));
	struct text piece;

	while (list->len > 0 && text_next(&split, ',', &piece)) {
		if (text_eq(piece, name))
			return true;
	}
	return false;
}

static bool supported(LIBSSH2_SESSION *session, int method, struct text name)
{
	const char **names = NULL;
	int count = libssh2_session_supported_algs(session, method, &names);
	bool found = false;

	for (int i = 0; i < count; i++)
		found |= text_is(name, names[i]);
	if (count > 0)
		libssh2_free(session, names);
	return found;
}

/* libssh2 1.10 moves overlapping memory when it is given a name it does not know, so
 * those are left out here. */
static void prefer(LIBSSH2_SESSION *session, int method, const char *wanted)
{
	struct text_split split = text_split_start(text_of(wanted));
	struct str list = STR_INIT;
	struct text name;

	while (text_next(&split, ',', &name)) {
		if (!supported(session, method, name) || listed(&list, name))
			continue;
		if (list.len > 0)
			str_add_char(&list, ',');
		str_add_text(&list, name);
	}
	if (list.len > 0)
		libssh2_session_method_pref(session, method, str_cstr(&list));
	str_release(&list);
}

/* Known types first, so that the host shows a key that can be checked. */
static void prefer_host_keys(struct ssh_link *l)
{
	char known[SSH_KNOWN_TYPES_LEN];
	char list[SSH_KNOWN_TYPES_LEN + sizeof(host_key_types) + 1];

	ssh_known_types(&l->target, known);
	snprintf(list, sizeof(list), "%s%s%s", known, known[0] ? "," : "", host_key_types);
	prefer(l->session, LIBSSH2_METHOD_HOSTKEY, list);
}

static int start_session(struct ssh_link *l, struct fault *f)
{
	l->session = libssh2_session_init_ex(NULL, NULL, NULL, l);
	if (!l->session)
		return fault_set(f, HD_FATAL, DIAG_SSH_HANDSHAKE, "no SSH session could be made");
	ssh_io_install(l);
	libssh2_session_set_blocking(l->session, 0);
	prefer(l->session, LIBSSH2_METHOD_KEX, key_exchanges);
	prefer_host_keys(l);
	libssh2_keepalive_config(l->session, 1, 15);
	return 0;
}

static int handshake_fault(struct ssh_link *l, int error, struct fault *f)
{
	char *why = NULL;

	libssh2_session_last_error(l->session, &why, NULL, 0);
	if (l->gone) {
		fault_set(f, HD_RETRY, DIAG_SSH_LOST, "the host closed the connection at once");
		ssh_detail_target(&l->target, f);
		fault_hint(f, "sshd does so when too many connections start at a time "
			      "(MaxStartups), or when this address is blocked");
		return -1;
	}
	fault_set(f, HD_FATAL, DIAG_SSH_HANDSHAKE, "key exchange with the host did not succeed");
	ssh_detail_target(&l->target, f);
	fault_detail(f, "libssh2 %s: %s (%d)", libssh2_version(0), why && *why ? why : "no reason",
		     error);
	fault_hint(f, "the host must offer an ssh-ed25519 or ecdsa host key and a key exchange "
		      "such as curve25519-sha256; and the port must be that of an SSH server");
	return -1;
}

static int handshake(struct ssh_link *l, const struct kit_call *c, struct fault *f)
{
	int64_t wait_ms = l->target.connect_timeout_ms;
	int64_t end_ms = ssh_clock_ms() + EXCHANGE_WAITS * wait_ms;
	int error;

	l->received_ms = ssh_clock_ms();
	while ((error = libssh2_session_handshake(l->session, l->fd)) == LIBSSH2_ERROR_EAGAIN) {
		int64_t until_ms = l->received_ms + wait_ms;

		if (ssh_io_wait_alone(l, c, until_ms < end_ms ? until_ms : end_ms, f) < 0)
			return -1;
	}
	return error == 0 ? 0 : handshake_fault(l, error, f);
}

static const char *host_key_name(int type)
{
	switch (type) {
	case LIBSSH2_HOSTKEY_TYPE_RSA:
		return "ssh-rsa";
	case LIBSSH2_HOSTKEY_TYPE_DSS:
		return "ssh-dss";
	case LIBSSH2_HOSTKEY_TYPE_ECDSA_256:
		return "ecdsa-sha2-nistp256";
	case LIBSSH2_HOSTKEY_TYPE_ECDSA_384:
		return "ecdsa-sha2-nistp384";
	case LIBSSH2_HOSTKEY_TYPE_ECDSA_521:
		return "ecdsa-sha2-nistp521";
	case LIBSSH2_HOSTKEY_TYPE_ED25519:
		return "ssh-ed25519";
	}
	return "unknown";
}

static int check_host_key(struct ssh_link *l, struct fault *f)
{
	size_t len = 0;
	int type = 0;
	const char *key = libssh2_session_hostkey(l->session, &len, &type);

	if (!key)
		return fault_set(f, HD_FATAL, DIAG_SSH_HANDSHAKE, "the host showed no key");
	return ssh_hostkey_check(&l->target, host_key_name(type), (struct text){key, len}, f);
}

int ssh_connect(struct ssh_link *l, const struct kit_call *c, struct fault *f)
{
	l->gone = false;
	l->received_count = 0;
	if (connect_socket(l, c, f) < 0)
		return -1;
	if (start_session(l, f) < 0 || handshake(l, c, f) < 0 || check_host_key(l, f) < 0 ||
	    ssh_authenticate(l, c, f) < 0) {
		ssh_disconnect(l);
		return -1;
	}
	l->shell_limit = SSH_CHANNEL_MAX;
	return 0;
}

void ssh_disconnect(struct ssh_link *l)
{
	if (l->session) {
		if (!l->gone)
			libssh2_session_disconnect(l->session, "done");
		/* From here on the session must not wait for the host. */
		l->gone = true;
		while (libssh2_session_free(l->session) == LIBSSH2_ERROR_EAGAIN)
			continue;
	}
	l->session = NULL;
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	str_clear(&l->unsent);
	l->unsent_at = 0;
	memset(l->shells, 0, sizeof(l->shells));
	l->opening = false;
}
